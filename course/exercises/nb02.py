"""Notebook 02, "Toy federated learning": a loop at home, the same loop on its way, and what travels with it.

The oracle of every check is the same program in plain torch, with all rows at home; what may cross is read
from the messages. A model crosses as one message: its parameters, and their gradients if it has any.
"""

from __future__ import annotations

from collections import Counter
from itertools import takewhile
from math import isclose
from typing import Any

import torch
from torch import nn, optim

from course.learn import evidence
from course.learn.evidence import values_to
from course.learn.exercise import (
    Draw,
    Evidence,
    Exercise,
    Question,
    Verdict,
    Watched,
    observe,
    register,
    workers,
)
from course.learn.items import Prediction, Quiz, numbers
from course.learn.plain import Other, Plain, Pointer
from course.learn.words import brief, plural

CLOSE = 1e-4  # relative and absolute: the order of a sum may differ, the program may not

register(
    Quiz(
        "02.q1",
        "`x = torch.tensor([3, 2]).send(bob)`. What does `print(x)` show?",
        {"a": "tensor([3, 2])", "b": "where x lives, and two ids", "c": "an error"},
        "b",
        because={
            "a": "The values are in Bob's store; nothing has asked him for them.",
            "b": "A pointer knows an address, not a value. Only `get` asks for values.",
            "c": "Printing a pointer is always allowed: an address gives nothing away.",
        },
    )
)
register(
    Quiz(
        "02.q2",
        "`x` is at Bob, `y` is at Alice. What does `x + y` do?",
        {"a": "adds them here", "b": "moves y to Bob, then adds", "c": "refuses, and names both places"},
        "c",
        because={
            "a": "Adding here would need both values here.",
            "b": "Nothing moves unless you say so: moving is a decision about somebody's data.",
            "c": "They are not together; you decide who, if anybody, hands something over.",
        },
    )
)
register(
    Quiz(
        "02.q3",
        "`w` and `loss` are at Bob. After `loss.backward()`, where is the gradient of `w`?",
        {"a": "at Bob", "b": "with you", "c": "in the message that asked for it"},
        "a",
        because={
            "a": "Bob's machine ran the backward pass; the gradient lies beside `w`.",
            "b": "`backward` sends a request to Bob and gets no values back.",
            "c": "The message only names the operation and the object.",
        },
    )
)
register(
    Prediction(
        "02.p1",
        "Three times `loss.backward()`, never `zero_grad()`, no step. What does `weight.grad` hold at the"
        " end?",
        {"a": "one gradient", "b": "three times that gradient", "c": "an error stops the second backward"},
        "b",
        because="torch adds to what is there. Whoever wants one gradient clears the old one first.",
    )
)
register(
    Prediction(
        "02.p2",
        "After `x_bob = data[:2].send(bob)`, who holds Bob's two rows?",
        {"a": "only Bob", "b": "only you", "c": "Bob and you"},
        "c",
        because="`send` copies: `data` is still yours. In real life rows begin at owners; here you play all.",
    )
)
register(
    Prediction(
        "02.p3",
        "The model has 3 parameters. How many numbers does `model.send(alice)` bring to Alice now?",
        {"a": "0", "b": "3", "c": "6"},
        "c",
        because="A model travels with its gradients, and they are still Bob's: 3 parameters, 3 gradients.",
    )
)
register(
    Prediction(
        "02.p4",
        "One Adam for both owners. How many numbers travel straight from Bob to Alice?",
        {"a": "none, all goes through you", "b": "3", "c": "6"},
        "c",
        because="Adam's state follows the model: for 3 parameters, 3 averages of gradients and 3 of squares.",
    )
)
register(
    Prediction(
        "02.p5",
        "Theo runs his loop for four epochs. What do the losses do?",
        {"a": "they fall", "b": "they stay the same", "c": "they rise"},
        "b",
        because="`zero_grad` stands between `backward` and `step`: the gradient goes before it is used.",
    )
)
register(
    Quiz(
        "02.q4",
        "One shared Adam: which line sends Bob's averages to Alice?",
        {
            "a": "return [beside(part, worker, with_numbers) for part in value]",
            "b": "return value.get() if worker is None else value.move(worker)",
            "c": "return value.send(worker)",
        },
        "b",
        because={
            "a": "That one only walks through lists.",
            "b": "The average is a pointer to Bob and the model is at Alice: `move` asks Bob to hand it"
            " over.",
            "c": "That line is for memory that is still with you.",
        },
    )
)


# ── what the exercises share ────────────────────────────────────────────────────────────────────────────────


def linear(question: Question) -> nn.Linear:
    """The question's model: one linear layer with given weights."""
    weight, bias = question["weight"], question["bias"]
    model = nn.Linear(weight.shape[1], weight.shape[0])
    with torch.no_grad():
        model.weight.copy_(weight)
        model.bias.copy_(bias)
    return model


