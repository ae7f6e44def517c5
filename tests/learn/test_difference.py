"""The first difference is named: type, then dtype, then shape, then number, and where."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course.learn.difference import alike, difference, misfit
from course.learn.plain import Other, Pointer

ONE = torch.tensor([1.0, 2.0])


@pytest.mark.parametrize(
    ("seen", "expected", "tag", "where", "texts"),
    [
        (3, ONE, "wrong-type", "", ("`3`, an int", "a tensor, `2 float32`")),
        (None, [1], "wrong-type", "", ("nothing", "a list of 1")),
        (Other("worker", "bob"), 1.0, "wrong-type", "", ("the worker bob", "a float")),
        (True, 1, "wrong-type", "", ("`True`, True or False", "an int")),
        ((1, 2), [1, 2], "wrong-type", "", ("a tuple of 2", "a list of 2")),
        (ONE.double(), ONE, "wrong-dtype", "", ("`2 float64`", "`2 float32`")),
        (ONE.reshape(1, 2), ONE, "wrong-shape", "", ("a tensor of shape `(1, 2)`", "a tensor of shape `(2,)`")),
        (ONE[:1], ONE[0], "wrong-shape", "", ("a tensor of shape `(1,)`", "a tensor of shape `()`")),
        (ONE + 1, ONE, "wrong-value", "", ("`tensor([2.0, 3.0])`", "`tensor([1.0, 2.0])`")),
        ([0.5] * 6, [0.5] * 5 + [0.25], "wrong-value", "entry 5", ("`0.5`", "`0.25`")),
        ({"a": (1, 2)}, {"a": (1, 3)}, "wrong-value", "entry 'a', entry 1", ("`2`", "`3`")),
        ([1], [1, 2], "wrong-shape", "", ("1 entries, no entry 1", "2 entries")),
        ({"a": 1, "b": 2}, {"a": 1}, "wrong-shape", "", ("2 entries, an entry 'b'", "1 entries")),
        (Pointer("bob", 1, ONE * 2), ONE, "wrong-value", "", ("`tensor([2.0, 4.0])`", "`tensor([1.0, 2.0])`")),
        (0.1 + 0.2, 0.3, "wrong-value", "", ("`0.30000000000000004`", "`0.3`")),
        (torch.arange(9), torch.arange(9).flip(0), "wrong-value", "position [0]", ("`tensor(0)`", "`tensor(8)`")),
    ],
)
def test_the_first_difference(seen: Any, expected: Any, tag: str, where: str, texts: tuple[str, str]) -> None:
    found = difference(seen, expected)
    assert found is not None
    assert (found.tag, found.where, (found.seen, found.expected)) == (tag, where, texts)


@given(st.recursive(st.none() | st.integers() | st.text() | st.floats(), lambda x: st.lists(x) | st.tuples(x, x)))
def test_nothing_differs_from_itself(value: Any) -> None:
    assert alike(value, value)


@given(st.lists(st.integers(-9, 9), min_size=1), st.data())
def test_one_changed_entry_is_found(values: list[int], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(values) - 1))
    found = difference([*values[:at], values[at] + 1, *values[at + 1 :]], values)
    assert found is not None and found.where == f"entry {at}"


def test_a_tolerance_is_relative_and_absolute() -> None:
    assert alike([1000.0 + 0.01], [1000.0], 1e-4) and not alike([1000.0 + 1.0], [1000.0], 1e-4)
    assert alike(ONE * (1 + 1e-6), ONE, 1e-4) and not alike(ONE * (1 + 1e-6), ONE)
    assert alike(math.inf, math.inf, 1e-4) and not alike(3.0, math.inf, 1e-4) and not alike(-math.inf, math.inf, 1e-4)
    assert not alike(math.nan, 1.0, 1e-4) and not alike(torch.tensor(3.0), torch.tensor(math.inf), 1e-4)
    assert alike(torch.tensor([float("nan"), 0.0]), torch.tensor([float("nan"), -0.0]))


@pytest.mark.parametrize(
    ("value", "form", "fits"),
    [
        ([(Pointer("bob", 1, ONE), Pointer("bob", 2, ONE))], [(Pointer, Pointer)], True),
        ([[Pointer("bob", 1, ONE), Pointer("bob", 2, ONE)]], [(Pointer, Pointer)], True),
        ([(Pointer("bob", 1, ONE), 1)], [(Pointer, Pointer)], False),
        (Pointer("bob", 1, None), Pointer, False),
        ({"a": (1, 2)}, {str: (int, int)}, True),
        ({1: (1, 2)}, {str: (int, int)}, False),
        ([1.0, True], [float], False),
        (None, [float], False),
        ((), (int, int), False),
        ([(1, "a"), [None, 2]], [(..., ...)], True),
        ([(1, 2, 3)], [(..., ...)], False),
    ],
)
def test_forms(value: Any, form: Any, fits: bool) -> None:
    assert (misfit(value, form) is None) is fits
