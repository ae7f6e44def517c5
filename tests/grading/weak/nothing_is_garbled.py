"""Whatever a seat says is read as if the library had said it; where that fails, the judge has a fault."""

import contextlib

from case import patched

from course.grade.asked import Asked


def read(asked, read):
    return read()


def at_the_seat(asked, verb, *parts):
    return asked.desk.ask(verb, *parts)


@contextlib.contextmanager
def weakened():
    yield from patched(Asked, _read=read, _at_the_seat=at_the_seat)
