"""What can be tried against the notebook's own check, and must fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch

from course.authoring.answers import Answers, function
from course.learn.checking import ask
from course.learn.exercise import Exercise


def tricks(exercise: Exercise, answers: Answers) -> dict[str, Callable[..., Any]]:
    """Answers that cheat, by what they do."""
    return {
        "an object that equals everything": _equals_everything(exercise),
        "prints that it passed": _prints(exercise),
        "the right answers of the first seed only": _first_seed_only(exercise, answers),
        "looks for the question in its callers": _looks_up(exercise),
        "changes its inputs afterwards": _changes_inputs(exercise, answers),
    }


def _equals_everything(exercise: Exercise) -> Callable[..., Any]:
    return function(
        exercise,
        "class Yes:\n    def __eq__(self, other):\n        return True\n"
        "    def __getattr__(self, name):\n        return Yes()\n    def __hash__(self):\n        return 1\n"
        f"def {exercise.name}(*args, **more):\n    return Yes()",
    )


def _prints(exercise: Exercise) -> Callable[..., Any]:
    return function(exercise, f"def {exercise.name}(*args, **more):\n    print('✓ Correct', 'passed')")


def _looks_up(exercise: Exercise) -> Callable[..., Any]:
    """Returns what its callers call expected, and passes if it finds the question."""
    return function(
        exercise,
        f"import sys\ndef {exercise.name}(*args, **more):\n    frame = sys._getframe()\n    while frame:\n"
        "        for name in ('expected', 'question', 'exercise'):\n            if name in frame.f_locals:\n"
        "                return frame.f_locals[name]\n        frame = frame.f_back",
    )


def _first_seed_only(exercise: Exercise, answers: Answers) -> Callable[..., Any]:
    """As good as a table of the first seed's answers."""
    made = function(exercise, answers.reference)
    left = [sum(len(evidence["calls"]) for _, evidence, _ in ask(exercise, made, (0,)))]

    def tabled(*args: Any, **more: Any) -> Any:
        left[0] -= 1
        return made(*args, **more) if left[0] >= 0 else None

    return tabled


def _changes_inputs(exercise: Exercise, answers: Answers) -> Callable[..., Any]:
    made = function(exercise, answers.reference)

    def changing(*args: Any, **more: Any) -> Any:
        result = made(*args, **more)
        for tensor in _tensors(args):
            if tensor is not result:
                tensor.data.add_(1)
        if not list(_tensors(args)):
            raise AssertionError("nothing to change")
        return result

    return changing


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tensors(item)
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))
