"""Right answers on thousands of sets of questions: is there one that refuses them?

`course gates --questions 3000 02.4` asks the reference and the other right answers, in turn. A judge draws the
questions of each hand-in anew, and some answers draw for themselves. Where one set in a thousand leads a right answer
to what a mistake leads to, one student in a thousand gets no points, and the 50 sets of `course gates` do not show it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle
from pathlib import Path

import torch

import course as sy
from course.authoring.answers import Answer, Answers, function
from course.authoring.gates import named
from course.learn.checking import assess
from course.learn.exercise import Exercise


def refused(exercise: Exercise, answers: Answers, seeds: Iterable[int]) -> Iterator[str]:
    """What is said against a right answer, by set of questions: each set is asked of one of them, in turn."""
    right = cycle([Answer(answers.reference, "the reference"), *answers.right])
    for seed, answer in zip(seeds, right, strict=False):
        outcome = assess(exercise, function(exercise, answer.source), (seed,))
        if not outcome.passed:
            yield f"{exercise.id}, seed {seed}, {answer.why}: {outcome.tag}: {outcome.text}"


def main(selected: Sequence[str], count: int, root: Path) -> int:
    """Print a line for each exercise as it is done, and each refusal as it is found; 1 if there is one."""
    sy.TorchHook(torch)
    failed = 0
    for exercise, answers in named(selected, root):
        started, found = time.perf_counter(), 0
        for text in refused(exercise, answers, range(count)):
            print(text, flush=True)
            found += 1
        seconds = time.perf_counter() - started
        print(f"{exercise.id}  {count - found}/{count} accepted  {seconds:.0f} s", flush=True)
        failed += found
    return 1 if failed else 0
