"""What is exported is read back by what it is for: pandas, json, and nbgrader's own programs (a rehearsal)."""

import csv
import json
import os
import re
import subprocess
import sys
import venv
from datetime import UTC, datetime
from pathlib import Path

import pandas
import pytest
from classroom import a_book, refused, submission
from hypothesis import given
from hypothesis import strategies as some

from course.grade import roster as rosters
from course.grade.exports import FORMATS, NBGRADER, export, file_name, names, neutral
from course.grade.points import exact
from course.grade.roster import Person
from course.grade.standing import standing

DUE = datetime(2026, 12, 1, 12, tzinfo=UTC)
ABOUT = f'name = "week-1"\nnotebooks = ["01"]\ndue = {DUE.isoformat()}\nlate = "10% a day"\n'
ROSTER = """student,name,email,last_name,first_name,sis_login_id,section
ada,Ada Lovelace,ada@example.org,Lovelace,Ada,alovelace,A
bob,"=HYPERLINK(""x"",""Bob"")",+bob@example.org,,,,
=cmd,"Drop; Table,",@at,,,,
404,Never There,never@example.org,,,,B
"""


@pytest.fixture
def roster(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text(ROSTER, encoding="utf-8")
    return rosters.read(path)


@pytest.fixture
def book(tmp_path):
    late = DUE.timestamp() + 60 * 60  # an hour late is a day begun
    items = [
        submission("ada", "right", "right", "right", received=DUE.timestamp()),
        submission("bob", "right", "half", "third", received=late),
        submission("=cmd", "", "boom", "loop"),
        refused("-2+3", "it is\n=no notebook"),
    ]
    with a_book(tmp_path / "gradebook.sqlite", items, about=ABOUT) as made:
        yield made


def text_of(book, format, folder, roster) -> str:
    (path, *_) = export(book, format, folder / format, roster)
    return path.read_text(encoding="utf-8")


# -- standings ---------------------------------------------------------------------------------------------------


def test_a_penalty_is_exact_and_can_be_forgiven(book):
    """1.333 points, one day begun at 10%: 0.133 are taken off."""
    bob = standing(book, "bob")
    assert (bob.raw, bob.penalty, bob.score, bob.out_of, bob.parts[0].days_late) == (1333, 133, 1200, 3000, 1)
    book.override("bob", "01.late", 0, "was ill", "turing")
    assert standing(book, "bob").score == 1333
    assert standing(book, "ada").penalty == 0


def test_an_override_takes_the_place_of_the_judge(book):
    book.override("bob", "01.2", exact("0.5"), "half of it is right", "turing")
    bob = standing(book, "bob")
    assert [line.points for line in bob.lines] == [1000, 500, 333]
    assert bob.lines[1].override.reason == "half of it is right" and bob.lines[1].kind == "incorrect"


def test_the_assignment_says_what_an_exercise_is_worth(book):
    book.assign("week-1", ABOUT, [("01.1", "one", 2500), ("01.2", "two", 0), ("01.3", "three", 3000)])
    assert [line.points for line in standing(book, "bob").lines] == [2500, 0, 999]


# -- fields --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "-", "+5"])
def test_a_formula_is_neutralised(text):
    assert neutral(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-1", "-0.5", "3", "Ada", "", "a=b", "2-1", "o'hara"])
def test_what_is_no_formula_stays(text):
    assert neutral(text) == text


@given(some.text(max_size=20))
def test_no_field_begins_as_a_formula_does(text):
    field = neutral(text)
    assert not re.match(r"\s*[=+@]|\s*-(?!\d+(\.\d+)?$)", field) or re.fullmatch(r"-?\d+(\.\d+)?", field)


@given(some.lists(some.text(min_size=1, max_size=12), unique_by=str, max_size=8))
def test_files_of_students_have_names_of_their_own(keys):
    found = [file_name(key) for key in keys]
    assert len({name.lower() for name in found}) == len(keys)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,69}", name) for name in found)


@pytest.mark.parametrize(
    ("person", "first_last"),
    [
        (Person("a", "Ada Lovelace"), ("Ada", "Lovelace")),
        (Person("a", "Lovelace, Ada King"), ("Ada King", "Lovelace")),
        (Person("a", "Jean-Luc van der Berg"), ("Jean-Luc van der", "Berg")),
        (Person("a", "Plato"), ("", "Plato")),
        (Person("a", "x y", more={"first_name": "Ada", "last_name": "van Love"}), ("Ada", "van Love")),
        (Person("a"), ("", "")),
    ],
)
def test_names_are_first_and_last(person, first_last):
    assert names(person) == first_last


# -- each format -----------------------------------------------------------------------------------------------------


def test_nbgrader_reads_as_pandas_reads_it(book, tmp_path, roster):
    export(book, "nbgrader", tmp_path / "out", roster)
    header = (tmp_path / "out" / "grades.csv").read_text().splitlines()[0]
    assert header == (
        "assignment,duedate,timestamp,student_id,last_name,first_name,email,"
        "raw_score,late_submission_penalty,score,max_score"
    )
    table = pandas.read_csv(tmp_path / "out" / "grades.csv", keep_default_na=False).set_index("student_id")
    assert set(table.index) == {"ada", "bob", "'=cmd", "'-2+3", "404"}
    points = ["raw_score", "late_submission_penalty", "score", "max_score"]
    assert list(table.loc["bob", points]) == [1.333, 0.133, 1.2, 3]
    assert list(table.loc["ada", ["timestamp", "duedate", "last_name", "first_name"]]) == [
        "2026-12-01 12:00:00", "2026-12-01 12:00:00", "Lovelace", "Ada",
    ]  # fmt: skip
    assert list(table.loc["404", ["timestamp", "score"]]) == ["", 0] and table.loc["'-2+3", "score"] == 0


def test_six_submissions_have_six_rows(tmp_path):
    """L28: the third never ended."""
    items = [submission(f"s{number}", "loop" if number == 3 else "right") for number in range(1, 7)]
    with a_book(tmp_path / "six.sqlite", items) as book:
        table = pandas.read_csv(export(book, "nbgrader", tmp_path)[0])
    assert list(table.score) == [1, 1, 0, 1, 1, 1]


def test_points_are_shown_as_people_write_them(tmp_path):
    """L30: .1 + .1 + .1."""
    with a_book(tmp_path / "g.sqlite", [submission("ada", "right", "right", "right")], out_of=100) as book:
        assert ",0.3,0,0.3,0.3\n" in text_of(book, "nbgrader", tmp_path, {})


def test_canvas_finds_its_columns(book, tmp_path, roster):
    rows = list(csv.reader(text_of(book, "canvas", tmp_path, roster).splitlines()))
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "week-1"]
    assert rows[1][0].strip() == "Points Possible" and rows[1][5] == "3"
    by_name = {row[0]: row for row in rows[2:]}
    assert by_name["Lovelace, Ada"] == ["Lovelace, Ada", "", "", "alovelace", "A", "3"]
    assert by_name["There, Never"][1:] == ["404", "", "", "B", "0"]
    assert by_name["'-2+3"][3] == "'-2+3" and len(by_name) == 5


