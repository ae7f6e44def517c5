"""Names for the story's people."""

import random

import pytest

from course.errors import CourseError
from course.people import people


def test_653_applicants_have_653_full_names() -> None:
    names = people(653)
    assert len(names) == len(set(names)) == 653
    assert all(len(name.split(" ")) == 2 and name == name.title() for name in names)


def test_names_stay_apart_without_the_space() -> None:
    assert len({name.replace(" ", "") for name in people(653)}) == 653


def test_the_same_seed_gives_the_same_names() -> None:
    assert people(5, seed=3) == people(5, seed=3) != people(5, seed=4)
    assert people(3) == ["Oscar Aldrich", "Ben Breen", "Nicole Dinkins"]


def test_no_other_random_number_changes() -> None:
    state = random.getstate()
    people(100, seed=1)
    assert random.getstate() == state


def test_none_and_many() -> None:
    assert people(0) == []
    assert len(set(people(100_000))) == 100_000


@pytest.mark.parametrize("n", [-1, 10**9, 2.5, "ten", None])
def test_what_the_lists_cannot_give_is_refused(n: object) -> None:
    with pytest.raises(CourseError, match="Ask for a whole number from 0 to 4865000"):
        people(n)  # type: ignore[arg-type]
