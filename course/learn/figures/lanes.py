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
FIRST = 24  # from the edge to the first lane, at least
APART, GAP = 6, 11  # between names; between columns
NARROW, WIDE = 48, 118  # from lane to lane
LANES = 270  # for all lanes, where the table would like to have more
BESIDE, BEND = 16, 10  # from the last lane to the table; a message within the crowd bends there
CROWD = "crowd"
TABLE = ("code", "small", "small")  # the fonts of its columns


@dataclass(frozen=True)
class Lanes:
    """The x of each lane. Workers without one share the last, the crowd's."""

    x: Mapping[str, float]
    titles: Mapping[str, str]
    lines: int = 1  # names take turns on two where one is too short for them

    @property
    def end(self) -> float:
        """Where the table begins."""
        return max(self.x.values(), default=EDGE) + BESIDE + BEND * (CROWD in self.x)

    def of(self, worker: object) -> float:
        return self.x.get(str(worker), self.x.get(CROWD, 0))


Cells = tuple[str, str, str]  # what a message does, its bytes, its values


@dataclass(frozen=True)
class Columns:
    """How wide the columns of the table are: kinds, bytes, values."""

    kind: float
    size: float
    detail: float

    @property
    def width(self) -> float:
        return self.kind + self.size + self.detail + 2 * GAP

    def within(self, width: float) -> Columns:
        """The same in less: values are cut before kinds are."""
        words = width - self.size - 2 * GAP
        kind = min(self.kind, max(words - self.detail, 0.6 * words))
        return Columns(kind, self.size, min(self.detail, words - kind))


def draw_timeline(
    rows: Sequence[Row], housekeeping: bool = False, limit: int = MOST_MESSAGES
) -> tuple[str, str]:
    """The figure, SVG and words."""
    sent = messages(rows)
    found = groups(sent, fold=not housekeeping)
    shown = found if len(found) <= limit else found[: max(limit - 1, 0)]
    rest = [row for group in found[len(shown) :] for row in group.rows]
    table = [_cells(group) for group in shown]
    wanted = _columns(table)
    needed = max(wanted.width, text_width(_more(rest), "soft") if rest else 0)
    lanes = _lanes(sent, WIDTH - EDGE - needed)
    columns = wanted.within(WIDTH - EDGE - lanes.end)
    end = TOP + LINE * (len(shown) + bool(rest)) + 4
    parts = _poles(lanes, end)
    for n, (group, cells) in enumerate(zip(shown, table, strict=True)):
        y = TOP + LINE * (n + 0.7)
        parts += [*_marks(group, lanes, y), *_texts(cells, columns, lanes.end, y)]
    parts += _rest(rest, lanes.end, TOP + LINE * (len(shown) + 0.7)) if rest else []
    parts += _below(rows, sent, end)
    words = _words(shown, rest, rows)
    height = end + (78 if housekeeping_words(sent) else 58)
    return sheet("Messages in time", words, WIDTH, height, parts), words


# -- lanes -------------------------------------------------------------------------------------------------


def _lanes(rows: Sequence[Row], end: float) -> Lanes:
    """You first, then workers as they come; the busiest keep a lane if there are too many.

    end: where the table would like to begin. Names that need more than that leaves take up to LANES.
    """
    titles = _titles(rows)
    widths = [text_width(title, "who") for title in titles.values()]
    first = EDGE + max(FIRST, min(widths[0] / 2, WIDE)) if widths else EDGE
    steps = max(len(titles) - 1, 1)
    free = (end - BESIDE - BEND * (CROWD in titles) - first) // steps
    most = min(max(free, LANES // steps), WIDE)
    lines = 1 if _step(widths, 1) <= most else 2
    step = min(max(_step(widths, lines), free, NARROW), most)
    return Lanes({name: first + step * n for n, name in enumerate(titles)}, titles, lines)


def _titles(rows: Sequence[Row]) -> dict[str, str]:
    """The lanes, and what to write above each."""
    seen = Counter(str(row[end]) for row in rows for end in ("sender", "receiver"))
    names = sorted(seen, key=lambda name: name != YOU)
    if len(names) > MOST_LANES:
        busy = {name for name, _ in seen.most_common(MOST_LANES - 1)} | {YOU}
        names = [name for name in names if name in busy][: MOST_LANES - 1]
    titles = {name: who(name) for name in names}
    return titles | ({CROWD: f"{len(seen) - len(names):,} more"} if len(seen) > len(names) else {})


def _step(widths: Sequence[float], lines: int) -> float:
    """From lane to lane, so that no name touches the next one on its line."""
    pairs = zip(widths, widths[lines:], strict=False)
    return max([(one + other) / 2 + APART for one, other in pairs], default=0) / lines


def _poles(lanes: Lanes, end: float) -> list[str]:
    """The lanes, and their names above them; where they are too long for that, all are cut at one length."""
    places = list(lanes.x.values())
    widths = [text_width(title, "who") for title in lanes.titles.values()]
    step = places[1] - places[0] if len(places) > 1 else WIDTH
    most = max(widths, default=0)
    while _step([min(width, most) for width in widths], lanes.lines) > step + 0.01:
        most -= 1
    parts = []
    for number, (name, x) in enumerate(lanes.x.items()):
        low = lanes.lines == 1 or number % 2
        title = shorten(lanes.titles[name], min(most, 2 * x, 2 * (WIDTH - x)), "who")
        parts += [text(x, 38 if low else 18, title, "who", "middle")]
        parts += [path(["M", x, 46 if low else 26, "V", end], "rule")]
    return parts


# -- lines -------------------------------------------------------------------------------------------------


def _cells(group: Group) -> Cells:
    """What stands in the table: of one message, or of several that keep house."""
    row = group.rows[0]
    size = bytes_words(sum(int(row["bytes"]) for row in group.rows))
    if group.light:
        return (group.words() if len(group.rows) > 1 else what(row)), size, "housekeeping"
    return what(row), size, _detail(row) if row["values"] else "no values"


def _columns(table: Sequence[Cells]) -> Columns:
    kind, size, detail = (
        max((text_width(cells[n], font) for cells in table), default=0) for n, font in enumerate(TABLE)
    )
    return Columns(kind, size, detail)


def _texts(cells: Cells, columns: Columns, x: float, y: float) -> list[str]:
    kind, size, detail = cells
    right = x + columns.kind + GAP + columns.size
    return [
        text(x, y + 4, shorten(kind, columns.kind, "code"), "code"),
        text(right, y + 4, size, "small", "end"),
        text(right + GAP, y + 4, shorten(detail, columns.detail, "small"), "small"),
    ]


def _marks(group: Group, lanes: Lanes, y: float) -> list[str]:
    """An arrow; a dotted line for several messages that keep house."""
    row = group.rows[0]
    if group.light and len(group.rows) > 1:
        ends = sorted({lanes.of(row[end]) for row in group.rows for end in ("sender", "receiver")})
        return _group([path(["M", ends[0], y, "H", ends[-1]], "line dots")], "fade")
    arrow = _arrow(lanes.of(row["sender"]), lanes.of(row["receiver"]), y, bool(row["values"]))
    return _group(arrow, "fade" if group.light else "bold" if row["values"] else "")


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


def _group(parts: list[str], name: str) -> list[str]:
    return [f'<g class="sy-{name}">', *parts, "</g>"] if name else parts


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
        parts += _group(_arrow(x, x + 34, y + 42, values), "bold" if values else "")
        parts.append(text(x + 42, y + 46, words, "small"))
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