def state(model: nn.Module) -> dict[str, Plain]:
    """The parameters by name, as plain data."""
    return {name: value.detach().clone() for name, value in model.named_parameters()}


def step(model: nn.Module, opt: optim.Optimizer, data: torch.Tensor, target: torch.Tensor) -> float:
    """One step in plain torch; the loss before it."""
    loss = ((model(data) - target) ** 2).sum()
    loss.backward()
    opt.step()
    return float(loss.detach())


def owned(question: Question) -> list[tuple[Any, Any]]:
    """The question's rows at their owners: pairs of pointers."""
    parts = zip(question["owners"], question["data"], question["target"], strict=True)
    return [(x.send(worker), y.send(worker)) for owner, x, y in parts for worker in workers(owner)]


def visits(draw: Draw, owners: list[str], width: int, rows: list[int]) -> Question:
    """Random rows for each owner, and a model of that width."""
    return {
        "weight": draw.normal(1, width),
        "bias": draw.normal(1),
        "owners": owners,
        "data": [draw.normal(n, width) for n in rows],
        "target": [draw.normal(n, 1) for n in rows],
    }


def after(model: nn.Module, losses: Any) -> Evidence:
    """What a probe adds: the model, where it is, and whether the losses are tensors with a graph."""
    listed = losses if isinstance(losses, list) else []
    graphs = [type(loss) is torch.Tensor and loss.requires_grad for loss in listed]
    place: Any = model.location
    return {"model": observe(model)["state"], "at": str(place.id), "graphs": graphs}


def named(call: Evidence, text: str) -> Evidence:
    """The call under a shorter text than one that lists every pointer."""
    return {**call, "text": text}


def part(call: Evidence, *positions: int) -> Evidence:
    """The call with only these of its arguments, for `inputs_unchanged`."""
    return {**call, **{when: [call[when][i] for i in positions] for when in ("before", "after")}}


def losses_are_numbers(call: Evidence, seen: Evidence, count: int) -> Verdict | None:
    """The function returned as many floats as it should."""
    returned = call["returned"]
    if any(seen["graphs"]):
        return Verdict(
            "keeps-graph",
            f"`{call['text']}` returned tensors that still carry their graph: each one keeps a whole"
            " forward pass"
            " alive, rows included, for as long as somebody keeps the loss. Expected: plain numbers.",
            "How does a tensor of one number become a Python float?",
        )
    if not isinstance(returned, list) or any(type(loss) is not float for loss in returned):
        return Verdict(
            "not-floats",
            f"`{call['text']}` returned `{brief(returned)}`; expected a list of Python floats, one for each"
            " step:"
            " a report that whoever reads it can use without a worker.",
            "What turns a one-number tensor that is here into a float?",
        )
    if len(returned) != count:
        return Verdict(
            "wrong-count",
            f"`{call['text']}` returned {plural(len(returned), 'number')}; expected {count} losses:"
            " every step has one, and an owner without a step does not count in the model.",
            "How often does the loop run, and where does it return?",
        )
    return None


def close(a: Plain, b: Plain) -> bool:
    """Equal up to CLOSE, tensor by tensor."""
    return set(a) == set(b) and all(
        isinstance(a[name], torch.Tensor)
        and a[name].shape == b[name].shape
        and torch.allclose(a[name], b[name], rtol=CLOSE, atol=CLOSE, equal_nan=True)
        for name in a
    )


def trained_as(
    call: Evidence, seen: Evidence, losses: list[float], model: dict[str, Plain], **words: str
) -> Verdict | None:
    """The losses and the parameters are those of the same program in plain torch. `words`: because, next."""
    return (
        evidence.equals(call, losses, tolerance=CLOSE, **words)
        or evidence.equals(
            call,
            model["weight"],
            value=seen["model"]["weight"],
            what="the weight became",
            tolerance=CLOSE,
            **words,
        )
        or evidence.equals(
            call,
            model["bias"],
            value=seen["model"]["bias"],
            what="the bias became",
            tolerance=CLOSE,
            **words,
        )
    )


def in_words(width: int) -> tuple[str, str]:
    """A linear model as the transcript describes it, without and with gradients."""
    weight, bias = f"1 x {width} float32", "1 float32"
    return f"{weight}, {bias}", f"{weight}, {weight}, {bias}, {bias}"


def rows_stay(call: Evidence, width: int) -> Verdict | None:
    """Only the model and single losses came home, and nobody received anything like rows."""
    allowed = {*in_words(width), "1 float32"}
    for row in values_to(call["messages"], "me"):
        if row["detail"] not in allowed:
            return Verdict(
                "came-home",
                f"During `{call['text']}`, `{row['detail']}` came home from {row['sender']}; expected only"
                " the model"
                " and single losses: one number for each row is enough to tell people apart.",
                "Which line calls `get` on something else than the model or a finished loss?",
            )
    return None


