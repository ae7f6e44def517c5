"""The anatomy of a notebook, measured: `course build --lint` prints one table for each.

What stands in the text of the course about a notebook (how long, which sections, how often a figure) as
rules; each finds a value and says whether it holds.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from course.authoring.notebook_files import Cell, Notebook, calls, exercise_cells, exercise_id, read, solutions, tags
from course.learn.exercise import Exercise
from course.learn.items import Item
from course.learn.registry import UnknownItem, find, of_notebook

SECTIONS = {
    "card": r"^# .*",
    "retrieve": r"^##+ .*(retrieve|remember|before you start|warm)",
    "episode 1": r"^## +1\b",
    "episode 2": r"^## +2\b",
    "episode 3": r"^## +3\b",
    "episode 4": r"^## +4\b",
    "bug hunt": r"^##+ .*bug hunt",
    "attack or transfer": r"^##+ .*(attack|transfer|break)",
    "ledger": r"^##+ .*ledger",
    "read the source": r"^##+ .*read the source",
    "wrap": r"^##+ .*(wrap|five sentences)",
}
# What a cell of JupyterLab shows of a line before it scrolls, in a window of 1200 pixels with the list of files beside
# it: 758 pixels, 7.83 for each character of its code font at the usual 13 (Chromium, DejaVu Sans Mono).
CODE_CHARACTERS = 96
OFFERED = {"check", "hint", "ledger", "panel", "predict", "progress", "quiz", "reveal", "solution"}
_CARD_MINUTES = re.compile(r"\*\*Time:\*\* about (\d+) minutes")
_PART = re.compile(r"^## .*$", re.MULTILINE)
_PART_MINUTES = re.compile(r"\*\(about (\d+) min\)\*$")
_ODD_OUTPUT = {
    "an answer that is not right": r"^✗ ",
    "an address": r"0x[0-9a-f]{6,}",
    "a temporary path": r"ipykernel_\d+|/tmp/",
    "a timing": r"\b\d+(\.\d+)? ?(ms|µs|seconds|s) (per|elapsed)|Wall time",
}


@dataclass(frozen=True)
class Row:
    """One rule: what was found, what is asked, whether it holds."""

    rule: str
    found: str
    bar: str
    holds: bool


def rows(notebook: Notebook, exercises: list[Exercise]) -> list[Row]:
    """All rules for a solution notebook."""
    return [
        _between("words", sum(map(_words, _prose(notebook))), 1200, 1800),
        _between("cells", _cells(notebook), 35, 50),
        _at_most("words in one text cell", max(map(_words, _prose(notebook)), default=0), 120),
        _at_most("given lines in one cell", max(map(_lines, _given(notebook)), default=0), 15),
        _wide_lines(notebook, exercises),
        _at_most("lines that an exercise asks for", _asked_lines(notebook, exercises), 15),
        _at_most("cells without a figure or a table", _longest_gap(notebook), 7),
        _at_least("exercises", len(exercises), 5),
        _at_least("predictions", len(calls(notebook, "predict")), 3),
        _at_least("quiz questions", len(calls(notebook, "quiz")), 3),
        _letters(notebook),
        _at_least("ledger entries", len(calls(notebook, "ledger")), 1),
        _sections(notebook),
        *_minutes(notebook, exercises),
        _helpers(notebook),
        _at_least("panels", len(calls(notebook, "panel")), 1),
        _clean_outputs(notebook),
    ]


def _between(rule: str, found: int, low: int, high: int) -> Row:
    return Row(rule, str(found), f"{low} to {high}", low <= found <= high)


def _at_most(rule: str, found: int, high: int) -> Row:
    return Row(rule, str(found), f"at most {high}", found <= high)


def _at_least(rule: str, found: int, low: int) -> Row:
    return Row(rule, str(found), f"at least {low}", found >= low)


def _cells(notebook: Notebook) -> int:
    """As the student sees it: with badges and first cell, without what is only in the solution."""
    return 2 + sum("solution-only" not in tags(cell) for cell in notebook["cells"])


def _prose(notebook: Notebook) -> list[str]:
    return [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "markdown"]


def _words(markdown: str) -> int:
    """Words that are read: code blocks, pictures and markup do not count."""
    text = re.sub(r"```.*?```|<svg.*?</svg>|<[^>]+>|!\[[^\]]*\]\([^)]*\)", " ", markdown, flags=re.DOTALL)
    return len(re.findall(r"\w[\w'’.,:/-]*", text))


def _given(notebook: Notebook) -> list[str]:
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return [
        cell["source"] for cell in code if exercise_id(cell) is None and "solution-only" not in tags(cell)
    ]


def _lines(source: str) -> int:
    return sum(bool(line.strip()) for line in source.splitlines())


def _wide_lines(notebook: Notebook, exercises: list[Exercise]) -> Row:
    """A line of a student's code cell that has to be scrolled, given or in a stub; the widest of them."""
    lines = [line for source in (*_given(notebook), *(e.source for e in exercises)) for line in source.splitlines()]
    wide = sorted((line for line in lines if len(line) > CODE_CHARACTERS), key=len)
    found = f"{len(wide)} wider: {wide[-1].strip()[:40]}…" if wide else str(max(map(len, lines), default=0))
    return Row("characters in a line of code", found, f"at most {CODE_CHARACTERS}", not wide)


