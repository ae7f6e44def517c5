"""The anatomy's rules on small notebooks: each holds for a good one and names what is wrong with a bad one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from course.authoring import anatomy
from course.authoring.notebook_files import read, solutions
from course.learn import registry
from course.learn.exercise import Exercise
from course.learn.items import Prediction, Quiz
from course.learn.registry import find

ROOT = Path(__file__).parents[2]
IMPORTS = "from course.learn import check, hint, ledger, panel, predict, progress, quiz, reveal, solution"


def notebook(*texts: str, code: str = IMPORTS) -> dict[str, Any]:
    cells = [{"cell_type": "markdown", "id": f"m{n}", "metadata": {}, "source": text} for n, text in enumerate(texts)]
    cells.append({"cell_type": "code", "id": "c", "metadata": {}, "source": code, "outputs": []})
    return {"cells": cells}


def rule(name: str, rows: list[anatomy.Row]) -> anatomy.Row:
    (row,) = [row for row in rows if row.rule == name]
    return row


def exercise() -> Exercise:
    return find("01.1")


CARD = "# 00\n\n**Time:** about 60 minutes."
PARTS = ("## One *(about 20 min)*", "## Two *(about 40 min)*")


def test_minutes_that_add_up() -> None:
    rows = anatomy.rows(notebook(CARD, *PARTS), [])
    for name in ("parts without minutes", "minutes of all parts", "minutes of the card"):
        assert rule(name, rows).holds


@pytest.mark.parametrize(
    ("texts", "name", "found"),
    [
        ((CARD, *PARTS, "## Three"), "parts without minutes", "Three"),
        ((CARD, *PARTS, "## Three *(about 5 min)*"), "minutes of all parts", "65"),
        ((CARD, PARTS[0]), "minutes of all parts", "20"),
        (("# 00\n\n**Time:** about 95 minutes.",), "minutes of the card", "95"),
        (PARTS, "minutes of the card", "0"),
    ],
)
def test_minutes_that_do_not(texts: tuple[str, ...], name: str, found: str) -> None:
    row = rule(name, anatomy.rows(notebook(*texts), []))
    assert not row.holds and row.found == found


@pytest.mark.parametrize(("minutes", "holds"), [(8, True), (7, False)])
def test_a_part_is_as_long_as_its_exercises(minutes: int, holds: bool) -> None:
    text = f"## Part *(about {minutes} min)*\n\n{exercise().header}"
    row = rule("parts shorter than their exercises", anatomy.rows(notebook(CARD, text), [exercise()]))
    assert exercise().minutes == 8 and row.holds == holds


ASKED = [*(f'quiz("00.q{n}")' for n in range(3)), 'predict("00.p8")', 'predict("00.p9")']


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], anatomy.Row]:
    """The lint's row for a notebook that asks quizzes and predictions with these right letters, in this order."""

    def row(letters: str) -> anatomy.Row:
        choices = {"a": "1", "b": "2", "c": "3"}
        for call, letter in zip(ASKED, letters, strict=False):
            kind, id = call[:-2].split('("')
            item = (Quiz if kind == "quiz" else Prediction)(id, "?", choices if letter != "-" else {}, letter)
            monkeypatch.setitem(registry._items, id, item)
        code = "\n".join([IMPORTS, *ASKED[: len(letters)], 'quiz("00.z9")'])
        return rule("letters three times running", anatomy.rows(notebook(code=code), []))

    return row


@pytest.mark.parametrize("letters", ["", "aa", "aabaa", "abcab", "aa-ba"])
def test_letters_that_change_often_enough(asked: Callable[[str], anatomy.Row], letters: str) -> None:
    assert asked(letters).holds


@pytest.mark.parametrize(("letters", "found"), [("bbb", "00.q2: b"), ("abccc", "00.p9: c"), ("ab-bb", "00.p9: b")])
def test_a_letter_three_times_running_over_quizzes_and_predictions(
    asked: Callable[[str], anatomy.Row], letters: str, found: str
) -> None:
    row = asked(letters)
    assert not row.holds and row.found == found


def test_lines_that_a_cell_does_not_show_whole_are_found_in_given_cells_and_stubs() -> None:
    fits, wide = "x = 1  # " + "w" * (anatomy.CODE_CHARACTERS - 9), "y = 1  # " + "v" * 88
    row = rule("characters in a line of code", anatomy.rows(notebook(code=fits), [exercise()]))
    assert row.holds and row.found == "96"
    row = rule("characters in a line of code", anatomy.rows(notebook(code=f"{fits}\n{wide}"), [exercise()]))
    assert not row.holds and row.found == f"1 wider: {wide[:40]}…"

    class Wide(type(exercise())):  # type: ignore[misc]
        stub = f"def wide():\n    {wide}"

    assert not rule("characters in a line of code", anatomy.rows(notebook(), [Wide()])).holds
    for only in ({"tags": ["solution-only"]}, {}):  # what no student is given
        hidden = notebook(code="# exercise 01.1\n" * (not only) + wide)
        hidden["cells"][-1]["metadata"] = only
        assert rule("characters in a line of code", anatomy.rows(hidden, [])).holds


def test_helpers_that_are_not_imported_are_named() -> None:
    assert rule("helpers imported", anatomy.rows(notebook(), [])).holds
    row = rule("helpers imported", anatomy.rows(notebook(code=IMPORTS.replace(", solution", "")), []))
    assert not row.holds and row.found == "missing: solution"


def test_a_notebook_without_a_panel_is_said() -> None:
    assert not rule("panels", anatomy.rows(notebook(), [])).holds
    assert rule("panels", anatomy.rows(notebook(code=f'{IMPORTS}\npanel("01.1")'), [])).holds


def test_a_notebook_that_is_not_there_is_no_promise() -> None:
    text = notebook("as in notebook 01, and later in notebook 77")
    row = anatomy.promises(text, [], {"01", "02"})
    assert not row.holds and row.found == "77"
    assert anatomy.promises(text, [], {"01", "77"}).holds


def test_eight_cells_without_a_picture_are_too_many() -> None:
    name = "cells without a figure or a table"
    table, text = "| a |\n|---|\n| b |", "words"
    assert rule(name, anatomy.rows(notebook(table, *[text] * 6), [])).holds
    assert not rule(name, anatomy.rows(notebook(table, *[text] * 7), [])).holds


@pytest.mark.parametrize("path", solutions(ROOT), ids=lambda path: path.stem)
def test_the_readme_says_the_minutes_of_each_notebook(path: Path, tmp_path: Path) -> None:
    assert anatomy.readme(ROOT, path.name, read(path)).holds
    (tmp_path / "README.md").write_text(f"| {path.name[:2]} | A title (1 min) |", encoding="utf-8")
    assert not anatomy.readme(tmp_path, path.name, read(path)).holds


def test_all_notebooks_hold_all_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert anatomy.lint(ROOT) == 0, capsys.readouterr().out
