"""The package's pytest plugin: under `pytest --nbval` kernels learn that checks must fail their cells.

The variable is inherited by every kernel that the run starts.
"""

from __future__ import annotations

import os
from typing import Any

_before: list[str | None] = []


def pytest_configure(config: Any) -> None:
    """Set COURSE_NBVAL for the run, if it is one of nbval's."""
    if config.getoption("nbval", False) or config.getoption("nbval_lax", False):
        _before.append(os.environ.get("COURSE_NBVAL"))
        os.environ["COURSE_NBVAL"] = "1"


def pytest_unconfigure(config: Any) -> None:
    """Put the variable back."""
    if not _before:
        return
    value = _before.pop()
    if value is None:
        os.environ.pop("COURSE_NBVAL", None)
    else:
        os.environ["COURSE_NBVAL"] = value
