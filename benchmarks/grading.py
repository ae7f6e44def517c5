"""Grading a hundred submissions of notebook 01, with the sandbox and without, and with nbgrader and otter beside it.

    python benchmarks/grading.py            # all of it: the peers' environments are made on the first run
    python benchmarks/grading.py --short    # a few submissions, no peers: fails only if a grade is wrong
    python benchmarks/grading.py --keep     # also put the tables into benchmarks/README.md

The submissions are a mix. Of a hundred, fifty are right, with the reference or other right answers; thirty have a wrong
answer to each exercise; ten are as they were handed out; ten are hostile in one exercise and right in the others: an
endless loop, processes left behind, full memory, a process that ends itself, a result that says it equals everything.
`course grade` grades them with everything that it does: intake, seats, questions, gradebook, report, feedback.

nbgrader and otter get an equal assignment: the same notebook, whose checks are the cells that give points. They run
each notebook once, on this machine, without a sandbox, by `nbgrader autograde` and `otter run`. They get only
submissions that are not hostile.

Seconds are of the wall clock and of the processors, of all processes together, for each submission.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import psutil
from grading_peers import PEERS
from measure import keep, machine

from course.authoring.answers import Answers, known_answers
from course.grade.cage import Cage, best_level
from course.grade.gradebook import FILE, Gradebook
from course.learn.registry import find

ROOT = Path(__file__).resolve().parents[1]
HOSTILE = {
    "endless": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    "daemons": "import os, time\nif not os.fork():\n    os.setsid()\n    time.sleep(60)\nreturn 1",
    "memory": "return bytearray(1 << 33)",
    "ended": "import os\nos._exit(0)",
    "equal": "return type('Equal', (), {'__eq__': lambda *_: True})()",
}
KINDS = ["right"] * 5 + ["wrong"] * 3 + ["untouched", "hostile"]  # of each ten
LEVELS = ("bwrap", "none")


@dataclass(frozen=True)
class HandIn:
    """A student's answers by exercise, and which of them have to get full marks."""

    student: str
    kind: str
    answers: dict[str, str]
    right: frozenset[str]


def hand_ins(count: int) -> Iterator[HandIn]:
    """So many students, in an order in which each ten are a mix."""
    known = known_answers("01", ROOT)
    rights = {id: cycle([one.reference, *[other.source for other in one.right]]) for id, one in known.items()}
    wrongs = {id: cycle([other.source for other in one.wrong]) for id, one in known.items()}
    attacks = cycle(HOSTILE.values())
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        answers = {id: next(wrongs[id] if kind == "wrong" else rights[id]) for id in known}
        right = frozenset(known) if kind in ("right", "hostile") else frozenset()
        if kind == "untouched":
            answers = {}
        if kind == "hostile":
            attacked = sorted(known)[number // len(KINDS) % len(known)]
            answers[attacked] = hostile(attacked, known[attacked], next(attacks))
            right -= {attacked}
        yield HandIn(f"student{number:03}", kind, answers, right)


def hostile(id: str, known: Answers, body: str) -> str:
    """The exercise's function with this body."""
    head = known.reference[: known.reference.index(":\n") + 2]
    return f"{head[head.index('def '):]}{textwrap.indent(body, '    ')}\n"


def written(hand_in: HandIn, blank: dict[str, Any]) -> str:
    """The released notebook with the answers in their cells."""
    cells = [dict(cell) for cell in blank["cells"]]
    for cell in cells:
        first, _, rest = "".join(cell["source"]).partition("\n")
        id = first.removeprefix("# exercise ")
        if id in hand_in.answers and rest:
            cell["source"] = f"{first}\n{hand_in.answers[id]}"
    return json.dumps({**blank, "cells": cells})


def hand_out() -> tuple[str, dict[str, Any]]:
    """The name and the content of the notebook that students have."""
    (file,) = (ROOT / "notebooks").glob("01_*.ipynb")
    return file.name, json.loads(file.read_text(encoding="utf-8"))


# -- ours ------------------------------------------------------------------------------------------------------


@dataclass
class Spent:
    """What grading took."""

    count: int
    wall: float
    cpu: float
    memory: list[float]  # MB of the grader's own process, as time goes by


def grade(folder: Path, hand_ins: Sequence[HandIn], level: str, jobs: int) -> Spent:
    """Run `course grade` on them, and exit unless each grade is what it has to be."""
    name, blank = hand_out()
    for hand_in in hand_ins:
        (folder / "in" / hand_in.student).mkdir(parents=True)
        (folder / "in" / hand_in.student / name).write_text(written(hand_in, blank), encoding="utf-8")
    command = [sys.executable, "-m", "course.cli", "grade", str(folder / "in"), "--out", str(folder / "out")]
    started, memory = time.perf_counter(), []
    process = subprocess.Popen([*command, "--level", level, "--jobs", str(jobs), "--quiet"], cwd=folder)
    grader = psutil.Process(process.pid)
    while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
        memory.append(grader.memory_info().rss / 2**20)
        time.sleep(0.1)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(ended[1])
    used = ended[2]
    check(folder / "out", hand_ins)
    return Spent(len(hand_ins), wall, used.ru_utime + used.ru_stime, [one for one in memory if one])


def check(grades: Path, hand_ins: Sequence[HandIn]) -> None:
    """Exit unless right answers, and only those, have full marks."""
    expected = {hand_in.student: hand_in.right for hand_in in hand_ins}
    found: dict[str, set[str]] = {student: set() for student in expected}
    with Gradebook(grades / FILE) as book:
        for number in book.submissions():
            for result in book.results(number):
                if result.points == find(result.exercise).points:
                    found[book.submission(number).student].add(result.exercise)
    for student, right in expected.items():
        if found[student] != right:
            sys.exit(f"{student} has full marks for {sorted(found[student])} and must have them for {sorted(right)}")
