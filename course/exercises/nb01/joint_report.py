"""Exercise 01.5: a report about two people, repaired."""

from __future__ import annotations

import torch

from course.learn import evidence
from course.learn.difference import far_end
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, at, register


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
    returns: two tensors of shape (), here with you: the mean of Bob's months; the smallest of
    the sums month by month. These two numbers come to you, once each, and no others. Bob may
    see Alice's months; Alice may not see his. Both keep what they hold, and nothing new is left
    with them.
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
    raises = {"ObjectNotFoundError": "cleared-early"}
    says = """
brought-home   {found}: the errors are gone, and so is the secret. On the way through counts as seen.
               -> How can two tensors meet without passing you?
opened-twice   {call} brought {numbers} of {sender} to you; two were agreed. Whoever reads the transcript sees a fetch
               that nobody allowed.
               -> A number that is here can be used again: where do you keep it?
seen-by-alice  {found}: the months of the other, and what is computed from them, are not for {receiver}.
               -> Who agreed to be seen by whom? Turn the hand-over round.
cleared        After {call} {owner} no longer holds his own months: tidying up a store deletes what belongs to others.
               -> What would happen to the things in between without any tidying?
cleared-early  {call} ended in an ObjectNotFoundError: `clear_objects()` had emptied a store. The number that you were
               about to fetch was in it, and so were the months of its owner, who wants to keep them.
               -> What would happen to the things in between without any tidying?
moved-away     After {call} {owner} no longer holds her months: a move empties the place it starts from.
               -> What could travel in their stead?
swapped        {call} returned {seen}: the worst month stands where the bank reads Bob's average.
               -> In which order does the docstring name them?
worst-apart    {found}. You added the worst month of each, but those were different months.
               -> Which comes first, adding or choosing?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        drawn = ((4, torch.float32), (2, torch.float64), (6, torch.float32))
        return [_two_people(draw, months, dtype) for months, dtype in drawn]

    def looks(self, question: Question, call: Evidence) -> Looks:
        bob, alice, (bobs, alices) = question["bob"], question["alice"], far_end(question["args"])
        single = all(row["numbers"] == 1 for row in evidence.values_to(call["messages"], "me"))
        tags = {"me": "opened-twice" if single else "brought-home", alice: "seen-by-alice"}
        yield evidence.only_travels(call, {(bob, "me"): bobs[:2], (alice, bob): alices}, tags=tags)
        yield evidence.still_there(call, 0, tag="cleared")
        yield evidence.still_there(call, 1, tag="moved-away")
        yield evidence.inputs_unchanged(call, because="both keep what they hold")
        yield evidence.returned_a(call, (torch.Tensor, torch.Tensor), "two tensors of shape (), here with you")
        average, worst = bobs.mean(), (bobs + alices).min()
        mistakes = {"swapped": (worst, average), "worst-apart": (average, bobs.min() + alices.min())}
        step = "Check each of the two numbers by hand, month by month."
        yield evidence.equals(call, (average, worst), mistakes, tolerance=evidence.SUMMED, next=step)
        yield evidence.leaves(call, [bob, alice])


def _two_people(draw: Draw, months: int, dtype: torch.dtype) -> Question:
    """Their worst months differ, so that adding and choosing cannot change places."""
    bob, alice = draw.people(2)
    while True:
        bobs, alices = draw.floats(2, months, dtype=dtype)
        if bobs.argmin() != alices.argmin() and bobs.min() + alices.min() < (bobs + alices).min():
            return {"bob": bob, "alice": alice, "args": [at(bob, bobs), at(alice, alices)]}
