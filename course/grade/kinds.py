"""The nouns of grading: a submission, its answers, what each was found to be.

All of it is plain, frozen data. What intake reads, what the judge finds and what the gradebook keeps are these, so each
of the three can be read, and tested, without the others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Answer:
    """The cell that answers an exercise, as text that nobody has run."""

    exercise: str  # "01.2"
    source: str  # the cell's text, as Python without IPython's lines; "" where the exercise was not attempted
    matched: str  # how the cell was found: "id", "marker", "name", "order"; "missing" where it was not
    warnings: tuple[str, ...] = ()  # sentences for the student and the instructor
    refused: str = ""  # why it cannot be graded, whatever its source: the exercise it was made from is another one now


@dataclass(frozen=True)
class Submission:
    """One notebook of one student, read without running anything."""

    student: str  # the key in the roster; never a name
    notebook: str  # "01"
    path: Path
    digest: str  # sha256 of the file, hexadecimal
    answers: tuple[Answer, ...]  # in the order of the exercises, one each
    others: tuple[str, ...] = ()  # the student's other code cells, in their order, likewise: helpers may be there
    received: float | None = None  # seconds since 1970, UTC: of the file, or of the archive's entry
    fingerprints: dict[str, str] = field(default_factory=dict)  # exercise -> what it was released as; may be empty
    warnings: tuple[str, ...] = ()
    file: bytes = field(default=b"", repr=False, compare=False)  # the notebook itself, for the gradebook to keep


@dataclass(frozen=True)
class Refused:
    """A file that cannot be graded, and why: it has a row in the gradebook all the same."""

    student: str
    path: Path
    reason: str
    notebook: str = ""
    digest: str = ""


KINDS = {
    "correct": "correct",
    "incorrect": "not yet",
    "untried": "not attempted",
    "error": "stopped with an error",
    "timeout": "took too long",
    "technical": "could not be graded",  # the machine's or the judge's doing, or the sandbox's: `text` says which
}


@dataclass(frozen=True)
class Result:
    """What the judge found of one exercise of one submission. Points are earned by positive evidence only."""

    exercise: str
    kind: str  # a key of KINDS
    tag: str  # which message, for statistics: "half", "wrong-value", ...
    text: str  # what the student reads: message and next step; nothing hidden is in it
    points: float
    out_of: float
    seed: int  # what the questions were drawn from; a regrade draws the same
    level: str  # the sandbox: "none", "rlimits" or "bwrap"
    matched: str
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    detail: str = ""  # for the instructor only: why a technical failure happened
