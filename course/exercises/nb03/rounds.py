"""Exercise 03.5: rounds of averaging that leave every store as they found it."""

from __future__ import annotations

from typing import Any

import torch

from course.learn import evidence
from course.learn.difference import far_end
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Verdict, at, register, worker

RATE = 0.1


@register
class Rounds(Exercise):
    id = "03.5"
    title = "rounds that tidy up after themselves only"
    minutes, points = 9, 3
    objective = "run a loop that leaves every store as it found it"
    promises = ("private", "tidy", "bounded")
    stub = '''
def rounds(w: torch.Tensor, shards: list, aggregator, count: int) -> torch.Tensor:
    """`count` rounds: owners improve w on their rows, the aggregator averages, the mean comes
    home.

    w: float tensor, here.   shards: one pair (rows, target) of pointers for each owner.
    returns: w after the last round, a new tensor here. Only one mean a round reaches you,
    nobody sees an owner's rows, the aggregator never piles up old rounds, and every store ends
    as it began.
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
opened-an-owner  {found}. They belong to {sender}, and the aggregator is there so that you see means.
                 -> Which get asks an owner?
opened-too-much  {found}, one mean a round. Whatever else you open is one owner's.
                 -> What has to happen at the aggregator before the get?
at-an-owner      {found}. Owners want to keep their improvements from each other.
                 -> Who is the third party?
not-from-home    {found}: each mean comes home, and w goes out from you. Owners never agreed to receive numbers from
                 {sender}.
                 -> Who starts the next round, and where is w then?
rows-travelled   {found}, an improvement a round. What is more comes from an owner's rows, or is the rows themselves.
                 -> Where are the rows when they are used?
deleted-others   {found}. clear_objects() asks nobody whose they are.
                 -> Which objects does your loop make, and when do they die?
deleted          After {call}, the rows of {owner} are gone. You tidied up in a store that is not yours, and the next
                 round has nothing to learn from.
                 -> What would die by itself, if no name held it any more?
stale            {found}. You averaged the improvements of all rounds so far, and the aggregator has to keep them all.
                 -> When does the list begin anew?
sum              {found}. That is the sum of what the owners' improvements give, not their mean: w grows with each.
                 -> What does the aggregator do once it has added?
shorter-steps    {found}. Each owner's step was divided by how many rows she has; the program in the text does not.
                 -> Compare your step with the text's, term by term.
forgets          {found}. That is w after one round: each began with the first w, so the owners worked for nothing.
                 -> What should the next round send out?
piles-up         {call} returned the right weights. But with each round {owner} held more: {held} numbers. Old rounds
                 stay there, readable, for as long as something points to them.
                 -> Which list, or which tensor, outlives its round?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [_question(draw, *asked) for asked in ((1, 2, 2, (3,)), (3, 2, 4, (2, 1)), (6, 3, 2, (3,)))]

    def looks(self, question: Question, call: Evidence) -> Looks:
        w, shards, _, count = far_end(question["args"])
        owners, aggregator = question["owners"], question["aggregator"]
        yield _travels(call, owners, aggregator, count * w.numel())
        yield evidence.spares_strangers(call, aggregator)
        yield evidence.still_there(call, 1, tag="deleted")
        yield evidence.spares_strangers(call)
        yield evidence.returned_a(call, torch.Tensor, "a tensor, here with you")
        yield evidence.inputs_unchanged(call, because="the next person who starts the loop needs it")
        mistakes = {
            "stale": trained(w, shards, count, keep=True),
            "sum": trained(w, shards, count, times=len(shards)),
            "shorter-steps": trained(w, shards, count, rate=RATE / len(shards[0][0])),
            "forgets": trained(w, shards, 1),
        }
        yield evidence.equals(call, trained(w, shards, count), mistakes, tolerance=evidence.TRAINED)
        for name in [aggregator, *owners]:
            held = evidence.piles_up(call, name)
            yield bool(held), "piles-up", {"owner": name, "held": ", then ".join(map(str, held))}
        yield evidence.leaves(call, [aggregator, *owners])


def _question(draw: Draw, count: int, people: int, rows: int, shape: tuple[int, ...]) -> Question:
    """`count` rounds over `people` owners with as many rows each; w has this shape."""
    owners, aggregator = draw.people(people), draw.third_party()
    w = draw.floats(*shape, low=-1, high=1)
    shards = [
        at(owner, (draw.floats(rows, shape[0], low=-1, high=1), draw.floats(rows, *shape[1:], low=-2, high=2)))
        for owner in owners
    ]
    return {"owners": owners, "aggregator": aggregator, "args": [w, shards, worker(aggregator), count]}


def _travels(call: Evidence, owners: list[str], aggregator: str, most: int) -> Verdict | None:
    """A mean a round for you, an improvement a round for the aggregator, w for everybody, and no more."""
    ways = [("me", name) for name in [*owners, aggregator]] + [(name, aggregator) for name in owners]
    tags: dict[str | evidence.Way, str] = dict.fromkeys(owners, "at-an-owner")
    tags |= dict.fromkeys(((aggregator, owner) for owner in owners), "not-from-home")
    tags |= {"me": "opened-an-owner", (aggregator, "me"): "opened-too-much", aggregator: "rows-travelled"}
    return evidence.only_travels(call, dict.fromkeys([*ways, (aggregator, "me")], most), tags=tags)


def trained(
    w: torch.Tensor, shards: list[Any], count: int, keep: bool = False, times: int = 1, rate: float = RATE
) -> torch.Tensor:
    """What the rounds should end with, in plain torch.

    Mistakes: `keep` never empties the list, as the broken program does; w is `times` the mean; another `rate`.
    """
    parts: list[torch.Tensor] = []
    for _ in range(count):
        fresh = [w - rate * rows.t() @ (rows @ w - target) for rows, target in shards]
        parts = parts + fresh if keep else fresh
        w = torch.stack(parts).mean(0) * times
    return w
