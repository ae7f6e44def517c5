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
import notebooks
import pytest
from nbclient import NotebookClient

from course.build import blanked

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


def test_nbval_fails_exactly_the_unsolved_checks(folder: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "--nbval",
            "-p",
            "no:cacheprovider",
            "--color=no",
            *sorted(folder.glob("*.ipynb")),
        ],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "COURSE_HOME": str(tmp_path)},
    )
    failed = re.findall(r"^FAILED (\w+)\.ipynb::Cell (\d+)", done.stdout, re.MULTILINE)
    code_cells = [c["id"] for c in student_notebook(STUB)["cells"] if c["cell_type"] == "code"]
    assert failed == [
        ("partly", str(code_cells.index("check"))),
        ("untouched", str(code_cells.index("check"))),
    ], done.stdout
    assert "✗ Not yet · 00.1" in done.stdout and "○ Not attempted · 00.1" in done.stdout
    assert "checking.py" not in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["untouched", "partly", "right"])
def test_run_all_reaches_the_last_cell(name: str, folder: Path, tmp_path: Path) -> None:
    notebook = nbformat.read(folder / f"{name}.ipynb", as_version=4)
    client = NotebookClient(notebook, kernel_name="python3", timeout=120)
    client.execute(env={**os.environ, "COURSE_HOME": str(tmp_path)})
    outputs = {cell["id"]: cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code"}
    assert outputs["last"][0]["text"] == "the last cell\n"
    word = {"untouched": "○ Not attempted", "partly": "✗ Not yet", "right": "✓ Correct"}[name]
    assert outputs["check"][0]["data"]["text/plain"].startswith(word)
    assert "text/html" in outputs["check"][0]["data"]
    assert "application/vnd.jupyter.widget-view+json" in outputs["panel"][0]["data"]
    assert outputs["quiz"][0]["data"]["text/plain"].startswith("○ Not answered")
