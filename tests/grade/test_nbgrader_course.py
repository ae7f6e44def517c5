"""The assignment that nbgrader gets; with nbgrader itself in a rehearsal: `pytest -m rehearsal tests/grade`."""

import ast
import json
import os
import re
import sqlite3
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest

from course.cli import main
from course.command import own_notebooks
from course.grade.nbgrader_course import BEGIN, END, assignment, with_solution
from course.learn.exercise import Exercise
from course.learn.help import reference
from course.learn.registry import find, of_course
from tests.grade.handing_in import ROOT

EXERCISES = [item for item in of_course() if isinstance(item, Exercise)]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_a_solution_is_the_reference_and_without_it_a_function_is_left(exercise):
    source = with_solution(exercise)
    lines = [line for line in source.split("\n") if line.strip() not in (BEGIN, END)]
    outline = [line for line in lines if line.startswith(("    # One way to begin", "    #     "))]
    assert "\n".join(line for line in lines if line not in outline) == reference(exercise.id)
    taken_out = re.sub(f"    {BEGIN}.*{END}", "    raise NotImplementedError()", source, flags=re.DOTALL)
    (left,), (stub,) = ast.parse(taken_out).body, ast.parse(exercise.source).body
    assert (left.name, ast.unparse(left.args), ast.get_docstring(left)) == (
        stub.name,
        ast.unparse(stub.args),
        ast.get_docstring(stub),
    )
    assert [type(node).__name__ for node in left.body] == ["Expr", "Raise"]


def test_what_nbgrader_reads():
    file = own_notebooks()[0]
    made = assignment(file)
    said = [cell["metadata"]["nbgrader"] for cell in made["cells"] if "nbgrader" in cell["metadata"]]
    assert len(said) == 10 and len({entry["grade_id"] for entry in said}) == 10
    assert [entry["points"] for entry in said if entry["grade"]] == [find(f"01.{n}").points for n in range(1, 6)]
    assert {(entry["grade"], entry["solution"], entry["locked"], entry["schema_version"]) for entry in said} == {
        (False, True, False, 3),
        (True, False, True, 3),
    }
    plain = json.loads(file.read_text())
    for ours, theirs in zip(made["cells"], plain["cells"], strict=True):
        assert ours == theirs or "nbgrader" in ours["metadata"]


@pytest.mark.parametrize(
    "options, text",
    [
        (["--notebooks", "99"], "There is no notebook '99' in this course."),
        (["--notebooks", "01", "--name", "a b"], "A name is of letters, digits, dots, - and _, not 'a b'."),
    ],
)
def test_each_refusal_says_why(options, text, tmp_path, capsys):
    assert main(["export-nbgrader", *options, "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == f"course: {text}\n"
    assert not (tmp_path / "out").exists()


def test_nothing_is_written_over(tmp_path, capsys):
    arguments = ["export-nbgrader", "--notebooks", "01", "--out", str(tmp_path)]
    assert main(arguments) == 0
    assert "nbgrader generate_assignment private-ai-01\n" in capsys.readouterr().out
    assert main(arguments) == 1
    assert "is there already: choose another --out or --name, or delete it first." in capsys.readouterr().err


# ── nbgrader itself ─────────────────────────────────────────────────────────────────────────────────────────


def environment():
    """An environment with nbgrader, made once a machine; it finds torch where this one does, and the course here."""
    folder = Path(tempfile.gettempdir()) / f"course-nbgrader-0.9.6-{sys.version_info.major}.{sys.version_info.minor}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "nbgrader==0.9.6", "ipykernel"], check=True)
        where = "import sysconfig; print(sysconfig.get_path('purelib'))"
        inside = subprocess.run([python, "-c", where], capture_output=True, text=True, check=True).stdout.strip()
        Path(inside, "torch_is_there.pth").write_text(sysconfig.get_path("purelib") + "\n")
        (folder / "ready").touch()
    return python


def run(python, folder, *command):
    variables = dict(os.environ) | {
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",  # nbgrader calls alembic
        "PYTHONPATH": str(ROOT),
        "COURSE_HOME": str(folder / "home"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
    }
    done = subprocess.run([python, "-m", *command], cwd=folder, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


SCORES = """
select student.id, notebook.name, sum(grade.auto_score), sum(cell.max_score)
from grade
join submitted_notebook on grade.notebook_id = submitted_notebook.id
join notebook on submitted_notebook.notebook_id = notebook.id
join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id
join student on submitted_assignment.student_id = student.id
join grade_cells cell on grade.cell_id = cell.id
group by student.id, notebook.name
"""


@pytest.mark.rehearsal
def test_nbgrader_releases_it_and_gives_the_reference_full_marks_and_the_untouched_none(tmp_path):
    python, course = environment(), tmp_path / "course"
    assert main(["export-nbgrader", "--notebooks", "01", "02", "--out", str(course), "--name", "week1"]) == 0
    run(python, course, "nbgrader", "generate_assignment", "week1")
    released = {file.name: json.loads(file.read_text()) for file in (course / "release" / "week1").glob("*.ipynb")}
    assert len(released) == 2
    for name, notebook in released.items():
        text = json.dumps(notebook)
        assert "SOLUTION" not in text and "HIDDEN TESTS" not in text and "card.kind" not in text
        assert text.count("YOUR CODE HERE") == 5
        put(course / "submitted" / "untouched" / "week1" / name, notebook)
        put(course / "submitted" / "reference" / "week1" / name, answered(notebook, lambda id: True))
        put(course / "submitted" / "first" / "week1" / name, answered(notebook, lambda id: id.endswith(".1")))
        put(course / "submitted" / "other" / "week1" / name, json.loads((ROOT / "solutions" / name).read_text()))
    run(python, course, "nbgrader", "autograde", "week1")
    with sqlite3.connect(course / "gradebook.db") as book:
        found = {(student, name[:2]): (score, most) for student, name, score, most in book.execute(SCORES)}
    full = {number: sum(e.points for e in EXERCISES if e.id.startswith(number)) for number in ("01", "02")}
    first = {number: find(f"{number}.1").points for number in ("01", "02")}
    for number in ("01", "02"):
        assert found["untouched", number] == (0, full[number])
        assert found["reference", number] == (full[number], full[number])
        assert found["first", number] == (first[number], full[number])
        assert not found["other", number][0]  # none of its cells is nbgrader's: the guide says so


def put(path, notebook):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook))


def answered(notebook, wanted):
    """The released notebook, with the reference answer in the cells of the exercises that are wanted."""
    cells = []
    for cell in notebook["cells"]:
        said = cell["metadata"].get("nbgrader", {})
        id = said.get("grade_id", "").removeprefix("exercise-").replace("-", ".")
        if said.get("solution") and wanted(id):
            cell = {**cell, "source": reference(id)}
        cells.append(cell)
    return {**notebook, "cells": cells}
