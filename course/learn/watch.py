"""The student's function, watched: each call leaves a record made of plain data.

A probe gets the answer as a `Watched`. It calls it like any function and gets the real result back;
besides, each call appends to `answer.calls` a dict with

    text       the call as the student would have typed it: "remote_mean(pointer to bob, pointer to bob)"
    returned   what came back, observed
    before     the positional arguments, observed before the call
    after      the same, observed after it
    messages   the transcript's rows of the call, a list of dicts
    told       what its messages say that depends on somebody's numbers (course/learn/twins.py), if it is asked twice
    failed     (worker, operation, error), each time an operation on somebody's data failed and the function went on
    arrived    the tensors that came to you, copied on their way; only if `answer.keeps` says so
    handed     (sender, receiver, tensor), the same for the workers in `answer.follows`
    objects    {worker: (objects before, objects after)}
    weighed    [{worker: numbers held}], each time something had come to you and you went on; only if it `weighs`
    printed    what it wrote to stdout
    seconds    how long it took
"""

from __future__ import annotations

import contextlib
import io
import linecache
import math
import re
import time
import traceback
from collections.abc import Callable, Iterator
from types import FrameType, TracebackType
from typing import Any

import torch

from course.errors import CourseError, ObjectNotFoundError, UnknownWorkerError
from course.learn.limit import SECONDS, Job, OutOfTime
from course.learn.plain import Plain, observe
from course.learn.words import brief, call_text, shorten
from course.messages import Answer, Ask, Delete, Execute, Joint, Peek, Reply, Run, Send, seal
from course.transcript import Transcript

Evidence = dict[str, Plain]

RECORD = frozenset(
    "text seconds messages told failed arrived handed printed objects weighed returned before after".split()
)  # what a call's record has; a probe adds what it finds besides under other names
_PRINTED = 4000  # characters that are kept


class Stopped(Exception):
    """A watched call did not return; `failure` is the evidence. Leaves the probe at once."""

    def __init__(self, failure: Evidence) -> None:
        super().__init__(failure["call"])
        self.failure = failure


