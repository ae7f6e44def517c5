"""`course look` on real files with a real kernel: only a check that ran, and found the answer right, is correct."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

import notebooks
from course import cli
from course.grade.handed_in import NotANotebook, read
from course.learn import help

STUB = """# exercise 00.1
def team_mean(salaries):
    total = ...
    for salary in salaries:
        total = total + salary
    return ..."""
WRONG = "# exercise 00.1\ndef team_mean(salaries):\n    return sum(salaries)"
ENDLESS = "# exercise 00.1\ndef team_mean(salaries):\n    while True:\n        pass"


@pytest.fixture(scope="module", autouse=True)
def sample_exercise() -> None:
    notebooks.register_sample()


def cells(notebook: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {cell["id"]: cell for cell in notebook["cells"]}


def handed_in(answer: str = notebooks.SOLVED, *, check: str = 'check("00.1")', **source: str) -> dict[str, Any]:
    """A student's notebook; further sources by cell id."""
    notebook = notebooks.notebook(answer)
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] != "aside"]
    for id, text in {"check": check, **source}.items():
        cells(notebook)[id]["source"] = text
    return notebook


@pytest.fixture
def look(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Look at a notebook: exit status and the line of its exercise."""

    def run(notebook: dict[str, Any], *options: str) -> tuple[int, str]:
        path = tmp_path / "student.ipynb"
        path.write_text(json.dumps(notebook), encoding="utf-8")
        status = cli.main(["look", str(path), *options])
        said = capsys.readouterr().out
        (line,) = [line for line in said.splitlines() if line.startswith("  00.1")]
        assert f"{'1' if ' correct ' in line else '0'} of 1 correct" in said
        return status, line

    return run


def test_a_terminal_that_lacks_characters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows' cp1252 has no arrow and no snowman; neither the kernel nor the lines may stop at them."""
    answer = notebooks.SOLVED.partition("    ")[0] + "    print('☃')\n    raise ValueError('→ ☃ é')"
    path = tmp_path / "☃.ipynb"
    path.write_text(json.dumps(handed_in(answer)), encoding="utf-8")
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")
    monkeypatch.setattr(sys, "stdout", terminal)
    assert cli.main(["look", str(path)]) == 1
    terminal.flush()
    said = terminal.buffer.getvalue().decode("cp1252")  # type: ignore[attr-defined]
    assert "?.ipynb" in said and "  00.1  stopped" in said and "ValueError: -> ? é" in said


def test_a_right_answer(look: Any) -> None:
    status, line = look(handed_in())
    assert (status, line) == (0, "  00.1  correct        2 of 2  the mean of a team")


@pytest.mark.parametrize(
    ("answer", "word", "reason"),
    [
        (STUB, "not attempted", ""),
        (WRONG, "not yet", "team_mean("),
        (ENDLESS, "stopped", "did not finish within 2 seconds"),
        ("# gone", "not attempted", ""),
    ],
)
def test_an_answer_that_is_not_right(look: Any, answer: str, word: str, reason: str) -> None:
    status, line = look(handed_in(answer))
    assert status == 1 and f"  {word} " in line and "0 of 2" in line and reason in line


def test_a_check_as_text_gone_doubled_renamed_or_hidden_never_passes(look: Any) -> None:
    text = handed_in()
    cells(text)["check"]["cell_type"] = "markdown"
    for key in ("outputs", "execution_count"):
        del cells(text)["check"][key]
    gone, doubled = handed_in(), handed_in()
    gone["cells"] = [cell for cell in gone["cells"] if cell["id"] != "check"]
    doubled["cells"].insert(-1, {**cells(doubled)["check"], "id": "again"})
    for notebook, reason in (
        (text, "turned into text"),
        (gone, "gone, or was renamed"),
        (doubled, "2 check cells"),
        (handed_in(check='chekc("00.1")'), "gone, or was renamed"),
        (handed_in(check='check("00.11")'), "gone, or was renamed"),
        (handed_in(check='# check("00.1")'), "does not run it"),
        (handed_in(check='if False:\n    check("00.1")'), "does not run it"),
    ):
        status, line = look(notebook)
        assert status == 1 and "  no verdict " in line and reason in line


def test_a_function_that_took_the_name_of_check_never_passes(look: Any) -> None:
    status, line = look(handed_in(WRONG, quiz='def check(id):\n    print("✓ Correct")'))
    assert status == 1 and "another function took the name `check`" in line


def test_what_the_students_cells_print_decides_nothing(look: Any) -> None:
    fake = """from IPython.display import display
display({"application/vnd.course.outcome+json": {"id": "00.1", "kind": "correct", "tag": "", "text": ""}}, raw=True)"""
    status, line = look(handed_in(WRONG, last=fake))
    assert status == 1 and "  not yet " in line


@pytest.mark.parametrize(
    "check", ['x = 1\ncheck("00.1")  # mine', "%time\ncheck('00.1');", 'card = check(\n    id="00.1"\n)']
)
def test_a_check_with_something_beside_it_counts(look: Any, check: str) -> None:
    assert look(handed_in(check=check))[0] == 0


def test_any_kernel_name_will_do(look: Any) -> None:
    notebook = handed_in()
    notebook["metadata"] = {"kernelspec": {"name": ".venv", "display_name": ".venv", "language": "python"}}
    assert look(notebook)[0] == 0
    del notebook["metadata"]["kernelspec"]
    assert look(notebook)[0] == 0


def test_a_cell_that_fails_or_never_ends_does_not_stop_the_look(look: Any) -> None:
    assert look(handed_in(quiz="1 / 0"))[0] == 0
    assert look(handed_in(quiz="while True:\n    pass"), "--seconds", "12")[0] == 0


def test_a_cell_that_cannot_be_interrupted_is_said(look: Any) -> None:
    deaf = "while True:\n    try:\n        while True:\n            pass\n    except KeyboardInterrupt:\n        pass"
    status, line = look(handed_in(quiz=deaf), "--seconds", "12")
    assert status == 1 and "its check did not run: code cell 3 took more than 12 seconds" in line


def test_a_kernel_that_dies_is_said(look: Any) -> None:
    status, line = look(handed_in(predict="import os\nos._exit(1)"))
    assert status == 1 and "its check did not run: the kernel died in code cell 4" in line


@pytest.mark.parametrize("text", ["", "not a notebook", "{}", "[1]", '{"cells": 3, "nbformat": 4}', "\x00"])
def test_what_is_no_notebook_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    path = tmp_path / "student.ipynb"
    path.write_text(text, encoding="utf-8")
    assert cli.main(["look", str(path), str(tmp_path / "missing.ipynb"), str(tmp_path)]) == 2
    said = capsys.readouterr().out
    assert "student.ipynb: " in said and "missing.ipynb: cannot be read" in said and said.count("\n") == 3


def test_another_notebook_is_said(tmp_path: Path) -> None:
    path = tmp_path / "other.ipynb"
    path.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', encoding="utf-8")
    with pytest.raises(NotANotebook, match="no exercise of this course"):
        read(path)


def test_the_original_progress_stays_as_it_is(look: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "mine"))
    look(handed_in())
    assert not (tmp_path / "mine").exists() and help.hint("00.1").word == "▪ Hint 1 of 3"
