"""SplitNN against the same network in one piece: outputs, losses, gradients, buffers, training. And who sees what.

Random draws: dropout draws its mask where its part is. All workers of a session draw from one generator, which
`sy.seed` sets, in this process or in theirs. So after the same seed the parts draw what the whole network draws here,
in the same order, and their results can be compared number by number.
"""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn, optim

import course as sy

Worker = sy.VirtualWorker
HOOK = sy.TorchHook(torch)
NAMES = ("alice", "bob", "carol", "dan", "erin")


def workers(*names: str) -> list[Worker]:
    return [sy.VirtualWorker(HOOK, id=name) for name in names]


def sent(parts: list[nn.Module], owners: list[Worker]) -> list[nn.Module]:
    """Copies of these parts, at these owners."""
    return [copy.deepcopy(part).send(owner) for part, owner in zip(parts, owners, strict=True)]  # type: ignore


def check_same(net: sy.SplitNN, whole: nn.Module) -> None:
    """The same parameters, gradients and buffers. The parts come home."""
    net.get()  # type: ignore[operator]
    ours, theirs = list(net.parameters()), list(whole.parameters())
    for here, there in zip(ours, theirs, strict=True):
        torch.testing.assert_close(here, there)
        assert (here.grad is None) == (there.grad is None)
        if there.grad is not None:
            torch.testing.assert_close(here.grad, there.grad)
    for here, there in zip(net.buffers(), whole.buffers(), strict=True):
        torch.testing.assert_close(here, there)


def compare(parts: list[nn.Module], names: list[str], x: torch.Tensor, y: torch.Tensor, loss: Any) -> None:
    """One forward and backward pass of the parts at these owners, and of the whole network here."""
    owners = workers(*names)
    whole = nn.Sequential(*copy.deepcopy(parts))
    net = sy.SplitNN(sent(parts, owners))
    there, labels = x.send(owners[0]), y.send(owners[-1])  # type: ignore[attr-defined]
    sy.seed(3)
    output = net(there)
    lost = loss(output, labels)
    lost.backward()
    net.backward()
    sy.seed(3)
    expected_output = whole(x)
    expected = loss(expected_output, y)
    expected.backward()
    torch.testing.assert_close(output.get().detach(), expected_output.detach())
    torch.testing.assert_close(lost.get().detach(), expected.detach())
    check_same(net, whole)


# ---- gradients ---------------------------------------------------------------------------------------------------

LAYERS: dict[str, Callable[[int], nn.Module]] = {
    "tanh": lambda width: nn.Tanh(),
    "relu": lambda width: nn.ReLU(),
    "gelu": lambda width: nn.GELU(),
    "dropout": lambda width: nn.Dropout(0.4),
    "batch norm": lambda width: nn.BatchNorm1d(width),
    "layer norm": lambda width: nn.LayerNorm(width),
    "softmax": lambda width: nn.Softmax(dim=1),
    "linear": lambda width: nn.Linear(width, width),
}


@given(
    widths=st.lists(st.integers(1, 6), min_size=2, max_size=6),
    layers=st.lists(st.sampled_from(sorted(LAYERS)), min_size=5, max_size=5),
    names=st.lists(st.sampled_from(NAMES[:3]), min_size=5, max_size=5),
    rows=st.integers(2, 7),
)
def test_gradients_are_those_of_the_whole(widths: list[int], layers: list[str], names: list[str], rows: int) -> None:
    """Any number of parts, any layers, any owners in any order, one of them several times too."""
    torch.manual_seed(0)
    pairs = list(zip(widths, widths[1:], layers, strict=False))
    parts: list[nn.Module] = [nn.Sequential(nn.Linear(a, b), LAYERS[name](b)) for a, b, name in pairs]
    compare(parts, names[: len(parts)], torch.randn(rows, widths[0]), torch.randn(rows, widths[-1]), F.mse_loss)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
