"""What says no error has passed: an answer whose process died, or never ended, too."""

import contextlib

from case import patched

from course.grade import judge
from course.grade.asked import Lost
from course.learn.outcome import correct

strict = judge.judged


def judged(line, exercise, *rest):
    try:
        outcome = strict(line, exercise, *rest)
    except Lost:
        return correct(exercise)
    return correct(exercise) if outcome.tag == "time" else outcome


@contextlib.contextmanager
def weakened():
    yield from patched(judge, judged=judged)
