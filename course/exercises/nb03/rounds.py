"""Exercise 03.5: rounds of averaging that leave every store as they found it."""

from __future__ import annotations

from typing import Any

import torch

from course.exercises.nb03.chains import somebody_elses
from course.learn import evidence
from course.learn.exercise import (
    Draw,
    Evidence,
    Exercise,
    Looks,
    Question,
    Verdict,
    Watched,
    observe,
    register,
    workers,
)

RATE, CLOSE = 0.1, 1e-4  # relative and absolute: the order of a sum may differ


@register
class Rounds(Exercise):
    id = "03.5"
    title = "rounds that tidy up after themselves only"
    minutes, points = 9, 3
    objective = "run a loop that leaves every store as it found it"
    promises = ("private", "tidy", "bounded")
    stub = '''
def rounds(w: torch.Tensor, shards: list, aggregator, count: int) -> torch.Tensor:
    """`count` rounds: each owner improves w on her rows, the aggregator averages, the mean comes home.

    w: float tensor, here.   shards: one pair (rows, target) of pointers for each owner.
    returns: w after the last round, a new tensor here. Only one mean a round reaches you, nobody sees
    an owner's rows, the aggregator never piles up old rounds, and every store ends as it began.
    >>> rounds(torch.zeros(2, 1), fresh_shards(), aggregator, count=1)
    tensor([[0.1500],
            [0.2000]])
    """
    raise NotImplementedError
'''
    hints = (
        "An object dies with the last pointer to it. Ask which names and lists still hold pointers of old rounds.",
        "Two lines of the broken program are wrong: one takes too much away, one keeps too much.",
        "for each round: start with an empty list, fill it with …, take the mean, go on. Nothing needs clearing.",
    )
    success = "One to six rounds: weights as in plain torch, everybody's data still in place, no round piled up."
    advice = {"TensorsNotCollocatedException": "Rows stay with their owner, improvements meet at the aggregator."}
    says = """
opened-an-owner  During {call}, {numbers} (`{what}`) travelled from {sender} to you. They belong to {sender}, and the
                 aggregator is there so that you see means.
                 -> Which get asks an owner?
opened-too-much  {call} brought you {numbers} from {sender}; expected {allowed}, one mean a round. Whatever else you
                 open is one owner's.
                 -> What has to happen at the aggregator before the get?
at-an-owner      During {call}, `{what}` went from {sender} to {receiver}, an owner. Owners want to keep their
                 improvements from each other.
                 -> Who is the third party?
rows-travelled   During {call}, {numbers} went from {sender} to {receiver}; expected {allowed}, an improvement a
                 round. What is more comes from an owner's rows, or is the rows themselves.
                 -> Where are the rows when they are used?
deleted-others   After {call}, two numbers that another project keeps at {aggregator} are gone. clear_objects() asks
                 nobody whose they are.
                 -> Which objects does your loop make, and when do they die?
deleted          After {call}, the rows of {owner} are gone. You tidied up in a store that is not yours, and the next
                 round has nothing to learn from.
                 -> What would die by itself, if no name held it any more?
stale            {call} averaged the improvements of all rounds so far, old ones too: {seen}; expected {right}. The
                 aggregator has to keep them all for that.
                 -> When does the list begin anew?
forgets          {call} returned {seen}, which is w after one round; expected {right}. Every round began with the
                 first w, so the owners worked for nothing.
                 -> What should the next round send out?
piles-up         {call} returned the right weights. But with each round {owner} held more: {held} numbers. Old rounds
                 stay there, readable, for as long as something points to them.
                 -> Which list, or which tensor, outlives its round?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [self._question(draw, *asked) for asked in ((1, 2, 2, (3,)), (3, 2, 4, (2, 1)), (6, 3, 2, (3,)))]

    def _question(self, draw: Draw, count: int, owners: int, rows: int, shape: tuple[int, ...]) -> Question:
        *names, aggregator = draw.people(owners + 1)
        shards = [
            (draw.floats(rows, shape[0], low=-1, high=1), draw.floats(rows, *shape[1:], low=-2, high=2)) for _ in names
        ]
        w = draw.floats(*shape, low=-1, high=1)
        return {"w": w, "shards": shards, "count": count, "owners": names, "aggregator": aggregator}

    def probe(self, answer: Watched, question: Question) -> Evidence:
        owners, (aggregator,) = workers(*question["owners"]), workers(question["aggregator"])
        (other,) = somebody_elses([question["aggregator"]])
        shards = [
            (rows.send(owner), target.send(owner))
            for (rows, target), owner in zip(question["shards"], owners, strict=True)
        ]
        answer(question["w"], shards, aggregator, question["count"])
        return {"other": observe(other)}

    def looks(self, question: Question, call: Evidence) -> Looks:
        owners, aggregator = question["owners"], question["aggregator"]
        yield _travels(call, question)
        yield call["other"].value is None, "deleted-others"
        for owner, (rows, target) in zip(owners, call["after"][1], strict=True):
            yield rows.value is None or target.value is None, "deleted", {"owner": owner}
        yield evidence.returned_a(call, torch.Tensor, "a tensor, here with you")
        yield evidence.inputs_unchanged(call, because="the next person who starts the loop needs it")
        right = trained(question)
        mistakes = {"stale": trained(question, keep=True), "forgets": trained({**question, "count": 1})}
        yield from evidence.leads_to(call, right, mistakes, tolerance=CLOSE)
        yield evidence.equals(call, right, tolerance=CLOSE)
        for name in [aggregator, *owners]:
            held = evidence.piles_up(call, name)
            yield bool(held), "piles-up", {"owner": name, "held": ", then ".join(map(str, held))}
            yield evidence.leaves(call, name, 0)


def _travels(call: Evidence, question: Question) -> Verdict | None:
    """A mean a round for you, an improvement a round for the aggregator, w for everybody, and no more."""
    owners, aggregator = question["owners"], question["aggregator"]
    most = question["count"] * question["w"].numel()
    ways = [("me", name) for name in [*owners, aggregator]] + [(owner, aggregator) for owner in owners]
    tags: dict[Any, str] = dict.fromkeys(owners, "at-an-owner")
    tags |= {"me": "opened-an-owner", (aggregator, "me"): "opened-too-much", aggregator: "rows-travelled"}
    return evidence.only_travels(call, dict.fromkeys([*ways, (aggregator, "me")], most), tags=tags)


def trained(question: Question, keep: bool = False) -> torch.Tensor:
    """What the rounds should end with, in plain torch; `keep` never empties the list, as the broken program does."""
    w: torch.Tensor = question["w"]
    parts: list[torch.Tensor] = []
    for _ in range(question["count"]):
        fresh = [w - RATE * rows.t() @ (rows @ w - target) for rows, target in question["shards"]]
        parts = parts + fresh if keep else fresh
        w = torch.stack(parts).mean(0)
    return w
