"""A figure in words, which is its alternative text and what terminals and screen readers get.

Small words first; then the log, where each message is a line and neighbours that only keep house are one;
then the rooms, sentence by sentence.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from course.learn.figures.moments import YOU, Address, Bay, Slot, Thing, count

__all__ = [
    "Group",
    "Row",
    "bytes_words",
    "came_to_you",
    "caption",
    "count",
    "describe",
    "groups",
    "housekeeping_words",
    "looks_words",
    "messages",
    "model_words",
    "number_words",
    "rows_of",
    "size_words",
    "total",
    "values_words",
    "what",
    "who",
]

Row: TypeAlias = Mapping[str, Any]

UNITS = ("KiB", "MiB", "GiB", "TiB")
HOUSEKEEPING = {"delete", "hold", "ask"}
KEEPS = {"delete": "delete (a pointer is gone)", "hold": "hold (a pointer more)", "ask": "ask, reply (of shapes)"}


# -- small words -------------------------------------------------------------------------------------------


def who(name: str) -> str:
    return "you" if name == YOU else name


def bytes_words(size: int) -> str:
    """`1 byte`, `212 bytes`, `12.3 KiB`."""
    if size < 1024:
        return count(size, "byte")
    amount, unit = size / 1024, 0
    while amount >= 1023.95 and unit < len(UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    return f"{amount:.1f} {UNITS[unit]}"


def number_words(number: float | int | bool, digits: int = 4, whole: bool = False) -> str:
    """A number in few characters, as torch prints it: 12, 0.1806, 1.0, 0.0042, 2.7e+10, True, nan.

    whole: of a whole number all digits, however many, as a share needs them: two of them add up to 3200.
    """
    if isinstance(number, bool):
        return str(number)
    if isinstance(number, int):
        return str(number) if whole or len(str(number)) <= 9 else f"{number:.{digits}g}"
    short = f"{round(number, 4) if 0.001 <= abs(number) < 1 else number:.{digits}g}"
    return short if not math.isfinite(number) or any(mark in short for mark in ".e") else f"{short}.0"


def size_words(thing: Thing) -> str:
    """`640 x 784 float32`; a single number is `1 float32`."""
    return f"{' x '.join(map(str, thing.shape)) or '1'} {thing.dtype}".strip()


def model_words(thing: Thing) -> tuple[str, str]:
    """A model in two short lines: how many tensors, and how many numbers (or which, if they are few)."""
    parts = count(thing.parts, "tensor")
    if thing.values is not None:
        return parts, values_words(thing)
    return parts, count(thing.numbers, "number") if thing.numbers else thing.dtype


def values_words(thing: Thing) -> str:
    return " ".join(number_words(value, whole=True) for value in thing.values or ())


# -- the log -------------------------------------------------------------------------------------------------


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


def housekeeping_words(rows: Sequence[Row]) -> str:
    """What the kinds of message mean that keep house here; empty if there are none."""
    kinds = {str(row["kind"]) for group in groups(rows) if group.light for row in group.rows}
    said = [words for kind, words in KEEPS.items() if kind in kinds]
    return f"housekeeping: {' · '.join(said)}" if said else ""


def what(row: Row) -> str:
    """What a message does: `execute add`, `get`."""
    return f"{row['kind']} {row['op']}".strip() if row["op"] else str(row["kind"])


def came_to_you(rows: Iterable[Row]) -> str:
    """`no value came to you`, or `1 tensor, 3 numbers, came to you`: the ledger counts numbers, too."""
    came = [row for row in rows if row["values"] and row["receiver"] == YOU and row["kind"] != "peek"]
    if not came:
        return "no value came to you"
    if any("numbers" not in row for row in came):  # rows of a DataFrame, which shows fewer columns
        return f"values came to you in {count(len(came), 'message')}"
    tensors, numbers = (sum(row[what] for row in came) for what in ("tensors", "numbers"))
    return f"{count(tensors, 'tensor')}, {count(numbers, 'number')}, came to you"


def looks_words(rows: Iterable[Row]) -> str:
    """What you looked at from outside; empty if nothing."""
    looked = sum(1 for row in rows if row["kind"] == "peek")
    return (
        f"You looked into a store {'once' if looked == 1 else f'{looked:,} times'}: that is no message."
        if looked
        else ""
    )


# -- who holds what ------------------------------------------------------------------------------------------


def describe(bays: Sequence[Bay], code: str, changes: bool) -> str:
    """Who holds what, room by room; with `changes` what was there, and then what a line made of it."""
    names = _names(bays)
    before = [_room(bay, [slot.before for slot in bay.slots], names) for bay in bays]
    if not changes:
        return " ".join(before) or "Nobody holds anything."
    after = [sentence for bay in bays for slot in bay.slots for sentence in _change(bay, slot, names)]
    start = f"Before: {' '.join(before) or 'nobody holds anything.'}"
    return f"{start} {f'After {code}' if code else 'After'}: {' '.join(after) or 'everything is as before.'}"


def _names(bays: Sequence[Bay]) -> dict[tuple[str, Any], str]:
    """What to call an object: by the names of the pointers of yours that lead to it, through others too."""
    slots = {(bay.name, slot.thing.id): slot for bay in bays for slot in bay.slots}
    found: dict[tuple[str, Any], str] = {}
    leads = [
        (slot.thing.name, slot) for slot in slots.values() if slot.thing.name and slot.thing.id != "more"
    ]
    while leads:
        name, slot = leads.pop(0)
        for target in slot.targets():
            if target not in found:
                found[target] = name
                leads.append((name, slots[target]))
    return found


def _room(bay: Bay, things: Sequence[Thing | None], names: Mapping[tuple[str, Any], str]) -> str:
    held = [_thing(bay.name, thing, names) for thing in things if thing and thing.kind != "missing"]
    nothing = "no pointer" if bay.name == YOU else "nothing"
    return f"{_subject(bay)} {_verb(bay, 'hold')} {_listed(held) or nothing}."


def _subject(bay: Bay) -> str:
    return "You" if bay.name == YOU else bay.name


def _verb(bay: Bay, verb: str) -> str:
    return verb if bay.name == YOU or bay.crowd else f"{verb}s"


def _thing(room: str, thing: Thing, names: Mapping[tuple[str, Any], str]) -> str:
    name = thing.name or names.get((room, thing.id), "")
    called = f" {name}" if name else ""
    if thing.kind == "more":
        return thing.name
    if thing.id == "more":
        return f"{thing.name} pointers"
    if thing.kind == "pointer" and not thing.targets:
        return f"a spent pointer{called}"
    if thing.kind == "pointer":
        return (
            f"a pointer{called} to {_listed(list(dict.fromkeys(who(worker) for worker, _ in thing.targets)))}"
        )
    if thing.kind == "plan":
        return f"the {thing.name}"
    if thing.kind == "model":
        said = [*model_words(thing), *([thing.note] if thing.note else [])]
        return f"{'the model' if name else 'a model'}{called} ({', '.join(said)})"
    shown = values_words(thing) if thing.values else size_words(thing)
    return f"{thing.note or 'tensor'}{called} ({shown})"


def _change(bay: Bay, slot: Slot, names: Mapping[tuple[str, Any], str]) -> list[str]:
    if slot.status == "same":
        return []
    verb = f"no longer {_verb(bay, 'hold')}" if slot.status == "gone" else f"now {_verb(bay, 'hold')}"
    changed = " (changed)" if slot.status == "changed" else ""
    return [f"{_subject(bay)} {verb} {_thing(bay.name, slot.thing, names)}{changed}."]


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def caption(room: str, slot: Slot, pointed: set[Address]) -> str:
    """A few words below a thing: what happened to it, or how to know it where no arrow arrives."""
    thing = slot.thing
    if thing.kind == "missing":
        return "nothing"
    words: list[str] = [slot.status] if slot.status in ("gone", "changed") else []
    words += [thing.note] if thing.note else []
    if thing.kind == "tensor" and room != YOU and not thing.note and (room, thing.id) not in pointed:
        words.append(f"id …{str(thing.id)[-4:]}")
    return " · ".join(words)
