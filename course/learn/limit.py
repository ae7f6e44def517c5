"""Run a student's function with a time limit, without losing the kernel.

The function runs in a thread of its own while the caller waits. Past the limit a `TimeIsUp` is raised in
it, again and again for a while, because a loop may swallow it. This needs no signal, so it works on Linux,
macOS and Windows, and the caller gets the floor back even when the thread cannot be stopped (one endless
call into C code): then it says so, and the kernel lives on.

Never in the middle of a message: half a message would break the line to the workers for everybody. A
loop that sends messages meets its TimeIsUp at `checkpoint`, which runs before each of them.

Never in the middle of an import: a module that is half loaded stays broken until the kernel is restarted. Nor does
the clock run during one: the first optimizer of a kernel loads 800 modules of torch, and whose function happens to be
the first is no fault of its author. An import that does not end is given up, never interrupted.
"""

from __future__ import annotations

import contextvars
import ctypes
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Generic, TypeVar

T = TypeVar("T")

SECONDS = 2.0
IMPORTS = 60.0  # seconds of imports that one piece of work is given beyond its limit
_TRIES = 100
_PAUSE = 0.02
_TRANSPORTS = "course.transports."
_IMPORTS = "importlib._bootstrap"  # and _bootstrap_external


class TimeIsUp(BaseException):
    """Raised inside code that ran past its limit; `except Exception` lets it through."""


class OutOfTime(TimeoutError):
    """The work did not end in time; `stopped` is False if it is still running."""

    def __init__(self, stopped: bool) -> None:
        super().__init__("out of time")
        self.stopped = stopped


class Job(Generic[T]):
    """Some work in a thread of its own, with a time limit in seconds."""

    def __init__(self, work: Callable[[], T], seconds: float = SECONDS) -> None:
        self.work, self.seconds = work, seconds
        self.is_late = False
        self._patience = IMPORTS
        self._done = threading.Event()
        self._result: T | None = None
        self._error: BaseException | None = None
        context = contextvars.copy_context()
        self._thread = threading.Thread(target=context.run, args=(self._run,), daemon=True)

    def run(self) -> T:
        """What the work returns or raises; OutOfTime past the limit."""
        try:
            self._thread.start()
            in_time = self._is_done_in_time()
        except KeyboardInterrupt:  # the student pressed stop: end the thread as well
            self._stop()
            raise
        if not in_time:
            raise OutOfTime(self._stop())
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]

    def checkpoint(self) -> None:
        """Called by the work where it may be stopped."""
        if self.is_late and threading.current_thread() is self._thread and not self._is_importing():
            raise TimeIsUp

    def _run(self) -> None:
        with suppress(TimeIsUp):  # one may arrive after the work has ended
            try:
                self._result = self.work()
            except BaseException as error:  # noqa: BLE001 - the student's code: what it raises is evidence
                self._error = error
            finally:
                self._done.set()

    def _is_done_in_time(self) -> bool:
        """Whether the work ends within its seconds. A moment that begins or ends in an import costs patience."""
        left, was_importing = self.seconds, False
        while left > 0 and self._patience > 0:
            began = time.monotonic()
            if self._done.wait(min(left, _PAUSE)):
                return True
            took, importing = time.monotonic() - began, self._is_importing()
            if importing or was_importing:
                self._patience -= took
            else:
                left -= took
            was_importing = importing
        return False

    def _stop(self) -> bool:
        self.is_late = True
        tries = _TRIES
        with _unheard():
            while tries > 0:
                if self._patience > 0 and self._is_importing():
                    self._patience -= _PAUSE
                else:
                    tries -= 1
                    if _may_be_stopped(self._thread):
                        self._inject(ctypes.py_object(TimeIsUp))
                if self._done.wait(_PAUSE):
                    self._inject(None)  # take back one that has not been delivered
                    self._thread.join(_PAUSE)
                    return True
        return False

    def _is_importing(self) -> bool:
        """Every import but a second one runs in importlib's own frames, the top level of its modules included."""
        return any(module.startswith(_IMPORTS) for module, _ in _frames(self._thread))

    def _inject(self, error: ctypes.py_object[type[BaseException]] | None) -> None:
        if self._thread.ident is not None:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread.ident), error)


def _may_be_stopped(thread: threading.Thread) -> bool:
    """Not inside a transport, not inside an import, and not inside `__del__`, where an exception would be lost."""
    return not any(
        module.startswith((_TRANSPORTS, _IMPORTS)) or function == "__del__" for module, function in _frames(thread)
    )


def _frames(thread: threading.Thread) -> Iterator[tuple[str, str]]:
    """The module and the function of each frame of a thread, the innermost first."""
    frame: FrameType | None = sys._current_frames().get(thread.ident or 0)
    while frame is not None:
        yield str(frame.f_globals.get("__name__", "")), frame.f_code.co_name
        frame = frame.f_back


@contextmanager
def _unheard() -> Iterator[None]:
    """A TimeIsUp that is lost in a destructor is tried again: nobody needs to read about it."""
    hook = sys.unraisablehook

    def quiet(unraisable: Any) -> None:
        if not isinstance(unraisable.exc_value, TimeIsUp):
            hook(unraisable)

    sys.unraisablehook = quiet
    try:
        yield
    finally:
        sys.unraisablehook = hook
