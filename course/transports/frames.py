"""Frames: how bytes follow each other in the pipes between the notebook and the host.

    8 bytes   length of the first part, big-endian
    4 bytes   how many large tensors follow it
    8 bytes   for each of those, its length
    the first part, then the tensors

A large tensor goes from its own memory into the pipe, and from the pipe into the memory of the tensor over there:
nothing copies it in between. If all tensors of a frame fit on the shelf (`shelf.py`), they are laid there piece by
piece, one behind the other, and what follows the frame is a byte for each piece, as soon as it lies there: while one
side lays the next piece, the other takes this one. Frames with tensors take turns, so there is one shelf for both ways.

Whoever reads or writes may be interrupted between any two instructions of Python, and goes on later where it stopped
(`Part`).
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from operator import add
from typing import BinaryIO, NamedTuple

import torch

from course.codec import memory_of

__all__ = ["Arriving", "EMPTY", "Frame", "NO_SHELF", "Part", "frame", "outgoing", "read_frame", "write_frame"]

HEAD = struct.Struct(">QI")
OPENING = 4096  # bytes that are read at first: most frames are shorter
PIECE = 1_048_576  # bytes that are laid on the shelf at a time: of 4 MB there are enough for both sides to work at once
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

    __slots__ = ("count", "length", "memory", "tensor")

    def __init__(self, memory: bytes | bytearray | memoryview, tensor: torch.Tensor | None = None) -> None:
        self.memory = memoryview(memory)
        self.length = len(memory)
        self.tensor = tensor
        self.count = deque((0,), 1)  # of the bytes that are done: one number, which the next one pushes out

    def left(self) -> int:
        """The bytes still to be done."""
        return self.length - self.count[0]

    def rest(self) -> memoryview:
        """The memory of what is left."""
        return self.memory[self.count[0] :]

    def advance(self, step: Callable[[memoryview], int]) -> int:
        """Call `step`, a function in C, with what is left; it returns how many bytes it has done."""
        before = self.count[0]
        # `extend`, `map` and `add` run in C as well: no signal is handled between the step and the counting of it.
        self.count.extend(map(add, map(step, (self.rest(),)), self.count))
        return self.count[0] - before

    def begin(self, come: memoryview) -> memoryview:
        """Fill with what has come already, and return what is beyond it."""
        count = min(self.length, len(come))
        self.memory[:count] = come[:count]
        self.count.append(count)
        return come[count:]

    def keep(self) -> None:
        """Copy what is to be written: it is somebody's tensor, who may change it from now on."""
        if self.tensor is not None:
            self.memory = memory_of(self.tensor.clone())


class Laid(Part):
    """A tensor that is laid on the shelf. What is written is a byte for each piece."""

    __slots__ = ("place", "source")

    def __init__(self, tensor: torch.Tensor, place: memoryview) -> None:
        super().__init__(bytes(pieces(len(tensor))), tensor)
        self.source, self.place = memory_of(tensor), place

    def rest(self) -> memoryview:
        """Lay the next piece there; if an interrupt comes before that is written, it is laid again."""
        piece = slice(self.count[0] * PIECE, (self.count[0] + 1) * PIECE)
        self.place[piece] = self.source[piece]
        return self.memory[:1]

    def keep(self) -> None:
        self.source = memory_of(self.tensor.clone())  # type: ignore[union-attr]


class Taken(Part):
    """A tensor that is taken from the shelf. What is filled is a byte for each piece."""

    __slots__ = ("place", "taken", "target")

    def __init__(self, tensor: torch.Tensor, place: memoryview) -> None:
        super().__init__(bytearray(pieces(len(tensor))), tensor)
        self.target, self.place = memory_of(tensor), place
        self.taken = 0

    def left(self) -> int:
        """Take the pieces that lie there. The bytes still to be read."""
        come = self.count[0]
        new = slice(self.taken * PIECE, come * PIECE)
        self.target[new] = self.place[new]
        self.taken = come
        return self.length - come


