"""Gradients: computed where the data is, equal to plain torch, and no graph ever spans two workers."""

import copy
import inspect
import pickle
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import course as sy

Worker = sy.VirtualWorker


def test_backward_runs_there_and_returns_none(bob: Worker) -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True).send(bob)
    loss = (x**3).sum()
    with sy.record() as log:
        assert loss.backward() is None
    assert [(row["kind"], row["op"], row["values"]) for row in log.rows()] == [("execute", "backward", False)]
    assert x.grad.get().tolist() == [3, 12]


def test_a_gradient_fetched_is_a_copy(bob: Worker) -> None:
    x = torch.ones(2, requires_grad=True).send(bob)
    (x * 2).sum().backward()
    first, second = x.grad.get(), x.grad.get()
    first.zero_()
    assert second.tolist() == x.grad.get().tolist() == [2, 2]
    assert not second.requires_grad


def test_gradients_add_up_and_are_forgotten(bob: Worker) -> None:
    x = torch.ones(2, requires_grad=True).send(bob)
    assert x.grad is None
    for n in (1, 2, 3):
        (x * 2).sum().backward()
        assert x.grad.get().tolist() == [2 * n, 2 * n]
    x.grad.zero_()
    assert x.grad.get().tolist() == [0, 0]
    x.grad = None
    assert x.grad is None


def test_a_gradient_comes_home_with_its_tensor(bob: Worker) -> None:
    x = torch.ones(2, requires_grad=True).send(bob)
    (x * 3).sum().backward()
    back = x.get()
    assert back.grad.tolist() == [3, 3]
    assert back.requires_grad and back.is_leaf


def test_a_gradient_travels_out_and_on(bob: Worker, alice: Worker) -> None:
    t = torch.ones(2, requires_grad=True)
    (t * 3).sum().backward()
    x = t.send(bob)
    assert x.grad.copy().get().tolist() == [3, 3]
    x.move(alice)
    assert x.grad.copy().get().tolist() == [3, 3]
    assert (len(bob._objects), len(alice._objects)) == (0, 1)
    (x * 2).sum().backward()
    assert x.get().grad.tolist() == [5, 5]
    assert t.grad.tolist() == [3, 3]


def test_retain_graph(bob: Worker) -> None:
    x = torch.ones(2, requires_grad=True).send(bob)
    loss = (x * x).sum()
    loss.backward(retain_graph=True)
    loss.backward()
    assert x.grad.get().tolist() == [4, 4]
    with pytest.raises(RuntimeError, match="second time"):
        loss.backward()


def test_backward_with_a_gradient(bob: Worker) -> None:
    x = torch.ones(2, requires_grad=True).send(bob)
    (x * 2).backward(torch.tensor([1.0, 10.0]).send(bob))
    assert x.grad.get().tolist() == [2, 20]
    (x * 2).backward(gradient=torch.tensor([1.0, 1.0]).send(bob))
    assert x.grad.get().tolist() == [4, 22]
    with pytest.raises(sy.TensorsNotCollocatedException):
        (x * 2).backward(torch.ones(2))


def test_torch_autograd_grad(bob: Worker) -> None:
    x = torch.tensor([2.0], requires_grad=True).send(bob)
    y = x**3
    (first,) = torch.autograd.grad(y, x, torch.ones(1).send(bob), create_graph=True)
    assert first.copy().get().tolist() == [12]
    (second,) = torch.autograd.grad(first.sum(), [x])
    assert second.get().tolist() == [12]
    assert x.grad is None


@pytest.mark.skipif(
    "has_torch_function" not in inspect.getsource(torch.autograd.backward),
    reason="this torch does not let a pointer answer torch.autograd.backward; y.backward() works on every torch",
)
def test_backward_through_several_outputs(bob: Worker) -> None:
    x = torch.ones(2, requires_grad=True).send(bob)
    torch.autograd.backward([(x * 2).sum(), (x * 3).sum()])
    assert x.grad.get().tolist() == [5, 5]


