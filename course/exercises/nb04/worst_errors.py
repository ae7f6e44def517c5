"""Exercise 04.2: does an attack get worse when people take more local steps?"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from course.learn import evidence
from course.learn.difference import alike, difference
from course.learn.evidence import TRAINED
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register
from course.learn.plain import Plain

State = dict[str, torch.Tensor]
Attack = Callable[[nn.Module, nn.Module], torch.Tensor]


@register
class WorstErrors(Exercise):
    id = "04.2"
    title = "do more steps hide it?"
    minutes, points = 6, 4
    objective = "test the claim that more local steps hide a row"
    promises = ()
    stub = '''
def worst_errors(model, rows, labels, steps: list[int], rate: float, attack) -> list[float]:
    """How far an attack is off at worst, for each number of local steps.

    model: stays as it is; `model.copy()` makes another with the same numbers.
    rows, labels: n x d float32 and n int64, one person each. For each number of steps, each
        person trains a fresh copy of `model`, alone, as in the lines given.
    attack: `attack(before, after)` makes a guess, d float32, from two models. It may be a
        good one or a bad one.
    returns: for each number in `steps` a Python float: the largest size of (guess - that
        person's row), over all persons and all entries.
    >>> tiny = nn.Sequential(nn.Linear(2, 2), nn.LogSoftmax(dim=1))
    >>> row, zeros = torch.tensor([[1.0, -4.0]]), lambda before, after: torch.zeros(2)
    >>> worst_errors(tiny, row, torch.tensor([1]), [1, 5], 0.1, zeros)
    [4.0, 4.0]
    """
    errors = []
    for count in steps:
        worst = 0.0
        for i in range(len(rows)):
            row, label = rows[i : i + 1], labels[i : i + 1]
            mine = ...
            opt = optim.SGD(mine.parameters(), lr=rate)
            for _ in range(count):
                opt.zero_grad()
                F.nll_loss(mine(row), label).backward()
                opt.step()
            guess = ...
            worst = max(worst, ...)
        errors.append(worst)
    return errors
'''
    hints = (
        "Every person and every number of steps is an experiment of its own: it begins with the same model.",
        "A fresh copy is trained; the attack gets the model that everybody starts from, and this copy.",
        "mine = model.…(); guess = attack(…, …); worst = max(worst, (guess - row[0]).….….item())",
    )
    success = "Three attacks, good and bad, on one to four people: each guess was held against the right person's row."
    says = """
not-floats     {call} returned {what}; expected a list with one Python float for each number of steps.
               -> What does `item()` do?
wrong-count    {call} returned {got}; expected {wanted}, one for each number in `steps`.
               -> Where does the list grow, and where does the function return?
model-changed  {call} trained the model that everybody starts from: the second person began with what the first had
               taught it, and the attack compares a model with itself.
               -> What does each person train?
not-fresh      {found}. Somebody went on with a copy that had been trained before. Its steps are in the difference, too.
               -> In which loop is the copy made?
another-row    {found}. That is the distance to somebody else's row: a claim about one person was tested on another.
               -> Whose row stands next to this guess?
nearest-row    {found}. That is the distance to the nearest row of all. It tells that *somebody* was met, not who.
               -> Whose row stands next to this guess?
one-step       {found}. That is what one step leads to, whatever `steps` says: then the claim was never tested.
               -> What does the inner loop repeat?
own-attack     {call} returned errors of almost 0. This call brings a bad attack, and it was not asked: a test must be
               able to find that an attack fails.
               -> Which argument makes the guess?
other-rate     {found}. That is what another rate leads to. The people agreed to the rate of this call.
               -> Where does `rate` go?
not-cleared    {found}. Gradients of older steps were added up. Then people take other steps than those of the claim.
               -> Which line comes before `backward`?
swapped        {found}. The attack got the two models the wrong way round.
               -> Which model is older?
last-step      {found}. The attack was given the model just before the last step. An attacker holds what everybody
               started from.
               -> When was the first of the two models kept?
together       {found}. All rows trained one copy. The claim is about one person alone.
               -> Which rows does the loss see?
last-only      {found}. That is the last person's error, or the first's; the worst of all may be somebody else's.
               -> What does `max` compare?
mean-error     {found}. A mean hides the one answer, or the one person, that is far off.
               -> Over what does the docstring take the largest?
signed         {found}. An error downwards counts as no error.
               -> What is the size of a number?
squared        {found}. That is a square.
               -> What does the docstring take the largest of?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [
            _question(draw, "one weight row", [3, 1, 4], people=3, width=4, rate=0.2),
            _question(draw, "one person", [2, 5], people=1, width=3, rate=0.1),
            _question(draw, "the change", [5, 2], people=4, width=2, rate=0.5),
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        answer(network(question["state"]), *question["args"], attack_of(question))
        return {}

    def looks(self, question: Question, call: Evidence) -> Looks:
        _, _, steps, _ = question["args"]
        form = evidence.returned_a(call, [float], "a list of floats")
        yield form is not None, "not-floats", {"what": form.facts["what"] if form else ""}
        counts = {"got": len(call["returned"]), "wanted": len(steps)}
        yield len(call["returned"]) != len(steps), "wrong-count", counts
        model = {"module": "Sequential", "state": question["state"]}
        yield difference(call["after"][0], model) is not None, "model-changed"
        yield evidence.inputs_unchanged(call, 1, 2, 3, because="they are other people's")
        right = measured(question)
        yield max(call["returned"]) < 0.01 < min(right), "own-attack"
        yield evidence.equals(
            call,
            right,
            {} if alike(call["returned"], right, TRAINED) else _mistakes(question),
            tolerance=TRAINED,
            because="so it is when each person trains a fresh copy alone, so many steps at this rate, and the attack "
            "gets the first model and that copy",
            next="Do it for one person and one step by hand: what is the guess, and what the row?",
        )


def network(state: State) -> nn.Sequential:
    """A network of two layers with these parameters."""
    width, inputs = state["0.weight"].shape
    model = nn.Sequential(nn.Linear(inputs, width), nn.Tanh(), nn.Linear(width, 3), nn.LogSoftmax(dim=1))
    model.load_state_dict(state)
    return model


def attack_of(question: Question) -> Attack:
    """An attack: not a good one, so that its error tells which models it was given."""
    scale = question["scale"]

    def attack(before: Any, after: Any) -> torch.Tensor:
        with torch.no_grad():
            change = after[0].weight - before[0].weight
            guess: torch.Tensor = scale * change.sum(0) + (after[2].weight @ after[0].weight)[0] + before[0].weight[0]
        return guess

    return attack


def trained(model: nn.Module, x: torch.Tensor, y: torch.Tensor, steps: int, rate: float, clear: bool = True) -> None:
    """Plain steps, by hand; without `clear`, gradients add up."""
    parameters = list(model.parameters())
    total = [torch.zeros_like(parameter) for parameter in parameters]
    for _ in range(steps):
        gradients = torch.autograd.grad(F.nll_loss(model(x), y), parameters)
        total = [gradient if clear else gradient + old for gradient, old in zip(gradients, total, strict=True)]
        with torch.no_grad():
            for parameter, gradient in zip(parameters, total, strict=True):
                parameter.sub_(rate * gradient)


def guesses(question: Question, how: str = "", lr: float = 0.0) -> list[list[torch.Tensor]]:
    """For each number of steps, a guess for each person; `how` is a known mistake, `lr` another rate."""
    rows, labels, steps, rate = question["args"]
    attack, start, found = attack_of(question), network(question["state"]), []
    kept = {i: network(question["state"]) for i in range(-1, len(rows))}  # for those who forget a fresh copy
    for count in steps:
        shared, these = network(question["state"]), []
        for i in range(len(rows)):
            fresh = network(question["state"])
            copy = {"for each person": kept[i], "for all": kept[-1], "for each count": shared}.get(how, fresh)
            here = slice(None) if how == "together" else slice(i, i + 1)
            taken = 1 if how == "one-step" else count
            older = start
            if how == "last-step":
                trained(copy, rows[here], labels[here], taken - 1, rate)
                older, taken = deepcopy(copy), 1
            trained(copy, rows[here], labels[here], taken, lr or rate, clear=how != "not-cleared")
            these.append(attack(copy, start) if how == "swapped" else attack(older, copy))
        found.append(these)
    return found


def measured(question: Question, how: str = "", size: Any = torch.Tensor.abs, lr: float = 0.0) -> list[float]:
    """The largest error for each number of steps."""
    rows = question["args"][0]
    return [size(torch.stack(these) - rows).max().item() for these in guesses(question, how, lr)]


def _mistakes(question: Question) -> dict[str, Plain]:
    """What known mistakes lead to."""
    rows, found = question["args"][0], guesses(question)
    by_person = [(torch.stack(these) - rows).abs() for these in found]
    against = [(torch.stack(these)[:, None] - rows).abs() for these in found]  # guess x row x entry
    every = [measured(question, how) for how in ("for each person", "for all", "for each count")]
    mistakes: dict[str, Plain] = {
        "not-fresh": evidence.any_of(*every),
        "one-step": measured(question, "one-step"),
        "other-rate": evidence.any_of(*(measured(question, lr=lr) for lr in (0.1, 0.01, 0.001, 1.0))),
        "not-cleared": measured(question, "not-cleared"),
        "swapped": measured(question, "swapped"),
        "last-step": measured(question, "last-step"),
        "signed": measured(question, size=lambda error: error),
        "squared": measured(question, size=torch.square),
    }
    means = [[error.max(1).values.mean().item() for error in by_person], [error.mean().item() for error in by_person]]
    mistakes["mean-error"] = evidence.any_of(*means, [error.mean(1).max().item() for error in by_person])
    if len(rows) > 1:
        mistakes["together"] = measured(question, "together")
        turned = [[(torch.stack(g) - rows.roll(by, 0)).abs().max().item() for g in found] for by in (1, -1)]
        fixed = [[error[:, at].max().item() for error in against] for at in (0, -1)]
        mistakes["another-row"] = evidence.any_of(*fixed, *turned, [error.max().item() for error in against])
        mistakes["nearest-row"] = [error.max(2).values.min(1).values.max().item() for error in against]
        mistakes["last-only"] = evidence.any_of(*([error[at].max().item() for error in by_person] for at in (0, -1)))
    return mistakes


def _question(draw: Draw, kind: str, steps: list[int], people: int, width: int, rate: float) -> Question:
    """People of whom neither the first nor the last is the worst case; errors have both signs."""
    state = {"0.weight": draw.normal(4, width), "0.bias": draw.normal(4)}
    state |= {"2.weight": draw.normal(3, 4), "2.bias": draw.normal(3)}
    rows = draw.normal(people, width) + torch.tensor([3.0 * (0 < i < people - 1) for i in range(people)])[:, None]
    labels = torch.tensor([draw.randint(0, 2) for _ in range(people)])
    return {"kind": kind, "state": state, "scale": 3.0, "args": [rows, labels, steps, rate]}
