"""Words of notebooks of 2019 and 2020: each does what today's words do, or says in one sentence why it does nothing."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import torch

import course as sy
from course import old_settings

Worker = sy.VirtualWorker


def sizes(*workers: Any) -> list[int]:
    return [len(worker._objects) for worker in workers]


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """What is logged, as if nothing had been said before."""
    old_settings.SAID.clear()
    caplog.set_level(logging.WARNING, "course")
    caplog.clear()
    yield caplog


# ---- workers ----


def test_workers_know_each_other(bob: Any, alice: Any, said: pytest.LogCaptureFixture) -> None:
    me: Any = sy.local_worker
    assert me.add_workers([bob, alice]) is me
    assert bob.add_worker(alice) is bob
    assert said.messages == [
        "add_worker has no meaning here: workers of one session know each other as soon as they are made."
    ]
    with pytest.raises(sy.NotAWorkerError):
        me.add_workers(["bob"])


def test_a_worker_is_found_by_its_name(hook: Any, bob: Any) -> None:
    for asked in (hook.local_worker, bob):
        assert asked.get_worker("bob") is asked.get_worker(bob) is bob
        assert asked.get_worker("me") is sy.local_worker
    with pytest.raises(sy.UnknownWorkerError, match="no worker nobody"):
        bob.get_worker("nobody")


def test_settings_without_a_meaning_say_so_once(hook: Any, said: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        sy.VirtualWorker(id="dan", hook=hook, is_client_worker=False, verbose=True, log_msgs=True, auto_add=False)
    assert sorted(message.split()[0] for message in said.messages) == [
        "auto_add", "is_client_worker", "log_msgs", "verbose"
    ]  # fmt: skip
    assert all(" has no meaning here: " in message and message.endswith(".") for message in said.messages)
    said.clear()
    hook.local_worker.is_client_worker = False
    assert said.messages == []
    assert hook.local_worker.is_client_worker and not sy.VirtualWorker(hook, id="dan").is_client_worker


def test_a_setting_that_never_was_is_an_error(hook: Any) -> None:
    with pytest.raises(TypeError, match="VirtualWorker has no argument 'colour'"):
        sy.VirtualWorker(hook, id="dan", colour="red")
    with pytest.raises(TypeError, match="TorchHook has no argument 'colour'"):
        sy.TorchHook(torch, colour="red")


def test_a_hook_that_is_not_verbose_says_nothing(hook: Any, said: pytest.LogCaptureFixture) -> None:
    hook.unhook()
    for _ in range(2):
        sy.TorchHook(torch, verbose=False)
    assert said.messages == []
    sy.TorchHook(torch, verbose=True, is_client=True)
    assert [message.split()[0] for message in said.messages] == ["is_client", "Torch"]


def test_a_worker_can_be_made_with_data(hook: Any) -> None:
    tensors = [torch.tensor([1, 2]).tag("#x"), torch.tensor([3.0]).tag("#y")]
    dan = sy.VirtualWorker(hook, id="dan", data=tensors)
    assert sorted(dan._objects) == sorted(tensor.id for tensor in tensors)
    (found,) = dan.search("#x")
    del found
    assert len(dan._objects) == 2
    assert dan.search(["#y"])[0].get().tolist() == [3]


# ---- pointers ----


def test_a_pointer_is_its_own_wrapper(bob: Any, alice: Any) -> None:
    x = torch.tensor([1, 2])
    assert not x.is_wrapper and not hasattr(x, "child")
    p = x.send(bob)
    assert p.is_wrapper and p.child is p
    assert p.child.location is bob and p.child.id_at_location == x.id
    assert x.send(bob, alice).is_wrapper


@pytest.mark.parametrize("word", ["gc", "garbage_collection", "garbage_collect_data"])
def test_garbage_collection_has_three_names(word: str, bob: Any) -> None:
    p = torch.ones(2).send(bob)
    assert p.gc and p.garbage_collection and p.child.garbage_collect_data
    setattr(p, word, False)
    assert not p.gc and not p.garbage_collection and not p.garbage_collect_data
    del p
    assert sizes(bob) == [1]


VALUES = [
    torch.tensor([1, -1]),
    torch.tensor([[1.5, 2.5]], requires_grad=True),
    torch.nn.Parameter(torch.ones(3)),
    torch.tensor(True),
    torch.zeros(0, 3, dtype=torch.float64),
]


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_in_place_there_and_back(value: torch.Tensor, bob: Any) -> None:
    x: Any = value.detach().clone().requires_grad_(value.requires_grad)
    if isinstance(value, torch.nn.Parameter):
        x = torch.nn.Parameter(value.detach().clone())
    kind, number = type(x), x.id
    assert x.send_(bob) is x
    assert isinstance(x, sy.PointerTensor) and (x.location, x.id_at_location) == (bob, number)
    assert sizes(bob) == [1]
    if value.dtype.is_floating_point:
        assert (x * 2).get().tolist() == (value * 2).tolist()
    assert x.get_() is x
    assert type(x) is kind and x.requires_grad == value.requires_grad and x.is_leaf
    assert torch.equal(x, value) and x.dtype == value.dtype and x.id == number
    assert sizes(bob) == [0]


def test_in_place_the_gradient_comes_along(bob: Any) -> None:
    x: Any = torch.tensor([1.0, 2.0], requires_grad=True)
    x.send_(bob)
    (x * x).sum().backward()
    x.get_()
    assert x.grad.tolist() == [2, 4]


def test_in_place_through_a_chain(bob: Any, alice: Any) -> None:
    x: Any = torch.tensor([1, 2])
    whole = x
    x.send_(bob).send_(alice)
    assert (x.location, sizes(bob, alice)) == (alice, [1, 1])
    assert x.get_() is whole and (x.location, sizes(bob, alice)) == (bob, [1, 0])
    assert (x + x).get().tolist() == [2, 4]
    assert x.get_() is whole and (x.tolist(), sizes(bob, alice)) == ([1, 2], [0, 0])


def test_in_place_what_get_brought(bob: Any) -> None:
    p = torch.tensor([1, 2]).send(bob)
    assert p.get_() is p and type(p) is torch.Tensor and p.tolist() == [1, 2]


def test_in_place_the_object_goes_with_the_pointer(bob: Any) -> None:
    x: Any = torch.ones(2)
    x.send_(bob)
    del x
    assert sizes(bob) == [0]


def test_remote_send_makes_a_chain_without_me(bob: Any, alice: Any) -> None:
    p = torch.tensor([1, 2]).send(bob)
    with sy.record() as log:
        assert p.remote_send(alice) is p
    assert [(row["sender"], row["receiver"]) for row in log.rows() if row["values"]] == [("bob", "alice")]
    assert (p.location, sizes(bob, alice)) == (bob, [1, 1])
    assert (p + p).get().get().tolist() == [2, 4]
    p.remote_get()
    assert (p.location, sizes(bob, alice)) == (bob, [1, 0])
    assert p.get().tolist() == [1, 2]


def test_remote_send_can_follow(bob: Any, alice: Any) -> None:
    p = torch.tensor([1, 2]).send(bob)
    p.remote_send(alice, change_location=True)
    assert (p.location, sizes(bob, alice)) == (alice, [0, 1])
    assert p.get().tolist() == [1, 2]


def test_remote_send_leaves_nothing_when_it_goes(bob: Any, alice: Any) -> None:
    p = torch.tensor([1, 2]).send(bob)
    p.remote_send(alice)
    del p
    assert sizes(bob, alice) == [0, 0]


def test_pointers_are_combined(bob: Any, alice: Any, carol: Any) -> None:
    x, y, z = (torch.tensor([1, 2]).send(worker) for worker in (bob, alice, carol))
    for many in (sy.combine_pointers(x, y), x.combine(y)):
        assert many.location == [bob, alice]
        assert (many + many).get(sum_results=True).tolist() == [4, 8]
    assert sy.combine_pointers(x.combine(y), z).location == [bob, alice, carol]
    assert [part.tolist() for part in x.combine(y).get()] == [[1, 2], [1, 2]]
    with pytest.raises(TypeError, match="needs pointers, and got a Tensor"):
        sy.combine_pointers(z, torch.ones(1))
