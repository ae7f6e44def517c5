"""Run a handed-in notebook, cell by cell, and collect what its checks find.

The kernel is the Python that runs this program, whatever kernel the file names. In place of each check a call of ours
asks for the outcome as data (`course/learn/report.py`): what the student's cells print decides nothing.
"""

from __future__ import annotations

import asyncio
import copy
import logging
import os
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course.grade.handed_in import Cell, HandedIn, asking, checked_in
from course.learn.report import MIME

SECONDS = 60  # for one cell
PATIENCE = 10  # for a cell that was interrupted

_silent = logging.getLogger(__name__)  # what nbclient logs, our lines say
_silent.addHandler(logging.NullHandler())
_silent.propagate = False


@dataclass
class Found:
    """What the run found: outcomes by exercise, and why it ended before the last cell (empty if it did not)."""

    outcomes: dict[str, dict[str, str]] = field(default_factory=dict)
    ended: str = ""


def run(handed_in: HandedIn, seconds: float = SECONDS) -> Found:
    """Run all cells in the notebook's folder. Cells that fail or take too long are passed over."""
    return asyncio.run(_run(handed_in, seconds))


async def _run(handed_in: HandedIn, seconds: float) -> Found:
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    found, number = Found(), 0
    notebook = _to_run(handed_in)
    client = _client(notebook, handed_in.path.resolve().parent, seconds)
    with tempfile.TemporaryDirectory() as home:
        async with client.async_setup_kernel(env={**os.environ, "COURSE_NBVAL": "1", "COURSE_HOME": home}):
            for index, cell in enumerate(notebook.cells):
                number += cell.cell_type == "code"
                try:
                    await client.async_execute_cell(cell, index)
                except CellTimeoutError:
                    found.ended = f"code cell {number} took more than {seconds:g} seconds and did not stop"
                    break
                except DeadKernelError:
                    found.ended = f"the kernel died in code cell {number}"
                    break
                if checked_in(handed_in.notebook.cells[index]):
                    _collect(cell, found)
            if found.ended and await client.km.is_alive():
                await client.km.shutdown_kernel(now=True)
    return found


def _client(notebook: Any, folder: Path, seconds: float) -> Any:
    """nbclient on a kernel of this Python: a specification of our own answers to every name."""
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    class ThisPython(KernelSpecManager):
        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=ERROR"]
            return KernelSpec(argv=argv, display_name="this Python", language="python")

    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=ThisPython())
    return NotebookClient(
        notebook,
        km=manager,
        allow_errors=True,
        timeout=seconds,
        interrupt_on_timeout=True,
        error_on_timeout={"ename": "Late", "evalue": "", "traceback": []},  # go on with the next cell
        iopub_timeout=PATIENCE,
        raise_on_iopub_timeout=True,  # unless the interrupt was not heard
        log=_silent,
        resources={"metadata": {"path": str(folder)}},
    )


def _to_run(handed_in: HandedIn) -> Any:
    """A copy of the notebook whose check cells report to us."""
    notebook = copy.deepcopy(handed_in.notebook)
    for cell in notebook.cells:
        if checked_in(cell):
            cell.source = asking(cell)
    return notebook


def _collect(cell: Cell, found: Found) -> None:
    for output in cell.outputs:
        if MIME in output.get("data", {}):
            outcome = dict(output["data"][MIME])
            found.outcomes[outcome["id"]] = outcome
