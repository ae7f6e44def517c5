"""What changed since the commit that a change starts from: CI measures that wholly, and a fixed sample of the rest."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
from pathlib import Path

from course.learn.exercise import Exercise


def changed_files(root: Path) -> set[Path]:
    """Files that differ from COURSE_BASE (a commit), else from where this branch left origin/main, else from HEAD~1.

    Uncommitted changes count. Empty where there is no git, or no history.
    """
    head = _git(root, "rev-parse", "HEAD")
    base = os.environ.get("COURSE_BASE") or _git(root, "merge-base", "HEAD", "origin/main")
    if not base or (base == head and not _git(root, "status", "--porcelain")):
        base = "HEAD~1"
    names = _git(root, "diff", "--name-only", base) + "\n" + _git(root, "ls-files", "--others", "--exclude-standard")
    return {(root / name).resolve() for name in names.splitlines() if name}


def is_changed(exercise: Exercise, files: set[Path]) -> bool:
    """Whether the exercise, what it shares with its neighbours, its answers or its notebook is among the files."""
    own = Path(inspect.getfile(type(exercise))).resolve()
    number = exercise.id.partition(".")[0]
    shared = " ".join(re.findall(r"^from course\.exercises\..*", own.read_text(encoding="utf-8"), re.MULTILINE))
    return any(
        file == own
        or (file.parent == own.parent and re.search(rf"\b{file.stem}\b", shared))
        or (file.name == own.name and "answers" in file.parts)
        or (file.suffix == ".ipynb" and file.parent.name == "solutions" and file.name.startswith(number))
        for file in files
    )


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
