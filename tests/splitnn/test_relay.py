"""A relay: what crosses a cut forward and back, against the same network in one piece."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import course as sy

torch.manual_seed(0)
ROWS = torch.rand(12, 6)
LABELS = torch.randint(0, 3, (12,))
Worker = sy.VirtualWorker


def pieces() -> list[nn.Module]:
    torch.manual_seed(1)
    return [
        nn.Sequential(nn.Linear(6, 5), nn.Tanh()),
        nn.Sequential(nn.Linear(5, 4), nn.ReLU()),
        nn.Linear(4, 3),
    ]


def whole_gradients() -> list[torch.Tensor]:
    whole = nn.Sequential(*pieces())
    F.cross_entropy(whole(ROWS), LABELS).backward()
    return [parameter.grad for parameter in whole.parameters()]  # type: ignore[misc]


def gradients(parts: list[nn.Module]) -> list[torch.Tensor]:
    """The gradients that the parts bring home."""
    return [parameter.grad for part in parts for parameter in part.get().parameters()]  # type: ignore


def test_a_relay_by_hand(alice: Worker, bob: Worker, carol: Worker) -> None:
    first, second, third = parts = [part.send(at) for part, at in zip(pieces(), (alice, bob, carol), strict=True)]  # type: ignore
    relay = sy.Relay()
    hidden = relay.cut(first(ROWS.send(alice)), bob)  # type: ignore[attr-defined]
    assert hidden.location is bob and hidden.is_leaf and hidden.requires_grad
    hidden = relay.cut(second(hidden), carol)
    loss = F.cross_entropy(third(hidden), LABELS.send(carol))  # type: ignore[attr-defined]
    loss.backward()
    relay.backward()
    assert all(map(torch.equal, gradients(parts), whole_gradients()))


def test_each_cut_is_one_message_forward_and_one_back_and_none_comes_to_me(alice: Worker, bob: Worker) -> None:
    first, second, third = [part.send(at) for part, at in zip(pieces(), (alice, bob, alice), strict=True)]  # type: ignore
    x, y = ROWS.send(alice), LABELS.send(alice)  # type: ignore[attr-defined]
    relay = sy.Relay()
    with sy.record() as log:
        hidden = relay.cut(second(relay.cut(first(x), bob)), alice)
        F.cross_entropy(third(hidden), y).backward()
        relay.backward()
    assert [(row["sender"], row["receiver"], row["detail"]) for row in log.rows() if row["values"]] == [
        ("alice", "bob", "12 x 5 float32"),
        ("bob", "alice", "12 x 4 float32"),
        ("alice", "bob", "12 x 4 float32"),
        ("bob", "alice", "12 x 5 float32"),
    ]


def test_a_cut_at_one_owner_sends_nothing(bob: Worker) -> None:
    first, second, third = parts = [part.send(bob) for part in pieces()]  # type: ignore[operator]
    x, y = ROWS.send(bob), LABELS.send(bob)  # type: ignore[attr-defined]
    relay = sy.Relay()
    with sy.record() as log:
        hidden = relay.cut(second(relay.cut(first(x), bob)), bob)
        F.cross_entropy(third(hidden), y).backward()
        relay.backward()
    assert not [row for row in log.rows() if row["values"]]
    assert all(map(torch.equal, gradients(parts), whole_gradients()))


def test_what_was_raw_has_not_left_when_a_cut_is_refused(alice: Worker, bob: Worker) -> None:
    x = ROWS.send(alice)  # type: ignore[attr-defined]
    with sy.record() as log, pytest.raises(sy.NothingToDifferentiateError):
        sy.Relay().cut(x, bob)
    assert not [row for row in log.rows() if row["values"]]
    assert len(bob._objects) == 0


def test_to_predict_a_cut_only_hands_on(alice: Worker, bob: Worker) -> None:
    first, second, third = [part.send(at) for part, at in zip(pieces(), (alice, bob, alice), strict=True)]  # type: ignore
    relay = sy.Relay()
    with torch.no_grad():
        output = third(relay.cut(second(relay.cut(first(ROWS.send(alice)), bob)), alice))  # type: ignore[attr-defined]
    assert relay.cuts == []
    assert not output.requires_grad
    assert torch.equal(output.get(), nn.Sequential(*pieces())(ROWS).detach())


def test_a_failed_backward_can_be_done_again(alice: Worker, bob: Worker) -> None:
    first, second, third = parts = [part.send(at) for part, at in zip(pieces(), (alice, bob, alice), strict=True)]  # type: ignore
    x, y = ROWS.send(alice), LABELS.send(alice)  # type: ignore[attr-defined]
    relay = sy.Relay()
    loss = F.cross_entropy(third(relay.cut(second(relay.cut(first(x), bob)), alice)), y)
    with pytest.raises(sy.RelayOrderError, match="has reached the cut from bob to alice"):
        relay.backward()
    loss.backward()
    relay.backward()
    with pytest.raises(sy.BackwardTwiceError, match="over its 2 cuts already, to bob, alice"):
        relay.backward()
    assert all(map(torch.equal, gradients(parts), whole_gradients()))


def test_nothing_is_left_behind(alice: Worker, bob: Worker) -> None:
    first, second, third = [part.send(at) for part, at in zip(pieces(), (alice, bob, alice), strict=True)]  # type: ignore
    x, y = ROWS.send(alice), LABELS.send(alice)  # type: ignore[attr-defined]
    held = len(alice._objects), len(bob._objects)
    relay = sy.Relay()
    hidden = relay.cut(second(relay.cut(first(x), bob)), alice)
    F.cross_entropy(third(hidden), y).backward()
    relay.backward()
    del relay, hidden
    assert (len(alice._objects), len(bob._objects)) == held


def test_a_skip_connection_crosses_twice(alice: Worker, bob: Worker, carol: Worker) -> None:
    """Not only chains: what an owner made goes to two others, and a later one adds both up."""
    torch.manual_seed(2)
    first, second, third = whole = [nn.Linear(6, 4), nn.Linear(4, 4), nn.Linear(4, 3)]
    parts = copy.deepcopy(whole)
    hidden = first(ROWS)
    F.cross_entropy(third(hidden + second(hidden).tanh()), LABELS).backward()

    for part, owner in zip(parts, (alice, bob, carol), strict=True):
        part.send(owner)
    relay = sy.Relay()
    hidden = parts[0](ROWS.send(alice))  # type: ignore[attr-defined]
    straight = relay.cut(hidden, carol)
    around = relay.cut(parts[1](relay.cut(hidden, bob)).tanh(), carol)
    loss = F.cross_entropy(parts[2](straight + around), LABELS.send(carol))  # type: ignore[attr-defined]
    loss.backward()
    relay.backward()
    for here, there in zip(gradients(parts), [p.grad for part in whole for p in part.parameters()], strict=True):
        torch.testing.assert_close(here, there)
