"""The judge: asks, looks, decides. It never runs a line of a submission and never believes a verdict.

    grade(submission, seed, level, limits)  ->  a Result for each exercise

An exercise is asked as in a notebook: its questions, its probe, its verdict (course/learn/exercise.py), one description
for both. Only the function that the probe calls is another one here, `Asked`, which has the answer called at the seat
(course/seat) and lets it work with what is here: all workers, their stores and the transcript are in this process. So
what a check relies on, who holds what and what has travelled, no submission can edit.

Questions come from a seed that the seat never sees. What came back is plain data and reviewed messages; nothing of a
submission is imported, compiled, executed or unpickled here.
"""

from __future__ import annotations

import contextlib
import functools
import os
import random
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy.random  # noqa: F401  the fork for each exercise would import it anew
import torch

from course import session
from course.codec import decode, encode
from course.errors import UnknownWorkerError
from course.grade.apart import Died, apart
from course.grade.kinds import Answer, Result, Submission
from course.hook import TorchHook
from course.learn import checking
from course.learn.draws import Draws
from course.learn.exercise import Exercise
from course.learn.limit import OutOfTime
from course.learn.outcome import Outcome, correct, printed_in, untried
from course.learn.registry import find
from course.messages import Delete, Execute, Get, Message, Move, Reply, Run
from course.seat.crossing import READING, Crossing, is_request
from course.seat.desk import Desk
from course.seat.generators import Generators
from course.seat.wire import Ended, Garbled, Late, Line
from course.transports.host import random_state, set_random_state

__all__ = ["Asked", "grade", "judged"]

PATIENCE = 20.0  # times an exercise's own seconds, and at least
SECONDS = 60.0
DEFINING = 20.0  # seconds for the cells before the first call
MOST: Any = {"memory": 2048, "cpu": 90, "seconds": 150.0}  # of the judge's process for an exercise: MB, seconds, in all
PUBLIC = 0  # the seed of the questions that a notebook always asks
SEEDS = 2  # how many more sets of questions an answer meets, as in the notebook


class Stopped(Exception):
    """The answer raised an error at the seat, which is described."""

    def __init__(self, seen: dict[str, Any]) -> None:
        super().__init__(seen["message"])
        self.seen_there = seen


class Lost(BaseException):
    """The seat cannot go on: nothing that it was asked counts. `kind` and `tag` are those of the Result."""

    def __init__(self, kind: str, tag: str, text: str, detail: str = "") -> None:
        super().__init__(text)
        self.kind, self.tag, self.text, self.detail = kind, tag, text, detail


