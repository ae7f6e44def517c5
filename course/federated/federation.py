"""Federated learning over pointers: data stay at their workers, updates go to a trusted aggregator, `me` sees neither.

    federation = sy.Federation(model, [(x_bob, y_bob), (x_alice, y_alice)], aggregator=secure_worker)
    history = federation.run(sy.FedAvg(), rounds=3, epochs=5, lr=0.01)

The aggregator sees each update, and `me` the model at the end, after each evaluation, and one mean loss a round. With
secure aggregation, `aggregate=sy.aggregation.Masked()`, the aggregator too sees nothing but the mean.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import nn

from course.errors import TooFewUpdatesError
from course.federated.average import mean, named_tensors
from course.federated.rounds import Learned, RoundFailedError, Rounds, Run
from course.plans import twin_of
from course.pointers import PointerTensor
from course.virtual_worker import VirtualWorker, check_worker

__all__ = ["Federation"]


@dataclass
class Update:
    """What one client sends to the aggregator, and what it keeps until that has arrived."""

    model: nn.Module  # at the aggregator
    loss: Any  # at the aggregator: the mean over the local steps
    change: nn.Module | None = None  # at the aggregator: of the client's control variate
    own: nn.Module | None = None  # at the client: its new control variate


class Aggregate(Protocol):
    """How updates become a mean that is all that anybody sees of them: `sy.aggregation.Masked()`, or `Shared(...)`."""

    def opened(
        self, updates: Mapping[Any, Any], server: VirtualWorker, weights: Mapping[Any, float] | None = None, **how: Any
    ) -> tuple[Any, list[Any]]: ...


LOSS = "(loss)"  # what the mean loss goes by beside the tensors of a model: no tensor can have that name


class Federation(Rounds):
    """Workers with data, a trusted aggregator, and a model that visits them.

    data: a pair (inputs, targets) of pointers for each worker, or data sets with `.data` and `.targets`, as a list, a
    dict or a FederatedDataset; each worker once. loss: of outputs and targets, the mean over a batch. aggregator: a
    worker whom everybody trusts with the updates. aggregate: secure aggregation, for an aggregator who shall not see
    them; for strategies that use nothing but the mean. train: how a client trains instead of with SGD, for instance a
    training plan: called with model, inputs and targets, all at the worker; what it returns is the loss there, or None.

    A client that fails drops out of the round: the mean is that of the others, and the history keeps its error.
    """

    fewest = 2  # the mean of one update is that update, and `me` gets the mean

    def __init__(
        self,
        model: nn.Module,
        data: Any,
        *,
        aggregator: VirtualWorker,
        loss: Callable[[Any, Any], Any] = F.cross_entropy,
        train: Callable[[nn.Module, Any, Any], Any] | None = None,
        aggregate: Aggregate | None = None,
    ) -> None:
        self.adopt(model)
        self.data = pairs(data)
        self.clients = [x.location.id for x, _ in self.data]
        if len(set(self.clients)) < len(self.clients):
            raise ValueError(f"each worker is one client, so its data come in one pair: {', '.join(self.clients)}")
        self.rows = [len(x) for x, _ in self.data]
        if 0 in self.rows:
            raise ValueError(f"{self.clients[self.rows.index(0)]} has no rows to learn from: leave this worker out")
        self.aggregator = check_worker(aggregator, "Federation")
        self.loss, self.train, self.aggregate = loss, train, aggregate

    def begin(self, run: Run) -> None:
        if self.aggregate is not None and (run.strategy.control_variates or not run.strategy.is_mean):
            raise ValueError(
                f"{run.strategy} looks at the updates of single clients, and secure aggregation hides them: only their"
                f" mean exists anywhere. Use FedAvg, FedProx, FedAvgM, FedAdam or FedYogi, or leave out `aggregate`"
            )
        if self.train is not None and run.strategy.changes_gradients:
            raise ValueError(f"{run.strategy} changes the gradients of each local step: leave out `train`")
        self.model.train()
        self.model.move(self.aggregator)  # type: ignore[operator]
        self.own: dict[int, nn.Module] = {}  # the control variate of each client, at the client
        self.control = zeros(self.model) if run.strategy.control_variates else None  # the server's

    def end(self) -> None:
        self.own, self.control = {}, None
        self.model.get()  # type: ignore[operator]

    def look(self) -> nn.Module:
        return there(self.model, self.model.location).get()  # type: ignore

    def learn(self, run: Run, joined: list[int]) -> Learned:
        """The round: the model visits each client, and what it learned goes to the aggregator."""
        arrived: dict[int, Update] = {}
        errors: list[Exception] = []
        try:
            for client in joined:
                try:
                    arrived[client] = self.visit(run, client)
                except Exception as error:  # noqa: BLE001  whatever went wrong there, the others go on
                    run.history.note_drop(run.round, self.clients[client], error)
                    errors.append(error)
            if errors and not arrived:
                raise RoundFailedError(
                    f"In round {run.round} all {len(joined)} clients failed, so there is nothing to average, and the"
                    f" model is as it was. The first, {self.clients[joined[0]]}, says: {errors[0]}"
                ) from errors[0]
            return self.combine(run, arrived)
        finally:
            errors.clear()  # an error keeps what it failed on alive

    def visit(self, run: Run, client: int) -> Update:
        """One client: a copy of the model goes there, learns, and moves on to the aggregator."""
        x, y = self.data[client]
        model = there(self.model, x.location)
        update = self.steps(run, client, model, x, y) if self.train is None else Update(model, self.train(model, x, y))
        if self.aggregate is not None:
            return update  # it stays where it is
        update.model.move(self.aggregator)  # type: ignore[operator]
        if update.loss is not None:
            update.loss = update.loss.detach().move(self.aggregator)
        if update.change is not None:
            update.change.move(self.aggregator)  # type: ignore[operator]
        return update

    def steps(self, run: Run, client: int, model: nn.Module, x: Any, y: Any) -> Update:
        """The local steps of one client, where its data are."""
        optimizer, corrections = run.local.optimizer(model), None
        if run.strategy.changes_gradients:
            corrections = Corrections(run, model, self.own.get(client), self.control)
        losses = []
        for rows in run.local.batches(self.rows[client], run.seed, run.round, client):
            optimizer.zero_grad()
            inputs, targets = (x, y) if rows is None else batch(x, y, rows)
            loss = self.loss(model(inputs), targets)
            loss.backward()
            if corrections is not None:
                corrections.apply()
            optimizer.step()
            losses.append(loss.detach())
        optimizer.zero_grad()
        update = Update(model, torch.stack(losses).mean())
        if corrections is not None and run.strategy.control_variates:
            update.own, update.change = corrections.control()
        return update

    def combine(self, run: Run, arrived: dict[int, Update]) -> Learned:
        """At the aggregator: one tensor of those of all updates, for each name."""
        if len(arrived) < run.at_least:
            run.history.notes.append(
                f"round {run.round} changed nothing: {len(arrived)} of at least {run.at_least} updates arrived"
            )
            return Learned(len(arrived), {}, float("nan"))
        if self.aggregate is not None:
            return self.combine_unseen(run, arrived, self.aggregate)
        weights = [float(self.rows[client]) for client in arrived]
        with torch.no_grad():
            held = [named_tensors(update.model) for update in arrived.values()]
            stacks = {name: torch.stack([tensors[name] for tensors in held]) for name in self.averaged}
            combined = run.strategy.combine(stacks, weights)
            combined |= {name: mean(torch.stack([t[name] for t in held]), weights) for name in self.whole}
            if self.control is not None:
                self.update_controls(arrived, weights)
            losses = [update.loss for update in arrived.values()]
            loss = float("nan") if losses[0] is None else float(here(mean(torch.stack(losses), weights)))
        return Learned(len(arrived), combined, loss)

    def combine_unseen(self, run: Run, arrived: dict[int, Update], aggregate: Aggregate) -> Learned:
        """The mean of updates that stay at their clients; nobody sees one of them. Whole numbers are rounded.

        A round in which too many leave changes nothing. TooFewUpdatesError if there were too few from the start.
        """
        updates = {}
        for client, update in arrived.items():
            tensors: dict[str, Any] = named_tensors(update.model)
            updates[self.clients[client]] = {name: tensors[name] for name in [*self.averaged, *self.whole]}
            if update.loss is not None:
                updates[self.clients[client]][LOSS] = update.loss
        weights = {self.clients[client]: float(self.rows[client]) for client in arrived}
        note = partial(run.history.note_drop, run.round)
        try:
            mean, counted = aggregate.opened(updates, self.aggregator, weights, note=note)
        except TooFewUpdatesError as error:
            if run.history.drops[-1:] == [] or run.history.drops[-1]["round"] != run.round:
                raise
            run.history.notes.append(f"round {run.round} changed nothing: {error}")
            return Learned(0, {}, float("nan"))
        loss = float(here(mean.pop(LOSS))) if LOSS in mean else float("nan")
        return Learned(len(counted), mean | {name: mean[name].round() for name in self.whole}, loss)

    def update_controls(self, arrived: dict[int, Update], weights: list[float]) -> None:
        """The server's control variate stays the weighted mean of those of all clients, who now keep their new ones."""
        changes = [dict(update.change.named_parameters()) for update in arrived.values() if update.change is not None]
        joining = sum(weights) / sum(self.rows)
        for name, control in dict(self.control.named_parameters()).items():  # type: ignore[union-attr]
            control.add_(joining * mean(torch.stack([change[name] for change in changes]), weights))
        self.own |= {client: update.own for client, update in arrived.items() if update.own is not None}


