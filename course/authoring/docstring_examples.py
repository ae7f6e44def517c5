"""The example in a stub's docstring, tried on an answer: a wrong answer that fails it would never be handed in."""

from __future__ import annotations

import doctest
from typing import Any

import torch
from torch import nn, optim
from torch.nn import functional

import course as sy
from course import session
from course.authoring.answers import Answers, function
from course.learn.exercise import Exercise, workers

WORKERS = ("alice", "bob", "claire", "aggregator")  # the people of every notebook, whom the examples speak of


def has_example(exercise: Exercise) -> bool:
    """Whether the stub's docstring has something to run."""
    return bool(doctest.DocTestParser().get_examples(_docstring(exercise)))


def satisfies_example(exercise: Exercise, answers: Answers, source: str) -> bool:
    """Whether the docstring's example comes out as it says with the function that this source defines.

    It runs in a session of its own, with four workers and with what `answers.scene` defines.
    """
    names: dict[str, Any] = {"torch": torch, "nn": nn, "F": functional, "optim": optim, "sy": sy}
    with session.isolated(seed=7):
        names |= dict(zip(WORKERS, workers(*WORKERS), strict=True))
        exec(answers.scene, names)
        names[exercise.name] = function(exercise, source)
        test = doctest.DocTestParser().get_doctest(_docstring(exercise), names, exercise.name, None, None)
        return doctest.DocTestRunner(verbose=False).run(test, out=lambda text: None).failed == 0


def _docstring(exercise: Exercise) -> str:
    return function(exercise, exercise.source).__doc__ or ""
