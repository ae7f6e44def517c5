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

    number: int
    active: int
    rows: torch.Tensor
    counts: torch.Tensor  # (active,)
    ragged: bool


class Schedule:
    """The steps of these clients, who are ordered by their number of steps, most first: the last ones stop first."""

    def __init__(self, local: Local, clients: torch.Tensor, rows: torch.Tensor, seed: int, round: int) -> None:
        longest = int(rows.max())
        size = longest if local.batch_size is None else min(local.batch_size, longest)
        per_epoch = (rows + size - 1) // size  # (clients,)
        self.steps = per_epoch * local.epochs
        number = torch.arange(int(self.steps.max()))
        start = number % per_epoch[:, None] * size  # (clients, steps)
        self.counts = (rows[:, None] - start).clamp(max=size)
        places = torch.arange(size)
        at = start[:, :, None] + torch.where(places < self.counts[:, :, None], places, 0)  # (clients, steps, size)
        if size < longest:  # where all rows are one batch there is nothing to order
            epochs = torch.arange(local.epochs)[:, None]
            numbers = chance.order_numbers(longest, seed, round, clients[:, None, None], epochs)
            order = ordered(numbers, rows[:, None, None], size)  # (clients, epochs, longest)
            epoch = (number // per_epoch[:, None]).clamp(max=local.epochs - 1)
            at = order[torch.arange(len(rows))[:, None, None], epoch[:, :, None], at]
        self.at = at

    def __iter__(self) -> Iterator[Step]:
        """The steps, one after the other."""
        actives = (self.steps[:, None] > torch.arange(self.counts.shape[1])).sum(0).tolist()
        for number, active in enumerate(actives):
            counts = self.counts[:active, number]
            width = int(counts.max())
            yield Step(number, active, self.at[:active, number, :width], counts, bool((counts < width).any()))


def ordered(numbers: torch.Tensor, rows: torch.Tensor, size: int) -> torch.Tensor:
    """The order of each client's rows in each epoch (clients, epochs, longest), places beyond its own rows last.

    A client whose rows are one batch reads them as they are.
    """
    places = torch.arange(numbers.shape[-1])
    beyond = torch.where(places < rows, 0, chance.LOW + 1)
    return (torch.where(rows > size, numbers, places) + beyond).argsort()
