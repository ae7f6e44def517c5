"""The instructor's guide: every command in it that begins with `course` is run, in its order."""

import re
import shlex
import sys

import pytest
from students import NOTEBOOK, ROOT, hand_in

from course import cli
from course.grade.commands import DONE, FORMATS, NOT_ALL

GUIDE = (ROOT / "docs" / "instructors.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
LINES = [line for block in BLOCKS for line in block.splitlines() if line.startswith("course ")]


@pytest.mark.skipif(sys.platform != "linux", reason="the sandbox")
def test_the_guide_s_commands_do_what_it_says(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    hand_in(tmp_path / "handed_in", 3)
    (tmp_path / "handed_in" / "s004").mkdir()
    (tmp_path / "handed_in" / "s004" / "notes.txt").write_text("I could not open it.")
    for line in LINES:
        assert cli.main(shlex.split(line)[1:]) in (DONE, NOT_ALL), capsys.readouterr()
    pages = sorted(path.name for path in (tmp_path / "grades" / "feedback").iterdir())
    assert pages == ["s001.html", "s003.html", "s004.html"]
    report = (tmp_path / "grades" / "report.html").read_text()
    assert "no notebook was handed in" in report and "s002" not in report


def test_the_guide_names_every_command_and_format():
    said = {line.split()[1] for line in LINES}
    assert said == {"release", "grade", "regrade", "override", "report", "export", "delete-student", "export-nbgrader"}
    assert [line.split()[3] for line in LINES if line.split()[1] == "export"] == sorted(
        FORMATS, key=["canvas", "moodle", "gradescope", "nbgrader"].index
    )


def test_the_guide_speaks_of_a_notebook_that_there_is():
    assert NOTEBOOK.name in GUIDE
