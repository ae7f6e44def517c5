"""MNIST: 70 000 handwritten digits, from a folder of the user's, from the cache, or downloaded once."""

import gzip
import os
import warnings
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from math import prod
from pathlib import Path

import torch

from course.datasets.card import Card
from course.datasets.dataset import Dataset
from course.datasets.download import download
from course.datasets.errors import DamagedFileError, DatasetError, DownloadError
from course.datasets.folders import cache_folder, data_folder, keep

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
SUBFOLDERS = ("", "mnist", "MNIST/raw")  # the last one is torchvision's

CARD = Card(
    name="MNIST",
    rows="70 000 handwritten digits: 60 000 for training, 10 000 for testing",
    columns="grey images of 1 x 28 x 28 pixels, scaled from 0..255 to 0..1 (white ink on black)",
    labels="the digit, 0 to 9",
    source="Y. LeCun, C. Cortes, C. J. C. Burges (1998). The MNIST database of handwritten digits",
    url="http://yann.lecun.com/exdb/mnist/",
    licence="Creative Commons Attribution-ShareAlike 3.0 (CC BY-SA 3.0); made from NIST's databases 1 and 3",
    uses="teaching and comparison with published results; not shipped, downloaded once (11 MB)",
    caveats=(
        "Written by census workers and high school pupils in the USA: not everybody's hand.",
        "The files do not say who wrote what: federated experiments on MNIST invent their owners.",
        "Simple models pass 97 percent: a high score here proves little about harder images.",
    ),
)


@dataclass(frozen=True)
class IdxFile:
    """One published file: uint8 values of `shape` behind a header; sha256 of the unpacked bytes.

    The unpacked bytes, because mirrors pack the same values differently.
    """

    name: str
    shape: tuple[int, ...]
    sha256: str

    @property
    def header(self) -> int:
        """Bytes before the first value."""
        return 4 + 4 * len(self.shape)

    @property
    def size(self) -> int:
        """Bytes of the unpacked file."""
        return self.header + prod(self.shape)


TRAIN_IMAGES = IdxFile(
    "train-images-idx3-ubyte",
    (60000, 28, 28),
    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
)
TRAIN_LABELS = IdxFile(
    "train-labels-idx1-ubyte",
    (60000,),
    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
)
TEST_IMAGES = IdxFile(
    "t10k-images-idx3-ubyte",
    (10000, 28, 28),
    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
)
TEST_LABELS = IdxFile(
    "t10k-labels-idx1-ubyte",
    (10000,),
    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
)


def mnist(
    train: bool = True,
    *,
    mirror: str | None = None,
    timeout: float = 15.0,
    progress: bool = True,
    download: bool = True,
) -> Dataset:
    """MNIST: features N x 1 x 28 x 28 float32 in 0..1, labels N int64; N is 60 000, for testing 10 000.

    Each file is taken from the folder in COURSE_DATA, else from the cache (COURSE_CACHE, else the platform's
    cache folder), else downloaded once into the cache.

    mirror: web address of a folder with the four .gz files; default COURSE_MNIST_URL, else public mirrors.
    timeout: the most seconds to wait for the next byte. progress: show a bar on stderr. download: without it, only
    files that are here are read.

    Raises DamagedFileError when a file in COURSE_DATA is not the published one, and DatasetError, with the
    ways to get the files, when they are neither here nor to be had.
    """
    label_file, image_file = (TRAIN_LABELS, TRAIN_IMAGES) if train else (TEST_LABELS, TEST_IMAGES)
    mirrors = _mirrors(mirror) if download else ()
    labels = _values(label_file, _find(label_file) or _fetch(label_file, mirrors, timeout, progress))
    images = _values(image_file, _find(image_file) or _fetch(image_file, mirrors, timeout, progress))
    features = images.to(torch.float32).div_(255).unsqueeze(1)
    return Dataset(features, labels.to(torch.int64), (), tuple("0123456789"), CARD)


def _values(file: IdxFile, content: bytes) -> torch.Tensor:
    # The checksum vouches for the header; a bytearray because a tensor's memory must be writable.
    return torch.frombuffer(bytearray(content), dtype=torch.uint8, offset=file.header).view(file.shape)


# Looking for a file on this machine


