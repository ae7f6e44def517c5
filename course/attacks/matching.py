"""Gradient matching: look for inputs whose gradient is the one that was seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call

from course.attacks.architecture import named
from course.attacks.view import Update, check_update

__all__ = ["inputs_by_matching", "total_variation"]

TINY = 1e-20  # where L-BFGS stops by itself: only at the end of float64


def inputs_by_matching(
    update: Update,
    model: nn.Module,
    labels: torch.Tensor,
    shape: Sequence[int],
    *,
    tv: float = 0.0,
    steps: int = 500,
    seed: int = 0,
) -> torch.Tensor:
    """Inputs, (rows, *shape) float64, that explain a client's single step on a small batch.

    1. Begin with noise for inputs.
    2. Compute the gradient that the client would have sent for them; it stays differentiable.
    3. Its distance from the gradient seen: 1 - their cosine, so the learning rate does not matter. For noisy updates
       add tv * total variation, for images are smooth.
    4. Go down this distance, in the inputs (L-BFGS), and return where it ends.

    model: the architecture, with smooth activations; a ReLU has no second derivative to follow. labels: (rows,) int64,
    one for each row, such as label_counts() tells. The order of the rows is lost, for a mean has none.

    Limits: one local step with cross-entropy, few rows. The more rows, the less exact, and several steps need a
    simulation of them all.

    Geiping et al. 2020, Inverting Gradients (arXiv 2003.14053), equation 4; Zhu, Liu, Han 2019, Deep Leakage from
    Gradients (arXiv 1906.08935), algorithm 1, which takes L-BFGS.
    """
    check_update(update, "inputs_by_matching")
    parameters = {name: t.double().requires_grad_() for name, t in named(model, update.before).items()}
    seen = flat(update.change)
    noise = torch.Generator().manual_seed(seed)
    x = torch.rand((len(labels), *shape), generator=noise, dtype=torch.float64).requires_grad_()

    def distance() -> torch.Tensor:
        loss = F.cross_entropy(functional_call(model, parameters, (x,)), labels)
        ours = flat(torch.autograd.grad(loss, list(parameters.values()), create_graph=True))
        return 1 - F.cosine_similarity(ours, seen, dim=0) + tv * total_variation(x)

    optimizer: Any = torch.optim.LBFGS(
        [x], max_iter=steps, history_size=50, line_search_fn="strong_wolfe", tolerance_grad=TINY, tolerance_change=TINY
    )

    def closure() -> torch.Tensor:
        away = distance()
        (x.grad,) = torch.autograd.grad(away, [x])
        return away

    optimizer.step(closure)
    return x.detach()


def total_variation(images: torch.Tensor) -> torch.Tensor:
    """The mean difference between neighbouring pixels, of (..., height, width); 0 for rows that are no images."""
    if images.dim() < 3:
        return images.new_zeros(())
    return images.diff(dim=-1).abs().mean() + images.diff(dim=-2).abs().mean()


def flat(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    return torch.cat([tensor.reshape(-1) for tensor in tensors])
