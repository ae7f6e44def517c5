"""Fixed point in Z_2^64: numbers as whole multiples of 1 / scale, and the range that their sum must not leave.

An update x of weight w becomes round(x * w * scale), an int64. Sums of these are exact, whatever masks or shares they
go through, as long as the true sum stays between -2**63 and 2**63. Each client's rounding is off by 1 / (2 * scale) at
most, so a mean of n clients by n / (2 * scale * sum of weights), and by the last digits of float64.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from course.errors import RangeBudgetError
from course.operations import step

__all__ = ["LIMIT", "check_budget", "encode"]

LIMIT = 2**63


@step("aggregation.encode", tells="whether a value is beyond the limit that was agreed on, in the error's text")
def encode(tensors: list[Tensor], factor: float, largest: float, client: str) -> Tensor:
    """At a client: round(x * factor) of all these numbers, one after the other: (numbers,) int64.

    Raises RangeBudgetError for a value beyond `largest`, and for one that is no number.
    """
    flat = torch.cat([tensor.detach().reshape(-1).double() for tensor in tensors])
    if not bool((flat.abs() <= largest).all()):
        raise RangeBudgetError(
            f"{client}'s update has a value beyond {largest:g}, or one that is no number, so {client} sends nothing",
            "Give a larger `largest` if such values are right; else clip them, or see why the training diverged",
        )
    return (flat * factor).round().long()


def check_budget(weights: Sequence[float], largest: float, scale: float) -> None:
    """RangeBudgetError if the sum of updates with these weights may leave the range.

    Multiplying and rounding keep the order of numbers, so nothing that `encode` makes is beyond what it makes of
    `largest`.
    """
    reach = sum(round(largest * (weight * scale)) for weight in weights)
    if reach < LIMIT:
        return
    whole = sum(weights) * largest
    fits = math.floor(math.log2(LIMIT / whole)) - (math.log2(LIMIT / whole) % 1 == 0)
    raise RangeBudgetError(
        f"{len(weights)} updates, of weight {sum(weights):g} together and with values up to {largest:g}, may add up to "
        f"{reach:.3g} in units of 1/{power(scale)}, and that is not below 2**63 = {LIMIT:.3g}",
        f"Use scale=2.0**{fits} or less, smaller weights of the same proportions, or a smaller `largest`",
    )


def power(number: float) -> str:
    """`2**32` for a power of two, else the number."""
    exponent = math.log2(number)
    return f"2**{exponent:.0f}" if exponent == round(exponent) else f"{number:g}"