def only_parameters(call: Evidence, width: int, zeroed: bool) -> Verdict | None:
    """Each owner received the parameters and nothing else. `zeroed`: no old gradient counted in a step."""
    plain, with_gradients = in_words(width)
    for at, row in enumerate(call["messages"]):
        if not row["values"] or row["receiver"] == "me" or row["detail"] == plain:
            continue
        seen = f"`{call['text']}` brought `{row['detail']}` to {row['receiver']}"
        if row["detail"] == with_gradients and row["sender"] == "me":
            if cleared_there(call["messages"][at:], row["receiver"]):
                return gradient_travels(seen, row["receiver"])
            return zeros_travel(seen) if zeroed else never_cleared(seen, row["receiver"])
        if row["sender"] != "me":
            return Verdict(
                "owner-to-owner",
                f"{seen}, straight from {row['sender']}: what the optimizer remembers of {row['sender']}'s"
                " gradients."
                f" {row['receiver'].capitalize()} can work out rows from that.",
                "Whose memory should an optimizer keep: everybody's, or one owner's?",
            )
        return Verdict(
            "too-much",
            f"{seen}; expected only the parameters, `{plain}`: more is somebody else's.",
            "Which line sends something besides the model?",
        )
    return None


def cleared_there(rows: list[Any], owner: str) -> bool:
    """Whether something was changed in place at the owner between the arrival of a model and `backward`."""
    theirs = [row for row in rows if row["receiver"] == owner]
    until = takewhile(lambda row: row["op"] != "backward", theirs)
    return any(row["kind"] == "assign" or row["op"] in CLEARS for row in until)


CLEARS = ("zero_", "fill_", "mul_", "sub_", "copy_")


def zeros_travel(seen: str) -> Verdict:
    """The gradients were cleared in time, to zeros: nothing is given away, and nobody can see that."""
    return Verdict(
        "zeros-travel",
        f"{seen}. Half of it is gradients, cleared to zeros. Zeros travel, and the transcript cannot tell them"
        " from somebody's gradients: an owner would have to believe you.",
        "Zeros or None: which has nothing to send?",
    )


def gradient_travels(seen: str, receiver: str) -> Verdict:
    """The model left with the gradient of the owner before."""
    return Verdict(
        "gradient-travels",
        f"{seen}. Half of it is the gradient of the owner before, cleared only after it had arrived:"
        f" {receiver} could compute with somebody else's rows.",
        "Where must `zero_grad` stand, seen from `send`?",
    )


def never_cleared(seen: str, receiver: str) -> Verdict:
    """Old gradients left with the model, or zeros and something else is wrong as well: true of both."""
    return Verdict(
        "no-zero-grad",
        f"{seen}. Half of it is gradients. Uncleared, they are those of the owner before: {receiver} reads"
        " them, and the next step counts them a second time.",
        "What should a model leave behind before it travels?",
    )


def home_again(call: Evidence, seen: Evidence) -> Verdict | None:
    """The model is at home after the call."""
    if seen["at"] == "me":
        return None
    return Verdict(
        "model-away",
        f"After `{call['text']}` the model is still at {seen['at']}: the next epoch cannot send it, and"
        f" {seen['at']}"
        " decides whether you ever get what all of them taught it.",
        "What has to happen at the end of every visit, the last one included?",
    )


def steps_away(call: Evidence, owners: list[str]) -> Verdict | None:
    """Every owner in turn changed parameters in place: the step was taken there."""
    changed = [row["receiver"] for row in call["messages"] if row["op"] in UPDATES]
    for owner in dict.fromkeys(owners):
        if owner not in changed:
            return Verdict(
                "step-at-home",
                f"During `{call['text']}`, {owner} was never asked to change a parameter: no step was taken"
                " there."
                " The step belongs to the owner, who may want to bound what it gives away.",
                "In which order do `step` and `get` stand?",
            )
    return None


UPDATES = ("add_", "sub_", "addcdiv_", "mul_", "copy_", "set_")


# ── 02.1 ────────────────────────────────────────────────────────────────────────────────────────────────────


