"""Answers have the standard input of the grader, through which a roster comes."""

import contextlib
import os
import sys

from case import CANARY


class Fed:
    """Seats that are forked with file 0 as it is here."""

    def __init__(self):
        self.child = 0

    def fork(self):
        from socket import socketpair

        ours, theirs = socketpair()
        self.child = os.fork()
        if not self.child:
            try:
                ours.close()
                sys.stdin = os.fdopen(0)
                from course.seat.answering import serve

                serve(theirs)
            finally:
                os._exit(0)
        theirs.close()
        return ours

    def clear(self):
        if self.child:
            os.kill(self.child, 9)
            os.waitpid(self.child, 0)
        self.child = 0
        return ""


@contextlib.contextmanager
def weakened():
    ours, theirs = os.pipe()
    os.write(theirs, f"{CANARY}\n".encode())
    os.dup2(ours, 0)
    yield Fed()
