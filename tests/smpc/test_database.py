"""An encrypted database against a dict, and what its questions open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import course as sy
from course.messages import Deal, Joint, Open
from course.smpc.database import LIMIT, Room

PHONES = {"Bob": "(123) 456 7890", "Alice": "456 78 90", "Zoë": "ünknown", "": "nobody", "Bo": "\0"}


@pytest.fixture(params=[2, 3])
def database(request: pytest.FixtureRequest, hook: sy.TorchHook) -> Any:
    holders = [sy.VirtualWorker(hook, id=f"holder {place}") for place in range(request.param)]
    cp = sy.VirtualWorker(hook, id="crypto_provider")
    return sy.EncryptedDatabase(*holders, crypto_provider=cp, max_key_len=10)


@contextmanager
def overheard(database: Any) -> Iterator[list[Any]]:
    """Every message of a block, with its values."""
    network, heard = sy.local_worker.network, []
    logged = network.log
    network.watch((*database.holders.names, "crypto_provider"))
    network.log = lambda message: (heard.append(message), logged(message))
    try:
        yield heard
        network.catch_up()
    finally:
        network.log = logged
        network.watch(())


def opened(heard: list[Any], holders: int) -> list[torch.Tensor]:
    """What the holders opened to each other: the shares of one round, added, and XORed."""
    to_last = [message for message in heard if isinstance(message, Open) and message.receiver == "holder 0"]
    from_first = [message for message in heard if isinstance(message, Open) and message.sender == "holder 0"]
    seen = []
    for place, own in enumerate(from_first[:: holders - 1]):
        others = to_last[place * (holders - 1) : (place + 1) * (holders - 1)]
        for at, share in enumerate(own.values):
            shares = torch.stack([share, *[other.values[at] for other in others]])
            seen += [shares.sum(0).to(share.dtype), shares[0].clone()]
            for other in shares[1:]:
                seen[-1] ^= other
    return seen


def test_texts_are_found(database: Any) -> None:
    for key, value in PHONES.items():
        database.insert(key, value)
    assert len(database) == 5
    assert {key: database.query(key) for key in PHONES} == PHONES
    assert "5 entries, held by holder 0, holder 1" in repr(database)


def test_numbers_are_found_and_ranges(database: Any) -> None:
    incomes = {34: 3200, -5: 2, 51: -4100, 0: 0, 52: LIMIT - 1}
    assert (database.between(0, 9), database.total(0, 9)) == ({}, 0)
    for age, income in incomes.items():
        database.insert(age, income)
    for low, high in ((0, 51), (-5, -5), (52, 51), (1 - LIMIT, LIMIT - 1), (35, 50)):
        want = {age: income for age, income in incomes.items() if low <= age <= high}
        assert database.between(low, high) == want
        assert list(database.between(low, high)) == list(want)
        assert database.total(low, high) == sum(want.values())
    assert {age: database.query(age) for age in incomes} == incomes


@given(st.text().filter(lambda text: len(text.encode(errors="replace")) <= 24), st.integers(1 - LIMIT, LIMIT - 1))
def test_what_a_row_stands_for(text: str, number: int) -> None:
    texts, numbers = Room("key", 24), Room("key", 24)
    texts.kind, numbers.kind = str, int
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a pair, which is no text
        return
    row = texts.row(text, "")
    assert row.shape == (1, 4) and bool((row >= 0).all()) and bool((row < 2**56).all())
    assert texts.plain(row[0].tolist()) == text
    assert numbers.plain(numbers.row(number, "")[0].tolist()) == number


def test_a_missing_key_a_second_value_and_what_has_no_room_are_told(database: Any) -> None:
    with pytest.raises(sy.NoEntryError, match="none of the 0 entries has this key"):
        database.query("Bob")
    database.insert("Bob", 1)
    for key in ("bob", "Bob ", "Bo", ""):
        with pytest.raises(sy.NoEntryError, match="none of the 1 entries has this key"):
            database.query(key)
    with pytest.raises(LookupError):
        database.query("Eve")
    with pytest.raises(sy.EntryError, match="has a value already"):
        database.insert("Bob", 2)
    for mistake, text in {
        lambda: database.insert("Bartholomew", 1): "takes 11 bytes in UTF-8, and there is room for 10",
        lambda: database.insert("ÄÖÜÄÖÜ", 1): "takes 12 bytes .* max_key_len=12",
        lambda: database.query("Bartholomew"): "room for 10",
        lambda: database.insert(5, 1): "was of type str, and this one is of int",
        lambda: database.insert("Eve", "text"): "value was of type int, and this one is of str",
        lambda: database.insert("Eve", 2**48): "strictly between",
        lambda: database.insert("Eve", 0.5): "of type float",
        lambda: database.insert(True, 1): "of type bool",
        lambda: database.between(1, 2): "a range is one of numbers",
        lambda: database.total("a", "b"): "a range is one of numbers",
    }.items():
        with pytest.raises(sy.EntryError, match=text):
            mistake()
    assert (len(database), database.query("Bob")) == (1, 1)


def test_texts_have_no_sum(database: Any) -> None:
    database.insert(1, "one")
    assert database.between(0, 1) == {1: "one"}
    with pytest.raises(sy.EntryError, match="texts, which have no sum"):
        database.total(0, 1)


def test_who_holds_and_who_deals_is_checked(hook: sy.TorchHook, bob: Any, alice: Any) -> None:
    with pytest.raises(sy.SharedError, match="one alone would hold all of it"):
        sy.EncryptedDatabase(bob, crypto_provider=alice)
    with pytest.raises(sy.SharedError, match="would know the masks"):
        sy.EncryptedDatabase(bob, alice, crypto_provider=alice)
    with pytest.raises(sy.EntryError, match="needs room for one byte"):
        sy.EncryptedDatabase(bob, alice, crypto_provider=sy.VirtualWorker(hook, id="cp"), max_key_len=0)


def test_only_the_answer_comes_to_you_and_nothing_but_masked_numbers_is_opened(database: Any) -> None:
    holders = database.holders.names
    secrets = {34, 51, 3200, 4100}  # two keys, two values
    database.insert(34, 3200)
    database.insert(51, 4100)
    questions = {
        "query": (lambda: database.query(34), 2),
        "total": (lambda: database.total(30, 60), 1),
        "between": (lambda: database.between(30, 40), 6),
        "insert": (lambda: database.insert(7, 9), 1),
    }
    for question, numbers in questions.values():
        with sy.record() as log, overheard(database) as heard:
            question()
        rows = [row for row in log.rows() if row["values"]]
        came = [row for row in rows if row["receiver"] == "me"]
        assert [(row["sender"], row["numbers"]) for row in came] == [(name, numbers) for name in holders]
        assert {(row["sender"], row["kind"]) for row in rows if row["receiver"] in holders} <= {
            ("me", "send"),
            ("me", "joint"),  # with public constants
            ("crypto_provider", "deal"),
            *[(name, "open") for name in holders],
        }
        assert not any(row["receiver"] == "crypto_provider" for row in rows)
        rounds = opened(heard, len(holders))
        assert rounds
        masked = [seen for seen in rounds if seen.dtype == torch.int64]
        assert not any(int(number) in secrets for seen in masked for number in seen.flatten())
        assert any(isinstance(message, Deal) for message in heard)
        constants = [value for message in heard if isinstance(message, Joint) for value in message.values]
        assert all(int(number) in (-1, 0, 1) for value in constants for number in value.flatten())


def test_a_key_that_is_there_and_one_that_is_not_look_the_same_to_the_holders(database: Any) -> None:
    for age in (34, 51, 7):
        database.insert(age, 2 * age)
    seen = []
    for age in (34, 7, 8):
        with sy.record() as log, suppress(sy.NoEntryError):
            database.query(age)
        seen.append([(r["sender"], r["receiver"], r["kind"], r["op"], r["numbers"], r["written"]) for r in log.rows()])
    assert seen[0] == seen[1] == seen[2]


def test_holders_keep_the_entries_and_nothing_else(database: Any) -> None:
    for age in (34, 51, 7):
        database.insert(age, 2 * age)
    before = [len(worker._objects) for worker in database.holders.workers]
    assert before == [2] * len(before)
    database.query(51)
    database.total(1, 9)
    assert [len(worker._objects) for worker in database.holders.workers] == before
