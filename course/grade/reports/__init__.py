"""What people read: a page of feedback for each student, a report for the instructor.

Both are single files of HTML without a script, that may load nothing. Reading order: numbers.py (item analysis),
similar.py (answers that are alike), pictures.py (SVG), page.py (what both pages are made of), feedback.py,
instructor.py; `write` makes them all.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from course.grade.exports import file_name
from course.grade.gradebook import Gradebook
from course.grade.reports.feedback import feedback
from course.grade.reports.instructor import report
from course.grade.standing import assignment_of, standings

REPORT, FEEDBACK = "report.html", "feedback"


def write(book: Gradebook, folder: Path, others: Iterable[str] = ()) -> Path:
    """Write report.html and feedback/, a page for each student of the gradebook, into a folder; the report's path.

    others: the roster's keys: the report says who has handed in nothing.
    """
    pages = folder / FEEDBACK
    shutil.rmtree(pages, ignore_errors=True)  # nobody's page stays who is not in the gradebook
    pages.mkdir(parents=True)
    assignment = assignment_of(book)
    for one in standings(book):
        page = pages / f"{file_name(one.student)}.html"
        page.write_text(feedback(assignment, one), encoding="utf-8")
    path = folder / REPORT
    text = report(assignment, list(standings(book, others)), limits=book.setting("limits"))
    path.write_text(text, encoding="utf-8")
    return path