class Waste(Part):
    """Bytes that are read and thrown away: there is no room for them."""

    __slots__ = ()

    def __init__(self, length: int) -> None:
        super().__init__(bytearray(min(length, OPENING)))
        self.length = length

    def rest(self) -> memoryview:
        return self.memory[: self.left()]

    def begin(self, come: memoryview) -> memoryview:
        count = min(self.length, len(come))
        self.count.append(count)
        return come[count:]


class Arriving:
    """A frame on its way in."""

    __slots__ = ("come", "parts", "shelf")

    def __init__(self, shelf: memoryview = NO_SHELF) -> None:
        self.shelf = shelf
        self.come: deque[bytes] = deque()  # what has come before it was known what there is: most often all
        self.parts: list[Part] = []  # then: the lengths and the first part in one, and the tensors

    def advance(self, read: Callable[[int], bytes], readinto: Callable[[memoryview], int]) -> bool:
        """Read on, with functions in C. False where the pipe has ended."""
        for part in self.parts:
            if part.left():
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
        if first.left():
            return None
        lengths = struct.unpack_from(f">{large}Q", first.memory)
        if large and len(self.parts) == 1:
            self.parts = [first, *begun(rooms(lengths, self.shelf), come[HEAD.size + first.length :])]
        if any(part.left() for part in self.parts):
            return None
        return Frame(first.memory[8 * large :], *found_room(self.parts[1:], lengths))


def begun(parts: list[Part], come: memoryview) -> list[Part]:
    """These parts, filled with what has come already."""
    for part in parts:
        come = part.begin(come)
    return parts


def found_room(parts: Sequence[Part], lengths: Sequence[int]) -> tuple[list[torch.Tensor], int]:
    """The tensors among these parts, and the bytes of those that found no room."""
    tensors = [part.tensor for part in parts if part.tensor is not None]
    return tensors, sum(length for part, length in zip(parts, lengths, strict=True) if part.tensor is None)


def rooms(lengths: Sequence[int], shelf: memoryview) -> list[Part]:
    """Where tensors of so many bytes go that come over the shelf if they fit, else behind the frame."""
    there = places(lengths, shelf)
    return list(map(room, lengths, there)) if there else list(map(room, lengths))


def room(length: int, place: memoryview | None = None) -> Part:
    """Memory for a tensor of that many bytes, where torch aligns it; what there is no memory for is read as waste."""
    try:
        tensor = torch.empty(length, dtype=torch.uint8)
    except (RuntimeError, MemoryError):
        return Waste(length if place is None else pieces(length))
    return Part(memory_of(tensor), tensor) if place is None else Taken(tensor, place)


def frame(first: bytes, large: Sequence[torch.Tensor] = ()) -> bytes:
    """The frame up to its large tensors, which are flat, of bytes, and follow it."""
    lengths = struct.pack(f">{len(large)}Q", *map(len, large)) if large else b""
    return HEAD.pack(len(first), len(large)) + lengths + first


def pieces(length: int) -> int:
    """How many pieces a tensor of so many bytes has on the shelf."""
    return -(-length // PIECE)


def places(lengths: Sequence[int], shelf: memoryview) -> list[memoryview]:
    """Where on the shelf tensors of so many bytes lie; nowhere if not all of them fit."""
    if sum(lengths) > len(shelf):
        return []
    return [shelf[start:end] for start, end in pairwise(accumulate(lengths, initial=0))]


def outgoing(first: bytes, large: Sequence[torch.Tensor], shelf: memoryview) -> list[Part]:
    """What is to be written for a frame, in this order."""
    head = Part(frame(first, large))
    if not large:
        return [head]
    if there := places(list(map(len, large)), shelf):
        return [head, *map(Laid, large, there)]
    return [head, *[Part(memory_of(flat), flat) for flat in large]]


def write_frame(pipe: BinaryIO, first: bytes, large: Sequence[torch.Tensor] = (), shelf: memoryview = NO_SHELF) -> None:
    """Write a frame to the end."""
    for part in outgoing(first, large, shelf):
        while part.left():
            part.advance(pipe.write)
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
    parts = rooms(lengths, shelf)
    for part in parts:
        while part.left():
            if not part.advance(pipe.readinto1):  # type: ignore[attr-defined]
                return None
    return Frame(rest[8 * large :], *found_room(parts, lengths))
