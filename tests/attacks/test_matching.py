"""Gradient matching: the oracle is the true images, in the best order; the bars are those of the recipe."""

import pytest
import torch
from scipy.optimize import linear_sum_assignment
from torch import nn

from course.attacks import ArchitectureError, inputs_by_matching
from course.attacks.matching import total_variation
from course.datasets import digits
from tests.attacks.plain import mlp, update


def error(found: torch.Tensor, true: torch.Tensor) -> float:
    """The mean squared error, each found image paired with another true one."""
    apart = (found.flatten(1)[:, None] - true.flatten(1).double()[None]).square().mean(2)
    return float(apart[linear_sum_assignment(apart)].mean())


@pytest.mark.parametrize(("rows", "steps", "bar"), [(1, 300, 5e-13), (4, 500, 6e-3)])
def test_digits_come_back_from_one_step(rows: int, steps: int, bar: float) -> None:
    data = digits()
    torch.manual_seed(1)
    model = nn.Sequential(nn.Flatten(), *mlp(64, 32, 10, activation=nn.Tanh))
    x, y = data.features[:rows], data.labels[:rows]
    seen = update(model, x, y, lr=1.0)
    strangers = nn.Sequential(nn.Flatten(), *mlp(64, 32, 10, activation=nn.Tanh))
    found = inputs_by_matching(seen, strangers, y, (1, 8, 8), steps=steps)
    assert found.shape == x.shape
    assert error(found, x) < bar


def test_total_variation_is_the_mean_difference_of_neighbours() -> None:
    image = torch.tensor([[[[0.0, 1.0], [3.0, 3.0]]]])
    assert total_variation(image) == (1 + 0) / 2 + (3 + 2) / 2
    assert total_variation(torch.ones(2, 3)) == 0


def test_the_architecture_must_be_that_of_the_update() -> None:
    seen = update(mlp(64, 32, 10), torch.rand(1, 64), torch.tensor([3]))
    with pytest.raises(ArchitectureError) as told:
        inputs_by_matching(seen, mlp(64, 16, 10), torch.tensor([3]), (64,))
    assert str(told.value) == (
        "The attacker saw 32 x 64 float32, 32 float32, 10 x 32 float32, 10 float32, and this Sequential has 16 x 64"
        " float32, 16 float32, 10 x 16 float32, 10 float32. An attack computes what the client computed, so it needs"
        " the same layers (their values do not matter, for they come from the update). Give it a new model of the"
        " client's class."
    )