@register
class CentralTraining(Exercise):
    id = "02.1"
    title = "a loop with everything at home"
    minutes, points = 6, 2
    objective = "write the training loop that everything else is compared with"
    stub = '''
def train(
    model: nn.Module, opt: optim.Optimizer, data: torch.Tensor, target: torch.Tensor, epochs: int
) -> list[float]:
    """Train `model` with `opt` on all rows, `epochs` times. Returns the loss of each epoch, before its step.

    data: n x 2 float32.   target: n x 1 float32.   loss: the sum of squared errors.
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
        "Three of the blanks stand in the step of the worked example. The fourth turns a tensor into a"
        " number.",
        "losses.append(loss.…())",
    )
    success = "Losses and weights are those of plain torch, epoch by epoch, and nothing is kept alive."

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [
            {
                "weight": draw.normal(1, 2), "bias": draw.normal(1), "data": draw.normal(n, 2),
                "target": draw.normal(n, 1), "epochs": epochs, "lr": 0.03, "momentum": momentum,
            }
            for n, epochs, momentum in ((4, 3, 0.0), (3, 1, 0.0), (5, 4, 0.5))
        ]  # fmt: skip

    def probe(self, answer: Watched, question: Question) -> Evidence:
        model = linear(question)
        opt = optim.SGD(model.parameters(), lr=question["lr"], momentum=question["momentum"])
        losses = answer(model, opt, question["data"], question["target"], question["epochs"])
        return after(model, losses)

    def verdict(self, question: Question, seen: Evidence) -> Verdict | None:
        (call,) = seen["calls"]
        losses, model = self._replay(question, zero=True)
        return (
            evidence.inputs_unchanged(part(call, 2, 3), because="the next epoch needs the same rows")
            or losses_are_numbers(call, seen, question["epochs"])
            or self._mistakes(call, seen, question, losses, model)
            or self._mean(call, question, losses)
            or trained_as(call, seen, losses, model, because=DOCSTRING, next=_by_hand(question))
        )

    def _mean(self, call: Evidence, question: Question, losses: list[float]) -> Verdict | None:
        """The first loss is the sum of the squared errors, divided by their number."""
        first, rows = call["returned"][0], len(question["data"])
        if not isclose(first * rows, losses[0], rel_tol=CLOSE):
            return None
        return Verdict(
            "mean",
            f"`{call['text']}` reports `{brief(first)}` first: the squared errors add up to"
            f" `{brief(losses[0])}`, and you have that divided by {rows}. A step on that is {rows} times too"
            " short, and each person's row teaches that much less.",
            "Sum or mean: which one does the docstring name?",
        )

    def _replay(self, question: Question, zero: bool) -> tuple[list[float], dict[str, Plain]]:
        model, losses = linear(question), []
        opt = optim.SGD(model.parameters(), lr=question["lr"], momentum=question["momentum"])
        for _ in range(question["epochs"]):
            if zero:
                opt.zero_grad()
            losses.append(step(model, opt, question["data"], question["target"]))
        return losses, state(model)

    def _mistakes(
        self, call: Evidence, seen: Evidence, question: Question, losses: list[float], model: dict[str, Plain]
    ) -> Verdict | None:
        if close(seen["model"], state(linear(question))):
            return Verdict(
                "not-trained",
                f"After `{call['text']}` every parameter is what it was: nobody's rows taught this model"
                " anything.",
                "Which call changes the parameters, and of which model are they?",
            )
        if not close(seen["model"], model) and close(seen["model"], self._replay(question, zero=False)[1]):
            return Verdict(
                "no-zero-grad",
                f"After `{call['text']}` the weights are those of a loop in which each epoch also counts the"
                " gradients of all epochs before it: early rows would count again and again.",
                "What did the first prediction show about `backward`?",
            )
        if close(seen["model"], model) and evidence.equals(call, losses, tolerance=CLOSE):
            return Verdict(
                "wrong-loss",
                f"The weights are right, but `{call['text']}` reports `{brief(call['returned'][0])}` first"
                " where the"
                f" summed squared error before the first step is `{brief(losses[0])}`: people would be told"
                " another"
                " error than the one made.",
                "What exactly is added to the list, and when is it computed?",
            )
        return None


DOCSTRING = "so trains plain torch, with the loss that the docstring names"


def _by_hand(question: Question) -> str:
    """Where to start by hand: the errors of the rows before the first step."""
    errors = linear(question)(question["data"]) - question["target"]
    shown = ", ".join(brief(error) for error in errors.flatten().tolist())
    return f"Before the first step the rows' errors are {shown}: what should become of them?"


# ── 02.2 ────────────────────────────────────────────────────────────────────────────────────────────────────


@register
class HandOut(Exercise):
    id = "02.2"
    title = "every row to one owner"
    minutes, points = 8, 3
    objective = "split a data set over owners without losing, doubling or separating anything"
    stub = '''
def hand_out(data: torch.Tensor, target: torch.Tensor, workers: list) -> list[tuple]:
    """Give each row, together with its label, to exactly one worker; shares differ by one row at most.

    data: n x d float32.   target: n x 1 float32, row i is the label of row i.   workers: k of them, k <= n.
    returns: k pairs of pointers (inputs, labels), pair i at workers[i]. Nobody receives more than that.
    >>> sorted(len(x) for x, y in hand_out(torch.zeros(7, 2), torch.zeros(7, 1), [alice, bob, claire]))
    [2, 2, 3]
    """
    pairs = []
    for i, worker in enumerate(workers):
        mine = ...
        ...
    return pairs
