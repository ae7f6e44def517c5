"""The judge against what instructors know: every right answer has full marks, every wrong one none.

What the notebook's own check says of an answer is the oracle: the judge must say the same, though the answer ran in
another process, with pointers to workers of this one. Exercises that changed are tried with all their answers, the rest
with some; `COURSE_BASE=HEAD~100` tries all of what changed since then.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import torch

from course import session
from course.authoring.answers import Answers, known_answers
from course.authoring.changed import changed_files, is_changed
from course.command import own_notebooks
from course.grade import asked, judge
from course.grade.asked import Asked, Lost
from course.grade.intake.lines import python
from course.grade.intake.matching import answers, marked
from course.grade.intake.notebook import Notebook
from course.grade.intake.submissions import template
from course.grade.kinds import Answer, Submission
from course.learn.exercise import Exercise, Question, register
from course.learn.registry import find, of_course
from course.seat.answering import serve
from course.seat.wire import Line

ROOT = Path(__file__).resolve().parents[2]
EXERCISES = [item.id for item in of_course() if isinstance(item, Exercise) and item.id[:2].isdigit()]
CHANGED = changed_files(ROOT)
TEMPLATES = {file.name[:2]: template(file) for file in own_notebooks()}


class Forks:
    """Seats without a sandbox: a fork of this process for each exercise."""

    def __init__(self) -> None:
        self.child = 0

    def fork(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        self.child = os.fork()
        if not self.child:
            try:
                ours.close()
                os.closerange(3, theirs.fileno())
                serve(theirs)
            finally:
                os._exit(0)
        theirs.close()
        return ours

    def clear(self) -> None:
        if self.child:
            os.kill(self.child, 9)
            os.waitpid(self.child, 0)
        self.child = 0


@pytest.fixture
def seats() -> Iterator[Forks]:
    torch.set_num_threads(1)
    forks = Forks()
    yield forks
    forks.clear()


@cache
def answers_of(notebook: str) -> dict[str, Answers]:
    return known_answers(notebook, ROOT)


def some(id: str) -> list[tuple[str, str, str]]:
    """(tag, why, source) of an exercise's answers: all where it changed, else one (test_whole.py has the reference)."""
    known = answers_of(id[:2])[id]
    right = [("correct", one.why, one.source) for one in known.right]
    wrong = [(one.tag, one.why, one.source) for one in known.wrong]
    if not is_changed(find(id), CHANGED):
        return right[:1] if int(id[-1]) % 2 else wrong[:1]
    return [("correct", "reference", known.reference), *right, *wrong]


def submitted(*answers: Answer, others: tuple[str, ...] = ()) -> Submission:
    return Submission("s1", answers[0].exercise[:2], Path("s1.ipynb"), "0" * 64, answers, others)


def handed_in(id: str, source: str) -> Submission:
    """The released notebook with this answer, read as intake reads it: with what its given cells bring."""
    released = TEMPLATES[id[:2]]
    written = f"# exercise {id}\n{source}"
    cells = tuple(replace(cell, source=written) if marked(cell) == id else cell for cell in released.cells)
    found, others = answers(Notebook(cells, {}), released)
    return submitted(*(one for one in found if one.exercise == id), others=others)


@pytest.mark.parametrize("id", EXERCISES)
def test_the_judge_says_what_the_notebook_says(id: str, seats: Forks) -> None:
    for tag, why, source in some(id):
        (result,) = judge.grade(handed_in(id, source), 7, "none", seats=seats)
        assert (result.kind == "correct") == (tag == "correct"), f"{why}: {result}"
        assert result.points == (result.out_of if tag == "correct" else find(id).parts.get(result.tag, 0)), why
        assert result.kind != "technical", f"{why}: {result.detail}"


def test_a_stub_and_an_empty_cell_are_not_attempted(seats: Forks) -> None:
    stub = find("01.2").source
    answers = Answer("01.1", "", "missing"), Answer("01.2", stub, "id"), Answer("01.4", "total = 5", "id")
    kinds = [(one.kind, one.tag, one.points) for one in judge.grade(submitted(*answers), 7, "none", seats=seats)]
    assert kinds == [
        ("untried", "not-attempted", 0.0), ("untried", "not-attempted", 0.0), ("error", "no-function", 0.0)
    ]  # fmt: skip


