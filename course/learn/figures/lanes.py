"""The figure "messages in time": a lane for each worker, time downwards, an arrow for each message.

A filled head and a heavy line: the message carried values. A hollow head and a thin line: it did not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from course.learn.figures.moments import YOU, count
from course.learn.figures.svg import arrow_head, path, sheet, shorten, text, text_width
from course.learn.figures.words import (
    Group,
    Row,
    bytes_words,
    came_to_you,
    groups,
    housekeeping_words,
    messages,
    total,
    what,
    who,
)

__all__ = ["MOST_MESSAGES", "draw_timeline"]

MOST_MESSAGES = 24
MOST_LANES = 5
WIDTH, EDGE, TOP, LINE = 700, 8, 50, 27
LANES = 336  # pixels for all lanes; right of the last one the table of kinds, bytes and values
CROWD = "crowd"


@dataclass(frozen=True)
class Lanes:
    """The x of each lane. Workers without one share the last, the crowd's."""

    x: Mapping[str, float]
    titles: Mapping[str, str]

    @property
    def end(self) -> float:
        """Where the table begins."""
        return max(self.x.values(), default=EDGE) + 48

    def of(self, worker: object) -> float:
        return self.x.get(str(worker), self.x.get(CROWD, 0))


def draw_timeline(
    rows: Sequence[Row], housekeeping: bool = False, limit: int = MOST_MESSAGES
) -> tuple[str, str]:
    """The figure, SVG and words."""
    sent = messages(rows)
    found = groups(sent, fold=not housekeeping)
    shown = found if len(found) <= limit else found[: max(limit - 1, 0)]
    rest = [row for group in found[len(shown) :] for row in group.rows]
    lanes = _lanes(sent)
    end = TOP + LINE * (len(shown) + bool(rest)) + 4
    parts = [
        *_poles(lanes, end),
        *(line for n, group in enumerate(shown) for line in _line(group, lanes, TOP + LINE * (n + 0.7))),
    ]
    parts += _rest(rest, lanes.end, TOP + LINE * (len(shown) + 0.7)) if rest else []
    parts += _below(rows, sent, end)
    words = _words(shown, rest, rows)
    height = end + (78 if housekeeping_words(sent) else 58)
    return sheet("Messages in time", words, WIDTH, height, parts), words


# -- lanes -------------------------------------------------------------------------------------------------


def _lanes(rows: Sequence[Row]) -> Lanes:
    """You first, then workers as they come; the busiest keep a lane if there are too many."""
    seen = Counter(str(row[end]) for row in rows for end in ("sender", "receiver"))
    names = sorted(seen, key=lambda name: name != YOU)
    if len(names) > MOST_LANES:
        busy = {name for name, _ in seen.most_common(MOST_LANES - 1)} | {YOU}
        names = [name for name in names if name in busy][: MOST_LANES - 1]
    titles = {name: who(name) for name in names}
    if len(seen) > len(names):
        names = [*names, CROWD]
        titles[CROWD] = f"{len(seen) - len(names) + 1:,} more"
    step = min(118, (LANES - 92) / max(len(names) - 1, 1))
    return Lanes({name: EDGE + 44 + step * n for n, name in enumerate(names)}, titles)


def _poles(lanes: Lanes, end: float) -> list[str]:
    """The names and the lanes below them; names that are too long for one line take turns on two."""
    places = list(lanes.x.values())
    space = places[1] - places[0] - 8 if len(places) > 1 else 110
    long = any(text_width(title, "who") > space for title in lanes.titles.values())
    parts = []
    for number, (name, x) in enumerate(lanes.x.items()):
        title = shorten(lanes.titles[name], min(2 * space if long else space, 2 * x), "who")
        parts += [text(x, 38 if number % 2 or not long else 18, title, "who", "middle")]
        parts += [path(["M", x, 46 if number % 2 or not long else 26, "V", end], "rule")]
    return parts


# -- lines -------------------------------------------------------------------------------------------------


