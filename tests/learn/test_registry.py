"""Each exercise of the course has a file named after its function, and its answers one of the same name."""

from __future__ import annotations

from pathlib import Path

import pytest

from course.learn.exercise import Exercise
from course.learn.registry import of_course

ROOT = Path(__file__).resolve().parents[2]
EXERCISES = [item for item in of_course() if isinstance(item, Exercise) and type(item).__module__.startswith("course.")]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_a_file_is_named_after_the_function(exercise: Exercise) -> None:
    notebook = f"nb{exercise.id.partition('.')[0]}"
    assert type(exercise).__module__ == f"course.exercises.{notebook}.{exercise.name}"
    assert (ROOT / "solutions" / "answers" / notebook / f"{exercise.name}.py").exists()


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_every_exercise_declares_what_it_promises(exercise: Exercise) -> None:
    assert exercise.promises is not None, "declare what the text promises, or ()"
