"""Batches of federated data: each of one owner, cut where the rows are."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

import torch

from course.data.datasets import BaseDataset, FederatedDataset, a
from course.errors import FederatedDataError, NotFederatedError
from course.virtual_worker import VirtualWorker

__all__ = ["FederatedDataLoader"]

logger = logging.getLogger("course")

Batch = tuple[Any, Any]


class FederatedDataLoader:
    """Pairs of pointers (data, targets), a batch of one worker at a time; the owners come one after the other.

    batch_size: rows in a batch; the last one of each owner may be smaller, and is left out with `drop_last`.
    shuffle: every owner shuffles its rows anew in each pass, with torch's generator.
    num_iterators: with more than one, each step yields a dict {worker: (data, targets)} with a batch from that many
        owners at once; who is done makes room for the next owner. iter_per_worker: all owners at once.

    `len(loader)` is the number of steps it yields. What else torch's DataLoader takes is ignored, with a warning.
    """

    def __init__(
        self,
        federated_dataset: FederatedDataset,
        batch_size: int = 8,
        shuffle: bool = False,
        drop_last: bool = False,
        num_iterators: int = 1,
        iter_per_worker: bool = False,
        **ignored: Any,
    ) -> None:
        if not isinstance(federated_dataset, FederatedDataset):
            raise NotFederatedError(
                "FederatedDataLoader",
                a(federated_dataset),
                "Hand its rows out first, dataset.federate((bob, alice)), or use torch.utils.data.DataLoader here",
            )
        for name, number in {"batch_size": batch_size, "num_iterators": num_iterators}.items():
            if number < 1:
                raise FederatedDataError(f"{name} is {number}", f"Ask for {name}=1 or more")
        if ignored:
            settings = ", ".join(f"{name}={value!r}" for name, value in ignored.items())
            logger.warning("FederatedDataLoader ignores %s: a batch is cut by the worker who has the rows.", settings)
        self.federated_dataset = federated_dataset
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.together = iter_per_worker or num_iterators > 1
        self.num_iterators = len(self.workers) if iter_per_worker else min(num_iterators, max(1, len(self.workers)))

    @property
    def workers(self) -> list[str]:
        """The ids of the owners, in order."""
        return self.federated_dataset.workers

    def __len__(self) -> int:
        counts = [len(self._starts(dataset)) for dataset in self.federated_dataset]
        return len(list(in_turns([range(count) for count in counts], self.num_iterators)))

    def __iter__(self) -> Iterator[Any]:
        passes = [self._batches(dataset) for dataset in self.federated_dataset]
        for batches in in_turns(passes, self.num_iterators):
            yield {location(batch): batch for batch in batches} if self.together else batches.pop()

    def _starts(self, dataset: BaseDataset) -> range:
        """The first row of each batch of one owner."""
        rows = len(dataset)
        return range(0, rows - self.batch_size + 1 if self.drop_last else rows, self.batch_size)

    def _batches(self, dataset: BaseDataset) -> Iterator[Batch]:
        """The batches of one owner: copies, so that nothing done to a batch changes the data set."""
        data, targets, rows = dataset.data, dataset.targets, len(dataset)
        order = dataset.location.remote.torch.randperm(rows) if self.shuffle and self._starts(dataset) else None
        for start in self._starts(dataset):
            size = min(self.batch_size, rows - start)
            if order is None:
                yield cut(data, 0, start, start + size), cut(targets, 0, start, start + size)
            else:
                yield pick(dataset, order[start : start + size])

    def __repr__(self) -> str:
        return f"<FederatedDataLoader: {len(self)} batches of {self.batch_size} from {len(self.workers)} workers>"


cut: Any = torch.slice_copy  # of narrow_copy torch 2.4 knows no gradient


def pick(dataset: BaseDataset, rows: Any) -> Batch:
    return dataset.data.index_select(0, rows), dataset.targets.index_select(0, rows)


def location(batch: Batch) -> VirtualWorker:
    worker: VirtualWorker = batch[0].location
    return worker


def in_turns(passes: list[Any], hands: int) -> Iterator[list[Any]]:
    """What so many hands take at each step, each from one pass until that is over, then from the next one in line."""
    waiting = iter(passes)
    taking = [chain.from_iterable(waiting) for _ in range(hands)]
    while step := [item for hand in taking for item in islice(hand, 1)]:
        yield step
