"""The process that hosts the workers: real processes, really killed, interrupted and fed with junk."""

import ast
import contextlib
import gc
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import course as sy
from course import codec, session
from course.messages import Execute, Get, Joint, Message, Send
from course.transports import host
from course.transports.frames import read_frame, write_frame

Worker = sy.VirtualWorker
LONG = 5  # seconds: nothing here takes so long, unless it hangs

away = pytest.mark.process_only("about the process that hosts the workers")


def the_process() -> psutil.Process:
    return psutil.Process(session.local_worker.network.host.process.pid)


def kill() -> None:
    process = session.local_worker.network.host.process
    process.kill()
    process.wait(LONG)


def in_thread(call: Callable[[], Any]) -> Future[Any]:
    """Begin a call; its future gives the result, or the error, or TimeoutError where the call hangs."""
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except sy.CourseError as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


@contextlib.contextmanager
def heard(kind: type) -> Iterator[threading.Event]:
    """An event that is set when a message of this kind is about to go through the pipe."""
    network, said = session.local_worker.network, threading.Event()
    log = network.log

    def listen(message: Message) -> None:
        log(message)
        if isinstance(message, kind):
            said.set()

    network.log = listen
    yield said
    network.log = log


# ---- a host that dies ----


CALLS: dict[str, Callable[[Any, Worker], Any]] = {
    "an operation": lambda x, bob: x + 1,
    "get": lambda x, bob: x.get(),
    "send": lambda x, bob: torch.ones(2).send(bob),
    "a large tensor": lambda x, bob: torch.ones(1_000_000).send(bob),
    "a question": lambda x, bob: x.sum(0, keepdim=True).shape,
    "print": lambda x, bob: repr(bob),
    "a look": lambda x, bob: dict(bob._objects),
    "seed": lambda x, bob: sy.seed(1),
    "a new worker": lambda x, bob: Worker(sy.TorchHook(torch), id="alice"),
}


@away
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_call_after_the_death_is_a_clear_error(call: Callable[[Any, Worker], Any], bob: Worker) -> None:
    x = torch.ones(2).send(bob)
    kill()
    with pytest.raises(sy.WorkerGoneError, match=r"killed by signal 9(.|\n)*sy\.reset\(\)"):
        in_thread(lambda: call(x, bob)).result(LONG)


@away
def test_a_death_before_the_first_call(bob: Worker) -> None:
    kill()
    with pytest.raises(sy.WorkerGoneError, match="bob"):
        in_thread(lambda: torch.ones(2).send(bob)).result(LONG)


@away
def test_a_death_between_two_calls_which_come_back(bob: Worker) -> None:
    x = torch.ones(2).send(bob)
    y = x + 1
    kill()
    for _ in range(3):
        with pytest.raises(sy.WorkerGoneError):
            in_thread(lambda: y + 1).result(LONG)


@away
def test_a_death_during_a_long_call(bob: Worker) -> None:
    x = bob.remote.torch.rand((4000, 4000))
    with heard(Execute) as said:
        product = in_thread(lambda: x @ x)
        said.wait(LONG)
        the_process().kill()
        with pytest.raises(sy.WorkerGoneError, match="killed by signal 9"):
            product.result(LONG)


@away
def test_a_death_in_the_middle_of_a_large_message(bob: Worker) -> None:
    the_process().suspend()
    with heard(Send) as said:
        sending = in_thread(lambda: torch.ones(1_000_000).send(bob))
        said.wait(LONG)
        the_process().kill()
        with pytest.raises(sy.WorkerGoneError):
            sending.result(LONG)


