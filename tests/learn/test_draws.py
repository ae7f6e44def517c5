"""Where numbers come from while a function runs."""

from __future__ import annotations

import os
import random
import secrets
import threading
from collections.abc import Callable
from typing import Any

import numpy
import pytest
import torch

from course.learn.draws import Draws
from course.smpc.randomness import Randomness, SeededForTests

KIBI = 1024


@pytest.mark.parametrize(
    "draw",
    [
        lambda: Randomness().uniform((KIBI // 8,)),
        lambda: os.urandom(KIBI),
        lambda: secrets.token_bytes(KIBI),
        lambda: [secrets.randbits(64) for _ in range(KIBI // 8)],
        lambda: [random.SystemRandom().randrange(2**64) for _ in range(KIBI // 8)],
    ],
    ids=["Randomness", "urandom", "secrets, bytes", "secrets, bits", "SystemRandom"],
)
def test_what_no_seed_repeats_is_counted_in_bytes(draw: Callable[[], Any]) -> None:
    with Draws() as draws:
        draw()
    assert draws.safe >= KIBI and draws.count == 0
    draw()
    assert draws.safe < 4 * KIBI


@pytest.mark.parametrize(
    "draw",
    [
        lambda: SeededForTests(1).uniform((KIBI,)),
        lambda: numpy.random.default_rng().integers(0, 9, KIBI),
        lambda: random.Random().randbytes(KIBI),
        lambda: torch.randint(9, (KIBI,)),
    ],
    ids=["SeededForTests", "NumPy", "random", "torch"],
)
def test_what_a_seed_repeats_is_not(draw: Callable[[], Any]) -> None:
    with Draws() as draws:
        draw()
    assert draws.safe < KIBI


def test_torchs_draws_are_counted() -> None:
    with Draws() as draws:
        torch.randint(9, ())
        torch.zeros(3).normal_()
    assert draws.count == 2


def test_urandom_counts_under_its_own_name_and_is_put_back() -> None:
    home = {"mine": os.urandom}
    kept = os.urandom, Randomness._fill
    with pytest.raises(ZeroDivisionError), Draws(home) as draws:
        home["mine"](KIBI)
        raise ZeroDivisionError
    assert draws.safe == KIBI
    assert (home["mine"], os.urandom, Randomness._fill) == (kept[0], *kept)


def test_another_thread_does_not_count() -> None:
    with Draws() as draws:
        other = threading.Thread(target=os.urandom, args=(KIBI,))
        other.start()
        other.join()
    assert draws.safe == 0
