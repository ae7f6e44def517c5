"""The table of torch's operations, and what all of them share: scales, public numbers, dimensions.

torch breaks models, losses, gradients and optimizers down to its own operations (`torch.ops.aten`). Each that shares
can do has a function in these files. It gets what would come out (`out`: shape and dtype, from torch's meta device),
then the operation's own arguments, of which any may be shared.

Public numbers are rounded too. Where they are added, to the precision of the secret; where they multiply, to 20
significant bits, or not at all if they are whole: so a secret times a public number is right as long as it is smaller
than 2**42 in units of its last digit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from course.errors import PrecisionError, SharedError
from course.smpc.as_torch.bounds import FACTOR_BITS, room_for
from course.smpc.fixed_precision import Precision, to_integers
from course.smpc.shared import SharedTensor, ask, check_products

__all__ = [
    "FORMLESS",
    "HANDLERS",
    "as_shared",
    "aten",
    "do",
    "encoded",
    "factor",
    "from_end",
    "matched",
    "meta",
    "on",
    "overwrite",
    "precision_among",
    "shared_among",
]

aten = torch.ops.aten
Handler = Callable[..., Any]
HANDLERS: dict[Any, Handler] = {}
FORMLESS: set[Any] = set()  # operations that torch cannot try without values, for an argument has another form here
FACTOR_BITS_WITH_MACS = 12  # there a secret, and a product before its division, have 32 bits


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
        out = None if func in FORMLESS else without_values(func, args, kwargs)
        bound = room_for(func, args, kwargs)
        if bound is None:
            return handler(out, *args, **kwargs)
        with check_products(False):  # there is room, as everybody knows
            result = handler(out, *args, **kwargs)
        if isinstance(result, SharedTensor):
            result.bound = bound
        return result
    if (parts := func.decompose(*args, **kwargs)) is not NotImplemented:  # it is made of others
        return parts
    name = func._schema.name.removeprefix("aten::")
    if name.endswith("_") and isinstance(args[0], SharedTensor):
        return in_place(func, args, kwargs)
    why = "no program of the holders does this yet, and whatever is computed elsewhere would have to be opened first"
    raise SharedError(
        f"{name}() on shares", why, "Write it with sums, products, comparisons and the functions that there are"
    )


def without_values(func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """What would come out, without values: torch's own error where shapes do not fit."""
    named = tuple([(name, form(value)) for name, value in kwargs.items()])
    return _of_forms(func, tuple([form(arg) for arg in args]), named, torch.get_default_dtype())


@lru_cache(1024)  # a model asks the same at each batch, and torch takes longer to say it than a small product
def _of_forms(func: Any, args: tuple[Any, ...], kwargs: tuple[tuple[str, Any], ...], default: torch.dtype) -> Any:
    return func(*[_empty(arg) for arg in args], **{name: _empty(value) for name, value in kwargs})


class Form(NamedTuple):
    """What a result's shape and dtype depend on: those of a tensor; of another argument its type, for 1 == 1.0."""

    kind: Any
    value: Any


def form(arg: Any) -> Any:
    if isinstance(arg, Tensor):
        return Form(arg.dtype, tuple(arg.shape))
    return tuple([form(part) for part in arg]) if type(arg) in (list, tuple) else Form(type(arg), arg)


def _empty(part: Any) -> Any:
    if type(part) is tuple:
        return [_empty(one) for one in part]
    if isinstance(part.kind, torch.dtype):
        return torch.empty(part.value, dtype=part.kind, device="meta")
    return "meta" if part.kind is torch.device else part.value


def meta(arg: Any) -> Any:
    """The same argument, without values."""
    return _empty(form(arg))


def plain_of(func: Any) -> Any:
    """The operation that makes a new tensor of what this one does in place."""
    plain = getattr(aten, func._schema.name.removeprefix("aten::")[:-1])
    return getattr(plain, func._overloadname, None) or getattr(plain, plain.overloads()[0])


def in_place(func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """An operation in place: the holders compute the new value, then write it over their old shares."""
    plain = plain_of(func)
    x = args[0]
    if plain not in HANDLERS:
        return do(plain, args, kwargs)  # which refuses it by its name
    if torch.Tag.inplace_view in func.tags:  # squeeze_ and its like: this object gets another form
        x.share_with(do(plain, args, kwargs))
        with torch._C._DisableTorchDispatch():
            return func(*args, **kwargs)
    result = as_shared(do(plain, args, kwargs), x)
    if result.shape != x.shape:
        raise RuntimeError(f"a tensor of shape {list(x.shape)} has no room for one of {list(result.shape)}")
    return overwrite(x, result)


def overwrite(x: SharedTensor, result: Any) -> SharedTensor:
    x.is_positive = x.in_powers = None
    x.bound = result.bound
    ask("replaced", x, matched(result, x.dtype), out=x, precision=x.precision, into=x)
    return x


def precision_among(*tensors: Any) -> Precision | None:
    """The precision of these. PrecisionError for two different ones."""
    found = {t.precision for t in tensors if isinstance(t, SharedTensor) and t.precision is not None}
    if len(found) > 1:
        one, other = sorted(found)
        raise PrecisionError(
            f"{one.digits} digits in base {one.base} with {other.digits} in base {other.base}", "one scale"
        )
    return found.pop() if found else None


def as_shared(x: Any, like: SharedTensor, dtype: torch.dtype | None = None) -> SharedTensor:
    """Shares of a public tensor, or number, among the holders of another one; what is shared already stays."""
    if isinstance(x, SharedTensor):
        return x
    x = torch.as_tensor(x) if dtype is None else torch.as_tensor(x, dtype=dtype)
    precision = like.precision
    scale = like._fixed.scale if x.dtype.is_floating_point else 1
    # The values of `like` are not looked at: it says who the holders are.
    shared: SharedTensor = ask("public_like", like, encoded(x, scale), out=x, precision=precision)
    return shared


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
    scaled: SharedTensor = ask("mul_public", x, torch.tensor(x._fixed.scale), 1, out=form, precision=x.precision)
    return scaled


def factor(value: Any, secret: SharedTensor) -> tuple[Tensor, int]:
    """A public factor as integers, and what to divide by afterwards: 1 where it is whole."""
    bits_kept = FACTOR_BITS if not secret.holders.protocol else FACTOR_BITS_WITH_MACS
    value = torch.as_tensor(value).detach()
    if not value.dtype.is_floating_point:
        return value.long(), 1
    value = value.double()
    if not torch.isfinite(value).all():
        raise PrecisionError("A factor that is infinite or not a number", "what a secret can be multiplied by")
    largest = value.abs().max().item() if value.numel() else 0.0
    if bool((value == value.round()).all()) and largest < 2**31:
        return value.long(), 1
    bits = min(40, max(1, bits_kept - math.frexp(largest)[1]))
    return (value * 2**bits).round().long(), 2**bits


def shared_among(*args: Any) -> SharedTensor:
    return next(arg for arg in args if isinstance(arg, SharedTensor))


def from_end(x: Tensor, dims: Any) -> tuple[int, ...]:
    """Dimensions counted from the end."""
    dims = (dims,) if isinstance(dims, int) else dims
    return tuple([dim if dim < 0 else dim - max(x.dim(), 1) for dim in dims])


SharedTensor.asked_by_torch = staticmethod(do)
