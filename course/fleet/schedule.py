"""Which rows each client of a chunk reads in each local step, as one tensor of row numbers a step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from course.federated import chance
from course.federated.rounds import Local

__all__ = ["Schedule", "Step"]


@dataclass
class Step:
    """One local step of the first `active` clients: row numbers (active, width), of which each has `counts` real ones.

    The others repeat the first of the batch, so that they are harmless numbers; `ragged` says whether there are any.
    """

    rows: torch.Tensor
    counts: torch.Tensor  # (active,)
    number: int

    @property
    def active(self) -> int:
        return len(self.counts)

    @property
    def ragged(self) -> bool:
        return bool((self.counts < self.rows.shape[1]).any())


class Schedule:
    """The steps of these clients, who are ordered by their number of steps, most first: the last ones stop first."""

    def __init__(self, local: Local, clients: torch.Tensor, rows: torch.Tensor, seed: int, round: int) -> None:
        longest = int(rows.max())
        self.rows = rows  # (clients,)
        self.size = longest if local.batch_size is None else min(local.batch_size, longest)
        self.per_epoch = (rows + self.size - 1) // self.size  # (clients,)
        self.steps = self.per_epoch * local.epochs
        self.order = None  # (clients, epochs, longest): where all rows are one batch there is nothing to order
        if self.size < longest:
            epochs = torch.arange(local.epochs)[:, None]
            numbers = chance.order_numbers(longest, seed, round, clients[:, None, None], epochs)
            self.order = ordered(numbers, rows[:, None, None], self.size)

    def __iter__(self) -> Iterator[Step]:
        """The steps, one after the other."""
        for number in range(int(self.steps.max())):
            active = int((self.steps > number).sum())
            per_epoch, rows = self.per_epoch[:active], self.rows[:active]
            start = number % per_epoch * self.size
            counts = (rows - start).clamp(max=self.size)
            places = torch.arange(int(counts.max()))
            at = start[:, None] + torch.where(places < counts[:, None], places, 0)  # (active, width)
            if self.order is not None:
                at = self.order[torch.arange(active)[:, None], (number // per_epoch)[:, None], at]
            yield Step(at, counts, number)


def ordered(numbers: torch.Tensor, rows: torch.Tensor, size: int) -> torch.Tensor:
    """The order of each client's rows in each epoch (clients, epochs, longest), places beyond its own rows last.

    A client whose rows are one batch reads them as they are.
    """
    places = torch.arange(numbers.shape[-1])
    beyond = torch.where(places < rows, 0, chance.LOW + 1)
    return (torch.where(rows > size, numbers, places) + beyond).argsort()
