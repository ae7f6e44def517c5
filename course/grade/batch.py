"""Grade what waits in the gradebook, a process for each submission, over the cores there are.

    for done in grade_waiting(book, judge=grade, level="bwrap", limits=None, jobs=2):
        ...                                   # one at a time, kept already

This process reads no cell and talks to no student's code. It has imported torch and the course once; each submission
gets a fork of it, in which the judge runs. The judge's results come back through a pipe, as JSON that is looked
through, not as pickles. Whatever becomes of that process, the rows of the submission are complete: the exercise at
which it ended is "technical", with the reason, and another process goes on with the next one. All rows of a submission
are written in one transaction, so a run that was killed goes on with the submissions that have none.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import math
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from course.grade.gradebook import Gradebook
from course.grade.kinds import KINDS, Answer, Result, Submission

Judge = Callable[[Submission, int, str, Any], Iterator[Result]]
PointsOf = Callable[[str], float]

SECONDS = 180.0  # an exercise has at most, on average, before the judge's process is stopped
START = 60.0  # and the sandbox to start
MEMORY = 2 << 30  # bytes that a judge's process may take beyond what it starts with
MOST_BYTES = 1 << 20  # of one result
SIZES = {"tag": 100, "text": 20_000, "detail": 20_000}  # characters that are kept


@dataclass(frozen=True)
class Done:
    """A submission whose results are in the gradebook."""

    number: int
    student: str
    notebook: str
    results: tuple[Result, ...]
    seconds: float

    @property
    def technical(self) -> tuple[Result, ...]:
        """What could not be graded."""
        return tuple(result for result in self.results if result.kind == "technical")


@dataclass
class Running:
    """A judge at work: its process, where its results come from, and those that came."""

    number: int
    submission: Submission
    seed: int
    process: BaseProcess
    death: int  # ready when the process is dead
    pipe: Connection
    began: float
    until: float  # the next result comes
    seconds: float  # for each
    results: dict[str, Result] = field(default_factory=dict)
    heard: bytes = b""  # the beginning of a line
    ended: str = ""  # "" while it is at work; "whole" when it said so itself; else why it ended early


def grade_waiting(
    book: Gradebook,
    *,
    judge: Judge,
    level: str,
    limits: Any = None,
    jobs: int = 1,
    points_of: PointsOf = lambda exercise: 0.0,
    seconds: float = SECONDS,
    version: str = "",
    stop: int | None = None,
) -> Iterator[Done]:
    """Grade all submissions that wait; yields each when it is kept. Memory does not grow with their number.

    judge: called in a fork, `judge(submission, seed, level, limits)`, an iterator of results, one an exercise.
    points_of: what an exercise is out of, for those of which the judge's process told nothing.
    seconds: limit for a judge's process, for each exercise of its submission.
    stop: a descriptor; once it can be read, KeyboardInterrupt is raised where nothing is half done.
    """
    _one_thread()
    waiting = iter(book.waiting())
    running: list[Running] = []
    try:
        while True:
            while len(running) < max(1, jobs) and (number := next(waiting, None)) is not None:
                running.append(_start(number, book, judge, level, limits, seconds))
            if not running:
                return
            for one in _hear(running, stop):
                running.remove(one)
                if _give_up(one, level, points_of):
                    running.append(_start(one.number, book, judge, level, limits, seconds, one))
                else:
                    yield _keep(book, one, level, limits, points_of, version)
    finally:
        for one in running:
            _stop(one)


# -- one judge's process ---------------------------------------------------------------------------------------


def _start(
    number: int, book: Gradebook, judge: Judge, level: str, limits: Any, seconds: float, before: Running | None = None
) -> Running:
    """Start a judge's process; `before` it another one ended, which leaves its results."""
    submission, results = book.submission(number), before.results if before else {}
    waiting = [answer for answer in submission.answers if not answer.refused and answer.exercise not in results]
    asked = replace(submission, answers=tuple(waiting))
    seed = book.seed(submission.digest)
    ours, theirs = multiprocessing.Pipe(duplex=False)
    process = _context().Process(target=_judge, args=(judge, asked, seed, level, limits, theirs, os.getpid()))
    process.start()
    theirs.close()
    os.set_blocking(ours.fileno(), False)
    now = time.monotonic()
    began, until = before.began if before else now, now + START + seconds
    return Running(number, submission, seed, process, _death(process), ours, began, until, seconds, results)


