"""What torch asks of a shared tensor, and which program its holders run for that.

torch breaks models, losses, gradients and optimizers down to its own operations (`torch.ops.aten`). Each that shares can
do has a function here. It gets what would come out (`out`: shape and dtype, from torch's meta device), then the
operation's own arguments, of which any may be shared.

Public numbers are rounded too. Where they are added, to the precision of the secret; where they multiply, to 20
significant bits, or not at all if they are whole: so a secret times a public number is right as long as it is smaller than
2**42 in units of its last digit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from course.errors import PrecisionError, SharedError
from course.smpc.fixed_precision import Precision, to_integers
from course.smpc.shared import SharedTensor, ask, scale_of

__all__ = ["HANDLERS", "do"]

aten = torch.ops.aten
Handler = Callable[..., Any]
HANDLERS: dict[Any, Handler] = {}
FACTOR_BITS = 20


def on(*operations: Any) -> Callable[[Handler], Handler]:
    """What to do for these operations of torch."""

    def decorate(handler: Handler) -> Handler:
        for operation in operations:
            HANDLERS[operation] = handler
        return handler

    return decorate


def do(func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Run an operation of torch. SharedError for one that shares cannot do."""
    handler = HANDLERS.get(func)
    if handler is not None:
        return handler(without_values(func, args, kwargs), *args, **kwargs)
    name = func._schema.name.removeprefix("aten::")
    if name.endswith("_") and isinstance(args[0], SharedTensor):
        return in_place(name, func._overloadname, args, kwargs)
    why = "no program of the holders does this yet, and whatever is computed elsewhere would have to be opened first"
    raise SharedError(f"{name}() on shares", why, "Write it with sums, products, comparisons and the functions that there are")


