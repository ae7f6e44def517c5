"""What lies in a folder or a zip of hand-ins: files, opened with care. Nothing is unpacked, and no link is followed.

A student's item is a file, a folder or a zip. In it only notebooks, and zips of notebooks, are ever read; of anything
else, and of what cannot be read safely, a `Bad` says so.
"""

from __future__ import annotations

import io
import os
import re
import stat
import struct
import zipfile
from calendar import timegm
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

from course.grade.intake.notebook import CAPS, MB, Caps

_PASSED_OVER = re.compile(r"\.|__MACOSX$|__pycache__$|Thumbs\.db$|desktop\.ini$", re.IGNORECASE)
_BULK_DIRECTORY = 64 * MB  # the table of contents of a platform's download


class CannotRead(Exception):
    """A file that cannot be read safely; the text says why."""


@dataclass(frozen=True)
class Found:
    """A file in a student's item. parts: its path from there, the item's own name first."""

    parts: tuple[str, ...]
    received: float | None
    read: Callable[[int], bytes]  # at most so many bytes, while the item is gone through; CannotRead


@dataclass(frozen=True)
class Bad:
    """Something in a student's item that is not read, and why."""

    parts: tuple[str, ...]
    reason: str


class Folder:
    """A folder on disk, whose entries are items."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> list[str]:
        """The items."""
        return sorted(entry.name for entry in os.scandir(self.path) if not _PASSED_OVER.match(entry.name))

    def within(self, name: str) -> Folder | None:
        """The folder of this name in it; None if it is none, or a link."""
        path = self.path / name
        return Folder(path) if path.is_dir() and not path.is_symlink() else None

    def files(self, name: str, caps: Caps = CAPS) -> Iterator[Found | Bad]:
        """What one item holds."""
        for count, (parts, path) in enumerate(_walk((name,), self.path / name, caps)):
            if count >= caps.entries:
                yield Bad((name,), f"it has more than {caps.entries} files and folders")
                return
            if path is None:
                yield Bad(parts, f"it has more than {caps.depth} folders within folders")
            elif path.is_symlink():
                yield Bad(parts, "it is a symbolic link, and links are not followed")
            elif path.suffix.lower() == ".zip":
                yield from _in_zip_file(path, parts, caps)
            else:
                yield Found(parts, _modified(path), _reader(path))


class Archive:
    """A zip that a platform made: its top level has the items."""

    def __init__(self, path: Path, caps: Caps = CAPS, top: tuple[str, ...] = ()) -> None:
        self.path, self.top = path, top
        self._zip = _open(_regular(path), _BULK_DIRECTORY)
        self._by_item: dict[str, list[zipfile.ZipInfo]] = {}
        for info in self._zip.infolist():
            parts = _parts(info.filename)
            if parts[: len(top)] == top and len(parts) > len(top) and not _PASSED_OVER.match(parts[len(top)]):
                self._by_item.setdefault(parts[len(top)], []).append(info)

    def names(self) -> list[str]:
        """The items."""
        return sorted(self._by_item)

    def within(self, name: str) -> Archive | None:
        """The folder of this name in it; None if it is none."""
        has_more = any(len(_parts(info.filename)) > len(self.top) + 1 for info in self._by_item[name])
        return Archive(self.path, top=(*self.top, name)) if has_more else None

    def files(self, name: str, caps: Caps = CAPS) -> Iterator[Found | Bad]:
        """What one item holds."""
        infos = self._by_item[name]
        if len(infos) > caps.entries:
            yield Bad((name,), f"it has more than {caps.entries} files and folders")
        for info in infos[: caps.entries]:
            for found in _in_zip(self._zip, info, _time(info), caps):
                if isinstance(found, Bad):
                    yield Bad(found.parts[len(self.top) :], found.reason)
                elif found.parts[-1].lower().endswith(".zip"):
                    yield from _in_nested(found, found.parts[len(self.top) :], caps)
                else:
                    yield Found(found.parts[len(self.top) :], found.received, found.read)


class Single:
    """One file, which is one item."""

    def __init__(self, path: Path) -> None:
        self.folder, self.name = Folder(path.parent), path.name

    def names(self) -> list[str]:
        """The item."""
        return [self.name]

    def within(self, name: str) -> None:
        """No folder."""

    def files(self, name: str, caps: Caps = CAPS) -> Iterator[Found | Bad]:
        """The file itself."""
        return self.folder.files(self.name, caps)


def place(path: Path) -> Folder | Archive | Single:
    """The folder, the platform's zip or the single notebook at a path. CannotRead if it is none of these."""
    if path.is_dir():
        return Folder(path)
    if not path.exists():
        raise CannotRead(f"There is no {path}.")
    if path.suffix.lower() == ".ipynb":
        return Single(path)
    if path.suffix.lower() == ".zip":
        return Archive(path)
    raise CannotRead(f"{path} is neither a folder, nor a zip, nor a notebook.")


# ── on disk ─────────────────────────────────────────────────────────────────────────────────────────────────


def _walk(parts: tuple[str, ...], path: Path, caps: Caps) -> Iterator[tuple[tuple[str, ...], Path | None]]:
    """Every file below a path; None where the folders go too deep."""
    if path.is_symlink() or not path.is_dir():
        yield parts, path
    elif len(parts) > caps.depth:
        yield parts, None
    else:
        with suppress(OSError), os.scandir(path) as entries:
            for entry in islice(entries, caps.entries + 1):
                if not _PASSED_OVER.match(entry.name):
                    yield from _walk((*parts, entry.name), path / entry.name, caps)


