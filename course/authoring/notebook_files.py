"""Notebook files as plain JSON: read, write, and find exercises and questions in them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from course.learn.help import MARKER

Cell = dict[str, Any]
Notebook = dict[str, Any]

_CALL = re.compile(r"\b(check|predict|reveal|quiz|ledger|panel)\(\s*[\"']([\w.]+)[\"']")


def read(path: Path) -> Notebook:
    """A notebook as plain JSON, its sources joined to texts."""
    notebook: Notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook


def dump(notebook: Notebook) -> str:
    """The text of the file, the way that Jupyter writes it."""
    cells = [{**cell, "source": cell["source"].splitlines(keepends=True)} for cell in notebook["cells"]]
    return json.dumps({**notebook, "cells": cells}, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def solutions(root: Path, only: str | None = None) -> list[Path]:
    """The solution notebooks, in order; `only` is the number of one, "01"."""
    return sorted((root / "solutions").glob(f"{only or '[0-9][0-9]'}_*.ipynb"))


def tags(cell: Cell) -> list[str]:
    """The tags of a cell."""
    found: list[str] = cell["metadata"].get("tags", [])
    return found


def exercise_id(cell: Cell) -> str | None:
    """ "01.2" for a cell that begins with `# exercise 01.2`."""
    found = MARKER.match(cell["source"] + "\n") if cell["cell_type"] == "code" else None
    return found.group(1) if found else None


def exercise_cells(notebook: Notebook) -> dict[str, str]:
    """The sources of the exercise cells by id, without their first line."""
    cells = [(exercise_id(cell), cell["source"]) for cell in notebook["cells"]]
    return {id: source.partition("\n")[2].strip() for id, source in cells if id is not None}


def reference_answers(number: str, root: Path) -> dict[str, str]:
    """The reference answers of notebook "01" by exercise, from its solution; empty without one."""
    paths = solutions(root, number)
    return exercise_cells(read(paths[0])) if paths else {}


def calls(notebook: Notebook, *names: str) -> list[tuple[str, str]]:
    """(name, id) of the classroom's calls in code cells: ("check", "01.2")."""
    code = "\n".join(cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code")
    return [(name, id) for name, id in _CALL.findall(code) if not names or name in names]
