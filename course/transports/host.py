"""The other process: hosts any number of workers, reads messages from its input and writes answers to its output.

Started by `process.py` as `python -m course.transports.host`. It has no access to the notebook: all that it knows came
in as bytes. Messages between two workers that both live here are turned into bytes and back as well, and reported to
the notebook, whose transcript holds every message.

A request is the session, what to do and a body. Some are not answered (`UNANSWERED`): as many as there are travel in
one frame, with the one behind them that is. Requests are done one by one, in their order. If an operation (`do`) fails
that is not answered, nothing is done of what is to be answered until the notebook has `heard` of it: each such request
is answered with that failure.
"""

from __future__ import annotations

import ctypes
import functools
import json
import os
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple, TypeAlias

import torch

from course.codec import DTYPES, decode, encode, encode_apart, encode_sealed
from course.errors import CourseError, LateError
from course.messages import Answer, Delete, Execute, Get, Message, Move, Peek, Rename, Reply, Run
from course.operations import DRAWING
from course.transports.frames import NO_SHELF, Frame, read_frame, write_frame
from course.transports.in_process import Network
from course.transports.shelf import shared
from course.virtual_worker import VirtualWorker
from course.worker import set_grad_mode

__all__ = [
    "HostNetwork",
    "NOTHING",
    "Outcome",
    "Surroundings",
    "main",
    "random_state",
    "request",
    "set_random_state",
    "surroundings",
]


# ---- requests and answers: the same on both sides -----------------------------------------------------------------

REQUEST = struct.Struct(">IBQ")  # session, length of the verb, length of the body


def request(session: int, verb: str, body: bytes = b"") -> bytes:
    """A request: who asks, what to do, and with what. Requests may follow each other in one frame."""
    return REQUEST.pack(session, len(verb), len(body)) + verb.encode() + body


def requests_in(first: bytes | memoryview) -> list[tuple[int, str, bytes]]:
    """The requests of a frame: session, verb and body of each. ValueError for bytes that are none."""
    found, at = [], 0
    while at + REQUEST.size < len(first):
        session, verb, body = REQUEST.unpack_from(first, at)
        start = at + REQUEST.size
        middle, at = start + verb, start + verb + body
        found.append((session, str(first[start:middle], "ascii"), bytes(first[middle:at])))
    if at != len(first) or not found:
        raise ValueError("these bytes are no requests")
    return found


class Outcome(NamedTuple):
    """What is answered to a request. Most often there is nothing to say, in no bytes at all."""

    log: Sequence[bytes] = ()  # the messages sent on the way: of a watched worker whole, else their headers
    reply: bytes | None = None
    value: Any = None
    error: list[Any] | None = None
    random_state: bytes | None = None  # of torch's generator, where the request drew numbers

    def to_bytes(self) -> bytes:
        bodies = [*self.log, self.reply or b"", self.random_state or b""]
        lengths = [len(body) for body in bodies]
        head = json.dumps([lengths, self.reply is not None, self.value, self.error]).encode()
        return b"".join([len(head).to_bytes(4, "big"), head, *bodies])

    @classmethod
    def of(cls, frame: bytes | memoryview) -> Outcome:
        if not len(frame):
            return NOTHING
        at = 4 + int.from_bytes(frame[:4], "big")
        lengths, has_reply, value, error = json.loads(bytes(frame[4:at]))
        bodies = []
        for length in lengths:
            bodies.append(bytes(frame[at : at + length]))
            at += length
        *log, reply, random_state = bodies
        return cls(log, reply if has_reply else None, value, error, random_state or None)


NOTHING = Outcome()


def no_room(size: int) -> list[Any]:
    """The error for tensors that have come to where there is no memory for them."""
    return ["MemoryError", f"there is no memory for tensors of {size:,} bytes"]


def may_draw(message: Message) -> bool:
    """Whether this is about an operation that may draw random numbers, or about a plan, which may have such a step."""
    return message.op in DRAWING if isinstance(message, Execute) else isinstance(message, Run)


