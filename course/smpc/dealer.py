"""The dealer (`crypto_provider`): hands out randomness that fits together; sees requests, and no secret.

What a protocol needs is a request: plain data that says the shapes, with a `make` which draws the material. Every
request is answered with fresh material, so nothing is ever used twice.

A dealer is trusted in one thing: not to tell any party what it dealt to the others. Who holds all of it can read every
opening.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import torch
from torch import Tensor

from course.smpc.randomness import Draws, Randomness
from course.smpc.shares import split, total

__all__ = ["Authenticated", "Dealer", "Request"]


class Request(Protocol):
    """What a protocol asks the dealer for."""

    def make(self, count: int, draws: Draws) -> tuple[Tensor, ...]:
        """Fresh material for `count` parties: tensors of shape (count, *shape)."""
        ...


@dataclass(frozen=True)
class Zeros:
    """Shares of 0."""

    shape: tuple[int, ...]

    def make(self, count: int, draws: Draws) -> tuple[Tensor]:
        return (split(torch.zeros(self.shape, dtype=torch.int64), count, draws),)


@dataclass(frozen=True)
class Authenticated:
    """The same material with a MAC for each number (see `authenticated`): tensors of shape (count, 2, *shape).

    [:, 0] are additive shares of the number, [:, 1] of the number times the dealer's key.
    """

    of: Request

    def make(self, count: int, draws: Draws) -> tuple[Tensor, ...]:
        return self.of.make(count, draws)


class Dealer:
    """Deals to `count` parties."""

    def __init__(self, count: int, draws: Draws | None = None) -> None:
        self.count = count
        self.draws = draws or Randomness()

    def deal(self, request: Request, here: range) -> tuple[Tensor, ...]:
        """Fresh material: for each of its tensors the slices of these parties."""
        material = request.make(self.count, self.draws)
        if isinstance(request, Authenticated):
            material = tuple(self._with_macs(part) for part in material)
        return material if len(here) == self.count else tuple(part[here.start : here.stop] for part in material)

    @cached_property
    def key(self) -> Tensor:
        """The key of all MACs: one number of the ring, drawn once, which nobody but the dealer ever sees."""
        return self.draws.uniform(())

    def _with_macs(self, part: Tensor) -> Tensor:
        return torch.stack([part, split(total(part) * self.key, self.count, self.draws)], dim=1)
