"""Have code run at a seat, as the judge has answers called."""

import socket

from course.grade.cage import Cage


def run(cage: Cage, code: str) -> str | None:
    """What the code left in `out`, as text; None where the process ended without a word.

    Raises TimeoutError where it says nothing in the time that the cage's limits give.
    """
    with cage.fork() as seat:
        return ask(seat, code)


def ask(seat: socket.socket, code: str) -> str | None:
    seat.sendall(code.encode())
    try:
        return seat.recv(1 << 20).decode(errors="replace") or None
    except ConnectionError:
        return None
