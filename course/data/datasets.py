"""Data sets that live with their owners: one at a worker, and many at many.

    digits.federate((bob, alice))             # yours, handed out: pieces of nearly equal size, in order
    bob.load("credit.csv", targets="label")   # bob's own: read at bob, never here
    FederatedDataset([at_bob, at_alice])
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch.utils.data import default_collate

from course import session
from course.data.partitions import contiguous
from course.errors import FederatedDataError, NotFederatedError, TensorsNotCollocatedException
from course.hook import dataset_method
from course.pointers import call_at, place
from course.virtual_worker import VirtualWorker, check_worker, worker_method

__all__ = ["BaseDataset", "FederatedDataset", "federate", "load"]


class BaseDataset:
    """The rows of one owner: `data` and `targets`, tensors here or pointers to one worker.

    `len(d)` rows; `d[i]` and `d[a:b]` are pairs (data, targets), cut where the rows are.
    Raises FederatedDataError where the numbers of rows differ, TensorsNotCollocatedException where the places do.
    """

    def __init__(self, data: Any, targets: Any) -> None:
        for tensor in (data, targets):
            if not isinstance(tensor, torch.Tensor):
                raise NotFederatedError("BaseDataset", a(tensor), "Give it two tensors: sy.BaseDataset(data, targets)")
        if place(data) != place(targets):
            raise TensorsNotCollocatedException("BaseDataset", place(data), place(targets))
        counts = [str(tensor.shape[0] if tensor.dim() else "no") for tensor in (data, targets)]
        if counts[0] != counts[1] or "no" in counts:
            raise FederatedDataError(
                f"data has {counts[0]} rows and targets {counts[1]}",
                "Give one target for each row, along the first dimension",
            )
        self.data = data
        self.targets = targets

    @property
    def location(self) -> VirtualWorker:
        """The worker who holds the rows; `me` while they are here."""
        worker: VirtualWorker = getattr(self.data, "location", session.local_worker)
        return worker

    def send(self, worker: VirtualWorker) -> BaseDataset:
        """Send both to a worker, in place. Returns this data set."""
        self.data, self.targets = self.data.send(worker), self.targets.send(worker)
        return self

    def get(self) -> BaseDataset:
        """Bring both home, in place. Returns this data set."""
        self.data = self.data.get()
        self.targets = self.targets.get()
        return self

    def __len__(self) -> int:
        rows: int = self.data.shape[0]
        return rows

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        return self.data[index], self.targets[index]

    def __repr__(self) -> str:
        return f"<BaseDataset at {self.location.id}: {len(self)} rows>"


class FederatedDataset:
    """The data sets of many workers: `fds["bob"]` or `fds[bob]` is bob's, `len(fds)` all rows together.

    Raises FederatedDataError where two are at one worker, or one is here with you.
    """

    def __init__(self, datasets: Iterable[BaseDataset]) -> None:
        self.datasets: dict[str, BaseDataset] = {}
        for dataset in datasets:
            if not isinstance(dataset, BaseDataset):
                raise NotFederatedError("FederatedDataset", a(dataset), "Give it a list of sy.BaseDataset")
            owner = dataset.location
            if owner is session.local_worker:
                raise FederatedDataError("one of these data sets is here with you", "Send it first: dataset.send(bob)")
            if owner.id in self.datasets:
                raise FederatedDataError(f"two of these data sets are at {owner.id}", "Join them there with torch.cat")
            self.datasets[owner.id] = dataset

    @property
    def workers(self) -> list[str]:
        """The ids of the owners, in order."""
        return list(self.datasets)

    def __getitem__(self, worker: VirtualWorker | str) -> BaseDataset:
        name = getattr(worker, "id", worker)
        if name not in self.datasets:
            known = ", ".join(self.workers[:5]) + (", ..." if len(self.datasets) > 5 else "")
            raise FederatedDataError(f"nobody called {name!r} owns rows here", f"The owners are {known}")
        return self.datasets[name]

    def __contains__(self, worker: object) -> bool:
        return getattr(worker, "id", worker) in self.datasets

    def __len__(self) -> int:
        return sum(len(dataset) for dataset in self.datasets.values())

    def __iter__(self) -> Any:
        return iter(self.datasets.values())

    def __repr__(self) -> str:
        return f"<FederatedDataset: {len(self)} rows at {len(self.datasets)} workers>"


def a(thing: Any) -> str:
    return f"a {type(thing).__name__}"


def federate(
    dataset: Any, workers: Sequence[VirtualWorker], parts: Sequence[torch.Tensor] | None = None
) -> FederatedDataset:
    """Hand the rows of a data set out to workers. Every row goes to one of them, once.

    `parts` says who gets which rows (`sy.partitions`): row numbers for each worker. Else the rows are cut in their
    order into pieces whose lengths differ by one at most. A transform of the data set is applied on the way.
    Raises NotFederatedError for what is no data set of (data, target) pairs, FederatedDataError for parts that are no
    partition and for a worker named twice.
    """
    workers = owners(workers)
    if not all(hasattr(dataset, name) for name in ("__getitem__", "__len__")):  # a loader, or a stream of rows
        loader = "sy.FederatedDataLoader(dataset.federate((bob, alice)), batch_size=32)"
        raise NotFederatedError("federate", a(dataset), f"Federate the data set, then make batches: {loader}")
    parts = contiguous(len(dataset), len(workers)) if parts is None else whole(parts, len(dataset), len(workers))
    return FederatedDataset([collated(dataset, part).send(worker) for worker, part in zip(workers, parts, strict=True)])


def owners(workers: Any) -> list[VirtualWorker]:
    """The workers, each once."""
    named = [workers] if isinstance(workers, VirtualWorker) else workers
    found = [check_worker(worker, "federate") for worker in named]
    if not found or len({worker.id for worker in found}) < len(found):
        names = ", ".join(worker.id for worker in found) or "nobody"
        raise FederatedDataError(f"the rows should go to {names}", "Name each owner once, and at least one")
    return found


def whole(parts: Sequence[Any], rows: int, workers: int) -> list[torch.Tensor]:
    """The parts, if they are a partition of the rows with one part for each worker."""
    found = [torch.as_tensor(part, dtype=torch.int64).flatten() for part in parts]
    if len(found) != workers:
        raise FederatedDataError(f"there are {len(found)} parts for {workers} workers", "Make one part for each worker")
    named = torch.cat(found)
    if not torch.equal(named.sort().values, torch.arange(rows)):
        kinds = len(set(named.tolist()))
        raise FederatedDataError(
            f"these parts name {len(named)} rows, {kinds} of them different, and the data set has {rows}",
            "Name every row from 0 on once: sy.partitions has ways to do so",
        )
    return found


def collated(dataset: Any, rows: torch.Tensor) -> BaseDataset:
    """These rows of a data set, stacked. No row is none of its first."""
    pairs = [dataset[row] for row in rows.tolist() or [0]]
    if not isinstance(pairs[0], (tuple, list)) or len(pairs[0]) != 2:
        raise NotFederatedError("federate", f"{a(dataset)} whose rows are no pairs", "Let dataset[i] be (data, target)")
    data, targets = default_collate(pairs)
    return BaseDataset(data[: len(rows)], targets[: len(rows)])


@worker_method
def load(worker: VirtualWorker, path: str, targets: str, columns: Sequence[str] | None = None) -> BaseDataset:
    """A data set that a worker reads from its owner's folder, by itself: no row passes through you.

    `bob.load("credit.csv", targets="label")` takes the targets from a column, and the data from `columns`, else from
    all others. `bob.load("images.npy", targets="labels.npy")` reads two arrays; IDX files, as MNIST has them, too.
    The folder is COURSE_FILES at the worker, else the one where it was started. See `course/readers.py`.
    Raises FileRefusedError.
    """
    if path.lower().endswith(".csv"):
        names = None if columns is None else list(columns)
        return BaseDataset(*call_at(worker, "file.table", (path, targets, names), {}))
    return BaseDataset(*[call_at(worker, "file.array", (name,), {}) for name in (path, targets)])


dataset_method("federate")(federate)