@away
def test_a_death_in_the_middle_of_a_protocol_loses_the_secret_and_opens_nothing(
    hook: sy.TorchHook, bob: Worker, alice: Worker
) -> None:
    cp = Worker(hook, id="cp")
    x = torch.ones(500, 500).fix_precision(16, base=2).share(bob, alice, crypto_provider=cp)  # type: ignore[attr-defined]
    before = len(sy.the_transcript())
    with heard(Joint) as said:
        product = in_thread(lambda: x @ x)
        said.wait(LONG)
        the_process().kill()
        with pytest.raises(sy.WorkerGoneError, match="killed by signal 9"):
            product.result(LONG)
    for call in (lambda: x + x, lambda: x.virtual_get(), lambda: x.refresh(), lambda: x.child[0].get()):
        with pytest.raises(sy.WorkerGoneError):
            in_thread(call).result(LONG)
    rows = sy.the_transcript().rows()[before:]
    assert {row["kind"] for row in rows} <= {"joint", "get", "ask"}
    assert not [row for row in rows if row["values"]]
    sy.reset()
    bob, alice, cp = (Worker(hook, id=name) for name in ("bob", "alice", "cp"))
    y = torch.tensor([2, 3]).share(bob, alice, crypto_provider=cp)  # type: ignore[attr-defined]
    assert (y * y).get().tolist() == [4, 9]
    with pytest.raises(sy.UnknownWorkerError):
        x.virtual_get()


@away
@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_pointers_that_die_after_the_host_are_silent(bob: Worker, capfd: pytest.CaptureFixture[str]) -> None:
    x = torch.ones(2).send(bob)
    model = torch.nn.Linear(2, 1).send(bob)
    kill()
    before = len(sy.the_transcript())
    del x, model
    gc.collect()
    assert capfd.readouterr() == ("", "")
    assert len(sy.the_transcript()) == before


@away
def test_reset_gives_fresh_workers(bob: Worker, hook: sy.TorchHook) -> None:
    x = torch.ones(2).send(bob)
    dead = the_process().pid
    kill()
    sy.reset()
    bob = Worker(hook, id="bob")
    assert the_process().pid != dead
    assert (torch.ones(2).send(bob) + 1).get().tolist() == [2, 2]
    assert len(bob._objects) == 0
    with pytest.raises(sy.UnknownWorkerError):
        x + 1


@away
def test_a_session_aside_has_a_host_before_its_clock_starts(bob: Worker) -> None:
    kill()
    with session.isolated(seed=1) as network:
        assert network.host.is_alive


# ---- an interrupted cell ----


@contextlib.contextmanager
def stop_button(kind: type) -> Iterator[None]:
    """Interrupt the main thread, as Jupyter does, while a message of this kind waits for a host that is busy."""
    process = the_process()
    process.suspend()
    with heard(kind) as said:

        def press() -> None:
            said.wait(LONG)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

        thread = threading.Thread(target=press)
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            yield
        thread.join()
    process.resume()


@away
@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="Windows interrupts without signals")
def test_an_interrupt_leaves_the_session_usable(bob: Worker, alice: Worker) -> None:
    x = torch.arange(3).send(bob)
    for _ in range(5):
        with stop_button(Execute):
            x.add_(1)
        with stop_button(Send):
            torch.ones(1_000_000).send(bob)
    y = x.clone().get()
    assert torch.equal(y - y[0], torch.arange(3))
    assert x.move(alice).get().shape == (3,)
    assert len(alice._objects) == 0


@contextlib.contextmanager
def stop_button_after_the_request() -> Iterator[None]:
    """Interrupt the main thread when it has sent a request, and is about to wait for the answer."""
    link = session.local_worker.network.host.link
    wait = link.wait_to_read

    def press(milliseconds: int) -> object:
        link.wait_to_read = wait
        signal.raise_signal(signal.SIGINT)
        return wait(milliseconds)

    link.wait_to_read = press
    with pytest.raises(KeyboardInterrupt):
        yield


@away
def test_what_the_workers_said_during_an_interrupted_call_is_written_down(bob: Worker, alice: Worker) -> None:
    x = torch.arange(3).send(bob)
    with stop_button_after_the_request():
        x.move(alice)
    assert x.get().tolist() == [0, 1, 2]
    said = [(row["sender"], row["receiver"], row["kind"]) for row in sy.the_transcript().rows()]
    assert ("bob", "alice", "send") in said


