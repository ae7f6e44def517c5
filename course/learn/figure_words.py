"""A figure in words: its alternative text, which is also what terminals and screen readers get."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from course.learn.figure_data import YOU, Bay, Slot, Thing

__all__ = ["Row", "bytes_words", "came_to_you", "count", "describe", "looks_words", "model_words", "number_words"]
__all__ += ["size_words", "values_words", "what", "who"]

Row: TypeAlias = Mapping[str, Any]

UNITS = ("KiB", "MiB", "GiB", "TiB")


# -- small words --------------------------------------------------------------------------------------------------


def who(name: str) -> str:
    return "you" if name == YOU else name


def count(number: int, noun: str) -> str:
    """`1 message`, `648 messages`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def bytes_words(size: int) -> str:
    """`1 byte`, `212 bytes`, `12.3 KiB`."""
    if size < 1024:
        return count(size, "byte")
    amount, unit = size / 1024, 0
    while amount >= 1023.95 and unit < len(UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    return f"{amount:.1f} {UNITS[unit]}"


def number_words(number: float | int | bool, digits: int = 4) -> str:
    """A number in few characters: 12, 0.1806, 1.0, 2.7e+10, True, nan."""
    if isinstance(number, bool):
        return str(number)
    if isinstance(number, int):
        return str(number) if len(str(number)) <= 9 else f"{number:.{digits}g}"
    short = f"{number:.{digits}g}"
    return short if not math.isfinite(number) or any(mark in short for mark in ".e") else f"{short}.0"


def size_words(thing: Thing) -> str:
    """`640 x 784 float32`; a single number is `1 float32`."""
    return f"{' x '.join(map(str, thing.shape)) or '1'} {thing.dtype}".strip()


def model_words(thing: Thing) -> tuple[str, str]:
    """A model in two short lines: how many parameters, and how many numbers (or which, if they are few)."""
    parts = count(thing.parts, "parameter")
    if thing.values is not None:
        return parts, values_words(thing)
    return parts, count(thing.numbers, "number") if thing.numbers else thing.dtype


def values_words(thing: Thing) -> str:
    return " ".join(number_words(value) for value in thing.values or ())


# -- messages -----------------------------------------------------------------------------------------------------


def what(row: Row) -> str:
    """What a message does: `execute add`, `get`."""
    return f"{row['kind']} {row['op']}".strip() if row["op"] else str(row["kind"])


def came_to_you(rows: Iterable[Row]) -> str:
    """`no value came to you`, or how many did and how they look."""
    came = [row for row in rows if row["values"] and row["receiver"] == YOU and row["kind"] != "peek"]
    looks = [look for row in came for look in str(row["detail"]).split(", ")]
    if not looks:
        return "no value came to you"
    shown = ", ".join(looks) if len(looks) <= 3 else f"{', '.join(looks[:2])} and {len(looks) - 2:,} more"
    return f"{count(len(looks), 'value')} came to you ({shown})"


def looks_words(rows: Iterable[Row]) -> str:
    """What you looked at from outside; empty if nothing."""
    looked = sum(1 for row in rows if row["kind"] == "peek")
    return f"You looked into a store {'once' if looked == 1 else f'{looked:,} times'}: that is no message." if looked else ""


# -- who holds what -----------------------------------------------------------------------------------------------


def describe(bays: Sequence[Bay], code: str, changes: bool) -> str:
    """Who holds what, room by room; with `changes` what was there, and then what a line made of it."""
    names = _names(bays)
    before = [_room(bay.name, [slot.before for slot in bay.slots], names) for bay in bays]
    if not changes:
        return " ".join(before) or "Nobody holds anything."
    after = [sentence for bay in bays for slot in bay.slots for sentence in _change(bay.name, slot, names)]
    line = f"After {code}: " if code else "After: "
    return f"Before: {' '.join(before) or 'nobody holds anything.'} {line}{' '.join(after) or 'everything is as before.'}"


def _names(bays: Sequence[Bay]) -> dict[tuple[str, Any], str]:
    """What to call an object: by the names of the pointers of yours that lead to it."""
    names: dict[tuple[str, Any], str] = {}
    for bay in bays:
        for slot in bay.slots:
            for target in slot.targets():
                if slot.thing.name and slot.thing.kind == "pointer" and slot.thing.id != "more":
                    names.setdefault(target, slot.thing.name)
    return names


def _room(name: str, things: Sequence[Thing | None], names: Mapping[tuple[str, Any], str]) -> str:
    held = [_thing(name, thing, names) for thing in things if thing and thing.kind != "missing"]
    verb = "hold" if name == YOU or name.endswith(" more") else "holds"
    return f"{_subject(name)} {verb} {_listed(held) or 'nothing'}."


def _subject(name: str) -> str:
    return "You" if name == YOU else f"{name} workers" if name.endswith(" more") else name


def _thing(room: str, thing: Thing, names: Mapping[tuple[str, Any], str]) -> str:
    name = thing.name or names.get((room, thing.id), "")
    called = f" {name}" if name else ""
    if thing.id == "more":
        return f"{thing.name} {'pointers' if thing.kind == 'pointer' else 'objects'}"
    if thing.kind == "pointer":
        places = dict.fromkeys(f"{worker} workers" if worker.endswith(" more") else who(worker) for worker, _ in thing.targets)
        return f"a pointer{called} to {_listed(list(places)) or 'nobody'}"
    if thing.kind == "model":
        return f"a model{called} ({', '.join(model_words(thing))})"
    shown = values_words(thing) if thing.values else size_words(thing)
    return f"{thing.note or 'tensor'}{called} ({shown})"


def _change(room: str, slot: Slot, names: Mapping[tuple[str, Any], str]) -> list[str]:
    if slot.status == "same":
        return []
    words = _thing(room, slot.thing, names)
    if slot.status == "gone":
        return [f"{_subject(room)} no longer {'have' if room == YOU else 'has'} {words}."]
    verb = {"new": "now hold", "changed": "hold a changed object:"}[slot.status]
    if room != YOU:
        verb = verb.replace("hold", "holds", 1)
    return [f"{_subject(room)} {verb} {words}."]


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
