"""scikit-learn's digits, as tensors."""

import torch
from sklearn.datasets import load_digits

from course.datasets import digits


def test_1797_digits_of_8_by_8() -> None:
    data = digits()
    assert data.features.shape == (1797, 1, 8, 8) and data.features.dtype == torch.float32
    assert data.labels.shape == (1797,) and data.labels.dtype == torch.int64
    assert len(data) == 1797
    assert (data.features.min(), data.features.max()) == (0, 1)


def test_they_are_scikit_learns() -> None:
    bunch, data = load_digits(), digits()
    assert (data.features.flatten(1) * 16).tolist() == bunch.data.tolist()
    assert data.labels.tolist() == bunch.target.tolist()
    assert [data.classes[label] for label in data.labels[:3]] == ["0", "1", "2"]


def test_a_loader_takes_them() -> None:
    features, labels = next(iter(torch.utils.data.DataLoader(digits(), batch_size=64)))
    assert features.shape == (64, 1, 8, 8) and labels.shape == (64,)