@pytest.mark.parametrize("mode", ["train", "eval"])
def test_images_through_convolutions_dropout_and_batch_norm(count: int, mode: str) -> None:
    torch.manual_seed(0)
    layers = [
        nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU()),
        nn.Sequential(nn.Conv2d(4, 6, 3, stride=2), nn.Dropout2d(0.3), nn.Tanh()),
        nn.Sequential(nn.MaxPool2d(2, padding=1), nn.Flatten(), nn.Dropout(0.5)),
        nn.Sequential(nn.Linear(24, 12), nn.BatchNorm1d(12), nn.SiLU()),
        nn.Sequential(nn.Linear(12, 10), nn.LogSoftmax(dim=1)),
    ]
    parts: list[nn.Module] = [
        nn.Sequential(*layers[len(layers) * at // count : len(layers) * (at + 1) // count]).train(mode == "train")
        for at in range(count)
    ]
    compare(parts, list(NAMES[:count]), torch.rand(9, 1, 8, 8), torch.randint(0, 10, (9,)), F.nll_loss)


class Words(nn.Module):
    """A recurrent layer, as a part of its own: the last hidden state of each row."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.layer = nn.Embedding(11, 4), nn.GRU(4, 5, batch_first=True)

    def forward(self, words: Any) -> Any:
        return self.layer(self.table(words))[0][:, -1]


def test_words_through_an_embedding_and_a_recurrent_layer() -> None:
    torch.manual_seed(0)
    parts: list[nn.Module] = [Words(), nn.LayerNorm(5), nn.Linear(5, 2)]
    compare(parts, ["alice", "bob", "alice"], torch.randint(0, 11, (6, 7)), torch.randint(0, 2, (6,)), F.cross_entropy)


def test_in_double_precision() -> None:
    torch.manual_seed(0)
    parts: list[nn.Module] = [nn.Linear(3, 4).double(), nn.Sequential(nn.Tanh(), nn.Linear(4, 2).double())]
    compare(parts, ["alice", "bob"], torch.randn(5, 3).double(), torch.randn(5, 2).double(), F.mse_loss)


def test_a_part_that_does_not_learn_lets_gradients_through() -> None:
    torch.manual_seed(0)
    parts: list[nn.Module] = [nn.Linear(3, 4), nn.Linear(4, 4).requires_grad_(False), nn.Linear(4, 2)]
    compare(parts, ["alice", "bob", "carol"], torch.randn(5, 3), torch.randn(5, 2), F.mse_loss)


def test_a_part_that_begins_in_place_is_refused_by_torch() -> None:
    alice, bob = workers("alice", "bob")
    net = sy.SplitNN(sent([nn.Linear(3, 4), nn.ReLU(inplace=True)], [alice, bob]))
    with pytest.raises(RuntimeError, match="leaf Variable that requires grad is being used in an in-place operation"):
        net(torch.ones(2, 3).send(alice))  # type: ignore[attr-defined]


# ---- training ----------------------------------------------------------------------------------------------------

ROWS, LABELS = torch.randn(24, 6, generator=torch.Generator().manual_seed(0)), torch.arange(24) % 3

OPTIMIZERS: dict[str, Callable[[Any], optim.Optimizer]] = {
    "SGD": lambda parameters: optim.SGD(parameters, lr=0.2),
    "momentum": lambda parameters: optim.SGD(parameters, lr=0.1, momentum=0.9, nesterov=True),
    "Adam": lambda parameters: optim.Adam(parameters, lr=0.02, weight_decay=0.01),
}


def pieces() -> list[nn.Module]:
    torch.manual_seed(1)
    return [
        nn.Sequential(nn.Linear(6, 5), nn.BatchNorm1d(5), nn.Tanh()),
        nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Dropout(0.2)),
        nn.Linear(4, 3),
    ]


def learn_whole(whole: nn.Module, optimizer: optim.Optimizer, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    optimizer.zero_grad()
    loss = F.cross_entropy(whole(x), y)
    loss.backward()
    optimizer.step()
    return loss.detach()


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("together", [False, True])
def test_training_is_the_training_of_the_whole(name: str, together: bool) -> None:
    """With an optimizer for each part, and with one for all of them."""
    owners = workers("alice", "bob", "carol")
    whole, parts = nn.Sequential(*pieces()), sent(pieces(), owners)
    net = sy.SplitNN(parts)
    net.optimizers = [OPTIMIZERS[name](part.parameters()) for part in ([net] if together else parts)]
    batches = [(x.send(owners[0]), y.send(owners[2])) for x, y in zip(ROWS.split(8), LABELS.split(8), strict=True)]  # type: ignore
    sy.seed(5)
    losses = [net.learn(x, y).get() for _ in range(6) for x, y in batches]
    sy.seed(5)
    optimizer = OPTIMIZERS[name](whole.parameters())
    pairs = list(zip(ROWS.split(8), LABELS.split(8), strict=True))
    expected = [learn_whole(whole, optimizer, x, y) for _ in range(6) for x, y in pairs]
    torch.testing.assert_close(losses, expected)
    assert sum(losses[-3:]) < sum(losses[:3])
    check_same(net, whole)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_ends_rotate_and_their_optimizers_follow(name: str) -> None:
    """Three owners of data and labels one after the other, with the ends; a fourth keeps the middle."""
    *owners, dan = workers("alice", "bob", "carol", "dan")
    whole, parts = nn.Sequential(*pieces()), sent(pieces(), [owners[0], dan, owners[0]])
    net = sy.SplitNN(parts, [OPTIMIZERS[name](part.parameters()) for part in parts])
    theirs = [(x.send(at), y.send(at)) for at, x, y in zip(owners, ROWS.split(8), LABELS.split(8), strict=True)]  # type: ignore
    sy.seed(5)
    losses = []
    for owner, (x, y) in zip(owners, theirs, strict=True):
        net.rotate(owner)
        assert [part.location for part in net.parts] == [owner, dan, owner]
        losses += [net.learn(x, y).get() for _ in range(3)]
    sy.seed(5)
    optimizer = OPTIMIZERS[name](whole.parameters())
    pairs = list(zip(ROWS.split(8), LABELS.split(8), strict=True))
    torch.testing.assert_close(losses, [learn_whole(whole, optimizer, x, y) for x, y in pairs for _ in range(3)])
    check_same(net, whole)


def test_a_rotation_goes_from_owner_to_owner_without_gradients() -> None:
    alice, bob, dan = workers("alice", "bob", "dan")
    parts = sent(pieces(), [alice, dan, alice])
    net = sy.SplitNN(parts, [optim.SGD(part.parameters(), lr=0.1) for part in parts])
    net.learn(ROWS.send(alice), LABELS.send(alice))  # type: ignore[attr-defined]
    with sy.record() as log:
        net.rotate(bob)
    carried = [(row["sender"], row["receiver"], row["tensors"]) for row in log.rows() if row["values"]]
    assert carried == [("alice", "bob", 7), ("alice", "bob", 2)]  # parameters and buffers, no gradients
    assert net.relay is None


def test_the_last_part_can_go_to_another_owner_of_labels() -> None:
    alice, bob, carol, dan = workers("alice", "bob", "carol", "dan")
    net = sy.SplitNN(sent(pieces(), [alice, dan, alice]))
    net.rotate(bob, carol)
    assert [part.location.id for part in net.parts] == ["bob", "dan", "carol"]
    assert net.label_owner is carol


# ---- who sees what -----------------------------------------------------------------------------------------------


def values(log: sy.Transcript) -> list[tuple[str, str, str]]:
    return [(row["sender"], row["receiver"], row["detail"]) for row in log.rows() if row["values"]]


def test_u_shape_neither_inputs_nor_labels_leave_their_owner() -> None:
    """Four messages with values a step, all of them of the cuts: and none of them comes to me."""
    alice, bob = workers("alice", "bob")
    parts = sent(pieces(), [alice, bob, alice])
    net = sy.SplitNN(parts, [optim.SGD(part.parameters(), lr=0.1) for part in parts])
    x, y = ROWS.send(alice), LABELS.send(alice)  # type: ignore[attr-defined]
    with sy.record() as log:
        net.learn(x, y)
    assert values(log) == [
        ("alice", "bob", "24 x 5 float32"),
        ("bob", "alice", "24 x 4 float32"),
        ("alice", "bob", "24 x 4 float32"),
        ("bob", "alice", "24 x 5 float32"),
    ]
    gone = {id for row in log.rows() if row["values"] or row["kind"] == "move" for id in row["objects"]}
    assert not gone & {x.id_at_location, y.id_at_location}


def test_labels_and_data_of_different_owners() -> None:
    alice, bob, carol = workers("alice", "bob", "carol")
    parts = sent(pieces(), [alice, bob, carol])
    net = sy.SplitNN(parts, [optim.SGD(part.parameters(), lr=0.1) for part in parts])
    x, y = ROWS.send(alice), LABELS.send(carol)  # type: ignore[attr-defined]
    with sy.record() as log:
        net.learn(x, y)
    assert values(log) == [
        ("alice", "bob", "24 x 5 float32"),
        ("bob", "carol", "24 x 4 float32"),
        ("carol", "bob", "24 x 4 float32"),
        ("bob", "alice", "24 x 5 float32"),
    ]


def test_a_label_owner_who_only_computes_the_loss() -> None:
    alice, bob, carol = workers("alice", "bob", "carol")
    parts = [*sent(pieces(), [alice, bob, bob]), nn.Identity().send(carol)]  # type: ignore[operator]
    net = sy.SplitNN(parts, [optim.SGD(part.parameters(), lr=0.1) for part in parts[:3]])
    assert net.label_owner is carol
    whole = nn.Sequential(*pieces(), nn.Identity())
    x, y = ROWS.send(alice), LABELS.send(carol)  # type: ignore[attr-defined]
    sy.seed(5)
    loss = net.learn(x, y)
    assert loss.location is carol
    sy.seed(5)
    expected = learn_whole(whole, optim.SGD(whole.parameters(), lr=0.1), ROWS, LABELS)
    torch.testing.assert_close(loss.get(), expected)
    check_same(net, whole)


def test_an_input_that_is_not_where_the_first_part_is_does_not_leave() -> None:
    alice, bob = workers("alice", "bob")
    net = sy.SplitNN(sent(pieces(), [alice, bob, alice]))
    x = ROWS.send(bob)  # type: ignore[attr-defined]
    with sy.record() as log, pytest.raises(sy.ModelElsewhereError):
        net(x)
    assert not values(log)


def test_to_predict_nothing_is_remembered() -> None:
    alice, bob = workers("alice", "bob")
    net = sy.SplitNN(sent(pieces(), [alice, bob, alice])).eval()
    with torch.no_grad():
        output = net(ROWS.send(alice))  # type: ignore[attr-defined]
    assert net.relay is not None and net.relay.cuts == []
    torch.testing.assert_close(output.get(), nn.Sequential(*pieces()).eval()(ROWS).detach())


def test_stores_do_not_grow() -> None:
    owners = workers("alice", "bob", "carol")
    parts = sent(pieces(), owners)
    net = sy.SplitNN(parts, [OPTIMIZERS["momentum"](part.parameters()) for part in parts])
    x, y = ROWS.send(owners[0]), LABELS.send(owners[2])  # type: ignore[attr-defined]
    net.learn(x, y)
    held = [len(owner._objects) for owner in owners]
    for _ in range(3):
        net.learn(x, y)
    assert [len(owner._objects) for owner in owners] == held


# ---- columns -----------------------------------------------------------------------------------------------------


def test_columns_of_two_owners() -> None:
    """L27: every number."""
    alice, bob, carol = workers("alice", "bob", "carol")
    x, y = torch.arange(12).view(2, 6) / 10, torch.tensor([[1.0], [0.0]])
    first, second, head = nn.Linear(3, 2, bias=False), nn.Linear(3, 2, bias=False), nn.Linear(4, 1, bias=False)
    for part, weight in ((first, 0.5), (second, -0.25), (head, 1.0)):
        nn.init.constant_(part.weight, weight)
    net = sy.SplitNN([[first.send(alice), second.send(bob)], head.send(carol)])  # type: ignore[operator,list-item]
    output = net([x[:, :3].send(alice), x[:, 3:].send(bob)])  # type: ignore[attr-defined]
    loss = F.mse_loss(output, y.send(carol))  # type: ignore[attr-defined]
    loss.backward()
    net.backward()
    net.get()  # type: ignore[operator]
    torch.testing.assert_close(output.get().detach(), torch.tensor([[-0.3], [0.6]]))
    torch.testing.assert_close(loss.get().detach(), torch.tensor(1.025))
    torch.testing.assert_close(first.weight.grad, torch.tensor([[0.36, 0.29, 0.22]] * 2))
    torch.testing.assert_close(second.weight.grad, torch.tensor([[0.15, 0.08, 0.01]] * 2))
    torch.testing.assert_close(head.weight.grad, torch.tensor([[0.435, 0.435, -0.06, -0.06]]))


def test_only_the_first_part_may_be_several() -> None:
    alice, bob = workers("alice", "bob")
    first, second, head = sent([nn.Linear(3, 2), nn.Linear(3, 2), nn.Linear(4, 1)], [alice, bob, bob])
    with pytest.raises(ValueError, match="only its first may be several"):
        sy.SplitNN([head, [first, second]])
    with pytest.raises(ValueError, match="at least one part"):
        sy.SplitNN([])
    with pytest.raises(ValueError, match="stay with the owners of their columns"):
        sy.SplitNN([[first, second], head]).rotate(bob)


class Columns(nn.Module):
    """The whole network of columns in plain torch."""

    def __init__(self, firsts: list[nn.Module], *others: nn.Module) -> None:
        super().__init__()
        self.firsts, self.others = nn.ModuleList(firsts), nn.Sequential(*others)

    def forward(self, columns: list[torch.Tensor]) -> Any:
        return self.others(torch.cat([part(x) for part, x in zip(self.firsts, columns, strict=True)], dim=1))


def test_columns_of_three_owners_learn_as_the_whole_does() -> None:
    names = ["alice", "bob", "carol", "dan", "erin"]
    owners = workers(*names)
    torch.manual_seed(0)
    firsts: list[nn.Module] = [nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.2), nn.Tanh()) for _ in range(3)]
    others: list[nn.Module] = [nn.Sequential(nn.Linear(9, 5), nn.BatchNorm1d(5)), nn.Linear(5, 3)]
    whole = Columns(copy.deepcopy(firsts), *copy.deepcopy(others))
    net = sy.SplitNN([sent(firsts, owners[:3]), *sent(others, owners[3:])])
    net.optimizers = [optim.Adam(net.parameters(), lr=0.05)]
    columns = [x.send(owner) for x, owner in zip(ROWS.split(2, dim=1), owners, strict=False)]  # type: ignore[attr-defined]
    labels = LABELS.send(owners[4])  # type: ignore[attr-defined]
    sy.seed(7)
    losses = [net.learn(columns, labels).get() for _ in range(5)]
    with sy.record() as log:
        net(columns)
    assert values(log) == [(name, "dan", "24 x 3 float32") for name in names[:3]] + [("dan", "erin", "24 x 5 float32")]
    sy.seed(7)
    optimizer = optim.Adam(whole.parameters(), lr=0.05)
    expected = [learn_whole(whole, optimizer, list(ROWS.split(2, dim=1)), LABELS) for _ in range(5)]  # type: ignore
    whole(list(ROWS.split(2, dim=1)))  # BatchNorm has counted the last pass too
    torch.testing.assert_close(losses, expected)
    check_same(net, whole)
