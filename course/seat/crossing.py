"""What crosses between the judge and the seat, and how a thing stays one thing on both sides.

The answer is called with tensors, pointers, models, functions: live things, which it may change. So a thing gets a key
when it first crosses, and is there under that key from then on; whenever one side hands over to the other, it tells
what has changed of the things that both know. A pointer crosses as the place and the id that it is for: what it
points to stays with the judge. A function stays where it is, too, and is called from afar.

What comes from a seat is a stranger's. Each form below reads plain data and makes one thing of a known kind of it;
nothing is unpickled, imported or evaluated, and what no form takes crosses as a description (`Other`).
"""

from __future__ import annotations

import ctypes
import dataclasses
import functools
import math
import re
import types
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from course.codec import DTYPES
from course.codec import decode as decode_message
from course.codec import encode as encode_message
from course.learn.plain import Other, observe
from course.many import MultiPointerTensor
from course.messages import Graph, Item, Send
from course.plans import Plan, PointerPlan
from course.pointers import PointerTensor, SpentPointer, become_pointers, make_pointer
from course.pointers.travel import become_tensors
from course.protocols import Protocol
from course.replay import plan_text, program_of
from course.seat.wire import Garbled, dumps
from course.smpc import authenticated, bits, comparison, products, truncation
from course.smpc import dealer as dealing
from course.smpc.fixed_precision import Precision
from course.smpc.parties import Parties
from course.smpc.shared import Held, Holders, SharedTensor
from course.smpc.sharing import become as become_others
from course.stand_ins import StandIn
from course.virtual_worker import VirtualWorker

__all__ = ["Crossing"]

Node = Any  # None, bool, int, str, or a list that begins with the name of a kind
Invoke = Callable[[int, str, list[Any], dict[str, Any]], Any]

OWN_OF_MODULES = frozenset(nn.Module().__dict__)
CALLABLES = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, functools.partial)
NAME = re.compile(r"[^\W\d]\w{0,60}")  # of a class
KEPT = re.compile(r"\w{1,60}")  # of what a model keeps: a plan counts its state, "0", "1"


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
                table.pop(key, None)  # type: ignore[attr-defined]

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
        for plain in (bool, int, float, str, tuple, frozenset, set):
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
        except (LookupError, TypeError, ValueError, ArithmeticError, RuntimeError, AttributeError) as error:
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
        self._enter(key, form, value)
        form.become(self, value, state)
        self._agree(key)
        return value


def settled(state: Node) -> Node:
    """A state in which what was new is known."""
    if not isinstance(state, list):
        return state
    return ["at", state[1]] if state[:1] == ["new"] else [settled(part) for part in state]


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
    "bytes": lambda crossing, value: bytes(value),
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


def ref_of(node: Node) -> Any:
    """The id of an object, or of a part of one: [5, "grad"]."""
    if type(node) is int:
        return node
    id, *parts = node
    if type(id) is not int or not all(part in ("grad", "data") for part in parts):
        raise Garbled("no id")
    return (id, *parts)


# ---- what has a key: one form for each kind ----------------------------------------------------------------------------


class Form:
    """How one kind of thing crosses: `state` is plain data, `make` begins the thing, `become` gives it a state."""

    name: str
    dies = False  # whether workers hold something for it, which its end at the seat sets free

    def takes(self, value: Any) -> bool:
        raise NotImplementedError

    def mark(self, value: Any) -> Any:
        """What tells it from others."""
        return id(value)

    def copies(self, value: Any) -> bool:
        """Whether a copy will do, where nobody changes it."""
        return False

    def state(self, crossing: Crossing, value: Any) -> Node:
        raise NotImplementedError

    def make(self, crossing: Crossing, key: int, state: Node) -> Any:
        raise NotImplementedError

    def become(self, crossing: Crossing, value: Any, state: Node) -> None:
        """By default nothing of it can change."""


