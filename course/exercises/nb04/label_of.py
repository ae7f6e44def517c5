"""Exercise 04.3: the label of a row, from the gradient of the last layer."""

from __future__ import annotations

import torch

from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, register
from course.learn.plain import Plain


@register
class LabelOf(Exercise):
    id = "04.3"
    title = "a label from a gradient"
    minutes, points = 7, 3
    objective = "read a person's label from the gradient of the last layer"
    promises = ()
    stub = '''
def label_of(gradient: torch.Tensor) -> int | None:
    """The label of the one row behind this gradient.

    gradient: of F.nll_loss by the weight of the last layer, classes x width float32. A
        LogSoftmax follows that layer, a ReLU stands before it: what comes in is 0 or more.
    returns: the label; None if the gradient is 0 everywhere: then it tells nothing.
    >>> label_of(torch.tensor([[0.5, 0.0, 0.2], [-0.75, 0.0, -0.3], [0.25, 0.0, 0.1]]))
    1
    """
    # 1. nothing to tell
    # 2. one number for each class
    # 3. the class whose number is negative
    raise NotImplementedError
'''
    hints = (
        "Row c of the gradient is what came in, times (the probability of c, minus 1 if c is the label).",
        "Of these factors one is negative. What came in is never negative, and some of it may be 0.",
        "if not ….any(): …; then int(gradient.sum(dim=…).…())",
    )
    success = "Two to ten classes, silent units, sure models and unsure ones: the label, or None where there is none."
    says = """
nothing-there  {call} returned {seen}, and this gradient is 0 everywhere: nothing came in. Whoever reads a label there
               invents it.
               -> What does the docstring promise for this gradient?
no-label       {call} returned nothing; the label is {label}. Some numbers of this gradient are 0, and all together they
               cancel, as probabilities minus 1 do. But not every one is 0: the rows tell.
               -> Which test is true only if every number is 0?
most-probable  {call} returned {seen}; the label is {label}. That is the wrong class to which the model gave the most:
               its row is the largest positive one.
               -> For which class is the probability minus 1 taken?
largest-size   {call} returned {seen}; the label is {label}. Rows {seen} and {label} have the same size here and
               opposite signs, as always with two classes. Somebody refused would be called approved.
               -> What does `abs` (or a norm) throw away?
not-a-class    {call} returned {seen}; the classes are 0 to {last}. That is a position among all {numbers} numbers.
               -> Along which dimension are the classes?
least-probable {call} returned {seen}; the label is {label}. That is the class whose row is nearest to 0: one that the
               model hardly considered.
               -> Which sign has the row of the label?
all-equal      {call} returned {seen}; the label is {label}. {seen} is what a search finds where all are equal. A single
               column may be 0 for every class; and added up over the classes, each column gives 0.
               -> What do you get if you add up each class's own row?
other-class    {call} returned {seen}; the label is {label}: the row of {label} is the only one without a positive
               number.
               -> Write down each row's sign.
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        asked = (
            ([4, 1, 9, 2], draw.choice([1, 3]), 6),
            ([8, 8], 1, 4),
            ([4, 12], 1, 2),
            ([12, 4], 0, 3),
            (draw.sample([8, 4, 2, 1, 1], 5), draw.randint(0, 4), 3),
            (draw.sample([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 10), 9, 5),
            (draw.sample([2, 6, 8], 3), 2, 1),
            ([5, 11], 0, 0),
        )
        faint = _question(draw, [13, 3], 1, 4)  # small numbers tell as much as large ones
        faint["args"][0] *= 2.0**-30
        return [*(_question(draw, *one) for one in asked), faint]

    def looks(self, question: Question, call: Evidence) -> Looks:
        (gradient,), label, seen = question["args"], question["label"], call["returned"]
        yield {"seen": seen, "label": label, "last": len(gradient) - 1, "numbers": gradient.numel()}
        yield label is None and seen is not None, "nothing-there"
        if label is None:
            return
        yield seen is None, "no-label"
        yield evidence.returned_a(call, int, "an int, the label")
        yield evidence.inputs_unchanged(call, because="whoever looks at an update again needs it")
        yield not 0 <= seen < len(gradient), "not-a-class"
        sums = gradient.sum(dim=1)
        mistakes: dict[str, Plain] = {"largest-size": int(sums.abs().argmax())}
        if len(sums) > 2:
            mistakes |= {"most-probable": int(sums.argmax()), "least-probable": int(sums.abs().argmin())}
            mistakes["all-equal"] = 0  # where all are equal, a search finds the first
        yield from evidence.leads_to(call, label, mistakes)
        yield seen != label, "other-class"


def _question(draw: Draw, sixteenths: list[int], label: int, width: int) -> Question:
    """The gradient for a row with these probabilities, in sixteenths; `width` of what comes in is not 0.

    All numbers are exact, so that two classes have rows of exactly the same size.
    """
    factors = torch.tensor(sixteenths) / sum(sixteenths)
    factors[label] -= 1
    inputs = torch.cat([torch.zeros(2), draw.integers(width, low=1, high=9).float() / 4, torch.zeros(1)])
    order = [0, *draw.sample(range(1, len(inputs)), len(inputs) - 1)]  # nothing comes in at the first unit
    gradient = factors[:, None] * inputs[order]
    return {"label": label if width else None, "args": [gradient + 0.0]}
