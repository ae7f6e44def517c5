"""Exercise 07.2: a plan that follows the data it is given, not the example it was recorded with."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

import torch

from course.learn import evidence
from course.learn.difference import difference, far_end, kind
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, observe, register, workers
from course.learn.plain import Other, Plain, same
from course.learn.words import first_sentence, plural, shorten


@register
class Centred(Exercise):
    id = "07.2"
    title = "a plan for data that you have not seen"
    minutes, points = 8, 3
    objective = "record a plan that bakes in neither values, nor a branch, nor a batch size"
    promises = ("program",)
    stub = '''
def centred(example: torch.Tensor) -> sy.Plan:
    """A built plan of one argument, rows of numbers: each column minus its mean; then what is
    negative, divided by 10.

    example: float tensor, (rows, columns). The plan will run on other rows, and on another
    number of them.
    returns: the plan. Everything that it computes with comes from the rows that it is called
    with, and they stay as and where they are. Nothing in the plan tells about the numbers of
    the example.
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
cannot-record  {call} could not be recorded, in line {line}, `{source}`. A recording has no values and no number of rows
               to decide by, and a tensor from outside would be frozen into the plan.
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
wrong-result   On other rows, {found}.
               -> Do the two steps by hand, first the mean, then the tenth: where do the numbers first differ?
fails          On other rows, the plan stopped: {message}
               -> Which size or value of the example does it still know?
handed-on      While the plan ran, {numbers} (`{what}`) went from theo to {receiver}. The rows are theo's, and only the
               result was asked for.
               -> Which line of the plan makes something travel?
rows-changed   After the plan had run, theo's rows were no longer what they were: `x -= …` and other operations in place
               write into the rows themselves.
               -> Which line gives a new tensor instead?
tells          Recorded for two examples of one shape, the plans differ: `{one}` and `{other}`. So whoever gets the plan
               reads numbers of the example.
               -> Which line knows the example's values?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [_rows(draw, rows, columns) for rows, columns in ((3, 2), (2, 1), (5, 3))]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        import course as sy

        plan, twin = answer(question["args"][0].clone()), answer(question["twin"].clone())
        if not isinstance(plan, sy.Plan):
            return {"built": None, "results": []}
        if not plan.is_built:
            return {"built": False, "results": []}
        runs = [run_away(plan, x) for x in question["others"]]
        both = [texts_of(found) for found in (plan, twin)]
        return {"built": True, "texts": both, **{key: [run[key] for run in runs] for key in runs[0]}}

    def looks(self, question: Question, call: Evidence) -> Looks:
        yield call["built"] is None, "wrong-type", {"what": kind(call["returned"])}
        yield not call["built"], "not-built"
        yield evidence.inputs_unchanged(call)
        example = question["args"][0]
        for x, seen, after, rows in zip(question["others"], *[call[key] for key in RUN], strict=True):
            yield isinstance(seen, Other), "fails", {"message": getattr(seen, "text", "")}
            right = expected(x)
            told = {"found": found(seen, right), "count": len(x)}
            less = x - x.mean(0)
            mistakes: dict[str, Any] = {
                "baked": evidence.any_of(tenth(x - example.mean(0)), tenth(x - example.mean())),
                "fixed-count": tenth(x - x.sum(0) / len(example)),
                "one-branch": evidence.any_of(less, less / 10),
                "one-mean": tenth(x - x.mean()),
            }
            wrong = evidence.leads_to(call, right, mistakes, value=seen, tolerance=evidence.SUMMED)
            for is_wrong, tag, _ in wrong:
                yield is_wrong, tag, told
            differs = evidence.equals(call, right, value=seen, what="the plan gave", tolerance=evidence.SUMMED)
            yield differs is not None, "wrong-result", told
            for row in rows:
                yield True, "handed-on", {
                    "numbers": plural(row["numbers"], "number"), "what": row["detail"],
                    "receiver": "you" if row["receiver"] == "me" else row["receiver"],
                }  # fmt: skip
            yield not same(after, x), "rows-changed"
        one, other = next((both for both in zip_longest(*call["texts"]) if both[0] != both[1]), ("", ""))
        yield one != other, "tells", {"one": shorten(str(one), 9), "other": shorten(str(other), 9)}


def _rows(draw: Draw, rows: int, columns: int) -> Question:
    """An example, and other rows: as many, more, and fewer."""
    others = [draw.floats(count, columns) + torch.arange(columns) for count in (rows, rows + 2, 2)]
    example, twin = draw.floats(rows, columns), draw.floats(rows, columns)
    return {"args": [example], "twin": twin + 0.125, "others": others}


RUN = ("results", "rows_after", "handed_on")


def run_away(plan: Any, x: torch.Tensor) -> Evidence:
    """What the plan returns where x is at a worker (the error, if it stops), x after it, and what went elsewhere."""
    import course as sy

    (away,) = workers("theo")
    rows = x.send(away)  # type: ignore[attr-defined]
    with sy.record() as log:
        try:
            result = plan.send(away)(rows)
        except Exception as error:  # noqa: BLE001  the plan is the student's: whatever comes out of it is evidence
            result = Other("error", first_sentence(str(error)))
    handed_on = [row for row in log.rows() if row["values"] and row["sender"] != "me"]
    seen = result if isinstance(result, Other) else far_end(observe(result))
    return dict(zip(RUN, (seen, far_end(observe(rows)), handed_on), strict=True))


def texts_of(plan: Any) -> list[str]:
    """All that travels when the plan is sent, in words: its steps, its names, and its state."""
    if not plan.is_built:
        return []
    return [*plan.code.splitlines(), *[str(tensor.tolist()) for tensor in plan._state()]]


def found(seen: Plain, right: torch.Tensor) -> str:
    """What came out and what was expected, or where they first differ."""
    differs = difference(seen, right, evidence.SUMMED)
    if differs is None:
        return ""
    return f"it gave {differs.seen}{f' ({differs.where})' if differs.where else ''}; expected {differs.expected}"


def tenth(x: torch.Tensor) -> torch.Tensor:
    return torch.where(x < 0, x / 10, x)


def expected(x: torch.Tensor) -> torch.Tensor:
    """What the plan should give, in plain torch."""
    return tenth(x - x.mean(0))
