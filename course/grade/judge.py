"""The judge: asks, looks, decides. It never runs a line of a submission and never believes a verdict.

    grade(submission, seed, level, limits)  ->  a Result for each exercise

An exercise is asked as in a notebook: its questions, its probe, its verdict (course/learn/exercise.py), one description
for both. Only the function that the probe calls is another one here, `Asked` (asked.py), which has the answer called at
the seat and lets it work with what is here: all workers, their stores and the transcript are in this process. So what a
check relies on, who holds what and what has travelled, no submission can edit.

Questions come from a seed that the seat never sees. What came back is plain data and reviewed messages; nothing of a
submission is imported, compiled, executed or unpickled here.
"""

from __future__ import annotations

import os
import random
import re
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy.random  # noqa: F401  the fork for each exercise would import it anew
import torch

from course.grade.apart import Died, apart
from course.grade.asked import Asked, Lost
from course.grade.kinds import Answer, Result, Submission
from course.hook import TorchHook
from course.learn import checking
from course.learn.exercise import Exercise
from course.learn.outcome import Outcome, correct, printed_in, untried
from course.learn.registry import find
from course.seat.wire import Line

__all__ = ["grade", "judged"]

MOST: Any = {"memory": 2048, "cpu": 90, "seconds": 150.0}  # of the judge's process for an exercise: MB, seconds, in all
LONGEST = 20_000  # characters of a text that a result has
PUBLIC = 0  # the seed of the questions that a notebook always asks
SEEDS = 2  # how many more sets of questions an answer meets, as in the notebook


# ---- one exercise ----------------------------------------------------------------------------------------------------


def judged(line: Line, exercise: Exercise, answer: Answer, others: Sequence[str], seeds: Sequence[int]) -> Outcome:
    """The outcome for an answer at the other end of this line. Raises Lost where the seat could not go on."""
    asked = Asked(line, exercise, answer, others)
    early = EARLY.get(asked.state)
    if early is not None:
        return early(exercise)
    if asked.failure is not None:
        return _cell_failed(exercise, asked.failure)
    if asked.state != "ready":
        raise Lost("error", "garbled", "What came back is nothing that this exercise's cell could say.")
    outcome = _asked_all(exercise, asked, seeds)
    if not outcome.passed and asked.has_blank:
        return untried(exercise, f"A `...` in `{exercise.name}` still waits for you.")
    return outcome


EARLY: dict[str, Callable[[Exercise], Outcome]] = {
    "missing": lambda exercise: untried(exercise, f"The cell defines no `{exercise.name}`."),
    "no-function": lambda exercise: Outcome("error", "no-function", f"`{exercise.name}` is no function there.", ""),
    "stub": untried,
}


def _cell_failed(exercise: Exercise, failure: dict[str, Any]) -> Outcome:
    where = f" in line {failure['line']}" if failure["line"] else ""
    what = f"{failure['error']}: {failure['message']}".strip(": ")
    message = f"The cell of `{exercise.name}` stopped with an error{where} when it was run: `{what}`."
    return Outcome("error", "cell", message, "Does the notebook run from its first cell to its last after a restart?")


def _asked_all(exercise: Exercise, asked: Asked, seeds: Sequence[int]) -> Outcome:
    """What the first question says that is not answered well: the notebook's come first, then what nobody has seen."""
    for seed in (PUBLIC, *seeds):
        for _, evidence, outcome in checking.ask(exercise, asked, [seed], seconds=3600.0):
            if asked.lost is not None:
                raise asked.lost
            if outcome is not None:
                found = Outcome(outcome.kind, outcome.tag, outcome.message, outcome.next, printed_in(evidence))
                return found if seed == PUBLIC else Unseen(found, exercise)
    return correct(exercise)


class Unseen(Outcome):
    """What a question said that students have not seen: they read the same message without its values."""

    full: str

    def __init__(self, found: Outcome, exercise: Exercise) -> None:
        first = "It is right for the notebook's own questions, and not for one that was drawn for the grade."
        message = f"{first} {without_values(found.message, exercise.name)}"
        super().__init__(found.kind, found.tag, message, without_values(found.next, exercise.name), found.printed)
        object.__setattr__(self, "full", found.text)


def without_values(text: str, name: str) -> str:
    """A message without the inputs and the results that it tells of.

    >>> without_values("`total([1.5, 2])` returned `3`; expected 3.5. Which line adds `x`?", "total")
    '`total(…)` returned `…`; expected …. Which line adds `x`?'
    """

    def hidden(span: re.Match[str]) -> str:
        inside = span[1]
        if inside.startswith(f"{name}("):
            return f"`{name}(…)`"
        return span[0] if re.fullmatch(r"[A-Za-z_][\w.]*(\(\))?", inside) else "`…`"

    parts = re.split(r"(`[^`]*`)", text)
    spans = [re.sub(r"`([^`]*)`", hidden, part) if part.startswith("`") else NUMBER.sub("…", part) for part in parts]
    return "".join(spans)


NUMBER = re.compile(r"(?<![\w-])[-+]?\d[\d,]*(\.\d+)?(e[-+]?\d+)?(?!\w)")


