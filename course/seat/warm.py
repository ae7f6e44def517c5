"""The warm process of a seat: it has imported what answers need, and forks a fresh process for each exercise.

    python -m course.seat.warm FD SETTING       # started by course/grade/cage.py, inside the sandbox

FD is a stream socket to the trusted side, SETTING the fields of `Setting` as JSON. One byte asks, the same one answers:

    w   nobody asks: the imports are done
    f   comes with one end of a socket: what the last exercise left is gone, and a new process serves that socket
    c   what the last exercise left is gone; another byte follows, the signal that had ended it before, MEMORY, or 0

No code of a student runs here, and nothing that a student wrote is read here. What an exercise left behind goes before
the next begins: its processes, its files. Where that fails, this process ends, and with it, in a sandbox, all others.

Sources: prctl(2), pid_namespaces(7), setrlimit(2), credentials(7).
"""

from __future__ import annotations

import ctypes
import fcntl
import gc
import itertools
import json
import os
import resource
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_KEEPCAPS, PR_SET_CHILD_SUBREAPER = 1, 4, 8, 36
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_READ_SEARCH, LINUX_CAPABILITY_VERSION_3 = 47, 2, 2, 0x20080522
LINUX = sys.platform.startswith("linux")
MEMORY = 255  # in place of a signal: all processes of an exercise together took too much of it
LOOK = 0.2  # seconds between two looks at how much that is
LEFT = 10_000  # files: a seat where an exercise left more is not tidied, but started again


@dataclass(frozen=True)
class Setting:
    """Where this process stands, and what an exercise may use."""

    home: str  # the private folder of the exercises, emptied between them
    empty: list[str] = field(default_factory=list)  # other folders in which they can write
    limits: dict[str, int] = field(default_factory=dict)  # "RLIMIT_CPU" -> seconds, "RLIMIT_AS" -> bytes, ...
    user: int | None = None  # the user and group to become, where we are root
    optimizers: bool = True  # whether an exercise is likely to use one
    reads: bool = False  # that user has to read what only root can: Python lies there


def main() -> None:
    """Serve the trusted side until it closes the socket."""
    control, setting = socket.socket(fileno=int(sys.argv[1])), Setting(**json.loads(sys.argv[2]))
    go_first()
    become(setting.user, setting.reads)
    shield()
    gc.disable()
    warm_up(setting.optimizers)
    gc.freeze()  # a collection in a fork would copy the memory of everything that is imported
    gc.enable()
    control.sendall(b"w")
    Seat(control, setting).serve()


def go_first() -> None:
    """Where the machine's memory ends, let this process and its forks go first, not the grader."""
    if LINUX:
        Path("/proc/self/oom_score_adj").write_text("1000")


def become(user: int | None, reads: bool) -> None:
    """Be that user from now on, who owns nothing; of root's capabilities at most the one to read what root reads."""
    if user is None:
        return
    os.setgroups([])
    os.setresgid(user, user, user)
    prctl(PR_SET_KEEPCAPS, reads)
    os.setresuid(user, user, user)
    if reads:
        header = struct.pack("II", LINUX_CAPABILITY_VERSION_3, 0)
        capabilities = struct.pack("6I", *[1 << CAP_DAC_READ_SEARCH] * 3, 0, 0, 0)  # effective, permitted, inheritable
        if ctypes.CDLL(None, use_errno=True).capset(header, capabilities):
            raise OSError(ctypes.get_errno(), "capset")
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_READ_SEARCH)  # programs that it starts read so too


