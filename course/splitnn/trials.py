"""Trials of a relay: the same training, with gradients from whatever relay is to be tried."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

__all__ = ["trained_by"]


def trained_by(
    relay: Callable[[list[nn.Module], Any, Any], Any],
    parts: Sequence[nn.Module],
    x: torch.Tensor,
    y: torch.Tensor,
    *,
    steps: int,
    lr: float,
) -> nn.Sequential:
    """These parts in one piece, after so many steps of plain SGD. The parts given stay as they are.

    relay(parts, x, y) leaves its gradients in the parts; a parameter without a gradient does not move.
    """
    network = nn.Sequential(*copy.deepcopy(list(parts)))
    optimizer = torch.optim.SGD(network.parameters(), lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        relay(list(network), x, y)
        optimizer.step()
    return network
