"""Do something in a process of its own, with limits, and get plain data back: a fork, on Linux.

    found = apart(work, memory=2048, cpu=60, seconds=80)

What an answer has the judge do (an operation at a worker, a plan of ten thousand steps, a look at a list of lists that
is a million long) nothing can interrupt. So it is done in a fork of the judge, one exercise at a time, and whatever
becomes of the fork costs that exercise only.

Source: setrlimit(2), wait(2).
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = ["Died", "apart"]

MB = 2**20


class Died(Exception):
    """The process ended without a result. `late`: it took too long; else the text says how it ended.

    `by_clock`: it was late though it had computed for less than it may.
    """

    def __init__(self, text: str, late: bool = False, by_clock: bool = False) -> None:
        super().__init__(text)
        self.late = late
        self.by_clock = by_clock


def apart(work: Callable[[], Any], *, memory: int, cpu: int, seconds: float) -> Any:
    """What the work returns (None, numbers, texts, lists of them), done in a fork. Died where it ends otherwise.

    memory: MB of address space, beyond what this process has. cpu, seconds: of CPU, and in all. Elsewhere than on Linux
    the work is done here, without limits.
    """
    if not sys.platform.startswith("linux"):
        return work()
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        _work(work, theirs, memory, cpu)
    os.close(theirs)
    try:
        said = _heard(ours, time.monotonic() + seconds)
    finally:
        os.close(ours)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    if said is None:
        raise Died(f"it took more than {seconds:g} s", late=True, by_clock=True)
    if said.endswith(b"\n"):
        return json.loads(said)
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if number == signal.SIGXCPU:
        raise Died(f"it took more than {cpu} s of CPU", late=True)
    raise Died(f"it was ended by {signal.Signals(number).name}" if number else "it ended before it was done")


def _work(work: Callable[[], Any], end: int, memory: int, cpu: int) -> None:
    """In the fork: do it, say what came of it, and never return."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        _limit(resource.RLIMIT_AS, pages * resource.getpagesize() + memory * MB)
        _limit(resource.RLIMIT_CPU, cpu)
        _limit(resource.RLIMIT_CORE, 0)
        said = json.dumps(work()).encode() + b"\n"
        while said:
            said = said[os.write(end, said) :]
    finally:
        os._exit(0)  # what this process inherited is not its to close


def _limit(which: int, most: int) -> None:
    _, hard = resource.getrlimit(which)
    resource.setrlimit(which, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _heard(pipe: int, until: float) -> bytes | None:
    """What comes through a pipe up to the end of a line, or of the pipe; None where that takes too long."""
    said = b""
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    while poll.poll(max(0.0, 1000 * (until - time.monotonic()))):
        part = os.read(pipe, 1 << 16)
        said += part
        if not part or part.endswith(b"\n"):
            return said
    return None
