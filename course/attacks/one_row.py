"""The row behind one update: exact, if a client trained on one row only."""

from __future__ import annotations

import torch

from course.attacks.view import Update, check_update
from course.errors import CourseError

__all__ = ["NoBiasChangeError", "NoLinearLayerError", "first_linear", "input_from_update", "row_behind"]


class NoLinearLayerError(CourseError, ValueError):
    """Reading an input from a model that does not begin with a linear layer with a bias."""


class NoBiasChangeError(CourseError, ValueError):
    """Reading from an update that did not change a layer's bias. Facts: which layer, what it would tell."""

    @staticmethod
    def explain(*facts: str) -> str:
        layer, what = facts
        return (
            f"This update changed no bias of the {layer} layer: either the client did no step, or no unit of the layer"
            f" was active (a ReLU that is 0 has no gradient), or the bias was frozen, or there is none. Without it the"
            f" update does not tell {what} in this way. Attack an update of another round, or of a model with biases."
        )


def input_from_update(update: Update) -> torch.Tensor:
    """The input of the row that a client trained on, (features,) float64, from its update.

        with sy.attacks.watch(secure_worker) as view: ...
        sy.attacks.input_from_update(view.update("bob"))

    1. A unit i of the first linear layer computes z_i = w_i x + b_i. So dL/dw_i = dL/dz_i x, and dL/db_i = dL/dz_i.
    2. Plain SGD adds lr times these up. While x is the same at each step, after any number of them
       dw_i = s_i x and db_i = s_i, with one number s_i for each unit.
    3. So x = dw_i / db_i, for any unit that was not silent.

    Limits: one row per client, and an optimizer that steps along the gradient (SGD, also with momentum, but not with
    weight decay, and not Adam). Of a batch it gives a mixture of the rows. More steps, another learning rate or an
    update scaled by any constant do not hinder it, for they only change s_i.

    Phong et al. 2018, Privacy-Preserving Deep Learning via Additively Homomorphic Encryption (IEEE TIFS 13(5)),
    section III; Geiping et al. 2020, Inverting Gradients (arXiv 2003.14053), proposition 3.1.

    Raises NoLinearLayerError if the model does not begin with a linear layer with a bias, NoBiasChangeError if all its
    units were silent.
    """
    weight, bias = first_linear(check_update(update, "input_from_update"))
    return row_behind(weight, bias)


def row_behind(weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """x, (features,), from the changes dW = s xᵀ, (units, features), and db = s, (units,).

    Rounding is worst where a unit hardly changed, so each counts by the square of its change: this is the x with the
    smallest ||dW - db xᵀ||, and a silent unit (db = 0) has no say. An input without any change is 0.
    """
    if not bias.any():
        raise NoBiasChangeError("first", "the row")
    kept = (weight != 0).double()  # a number that was dropped from the update tells nothing
    return bias @ weight / (bias.square() @ kept).clamp(min=torch.finfo(torch.float64).tiny)


def first_linear(update: Update) -> tuple[torch.Tensor, torch.Tensor]:
    """The change of the first layer's weight, (units, features), and of its bias, (units,)."""
    weight, bias = update.change[:2]
    if weight.dim() != 2 or bias.shape != weight.shape[:1]:
        raise NoLinearLayerError(
            f"The model in this update begins with tensors of shape {tuple(weight.shape)} and {tuple(bias.shape)}, and"
            f" a linear layer with a bias has (units, features) and (units,). Only there is each weight's change the"
            f" bias's change times an input. A convolution or a layer without bias is no protection: attack such a"
            f" model with inputs_by_matching()."
        )
    return weight, bias