def without_values(func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """What would come out, without values: torch's own error where shapes do not fit."""
    return func(*[meta(arg) for arg in args], **{name: meta(value) for name, value in kwargs.items()})


def meta(arg: Any) -> Any:
    if isinstance(arg, Tensor):
        return torch.empty(arg.shape, dtype=arg.dtype, device="meta")
    if type(arg) in (list, tuple):
        return [meta(part) for part in arg]
    return "meta" if isinstance(arg, torch.device) else arg


def in_place(name: str, overload: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """An operation in place: the holders compute the new value, then write it over their old shares."""
    plain = getattr(getattr(aten, name[:-1]), overload)
    x = args[0]
    if plain not in HANDLERS:
        return do(plain, args, kwargs)  # which refuses it by its name
    result = as_shared(do(plain, args, kwargs), x)
    if result.shape != x.shape:
        raise RuntimeError(f"a tensor of shape {list(x.shape)} has no room for one of {list(result.shape)}")
    return overwrite(x, result)


def overwrite(x: SharedTensor, result: SharedTensor) -> SharedTensor:
    x.positive = x.softmax = None
    return ask("clone", matched(result, x.dtype), out=x, precision=x.precision, into=x)


# ---- scales ----------------------------------------------------------------------------------------------------------


def precision_among(*tensors: Any) -> Precision | None:
    """The precision of these. PrecisionError for two different ones."""
    found = {t.precision for t in tensors if isinstance(t, SharedTensor) and t.precision is not None}
    if len(found) > 1:
        one, other = sorted(found)
        raise PrecisionError(f"{one.digits} digits in base {one.base} with {other.digits} in base {other.base}", "one scale")
    return found.pop() if found else None


def as_shared(x: Any, like: SharedTensor, dtype: torch.dtype | None = None) -> SharedTensor:
    """Shares of a public tensor, or number, among the holders of another one; what is shared already stays."""
    if isinstance(x, SharedTensor):
        return x
    x = torch.as_tensor(x) if dtype is None else torch.as_tensor(x, dtype=dtype)
    precision = like.precision
    scale = like._fixed.scale if x.dtype.is_floating_point else 1
    # The values of `like` are not looked at: it says who the holders are.
    return ask("public_like", like, encoded(x, scale), out=x, precision=precision)


def encoded(x: Tensor, scale: int) -> Tensor:
    try:
        return to_integers(x, scale)
    except OverflowError as error:
        raise PrecisionError(f"{error} with a scale of {scale}", "2**62") from None


def matched(x: SharedTensor, dtype: torch.dtype) -> SharedTensor:
    """The same values in the scale of this dtype: whole numbers get their digits after the point."""
    if x.dtype.is_floating_point or not dtype.is_floating_point:
        return x
    form = torch.empty(x.shape, dtype=dtype, device="meta")
    return ask("mul_public", x, torch.tensor(x._fixed.scale), 1, out=form, precision=x.precision)


def factor(value: Any) -> tuple[Tensor, int]:
    """A public factor as integers, and what to divide by afterwards: 1 where it is whole."""
    value = torch.as_tensor(value).detach()
    if not value.dtype.is_floating_point:
        return value.long(), 1
    value = value.double()
    if not torch.isfinite(value).all():
        raise PrecisionError("A factor that is infinite or not a number", "what a secret can be multiplied by")
    largest = value.abs().max().item() if value.numel() else 0.0
    if bool((value == value.round()).all()) and largest < 2**31:
        return value.long(), 1
    bits = min(40, max(1, FACTOR_BITS - math.frexp(largest)[1]))
    return (value * 2**bits).round().long(), 2**bits


def shared_among(*args: Any) -> SharedTensor:
    return next(arg for arg in args if isinstance(arg, SharedTensor))


# ---- sums ------------------------------------------------------------------------------------------------------------


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


# ---- form ------------------------------------------------------------------------------------------------------------


def from_end(x: Tensor, dims: Any) -> tuple[int, ...]:
    """Dimensions counted from the end."""
    dims = (dims,) if isinstance(dims, int) else dims
    return tuple([dim if dim < 0 else dim - max(x.dim(), 1) for dim in dims])


@on(aten.view.default, aten._unsafe_view.default, aten.reshape.default, aten._reshape_alias.default)
def view(out: Tensor, x: SharedTensor, *shape: Any) -> Any:
    return ask("view", x, tuple(out.shape), out=out, precision=x.precision)


@on(
    aten.squeeze.default, aten.squeeze.dim, aten.squeeze.dims, aten.unsqueeze.default, aten.flatten.using_ints,
)  # fmt: skip
def reshaped(out: Tensor, x: SharedTensor, *how: Any) -> Any:
    return ask("view", x, tuple(out.shape), out=out, precision=x.precision)


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
    twin.positive, twin.softmax = x.positive, x.softmax
    return twin


@on(aten._to_copy.default)
def to_copy(out: Tensor, x: SharedTensor, **how: Any) -> Any:
    if x.dtype.is_floating_point and not out.dtype.is_floating_point:
        why = "rounding needs a comparison with what nobody knows"
        raise SharedError(f"to({str(out.dtype)[6:]}) on shares in fixed precision", why, "get() it, then round what you see")
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
        raise SharedError(f"pad with {value} on shares", "only zeros are put around shares", "Add the number afterwards")
    return ask("pad", x, tuple(widths), out=out, precision=x.precision)


@on(aten.index_select.default)
def index_select(out: Tensor, x: SharedTensor, dim: int, index: Tensor) -> Any:
    return ask("take", x, *from_end(x, dim), public(index, "index_select"), out=out, precision=x.precision)


@on(aten.index.Tensor)
def index(out: Tensor, x: SharedTensor, places: Sequence[Any]) -> Any:
    named = [dim for dim, place in enumerate(places) if place is not None]
    if len(named) != 1:
        raise SharedError("indexing shares with several tensors", "one at a time is what there is", "Index one dimension, then the next")
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
        raise SharedError(f"{op} at a secret place", why, "Multiply by shares of 1 at the place and 0 elsewhere, and sum")
    return index


@on(aten.select_backward.default)
def select_backward(out: Tensor, gradient: SharedTensor, shape: Any, dim: int, index: int) -> Any:
    dim, index = dim % len(shape), index % shape[dim]
    return embedded(gradient.unsqueeze(dim), shape, dim, index, index + 1, 1)


@on(aten.slice_backward.default)
def slice_backward(out: Tensor, gradient: SharedTensor, shape: Any, dim: int, start: int, end: int, step: int) -> Any:
    return embedded(gradient, shape, dim, start, min(end, shape[dim]), step)


def embedded(x: SharedTensor, shape: Any, dim: int, start: int, end: int, step: int) -> SharedTensor:
    form = torch.empty(tuple(shape), dtype=x.dtype, device="meta")
    place = dim if dim < 0 else dim - len(shape)
    return ask("embed", x, tuple(shape), place, start, end, step, out=form, precision=x.precision)  # type: ignore[no-any-return]


# A tensor that only has the form of a shared one tells nothing: it is an ordinary one.
for _name in ("ones", "zeros", "empty", "rand", "randn"):

    def _make(out: Tensor, *args: Any, _maker: Any = getattr(torch, _name), **kwargs: Any) -> Tensor:
        return _maker(out.shape, dtype=out.dtype)  # type: ignore[no-any-return]

    for _form in (f"{_name}_like", f"new_{_name}"):
        if hasattr(aten, _form):
            HANDLERS[getattr(aten, _form).default] = _make
HANDLERS[aten.new_empty_strided.default] = HANDLERS[aten.empty_like.default]


@on(aten.full_like.default, aten.new_full.default)
def full(out: Tensor, x: SharedTensor, *args: Any, **kwargs: Any) -> Tensor:
    return torch.full(out.shape, args[-1], dtype=out.dtype)


@on(aten.zero.default)
def zero(out: Tensor, x: SharedTensor) -> Tensor:
    return torch.zeros(x.shape, dtype=x.dtype)


@on(aten.fill.Scalar)
def fill(out: Tensor, x: SharedTensor, value: Any) -> Tensor:
    return torch.full(x.shape, value, dtype=x.dtype)


@on(aten.copy_.default)
def copy(out: Tensor, x: Any, source: Any, non_blocking: bool = False) -> Any:
    if not isinstance(x, SharedTensor):
        why = "that would be its values, here"
        raise SharedError("Copying shares into an ordinary tensor", why, "get() opens them, where that is meant")
    source = as_shared(source, x)
    return overwrite(x, source if source.shape == x.shape else source.expand(x.shape))


# ---- products --------------------------------------------------------------------------------------------------------


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
    number, divisor = factor(y)
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
    return _function("reciprocal", out, x)


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
    number, divisor = factor(known)
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


def same_both_ways(numbers: Sequence[int], what: str) -> int:
    if len(set(numbers)) != 1:
        raise SharedError(f"A convolution on shares with {what} {list(numbers)}", "both directions have one", "Use one number")
    return int(numbers[0])


def plain_convolution(dilation: Any, transposed: bool, groups: int) -> None:
    if transposed or groups != 1 or any(size != 1 for size in dilation):
        why = "only plain convolutions have a program: not transposed, one group, no dilation"
        raise SharedError("This convolution on shares", why, "Use nn.Conv2d(in, out, size, stride, padding)")


@on(aten.convolution.default)
def convolution(
    out: Tensor, x: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, transposed: bool,
    output_padding: Any, groups: int,
) -> Any:  # fmt: skip
    plain_convolution(dilation, transposed, groups)
    step, margin = same_both_ways(stride, "stride"), same_both_ways(padding, "padding")
    if isinstance(weight, SharedTensor):
        x = as_shared(x, weight)
        found = ask("conv2d", x, weight, step, margin, scale_of(x), out=out, precision=precision_among(x, weight))
    else:
        number, divisor = factor(weight)
        found = ask("conv2d_public", x, number, step, margin, divisor, out=out, precision=x.precision)
    return found if bias is None else found + bias.view(-1, 1, 1)


@on(aten.convolution_backward.default)
def convolution_backward(
    out: Any, gradient: Any, x: Any, weight: Any, bias_sizes: Any, stride: Any, padding: Any, dilation: Any,
    transposed: bool, output_padding: Any, groups: int, mask: Any,
) -> Any:  # fmt: skip
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


# ---- comparison ------------------------------------------------------------------------------------------------------


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
        return value.long() * scale
    limit = torch.ceil(value.double() * scale - 1e-6)  # what stands for value itself is not below it
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
    result.positive = sign
    return result


@on(aten.threshold_backward.default)
def threshold_backward(out: Tensor, gradient: Any, x: SharedTensor, threshold: Any) -> Any:
    positive = x.positive if x.positive is not None and threshold == 0 else x > threshold
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


def largest(x: SharedTensor, dim: int, keepdim: bool) -> tuple[SharedTensor, SharedTensor]:
    """The largest, and 1 where it is."""
    place = from_end(x, dim)[0]
    value = torch.empty([1 if at == place + x.dim() else size for at, size in enumerate(x.shape)], dtype=x.dtype, device="meta")
    places = torch.empty(x.shape, dtype=torch.bool, device="meta")
    found, where = ask("largest", x, place, out=(value, places), precision=x.precision)
    return found if keepdim else found.squeeze(dim), where


def numbered(places: SharedTensor, dim: int, keepdim: bool) -> Any:
    """The number of the place at which 1 stands."""
    shape = [1] * places.dim()
    shape[dim] = -1
    numbers = torch.arange(places.shape[dim]).view(shape)
    return (places * numbers).sum(dim, keepdim=keepdim)


# ---- pooling ---------------------------------------------------------------------------------------------------------


def window(size: Any, stride: Any, padding: Any) -> tuple[tuple[int, ...], ...]:
    pairs = [tuple(part) * 2 if len(part) == 1 else tuple(part) for part in (size, stride or size, padding)]
    return tuple(pairs)


def windows(x: SharedTensor, form: Any, out: Tensor) -> SharedTensor:
    shape = torch.empty((*out.shape, math.prod(form[0])), dtype=x.dtype, device="meta")
    return ask("windows", x, *form, out=shape, precision=x.precision)  # type: ignore[no-any-return]


@on(aten.avg_pool2d.default)
def avg_pool2d(out: Tensor, x: SharedTensor, size: Any, stride: Any = (), padding: Any = (0,), *more: Any) -> Any:
    form = window(size, stride, padding)
    return ask("summed", windows(x, form, out), (-1,), False, math.prod(form[0]), out=out, precision=x.precision)


@on(aten.avg_pool2d_backward.default)
def avg_pool2d_backward(out: Tensor, gradient: Any, x: Any, size: Any, stride: Any, padding: Any, *more: Any) -> Any:
    form = window(size, stride, padding)
    each = (as_shared(gradient, shared_among(gradient, x)) / math.prod(form[0])).unsqueeze(-1)
    spread = each.expand(*gradient.shape, math.prod(form[0]))
    return ask("unwind", spread, *form, tuple(x.shape[-2:]), out=out, precision=spread.precision)


@on(aten.max_pool2d_with_indices.default)
def max_pool2d(out: Any, x: SharedTensor, size: Any, stride: Any = (), padding: Any = (0,), dilation: Any = (1,), ceil: bool = False) -> Any:  # fmt: skip
    form = window(size, stride, padding)
    if any(form[2]) or any(step != 1 for step in dilation):
        why = "a window that reaches beyond the edge, or has gaps, has no program"
        raise SharedError("max_pool2d on shares with padding or dilation", why, "Pad before, or choose windows that fit")
    parts = windows(x, form, out[0])
    if x.requires_grad:
        value, places = largest(parts, -1, False)
        return value, places
    form_1 = torch.empty((*out[0].shape, 1), dtype=x.dtype, device="meta")
    value = ask("maximum", parts, -1, out=form_1, precision=x.precision).squeeze(-1)
    return value, torch.zeros(out[0].shape, dtype=torch.int64)


@on(aten.max_pool2d_with_indices_backward.default)
def max_pool2d_backward(out: Tensor, gradient: Any, x: Any, size: Any, stride: Any, padding: Any, dilation: Any, ceil: bool, places: SharedTensor) -> Any:  # fmt: skip
    spread = gradient.unsqueeze(-1) * places
    return ask("unwind", spread, *window(size, stride, padding), tuple(x.shape[-2:]), out=out, precision=spread.precision)


# ---- functions -------------------------------------------------------------------------------------------------------


def _function(name: str, out: Tensor, x: SharedTensor) -> Any:
    return ask(name, x, x._fixed.scale, out=out, precision=x.precision)


for _operation, _program in {
    aten.exp: "exp", aten.log: "log", aten.sqrt: "sqrt", aten.rsqrt: "inverse_sqrt", aten.sigmoid: "sigmoid", aten.tanh: "tanh",
}.items():  # fmt: skip

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
    result, powers = ask("log_softmax_and_softmax", x, x._fixed.scale, *from_end(x, dim), out=(out, out), precision=x.precision)
    result.softmax = powers
    return result


@on(aten._log_softmax_backward_data.default)
def log_softmax_backward(out: Tensor, gradient: Any, result: SharedTensor, dim: int, dtype: Any) -> Any:
    powers = result.softmax if result.softmax is not None else result.exp()
    return gradient - powers * gradient.sum(dim, keepdim=True)


# ---- losses ----------------------------------------------------------------------------------------------------------

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
def nll_loss_backward(out: Tensor, gradient: Any, x: SharedTensor, target: Any, weight: Any, reduction: int, ignore: int, whole: Any) -> Any:  # fmt: skip
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
        raise SharedError("This nll_loss on shares", why, "Take the entries of log_softmax(x) yourself, and weigh and sum them")


# ---- normalization ---------------------------------------------------------------------------------------------------


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
def batch_norm_backward(out: Any, gradient: Any, x: Any, weight: Any, mean: Any, variance: Any, saved: Any, slope: Any, training: bool, eps: float, mask: Any) -> Any:  # fmt: skip
    shape = (1, -1, *[1] * (x.dim() - 2))
    others = [dim for dim in range(x.dim()) if dim != 1]
    inverse = (variance + eps).rsqrt()
    whole = inverse if weight is None else inverse * weight
    to_x = gradient * whole.view(shape) if mask[0] else None
    centred = (x - mean.view(shape)) * inverse.view(shape)
    to_weight = (gradient * centred).sum(others) if mask[1] else None
    return to_x, to_weight, gradient.sum(others) if mask[2] else None
