"""Asked twice, with other numbers: what an honest answer says stays the same, and what is made of numbers shows."""

from __future__ import annotations

import itertools
import secrets
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import course as sy
from course.learn.exercise import Draw, Exercise, Looks, Question, at, examine, worker
from course.learn.plain import Pointer
from course.learn.twins import with_other_numbers

DTYPES = [torch.float32, torch.float64, torch.int64, torch.int32, torch.uint8, torch.bool, torch.complex64]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.sampled_from(DTYPES))
def test_other_numbers_look_the_same_from_outside(numbers: list[int], dtype: torch.dtype) -> None:
    x = torch.tensor(numbers).to(dtype)
    (there,), here = with_other_numbers(([Pointer("bob", 1, x)], x))
    other = there.value
    assert (there.location, other.dtype, other.shape) == ("bob", x.dtype, x.shape)
    assert torch.equal(here, other) and not torch.equal(other, x)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=9))
def test_a_label_becomes_another_label(labels: list[int]) -> None:
    """Nobody's class is one that a model of two classes or more has not got."""
    other = with_other_numbers(torch.tensor(labels)).tolist()
    assert all(a != b for a, b in zip(labels, other, strict=True))
    assert min(other) >= 0 and max(other) <= max(1, *labels)


def test_settings_stay_as_they_are() -> None:
    settings: dict[str, Any] = {"rate": 0.1, "names": ("bob", "alice"), "seed": 3, "none": None}
    assert with_other_numbers(settings) == settings
    assert with_other_numbers(torch.ones(0, 3)).shape == (0, 3)


class Keep(Exercise):
    """Bob's column, yours, and Alice, who may see nothing of either."""

    id, title, minutes, points, objective = "09.8", "keep", 5, 3, "keep"
    stub = "def keep(x, y, z, alice):\n    raise NotImplementedError"
    hints, success = ("a", "b", "c"), "fine"
    promises: Any = ("private",)

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        labels = draw.integers(4, low=0, high=3)
        return [{"args": [at("bob", draw.floats(4)), labels, at("alice", draw.floats(4)), worker("alice")]}]

    def looks(self, question: Question, call: Any) -> Looks:
        yield from ()


KEEP = Keep()


def told(answer: Any) -> list[tuple[str, str, str]]:
    """What was said about numbers: by whom, to whom, and in which words."""
    seen = examine(KEEP, answer, KEEP.questions(0)[0])
    assert seen["failure"] is None
    return [(one["sender"], one["receiver"], one["text"]) for one in seen["calls"][0]["told"]]


def trains(x: Any, y: Any, z: Any, alice: Any) -> Any:
    """All that an honest answer says: rates, dimensions, counts, slices, tags, plans, random numbers, errors."""
    w = torch.zeros(4).send(z.location)
    for n in range(len(z)):
        w = w - 0.1 * z[n : n + 1] / len(y)
        w = w * torch.rand(4).tolist()[n]
    w.tag(f"#{z.location.id}", "#model").describe("weights")
    doubled = sy.func2plan()(lambda a: (a * 2).reshape(2, 2).sum(dim=1)).build(torch.ones(4))
    there = doubled.send(z.location)
    assert z.location.search("#model")
    try:
        z.nonzero()
    except sy.OperationNotReviewedError:
        there(z)
    return w.get()


def test_an_honest_answer_says_the_same_twice() -> None:
    assert told(trains) == []


def test_nobody_sees_in_which_order_several_workers_are_asked() -> None:
    """A set of workers has another order in each session."""

    def asks(x: Any, y: Any, z: Any, alice: Any) -> Any:
        doubled = sy.func2plan()(lambda a: a * 2).build(torch.ones(4))
        there = {place: doubled.send(place) for place in _shuffled((x.location, z.location))}
        return [there[part.location](part) + 1 for part in _shuffled((x, z))]

    for _ in range(5):
        assert told(asks) == []


def _shuffled(parts: Any) -> list[Any]:
    """In an order that no seed decides."""
    return sorted(parts, key=lambda part: secrets.randbelow(100))


def test_an_order_of_workers_hides_nothing_else() -> None:
    def asks(x: Any, y: Any, z: Any, alice: Any) -> None:
        for part in _shuffled((x, z)):
            part * y[0].item()

    for _ in range(5):
        assert sorted(receiver for _, receiver, _ in told(asks)) == ["alice", "bob"]


SPEAKERS = {
    "an argument": (lambda x, y, z, alice: z + y[0].item(), "in add"),
    "a setting": (lambda x, y, z, alice: z.clamp(min=y[0].item() - 9), "in clamp"),
    "an index": (lambda x, y, z, alice: z[int(y[1])], "in []"),
    "a tag": (lambda x, y, z, alice: z.tag(f"#{y.tolist()}"), "in label"),
    "a description": (lambda x, y, z, alice: z.describe(str(y.tolist())), "in label"),
    "a search": (lambda x, y, z, alice: alice.search(str(y.tolist())), "in search"),
    "a shape": (lambda x, y, z, alice: torch.ones(int(y[0]) + 1, 0).send(alice), "in send"),
    "an id": (lambda x, y, z, alice: named(torch.ones(1), 10**9 + int(y[0])).send(alice), "in send"),
    "a plan": (lambda x, y, z, alice: added(float(y[0])).send(alice), "in send"),
    "a choice of operation": (lambda x, y, z, alice: z.relu() if y[0] == first() else z.abs(), "whether to ask for"),
    "more requests": (lambda x, y, z, alice: [z + 1 for _ in range(int(y[0]))], "whether to ask for"),
    "what was opened before": (lambda x, y, z, alice: z * x.sum().get().item(), "in mul"),
}  # fmt: skip


def first() -> int:
    """The first of your numbers, as the question has it."""
    return int(KEEP.questions(0)[0]["args"][1][0])


def named(x: torch.Tensor, id: int) -> Any:
    x.id = id  # type: ignore[attr-defined]
    return x


def added(number: float) -> Any:
    return sy.func2plan()(lambda a: a + number).build(torch.ones(1))


@pytest.mark.parametrize("name", SPEAKERS)
def test_what_is_made_of_numbers_shows(name: str) -> None:
    speak, words = SPEAKERS[name]
    said = told(lambda *args: (speak(*args), None)[1])
    assert said and {ends[:2] for ends in said} == {("me", "alice")}
    assert any(words in text for *_, text in said)


def test_a_second_run_that_takes_too_long_is_no_leak() -> None:
    """On a busy machine: what the second run had not said when it was stopped says nothing about numbers."""
    calls = itertools.count()

    def slow_at_last(bobs: Any, *others: Any) -> None:
        while next(calls):
            pass
        bobs.sum()

    seen = examine(KEEP, slow_at_last, KEEP.questions(0)[0], seconds=0.2)
    assert seen["failure"]["kind"] == "time"
    assert len(seen["calls"]) == 1


def test_only_what_promises_privacy_is_asked_twice() -> None:
    calls = itertools.count()
    examine(KEEP, lambda *args: next(calls), KEEP.questions(0)[0])
    assert next(calls) == 2
    silent: Any = type("Silent", (Keep,), {"promises": ()})()
    examine(silent, lambda *args: next(calls), KEEP.questions(0)[0])
    assert next(calls) == 4


def test_a_twin_that_fails_is_one_that_said_less() -> None:
    def stumbles(x: Any, y: Any, z: Any, alice: Any) -> None:
        if int(y[0]) != first():
            raise ValueError("another label")
        z.relu()

    assert told(stumbles) == [("me", "alice", "whether to ask for relu")]
