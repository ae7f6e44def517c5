"""Exercise 03.4: a mean that is made at a third party."""

from __future__ import annotations

import torch

from course.learn import evidence
from course.learn.difference import far_end
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, at, register, worker


@register
class MeanAt(Exercise):
    id = "03.4"
    title = "a mean that is made elsewhere"
    minutes, points = 8, 3
    objective = "average at a third party, so that you see the mean and nothing else"
    promises = ("private", "tidy")
    stub = '''
def mean_at(updates: list, aggregator) -> torch.Tensor:
    """The mean of the updates, element by element, made at the aggregator.

    updates: pointers to float tensors of one shape, each at another owner.
    aggregator: a worker, none of the owners.
    returns: the mean, a tensor here with you, the only numbers that reach you. No owner sees
    another's update; every owner still has her own afterwards; the aggregator keeps what others
    stored there, and nothing new.
    >>> mean_at([torch.tensor([1.0]).send(alice), torch.tensor([3.0]).send(bob)], claire)
    tensor([2.])
    """
    raise NotImplementedError
'''
    hints = (
        "Numbers that are to be added have to be together, at a place of your choice.",
        "move takes the tensor away from its owner. What could you move instead of the original?",
        "parts = [….copy().… for each update], then add, divide by how many, and get once.",
    )
    success = "Two to five owners: one tensor came to you, and everybody still has what is theirs."
    advice = {"TensorsNotCollocatedException": "The updates may meet at the aggregator only. How do they get there?"}
    says = """
averaged-here  {found}. You see the mean and nothing else: the aggregator is there so that you need not see what single
               owners learned.
               -> Where should the additions happen?
more-than-mean  {found}: one mean. The transcript cannot tell the mean, fetched again, from what a single owner
               learned, and the owners see the transcript only.
               -> How often, and for what, do you ask the aggregator?
at-an-owner    {found}. {receiver} is an owner, who now knows something that others wanted to keep private.
               -> Who is the third party here?
owner-emptied  After {call}, {owner} no longer holds the update. It belongs to {owner}, who wanted to go on training
               with it.
               -> What could travel to the aggregator in its place?
wrong-shape    {found}. A model needs a mean for each of its weights.
               -> Along which dimension do the owners lie?
sum            {found}. That is the sum of {count} owners: a model made of it would be wrong for all.
               -> What says how many owners there are?
wrong-divisor  {found}. That is half of the sum of {count} owners: a model made of it would be wrong for all.
               -> What says how many owners there are?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        drawn = ((2, (3,), torch.float32), (3, (2, 2), torch.float64), (5, (2,), torch.float32))
        return [_updates(draw, count, shape, dtype) for count, shape, dtype in drawn]

    def looks(self, question: Question, call: Evidence) -> Looks:
        updates, _ = question["args"]
        owners, aggregator, xs = question["owners"], question["aggregator"], far_end(updates)
        total = torch.stack(xs).sum(0)
        allowed = {(owner, aggregator): x for owner, x in zip(owners, xs, strict=True)}
        allowed |= {(aggregator, "me"): total, ("me", aggregator): total}  # a sum may begin with zeros of yours
        tags: dict[str | evidence.Way, str] = {(aggregator, "me"): "more-than-mean", "me": "averaged-here"}
        tags |= dict.fromkeys(owners, "at-an-owner")
        yield evidence.only_travels(call, allowed, tags=tags)
        yield evidence.spares_strangers(call)
        yield evidence.still_there(call, 0, tag="owner-emptied")
        yield evidence.returned_a(call, torch.Tensor, "a tensor, here with you", next="What is left to bring home?")
        yield evidence.inputs_unchanged(call, because="an update belongs to its owner")
        mistakes, why = {"sum": total, "wrong-divisor": total / 2}, "every owner counts the same"
        yield evidence.equals(call, total / len(xs), mistakes, tolerance=evidence.SUMMED, because=why)
        yield evidence.leaves(call, [aggregator, *owners])


def _updates(draw: Draw, count: int, shape: tuple[int, ...], dtype: torch.dtype) -> Question:
    """An update of this shape at each of `count` owners."""
    owners, aggregator = draw.people(count), draw.third_party()
    updates = [at(owner, draw.floats(*shape, dtype=dtype)) for owner in owners]
    return {"owners": owners, "aggregator": aggregator, "count": count, "args": [updates, worker(aggregator)]}
