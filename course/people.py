"""Random full names for the people of the course's story."""

import operator
import random
from functools import cache
from importlib.resources import files
from itertools import islice

from course.errors import CourseError

__all__ = ["PeopleError", "people"]

FIRST_NAMES = 500  # of each list
LAST_NAMES = 5000


class PeopleError(CourseError, ValueError):
    """Names were asked for that the lists cannot give."""


def people(n: int, seed: int = 0) -> list[str]:
    """`n` different full names, such as "Maria Crowe", to be used as worker ids.

    The same seed gives the same names. They come from a generator of their own: drawing them changes no other
    random number. The lists are the most common names of the package `names` (United States census, 1990).

    Raises PeopleError when n is no whole number, negative, or more than the lists can give (some millions).
    """
    first, last = _names()
    n = _checked(n, most=len(first) * len(last))
    drawn = random.Random(seed).sample(range(len(first) * len(last)), n)
    return [f"{first[i // len(last)]} {last[i % len(last)]}" for i in drawn]


def _checked(n: int, most: int) -> int:
    try:
        count = operator.index(n)
    except TypeError:
        raise PeopleError(_message(n, most)) from None
    if not 0 <= count <= most:
        raise PeopleError(_message(n, most))
    return count


def _message(n: object, most: int) -> str:
    return (
        f"people({n!r}): there are no {n!r} different names to draw. Names serve as worker ids, and two"
        f" people under one id would share a store. Ask for a whole number from 0 to {most}."
    )


@cache
def _names() -> tuple[list[str], list[str]]:
    """Common first and last names, each once, the most common first."""
    first = _common("dist.female.first", FIRST_NAMES) + _common("dist.male.first", FIRST_NAMES)
    return list(dict.fromkeys(first)), _common("dist.all.last", LAST_NAMES)


def _common(filename: str, count: int) -> list[str]:
    """The first names of a list sorted by frequency: a line each, the name in capitals, then figures."""
    with files("names").joinpath(filename).open(encoding="ascii") as lines:
        return [line.split(maxsplit=1)[0].capitalize() for line in islice(lines, count)]
