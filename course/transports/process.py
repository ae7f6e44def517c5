"""The network whose workers live in another process: every message becomes bytes and crosses a pipe.

COURSE_TRANSPORT=process puts every VirtualWorker there. One host process (`host.py`) serves all sessions of a notebook;
it starts with the first worker and ends with the notebook. If it dies, whoever talks to it gets a WorkerGoneError at
once, because the pipe closes with it.
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
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, BinaryIO, cast

import torch

from course import errors
from course.codec import decode, decode_sealed, encode
from course.errors import CourseError, UnknownWorkerError, WorkerGoneError
from course.messages import (
    Answer,
    Assign,
    Delete,
    Execute,
    Get,
    GraphEnds,
    Item,
    Message,
    Move,
    Peek,
    PointerSpec,
    Reply,
    Send,
)
from course.transports.host import read_frame, request_frame, split_answer, write_frame
from course.transports.in_process import Network
from course.virtual_worker import VirtualWorker

__all__ = ["HostProcess", "ProcessNetwork"]


class HostProcess:
    """A running host process and the pipes to it.

    One thread talks to it: an interrupted cell stops waiting, but never leaves half a frame in a pipe. Requests queue
    up, in the order of the program; a pointer that dies, in the middle of anything, only puts one more into the queue.
    """

    current: HostProcess | None = None

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "course.transports.host"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "COURSE_TRANSPORT": "in_process"},
        )
        self.requests: SimpleQueue[tuple[bytes, SimpleQueue[bytes | None] | None] | None] = SimpleQueue()
        self.carried = 0  # bytes of messages, both ways
        self.talker = threading.Thread(target=self._talk, daemon=True)
        self.talker.start()
        atexit.register(self.stop)

    @classmethod
    def running(cls) -> HostProcess:
        """The host process of this notebook, started if there is none."""
        if cls.current is None or not cls.current.is_alive:
            cls.current = HostProcess()
        return cls.current

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    @property
    def is_talking(self) -> bool:
        """Whether this is the thread that answers requests, which must not wait for one."""
        return threading.current_thread() is self.talker

    def stop(self) -> None:
        """End the process, whatever it is doing: the workers' objects go with the notebook."""
        self.process.kill()
        self.requests.put(None)
        self.talker.join()

    def request(self, worker: str, session: int, verb: str, body: bytes) -> tuple[list[bytes], bytes | None, Any, Any]:
        """Send a request and wait for its answer. WorkerGoneError if the process has died."""
        answer: SimpleQueue[bytes | None] = SimpleQueue()
        self.requests.put((request_frame(session, verb, body), answer))
        frame = _wait_for(answer)
        if frame is None:
            raise WorkerGoneError(worker, self._ending())
        return split_answer(frame)

    def tell(self, session: int, verb: str, body: bytes) -> None:
        """Send a request that nobody waits for. Never an error: if the process has died, the objects have too."""
        self.requests.put((request_frame(session, verb, body), None))

    def _talk(self) -> None:
        stdin, stdout = cast(BinaryIO, self.process.stdin), cast(BinaryIO, self.process.stdout)
        for frame, answer in iter(self.requests.get, None):
            try:
                write_frame(stdin, frame)
                reply = None if answer is None else read_frame(stdout)
            except OSError:  # the process has died
                reply = None
            if answer is not None:
                answer.put(reply)

    def _ending(self) -> str:
        code = self.process.wait()
        return f"killed by signal {-code}" if code < 0 else f"exit status {code}"


def _wait_for(answer: SimpleQueue[bytes | None]) -> bytes | None:
    """What comes, in short waits: not everywhere does an interrupt end a long one."""
    while True:
        with suppress(Empty):
            return answer.get(timeout=0.2)


