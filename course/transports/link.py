"""The notebook's end of the pipes to the host: requests in their order, answers in the same order.

The thread that asks does the writing and the reading itself. An interrupt may end its waiting at any point: what it has
begun stays first in the queue, and whoever asks next finishes it, answer included, before it sends its own request.
So no frame is ever cut, nothing is read twice, and what the answer tells about messages on the way is written down.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import BinaryIO

import torch

from course.transports.frames import NO_SHELF, Arriving, Frame, outgoing

__all__ = ["Exchange", "Link"]

ROOM = 1_048_576  # bytes in a pipe: the fewer times one has to wait for the other, the faster a large tensor goes
PATIENCE = 200  # milliseconds of waiting at a time: not everywhere does an interrupt end a long one
MOMENT = 200_000  # nanoseconds of looking before that: most answers are there sooner than who sleeps is woken up
PRICE = 5_000  # nanoseconds that looking in vain may cost for each wait: a few hundredths of what a wait takes
MOST_TIRED = 1_000  # waits without a look


class Exchange:
    """A request, and the answer where there will be one. `settle` is called once the answer is here.

    An interrupt may also hit `settle`, which is then called again. `batch` are requests without an answer, which go
    before this one, in the same frame.
    """

    __slots__ = ("answer", "batch", "done", "parts", "settle")

    def __init__(
        self,
        batch: list[bytes],
        request: bytes = b"",
        large: Sequence[torch.Tensor] = (),
        settle: Callable[[Frame], None] | None = None,
        shelf: memoryview = NO_SHELF,
    ) -> None:
        self.batch = batch
        self.parts = outgoing(b"".join([*batch, request]), large, shelf)
        self.answer = None if settle is None else Arriving(shelf)
        self.settle = settle
        self.done = False


class Link:
    """Carries out exchanges, one after the other. Raises EOFError or OSError when the host has ended.

    `waiting` are the requests that nobody waits for: they go along with the next exchange.
    """

    def __init__(self, source: BinaryIO, target: BinaryIO, shelf: memoryview = NO_SHELF) -> None:
        self.shelf = shelf
        self.source, self.target = source, target
        self.readinto: Callable[[memoryview], int] = source.readinto  # type: ignore[attr-defined]
        self.read = functools.partial(os.read, source.fileno())
        self.write = functools.partial(os.write, target.fileno())
        self.wait_to_read, self.wait_to_write, self.look = waiting(source.fileno(), target.fileno())
        self.queue: deque[Exchange] = deque()
        self.tired = 0 if cores() > 1 else sys.maxsize  # for how many waits it sleeps at once, without looking
        self.waiting: list[bytes] = []
        self.lock = threading.RLock()  # a thread that was interrupted before it gave the lock back goes on with it
        self.owner = 0  # the thread that has the lock

    @property
    def is_mine(self) -> bool:
        """Whether this thread is in the middle of an exchange: something that died meanwhile wants to be told."""
        return self.owner == threading.get_ident()

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is under way, and nothing has come from the other side, not even its end. In any thread."""
        try:
            return not self.queue and not self.look(0)
        except RuntimeError:  # another thread is looking
            return False

    def perform(
        self,
        request: bytes,
        large: Sequence[torch.Tensor] = (),
        settle: Callable[[Frame], None] | None = None,
        before: Callable[[], None] | None = None,
    ) -> None:
        """Finish what was begun, then do this, answer and all. `before` is called once it is this one's turn."""
        self._give_back()
        with self.lock:
            self.owner = threading.get_ident()
            try:
                if self.queue:
                    self._forget_batched()
                if before is not None:
                    before()
                self._carry_out(Exchange(self.waiting[:], request, large, settle, self.shelf))
            finally:
                self.owner = 0

    def _carry_out(self, exchange: Exchange) -> None:
        try:
            self.queue.append(exchange)
            if exchange.batch:
                self._forget_batched()
            while not exchange.done:
                self._step(patient=True)
        except (EOFError, OSError):
            raise
        except BaseException:  # an interrupt: what is not yet written goes later, and its owner may change it till then
            for part in exchange.parts:
                part.keep()
            raise

    def post(self, request: bytes) -> None:
        """Let a request without an answer go with the next one. Safe at any time, in any thread."""
        self.waiting.append(request)

    def push(self) -> None:
        """Do what can be done without waiting."""
        if self.is_mine:
            return
        self._give_back()
        if not self.lock.acquire(blocking=False):
            return
        try:
            self.owner = threading.get_ident()
            self._forget_batched()
            if self.waiting:
                self.queue.append(Exchange(self.waiting[:]))
                self._forget_batched()
            while self.queue and self._step(patient=False):
                pass
        finally:
            self.owner = 0
            self.lock.release()

    def _give_back(self) -> None:
        """Give the lock back if an interrupt came before that: other threads would wait for it without end."""
        while not self.is_mine and self.lock._is_owned():  # type: ignore[attr-defined]
            self.lock.release()

    def _forget_batched(self) -> None:
        """What is in the last exchange waits no longer. Not done yet where an interrupt came in between."""
        batch = self.queue[-1].batch if self.queue else []
        if batch and self.waiting and self.waiting[0] is batch[0]:
            del self.waiting[: len(batch)]

    def _step(self, patient: bool) -> bool:
        """Do the first exchange. False where that would mean to wait, unless patient."""
        exchange = self.queue[0]
        try:
            for part in exchange.parts:
                while part.left():
                    part.advance(self.write)
        except BlockingIOError:
            if patient:
                self.wait_to_write(PATIENCE)
            return patient
        answer = exchange.answer
        if answer is not None and exchange.settle is not None:
            while (frame := answer.whole()) is None:
                if not (self._await() if patient else self.wait_to_read(0)):
                    return patient
                if not answer.advance(self.read, self.readinto):
                    raise EOFError
            exchange.settle(frame)
        self.queue.popleft()
        exchange.done = True
        return True

    def _await(self) -> object:
        """Wait until something has come: look for it for a moment, then sleep.

        A look that lasts is in vain: the answer takes its time, or other work wants this core and has had it meanwhile,
        for who never sleeps does not go first. So the longer it lasted, the more waits do without.
        """
        if self.tired:
            self.tired -= 1
            return self.wait_to_read(PATIENCE)
        start = time.perf_counter_ns()
        while not (come := self.wait_to_read(0)) and time.perf_counter_ns() - start < MOMENT:
            pass
        lost = time.perf_counter_ns() - start
        if lost >= MOMENT:
            self.tired = min(lost // PRICE, MOST_TIRED)
        return come or self.wait_to_read(PATIENCE)

    def close(self) -> None:
        """Let go of the pipes."""
        self.queue.clear()
        self.waiting.clear()
        self.source.close()
        self.target.close()


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


Wait = Callable[[int], object]  # milliseconds -> whether it is ready

if sys.platform == "win32":
    import msvcrt
    from _winapi import PeekNamedPipe

    def waiting(source: int, target: int) -> tuple[Wait, Wait, Wait]:
        """How to wait for bytes, or for room; Windows has no waiting for a pipe that an interrupt would end.

        And how to look for bytes while another thread may be waiting for them.
        """
        handle = msvcrt.get_osfhandle(source)

        def readable(milliseconds: int) -> bool:
            end = time.monotonic() + milliseconds / 1000
            while True:
                try:
                    if PeekNamedPipe(handle, 0)[0]:
                        return True
                except OSError:  # it has ended, as a read will tell
                    return True
                if time.monotonic() >= end:
                    return False
                time.sleep(0)

        return readable, lambda milliseconds: None, readable

else:
    import fcntl
    import select

    def waiting(source: int, target: int) -> tuple[Wait, Wait, Wait]:
        """How to wait for bytes, or for room; and to look for bytes while another thread may be waiting for them."""
        os.set_blocking(target, False)  # a write takes what there is room for
        for pipe in (source, target):
            with suppress(AttributeError, OSError):  # Linux alone lets a pipe grow
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, ROOM)
        readable, writable, look = select.poll(), select.poll(), select.poll()
        readable.register(source, select.POLLIN)
        writable.register(target, select.POLLOUT)
        look.register(source, select.POLLIN)
        return readable.poll, writable.poll, look.poll
