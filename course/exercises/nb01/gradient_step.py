"""Exercise 01.3: one gradient step, where the data is."""

from __future__ import annotations

from typing import Any

import torch

from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, observe, register, workers

CLOSE = 1e-4  # relative and absolute: the order of a sum may differ


@register
class GradientStep(Exercise):
    id = "01.3"
    title = "one gradient step, by hand, over there"
    minutes, points = 10, 4
    objective = "differentiate where the data is"
    promises = ("private",)
    stub = '''
def gradient_step(w: torch.Tensor, x: torch.Tensor, y: torch.Tensor, rate: float) -> torch.Tensor:
    """One step of gradient descent on the loss ((x @ w - y) ** 2).mean(), where the data is.

    w, x, y: pointers to weights (k,), inputs (n, k) and targets (n,), float32, all at one worker.
    `w` requires a gradient. `w.grad` may hold an older gradient, which must not count.
    returns: a pointer to the new weights there, a leaf that requires a gradient: ready for the next step.
    x and y stay as they are. No value travels to you.
    >>> w = torch.zeros(1, requires_grad=True).send(bob)
    >>> gradient_step(w, torch.tensor([[1.0]]).send(bob), torch.tensor([1.0]).send(bob), rate=0.25).get()
    tensor([0.5000], requires_grad=True)
    """
    # 1. no older gradient counts
    # 2. the loss, and its gradient
    # 3. the new weights, not recorded by autograd
    raise NotImplementedError
'''
    hints = (
        "It is the step that you would write in plain torch. Every line of it runs where the pointers point.",
        "`backward()` adds to the gradient that is there, so that one has to go "
        "first. An update inside `torch.no_grad()` is not recorded, at the worker either.",
        "Set the gradient to None; build the loss; backward; then, under "
        "no_grad, subtract rate times the gradient in place; return the weights.",
    )
    success = (
        "Two steps in a row, also with an older gradient lying there: the same weights as "
        "plain torch. Weights, inputs and gradient stayed where they were; no value came to you."
    )
    says = """
seen         During {call}, {numbers} (`{what}`) travelled from {sender} to {receiver}; expected none: a step needs
             nothing from {worker}, and a gradient tells about the data as well.
             -> Which line fetches?
no-return    {call} returned nothing, so nobody can take the next step from the new weights.
             -> What does the docstring say that comes back?
recorded     The weights that {call} returned are no leaf: autograd recorded the update. The next backward would leave
             their gradient empty, and the chain of all steps would stay in the owner's memory.
             -> How is an update kept out of the record?
no-gradient  The weights that {call} returned require no gradient: the next step could not learn from them.
             -> What was lost when you took them out of the record?
not-zeroed   {call} stepped with {sum}; the gradient is {gradient}. An older one, {older}, still lay there, and
             backward added to it: old data counted again.
             -> When must it be gone?
stood-still  {call} returned the weights it was given, {start}: at this gradient a step must change them. The owner's
             computer worked for nothing.
             -> Which lines between backward and the return use the gradient?
uphill       {call} took {start} to {seen}: along the gradient, so the loss grew and predictions about people got
             worse.
             -> Which direction makes the loss smaller?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        sizes = [(4, 1), (3, 2), (6, 3)]
        return [_problem(draw, rows, weights, stale=at == 1) for at, (rows, weights) in enumerate(sizes)]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        (room,) = workers(question["worker"])
        w = question["w"].requires_grad_().send(room)
        if question["older"] is not None:
            (w * question["older"].send(room)).sum().backward()
        kinds: list[Any] = []
        for _ in range(2):
            w = answer(w, question["x"].send(room), question["y"].send(room), question["rate"])
            kinds.append([observe(getattr(w, "is_leaf", None)), observe(getattr(w, "requires_grad", None))])
            if kinds[-1] != [True, True] or not hasattr(w, "id_at_location"):
                break
        return {"kinds": kinds}

    def looks(self, question: Question, call: Evidence) -> Looks:
        room, w, older = question["worker"], question["w"], question["older"]
        for one, (is_leaf, requires_grad) in zip(call["calls"], call["kinds"], strict=True):
            this = {"call": f"`{one['text']}`"}
            yield evidence.only_travels(one, tag="seen")
            yield one["returned"] is None, "no-return", this
            yield evidence.stays_at(one, room)
            yield is_leaf is not True, "recorded", this
            yield requires_grad is not True, "no-gradient", this
            gradient, rate = _gradient(question, w), question["rate"]
            right = w - rate * gradient
            mistakes = {"stood-still": w, "uphill": w + rate * gradient}
            if older is not None:
                mistakes["not-zeroed"] = w - rate * (gradient + older)
            shown = {**this, "start": w, "gradient": gradient, "older": older}
            shown["sum"] = gradient if older is None else gradient + older
            for wrong, tag, facts in evidence.leads_to(one, right, mistakes, tolerance=CLOSE):
                yield wrong, tag, {**facts, **shown}
            why = "plain torch, with the loss of the docstring, gives these weights"
            step = "Compare your loss with the docstring's, term by term."
            yield evidence.equals(one, right, tolerance=CLOSE, because=why, next=step)
            data = {**one, "before": one["before"][1:], "after": one["after"][1:]}
            yield evidence.inputs_unchanged(data, because=f"inputs and targets are {room}'s, for every later step")
            w, older = evidence.far_end(one["returned"]), gradient


def _problem(draw: Draw, rows: int, weights: int, stale: bool) -> Question:
    """A least-squares problem whose gradient is not small."""
    x, w = draw.floats(rows, weights, low=1, high=3), draw.floats(weights, low=-2, high=2)
    return {
        "worker": draw.people(1)[0],
        "x": x,
        "y": x @ w + draw.choice([-1, 1]) * draw.floats(rows, low=2, high=5),
        "w": w,
        "older": draw.choice([-1, 1]) * draw.floats(weights, low=3, high=9) if stale else None,
        "rate": draw.choice([0.01, 0.02, 0.03]),
    }


def _gradient(question: Question, w: torch.Tensor) -> torch.Tensor:
    """Of ((x @ w - y) ** 2).mean(), by hand: float32 (k,)."""
    x, y = question["x"], question["y"]
    gradient: torch.Tensor = 2 * x.T @ (x @ w - y) / len(y)
    return gradient