class ProcessNetwork(Network):
    """Handles to workers in the host process; the transcript is here."""

    sessions = itertools.count(1)

    def __init__(self, me: VirtualWorker, seed: int | None) -> None:
        super().__init__(me, seed)
        self.session = next(self.sessions)
        self.host: HostProcess | None = None
        self.chains = False  # whether a worker over there has ever got a pointer

    def start(self) -> None:
        if self.host is None:
            self.host = HostProcess.running()
            body = json.dumps([torch.get_num_threads(), self.seed]).encode()
            self.host.request(self.me.id, self.session, "open", body)

    def _request(self, worker: str, verb: str, body: bytes) -> tuple[bytes | None, Any]:
        """Ask the host, write down what its workers sent each other meanwhile, raise what they raised."""
        self.start()
        log, reply, value, error = cast(HostProcess, self.host).request(worker, self.session, verb, body)
        for header in log:
            self._note(decode_sealed(header))
        if error is not None:
            raise rebuild(*error)
        return reply, value

    def _note(self, message: Message) -> None:
        """Write down a message between two workers over there, which may have changed gradients."""
        self.log(message)
        if isinstance(message, GraphEnds):
            self.graph_end_told = True
            self.warn_of_graph_end(message.sender, message.ref)
        if isinstance(message, Assign) or (isinstance(message, Execute) and message.op.endswith("backward")):
            self.backwards += 1

    def deliver(self, message: Message) -> Any:
        self.log(message)
        if not self.is_open:
            raise UnknownWorkerError(message.receiver, f"A {type(message).__name__} message")
        self.handle(message.receiver)
        if isinstance(message, Send):
            self.chains |= any(isinstance(item.value, PointerSpec) for item in message.items)
        body = encode(message)
        answer, _ = self._request(message.receiver, "deliver", body)
        self._count(body)
        if answer is None:
            return None
        self._count(answer)
        reply = cast("Reply | Answer", decode(answer))
        self.log(reply)
        return reply

    def _count(self, body: bytes) -> None:
        if self.host is not None:
            self.host.carried += len(body)

    def _tell(self, verb: str, body: bytes) -> None:
        """Say something that nobody waits for; nothing where there is nobody to hear it."""
        if self.is_open and self.host is not None:
            self.host.tell(self.session, verb, body)

    def release(self, message: Get | Move) -> None:
        self._tell("release", encode(message))

    def withdraw(self, message: Move) -> None:
        self._tell("withdraw", encode(message))

    def restore(self, message: Get, item: Item) -> None:
        body = encode(Reply(message.receiver, message.sender, (item,)))
        self._tell("restore", body)

    def drop(self, message: Delete) -> None:
        if self.is_open and self.host is not None and self.host.is_alive:
            self.log(message)
            body = encode(message)
            self._count(body)
            self._let_go(message.receiver, body)

    def _let_go(self, worker: str, body: bytes) -> None:
        """Nobody waits, unless the object may be a pointer, whose end is one more message to be written down here."""
        host = cast(HostProcess, self.host)
        if not self.chains or host.is_talking:
            host.tell(self.session, "drop", body)
            return
        with suppress(WorkerGoneError):
            self._request(worker, "deliver", body)

    def add(self, name: str) -> VirtualWorker:
        if name not in self.handles:
            self._request(name, "add", json.dumps(name).encode())
            self.handles[name] = VirtualWorker.connect(name, self)
        return self.handles[name]

    def restart_ids(self, seed: int | None) -> None:
        super().restart_ids(seed)
        if self.host is not None:
            self._request(self.me.id, "seed", json.dumps(seed).encode())

    def close(self) -> None:
        if self.is_open and self.host is not None:  # a reset may have closed it
            self.host.tell(self.session, "close", b"")
        super().close()

    def count(self, name: str) -> int:
        return len(self.ids_on(name))

    def ids_on(self, name: str) -> list[int]:
        if name == self.me.id or not self.is_open:
            return []
        _, ids = self._request(name, "ids_on", json.dumps(name).encode())
        return cast("list[int]", ids)

    def peek(self, name: str, ids: list[int]) -> tuple[Item, ...]:
        if not ids:
            return ()
        answer, _ = self._request(name, "peek", json.dumps([name, ids]).encode())
        peek = cast(Peek, decode(cast(bytes, answer)))
        self._count(cast(bytes, answer))
        self.log(peek)
        return peek.items


# What an operation may raise, by name: nothing else from the other side becomes a class here.
KNOWN_ERRORS = {name: getattr(errors, name) for name in errors.__all__} | {
    name: getattr(builtins, name)
    for name in "ArithmeticError AssertionError AttributeError IndexError KeyError MemoryError NotImplementedError "
    "OverflowError RuntimeError TypeError ValueError ZeroDivisionError".split()
}
KNOWN_ERRORS["_LinAlgError"] = torch.linalg.LinAlgError  # type: ignore[attr-defined]


def rebuild(name: str, *facts: str) -> Exception:
    """The error that the other side reported."""
    kind = KNOWN_ERRORS.get(name)
    error: Exception = RuntimeError(f"{name}: {' '.join(facts)}") if kind is None else kind(*map(str, facts))
    if isinstance(error, CourseError):
        error.facts = tuple(map(str, facts))
    return error
