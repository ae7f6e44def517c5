#!/usr/bin/env python3
"""Open the course in JupyterLab: `python scripts/lab.py`, which is what `make lab` runs.

Arguments go to `course lab`: `python scripts/lab.py --help` lists them.
"""

from __future__ import annotations

import sys

import environment

if __name__ == "__main__":
    python = environment.ensure("lab")
    sys.exit(environment.run([python, "-m", "course.cli", "lab", *sys.argv[1:]]))
