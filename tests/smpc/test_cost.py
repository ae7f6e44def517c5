"""What is foretold is what the transcript then shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import course as sy
from course.messages import Execute, Get, Joint

LABELS = torch.tensor([0, 3, 1])


@pytest.fixture(params=[2, 3, 5])
def holders(request: pytest.FixtureRequest, hook: sy.TorchHook) -> list[Any]:
    return [sy.VirtualWorker(hook, id=f"holder {place}") for place in range(request.param)]


@pytest.fixture
def cp(hook: sy.TorchHook) -> Any:
    return sy.VirtualWorker(hook, id="crypto_provider")


def backward(x: Tensor) -> None:
    weight = x.detach().clone().requires_grad_()
    F.softmax(weight * x, 1).square().sum().backward()


BLOCKS: dict[str, tuple[Callable[..., Any], tuple[tuple[int, ...], ...]]] = {
    "x + 1": (lambda x: x + 1, ((3, 4),)),
    "refresh": (lambda x: x.refresh(), ((3, 4),)),
    "x * y": (lambda x, y: x * y, ((3, 4), (4,))),
    "x @ y": (lambda x, y: x @ y, ((3, 4), (4, 5))),
    "x / y": (lambda x, y: x / y, ((3, 4), (3, 4))),
    "mean": (lambda x: x.mean(), ((3, 4),)),
    "x < y": (lambda x, y: x < y, ((3, 4), (3, 4))),
    "relu": (lambda x: x.relu(), ((3, 4),)),
    "relu of many": (lambda x: x.relu(), ((2**17 + 3,),)),
    "max": (lambda x: x.max(1).values, ((3, 5),)),
    "exp": (lambda x: x.exp(), ((3, 4),)),
    "log": (lambda x: (x + 2).log(), ((3, 4),)),
    "softmax": (lambda x: F.softmax(x, 1), ((3, 4),)),
    "cross entropy": (lambda x: F.cross_entropy(x, LABELS), ((3, 4),)),
    "conv": (lambda x, w: F.conv2d(x, w, stride=2), ((2, 1, 6, 6), (3, 1, 2, 2))),
    "x ** 3 in a loop": (lambda x: [x**3 for _ in range(2)], ((4,),)),
    "there and back": (backward, ((3, 4),)),
}


def spent(function: Callable[..., Any], *inputs: Any) -> sy.Cost:
    """What the transcript says of this block."""
    with sy.record() as log:
        function(*inputs)
    return sy.cost(log)


@pytest.mark.parametrize("name", BLOCKS)
def test_an_operation(holders: list[Any], cp: Any, name: str) -> None:
    function, shapes = BLOCKS[name]
    foretold = sy.cost(function, *shapes, parties=len(holders))
    secrets = [torch.rand(shape).fix_precision().share(*holders, crypto_provider=cp) for shape in shapes]
    assert foretold == spent(function, *secrets)
    assert foretold == sy.cost(function, *secrets) == sy.cost(function, *map(torch.ones, shapes), parties=len(holders))
    assert (foretold.rounds > 0) == (name not in ("x + 1", "refresh"))
    assert all(torch.isfinite(secret.get().float_precision()).all() for secret in secrets)


@pytest.mark.parametrize("name", ["x < y", "relu", "max", "exp", "there and back"])
def test_in_another_precision(holders: list[Any], cp: Any, name: str) -> None:
    function, shapes = BLOCKS[name]
    foretold = sy.cost(function, *shapes, parties=len(holders), precision_fractional=16, base=2)
    secrets = [torch.rand(shape).fix_precision(16, base=2).share(*holders, crypto_provider=cp) for shape in shapes]
    assert foretold == spent(function, *secrets) == sy.cost(function, *secrets)


def step(model: nn.Module, optimizer: Any, x: Any, y: Any) -> Any:
    optimizer.zero_grad()
    loss = ((model(x) - y) ** 2).sum().refresh()
    loss.backward()
    optimizer.step()
    return loss.get().float_precision()


def test_steps_of_training(holders: list[Any], cp: Any) -> None:
    """The second step costs more than the first: there is momentum by then, and the optimizer says so."""
    model = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    at_home = sy.cost(step, model, optimizer, (3, 4), (3, 2), parties=len(holders))
    before = [parameter.detach().clone() for parameter in model.parameters()]
    assert all(parameter.grad is None for parameter in model.parameters())
    model.fix_precision().share(*holders, crypto_provider=cp)
    x, y = [torch.rand(3, size).fix_precision().share(*holders, crypto_provider=cp) for size in (4, 2)]
    first = sy.cost(step, model, optimizer, x, y)
    assert first == at_home == spent(step, model, optimizer, x, y)
    second = sy.cost(step, model, optimizer, x, y)
    assert second == sy.cost(step, model, optimizer, (3, 4), (3, 2))
    assert second == spent(step, model, optimizer, x, y) > first
    for parameter, was in zip(model.get().parameters(), before, strict=True):
        assert not torch.equal(parameter, was) and torch.allclose(parameter, was, atol=2)


def test_whole_numbers_shared_and_public(holders: list[Any], cp: Any) -> None:
    x = torch.arange(6).share(*holders, crypto_provider=cp)
    assert sy.cost(torch.argmax, x) == spent(torch.argmax, x)
    function = lambda x, places: x[places] * 2  # noqa: E731
    assert sy.cost(function, (4,), LABELS) == (0, 0, 0)


def test_by_hand(hook: sy.TorchHook) -> None:
    """A product: a triple of three numbers each, then x - a and y - b; three numbers, and one, to divide by 1000."""
    assert sy.cost(lambda x, y: x * y, (10,), (10,)) == sy.Cost(rounds=2, opened=8 * 30, dealt=8 * 60)
    assert sy.cost(lambda x, y: x * y, (10,), (10,), parties=5) == sy.Cost(2, 4 * 8 * 30, 8 * 60)
    assert sy.cost(lambda x: x * 2, (10,)) == sy.Cost(0, 0, 0)


def test_nothing_of_it_is_left(bob: Any, alice: Any, cp: Any) -> None:
    x = torch.ones(3).fix_precision().share(bob, alice, crypto_provider=cp)
    before, state = len(sy.the_transcript()), torch.get_rng_state()
    sy.cost(lambda x: (x * x * torch.rand(3)).sum(), x)
    assert len(sy.the_transcript()) == before and torch.equal(torch.get_rng_state(), state)
    assert sy.workers() == [bob, alice, cp]
    assert (x * x).get().float_precision().tolist() == [1, 1, 1]


def test_what_cannot_be_foretold_is_refused(bob: Any, alice: Any, cp: Any) -> None:
    x = torch.ones(3).fix_precision().share(bob, alice, crypto_provider=cp)
    model = nn.Linear(3, 1).encrypt(bob, alice, crypto_provider=cp)
    there = torch.ones(3).send(bob)
    before = len(sy.the_transcript())
    elsewhere: list[Callable[..., Any]] = [
        lambda y: x * x,
        lambda y: x * y,
        lambda y: model(y),
        lambda y: x.get(),
        lambda y: there + there,
        lambda y: torch.ones(3).send(bob),
        lambda y: torch.ones(3).fix_precision().share(bob, alice, crypto_provider=cp),
    ]
    for function in elsewhere:
        with pytest.raises(sy.SharedError, match="Give all secrets as inputs"):
            sy.cost(function, (3,))
    with pytest.raises(sy.SharedError, match="without a secret"):
        sy.cost(lambda n: n + 1, torch.tensor([1]))
    with pytest.raises(sy.SharedError, match="a pointer stands for no shares"):
        sy.cost(lambda p: p + p, there)
    with pytest.raises(sy.SharedError, match="a pointer stands for no shares"):
        sy.cost(lambda m, x: m(x), nn.Linear(3, 1).send(bob), (3,))
    with pytest.raises(sy.PrecisionError):
        sy.cost(lambda y: y * y, (3,), precision_fractional=10)
    with pytest.raises(ValueError, match="mine"):
        sy.cost(lambda y: fails(), (3,))
    asked = [message for message in list(sy.the_transcript())[before:] if isinstance(message, (Execute, Joint, Get))]
    assert asked == []
    assert x.get().float_precision().tolist() == [1, 1, 1]


def fails() -> None:
    raise ValueError("mine")
