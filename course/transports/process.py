"""The network whose workers live in another process: every message becomes bytes and crosses a pipe.

COURSE_TRANSPORT=process puts every VirtualWorker there. One host process (`host.py`) serves all sessions of a notebook;
it starts with the first worker and ends with the notebook. If it dies, whoever talks to it gets a WorkerGoneError at
once, because the pipe closes with it.

1. A message is written down in the transcript, becomes bytes (`course/codec.py`) and stands in line (`link.py`). All
   go through the pipe, but those of larger tensors through memory that both processes share (`shelf.py`).
2. Most messages are waited for. The host answers with the reply, or with the error, which is raised in the line that
   asked, or in no bytes at all: it was done.
3. A deletion is not waited for, because nobody needs to know when it is done.
4. Nor is an operation that cannot fail, as far as the notebook knows, because it also knows what comes out
   (`known.py`). What has no answer goes off with the next message that has one, or when many stand in line. The host
   writes nothing about it, so the two pipes cannot both be full; where the one to the host is, the next operation is
   waited for.
5. The host does everything in the order of the line. So what has an answer comes after all that has none, and nobody
   can tell whether an operation was waited for, but by the clock.
6. If an operation of 4. fails all the same (there is no memory, another thread took its object away), the host does
   nothing more that has an answer until the notebook has heard of it. The next line that waits raises a LateError with
   the operation's name, and has done nothing.
"""

from __future__ import annotations

import atexit
import builtins
import itertools
import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, BinaryIO, cast

import torch

from course import errors
from course.codec import decode, decode_sealed, encode, encode_apart
from course.errors import CourseError, ForkedError, LateError, UnknownWorkerError, WorkerGoneError
from course.messages import (
    Answer,
    Assign,
    Delete,
    Execute,
    Get,
    GraphEnds,
    Item,
    Joint,
    Message,
    Move,
    Peek,
    Reply,
)
from course.transports.frames import EMPTY, Frame
from course.transports.host import (
    NOTHING,
    Outcome,
    Surroundings,
    as_they_are,
    autocast_enabled,
    is_inference,
    joined,
    may_draw,
    no_room,
    random_state,
    request,
    set_random_state,
    surroundings,
)
from course.transports.in_process import Kept, Network
from course.transports.known import Known
from course.transports.link import Link
from course.transports.shelf import new_shelf, shared
from course.virtual_worker import VirtualWorker

__all__ = ["HostProcess", "ProcessNetwork"]


class HostProcess:
    """A running host process and the link to it."""

    current: HostProcess | None = None

    def __init__(self) -> None:
        main = threading.current_thread() is threading.main_thread()
        shelves = new_shelf()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "course.transports.host", "main" if main else "thread", *map(str, shelves)],
            pass_fds=shelves,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env={**os.environ, "COURSE_TRANSPORT": "in_process"},
        )
        self.link = Link(cast(BinaryIO, self.process.stdout), cast(BinaryIO, self.process.stdin), *map(shared, shelves))
        self.around: tuple[Any, ...] = ()  # the surroundings that the host knows of
        self.random_state = b""  # the state of the generator, as both sides last had it
        self.carried = 0  # bytes of messages, both ways
        self.is_mine = True  # not so in a fork of this process
        atexit.register(self.stop)

    @classmethod
    def running(cls) -> HostProcess:
        """The host process of this notebook, started if there is none."""
        if cls.current is None or not cls.current.is_alive:
            cls.current = HostProcess()
        return cls.current

    @classmethod
    def after_fork(cls) -> None:
        """In a forked process: the host stays with the parent, and must see its pipe end when the parent does."""
        if cls.current is not None:
            cls.current.is_mine = False
            cls.current.link.close()
            cls.current = None

    @property
    def is_alive(self) -> bool:
        return self.is_mine and self.process.poll() is None

    @property
    def is_known_alive(self) -> bool:
        """Whether nobody has noticed its end: that is not asked of the system, which would cost more than a delete."""
        return self.is_mine and self.process.returncode is None

    def stop(self) -> None:
        """End the process, whatever it is doing: the workers' objects go with the notebook."""
        if self.is_mine:
            self.process.kill()
            self.process.wait()

    def perform(
        self,
        worker: str,
        what: str,
        frame: bytes,
        large: Sequence[torch.Tensor] = (),
        settle: Callable[[Frame], None] | None = None,
        before: Callable[[], None] | None = None,
    ) -> None:
        """Send a request and wait for its answer, if it has one. WorkerGoneError if the process has died."""
        if not self.is_mine:
            raise ForkedError(worker, what)
        try:
            self.link.perform(frame, large, settle, before)
        except (EOFError, OSError):
            raise WorkerGoneError(worker, self._ending()) from None

    def tell(self, frame: bytes, now: bool = False) -> None:
        """Send a request that nobody waits for. Never an error: if the process has died, the objects have too.

        It goes with the next one that somebody waits for, or now, if it is of those that free much memory.
        """
        if not self.is_mine:
            return
        self.link.post(frame)
        if now or len(self.link.waiting) > MOST_WAITING:
            self.push()

    def push(self) -> None:
        """Do what can be done without waiting."""
        try:
            self.link.push()
        except (EOFError, OSError):
            self.process.poll()  # whoever looks knows now that it has ended

    def accompany(self, session: int, message: Message) -> None:
        """Tell the host what has changed around the calls here: torch's settings, and its random numbers."""
        around = surroundings()
        if around != self.around:
            self.link.post(request(session, "surround", Surroundings.of(around).to_bytes()))
            self.around = around
        if may_draw(message):
            state = random_state()
            if state != self.random_state:
                self.link.post(request(session, "draw_from", state))
                self.random_state = state

    def take_over(self, state: bytes) -> None:
        """A request has drawn random numbers over there: they count as drawn here, unless somebody seeded anew."""
        if random_state() == self.random_state:
            set_random_state(state)
        self.random_state = state

    def _ending(self) -> str:
        code = self.process.wait()
        return f"killed by signal {-code}" if code < 0 else f"exit status {code}"


