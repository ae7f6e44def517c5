"""MNIST from a folder, from the cache, from a web server that behaves well or badly, and from nowhere.

On files that the tests make (conftest), which take the place of the published ones; those are read in
test_published_mnist.py.
"""

import gzip
import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import torch
from sklearn.datasets import load_digits

from course.datasets import DamagedFileError, Dataset, DatasetError, mnist, mnist_28x28
from course.datasets.mnist_28x28 import MIRRORS, TEST_IMAGES, TEST_LABELS
from course.errors import CourseError

IMAGES, LABELS = f"{TEST_IMAGES.name}.gz", f"{TEST_LABELS.name}.gz"


@pytest.fixture(scope="session")
def digests(idx_files: Path) -> dict[str, str]:
    """The sha256 of each made file, unpacked, by its name."""
    return {path.stem: sha256(gzip.decompress(path.read_bytes())).hexdigest() for path in idx_files.iterdir()}


@pytest.fixture(autouse=True)
def made_files_are_the_published_ones(digests: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TRAIN_IMAGES", "TRAIN_LABELS", "TEST_IMAGES", "TEST_LABELS"):
        file = getattr(mnist_28x28, name)
        monkeypatch.setattr(mnist_28x28, name, replace(file, sha256=digests[file.name]))


def looks_right(data: Dataset) -> bool:
    backwards = load_digits().target[::-1].tolist()
    return data.features.shape == (10000, 1, 28, 28) and data.labels[:1797].tolist() == backwards


def files_in(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def snapshot(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class TestFromAFolder:
    @pytest.fixture(autouse=True)
    def folder(self, cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
        """An empty COURSE_DATA."""
        monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data"))
        (tmp_path / "data").mkdir()
        return tmp_path / "data"

    def test_all_70_000(self, folder: Path, idx_files: Path) -> None:
        copy(idx_files, folder)
        train, test = mnist(), mnist(train=False)
        assert train.features.shape == (60000, 1, 28, 28) and train.features.dtype == torch.float32
        assert train.labels.shape == (60000,) and train.labels.dtype == torch.int64
        assert train.labels[:1797].tolist() == load_digits().target.tolist()
        assert (train.features.min(), train.features.max()) == (0, 1)
        assert looks_right(test)
        assert torch.equal(test.features[:1797], train.features[:1797].flip(0))

    @pytest.mark.parametrize("sub", ["", "mnist", "MNIST/raw"])
    def test_in_the_folder_or_below_it(self, sub: str, folder: Path, idx_files: Path) -> None:
        copy(idx_files, folder / sub)
        assert looks_right(mnist(train=False))

    def test_unpacked_files_too(self, folder: Path, idx_files: Path) -> None:
        for name in (IMAGES, LABELS):
            raw = gzip.decompress((idx_files / name).read_bytes())
            (folder / name.removesuffix(".gz")).write_bytes(raw)
        assert looks_right(mnist(train=False))

    def test_nothing_is_written(self, folder: Path, idx_files: Path, cache: Path) -> None:
        copy(idx_files, folder)
        mnist(train=False)
        assert files_in(folder) == files_in(idx_files) and not cache.exists()

    def test_a_cut_file_is_an_error_that_names_it(self, folder: Path, idx_files: Path) -> None:
        copy(idx_files, folder)
        (folder / LABELS).write_bytes((folder / LABELS).read_bytes()[:200])
        with pytest.raises(DamagedFileError) as error:
            mnist(train=False)
        assert str(folder / LABELS) in str(error.value) and "cut or broken" in str(error.value)


def copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, dirs_exist_ok=True)


class TestDownload:
    def test_happens_once(self, mirror, cache: Path, idx_files: Path) -> None:
        assert looks_right(mnist(train=False, mirror=mirror.url("good")))
        assert mirror.asked == [f"/good/{LABELS}", f"/good/{IMAGES}"]
        assert looks_right(mnist(train=False, mirror=mirror.url("missing")))
        assert len(mirror.asked) == 2
        assert files_in(cache) == {IMAGES, LABELS}
        assert snapshot(cache)[LABELS] == (idx_files / LABELS).read_bytes()

    def test_the_mirror_can_come_from_the_environment(
        self, mirror, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COURSE_MNIST_URL", mirror.url("good") + "/")
        assert looks_right(mnist(train=False))

    @pytest.mark.parametrize("behaviour", ["lengthless", "unpacked"])
    def test_servers_differ(self, behaviour: str, mirror, cache: Path) -> None:
        assert looks_right(mnist(train=False, mirror=mirror.url(behaviour)))
        assert looks_right(mnist(train=False, mirror=mirror.url("missing")))

    @pytest.mark.parametrize(
        ("behaviour", "finding"),
        [
            ("broken", "cut or broken"),
            ("other", "its sha256 differs"),
            ("cut", "cut off after {half} of {whole} bytes"),
            ("cutlengthless", "cut or broken"),
            ("stalling", "not a byte came for 0.2 seconds"),
            ("login", "it is a web page, perhaps the login page of the network"),
            ("endless", "longer than the 10008 bytes"),
            ("bomb", "longer than the 10008 bytes"),
            ("missing", "HTTP Error 404"),
            ("hangup", "without response"),
        ],
    )
    def test_a_bad_answer_is_said_and_never_kept(
        self, behaviour: str, finding: str, mirror, cache: Path, idx_files: Path
    ) -> None:
        whole = (idx_files / LABELS).stat().st_size
        with pytest.raises(DatasetError) as error:
            mnist(train=False, mirror=mirror.url(behaviour), timeout=0.2 if behaviour == "stalling" else 15)
        assert finding.format(half=whole // 2, whole=whole) in str(error.value) and "Ways to get it" in str(error.value)
        assert not cache.exists()

    def test_after_a_bad_answer_a_good_one_is_taken(self, mirror, cache: Path) -> None:
        with pytest.raises(DatasetError):
            mnist(train=False, mirror=mirror.url("cut"))
        assert looks_right(mnist(train=False, mirror=mirror.url("good")))

    def test_a_second_mirror_is_tried(self, mirror, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        mirrors = (mirror.url("other") + "/", mirror.url("good") + "/")
        monkeypatch.setattr("course.datasets.mnist_28x28.MIRRORS", mirrors)
        assert looks_right(mnist(train=False))
        assert mirror.asked == [f"/{b}/{name}" for name in (LABELS, IMAGES) for b in ("other", "good")]

    def test_a_file_broken_in_the_cache_is_replaced(self, mirror, cache: Path) -> None:
        mnist(train=False, mirror=mirror.url("good"))
        whole = snapshot(cache)
        (cache / "mnist" / LABELS).write_bytes(whole[LABELS][:99])
        with pytest.warns(UserWarning, match="cut or broken"):
            assert looks_right(mnist(train=False, mirror=mirror.url("good")))
        assert snapshot(cache) == whole

    def test_a_cache_that_cannot_be_written_costs_only_the_next_download(self, mirror, cache: Path) -> None:
        cache.write_text("a file where the folder should be")
        with pytest.warns(UserWarning, match="COURSE_CACHE"):
            assert looks_right(mnist(train=False, mirror=mirror.url("good")))

    def test_progress_goes_to_stderr(
        self, mirror, cache: Path, idx_files: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        mnist(train=False, mirror=mirror.url("good"))
        printed = capsys.readouterr()
        megabytes = f"{(idx_files / IMAGES).stat().st_size / 1e6:.1f}"
        assert printed.out == ""
        assert printed.err.endswith(f"\r{IMAGES} [{'#' * 20}] {megabytes} of {megabytes} MB\n")
        assert printed.err.count("\r") <= 2 * 21

    def test_progress_without_a_length(self, mirror, cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
        mnist(train=False, mirror=mirror.url("lengthless"))
        assert f"\r{IMAGES} 1." in capsys.readouterr().err

    def test_downloading_can_be_turned_off(self, mirror, cache: Path) -> None:
        with pytest.raises(DatasetError, match="MNIST is not on this machine"):
            mnist(mirror=mirror.url("good"), download=False)
        assert mirror.asked == [] and not cache.exists()

    def test_progress_can_be_turned_off(
        self, mirror, cache: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        mnist(train=False, mirror=mirror.url("good"), progress=False)
        assert capsys.readouterr().err == ""


class TestNowhere:
    def test_offline_the_message_names_the_ways(self, nobody: str, cache: Path) -> None:
        with pytest.raises(CourseError) as error:
            mnist(mirror=nobody)
        for way in ("go online", "COURSE_MNIST_URL", str(cache / "mnist"), "COURSE_DATA", "digits()"):
            assert way in str(error.value)

    def test_the_message_says_where_it_looked(
        self, mirror, cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("COURSE_DATA", str(tmp_path / "mistyped"))
        with pytest.raises(DatasetError) as error:
            mnist(mirror=mirror.url("missing"))
        assert f"looked in {tmp_path / 'mistyped'}" in str(error.value)
        assert f"looked in {cache}" in str(error.value)

    @pytest.mark.parametrize("address", ["ftp://example.org/mnist", "file:///tmp", "mnist", "http://[broken"])
    def test_an_address_that_is_none(self, address: str, cache: Path) -> None:
        with pytest.raises(DatasetError, match="Ways to get it"):
            mnist(mirror=address)

    def test_the_default_mirrors_are_encrypted(self) -> None:
        assert all(url.startswith("https://") and url.endswith("/") for url in MIRRORS)
