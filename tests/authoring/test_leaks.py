"""A leak does leak: what it shows is in the transcript, what it leaves behind in a store."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import course as sy
from course import session
from course.authoring.answers import Answers
from course.authoring.leaks import _TELLINGS, CannotLeak, leaks, undeclared
from course.learn.exercise import Exercise, Watched, workers
from course.learn.twins import depending
from course.smpc.dealer import Dealer
from course.smpc.parties import Parties
from course.smpc.randomness import SeededForTests
from course.smpc.shares import split, total

SOURCE = '''
def f(x, y, place):
    """The sum of x and y, at `place`; nobody else sees a number."""
    parts = [part.copy().move(place) for part in (x, y)]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total
'''


class Meeting(Exercise):
    """A small exercise with two owners and a place to meet."""

    id, title, minutes, points, objective = "09.9", "a meeting", 5, 3, "meet"
    stub, hints, success = SOURCE, ("a", "b", "c"), "fine"
    promises: Any = ("private", "tidy", "bounded")

    def questions(self, seed: int) -> list[dict[str, Any]]:
        return [{"x": torch.ones(2, 3), "y": torch.ones(2, 3)}]

    def probe(self, answer: Any, question: Any) -> dict[str, Any]:
        bob, alice, place = workers("bob", "alice", "claire")
        answer(question["x"].send(bob), question["y"].send(alice), place)
        return {}

    def verdict(self, question: Any, seen: Any) -> None:
        return None


MEETING, ANSWERS = Meeting(), Answers(reference=SOURCE)
LEAKS = list(leaks(MEETING, ANSWERS))


def rows_of(name: str) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The messages of one leaking call, and how many objects each worker holds after it."""
    with session.isolated(seed=7):
        bob, alice, place = workers("bob", "alice", "claire")
        x, y = torch.ones(2, 3).send(bob), torch.ones(2, 3).send(alice)
        with sy.record() as log:
            kept = leaks(MEETING, ANSWERS)[name](x, y, place)  # noqa: F841 - the pointer keeps the result alive
        return log.rows(), {str(worker.id): len(worker._objects) for worker in session.workers()}


HONEST = {("bob", "claire"), ("alice", "claire")}


@pytest.mark.parametrize("name", [name for name in LEAKS if ", to " in name])
def test_what_is_shown_is_in_the_transcript(name: str) -> None:
    try:
        rows, _ = rows_of(name)
    except CannotLeak:
        assert name.startswith("tensor 3")
        return
    receivers = {"you": "me", "a helper": "helper", "the first other": "claire", "the last other": "claire"}
    holder = {"tensor 1": "bob", "tensor 2": "alice", "the result": "claire"}[name.split(",")[0]]
    receiver = receivers[name.rpartition(", to ")[2]]
    if receiver == "claire":
        receiver = {"bob": {"first": "alice", "last": "claire"}, "alice": {"first": "bob", "last": "claire"}}[holder][
            name.split()[-2]
        ]
    shown = [row["detail"] for row in rows if row["values"] and (row["sender"], row["receiver"]) == (holder, receiver)]
    assert len(shown) > ((holder, receiver) in HONEST)


@pytest.mark.parametrize("name", [name for name in LEAKS if "peeked" in name and "3" not in name])
def test_a_peek_is_in_the_transcript(name: str) -> None:
    rows, _ = rows_of(name)
    assert [row["receiver"] for row in rows if row["kind"] == "peek"] == ["me"]


@pytest.mark.parametrize("name", [name for name in LEAKS if " left " in name and "tensor 3" not in name])
def test_what_is_left_is_in_a_store(name: str) -> None:
    _, held = rows_of(name)
    assert sum(held.values()) == 4  # both tensors, the result, and what was left


SAID = {  # which kind of message carries it, and where it stands there
    "as arguments of operations": ("execute", "0.75"),
    "as tags": ("label", "[0.75, -2.5]"),
    "as searches": ("search", "-2.5"),
    "as constants of a plan": ("send", "0.75"),
    "as sizes of empty tensors": ("send", "75 x 0 float32"),
    "as so many requests": ("search", ""),
}


