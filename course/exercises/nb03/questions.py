"""Notebook 03, pointer chains and hand-overs: its quiz, predictions and five exercises."""

from __future__ import annotations

from typing import Any

import torch

from course.learn import evidence
from course.learn.evidence import values_to, what_travelled
from course.learn.exercise import Draw, Evidence, Exercise, Question, Verdict, register, workers
from course.learn.items import Prediction, Quiz
from course.learn.plain import Other, Plain, Pointer, observe
from course.learn.watch import Stopped, Watched
from course.learn.words import brief, plural, size

register(
    Quiz(
        "03.q1",
        "A federated step reads zero_grad, send, forward, backward, step, get. Somebody moves get before "
        "step. "
        "What comes home?",
        {
            "a": "the model as it was sent, with a gradient that nobody has used yet",
            "b": "the trained model",
            "c": "nothing, Bob keeps it",
        },
        "a",
        because={
            "a": "step is what changes weights, and it had not run. The owner takes it, before the model leaves.",
            "b": "The weights change in step, and step had not run.",
            "c": "get always brings the model home, trained or not.",
        },
    )
)
register(
    Quiz(
        "03.q2",
        "Bob trained your model for one step of plain SGD and you got it back. You still have the old "
        "weights. "
        "What can you compute?",
        {
            "a": "nothing: Bob's rows never left him",
            "b": "Bob's gradient: the old weights minus the new ones, divided by the learning rate",
            "c": "only how large his gradient was",
        },
        "b",
        because={
            "a": "His rows stayed, but the update was computed from them, and the update is here.",
            "b": "Up to rounding, yes: that is why this notebook looks for a way never to hold one person's update.",
            "c": "Both sets of weights are here, number by number, so the difference is too.",
        },
    )
)
register(
    Quiz(
        "03.q3",
        "x points to Alice, y points to Bob. What does x + y do?",
        {
            "a": "Bob's data travels to Alice, and the sum is made there",
            "b": "both travel to you, and the sum is made here",
            "c": "it is refused: the two are not together",
        },
        "c",
        because={
            "a": "That would show Bob's data to Alice without anybody having said so.",
            "b": "That would show both to you without anybody having said so.",
            "c": "Nothing travels unless you say so. Today you learn how to say it.",
        },
    )
)
register(
    Prediction(
        "03.p1",
        "x is a chain: you → alice → bob. After y = x + x, what is new in Alice's store?",
        {
            "a": "nothing, the sum is made by Bob",
            "b": "the sum, a tensor",
            "c": "one more pointer to Bob",
            "d": "a copy of x and the sum",
        },
        "c",
        because="A result has the same links as what it was made from: Bob holds the sum, Alice a pointer "
        "to it, "
        "you a pointer to hers.",
    )
)
register(
    Prediction(
        "03.p2",
        "x is a chain: you → alice → bob. What does x.get() give you?",
        {"a": "the tensor", "b": "a pointer to Alice", "c": "a pointer to Bob", "d": "an error"},
        "c",
        because="get brings what the first worker holds. Alice holds a pointer to Bob, so that is what "
        "you get.",
    )
)
register(
    Prediction(
        "03.p3",
        "far is a chain of three links: you → alice → claire → bob. You call far.remote_get() once. "
        "Who holds the numbers then?",
        {"a": "alice", "b": "claire", "c": "bob, as before", "d": "you"},
        "c",
        because="Alice does one get. What Claire holds is a pointer, so a pointer is what Alice gets. The "
        "chain is "
        "one link shorter, and the numbers have not moved.",
    )
)
register(
    Prediction(
        "03.p4",
        "The model has 3 numbers: two weights and a bias. Alice trains it one step and it is moved to the "
        "aggregator. How many of Alice's numbers does the aggregator receive?",
        {},
        6,
        because="A model travels with its gradients: three weights and three gradients.",
    )
)
register(
    Prediction(
        "03.p5",
        "653 people average their updates at an aggregator that you can trust. You see two means: "
        "Monday's, of all "
        "653, and Tuesday's, of the same updates without one person's. How well do you know that person's "
        "update?",
        {
            "a": "not at all: it is one part in 653",
            "b": "roughly, its sign and size",
            "c": "as well as if it had been sent to you",
        },
        "c",
        because="653 times Monday's mean minus 652 times Tuesday's is that person's update, up to rounding. "
        "More people do not help: they cancel.",
    )
)
register(
    Quiz(
        "03.q4",
        "In `_pull`, what happens if the object that the message names is a tensor, not a pointer?",
        {
            "a": "nothing: the numbers are already there",
            "b": "the tensor is sent to whoever asked",
            "c": "an error is raised",
        },
        "a",
        because={
            "a": "The `if` lets only pointers through. So a further remote_get does no harm.",
            "b": "No line of `_pull` sends anything to the one who asked.",
            "c": "Look at the `if`: it has no `else`.",
        },
    )
)