def _find(file: IdxFile) -> bytes | None:
    """The unpacked file from COURSE_DATA or the cache, or None."""
    for path in _places(data_folder(), file):
        return _user_file(file, path)
    for path in _places(cache_folder(), file):
        try:
            return unpack(file, path.read_bytes(), str(path))
        except (DamagedFileError, OSError) as problem:  # the cache is ours: a new download replaces it
            warnings.warn(f"{problem}. It is not used, the file is downloaded again.", stacklevel=3)
    return None


def _user_file(file: IdxFile, path: Path) -> bytes:
    try:
        return unpack(file, path.read_bytes(), str(path))
    except DamagedFileError as problem:
        raise DamagedFileError(
            f"{problem}. A file that somebody changed on its way could teach a model anything, so only the"
            " published file is used. Delete it and copy it again, or name another folder in COURSE_DATA."
        ) from problem


def _places(folder: Path | None, file: IdxFile) -> Iterator[Path]:
    names = [f"{file.name}.gz", file.name]
    candidates = [folder / sub / name for sub in SUBFOLDERS for name in names] if folder else []
    return (path for path in candidates if path.is_file())


def unpack(file: IdxFile, content: bytes, origin: str) -> bytes:
    """The values of a file, packed or not, if they are the published ones; `origin` says where it came from.

    Raises DamagedFileError.
    """
    if _looks_like_a_page(content):
        raise _damaged(file, origin, "it is a web page, perhaps the login page of the network")
    try:
        raw = _gunzip(content, file.size + 1) if content.startswith(b"\x1f\x8b") else content
    except (OSError, EOFError, zlib.error) as problem:
        raise _damaged(file, origin, "it is cut or broken") from problem
    if sha256(raw).hexdigest() != file.sha256:
        raise _damaged(file, origin, "its sha256 differs")
    return raw


def _gunzip(content: bytes, most: int) -> bytes:
    """At most `most` bytes, so that a small file cannot fill the memory."""
    with gzip.open(BytesIO(content)) as packed:
        return packed.read(most)


def _looks_like_a_page(content: bytes) -> bool:
    return content[:100].lstrip().startswith(b"<")


def _damaged(file: IdxFile, origin: str, finding: str) -> DamagedFileError:
    return DamagedFileError(f"{origin} is not MNIST's {file.name}: {finding}")


# Getting a file from elsewhere


def _mirrors(mirror: str | None) -> Sequence[str]:
    chosen = mirror or os.environ.get("COURSE_MNIST_URL")
    return [chosen.rstrip("/") + "/"] if chosen else MIRRORS


def _fetch(file: IdxFile, mirrors: Sequence[str], timeout: float, progress: bool) -> bytes:
    """The unpacked file from the first mirror that gives the published one; kept in the cache."""
    reasons = []
    for url in (f"{mirror}{file.name}.gz" for mirror in mirrors):
        try:
            packed = download(url, limit=file.size, timeout=timeout, progress=progress)
            content = unpack(file, packed, url)
        except (DownloadError, DamagedFileError) as problem:
            reasons.append(str(problem))
        else:
            _keep(cache_folder() / "mnist" / f"{file.name}.gz", packed)
            return content
    raise DatasetError(_nowhere(file, reasons))


def _keep(path: Path, packed: bytes) -> None:
    try:
        keep(path, packed)
    except OSError as problem:  # a read-only disk: this run has its data all the same
        warnings.warn(
            f"MNIST was downloaded but could not be kept in {path.parent} ({problem}): the next run will"
            " download it again. Name a folder you may write in COURSE_CACHE to avoid that.",
            stacklevel=2,
        )


def _nowhere(file: IdxFile, reasons: Sequence[str]) -> str:
    looked = [str(folder) for folder in (data_folder(), cache_folder()) if folder]
    return "\n".join(
        [
            f"MNIST is not on this machine and could not be downloaded ({file.name}.gz is missing).",
            *(f"  looked in {folder}" for folder in looked),
            *(f"  tried {reason}" for reason in reasons),
            "Only the published files, whole and unchanged, are accepted: an altered one trains no model.",
            "Ways to get it:",
            "  - go online and call mnist() again: 11 MB, downloaded once;",
            "  - where the public mirrors are blocked, name another: mnist(mirror=...) or COURSE_MNIST_URL;",
            f"  - copy the four .gz files from another computer into {cache_folder() / 'mnist'};",
            "  - or set COURSE_DATA to the folder that holds them.",
            "Without any of these, digits() has 1797 smaller digits that are always here.",
        ]
    )
