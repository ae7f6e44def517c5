"""Exercise 07.2: a plan that follows the data it is given, not the example it was recorded with."""

from __future__ import annotations

from typing import Any

import torch

from course.learn import evidence
from course.learn.difference import kind
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, observe, register, workers
from course.learn.plain import Other, Plain
from course.learn.words import brief


@register
class Centred(Exercise):
    id = "07.2"
    title = "a plan for data that you have not seen"
    minutes, points = 8, 3
    objective = "record a plan that bakes in neither values, nor a branch, nor a batch size"
    promises = ()
    stub = '''
def centred(example: torch.Tensor) -> sy.Plan:
    """A built plan of one argument, rows of numbers: each column minus its mean; then what is negative, divided by 10.

    example: float tensor, (rows, columns). The plan will run on other rows, and on another number of them.
    returns: the plan. Everything that it computes with comes from the rows that it is called with, and they stay as
    they are.
    >>> centred(torch.tensor([[1.0], [3.0]]))(torch.tensor([[1.0], [3.0]]))
    tensor([[-0.1000],
            [ 1.0000]])
    """
    @sy.func2plan()
    def plan(x):
        x = x - ...
        return ...
    ...
    return plan
'''
    hints = (
        "The plan runs later, on other rows. Ask of every line: does it look at x, or at the example?",
        "torch.where(condition, a, b) decides for each number where the plan runs; an if decides once, here.",
        "x = x - x.mean(…), return torch.where(x < 0, …, x), and below the function plan.build(…)",
    )
    success = "Other rows, and more or fewer of them, at a worker who never saw your function: right each time."
    raises = {"CannotRecordError": "cannot-record"}
    says = """
cannot-record  {call} could not be recorded, in line {line}, `{source}`. A recording has no values to decide by, and a
               tensor from outside would be frozen into the plan.
               -> What decides, or computes, where the plan runs?
wrong-type     {call} returned {what}; expected a plan, which runs later and elsewhere.
               -> What does the docstring say that it returns?
not-built      {call} returned a plan that is not built: nothing is recorded, so nothing can be sent.
               -> Which line records?
baked          On other rows, {found}. Your plan subtracts the means of the *example*: they became constants of it, and
               travel to everybody who gets the plan.
               -> Which mean is computed when the plan runs?
fixed-count    On {count} rows, {found}. Your plan divides by the number of rows in the example.
               -> Who knows how many rows there are when it runs?
one-branch     On other rows, {found}. One branch was taken while you recorded, for all numbers and for ever.
               -> What decides for each number by itself?
one-mean       On other rows, {found}. Your plan takes one mean over all columns.
               -> Along which dimension do the rows lie?
overwritten    Where the plan ran, the owner's own rows were changed: {rows} became {after}. A plan works on what lies
               there, and in place means on the owner's data.
               -> Which line changes x instead of making a new tensor?
wrong-result   On other rows, {found}.
               -> Do the two steps by hand, first the mean, then the tenth: where do the numbers first differ?
fails          On other rows, the plan stopped: {message}
               -> Which size or value of the example does it still know?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [_rows(draw, rows, columns) for rows, columns in ((3, 2), (2, 1), (5, 3))]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        import course as sy

        plan = answer(question["args"][0].clone())
        if not isinstance(plan, sy.Plan):
            return {"built": None, "results": []}
        if not plan.is_built:
            return {"built": False, "results": []}
        return {"built": True, "results": [run_away(plan, x) for x in question["others"]]}

    def looks(self, question: Question, call: Evidence) -> Looks:
        yield call["built"] is None, "wrong-type", {"what": kind(call["returned"])}
        yield not call["built"], "not-built"
        yield evidence.inputs_unchanged(call)
        example = question["args"][0]
        for x, (seen, after) in zip(question["others"], call["results"], strict=True):
            yield isinstance(seen, Other), "fails", {"message": getattr(seen, "text", "")}
            right = expected(x)
            told = {"found": f"it gave `{brief(seen)}`; expected `{brief(right)}`", "count": len(x)}
            less = x - x.mean(0)
            mistakes: dict[str, Any] = {
                "baked": evidence.any_of(tenth(x - example.mean(0)), tenth(x - example.mean())),
                "fixed-count": tenth(x - x.sum(0) / len(example)),
                "one-branch": evidence.any_of(less, less / 10),
                "one-mean": tenth(x - x.mean()),
            }
            wrong = evidence.leads_to(call, right, mistakes, value=seen, tolerance=evidence.SUMMED)
            for found, tag, _ in wrong:
                yield found, tag, told
            differs = evidence.equals(call, right, value=seen, what="the plan gave", tolerance=evidence.SUMMED)
            yield differs is not None, "wrong-result", told
            changed = evidence.equals(call, x, value=after, what="the rows were", tolerance=0)
            yield changed is not None, "overwritten", {"rows": brief(x), "after": brief(after)}


def _rows(draw: Draw, rows: int, columns: int) -> Question:
    """An example, and other rows: as many, more, and fewer."""
    others = [draw.floats(count, columns) + torch.arange(columns) for count in (rows, rows + 2, 2)]
    return {"args": [draw.floats(rows, columns)], "others": others}


def run_away(plan: Any, x: torch.Tensor) -> tuple[Plain, Plain]:
    """What the plan returns where x is at a worker, or the error if it stops there; and x afterwards."""
    (away,) = workers("theo")
    rows = x.send(away)  # type: ignore[attr-defined]
    try:
        result = observe(plan.send(away)(rows).get())
    except Exception as error:  # noqa: BLE001  the plan is the student's: whatever comes out of it is evidence
        result = Other("error", " ".join(str(error).split()[:25]))
    return result, observe(rows.get())


def tenth(x: torch.Tensor) -> torch.Tensor:
    return torch.where(x < 0, x / 10, x)


def expected(x: torch.Tensor) -> torch.Tensor:
    """What the plan should give, in plain torch."""
    return tenth(x - x.mean(0))
