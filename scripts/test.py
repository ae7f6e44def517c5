#!/usr/bin/env python3
"""Run all tests of the course: `python scripts/test.py`, which is what `make test` runs.

1. tests/: library, exercises, untouched student notebooks, JupyterLab in a real browser;
2. solutions/: every solution notebook under `pytest --nbval`, its stored outputs compared.

`--rehearse` adds the installations from scratch, as Binder and Colab do them (a few minutes).
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import browser
import environment
from environment import ROOT, run, say

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
    stages = {"library, exercises, student notebooks, browser": ["tests"]}
    if rehearse:
        stages["Binder and Colab"] = ["tests/rehearsals", "-m", "rehearsal"]
    if any(ROOT.glob("solutions/*.ipynb")):
        stages["solutions under nbval"] = nbval("solutions")
    failed = [name for name, arguments in stages.items() if pytest(python, name, arguments)]
    say(f"Failed: {'; '.join(failed)}" if failed else "All passed")
    return 1 if failed else 0


def nbval(folder: str) -> list[str]:
    options = [f"--nbval-cell-timeout={CELL_SECONDS}", "--nbval-sanitize-with=tests/notebooks/same.cfg"]
    return ["--nbval", "--nbval-current-env", *options, folder]


def pytest(python: Path, name: str, arguments: list[str]) -> int:
    say(f"Testing: {name}")
    return run([python, "-m", "pytest", *arguments], **shared_data())


def shared_data() -> dict[str, str]:
    """COURSE_DATA for the tests: as given, else `shared/data` beside the repository, if there."""
    beside = ROOT.parent / "shared" / "data"
    if "COURSE_DATA" in os.environ or not beside.is_dir():
        return {}
    return {"COURSE_DATA": str(beside)}


if __name__ == "__main__":
    sys.exit(main())
