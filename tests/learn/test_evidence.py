"""A privacy sentence, said whole: who may receive how many numbers from whom."""

from __future__ import annotations

import contextlib
import gc
from typing import Any

import pytest
import torch

import course as sy
from course.learn import evidence
from course.learn.watch import Watched
from course.transcript import Transcript

X = torch.arange(6.0).reshape(2, 3)


def call(work: Any) -> dict[str, Any]:
    """What a watched call of `work(pointer to X at bob, alice)` leaves, as far as these helpers look."""
    with sy.isolated(seed=3):
        hook = sy.TorchHook(torch)
        bob, alice = sy.VirtualWorker(hook, id="bob"), sy.VirtualWorker(hook, id="alice")
        watched = Watched(work, "f")
        watched.keeps = True
        watched(X.clone().send(bob), alice)
        return watched.calls[0]


def eve() -> Any:
    return sy.VirtualWorker(sy.TorchHook(torch), id="eve")


LEAKS = {
    "whole": lambda x, alice: x.copy().get(),
    "row by row": lambda x, alice: [x[i].get() for i in range(2)],
    "number by number": lambda x, alice: [x[i, j].get() for i in range(2) for j in range(3)],
    "transposed": lambda x, alice: x.t().copy().get(),
    "peeked at": lambda x, alice: x.location._objects[x.id_at_location],
    "through a worker of one's own": lambda x, alice: x.copy().move(eve()).sum().get(),
    "left with a worker of one's own": lambda x, alice: x.copy().move(eve()),
    "to somebody who takes part": lambda x, alice: x.copy().move(alice),
    "a chain, pulled": lambda x, alice: x.copy().send(alice).remote_get(),
}


@pytest.mark.parametrize("name", LEAKS)
def test_values_reach_only_those_who_may_have_them(name: str) -> None:
    found = evidence.only_travels(call(LEAKS[name]), {("bob", "me"): 1})
    assert found is not None and found.tag == "seen-by-others"
    assert "went from bob to" in found.message and found.next


def test_what_is_allowed_is_allowed_in_any_form() -> None:
    for work in (lambda x, alice: x.sum().get(), lambda x, alice: x.sum().reshape(1, 1).get()):
        assert evidence.only_travels(call(work), {("bob", "me"): 1}) is None
    there_and_back = call(lambda x, alice: (lambda home: x.move(alice).move(home))(x.location))
    assert evidence.only_travels(there_and_back, {("bob", "alice"): 6}) is None


def test_one_wide_number_has_room_for_two() -> None:
    """However it is dressed: as float64, or as whole numbers of 64 bits."""
    for work in (lambda x, alice: x.sum().double().get(), lambda x, alice: (x.sum() * 2**20).long().get()):
        found = evidence.only_travels(call(work), {("bob", "me"): 1})
        assert found is not None and found.tag == "seen-by-others"
        assert "went from bob to you; expected at most 1 of 32 bits, and here is room for two in one" in found.message
        for width in (torch.tensor(1, dtype=torch.float64), [1, 1]):
            assert evidence.only_travels(call(work), {("bob", "me"): width}) is None
    assert evidence.only_travels(call(lambda x, alice: x.sum().get()), {("bob", "me"): torch.tensor(1.0)}) is None


def test_numbers_outside_of_tensors_count_with_those_inside() -> None:
    record = call(lambda x, alice: x.sum().get())
    record["told"] = [{"sender": "bob", "receiver": "me", "words": 2, "text": "0.1 in add"}]
    assert evidence.only_travels(record, {("bob", "me"): 3}) is None
    found = evidence.only_travels(record, {("bob", "me"): 2})
    assert found is not None and found.tag == "said-beside"
    told = "bob told you 2 numbers outside of tensors (`0.1 in add`); expected at most 2 with those in tensors"
    assert told in found.message and "which argument" in found.next.lower()


def test_whoever_catches_an_error_has_asked_about_the_numbers() -> None:
    def asks(x: Any, alice: Any) -> None:
        with contextlib.suppress(RuntimeError):
            torch.bernoulli(x)

    found = evidence.only_travels(call(asks))
    assert found is not None and found.tag == "asked-by-error"
    assert "`torch.bernoulli` at bob ended in a RuntimeError, and the code went on" in found.message


def test_what_the_course_refuses_before_it_looks_tells_nothing() -> None:
    def tries(x: Any, alice: Any) -> None:
        with contextlib.suppress(sy.OperationNotReviewedError):
            x.nonzero()

    assert evidence.only_travels(call(tries)) is None


