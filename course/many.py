"""Many pointers: a list of pointers to the parts of one idea, used as one. Every operation is done at each place."""

from __future__ import annotations

import copy as python_copy
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

import torch

from course.errors import MoveToNobodyError, SavePointerError, TensorsNotCollocatedException, ValueRefusedError
from course.operations import IN_PLACE, NAMES
from course.pointers import METADATA, VALUES, Metadata, PointerTensor, add_operations, call, refuse, send_to
from course.rich import pointer_html
from course.virtual_worker import VirtualWorker, check_worker

__all__ = ["MultiPointerTensor", "part_of", "send"]


def send(x: torch.Tensor, *workers: Any, garbage_collect_data: bool = True) -> Any:
    """Send a tensor, or a pointer, to one worker or to several. Returns a pointer; `x` stays as it is.

    One worker: a PointerTensor, its `id_at_location` is `x.id` unless that id is taken there. Several: a
    MultiPointerTensor. What arrives is a detached copy, a leaf, with `requires_grad` and the gradient of `x`.
    """
    if not workers:
        raise MoveToNobodyError("send", "me")
    for worker in workers:
        check_worker(worker, "send")
    pointers = [send_to(x, worker, garbage_collect_data) for worker in workers]
    return pointers[0] if len(pointers) == 1 else MultiPointerTensor.of(pointers)


