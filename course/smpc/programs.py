"""The programs that workers are asked for by name: every operation on shared tensors is one of these.

A program gets shares, (parties here, *shape), public tensors and plain constants, and returns shares. Dimensions are
counted from the end, so that they mean the same with the axis of the parties before them. What has no message in it is
done by every party on its own share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from course.errors import RingLeftError
from course.smpc import authenticated, comparison, exact, functions, products
from course.smpc.dealer import Zeros
from course.smpc.parties import Claim, Parties
from course.smpc.products import Product, aligned
from course.smpc.ring import matmul as ring_matmul
from course.smpc.truncation import divide

__all__ = ["ALONE", "PROGRAMS", "WITH_MACS", "chunked", "program"]

PROGRAMS: dict[str, Callable[..., Any]] = {}
ALONE: set[str] = set()  # those in which every party works on its own share, without a message
CHUNK = 2**16  # numbers: fewer, and the threads would wait for each other; more, and the cache is too small


def program(function: Callable[..., Any]) -> Callable[..., Any]:
    """Register a program under its own name."""
    if function.__name__ in PROGRAMS:
        raise ValueError(f"the program {function.__name__} is registered twice")
    PROGRAMS[function.__name__] = function
    return function


def rescaled(parties: Parties, x: Tensor, divisor: int) -> Tensor:
    """x / divisor; no message where that is 1."""
    return x if divisor == 1 else divide(parties, x, divisor)


# ---- what every party does on its own share --------------------------------------------------------------------------


def alone(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Register what changes only the form of a tensor, which every party does with its share."""

    def on_own_share(parties: Parties, x: Any, *constants: Any) -> Tensor:
        if parties.axes == 1:
            return function(x, *constants)
        flat = [part.flatten(0, 1) for part in x] if isinstance(x, list) else x.flatten(0, 1)  # a share and its MAC
        result = function(flat, *constants)
        return result.reshape(-1, 2, *result.shape[1:])

    PROGRAMS[function.__name__] = on_own_share
    ALONE.add(function.__name__)
    return function


@alone
def view(x: Tensor, shape: Sequence[int]) -> Tensor:
    return x.reshape(len(x), *shape)


@alone
def transpose(x: Tensor, one: int, other: int) -> Tensor:
    return x.transpose(one, other)


@alone
def permute(x: Tensor, dims: Sequence[int]) -> Tensor:
    return x.permute(0, *[dim + x.dim() for dim in dims])


@alone
def expand(x: Tensor, shape: Sequence[int]) -> Tensor:
    return x.reshape(len(x), *[1] * (len(shape) + 1 - x.dim()), *x.shape[1:]).expand(len(x), *shape)


@alone
def select(x: Tensor, dim: int, index: int) -> Tensor:
    return x.select(dim, index)


@alone
def cut(x: Tensor, dim: int, start: int, end: int, step: int) -> Tensor:
    part: Tensor = torch.ops.aten.slice(x, dim, start, end, step)
    return part


@alone
def unsqueeze(x: Tensor, dim: int) -> Tensor:
    return x.unsqueeze(dim)


@alone
def neg(x: Tensor) -> Tensor:
    return -x


@alone
def clone(x: Tensor) -> Tensor:
    return x.clone()


@alone
def flip(x: Tensor, dims: Sequence[int]) -> Tensor:
    return x.flip(tuple(dims))


@alone
def cat(parts: list[Tensor], dim: int) -> Tensor:
    return torch.cat(parts, dim)


@alone
def stack(parts: list[Tensor], dim: int) -> Tensor:
    return torch.stack(parts, dim)


@alone
def pad(x: Tensor, widths: Sequence[int]) -> Tensor:
    return F.pad(x, tuple(widths))


@alone
def take(x: Tensor, dim: int, index: Tensor) -> Tensor:
    """The entries at public places along a dimension."""
    return x.index_select(dim, index)


@alone
def pick(x: Tensor, dim: int, index: Tensor) -> Tensor:
    """One entry of each row, at public places: torch's gather."""
    return x.gather(dim, index.expand(len(x), *index.shape))


