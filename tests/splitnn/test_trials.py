"""Training by a relay, against the same steps in plain torch."""

import copy

import torch
import torch.nn.functional as F
from torch import nn

from course.splitnn import trained_by


def parts() -> list[nn.Module]:
    torch.manual_seed(1)
    return [nn.Sequential(nn.Linear(4, 3), nn.Tanh()), nn.Linear(3, 2)]


def whole(given: list[nn.Module], x: torch.Tensor, y: torch.Tensor) -> None:
    F.mse_loss(nn.Sequential(*given)(x), y).backward()


def last_only(given: list[nn.Module], x: torch.Tensor, y: torch.Tensor) -> None:
    first, last = given
    F.mse_loss(last(first(x).detach()), y).backward()


def test_a_right_relay_trains_as_torch_does_and_the_parts_stay() -> None:
    given, x, y = parts(), torch.randn(9, 4), torch.randn(9, 2)
    plain = nn.Sequential(*copy.deepcopy(given))
    found = trained_by(whole, given, x, y, steps=3, lr=0.1)
    optimizer = torch.optim.SGD(plain.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        F.mse_loss(plain(x), y).backward()
        optimizer.step()
    assert all(map(torch.equal, found.parameters(), plain.parameters()))
    assert all(map(torch.equal, nn.Sequential(*given).parameters(), nn.Sequential(*parts()).parameters()))


def test_a_part_without_gradients_does_not_move() -> None:
    found = trained_by(last_only, parts(), torch.randn(9, 4), torch.randn(9, 2), steps=2, lr=0.1)
    same = [torch.equal(a, b) for a, b in zip(found.parameters(), nn.Sequential(*parts()).parameters(), strict=True)]
    assert same == [True, True, False, False]
