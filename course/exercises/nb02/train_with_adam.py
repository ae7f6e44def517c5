"""Exercise 02.4: federated training with an optimizer for each owner."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import optim

from course.exercises.nb02 import linear_model
from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, real, register
from course.learn.plain import Plain


@register
class OwnAdam(Exercise):
    id = "02.4"
    title = "an optimizer for each owner"
    minutes, points = 8, 4
    objective = "keep what an optimizer remembers with the owner it learned it from"
    promises = ("private",)
    stub = '''
def train_with_adam(
    model: nn.Module, datasets: list[tuple], epochs: int, lr: float
) -> list[float]:
    """Federated training: one Adam for each owner, for all epochs. Returns the loss of each
    visit.

    datasets: pairs of pointers (inputs, labels); an owner may have several pairs.
    lr: for every optim.Adam.
    model: at home before and after; everything else as in federated_epoch.
    Nothing that an optimizer remembers travels from one owner to another.
    returns: epochs * len(datasets) Python floats.
    >>> len(train_with_adam(model, [(x_bob, y_bob), (x_alice, y_alice)], epochs=3, lr=0.1))
    6
    """
    raise NotImplementedError
'''
    hints = (
        "An Adam remembers averages of the gradients it saw. Give each owner one of its own, before the first epoch.",
        "A dict from an owner's name to an optimizer; `x.location.id` is the name. Two pairs of one owner share one.",
        "opts = {name: optim.… for name in {… for x, _ in datasets}}",
    )
    success = "Weights as with one Adam per owner in plain torch, and no owner sent a number to another."
    says = f"""{linear_model.LOSSES}{linear_model.TRAVELS}
forgetful    After {{call}} the weights are those of Adams that are made anew while training: each forgets what its
             owner's earlier rows had taught it.
             -> How many optimizers should exist in the whole training, and where are they made?
per-pair     After {{call}} the weights are those of one Adam for each pair. One owner brought two pairs, and would be
             treated as two people.
             -> What should the optimizers be filed under?
not-adam     After {{call}} the weights are those of plain SGD, which remembers nothing. The owners agreed to Adam.
             -> Which class of torch.optim does the docstring name?
other-rate   After {{call}} the weights are those of Adams with their usual rate, 0.001: far slower than agreed.
             -> Which argument of your function is never used?
other-order  {{call}} trained all epochs with one owner before the next: whoever comes last is remembered best.
             -> Which loop is the outer one, over epochs or over owners?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        (a, b, c), older = draw.people(3), linear_model.older_gradient(draw, 3)
        return [
            linear_model.visits(draw, [a, b], 2, [2, 3], epochs=3, lr=0.1),
            linear_model.visits(draw, [a, b, a], 2, [2, 1, 2], epochs=2, lr=0.05),
            linear_model.visits(draw, [c, a, b], 3, [1, 2, 2], epochs=2, lr=0.2, older=older),
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        model = linear_model.linear(question)
        optim.Adam(model.parameters())  # torch loads its compiler with the first one: not on the student's clock
        losses = answer(model, real(question["datasets"]), question["epochs"], question["lr"])
        return linear_model.after(model, losses)

    def looks(self, question: Question, call: Evidence) -> Looks:
        owners, epochs = question["owners"], question["epochs"]
        order = list(range(len(owners))) * epochs
        adam, sgd = (partial(kind, lr=question["lr"]) for kind in (optim.Adam, optim.SGD))
        trained = partial(_replay, question, order, adam)
        losses, model = trained()
        width, older = question["weight"].shape[1], "older" in question
        yield from linear_model.travels(call, owners * epochs, width, model, older)
        yield from linear_model.losses_are_floats(call, len(order))
        yield linear_model.not_trained(call, question, model)
        by_visit, by_epoch = trained(lambda at, pair: at), trained(lambda at, pair: (at // len(owners), owners[pair]))
        mistakes = {
            "forgetful": evidence.any_of(by_visit[1], by_epoch[1]),
            "per-pair": trained(lambda at, pair: pair)[1],
            "not-adam": _replay(question, order, sgd)[1],
            "other-rate": _replay(question, order, optim.Adam)[1],
            "other-order": _replay(question, sorted(order), adam)[1],
        }
        (first, _), *_ = evidence.far_end(question["datasets"])
        yield from linear_model.trained_as(call, losses, model, len(first), mistakes)
        yield evidence.inputs_unchanged(call, 1)


def _replay(
    question: Question,
    order: list[int],
    make: Callable[[Any], optim.Optimizer],
    key: Callable[[int, int], Any] | None = None,
) -> tuple[list[float], dict[str, Plain]]:
    """Plain torch: the pairs in this order, one optimizer for each `key(visit, pair)`, by default for each owner."""
    whose = key or (lambda at, pair: question["owners"][pair])
    datasets = evidence.far_end(question["datasets"])
    return linear_model.replay(question, [(whose(at, pair), *datasets[pair]) for at, pair in enumerate(order)], make)
