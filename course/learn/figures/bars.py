"""The figure "bytes per party": a bar for each pair of sender and receiver, numbers written out.

The hatched part of a bar is what messages with values took, the plain part is the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from course.learn.figures.moments import YOU, count
from course.learn.figures.svg import hatched, path, rect, sheet, shorten, shorten_pair, text, text_width
from course.learn.figures.words import Row, bytes_words, came_to_you, messages, total, who

__all__ = ["draw_traffic"]

MOST_PAIRS = 12
WIDTH, EDGE, TOP, LINE, BAR = 700, 8, 34, 30, 16
LEFT = 204  # the bars begin here
LONGEST = 236
REST = ("", "")

Pair = tuple[str, str]


@dataclass
class Sum:
    """What went from one party to another."""

    messages: int = 0
    bytes: int = 0
    values: int = 0
    pairs: int = 1

    def add(self, other: Sum) -> None:
        self.messages += other.messages
        self.bytes += other.bytes
        self.values += other.values
        self.pairs += other.pairs


def draw_traffic(rows: Sequence[Row]) -> tuple[str, str]:
    """The figure, SVG and words."""
    sent = messages(rows)
    sums = _folded(_sums(sent))
    room = (
        WIDTH
        - EDGE
        - LEFT
        - 8
        - max((text_width(_numbers(entry), "small") for entry in sums.values()), default=0)
    )
    most = max((entry.bytes for pair, entry in sums.items() if pair != REST), default=0) or 1
    parts = [text(EDGE, 22, "from → to", "soft"), text(LEFT, 22, "bytes", "soft")]
    for number, (pair, entry) in enumerate(sums.items()):
        parts += _bar(pair, entry, min(LONGEST, room) * entry.bytes / most, TOP + LINE * number)
    end = TOP + LINE * len(sums)
    parts += [path(["M", LEFT, TOP - 4, "V", max(end, TOP + 8)], "rule"), *_below(sent, end)]
    words = _words(sums, sent)
    return sheet("Bytes per party", words, WIDTH, end + 56, parts), words


def _sums(rows: Sequence[Row]) -> dict[Pair, Sum]:
    """By sender (you first), then by receiver, in the order in which they first spoke."""
    sums: dict[Pair, Sum] = {}
    for row in rows:
        size = int(row["bytes"])
        pair = (str(row["sender"]), str(row["receiver"]))
        sums.setdefault(pair, Sum(pairs=0)).add(Sum(1, size, size if row["values"] else 0))
    for entry in sums.values():
        entry.pairs = 1
    senders = list(dict.fromkeys([YOU, *(sender for sender, _ in sums)]))
    return dict(sorted(sums.items(), key=lambda item: senders.index(item[0][0])))


def _folded(sums: dict[Pair, Sum]) -> dict[Pair, Sum]:
    """The largest pairs, and one bar for the rest."""
    if len(sums) <= MOST_PAIRS:
        return sums
    large = set(sorted(sums, key=lambda pair: -sums[pair].bytes)[: MOST_PAIRS - 1])
    rest = Sum(pairs=0)
    for pair in sums.keys() - large:
        rest.add(sums[pair])
    return {**{pair: entry for pair, entry in sums.items() if pair in large}, REST: rest}


# -- drawing -----------------------------------------------------------------------------------------------


def _bar(pair: Pair, entry: Sum, length: float, y: float) -> list[str]:
    """A line of the figure. What stands for many pairs has numbers only: its bar would dwarf the others."""
    if pair == REST:
        return [
            text(EDGE, y + 13, _pair(pair, entry), "soft"),
            text(LEFT + 8, y + 13, _numbers(entry), "small"),
        ]
    width = max(length, 1.5)
    values = width * entry.values / entry.bytes if entry.bytes else 0
    name = shorten_pair(who(pair[0]), who(pair[1]), LEFT - EDGE - 10, "soft")
    return [
        text(EDGE, y + 13, name, "soft"),
        rect(LEFT, y, width, BAR, "data"),
        *(
            [hatched(LEFT, y, values, BAR), path(["M", LEFT + values, y, "V", y + BAR], "line")]
            if values
            else []
        ),
        text(LEFT + width + 8, y + 13, _numbers(entry), "small"),
    ]


def _pair(pair: Pair, entry: Sum) -> str:
    return f"{entry.pairs:,} more pairs" if pair == REST else f"{who(pair[0])} to {who(pair[1])}"


def _numbers(entry: Sum) -> str:
    """`12.3 KiB in 14 messages, values 10.0 KiB`."""
    words = f"{bytes_words(entry.bytes)} in {count(entry.messages, 'message')}"
    return f"{words}, {'values ' + bytes_words(entry.values) if entry.values else 'no values'}"


def _below(rows: Sequence[Row], y: float) -> list[str]:
    summary = shorten(f"{total(rows)}; {came_to_you(rows)}", WIDTH - 2 * EDGE, "soft")
    parts, x = [text(EDGE, y + 20, summary, "soft", more="strong")], float(EDGE)
    for words, filled in (("messages that carried values", True), ("all other messages", False)):
        parts += [rect(x, y + 32, 26, 12, "data"), *([hatched(x, y + 32, 26, 12)] if filled else [])]
        parts.append(text(x + 34, y + 42, words, "small"))
        x += 54 + text_width(words, "small")
    return parts


def _words(sums: Mapping[Pair, Sum], rows: Sequence[Row]) -> str:
    lines = [f"{_pair(pair, entry)}: {_numbers(entry)}." for pair, entry in sums.items()]
    return "\n".join([f"{total(rows)}; {came_to_you(rows)}.", *lines])
