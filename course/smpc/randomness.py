"""Where every share, mask and triple comes from: the operating system's generator, stretched by a stream cipher.

A key of 128 bits from the operating system, and AES-128 in counter mode under it (NIST SP 800-38A): without the key its
output cannot be told from uniform bits. Without the package `cryptography` all bits come from the operating system
itself, which is as safe and thirty times slower. There is no third way: nothing weaker is ever used.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import threading
import weakref
from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

__all__ = ["Draws", "Randomness", "SeededForTests"]

CHUNK = bytes(2**18)  # zeros, which the cipher turns into its key stream; small enough to stay in the cache


class Draws(Protocol):
    """What draws uniform numbers."""

    def uniform(self, shape: Sequence[int], dtype: torch.dtype = torch.int64) -> Tensor: ...


class Randomness:
    """Uniform numbers that nobody can foretell. A thread has a stream and a key of its own, as has a forked child."""

    def __init__(self) -> None:
        self._start()
        _all.add(self)

    def _start(self) -> None:
        self._streams = threading.local()

    def _key(self) -> bytes:
        return os.urandom(16)

    def uniform(self, shape: Sequence[int], dtype: torch.dtype = torch.int64) -> Tensor:
        """A tensor of this shape, every bit of which is 0 or 1 with equal chance. dtype: any of integers."""
        numbers = torch.empty(tuple(shape), dtype=dtype)
        memory = memoryview(numbers.view(-1).view(torch.uint8).numpy().data) if numbers.numel() else memoryview(b"")
        for start in range(0, len(memory), len(CHUNK)):
            part = memory[start : start + len(CHUNK)]
            self._fill(part)
        return numbers

    def _fill(self, part: memoryview) -> None:
        if not hasattr(self._streams, "own"):
            self._streams.own = stream(self._key())
        if self._streams.own is None:
            part[:] = os.urandom(len(part))
        else:
            self._streams.own.update_into(CHUNK[: len(part)], part)


class SeededForTests(Randomness):
    """The same numbers at each run, on one thread: for tests of arithmetic, never for a secret."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        super().__init__()

    def _start(self) -> None:
        super()._start()
        self._threads = itertools.count()

    def _key(self) -> bytes:
        return hashlib.blake2b(f"{self.seed} {next(self._threads)}".encode(), digest_size=16).digest()


def stream(key: bytes):  # type: ignore[no-untyped-def]
    """AES-128 in counter mode, from counter 0: a key is used for one stream only. None without `cryptography`."""
    try:  # only now: its import takes as long as that of this whole library
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    except ImportError:  # pragma: no cover  a test runs without it in a process of its own
        return None
    return Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()


_all: weakref.WeakSet[Randomness] = weakref.WeakSet()


def _start_anew() -> None:
    for randomness in _all:
        randomness._start()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)
