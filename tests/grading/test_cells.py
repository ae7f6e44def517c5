"""Cells as only notebooks have them, from the file to the points: magics cost a right answer nothing, and earn nothing.

Below `%%bash` there is no Python: a notebook does not run it, whatever it says.
"""

from pathlib import Path

import pytest
from case import REFERENCES

from course.grade import judge
from course.grade.intake import matching, notebook
from course.grade.kinds import Answer, Submission
from tests.grade.handing_in import TEMPLATE, blank, cell_of, code, raw

FIRST = "# exercise 01.2\n"
RIGHT = "def remote_mean(x, y):\n    return (x + y) / 2"
LONGER = '''
def remote_mean(x, y):
    """
    % of nothing
    !not a shell
    """
    seven = (7
        % 10)
    return (x + y) * (seven
        % 5) / 4
'''
PYTHON = {
    "time": "%%time\n" + FIRST + RIGHT,
    "capture": "%%capture said\n" + FIRST + RIGHT,
    "time below the marker": FIRST + "%time half = 1 / 2\ndef remote_mean(x, y):\n    return (x + y) * half",
    "timeit and help": FIRST + RIGHT + "\n%timeit -n1 remote_mean(a, b)\nremote_mean?\n??remote_mean",
    "a shell": FIRST + "!pip install \\\n    something\nfiles = !ls\n" + RIGHT + "\n!touch there",
    "pip without a mark": FIRST + "pip install something\n" + RIGHT,
    "the shell's own function": FIRST + "get_ipython().run_line_magic('matplotlib', 'inline')\n" + RIGHT,
    "a remainder that looks like a magic": FIRST + LONGER,
}
NONE = ["bash", "script python", "!"]  # more of them: tests/grade/test_lines.py


def handed_in(source, *others):
    """The answer to 01.2, read from a notebook with this cell and other ones; and the helpers found there."""
    saved = blank()
    cell_of(saved, "01.2")["source"] = source
    saved["cells"] += map(code, others)
    answers, helpers = matching.answers(notebook.parse(raw(saved)), TEMPLATE)
    (found,) = (answer for answer in answers if answer.exercise == "01.2")
    return found, helpers


def graded(found, helpers, cage, *beside):
    whole = Submission("zoe", "01", Path("zoe.ipynb"), "d1", (found, *beside), helpers)
    first, *others = judge.grade(whole, 5, "bwrap", seats=cage)
    assert [other.kind for other in others] == ["correct"] * len(beside), others
    return first


@pytest.mark.parametrize("source", PYTHON.values(), ids=PYTHON)
def test_a_right_answer_keeps_its_points(source, cage):
    found = graded(*handed_in(source), cage)
    assert found.kind == "correct", found


def test_so_it_does_with_a_helper_beside_a_magic(cage):
    halved = "%load_ext x\ndef halved(x):\n    return x * half"
    cells = "%%time\nnames = !ls\n%time half = 1 / 2", "%%bash\nhalf = 3", halved
    found = graded(*handed_in(FIRST + "def remote_mean(x, y):\n    return halved(x + y)", *cells), cage)
    assert found.kind == "correct", found


@pytest.mark.parametrize("language", NONE)
def test_another_language_defines_nothing(language, cage):
    beside = Answer("01.1", REFERENCES["01.1"].reference, "id")
    found = graded(*handed_in(f"%%{language}\n{FIRST}{RIGHT}"), cage, beside)
    assert (found.kind, found.points) == ("untried", 0.0)
    assert f"begins with %%{language.split()[0]}: it is no Python, and defines nothing." in found.warnings[0]


def test_it_would_where_every_cell_is_python(cage, monkeypatch):
    monkeypatch.setattr(matching, "language", lambda source: "")
    monkeypatch.setattr("course.grade.intake.lines.language", lambda source: "")
    assert graded(*handed_in(f"%%bash\n{FIRST}{RIGHT}"), cage).kind == "correct"
