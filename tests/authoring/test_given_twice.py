"""What the gate of notebooks finds: cells that cannot be run twice, checks that do not stay correct."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from course.authoring import given_twice


def notebook(folder: Path, *sources: str) -> Path:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    path = folder / "09_small.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_all_is_run_in_place_again_and_backwards() -> None:
    cells = [{"cell_type": "code", "source": source} for source in ("a = 1", "# exercise 09.1\n...", "b = a")]
    runs = [cell["source"][:1] for _, cell in given_twice.order(cells)]
    assert "".join(runs) == "aa" + "#" + "bb" + "a#b" + "b#a"


def test_what_breaks_when_it_is_run_again_is_found_and_named(tmp_path: Path) -> None:
    path = notebook(tmp_path, "y = 1\nz = [1]", "del y", "z.pop()", "print(sum(z))", "raise ValueError('boo')")
    found = {run.cell: str(run) for run in given_twice.problems(path)}
    ids = [cell["id"] for cell in nbformat.read(path, as_version=4).cells]
    assert list(found) == [ids[1], ids[2], ids[4]]
    assert found[ids[1]] == f"twice in place, cell {ids[1]}: NameError: name 'y' is not defined"
    assert found[ids[4]].startswith("first, ")


def test_what_a_cell_shows_the_second_time_is_what_it_showed_the_first_time(tmp_path: Path) -> None:
    sources = ["n = 0", "n += 1\nprint('all the same until here,', n)", "n", "import random\nrandom.random()"]
    path = notebook(tmp_path, *sources, "print('object', 10**10 + random.randrange(9 * 10**10), end=' ')\nprint(1)")
    cells = nbformat.read(path, as_version=4)
    cells.cells[3].metadata["tags"] = ["nbval-ignore-output"]
    nbformat.write(cells, path)
    assert [str(run) for run in given_twice.problems(path)] == [
        f"twice in place, cell {cells.cells[1]['id']}: "
        "first it showed '…he same until here, 1', now '…he same until here, 2'"
    ]


def test_a_check_has_to_stay_correct_and_a_shown_error_may_stay(tmp_path: Path) -> None:
    card = "def check(id):\n    print('✓ Correct' if fresh else '✗ Not yet')"
    path = notebook(tmp_path, "fresh = True", card, "1 / 0", "check('09.1')", "fresh = False")
    cells = nbformat.read(path, as_version=4)
    cells.cells[2].metadata["tags"] = ["raises-exception"]
    nbformat.write(cells, path)
    (run,) = given_twice.problems(path)
    assert (run.when, run.cell, run.problem) == ("again, last cell first", cells.cells[3]["id"], "✗ Not yet")


@pytest.mark.parametrize("selected", [["77"]])
def test_a_number_without_a_notebook_is_said(
    selected: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert given_twice.main(selected, tmp_path) == 1
    assert "no solution notebooks" in capsys.readouterr().out
