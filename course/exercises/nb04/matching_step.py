"""Exercise 04.4: one step of gradient matching."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from course.learn import evidence
from course.learn.difference import alike, difference
from course.learn.evidence import TRAINED
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Verdict, Watched, register
from course.learn.plain import Plain

State = dict[str, torch.Tensor]
RECORD = "does not require grad", "not to have been used in the graph"  # what torch says where no record was kept


@register
class MatchingStep(Exercise):
    id = "04.4"
    title = "one step towards a gradient"
    minutes, points = 8, 4
    objective = "move a guess so that its gradient comes nearer to the one that was seen"
    promises = ()
    stub = '''
def matching_step(
    model: nn.Module, guess: torch.Tensor, label: torch.Tensor, seen: list, rate: float
) -> tuple[torch.Tensor, float]:
    """One step towards rows whose gradient is the one that was seen.

    guess: n x d float32.   label: n int64.
    seen: a gradient for each parameter, in the order of `model.parameters()`.
    distance: the sum, over all parameters and all entries, of (own - seen) ** 2, where own
        are the gradients that the guess gives.
    returns: guess minus rate times the gradient of the distance by the guess, a new tensor
        without a graph; and the distance before this step, a Python float.
    The model stays as it is, `.grad` of its parameters included.
    >>> point = nn.Sequential(nn.Linear(1, 2), nn.LogSoftmax(dim=1))
    >>> seen = [torch.zeros_like(parameter) for parameter in point.parameters()]
    >>> matching_step(point, torch.ones(1, 1), torch.tensor([0]), seen, rate=0.1)[0].shape
    torch.Size([1, 1])
    """
    guess = guess.clone().requires_grad_()
    loss = F.nll_loss(model(guess), label)
    # 1. own: the gradients that the guess gives
    # 2. how far they are from those that were seen
    # 3. how the distance changes with the guess
    raise NotImplementedError
'''
    hints = (
        "Two derivatives, one after the other: of the loss by the parameters, then of the distance by the guess.",
        "`torch.autograd.grad(what, by_what)` leaves `.grad` alone; to differentiate its result again, it needs "
        "`create_graph=True`.",
        "own = torch.autograd.grad(loss, list(model.….()), create_graph=…); (slope,) = torch.autograd.grad(…, guess)",
    )
    success = "Networks with and without biases, one row and several: the guess moved, and the model stayed as it was."
    raises = {"RuntimeError": "no-graph"}
    says = """
no-graph       In line {line}, {call} stopped. Torch computed the guess's gradients and forgot how they came about, so
               nobody can say how they change with the guess.
               -> Which argument of `torch.autograd.grad` keeps the record?
stopped        In line {line}, {call} stopped: {message}.
               -> Write down the shape of each thing in that line.
not-a-pair     {call} returned {what}; expected a pair: the new guess, and the distance as a Python float.
               -> What stands after `returns` in the docstring?
model-trained  {call} changed the model: it moved the parameters so that the gradients fit. But the update was made by
               the model as it was, and the person's row is the unknown.
               -> By what do you differentiate the distance?
grads-left     After {call}, the model's parameters hold other gradients than before. The next step would count them
               again.
               -> Which function gives gradients back instead of storing them?
recorded       {call} returned a guess that still takes a gradient, or hangs on a graph: a thousand steps would keep a
               thousand records.
               -> Which call cuts a tensor off from its record?
stood-still    {call} returned the guess that it was given. Such an attacker never gets anywhere.
               -> What becomes of the slope?
uphill         {call} moved the guess away: the gradients will fit worse than before.
               -> Does the distance fall along its gradient or against it?
distance-after {call} returned the right guess, and the distance of the new one. The docstring wants the distance before
               the step, of the guess that came.
               -> From which guess is the distance computed?
loss-only      {call} moved the guess so that the *loss* falls: it becomes a typical row for this label. It should
               become the row that gives this gradient.
               -> What do you differentiate by the guess?
some-only      {call} compared only one of the {parameters} gradients that were seen. The others tell about the row,
               too.
               -> Over what does the sum run?
mean-distance  {call} took means where the docstring says a sum: a layer with many weights counts as little as one
               number.
               -> How many entries has each gradient?
no-square      {call} added sizes, not squares: the step is as long one hair from the row as a mile away.
               -> What does the docstring do with own - seen?
root           {call} took the root of the distance. The docstring does not.
               -> Which function did you use for the distance?
