"""The notebook's end of the pipes: interrupted at every point where Python handles signals, it loses nothing."""

import dis
import itertools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course.transports import frames, link
from course.transports.frames import NO_SHELF, Frame, read_frame, write_frame
from course.transports.link import MOMENT, MOST_TIRED, PRICE, Link

OURS = {link.__file__, frames.__file__}
LARGE = torch.arange(300_000, dtype=torch.int32).view(torch.uint8)  # more than one pipe holds


def word(said: bytes) -> bytes:
    """What is said, behind its length: a frame may hold several of these."""
    return len(said).to_bytes(4, "big") + said


def words(said: bytes) -> Iterator[bytes]:
    while said:
        length = int.from_bytes(said[:4], "big")
        yield said[4 : 4 + length]
        said = said[4 + length :]


class Echo:
    """The other side: it answers everything that begins with `?` with the same, and keeps the rest."""

    def __init__(self, shelf: memoryview = NO_SHELF) -> None:
        there, source = os.pipe()
        target, back = os.pipe()
        self.shelf = shelf
        self.link = Link(os.fdopen(target, "rb", 0), os.fdopen(source, "wb", 0), shelf)
        self.reading, self.writing = os.fdopen(there, "rb"), os.fdopen(back, "wb", 0)
        self.heard: list[bytes] = []
        self.seen: list[torch.Tensor] = []
        self.thread = threading.Thread(target=self._talk)
        self.thread.start()

    def _talk(self) -> None:
        while (frame := read_frame(self.reading, self.shelf)) is not None:
            self.seen += frame.large
            for said in words(bytes(frame.first)):
                self.heard.append(said)
                if said[:1] == b"?":
                    write_frame(self.writing, said, frame.large, self.shelf)

    def tell(self, something: bytes) -> None:
        self.link.post(word(something))

    def ask(self, question: bytes, *large: torch.Tensor) -> tuple[bytes, list[torch.Tensor]]:
        answers: list[Frame] = []
        self.link.perform(word(question), large, answers.append)
        return bytes(answers[-1].first), answers[-1].large

    def close(self) -> None:
        self.link.close()
        self.thread.join()
        self.reading.close()
        self.writing.close()


@pytest.fixture
def echo(request: pytest.FixtureRequest) -> Iterator[Echo]:
    here = Echo(memoryview(bytearray(getattr(request, "param", 0))))
    yield here
    here.close()


@given(st.binary(max_size=50), st.lists(st.integers(0, 200_000), max_size=3), st.sampled_from([0, 300_000]))
def test_a_frame_comes_back_as_it_was(first: bytes, sizes: list[int], shelf: int) -> None:
    echo = Echo(memoryview(bytearray(shelf)))
    try:
        large = [LARGE[:size] for size in sizes]
        back, tensors = echo.ask(b"?" + first, *large)
        assert back == b"?" + first
        assert all(map(torch.equal, tensors, large))
        assert len(tensors) == len(large)
    finally:
        echo.close()


def test_what_nobody_waits_for_goes_along_in_its_order(echo: Echo) -> None:
    for n in range(5):
        echo.tell(b"%d" % n)
    echo.ask(b"?a")
    echo.tell(b"5")
    echo.link.push()
    echo.ask(b"?b")
    assert echo.heard == [b"0", b"1", b"2", b"3", b"4", b"?a", b"5", b"?b"]


def test_the_end_of_the_other_side_is_an_error(echo: Echo) -> None:
    echo.writing.close()
    with pytest.raises((EOFError, OSError)):
        echo.link.perform(b"nobody answers", (), lambda answer: None)


class Waits:
    """The waits of a link. What is to happen when it falls asleep happens before it does."""

    def __init__(self, link: Link, asleep: Callable[[], None]) -> None:
        self.wait, self.asleep = link.wait_to_read, asleep
        self.kinds: list[str] = []
        link.wait_to_read = self

    def __call__(self, milliseconds: int) -> object:
        self.kinds.append("sleep" if milliseconds else "look")
        if milliseconds:
            self.asleep()
        return self.wait(milliseconds)


