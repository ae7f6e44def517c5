"""Whatever an exercise does at its seat, it is noticed, nothing stays and nothing leaks, and the next exercise works.

Real processes and a real sandbox: where bwrap is missing these tests fail.
"""

import os
import shutil
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest
from seats import run

from course.grade import cage as cages
from course.grade.cage import PACKAGE, Cage, CageError, LevelError, Limits, best_level, require, why_no_bwrap

SMALL = Limits(seconds=20, cpu=2, memory=1200, file=8, processes=16, disk=16, shared=16)
ROOT = os.geteuid() == 0


@pytest.fixture(scope="module")
def seats() -> Iterator[dict[str, Cage]]:
    """A seat at each level, started when first used."""
    with ExitStack() as stack:
        class Started(dict[str, Cage]):
            def __missing__(self, level: str) -> Cage:
                self[level] = stack.enter_context(Cage(level, SMALL))
                return self[level]

        yield Started()


@pytest.fixture(params=["bwrap", "rlimits"])
def cage(request: pytest.FixtureRequest, seats: dict[str, Cage]) -> Iterator[Cage]:
    """A seat. After the test nothing that was written is there, an exercise works, and only the warm process stays."""
    yield seats[request.param]
    as_before(seats[request.param])


@pytest.fixture
def sandbox(seats: dict[str, Cage]) -> Iterator[Cage]:
    """The same, at level bwrap, for what lower levels do not claim."""
    yield seats["bwrap"]
    as_before(seats["bwrap"])


def as_before(cage: Cage) -> None:
    folders = [".", "/dev/shm"] if cage.level == "bwrap" else ["."]
    code = f"import os, torch; out = [os.listdir(one) for one in {folders}], float(torch.ones(3) @ torch.ones(3))"
    assert run(cage, code) == str(([[] for _ in folders], 3.0))
    cage.clear()
    assert processes(cage) == ["warm"]


def processes(cage: Cage) -> list[str]:
    """What runs at a seat, as the system has it: by descent and, where the seat has a user of its own, by user."""
    assert cage._process
    family = psutil.Process(cage._process.pid)
    found = {one.pid: one for one in [family, *family.children(recursive=True)] if "bwrap" not in one.name()}
    if cage._user is not None:
        found |= {one.pid: one for one in psutil.process_iter(["uids"]) if one.info["uids"].real == cage._user}
    return ["warm" if "course.seat.warm" in one.cmdline() else repr(one) for one in found.values()]


# Too much


def test_a_fork_bomb_stays_within_the_number_of_processes(cage: Cage) -> None:
    bomb = """
        import os, time
        out = 0
        try:
            while out < 1000:
                if not os.fork():
                    time.sleep(1000)
                out += 1
        except OSError as error:
            out = out, type(error).__name__
    """
    count, error = str(run(cage, bomb)).strip("()").split(", ")
    assert error == "'BlockingIOError'"
    # Where the user is not the seat's own, its other processes count, as many as there were when the seat started.
    assert 4 < int(count) < (SMALL.processes if ROOT or cage.level == "bwrap" else 2 * SMALL.processes)


def test_a_fork_bomb_that_never_stops_is_ended(cage: Cage) -> None:
    bomb = """
        import os
        while True:
            try:
                os.fork()
            except OSError:
                pass
    """
    assert run(cage, bomb, seconds=1) == "late"


def test_one_process_gets_no_more_memory_than_its_limit(cage: Cage) -> None:
    assert run(cage, "out = len(bytearray(2**30))") == "MemoryError: "
    assert run(cage, "import torch; out = torch.ones(2**29).sum()").startswith("RuntimeError")  # type: ignore[union-attr]


def test_many_processes_together_get_no_more_memory_either(cage: Cage) -> None:
    bomb = """
        import os, time
        for _ in range(8):
            if not os.fork():
                full = bytearray(b"x") * (300 * 2**20)
                time.sleep(1000)
        time.sleep(1000)
    """
    assert run(cage, bomb) is None
    assert cage.clear() == f"its processes took more than {SMALL.memory} MB of memory"


def test_a_file_is_no_larger_than_its_limit(cage: Cage) -> None:
    code = "out = open('a', 'wb', 0).write(bytes(2**20 * 9)); open('a', 'ab', 0).write(b'x')"
    assert "File too large" in run(cage, code)  # type: ignore[operator]


