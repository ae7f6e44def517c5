"""`course release`: what students receive.

    week1/
      assignment.toml                              course/grade/assignment.py: due date, late rule, points, limits
      README.txt                                   for students: install, work, hand in
      notebooks/01_….ipynb                         with the course's version and each exercise's fingerprint in it
      private_ai_course-0.1.0-py3-none-any.whl     the course without answers (course/grade/wheel.py)

The folder is for a web page, `--zip` packs it for a learning platform. Keep a copy: `course grade --assignment week1`
grades what comes back against it.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from course.command import PACKAGE, CannotError, own_notebooks
from course.grade import assignment as assignments
from course.grade.assignment import Assignment, Late

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

METADATA = "course"  # the key under which a released notebook says what it is
_DEFAULT_PACKAGE = re.compile(r'"git\+https://[^"]*"')  # in the cell that installs the course on Colab


def release(assignment: Assignment, out: Path, *, package: str = "", pack: bool = False) -> list[Path]:
    """Write the folder `out` for an assignment, and `out`.zip where it is to be packed; the files.

    assignment: its version and fingerprints are filled in here. package: what pip installs on Colab, an address of the
    wheel for example. CannotError if the folder holds a release already, or if a notebook does not exist.
    """
    from course.grade import fingerprints, wheel

    if (out / assignments.FILE).exists():
        raise CannotError(f"{out} holds a release already: choose another folder, or delete this one first.")
    sources = {number: _notebook(number) for number in assignment.notebooks}
    filled = _filled(assignment, fingerprints.of_notebooks(assignment.notebooks))
    (out / "notebooks").mkdir(parents=True, exist_ok=True)
    written = []
    for number, source in sources.items():
        notebook = json.loads(source.read_text(encoding="utf-8"))
        target = out / "notebooks" / source.name
        target.write_text(_dumped(stamped(notebook, filled, number, package)), encoding="utf-8", newline="\n")
        written.append(target)
    made = wheel.write(out, written)
    texts = {assignments.FILE: assignments.write(filled, usual_points(filled)), "README.txt": readme(filled, made.name)}
    for name, text in texts.items():
        (out / name).write_text(text, encoding="utf-8", newline="\n")
    written += [made, *(out / name for name in texts)]
    if pack:
        packed = out.with_name(f"{out.name}.zip")
        wheel.pack(packed, {f"{out.name}/{path.relative_to(out).as_posix()}": path.read_bytes() for path in written})
        written.append(packed)
    return written


def usual_points(assignment: Assignment) -> dict[str, float]:
    """What its exercises are worth where the assignment says nothing."""
    from course.learn.exercise import Exercise
    from course.learn.registry import of_notebook

    found = [item for notebook in assignment.notebooks for item in of_notebook(notebook)]
    return {item.id: item.points for item in found if isinstance(item, Exercise)}


def _filled(assignment: Assignment, exercises: Mapping[str, str]) -> Assignment:
    unknown = sorted(assignment.points.keys() - exercises.keys())
    if unknown:
        raise CannotError(f"There is no exercise {unknown[0]} in what is released: {', '.join(exercises)}.")
    return replace(assignment, version=metadata.version(PACKAGE), exercises=exercises)


def _notebook(number: str) -> Path:
    files = own_notebooks()
    found = [file for file in files if file.name.startswith(f"{number}_")]
    if not found:
        there = ", ".join(file.name[:2] for file in files) or "none"
        raise CannotError(f"There is no notebook {number!r}. The notebooks here: {there}.")
    return found[0]


def stamped(notebook: dict[str, Any], assignment: Assignment, number: str, package: str = "") -> dict[str, Any]:
    """A notebook that says what it was released as. Its badges would open another copy, so they are left out."""
    exercises = {id: said for id, said in assignment.exercises.items() if id.partition(".")[0] == number}
    said = {"assignment": assignment.name, "version": assignment.version, "exercises": exercises}
    cells = [cell for cell in notebook["cells"] if cell["id"] != "badges"]
    if package:
        cells = [_installing(cell, package) if cell["id"] == "first-cell" else cell for cell in cells]
    return {**notebook, "cells": cells, "metadata": {**notebook["metadata"], METADATA: said}}


def _installing(cell: dict[str, Any], package: str) -> dict[str, Any]:
    text = _DEFAULT_PACKAGE.sub(lambda _: json.dumps(package), "".join(cell["source"]))
    return {**cell, "source": text.splitlines(keepends=True)}


def _dumped(notebook: dict[str, Any]) -> str:
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def readme(assignment: Assignment, wheel: str) -> str:
    """For students: install, work, hand in."""
    due = f"Due: {assignments.local(assignment.due)}.\n" if assignment.due else ""
    late = {
        "none": "",
        "cut-off": "What comes later has no points.\n",
    }.get(assignment.late.text, f"Each day begun after that costs {assignment.late.text.removesuffix(' a day')}.\n")
    first, files = assignment.notebooks[0], "files" if len(assignment.notebooks) > 1 else "file"
    return f"""\
{assignment.name}
{due}{late if due else ""}
1. Install the course, once (Python 3.11 or newer):

       python -m pip install jupyterlab {wheel}

   On Linux without an NVIDIA GPU run this line before, else pip takes a build of torch of several GB:

       python -m pip install torch --index-url https://download.pytorch.org/whl/cpu

