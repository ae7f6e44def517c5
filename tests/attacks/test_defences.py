"""Defences: what each does to the numbers, here and at the client; and what an attack still finds after it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import course as sy
from course.attacks import clipped, distance_correlation, input_from_update, noisy, protect, without_small
from tests.attacks.plain import applicants, mlp

Defence = Callable[[list[Any]], list[Any]]


def changes(*sizes: int) -> list[torch.Tensor]:
    return [torch.randn(size) for size in sizes]


def norm(tensors: list[torch.Tensor]) -> float:
    return float(torch.cat([tensor.flatten() for tensor in tensors]).norm())


@given(st.floats(0.01, 100), st.integers(0, 999))
def test_a_clipped_change_is_no_longer_than_the_norm_and_points_the_same_way(most: float, seed: int) -> None:
    torch.manual_seed(seed)
    given = changes(5, 3)
    found = clipped(given, most)
    assert norm(found) == pytest.approx(min(most, norm(given)), rel=1e-5)
    assert torch.allclose(torch.cat(found) * norm(given), torch.cat(given) * norm(found), atol=1e-4)


@given(st.floats(0.05, 1), st.integers(0, 999))
def test_only_the_largest_numbers_are_kept(kept: float, seed: int) -> None:
    torch.manual_seed(seed)
    given = changes(20, 30)
    found, before = torch.cat(without_small(given, kept)), torch.cat(given)
    stay = found != 0
    assert int(stay.sum()) == max(1, round(kept * 50))
    assert torch.equal(found[stay], before[stay])
    assert stay.all() or before[stay].abs().min() >= before[~stay].abs().max()


def test_noise_has_its_deviation_and_no_mean() -> None:
    (found,) = noisy([torch.zeros(100_000)], 0.3)
    assert abs(float(found.std()) - 0.3) < 0.01
    assert abs(float(found.mean())) < 0.01


@given(rows=st.integers(3, 12), seed=st.integers(0, 999))
def test_distance_correlation_is_its_definition(rows: int, seed: int) -> None:
    torch.manual_seed(seed)
    x, z = torch.randn(rows, 4).double(), torch.randn(rows, 2).double()

    def centred(t: torch.Tensor) -> torch.Tensor:
        d = torch.stack([torch.stack([(a - b).norm() for b in t]) for a in t])
        return d - d.mean(0, keepdim=True) - d.mean(1, keepdim=True) + d.mean()

    a, b = centred(x), centred(z)
    expected = ((a * b).mean() / ((a * a).mean() * (b * b).mean()).sqrt()).sqrt()
    torch.testing.assert_close(distance_correlation(x, z), expected, atol=1e-4, rtol=0)
    torch.testing.assert_close(distance_correlation(x, 3 * x + 1), torch.tensor(1.0).double(), atol=1e-4, rtol=0)


def test_distance_correlation_can_be_learned_away() -> None:
    x = torch.randn(30, 5)
    layer = nn.Linear(5, 3)
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.05)
    first = float(distance_correlation(x, layer(x)).detach())
    for _ in range(50):
        optimizer.zero_grad()
        distance_correlation(x, layer(x)).backward()
        optimizer.step()
    assert float(distance_correlation(x, layer(x)).detach()) < first - 0.1


def seen_after(bob: sy.VirtualWorker, defence: Defence) -> tuple[sy.attacks.Update, torch.Tensor]:
    """Bob learns from one row and protects his update where he is. What `me` sees, and the row."""
    torch.manual_seed(0)
    x, y = applicants()
    model = mlp(42, 32, 2)
    at_bob, label = x[:1].send(bob), y[:1].send(bob)
    with sy.attacks.watch(sy.local_worker) as view:
        model.send(bob)  # type: ignore[operator]
        start = model.copy()  # type: ignore[operator]
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(5):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(at_bob), label).backward()
            optimizer.step()
        optimizer.zero_grad()
        protect(model, start, defence)
        model.get()  # type: ignore[operator]
    return view.update("bob"), x[0].double()


def of_chance(found: torch.Tensor, row: torch.Tensor) -> float:
    """The error as a share of that of the guess 0, the mean of all applicants."""
    return float((found - row).norm() / row.norm())


@pytest.mark.parametrize(
    ("defence", "least", "most"),
    [
        (lambda changes: changes, 0, 1e-4),
        (partial(clipped, norm=0.1), 0, 1e-3),
        (lambda changes: [5 * change for change in changes], 0, 1e-4),
        (partial(without_small, kept=0.5), 0, 0.1),
        (lambda changes: noisy(clipped(changes, 0.1), 0.1), 0.8, float("inf")),
    ],
    ids=["nothing", "clipping alone", "a constant", "dropping half", "clipping and noise"],
)
def test_what_protects_a_row_and_what_does_not(
    bob: sy.VirtualWorker, defence: Defence, least: float, most: float
) -> None:
    update, row = seen_after(bob, defence)
    assert least <= of_chance(input_from_update(update), row) <= most
