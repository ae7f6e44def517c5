"""A notebook that the workshop runs reads and changes nobody's progress."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from course.authoring import build, given_twice, running

SOURCES = [
    "import os\nprint(os.listdir())",
    "from course.learn import hint\nhint('01.1')",
    "from course.learn import progress_file\nprint(progress_file.exercise_state('01.1')['hints'])",
]


def notebook() -> Any:
    cells = [nbformat.v4.new_code_cell(source) for source in SOURCES]
    cells[1].metadata["tags"] = ["nbval-ignore-output"]  # a hint asked for twice is the next one
    return nbformat.v4.new_notebook(cells=cells)


def printed(cells: Any) -> list[str]:
    outputs = [output for cell in cells for output in cell["outputs"]]
    return ["".join(output["text"]) for output in outputs if output["output_type"] == "stream"]


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A progress file of somebody's own, half way through notebook 01."""
    file = tmp_path / "mine" / "progress.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"version": 1, "exercises": {"01.1": {"attempts": 2, "passed": False, "hints": 2}}}))
    monkeypatch.setenv("COURSE_HOME", str(file.parent))
    return file


@pytest.mark.parametrize("nbval", [False, True])
def test_nobodys_progress_is_read_or_changed(nbval: bool, mine: Path) -> None:
    made, before = notebook(), mine.read_text()
    running.run(made, nbval=nbval, timeout=60)
    assert printed(made.cells) == ["[]\n", "1\n"]
    assert mine.read_text() == before and list(mine.parent.iterdir()) == [mine]


def test_so_run_the_commands(mine: Path, tmp_path: Path) -> None:
    path, before = tmp_path / "09_small.ipynb", mine.read_text()
    nbformat.write(notebook(), path)
    assert printed(build.execute(path)["cells"]) == ["[]\n", "1\n"]
    assert given_twice.problems(path) == []
    assert mine.read_text() == before and list(mine.parent.iterdir()) == [mine]
