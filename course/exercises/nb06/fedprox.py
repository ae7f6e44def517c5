"""Exercise 06.5: federated rounds whose clients stay near the model that they were sent."""

from __future__ import annotations

from typing import Any

import torch

from course.learn import evidence
from course.learn.difference import far_end
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, at, register, worker
from course.learn.says import Verdict


@register
class FedProx(Exercise):
    id = "06.5"
    title = "stay near, but near what?"
    minutes, points = 10, 4
    objective = "pull local training towards the model of its own round"
    promises = ("private", "tidy")
    stub = '''
def fedprox(
    w: torch.Tensor, shares: list, aggregator, rounds: int, steps: int, lr: float, mu: float
) -> torch.Tensor:
    """FedProx for a linear model: local steps that are pulled back, averaged at the aggregator.

    w: d x 1 float32, here.   shares: pairs of pointers (rows, targets), each at another owner.
    In a round each owner starts from the w of this round and takes `steps` gradient steps of
        length lr on 1/2 · (sum of squared errors on her rows)  +  mu/2 · (sum of squares of v
        minus the w of this round), v being her own model. The next w is the mean of all v.
    returns: the last w, a new tensor here. Only one mean a round reaches you, nobody sees an
    owner's rows, and every store ends as it began.
    >>> fedprox(torch.zeros(1, 1), toy_shares(), aggregator, rounds=1, steps=1, lr=0.1, mu=1.0)
    tensor([[0.6500]])
    """
    raise NotImplementedError
'''
    hints = (
        "The gradient of half a square is the distance itself: mu times (v minus the w of this round).",
        "Two names are needed at the owner: v changes with every step, the w of this round does not.",
        "for a step: v = v - lr * (rows.t() @ (rows @ v - target) + mu * (v - …))",
    )
    success = "Pulled towards each round's own model: weights as in plain torch, one mean a round, no store piled up."
    says = """
opened-an-owner  {found}. They belong to {sender}, and the aggregator is there so that you see means.
                 -> Which get asks an owner?
opened-too-much  {found}, one mean a round. Whatever else you open is one owner's.
                 -> What has to happen at the aggregator before the get?
at-an-owner      {found}. Owners want to keep their models from each other.
                 -> Who is the third party?
rows-travelled   {found}, a model a round. What is more comes from an owner's rows, or is the rows themselves.
                 -> Where are the rows when they are used?
first-anchor     {found}. You pull towards the very first w: what the owners learn in one round is held against them in
                 the next, and after many rounds the model still hangs on its random start.
                 -> Which w did the owner receive in this round?
both-faults      {found}. Both faults of the broken program are in it: the pull is as strong near the anchor as far from
                 it, and the anchor is the very first w.
                 -> Which w did the owner receive in this round, and what is the derivative of half a square?
no-pull          {found}. That is plain FedAvg: v minus itself is zero. Your anchor moves along with v.
                 -> Which name must not change during the steps?
no-square        {found}. The pull has the same strength at any distance, as if the distance were not squared. Then the
                 owner near the anchor is pulled as hard as the one who drifts.
                 -> What is the derivative of half a square?
twice-the-pull   {found}. The pull is twice, or half, what the docstring says.
                 -> What becomes of the 1/2 in mu/2 when you differentiate?
pushed-away      {found}. The sign of the pull is turned round: it drives the owner away from the common model.
                 -> At v above the anchor, should the step make v smaller or larger?
one-step         {found}. Only one local step was taken in each round; with one step the pull is zero, for v is still
                 at the anchor.
                 -> What does the inner loop repeat?
weighted         {found}. You weigh each owner by how many rows she has; the docstring asks for the plain mean.
                 -> By what is the sum of all v divided?
one-round        {found}. That is w after one round: each round began with the first w.
                 -> What should the next round send out?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [
            _question(draw, rows=[2, 3], width=1, rounds=2, steps=3, lr=0.1, mu=1.0),
            _question(draw, rows=[3, 1, 4], width=2, rounds=3, steps=2, lr=0.05, mu=2.0),
            _question(draw, rows=[4, 2], width=3, rounds=1, steps=4, lr=0.05, mu=0.5),
        ]

    def looks(self, question: Question, call: Evidence) -> Looks:
        w, _, _, rounds, steps, *_ = far_end(question["args"])
        owners, aggregator = question["owners"], question["aggregator"]
        yield _travels(call, owners, aggregator, rounds * w.numel(), steps)
        yield evidence.spares_strangers(call)
        yield evidence.still_there(call, 1)
        yield evidence.returned_a(call, torch.Tensor, "a tensor, here with you")
        yield evidence.inputs_unchanged(call, because="the next person who starts the rounds needs it")
        yield evidence.equals(call, trained(question), _mistakes(question), tolerance=evidence.TRAINED)
        yield evidence.leaves(call, [aggregator, *owners])


def _question(draw: Draw, rows: list[int], width: int, **settings: Any) -> Question:
    owners, aggregator = draw.people(len(rows)), draw.third_party()
    w = draw.floats(width, 1, low=-1, high=1)
    shares = [
        at(owner, (draw.floats(n, width, low=-1, high=1), draw.floats(n, 1, low=-3, high=3)))
        for owner, n in zip(owners, rows, strict=True)
    ]
    args = [w, shares, worker(aggregator), *settings.values()]
    return {"owners": owners, "aggregator": aggregator, "args": args}


def _travels(call: Evidence, owners: list[str], aggregator: str, most: int, steps: int) -> Verdict | None:
    """w for everybody, a model a round for the aggregator, a mean a round for you."""
    ways = {(name, aggregator): most for name in owners} | {(aggregator, "me"): most, ("me", aggregator): most}
    ways |= {("me", name): (1 + steps) * most for name in owners}  # w, and w again to stay near, at each step perhaps
    tags: dict[str | evidence.Way, str] = dict.fromkeys(owners, "at-an-owner")
    tags |= {"me": "opened-an-owner", (aggregator, "me"): "opened-too-much", aggregator: "rows-travelled"}
    return evidence.only_travels(call, ways, tags=tags)


Pull = Any  # a function (v, w of this round, first w) -> what is added to the gradient, times mu


def trained(question: Question, pull: Pull = lambda v, w, first: v - w, **changed: int) -> torch.Tensor:
    """The rounds in plain torch, with this pull, with other numbers of rounds or steps, and a mean `by_rows`."""
    by_rows = changed.get("by_rows", False)
    first, shares, _, rounds, steps, lr, mu = far_end(question["args"])
    w: torch.Tensor = first
    for _ in range(changed.get("rounds", rounds)):
        learned = []
        for rows, target in shares:
            v = w.clone()
            for _ in range(changed.get("steps", steps)):
                v = v - lr * (rows.t() @ (rows @ v - target) + mu * pull(v, w, first))
            learned.append(v * (len(rows) if by_rows else 1))
        w = torch.stack(learned).sum(0) / (sum(len(rows) for rows, _ in shares) if by_rows else len(shares))
    return w


def _mistakes(question: Question) -> dict[str, Any]:
    """What known mistakes lead to."""
    return {
        "first-anchor": trained(question, lambda v, w, first: v - first),
        "both-faults": trained(question, lambda v, w, first: (v - first).sign()),
        "no-pull": trained(question, lambda v, w, first: 0 * v),
        "no-square": evidence.any_of(
            trained(question, lambda v, w, first: (v - w).sign()),
            trained(question, lambda v, w, first: (v - w).sign() / 2),
            trained(question, lambda v, w, first: (v - w) / (v - w).norm().clamp_min(1e-12)),
            trained(question, lambda v, w, first: (v - w) / (v - w).norm().clamp_min(1e-12) / 2),
        ),
        "twice-the-pull": evidence.any_of(
            trained(question, lambda v, w, first: 2 * (v - w)), trained(question, lambda v, w, first: (v - w) / 2)
        ),
        "pushed-away": trained(question, lambda v, w, first: w - v),
        "one-step": trained(question, steps=1),
        "weighted": trained(question, by_rows=True),
        "one-round": trained(question, rounds=1),
    }