@pytest.mark.parametrize("folder", [".", "/dev/shm"])
def test_files_together_are_no_larger_than_the_disk(sandbox: Cage, folder: str) -> None:
    fill = f"""
        import os
        try:
            for number in range(100):
                open(f"{folder}/{{number}}", "wb").write(bytes(2**20 * 7))
        except OSError as error:
            out = error.strerror, number
    """
    assert run(sandbox, fill) == "('No space left on device', 2)"


@pytest.mark.parametrize("where", "/ /dev /usr /seat /seat/library/course /proc /sys /etc /var /run".split())
def test_there_is_no_other_place_to_write(sandbox: Cage, where: str) -> None:
    found = run(sandbox, f"open('{where}/new', 'w')")
    assert found and found.split(":")[0] in ("OSError", "PermissionError", "FileNotFoundError")


def test_output_goes_nowhere(cage: Cage, capfd: pytest.CaptureFixture[str]) -> None:
    flood = """
        import os, sys
        for _ in range(300):
            os.write(1, b"flood " * 100_000)
            os.write(2, b"flood " * 100_000)
        print("flood", flush=True)
        print("flood", file=sys.stderr, flush=True)
        out = "all of it"
    """
    assert run(cage, flood) == "all of it"
    assert "flood" not in "".join(capfd.readouterr())


def test_nothing_can_be_read(cage: Cage) -> None:
    assert run(cage, "import sys; out = sys.stdin") in ("None", None) or run(cage, "out = input()") == (
        "EOFError: EOF when reading a line"
    )


def test_time_on_the_processor_ends(cage: Cage) -> None:
    assert run(cage, "while True: pass") is None
    assert cage.clear() == f"it took more than {SMALL.cpu} s of CPU"


def test_a_loop_that_nothing_interrupts_is_ended(cage: Cage) -> None:
    loop = """
        import signal, time
        for number in range(1, 65):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        while True:
            try:
                time.sleep(0.01)
            except BaseException:
                pass
    """
    assert run(cage, loop, seconds=1) == "late"


def test_limits_cannot_be_raised(cage: Cage) -> None:
    code = """
        import resource
        out = []
        for name in ("CPU", "AS", "FSIZE", "NOFILE", "NPROC"):
            try:
                resource.setrlimit(getattr(resource, "RLIMIT_" + name), (10**6, 10**6))
            except (ValueError, OSError):
                out.append(name)
    """
    # 10**6 bytes of address space or of a file are less than the limit: a process may take less.
    assert run(cage, code) == "['CPU', 'NOFILE', 'NPROC']"


# What is hidden


def test_exercises_answers_and_the_grader_are_not_there(sandbox: Cage) -> None:
    for name in ("exercises", "authoring", "grade", "cli"):
        assert run(sandbox, f"import course.{name}") == f"ModuleNotFoundError: No module named 'course.{name}'"
    for path in (PACKAGE, PACKAGE.parent / "solutions", PACKAGE.parent / "tests", Path(__file__)):
        assert run(sandbox, f"import os; out = os.path.exists({str(path)!r})") == "False"
    for folder in (PACKAGE.parent, Path.cwd()):  # of a checkout there is nothing but the environment that lies in it
        seen = run(sandbox, f"import os; out = os.listdir({str(folder)!r}) if os.path.exists({str(folder)!r}) else []")
        assert seen in ("[]", str([Path(sys.prefix).name] if Path(sys.prefix).parent == folder else [])), seen


def test_nowhere_in_its_file_system_is_an_answer() -> None:
    """By looking everywhere: no folder of exercises, no notebook, no file of this repository but the library's."""
    walk = """
        import os
        out = []
        for folder, folders, files in os.walk("/"):
            if folder == "/":
                folders[:] = set(folders) - {"proc", "sys"}
            out += [f"{folder}/{name}" for name in folders if name in ("nb01", "nb09", "solutions")]
            out += [f"{folder}/{name}" for name in files if name.endswith(".ipynb") and "elsewhere" in name]
            out += [f"{folder}/{name}" for name in files if name in ("remote_mean.py", "cage.py", "test_cage.py")]
    """
    with Cage("bwrap", Limits(seconds=120, cpu=60)) as cage:
        assert run(cage, walk) == "[]"


