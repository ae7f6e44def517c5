"""Exercise 01.4: one total of what lies with many people."""

from __future__ import annotations

import torch

from course.learn import evidence
from course.learn.difference import far_end, kind
from course.learn.evidence import any_of
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, at, register


@register
class Total(Exercise):
    id = "01.4"
    title = "one total, many workers"
    minutes, points = 8, 4
    objective = "combine what lies with many people, and fetch as little as possible"
    promises = ("private", "tidy")
    stub = '''
def total(amounts: list[torch.Tensor]) -> torch.Tensor:
    """The sum of all numbers of all people.

    amounts: one pointer or more, each to a float tensor of any shape, each at another worker.
    returns: a tensor of shape (), here with you. One number may leave each person, to you and
    to nobody else. Everybody keeps what they hold, and nothing new is left with them.
    >>> total([torch.tensor([1.0, 2.0]).send(alice), torch.tensor([4.0]).send(bob)])
    tensor(7.)
    """
    raise NotImplementedError
'''
    hints = (
        "The sum of everybody's sums is the sum of everything. Who can compute which part?",
        "Let each person shrink their own tensor to one number, and fetch that number only.",
        "Go through the list: for each pointer, first an operation there, then the fetch; add up what arrives.",
    )
    success = (
        "From one to five people, several shapes: totals exact, one number from each, nothing between them, "
        "their stores as before. You did see each person's own total, though."
    )
    advice = {"TensorsNotCollocatedException": "Nobody needs to meet for a sum: what can each one compute alone?"}
    says = """
seen-by-others   {found}: {receiver} would read the numbers of another person.
                 -> Nobody needs to meet for a sum: what can each one compute alone?
opened-too-much  {call} brought {numbers} (`{what}`) of {sender} to you; one number was agreed. Who asks for a total has
                 no use for the others.
                 -> Which comes first: the sum, or the fetch?
list             {call} returned {what}: a list of who has how much, not a total.
                 -> What is left to do with them, here?
mean             {found}. That is a mean: it forgets how much there was.
                 -> Where do you divide, or let somebody divide?
first-only       {call} returned what {first} holds alone: the others do not count, and you know that one's total.
                 -> Does your function leave the loop too early?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        groups: list[list[tuple[int, ...]]] = [
            [(4,), (4,)],
            [(2,), (2, 3), (5,)],
            [(3,)],
            [(2,), (3,), (2, 2), (6,), ()],
        ]
        return [_group(draw, shapes) for shapes in groups]

    def looks(self, question: Question, call: Evidence) -> Looks:
        people, (amounts,) = question["people"], far_end(question["args"])
        yield evidence.only_travels(call, {(name, "me"): 1 for name in people}, tags={"me": "opened-too-much"})
        yield evidence.inputs_unchanged(call, because="everybody keeps what they hold")
        yield isinstance(call["returned"], list | tuple), "list", {"what": kind(call["returned"])}
        yield evidence.returned_a(call, torch.Tensor, "a tensor of shape ()")
        total, everything = sum(amount.sum() for amount in amounts), torch.cat([a.reshape(-1) for a in amounts])
        means = any_of(total / len(amounts), sum(amount.mean() for amount in amounts), everything.mean())
        mistakes = {"mean": means, "first-only": amounts[0].sum()}
        why = "each number of each person counts once"
        yield evidence.equals(call, total, mistakes, tolerance=evidence.SUMMED, because=why)
        yield evidence.leaves(call, people)


def _group(draw: Draw, shapes: list[tuple[int, ...]]) -> Question:
    """One person for each shape."""
    people = draw.people(len(shapes))
    amounts = [at(name, draw.floats(*shape)) for name, shape in zip(people, shapes, strict=True)]
    return {"people": people, "first": people[0], "args": [amounts]}
