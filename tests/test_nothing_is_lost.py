"""Nothing is ever lost: whatever fails, and wherever somebody interrupts, an object is in exactly one place.

Interrupts are real ones, raised at every line of the library in turn, as Ctrl-C can.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import course as sy
from course.errors import CourseError

LIBRARY = str(Path(sy.__file__).parent)

# From 3.12 on a comprehension is no function: each round of its loop is the same line once more. What a trace function
# raises there passes by the `except` around it, what a signal's handler raises does not.
INLINED = sys.version_info >= (3, 12)


def interrupted_at(step: int, run: Callable[[], Any]) -> bool:
    """Run something and interrupt it at this line of the library; whether it was that long."""
    left, line = step, (0, 0)

    def trace(frame: Any, event: str, arg: Any) -> Any:
        nonlocal left, line
        if not frame.f_code.co_filename.startswith(LIBRARY) or frame.f_code.co_name == "__del__":
            return None
        if event == "line":
            before, line = line, (id(frame), frame.f_lineno)
            left -= before != line or not INLINED
            if left == 0:
                raise KeyboardInterrupt
        return trace

    sys.settrace(trace)
    try:
        run()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(None)
    return False


def at_every_line(make: Callable[[], Callable[[], Any]], check: Callable[[], None]) -> int:
    """Interrupt what `make` makes at each of its lines; `check` what holds after each. How many lines there were."""
    step = 1
    while interrupted_at(step, make()):
        check()
        step += 1
        sy.reset()
    return step


VALUES = torch.arange(3.0)


class Scene:
    """Bob and Alice, and something of bob's that is on its way."""

    def __init__(self, hook: sy.TorchHook) -> None:
        self.hook = hook

    def workers(self) -> None:
        self.bob, self.alice = (sy.VirtualWorker(self.hook, id=name) for name in ("bob", "alice"))

    def held(self) -> dict[str, int]:
        return {worker.id: len(worker._objects) for worker in (self.bob, self.alice)}


@pytest.fixture
def scene(hook: sy.TorchHook) -> Scene:
    return Scene(hook)


def test_a_get_that_is_interrupted_leaves_the_tensor_where_it_was(scene: Scene) -> None:
    def make() -> Callable[[], Any]:
        scene.workers()
        scene.p = VALUES.send(scene.bob)
        return scene.p.get

    def check() -> None:
        assert scene.held() == {"bob": 1, "alice": 0}
        assert torch.equal(scene.p.get(), VALUES)
        assert scene.held() == {"bob": 0, "alice": 0}

    assert at_every_line(make, check) > 10


def test_a_link_of_a_chain_too(scene: Scene) -> None:
    def make() -> Callable[[], Any]:
        scene.workers()
        scene.p = VALUES.send(scene.alice).send(scene.bob)
        return scene.p.get

    def check() -> None:
        assert scene.held() == {"bob": 1, "alice": 1}
        assert torch.equal(scene.p.get().get(), VALUES)
        assert scene.held() == {"bob": 0, "alice": 0}

    assert at_every_line(make, check) > 10


def test_a_model_comes_home_whole_or_not_at_all(scene: Scene) -> None:
    def make() -> Callable[[], Any]:
        scene.workers()
        scene.model = nn.BatchNorm1d(2)
        scene.model.weight.grad = torch.ones(2)
        scene.model.send(scene.bob)
        return scene.model.get

    def check() -> None:
        away = [isinstance(tensor, sy.PointerTensor) for tensor in [*scene.model.parameters(), *scene.model.buffers()]]
        assert scene.held() == {"bob": sum(away), "alice": 0}
        assert sum(away) in (0, 5)
        model = scene.model.get()
        assert torch.equal(model.weight, torch.ones(2))
        assert torch.equal(model.weight.grad, torch.ones(2))
        assert scene.held() == {"bob": 0, "alice": 0}

    assert at_every_line(make, check) > 20