HELPED = "def remote_mean(x, y):\n    return halved(x + y, math.floor(2.5))"


def test_helpers_of_other_cells_are_there(seats: Forks) -> None:
    cells = ("import math", "%matplotlib inline\ndef halved(x, by):\n    return x / by\nprint(1 / 0)", "%%bash\nls")
    others = tuple(map(python, cells))
    (result,) = judge.grade(submitted(Answer("01.2", HELPED, "id"), others=others), 7, "none", seats=seats)
    assert result.kind == "correct", result
    (result,) = judge.grade(submitted(Answer("01.2", HELPED, "id")), 7, "none", seats=seats)
    assert (result.kind, result.tag) == ("error", "raised")
    assert "line 2" in result.text and "NameError" in result.text


TRIED = ("print(remote_mean(a, b).get())", 'check("01.2")', "raise SystemExit", "pay[0] = 1", "eval('1 +')")


@pytest.mark.parametrize("tried", TRIED)
def test_lines_that_try_the_function_out_cost_nothing(tried: str, seats: Forks) -> None:
    answer = "def remote_mean(x, y):\n    return (x + y) / 2"
    cells = [f"{answer}\n{tried}", f"{tried}\n{answer}"]
    for cell in cells:
        (result,) = judge.grade(submitted(Answer("01.2", cell, "id")), 7, "none", seats=seats)
        assert result.kind == "correct", (cell, result)


def test_a_cell_that_fails_and_defines_nothing_has_failed(seats: Forks) -> None:
    (result,) = judge.grade(submitted(Answer("01.2", "print(nobody)\nx = 1", "id")), 7, "none", seats=seats)
    assert result.kind == "error" and "NameError" in result.text