def random_state() -> bytes:
    """The state of torch's generator."""
    state = torch.default_generator.get_state()
    return ctypes.string_at(state.data_ptr(), len(state))


def set_random_state(state: bytes) -> None:
    torch.set_rng_state(torch.frombuffer(bytearray(state), dtype=torch.uint8))


Around: TypeAlias = "tuple[int, torch.dtype, bool, torch.dtype | None]"  # as torch tells it


class Surroundings(NamedTuple):
    """What around a torch call changes what it does, besides gradients: those each Execute names itself."""

    threads: int
    dtype: str
    inference: bool
    autocast: str | None

    @classmethod
    def of(cls, around: Around) -> Surroundings:
        threads, dtype, inference, autocast = around
        return cls(threads, str(dtype)[6:], inference, str(autocast)[6:] if autocast else None)

    def to_bytes(self) -> bytes:
        return json.dumps(self).encode()

    def enter(self, stack: ExitStack) -> None:
        """Make it so here, until the stack is closed."""
        torch.set_num_threads(self.threads)
        torch.set_default_dtype(DTYPES[self.dtype])
        if self.inference:
            stack.enter_context(torch.inference_mode())
        if self.autocast:
            stack.enter_context(torch.autocast("cpu", DTYPES[self.autocast]))


@contextmanager
def plain_surroundings() -> Iterator[None]:
    """Neither inference mode nor autocast."""
    with torch.inference_mode(False), torch.autocast("cpu", enabled=False):
        yield


is_inference = torch.is_inference_mode_enabled
autocast_enabled = functools.partial(torch.is_autocast_enabled, "cpu")
autocast_dtype = functools.partial(torch.get_autocast_dtype, "cpu")


def surroundings() -> Around:
    """The surroundings: threads, dtype, whether in inference mode, and the dtype of autocast if that is on."""
    autocast = autocast_dtype() if autocast_enabled() else None
    return torch.get_num_threads(), torch.get_default_dtype(), is_inference(), autocast


def as_they_are(values: list[torch.Tensor]) -> list[torch.Tensor]:
    """The tensors themselves, for a message that becomes bytes at once: these are the copy."""
    return values


def joined(bodies: Sequence[bytes]) -> bytes:
    """Several messages in one body, each behind its length."""
    return b"".join([part for body in bodies for part in (len(body).to_bytes(8, "big"), body)])


def parted(body: bytes) -> Iterator[bytes]:
    """The messages that `joined` put into one body."""
    at = 0
    while at < len(body):
        end = at + 8 + int.from_bytes(body[at : at + 8], "big")
        yield body[at + 8 : end]
        at = end


# ---- the workers here --------------------------------------------------------------------------------------------


class HostNetwork(Network):
    """The workers of one session. What they send each other passes through bytes, and is reported."""

    apart = staticmethod(as_they_are)

    def __init__(self) -> None:
        me = VirtualWorker.connect("me")
        super().__init__(me, None)
        self.enter()
        self.sent: list[bytes] = []
        self.failure: tuple[str, ...] = ()  # the facts of an operation that failed while nobody waited for it
        self.log = self.report

    def report(self, message: Message) -> None:
        """Keep a message for the notebook: its header alone, unless its sender or its receiver is watched."""
        whole = message.sender in self.watched or message.receiver in self.watched
        self.sent.append(encode(message) if whole else encode_sealed(message))

    def deliver(self, message: Message) -> Any:
        """A message from one worker here to another one here."""
        reply = super().deliver(decode(encode(message)))
        return None if reply is None else decode(encode(reply))

    def receive(self, message: Message) -> Reply | Answer | None:
        """A message from the notebook, which has already written it down."""
        if isinstance(message, (Execute, Run)):
            set_grad_mode(message.grad_mode)
        return self.workers[message.receiver].execute(message)

    def receive_unawaited(self, message: Execute) -> None:
        """An operation that nobody waits for: its result has to come under the id that it was given."""
        store = self.workers[message.receiver].store
        if message.result is None or not store.is_free(message.result):
            raise ValueError(f"the id {message.result} is taken")
        self.receive(message)

    def forget(self, message: Delete) -> None:
        """A pointer of the notebook is gone."""
        self.workers[message.receiver].store.delete(message.ref)

    def warn_of_graph_end(self, owner: str, id: int) -> None:
        """The notebook warns, when it reads the message."""

    def look(self, name: str, ids: list[int]) -> Peek:
        """Copies of objects, to be looked at; the notebook writes down the peek."""
        items = self.peek(name, ids)
        if items:
            self.sent.pop()
        return Peek(name, self.me.id, items)


