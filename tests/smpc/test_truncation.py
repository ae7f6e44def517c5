from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course.smpc.shares import total
from course.smpc.truncation import LIMIT, divide
from tests.smpc.party import COUNTS, anywhere, parties, shared

DIVISORS = [2, 3, 10, 1000, 2**16, 10**10, 2**40]


def worst(x: torch.Tensor, got: torch.Tensor, divisor: int) -> Fraction:
    return max(abs(Fraction(a, divisor) - b) for a, b in zip(x.tolist(), got.tolist(), strict=True))


@pytest.mark.parametrize("divisor", DIVISORS)
@pytest.mark.parametrize("count", COUNTS)
def test_at_most_1_away_wherever_the_secret_lies(count: int, divisor: int) -> None:
    ends = torch.tensor([0, 1, -1, LIMIT - 1, -LIMIT, LIMIT // 2, -LIMIT // 2])
    x = torch.cat([ends, anywhere(1000) >> 2, anywhere(1000) >> 30])  # >> 2: [-2**61, 2**61)
    assert worst(x, total(divide(parties(count), shared(x, count), divisor)), divisor) <= 1


@given(x=st.integers(-LIMIT, LIMIT - 1), divisor=st.integers(2, 2**40), count=st.sampled_from(COUNTS))
def test_any_divisor(x: int, divisor: int, count: int) -> None:
    got = total(divide(parties(count), shared([x], count), divisor))
    assert worst(torch.tensor([x]), got, divisor) <= 1


@pytest.mark.parametrize("divisor", [1000, 2**16])
@pytest.mark.parametrize("part", [0.05, 0.3, 0.5, 0.8])
@pytest.mark.parametrize("sign", [1, -1])
def test_rounding_is_by_chance_and_right_on_average(divisor: int, part: float, sign: int) -> None:
    numbers, x = 40_000, sign * (7 * divisor + round(part * divisor))
    got = total(divide(parties(2), shared(torch.full((numbers,), x), 2), divisor)).double()
    spread = (part * (1 - part) / numbers) ** 0.5  # of a mean of coins
    assert abs(got.mean().item() - x / divisor) < 6 * spread


@pytest.mark.parametrize("count", [2, 3])
def test_dividing_each_share_would_be_wrong(count: int) -> None:
    """Why there is a protocol: at products near 2**61, as fixed precision makes them, shares wrap around often."""
    x = torch.full((20_000,), 2**61)
    naive = total(torch.stack([share >> 16 for share in shared(x, count)]))
    assert ((naive - (x >> 16)).abs() > 2**40).float().mean() > 0.1
    assert (total(divide(parties(count), shared(x, count), 2**16)) - (x >> 16)).abs().max() <= 1
