"""The known answers for secret sharing, L01 to L21: programs that went wrong in older libraries."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn, optim

import course as sy


@pytest.fixture
def cp(hook: sy.TorchHook) -> Any:
    return sy.VirtualWorker(hook, id="crypto_provider")


@pytest.fixture
def share(bob: Any, alice: Any, cp: Any) -> Any:
    def do(numbers: Any, **how: Any) -> Any:
        return torch.tensor(numbers).fix_precision().share(bob, alice, crypto_provider=cp, **how)

    return do


def numbers(shared: Any) -> Tensor:
    opened: Tensor = shared.get().float_precision()
    return opened


def test_l01_a_public_number_by_a_secret_one(share: Any) -> None:
    y = share([1.0])
    assert numbers(1 / y).item() == pytest.approx(1.0, abs=0.002)
    assert numbers(3 / (4 * y)).item() == pytest.approx(0.75, abs=0.002)


def test_l03_a_mean_three_ways(share: Any) -> None:
    v = share([[1.0, 2, 3], [5, 6, 7]])
    for mean in (torch.mean(v), v.sum() / 6, (v / 6).sum()):
        assert numbers(mean).item() == pytest.approx(4.0, abs=0.01)


def test_l04_a_comparison_is_shared_and_has_no_truth_of_its_own(share: Any) -> None:
    assert (share([1.0]) < 0).get().tolist() == [0]
    below = share([-1.0]) < 0
    with pytest.raises(sy.ValueRefusedError, match=r"bool\(\)"):
        bool(below)
    with pytest.raises(sy.ValueRefusedError):
        assert not below
    assert below.get().tolist() == [1]


LARGE = [8.38e6, -4.3851e7, 9.5642e7, -3.9772e7, 4.2322e7, 3.7577e7, -1.6031e7, -1.7107e7, -4.2336e7, -2.4824e7]


def test_l05_signs_of_large_numbers(share: Any) -> None:
    assert (share(LARGE) >= 0).get().tolist() == [1, 0, 1, 0, 1, 1, 0, 0, 0, 0]


@pytest.mark.parametrize("digits", range(10))
@pytest.mark.parametrize("times", [1.0, 1e3, 1e6])
def test_l05_in_every_precision_right_or_refused(bob: Any, alice: Any, cp: Any, digits: int, times: float) -> None:
    scaled = torch.tensor(LARGE) * times
    try:
        fixed = scaled.fix_precision(digits)
    except sy.PrecisionError:
        assert 9.5642e7 * times * 10**digits >= 2**62
        return
    assert (fixed.share(bob, alice, crypto_provider=cp) >= 0).get().tolist() == (scaled >= 0).tolist()


def test_l07_argmax_needs_somebody_who_deals(bob: Any, alice: Any, cp: Any) -> None:
    with pytest.raises(sy.SharedError, match="crypto_provider"):
        torch.arange(6).share(bob, alice).argmax()
    assert torch.arange(6).share(bob, alice, crypto_provider=cp).argmax().get() == 5


@pytest.mark.parametrize("row", [[1.0, 2, 3], [1000.0, 1001, 1002]])
def test_l08_softmax_and_the_loss_of_a_label(share: Any, row: list[float]) -> None:
    x = share([row])
    softmax = torch.tensor([[0.0900, 0.2447, 0.6652]])
    torch.testing.assert_close(numbers(F.softmax(x, 1)), softmax, atol=0.01, rtol=0)
    log = F.log_softmax(x, 1)
    torch.testing.assert_close(numbers(log.clone()), softmax.log(), atol=0.01, rtol=0)
    for target, loss in ((2, 0.4076), (0, 2.4076)):
        label = torch.tensor([target])
        assert numbers(F.nll_loss(log, label)).item() == pytest.approx(loss, abs=0.01)
        assert numbers(F.cross_entropy(x, label)).item() == pytest.approx(loss, abs=0.01)


def test_l09_a_worker_computes_with_the_share_that_is_its_own(bob: Any, alice: Any, cp: Any) -> None:
    x = torch.tensor([[2]]).share(bob, alice, crypto_provider=cp)
    s = x.child[1]
    assert s.location is alice
    product = torch.tensor([[2]]).send(alice).mm(s)
    assert isinstance(product, sy.PointerTensor) and product.location is alice
    share, doubled = s.copy().get(), product.get()
    assert (2 * share.item() - doubled.item()) % 2**64 == 0
    assert x.get().tolist() == [[2]]


def sent_to_me() -> list[tuple[str, str]]:
    """Who sent which values to me."""
    opened = sy.the_transcript().opened()
    return list(zip(opened.sender, opened.detail, strict=True))


def test_l11_a_mean_of_parameters_that_nobody_sees(bob: Any, alice: Any, cp: Any) -> None:
    ours, theirs = torch.tensor([-0.25, 3.0]).send(bob), torch.tensor([0.75, -1.0]).send(alice)
    sy.the_transcript().clear()
    shared = [pointer.copy().fix_precision().share(bob, alice, crypto_provider=cp).get() for pointer in (ours, theirs)]
    both = shared[0] + shared[1]
    assert sent_to_me() == []
    mean = both.get().float_precision() / 2
    assert mean.tolist() == [0.25, 1.0]
    assert sent_to_me() == [("bob", "2 int64"), ("alice", "2 int64")]  # shares of the sum, and nothing else
    assert (ours + 1).get().tolist() == [0.75, 4.0]
    assert theirs.get().tolist() == [0.75, -1.0]


def test_l11_with_the_models_of_two(bob: Any, alice: Any, cp: Any) -> None:
    models = [nn.Linear(2, 1), nn.Linear(2, 1)]
    with torch.no_grad():
        for model, weight, bias in zip(models, ([-0.25, 3.0], [0.75, -1.0]), (0.5, 1.5), strict=True):
            model.weight.copy_(torch.tensor([weight]))
            model.bias.fill_(bias)
    for model, worker in zip(models, (bob, alice), strict=True):
        model.send(worker)
    params = [list(model.parameters()) for model in models]
    sy.the_transcript().clear()
    encrypted = []
    for pair in zip(*params, strict=True):
        spdz_params = []
        for parameter in pair:
            copy_of_parameter = parameter.copy()
            fixed_precision_param = copy_of_parameter.fix_precision()
            encrypted_param = fixed_precision_param.share(bob, alice, crypto_provider=cp)
            spdz_params.append(encrypted_param.get())
        encrypted.append(spdz_params[0] + spdz_params[1])
    assert sent_to_me() == []
    new_params = [param.get() / 2 for param in encrypted]
    assert [param.float_precision().tolist() for param in new_params] == [[[0.25, 1.0]], [1.0]]
    assert models[0](torch.tensor([[1.0, 1.0]]).send(bob)).get().tolist() == [[3.25]]
    assert models[1].get().weight.tolist() == [[0.75, -1.0]]


@pytest.mark.parametrize("secret", [25, -25])
def test_l12_three_shares_of_a_number(bob: Any, alice: Any, carol: Any, secret: int) -> None:
    rows = 64
    x = torch.full((rows,), secret).share(bob, alice, carol)
    assert x.virtual_get().tolist() == [secret] * rows
    shares = [pointer.copy().get().tolist() for pointer in x.child]
    sums = [sum(row) for row in zip(*shares, strict=True)]
    assert any(total != secret for total in sums)  # plain sums are off by multiples of 2 ** 64
    assert all((total - secret) % 2**64 == 0 for total in sums)
    with pytest.raises(sy.TensorsNotCollocatedException):
        sum(x.child)


@pytest.mark.parametrize("fixed", [False, True])
def test_l21_one_step_of_descent(share: Any, fixed: bool) -> None:
    w, x, y = share([2.0], requires_grad=True), share([3.0]), share([1.0])
    optimizer = optim.SGD([w], lr=0.1)
    if fixed:
        assert optimizer.fix_precision() is optimizer.fix_prec(4) is optimizer
        with pytest.raises(sy.PrecisionError, match="10 digits"):
            optimizer.fix_precision(precision_fractional=10)
    optimizer.zero_grad()
    loss = ((w * x - y) ** 2).sum()
    loss.backward()
    assert w.grad.virtual_get().float_precision().item() == pytest.approx(30, abs=0.05)
    optimizer.step()
    assert numbers(w.detach()).item() == pytest.approx(-1.0, abs=0.05)
    assert numbers(loss).item() == pytest.approx(25, abs=0.05)