# ---- a submission ----------------------------------------------------------------------------------------------------


def grade(submission: Submission, seed: int, level: str, limits: Any = None, seats: Any = None) -> Iterator[Result]:
    """A Result for each answer of the submission, in their order.

    seed: what all questions are drawn from, 0 or more. level: of the sandbox. `seats` hands out the seats: `fork()` a
    socket to a fresh one, `clear()` what is left of it; without it a Cage (course/grade/cage.py) of this level.
    """
    os.environ["COURSE_TRANSPORT"] = "in_process"  # the workers are here, whatever notebooks do on this machine
    if not TorchHook.installed:  # as in a notebook, whatever the exercise needs
        TorchHook(torch)
    if seats is not None:
        yield from _all(submission, seed, level, seats)
        return
    from course.grade.cage import Cage

    optimizers = any("optim" in answer.source or ".step(" in answer.source for answer in submission.answers)
    with Cage(level, limits, optimizers=optimizers) as cage:
        yield from _all(submission, seed, level, cage)


def _all(submission: Submission, seed: int, level: str, seats: Any) -> Iterator[Result]:
    for answer in submission.answers:
        started = time.monotonic()
        kind, tag, text, points, detail = _one(submission, answer, seed, seats)
        exercise: Exercise = find(answer.exercise)
        yield Result(
            answer.exercise, kind, tag, text, points, float(exercise.points), seed, level, answer.matched,
            answer.warnings, time.monotonic() - started, detail,
        )  # fmt: skip


def _one(submission: Submission, answer: Answer, seed: int, seats: Any) -> tuple[str, str, str, float, str]:
    exercise: Exercise = find(answer.exercise)
    if answer.matched == "missing" or not answer.source.strip():
        return "untried", "not-attempted", "There is no answer to this exercise in the notebook.", 0.0, ""
    end = None
    try:
        end = seats.fork()
        line, seeds = Line(end), drawn(seed, exercise.id)
        kind, tag, text, points, detail = apart(
            lambda: _found(line, exercise, answer, submission.others, seeds), **MOST
        )
        why = tag == "died" and seats.clear()
        if why and why.endswith("of CPU"):
            kind, tag = "timeout", "time"
        return kind, tag, f"{text} The sandbox says: {why}." if why else text, points, detail
    except Died as died:
        return _died(exercise, died)
    except Exception as error:  # noqa: BLE001  ours: it costs nobody else's grade, and the instructor reads of it
        return _fault(error)
    finally:
        if end is not None:
            end.close()
        seats.clear()


Found = tuple[str, str, str, float, str]


def _found(line: Line, exercise: Exercise, answer: Answer, others: Sequence[str], seeds: Sequence[int]) -> Found:
    """Kind, tag, text, points and detail of the Result for an answer at the other end of this line."""
    try:
        outcome = judged(line, exercise, answer, others, seeds)
    except Lost as lost:
        return lost.kind, lost.tag, lost.text[:LONGEST], 0.0, lost.detail[:LONGEST]
    except Exception as error:  # noqa: BLE001  as above
        return _fault(error)
    detail = outcome.full if isinstance(outcome, Unseen) else ""
    return kind_of(outcome), outcome.tag, outcome.text[:LONGEST], points_for(exercise, outcome), detail[:LONGEST]


def _fault(error: Exception) -> Found:
    where = "".join(traceback.format_exception(error)[-3:])[-LONGEST:]
    return "technical", "fault", "This exercise could not be graded; your answer is not to blame.", 0.0, where


def _died(exercise: Exercise, died: Died) -> Found:
    """The judge's own process has come to an end at what this answer had it do.

    What computes for too long meets a limit on CPU, here or at the seat, and took too long. Where only the clock has
    run out, who was busy cannot be told, this answer or the machine: that is no verdict.
    """
    if died.by_clock:
        text = (
            f"This exercise could not be graded: `{exercise.name}` and what it asked for did not come to an end in "
            "time, and computed too little for that to be its own doing."
        )
        return "technical", "judge-late", text, 0.0, f"The judge's process for this exercise: {died}. Was it busy here?"
    if died.late:
        return "timeout", "time", f"What `{exercise.name}` asked for took too long.", 0.0, f"The judge: {died}."
    text = "This exercise could not be graded: looking at what came of your answer took more than there is."
    return "technical", "judge-died", text, 0.0, f"The judge's process for this exercise: {died}."


def kind_of(outcome: Outcome) -> str:
    """The kind of a Result for an outcome."""
    if outcome.tag == "fault":
        return "technical"
    return "timeout" if outcome.tag == "time" else outcome.kind


def points_for(exercise: Exercise, outcome: Outcome) -> float:
    """All points for a right answer; of a wrong one those that the exercise declares for what was found."""
    return float(exercise.points) if outcome.passed else float(exercise.parts.get(outcome.tag, 0))


def drawn(seed: int, exercise: str) -> list[int]:
    """The seeds of an exercise's questions: far from those of the notebook, which everybody can try."""
    numbers = random.Random(f"{seed}/{exercise}")
    return [numbers.randrange(2**32, 2**48) for _ in range(SEEDS)]
