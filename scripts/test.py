#!/usr/bin/env python3
"""Run all tests of the course: `python scripts/test.py`, which is what `make test` runs.

1. tests/: library, exercises, untouched student notebooks, JupyterLab in a real browser;
2. solutions/: every solution notebook under `pytest --nbval`, its stored outputs compared;
3. the library's tests and the solutions once more, with every worker in another process;
4. benchmarks/: a short run, which fails if a result differs from plain torch, not if it takes long.

One stage after the other: the checks of the exercises have a clock. `--rehearse` adds the installations from scratch,
as Binder and Colab do them (a few minutes).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import browser
import environment
from environment import ROOT, run, say

PROCESS = {"COURSE_TRANSPORT": "process"}
LIBRARY = (
    "autograd codec compat error_texts errors hook host memory modules nn_utils operations optimizers optims pointers "
    "reviewed sandbox session store transcript"
).split()
CELL_SECONDS = 180  # a cell that takes longer has hung: a whole notebook may take three minutes


def main() -> int:
    options = parse()
    python = environment.ensure("test")
    browser.ensure(python)
    return run_tests(python, rehearse=options.rehearse)


def parse() -> argparse.Namespace:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--rehearse", action="store_true", help="also rehearse Binder and Colab")
    return parser.parse_args()


def run_tests(python: Path, rehearse: bool = False) -> int:
    """Run every stage, also after a failed one; return 0 only if all passed."""
    failed = [name for name, stage in stages(rehearse).items() if run_stage(python, name, *stage)]
    say(f"Failed: {'; '.join(failed)}" if failed else "All passed")
    return 1 if failed else 0


def stages(rehearse: bool) -> dict[str, tuple[list[str], dict[str, str]]]:
    """For each stage what Python runs, and the environment variables that it needs."""
    all_stages: dict[str, tuple[list[str], dict[str, str]]] = {
        "library, exercises, student notebooks, browser": (pytest("tests"), {}),
        "library, workers in another process": (pytest(*library()), PROCESS),
    }
    if any(ROOT.glob("solutions/*.ipynb")):
        all_stages["solutions under nbval"] = (pytest(*nbval("solutions")), {})
        all_stages["solutions under nbval, workers in another process"] = (pytest(*nbval("solutions")), PROCESS)
    if rehearse:
        all_stages["Binder and Colab"] = (pytest("tests/rehearsals", "-m", "rehearsal"), {})
    all_stages["benchmarks, in short"] = (["benchmarks/pointers.py", "--short"], {})
    return all_stages


def library() -> list[str]:
    """The tests that make workers; the others have nothing to do with where those live."""
    return [*[f"tests/test_{name}.py" for name in LIBRARY], "tests/seeds"]


def nbval(folder: str) -> list[str]:
    options = [f"--nbval-cell-timeout={CELL_SECONDS}", "--nbval-sanitize-with=tests/notebooks/same.cfg"]
    return ["--nbval", "--nbval-current-env", *options, folder]


def pytest(*arguments: str) -> list[str]:
    return ["-m", "pytest", *arguments]


def run_stage(python: Path, name: str, command: list[str], variables: dict[str, str]) -> int:
    say(f"Testing: {name}")
    return run([python, *command], **variables)


if __name__ == "__main__":
    sys.exit(main())
