"""What a figure is drawn from: plain data only. Nothing here can keep a remote object alive.

A `Room` is a worker and the `Thing`s in its store. Two moments become one list of `Bay`s: in each room one
`Slot` for all that was there before or is there after, so that both moments are drawn at the same places.
`focus` leaves what a few names reach; `fold` makes a crowd small: five rooms and "648 more".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

__all__ = [
    "Address",
    "Bay",
    "Key",
    "MOST_ROOMS",
    "Room",
    "Slot",
    "Thing",
    "YOU",
    "count",
    "counted",
    "focus",
    "fold",
    "pair",
]

YOU = "me"
MOST_ROOMS = 6  # a crowd is drawn as one room less than this, and one room for the rest
MOST_THINGS = 8  # so is a full store
OTHERS = "others"

Key: TypeAlias = "int | str"
Address: TypeAlias = "tuple[str, Key]"
Kind: TypeAlias = Literal["tensor", "pointer", "model", "plan", "more", "missing"]
Status: TypeAlias = Literal["same", "new", "changed", "gone"]


@dataclass(frozen=True)
class Thing:
    """One object in a store, or one of your variables.

    id: the object's id (your own plain tensors have none: their name). name: what your code calls it.
    values: its numbers, flat, if they are few. targets: (worker, id) of what a pointer points to.
    parts: number of tensors of a model. numbers: how many numbers a tensor or a model has. note: a few
    words. A thing of kind "more" is an object that nobody looked at, or several of them (`numbers` says how many).
    digest: any int that differs when the values do, so that a change of a large tensor shows.
    """

    id: Key
    kind: Kind
    name: str = ""
    shape: tuple[int, ...] = ()
    dtype: str = ""
    values: tuple[float | int | bool, ...] | None = None
    targets: tuple[Address, ...] = ()
    parts: int = 0
    numbers: int = 0
    note: str = ""
    digest: int = 0


@dataclass(frozen=True)
class Room:
    """A worker's name and what it holds, in order."""

    name: str
    things: tuple[Thing, ...] = ()


@dataclass(frozen=True)
class Slot:
    """One place in a room: what is there before, and after."""

    before: Thing | None
    after: Thing | None

    @property
    def thing(self) -> Thing:
        """What to measure and to speak of: the thing after, or what was there."""
        thing = self.after or self.before
        assert thing is not None
        return thing

    @property
    def status(self) -> Status:
        if self.before == self.after:
            return "same"
        if self.before is None:
            return "new"
        return "gone" if self.after is None else "changed"

    def targets(self) -> tuple[Address, ...]:
        """Where it points, before and after."""
        return tuple(
            dict.fromkeys(target for thing in (self.before, self.after) if thing for target in thing.targets)
        )


@dataclass(frozen=True)
class Bay:
    """A room in both moments, or the room that stands for a crowd."""

    name: str
    slots: tuple[Slot, ...] = ()
    crowd: bool = False

    @property
    def touched(self) -> bool:
        return any(slot.status != "same" for slot in self.slots)


def address(bay: Bay, slot: Slot) -> Address:
    return bay.name, slot.thing.id


# -- two moments in one ------------------------------------------------------------------------------------


def pair(before: Sequence[Room], after: Sequence[Room]) -> list[Bay]:
    """Both moments, object by object, you first. For a single moment give it twice."""
    names = dict.fromkeys([YOU, *(room.name for room in (*before, *after))])
    old, new = _by_name(before), _by_name(after)
    bays = [Bay(name, _slots(old.get(name, {}), new.get(name, {}))) for name in names]
    return _with_missing([bay for bay in bays if bay.slots or bay.name != YOU])


def _by_name(rooms: Iterable[Room]) -> dict[str, dict[Key, Thing]]:
    return {room.name: {thing.id: thing for thing in room.things} for room in rooms}


def _slots(before: dict[Key, Thing], after: dict[Key, Thing]) -> tuple[Slot, ...]:
    return tuple(_slot(before.get(id), after.get(id)) for id in dict.fromkeys([*before, *after]))


def _slot(before: Thing | None, after: Thing | None) -> Slot:
    """A slot. What nobody looked at before is taken to be what is there after."""
    unseen = before is not None and before.kind == "more" and after is not None
    return Slot(after if unseen else before, after)


def _with_missing(bays: list[Bay]) -> list[Bay]:
    """A pointer to an object that is gone points to an empty place; draw that place."""
    known = {address(bay, slot) for bay in bays for slot in bay.slots}
    wanted = [
        target for bay in bays for slot in bay.slots for target in slot.targets() if target not in known
    ]
    rooms = {bay.name: bay.slots for bay in bays}
    for name, id in dict.fromkeys(wanted):
        empty = Thing(id, "missing")
        rooms[name] = (*rooms.get(name, ()), Slot(empty, empty))
    return [Bay(name, slots) for name, slots in rooms.items()]


# -- what a few names reach --------------------------------------------------------------------------------


