"""Against float64, within the bounds that are stated, over the intervals that are stated and beyond them."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from course.smpc import functions
from course.smpc.shares import total
from tests.smpc.party import parties, shared

SCALES = [1000, 2**16, 10**5]
counts = st.sampled_from([2, 3])
scales = st.sampled_from(SCALES)


def run(name: str, x: Tensor, scale: int, count: int, **options: int) -> tuple[Tensor, Tensor]:
    """The result on shares, in float64, and the encoded input that it belongs to."""
    encoded = (x.double() * scale).round().long()
    got = getattr(functions, name)(parties(count), shared(encoded, count), scale, **options)
    return total(got).double() / scale, encoded.double() / scale


def check(got: Tensor, want: Tensor, scale: int, units: float, relative: float) -> None:
    """Within so many units of the last place, and this part of the value."""
    error = (got - want).abs() - units / scale - relative * want.abs()
    worst = error.argmax()
    assert (error <= 0).all(), f"{got.flatten()[worst]} for {want.flatten()[worst]}"


def between(low: float, high: float, scale: int) -> st.SearchStrategy[Tensor]:
    whole = st.integers(math.ceil(low * scale), math.floor(high * scale))
    return st.lists(whole, min_size=1, max_size=30).map(lambda v: torch.tensor(v, dtype=torch.float64) / scale)


ONE_ARGUMENT = {
    "exp": (torch.exp, -40, 16, 3, 2**-17),
    "sigmoid": (torch.sigmoid, -1000, 1000, 3, 0),
    "tanh": (torch.tanh, -1000, 1000, 5, 0),
}
POSITIVE = {
    "reciprocal": (torch.reciprocal, 2, 2**-16),
    "sqrt": (torch.sqrt, 2, 2**-16),
    "inverse_sqrt": (torch.rsqrt, 2, 2**-16),
    "log": (torch.log, 2, 0),
}


@pytest.mark.parametrize("name", ONE_ARGUMENT)
@given(data=st.data(), scale=scales, count=counts)
def test_on_an_interval(name: str, data: st.DataObject, scale: int, count: int) -> None:
    function, low, high, units, relative = ONE_ARGUMENT[name]
    got, x = run(name, data.draw(between(low, high, scale)), scale, count)
    check(got, function(x), scale, units, relative)


@pytest.mark.parametrize("name", POSITIVE)
@given(data=st.data(), scale=scales, count=counts)
def test_of_positive_numbers_of_any_size(name: str, data: st.DataObject, scale: int, count: int) -> None:
    function, units, relative = POSITIVE[name]
    largest = data.draw(st.sampled_from([1, 100, 10**6, 2**44]))
    got, x = run(name, data.draw(between(1 / scale, largest, scale)), scale, count)
    check(got, function(x), scale, units, relative)


@given(data=st.data(), scale=scales)
def test_reciprocal_of_negative_numbers(data: st.DataObject, scale: int) -> None:
    got, x = run("reciprocal", -data.draw(between(1 / scale, 50, scale)), scale, 2)
    check(got, 1 / x, scale, 2, 2**-16)


@pytest.mark.parametrize("scale", SCALES)
def test_zero_and_beyond(scale: int) -> None:
    zero = torch.zeros(1)
    assert run("reciprocal", zero, scale, 2)[0].item() == 0
    assert run("sqrt", zero, scale, 2)[0].item() == pytest.approx(0, abs=2 / scale)
    assert run("inverse_sqrt", zero, scale, 2)[0].item() == 0
    beyond, _ = run("exp", torch.tensor([17.0, 1000, -1000]), scale, 2)
    assert beyond[:2].tolist() == pytest.approx([math.exp(16)] * 2, rel=1e-4)
    assert beyond[2].abs() <= 2 / scale


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@given(data=st.data(), scale=scales, count=counts)
def test_softmax_of_rows_far_apart(name: str, data: st.DataObject, scale: int, count: int) -> None:
    rows = data.draw(st.lists(st.lists(st.integers(-700, 1000), min_size=3, max_size=3), min_size=1, max_size=5))
    got, x = run(name, torch.tensor(rows).double() / data.draw(st.sampled_from([1, 100])), scale, count)
    check(got, getattr(torch, name)(x, -1), scale, 10, 0)


@pytest.mark.parametrize("scale", SCALES)
def test_l08_softmax_of_one_two_three_and_of_a_thousand_more(scale: int) -> None:
    for shift in (0, 999):
        x = torch.tensor([[1.0, 2, 3]]) + shift
        got, _ = run("softmax", x, scale, 2)
        assert got[0].tolist() == pytest.approx([0.0900, 0.2447, 0.6652], abs=0.01)
        logs, _ = run("log_softmax", x, scale, 2)
        assert (-logs[0, [2, 0]]).tolist() == pytest.approx([0.4076, 2.4076], abs=0.01)


ROW = st.lists(st.integers(-(2**40), 2**40), min_size=5, max_size=5)


@given(rows=st.lists(ROW, min_size=1, max_size=4), count=counts)
def test_maximum(rows: list[list[int]], count: int) -> None:
    x = torch.tensor(rows)
    for dim in (0, 1, -1):
        got = total(functions.maximum(parties(count), shared(x, count), dim))
        assert torch.equal(got, x.amax(dim, keepdim=True))


@given(x=st.lists(st.integers(-(2**50), 2**50), min_size=1), low=st.integers(-1000, 0), high=st.integers(0, 1000))
def test_clamp(x: list[int], low: int, high: int) -> None:
    got = total(functions.clamp(parties(2), shared(x, 2), low, high))
    assert torch.equal(got, torch.tensor(x).clamp(low, high))
