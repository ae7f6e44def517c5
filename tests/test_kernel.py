"""A real Jupyter kernel: federated steps leak nothing, and what a displayed pointer keeps alive.

IPython remembers what a cell displayed (Out[n], _n, _, and a hidden copy of those names), and the last error
with its frames (sys.last_value): each is a reference like any other, so the pointer in it keeps its object.
`del x` and `%reset out` do not let go of a displayed pointer; `%reset -f`, a restart and `clear_objects()`
do. So notebooks do not count objects after displaying a pointer.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

SECONDS = 60
Run = Callable[[str], str]


def outputs_of(client: BlockingKernelClient, code: str) -> str:
    """Run a cell; the text it printed and displayed, or the name of its error."""
    parts: list[str] = []

    def collect(message: dict[str, Any]) -> None:
        content = message["content"]
        if message["msg_type"] == "stream":
            parts.append(content["text"])
        elif message["msg_type"] in ("execute_result", "display_data"):
            parts.append(content["data"]["text/plain"])
        elif message["msg_type"] == "error":
            parts.append(content["ename"])

    client.execute_interactive(code, timeout=SECONDS, output_hook=collect)
    return "".join(parts).strip()


@pytest.fixture(scope="module")
def kernel() -> Iterator[BlockingKernelClient]:
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=SECONDS)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.fixture
def run(kernel: BlockingKernelClient) -> Run:
    """Run a cell in a fresh session."""
    outputs_of(kernel, "%reset -f\nimport torch, course as sy\nsy.reset()")
    outputs_of(kernel, 'hook = sy.TorchHook(torch)\nbob = sy.VirtualWorker(hook, id="bob")')
    return lambda code: outputs_of(kernel, code)


def test_the_kernel_shows_pointers_and_workers_as_text(run: Run) -> None:
    assert run("x = torch.ones(2).send(bob)\nx").startswith("(Wrapper)>[PointerTensor | me:")
    assert run("bob") == "<VirtualWorker id:bob #objects:1>"


def test_without_display_an_object_goes_with_its_name(run: Run) -> None:
    run("x = torch.ones(2).send(bob)")
    run("for _ in range(1000): x = torch.ones(2).send(bob)")
    assert run("print(len(bob._objects))") == "1"
    run("x = x + x")
    assert run("print(len(bob._objects))") == "1"
    run("del x")
    assert run("print(len(bob._objects))") == "0"


AGAIN = """%reset -f
import gc, torch, course as sy
gc.collect()
print(*[len(worker._objects) for worker in sy.workers()])"""


def test_a_displayed_pointer_is_held_by_out(run: Run) -> None:
    run("x = torch.ones(2).send(bob)\nx")
    run("del x")
    assert run("print(len(bob._objects))") == "1"
    assert run(AGAIN) == "0"


def test_a_displayed_expression_is_held_by_out_and_underscore(run: Run) -> None:
    run("x = torch.ones(2).send(bob)")
    run("x + x")
    assert run("print(len(bob._objects))") == "2"
    assert run("(_ + 1).get()") == "tensor([3., 3.])"
    for _ in range(4):
        run("1")
    assert run("print(len(bob._objects))") == "2"
    assert run(AGAIN) == "0"


def test_clearing_a_worker_makes_it_forget_what_was_displayed(run: Run) -> None:
    run("x = torch.ones(2).send(bob)\nx")
    assert run("bob.clear_objects()") == "<VirtualWorker id:bob #objects:0>"
    run("x = torch.ones(2).send(bob)")
    assert run(AGAIN) == "0"


def test_printing_holds_nothing(run: Run) -> None:
    run("x = torch.ones(2).send(bob)")
    run("print(x + x)\nprint(f'{x * 2}')")
    assert run("print(len(bob._objects))") == "1"
    assert run("x + x;") == ""
    assert run("print(len(bob._objects))") == "1"


def test_an_error_holds_its_frames_until_the_next_one(run: Run) -> None:
    run("x = torch.ones(2).send(bob)\ndef program(x):\n    y = x * 2\n    return y.item()")
    assert run("program(x)") == "ValueRefusedError"
    assert run("print(len(bob._objects))") == "2"
    assert run("undefined") == "NameError"
    run("import gc; gc.collect();")
    assert run("print(len(bob._objects))") == "1"


def test_completion_of_a_pointer(kernel: BlockingKernelClient, run: Run) -> None:
    run("x = torch.ones(2).send(bob)")
    reply = kernel.complete("x.id_at_", reply=True, timeout=SECONDS)
    assert any(match.endswith("id_at_location") for match in reply["content"]["matches"])
    reply = kernel.inspect("x", reply=True, timeout=SECONDS)
    assert reply["content"]["found"]
    assert run("print(len(sy.the_transcript().opened()))") == "0"


LEAK = """
import gc, tracemalloc
data, target = torch.ones(4, 2).send(bob), torch.ones(4, 1).send(bob)
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
sy.the_transcript().limit = 100
def steps(n):
    for _ in range(n):
        model.send(bob)
        optimizer.zero_grad()
        loss = ((model(data) - target) ** 2).sum()
        loss.backward()
        optimizer.step()
        model.get()
        loss = loss.get()
steps(50)
gc.collect(); tracemalloc.start(); steps(200); gc.collect()
before = tracemalloc.get_traced_memory()[0]
"""


def test_steps_in_a_kernel_leak_nothing(run: Run) -> None:
    run(LEAK)
    run("data")
    run("steps(300)")
    run("gc.collect()")
    assert run("print(len(bob._objects))") == "2"
    assert int(run("print(tracemalloc.get_traced_memory()[0] - before)")) < 200_000
    run("tracemalloc.stop(); sy.the_transcript().limit = 100_000")