@alone
def put(x: Tensor, dim: int, index: Tensor, length: int) -> Tensor:
    """The other way: each entry at its public place of a row of zeros, entries at one place added."""
    shape = list(x.shape)
    shape[dim] = length
    return x.new_zeros(shape).scatter_add(dim, index.expand(len(x), *index.shape), x)


@alone
def embed(x: Tensor, shape: Sequence[int], dim: int, start: int, end: int, step: int) -> Tensor:
    """A part, in its place of a tensor of zeros."""
    whole = x.new_zeros(len(x), *shape)
    torch.ops.aten.slice(whole, dim, start, end, step).copy_(x)
    return whole


@alone
def windows(x: Tensor, size: Sequence[int], stride: Sequence[int], padding: Sequence[int]) -> Tensor:
    """Every window over the last two dimensions, flat: (..., down, across, size)."""
    padded = F.pad(x, (padding[1], padding[1], padding[0], padding[0]))
    found = padded.unfold(-2, size[0], stride[0]).unfold(-2, size[1], stride[1])
    return found.flatten(-2)


@alone
def unwind(x: Tensor, size: Sequence[int], stride: Sequence[int], padding: Sequence[int], of: Sequence[int]) -> Tensor:
    """What stands in windows, added up where they overlap: (..., down, across, size) -> (..., *of)."""
    down, across = x.shape[-3:-1]
    whole = x.new_zeros(*x.shape[:-3], of[0] + 2 * padding[0], of[1] + 2 * padding[1])
    for place in range(size[0] * size[1]):
        i, j = divmod(place, size[1])
        whole[..., i : i + stride[0] * down : stride[0], j : j + stride[1] * across : stride[1]] += x[..., place]
    return whole[..., padding[0] : padding[0] + of[0], padding[1] : padding[1] + of[1]].contiguous()


@program
def replaced(parties: Parties, old: Tensor, new: Tensor) -> Tensor:
    """What is to be written over the old value."""
    return new


# ---- sums ------------------------------------------------------------------------------------------------------------


@program
def add(parties: Parties, x: Tensor, y: Tensor) -> Tensor:
    x, y = aligned(x, y, parties.axes)
    return x + y


@program
def sub(parties: Parties, x: Tensor, y: Tensor) -> Tensor:
    x, y = aligned(x, y, parties.axes)
    return x - y


@program
def add_public(parties: Parties, x: Tensor, value: Tensor, sign: int) -> Tensor:
    """x * sign + value: the first party adds it."""
    x, value = aligned(x if sign == 1 else -x, parties.public(value), parties.axes)
    return x + value


@program
def public_like(parties: Parties, x: Tensor, value: Tensor) -> Tensor:
    """Shares of what everybody knows, among the holders of x, of which nothing else is used."""
    return parties.public(value)


@program
def summed(parties: Parties, x: Tensor, dims: Sequence[int], keepdim: bool, divisor: int) -> Tensor:
    """The sum along these dimensions, divided: a mean where that is their number."""
    dims = tuple(dims) or tuple(range(parties.axes - x.dim(), 0))
    return rescaled(parties, x.sum(dims, keepdim=keepdim) if dims else x.clone(), divisor)


@program
def refresh(parties: Parties, x: Tensor) -> Tensor:
    """Other shares of the same secret: the dealer hands out shares of 0, and every party adds its own."""
    (zeros,) = parties.deal(Zeros(tuple(x.shape[parties.axes :])))
    return x + zeros


# ---- products --------------------------------------------------------------------------------------------------------

MULTIPLY, MATMUL = Product(), Product("matmul")


def scaled(parties: Parties, claim: Claim, divisor: int, check: bool) -> Tensor:
    """The product in its scale again. check: whether to find out later if it has left the ring (`products_hold`)."""
    if check:
        parties.claims.append(claim)
    return rescaled(parties, claim.z, divisor)


