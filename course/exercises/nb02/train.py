"""Exercise 02.1: the training loop, with everything at home."""

from __future__ import annotations

from math import isclose

from torch import optim

from course.exercises.nb02.linear_model import (
    CLOSE,
    LOSSES,
    after,
    linear,
    losses_are_floats,
    parameters,
    part,
    step,
    trained_as,
)  # fmt: skip
from course.learn import evidence
from course.learn.difference import alike
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register
from course.learn.plain import Plain
from course.learn.words import brief


@register
class CentralTraining(Exercise):
    id = "02.1"
    title = "a loop with everything at home"
    minutes, points = 6, 2
    objective = "write the training loop that everything else is compared with"
    promises = ()
    stub = '''
def train(
    model: nn.Module, opt: optim.Optimizer, data: torch.Tensor, target: torch.Tensor, epochs: int
) -> list[float]:
    """Train `model` with `opt` on all rows, `epochs` times. Returns the loss of each epoch, before its step.

    data: n x 2 float32.   target: n x 1 float32.   loss: the sum of squared errors.
    returns: `epochs` Python floats, which keep no graph alive.
    >>> len(train(model, optim.SGD(model.parameters(), lr=0.1), data, target, epochs=20))
    20
    """
    losses = []
    for _ in range(epochs):
        ...
        loss = ...
        loss.backward()
        ...
        losses.append(...)
    return losses
'''
    hints = (
        "An epoch: forget the old gradients, predict, measure, differentiate, step.",
        "Three of the blanks stand in the step of the worked example. The fourth turns a tensor into a number.",
        "losses.append(loss.…())",
    )
    success = "Losses and weights are those of plain torch, epoch by epoch, and nothing is kept alive."
    says = f"""{LOSSES}
not-trained   {{call}} left every parameter as it was: nobody's rows taught this model anything.
              -> Which call changes the parameters, and of which model are they?
no-zero-grad  After {{call}} the weights are those of a loop in which each epoch also counts the gradients of all
              epochs before it: early rows would count again and again.
              -> What did the first prediction show about `backward`?
wrong-loss    The weights are right, but {{call}} reports {{first}} first where the summed squared error before the
              first step is {{right}}: people would be told another error than the one made.
              -> What exactly is added to the list, and when is it computed?
mean          {{call}} reports {{first}} first: the squared errors add up to {{right}}, and you have that divided by
              {{rows}}. A step on that is {{rows}} times too short, and each person's row teaches that much less.
              -> Sum or mean: which one does the docstring name?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [
            {
                "weight": draw.normal(1, 2), "bias": draw.normal(1), "data": draw.normal(n, 2),
                "target": draw.normal(n, 1), "epochs": epochs, "lr": 0.03, "momentum": momentum,
            }
            for n, epochs, momentum in ((4, 3, 0.0), (3, 1, 0.0), (5, 4, 0.5))
        ]  # fmt: skip

    def probe(self, answer: Watched, question: Question) -> Evidence:
        model = linear(question)
        opt = optim.SGD(model.parameters(), lr=question["lr"], momentum=question["momentum"])
        losses = answer(model, opt, question["data"], question["target"], question["epochs"])
        return after(model, losses)

    def looks(self, question: Question, call: Evidence) -> Looks:
        (losses, model), seen = self._replay(question), call["model"]
        yield evidence.inputs_unchanged(part(call, 2, 3), because="the next epoch needs the same rows")
        yield from losses_are_floats(call, question["epochs"])
        yield alike(seen, parameters(linear(question)), CLOSE), "not-trained"
        unclear = self._replay(question, zero=False)[1]
        yield from evidence.leads_to(call, model, {"no-zero-grad": unclear}, value=seen, tolerance=CLOSE)
        first, rows = call["returned"][0], len(question["data"])
        facts = {"first": first, "right": losses[0], "rows": rows}
        other = not alike(call["returned"], losses, CLOSE)
        yield other and alike(seen, model, CLOSE), "wrong-loss", facts
        yield isclose(first * rows, losses[0], rel_tol=CLOSE), "mean", facts
        why = "so trains plain torch, with the loss that the docstring names"
        yield from trained_as(call, losses, model, because=why, next=_by_hand(question))

    def _replay(self, question: Question, zero: bool = True) -> tuple[list[float], dict[str, Plain]]:
        model, losses = linear(question), []
        opt = optim.SGD(model.parameters(), lr=question["lr"], momentum=question["momentum"])
        for _ in range(question["epochs"]):
            if zero:
                opt.zero_grad()
            losses.append(step(model, opt, question["data"], question["target"]))
        return losses, parameters(model)


def _by_hand(question: Question) -> str:
    """Where to start by hand: the errors of the rows before the first step."""
    errors = linear(question)(question["data"]) - question["target"]
    shown = ", ".join(brief(error) for error in errors.flatten().tolist())
    return f"Before the first step the rows' errors are {shown}: what should become of them?"
