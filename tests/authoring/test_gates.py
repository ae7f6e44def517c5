"""The gates of every exercise, with a sample of the mutants; `course gates` runs all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from course.authoring import gates
from course.authoring.answers import known_answers
from course.learn.exercise import Exercise
from course.learn.registry import of_notebook

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(path.name[:2] for path in (ROOT / "solutions").glob("[0-9][0-9]_*.ipynb"))
EXERCISES = [item.id for name in NOTEBOOKS for item in of_notebook(name) if isinstance(item, Exercise)]
SAMPLED = 1 / 3


# Half of the time of all tests: each exercise goes to the next free process.
@pytest.mark.parametrize("id", [pytest.param(id, marks=pytest.mark.xdist_group(f"gates {id}")) for id in EXERCISES])
def test_every_gate_holds(id: str) -> None:
    ((_, found),) = gates.run([id], ROOT, SAMPLED)
    failed = [f"{gate.name} {gate.found}: {' | '.join(gate.details)}" for gate in found if not gate.holds]
    assert not failed, "\n".join(failed)


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_no_answer_is_written_for_an_exercise_that_is_not_there(notebook: str) -> None:
    known = {item.id for item in of_notebook(notebook) if isinstance(item, Exercise)}
    assert set(known_answers(notebook, ROOT)) <= known
