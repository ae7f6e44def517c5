"""Functions of secrets in fixed precision: exp, log, reciprocal, roots, sigmoid, softmax.

A secret is an integer that stands for a number: x stands for x / scale. Inside, numbers stand at 2**28, and results
come back at `scale`. Every function states the interval on which it is right and what it does beyond. How far off it
may be is at most five units of the last place, ten for softmax; of large results a part of 2**-16 (the tests hold it).

Three ideas carry all of them:

- a polynomial in t, for t in [-1, 1], that is as near to the function there as one of its degree can be (Chebyshev);
- the highest bit of a secret says which power of two it is near, and divides by it (O. Catrina and A. Saxena, "Secure
  computation with fixed-point numbers", FC 2010): what is left lies in [1/2, 1), where a polynomial will do;
- exp(x) = 2**whole * 2**rest, where the bits of the whole part choose the power.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeAlias

import numpy
import torch
from torch import Tensor

from course.smpc.bits import from_bits, highest, to_bits
from course.smpc.comparison import negative, relu
from course.smpc.parties import Parties
from course.smpc.products import multiply
from course.smpc.truncation import divide

__all__ = [
    "FINE",
    "clamp",
    "exp",
    "inverse",
    "inverse_sqrt",
    "largest",
    "log",
    "log_softmax",
    "log_softmax_and_softmax",
    "maximum",
    "reciprocal",
    "sigmoid",
    "softmax",
    "sqrt",
    "tanh",
]

INSIDE = 28  # bits after the point of what is computed in between
ONE = 1 << INSIDE
PRODUCT = 60  # bits that a product may have: two more are `divide`'s
DEGREE = 12
FINE = 1 << 20  # how many times finer than the scale 1 / y is in a quotient x / y
EXP_BITS = 18  # of the 2**rest in exp: leaves room for powers up to 2**42
Real: TypeAlias = "Callable[[float], float]"
LARGEST = 16  # exp is right up to here: above, it is that of this number


def product(parties: Parties, x: Tensor, y: Tensor, divisor: int = ONE) -> Tensor:
    """Shares of x * y / divisor: two rounds."""
    return divide(parties, multiply(parties, x, y), divisor)


@cache
def chebyshev(function: Real, low: float, high: float, degree: int) -> tuple[float, ...]:
    """Coefficients of 1, t, t^2 ... of the polynomial near `function` on [low, high], where t runs over [-1, 1]."""
    middle, half = (low + high) / 2, (high - low) / 2
    sample = numpy.vectorize(lambda t: function(middle + half * t))
    near = numpy.polynomial.Chebyshev.interpolate(sample, degree)
    return tuple(near.convert(kind=numpy.polynomial.Polynomial).coef.tolist())


def polynomial(parties: Parties, t: Tensor, coefficients: Sequence[float]) -> Tensor:
    """Shares of the polynomial at t, which stands at 2**28 and lies in [-1, 1]; so does the result stand.

    1. Powers up to the degree, doubling it in each step: t^2; t^3, t^4; t^5 ... t^8; ... Two rounds a step.
    2. A public weighted sum of them, divided once.
    """
    powers = [t]
    while len(powers) < len(coefficients) - 1:
        wanted = min(len(powers), len(coefficients) - 1 - len(powers))
        made = product(parties, torch.stack(powers[:wanted], dim=1), powers[-1].unsqueeze(1))
        powers += made.unbind(1)
    weights = [round(coefficient * ONE) for coefficient in coefficients]
    shares = torch.zeros_like(t)
    for power, weight in zip(powers, weights[1:], strict=True):
        shares += power * weight
    return divide(parties, parties.add_public(shares, weights[0] << INSIDE), ONE)


def near_power(parties: Parties, x: Tensor, *weights: Callable[[int], float]) -> tuple[Tensor, ...]:
    """Where x > 0 lies: shares of t, which stands at 2**28, and of each of `weights` at the power of two above x.

    With 2**(j - 1) <= x < 2**j (as integers): x = m 2**j, m in [1/2, 1), t = 4 m - 3 in [-1, 1), and the weights are
    rounded weight(j). For x = 0 all are 0, and t is -3.

    1. The bits of x; of these the highest (13 rounds).
    2. From it shares of 2**(62 - j) and of the weights (1 round).
    3. m = x 2**(62 - j) / 2**62 (2 rounds).
    """
    top = highest(parties, to_bits(parties, x))
    tables = [{j - 1: 1 << (62 - j) for j in range(1, 63)}]
    tables += [{j - 1: round(weight(j)) for j in range(1, 63)} for weight in weights]
    shift, *found = from_bits(parties, top, tables)
    m = product(parties, x, shift, 1 << (62 - INSIDE))
    return parties.add_public(4 * m, -3 * ONE), *found


def by_power(
    parties: Parties, x: Tensor, function: Real, weight: Callable[[int], float], largest: float
) -> Tensor:
    """Shares of function(m) * weight(j) for x = m 2**j.

    `largest` is the largest weight. Where weights and 28 bits of function(m) have no room in one product, fewer of the
    latter are kept: a large result is right to fewer digits, and every weight is exact to half of its last one.
    """
    bits = min(INSIDE, PRODUCT - 3 - math.ceil(math.log2(largest)))
    spare = PRODUCT - 2 - bits - math.ceil(math.log2(largest))
    t, power = near_power(parties, x, lambda j: weight(j) * 2**spare)
    near = polynomial(parties, t, chebyshev(function, 0.5, 1, DEGREE))
    if bits < INSIDE:
        near = divide(parties, near, 1 << (INSIDE - bits))
    return product(parties, near, power, 1 << (bits + spare))


def one_over(m: float) -> float:
    return 1 / m


def one_over_root(m: float) -> float:
    return 1 / math.sqrt(m)


def reciprocal(parties: Parties, x: Tensor, scale: int) -> Tensor:
    """1 / x, for 1 / scale <= |x| < 2**61 / scale. 1 / 0 is 0."""
    sign = negative(parties, x)
    size = x - 2 * multiply(parties, sign, x)
    inverse = by_power(parties, size, one_over, lambda j: scale**2 / 2**j, scale**2 / 2)
    return inverse - 2 * multiply(parties, sign, inverse)


def inverse(parties: Parties, y: Tensor, scale: int) -> Tensor:
    """1 / y at scale * FINE, for a quotient x / y, which is the product of x with it, divided by FINE.

    For 1 / scale <= |y| < 2**61 / scale and |x / y| < 2**42 / scale. 1 / 0 is 0.

    The digits more are there so that a quotient loses nothing that x and y had while x, as an integer, is below 2**20.
    Beyond, it may be off by x / 2**19 units more.
    """
    sign = negative(parties, y)
    size = y - 2 * multiply(parties, sign, y)
    found = by_power(parties, size, one_over, lambda j: FINE * scale / 2**j, FINE * scale / 2)
    return found - 2 * multiply(parties, sign, found)


def sqrt(parties: Parties, x: Tensor, scale: int) -> Tensor:
    """The square root, for 0 <= x < 2**61 / scale."""
    return by_power(parties, x, math.sqrt, lambda j: math.sqrt(scale * 2**j), math.sqrt(scale) * 2**31)


def inverse_sqrt(parties: Parties, x: Tensor, scale: int) -> Tensor:
    """1 / sqrt(x), for 1 / scale <= x < 2**61 / scale. For 0 it is 0."""
    return by_power(parties, x, one_over_root, lambda j: scale**1.5 / 2 ** (j / 2), scale**1.5 / math.sqrt(2))


def log(parties: Parties, x: Tensor, scale: int) -> Tensor:
    """The natural logarithm, for 1 / scale <= x < 2**61 / scale: log m + j log 2 - log scale."""
    t, power = near_power(parties, x, lambda j: (j * math.log(2) - math.log(scale)) * ONE)
    return divide(parties, (polynomial(parties, t, chebyshev(math.log, 0.5, 1, DEGREE)) + power) * scale, ONE)


def clamp(parties: Parties, x: Tensor, low: int, high: int) -> Tensor:
    """x, or the nearer end of [low, high] (as integers): eight rounds."""
    ends = torch.tensor([low, high]).view(1, 2, *[1] * (x.dim() - 1))
    above = parties.add_public(x.unsqueeze(1).expand(-1, 2, *x.shape[1:]), -ends[0])
    beyond = relu(parties, above)
    return parties.add_public(beyond[:, 0] - beyond[:, 1], low)


def two_to(t: float) -> float:
    return 2**t


def exp(parties: Parties, x: Tensor, scale: int) -> Tensor:
    """e**x for x up to 16, beyond which it stays at e**16; below -log(2 scale) it is 0 to the last digit.

    1. Clamp x to [-log(2 scale), 16].
    2. y = x / log 2 + whole, where the public number `whole` makes it positive; its bits.
    3. The bits before the point choose 2**(whole part): a product of factors 1 or 2**(2**k), one for each bit.
    4. What is after it goes through a polynomial for 2**rest.
    5. Their product, brought to scale.
    """
    whole = math.ceil(math.log2(2 * scale))
    x = clamp(parties, x, -math.floor(math.log(2 * scale) * scale), LARGEST * scale)
    spare = PRODUCT - INSIDE - 6
    y = divide(parties, x * round((ONE << spare) / math.log(2) / scale), 1 << spare)
    y = parties.add_public(y, whole << INSIDE)
    chosen = from_bits(parties, to_bits(parties, y), [{INSIDE + k: 1} for k in range(6)])
    rest = y - sum(bit << (INSIDE + k) for k, bit in enumerate(chosen))
    fraction = polynomial(parties, parties.add_public(2 * rest, -ONE), chebyshev(two_to, 0, 1, 6))
    factors = torch.stack([parties.add_public(bit * (2 ** 2**k - 1), 1) for k, bit in enumerate(chosen)], dim=1)
    power = multiply(parties, factors[:, :3], factors[:, 3:])
    power = multiply(parties, multiply(parties, power[:, 0], power[:, 1]), power[:, 2])
    fraction = divide(parties, fraction, 1 << (INSIDE - EXP_BITS))
    return product(parties, fraction, power, round(2 ** (whole + EXP_BITS) / scale))


def sigmoid(parties: Parties, x: Tensor, scale: int) -> Tensor:
    """1 / (1 + e**-x), everywhere.

    From e**-|x|, which is in (0, 1], so that a polynomial gives 1 / (1 + e**-|x|); and 1 less that where x is negative.
    """
    sign = negative(parties, x)
    size = x - 2 * multiply(parties, sign, x)
    e = exp(parties, -size, scale)
    t = parties.add_public(divide(parties, e * round(2 * ONE * 2**10 / scale), 2**10), -ONE)
    upper = divide(parties, polynomial(parties, t, chebyshev(one_over, 1, 2, DEGREE)) * scale, ONE)
    flipped = parties.add_public(-2 * upper, scale)
    return upper + multiply(parties, sign, flipped)


def tanh(parties: Parties, x: Tensor, scale: int) -> Tensor:
    """2 sigmoid(2 x) - 1, everywhere."""
    return parties.add_public(2 * sigmoid(parties, 2 * x, scale), -scale)


def maximum(parties: Parties, x: Tensor, dim: int) -> Tensor:
    """The largest along a dimension, which is kept with length 1: a tournament of eight rounds for each halving."""
    dim = dim + 1 if dim >= 0 else dim + x.dim()
    while x.shape[dim] > 1:
        half = x.shape[dim] // 2
        one, other, odd = x.tensor_split([half, 2 * half], dim)
        x = torch.cat([other + relu(parties, one - other), odd], dim)
    return x


def largest(parties: Parties, x: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """The largest along a dimension, which is kept with length 1, and where it is: 1 there and 0 elsewhere, shape of x.

    Of several that are the largest it is the first. A tournament of neighbours, ten rounds for each halving:

    1. Fill up to a power of two with the last one, which then never wins against itself.
    2. The sign of first - second is 1 where the second one of a pair wins.
    3. winner = first + sign (second - first); the places of the first times 1 - sign, those of the second times sign.
    """
    dim = dim + 1 if dim >= 0 else dim + x.dim()
    x, length = x.movedim(dim, -1), x.shape[dim]
    missing = (1 << (length - 1).bit_length()) - length
    x = torch.cat([x, x[..., -1:].expand(*x.shape[:-1], missing)], dim=-1)
    places = parties.public(torch.ones((*x.shape[1:], 1), dtype=torch.int64))
    while x.shape[-1] > 1:
        first, second = x[..., ::2], x[..., 1::2]
        one, other = places[..., ::2, :], places[..., 1::2, :]
        sign = negative(parties, first - second)
        parts = torch.cat([(second - first).unsqueeze(-1), one, other], dim=-1)
        chosen = multiply(parties, sign.unsqueeze(-1), parts)
        width = one.shape[-1]
        x = first + chosen[..., 0]
        places = torch.cat([one - chosen[..., 1 : 1 + width], chosen[..., 1 + width :]], dim=-1)
    return x.movedim(-1, dim), places[..., 0, :length].movedim(-1, dim)


def softmax(parties: Parties, x: Tensor, scale: int, dim: int = -1) -> Tensor:
    """e**x / sum(e**x) along a dimension, of numbers below 2**61 / scale apart."""
    e = exp(parties, x - maximum(parties, x, dim), scale)
    summed = e.sum(dim + 1 if dim >= 0 else dim, keepdim=True)
    inverse = by_power(parties, summed, one_over, lambda j: scale**2 / 2**j, scale**2 / 2)  # the sum is positive
    return product(parties, e, inverse, scale)


def log_softmax(parties: Parties, x: Tensor, scale: int, dim: int = -1) -> Tensor:
    """x - max - log(sum(e**(x - max))) along a dimension."""
    lower = x - maximum(parties, x, dim)
    summed = exp(parties, lower, scale).sum(dim + 1 if dim >= 0 else dim, keepdim=True)
    return lower - log(parties, summed, scale)


def log_softmax_and_softmax(parties: Parties, x: Tensor, scale: int, dim: int = -1) -> tuple[Tensor, Tensor]:
    """Both, for little more than one: the gradient of log_softmax needs softmax."""
    lower = x - maximum(parties, x, dim)
    e = exp(parties, lower, scale)
    summed = e.sum(dim + 1 if dim >= 0 else dim, keepdim=True)
    inverse = by_power(parties, summed, one_over, lambda j: scale**2 / 2**j, scale**2 / 2)
    return lower - log(parties, summed, scale), product(parties, e, inverse, scale)
