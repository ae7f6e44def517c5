"""Models that travel: send, get, move and copy for torch.nn.Module, and the state of their optimizers.

A model goes in one message, parameters, buffers and gradients together. The parameter *objects* stay here and keep
their identity: while its values are away a Parameter's class is ParameterPointer, so an optimizer that was built on it
keeps working, from afar.
"""

from __future__ import annotations

import copy as python_copy
import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from course.errors import (
    LoadElsewhereError,
    ModelAlreadySentError,
    MoveToNobodyError,
    OperationNotReviewedError,
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
    may_open,
)
from course.virtual_worker import VirtualWorker, check_worker
from course.worker import pack

__all__ = ["copy", "follow", "get", "location", "move", "refuse_state", "send"]


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
    """Those of them that are pointers."""
    return [tensor for tensor in tensors(parts(model)) if isinstance(tensor, PointerTensor)]


def location(model: nn.Module) -> VirtualWorker | None:
    """The worker a model is on, None while it is at home. Found from its tensors, or from where it was sent."""
    return whereabouts(model, tensors(parts(model)))


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
    mark(modules, None)
    return model


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
        if isinstance(tensor, PointerTensor):
            if loading:
                raise LoadElsewhereError("this model", tensor.location.id)
            raise SavePointerError("The state of this model", tensor.location.id)


def follow(optimizer: torch.optim.Optimizer, args: Any = (), kwargs: Any = None) -> None:
    """Before a step: bring an optimizer's state to where its parameters are now.

    Momentum and the like are kept per parameter and must be beside it. The step count and other single numbers that
    torch keeps on the CPU stay here, as in torch's own `Optimizer.load_state_dict`; LBFGS computes with its own.
    """
    check_settings(optimizer)
    with_numbers = isinstance(optimizer, torch.optim.LBFGS)
    for parameter, state in optimizer.state.items():
        here = parameter.location if isinstance(parameter, PointerTensor) else None
        for name, value in state.items():
            if isinstance(value, (torch.Tensor, list)):
                state[name] = beside(value, here, with_numbers)


def check_settings(optimizer: torch.optim.Optimizer) -> None:
    """OperationNotReviewedError for settings with which torch computes with tensors that it keeps here."""
    for group in optimizer.param_groups:
        reason = ""
        if isinstance(group.get("lr"), torch.Tensor):
            reason = "the learning rate is a tensor here and the parameters are there; a plain number, lr=0.1, works"
        elif isinstance(optimizer, torch.optim.ASGD) and group.get("foreach"):
            reason = "torch keeps its step sizes as tensors here; without foreach=True it takes the same step"
        if reason and any(isinstance(parameter, PointerTensor) for parameter in group["params"]):
            raise OperationNotReviewedError(f"this step of {type(optimizer).__name__}", reason)


# These optimizers decide by numbers: how far to step, when to stop.
READERS: list[Any] = [getattr(torch.optim, name) for name in ("LBFGS", "Adafactor") if hasattr(torch.optim, name)]


def reading(step: Callable[..., Any]) -> Callable[..., Any]:
    """The step of such an optimizer, which may open single numbers while it lasts. Its closure may not."""

    @functools.wraps(step)
    def guarded(optimizer: torch.optim.Optimizer, closure: Any = None) -> Any:
        before = may_open.set(True)
        try:
            return step(optimizer) if closure is None else step(optimizer, closed(closure))
        finally:
            may_open.reset(before)

    return guarded


def closed(closure: Callable[[], Any]) -> Callable[[], Any]:
    """Somebody else's code within a step, without the right to open numbers; the loss it returns is a plain one."""

    def without_right() -> Any:
        before = may_open.set(False)
        try:
            loss = closure()
            return loss if type(loss) in LOSSES else float(loss)
        finally:
            may_open.reset(before)

    return without_right


LOSSES = frozenset({float, int, torch.Tensor, PointerTensor})


def beside(value: Any, worker: VirtualWorker | None, with_numbers: bool) -> Any:
    """A tensor (or a list of them) of an optimizer's state, at the place of its parameter."""
    if isinstance(value, list):
        return [beside(part, worker, with_numbers) for part in value]
    if isinstance(value, PointerTensor):
        return value.get() if worker is None else value.move(worker)
    if worker is None or not isinstance(value, torch.Tensor) or not (value.dim() or with_numbers):
        return value
    return value.send(worker)  # type: ignore[attr-defined]
