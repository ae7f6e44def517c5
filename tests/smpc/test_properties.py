"""Properties of every operation on shares, against float64: any shape, value and precision, for 2, 3 and 5 holders.

The bounds are those that the protocols state: sums, comparisons and what picks among numbers are exact; a product, a
matrix product and a quotient by a public number are off by one unit of the last place at most, whatever the shape, and
by what 20 significant bits leave of a public factor.
"""

from __future__ import annotations

import math
import operator
from typing import Any, NamedTuple

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

import course as sy

ROUNDING = 1e-5  # of float64 itself, in units of the last place
NAMES = ["alice", "bob", "claire", "dora", "eve"]


class Room(NamedTuple):
    """Who holds the shares, and in which precision."""

    count: int
    digits: int
    base: int

    @property
    def scale(self) -> int:
        return int(self.base**self.digits)

    def share(self, integers: Tensor) -> Any:
        """Shares of integers / scale, which float64 knows to the last bit."""
        hook = sy.TorchHook(torch, verbose=False)
        holders = [sy.VirtualWorker(hook, id=name) for name in NAMES[: self.count]]
        fixed = (integers.double() / self.scale).fix_precision(self.digits, base=self.base)
        assert torch.equal(fixed.child, integers)
        return fixed.share(*holders, crypto_provider=sy.VirtualWorker(hook, id="crypto_provider"))

    def units(self, x: Any, want: Tensor) -> Tensor:
        """How far a secret is off, in units of the last place."""
        got = x.get()
        assert got.shape == want.shape
        return ((got.child.double() - want * self.scale).abs() - ROUNDING).clamp(min=0)


decimal = st.builds(Room, st.sampled_from([2, 3, 5]), st.integers(0, 6), st.just(10))
binary = st.builds(Room, st.sampled_from([2, 3, 5]), st.integers(0, 20), st.just(2))
rooms = decimal | binary
with_digits = rooms.filter(lambda room: 1000 <= room.scale <= 2**17)
shapes = st.lists(st.integers(1, 4), max_size=3).map(tuple)
LIMIT = 2**25  # of an encoding: products of two of them, and sums of some of these, are exact in float64


def numbers(shape: tuple[int, ...], low: int = -LIMIT, high: int = LIMIT) -> st.SearchStrategy[Tensor]:
    """Encodings of this shape: any, and often small ones and equal ones."""
    number = st.integers(low, high) | st.integers(max(low, -2), max(low, 2))
    count = int(torch.Size(shape).numel())
    return st.lists(number, min_size=count, max_size=count).map(lambda found: torch.tensor(found).view(shape))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Tensor, Tensor]:
    """Two of which the second is spread over the first, or the other way round."""
    shape = draw(shapes)
    other = tuple(size if draw(st.booleans()) else 1 for size in shape)[draw(st.integers(0, len(shape))) :]
    x, y = draw(numbers(shape)), draw(numbers(other))
    return (y, x) if draw(st.booleans()) else (x, y)


@st.composite
def factors(draw: st.DrawFn) -> tuple[Tensor, Tensor]:
    """What a matrix product takes: matrices, vectors, and several matrices at a time."""
    i, k, j, rows = (draw(st.integers(1, 5)) for _ in range(4))
    left, right = draw(st.sampled_from([((i, k), (k, j)), ((k,), (k, j)), ((i, k), (k,)), ((k,), (k,)),
                                        ((rows, i, k), (rows, k, j)), ((rows, i, k), (k, j))]))  # fmt: skip
    return draw(numbers(left)), draw(numbers(right))


@given(rooms, pairs())
def test_sums_are_exact(room: Room, both: tuple[Tensor, Tensor]) -> None:
    x, y = [part.double() / room.scale for part in both]
    secret, other = map(room.share, both)
    for got, want in [
        (secret + other, x + y),
        (secret - other, x - y),
        (-secret, -x),
        (secret + y, x + y),
        (y - secret, y - x),
        (secret.sum(), x.sum()),
    ]:
        assert room.units(got, want).max() == 0


@given(rooms, pairs())
def test_products_are_off_by_one_unit_at_most(room: Room, both: tuple[Tensor, Tensor]) -> None:
    x, y = [part.double() / room.scale for part in both]
    secret, other = map(room.share, both)
    assert room.units(secret * other, x * y).max() <= 1
    assert room.units(secret**2, x * x).max() <= 1


@given(rooms, st.lists(st.tuples(*[st.integers(-(2**30), 2**30)] * 2), min_size=1, max_size=20))
def test_products_that_fill_the_ring(room: Room, both: list[tuple[int, int]]) -> None:
    """In whole numbers, for float64 has no room for these."""
    x, y = zip(*both, strict=True)
    got = (room.share(torch.tensor(x)) * room.share(torch.tensor(y))).get().child.tolist()
    assert all(abs(number * room.scale - a * b) <= room.scale for number, a, b in zip(got, x, y, strict=True))


