"""Many updates at once against the same thing done one person at a time, in plain torch."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import course as sy
from course.attacks import crowds
from course.attacks.one_row import row_behind
from tests.attacks.plain import applicants, mlp, update


def network() -> nn.Sequential:
    torch.manual_seed(4)
    return nn.Sequential(mlp(42, 20, 2), nn.LogSoftmax(dim=1))


def one_gradient(model: nn.Module, row: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
    loss = F.nll_loss(model(row[None]), label[None])
    return torch.cat([part.flatten() for part in torch.autograd.grad(loss, list(model.parameters()))])


def test_gradients_are_those_of_each_row_alone_and_the_model_stays() -> None:
    model, (rows, labels) = network(), applicants()
    before = copy.deepcopy(model.state_dict())
    found = crowds.gradients(model, rows[:7], labels[:7])
    right = torch.stack([one_gradient(model, row, label) for row, label in zip(rows[:7], labels[:7], strict=True)])
    torch.testing.assert_close(found, right)
    assert not found.requires_grad and all(p.grad is None for p in model.parameters())
    assert all(map(torch.equal, before.values(), model.state_dict().values()))


def test_a_line_is_what_one_step_changed_and_no_model_is_taken_for_an_update() -> None:
    model, (rows, labels) = network(), applicants()
    seen = [update(model, rows[n : n + 1], labels[n : n + 1]) for n in range(5)]
    found = crowds.lines(seen) / 0.1
    torch.testing.assert_close(found.float(), crowds.gradients(model, rows[:5], labels[:5]), atol=1e-5, rtol=1e-4)
    with pytest.raises(sy.attacks.NotSeenError, match=r"^lines\(\) takes"):
        crowds.lines([model])  # type: ignore[list-item]


def test_a_division_in_each_line() -> None:
    rows, labels = applicants()
    seen = crowds.gradients(network(), rows[:6], labels[:6])
    found = crowds.rows_behind(seen, units=20, features=42)
    for line, guess in zip(seen.double(), found, strict=True):
        assert torch.equal(guess, row_behind(line[:840].view(20, 42), line[840:860]))
    torch.testing.assert_close(found.float(), rows[:6], atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("people", [1, 2, 3])
def test_who_is_rebuilt_from_a_mean_is_counted_one_by_one(people: int) -> None:
    rows, labels = applicants()
    rows, labels = rows[:31], labels[:31]  # somebody is left over
    seen, hits, tried = crowds.gradients(network(), rows, labels), 0, 0
    for start in range(0, 31 - people + 1, people):
        mean = seen[start : start + people].mean(dim=0)
        guesses = [mean[42 * unit : 42 * unit + 42] / mean[840 + unit] for unit in range(20)]
        for row in rows[start : start + people]:
            hits += any(bool(((guess - row).abs() < 0.01).all()) for guess in guesses)
            tried += 1
    assert crowds.rebuilt(seen, rows, units=20, people=people) == hits / tried
    assert hits > 0 if people < 3 else tried == 30


def test_training_without_a_protection_is_torchs_own_on_the_mean_loss() -> None:
    model, (rows, labels) = network(), applicants()
    found = crowds.trained(model, rows[:50], labels[:50], lambda each, noise: each, 0.0, rounds=4, lr=0.5)
    plain = copy.deepcopy(model)
    optimizer = torch.optim.SGD(plain.parameters(), lr=0.5)
    for _ in range(4):
        optimizer.zero_grad()
        F.nll_loss(plain(rows[:50]), labels[:50]).backward()
        optimizer.step()
    for ours, theirs, start in zip(found.parameters(), plain.parameters(), model.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)
        assert not torch.equal(ours, start)


def test_every_persons_line_goes_through_the_protection() -> None:
    model, (rows, labels) = network(), applicants()
    asked = []

    def nothing(each: torch.Tensor, noise: float) -> torch.Tensor:
        asked.append((*each.shape, noise))
        return torch.zeros_like(each)

    found = crowds.trained(model, rows[:9], labels[:9], nothing, 0.5, rounds=2)
    assert asked == [(9, 902, 0.5)] * 2
    assert all(map(torch.equal, found.parameters(), model.parameters()))