def test_retain_grad_of_a_result(bob: Worker) -> None:
    x = torch.ones(2, requires_grad=True).send(bob)
    y = x * 2
    y.retain_grad()
    (y * 3).sum().backward()
    assert y.grad.get().tolist() == [3, 3]


def test_no_grad_holds_there(bob: Worker) -> None:
    x = torch.ones(2, requires_grad=True).send(bob)
    with torch.no_grad():
        y = x * 2
    assert not y.requires_grad
    assert (x * 2).requires_grad
    with torch.no_grad(), torch.enable_grad():
        assert (x * 2).requires_grad

    @torch.no_grad()
    def predict(x: Any) -> Any:
        return x * 3

    assert not predict(x).requires_grad


def test_in_place_on_a_leaf_needs_no_grad(bob: Worker) -> None:
    x = torch.ones(2, requires_grad=True).send(bob)
    with pytest.raises(RuntimeError, match="leaf Variable that requires grad"):
        x.add_(1)
    with torch.no_grad():
        x.add_(1)
        x -= 3
    assert x.get().tolist() == [-1, -1]


def test_an_update_by_hand(bob: Worker) -> None:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    p = w.send(bob)
    for parameter in (w, p):
        (parameter**2).sum().backward()
        parameter.data.sub_(parameter.grad * 0.1)
        parameter.grad.data.zero_()
    assert torch.equal(p.data.get(), w.data)
    assert torch.equal(p.grad.get(), w.grad)
    back = p.get()
    assert torch.equal(back, w) and back.requires_grad


def test_set_under_no_grad(bob: Worker) -> None:
    p = torch.zeros(2, requires_grad=True).send(bob)
    with torch.no_grad():
        p.set_(torch.tensor([3.0, 4.0]).send(bob))
    assert p.requires_grad
    assert p.get().tolist() == [3, 4]


def test_data_and_grad_can_be_assigned(bob: Worker) -> None:
    p = torch.zeros(2, requires_grad=True).send(bob)
    p.data = torch.tensor([3.0, 4.0]).send(bob)
    p.grad = torch.tensor([1.0, 1.0]).send(bob)
    assert p.grad.get().tolist() == [1, 1]
    assert p.get().tolist() == [3, 4]
    with pytest.raises(TypeError):
        p2 = torch.zeros(2).send(bob)
        p2.grad = 5


# ---- no graph spans two workers ----


def test_what_is_sent_arrives_as_a_leaf(bob: Worker) -> None:
    w = torch.ones(2, requires_grad=True)
    middle = w * 2
    x = middle.send(bob)
    assert x.is_leaf and x.requires_grad
    (x * 3).sum().backward()
    assert x.grad.get().tolist() == [3, 3]
    assert w.grad is None
    assert middle.grad_fn is not None


def test_what_is_moved_arrives_as_a_leaf(bob: Worker, alice: Worker) -> None:
    w = torch.ones(2, requires_grad=True).send(bob)
    x = (w * 2).move(alice)
    assert x.is_leaf and x.requires_grad
    (x * 3).sum().backward()
    assert w.grad is None
    assert x.grad.get().tolist() == [3, 3]


def test_what_is_fetched_is_a_leaf(bob: Worker) -> None:
    w = torch.ones(2, requires_grad=True).send(bob)
    y = (w * 2).get()
    assert y.is_leaf and y.requires_grad and y.grad_fn is None
    (y * 3).sum().backward()
    assert w.grad is None


def test_what_was_pulled_is_a_leaf(bob: Worker, alice: Worker) -> None:
    w = torch.ones(2, requires_grad=True).send(bob)
    chain = (w * 2).send(alice).remote_get()
    assert chain.is_leaf and chain.requires_grad
    chain.sum().backward()
    assert w.grad is None


