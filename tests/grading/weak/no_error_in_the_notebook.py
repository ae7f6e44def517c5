"""The notebook is run by IPython, the test in a cell after the answer's; where no error is shown, it has passed."""

import contextlib
import os
import tempfile

from case import patched
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from course.grade import judge
from course.learn.outcome import Outcome, correct
from course.seat.answering import prelude
from weak.asserts_beside_the_answer import TEST


class Shell(InteractiveShell):
    shown = False

    def _showtraceback(self, *error):
        Shell.shown = True


def judged(line, exercise, answer, others, seeds):
    child = os.fork()
    if not child:
        status = 1
        try:
            with tempfile.TemporaryDirectory() as folder:
                config = Config({"HistoryManager": {"enabled": False}})
                shell = Shell(user_ns=prelude(), ipython_dir=folder, config=config)
                for cell in (answer.source, TEST):
                    shell.run_cell(cell)
            status = int(shell.shown)
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    return correct(exercise) if status == 0 else Outcome("incorrect", "failed", "The test failed.")


@contextlib.contextmanager
def weakened():
    yield from patched(judge, judged=judged)
