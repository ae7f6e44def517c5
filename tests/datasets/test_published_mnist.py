"""The published files of MNIST, where this machine has them: what `mnist()` makes of the real thing.

They are looked for where `mnist()` looks, without the download: in COURSE_DATA and in the cache.
"""

from pathlib import Path

import pytest
import torch

from course.datasets import mnist
from course.datasets.folders import cache_folder, data_folder
from course.datasets.mnist_28x28 import SUBFOLDERS, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS
from course.readers import read_array
from tests.datasets.conftest import serve

pytestmark = pytest.mark.real_data
FIRST_LABELS = [5, 0, 4, 1, 9]
FIRST_TEST_LABELS = [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]


@pytest.fixture(scope="module")
def published(pytestconfig: pytest.Config) -> Path:
    """A folder with the four packed files. Whoever asks for these tests alone is told if it is missing."""
    places = [place / sub for place in (data_folder(), cache_folder()) if place for sub in SUBFOLDERS]
    names = [f"{file.name}.gz" for file in (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)]
    found = [place for place in places if all((place / name).is_file() for name in names)]
    if not found:
        alone = pytestconfig.option.markexpr == "real_data"
        (pytest.fail if alone else pytest.skip)("MNIST's four .gz files are neither in COURSE_DATA nor in the cache")
    return found[0]


def test_all_70_000(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_DATA", str(published))
    train, test = mnist(), mnist(train=False)
    assert train.features.shape == (60000, 1, 28, 28) and train.features.dtype == torch.float32
    assert train.labels.shape == (60000,) and train.labels.dtype == torch.int64
    assert test.features.shape == (10000, 1, 28, 28) and test.labels.shape == (10000,)
    assert train.labels[:5].tolist() == FIRST_LABELS
    assert test.labels[:10].tolist() == FIRST_TEST_LABELS
    assert (train.features.min(), train.features.max()) == (0, 1)
    assert train.features.double().mean().item() == pytest.approx(0.1307, abs=5e-5)  # float64: exact to 1e-9


def test_an_owner_reads_them_from_its_folder(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_DATA", str(published))
    monkeypatch.setenv("COURSE_FILES", str(published))
    images, labels = (read_array(f"{file.name}.gz") for file in (TEST_IMAGES, TEST_LABELS))
    test = mnist(train=False)
    assert images.dtype == labels.dtype == torch.uint8
    assert torch.equal(images.unsqueeze(1) / 255, test.features) and torch.equal(labels.long(), test.labels)


def test_they_are_accepted_from_a_mirror(published: Path, cache: Path) -> None:
    with serve(published) as mirror:
        assert mnist(train=False, mirror=mirror.url("good")).labels[:10].tolist() == FIRST_TEST_LABELS
    assert (cache / "mnist" / f"{TEST_LABELS.name}.gz").is_file()