class List(Form):
    name = "list"

    def takes(self, value: Any) -> bool:
        return isinstance(value, list)

    def copies(self, value: Any) -> bool:
        return True

    def state(self, crossing: Crossing, value: Any) -> Node:
        return [crossing.pack(part) for part in value]

    def make(self, crossing: Crossing, key: int, state: Node) -> Any:
        return []

    def become(self, crossing: Crossing, value: Any, state: Node) -> None:
        value[:] = map(crossing.unpack, state)


class Dict(Form):
    name = "dict"

    def takes(self, value: Any) -> bool:
        return isinstance(value, dict)

    def copies(self, value: Any) -> bool:
        return True

    def state(self, crossing: Crossing, value: Any) -> Node:
        return [[crossing.pack(key), crossing.pack(part)] for key, part in value.items()]

    def make(self, crossing: Crossing, key: int, state: Node) -> Any:
        return {}

    def become(self, crossing: Crossing, value: Any, state: Node) -> None:
        found = [(crossing.unpack(key), crossing.unpack(part)) for key, part in state]
        value.clear()
        value.update(found)


class Memory(Form):
    """What tensors lie in: two that share it here share it there."""

    name = "memory"

    def takes(self, value: Any) -> bool:
        return isinstance(value, torch.UntypedStorage)

    def mark(self, value: Any) -> Any:
        return ("memory", value.data_ptr()) if value.nbytes() else id(value)

    def copies(self, value: Any) -> bool:
        return True

    def state(self, crossing: Crossing, value: Any) -> Node:
        return [ctypes.string_at(value.data_ptr(), value.nbytes()) if value.nbytes() else b""]

    def make(self, crossing: Crossing, key: int, state: Node) -> Any:
        return torch.UntypedStorage(len(state[0]))

    def become(self, crossing: Crossing, value: Any, state: Node) -> None:
        (numbers,) = state
        if len(numbers) != value.nbytes():
            value.resize_(len(numbers))
        if numbers:
            ctypes.memmove(value.data_ptr(), bytes(numbers), len(numbers))


