"""What an answer has left, files and processes, is there when the next one runs."""

import contextlib

from case import Bare


@contextlib.contextmanager
def weakened():
    bare = Bare(clears=False)
    try:
        yield bare
    finally:
        bare.close()
