"""The loop of rounds, the same for clients behind pointers (`Federation`) and for a fleet trained as one program.

A round: sample clients, let them learn from the same model, make one model of what arrived, let the server's optimizer
step, evaluate. How clients learn is what `Federation` and `Fleet` add.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from course.errors import CourseError
from course.federated import chance
from course.federated.average import named_tensors
from course.federated.history import History
from course.federated.progress import progress_bar
from course.federated.strategies import FedAvg, Tensors

__all__ = ["Learned", "Local", "RoundFailedError", "Rounds", "Run"]

Evaluate = Callable[[nn.Module], float | Mapping[str, float]]


class RoundFailedError(CourseError, RuntimeError):
    """Every client of a round failed. The error of the first one is its cause."""


@dataclass(frozen=True)
class Local:
    """What a client does in a round: SGD over its own rows, with an optimizer that begins without memory."""

    epochs: int = 1
    batch_size: int | None = None  # None: all rows of the client in one batch
    lr: float = 0.1
    momentum: float = 0.0
    weight_decay: float = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or value < 1):
                raise ValueError(f"{name} must be a whole number of at least 1, not {value!r}")

    def optimizer(self, model: nn.Module) -> torch.optim.SGD:
        return torch.optim.SGD(
            model.parameters(),
            lr=self.lr,
            momentum=self.momentum,
            weight_decay=self.weight_decay,
            nesterov=self.nesterov,
        )

    def batches(self, rows: int, seed: int, round: int, client: int) -> Iterator[torch.Tensor | None]:
        """The rows of each local step: None for all of them, else their numbers in this client's random order."""
        for epoch in range(self.epochs):
            if self.batch_size is None or self.batch_size >= rows:
                yield None
            else:
                yield from torch.split(chance.order(rows, seed, round, client, epoch), self.batch_size)


@dataclass
class Run:
    """One run: its settings, what the server remembers, and its history."""

    strategy: FedAvg
    local: Local
    seed: int
    at_least: int
    dropouts: float
    history: History
    memory: dict[str, Tensors] = field(default_factory=dict)  # the server optimizer's, by parameter
    round: int = 0


@dataclass
class Learned:
    """What came of a round: how many updates arrived, one tensor of theirs for each name, and the mean local loss."""

    clients: int
    combined: Tensors
    loss: float


