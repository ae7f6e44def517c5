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

ROOT = Path(__file__).resolve().parents[1]
HOSTILE = {
    "endless": "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    "daemons": "import os, time\nif not os.fork():\n    os.setsid()\n    time.sleep(60)\nreturn 1",
    "memory": "return bytearray(1 << 33)",
    "ended": "import os\nos._exit(0)",
    "equal": "return type('Equal', (), {'__eq__': lambda *_: True})()",
}
KINDS = ["right"] * 5 + ["wrong"] * 3 + ["untouched", "hostile"]  # of each ten


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
    with Gradebook(grades / FILE) as book:
        for hand_in in hand_ins:
            kept = [one for number in book.counting(hand_in.student) for one in book.results(number)]
            full = {one.exercise for one in kept if one.points == one.out_of}
            if full != hand_in.right:
                found = "; ".join(f"{one.exercise}: {one.kind}, {one.text} {one.detail}" for one in kept)
                sys.exit(f"{hand_in.student}, {hand_in.kind}: full marks for {sorted(hand_in.right)}, not {found}")


def our_rows(count: int, alone: int) -> list[str]:
    """All of them on all cores, at each level; some of them one at a time, and again on all cores."""
    rows, cores = [], os.cpu_count() or 1
    settings = [(count, "bwrap", cores), (count, "none", cores), (alone, "bwrap", 1), (alone, "bwrap", cores)]
    spent = [graded(list(hand_ins(number)), level, jobs) for number, level, jobs in settings]
    for (_, level, jobs), one in zip(settings, spent, strict=True):
        rows.append(row(f"`course grade`, {level}", one.count, jobs, one.wall, one.cpu))
    apart = spent[2].wall / spent[3].wall
    rows += ["", f"{alone} submissions, {cores} at a time in place of one: {apart:.2f} times as fast. Processes that"
             f" only import torch and pandas, {cores} at a time in place of one: {cores_give(cores):.2f} times.", ""]
    parts = [statistics.median(part) for part in fifths(spent[0].memory)]
    first, last = parts[1], parts[-1]
    rows += [f"Memory of the grader's own process, of {count}: {first:.0f} MB in the second fifth of the time,"
             f" {last:.0f} MB in the last, x {last / first:.2f}."]
    return rows


def cores_give(cores: int, rounds: int = 6) -> float:
    """How much faster this machine is with a process on each core, where those wait for nothing: its own bound."""
    command = [sys.executable, "-c", "import torch, pandas"]

    def together(count: int) -> None:
        for process in [subprocess.Popen(command) for _ in range(count)]:
            process.wait()

    together(cores)  # the files are in memory from here on
    one = statistics.median(timed(lambda: together(1)) for _ in range(rounds))
    return cores * one / statistics.median(timed(lambda: together(cores)) for _ in range(rounds))


def fifths(numbers: Sequence[float]) -> list[Sequence[float]]:
    size = max(1, len(numbers) // 5)
    return [numbers[start : start + size] for start in range(0, 5 * size, size)]


def graded(some: Sequence[HandIn], level: str, jobs: int) -> Spent:
    with tempfile.TemporaryDirectory() as folder:
        found = grade(Path(folder), some, level, jobs)
    print(f"{level}, {jobs} at a time: {found.wall / found.count:.2f} s each", file=sys.stderr, flush=True)
    return found


def row(what: str, count: int, jobs: int, wall: float, cpu: float) -> str:
    return f"| {what} | {count} | {jobs} | {wall / count:.2f} | {cpu / count:.2f} |"


# -- beside others ---------------------------------------------------------------------------------------------


def beside_others(count: int) -> list[str]:
    """The same submissions, none hostile, for us and for the peers."""
    some = [one for one in hand_ins(2 * count) if one.kind != "hostile"][:count]
    name, blank = hand_out()
    notebooks = {one.student: json.loads(written(one, blank)) for one in some}
    ours = [graded(some, "bwrap", jobs) for jobs in (os.cpu_count() or 1, 1)]
    rows = [row("`course grade`, bwrap", count, jobs, one.wall, one.cpu)
            for jobs, one in zip((os.cpu_count() or 1, 1), ours, strict=True)]
    for peer, run in PEERS.items():
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "home").mkdir()
            (wall, cpu), points = run(Path(folder), name, blank, notebooks)
        wrong = {one.student for one in some if points[one.student] != len(one.right)}
        rows.append(row(peer, count, 1, wall, cpu))
        print(rows[-1], file=sys.stderr, flush=True)
        bar = ""
        if peer.startswith("nbgrader"):
            bar = f" (at most 0.50 of its wall time: {'cleared' if ours[0].wall <= wall / 2 else 'MISSED'})"
        rows.append(f"| ... ours to it{bar} | | | {ours[0].wall / wall:.2f} | {ours[0].cpu / cpu:.2f} |")
        if wrong:
            print(f"{peer} gives other points to {sorted(wrong)}", file=sys.stderr)
    return rows


# -- starting --------------------------------------------------------------------------------------------------


def starting(repeats: int) -> list[str]:
    """What a seat costs before any answer runs: the sandbox, the imports, a fork."""
    rows = []
    for level in ("none", "rlimits", "bwrap"):
        starts, forks = [], []
        for _ in range(repeats):
            cage = Cage(level)
            starts.append(timed(cage.start))
            forks += [timed(lambda cage=cage: cage.fork().close()) for _ in range(20)]
            cage.close()
        rows.append(f"| {level} | {statistics.median(starts):.2f} | {1000 * statistics.median(forks):.1f} |")
    return rows


def timed(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


HEAD = ["| | submissions | at a time | wall, s each | CPU, s each |", "|---|---:|---:|---:|---:|"]


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--short", action="store_true", help="ten submissions, no peers: are the grades right?")
    parser.add_argument("--count", type=int, default=100, help="submissions (default: 100)")
    parser.add_argument("--peers", type=int, default=20, help="of them, for nbgrader and otter (default: 20)")
    parser.add_argument("--only", choices=("ours", "peers", "start"), help="one table")
    parser.add_argument("--keep", action="store_true", help="put the tables into benchmarks/README.md")
    options = parser.parse_args()
    if options.short:
        graded([one for one in hand_ins(10) if one.kind != "hostile"][3:7], best_level(), 2)
        return
    tables = {
        "ours": ("Grading notebook 01, hostile submissions among them", lambda: [*HEAD, *our_rows(options.count, 20)]),
        "peers": ("Grading beside other graders, in one run", lambda: [*HEAD, *beside_others(options.peers)]),
        "start": ("A seat, before any answer runs", lambda: [
            "| level | start, s | a fork, ms |", "|---|---:|---:|", *starting(5)]),
    }
    for name, (title, rows) in tables.items():
        if options.only in (None, name):
            when = machine()
            text = "\n".join([f"### {title}", "", when, "", *rows()])
            print(text, "\n", flush=True)
            if options.keep:
                keep("grading", name, text)


if __name__ == "__main__":
    main()