@pytest.mark.parametrize("form", SAID)
def test_what_is_yours_is_said_to_somebody_beside_tensors(form: str) -> None:
    """No tensor with a number in it goes to the receiver, and the numbers are in the message."""
    kind, written = SAID[form]
    with session.isolated(seed=7):
        bob, place = workers("bob", "claire")
        x, mine = torch.ones(2).send(bob), torch.tensor([0.75, -2.5])
        said = leaks(MEETING, Answers(reference="def f(x, y, place):\n    return x + x"))
        with sy.record() as log:
            said[f"tensor 1 of yours, {form}, told to the first other"](x, mine, place)
    rows = [row for row in log.rows() if row["kind"] in (kind, "execute") and row["receiver"] == "bob"]
    assert sum(row["numbers"] for row in log.rows()) == 0
    assert any(written in [*map(str, row["written"]), row["detail"]] or not written for row in rows)
    assert len(rows) > 1


def test_a_detour_may_be_twice_as_wide() -> None:
    (name,) = [name for name in LEAKS if "double()" in name]
    rows, _ = rows_of(name)
    assert [row["words"] for row in rows if row["values"] and row["receiver"] == "claire"] == [12, 12]


def test_a_detour_passes_a_helper_and_leaves_nothing_there() -> None:
    (name,) = [name for name in LEAKS if "helper" in name and "move(" in name]
    rows, held = rows_of(name)
    assert [row["receiver"] for row in rows if row["values"]].count("helper") == 2
    assert held["helper"] == 0


def test_a_history_holds_what_its_rounds_made() -> None:
    names = [name for name in LEAKS if name.startswith("history")]
    assert len(names) == 3
    for name in names:
        assert rows_of(name)[1]["claire"] == 1  # it dies with the call


def test_a_history_may_be_one_tensor_that_grows() -> None:
    (name,) = [name for name in LEAKS if name.startswith("history of values in one tensor")]
    rows, _ = rows_of(name)
    joined = [row for row in rows if row["op"] == "torch.cat" and row["receiver"] == "claire"]
    assert joined


def test_a_name_takes_the_place_of_a_location() -> None:
    source = SOURCE.replace("move(place)", "move(y.location)")
    made = leaks(MEETING, Answers(reference=source))
    assert any("move(sy.VirtualWorker(sy, id='claire'))" in name for name in made)


def test_only_what_is_promised_is_leaked() -> None:
    silent = type("Silent", (Meeting,), {"promises": ()})()
    assert set(leaks(silent, ANSWERS)) == {"float64 for float32", "the workers of the first question, by name"}


def test_a_text_that_promises_needs_a_declaration() -> None:
    assert undeclared(type("Unsaid", (Meeting,), {"promises": None})()) == ["nobody"]
    assert undeclared(MEETING) == []


def test_a_promise_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="it can promise: private, masked, tidy, bounded"):
        type("Odd", (Meeting,), {"promises": ("secret",)})()


PLANNED = '''
def f(example):
    """A plan that doubles; nobody reads the example in it."""
    return sy.func2plan()(lambda x: x + x).build(example)
'''


class Planning(Meeting):
    """A small exercise that returns a plan."""

    stub, promises = PLANNED, ("program",)


def planned(name: str) -> tuple[Any, torch.Tensor, list[dict[str, Any]]]:
    """The plan of one leaking call, what it was made of, what it did with rows of theo's, and what crossed then."""
    example = torch.tensor([3.25, -7.5])
    with session.isolated(seed=7):
        (theo,) = workers("theo")
        plan = leaks(Planning(), Answers(reference=PLANNED))[name](example)
        x = torch.ones(3).send(theo)
        with sy.record() as log:
            doubled = plan.send(theo)(x)
        assert torch.equal(doubled.get(), torch.full((3,), 2.0))
        return plan, x.get(), [row for row in log.rows() if row["values"] and row["sender"] == "theo"]


def test_a_plan_carries_numbers_of_an_argument() -> None:
    for where in ("as constants", "in its name"):
        plan, rows, crossed = planned(f"a plan with numbers of an argument {where}")
        assert "3.25" in plan.code
        assert "-7.5" in plan.code
        assert not crossed
        assert torch.equal(rows, torch.ones(3))
    held, _, _ = planned("a plan with an argument as state")
    assert torch.equal(held._state()[0], torch.tensor([3.25, -7.5]))


