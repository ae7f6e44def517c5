"""`course export-nbgrader`: the same notebooks as an assignment of nbgrader's, which releases and grades it by itself.

    DIR/
      nbgrader_config.py
      source/week1/01_….ipynb     each exercise a solution cell, each check an autograder test with its points

The exercise's cell holds the reference answer between `### BEGIN SOLUTION` and `### END SOLUTION`: nbgrader puts its
own stub there when it makes the students' copy. Where the exercise's stub has more than one line, those lines stand
above as comments. The check stays visible; that it has to be passed is a hidden test.

nbgrader runs submissions as they are, on the instructor's account, and believes what they say. Whoever does not trust
every submission grades with `course grade`.

Source: nbgrader 0.9.6, nbgrader/preprocessors/clearsolutions.py and clearhiddentests.py, nbgrader/docs (schema 3).
"""

from __future__ import annotations

import argparse
import ast
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course.command import CannotError, own_notebooks
from course.grade.intake.matching import checked, marked
from course.grade.intake.notebook import parse
from course.learn.exercise import Exercise
from course.learn.help import reference
from course.learn.registry import of_notebook

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_CONFIG = """\
# An nbgrader course (https://nbgrader.readthedocs.io), written by `course export-nbgrader`.
#     nbgrader generate_assignment {name}
#     nbgrader autograde {name}
c = get_config()
c.CourseDirectory.course_id = {name!r}
c.ExecutePreprocessor.timeout = 300  # seconds for a cell: the first one imports torch
"""


def export(notebooks: list[str], out: Path, name: str) -> list[Path]:
    """Write the course folder; its files. CannotError if a notebook, or a reference answer, is not there."""
    folder = out / "source" / name
    if folder.exists():
        raise CannotError(f"{folder} is there already: choose another --out or --name, or delete it first.")
    files = {number: file for file in own_notebooks() for number in notebooks if file.name.startswith(f"{number}_")}
    missing = [number for number in notebooks if number not in files]
    if missing:
        raise CannotError(f"There is no notebook {missing[0]!r} in this course.")
    made = {file.name: assignment(file) for file in files.values()}
    folder.mkdir(parents=True)
    written = [out / "nbgrader_config.py"]
    written[0].write_text(_CONFIG.format(name=name), encoding="utf-8", newline="\n")
    for file, notebook in made.items():
        written.append(folder / file)
        text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        written[-1].write_text(text, encoding="utf-8", newline="\n")
    return written


def assignment(file: Path) -> dict[str, Any]:
    """The instructor's version of a student's notebook, as nbgrader wants it."""
    exercises = {item.id: item for item in of_notebook(file.name[:2]) if isinstance(item, Exercise)}
    notebook: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    read = parse(file.read_bytes()).cells
    cells = [
        _cell(cell, marked(text) if text.kind == "code" else "", checked(text), exercises)
        for cell, text in zip(notebook["cells"], read, strict=True)
    ]
    return {**notebook, "cells": cells}


def _cell(cell: dict[str, Any], answers: str, checks: str, exercises: Mapping[str, Exercise]) -> dict[str, Any]:
    if answers in exercises:
        source = f"# exercise {answers}\n{with_solution(exercises[answers])}"
        return _graded(cell, source, f"exercise-{answers}", solution=True)
    if checks in exercises:
        return _graded(cell, check_cell(checks), f"check-{checks}", points=exercises[checks].points)
    return cell


def _graded(cell: dict[str, Any], source: str, id: str, *, solution: bool = False, points: int = 0) -> dict[str, Any]:
    """A cell with nbgrader's metadata, schema 3: what students fill in, or a test with points."""
    grade = not solution
    said = {"schema_version": 3, "grade_id": id.replace(".", "-"), "grade": grade, "solution": solution}
    said |= {"locked": grade, "task": False} | ({"points": points} if grade else {})
    metadata = {**cell["metadata"], "nbgrader": said}
    return {**cell, "metadata": metadata, "source": source.splitlines(keepends=True)}


def check_cell(exercise: str) -> str:
    """The check as students see it, and what nbgrader asks for: an error unless the answer is right."""
    return f"""\
check("{exercise}")
### BEGIN HIDDEN TESTS
card = check("{exercise}")
assert card.kind == "correct", str(card)
### END HIDDEN TESTS"""


def with_solution(exercise: Exercise) -> str:
    """The reference answer, its body marked as what nbgrader takes out. CannotError without a reference answer."""
    answer = reference(exercise.id)
    if answer is None:
        raise CannotError(f"There is no reference answer to exercise {exercise.id} here, and nbgrader needs one.")
    lines = answer.split("\n")
    function = next(node for node in ast.parse(answer).body if isinstance(node, ast.FunctionDef))
    first = function.body[1] if ast.get_docstring(function) else function.body[0]
    decorated = [node.lineno for node in getattr(first, "decorator_list", [])]
    begins, ends = min(decorated + [first.lineno]) - 1, function.end_lineno or len(lines)
    head = lines[:begins]
    while head and head[-1].strip().startswith("#"):  # a comment above the first line is part of the answer
        begins -= 1
        head.pop()
    marked_body = [f"    {BEGIN}", *lines[begins:ends], f"    {END}"]
    return "\n".join([*head, *_outline(exercise), *marked_body, *lines[ends:]])


def _outline(exercise: Exercise) -> list[str]:
    """The lines of a stub that gives some, as comments: nbgrader's own stub takes their place."""
    function = next(node for node in ast.parse(exercise.source).body if isinstance(node, ast.FunctionDef))
    body = function.body[1:] if ast.get_docstring(function) else function.body
    if len(body) < 2:
        return []
    lines = exercise.source.split("\n")[(function.body[0].end_lineno or 0) : function.end_lineno]
    given = [line.removeprefix("    ") for line in lines if line.strip()]
    return ["    # One way to begin:", *(f"    #     {line}" for line in given)]


# ── the command ─────────────────────────────────────────────────────────────────────────────────────────────


def add_export_nbgrader(commands: Commands) -> None:
    """`course export-nbgrader`, for the command line's parser."""
    command = commands.add_parser(
        "export-nbgrader",
        help="write notebooks as an assignment of nbgrader's (for instructors)",
        description="Write a course folder in which nbgrader 0.9.6 can generate and autograde the assignment.",
        epilog="nbgrader runs submissions as they are and believes what they say; `course grade` does neither.",
    )
    command.add_argument("--notebooks", nargs="+", required=True, metavar="01", help="which notebooks")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write")
    command.add_argument("--name", help="of the assignment (default: private-ai-01-02 for notebooks 01 02)")
    command.set_defaults(run=run_export_nbgrader)


def run_export_nbgrader(options: argparse.Namespace) -> int:
    """Write the folder, and print what it holds."""
    name = options.name or f"private-ai-{'-'.join(options.notebooks)}"
    if not _NAME.fullmatch(name):
        raise CannotError(f"A name is of letters, digits, dots, - and _, not {name!r}.")
    for path in export(list(dict.fromkeys(options.notebooks)), options.out, name):
        print(path)
    print(f"Next, in {options.out}: nbgrader generate_assignment {name}")
    return 0