class Corrections:
    """What a strategy does to the gradients of one client, and the mean of these gradients before."""

    def __init__(self, run: Run, model: nn.Module, own: nn.Module | None, server: nn.Module | None) -> None:
        self.strategy = run.strategy
        self.parameters = dict(model.named_parameters())
        self.start = {name: p.detach().clone() for name, p in self.parameters.items()}
        self.sums: dict[str, Any] = {}
        self.count = 0
        self.own = self.server = None
        if run.strategy.control_variates and server is not None:
            self.own = zeros(model) if own is None else own
            self.server = there(server, model.location)  # type: ignore[arg-type]

    @torch.no_grad()
    def apply(self) -> None:
        own, server = of(self.own), of(self.server)
        self.count += 1
        for name, p in self.parameters.items():
            gradient = p.grad
            if gradient is not None:
                if own:
                    self.sums[name] = self.sums.get(name, 0) + gradient
                p.grad = self.strategy.local_gradient(
                    gradient, p.data, self.start[name], own.get(name, 0), server.get(name, 0)
                )

    @torch.no_grad()
    def control(self) -> tuple[nn.Module, nn.Module]:
        """The client's new control variate, the mean of its gradients, and how much it has changed."""
        assert self.own is not None
        new, change = self.own.copy(), self.own.copy()  # type: ignore[operator]
        changes = of(change)
        for name, own in of(new).items():
            if name in self.sums:
                own.copy_(self.sums[name] / self.count)
            changes[name].copy_(own - changes[name])
        return new, change


