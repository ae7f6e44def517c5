"""How models become shared and come home: into the very same objects, whatever else still holds them."""

from __future__ import annotations

import weakref
from typing import Any

import pytest
import torch
from torch import nn

import course as sy


@pytest.fixture
def how(hook: sy.TorchHook, bob: Any, alice: Any) -> dict[str, Any]:
    return {"workers": [bob, alice], "crypto_provider": sy.VirtualWorker(hook, id="crypto_provider")}


def test_a_model_comes_home_while_an_output_of_it_is_still_there(how: dict[str, Any]) -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1)).fix_precision(16, base=2)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    known = [weakref.ref(parameter) for parameter in model.parameters()]
    model.encrypt(**how)
    x = torch.ones(1, 2).encrypt(**how)
    output = model(x)
    model.decrypt()
    for parameter, was, one in zip(model.parameters(), before, known, strict=True):
        assert type(parameter) is nn.Parameter and parameter is one()
        torch.testing.assert_close(parameter.detach(), was, atol=0.0006, rtol=0)
    with pytest.raises(sy.SharedError, match="Compute the output again"):
        output.sum().backward()
    assert all(parameter.grad is None for parameter in model.parameters())
    model(torch.ones(1, 2)).sum().backward()
    assert model[2].bias.grad.tolist() == [1]


def test_a_model_is_shared_while_an_output_of_it_is_still_there(how: dict[str, Any]) -> None:
    model = nn.Linear(2, 1)
    output = model(torch.ones(1, 2))
    model.encrypt(**how)
    with pytest.raises(sy.SharedError, match="Compute the output again"):
        output.sum().backward()
    model(torch.ones(1, 2).encrypt(**how)).square().sum().backward()
    assert model.bias.grad.get().float_precision().item() == pytest.approx(2 * output.item(), abs=0.01)


def test_after_the_backward_pass_nothing_hinders_it(how: dict[str, Any]) -> None:
    model = nn.Linear(2, 1).encrypt(**how)
    loss = model(torch.ones(1, 2).encrypt(**how)).sum()
    loss.backward()
    assert model.decrypt().weight.shape == (1, 2)
    assert loss.requires_grad