class Host:
    """Answers requests for any number of sessions, one after the other."""

    def __init__(self) -> None:
        self.sessions: dict[int, HostNetwork] = {}
        self.apart: Sequence[torch.Tensor] = ()  # the large tensors of the request
        self.stack = ExitStack()
        self.random_state = b""
        self.drew = False  # whether the request may have drawn random numbers
        self.plain = True  # whether the surroundings are without inference mode and autocast

    def answer(self, frame: Frame) -> tuple[bytes, list[torch.Tensor]] | None:
        """Do the requests of a frame. The answer to the last, and its large tensors; None where nobody waits for one.

        The large tensors of the frame are those of the last request, too.
        """
        *unanswered, last = requests_in(frame.first)
        for one in unanswered:
            self._answer(*one)
        self.apart = frame.large
        return self._answer(*last, error=no_room(frame.lacking) if frame.lacking else None)

    def _answer(
        self, session: int, verb: str, body: bytes, error: list[Any] | None = None
    ) -> tuple[bytes, list[torch.Tensor]] | None:
        """The answer to one request, which with an error is not carried out."""
        self.drew = False
        reply, value = None, None
        large: list[torch.Tensor] = []
        try:
            if error is None:
                message, value = VERBS[verb](self, session, body)
                if message is not None:
                    reply, large = encode_apart(message)
        except Exception as mistake:  # noqa: BLE001  whatever an operation raises belongs to whoever asked for it
            error = [type(mistake).__name__, *(mistake.facts if isinstance(mistake, CourseError) else [str(mistake)])]
            value = getattr(mistake, "__notes__", None)
        finally:
            self.apart = ()
        if verb in UNANSWERED:
            return None
        outcome = self.said(session), reply, value, error, self._drawn()
        return b"" if outcome == NOTHING else Outcome(*outcome).to_bytes(), large

    def said(self, session: int) -> Sequence[bytes]:
        """What the workers of this session have sent each other since they were last asked."""
        network = self.sessions.get(session)
        if network is None or not network.sent:
            return ()
        log, network.sent = network.sent, []
        return log

    def _drawn(self) -> bytes | None:
        """The state of the generator, if the request has drawn from it."""
        state = random_state() if self.drew else self.random_state
        if state == self.random_state:
            return None
        self.random_state = state
        return state

    def open(self, session: int, body: bytes) -> tuple[None, None]:
        self.sessions[session] = HostNetwork()
        return self.seed(session, body)

    def close(self, session: int, body: bytes) -> tuple[None, None]:
        self.sessions.pop(session).close()
        return None, None

    def surround(self, session: int, body: bytes) -> tuple[None, None]:
        """From here on as it is around the notebook's calls."""
        self.stack.close()
        around = Surroundings(*json.loads(body))
        around.enter(self.stack)
        self.plain = not around.inference and around.autocast is None
        return None, None

    def draw_from(self, session: int, body: bytes) -> tuple[None, None]:
        """From here on the generator is in the state of the notebook's."""
        set_random_state(body)
        self.random_state = body
        return None, None

    def deliver(self, session: int, body: bytes) -> tuple[Any, None]:
        message = decode(body, self.apart)
        network = self.sessions[session] if type(message) in BY_THE_WAY else self._checked(session)
        self.drew = may_draw(message)
        return network.receive(message), None

    def joint(self, session: int, body: bytes) -> tuple[None, Any]:
        """A protocol, as messages to each of its parties."""
        network = self._checked(session)
        messages: Any = [decode(part) for part in parted(body)]
        return None, network.run_together(network, messages)

    def do(self, session: int, body: bytes) -> tuple[None, None]:
        """An operation that nobody waits for. It knows no inference mode and no autocast."""
        network, op, worker = self.sessions[session], "an operation", "a worker"
        try:
            message: Any = decode(body)
            op, worker = message.op, message.receiver
            if self.plain:
                network.receive_unawaited(message)
            else:
                with plain_surroundings():
                    network.receive_unawaited(message)
        except Exception as mistake:  # noqa: BLE001  whatever an operation raises belongs to whoever asked for it
            network.failure = network.failure or (op, worker, f"{type(mistake).__name__}: {mistake}")
        return None, None

    def heard(self, session: int, body: bytes) -> tuple[None, None]:
        """The notebook has heard what failed."""
        self.sessions[session].failure = ()
        return None, None

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
        reply = decode(body, self.apart)
        if isinstance(reply, Reply) and session in self.sessions:
            self.sessions[session].workers[reply.sender].restore(reply.items[0])
        return None, None

    def drop(self, session: int, body: bytes) -> tuple[None, None]:
        message = decode(body)
        if isinstance(message, Delete) and session in self.sessions:
            self.sessions[session].forget(message)
        return None, None

    def add(self, session: int, body: bytes) -> tuple[None, None]:
        self._checked(session).add(json.loads(body))
        return None, None

    def seed(self, session: int, body: bytes) -> tuple[None, None]:
        self._checked(session).restart_ids(json.loads(body))
        return None, None

    def watch(self, session: int, body: bytes) -> tuple[None, None]:
        self.sessions[session].watch(tuple(json.loads(body)))
        return None, None

    def ids_on(self, session: int, body: bytes) -> tuple[None, list[int]]:
        return None, self._checked(session).ids_on(json.loads(body))

    def peek(self, session: int, body: bytes) -> tuple[Any, None]:
        name, ids = json.loads(body)
        return self._checked(session).look(name, ids), None

    def _checked(self, session: int) -> HostNetwork:
        """The session. LateError if something has failed in it that the notebook has not heard of."""
        network = self.sessions[session]
        if network.failure:
            raise LateError(*network.failure)
        return network


