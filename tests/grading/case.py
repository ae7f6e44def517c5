"""A hostile answer, what it wins against a judge that is weak in one way, and what must come of it.

A case counts only if it wins there: an attack that never works shows nothing. `weak` names a file in weak/.
"""

from __future__ import annotations

import faulthandler
import importlib
import os
import resource
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from course.authoring.answers import known_answers
from course.grade import judge
from course.grade.apart import Died, apart
from course.grade.kinds import Answer, Result, Submission
from course.learn.registry import find

ROOT = Path(__file__).resolve().parents[2]
CANARY = "CANARY-7f3a-of-the-instructor"  # must be in nothing that a student, or anybody, is shown

WINS = {
    "earns": "points for an answer that is wrong",
    "leaks": "what no student may read is in a result",
    "stops": "an honest answer beside it loses its points",
    "swells": "the judge's process grows by more memory than it may have",
    "breaks": "the judge says that it is the judge's fault",
    "floods": "a result is as long as an answer wishes",
}


@dataclass(frozen=True)
class Case:
    """One attack. `answers`: sources by exercise, in the order in which they are graded; the last one is to win."""

    name: str
    kind: str
    weak: str
    wins: str  # a key of WINS
    answers: tuple[tuple[str, str], ...]
    others: tuple[str, ...] = ()  # other cells of the notebook

    def __str__(self) -> str:
        return self.name


def attack(kind: str, name: str, weak: str, wins: str, source: str, exercise: str = "01.2", **more) -> Case:
    """A case with one hostile answer, or with one before it: `before=(exercise, source)`."""
    before = more.pop("before", None)
    answers = ((before,) if before else ()) + ((exercise, source),)
    return Case(name, kind, weak, wins, answers, **more)


def honest(but: set[str]) -> Answer:
    """A right answer to an exercise that is not attacked."""
    exercise = next(id for id in ("01.1", "01.2", "01.4") if id not in but)
    return Answer(exercise, REFERENCES[exercise].reference, "id")


REFERENCES = known_answers("01", ROOT)


def submission(case: Case, with_honest: bool = True) -> Submission:
    answers = [Answer(exercise, source, "id") for exercise, source in case.answers]
    if with_honest:
        answers.append(honest({exercise for exercise, _ in case.answers}))
    return Submission("mallory", "01", Path("mallory.ipynb"), "d1", tuple(answers), case.others)


def graded(case: Case, seats: object, with_honest: bool = True) -> list[Result]:
    return list(judge.grade(submission(case, with_honest), 5, "bwrap", seats=seats))


def has_won(case: Case, results: list[Result]) -> bool:
    """Whether the attack got what it is after."""
    hostile = results[len(case.answers) - 1]
    if case.wins == "earns":
        return hostile.points > 0
    if case.wins == "leaks":
        return any(CANARY in str(asdict(result)) for result in results)
    if case.wins == "breaks":
        return hostile.kind == "technical"
    if case.wins == "floods":
        return len(str(asdict(hostile))) > 100_000
    if case.wins == "swells":
        return False  # where there is a limit, it holds: tests/grade/test_apart.py
    return len(results) <= len(case.answers) or results[-1].points < find(results[-1].exercise).points


def wins_against_the_weak(case: Case) -> bool:
    """Graded by the weakened judge, in a process of its own, which may go down with it."""

    def work() -> bool:
        faulthandler.disable()  # what ends this process is expected to
        os.setpgid(0, 0)  # and its group, which is not the tests'
        weak, before = importlib.import_module(f"weak.{case.weak}"), grown()
        with weak.weakened() as seats:
            results = graded(case, seats or Bare(), case.wins == "stops")
        return grown() - before > judge.MOST["memory"] if case.wins == "swells" else has_won(case, results)

    try:
        return bool(apart(work, memory=1536, cpu=8, seconds=12.0 if case.wins == "stops" else 30.0))
    except Died:
        return case.wins == "stops"


def grown() -> float:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Bare:
    """Seats without a sandbox: forks of this process, which is where other graders run answers."""

    def __init__(self, clears: bool = True) -> None:
        self.clears, self.child = clears, 0
        self.left: list[int] = []  # processes that are not cleared

    def fork(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        self.child = os.fork()
        if not self.child:
            try:
                ours.close()
                nowhere = os.open(os.devnull, os.O_RDWR)
                for standard in (0, 1, 2):
                    os.dup2(nowhere, standard)
                from course.seat.answering import serve

                serve(theirs)
            finally:
                os._exit(0)
        theirs.close()
        return ours

    def clear(self) -> str:
        if self.clears and self.child:
            os.kill(self.child, signal.SIGKILL)
            os.waitpid(self.child, 0)
            self.child = 0
        elif self.child:
            self.left.append(self.child)
            self.child = 0
        return ""

    def close(self) -> None:
        """End also what was not cleared."""
        for child in self.left:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def patched(thing: object, **names: object) -> Iterator[None]:
    """For `contextlib.contextmanager`: these attributes of a thing are others for a while."""
    before = {name: getattr(thing, name) for name in names}
    for name, value in names.items():
        setattr(thing, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(thing, name, value)


sys.modules.setdefault("case", sys.modules[__name__])
