"""A step from afar: what an optimizer does for parameters that are away.

Its state goes where its parameters are, and stays beside them. A step and a zero_grad take a message or two for a whole
model, not one for each parameter. Two optimizers decide by numbers, and may open those while their step lasts.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from course.errors import ObjectNotFoundError, OperationNotReviewedError, SavePointerError, StateLostError
from course.messages import Assign
from course.pointers import PointerTensor, by_location, forget_gradients, may_open
from course.virtual_worker import VirtualWorker

__all__ = ["READERS", "after", "bring_state_home", "drop_gradients", "follow", "parameters_of", "reading"]


def follow(optimizer: torch.optim.Optimizer, args: Any = (), kwargs: Any = None) -> None:
    """Before a step: bring an optimizer's state to where its parameters are now.

    Momentum and the like are kept per parameter and must be beside it. The step count and other single numbers that
    torch keeps on the CPU stay here, as in torch's own `Optimizer.load_state_dict`; LBFGS computes with its own.
    """
    check_settings(optimizer)
    together(optimizer)
    move_state(optimizer)


def move_state(optimizer: torch.optim.Optimizer) -> None:
    """Bring what an optimizer keeps for each parameter to where that parameter is now."""
    with_numbers = isinstance(optimizer, torch.optim.LBFGS)
    for parameter, state in optimizer.state.items():
        here = parameter.location if isinstance(parameter, PointerTensor) else None
        for name, value in state.items():
            if isinstance(value, (torch.Tensor, list)):
                try:
                    state[name] = beside(value, here, with_numbers)
                except ObjectNotFoundError as lost:
                    raise StateLostError(lost.facts[0], f"{name} of {type(optimizer).__name__}") from None


def together(optimizer: torch.optim.Optimizer) -> None:
    """Let torch take this step with lists of tensors where all of them are at one worker: a message for each list."""
    if type(optimizer) not in SAME_WITH_LISTS:
        return
    for group in optimizer.param_groups:
        chosen = group["foreach"] is not None or group.get("fused") or group["differentiable"]
        parameters = group["params"]
        if not chosen and len(parameters) >= WORTH_A_LIST and at_one_worker(parameters):
            group["foreach"] = LISTS


def at_one_worker(parameters: list[Any]) -> bool:
    """Whether all of them are away, with the same worker."""
    away = [parameter.location for parameter in parameters if isinstance(parameter, PointerTensor)]
    return len(away) == len(parameters) and len(set(away)) == 1


class Lists(int):
    """True, of a kind that `after` knows from somebody's own foreach=True."""


LISTS = Lists(1)
WORTH_A_LIST = 6  # parameters: for fewer, torch's sorting of them costs more than their messages
# torch computes their step with the same operations in the same order, one by one or with lists.
SAME_WITH_LISTS = {torch.optim.SGD}


def after(optimizer: torch.optim.Optimizer, args: Any = (), kwargs: Any = None) -> None:
    """After a step: the optimizer's settings are its owner's again."""
    for group in optimizer.param_groups:
        if group.get("foreach") is LISTS:
            group["foreach"] = None


def drop_gradients(parameters: list[Any]) -> bool:
    """What zero_grad does for parameters that are away: no gradient any more, in one message for each worker.

    Returns whether all of them are away, so that nothing is left to do.
    """
    away = [parameter for parameter in parameters if isinstance(parameter, PointerTensor)]
    for group in by_location(away):
        place, refs = group[0].location, tuple([pointer.ref for pointer in group])
        place.network.deliver(Assign(group[0].owner.id, place.id, refs, "grad", None))
        forget_gradients(group)
    return len(away) == len(parameters) > 0


def parameters_of(owner: torch.optim.Optimizer | nn.Module) -> list[Any]:
    """The parameters of an optimizer or a module."""
    if isinstance(owner, nn.Module):
        return list(owner.parameters())
    return [parameter for group in owner.param_groups for parameter in group["params"]]


def bring_state_home(optimizer: torch.optim.Optimizer) -> None:
    """Before an optimizer is saved: its state comes to its parameters, if they are here.

    It may have stayed where the last step was. SavePointerError while a parameter is away.
    """
    for parameter in parameters_of(optimizer):
        if isinstance(parameter, PointerTensor):
            raise SavePointerError("The state of this optimizer, with its model,", parameter.location.id)
    move_state(optimizer)


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
