"""Work in a fork: what it returns comes back, and whatever it does else ends there."""

import os
import signal

import pytest
import torch

from course.grade.apart import Died, apart

MOST = {"memory": 256, "cpu": 30, "seconds": 60.0}


def forever():
    while True:
        pass


def test_plain_data_comes_back():
    assert apart(lambda: ["a", 1, None, [2.5, "\ud800"]], **MOST) == ["a", 1, None, [2.5, "\ud800"]]


def test_what_the_work_changes_is_not_changed_here():
    seen = []
    assert apart(lambda: seen.append(1) or len(seen), **MOST) == 1
    assert seen == []


def test_its_memory_is_limited():
    def work():
        try:
            return torch.ones(2**28).sum().item()
        except RuntimeError:
            return "too much"

    assert apart(work, **MOST) == "too much"


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "SIGKILL"),
        (lambda: os._exit(0), "before it was done"),
        (lambda: 1 / 0, "before it was done"),
        (lambda: bytearray(2**29), "before it was done"),
    ],
)
def test_whatever_ends_it_is_told(work, said, capfd):
    with pytest.raises(Died, match=said) as died:
        apart(work, **MOST)
    assert not died.value.late


@pytest.mark.parametrize(
    ("work", "most", "said", "by_clock"),
    [
        (signal.pause, {"seconds": 0.1}, "more than 0.1 s", True),
        (forever, {"cpu": 1}, "more than 1 s of CPU", False),
    ],
)
def test_it_ends_when_it_has_taken_too_long(work, most, said, by_clock):
    with pytest.raises(Died, match=said) as died:
        apart(work, **{**MOST, **most})
    assert died.value.late and died.value.by_clock == by_clock
