"""The figures of secret sharing: sums that wrap on a ring, what is dealt and opened, rows made from rows."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course.learn.figures import clock, coalition, exchange, funnel, keyring, pictures, who_holds
from course.smpc.parties import Parties
from course.smpc.products import multiply
from course.smpc.randomness import SeededForTests
from course.smpc.shares import split, total

int64 = st.integers(-(2**63), 2**63 - 1)


def test_a_clock_says_where_each_number_leads() -> None:
    assert repr(clock(10, {"Bob's share": 8, "Claire's share": 5})) == (
        "A ring of 10 numbers. From 0: Bob's share, 8, leads to 8; Claire's share, 5, leads to 3. "
        "Together: wrapped once, at 3."
    )


ENDS = {210: "wrapped twice, at 10", -30: "wrapped once to the left, at 70", 0: "at 0"}


@pytest.mark.parametrize("move", ENDS)
def test_a_clock_counts_how_often_it_wraps(move: int) -> None:
    assert repr(clock(100, {"x": move})).endswith(f"Together: {ENDS[move]}.")


def test_a_clock_is_read_as_int64_is() -> None:
    figure = clock(100, {"Alice's": 40, "Bob's": 40, "Claire's": 32}, signed=True)
    assert repr(figure) == (
        "A ring of 100 numbers, read from -50 to 49. From 0: Alice's, 40, leads to 40; Bob's, 40, leads to -20; "
        "Claire's, 32, leads to 12. Together: wrapped once, at 12."
    )
    assert all(f">{mark}</text>" in figure.svg for mark in (0, 25, -50, -25))
    assert repr(clock(100, {"x": -51}, signed=True)).endswith("Together: wrapped once to the left, at 49.")


@settings(max_examples=40, deadline=None)
@given(numbers=st.lists(int64, min_size=1, max_size=5))
def test_the_ring_of_int64_ends_where_torch_does(numbers: list[int]) -> None:
    figure = clock(2**64, {f"share {n}": number for n, number in enumerate(numbers)})
    ElementTree.fromstring(figure.svg)
    seen = torch.tensor(numbers).sum().item()
    assert re.search(rf"at {seen}\.$", repr(figure))
    wraps = (sum(numbers) - int(seen)) // 2**64
    assert ("wrapped" in repr(figure)) is (wraps != 0)


def test_an_exchange_shows_what_a_product_deals_and_opens() -> None:
    draws = SeededForTests(3)
    parties = Parties(["bob", "claire"], keep=True)
    x, y = (split(torch.tensor(number), 2, draws) for number in (6, 7))
    multiply(parties, x, y)
    figure = exchange(parties, x=x, y=y)
    dealt, opened = (step.shares for step in parties.steps)
    (a, b, c), (e, f) = [total(part).item() for part in dealt], [total(part).item() for part in opened]
    lines = repr(figure).split("\n")
    assert lines[0] == f"The dealer makes a {a}, b {b}, c {c}." and lines[-1] == f"Everybody sees x - a {e}, y - b {f}."
    assert lines[1].startswith(f"bob has x {x[0].item()}, y {y[0].item()}, a {dealt[0][0].item()}, ")
    assert f">{a}</text>" in figure.svg and f">{x[1].item()}</text>" in figure.svg  # all digits


def test_an_exchange_begins_where_it_is_told_to() -> None:
    parties = Parties(["bob", "claire"], keep=True)
    shares = split(torch.ones(9, 9).long(), 2, SeededForTests(3))
    parties.open("x", shares)
    assert repr(exchange(parties)).endswith("Everybody sees x 9 x 9 int64.")
    assert repr(exchange(parties, 1)) == "bob has nothing.\nclaire has nothing."


def test_a_coalition_adds_up_what_stands_in_its_frame() -> None:
    shares = {"alice": torch.tensor(2**62), "bob": torch.tensor(2**62), "claire": torch.tensor(2**62)}
    assert repr(coalition(shares, "alice", "claire")).split("\n") == [
        *(f"{name} has {2**62}." for name in shares),
        f"alice and claire add up {-(2**63)}.",
    ]


def test_a_funnel_says_what_each_row_is_made_from() -> None:
    figure = funnel({"keys": [34, 51], "same": [0, 1], "value": [4100]})
    rows = ["keys: 34, 51.", "same: 0, 1, each from the one above.", "value: 4100, each from 2 of the row above."]
    assert repr(figure).split("\n") == rows
    with pytest.raises(ValueError, match="'pairs' has 2 values, and the row above it 3"):
        funnel({"bits": [0, 1, 1], "pairs": [0, 1]})


def test_pictures_of_bits_say_how_much_ink_they_have() -> None:
    alike, noise = torch.tensor([[0, 1], [0, 1]]), torch.tensor([[1, 1], [1, 0]])
    words = ["alike: 2 x 2, 50% ink. All lines are alike.", "noise: 2 x 2, 75% ink."]
    assert repr(pictures({"alike": alike, "noise": noise}, compare=False)).split("\n") == words


def test_a_share_is_drawn_with_all_its_digits() -> None:
    names = globals()
    names["a_share"], names["the_rest"] = torch.tensor(1683077318281234567), torch.tensor(-1683077318281231367)
    try:
        figure = who_holds("a_share", "the_rest")
    finally:
        del names["a_share"], names["the_rest"]
    assert ">1683077318281234567</text>" in figure.svg and "-1683077318281231367" in repr(figure)


def test_a_keyring_says_who_shares_which_key() -> None:
    keys = {(0, 1): bytes([1] * 16), (0, 2): bytes([2] * 16), (1, 2): bytes([0xAB] * 16)}
    figure = keyring(["alice", "bob", "claire"], keys, [bytes([k] * 16) for k in (3, 4, 5)], outside="server")
    assert repr(figure) == (
        "alice and bob: key 0101…; alice and claire: key 0202…; bob and claire: key abab…; alice alone: own key 0303…; "
        "bob alone: own key 0404…; claire alone: own key 0505…; server: none of these keys."
    )
    texts = [part for part in ElementTree.fromstring(figure.svg).iter() if part.tag.endswith("}text")]
    drawn = ["".join(part.itertext()) for part in texts]
    assert sorted(drawn) == sorted(
        ["key 0101…", "key 0202…", "key abab…", "own key 0303…", "own key 0404…", "own key 0505…"]
        + ["alice", "bob", "claire", "server: none of these keys"]
    )
    assert repr(keyring(["alice", "bob"], {(1, 0): keys[0, 1]})) == "bob and alice: key 0101…."
