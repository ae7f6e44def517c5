"""The batch: a process for each submission, rows that are complete whatever becomes of it, a run that can be killed."""

import contextlib
import multiprocessing
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from classroom import ABOUT, judge, submission

from course.grade.batch import grade_waiting
from course.grade.gradebook import Gradebook
from course.grade.kinds import Result

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks, and /proc")
HERE = Path(__file__).parent
SECRET = "5e" * 32


def a_class(size: int, seed: int = 0) -> list:
    """Submissions of all sorts."""
    draw = random.Random(seed)
    words = ["right", "right", "half", "third", "", "boom", "loop", "die now", "exit", "raise"]
    return [submission(f"s{number:03d}", *draw.choices(words, k=3)) for number in range(size)]


def new_book(path: Path, items=(), secret: str = SECRET) -> Gradebook:
    book = Gradebook(path, create=True, secret=secret)
    book.assign("week-1", ABOUT, [(f"01.{place}", f"exercise {place}", 1000) for place in (1, 2, 3)])
    for item in items:
        book.take_in(item)
    return book


@pytest.fixture
def book(tmp_path: Path):
    opened = new_book(tmp_path / "gradebook.sqlite")
    with opened:
        yield opened


@pytest.fixture
def judges():
    """The processes at work below this one, without those of other tests: multiprocessing keeps one of its own."""
    before = psutil.Process().children()
    return lambda: [child for child in psutil.Process().children() if child not in before and is_at_work(child)]


def run(book: Gradebook, items, how=judge, **options) -> dict[str, list[str]]:
    """Kinds of the results by student."""
    for item in items:
        book.take_in(item)
    settings = {"level": "none", "jobs": 2, "points_of": lambda exercise: 1.0, **options}
    done = list(grade_waiting(book, judge=how, **settings))
    return {one.student: [result.kind for result in one.results] for one in done}


def test_every_submission_gets_a_row_for_each_exercise(book):
    found = run(book, [submission("ada", "right", "half", ""), submission("bob", "boom", "loop", "third")])
    assert found == {"ada": ["correct", "incorrect", "untried"], "bob": ["error", "timeout", "correct"]}
    assert [kept.points for kept in book.results(2)] == [0, 0, 333]
    assert book.waiting() == [] and run(book, []) == {}


def test_six_submissions_of_which_the_third_never_ends(book):
    """L28, where the judge says so: five graded, one timeout, six rows."""
    items = [submission(f"s{number}", "loop" if number == 3 else "right") for number in range(1, 7)]
    assert run(book, items) == {f"s{number}": ["timeout" if number == 3 else "correct"] for number in range(1, 7)}


@pytest.mark.parametrize(
    ("word", "why"),
    [("die", "ended by SIGKILL"), ("exit", "exit status 3"), ("raise", "RuntimeError: the judge met something new")],
)
def test_a_judge_that_ends_early_costs_the_exercise_at_which_it_ended(book, word, why):
    items = [submission("ada", "right", word, "right"), submission("bob", "right", "right", "right")]
    found = run(book, items)
    assert found == {"ada": ["correct", "technical", "correct"], "bob": ["correct"] * 3}
    failed = book.results(1)[1]
    assert (failed.points, failed.out_of, failed.tag) == (0, 1000, "judge")
    assert why in failed.detail and why not in failed.text


def test_a_judge_that_hangs_is_stopped_and_so_is_what_it_started(book, monkeypatch):
    monkeypatch.setattr("course.grade.batch.START", 0.0)
    children = HERE / "classroom.py"  # any file: its name stands in the command line of what is started

    def hangs(submission, seed, level, limits):
        subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()", children], start_new_session=True)
        yield from judge(submission, seed, level, limits)

    found = run(book, [submission("ada", "right", "hang"), submission("bob", "right")], hangs, seconds=1.0)
    assert found["ada"] == ["correct", "technical"]
    assert "it was stopped after" in book.results(1)[1].detail
    left = [p for p in psutil.process_iter(["cmdline"]) if str(children) in (p.info["cmdline"] or [])]
    assert not any(map(is_at_work, left))


def forged(**changes):
    """A judge that says of the first exercise what `changes` say."""

    def told(submission, seed, level, limits):
        for result in judge(submission, seed, level, limits):
            yield Result(**{**result.__dict__, **(changes if result.exercise == "01.1" else {})})

    return told


