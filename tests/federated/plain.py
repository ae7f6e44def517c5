"""The oracle: federated learning one client after the other, in plain torch, each strategy from its paper.

Nothing of it comes from `course`, but who is sampled and in which order rows are read, which are part of a seed's
meaning. Server optimizers are torch's own where it has them, FedProx is a term of the loss, SCAFFOLD is the paper's
option II (which holds for plain SGD; with momentum the mean of the gradients, which is the same there).
"""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from scipy import stats
from torch import nn

import course as sy
from course.federated import chance

Data = list[tuple[torch.Tensor, torch.Tensor]]
Vector = torch.Tensor


def vector(model: nn.Module) -> Vector:
    return nn.utils.parameters_to_vector(model.parameters()).detach().clone()


def one_by_one(
    model: nn.Module,
    data: Data,
    loss: Callable[..., torch.Tensor],
    strategy: Any,
    rounds: int,
    per_round: int | None = None,
    epochs: int = 1,
    batch_size: int | None = None,
    dropouts: float = 0.0,
    seed: int = 0,
    lr: float = 0.1,
    **sgd: Any,
) -> nn.Module:
    """The model after these rounds; the given one stays as it is."""
    model = copy.deepcopy(model)
    controls = {client: torch.zeros_like(vector(model)) for client in range(len(data))}
    server = Server(strategy, vector(model))
    for number in range(1, rounds + 1):
        updates, weights, changes = [], [], []
        for client in chance.sample(len(data), per_round or len(data), seed, number):
            if chance.drops_out(client, dropouts, seed, number):
                continue
            everybody = sum(len(y) * controls[i] for i, (_, y) in enumerate(data)) / sum(len(y) for _, y in data)
            order = batches(len(data[client][1]), epochs, batch_size, seed, number, client)
            control = (controls[client], everybody)
            update, new = local(model, *data[client], order, loss, strategy, control, lr, **sgd)
            updates.append(update)
            weights.append(len(data[client][1]))
            changes.append((client, new))
        if isinstance(strategy, sy.SCAFFOLD):
            controls |= dict(changes)
        if updates:
            nn.utils.vector_to_parameters(server.step(vector(model), torch.stack(updates), weights), model.parameters())
    return model


def batches(rows: int, epochs: int, batch_size: int | None, seed: int, number: int, client: int) -> list[torch.Tensor]:
    if batch_size is None or batch_size >= rows:
        return [torch.arange(rows)] * epochs
    orders = [chance.order(rows, seed, number, client, epoch) for epoch in range(epochs)]
    return [order[start : start + batch_size] for order in orders for start in range(0, rows, batch_size)]


def local(
    model: nn.Module,
    x: torch.Tensor,
    y: torch.Tensor,
    order: list[torch.Tensor],
    loss: Callable[..., torch.Tensor],
    strategy: Any,
    control: tuple[Vector, Vector],
    lr: float,
    **sgd: Any,
) -> tuple[Vector, Vector]:
    """One client's update, and its new control variate."""
    mine = copy.deepcopy(model)
    optimizer = torch.optim.SGD(mine.parameters(), lr=lr, **sgd)
    start, gradients = vector(model), []
    for rows in order:
        optimizer.zero_grad()
        value = loss(mine(x[rows]), y[rows])
        if isinstance(strategy, sy.FedProx):
            apart = nn.utils.parameters_to_vector(mine.parameters()) - start
            value = value + strategy.mu / 2 * (apart**2).sum()
        value.backward()
        flat = torch.cat([p.grad.flatten() for p in mine.parameters() if p.grad is not None])
        gradients.append(flat.clone())
        if isinstance(strategy, sy.SCAFFOLD):
            corrected = flat - control[0] + control[1]
            for p, part in zip(mine.parameters(), split(corrected, mine), strict=True):
                p.grad = part
        optimizer.step()
    end = vector(mine)
    if sgd.get("momentum") or sgd.get("weight_decay"):
        return end, torch.stack(gradients).mean(0)
    return end, control[0] - control[1] + (start - end) / (len(order) * lr)  # option II


def split(flat: Vector, model: nn.Module) -> list[torch.Tensor]:
    parts = flat.split([p.numel() for p in model.parameters()])
    return [part.reshape(p.shape) for part, p in zip(parts, model.parameters(), strict=True)]


class Server:
    """One model of many, and the server's optimizer."""

    def __init__(self, strategy: Any, start: Vector) -> None:
        self.strategy = strategy
        self.x = nn.Parameter(start.clone())
        self.sgd = torch.optim.SGD([self.x], lr=1.0)
        if isinstance(strategy, sy.FedAvgM):
            self.sgd = torch.optim.SGD([self.x], lr=strategy.lr, momentum=strategy.beta)
        if isinstance(strategy, sy.SCAFFOLD):
            self.sgd = torch.optim.SGD([self.x], lr=strategy.lr)
        self.m = np.zeros(len(start))
        self.v = np.full(len(start), getattr(strategy, "tau", 0) ** 2)

    def step(self, x: Vector, updates: torch.Tensor, weights: list[int]) -> Vector:
        together = self.together(updates, weights)
        if isinstance(self.strategy, sy.FedAdam):
            return self.adaptive(x, together)
        with torch.no_grad():
            self.x.copy_(x)
        self.x.grad = x - together.to(x.dtype)
        self.sgd.step()
        return self.x.detach().clone()

    def together(self, updates: torch.Tensor, weights: list[int]) -> Vector:
        all_, strategy = updates.double().numpy(), self.strategy
        if isinstance(strategy, sy.Median):
            return torch.from_numpy(np.median(all_, axis=0))
        if isinstance(strategy, sy.TrimmedMean):
            return torch.from_numpy(stats.trim_mean(all_, strategy.beta, axis=0))
        if isinstance(strategy, sy.Krum):
            return torch.from_numpy(all_[krum(all_, strategy.f)])
        return torch.from_numpy(np.average(all_, axis=0, weights=weights))

    def adaptive(self, x: Vector, together: Vector) -> Vector:
        """Reddi et al. 2021, algorithm 2, number by number."""
        s, new = self.strategy, []
        for i, (old, mean) in enumerate(zip(x.double().tolist(), together.tolist(), strict=True)):
            delta = mean - old
            self.m[i] = s.beta1 * self.m[i] + (1 - s.beta1) * delta
            if type(s) is sy.FedYogi:
                self.v[i] -= (1 - s.beta2) * delta**2 * np.sign(self.v[i] - delta**2)
            else:
                self.v[i] = s.beta2 * self.v[i] + (1 - s.beta2) * delta**2
            new.append(old + s.lr * self.m[i] / (self.v[i] ** 0.5 + s.tau))
        return torch.tensor(new, dtype=torch.float64).to(x.dtype)


def krum(updates: Any, f: int) -> int:
    """Blanchard et al. 2017: the index of the smallest sum of squared distances to the n - f - 2 nearest others."""
    scores = []
    for i, one in enumerate(updates):
        apart = sorted(float(((one - other) ** 2).sum()) for j, other in enumerate(updates) if j != i)
        scores.append(sum(apart[: len(updates) - f - 2]))
    return int(np.argmin(scores))