def test_a_model_leaves_whole_or_not_at_all(scene: Scene) -> None:
    def make() -> Callable[[], Any]:
        scene.workers()
        scene.model = nn.Linear(2, 1)
        return lambda: scene.model.send(scene.bob)

    def check() -> None:
        away = [isinstance(tensor, sy.PointerTensor) for tensor in scene.model.parameters()]
        assert sum(away) in (0, 2)
        assert scene.held()["bob"] >= sum(away)
        scene.model.get()
        assert scene.model.weight.shape == (1, 2)

    assert at_every_line(make, check) > 20


def test_a_move_that_is_interrupted_loses_nothing(scene: Scene) -> None:
    def make() -> Callable[[], Any]:
        scene.workers()
        scene.p = VALUES.send(scene.bob)
        return lambda: scene.p.move(scene.alice)

    def check() -> None:
        assert sum(scene.held().values()) == 1
        assert scene.held()[scene.p.location.id] == 1
        assert torch.equal(scene.p.get(), VALUES)

    assert at_every_line(make, check) > 10


def test_remote_get_too(scene: Scene) -> None:
    def make() -> Callable[[], Any]:
        scene.workers()
        scene.p = VALUES.send(scene.alice).send(scene.bob)
        return scene.p.remote_get

    def check() -> None:
        pulled = scene.held() == {"bob": 1, "alice": 0}
        assert pulled or scene.held() == {"bob": 1, "alice": 1}
        value = scene.p.get() if pulled else scene.p.get().get()
        assert torch.equal(value, VALUES)

    assert at_every_line(make, check) > 10


def test_an_operation_that_is_interrupted_is_done_or_not(scene: Scene) -> None:
    def make() -> Callable[[], Any]:
        scene.workers()
        scene.p, scene.q, scene.sums = VALUES.send(scene.bob), VALUES.send(scene.bob), []
        return lambda: scene.sums.append(scene.p + scene.q)

    def check() -> None:
        assert scene.held()["bob"] in (2, 3)
        for total in (*scene.sums, scene.p + scene.q):
            assert torch.equal(total.get(), VALUES * 2)
        assert torch.equal(scene.p.get(), VALUES)
        assert torch.equal(scene.q.get(), VALUES)

    assert at_every_line(make, check) > 10


# ---- what cannot travel --------------------------------------------------------------------------------------------


def test_a_sparse_gradient_keeps_the_model_where_it_is(bob: sy.VirtualWorker) -> None:
    model = nn.Embedding(4, 2, sparse=True)
    before = model.weight.detach().clone()
    model.send(bob)
    model(torch.tensor([1, 2]).send(bob)).sum().backward()
    with pytest.raises(CourseError, match="sparse"):
        model.get()
    assert model.location is bob
    model.zero_grad()
    assert torch.equal(model.get().weight, before)
    assert len(bob._objects) == 0


def test_a_sparse_gradient_at_home_keeps_the_model_at_home(bob: sy.VirtualWorker) -> None:
    model = nn.Embedding(4, 2, sparse=True)
    model(torch.tensor([1])).sum().backward()
    with pytest.raises(CourseError, match="sparse"):
        model.send(bob)
    assert model.weight.shape == (4, 2)
    assert len(bob._objects) == 0


def test_a_move_of_what_cannot_travel_leaves_it(bob: sy.VirtualWorker, alice: sy.VirtualWorker) -> None:
    table = nn.Embedding(4, 2, sparse=True).send(bob)
    table(torch.tensor([1]).send(bob)).sum().backward()
    for travel in (table.weight.get, lambda: table.weight.move(alice), lambda: table.move(alice), table.get):
        with pytest.raises(CourseError, match="sparse"):
            travel()
    assert (len(bob._objects.keys()), len(alice._objects)) == (1, 0)
    table.zero_grad()
    assert table.move(alice).location is alice
    assert table.get().weight.shape == (4, 2)


def test_a_parameter_that_was_made_from_a_pointer_comes_home(bob: sy.VirtualWorker) -> None:
    model = nn.Linear(2, 1).send(bob)
    model.weight = nn.Parameter(torch.ones(1, 2).send(bob))
    weight = model.weight
    model.get()
    assert type(model.weight) is nn.Parameter
    assert model.weight is weight
    assert torch.equal(model.weight.data, torch.ones(1, 2))
    assert model.weight.requires_grad
    assert len(bob._objects) == 0


