"""Given cells run twice and out of order: what people do in a notebook must not break it.

`course gates --notebooks 01` runs the solution notebook in a real kernel, three times over: every cell in order, each
given cell twice in place; then each cell again, in order; then each again from the last to the first. No cell may
raise that did not raise in the file, every check stays correct, and what a cell shows the second time in place is the
same, but for ids, for how many objects a figure is not about, and for cells with the tag nbval-ignore-output.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from os.path import commonprefix
from pathlib import Path
from typing import Any

from course.authoring import running
from course.authoring.notebook_files import Cell, exercise_id, read, solutions, tags
from course.learn.outcome import WORDS

SECONDS = 60  # for a cell


@dataclass(frozen=True)
class Run:
    """One execution of a cell, and what went wrong in it."""

    when: str
    cell: str
    problem: str

    def __str__(self) -> str:
        return f"{self.when}, cell {self.cell}: {self.problem}"


def order(cells: list[Cell]) -> Iterator[tuple[str, Cell]]:
    """The cells as they are run: doubled in place, then again in order, then again backwards."""
    for cell in cells:
        yield "first", cell
        if exercise_id(cell) is None:
            yield "twice in place", cell
    yield from (("again", cell) for cell in cells)
    yield from (("again, last cell first", cell) for cell in reversed(cells))


def problems(path: Path) -> list[Run]:
    """What raised or was no longer correct, in one kernel; the first of each cell."""
    import nbformat

    cells = [cell for cell in read(path)["cells"] if cell["cell_type"] == "code" and cell["source"].strip()]
    runs = list(order(cells))
    made = nbformat.v4.new_notebook(  # type: ignore[no-untyped-call]
        cells=[_code(cell["source"]) for _, cell in runs],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    running.run(made, nbval=False, timeout=SECONDS, allow_errors=True)
    found: dict[str, Run] = {}
    first: dict[str, list[str]] = {}  # what each cell showed
    for (when, cell), done in zip(runs, made.cells, strict=True):
        shown = _shown(done)
        before = first.setdefault(cell["id"], shown) if when == "twice in place" else shown
        first.setdefault(cell["id"], shown)
        problem = _problem(cell, done) or _changed(cell, before, shown)
        if problem:
            found.setdefault(cell["id"], Run(when, cell["id"], problem))
    return list(found.values())


def _code(source: str) -> Any:
    import nbformat

    return nbformat.v4.new_code_cell(source)  # type: ignore[no-untyped-call]


def _problem(cell: Cell, done: Any) -> str:
    """Why the cell did not do what it does in the file."""
    for output in done["outputs"]:
        if output["output_type"] == "error" and not _raises(cell):
            return f"{output['ename']}: {output['evalue'].splitlines()[0] if output['evalue'] else ''}"
    if re.search(r"^check\(", cell["source"], re.MULTILINE):
        said = "\n".join(_text(output) for output in done["outputs"])
        if WORDS["correct"] not in said:
            return said.strip() or "the check says nothing"
    return ""


def _shown(done: Any) -> list[str]:
    """What a cell shows as text, line by line, without ids, and without what a figure only counts: stores fill."""
    said = "".join(_text(output) for output in done["outputs"] if output.get("name") != "stderr")
    return [" ".join(line.split()) for line in re.sub(r"\d{11}|\d+ more (object|pointer)s?", "…", said).splitlines()]


def _changed(cell: Cell, before: list[str], now: list[str]) -> str:
    """The first line that is another one now."""
    if before == now or "nbval-ignore-output" in tags(cell):
        return ""
    pairs = zip_longest(before, now, fillvalue="nothing")
    one, other = next(pair for pair in pairs if pair[0] != pair[1])
    return f"first it showed {_cut(one, other)!r}, now {_cut(other, one)!r}"


def _cut(line: str, other: str) -> str:
    """A line from shortly before where it begins to differ."""
    start = max(len(commonprefix([line, other])) - 20, 0)
    return f"{'…' if start else ''}{line[start : start + 80]}"


def _raises(cell: Cell) -> bool:
    """Whether the notebook shows an error here on purpose."""
    stored = any(output["output_type"] == "error" for output in cell.get("outputs", []))
    return stored or "raises-exception" in tags(cell)


def _text(output: Any) -> str:
    return str(output.get("text", "")) + str(output.get("data", {}).get("text/plain", ""))


def main(selected: list[str], root: Path) -> int:
    """Run the notebooks of these numbers, all by default; 1 if one has a problem."""
    paths = [path for number in selected or [""] for path in solutions(root, number or None)]
    if not paths:
        print(f"no solution notebooks in {root / 'solutions'}")
        return 1
    bad = 0
    for path in paths:
        found = problems(path)
        print(f"{path.name}: {'every cell again and again ✓' if not found else f'{len(found)} cells ✗'}")
        for run in found:
            print(f"    {run}")
        bad += len(found)
    return int(bad > 0)
