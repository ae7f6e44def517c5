"""The credit file: the published one, with its attribution, prepared to the published figures."""

from hashlib import sha256
from importlib.resources import files

import pytest
import torch
from torch import nn

from course.datasets import DamagedFileError, credit, credit_approval, credit_frame
from tests.rounding import rounding

PUBLISHED = "fff49bc186cbddb3ace7371d40d9fbbb3af4f126019c13ff3f562249b1454f4d"
PUBLISHED_NAMES = "28994db02d40dbbd5b68105cad9b3b7a47e22dbbfc7890be83a962b410ce216a"


def shipped(name: str) -> bytes:
    return files("course.datasets").joinpath(name).read_bytes()


def test_the_shipped_files_are_the_published_ones() -> None:
    assert sha256(shipped("crx.data")).hexdigest() == PUBLISHED
    assert sha256(shipped("crx.names")).hexdigest() == PUBLISHED_NAMES


def test_the_attribution_travels_with_the_file() -> None:
    text = shipped("crx.LICENSE.md").decode()
    for needed in ("Quinlan", "UCI Machine Learning Repository", "CC BY 4.0", "10.24432/C5FS30", PUBLISHED):
        assert needed in text


def test_a_changed_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credit, "SHA256", "0" * 64)
    with pytest.raises(DamagedFileError, match="Install the package again"):
        credit_approval()


def test_the_frame_has_690_rows_and_keeps_what_is_missing() -> None:
    frame = credit_frame()
    assert frame.shape == (690, 16)
    assert len(frame.dropna()) == 653
    missing = {name: count for name, count in frame.isna().sum().items() if count}
    assert missing == {"A1": 12, "A2": 12, "A4": 6, "A5": 6, "A6": 9, "A7": 9, "A14": 13}
    assert frame["label"].value_counts().to_dict() == {"-": 383, "+": 307}


def test_653_applicants_with_42_features() -> None:
    data = credit_approval()
    assert data.features.shape == (653, 42) and data.features.dtype == torch.float32
    assert data.labels.shape == (653,) and data.labels.dtype == torch.int64
    assert len(data.columns) == len(set(data.columns)) == 42
    assert data.columns[:11] == ("A1", "A2", "A3", "A8", "A9", "A10", "A11", "A12", "A14", "A15", "A4_l")
    assert data.labels.bincount().tolist() == [296, 357]
    assert not data.features.requires_grad


def test_the_first_applicant_is_the_lessons() -> None:
    features, label = credit_approval()[0]
    assert features[:10].tolist() == pytest.approx([0, 30.83, 0, 1.25, 0, 0, 1, 0, 202, 0])
    assert features[10:].nonzero().flatten().tolist() == [1, 3, 18, 27, 29]
    assert label == 0


def test_each_category_is_one_hot() -> None:
    data = credit_approval()
    for name in ("A4", "A5", "A6", "A7", "A13"):
        block = data.features[:, [c.startswith(f"{name}_") for c in data.columns]]
        assert torch.equal(block.sum(dim=1), torch.ones(653))


def test_labels_follow_the_frame_row_by_row() -> None:
    frame, data = credit_frame().dropna(), credit_approval()
    assert [data.classes[label] for label in data.labels] == [
        {"+": "approved", "-": "refused"}[label] for label in frame["label"]
    ]
    assert data.features[:, data.columns.index("A15")].tolist() == frame["A15"].tolist()


def test_numbers_come_first_if_that_is_wanted() -> None:
    usual, ordered = credit_approval(), credit_approval(numbers_first=True)
    assert ordered.columns[:6] == ("A2", "A3", "A8", "A11", "A14", "A15")
    assert set(ordered.features[:, 6:].unique().tolist()) == {0, 1}
    places = [usual.columns.index(name) for name in ordered.columns]
    assert torch.equal(ordered.features, usual.features[:, places]) and torch.equal(ordered.labels, usual.labels)


def test_numbers_are_normalised_as_some_rows_have_them() -> None:
    features = credit_approval(numbers_first=True).features
    known = credit.normalised(features[:400], features[:400])
    assert torch.allclose(known[:, :6].mean(0), torch.zeros(6), atol=1e-6)
    assert torch.allclose(known[:, :6].std(0, unbiased=False), torch.ones(6), atol=1e-6)
    others = credit.normalised(features[400:], features[:400])
    age = features[:400, 0].double().numpy()
    assert torch.allclose(others[:, 0], (features[400:, 0] - age.mean()) / age.std(), atol=1e-5)
    assert torch.equal(others[:, 6:], features[400:, 6:])


def test_a_change_does_not_reach_the_next_load() -> None:
    credit_approval().features.zero_()
    assert credit_approval().features.abs().sum() > 0


def test_the_classical_loop_prints_the_published_means() -> None:
    data = credit_approval()
    torch.manual_seed(42)
    means = means_over_200_rows(lesson_model(), data)
    assert means == pytest.approx([0.442426, 0.987428, 0.717992, 0.644123, 0.738024], rel=rounding(2 * len(data)))


def lesson_model() -> nn.Sequential:
    """The hidden layers are made before the output, as in the lesson: the order decides the first weights."""
    sizes = [42, 30, 20, 10, 5]
    hidden = [m for a, b in zip(sizes, sizes[1:], strict=False) for m in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(*hidden, nn.Linear(5, 2), nn.LogSoftmax(dim=-1))


def means_over_200_rows(model: nn.Module, data: credit.Dataset, count: int = 5) -> list[float]:
    """Batch size 1, SGD 0.001, NLL; an epoch's last 53 rows count nowhere."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
    means: list[float] = []
    while len(means) < count:
        losses = []
        for features, label in data:
            optimizer.zero_grad()
            loss = nn.functional.nll_loss(model(features).reshape(1, -1), label.reshape(1))
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        means += [sum(losses[i : i + 200]) / 200 for i in (0, 200, 400)]
    return means[:count]