def test_a_buffer_that_is_a_pointer_comes_home(bob: sy.VirtualWorker) -> None:
    model = nn.BatchNorm1d(2)
    model.running_mean = torch.ones(2).send(bob)
    model.get()
    assert type(model.running_mean) is torch.Tensor
    assert torch.equal(model.running_mean, torch.ones(2))


def test_parameters_can_come_home_one_by_one(bob: sy.VirtualWorker) -> None:
    model = nn.Linear(2, 1)
    weight, values = model.weight, model.weight.detach().clone()
    model.send(bob)
    assert model.weight.get() is weight
    assert torch.equal(weight, values)
    assert model.location is bob
    model.get()
    assert len(bob._objects) == 0
    assert model(torch.ones(2)).shape == (1,)


def test_half_a_model_at_each_of_two_workers_comes_home_whole_or_not_at_all(
    bob: sy.VirtualWorker, alice: sy.VirtualWorker
) -> None:
    model = nn.Linear(2, 1).send(bob)
    model.bias.move(alice)
    alice.clear_objects()
    with pytest.raises(CourseError):
        model.get()
    assert len(bob._objects) == 1
    assert isinstance(model.weight, sy.PointerTensor)


def test_hooks_of_a_parameter_are_there_again_when_it_is_home(bob: sy.VirtualWorker) -> None:
    model, seen = nn.Linear(2, 1), []
    model.weight.register_hook(lambda grad: seen.append(grad))
    model.bias.register_post_accumulate_grad_hook(lambda bias: seen.append(bias.grad))
    model.send(bob).get()
    model(torch.ones(2)).backward()
    assert len(seen) == 2


# ---- a pointer's memory --------------------------------------------------------------------------------------------


@pytest.fixture(params=["sent", "a parameter that is away"])
def pointer(request: pytest.FixtureRequest, bob: sy.VirtualWorker) -> Any:
    scene = torch.ones(3).send(bob) if request.param == "sent" else nn.Linear(3, 1).send(bob)
    yield scene if request.param == "sent" else scene.weight


def data(home: torch.Tensor, pointer: Any) -> None:
    home.data = pointer


def state(home: nn.Module, pointer: Any) -> None:
    home.load_state_dict({"weight": pointer, "bias": pointer})


WAYS_IN: dict[str, Callable[[Any], Any]] = {
    ".data =": lambda p: data(torch.ones(3), p),
    ".data = of a parameter": lambda p: data(nn.Parameter(torch.ones(3)), p * 2),
    ".grad =": lambda p: setattr(torch.ones(3), "grad", p),
    "set_": lambda p: torch.ones(3).set_(p),
    "copy_": lambda p: torch.ones(3).copy_(p),
    "load_state_dict": lambda p: state(nn.Linear(3, 3), p),
    "torch.tensor": lambda p: torch.tensor(p),
    "torch.Tensor": lambda p: torch.Tensor(p),
    "FloatTensor": lambda p: torch.FloatTensor(p),
    "as_subclass": lambda p: p.as_subclass(torch.Tensor),
    "Variable": lambda p: torch.autograd.Variable(p),
    "_make_subclass": lambda p: torch.Tensor._make_subclass(torch.Tensor, p),
    "out=": lambda p: torch.add(torch.ones(3), 1, out=p),
    "[]=": lambda p: torch.ones(3).__setitem__(0, p),
    "nested": lambda p: torch.nested.nested_tensor([p]),
}


@pytest.mark.parametrize("way", WAYS_IN)
@pytest.mark.filterwarnings("ignore")
def test_the_empty_memory_of_a_pointer_never_becomes_data(way: str, pointer: Any) -> None:
    with pytest.raises((CourseError, RuntimeError)):
        WAYS_IN[way](pointer)


def test_data_of_a_tensor_that_is_here_says_what_to_do(bob: sy.VirtualWorker) -> None:
    home, away = nn.Linear(2, 1), nn.Linear(2, 1).send(bob)
    before = home.weight.detach().clone()
    with pytest.raises(sy.TensorsNotCollocatedException, match="get"):
        home.weight.data = away.weight.data * 2
    assert torch.equal(home.weight, before)
    home.weight.data = (away.weight.data * 2).get()
    assert home.weight.shape == (1, 2)
