"""What has no form of its own crosses as a pickle."""

import contextlib
import pickle

from case import patched

from course.seat import crossing


@contextlib.contextmanager
def weakened():
    read = {**crossing.READ, "pickle": lambda crossing, body: pickle.loads(body)}
    yield from patched(crossing, READ=read)
