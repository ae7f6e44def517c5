"""Models that travel: send, get, move and copy for torch.nn.Module.

A model goes in one message, parameters, buffers and gradients together. The parameter *objects* stay here and keep
their identity: while its values are away a Parameter's class is ParameterPointer, so an optimizer that was built on it
keeps working, from afar.

Buffers travel like parameters. So BatchNorm counts where the data is, and its running mean and variance come home with
the model: they tell about that data, a mean and a variance for each feature. A copy of a model has buffers of its own.
"""

from __future__ import annotations

import copy as python_copy
from collections.abc import Callable
from typing import Any

from torch import nn

from course.errors import (
    LoadElsewhereError,
    ModelAlreadySentError,
    MoveToNobodyError,
    SavePointerError,
)
from course.messages import Send
from course.pointers import (
    Gradients,
    PointerTensor,
    become_pointers,
    bring_home,
    by_location,
    check_sendable,
    hand_over,
)
from course.virtual_worker import VirtualWorker, check_worker
from course.worker import pack

__all__ = ["copy", "get", "location", "move", "refuse_state", "send"]


def tensors(modules: list[nn.Module]) -> list[Any]:
    """The parameters and buffers of these modules, each once."""
    found: dict[int, Any] = {}
    for module in modules:
        for held in (module._parameters, module._buffers):
            for tensor in held.values():
                if tensor is not None:
                    found[id(tensor)] = tensor
    return list(found.values())


def parts(model: nn.Module) -> list[nn.Module]:
    """The model and all modules in it, outermost first: what `model.modules()` yields, in a third of its time."""
    found = [model]
    for module in found:
        found += [part for part in module._modules.values() if part is not None]
    return found


def away(model: nn.Module) -> list[Any]:
    """The model's tensors that are pointers."""
    return [tensor for tensor in tensors(parts(model)) if isinstance(tensor, PointerTensor)]


def location(model: nn.Module) -> VirtualWorker | None:
    """The worker a model is on, None while it is at home. Found from its tensors, or from where it was sent."""
    held = tensors(parts(model))
    for tensor in held:
        if getattr(tensor, "held", None) is not None:  # a model that is shared: all of its holders
            holders: Any = tensor.location
            return holders  # type: ignore[no-any-return]
    return whereabouts(model, held)


def whereabouts(model: nn.Module, held: list[Any]) -> VirtualWorker | None:
    for tensor in held:
        if isinstance(tensor, PointerTensor):
            return tensor.location
    place: VirtualWorker | None = model.__dict__.get("_sent_to")
    return place


def send(model: nn.Module, worker: VirtualWorker | None = None) -> nn.Module:
    """Send a model to a worker: parameters, buffers and gradients in one message. In place; returns the model.

    Raises ModelAlreadySentError for a model that is away.
    """
    if worker is None:
        raise MoveToNobodyError("send", "me")
    check_worker(worker, "send")
    modules = parts(model)
    here = tensors(modules)
    place = whereabouts(model, here)
    if place is not None:
        raise ModelAlreadySentError(place.id, worker.id)
    network, me = worker.network, worker.network.me
    for tensor in here:
        check_sendable(tensor, worker, me)
    if here:
        items = pack([(me.new_id(), tensor) for tensor in here], network)
        reply = network.deliver(Send(me.id, worker.id, items))
        refs = [item.id for item in items] if reply is None else reply.answer
        layouts = [None if tensor.grad is None else tensor.grad.layout for tensor in here]
        card = Gradients(refs, dict(zip(refs, layouts, strict=True)), network.backwards)
        become_pointers(here, worker, refs, card)
    mark(modules, worker)
    return model


def mark(modules: list[nn.Module], worker: VirtualWorker | None) -> None:
    """Note where each part of a model is: a part without tensors could not tell."""
    for module in modules:
        module.__dict__["_sent_to"] = worker


def get(model: nn.Module) -> nn.Module:
    """Bring a model home: parameters, buffers and gradients, all or nothing. In place; returns the model."""
    modules = parts(model)
    bring_home([tensor for tensor in tensors(modules) if isinstance(tensor, PointerTensor)])
    for come_home in OTHERWISE_AWAY:
        come_home(model)
    mark(modules, None)
    return model


OTHERWISE_AWAY: list[Callable[[nn.Module], Any]] = []  # what brings a model home that is shared: course/smpc


def move(model: nn.Module, worker: VirtualWorker | None = None) -> nn.Module:
    """Hand a model from the worker it is on to another one, without seeing it. Returns the model.

    A model at home is sent; a move to `me` is a get.
    """
    if worker is None:
        raise MoveToNobodyError("move", getattr(location(model), "id", "me"))
    if check_worker(worker, "move") is worker.network.me:
        return get(model)
    if location(model) is None:
        return send(model, worker)
    for group in by_location(away(model)):
        if group[0].location is not worker:
            hand_over(group, worker)
    mark(parts(model), worker)
    return model


def copy(model: nn.Module) -> nn.Module:
    """A second model with the same values, made where the model is. Gradients are not copied, as in deepcopy."""
    return python_copy.deepcopy(model)


def refuse_state(module: nn.Module, loading: bool) -> None:
    """SavePointerError or LoadElsewhereError for the state of a module that is away."""
    for tensor in tensors([module]):
        place = place_of(tensor)
        if place:
            if loading:
                raise LoadElsewhereError("this model", place)
            raise SavePointerError("The state of this model", place)


def place_of(tensor: Any) -> str:
    """Who has the values of a tensor that is away, or shared (course/smpc); nothing where they are here."""
    if isinstance(tensor, PointerTensor):
        return tensor.location.id
    return ", ".join(tensor.holders.names) if getattr(tensor, "held", None) is not None else ""
