"""The figure "who holds what": one moment, or before and after a line, with the messages in between."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Sequence
from typing import Literal

from course.learn.figures.layout import EMPTY, NARROW, YOURS, Item, Plan, Route, Space, fitted, route
from course.learn.figures.looks import Look, draw
from course.learn.figures.moments import YOU, Bay, Room, focus, fold, pair
from course.learn.figures.svg import arrow_head, path, rect, sheet, shorten, shorten_pair, text, text_width
from course.learn.figures.words import (
    Row,
    bytes_words,
    came_to_you,
    describe,
    groups,
    housekeeping_words,
    looks_words,
    messages,
    total,
    what,
    who,
)

__all__ = ["before_and_after", "one_moment"]

Side = Literal["only", "before", "after"]

WIDTH = 700  # pixels that a cell of JupyterLab offers at least
EDGE = 8
TOP = 30  # for the words above the rooms
AFTER = 46  # from the word "after" to the code that stands beside it
SPLIT = 28  # between the two moments
MOST_MESSAGES = 6
LINE = 19


def one_moment(rooms: Sequence[Room], names: Collection[str] = ()) -> tuple[str, str]:
    """The figure of one moment (of all, or of what these names reach): SVG and words."""
    bays = fold(focus(pair(rooms, rooms), names))
    words = describe(bays, "", changes=False)
    plan = fitted(bays, WIDTH - 2 * EDGE)
    panel, bottom = _panel(plan, "only", EDGE, EDGE)
    legend = _legend(bays, "dashed pill: pointer · boxes: data")
    width = max(plan.width, text_width(legend, "small")) + 2 * EDGE
    below = text(EDGE, bottom + 22, legend, "small")
    return sheet("Who holds what", words, width, bottom + 34, [*panel, below]), words


def before_and_after(
    before: Sequence[Room], after: Sequence[Room], rows: Sequence[Row], code: str, names: Collection[str] = ()
) -> tuple[str, str]:
    """The figure of a line: the stores before and after it, and its messages. SVG and words."""
    bays = fold(focus(pair(before, after), names))
    half = (WIDTH - 2 * EDGE - SPLIT) / 2
    plan = fitted(bays, half)
    wide = fitted(bays, WIDTH - 2 * EDGE)
    beside = plan.width <= half and _unhurt(plan) and _in_full(plan) >= _in_full(wide)
    plan = plan if beside else wide
    legend = _legend(bays, "dashed pill: pointer · boxes: data · bold: made or changed · struck out: gone")
    room = plan.width - AFTER if beside else WIDTH - 2 * EDGE - AFTER
    lines = [] if text_width(code, "code") <= room else _wrapped(code)
    top = TOP + LINE * len(lines)
    draw_panels = _side_by_side if beside else _one_below_the_other
    parts, width, bottom = draw_panels(plan, "" if lines else code, top)
    parts += [text(EDGE, 18 + LINE * n, line, "code") for n, line in enumerate(lines)]
    needed = [text_width(note, "small") for note in (legend, housekeeping_words(messages(rows)))]
    needed += [text_width(line, "code") for line in lines]
    if not beside and not lines:
        needed.append(AFTER + text_width(code, "code"))
    width = max(width, max(needed) + 2 * EDGE)
    more, bottom = _footer(rows, legend, width, bottom)
    words = f"{describe(bays, code, changes=True)} {_messages_in_words(rows)}"
    title = f"Who holds what, before and after {code}" if code else "Who holds what, before and after"
    return sheet(title, words, width, bottom + EDGE, [*parts, *more]), words


# -- two panels --------------------------------------------------------------------------------------------


def _unhurt(plan: Plan) -> bool:
    """Nothing had to be cut in order to fit into half of the page."""
    texts = [
        word
        for space in plan.spaces
        for item in space.items
        for look in item.looks
        for line in look.lines
        for word in line
    ]
    return not any("…" in word for word in [*texts, *(space.title for space in plan.spaces)])


def _in_full(plan: Plan) -> int:
    """How many numbers are drawn with all their digits."""
    items = [item for space in plan.spaces for item in space.items]
    drawn = [{word for look in item.looks for line in look.lines for word in line} for item in items]
    pairs = zip(items, drawn, strict=True)
    return sum(str(one) in words for item, words in pairs for one in item.slot.thing.values or ())


def _wrapped(code: str) -> list[str]:
    """A line of code that is too long to stand beside "after", in lines that fit across the page."""
    letters = int((WIDTH - 2 * EDGE) / text_width("x", "code"))
    return textwrap.wrap(code, letters, subsequent_indent="    ", break_on_hyphens=False)


def _side_by_side(plan: Plan, code: str, top: float) -> tuple[list[str], float, float]:
    second = EDGE + plan.width + SPLIT
    before, bottom = _panel(plan, "before", EDGE, top)
    after, low = _panel(plan, "after", second, top)
    line = path(["M", second - SPLIT / 2, top, "V", max(bottom, low)], "rule dash")
    words = _heads(code, (EDGE, top - 12), (second, top - 12))
    return [*words, *before, line, *after], second + plan.width + EDGE, max(bottom, low)


def _one_below_the_other(plan: Plan, code: str, top: float) -> tuple[list[str], float, float]:
    before, bottom = _panel(plan, "before", EDGE, top)
    line = path(["M", EDGE, bottom + 14, "H", EDGE + plan.width], "rule dash")
    after, low = _panel(plan, "after", EDGE, bottom + TOP + 16)
    words = _heads(code, (EDGE, top - 12), (EDGE, bottom + 34))
    return [*words, *before, line, *after], plan.width + 2 * EDGE, low


def _heads(code: str, before: tuple[float, float], after: tuple[float, float]) -> list[str]:
    shown = [text(after[0] + AFTER, after[1], code, "code")] if code else []
    return [text(*before, "before", "soft"), text(*after, "after", "soft"), *shown]


# -- one panel ---------------------------------------------------------------------------------------------


def _panel(plan: Plan, side: Side, x: float, y: float) -> tuple[list[str], float]:
    """The rooms, the arrows, the things; and where the panel ends on the page."""
    arrows, low = _arrows(plan, side)
    parts = [line for space in plan.spaces for line in _room(space, side)]
    things = [line for space in plan.spaces for item in space.items for line in _thing(item, side)]
    moved = f'<g transform="translate({round(x, 1):g} {round(y, 1):g})">'
    return [moved, *parts, *arrows, *things, "</g>"], y + max(plan.height, low)


def _room(space: Space, side: Side) -> list[str]:
    parts = [*_walls(space), text(space.x + 14, space.y + 23, space.title, "who")]
    if not any(item.before if side == "before" else item.looks for item in space.items):
        fits = text_width(YOURS, "small") <= space.width - 2 * 14
        parts.append(text(space.x + 14, space.y + 44, YOURS if space.name == YOU and fits else EMPTY, "small"))
    return parts


def _walls(space: Space) -> list[str]:
    """A room; for a crowd three, one behind the other."""
    shifts = (6, 3, 0) if space.crowd else (0,)
    width, height = space.width - shifts[0], space.bottom - space.y - shifts[0]
    return [rect(space.x + shift, space.y + shift, width, height, "room", 10) for shift in shifts]


def _look(item: Item, side: Side) -> Look | None:
    return item.before if side == "before" else item.after


def _thing(item: Item, side: Side) -> list[str]:
    status = item.slot.status
    made = _look(item, side)
    ghost = side == "after" and status == "gone"
    made = item.before if ghost else made
    if made is None:
        return []
    parts = draw(made, item.x, item.middle - made.height / 2, ghost)
    caption = (
        item.caption
        if side != "before"
        else shorten(item.slot.thing.note, max(NARROW, text_width(item.caption, "small")), "small")
    )
    if caption:
        parts.append(text(item.x, item.y + item.height + 14, caption, "small"))
    return _group(parts, _weight(status, side))


def _weight(status: str, side: Side) -> str:
    if side != "after" or status == "gone":
        return ""
    return "fade" if status == "same" else "bold"


def _group(parts: list[str], name: str) -> list[str]:
    return [f'<g class="sy-{name}">', *parts, "</g>"] if name else parts


def _arrows(plan: Plan, side: Side) -> tuple[list[str], float]:
    parts: list[str] = []
    taken: list[float] = []
    low = 0.0
    for space in plan.spaces:
        for item in space.items:
            thing = item.slot.before if side == "before" else item.slot.after
            for target in thing.targets if thing else ():
                run = route(plan, (space, item), plan.found[target], taken, side == "before")
                parts += _group(_arrow(run), _weight(item.slot.status, side))
                low = max(low, run.low + 6)
    return parts, low


def _arrow(run: Route) -> list[str]:
    return [path(run.steps, "line dash"), arrow_head(run.x - run.direction, run.y, run.direction)]


# -- below the panels --------------------------------------------------------------------------------------


def _legend(bays: Sequence[Bay], words: str) -> str:
    kinds = {slot.thing.kind for bay in bays for slot in bay.slots}
    return words + (" · stack: model" if "model" in kinds else "")


def _footer(rows: Sequence[Row], legend: str, width: float, y: float) -> tuple[list[str], float]:
    """The messages of the line, their sum, what came to you, and the legend."""
    sent = messages(rows)
    summary = f"{total(sent)}; {came_to_you(sent)}"
    y += 26
    parts = [text(EDGE, y, shorten(summary, width - 2 * EDGE, "soft"), "soft", more="strong")]
    for cells in _message_lines(sent):
        y += LINE
        parts += _message(cells, width, y)
    for words in (housekeeping_words(sent), looks_words(rows)):
        if words:
            y += LINE
            parts.append(text(EDGE, y, shorten(words, width - 2 * EDGE, "small"), "small"))
    return [*parts, text(EDGE, y + 24, legend, "small")], y + 28


def _message_lines(rows: Sequence[Row]) -> list[tuple[str, str, str, str]]:
    """Lines of four cells: whose (`you → bob`), what, bytes, values."""
    found = groups(rows)
    shown = found if len(found) <= MOST_MESSAGES else found[: MOST_MESSAGES - 1]
    lines = []
    for group in shown:
        row, size = group.rows[0], bytes_words(sum(int(row["bytes"]) for row in group.rows))
        if group.light:
            lines.append(("housekeeping", group.words(), size, ""))
        else:
            pair_ = f"{who(str(row['sender']))} → {who(str(row['receiver']))}"
            lines.append(
                (pair_, what(row), size, f"values: {row['detail']}" if row["values"] else "no values")
            )
    rest = [row for group in found[len(shown) :] for row in group.rows]
    return (
        [*lines, ("…", f"{len(rest):,} more", bytes_words(sum(int(row["bytes"]) for row in rest)), "")]
        if rest
        else lines
    )


def _message(cells: tuple[str, str, str, str], width: float, y: float) -> list[str]:
    pair_, kind, size, values = cells
    sender, arrow, receiver = pair_.partition(" → ")
    return [
        text(EDGE, y, shorten_pair(sender, receiver, 132, "small") if arrow else pair_, "small"),
        text(EDGE + 138, y, shorten(kind, 146, "code"), "code"),
        text(EDGE + 342, y, size, "small", "end"),
        text(EDGE + 356, y, shorten(values, width - 2 * EDGE - 356, "small"), "small"),
    ]


def _messages_in_words(rows: Sequence[Row]) -> str:
    """`1 message, 212 bytes: execute add from you to bob. No value came to you.`"""
    sent = messages(rows)
    came = came_to_you(sent)
    lines = [
        f"{kind} {pair_.replace(' → ', ' to ')}, {size}" for pair_, kind, size, _ in _message_lines(sent)
    ]
    listed = f": {'; '.join(lines)}" if lines else ""
    sentences = [f"{total(sent)}{listed}.", f"{came[0].upper()}{came[1:]}.", looks_words(rows)]
    return " ".join(sentence for sentence in sentences if sentence)
