"""Exercise 13.3: one step of gradient descent, in which nobody sees a gradient."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from course.exercises.nb13 import on_shares
from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register
from course.learn.plain import Plain


@register
class EncryptedStep(Exercise):
    id = "13.3"
    title = "a training step on shares"
    minutes, points = 9, 4
    seconds = 4.0  # a step is many rounds: on a busy machine one may take a second
    objective = "train a secret network with torch's own words, without opening a gradient"
    promises = ("private",)
    stub = '''
def encrypted_step(model: nn.Module, x, target, lr: float):
    """One step of plain gradient descent on shares: w becomes w - lr * gradient.

    model, x, target: shared, with the same holders. x: people x columns. target: people
        x classes, one-hot. The model keeps its parameters: they change in place.
    The loss is (output - target) ** 2, added up over classes, and the mean of that over
    people.
    Gradients from before this step do not count. Nothing is opened, not even the loss.
    returns: the loss before the step, shared. Whoever calls may open it, as here:
    >>> losses = [encrypted_step(model, x, target, 0.1).decrypt().item() for _ in range(2)]
    >>> losses[0] > losses[1] + 0.01
    True
    """
    raise NotImplementedError
'''
    hints = (
        "It is the training step of notebook 02. The holders do each line on shares.",
        "Five lines: whose parameters does the optimizer get, and when are its gradients cleared?",
        "optim.SGD(….parameters(), lr=…), ….zero_grad(), ((… - …) ** 2).sum(…).mean(), ….backward(), ….step()",
    )
    success = "Step after step, two and three holders: the weights of plain torch, and nobody saw a gradient."
    says = """
loss-opened  During {call}, {sender} sent you the loss (`{what}`). The text says: nothing, not even the loss.
             -> Which line opens it?
came-home    During {call}, {sender} sent values to you (`{what}`). From gradients or weights notebook 04 rebuilt
             a person.
             -> Who can do this line without you?
left-public  During {call}, you told the holders `{what}` in the clear.
             -> What do they need beside the rate?
sent-bare    During {call}, `{what}` went to {receiver}, who holds it now as it is.
             -> Which word splits, and which one only sends?
model-open   After {call} the model is not shared any more.
             -> Which line opens it, or puts other parameters in?
stood-still  After {call} the weights are {seen} …, as before; expected {right} ….
             -> Whose parameters does the optimizer have, and what gradient is there when it steps?
piled-up     After the second step the weights are {seen} …; expected {right} …. It used the first one's gradient
             again.
             -> What does backward() do with a gradient that is there already?
stale        After {call} the weights are {seen} …; expected {right} …. The model had a gradient before, of other data,
             and it was used again.
             -> When is a gradient cleared: before backward(), or after the step?
two-steps    After {call} the weights are {seen} …; expected {right} …. They went twice as far.
             -> How often is the rate times the gradient taken off?
people-twice  After {call} the weights are {seen} …; expected {right} …. You divided by the people twice.
             -> Where is the mean taken: in the loss, or in the rate?
some-stood   After {call} some weights are {seen} …, as before; expected {right} …. The others are right.
             -> Which parameters does a model have, and which does your step change?
uphill       After {call} the weights are {seen} …; expected {right} …. They went the other way, uphill.
             -> Which sign has a step?
no-rate      After {call} the weights are {seen} …; expected {right} …. The rate was not used.
             -> By what is the gradient multiplied?
mean-of-all  After {call} the weights are {seen} …; expected {right} …. You divided by people times classes.
             -> Over what is the sum, and over what is the mean?
summed       After {call} the weights are {seen} …; expected {right} …. The loss was not divided by the people.
             -> Over what is the mean?
softmax      After {call} the weights are {seen} …; expected {right} …. That is a softmax before the squared error.
             -> What does the docstring compare with the target?
wrong-step   After {call} the weights are {seen} …; expected {right} ….
             -> Do it with plain numbers: which line differs?
not-shared   {call} returned {what}; expected the loss, shared, of float32.
             -> What does the last line return?
wrong-shape  {call} returned shares of shape {got}; expected {due}: a loss is one number.
             -> What is added up, and of what is the mean?