def test_the_graph_stays_usable_after_its_result_was_fetched(bob: Worker) -> None:
    w = torch.ones(2, requires_grad=True).send(bob)
    y = w * 2
    loss = (y * 3).sum()
    y.get()
    loss.backward()
    assert w.grad.get().tolist() == [6, 6]


def test_split_learning_by_hand(bob: Worker, alice: Worker) -> None:
    """The activation goes forward, its gradient comes back; together they equal the whole network."""
    first, second = nn.Linear(3, 4), nn.Linear(4, 1)
    whole = nn.Sequential(first.copy(), second.copy())
    x, y = torch.randn(5, 3), torch.randn(5, 1)
    F.mse_loss(whole(x), y).backward()

    first.send(bob)
    second.send(alice)
    activation = first(x.send(bob))
    received = activation.copy().move(alice, requires_grad=True)
    F.mse_loss(second(received), y.send(alice)).backward()
    activation.backward(received.grad.clone().move(bob))
    first.get()
    second.get()
    for ours, theirs in zip([*first.parameters(), *second.parameters()], whole.parameters(), strict=True):
        assert torch.equal(ours.grad, theirs.grad)


# ---- against plain torch ----

LOSSES = {
    "mse": lambda p, t: F.mse_loss(p, t),
    "l1": lambda p, t: (p - t).abs().sum(),
    "bce": lambda p, t: F.binary_cross_entropy_with_logits(p, t.sigmoid()),
    "huber": lambda p, t: F.huber_loss(p, t),
    "nll": lambda p, t: F.nll_loss(F.log_softmax(p, 1), t.argmax(1)),
    "cross entropy": lambda p, t: F.cross_entropy(p, t.argmax(1)),
    "norm": lambda p, t: (p - t).norm(),
}


@given(st.sampled_from(sorted(LOSSES)), st.sampled_from([torch.float32, torch.float64]), st.integers(0, 99))
def test_gradients_equal_those_of_plain_torch(name: str, dtype: torch.dtype, seed: int) -> None:
    bob = sy.VirtualWorker(sy.TorchHook(torch), id="bob")
    torch.manual_seed(seed)
    x, t = torch.randn(4, 3, dtype=dtype), torch.randn(4, 2, dtype=dtype)
    w = torch.randn(3, 2, dtype=dtype, requires_grad=True)
    p = w.send(bob)
    LOSSES[name](x @ w, t).backward()
    LOSSES[name](x.send(bob) @ p, t.send(bob)).backward()
    assert torch.equal(p.grad.get(), w.grad)


@pytest.mark.parametrize("norm_type", [2.0, 1.0, float("inf")])
@pytest.mark.parametrize("foreach", [None, False])
def test_clip_grad_norm(bob: Worker, norm_type: float, foreach: bool | None) -> None:
    model = nn.Linear(3, 2)
    twin = model.copy()
    x = torch.randn(4, 3)
    (twin(x) * 10).sum().backward()
    expected = nn.utils.clip_grad_norm_(twin.parameters(), 1.0, norm_type, foreach=foreach)
    model.send(bob)
    (model(x.send(bob)) * 10).sum().backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0, norm_type, foreach=foreach)
    assert torch.equal(norm.get(), expected)
    model.get()
    assert torch.equal(model.weight.grad, twin.weight.grad)


def test_clip_grad_value(bob: Worker) -> None:
    model = nn.Linear(3, 2)
    twin = model.copy()
    x = torch.randn(4, 3)
    (twin(x) * 10).sum().backward()
    nn.utils.clip_grad_value_(twin.parameters(), 0.5)
    model.send(bob)
    (model(x.send(bob)) * 10).sum().backward()
    nn.utils.clip_grad_value_(model.parameters(), 0.5)
    model.get()
    assert torch.equal(model.weight.grad, twin.weight.grad)


