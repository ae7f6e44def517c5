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
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from course.authoring import colab, running
from course.authoring.agreement import Problem, problems
from course.authoring.notebook_files import Cell, Notebook, dump, exercise_cells, exercise_id, read, solutions, tags
from course.learn.exercise import Exercise
from course.learn.registry import of_notebook

SOLUTION_ONLY = "solution-only"
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


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


# ── running the solutions ───────────────────────────────────────────────────────────────────────────────────


def execute(path: Path) -> Notebook:
    """Run a solution notebook in an empty folder, as nbval will, and return it with its outputs."""
    import nbformat
    from nbclient.exceptions import CellExecutionError

    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    try:
        running.run(notebook, nbval=True, timeout=300, record_timing=False, coalesce_streams=True)
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
    return here if (here / "solutions").is_dir() else Path(__file__).resolve().parents[2]


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
        from course.authoring.anatomy import lint

        return lint(find_root(), options.only)
    return build(check=options.check, run=options.run, only=options.only)


if __name__ == "__main__":
    sys.exit(main())
