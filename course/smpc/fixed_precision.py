"""Fixed precision: numbers with so many digits after the point, kept as integers.

With base 10 and 3 digits, 30.83 is kept as 30830. The rounding rule, here and in every encoding of the course: to the
nearest integer, halves to the even one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from course.errors import PrecisionError, SharedError

__all__ = ["FixedPrecisionTensor", "Precision", "decode", "encode", "to_integers"]

SHARE_IT = "Share these numbers among the same holders first: x.fix_precision(...).share(bob, alice)"
LIMIT = 2**62  # encodings lie strictly between -LIMIT and LIMIT: a quotient of secrets needs the last bit of the ring


class Precision(NamedTuple):
    """So many digits after the point, in this base."""

    digits: int = 3
    base: int = 10

    @property
    def scale(self) -> int:
        return int(self.base**self.digits)

    def check(self) -> Precision:
        """This precision; PrecisionError for one that leaves no room for a number and its products."""
        whole = isinstance(self.digits, int) and isinstance(self.base, int)
        if not whole or self.digits < 0 or self.base < 2 or self.scale > 2**30:
            raise PrecisionError(f"{self.digits} digits in base {self.base}", "a scale of more than 2**30")
        return self


def encode(x: Tensor, precision: Precision) -> Tensor:
    """The integers that stand for these numbers: int64 of the same shape.

    Raises TypeError for what are no numbers, PrecisionError for a number that is infinite, not a number, or too large.
    """
    try:
        return to_integers(x, precision.scale)
    except OverflowError as error:
        raise PrecisionError(f"{error} with {precision.digits} digits in base {precision.base}", "2**62") from None


def to_integers(x: Tensor, scale: int) -> Tensor:
    """Numbers times `scale`, rounded: int64. TypeError for complex ones, OverflowError for one that is out of range."""
    if x.is_complex():
        raise TypeError(f"fixed precision is for real numbers, and this is a tensor of {str(x.dtype)[6:]}")
    x = x.detach()
    real = x.double() * scale
    far = ~(real.abs() < LIMIT)
    if scale > 1 and far.any():
        raise OverflowError(f"{x.flatten()[far.flatten()][0].item():g}")
    return real.round().long() if x.is_floating_point() else x.long() * scale


def decode(encoded: Tensor, precision: Precision) -> Tensor:
    """The numbers that these integers stand for, in torch's default dtype."""
    return (encoded.double() / precision.scale).to(torch.get_default_dtype())


class FixedPrecisionTensor:
    """Numbers in fixed precision, here with you: `child` are the integers, int64.

    + - and sums of numbers of one precision are exact; a product is rounded to the precision again, a PrecisionError if
    it has no room. `float_precision()` gives the numbers back, `share(...)` splits them among workers.
    """

    def __init__(self, child: Tensor, precision: Precision) -> None:
        self.child = child
        self.precision = precision

    def __repr__(self) -> str:
        return f"(Wrapper)>FixedPrecisionTensor>{self.child!r}"

    def float_precision(self) -> Tensor:
        """The numbers, in torch's default dtype."""
        return decode(self.child, self.precision)

    float_prec = float_precision

    @property
    def shape(self) -> torch.Size:
        return self.child.shape

    def __len__(self) -> int:
        return len(self.child)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in EACH:
            raise AttributeError(f"a FixedPrecisionTensor has no {name}: float_precision() gives the numbers as floats")
        return lambda *args, **kwargs: FixedPrecisionTensor(getattr(self.child, name)(*args, **kwargs), self.precision)

    def __getitem__(self, key: Any) -> FixedPrecisionTensor:
        return FixedPrecisionTensor(self.child[key], self.precision)

    def _other(self, other: Any) -> Tensor:
        if isinstance(other, FixedPrecisionTensor):
            if other.precision != self.precision:
                raise PrecisionError(f"{self.precision.scale} and {other.precision.scale} as scales", "one precision")
            return other.child
        if getattr(other, "held", None) is not None:  # shared: course/smpc/shared.py
            why = "the one is here as it is, and the numbers of the other are nowhere"
            raise SharedError("Arithmetic of numbers in fixed precision with a shared tensor", why, SHARE_IT)
        return encode(torch.as_tensor(other, dtype=torch.float64), self.precision)

    def __add__(self, other: Any) -> FixedPrecisionTensor:
        return FixedPrecisionTensor(self.child + self._other(other), self.precision)

    __radd__ = __add__

    def __sub__(self, other: Any) -> FixedPrecisionTensor:
        return FixedPrecisionTensor(self.child - self._other(other), self.precision)

    def __rsub__(self, other: Any) -> FixedPrecisionTensor:
        return FixedPrecisionTensor(self._other(other) - self.child, self.precision)

    def __neg__(self) -> FixedPrecisionTensor:
        return FixedPrecisionTensor(-self.child, self.precision)

    def __mul__(self, other: Any) -> FixedPrecisionTensor:
        return self._product(torch.mul, other)

    __rmul__ = __mul__

    def __matmul__(self, other: Any) -> FixedPrecisionTensor:
        return self._product(torch.matmul, other)

    matmul = mm = __matmul__

    def __truediv__(self, other: Any) -> FixedPrecisionTensor:
        number = decode(self.child, self.precision).double() / decode(self._other(other), self.precision).double()
        return FixedPrecisionTensor(encode(number, self.precision), self.precision)

    def _product(self, of: Callable[[Tensor, Tensor], Tensor], other: Any) -> FixedPrecisionTensor:
        one, two = self.child, self._other(other)
        largest = of(one.double().abs(), two.double().abs()).max().item() if one.numel() and two.numel() else 0
        if largest >= 2**63:
            scale = self.precision.scale
            raise PrecisionError(f"a product of up to {largest / scale**2:g} with a scale of {scale} twice", "2**63")
        rounded = torch.div(of(one, two) + self.precision.scale // 2, self.precision.scale, rounding_mode="floor")
        return FixedPrecisionTensor(rounded, self.precision)


EACH = frozenset("reshape view t transpose permute squeeze unsqueeze sum flatten clone expand".split())
