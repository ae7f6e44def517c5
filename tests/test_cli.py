"""The `course` command, through the function that the entry point calls."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from course import cli


@pytest.fixture
def notebooks(tmp_path: Path) -> Path:
    """A folder with two notebooks, in a folder that could be a clone."""
    folder = tmp_path / "clone" / "notebooks"
    folder.mkdir(parents=True)
    for name in ("01_tensors.ipynb", "02_toy.ipynb"):
        (folder / name).write_text("{}")
    return folder


def test_the_command_is_installed_and_explains_itself():
    program = Path(sys.executable).with_name("course.exe" if sys.platform == "win32" else "course")
    done = subprocess.run([program, "--help"], capture_output=True, text=True, check=True)
    assert "course lab" in done.stdout and "examples:" in done.stdout


@pytest.mark.parametrize("command", ["lab", "progress", "look", "grade", "build"])
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main([command, "--help"])
    assert ended.value.code == 0
    assert f"usage: course {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "printed", "encoding"),
    [
        ("--help", "course progress", "cp1252"),
        ("progress", "* Progress", "cp1252"),
        ("progress", "01.1 - ", "ascii"),
        ("build --check", "", "cp1252"),
        ("build --lint", " +", "cp1252"),
        ("gates 03.1", " +", "cp1252"),
        ("lab 77", "There is no notebook '77'", "cp1252"),
    ],
)
def test_every_command_prints_in_a_terminal_that_lacks_characters(command, printed, encoding, tmp_path):
    settings = {"PYTHONIOENCODING": encoding, "COURSE_HOME": str(tmp_path), "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "course.cli", *command.split()],
        env={**os.environ, **settings},
        capture_output=True,
        encoding=encoding,
    )
    assert printed in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_command_is_answered_with_the_known_ones(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["laboratory"])
    assert ended.value.code == 2
    assert "'lab'" in capsys.readouterr().err


@pytest.mark.parametrize("wanted", ["02", "02_toy", "02_toy.ipynb", "notebooks/02_toy.ipynb"])
def test_a_notebook_is_found_by_number_or_name(notebooks, wanted):
    assert cli.find_notebook(notebooks, wanted) == notebooks / "02_toy.ipynb"


def test_a_missing_notebook_is_answered_with_those_that_are_there(notebooks):
    with pytest.raises(cli.CannotError, match=r"no notebook '17'.*01_tensors\.ipynb, 02_toy\.ipynb"):
        cli.find_notebook(notebooks, "17")


def test_jupyterlab_opens_on_the_notebook(notebooks):
    command = cli.lab_command(notebooks / "02_toy.ipynb", port=9000, opens_browser=False)
    assert f"--ServerApp.root_dir={notebooks.parent}" in command
    assert "--LabApp.default_url=/lab/tree/notebooks/02_toy.ipynb" in command
    assert "--ServerApp.port=9000" in command and "--no-browser" in command


def test_a_browser_is_opened_only_where_it_would_be_seen(monkeypatch):
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION"):
        monkeypatch.delenv(variable, raising=False)
    assert cli.has_display() == (sys.platform in ("win32", "darwin"))


def test_notebooks_that_are_there_already_are_left_alone(tmp_path, notebooks):
    mine = tmp_path / "mine" / "notebooks" / "01_tensors.ipynb"
    mine.parent.mkdir(parents=True)
    mine.write_text("my answers")
    assert cli.copy_notebooks(sorted(notebooks.glob("*.ipynb")), tmp_path / "mine") == mine.parent
    assert mine.read_text() == "my answers"
    assert (mine.parent / "02_toy.ipynb").is_file()


def test_a_command_that_cannot_be_carried_out_says_why(capsys, tmp_path):
    assert cli.main(["lab", "17", "--folder", str(tmp_path)]) == 1
    assert "no notebook '17'" in capsys.readouterr().err
