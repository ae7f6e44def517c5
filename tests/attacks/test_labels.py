"""Labels from an update: the oracle is the true labels."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from course.attacks import NoBiasChangeError, Update, label_counts, label_from_update
from course.attacks.labels import rounded
from course.datasets import digits
from tests.attacks.plain import mlp, tensors, update


@given(classes=st.integers(2, 12), steps=st.integers(1, 20), lr=st.floats(0.01, 1), seed=st.integers(0, 2**20))
def test_the_label_is_the_negative_entry(classes: int, steps: int, lr: float, seed: int) -> None:
    torch.manual_seed(seed)
    model = mlp(5, 8, classes, activation=nn.Tanh)
    x, y = torch.randn(1, 5), torch.randint(classes, (1,))
    assert label_from_update(update(model, x, y, steps, lr)) == y.item()


@pytest.mark.parametrize("rows", [4, 16, 64])
def test_the_labels_of_a_batch_are_counted_for_a_new_model(rows: int) -> None:
    data = digits()
    x, y = data.features.flatten(1), data.labels
    wrong = 0
    for seed in range(5):
        torch.manual_seed(seed)
        order = torch.randperm(len(x))
        batch, own = order[:rows], order[1000:]
        counts = label_counts(update(mlp(64, 32, 10), x[batch], y[batch], 1, 0.1), rows, 0.1, mlp(64, 32, 10), x[own])
        assert counts.sum() == rows
        wrong += int((counts - y[batch].bincount(minlength=10)).abs().sum()) // 2
    assert wrong <= 0.05 * 5 * rows


@given(st.lists(st.floats(-1, 10), min_size=2, max_size=9).filter(lambda n: sum(map(abs, n)) > 0.1), st.integers(1, 50))
def test_counts_are_whole_and_add_up(numbers: list[float], total: int) -> None:
    given = torch.tensor([*numbers, 1.0]).double()
    counts = rounded(given, total)
    share = given.clamp(min=0) * total / given.clamp(min=0).sum()
    assert counts.sum() == total
    assert (counts >= 0).all()
    assert ((counts - share).abs() < 1 + 1e-9).all()


def test_an_update_without_a_step_tells_no_label() -> None:
    model = mlp(4, 3, 2)
    with pytest.raises(NoBiasChangeError) as error:
        label_from_update(Update("bob", ("me",), tensors(model), tensors(model)))
    assert str(error.value) == (
        "This update changed no bias of the last layer: either the client did no step, or no unit of the layer was"
        " active (a ReLU that is 0 has no gradient), or the bias was frozen, or there is none. Without it the update"
        " does not tell the label in this way. Attack an update of another round, or of a model with biases."
    )
