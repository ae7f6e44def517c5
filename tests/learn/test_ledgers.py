"""The ledger compares what a student counted with the transcript, and says what was counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

import course as sy
from course.learn import ledger, progress


@pytest.fixture
def log() -> Any:
    """Bob receives ten numbers, you one, Claire a copy of Bob's ten."""
    hook = sy.TorchHook(torch)
    bob, claire, _ = (sy.VirtualWorker(hook, id=name) for name in ("bob", "claire", "dora"))
    with sy.record() as log:
        x = torch.ones(2, 5).send(bob)
        x.copy().move(claire)
        x.sum().get()
    return log


def said(card: object) -> str:
    return " ".join(repr(card).split())


RIGHT = {"bob": 10, "claire": 10, "me": 1}


def test_right_counts_agree(log: Any) -> None:
    assert ledger("00.l1", log, RIGHT).word == "✓ The transcript agrees"
    assert ledger("00.l1", log, {**RIGHT, "dora": 0}).word == "✓ The transcript agrees"


@pytest.mark.parametrize("claims", [{"bob": "10", "claire": " 10 ", "me": "1"}, {"bob": 10.0, "claire": 10, "me": 1}])
def test_a_number_may_stand_in_quotes(log: Any, claims: dict[str, Any]) -> None:
    assert ledger("00.l1", log, claims).word == "✓ The transcript agrees"


def test_workers_themselves_are_names_too(log: Any) -> None:
    claims = {worker: RIGHT[worker.id] for worker in sy.session.workers() if worker.id in RIGHT}
    assert ledger("00.l1", log, {**claims, "me": 1}).word == "✓ The transcript agrees"


def test_whoever_received_values_must_be_named(log: Any) -> None:
    card = ledger("00.l1", log, {"me": 1})
    assert card.word == "✗ Somebody is missing" and "Values reached bob and claire as well" in said(card)
    assert ledger("00.l1", log, {"me": 1, "others": 20}).word == "✓ The transcript agrees"
    assert ledger("00.l1", log, {"me": 1, "claire": 10, "others": 20}).word == "✗ The transcript says otherwise"


@pytest.mark.parametrize(
    ("name", "advice"),
    [("you", "You are"), ("Bob", "Did you mean 'bob'?"), ("clarie", "Did you mean 'claire'?"), ("zz", "Names")],
)
def test_an_unknown_name_is_no_zero(log: Any, name: str, advice: str) -> None:
    card = ledger("00.l1", log, {**RIGHT, name: 0})
    assert card.word == "○ Not counted" and advice in said(card)


@pytest.mark.parametrize("claim", ["ten", None, True, [10], torch.tensor(10)])
def test_what_is_no_count_is_asked_again(log: Any, claim: object) -> None:
    assert ledger("00.l1", log, {**RIGHT, "bob": claim}).word == "○ Not counted"


def test_a_wrong_count_says_what_was_counted(log: Any) -> None:
    card = ledger("00.l1", log, {**RIGHT, "bob": 9, "me": 3, "dora": 4})
    assert card.word == "✗ The transcript says otherwise"
    assert "What reached bob: 1 message from you with `2 x 5 float32`, 10 numbers." in said(card)
    assert "What reached you: 1 message from bob with `1 float32`, 1 number." in said(card)
    assert "No message with values reached dora." in said(card) and "What reached claire" not in said(card)


def test_an_open_ledger_shows_nothing(log: Any) -> None:
    card = ledger("00.l1", log, {**RIGHT, "bob": ...})
    assert card.word == "○ Not answered" and all(fact == "" for _, _, fact in card.table[1:])


def test_many_alike_messages_are_one_line() -> None:
    hook = sy.TorchHook(torch)
    hub = sy.VirtualWorker(hook, id="hub")
    people = [sy.VirtualWorker(hook, id=f"person {n}") for n in range(30)]
    pointers = [torch.ones(2).send(person) for person in people]
    with sy.record() as log:
        for pointer in pointers:
            pointer.move(hub)
    text = said(ledger("00.l1", log, {"hub": 1}))
    assert "30 messages from person 0, person 1 and 28 more with `2 float32` each, 60 numbers" in text


def test_it_is_kept_in_progress(log: Any, home: Path) -> None:
    ledger("00.l1", log, {**RIGHT, "bob": 9})
    assert "Ledgers: 00.l1 ✗" in said(progress())
    ledger("00.l1", log, RIGHT)
    ledger("00.l1", log, {**RIGHT, "bob": 9})
    assert "Ledgers: 00.l1 ✓" in said(progress())
    assert json.loads((home / "progress.json").read_text(encoding="utf-8"))["ledgers"] == {"00.l1": True}
