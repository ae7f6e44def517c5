#!/usr/bin/env python3
"""Run all tests of the course: `python scripts/test.py`, which is what `make test` runs.

1. tests/: library, exercises, untouched student notebooks, and JupyterLab in a real browser;
2. solutions/: every solution notebook under `pytest --nbval`, its stored outputs compared;
3. the library's tests and the solutions once more, with every worker in another process;
4. benchmarks/: short runs, which fail if a result differs from plain torch, not if they take long.

Stages run one after the other, and each says how long it took. Inside a stage as many tests run side by side as there
are cores (four at most), each on one thread: so every test has a core to itself, as the checks of the exercises, which
have a clock, expect. The browser and the benchmark use several cores by themselves and run alone.

`--oldest` runs only the library's tests, with the oldest versions that it supports (constraints-oldest.txt), in an
environment of its own. `--rehearse` adds the installations from scratch, as Binder and Colab do them (a few minutes).
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import browser
import environment
from environment import ROOT, run, say

Stage = tuple[list[str], dict[str, str]]  # what Python runs, and the environment variables that it needs

NO_WORKERS = "cli environment kernel links people public_names".split()  # the same wherever workers live
ON_WORKERS = "cases cost database shared transcript".split()  # of tests/smpc: the rest is arithmetic, without workers
CELL_SECONDS = 180  # a cell that takes longer has hung: a whole notebook may take three minutes
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
    return run_stages(python, stages() | (rehearsals() if rehearse else {}))


def stages() -> dict[str, Stage]:
    tests = pytest("tests", "-m", "not rehearsal and not browser", *SIDE_BY_SIDE)
    return {
        "library, exercises, student notebooks": (tests, ONE_THREAD),
        "JupyterLab in a browser": (pytest("tests/browser"), {}),
        "solutions under nbval": (nbval("solutions"), ONE_THREAD),
        "library, workers in another process": (pytest(*library(), *SIDE_BY_SIDE), ONE_THREAD | PROCESS),
        "solutions under nbval, workers in another process": (nbval("solutions"), ONE_THREAD | PROCESS),
        "benchmark of pointers, in short": (["benchmarks/pointers.py", "--short"], {}),
        "benchmark of the process transport, in short": (["benchmarks/transport.py", "--short"], {}),
        "benchmark of federated learning, in short": (["benchmarks/federated.py", "--short"], ONE_THREAD),
        "benchmark of split learning, in short": (["benchmarks/splitnn.py", "--short"], ONE_THREAD),
        "benchmark of secret sharing, in short": (["benchmarks/smpc.py", "--short"], ONE_THREAD),
        "benchmark of secure aggregation, in short": (["benchmarks/aggregation.py", "--short"], ONE_THREAD),
        "benchmark of MACs, in short": (["benchmarks/authenticated.py", "--short"], ONE_THREAD),
        "benchmark of grading, in short": (["benchmarks/grading.py", "--short"], ONE_THREAD),
        "benchmark of attacks, in short": (["benchmarks/attacks.py", "--short"], ONE_THREAD),
    }


def oldest_stages() -> dict[str, Stage]:
    tests = pytest(*library(), "tests/datasets", *SIDE_BY_SIDE)
    return {
        "library, oldest versions": (tests, ONE_THREAD),
        "library, oldest versions, workers in another process": (tests, ONE_THREAD | PROCESS),
    }


def rehearsals() -> dict[str, Stage]:
    return {"Binder and Colab": (pytest("tests/rehearsals", "-m", "rehearsal"), {})}


def library() -> list[str]:
    """The tests that make workers; the others have nothing to do with where those live."""
    files = {path.name for path in ROOT.glob("tests/test_*.py")} - {f"test_{name}.py" for name in NO_WORKERS}
    folders = ("aggregation", "attacks", "data", "federated", "fleet", "seeds", "splitnn")
    shares = [f"tests/smpc/test_{name}.py" for name in ON_WORKERS if (ROOT / f"tests/smpc/test_{name}.py").exists()]
    return [*sorted(f"tests/{name}" for name in files), *shares, *(f"tests/{name}" for name in folders)]


def nbval(folder: str) -> list[str]:
    """Every notebook of `folder` in a kernel of its own, as many at a time as there are cores."""
    options = [f"--nbval-cell-timeout={CELL_SECONDS}", "--nbval-sanitize-with=tests/notebooks/same.cfg"]
    return pytest("--nbval", "--nbval-current-env", *options, folder, *SIDE_BY_SIDE, "--dist=loadfile")


def pytest(*arguments: str) -> list[str]:
    return ["-m", "pytest", *arguments, *WHERE_TIME_GOES]


def run_stages(python: Path, chosen: dict[str, Stage]) -> int:
    """Run these stages, also after a failed one; return 0 only if all passed."""
    times = {name: run_stage(python, name, *stage) for name, stage in chosen.items()}
    say("Where the time went:")
    for name, (status, seconds) in times.items():
        say(f"  {seconds:5.0f} s  {name}{'' if status == 0 else ': FAILED'}")
    failed = [name for name, (status, _) in times.items() if status]
    say(f"Failed: {'; '.join(failed)}" if failed else "All passed")
    return 1 if failed else 0


def run_stage(python: Path, name: str, command: list[str], variables: dict[str, str]) -> tuple[int, float]:
    """The exit status of a stage, and its seconds."""
    say(f"Testing: {name}")
    started = time.monotonic()
    status = run([python, *command], **variables)
    return status, time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main())
