"""What the exercises of notebook 02 share: one linear model, rows at their owners, and what may travel between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import takewhile
from typing import Any, Unpack

import torch
from torch import nn, optim

from course.learn import evidence
from course.learn.difference import alike
from course.learn.evidence import NOTHING, TRAINED
from course.learn.exercise import Draw, Evidence, Looks, Question, at, observe
from course.learn.plain import Plain
from course.learn.words import plural

LOSSES = """
keeps-graph  {call} returned tensors that still carry their graph: each one keeps a whole forward pass alive, rows
             included, for as long as somebody keeps the loss. Expected: plain numbers.
             -> How does a tensor of one number become a Python float?
not-floats   {call} returned {what}; expected a list of Python floats, one for each step: a report that can be read
             without torch, NumPy or a worker.
             -> What turns a one-number tensor that is here into a float?
wrong-count  {call} returned {losses}; expected {count}: every step has its loss, and rows without a step teach the
             model nothing.
             -> How often does the loop run, and where does it return?
mean         {call} reports {first} first: the squared errors add up to {right}, and you have that divided by
             {rows}. A step on that is {rows} times too short, and each person's row teaches that much less.
             -> Sum or mean: which one does the docstring name?
wrong-loss   The weights are right, but {call} reports {reported} where the summed squared error before the step is
             {due}: people would be told another error than the one made.
             -> What exactly is added to the list, and when is it computed?
wrong-step   {call} reports the right first loss, but later {reported} where plain torch has {due}: the steps lead
             elsewhere, and people would get another model than the one agreed on.
             -> Between two losses, what changes the parameters, and by how much?
"""

TRAVELS = """
came-home         During {call}, {numbers} came home from {sender}; expected {allowed}: the model and one loss a visit.
                  One number for each row is enough to tell people apart.
                  -> Which line calls `get` on something else than the model or a finished loss?
came-twice        During {call}, {numbers} came home from {sender}; expected {allowed}: the model and one loss a visit.
                  The transcript cannot tell a second look at the loss from a number about a single row.
                  -> A number that is here can be used again: where do you keep it?
older-gradient    {call} brought `{what}` to {receiver}. Half of it is the gradient with which the model arrived:
                  {receiver} reads it, and the first step counts it once more.
                  -> Clearing after the step comes too late for this one: when must it be gone?
gradient-travels  {call} brought `{what}` to {receiver}. Half of it is the gradient of the owner before, cleared only
                  after it had arrived: {receiver} could compute with somebody else's rows.
                  -> Where must `zero_grad` stand, seen from `send`?
zeros-travel      {call} brought `{what}` to {receiver}. Half of it is gradients, cleared to zeros. Zeros travel, and
                  the transcript cannot tell them from somebody's gradients: an owner would have to believe you.
                  -> Zeros or None: which has nothing to send?
no-zero-grad      {call} brought `{what}` to {receiver}. Half of it is gradients. Uncleared, they are those of the owner
                  before: {receiver} reads them, and the next step counts them a second time.
                  -> What should a model leave behind before it travels?
handed-on         {found}: the model comes home after each visit. Straight from {sender}, nobody but {receiver} can
                  tell what came along with it.
                  -> Where is the model between two visits?
owner-to-owner    {found}: it is what the optimizer remembers of {sender}'s gradients, and rows can be worked out from
                  that.
                  -> Whose memory should an optimizer keep: everybody's, or one owner's?
too-much          {found}: the parameters, once a visit. More is somebody else's.
                  -> Which line sends something besides the model?
model-away        After {call} the model is still at {at}: the next epoch cannot send it, and {at} decides whether you
                  ever get what all of them taught it.
                  -> What has to happen at the end of every visit, the last one included?
unvisited         During {call}, the model reached {owner} {visits} times; expected {times}: a person whose rows are
                  skipped has no say in the model.
                  -> Where does the loop end, and what stands inside it?
not-trained       After {call} every parameter is as it was: no owner's rows taught this model anything.
                  -> `backward` reaches what lies where the loss is. Where was it then, and what changes parameters?
step-at-home      During {call}, gradients came home from {owner}, who was never asked to change a parameter: no step
                  was taken there. The step belongs to the owner, who may want to bound what it gives away.
                  -> In which order do `step` and `get` stand?
