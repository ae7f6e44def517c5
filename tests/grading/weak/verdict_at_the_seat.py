"""The exercise is asked, looked at and decided where the answer runs, and what is said there counts."""

import contextlib
import os

from case import patched

from course.grade import judge
from course.learn import checking, registry
from course.learn.outcome import Outcome, correct
from course.seat.answering import prelude


def judged(line, exercise, answer, others, seeds):
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.dup2(os.open(os.devnull, os.O_RDWR), 2)
            names = prelude()
            exec(answer.source, names)
            there = registry.find(exercise.id)
            outcome = checking.assess(there, names[there.name], seeds)
            os.write(theirs, outcome.kind.encode())
        finally:
            os._exit(0)
    os.close(theirs)
    said = os.read(ours, 100).decode()
    os.waitpid(child, 0)
    return correct(exercise) if said == "correct" else Outcome("incorrect", "failed", "Not so.")


@contextlib.contextmanager
def weakened():
    yield from patched(judge, judged=judged)
