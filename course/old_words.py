"""Words of notebooks written for PySyft 0.1.21 to 0.2.9 that this library says in another way.

Each is a few lines of today's words. A reader of the library can leave this file out: nothing else uses it.

    old                                        today
    x.child, x.is_wrapper                      a pointer is one object, so `child` is the pointer itself
    x.send_(bob), x.get_()                     x = x.send(bob), x = x.get()
    x.gc, x.garbage_collection                 x.garbage_collect_data
    x.remote_send(alice)                       x = x.move(alice).send(bob)
    x.combine(y), sy.combine_pointers(x, y)    MultiPointerTensor.of([x, y])
    me.get_worker("bob")                       the `bob` that VirtualWorker returned
    me.add_worker(bob), me.add_workers([...])  nothing: workers of one session know each other
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch

from course.hook import tensor_method
from course.many import MultiPointerTensor, send
from course.old_settings import SETTINGS, say_once
from course.pointers import PointerTensor, become_pointers
from course.pointers.travel import become_tensors
from course.virtual_worker import VirtualWorker, check_worker

__all__ = ["combine_pointers"]


def combine_pointers(*pointers: Any) -> MultiPointerTensor:
    """Many pointers made of several, used as one: `sy.combine_pointers(x_at_bob, y_at_alice)`.

    Raises TypeError for anything that is no pointer.
    """
    parts = [part for pointer in pointers for part in pointers_in(pointer)]
    for part in parts:
        if not isinstance(part, PointerTensor):
            raise TypeError(f"combine_pointers needs pointers, and got a {type(part).__name__}: send() it first")
    return MultiPointerTensor.of(parts)


def pointers_in(pointer: Any) -> list[Any]:
    return pointer.child if isinstance(pointer, MultiPointerTensor) else [pointer]


def of_pointers(name: str) -> Callable[[Any], Any]:
    """Give a word to both kinds of pointers."""

    def decorate(word: Any) -> Any:
        for kind in (PointerTensor, MultiPointerTensor):
            if name not in vars(kind):
                setattr(kind, name, word)
        return word

    return decorate


def of_workers(name: str) -> Callable[[Any], Any]:
    """Give a word to workers."""

    def decorate(word: Any) -> Any:
        setattr(VirtualWorker, name, word)
        return word

    return decorate


# ---- a pointer and its wrapper ---------------------------------------------------------------------------------

tensor_method("is_wrapper")(False)
of_pointers("is_wrapper")(True)
setattr(PointerTensor, "child", property(lambda self: self))  # noqa: B010


def _keeps(self: Any) -> bool:
    return bool(self.garbage_collect_data)


def _keep(self: Any, value: bool) -> None:
    self.garbage_collect_data = value


for _name in ("gc", "garbage_collection"):
    setattr(PointerTensor, _name, property(_keeps, _keep, doc="Whether the tensor goes with its last pointer."))

of_pointers("combine")(lambda self, *pointers: combine_pointers(self, *pointers))


# ---- in place --------------------------------------------------------------------------------------------------


@tensor_method("send_")
def send_(self: torch.Tensor, worker: VirtualWorker) -> torch.Tensor:
    """Send this tensor and become the pointer to it: the same object, as the parameters of a model do."""
    pointer = send(self, worker)
    if isinstance(self, PointerTensor):
        return follow(self, pointer)
    become_pointers([self], worker, [pointer.ref], None)
    pointer.garbage_collect_data = False  # `self` keeps the object now
    return self


@of_pointers("get_")
def get_(self: PointerTensor) -> torch.Tensor:
    """Bring the tensor here and become it. Through a chain: become the pointer that the first link held."""
    number = self.id_at_location
    came = self.get()
    if isinstance(came, PointerTensor):
        return follow(self, came)
    if came is not self:  # a parameter comes home into itself
        become_tensors([self], [came])
    self.id = number
    return self


def follow(self: PointerTensor, other: PointerTensor) -> PointerTensor:
    """Let this pointer point to where another one points, which it replaces."""
    self.__class__ = PointerTensor  # again, after a get
    self.owner, self.location, self.ref, self.gradients = other.owner, other.location, other.ref, None
    self.garbage_collect_data, other.garbage_collect_data = other.garbage_collect_data, False
    return self


# ---- from worker to worker -------------------------------------------------------------------------------------


@of_pointers("remote_send")
def remote_send(self: PointerTensor, worker: VirtualWorker, change_location: bool = False) -> PointerTensor:
    """Let the worker who holds the tensor hand it to another one, and keep a pointer to it: a chain, in place.

    With `change_location` it keeps none, and this pointer follows: `move`.
    """
    first = self.location
    if check_worker(worker, "remote_send") is first or change_location:
        self.move(worker)
        return self
    self.move(worker)
    chain = self.send(first)  # type: ignore[attr-defined]
    ref, self.location, self.ref = self.ref, chain.location, chain.ref
    chain.location, chain.ref = worker, ref  # this one goes now, and the chain keeps the tensor
    self.gradients = None
    return self


# ---- workers ---------------------------------------------------------------------------------------------------


@of_workers("add_worker")
def add_worker(self: VirtualWorker, worker: VirtualWorker) -> VirtualWorker:
    """Nothing to do: workers of one session know each other."""
    add_workers(self, [worker])
    return self


@of_workers("add_workers")
def add_workers(self: VirtualWorker, workers: Iterable[VirtualWorker]) -> VirtualWorker:
    """Nothing to do: workers of one session know each other."""
    for worker in workers:
        check_worker(worker, "add_worker")
    say_once("add_worker", SETTINGS["auto_add"])
    return self


@of_workers("get_worker")
def get_worker(self: VirtualWorker, worker: VirtualWorker | str, fail_hard: bool = True) -> VirtualWorker:
    """The worker of this name. UnknownWorkerError if this session has none."""
    name = worker if isinstance(worker, str) else check_worker(worker, "get_worker").id
    handle: VirtualWorker = self.network.handle(name)
    return handle


def _is_client(self: VirtualWorker) -> bool:
    return self is self.network.me


def _set_client(self: VirtualWorker, value: bool) -> None:
    say_once("is_client_worker", SETTINGS["is_client_worker"])


of_workers("is_client_worker")(property(_is_client, _set_client, doc="Whether this is the local worker."))
