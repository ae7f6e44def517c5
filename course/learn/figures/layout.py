"""Who holds what, laid out: where the rooms stand, where things lie in them, and how arrows run.

You are the first column; a worker stands one column to the right of whoever points to it: chains read from
left to right. Things are laid from the last column to the first, each at the height of what it points to, so
that most arrows are straight. An arrow over more than one column takes a lane that no room in between covers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from course.learn.figures.looks import Look, look
from course.learn.figures.moments import YOU, Address, Bay, Slot, Thing
from course.learn.figures.svg import shorten, text_width
from course.learn.figures.words import caption, who

__all__ = ["EMPTY", "Item", "NARROW", "Plan", "Route", "Space", "YOURS", "fitted", "route"]

PAD = 14  # between a room's wall and its things
HEADER = 36  # from a room's upper wall to its first thing
STEP = 16  # between things
CAPTION = 17
GAPS = (72, 46)  # between columns, where arrows bend: roomy, or narrow
BETWEEN = 12  # between rooms of one column
GUTTER = 22  # right of the last column, for arrows between rooms of one column
MOST_COLUMNS = 5
EMPTY, YOURS = "empty", "no pointers"  # what stands in a room without things; in yours, which has pointers only
NARROW = 70  # pixels for the name of a room or a caption, at least
LIMITS = (300, 250, 205, 170, 140, 115, 95, 78, 62, 48)


@dataclass
class Item:
    """A slot with its looks before and after; (x, y) is its upper left corner."""

    slot: Slot
    before: Look | None
    after: Look | None
    caption: str = ""
    x: float = 0
    y: float = 0

    @property
    def looks(self) -> list[Look]:
        return [look for look in (self.after, self.before) if look]

    @property
    def width(self) -> float:
        return max(look.width for look in self.looks)

    @property
    def height(self) -> float:
        return max(look.height for look in self.looks)

    def drawn(self, before: bool) -> Look:
        """The look in this moment; where the thing is not there, that of the other one."""
        return (self.before if before else self.after) or self.looks[0]

    def left(self, before: bool) -> float:
        """Where the box begins, right of a label."""
        return self.x + self.drawn(before).indent

    def right(self, before: bool) -> float:
        return self.x + self.drawn(before).width

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height + (CAPTION if self.caption else 0)


@dataclass
class Space:
    """A room on the page."""

    name: str
    title: str
    column: int
    items: list[Item]
    crowd: bool = False
    x: float = 0
    y: float = 0
    width: float = 0
    bottom: float = 0


@dataclass
class Plan:
    """All rooms on the page, and where each thing is."""

    spaces: list[Space]
    width: float = 0
    height: float = 0
    found: dict[Address, tuple[Space, Item]] = field(default_factory=dict)

    def column(self, number: int) -> list[Space]:
        return [space for space in self.spaces if space.column == number]


@dataclass(frozen=True)
class Route:
    """An arrow: the steps of its path, its tip, and its lowest point."""

    steps: list[str | float]
    x: float
    y: float
    direction: int
    low: float


# -- the plan ----------------------------------------------------------------------------------------------


def fitted(bays: Sequence[Bay], width: float) -> Plan:
    """The widest plan of at most `width` pixels (or the narrowest there is)."""
    for limit, gap in product(LIMITS, GAPS):
        plan = _plan(bays, limit, gap)
        if plan.width <= width:
            break
    return plan


def _plan(bays: Sequence[Bay], limit: float, gap: float) -> Plan:
    levels = _levels(bays)
    plan = Plan([_space(bay, levels[bay.name], limit, bays) for bay in bays])
    for space in plan.spaces:
        plan.found.update({(space.name, item.slot.thing.id): (space, item) for item in space.items})
    _widths(plan, gap)
    for number in reversed(range(1 + max(levels.values(), default=0))):
        _stack(plan, number)
    plan.height = max((space.bottom for space in plan.spaces), default=0)
    _stretch(plan)
    return plan


def _levels(bays: Sequence[Bay]) -> dict[str, int]:
    """The column of each room: one more than that of the furthest room that points to it; a circle is cut."""
    sources: dict[str, list[str]] = {bay.name: [] for bay in bays}
    for bay in bays:
        for worker in dict.fromkeys(worker for slot in bay.slots for worker, _ in slot.targets()):
            if worker != bay.name:
                sources[worker].append(bay.name)
    levels: dict[str, int] = {YOU: 0}

    def level(name: str, path: frozenset[str]) -> int:
        if name not in levels:
            open_ = [source for source in sources[name] if source not in path and source != name]
            deepest = max((level(source, path | {name}) for source in open_), default=0)
            levels[name] = min(deepest + 1, MOST_COLUMNS - 1)
        return levels[name]

    return {bay.name: level(bay.name, frozenset()) for bay in bays}


def _space(bay: Bay, column: int, limit: float, bays: Sequence[Bay]) -> Space:
    pointed = {target for other in bays for slot in other.slots for target in slot.targets()}
    items = [
        Item(
            slot,
            _look(slot.before, limit),
            _look(slot.after, limit),
            shorten(caption(bay.name, slot, pointed), max(limit, NARROW), "small"),
        )
        for slot in bay.slots
    ]
    return Space(bay.name, shorten(who(bay.name), max(limit, NARROW), "who"), column, items, bay.crowd)


def _look(thing: Thing | None, limit: float) -> Look | None:
    return look(thing, limit) if thing else None


def _widths(plan: Plan, gap: float) -> None:
    x, last = 0.0, 1 + max((space.column for space in plan.spaces), default=0)
    for number in range(last):
        spaces = plan.column(number)
        width = max((_inner(space, gap) for space in spaces), default=0) + 2 * PAD
        for space in spaces:
            space.x, space.width = x, width
            for item in space.items:
                item.x = x + PAD
        x += width + gap if spaces else 0
    plan.width = max(x - gap, 0) + (GUTTER if _beside(plan, last - 1) else 0)


def _inner(space: Space, gap: float) -> float:
    """The width that a room needs for its name and its things, or for what stands there without any."""
    without = YOURS if gap == GAPS[0] else EMPTY  # where it is narrow, your room says the shorter word
    things = [max(item.width, text_width(item.caption, "small")) for item in space.items]
    return max([text_width(space.title, "who"), text_width(without, "small"), *things])


def _beside(plan: Plan, number: int) -> bool:
    """Does a room of this column point to another (or itself)?"""
    targets = [
        target for space in plan.column(number) for item in space.items for target in item.slot.targets()
    ]
    return any(plan.found[target][0].column == number for target in targets)


# -- heights -----------------------------------------------------------------------------------------------


def _stack(plan: Plan, number: int) -> None:
    """Place the rooms of a column below each other, each thing as near as can be to what it points to."""
    top = 0.0
    wishes = {id(item): _wish(plan, number, item) for space in plan.column(number) for item in space.items}
    for space in sorted(plan.column(number), key=lambda space: _first(space, wishes)):
        first = _first(space, wishes)
        space.y = max(top, 0 if first == float("inf") or number == 0 else first - HEADER - 14)
        _fill(plan, space, wishes)
        top = space.bottom + BETWEEN


def _first(space: Space, wishes: Mapping[int, float]) -> float:
    return min((wishes[id(item)] for item in space.items), default=float("inf"))


def _fill(plan: Plan, space: Space, wishes: Mapping[int, float]) -> None:
    """Place the things of one room by their wishes, then those that chains reach, then the rest.

    A pointer over more than one column comes after the others: its arrow passes below the rooms in between.
    """

    def rank(item: Item) -> tuple[bool, float, int]:
        far = any(plan.found[target][0].column > space.column + 1 for target in item.slot.targets())
        return far, wishes[id(item)], -_source(plan, space, item)

    y = space.y + HEADER
    for item in sorted(space.items, key=rank):
        wish = wishes[id(item)]
        item.y = max(y, wish - item.height / 2) if wish != float("inf") else y
        y = item.bottom + STEP
    space.bottom = y - STEP + PAD if space.items else space.y + HEADER + 24


def _wish(plan: Plan, number: int, item: Item) -> float:
    """The mean height of what it points to further right; infinite if that is nothing."""
    targets = [plan.found[target] for target in item.slot.targets()]
    middles = [target.middle for space, target in targets if space.column > number]
    return sum(middles) / len(middles) if middles else float("inf")


def _source(plan: Plan, space: Space, item: Item) -> int:
    """The last column before this one that points to the item; -1 if none does."""
    goal = (space.name, item.slot.thing.id)
    columns = [
        other.column
        for other in plan.spaces
        if other.column < space.column and any(goal in held.slot.targets() for held in other.items)
    ]
    return max(columns, default=-1)


def _stretch(plan: Plan) -> None:
    """Rooms alone in their column reach down to the ground, unless an arrow must pass below them."""
    last = max((space.column for space in plan.spaces), default=0)
    passes = any(
        plan.found[target][0].column > space.column + 1
        for space in plan.spaces
        for item in space.items
        for target in item.slot.targets()
    )
    for space in plan.spaces:
        if len(plan.column(space.column)) == 1 and (space.column in (0, last) or not passes):
            space.bottom = plan.height
            space.y = 0


# -- arrows -----------------------------------------------------------------------------------------------


def route(
    plan: Plan, source: tuple[Space, Item], target: tuple[Space, Item], taken: list[float], before: bool
) -> Route:
    """How an arrow runs from a pointer to what it points to. `taken`: lanes of arrows before it; grows."""
    (space, item), (goal, end) = source, target
    if space.column == goal.column:
        return _around(space, item, end, taken, before)
    direction = 1 if goal.column > space.column else -1
    tip = end.left(before) if direction > 0 else end.right(before)
    start = item.right(before) if direction > 0 else item.left(before)
    x, y = _wall(space, direction), item.middle
    steps: list[str | float] = ["M", start, y, "H", x]
    between = _between(plan, space.column, goal.column)
    if between:
        wanted = [other.middle for other in goal.items if other is not end]
        height = _free(between, (end.middle, y), [*taken, *wanted])
        taken.append(height)
        near = min(direction * _wall(other, -direction) for other in between) * direction
        far = max(direction * _wall(other, direction) for other in between) * direction
        steps += [*_bend(x, y, near, height), "H", far]
        x, y = far, height
    steps += [*_bend(x, y, _wall(goal, -direction), end.middle), "H", tip - 8 * direction]
    return Route(steps, tip, end.middle, direction, y)


def _wall(space: Space, direction: int) -> float:
    """The right wall of a room, or the left one for direction -1."""
    return space.x + space.width if direction > 0 else space.x


def _between(plan: Plan, one: int, other: int) -> list[Space]:
    return [space for space in plan.spaces if min(one, other) < space.column < max(one, other)]


def _bend(x: float, y: float, to_x: float, to_y: float) -> list[str | float]:
    if abs(y - to_y) < 0.1:
        return ["H", to_x]
    middle = (x + to_x) / 2
    return ["C", middle, y, middle, to_y, to_x, to_y]


def _around(space: Space, item: Item, end: Item, taken: list[float], before: bool) -> Route:
    """Between rooms of one column: out to the right, along the wall, and in again."""
    wall = space.x + space.width
    x = wall + 8 + 4 * (sum(1 for lane in taken if lane == wall) % 4)
    taken.append(wall)
    height = end.middle + (0 if end is not item else 8)
    tip = end.right(before)
    steps: list[str | float] = ["M", item.right(before), item.middle, "H", x, "V", height, "H", tip + 8]
    return Route(steps, tip, height, -1, height)


def _free(between: Sequence[Space], wishes: Iterable[float], taken: Sequence[float]) -> float:
    """A height that no room in between covers and no other arrow needs: one that is wished for, or below."""

    def clear(height: float) -> bool:
        inside = any(space.y - 5 < height < space.bottom + 5 for space in between)
        return not inside and all(abs(height - other) >= 5 for other in taken)

    ground = max(space.bottom for space in between) + 8
    below = (ground + 6 * step for step in range(len(taken) * 2 + 1))
    return next((height for height in (*wishes, *below) if clear(height)), ground)
