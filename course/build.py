"""From the solution notebooks to what students get: `course build`.

`solutions/01_*.ipynb` is the single source. Out of it come `notebooks/01_*.ipynb` (stubs instead of
solutions, open predictions, no outputs, badges and the Colab cell on top) and
`course/exercises/answers/01.txt`, the reference answers that `solution("01.2")` shows. What the notebook
and the exercise files say twice is compared on the way: `Problem`s are printed and nothing is written for a
notebook that has some.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course import colab
from course.learn.exercise import Exercise
from course.learn.help import MARKER
from course.learn.items import Item
from course.learn.registry import of_notebook

Cell = dict[str, Any]
Notebook = dict[str, Any]

SOLUTION_ONLY = "solution-only"
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
_CALL = re.compile(r"\b(check|predict|reveal|quiz|ledger|panel)\(\s*[\"']([\w.]+)[\"']")
_HEADER = re.compile(r"^### Exercise (\w\w\.\d+):.*$", re.MULTILINE)


@dataclass(frozen=True)
class Problem:
    """Something in a solution notebook that disagrees with its exercises."""

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


# ── notebooks ───────────────────────────────────────────────────────────────────────────────────────────────


def read(path: Path) -> Notebook:
    """A notebook as plain JSON, its sources joined to texts."""
    notebook: Notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook


def dump(notebook: Notebook) -> str:
    """The text of the file, the way that Jupyter writes it."""
    cells = [{**cell, "source": cell["source"].splitlines(keepends=True)} for cell in notebook["cells"]]
    return json.dumps({**notebook, "cells": cells}, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def solutions(root: Path, only: str | None = None) -> list[Path]:
    """The solution notebooks, in order; `only` is the number of one, "01"."""
    return sorted((root / "solutions").glob(f"{only or '[0-9][0-9]'}_*.ipynb"))


def tags(cell: Cell) -> list[str]:
    """The tags of a cell."""
    found: list[str] = cell["metadata"].get("tags", [])
    return found


def exercise_id(cell: Cell) -> str | None:
    """ "01.2" for a cell that begins with `# exercise 01.2`."""
    found = MARKER.match(cell["source"] + "\n") if cell["cell_type"] == "code" else None
    return found.group(1) if found else None


def exercise_cells(notebook: Notebook) -> dict[str, str]:
    """The sources of the exercise cells by id, without their first line."""
    cells = [(exercise_id(cell), cell["source"]) for cell in notebook["cells"]]
    return {id: source.partition("\n")[2].strip() for id, source in cells if id is not None}


def reference_answers(number: str, root: Path) -> dict[str, str]:
    """The reference answers of notebook "01" by exercise, from its solution; empty without one."""
    paths = solutions(root, number)
    return exercise_cells(read(paths[0])) if paths else {}


def calls(notebook: Notebook, *names: str) -> list[tuple[str, str]]:
    """(name, id) of the classroom's calls in code cells: ("check", "01.2")."""
    code = "\n".join(cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code")
    return [(name, id) for name, id in _CALL.findall(code) if not names or name in names]


# ── the student's notebook ──────────────────────────────────────────────────────────────────────────────────


def student(solution: Notebook, exercises: dict[str, Exercise], top: list[Cell]) -> Notebook:
    """The notebook that students get."""
    cells = [_student_cell(cell, exercises) for cell in solution["cells"] if SOLUTION_ONLY not in tags(cell)]
    return {"cells": [*top, *cells], "metadata": _METADATA, "nbformat": 4, "nbformat_minor": 5}


def top_cells(name: str, root: Path) -> list[Cell]:
    """Badges, and the cell that installs the course on Colab."""
    repository = colab.repository(root)
    return [
        _cell("markdown", "badges", colab.badges(repository, f"notebooks/{name}")),
        _cell("code", "first-cell", colab.first_cell(repository)),
    ]


def _cell(kind: str, id: str, source: str, metadata: dict[str, Any] | None = None) -> Cell:
    cell: Cell = {"cell_type": kind, "id": id, "metadata": metadata or {}, "source": source}
    return cell | {"execution_count": None, "outputs": []} if kind == "code" else cell


def _student_cell(cell: Cell, exercises: dict[str, Exercise]) -> Cell:
    kept = {"tags": tags(cell)} if tags(cell) else {}
    id = exercise_id(cell)
    if id is not None:
        source = f"# exercise {id}\n{exercises[id].source}"
        return _cell("code", f"exercise-{id.replace('.', '-')}", source, kept)
    source = blanked(cell["source"]) if cell["cell_type"] == "code" else cell["source"]
    return _cell(cell["cell_type"], cell["id"], source, kept)


def blanked(source: str) -> str:
    """The source with `...` for what the student predicts, answers or enters in the ledger."""
    if not any(f"{name}(" in source for name in ("predict", "quiz", "ledger")):
        return source
    encoded = [line.encode() for line in source.splitlines(keepends=True)]
    for node in sorted(_answers(ast.parse(source)), key=_position, reverse=True):
        _cut(encoded, node)
    return b"".join(encoded).decode()


def _answers(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        if not isinstance(node, ast.Call) or name not in ("predict", "quiz", "ledger"):
            continue
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        if name == "ledger":
            yield from (value for claims in given if isinstance(claims, ast.Dict) for value in claims.values)
        else:
            yield from given[1:]


def _position(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _cut(lines: list[bytes], node: ast.expr) -> None:
    """Put `...` in the place of a node; offsets are bytes."""
    last_line, last = (node.end_lineno or node.lineno) - 1, node.end_col_offset or 0
    rest = lines[last_line][last:]
    first_line = node.lineno - 1
    lines[first_line : last_line + 1] = [lines[first_line][: node.col_offset] + b"..." + rest]


def answers_file(number: str, answers: dict[str, str]) -> str:
    """What travels with the package for `solution`."""
    head = f"# Reference answers of notebook {number}, written by `course build` from its solution.\n"
    return head + "".join(f"\n# exercise {id}\n{source}\n" for id, source in answers.items())


# ── what must agree ─────────────────────────────────────────────────────────────────────────────────────────


def problems(notebook: Notebook, items: list[Any], place: str) -> list[Problem]:
    """Where the notebook and the registered exercises and questions disagree."""
    exercises = {item.id: item for item in items if isinstance(item, Exercise)}
    found = [
        *_cell_problems(notebook),
        *_id_problems(notebook, exercises, items),
        *_header_problems(notebook, exercises),
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


# ── running the solutions ───────────────────────────────────────────────────────────────────────────────────


def execute(path: Path) -> Notebook:
    """Run a solution notebook in an empty folder, as nbval will, and return it with its outputs."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=300,
            kernel_name="python3",
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": folder}},
        )
        try:
            client.execute(env={**os.environ, "COURSE_NBVAL": "1"})
        except CellExecutionError as error:
            raise ProblemsFound([Problem(path.name, f"a cell failed:\n{error}")]) from None
    executed: Notebook = json.loads(nbformat.writes(notebook))  # type: ignore[no-untyped-call]
    for cell in executed["cells"]:
        cell["source"] = "".join(cell["source"])
        cell["metadata"] = {"tags": tags(cell)} if tags(cell) else {}
    return executed | {"metadata": _METADATA}


# ── the command ─────────────────────────────────────────────────────────────────────────────────────────────


def find_root() -> Path:
    """The repository: the current folder if it has solutions, or the one around the package."""
    here = Path.cwd()
    return here if (here / "solutions").is_dir() else Path(__file__).resolve().parent.parent


def build(check: bool = False, run: bool = False, only: str | None = None, root: Path | None = None) -> int:
    """Write notebooks and reference answers; `check` only compares. 1 if something is wrong or differs."""
    root = root or find_root()
    paths = solutions(root, only)
    if not paths:
        print(f"no solution notebooks in {root / 'solutions'}")
        return 1
    return max(_build_one(path, root, check, run) for path in paths)


def _build_one(path: Path, root: Path, check: bool, run: bool) -> int:
    try:
        if run and not check:
            path.write_text(dump(execute(path)), encoding="utf-8", newline="\n")
        made = products(path, root)
    except ProblemsFound as error:
        print(error)
        return 1
    differing = [file for file, text in made.items() if _text(file) != text]
    for file in differing:
        print(f"{'differs' if check else 'wrote'}: {file.relative_to(root)}")
        if not check:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(made[file], encoding="utf-8", newline="\n")
    return 1 if check and differing else 0


class ProblemsFound(Exception):
    """A solution notebook disagrees with its exercises."""

    def __init__(self, found: list[Problem]) -> None:
        super().__init__("\n".join(map(str, found)))
        self.found = found


def products(path: Path, root: Path) -> dict[Path, str]:
    """The texts of all files that come out of one solution notebook."""
    number, notebook = path.name[:2], read(path)
    items = of_notebook(number)
    found = problems(notebook, items, path.name)
    if found:
        raise ProblemsFound(found)
    exercises = {item.id: item for item in items if isinstance(item, Exercise)}
    made = student(notebook, exercises, top_cells(path.name, root))
    return {
        root / "notebooks" / path.name: dump(made),
        root / "course" / "exercises" / "answers" / f"{number}.txt": answers_file(
            number, exercise_cells(notebook)
        ),
    }


def _text(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.exists() else None


def main(arguments: list[str] | None = None) -> int:
    """`course build [--check] [--run] [--lint] [--only 01]`."""
    parser = argparse.ArgumentParser(prog="course build", description="Make the students' notebooks.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 on any difference")
    parser.add_argument("--run", action="store_true", help="run the solutions first and store their outputs")
    parser.add_argument("--lint", action="store_true", help="only measure the anatomy of the notebooks")
    parser.add_argument("--only", metavar="01", help="one notebook")
    options = parser.parse_args(arguments)
    if options.lint:
        from course.anatomy import lint

        return lint(find_root(), options.only)
    return build(check=options.check, run=options.run, only=options.only)


if __name__ == "__main__":
    sys.exit(main())
