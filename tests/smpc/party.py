"""What the tests of secret sharing have in common: parties, shares, and how to look at the secret."""

from __future__ import annotations

import torch
from torch import Tensor

from course.smpc.parties import Parties
from course.smpc.randomness import Randomness
from course.smpc.shares import split

NAMES = ["alice", "bob", "claire", "dora", "eve"]
COUNTS = [2, 3, 5]
DRAWS = Randomness()
CORNERS = [0, 1, -1, 2, -2, 2**62, -(2**62), 2**63 - 1, -(2**63)]


def parties(count: int) -> Parties:
    return Parties(NAMES[:count])


def shared(secret: Tensor | list[int], count: int) -> Tensor:
    return split(torch.as_tensor(secret), count, DRAWS)


def anywhere(*shape: int) -> Tensor:
    """Numbers from anywhere in the ring."""
    return DRAWS.uniform(shape)


def residue(number: int) -> int:
    """The int64 that stands for a number modulo 2**64."""
    return (number + 2**63) % 2**64 - 2**63