VERBS: dict[str, Callable[[Host, int, bytes], tuple[Any, Any]]] = {
    verb: getattr(Host, verb)
    for verb in (
        "add close deliver do draw_from drop heard ids_on joint open peek release restore seed surround watch withdraw"
    ).split()
}
UNANSWERED = frozenset({"close", "do", "draw_from", "drop", "heard", "release", "restore", "surround", "withdraw"})
BY_THE_WAY = frozenset({Delete, Rename})  # what pointers say when they die, wherever that is: no place for an error


def main() -> None:
    """Answer requests until the notebook closes the pipe, or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # interrupting a cell must not end the workers
    end_with_the_notebook()
    source = sys.stdin.buffer
    target = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what an operation prints must not get among the answers
    host, shelf = Host(), given_shelf()
    while (frame := read_frame(source, shelf)) is not None:
        answer = host.answer(frame)
        if answer is not None:
            write_frame(target, *answer, shelf)


def given_shelf() -> memoryview:
    """The shelf that the notebook has given along; an empty one if there is none."""
    return shared(int(sys.argv[2])) if len(sys.argv) > 2 else NO_SHELF


def end_with_the_notebook() -> None:
    """End when the parent process does, also if a child of it still holds the pipe open."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
    if "main" in sys.argv and sys.platform == "linux":  # started by a thread that lives as long as its process
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # works for a host that is stopped, too


PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    main()