def test_whoever_clears_all_transcripts_is_seen_all_the_same() -> None:
    def clears(x: Any, alice: Any) -> None:
        x.copy().get()
        for one in gc.get_objects():
            if type(one) is Transcript:
                one.clear()

    found = evidence.only_travels(call(clears))
    assert found is not None and found.tag == "seen-by-others"


def test_what_comes_to_you_is_kept_where_somebody_asks_for_it() -> None:
    def opens(x: Any, alice: Any) -> None:
        x.sum().get()
        x[0].move(alice).get()

    total, row = call(opens)["arrived"]
    assert total.item() == X.sum().item() and torch.equal(row, X[0])


def test_what_somebody_is_handed_is_kept_where_somebody_asks_for_it() -> None:
    """On its way between two workers, wherever they live."""
    with sy.isolated(seed=3):
        bob, alice = (sy.VirtualWorker(sy.session, id=name) for name in ("bob", "alice"))
        watched = Watched(lambda x, alice: x[0].copy().move(alice) + 1, "f")
        watched.follows = ("alice",)
        watched(X.clone().send(bob), alice)
    ((sender, receiver, tensor),) = watched.calls[0]["handed"]
    assert (sender, receiver) == ("bob", "alice") and torch.equal(tensor, X[0])


def test_a_receiver_has_a_tag_of_its_own() -> None:
    found = evidence.only_travels(call(LEAKS["to somebody who takes part"]), tags={"alice": "shown"})
    assert found is not None and found.tag == "shown"
    assert found.facts["what"] == "2 x 3 float32" and found.facts["receiver"] == "alice"


def keeps_in_a_list(x: Any, history: Any) -> Any:
    return [*(history or []), x * 2]


def keeps_in_one_tensor(x: Any, history: Any) -> Any:
    return x.reshape(-1) if history is None else torch.cat([history, x.reshape(-1)])


def keeps_in_place(x: Any, history: Any) -> Any:
    """As long in each round as it is in the first one: nothing piles up."""
    return torch.zeros(99).send(x.location) if history is None else history.add_(1)


def forgets(x: Any, history: Any) -> Any:
    return x * 2


@pytest.mark.parametrize(
    ("keep", "more"), [(keeps_in_a_list, 6), (keeps_in_one_tensor, 6), (keeps_in_place, 0), (forgets, 0)]
)
def test_history_that_piles_up_is_weighed(keep: Any, more: int) -> None:
    """In many tensors or in one; `x` has six numbers."""

    def loop(x: Any, alice: Any) -> None:
        history = None
        for _ in range(6):
            history = keep(x, history)
            x.sum().get()

    with sy.isolated(seed=3):
        bob, alice = (sy.VirtualWorker(sy.session, id=name) for name in ("bob", "alice"))
        watched = Watched(loop, "loop", weighs=True)
        watched(X.clone().send(bob), alice)
    (record,) = watched.calls
    held = [weighed["bob"] for weighed in record["weighed"]]
    assert len(held) == 5
    assert {b - a for a, b in zip(held[1:], held[2:], strict=False)} == {more}
    assert evidence.piles_up(record, "bob") == (held if more else [])
    assert evidence.piles_up(record, "alice") == []
    assert not [row for row in record["messages"] if row["kind"] == "ask"]


def test_three_rounds_tell_nothing_about_growth() -> None:
    """A first round may leave less behind than each later one."""
    assert evidence.piles_up({"weighed": [{"bob": 2}, {"bob": 8}, {"bob": 8}]}, "bob") == []


def test_leaves_says_which_way() -> None:
    record = {"text": "f(x)", "objects": {"bob": (2, 5), "alice": (3, 1)}}
    more, fewer = evidence.leaves(record, "bob", 1), evidence.leaves(record, "alice", 0)
    assert more is not None and (more.tag, "expected 3" in more.message) == ("left-behind", True)
    assert fewer is not None and (fewer.tag, "not yours to delete" in fewer.message) == ("deleted", True)


def test_a_known_mistake_is_told_from_the_right_value() -> None:
    record = {"text": "f(x)", "returned": 4}
    looks = list(evidence.leads_to(record, 3, {"twice": 6, "more": evidence.any_of(4, 5)}))
    assert [tag for wrong, tag, _ in looks if wrong] == ["more"]
    assert list(evidence.leads_to(record, 4, {"same": 4})) == []
