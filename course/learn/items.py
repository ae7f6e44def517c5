"""Predictions and quiz questions: typed, locked, then compared.

    register(Prediction("01.p1", "How many objects does Bob hold now?", {"a": "1", "b": "2"}, "b", "..."))
    register(Quiz("01.q1", "Who reads it?", {"a": "Bob", "b": "I"}, "a", because={"a": "...", "b": "..."}))

In the notebook `predict("01.p1", ...)` stands before the cell that answers it, with the question in the lines above;
a quiz is asked by its card. The student types an answer in place of the three dots; the first answer is locked. Left
open it says so and nothing else happens, so "Run all" goes on. `reveal` is remembered: what somebody predicts after it
is kept, but no longer counts as predicted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from types import EllipsisType
from typing import Any

from course.learn import progress_file
from course.learn.registry import UnknownItem, find
from course.learn.render import Card
from course.learn.words import number

Choices = dict[str, str]


@dataclass(frozen=True)
class Item:
    """A question with one right answer: a key of `choices`, or a value to type where there are none."""

    id: str
    ask: str
    choices: Choices
    answer: Any
    because: str | dict[str, str] = field(default="")  # for all answers, or one text for each choice

    def __post_init__(self) -> None:
        if self.choices and self.answer not in self.choices:
            raise ValueError(
                f"{self.id}: the answer {self.answer!r} is none of the choices {list(self.choices)}"
            )

    @property
    def title(self) -> str:
        """For the progress table."""
        return self.ask

    def say(self, answer: Any) -> str:
        """An answer in words: "b, a pointer"."""
        return f"{answer} ({self.choices[answer]})" if answer in self.choices else typed(answer)

    def why(self, answer: Any) -> str:
        """The explanation for this answer."""
        return self.because if isinstance(self.because, str) else self.because.get(str(answer), "")


class Quiz(Item):
    """Answered and explained at once."""


class Prediction(Item):
    """Answered before a cell runs; `reveal` compares."""


def predict(id: str, answer: Any = ...) -> Card:
    """Type a prediction before you run the next cell: `predict("01.p1", "b")`. The first answer is locked."""
    return _answered(id, Prediction, answer, _locked)


def quiz(id: str, answer: Any = ...) -> Card:
    """Answer a quiz question: `quiz("01.q1", "b")`. The first answer is locked and explained."""
    return _answered(id, Quiz, answer, _explained)


def _answered(id: str, kind: type[Item], answer: Any, show: Callable[[Item, Any, tuple[str, ...]], Card]) -> Card:
    """What `show` makes of the first answer, which is locked; or what is still missing."""
    item = _item(id, kind)
    if isinstance(item, Card):
        return item
    kept = progress_file.locked(id)
    later = () if kept is None else _later(item, kept, answer)
    if kept is None:
        problem = _problem(item, answer)
        if problem:
            return _open(item, kind.__name__, problem)
        kept = _value(item, answer)
        progress_file.lock(id, kept)
    return show(item, kept, later)


def _locked(item: Item, kept: Any, later: tuple[str, ...]) -> Card:
    said = f"You predict {item.say(kept)}."
    if progress_file.is_late(item.id):
        word, after = "▪ Locked, after its answer", (_LATE,)
    else:
        word, after = "▪ Locked", ("→ Now run the next cell.",)
    return Card("note", word, f"Prediction {item.id}", "", (said, *later, *after))


_LATE = "The answer had been shown before you typed this, so it does not count as predicted."


def reveal(id: str, actual: Any = None) -> Card:
    """What the cell showed, beside what you predicted. Works without a prediction, too."""
    item = _item(id, Prediction)
    if isinstance(item, Card):
        return item
    right = item.answer if actual is None else actual
    kept = progress_file.locked(id)
    progress_file.reveal(id)
    if kept is None:
        word, said = "▪ Revealed", "You had not predicted it."
    elif progress_file.is_late(id):
        word, said = "▪ Revealed", f"You typed {item.say(kept)}. {_LATE}"
    elif kept == right:
        word, said = "✓ As you predicted", ""
    else:
        word, said = "✗ Not as you predicted", f"You predicted {item.say(kept)}."
    paragraphs = (f"It is {item.say(right)}. {said}".rstrip(), *_maybe(item.why(right)))
    return Card("note", word, f"Prediction {id}", "", paragraphs)


def _explained(item: Item, kept: Any, later: tuple[str, ...]) -> Card:
    if kept == item.answer:
        kind, word, said = "correct", "✓ Right", f"{item.say(kept)}."
    else:
        kind, word, said = (
            "incorrect",
            "✗ Not this one",
            f"You said {item.say(kept)}. It is {item.say(item.answer)}.",
        )
    reasons = (item.why(kept),) if kept == item.answer else (item.why(kept), item.why(item.answer))
    whys = tuple(dict.fromkeys(why for why in reasons if why))
    return Card(kind, word, f"Quiz {item.id}", "", (item.ask, said, *whys, *later))


def _item(id: str, kind: type[Item]) -> Item | Card:
    try:
        item = find(str(id))
    except UnknownItem as error:
        return Card("error", "! Unknown", paragraphs=(str(error),))
    if isinstance(item, kind):
        return item
    return Card("error", "! Unknown", paragraphs=(f"{id} is not a {kind.__name__.lower()}.",))


def _problem(item: Item, answer: Any) -> str:
    """Why this is no answer yet; empty if it is one."""
    if answer is ...:
        return "Replace the `...` by your answer, then run this cell again."
    if item.choices and _value(item, answer) not in item.choices:
        keys = ", ".join(map(repr, item.choices))
        return f"{typed(answer)} is none of the choices: type one of {keys}."
    if not item.choices and type(_value(item, answer)) is not type(item.answer):
        return f"{typed(answer)} does not look like an answer here: type {_example(item.answer)}."
    return ""


def _value(item: Item, answer: Any) -> Any:
    """The answer as it is kept: the key of a choice, or a value; a number may stand in quotes, as texts do."""
    if item.choices:
        return _key(item.choices, str(answer))
    if isinstance(item.answer, int | float) and isinstance(answer, str):
        answer = number_in(answer)
    return float(answer) if isinstance(item.answer, float) and type(answer) is int else answer


def _key(choices: Choices, answer: str) -> str:
    """The choice that was meant by `b`, `B)`, `(b)`, `b) its text` or its text alone."""
    said = _plain(answer)
    found = re.fullmatch(r"\(?(\w)[).:]?(?:\s+(.*))?", said)
    if found and found[1] in choices and found[2] in (None, "", _plain(choices[found[1]])):
        return found[1]
    return next((key for key, text in choices.items() if said == _plain(text)), said)


def _plain(text: str) -> str:
    """Without case, backticks, a full stop at the end and blanks that do not matter."""
    return " ".join(text.replace("`", "").lower().split()).rstrip(".")


def number_in(text: str) -> Any:
    """The number that a text writes, "2" or "1,305"; the text itself if it writes none."""
    for kind in (int, float):
        try:
            return kind(text.strip().replace(",", ""))
        except ValueError:
            continue
    return text


def _example(answer: Any) -> str:
    kinds = {bool: "True or False", int: "a whole number", float: "a number", str: "a text in quotes"}
    return kinds.get(type(answer), f"a {type(answer).__name__}")


def typed(answer: Any) -> str:
    """What somebody typed, in few characters."""
    return number(answer) if isinstance(answer, int | float) else repr(answer)[:60]


def _open(item: Item, kind: str, problem: str) -> Card:
    listed = tuple(f"{key}) {text}" for key, text in item.choices.items())
    return Card("untried", "○ Not answered", f"{kind} {item.id}", "", (item.ask, *listed, f"→ {problem}"))


def _later(item: Item, kept: Any, answer: Any | EllipsisType) -> tuple[str, ...]:
    if answer is ... or _value(item, answer) == kept:
        return ()
    return (f"The first answer counts; {typed(answer)} came after it.",)


def _maybe(text: str) -> tuple[str, ...]:
    return (text,) if text else ()
