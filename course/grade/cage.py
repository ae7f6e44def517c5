"""Where answers run: a seat at a level, with limits, that hands out a socket to a fresh process for each exercise.

    with Cage(best_level()) as cage:
        with cage.fork() as socket:     # a new process at the other end runs course/seat/answering.py
            ...
        cage.clear()                    # and everything that it left is gone

- `none`: an exercise has a fresh process in an empty folder, with a limit on CPU, which ends when the exercise is over.
- `rlimits`: it also has limits on memory, the size of a file, open files and processes, and, where the grader is
  root, a user of its own.
- `bwrap`: it also has a file system of its own: the system and the library to read, without exercises, answers and the
  grader, and a little room in memory to write. It has no network, sees no other processes, has no capabilities, and
  the kernel refuses it what answers never need (`system_calls.py`).

Below `bwrap` nothing is hidden: what the grader can read, an answer can read. That contains accidents, not intent.

Inside, as the only process that outlives an exercise, stands `course/seat/warm.py`. If an exercise ends it all the
same, that costs one exercise: the next fork starts another.

Sources: bwrap(1), pid_namespaces(7), setrlimit(2).
"""

from __future__ import annotations

import functools
import json
import os
import platform
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import course
from course.grade.system_calls import seccomp
from course.seat.warm import MEMORY

LEVELS = ("none", "rlimits", "bwrap")
HIDDEN = {"authoring", "exercises", "grade", "lab", "cli.py"}  # of the package: no answer needs it
PACKAGE = Path(course.__file__).resolve().parent
LIBRARY = "/seat/library"  # where the package lies in a sandbox
DESK, SHARED = "/seat/desk", "/dev/shm"  # where an exercise can write in a sandbox; Python itself may lie below /tmp
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/etc/alternatives",
          "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/sys/devices/system/cpu")
PATIENCE = 60.0  # seconds for a seat to start, or to tidy up
MB = 2**20


class CageError(RuntimeError):
    """No answer can run here as it should; the text says why and what to do."""


class LevelError(CageError, ValueError):
    """The sandbox is weaker than the questions ask for."""


@dataclass(frozen=True)
class Limits:
    """What one exercise may use. With these, torch runs; CPU, memory and files count for each of its processes."""

    seconds: float = 30.0  # of wall time: the trusted side's socket waits no longer for a message
    cpu: int = 20  # seconds
    memory: int = 2048  # MB of address space; 700 are torch's
    file: int = 32  # MB, the largest file
    files: int = 256  # open at a time
    processes: int = 32  # and threads
    disk: int = 64  # MB in all, at level bwrap
    shared: int = 64  # MB of shared memory, at level bwrap

    def __str__(self) -> str:
        return (
            f"{self.seconds:g} s, {self.cpu} s of CPU, {self.memory} MB of memory, files of {self.file} MB, "
            f"{self.files} of them open, {self.processes} processes, {self.disk} MB of disk, "
            f"{self.shared} MB of shared memory"
        )

    def of_a_process(self, others: int) -> dict[str, int]:
        """As setrlimit(2) names them, where the same user has so many other processes."""
        return {
            "RLIMIT_CPU": self.cpu,
            "RLIMIT_AS": self.memory * MB,
            "RLIMIT_FSIZE": self.file * MB,
            "RLIMIT_NOFILE": self.files,
            "RLIMIT_NPROC": self.processes + others,
        }


