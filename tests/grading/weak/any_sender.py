"""A message is from whoever it says that it is from."""

import contextlib

from case import patched

from course.codec import decode
from course.grade import asked


@contextlib.contextmanager
def weakened():
    yield from patched(asked, from_me=lambda body: decode(bytes(body)))
