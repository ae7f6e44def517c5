"""Exercise 05.4: a model, examined on people whom it never saw, beside the simplest guess."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register
from course.learn.plain import Plain

State = dict[str, Any]


@register
class Evaluate(Exercise):
    id = "05.4"
    title = "an honest examination"
    minutes, points = 8, 3
    objective = "evaluate on a hold-out, with dropout off, beside the majority baseline"
    promises = ()
    stub = '''
def evaluate(model: nn.Module, train: tuple, test: tuple) -> tuple[float, float]:
    """How often the model is right about people it never saw; how often the simplest guess is.

    model: gives log-probabilities, people x classes. It may contain dropout, which is off while
        it is examined. After the call the model is as it was: parameters, buffers and mode
        (`model.training`).
    train, test: pairs (inputs people x d float32, labels int64). The model learned from
    `train`.
    returns: two Python floats between 0 and 1. The share of `test` for which the most probable
        class is the label; and the share of `test` whose label is the one that is most frequent
        in `train`.
    >>> ones, zeros = torch.ones(3, 2), torch.zeros(1, 2)
    >>> train, test = (ones, torch.tensor([1, 1, 0])), (zeros, torch.tensor([1]))
    >>> evaluate(nn.LogSoftmax(dim=1), train, test)
    (0.0, 1.0)
    """
    raise NotImplementedError
'''
    hints = (
        "Two questions about the same strangers: what does the model say, and what would somebody say who knows only "
        "which answer was the most frequent before?",
        "`model.eval()` turns dropout off, `model.train(…)` takes the mode to set, `labels.bincount()` counts labels.",
        "(model(x).argmax(dim=…) == y).float().….item(), and the same with y == ….bincount().argmax()",
    )
    success = "Models with dropout and with BatchNorm, in both modes: examined on strangers, and left as they were."
    says = """
not-floats       {call} returned {what}; expected two Python floats: numbers to put in a table, without a graph.
                 -> How does a tensor of one number become a Python float?
dropout-active   During {call} the model answered with dropout on: whom it refuses is partly drawn by lot, and the same
                 person may hear yes and no.
                 -> Which call sets the mode, and when?
mode-left        After {call} the model is in {after} mode; it came in {before} mode. Whoever goes on training would
                 train {mistake}.
                 -> What do you note before you change the mode?
input-changed    {call} changed the model, or the data, that it examined: an examination that teaches is none.
                 -> What does BatchNorm do in train mode, and which operations change a tensor in place?
gradients-left   After {call}, {became} parameters hold gradients; before, {was}: the next training step would
                 learn from strangers, too.
                 -> What is `backward` for?
frozen           After {call}, {became} parameters take gradients; before, {was}: the others learn nothing from then on.
                 -> How does one compute without gradients and leave the model alone?
other-layers     After {call} a layer is `{became}`; it was `{was}`. Whoever goes on training trains another network.
                 -> Which mode turns dropout off for a while?
on-train         {found}. These are the people it learned from: somebody who learned their answers by heart would be
                 perfect there.
                 -> Which pair holds strangers?
percent          {found}. That is per cent; whoever compares two examinations has to know the unit.
                 -> What does the docstring promise?
counted          {found}. That is how many; of how many, only you know.
                 -> What does the docstring promise?
error-rate       {found}. That is how often it is wrong, which nobody asked for.
                 -> What do you compare with `==`, and what with `!=`?
of-test          {found}. This guess is the most frequent label of the strangers themselves: nobody knows that before
                 they come.
                 -> Whose labels may the simplest guess have seen?
share-of-train   {found}. That is how frequent the label is in `train`: not how often the guess is right about
                 strangers.
                 -> Which labels is the guess compared with?
other-way-round  {found}. The two shares are right, in the other order: the guess would be praised for the model.
                 -> In which order does the docstring name them?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        asked = (("dropout", 2, True), ("batch-norm", 3, True), ("dropout", 3, False))
        return [_question(draw, *one) for one in asked]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        model = network(question["kind"], question["state"]).train(question["mode"])
        modes: list[bool] = []
        for layer in model:
            if isinstance(layer, nn.Dropout):
                layer.register_forward_hook(lambda layer, inputs, output: modes.append(layer.training and layer.p > 0))
        before = _settings(model)
        answer(model, question["train"], question["test"])
        seen = {"dropped": any(modes), "mode": model.training, "modes": [layer.training for layer in model]}
        return {**seen, "was": before, "became": _settings(model)}

    def looks(self, question: Question, call: Evidence) -> Looks:
        yield evidence.returned_a(call, (float, float), "two floats", tag="not-floats")
        yield call["dropped"], "dropout-active"
        yield evidence.inputs_unchanged(call)
        came, names = question["mode"], {True: "train", False: "eval"}
        mistake = "without dropout from then on" if came else "where they meant to examine"
        left = [mode for mode in (call["mode"], *call["modes"]) if mode != came]
        yield bool(left), "mode-left", {"before": names[came], "after": names[not came], "mistake": mistake}
        for setting, became in call["became"].items():
            was = call["was"][setting]
            yield became != was, setting, {"was": was, "became": became}
        right, guess = shares(question)
        yield tuple(call["returned"]) == (guess, right) != (right, guess), "other-way-round", _found(call, right, guess)
        for at, (what, expected, mistakes) in enumerate(_parts(question)):
            yield evidence.equals(
                call,
                expected,
                mistakes,
                value=call["returned"][at],
                what=what,
                tolerance=evidence.SUMMED,
                because="so it is when you count by hand",
                next="Count the first three strangers by hand.",
            )


