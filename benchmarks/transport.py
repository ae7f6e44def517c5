"""The price of the process transport: each row is a ratio to bare bytes, taken in the same run.

    python benchmarks/transport.py          # the table
    python benchmarks/transport.py --short  # the same rows in a fifth of the time
    python benchmarks/transport.py --keep   # also put the table into benchmarks/README.md

Where both processes have one core (`taskset -c 0 python ...`) it is another table.

An addition is set against a bare round trip: two processes and two pipes, the same bytes there and the same bytes back,
which somebody reads and does nothing with. It is measured twice: many in a row, where nobody waits before the last one,
because none of them can fail (course/transports/known.py); and one that is waited for, because the notebook does not
know the shape of an operand. A large tensor, sent and fetched, is set against copying its memory once each way. The
least that two processes need for it, each of which has memory of its own, is a row too, where both share a shelf: one
lays the tensor there, the other takes it away and brings it back, and nobody does anything else.
Bare and transport alternate; a row shows the median over the rounds of both wall times, and of their ratio. Results are
checked equal before anything is timed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

os.environ["COURSE_TRANSPORT"] = "process"

import torch  # noqa: E402
from measure import keep, machine  # noqa: E402

import course as sy  # noqa: E402
from course.codec import memory_of  # noqa: E402
from course.transports.frames import PIECE  # noqa: E402
from course.transports.shelf import SIZE, new_shelf, shared  # noqa: E402

IN_A_ROW = 1000  # additions

ECHO = """
import os
there, back = {there}, b"b" * {back}
while True:
    left = there
    while left:
        part = os.read(0, left)
        if not part:
            raise SystemExit
        left -= len(part)
    os.write(1, back)
"""


def bare_trip(there: int, back: int) -> tuple[subprocess.Popen[bytes], Callable[[], object]]:
    """A process that answers so many bytes with so many bytes, and one round trip to it."""
    program = [sys.executable, "-c", ECHO.format(there=there, back=back)]
    process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    assert process.stdin is not None
    assert process.stdout is not None
    write_to, read_from, request = process.stdin.fileno(), process.stdout.fileno(), b"b" * there

    def trip() -> None:
        os.write(write_to, request)
        left = back
        while left:
            left -= len(os.read(read_from, left))

    return process, trip


CARRY = """
import os, sys, torch
from course.codec import memory_of
from course.transports.frames import PIECE
from course.transports.shelf import shared
size = int(sys.argv[2])
shelf = shared(int(sys.argv[1]))[:size]
pieces = [slice(at, at + PIECE) for at in range(0, size, PIECE)]
while True:
    here = memory_of(torch.empty(size, dtype=torch.uint8))
    for piece in pieces:
        if not os.read(0, 1):
            raise SystemExit
        here[piece] = shelf[piece]
    for piece in pieces:
        shelf[piece] = here[piece]
        os.write(1, b"b")
