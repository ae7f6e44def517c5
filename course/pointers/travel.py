"""How values travel: send, get and move through a pointer, all or nothing, wherever somebody interrupts.

A tensor that is sent whole (a parameter, a buffer) stays the same object: its memory is exchanged for that of a pointer
while its values are away. What leaves a worker's store leaves it last, when it is here (`release`).
"""

from __future__ import annotations

import operator
import weakref
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import starmap
from typing import Any

import torch

from course.errors import AlreadyThereError, MoveToNobodyError, NotSendableError
from course.messages import Get, Move, Pull, Ref, Send
from course.pointers.pointer import (
    Gradients,
    ParameterPointer,
    PointerTensor,
    SpentPointer,
    Unreadable,
    make_pointer,
    new_tensor,
)
from course.virtual_worker import VirtualWorker, check_worker
from course.worker import pack, unpack

__all__ = ["become_pointers", "become_tensors", "bring_home", "by_location", "check_sendable", "hand_over", "send_to"]

swap_memory = torch._C._swap_tensor_impl
EMPTY = torch.empty(0)
MANY = 64
memories: list[Any] = []  # of pointers that have come home, kept for the next ones


# ---- one tensor ------------------------------------------------------------------------------------------------------


def send_to(x: torch.Tensor, worker: VirtualWorker, garbage_collect_data: bool) -> PointerTensor:
    """Send a tensor, or a pointer, to one worker; `x` stays as it is."""
    network = worker.network
    owner = x.owner if isinstance(x, PointerTensor) else network.me
    check_sendable(x, worker, owner)
    network.shared = network.shared or isinstance(x, PointerTensor)
    id: int = x.id  # type: ignore[attr-defined]
    reply = network.deliver(Send(owner.id, worker.id, pack([(id, x)], network)))
    pointer = make_pointer(owner, worker, id if reply is None else reply.answer[0], None, False)
    if reply is not None:
        network.heirs[worker.id, id] = weakref.ref(pointer)
    if not garbage_collect_data:
        pointer.garbage_collect_data = False
    pointer.tags = tuple(getattr(x, "tags", ()))
    pointer.description = getattr(x, "description", "")
    return pointer


def check_sendable(x: torch.Tensor, worker: Any, owner: Any) -> None:
    """NotSendableError for what a message cannot carry there."""
    if worker is owner:
        raise AlreadyThereError("this tensor", worker.id)
    if isinstance(x, PointerTensor):
        if x.location is worker:
            raise AlreadyThereError("what this pointer points to", worker.id)
    elif getattr(x, "held", None) is not None:  # course/smpc/shared.py
        how = "x.get() opens it, where that is meant"
        raise NotSendableError("A shared tensor", "its shares are with their holders, and nowhere else", how)
    elif x.layout is not torch.strided or x.is_quantized:
        kind, how = ("quantized", "x.dequantize()") if x.is_quantized else (str(x.layout), "x.to_dense()")
        raise NotSendableError(f"A {kind} tensor", "only dense tensors have a form in bytes here", how)


def get(self: PointerTensor, *args: Any, **kwargs: Any) -> Any:
    """Bring the tensor here and empty its place. Through a chain: unwrap one link.

    The gradient comes along; the autograd graph stays. An attribute pointer (`x.grad`) brings a copy.
    """
    network, is_part = self.location.network, type(self.ref) is tuple
    message = Get(self.owner.id, self.location.id, (self.ref,), is_part)
    if "_is_param" in self.__dict__:
        bring_home([self])
        return self
    item, kind, value = network.deliver(message).items[0], self.__class__, None
    try:
        value = unpack(item, self.owner.id, self.owner.network, hold=is_part)
        value.id = item.id
        if not is_part:
            network.release(message)  # not before the value is here
            self.__class__ = SpentPointer
            if isinstance(value, PointerTensor):
                value.garbage_collect_data = True  # until now the one in the store owned what they point to
        return value
    except BaseException:  # an interrupt, most likely: it stays where it was
        self.__class__ = kind
        if isinstance(value, PointerTensor):
            value.garbage_collect_data = is_part
        if not is_part:
            network.restore(message, item)
        raise


def move(self: PointerTensor, worker: Any = None, requires_grad: bool | None = None) -> Any:
    """Hand the tensor over to another worker without seeing it; this pointer follows. To `me`: a get.

    Raises MoveToNobodyError without a destination.
    """
    if worker is None:
        raise MoveToNobodyError("move", self.location.id)
    if check_worker(worker, "move") is self.location:
        return self
    if worker is self.owner:
        value = self.get()
        return value if requires_grad is None else value.requires_grad_(requires_grad)
    hand_over([self], worker, requires_grad)
    return self


def remote_get(self: PointerTensor) -> PointerTensor:
    """Through a chain: its first worker does one `get`, and holds what the next one held. In place."""
    self.location.network.deliver(Pull(self.owner.id, self.location.id, self.id_at_location))
    return self


def get_parameter(self: Any, *args: Any, **kwargs: Any) -> Any:
    """Bring the values home into this very object."""
    bring_home([self])
    return self


def deepcopy(self: PointerTensor, memo: dict[int, Any]) -> Any:
    if id(self) not in memo:
        there = self.copy().disable_gc  # type: ignore[attr-defined]
        twin = torch.nn.Parameter(torch.empty(0)) if isinstance(self, torch.nn.Parameter) else torch.empty(0)
        become_pointers([twin], there.location, [there.ref], None)
        memo[id(self)] = twin
    return memo[id(self)]


# ---- tensors that stay the same objects ------------------------------------------------------------------------------


