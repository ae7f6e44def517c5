"""Whether the function in the notebook is the one in its cell: a cell that did not run leaves the older one standing.

IPython tells us before and after each cell. After a SyntaxError, an error above the `def` or another name in its line
the namespace still holds what an earlier run of the cell had defined, or nothing; `stale` says so. Outside of IPython
nothing is watched and nothing is stale.
"""

from __future__ import annotations

import ast
import re
import sys
import traceback
from dataclasses import dataclass
from typing import Any

_DEF = re.compile(r"^(?:async +)?def +(\w+)", re.MULTILINE)
_CELL = re.compile(r"ipykernel_|<ipython-input")  # in the name that IPython gives a cell as a file


@dataclass(frozen=True)
class Stale:
    """The last run of a function's cell did not define it. `held` is what the name stood for, before and after."""

    held: Any
    error: str  # "SyntaxError"; "" if the cell ran to its end
    line: int  # of the error in the cell; 0 if unknown


class Cells:
    """The functions that cells define, or were to define."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names  # the notebook's namespace
        self.homes: dict[str, str] = {}  # function: the cell that it was last defined in
        self.found: dict[str, Stale] = {}
        self._before: dict[str, Any] = {}

    def before(self, info: Any) -> None:
        """A cell is about to run: what stands for the names that it is to define."""
        cell = getattr(info, "cell_id", None)
        wanted = defined_in(info.raw_cell)
        if cell:
            wanted |= {name for name, home in self.homes.items() if home == cell}
            self.homes.update(dict.fromkeys(wanted, cell))
        self._before = {name: self.names.get(name) for name in wanted}

    def after(self, result: Any) -> None:
        """It has run: names that stand for what they stood for were not defined."""
        error = result.error_before_exec or result.error_in_exec
        kind = type(error).__name__ if error else ""
        for name, held in self._before.items():
            if self.names.get(name) is held:
                self.found[name] = Stale(held, kind, _line(error))
            else:
                self.found.pop(name, None)
        self._before = {}


def defined_in(source: str) -> set[str]:
    """The functions that a cell's text defines, also if Python cannot read it."""
    try:
        return {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    except (SyntaxError, ValueError):
        return set(_DEF.findall(source))


def _line(error: BaseException | None) -> int:
    """The line of the cell: where Python could not read on, or the outermost line that ran and is no library's."""
    if isinstance(error, SyntaxError):
        return error.lineno or 0
    frames = traceback.extract_tb(error.__traceback__) if error else []
    return next((frame.lineno or 0 for frame in frames if _CELL.search(frame.filename)), 0)


_cells: Cells | None = None


def watch() -> None:
    """Begin to watch this notebook's cells; once, and only in IPython."""
    global _cells
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None and _cells is None:
        _cells = Cells(shell.user_ns)
        shell.events.register("pre_run_cell", _cells.before)
        shell.events.register("post_run_cell", _cells.after)


def stale(name: str, held: Any) -> Stale | None:
    """Why what `name` stands for is not what its cell says; None if it is, or if nobody watched."""
    found = _cells.found.get(name) if _cells else None
    return found if found and found.held is held else None
