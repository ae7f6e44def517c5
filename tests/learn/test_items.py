"""Predictions and quizzes lock; the ledger compares with the transcript."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from course.learn import hint, panel, predict, progress, quiz, registry, reveal, solution
from course.learn import progress_file as file
from course.learn.exercise import Exercise
from course.learn.items import Prediction
from course.learn.registry import find, of_course, of_notebook


def test_an_open_prediction_says_so_and_reveal_works_anyway(sample: Exercise) -> None:
    assert predict("00.p1", ...).word == "○ Not answered"
    assert "You had not predicted it" in repr(reveal("00.p1"))
    assert file.locked("00.p1") is None


def test_the_first_answer_is_locked(sample: Exercise) -> None:
    assert predict("00.p1", 4).word == "▪ Locked"
    again = predict("00.p1", 3)
    assert "You predict 4" in repr(again) and "3 came after it" in repr(again)
    assert predict("00.p1", ...).word == "▪ Locked"
    assert reveal("00.p1").word == "✗ Not as you predicted"
    assert reveal("00.p1", 4).word == "✓ As you predicted"


@pytest.mark.parametrize("answer", ["three", 2.5, None, [3], True, torch.tensor(3)])
def test_what_cannot_be_an_answer_is_not_locked(sample: Exercise, answer: object) -> None:
    assert predict("00.p1", answer).word == "○ Not answered"
    assert file.locked("00.p1") is None


def test_a_quiz_explains_and_locks(sample: Exercise) -> None:
    assert "a) nothing but the average" in repr(quiz("00.q1"))
    assert quiz("00.q1", "c").word == "○ Not answered"
    wrong = quiz("00.q1", " A) ")
    assert wrong.word == "✗ Not this one" and "Twice the average minus your own is the other's." in repr(
        wrong
    )
    assert "b came after it" in repr(quiz("00.q1", "b")).replace("'", "")


@pytest.mark.parametrize(
    "answer", ["b", "B", "b)", "(b)", " b. ", "b) {text}", "{text}", "{text}.", "B) {text}", "  {text} "]
)
def test_a_choice_may_be_typed_in_any_sensible_way(sample: Exercise, answer: str) -> None:
    text = find("00.q1").choices["b"]
    assert quiz("00.q1", answer.replace("{text}", text)).word == "✓ Right"
    assert file.locked("00.q1") == "b"


@pytest.mark.parametrize("answer", ["bob", "b)a", "ab", "", "()", "b) something else", None, 2, [], {"a": 1}])
def test_what_names_no_choice_is_asked_again(sample: Exercise, answer: object) -> None:
    assert quiz("00.q1", answer).word == "○ Not answered"
    assert file.locked("00.q1") is None


@pytest.mark.parametrize("answer", ["3", " 3 ", 3])
def test_a_number_may_stand_in_quotes(sample: Exercise, answer: object) -> None:
    assert predict("00.p1", answer).word == "▪ Locked"
    assert file.locked("00.p1") == 3


def test_a_prediction_after_the_answer_says_so_and_does_not_count(sample: Exercise) -> None:
    predict("00.p1", ...)
    reveal("00.p1")
    late = predict("00.p1", 3)
    assert late.word == "▪ Locked, after its answer" and "does not count as predicted" in repr(late)
    assert predict("00.p1", 3).word == late.word
    shown = " ".join(repr(reveal("00.p1")).split())
    assert "✓" not in shown and "You typed 3. The answer had been shown before" in shown


def test_a_prediction_before_the_answer_stays_one_however_often_the_cells_run(sample: Exercise) -> None:
    for _ in range(3):
        assert predict("00.p1", 3).word == "▪ Locked"
        assert reveal("00.p1").word == "✓ As you predicted"


def test_a_reveal_is_remembered_after_a_restart(sample: Exercise, home: Path) -> None:
    reveal("00.p1")
    assert json.loads((home / "progress.json").read_text(encoding="utf-8"))["reveals"] == {"00.p1": "shown"}


@pytest.mark.parametrize("ask", [predict, quiz, reveal, hint, solution, panel])
def test_an_unknown_id_is_a_sentence(sample: Exercise, ask: object) -> None:
    assert "!" in repr(ask("00.z9"))  # type: ignore[operator]


def test_an_answer_that_is_no_choice_is_refused_when_written() -> None:
    with pytest.raises(ValueError, match="none of the choices"):
        Prediction("00.p9", "?", {"a": "1"}, "b")


def test_hints_come_one_after_the_other(sample: Exercise) -> None:
    assert [hint("00.1").word[-6:] for _ in range(4)] == ["1 of 3", "2 of 3", "3 of 3", "3 of 3"]
    assert sample.hints[0] in repr(hint("00.1", 1))


def test_the_solution_opens_after_three_attempts_or_a_pass(sample: Exercise) -> None:
    assert "3 more attempts" in repr(solution("00.1"))
    for _ in range(3):
        file.count_attempt("00.1", passed=False)
    assert "without answers" in repr(solution("00.1"))


def test_progress_is_a_file_to_read_and_delete(sample: Exercise, home: Path) -> None:
    file.count_attempt("00.1", passed=True)
    stored = json.loads((home / "progress.json").read_text(encoding="utf-8"))
    assert stored["exercises"]["00.1"] == {"attempts": 1, "passed": True, "hints": 0}
    words = " ".join(repr(progress()).split())
    assert str(home) in words and "00.1 · the mean of a team ✓ correct 2 of 2 1 0" in words
    (home / "progress.json").unlink()
    assert "✓ correct" not in repr(progress())


def test_progress_lists_all_exercises_and_their_points(sample: Exercise, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the notebook in which you are; of all notebooks before you have begun with one, as in a terminal."""
    exercises = [item for item in of_course() if isinstance(item, Exercise)]
    file.count_attempt("01.1", passed=False)
    file.count_attempt("00.1", passed=True)
    monkeypatch.setattr(registry, "_last", "")
    for ids, card in (
        (sorted(item.id for item in exercises), progress()),
        ([item.id for item in of_notebook("01") if isinstance(item, Exercise)], progress("01")),
        (["00.1"], progress("00")),
    ):
        head, *rows, total = card.table
        assert head == ("exercise", "outcome", "points", "attempts", "hints")
        assert [row[0].partition(" ")[0] for row in rows] == ids
        passed = int("00.1" in ids)
        assert total == ("total", "", f"{2 * passed} of {sum(find(id).points for id in ids)}", "", "")
        assert card.note == f"{passed} of {len(ids)} passed"
    monkeypatch.setattr(registry, "_last", "")
    assert {row[1] for row in progress().table[1:-1]} == {"✓ correct", "✗ not yet", "○ not attempted"}


