"""A public architecture with the numbers that an attacker saw: the module's own values are not used."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from course.attacks.view import shapes
from course.errors import CourseError
from course.modules import parts, tensors

__all__ = ["ArchitectureError", "named"]


class ArchitectureError(CourseError, ValueError):
    """A module that is not the architecture of what was seen."""


def named(model: nn.Module, seen: Sequence[torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors of a message by the names that they have in this model, which travels in this very order.

    Raises ArchitectureError for a model with other tensors.
    """
    names = {id(tensor): name for name, tensor in [*model.named_parameters(), *model.named_buffers()]}
    own = tensors(parts(model))
    if [tensor.shape for tensor in own] != [tensor.shape for tensor in seen]:
        raise ArchitectureError(
            f"The attacker saw {shapes(seen)}, and this {type(model).__name__} has {shapes(own)}. An attack computes"
            f" what the client computed, so it needs the same layers (their values do not matter, for they come from"
            f" the update). Give it a new model of the client's class."
        )
    return {names[id(tensor)]: value for tensor, value in zip(own, seen, strict=True)}
