"""What crosses between the judge and the seat, and how a thing stays one thing on both sides.

The answer is called with tensors, pointers, models, functions: live things, which it may change. So a thing gets a key
when it first crosses, and is there under that key from then on; whenever one side hands over to the other, it tells
what has changed of the things that both know. A pointer crosses as the place and the id that it is for: what it
points to stays with the judge. A function stays where it is, too, and is called from afar.

What comes from a seat is a stranger's. Each form (form.py) reads plain data and makes one thing of a known kind of it;
nothing is unpickled, imported or evaluated, and what no form takes crosses as a description (`Other`).
"""

from __future__ import annotations

import dataclasses
import weakref
from collections.abc import Callable
from typing import Any

import torch

from course.codec import DTYPES
from course.errors import CourseError
from course.learn.plain import Other, observe
from course.plans import PointerPlan
from course.pointers import make_pointer
from course.seat.containers import Dict, List, Table
from course.seat.form import Form, Node, ref_of
from course.seat.from_afar import REQUESTS, Function, Holding, Roles, is_request
from course.seat.models import Module, Optimizer
from course.seat.tensors import MEMORY, Many, Tensor
from course.seat.wire import Garbled, dumps
from course.virtual_worker import VirtualWorker

__all__ = ["Crossing", "READING", "is_request"]

# what reading may raise where a stranger has written
READING = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, RuntimeError, MemoryError, CourseError)
Invoke = Callable[[int, str, list[Any], dict[str, Any]], Any]


class Crossing:
    """The things that both sides know, while a call lasts.

    judges: whether this is the judge's side. There pointers own what they point to; those at the seat of things that
    the judge knows do not. `invoke` calls, on the other side, what has this key there.
    """

    def __init__(self, network: Any, judges: bool, invoke: Invoke) -> None:
        self.network, self.judges, self.invoke = network, judges, invoke
        self.next = 0 if judges else 1
        self.copying = False
        self.things: dict[int, Any] = {}
        self.fleeting: dict[int, weakref.ref[Any]] = {}  # at the seat, what may die before the call ends
        self.forms: dict[int, Form] = {}
        self.keys: dict[Any, int] = {}  # id of a thing, or where a memory is -> key
        self.told: dict[int, bytes] = {}  # how each thing was when both sides last agreed

    # ---- whole frames ----------------------------------------------------------------------------------------------

    def changes(self) -> Node:
        """What is different of the things that both know, since they last agreed."""
        found = []
        for key in list(self.forms):
            thing = self._living(key)
            if thing is None:
                continue
            state = self.forms[key].state(self, thing)
            text = dumps(settled(state))
            if text != self.told[key]:
                self.told[key] = text
                found.append([key, state])
        return found

    def apply(self, changes: Node) -> None:
        """Make it so here."""
        for key, state in changes:
            self.forms[key].become(self, self.thing(key), state)
        for key, _ in changes:
            self._agree(key)

    def thing(self, key: Any) -> Any:
        """What has this key. Garbled if nothing has."""
        found = self._living(key)
        if found is None:
            raise Garbled(f"there is nothing with the key {key!r:.20}")
        return found

    def _living(self, key: int) -> Any:
        fleeting = self.fleeting.get(key)
        return self.things.get(key) if fleeting is None else fleeting()

    def forgotten(self) -> list[int]:
        """At the seat: what has come to an end since the judge was last told."""
        gone = [key for key, fleeting in self.fleeting.items() if fleeting() is None]
        self.forget(gone)
        return gone

    def forget(self, keys: Any) -> None:
        """These things have come to an end at the seat: the judge need not keep them for it."""
        gone = set(keys)
        if gone:
            self.keys = {mark: key for mark, key in self.keys.items() if key not in gone}
        for key in gone:
            for table in (self.things, self.fleeting, self.forms, self.told):
                table.pop(key, None)

    def _agree(self, key: int) -> None:
        self.told[key] = dumps(settled(self.forms[key].state(self, self.thing(key))))

    # ---- one value -------------------------------------------------------------------------------------------------

    def pack_copies(self, values: Any) -> Node:
        """The same for what goes into a function, or comes out of it: lists and numbers that are new are copies.

        There may be thousands of them, and nobody changes them afterwards.
        """
        self.copying = True
        try:
            return [self.pack(value) for value in values]
        finally:
            self.copying = False

    def pack(self, value: Any) -> Node:
        """The value as plain data; what can change, under a key."""
        kind = type(value)
        if value is None or kind in (bool, int, str):
            return value
        if kind in PLAIN:
            return PLAIN[kind](self, value)
        form = form_of(value)
        if form is not None:
            return self._keyed(form, value)
        return self._plainer(value)

    def _plainer(self, value: Any) -> Node:
        """What no form takes: as what it is a kind of, or as a description."""
        kinds: tuple[Any, ...] = (bool, int, float, str, tuple, frozenset, set)
        for plain in kinds:
            if isinstance(value, plain):
                return self.pack(plain(value))
        if isinstance(value, VirtualWorker):
            return ["worker", str(value.id)]
        if is_request(value):
            fields = [getattr(value, field.name) for field in dataclasses.fields(value)]
            return ["request", type(value).__name__, *map(self.pack, fields)]
        if isinstance(value, PointerPlan):
            sent = [["sent", str(one.location.id), one.ref] for one in value.sent]
            return sent[0] if len(sent) == 1 else ["tuple", *sent]
        if type(value) is Other:
            return ["other", value.type, value.text]
        if type(value).__module__ == "numpy" and hasattr(value, "item") and not hasattr(value, "__len__"):
            return self.pack(value.item())  # one of NumPy's numbers; an array of one is an array
        seen = observe(value)
        return ["other", seen.type, seen.text] if isinstance(seen, Other) else self.pack(seen)

    def _keyed(self, form: Form, value: Any) -> Node:
        mark = form.mark(value)
        key = self.keys.get(mark)
        if key is not None and (key not in self.fleeting or self.fleeting[key]() is value):
            return ["at", key]
        if self.copying and form.copies(value):
            return ["copy", form.name, form.state(self, value)]
        copying, self.copying = self.copying, False
        try:
            return self._new(form, value)
        finally:
            self.copying = copying

    def _new(self, form: Form, value: Any) -> Node:
        key, self.next = self.next, self.next + 2
        self._enter(key, form, value)
        state = form.state(self, value)
        self.told[key] = dumps(settled(state))
        return ["new", key, form.name, state]

    def _enter(self, key: int, form: Form, value: Any) -> None:
        self.forms[key] = form
        if form.dies and not self.judges:
            self.fleeting[key] = weakref.ref(value)
        else:
            self.things[key] = value
        self.keys[form.mark(value)] = key
        self.told.setdefault(key, b"")

    def unpack(self, node: Node) -> Any:
        """The value that the other side packed. Garbled for what no other side writes."""
        if not isinstance(node, list):
            return node
        try:
            kind, *parts = node
            if kind == "at":
                return self.thing(parts[0])
            if kind == "copy":
                return self._copied(*parts)
            return self._made(*parts) if kind == "new" else READ[kind](self, *parts)
        except Garbled:
            raise
        except READING as error:
            raise Garbled(f"{type(error).__name__}: {error}") from error

    def _copied(self, name: str, state: Node) -> Any:
        form = FORMS[name]
        value = form.make(self, -1, state)
        form.become(self, value, state)
        return value

    def _made(self, key: int, name: str, state: Node) -> Any:
        if type(key) is not int or key in self.forms or key % 2 != self.judges:  # the judge's are even
            raise Garbled("a key that is taken")
        form = FORMS[name]
        value = form.make(self, key, state)
        if type(value) is Other:  # of a kind that is not known here: described, and never changed
            return value
        self._enter(key, form, value)
        form.become(self, value, state)
        self._agree(key)
        return value