def route_of(seen: Plain) -> list[str]:
    """The workers along a chain, nearest first."""
    route = []
    while isinstance(seen, Pointer):
        route.append(seen.location)
        seen = seen.value
    return route


def arrow(names: list[str]) -> str:
    """A route as a person reads it: `you → alice → bob`."""
    return " → ".join(["you", *names])


def seen_on_the_way(call: Evidence, names: list[str]) -> tuple[str, str] | None:
    """The first of these workers that values travelled to, and what travelled."""
    for name in names:
        rows = values_to(call["messages"], name)
        if rows:
            return name, what_travelled(rows)
    return None


def chain_along(x: torch.Tensor, names: list[str]) -> Any:
    """A chain for a probe: the first of the names is nearest to you, the last one holds x."""
    for worker in reversed(workers(*names)):
        x = x.send(worker)  # type: ignore[attr-defined]
    return x


@register
class Behind(Exercise):
    id = "03.1"
    title = "numbers behind a row of workers"
    minutes, points = 5, 2
    objective = "build a chain whose far end alone holds the data"
    stub = '''
def behind(x: torch.Tensor, route: list) -> torch.Tensor:
    """A chain along `route`: you point to its first worker, its last worker holds the numbers.

    x: a tensor, here with you.   route: one worker or more, all different, the nearest to you first.
    returns: a pointer to route[0]. Only route[-1] may see the numbers.
    >>> behind(torch.tensor([1, 2, 3]), [alice, bob]).location.id
    'alice'
    """
    chain = x.send(...)
    for worker in ...:
        chain = ...
    return chain
'''
    hints = (
        "A pointer can be sent only when it exists: a chain is built from its far end.",
        "Who holds the numbers? Send them there first, then walk the rest of the route backwards.",
        "x.send(route[…]), then for each worker before that one, the last of them first: ….send(worker)",
    )
    success = "Routes of one to four workers, and in each of them only the last one saw a number."

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [{"x": draw.floats(1 + n), "route": draw.people(n)} for n in (2, 3, 1, 4)]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        answer(question["x"], workers(*question["route"]))
        return {}

    def verdict(self, question: Question, seen: Evidence) -> Verdict | None:
        call, route = seen["calls"][0], question["route"]
        return (
            evidence.never_seen(call, "me", because="you sent the numbers away")
            or self._copies(call)
            or self._route(call, route)
            or evidence.equals(call, question["x"], because="a chain changes no value")
            or evidence.first(evidence.leaves(call, name, 1) for name in route)
            or evidence.inputs_unchanged(call)
        )

    def _copies(self, call: Evidence) -> Verdict | None:
        many = call["returned"]
        if not isinstance(many, list):
            return None
        message = (
            f"`{call['text']}` returned {plural(len(many), 'pointer')} and no chain: the numbers were "
            "sent to each "
            "worker. Everybody on the route has seen them."
        )
        return Verdict("copy-for-each", message, "Who alone should receive numbers?")

    def _route(self, call: Evidence, route: list[str]) -> Verdict | None:
        path, shown = route_of(call["returned"]), seen_on_the_way(call, route[:-1])
        if len(route) > 1 and path == route[::-1]:
            message = (
                f"`{call['text']}` made {arrow(path)}: the numbers went to {route[0]}, and {route[-1]}, "
                "who should "
                "hold them, has only a pointer."
            )
            return Verdict("reversed", message, "Which end of the chain must exist first?")
        if shown:
            message = (
                f"During `{call['text']}`, `{shown[1]}` travelled to {shown[0]}; only {route[-1]} may see "
                "them. "
                "A chain sends the pointer on and leaves the data where it is."
            )
            return Verdict("data-moved", message, "Which call moves data, which one sends a pointer?")
        if path != route:
            message = (
                f"`{call['text']}` made {arrow(path)}; expected {arrow(route)}. "
                "Every request passes the workers in this order, so the order is part of what you promised."
            )
            return Verdict("wrong-route", message, "Draw a chain of three workers: which send comes first?")
        return None


