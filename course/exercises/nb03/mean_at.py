"""Exercise 03.4: a mean that is made at a third party."""

from __future__ import annotations

import torch

from course.exercises.nb03.chains import somebody_elses
from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, observe, register, workers

CLOSE = 1e-5  # relative and absolute: the order of a sum may differ


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
    returns: the mean, a tensor here with you, the only numbers that reach you. No owner sees another's
    update; every owner still has her own afterwards; the aggregator keeps what others stored there, and nothing new.
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
averaged-here   {call} brought you {numbers} (`{what}`) from {sender}; expected {allowed} from there. You see the mean
                and nothing else: the aggregator is there so that you need not see what single owners learned.
                -> Where should the additions happen?
at-an-owner     During {call}, `{what}` travelled from {sender} to {receiver}, an owner, who now knows something that
                others wanted to keep private.
                -> Who is the third party here?
deleted-others  After {call}, two numbers that another project keeps at {aggregator} are gone. Nobody asked them.
                -> Which objects does your function make there, and when do they die by themselves?
wrong-shape     {call} returned {seen}; expected {expected}. A model needs a mean for each of its weights.
                -> Along which dimension do the owners lie?
owner-emptied   After {call}, {owner} no longer holds the update. It belongs to {owner}, who wanted to go on training
                with it.
                -> What could travel to the aggregator in its place?
sum             {call} returned the sum, {seen}, for {count} owners; expected {right}. A model made of it would be
                wrong for all.
                -> What says how many owners there are?
wrong-divisor   {call} returned half of the sum, {seen}, for {count} owners; expected {right}. A model made of it
                would be wrong for all.
                -> What says how many owners there are?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        asked = []
        for count, shape, dtype in ((2, (3,), torch.float32), (3, (2, 2), torch.float64), (5, (2,), torch.float32)):
            *owners, aggregator = draw.people(count + 1)
            xs = [draw.floats(*shape).to(dtype) for _ in owners]
            asked.append({"xs": xs, "owners": owners, "aggregator": aggregator, "count": count})
        return asked

    def probe(self, answer: Watched, question: Question) -> Evidence:
        owners, (aggregator,) = workers(*question["owners"]), workers(question["aggregator"])
        (other,) = somebody_elses([question["aggregator"]])
        answer([x.send(owner) for x, owner in zip(question["xs"], owners, strict=True)], aggregator)
        return {"other": observe(other)}

    def looks(self, question: Question, call: Evidence) -> Looks:
        xs, owners, aggregator = question["xs"], question["owners"], question["aggregator"]
        one, total = xs[0].numel(), torch.stack(xs).sum(0)
        allowed = {(owner, aggregator): one for owner in owners} | {(aggregator, "me"): one}
        tags = {"me": "averaged-here", **dict.fromkeys(owners, "at-an-owner")}
        yield evidence.only_travels(call, allowed, tags=tags)
        yield call["other"].value is None, "deleted-others"
        for owner, after in zip(owners, call["after"][0], strict=True):
            gone = getattr(after, "location", "") != owner or after.value is None
            yield gone, "owner-emptied", {"owner": owner}
        yield evidence.returned_a(call, torch.Tensor, "a tensor, here with you", next="What is left to bring home?")
        yield evidence.inputs_unchanged(call, because="an update belongs to its owner")
        mistakes = {"sum": total, "wrong-divisor": total / 2}
        yield from evidence.leads_to(call, total / len(xs), mistakes, tolerance=CLOSE)
        yield evidence.equals(call, total / len(xs), tolerance=CLOSE, because="every owner counts the same")
        yield from (evidence.leaves(call, name, 0) for name in [aggregator, *owners])