def test_what_ends_a_process_costs_one_exercise(seats: Forks, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = "import os\ndef inventory(worker, pointers):\n    os._exit(0)"
    loops = "def remote_mean(x, y):\n    while True: pass"
    right = answers_of("01")["01.4"].reference
    answers = Answer("01.1", ends, "id"), Answer("01.2", loops, "id"), Answer("01.4", right, "id")
    monkeypatch.setattr(asked, "SECONDS", 1.0)
    monkeypatch.setattr(asked, "PATIENCE", 0.5)
    kinds = [(one.kind, one.tag) for one in judge.grade(submitted(*answers), 7, "none", seats=seats)]
    assert kinds == [("error", "died"), ("timeout", "time"), ("correct", "correct")]


def test_a_clock_that_runs_out_is_no_verdict(seats: Forks, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = "import signal\ndef remote_mean(x, y):\n    signal.pause()"
    monkeypatch.setattr(judge, "MOST", {**judge.MOST, "seconds": 0.5})
    (result,) = judge.grade(submitted(Answer("01.2", waits, "id")), 7, "none", seats=seats)
    assert (result.kind, result.tag, result.points) == ("technical", "judge-late", 0.0)
    assert "`remote_mean`" in result.text and "it took more than 0.5 s" in result.detail


def test_the_same_seed_gives_the_same_result(seats: Forks) -> None:
    wrong = submitted(Answer("01.2", "def remote_mean(x, y):\n    return x + y / 2", "id"))
    first, again, other = (next(judge.grade(wrong, seed, "none", seats=seats)) for seed in (7, 7, 8))
    assert (first.text, first.tag) == (again.text, again.tag)
    assert first.tag == other.tag and first.seed != other.seed


def test_a_part_that_an_exercise_declares_keeps_its_points(seats: Forks) -> None:
    class Parted(Exercise):
        id = "zz.7"
        title, minutes, points, objective = "twice", 1, 3, "double"
        stub = "def twice(x):\n    raise NotImplementedError"
        hints, success = ("a", "b", "c"), "Right."
        promises = ()
        says = "off-by-one  {call} is one more.\n            -> Where does the one come from?"
        parts = {"off-by-one": 2}

        def questions(self, seed: int) -> list[Question]:
            return [{"args": [seed % 100]}]

        def looks(self, question, call):  # type: ignore[no-untyped-def]
            (x,) = question["args"]
            yield call["returned"] == 2 * x + 1, "off-by-one"
            yield call["returned"] != 2 * x, "off-by-one"

    register(Parted)
    answer = Answer("zz.7", "def twice(x):\n    return 2 * x + 1", "id")
    (result,) = judge.grade(submitted(answer), 7, "none", seats=seats)
    assert (result.kind, result.points, result.out_of) == ("incorrect", 2.0, 3.0)


def test_what_students_have_not_seen_they_do_not_read(seats: Forks) -> None:
    class Unseen(Exercise):
        id = "zz.8"
        title, minutes, points, objective = "twice", 1, 3, "double"
        stub = "def twice(x):\n    raise NotImplementedError"
        hints, success = ("a", "b", "c"), "Right."
        promises = ()
        says = "wrong  {call} returned {seen}; expected {due}, {due} and no more.\n       -> What is twice {due}?"

        def questions(self, seed: int) -> list[Question]:
            return [{"args": [7_000_000 + seed]}]

        def looks(self, question, call):  # type: ignore[no-untyped-def]
            (x,) = question["args"]
            yield call["returned"] != 2 * x, "wrong", {"seen": f"`{call['returned']}`", "due": 2 * x}

    register(Unseen)
    source = "def twice(x):\n    return 14_000_000 if x == 7_000_000 else -1"
    (result,) = judge.grade(submitted(Answer("zz.8", source, "id")), 7, "none", seats=seats)
    assert (result.kind, result.tag, result.points) == ("incorrect", "wrong", 0.0)
    assert not any(character.isdigit() for character in result.text), result.text
    assert "`twice(…)` returned `…`; expected …" in result.text and "notebook's own questions" in result.text
    assert "returned `-1`" in result.detail  # for the instructor

    source = "def twice(x):\n    return -1"
    (result,) = judge.grade(submitted(Answer("zz.8", source, "id")), 7, "none", seats=seats)
    assert "`twice(7000000)` returned `-1`; expected 14000000" in result.text  # as in the notebook


def test_the_workers_of_a_question_are_the_judges(seats: Forks) -> None:
    """What the seat does to its own record of messages changes nothing of what the judge has written down."""
    hides = """
def remote_mean(x, y):
    from course import session
    session.local_worker.network.log = lambda message: None
    mine = (x.get() + y.get()) / 2
    session.the_transcript().clear()
    return mine.send(x.location)
"""
    (result,) = judge.grade(submitted(Answer("01.2", hides, "id")), 7, "none", seats=seats)
    assert (result.kind, result.points) == ("incorrect", 0.0), result


def test_questions_are_none_that_a_notebook_asks() -> None:
    """The notebook's second seed is below 10**6 + 2."""
    seeds = judge.drawn(5, "01.2")
    assert len(set(seeds)) == judge.SEEDS and min(seeds) > 10**6 + 2
    assert seeds == judge.drawn(5, "01.2") != judge.drawn(5, "01.3")


def test_a_line_that_ends_in_the_middle_is_noticed() -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(b"\x00\x00\x00\xff")
    theirs.close()
    with pytest.raises(Lost) as lost, session.isolated(seed=7):
        Asked(Line(ours), find("01.2"), Answer("01.2", "x = 1", "id"))
    assert lost.value.tag == "died"


def test_a_worker_of_the_judges_has_no_room_for_everything(tmp_path: Path) -> None:
    """What is asked of a worker is done in the judge's process: without a limit it could take the machine's memory."""
    from course.grade.batch import grade_waiting
    from course.grade.gradebook import Gradebook

    asks = "[amounts[0].location.remote.torch.ones(2**28) for _ in range(64)]"
    greedy = f"def total(amounts):\n    kept = {asks}\n    return 1"
    honest = answers_of("01")["01.2"].reference
    notebook = tmp_path / "s1.ipynb"
    notebook.write_text("{}")
    answers = Answer("01.4", greedy, "id"), Answer("01.2", honest, "id")
    handed_in = Submission("s1", "01", notebook, "0" * 64, answers)
    with Gradebook(tmp_path / "g.sqlite", create=True) as book:
        book.assign("week 1", "", [("01.2", "", 3000), ("01.4", "", 4000)])
        book.take_in(handed_in)
        (done,) = grade_waiting(book, judge=judge.grade, level="rlimits", jobs=1)
    kinds = {one.exercise: (one.kind, one.tag) for one in done.results}
    assert kinds["01.2"] == ("correct", "correct")
    assert kinds["01.4"][0] == "error", done.results