class Cage:
    """A seat at a level. Start it with `with`, or `start()` and `close()`; one thread uses it, and outlives it.

    `hide` are files and folders that must not be seen in it though they lie within what it needs (the submissions, in a
    folder of the Python environment, say); `show` are some more to read, data sets for instance. Without `optimizers` a
    seat is warm sooner, and the first optimizer of an exercise takes a second.

    Raises CageError where the seat does not start.
    """

    def __init__(
        self, level: str | None = None, limits: Limits | None = None, *,
        hide: Sequence[Path] = (), show: Sequence[Path] = (), optimizers: bool = True,
    ) -> None:
        self.level = best_level() if level is None else level
        if self.level not in LEVELS:
            raise CageError(f"There is no level {self.level!r}; there are: {', '.join(LEVELS)}.")
        self.limits, self.hide, self.show = limits or Limits(), tuple(hide), tuple(show)
        self.optimizers = optimizers
        self.restarts = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._first = 0  # the warm process, as this process sees it
        self._user: int | None = None
        self._folder = ""

    def __str__(self) -> str:
        """For reports."""
        time = f"{self.limits.seconds:g} s, {self.limits.cpu} s of CPU"
        return f"none: {time}" if self.level == "none" else f"{self.level}: {self.limits}"

    def __enter__(self) -> Cage:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_alive(self) -> bool:
        """Whether the warm process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the seat and wait until it is warm. Raises CageError."""
        self._user = new_user() if os.geteuid() == 0 and self.level != "none" else None
        self._folder = DESK if self.level == "bwrap" else tempfile.mkdtemp(prefix="seat-")
        if self._user is not None and self.level != "bwrap":
            os.chown(self._folder, self._user, self._user)
        ours, theirs = socket.socketpair()
        with theirs, tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as told, refusals() as refused:
            self._control = ours
            passed = Passed(theirs.fileno(), refused, told.fileno())
            try:
                self._process = subprocess.Popen(
                    self._command(passed), pass_fds=passed, env=surroundings(self._folder), cwd="/",
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, start_new_session=True,
                )
                theirs.close()
                self._wait_for(b"w")
            except (CageError, OSError) as error:
                self.close()
                said.seek(0)
                why = said.read().decode(errors="replace").strip() or str(error)
                raise CageError(f"No seat starts at level {self.level}: {why[-2000:]}") from error
            told.seek(0)
            self._first = json.load(told)["child-pid"] if self.level == "bwrap" else self._process.pid

    def fork(self) -> socket.socket:
        """Start a fresh process and return the trusted side's end of its socket; what was before it is gone.

        Starts the seat again where an exercise has ended it. Raises CageError where that does not help either.
        """
        for _ in range(2):
            if not self.is_alive:
                self.restart()
            ours, theirs = socket.socketpair()
            with theirs:
                try:
                    self._ask(b"f", theirs)
                except CageError:
                    ours.close()
                    continue
            ours.settimeout(self.limits.seconds)
            return ours
        raise CageError("The seat started again and was gone again, before any answer ran.")

    def clear(self) -> str:
        """End everything that the last exercise left, and say what had ended it before, "" if nothing out of order did.

        A seat that cannot is closed; the next fork starts another.
        """
        try:
            if self.is_alive:
                self._ask(b"c")
                assert self._control
                return self.ended_by(self._control.recv(1)[0])
        except (CageError, OSError, IndexError):
            self.close()
        return "it ended the seat"

    def ended_by(self, number: int) -> str:
        """What the warm process says of the exercise's own process, in words."""
        if number == MEMORY:
            return f"its processes took more than {self.limits.memory} MB of memory"
        if number == signal.SIGXCPU:
            return f"it took more than {self.limits.cpu} s of CPU"
        return f"its process was ended by {signal.Signals(number).name}" if number else ""

    def restart(self) -> None:
        """Close the seat and start another. Raises CageError."""
        self.close()
        self.restarts += 1
        self.start()

    def close(self) -> None:
        """End every process of the seat and delete what it wrote."""
        if self._control:
            self._control.close()
        if self._process:
            # With the first process of a pid namespace all others go, and then bwrap, which only waits for it.
            with suppress(ProcessLookupError):
                os.kill(self._first or self._process.pid, signal.SIGKILL)
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            if self.level != "bwrap":
                sweep(self._user, self._folder)
        if self._folder != DESK:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._process = self._control = None
        self._first = 0

    def _ask(self, what: bytes, passed: socket.socket | None = None) -> None:
        assert self._control
        try:
            socket.send_fds(self._control, [what], [passed.fileno()] if passed else [])
        except OSError as error:
            self.close()
            raise CageError(f"the seat is gone: {error}") from error
        self._wait_for(what)

    def _wait_for(self, what: bytes) -> None:
        """Raise CageError, with the seat closed, unless that is what it says in time."""
        assert self._control
        self._control.settimeout(PATIENCE)
        try:
            heard = self._control.recv(1)
        except OSError as error:
            heard = str(error).encode()
        if heard != what:
            self.close()
            raise CageError(f"the seat is gone: {heard.decode() or 'it ended'}")

    def _command(self, passed: Passed) -> list[str]:
        limits = {"RLIMIT_CPU": self.limits.cpu}
        if self.level != "none":
            own = self._user is not None or (self.level == "bwrap" and counted_by_namespace())
            limits = self.limits.of_a_process(0 if own else tasks_of_this_user())
        setting = {"home": self._folder, "limits": limits, "user": self._user, "optimizers": self.optimizers,
                   "reads": self.level != "bwrap" and not anybody_reads(interpreter()),
                   "empty": [SHARED] if self.level == "bwrap" else []}
        warm = [sys.executable, "-m", "course.seat.warm", str(passed.control), json.dumps(setting)]
        return bwrap(warm, self.limits, passed, self.hide, self.show) if self.level == "bwrap" else warm