def focus(bays: Sequence[Bay], names: Collection[str]) -> list[Bay]:
    """Your variables, the rooms of the workers named, and what is reached or touched; the rest is counted.

    Without names: everything.
    """
    if not names:
        return list(bays)
    shown = {YOU, *names}
    reached = _reached(bays, shown)
    rooms = {*shown, *(name for name, _ in reached), *(bay.name for bay in bays if bay.touched)}
    return [bay if bay.name in shown else _focused(bay, reached) for bay in bays if bay.name in rooms]


def _reached(bays: Iterable[Bay], shown: Collection[str]) -> set[Address]:
    """All that is pointed to, directly or not, from rooms that are shown whole and by what was touched."""
    slots = {address(bay, slot): slot for bay in bays for slot in bay.slots}
    starts = [slot for (name, _), slot in slots.items() if name in shown or slot.status != "same"]
    new = {target for slot in starts for target in slot.targets()}
    reached: set[Address] = set()
    while new:
        reached |= new
        new = {target for place in new for target in slots[place].targets()} - reached
    return reached


def _focused(bay: Bay, reached: Collection[Address]) -> Bay:
    rest = [slot for slot in bay.slots if slot.status == "same" and address(bay, slot) not in reached]
    kept = tuple(slot for slot in bay.slots if slot not in rest)
    others = counted(len(rest), "more object")
    return Bay(bay.name, (*kept, Slot(others, others)) if rest else kept)


# -- a crowd becomes a few ---------------------------------------------------------------------------------


def fold(bays: Sequence[Bay]) -> list[Bay]:
    """At most MOST_ROOMS rooms beside yours and MOST_THINGS things in each; the rest is counted."""
    kept, crowd = _split(bays)
    moved: dict[Address, Address] = {}
    if crowd:
        kept.append(_crowd(crowd, moved))
    shown = {bay.name for bay in kept}
    return _redirected([_fewer(bay, shown, moved) for bay in kept], moved)


def _split(bays: Sequence[Bay]) -> tuple[list[Bay], list[Bay]]:
    """The bays to draw and the crowd: a room that was touched counts most, then one that arrows reach."""
    others = [bay for bay in bays if bay.name != YOU]
    if len(others) <= MOST_ROOMS:
        return list(bays), []
    pointed = {worker for bay in bays for slot in bay.slots for worker, _ in slot.targets()}
    ranked = sorted(others, key=lambda bay: (not bay.touched, bay.name not in pointed, not bay.slots))
    names = {YOU, *(bay.name for bay in ranked[: MOST_ROOMS - 1])}
    return [bay for bay in bays if bay.name in names], [bay for bay in bays if bay.name not in names]


def _crowd(crowd: Sequence[Bay], moved: dict[Address, Address]) -> Bay:
    name = f"{len(crowd):,} more workers"
    moved.update({address(bay, slot): (name, "more") for bay in crowd for slot in bay.slots})
    slots = [slot for bay in crowd for slot in bay.slots]
    return Bay(name, (_rest(slots, "object"),) if slots else (), crowd=True)


def _fewer(bay: Bay, shown: set[str], moved: dict[Address, Address]) -> Bay:
    if len(bay.slots) <= MOST_THINGS:
        return bay

    def far(slot: Slot) -> bool:
        return bool(slot.targets()) and not any(worker in shown for worker, _ in slot.targets())

    near = [slot for slot in bay.slots if not far(slot)] or bay.slots
    first = sorted(near, key=lambda slot: slot.status == "same")[: MOST_THINGS - 1]
    keys = {slot.thing.id for slot in first}
    rest = [slot for slot in bay.slots if slot.thing.id not in keys]
    moved.update({address(bay, slot): (bay.name, "more") for slot in rest})
    few = [slot for slot in bay.slots if slot.thing.id in keys]
    return Bay(bay.name, (*few, _rest(rest, "more object")), bay.crowd)


def _rest(slots: Sequence[Slot], noun: str) -> Slot:
    """One slot that stands for many."""
    return Slot(_sum([slot.before for slot in slots], noun), _sum([slot.after for slot in slots], noun))


def _sum(things: Sequence[Thing | None], noun: str) -> Thing | None:
    present = [thing for thing in things if thing]
    if not present:
        return None
    targets = tuple(dict.fromkeys(target for thing in present for target in thing.targets))
    if all(thing.kind == "pointer" for thing in present):
        return Thing("more", "pointer", f"{len(present):,} more", targets=targets)
    number = sum(thing.numbers if thing.id == OTHERS else 1 for thing in present)
    return Thing("more", "more", count(number, noun), targets=targets)


def counted(number: int, noun: str) -> Thing:
    """One thing that stands for several which the figure is not about."""
    return Thing(OTHERS, "more", count(number, noun), numbers=number)


def count(number: int, noun: str) -> str:
    """`1 message`, `648 messages`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _redirected(bays: Sequence[Bay], moved: dict[Address, Address]) -> list[Bay]:
    """Pointers to what was folded away point to what stands for it."""

    def turn(thing: Thing | None) -> Thing | None:
        if thing is None or not thing.targets:
            return thing
        return replace(
            thing, targets=tuple(dict.fromkeys(moved.get(target, target) for target in thing.targets))
        )

    return [
        replace(bay, slots=tuple(Slot(turn(slot.before), turn(slot.after)) for slot in bay.slots))
        for bay in bays
    ]
