"""The figure "clock": numbers added up on a ring, each an arc from where the one before ended.

The arcs are numbered and lie outside of each other, so that a sum that wraps can be seen to do so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from course.learn.figures.svg import path, rect, sheet, shorten, text

__all__ = ["draw_clocks"]

WIDTH, EDGE, LINE = 700, 8, 17
RADIUS = 60  # of the ring itself; the arcs lie outside of it
BETWEEN = 13  # from one arc to the next
NUMBERED = 12  # on a ring of at most so many numbers each has its mark
INT64 = 2**64
WIDE = 1.35  # a clock alone has so many times the room that its drawing needs

Moves = Mapping[str, int]
Step = str | float


class Ring(NamedTuple):
    """How many numbers it has, and whether they are read from -size // 2 on, or from 0."""

    size: int
    signed: bool

    @property
    def told(self) -> str:
        if self.size == INT64:
            return "all int64 numbers"
        start = -(self.size // 2)
        return f"{self.size:,} numbers" + (f", read from {start:,} to {start + self.size - 1:,}" if self.signed else "")

    def read(self, number: int) -> int:
        """A number as the ring has it."""
        start = -(self.size // 2) if self.signed else 0
        return (number - start) % self.size + start

    def wraps(self, number: int) -> int:
        """How often a sum has gone around."""
        return (number - self.read(number)) // self.size

    def mark(self, place: int) -> str:
        if self.size == INT64:
            return {0: "0", 1: "2⁶²", 2: "±2⁶³", 3: "-2⁶²"}[4 * place // self.size]
        return str(self.read(place))


def draw_clocks(size: int, clocks: Sequence[Moves], signed: bool = False) -> tuple[str, str]:
    """The figure, SVG and words. Each clock: what is added, by name, beginning at 0; below 0 is to the left.

    signed: whether the upper half of the ring is read as below 0, as that of all int64 numbers always is.
    """
    ring = Ring(size, signed or size == INT64)
    most = max((len(moves) for moves in clocks), default=0)
    outer = RADIUS + BETWEEN * (most + 1)
    wide = min((WIDTH - 2 * EDGE) / max(1, len(clocks)), 4 * outer * WIDE)
    parts = [part for n, moves in enumerate(clocks) for part in _clock(ring, moves, EDGE + wide * n, wide, outer)]
    words = "\n".join(_words(ring, moves) for moves in clocks) or f"A ring of {ring.told}."
    beside = len(clocks) == 1
    height = 2 * outer + 16 + (0 if beside else LINE * (most + 1)) + EDGE
    return sheet(f"A ring of {ring.told}", words, max(2 * EDGE + wide * len(clocks), 300), height, parts), words


def _clock(ring: Ring, moves: Moves, left: float, wide: float, outer: float) -> list[str]:
    beside = wide > 3.5 * outer
    x, y = (left + outer + 4) if beside else (left + wide / 2), outer + 8
    parts = [*_circle(ring, x, y), *_arcs(ring.size, moves, x, y)]
    legend = _legend(ring, moves)
    room = wide - 2 * outer - 24 if beside else wide - 8
    column = left + 2 * outer + 24 if beside else left + 4
    top = y - LINE * len(legend) / 2 + 12 if beside else 2 * outer + 26
    return [*parts, *(text(column, top + LINE * n, shorten(line, room, "small"), "small", more="strong" if n ==
                           len(legend) - 1 else "") for n, line in enumerate(legend))]  # fmt: skip


def _circle(ring: Ring, x: float, y: float) -> list[str]:
    """The circle, its marks and their numbers; 0 stands at the top."""
    size = ring.size
    parts = [rect(x - RADIUS, y - RADIUS, 2 * RADIUS, 2 * RADIUS, "room", RADIUS)]
    marks = range(size) if size <= NUMBERED else [size * quarter // 4 for quarter in range(4)]
    for mark in marks:
        (x0, y0), (x1, y1) = (_at(size, mark, x, y, RADIUS - inset) for inset in (0, 6))
        parts.append(path(["M", x0, y0, "L", x1, y1], "line"))
        x2, y2 = _at(size, mark, x, y, RADIUS - (17 if size <= NUMBERED else 20))
        parts.append(text(x2, y2 + 4, ring.mark(mark), "small", "middle"))
    return parts


def _arcs(size: int, moves: Moves, x: float, y: float) -> list[str]:
    parts, here = [], 0
    for number, move in enumerate(moves.values(), 1):
        radius = RADIUS + BETWEEN * number - 4
        parts += [path(_arc(size, here, move, x, y, radius), "line"), _tip(size, here + move, move, x, y, radius)]
        middle = _at(size, here + move / 2, x, y, radius)
        parts += [rect(middle[0] - 6, middle[1] - 7, 12, 14, "hollow", 6)]
        parts.append(text(middle[0], middle[1] + 4, str(number), "small", "middle", "strong"))
        here += move
    end = _at(size, here, x, y, RADIUS)
    return [*parts, rect(end[0] - 5, end[1] - 5, 10, 10, "head", 5)]


def _arc(size: int, start: float, move: float, x: float, y: float, radius: float) -> list[Step]:
    """In parts of at most a third of the ring: a longer arc would be ambiguous."""
    pieces = max(1, math.ceil(3 * abs(move) / size))
    steps: list[Step] = ["M", *_at(size, start, x, y, radius)]
    for piece in range(1, pieces + 1):
        steps += ["A", radius, radius, 0, 0, 1 if move > 0 else 0]
        steps += _at(size, start + move * piece / pieces, x, y, radius)
    return steps


def _tip(size: int, end: float, move: float, x: float, y: float, radius: float) -> str:
    """An arrow head at the end of an arc, along it."""
    back = end - math.copysign(min(9 / (2 * math.pi * radius) * size, abs(move)), move)
    corners = [_at(size, end, x, y, radius), _at(size, back, x, y, radius - 4.5), _at(size, back, x, y, radius + 4.5)]
    (a, b), *others = corners
    return path(["M", a, b, "L", *(part for corner in others for part in corner), "Z"], "head")


def _at(size: int, number: float, x: float, y: float, radius: float) -> tuple[float, float]:
    angle = 2 * math.pi * (number / size)
    return x + radius * math.sin(angle), y - radius * math.cos(angle)


# -- words -------------------------------------------------------------------------------------------------


def _legend(ring: Ring, moves: Moves) -> list[str]:
    lines = [f"{number}  {name}: {move}" for number, (name, move) in enumerate(moves.items(), 1)]
    return [*lines, _end(ring, moves)]


def _end(ring: Ring, moves: Moves) -> str:
    """`wrapped once, at 3`."""
    number = sum(moves.values())
    return f"{_wraps(ring.wraps(number))}at {ring.read(number)}"


def _wraps(times: int) -> str:
    often = {0: "", 1: "wrapped once, ", 2: "wrapped twice, "}.get(abs(times), f"wrapped {abs(times)} times, ")
    return often.replace(",", " to the left,") if times < 0 else often


def _words(ring: Ring, moves: Moves) -> str:
    here, told = 0, []
    for name, move in moves.items():
        here += move
        told.append(f"{name}, {move}, leads to {ring.read(here)}")
    led = f" From 0: {'; '.join(told)}." if told else ""
    return f"A ring of {ring.told}.{led} Together: {_end(ring, moves)}."
