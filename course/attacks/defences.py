"""Defences: what a client does to its own update, or to its activations, before anybody sees them.

They are formulas on tensors, so they run where the tensors are, also over pointers: at the client, who has to trust
nobody. Averaging over k people is no formula: let k clients join a round, and let the attacker see their mean alone.

None of them is a proof. How much noise is enough is the question of differential privacy; the noise here comes from
torch's generator, which is for measuring: whoever knows its state subtracts it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

__all__ = ["clipped", "distance_correlation", "noisy", "protect", "without_small"]

Changes = list[Any]  # one tensor for each parameter, or a pointer to it


@torch.no_grad()
def protect(model: nn.Module, start: nn.Module, defence: Callable[[Changes], Changes]) -> None:
    """Put start + defence(model - start) into the model, in place, where both are. start: a copy before training."""
    before = list(start.parameters())
    changes = defence([p - b for p, b in zip(model.parameters(), before, strict=True)])
    for p, b, change in zip(model.parameters(), before, changes, strict=True):
        p.copy_(b + change)


def clipped(changes: Changes, norm: float) -> Changes:
    """The change, scaled down to this Euclidean norm if it is longer. Alone it hides nothing: a constant cancels."""
    length = flat(changes).square().sum().sqrt()
    return [change * torch.clamp(norm / (length + 1e-12), max=1.0) for change in changes]


def noisy(changes: Changes, deviation: float) -> Changes:
    """The change with normal noise of this standard deviation on each number. Clip first, and it is worth the same for
    everybody: Abadi et al. 2016, Deep Learning with Differential Privacy (arXiv 1607.00133), algorithm 1."""
    return [change + deviation * torch.randn_like(change) for change in changes]


def without_small(changes: Changes, kept: float) -> Changes:
    """The change with only its largest numbers, a share `kept` of them; the others become 0.

    Zhu, Liu, Han 2019, Deep Leakage from Gradients (arXiv 1906.08935), section 5.2 (gradient compression).
    """
    sizes = flat(changes).abs()
    count = max(1, round(kept * sizes.numel()))
    least = torch.topk(sizes, count)[0].min()
    return [change * (change.abs() >= least) for change in changes]


def distance_correlation(x: Any, z: Any) -> Any:
    """How much the rows of z tell about the rows of x, from 0 (nothing) to 1, differentiable. NoPeek's penalty.

    NoPeek: the data owner minimizes loss + weight * distance_correlation(inputs, activations).

    Vepakomma et al. 2020, NoPeek: Information leakage reduction to share activations in distributed deep learning
    (arXiv 2008.09161); Szekely, Rizzo, Bakirov 2007, Measuring and Testing Dependence by Correlation of
    Distances (Annals of Statistics 35(6)).
    """
    a, b = centred(x), centred(z)
    covariance = (a * b).mean()
    variances = (a * a).mean() * (b * b).mean()
    return (covariance / (variances.sqrt() + 1e-12)).clamp(min=1e-12).sqrt()


def centred(x: Any) -> Any:
    """The distances between all rows, (rows, rows), with every row and column moved to mean 0."""
    rows = x.flatten(1)
    squares = (rows * rows).sum(1)
    between = (squares[:, None] + squares[None, :] - 2 * rows @ rows.t()).clamp(min=1e-12).sqrt()
    return between - between.mean(0) - between.mean(1)[:, None] + between.mean()


def flat(changes: Changes) -> Any:
    return torch.cat([change.reshape(-1) for change in changes])
