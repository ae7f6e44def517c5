"""A notebook that somebody handed in, as a file: which exercises it is about, and where their checks are."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.learn.exercise import Exercise
from course.learn.registry import of_notebook

Cell = Any  # nbformat's NotebookNode

_ID = re.compile(r"(?:\bcheck\(\s*[\"']|^#+ (?:exercise|Exercise) )(\w\w)\.\d+", re.MULTILINE)
_CHECK = r"\bcheck\(\s*[\"']{id}[\"']"


class NotANotebook(ValueError):
    """The file cannot be looked at; the text says why."""


@dataclass(frozen=True)
class HandedIn:
    """A notebook and the exercises that it should have answered."""

    path: Path
    notebook: Any
    exercises: tuple[Exercise, ...]

    def checks(self, id: str) -> list[Cell]:
        """The code cells that check an exercise, by a line `check("01.2")` of their own."""
        return [cell for cell in self.notebook.cells if id in checked_in(cell)]

    def trouble(self, id: str) -> str:
        """Why the checks of an exercise cannot count, as far as the file tells; empty if they can."""
        found = self.checks(id)
        if len(found) == 1:
            return ""
        if found:
            return f"it has {len(found)} check cells, where one was given out"
        text = re.compile(_CHECK.format(id=re.escape(id)))
        others = {cell.cell_type for cell in self.notebook.cells if text.search(cell.source)}
        if others - {"code"}:
            return "its check cell was turned into text"
        return "its check stands in a cell that does not run it" if others else "its check cell is gone, or was renamed"


def read(path: Path) -> HandedIn:
    """The notebook in a file. NotANotebook if it is none, or none of this course."""
    import nbformat

    try:
        notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
        sources = [str(cell.source) for cell in notebook.cells]
    except OSError as error:
        raise NotANotebook(f"cannot be read: {error.strerror or error}") from None
    except Exception as error:  # noqa: BLE001 - nbformat raises what its parsers raise: each means the same here
        raise NotANotebook(f"is not a notebook ({type(error).__name__})") from None
    exercises = [item for item in of_notebook(_number(path, sources)) if isinstance(item, Exercise)]
    if not exercises:
        raise NotANotebook("has no exercise of this course in it")
    return HandedIn(path, notebook, tuple(exercises))


def _number(path: Path, sources: list[str]) -> str:
    """ "01": what most of its exercises belong to, or what its name begins with."""
    found = Counter(number for source in sources for number in _ID.findall(source))
    if found:
        return str(found.most_common(1)[0][0])
    named = re.match(r"(\d\d)_", path.name)
    return named[1] if named else ""


def checked_in(cell: Cell) -> list[str]:
    """The ids that a cell checks when it runs: `check("01.2")` as a line of its own, not in a function."""
    return [id for _, id in _check_lines(cell)]


def asking(cell: Cell) -> str:
    """The source of a cell, its checks replaced: each reports to the program instead of to a person."""
    lines = cell.source.splitlines()
    for line, id in reversed(_check_lines(cell)):
        call = f"__import__('course.learn.report', fromlist='report').report(globals(), '{id}')"
        lines[line.lineno - 1 : line.end_lineno] = [call]
    return "\n".join(lines)


def _check_lines(cell: Cell) -> list[tuple[ast.stmt, str]]:
    if cell.cell_type != "code":
        return []
    try:
        lines = ast.parse(_python(cell.source)).body
    except SyntaxError:
        return []
    calls = [(line, _checked(line.value)) for line in lines if isinstance(line, ast.Expr | ast.Assign)]
    return [(line, id) for line, id in calls if id]


def _python(source: str) -> str:
    """The source without IPython's own lines: `%pip ...`, `!ls`, `help?`."""
    return "\n".join("" if re.match(r"\s*[%!]|.*\?\s*$", line) else line for line in source.splitlines())


def _checked(call: ast.expr) -> str:
    """ "01.2" of `check("01.2")`, empty for any other expression."""
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "check":
        values = [*call.args, *(keyword.value for keyword in call.keywords)]
        if len(values) == 1 and isinstance(values[0], ast.Constant):
            return str(values[0].value)
    return ""