@away
def test_a_tensor_that_is_changed_after_an_interrupted_send_goes_as_it_was(bob: Worker) -> None:
    x = torch.ones(1_000_000)
    with stop_button(Send):
        x.send(bob)
    x.resize_(3_000_000).fill_(2)
    for _, value in bob._objects.items():
        assert torch.equal(value, torch.ones(1_000_000))


@away
@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="Windows interrupts without signals")
def test_an_interrupted_get_leaves_the_object_where_it_was(bob: Worker) -> None:
    for x in (torch.arange(3), torch.arange(300_000)):
        pointer = x.send(bob)
        with stop_button(Get):
            pointer.get()
        assert len(bob._objects) == 1
        assert torch.equal(pointer.get(), x)
        assert len(bob._objects) == 0


# ---- too little memory ----

BIG = 50_000_000  # numbers, 200 MB


@contextlib.contextmanager
def short_of_memory(process: psutil.Process) -> Iterator[None]:
    """Let this process have hardly more memory than it has now; whoever needs more gets an error."""
    now, before = process.memory_info().vms, process.rlimit(psutil.RLIMIT_AS)
    process.rlimit(psutil.RLIMIT_AS, (now + BIG, before[1]))
    try:
        yield
    finally:
        process.rlimit(psutil.RLIMIT_AS, before)


limits = pytest.mark.skipif(sys.platform != "linux", reason="limits the memory of a process as Linux does")


@away
@limits
@pytest.mark.parametrize("big", [torch.zeros(BIG), torch.zeros(1).expand(BIG)], ids=["dense", "expanded"])
def test_a_host_without_memory_for_a_tensor_goes_on(big: torch.Tensor, bob: Worker) -> None:
    x = torch.ones(2).send(bob)
    with short_of_memory(the_process()):
        with pytest.raises(MemoryError, match="200,000,000 bytes"):
            big.send(bob)
        assert len(bob._objects) == 1
        assert (x + 1).get().tolist() == [2, 2]


NEEDS_MEMORY: dict[str, Callable[[Any, Worker], Any]] = {
    "an operation": lambda x, alice: x + 1,
    "get, which has to write it row by row": lambda x, alice: x.get(),
    "move": lambda x, alice: x.move(alice),
}


@away
@limits
@pytest.mark.parametrize("call", NEEDS_MEMORY.values(), ids=NEEDS_MEMORY)
def test_a_host_without_memory_for_a_call_loses_nothing(
    call: Callable[[Any, Worker], Any], bob: Worker, alice: Worker
) -> None:
    x = torch.ones(1).send(bob).expand(BIG)
    with short_of_memory(the_process()), pytest.raises((MemoryError, RuntimeError)):
        call(x, alice)
    assert x.location is bob
    assert (len(bob._objects), len(alice._objects)) == (1, 0)
    assert x.sum().get() == BIG


@away
@limits
def test_a_notebook_without_memory_loses_nothing(bob: Worker) -> None:
    x, home = bob.remote.torch.ones((BIG,)), torch.ones(1).expand(BIG)
    with short_of_memory(psutil.Process()):
        with pytest.raises(MemoryError, match="200,000,000 bytes"):
            x.get()
        with pytest.raises(RuntimeError):
            home.send(bob)
    assert len(bob._objects) == 1
    assert torch.equal(x.get(), home)
    assert len(bob._objects) == 0


# ---- a fork ----

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