def test_progress_is_about_the_notebook_that_you_are_in(sample: Exercise) -> None:
    """In whatever way you came: by an exercise, a question, a ledger; the others stand on one line."""
    file.lock("01.q1", "b")
    file.lock("00.p1", "a")
    file.count_attempt("00.1", passed=True)
    file.count_attempt("01.1", passed=True)
    hint("00.1")
    words = " ".join(repr(progress()).split())
    assert words.startswith("▪ Progress · Notebook 00 · 1 of 1 passed")
    assert "locked: 00.p1. Passed in the other notebooks: 01: 1 of 5, 02: 0 of 5," in words
    assert "01.1" not in words and words.count("total") == 1
    quiz("01.q1")
    assert progress().heading == "Notebook 01" and "other notebooks: 00: 1 of 1, 02" in " ".join(progress().paragraphs)
    file.keep_ledger("00.l1", True)
    assert progress().heading == "Notebook 00" and "Ledgers: 00.l1 ✓." in progress().paragraphs
    panel("02.1")
    assert progress().heading == "Notebook 02"


@pytest.mark.parametrize(
    "text", ["{", "[1, 2]", "\x00", '{"exercises": 3, "answers": [1]}', '{"exercises": {"00.1": 5}}']
)
def test_a_broken_file_costs_nobody_the_session(sample: Exercise, home: Path, text: str) -> None:
    home.mkdir()
    (home / "progress.json").write_text(text, encoding="utf-8")
    progress()
    assert file.count_attempt("00.1", passed=False)["attempts"] == 1
    aside = home / "progress.broken-1.json"
    assert not aside.exists() or aside.read_text(encoding="utf-8") == text


def test_a_broken_file_is_kept_and_said(home: Path) -> None:
    home.mkdir()
    (home / "progress.json").write_text("{", encoding="utf-8")
    assert "kept as" in repr(progress()) and "kept as" not in repr(progress())
    assert (home / "progress.broken-1.json").read_text(encoding="utf-8") == "{"


def test_a_folder_that_cannot_be_written_keeps_counting(home: Path) -> None:
    home.write_text("a file where the folder should be", encoding="utf-8")
    assert [file.count_attempt("00.1", passed=False)["attempts"] for _ in range(3)] == [1, 2, 3]
    assert "Counting goes on in memory" in " ".join(repr(progress()).split())


def test_under_nbval_nothing_is_read_or_written(
    sample: Exercise, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.count_attempt("00.1", passed=True)
    monkeypatch.setattr(file, "_memory", {})
    monkeypatch.setenv("COURSE_NBVAL", "1")
    assert file.exercise_state("00.1")["attempts"] == 0
    file.lock("00.p1", 3)
    assert file.locked("00.p1") == 3
    assert "00.p1" not in (home / "progress.json").read_text(encoding="utf-8")


def test_the_panel_presses_and_has_a_text(sample: Exercise, monkeypatch: pytest.MonkeyPatch) -> None:
    buttons = panel("00.1")
    assert repr(buttons) == 'check("00.1")   hint("00.1")   progress()'
    assert buttons.press("check").word == "○ Not attempted"
    assert buttons.press("hint").word == "▪ Hint 1 of 3"
    line, view = buttons.outputs()
    assert "Hint 1 of 3" in line["text/plain"] and list(view) == ["application/vnd.jupyter.widget-view+json"]
    assert 'check("00.1")</code>' in line["text/html"].replace("&quot;", '"'), "said apart"
    monkeypatch.setenv("COURSE_NBVAL", "1")
    assert list(map(set, buttons.outputs())) == [{"text/plain", "text/html"}]


@pytest.mark.parametrize("id", ["00.p1", "00.q1"])
def test_buttons_are_for_exercises(sample: Exercise, id: str) -> None:
    assert f"{id} is no exercise" in repr(panel(id))
