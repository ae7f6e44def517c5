"""Notebook 01, tensors that live somewhere else: five exercises, quizzes, predictions."""

from __future__ import annotations

from typing import Any

import torch

from course.learn import evidence
from course.learn.evidence import Rows
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
from course.learn.items import Prediction, Quiz
from course.learn.plain import Pointer
from course.learn.words import brief, plural

# ── before you start ────────────────────────────────────────────────────────────────────────────────────────

register(
    Quiz(
        "01.q1",
        "`a = torch.ones(3)`, then `b = a`, then `del a`. Where is the tensor now?",
        {"a": "gone: its name was deleted", "b": "still there, under the name b", "c": "there twice"},
        "b",
        because={
            "a": "`del` removes a name, not an object.",
            "b": "An object lives as long as something refers to it, and `b` does.",
            "c": "`b = a` is a second name for one tensor, not a second tensor.",
        },
    )
)
register(
    Quiz(
        "01.q2",
        "A gradient is computed twice for the same `w`, with no reset in between. What does `w.grad` hold?",
        {"a": "the second gradient", "b": "the sum of both", "c": "an error is raised"},
        "b",
        because={
            "a": "`backward()` adds to `w.grad`; it does not replace it.",
            "b": "`backward()` adds to what `w.grad` holds: whoever steps resets it first.",
            "c": "torch adds in silence, which is why this mistake is hard to see.",
        },
    )
)
register(
    Quiz(
        "01.q3",
        "`w` requires a gradient, and you compute `v = w - 0.1`. Is `v` a leaf?",
        {"a": "yes", "b": "no: autograd recorded how it was made", "c": "only after backward()"},
        "b",
        because={
            "a": "A leaf is a tensor that no recorded operation made; a recorded subtraction made this one.",
            "b": "A leaf is a tensor that no recorded operation made. Under `torch.no_grad()` no operation is "
            "recorded, so every result there is a leaf.",
            "c": "`backward()` fills gradients; it turns nothing into a leaf.",
        },
    )
)

# ── predictions ─────────────────────────────────────────────────────────────────────────────────────────────

register(
    Prediction(
        "01.p1",
        "`x = torch.ones(3).send(claire)` runs a thousand times. How many objects does Claire hold then?",
        {"a": "1000", "b": "1", "c": "0"},
        "b",
        because="Each round gives `x` a new pointer, and the old one is gone. A worker forgets an object "
        "with its last pointer, so only the last tensor is left.",
    )
)
register(
    Prediction(
        "01.p2",
        "Bob holds `income`, `spending` and `saving`. After `plan = (saving + 1) * 2`, how many objects?",
        {"a": "3", "b": "4", "c": "5"},
        "b",
        because="`saving + 1` was an object of his too, but no name kept its pointer: Bob forgot it as "
        "soon as the product was made. Only `plan` is new.",
    )
)
register(
    Prediction(
        "01.p3",
        "You fetch `guess.grad`, one number, and nothing else. What do you know about Bob?",
        {"a": "nothing: a gradient is no data", "b": "his average month", "c": "all four months"},
        "b",
        because="At guess 0 the gradient is -2 times the mean of his months. A gradient is computed from "
        "data: one number of it tells one number about him.",
    )
)
register(
    Prediction(
        "01.p4",
        "`saving` is at Bob's, `alices` at Alice's. What does `saving + alices` do?",
        {
            "a": "Alice's numbers travel to Bob, who adds",
            "b": "both travel to you, you add",
            "c": "an error; nothing travels",
            "d": "each of them adds, two results",
        },
        "c",
        because="A sum needs both numbers in one place, and any such place would show somebody's numbers to "
        "somebody else. You have to say who, in a line of code.",
    )
)

# ── 01.1 ────────────────────────────────────────────────────────────────────────────────────────────────────


