"""The other process: hosts any number of workers, reads messages from its input and writes answers to its output.

Started by `process.py` as `python -m course.transports.host`. It has no access to the notebook: all that it knows came
in as bytes. Messages between two workers that both live here are turned into bytes and back as well, and reported to
the notebook, whose transcript holds every message.

A request is a frame with the session, what to do and a body. Requests are answered one by one, in their order.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

import torch

from course.codec import decode, encode, encode_sealed
from course.errors import CourseError
from course.messages import Answer, Delete, Execute, Get, Message, Move, Peek, Reply, seal, unseal
from course.transports.in_process import Network
from course.virtual_worker import VirtualWorker

__all__ = ["HostNetwork", "answer_frame", "main", "read_frame", "request_frame", "split_answer", "write_frame"]


# ---- frames: the same on both sides ------------------------------------------------------------------------------


def write_frame(pipe: BinaryIO, *parts: bytes) -> None:
    """Write one frame: its length in 8 bytes, then its parts."""
    pipe.write(b"".join([sum(map(len, parts)).to_bytes(8, "big"), *parts]))
    pipe.flush()


def read_frame(pipe: BinaryIO) -> bytes | None:
    """The next frame, or None at the end of the input."""
    head = pipe.read(8)
    if len(head) < 8:
        return None
    body = pipe.read(int.from_bytes(head, "big"))
    return body if len(body) == int.from_bytes(head, "big") else None


def request_frame(session: int, verb: str, body: bytes) -> bytes:
    head = json.dumps([session, verb]).encode()
    return len(head).to_bytes(4, "big") + head + body


def split_request(frame: bytes) -> tuple[int, str, bytes]:
    end = 4 + int.from_bytes(frame[:4], "big")
    session, verb = json.loads(frame[4:end])
    return session, verb, frame[end:]


def answer_frame(log: list[bytes], reply: bytes | None, value: Any, error: list[Any] | None) -> bytes:
    """The headers of the messages sent on the way, a reply in bytes, a plain value, or an error."""
    bodies = [*log, reply or b""]
    head = json.dumps([[len(body) for body in bodies], reply is not None, value, error]).encode()
    return b"".join([len(head).to_bytes(4, "big"), head, *bodies])


def split_answer(frame: bytes) -> tuple[list[bytes], bytes | None, Any, list[Any] | None]:
    at = 4 + int.from_bytes(frame[:4], "big")
    lengths, has_reply, value, error = json.loads(frame[4:at])
    bodies = []
    for length in lengths:
        bodies.append(frame[at : at + length])
        at += length
    return bodies[:-1], bodies[-1] if has_reply else None, value, error


# ---- the workers here --------------------------------------------------------------------------------------------


class HostNetwork(Network):
    """The workers of one session. What they send each other passes through bytes, and is reported."""

    def __init__(self) -> None:
        me = VirtualWorker.connect("me")
        super().__init__(me, None)
        self.enter()
        self.sent: list[Message] = []
        self.log = lambda message: self.sent.append(unseal(seal(message)))
        self.random_state = torch.get_rng_state()

    def deliver(self, message: Message) -> Any:
        """A message from one worker here to another one here."""
        reply = super().deliver(decode(encode(message)))
        return None if reply is None else decode(encode(reply))

    def receive(self, message: Message) -> Reply | Answer | None:
        """A message from the notebook, which has already written it down."""
        worker = self.workers[message.receiver]
        if not isinstance(message, Execute):
            return worker.execute(message)
        with torch.set_grad_enabled(message.grad_mode):
            return worker.execute(message)

    def forget(self, message: Delete) -> None:
        """A pointer of the notebook is gone."""
        self.workers[message.receiver].store.delete(message.ref)

    def warn_of_graph_end(self, owner: str, id: int) -> None:
        """The notebook warns, when it reads the message."""

    def look(self, name: str, ids: list[int]) -> Peek:
        """Copies of objects, to be looked at; the notebook writes down the peek."""
        items = self.peek(name, ids)
        self.sent = [message for message in self.sent if not isinstance(message, Peek)]
        return Peek(name, self.me.id, items)


class Host:
    """Answers requests for any number of sessions, one after the other."""

    def __init__(self) -> None:
        self.sessions: dict[int, HostNetwork] = {}

    def answer(self, frame: bytes) -> bytes | None:
        """The answer to a request; None where nobody waits for one."""
        session, verb, body = split_request(frame)
        reply, value, error = None, None, None
        try:
            reply, value = VERBS[verb](self, session, body)
        except Exception as mistake:  # noqa: BLE001  whatever an operation raises belongs to whoever asked for it
            error = [type(mistake).__name__, *(mistake.facts if isinstance(mistake, CourseError) else [str(mistake)])]
        if verb in UNANSWERED:
            return None
        network = self.sessions.get(session)
        log = [] if network is None else [encode_sealed(message) for message in network.sent]
        if network is not None:
            network.sent.clear()
        return answer_frame(log, None if reply is None else encode(reply), value, error)

    def open(self, session: int, body: bytes) -> tuple[None, None]:
        threads, seed = json.loads(body)
        torch.set_num_threads(threads)
        self.sessions[session] = HostNetwork()
        return self.seed(session, json.dumps(seed).encode())

    def close(self, session: int, body: bytes) -> tuple[None, None]:
        network = self.sessions.pop(session)
        network.close()
        torch.set_rng_state(network.random_state)
        return None, None

    def deliver(self, session: int, body: bytes) -> tuple[Any, None]:
        return self.sessions[session].receive(decode(body)), None

    def release(self, session: int, body: bytes) -> tuple[None, None]:
        message = decode(body)
        if isinstance(message, (Get, Move)) and session in self.sessions:
            self.sessions[session].release(message)
        return None, None

    def withdraw(self, session: int, body: bytes) -> tuple[None, None]:
        message = decode(body)
        if isinstance(message, Move) and session in self.sessions:
            self.sessions[session].withdraw(message)
        return None, None

    def restore(self, session: int, body: bytes) -> tuple[None, None]:
        reply = decode(body)
        if isinstance(reply, Reply) and session in self.sessions:
            self.sessions[session].workers[reply.sender].restore(reply.items[0])
        return None, None

    def drop(self, session: int, body: bytes) -> tuple[None, None]:
        message = decode(body)
        if isinstance(message, Delete) and session in self.sessions:
            self.sessions[session].forget(message)
        return None, None

    def add(self, session: int, body: bytes) -> tuple[None, None]:
        self.sessions[session].add(json.loads(body))
        return None, None

    def seed(self, session: int, body: bytes) -> tuple[None, None]:
        seed = json.loads(body)
        self.sessions[session].restart_ids(seed)
        if seed is not None:
            torch.manual_seed(seed)
        return None, None

    def ids_on(self, session: int, body: bytes) -> tuple[None, list[int]]:
        return None, self.sessions[session].ids_on(json.loads(body))

    def peek(self, session: int, body: bytes) -> tuple[Any, None]:
        name, ids = json.loads(body)
        return self.sessions[session].look(name, ids), None


VERBS: dict[str, Callable[[Host, int, bytes], tuple[Any, Any]]] = {
    verb: getattr(Host, verb)
    for verb in "open close deliver release restore withdraw drop add seed ids_on peek".split()
}
UNANSWERED = frozenset({"close", "drop", "release", "restore", "withdraw"})


def main() -> None:
    """Answer requests until the notebook closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # interrupting a cell must not end the workers
    source = sys.stdin.buffer
    target = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what an operation prints must not get among the answers
    host = Host()
    while (frame := read_frame(source)) is not None:
        answer = host.answer(frame)
        if answer is not None:
            write_frame(target, answer)


if __name__ == "__main__":
    main()
