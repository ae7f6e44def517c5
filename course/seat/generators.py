"""The generators of torch, Python and NumPy: one of each for the judge and the seat, as in a notebook.

Each side tells the other the state of a generator when it has drawn from it.
"""

from __future__ import annotations

import random
import sys
from typing import Any

from course.seat.wire import Garbled
from course.transports.host import random_state, set_random_state

__all__ = ["Generators"]


class Generators:
    """What the other side knows of the three."""

    def __init__(self) -> None:
        self.known: list[Any] = [None, None, None]

    def news(self) -> list[Any]:
        """The states that the other side does not know; None for each that it knows."""
        states = [random_state(), random.getstate(), numpys_state()]
        told = [None if state == known else state for state, known in zip(states, self.known, strict=True)]
        self.known = states
        torchs, pythons, numpys = told
        return [torchs, pythons and listed(pythons), numpys and list(numpys)]

    def hear(self, told: list[Any]) -> None:
        """Put ours into the states that the other side tells."""
        torchs, pythons, numpys = told
        if torchs is not None:
            set_random_state(bytes(memoryview(torchs)))
        if pythons is not None:
            version, numbers, gauss = pythons
            random.setstate((version, tuple(numbers), gauss and float.fromhex(gauss)))
        if numpys is not None:
            import numpy

            name, keys, place, has, cached = numpys
            if not (type(place) is int and 0 <= place <= 624):  # NumPy reads there, whatever lies there
                raise Garbled("no state of a generator")
            found = numpy.frombuffer(bytearray(keys), dtype=numpy.uint32)
            numpy.random.set_state((name, found, place, has, float.fromhex(cached)))
        self.known = [random_state(), random.getstate(), numpys_state()]


def listed(state: Any) -> list[Any]:
    version, numbers, gauss = state
    return [version, list(numbers), gauss and gauss.hex()]


def numpys_state() -> Any:
    """Of NumPy's generator, if anybody has loaded it."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    name, keys, place, has, cached = numpy.random.get_state()
    return name, keys.tobytes(), int(place), int(has), float(cached).hex()
