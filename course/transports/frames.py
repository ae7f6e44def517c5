"""Frames: how bytes follow each other in the pipes between the notebook and the host.

    8 bytes   length of the first part, big-endian
    4 bytes   how many large tensors follow it
    8 bytes   for each of those, its length
    the first part, then the tensors

A large tensor goes from its own memory into the pipe, and from the pipe into the memory of the tensor over there:
nothing copies it in between. If all tensors of a frame fit on the shelf (`shelf.py`), they do not follow it: they lie
there when it comes, one behind the other. Frames with tensors take turns, so there is one shelf for both ways.

Whoever reads or writes may be interrupted between any two instructions of Python, and goes on later where it stopped
(`Part`).
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import BinaryIO, NamedTuple

import torch

from course.codec import memory_of

__all__ = ["Arriving", "EMPTY", "Frame", "NO_SHELF", "Part", "frame", "outgoing", "read_frame", "write_frame"]

HEAD = struct.Struct(">QI")
OPENING = 4096  # bytes that are read at first: most frames are shorter
NO_SHELF = memoryview(b"")


class Frame(NamedTuple):
    """A frame that is here whole. `lacking` is how many bytes of its tensors found no room in the memory here."""

    first: bytes | memoryview
    large: list[torch.Tensor]
    lacking: int


EMPTY = Frame(b"", [], 0)
NOTHING = HEAD.pack(0, 0)  # the same as bytes: what most requests are answered with


class Part:
    """A stretch of memory (of `tensor`, if given) that is being written or filled. An interrupt loses no count."""

    __slots__ = ("counts", "length", "memory", "tensor")

    def __init__(self, memory: bytes | bytearray | memoryview, tensor: torch.Tensor | None = None) -> None:
        self.memory = memoryview(memory)
        self.length = len(memory)
        self.tensor = tensor
        self.counts: deque[int] = deque()

    @property
    def left(self) -> int:
        """The bytes still to be done."""
        return self.length - sum(self.counts)

    def rest(self) -> memoryview:
        """The memory of what is left."""
        return self.memory[sum(self.counts) :]

    def advance(self, step: Callable[[memoryview], int | None]) -> int:
        """Call `step`, a function in C, with what is left; it returns how many bytes it has done."""
        # `extend` and `map` run in C as well: no signal is handled between the step and the counting of it.
        self.counts.extend(map(step, (self.rest(),)))  # type: ignore[arg-type]
        last = self.counts[-1]
        self.counts = deque((sum(self.counts),))
        return last

    def begin(self, come: memoryview) -> memoryview:
        """Fill with what has come already, and return what is beyond it."""
        count = min(self.length, len(come))
        self.memory[:count] = come[:count]
        self.counts.append(count)
        return come[count:]

    def keep(self) -> None:
        """Copy what is to be written: it is somebody's tensor, who may change it from now on."""
        if self.tensor is not None:
            self.memory = memory_of(self.tensor.clone())


class Shelved(Part):
    """A tensor that is written to the shelf instead."""

    __slots__ = ("place",)

    def __init__(self, tensor: torch.Tensor, place: memoryview) -> None:
        super().__init__(memory_of(tensor), tensor)
        self.place = place

    def advance(self, step: Callable[[memoryview], int | None]) -> int:
        """Copy it; if an interrupt comes before that is counted, it is copied again."""
        self.place[:] = self.memory
        self.counts.append(self.length)
        return self.length


class Waste(Part):
    """Bytes that are read and thrown away: there is no room for them."""

    __slots__ = ()

    def __init__(self, length: int) -> None:
        super().__init__(bytearray(min(length, OPENING)))
        self.length = length

    def rest(self) -> memoryview:
        return self.memory[: self.left]

    def begin(self, come: memoryview) -> memoryview:
        count = min(self.length, len(come))
        self.counts.append(count)
        return come[count:]


