"""The figure "pictures": tables of numbers side by side, each number a square of ink; the largest is full ink.

Beside each picture but the first the words say how far it is from the first, and where lines have a name ("unit"),
which of them are all white: so nothing rests on looking.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch

from course.learn.figures.svg import rect, sheet, shorten, text

__all__ = ["draw_pictures"]

EDGE, TOP, GAP = 8, 30, 28
AXIS = 72  # beside the first picture, for the name and number of its first and last line
WIDTH, TALLEST = 684, 176  # of all pictures together
LARGEST = 14  # side of the largest square
LEVELS = 16  # of ink


def draw_pictures(
    pictures: Mapping[str, torch.Tensor], most: float = 0.0, line: str = "", compare: bool = True
) -> tuple[str, str]:
    """The figure, SVG and words. `most` is full ink in all pictures; without it the largest number of each is.

    line: what a line of these pictures is, such as "unit". compare: each with the first, in words; else by its ink.
    """
    tables = {name: picture.detach().squeeze().abs().double() for name, picture in pictures.items()}
    tables = {name: table if table.dim() == 2 else table.reshape(-1, 1) for name, table in tables.items()}
    rows, columns = max(len(table) for table in tables.values()), sum(table.shape[1] for table in tables.values())
    beside = AXIS if line else 0
    space = WIDTH - beside - GAP * len(tables)
    side = max(2.0, min(LARGEST, TALLEST / rows, space / columns))
    first, *_ = tables.values()
    x, parts = float(EDGE + beside), list(_axis(line, len(first), side)) if line else []
    for name, table in tables.items():
        wide = max(side * table.shape[1], space / len(tables) if len(tables) > 2 else 150)
        parts.append(text(x, 20, shorten(name, wide + GAP / 2, "soft"), "soft"))
        parts += _ink(table / (most or float(table.max()) or 1.0), x, TOP, side)
        parts.append(rect(x, TOP, side * table.shape[1], side * len(table), "rule"))
        x += wide + GAP
    words = _words(tables, line) if compare else _by_ink(tables, most)
    wide = max(x - GAP + EDGE, 300)
    return sheet("Pictures, each number as ink", words, wide, TOP + side * rows + EDGE, parts), words


def _ink(table: torch.Tensor, x: float, y: float, side: float) -> Iterator[str]:
    """One path for each level of ink."""
    levels = (table.clamp(0, 1) * LEVELS).round().int()
    for level in range(1, LEVELS + 1):
        places = (levels == level).nonzero().tolist()
        corners = [f"M{x + side * column:.1f} {y + side * row:.1f}" for row, column in places]
        squares = [f"{corner}h{side:.1f}v{side:.1f}h-{side:.1f}z" for corner in corners]
        if squares:
            yield f'<path d="{"".join(squares)}" fill="currentColor" fill-opacity="{level / LEVELS:.3g}"/>'


def _axis(line: str, count: int, side: float) -> Iterator[str]:
    """The first and the last line, by name and number."""
    yield text(EDGE, TOP + 11, f"{line} 0", "soft")
    if side * (count - 1) > 16:
        yield text(EDGE, TOP + side * count - 2, f"{line} {count - 1}", "soft")


def _white(table: torch.Tensor, line: str) -> str:
    """Which lines have nothing in them."""
    white = (~table.any(dim=1)).nonzero().flatten().tolist()
    return f" All white: {line} {', '.join(map(str, white))}." if line and white else ""


def _apart(table: torch.Tensor, first: torch.Tensor) -> str:
    """How far a table is from the first one: where 0.00 would hide that small numbers differ, beside the largest."""
    apart, largest = float((table - first).abs().mean()), float(first.max()) if first.numel() else 0.0
    hidden = apart < 0.005 and apart > largest / 100
    return f"{apart / largest:.0%} of the largest number" if hidden and largest else f"{apart:.2f}"


def _by_ink(tables: Mapping[str, torch.Tensor], most: float) -> str:
    """How much ink each has, and whether its lines are alike."""
    lines = []
    for name, table in tables.items():
        ink = float((table / (most or float(table.max()) or 1.0)).clamp(0, 1).mean())
        alike = " All lines are alike." if len(table) > 1 and bool((table == table[:1]).all()) else ""
        lines.append(f"{name}: {table.shape[0]} x {table.shape[1]}, {ink:.0%} ink.{alike}")
    return "\n".join(lines)


def _words(tables: Mapping[str, torch.Tensor], named: str) -> str:
    (first_name, first), *others = tables.items()
    lines = [f"{first_name}: {first.shape[0]} x {first.shape[1]}.{_white(first, named)}"]
    for name, table in others:
        line = f"{name}: {table.shape[0]} x {table.shape[1]}"
        if table.shape == first.shape:
            line += f", on average {_apart(table, first)} from {first_name}"
        lines.append(f"{line}.{_white(table, named)}")
    return "\n".join(lines)