'''
    hints = (
        "Deal the rows like cards: worker i gets rows i, i + k, i + 2k and so on. Then no row is left over.",
        "One slice chooses rows and labels alike. Slice here, send afterwards.",
        "mine = slice(…, None, …)",
    )
    success = (
        "No row lost, none doubled, each beside its label, and nobody received more than their own share."
    )

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [
            {"owners": draw.people(k), "data": draw.normal(n, d), "target": draw.normal(n, 1)}
            for n, k, d in ((4, 3, 1), (7, 3, 2), (10, 4, 3), (6, 2, 2))
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        answer(question["data"], question["target"], workers(*question["owners"]))
        return {}

    def verdict(self, question: Question, seen: Evidence) -> Verdict | None:
        (call,) = seen["calls"]
        return (
            self._form(call, question["owners"])
            or self._together(call, question["owners"])
            or self._share(call, question)
            or evidence.never_seen(
                call, "me", because="rows that were handed out are no longer yours to fetch"
            )
            or self._complete(call, question)
            or self._even(call)
            or evidence.inputs_unchanged(part(call, 0, 1))
            or evidence.first(evidence.leaves(call, owner, new=2) for owner in question["owners"])
        )

    def _form(self, call: Evidence, owners: list[str]) -> Verdict | None:
        pairs = call["returned"]
        if not isinstance(pairs, list) or any(not isinstance(p, tuple | list) or len(p) != 2 for p in pairs):
            said = brief(pairs)
            message = f"`{call['text']}` returned `{said}`; expected a list of pairs of pointers."
            return Verdict("not-pairs", message, "What does the loop add to the list for one worker?")
        if len(pairs) != len(owners):
            return Verdict(
                "left-out",
                f"`{call['text']}` returned {plural(len(pairs), 'pair')}; expected {len(owners)}, one for"
                " each worker:"
                " whoever gets no rows has no say in the model.",
                "How many pieces does your way of splitting give for 4 rows and 3 workers?",
            )
        if not all(isinstance(half, Pointer) and half.value is not None for pair in pairs for half in pair):
            return Verdict(
                "not-sent",
                f"`{call['text']}` returned tensors, or pointers to nothing, among its pairs; expected"
                " pointers to"
                " rows: an owner whose rows stay with you owns nothing.",
                "Which halves of a pair are sent?",
            )
        return None

    def _together(self, call: Evidence, owners: list[str]) -> Verdict | None:
        for owner, (x, y) in zip(owners, call["returned"], strict=True):
            if x.location != y.location:
                return Verdict(
                    "apart",
                    f"`{call['text']}` put inputs at {x.location} and their labels at {y.location}: nobody"
                    " can compute"
                    f" a loss, and {y.location} holds answers about people who are not {y.location}'s.",
                    "Which worker do both halves of a pair go to?",
                )
            if x.location != owner:
                return Verdict(
                    "wrong-owner",
                    f"`{call['text']}` returned a pair at {x.location} where the docstring promises"
                    f" {owner}: the rows"
                    " are with somebody else than their owner.",
                    "Which worker belongs to pair i?",
                )
        return None

    def _share(self, call: Evidence, question: Question) -> Verdict | None:
        for owner, (x, _) in zip(question["owners"], call["returned"], strict=True):
            share = len(x.value) * (question["data"].shape[1] + 1)
            received = sum(numbers(row["detail"]) for row in values_to(call["messages"], owner))
            if received > share:
                return Verdict(
                    "too-much",
                    f"During `{call['text']}`, {received} numbers reached {owner}, whose share has {share}:"
                    f" {owner} saw rows of other people, and cutting them off afterwards does not undo that.",
                    "What has to come first, slicing or sending?",
                )
        return None

    def _complete(self, call: Evidence, question: Question) -> Verdict | None:
        had = Counter(map(tuple, question["data"].tolist()))
        got = Counter(tuple(row) for x, _ in call["returned"] for row in x.value.tolist())
        if had - got:
            lost = sum((had - got).values())
            return Verdict(
                "lost-rows",
                f"`{call['text']}` handed out {plural(sum(got.values()), 'row')}; {lost} of"
                f" {sum(had.values())} reached"
                " nobody: these people have no say in the model.",
                "What happens to the remainder when the rows do not divide evenly?",
            )
        if got - had:
            return Verdict(
                "twice",
                f"`{call['text']}` handed out {plural(sum(got.values()), 'row')} where there are"
                f" {sum(had.values())}:"
                " somebody's row is with two workers.",
                "Where does one share end, and where does the next begin?",
            )
        return self._labelled(call, question)

    def _labelled(self, call: Evidence, question: Question) -> Verdict | None:
        pairs = zip(question["data"].tolist(), question["target"].tolist(), strict=True)
        labels = {tuple(row): label for row, label in pairs}
        for x, y in call["returned"]:
            expected = torch.tensor([labels[tuple(row)] for row in x.value.tolist()])
            if y.value.shape != expected.shape or not torch.equal(y.value, expected):
                return Verdict(
                    "mismatched",
                    f"After `{call['text']}` some rows at {x.location} lie beside the labels of other rows:"
                    " the model"
                    " would learn that the wrong people were refused.",
                    "Are inputs and labels cut at the same places?",
                )
        return None

    def _even(self, call: Evidence) -> Verdict | None:
        sizes = [len(x.value) for x, _ in call["returned"]]
        if max(sizes) - min(sizes) <= 1:
            return None
        return Verdict(
            "uneven",
            f"`{call['text']}` made shares of {sizes} rows; expected sizes that differ by one at most:"
            " whoever holds"
            " one row hides behind nobody.",
            "Could the rows that are left over go to different workers?",
        )


# ── 02.3 ────────────────────────────────────────────────────────────────────────────────────────────────────


@register
class FederatedEpoch(Exercise):
    id = "02.3"
    title = "one epoch, federated"
    minutes, points = 10, 4
    objective = "place send, zero_grad, step and get in a loop over owners"
    stub = '''
