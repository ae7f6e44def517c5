"""All exercises of a submission run in one process, one after the other, as the cells of a notebook do."""

import contextlib
import os
import signal
import socket


class One:
    """A seat that forks once."""

    def __init__(self):
        self.control, theirs = socket.socketpair()
        self.child = os.fork()
        if not self.child:
            try:
                self.control.close()
                from course.seat.answering import serve

                while (found := socket.recv_fds(theirs, 1, 1))[0]:
                    serve(socket.socket(fileno=found[1][0]))
            finally:
                os._exit(0)
        theirs.close()

    def fork(self):
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self.control, [b"f"], [theirs.fileno()])
        return ours

    def clear(self):
        return ""


@contextlib.contextmanager
def weakened():
    one = One()
    try:
        yield one
    finally:
        os.kill(one.child, signal.SIGKILL)
        os.waitpid(one.child, 0)