def _death(process: BaseProcess) -> int:
    """A descriptor that is ready when the process is dead, whoever else holds its pipes."""
    if sys.platform == "linux" and process.pid is not None:
        return os.pidfd_open(process.pid)
    return os.dup(process.sentinel)


def _context() -> Any:
    """fork, where a fork of a process that has imported torch works; elsewhere a fresh Python for each submission."""
    return multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


def _one_thread() -> None:
    """torch stays with one thread: a pool of threads does not survive a fork, and the cores are for submissions."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


def _judge(
    judge: Judge, submission: Submission, seed: int, level: str, limits: Any, pipe: Connection, parent: int
) -> None:
    """In the process of its own: run the judge, send what it finds, then that this was all."""
    _tie_to(parent)
    with contextlib.suppress(OSError):  # of its own: ending the group ends what it started
        os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started us
    _limit_memory()
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):  # what is printed here is no output of the command
        os.dup2(nothing, stream)
    try:
        for result in judge(submission, seed, level, limits):
            _say(pipe, asdict(result))
        _say(pipe, "whole")
    except Exception as error:  # noqa: BLE001 - whatever it is, the submission gets its rows and the batch goes on
        with contextlib.suppress(OSError):
            _say(pipe, ["failed", f"{type(error).__name__}: {error}"[:2000]])
    if sys.platform == "linux":
        signal.pause()  # until it is ended, and with it everything below it
    os._exit(0)  # what this process inherited from the other is not its to close


def _limit_memory() -> None:
    """What a submission has its workers hold lies in this process: so much, and an error says that there is no more."""
    with contextlib.suppress(OSError, ValueError, ImportError):
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY,) * 2)


def _say(pipe: Connection, message: object) -> None:
    """A line of JSON, whole."""
    line = json.dumps(message).encode() + b"\n"
    while line:
        line = line[os.write(pipe.fileno(), line) :]


def _tie_to(parent: int) -> None:
    """Have the kernel end this process when its parent ends, and give it the orphans below it as children (Linux)."""
    if sys.platform == "linux":
        die_with_parent, adopt_orphans = 1, 36  # PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER: <sys/prctl.h>
        prctl = ctypes.CDLL(None, use_errno=True).prctl
        prctl(die_with_parent, signal.SIGKILL, 0, 0, 0)
        prctl(adopt_orphans, 1, 0, 0, 0)
        if os.getppid() != parent:  # it ended before we asked
            os._exit(1)


def _hear(running: list[Running], stop: int | None) -> list[Running]:
    """Wait for the next thing that any judge says, and return those that have ended."""
    patience = max(0.0, min(one.until for one in running) - time.monotonic())
    stops = [] if stop is None else [stop]
    ready = connection.wait([*stops, *(one.pipe for one in running), *(one.death for one in running)], patience)
    if stop in ready:
        raise KeyboardInterrupt
    for one in running:
        if one.pipe in ready or one.death in ready:
            _listen(one, dead=one.death in ready)
        if not one.ended and time.monotonic() >= one.until:
            one.ended = f"it was stopped after {time.monotonic() - one.began:.0f} seconds"
    ended = [one for one in running if one.ended]
    for one in ended:
        _stop(one)
    return ended


def _listen(one: Running, dead: bool) -> None:
    """Take what a judge has said, without waiting for more."""
    closed = False
    while not (closed or one.ended):
        try:
            said = os.read(one.pipe.fileno(), 1 << 16)
        except BlockingIOError:
            break
        closed = not said
        *lines, one.heard = (one.heard + said).split(b"\n")
        for line in lines:
            _understand(one, line)
        if len(one.heard) > MOST_BYTES:
            one.ended = "it sent what cannot be read"
    if (closed or dead) and not one.ended:
        connection.wait([one.death], 5)
        _kill(one)
        one.process.join()
        one.ended = _how_it_ended(one.process.exitcode)


def _understand(one: Running, line: bytes) -> None:
    """One message of a judge: a result, that this was all, or what went wrong."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        message = None
    if one.ended:
        return
    if message == "whole":
        one.ended = "whole"
    elif isinstance(message, list) and message and isinstance(message[-1], str):
        one.ended = f"it stopped with an error: {message[-1]}"
    else:
        result = _checked(message, one)
        if result is None:
            one.ended = "it sent a result that cannot be one"
        else:
            one.results[result.exercise] = result
            one.until = time.monotonic() + one.seconds


