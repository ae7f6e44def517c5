"""Tensors as they cross: with their numbers, or as pointers to what lies with the judge's workers."""

from __future__ import annotations

import ctypes
import math
from typing import Any

import torch
from torch import nn

from course.codec import DTYPES
from course.many import MultiPointerTensor
from course.pointers import PointerTensor, SpentPointer, become_pointers, make_pointer
from course.pointers.travel import become_tensors
from course.seat.form import Crossing, Form, Node, ref_of
from course.seat.wire import Garbled
from course.smpc.fixed_precision import Precision
from course.smpc.holders import Held, Holders
from course.smpc.shared import Batch, SharedTensor, batch_of
from course.smpc.sharing import become as become_others

__all__ = ["MEMORY", "Many", "Tensor"]


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
        return torch.UntypedStorage(len(state[0]))  # type: ignore[no-untyped-call]

    def become(self, crossing: Crossing, value: Any, state: Node) -> None:
        (numbers,) = state
        if len(numbers) < value.nbytes():
            raise Garbled("a memory that became smaller: tensors lie in it")
        if len(numbers) > value.nbytes():
            value.resize_(len(numbers))
        if numbers:
            ctypes.memmove(value.data_ptr(), bytes(numbers), len(numbers))


MEMORY = Memory()


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
        ids: Node = None
        owns = False
        if held is None:
            ids = list(map(str, value.fetched_from))
        else:
            holders = held.holders
            dealer = None if holders.dealer is None else str(holders.dealer.id)
            ids = [list(holders.names), dealer, holders.protocol, list(held.ids)]
            if not crossing.judges:
                owns = held.__dict__.get("is_the_judges", False) or held.owns
                held.is_the_judges, held.owns = owns, False
        precision = None if value.precision is None else list(value.precision)
        bound = None if value.bound is None else float(value.bound).hex()
        waits = None if value.batch is None or value.batch.passed else list(value.batch.left)
        return [
            "shared", ids, owns, list(value.shape), str(value.dtype)[6:], precision, value.requires_grad,
            None if graph else crossing.pack(value.grad), isinstance(value, nn.Parameter), graph, bound, waits,
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
            if state[0] == "shared" and is_spent(state[1]):
                return made
            if graph:
                return Elsewhere.apply(torch.zeros((), requires_grad=True), crossing, key, made)  # type: ignore[no-untyped-call]
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
        _, ids, owns, shape, dtype, precision, *_, bound, waits = state
        fixed = None if precision is None else Precision(*map(int, precision)).check()
        made = SharedTensor.of(held(crossing, ids, owns), list(map(int, shape)), DTYPES[dtype], fixed)  # type: ignore[arg-type]
        made.bound = None if bound is None else float.fromhex(bound)
        if made.held is None:
            made.fetched_from = fetched_from(ids)
        elif waits is not None:
            if len(waits) not in (0, 2):
                raise Garbled("no facts of an error")
            made.batch = Batch(*map(str, waits)) if waits else batch_of(made.holders)
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
        return torch.empty(0, dtype=DTYPES[dtype]).set_(storage, offset, sizes, steps)

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
        is_there = memory[0] != "copy" and memory[1] == crossing.keys.get(MEMORY.mark(value.untyped_storage()))
        layout = [list(value.shape), list(value.stride()), value.storage_offset()]
        if not is_there or layout != [shape, stride, offset]:
            value.data = self._tensor(crossing, state)

    def _become_shared(self, crossing: Crossing, value: Any, state: Node) -> None:
        _, ids, owns = state[:3]
        before = value.held
        if is_spent(ids):
            value.held, value.fetched_from = None, fetched_from(ids)
            if before is not None:
                before.owns = False
        elif before is None or list(before.ids) != ids[3]:
            value.held = held(crossing, ids, owns or (before is not None and before.owns))
            value.is_positive = value.in_powers = value.places = None


def is_spent(ids: Node) -> bool:
    """Whether nobody holds shares any more: then there are two texts, whom they came from and under which id."""
    return len(ids) == 2


def fetched_from(ids: Node) -> tuple[str, str]:
    holders, id = ids
    return str(holders)[:400], str(int(id))


def held(crossing: Crossing, ids: Node, owns: bool) -> Held | None:
    """The shares with these ids."""
    if is_spent(ids):
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
    def forward(ctx: Any, start: Any, crossing: Crossing, key: int, made: torch.Tensor) -> torch.Tensor:
        ctx.crossing, ctx.key = crossing, key
        return made

    @staticmethod
    def backward(ctx: Any, gradient: Any) -> Any:
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
