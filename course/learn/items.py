"""Predictions, quiz questions and the ledger: typed, locked, then compared.

    register(Prediction("01.p1", "How many objects does Bob hold now?", {"a": "1", "b": "2"}, "b", "..."))
    register(Quiz("01.q1", "Who reads it?", {"a": "Bob", "b": "I"}, "a", because={"a": "...", "b": "..."}))

In the notebook `predict("01.p1", ...)` stands before the cell that answers it. The student types an answer
in place of the three dots; the first answer is locked. Left open it says so and nothing else happens, so
"Run all" goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import EllipsisType
from typing import Any

from course.learn import progress_file
from course.learn.registry import UnknownItem, find
from course.learn.render import Card
from course.learn.words import number
from course.learn.words import numbers as numbers  # exercises ask for it here

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
        return f"{answer} ({self.choices[answer]})" if answer in self.choices else _typed(answer)

    def why(self, answer: Any) -> str:
        """The explanation for this answer."""
        return self.because if isinstance(self.because, str) else self.because.get(str(answer), "")


class Quiz(Item):
    """Answered and explained at once."""


class Prediction(Item):
    """Answered before a cell runs; `reveal` compares."""


def predict(id: str, answer: Any = ...) -> Card:
    """Type a prediction before you run the next cell: `predict("01.p1", "b")`. The first answer is locked."""
    item = _item(id, Prediction)
    if isinstance(item, Card):
        return item
    kept = progress_file.locked(id)
    late = () if kept is None else _late(kept, answer)
    if kept is None:
        problem = _problem(item, answer)
        if problem:
            return _open(item, "Prediction", problem)
        kept = _value(item, answer)
        progress_file.lock(id, kept)
    said = f"You predict {item.say(kept)}."
    return Card(
        "note", "▪ Locked", f"Prediction {id}", "", (item.ask, said, *late, "→ Now run the next cell.")
    )


def reveal(id: str, actual: Any = None) -> Card:
    """What the cell showed, beside what you predicted. Works without a prediction, too."""
    item = _item(id, Prediction)
    if isinstance(item, Card):
        return item
    right = item.answer if actual is None else actual
    kept = progress_file.locked(id)
    if kept is None:
        heading, said = "▪ Revealed", "You had not predicted it."
    elif kept == right:
        heading, said = "✓ As you predicted", f"You predicted {item.say(kept)}."
    else:
        heading, said = "✗ Not as you predicted", f"You predicted {item.say(kept)}."
    return Card(
        "note",
        heading,
        f"Prediction {id}",
        "",
        (f"It is {item.say(right)}. {said}", *_maybe(item.why(right))),
    )


def quiz(id: str, answer: Any = ...) -> Card:
    """Answer a quiz question: `quiz("01.q1", "b")`. The first answer is locked and explained."""
    item = _item(id, Quiz)
    if isinstance(item, Card):
        return item
    kept = progress_file.locked(id)
    late = () if kept is None else _late(kept, answer)
    if kept is None:
        problem = _problem(item, answer)
        if problem:
            return _open(item, "Quiz", problem)
        kept = _value(item, answer)
        progress_file.lock(id, kept)
    return _explained(item, kept, late)


def _explained(item: Item, kept: Any, late: tuple[str, ...]) -> Card:
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
    return Card(kind, word, f"Quiz {item.id}", "", (item.ask, said, *whys, *late))


def ledger(id: str, log: Any, claims: dict[str, Any]) -> Card:
    """Who saw what: how many numbers reached each party, as you say and as the transcript of a block says.

    log: what `with sy.record() as log:` gave. claims: {"bob": 10, "me": 1}; a party may be left `...`.
    """
    rows = log.rows()
    seen = {
        name: sum(numbers(row["detail"]) for row in rows if row["values"] and row["receiver"] == name)
        for name in claims
    }
    table = [("who", "you say", "the transcript says")]
    for name, claim in claims.items():
        said = "…" if claim is ... else _typed(claim)
        table.append(
            (
                ("you (me)" if name == "me" else name),
                said,
                f"{seen[name]} {'=' if claim == seen[name] else '≠' if claim is not ... else ''}".strip(),
            )
        )
    if any(claim is ... for claim in claims.values()):
        hidden = tuple(
            (who, said, "" if claims[name] is ... else fact)
            for name, (who, said, fact) in zip(claims, table[1:], strict=True)
        )
        text = "How many numbers reached each of them? Replace each `...`, then run this cell again."
        return Card("untried", "○ Not answered", f"Ledger {id}", "", (text,), table=(table[0], *hidden))
    agree = all(claim == seen[name] for name, claim in claims.items())
    word = "✓ The transcript agrees" if agree else "✗ The transcript says otherwise"
    text = "Counted: numbers inside messages that carried values. Shapes and requests are no values."
    return Card("correct" if agree else "incorrect", word, f"Ledger {id}", "", (text,), table=tuple(table))


def _item(id: str, kind: type[Item]) -> Item | Card:
    try:
        item = find(str(id))
    except UnknownItem as error:
        return Card("error", "! Unknown", paragraphs=(str(error),))
    if isinstance(item, kind):
        return item
    return Card("error", "! Unknown", paragraphs=(f"{id} is no {kind.__name__.lower()}.",))


def _problem(item: Item, answer: Any) -> str:
    """Why this is no answer yet; empty if it is one."""
    if answer is ...:
        return "Replace the `...` by your answer, then run this cell again."
    if item.choices and _value(item, answer) not in item.choices:
        keys = ", ".join(map(repr, item.choices))
        return f"{_typed(answer)} is none of the choices: type one of {keys}."
    if not item.choices and type(_value(item, answer)) is not type(item.answer):
        return f"{_typed(answer)} does not look like an answer here: type {_example(item.answer)}."
    return ""


def _value(item: Item, answer: Any) -> Any:
    if item.choices:
        return str(answer).strip().lower()
    return float(answer) if isinstance(item.answer, float) and type(answer) is int else answer


def _example(answer: Any) -> str:
    kinds = {bool: "True or False", int: "a whole number", float: "a number", str: "a text in quotes"}
    return kinds.get(type(answer), f"a {type(answer).__name__}")


def _typed(answer: Any) -> str:
    return number(answer) if isinstance(answer, int | float) else repr(answer)[:60]


def _open(item: Item, kind: str, problem: str) -> Card:
    listed = tuple(f"{key}) {text}" for key, text in item.choices.items())
    return Card("untried", "○ Not answered", f"{kind} {item.id}", "", (item.ask, *listed, f"→ {problem}"))


def _late(kept: Any, answer: Any | EllipsisType) -> tuple[str, ...]:
    if answer is ... or answer == kept or str(answer).strip().lower() == kept:
        return ()
    return (f"The first answer counts; {_typed(answer)} came after it.",)


def _maybe(text: str) -> tuple[str, ...]:
    return (text,) if text else ()
