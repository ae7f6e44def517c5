"""What a solution notebook and its exercise file say twice must agree: `problems` finds where they do not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from course.authoring.notebook_files import Notebook, calls, exercise_cells, exercise_id
from course.learn.exercise import Exercise
from course.learn.items import Item, Prediction

_HEADER = re.compile(r"^### Exercise (\w\w\.\d+):.*$", re.MULTILINE)


@dataclass(frozen=True)
class Problem:
    """Something in a solution notebook that disagrees with its exercises."""

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


def problems(notebook: Notebook, items: list[Any], place: str) -> list[Problem]:
    """Where the notebook and the registered exercises and questions disagree."""
    exercises = {item.id: item for item in items if isinstance(item, Exercise)}
    found = [
        *_cell_problems(notebook),
        *_id_problems(notebook, exercises, items),
        *_header_problems(notebook, exercises),
        *_choice_problems(notebook, items),
        *_ledger_problems(notebook),
    ]
    for id, source in exercise_cells(notebook).items():
        if id in exercises:
            found += [f"exercise {id}: {text}" for text in stub_problems(exercises[id].source, source)]
    return [Problem(place, text) for text in found]


def _cell_problems(notebook: Notebook) -> Iterator[str]:
    ids = [cell.get("id", "") for cell in notebook["cells"]]
    for id in sorted(set(ids)):
        if not id:
            yield "cells without an id: save the notebook in format 4.5"
        elif ids.count(id) > 1:
            yield f"two cells with the id {id}"


def _id_problems(notebook: Notebook, exercises: dict[str, Exercise], items: list[Any]) -> Iterator[str]:
    cells = [id for id in map(exercise_id, notebook["cells"]) if id is not None]
    checked = [id for _, id in calls(notebook, "check")]
    asked = [id for _, id in calls(notebook, "predict", "quiz")]
    for id in sorted({*cells, *exercises}):
        if id not in exercises:
            yield f"exercise {id} is not registered"
        elif cells.count(id) != 1:
            yield f"exercise {id} has {cells.count(id)} cells that begin with `# exercise {id}`"
        elif checked.count(id) != 1:
            yield f'exercise {id} has {checked.count(id)} cells with check("{id}")'
    known = {item.id for item in items if isinstance(item, Item)}
    for id in sorted({*asked, *known}):
        if id not in known:
            yield f"{id} is not registered as a quiz or prediction"
        elif asked.count(id) != 1:
            yield f"{id} is asked {asked.count(id)} times"


def _header_problems(notebook: Notebook, exercises: dict[str, Exercise]) -> Iterator[str]:
    text = "\n".join(cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    headers = {found.group(1): found.group(0).strip() for found in _HEADER.finditer(text)}
    for id, exercise in exercises.items():
        if headers.get(id) != exercise.header:
            yield f"the header of exercise {id} is {headers.get(id)!r}, should be {exercise.header!r}"


def _choice_problems(notebook: Notebook, items: list[Any]) -> Iterator[str]:
    """A prediction's cell writes its choices in comments, as the question has them; a quiz is asked by its card."""
    for item in items:
        if not isinstance(item, Prediction) or not item.choices:
            continue
        written = " ".join(
            line.strip().lstrip("# ")
            for cell in notebook["cells"]
            if ("predict", item.id) in calls({"cells": [cell]}, "predict")
            for line in cell["source"].splitlines()
            if line.strip().startswith("#")
        )
        asked = [f"{key}) {text}" for key, text in item.choices.items()]
        pattern = r"\s+".join(re.escape(" ".join(text.split())).replace(r"\ ", r"\s+") for text in asked)
        if not re.search(pattern, written):
            yield f"the cell of prediction {item.id} does not ask in comments: {'  '.join(asked)}"


def _ledger_problems(notebook: Notebook) -> Iterator[str]:
    """A ledger's numbers stand in its call: `course build` can only take out what it finds there."""
    for cell in notebook["cells"]:
        tree = ast.parse(cell["source"] if calls({"cells": [cell]}, "ledger") else "")
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ledger":
                given = [*node.args, *(keyword.value for keyword in node.keywords)]
                if not any(isinstance(claims, ast.Dict) for claims in given):
                    yield f"the numbers of {ast.unparse(node)} stand elsewhere, and students would read them"


def stub_problems(stub: str, solution: str) -> list[str]:
    """Why a solution is not its stub but for what the student writes: signature, docstring, given lines."""
    ours, theirs = _function(stub), _function(solution)
    if theirs is None or ours is None or theirs.name != ours.name:
        return ["the solution defines no function of the stub's name"]
    found = []
    if _signature(ours) != _signature(theirs):
        found.append(f"signatures differ: {_signature(ours)} and {_signature(theirs)}")
    if ast.get_docstring(ours) != ast.get_docstring(theirs):
        found.append("docstrings differ")
    left = _missing_line(_code_lines(stub), _code_lines(solution))
    if left is not None:
        found.append(f"the stub's line `{left}` is not in the solution, or not in this order")
    return found


def _function(source: str) -> ast.FunctionDef | None:
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    return functions[-1] if functions else None


def _signature(function: ast.FunctionDef) -> str:
    returns = f" -> {ast.unparse(function.returns)}" if function.returns else ""
    return f"{function.name}({ast.unparse(function.args)}){returns}"


def _code_lines(source: str) -> list[str]:
    return [line.strip() for line in source.splitlines() if line.strip()]


def _missing_line(stub: list[str], solution: list[str]) -> str | None:
    """The first line of the stub that does not follow in the solution; `...` stands for anything."""
    rest = iter(solution)
    for line in stub:
        if line in ("...", "raise NotImplementedError"):
            continue
        pattern = re.compile(".+".join(map(re.escape, line.split("..."))))
        if not any(pattern.fullmatch(candidate) for candidate in rest):
            return line
    return None
