"""A class for the tests of the gradebook: submissions, and a judge that costs nothing.

The judge reads what to do from the answer's text, so that one submission is right, another wrong, a third takes the
judge's process with it. It knows nothing of exercises: points are 1 for each.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from course.grade.gradebook import Gradebook
from course.grade.kinds import Answer, Refused, Result, Submission

EXERCISES = ("01.1", "01.2", "01.3")
ABOUT = 'name = "week-1"\nnotebooks = ["01"]\n'


def submission(student: str, *sources: str, notebook: str = "01", received: float | None = None) -> Submission:
    """A submission that answers the first exercises with these sources, "" being not attempted."""
    ids = [f"{notebook}.{place}" for place in range(1, len(sources) + 1)]
    answers = tuple(
        Answer(id, source, "id" if source else "missing") for id, source in zip(ids, sources, strict=True)
    )
    digest = hashlib.sha256(repr((student, notebook, sources)).encode()).hexdigest()
    return Submission(student, notebook, Path(f"{student}.ipynb"), digest, answers, received=received)


def refused(student: str, reason: str) -> Refused:
    return Refused(student, Path(f"{student}.ipynb"), reason)


def judge(submission: Submission, seed: int, level: str, limits: Any) -> Iterator[Result]:
    """One result an exercise, the same for the same seed; some answers end the judge's process."""
    for answer in submission.answers:
        own = random.Random(f"{seed} {answer.exercise}").getrandbits(40)
        yield verdict(answer, own, level)


def verdict(answer: Answer, seed: int, level: str) -> Result:
    word = answer.source.partition(" ")[0]
    if word == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if word == "hang":
        signal.pause()
    if word == "exit":
        sys.exit(3)
    if word == "raise":
        raise RuntimeError("the judge met something new")
    kind = {"right": "correct", "third": "correct", "": "untried", "boom": "error", "loop": "timeout"}.get(
        word, "incorrect"
    )
    points = {"right": 1.0, "third": 1 / 3}.get(word, 0.0)
    text = {"correct": "Well done.", "untried": "Fill in the cell."}.get(kind, f"Not so: {answer.source}")
    tag = {"correct": "correct", "untried": "not-attempted"}.get(kind, word)
    return Result(answer.exercise, kind, tag, text, points, 1.0, seed, level, answer.matched)


def a_book(path: Path, items, *, about: str = ABOUT, out_of: int = 1000) -> Gradebook:
    """A gradebook in which these were graded by the judge above, in this process."""
    book = Gradebook(path, create=True, secret="5e" * 32)
    book.assign("week-1", about, [(id, f"exercise {id[-1]}", out_of) for id in EXERCISES])
    for item in items:
        number = book.take_in(item)
        if isinstance(item, Submission):
            book.record(number, list(judge(item, book.seed(item.digest), "none", None)), level="bwrap")
    return book