class Asked:
    """A student's function, at the seat at the other end of a line. Called like any function, by a probe."""

    def __init__(self, line: Line, exercise: Exercise, answer: Answer, others: Sequence[str] = ()) -> None:
        self.exercise = exercise
        self.line = line
        self.desk = Desk(line, {"network": self._network, "invoke": self._invoke})
        self.calls: list[Crossing] = []  # of this session: what crosses in each
        self.number = 0  # of the judge's session: each question has its own
        self.network: Any = None
        self.lost: Lost | None = None
        self.random = Generators()
        self.counts: Draws | None = None  # where the next call's draws are to be counted
        self.state, self.has_blank, self.failure = self._define(answer, others)

    def _define(self, answer: Answer, others: Sequence[str]) -> tuple[str, bool, dict[str, Any] | None]:
        exercise = self.exercise
        self.desk.until = time.monotonic() + DEFINING
        parts = exercise.name, exercise.source, exercise.given, list(others), answer.source
        found = self._at_the_seat("define", *parts)

        def read() -> tuple[str, bool, dict[str, Any] | None]:
            state, has_blank, failure = found
            return str(state), has_blank is True, None if failure is None else read_failure(failure)

        return self._read(read)  # type: ignore[no-any-return]

    def _at_the_seat(self, verb: str, *parts: Any) -> Any:
        """Ask; Lost where there is no answer that could be read. Once lost, always lost."""
        if self.lost is not None:
            raise self.lost
        try:
            return self.desk.ask(verb, *parts)
        except Late:
            self.lost = Lost("timeout", "time", f"`{self.exercise.name}` did not end in time.")
        except Ended:
            text = f"The process in which `{self.exercise.name}` ran came to an end before it returned."
            self.lost = Lost("error", "died", text, "the seat hung up")
        except Garbled as error:
            self.lost = self._garbled(str(error))
        raise self.lost

    def _garbled(self, detail: str) -> Lost:
        text = f"What came back from `{self.exercise.name}` is nothing that a function of this exercise returns."
        return Lost("error", "garbled", text, detail)

    # ---- calling it ------------------------------------------------------------------------------------------------

    def within(self, around: Any) -> Any:
        """What a probe wants around the next call: at the seat it is counted what is drawn, no more."""
        self.counts = around if isinstance(around, Draws) else None
        return contextlib.nullcontext()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        network = session.local_worker.network
        if network is not self.network:
            self.network, self.calls = network, []
            self.number += 1
        crossing = Crossing(network, True, functools.partial(self._invoke_there, len(self.calls)))
        self.calls.append(crossing)
        self.desk.until = time.monotonic() + max(SECONDS, PATIENCE * self.exercise.seconds)
        network.backwards += 1  # what pointers know of gradients is from before
        packed, named = [crossing.pack(arg) for arg in args], [[key, crossing.pack(v)] for key, v in kwargs.items()]
        counts, self.counts = self.counts, None
        states = self.random.news()
        call = self.number, list(network.handles), states, counts is not None, packed, named, crossing.changes()
        try:
            found = self._at_the_seat("call", *call)
            return self._returned(crossing, counts, found)
        except Lost as lost:
            if lost.kind == "timeout":
                raise OutOfTime(True) from None
            raise

    def _read(self, read: Callable[[], Any]) -> Any:
        """What the seat says, read; Lost if it cannot be."""
        try:
            return read()
        except READING as error:
            self.lost = self._garbled(f"{type(error).__name__}: {error}")
            raise self.lost from None

    def _returned(self, crossing: Crossing, counts: Draws | None, found: Any) -> Any:
        def read() -> Any:
            (kind, node, *more), changes, forgotten, dropped, printed, draws, states = found
            value = crossing.unpack(node) if kind == "returned" else read_failure(node)
            crossing.apply(changes)
            crossing.forget(forgotten)
            self._drop(dropped)
            self.random.hear(states)
            self.network.backwards += 1
            if counts is not None:
                counts.count += int(draws)
            return kind, value, [] if not more or more[0] is None else list(map(str, more[0])), str(printed)

        kind, value, unknown, printed = self._read(read)
        sys.stdout.write(printed)
        if kind == "returned":
            return value
        if len(unknown) == 2:
            error: Exception = UnknownWorkerError(*unknown)
            error.seen_there = value  # type: ignore[attr-defined]
            raise error
        raise Stopped(value)

    # ---- what the seat asks ----------------------------------------------------------------------------------------

    def _network(self, dropped: Any, verb: str, *parts: Any) -> Any:
        """The seat's network asks this one. It speaks for "me" and for nobody else."""
        network = self.network
        self._drop(dropped)
        before = network.backwards
        reply = NETWORK[verb](network, *parts)
        return [reply, network.backwards != before, network.shared]

    def _drop(self, dropped: Any) -> None:
        for body in dropped:
            message = from_me(body)
            if isinstance(message, Delete) and message.receiver in self.network.workers:
                self.network.drop(message)

    def _invoke(
        self, place: int, key: int, method: str,
        args: Any, kwargs: Any, changes: Any, forgotten: Any, dropped: Any, states: Any,
    ) -> Any:  # fmt: skip
        """The answer calls a function that it was given, or has parties deal and open."""
        crossing = self._crossing(place)
        values = [crossing.unpack(arg) for arg in args]
        named = {str(name): crossing.unpack(value) for name, value in kwargs}
        crossing.apply(changes)
        crossing.forget(forgotten)
        self._drop(dropped)
        self.random.hear(states)
        self.network.backwards += 1
        thing = crossing.thing(key)
        if method == "deal":
            if not (values and is_request(values[0])):
                raise Garbled("nothing that a dealer deals")
            request, *by = values
            thing.asked_by = str(by[0]) if by else ""
            result = thing.deal(request)
        elif method in ("open", "open_bits", "exchange") or (method == "" and callable(thing)):
            result = (getattr(thing, method) if method else thing)(*values, **named)
        else:
            raise Garbled(f"nothing that can be called: {method!r:.20}")
        (node,) = crossing.pack_copies([result])
        return [node, crossing.changes(), list(self.network.handles), self.random.news()]

    def _crossing(self, place: Any) -> Crossing:
        if type(place) is not int or not 0 <= place < len(self.calls):
            raise Garbled("there was no such call")
        return self.calls[place]

    def _invoke_there(self, place: int, key: int, method: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """A probe calls what the answer has returned: a function, a protocol, the graph of a tensor."""
        crossing = self._crossing(place)
        self.desk.until = max(self.desk.until or 0.0, time.monotonic() + SECONDS)
        packed = [crossing.pack(arg) for arg in args]
        found = self._at_the_seat("invoke", place, key, method, packed, list(self.network.handles), crossing.changes())

        def read() -> Any:
            node, changes = found
            result = crossing.unpack(node)
            crossing.apply(changes)
            return result

        return self._read(read)


def from_me(body: Any) -> Message:
    """The message in these bytes. Garbled if it is none, or says that somebody else sends it."""
    try:
        message = decode(memoryview(body))
    except (TypeError, ValueError) as error:
        raise Garbled(str(error)) from None
    if message[0] != "me":
        raise Garbled(f"a message that says it is from {message[0]!r:.20}")
    return message


def _deliver(network: Any, body: bytes, draws: bytes | None) -> list[bytes | None]:
    """What a worker replies; and, where it may have drawn, the state of the generator, which all share."""
    message = from_me(body)
    if draws is not None:
        set_random_state(draws)
    if not isinstance(message, Execute | Run):
        reply = network.deliver(message)
    else:
        with torch.set_grad_enabled(message.grad_mode):
            reply = network.deliver(message)
    if isinstance(message, Get):
        network.fetched = message, reply
    return [None if reply is None else encode(reply), None if draws is None else random_state()]


def _joint(network: Any, bodies: list[bytes]) -> Any:
    kept = network.deliver_joint([from_me(body) for body in bodies])
    return None if kept is None else [list(ids) for ids in kept]


def _release(network: Any, body: bytes) -> None:
    message = from_me(body)
    if isinstance(message, Get | Move):
        network.release(message)


def _withdraw(network: Any, body: bytes) -> None:
    message = from_me(body)
    if isinstance(message, Move):
        network.withdraw(message)


def _restore(network: Any, asked: bytes, id: int) -> None:
    """Put back what the last Get has fetched, as it was here: what the seat holds by now may be something else."""
    message = from_me(asked)
    fetched, reply = getattr(network, "fetched", (None, None))
    for item in reply.items if reply is not None and message == fetched else ():
        if item.id == id:
            network.restore(message, item)


def _peek(network: Any, name: str, ids: list[int]) -> bytes | None:
    items = network.peek(name, ids)
    return encode(Reply(name, "me", items)) if items else None


NETWORK: dict[str, Callable[..., Any]] = {
    "deliver": _deliver,
    "joint": _joint,
    "release": _release,
    "withdraw": _withdraw,
    "restore": _restore,
    "peek": _peek,
    "add": lambda network, name: (network.add(str(name)), None)[1],
    "ids_on": lambda network, name: network.ids_on(name),
}


def read_failure(node: Any) -> dict[str, Any]:
    """An error as the seat tells of it: texts, a line, a few values. ValueError for anything else."""
    error, message, advice, source, line, values, stub = node
    texts = {"error": error, "message": message, "next": advice, "source": source}
    if not all(isinstance(text, str) for text in texts.values()) or type(line) is not int:
        raise ValueError("no failure")
    shown = {str(name)[:60]: str(text)[:200] for name, text in values[:3]}
    cut = {name: text[:600] for name, text in texts.items()}
    return {"kind": "raised", "call": "", **cut, "line": line, "values": shown, "stub": stub is True}


# ---- one exercise ----------------------------------------------------------------------------------------------------


def judged(line: Line, exercise: Exercise, answer: Answer, others: Sequence[str], seeds: Sequence[int]) -> Outcome:
    """The outcome for an answer at the other end of this line. Raises Lost where the seat could not go on."""
    asked = Asked(line, exercise, answer, others)
    early = EARLY.get(asked.state)
    if early is not None:
        return early(exercise)
    if asked.failure is not None:
        return _cell_failed(exercise, asked.failure)
    if asked.state != "ready":
        raise Lost("error", "garbled", "What came back is nothing that this exercise's cell could say.")
    outcome = _asked_all(exercise, asked, seeds)
    if not outcome.passed and asked.has_blank:
        return untried(exercise, f"A `...` in `{exercise.name}` still waits for you.")
    return outcome


EARLY: dict[str, Callable[[Exercise], Outcome]] = {
    "missing": lambda exercise: untried(exercise, f"The cell defines no `{exercise.name}`."),
    "no-function": lambda exercise: Outcome("error", "no-function", f"`{exercise.name}` is no function there.", ""),
    "stub": untried,
}


def _cell_failed(exercise: Exercise, failure: dict[str, Any]) -> Outcome:
    where = f" in line {failure['line']}" if failure["line"] else ""
    what = f"{failure['error']}: {failure['message']}".strip(": ")
    message = f"The cell of `{exercise.name}` stopped with an error{where} when it was run: `{what}`."
    return Outcome("error", "cell", message, "Does the notebook run from its first cell to its last after a restart?")


def _asked_all(exercise: Exercise, asked: Asked, seeds: Sequence[int]) -> Outcome:
    """What the first question says that is not answered well: the notebook's come first, then what nobody has seen."""
    for seed in (PUBLIC, *seeds):
        for _, evidence, outcome in checking.ask(exercise, asked, [seed], seconds=3600.0):
            if asked.lost is not None:
                raise asked.lost
            if outcome is not None:
                found = Outcome(outcome.kind, outcome.tag, outcome.message, outcome.next, printed_in(evidence))
                return found if seed == PUBLIC else Unseen(found, exercise)
    return correct(exercise)


class Unseen(Outcome):
    """What a question said that students have not seen: they read the same message without its values."""

    full: str

    def __init__(self, found: Outcome, exercise: Exercise) -> None:
        first = "It is right for the notebook's own questions, and not for one that was drawn for the grade."
        message = f"{first} {without_values(found.message, exercise.name)}"
        super().__init__(found.kind, found.tag, message, without_values(found.next, exercise.name), found.printed)
        object.__setattr__(self, "full", found.text)


def without_values(text: str, name: str) -> str:
    """A message without the inputs and the results that it tells of.

    >>> without_values("`total([1.5, 2])` returned `3`; expected 3.5. Which line adds `x`?", "total")
    '`total(…)` returned `…`; expected …. Which line adds `x`?'
    """

    def hidden(span: re.Match[str]) -> str:
        inside = span[1]
        if inside.startswith(f"{name}("):
            return f"`{name}(…)`"
        return span[0] if re.fullmatch(r"[A-Za-z_][\w.]*(\(\))?", inside) else "`…`"

    parts = re.split(r"(`[^`]*`)", text)
    spans = [re.sub(r"`([^`]*)`", hidden, part) if part.startswith("`") else NUMBER.sub("…", part) for part in parts]
    return "".join(spans)


NUMBER = re.compile(r"(?<![\w-])[-+]?\d[\d,]*(\.\d+)?(e[-+]?\d+)?(?!\w)")


# ---- a submission ----------------------------------------------------------------------------------------------------


def grade(submission: Submission, seed: int, level: str, limits: Any = None, seats: Any = None) -> Iterator[Result]:
    """A Result for each answer of the submission, in their order.

    seed: what all questions are drawn from, 0 or more. level: of the sandbox. `seats` hands out the seats: `fork()` a
    socket to a fresh one, `clear()` what is left of it; without it a Cage (course/grade/cage.py) of this level.
    """
    os.environ["COURSE_TRANSPORT"] = "in_process"  # the workers are here, whatever notebooks do on this machine
    if not TorchHook.installed:  # as in a notebook, whatever the exercise needs
        TorchHook(torch)
    if seats is not None:
        yield from _all(submission, seed, level, seats)
        return
    from course.grade.cage import Cage

    optimizers = any("optim" in answer.source or ".step(" in answer.source for answer in submission.answers)
    with Cage(level, limits, optimizers=optimizers) as cage:
        yield from _all(submission, seed, level, cage)


def _all(submission: Submission, seed: int, level: str, seats: Any) -> Iterator[Result]:
    for answer in submission.answers:
        started = time.monotonic()
        kind, tag, text, points, detail = _one(submission, answer, seed, seats)
        exercise: Exercise = find(answer.exercise)
        yield Result(
            answer.exercise, kind, tag, text, points, float(exercise.points), seed, level, answer.matched,
            answer.warnings, time.monotonic() - started, detail,
        )  # fmt: skip


def _one(submission: Submission, answer: Answer, seed: int, seats: Any) -> tuple[str, str, str, float, str]:
    exercise: Exercise = find(answer.exercise)
    if answer.matched == "missing" or not answer.source.strip():
        return "untried", "not-attempted", "There is no answer to this exercise in the notebook.", 0.0, ""
    end = None
    try:
        end = seats.fork()
        line, seeds = Line(end), drawn(seed, exercise.id)
        kind, tag, text, points, detail = apart(
            lambda: _found(line, exercise, answer, submission.others, seeds), **MOST
        )
        why = tag == "died" and seats.clear()
        if why and why.endswith("of CPU"):
            kind, tag = "timeout", "time"
        return kind, tag, f"{text} The sandbox says: {why}." if why else text, points, detail
    except Died as died:
        return _died(exercise, died)
    except Exception as error:  # noqa: BLE001  ours: it costs nobody else's grade, and the instructor reads of it
        return _fault(error)
    finally:
        if end is not None:
            end.close()
        seats.clear()


Found = tuple[str, str, str, float, str]


def _found(line: Line, exercise: Exercise, answer: Answer, others: Sequence[str], seeds: Sequence[int]) -> Found:
    """Kind, tag, text, points and detail of the Result for an answer at the other end of this line."""
    try:
        outcome = judged(line, exercise, answer, others, seeds)
    except Lost as lost:
        return lost.kind, lost.tag, lost.text, 0.0, lost.detail
    except Exception as error:  # noqa: BLE001  as above
        return _fault(error)
    detail = outcome.full if isinstance(outcome, Unseen) else ""
    return kind_of(outcome), outcome.tag, outcome.text, points_for(exercise, outcome), detail


def _fault(error: Exception) -> Found:
    where = "".join(traceback.format_exception(error)[-3:])
    return "technical", "fault", "This exercise could not be graded; your answer is not to blame.", 0.0, where


def _died(exercise: Exercise, died: Died) -> Found:
    """The judge's own process has come to an end at what this answer had it do."""
    if died.late:
        return "timeout", "time", f"What `{exercise.name}` asked for took too long.", 0.0, f"The judge: {died}."
    text = "This exercise could not be graded: looking at what came of your answer took more than there is."
    return "technical", "judge-died", text, 0.0, f"The judge's process for this exercise: {died}."


def kind_of(outcome: Outcome) -> str:
    """The kind of a Result for an outcome."""
    if outcome.tag == "fault":
        return "technical"
    return "timeout" if outcome.tag == "time" else outcome.kind


def points_for(exercise: Exercise, outcome: Outcome) -> float:
    """All points for a right answer; of a wrong one those that the exercise declares for what was found."""
    return float(exercise.points) if outcome.passed else float(exercise.parts.get(outcome.tag, 0))


def drawn(seed: int, exercise: str) -> list[int]:
    """The seeds of an exercise's questions: far from those of the notebook, which everybody can try."""
    numbers = random.Random(f"{seed}/{exercise}")
    return [numbers.randrange(2**32, 2**48) for _ in range(SEEDS)]
