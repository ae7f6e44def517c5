"""The gradebook: what it keeps, exactly; what it forgets, wholly."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from classroom import ABOUT, judge, refused, submission
from hypothesis import given
from hypothesis import strategies as some

from course.grade.gradebook import Gradebook, NoGradebook, Unknown
from course.grade.kinds import Result
from course.grade.points import exact, nearest, shown


@pytest.fixture
def book(tmp_path: Path):
    with Gradebook(tmp_path / "gradebook.sqlite", create=True) as opened:
        opened.assign("week-1", ABOUT, [(f"01.{place}", f"exercise {place}", 1000) for place in (1, 2, 3)])
        yield opened


def graded(book: Gradebook, item) -> int:
    number = book.take_in(item)
    book.record(number, list(judge(item, book.seed(item.digest), "none", None)), level="none")
    return number


# -- points ------------------------------------------------------------------------------------------------


def test_three_tenths_are_three_tenths():
    """L30."""
    assert shown(sum(exact(points) for points in (0.1, 0.1, 0.1))) == "0.3"


def test_three_tenths_are_stored_as_three_tenths(book):
    """L30, through the file: what stands in it is a whole number."""
    item = submission("ada", "right", "right", "right")
    number = book.take_in(item)
    tenths = [replace(result, points=0.1, out_of=0.1) for result in judge(item, 1, "none", None)]
    book.record(number, tenths, level="none")
    with sqlite3.connect(book.path) as other:
        (total, kind), *_ = other.execute("SELECT sum(points), typeof(sum(points)) FROM results")
    assert (total, kind) == (300, "integer")


@given(some.integers(-(10**9), 10**9))
def test_points_are_read_as_they_are_shown(thousandths):
    assert exact(shown(thousandths)) == thousandths


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e400", "", "two", "0.0001", "1/3"])
def test_what_is_no_number_of_points_is_refused(text):
    with pytest.raises(ValueError, match="no number of points"):
        exact(text)


def test_a_third_is_the_nearest_thousandth():
    assert [nearest(points) for points in (1 / 3, 2 / 3, 0.0005, 2.0)] == [333, 667, 1, 2000]


# -- what is kept --------------------------------------------------------------------------------------------


def test_a_submission_comes_back_as_it_was_read(book):
    item = replace(
        submission("ada", "right", "", "half of it", received=12.5),
        others=("import torch",), fingerprints={"01.1": "ab"}, warnings=("An id was doubled.",),
        file=b"the bytes\x00\xff",
    )  # fmt: skip
    number = book.take_in(item)
    assert book.submission(number) == replace(item, path=Path())
    assert book.file(number) == b"the bytes\x00\xff"


def test_results_come_back_as_they_were_found(book):
    number = graded(book, submission("ada", "right", "half", ""))
    found = {kept.exercise: kept for kept in book.results(number)}
    assert [kept.kind for kept in found.values()] == ["correct", "incorrect", "untried"]
    assert (found["01.1"].points, found["01.1"].out_of, found["01.2"].tag) == (1000, 1000, "half")
    again = judge(book.submission(number), book.seed(book.submission(number).digest), "none", None)
    assert [kept.seed for kept in found.values()] == [result.seed for result in again]


def test_the_same_file_gets_the_same_questions_and_another_gradebook_asks_others(book, tmp_path):
    with Gradebook(tmp_path / "other.sqlite", create=True) as other:
        digests = [submission(key, "right").digest for key in ("ada", "bob", "claire")]
        ours = [book.seed(digest) for digest in digests]
        assert ours == [book.seed(digest) for digest in digests]
        assert len({*ours, *(other.seed(digest) for digest in digests)}) == 6
        assert all(0 <= seed < 2**56 for seed in ours)


def test_taking_in_the_same_again_changes_nothing(book):
    items = [submission("ada", "right"), refused("bob", "it is no notebook"), submission("ada", "half")]
    for item in items:
        book.take_in(item)
    before = book.rows()
    for item in items:
        book.take_in(item)
    assert book.rows() == before


def test_the_last_one_handed_in_counts(book):
    first, second = submission("ada", "right"), submission("ada", "half")
    one = graded(book, first)
    two = book.take_in(second)
    assert book.counting("ada") == [two] and book.waiting() == [two]
    assert book.take_in(first) == one  # the first download, taken in again
    assert book.counting("ada") == [two]


def test_the_last_one_handed_in_counts_in_whatever_order_downloads_are_taken_in(book):
    first, second = submission("ada", "right", received=1.0), submission("ada", "half", received=2.0)
    two, one = book.take_in(second), book.take_in(first)
    assert book.counting("ada") == [two]
    book.take_in(replace(first, received=3.0))  # they went back to it
    assert book.counting("ada") == [one] and book.submission(one).received == 1.0
    book.take_in(second)
    book.take_in(first)
    assert book.counting("ada") == [one]


def test_a_file_that_cannot_be_read_has_a_row_and_takes_no_grade_away(book):
    number = graded(book, submission("ada", "right"))
    book.take_in(refused("ada", "it is no notebook"))
    assert book.counting("ada") == [number]
    assert book.refusals("ada") == [("", "it is no notebook")]
    assert book.waiting() == []


def test_a_good_file_that_came_later_settles_what_could_not_be_read(book):
    for bad in (refused("ada", "it is no notebook"), replace(refused("ada", "cut off"), notebook="01")):
        book.take_in(bad)
    book.take_in(submission("ada", "right", notebook="02"))
    assert book.refusals("ada") == [("01", "cut off")]
    book.take_in(submission("ada", "right"))
    assert book.refusals("ada") == []


def test_a_regrade_keeps_what_was_found_before(book):
    item = submission("ada", "right", "half")
    number = graded(book, item)
    assert book.regrade() == [number] == book.waiting()
    assert [kept.kind for kept in book.results(number)] == ["correct", "incorrect"]
    book.record(number, list(judge(submission("ada", "right", "right"), 1, "bwrap", None)), level="bwrap")
    assert [kept.kind for kept in book.results(number)] == ["correct", "correct"]
    assert [kept.kind for kept in book.results(number, attempt=1)] == ["correct", "incorrect"]
    assert book.attempts(number) == 2 and book.waiting() == []


def test_a_regrade_can_be_of_some(book):
    ada, bob = submission("ada", "right"), submission("bob", "right", notebook="02")
    graded(book, ada)
    failed = book.take_in(bob)
    book.record(failed, [Result("02.1", "technical", "judge", "", 0.0, 1.0, 1, "none", "id")], level="none")
    assert book.regrade(students=["ada"]) == [1]
    assert book.regrade(notebook="02") == book.regrade(technical=True) == [2]
    with pytest.raises(Unknown, match="no student 'eve'"):
        book.regrade(students=["eve"])


def test_a_failed_write_leaves_nothing(book):
    item = submission("ada", "right", "right")
    number = book.take_in(item)
    before = book.rows()
    good, *_ = judge(item, 1, "none", None)
    with pytest.raises(ValueError, match="no kind"):
        book.record(number, [good, replace(good, exercise="01.2", kind="perfect")], level="none")
    assert book.rows() == before and book.waiting() == [number]


@pytest.mark.parametrize("text", ["\ud800 half a surrogate", "a\x00b", "'; DROP TABLE results; --", "é" * 9])
def test_any_text_can_be_kept(book, text):
    item = submission(text, text)
    number = book.take_in(item)
    result = Result("01.1", "incorrect", text, text, 0, 1, 1, "none", "id", (text,), 0, text)
    book.record(number, [result], level="none")
    assert len(book.results(number)) == 1
    assert book.submission(number).answers[0].source == text
    assert book.counting(text) == [number]


# -- what people decide ------------------------------------------------------------------------------------


def test_an_override_has_a_reason_and_the_last_one_holds(book):
    graded(book, submission("ada", "half"))
    book.override("ada", "01.1", exact("0.5"), "half of it is right", "turing")
    book.override("ada", "01.1", exact("1"), "all of it is", "turing")
    assert book.overrides("ada")["01.1"].points == 1000
    book.override("ada", "01.1", None, "no, it is not", "turing")
    assert book.overrides("ada") == {}


@pytest.mark.parametrize(
    ("exercise", "points", "reason", "says"),
    [("01.1", 1000, " ", "needs a reason"), ("01.1", 1001, "kind", "1 at most"), ("01.1", -1, "unkind", "0 or more")],
)
def test_an_override_that_cannot_be(book, exercise, points, reason, says):
    graded(book, submission("ada", "half"))
    with pytest.raises(ValueError, match=says):
        book.override("ada", exercise, points, reason, "turing")


def test_an_override_names_what_there_is(book):
    graded(book, submission("ada", "half"))
    with pytest.raises(Unknown, match=r"no exercise '01.7'. There are: 01.1, 01.2, 01.3"):
        book.override("ada", "01.7", 1, "kind", "turing")
    with pytest.raises(Unknown, match="no student"):
        book.override("eve", "01.1", 1, "kind", "turing")
    book.override("ada", "01.late", 0, "was ill", "turing")


def test_the_audit_trail_only_grows(book):
    with sqlite3.connect(book.path) as other:
        for statement in ("DELETE FROM audit", "UPDATE audit SET what = 'nothing'"):
            with pytest.raises(sqlite3.IntegrityError, match="only grows"):
                other.execute(statement)


# -- forgetting ----------------------------------------------------------------------------------------------


def test_nothing_of_a_deleted_student_is_left_in_the_file(book):
    item = submission("ada-lovelace", "right private-code", "half private-code")
    item = replace(item, others=("private-helper",), file=b"private-file")
    number = book.take_in(item)
    book.record(number, list(judge(item, 1, "none", None)), level="none")
    book.take_in(replace(refused("ada-lovelace", "private-reason"), digest="abcdef123456"))
    book.override("ada-lovelace", "01.2", 0, "private-override", "who-overrode")
    other = graded(book, submission("bob", "right"))
    words = [b"ada-lovelace", b"private", b"who-overrode", item.digest.encode(), b"abcdef123456"]

    def found() -> set[bytes]:
        written = b"".join(path.read_bytes() for path in book.path.parent.glob("gradebook.sqlite*"))
        return {word for word in words if word in written}

    assert found() == set(words)
    book.delete_student("ada-lovelace")
    assert found() == set()
    assert book.students() == ["bob"] and len(book.results(other)) == 1
    assert [(who, what) for _, who, what in book.audit()][-1] == (1, "a student was deleted")
    with pytest.raises(Unknown):
        book.delete_student("ada-lovelace")


def test_a_number_is_given_once(book):
    """The audit trail's number of a student who is gone never means another."""
    book.take_in(submission("ada", "right"))
    book.delete_student("ada")
    book.take_in(submission("bob", "right"))
    assert [who for _, who, what in book.audit() if "taken in" in what] == [1, 2]


# -- the file ------------------------------------------------------------------------------------------------


def test_there_has_to_be_a_gradebook(tmp_path):
    with pytest.raises(NoGradebook, match="`course grade` makes one"):
        Gradebook(tmp_path / "none.sqlite")
    (tmp_path / "text.sqlite").write_text("this is no database, however long it is made to be" * 40)
    with pytest.raises(NoGradebook, match="cannot be read as a gradebook"):
        Gradebook(tmp_path / "text.sqlite")


def test_a_gradebook_is_of_one_assignment(book):
    book.assign("week-1", ABOUT + "\n", [("01.1", "exercise 1", 1000)])
    assert book.assignment() == ("week-1", ABOUT + "\n") and list(book.exercises()) == ["01.1"]
    with pytest.raises(ValueError, match="choose another folder"):
        book.assign("week-2", ABOUT, [])


def test_another_form_is_not_guessed_at(tmp_path):
    path = tmp_path / "gradebook.sqlite"
    Gradebook(path, create=True).close()
    with sqlite3.connect(path) as other:
        other.execute("UPDATE settings SET value = '99' WHERE name = 'form'")
    with pytest.raises(NoGradebook, match="has form 99"):
        Gradebook(path)
