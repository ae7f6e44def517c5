"""Many pointers: a list of pointers to the parts of one idea, used as one. Every operation is done at each place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

import torch

from course.errors import MoveToNobodyError, SavePointerError, TensorsNotCollocatedException
from course.operations import IN_PLACE, NAMES, SAME
from course.pointers import PointerTensor, call, operator_method, refuse, send_to
from course.virtual_worker import VirtualWorker, check_worker

__all__ = ["MultiPointerTensor", "send"]


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


class MultiPointerTensor(torch.Tensor):
    """Pointers to several workers, used as one: every operation is done at each of them."""

    child: list[PointerTensor]

    @staticmethod
    def of(pointers: Iterable[PointerTensor]) -> MultiPointerTensor:
        many: MultiPointerTensor = torch.Tensor.__new__(MultiPointerTensor)
        many.child = list(pointers)
        return many

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = NAMES.get(func)
        if name is None:
            refuse(func, args)
        return call(name, args, kwargs)

    @staticmethod
    def call_each(op: str, args: Any, kwargs: dict[str, Any], many: list[MultiPointerTensor]) -> Any:
        """Run an operation at each place of these many pointers, which must have the same places."""
        places = [pointer.location for pointer in many[0].child]
        for other in many[1:]:
            if [pointer.location for pointer in other.child] != places:
                theirs = ", ".join(worker.id for worker in other.location)
                raise TensorsNotCollocatedException(op, ", ".join(worker.id for worker in places), theirs)
        results = [
            call(op, part_of(args, at), {key: part_of(value, at) for key, value in kwargs.items()})
            for at in range(len(places))
        ]
        if all(isinstance(result, PointerTensor) for result in results):
            return many[0] if op in IN_PLACE else MultiPointerTensor.of(results)
        return results if any(result is not None for result in results) else None

    def get(self, sum_results: bool = False) -> Any:
        """All the tensors, as a list, or their sum."""
        values = [pointer.get() for pointer in self.child]
        return sum(values[1:], values[0]) if sum_results else values

    def move(self, worker: Any = None, **kwargs: Any) -> MultiPointerTensor:
        """Hand all of them over to one worker."""
        for pointer in self.child:
            pointer.move(worker, **kwargs)
        return self

    def backward(self, *args: Any, **kwargs: Any) -> None:
        for pointer in self.child:
            pointer.backward(*args, **kwargs)  # type: ignore[no-untyped-call]

    @property
    def location(self) -> list[VirtualWorker]:
        return [pointer.location for pointer in self.child]

    @property
    def shape(self) -> torch.Size:  # type: ignore[override]
        return self.child[0].shape

    @property
    def grad(self) -> Any:  # type: ignore[override]
        grads = [pointer.grad for pointer in self.child]
        return None if any(grad is None for grad in grads) else MultiPointerTensor.of(grads)

    def size(self, dim: int | None = None) -> Any:
        return self.child[0].size(dim)

    def dim(self) -> int:
        return self.child[0].dim()

    def __len__(self) -> int:
        return len(self.child[0])

    def __repr__(self, **kwargs: Any) -> str:  # type: ignore[override]
        return "\n\t-> ".join(["(Wrapper)>[MultiPointerTensor]", *map(repr, self.child)])

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(self.child[0], spec) if spec else repr(self)

    def __dir__(self) -> list[str]:
        return list(object.__dir__(self))

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise SavePointerError("A pointer", ", ".join(worker.id for worker in self.location))

    __hash__ = torch.Tensor.__hash__  # as before and after: an optimizer finds its state by it


def part_of(arg: Any, at: int) -> Any:
    """An argument as the worker at this position sees it."""
    if isinstance(arg, MultiPointerTensor):
        return arg.child[at]
    if type(arg) in (tuple, list):
        return type(arg)(part_of(part, at) for part in arg)
    return arg


for _name in ("item", "tolist", "numpy", "__array__", "__bool__", "__float__", "__int__", "__iter__"):
    setattr(MultiPointerTensor, _name, lambda self, *args, _name=_name, **kwargs: getattr(self.child[0], _name)())
for _dunder, _op in SAME.items():
    setattr(MultiPointerTensor, _dunder, operator_method(_dunder, _op))
