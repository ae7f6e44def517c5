"""What a worker reads by itself: a table or an array from its owner's folder, into plain tensors.

A worker reads a file when a message asks it to (`bob.load("credit.csv", targets="label")`): the rows go from the
owner's disk into the owner's store, and through nobody else's hands. Three forms are read, all of plain numbers: CSV,
NumPy's .npy and IDX, the form of MNIST's files. A pickle (.pt, .pkl) would run code; it is never opened.

The owner opens one folder: COURSE_FILES, else the one in which the worker's process was started.
"""

from __future__ import annotations

import gzip
import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import torch

from course.errors import FileRefusedError

if TYPE_CHECKING:
    import pandas

__all__ = ["read_array", "read_table"]


def read_table(path: str, targets: str, columns: Sequence[str] | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """A CSV file: its columns as float32, rows x columns, and the column `targets`, int64 if it holds whole numbers.

    The first line names the columns; `columns` says which to take, else all others. FileRefusedError for a file that is
    not there to be read, for a column that it does not have, and for one that holds anything but numbers. No error
    quotes what stands in the file.
    """
    import pandas

    file = own_file(path)
    try:
        frame = pandas.read_csv(file)
    except (ValueError, OSError):
        raise FileRefusedError(path, "it cannot be read as a table of comma-separated values") from None
    wanted = [name for name in frame.columns if name != targets] if columns is None else list(columns)
    for name in [targets, *wanted]:
        if name not in frame.columns:
            raise FileRefusedError(path, f"its first line names no column {name!r}")
    check_numbers(path, frame[[*wanted, targets]])
    whole = pandas.api.types.is_integer_dtype(frame[targets])
    labels = torch.tensor(frame[targets].to_numpy("int64" if whole else "float32"))
    return torch.tensor(frame[wanted].to_numpy("float32")), labels


def check_numbers(path: str, frame: pandas.DataFrame) -> None:
    """FileRefusedError for gaps and words, each named by the place of its column: the first line may be data too."""
    import pandas

    for place, (_, column) in enumerate(frame.items(), start=1):
        if not pandas.api.types.is_numeric_dtype(column) or pandas.api.types.is_complex_dtype(column):
            raise FileRefusedError(path, f"column {place} of those asked for holds words, and tensors hold numbers")
        if column.isna().any():
            raise FileRefusedError(path, f"column {place} of those asked for has gaps")


def read_array(path: str) -> torch.Tensor:
    """A .npy or an IDX file (also packed, .gz) as one tensor, in the dtype that it has there.

    FileRefusedError for anything else.
    """
    file = own_file(path)
    read = READERS.get(file.suffix.lower(), read_idx if "-idx" in file.name else None)
    if read is None:
        raise FileRefusedError(path, "it is neither a .npy nor an IDX file")
    try:
        return read(file)
    except (ValueError, OSError, EOFError, TypeError):
        raise FileRefusedError(path, "it does not hold a whole array of plain numbers") from None


def read_npy(file: Path) -> torch.Tensor:
    """NumPy's own form. An array of objects is a pickle, and refused."""
    import numpy

    array = numpy.load(file, allow_pickle=False)
    if not isinstance(array, numpy.ndarray):
        raise ValueError("an archive of several arrays")
    return torch.from_numpy(array.astype(array.dtype.newbyteorder("="), copy=False))


# The third byte of an IDX file names the form of its numbers, which are big-endian.
IDX_FORMS = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(file: Path) -> torch.Tensor:
    """IDX: two zero bytes, the form, the number of dimensions, each size in four bytes, then the numbers."""
    import numpy

    with cast(BinaryIO, gzip.open(file) if file.suffix == ".gz" else file.open("rb")) as content:
        zeros, form, dimensions = content.read(2), *content.read(2)
        if zeros != b"\0\0" or form not in IDX_FORMS:
            raise ValueError("no IDX file")
        shape = numpy.frombuffer(content.read(4 * dimensions), dtype=">u4").tolist()
        dtype = numpy.dtype(IDX_FORMS[form])
        size = math.prod(shape) * dtype.itemsize
        values = content.read(size + 1)
    if len(shape) != dimensions or len(values) != size:
        raise ValueError("cut, or longer than it says")
    return torch.from_numpy(numpy.frombuffer(values, dtype).astype(dtype.newbyteorder("=")).reshape(shape))


READERS: dict[str, Callable[[Path], torch.Tensor]] = {".npy": read_npy, ".idx": read_idx}


def own_file(path: str) -> Path:
    """The file of that name in the owner's folder. FileRefusedError for one that is not there, or outside."""
    home = Path(os.environ.get("COURSE_FILES") or ".").resolve()
    try:
        file = (home / path).resolve()
        inside, there = file.is_relative_to(home), file.is_file()
    except (ValueError, OSError):
        raise FileRefusedError(path, "that is not the name of a file") from None
    if not inside:
        raise FileRefusedError(path, "it is outside the folder that its owner has opened")
    if not there:
        raise FileRefusedError(path, "there is no such file in the folder that its owner has opened")
    return file
