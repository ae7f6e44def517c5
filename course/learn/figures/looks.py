"""How one object looks, and how large that is before it is drawn.

A dashed pill is a pointer, cells are a small tensor, a box is a large one, a stack is a model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from course.learn.figures.moments import Thing
from course.learn.figures.svg import path, rect, shorten, text, text_width
from course.learn.figures.words import model_words, number_words, size_words, who

__all__ = ["Look", "draw", "look"]

BOX = 28  # height of a pill or a box
CELL = 26  # least width of a cell
ROW = 21  # height of a line of a matrix
MOST_LINES = 4  # rows of a matrix that are still drawn cell by cell


@dataclass(frozen=True)
class Look:
    """lines: the texts, row by row. label: a name left of the box. width, height: of label and box."""

    form: Literal["pill", "cells", "box", "stack", "place"]
    lines: tuple[tuple[str, ...], ...]
    width: float
    height: float
    label: str = ""
    cell: float = 0

    @property
    def indent(self) -> float:
        """How far the box begins to the right of the label."""
        return text_width(self.label, "code") + 8 if self.label else 0


def look(thing: Thing, limit: float) -> Look:
    """The look of a thing that may be `limit` pixels wide."""
    if thing.kind == "pointer":
        return _pill(thing, limit)
    if thing.kind == "missing":
        return Look("place", ((),), 44, BOX)
    label = shorten(thing.name, limit / 3, "code") if thing.name and thing.kind == "tensor" else ""
    room = limit - (text_width(label, "code") + 8 if label else 0)
    if thing.kind == "model":
        return _stack(thing, room)
    return (_cells(thing, room, label) if thing.kind == "tensor" else None) or _box(thing, room, label)


def _pill(thing: Thing, limit: float) -> Look:
    places = [who(worker) for worker, _ in thing.targets]
    name = shorten(thing.name or f"→ {', '.join(places)}", limit - 24, "code")
    return Look("pill", ((name,),), max(44, text_width(name, "code") + 24), BOX)


def _box(thing: Thing, limit: float, label: str) -> Look:
    words = shorten(size_words(thing) if thing.kind == "tensor" else thing.name, limit - 16, "code")
    made = Look("box", ((words,),), text_width(words, "code") + 16, BOX, label)
    return _widened(made)


def _stack(thing: Thing, limit: float) -> Look:
    lines = [*([thing.name] if thing.name else []), *model_words(thing)]
    shown = [shorten(line, limit - 24, "code") for line in lines if line]
    width = max(text_width(line, "code") for line in shown) + 24
    return Look("stack", tuple((line,) for line in shown), width, 18 * len(shown) + 14)


def _cells(thing: Thing, limit: float, label: str) -> Look | None:
    """The numbers one by one; None if there is no room for them."""
    grid = _grid(thing)
    if not grid:
        return None
    for digits, whole in ((4, True), (4, False), (2, False)):
        lines = [[number_words(value, digits, whole) for value in line] for line in grid]
        cell = max(CELL, *(text_width(word, "code") + 10 for line in lines for word in line))
        if cell * len(lines[0]) <= limit:
            return _as_cells(lines, cell, label)
    fit = int(limit // cell)
    return _as_cells([[*line[: fit - 1], "…"] for line in lines], cell, label) if fit >= 3 else None


def _as_cells(lines: Sequence[Sequence[str]], cell: float, label: str) -> Look:
    height = BOX if len(lines) == 1 else ROW * len(lines)
    made = Look("cells", tuple(map(tuple, lines)), cell * len(lines[0]), height, label, cell)
    return _widened(made)


def _widened(made: Look) -> Look:
    return Look(made.form, made.lines, made.width + made.indent, made.height, made.label, made.cell)


def _grid(thing: Thing) -> list[list[float | int | bool]]:
    """The values in rows and columns; empty if they are not known, or more than a figure shows."""
    if not thing.values or len(thing.shape) > 2:
        return []
    columns = thing.shape[-1] if thing.shape else 1
    values = list(thing.values)
    lines = [values[start : start + columns] for start in range(0, len(values), columns)]
    return lines if len(lines) <= MOST_LINES else []


# -- drawing -----------------------------------------------------------------------------------------------


def draw(made: Look, x: float, y: float, ghost: bool = False) -> list[str]:
    """The look at (x, y), its upper left corner; a ghost is dotted and struck out."""
    left, width = x + made.indent, made.width - made.indent
    label = [text(x, y + made.height / 2 + 4.5, made.label, "code")] if made.label else []
    parts = [*label, *_outline(made, left, y, width, "dots" if ghost or made.form == "place" else "")]
    parts += _texts(made, left, y, width)
    if ghost or made.form == "place":
        parts.append(path(["M", left - 4, y + made.height + 3, "L", left + width + 4, y - 3], "line"))
    return parts


def _outline(made: Look, x: float, y: float, width: float, more: str) -> list[str]:
    if made.form == "pill":
        return [rect(x, y, width, made.height, f"line {more or 'dash'}", made.height / 2)]
    back = []
    if made.form == "stack":
        width, height = width - 8, made.height - 8
        back = [rect(x + shift, y + 8 - shift, width, height, f"data {more}", 3) for shift in (8, 4)]
        return [*back, rect(x, y + 8, width, height, f"data {more}", 3)]
    return [rect(x, y, width, made.height, f"data {more}"), *_inner(made, x, y, width, more)]


def _inner(made: Look, x: float, y: float, width: float, more: str) -> list[str]:
    """The lines between cells."""
    if made.form != "cells":
        return []
    high = made.height / len(made.lines)
    steps: list[str | float] = []
    for column in range(1, len(made.lines[0])):
        steps += ["M", x + column * made.cell, y, "V", y + made.height]
    for line in range(1, len(made.lines)):
        steps += ["M", x, y + line * high, "H", x + width]
    return [path(steps, f"line {more}")] if steps else []


def _texts(made: Look, x: float, y: float, width: float) -> list[str]:
    if made.form == "stack":
        return [text(x + 8, y + 25 + 18 * row, line[0], "code") for row, line in enumerate(made.lines)]
    high = made.height / len(made.lines)
    cell = made.cell or width
    return [
        text(x + (column + 0.5) * cell, y + (row + 0.5) * high + 4.5, word, "code", "middle")
        for row, line in enumerate(made.lines)
        for column, word in enumerate(line)
    ]
