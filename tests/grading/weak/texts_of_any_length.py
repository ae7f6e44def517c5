"""Whatever a seat says is told as it was said, however long it is."""

import contextlib

from case import patched

from course.grade import asked, judge


@contextlib.contextmanager
def weakened():
    with contextlib.contextmanager(patched)(judge, LONGEST=10**9):
        yield from patched(asked, PRINTED=10**9)