class Arriving:
    """A frame on its way in."""

    __slots__ = ("come", "parts", "shelf")

    def __init__(self, shelf: memoryview = NO_SHELF) -> None:
        self.shelf = shelf
        self.come: deque[bytes] = deque()  # what has come before it was known what there is: most often all
        self.parts: list[Part] = []  # then: the lengths and the first part in one, and the tensors

    def advance(self, read: Callable[[int], bytes], readinto: Callable[[memoryview], int | None]) -> bool:
        """Read on, with functions in C. False where the pipe has ended."""
        for part in self.parts:
            if part.left:
                return part.advance(readinto) > 0
        self.come.extend(map(read, (OPENING,)))
        return len(self.come[-1]) > 0

    def whole(self) -> Frame | None:
        """The frame, once it is here whole."""
        if not self.come:
            return None
        come = self.come[0] if len(self.come) == 1 else b"".join(self.come)
        if come == NOTHING:
            return EMPTY
        if len(come) < HEAD.size:
            return None
        return self._filled(memoryview(come))

    def _filled(self, come: memoryview) -> Frame | None:
        size, large = HEAD.unpack_from(come)
        if not self.parts:
            self.parts = begun([Part(bytearray(8 * large + size))], come[HEAD.size :])
        first = self.parts[0]
        if large and len(self.parts) == 1 and not first.left:
            lengths = struct.unpack_from(f">{large}Q", first.memory)
            behind = self.shelf if sum(lengths) <= len(self.shelf) else come[HEAD.size + first.length :]
            self.parts = [first, *begun(list(map(room, lengths)), behind)]
        if any(part.left for part in self.parts):
            return None
        return Frame(first.memory[8 * large :], *found_room(self.parts[1:]))


def begun(parts: list[Part], come: memoryview) -> list[Part]:
    """These parts, filled with what has come already."""
    for part in parts:
        come = part.begin(come)
    return parts


def found_room(parts: Sequence[Part]) -> tuple[list[torch.Tensor], int]:
    """The tensors among these parts, and the bytes of those that found no room."""
    tensors = [part.tensor for part in parts if part.tensor is not None]
    return tensors, sum(part.length for part in parts if part.tensor is None)


def room(length: int) -> Part:
    """Memory for a tensor of that many bytes, where torch aligns it; what there is no memory for is read as waste."""
    try:
        tensor = torch.empty(length, dtype=torch.uint8)
    except (RuntimeError, MemoryError):
        return Waste(length)
    return Part(memory_of(tensor), tensor)


def frame(first: bytes, large: Sequence[torch.Tensor] = ()) -> bytes:
    """The frame up to its large tensors, which are flat, of bytes, and follow it."""
    lengths = struct.pack(f">{len(large)}Q", *map(len, large)) if large else b""
    return HEAD.pack(len(first), len(large)) + lengths + first


def places(large: Sequence[torch.Tensor], shelf: memoryview) -> list[memoryview]:
    """Where on the shelf these tensors lie; nowhere if not all of them fit."""
    if not large or sum(map(len, large)) > len(shelf):
        return []
    return [shelf[start:end] for start, end in pairwise(accumulate(map(len, large), initial=0))]


def outgoing(first: bytes, large: Sequence[torch.Tensor], shelf: memoryview) -> list[Part]:
    """What is to be written for a frame, in this order."""
    head = Part(frame(first, large))
    if there := places(large, shelf):
        return [*map(Shelved, large, there), head]
    return [head, *[Part(memory_of(flat), flat) for flat in large]]


def write_frame(pipe: BinaryIO, first: bytes, large: Sequence[torch.Tensor] = (), shelf: memoryview = NO_SHELF) -> None:
    """Write a frame to the end."""
    behind = list(map(memory_of, large))
    for place in places(large, shelf):
        place[:] = behind.pop(0)
    for left in [memoryview(frame(first, large)), *behind]:
        while len(left):
            left = left[pipe.write(left) :]
    pipe.flush()


def read_frame(pipe: BinaryIO, shelf: memoryview = NO_SHELF) -> Frame | None:
    """The next frame, from a pipe with a buffer; None where it ends, be it in the middle of a frame."""
    head = pipe.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    size, large = HEAD.unpack(head)
    rest = pipe.read(8 * large + size)
    if len(rest) < 8 * large + size:
        return None
    if not large:
        return Frame(rest, [], 0)
    lengths = struct.unpack_from(f">{large}Q", rest)
    parts = begun(list(map(room, lengths)), shelf if sum(lengths) <= len(shelf) else NO_SHELF)
    for part in parts:
        while part.left:
            if not part.advance(pipe.readinto):  # type: ignore[attr-defined]
                return None
    return Frame(rest[8 * large :], *found_room(parts))