def federated_epoch(model: nn.Module, opt: optim.Optimizer, datasets: list[tuple]) -> list[float]:
    """Visit the owners in order; at each, the model makes one step. Returns the losses before the steps.

    model: at home before and after.   opt: plain SGD over its parameters.
    datasets: pairs of pointers (inputs, labels), each pair at one owner; the rows stay there.
    loss: the sum of squared errors.   returns: one Python float for each pair.
    The step is taken at the owner. An owner receives the parameters and nothing else: no gradients, not even
    zeros, which a transcript cannot tell from somebody's gradients.
    >>> len(federated_epoch(model, opt, [(x_bob, y_bob), (x_alice, y_alice)]))
    2
    """
    raise NotImplementedError
'''
    hints = (
        "It is the loop at home. What is new: the model goes to the rows, and comes back before the next"
        " visit.",
        "`x.location` is where the rows are. Clear gradients while the model is still with you.",
        "zero_grad → send → loss → backward → step → model.… → losses.append(loss.…().…())",
    )
    success = "Weights as in plain torch. Each owner got parameters only, stepped, and gave the model back."

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        a, b, c = draw.people(3)
        return [
            visits(draw, [a, b], 2, [2, 3]),
            visits(draw, [a, b, c], 3, [2, 1, 3]),
            visits(draw, [b, a, b], 2, [1, 2, 2]),
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        model = linear(question)
        opt = optim.SGD(model.parameters(), lr=RATE)
        losses = answer(model, opt, owned(question))
        return after(model, losses)

    def verdict(self, question: Question, seen: Evidence) -> Verdict | None:
        width, owners = question["weight"].shape[1], question["owners"]
        call = named(seen["calls"][0], f"federated_epoch(model, opt, {len(owners)} pairs)")
        losses, model = self._replay(question)
        return (
            rows_stay(call, width)
            or only_parameters(call, width, zeroed=close(seen["model"], model))
            or home_again(call, seen)
            or self._unvisited(call, owners)
            or steps_away(call, owners)
            or losses_are_numbers(call, seen, len(owners))
            or trained_as(call, seen, losses, model)
            or evidence.inputs_unchanged(part(call, 2))
        )

    def _replay(self, question: Question) -> tuple[list[float], dict[str, Plain]]:
        model, losses = linear(question), []
        opt = optim.SGD(model.parameters(), lr=RATE)
        for x, y in zip(question["data"], question["target"], strict=True):
            opt.zero_grad()
            losses.append(step(model, opt, x, y))
        return losses, state(model)

    def _unvisited(self, call: Evidence, owners: list[str]) -> Verdict | None:
        asked = Counter(row["receiver"] for row in call["messages"] if row["op"] == "backward")
        for owner, times in Counter(owners).items():
            if asked[owner] < times:
                return Verdict(
                    "unvisited",
                    f"During `{call['text']}`, {owner} ran `backward` {plural(asked[owner], 'time')};"
                    f" expected {times}: a person whose rows are skipped has no say in the model.",
                    "Where does the loop end, and what stands inside it?",
                )
        return None


RATE = 0.05


# ── 02.4 ────────────────────────────────────────────────────────────────────────────────────────────────────


@register
class OwnAdam(Exercise):
    id = "02.4"
    title = "an optimizer for each owner"
    minutes, points = 10, 4
    objective = "keep what an optimizer remembers with the owner it learned it from"
    stub = '''
