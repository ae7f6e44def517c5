"""The seat may say which messages are written down."""

import contextlib

from case import patched

from course.grade import asked


def quiet(network):
    network.log = lambda message: None


@contextlib.contextmanager
def weakened():
    yield from patched(asked, NETWORK={**asked.NETWORK, "quiet": quiet})