def in_fork(call: Callable[[], object]) -> str:
    """What a call in a forked process comes to: an error's name, or the repr of its result."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            told = repr(call())
        except Exception as error:  # noqa: BLE001  whatever it is, its name is told
            told = type(error).__name__
        os.write(writing, told.encode())
        os._exit(0)
    os.close(writing)
    with open(reading) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return told


@away
@forks
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_forked_process_cannot_reach_the_workers(call: Callable[[Any, Worker], Any], bob: Worker) -> None:
    x = torch.ones(2).send(bob)
    assert in_fork(lambda: call(x, bob)) == "ForkedError"
    assert (x + 1).get().tolist() == [2, 2]


def fresh_sum(hook: sy.TorchHook) -> Any:
    sy.reset()
    return torch.ones(2).send(Worker(hook, id="bob")).sum().get().item()


@away
@forks
def test_a_forked_process_may_have_workers_of_its_own(hook: sy.TorchHook, bob: Worker) -> None:
    x = torch.ones(2).send(bob)
    assert in_fork(lambda: fresh_sum(hook)) == "2.0"
    assert x.get().tolist() == [1, 1]


@away
@forks
def test_a_loader_with_workers_of_its_own_says_why_it_cannot_read_pointers(bob: Worker) -> None:
    data = torch.utils.data.TensorDataset(torch.ones(4, 2).send(bob))
    loader = torch.utils.data.DataLoader(data, num_workers=1, multiprocessing_context="fork")
    with pytest.raises(sy.ForkedError, match="num_workers=0"):
        in_thread(lambda: next(iter(loader))).result(4 * LONG)
    assert len(bob._objects) == 1


# ---- junk ----


@pytest.fixture
def lone_host() -> Iterator[subprocess.Popen[bytes]]:
    """A host process of our own, to be written to directly."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "course.transports.host"]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL) as process:
        yield process
        process.kill()


def ask(process: subprocess.Popen[bytes], frame: bytes) -> Any:
    """The answer's head, or None if the host has ended."""
    assert process.stdin is not None
    assert process.stdout is not None
    write_frame(process.stdin, frame)
    answer = read_frame(process.stdout)
    return None if answer is None else host.Outcome.of(answer.first)


