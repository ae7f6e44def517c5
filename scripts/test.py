#!/usr/bin/env python3
"""Run all tests of the course: `python scripts/test.py`, which is what `make test` runs.

1. tests/: library, exercises, untouched student notebooks;
2. solutions/: every solution notebook under `pytest --nbval`, its stored outputs compared;
3. the library's tests and the solutions once more, with every worker in another process;
4. JupyterLab in a real browser;
5. benchmarks/: short runs, which fail if a result differs from plain torch, not if they take long.

As much runs side by side as there are cores (four at most), each on one thread: so every test has a core to itself, as
the checks of the exercises, which have a clock, expect. In the stages of the library those are tests; then come the
other stages, each in one process, the longest first, and each prints what it has to say when it is over.

`--oldest` runs only the library's tests, with the oldest versions that it supports (constraints-oldest.txt), in an
environment of its own. `--rehearse` adds the installations from scratch, as Binder and Colab do them (a few minutes).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import browser
import environment
from environment import ROOT, run, say

Stage = tuple[list[str], dict[str, str]]  # what Python runs, and the environment variables that it needs
Stages = dict[str, Stage]  # which can run side by side

LIBRARY = "aggregation attacks data federated fleet seeds splitnn".split()  # folders, and what lies beside them, but:
NO_LIBRARY = "cli environment kernel links people public_names".split()
SHARES = "cases cost database shared transcript".split()  # of tests/smpc: the rest is arithmetic, without workers
NO_WORKERS = """
    codec link local_torch readers reviewed store aggregation/keys aggregation/shamir attacks/crowds attacks/matching
    attacks/membership attacks/pictures federated/chance federated/robust splitnn/bars splitnn/trials
""".split()  # the same wherever workers live
CELL_SECONDS = 180  # a cell that takes longer has hung: a whole notebook may take three minutes
CORES = min(4, os.cpu_count() or 1)
SIDE_BY_SIDE = ["--numprocesses=auto", "--maxprocesses=4", "--dist=loadgroup"]
WHERE_TIME_GOES = ["--durations=5", "--durations-min=5"]
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
PROCESS = {"COURSE_TRANSPORT": "process"}


def main() -> int:
    options = parse()
    if options.oldest:
        return run_stages(environment.ensure_oldest("test"), oldest_stages())
    python = environment.ensure("test")
    browser.ensure(python)
    return run_tests(python, rehearse=options.rehearse)


def parse() -> argparse.Namespace:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--oldest", action="store_true", help="only the library, with the oldest versions it supports")
    parser.add_argument("--rehearse", action="store_true", help="also rehearse Binder and Colab")
    return parser.parse_args()


def run_tests(python: Path, rehearse: bool = False) -> int:
    """Run every stage; return 0 only if all passed."""
    return run_stages(python, [*stages(), *([rehearsals()] if rehearse else [])])


def stages() -> list[Stages]:
    tests = pytest("tests", "-m", "not rehearsal and not browser", *SIDE_BY_SIDE)
    return [
        {"library, exercises, student notebooks": (tests, ONE_THREAD)},
        {"library, workers in another process": (pytest(*library(NO_WORKERS), *SIDE_BY_SIDE), ONE_THREAD | PROCESS)},
        {
            "solutions under nbval, workers in another process": (nbval("solutions"), ONE_THREAD | PROCESS),
            "solutions under nbval": (nbval("solutions"), ONE_THREAD),
            "JupyterLab in a browser": (pytest("tests/browser"), ONE_THREAD),
            "benchmark of pointers, in short": short("pointers"),
            "benchmark of the process transport, in short": short("transport"),
            "benchmark of federated learning, in short": short("federated"),
            "benchmark of split learning, in short": short("splitnn"),
            "benchmark of secret sharing, in short": short("smpc"),
            "benchmark of secure aggregation, in short": short("aggregation"),
            "benchmark of MACs, in short": short("authenticated"),
            "benchmark of grading, in short": short("grading"),
            "benchmark of attacks, in short": short("attacks"),
        },
    ]


def oldest_stages() -> list[Stages]:
    here = pytest(*library(), "tests/datasets", *SIDE_BY_SIDE)
    apart = pytest(*library(NO_WORKERS), "tests/datasets", *SIDE_BY_SIDE)
    return [
        {"library, oldest versions": (here, ONE_THREAD)},
        {"library, oldest versions, workers in another process": (apart, ONE_THREAD | PROCESS)},
    ]


def rehearsals() -> Stages:
    return {"Binder and Colab": (pytest("tests/rehearsals", "-m", "rehearsal"), {})}


def library(left_out: Iterable[str] = ()) -> list[str]:
    """The library's tests, but for these."""
    files = {file for folder in ("", *LIBRARY) for file in (ROOT / "tests" / folder).glob("test_*.py")}
    files |= {file_of(f"smpc/{name}") for name in SHARES}
    files -= {file_of(name) for name in (*NO_LIBRARY, *left_out)}
    return sorted(str(file.relative_to(ROOT)) for file in files)


def file_of(name: str) -> Path:
    folder, _, topic = name.rpartition("/")
    return ROOT / "tests" / folder / f"test_{topic}.py"


def nbval(folder: str) -> list[str]:
    """Every notebook of `folder` in a kernel of its own."""
    options = [f"--nbval-cell-timeout={CELL_SECONDS}", "--nbval-sanitize-with=tests/notebooks/same.cfg"]
    return pytest("--nbval", "--nbval-current-env", *options, folder)


def short(benchmark: str) -> Stage:
    return [f"benchmarks/{benchmark}.py", "--short"], ONE_THREAD


def pytest(*arguments: str) -> list[str]:
    return ["-m", "pytest", *arguments, *WHERE_TIME_GOES]


def run_stages(python: Path, chosen: Iterable[Stages]) -> int:
    """Run these stages, also after a failed one; return 0 only if all passed."""
    times = {name: found for together in chosen for name, found in run_together(python, together).items()}
    say("Where the time went:")
    for name, (status, seconds) in times.items():
        say(f"  {seconds:5.0f} s  {name}{'' if status == 0 else ': FAILED'}")
    failed = [name for name, (status, _) in times.items() if status]
    say(f"Failed: {'; '.join(failed)}" if failed else "All passed")
    return 1 if failed else 0


def run_together(python: Path, together: Stages) -> dict[str, tuple[int, float]]:
    """Run these as many at a time as there are cores; the exit status and the seconds of each."""
    if len(together) == 1:
        return {name: run_stage(python, name, *stage) for name, stage in together.items()}
    with ThreadPoolExecutor(CORES) as pool:
        found = pool.map(lambda name: run_aside(python, name, *together[name]), together)
        return dict(zip(together, found, strict=True))


def run_aside(python: Path, name: str, command: list[str], variables: dict[str, str]) -> tuple[int, float]:
    """The same as `run_stage`, but what the stage prints is shown when it is over, whole."""
    with tempfile.TemporaryFile() as output:
        found = run_stage(python, name, command, variables, output)
        output.seek(0)
        say(f"Tested: {name}")
        sys.stdout.buffer.write(output.read())
        sys.stdout.buffer.flush()
    return found


def run_stage(
    python: Path, name: str, command: list[str], variables: dict[str, str], output: IO[bytes] | None = None
) -> tuple[int, float]:
    """The exit status of a stage, and its seconds."""
    say(f"Testing: {name}")
    started = time.monotonic()
    status = run([python, *command], output, **variables)
    return status, time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main())
