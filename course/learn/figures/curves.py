"""The figure "curves": functions over an interval, each with dashes of its own and its name at its end; named points.

Nothing rests on colour: solid, dashed, dotted. The words give each curve's values at five places.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import torch

from course.learn.figures.svg import path, rect, sheet, shorten, text

__all__ = ["draw_curves"]

WIDTH, EDGE, TOP, TALL = 700, 8, 16, 200
LEFT, LABELS = 62, 150  # for the numbers of the axis; for the names at the right
STYLES = ("line", "line dash", "line dots", "rule")
STEPS, LINE, DOT = 240, 17, 7

Function = Callable[[torch.Tensor], torch.Tensor]
Points = Mapping[str, tuple[float, float]]
Span = tuple[float, float]


def draw_curves(
    lines: Mapping[str, Function], x: Span, points: Points, y: Span | None = None, within: Span | None = None
) -> tuple[str, str]:
    """The figure, SVG and words.

    lines: functions of a float64 tensor, one dimension, by name; four at most. points: (x, y) by name. y: what is drawn
    of the values; without it all. within: an interval that is marked.
    """
    at = torch.linspace(*x, STEPS + 1, dtype=torch.float64)
    values = {name: function(at).tolist() for name, function in lines.items()}
    low, high = y or _range([*(one for row in values.values() for one in row), *(one for _, one in points.values())])

    def place(one: float, value: float) -> tuple[float, float]:
        right = WIDTH - LABELS - LEFT
        return LEFT + right * (one - x[0]) / (x[1] - x[0]), TOP + TALL * (high - value) / (high - low)

    parts = [*_axes(x, (low, high), place), *_interval(within, place)]
    for style, row in zip(STYLES, values.values(), strict=False):
        parts += [path(_steps(at.tolist(), row, (low, high), place), style)]
    ends = {name: place(x[1], min(max(row[-1], low), high))[1] for name, row in values.items()}
    for style, (name, height) in zip(STYLES, _apart(ends).items(), strict=False):
        start = WIDTH - LABELS + 8
        parts += [path(["M", start, height, "H", start + 26], style)]
        parts += [text(start + 32, height + 4, shorten(name, LABELS - 40, "small"), "small")]
    for name, (one, value) in points.items():
        across, down = place(one, value)
        parts += [rect(across - DOT / 2, down - DOT / 2, DOT, DOT, "head"), text(across + 8, down - 6, name, "small")]
    words = _words(lines, x, points)
    return sheet("Curves", words, WIDTH, TOP + TALL + 30, parts), words


Place = Callable[[float, float], tuple[float, float]]


def _range(values: Sequence[float]) -> Span:
    low, high = min(values), max(values)
    room = 0.06 * (high - low) or 1.0
    return low - room, high + room


def _axes(x: Span, y: Span, place: Place) -> list[str]:
    """A frame, its ends in numbers, and zero where it is inside."""
    (left, top), (right, bottom) = place(x[0], y[1]), place(x[1], y[0])
    parts = [rect(left, top, right - left, bottom - top, "rule")]
    for value in _round_numbers(y):
        down = place(x[0], value)[1]
        parts.append(path(["M", left - 4, down, "H", left], "rule"))
        parts.append(text(left - 8, down + 4, _number(value), "small", "end"))
    for value in _round_numbers(x):
        across = place(value, y[0])[0]
        parts += [path(["M", across, bottom, "V", bottom + 4], "rule")]
        parts += [text(across, bottom + 18, _number(value), "small", "middle")]
    if y[0] < 0 < y[1]:
        parts.append(path(["M", left, place(0, 0)[1], "H", right], "rule"))
    return parts


def _interval(within: Span | None, place: Place) -> list[str]:
    """Two lines, where the marked interval begins and ends."""
    return [path(["M", place(end, 0)[0], TOP, "V", TOP + TALL], "rule dash") for end in within or ()]


def _round_numbers(span: Span) -> list[float]:
    """Four to eight round numbers in it."""
    rough = (span[1] - span[0]) / 6
    ten = 10 ** math.floor(math.log10(rough))
    step = next(factor * ten for factor in (1, 2, 5, 10) if factor * ten >= rough)
    first = math.ceil(span[0] / step)
    return [step * k for k in range(first, math.floor(span[1] / step) + 1)]


def _steps(at: Sequence[float], row: Sequence[float], y: Span, place: Place) -> list[str | float]:
    """The line, left out where both ends of a piece are outside."""
    steps: list[str | float] = []
    joined = False
    for (one, value), (other, next_value) in pairwise(zip(at, row, strict=True)):
        inside = [y[0] <= end <= y[1] for end in (value, next_value)]
        if any(inside):
            start, end = (min(max(height, y[0]), y[1]) for height in (value, next_value))
            steps += [] if joined else ["M", *place(one, start)]
            steps += ["L", *place(other, end)]
        joined = all(inside)
    return steps or ["M", *place(at[0], y[0])]


def _apart(ends: Mapping[str, float]) -> dict[str, float]:
    """The heights of the names, a line apart at least; in the order of the curves."""
    found: dict[str, float] = {}
    last = -math.inf
    for name, height in sorted(ends.items(), key=lambda item: item[1]):
        found[name] = last = max(height, last + LINE)
    over = max(0.0, last - (TOP + TALL))
    return {name: found[name] - over for name in ends}


def _number(value: float) -> str:
    return f"{round(value, 6) + 0.0:g}"


def _words(lines: Mapping[str, Function], x: Span, points: Points) -> str:
    places = torch.linspace(*x, 5, dtype=torch.float64)
    said = [f"{name}: {_values(places, function(places))}." for name, function in lines.items()]
    return "\n".join([*said, *(f"{name}: {value:g} at {at:g}." for name, (at, value) in points.items())])


def _values(places: torch.Tensor, values: torch.Tensor) -> str:
    pairs = zip(places.tolist(), values.tolist(), strict=True)
    return ", ".join(f"{value + 0.0:.2f} at {place:g}" for place, value in pairs)