def become_pointers(tensors: Sequence[Any], worker: VirtualWorker, refs: Sequence[Ref], card: Gradients | None) -> None:
    """Turn tensors of "me" whose values are at `worker` into pointers to them. They stay the same objects.

    Their memory is exchanged for that of a pointer, which torch's kernels refuse to read; what hangs on their own
    memory (hooks) is kept for their return.
    """
    me, steps, emptied = worker.network.me, [], []
    for tensor, ref in zip(tensors, refs, strict=True):
        memory, own = memories.pop() if memories else new_tensor(Unreadable), tensor.__dict__
        there = {"owner": me, "location": worker, "ref": ref, "gradients": card}
        if tensor._backward_hooks or tensor._post_accumulate_grad_hooks:
            there["memory"] = memory
            emptied.append(memory)
        kind = ParameterPointer if is_parameter(tensor) else PointerTensor
        own.pop("id", None)
        steps += [(own.update, there), (swap_memory, tensor, memory), (setattr, tensor, "__class__", kind)]
    at_once(steps)
    for memory in emptied:
        memory.__class__ = torch.Tensor
        memory.grad, memory.data = None, EMPTY


def become_tensors(pointers: Sequence[Any], values: Sequence[torch.Tensor]) -> None:
    """Turn such pointers back into the tensors they were. They take over the memory of the values."""
    steps: list[tuple[Any, ...]] = []
    used: list[torch.Tensor] = []
    for pointer, value in zip(pointers, values, strict=True):
        own = pointer.__dict__
        kind = torch.nn.Parameter if is_parameter(pointer) else torch.Tensor
        memory = refilled(own["memory"], value) if "memory" in own else value
        used.append(memory)
        steps += [(swap_memory, pointer, memory), (setattr, pointer, "__class__", kind)]
        steps.append((own.clear,))
        if not own.keys() <= AWAY:
            steps.append((own.update, {name: own[name] for name in own.keys() - AWAY}))
    at_once(steps)
    if len(memories) < MANY:
        memories.extend(used)  # each now holds what a pointer had: unreadable, and good for the next one


AWAY = frozenset({"owner", "location", "ref", "gradients", "memory", "_is_param"})  # what only a pointer knows


def is_parameter(tensor: torch.Tensor) -> bool:
    """isinstance of nn.Parameter, which is slow, with what it mostly is first."""
    return type(tensor) in PARAMETERS or isinstance(tensor, torch.nn.Parameter)


PARAMETERS = frozenset({torch.nn.Parameter, ParameterPointer})


def refilled(memory: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """The memory that was kept, with this value in it."""
    memory.data = value.detach()
    memory.requires_grad_(value.requires_grad).grad = value.grad
    return memory


def at_once(steps: list[tuple[Any, ...]]) -> None:
    """Do these calls of C functions, all of them: Python looks for an interrupt between its own lines only."""
    deque(starmap(operator.call, steps), maxlen=0)


def bring_home(pointers: Sequence[Any]) -> None:
    """Fetch what these pointers point to, in one message for each location, into the very same objects.

    All of them or none: nothing leaves a store before everything is here.
    """
    for pointer in pointers:
        if isinstance(pointer, SpentPointer):
            pointer._spent()
    groups = by_location(pointers)
    asked = [Get(group[0].owner.id, group[0].location.id, tuple([p.ref for p in group])) for group in groups]
    replies = [group[0].location.network.deliver(message) for group, message in zip(groups, asked, strict=True)]
    arrived = [pointer for group in groups for pointer in group]
    items = [item for reply in replies for item in reply.items]
    values = [unpack(item, p.owner.id, p.owner.network, hold=False) for p, item in zip(arrived, items, strict=True)]
    releases = [(group[0].location.network, message) for group, message in zip(groups, asked, strict=True)]
    try:
        become_tensors(arrived, values)
        let_go(releases)
    except BaseException:  # an interrupt, most likely: what is here now is not there any more
        if not any(isinstance(pointer, PointerTensor) for pointer in arrived):
            let_go(releases)
        raise


def let_go(releases: Sequence[tuple[Any, Get]]) -> None:
    for network, message in releases:
        network.release(message)


def hand_over(pointers: Sequence[Any], worker: VirtualWorker, requires_grad: bool | None = None) -> None:
    """Move what these pointers of one location point to, in one message; they follow. All of them or none."""
    place, me = pointers[0].location, pointers[0].owner
    refs = tuple([pointer.id_at_location for pointer in pointers])
    message = Move(me.id, place.id, refs, worker.id, requires_grad)
    network = place.network
    try:
        reply = network.deliver(message)
        refs = refs if reply is None else reply.answer
        card = Gradients(refs)
        there = [{"location": worker, "ref": ref, "gradients": card} for ref in refs]
        at_once([(p.__dict__.update, new) for p, new in zip(pointers, there, strict=True)])
        network.release(message)
    except BaseException:  # an interrupt, most likely: it is where the pointers say
        network.release(message) if pointers[0].location is worker else network.withdraw(message)
        raise


def by_location(pointers: Iterable[Any]) -> list[list[Any]]:
    """Pointers grouped by the worker they point to."""
    groups: dict[str, list[Any]] = {}
    for pointer in pointers:
        groups.setdefault(pointer.location.id, []).append(pointer)
    return list(groups.values())


for _name, _method in {"get": get, "move": move, "remote_get": remote_get, "__deepcopy__": deepcopy}.items():
    setattr(PointerTensor, _name, _method)
ParameterPointer.get = get_parameter
