"""The figure "exchange": what a dealer hands out, what each holder has, and what lies open on the table.

Three tiers from top to bottom: the dealer, a room for each holder, the table that everybody sees. Without dealer and
table it shows who holds which share; a dashed frame stands around those who put theirs together.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import torch

from course.learn.figures.looks import Look, draw, look
from course.learn.figures.moments import Thing
from course.learn.figures.svg import path, rect, sheet, shorten, text
from course.learn.figures.words import size_words, values_words

__all__ = ["Part", "draw_exchange"]

WIDTH, EDGE, PAD, BETWEEN = 700, 10, 12, 14
HEAD = 32  # a room's name
ROW = 33  # a line of things
GAP = 44  # between tiers: the arrows
FRAME = 7
MOST_VALUES = 3  # numbers of a tensor that are written out


@dataclass(frozen=True)
class Part:
    """Something shared: its name, what each holder has of it, and what all of it is (None: nobody sees that)."""

    name: str
    slices: tuple[torch.Tensor, ...]
    whole: torch.Tensor | None = None


def draw_exchange(
    holders: Sequence[str],
    held: Sequence[Part] = (),
    dealt: Sequence[Part] = (),
    opened: Sequence[Part] = (),
    together: Collection[str] = (),
) -> tuple[str, str]:
    """The figure, SVG and words. together: the holders within the frame, whose parts are added up below."""
    wide = (WIDTH - 2 * EDGE - 2 * FRAME + BETWEEN) / max(1, len(holders)) - BETWEEN
    lefts = [EDGE + FRAME + (wide + BETWEEN) * k for k in range(len(holders))]
    parts, y = list[str](), float(EDGE + FRAME)
    if dealt:
        made, y = _room("the dealer makes", _wholes(dealt), EDGE, y, WIDTH - 2 * EDGE)
        arrows = [_arrow(left + wide / 2, y, "a share of each", wide / 2) for left in lefts]
        parts, y = [*parts, *made, *(line for arrow in arrows for line in arrow)], y + GAP
    rooms = [_room(name, _slices((*held, *dealt, *opened), k, wide), left, y, wide)
             for k, (name, left) in enumerate(zip(holders, lefts, strict=True))]  # fmt: skip
    low = max((bottom for _, bottom in rooms), default=y)
    rooms = [_room(name, _slices((*held, *dealt, *opened), k, wide), left, y, wide, low)
             for k, (name, left) in enumerate(zip(holders, lefts, strict=True))]  # fmt: skip
    parts += [line for room, _ in rooms for line in room]
    inside = [left for name, left in zip(holders, lefts, strict=True) if name in together]
    if inside:
        size = max(inside) - min(inside) + wide + 2 * FRAME
        parts.append(rect(min(inside) - FRAME, y - FRAME, size, low - y + 2 * FRAME, "line dash", 10))
    y = low + FRAME
    below = [Part(part.name, (), _sum(part, holders, together)) for part in held] if inside else opened
    if below:
        title = f"{_and(holders, together)} add up" if inside else "everybody sees"
        names = ", ".join(part.name for part in below)
        senders = [min(inside) + (max(inside) - min(inside)) / 2] if inside else lefts
        arrows = [_arrow(left + wide / 2, y, "" if inside else names, wide / 2) for left in senders]
        made, y = _room(title, _wholes(below), EDGE, y + GAP, WIDTH - 2 * EDGE)
        parts += [*(line for arrow in arrows for line in arrow), *made]
    words = _words(holders, held, dealt, opened, together)
    return sheet("Who has which share, and what is open", words, WIDTH, y + EDGE, parts), words


def _sum(part: Part, holders: Sequence[str], together: Collection[str]) -> torch.Tensor:
    """What the frame knows: the sum of its parts, in the ring."""
    own = [piece for name, piece in zip(holders, part.slices, strict=True) if name in together]
    return torch.stack(own).sum(dim=0)


# -- drawing -----------------------------------------------------------------------------------------------


def _room(
    title: str, looks: Sequence[Look], x: float, y: float, wide: float, low: float = 0.0
) -> tuple[list[str], float]:
    """A room and the things in it, side by side while they fit; and where it ends."""
    places, right, line = [], x + PAD, y + HEAD
    for one in looks:
        if right > x + PAD and right + one.width > x + wide - PAD:
            right, line = x + PAD, line + ROW
        places.append((one, right, line))
        right += one.width + 22
    bottom = max(low, line + (ROW if looks else 0) + 2)
    name = text(x + PAD, y + 21, shorten(title, wide - 2 * PAD, "who"), "who")
    things = [line for one, left, top in places for line in draw(one, left, top)]
    return [rect(x, y, wide, bottom - y, "room", 6), name, *things], bottom


def _arrow(x: float, y: float, words: str, room: float) -> list[str]:
    """From one tier down to the next, with what it carries beside it."""
    tip = y + GAP - 5
    head = path(["M", x - 4.5, tip - 9, "L", x, tip, x + 4.5, tip - 9, "Z"], "head")
    beside = [text(x + 10, y + GAP / 2 + 4, shorten(words, room - 12, "small"), "small")] if words else []
    return [path(["M", x, y + 4, "V", tip - 9], "line"), head, *beside]


def _wholes(parts: Sequence[Part]) -> list[Look]:
    return [look(_thing(part.name, part.whole), WIDTH - 2 * EDGE - 2 * PAD) for part in parts if part.whole is not None]


def _slices(parts: Sequence[Part], k: int, wide: float) -> list[Look]:
    return [look(_thing(part.name, part.slices[k]), wide - 2 * PAD) for part in parts]


def _thing(name: str, tensor: torch.Tensor) -> Thing:
    values = tuple(tensor.flatten().tolist()) if tensor.numel() <= MOST_VALUES else None
    dtype = str(tensor.dtype).removeprefix("torch.")
    return Thing(name, "tensor", name, tuple(tensor.shape), dtype, values)


# -- words -------------------------------------------------------------------------------------------------


def _words(
    holders: Sequence[str],
    held: Sequence[Part],
    dealt: Sequence[Part],
    opened: Sequence[Part],
    together: Collection[str],
) -> str:
    whole = {part.name: part.whole for part in dealt if part.whole is not None}
    lines = [f"The dealer makes {_told(whole)}."] if whole else []
    for k, name in enumerate(holders):
        lines.append(f"{name} has {_told({part.name: part.slices[k] for part in (*held, *dealt, *opened)})}.")
    seen = {part.name: part.whole for part in opened if part.whole is not None}
    lines += [f"Everybody sees {_told(seen)}."] if seen else []
    if together:
        sums = {part.name: _sum(part, holders, together) for part in held}
        lines.append(f"{_and(holders, together)} add up {_told(sums)}.")
    return "\n".join(lines) or "Nobody has a share."


def _and(holders: Sequence[str], together: Collection[str]) -> str:
    return " and ".join(name for name in holders if name in together)


def _told(tensors: Mapping[str, torch.Tensor]) -> str:
    """`a 12, b 100 x 64 int64`."""
    things = [_thing(name, tensor) for name, tensor in tensors.items()]
    told = [f"{one.name} {values_words(one) if one.values else size_words(one)}".strip() for one in things]
    return ", ".join(told) or "nothing"