"""


def linear(question: Question) -> nn.Linear:
    """The question's model: one linear layer with given weights, and an `older` gradient if the question has one."""
    weight, bias = question["weight"], question["bias"]
    model = nn.Linear(weight.shape[1], weight.shape[0])
    with torch.no_grad():
        model.weight.copy_(weight)
        model.bias.copy_(bias)
    for parameter, gradient in zip(model.parameters(), question.get("older", ()), strict=False):
        parameter.grad = gradient.clone()
    return model


def older_gradient(draw: Draw, width: int) -> list[Plain]:
    """Gradients of weight and bias, of a step that somebody made before; not small."""
    return [3 + draw.normal(1, width), 3 + draw.normal(1)]


def parameters(model: nn.Module) -> dict[str, Plain]:
    """The parameters by name, as plain data."""
    return {name: value.detach().clone() for name, value in model.named_parameters()}


def replay(
    question: Question,
    visits: Iterable[tuple[Any, torch.Tensor, torch.Tensor]],
    make: Callable[[Any], optim.Optimizer],
    zero: str = "before",
) -> tuple[list[float], dict[str, Plain]]:
    """Plain torch: a step at each visit (whose optimizer, inputs, labels); the losses before them, the parameters.

    zero: gradients are cleared "before" each loss, as they should be, or "after" each step, or "never".
    """
    model, losses = linear(question), []
    opts: dict[Any, optim.Optimizer] = {}
    for whose, data, target in visits:
        opt = opts[whose] = opts.get(whose) or make(model.parameters())
        if zero == "before":
            opt.zero_grad()
        loss = ((model(data) - target) ** 2).sum()
        loss.backward()
        opt.step()
        if zero == "after":
            opt.zero_grad()
        losses.append(float(loss.detach()))
    return losses, parameters(model)


def visits(draw: Draw, owners: list[str], width: int, rows: list[int], **more: Plain) -> Question:
    """Random rows for each owner, and a model of that width."""
    datasets = [at(owner, (draw.normal(n, width), draw.normal(n, 1))) for owner, n in zip(owners, rows, strict=True)]
    return {"weight": draw.normal(1, width), "bias": draw.normal(1), "owners": owners, "datasets": datasets, **more}


def after(model: nn.Module, losses: Any) -> Evidence:
    """What a probe adds: the model, where it is, and whether the losses are tensors with a graph."""
    listed = losses if isinstance(losses, list) else []
    graphs = [type(loss) is torch.Tensor and loss.requires_grad for loss in listed]
    place: Any = model.location
    return {"model": observe(model)["state"], "at": str(place.id), "graphs": graphs}


def losses_are_floats(call: Evidence, count: int) -> Looks:
    """The function returned as many floats as it should (LOSSES)."""
    yield any(call["graphs"]), "keeps-graph"
    wrong = evidence.returned_a(call, [float], "a list of floats")
    yield wrong is not None, "not-floats", {"what": wrong.facts["what"] if wrong else ""}
    losses = plural(len(call["returned"]), "number")
    yield len(call["returned"]) != count, "wrong-count", {"losses": losses, "count": count}


def not_trained(call: Evidence, question: Question, due: dict[str, Plain]) -> tuple[bool, str]:
    """A look: every parameter is as it was, and should not be. Adam's steps for two owners may lead back."""
    before = parameters(linear(question))
    return alike(call["model"], before, TRAINED) and not alike(due, before, TRAINED), "not-trained"


def trained_as(
    call: Evidence,
    losses: list[float],
    model: dict[str, Plain],
    rows: int,
    mistakes: Mapping[str, Any] = NOTHING,
    **words: Unpack[evidence.Words],
) -> Looks:
    """The losses and the parameters are those of the same program in plain torch (LOSSES).

    rows: how many the first step has.   mistakes: known ones, by the parameters that they lead to.
    """
    yield from evidence.leads_to(call, model, mistakes, value=call["model"], tolerance=TRAINED)
    yield {"first": call["returned"][0], "right": losses[0], "rows": rows}
    first = call["returned"][0]
    is_mean = rows > 1 and alike(first * rows, losses[0], TRAINED) and not alike(first, losses[0], TRAINED)
    yield is_mean, "mean"
    off = [(seen, due) for seen, due in zip(call["returned"], losses, strict=True) if not alike(seen, due, TRAINED)]
    if off:
        yield {"reported": off[0][0], "due": off[0][1]}
        yield alike(call["model"], model, TRAINED), "wrong-loss"
        yield alike(call["returned"][0], losses[0], TRAINED), "wrong-step"
    yield evidence.equals(call, losses, tolerance=TRAINED, **words)
    for name, value in model.items():
        what = f"the {name} became"
        yield evidence.equals(call, value, value=call["model"].get(name), what=what, tolerance=TRAINED, **words)