def test_a_plan_hands_on_and_writes_into_what_it_is_given() -> None:
    _, rows, crossed = planned("a plan that hands its input on")
    assert [(row["receiver"], row["numbers"]) for row in crossed] == [("helper", 3)]
    assert torch.equal(rows, torch.ones(3))
    _, rows, crossed = planned("a plan that writes into its input")
    assert not crossed
    assert torch.equal(rows, torch.full((3,), 2.0))


SHARES = '''
def f(x, mine, cp):
    """Twice the secret, shared; nobody opens it, and nobody else sees a number of yours."""
    return x + x
'''


class Holding(Exercise):
    """A small exercise with a shared tensor and numbers that are yours."""

    id, title, minutes, points, objective = "09.8", "shares", 5, 3, "double"
    stub, hints, success = SHARES, ("a", "b", "c"), "fine"
    promises: Any = ("private",)

    def questions(self, seed: int) -> list[dict[str, Any]]:
        return [{}]

    def probe(self, answer: Any, question: Any) -> dict[str, Any]:
        answer(*shared_and_mine())
        return {}

    def verdict(self, question: Any, seen: Any) -> None:
        return None


def shared_and_mine() -> tuple[Any, torch.Tensor, Any]:
    bob, alice, cp = workers("bob", "alice", "cp")
    x = torch.tensor([0.5, -2.0]).fix_precision(16, base=2).share(bob, alice, crypto_provider=cp)  # type: ignore[attr-defined]
    return x, torch.tensor([0.75, -2.5]), cp


OF_SHARES = [name for name in leaks(Holding(), Answers(reference=SHARES)) if name.startswith("shared tensor 1")]
TOLD = [f"tensor 1 of yours, {what}" for what in _TELLINGS]


@pytest.mark.parametrize("name", OF_SHARES)
def test_what_is_opened_or_brought_together_of_shares_is_in_the_transcript(name: str) -> None:
    with session.isolated(seed=7):
        given = shared_and_mine()
        made = leaks(Holding(), Answers(reference=SHARES))[name]
        with sy.record() as log:
            made(*given)
    ways = {(row["sender"], row["receiver"]) for row in log.rows() if row["values"] and row["kind"] != "open"}
    assert ways & {("bob", "alice"), ("bob", "me"), ("bob", "helper")}
    assert len(OF_SHARES) == 9


@pytest.mark.parametrize("name", TOLD)
def test_what_holders_are_told_of_yours_depends_on_your_numbers(name: str) -> None:
    """The very messages of the same leak with other numbers are other ones, or carry a tensor that is no share."""
    heard = []
    for numbers in ([0.75, -2.5], [3.5, -1.75]):
        with session.isolated(seed=7):
            x, _, cp = shared_and_mine()
            made = leaks(Holding(), Answers(reference=SHARES))[name]
            watched = Watched(made, "f")
            watched(x, torch.tensor(numbers), cp)
            heard.append(watched.heard[0])
    sent = [message for message in heard[0] if message[0] == "Send"]
    assert depending(*heard) or len(sent) == 1


PARTIES = '''
def f(parties, x, y):
    """Shares of x + y; nobody sees x or y."""
    return x + y
'''


class Computing(Holding):
    """A small exercise with parties of a protocol."""

    stub, promises = PARTIES, ("masked",)


ON_THE_TABLE = list(leaks(Computing(), Answers(reference=PARTIES)))


@pytest.mark.parametrize("name", [name for name in ON_THE_TABLE if name.startswith("shares 1")])
def test_what_parties_put_on_the_table_is_opened_and_the_result_stays_right(name: str) -> None:
    draws = SeededForTests(3)
    x, y = (split(torch.tensor(secret), 3, draws) for secret in ([5, -7], [1, 2]))
    group = Parties(["a", "b", "c"], Dealer(3, draws))
    result = leaks(Computing(), Answers(reference=PARTIES))[name](group, x.clone(), y.clone())
    assert torch.equal(total(result), torch.tensor([6, -5]))
    by_hand = "added up" in name
    assert (len(group.openings) == 1) != by_hand
    assert torch.equal(result, x + y) != by_hand
