"""What parties see tells nothing about a secret: checked on everything that is opened, and on what all but one hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor

from course.smpc import bits, comparison, functions, products, truncation
from course.smpc.authenticated import AuthenticatedParties, authenticate, check, deliver
from course.smpc.parties import AllHere, Parties
from course.smpc.shares import split
from tests.smpc.party import DRAWS, NAMES

ROWS = 20_000  # times the same secret, so that chances become shares
SIGMAS = 6  # for about 20,000 places looked at below: a false alarm once in some ten thousand runs


def with_macs(protocol: Callable[[AuthenticatedParties, Tensor], Tensor]) -> Callable[[Parties, Tensor], Tensor]:
    """A protocol on shares with MACs, and a check of all that it opened."""

    def program(group: Parties, x: Tensor) -> Tensor:
        parties = AuthenticatedParties(group.names, wire=group.wire)
        result = protocol(parties, authenticate(parties, x))
        check(parties)
        return result

    return program


PROTOCOLS: dict[str, Callable[[Parties, Tensor], Tensor]] = {
    "multiply": lambda group, x: products.multiply(group, x, x),
    "square": products.square,
    "divide": lambda group, x: truncation.divide(group, x, 1000),
    "negative": comparison.negative,
    "relu": comparison.relu,
    "multiply with MACs": with_macs(lambda group, x: products.multiply(group, x, x)),
    "square with MACs": with_macs(products.square),
    "divide with MACs": with_macs(lambda group, x: truncation.divide(group, x, 1000)),
    "deliver with MACs": with_macs(deliver),
    "highest": lambda group, x: bits.highest(group, bits.to_bits(group, x)),
    "sigmoid": lambda group, x: functions.sigmoid(group, x, 2**16),
}


class Watched(AllHere):
    """All parties here, and everything that each of them sends is kept."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.sent: list[Tensor] = []
        self.opened: list[Tensor] = []

    def gather(self, names: Sequence[str], slices: list[Tensor], add: Callable[[Tensor], Tensor]) -> list[Tensor]:
        found = super().gather(names, slices, add)
        self.sent += [part.clone() for part in slices]
        self.opened += [part.clone() for part in found]
        return found


def ones(seen: Tensor) -> Tensor:
    """How often each bit of these numbers is 1, over the rows, which are the last axis: (..., bits)."""
    places = 8 * seen.element_size()
    return torch.stack([((seen >> place) & 1).sum(dim=-1) for place in range(places)], dim=-1).double()


def look_uniform(seen: Tensor) -> bool:
    """Whether each bit, of those that are used at all, is 1 in half of the rows."""
    counts, rows = ones(seen), seen.shape[-1]
    used = counts[counts > 0]
    return bool(((used - rows / 2).abs() < SIGMAS * (rows / 4) ** 0.5).all())


@pytest.mark.parametrize("secret", [0, 25, -(2**40)])
@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("name", PROTOCOLS)
def test_whatever_is_opened_is_uniform(name: str, count: int, secret: int) -> None:
    wire = Watched(count)
    group = Parties(NAMES[:count], wire=wire)
    result = PROTOCOLS[name](group, split(torch.full((ROWS,), secret), count, DRAWS))
    assert wire.opened
    for seen in wire.opened:
        assert look_uniform(seen)
    for party in range(count):  # and what any n - 1 of them hold of the result
        others = torch.cat([result[:party], result[party + 1 :]])
        assert look_uniform(others)


@pytest.mark.parametrize("count", [2, 3])
def test_this_test_would_notice(count: int) -> None:
    """A product that opens x and y in the clear gives the right numbers; its openings are not uniform."""
    wire = Watched(count)
    group = Parties(NAMES[:count], wire=wire)
    group.open("x", split(torch.full((ROWS,), 25), count, DRAWS))
    assert not look_uniform(wire.opened[0])
