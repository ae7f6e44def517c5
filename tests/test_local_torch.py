"""The hook leaves local torch alone: a slice of torch's own use gives the same with the hook and without it."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import course as sy


class Own(nn.Module):
    """A module whose author uses for himself the words that the hook adds."""

    def __init__(self) -> None:
        super().__init__()
        self.location, self.get, self.send, self.copy, self.move = "Paris", 3, "now", [1], nn.Linear(2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.move(x)


class Method(nn.Linear):
    """... and one with methods of these names."""

    def get(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.get(x)


class Sub(torch.Tensor):
    pass


def saved_and_loaded(thing: Any) -> Any:
    file = io.BytesIO()
    torch.save(thing, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


def in_a_log(run: Callable[[], Any]) -> list[str]:
    """The functions that a mode of torch's own sees."""
    seen: list[str] = []

    class Log(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            seen.append(torch.overrides.resolve_name(func) or func.__name__)
            return func(*args, **(kwargs or {}))

    with Log():
        run()
    return seen


def attributes() -> None:
    y = torch.ones(2)
    y.data = torch.zeros(2)
    y.grad = torch.ones(2)
    del y.grad


def trained(model: nn.Module) -> list[torch.Tensor]:
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        model(x()).sum().backward()
        optimizer.step()
    return [p.data for p in model.parameters()]


def x() -> torch.Tensor:
    return torch.arange(6.0).view(3, 2)


def net() -> nn.Module:
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.ReLU())


PROGRAMS: dict[str, Callable[[], Any]] = {
    "script": lambda: torch.jit.script(net())(x()),
    "script and freeze": lambda: torch.jit.freeze(torch.jit.script(net().eval()))(x()),
    "trace": lambda: torch.jit.trace(nn.Linear(2, 1), x())(x()),
    "compile": lambda: torch.compile(net(), backend="eager")(x()),
    "compile a step": lambda: trained(torch.compile(nn.Linear(2, 1), backend="aot_eager")),
    "export": lambda: torch.export.export(net().eval(), (x(),)).module()(x()),
    "fx": lambda: torch.fx.symbolic_trace(net()).code,
    "own attributes": lambda: (Own()(x()), Own().location, Own().get, Own().send, Own().copy),
    "own attributes, copied": lambda: copy.deepcopy(Own()).location,
    "own attributes, saved": lambda: (saved_and_loaded(Own())(x()), saved_and_loaded(Own()).location),
    "own methods": lambda: Method(2, 1)(x()),
    "deepcopy": lambda: copy.deepcopy(net())(x()),
    "pickle": lambda: pickle.loads(pickle.dumps(x().requires_grad_())),
    "save": lambda: saved_and_loaded(nn.Linear(2, 1))(x()),
    "state": lambda: net().state_dict(),
    "subclass": lambda: (x().as_subclass(Sub).data, x().as_subclass(Sub).grad),
    "modes": lambda: in_a_log(attributes),
    "overridable functions": lambda: len(torch.overrides.get_overridable_functions()[torch.nn.functional]),
    "parametrization": lambda: nn.utils.parametrizations.weight_norm(nn.Linear(2, 1))(x()),
    "func": lambda: torch.func.vmap(torch.func.grad(lambda row: (row**2).sum()))(x()),
    "training": lambda: trained(net()),
    "loader workers": lambda: list(DataLoader(TensorDataset(x()), num_workers=1)),
    "swap": lambda: torch.utils.swap_tensors(torch.ones(2), torch.zeros(2)),
}


@pytest.fixture
def unhooked() -> Iterator[Callable[[], None]]:
    yield lambda: sy.TorchHook(torch).unhook()
    sy.TorchHook(torch)


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.filterwarnings("ignore")
def test_local_torch_does_not_notice_the_hook(name: str, unhooked: Callable[[], None]) -> None:
    results = []
    for prepare in (lambda: None, unhooked):
        prepare()
        torch.manual_seed(3)
        torch._dynamo.reset()
        results.append(PROGRAMS[name]())
    compare(*results)


def compare(hooked: Any, plain: Any) -> None:
    assert type(hooked) is type(plain)
    if isinstance(plain, dict):
        assert list(hooked) == list(plain)
        compare(list(hooked.values()), list(plain.values()))
    elif isinstance(plain, (list, tuple)):
        assert len(hooked) == len(plain)
        for a, b in zip(hooked, plain, strict=True):
            compare(a, b)
    elif isinstance(plain, torch.Tensor):
        torch.testing.assert_close(hooked, plain, rtol=0, atol=0)
    else:
        assert hooked == plain


def test_a_hook_that_is_undone_leaves_nothing() -> None:
    before = {owner: set(vars(owner)) for owner in (torch.Tensor, nn.Module)}
    hook = sy.TorchHook(torch)
    hook.unhook()
    after = {owner: set(vars(owner)) for owner in (torch.Tensor, nn.Module)}
    assert "send" in before[torch.Tensor] - after[torch.Tensor]
    assert not {"data", "grad", "send", "id", "location"} & (after[torch.Tensor] | after[nn.Module])