class Rounds(ABC):
    """Clients with rows, one global model, and `run`."""

    model: nn.Module
    clients: list[Any]  # the name of each client
    rows: list[int]  # how many rows each has: its weight
    fewest = 1  # how many updates must arrive for a mean, unless `at_least` says otherwise

    @abstractmethod
    def begin(self, run: Run) -> None:
        """Bring the global model to where it is averaged."""

    @abstractmethod
    def learn(self, run: Run, joined: list[int]) -> Learned:
        """Let these clients learn. If fewer than `run.at_least` arrive, nothing is combined."""

    @abstractmethod
    def look(self) -> nn.Module:
        """The global model as it is now, here, to be evaluated."""

    @abstractmethod
    def end(self) -> None:
        """Bring the global model back, also after an error."""

    def run(
        self,
        strategy: FedAvg | None = None,
        rounds: int = 1,
        *,
        per_round: int | float | None = None,
        epochs: int = 1,
        batch_size: int | None = None,
        lr: float = 0.1,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        dropouts: float = 0.0,
        at_least: int | None = None,
        evaluate: Evaluate | None = None,
        until: Callable[[dict[str, Any]], bool] | None = None,
        seed: int = 0,
        progress: bool = True,
    ) -> History:
        """Train the model for some rounds, in place. Returns the history.

        strategy: FedAvg() if none is given. per_round: how many clients are sampled for each round, a whole number or
        a share in (0, 1]; None for all. epochs, batch_size, lr, momentum, weight_decay, nesterov: the local SGD of
        each client; without a batch size all its rows are one batch. dropouts: the share of the sampled clients that
        leave within a round, for an experiment. at_least: a round in which fewer updates arrive leaves the model as it
        is. evaluate: called with the model after each round, in eval mode and without gradients; the number or the
        dict of numbers that it returns goes into the history. until: called with the row of each round; True ends the
        run. seed: who is sampled, who drops out, the order of the rows and dropout follow from it alone.

        Raises ValueError for settings without meaning, RoundFailedError if every client of a round fails.
        """
        strategy = strategy or FedAvg()
        local = Local(epochs, batch_size, lr, momentum, weight_decay, nesterov)
        count = self.count(per_round)
        needed = self.fewest if at_least is None else at_least
        check(strategy, count, needed, dropouts)
        needed = max(needed, strategy.fewest())
        history = History(f"{strategy}, {count} of {len(self.clients)} clients a round")
        run = Run(strategy, local, seed, needed, dropouts, history)
        self.begin(run)
        try:
            with progress_bar(rounds, progress) as say:
                for run.round in range(1, rounds + 1):
                    row = self.one_round(run, count)
                    row |= self.evaluated(evaluate)
                    say(run.round, ", ".join(f"{name} {row[name]:.4g}" for name in run.history.measured()))
                    if until is not None and until(row):
                        break
        finally:
            self.end()
        return run.history

    def one_round(self, run: Run, count: int) -> dict[str, Any]:
        """Sample, learn, combine, step. The row of this round, which is in the history by now."""
        started, already = time.perf_counter(), len(run.history.drops)
        joined = []
        for client in chance.sample(len(self.clients), count, run.seed, run.round):
            if run.dropouts and chance.drops_out(client, run.dropouts, run.seed, run.round):
                run.history.note_drop(run.round, self.clients[client], None)
            else:
                joined.append(client)
        learned = self.learn(run, joined)
        if learned.combined:
            self.step(run, learned.combined)
        row = {
            "round": run.round,
            "clients": learned.clients if learned.combined else 0,
            "dropped": len(run.history.drops) - already,
            "loss": learned.loss,
            "seconds": time.perf_counter() - started,
        }
        run.history.rows.append(row)
        return row

    def step(self, run: Run, combined: Tensors) -> None:
        """The server's step, on each parameter; buffers take what was combined."""
        with torch.no_grad():
            for name, tensor in named_tensors(self.model).items():
                if name in combined:
                    new = combined[name]
                    if name in self.learning:
                        new = run.strategy.server_step(tensor, new, run.memory.setdefault(name, {}))
                    tensor.copy_(new)

    def adopt(self, model: nn.Module) -> None:
        """Take this model as the global one, and note what in it learns, and what is averaged or stays whole."""
        self.model = model
        self.learning = [name for name, p in model.named_parameters() if p.requires_grad]
        buffers = dict(model.named_buffers())
        self.whole = [name for name, b in buffers.items() if not (b.is_floating_point() or b.is_complex())]
        self.averaged = [*self.learning, *(name for name in buffers if name not in self.whole)]

    def count(self, per_round: int | float | None) -> int:
        """How many clients are sampled. ValueError for a number or a share that cannot be."""
        clients = len(self.clients)
        share = isinstance(per_round, float) and 0 < per_round <= 1
        found = clients if per_round is None else max(round(per_round * clients), 1) if share else per_round
        if not isinstance(found, int) or not 1 <= found <= clients:
            raise ValueError(
                f"per_round={per_round!r}: give a whole number from 1 to {clients}, the number of clients, or a share"
                f" of them such as 0.1"
            )
        return found

    def evaluated(self, evaluate: Evaluate | None) -> dict[str, float]:
        """What `evaluate` says about the model, by name."""
        if evaluate is None:
            return {}
        model = self.look()
        was_training = model.training
        model.eval()
        with torch.no_grad():
            said = evaluate(model)
        model.train(was_training)
        return dict(said) if isinstance(said, Mapping) else {getattr(evaluate, "__name__", "evaluated"): float(said)}


def check(strategy: FedAvg, count: int, at_least: int, dropouts: float) -> None:
    """ValueError for a run in which no round could end well."""
    if count < strategy.fewest():
        raise ValueError(
            f"{strategy} needs at least {strategy.fewest()} updates to choose among, and {count} clients join a round:"
            f" sample more of them, or guard against fewer."
        )
    if not 0 <= dropouts < 1:
        raise ValueError(f"dropouts={dropouts}: give a share of the clients of at least 0 and less than 1")
    if count < at_least:
        raise ValueError(
            f"{count} of the clients join a round, and a mean is made of at least {at_least}: the mean of one update is"
            f" that update, and whoever reads the model reads what this one client learned. Sample more clients, or"
            f" say at_least={count} if the model may tell that."
        )
