"""Fleet: the rounds of `course.federated`, with the clients of a round trained as one batched program.

    fleet = sy.Fleet(model, [(x_0, y_0), (x_1, y_1), ...])
    history = fleet.run(sy.FedProx(mu=0.1), rounds=50, per_round=0.1, epochs=5, batch_size=16, lr=0.1)

A fleet is a simulation: all data are here, and nothing is private. It tells what a strategy will do with thousands of
clients, with the results that one client after the other would give, up to the rounding of sums.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from course.federated import chance
from course.federated.average import mean
from course.federated.rounds import Learned, Local, Rounds, Run
from course.federated.strategies import Tensors
from course.fleet.gradients import Gradients
from course.fleet.schedule import Schedule, Step
from course.pointers import PointerTensor, place

__all__ = ["Fleet"]

MOST = 1024  # clients in a chunk; more were not faster
NUMBERS = 2**25  # in a chunk's parameters and batches, about: 128 MB of float32


class Fleet(Rounds):
    """Clients with rows here, trained many at once.

    data: a pair (inputs, targets) of tensors for each client, of any number of rows, at least one. loss: of outputs
    and targets of a batch, a mean or a sum over rows where clients have different numbers of them. device: where to
    compute, such as "cuda"; the model goes there too. chunk: how many clients are trained at once, which bounds the
    memory; None chooses by the sizes of model and batches.

    SCAFFOLD keeps a control variate for each client, and the robust strategies need all updates of a round: their
    memory grows with the fleet and with the clients of a round.

    Raises CannotBatchError, when it runs, for a model that cannot be computed for many clients at once.
    """

    def __init__(
        self,
        model: nn.Module,
        data: Sequence[tuple[torch.Tensor, torch.Tensor]],
        *,
        loss: Callable[[Any, Any], torch.Tensor] = F.cross_entropy,
        device: str | torch.device | None = None,
        chunk: int | None = None,
    ) -> None:
        pairs = [checked(n, *pair) for n, pair in enumerate(data)]
        if not pairs:
            raise ValueError("a fleet needs at least one client: a list of pairs (inputs, targets)")
        if chunk is not None and chunk < 1:
            raise ValueError(f"chunk={chunk}: train at least one client at a time")
        self.adopt(model if device is None else model.to(device))
        self.device = next((p.device for p in model.parameters()), torch.device("cpu"))
        self.rows = [len(x) for x, _ in pairs]
        self.clients = list(range(len(pairs)))
        self.x = torch.cat([x for x, _ in pairs]).to(self.device)
        self.y = torch.cat([y for _, y in pairs]).to(self.device)
        self.sizes = torch.tensor(self.rows)
        self.first = self.sizes.cumsum(0) - self.sizes  # where each client's rows begin
        self.loss, self.chunk = loss, chunk
        self.tried = False

    def begin(self, run: Run) -> None:
        self.model.train()
        self.gradients = Gradients(self.model, self.loss)
        if not self.tried:
            self.try_out()
        self.start = {name: p.detach() for name, p in self.model.named_parameters() if p.requires_grad}
        self.own: Tensors = {}  # control variates by parameter, (clients, *shape)
        self.control: Tensors = {}  # the server's
        if run.strategy.control_variates:
            self.control = {name: torch.zeros_like(p) for name, p in self.start.items()}
            self.own = {name: p.new_zeros((len(self.rows), *p.shape)) for name, p in self.start.items()}

    def end(self) -> None:
        self.own, self.control = {}, {}

    def look(self) -> nn.Module:
        return self.model

    def try_out(self) -> None:
        """CannotBatchError if the model cannot be batched."""
        self.gradients.try_out(*self.few())
        self.tried = True

    def few(self) -> tuple[torch.Tensor, torch.Tensor]:
        """At most four rows of the largest client, to try something out."""
        largest = int(self.sizes.argmax())
        rows = slice(int(self.first[largest]), int(self.first[largest]) + min(self.rows[largest], 4))
        return self.x[rows], self.y[rows]

    def learn(self, run: Run, joined: list[int]) -> Learned:
        """Chunk by chunk; a mean is made of the chunks' means, any other strategy needs all updates at once."""
        if len(joined) < run.at_least:
            run.history.notes.append(
                f"round {run.round} changed nothing: {len(joined)} of at least {run.at_least} clients were left"
            )
            return Learned(len(joined), {}, float("nan"))
        total, together, losses = sum(self.rows[client] for client in joined), Sum(), 0.0
        changes, kept = Sum(), []
        for clients in self.chunks(run.local, joined):
            weights = [float(self.rows[client]) for client in clients]
            updates, loss, change = self.train(run, clients)
            losses += float(mean(loss, weights)) * sum(weights) / total
            changes.add({name: mean(c, weights) for name, c in change.items()}, sum(weights) / total)
            if run.strategy.is_mean:
                together.add(run.strategy.combine(updates, weights), sum(weights) / total)
            else:
                kept.append((clients, updates))
            del updates, change  # before the next chunk makes its own
        for name, changed in changes.tensors.items():
            self.control[name] += changed * (total / sum(self.rows))
        if kept:
            return Learned(len(joined), run.strategy.combine(*in_order(kept, self.rows)), losses)
        return Learned(len(joined), together.tensors, losses)

    def chunks(self, local: Local, joined: list[int]) -> list[list[int]]:
        """The clients in groups that are trained at once, those with most rows first: alike ones are together."""
        by_rows = sorted(joined, key=lambda client: -self.rows[client])
        size = self.chunk or self.fitting(local, self.rows[by_rows[0]])
        return [by_rows[at : at + size] for at in range(0, len(by_rows), size)]

    def fitting(self, local: Local, rows: int) -> int:
        """How many clients with so many rows fit into a chunk."""
        parameters = sum(p.numel() for p in self.start.values())
        batch = min(local.batch_size or rows, rows) * self.x[0].numel()
        return max(1, min(MOST, NUMBERS // (4 * (parameters + batch))))

    def train(self, run: Run, clients: list[int]) -> tuple[Tensors, torch.Tensor, Tensors]:
        """The local steps of these clients. Their parameters, mean losses and changes of control variates, stacked."""
        local, strategy, chosen = run.local, run.strategy, torch.tensor(clients)
        first = self.first[chosen]
        stacked = {name: p.expand(len(clients), *p.shape).clone() for name, p in self.start.items()}
        own = {name: c[chosen.to(self.device)] for name, c in self.own.items()}
        sums = {name: torch.zeros_like(p) for name, p in stacked.items()} if own else {}
        momentum: Tensors = {}
        losses = torch.zeros(len(clients), device=self.device)
        schedule = Schedule(local, chosen, self.sizes[chosen], run.seed, run.round)
        numbers = torch.arange(int(schedule.steps.max()), device=self.device)
        keys = chance.key(run.seed, chance.DROPOUT, run.round, chosen.to(self.device)[:, None], numbers)
        for step in schedule:
            n = step.active
            rows = (first[:n, None] + step.rows).to(self.device)
            active = {name: p[:n] for name, p in stacked.items()}
            x, y = taken(self.x, rows), taken(self.y, rows)
            gradients, loss = self.gradients(active, x, y, keys[:n, step.number], self.counts(step))
            losses[:n] += loss
            for name, p in active.items():
                gradient = gradients[name]
                if own:
                    sums[name][:n] += gradient
                if strategy.changes_gradients:
                    mine, everyones = (own[name][:n], self.control[name]) if own else (0, 0)
                    gradient = strategy.local_gradient(gradient, p, self.start[name], mine, everyones)
                descend(local, name, p, gradient, momentum)
        steps = schedule.steps.to(self.device)
        return stacked, losses / steps, self.changed(chosen, own, sums, steps)

    def counts(self, step: Step) -> torch.Tensor | None:
        """The numbers of real rows, if some batches are filled up; the loss must allow it."""
        if not step.ragged:
            return None
        self.gradients.try_ragged(*self.few())
        return step.counts

    def changed(self, chosen: torch.Tensor, own: Tensors, sums: Tensors, steps: torch.Tensor) -> Tensors:
        """Give these clients their new control variates, the means of their gradients. By how much they change."""
        changes = {}
        for name, before in own.items():
            new = sums[name] / steps.reshape(-1, *[1] * (before.dim() - 1))
            changes[name] = new - before
            self.own[name][chosen.to(self.device)] = new
        return changes


def descend(local: Local, name: str, y: torch.Tensor, gradient: torch.Tensor, momentum: Tensors) -> None:
    """One step of torch.optim.SGD for stacked parameters, in place; only the first clients may still be active."""
    if local.weight_decay:
        gradient = gradient + local.weight_decay * y
    if local.momentum:
        if name not in momentum:
            momentum[name] = gradient.clone()
        else:
            momentum[name] = momentum[name][: len(y)].mul_(local.momentum).add_(gradient)
        gradient = gradient + local.momentum * momentum[name] if local.nesterov else momentum[name]
    y.sub_(gradient, alpha=local.lr)


def taken(x: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
    """x[rows] for rows (clients, batch), row by row in one piece each."""
    return x.index_select(0, rows.flatten()).reshape(*rows.shape, *x.shape[1:])


class Sum:
    """Tensors by name that are added up with shares."""

    def __init__(self) -> None:
        self.tensors: Tensors = {}

    def add(self, tensors: Tensors, share: float) -> None:
        for name, tensor in tensors.items():
            self.tensors[name] = self.tensors[name] + tensor * share if name in self.tensors else tensor * share


def in_order(kept: list[tuple[list[int], Tensors]], rows: list[int]) -> tuple[Tensors, list[float]]:
    """The stacks of all chunks as one, clients in their order, and their weights."""
    clients = torch.tensor([client for chunk, _ in kept for client in chunk])
    order = clients.argsort()
    stacks = {name: torch.cat([tensors[name] for _, tensors in kept]) for name in kept[0][1]}
    there = {name: stack[order.to(stack.device)] for name, stack in stacks.items()}
    return there, [float(rows[client]) for client in clients[order].tolist()]


def checked(n: int, x: Any, y: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """The rows of one client. ValueError unless they are here, there are some, and there is one target for each."""
    if isinstance(x, PointerTensor) or isinstance(y, PointerTensor):
        raise ValueError(
            f"the rows of client {n} are at {place(x if isinstance(x, PointerTensor) else y)}, and a fleet is a"
            f" simulation with all data here. Train with sy.Federation, which sends the model to them."
        )
    if not isinstance(x, torch.Tensor) or not isinstance(y, torch.Tensor) or not len(x) == len(y) > 0:
        said = [f"{len(part)} rows" if isinstance(part, torch.Tensor) else type(part).__name__ for part in (x, y)]
        raise ValueError(f"client {n} has {said[0]} and {said[1]}: give it tensors with one target a row, at least one")
    return x, y
