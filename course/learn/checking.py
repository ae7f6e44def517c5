"""`check`: find the student's function, ask it, say what was seen."""

from __future__ import annotations

import secrets
import sys
import traceback
import types
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from course.learn import cells, progress_file
from course.learn.exercise import Evidence, Exercise, Question, examine
from course.learn.outcome import WORDS, Outcome, correct, decide, out_of_date, printed_in, untried
from course.learn.registry import UnknownItem, find
from course.learn.render import Card
from course.learn.words import a_or_an, shorten


class NotPassed(Exception):
    """Under nbval a check that is not passed fails its cell; the text is what the student would read."""

    def __init__(self, card: Card) -> None:
        super().__init__(str(card))

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


def check(id: str) -> Card:
    """Check your answer to an exercise, `check("01.2")`: as often as you like, nothing is sent anywhere.

    It looks for your function by its name in this notebook, asks it a few questions in a session of its own
    (your workers and your transcript stay as they are), and says what it saw. It never raises, except under
    nbval.
    """
    return check_in(sys._getframe(1).f_globals, id)


def check_in(names: dict[str, Any], id: str) -> Card:
    """`check` for the functions in `names`."""
    card = card_in(names, id)
    if progress_file.under_nbval() and card.kind != "correct":
        raise NotPassed(card)
    return card


def card_in(names: dict[str, Any], id: str) -> Card:
    """The card of a check, whatever comes of it."""
    try:
        exercise = find(str(id))
        if not isinstance(exercise, Exercise):
            raise UnknownItem(f"{id} is no exercise: answer it in its own cell.")
    except UnknownItem as error:
        return Card("error", WORDS["error"], paragraphs=(str(error),))
    answer = names.get(exercise.name)
    stale = cells.stale(exercise.name, answer)
    outcome = assess(exercise, answer) if stale is None else out_of_date(exercise, stale)
    attempt = 0
    if outcome.judged:
        attempt = int(progress_file.count_attempt(exercise.id, outcome.passed)["attempts"])
    card = outcome.card(exercise, attempt)
    notes = tuple(progress_file.take_notes())
    return replace(card, paragraphs=card.paragraphs + notes) if notes else card


def assess(exercise: Exercise, answer: Any, seeds: Iterable[int] | None = None) -> Outcome:
    """The outcome for an answer: the first question that it does not answer well decides.

    The first seed is always the same, so that a message can be worked on; the second is new each time, so
    that an answer made for the first fails.
    """
    if answer is None:
        return untried(
            exercise, f"There is no `{exercise.name}` yet: run the cell that defines it, then this one."
        )
    if not callable(answer):
        message = f"`{exercise.name}` is {a_or_an(type(answer).__name__)} here, not a function."
        return Outcome("error", "no-function", message, "Run the cell that defines it again.")
    if is_stub(exercise, answer):
        return untried(exercise)
    outcome = _ask_all(exercise, answer, _seeds() if seeds is None else seeds)
    if not outcome.passed and _has_blank(exercise, answer):
        blank = untried(exercise, f"A `...` in `{exercise.name}` still waits for you.")
        return replace(blank, printed=outcome.printed)
    return outcome


def _ask_all(exercise: Exercise, answer: Any, seeds: Iterable[int]) -> Outcome:
    first = None
    try:
        for _, evidence, outcome in ask(exercise, answer, seeds):
            printed = printed_in(evidence)
            first = printed if first is None else first
            if outcome is not None:
                return replace(outcome, printed=printed)
    except Exception as error:  # noqa: BLE001 - a fault in a check is ours: it must not end the student's run
        return _fault(error)
    return replace(correct(exercise), printed=first or "")


Asked = tuple[Question, Evidence, Outcome | None]


def ask(
    exercise: Exercise, answer: Any, seeds: Iterable[int], seconds: float | None = None
) -> Iterator[Asked]:
    """Each question with its evidence and what it decides: None where the answer is fine."""
    for seed in seeds:
        for question in exercise.questions(seed):
            evidence = examine(exercise, answer, question, seconds)
            yield question, evidence, decide(exercise, question, evidence)


def _seeds() -> tuple[int, int]:
    return (0, 1) if progress_file.under_nbval() else (0, 2 + secrets.randbelow(10**6))


def _fault(error: Exception) -> Outcome:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{frame.name}, line {frame.lineno}"
    text = shorten(f"{type(error).__name__}: {error}", 20)
    return Outcome(
        "error", "fault", f"This check has a fault of its own ({where}: `{text}`). Your answer is not to blame.", ""
    )


def is_stub(exercise: Exercise, answer: Any) -> bool:
    """Whether the function does what the stub does: the same code, whatever its comments and docstring."""
    code = getattr(answer, "__code__", None)
    return isinstance(code, types.CodeType) and same_code(code, _stub_code(exercise))


def _has_blank(exercise: Exercise, answer: Any) -> bool:
    code = getattr(answer, "__code__", None)
    return (
        isinstance(code, types.CodeType) and ... in code.co_consts and ... in _stub_code(exercise).co_consts
    )


def _stub_code(exercise: Exercise) -> types.CodeType:
    module = compile(exercise.source, f"<stub {exercise.id}>", "exec", dont_inherit=True)
    return next(c for c in module.co_consts if isinstance(c, types.CodeType) and c.co_name == exercise.name)


def same_code(a: types.CodeType, b: types.CodeType) -> bool:
    return a.co_code == b.co_code and a.co_names == b.co_names and _consts(a) == _consts(b)


def _consts(code: types.CodeType) -> list[Any]:
    """Constants but for texts (the docstring) and inner functions, which compare by their bytes."""
    kept = [const for const in code.co_consts if not isinstance(const, str)]
    return [const.co_code if isinstance(const, types.CodeType) else const for const in kept]