def test_moodle_finds_its_columns(book, tmp_path, roster):
    export(book, "moodle", tmp_path, roster)
    table = pandas.read_csv(tmp_path / "moodle.csv", keep_default_na=False).set_index("Identifier")
    assert {"Grade", "Last modified (grade)", "Feedback comments"} <= set(table.columns)
    assert table.loc["Participant 404", "Email address"] == "never@example.org"
    assert table.loc["bob", "Grade"] == 1.2
    assert table.loc["bob", "Feedback comments"] == "01.1 correct; 01.2 not yet; 01.3 correct"


def test_gradescope_has_a_file_for_each_student(book, tmp_path, roster):
    files = export(book, "gradescope", tmp_path / "out", roster)
    assert len(files) == len({path.parent for path in files}) == 5
    bob = json.loads((tmp_path / "out" / "bob" / "results.json").read_text())
    assert bob["score"] == 1.2 and bob["output_format"] == bob["test_output_format"] == "text"
    assert [test["score"] for test in bob["tests"]] == [1, 0, 0.333]
    assert bob["tests"][0]["number"] == "01.1" and bob["tests"][0]["status"] == "passed"
    assert all(test["visibility"] == "visible" and test["max_score"] == 1 for test in bob["tests"])


@pytest.mark.parametrize("format", ["nbgrader", "canvas", "moodle"])
def test_no_cell_of_an_export_is_a_formula(book, tmp_path, roster, format):
    for row in csv.reader(text_of(book, format, tmp_path, roster).splitlines()):
        for field in row:
            assert field == neutral(field)


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_nothing_hidden_is_exported(book, tmp_path, roster, format):
    seeds = {str(kept.seed) for number in (1, 2, 3) for kept in book.results(number)}
    export(book, format, tmp_path / "out", roster)
    written = "".join(path.read_text() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert not [seed for seed in seeds if seed in written] and book.setting("secret") not in written


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_names_come_from_the_roster_alone(book, tmp_path, format):
    export(book, format, tmp_path / "out")
    written = "".join(path.read_text() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert written and "Lovelace" not in written


# -- nbgrader itself -----------------------------------------------------------------------------------------------


READ_BACK = """
import csv, sys
from nbgrader.api import Gradebook
from nbgrader.plugins.export import CsvExportPlugin
with Gradebook("sqlite:///gradebook.db") as gradebook:
    plugin = CsvExportPlugin(); plugin.to = "theirs.csv"; plugin.export(gradebook)
    for student in gradebook.students:
        print(student.id, student.first_name, student.last_name, student.email, sep="|")
print(open("theirs.csv").readline().strip())
"""


@pytest.mark.rehearsal
def test_nbgrader_imports_the_students_and_has_our_header(book, tmp_path, roster):
    """In an environment of its own: `nbgrader db student import`, and the header that its own exporter writes."""
    home = tmp_path / "nbgrader"
    venv.create(home / "env", with_pip=True)
    python = home / "env" / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "nbgrader==0.9.6"], check=True)
    export(book, "nbgrader", home, roster)
    importing = [python, "-m", "nbgrader", "db", "student", "import", "students.csv"]
    path = os.pathsep.join([str(python.parent), os.environ["PATH"]])  # it starts alembic by its name
    subprocess.run(importing, cwd=home, check=True, capture_output=True, env={**os.environ, "PATH": path})
    done = subprocess.run([python, "-c", READ_BACK], cwd=home, check=True, capture_output=True, text=True)
    assert "ada|Ada|Lovelace|ada@example.org" in done.stdout
    assert done.stdout.count("|") == 3 * 5
    assert done.stdout.splitlines()[-1] == ",".join(NBGRADER)


def test_the_folder_of_a_student_is_in_the_folder_of_the_export(tmp_path):
    """A key that would lead elsewhere does not."""
    keys = ["../../up", "/etc/passwd", "..", ".", "a/b", "c\\d", "con", "A", "a"]
    with a_book(tmp_path / "g.sqlite", [submission(key, "right") for key in keys]) as book:
        files = export(book, "gradescope", tmp_path / "out")
    assert all(path.resolve().is_relative_to(tmp_path / "out") and Path(path).is_file() for path in files)
    assert len(set(files)) == len(keys)
