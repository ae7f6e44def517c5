"""Which is larger, where the largest is, and what follows from it: relu, clamp, where."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from course.errors import SharedError
from course.smpc.as_torch.arithmetic import mul, sub
from course.smpc.as_torch.table import (
    as_shared,
    aten,
    from_end,
    matched,
    meta,
    on,
    precision_among,
    shared_among,
)
from course.smpc.shared import SharedTensor, ask, scale_of


def _below(out: Tensor, x: Any, y: Any) -> Any:
    """1 where x < y."""
    like = shared_among(x, y)
    dtype = torch.result_type(meta(x), meta(y))
    x, y = [matched(part, dtype) if isinstance(part, SharedTensor) else part for part in (x, y)]
    precision = precision_among(x, y)
    if isinstance(x, SharedTensor) and isinstance(y, SharedTensor):
        return ask("less", x, y, out=out, precision=precision)
    scale = like._fixed.scale if dtype.is_floating_point else 1
    if isinstance(x, SharedTensor):
        bound = just_above(y, scale)
        difference = ask("add_public", x, -bound, 1, out=out, precision=precision)
    else:
        bound = -just_above(-torch.as_tensor(x, dtype=torch.float64), scale) if scale > 1 else torch.as_tensor(x).long()
        difference = ask("add_public", y, bound, -1, out=out, precision=precision)
    return ask("negative", difference, out=out, precision=precision)


def just_above(value: Any, scale: int) -> Tensor:
    """The smallest encoding that is not below a public number: x < value exactly where its encoding is below that."""
    value = torch.as_tensor(value)
    if not value.dtype.is_floating_point:
        whole: Tensor = value.long() * scale
        return whole
    limit: Tensor = torch.ceil(value.double() * scale - 1e-6)  # what stands for value itself is not below it
    return limit.clamp(-(2.0**62), 2.0**62).long()


@on(aten.lt.Tensor, aten.lt.Scalar)
def lt(out: Tensor, x: Any, y: Any) -> Any:
    return _below(out, x, y)


@on(aten.gt.Tensor, aten.gt.Scalar)
def gt(out: Tensor, x: Any, y: Any) -> Any:
    return _below(out, y, x)


@on(aten.ge.Tensor, aten.ge.Scalar)
def ge(out: Tensor, x: Any, y: Any) -> Any:
    return logical_not(out, _below(out, x, y))


@on(aten.le.Tensor, aten.le.Scalar)
def le(out: Tensor, x: Any, y: Any) -> Any:
    return logical_not(out, _below(out, y, x))


@on(aten.eq.Tensor, aten.eq.Scalar)
def eq(out: Tensor, x: Any, y: Any) -> Any:
    if not isinstance(x, SharedTensor):
        x, y = y, x
    form = torch.empty(out.shape, dtype=torch.result_type(meta(x), meta(y)), device="meta")
    if form.dtype is torch.bool:
        form = form.long()
    difference = sub(form, x, y)
    return ask("is_zero", difference, out=out, precision=x.precision)


@on(aten.ne.Tensor, aten.ne.Scalar)
def ne(out: Tensor, x: Any, y: Any) -> Any:
    return logical_not(out, eq(out, x, y))


@on(aten.logical_not.default, aten.bitwise_not.default)
def logical_not(out: Tensor, x: SharedTensor) -> Any:
    return ask("add_public", x, torch.tensor(1), -1, out=out, precision=x.precision)


@on(aten.bitwise_and.Tensor, aten.logical_and.default)
def logical_and(out: Tensor, x: Any, y: Any) -> Any:
    return mul(out, x, y)


@on(aten.bitwise_or.Tensor, aten.logical_or.default)
def logical_or(out: Tensor, x: Any, y: Any) -> Any:
    return logical_not(out, mul(out, logical_not(out, as_shared(x, shared_among(x, y))), ~y))


@on(aten.where.self)
def where(out: Tensor, condition: Any, x: Any, y: Any) -> Any:
    if not isinstance(condition, SharedTensor):
        condition = condition.to(out.dtype)
    return y + condition * (x - y)


@on(aten.relu.default)
def relu(out: Tensor, x: SharedTensor) -> Any:
    result, sign = ask("relu", x, out=(out, out.bool()), precision=x.precision)
    result.is_positive = sign
    return result


@on(aten.threshold_backward.default)
def threshold_backward(out: Tensor, gradient: Any, x: SharedTensor, threshold: Any) -> Any:
    positive = x.is_positive if x.is_positive is not None and threshold == 0 else x > threshold
    return gradient * positive


@on(aten.abs.default)
def abs_(out: Tensor, x: SharedTensor) -> Any:
    return x.relu() * 2 - x


@on(aten.sgn.default, aten.sign.default)
def sign(out: Tensor, x: SharedTensor) -> Any:
    return (x > 0).to(out.dtype) - (x < 0).to(out.dtype)


@on(aten.clamp.default)
def clamp(out: Tensor, x: SharedTensor, low: Any = None, high: Any = None) -> Any:
    if low is None:
        return high - (high - x).relu()
    if high is None:
        return (x - low).relu() + low
    scale = scale_of(x)
    return ask("clamp", x, round(low * scale), round(high * scale), out=out, precision=x.precision)


@on(aten.clamp_min.default)
def clamp_min(out: Tensor, x: SharedTensor, low: Any) -> Any:
    return (x - low).relu() + low


@on(aten.maximum.default)
def maximum(out: Tensor, x: Any, y: Any) -> Any:
    return y + (x - y).relu()


@on(aten.minimum.default)
def minimum(out: Tensor, x: Any, y: Any) -> Any:
    return x - (x - y).relu()


@on(aten.max.default)
def max_all(out: Tensor, x: SharedTensor) -> Any:
    return largest(x.reshape(-1), 0, False)[0].reshape(())


@on(aten.max.dim)
def max_dim(out: Any, x: SharedTensor, dim: int, keepdim: bool = False) -> Any:
    value, places = largest(x, dim, keepdim)
    return value, numbered(places, dim, keepdim)


@on(aten.scatter.src)
def scatter(out: Tensor, x: Any, dim: int, index: Any, source: Any) -> Any:
    """Numbers that go to secret places of a row of zeros: the gradient of max."""
    places = getattr(index, "places", None)
    if places is None or places.shape != out.shape:
        why = "only what max() has found is put back at its place"
        raise SharedError("scatter on shares", why, "Multiply by 1 at the place and 0 elsewhere, and add")
    return x + places * source


@on(aten.min.dim)
def min_dim(out: Any, x: SharedTensor, dim: int, keepdim: bool = False) -> Any:
    value, places = largest(-x, dim, keepdim)
    return -value, numbered(places, dim, keepdim)


@on(aten.min.default)
def min_all(out: Tensor, x: SharedTensor) -> Any:
    return -max_all(out, -x)


@on(aten.amax.default)
def amax(out: Tensor, x: SharedTensor, dims: Any = (), keepdim: bool = False) -> Any:
    (dim,) = from_end(x, dims) if len(dims) == 1 else (None,)
    if dim is None:
        raise SharedError("amax over several dimensions of shares", "one at a time is what there is", "Use x.max()")
    return largest(x, dim, keepdim)[0]


@on(aten.argmax.default)
def argmax(out: Tensor, x: SharedTensor, dim: Any = None, keepdim: bool = False) -> Any:
    if dim is None:
        return argmax(out, x.reshape(-1), 0).reshape(out.shape)
    return numbered(largest(x, dim, keepdim)[1], dim, keepdim)


def largest(x: Any, dim: int, keepdim: bool) -> tuple[SharedTensor, SharedTensor]:
    """The largest, and 1 where it is."""
    place = from_end(x, dim)[0]
    value = torch.empty(
        [1 if at == place + x.dim() else size for at, size in enumerate(x.shape)], dtype=x.dtype, device="meta"
    )
    places = torch.empty(x.shape, dtype=torch.bool, device="meta")
    found, where = ask("largest", x, place, out=(value, places), precision=x.precision)
    return found if keepdim else found.squeeze(dim), where


def numbered(places: Any, dim: int, keepdim: bool) -> Any:
    """The number of the place at which 1 stands."""
    shape = [1] * places.dim()
    shape[dim] = -1
    numbers = torch.arange(places.shape[dim]).view(shape)
    found: Any = (places * numbers).sum(dim, keepdim=keepdim)
    found.places = places
    return found
