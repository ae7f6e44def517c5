"""Run a notebook of ours: in an empty folder, with a home of its own, so that nobody's progress is read or changed."""

from __future__ import annotations

import os
import tempfile
from typing import Any


def run(notebook: Any, *, nbval: bool, timeout: int, **options: Any) -> None:
    """Run its cells in a fresh kernel; their outputs are stored in it.

    nbval: as `pytest --nbval` does, where a check that is not correct raises. options: of nbclient.NotebookClient.
    """
    from nbclient import NotebookClient

    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as home:
        place = {"metadata": {"path": folder}}
        client = NotebookClient(notebook, kernel_name="python3", timeout=timeout, resources=place, **options)
        client.execute(env={**os.environ, "COURSE_HOME": home, "COURSE_NBVAL": str(int(nbval))})
