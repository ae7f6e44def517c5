"""Labels from an update: the bias of the last layer tells which classes the rows had."""

from __future__ import annotations

import torch
from torch import nn
from torch.func import functional_call

from course.attacks.architecture import named
from course.attacks.one_row import NoBiasChangeError
from course.attacks.view import Update, check_update

__all__ = ["label_counts", "label_from_update"]


def label_from_update(update: Update) -> int:
    """The label of the one row that a client trained on, from the change of the last bias.

    1. With cross-entropy, dL/db_c = p_c - [c is the label]: positive for every class but the label.
    2. Steps of SGD add such gradients up, and the signs stay. So the label is the one negative entry.

    Limits: one row per client, a last layer with a bias, cross-entropy. It needs no small learning rate, no first step
    and no knowledge of the model.

    Zhao, Mopuri, Bilen 2020, iDLG (arXiv 2001.02610), section 3.

    Raises NoBiasChangeError for an update that did not change the last bias.
    """
    return int(last_bias(check_update(update, "label_from_update")).argmin())


def label_counts(update: Update, rows: int, lr: float, model: nn.Module, own_rows: torch.Tensor) -> torch.Tensor:
    """How many of a client's `rows` have each label, (classes,) int64, after one step on all of them.

    1. The gradient of the last bias is the mean of p_c - [c is the label]: g_c = mean(p_c) - n_c / rows.
    2. The attacker does not know the outputs p for the client's rows, but those for `own_rows`: about the same mean,
       and the more so the less the model has learned.
    3. So n_c is about rows * (mean p_c - g_c), rounded such that the counts add up to `rows`.

    model: the architecture. lr: the client's learning rate, which the program says.

    Ma et al. 2023, Instance-wise Batch Label Restoration via Gradients (ICLR 2023), where the mean output comes from
    the gradient itself.
    """
    gradient = last_bias(check_update(update, "label_counts")) / lr
    with torch.no_grad():
        outputs = functional_call(model, named(model, update.before), (own_rows,))
    return rounded(rows * (outputs.double().softmax(1).mean(0) - gradient), rows)


def last_bias(update: Update) -> torch.Tensor:
    """The change of the last layer's bias, (classes,)."""
    bias = update.change[-1]
    if bias.dim() != 1 or not bias.any():
        raise NoBiasChangeError("last", "the label")
    return bias


def rounded(numbers: torch.Tensor, total: int) -> torch.Tensor:
    """Whole numbers of at least 0 that add up to `total`: those with the largest remainders are rounded up."""
    numbers = numbers.clamp(min=0)
    numbers = numbers * total / numbers.sum()
    whole = numbers.floor()
    up = (numbers - whole).argsort(descending=True)[: total - int(whole.sum())]
    whole[up] += 1
    return whole.long()
