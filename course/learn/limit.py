"""Run a student's function with a time limit, without losing the kernel.

The function runs in a thread of its own while the caller waits. Past the limit the thread gets a
`TimeIsUp`, again and again for a while, because a loop may swallow what is raised in it. This works on
Linux, macOS and Windows, needs no signal, and the caller gets the floor back even when the thread cannot be
stopped (a single endless call into C code): then it says so, and the kernel lives on.
"""

from __future__ import annotations

import contextlib
import contextvars
import ctypes
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

SECONDS = 2.0
_TRIES = 100
_PAUSE = 0.02


class TimeIsUp(BaseException):
    """Raised inside code that ran past its limit; `except Exception` lets it through."""


class _Job(Generic[T]):
    def __init__(self, work: Callable[[], T]) -> None:
        self.work = work
        self.result: T | None = None
        self.error: BaseException | None = None
        self.done = threading.Event()

    def run(self) -> None:
        try:
            self.result = self.work()
        except BaseException as error:  # noqa: BLE001 - the work is a student's code: whatever it raises is evidence
            self.error = error
        finally:
            self.done.set()


def within(seconds: float, work: Callable[[], T]) -> T:
    """`work()`, or the exception it raised; TimeoutError after `seconds`.

    The TimeoutError's `stopped` says whether the thread could be ended.
    """
    job = _Job(work)
    context = contextvars.copy_context()
    thread = threading.Thread(target=_quietly(lambda: context.run(job.run)), daemon=True)
    thread.start()
    try:
        in_time = job.done.wait(seconds)
    except KeyboardInterrupt:  # the student pressed stop: end the thread as well
        _stop(thread, job)
        raise
    if not in_time:
        stopped = _stop(thread, job)
        raise OutOfTime(stopped)
    if job.error is not None:
        raise job.error
    return job.result  # type: ignore[return-value]


class OutOfTime(TimeoutError):
    """The work did not end in time; `stopped` is False if it is still running."""

    def __init__(self, stopped: bool) -> None:
        super().__init__("out of time")
        self.stopped = stopped


def _stop(thread: threading.Thread, job: _Job[T]) -> bool:
    for _ in range(_TRIES):
        _inject(thread, ctypes.py_object(TimeIsUp))
        if job.done.wait(_PAUSE):
            _inject(thread, None)  # take back one that has not been delivered
            thread.join(_PAUSE)
            return True
    return False


def _inject(thread: threading.Thread, error: ctypes.py_object[type[BaseException]] | None) -> None:
    if thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), error)


def _quietly(work: Callable[[], None]) -> Callable[[], None]:
    """A late TimeIsUp may arrive after the work has ended: nobody needs to read about it."""

    def run() -> None:
        with contextlib.suppress(TimeIsUp):
            work()

    return run