def train_with_adam(model: nn.Module, datasets: list[tuple], epochs: int, lr: float) -> list[float]:
    """Federated training: each owner has one Adam, for all epochs. Returns the losses, visit by visit.

    datasets: pairs of pointers (inputs, labels); an owner may have several pairs.   lr: for every optim.Adam.
    model: at home before and after; everything else as in federated_epoch.
    Nothing that an optimizer remembers travels from one owner to another.
    returns: epochs * len(datasets) Python floats.
    >>> len(train_with_adam(model, [(x_bob, y_bob), (x_alice, y_alice)], epochs=3, lr=0.1))
    6
    """
    raise NotImplementedError
'''
    hints = (
        "An Adam remembers averages of the gradients it saw. Give each owner one of its own, before the"
        " first epoch.",
        "A dict from an owner's name to an optimizer; `x.location.id` is the name. Two pairs of one owner"
        " share one.",
        "opts = {name: optim.… for name in {… for x, _ in datasets}}",
    )
    success = "Weights as with one Adam per owner in plain torch, and no owner sent a number to another."

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        a, b, c = draw.people(3)
        return [
            visits(draw, [a, b], 2, [2, 3]) | {"epochs": 3, "lr": 0.1},
            visits(draw, [a, b, a], 2, [2, 1, 2]) | {"epochs": 2, "lr": 0.05},
            visits(draw, [c, a, b], 3, [1, 2, 2]) | {"epochs": 2, "lr": 0.2},
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        model = linear(question)
        losses = answer(model, owned(question), question["epochs"], question["lr"])
        return after(model, losses)

    def verdict(self, question: Question, seen: Evidence) -> Verdict | None:
        width, owners = question["weight"].shape[1], question["owners"]
        more = f"epochs={question['epochs']}, lr={question['lr']}"
        call = named(seen["calls"][0], f"train_with_adam(model, {len(owners)} pairs, {more})")
        losses, model = self._replay(question, lambda visit, owner: owner)
        return (
            rows_stay(call, width)
            or only_parameters(call, width, zeroed=close(seen["model"], model))
            or home_again(call, seen)
            or steps_away(call, owners)
            or losses_are_numbers(call, seen, len(owners) * question["epochs"])
            or self._forgets(call, seen, question, model)
            or trained_as(call, seen, losses, model)
            or evidence.inputs_unchanged(part(call, 1))
        )

    def _replay(self, question: Question, key: Any) -> tuple[list[float], dict[str, Plain]]:
        """Plain torch, with one Adam for each `key(visit, owner)`."""
        model, losses = linear(question), []
        opts: dict[Any, optim.Optimizer] = {}
        data = list(zip(question["owners"], question["data"], question["target"], strict=True))
        for visit, (owner, x, y) in enumerate(data * question["epochs"]):
            opt = opts.setdefault(key(visit, owner), optim.Adam(model.parameters(), lr=question["lr"]))
            opt.zero_grad()
            losses.append(step(model, opt, x, y))
        return losses, state(model)

    def _forgets(
        self, call: Evidence, seen: Evidence, question: Question, model: dict[str, Plain]
    ) -> Verdict | None:
        if close(seen["model"], model):
            return None
        pairs = len(question["owners"])
        if close(seen["model"], self._replay(question, lambda visit, owner: visit)[1]) or close(
            seen["model"], self._replay(question, lambda visit, owner: (visit // pairs, owner))[1]
        ):
            return Verdict(
                "forgetful",
                f"After `{call['text']}` the weights are those of Adams that are made anew while training:"
                " each"
                " forgets what its owner's earlier rows had taught it.",
                "How many optimizers should exist in the whole training, and where are they made?",
            )
        if close(seen["model"], self._replay(question, lambda visit, owner: visit % pairs)[1]):
            return Verdict(
                "per-pair",
                f"After `{call['text']}` the weights are those of one Adam for each pair. One owner brought"
                " two pairs,"
                " and would be treated as two people.",
                "What should the optimizers be filed under?",
            )
        return None


# ── 02.5 ────────────────────────────────────────────────────────────────────────────────────────────────────


@register
class TrafficPerParty(Exercise):
    id = "02.5"
    title = "count what travels"
    minutes, points = 8, 3
    objective = "say from the transcript how many bytes each party sent and received"
    stub = '''
