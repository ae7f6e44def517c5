"""`pytest --nbval` on untouched, partly wrong and right student notebooks; "Run all" on each."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

import notebooks
from course.authoring.build import blanked

STUB = """# exercise 00.1
def team_mean(salaries):
    total = ...
    for salary in salaries:
        total = total + salary
    return ..."""
ANSWERS = {
    "untouched": STUB,
    "partly": "# exercise 00.1\ndef team_mean(salaries):\n    return sum(salaries)",
    "right": notebooks.SOLVED,
}


def student_notebook(answer: str) -> dict[str, Any]:
    """What a student hands in: questions open, the exercise as it is."""
    notebook = notebooks.notebook(answer)
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] != "aside"]
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["source"] = blanked("".join(cell["source"])).splitlines(keepends=True)
    return notebook


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("handed_in")
    for name, answer in ANSWERS.items():
        (path / f"{name}.ipynb").write_text(json.dumps(student_notebook(answer)), encoding="utf-8")
    return path


def nbval(*notebooks: Path, home: Path) -> str:
    """The report of `pytest --nbval` on notebooks."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", "-p", "no:cacheprovider", "--color=no", *notebooks],
        capture_output=True,
        text=True,
        cwd=notebooks[0].parent,
        env={**os.environ, "COURSE_HOME": str(home)},
    )
    return done.stdout


def run_all(path: Path, home: Path) -> Any:
    """The notebook after "Run all" as a student does it."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, kernel_name="python3", timeout=120)
    client.execute(env={**os.environ, "COURSE_HOME": str(home)})
    return notebook


def failed_cells(report: str) -> list[tuple[str, int]]:
    """(notebook, number of the code cell) of what failed."""
    found = re.findall(r"^FAILED (\w+)\.ipynb::Cell (\d+)", report, re.MULTILINE)
    return [(name, int(number)) for name, number in found]


def test_nbval_fails_exactly_the_unsolved_checks(folder: Path, tmp_path: Path) -> None:
    report = nbval(*sorted(folder.glob("*.ipynb")), home=tmp_path)
    code_cells = [cell["id"] for cell in student_notebook(STUB)["cells"] if cell["cell_type"] == "code"]
    check = code_cells.index("check")
    assert failed_cells(report) == [("partly", check), ("untouched", check)], report
    assert "✗ Not yet · 00.1" in report and "○ Not attempted · 00.1" in report
    assert "checking.py" not in report
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_handed_in_with_its_outputs_passes(tmp_path: Path) -> None:
    path = tmp_path / "handed_in.ipynb"
    path.write_text(json.dumps(notebooks.notebook()), encoding="utf-8")
    for _ in range(2):  # the second time everything is locked
        nbformat.write(run_all(path, tmp_path / "home"), path)
    report = nbval(path, home=tmp_path / "home")
    assert " passed" in report and failed_cells(report) == [], report


@pytest.mark.parametrize("name", ["untouched", "partly", "right"])
def test_run_all_reaches_the_last_cell(name: str, folder: Path, tmp_path: Path) -> None:
    notebook = run_all(folder / f"{name}.ipynb", tmp_path)
    outputs = {cell["id"]: cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code"}
    assert outputs["last"][0]["text"] == "the last cell\n"
    word = {"untouched": "○ Not attempted", "partly": "✗ Not yet", "right": "✓ Correct"}[name]
    assert outputs["check"][0]["data"]["text/plain"].startswith(word)
    assert "text/html" in outputs["check"][0]["data"]
    assert "run this cell for buttons" in outputs["panel"][0]["data"]["text/html"]
    assert list(outputs["panel"][1]["data"]) == ["application/vnd.jupyter.widget-view+json"]
    assert outputs["quiz"][0]["data"]["text/plain"].startswith("○ Not answered")