def test_the_environment_is_not_the_graders(cage: Cage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_SECRET", "do not read")
    cage.restart()
    names = run(cage, "import os; out = sorted(os.environ)")
    assert names and "COURSE_SECRET" not in names


def test_other_processes_are_not_there(sandbox: Cage) -> None:
    code = "import os; out = sorted(int(name) for name in os.listdir('/proc') if name.isdigit()) == [1, os.getpid()]"
    assert run(sandbox, code) == "True"


@pytest.mark.parametrize("what", ["mem", "environ", "maps", "fd/0", "root", "cwd", "exe", "fdinfo", "map_files"])
@pytest.mark.parametrize("whose", ["its parent's", "the grader's"])
def test_the_memory_of_another_cannot_be_read(cage: Cage, what: str, whose: str) -> None:
    if whose == "the grader's" and cage.level == "rlimits" and not ROOT:
        pytest.skip("the same user: the level rlimits does not claim this")
    number = "os.getppid()" if whose == "its parent's" else os.getpid()
    code = f"""
        import os
        path = f"/proc/{{{number}}}/{what}"
        try:
            out = os.listdir(path) if os.path.isdir(path) else os.readlink(path)
        except PermissionError:
            raise
        except OSError:
            out = open(path, "rb").read(100)
    """
    found = run(cage, code)
    assert found and found.split(":")[0] in ("PermissionError", "FileNotFoundError"), found


def test_the_warm_process_cannot_be_traced(cage: Cage) -> None:
    code = """
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        out = [libc.ptrace(request, os.getppid(), 0, 0) for request in (16, 0x4206)]  # ATTACH, SEIZE
        out += [os.strerror(ctypes.get_errno())]
    """
    assert run(cage, code) == "[-1, -1, 'Operation not permitted']"


def test_there_is_no_network(sandbox: Cage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind(f"\0course-{os.getpid()}")
        abstract.listen()
        code = f"""
            import socket
            out = []
            for family, address in (
                (socket.AF_INET, ("127.0.0.1", {listening.getsockname()[1]})), (socket.AF_INET, ("192.0.2.1", 80)),
                (socket.AF_INET6, ("2001:db8::1", 80)), (socket.AF_UNIX, {abstract.getsockname()!r}),
            ):
                try:
                    socket.socket(family).connect(address)
                    out.append("connected")
                except OSError as error:
                    out.append(type(error).__name__)
        """
        found = run(sandbox, code)
    assert found == "['ConnectionRefusedError', 'OSError', 'OSError', 'ConnectionRefusedError']"


def test_only_its_socket_is_open(cage: Cage) -> None:
    code = """
        import os
        out = []
        for number in range(256):
            try:
                os.fstat(number)
                out.append(os.readlink(f"/proc/self/fd/{number}").split(":")[0])
            except OSError:
                pass
    """
    assert run(cage, code) == "['/dev/null', '/dev/null', '/dev/null', 'socket']"


# What stays


def test_daemons_are_ended(cage: Cage) -> None:
    daemon = """
        import os, signal, time
        for _ in range(3):
            if not os.fork():
                os.setsid()
                if os.fork():
                    os._exit(0)
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                signal.signal(signal.SIGHUP, signal.SIG_IGN)
                while True:
                    open(f"still-here-{os.getpid()}", "w")
                    time.sleep(0.01)
        out = "gone"
    """
    assert run(cage, daemon) == "gone"


def test_a_daemon_that_holds_the_socket_does_not_keep_the_grader_waiting(cage: Cage) -> None:
    code = "import os, time\nif not os.fork():\n    os.setsid()\n    time.sleep(1000)\nos._exit(0)"
    assert run(cage, code) is None  # and not a TimeoutError


def test_what_one_exercise_changes_the_next_does_not_see(cage: Cage) -> None:
    change = "import torch, os, course; torch.ones = torch.zeros; os.environ['A'] = 'b'; course.seed = None; out = 1"
    assert run(cage, change) == "1"
    look = "import torch, os, course; out = float(torch.ones(2).sum()), os.environ.get('A'), course.seed is None"
    assert run(cage, look) == "(2.0, None, False)"


def test_a_module_left_in_the_folder_is_not_imported(cage: Cage) -> None:
    run(cage, "for name in ('sqlite3', 'wave'): open(name + '.py', 'w').write('x = 1')")
    assert run(cage, "import wave; out = hasattr(wave, 'x')") == "False"


@pytest.mark.parametrize("make", [
    "for _ in range(3000): os.mkdir('deeper'); os.chdir('deeper')",
    "os.mkdir('shut'); open('shut/a', 'w'); os.mkdir('shut/b'); os.chmod('shut/b', 0); os.chmod('shut', 0)",
    "os.mkdir('wide'); os.chdir('wide'); open('a', 'w')\nfor n in range(11_000): os.link('a', str(n))",
    "open(b'\\xff\\n\\x01*', 'w'); os.mkfifo('pipe'); os.symlink('loop', 'loop'); os.mkdir(' ')",
    "import socket; socket.socket(socket.AF_UNIX).bind('listening')",
])
def test_whatever_is_written_is_deleted(cage: Cage, make: str) -> None:
    assert run(cage, f"import os\n{make}\nout = 'made'") == "made"


def test_nothing_is_deleted_through_a_link(cage: Cage, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir(mode=0o777)
    (precious / "kept").write_text("kept")
    for one in (precious, precious / "kept"):
        one.chmod(0o777)
    code = "import os; os.symlink(where, 'link'); os.mkdir('d'); os.symlink(where, 'd/link'); out = os.listdir('d')"
    assert run(cage, f"where = {str(precious)!r}; {code}") == "['link']"
    cage.clear()
    assert (precious / "kept").read_text() == "kept"


# The warm process


def test_killing_the_parent_costs_one_exercise(cage: Cage) -> None:
    before, restarts = cage._process, cage.restarts
    found = run(cage, "import os, signal; os.kill(os.getppid(), signal.SIGKILL); out = 'alive'", seconds=10)
    cage.clear()
    assert run(cage, "out = 1") == "1"
    if cage.level == "bwrap":  # the first process of a pid namespace is not killed from within
        assert (found, cage._process, cage.restarts) == ("alive", before, restarts)
    else:
        assert cage.restarts == restarts + 1


def test_stopping_the_parent_costs_one_exercise(cage: Cage, monkeypatch: pytest.MonkeyPatch) -> None:
    run(cage, "import os, signal; os.kill(os.getppid(), signal.SIGSTOP); out = 'alive'", seconds=10)
    with monkeypatch.context() as context:
        context.setattr(cages, "PATIENCE", 1.0)
        cage.clear()
    assert run(cage, "out = 1") == "1"


def test_no_signal_reaches_the_first_process(sandbox: Cage) -> None:
    before = sandbox.restarts, sandbox._process
    code = """
        import os
        for number in range(1, 65):
            os.kill(1, number)
            os.kill(os.getppid(), number)
        out = "sent"
    """
    assert run(sandbox, code) == "sent"
    assert run(sandbox, "out = 1") == "1"
    assert (sandbox.restarts, sandbox._process) == before


def test_killing_everybody_kills_itself_at_most(cage: Cage) -> None:
    if cage.level == "rlimits" and not ROOT:
        pytest.skip("it would kill this test")
    run(cage, "import os, signal; os.kill(-1, signal.SIGKILL); out = 1", seconds=10)
    assert psutil.Process().is_running()


def test_a_seat_that_died_is_noticed(cage: Cage) -> None:
    assert cage.is_alive and cage._process
    psutil.Process(cage._process.pid).kill()
    cage._process.wait()
    assert not cage.is_alive
    assert cage.clear() == "it ended the seat"
    assert run(cage, "out = 1") == "1"


def test_a_seat_that_dies_during_an_exercise_closes_the_socket(cage: Cage) -> None:
    with cage.fork() as seat:
        psutil.Process(cage._first).kill()
        with suppress(ConnectionError):
            assert seat.recv(1) == b""


@pytest.mark.parametrize("code", [
    "import os; os.close(3)", "import os; os.write(3, os.urandom(10**6)); os._exit(0)",
    "import os; os.dup2(0, 3)", "import socket; socket.socket(fileno=3).shutdown(2)", "import os; os.abort()",
    "import ctypes; ctypes.string_at(0)",
    "import socket; socket.send_fds(socket.socket(fileno=3), [b'x'], [0, 1, 2]); out = 1",
])
def test_whatever_is_done_to_the_socket_the_next_exercise_has_its_own(cage: Cage, code: str) -> None:
    run(cage, code, seconds=10)


@pytest.mark.parametrize("level", ["bwrap", "rlimits"])
def test_with_the_grader_all_seats_end(level: str) -> None:
    code = f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from course.grade.cage import Cage
        from seats import run
        cage = Cage({level!r})
        cage.start()
        run(cage, "import os, time; os.fork(); os.fork(); time.sleep(1000)", seconds=1)
        print("there", flush=True)
        input()
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    grader = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert grader.stdout and grader.stdin
    assert grader.stdout.readline() == b"there\n"
    all_of_it = psutil.Process(grader.pid).children(recursive=True)
    grader.kill()
    grader.communicate()
    assert len(all_of_it) >= 5
    assert psutil.wait_procs(all_of_it, timeout=60)[1] == []


# Out of the sandbox


@pytest.mark.parametrize("call", [
    "unshare(0x10000000)", "unshare(0x20000)", "setns(0, 0)", "mount(b'none', b'/seat/desk', b'tmpfs', 0, 0)",
    "umount2(b'/seat', 2)", "chroot(b'.')", "syscall(155, b'.', b'.')", "memfd_create(b'x', 0)",
    "shmget(0, 10**6, 0o1777)", "syscall(321, 0, 0, 0)", "syscall(425, 8, 0)", "syscall(250, 0, 0)",
    "process_vm_readv(1, 0, 0, 0, 0, 0)", "setuid(0)", "setgid(0)", "clock_settime(0, bytes(16))",
    "sethostname(b'x', 1)",
])
def test_the_kernel_refuses_what_answers_never_need(sandbox: Cage, call: str) -> None:
    if "syscall" in call and os.uname().machine != "x86_64":
        pytest.skip("the numbers of another machine")
    code = f"import ctypes, os; libc = ctypes.CDLL(None, use_errno=True); out = libc.{call}, ctypes.get_errno()"
    assert run(sandbox, code) in ("(-1, 1)", "(-1, 22)")  # EPERM; EINVAL where the user 0 does not exist


def test_no_program_makes_it_another_user(sandbox: Cage) -> None:
    code = """
        import os, subprocess
        status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines())
        out = [status[name] for name in ("CapPrm", "CapEff", "CapAmb", "NoNewPrivs")]
        out += [subprocess.run(["su", "-c", "id"], capture_output=True).stdout, os.getuid() == 0]
    """
    assert run(sandbox, code) == f"{['0' * 16, '0' * 16, '0' * 16, '1', b'', False]}"


def test_the_library_and_python_cannot_be_changed(sandbox: Cage) -> None:
    code = """
        import os, sys, torch, course
        out = []
        for path in (torch.__file__, course.__file__, os.__file__, sys.executable, "/usr/bin/env"):
            for change in (lambda: open(path, "a"), lambda: os.unlink(path), lambda: os.chmod(path, 0o777),
                           lambda: os.rename(path, path + "2")):
                try:
                    change()
                    out.append(path)
                except OSError:
                    pass
    """
    assert run(sandbox, code) == "[]"


# Levels


def test_the_best_level_is_tried() -> None:
    assert why_no_bwrap() == "", "install bubblewrap: the tests need it"
    assert best_level() == "bwrap"


def test_where_bwrap_is_missing_the_level_is_lower_and_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    for cached in (best_level, why_no_bwrap):
        cached.cache_clear()
    try:
        assert best_level() == "rlimits"
        with pytest.raises(LevelError, match="apt install bubblewrap"):
            require(best_level(), "bwrap")
    finally:
        for cached in (best_level, why_no_bwrap):
            cached.cache_clear()


@pytest.mark.parametrize("level, at_least, refused", [
    ("none", "none", False), ("none", "rlimits", True), ("rlimits", "bwrap", True), ("bwrap", "rlimits", False),
])
def test_questions_refuse_a_weaker_sandbox(level: str, at_least: str, refused: bool) -> None:
    if refused:
        with pytest.raises(LevelError, match=f"level {at_least} or above; the sandbox here is {level}"):
            require(level, at_least)
    else:
        require(level, at_least)


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(CageError, match="none, rlimits, bwrap"):
        Cage("docker")


def test_a_report_names_level_and_limits() -> None:
    assert str(Cage("bwrap", Limits(seconds=5, memory=1000))) == (
        "bwrap: 5 s, 20 s of CPU, 1000 MB of memory, files of 32 MB, 256 of them open, 32 processes, 64 MB of disk, "
        "64 MB of shared memory"
    )
    assert str(Cage("none", Limits(seconds=5, cpu=3))) == "none: 5 s, 3 s of CPU"


def test_the_level_none_has_forks_too() -> None:
    with Cage("none", Limits(cpu=1)) as cage:
        assert run(cage, "import torch; out = torch.arange(3).tolist()") == "[0, 1, 2]"
        assert run(cage, "import time; time.sleep(1000)", seconds=1) == "late"
        assert run(cage, "while True: pass") is None
        assert cage.clear() == "it took more than 1 s of CPU"
        assert processes(cage) == ["warm"]
        folder = cage._folder
    assert not Path(folder).exists()


def test_what_is_to_hide_is_covered_and_what_is_to_show_is_there(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "open.csv").write_text("1,2")
    for name in ("answers.csv", "more/answers.csv"):
        (tmp_path / "data" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "data" / name).write_text("secret")
    for path in (tmp_path, *tmp_path.parents[:-2]):
        path.chmod(0o755)
    data = tmp_path / "data"
    with Cage("bwrap", hide=[data / "answers.csv", data / "more"], show=[data]) as cage:
        assert run(cage, f"out = open('{data}/open.csv').read()") == "1,2"
        assert "secret" not in str(run(cage, f"out = open('{data}/answers.csv').read()"))
        assert "PermissionError" in str(run(cage, f"import os; out = os.listdir('{data}/more')"))


TRY = """
import os, sys
sys.path.insert(0, {tests!r})
from course.grade.cage import *
from seats import run
assert why_no_bwrap() == "", why_no_bwrap()
with Cage() as cage:
    print(cage.level, os.geteuid() == 0)
    print(run(cage, "import os, torch; out = os.getuid() == 0, float(torch.ones(2).sum())"))
    print(run(cage, "import course.exercises"))
    print(run(cage, "import os; out = os.path.exists({package!r})"))
    print(run(cage, "import os; os.kill(1, 9); out = 1"))
"""


def closed(path: Path) -> Path | None:
    """The first folder on the way to it that others may not enter; the path itself counts."""
    return next((folder for folder in [*reversed(path.parents), path] if not folder.stat().st_mode & 0o001), None)


@pytest.mark.skipif(not ROOT, reason="these tests run as an unprivileged user anyway")
def test_an_unprivileged_user_has_the_same_sandbox() -> None:
    """Another user, who can read Python here: in a mount namespace, folders closed to others hold nothing else."""
    code = TRY.format(tests=str(Path(__file__).parent), package=str(PACKAGE))
    needed = {str(path) for path in (sys.base_prefix, sys.prefix, PACKAGE.parent)}
    shut = {path: folder for path in needed if (folder := closed(Path(path))) is not None}
    become = """
        for path in "$@"; do mkdir -p "$HOLD$path"; mount --rbind "$path" "$HOLD$path"; done
        echo "$CLOSED" | while read folder; do mount -t tmpfs -o mode=755 tmpfs "$folder"; done
        for path in "$@"; do mkdir -p "$path"; mount --rbind "$HOLD$path" "$path"; done
        exec setpriv --reuid 54321 --regid 54321 --clear-groups "$PYTHON" -c "$CODE"
    """
    hold = Path("/tmp", f"course-hold-{os.getpid()}")
    hold.mkdir()
    environment = {**os.environ, "CODE": code, "PYTHON": sys.executable, "HOLD": str(hold),
                   "CLOSED": "\n".join(sorted(map(str, set(shut.values())))), "PYTHONPATH": str(PACKAGE.parent)}
    try:
        command = ["unshare", "--mount", "sh", "-e", "-c", become, "sh", *sorted(shut)]
        found = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True)
    finally:
        shutil.rmtree(hold)
    assert (found.stdout, found.returncode) == (
        "bwrap False\n(False, 2.0)\nModuleNotFoundError: No module named 'course.exercises'\nFalse\n1\n", 0
    ), found.stderr


def test_an_installed_package_is_hidden_as_a_checkout_is(tmp_path: Path) -> None:
    """The package lies in a folder of installed packages, and the checkout is nowhere."""
    installed = tmp_path / "lib" / "site-packages"
    shutil.copytree(PACKAGE, installed / "course", ignore=shutil.ignore_patterns("__pycache__"))
    for path in (tmp_path, *tmp_path.parents[:-2]):
        path.chmod(0o755)
    code = TRY.format(tests=str(Path(__file__).parent), package=str(installed / "course" / "exercises"))
    found = subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(installed)}, cwd="/",
                           capture_output=True, text=True)
    assert (found.stdout, found.returncode) == (
        f"bwrap {ROOT}\n(False, 2.0)\nModuleNotFoundError: No module named 'course.exercises'\nFalse\n1\n", 0
    ), found.stderr
