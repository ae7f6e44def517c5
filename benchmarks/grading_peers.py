"""nbgrader and otter on notebook 01: an assignment whose points are the notebook's own checks, and their commands.

Each has an environment of its own in the cache folder, made when it is first needed. It sees torch and the course of
the Python that runs this, behind its own packages.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "course-benchmarks")
CHECK = re.compile(r'check\("(01\.\d)"\)')
Notebook = dict[str, Any]
Clocks = tuple[float, float]  # seconds of the wall clock, of the processors
Graded = tuple[Clocks, dict[str, int]]  # what all took, and each student's points


def environment(package: str) -> Path:
    """The folder of programs of an environment with this package, `name==version`."""
    folder = CACHE / package
    if not (folder / "made").exists():
        print(f"making an environment for {package} in {folder}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(folder / "bin" / "pip"), "install", "-q", package], check=True)
        (packages,) = folder.glob("lib/python*/site-packages")
        packages.joinpath("course-benchmark.pth").write_text(f"{ROOT}\n{sysconfig.get_paths()['purelib']}\n")
        folder.joinpath("made").touch()
    return folder / "bin"


def run(folder: Path, programs: Path, *command: str) -> Clocks:
    """Run one of its programs in a folder; what it took. Exits with what it said where it fails."""
    home = {name: str(folder / "home") for name in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    path = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}
    started = time.perf_counter()
    with (folder / "said").open("w+b") as said:
        process = subprocess.Popen([str(programs / command[0]), *command[1:]], cwd=folder, stdout=said, stderr=said,
                                   env={**os.environ, **home, **path})
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if status:
            said.seek(0)
            sys.exit(f"{command}: {said.read().decode()[-3000:]}")
    return time.perf_counter() - started, used.ru_utime + used.ru_stime


def nbgrader(folder: Path, name: str, blank: Notebook, hand_ins: Mapping[str, Notebook]) -> Graded:
    """`nbgrader autograde`."""
    programs = environment("nbgrader==0.9.6")
    (folder / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'course'\n")
    write(folder / "source" / "first" / name, for_nbgrader(blank))
    run(folder, programs, "nbgrader", "generate_assignment", "first", "--create")
    for student, notebook in hand_ins.items():
        write(folder / "submitted" / student / "first" / name, for_nbgrader(notebook))
    clocks = run(folder, programs, "nbgrader", "autograde", "first")
    run(folder, programs, "nbgrader", "export", "--to=grades.csv")
    rows = [line.split(",") for line in (folder / "grades.csv").read_text().splitlines()]
    student, score = rows[0].index("student_id"), rows[0].index("raw_score")
    return clocks, {row[student]: round(float(row[score])) for row in rows[1:]}


def for_nbgrader(notebook: Notebook) -> Notebook:
    """The notebook with nbgrader's metadata: exercises are answers, checks are tests that give a point."""
    cells = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        exercise, checked = re.match(r"# exercise (01\.\d)\n", source), CHECK.fullmatch(source.strip())
        about = {"schema_version": 3, "solution": bool(exercise), "task": False}
        about |= {"locked": bool(checked), "grade": bool(checked)}
        if exercise:
            cell = {**cell, "metadata": {"nbgrader": {**about, "grade_id": f"answer-{exercise[1].replace('.', '-')}"}}}
        elif checked:
            test = f'assert check("{checked[1]}").kind == "correct"'
            graded = {"nbgrader": {**about, "grade_id": f"test-{checked[1].replace('.', '-')}", "points": 1}}
            cell = {**cell, "source": test, "metadata": graded}
        cells.append(cell)
    return {**notebook, "cells": cells}


TEST = """OK_FORMAT = False
from otter.test_files import test_case
from course.learn.checking import check_in
name, points = "{name}", 1

@test_case()
def test_it(env):
    assert check_in(env, "{exercise}").kind == "correct"
"""


def otter(folder: Path, name: str, blank: Notebook, hand_ins: Mapping[str, Notebook]) -> Graded:
    """`otter run` on each."""
    programs = environment("otter-grader==7.0.0")
    exercises = [found for cell in blank["cells"] for found in CHECK.findall("".join(cell["source"]))]
    with zipfile.ZipFile(folder / "autograder.zip", "w") as archive:
        archive.writestr("otter_config.json", "{}")
        for exercise in exercises:
            test = f"q{exercise.replace('.', '_')}"
            archive.writestr(f"tests/{test}.py", TEST.format(name=test, exercise=exercise))
    wall, cpu, points = 0.0, 0.0, {}
    for student, notebook in hand_ins.items():
        write(folder / student / name, notebook)
        command = "otter", "run", "--no-logo", "-a", "autograder.zip", "-o", student, f"{student}/{name}"
        spent = run(folder, programs, *command)
        wall, cpu = wall + spent[0], cpu + spent[1]
        results = json.loads((folder / student / "results.json").read_text())
        points[student] = round(sum(test.get("score", 0) for test in results["tests"]))
    return (wall, cpu), points


def write(path: Path, notebook: Notebook) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook), encoding="utf-8")


PEERS: dict[str, Callable[..., Graded]] = {"nbgrader 0.9.6": nbgrader, "otter-grader 7.0.0": otter}