def _asked_lines(notebook: Notebook, exercises: list[Exercise]) -> int:
    sources = exercise_cells(notebook)
    return max((_lines(sources.get(e.id, "")) - _lines(e.source) + 1 for e in exercises), default=0)


def _longest_gap(notebook: Notebook) -> int:
    gap = longest = 0
    for cell in notebook["cells"]:
        gap = 0 if _is_picture(cell) else gap + 1
        longest = max(longest, gap)
    return longest


def _is_picture(cell: Cell) -> bool:
    """A drawing or a state table: in the text, or among the outputs."""
    if cell["cell_type"] == "markdown":
        return bool(re.search(r"<svg|!\[|^\|?\s*:?-{3,}:?\s*\|", cell["source"], re.MULTILINE))
    outputs = [output.get("data", {}) for output in cell.get("outputs", [])]
    pages = ["".join(data.get("text/html", "")) for data in outputs]
    return any("image/svg+xml" in data or "image/png" in data for data in outputs) or any(
        "<svg" in page or "<table" in page for page in pages
    )


def _sections(notebook: Notebook) -> Row:
    text = "\n".join(_prose(notebook))
    missing = [
        name for name, mark in SECTIONS.items() if not re.search(mark, text, re.MULTILINE | re.IGNORECASE)
    ]
    return Row("sections", f"missing: {', '.join(missing)}" if missing else "all", "all", not missing)


def _minutes(notebook: Notebook, exercises: list[Exercise]) -> Iterator[Row]:
    """Every part says how long it takes, all together as long as the card says; exercises fit into their parts."""
    text = "\n".join(_prose(notebook))
    stated = _CARD_MINUTES.search(text)
    total = int(stated[1]) if stated else 0
    parts = [(heading, _PART_MINUTES.search(heading)) for heading in _PART.findall(text)]
    silent = [heading.lstrip("# ") for heading, found in parts if not found]
    yield Row("parts without minutes", ", ".join(silent) or "none", "none", not silent)
    together = sum(int(found[1]) for _, found in parts if found)
    yield Row("minutes of all parts", str(together), f"the card's {total}", together == total)
    yield _between("minutes of the card", total, 60, 90)
    tight = [title for title, given, needed in _exercise_minutes(text, exercises) if needed > given]
    yield Row("parts shorter than their exercises", ", ".join(tight) or "none", "none", not tight)


def _exercise_minutes(text: str, exercises: list[Exercise]) -> Iterator[tuple[str, int, int]]:
    """(heading, its minutes, those of its exercises) of each part."""
    minutes = {exercise.header: exercise.minutes for exercise in exercises}
    for part in re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]:
        heading = part.splitlines()[0]
        given = _PART_MINUTES.search(heading)
        yield heading.lstrip("# "), int(given[1]) if given else 0, sum(m for head, m in minutes.items() if head in part)


