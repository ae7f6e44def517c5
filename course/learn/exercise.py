"""An exercise in three pieces: what to ask, how to look, what to say.

A whole one is `course/exercises/nb01/remote_mean.py`. Its pieces, in outline:

    says = '''
    half  {found}. Only one of the two was halved, so one tensor counts twice as much as the other.
          -> Which operation does Python do first?
    '''

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [{"worker": "bob", "args": [at("bob", draw.floats(n)), at("bob", draw.floats(n))]} for n in (1, 3, 5)]

    def looks(self, question: Question, call: Evidence) -> Looks:
        x, y = evidence.far_end(question["args"])
        yield evidence.only_travels(call)
        yield evidence.equals(call, (x + y) / 2, {"half": x + y / 2})
        yield evidence.leaves(call, question["worker"], new=1)

`questions` draws plain data from a seed; `args` are the arguments, with tensors at their workers
(course/learn/asking.py). `probe` runs the student's function, which records each call by itself
(course/learn/watch.py), in a session of its own, seeded, that ends with it. An exercise writes its own where one call
with `args` is not enough: it makes pointers and workers with `real`, and what it returns is added to the evidence.
`looks` sees the question and the evidence, never the function: it may run in another process. The first look that finds
something speaks, in the words of `says` (course/learn/says.py) or in those of a helper (course/learn/evidence.py). All
that passes between the three goes through course/learn/plain.py, also in a notebook.
"""

from __future__ import annotations

import ast
import random
import re
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, repeat
from typing import Any, ClassVar

import torch

from course.learn.asking import at, people, real, strangers, worker, workers
from course.learn.limit import SECONDS
from course.learn.plain import Plain, decode, encode, observe
from course.learn.registry import register
from course.learn.says import Looks, Text, Verdict, speak, texts
from course.learn.twins import depending, with_other_numbers
from course.learn.watch import RECORD, Evidence, Stopped, Watched
from course.smpc.shared import check_products

__all__ = [
    "Draw",
    "Evidence",
    "Exercise",
    "Looks",
    "Question",
    "Verdict",
    "Watched",
    "at",
    "examine",
    "observe",
    "real",
    "register",
    "strangers",
    "worker",
    "workers",
]

Question = dict[str, Plain]


PROMISES = {
    "private": "values reach only those whom the text names, in the amount that it names",
    "masked": "parties open numbers only under masks of the dealer's, and each computes from its own shares",
    "tidy": "nothing but the result is left at any worker",
    "bounded": "a loop keeps nothing of its older rounds",
    "program": "a plan that comes back tells nothing of the arguments, and hands on and changes nothing where it runs",
}
_DECLARED = ("id", "title", "minutes", "points", "objective", "stub", "hints", "success")


class Exercise:
    """One exercise: subclass it, fill in the names below and the three methods, decorate with `@register`."""

    id: ClassVar[str]
    title: ClassVar[str]
    minutes: ClassVar[int]
    points: ClassVar[int] = 3
    objective: ClassVar[str]
    stub: ClassVar[str]
    hints: ClassVar[tuple[str, str, str]]  # the concept, where to look, the shape of the line
    success: ClassVar[str]
    says: ClassVar[str] = ""  # what it says, by tag (course/learn/says.py)
    advice: ClassVar[dict[str, str]] = {}  # the next step after an error, where the library's would break the text
    raises: ClassVar[dict[str, str]] = {}  # errors in which known mistakes end, with the tags of their texts in `says`
    seconds: ClassVar[float] = SECONDS  # for each call of the student's function
    promises: ClassVar[tuple[str, ...] | None] = None  # keys of PROMISES: what its text promises; () if nothing
    parts: ClassVar[dict[str, int]] = {}  # points that an answer keeps with which this was found, by tag
    given: ClassVar[str] = ""  # code of earlier cells that answers rely on, beyond torch, nn, F, optim and sy

    name: str  # of the function, read from the stub
    texts: dict[str, Text]  # `says`, read

    def __init__(self) -> None:
        missing = [name for name in _DECLARED if not hasattr(self, name)]
        if missing:
            raise ValueError(f"exercise {type(self).__name__} does not declare: {', '.join(missing)}")
        if not re.fullmatch(r"\w\w\.\d+", self.id):
            raise ValueError(f"an exercise id looks like 01.2, not {self.id!r}")
        if len(self.hints) != 3:
            raise ValueError(f"exercise {self.id} needs three hints: concept, where, shape of the line")
        if not set(self.promises or ()) <= set(PROMISES):
            raise ValueError(f"exercise {self.id} promises {self.promises}; it can promise: {', '.join(PROMISES)}")
        self.name = _function_name(self.source)
        self.texts = texts(self.says)

    @property
    def source(self) -> str:
        """The stub as a cell's text: dedented, no blank lines around it."""
        return textwrap.dedent(self.stub).strip()

    @property
    def header(self) -> str:
        """The heading of the exercise in the notebook."""
        return f"### Exercise {self.id}: {self.title} (about {self.minutes} min)"

    def questions(self, seed: int) -> list[Question]:
        """What to ask: plain data, the same for the same seed."""
        raise NotImplementedError

    def probe(self, answer: Watched, question: Question) -> Evidence:
        """Ask it. By default: one call with `question["args"]`, made real (course/learn/asking.py)."""
        others = strangers(people(question["args"]))
        answer(*real(question["args"]))
        return {"strangers": observe(others)}

    def looks(self, question: Question, call: Evidence) -> Looks:
        """What to look at, in order: (what is true when it is wrong, tag, what to fill in), or a helper's verdict.

        A dict fills in the texts of all looks that follow.
        call: the record of the first call, what the probe added, and `calls`, all of them.
        Lazy: a look may rely on what the looks before it found to be true.
        """
        raise NotImplementedError

    def known_end(self, question: Question, failure: Evidence) -> str:
        """The tag of the known mistake that ends in this error; "" where none does, and nothing can be checked."""
        return self.raises.get(failure["error"], "")

    def verdict(self, question: Question, seen: Evidence) -> Verdict | None:
        """What the first look says that finds something, or what the error means; None if the evidence is fine.

        Pure: no workers, no randomness, no function of the student's.
        """
        if seen["failure"] is not None:
            failure = seen["failure"]
            look = True, self.known_end(question, failure)
            return speak(iter([look]), self.texts, {**question, **failure, "call": f"`{failure['call']}`"})
        call = {**seen, **seen["calls"][0]}
        facts = {**question, **call, "call": f"`{call['text']}`"}
        return speak(self.looks(question, call), self.texts, facts)


