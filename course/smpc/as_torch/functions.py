"""exp, log, roots, sigmoid, softmax, and normalization with the statistics of before."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from course.errors import SharedError
from course.smpc.as_torch.table import (
    HANDLERS,
    aten,
    from_end,
    matched,
    on,
)
from course.smpc.shared import SharedTensor, ask


def _function(name: str, out: Tensor, x: SharedTensor) -> Any:
    return ask(name, x, x._fixed.scale, out=out, precision=x.precision)


for _operation, _program in {
    aten.exp: "exp",
    aten.log: "log",
    aten.sqrt: "sqrt",
    aten.rsqrt: "inverse_sqrt",
    aten.sigmoid: "sigmoid",
    aten.tanh: "tanh",
}.items():

    def _of_each(out: Tensor, x: SharedTensor, _program: str = _program) -> Any:
        return _function(_program, out, matched(x, out.dtype))

    HANDLERS[_operation.default] = _of_each


@on(aten.sigmoid_backward.default)
def sigmoid_backward(out: Tensor, gradient: Any, result: SharedTensor) -> Any:
    return gradient * (result - result.square())


@on(aten.tanh_backward.default)
def tanh_backward(out: Tensor, gradient: Any, result: SharedTensor) -> Any:
    return gradient * (1 - result.square())


@on(aten._softmax.default)
def softmax(out: Tensor, x: SharedTensor, dim: int, half_to_float: bool) -> Any:
    return ask("softmax", x, x._fixed.scale, *from_end(x, dim), out=out, precision=x.precision)


@on(aten._softmax_backward_data.default)
def softmax_backward(out: Tensor, gradient: Any, result: SharedTensor, dim: int, dtype: Any) -> Any:
    product = gradient * result
    return product - result * product.sum(dim, keepdim=True)


@on(aten._log_softmax.default)
def log_softmax(out: Tensor, x: SharedTensor, dim: int, half_to_float: bool) -> Any:
    result, powers = ask(
        "log_softmax_and_softmax", x, x._fixed.scale, *from_end(x, dim), out=(out, out), precision=x.precision
    )
    result.in_powers = powers
    return result


@on(aten._log_softmax_backward_data.default)
def log_softmax_backward(out: Tensor, gradient: Any, result: SharedTensor, dim: int, dtype: Any) -> Any:
    powers = result.in_powers if result.in_powers is not None else result.exp()
    return gradient - powers * gradient.sum(dim, keepdim=True)


@on(aten.native_batch_norm.default, aten._native_batch_norm_legit_no_training.default)
def batch_norm(out: Any, x: SharedTensor, weight: Any, bias: Any, mean: Any, variance: Any, *how: Any) -> Any:
    """In evaluation, with the mean and variance of before."""
    if len(how) == 3 and how[0]:
        why = "the mean and variance of a secret batch would have to be kept as a secret, too"
        raise SharedError("batch_norm in training on shares", why, "model.eval() uses those that it has")
    shape = (1, -1, *[1] * (x.dim() - 2))
    slope = (variance + how[-1]).rsqrt() if isinstance(variance, SharedTensor) else torch.rsqrt(variance + how[-1])
    slope = slope if weight is None else slope * weight
    shift = -mean * slope if bias is None else bias - mean * slope
    nothing = torch.empty(0)
    return x * slope.view(shape) + shift.view(shape), nothing, slope


@on(aten.native_batch_norm_backward.default)
def batch_norm_backward(
    out: Any,
    gradient: Any,
    x: Any,
    weight: Any,
    mean: Any,
    variance: Any,
    saved: Any,
    slope: Any,
    training: bool,
    eps: float,
    mask: Any,
) -> Any:
    shape = (1, -1, *[1] * (x.dim() - 2))
    others = [dim for dim in range(x.dim()) if dim != 1]
    inverse = (variance + eps).rsqrt()
    whole = inverse if weight is None else inverse * weight
    to_x = gradient * whole.view(shape) if mask[0] else None
    centred = (x - mean.view(shape)) * inverse.view(shape)
    to_weight = (gradient * centred).sum(others) if mask[1] else None
    return to_x, to_weight, gradient.sum(others) if mask[2] else None
