"""The figure "who holds which labels": a line for each owner, a square for each label, its area the number of rows.

The numbers stand beside the squares, so that nothing rests on size or colour alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from course.learn.figures.moments import count
from course.learn.figures.svg import path, rect, sheet, shorten, text
from course.learn.figures.words import who

__all__ = ["draw_labels"]

WIDTH, EDGE, TOP, LINE = 700, 8, 46, 26
LEFT, RIGHT = 128, 78  # the columns stand between
LARGEST = 18  # side of the largest square
MOST_OWNERS, FOLDED_TO = 24, 20
MOST_LABELS = 12
NUMBERED = 40  # pixels of a column in which a number has room

Counts = Mapping[str, Sequence[int]]


def draw_labels(counts: Counts, labels: Sequence[str]) -> tuple[str, str]:
    """The figure, SVG and words. `counts` has for each owner the number of rows of each label."""
    shown = list(counts.items())[: len(counts) if len(counts) <= MOST_OWNERS else FOLDED_TO]
    words = _words(shown, len(counts) - len(shown), labels)
    names = list(labels[:MOST_LABELS])
    wide = (WIDTH - LEFT - RIGHT) / max(1, len(names))
    most = max((number for _, row in shown for number in row[: len(names)]), default=0) or 1
    parts = [text(EDGE, 22, "owner", "soft"), text(LEFT, 22, "rows of each label", "soft")]
    parts.append(text(WIDTH - EDGE, 22, "rows", "soft", "end"))
    parts += [text(LEFT + wide * (at + 0.5), 40, shorten(name, wide, "small"), "small", "middle", "strong")
              for at, name in enumerate(names)]  # fmt: skip
    for number, (owner, row) in enumerate(shown):
        parts += _line(owner, row, TOP + LINE * number, wide, len(names), most)
    end = TOP + LINE * len(shown)
    rest = _rest(len(counts) - len(shown), len(labels) - MOST_LABELS)
    if rest:
        parts.append(text(EDGE, end + 18, rest, "soft"))
    return sheet("Who holds which labels", words, WIDTH, end + (28 if rest else 8), parts), words


def _line(owner: str, row: Sequence[int], y: float, wide: float, columns: int, most: int) -> list[str]:
    middle = y + LINE / 2
    parts = [path(["M", EDGE, y, "H", WIDTH - EDGE], "rule")]
    parts.append(text(EDGE, middle + 4, shorten(who(owner), LEFT - EDGE - 10, "soft"), "soft"))
    for at, number in enumerate(row[:columns]):
        if number:
            parts += _cell(number, LEFT + wide * at, middle, wide, math.sqrt(number / most) * LARGEST)
    return [*parts, text(WIDTH - EDGE, middle + 4, f"{sum(row):,}", "small", "end")]


def _cell(number: int, x: float, middle: float, wide: float, side: float) -> list[str]:
    side = max(side, 2)
    if wide < NUMBERED:
        return [rect(x + (wide - side) / 2, middle - side / 2, side, side, "data")]
    centre = x + wide / 2 - 10
    square = rect(centre - side / 2, middle - side / 2, side, side, "data")
    return [square, text(centre + LARGEST / 2 + 3, middle + 4, str(number), "small")]


def _rest(owners: int, labels: int) -> str:
    """What the figure leaves out; empty if nothing."""
    left_out = {"more owner": owners, "more label": labels}
    words = [count(number, what) for what, number in left_out.items() if number > 0]
    return f"and {', '.join(words)}" if words else ""


def _words(shown: Sequence[tuple[str, Sequence[int]]], more: int, labels: Sequence[str]) -> str:
    lines = []
    for owner, row in shown:
        held = [f"{number:,} of {label}" for label, number in zip(labels, row, strict=True) if number]
        some = [*held[:MOST_LABELS], *(["..."] if len(held) > MOST_LABELS else [])]
        lines.append(f"{who(owner)} holds {count(sum(row), 'row')}{': ' if some else ''}{', '.join(some)}.")
    return "\n".join([*lines, *([f"And {count(more, 'more owner')}."] if more > 0 else [])]) or "Nobody holds a row."