def traffic_per_party(rows: list[dict]) -> dict[str, tuple[int, int]]:
    """How many bytes each party sent and received, over all messages.

    rows: what `log.rows()` gives, a dict for each message: "sender", "receiver", "bytes" (the whole message),
        "values", "detail" ("1 x 2 float32" where values travelled), and more.
    returns: {party: (sent, received)} for everybody who sent or received anything.
    >>> there = {"sender": "me", "receiver": "bob", "bytes": 220, "values": True, "detail": "3 float32"}
    >>> back = {"sender": "bob", "receiver": "me", "bytes": 90, "values": True, "detail": "1 float32"}
    >>> traffic_per_party([there, back]) == {"me": (220, 90), "bob": (90, 220)}
    True
    """
    raise NotImplementedError
'''
    hints = (
        "Every message counts twice: once for its sender, once for its receiver.",
        "The length of a message is in `bytes`. `detail` counts numbers, and requests carry none.",
        "for party in everybody: sum(row[…] for row in rows if row[…] == party)",
    )
    success = (
        "Right for five transcripts, requests included: a party that only ever sent or received is there too."
    )

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [{"args": [self._rows(draw, count)]} for count in (1, 4, 9, 25)] + [{"args": [[]]}]

    def _rows(self, draw: Draw, count: int) -> list[Plain]:
        names = ["me", *draw.people(3)]
        rows = []
        for n in range(count):
            sender, receiver = draw.sample(names, 2)
            values, width = draw.random() < 0.5, draw.randint(1, 40)
            rows.append(
                {
                    "n": n, "sender": sender, "receiver": receiver, "kind": "send" if values else "execute",
                    "op": "" if values else "add_", "objects": [draw.randint(1, 10**10)],
                    "bytes": draw.randint(60, 160) + 4 * width * values, "values": values,
                    "detail": f"{width} float32" if values else "",
                }
            )  # fmt: skip
        return rows

    def verdict(self, question: Question, seen: Evidence) -> Verdict | None:
        (call,), (rows,) = seen["calls"], question["args"]
        returned = call["returned"]
        if not isinstance(returned, dict) or isinstance(returned, Other):
            return evidence.returned_a(call, dict, "a dict from each party to (sent, received)")
        if any(not isinstance(pair, tuple) or len(pair) != 2 for pair in returned.values()):
            message = (
                f"`{call['text']}` returned `{brief(returned)}`; expected pairs (sent, received) as values."
            )
            return Verdict("not-pairs", message, "What stands behind each name in the docstring's example?")
        expected = _traffic(rows, lambda row: row["bytes"])
        return (
            evidence.inputs_unchanged(call, because="a transcript is a record: nobody edits it")
            or self._mistakes(call, rows, returned, expected)
            or evidence.equals(
                call, expected, because="every byte was sent by one party and received by another"
            )
        )

    def _mistakes(
        self, call: Evidence, rows: list[Any], returned: dict[str, Any], expected: dict[str, Any]
    ) -> Verdict | None:
        if returned == expected:
            return None
        if returned == _traffic(rows, lambda row: numbers(row["detail"])):
            return self._unit(
                call, "elements", "counts numbers, not bytes: a number of 8 bytes is not one of 4, and"
            )
        if returned == _traffic(rows, lambda row: 4 * numbers(row["detail"])):
            return self._unit(
                call, "payload", "counts the values alone: the rest of each message travels too, and"
            )
        if returned == _traffic(rows, lambda row: 1):
            return self._unit(call, "messages", "counts messages: one of 60 bytes like one of a million, and")
        with_values = [row for row in rows if row["values"]]
        ours = {party: pair for party, pair in returned.items() if pair != (0, 0)}
        if ours == _traffic(with_values, lambda row: row["bytes"]):
            return self._unit(call, "values-only", "counts only messages that carried values:")
        if returned == {party: (received, sent) for party, (sent, received) in expected.items()}:
            return Verdict(
                "swapped",
                f"`{call['text']}` has the two numbers of each party the wrong way round: Bob would be told"
                " that he"
                " sent what he received.",
                "Which of the two comes first in the docstring?",
            )
        if expected.keys() - returned.keys():
            missing = sorted(expected.keys() - returned.keys())[0]
            return Verdict(
                "missing-party",
                f"`{call['text']}` says nothing about {missing}, who took part: whoever is missing from the"
                " count"
                " cannot object to it.",
                "Where do you take the parties' names from?",
            )
        return None

    def _unit(self, call: Evidence, tag: str, what: str) -> Verdict:
        return Verdict(
            tag,
            f"`{call['text']}` {what} requests cost as well. Whoever pays for the line would be told too"
            " little.",
            "Which key of a row holds the length of the whole message?",
        )


def _traffic(rows: list[Any], size: Any) -> dict[str, tuple[int, int]]:
    """(sent, received) for each party, messages measured by `size`."""
    parties = [row[role] for row in rows for role in ("sender", "receiver")]
    return {
        party: (
            sum(size(row) for row in rows if row["sender"] == party),
            sum(size(row) for row in rows if row["receiver"] == party),
        )
        for party in dict.fromkeys(parties)
    }
