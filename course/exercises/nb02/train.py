"""Exercise 02.1: the training loop, with everything at home."""

from __future__ import annotations

from functools import partial

from torch import optim

from course.exercises.nb02 import linear_model
from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register
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
    model: nn.Module,
    opt: optim.Optimizer,
    data: torch.Tensor,
    target: torch.Tensor,
    epochs: int,
) -> list[float]:
    """Train `model` with `opt` on all rows, `epochs` times. Returns the losses before the
    steps.

    data: n x 2 float32.   target: n x 1 float32.   loss: the sum of squared errors.
    model: it may hold a gradient of an older step, which must not count.
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
    says = f"""{linear_model.LOSSES}
not-trained   {{call}} left every parameter as it was: nobody's rows taught this model anything.
              -> Which call changes the parameters, and of which model are they?
no-zero-grad  After {{call}} the weights are those of a loop in which each epoch also counts the gradients of all epochs
              before it: early rows would count again and again.
              -> What did the first prediction show about `backward`?
older-gradient  After {{call}} the weights are those of a loop that clears gradients after each step only: the one with
              which the model arrived was added to the first, and old rows counted again.
              -> Clearing after the step comes too late for one: when must it be gone?
new-optimizer  After {{call}} the weights are those of an optimizer that is made anew for each step: it forgets what
              `opt` remembers, its momentum, and trains more slowly than agreed.
              -> Which optimizer did your function get, and which one steps?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [
            {
                "weight": draw.normal(1, 2),
                "bias": draw.normal(1),
                "rows": n,
                "args": [draw.normal(n, 2), draw.normal(n, 1), epochs],
                "sgd": {"lr": 0.03, "momentum": momentum},
                "older": linear_model.older_gradient(draw, 2) if stale else [],
            }
            for n, epochs, momentum, stale in ((4, 3, 0.0, False), (3, 1, 0.0, True), (5, 4, 0.5, True))
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        model = linear_model.linear(question)
        losses = answer(model, optim.SGD(model.parameters(), **question["sgd"]), *question["args"])
        return linear_model.after(model, losses)

    def looks(self, question: Question, call: Evidence) -> Looks:
        data, target, epochs = question["args"]
        steps, make = [("all", data, target)] * epochs, partial(optim.SGD, **question["sgd"])
        losses, model = linear_model.replay(question, steps, make)
        yield evidence.inputs_unchanged(call, 2, 3, because="the next epoch needs the same rows")
        yield from linear_model.losses_are_floats(call, epochs)
        yield linear_model.not_trained(call, question, model)
        mistakes = {
            "older-gradient": linear_model.replay(question, steps, make, zero="after")[1],
            "no-zero-grad": linear_model.replay(question, steps, make, zero="never")[1],
            "new-optimizer": linear_model.replay(question, [(n, data, target) for n in range(epochs)], make)[1],
        }
        errors = ", ".join(map(brief, (linear_model.linear(question)(data) - target).flatten().tolist()))
        step = f"Before the first step the rows' errors are {errors}: what should become of them?"
        why = "so trains plain torch, with the loss that the docstring names"
        yield from linear_model.trained_as(call, losses, model, len(data), mistakes, because=why, next=step)
