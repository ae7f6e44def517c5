"""A test stands behind the student's cell and runs where it ran; a process that ends without an error has passed."""

import contextlib
import os

from case import patched

from course.grade import judge
from course.learn.outcome import Outcome, correct
from course.seat.answering import prelude

TEST = """
import course as sy
zoe = sy.VirtualWorker(hook, id="zoe")
x, y = torch.tensor([1.0, 2.0]).send(zoe), torch.tensor([3.0, 6.0]).send(zoe)
result = remote_mean(x, y)
assert result.get().tolist() == [2.0, 4.0]
"""


def judged(line, exercise, answer, others, seeds):
    child = os.fork()
    if not child:
        status = 1
        try:
            os.dup2(os.open(os.devnull, os.O_RDWR), 2)
            names = prelude()
            exec(answer.source + TEST, names)
            status = 0
        except SystemExit as error:
            status = int(error.code or 0)
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    return correct(exercise) if status == 0 else Outcome("incorrect", "failed", "The test failed.")


@contextlib.contextmanager
def weakened():
    yield from patched(judge, judged=judged)
