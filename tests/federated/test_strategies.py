"""The formulas of the strategies, by hand; the same with pointers."""

from dataclasses import FrozenInstanceError
from typing import Any

import pytest
import torch

import course as sy

ALL = [
    sy.FedAvg(),
    sy.FedProx(mu=0.5),
    sy.FedAvgM(lr=0.5, beta=0.8),
    sy.FedAdam(lr=0.1),
    sy.FedYogi(lr=0.1),
    sy.SCAFFOLD(lr=0.7),
    sy.Median(),
    sy.TrimmedMean(beta=0.2),
    sy.Krum(f=1),
]


@pytest.mark.parametrize("strategy", ALL, ids=repr)
def test_a_strategy_is_its_settings_and_cites_its_paper(strategy: Any) -> None:
    assert eval(repr(strategy), vars(sy)) == strategy  # noqa: S307
    assert "20" in type(strategy).__doc__
    assert any(word in type(strategy).__doc__ for word in ("algorithm", "equation", "section", "definition"))
    with pytest.raises(FrozenInstanceError):
        strategy.lr = 1


def test_rows_weigh_and_whole_numbers_stay_whole() -> None:
    updates = {"w": torch.tensor([[1.0, 10.0], [3.0, 30.0]]), "n": torch.tensor([4, 7])}
    combined = sy.FedAvg().combine(updates, [100.0, 300.0])
    assert combined["w"].tolist() == [2.5, 25]
    assert (combined["n"].item(), combined["n"].dtype) == (7, torch.int64)


def test_fedprox_pulls_back_to_the_model_that_came() -> None:
    gradient, y, x = torch.tensor([1.0]), torch.tensor([5.0]), torch.tensor([2.0])
    assert sy.FedProx(mu=0.5).local_gradient(gradient, y, x).item() == 1 + 0.5 * 3
    assert sy.FedProx(mu=0).local_gradient(gradient, y, x).item() == 1


def test_fedavgm_keeps_its_momentum() -> None:
    strategy, memory, x = sy.FedAvgM(lr=0.5, beta=0.8), {}, torch.tensor([1.0])
    x = strategy.server_step(x, torch.tensor([3.0]), memory)  # v = -2
    assert x.item() == 2
    x = strategy.server_step(x, torch.tensor([2.0]), memory)  # v = -1.6
    torch.testing.assert_close(x, torch.tensor([2.8]))


def test_fedavgm_without_momentum_is_fedavg() -> None:
    assert sy.FedAvgM(beta=0).server_step(torch.tensor([1.0]), torch.tensor([3.0]), {}).item() == 3


@pytest.mark.parametrize(
    ("strategy", "v"), [(sy.FedAdam, 0.99 * 0.01 + 0.01 * 4), (sy.FedYogi, 0.01 + 0.01 * 4)], ids=["adam", "yogi"]
)
def test_the_adaptive_ones_divide_by_the_second_moment(strategy: Any, v: float) -> None:
    made = strategy(lr=0.5, beta1=0.9, beta2=0.99, tau=0.1)
    new = made.server_step(torch.tensor([1.0]), torch.tensor([3.0]), {})  # delta = 2
    torch.testing.assert_close(new, torch.tensor([1 + 0.5 * 0.2 / (v**0.5 + 0.1)]))


def test_yogi_lets_the_second_moment_shrink_slowly() -> None:
    squared, v = torch.tensor(1.0), torch.tensor(4.0)
    assert sy.FedYogi(beta2=0.9).second_moment(v, squared).item() == pytest.approx(4 - 0.1)
    assert sy.FedAdam(beta2=0.9).second_moment(v, squared).item() == pytest.approx(3.7)


def test_scaffold_corrects_the_drift() -> None:
    gradient, own, server = torch.tensor([3.0]), torch.tensor([2.0]), torch.tensor([0.5])
    assert sy.SCAFFOLD().local_gradient(gradient, gradient, gradient, own, server).item() == 1.5
    assert sy.SCAFFOLD(lr=0.5).server_step(torch.tensor([1.0]), torch.tensor([3.0]), {}).item() == 2


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: sy.FedProx(mu=-1), r"FedProx\(mu=-1\): mu must be at least 0"),
        (lambda: sy.FedAvgM(beta=1), "beta must be at least 0 and less than 1"),
        (lambda: sy.FedAvgM(lr=float("nan")), "lr must be at least 0"),
        (lambda: sy.FedAdam(beta2=1.5), "beta2 must be at least 0 and less than 1"),
        (lambda: sy.FedYogi(tau=0), "tau must be more than 0, for the step is divided by"),
        (lambda: sy.SCAFFOLD(lr=-1), "lr must be at least 0"),
        (lambda: sy.TrimmedMean(beta=0.5), "less than 0.5, for it is cut off at both ends"),
        (lambda: sy.Krum(f=-1), "f must be at least 0"),
    ],
)
def test_settings_without_meaning_are_refused(make: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()


@pytest.mark.parametrize("strategy", ALL, ids=repr)
def test_the_formulas_are_the_same_for_pointers(strategy: Any, bob: sy.VirtualWorker) -> None:
    torch.manual_seed(0)
    updates = {"a": torch.randn(6, 2, 3), "b": torch.randn(6)}
    weights = [1.0, 2, 3, 4, 5, 6]
    here = strategy.combine(updates, weights)
    there = strategy.combine({name: x.send(bob) for name, x in updates.items()}, weights)  # type: ignore[attr-defined]
    memories: list[dict[str, Any]] = [{}, {}]
    for name in updates:
        x = torch.randn(updates[name].shape[1:])
        one = strategy.server_step(x, here[name], memories[0])
        other = strategy.server_step(x.send(bob), there[name], memories[1])  # type: ignore[attr-defined]
        one = strategy.local_gradient(one, x, x + 1, x - 1, x * 2)
        other = strategy.local_gradient(other, *[y.send(bob) for y in (x, x + 1, x - 1, x * 2)])  # type: ignore
        assert torch.equal(one, other.get())
