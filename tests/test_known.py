"""Operations that nobody waits for: they do what plain torch does, and what is not certain is waited for."""

import math
import operator
import threading
from collections.abc import Callable
from typing import Any

import psutil
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import course as sy
from course import codec, session
from course.messages import Delete, Execute, Send, TensorSpec
from course.operations import OPERATIONS
from course.transports.host import request
from course.transports.known import CERTAIN, HARMLESS, MOST, REAL, RULES, SMALL, WHOLE, Known
from course.worker import pack

Worker = sy.VirtualWorker

away = pytest.mark.process_only("about the process that hosts the workers")

# ---- what is foreseen ----

sizes = st.lists(st.sampled_from([0, 1, 2, 3]), max_size=3).map(tuple)
dtypes = st.sampled_from(sorted(WHOLE | REAL, key=str) + [torch.bool, torch.uint8, torch.float16, torch.complex64])
tensors = st.builds(lambda shape, dtype: torch.ones(shape, dtype=dtype), sizes, dtypes)
numbers = st.sampled_from([0, 1, -3, MOST, -MOST, 2**31, 2**63, 0.0, 0.5, -1e9, 1e300, math.nan, math.inf, True])


def known(*objects: torch.Tensor) -> Known:
    """What is known when these tensors have been sent, under the ids 1, 2, ..."""
    knowledge = Known()
    for id, tensor in enumerate(objects, 1):
        message = Send("me", "bob", pack([(id, tensor)], session.local_worker.network))
        knowledge.forget(message)
        knowledge.learn(message, None)
    return knowledge


def add(*arguments: Any, op: str = "add", **named: Any) -> Execute:
    return Execute("me", "bob", op, arguments, tuple(named.items()), 9, True)


@given(st.sampled_from(sorted(RULES)), st.lists(st.one_of(tensors, numbers), min_size=1, max_size=3), st.booleans())
def test_what_is_foreseen_happens(op: str, operands: list[Any], graded: bool) -> None:
    objects = [operand for operand in operands if isinstance(operand, torch.Tensor)]
    for x in objects:
        x.requires_grad_(graded and x.dtype.is_floating_point)
    ids = iter(range(1, 4))
    arguments = [next(ids) if isinstance(operand, torch.Tensor) else (operand,) for operand in operands]
    foreseen = known(*objects).foresee(add(*arguments, op=op))
    if foreseen is not None:
        result = OPERATIONS[op](*operands)
        assert type(result) is torch.Tensor
        assert foreseen == TensorSpec(result.dtype, tuple(result.shape))


@pytest.mark.parametrize(("names", "count", "dtypes", "result"), CERTAIN)
def test_every_operation_of_the_table_is_foreseen(names: str, count: int, dtypes: Any, result: Any) -> None:
    for name in names.split():
        for dtype in dtypes:
            x = torch.ones(2, 3, dtype=dtype)
            for op in (name, f"torch.{name}"):
                foreseen = known(x, x[0]).foresee(add(*[1, 2][:count], op=op))
                assert foreseen == TensorSpec(result or dtype, (2, 3))


