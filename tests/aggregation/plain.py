"""Secure aggregation's parts without workers: the protocol between objects, as the paper's figure has it."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from course.aggregation.client import SEALED, Client
from course.aggregation.server import unmask

NAMES = ["bob", "alice", "carol", "dan", "eve", "fay", "gus"]


class Table:
    """n clients, and everything that passes the server; `there` are those who do the next step."""

    def __init__(self, count: int, threshold: int) -> None:
        self.clients = [Client(NAMES[place], place, count, threshold) for place in range(count)]
        self.threshold = threshold
        self.directory = torch.zeros(count, 2, 32, dtype=torch.uint8)
        self.sealed = torch.zeros(count, count, SEALED, dtype=torch.uint8)
        self.masked: dict[int, Tensor] = {}
        self.answers: dict[int, Tensor] = {}

    def advertise(self, there: Iterable[int]) -> None:
        for place in there:
            self.directory[place] = self.clients[place].keys()

    def share(self, there: Iterable[int]) -> None:
        for place in there:
            self.sealed[place] = self.clients[place].share(self.directory)

    def mask(self, updates: dict[int, Tensor]) -> None:
        for place, x in updates.items():
            self.masked[place] = self.clients[place].mask(x, self.sealed[:, place])

    def answer(self, there: Iterable[int]) -> None:
        for place in there:
            self.answers[place] = self.clients[place].answer(self.who_stayed)

    @property
    def who_stayed(self) -> Tensor:
        return torch.tensor([place in self.masked for place in range(len(self.clients))])

    def sum(self) -> Tensor:
        who = sorted(self.answers)[: self.threshold]
        shared = [place for place, row in enumerate(self.sealed) if row.any()]
        total = torch.stack(list(self.masked.values())).sum(0)
        return unmask(total, self.directory, [self.answers[place] for place in who], who, shared, sorted(self.masked))


def up_to_masks(count: int, threshold: int, updates: dict[int, Tensor]) -> Table:
    """Everybody is there for keys and shares; those with an update send it."""
    table = Table(count, threshold)
    table.advertise(range(count))
    table.share(range(count))
    table.mask(updates)
    return table


def ones(seen: Tensor) -> Tensor:
    """How often each of the 64 bits of these numbers is 1: (rows, ...) int64 -> (64, ...)."""
    return torch.stack([((seen >> bit) & 1).sum(0) for bit in range(64)]).double()


def look_uniform(seen: Tensor) -> bool:
    """Whether each bit is 1 in half of the rows: within 6 standard deviations, so a false alarm is one in 10**8."""
    rows = len(seen)
    return bool(((ones(seen) - rows / 2).abs() < 6 * (rows / 4) ** 0.5).all())
