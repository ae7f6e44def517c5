"""What crosses a cut: labels from gradients, inputs from activations, seen by a watched owner."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import course as sy
from course.attacks import RowsDifferError, Seen, auc, inputs_from_activations, labels_from_cut_gradients
from course.attacks.activations import decoded_by
from course.datasets import digits


def bce(output: sy.PointerTensor, y: sy.PointerTensor) -> sy.PointerTensor:
    return F.binary_cross_entropy_with_logits(output.squeeze(1), y)  # type: ignore[arg-type,return-value]


@pytest.fixture
def claire(hook: sy.TorchHook) -> sy.VirtualWorker:
    return sy.VirtualWorker(hook, id="claire")


@pytest.fixture
def dan(hook: sy.TorchHook) -> sy.VirtualWorker:
    return sy.VirtualWorker(hook, id="dan")


def split(
    alice: sy.VirtualWorker, claire: sy.VirtualWorker, first: nn.Module, last: nn.Module, lr: float
) -> sy.SplitNN:
    parts = [first.send(alice), last.send(claire)]  # type: ignore[operator]
    return sy.SplitNN(parts, [torch.optim.SGD(part.parameters(), lr=lr) for part in parts])


def test_the_data_owner_learns_rare_labels_from_the_gradients_that_come_back(
    alice: sy.VirtualWorker, claire: sy.VirtualWorker
) -> None:
    data = digits()
    x, y = data.features.flatten(1)[:600], (data.labels[:600] == 3).float()
    net = split(alice, claire, nn.Sequential(nn.Linear(64, 16), nn.ReLU()), nn.Linear(16, 1), 0.5)
    at_alice, at_claire = x.send(alice), y.send(claire)
    with sy.attacks.watch(alice) as untrained:
        net.learn(at_alice, at_claire, bce)
    for _ in range(30):
        net.learn(at_alice, at_claire, bce)
    with sy.attacks.watch(alice) as trained:
        net.learn(at_alice, at_claire, bce)
    for view in (untrained, trained):
        assert auc(labels_from_cut_gradients(view.received("claire"), by="direction"), y) == 1
    assert auc(labels_from_cut_gradients(trained.received("claire")), y) > 0.9


def test_batches_are_put_together_in_their_order() -> None:
    seen = [Seen("claire", "alice", (torch.full((2, 3), float(n)),), (None,)) for n in range(1, 4)]
    assert labels_from_cut_gradients(seen).square().round().int().tolist() == [3, 3, 12, 12, 27, 27]
    with pytest.raises(ValueError, match="rank by 'norm' or by 'direction'"):
        labels_from_cut_gradients(seen, by="size")


def test_the_receiver_of_activations_decodes_them_with_rows_of_its_own(
    alice: sy.VirtualWorker, claire: sy.VirtualWorker, dan: sy.VirtualWorker
) -> None:
    x = digits().features.flatten(1)
    net = split(alice, claire, nn.Sequential(nn.Linear(64, 32), nn.Tanh()), nn.Linear(32, 10), 0.1)
    view, own = relayed(net, alice, dan, claire, x[:300], x[300:900])
    found = inputs_from_activations(view.received("alice"), view.received("dan"), own, steps=200)
    by_mean = F.mse_loss(own.mean(0).expand(300, 64), x[:300])
    assert F.mse_loss(found, x[:300]) < 0.3 * by_mean


def relayed(
    net: sy.SplitNN,
    alice: sy.VirtualWorker,
    dan: sy.VirtualWorker,
    claire: sy.VirtualWorker,
    hers: torch.Tensor,
    his: torch.Tensor,
) -> tuple[sy.attacks.View, torch.Tensor]:
    """Alice's rows cross the cut, and, after the first part has rotated to him, those of dan, who helps claire."""
    with sy.attacks.watch(claire) as view, torch.no_grad():
        net(hers.send(alice))
        net.rotate(dan, claire)
        net(his.send(dan))
    return view, his


def test_there_is_one_own_row_for_each_activation() -> None:
    seen = Seen("dan", "claire", (torch.ones(5, 3),), (None,))
    with pytest.raises(RowsDifferError) as error:
        inputs_from_activations([seen], [seen], torch.ones(4, 7))
    assert str(error.value) == (
        "The attacker has 4 rows of its own and saw the activations of 5: a decoder learns from pairs, one row and what"
        " the first part made of it, in the same order. Give it the rows that were sent, all of them."
    )


def test_an_attack_draws_no_random_numbers_of_yours() -> None:
    seen = Seen("dan", "claire", (torch.ones(5, 3),), (None,))
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    first, second = (inputs_from_activations([seen], [seen], torch.ones(5, 7), steps=3) for _ in range(2))
    assert torch.equal(first, second)
    assert torch.equal(torch.rand(1), expected)




def test_a_trial_gives_the_spy_what_arrives_at_its_part_and_nothing_else(
    alice: sy.VirtualWorker, claire: sy.VirtualWorker, dan: sy.VirtualWorker
) -> None:
    torch.manual_seed(2)
    x = digits().features.flatten(1)
    own, hers = x[:60], x[60:100]
    parts = [nn.Linear(64, 8), nn.Linear(8, 4), nn.Linear(4, 10)]
    first, second, _ = [copy.deepcopy(part) for part in parts]
    net = sy.SplitNN([part.send(owner) for part, owner in zip(parts, (alice, dan, claire), strict=True)])
    with torch.no_grad():
        seen = [[Seen("dan", "claire", (second(first(rows)),), (None,))] for rows in (hers, own)]
    expected = inputs_from_activations(*seen, own)
    found = decoded_by(claire, net, own, hers)
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-3)
    assert not torch.allclose(decoded_by(dan, net, own, hers), found, atol=1e-2), "dan sees what alice's part makes"
