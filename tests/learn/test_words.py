"""Calls in few words: values while they fit, then how many a list has, then a tensor's shape."""

from __future__ import annotations

import pytest
import torch

from course.learn.plain import Other, Plain
from course.learn.words import call_text

ROW = torch.tensor([[1.0], [2.0], [3.0], [4.0]])


@pytest.mark.parametrize(
    ("args", "kwargs", "text"),
    [
        ([], {}, "f()"),
        ([torch.tensor([1, 2]), [3, 4]], {"count": 1}, "f(tensor([1, 2]), [3, 4], count=1)"),
        (
            [torch.tensor([1, 2]), ["a name that is rather long", "another name that is long", "and one more"]],
            {"count": 1},
            "f(tensor([1, 2]), list of 3, count=1)",
        ),
        ([Other("Group", "parties"), Other("Net", "Net()")], {}, "f(parties, a Net)"),
        ([ROW + 0.125, ROW + 0.125, [1, 2, 3]], {}, "f(tensor of shape (4, 1), tensor of shape (4, 1), list of 3)"),
    ],
)
def test_a_long_call_is_told_in_outline(args: list[Plain], kwargs: dict[str, Plain], text: str) -> None:
    assert call_text("f", args, kwargs) == text