def _how_it_ended(code: int | None) -> str:
    if code is not None and code < 0:
        try:
            return f"it was ended by {signal.Signals(-code).name}"
        except ValueError:
            return f"it was ended by signal {-code}"
    return f"it ended too early, with exit status {code}"


def _checked(message: Any, one: Running) -> Result | None:
    """A result of an exercise of this submission that had none yet, each field of its type; else None."""
    names = {each.name for each in fields(Result)}
    if not isinstance(message, dict) or set(message) != names or not isinstance(message["warnings"], list):
        return None
    texts = ("exercise", "kind", "tag", "text", "level", "matched", "detail")
    numbers = ("points", "out_of", "seconds")
    good = (
        all(isinstance(message[name], str) for name in texts)
        and all(isinstance(text, str) for text in message["warnings"])
        and all(type(message[name]) in (int, float) and math.isfinite(message[name]) for name in numbers)
        and type(message["seed"]) is int
        and message["kind"] in KINDS
        and 0 <= message["points"] <= message["out_of"]
        and message["exercise"] in {answer.exercise for answer in one.submission.answers} - set(one.results)
    )
    short = {name: message[name][:most] for name, most in SIZES.items()} if good else {}
    return Result(**{**message, **short, "warnings": tuple(message["warnings"])}) if good else None


def _stop(one: Running) -> None:
    """End a judge's process and everything that it started."""
    _kill(one)
    one.process.join()
    one.pipe.close()
    os.close(one.death)


def _kill(one: Running) -> None:
    pid = one.process.pid
    assert pid is not None  # it was started
    below = _descendants(pid)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)  # what is left of its group, also when it is dead itself
    for each in [*below, *([pid] if one.process.exitcode is None else [])]:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(each, signal.SIGKILL)


def _descendants(pid: int) -> list[int]:
    """The processes below one, nearest first (Linux; elsewhere none are known)."""
    found = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                found += [child, *_descendants(child)]
    return found


# -- its rows ----------------------------------------------------------------------------------------------------


def _give_up(one: Running, level: str, points_of: PointsOf) -> bool:
    """Where a judge's process has ended at an exercise, give that one up. Whether others wait behind it."""
    waiting = [answer for answer in one.submission.answers if not answer.refused and answer.exercise not in one.results]
    if one.ended == "whole" or len(waiting) < 2:
        return False
    first = waiting[0]
    one.results[first.exercise] = _technical(first, one, level, points_of(first.exercise))
    return True


def _keep(book: Gradebook, one: Running, level: str, limits: Any, points_of: PointsOf, version: str) -> Done:
    """Write the rows of a submission: a result for each exercise, technical where there is none."""
    results = tuple(
        one.results.get(answer.exercise) or _technical(answer, one, level, points_of(answer.exercise))
        for answer in one.submission.answers
    )
    seconds = time.monotonic() - one.began
    book.record(one.number, results, level=level, limits=str(limits or ""), version=version, seconds=seconds)
    return Done(one.number, one.submission.student, one.submission.notebook, results, seconds)


def _technical(answer: Answer, one: Running, level: str, out_of: float) -> Result:
    """The result of an exercise that the judge was not asked about, or said nothing of."""
    if answer.refused:
        tag, text, detail = "refused", answer.refused, ""
    else:
        why = "the judge said nothing of it" if one.ended == "whole" else one.ended
        tag, detail = "judge", f"The judge's process told nothing: {why}."
        text = "This exercise could not be graded, which says nothing about your answer. Your instructor can see why."
    return Result(
        answer.exercise, "technical", tag, text, 0.0, out_of, one.seed, level, answer.matched, answer.warnings,
        detail=detail,
    )  # fmt: skip