@register
class Unwrap(Exercise):
    id = "03.2"
    title = "unwrap a chain of any length"
    minutes, points = 6, 3
    objective = "read a chain link by link, without showing its end to anybody on the way"
    stub = '''
def unwrap(chain: torch.Tensor) -> tuple[torch.Tensor, list]:
    """Bring the numbers home through a chain of any length. Nobody on the way may see them or keep a link.

    chain: a pointer, or a chain of any number of links.
    returns: the tensor, and the names of the workers that you asked, in order.
    >>> unwrap(torch.tensor([1, 2]).send(bob).send(alice))
    (tensor([1, 2]), ['alice', 'bob'])
    """
    asked = []
    while ...:
        asked.append(...)
        chain = ...
    return chain, asked
'''
    hints = (
        "A get takes one link off. You do not know how many there are, so ask after each one whether you "
        "are done.",
        "`isinstance(chain, sy.PointerTensor)` tells whether what you hold is still a pointer.",
        "while it is a pointer: note ….location.id, then chain = chain.…()",
    )
    success = "One to four links: the right names in the right order, and the numbers travelled once, to you."

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [{"x": draw.floats(1 + n), "route": draw.people(n)} for n in (2, 4, 1, 3)]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        answer(chain_along(question["x"], question["route"]))
        return {}

    def verdict(self, question: Question, seen: Evidence) -> Verdict | None:
        call, route = seen["calls"][0], question["route"]
        return (
            self._shown(call, route)
            or self._two_things(call)
            or self._links_left(call)
            or self._names(call, route)
            or evidence.equals(call, question["x"], value=call["returned"][0], what="the tensor was")
            or evidence.first(self._left(call, name) for name in route)
        )

    def _shown(self, call: Evidence, route: list[str]) -> Verdict | None:
        shown = seen_on_the_way(call, route[:-1])
        if not shown:
            return None
        message = (
            f"On its way home from {route[-1]}, `{shown[1]}` travelled to {shown[0]}, who held only a "
            "pointer before. "
            "Unwrapping should show the numbers to nobody but you."
        )
        return Verdict(
            "shown-on-the-way", message, "Which call brings you a link, which one brings a worker data?"
        )

    def _two_things(self, call: Evidence) -> Verdict | None:
        returned = call["returned"]
        if isinstance(returned, tuple) and len(returned) == 2:
            return None
        message = (
            f"`{call['text']}` returned `{brief(returned)}`; expected two things: the tensor and the names."
        )
        return Verdict("wrong-type", message, "Return them with a comma between them.")

    def _links_left(self, call: Evidence) -> Verdict | None:
        left = len(route_of(call["returned"][0]))
        if not left:
            return None
        message = (
            f"`{call['text']}` stopped early: what it returned is still a {brief(call['returned'][0])}, "
            f"{plural(left, 'link')} from the numbers. A chain does not tell its length in advance."
        )
        return Verdict("links-left", message, "What can the loop ask after every link?")

    def _names(self, call: Evidence, route: list[str]) -> Verdict | None:
        asked = call["returned"][1]
        if asked == route:
            return None
        seen, tag, next = brief(asked), "wrong-names", "Do you write the name down before the link is gone?"
        if isinstance(asked, list) and set(map(str, asked)) == {"me"}:
            tag, next = "own-name", "A pointer knows its owner and its location. Which one do you ask?"
        elif isinstance(asked, list) and any(isinstance(name, Other) for name in asked):
            seen, tag, next = "workers, not their names", "no-names", "Where does a worker keep its name?"
        elif isinstance(asked, list) and asked == route[::-1]:
            next = "The first one that you ask comes first."
        message = (
            f"`{call['text']}` names {seen}; you had to ask {', '.join(route)}, in this order. "
            "Whoever reads the list wants to know whom a request passes."
        )
        return Verdict(tag, message, next)

    def _left(self, call: Evidence, name: str) -> Verdict | None:
        return evidence.leaves(
            call,
            name,
            -1,
            because="what is brought home should not stay behind as well",
            next="Did you unwrap the chain itself, or a copy?",
        )


