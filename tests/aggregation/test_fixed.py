"""Fixed point and its range budget: the largest sum fits to the last unit, one unit more is refused at the door."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import course as sy
from course.aggregation.fixed import LIMIT, check_budget, encode

POSITIVE = st.floats(1e-3, 1e6)


@given(st.lists(POSITIVE, min_size=3, max_size=7), POSITIVE, st.floats(1, 2.0**70))
def test_what_passes_the_door_cannot_leave_the_range(weights: list[float], largest: float, scale: float) -> None:
    """The worst case, in whole numbers of any size: every value of every client is `largest`, rounded."""
    worst = [round(largest * (weight * scale)) for weight in weights]
    try:
        check_budget(weights, largest, scale)
    except sy.RangeBudgetError:
        assert sum(worst) >= LIMIT
        return
    assert sum(worst) < LIMIT
    ends = torch.tensor([largest, -largest], dtype=torch.float64)
    tops = [encode([ends], weight * scale, largest, "bob") for weight in weights]
    assert torch.stack(tops).sum(0).tolist() == [sum(worst), -sum(worst)]


@given(st.lists(POSITIVE, min_size=3, max_size=7), POSITIVE)
def test_the_scale_that_an_error_names_fits_and_the_next_does_not(weights: list[float], largest: float) -> None:
    with pytest.raises(sy.RangeBudgetError) as caught:
        check_budget(weights, largest, 2.0**100)
    named = int(caught.value.facts[1].partition("2.0**")[2].partition(" ")[0])
    check_budget(weights, largest, 2.0**named)
    if sum(weights) * largest * 2.0 ** (named + 1) > LIMIT * (1 + 1e-9):
        with pytest.raises(sy.RangeBudgetError):
            check_budget(weights, largest, 2.0 ** (named + 1))
    assert sum(weights) * largest * 2.0 ** (named + 2) > LIMIT


def test_the_error_gives_the_numbers() -> None:
    with pytest.raises(sy.RangeBudgetError) as caught:
        check_budget([100.0] * 3, 1000.0, 2.0**48)
    told = str(caught.value)
    assert "3 updates, of weight 300 together and with values up to 1000, may add up to 8.44e+19" in told
    assert "units of 1/2**48" in told
    assert "2**63 = 9.22e+18" in told
    assert "Use scale=2.0**44 or less" in told


@pytest.mark.parametrize("value", [3.1, -3.1, math.inf, -math.inf, math.nan])
def test_a_value_beyond_the_bound_is_refused_and_not_told(value: float) -> None:
    with pytest.raises(sy.RangeBudgetError, match="bob sends nothing") as caught:
        encode([torch.ones(2), torch.tensor(value)], 1.0, 3.0, "bob")
    assert "3.1" not in str(caught.value)
    assert "nan" not in str(caught.value)
    assert encode([torch.tensor([3.0, -3.0])], 1.0, 3.0, "bob").tolist() == [3, -3]


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=20), st.integers(0, 40))
def test_rounding_is_to_the_nearest_unit(values: list[float], power: int) -> None:
    x = torch.tensor(values, dtype=torch.float64)
    off = (encode([x], 2.0**power, 100.0, "bob").double() / 2.0**power - x).abs()
    assert off.max() <= 0.5 / 2.0**power


def test_tensors_of_any_shape_come_one_after_the_other() -> None:
    learns = torch.ones(1, requires_grad=True)
    tensors = [torch.ones(2, 3), torch.tensor(2.0), torch.empty(0), torch.tensor([3]), learns]
    found = encode(tensors, 2.0, 10.0, "bob")
    assert found.tolist() == [2] * 6 + [4, 6, 2]
    assert found.dtype == torch.int64