rate-twice     {call} did not use the rate as the docstring says: the guess jumps, or crawls.
               -> What is multiplied by what?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        asked = (("tanh", 1, 3, 0.25), ("no bias", 2, 4, 0.1), ("deep", 1, 2, 0.5))
        return [_question(draw, *one) for one in asked]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        model = network(question)
        older = question["older"]
        for parameter, gradient in zip(model.parameters(), older, strict=False):
            parameter.grad = gradient.clone()
        result = answer(model, *question["args"])
        guess = result[0] if isinstance(result, tuple | list) and result else None
        grads = [parameter.grad for parameter in model.parameters()]
        kept = all(
            gradient is None if n >= len(older) else gradient is not None and torch.equal(gradient, older[n])
            for n, gradient in enumerate(grads)
        )
        return {"kept": kept, "recorded": isinstance(guess, torch.Tensor) and guess.requires_grad}

    def verdict(self, question: Question, seen: Evidence) -> Verdict | None:
        """Only the error about the missing record is a known mistake; another RuntimeError is told as it is."""
        failure = seen["failure"]
        if failure is None or any(text in failure["message"] for text in RECORD):
            return super().verdict(question, seen)
        told = self.texts["stopped"]
        facts = {**failure, "call": f"`{failure['call']}`"}
        return Verdict("stopped", told.message.format_map(facts), told.next)

    def looks(self, question: Question, call: Evidence) -> Looks:
        guess, returned = question["args"][0], call["returned"]
        form = evidence.returned_a(call, (torch.Tensor, float), "a pair")
        yield form is not None, "not-a-pair", {"what": form.facts["what"] if form else ""}
        model = {"module": "Sequential", "state": question["state"]}
        yield difference(call["after"][0], model) is not None, "model-trained"
        yield not call["kept"], "grads-left"
        yield evidence.inputs_unchanged(call, 1, 2, 3, because="the next guess is compared with the same")
        yield call["recorded"], "recorded"
        yield {"parameters": len(question["state"])}
        yield torch.equal(returned[0], guess), "stood-still"
        right, distance = step(question)
        known = alike(list(returned), [right, distance], TRAINED)
        mistakes = {} if known else _mistakes(question)
        for at, expected, what in ((0, right, "the guess is"), (1, distance, "the distance is")):
            yield evidence.equals(
                call,
                expected,
                {tag: wrong[at] for tag, wrong in mistakes.items()},
                value=returned[at],
                what=what,
                tolerance=TRAINED,
                because="so it is by the docstring's formulas, in plain torch",
                next="Compute the distance for this guess by hand, parameter by parameter.",
            )


def network(question: Question) -> nn.Sequential:
    """The network with the question's parameters."""
    kind, state = question["kind"], question["state"]
    sizes = [tensor.shape[::-1] for name, tensor in state.items() if name.endswith("weight")]
    layers: list[nn.Module] = []
    for inputs, outputs in sizes:
        layers += [nn.Linear(inputs, outputs, bias=kind != "no bias"), nn.Tanh()]
    model = nn.Sequential(*layers[:-1], nn.LogSoftmax(dim=1))
    model.load_state_dict(state)
    return model


def step(question: Question, how: str = "", faster: float = 1.0) -> tuple[torch.Tensor, float]:
    """The new guess and the distance, in plain torch; `how` is a known mistake."""
    guess, label, seen, rate = question["args"]
    model, guess = network(question), guess.clone().requires_grad_()
    parameters = list(model.parameters())
    loss = F.nll_loss(model(guess), label)
    own = torch.autograd.grad(loss, parameters, create_graph=True)
    errors = [mine - theirs for mine, theirs in zip(own, seen, strict=True)]
    squares = [(error**2).sum() for error in errors]
    distance: Any = {
        "first": squares[0],
        "last": squares[-1],
        "mean": torch.stack([(error**2).mean() for error in errors]).sum(),
        "mean of means": torch.stack([(error**2).mean() for error in errors]).mean(),
        "mean of sums": torch.stack(squares).mean(),
        "sizes": torch.stack([error.abs().sum() for error in errors]).sum(),
        "root": torch.stack(squares).sum().sqrt(),
        "roots": torch.stack([square.sqrt() for square in squares]).sum(),
    }.get(how, torch.stack(squares).sum())
    (slope,) = torch.autograd.grad(loss if how == "loss" else distance, guess)
    return (guess - faster * rate * slope).detach(), distance.item()


def distance_at(question: Question, guess: torch.Tensor) -> float:
    """How far the gradients of another guess are."""
    _, *others = question["args"]
    return step({**question, "args": [guess, *others]})[1]


def _mistakes(question: Question) -> dict[str, tuple[Plain, Plain]]:
    """What known mistakes lead to: the guess, and the distance (nan, which equals nothing, where it is right)."""
    many = {
        "some-only": ("first", "last"),
        "mean-distance": ("mean", "mean of means", "mean of sums"),
        "no-square": ("sizes",),
        "root": ("root", "roots"),
    }
    found: dict[str, tuple[Plain, Plain]] = {}
    for tag, hows in many.items():
        made = [step(question, how) for how in hows]
        found[tag] = evidence.any_of(*(one[0] for one in made)), evidence.any_of(*(one[1] for one in made))
    rate, no = question["args"][3], float("nan")
    found["uphill"] = step(question, faster=-1.0)[0], no
    found["distance-after"] = no, distance_at(question, step(question)[0])
    found["loss-only"] = step(question, "loss")[0], no
    found["rate-twice"] = evidence.any_of(*(step(question, faster=by)[0] for by in (rate, 1 / rate, 2.0, 0.5))), no
    return found


def _question(draw: Draw, kind: str, rows: int, width: int, rate: float) -> Question:
    """A network, a secret row whose gradient was seen, and a guess; an older gradient lies there in one case."""
    classes = draw.randint(2, 4)
    sizes = [width, 5, 4, classes] if kind == "deep" else [width, 6, classes]
    state: dict[str, Any] = {}
    for n, (inputs, outputs) in enumerate(zip(sizes, sizes[1:], strict=False)):
        state[f"{2 * n}.weight"] = draw.normal(outputs, inputs) * 0.7
        if kind != "no bias":
            state[f"{2 * n}.bias"] = draw.normal(outputs) * 0.3
    label = torch.tensor([draw.randint(0, classes - 1) for _ in range(rows)])
    question: Question = {"kind": kind, "state": state, "older": []}
    model = network(question)
    secret = F.nll_loss(model(draw.normal(rows, width)), label)
    seen = [gradient.detach() for gradient in torch.autograd.grad(secret, list(model.parameters()))]
    older = [draw.normal(*gradient.shape) for gradient in seen] if kind == "deep" else []
    return {**question, "older": older, "args": [draw.normal(rows, width), label, seen, rate]}