def require(level: str, at_least: str) -> None:
    """Raise LevelError where a sandbox at `level` is weaker than `at_least`."""
    if LEVELS.index(level) < LEVELS.index(at_least):
        why = why_no_bwrap() if at_least == "bwrap" else ""
        raise LevelError(
            f"These questions are asked at level {at_least} or above; the sandbox here is {level}."
            + (f" Level bwrap does not work here: {why}" if why else "")
        )


@functools.cache
def best_level() -> str:
    """The strongest level that works here, tried."""
    return "rlimits" if why_no_bwrap() else "bwrap"


@functools.cache
def why_no_bwrap() -> str:
    """What stands in the way of level bwrap; "" if nothing does."""
    if not sys.platform.startswith("linux"):
        return f"it needs Linux, and this is {platform.system()}. `course grade` runs in Docker: docker/README.md."
    if not shutil.which("bwrap"):
        return "there is no program bwrap. Install it: `apt install bubblewrap`, or `dnf install bubblewrap`."
    probe = [sys.executable, "-S", "-c", "import os; print(os.getpid())"]
    with refusals() as refused, tempfile.TemporaryFile() as told:
        passed = Passed(told.fileno(), refused, told.fileno())
        found = subprocess.run(
            bwrap(probe, Limits(), passed), pass_fds=passed, env=surroundings(DESK), stdin=subprocess.DEVNULL,
            capture_output=True, text=True,
        )
    return "" if found.stdout.strip() == "1" else f"bwrap says: {(found.stderr or found.stdout).strip()}"


class Passed(NamedTuple):
    """Open files that a seat's processes get."""

    control: int  # the warm process's end of the socket
    refused: int  # for bwrap: the filter of system calls
    told: int  # in which bwrap says which process is the sandbox's first


