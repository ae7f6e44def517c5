"""Membership inference: was this person's row among those that a client trained on?"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call, grad, vmap

from course.attacks.architecture import named
from course.attacks.view import Update, check_update

__all__ = ["auc", "membership_by_lira", "membership_by_loss"]

Tensors = dict[str, torch.Tensor]


def membership_by_loss(update: Update, model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """A score for each row of x and y, (rows,): the higher, the rather a member. The score is minus its loss.

    A model fits what it has seen better. But it also fits an easy row that it never saw, and misses a hard one that it
    did see, so this is a weak attack: it compares different people with each other.

    model: the architecture; its parameters are those of the update after training.

    Yeom et al. 2018, Privacy Risk in Machine Learning (arXiv 1709.01604), section 3, here without a threshold.
    """
    check_update(update, "membership_by_loss")
    with torch.no_grad():
        return -F.cross_entropy(functional_call(model, named(model, update.after), (x,)), y, reduction="none")


def membership_by_lira(
    update: Update,
    model: nn.Module,
    x: torch.Tensor,
    y: torch.Tensor,
    *,
    shadows: int = 32,
    steps: int = 100,
    lr: float = 1.0,
    seed: int = 0,
) -> torch.Tensor:
    """A score for each row of x and y, (rows,): the higher, the rather a member. LiRA, the likelihood-ratio attack.

    1. Train shadow models as the client trained, from the same start, each on a random half of the rows, and another
       on the other half: every row is in half of the shadows.
    2. For each row, see how confident the shadows are that had it, and those that had not.
    3. Two normal distributions: under which is the confidence of the client's model likelier? The score is the log of
       that ratio. Each person is compared with the same person in and out, not with others.

    The attacker knows the rows it asks about, and the client's recipe (architecture, steps, lr: plain SGD on all its
    rows). With few shadows, one variance for all rows is more reliable than one for each.

    Carlini et al. 2022, Membership Inference Attacks From First Principles (arXiv 2112.03570), algorithm 1 (online).
    """
    check_update(update, "membership_by_lira")
    rows = halves(len(x), shadows, seed)  # (shadows, rows / 2)
    member = torch.zeros(len(rows), len(x), dtype=torch.bool).scatter_(1, rows, True)
    start = named(model, update.before)
    trained = train_together(model, start, x[rows], y[rows], steps, lr)
    shadow = vmap(lambda mine: confidence(model, mine, x, y))(trained)  # (shadows, rows)
    seen = confidence(model, named(model, update.after), x, y)  # (rows,)
    return log_likelihood(seen, shadow, member) - log_likelihood(seen, shadow, ~member)


def halves(rows: int, shadows: int, seed: int) -> torch.Tensor:
    """The rows of each shadow, (shadows, rows // 2): two by two the halves of one random order."""
    generator = torch.Generator().manual_seed(seed)
    orders = [torch.randperm(rows, generator=generator) for _ in range(shadows // 2)]
    return torch.stack([half for order in orders for half in (order[: rows // 2], order[-(rows // 2) :])])


def train_together(
    model: nn.Module, start: Tensors, x: torch.Tensor, y: torch.Tensor, steps: int, lr: float
) -> Tensors:
    """Models from one start on their own rows, x (models, rows, ...) and y (models, rows), as one batched program."""

    def loss(mine: Tensors, rows: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(functional_call(model, mine, (rows,)), labels)

    trained = {name: p.expand(len(x), *p.shape).clone() for name, p in start.items()}
    gradients = vmap(grad(loss))
    for _ in range(steps):
        step = gradients(trained, x, y)
        trained = {name: p - lr * step[name] for name, p in trained.items()}
    return trained


def confidence(model: nn.Module, mine: Tensors, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """log(p / (1 - p)) of each row's label, (rows,): unlike p it is about normal over models."""
    with torch.no_grad():
        log_p: torch.Tensor = functional_call(model, mine, (x,)).log_softmax(1)
        label = F.one_hot(y, log_p.shape[1]).bool()
        others = log_p.masked_fill(label, -torch.inf).logsumexp(1)
        return (log_p * label).sum(1) - others


def log_likelihood(seen: torch.Tensor, shadow: torch.Tensor, counts: torch.Tensor) -> torch.Tensor:
    """log N(seen; mean, variance) over the shadows that count, up to a constant. counts: (shadows, rows) bool."""
    mean = (shadow * counts).sum(0) / counts.sum(0)
    variance = ((shadow - mean).square() * counts).sum() / counts.sum()
    return -(seen - mean).square() / (2 * variance) - variance.log() / 2


def auc(scores: torch.Tensor, truth: torch.Tensor) -> float:
    """How well scores rank the true ones first: the share of pairs (true, false) in the right order. Chance is 0.5."""
    true, false = scores[truth.bool()], scores[~truth.bool()]
    ahead = true[:, None] - false[None, :]
    return float(((ahead > 0).double() + (ahead == 0).double() / 2).mean())