def travels(call: Evidence, owners: list[str], width: int, model: dict[str, Plain], older: bool = False) -> Looks:
    """An owner receives the parameters, once a visit; home come the model and one loss a visit (TRAVELS).

    owners: one for each visit.   model: as it should be in the end: then a gradient that travelled was zeros.
    older: the model arrived with a gradient.
    """
    size, times = width + 1, Counter(owners)
    home = {(owner, "me"): count * (size + 1) for owner, count in times.items()}
    away = {("me", owner): count * size for owner, count in times.items()}
    between: dict[Any, str] = {(a, b): _hand_over(call, a, b, width) for a in times for b in times}
    tags: dict[Any, str] = {(owner, "me"): _home_coming(call, owner, width) for owner in times}
    tags |= {"me": "came-home", **dict.fromkeys(away, "too-much"), **between}
    sent_out = [row for row in call["messages"] if row["values"] and row["sender"] == "me"]
    for n, row in enumerate(call["messages"]):
        if row["sender"] == "me" and row["detail"] == with_gradients(width):
            yield {"what": row["detail"], "receiver": row["receiver"]}
            yield bool(older) and row == sent_out[0], "older-gradient"
            yield cleared_there(call["messages"][n:], row["receiver"]), "gradient-travels"
            yield alike(call["model"], model, TRAINED), "zeros-travel"
            yield True, "no-zero-grad"
    counted = {**call, "messages": [at_home(row, width) for row in call["messages"]]}
    yield evidence.only_travels(counted, home | away, tags=tags)
    yield call["at"] != "me", "model-away"
    for owner, count in times.items():
        sent = sum(row["numbers"] for row in call["messages"] if (row["sender"], row["receiver"]) == ("me", owner))
        yield sent < count * size, "unvisited", {"owner": owner, "visits": sent // size, "times": count}
        rows = [row for row in call["messages"] if owner in (row["sender"], row["receiver"])]
        gradients = any(row["sender"] == owner and row != at_home(row, width) for row in rows)
        yield gradients and not any(map(changes, rows)), "step-at-home", {"owner": owner}


def _hand_over(call: Evidence, sender: str, receiver: str, width: int) -> str:
    """The tag for values that went from one owner to another: those of the model itself, or of something else."""
    models = (f"1 x {width} float32, 1 float32", with_gradients(width))
    rows = [row for row in call["messages"] if row["values"] and (row["sender"], row["receiver"]) == (sender, receiver)]
    return "handed-on" if rows and all(row["detail"] in models for row in rows) else "owner-to-owner"


def _home_coming(call: Evidence, owner: str, width: int) -> str:
    """The tag for too many values that came home: models and single numbers, or more than that."""
    rows = [row for row in evidence.values_to(call["messages"], "me") if row["sender"] == owner]
    usual = (f"1 x {width} float32, 1 float32", with_gradients(width), "1 float32")
    return "came-twice" if all(row["detail"] in usual for row in rows) else "came-home"


def with_gradients(width: int) -> str:
    """A linear model with its gradients, as the transcript describes it."""
    return f"1 x {width} float32, 1 x {width} float32, 1 float32, 1 float32"


def at_home(row: dict[str, Any], width: int) -> dict[str, Any]:
    """The row, its numbers without the gradients with which a model, or one parameter, comes home."""
    weight, bias = with_gradients(width).split(", 1 float32, ")[0], "1 float32, 1 float32"
    comes = row["receiver"] == "me" and row["detail"] in (weight, bias, with_gradients(width))
    return {**row, "numbers": row["numbers"] // 2, "words": row["words"] // 2} if comes else row


def changes(row: dict[str, Any]) -> bool:
    """Whether a message asks to change a tensor in place."""
    return bool(row["kind"] == "assign" or (row["op"].endswith("_") and row["op"] != "requires_grad_"))


def cleared_there(rows: list[Any], owner: str) -> bool:
    """Whether something was changed in place at the owner between the arrival of a model and `backward`."""
    theirs = [row for row in rows if row["receiver"] == owner]
    return any(map(changes, takewhile(lambda row: row["op"] != "backward", theirs)))
