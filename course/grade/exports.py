"""Grades for other tools: nbgrader's CSV, Canvas, Moodle, Gradescope. Each is a way to write down the same standings.

What a spreadsheet would take for a formula is neutralised: a text that begins with =, +, -, @, a tab or a line break
gets an apostrophe in front. A number stays a number, also a negative one.

Sources of the formats: nbgrader 0.9.6, nbgrader/plugins/export.py (grades) and nbgrader/apps/dbapp.py (students);
Canvas, lib/gradebook_importer.rb; Moodle, mod/assign/feedback/offline/importgradeslib.php; Gradescope, the manual of
its autograders.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from course.grade.assignment import Assignment
from course.grade.gradebook import Gradebook
from course.grade.kinds import KINDS
from course.grade.points import UNIT, shown
from course.grade.roster import Person
from course.grade.standing import Line, Standing, assignment_of, standings

Roster = Mapping[str, Person]

NBGRADER = (
    "assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,late_submission_penalty,score,max_score"
).split(",")
STUDENTS = "id,first_name,last_name,email,lms_user_id".split(",")  # for `nbgrader db student import`
CANVAS = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
MOODLE = [
    "Identifier", "Full name", "Email address", "Grade", "Maximum grade", "Last modified (grade)", "Feedback comments",
]  # fmt: skip

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_BEGINS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")  # noqa: RUF001 - full-width ones work, too


def export(book: Gradebook, format: str, folder: Path, roster: Roster | None = None) -> list[Path]:
    """Write the grades of all, the roster's students included, into a folder; the files.

    format: a key of FORMATS. ValueError before anything was graded, KeyError for another format.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return FORMATS[format](assignment_of(book), standings(book, roster or ()), folder, roster or {})


def nbgrader(assignment: Assignment, everybody: Iterable[Standing], folder: Path, roster: Roster) -> list[Path]:
    """What `nbgrader export` writes, and the students as `nbgrader db student import` reads them."""
    due = "" if assignment.due is None else _utc(assignment.due.timestamp())
    grades, students = [], []
    for one in everybody:
        first, last = names(_person(roster, one.student))
        email = _person(roster, one.student).email
        points = [shown(number) for number in (one.raw, one.penalty, one.score, one.out_of)]
        grades.append([assignment.name, due, _utc(one.received), one.student, last, first, email, *points])
        students.append([one.student, first, last, email, ""])
    return [_csv(folder / "grades.csv", [NBGRADER, *grades]), _csv(folder / "students.csv", [STUDENTS, *students])]


def canvas(assignment: Assignment, everybody: Iterable[Standing], folder: Path, roster: Roster) -> list[Path]:
    """A gradebook that Canvas imports: a column of the assignment's name, made anew where Canvas has none."""
    rows, out_of = [], 0
    for one in everybody:
        person, out_of = _person(roster, one.student), one.out_of
        first, last = names(person)
        number = one.student if one.student.isdigit() else ""
        login = person.more.get("sis_login_id") or ("" if number else one.student)
        known = [person.more.get("sis_user_id", ""), login, person.more.get("section", "")]
        rows.append([", ".join(filter(None, (last, first))) or one.student, number, *known, shown(one.score)])
    head = [[*CANVAS, assignment.name], ["    Points Possible", "", "", "", "", shown(out_of)]]
    return [_csv(folder / "canvas.csv", [*head, *rows])]


def moodle(assignment: Assignment, everybody: Iterable[Standing], folder: Path, roster: Roster) -> list[Path]:
    """Moodle's offline grading worksheet; by the email address it is also good for the import of any gradebook."""
    rows = []
    for one in everybody:
        person = _person(roster, one.student)
        who = f"Participant {one.student}" if one.student.isdigit() else one.student
        comments = "; ".join(f"{line.exercise} {KINDS[line.kind]}" for line in one.lines)
        rows.append([who, person.name, person.email, shown(one.score), shown(one.out_of), "", comments])
    return [_csv(folder / "moodle.csv", [MOODLE, *rows])]


def gradescope(assignment: Assignment, everybody: Iterable[Standing], folder: Path, roster: Roster) -> list[Path]:
    """A results.json for each student, in a folder of its own. All texts are declared to be plain."""
    written = []
    for one in everybody:
        path = folder / file_name(one.student) / "results.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(_gradescope(one), indent=1), encoding="utf-8")
        written.append(path)
    return written


Exporter = Callable[[Assignment, Iterable[Standing], Path, Roster], list[Path]]
FORMATS: dict[str, Exporter] = {"nbgrader": nbgrader, "canvas": canvas, "moodle": moodle, "gradescope": gradescope}


def neutral(text: str) -> str:
    """The text as no spreadsheet takes it for a formula."""
    if _NUMBER.fullmatch(text) or not text.lstrip(" ").startswith(_BEGINS):
        return text
    return f"'{text}"


def names(person: Person) -> tuple[str, str]:
    """First and last name: the roster's columns, or "Lovelace, Ada", or all but the last word and the last."""
    first, last = person.more.get("first_name", ""), person.more.get("last_name", "")
    if first or last:
        return first, last
    if "," in person.name:
        last, _, first = person.name.partition(",")
    else:
        first, _, last = person.name.rpartition(" ")
    return first.strip(), last.strip()


def file_name(student: str) -> str:
    """A name for a file or folder of a student, whatever the key is: no two keys share one, none leads elsewhere."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", student)[:60]
    if plain == student and plain == plain.lower():  # some file systems take A for a
        return plain
    return f"{plain}-{hashlib.sha256(student.encode('utf-8', 'backslashreplace')).hexdigest()[:8]}"


def _person(roster: Roster, student: str) -> Person:
    return roster.get(student) or Person(student)


def _utc(seconds: float | None) -> str:
    """A time as nbgrader writes it: UTC, without saying so."""
    return "" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"


def _csv(path: Path, rows: Iterable[Sequence[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([neutral(field) for field in row] for row in rows)
    return path


def _gradescope(one: Standing) -> dict[str, Any]:
    levels = ", ".join(sorted({level for part in one.parts for level in part.levels}))
    ran = f"Sandbox level: {levels}." if levels else "No code was run."
    late = f" {shown(one.penalty)} of {shown(one.raw)} points were taken off for being late." if one.penalty else ""
    refused = "".join(f" A file could not be read: {why}." for _, why in one.refusals)
    return {
        "score": one.score / UNIT,
        "output": f"{ran}{late}{refused}",
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "stdout_visibility": "hidden",
        "tests": [_test(line) for line in one.lines],
    }


def _test(line: Line) -> dict[str, Any]:
    return {
        "number": line.exercise,
        "name": f"{line.exercise} {line.title}: {KINDS[line.kind]}",
        "score": line.points / UNIT,
        "max_score": line.out_of / UNIT,
        "status": "passed" if line.points == line.out_of else "failed",
        "output": line.text,
        "visibility": "visible",
    }