def shield() -> None:
    """Let no exercise look into this process, and orphans come to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if os.getpid() == 1:  # all others go with it; elsewhere it ends them when the trusted side's end has closed
        die_with_parent()
    prctl(PR_SET_DUMPABLE, 0)  # ptrace(2): nor open what is in /proc of this process; forks inherit it
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent() -> None:
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def prctl(option: int, *values: int) -> None:
    """prctl(2) where there is one. Raises OSError."""
    if LINUX and ctypes.CDLL(None, use_errno=True).prctl(option, *(*values, 0, 0, 0, 0)[:4]):
        raise OSError(ctypes.get_errno(), f"prctl({option})")


def warm_up(optimizers: bool) -> None:
    """Import what answers use, and do once what imports more when it is done first."""
    import numpy  # noqa: F401
    import pandas  # noqa: F401
    import torch

    torch.set_num_threads(1)  # no thread is lost in a fork
    import course  # noqa: F401
    import course.seat.answering  # noqa: F401

    layer = torch.nn.Linear(2, 1)
    layer(torch.ones(3, 2)).sum().backward()
    if optimizers:  # the first imports torch's compiler, as long as all the rest
        torch.optim.SGD(layer.parameters(), lr=0.1).step()


class Seat:
    """The forks, one after the other."""

    def __init__(self, control: socket.socket, setting: Setting) -> None:
        self.control, self.setting = control, setting
        self.child = 0  # the process of the exercise; 0: there is none
        self.ended_by = 0
        self.most = setting.limits.get("RLIMIT_AS", 0) if LINUX else 0
        # Nobody else is in this pid namespace, or nobody else has this user.
        self.alone = os.getpid() == 1 or setting.user is not None
        self.heard, told = os.pipe()
        for end in (self.heard, told):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(told, warn_on_full_buffer=False)

    def serve(self) -> None:
        """Wait for a question or for the end of a process, whichever comes first."""
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        poll.register(self.heard, select.POLLIN)
        looked = time.monotonic()
        while True:
            ready = [fd for fd, _ in poll.poll(1000 * LOOK if self.child and self.most else None)]
            if self.child and self.most and time.monotonic() > looked + LOOK:
                looked = time.monotonic()
                if memory_beyond(os.getpid()) > self.most:
                    self._kill(MEMORY)
            if self.heard in ready:
                self._reap()
            if self.control.fileno() in ready:
                asked, sockets, _, _ = socket.recv_fds(self.control, 1, 1)
                self._clear()
                if not asked:  # the trusted side has closed it
                    return
                for fd in sockets:
                    self._fork(fd)
                self.control.sendall(asked if sockets else asked + bytes([self.ended_by]))

    def _fork(self, fd: int) -> None:
        self.ended_by, self.child = 0, os.fork()
        if not self.child:
            exercise(fd, self.setting)
        os.close(fd)

    def _reap(self) -> None:
        """Take note of processes that ended. With an exercise's own process all that it started goes.

        Otherwise one of those, with the socket still open, could let the trusted side wait for an answer.
        """
        with suppress(BlockingIOError):
            while os.read(self.heard, 4096):
                pass
        with suppress(ChildProcessError):
            while True:
                ended, status = os.waitpid(-1, os.WNOHANG)
                if not ended:
                    break
                if ended == self.child:
                    self._kill(os.WTERMSIG(status))

    def _clear(self) -> None:
        self._kill()
        for folder in (self.setting.home, *self.setting.empty):
            empty(folder)

    def _kill(self, why: int = 0) -> None:
        """Kill all but this process until there is nobody left."""
        child, self.child, self.ended_by = self.child, 0, why or self.ended_by
        with suppress(ChildProcessError):
            while True:
                # kill(2): -1 is everybody whom this process may signal, except itself; -child is that session's group
                for one in [-1] if self.alone else [*descendants(), *([child, -child] if child else [])]:
                    with suppress(ProcessLookupError, PermissionError):
                        os.kill(one, signal.SIGKILL)
                ended, status = os.waitpid(-1, 0)
                if ended == child:
                    child = 0
                    if os.WTERMSIG(status) != signal.SIGKILL:  # it was about to end by itself
                        self.ended_by = self.ended_by or os.WTERMSIG(status)


def descendants() -> list[int]:
    """All processes that this one, or one of them, has started."""
    parents: dict[int, int] = {}
    for name in os.listdir("/proc") if LINUX else ():
        with suppress(OSError, ValueError):
            parents[int(name)] = int(Path("/proc", name, "stat").read_text().rpartition(")")[2].split()[1])
    found: list[int] = []
    above = {os.getpid()}
    while above:
        above = {one for one, parent in parents.items() if parent in above}
        found += above
    return found


def memory_beyond(warm: int) -> int:
    """Bytes of memory that this process's offspring has, beyond what each got from the warm process with its fork."""
    each = [anonymous(one) for one in [warm, *descendants()]]
    return sum(max(0, one - each[0]) for one in each)


def anonymous(process: int) -> int:
    """Bytes of memory that a process has written; 0 if it has ended."""
    with suppress(OSError, IndexError):
        _, resident, shared = Path(f"/proc/{process}/statm").read_text().split()[:3]
        return (int(resident) - int(shared)) * resource.getpagesize()
    return 0


def empty(folder: str) -> None:
    """Delete everything in a folder that somebody else filled, however deep, and follow no link.

    Folders are brought to the top and deleted there, so that no path is too long. Raises OSError where that fails, or
    where there are more than LEFT files.
    """
    files = 0
    while entries := list(itertools.islice(os.scandir(folder), LEFT)):
        for entry in entries:
            for inner in unpacked(entry):
                files += 1
                if files > LEFT:
                    raise OSError(f"more than {LEFT} files were left in {folder}")
                if inner.is_dir(follow_symlinks=False):
                    os.chmod(inner.path, 0o700)  # to move a folder is to write its ".."
                    os.rename(inner.path, os.path.join(folder, f"{files}-{os.urandom(8).hex()}"))
                else:
                    os.unlink(inner.path)
            if entry.is_dir(follow_symlinks=False):
                os.rmdir(entry.path)


def unpacked(entry: os.DirEntry[str]) -> Iterator[os.DirEntry[str]]:
    """What a folder holds; what is no folder, itself."""
    if not entry.is_dir(follow_symlinks=False):
        yield entry
        return
    os.chmod(entry.path, 0o700)
    with os.scandir(entry.path) as inside:
        yield from inside


def exercise(fd: int, setting: Setting) -> None:
    """Be the process of one exercise, with nothing open but its socket, and never return."""
    try:
        os.setsid()
        die_with_parent()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        socket_only(fd)
        os.chdir(setting.home)
        limit(setting.limits)
        from course.seat.answering import serve

        serve(socket.socket(fileno=3))
    finally:
        os._exit(0)


def socket_only(fd: int) -> None:
    """Let the socket be file 3, the first three nowhere, and close all others."""
    kept, nowhere = fcntl.fcntl(fd, fcntl.F_DUPFD, 10), os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.dup2(kept, 3)
    os.closerange(4, os.sysconf("SC_OPEN_MAX"))


def limit(limits: dict[str, int]) -> None:
    """Set resource limits, for this process and all that it starts. Nobody but root can raise them again."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name, most in limits.items():
        if name == "RLIMIT_AS" and not LINUX:  # macOS refuses it
            continue
        which = getattr(resource, name)
        _, hard = resource.getrlimit(which)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        kill = most + 1 if name == "RLIMIT_CPU" and most != hard else most  # first comes SIGXCPU, which says why
        resource.setrlimit(which, (most, kill))


if __name__ == "__main__":
    main()
