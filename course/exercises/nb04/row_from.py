"""Exercise 04.1: a person's row, from a layer before and after training on it."""

from __future__ import annotations

from typing import Any

import torch

from course.learn import evidence
from course.learn.difference import alike
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, register

CLOSE = 1e-3  # as the docstring promises
Layer = tuple[torch.Tensor, torch.Tensor]


@register
class RowFrom(Exercise):
    id = "04.1"
    title = "a row from two models"
    minutes, points = 8, 3
    objective = "rebuild a person's row from a layer before and after training"
    promises = ()
    stub = '''
def row_from(before: tuple, after: tuple) -> torch.Tensor | None:
    """The row of one person, from the first layer before and after plain SGD on that row.

    before, after: (weight, bias) of the layer: units x d and units, float32. Some units may
        not have changed. Others changed by hardly more than rounding: they give a row that
        is far off.
    returns: d float32 numbers, within 0.001 of the row; None if no bias changed: then the
        layer tells nothing.
    >>> before = torch.zeros(2, 2), torch.zeros(2)
    >>> after = torch.tensor([[6.0, 8.0], [0.0, 0.0]]), torch.tensor([2.0, 0.0])
    >>> row_from(before, after)
    tensor([3., 4.])
    """
    weight = ...  # what changed
    bias = ...
    ...
    return weight[...] / bias[...]
'''
    hints = (
        "In one step, a unit's weights change by a number times the row, and its bias by the same number.",
        "Two changes first, then one unit: the one whose bias changed the most, up or down. `abs`, then `argmax`.",
        "weight, bias = after[…] - before[…], …; if not bias.….any(): …; unit = bias.abs().…",
    )
    success = "Layers of one to eight units, with silent units and with tiny changes: the row is back, or None."
    says = """
input-changed  {call} changed a layer that it was given: an attacker who changes the evidence has none.
               -> Which operations change a tensor in place?
no-change      {call} returned {seen}, and no bias changed in this layer: the row left no trace in it. Whoever takes
               this for somebody's answers accuses them of what they never said.
               -> What is there to divide by? What does the docstring promise then?
no-row         {call} returned nothing, but {changed} of {units} biases changed: the row is in there.
               -> When exactly is None right, and can a change be small and still be one?
not-a-number   {call} returned {seen}: the unit that you divided by did not change at all, and 0 / 0 is no number. The
               other units tell the row: {right}.
               -> Which unit changed the most?
no-division    {call} returned {seen}; the row is {right}. That is how the weights changed: the row times a number that
               you do not know yet.
               -> What else changed by that same number?
after-only     {call} returned {seen}; the row is {right}. Both parts are what the layer was after training: most of it
               had been there before.
               -> What did this person's row add?
turned         {call} returned {seen}: the row, {right}, with its sign turned round. A debt becomes a credit.
               -> Is the difference the same way round in weights and bias?
upside-down    {call} returned {seen}; the row is {right}. Each number is one divided by the answer.
               -> Which of the two changes holds the row?
imprecise      {call} returned {seen}; the row is {right}. A change that is hardly more than rounding was used, or
               changes that cancel: the error is larger than what was to be found.
               -> Which single unit's bias moved the furthest, up or down?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        loud, deaf = draw.choice([-0.5, 0.5]), draw.choice([-2e-6, 2e-6])
        asked = (
            ([0.0, deaf, loud, 0.25 * loud, 0.0, deaf - 1.25 * loud, 0.0], 4),
            ([-0.5, 0.0, -0.125], 3),
            ([0.0, 0.0, -0.25, 0.03, 0.0], 3),
            ([deaf, loud, -deaf, 0.0, 0.7 * deaf, -1.5 * deaf], 12),
            ([loud], 2),
            ([0.0] * 3, 2),
            ([0.125, -0.75, 0.0, 0.0, 0.5, deaf, 0.0, 0.0], 42),
        )
        small = _question(draw, [0.0, 4e-5, -1e-5, 0.0], 3, start=1e-3)  # and yet far above rounding
        cancelling = _question(draw, [0.25, -0.25, 0.0], 3, start=0.0)  # and yet there are changes
        return [*(_question(draw, moved, width) for moved, width in asked), small, cancelling]

    def looks(self, question: Question, call: Evidence) -> Looks:
        row, seen, (before, after) = question["row"], call["returned"], question["args"]
        weight, bias = (new - old for new, old in zip(after, before, strict=True))
        yield evidence.inputs_unchanged(call)
        changed = int((bias != 0).sum())
        yield {"right": row, "seen": seen, "changed": changed, "units": len(bias)}
        yield changed == 0 and seen is not None, "no-change"
        if changed == 0:
            return
        yield seen is None, "no-row"
        yield evidence.returned_a(call, torch.Tensor, "a tensor, the row")
        yield seen.shape == row.shape and not bool(seen.isfinite().all()), "not-a-number"
        yield from evidence.leads_to(call, row, _mistakes(weight, bias, after), tolerance=CLOSE)
        fits = seen.shape == row.shape and seen.dtype == row.dtype
        blurred = fits and alike(seen, row, 0.5) and not alike(seen, row, CLOSE)
        yield blurred, "imprecise"
        yield evidence.equals(call, row, tolerance=CLOSE, because="these are the answers of the person")


def _mistakes(weight: torch.Tensor, bias: torch.Tensor, after: Layer) -> dict[str, Any]:
    """What known mistakes lead to, whichever unit they look at."""
    units = [int(unit) for unit in bias.abs().argsort(descending=True) if bias[unit] != 0]
    ratios = torch.stack([weight[unit] / bias[unit] for unit in units])
    blurred = [ratios.mean(0), weight.sum(0) / bias.sum(), weight.mean(0) / bias.mean(), *ratios]
    return {
        "no-division": evidence.any_of(*weight, *-weight, weight.sum(0), weight.mean(0)),
        "after-only": evidence.any_of(*(after[0] / after[1][:, None])),
        "turned": evidence.any_of(*-ratios),
        "upside-down": evidence.any_of(*(1 / ratios)),
        "imprecise": evidence.any_of(*blurred),
    }


def _question(draw: Draw, moved: list[float], width: int, start: float = 1.0) -> Question:
    """A layer of numbers about as large as `start`, whose biases move by these, as one person's row moves them."""
    row = draw.choice([1, -1]) * (draw.floats(width, low=1, high=9) + 0.25)
    before = start * draw.normal(len(moved), width), start * draw.normal(len(moved))
    bias = torch.tensor(moved)
    after = before[0] + bias[:, None] * row, before[1] + bias
    return {"row": row, "args": [before, after]}