wrong-loss   {call} returned a loss of {seen}; expected {right}, that before the step.
             -> When, and of what, was it computed?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [_question(draw, 2, [3, 4, 2], 4, steps=2), _question(draw, 3, [2, 3], 2, steps=1, used=True)]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        model = on_shares.shared(on_shares.made(question["weights"]), question["holders"])
        dtypes = []
        if question["used"]:
            x, target = (on_shares.shared(part, question["holders"]) for part in question["used"])
            ((model(x) - target) ** 2).sum(dim=1).mean().backward()
        for batch in question["batches"]:
            x, target = (on_shares.shared(part, question["holders"]) for part in batch)
            dtypes.append(on_shares.dtype(answer(model, x, target, question["lr"])))
        return {"dtypes": dtypes}

    def looks(self, question: Question, call: Evidence) -> Looks:
        due = _after(question)
        for n, one in enumerate(call["calls"]):
            text = {"call": f"`{one['text']}`"}
            came = [row for row in one["messages"] if row["values"] and row["receiver"] == "me"]
            facts = {"sender": came[0]["sender"], "what": came[0]["detail"]} if came else {}
            yield bool(came) and all(row["numbers"] == 1 for row in came), "loss-opened", {**text, **facts}
            for look in on_shares.stays_shared(one):
                yield (*look[:2], {**text, **look[2]}) if isinstance(look, tuple) and len(look) == 3 else look
            state = one["after"][0]["state"]
            yield not all(map(on_shares.is_shared, state.values())), "model-open", text
            seen, right = _flat({name: on_shares.opened(part) for name, part in state.items()}), _flat(due[n][0])
            most = _most(right, question)
            facts = {**text, "seen": on_shares.rounded(seen[most]), "right": on_shares.rounded(right[most])}
            wrong = not on_shares.near(seen, right)
            for tag, how in _MISTAKES.items():
                wrongly = on_shares.near(seen, _flat(_after(question, **how)[n][0]))
                yield wrong and wrongly, "stale" if tag == "piled-up" and n == 0 else tag, facts
            off, before = ~_close(seen, right), _flat(due[n - 1][0] if n else _state(_model(question)))
            most = off.nonzero().flatten()[:3]
            facts |= {"seen": on_shares.rounded(seen[most]), "right": on_shares.rounded(right[most])}
            yield wrong and bool(_close(seen, before)[off].all()), "some-stood", facts
            yield wrong, "wrong-step", facts
        for n, one in enumerate(call["calls"]):
            yield evidence.inputs_unchanged(one, 1, 2, because="its holders still need it")
            yield from on_shares.returned_shares(one, (), call["dtypes"][n])
            seen, right = on_shares.opened(one["returned"]), due[n][1]
            facts = {"seen": round(seen.item(), 3), "right": round(right.item(), 3)}
            yield not on_shares.near(seen, right), "wrong-loss", facts
            yield evidence.says_nothing(one)


_MISTAKES: dict[str, dict[str, Any]] = {
    "stood-still": {"lr": 0.0},
    "piled-up": {"clear": False},
    "uphill": {"lr": -1.0},
    "no-rate": {"lr": None},
    "two-steps": {"lr": 2.0},
    "people-twice": {"people": True},
    "mean-of-all": {"loss": "all"},
    "summed": {"loss": "sum"},
    "softmax": {"softmax": True},
}


def _after(
    question: Question,
    lr: float | None = 1.0,
    clear: bool = True,
    loss: str = "",
    softmax: bool = False,
    people: bool = False,
) -> list[tuple[dict[str, Plain], torch.Tensor]]:
    """Weights after each step, and the loss before it, in plain torch; lr: times the rate, None for a rate of 1."""
    model, found = _model(question), []
    rate = 1.0 if lr is None else lr * question["lr"]
    if question["used"]:
        x, target = question["used"]
        ((model(x) - target) ** 2).sum(dim=1).mean().backward()
    for x, target in question["batches"]:
        outputs = F.softmax(model(x), dim=1) if softmax else model(x)
        errors = (outputs - target) ** 2
        error = {"all": errors.mean(), "sum": errors.sum()}.get(loss, errors.sum(dim=1).mean())
        if clear:
            model.zero_grad()
        error.backward()
        with torch.no_grad():
            for weight in model.parameters():
                assert weight.grad is not None
                weight.sub_(rate * weight.grad / (len(x) if people else 1))
        found.append((_state(model), error.detach()))
    return found


def _model(question: Question) -> nn.Module:
    return on_shares.made(question["weights"])


def _close(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return torch.isclose(a.double(), b.double(), rtol=1e-3, atol=on_shares.NEAR)


def _state(model: nn.Module) -> dict[str, Plain]:
    return {name: part.detach().clone() for name, part in model.named_parameters()}


def _flat(parts: dict[str, Plain]) -> torch.Tensor:
    return torch.cat([parts[name].flatten() for name in sorted(parts)])


def _most(right: torch.Tensor, question: Question) -> torch.Tensor:
    """Where the weights moved most: three places."""
    before = _flat(_state(_model(question)))
    return (right - before).abs().argsort(descending=True)[:3]


def _question(
    draw: Draw, holders: int, widths: list[int], people: int, steps: int, used: bool = False
) -> Question:
    """`used`: the model has a gradient already, of other data."""
    batches = []
    for _ in range(steps + used):
        labels = torch.tensor([draw.randint(0, widths[-1] - 1) for _ in range(people)])
        batches.append((draw.floats(people, widths[0], low=-2, high=2), F.one_hot(labels, widths[-1]).float()))
    weights = on_shares.drawn(draw, widths)
    more = {"used": batches.pop() if used else [], "lr": draw.choice([0.125, 0.2])}
    return {"holders": draw.people(holders), "weights": weights, "batches": batches, **more}