@register
class PassOn(Exercise):
    id = "03.3"
    title = "everybody hands on what is theirs"
    minutes, points = 7, 3
    objective = "move data between others without seeing it"
    stub = '''
def pass_on(pointers: list) -> list:
    """Each tensor goes to where the next one in the list was, the last one to where the first one was.

    pointers: pointers to tensors, one or more; two neighbours may be at the same worker.
    returns: pointers to the same tensors, in the same order. Nobody but a tensor's new holder sees it,
    and its old holder keeps no copy.
    >>> [p.location.id for p in pass_on([torch.tensor([1]).send(alice), torch.tensor([2]).send(bob)])]
    ['bob', 'alice']
    """
    raise NotImplementedError
'''
    hints = (
        "A hand-over is one call on the pointer. It changes the pointer that you have.",
        "Write down all places before the first tensor leaves: afterwards `.location` says where it is now.",
        "places = […], then for each pointer and the place after its own: ….move(…)",
    )
    success = (
        "Rings of one to four, some with two at one worker: each number went once, straight to its place."
    )

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        a, b, c, d = draw.people(4)
        rings = [[a, b, c], [b, a], [a], [d, d, a], [c, a, d, b]]
        return [{"xs": [draw.floats(2) for _ in places], "places": places} for places in rings]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        owners = workers(*question["places"])
        try:
            answer([x.send(owner) for x, owner in zip(question["xs"], owners, strict=True)])
        except Stopped as stopped:
            if stopped.failure.get("error") != "NotSendableError":
                raise
            return {"refused": stopped.failure["call"]}
        return {}

    def verdict(self, question: Question, seen: Evidence) -> Verdict | None:
        places = question["places"]
        if "refused" in seen:
            return self._refused(seen["refused"], places)
        call = seen["calls"][0]
        return (
            self._through_you(call)
            or self._pointers(call, len(places))
            or self._chains(call)
            or self._places(call, places)
            or self._detour(call, places)
            or evidence.equals(call, question["xs"], because="a hand-over changes no value")
            or evidence.first(self._copy_left(call, name) for name in dict.fromkeys(places))
        )

    def _refused(self, text: str, places: list[str]) -> Verdict:
        message = (
            f"With tensors at {', '.join(places)}, `{text}` raised NotSendableError: a tensor was already "
            "where it "
            "should go, and nobody can hold a pointer to their own store. A hand-over to oneself should "
            "do nothing."
        )
        return Verdict("same-place", message, "Which call does nothing if the data is there already?")

    def _through_you(self, call: Evidence) -> Verdict | None:
        return evidence.never_seen(
            call,
            "me",
            because="you organise the hand-over and are no party to it",
            next="Which call asks the holder to send it on?",
            tag="through-you",
        )

    def _pointers(self, call: Evidence, count: int) -> Verdict | None:
        returned = call["returned"]
        if isinstance(returned, list) and [type(p) for p in returned] == [Pointer] * count:
            return None
        message = (
            f"`{call['text']}` returned `{brief(returned)}`; expected a list of {plural(count, 'pointer')}."
        )
        return Verdict("wrong-type", message, "One pointer for each tensor, in the order of the list.")

    def _chains(self, call: Evidence) -> Verdict | None:
        chain = next((p for p in call["returned"] if isinstance(p.value, Pointer)), None)
        if chain is None:
            return None
        path = route_of(chain)
        message = (
            f"`{call['text']}` built the chain {arrow(path)}: {path[0]} received a pointer, and the "
            "numbers are "
            f"still with {path[-1]}. Nothing was handed over."
        )
        return Verdict("only-pointers", message, "Which call on a pointer takes the data along?")

    def _places(self, call: Evidence, places: list[str]) -> Verdict | None:
        want = places[1:] + places[:1]
        found = [p.location for p in call["returned"]]
        if found == want:
            return None
        was, now, due = (", ".join(names) for names in (places, found, want))
        shown = f"`{call['text']}` took tensors at {was} to {now}; expected {due}."
        if found[:-1] == want[:-1] and found[-1] == want[0]:
            message = (
                f"{shown} When the last one left, the first had moved already, and so had its `.location`."
            )
            return Verdict(
                "already-moved", message, "What do you have to know before the first tensor leaves?"
            )
        if found == places[-1:] + places[:-1]:
            message = f"{shown} That is the ring the other way round: each page meets the wrong reader."
            return Verdict("backwards", message, "Who comes after whom?")
        next = "Follow one tensor with your finger: where should it go?"
        return Verdict("wrong-place", f"{shown} Somebody now holds what was meant for another.", next)

    def _detour(self, call: Evidence, places: list[str]) -> Verdict | None:
        allowed = list(zip(places, places[1:] + places[:1], strict=True))
        for row in call["messages"]:
            if row["values"] and (row["sender"], row["receiver"]) not in allowed:
                message = (
                    f"During `{call['text']}`, `{row['detail']}` went from {row['sender']} to "
                    f"{row['receiver']}, "
                    "who is not its new holder. Each stop on the way is one more person who has seen it."
                )
                return Verdict("detour", message, "Can each tensor go straight to its place?")
        return None

    def _copy_left(self, call: Evidence, name: str) -> Verdict | None:
        return evidence.leaves(
            call,
            name,
            0,
            because="who hands something over keeps no copy of it",
            next="What did you move?",
            tag="copy-left",
        )


