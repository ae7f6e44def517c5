"""Frames between the judge and the seat: nested lists of plain data and bytes, never pickled, never evaluated.

4 bytes   length of the head, big-endian
8 bytes   length of all blobs together
head      JSON; the k-th blob stands there as {"blob": length}
blobs     one after the other
"""

from __future__ import annotations

import json
import socket
import struct
import time
from typing import Any

__all__ = ["Ended", "Garbled", "Late", "Line", "dumps", "loads"]

LARGEST = 2**28  # bytes of a frame
LENGTHS = struct.Struct(">IQ")


class Ended(Exception):
    """The other side is gone."""


class Late(Exception):
    """The other side did not speak in time."""


class Garbled(ValueError):
    """What came is no frame, or says what cannot be."""


def dumps(value: Any) -> bytes:
    """Lists, dicts with text keys, None, bool, int, float, str and bytes, as a frame."""
    blobs: list[bytes] = []
    head = json.dumps(_lowered(value, blobs), separators=(",", ":")).encode()
    body = b"".join(blobs)
    if len(head) + len(body) > LARGEST:
        raise ValueError(f"{len(head) + len(body):,} bytes are more than the {LARGEST:,} that a frame can hold")
    return LENGTHS.pack(len(head), len(body)) + head + body


def _lowered(value: Any, blobs: list[bytes]) -> Any:
    if isinstance(value, list):
        return [_lowered(part, blobs) for part in value]
    if isinstance(value, bytes):
        blobs.append(value)
        return {"blob": len(value)}
    return value


def loads(head: bytes, body: bytes) -> Any:
    """What `dumps` wrote. Garbled for anything else."""
    at = 0

    def blob(pairs: list[tuple[str, Any]]) -> bytes:
        nonlocal at
        ((name, length),) = pairs
        if name != "blob" or type(length) is not int or length < 0 or at + length > len(body):
            raise Garbled("a blob is not there")
        at += length
        return body[at - length : at]

    try:
        value = json.loads(head, object_pairs_hook=blob)
    except (ValueError, TypeError, RecursionError) as error:
        raise Garbled(f"a head that cannot be read ({type(error).__name__})") from None
    if at != len(body):
        raise Garbled("there are bytes behind the last blob")
    return value


class Line:
    """One end of the socket between the two."""

    def __init__(self, end: socket.socket) -> None:
        self.end = end

    def send(self, value: Any, until: float | None = None) -> None:
        """Send a frame; Late after `until` (time.monotonic), Ended if nobody is there."""
        self._wait(until)
        try:
            self.end.sendall(dumps(value))
        except TimeoutError:
            raise Late from None
        except OSError:
            raise Ended from None

    def receive(self, until: float | None = None) -> Any:
        """The next frame; Late after `until`, Ended, or Garbled."""
        lengths = self._exactly(LENGTHS.size, until)
        head, body = LENGTHS.unpack(lengths)
        if head + body > LARGEST:
            raise Garbled(f"a frame of {head + body:,} bytes")
        return loads(bytes(self._exactly(head, until)), bytes(self._exactly(body, until)))

    def _exactly(self, count: int, until: float | None) -> bytearray:
        found = bytearray()
        while len(found) < count:
            self._wait(until)
            try:
                part = self.end.recv(min(count - len(found), 1 << 20))
            except TimeoutError:
                raise Late from None
            except OSError:
                raise Ended from None
            if not part:
                raise Ended
            found += part
        return found

    def _wait(self, until: float | None) -> None:
        left = None if until is None else until - time.monotonic()
        if left is not None and left <= 0:
            raise Late
        self.end.settimeout(left)
