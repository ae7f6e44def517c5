"""Exercise 13.2: a loss on shares, of labels that nobody else may see."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional as F

from course.exercises.nb13 import on_shares
from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, observe, register, workers
from course.smpc import SharedTensor


@register
class SquaredError(Exercise):
    id = "13.2"
    title = "a loss for secret labels"
    minutes, points = 8, 4
    seconds = 4.0  # many rounds: on a busy machine they may take a second
    objective = "turn labels into a shared one-hot target, and compute a loss that can be differentiated on shares"
    promises = ("private",)
    stub = '''
def squared_error(outputs, labels: torch.Tensor, holders: list, cp):
    """The squared error of a network's outputs, on shares.

    outputs: a shared tensor, people x classes, of 16 binary digits, with its graph.
    labels: int64, a class for each person, yours, a secret. Some classes may be nobody's.
    Each label becomes a row of the target: 1 in its class, 0 elsewhere. The holders get
    the target only as shares, of 16 binary digits. Nothing is opened.
    returns: (output - target) ** 2, added up over classes, and the mean of that over
        people: a shared tensor without a dimension, whose backward() reaches the outputs.
    >>> labels = torch.tensor([0, 1])
    >>> loss = squared_error(outputs, labels, [bob, alice], cp)  # outputs: zeros
    >>> round(loss.decrypt().item(), 2)
    1.0
    """
    # 1. the target, in the clear, here
    # 2. its shares
    # 3. the loss
    raise NotImplementedError
'''
    hints = (
        "A class number picks an output, and whoever sees what is picked knows the label. A row of 0 and 1 can be "
        "subtracted, and a row can be shared.",
        "`F.one_hot` takes the number of classes as its second argument. Its result is int64.",
        "target = F.one_hot(labels, …).float().fix_precision(…).share(…); ((… - …) ** 2).sum(…).mean()",
    )
    success = "Two to four classes, missing ones too: right loss, right gradient, and no label in any message."
    says = """
came-home    During {call}, {sender} sent values to you (`{what}`). A loss does not need to be seen to be used.
             -> Which line opens?
left-public  During {call}, you told the holders `{what}` in the clear. That tells them every label, however secret the
             outputs.
             -> What has to be shared, before a holder computes with it?
sent-bare    During {call}, `{what}` went to {receiver}, who holds it now as it is.
             -> Which word splits, and which one only sends?
not-shared   {call} returned {what}; expected a shared tensor of float32.
             -> What do operations on shared tensors make?
wrong-shape  {call} returned shares of shape {got}; expected {due}: a loss is one number.
             -> What is added up, and of what is the mean?
own-classes  The loss of {call} is {seen}; expected {right}. Here is nobody of the last classes, and your target has no
             column for them.
             -> From where do you know how many classes there are?
mean-of-all  The loss of {call} is {seen}; expected {right}. You divided by people times classes.
             -> Over what is the sum, and over what is the mean?
fixed-classes  The loss of {call} is {seen}; expected {right}. It is the mean over all, times {times}. Here are
             {classes} classes.
             -> Along which dimension is the sum?
own-only     The loss of {call} is {seen}; expected {right}. Only the outputs of the right classes count; the others may
             grow as they like.
             -> What is the target in the other classes?
softmax      The loss of {call} is {seen}; expected {right}. There is a softmax before it, and the text has none.
             -> What does the docstring compare with the target?
half         The loss of {call} is {seen}; expected {right}. That is half of it.
             -> Which factors does the docstring name?
other-way    The loss of {call} is {seen}; expected {right}. That is a mean over classes, added up over people.
             -> Over what is the sum, and over what is the mean?
summed       The loss of {call} is {seen}; expected {right}. It is a sum over people: with more of them each step
             grows.
             -> Over what is the mean?
class-number  The loss of {call} is {seen}; expected {right}. Each output was compared with the class number.
             -> Which row stands for class 1 of two?
no-square    The loss of {call} is {seen}; expected {right}. These are differences without a square.
             -> Which power makes all errors positive?
wrong-loss   The loss of {call} is {seen}; expected {right}.
             -> Two people, two classes, outputs of 0: what comes out on paper?
no-gradient  After {call}, backward() does not reach the outputs: the network cannot learn.
             -> Which line cuts the graph?