@register
class MeanAt(Exercise):
    id = "03.4"
    title = "a mean that is made elsewhere"
    minutes, points = 8, 3
    objective = "average at a third party, so that you see the mean and nothing else"
    stub = '''
def mean_at(updates: list, aggregator) -> torch.Tensor:
    """The mean of the updates, element by element, made at the aggregator.

    updates: pointers to float tensors of one shape, each at another owner.
    aggregator: a worker, none of the owners.
    returns: the mean, a tensor here with you, the only numbers that reach you. No owner sees another's
    update; every owner still has her own afterwards; the aggregator keeps nothing.
    >>> mean_at([torch.tensor([1.0]).send(alice), torch.tensor([3.0]).send(bob)], claire)
    tensor([2.])
    """
    raise NotImplementedError
'''
    hints = (
        "Numbers that are to be added have to be together, at a place of your choice.",
        "move takes the tensor away from its owner. What could you move instead of the original?",
        "parts = [….copy().… for each update], then add, divide by how many, and get once.",
    )
    success = "Two to five owners: one tensor came to you, and everybody still has what is theirs."

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        shapes = {2: (3,), 3: (2, 2), 5: (2,)}
        return [
            {"xs": [draw.floats(*shape) for _ in range(count)], "owners": draw.people(count)}
            for count, shape in shapes.items()
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        owners, (aggregator,) = workers(*question["owners"]), workers("aggregator")
        answer([x.send(owner) for x, owner in zip(question["xs"], owners, strict=True)], aggregator)
        return {}

    def verdict(self, question: Question, seen: Evidence) -> Verdict | None:
        call, xs, owners = seen["calls"][0], question["xs"], question["owners"]
        return (
            self._averaged_here(call, xs)
            or self._at_an_owner(call, owners)
            or evidence.returned_a(
                call, torch.Tensor, "a tensor, here with you", next="What is left to bring home?"
            )
            or self._one_number(call, xs)
            or self._owner_emptied(call, owners)
            or evidence.inputs_unchanged(call, because="an update belongs to its owner")
            or self._divided(call, xs)
            or evidence.equals(call, sum(xs) / len(xs), tolerance=1e-5, because="every owner counts the same")
            or evidence.first(evidence.leaves(call, name, 0) for name in ["aggregator", *owners])
        )

    def _averaged_here(self, call: Evidence, xs: list[torch.Tensor]) -> Verdict | None:
        rows = values_to(call["messages"], "me")
        if len(rows) <= 1:
            return None
        message = (
            f"`{call['text']}` brought you {len(rows)} tensors, `{what_travelled(rows)}`; expected one, "
            "the mean. "
            "You have seen what single owners learned, and the aggregator was there so that you would not."
        )
        return Verdict("averaged-here", message, "Where should the additions happen?")

    def _at_an_owner(self, call: Evidence, owners: list[str]) -> Verdict | None:
        """An owner may get her own update back, nothing else."""
        own = {(pointer.location, pointer.id) for pointer in call["before"][0]}
        for row in call["messages"]:
            back = len(row["objects"]) == 1 and (row["receiver"], row["objects"][0]) in own
            if row["values"] and row["receiver"] in owners and not back:
                message = (
                    f"During `{call['text']}`, `{row['detail']}` travelled from {row['sender']} to "
                    f"{row['receiver']}, "
                    "an owner, who now knows something that others wanted to keep private."
                )
                return Verdict("at-an-owner", message, "Who is the third party here?")
        return None

    def _one_number(self, call: Evidence, xs: list[torch.Tensor]) -> Verdict | None:
        if call["returned"].shape == xs[0].shape:
            return None
        message = (
            f"`{call['text']}` returned `{size(call['returned'])}` for updates of `{size(xs[0])}`. "
            "A model needs a mean for each of its weights."
        )
        return Verdict("wrong-shape", message, "Along which dimension do the owners lie?")

    def _owner_emptied(self, call: Evidence, owners: list[str]) -> Verdict | None:
        for name in owners:
            before, after = call["objects"].get(name, (0, 0))
            if after < before:
                message = (
                    f"After `{call['text']}`, {name}'s store went from {plural(before, 'object')} to "
                    f"{after}. The "
                    f"update belongs to {name}, who wanted to go on training with it."
                )
                return Verdict("owner-emptied", message, "What could travel to the aggregator in its place?")
        return None

    def _divided(self, call: Evidence, xs: list[torch.Tensor]) -> Verdict | None:
        seen, total, count = call["returned"], torch.stack(xs).sum(0), len(xs)
        for divisor in (1, 2):
            if divisor != count and same_numbers(seen, total / divisor) and bool((total != 0).any()):
                message = (
                    f"`{call['text']}` returned {'the sum' if divisor == 1 else 'half of the sum'}, "
                    f"`{brief(seen)}`, "
                    f"for {count} owners; expected `{brief(total / count)}`. A model made of it would be "
                    "wrong for all."
                )
                return Verdict("wrong-divisor", message, "What says how many owners there are?")
        return None


RATE = 0.1


def improve(w: torch.Tensor, rows: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """One step of an owner, in plain torch."""
    return w - RATE * rows.t() @ (rows @ w - target)


def trained(question: Question, keep: bool = False) -> torch.Tensor:
    """What the rounds should end with; `keep` never empties the list, as the broken program does."""
    w: torch.Tensor = question["w"]
    parts: list[torch.Tensor] = []
    for _ in range(question["count"]):
        fresh = [improve(w, rows, target) for rows, target in question["shards"]]
        parts = parts + fresh if keep else fresh
        w = torch.stack(parts).mean(0)
    return w


def same_numbers(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Equal up to the rounding of a few additions."""
    return a.shape == b.shape and a.dtype == b.dtype and torch.allclose(a, b, atol=1e-4)


def most_held(rows: list[dict[str, Any]], worker: str) -> int:
    """How many tensors that others sent to `worker` it held at most at one time, by the messages."""
    held: set[int] = set()
    most = 0
    for row in rows:
        if row["receiver"] == worker and row["kind"] == "send":
            held.update(row["objects"])
        elif row["receiver"] == worker and row["kind"] in ("delete", "get", "move"):
            held.difference_update(row["objects"])
        most = max(most, len(held))
    return most


@register
class Rounds(Exercise):
    id = "03.5"
    title = "rounds that tidy up after themselves only"
    minutes, points = 9, 3
    objective = "run a loop that leaves every store as it found it"
    stub = '''
def rounds(w: torch.Tensor, shards: list, aggregator, count: int) -> torch.Tensor:
    """`count` rounds: each owner improves w on her rows, the aggregator averages, the mean comes home.

    w: float tensor, here.   shards: one pair (rows, target) of pointers for each owner.
    returns: w after the last round, a new tensor here. Only one mean a round reaches you, nobody sees
    an owner's rows, the aggregator never piles up old rounds, and every store ends as it began.
    >>> rounds(torch.zeros(2, 1), fresh_shards(), aggregator, count=1)
    tensor([[0.1500],
            [0.2000]])
    """
    raise NotImplementedError
'''
    hints = (
        "An object dies with the last pointer to it. Ask which names and lists still hold pointers of old "
        "rounds.",
        "Two lines of the broken program are wrong: one takes too much away, one keeps too much.",
        "for each round: start with an empty list, fill it with …, take the mean, go on. Nothing needs "
        "clearing.",
    )
    success = (
        "One to six rounds: weights as in plain torch, everybody's data still in place, no round piled up."
    )

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [self._question(draw, count, owners) for count, owners in ((1, 2), (3, 2), (6, 3))]

    def _question(self, draw: Draw, count: int, owners: int) -> Question:
        shards = [(draw.floats(2, 3, low=-1, high=1), draw.floats(2, low=-2, high=2)) for _ in range(owners)]
        w = draw.floats(3, low=-1, high=1)
        return {"w": w, "shards": shards, "count": count, "owners": draw.people(owners)}

    def probe(self, answer: Watched, question: Question) -> Evidence:
        owners, (aggregator,) = workers(*question["owners"]), workers("aggregator")
        other = torch.tensor([5.0, 3.0]).send(aggregator)  # type: ignore[attr-defined]
        shards = [
            (rows.send(owner), target.send(owner))
            for (rows, target), owner in zip(question["shards"], owners, strict=True)
        ]
        answer(question["w"], shards, aggregator, question["count"])
        return {"other": observe(other)}

    def verdict(self, question: Question, seen: Evidence) -> Verdict | None:
        call = seen["calls"][0]
        return (
            self._opened(call, question)
            or self._seen_by_owners(call, question)
            or self._deleted(call, seen["other"])
            or evidence.returned_a(call, torch.Tensor, "a tensor, here with you")
            or evidence.inputs_unchanged(call, because="the next person who starts the loop needs it")
            or self._stale(call, question)
            or self._forgets(call, question)
            or evidence.equals(call, trained(question), tolerance=1e-4)
            or self._piles_up(call, question)
            or evidence.first(evidence.leaves(call, name, 0) for name in [*question["owners"], "aggregator"])
        )

    def _opened(self, call: Evidence, question: Question) -> Verdict | None:
        rows, count = values_to(call["messages"], "me"), question["count"]
        owners = {row["sender"] for row in rows} & set(question["owners"])
        if owners:
            name = min(owners)
            message = (
                f"During `{call['text']}`, "
                f"`{what_travelled([r for r in rows if r['sender'] == name][:2])}` travelled "
                f"from {name} to you. The rows belong to {name}, and the aggregator is there so that you "
                "see means."
            )
            return Verdict("opened-an-owner", message, "Which get asks an owner?")
        if len(rows) > count:
            message = (
                f"`{call['text']}` opened {plural(len(rows), 'tensor')} in {plural(count, 'round')}; "
                "expected one mean "
                "a round. Whatever else you open is one owner's."
            )
            return Verdict("opened-too-much", message, "What has to happen at the aggregator before the get?")
        return None

    def _seen_by_owners(self, call: Evidence, question: Question) -> Verdict | None:
        owners = set(question["owners"])
        for row in call["messages"]:
            if row["values"] and row["receiver"] in owners and row["sender"] != "me":
                message = (
                    f"During `{call['text']}`, `{row['detail']}` went from {row['sender']} to "
                    f"{row['receiver']}, "
                    "an owner. Owners want to keep their improvements from each other."
                )
                return Verdict("at-an-owner", message, "Who is the third party?")
            rows = size(question["shards"][0][0])
            if row["values"] and row["receiver"] == "aggregator" and row["detail"] == rows:
                message = (
                    f"During `{call['text']}`, `{rows}` went from {row['sender']} to the aggregator: an "
                    "owner's rows "
                    "themselves. The aggregator needs what was computed from them."
                )
                return Verdict("rows-travelled", message, "Where are the rows when they are used?")
        return None

    def _deleted(self, call: Evidence, other: Plain) -> Verdict | None:
        if other.value is None:
            message = (
                f"After `{call['text']}`, two numbers that another project keeps at the aggregator are gone. "
                "clear_objects() asks nobody whose they are."
            )
            return Verdict(
                "deleted-others", message, "Which objects does your loop make, and when do they die?"
            )
        for rows, _ in call["after"][1]:
            if rows.value is None:
                message = (
                    f"After `{call['text']}`, {rows.location}'s rows are gone. You tidied up in a store "
                    "that is not "
                    "yours, and the next round has nothing to learn from."
                )
                return Verdict("deleted", message, "What would die by itself, if no name held it any more?")
        return None

    def _stale(self, call: Evidence, question: Question) -> Verdict | None:
        kept = trained(question, keep=True)
        if same_numbers(kept, trained(question)) or not same_numbers(call["returned"], kept):
            return None
        message = (
            f"`{call['text']}` averaged the improvements of all rounds so far, old ones too: "
            f"`{brief(call['returned'])}`; expected `{brief(trained(question))}`. The aggregator has to "
            "keep them all for that."
        )
        return Verdict("stale", message, "When does the list begin anew?")

    def _forgets(self, call: Evidence, question: Question) -> Verdict | None:
        once = trained({**question, "count": 1})
        if question["count"] == 1 or not same_numbers(call["returned"], once):
            return None
        message = (
            f"`{call['text']}` returned `{brief(call['returned'])}`, which is w after one round; expected "
            f"`{brief(trained(question))}`. Every round began with the first w, so the owners worked for "
            "nothing."
        )
        return Verdict("forgets", message, "What should the next round send out?")

    def _piles_up(self, call: Evidence, question: Question) -> Verdict | None:
        most, owners = most_held(call["messages"], "aggregator"), len(question["owners"])
        if most <= 2 * owners + 1:
            return None
        message = (
            f"`{call['text']}` returned the right weights. But at one time the aggregator held {most} "
            "improvements of "
            f"{owners} owners: old rounds stay there, readable, for as long as a list points to them."
        )
        return Verdict("piles-up", message, "Which list outlives its round?")
