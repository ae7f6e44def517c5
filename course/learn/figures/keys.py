"""The figure "keyring": which two clients share a key, which key is one's own, and who has none of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from course.learn.figures.svg import path, rect, sheet, shorten, text, text_width

__all__ = ["draw_keyring"]

WIDTH, EDGE, BETWEEN = 700, 8, 26
ROOM, RISE, LABEL = 44, 46, 22  # heights: of a client, of an arc for each place that it spans, of a key on it
SHOWN = 2  # bytes of a key that are written out

Pairs = Mapping[tuple[int, int], bytes]


def draw_keyring(names: Sequence[str], pairs: Pairs, own: Sequence[bytes] = (), outside: str = "") -> tuple[str, str]:
    """The figure, SVG and words. pairs: the key of each two places; own: that of each place; outside: has none."""
    wide = (WIDTH - 2 * EDGE + BETWEEN) / max(1, len(names)) - BETWEEN
    middles = [EDGE + wide / 2 + (wide + BETWEEN) * place for place in range(len(names))]
    spans = [abs(one - other) for one, other in pairs]
    top = EDGE + LABEL + RISE * max(spans, default=0)  # of the clients' rooms
    arcs, labels = list[str](), list[str]()
    for (one, other), key in sorted(pairs.items()):
        low, high = sorted((one, other))
        x, y = (middles[low] + middles[high]) / 2, top - RISE * (high - low)
        start, end = middles[low] + wide / 6, middles[high] - wide / 6
        pull = top + (y - top) * 4 / 3  # so that the arc's top is at y
        arcs.append(path(["M", start, top, "C", start, pull, end, pull, end, top], "line"))
        labels += _label(x, y, f"key {_short(key)}")
    rooms, height = list[str](), ROOM if own else ROOM - 14
    for place, (name, x) in enumerate(zip(names, middles, strict=True)):
        rooms.append(rect(x - wide / 2, top, wide, height, "room", 6))
        rooms.append(text(x, top + 20, shorten(name, wide - 8, "who"), "who", "middle"))
        if own:
            rooms.append(text(x, top + 37, f"own key {_short(own[place])}", "code", "middle"))
    bottom = top + height
    if outside:
        rooms.append(rect(EDGE, bottom + 12, WIDTH - 2 * EDGE, 30, "room dash", 6))
        rooms.append(text(WIDTH / 2, bottom + 32, f"{outside}: none of these keys", "soft", "middle"))
        bottom += 42
    words = _words(names, pairs, own, outside)
    return sheet("Who has which key", words, WIDTH, bottom + EDGE, [*arcs, *labels, *rooms]), words


def _label(x: float, y: float, words: str) -> list[str]:
    wide = text_width(words, "code") + 14
    return [rect(x - wide / 2, y - LABEL / 2, wide, LABEL, "data", 4), text(x, y + 4.5, words, "code", "middle")]


def _short(key: bytes) -> str:
    return f"{key[:SHOWN].hex()}…"


def _words(names: Sequence[str], pairs: Pairs, own: Sequence[bytes], outside: str) -> str:
    lines = [f"{names[one]} and {names[other]}: key {_short(key)}" for (one, other), key in sorted(pairs.items())]
    lines += [f"{name} alone: own key {_short(key)}" for name, key in zip(names, own, strict=False)]
    return "; ".join([*lines, *([f"{outside}: none of these keys"] if outside else [])]) + "."