def _letters(notebook: Notebook) -> Row:
    """No letter is right three times running, in the notebook's order: else it pays to guess on."""
    asked = [_item(id) for _, id in calls(notebook, "predict", "quiz")]
    right = [(item.id, str(item.answer)) for item in asked if item is not None and item.choices]
    threes = list(zip(right, right[1:], right[2:], strict=False))
    found = [f"{last[0]}: {last[1]}" for *others, last in threes if {letter for _, letter in others} == {last[1]}]
    return Row("letters three times running", ", ".join(found) or "none", "none", not found)


def _item(id: str) -> Item | None:
    """The question with this id; None for one that is not registered, which `course build` reports."""
    try:
        item = find(id)
    except UnknownItem:
        return None
    return item if isinstance(item, Item) else None


def _helpers(notebook: Notebook) -> Row:
    """A card may offer any helper of the classroom, so each notebook imports all of them."""
    trees = [ast.parse(source) for source in _given(notebook) if "course.learn import" in source]
    found = {
        name.name
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "course.learn"
        for name in node.names
    }
    missing = sorted(OFFERED - found)
    return Row("helpers imported", f"missing: {', '.join(missing)}" if missing else "all", "all", not missing)


def promises(notebook: Notebook, exercises: list[Exercise], there: set[str]) -> Row:
    """Notebooks that the text or an exercise refers to, and that are not there yet."""
    texts = [*_prose(notebook), *(" ".join((exercise.success, *exercise.hints)) for exercise in exercises)]
    named = {number for text in texts for number in re.findall(r"[Nn]otebooks? (\d\d)", text)}
    missing = sorted(named - there)
    return Row("notebooks named that are not there", ", ".join(missing) or "none", "none", not missing)


def readme(root: Path, name: str, notebook: Notebook) -> Row:
    """The README's table says the same minutes as the notebook's card."""
    file = root / "README.md"
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    line = re.search(rf"^\| {name[:2]} \|.*\((\d+) min\)", text, re.MULTILINE)
    card = _CARD_MINUTES.search("\n".join(_prose(notebook)))
    ours, theirs = card[1] if card else "none", line[1] if line else "none"
    return Row("minutes in README", theirs, f"the card's {ours}", ours == theirs)


def _clean_outputs(notebook: Notebook) -> Row:
    """Nothing in a compared output that changes from run to run, no warnings."""
    odd = []
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            text = "".join(output.get("text", "")) + "".join(output.get("data", {}).get("text/plain", ""))
            odd += [
                f"{name} in cell {cell['id']}" for name, mark in _ODD_OUTPUT.items() if re.search(mark, text)
            ]
            if output.get("name") == "stderr" or output["output_type"] == "error":
                odd.append(f"a warning or an error in cell {cell['id']}")
    return Row("outputs", ", ".join(odd) or "clean", "clean", not odd)


def table(name: str, found: list[Row]) -> str:
    """The rules of one notebook as text."""
    lines = [
        f"{'✓' if row.holds else '✗'} {row.rule.ljust(34)}{row.found.ljust(10)} ({row.bar})" for row in found
    ]
    return "\n".join([name, *(f"  {line}" for line in lines)])


def lint(root: Path, only: str | None = None, show: Callable[[str], None] = print) -> int:
    """Print the tables; 1 if a rule does not hold."""
    result = 0
    there = {path.name[:2] for path in solutions(root)}
    for path in solutions(root, only):
        exercises = [item for item in of_notebook(path.name[:2]) if isinstance(item, Exercise)]
        notebook = read(path)
        found = [
            *rows(notebook, exercises),
            promises(notebook, exercises, there),
            readme(root, path.name, notebook),
        ]
        show(table(path.name, found))
        result |= not all(row.holds for row in found)
    return int(result)