class Tensor(Form):
    """A tensor with its numbers ("here"), a pointer to one ("away"), one that is spent, one that workers share."""

    name = "tensor"
    dies = True

    def takes(self, value: Any) -> bool:
        if not isinstance(value, torch.Tensor) or isinstance(value, MultiPointerTensor):
            return False
        if isinstance(value, PointerTensor | SharedTensor):
            return True
        own = type(value) in (torch.Tensor, nn.Parameter)
        return own and value.layout is torch.strided and value.device.type == "cpu" and not value.is_quantized

    def copies(self, value: Any) -> bool:
        return type(value) is torch.Tensor and not value.requires_grad and value.grad is None

    def state(self, crossing: Crossing, value: Any) -> Node:
        if isinstance(value, SpentPointer):
            return ["spent", str(value.location.id), listed(value.ref), value.__dict__.get("id")]
        if isinstance(value, PointerTensor):
            return self._away(crossing, value)
        if isinstance(value, SharedTensor):
            return self._shared(crossing, value)
        value = value if not (value.is_conj() or value.is_neg()) else value.resolve_conj().resolve_neg()
        graph = value.requires_grad and not value.is_leaf
        return [
            "here", crossing.pack(value.untyped_storage()), str(value.dtype)[6:], list(value.shape),
            list(value.stride()), value.storage_offset(), value.requires_grad,
            None if graph else crossing.pack(value.grad), isinstance(value, nn.Parameter), graph,
        ]  # fmt: skip

    def _shared(self, crossing: Crossing, value: Any) -> Node:
        graph, held = value.requires_grad and not value.is_leaf, value.held
        ids, owns = None, False
        if held is not None:
            holders = held.holders
            dealer = None if holders.dealer is None else str(holders.dealer.id)
            ids = [list(holders.names), dealer, holders.protocol, list(held.ids)]
            if not crossing.judges:
                owns = held.__dict__.get("is_the_judges", False) or held.owns
                held.is_the_judges, held.owns = owns, False
        precision = None if value.precision is None else list(value.precision)
        bound = None if value.bound is None else float(value.bound).hex()
        return [
            "shared", ids, owns, list(value.shape), str(value.dtype)[6:], precision, value.requires_grad,
            None if graph else crossing.pack(value.grad), isinstance(value, nn.Parameter), graph, bound,
        ]  # fmt: skip

    def _away(self, crossing: Crossing, value: Any) -> Node:
        owns = False
        if not crossing.judges and type(value.ref) is int:
            owns = value.__dict__.get("is_the_judges", False) or value.garbage_collect_data
            value.is_the_judges, value.garbage_collect_data = owns, False
        parent = crossing.pack(value.__dict__.get("parent"))
        place, ref, own_id = str(value.location.id), listed(value.ref), value.__dict__.get("id")
        return ["away", place, ref, owns, isinstance(value, nn.Parameter), parent, own_id]

    def make(self, crossing: Crossing, key: int, state: Node) -> Any:
        if state[0] in ("here", "shared"):
            made = self._values(crossing, state)
            requires_grad, _, is_parameter, graph = state[6:10]
            if graph:
                return Elsewhere.apply(torch.zeros((), requires_grad=True), crossing, key, made)
            return nn.Parameter(made, bool(requires_grad)) if is_parameter else made.requires_grad_(bool(requires_grad))
        if state[0] == "spent":
            _, place, ref, own_id = state
            pointer = self._pointer(crossing, place, ref, own_id, False)
            pointer.__class__ = SpentPointer
            return pointer
        _, place, ref, owns, is_parameter, _, own_id = state
        if not is_parameter:
            return self._pointer(crossing, place, ref, own_id, owns and crossing.judges)
        twin = nn.Parameter(torch.empty(0))
        become_pointers([twin], crossing.network.handle(place), [ref_of(ref)], None)
        twin.garbage_collect_data = bool(owns and crossing.judges)  # type: ignore[attr-defined]
        return twin

    def _pointer(self, crossing: Crossing, place: str, ref: Node, own_id: Any, owns: bool) -> Any:
        network = crossing.network
        number = own_id if type(own_id) is int else None
        return make_pointer(network.me, network.handle(place), ref_of(ref), number, False, owns)

    def _values(self, crossing: Crossing, state: Node) -> torch.Tensor:
        """The numbers that are here, or the shares of those that are shared."""
        if state[0] == "here":
            return self._tensor(crossing, state)
        _, ids, owns, shape, dtype, precision, *_, bound = state
        fixed = None if precision is None else Precision(*map(int, precision)).check()
        made = SharedTensor.of(held(crossing, ids, owns), list(map(int, shape)), DTYPES[dtype], fixed)  # type: ignore[arg-type]
        made.bound = None if bound is None else float.fromhex(bound)
        return made

    def _tensor(self, crossing: Crossing, state: Node) -> torch.Tensor:
        _, memory, dtype, shape, stride, offset = state[:6]
        storage = crossing.unpack(memory)
        sizes, steps = [int(size) for size in shape], [int(step) for step in stride]
        if min([*sizes, *steps, offset], default=0) < 0 or len(sizes) != len(steps) or len(sizes) > 60:
            raise Garbled("no shape")
        last = offset + sum((size - 1) * step for size, step in zip(sizes, steps, strict=True))
        if math.prod(sizes) and (last + 1) * DTYPES[dtype].itemsize > storage.nbytes():
            raise Garbled("a tensor beyond its memory")
        return torch.empty(0, dtype=DTYPES[dtype]).set_(storage, offset, sizes, steps)  # type: ignore[arg-type]

    def become(self, crossing: Crossing, value: Any, state: Node) -> None:
        kind = state[0]
        if isinstance(value, SpentPointer):
            return
        if kind == "spent":
            value.garbage_collect_data, value.__class__ = False, SpentPointer
        elif kind == "away":
            self._become_away(crossing, value, state)
        elif state[9]:
            return  # its graph is on the other side: it is what it was
        elif isinstance(value, PointerTensor):
            become_tensors([value], [self._values(crossing, state).requires_grad_(bool(state[6]))])
        elif isinstance(value, SharedTensor) != (kind == "shared"):
            become_others([value], [self._values(crossing, state).requires_grad_(bool(state[6]))])
        elif kind == "shared":
            self._become_shared(crossing, value, state)
        else:
            self._become_here(crossing, value, state)
        if kind in ("here", "shared") and value.is_leaf:
            gradient = crossing.unpack(state[7])
            if value.requires_grad != bool(state[6]):
                value.requires_grad_(bool(state[6]))
            if value.grad is not gradient:
                value.grad = gradient

    def _become_away(self, crossing: Crossing, value: Any, state: Node) -> None:
        _, place, ref, owns, _, parent, own_id = state
        location, there = crossing.network.handle(place), ref_of(ref)
        owned = bool(owns and crossing.judges)
        if not isinstance(value, PointerTensor):
            become_pointers([value], location, [there], None)
            value.garbage_collect_data = owned
        elif value.ref != there or value.location is not location:
            value.__dict__.update(location=location, ref=there, gradients=None)
            value.garbage_collect_data = owned or (crossing.judges and value.garbage_collect_data)
        if parent is not None:
            value.parent = crossing.unpack(parent)
        if type(own_id) is int:
            value.__dict__["id"] = own_id

    def _become_here(self, crossing: Crossing, value: Any, state: Node) -> None:
        _, memory, _, shape, stride, offset = state[:6]
        own = [["at", crossing.keys.get(FORMS["memory"].mark(value.untyped_storage()))], list(value.stride())]
        if [settled(memory), stride] != own or list(value.shape) != shape or value.storage_offset() != offset:
            value.data = self._tensor(crossing, state)

    def _become_shared(self, crossing: Crossing, value: Any, state: Node) -> None:
        _, ids, owns = state[:3]
        before = value.held
        if ids is None:
            value.held, value.fetched_from = None, ("its holders", "")
            if before is not None:
                before.owns = False
        elif before is None or list(before.ids) != ids[3]:
            value.held = held(crossing, ids, owns or (before is not None and before.owns))
            value.is_positive = value.in_powers = value.places = None


