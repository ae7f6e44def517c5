"""Many people's updates at once, a line each: whom a mean shows, and what a protection costs all of them.

A line is all parameters of a model, one behind the other, in the model's order. The first layer of the model is linear
and has a bias, so a line begins with units * features weights, and then come units biases.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call, grad, vmap

from course.attacks.one_row import row_behind
from course.attacks.view import Update, check_update

__all__ = ["gradients", "lines", "rebuilt", "rows_behind", "trained"]

WITHIN = 0.01  # a row counts as rebuilt if no number of it is farther off


def lines(updates: Sequence[Update]) -> torch.Tensor:
    """What changed for each person, (people, numbers) float64. After one step: the learning rate times the gradient."""
    return torch.stack([flat(check_update(update, "lines").change) for update in updates])


def gradients(model: nn.Module, rows: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The gradient that each person's row and label would give, (people, numbers): F.nll_loss of each row alone."""

    def loss(parameters: dict[str, torch.Tensor], row: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        return F.nll_loss(functional_call(model, parameters, (row[None],)), label[None])

    parameters = {name: parameter.detach() for name, parameter in model.named_parameters()}
    each = vmap(grad(loss), in_dims=(None, 0, 0))(parameters, rows, labels)
    return torch.cat([each[name].flatten(1) for name in parameters], dim=1)


def rows_behind(seen: torch.Tensor, units: int, features: int) -> torch.Tensor:
    """The row that a division finds in each line, (lines, features) float64: `row_behind` for many."""
    weights, biases = first_layer(seen.double(), units, features)
    return torch.stack([row_behind(weight, bias) for weight, bias in zip(weights, biases, strict=True)])


def rebuilt(seen: torch.Tensor, rows: torch.Tensor, units: int, people: int) -> float:
    """The share of people whose row a division finds in a mean of so many lines, within 0.01.

    seen: (all, numbers), and rows: (all, features), in the same order. They are put together as they come; who is
    left over counts for nothing. A mean has a unit's weights and its bias, so each unit makes one guess. Somebody
    counts as found if one of the guesses is right in every number.
    """
    kept = len(rows) // people * people
    own = rows[:kept].reshape(-1, people, rows.shape[1])  # (means, people, features)
    means = seen[:kept].reshape(-1, people, seen.shape[1]).mean(dim=1)
    weights, biases = first_layer(means, units, rows.shape[1])
    guesses = weights / biases[:, :, None]  # (means, units, features); not a number where all were silent
    off = (guesses[:, :, None] - own[:, None]).abs().amax(dim=3)  # (means, units, people)
    return float((off < WITHIN).any(dim=1).double().mean())


def trained(
    model: nn.Module,
    rows: torch.Tensor,
    labels: torch.Tensor,
    protect: Callable[[torch.Tensor, float], torch.Tensor],
    noise: float,
    rounds: int,
    lr: float = 1.0,
) -> nn.Module:
    """A copy of the model after so many rounds, each a step on the mean of `protect(everybody's gradients, noise)`."""
    learned = copy.deepcopy(model)
    for _ in range(rounds):
        mean = protect(gradients(learned, rows, labels), noise).mean(dim=0)
        moved = nn.utils.parameters_to_vector(learned.parameters()).detach() - lr * mean
        nn.utils.vector_to_parameters(moved, learned.parameters())
    return learned


def first_layer(seen: torch.Tensor, units: int, features: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The first layer's weights, (lines, units, features), and biases, (lines, units)."""
    end = units * features
    return seen[:, :end].reshape(-1, units, features), seen[:, end : end + units]


def flat(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    return torch.cat([tensor.reshape(-1) for tensor in tensors])