@program
def products_hold(parties: Parties) -> tuple[()]:
    """Nothing, if no product since the last time has left the ring; else RingLeftError."""
    claims = parties.claims
    names = ", ".join(sorted({claim.product.name for claim in claims}))
    right = not claims or exact.hold(parties, claims)
    told = "one product" if len(claims) == 1 else f"one of the {len(claims)} products"
    claims.clear()
    if not right:
        raise RingLeftError(f"{told} ({names}) since the last get()", ", ".join(parties.names))
    return ()


@program
def mul(parties: Parties, x: Tensor, y: Tensor, divisor: int, check: bool = False) -> Tensor:
    if x.shape != y.shape or parties.axes > 1:
        return scaled(parties, Claim(MULTIPLY, x, y, products.multiply(parties, x, y)), divisor, check)

    def of_chunk(some: Parties, one: Tensor, other: Tensor) -> tuple[Tensor, ...]:
        found = products.multiply(some, one, other)
        result = rescaled(some, found, divisor)
        return (result, found) if check else (result,)

    flat = x.reshape(len(x), -1), y.reshape(len(y), -1)
    result, *found = parties.in_chunks(of_chunk, CHUNK, *flat)
    if check:
        parties.claims.append(Claim(MULTIPLY, *flat, *found))
    return result.view(x.shape)  # type: ignore[no-any-return]


@program
def square(parties: Parties, x: Tensor, divisor: int, check: bool = False) -> Tensor:
    return scaled(parties, Claim(MULTIPLY, x, x, products.square(parties, x)), divisor, check)


@program
def matmul(parties: Parties, x: Tensor, y: Tensor, divisor: int, check: bool = False) -> Tensor:
    return scaled(parties, Claim(MATMUL, x, y, products.matmul(parties, x, y)), divisor, check)


@program
def linear(
    parties: Parties, x: Tensor, weight: Tensor, bias: Tensor, divisor: int, check: bool = False
) -> Tensor:
    """x @ weight + bias, where the bias has the scale of x."""
    x, bias = aligned(matmul(parties, x, weight, divisor, check), bias, parties.axes)
    return x + bias


@program
def mul_public(parties: Parties, x: Tensor, value: Tensor, divisor: int, check: bool = False) -> Tensor:
    one, other = aligned(x, value.view(*[1] * parties.axes, *value.shape), parties.axes)
    return scaled(parties, Claim(MULTIPLY, x, value, one * other, "y"), divisor, check)


@program
def matmul_public(
    parties: Parties, x: Tensor, value: Tensor, from_left: bool, divisor: int, check: bool = False
) -> Tensor:
    """x @ value, or value @ x."""
    shares = x.flatten(0, parties.axes - 1)
    found = torch.stack([ring_matmul(value, share) if from_left else ring_matmul(share, value) for share in shares])
    found = found.view(*x.shape[: parties.axes], *found.shape[1:])
    claim = Claim(MATMUL, value, x, found, "x") if from_left else Claim(MATMUL, x, value, found, "y")
    return scaled(parties, claim, divisor, check)


@program
def divided(parties: Parties, x: Tensor, divisor: int) -> Tensor:
    return rescaled(parties, x, divisor)


@program
def conv2d(
    parties: Parties, x: Tensor, weight: Tensor, stride: int, padding: int, divisor: int, check: bool = False
) -> Tensor:
    found = products.conv2d(parties, x, weight, stride, padding)
    return scaled(parties, Claim(Product("conv2d", stride, padding), x, weight, found), divisor, check)


@program
def conv2d_input(
    parties: Parties, gradient: Tensor, weight: Tensor, size: Sequence[int], stride: int, padding: int, divisor: int,
    check: bool = False,
) -> Tensor:  # fmt: skip
    found = products.conv2d_input(parties, gradient, weight, (size[0], size[1]), stride, padding)
    return scaled(parties, Claim(Product("conv2d_input", stride, padding), gradient, weight, found), divisor, check)


@program
def conv2d_weight(
    parties: Parties, x: Tensor, gradient: Tensor, size: Sequence[int], stride: int, padding: int, divisor: int,
    check: bool = False,
) -> Tensor:  # fmt: skip
    found = products.conv2d_weight(parties, x, gradient, (size[0], size[1]), stride, padding)
    return scaled(parties, Claim(Product("conv2d_weight", stride, padding), x, gradient, found), divisor, check)


