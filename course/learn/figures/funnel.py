"""The figure "funnel": rows of values, each row made from the one above, value from value or value from neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from course.learn.figures.svg import path, rect, sheet, shorten, text, text_width

__all__ = ["draw_funnel"]

WIDTH, EDGE, LEFT = 700, 8, 168  # the boxes begin at LEFT, beside the rows' names
BOX, BETWEEN = 26, 26  # height of a box, and of the lines between two rows
LEAST, MOST = 26, 118  # width of a box

Rows = Mapping[str, Sequence[object]]


def draw_funnel(rows: Rows) -> tuple[str, str]:
    """The figure, SVG and words. Raises ValueError where a row is not made from equally many of the row above."""
    parts, y = list[str](), float(EDGE)
    above: list[float] = []
    for name, values in rows.items():
        each = _each(len(above), len(values), name)
        xs = [sum(above[k * each : (k + 1) * each]) / each for k in range(len(values))] if above else _places(values)
        if above:
            parts += [path(["M", x, y - BETWEEN, "L", xs[k // each], y], "rule") for k, x in enumerate(above)]
        parts.append(text(EDGE, y + 18, shorten(name, LEFT - EDGE - 10, "soft"), "soft"))
        wide = min(MOST, max(LEAST, *(text_width(str(value), "code") + 10 for value in values)), _room(xs))
        for x, value in zip(xs, values, strict=True):
            parts.append(rect(x - wide / 2, y, wide, BOX, "data"))
            parts.append(text(x, y + 18, shorten(str(value), wide - 4, "code"), "code", "middle"))
        above, y = xs, y + BOX + BETWEEN
    words = _words(rows)
    return sheet("What is made from what", words, WIDTH, max(y - BETWEEN, EDGE) + EDGE, parts), words


def _each(above: int, here: int, name: str) -> int:
    """How many of the row above each value of this row is made from."""
    if not here or above % here:
        raise ValueError(f"the row {name!r} has {here} values, and the row above it {above}")
    return above // here


def _places(values: Sequence[object]) -> list[float]:
    """The middles of the first row's boxes."""
    wide = (WIDTH - LEFT - EDGE) / len(values)
    return [LEFT + wide * (k + 0.5) for k in range(len(values))]


def _room(xs: Sequence[float]) -> float:
    """How wide a box may be beside its neighbours."""
    return xs[1] - xs[0] - 4 if len(xs) > 1 else WIDTH - LEFT - EDGE


def _words(rows: Rows) -> str:
    lines, above = [], 0
    for name, values in rows.items():
        each = _each(above, len(values), name)
        whence = f", each from {each} of the row above" if each > 1 else ", each from the one above" if above else ""
        lines.append(f"{name}: {', '.join(map(str, values))}{whence}.")
        above = len(values)
    return "\n".join(lines) or "No row."
