"""The whole way, by the command that an instructor types: every solution has full marks, untouched notebooks have none.

The grader is a fresh process, so no exercise relies on what another one has set up.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from course.grade.gradebook import FILE, Gradebook
from course.grade.standing import standing

ROOT = Path(__file__).resolve().parents[2]


def test_solutions_have_full_marks_and_untouched_notebooks_none(tmp_path: Path) -> None:
    handed_in = tmp_path / "handed in"
    for student, notebooks in (("right", "solutions"), ("untouched", "notebooks")):
        (handed_in / student).mkdir(parents=True)
        for notebook in (ROOT / notebooks).glob("*.ipynb" if student == "right" else "0[12]*.ipynb"):
            shutil.copy(notebook, handed_in / student)
    grades = tmp_path / "grades"
    command = [sys.executable, "-m", "course.cli", "grade", str(handed_in), "--out", str(grades), "--quiet"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]
    with Gradebook(grades / FILE) as book:
        found = {student: standing(book, student) for student in ("right", "untouched")}
    assert found["right"].score == found["right"].out_of > 0, found["right"]
    assert found["untouched"].score == 0 < found["untouched"].out_of