MOST_WAITING = 128  # requests that nobody waits for, most of them deletes

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=HostProcess.after_fork)


class Call:
    """A request of a session: what came of it, written down when the answer is here, be it late."""

    __slots__ = ("host", "large", "log", "network", "outcome")

    def __init__(self, network: ProcessNetwork, host: HostProcess) -> None:
        self.network = network
        self.host = host
        self.outcome: Outcome | None = None
        self.large: list[torch.Tensor] = []

    def settle(self, answer: Frame) -> None:
        """Write down what the workers sent each other meanwhile. An interrupt may come, and this is called again."""
        if answer is EMPTY:
            self.outcome = NOTHING
            return
        if self.outcome is None:
            outcome, self.large = Outcome.of(answer.first), answer.large
            if answer.lacking:
                outcome = outcome._replace(error=no_room(answer.lacking))
            self.log = deque(outcome.log)
            self.outcome = outcome
        if self.outcome.random_state is not None:
            self.host.take_over(self.outcome.random_state)
        while self.log:
            self.network.note(read_logged(self.log.popleft()))


class ProcessNetwork(Network):
    """Handles to workers in the host process; the transcript is here."""

    apart = staticmethod(as_they_are)
    sessions = itertools.count(1)

    def __init__(self, me: VirtualWorker, seed: int | None) -> None:
        super().__init__(me, seed)
        self.session = next(self.sessions)
        self.host: HostProcess | None = None
        self.known = Known()

    def start(self) -> None:
        if self.host is None:
            host = HostProcess.running()
            opening = request(self.session, "open", json.dumps(self.seed).encode())
            host.perform(self.me.id, "A request", opening, settle=Call(self, host).settle)
            self.host = host

    def _request(
        self,
        worker: str,
        verb: str,
        body: bytes,
        large: Sequence[torch.Tensor] = (),
        message: Message | None = None,
    ) -> tuple[Outcome, list[torch.Tensor]]:
        """Ask the host; raise what its workers raised. Returns the outcome, and the large tensors of the reply."""
        self.start()
        host: Any = self.host
        call, what, before = Call(self, host), "A request", None
        if message is not None:
            what, before = "A message", partial(host.accompany, self.session, message)
        host.perform(worker, what, request(self.session, verb, body), large, call.settle, before)
        outcome: Any = call.outcome
        if outcome.error is not None:
            if outcome.error[0] == LateError.__name__:
                self._hear_of_failure(host)
            raise rebuild(*outcome.error, notes=outcome.value or ())  # named here, it would keep this frame alive
        return outcome, call.large

    def catch_up(self) -> None:
        """Write down what has been answered since somebody was interrupted."""
        if self.host is not None and self.host.is_mine:
            self.host.push()

    def watch(self, names: tuple[str, ...]) -> None:
        super().watch(names)
        if self.is_open:
            with suppress(WorkerGoneError):  # the end of a block must not hide what ended it
                self._request(self.me.id, "watch", json.dumps(names).encode())

    def note(self, message: Message) -> None:
        """Write down a message between two workers over there, which may have changed gradients."""
        self.log(message)
        if isinstance(message, GraphEnds):
            self.graph_end_told = True
            self.warn_of_graph_end(message.sender, message.ref)
        if isinstance(message, Assign) or (isinstance(message, Execute) and message.op.endswith("backward")):
            self.backwards += 1

    def deliver(self, message: Message) -> Any:
        self.log(message)
        receiver = message.receiver
        if not self.is_open or receiver not in self.handles:
            raise UnknownWorkerError(receiver, f"A {type(message).__name__} message")
        if type(message) is Execute and self._goes_unawaited(message):
            return None
        self.known.forget(message)
        body, large = encode_apart(message)
        outcome, apart = self._request(receiver, "deliver", body, large, message)
        self._count(body, large)
        reply = None
        if outcome.reply is not None:
            self._count(outcome.reply, apart)
            reply = cast("Reply | Answer", decode(outcome.reply, apart))
            self.log(reply)
        self.known.learn(message, reply)
        return reply

    def deliver_joint(self, messages: Sequence[Joint]) -> Kept:
        for message in messages:
            self.log(message)
            if not self.is_open or message.receiver not in self.handles:
                raise UnknownWorkerError(message.receiver, "A Joint message")
            self.known.forget(message)
        bodies = [encode(message) for message in messages]
        body = joined(bodies)
        kept = self._request(messages[0].receiver, "joint", body)[0].value
        self._count(body)
        return None if kept is None else tuple(map(tuple, kept))

    def _goes_unawaited(self, message: Execute) -> bool:
        """Send an operation off that cannot fail, as far as is known here. Whether it was one."""
        host, result = self.host, self.known.foresee(message)
        if result is None or host is None or is_inference() or autocast_enabled():
            return False
        if not (host.is_known_alive and host.link.is_quiet):  # it has ended, or cannot take more
            return False
        body = encode(message)
        self._count(body)
        host.tell(request(self.session, "do", body))
        self.known.expect(message, result)
        return True

    def _hear_of_failure(self, host: HostProcess) -> None:
        """Somebody is told now what failed: the host may go on."""
        host.tell(request(self.session, "heard"))
        self.known.specs.clear()

    def _count(self, body: bytes, large: Sequence[torch.Tensor] = ()) -> None:
        if self.host is not None:
            self.host.carried += len(body) + (sum(map(len, large)) if large else 0)

    def _tell(self, verb: str, message: Message) -> None:
        """Say something that nobody waits for; nothing where there is nobody to hear it."""
        if self.is_open and self.host is not None:
            self.host.tell(request(self.session, verb, encode(message)), now=True)

    def release(self, message: Get | Move) -> None:
        self.known.lose(message.receiver, message.refs)
        self._tell("release", message)

    def withdraw(self, message: Move) -> None:
        self._tell("withdraw", message)

    def restore(self, message: Get, item: Item) -> None:
        self.known.bring(message.receiver, [item.id])
        self._tell("restore", Reply(message.receiver, message.sender, (item,)))

    def drop(self, message: Delete) -> None:
        if self.is_open and self.host is not None and self.host.is_known_alive:
            self.known.lose(message.receiver, [message.ref])
            self.log(message)
            body = encode(message)
            self._count(body)
            self._let_go(self.host, message.receiver, body)

    def _let_go(self, host: HostProcess, worker: str, body: bytes) -> None:
        """Nobody waits, unless the object may be a pointer, whose end is one more message to be written down here."""
        if not self.known.chains or host.link.is_mine:
            host.tell(request(self.session, "drop", body))
            return
        with suppress(WorkerGoneError):
            self._request(worker, "deliver", body)

    def add(self, name: str) -> VirtualWorker:
        if name not in self.handles:
            self._request(name, "add", json.dumps(name).encode())
            self.handles[name] = VirtualWorker.connect(name, self)
        return self.handles[name]

    def restart_ids(self, seed: int | None) -> None:
        self.known.ids_repeat |= self.workers[self.me.id].ids.last != 0
        super().restart_ids(seed)
        if self.host is not None:
            self._request(self.me.id, "seed", json.dumps(seed).encode())

    def close(self) -> None:
        if self.is_open and self.host is not None:  # a reset may have closed it
            self.host.tell(request(self.session, "close"), now=True)
        super().close()

    def count(self, name: str) -> int:
        return len(self.ids_on(name))

    def ids_on(self, name: str) -> list[int]:
        if name == self.me.id or not self.is_open:
            return []
        outcome, _ = self._request(name, "ids_on", json.dumps(name).encode())
        return cast("list[int]", outcome.value)

    def peek(self, name: str, ids: list[int]) -> tuple[Item, ...]:
        if not ids:
            return ()
        outcome, apart = self._request(name, "peek", json.dumps([name, ids]).encode())
        answer = cast(bytes, outcome.reply)
        peek = cast(Peek, decode(answer, apart))
        self._count(answer, apart)
        self.log(peek)
        return peek.items


def read_logged(body: bytes) -> Message:
    """A message as the host reported it: of a watched worker whole, of any other its header, which is JSON."""
    return decode_sealed(body) if body.startswith(b"[") else decode(body)


# What an operation may raise, by name: nothing else from the other side becomes a class here.
KNOWN_ERRORS = {name: getattr(errors, name) for name in errors.__all__} | {
    name: getattr(builtins, name)
    for name in "ArithmeticError AssertionError AttributeError IndexError KeyError MemoryError NotImplementedError "
    "OverflowError RuntimeError TypeError ValueError ZeroDivisionError".split()
}
KNOWN_ERRORS["_LinAlgError"] = torch.linalg.LinAlgError  # type: ignore[attr-defined]


def rebuild(name: str, *facts: str, notes: Iterable[str] = ()) -> Exception:
    """The error that the other side reported, and what it noted."""
    kind = KNOWN_ERRORS.get(name)
    error: Exception = RuntimeError(f"{name}: {' '.join(facts)}") if kind is None else kind(*map(str, facts))
    if isinstance(error, CourseError):
        error.facts = tuple(map(str, facts))
    for note in notes:
        error.add_note(note)
    return error
