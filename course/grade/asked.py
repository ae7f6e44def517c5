"""The function that a probe calls where the answer is somewhere else: at the seat, at the other end of a line.

`Asked` is called like any function. It has the answer called at the seat (course/seat), and lets it work with what is
here: all workers, their stores and the transcript are in the judge's process, the student's pointers lead to them by
messages. What comes back is plain data and reviewed messages, read with care: whatever cannot be read is `Lost`.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

from course import session
from course.codec import decode, encode
from course.errors import UnknownWorkerError
from course.grade.kinds import Answer
from course.learn.draws import Draws
from course.learn.exercise import Exercise
from course.learn.limit import OutOfTime
from course.messages import Delete, Execute, Get, Message, Move, Reply, Run
from course.seat.answering import PRINTED
from course.seat.crossing import READING, Crossing, is_request
from course.seat.desk import Desk
from course.seat.generators import Generators
from course.seat.wire import Ended, Garbled, Late, Line
from course.transports.host import random_state, set_random_state

__all__ = ["Asked", "Lost", "Stopped"]

PATIENCE = 20.0  # times an exercise's own seconds, and at least
SECONDS = 60.0
DEFINING = 20.0  # seconds for the cells before the first call


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
        except Exception as error:
            if verb != "define":  # of what was called: it belongs to the probe
                raise
            self.lost = self._garbled(f"{type(error).__name__}: {error}")
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
                count, safe = draws
                counts.count, counts.safe = counts.count + int(count), counts.safe + int(safe)
            unknown = [] if not more or more[0] is None else [str(fact)[:PRINTED] for fact in more[0]]
            return kind, value, unknown, str(printed)[:PRINTED]

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
