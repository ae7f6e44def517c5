"""`course look student.ipynb`: one line an exercise, a total, an exit status.

A quick look, no judge: it runs the notebook on this machine, as you. Nothing in it is kept from code that wants to
deceive, so look only at notebooks of people whom you trust.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from course.grade.handed_in import HandedIn, NotANotebook, read
from course.grade.run import SECONDS, Found, run
from course.learn.exercise import Exercise
from course.learn.words import plural, shorten

ALL_CORRECT, NOT_ALL, NOT_LOOKED_AT = 0, 1, 2

WORDS = {
    "correct": "correct",
    "incorrect": "not yet",
    "untried": "not attempted",
    "error": "stopped",
    "look": "no verdict",
}
_REASON_WORDS = 28


@dataclass(frozen=True)
class Line:
    """One exercise: what came out (a key of WORDS) and why."""

    exercise: Exercise
    kind: str
    reason: str = ""

    @property
    def points(self) -> int:
        """Only a correct answer has points."""
        return self.exercise.points if self.kind == "correct" else 0

    def __str__(self) -> str:
        head = f"  {self.exercise.id}  {WORDS[self.kind]:13}  {self.points} of {self.exercise.points}"
        why = f": {shorten(self.reason, _REASON_WORDS)}" if self.reason else ""
        return f"{head}  {self.exercise.title}{why}"


def lines(handed_in: HandedIn, found: Found) -> list[Line]:
    """A line for each exercise that the notebook should have. Only a check that ran can be correct."""
    return [_line(handed_in, found, exercise) for exercise in handed_in.exercises]


def _line(handed_in: HandedIn, found: Found, exercise: Exercise) -> Line:
    trouble = handed_in.trouble(exercise.id)
    if trouble:
        return Line(exercise, "look", trouble)
    outcome = found.outcomes.get(exercise.id)
    if outcome is None:
        return Line(exercise, "look", f"its check did not run: {found.ended or 'it took too long'}")
    if outcome["kind"] not in WORDS:
        return Line(exercise, "look", outcome["text"])
    return Line(exercise, outcome["kind"], "" if outcome["kind"] in ("correct", "untried") else outcome["text"])


def look(path: Path, seconds: float = SECONDS) -> int:
    """Look at one notebook, print its lines; an exit status."""
    try:
        handed_in = read(path)
    except NotANotebook as error:
        print(f"{path}: {error}")
        return NOT_LOOKED_AT
    print(path)
    asked = any(not handed_in.trouble(exercise.id) for exercise in handed_in.exercises)
    found = run(handed_in, seconds) if asked else Found()
    looked = lines(handed_in, found)
    for line in looked:
        print(line)
    correct = sum(line.kind == "correct" for line in looked)
    points = f"{sum(line.points for line in looked)} of {plural(sum(e.points for e in handed_in.exercises), 'point')}"
    print(f"  total: {correct} of {len(looked)} correct, {points}")
    if found.ended:
        print(f"  The run ended early: {found.ended}.")
    return ALL_CORRECT if correct == len(looked) else NOT_ALL


def main(paths: Sequence[Path], seconds: float = SECONDS) -> int:
    """Look at each notebook; the worst status."""
    return max(look(path, seconds) for path in paths)
