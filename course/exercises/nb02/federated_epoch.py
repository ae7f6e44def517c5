"""Exercise 02.3: one epoch over owners."""

from __future__ import annotations

from torch import optim

from course.exercises.nb02 import linear_model
from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, real, register

RATE = 0.05


@register
class FederatedEpoch(Exercise):
    id = "02.3"
    title = "one epoch, federated"
    minutes, points = 10, 4
    objective = "place send, zero_grad, step and get in a loop over owners"
    promises = ("private",)
    stub = '''
def federated_epoch(
    model: nn.Module, opt: optim.Optimizer, datasets: list[tuple]
) -> list[float]:
    """Visit the owners in order, one step at each. Returns the losses before the steps.

    model: at home before, between and after the visits; it may arrive with an older gradient,
    which must not count.
    opt: plain SGD over its parameters.
    datasets: pairs of pointers (inputs, labels), each pair at one owner; the rows stay there.
    loss: the sum of squared errors.   returns: one Python float for each pair.
    The step is taken at the owner. An owner receives the parameters and nothing else: no
    gradients, and no zeros in their place.
    >>> len(federated_epoch(model, opt, [(x_bob, y_bob), (x_alice, y_alice)]))
    2
    """
    raise NotImplementedError
'''
    hints = (
        "It is the loop at home. What is new: the model goes to the rows, and comes back before the next visit.",
        "`x.location` is where the rows are. Clear gradients while the model is still with you.",
        "zero_grad → send → loss → backward → step → model.… → losses.append(loss.…().…())",
    )
    success = "Weights as in plain torch. Each owner got parameters only, stepped, and gave the model back."
    says = linear_model.LOSSES + linear_model.TRAVELS

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        a, b, c = draw.people(3)
        return [
            linear_model.visits(draw, [a, b], 2, [2, 3]),
            linear_model.visits(draw, [a, b, c], 3, [2, 1, 3], older=linear_model.older_gradient(draw, 3)),
            linear_model.visits(draw, [b, a, b], 2, [1, 2, 2]),
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        model = linear_model.linear(question)
        losses = answer(model, optim.SGD(model.parameters(), lr=RATE), real(question["datasets"]))
        return linear_model.after(model, losses)

    def looks(self, question: Question, call: Evidence) -> Looks:
        datasets = evidence.far_end(question["datasets"])
        steps = [("all", x, y) for x, y in datasets]
        losses, model = linear_model.replay(question, steps, lambda own: optim.SGD(own, lr=RATE))
        width, older = question["weight"].shape[1], "older" in question
        yield from linear_model.travels(call, question["owners"], width, model, older)
        yield from linear_model.losses_are_floats(call, len(datasets))
        yield linear_model.not_trained(call, question, model)
        yield from linear_model.trained_as(call, losses, model, len(datasets[0][0]))
        yield evidence.inputs_unchanged(call, 2)