class MultiPointerTensor(Metadata):
    """Pointers to several workers, used as one: every operation is done at each of them.

    It answers what a tensor answers. What is public must be the same everywhere: a ValueError says where it differs.
    """

    child: list[PointerTensor]

    @staticmethod
    def of(pointers: Iterable[PointerTensor]) -> MultiPointerTensor:
        many: MultiPointerTensor = torch.Tensor.__new__(MultiPointerTensor)
        many.child = list(pointers)
        return many

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        about = METADATA.get(func)
        if about is not None:
            return about(*args)
        name = NAMES.get(func)
        if name is None:
            refuse(func, args)
        return call(name, args, kwargs)

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """torch's kernels never touch its memory: there is nothing in it."""
        many = next(arg for arg in args if isinstance(arg, MultiPointerTensor))
        raise ValueRefusedError(f"{func} on the memory of many pointers", many._places())

    @staticmethod
    def call_each(op: str, args: Any, kwargs: dict[str, Any], many: list[MultiPointerTensor]) -> Any:
        """Run an operation at each place of these many pointers, which must have the same places."""
        places = many[0].location
        for other in many[1:]:
            if other.location != places:
                raise TensorsNotCollocatedException(op, many[0]._places(), other._places())
        results = [
            call(op, part_of(args, at), {key: part_of(value, at) for key, value in kwargs.items()})
            for at in range(len(places))
        ]
        return many[0] if op in IN_PLACE else joined(results)

    # ---- data ------------------------------------------------------------------------------------------------------

    def get(self, sum_results: bool = False) -> Any:
        """All the tensors, as a list, or their sum."""
        values = [pointer.get() for pointer in self.child]
        return sum(values[1:], values[0]) if sum_results else values

    def move(self, worker: Any = None, requires_grad: bool | None = None) -> Any:
        """Hand all of them over to one worker; to `me`: a list of them, as `get` brings it."""
        moved = [pointer.move(worker, requires_grad) for pointer in self.child]
        return moved if worker is self.owner else self

    def send(self, *workers: Any, garbage_collect_data: bool = True) -> MultiPointerTensor:
        """A chain through one worker to each of them; with several workers, one for each."""
        links = workers * len(self.child) if len(workers) == 1 else workers
        pairs = zip(self.child, links, strict=True)
        return MultiPointerTensor.of([send(x, link, garbage_collect_data=garbage_collect_data) for x, link in pairs])

    def remote_get(self) -> MultiPointerTensor:
        """Through chains: each first worker gets what the next one holds."""
        return self._each(lambda pointer: pointer.remote_get())

    def tag(self, *tags: str) -> MultiPointerTensor:
        """Name each of them."""
        return self._each(lambda pointer: pointer.tag(*tags))

    def describe(self, description: str) -> MultiPointerTensor:
        """Say in words what each of them is."""
        return self._each(lambda pointer: pointer.describe(description))

    def _each(self, do: Callable[[PointerTensor], Any]) -> MultiPointerTensor:
        for pointer in self.child:
            do(pointer)
        return self

    @property
    def disable_gc(self) -> MultiPointerTensor:
        """From now on the tensors outlive these pointers."""
        return self._each(lambda pointer: pointer.disable_gc)

    # ---- what it answers -------------------------------------------------------------------------------------------

    def _ask(self, question: str) -> Any:
        answers = [pointer._ask(question) for pointer in self.child]
        if any(answer != answers[0] for answer in answers):
            each = ", ".join(f"{at.id}: {answer}" for at, answer in zip(self.location, answers, strict=True))
            raise ValueError(f"these pointers differ in {question} ({each}): ask each of them, x.child[0] and so on")
        return answers[0]

    @property
    def owner(self) -> VirtualWorker:
        return self.child[0].owner

    @property
    def location(self) -> list[VirtualWorker]:
        return [pointer.location for pointer in self.child]

    def _places(self) -> str:
        return ", ".join(worker.id for worker in self.location)

    @property
    def id_at_location(self) -> list[int]:
        return [pointer.id_at_location for pointer in self.child]

    @property
    def grad(self) -> Any:
        grads = [pointer.grad for pointer in self.child]
        return None if any(grad is None for grad in grads) else MultiPointerTensor.of(grads)

    @grad.setter
    def grad(self, value: Any) -> None:
        for at, pointer in enumerate(self.child):
            pointer.grad = part_of(value, at)

    @property
    def data(self) -> Any:
        return MultiPointerTensor.of([pointer.data for pointer in self.child])

    @data.setter
    def data(self, value: Any) -> None:
        for at, pointer in enumerate(self.child):
            pointer.data = part_of(value, at)

    def __len__(self) -> int:
        return len(self.child[0])

    def __repr__(self, **kwargs: Any) -> str:  # type: ignore[override]
        return "\n\t-> ".join(["(Wrapper)>[MultiPointerTensor]", *map(repr, self.child)])

    __str__ = __repr__

    def _repr_html_(self) -> str:
        return pointer_html(self)

    def __format__(self, spec: str) -> str:
        return format(self.child[0], spec) if spec else repr(self)

    def __dir__(self) -> list[str]:
        return list(object.__dir__(self))

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise SavePointerError("A pointer", self._places())

    def __deepcopy__(self, memo: dict[int, Any]) -> MultiPointerTensor:
        if id(self) not in memo:
            memo[id(self)] = MultiPointerTensor.of([python_copy.deepcopy(pointer, memo) for pointer in self.child])
        twin: MultiPointerTensor = memo[id(self)]
        return twin

    __hash__ = torch.Tensor.__hash__  # as before and after: an optimizer finds its state by it


def joined(results: Sequence[Any]) -> Any:
    """One result made of those of each place: many pointers, tuples of them, or None."""
    first = results[0]
    if isinstance(first, PointerTensor):
        return MultiPointerTensor.of(results)
    if isinstance(first, (tuple, list)):
        kind: Any = type(first)
        return kind([joined(parts) for parts in zip(*results, strict=True)])
    return first


def part_of(arg: Any, at: int) -> Any:
    """An argument as the worker at this position sees it."""
    if isinstance(arg, MultiPointerTensor):
        return arg.child[at]
    if type(arg) in (tuple, list):
        return type(arg)(part_of(part, at) for part in arg)
    return arg


def _refused(name: str) -> Callable[..., Any]:
    def method(self: MultiPointerTensor, *args: Any, **kwargs: Any) -> Any:
        return getattr(self.child[0], name)(*args, **kwargs)  # which refuses to show a value

    return method


add_operations(MultiPointerTensor)
for _name in VALUES:
    setattr(MultiPointerTensor, _name, _refused(_name))
