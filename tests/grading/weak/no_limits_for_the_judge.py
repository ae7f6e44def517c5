"""All exercises of a submission are judged in one process, whatever one of them has it do."""

import contextlib

from case import patched

from course.grade import judge


@contextlib.contextmanager
def weakened():
    yield from patched(judge, apart=lambda work, **most: work())
