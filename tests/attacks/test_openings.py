"""What parties open in the clear is found; what lies under fresh masks is not."""

from __future__ import annotations

import pytest
import torch

from course.attacks.openings import bare
from course.smpc.comparison import negative
from course.smpc.parties import Parties
from course.smpc.products import multiply
from course.smpc.randomness import Randomness
from course.smpc.shares import split
from course.smpc.truncation import divide


@pytest.mark.parametrize("count", [2, 3, 5])
def test_what_the_protocols_open_is_under_masks(count: int) -> None:
    parties = Parties([f"holder {k}" for k in range(count)], keep=True)
    x, y = (split(torch.tensor([3200, -7, 0]), count, Randomness()) for _ in range(2))
    assert bare(parties, lambda: multiply(parties, x, y)) == []
    assert bare(parties, lambda: negative(parties, x - y)) == []
    assert bare(parties, lambda: divide(parties, x, 1000)) == []


def test_secrets_small_numbers_and_what_is_only_scaled_are_found() -> None:
    parties = Parties(["bob", "claire"], keep=True)
    x = split(torch.tensor(-3200), 2, Randomness())
    assert bare(parties, lambda: parties.open("x", x)) == [3200]
    assert bare(parties, lambda: parties.open("x", x * 2**41)) == [3200 * 2**41]
    factors = iter((12, 7))
    assert bare(parties, lambda: parties.open("x", x * next(factors))) == [12 * 3200]
    more = iter((1, 2))
    assert bare(parties, lambda: parties.open("x", *[x * 2**50] * next(more))) == [3200 * 2**50]
    assert bare(parties, lambda: None) == []
