"""The form of an update: which tensors it has. All clients send the same ones, as one row of numbers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from course.federated.average import check_alike, named_tensors
from course.messages import Ask, TensorSpec
from course.plans import twin_of
from course.pointers import PointerTensor, check_together
from course.virtual_worker import VirtualWorker

__all__ = ["Form"]


class Form:
    """Names, shapes and dtypes of the tensors of an update: a pointer, a dict of pointers, or a model.

    Everything in an update lies at one worker. Raises TypeError for an update that is none of these, ValueError for
    one without tensors and for two of one worker.
    """

    def __init__(self, updates: Mapping[Any, Any]) -> None:
        if not isinstance(updates, Mapping) or not updates:
            raise TypeError("secure aggregation takes a dict of updates, as {'bob': update, 'alice': update, ...}")
        self.pattern = next(iter(updates.values()))
        self.tensors = [tensors_of(key, update) for key, update in updates.items()]
        self.workers = [worker_of(tensors) for tensors in self.tensors]
        self.names = [names_of(update) for update in updates.values()]
        ids = [worker.id for worker in self.workers]
        if len(set(ids)) < len(ids):
            raise ValueError(f"each worker is one client, so it has one update: {', '.join(ids)}")

    def describe(self, place: int) -> dict[str, TensorSpec]:
        """How the tensors of one update look, as their worker says."""
        tensors = self.tensors[place]
        looks = zip(asked(tensors, "dtype"), map(tuple, asked(tensors, "shape")), strict=True)
        return dict(zip(self.names[place], itertools.starmap(TensorSpec, looks), strict=True))

    def settle(self, described: Mapping[Any, dict[str, TensorSpec]]) -> None:
        """Take the form that all of these have, by the keys of their updates.

        Raises ModelsDifferError for updates that differ in names or shapes, TypeError for complex numbers.
        """
        looks: list[dict[str, Any]] = list(described.values())
        check_alike(described, looks, "secure aggregation")
        self.shapes = {name: spec.shape for name, spec in looks[0].items()}
        self.dtypes = {name: spec.dtype for name, spec in looks[0].items()}
        for name, dtype in self.dtypes.items():
            if dtype.is_complex:
                raise TypeError(f"secure aggregation adds up real numbers, and {name or 'this update'} is of {dtype}")

    def row(self, place: int) -> list[Any]:
        """The tensors of one update in the order that all of them go by, whichever their own is."""
        held = dict(zip(self.names[place], self.tensors[place], strict=True))
        return [held[name] for name in self.shapes]

    def restore(self, flat: Any, server: VirtualWorker) -> Any:
        """What a row of numbers at the server stands for, in the form of the updates, at the server.

        Floating-point numbers get the dtype that they had, whole numbers stay float64; a model's are rounded.
        """
        found, start = {}, 0
        for name, shape in self.shapes.items():
            end = start + math.prod(shape)
            part, dtype = flat[start:end].reshape(shape), self.dtypes[name]
            found[name] = part.to(dtype) if dtype.is_floating_point else part
            start = end
        if isinstance(self.pattern, PointerTensor):
            return found[""]
        return self.model(found, server) if isinstance(self.pattern, nn.Module) else found

    def model(self, tensors: dict[str, Any], server: VirtualWorker) -> nn.Module:
        """A new model at the server with these tensors. Zeros go there first, for a copy would bring the pattern's."""
        zeros: dict[int, Any] = {}
        for name, tensor in named_tensors(self.pattern).items():
            zero = torch.zeros(self.shapes[name], dtype=self.dtypes[name])
            parameter = isinstance(tensor, nn.Parameter)
            zeros[id(tensor)] = nn.Parameter(zero, tensor.requires_grad) if parameter else zero
        twin: Any = twin_of(self.pattern, zeros)
        for part in twin.modules():
            part.__dict__.pop("_sent_to", None)
        twin.send(server)
        for name, tensor in named_tensors(twin).items():
            value = tensors[name]
            tensor.copy_(value if self.dtypes[name].is_floating_point else value.round())
        return twin  # type: ignore[no-any-return]


def names_of(update: Any) -> list[str]:
    if isinstance(update, PointerTensor):
        return [""]
    return list(named_tensors(update) if isinstance(update, nn.Module) else update)


def tensors_of(key: Any, update: Any) -> list[Any]:
    """The pointers of an update. TypeError for one with tensors that are here with you."""
    if isinstance(update, torch.Tensor):
        found = [update]
    elif isinstance(update, (nn.Module, Mapping)):
        held = named_tensors(update) if isinstance(update, nn.Module) else update
        found = list(held.values())
    else:
        raise TypeError(f"the update of {key} is a {type(update).__name__}, not a pointer, a dict of them or a model")
    if not found:
        raise ValueError(f"the update of {key} has no tensors")
    for tensor in found:
        if not isinstance(tensor, PointerTensor):
            raise TypeError(
                f"the update of {key} is here with you, who would see it before anybody could hide it: it is masked"
                f" where it was made. Give pointers, or a model that was sent"
            )
    return found


def worker_of(tensors: list[Any]) -> VirtualWorker:
    """The worker where all of these lie. TensorsNotCollocatedException if they lie apart."""
    check_together("secure aggregation", tensors)
    place: VirtualWorker = tensors[0].location
    return place


def asked(tensors: list[Any], question: str) -> tuple[Any, ...]:
    """What one worker answers to this question about each of these."""
    first = tensors[0]
    message = Ask(first.owner.id, first.location.id, tuple([tensor.ref for tensor in tensors]), question)
    return first.location.network.deliver(message).answer  # type: ignore[no-any-return]
