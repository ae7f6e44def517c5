"""Frames: how bytes follow each other in the pipes between the notebook and the host.

    8 bytes   length of the first part, big-endian
    4 bytes   how many large tensors follow it
    8 bytes   for each of those, its length
    the first part, then the tensors

A large tensor goes from its own memory into the pipe, and from the pipe into the memory of the tensor over there:
nothing copies it in between. Whoever reads or writes may be interrupted between any two instructions of Python, and
goes on later where it stopped (`Part`).
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable, Sequence
from typing import BinaryIO

import torch

from course.codec import memory_of

__all__ = ["Arriving", "Part", "frame", "large_parts", "read_frame", "write_frame"]

HEAD = struct.Struct(">QI")


class Part:
    """A stretch of memory (of `tensor`, if given) that is being written or filled. An interrupt loses no count."""

    __slots__ = ("counts", "memory", "tensor")

    def __init__(self, memory: bytes | bytearray | memoryview, tensor: torch.Tensor | None = None) -> None:
        self.memory = memoryview(memory)
        self.tensor = tensor
        self.counts: deque[int] = deque()

    @property
    def left(self) -> int:
        """The bytes still to be done."""
        return len(self.memory) - sum(self.counts)

    def advance(self, step: Callable[[memoryview], int | None]) -> int:
        """Call `step`, a function in C, with what is left; it returns how many bytes it has done."""
        # `extend` and `map` run in C as well: no signal is handled between the step and the counting of it.
        self.counts.extend(map(step, (self.memory[sum(self.counts) :],)))  # type: ignore[arg-type]
        last = self.counts[-1]
        self.counts = deque((sum(self.counts),))
        return last


class Arriving:
    """A frame on its way in: the parts that are known so far."""

    __slots__ = ("parts",)

    def __init__(self) -> None:
        self.parts = [Part(bytearray(HEAD.size))]

    def next_part(self) -> Part | None:
        """The part that is to be filled now; None for a frame that is here whole."""
        parts = self.parts
        for part in parts:
            if part.left:
                return part
        size, large = HEAD.unpack(parts[0].memory)
        if len(parts) == 1 and size + large:
            parts.append(Part(bytearray(8 * large + size)))
            return parts[1]
        if len(parts) == 2 and large:
            lengths = struct.unpack_from(f">{large}Q", parts[1].memory)
            parts.extend([_room(length) for length in lengths])  # in one step, or not at all
            return self.next_part()
        return None

    @property
    def first(self) -> memoryview:
        """The first part, without the lengths."""
        large = len(self.parts) - 2
        return memoryview(b"") if large < 0 else self.parts[1].memory[8 * large :]

    @property
    def large(self) -> list[torch.Tensor]:
        """The large tensors, as bytes."""
        return [part.tensor for part in self.parts[2:] if part.tensor is not None]


def _room(length: int) -> Part:
    """Memory for a tensor of that many bytes, where torch aligns it."""
    tensor = torch.empty(length, dtype=torch.uint8)
    return Part(memory_of(tensor), tensor)


def frame(first: bytes, large: Sequence[torch.Tensor] = ()) -> bytes:
    """The frame up to its large tensors, which are flat, of bytes, and follow it."""
    lengths = struct.pack(f">{len(large)}Q", *map(len, large)) if large else b""
    return HEAD.pack(len(first), len(large)) + lengths + first


def large_parts(large: Sequence[torch.Tensor]) -> list[Part]:
    """The memory of those tensors, to be written."""
    return [Part(memory_of(flat), flat) for flat in large]


def write_frame(pipe: BinaryIO, first: bytes, large: Sequence[torch.Tensor] = ()) -> None:
    """Write a frame to the end."""
    for part in [Part(frame(first, large)), *large_parts(large)]:
        while part.left:
            part.advance(pipe.write)
    pipe.flush()


def read_frame(pipe: BinaryIO) -> Arriving | None:
    """The next frame; None where the pipe ends, be it in the middle of a frame."""
    arriving = Arriving()
    while (part := arriving.next_part()) is not None:
        if not part.advance(pipe.readinto):  # type: ignore[attr-defined]
            return None
    return arriving
