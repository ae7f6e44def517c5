"""What changes only the form of a shared tensor: views, parts, and tensors that have only its form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from course.errors import SharedError
from course.smpc.as_torch.table import (
    as_shared,
    aten,
    from_end,
    matched,
    on,
    overwrite,
    precision_among,
    shared_among,
)
from course.smpc.shared import SharedTensor, ask


@on(aten.view.default, aten._unsafe_view.default, aten.reshape.default, aten._reshape_alias.default)
def view(out: Tensor, x: SharedTensor, *shape: Any) -> Any:
    return ask("view", x, tuple(out.shape), out=out, precision=x.precision)


@on(
    aten.squeeze.default,
    aten.squeeze.dim,
    aten.squeeze.dims,
    aten.unsqueeze.default,
    aten.flatten.using_ints,
)
def reshaped(out: Tensor, x: SharedTensor, *how: Any) -> Any:
    result = ask("view", x, tuple(out.shape), out=out, precision=x.precision)
    result.places = x.places  # the gradient of max asks for these, behind a new axis
    return result


@on(aten.t.default)
def t(out: Tensor, x: SharedTensor) -> Any:
    return x.detach() if x.dim() < 2 else ask("transpose", x, -2, -1, out=out, precision=x.precision)


@on(aten.transpose.int)
def transpose(out: Tensor, x: SharedTensor, one: int, other: int) -> Any:
    return ask("transpose", x, *from_end(x, (one, other)), out=out, precision=x.precision)


@on(aten.permute.default)
def permute(out: Tensor, x: SharedTensor, dims: Any) -> Any:
    return ask("permute", x, from_end(x, dims), out=out, precision=x.precision)


@on(aten.expand.default)
def expand(out: Tensor, x: SharedTensor, shape: Any, implicit: bool = False) -> Any:
    return ask("expand", x, tuple(out.shape), out=out, precision=x.precision)


@on(aten.select.int)
def select(out: Tensor, x: SharedTensor, dim: int, index: int) -> Any:
    return ask("select", x, *from_end(x, dim), index, out=out, precision=x.precision)


@on(aten.slice.Tensor)
def cut(out: Tensor, x: SharedTensor, dim: int = 0, start: Any = None, end: Any = None, step: int = 1) -> Any:
    limits = start or 0, x.shape[dim] if end is None else min(end, x.shape[dim])
    return ask("cut", x, *from_end(x, dim), *limits, step, out=out, precision=x.precision)


@on(aten.split.Tensor, aten.split_with_sizes.default)
def split(out: Any, x: SharedTensor, sizes: Any, dim: int = 0) -> Any:
    lengths = [part.shape[dim] for part in out]
    starts = [sum(lengths[:place]) for place in range(len(lengths))]
    return [x.narrow(dim, start, length) for start, length in zip(starts, lengths, strict=True)]


@on(aten.unbind.int)
def unbind(out: Any, x: SharedTensor, dim: int = 0) -> Any:
    return [x.select(dim, place) for place in range(x.shape[dim])]


@on(aten.clone.default, aten.contiguous.default)
def clone(out: Tensor, x: SharedTensor, memory_format: Any = None) -> Any:
    return ask("clone", x, out=out, precision=x.precision)


@on(aten.detach.default, aten.alias.default, aten.lift_fresh.default)
def alias(out: Tensor, x: SharedTensor) -> Any:
    """Another tensor for the very same shares."""
    return same_shares(x, out)


def same_shares(x: SharedTensor, out: Tensor) -> SharedTensor:
    twin = SharedTensor.of(x._held, out.shape, out.dtype, x.precision)
    twin.share_with(x)
    return twin


@on(aten._to_copy.default)
def to_copy(out: Tensor, x: SharedTensor, **how: Any) -> Any:
    if x.dtype.is_floating_point and not out.dtype.is_floating_point:
        why = "rounding needs a comparison with what nobody knows"
        raise SharedError(
            f"to({str(out.dtype)[6:]}) on shares in fixed precision", why, "get() it, then round what you see"
        )
    return ask("clone", matched(x, out.dtype), out=out, precision=x.precision)


@on(aten.cat.default)
def cat(out: Tensor, parts: Sequence[Any], dim: int = 0) -> Any:
    parts = all_shared(parts, out.dtype)
    return ask("cat", parts, *from_end(out, dim), out=out, precision=precision_among(*parts))


@on(aten.stack.default)
def stack(out: Tensor, parts: Sequence[Any], dim: int = 0) -> Any:
    parts = all_shared(parts, out.dtype)
    return ask("stack", parts, *from_end(out, dim), out=out, precision=precision_among(*parts))


def all_shared(parts: Sequence[Any], dtype: torch.dtype) -> list[SharedTensor]:
    like = shared_among(*parts)
    return [matched(as_shared(part, like), dtype) for part in parts]


@on(aten.repeat.default)
def repeat(out: Tensor, x: SharedTensor, times: Sequence[int]) -> Any:
    shape = [1] * (len(times) - x.dim()) + list(x.shape)
    pairs = [size for pair in zip(times, shape, strict=True) for size in pair]
    apart = [size for one in shape for size in (1, one)]
    return x.reshape(apart).expand(pairs).reshape(out.shape)


@on(aten.flip.default)
def flip(out: Tensor, x: SharedTensor, dims: Any) -> Any:
    return ask("flip", x, from_end(x, dims), out=out, precision=x.precision)


@on(aten.constant_pad_nd.default)
def pad(out: Tensor, x: SharedTensor, widths: Any, value: Any = 0) -> Any:
    if value != 0:
        raise SharedError(
            f"pad with {value} on shares", "only zeros are put around shares", "Add the number afterwards"
        )
    return ask("pad", x, tuple(widths), out=out, precision=x.precision)


@on(aten.index_select.default)
def index_select(out: Tensor, x: SharedTensor, dim: int, index: Tensor) -> Any:
    return ask("take", x, *from_end(x, dim), public(index, "index_select"), out=out, precision=x.precision)


@on(aten.index.Tensor)
def index(out: Tensor, x: SharedTensor, places: Sequence[Any]) -> Any:
    named = [dim for dim, place in enumerate(places) if place is not None]
    if len(named) != 1:
        raise SharedError(
            "indexing shares with several tensors",
            "one at a time is what there is",
            "Index one dimension, then the next",
        )
    dim, where = named[0], public(places[named[0]], "indexing")
    where = where.nonzero()[:, 0] if where.dtype is torch.bool else where
    shape = out.shape
    taken = torch.empty((*x.shape[:dim], where.numel(), *x.shape[dim + 1 :]), dtype=x.dtype, device="meta")
    where = where.reshape(-1) % x.shape[dim]
    return ask("take", x, dim - x.dim(), where, out=taken, precision=x.precision).view(shape)


@on(aten.gather.default)
def gather(out: Tensor, x: SharedTensor, dim: int, index: Tensor, sparse_grad: bool = False) -> Any:
    return ask("pick", x, *from_end(x, dim), public(index, "gather"), out=out, precision=x.precision)


def public(index: Tensor, op: str) -> Tensor:
    if isinstance(index, SharedTensor):
        why = "a holder who knew the place would know the secret"
        raise SharedError(
            f"{op} at a secret place", why, "Multiply by shares of 1 at the place and 0 elsewhere, and sum"
        )
    return index


@on(aten.select_backward.default)
def select_backward(out: Tensor, gradient: SharedTensor, shape: Any, dim: int, index: int) -> Any:
    dim, index = dim % len(shape), index % shape[dim]
    return embedded(gradient.unsqueeze(dim), shape, dim, index, index + 1, 1)


@on(aten.slice_backward.default)
def slice_backward(out: Tensor, gradient: SharedTensor, shape: Any, dim: int, start: int, end: int, step: int) -> Any:
    return embedded(gradient, shape, dim, start, min(end, shape[dim]), step)


def embedded(x: Tensor, shape: Any, dim: int, start: int, end: int, step: int) -> Any:
    form = torch.empty(tuple(shape), dtype=x.dtype, device="meta")
    place = dim if dim < 0 else dim - len(shape)
    return ask("embed", x, tuple(shape), place, start, end, step, out=form, precision=precision_among(x))


@on(aten.zeros_like.default, aten.new_zeros.default)
def zeros(out: Tensor, x: SharedTensor, *args: Any, **kwargs: Any) -> Any:
    """Shares of zeros: something is going to be added to them, in place."""
    return as_shared(torch.zeros(out.shape, dtype=out.dtype), x)


@on(
    aten.ones_like.default,
    aten.new_ones.default,
    aten.empty_like.default,
    aten.new_empty.default,
    aten.new_empty_strided.default,
)
def ones(out: Tensor, x: SharedTensor, *args: Any, **kwargs: Any) -> Tensor:
    """A tensor that only has the form of a shared one tells nothing: it is an ordinary one."""
    return torch.ones(out.shape, dtype=out.dtype)


@on(aten.rand_like.default)
def rand(out: Tensor, x: SharedTensor, *args: Any, **kwargs: Any) -> Tensor:
    return torch.rand(out.shape, dtype=out.dtype)


@on(aten.randn_like.default)
def randn(out: Tensor, x: SharedTensor, *args: Any, **kwargs: Any) -> Tensor:
    return torch.randn(out.shape, dtype=out.dtype)


@on(aten.full_like.default, aten.new_full.default)
def full(out: Tensor, x: SharedTensor, *args: Any, **kwargs: Any) -> Tensor:
    return torch.full(out.shape, args[-1], dtype=out.dtype)


@on(aten.isnan.default, aten.isinf.default)
def never(out: Tensor, x: SharedTensor) -> Tensor:
    """Everybody knows that: no integer stands for these."""
    return torch.zeros(x.shape, dtype=torch.bool)


@on(aten.zero.default)
def zero(out: Tensor, x: SharedTensor) -> Tensor:
    return torch.zeros(x.shape, dtype=x.dtype)


@on(aten.fill.Scalar)
def fill(out: Tensor, x: SharedTensor, value: Any) -> Tensor:
    return torch.full(x.shape, value, dtype=x.dtype)


@on(aten.masked_fill.Scalar, aten.masked_fill.Tensor)
def masked_fill(out: Tensor, x: Any, mask: Any, value: Any) -> Any:
    return x + mask * (value - x)


@on(aten.copy_.default)
def copy(out: Tensor, x: Any, source: Any, non_blocking: bool = False) -> Any:
    if not isinstance(x, SharedTensor):
        why = "that would be its values, here"
        raise SharedError("Copying shares into an ordinary tensor", why, "get() opens them, where that is meant")
    if not isinstance(source, SharedTensor):
        why = "all holders would be told these numbers, which were a secret until now"
        raise SharedError(
            "Copying an ordinary tensor into shares", why, "Share it first, or make it with the secret's own operations"
        )
    return overwrite(x, source if source.shape == x.shape else source.expand(x.shape))