@register
class Inventory(Exercise):
    id = "01.1"
    title = "inventory of a worker"
    minutes, points = 8, 3
    objective = "tell a pointer from the data that it leads to"
    stub = '''
def inventory(worker: sy.VirtualWorker, pointers: list[torch.Tensor]) -> dict[int, torch.Size]:
    """The objects at `worker` that your pointers lead to: their shapes, by the ids that they have there.

    pointers: they lead to several workers.
    returns: {id at the worker: shape}. No value travels, and all pointers stay usable.
    >>> x, y = torch.tensor([1, 2, 3]).send(bob), torch.tensor([4]).send(alice)
    >>> inventory(bob, [x, y]) == {x.id_at_location: torch.Size([3])}
    True
    """
    found = {}
    for pointer in pointers:
        if ... == worker:
            found[...] = ...
    return found
'''
    hints = (
        "A pointer is an object here that describes an object there. All that you need is written on the "
        "pointer.",
        "Print a pointer: it shows the id of the pointer at yours, the worker, and the id of the tensor "
        "there. A shape is public: asking for it carries no value.",
        "Compare one attribute of the pointer with the worker; use two others as the key and the entry.",
    )
    success = (
        "Workers with none, one and several of your objects, ids and shapes right. The transcript shows no "
        "value sent to you: an inventory needs metadata only."
    )

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        bob, alice, claire = draw.people(3)
        shapes: list[tuple[int, ...]] = [(3,), (2, 4), (), (5, 1, 2)]
        draw.shuffle(shapes)
        tensors = [draw.integers(*shape) for shape in shapes]
        return [
            _placed(bob, [bob, alice, bob, bob], tensors, draw.integers(6)),
            _placed(alice, [bob, alice, claire, bob], tensors, draw.integers(7)),
            _placed(claire, [alice, bob, bob, alice], tensors, draw.integers(2)),
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        rooms = dict(zip(question["rooms"], workers(*question["rooms"]), strict=True))
        asked = rooms[question["worker"]]
        stranger = question["stranger"].send(asked)
        pointers = [tensor.send(rooms[name]) for name, tensor in question["placed"]]
        answer(asked, pointers)
        return {
            "stranger": int(stranger.id_at_location),
            "there": [int(pointer.id_at_location) for pointer in pointers],
            "here": [int(pointer.id) for pointer in pointers],
        }

    def verdict(self, question: Question, seen: Evidence) -> Verdict | None:
        (call,) = seen["calls"]
        return (
            self._looked(call)
            or evidence.never_seen(
                call,
                question["worker"],
                because="an inventory hands nothing over, and these numbers lay with somebody else",
                next="Which line moves a tensor?",
                tag="handed-over",
            )
            or evidence.inputs_unchanged(call, because="every pointer must stay usable")
            or evidence.returned_a(call, dict, "a dictionary from ids to shapes")
            or self._keys(call, question, seen)
            or self._shapes(call, question, seen)
        )

    def _looked(self, call: Evidence) -> Verdict | None:
        rows = evidence.values_to(call["messages"], "me")
        if not rows:
            return None
        shown = evidence.what_travelled(rows[:2])
        if rows[0]["kind"] == "peek":
            return Verdict(
                "looked-inside",
                f"`{call['text']}` read values in the store: the transcript notes `{shown}` as seen by you, "
                "and objects that are none of yours were among them. That X-ray works in a classroom only.",
                "What does each pointer tell by itself?",
            )
        return Verdict(
            "fetched",
            f"`{call['text']}` made `{shown}` travel to you. A list of shapes needs no values, and now "
            "their owner's numbers are with you.",
            "Can a pointer be asked for its shape without fetching?",
        )

    def _keys(self, call: Evidence, question: Question, seen: Evidence) -> Verdict | None:
        keys, expected, name = set(_entries(call)), set(_expected(question, seen)), question["worker"]
        text, count = f"`{call['text']}`", plural(len(expected), "pointer")
        if keys == expected:
            return None
        if keys & set(seen["here"]):
            return Verdict(
                "my-names",
                f"{text} uses the ids of the pointers here, at your side. {name} knows its objects under "
                "other ids, and would find nothing under these.",
                "Which attribute of a pointer names the object at the other end?",
            )
        if seen["stranger"] in keys:
            return Verdict(
                "not-yours",
                f"{text} lists an object that none of your pointers leads to: {name} holds it for somebody "
                "else.",
                "Start from your pointers, not from the store.",
            )
        if keys - expected:
            return Verdict(
                "other-workers",
                f"{text} has {plural(len(keys), 'entry').replace('entrys', 'entries')}; {count} of the list "
                f"lead to {name}. The others lie elsewhere: whoever asks {name} for them finds nothing.",
                "What must be true of a pointer before it counts?",
            )
        if not keys:
            return Verdict(
                "empty",
                f"{text} is empty, but {count} of the list lead to {name}. Nothing ever equalled the worker.",
                "Print what you compare: is it a worker, and the one where the tensor lies?",
            )
        return Verdict(
            "incomplete",
            f"{text} has {len(keys)} of {len(expected)} objects. What an inventory leaves out, its owner "
            "cannot ask back.",
            "Does your loop reach the last pointer?",
        )

    def _shapes(self, call: Evidence, question: Question, seen: Evidence) -> Verdict | None:
        entries = _entries(call)
        for id, shape in _expected(question, seen).items():
            if entries[id] != shape:
                message = (
                    f"`{call['text']}` says `{brief(entries[id])}` for a tensor of shape `{shape}`. Whoever "
                    "plans with your list would send the wrong size."
                )
                return Verdict(
                    "wrong-shape", message, "Which attribute gives all dimensions, also of a single number?"
                )
        return None


def _placed(worker: str, names: list[str], tensors: list[torch.Tensor], stranger: torch.Tensor) -> Question:
    rooms = list(dict.fromkeys([worker, *names]))
    placed = [[name, tensor] for name, tensor in zip(names, tensors, strict=True)]
    return {"worker": worker, "rooms": rooms, "placed": placed, "stranger": stranger}


def _entries(call: Evidence) -> dict[Any, Any]:
    """The returned dictionary with whole numbers as keys: an id may come back as its text."""
    return {int(key) if str(key).isdigit() else key: value for key, value in call["returned"].items()}


def _expected(question: Question, seen: Evidence) -> dict[int, tuple[int, ...]]:
    there = zip(seen["there"], question["placed"], strict=True)
    return {id: tuple(tensor.shape) for id, (name, tensor) in there if name == question["worker"]}


# ── 01.2 ────────────────────────────────────────────────────────────────────────────────────────────────────


@register
class RemoteMean(Exercise):
    id = "01.2"
    title = "a mean that you never see"
    minutes, points = 6, 3
    objective = "compute where the data is, and leave nothing behind"
    stub = '''
def remote_mean(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The mean of two remote tensors, element by element, where they are.

    x, y: pointers to float tensors of one shape, at one worker. Both stay as they are.
    returns: a pointer to the mean, the only new object there. No value travels to you.
    >>> remote_mean(torch.tensor([1.0, 2.0]).send(bob), torch.tensor([3.0, 6.0]).send(bob)).get()
    tensor([2., 4.])
    """
    return ...
'''
    hints = (
        "An operation on pointers happens where the data is. What would you write for two tensors of your "
        "own?",
        "Add, then divide: both work on pointers. What has no name is forgotten at once.",
        "One line: ( … ) / … with both pointers inside the brackets.",
    )
    success = (
        "Four shapes, every mean exact. No value came to you, and the worker holds one object more: "
        "whatever was made on the way was forgotten with its pointer."
    )

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        shapes: list[tuple[int, ...]] = [(4,), (2, 3), (), (1,)]
        return [
            {"worker": draw.people(1)[0], "x": draw.floats(*shape), "y": draw.floats(*shape)}
            for shape in shapes
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        (room,) = workers(question["worker"])
        answer(question["x"].send(room), question["y"].send(room))
        return {}

    def verdict(self, question: Question, seen: Evidence) -> Verdict | None:
        (call,), room = seen["calls"], question["worker"]
        return (
            evidence.never_seen(
                call,
                "me",
                because=f"these numbers are {room}'s, and a copy or a result shows them too",
                next="Which line fetches? The operation can be asked of the pointers themselves.",
            )
            or evidence.stays_at(call, room)
            or evidence.inputs_unchanged(call, because=f"{room} still needs it for the next question")
            or self._misread(call, question)
            or evidence.equals(call, (question["x"] + question["y"]) / 2)
            or evidence.leaves(
                call,
                room,
                new=1,
                because="what stays in a store can be fetched later by whoever holds a pointer",
                next="Which variable outlives the call and still points to something in between?",
            )
        )

    def _misread(self, call: Evidence, question: Question) -> Verdict | None:
        x, y, seen = question["x"], question["y"], evidence.far_end(call["returned"])
        if evidence.equals(call, (x + y) / 2) is None:
            return None
        if isinstance(seen, torch.Tensor) and seen.shape != x.shape:
            return Verdict(
                "one-number",
                f"`{call['text']}` left a tensor of shape {tuple(seen.shape)}; x and y have shape "
                f"{tuple(x.shape)}. One mean of everything hides which month was which.",
                "Element by element: how many results must there be?",
            )
        if evidence.equals(call, x + y / 2) is None or evidence.equals(call, x / 2 + y) is None:
            return Verdict(
                "half",
                f"`{call['text']}` halved only one of the two: the result is `{brief(seen)}`, so one tensor "
                "counts twice as much as the other.",
                "Which operation does Python do first?",
            )
        if evidence.equals(call, (x + y) // 2) is None:
            return Verdict(
                "rounded",
                f"`{call['text']}` gave `{brief(seen)}`, rounded down from `{brief((x + y) / 2)}`: "
                "somebody's cents are lost in silence.",
                "Which of Python's two divisions keeps fractions?",
            )
        return None


# ── 01.3 ────────────────────────────────────────────────────────────────────────────────────────────────────


@register
class GradientStep(Exercise):
    id = "01.3"
    title = "one gradient step, by hand, over there"
    minutes, points = 10, 4
    objective = "differentiate where the data is"
    stub = '''
def gradient_step(w: torch.Tensor, x: torch.Tensor, y: torch.Tensor, rate: float) -> torch.Tensor:
    """One step of gradient descent on the loss ((x @ w - y) ** 2).mean(), where the data is.

    w, x, y: pointers to weights (k,), inputs (n, k) and targets (n,), float32, all at one worker.
    `w` requires a gradient. `w.grad` may hold an older gradient, which must not count.
    returns: a pointer to the new weights there, a leaf that requires a gradient: ready for the next step.
    x and y stay as they are. No value travels to you.
    >>> w = torch.zeros(1, requires_grad=True).send(bob)
    >>> gradient_step(w, torch.tensor([[1.0]]).send(bob), torch.tensor([1.0]).send(bob), rate=0.25).get()
    tensor([0.5000], requires_grad=True)
    """
    # 1. no older gradient counts
    # 2. the loss, and its gradient
    # 3. the new weights, not recorded by autograd
    raise NotImplementedError
'''
    hints = (
        "It is the step that you would write in plain torch. Every line of it runs where the pointers point.",
        "`backward()` adds to the gradient that is there, so that one has to go first. An update inside "
        "`torch.no_grad()` is not recorded, at the worker either.",
        "Set the gradient to None; build the loss; backward; then, under no_grad, subtract rate times the "
        "gradient in place; return the weights.",
    )
    success = (
        "Two steps in a row, also with an older gradient lying there: the same weights as plain torch. "
        "Weights, inputs and gradient stayed where they were; no value came to you."
    )

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        sizes = [(4, 1), (3, 2), (6, 3)]
        return [_problem(draw, rows, weights, stale=at == 1) for at, (rows, weights) in enumerate(sizes)]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        (room,) = workers(question["worker"])
        w = question["w"].requires_grad_().send(room)
        if question["older"] is not None:
            (w * question["older"].send(room)).sum().backward()
        kinds: list[Any] = []
        for _ in range(2):
            w = answer(w, question["x"].send(room), question["y"].send(room), question["rate"])
            if not hasattr(w, "id_at_location"):
                break
            kinds.append([observe(w.is_leaf), observe(w.requires_grad)])
            if kinds[-1] != [True, True]:
                break
        return {"kinds": kinds}

    def verdict(self, question: Question, seen: Evidence) -> Verdict | None:
        calls, room = seen["calls"], question["worker"]
        return (
            evidence.each(calls, lambda call: self._seen(call, room))
            or self._nothing(calls[0])
            or evidence.stays_at(calls[0], room)
            or self._kind(calls[0], seen["kinds"][0])
            or self._weights(calls[0], question, question["w"], question["older"])
            or self._data_unchanged(calls[0], room)
            or evidence.stays_at(calls[1], room)
            or self._kind(calls[1], seen["kinds"][1])
            or self._second(calls, question)
        )

    def _seen(self, call: Evidence, room: str) -> Verdict | None:
        return evidence.never_seen(
            call,
            "me",
            because=f"a step needs nothing from {room}, and a gradient tells about the data as well",
            next="Which line fetches?",
        )

    def _nothing(self, call: Evidence) -> Verdict | None:
        if call["returned"] is not None:
            return None
        message = f"`{call['text']}` returned nothing, so nobody can take the next step from the new weights."
        return Verdict("no-return", message, "What does the docstring say that comes back?")

    def _kind(self, call: Evidence, kind: list[bool]) -> Verdict | None:
        is_leaf, requires_grad = kind
        if not is_leaf:
            return Verdict(
                "recorded",
                f"The weights that `{call['text']}` returned are no leaf: autograd recorded the update. The "
                "next backward would leave their gradient empty, and the chain of all steps would stay in "
                "the owner's memory.",
                "How is an update kept out of the record?",
            )
        if not requires_grad:
            return Verdict(
                "no-gradient",
                f"The weights that `{call['text']}` returned require no gradient: the next step could not "
                "learn from them.",
                "What was lost when you took them out of the record?",
            )
        return None

    def _weights(
        self, call: Evidence, question: Question, start: torch.Tensor, older: torch.Tensor | None
    ) -> Verdict | None:
        gradient = _gradient(question, start)
        rate, after = question["rate"], evidence.far_end(call["returned"])
        if evidence.equals(call, start - rate * gradient, tolerance=1e-4) is None:
            return None
        if (
            older is not None
            and evidence.equals(call, start - rate * (gradient + older), tolerance=1e-4) is None
        ):
            return Verdict(
                "not-zeroed",
                f"`{call['text']}` stepped with `{brief(gradient + older)}`; the gradient is "
                f"`{brief(gradient)}`. An older one, `{brief(older)}`, still lay there, and backward added "
                "to it: old data counted again.",
                "When must it be gone?",
            )
        if evidence.equals(call, start, tolerance=1e-6) is None:
            return Verdict(
                "stood-still",
                f"`{call['text']}` returned the weights it was given, `{brief(start)}`: at this gradient a "
                "step must change them. The owner's computer worked for nothing.",
                "Which lines between backward and the return use the gradient?",
            )
        if evidence.equals(call, start + rate * gradient, tolerance=1e-4) is None:
            return Verdict(
                "uphill",
                f"`{call['text']}` took `{brief(start)}` to `{brief(after)}`: along the gradient, so the "
                "loss grew and predictions about people got worse.",
                "Which direction makes the loss smaller?",
            )
        return evidence.equals(
            call,
            start - rate * gradient,
            tolerance=1e-4,
            because="so steps plain torch on the loss of the docstring",
            next="Compare your loss with the docstring's, term by term.",
        )

    def _second(self, calls: list[Evidence], question: Question) -> Verdict | None:
        middle = evidence.far_end(calls[0]["returned"])
        return self._weights(calls[1], question, middle, _gradient(question, question["w"]))

    def _data_unchanged(self, call: Evidence, room: str) -> Verdict | None:
        data = {**call, "before": call["before"][1:], "after": call["after"][1:]}
        return evidence.inputs_unchanged(
            data, because=f"inputs and targets are {room}'s, for every later step"
        )


def _problem(draw: Draw, rows: int, weights: int, stale: bool) -> Question:
    """A least-squares problem whose gradient is not small."""
    x, w = draw.floats(rows, weights, low=1, high=3), draw.floats(weights, low=-2, high=2)
    return {
        "worker": draw.people(1)[0],
        "x": x,
        "y": x @ w + draw.floats(rows, low=2, high=5),
        "w": w,
        "older": draw.floats(weights, low=3, high=9) if stale else None,
        "rate": draw.choice([0.01, 0.02, 0.03]),
    }


def _gradient(question: Question, w: torch.Tensor) -> torch.Tensor:
    """Of ((x @ w - y) ** 2).mean(), by hand: float32 (k,)."""
    x, y = question["x"], question["y"]
    gradient: torch.Tensor = 2 * x.T @ (x @ w - y) / len(y)
    return gradient


# ── 01.4 ────────────────────────────────────────────────────────────────────────────────────────────────────


@register
class Total(Exercise):
    id = "01.4"
    title = "one total, many workers"
    minutes, points = 8, 4
    objective = "combine what lies with many people, and fetch as little as possible"
    stub = '''
def total(amounts: list[torch.Tensor]) -> torch.Tensor:
    """The sum of all numbers of all people.

    amounts: a pointer for each person (one or more) to a float tensor of any shape, each at another worker.
    returns: a tensor of shape (), here with you. One number may leave each person, to you and to nobody
    else. Everybody keeps what they hold, and nothing new is left with them.
    >>> total([torch.tensor([1.0, 2.0]).send(alice), torch.tensor([4.0]).send(bob)])
    tensor(7.)
    """
    raise NotImplementedError
'''
    hints = (
        "The sum of everybody's sums is the sum of everything. Who can compute which part?",
        "Let each person shrink their own tensor to one number, and fetch that number only.",
        "Go through the list: for each pointer, first an operation there, then the fetch; add up what "
        "arrives.",
    )
    success = (
        "From one to five people, several shapes: totals exact, one number from each, nothing between "
        "them, their stores as before. You did see each person's own total, though: notebook 12 takes that "
        "away."
    )

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        groups: list[list[tuple[int, ...]]] = [
            [(4,), (4,)],
            [(2,), (2, 3), (5,)],
            [(3,)],
            [(2,), (3,), (2, 2), (6,), (4,)],
        ]
        return [
            {"people": draw.people(len(shapes)), "amounts": [draw.floats(*shape, low=1) for shape in shapes]}
            for shapes in groups
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        rooms = workers(*question["people"])
        answer([amount.send(room) for amount, room in zip(question["amounts"], rooms, strict=True)])
        return {}

    def verdict(self, question: Question, seen: Evidence) -> Verdict | None:
        (call,), people = seen["calls"], question["people"]
        return (
            evidence.first(self._others(call, name) for name in people)
            or self._opened(call, question)
            or evidence.inputs_unchanged(call, because="everybody keeps what they hold")
            or self._misread(call, question)
            or evidence.equals(call, _total(question), because="each number of each person counts once")
            or evidence.first(evidence.leaves(call, name, new=0) for name in people)
        )

    def _others(self, call: Evidence, name: str) -> Verdict | None:
        return evidence.never_seen(
            call,
            name,
            because=f"{name} would read the numbers of the others",
            next="Nobody needs to meet for a sum: what can each one compute alone?",
            tag="seen-by-others",
        )

    def _opened(self, call: Evidence, question: Question) -> Verdict | None:
        """At most one number from each person came home."""
        rows = evidence.values_to(call["messages"], "me")
        for name, amount in zip(question["people"], question["amounts"], strict=True):
            theirs = [row for row in rows if row["sender"] == name]
            if theirs and (len(theirs) > 1 or theirs[0]["detail"] != "1 float32"):
                return Verdict(
                    "opened-too-much",
                    f"`{call['text']}` brought `{evidence.what_travelled(theirs)}` of {name} to you; one "
                    f"number was agreed. The bank now holds {plural(amount.numel(), 'number')} that it has "
                    "no use for.",
                    "Which comes first: the sum, or the fetch?",
                )
        return None

    def _misread(self, call: Evidence, question: Question) -> Verdict | None:
        amounts, seen = question["amounts"], call["returned"]
        if isinstance(seen, list | tuple):
            return Verdict(
                "list",
                f"`{call['text']}` returned {len(seen)} separate numbers: a list of who has how much, not a "
                "total.",
                "What is left to do with them, here?",
            )
        if not isinstance(seen, torch.Tensor):
            return evidence.returned_a(call, torch.Tensor, "a tensor of shape ()")
        means = (_total(question) / len(amounts), sum(amount.mean() for amount in amounts), _mean(amounts))
        if any(torch.allclose(seen, mean) for mean in means) and not torch.allclose(seen, _total(question)):
            return Verdict(
                "mean",
                f"`{call['text']}` returned `{brief(seen)}`, a mean; the total is "
                f"`{brief(_total(question))}`. A mean forgets how much there was.",
                "Where do you divide, or let somebody divide?",
            )
        if len(amounts) > 1 and torch.equal(seen, amounts[0].sum()):
            first = question["people"][0]
            return Verdict(
                "first-only",
                f"`{call['text']}` returned what {first} holds alone: the others do not count, and you know "
                "that one's total.",
                "Does your function leave the loop too early?",
            )
        return None


def _total(question: Question) -> torch.Tensor:
    return torch.stack([amount.sum() for amount in question["amounts"]]).sum()


def _mean(amounts: list[torch.Tensor]) -> torch.Tensor:
    return torch.cat([amount.reshape(-1) for amount in amounts]).mean()


# ── 01.5 ────────────────────────────────────────────────────────────────────────────────────────────────────


@register
class JointReport(Exercise):
    id = "01.5"
    title = "repair the joint report"
    minutes, points = 10, 4
    objective = "diagnose a double get, operands apart and a deleted object"
    stub = '''
def joint_report(bobs: torch.Tensor, alices: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Bob's average month, and the worst month of the two together.

    bobs, alices: pointers to float tensors (n,), n months, each at a worker of their own.
    returns: two tensors of shape (), here with you: the mean of Bob's months; the smallest of the sums
    month by month. These two numbers come to you, once each, and no others. Bob may see Alice's months;
    Alice may not see his. Both keep what they hold, and nothing new is left with them.
    >>> joint_report(torch.tensor([1.0, 3.0]).send(bob), torch.tensor([0.0, 4.0]).send(alice))
    (tensor(2.), tensor(1.))
    """
    raise NotImplementedError
'''
    hints = (
        "Each error says what happened and what to do. Ask of each fix: who sees more now than before?",
        "A number that was fetched once is here: keep it in a name. To bring two tensors together, hand a "
        "copy over to the one who may see it. What has no pointer left tidies itself up.",
        "Fetch the average into a variable; copy Alice's months there and move the copy to where Bob's "
        "are; add, take the smallest, fetch; no tidying line.",
    )
    success = (
        "Two numbers came to you, Alice saw nothing, both stores are as before. Three errors, three "
        "causes: a spent pointer, operands apart, somebody else's tidying."
    )

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [{"people": draw.people(2), "months": _months(draw, n)} for n in (4, 2, 6)]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        bob, alice = workers(*question["people"])
        bobs, alices = question["months"]
        answer(bobs.send(bob), alices.send(alice))
        return {}

    def verdict(self, question: Question, seen: Evidence) -> Verdict | None:
        (call,), (bob, alice) = seen["calls"], question["people"]
        return (
            self._brought_home(call)
            or self._shown(call, bob, alice)
            or self._gone(call, bob, alice)
            or evidence.inputs_unchanged(call, because="both keep what they hold")
            or self._opened_twice(call)
            or self._misread(call, question)
            or evidence.equals(
                call, _report(question), next="Check each of the two numbers by hand, month by month."
            )
            or evidence.first(evidence.leaves(call, name, new=0) for name in (bob, alice))
        )

    def _brought_home(self, call: Evidence) -> Verdict | None:
        large = [row for row in _to_me(call) if row["detail"] != "1 float32"]
        if not large:
            return None
        return Verdict(
            "brought-home",
            f"During `{call['text']}`, `{evidence.what_travelled(large)}` came to you: the errors are gone, "
            "and so is the secret. On the way through counts as seen.",
            "How can two tensors meet without passing you?",
        )

    def _shown(self, call: Evidence, bob: str, alice: str) -> Verdict | None:
        """Nothing reached Alice but, perhaps, her own tensor on its way back: it keeps its id."""
        hers = call["before"][1].id
        rows = [row for row in evidence.values_to(call["messages"], alice) if row["objects"] != [hers]]
        if not rows:
            return None
        return Verdict(
            "seen-by-alice",
            f"During `{call['text']}`, `{evidence.what_travelled(rows)}` travelled to {alice}; {bob}'s "
            "months, and what is computed from them, may not go there.",
            "Who agreed to be seen by whom? Turn the hand-over round.",
        )

    def _gone(self, call: Evidence, bob: str, alice: str) -> Verdict | None:
        bobs, alices = call["after"]
        if _is_gone(bobs, bob):
            return Verdict(
                "cleared",
                f"After `{call['text']}` {bob} no longer holds his own months: tidying up a store deletes "
                "what belongs to others, too.",
                "What would happen to the things in between without any tidying?",
            )
        if _is_gone(alices, alice):
            return Verdict(
                "moved-away",
                f"After `{call['text']}` {alice} no longer holds her months: a move empties the place it "
                "starts from, and she was to keep them.",
                "What could travel in their stead?",
            )
        return None

    def _opened_twice(self, call: Evidence) -> Verdict | None:
        rows = _to_me(call)
        if len(rows) <= 2:
            return None
        return Verdict(
            "opened-twice",
            f"`{call['text']}` brought {len(rows)} numbers to you; two were agreed. Whoever reads the "
            "transcript sees a fetch that nobody allowed.",
            "A number that is here can be used again: where do you keep it?",
        )

    def _misread(self, call: Evidence, question: Question) -> Verdict | None:
        bobs, alices = question["months"]
        average, worst = _report(question)
        seen = call["returned"]
        if evidence.equals(call, (worst, average)) is None and not torch.equal(worst, average):
            return Verdict(
                "swapped",
                f"`{call['text']}` returned `{brief(seen)}`: the worst month stands where the bank reads "
                "Bob's average.",
                "In which order does the docstring name them?",
            )
        if (
            evidence.equals(call, (average, bobs.min() + alices.min())) is None
            and bobs.min() + alices.min() != worst
        ):
            return Verdict(
                "worst-apart",
                f"`{call['text']}` gave `{brief(bobs.min() + alices.min())}` as the worst month; it is "
                f"`{brief(worst)}`. You added the worst month of each, but those were different months.",
                "Which comes first, adding or choosing?",
            )
        return None


def _months(draw: Draw, n: int) -> list[torch.Tensor]:
    """Two people whose worst months differ, so that adding and choosing cannot change places."""
    while True:
        bobs, alices = draw.floats(n), draw.floats(n)
        if bobs.argmin() != alices.argmin() and bobs.min() + alices.min() < (bobs + alices).min():
            return [bobs, alices]


def _report(question: Question) -> tuple[torch.Tensor, torch.Tensor]:
    bobs, alices = question["months"]
    return bobs.mean(), (bobs + alices).min()


def _to_me(call: Evidence) -> Rows:
    return evidence.values_to(call["messages"], "me")


def _is_gone(pointer: Any, location: str) -> bool:
    return not isinstance(pointer, Pointer) or pointer.location != location or pointer.value is None
