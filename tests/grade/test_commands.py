"""The instructor's commands, from what was handed in to what is exported, with the real judge and the real sandbox."""

import csv
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pandas
import pytest
from classroom import a_book, submission
from students import NOTEBOOK, ROOT, notebook, right

from course import cli
from course.grade.gradebook import FILE, Gradebook

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks, and the sandbox")
HALF = "def remote_mean(x, y):\n    return x + y / 2\n"
LOOP = "def remote_mean(x, y):\n    while True:\n        pass\n"
SECRET = "5e" * 32


def handed_in(folder: Path) -> Path:
    """ada: all right; bob: one wrong, one not attempted; eve: no notebook; mia: nothing attempted.

    Their notebooks name kernels that this machine lacks (L32).
    """
    some = right()
    del some["01.5"]
    for key, answers, kernel in (
        ("ada", right(), "conda-env-x-py"), ("bob", {**some, "01.2": HALF}, ".venv"), ("mia", {}, "python3"),
    ):  # fmt: skip
        found = notebook(answers)
        found["metadata"]["kernelspec"] = {"name": kernel, "display_name": kernel, "language": "python"}
        (folder / key).mkdir(parents=True)
        (folder / key / NOTEBOOK.name).write_text(json.dumps(found), encoding="utf-8")
    (folder / "eve").mkdir()
    (folder / "eve" / NOTEBOOK.name).write_text('{"cells": [', encoding="utf-8")
    (folder.parent / "roster.csv").write_text(
        "student,name,email\nada,Ada Lovelace,ada@example.org\nbob,Bob Byte,\nzoe,Zoe Zero,zoe@example.org\n"
    )
    (folder.parent / "assignment.toml").write_text('name = "week-1"\nnotebooks = ["01"]\n[points]\n"01.2" = 0.5\n')
    return folder


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with hand-ins, a roster, an assignment and the grades that `course grade` has made of them."""
    folder = tmp_path_factory.mktemp("class")
    handed_in(folder / "handed_in")
    status = cli.main(
        f"grade {folder}/handed_in --out {folder}/grades --assignment {folder}/assignment.toml "
        f"--roster {folder}/roster.csv --jobs 2 --quiet".split()
    )
    assert status == 3  # eve's file could not be read
    return folder


@pytest.fixture
def grades(place, tmp_path) -> Path:
    """A copy of these grades, to be changed."""
    return Path(shutil.copytree(place / "grades", tmp_path / "grades"))


def test_who_is_not_in_the_roster_is_named(place, grades, capsys):
    """A folder that is misspelled would else be a grade that nobody gets."""
    again = f"grade {place}/handed_in --out {grades} --assignment {place}/assignment.toml --quiet".split()
    assert cli.main(again) == 3 and "roster" not in capsys.readouterr().err
    assert cli.main([*again, "--roster", str(place / "roster.csv")]) == 3
    assert "Not in the roster: eve, mia. " in capsys.readouterr().err
    report = (grades / "report.html").read_text(encoding="utf-8")
    assert "Not in the roster: eve, mia." in report and report.count("not in the roster") == 2


def kinds(grades: Path) -> dict[str, list[str]]:
    with Gradebook(grades / FILE) as book:
        return {
            student: [kept.kind for number in book.counting(student) for kept in book.results(number)]
            for student in book.students()
        }


COMMANDS = ("grade", "regrade", "override", "report", "export", "delete-student")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main([command, "--help"])
    assert ended.value.code == 0 and f"usage: course {command}" in capsys.readouterr().out


# -- grade ---------------------------------------------------------------------------------------------------------


def test_what_is_right_is_right_and_what_is_wrong_is_wrong(place):
    assert kinds(place / "grades") == {
        "ada": ["correct"] * 5,
        "bob": ["correct", "incorrect", "correct", "correct", "untried"],
        "eve": [],
        "mia": ["untried"] * 5,
    }


def test_the_pages_and_the_gradebook_are_there(place):
    found = {path.relative_to(place / "grades").as_posix() for path in (place / "grades").rglob("*") if path.is_file()}
    pages = {f"feedback/{key}.html" for key in ("ada", "bob", "eve", "mia")}
    assert found - {f"{FILE}-wal", f"{FILE}-shm"} == {FILE, ".lock", "report.html", *pages}
    assert "zoe" in (place / "grades" / "report.html").read_text()
    assert "half" not in kinds(place / "grades")


def test_the_level_and_the_limits_are_kept(place):
    with Gradebook(place / "grades" / FILE) as book:
        level = book.setting("level")
        assert {kept.level for kept in book.results(1)} == {level} and "s of CPU" in book.setting("limits")
        assert book.file(1) == (place / "handed_in" / "ada" / NOTEBOOK.name).read_bytes()
    assert f"{level}:" in (place / "grades" / "feedback" / "ada.html").read_text()


def test_the_same_command_again_has_nothing_to_do(place, grades, capsys):
    with Gradebook(grades / FILE) as book:
        before = book.rows()
    command = f"grade {place}/handed_in --out {grades} --assignment {place}/assignment.toml --json"
    assert cli.main(command.split()) == 3
    said = json.loads(capsys.readouterr().out)
    assert said["graded"] == 0 and said["students"] == 4 and [one["student"] for one in said["refused"]] == ["eve"]
    with Gradebook(grades / FILE) as book:
        assert book.rows() == before


def test_what_is_handed_in_later_is_graded_and_counts(place, grades, tmp_path, capsys):
    late = tmp_path / "more" / "mia" / NOTEBOOK.name
    late.parent.mkdir(parents=True)
    late.write_text(json.dumps(notebook({"01.2": right()["01.2"]})), encoding="utf-8")
    command = f"grade {tmp_path}/more --out {grades} --assignment {place}/assignment.toml --jobs 1"
    assert cli.main(command.split()) == 3
    said = capsys.readouterr()
    assert said.out == "" and "1/1  mia  01  1 of 5 correct" in said.err
    assert "Notebooks graded already: 2; to be graded: 1." in said.err
    assert kinds(grades)["mia"] == ["untried", "correct", "untried", "untried", "untried"]


def test_one_that_never_ends_takes_nothing_from_the_others(tmp_path):
    """L28, with the real judge: the row says that it took too long."""
    for key, answer in (("ada", right()["01.2"]), ("bob", LOOP), ("mia", right()["01.2"])):
        (tmp_path / "in" / key).mkdir(parents=True)
        (tmp_path / "in" / key / NOTEBOOK.name).write_text(json.dumps(notebook({"01.2": answer})), encoding="utf-8")
    (tmp_path / "assignment.toml").write_text('name = "a"\nnotebooks = ["01"]\n[limits]\nseconds = 60\ncpu = 5\n')
    cli.main(f"grade {tmp_path}/in --out {tmp_path}/grades --assignment {tmp_path}/assignment.toml --quiet".split())
    assert {key: found[1] for key, found in kinds(tmp_path / "grades").items()} == {
        "ada": "correct", "bob": "timeout", "mia": "correct",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("grade {empty}", "is empty"),
        ("grade {place}/none", "none"),
        ("grade {place}/handed_in --assignment {place}/none.toml", "none.toml"),
        ("grade {place}/handed_in --roster {place}/none.csv", "none.csv"),
        ("grade {place}/handed_in --assignment {place}/assignment.toml --level none", "level bwrap"),
        ("grade {place}/handed_in --out {grades} --assignment {empty}/other.toml", "choose another folder"),
        ("regrade --grades {empty}", "no gradebook"),
        ("regrade --grades {empty}/none", "no folder"),
        ("regrade --grades {grades} --student zoe", "no student 'zoe'"),
        ("report --grades {empty}", "no gradebook"),
        ("export --format canvas --grades {empty}", "no gradebook"),
        ("override zoe 01.2 1 --reason x --grades {grades}", "no student 'zoe'"),
        ("override ada 01.7 1 --reason x --grades {grades}", "no exercise '01.7'"),
        ("override ada 01.2 two --reason x --grades {grades}", "no number of points"),
        ("override ada 01.2 1 --reason x --grades {grades}", "0.5 at most"),
        ("delete-student zoe --grades {grades}", "no student 'zoe'"),
        ("delete-student ada --grades {grades}", "--yes"),
    ],
)
def test_what_cannot_be_done_says_why(command, says, place, grades, tmp_path, capsys, monkeypatch):
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "other.toml").write_text('name = "week-2"\nnotebooks = ["01"]\n')
    if "other.toml" not in command:
        (empty / "other.toml").unlink()
    monkeypatch.chdir(tmp_path)
    assert cli.main(command.format(empty=empty, place=place, grades=grades).split()) == 1
    said = capsys.readouterr().err
    assert said.startswith("course: ") and says in said and "Traceback" not in said


@pytest.mark.parametrize("command", ["regrade", "report", "export --format moodle", "override ada 01.1 1 --reason x"])
def test_a_gradebook_in_which_nothing_was_graded_says_so(command, tmp_path, capsys):
    """As a run leaves it that was killed at its very beginning."""
    Gradebook(tmp_path / FILE, create=True).close()
    assert cli.main([*command.split(), "--grades", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "Nothing has been graded yet" in said or "no student" in said


def test_a_folder_that_cannot_be_written_says_so(place, tmp_path, capsys):
    (tmp_path / "file").write_text("no folder")
    assert cli.main(f"grade {place}/handed_in --out {tmp_path}/file".split()) == 1
    assert "file" in capsys.readouterr().err


def test_a_level_below_the_assignment_s_has_to_be_forced(place, tmp_path, capsys):
    one = tmp_path / "in" / "mia"
    shutil.copytree(place / "handed_in" / "mia", one)
    command = f"grade {tmp_path}/in --out {tmp_path}/g --assignment {place}/assignment.toml --level rlimits --force"
    assert cli.main(command.split()) == 0
    assert "Below level bwrap nothing is hidden" in capsys.readouterr().err
    assert "Below level bwrap nothing is hidden" in (tmp_path / "g" / "report.html").read_text()


def test_two_cannot_grade_into_one_folder(place, grades):
    """The other one says so and changes nothing."""
    import fcntl

    with (grades / ".lock").open("w") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        command = [sys.executable, "-m", "course.cli", "regrade", "--grades", grades]
        done = subprocess.run(command, capture_output=True, text=True, env=environment())
    assert done.returncode == 1 and "Another command is at work" in done.stderr


# -- after grading ---------------------------------------------------------------------------------------------------


def test_a_regrade_finds_the_same_and_asks_the_same(grades, capsys):
    with Gradebook(grades / FILE) as book:
        before = [(kept.exercise, kept.kind, kept.points, kept.seed) for kept in book.results(2)]
    (grades / "report.html").unlink()
    assert cli.main(f"regrade --grades {grades} --student bob".split()) == 3
    assert "Nothing changed." in capsys.readouterr().err and (grades / "report.html").exists()
    with Gradebook(grades / FILE) as book:
        assert [(kept.exercise, kept.kind, kept.points, kept.seed) for kept in book.results(2)] == before
        assert book.attempts(2) == 2 and book.attempts(1) == 1


def test_a_regrade_says_what_changed(grades, capsys):
    """An earlier result that is not what the judge finds now: as after the mending of a check."""
    with Gradebook(grades / FILE) as book:
        book._db.execute("UPDATE results SET kind = 'incorrect', points = 0 WHERE submission = 1 AND exercise = '01.2'")
    assert cli.main(f"regrade --grades {grades} --student ada --json".split()) == 3
    (changed,) = json.loads(capsys.readouterr().out)["changed"]
    assert changed == {"student": "ada", "exercise": "01.2", "was": "not yet, 0", "is": "correct, 3"}


def test_an_override_is_in_the_page_the_export_and_survives_a_regrade(grades, tmp_path, capsys):
    command = f"override bob 01.5 2.5 --who turing --grades {grades} --reason".split()
    assert cli.main([*command, "sent by post"]) == 0
    assert "bob has 13.5 of 15.5 points" in capsys.readouterr().out
    assert cli.main(f"regrade --grades {grades} --student bob --quiet".split()) == 3
    page = (grades / "feedback" / "bob.html").read_text()
    assert "A person set these points." in page and "post" not in page and "turing" not in page
    assert cli.main(f"export --format nbgrader --grades {grades} --to {tmp_path}/out".split()) == 0
    table = pandas.read_csv(tmp_path / "out" / "grades.csv").set_index("student_id")
    assert table.loc["bob", "score"] == 13.5 and table.loc["ada", "score"] == table.loc["ada", "max_score"] == 15.5
    assert cli.main([*f"override bob 01.5 judge --grades {grades} --reason".split(), "a mistake"]) == 0
    assert "bob has 11 of 15.5 points" in capsys.readouterr().out


@pytest.mark.parametrize("format", ["nbgrader", "canvas", "moodle", "gradescope"])
def test_everybody_is_in_an_export(place, grades, format, capsys):
    assert cli.main(f"export --format {format} --grades {grades} --roster {place}/roster.csv".split()) == 0
    files = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert all(path.is_relative_to(grades / "exports" / format) for path in files)
    if format == "gradescope":
        assert {path.parent.name for path in files} == {"ada", "bob", "eve", "mia", "zoe"}
    else:
        rows = list(csv.reader(files[0].open(encoding="utf-8")))
        assert len(rows) == (7 if format == "canvas" else 6)
        assert any("Lovelace" in field for row in rows for field in row)


def test_an_export_before_all_is_graded_says_so(tmp_path, capsys):
    with a_book(tmp_path / FILE, [submission("ada", "right", "half", "")]) as book:
        book.take_in(submission("bob", "right", "half", ""))
    assert cli.main(f"export --format canvas --grades {tmp_path}".split()) == 0
    said = capsys.readouterr().err
    assert "To be graded yet, and 0 in here: 1 notebooks. `course grade` goes on." in said
    assert "failed technically" not in said


def test_a_deleted_student_is_nowhere(place, grades, capsys):
    for format in ("nbgrader", "gradescope"):
        cli.main(f"export --format {format} --grades {grades} --roster {place}/roster.csv".split())
    assert cli.main(f"delete-student ada --yes --grades {grades}".split()) == 0
    written = b"".join(path.read_bytes() for path in grades.rglob("*") if path.is_file())
    assert b"Lovelace" not in written and not (grades / "exports").exists()
    assert b">ada<" not in written and not (grades / "feedback" / "ada.html").exists()
    assert sorted(kinds(grades)) == ["bob", "eve", "mia"]


# -- stopped, killed ---------------------------------------------------------------------------------------------------


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


class Grader:
    """`course grade` in a fork of this process, which has imported everything; what it says can be read."""

    def __init__(self, folder: Path, grades: Path, jobs: int = 2) -> None:
        reading, writing = os.pipe()

        def work() -> None:
            os.close(reading)
            sys.stderr = os.fdopen(writing, "w", buffering=1)
            os._exit(cli.main(["grade", str(folder), "--out", str(grades), "--jobs", str(jobs)]))

        self.process = multiprocessing.get_context("fork").Process(target=work)
        self.process.start()
        os.close(writing)
        self.lines = os.fdopen(reading)

    def until(self, beginning: str) -> None:
        """Read to a line that begins so, or to the end."""
        next((line for line in iter(self.lines.readline, "") if line.startswith(beginning)), None)

    def ends(self) -> tuple[int, str]:
        """Its exit status, and what it said last."""
        said = self.lines.read()
        self.process.join()
        self.lines.close()
        return self.process.exitcode, said


def test_ctrl_c_stops_at_once_and_the_same_command_goes_on(place, tmp_path):
    running = Grader(place / "handed_in", tmp_path / "grades", jobs=1)
    running.until("1/3")
    os.kill(running.process.pid, signal.SIGINT)
    status, said = running.ends()
    assert status == 130 and "Stopped: 1 graded, 2 to go. The same command goes on from here." in said
    status, said = Grader(place / "handed_in", tmp_path / "grades").ends()
    assert status == 3 and "1/2" in said and "/3" not in said
    assert kinds(tmp_path / "grades") == kinds(place / "grades")


def test_killed_three_times_the_real_grader_ends_with_the_same_rows(place, tmp_path):
    """The many kills are in test_batch.py; these are of `course grade` as it is, in its sandbox."""
    rows, draw = [], random.Random(5)
    for name, kills in (("whole", 0), ("killed", 3)):
        grades = tmp_path / name
        grades.mkdir()
        Gradebook(grades / FILE, create=True, secret=SECRET).close()
        for _ in range(kills):
            running = Grader(place / "handed_in", grades)
            running.until(draw.choice(["Sandbox", "1/"]))
            running.process.kill()
            running.ends()
        assert Grader(place / "handed_in", grades).ends()[0] == 3
        with Gradebook(grades / FILE) as book:
            rows.append(book.rows())
    assert rows[0] == rows[1] and len(rows[0]["results"]) == 15
