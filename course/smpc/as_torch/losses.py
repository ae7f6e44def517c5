"""Losses: squared error, and the logarithm of what was predicted for a public label."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from course.errors import SharedError
from course.smpc.as_torch.table import (
    aten,
    on,
)
from course.smpc.shared import SharedTensor

MEAN = 1
SUM = 2


@on(aten.mse_loss.default)
def mse_loss(out: Tensor, x: Any, target: Any, reduction: int = MEAN) -> Any:
    squared = (x - target).square()
    return squared.mean() if reduction == MEAN else squared.sum() if reduction == SUM else squared


@on(aten.mse_loss_backward.default)
def mse_loss_backward(out: Tensor, gradient: Any, x: Any, target: Any, reduction: int) -> Any:
    difference = (x - target) * 2
    return gradient * (difference / out.numel() if reduction == MEAN else difference)


@on(aten.nll_loss_forward.default)
def nll_loss(out: Any, x: SharedTensor, target: Tensor, weight: Any, reduction: int, ignore: int) -> Any:
    check_labels(x, target, weight)
    chosen = -x.gather(-1, target.unsqueeze(-1)).squeeze(-1)
    whole = torch.tensor(float(target.numel()))
    return (chosen.mean() if reduction == MEAN else chosen.sum() if reduction == SUM else chosen), whole


@on(aten.nll_loss_backward.default)
def nll_loss_backward(
    out: Tensor, gradient: Any, x: SharedTensor, target: Any, weight: Any, reduction: int, ignore: int, whole: Any
) -> Any:
    hot = torch.zeros(x.shape, dtype=x.dtype).scatter_(-1, target.unsqueeze(-1), -1.0)
    spread = gradient.unsqueeze(-1) if gradient.dim() else gradient
    return hot * (spread / target.numel() if reduction == MEAN else spread)


def check_labels(x: SharedTensor, target: Any, weight: Any) -> None:
    if isinstance(target, SharedTensor):
        why = "a label is the place of a number among others, and a secret place cannot be looked up"
        instead = "Share labels as 1 at the place and 0 elsewhere: loss = -(labels * log_softmax(x)).sum()"
        raise SharedError("nll_loss with secret labels", why, instead)
    if weight is not None or x.dim() != 2 or bool((target < 0).any()):
        why = "weights, ignored labels and rows of pictures have no program"
        raise SharedError(
            "This nll_loss on shares", why, "Take the entries of log_softmax(x) yourself, and weigh and sum them"
        )
