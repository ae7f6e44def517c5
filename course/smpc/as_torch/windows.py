"""Windows over pictures: convolution and pooling."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from course.errors import SharedError
from course.smpc.as_torch.comparisons import largest
from course.smpc.as_torch.table import (
    FORMLESS,
    as_shared,
    aten,
    factor,
    on,
    precision_among,
    shared_among,
)
from course.smpc.shared import SharedTensor, ask, scale_of


def same_both_ways(numbers: Sequence[int], what: str) -> int:
    if len(set(numbers)) != 1:
        raise SharedError(
            f"A convolution on shares with {what} {list(numbers)}", "both directions have one", "Use one number"
        )
    return int(numbers[0])


def plain_convolution(dilation: Any, transposed: bool, groups: int) -> None:
    if transposed or groups != 1 or any(size != 1 for size in dilation):
        why = "only plain convolutions have a program: not transposed, one group, no dilation"
        raise SharedError("This convolution on shares", why, "Use nn.Conv2d(in, out, size, stride, padding)")


@on(aten.convolution.default)
def convolution(
    out: Tensor,
    x: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    transposed: bool,
    output_padding: Any,
    groups: int,
) -> Any:
    plain_convolution(dilation, transposed, groups)
    step, margin = same_both_ways(stride, "stride"), same_both_ways(padding, "padding")
    if isinstance(weight, SharedTensor):
        x = as_shared(x, weight)
        found = ask("conv2d", x, weight, step, margin, scale_of(x), out=out, precision=precision_among(x, weight))
    else:
        number, divisor = factor(weight, x)
        found = ask("conv2d_public", x, number, step, margin, divisor, out=out, precision=x.precision)
    return found if bias is None else found + bias.view(-1, 1, 1)


@on(aten.convolution_backward.default)
def convolution_backward(
    out: Any,
    gradient: Any,
    x: Any,
    weight: Any,
    bias_sizes: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    transposed: bool,
    output_padding: Any,
    groups: int,
    mask: Any,
) -> Any:
    step, margin = same_both_ways(stride, "stride"), same_both_ways(padding, "padding")
    like = shared_among(gradient, x, weight)
    gradient, x, weight = [as_shared(part, like) for part in (gradient, x, weight)]
    precision, scale = precision_among(gradient, x, weight), scale_of(gradient)
    size, kernel = tuple(x.shape[2:]), tuple(weight.shape[2:])
    to_x = to_weight = to_bias = None
    if mask[0]:
        to_x = ask("conv2d_input", gradient, weight, size, step, margin, scale, out=x, precision=precision)
    if mask[1]:
        to_weight = ask("conv2d_weight", x, gradient, kernel, step, margin, scale, out=weight, precision=precision)
    if mask[2]:
        to_bias = gradient.sum((0, 2, 3))
    return to_x, to_weight, to_bias


def window(size: Any, stride: Any, padding: Any) -> tuple[tuple[int, ...], ...]:
    pairs = [tuple(part) * 2 if len(part) == 1 else tuple(part) for part in (size, stride or size, padding)]
    return tuple(pairs)


def windows(x: SharedTensor, form: Any, out: Tensor) -> Any:
    shape = torch.empty((*out.shape, math.prod(form[0])), dtype=x.dtype, device="meta")
    return ask("windows", x, *form, out=shape, precision=x.precision)


@on(aten.avg_pool2d.default)
def avg_pool2d(out: Tensor, x: SharedTensor, size: Any, stride: Any = (), padding: Any = (0,), *more: Any) -> Any:
    form = window(size, stride, padding)
    return ask("summed", windows(x, form, out), (-1,), False, math.prod(form[0]), out=out, precision=x.precision)


@on(aten.avg_pool2d_backward.default)
def avg_pool2d_backward(out: Tensor, gradient: Any, x: Any, size: Any, stride: Any, padding: Any, *more: Any) -> Any:
    form = window(size, stride, padding)
    each = (as_shared(gradient, shared_among(gradient, x)) / math.prod(form[0])).unsqueeze(-1)
    spread = each.expand(*gradient.shape, math.prod(form[0]))
    return ask("unwind", spread, *form, tuple(x.shape[-2:]), out=out, precision=precision_among(spread))


@on(aten.max_pool2d_with_indices.default)
def max_pool2d(
    out: Any,
    x: SharedTensor,
    size: Any,
    stride: Any = (),
    padding: Any = (0,),
    dilation: Any = (1,),
    ceil: bool = False,
) -> Any:
    form = window(size, stride, padding)
    if any(form[2]) or any(step != 1 for step in dilation):
        why = "a window that reaches beyond the edge, or has gaps, has no program"
        raise SharedError(
            "max_pool2d on shares with padding or dilation", why, "Pad before, or choose windows that fit"
        )
    parts = windows(x, form, out[0])
    if x.requires_grad:
        value, places = largest(parts, -1, False)
        return value, places
    form_1 = torch.empty((*out[0].shape, 1), dtype=x.dtype, device="meta")
    value = ask("maximum", parts, -1, out=form_1, precision=x.precision).squeeze(-1)
    return value, torch.zeros(out[0].shape, dtype=torch.int64)


FORMLESS.add(aten.max_pool2d_with_indices_backward.default)  # the places of the largest, not their numbers


@on(aten.max_pool2d_with_indices_backward.default)
def max_pool2d_backward(
    out: None,
    gradient: Any,
    x: Any,
    size: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    ceil: bool,
    places: SharedTensor,
) -> Any:
    spread = gradient.unsqueeze(-1) * places
    return ask("unwind", spread, *window(size, stride, padding), tuple(x.shape[-2:]), out=x, precision=spread.precision)
