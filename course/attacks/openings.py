"""What parties open that no fresh mask hides: a program is run twice, and what is opened compared."""

from __future__ import annotations

from collections.abc import Callable

import torch

from course.smpc.parties import Parties
from course.smpc.shares import total

__all__ = ["bare"]


def bare(parties: Parties, program: Callable[[], object]) -> list[int]:
    """The sizes of numbers of the ring that `program` opens in the clear, as far as two runs of it show.

    Under a fresh uniform mask a number is another one in each run, and hardly ever below 2**54. So what stays the same,
    or is below 2**40, lies under no such mask. parties: with `keep=True`. None found is no proof that there is none: a
    factor that is drawn anew and large would pass.
    """
    first, second = (_opened(parties, program) for _ in range(2))
    if len(first) != len(second):
        return first
    return [number for number, again in zip(first, second, strict=True) if number == again or number < 2**40]


def _opened(parties: Parties, program: Callable[[], object]) -> list[int]:
    before = len(parties.openings)
    program()
    shares = [one for step in parties.openings[before:] for one in step.shares if one.dtype == torch.int64]
    return [abs(number) for one in shares for number in total(one).flatten().tolist()]
