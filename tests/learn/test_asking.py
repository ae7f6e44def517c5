"""Who holds what, written down as plain data, is what a probe meets."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import torch
from hypothesis import given
from hypothesis import strategies as st

import course as sy
from course.learn.asking import STRANGERS, at, people, real, strangers, worker, workers
from course.learn.exercise import Evidence, Exercise, Looks, Question, examine
from course.learn.plain import Pointer, decode, encode, observe, same
from tests.learn.sample_exercise import TeamMean

NAMES = st.lists(st.sampled_from(["alice", "bob", "claire", "theo"]), min_size=1, max_size=4, unique=True)


def drawn(size: int) -> torch.Tensor:
    return torch.arange(float(size))


def located(value: Any) -> Any:
    """Without ids, which a description does not know."""
    if isinstance(value, Pointer):
        return Pointer(value.location, 0, located(value.value))
    return type(value)(map(located, value)) if isinstance(value, list | tuple) else value


@given(NAMES, st.integers(1, 3))
def test_a_description_is_what_is_observed_once_it_is_real(route: list[str], size: int) -> None:
    x = drawn(size)
    told = [at(route, x), at(route[0], (x, x + 1)), [worker(route[-1])], 3, None, "text"]
    with sy.isolated(seed=1):
        made = real(decode(encode(told)))
        assert same(located(observe(made)), told)
        assert made[0].location.id == route[0] and made[2] == workers(route[-1])
    assert people(told) == route


def test_a_dict_is_real_item_by_item() -> None:
    told = {"theirs": at("bob", drawn(2)), "mine": drawn(1) + 1}
    with sy.isolated(seed=1):
        made = real(told)
        assert made["theirs"].location.id == "bob" and same(made["mine"], told["mine"])
        made["mine"].zero_()
        made["theirs"].zero_()
        assert same(observe(real(told)["mine"]), drawn(1) + 1)
    assert people(told) == ["bob"]


def test_strangers_lie_at_every_worker() -> None:
    with sy.isolated(seed=1):
        kept = observe(strangers(["bob", "alice"]))
    assert [(pointer.location, pointer.value.tolist()) for pointer in kept] == [("bob", [5, 3]), ("alice", [5, 3])]


def test_no_id_is_carried_from_one_session_into_the_next() -> None:
    for _ in range(2):
        with sy.isolated(seed=1):
            kept = observe(real([at("bob", drawn(1)), *[at("bob", STRANGERS)] * 2]))
        assert len({pointer.id for pointer in kept}) == 3


class Asked(TeamMean):
    """No probe of its own: pointers and a worker among the arguments."""

    def questions(self, seed: int) -> list[Question]:
        return [{"args": [[at("bob", drawn(2))], worker("alice")]}]

    def looks(self, question: Question, call: Evidence) -> Looks:
        yield None


def test_the_default_probe_makes_its_arguments_real() -> None:
    exercise: Exercise = Asked()
    (question,) = exercise.questions(0)

    def clears(tensors: Any, alice: Any) -> Any:
        tensors[0].location.clear_objects()
        return alice.id

    seen = examine(exercise, clears, question)
    assert seen["calls"][0]["returned"] == "alice"
    assert seen["calls"][0]["text"] == "team_mean([pointer to bob], alice)"
    bobs, alices = seen["strangers"]
    assert bobs.value is None and same(alices.value, STRANGERS)


def test_a_check_needs_no_hook_of_the_notebook() -> None:
    """After a restart somebody runs only the exercise and its check."""
    program = (
        "from course.learn.exercise import examine\n"
        "from course.learn.registry import find\n"
        "exercise = find('01.2')\n"
        "seen = examine(exercise, lambda x, y: (x + y) / 2, exercise.questions(0)[0])\n"
        "print(seen['failure'])\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "None"