def held(crossing: Crossing, ids: Node, owns: bool) -> Held | None:
    """The shares with these ids."""
    if ids is None:
        return None
    names, dealer, protocol, numbers = ids
    handle = crossing.network.handle
    holders = Holders(list(map(handle, names)), None if dealer is None else handle(dealer), str(protocol))
    if len(numbers) != len(holders.workers) or not all(type(number) is int for number in numbers):
        raise Garbled("no shares")
    found = Held(holders, numbers)
    found.owns = bool(owns and crossing.judges)
    return found


def listed(ref: Any) -> Node:
    return ref if type(ref) is int else list(ref)


class Elsewhere(torch.autograd.Function):
    """A tensor whose graph is on the other side: a backward pass that comes to it goes on there."""

    @staticmethod
    def forward(ctx: Any, start: Any, crossing: Crossing, key: int, made: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        ctx.crossing, ctx.key = crossing, key
        return made

    @staticmethod
    def backward(ctx: Any, gradient: Any) -> Any:  # type: ignore[override]
        ctx.crossing.invoke(ctx.key, "backward", [gradient], {})
        return None, None, None, None


class Many(Form):
    name = "many"

    def takes(self, value: Any) -> bool:
        return isinstance(value, MultiPointerTensor)

    def state(self, crossing: Crossing, value: Any) -> Node:
        return [crossing.pack(part) for part in value.child]

    def make(self, crossing: Crossing, key: int, state: Node) -> Any:
        return MultiPointerTensor.of([])

    def become(self, crossing: Crossing, value: Any, state: Node) -> None:
        value.child = [pointer for part in state if isinstance(pointer := crossing.unpack(part), PointerTensor)]


class Module(Form):
    """A model of torch's layers; a plan, which is its recording; any other one as its state, with nothing to run."""

    name = "module"
    dies = True

    def takes(self, value: Any) -> bool:
        return isinstance(value, nn.Module)

    def state(self, crossing: Crossing, value: Any) -> Node:
        kind, own = type(value), value.__dict__
        names = [name for name in own if name not in OWN_OF_MODULES and not name.startswith("__")]
        plain = {name: own[name] for name in names if is_plain(own[name])}
        loose = {name: part for name, part in own.items() if type(part) in (torch.Tensor, nn.Parameter)}
        sent_to, hooks = own.get("_sent_to"), []
        if crossing.judges:
            hooks = [crossing.pack(hook) for hook in value._forward_hooks.values()]
        recorded: Node = None
        if isinstance(value, Plan):
            recorded = [value.name, graph_as_bytes(value.graph) if value.is_built else None]
        named = (plain, loose, value._parameters, value._buffers, value._modules)
        return [
            kind.__name__, kind.__module__.startswith("torch.nn.modules."), value.training,
            crossing.pack(sent_to), hooks, recorded,
            *[[[name, crossing.pack(part)] for name, part in held.items()] for held in named],
        ]  # fmt: skip

    def make(self, crossing: Crossing, key: int, state: Node) -> Any:
        name, is_torchs, _, _, hooks, recorded = state[:6]
        if recorded is not None:
            kind: Any = type(checked(recorded[0]), (Recorded,), {})
        elif is_torchs:
            kind = getattr(nn, checked(name))
            if not issubclass(kind, nn.Module):
                raise Garbled("no layer")
        else:
            kind = type(checked(name), (nn.Module,), {})
        made = kind.__new__(kind)
        nn.Module.__init__(made)
        if not crossing.judges:
            for hook in hooks:
                made.register_forward_hook(crossing.unpack(hook))
        return made

    def become(self, crossing: Crossing, value: Any, state: Node) -> None:
        _, _, training, sent_to, _, recorded, plain, loose, parameters, buffers, modules = state
        value.training = bool(training)
        for name, node in (*plain, *loose):
            if name in OWN_OF_MODULES or not KEPT.fullmatch(name) or name.startswith("__"):
                raise Garbled("no part of a model")
            value.__dict__[name] = crossing.unpack(node)
        for held, nodes in ((value._parameters, parameters), (value._buffers, buffers), (value._modules, modules)):
            found = {str(name): crossing.unpack(node) for name, node in nodes}
            wanted = nn.Module if held is value._modules else torch.Tensor
            if not all(part is None or isinstance(part, wanted) for part in found.values()):
                raise Garbled("no part of a model")
            held.clear()
            held.update(found)
        if sent_to is not None or "_sent_to" in value.__dict__:
            value.__dict__["_sent_to"] = crossing.unpack(sent_to)
        if recorded is not None and recorded[1] is not None:
            graph = graph_from_bytes(recorded[1])
            value.__dict__["_program"] = program_of(graph)
            if not crossing.judges:  # the judge runs nothing but the program, step by reviewed step
                value.__dict__["_steps"] = as_function(graph)
            value.__dict__["_modes"] = tuple(part.training for part in value.modules())


class Recorded(Plan):
    """A plan as it was recorded elsewhere."""

    def forward(self, *args: Any) -> Any:
        """What was recorded, done again, also where another plan is being recorded."""
        tensors = [holder[key] for _, holder, key in self._held(StandIn)]
        with torch.set_grad_enabled(torch.is_grad_enabled()):  # what it switches off is on again after it
            return self.__dict__["_steps"](*args, *{id(tensor): tensor for tensor in tensors}.values())


def as_function(graph: Graph) -> Callable[..., Any]:
    """What a plan of the judge's does, as Python: at the seat it may be a part of another plan."""
    lines = plan_text(graph).splitlines()[1:]
    names: dict[str, Any] = {"torch": torch, "nn": nn, "F": nn.functional}
    exec("\n".join([f"def steps({', '.join((*graph.inputs, *graph.state))}):", *lines]), names)
    made: Callable[..., Any] = names["steps"]
    return made


PLAINEST = (bool, int, float, str, type(None))


def is_plain(value: Any) -> bool:
    """Whether a setting of a layer is of plain numbers and texts."""
    return type(value) in PLAINEST or (type(value) in (tuple, list) and all(map(is_plain, value)))


def checked(name: Any) -> str:
    """A name that is a Python name and no private one of classes. Garbled otherwise."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise Garbled("no name")
    return name


def graph_as_bytes(graph: Graph) -> bytes:
    return encode_message(Send("me", "me", (Item(0, graph),)))


def graph_from_bytes(body: bytes) -> Graph:
    message = decode_message(body)
    if not isinstance(message, Send) or not isinstance(message.items[0].value, Graph):
        raise Garbled("no recording")
    return message.items[0].value


class Optimizer(Form):
    name = "optimizer"
    dies = True

    def takes(self, value: Any) -> bool:
        return isinstance(value, torch.optim.Optimizer)

    def state(self, crossing: Crossing, value: Any) -> Node:
        groups = [[[name, self._packed(crossing, part)] for name, part in group.items()] for group in value.param_groups]
        kept = [[crossing.pack(tensor), self._pairs(crossing, part)] for tensor, part in value.state.items()]
        return [type(value).__name__, self._pairs(crossing, value.defaults), groups, kept]

    def _pairs(self, crossing: Crossing, found: dict[Any, Any]) -> Node:
        return [[crossing.pack(name), crossing.pack(part)] for name, part in found.items()]

    def _packed(self, crossing: Crossing, part: Any) -> Node:
        return ["tuple", *map(crossing.pack, part)] if isinstance(part, list) else crossing.pack(part)

    def make(self, crossing: Crossing, key: int, state: Node) -> Any:
        name, defaults, groups, _ = state
        kind = getattr(torch.optim, checked(name), None)
        if not isinstance(kind, type) or not issubclass(kind, torch.optim.Optimizer):
            return Other("Optimizer", str(name))
        made = kind.__new__(kind)
        settings = {crossing.unpack(setting): crossing.unpack(part) for setting, part in defaults}
        torch.optim.Optimizer.__init__(made, [self._group(crossing, group) for group in groups], settings)
        return made

    def _group(self, crossing: Crossing, group: Node) -> dict[str, Any]:
        found = {str(name): crossing.unpack(part) for name, part in group}
        return {**found, "params": list(found["params"])}

    def become(self, crossing: Crossing, value: Any, state: Node) -> None:
        if isinstance(value, Other):
            return
        _, _, groups, kept = state
        value.param_groups[:] = [self._group(crossing, group) for group in groups]
        value.state.clear()
        for tensor, pairs in kept:
            found = {crossing.unpack(name): crossing.unpack(part) for name, part in pairs}
            value.state[crossing.unpack(tensor)] = found


class Function(Form):
    """It stays where it is. On the other side there is one that calls it from afar."""

    name = "function"

    def takes(self, value: Any) -> bool:
        return isinstance(value, CALLABLES)

    def mark(self, value: Any) -> Any:
        owner = getattr(value, "__self__", None)
        bound = isinstance(value, types.MethodType)  # made anew each time that somebody asks for it
        return (id(owner), value.__name__) if bound else id(value)

    def state(self, crossing: Crossing, value: Any) -> Node:
        return [str(getattr(value, "__name__", ""))]

    def make(self, crossing: Crossing, key: int, state: Node) -> Any:
        def from_afar(*args: Any, **kwargs: Any) -> Any:
            return crossing.invoke(key, "", list(args), kwargs)

        return named(str(state[0]), from_afar)


def named(name: str, function: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """A function that goes by this name."""
    made = function or (lambda: None)
    made.__name__ = made.__qualname__ = name[:60]
    return made


class Roles(Form):
    """A protocol of several roles: played from afar."""

    name = "protocol"

    def takes(self, value: Any) -> bool:
        return isinstance(value, Protocol)

    def state(self, crossing: Crossing, value: Any) -> Node:
        return [value.name, value.is_built]

    def make(self, crossing: Crossing, key: int, state: Node) -> Any:
        made = FarProtocol.__new__(FarProtocol)
        made.function = named(str(state[0]))
        made.play = lambda method, args: crossing.invoke(key, method, list(args), {})
        made.built = bool(state[1])
        return made


class FarProtocol(Protocol):
    """A protocol that is on the other side."""

    play: Callable[[str, tuple[Any, ...]], Any]
    built: bool

    @property
    def is_built(self) -> bool:
        return self.built

    def assign(self, role: str, worker: VirtualWorker) -> Protocol:
        self.play("assign", (role, worker))
        return self

    def __call__(self, *args: Any) -> Any:
        return self.play("__call__", args)

    def __repr__(self) -> str:
        return "<Protocol>"


class Holding(Form):
    """The parties of a computation on shares: dealing and opening happen on the judge's side."""

    name = "parties"

    def takes(self, value: Any) -> bool:
        return isinstance(value, Parties)

    def state(self, crossing: Crossing, value: Any) -> Node:
        return [type(value).__name__, list(value.names)]

    def make(self, crossing: Crossing, key: int, state: Node) -> Any:
        if crossing.judges:
            return Other(str(state[0])[:60], "parties")
        return FarParties(state[0], state[1], lambda method, args: crossing.invoke(key, method, args, {}))


class FarParties(Parties):
    """Parties whose dealer and whose table are on the other side."""

    def __init__(self, kind: str, names: list[str], ask: Callable[[str, list[Any]], Any]) -> None:
        super().__init__(names, keep=True)
        self.kind, self.ask = kind, ask

    def __repr__(self) -> str:
        return "parties"

    def deal(self, request: Any) -> tuple[torch.Tensor, ...]:
        found: tuple[torch.Tensor, ...] = self.ask("deal", [request])
        return found

    def open(self, what: str, *shares: torch.Tensor) -> list[torch.Tensor]:
        return self._asked("open", what, shares)

    def open_bits(self, what: str, *shares: torch.Tensor) -> list[torch.Tensor]:
        return self._asked("open_bits", what, shares)

    def exchange(self, what: str, *slices: torch.Tensor) -> list[torch.Tensor]:
        return self._asked("exchange", what, slices)

    def _asked(self, method: str, what: str, shares: tuple[torch.Tensor, ...]) -> list[torch.Tensor]:
        return list(self.ask(method, [what, *shares]))


def is_request(value: Any) -> bool:
    """Whether it is what protocols ask a dealer for."""
    return type(value).__name__ in REQUESTS and type(value) is REQUESTS[type(value).__name__]


REQUESTS: dict[str, type] = {
    kind.__name__: kind
    for module in (dealing, products, truncation, comparison, bits, authenticated)
    for kind in vars(module).values()
    if dataclasses.is_dataclass(kind) and isinstance(kind, type)
}


class Table(Form):
    """A table of pandas."""

    name = "table"

    def takes(self, value: Any) -> bool:
        return type(value).__name__ == "DataFrame" and type(value).__module__.split(".")[0] == "pandas"

    def state(self, crossing: Crossing, value: Any) -> Node:
        columns = [[crossing.pack(name), str(value[name].dtype), list_of(crossing, value[name])] for name in value.columns]
        return [columns, list_of(crossing, value.index)]

    def make(self, crossing: Crossing, key: int, state: Node) -> Any:
        import pandas

        return pandas.DataFrame()

    def become(self, crossing: Crossing, value: Any, state: Node) -> None:
        import pandas

        columns, index = state
        rows = pandas.Index(list(map(crossing.unpack, index)))
        value.drop(columns=list(value.columns), inplace=True)
        value.drop(index=list(value.index), inplace=True)
        for at, (name, dtype, numbers) in enumerate(columns):
            found = pandas.Series(list(map(crossing.unpack, numbers)), index=rows, dtype=dtype)
            if at == 0:
                value.index = rows if not len(value.index) else value.index
            value.insert(at, crossing.unpack(name), found)


def list_of(crossing: Crossing, numbers: Any) -> Node:
    return [crossing.pack(number) for number in numbers.tolist()]


FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        Tensor(), Many(), List(), Dict(), Memory(), Module(), Optimizer(), Roles(), Holding(), Table(), Function(),
    )
}  # fmt: skip


def form_of(value: Any) -> Form | None:
    """The form that takes it."""
    return next((form for form in FORMS.values() if form.takes(value)), None)
