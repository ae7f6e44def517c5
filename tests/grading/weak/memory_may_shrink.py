"""The seat may make any memory smaller, also one in which a tensor lies."""

import contextlib
import ctypes

from case import patched

from course.seat.tensors import Memory


def become(form, crossing, value, state):
    (numbers,) = state
    if len(numbers) != value.nbytes():
        value.resize_(len(numbers))
    if numbers:
        ctypes.memmove(value.data_ptr(), bytes(numbers), len(numbers))


@contextlib.contextmanager
def weakened():
    yield from patched(Memory, become=become)
