"""What a grading run shows while it works: a bar on a terminal, lines elsewhere, nothing when it is to be quiet."""

import argparse
import os
import re
import sys
import threading

import pytest
from classroom import judge, submission

from course.grade.batch import Done
from course.grade.commands import _progress

pty = pytest.importorskip("pty")
ITEMS = [submission("ada", "right", "half"), submission("bob", "right")]


def show(quiet: bool = False) -> None:
    with _progress(len(ITEMS), argparse.Namespace(quiet=quiet)) as tell:
        for item in ITEMS:
            tell(Done(1, item.student, "01", tuple(judge(item, 1, "none", None)), 0.1))


def test_elsewhere_a_line_is_a_submission(capsys):
    show()
    said = capsys.readouterr()
    assert said.out == "" and said.err == "1/2  ada  01  1 of 2 correct\n2/2  bob  01  1 of 1 correct\n"


def test_quiet_is_quiet(capsys):
    show(quiet=True)
    assert capsys.readouterr() == ("", "")


def test_on_a_terminal_it_is_a_bar(monkeypatch):
    """On a terminal of its own; no thread draws it, for this process forks."""
    ours, theirs = pty.openpty()
    monkeypatch.setenv("TERM", "xterm-256color")
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        before = threading.active_count()
        show()
        assert threading.active_count() == before
    said = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", os.read(ours, 1 << 16).decode())
    os.close(ours)
    assert "grading" in said and "0/2" in said and "1/2" in said and "2/2" in said and "ada" not in said