def _settings(model: nn.Module) -> dict[str, str]:
    """What a model has besides numbers and a mode, each under the tag of the mistake that changes it."""
    parameters, layers = list(model.parameters()), list(model.children())
    filled = sum(parameter.grad is not None for parameter in parameters)
    learning = sum(parameter.requires_grad for parameter in parameters)
    return {
        "gradients-left": f"{filled} of {len(parameters)}",
        "frozen": f"{learning} of {len(parameters)}",
        "other-layers": ", ".join(map(str, layers[1:2])),
    }


def _found(call: Evidence, right: float, guess: float) -> dict[str, str]:
    returned = ", ".join(f"{share:.4g}" for share in call["returned"])
    return {"found": f"`{call['text']}` returned ({returned}); expected ({right:.4g}, {guess:.4g})"}


def network(kind: str, state: State) -> nn.Sequential:
    """A network of three layers with these parameters and buffers; the one in the middle is dropout or BatchNorm."""
    inputs, classes = state["0.weight"].shape[1], state["2.weight"].shape[0]
    middle = nn.Dropout(0.5) if kind == "dropout" else nn.BatchNorm1d(8)
    model = nn.Sequential(nn.Linear(inputs, 8), middle, nn.Linear(8, classes), nn.LogSoftmax(dim=1))
    model.load_state_dict(state)
    return model


def classes_of(question: Question, which: str) -> torch.Tensor:
    """The log-probabilities of the people in `train` or `test`, with the model in eval mode."""
    with torch.no_grad():
        found: torch.Tensor = network(question["kind"], question["state"]).eval()(question[which][0])
    return found


def share(equal: torch.Tensor) -> float:
    """How many of them are True, as a share."""
    return equal.float().mean().item()


def shares(question: Question) -> tuple[float, float]:
    """What `evaluate` should return."""
    labels = question["test"][1]
    guess = question["train"][1].bincount().argmax()
    return share(classes_of(question, "test").argmax(dim=1) == labels), share(labels == guess)


def _parts(question: Question) -> list[tuple[str, float, dict[str, Plain]]]:
    """What each of the two shares is, what it should be, and what known mistakes lead to."""
    right, guess = shares(question)
    known, labels = question["train"][1], question["test"][1]
    model: dict[str, Plain] = {
        "on-train": share(classes_of(question, "train").argmax(dim=1) == known),
        "percent": 100 * right,
        "counted": right * len(labels),
        "error-rate": 1 - right,
    }
    frequent = known.bincount().argmax()
    simple: dict[str, Plain] = {
        "of-test": share(labels == labels.bincount().argmax()),
        "share-of-train": share(known == frequent),
        "percent": 100 * guess,
        "counted": guess * len(labels),
    }
    return [("the model's share is", right, model), ("the guess's share is", guess, simple)]


def _question(draw: Draw, kind: str, classes: int, mode: bool) -> Question:
    """People whose answers the model knows fairly well; strangers among whom another label is the most frequent."""
    width = draw.randint(2, 4)
    state: dict[str, Plain] = {"0.weight": draw.normal(8, width), "0.bias": draw.normal(8)}
    if kind == "batch-norm":
        state |= {"1.weight": draw.normal(8).abs() + 0.5, "1.bias": draw.normal(8)}
        state |= {"1.running_mean": draw.normal(8), "1.running_var": draw.normal(8).abs() + 0.5}
        state |= {"1.num_batches_tracked": torch.tensor(draw.randint(5, 50))}
    state |= {"2.weight": draw.normal(classes, 8), "2.bias": draw.normal(classes)}
    frequent = draw.choice([0, classes - 1])  # and never the one in the middle, which a median finds, too
    others = draw.sample([one for one in range(classes) if one != frequent], classes - 1)
    known = [frequent] * 7 + others * 5 if classes == 2 else [frequent] * 5 + [1] * 4 + [2 - frequent] * 3
    strange = [others[0]] * 8 + [frequent] * 3 + [draw.choice(others)] * 2
    return {
        "kind": kind,
        "state": state,
        "mode": mode,
        "train": (draw.normal(len(known), width), torch.tensor(draw.sample(known, len(known)))),
        "test": (draw.normal(len(strange), width), torch.tensor(draw.sample(strange, len(strange)))),
    }