def _regular(path: Path) -> IO[bytes]:
    """An ordinary file, opened: no link, no pipe, no device, whatever the path becomes meanwhile."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        opened = os.open(path, flags)
    except OSError as error:
        raise CannotRead(f"it cannot be read ({error.strerror})") from None
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise CannotRead("it is no ordinary file")
    return os.fdopen(opened, "rb")


def _reader(path: Path) -> Callable[[int], bytes]:
    def read(most: int) -> bytes:
        with _regular(path) as file:
            try:
                return file.read(most)
            except OSError as error:
                raise CannotRead(f"it cannot be read ({error.strerror})") from None

    return read


def _modified(path: Path) -> float | None:
    try:
        return path.lstat().st_mtime
    except OSError:
        return None


# ── in a zip ────────────────────────────────────────────────────────────────────────────────────────────────


class _Careful(io.RawIOBase):
    """A file that is asked for no more at a time than it should be: a zip's table of contents may claim any length."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file, self._most = file, most

    def read(self, size: int = -1) -> bytes:
        if size < 0 or size > self._most:
            at = self._file.tell()
            left = self._file.seek(0, os.SEEK_END) - at
            self._file.seek(at)
            if left > self._most:
                raise CannotRead("its table of contents is too long")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


def _open(file: IO[bytes], directory: int) -> zipfile.ZipFile:
    """The zip in a file. CannotRead if it is none, or if its table of contents is longer than `directory` bytes."""
    careful: Any = _Careful(file, directory)
    try:
        return zipfile.ZipFile(careful)
    except CannotRead:
        raise
    except Exception as error:  # noqa: BLE001 - zipfile raises whatever it meets in bytes that are no zip
        raise CannotRead(f"it is no zip that can be read ({type(error).__name__})") from None


def _in_zip_file(path: Path, parts: tuple[str, ...], caps: Caps) -> Iterator[Found | Bad]:
    """The files in a student's zip. They came when the zip came: the times within it are the student's to choose."""
    try:
        file = _regular(path)
    except CannotRead as error:
        yield Bad(parts, str(error))
        return
    with file:
        size = os.fstat(file.fileno()).st_size
        if size > caps.archive:
            yield Bad(parts, f"the zip is larger than {caps.archive // MB} MB")
            return
        yield from _in_student_zip(file, parts, _modified(path), caps)


def _in_nested(found: Found, parts: tuple[str, ...], caps: Caps) -> Iterator[Found | Bad]:
    """The files in a student's zip that lies in a platform's."""
    most = caps.archive // 2  # it is held in memory
    try:
        raw = found.read(most + 1)
    except CannotRead as error:
        yield Bad(parts, str(error))
        return
    if len(raw) > most:
        yield Bad(parts, f"the zip is larger than {most // MB} MB")
        return
    yield from _in_student_zip(io.BytesIO(raw), parts, found.received, caps)


def _in_student_zip(
    file: IO[bytes], parts: tuple[str, ...], received: float | None, caps: Caps
) -> Iterator[Found | Bad]:
    try:
        archive = _open(file, caps.directory)
    except CannotRead as error:
        yield Bad(parts, str(error))
        return
    infos = archive.infolist()
    if len(infos) > caps.entries:
        yield Bad(parts, f"it has more than {caps.entries} files and folders")
        infos = infos[: caps.entries]
    for info in infos:
        for found in _in_zip(archive, info, received, caps):
            whole = (*parts, *found.parts)
            if isinstance(found, Bad):
                yield Bad(whole, found.reason)
            elif found.parts[-1].lower().endswith(".zip"):
                yield Bad(whole, "it is a zip within a zip, which is not opened")
            else:
                yield Found(whole, received, found.read)


def _in_zip(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, received: float | None, caps: Caps
) -> Iterator[Found | Bad]:
    """One entry: nothing for a folder and for what an operating system left there."""
    parts = _parts(info.filename)
    if info.is_dir() or any(_PASSED_OVER.match(part) for part in parts if part not in (".", "..")):
        return
    reason = _problem(info, parts, caps)
    if reason:
        yield Bad(parts, reason)
    else:
        yield Found(parts, received, lambda most: _unpacked(archive, info, most))


def _parts(name: str) -> tuple[str, ...]:
    """The parts of an entry's name; Windows writes some with backslashes."""
    return tuple(part for part in name.replace("\\", "/").split("/") if part) or ("?",)


def _problem(info: zipfile.ZipInfo, parts: tuple[str, ...], caps: Caps) -> str:
    """Why an entry is not read; "" if it may be."""
    name = info.filename
    if name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name) or ".." in parts:
        return "its name leads out of the archive"
    if len(parts) > caps.depth:
        return f"it has more than {caps.depth} folders within folders"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "it is a symbolic link, and links are not followed"
    if info.flag_bits & 1:
        return "it is encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "it is packed in a way that is not understood: make an ordinary zip"
    if info.file_size > MB and info.file_size > caps.ratio * max(info.compress_size, 1):
        return f"it is {caps.ratio} times as large as it is packed, or more: a zip bomb?"
    return ""


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    """At most so many bytes of an entry, whatever it says about its length."""
    try:
        with archive.open(info) as file:
            return file.read(most)
    except Exception as error:  # noqa: BLE001 - zipfile and zlib raise whatever they meet in damaged bytes
        raise CannotRead(f"it cannot be unpacked ({type(error).__name__})") from None


def _time(info: zipfile.ZipInfo) -> float | None:
    """When an entry was written, seconds since 1970: from its UTC field, or else from its clock, read as UTC."""
    extra = info.extra
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<HH", extra)
        if kind == 0x5455 and length >= 5 and len(extra) >= 9 and extra[4] & 1:
            return float(struct.unpack_from("<i", extra, 5)[0])
        extra = extra[4 + length :]
    try:
        return float(timegm((*info.date_time, 0, 0, 0)))
    except ValueError:  # a thirteenth month
        return None
