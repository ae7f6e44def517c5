"""The people of the attacks' tests: their rows, which are the oracle, and models that learn from them."""

from __future__ import annotations

import copy
from functools import cache

import torch
import torch.nn.functional as F
from torch import nn

import course as sy
from course.datasets import credit_approval


@cache
def applicants() -> tuple[torch.Tensor, torch.Tensor]:
    """The 653 credit applications, each column with mean 0 and deviation 1, and their labels."""
    data = credit_approval()
    return (data.features - data.features.mean(0)) / data.features.std(0), data.labels


def mlp(*sizes: int, activation: type[nn.Module] = nn.ReLU) -> nn.Sequential:
    layers: list[nn.Module] = []
    for before, after in zip(sizes[:-1], sizes[1:], strict=True):
        layers += [nn.Linear(before, after), activation()]
    return nn.Sequential(*layers[:-1])


def learn(model: nn.Module, x: torch.Tensor, y: torch.Tensor, steps: int, lr: float) -> nn.Module:
    """A copy of the model after some steps of plain SGD on all these rows."""
    trained = copy.deepcopy(model)
    optimizer = torch.optim.SGD(trained.parameters(), lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        F.cross_entropy(trained(x), y).backward()
        optimizer.step()
    return trained


def tensors(model: nn.Module) -> tuple[torch.Tensor, ...]:
    return tuple([p.detach() for p in model.parameters()])


def update(model: nn.Module, x: torch.Tensor, y: torch.Tensor, steps: int = 1, lr: float = 0.1) -> sy.attacks.Update:
    """The update of a client with these rows, without workers: for what does not depend on how it was seen."""
    return sy.attacks.Update("bob", ("me",), tensors(model), tensors(learn(model, x, y, steps, lr)))
