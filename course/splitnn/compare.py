"""What a split costs: the same training in one piece and in 2, 3 and 5 parts, as a table and a picture.

    result = sy.splitnn.compare_splits(sy.splitnn.image_stages(8), (x, y), (x_test, y_test))
    result.frame      # a row for the whole network and for each split; in a notebook `result` shows itself

It asks what the author of the old notebook wanted to know: is anything lost, how much travels, how long does it take?
"""

from __future__ import annotations

import copy
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import nn

from course.hook import TorchHook
from course.session import isolated, record
from course.splitnn.bars import bars
from course.splitnn.network import SplitNN
from course.virtual_worker import VirtualWorker

if TYPE_CHECKING:
    import pandas

__all__ = ["Comparison", "compare_splits", "cut_into", "image_stages"]

Pair = tuple[torch.Tensor, torch.Tensor]
NAMES = ("alice", "bob", "carol", "dan", "erin")


def image_stages(side: int, classes: int = 10) -> list[nn.Module]:
    """Five stages of a small network for grey images of side x side pixels; the side is even."""
    half = side // 2
    return [
        nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU()),
        nn.Sequential(nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.ReLU()),
        nn.Sequential(nn.Flatten(), nn.Linear(16 * half * half, 64), nn.ReLU()),
        nn.Sequential(nn.Linear(64, 32), nn.ReLU()),
        nn.Linear(32, classes),
    ]


def cut_into(count: int, stages: Sequence[nn.Module]) -> list[nn.Module]:
    """These stages as so many parts, as even as can be."""
    ends = [len(stages) * at // count for at in range(count + 1)]
    return [nn.Sequential(*stages[start:end]) for start, end in zip(ends, ends[1:], strict=False)]


@dataclass
class Comparison:
    """A row for the whole network in plain torch (`parts` 1), and one for each split.

    accuracy: on the test rows. apart: how far the parameters end from those of the whole network, at most. For one
    epoch: megabytes and messages between all workers, of which `values` carried activations or gradients; seconds of
    wall time, the median of all epochs but the first, in which messages are written down.
    """

    rows: list[dict[str, Any]]

    @property
    def frame(self) -> pandas.DataFrame:
        """The rows as a pandas DataFrame, by the number of parts."""
        import pandas

        return pandas.DataFrame(self.rows).set_index("parts")

    @property
    def svg(self) -> str:
        """The picture: a small chart for each of four columns."""
        shown = {"accuracy": "accuracy", "MB": "MB an epoch", "messages": "messages an epoch", "seconds": "s an epoch"}
        names = ["whole" if row["parts"] == 1 else f"{row['parts']} parts" for row in self.rows]
        charts = {title: [row[column] for row in self.rows] for column, title in shown.items()}
        return bars(names, charts, "The network whole, and cut into parts at as many owners")

    def __repr__(self) -> str:
        return self.frame.to_string(float_format=lambda number: f"{number:.4g}")

    def _repr_html_(self) -> str:
        return self.svg + str(self.frame.to_html(float_format=lambda number: f"{number:.4g}"))


def compare_splits(
    stages: Sequence[nn.Module],
    train: Pair,
    test: Pair,
    *,
    counts: Sequence[int] = (2, 3, 5),
    epochs: int = 3,
    batch_size: int = 64,
    lr: float = 0.3,
    seed: int = 0,
) -> Comparison:
    """Train these stages in one piece and cut into parts, each with an owner of its own, in sessions of their own.

    The first owner has the images, the last one the labels. All start with the same parameters and see the same
    batches in the same order, with SGD. The stages that are given stay as they are.
    """
    most = min(len(stages), len(NAMES))
    if not counts or not 1 <= min(counts) <= max(counts) <= most:
        raise ValueError(f"counts of parts go from 1 to {most} here, not {list(counts)}")
    order = torch.randperm(len(train[0]), generator=torch.Generator().manual_seed(seed))
    batches = [(train[0][rows], train[1][rows]) for rows in torch.split(order, batch_size)]
    training = Training(stages, batches, test, epochs, lr, seed)
    whole, row = training.whole()
    return Comparison([row, *[training.in_parts(count, whole) for count in counts]])


@dataclass
class Training:
    """The same training, whole or in parts."""

    stages: Sequence[nn.Module]
    batches: Sequence[Pair]
    test: Pair
    epochs: int
    lr: float
    seed: int

    def whole(self) -> tuple[nn.Module, dict[str, Any]]:
        """In plain torch: the trained network, and its row."""
        network = nn.Sequential(*copy.deepcopy(list(self.stages)))
        optimizer = torch.optim.SGD(network.parameters(), lr=self.lr)

        def learn(x: torch.Tensor, y: torch.Tensor) -> None:
            optimizer.zero_grad()
            loss: Any = F.cross_entropy(network(x), y)
            loss.backward()
            optimizer.step()

        with isolated(self.seed):
            seconds = [timed(learn, self.batches) for _ in range(self.epochs)]
            accuracy = share_right(network, *self.test).item()
        costs = {"accuracy": accuracy, "apart": 0.0, "MB": 0.0, "messages": 0, "values": 0, "seconds": usual(seconds)}
        return network, {"parts": 1, **costs}

    def in_parts(self, count: int, whole: nn.Module) -> dict[str, Any]:
        """At so many owners: its row."""
        with isolated(self.seed):
            hook = TorchHook(torch, verbose=False)
            owners = [VirtualWorker(hook, id=name) for name in NAMES[:count]]
            parts = cut_into(count, copy.deepcopy(list(self.stages)))
            for part, owner in zip(parts, owners, strict=True):
                part.send(owner)  # type: ignore[operator]
            net = SplitNN(parts, [torch.optim.SGD(part.parameters(), lr=self.lr) for part in parts])
            pairs = [(there(x, owners[0]), there(y, owners[-1])) for x, y in self.batches]
            with record() as log:
                seconds = [timed(net.learn, pairs)]
            rows = log.rows()
            seconds += [timed(net.learn, pairs) for _ in range(self.epochs - 1)]
            accuracy = share_right(net, there(self.test[0], owners[0]), there(self.test[1], owners[-1])).get().item()
            net.get()  # type: ignore[operator]
        apart = max((a - b).abs().max().item() for a, b in zip(net.parameters(), whole.parameters(), strict=True))
        traffic = {"MB": sum(row["bytes"] for row in rows) / 1e6, "messages": len(rows)}
        traffic["values"] = sum(row["values"] for row in rows)
        return {"parts": count, "accuracy": accuracy, "apart": apart, **traffic, "seconds": usual(seconds)}


@torch.no_grad()
def share_right(network: nn.Module, x: Any, y: Any) -> Any:
    """The share of these rows that the network labels right, where the labels are."""
    return (network.eval()(x).argmax(dim=1) == y).float().mean()


def timed(learn: Callable[[Any, Any], object], pairs: Sequence[Any]) -> float:
    """Seconds of one epoch."""
    started = time.perf_counter()
    for x, y in pairs:
        learn(x, y)
    return time.perf_counter() - started


def usual(seconds: Sequence[float]) -> float:
    """The median of all epochs but the first; of the first if there is no other."""
    return statistics.median(seconds[1:] or seconds)


def there(x: torch.Tensor, owner: VirtualWorker) -> Any:
    return x.send(owner)  # type: ignore[attr-defined]
