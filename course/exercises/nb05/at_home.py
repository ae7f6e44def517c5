"""The rounds of exercise 05.3 in plain torch, with all rows at home: what is right, and what known mistakes lead to."""

from __future__ import annotations

from itertools import product
from typing import Any

import torch
from torch import nn, optim
from torch.nn import functional as F

from course.learn.evidence import any_of
from course.learn.plain import Plain

State = dict[str, torch.Tensor]
Shard = tuple[torch.Tensor, torch.Tensor]


def network(state: State) -> nn.Module:
    """A network of two layers with these parameters; its last layer gives log-probabilities."""
    width, inputs = state["0.weight"].shape
    model = nn.Sequential(nn.Linear(inputs, width), nn.Tanh(), nn.Linear(width, 2), nn.LogSoftmax(dim=1))
    model.load_state_dict(state)
    return model


def shapes(inputs: int, width: int) -> dict[str, tuple[int, ...]]:
    """The shapes of its parameters."""
    return {"0.weight": (width, inputs), "0.bias": (width,), "2.weight": (2, width), "2.bias": (2,)}


def improved(state: State, x: torch.Tensor, y: torch.Tensor, steps: int, rate: float, clear: bool) -> State:
    """What an owner makes of a model in a round; without `clear`, gradients add up."""
    model = network(state)
    opt = optim.SGD(model.parameters(), lr=rate)
    for _ in range(steps):
        if clear:
            opt.zero_grad()
        F.nll_loss(model(x), y).backward()  # type: ignore[no-untyped-call]
        opt.step()
    return {name: tensor.detach().clone() for name, tensor in model.named_parameters()}


def average(states: list[State], weights: list[int]) -> State:
    """The weighted mean, parameter by parameter."""
    shares = (torch.tensor(weights) / sum(weights)).tolist()
    pairs = list(zip(shares, states, strict=True))
    return {name: torch.stack([share * state[name] for share, state in pairs]).sum(0) for name in states[0]}


def own_copy(came: list[torch.Tensor], state: State, shards: list[Shard], *asked: Any) -> tuple[int, str, int] | None:
    """(owner, name, round) of the first parameter of one owner's copy, or of its change, found in what came to you.

    It may come weighted, and among other numbers. Passed over is what can hardly be told from an average, and three
    numbers or fewer, which may be there by chance.
    """
    rounds, steps, rate = asked
    rows, seen = [len(x) for x, _ in shards], _side_by_side(came)
    for at in range(rounds):
        copies = [improved(state, x, y, steps, rate, True) for x, y in shards]
        mean = average(copies, rows)
        for (owner, copy), (name, before) in product(enumerate(copies), state.items()):
            if before.numel() < 4:
                continue
            shared = [mean[name], mean[name] - before]
            public = _side_by_side([before, *shared, *(sum(rows) * one for one in shared)])
            weights, forms = (1, rows[owner], rows[owner] / sum(rows)), (copy[name], copy[name] - before)
            own = [weight * form for weight, form in product(weights, forms)]
            told = [one.flatten() for one in own if not _holds(public, one.flatten(), 1e-2)]
            if any(_holds(seen, one, 1e-4) for one in told):
                return owner, name, at + 1
        state = mean
    return None


def not_trained(handed: list[list[torch.Tensor]], state: State, shards: list[Shard], *asked: Any) -> int | None:
    """The first owner among what was handed over whose trained parameters are not all in it; None if there is none.

    They may come weighted, or as changes. Where as many numbers were handed over as there are parameters, nothing
    else is.
    """
    rounds, steps, rate = asked
    rows, seen = [len(x) for x, _ in shards], [_side_by_side(tensors) for tensors in handed]
    for _ in range(rounds):
        copies = [improved(state, x, y, steps, rate, True) for x, y in shards]
        for owner, copy in enumerate(copies):
            for name, before in state.items():
                weights, forms = (1, rows[owner], rows[owner] / sum(rows)), (copy[name], copy[name] - before)
                own = [(weight * form).flatten() for weight, form in product(weights, forms)]
                if not any(_holds(seen[owner], one, 1e-3) for one in own):
                    return owner
        state = average(copies, rows)
    return None


def _side_by_side(tensors: list[torch.Tensor]) -> torch.Tensor:
    """All numbers in one row, with something that equals nothing between two tensors."""
    gap = torch.tensor([torch.nan])
    return torch.cat([gap, *(part for tensor in tensors for part in (tensor.flatten().float(), gap))])


def _holds(row: torch.Tensor, part: torch.Tensor, close: float) -> bool:
    """Whether these numbers stand there one after the other, relatively so close."""
    if len(row) < len(part):
        return False
    return bool(torch.isclose(row.unfold(0, len(part), 1), part, rtol=close, atol=close / 100).all(dim=1).any())


def trained(
    state: State,
    shards: list[Shard],
    rounds: int,
    steps: int,
    rate: float,
    *,
    clear: bool = True,
    keep: bool = False,
    weigh: bool = True,
) -> State:
    """What the rounds end with. `keep` (the copies of older rounds) is a mistake, and so is not to clear or weigh."""
    rows = [len(x) if weigh else 1 for x, _ in shards]
    copies: list[State] = []
    for _ in range(rounds):
        fresh = [improved(state, x, y, steps, rate, clear) for x, y in shards]
        copies = copies + fresh if keep else fresh
        state = average(copies, rows * (len(copies) // len(fresh)))
    return state


def mistakes(state: State, shards: list[Shard], rounds: int, steps: int, rate: float) -> dict[str, Plain]:
    """What known mistakes lead to, by tag."""
    asked: Any = (rounds, steps, rate)
    return {
        "untrained": state,
        "first-only": trained(state, shards, 1, steps, rate),
        "stale": trained(state, shards, *asked, keep=True),
        "unweighted": trained(state, shards, *asked, weigh=False),
        "one-left": any_of(trained(state, shards[:-1], *asked), trained(state, shards[1:], *asked)),
        "one-step": trained(state, shards, rounds, 1, rate),
        "not-cleared": trained(state, shards, *asked, clear=False),
    }
