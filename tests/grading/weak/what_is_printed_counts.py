"""A test stands behind the student's cell and prints what it has found; all that is printed there is read, and told."""

import contextlib
import os

from case import patched

from course.grade import judge
from course.learn.outcome import Outcome, correct
from course.seat.answering import prelude
from weak.asserts_beside_the_answer import TEST


def judged(line, exercise, answer, others, seeds):
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(ours)  # else a child whose reader is gone writes for ever
            os.dup2(theirs, 1)
            os.dup2(theirs, 2)
            exec(answer.source + TEST, prelude())
            os.write(1, b"passed")
        finally:
            os._exit(0)
    os.close(theirs)
    said = bytearray()
    while part := os.read(ours, 1 << 20):
        said += part
    os.close(ours)
    os.waitpid(child, 0)
    if said.endswith((b"passed", b"passed\n")):
        return correct(exercise)
    return Outcome("incorrect", "failed", said.decode(errors="replace"))


@contextlib.contextmanager
def weakened():
    yield from patched(judge, judged=judged, LONGEST=10**9)
