"""The rows of a transcript as figures read them: which are messages, which only keep house."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from course.learn.figure_data import count
from course.learn.figure_words import Row, bytes_words

__all__ = ["Group", "groups", "messages", "rows_of", "total"]

HOUSEKEEPING = {"delete", "hold", "ask"}


@dataclass(frozen=True)
class Group:
    """One message, or several in a row that only keep house (`light`)."""

    rows: tuple[Row, ...]
    light: bool = False

    def words(self) -> str:
        """`2 delete, 1 hold`."""
        kinds = Counter(str(row["kind"]) for row in self.rows)
        return ", ".join(f"{number:,} {kind}" for kind, number in kinds.items())


def rows_of(log: Any) -> list[Row]:
    """The rows of a transcript, of a figure, of a DataFrame, or the list itself."""
    if hasattr(log, "rows"):
        return list(log.rows())
    if hasattr(log, "to_dict"):
        return list(log.to_dict("records"))
    return list(log)


def messages(rows: Iterable[Row]) -> list[Row]:
    """The rows that travelled: a peek is a look from outside, no message."""
    return [row for row in rows if row["kind"] != "peek"]


def groups(rows: Sequence[Row], fold: bool = True) -> list[Group]:
    """Each message by itself; neighbours that only keep house together (unless `fold` is False)."""
    found: list[Group] = []
    for row, light in zip(rows, _light(rows), strict=True):
        if light and fold and found and found[-1].light:
            found[-1] = Group((*found[-1].rows, row), True)
        else:
            found.append(Group((row,), light))
    return found


def _light(rows: Sequence[Row]) -> list[bool]:
    """Which rows keep house: deletes, holds, questions about metadata and the replies to those."""
    asked: set[tuple[str, str]] = set()
    light = []
    for row in rows:
        sender, receiver = str(row["sender"]), str(row["receiver"])
        answers = row["kind"] == "reply" and not row["values"] and (receiver, sender) in asked
        asked -= {(receiver, sender)} if row["kind"] == "reply" else set()
        asked |= {(sender, receiver)} if row["kind"] == "ask" else set()
        light.append(answers or row["kind"] in HOUSEKEEPING)
    return light


def total(rows: Sequence[Row]) -> str:
    """`3 messages, 212 bytes`; `no message`."""
    if not rows:
        return "no message"
    return f"{count(len(rows), 'message')}, {bytes_words(sum(int(row['bytes']) for row in rows))}"