def test_who_has_looked_in_vain_sleeps_at_once_for_a_while() -> None:
    there, source = os.pipe()
    target, back = os.pipe()
    link = Link(os.fdopen(target, "rb", 0), os.fdopen(source, "wb", 0))
    with os.fdopen(there, "rb"), os.fdopen(back, "wb", 0) as writing:
        waits = Waits(link, lambda: write_frame(writing, b"late"))
        link.tired = 0  # so it is where there are several cores
        answers: list[Frame] = []

        def ask() -> list[str]:
            waits.kinds.clear()
            link.perform(b"?", (), answers.append)
            return waits.kinds

        *looks, last = ask()
        assert (set(looks), last) == ({"look"}, "sleep")
        assert MOMENT // PRICE <= link.tired <= MOST_TIRED
        link.tired = 3
        assert [ask() for _ in range(3)] == [["sleep"]] * 3
        assert ask()[0] == "look"
        assert [bytes(answer.first) for answer in answers] == [b"late"] * 5
    link.close()


def test_an_answer_that_is_there_is_seen_without_sleep(echo: Echo) -> None:
    echo.link.tired = 0
    write_frame(echo.writing, b"early")
    waits = Waits(echo.link, lambda: None)
    answers: list[Frame] = []
    echo.link.perform(b"", (), answers.append)
    assert waits.kinds == ["look"]
    assert bytes(answers[0].first) == b"early"


# ---- interrupts ----


def breaks(code: CodeType) -> set[int]:
    """The instructions before which Python may handle a signal: after a call, at a loop's head, at the beginning."""
    found, after = set(), False
    for instruction in dis.get_instructions(code):
        if after:
            found.add(instruction.offset)
        after = instruction.opname.startswith(("CALL", "RESUME"))
        if instruction.opname.startswith("JUMP_BACKWARD"):
            found.add(instruction.argval)
    return found


class Interrupt:
    """Raises KeyboardInterrupt in our code at the n-th point where a signal may be handled."""

    def __init__(self, n: int) -> None:
        self.left = n
        self.breaks: dict[CodeType, set[int]] = {}

    def __call__(self, frame: FrameType, event: str, arg: Any) -> Callable[..., Any] | None:
        if frame.f_code.co_filename not in OURS:
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        if event == "opcode":
            code = frame.f_code
            if code not in self.breaks:
                self.breaks[code] = breaks(code)
            self.left -= frame.f_lasti in self.breaks[code]
            if self.left == 0:
                self.left = -1
                raise KeyboardInterrupt
        return self


def interrupted(call: Callable[[], object], n: int) -> bool:
    """Make a call and interrupt it at its n-th point. Whether it has that many."""
    outer, interrupt = sys.gettrace(), Interrupt(n)
    sys.settrace(interrupt)
    try:
        call()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(outer)
    assert interrupt.left > 0, "the interrupt was swallowed"
    return False


KINDS = {"small": (0, 0), "large": (1, 0), "on the shelf": (1, len(LARGE))}


@pytest.mark.parametrize(("large", "echo"), KINDS.values(), ids=KINDS, indirect=["echo"])
def test_an_interrupt_at_any_point_cuts_no_frame(echo: Echo, large: int) -> None:
    first, second = large * [LARGE], large * [LARGE.flip(0)]
    for n in range(1, 1000):
        echo.heard.clear()
        echo.seen.clear()
        echo.tell(b"before")
        hit = interrupted(lambda: echo.ask(b"?first", *first), n)
        echo.tell(b"after")
        back, came = echo.ask(b"?second", *second)
        assert back == b"?second"
        assert all(map(torch.equal, came, second))
        whole = [b"before", b"?first", b"after", b"?second"]
        assert echo.heard in (whole, [frame for frame in whole if frame != b"?first"]), n
        tensors = [*first, *second] if b"?first" in echo.heard else second
        assert all(itertools.starmap(torch.equal, zip(echo.seen, tensors, strict=True))), n
        if not hit:
            assert n > 20
            return
    raise AssertionError("this call has no end")


def test_an_interrupt_leaves_no_other_thread_waiting(echo: Echo) -> None:
    def talk() -> None:
        echo.tell(b"posted")
        echo.link.push()
        echo.ask(b"?asked")

    for n in range(1, 1000):
        hit = interrupted(talk, n)
        echo.ask(b"?again")
        other = threading.Thread(target=echo.ask, args=(b"?other",), daemon=True)
        other.start()
        other.join(5)
        assert not other.is_alive(), n
        if not hit:
            assert n > 20
            return
    raise AssertionError("this call has no end")