@pytest.mark.parametrize(
    "changes",
    [
        {"points": 2.0}, {"points": -1.0}, {"points": float("nan")}, {"points": True}, {"exercise": "01.9"},
        {"exercise": "01.2"}, {"kind": "perfect"}, {"text": None}, {"warnings": "none"}, {"seed": 0.5}, {"out_of": "1"},
        {"text": "x" * (1 << 21)},
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_a_result_is_none(book, changes):
    """The judge's process is ours, and looked through all the same. What came before stays."""
    found = run(book, [submission("ada", "right", "right")], forged(**changes))
    assert found["ada"][0] == "technical" or changes == {"exercise": "01.2"}
    assert found["ada"][1] in ("technical", "correct")
    assert sum(kept.points for kept in book.results(1)) <= 2000


def test_an_answer_that_was_refused_is_not_asked(book):
    """It was made from another form of the exercise: the judge never hears of it."""
    item = submission("ada", "die", "right")
    first, second = item.answers
    item = replace(item, answers=(replace(first, refused="The exercise has changed."), second))
    assert run(book, [item]) == {"ada": ["technical", "correct"]}
    assert (book.results(1)[0].text, book.results(1)[0].tag) == ("The exercise has changed.", "refused")


def test_memory_does_not_grow_with_the_class(book):
    """A hundred answers of 200 kB go by, and none stays."""
    for number in range(120):
        book.take_in(submission(f"s{number:03d}", "right " + str(number) * 100_000, "half " + "x" * 100_000))
    process, sizes = psutil.Process(), []
    for _ in grade_waiting(book, judge=judge, level="none", jobs=2):
        sizes.append(process.memory_info().rss)
    assert len(sizes) == 120 and max(sizes[20:]) - sizes[20] < 5e6


def test_a_judge_that_says_nothing_gives_no_points(book):
    assert run(book, [submission("ada", "right", "right")], lambda *given: iter(())) == {"ada": ["technical"] * 2}


def test_what_the_judge_prints_is_no_output_of_the_command(book, capfd):
    def prints(submission, seed, level, limits):
        os.write(1, b"printed by the judge")
        return judge(submission, seed, level, limits)

    assert run(book, [submission("ada", "right")], prints) == {"ada": ["correct"]}
    assert "printed" not in capfd.readouterr().out


def test_submissions_are_graded_side_by_side(book, tmp_path):
    """Three judges wait for each other: with fewer than three at a time none would end."""

    def meets(submission, seed, level, limits):
        (tmp_path / submission.student).touch()
        while len(list(tmp_path.glob("s?"))) < 3:
            os.sched_yield()
        yield from judge(submission, seed, level, limits)

    items = [submission(f"s{number}", "right") for number in range(3)]
    assert set(map(tuple, run(book, items, meets, jobs=3).values())) == {("correct",)}


def test_a_run_is_the_same_with_one_process_or_three(tmp_path):
    rows = []
    for jobs in (1, 3):
        with new_book(tmp_path / f"{jobs}.sqlite", a_class(20)) as book:
            run(book, [], jobs=jobs)
            rows.append(book.rows())
    assert rows[0] == rows[1] and len(rows[0]["results"]) == 60


def test_a_regrade_finds_the_same(book):
    run(book, a_class(12))
    before = [book.results(number) for number in range(1, 13)]
    book.regrade()
    run(book, [])
    assert [book.attempts(number) for number in range(1, 13)] == [2] * 12
    plain = [[(kept.exercise, kept.kind, kept.points, kept.seed, kept.text) for kept in one] for one in before]
    again = [book.results(number) for number in range(1, 13)]
    assert [[(kept.exercise, kept.kind, kept.points, kept.seed, kept.text) for kept in one] for one in again] == plain


def test_stopping_in_the_middle_ends_the_judges(book, judges):
    """Ctrl-C: the generator is closed, no judge is left, what was graded is kept."""
    for item in (submission("ada", "right"), submission("bob", "hang"), submission("claire", "hang")):
        book.take_in(item)
    running = grade_waiting(book, judge=judge, level="none", jobs=3)
    assert next(running).student == "ada"
    assert len(judges()) >= 2
    running.close()
    assert not judges() and book.waiting() == [2, 3]


def test_it_stops_where_it_is_asked_to(book, judges):
    for item in (submission("ada", "hang"), submission("bob", "hang")):
        book.take_in(item)
    reading, writing = os.pipe()
    os.write(writing, b"!")
    with pytest.raises(KeyboardInterrupt):
        list(grade_waiting(book, judge=judge, level="none", jobs=2, stop=reading))
    assert not judges() and book.waiting() == [1, 2]
    os.close(reading)
    os.close(writing)


# -- kill -9 -------------------------------------------------------------------------------------------------

KILLS, SIZE = 50, 12


def grader(path: Path, size: int) -> multiprocessing.Process:
    """A grader in a process of its own: it takes in a class and grades it, or what is left of it."""

    def work() -> None:
        with new_book(path, a_class(size)) as book:
            list(grade_waiting(book, judge=judge, level="none", jobs=2, points_of=lambda exercise: 1.0))

    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    return process


def is_at_work(process: psutil.Process) -> bool:
    """Whether it still runs: the dead may have nobody who asks how they ended."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_fifty_kills_leave_the_same_rows_as_none(tmp_path):
    """kill -9 of the grader at random points: what is resumed ends as what was never disturbed; no judge is left."""
    whole = tmp_path / "whole.sqlite"
    began = time.monotonic()
    grader(whole, SIZE).join()
    takes = time.monotonic() - began
    with Gradebook(whole) as book:
        undisturbed = book.rows()
    assert len(undisturbed["results"]) == 3 * SIZE

    draw, kills, interrupted, path = random.Random(7), 0, 0, tmp_path / "0.sqlite"
    while kills < KILLS or path.exists():  # the last one is left to end
        process = grader(path, SIZE)
        process.join(draw.uniform(0, takes / 2) if kills < KILLS else None)
        judges = psutil.Process(process.pid).children(recursive=True) if process.is_alive() else []
        if process.is_alive():
            process.kill()
            process.join()
        kills += process.exitcode == -signal.SIGKILL
        until = time.monotonic() + 20
        while any(map(is_at_work, judges)):
            assert time.monotonic() < until
            os.sched_yield()
        if process.exitcode == 0:
            with Gradebook(path) as book:
                assert book.rows() == undisturbed
                assert book.waiting() == []
            path = tmp_path / f"{kills}.sqlite"
        elif path.exists():
            with contextlib.closing(sqlite3.connect(path)) as db, contextlib.suppress(sqlite3.OperationalError):
                interrupted += 0 < db.execute("SELECT count(*) FROM gradings").fetchone()[0] < SIZE
                whole_ones = db.execute("SELECT count(*) % 3 FROM results GROUP BY submission").fetchall()
                assert set(whole_ones) <= {(0,)}
    assert interrupted >= KILLS // 5
