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

LOSSES = """
keeps-graph  {call} returned tensors that still carry their graph: each one keeps a whole forward pass alive, rows
             included, for as long as somebody keeps the loss. Expected: plain numbers.
             -> How does a tensor of one number become a Python float?
not-floats   {call} returned {what}; expected a list of Python floats, one for each step: a report that can be read
             without asking a worker.
             -> What turns a one-number tensor that is here into a float?
wrong-count  {call} returned {losses} losses; expected {count}: every step has one, and an owner without a step does not
             count in the model.
             -> How often does the loop run, and where does it return?
"""

TRAVELS = """
came-home         During {call}, {numbers} came home from {sender}; expected {allowed}: the model and one loss a visit.
                  One number for each row is enough to tell people apart.
                  -> Which line calls `get` on something else than the model or a finished loss?
gradient-travels  {call} brought `{what}` to {receiver}. Half of it is the gradient of the owner before, cleared only
                  after it had arrived: {receiver} could compute with somebody else's rows.
                  -> Where must `zero_grad` stand, seen from `send`?
zeros-travel      {call} brought `{what}` to {receiver}. Half of it is gradients, cleared to zeros. Zeros travel, and
                  the transcript cannot tell them from somebody's gradients: an owner would have to believe you.
                  -> Zeros or None: which has nothing to send?
no-zero-grad      {call} brought `{what}` to {receiver}. Half of it is gradients. Uncleared, they are those of the owner
                  before: {receiver} reads them, and the next step counts them a second time.
                  -> What should a model leave behind before it travels?
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
step-at-home      During {call}, gradients came home from {owner}, who was never asked to change a parameter: no step
                  was taken there. The step belongs to the owner, who may want to bound what it gives away.
                  -> In which order do `step` and `get` stand?
"""


def linear(question: Question) -> nn.Linear:
    """The question's model: one linear layer with given weights."""
    weight, bias = question["weight"], question["bias"]
    model = nn.Linear(weight.shape[1], weight.shape[0])
    with torch.no_grad():
        model.weight.copy_(weight)
        model.bias.copy_(bias)
    return model


def parameters(model: nn.Module) -> dict[str, Plain]:
    """The parameters by name, as plain data."""
    return {name: value.detach().clone() for name, value in model.named_parameters()}


def replay(
    question: Question,
    visits: Iterable[tuple[Any, torch.Tensor, torch.Tensor]],
    make: Callable[[Any], optim.Optimizer],
    zero: bool = True,
) -> tuple[list[float], dict[str, Plain]]:
    """Plain torch: a step at each visit (whose optimizer, inputs, labels); the losses before them, the parameters."""
    model, losses = linear(question), []
    opts: dict[Any, optim.Optimizer] = {}
    for whose, data, target in visits:
        opt = opts[whose] = opts.get(whose) or make(model.parameters())
        if zero:
            opt.zero_grad()
        loss = ((model(data) - target) ** 2).sum()
        loss.backward()
        opt.step()
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
    yield len(call["returned"]) != count, "wrong-count", {"losses": len(call["returned"]), "count": count}


def trained_as(
    call: Evidence,
    losses: list[float],
    model: dict[str, Plain],
    mistakes: Mapping[str, Any] = NOTHING,
    **words: Unpack[evidence.Words],
) -> Looks:
    """The losses and the parameters are those of the same program in plain torch; mistakes lead to other parameters."""
    yield from evidence.leads_to(call, model, mistakes, value=call["model"], tolerance=TRAINED)
    yield evidence.equals(call, losses, tolerance=TRAINED, **words)
    for name, value in model.items():
        what = f"the {name} became"
        yield evidence.equals(call, value, value=call["model"].get(name), what=what, tolerance=TRAINED, **words)


def travels(call: Evidence, owners: list[str], width: int, model: dict[str, Plain]) -> Looks:
    """An owner receives the parameters, once a visit; home come the model and one loss a visit (TRAVELS).

    owners: one for each visit.   model: as it should be in the end: then a gradient that travelled was zeros.
    """
    size, times = width + 1, Counter(owners)
    home = {(owner, "me"): count * (size + 1) for owner, count in times.items()}
    away = {("me", owner): count * size for owner, count in times.items()}
    between: dict[Any, str] = {(a, b): "owner-to-owner" for a in times for b in times}
    tags: dict[Any, str] = {"me": "came-home", **dict.fromkeys(away, "too-much"), **between}
    for n, row in enumerate(call["messages"]):
        if row["sender"] == "me" and row["detail"] == with_gradients(width):
            yield {"what": row["detail"], "receiver": row["receiver"]}
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


def with_gradients(width: int) -> str:
    """A linear model with its gradients, as the transcript describes it."""
    return f"1 x {width} float32, 1 x {width} float32, 1 float32, 1 float32"


def at_home(row: dict[str, Any], width: int) -> dict[str, Any]:
    """The row, its numbers without the gradients with which a model, or one parameter, comes home."""
    weight, bias = with_gradients(width).split(", 1 float32, ")[0], "1 float32, 1 float32"
    comes = row["receiver"] == "me" and row["detail"] in (weight, bias, with_gradients(width))
    return {**row, "numbers": row["numbers"] // 2} if comes else row


def changes(row: dict[str, Any]) -> bool:
    """Whether a message asks to change a tensor in place."""
    return bool(row["kind"] == "assign" or (row["op"].endswith("_") and row["op"] != "requires_grad_"))


def cleared_there(rows: list[Any], owner: str) -> bool:
    """Whether something was changed in place at the owner between the arrival of a model and `backward`."""
    theirs = [row for row in rows if row["receiver"] == owner]
    return any(map(changes, takewhile(lambda row: row["op"] != "backward", theirs)))