def of(model: nn.Module | None) -> dict[str, Any]:
    return {} if model is None else dict(model.named_parameters())


def there(model: nn.Module, worker: VirtualWorker) -> nn.Module:
    """A copy of a model, at this worker."""
    copies = {id(tensor): copy.deepcopy(tensor) for tensor in named_tensors(model).values()}
    twin: Any = twin_of(model, copies)
    return twin if twin.location is worker else twin.move(worker)  # type: ignore[no-any-return]


@torch.no_grad()
def zeros(model: nn.Module) -> nn.Module:
    """A copy of a model, where it is, with zeros for parameters: what a control variate is at first."""
    twin: nn.Module = model.copy()  # type: ignore[operator]
    for p in twin.parameters():
        p.zero_()
    return twin


def here(x: Any) -> Any:
    return x.get() if isinstance(x, PointerTensor) else x


def batch(x: Any, y: Any, rows: torch.Tensor) -> tuple[Any, Any]:
    """These rows of inputs and targets, where they are."""
    there: Any = rows.send(x.location)  # type: ignore[attr-defined]
    return x[there], y[there]


def pairs(data: Any) -> list[tuple[Any, Any]]:
    """(inputs, targets) of each client, as pointers to one worker. ValueError for anything else."""
    given: Iterable[Any] = getattr(data, "datasets", data)
    given = given.values() if isinstance(given, Mapping) else given
    found = [(part.data, part.targets) if hasattr(part, "targets") else tuple(part) for part in given]
    for pair in found:
        if len(pair) != 2 or not all(isinstance(part, PointerTensor) for part in pair):
            raise ValueError("the data of a client are a pair of pointers, (inputs, targets), at its worker")
        if pair[0].location is not pair[1].location:
            raise ValueError(f"inputs at {pair[0].location.id} and targets at {pair[1].location.id}: move one of them")
    if not found:
        raise ValueError("a federation needs the data of at least one worker")
    return found