def examine(exercise: Exercise, answer: Any, question: Question, seconds: float | None = None) -> Evidence:
    """Run one probe in a session of its own and return its evidence, as decoded plain data.

    `evidence["calls"]` lists the records of `Watched`; `evidence["failure"]` is None, or tells how it ended. Where the
    text promises privacy, the probe runs a second time, with other numbers: course/learn/twins.py says what for.
    """
    watched, found = _probed(exercise, answer, question, seconds)
    if "private" in (exercise.promises or ()) and found["failure"] is None:
        twin, other_found = _probed(exercise, answer, with_other_numbers(question), seconds)
        late = (other_found["failure"] or {}).get("kind") == "time"
        if late and sum(map(len, twin.heard)) < sum(map(len, watched.heard)):  # what it had not said yet tells nothing
            found["failure"] = other_found["failure"]
        for call, heard, other in zip(watched.calls, watched.heard, chain(twin.heard, repeat([])), strict=False):
            call["told"] = depending(heard, other)
    evidence: Evidence = decode(encode(found))
    return evidence


def _probed(exercise: Exercise, answer: Any, question: Question, seconds: float | None) -> tuple[Watched, Evidence]:
    """The function as it was watched, and the evidence."""
    weighs = "bounded" in (exercise.promises or ())
    watched = Watched(answer, exercise.name, seconds or exercise.seconds, weighs)
    found: Evidence = {}
    failure: Evidence | None = None
    with _aside(seed=7):
        try:
            found = exercise.probe(watched, decode(encode(question)))
        except Stopped as stopped:
            failure = stopped.failure
        except Exception as error:  # noqa: BLE001 - the probe met something that it did not expect: it says so
            failure = _stumbled(error, watched)
    if taken := sorted(found.keys() & (RECORD | {"calls", "failure"})):
        raise ValueError(f"the probe of {exercise.id} calls what it found {', '.join(taken)}, as a call's record does")
    return watched, {**found, "calls": watched.calls, "failure": failure}


def _stumbled(error: Exception, watched: Watched) -> Evidence:
    """The probe could not go on: most often, what the function returned is of another type than promised."""
    last = watched.calls[-1] if watched.calls else {"text": f"{watched.name}(...)", "returned": None}
    return {
        "kind": "stumbled",
        "call": last["text"],
        "returned": last["returned"],
        "error": type(error).__name__,
        "message": str(error),
    }


@contextmanager
def _aside(seed: int) -> Iterator[None]:
    """A seeded session of its own; Python's generator, like torch's, goes back to where it was.

    Products of secrets are not checked there, whatever the notebook says: questions are small, and what is opened and
    counted is the same everywhere.
    """
    from course import session

    python_state = random.getstate()
    with session.isolated(seed=seed), check_products(False):
        random.seed(seed)
        try:
            yield
        finally:
            random.setstate(python_state)


class Draw(random.Random):
    """A seeded generator with a few tensors: what `questions` draws from."""

    def integers(self, *shape: int, low: int = -9, high: int = 9) -> torch.Tensor:
        """int64 tensor, low to high inclusive."""
        return torch.tensor([self.randint(low, high) for _ in range(_count(shape))]).reshape(shape)

    def floats(
        self, *shape: int, low: int = -9, high: int = 9, dtype: torch.dtype = torch.float32
    ) -> torch.Tensor:
        """Tensor of halves and quarters, float32 by default: sums and means of a few are exact."""
        return self.integers(*shape, low=4 * low, high=4 * high).to(dtype) / 4

    def normal(self, *shape: int) -> torch.Tensor:
        """float32 tensor, standard normal."""
        return torch.tensor([self.gauss(0, 1) for _ in range(_count(shape))]).reshape(shape)

    def people(self, count: int) -> list[str]:
        """Distinct worker names, in random order."""
        return self.sample(_PEOPLE, count)

    def third_party(self) -> str:
        """The name of a worker that is nobody's in the notebooks: an aggregator must not look like an owner."""
        return self.choice(_THIRD_PARTIES)


_PEOPLE = ["alice", "bob", "claire", "theo", "jason", "andy", "jon", "mia", "omar", "ines", "li", "noor"]
_THIRD_PARTIES = ["ada", "hugo", "vera", "kim", "rosa"]


def _count(shape: tuple[int, ...]) -> int:
    count = 1
    for length in shape:
        count *= length
    return count


def _function_name(source: str) -> str:
    functions = [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    if not functions:
        raise ValueError("the stub must define a function")
    return functions[-1]
