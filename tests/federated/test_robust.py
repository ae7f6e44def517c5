"""Aggregators that a few liars cannot fool: against NumPy, SciPy and loops; what attacks do to them."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import course as sy
from tests.federated.plain import krum

STACKS = st.integers(5, 9).flatmap(
    lambda n: st.lists(st.lists(st.floats(-100, 100, width=32), min_size=3, max_size=3), min_size=n, max_size=n)
)


def combined(strategy: Any, rows: Any) -> list[float]:
    found: list[float] = strategy.combine({"w": torch.tensor(rows)}, [1.0] * len(rows))["w"].tolist()
    return found


@given(STACKS)
def test_the_median_is_that_of_numpy(rows: list[list[float]]) -> None:
    np.testing.assert_allclose(combined(sy.Median(), rows), np.median(np.float32(rows).astype(float), axis=0))


@given(STACKS, st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.45]))
def test_the_trimmed_mean_is_that_of_scipy(rows: list[list[float]], beta: float) -> None:
    right = stats.trim_mean(np.float32(rows).astype(float), beta, axis=0)
    np.testing.assert_allclose(combined(sy.TrimmedMean(beta), rows), right, atol=1e-9)


def test_a_share_is_not_rounded_down_by_floating_point() -> None:
    """0.29 * 100 is 28.999999999999996."""
    rows = [[float(n)] for n in range(100)]
    rows[-29:] = [[1e9]] * 29
    assert combined(sy.TrimmedMean(0.29), rows)[0] < 100


@given(STACKS)
def test_krum_chooses_an_update_with_the_smallest_score(rows: list[list[float]]) -> None:
    chosen = combined(sy.Krum(1), rows)
    exact = np.float32(rows).astype(float)
    assert chosen in exact.tolist()
    scores = [score(exact, i) for i in range(len(rows))]
    np.testing.assert_allclose(scores[exact.tolist().index(chosen)], min(scores), rtol=1e-6, atol=1e-6)
    assert scores[krum(exact, 1)] == min(scores)


def score(updates: Any, i: int) -> float:
    apart = sorted(float(((updates[i] - other) ** 2).sum()) for j, other in enumerate(updates) if j != i)
    return sum(apart[: len(updates) - 3])


def test_krum_chooses_one_client_for_the_whole_model() -> None:
    torch.manual_seed(0)
    updates = {"a": torch.randn(6, 2), "b": torch.randn(6, 3)}
    chosen = sy.Krum(1).combine(updates, [1.0] * 6)
    at = (updates["a"] == chosen["a"]).all(1)
    assert at.sum() == 1
    assert torch.equal(updates["b"][at][0], chosen["b"])


@pytest.mark.parametrize("lie", [1e9, -1e9, float("nan"), float("inf")])
@pytest.mark.parametrize("strategy", [sy.Median(), sy.TrimmedMean(0.2), sy.Krum(1)], ids=repr)
def test_one_liar_of_six_does_not_get_through(strategy: Any, lie: float) -> None:
    honest = [[1.0, 2.0], [1.1, 2.1], [0.9, 1.9], [1.0, 2.2], [1.2, 2.0]]
    near = combined(strategy, [[lie, lie], *honest])
    assert abs(near[0] - 1) <= 0.25
    assert abs(near[1] - 2) <= 0.25
    assert not abs(combined(sy.FedAvg(), [[lie, lie], *honest])[0] - 1) <= 0.25


def test_rows_do_not_count_for_them_a_liar_can_lie_about_its_rows_too() -> None:
    updates = {"w": torch.tensor([[1.0], [2.0], [9.0], [2.0], [2.5]])}
    for strategy in (sy.Median(), sy.TrimmedMean(0.2), sy.Krum(1)):
        alike = strategy.combine(updates, [1.0] * 5)["w"]
        assert torch.equal(alike, strategy.combine(updates, [1.0, 1, 1e6, 1, 1])["w"])