wrong-gradient  After {call}, the outputs' gradient is {seen} …; expected {right} ….
             -> Is all of your loss computed from the outputs?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [
            _question(draw, 2, 3, [0, 2, 1, 2]),
            _question(draw, 3, 2, [draw.randint(0, 1) for _ in range(3)] + [1, 0]),
            _question(draw, 2, 4, [0, 0, 0]),
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        outputs = on_shares.shared(question["outputs"], question["holders"], requires_grad=True)
        labels = question["labels"].clone()
        holders = question["holders"]
        loss = on_shares.asked_twice(answer, holders, outputs, labels, workers(*holders), *workers(on_shares.DEALER))
        if isinstance(loss, SharedTensor) and loss.requires_grad:
            loss.sum().backward()  # type: ignore[no-untyped-call]
        return {"gradient": observe(outputs.grad), "dtype": on_shares.dtype(loss)}

    def looks(self, question: Question, call: Evidence) -> Looks:
        # first, for with other labels other things are asked of the holders
        yield from _of_own_classes(question, call["returned"])
        yield from on_shares.stays_shared(call, question["holders"])
        yield from on_shares.sent_anew(call)
        yield evidence.inputs_unchanged(call, 0, 1, because="its holders still need it")
        yield from on_shares.returned_shares(call, (), call["dtype"])
        outputs = question["outputs"].requires_grad_()
        errors = outputs - F.one_hot(question["labels"], outputs.shape[1])
        right = (errors**2).sum(dim=1).mean()
        (due,) = torch.autograd.grad(right, outputs)
        right, errors, outputs = right.detach(), errors.detach(), outputs.detach()
        seen = on_shares.opened(call["returned"])
        facts = {"seen": round(seen.item(), 3), "right": round(right.item(), 3)}
        mistakes = {
            "own-classes": ((outputs - 1) ** 2).sum(dim=1).mean(),
            "mean-of-all": (errors**2).mean(),
            "summed": (errors**2).sum(),
            "own-only": ((errors * F.one_hot(question["labels"], outputs.shape[1])) ** 2).sum(dim=1).mean(),
            "softmax": ((outputs.softmax(dim=1) - outputs + errors) ** 2).sum(dim=1).mean(),
            "half": right / 2,
            "other-way": (errors**2).mean(dim=1).sum(),
            "class-number": ((outputs - question["labels"][:, None]) ** 2).sum(dim=1).mean(),
            "no-square": errors.sum(dim=1).mean(),
        }
        for tag, wrong in mistakes.items():
            yield not on_shares.near(seen, right) and on_shares.near(seen, wrong), tag, facts
        facts["classes"] = classes = outputs.shape[1]
        for times in (2, 3, 10):
            fixed = on_shares.near(seen, times * (errors**2).mean()) and times != classes
            yield not on_shares.near(seen, right) and fixed, "fixed-classes", {**facts, "times": times}
        yield not on_shares.near(seen, right), "wrong-loss", facts
        yield not on_shares.is_shared(call["gradient"]), "no-gradient"
        gradient = on_shares.opened(call["gradient"])
        facts = {"seen": on_shares.rounded(gradient), "right": on_shares.rounded(due)}
        yield not on_shares.near(gradient, due), "wrong-gradient", facts
        yield evidence.says_nothing(call)


def _of_own_classes(question: Question, returned: Any) -> Looks:
    """Only one class among the labels: their one-hot rows are a column of ones."""
    if on_shares.is_shared(returned):
        outputs = question["outputs"].detach()
        seen, wrong = on_shares.opened(returned), ((outputs - 1) ** 2).sum(dim=1).mean()
        right = ((outputs - F.one_hot(question["labels"], outputs.shape[1])) ** 2).sum(dim=1).mean()
        facts = {"seen": round(seen.sum().item(), 3), "right": round(right.item(), 3)}
        yield on_shares.near(seen, wrong) and not on_shares.near(seen, right), "own-classes", facts


def _question(draw: Draw, holders: int, classes: int, labels: list[int]) -> Question:
    outputs = draw.floats(len(labels), classes, low=-2, high=2) + 0.125
    return {"holders": draw.people(holders), "outputs": outputs, "labels": torch.tensor(labels)}
