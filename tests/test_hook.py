"""The hook: what it adds to torch, that it is asked once, and that it can be undone without a trace."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import nn

import course as sy
from course import hook as hook_module

Worker = sy.VirtualWorker
TENSOR_METHODS = {"copy", "describe", "id", "owner", "send", "tag"}
MODULE_METHODS = {"copy", "get", "location", "move", "send"}


@pytest.fixture
def unhooked() -> Iterator[None]:
    """Torch as it was; hooked again afterwards."""
    sy.TorchHook(torch).unhook()
    yield
    sy.TorchHook(torch)


def test_a_hook_adds_what_is_registered_and_unhook_takes_it_away(unhooked: None) -> None:
    before = {
        owner: dict(vars(owner)) for owner in (torch.Tensor, nn.Module, torch.optim.Optimizer, nn.Parameter)
    }
    hook = sy.TorchHook(torch)
    assert set(vars(torch.Tensor)) >= TENSOR_METHODS
    assert set(vars(nn.Module)) >= MODULE_METHODS
    hook.unhook()
    for owner, names in before.items():
        assert dict(vars(owner)) == names


def test_nothing_is_there_before_the_hook(unhooked: None) -> None:
    assert not hasattr(torch.ones(1), "send")
    assert not hasattr(nn.Linear(1, 1), "location")
    with pytest.raises(AttributeError, match="send"):
        torch.ones(1).send(None)  # type: ignore[attr-defined]


def test_a_second_hook_says_so_once_and_works(unhooked: None, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            second = sy.TorchHook(torch)
    assert caplog.messages == ["Torch was already hooked... skipping hooking process"]
    bob = sy.VirtualWorker(second, id="bob")
    assert torch.ones(1).send(bob).get().tolist() == [1]


def test_the_first_hook_says_nothing(unhooked: None, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        sy.TorchHook(torch)
        sy.create_sandbox({}, verbose=False, download_data=False)
    assert caplog.text == ""


def test_the_local_worker(hook: sy.TorchHook) -> None:
    assert hook.local_worker is sy.local_worker
    assert hook.local_worker.id == "me"
    assert sy.VirtualWorker(hook, id="me") is sy.local_worker
    assert torch.ones(1).owner is sy.local_worker


def test_unhooking_twice_and_hooking_again(unhooked: None) -> None:
    hook = sy.TorchHook(torch)
    hook.unhook()
    hook.unhook()
    bob = sy.VirtualWorker(sy.TorchHook(torch), id="bob")
    assert torch.ones(1).send(bob).get().tolist() == [1]


def test_a_seed_of_the_hook_is_that_of_the_session() -> None:
    sy.TorchHook(torch, seed=5)
    first = (torch.rand(1).item(), torch.ones(1).id)
    sy.TorchHook(torch, seed=5)
    assert (torch.rand(1).item(), torch.ones(1).id) == first


def test_models_made_before_and_after_the_hook_behave_the_same(unhooked: None) -> None:
    torch.manual_seed(0)
    before = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(before.parameters(), lr=0.1, momentum=0.9)
    hook = sy.TorchHook(torch)
    torch.manual_seed(0)
    after = nn.Linear(2, 1)
    other = torch.optim.SGD(after.parameters(), lr=0.1, momentum=0.9)
    bob = sy.VirtualWorker(hook, id="bob")
    x = torch.ones(3, 2).send(bob)
    for model, step in ((before, optimizer), (after, other)):
        assert model.location is sy.local_worker
        model.send(bob)
        for _ in range(2):
            step.zero_grad()
            model(x).sum().backward()
            step.step()
        model.get()
    assert torch.equal(before.weight, after.weight)


def test_a_student_s_own_location_keeps_working_and_stays() -> None:
    """The patch of an older notebook: `location` of a Sequential is that of its first parameter."""
    hook = sy.TorchHook(torch)
    bob = sy.VirtualWorker(hook, id="bob")
    own = property(lambda self: next(self.parameters()).location)
    setattr(nn.Sequential, "location", own)  # noqa: B010
    try:
        model = nn.Sequential(nn.Linear(2, 1), nn.ReLU()).send(bob)
        assert model.location is bob
        assert model[0].location is bob
        model.get()
        hook.unhook()
        assert vars(nn.Sequential)["location"] is own
        assert "location" not in vars(nn.Module)
        sy.TorchHook(torch)
        assert vars(nn.Sequential)["location"] is own
        assert nn.Linear(1, 1).location is sy.local_worker
    finally:
        del nn.Sequential.location
        sy.TorchHook(torch)


def test_a_patch_of_nn_module_itself_stays_too(unhooked: None) -> None:
    hook = sy.TorchHook(torch)
    own = property(lambda self: "mine")
    nn.Module.location = own  # type: ignore[attr-defined]
    hook.unhook()
    assert vars(nn.Module)["location"] is own
    del nn.Module.location


def test_what_torch_has_itself_is_not_overwritten(unhooked: None) -> None:
    torch.Tensor.tag = "theirs"  # type: ignore[attr-defined]
    try:
        with pytest.raises(ValueError, match="Tensor.tag of its own"):
            sy.TorchHook(torch)
        assert torch.Tensor.tag == "theirs"  # type: ignore[attr-defined]
        assert not (TENSOR_METHODS - {"tag"}) & set(vars(torch.Tensor))
    finally:
        del torch.Tensor.tag  # type: ignore[attr-defined]
        sy.TorchHook(torch).unhook()


def test_a_name_cannot_be_registered_twice() -> None:
    with pytest.raises(ValueError, match="registered twice"):
        hook_module.tensor_method("send")(lambda self: None)
    with pytest.raises(ValueError, match="registered twice"):
        hook_module.module_method("get")(lambda self: None)


def test_torch_itself_is_as_before(bob: Worker) -> None:
    """Functions of torch are never replaced, and local code sees no pointers."""
    x = torch.ones(2, requires_grad=True)
    model = nn.Linear(2, 1)
    optimizer = torch.optim.Adam(model.parameters())
    with sy.record() as log:
        model(x).sum().backward()
        optimizer.step()
        torch.nn.functional.relu(x)
        x.clone().detach().numpy()
    assert len(log) == 0
    assert type(x.grad) is torch.Tensor


def test_ids_cost_nothing_until_asked() -> None:
    t = torch.ones(1)
    assert "id" not in t.__dict__
    assert t.id == t.id
    assert "id" in t.__dict__
    assert torch.ones(1).id != t.id


@pytest.mark.parametrize("attribute", ["id", "owner", "send", "tag", "describe", "copy"])
def test_additions_are_documented(attribute: str, hook: sy.TorchHook) -> None:
    added: Any = vars(torch.Tensor)[attribute]
    assert attribute in ("id", "owner") or added.__doc__
