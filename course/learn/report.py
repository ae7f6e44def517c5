"""What `check` finds, for a program: emitted as data where `course look` runs a check cell."""

from __future__ import annotations

from typing import Any

from course.learn import checking
from course.learn.exercise import Exercise
from course.learn.outcome import Outcome
from course.learn.registry import find

MIME = "application/vnd.course.outcome+json"


def report(names: dict[str, Any], id: str) -> None:
    """Display the outcome of an exercise for the functions in `names`, the notebook's own, as JSON.

    `check` in that notebook must still be the course's: another function of that name is reported as such.
    """
    from IPython.display import display

    display({MIME: {"id": id, **found(names, id)}}, raw=True)  # type: ignore[no-untyped-call]


def found(names: dict[str, Any], id: str) -> dict[str, str]:
    """{"kind", "tag", "text"}: the outcome's, or the kind "replaced"."""
    exercise = find(id)
    assert isinstance(exercise, Exercise)
    if names.get("check", checking.check) is not checking.check:
        return {"kind": "replaced", "tag": "replaced", "text": "another function took the name `check`"}
    outcome: Outcome = checking.assess(exercise, names.get(exercise.name))
    return {"kind": outcome.kind, "tag": outcome.tag, "text": outcome.text}