def test_what_is_large_or_unknown_or_has_keywords_is_not_foreseen() -> None:
    small, large = torch.ones(SMALL // 4), torch.ones(SMALL // 4 + 1)
    assert known(small).foresee(add(1, 1))
    assert not known(large).foresee(add(1, 1))
    assert not known(small).foresee(add(1, 2))
    assert not known(small).foresee(add((1, "grad"), 1))
    assert not known(small).foresee(add(1, 1, alpha=(2,)))
    assert not known(small).foresee(add(1, 1, op="matmul"))


@pytest.mark.parametrize("op", sorted(op for op in HARMLESS if op in OPERATIONS and op[-1] == "_"))
def test_what_is_harmless_leaves_shapes_and_dtypes(op: str) -> None:
    for dtype in (torch.float32, torch.int64, torch.bool):
        x = torch.ones(2, 3, dtype=dtype)
        for arguments in ((), (2,), (torch.ones(1, 3),), (torch.ones(2, 3), torch.ones(2, 3)), (torch.ones(4, 2, 3),)):
            try:
                OPERATIONS[op](x, *arguments)
            except (RuntimeError, TypeError):
                continue
            finally:
                assert (x.shape, x.dtype) == ((2, 3), dtype)


# ---- on both transports ----

CHANGES: dict[str, Callable[[Any, Any], Any]] = {
    "in place": lambda x, y: x.t_(),
    "through another id": lambda x, y: x.contiguous().t_(),
    "data": lambda x, y: setattr(x, "data", y.reshape(3, 2)),
    "data, through another id": lambda x, y: setattr(x.contiguous(), "data", y.reshape(3, 2)),
    "out": lambda x, y: torch.add(y.reshape(3, 2), 1, out=x),
    "a plan": lambda x, y: turned(x),
}


def turned(x: Any) -> None:
    plan = sy.func2plan(args_shape=[(2, 3)])(lambda value: value.t_())
    plan.send(x.location)(x)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.filterwarnings("ignore:An output with one or more elements was resized")
def test_a_shape_that_has_changed_is_an_error_in_its_line(change: Callable[[Any, Any], Any], bob: Worker) -> None:
    x, y = torch.ones(2, 3).send(bob), torch.zeros(2, 3).send(bob)
    assert (x + y).get().shape == (2, 3)
    try:
        change(x, y)
    except sy.CourseError as error:
        pytest.skip(f"nobody can do that: {error}")
    with pytest.raises(RuntimeError, match="must match"):
        x + y
    assert x.shape == (3, 2)
    assert y.get().shape == (2, 3)


GOES: dict[str, Callable[[Any, Worker], Any]] = {
    "get": lambda x, alice: x.get(),
    "clear": lambda x, alice: x.location.clear_objects(),
    "move": lambda x, alice: x.move(alice),
    "delete": lambda x, alice: x.__del__(),
}


@pytest.mark.parametrize("go", GOES.values(), ids=GOES)
def test_an_object_that_is_gone_is_an_error_in_its_line(
    go: Callable[[Any, Worker], Any], bob: Worker, alice: Worker
) -> None:
    x = torch.ones(2).send(bob)
    y = bob.search(x.id_at_location)[0]
    assert (y + y).get().tolist() == [2, 2]
    go(x, alice)
    with pytest.raises(sy.ObjectNotFoundError):
        y + y


def test_a_shape_that_does_not_fit_is_an_error_in_its_line(bob: Worker) -> None:
    x, y = torch.ones(2).send(bob), torch.ones(3).send(bob)
    for op in (operator.add, operator.mul, operator.lt):
        with pytest.raises(RuntimeError, match="must match"):
            op(x, y)


def test_long_runs_are_what_they_are_with_plain_torch(bob: Worker) -> None:
    x, y = torch.arange(4.0, requires_grad=True), torch.linspace(0, 1, 4)
    there, other = x.send(bob), y.send(bob)

    def run(a: Any, b: Any) -> Any:
        total = a
        for _ in range(300):
            total = (total * 0.5 + b).tanh() - a / 3
        (total * total).sum().backward()
        return total

    here, remote = run(x, y), run(there, other)
    assert torch.equal(remote.get().detach(), here.detach())
    assert torch.equal(there.grad.get(), x.grad)
    assert len(bob._objects) == 2


def test_inference_and_autocast_hold_for_the_lines_inside(bob: Worker) -> None:
    w, x = torch.ones(2, requires_grad=True).send(bob), torch.ones(2).send(bob)
    with torch.inference_mode():
        inside = x + x
        y = torch.ones(2).send(bob)
    outside, mixed = x + x, y + x
    (w * outside).sum().backward()
    (w * mixed).sum().backward()
    for made_inside in (inside, y):
        with pytest.raises(RuntimeError, match="Inference tensors"):
            w * made_inside
    with torch.autocast("cpu", torch.bfloat16):
        product = x.reshape(1, 2) @ x.reshape(2, 1)
    assert (x + x).get().dtype is torch.float32
    assert product.get().dtype is torch.bfloat16


def test_an_id_that_is_given_twice_keeps_both_objects(bob: Worker) -> None:
    sy.seed(3)
    x = torch.ones(2).send(bob)
    y = x + 1
    sy.seed(3)
    z = [x + n for n in range(4)]
    assert y.get().tolist() == [2, 2]
    assert [part.get().tolist() for part in z] == [[1, 1], [2, 2], [3, 3], [4, 4]]
    assert x.get().tolist() == [1, 1]


def test_an_id_from_before_a_reset_keeps_both_objects(bob: Worker) -> None:
    home = torch.ones(2)
    home.send(bob)
    sy.reset()
    bob = Worker(sy.TorchHook(torch), id="bob")
    x = home.send(bob)
    sums = [x + n for n in range(4)]
    assert x.id_at_location == home.id
    assert [part.get().tolist() for part in sums] == [[1, 1], [2, 2], [3, 3], [4, 4]]
    assert x.get().tolist() == [1, 1]


# ---- what fails late ----


def taken_away(pointer: Any) -> None:
    """Take an object from its worker so that the notebook does not notice."""
    network = pointer.location.network
    message = Delete("me", pointer.location.id, pointer.id_at_location)
    network.host.tell(request(network.session, "drop", codec.encode(message)))


LINES: dict[str, Callable[[Any, Worker], Any]] = {
    "get": lambda x, alice: x.get(),
    "move": lambda x, alice: x.move(alice),
    "send": lambda x, alice: torch.ones(1).send(alice),
    "an operation that is waited for": lambda x, alice: x.sum(),
    "in place": lambda x, alice: x.add_(1),
    "a question": lambda x, alice: x.shape,
    "print": lambda x, alice: repr(alice),
    "a look": lambda x, alice: dict(alice._objects),
    "seed": lambda x, alice: sy.seed(1),
    "a new worker": lambda x, alice: Worker(sy.TorchHook(torch), id="carol"),
}


@away
@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_what_fails_late_is_said_in_the_next_line_that_waits(
    line: Callable[[Any, Worker], Any], bob: Worker, alice: Worker
) -> None:
    x, gone = torch.ones(2).send(bob), torch.ones(2).send(bob)
    taken_away(gone)
    lost = x * gone
    after = lost - 1
    other = x + 2
    with pytest.raises(sy.LateError, match=r"^mul on bob failed \(ObjectNotFoundError") as caught:
        line(x, alice)
    assert caught.value.facts[0] == "mul"
    assert (len(bob._objects), len(alice._objects)) == (2, 0)
    assert x.get().tolist() == [1, 1]
    assert other.get().tolist() == [3, 3]
    for pointer in (lost, after):
        with pytest.raises(sy.ObjectNotFoundError):
            pointer + 1


@away
def test_a_pointer_that_dies_leaves_the_failure_to_who_can_hear_it(bob: Worker) -> None:
    x, gone = torch.ones(2).send(bob), torch.ones(2).send(bob)
    taken_away(gone)
    lost = gone + 1
    del lost, gone
    with pytest.raises(sy.LateError, match="^add"):
        x.get()
    assert x.get().tolist() == [1, 1]


@away
def test_an_interrupt_does_not_swallow_a_failure(bob: Worker) -> None:
    x, gone = torch.ones(2).send(bob), torch.ones(2).send(bob)
    taken_away(gone)
    lost = gone + 1
    link = bob.network.host.link
    wait = link.wait_to_read

    def press(milliseconds: int) -> object:
        link.wait_to_read = wait
        raise KeyboardInterrupt

    link.wait_to_read = press
    with pytest.raises(KeyboardInterrupt):
        x.get()
    with pytest.raises(sy.LateError, match="^add"):
        x.get()
    assert x.get().tolist() == [1, 1]
    del lost


@away
def test_a_failure_stays_in_its_session(bob: Worker) -> None:
    gone = torch.ones(2).send(bob)
    taken_away(gone)
    lost = gone + 1
    with session.isolated(seed=1):
        aside = torch.ones(2).send(Worker(sy.TorchHook(torch), id="bob"))
        assert (aside + 1).get().tolist() == [2, 2]
    with pytest.raises(sy.LateError):
        lost.get()


@away
def test_a_host_that_is_far_behind_is_waited_for(bob: Worker) -> None:
    x, network = torch.ones(2).send(bob), bob.network
    process = psutil.Process(network.host.process.pid)
    process.suspend()
    sums: list[Any] = []
    while not network.host.link.queue:
        sums.append(x + len(sums))
        assert len(sums) < 100_000
    thread = threading.Thread(target=lambda: sums.append(x + len(sums)))
    thread.start()
    process.resume()
    thread.join()
    for n in (0, len(sums) // 2, len(sums) - 1):
        assert sums[n].get().tolist() == [n + 1, n + 1]


def test_threads_that_do_not_wait_beside_threads_that_do(bob: Worker) -> None:
    x, failures = torch.arange(3).send(bob), []

    def run(number: int) -> None:
        try:
            for n in range(300):
                total = x + number
                if n % 3 == 0:
                    assert total.get().tolist() == [number, number + 1, number + 2]
        except Exception as error:  # noqa: BLE001  an assertion of another thread would not fail the test
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(bob._objects) == 1
