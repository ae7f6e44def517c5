"""A ready-made playground: `sy.create_sandbox(globals())` makes six workers who hold small data sets.

The data is registered to stay: it outlives every pointer to it, and is found by its tags.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import torch

from course.errors import NotAWorkerError
from course.hook import TorchHook
from course.many import send
from course.virtual_worker import VirtualWorker

__all__ = ["PrivateGridNetwork", "create_sandbox"]

NAMES = ("bob", "theo", "jason", "alice", "andy", "jon")


class SmallData(NamedTuple):
    """A data set of scikit-learn that fits into the sandbox: always offline."""

    loader: str
    data: str  # what the columns are
    target: str  # what is to be predicted
    target_dtype: torch.dtype


SMALL_DATA = {
    "#iris": SmallData(
        "load_iris",
        "Iris flowers: sepal length and width, petal length and width, in cm",
        "Species: 0, 1, 2",
        torch.int64,
    ),
    "#diabetes": SmallData(
        "load_diabetes", "Diabetes: 10 scaled measurements", "Progression in one year", torch.float32
    ),
    "#digits": SmallData("load_digits", "Digits: 8 x 8 pixels of 0 to 16", "Digit: 0 to 9", torch.int64),
}


class PrivateGridNetwork:
    """Workers that are searched together: `sy.PrivateGridNetwork(bob, alice)`. `workers` maps names to them.

    Raises NotAWorkerError for anything that is no worker.
    """

    def __init__(self, *workers: VirtualWorker) -> None:
        for worker in workers:
            if not isinstance(worker, VirtualWorker):
                raise NotAWorkerError("search", repr(worker))
        self.workers = {worker.id: worker for worker in workers}

    def search(self, *query: str | int | Iterable[str | int]) -> dict[str, list[Any]]:
        """Pointers to all objects that carry every tag of the query, by the name of the worker they are on.

        Workers that hold none are left out. No data moves, and no pointer found owns what it points to.
        """
        found = {name: worker.search(*query) for name, worker in self.workers.items()}
        return {name: pointers for name, pointers in found.items() if pointers}

    def __repr__(self) -> str:
        return f"<PrivateGridNetwork {', '.join(self.workers)}>"


def create_sandbox(namespace: dict[str, Any], verbose: bool = True, download_data: bool = True) -> None:
    """Put hook, bob, theo, jason, alice, andy, jon, `workers` (a list of them) and `grid` into a namespace.

    Call it as `sy.create_sandbox(globals())`. Each worker holds a sixth of the rows of iris, diabetes and
    digits, tagged with the name and #data or #target. They come with scikit-learn: nothing is downloaded.
    Data that is there already stays. `download_data=False` registers none, `verbose=False` prints nothing.
    """
    hook = TorchHook(torch, verbose=False)  # whoever called asked for a sandbox, not for a hook
    workers = [VirtualWorker(hook, id=name) for name in NAMES]
    grid = PrivateGridNetwork(*workers)
    if download_data:
        for tag in SMALL_DATA:
            register(tag, grid)
    namespace.update(zip(NAMES, workers, strict=True), hook=hook, workers=workers, grid=grid)
    if verbose:
        print(f"Sandbox: hook, grid and workers ({', '.join(NAMES)}) are ready.")


def register(tag: str, grid: PrivateGridNetwork) -> None:
    """Deal the rows of a data set to the workers of a grid, like cards, unless some of it is there."""
    if grid.search(tag):
        return
    about = SMALL_DATA[tag]
    features, targets = load(about)
    workers = list(grid.workers.values())
    for first, worker in enumerate(workers):
        rows = slice(first, None, len(workers))
        place(features[rows], worker, (tag, "#data"), about.data)
        place(targets[rows], worker, (tag, "#target"), about.target)


def place(values: torch.Tensor, worker: VirtualWorker, tags: tuple[str, ...], description: str) -> None:
    """Send a tensor to stay."""
    named: Any = values
    send(named.tag(*tags).describe(description), worker, garbage_collect_data=False)


def load(about: SmallData) -> tuple[torch.Tensor, torch.Tensor]:
    """Features (rows, columns) float32 and targets (rows,): classes int64, measurements float32."""
    import sklearn.datasets

    features, targets = getattr(sklearn.datasets, about.loader)(return_X_y=True)
    return torch.tensor(features, dtype=torch.float32), torch.tensor(targets, dtype=about.target_dtype)