def settled(state: Node) -> Node:
    """A state in which what was new is known."""
    if not isinstance(state, list):
        return state
    is_new = len(state) == 4 and state[0] == "new" and type(state[1]) is int
    return ["at", state[1]] if is_new else [settled(part) for part in state]


# ---- what has no key -------------------------------------------------------------------------------------------------

PLAIN: dict[type, Callable[[Crossing, Any], Node]] = {
    float: lambda crossing, value: ["float", value.hex()],
    complex: lambda crossing, value: ["complex", value.real.hex(), value.imag.hex()],
    bytes: lambda crossing, value: ["bytes", value],
    tuple: lambda crossing, value: ["tuple", *map(crossing.pack, value)],
    torch.Size: lambda crossing, value: ["size", *value],
    set: lambda crossing, value: ["set", *map(crossing.pack, value)],
    frozenset: lambda crossing, value: ["set", *map(crossing.pack, value)],
    range: lambda crossing, value: ["range", value.start, value.stop, value.step],
    torch.dtype: lambda crossing, value: ["dtype", str(value)[6:]],
    torch.device: lambda crossing, value: ["device", str(value)],
    type(...): lambda crossing, value: ["..."],
}

READ: dict[str, Callable[..., Any]] = {
    "float": lambda crossing, text: float.fromhex(text),
    "complex": lambda crossing, real, imag: complex(float.fromhex(real), float.fromhex(imag)),
    "bytes": lambda crossing, value: bytes(memoryview(value)),
    "tuple": lambda crossing, *parts: tuple(map(crossing.unpack, parts)),
    "size": lambda crossing, *sizes: torch.Size(map(int, sizes)),
    "set": lambda crossing, *parts: set(map(crossing.unpack, parts)),
    "range": lambda crossing, start, stop, step: range(start, stop, step),
    "dtype": lambda crossing, name: DTYPES[name],
    "device": lambda crossing, name: torch.device("meta" if name == "meta" else "cpu"),
    "...": lambda crossing: ...,
    "worker": lambda crossing, name: crossing.network.handle(name),
    "request": lambda crossing, name, *fields: REQUESTS[name](*map(crossing.unpack, fields)),
    "other": lambda crossing, kind, text: Other(str(kind)[:100], str(text)[:400]),
    "sent": lambda crossing, place, ref: make_pointer(
        crossing.network.me, crossing.network.handle(place), ref_of(ref), None, False, owns=False
    ),
}


FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        Tensor(), Many(), List(), Dict(), MEMORY, Module(), Optimizer(), Roles(), Holding(), Table(), Function(),
    )
}  # fmt: skip


def form_of(value: Any) -> Form | None:
    """The form that takes it."""
    return next((form for form in FORMS.values() if form.takes(value)), None)