class Touch:
    """Unpickling it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def wicked(path: Path) -> list[bytes]:
    """Bodies that would make the file if somebody ran them."""
    code = f"__import__('pathlib').Path({str(path)!r}).touch()"
    message = codec.encode(Execute("me", "bob", "os.system", ((f"touch {path}",),), (), 1, True))
    names = ["eval", "exec", "torch.load", "torch.ops.load_library", "builtins.open", "__class__", "apply_"]
    calls = [codec.encode(Execute("me", "bob", name, ((code,),), (), 1, True)) for name in names]
    forged = [json.dumps([kind, "me", "bob", {"tensor": [code, [1]]}]).encode() for kind in ("Send", code)]
    framed = [len(header).to_bytes(4, "big") + header for header in forged]
    return [pickle.dumps(Touch(path)), code.encode(), b"", message[:-1], message, *calls, *framed]


def test_junk_runs_nothing_and_the_host_goes_on(lone_host: subprocess.Popen[bytes], tmp_path: Path) -> None:
    path = tmp_path / "touched"
    ask(lone_host, host.request(1, "open", b"0"))
    ask(lone_host, host.request(1, "add", b'"bob"'))
    for body in wicked(path):
        for verb in ("deliver", "add", "peek", "seed", "__init__", "answer"):
            if (verb, body) not in (("seed", b""), ("add", b"")):
                error = ask(lone_host, host.request(1, verb, body)).error
                assert error, (verb, body)
    assert not path.exists()
    assert ask(lone_host, host.request(1, "ids_on", b'"bob"'))[2:4] == ([], None)


@pytest.mark.parametrize("frame", [b"", b"junk", b"\0\0\0\2[]", b"\xff" * 40, b"\0\0\0\x10exec('import os')"])
def test_a_frame_that_is_no_request_ends_the_host(lone_host: subprocess.Popen[bytes], frame: bytes) -> None:
    assert ask(lone_host, frame) is None
    assert lone_host.wait(LONG) == 1


Asked = list[tuple[int, str, bytes]]
ASKED = st.lists(st.tuples(st.integers(0, 2**32 - 1), st.sampled_from(sorted(host.VERBS)), st.binary()), min_size=1)


@given(ASKED)
def test_requests_of_one_frame_are_told_apart(asked: Asked) -> None:
    assert host.requests_in(b"".join(host.request(*one) for one in asked)) == asked


@given(ASKED, st.data())
def test_a_frame_that_ends_in_a_request_is_none(asked: Asked, data: st.DataObject) -> None:
    *whole, last = [host.request(*one) for one in asked]
    cut = data.draw(st.integers(0 if not whole else 1, len(last) - 1))
    with pytest.raises(ValueError, match="no requests"):
        host.requests_in(b"".join(whole) + last[:cut])


# ---- it ends with its notebook ----


NOTEBOOK = """
import torch, course as sy
bob = sy.VirtualWorker(sy.TorchHook(torch), id="bob")
x = torch.ones(2).send(bob)
print(bob.network.host.process.pid, flush=True)
input()
"""


def start_notebook() -> tuple[subprocess.Popen[str], psutil.Process]:
    """A process that has a worker in a host process, and waits; and that host."""
    pipe, env = subprocess.PIPE, {**os.environ, "COURSE_TRANSPORT": "process"}
    command = [sys.executable, "-c", NOTEBOOK]
    notebook = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=env)
    assert notebook.stdout is not None
    return notebook, psutil.Process(int(notebook.stdout.readline()))


def test_the_host_ends_when_the_notebook_is_killed() -> None:
    notebook, hosting = start_notebook()
    with notebook:
        notebook.kill()
        hosting.wait(LONG)
    assert not hosting.is_running()


def hold_the_pipe_open(notebook: subprocess.Popen[str]) -> subprocess.Popen[bytes]:
    """A process that keeps what the notebook writes to the host open, as one forked by C code would."""
    pipes = [f"/proc/{notebook.pid}/fd/{fd}" for fd in os.listdir(f"/proc/{notebook.pid}/fd")]
    held = [os.open(path, os.O_WRONLY | os.O_NONBLOCK) for path in pipes if is_writable_pipe(path)]
    return subprocess.Popen(["sleep", "60"], pass_fds=held)


def is_writable_pipe(path: str) -> bool:
    return os.readlink(path).startswith("pipe:") and bool(os.stat(path, follow_symlinks=False).st_mode & 0o200)


@pytest.mark.skipif(sys.platform != "linux", reason="finds the pipe in /proc")
@pytest.mark.parametrize("stopped", [False, True], ids=["waiting host", "stopped host"])
def test_the_host_ends_with_the_notebook_though_another_process_holds_the_pipe(stopped: bool) -> None:
    notebook, hosting = start_notebook()
    with notebook, hold_the_pipe_open(notebook) as holder:
        if stopped:
            hosting.suspend()
        notebook.kill()
        hosting.wait(LONG)
        holder.kill()
    assert not hosting.is_running()


@pytest.mark.parametrize("dead", [False, True], ids=["host alive", "host dead"])
def test_a_notebook_that_ends_is_silent_and_takes_the_host_along(dead: bool) -> None:
    notebook, hosting = start_notebook()
    if dead:
        hosting.kill()
    assert notebook.communicate("\n", timeout=30) == ("", "")
    assert notebook.returncode == 0
    assert not hosting.is_running()


# ---- the same messages on both transports ----


ALONE = """
x, y = torch.tensor([1, 2, 3, 4]).send(bob), torch.ones(4, dtype=torch.int64).send(bob)
z = (x + y).get()
model = nn.Linear(2, 1)
optimizer = optim.Adam(model.parameters(), lr=0.1)
data = torch.tensor([[1.0, 1], [0, 1]]).send(bob)
for _ in range(3):
    model.send(bob)
    optimizer.zero_grad()
    loss = (model(data) ** 2).sum()
    loss.backward()
    optimizer.step()
    model.get()
    seen.append(loss.get().item())
print_nothing = bob.search("#none"), repr(bob._objects)
"""

TOGETHER = """
x = torch.tensor([1.0, 2, 3], requires_grad=True).send(bob)
there = (x * 2).move(alice)
chain = torch.arange(4).tag("#a").send(bob).send(alice)
total = (chain + chain).get().get()
pointer = torch.ones(3).send(alice)
pulled = pointer.send(bob).remote_get()
model = nn.Linear(3, 1).send(bob)
model(x).sum().backward()
model.move(alice)
model.get()
seen += [total.tolist(), there.get().tolist(), x.grad.get().tolist(), pulled.get().tolist()]
del chain, pointer, x
"""

RANDOM = """
def draw(generator_call):
    seen.append(generator_call.tolist())

