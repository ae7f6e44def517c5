"""Where a student stands: results, overrides and the late rule, put together. What reports and exports are made of.

All points here are thousandths (points.py). What an exercise is worth is read from the gradebook's assignment when the
standing is made: the judge's result says which share of it was earned.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from course.grade import assignment as assignments
from course.grade.assignment import Assignment
from course.grade.gradebook import Gradebook, Kept, Override
from course.grade.kinds import Submission

NOTHING = "Nothing was handed in of this notebook."
WAITING = "This submission waits to be graded."


@dataclass(frozen=True)
class Line:
    """One exercise of one student."""

    exercise: str
    title: str
    kind: str  # a key of KINDS
    tag: str
    text: str
    points: int  # thousandths; what the override says, where there is one
    out_of: int
    source: str = ""  # the student's cell
    level: str = ""
    matched: str = ""  # how the cell was found: "id", "marker", "name", "order", "missing"
    warnings: tuple[str, ...] = ()
    detail: str = ""  # for the instructor only
    override: Override | None = None

    @property
    def waits(self) -> bool:
        """Whether its notebook has yet to be graded."""
        return self.kind == "technical" and self.tag == "waiting"

    @property
    def is_open(self) -> bool:
        """Whether neither the judge nor a person has found anything: it counts 0 so far."""
        return self.kind == "technical" and self.override is None


@dataclass(frozen=True)
class Part:
    """One notebook of one student. `number` is the submission that counts, 0 where there is none."""

    notebook: str
    lines: tuple[Line, ...]
    number: int = 0
    received: float | None = None
    days_late: int = 0
    penalty: int = 0  # thousandths
    forgiven: Override | None = None  # where a person set the penalty
    warnings: tuple[str, ...] = ()

    @property
    def raw(self) -> int:
        """Points before the penalty."""
        return sum(line.points for line in self.lines)

    @property
    def out_of(self) -> int:
        """Points that there are."""
        return sum(line.out_of for line in self.lines)

    @property
    def levels(self) -> tuple[str, ...]:
        """The sandbox levels at which its answers ran."""
        return tuple(sorted({line.level for line in self.lines if line.level}))


@dataclass(frozen=True)
class Standing:
    """Everything that one student has of the assignment."""

    student: str
    parts: tuple[Part, ...]
    refusals: tuple[tuple[str, str], ...] = ()  # (notebook, why) of files that could not be read
    is_known: bool = True  # to the roster, if there is one

    @property
    def lines(self) -> tuple[Line, ...]:
        """The exercises of all notebooks."""
        return tuple(line for part in self.parts for line in part.lines)

    @property
    def raw(self) -> int:
        """Points before the penalty."""
        return sum(part.raw for part in self.parts)

    @property
    def penalty(self) -> int:
        """Points that being late costs."""
        return sum(part.penalty for part in self.parts)

    @property
    def score(self) -> int:
        """Points that count."""
        return self.raw - self.penalty

    @property
    def out_of(self) -> int:
        """Points that there are."""
        return sum(part.out_of for part in self.parts)

    @property
    def received(self) -> float | None:
        """When the last notebook came in, in seconds since 1970, UTC."""
        return max((part.received for part in self.parts if part.received is not None), default=None)

    @property
    def waiting(self) -> int:
        """Of how many notebooks nothing has been graded yet."""
        return sum(any(line.waits for line in part.lines) for part in self.parts)

    @property
    def is_settled(self) -> bool:
        """Whether every exercise has been graded, by the judge or by a person."""
        return not any(line.is_open for line in self.lines)

    @property
    def handed_in(self) -> bool:
        """Whether anything was handed in that can be graded."""
        return any(part.number for part in self.parts)


def assignment_of(book: Gradebook) -> Assignment:
    """The assignment that the gradebook is of. ValueError before the first grading."""
    name, text = book.assignment()
    if not name:
        raise ValueError("Nothing has been graded yet: `course grade` comes first.")
    return assignments.parse(tomllib.loads(text))


def standings(book: Gradebook, others: Iterable[str] = ()) -> Iterator[Standing]:
    """By key: all who handed something in, and `others`, the roster's, who may have handed in nothing."""
    found = assignment_of(book)
    known, roster = set(book.students()), set(others)
    for student in sorted(known | roster):
        one = standing(book, student, found) if student in known else _absent(book, student)
        yield replace(one, is_known=not roster or student in roster)


def standing(book: Gradebook, student: str, found: Assignment | None = None) -> Standing:
    """Where one student stands. gradebook.Unknown for a student that the gradebook lacks."""
    found = found or assignment_of(book)
    overrides = book.overrides(student)
    numbers = {book.submission(number).notebook: number for number in book.counting(student)}
    parts = tuple(
        _part(book, notebook, numbers.get(notebook, 0), overrides, found) for notebook in _notebooks(book)
    )
    return Standing(student, parts, tuple(book.refusals(student)))


def _absent(book: Gradebook, student: str) -> Standing:
    """The standing of somebody of whom the gradebook has nothing."""
    parts = [_part(book, notebook, 0, {}, assignment_of(book)) for notebook in _notebooks(book)]
    return Standing(student, tuple(parts))


def _notebooks(book: Gradebook) -> list[str]:
    return sorted({exercise.partition(".")[0] for exercise in book.exercises()})


def _part(book: Gradebook, notebook: str, number: int, overrides: dict[str, Override], found: Assignment) -> Part:
    submission = book.submission(number) if number else None
    results = {kept.exercise: kept for kept in book.results(number)} if number else {}
    lines = [
        _line(exercise, title, out_of, results.get(exercise), submission, overrides.get(exercise))
        for exercise, (title, out_of) in book.exercises().items()
        if exercise.partition(".")[0] == notebook
    ]
    received = submission.received if submission else None
    raw = sum(line.points for line in lines)
    forgiven = overrides.get(f"{notebook}.late")
    penalty = forgiven.points if forgiven else round(raw * found.late_share(received))
    return Part(
        notebook, tuple(lines), number, received, found.days_late(received), min(raw, penalty), forgiven,
        submission.warnings if submission else (),
    )  # fmt: skip


def _line(
    exercise: str, title: str, out_of: int, kept: Kept | None, submission: Submission | None, override: Override | None
) -> Line:
    source = next((a.source for a in submission.answers if a.exercise == exercise), "") if submission else ""
    if kept is None:
        kind, tag, text = ("technical", "waiting", WAITING) if submission else ("untried", "nothing", NOTHING)
        return Line(exercise, title, kind, tag, text, _points(0, override), out_of, source, override=override)
    return Line(
        exercise, title, kept.kind, kept.tag, kept.text, _points(_worth(kept, out_of), override), out_of, source,
        kept.level, kept.matched, kept.warnings, kept.detail, override,
    )  # fmt: skip


def _points(judged: int, override: Override | None) -> int:
    return judged if override is None else override.points


def _worth(kept: Kept, out_of: int) -> int:
    """The share of an exercise that was earned, of what it is out of, to the nearest thousandth."""
    return (2 * kept.points * out_of + kept.out_of) // (2 * kept.out_of) if kept.out_of else 0


def present(everybody: Sequence[Standing]) -> list[Standing]:
    """Those who handed something in."""
    return [one for one in everybody if one.handed_in]