2. Open a notebook of the folder notebooks/, in JupyterLab (python -m jupyterlab), VS Code or Colab. Fill in the
   exercises; check("{first}.1") says how far you are, as often as you like.

3. Save, and hand in the notebook {files}. You may add cells. Leave the first line of an exercise's cell as it is,
   "# exercise {first}.1". Where an exercise is answered twice, the last answer counts.
"""


# ── the command ─────────────────────────────────────────────────────────────────────────────────────────────


def add_release(commands: Commands) -> None:
    """`course release`, for the command line's parser."""
    command = commands.add_parser(
        "release",
        help="write what students receive (for instructors)",
        description="Write a folder for students: notebooks, the course without answers (a wheel), an assignment file.",
    )
    command.add_argument("--notebooks", nargs="+", required=True, metavar="01", help="which notebooks")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to write")
    command.add_argument("--name", help="of the assignment (default: that of the folder)")
    command.add_argument("--due", metavar="DATE", help="with hour and zone: 2026-12-01T23:59:00+01:00")
    command.add_argument("--late", default="none", metavar="RULE", help='none (default), cut-off, or "10%% a day"')
    command.add_argument(
        "--level",
        choices=assignments.LEVELS,
        default="bwrap",
        help="hidden questions are not asked in a weaker sandbox (default: bwrap)",
    )
    command.add_argument("--package", default="", metavar="ADDRESS", help="what pip installs on Colab")
    command.add_argument("--zip", action="store_true", dest="pack", help="pack the folder for a learning platform, too")
    command.set_defaults(run=run_release)


def run_release(options: argparse.Namespace) -> int:
    """Write a release, and print what it is."""
    numbers = [number.zfill(2) for number in options.notebooks]
    for number in numbers:
        _notebook(number)
    entries: dict[str, Any] = {
        "name": options.name or options.out.resolve().name,
        "notebooks": numbers,
        "late": options.late,
        "level": options.level,
    }
    if options.due:
        entries["due"] = options.due
    try:
        assignment = assignments.parse(entries)
    except ValueError as error:
        raise CannotError(str(error)) from None
    if assignment.late != Late() and assignment.due is None:
        raise CannotError("A rule for what comes late needs a date: --due 2026-12-01T23:59:00+01:00")
    for path in release(assignment, options.out, package=options.package, pack=options.pack):
        print(path)
    worth = usual_points(assignment)
    print(f"{len(worth)} exercises, {sum(worth.values()):g} points: {options.out / assignments.FILE} has each of them.")
    print(f"Keep {options.out}: `course grade SUBMISSIONS --assignment {options.out}` reads it.")
    return 0