def bwrap(
    command: Sequence[str], limits: Limits, passed: Passed, hide: Sequence[Path] = (), show: Sequence[Path] = ()
) -> list[str]:
    """The command line that runs a command in a sandbox, as its first process."""
    root = os.geteuid() == 0
    line = [
        shutil.which("bwrap") or "bwrap", "--die-with-parent", "--new-session", "--as-pid-1",
        "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-net", "--unshare-cgroup-try",
        "--hostname", "seat", "--cap-drop", "ALL",
        # Root sets the sandbox up as root, so that nothing in it belongs to the user that the warm process becomes.
        *(["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] if root else ["--unshare-user"]),
        "--info-fd", str(passed.told), *(["--seccomp", str(passed.refused)] if seccomp() else []), "--clearenv",
    ]
    for name, value in surroundings(DESK, LIBRARY).items():
        line += ["--setenv", name, value]
    seen: set[str] = set()
    for path in map(Path, SYSTEM):
        line += placed(path, seen)
    line += ["--proc", "/proc", "--dev", "/dev"]
    for path in interpreter():
        line += placed(path, seen)
    for folder in (os.path.dirname(LIBRARY), LIBRARY, f"{LIBRARY}/course"):
        line += ["--perms", "755", "--dir", folder]
    for part in sorted(PACKAGE.iterdir()):
        if part.name not in HIDDEN:
            line += ["--ro-bind", str(part), f"{LIBRARY}/course/{part.name}"]
    for path in show:
        line += placed(path.resolve(), seen)
    for path in (*installed_copies(), *hide):
        line += covered(path.resolve(), seen)
    for folder, size in ((SHARED, limits.shared), (DESK, limits.disk)):
        line += ["--perms", "1777", "--size", str(size * MB), "--tmpfs", folder]
    return [*line, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", DESK, "--", *command]


@contextmanager
def refusals() -> Iterator[int]:
    """An open file with the filter of system calls, at its beginning."""
    with tempfile.TemporaryFile() as file:
        file.write(seccomp())
        file.seek(0)
        yield file.fileno()


def placed(path: Path, seen: set[str]) -> Iterator[str]:
    """Let a file or folder be read at its own place; a link as a link, and what it leads to."""
    if not os.path.lexists(path) or any(str(above) in seen for above in (path, *path.parents)):
        return
    for above in list(path.parents)[-2::-1]:
        if str(above) not in seen and above != path:
            yield from ("--perms", "755", "--dir", str(above))
    if path.is_symlink():
        yield from ("--symlink", os.readlink(path), str(path))
        yield from placed(path.parent / os.readlink(path), seen)
    else:
        yield from ("--ro-bind", str(path), str(path))
    seen.add(str(path))


def covered(path: Path, seen: set[str]) -> list[str]:
    """Let nothing be found at a path, where it lies within what can be read."""
    if not path.exists() or not any(str(above) in seen for above in (path, *path.parents)):
        return []
    if path.is_dir():
        return ["--perms", "000", "--tmpfs", str(path), "--remount-ro", str(path)]
    return ["--ro-bind", os.devnull, str(path)]


def interpreter() -> Iterator[Path]:
    """What Python needs: itself, its library, and the folders of the packages."""
    yield Path(sys.base_prefix)
    yield Path(sys.executable).resolve().parents[1]
    yield Path(sys.executable)
    if sys.prefix != sys.base_prefix:
        yield Path(sys.prefix, "pyvenv.cfg")
    yield from packages()


def anybody_reads(paths: Iterable[Path]) -> bool:
    """Whether a user without rights gets to all of them."""
    return all(above.stat().st_mode & 0o001 for path in (*paths, PACKAGE) for above in path.resolve().parents)


def packages() -> Iterator[Path]:
    """The folders on the path into which pip installs."""
    for path in map(Path, sys.path):
        if path.name in ("site-packages", "dist-packages") and path.is_dir():
            yield path


def installed_copies() -> Iterator[Path]:
    """This package, where it lies in the system or the environment with what is hidden, and what lies beside it."""
    yield PACKAGE
    yield from (path / "course" for path in packages())
    yield Path(sys.prefix, "share", "private-ai-course")


def surroundings(home: str, library: str | None = None) -> dict[str, str]:
    """The environment variables, none of the caller's among them."""
    path = [library or str(PACKAGE.parent), *map(str, packages())]
    return {
        "PATH": "/usr/bin:/bin", "DESK": home, "TMPDIR": home, "USER": "student", "LOGNAME": "student",
        "LANG": "C.UTF-8", "PYTHONPATH": os.pathsep.join(path), "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
        "COURSE_DESK": home, "MPLBACKEND": "agg",
    }


def new_user() -> int:
    """A user that nobody is, so that its processes are those of one seat."""
    return 0x4000_0000 + secrets.randbelow(0x3000_0000)


def counted_by_namespace() -> bool:
    """Whether the kernel counts a user's processes in each user namespace for itself: from Linux 5.14 on."""
    return tuple(map(int, platform.release().split("-")[0].split(".")[:2])) >= (5, 14)


def tasks_of_this_user() -> int:
    """How many processes and threads this user has: setrlimit(2) counts them all."""
    if not sys.platform.startswith("linux"):
        return 1000
    count = 0
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            if process.name.isdigit() and process.stat().st_uid == os.getuid():
                count += len(list((process / "task").iterdir()))
    return count


def sweep(user: int | None, folder: str) -> None:
    """End what outlived a warm process outside a sandbox: all of that user, or all that still has its environment."""
    for process in Path("/proc").iterdir() if sys.platform.startswith("linux") else ():
        with suppress(OSError, ValueError):
            number = int(process.name)
            owner = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines())["Uid"]
            if str(user) in owner.split() if user is not None else ours(process, folder):
                os.kill(number, signal.SIGKILL)


def ours(process: Path, folder: str) -> bool:
    return f"COURSE_DESK={folder}".encode() in (process / "environ").read_bytes().split(b"\0")