"""


def bare_carriage(x: torch.Tensor, file: int) -> tuple[subprocess.Popen[bytes], Callable[[], torch.Tensor]]:
    """A process that takes the memory of `x` from the shelf and lays it back, and one trip of it there and back."""
    command = [sys.executable, "-c", CARRY, str(file), str(x.nbytes)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, pass_fds=[file])
    assert process.stdin is not None
    assert process.stdout is not None
    write_to, read_from, shelf = process.stdin.fileno(), process.stdout.fileno(), shared(file)[: x.nbytes]
    pieces = [slice(at, at + PIECE) for at in range(0, x.nbytes, PIECE)]
    source = memory_of(x.view(torch.uint8))

    def trip() -> torch.Tensor:
        for piece in pieces:
            shelf[piece] = source[piece]
            os.write(write_to, b"b")
        back = torch.empty(x.nbytes, dtype=torch.uint8)
        here = memory_of(back)
        for piece in pieces:
            os.read(read_from, 1)
            here[piece] = shelf[piece]
        return back.view(x.dtype)

    return process, trip


def timed(run: Callable[[], object], times: int) -> float:
    """Microseconds of one call, over `times` calls."""
    start = time.perf_counter()
    for _ in range(times):
        run()
    return (time.perf_counter() - start) / times * 1e6


def side_by_side(
    bare: Callable[[], object], over: Callable[[], object], times: int, rounds: int
) -> tuple[float, float, float]:
    """Medians of both times in µs, and of their ratio, in alternation, after a warm-up."""
    timed(bare, times), timed(over, times)
    pairs = [(timed(bare, times), timed(over, times)) for _ in range(rounds)]
    ratio = statistics.median(b / a for a, b in pairs)
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs), ratio


def bytes_of(call: Callable[[], object]) -> int:
    """The bytes of the messages that a call sends."""
    with sy.record() as log:
        call()
    return sum(row["bytes"] for row in log.rows())


def additions(bob: sy.VirtualWorker, rounds: int) -> list[str]:
    x, y = torch.tensor([1, 2, 3, 4, 5]), torch.tensor([1, 1, 1, 1, 1])
    a, b = x.send(bob), y.send(bob)
    unknown = a.view(5)  # a view: the notebook does not know what it looks like
    assert torch.equal((a + b).get(), x + y)
    assert torch.equal((unknown + b).get(), x + y)

    def add() -> None:
        a + b  # noqa: B018  the result dies at once, and is deleted over there

    def add_many() -> None:
        for _ in range(IN_A_ROW - 1):
            add()
        assert (a + b).shape == (5,)

    def add_and_wait() -> None:
        unknown + b  # noqa: B018

    size = bytes_of(add)
    process, trip = bare_trip(size, 12)
    with process:
        waited = side_by_side(trip, add_and_wait, IN_A_ROW, rounds)
        bare, over, ratio = side_by_side(lambda: timed(trip, IN_A_ROW), add_many, 1, rounds)
        process.kill()
    what, to = "x + y, 5 numbers", f"to a bare round trip of {size} bytes"
    return [
        line(f"{what}, {IN_A_ROW:,} and a wait for the last, {to}", bare / IN_A_ROW, over / IN_A_ROW, ratio, 3, "µs"),
        line(f"{what}, each waited for, {to}", *waited, 3, "µs"),
    ]


def large_tensor(bob: sy.VirtualWorker, numbers: int, rounds: int) -> list[str]:
    x = torch.rand(numbers)

    def against_copies(what: str, trip: Callable[[], torch.Tensor], bar: float | None) -> str:
        assert torch.equal(trip(), x)
        copy, over, ratio = side_by_side(lambda: x.clone().clone(), trip, 1, rounds)
        text = f"{x.nbytes / 1e6:,.0f} MB, {what}, to a copy of its memory each way"
        return line(text, copy / 1e3, over / 1e3, ratio, bar, "ms")

    rows = [against_copies("sent and fetched", lambda: x.send(bob).get(), 2)]
    if x.nbytes <= SIZE:
        for file in new_shelf():
            process, trip = bare_carriage(x, file)
            with process:
                rows.append(against_copies("only carried there and back", trip, None))
                process.kill()
    return rows


def line(what: str, bare: float, over: float, ratio: float, bar: float | None, unit: str) -> str:
    verdict = "- | the least" if bar is None else f"{bar} | {'cleared' if ratio <= bar else 'NOT cleared'}"
    return f"| {what} | {bare:.1f} {unit} | {over:.1f} {unit} | {ratio:.2f} | {verdict} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--short", action="store_true", help="a fifth of the rounds")
    parser.add_argument("--keep", action="store_true", help="put the table into benchmarks/README.md")
    options = parser.parse_args()
    short = options.short
    torch.set_num_threads(1)
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cores = "one core" if count == 1 else "several cores"
    head = f"### Both processes on {cores}\n\n{machine()}, one thread"
    bob = sy.VirtualWorker(sy.TorchHook(torch), id="bob")
    rows = [
        "| what | bare | transport | ratio | bar | |",
        "|---|---:|---:|---:|---:|---|",
        *additions(bob, 5 if short else 25),
        *large_tensor(bob, 1_000_000, 3 if short else 15),
        *large_tensor(bob, 60_000_000, 3 if short else 9),
    ]
    text = "\n".join([head, "", *rows])
    print(text)
    if options.keep:
        keep("transport", cores, text)


if __name__ == "__main__":
    main()