@given(rooms, factors())
def test_matrix_products_are_off_by_one_unit_at_most(room: Room, both: tuple[Tensor, Tensor]) -> None:
    x, y = [part.double() / room.scale for part in both]
    assert room.units(room.share(both[0]) @ room.share(both[1]), x @ y).max() <= 1


@given(rooms, pairs(), st.integers(-30, 8))
def test_a_public_factor_has_twenty_bits(room: Room, both: tuple[Tensor, Tensor], power: int) -> None:
    x, y = both[0].double() / room.scale, both[1].double() * 2.0**power
    left = both[0].abs() * (y.abs().max() * 2**-20 + 2**-41)  # in units
    assert (room.units(room.share(both[0]) * y, x * y) <= 1 + left).all()


@given(rooms, shapes.flatmap(numbers), st.integers(1, 2**40))
def test_a_public_quotient_is_off_by_one_unit_at_most(room: Room, integers: Tensor, divisor: int) -> None:
    x = integers.double() / room.scale
    assert room.units(room.share(integers) / divisor, x / divisor).max() <= 1
    assert room.units(room.share(integers).mean(), x.mean()).max() <= 1


ORDERS = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]


@given(rooms, pairs())
def test_comparisons_are_exact(room: Room, both: tuple[Tensor, Tensor]) -> None:
    x, y = [part.double() / room.scale for part in both]
    for order in ORDERS:
        assert torch.equal(order(room.share(both[0]), room.share(both[1])).get(), order(x, y))
        assert torch.equal(order(room.share(both[0]), y).get(), order(x, y))


@given(rooms, st.lists(st.integers(-(2**62) + 1, 2**62 - 1), min_size=1, max_size=10))
def test_signs_are_exact_over_the_whole_range(room: Room, integers: list[int]) -> None:
    hook = sy.TorchHook(torch, verbose=False)
    holders = [sy.VirtualWorker(hook, id=name) for name in NAMES[: room.count]]
    cp = sy.VirtualWorker(hook, id="crypto_provider")
    x = torch.tensor(integers)
    secret = x.share(*holders, crypto_provider=cp)
    assert torch.equal((secret < 0).get(), x < 0)
    assert torch.equal((secret == x).get(), x == x)
    assert torch.equal(secret.relu().get(), x.relu())


@given(rooms, shapes.filter(len).flatmap(numbers))
def test_what_picks_among_numbers_is_exact(room: Room, integers: Tensor) -> None:
    x = integers.double() / room.scale
    for function in (torch.relu, torch.abs, lambda t: t.max(-1).values, lambda t: t.min(0).values, torch.max):
        assert room.units(function(room.share(integers)), function(x)).max() == 0
    assert torch.equal(room.share(integers).argmax(-1).get(), x.argmax(-1))


# The function, where it is right, and how far off: units of the last place, and a part of the result.
FUNCTIONS: dict[str, tuple[Any, float, float, float, float]] = {
    "exp": (torch.exp, -20, 10, 5, 2**-16),
    "sigmoid": (torch.sigmoid, -100, 100, 5, 0),
    "tanh": (torch.tanh, -100, 100, 5, 0),
    "log": (torch.log, 0.01, 1000, 5, 2**-16),
    "sqrt": (torch.sqrt, 0.01, 1000, 5, 2**-16),
    "1 / x": (lambda x: 1 / x, 0.01, 1000, 5, 2**-16),
    "softmax": (lambda x: F.softmax(x, -1), -20, 20, 10, 0),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@given(room=with_digits, shape=shapes.filter(len), data=st.data())
def test_functions(name: str, room: Room, shape: tuple[int, ...], data: st.DataObject) -> None:
    function, low, high, units, part = FUNCTIONS[name]
    integers = data.draw(numbers(shape, math.ceil(low * room.scale), int(high * room.scale)))
    want = function(integers.double() / room.scale)
    assert (room.units(function(room.share(integers)), want) <= units + part * want.abs() * room.scale).all()


@given(room=with_digits, both=pairs(), data=st.data())
def test_quotients_of_secrets(room: Room, both: tuple[Tensor, Tensor], data: st.DataObject) -> None:
    below = data.draw(numbers(tuple(both[1].shape), room.scale // 2, 1000 * room.scale))
    x, y = both[0].double() / room.scale, below.double() / room.scale
    got = room.units(room.share(both[0]) / room.share(below), x / y)
    assert (got <= 5 + 2**-16 * (x / y).abs() * room.scale + both[0].abs() * 2**-19).all()
