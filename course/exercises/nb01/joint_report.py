"""Exercise 01.5: a report about two people, repaired."""

from __future__ import annotations

import torch

from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register, workers
from course.learn.plain import Plain, Pointer


@register
class JointReport(Exercise):
    id = "01.5"
    title = "repair the joint report"
    minutes, points = 10, 4
    objective = "diagnose a double get, operands apart and a deleted object"
    promises = ("private", "tidy")
    stub = '''
def joint_report(bobs: torch.Tensor, alices: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Bob's average month, and the worst month of the two together.

    bobs, alices: pointers to float tensors (n,), n months, each at a worker of their own.
    returns: two tensors of shape (), here with you: the mean of Bob's months; the smallest of the sums
    month by month. These two numbers come to you, once each, and no others. Bob may see Alice's months;
    Alice may not see his. Both keep what they hold, and nothing new is left with them.
    >>> joint_report(torch.tensor([1.0, 3.0]).send(bob), torch.tensor([0.0, 4.0]).send(alice))
    (tensor(2.), tensor(1.))
    """
    raise NotImplementedError
'''
    hints = (
        "Each error says what happened and what to do. Ask of each fix: who sees more now than before?",
        "A number that was fetched once is here: keep it in a name. To bring two tensors together, "
        "hand a copy over to the one who may see it. What has no pointer left tidies itself up.",
        "Fetch the average into a variable; copy Alice's months there and move the "
        "copy to where Bob's are; add, take the smallest, fetch; no tidying line.",
    )
    success = (
        "Two numbers came to you, Alice saw nothing, both stores are as before. Three "
        "errors, three causes: a spent pointer, operands apart, somebody else's tidying."
    )
    advice = {"TensorsNotCollocatedException": "They have to meet. Which of the two may see the other's months?"}
    says = """
brought-home   During {call}, {numbers} (`{what}`) came from {sender} to you; expected {allowed}: the errors are gone,
               and so is the secret. On the way through counts as seen.
               -> How can two tensors meet without passing you?
opened-twice   {call} brought {numbers} of {sender} to you; two were agreed. Whoever reads the transcript sees a fetch
               that nobody allowed.
               -> A number that is here can be used again: where do you keep it?
seen-by-alice  During {call}, `{what}` travelled from {sender} to {receiver}; the months of the other, and what is
               computed from them, may not go there.
               -> Who agreed to be seen by whom? Turn the hand-over round.
cleared        After {call} {bob} no longer holds his own months: tidying up a store deletes what belongs to others,
               too.
               -> What would happen to the things in between without any tidying?
moved-away     After {call} {alice} no longer holds her months: a move empties the place it starts from, and she was
               to keep them.
               -> What could travel in their stead?
swapped        {call} returned {seen}: the worst month stands where the bank reads Bob's average.
               -> In which order does the docstring name them?
worst-apart    {call} returned {seen}; expected {right}. You added the worst month of each, but those were different
               months.
               -> Which comes first, adding or choosing?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        asked = []
        for n, dtype in ((4, torch.float32), (2, torch.float64), (6, torch.float32)):
            (bob, alice), months = draw.people(2), _months(draw, n, dtype)
            asked.append({"bob": bob, "alice": alice, "months": months})
        return asked

    def probe(self, answer: Watched, question: Question) -> Evidence:
        bob, alice = workers(question["bob"], question["alice"])
        bobs, alices = question["months"]
        answer(bobs.send(bob), alices.send(alice))
        return {}

    def looks(self, question: Question, call: Evidence) -> Looks:
        bob, alice, (bobs, alices) = question["bob"], question["alice"], question["months"]
        opened = [row for row in call["messages"] if row["values"] and row["receiver"] == "me"]
        single = all(row["numbers"] == 1 for row in opened)
        tags = {"me": "opened-twice" if single else "brought-home", alice: "seen-by-alice"}
        yield evidence.only_travels(call, {(bob, "me"): 2, (alice, bob): bobs.numel()}, tags=tags)
        yield _is_gone(call["after"][0], bob), "cleared"
        yield _is_gone(call["after"][1], alice), "moved-away"
        yield evidence.inputs_unchanged(call, because="both keep what they hold")
        named = "two tensors of shape (), here with you"
        yield evidence.returned_a(call, (torch.Tensor, torch.Tensor), named)
        average, worst = bobs.mean(), (bobs + alices).min()
        mistakes = {"swapped": (worst, average), "worst-apart": (average, bobs.min() + alices.min())}
        yield from evidence.leads_to(call, (average, worst), mistakes, tolerance=CLOSE)
        step = "Check each of the two numbers by hand, month by month."
        yield evidence.equals(call, (average, worst), tolerance=CLOSE, next=step)
        yield from (evidence.leaves(call, name, new=0) for name in (bob, alice))


CLOSE = 1e-5  # relative and absolute: the order of a sum may differ


def _months(draw: Draw, n: int, dtype: torch.dtype) -> list[torch.Tensor]:
    """Two people whose worst months differ, so that adding and choosing cannot change places."""
    while True:
        bobs, alices = draw.floats(n).to(dtype), draw.floats(n).to(dtype)
        if bobs.argmin() != alices.argmin() and bobs.min() + alices.min() < (bobs + alices).min():
            return [bobs, alices]


def _is_gone(pointer: Plain, location: str) -> bool:
    return not isinstance(pointer, Pointer) or pointer.location != location or pointer.value is None
