"""Exercise 05.2: a mean of models in which each row counts the same."""

from __future__ import annotations

from typing import Any

import torch

from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register
from course.learn.plain import Plain

State = dict[str, Any]


@register
class FedAvg(Exercise):
    id = "05.2"
    title = "a mean in which every row counts"
    minutes, points = 7, 3
    objective = "average models, weighted by the rows that they learned from"
    promises = ()
    stub = '''
def fed_avg(states: list[dict], rows: list[int]) -> dict:
    """The mean of several models. Who learned from twice as many rows counts twice as much.

    states: for each model its parameters by name, float tensors: the same names, shapes and
    dtypes in all models.
    rows: how many rows each model learned from, in the same order, 1 or more.
    returns: the mean of each parameter by name, new tensors of these dtypes. The models stay as
    they are.
    >>> fed_avg([{"w": torch.tensor([2.0])}, {"w": torch.tensor([4.0])}], rows=[50, 50])
    {'w': tensor([3.])}
    """
    mean = {}
    for name in ...:
        ...
    return mean
'''
    hints = (
        "Lay all rows side by side, each with its model's number on it, and take the plain mean of that.",
        "One pass for each name. A model's share is its rows divided by all rows.",
        "for each name: sum(state[name] * … for state, … in zip(…)) / sum(…)",
    )
    success = "One to five models, shapes down to a single number: every row counts the same, and no model changed."
    says = """
not-a-dict     {call} returned {what}; expected a dict: a tensor for each name. The owners load it by name into their
               models.
               -> What does the docstring say that comes back?
names          {call} returned {seen}; expected {expected}. A parameter without a mean stays with one owner, or with
               nobody.
               -> How often does the loop run, and where does it return?
in-place       {call} changed {changed}, one of the models it was given: its owner's own version is lost, and whoever
               averages again averages a mean.
               -> Which operation makes a new tensor instead?
same-tensor    {call} returned a tensor of one of the models, not a new one: when the mean changes, the model of that
               person changes, too.
               -> Which operation makes a new tensor?
unweighted     {found}. Each model counts the same here, so a row of somebody who holds many counts for less than a row
               of somebody who holds few.
               -> What does `rows` tell?
not-shared     {found}. It is a weighted sum, divided by {by}: the more rows, the larger the model.
               -> What do the weights add up to?
summed         {found}. It is a sum that was not divided at all.
               -> What do the weights add up to?
upside-down    {found}. The model of the fewest rows counts most: one household outvotes a city.
               -> Does a share grow or shrink with the rows?
divided-twice  {found}. The shares add up to 1 already, and it was divided by {by} once more: the more owners, the
               smaller the model.
               -> What do the weights add up to?
swapped        {found}. The rows were counted for other models than their own: somebody's weight goes to somebody else.
               -> In which order do `states` and `rows` meet?
one-only       {found}. Only one model is in it: the others were overwritten, or never looked at, and their people
               taught nothing.
               -> What keeps the sum from one model to the next?
one-left       {found}. One model does not count at all: all that these people taught is lost.
               -> Where does the loop over models begin, and where does it end?
two-only       {found}. Only the first two models count: the others trained for nothing.
               -> Which names does your code write out?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        asked = [
            ([5, 2, 9, 1, 3], {"weight": (2, 3), "bias": (2,)}, torch.float32),
            ([1, 3], {"a": (2,), "b": (2, 1)}, torch.float32),
            ([20, 1, 4], {"scale": (), "layer.weight": (1, 2), "layer.bias": (1,)}, torch.float64),
            ([7], {"w": (3,), "b": ()}, torch.float32),
        ]
        return [
            {"states": [_state(draw, shapes, dtype) for _ in rows], "rows": draw.sample(rows, len(rows))}
            for rows, shapes, dtype in asked
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        states = question["states"]
        mean = answer(states, question["rows"])
        given = {tensor.untyped_storage().data_ptr() for state in states for tensor in state.values()}
        made = [tensor for tensor in mean.values() if type(tensor) is torch.Tensor] if isinstance(mean, dict) else []
        return {"shared": any(_place(tensor) in given for tensor in made)}

    def looks(self, question: Question, call: Evidence) -> Looks:
        states, rows, mean = question["states"], question["rows"], call["returned"]
        names = sorted(states[0])
        yield evidence.returned_a(call, {str: torch.Tensor}, "a dict of tensors", tag="not-a-dict")
        changed = [f"`{name}`" for name in names if _changed(call, name)]
        yield bool(changed), "in-place", {"changed": ", ".join(changed)}
        yield {"by": len(rows)}
        facts = {"seen": ", ".join(sorted(mean)) or "no name", "expected": ", ".join(names)}
        yield mean.keys() != states[0].keys(), "names", facts
        for name in names:
            tensors = [state[name] for state in states]
            yield evidence.equals(
                call,
                _mean(tensors, rows),
                _mistakes(tensors, rows),
                value=mean[name],
                what=f"`{name}` is",
                tolerance=evidence.SUMMED,
                because="so it is when each row carries its model's numbers, and all rows are averaged",
                next="Do it by hand for two models, of one row and of three.",
            )
        yield call["shared"], "same-tensor"


def _state(draw: Draw, shapes: dict[str, tuple[int, ...]], dtype: torch.dtype) -> State:
    return {name: draw.floats(*shape).to(dtype) for name, shape in shapes.items()}


def _changed(call: Evidence, name: str) -> bool:
    """Whether a parameter of any model is another after the call."""
    pairs = zip(call["before"][0], call["after"][0], strict=True)
    return any(name not in after or not torch.equal(before[name], after[name]) for before, after in pairs)


def _place(tensor: torch.Tensor) -> int:
    """Where a tensor's numbers are in memory; -1 if it has no such place."""
    return tensor.untyped_storage().data_ptr() if tensor.layout is torch.strided else -1


def _mean(tensors: list[torch.Tensor], weights: list[Any]) -> torch.Tensor:
    weighted = torch.stack([tensor.double() * weight for tensor, weight in zip(tensors, weights, strict=True)])
    mean: torch.Tensor = (weighted.sum(0) / sum(weights)).to(tensors[0].dtype)
    return mean


def _mistakes(tensors: list[torch.Tensor], rows: list[int]) -> dict[str, Plain]:
    """What known mistakes lead to, for one parameter."""
    count, total = len(rows), sum(rows)
    mistakes: dict[str, Plain] = {
        "unweighted": _mean(tensors, [1] * count),
        "not-shared": _mean(tensors, rows) * total / count,
        "summed": evidence.any_of(_mean(tensors, rows) * total, _mean(tensors, [1] * count) * count),
        "divided-twice": _mean(tensors, rows) / count,
        "upside-down": _mean(tensors, [1 / row for row in rows]),
        "swapped": evidence.any_of(_mean(tensors, rows[::-1]), _mean(tensors, sorted(rows))),
    }
    if count > 1:
        shares = [tensor * row / total for tensor, row in zip(tensors, rows, strict=True)]
        mistakes["one-only"] = evidence.any_of(*tensors, *shares)
        kept = [slice(1, None), slice(None, -1)]
        over_rest = [_mean(tensors[part], rows[part]) for part in kept]
        over_all = [_mean(tensors[part], rows[part]) * sum(rows[part]) / total for part in kept]
        mistakes["one-left"] = evidence.any_of(*over_rest, *over_all)
    if count > 2:
        first = _mean(tensors[:2], rows[:2])
        mistakes["two-only"] = evidence.any_of(first, first * sum(rows[:2]) / total)
    return mistakes