class Watched:
    """A student's function that records its calls (see the top of this file)."""

    def __init__(
        self, function: Callable[..., Any], name: str, seconds: float = SECONDS, weighs: bool = False
    ) -> None:
        self.function, self.name, self.seconds, self.weighs = function, name, seconds, weighs
        self.calls: list[Evidence] = []
        self.heard: list[list[tuple[Any, ...]]] = []  # the messages of each call, sealed, with what they tell everybody
        self.keeps = False  # whether what comes to you is kept: a transcript keeps no values
        self.follows: tuple[str, ...] = ()  # the workers for whom what comes to them is kept
        self.within: contextlib.AbstractContextManager[Any] = contextlib.nullcontext()  # entered in its own thread

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function; `Stopped` if it raises or does not end in time."""
        before = [observe(arg) for arg in args]
        text = call_text(self.name, before, {key: observe(value) for key, value in kwargs.items()})
        stored = stores()
        printed = io.StringIO()
        started = time.perf_counter()
        job = Job(lambda: self._within(*args, **kwargs), self.seconds)
        scales = Scales()
        heard: list[tuple[Any, ...]] = []  # whoever clears all transcripts does not find these
        spoken: list[tuple[Any, ...]] = []
        self.heard.append(spoken)
        arrived: list[Plain] = []
        handed: list[Plain] = []

        def before_each(message: Any) -> None:
            job.checkpoint()
            if self.weighs:
                scales.weigh_before(message)
            heard.append(seal(message))
            spoken.append(_with_public(message, heard[-1]))
            if self.keeps:
                arrived.extend(map(observe, _arriving(message, "me")))
            if message.receiver in self.follows:
                tensors = map(observe, _arriving(message, message.receiver))
                handed.extend((message.sender, message.receiver, tensor) for tensor in tensors)

        looking = _watched(self.follows), _before_each_message(before_each), contextlib.redirect_stdout(printed)
        with _failures() as failed, contextlib.ExitStack() as around:
            for one in looking:
                around.enter_context(one)
            try:
                result = self._run(job, text, heard, stored)
            except Stopped as stopped:
                stopped.failure["printed"] = printed.getvalue()[:_PRINTED]
                raise
        self.calls.append(
            {
                "text": text,
                "seconds": time.perf_counter() - started,
                "messages": _rows(heard),
                "told": [],
                "failed": failed,
                "arrived": arrived,
                "handed": handed,
                "printed": printed.getvalue()[:_PRINTED],
                "objects": {name: (stored.get(name, 0), count) for name, count in stores().items()},
                "weighed": scales.found,
                "returned": observe(result),
                "before": before,
                "after": [observe(arg) for arg in args],
            }
        )
        return result

    def _within(self, *args: Any, **kwargs: Any) -> Any:
        elsewhere = getattr(self.function, "within", None)  # where it runs in another process (course/grade/asked.py)
        with self.within if elsewhere is None else elsewhere(self.within):
            return self.function(*args, **kwargs)

    def _run(self, job: Job[Any], text: str, heard: list[tuple[Any, ...]], stored: dict[str, int]) -> Any:
        try:
            return job.run()
        except OutOfTime as error:
            raise Stopped({"kind": "time", "call": text, "stopped": error.stopped}) from None
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - the student's code: whatever it raised is evidence
            failure = describe(error, text, getattr(self.function, "__globals__", {}))
            if isinstance(error, UnknownWorkerError) and stored.keys() <= stores().keys():
                failure |= _a_stranger(error)
            raise Stopped(failure | {"came": _came(_rows(heard))}) from None


@contextlib.contextmanager
def _watched(names: tuple[str, ...]) -> Iterator[None]:
    """Let messages to these workers come with their values, also where workers live in another process."""
    from course import session

    network = session.local_worker.network
    if names:
        network.watch(names)
    try:
        yield
    finally:
        if names:
            network.watch(())


@contextlib.contextmanager
def _before_each_message(do: Callable[[Any], None]) -> Iterator[None]:
    """Call `do` with each message of the block, before it goes: the moment at which nothing is half done."""
    from course import session

    network = session.local_worker.network
    log = network.log

    def look(message: Any) -> None:
        do(message)
        log(message)

    network.log = look
    try:
        yield
    finally:
        network.log = log


def stores() -> dict[str, int]:
    """How many objects each worker of this session holds, by name; nothing is looked at."""
    from course import session

    return {str(worker.id): len(worker._objects) for worker in session.workers()}


class Scales:
    """Weighs all stores whenever something has come to you and you go on, which a loop does once a round or more.

    What a round leaves behind shows, in however many or few tensors: numbers are counted, not objects.
    """

    def __init__(self) -> None:
        self.found: list[dict[str, int]] = []
        self._has_come = False

    def weigh_before(self, message: Any) -> None:
        if self._has_come and message.sender == "me" and not isinstance(message, Delete):
            self._has_come = False
            self.found.append(numbers_held())
        self._has_come = self._has_come or (message.receiver == "me" and isinstance(message, Reply))


def numbers_held() -> dict[str, int]:
    """How many numbers each worker of this session holds, by name. Only shapes are asked for, which are public."""
    from course import session

    network = session.local_worker.network
    log = network.log
    network.log = lambda message: None if isinstance(message, Ask | Answer) else log(message)
    try:
        return {str(worker.id): _numbers(worker, network) for worker in session.workers()}
    finally:
        network.log = log


def _numbers(worker: Any, network: Any) -> int:
    held = tuple(worker._objects)
    try:
        shapes = network.deliver(Ask("me", worker.id, held, "shape")).answer if held else ()
    except ObjectNotFoundError:  # Python has just collected a pointer
        return _numbers(worker, network)
    return sum(map(math.prod, shapes))


def _came(rows: list[dict[str, Any]]) -> int:
    """How many numbers the messages brought to you; looks into a store are no messages."""
    came = [row for row in rows if row["values"] and row["receiver"] == "me" and row["kind"] != "peek"]
    return sum(row["numbers"] for row in came)


def _rows(heard: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """The rows of a transcript that has heard these messages."""
    log = Transcript(limit=None)
    log.kept = heard
    return log.rows()


def _with_public(message: Any, sealed: tuple[Any, ...]) -> tuple[Any, ...]:
    """A sealed message; of one to several parties, with the public numbers that it tells each of them."""
    if not isinstance(message, Joint) or not message.values:
        return sealed
    return (*sealed[:-1], tuple([part.flatten().tolist() for part in message.values]))  # type: ignore[union-attr]


def _arriving(message: Any, receiver: str) -> Iterator[torch.Tensor]:
    """The tensors that a message brings to somebody, gradients included."""
    if isinstance(message, Send | Reply | Peek) and message.receiver == receiver:
        for item in message.items:
            yield from (value for value in (item.value, item.grad) if isinstance(value, torch.Tensor))


@contextlib.contextmanager
def _failures() -> Iterator[list[Plain]]:
    """Operations that a worker began and could not end. What the course itself refuses depends on no value."""
    from course import session

    network = session.local_worker.network
    deliver, failed = network.deliver, []

    def carry(message: Any) -> Any:
        try:
            return deliver(message)
        except Exception as error:
            if isinstance(message, Execute | Run) and not isinstance(error, CourseError):
                failed.append((str(message.receiver), message.op, type(error).__name__))
            raise

    network.deliver = carry
    try:
        yield failed
    finally:
        del network.deliver


def _a_stranger(error: UnknownWorkerError) -> Evidence:
    """A worker of the notebook in a check: nobody forgot it (that is what its own text would say)."""
    message = f"The check has people of its own, and {error.facts[0]} of your notebook is none of them."
    return {"message": message, "next": "Use the workers and pointers that your function is given."}


def describe(error: BaseException, call: str, home: dict[str, Any]) -> Evidence:
    """An exception as evidence: the last line of the student's own code, with the values there.

    Code is the student's if its global names are `home`, the namespace of the function: helpers from other
    cells of the notebook count, the library does not.
    """
    seen = getattr(error, "seen_there", None)
    if seen is not None:  # it was raised in another process, and described there (course/grade/asked.py)
        return {**seen, "call": call}
    message, advice = _said(error)
    failure: Evidence = {
        "kind": "raised",
        "call": call,
        "error": type(error).__name__,
        "message": message,
        "next": advice,
        "line": 0,
        "source": "",
        "values": {},
        "stub": False,
    }
    frames = _frames(error.__traceback__)
    own = [(frame, line) for frame, line in frames if frame.f_globals is home]
    if own:
        frame, line = own[-1]
        source = linecache.getline(frame.f_code.co_filename, line).strip()
        failure |= {"line": line, "source": source, "values": _values(source, frame)}
        failure["stub"] = isinstance(error, NotImplementedError) and frames[-1][0] is frame
    traceback.clear_frames(error.__traceback__)  # or the frames would keep pointers, and their objects, alive
    return failure


def _said(error: BaseException) -> tuple[str, str]:
    """What happened and what to do next: a course error says both, in its first and in its last sentence."""
    if not isinstance(error, CourseError):
        return shorten(str(error), 60), ""
    first, *rest = re.split(r"(?<=\.) ", str(error))
    return shorten(first, 60), shorten(rest[-1], 60) if rest else ""


def _frames(trace: TracebackType | None) -> list[tuple[FrameType, int]]:
    return list(traceback.walk_tb(trace))


def _values(source: str, frame: FrameType) -> dict[str, str]:
    """The local variables that the line mentions, in brief; three at most."""
    names = dict.fromkeys(re.findall(r"[A-Za-z_]\w*", source))
    known = [name for name in names if name in frame.f_locals]
    values = {name: brief(observe(frame.f_locals[name])) for name in known}
    return dict([(name, value) for name, value in values.items() if value != name][:3])
