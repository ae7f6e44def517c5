"""Membership: the oracle is who was in; auc against scikit-learn, the shadows against plain torch."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score
from torch import nn

from course.attacks import auc, membership_by_lira, membership_by_loss
from course.attacks.membership import confidence, halves, train_together
from course.datasets import digits
from tests.attacks.plain import learn, mlp, update


def noisy_digits(rows: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Some digits, one label in ten drawn anew: what such a row says can only be learned by heart."""
    data = digits()
    order = torch.randperm(len(data))[:rows]
    x, y = data.features[order].flatten(1), data.labels[order]
    wrong = torch.rand(rows) < 0.1
    return x, torch.where(wrong, torch.randint(10, (rows,)), y)


@given(st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=1, max_size=30))
def test_auc_is_scikit_learns(pairs: list[tuple[int, bool]]) -> None:
    scores = torch.tensor([0.0, 0.0, *[float(score) for score, _ in pairs]])
    truth = torch.tensor([True, False, *[true for _, true in pairs]])
    assert abs(auc(scores, truth) - roc_auc_score(truth, scores)) < 1e-9


def test_a_loss_tells_a_little_and_the_likelihood_ratio_more() -> None:
    torch.manual_seed(0)
    x, y = noisy_digits(300)
    member = torch.zeros(300, dtype=torch.bool)
    member[torch.randperm(300)[:150]] = True
    seen = update(mlp(64, 16, 10), x[member], y[member], steps=60, lr=1.0)
    stranger = mlp(64, 16, 10)
    by_loss = auc(membership_by_loss(seen, stranger, x, y), member)
    by_lira = auc(membership_by_lira(seen, stranger, x, y, shadows=16, steps=60, lr=1.0), member)
    assert by_loss > 0.53
    assert by_lira > 0.65
    assert by_lira > by_loss


def test_who_was_never_in_is_not_told_from_others_who_were_not() -> None:
    torch.manual_seed(1)
    x, y = noisy_digits(400)
    seen = update(mlp(64, 16, 10), x[:100], y[:100], steps=60, lr=1.0)
    out_x, out_y = x[100:], y[100:]
    truth = torch.rand(300) < 0.5
    assert 0.4 < auc(membership_by_lira(seen, mlp(64, 16, 10), out_x, out_y, shadows=8, steps=60), truth) < 0.6


@given(rows=st.integers(4, 40), pairs=st.integers(1, 5))
def test_every_row_is_in_half_of_the_shadows(rows: int, pairs: int) -> None:
    drawn = halves(2 * rows, 2 * pairs, 0)
    assert drawn.shape == (2 * pairs, rows)
    assert drawn.flatten().bincount(minlength=2 * rows).tolist() == [pairs] * 2 * rows


def test_shadows_trained_together_are_those_trained_one_by_one() -> None:
    model = mlp(6, 5, 3, activation=nn.Tanh).double()
    x, y = torch.randn(4, 7, 6).double(), torch.randint(3, (4, 7))
    start = {name: p.detach() for name, p in model.named_parameters()}
    together = train_together(model, start, x, y, 3, 0.5)
    for n in range(4):
        alone = learn(model, x[n], y[n], 3, 0.5)
        for name, p in alone.named_parameters():
            torch.testing.assert_close(together[name][n], p.detach(), atol=1e-12, rtol=0)


def test_confidence_is_the_log_odds_of_the_label() -> None:
    model = mlp(6, 5, 3).double()
    x, y = torch.randn(9, 6).double(), torch.randint(3, (9,))
    p = model(x).softmax(1).detach()[range(9), y]
    found = confidence(model, dict(model.named_parameters()), x, y)
    torch.testing.assert_close(found, (p / (1 - p)).log())
