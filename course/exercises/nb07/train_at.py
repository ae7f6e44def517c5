"""Exercise 07.4: a plan that trains, and where its weights are."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

from course.learn import evidence
from course.learn.asking import at, people, real, strangers
from course.learn.difference import kind
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, observe, register
from course.learn.words import brief, plural

RATE = 0.1


@register
class TrainAt(Exercise):
    id = "07.4"
    title = "weights that learn elsewhere"
    minutes, points = 8, 3
    objective = "train a plan where the data is, and bring home the weights that it has there"
    promises = ("private", "tidy")
    stub = '''
def train_at(plan: sy.Plan, x: torch.Tensor, y: torch.Tensor, steps: int) -> sy.Plan:
    """Run a training plan `steps` times where x and y are, and bring home what it has learned.

    plan: built; called with x and y it takes one step of training and returns the loss.
    x, y: pointers to one worker.   steps: 1 or more.
    returns: a plan, here, with the weights after the last step; `plan` keeps its own.
    Only weights travel: to the worker once and back once. Nothing stays there but x and y.
    >>> x, y = torch.ones(1, 1).send(bob), torch.ones(1, 1).send(bob)
    >>> train_at(learner(), x, y, steps=2).w.data
    tensor([[0.3600]])
    """
    raise NotImplementedError
'''
    hints = (
        "send copies the weights of that moment. What is trained there is the copy; yours stays as it was.",
        "The pointer that send returns runs the plan, and its get() brings the plan home as it is there.",
        "there = …, then a loop that calls there(…), then return there.…()",
    )
    success = "One to six steps: weights as in plain torch, out once, home once, and the rows never moved."
    says = """
sent-again  The plan went to {place} {times}. Each time it begins with the weights that you send, which need not travel
            again.
            -> What is there after the first send, and what changes there with each run?
more-went   {found}: the weights. Whatever else goes there, {owner} can keep.
            -> What does the training need, besides the plan?
rows-came   {found}. The rows are {owner}'s; the plan was sent so that they can stay.
            -> Which get brings rows to you?
came-too    {found}. The weights come home once, after the last step; whatever else comes tells about {owner}'s rows.
            -> What do you bring home in the loop?
shown       {found}. Nobody else takes part in this training.
            -> Which line makes something travel there?
no-plan     {call} returned {what}; expected a plan, here, with the weights that it learned.
            -> What does the pointer to the plan give you when you ask for it?
stale       {found}. Those are the weights that you sent: the copy at {owner} learned, and nobody brought it home.
            -> Where are the trained weights after the loop?
one-step    {found}. That is after one step: every other step began with the old weights again.
            -> Which line makes each step forget the one before?
miscounted  {found}. That is after {other}, and {steps} were asked for.
            -> Which line is repeated, and how often?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [_question(draw, steps, rows, features) for steps, rows, features in ((3, 2, 1), (1, 3, 2), (6, 4, 3))]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        _, x, y, steps = real(question["args"])
        others = strangers(people(question["args"]))
        answer(learner(question["w"]), x, y, steps)
        return {"strangers": observe(others)}

    def looks(self, question: Question, call: Evidence) -> Looks:
        _, x, y, steps = evidence.far_end(question["args"])
        w, owner = question["w"], question["owner"]
        yield {"owner": owner, "steps": plural(steps, "step")}
        plans = [row for row in call["messages"] if row["detail"].startswith("plan ")]
        sent = [row["receiver"] for row in plans if row["sender"] == "me"]
        for place in dict.fromkeys(sent):
            yield sent.count(place) > 1, "sent-again", {"place": place, "times": f"{sent.count(place)} times"}
        came = [row["numbers"] for row in evidence.values_to(call["messages"], "me")]
        tag = "came-too" if w.numel() in came or set(came) == {1} else "rows-came"
        allowed = {("me", owner): w.numel(), (owner, "me"): w.numel()}
        yield evidence.only_travels(call, allowed, tags={"me": tag, owner: "more-went"}, tag="shown")
        returned = call["returned"]
        is_plan = isinstance(returned, dict) and returned.keys() == {"module", "state"}
        yield not is_plan or list(returned["state"]) != ["w"], "no-plan", {"what": kind(returned)}
        seen, right = returned["state"]["w"], trained(w, x, y, steps)
        told = {"found": f"After `{call['text']}`, w is `{brief(seen)}`; expected `{brief(right)}`"}
        runs = sum(row["kind"] == "run" for row in call["messages"])
        mistakes = {"stale": w, "one-step": trained(w, x, y, 1)} if runs > 1 else {"stale": w}
        for found, name, _ in evidence.leads_to(call, right, mistakes, value=seen, tolerance=evidence.TRAINED):
            yield found, name, told
        counted = {plural(count, "step"): trained(w, x, y, count) for count in range(1, 2 * steps + 2)}
        for found, count, _ in evidence.leads_to(call, right, counted, value=seen, tolerance=evidence.TRAINED):
            yield found, "miscounted", {**told, "other": count}
        yield evidence.equals(call, right, value=seen, what="w became", tolerance=evidence.TRAINED)
        yield evidence.inputs_unchanged(call, because="its owner still needs it as it was")
        yield evidence.spares_strangers(call)
        yield evidence.leaves(call, owner, because="whoever looks there finds your weights")


def _question(draw: Draw, steps: int, rows: int, features: int) -> Question:
    """A training of so many steps on so many rows."""
    (owner,) = draw.people(1)
    x, y = draw.floats(rows, features, low=-1, high=1), draw.floats(rows, 1, low=-2, high=2)
    x[0] += 1.5  # so that there is something to learn
    w = draw.floats(features, 1, low=-1, high=1)
    return {"owner": owner, "w": w, "args": ["plan", at(owner, x), at(owner, y), steps]}


def trained(w: torch.Tensor, x: torch.Tensor, y: torch.Tensor, steps: int) -> torch.Tensor:
    """The weights after these steps, in plain torch."""
    for _ in range(steps):
        w = w - RATE * 2 * x.t() @ (x @ w - y) / len(y)
    return w


def learner(w: torch.Tensor) -> Any:
    """A built training plan with these weights: forward, loss, gradient and step."""
    import course as sy

    class Learner(sy.Plan):
        def __init__(self) -> None:
            super().__init__()
            self.w = torch.nn.Parameter(w.clone())

        def forward(self, x: Any, y: Any) -> Any:
            loss = F.mse_loss(x @ self.w, y)
            (gradient,) = torch.autograd.grad(loss, [self.w])
            with torch.no_grad():
                self.w.sub_(RATE * gradient)
            return loss

    return Learner().build(torch.ones(2, len(w)), torch.ones(2, 1))
