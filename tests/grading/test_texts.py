"""What an answer says, printed where people and other programs read it: markup, half characters, formulas.

Each is tried twice: where texts are written as they are, and here.
"""

import contextlib
import importlib

import pytest
from case import Bare, patched

from course.grade import batch, exports, gradebook, judge, reports
from course.grade.reports import page
from tests.grade.classroom import a_book, submission

feedback = importlib.import_module("course.grade.reports.feedback")  # the name in the package is a function's
RIGHT = """
def inventory(worker, pointers):
    return {p.id_at_location: p.shape for p in pointers if p.location == worker}
"""
SCRIPT = "<script>alert(1)</script>"
HALF = "\\ud800"

as_it_is = contextlib.contextmanager(patched)


def said(text):
    return f"def inventory(worker, pointers):\n    '''</pre>{text}'''\n    raise ValueError('{text}')"


@pytest.fixture
def pages(tmp_path):
    """The pages that come of an answer, and whether the batch went on to the honest one after it."""

    def graded(source, student="mallory"):
        with a_book(tmp_path / "book.sqlite", []) as book:
            for one in (submission(student, source), submission("zoe", RIGHT)):
                book.take_in(one)
            ask = lambda one, seed, level, limits: judge.grade(one, seed, level, seats=Bare())  # noqa: E731
            done = list(batch.grade_waiting(book, judge=ask, level="none"))
            reports.write(book, tmp_path / "out")
            exports.export(book, "nbgrader", tmp_path / "out")
        assert [one.results[0].kind for one in done] == ["error", "correct"]
        files = [file for file in (tmp_path / "out").rglob("*") if file.suffix in (".html", ".csv")]
        return "\n".join(file.read_text(encoding="utf-8") for file in files)

    return graded


def test_markup_is_text_here(pages):
    found = pages(said(SCRIPT))
    assert SCRIPT not in found and "&lt;script&gt;" in found


def test_markup_wins_where_nothing_is_escaped(pages):
    with as_it_is(page, safe=lambda text: text), as_it_is(feedback, safe=lambda text: text):
        assert SCRIPT in pages(said(SCRIPT))


def test_half_characters_stop_nothing_here(pages):
    assert "ValueError" in pages(said(HALF))


def test_half_characters_stop_the_batch_where_texts_are_kept_as_they_are(pages):
    with as_it_is(gradebook, _text=lambda text: text), pytest.raises(UnicodeEncodeError):
        pages(said(HALF))


def test_a_formula_is_text_here(pages):
    assert ",=SUM(1)" not in pages(said("x"), student="=SUM(1)")


def test_a_formula_wins_where_fields_are_written_as_they_are(pages):
    with as_it_is(exports, neutral=lambda text: text):
        assert ",=SUM(1)" in pages(said("x"), student="=SUM(1)")