def _line(group: Group, lanes: Lanes, y: float) -> list[str]:
    """One message, or several that keep house."""
    row = group.rows[0]
    size = bytes_words(sum(int(row["bytes"]) for row in group.rows))
    if group.light and len(group.rows) > 1:
        ends = sorted({lanes.of(row[end]) for row in group.rows for end in ("sender", "receiver")})
        line = path(["M", ends[0], y, "H", ends[-1]], "line dots")
        return [
            '<g class="sy-fade">',
            line,
            "</g>",
            *_cells(group.words(), size, "housekeeping", lanes.end, y),
        ]
    arrow = _arrow(lanes.of(row["sender"]), lanes.of(row["receiver"]), y, bool(row["values"]))
    if group.light:
        return ['<g class="sy-fade">', *arrow, "</g>", *_cells(what(row), size, "housekeeping", lanes.end, y)]
    detail = _detail(row) if row["values"] else "no values"
    return [*_group(arrow, bool(row["values"])), *_cells(what(row), size, detail, lanes.end, y)]


def _arrow(start: float, end: float, y: float, values: bool) -> list[str]:
    if start == end:  # within the crowd
        return [
            path(["M", start, y - 5, "H", start + 16, "V", y + 3, "H", start + 8], "line"),
            _head(start + 1, y + 3, -1, values),
        ]
    direction = 1 if end > start else -1
    return [
        path(["M", start, y, "H", end - 9 * direction], "line"),
        _head(end - direction, y, direction, values),
    ]


def _head(x: float, y: float, direction: int, values: bool) -> str:
    return arrow_head(x, y, direction, "head" if values else "head hollow")


def _group(parts: list[str], bold: bool) -> list[str]:
    return ['<g class="sy-bold">', *parts, "</g>"] if bold else parts


def _cells(kind: str, size: str, detail: str, x: float, y: float) -> list[str]:
    return [
        text(x, y + 4, shorten(kind, 136, "code"), "code"),
        text(x + 206, y + 4, size, "small", "end"),
        text(x + 216, y + 4, shorten(detail, WIDTH - EDGE - x - 216, "small"), "small"),
    ]


def _detail(row: Row) -> str:
    """How the first value looks, and how many more there are."""
    first, *more = str(row["detail"]).split(", ")
    return f"{first} and {len(more)} more" if more else first


def _rest(rows: Sequence[Row], x: float, y: float) -> list[str]:
    return [text(x, y + 4, _more(rows), "soft")]


def _more(rows: Sequence[Row]) -> str:
    return f"… {len(rows):,} more, {bytes_words(sum(int(row['bytes']) for row in rows))}"


# -- below -------------------------------------------------------------------------------------------------


def _below(rows: Sequence[Row], sent: Sequence[Row], y: float) -> list[str]:
    looks = len(rows) - len(sent)
    summary = shorten(f"{total(sent)}; {came_to_you(sent)}", WIDTH - 2 * EDGE, "soft")
    parts = [text(EDGE, y + 24, summary, "soft", more="strong")]
    x = float(EDGE)
    for words, values in (("carried values", True), ("carried no values", False)):
        parts += [*_group(_arrow(x, x + 34, y + 42, values), values), text(x + 42, y + 46, words, "small")]
        x += 60 + text_width(words, "small")
    peeks = f" · {count(looks, 'look')} (peek) not drawn" if looks else ""
    parts.append(text(x, y + 46, f"time runs down{peeks}", "small"))
    kept = housekeeping_words(sent)
    return [*parts, text(EDGE, y + 66, shorten(kept, WIDTH - 2 * EDGE, "small"), "small")] if kept else parts


def _words(shown: Sequence[Group], rest: Sequence[Row], rows: Sequence[Row]) -> str:
    """One numbered line for each message."""
    sent = messages(rows)
    came = came_to_you(sent)
    lines = [f"{total(sent)}; {came}."]
    lines += [f"{n}. {_in_words(group)}" for n, group in enumerate(shown, 1)]
    return "\n".join([*lines, *([f"{_more(rest)}."] if rest else [])])


def _in_words(group: Group) -> str:
    row, size = group.rows[0], bytes_words(sum(int(row["bytes"]) for row in group.rows))
    if group.light and len(group.rows) > 1:
        return f"Housekeeping: {group.words()}, {size}."
    detail = f"values: {row['detail']}" if row["values"] else "no values"
    return f"{who(str(row['sender']))} to {who(str(row['receiver']))}: {what(row)}, {size}, {detail}."