torch.manual_seed(7)
x = torch.ones(20).send(bob)
draw(nn.functional.dropout(x, 0.5).get())
draw(torch.rand(2))
draw(bob.remote.torch.rand((2, 3)).get())
draw(torch.randn(2))
torch.manual_seed(7)
model = nn.Sequential(nn.Linear(20, 20), nn.Dropout(0.5)).send(bob)
draw(model(x).get())
state = torch.get_rng_state()
first = model(x).get()
torch.set_rng_state(state)
seen.append(torch.equal(first, model(x).get()))
sy.seed(5)
draw(x.clone().move(alice).bernoulli_(0.5).get())
draw(torch.rand(1))
"""

AROUND = """
x = torch.arange(6).view(2, 3).send(bob)
y = torch.rand(3, 3).send(bob)

def tell(tensor):
    seen.append([str(tensor.dtype), tensor.requires_grad, tensor.is_inference(), tensor.tolist()])

tell((x / 4).get())
torch.set_default_dtype(torch.float64)
tell((x / 4).get())
tell(bob.remote.torch.zeros((2,)).get())
torch.set_default_dtype(torch.float32)
tell((x / 4).get())
with torch.autocast("cpu", torch.bfloat16):
    tell((y @ y).get())
tell((y @ y).get())
w = torch.ones(3, requires_grad=True).send(bob)
with torch.no_grad():
    tell((w * 2).get())
with torch.inference_mode():
    tell((y * 2).get())
tell((w * 2).get())
"""

PROGRAM = """
import json, sys, torch
from torch import nn, optim
import course as sy
hook = sy.TorchHook(torch)
sy.seed(3)
bob, alice = sy.VirtualWorker(hook, id="bob"), sy.VirtualWorker(hook, id="alice")
seen = []
{}
host = getattr(bob.network, "host", None)
found = dict(rows=sy.the_transcript().rows(), seen=seen, carried=host and host.carried)
print(json.dumps(found))
"""


def outcome(program: str, transport: str) -> Any:
    """What a program of its own process prints: the rows of its transcript, what it saw, the bytes in the pipe."""
    command = [sys.executable, "-c", PROGRAM.format(program)]
    env = {**os.environ, "COURSE_TRANSPORT": transport}
    return json.loads(subprocess.run(command, env=env, check=True, capture_output=True).stdout)


PROGRAMS = {
    "one worker": ALONE, "two workers that talk": TOGETHER, "random numbers": RANDOM, "settings of torch": AROUND
}  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_the_same_rows_on_both_transports(program: str) -> None:
    here, there = outcome(program, "in_process"), outcome(program, "process")
    assert here["rows"] == there["rows"]
    assert here["seen"] == there["seen"]
    among_workers = [row for row in there["rows"] if "me" not in (row["sender"], row["receiver"])]
    inside = sum(row["bytes"] for row in among_workers)
    assert bool(among_workers) == ("alice)" in program)
    assert there["carried"] + inside == sum(row["bytes"] for row in there["rows"])


# ---- nothing is pickled ----


PACKAGE = Path(host.__file__).parent
FILES = [*PACKAGE.glob("*.py"), PACKAGE.parent / "messages.py", PACKAGE.parent / "codec.py"]
FORBIDDEN = {"pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "importlib", "runpy"}
FORBIDDEN |= {"eval", "exec", "compile", "__import__", "load", "save", "literal_eval", "import_module"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_is_pickled_or_evaluated(path: Path) -> None:
    assert not FORBIDDEN & set(words(ast.parse(path.read_text(encoding="utf-8"))))


def words(tree: ast.AST) -> Iterator[str]:
    """Every name that the code imports or uses."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names) | ast.ImportFrom(names=names):
                yield from (part for alias in names for part in alias.name.split("."))
        match node:
            case ast.ImportFrom(module=str(module)):
                yield from module.split(".")
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name
