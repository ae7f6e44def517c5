"""Small notebooks around the sample exercise, for tests that need a real kernel or a real file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from course.authoring.answers import run_file
from course.learn.registry import known_ids

HERE = Path(__file__).parent
HEADER = "### Exercise 00.1: the mean of a team (about 5 min)"
SOLVED = '''# exercise 00.1
def team_mean(salaries: list[torch.Tensor]) -> torch.Tensor:
    """The mean of the salaries, element by element.

    salaries: float tensors of one shape.   returns: a new tensor of that shape.
    >>> team_mean([torch.tensor([1.0]), torch.tensor([3.0])])
    tensor([2.])
    """
    total = torch.zeros_like(salaries[0])
    for salary in salaries:
        total = total + salary
    return total / len(salaries)'''


LOAD = """from pathlib import Path

from course.authoring.answers import run_file

run_file(Path(r"{path}"))"""


def register_sample() -> None:
    """Register exercise 00.1, once in a process."""
    if not known_ids("00"):
        run_file(HERE / "sample_exercise.py")


def cell(kind: str, id: str, source: str, *tags: str) -> dict[str, Any]:
    """One cell, in nbformat 4.5."""
    made: dict[str, Any] = {"cell_type": kind, "id": id, "metadata": {"tags": list(tags)} if tags else {}}
    made["source"] = source.splitlines(keepends=True)
    return made | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def notebook(answer: str = SOLVED) -> dict[str, Any]:
    """The sample's solution, or the same with another answer."""
    cells = [
        cell("markdown", "card", "# A team's mean\n\nFive minutes."),
        cell("code", "load", LOAD.format(path=HERE / "sample_exercise.py")),
        cell(
            "code",
            "imports",
            "import torch\n\nfrom course.learn import check, ledger, panel, predict, quiz, reveal",
        ),
        cell("code", "quiz", 'quiz("00.q1", "b")'),
        cell("code", "predict", 'predict("00.p1", answer=3)  # é'),
        cell("code", "reveal", 'reveal("00.p1", (2 + 4) // 2)'),
        cell("markdown", "head", f"{HEADER}\n\nEverybody counts once."),
        cell("code", "answer", answer),
        cell("code", "check", 'check("00.1")'),
        cell("code", "panel", 'panel("00.1")'),
        cell("code", "aside", "team_mean([torch.ones(1)])", "solution-only"),
        cell("code", "last", "print('the last cell')"),
    ]
    return {
        "cells": cells,
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
