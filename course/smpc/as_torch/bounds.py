"""How large a secret can be, as everybody may know: a bound that was declared, and what operations make of it.

    x.fix_precision().share(bob, alice, crypto_provider=cp, bound=100)     # no number in x is beyond 100

Nobody sees when a product leaves the ring: it comes out as another number. A bound is public, so that this can be said
beforehand: PrecisionError names the operation and the bounds, never a value. Where a bound is not declared, or an
operation has no rule here, nothing is known beforehand: then the holders find out afterwards (`sy.check_products`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from course.errors import PrecisionError
from course.smpc.shared import SharedTensor, scale_of
from course.smpc.truncation import LIMIT

__all__ = ["FACTOR_BITS", "RULES", "bound_of", "room_for"]

aten = torch.ops.aten
FACTOR_BITS = 20  # significant bits of a public factor that is not whole

Rule = Callable[..., "float | None"]


def bound_of(x: Any) -> float | None:
    """The declared bound of a secret, the largest of public numbers."""
    if isinstance(x, SharedTensor):
        return 1.0 if x.dtype.is_floating_point is False and x.dtype.itemsize == 1 else x.bound
    if isinstance(x, Tensor):
        return float(x.abs().max()) if x.numel() else 0.0
    return abs(float(x))


def is_bounded(x: Any) -> bool:
    return isinstance(x, SharedTensor) and x.bound is not None


def first(x: Any, *how: Any, **more: Any) -> float | None:
    return bound_of(x)


def one(*how: Any, **more: Any) -> float:
    return 1.0


def total(x: Any, y: Any, alpha: float = 1, **more: Any) -> float | None:
    a, b = bound_of(x), bound_of(y)
    return None if a is None or b is None else a + abs(alpha) * b


def times(x: Any, y: Any, **more: Any) -> float | None:
    a, b = bound_of(x), bound_of(y)
    return None if a is None or b is None else a * b


def squared(x: Any, *how: Any) -> float | None:
    a = bound_of(x)
    exponent = how[0] if how else 2
    return None if a is None or exponent < 1 else a**exponent


def inner(x: Any, y: Any, **more: Any) -> float | None:
    a, b = bound_of(x), bound_of(y)
    return None if a is None or b is None else a * b * x.shape[-1]


def linear(bias: Any, x: Any, y: Any, **more: Any) -> float | None:
    a, b = inner(x, y), bound_of(bias)
    return None if a is None or b is None else a + b


def summed(x: Any, dims: Any = None, *how: Any, **more: Any) -> float | None:
    a = bound_of(x)
    if a is None:
        return None
    sizes = x.shape if dims is None else [x.shape[dim] for dim in ([dims] if isinstance(dims, int) else dims)]
    for size in sizes:
        a *= size
    return a


def joined(parts: Sequence[Any], *how: Any) -> float | None:
    bounds = [bound_of(part) for part in parts]
    return None if None in bounds else max(bounds)  # type: ignore[type-var]


RULES: dict[Any, Rule] = {
    **dict.fromkeys((aten.add.Tensor, aten.add.Scalar, aten.sub.Tensor, aten.sub.Scalar, aten.rsub.Scalar), total),
    **dict.fromkeys((aten.mul.Tensor, aten.mul.Scalar), times),
    **dict.fromkeys((aten.mm.default, aten.bmm.default, aten.mv.default, aten.dot.default), inner),
    **dict.fromkeys((aten.pow.Tensor_Scalar, aten.square.default), squared),
    **dict.fromkeys((aten.sum.default, aten.sum.dim_IntList), summed),
    **dict.fromkeys((aten.cat.default, aten.stack.default), joined),
    **dict.fromkeys((aten.sigmoid.default, aten.tanh.default, aten._softmax.default), one),
    **dict.fromkeys(
        (
            *(aten.view.default, aten._unsafe_view.default, aten.t.default, aten.transpose.int, aten.permute.default),
            *(aten.expand.default, aten.select.int, aten.slice.Tensor, aten.unsqueeze.default, aten.squeeze.dim),
            *(aten.clone.default, aten.detach.default, aten.alias.default, aten.neg.default, aten.relu.default),
            *(aten.abs.default, aten.mean.default, aten.mean.dim, aten.index.Tensor, aten.index_select.default),
        ),
        first,
    ),
    aten.addmm.default: linear,
}
PRODUCTS = frozenset(operation for operation, rule in RULES.items() if rule in (times, inner, squared, linear))


def room_for(func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> float | None:
    """The bound of what comes out, if there is one.

    PrecisionError if that, or a product before it is brought back to its scale, has no room in the ring.
    """
    declared = [arg for arg in (args[0] if isinstance(args[0], (list, tuple)) else args) if is_bounded(arg)]
    rule = RULES.get(func) if declared else None
    bound = None if rule is None else rule(*args, **kwargs)
    if bound is None:
        return None
    secrets = [arg for arg in args if isinstance(arg, SharedTensor)] or list(args[0])
    scale = max(scale_of(secret) for secret in secrets if isinstance(secret, SharedTensor))
    room = bound * scale
    if func in PRODUCTS:
        room *= scale if len(secrets) > 1 or func in (aten.square.default, aten.pow.Tensor_Scalar) else 2**FACTOR_BITS
    if room >= (LIMIT if scale > 1 else 2 * LIMIT):
        name = func._schema.name.removeprefix("aten::")
        bounds = " and ".join(f"{arg.bound:g}" for arg in declared)
        what = f"{name}() of secrets of up to {bounds}, with a scale of {scale}, may be {bound:g}"
        raise PrecisionError(what, "the ring")
    return bound