@program
def conv2d_public(
    parties: Parties, x: Tensor, weight: Tensor, stride: int, padding: int, divisor: int, check: bool = False
) -> Tensor:
    """A secret by a public weight."""
    product = Product("conv2d", stride, padding)
    found = torch.stack([product.of(share, weight) for share in x])
    return scaled(parties, Claim(product, x, weight, found, "y"), divisor, check)


@program
def quotient(parties: Parties, x: Tensor, y: Tensor, scale: int, check: bool = False) -> Tensor:
    x, y = aligned(x, y)
    inverse = functions.inverse(parties, y, scale)
    return scaled(parties, Claim(MULTIPLY, x, inverse, products.multiply(parties, x, inverse)), functions.FINE, check)


# ---- against corrupted shares ----------------------------------------------------------------------------------------


@program
def masks(parties: Any, shape: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Shares with MACs of a mask for somebody who brings in a secret, and what tells it to him."""
    return authenticated.mask(parties, shape)


@program
def deliver(parties: Any, x: Tensor) -> Tensor:
    """What each party sends to the one who gets the secret, once all that led to it is checked."""
    return authenticated.deliver(parties, x)


WITH_MACS = frozenset(
    {
        *("add", "sub", "add_public", "public_like", "summed", "refresh", "mul", "square", "matmul", "linear"),
        *("mul_public", "matmul_public", "divided", "masks", "deliver", "products_hold"),
        *(
            "view",
            "transpose",
            "permute",
            "expand",
            "select",
            "cut",
            "unsqueeze",
            "neg",
            "clone",
            "replaced",
            "flip",
            "cat",
            "stack",
        ),
        *("pad", "take", "pick", "put", "embed"),
    }
)  # what works on shares with MACs, too: all that is no comparison


# ---- comparison ------------------------------------------------------------------------------------------------------


@program
def less(parties: Parties, x: Tensor, y: Tensor) -> Tensor:
    """1 where x < y."""
    return comparison.negative(parties, sub(parties, x, y))


@program
def negative(parties: Parties, x: Tensor) -> Tensor:
    return comparison.negative(parties, x)


@program
def is_zero(parties: Parties, x: Tensor) -> Tensor:
    """1 where x is 0: not below and not above, asked together. A product, for -2**63 is its own negative, and both."""
    neither = parties.add_public(-comparison.negative(parties, torch.stack([x, -x], dim=1)), 1)
    return products.multiply(parties, neither[:, 0], neither[:, 1])


@program
def relu(parties: Parties, x: Tensor) -> tuple[Tensor, Tensor]:
    """x where it is positive, and 1 where it is: the gradient will ask for it."""
    return comparison.relu_and_sign(parties, x)


@program
def clamp(parties: Parties, x: Tensor, low: int, high: int) -> Tensor:
    return functions.clamp(parties, x, low, high)


@program
def largest(parties: Parties, x: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """The largest along a dimension, and where it is (as 1 among 0; the first, where there are several)."""
    return functions.largest(parties, x, dim)


@program
def maximum(parties: Parties, x: Tensor, dim: int) -> Tensor:
    """The largest along a dimension, without where it is: a product less for each halving."""
    return functions.maximum(parties, x, dim)


# ---- functions -------------------------------------------------------------------------------------------------------


def chunked(function: Callable[..., Tensor]) -> None:
    """Register a function of each number by itself, piece by piece."""

    def of_each(parties: Parties, x: Tensor, scale: int) -> Tensor:
        flat = x.reshape(len(x), -1)
        result: Tensor = parties.in_chunks(lambda some, chunk: function(some, chunk, scale), CHUNK, flat)
        return result.view(x.shape)

    PROGRAMS[function.__name__] = of_each


for function in ("exp", "log", "reciprocal", "sqrt", "inverse_sqrt", "sigmoid", "tanh"):
    chunked(getattr(functions, function))
program(functions.softmax)
program(functions.log_softmax_and_softmax)
