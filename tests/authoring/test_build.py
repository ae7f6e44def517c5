"""From a solution notebook to the student's, to the reference answers, and back without a difference."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from course.authoring import build, notebook_files
from course.authoring.agreement import problems
from course.authoring.anatomy import lint
from course.learn import help
from course.learn.items import Prediction

HERE = Path(__file__).parents[1]
sys.path.insert(0, str(HERE / "learn"))
import notebooks  # noqa: E402 - helpers of the tests beside it


@pytest.fixture(scope="session", autouse=True)
def sample_exercise() -> None:
    notebooks.register_sample()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with one solution notebook."""
    shutil.copy(HERE.parent / "pyproject.toml", tmp_path)
    write(tmp_path, notebooks.notebook())
    return tmp_path


def write(root: Path, notebook: dict[str, Any]) -> None:
    (root / "solutions").mkdir(exist_ok=True)
    (root / "solutions" / "00_team.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def made(root: Path) -> dict[str, dict[str, Any]]:
    assert build.build(root=root) == 0
    notebook = notebook_files.read(root / "notebooks" / "00_team.ipynb")
    return {cell["id"]: cell for cell in notebook["cells"]}


def test_the_students_notebook(root: Path) -> None:
    cells = made(root)
    assert list(cells)[:2] == ["badges", "first-cell"] and "aside" not in cells
    assert "colab" in cells["badges"]["source"] and "notebooks/00_team.ipynb" in cells["badges"]["source"]
    assert cells["exercise-00-1"]["source"].startswith("# exercise 00.1\ndef team_mean")
    assert "total = ..." in cells["exercise-00-1"]["source"]
    assert cells["quiz"]["source"] == 'quiz("00.q1", ...)'
    assert cells["predict"]["source"] == 'predict("00.p1", answer=...)  # é'
    assert all(not cell.get("outputs") for cell in cells.values())


def test_the_reference_answers_travel(root: Path) -> None:
    made(root)
    text = (root / "course" / "exercises" / "answers" / "00.txt").read_text(encoding="utf-8")
    assert help.split_answers(text)["00.1"] == notebooks.SOLVED.partition("\n")[2]


def test_check_finds_any_difference_and_writes_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build.build(root=root, check=True) == 1 and not (root / "notebooks").exists()
    made(root)
    assert build.build(root=root, check=True) == 0
    student = root / "notebooks" / "00_team.ipynb"
    student.write_text(student.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    capsys.readouterr()
    assert build.build(root=root, check=True) == 1
    assert "00_team.ipynb" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "blanked"),
    [
        ('predict("01.p1", [1, 2])', 'predict("01.p1", ...)'),
        ('x = quiz("01.q1",\n    "b"\n)  # ü', 'x = quiz("01.q1",\n    ...\n)  # ü'),
        ('ledger("01.l1", log, {"bob": 10, "me": 1 + 2})', 'ledger("01.l1", log, {"bob": ..., "me": ...})'),
        ('a = "é"; predict("01.p1", "é"); f(3)', 'a = "é"; predict("01.p1", ...); f(3)'),
        ("print('no quiz (here)')", "print('no quiz (here)')"),
        ('predict("01.p1", ...)', 'predict("01.p1", ...)'),
    ],
)
def test_answers_become_three_dots(source: str, blanked: str) -> None:
    assert build.blanked(source) == blanked


def changed(old: str, new: str) -> dict[str, Any]:
    notebook = notebooks.notebook()
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"]).replace(old, new).splitlines(keepends=True)
    return notebook


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("about 5 min", "about 6 min", "the header of exercise 00.1"),
        ("salaries: list[torch.Tensor]) ->", "pay: list[torch.Tensor]) ->", "signatures differ"),
        ("element by element.", "one by one.", "docstrings differ"),
        (
            "        total = total + salary",
            "        total += salary",
            "`total = total + salary` is not in the solution",
        ),
        ("# exercise 00.1", "# exercise 00.7", "exercise 00.7 is not registered"),
        ('check("00.1")', "check", 'has 0 cells with check("00.1")'),
        ('quiz("00.q1", "b")', "quiz", "00.q1 is asked 0 times"),
        ('quiz("00.q1", "b")', 'quiz("00.q8", "b")', "00.q8 is not registered"),
    ],
)
def test_disagreements_are_found_and_nothing_is_written(
    root: Path, old: str, new: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, changed(old, new))
    assert build.build(root=root) == 1
    assert said in capsys.readouterr().out
    assert not (root / "notebooks").exists()


CHOICES = {"a": "nothing: she keeps it", "b": "her `x`"}


@pytest.mark.parametrize(
    ("source", "agrees"),
    [
        ('# Predict. What?\n#     a) nothing: she keeps it      b) her `x`\npredict("00.p7", "b")', True),
        ('predict("00.p6", 3)\n# a) nothing: she\n#    keeps it\n# b) her `x`\npredict("00.p7", "b")', True),
        ('#     a) her `x`      b) nothing: she keeps it\npredict("00.p7", "b")', False),
        ('predict("00.p7", "b")', False),
    ],
)
def test_a_prediction_and_its_cell_offer_the_same_choices(source: str, agrees: bool) -> None:
    items = [Prediction("00.p7", "What?", CHOICES, "b"), Prediction("00.p6", "How many?", {}, 3)]
    notebook = {"cells": [notebooks.cell("code", "p", source)]}
    notebook["cells"][0]["source"] = source
    found = [problem.text for problem in problems(notebook, items, "here") if "00.p7" in problem.text]
    said = "the cell of prediction 00.p7 does not ask in comments: a) nothing: she keeps it  b) her `x`"
    assert found == ([] if agrees else [said])


@pytest.mark.parametrize(
    ("source", "hidden"),
    [
        ('ledger("00.l1", log, {"bob": 10})', True),
        ('ledger(\n    "00.l1", log=log, claims={"bob": 10}\n)', True),
        ('claims = {"bob": 10}\nledger("00.l1", log, claims)', False),
        ('display(ledger("00.l1", log, dict(bob=10)))', False),
    ],
)
def test_the_numbers_of_a_ledger_stand_where_they_are_taken_out(source: str, hidden: bool) -> None:
    notebook = {"cells": [notebooks.cell("code", "l", source) | {"source": source}]}
    found = [problem.text for problem in problems(notebook, [], "here")]
    assert [text.endswith("stand elsewhere, and students would read them") for text in found] == [True] * (not hidden)
    assert ("10" not in build.blanked(source)) == hidden


def test_two_cells_with_one_id(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook = notebooks.notebook()
    notebook["cells"][0]["id"] = "check"
    write(root, notebook)
    assert build.build(root=root) == 1
    assert "two cells with the id check" in capsys.readouterr().out


def test_run_stores_outputs_that_repeat(root: Path) -> None:
    assert build.build(root=root, run=True) == 0
    first = (root / "solutions" / "00_team.ipynb").read_text(encoding="utf-8")
    outputs = {cell["id"]: cell.get("outputs", []) for cell in json.loads(first)["cells"]}
    assert "✓ Correct" in "".join(outputs["check"][0]["data"]["text/plain"])
    assert build.build(root=root, run=True) == 0
    assert (root / "solutions" / "00_team.ipynb").read_text(encoding="utf-8") == first


def test_the_anatomy_is_measured(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint(root) == 1
    told = capsys.readouterr().out
    assert "✗ cells" in told and "✓ words in one text cell" in told and "missing: retrieve" in told
