"""Frames: what is sent arrives, and nothing else can be made of the bytes."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.seat.wire import LENGTHS, Ended, Garbled, Late, Line, dumps, loads

leaf = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text() | st.binary(max_size=50)
values = st.recursive(leaf, lambda inner: st.lists(inner, max_size=4), max_leaves=20)


def read(frame: bytes) -> object:
    head, _ = LENGTHS.unpack(frame[: LENGTHS.size])
    rest = frame[LENGTHS.size :]
    return loads(rest[:head], rest[head:])


@given(values)
def test_what_is_written_is_read(value: object) -> None:
    assert read(dumps(value)) == value


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_any_bytes_are_a_value_or_garbled(head: bytes, body: bytes) -> None:
    try:
        loads(head, body)
    except Garbled:
        return


@pytest.mark.parametrize(
    "head",
    [
        b'{"blob":9}',
        b'{"blob":-1}',
        b'{"blob":true}',
        b'{"pickle":1}',
        b'{"blob":1,"blob":1}',
        b"[" * 10**5,
        b"1" * 10**5,
    ],
    ids=["too long", "negative", "no length", "another name", "twice", "deep", "huge number"],
)
def test_a_head_that_lies_is_garbled(head: bytes) -> None:
    with pytest.raises(Garbled):
        loads(head, b"1234")


def test_bytes_behind_the_last_blob_are_garbled() -> None:
    with pytest.raises(Garbled):
        loads(b"[1]", b"x")


@pytest.fixture
def ends() -> tuple[Line, socket.socket]:
    ours, theirs = socket.socketpair()
    return Line(ours), theirs


def test_a_frame_of_many_parts_arrives(ends: tuple[Line, socket.socket]) -> None:
    line, theirs = ends
    frame = dumps(["a", b"b" * 3_000_000])
    threading.Thread(target=theirs.sendall, args=(frame,)).start()
    assert line.receive() == ["a", b"b" * 3_000_000]


def test_who_is_silent_is_late(ends: tuple[Line, socket.socket]) -> None:
    line, theirs = ends
    theirs.sendall(b"\x00")
    with pytest.raises(Late):
        line.receive(until=time.monotonic() + 0.05)


def test_who_hangs_up_has_ended(ends: tuple[Line, socket.socket]) -> None:
    line, theirs = ends
    theirs.sendall(dumps("one")[:-2])
    theirs.close()
    with pytest.raises(Ended):
        line.receive()


def test_a_frame_larger_than_any_is_not_waited_for(ends: tuple[Line, socket.socket]) -> None:
    line, theirs = ends
    theirs.sendall(LENGTHS.pack(10, 2**40))
    with pytest.raises(Garbled, match="bytes"):
        line.receive()
