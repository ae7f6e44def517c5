"""Sums, differences, products, quotients and powers of shared tensors."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from course.errors import SharedError
from course.smpc.as_torch.table import (
    as_shared,
    aten,
    encoded,
    factor,
    from_end,
    matched,
    on,
    precision_among,
)
from course.smpc.shared import SharedTensor, ask, scale_of


@on(aten.add.Tensor, aten.add.Scalar)
def add(out: Tensor, x: Any, y: Any, alpha: Any = 1) -> Any:
    if alpha != 1:
        y = y * alpha
    return _add(out, x, y)


@on(aten.sub.Tensor, aten.sub.Scalar)
def sub(out: Tensor, x: Any, y: Any, alpha: Any = 1) -> Any:
    if alpha != 1:
        y = y * alpha
    if isinstance(x, SharedTensor) and isinstance(y, SharedTensor):
        return ask("sub", matched(x, out.dtype), matched(y, out.dtype), out=out, precision=precision_among(x, y))
    return _add(out, x, -y) if isinstance(x, SharedTensor) else _add(out, y, x, sign=-1)


@on(aten.rsub.Scalar, aten.rsub.Tensor)
def rsub(out: Tensor, x: SharedTensor, y: Any, alpha: Any = 1) -> Any:
    return sub(out, y, x, alpha)


def _add(out: Tensor, x: Any, y: Any, sign: int = 1) -> Any:
    """x * sign + y, of which one may be public."""
    if not isinstance(x, SharedTensor):
        x, y = y, x
    precision = precision_among(x, y)
    x = matched(x, out.dtype)
    if isinstance(y, SharedTensor):
        return ask("add", x, matched(y, out.dtype), out=out, precision=precision)
    scale = x._fixed.scale if out.dtype.is_floating_point else 1
    return ask("add_public", x, encoded(torch.as_tensor(y, dtype=out.dtype), scale), sign, out=out, precision=precision)


@on(aten.neg.default)
def neg(out: Tensor, x: SharedTensor) -> Any:
    return ask("neg", x, out=out, precision=x.precision)


@on(aten.sum.default)
def sum_all(out: Tensor, x: SharedTensor, dtype: Any = None) -> Any:
    return ask("summed", x, (), False, 1, out=out, precision=x.precision)


@on(aten.sum.dim_IntList)
def sum_dims(out: Tensor, x: SharedTensor, dims: Any, keepdim: bool = False, dtype: Any = None) -> Any:
    return ask("summed", x, from_end(x, dims or ()), keepdim, 1, out=out, precision=x.precision)


@on(aten.mean.default)
def mean_all(out: Tensor, x: SharedTensor, dtype: Any = None) -> Any:
    return ask("summed", x, (), False, x.numel(), out=out, precision=x.precision)


@on(aten.mean.dim)
def mean_dims(out: Tensor, x: SharedTensor, dims: Any, keepdim: bool = False, dtype: Any = None) -> Any:
    places = from_end(x, dims or range(x.dim()))
    return ask("summed", x, places, keepdim, math.prod(x.shape[dim] for dim in places), out=out, precision=x.precision)


@on(aten.mul.Tensor, aten.mul.Scalar)
def mul(out: Tensor, x: Any, y: Any) -> Any:
    if not isinstance(x, SharedTensor):
        x, y = y, x
    precision = precision_among(x, y)
    if isinstance(y, SharedTensor):
        both = x.dtype.is_floating_point and y.dtype.is_floating_point
        return ask("mul", x, y, x._fixed.scale if both else 1, out=out, precision=precision)
    if out.dtype.is_floating_point and not x.dtype.is_floating_point:  # whole numbers take the digits of the factor
        number = encoded(torch.as_tensor(y, dtype=torch.float64), x._fixed.scale)
        return ask("mul_public", x, number, 1, out=out, precision=precision)
    number, divisor = factor(y, x)
    return ask("mul_public", x, number, divisor, out=out, precision=precision)


@on(aten.div.Tensor, aten.div.Scalar)
def div(out: Tensor, x: Any, y: Any) -> Any:
    if isinstance(y, SharedTensor):
        like = y
        x = matched(as_shared(x, like, out.dtype), out.dtype)
        y = matched(y, out.dtype)
        return ask("quotient", x, y, like._fixed.scale, out=out, precision=precision_among(x, y))
    x = matched(x, out.dtype)
    number = torch.as_tensor(y, dtype=torch.float64)
    if (number == 0).any():
        raise ZeroDivisionError("a shared tensor was divided by 0, and no integer stands for infinity")
    if number.numel() == 1 and number.item() == round(number.item()) and 2 <= number.item() <= 2**40:
        return ask("divided", x, int(number.item()), out=out, precision=x.precision)
    return mul(out, x, 1 / number)


@on(aten.reciprocal.default)
def reciprocal(out: Tensor, x: SharedTensor) -> Any:
    return ask("reciprocal", x, scale_of(x), out=out, precision=x.precision)


@on(aten.pow.Tensor_Scalar)
def power(out: Tensor, x: SharedTensor, exponent: Any) -> Any:
    """A whole power by squaring; the root; and one over any of these."""
    if exponent < 0:
        return power(out, x, -exponent).reciprocal()
    if exponent == 0.5:
        return x.sqrt()
    if exponent != int(exponent):
        why = "only whole powers and the square root have a program"
        raise SharedError(f"x ** {exponent} on shares", why, "exp(log(x) * power) is right for positive x")
    if exponent == 0:
        return torch.ones(x.shape, dtype=x.dtype)
    if exponent == 1:
        return x.clone()
    half = power(out, x, int(exponent) // 2)
    squared = ask("square", half, scale_of(half), out=out, precision=x.precision)
    return squared * x if int(exponent) % 2 else squared


@on(aten.square.default)
def square(out: Tensor, x: SharedTensor) -> Any:
    return ask("square", x, scale_of(x), out=out, precision=x.precision)


@on(aten.mm.default, aten.bmm.default, aten.mv.default, aten.dot.default)
def matmul(out: Tensor, x: Any, y: Any) -> Any:
    precision = precision_among(x, y)
    if y.dim() == 1:  # a vector is a matrix of one column
        form = torch.empty((*out.shape, 1) if out.dim() else (1, 1), dtype=out.dtype, device="meta")
        rows = x.reshape(1, -1) if x.dim() == 1 else x
        return matmul(form, rows, y.reshape(-1, 1)).reshape(out.shape)
    if isinstance(x, SharedTensor) and isinstance(y, SharedTensor):
        return ask("matmul", x, y, scale_of(x), out=out, precision=precision)
    secret, known = (x, y) if isinstance(x, SharedTensor) else (y, x)
    number, divisor = factor(known, secret)
    return ask("matmul_public", secret, number, secret is y, divisor, out=out, precision=precision)


@on(aten.addmm.default)
def addmm(out: Tensor, bias: Any, x: Any, y: Any, beta: Any = 1, alpha: Any = 1) -> Any:
    everything = all(isinstance(part, SharedTensor) for part in (bias, x, y))
    if everything and beta == alpha == 1:
        return ask("linear", x, y, bias, scale_of(x), out=out, precision=precision_among(bias, x, y))
    product = matmul(out, x, y) if isinstance(x, SharedTensor) or isinstance(y, SharedTensor) else x @ y
    return product * alpha + bias * beta


@on(aten.addcmul.default)
def addcmul(out: Tensor, x: Any, y: Any, z: Any, value: Any = 1) -> Any:
    return x + y * z * value


@on(aten.addcdiv.default)
def addcdiv(out: Tensor, x: Any, y: Any, z: Any, value: Any = 1) -> Any:
    return x + y / z * value


@on(aten.lerp.Scalar)
def lerp(out: Tensor, x: Any, end: Any, weight: Any) -> Any:
    return x + (end - x) * weight