def test_a_frozen_parameter(bob: Worker) -> None:
    model = nn.Linear(2, 1)
    model.weight.requires_grad_(False)
    model.send(bob)
    assert not model.weight.requires_grad and model.bias.requires_grad
    model(torch.ones(1, 2).send(bob)).sum().backward()
    assert model.weight.grad is None
    model.weight.requires_grad_(True)
    model.get()
    assert model.weight.requires_grad
    assert model.bias.grad.tolist() == [1]


# ---- a graph that was left behind ----


@contextmanager
def told() -> Iterator[list[str]]:
    """What is said about a graph that ends, in this block."""
    texts: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield texts
    texts += [str(warning.message) for warning in caught if issubclass(warning.category, sy.GraphEndsWarning)]


def test_backward_on_a_fetched_loss_says_that_the_graph_stayed(bob: Worker) -> None:
    w = torch.ones(2, requires_grad=True).send(bob)
    with told() as texts:
        loss = (w * 3).sum().get()
        assert type(loss) is torch.Tensor and loss.is_leaf and loss.requires_grad and loss.grad_fn is None
        loss.backward()
        loss.backward()
    assert len(texts) == 1
    assert "a tensor that is here with you" in texts[0] and "Call backward before get" in texts[0]
    assert w.grad is None and loss.grad.item() == 2


def test_backward_behind_a_move_says_it_with_the_place(bob: Worker, alice: Worker) -> None:
    w = torch.ones(2, requires_grad=True).send(bob)
    hidden = (w * 3).move(alice)
    with told() as texts:
        for _ in range(3):
            hidden.sum().backward()
    assert len(texts) == 1
    assert f"object {hidden.id_at_location} on alice" in texts[0]
    assert w.grad is None and hidden.grad.get().tolist() == [3, 3]


def test_the_worker_tells_it_with_a_message(bob: Worker, alice: Worker) -> None:
    hidden = (torch.ones(2, requires_grad=True).send(bob) * 3).move(alice)
    total = hidden.sum()
    with sy.record() as log, told():
        total.backward()
    assert [(row["sender"], row["receiver"], row["kind"]) for row in log.rows()] == [
        ("me", "alice", "execute"),
        ("alice", "me", "graphends"),
    ]


def test_nothing_is_said_of_what_was_sent_for_its_graph_is_still_here(bob: Worker) -> None:
    x = torch.ones(2, requires_grad=True)
    hidden = x * 3
    with told() as texts:
        there = hidden.send(bob)
        there.sum().backward()
        hidden.backward(there.grad.get())
    assert texts == []
    assert x.grad.tolist() == [3, 3]


def test_nothing_is_said_where_a_graph_was_cut_on_purpose(bob: Worker, alice: Worker) -> None:
    w = torch.ones(2, requires_grad=True).send(bob)
    hidden = w * 3
    with told() as texts:
        cut = hidden.detach().requires_grad_().move(alice)
        (cut * 2).sum().backward()
        hidden.backward(cut.grad.copy().move(bob))
        (w * 3).move(alice, requires_grad=True).sum().backward()
        fetched = (w * 3).get()
        assert torch.autograd.grad((fetched * 2).sum(), fetched)[0].tolist() == [2, 2]  # asked for by name
    assert texts == []
    assert w.grad.get().tolist() == [6, 6]


def test_nothing_is_said_without_a_backward_pass(bob: Worker) -> None:
    w = torch.ones(2, requires_grad=True).send(bob)
    with told() as texts:
        loss = (w * 3).sum()
        loss.backward()
        loss = loss.get()
        assert f"{loss:.2f} {loss.item()} {copy.deepcopy(loss)} {pickle.loads(pickle.dumps(loss))}"
        w.get().sum().backward()  # a leaf has no graph to lose
    assert texts == []


def test_a_new_session_says_it_again(bob: Worker, hook: sy.TorchHook) -> None:
    for _ in range(2):
        with told() as texts:
            w = torch.ones(2, requires_grad=True).send(sy.VirtualWorker(hook, id="bob"))
            (w * 3).sum().get().backward()
        assert len(texts) == 1
        sy.reset()
