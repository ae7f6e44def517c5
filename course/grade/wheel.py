"""The course as students install it: a wheel without answers, and without what only instructors and authors need.

A wheel is a zip with a list of its files, so it is written here, the same bytes for the same course: no build tools,
no network. Left out are the reference answers, and the packages in LEFT_OUT; what a check needs is in.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path

import course
from course.command import PACKAGE, CannotError

LEFT_OUT = ("authoring", "exercises/answers", "grade", "seat")
_NOT_FOR_STUDENTS = re.compile(r"""; *extra *== *["'](?:grade|test|dev)["']""")
_WRITTEN = (1980, 1, 1, 0, 0, 0)  # the first date that a zip can hold: no file of it says when it was packed


def write(folder: Path, notebooks: Sequence[Path]) -> Path:
    """Write the wheel, with these notebooks for `course lab`; its path."""
    version = metadata.version(PACKAGE)
    stem = f"{PACKAGE.replace('-', '_')}-{version}"
    files = dict(package_files())
    files |= {f"{stem}.data/data/share/{PACKAGE}/notebooks/{file.name}": file.read_bytes() for file in notebooks}
    files |= {f"{stem}.dist-info/{name}": text for name, text in _about().items()}
    record = f"{stem}.dist-info/RECORD"
    lines = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in files.items()]
    files[record] = "\n".join([*lines, f"{record},,", ""]).encode()
    path = folder / f"{stem}-py3-none-any.whl"
    pack(path, files)
    return path


def pack(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a zip whose bytes depend on the files alone."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _WRITTEN)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)


def package_files() -> Iterator[tuple[str, bytes]]:
    """The files of the package that students receive: name in the wheel, content."""
    root = Path(course.__path__[0])
    for path in sorted(root.rglob("*")):
        inner = path.relative_to(root).as_posix()
        is_left_out = any(inner.startswith(f"{name}/") for name in LEFT_OUT)
        is_no_file_of_ours = path.name.startswith(".") or "__pycache__" in path.parts or not path.is_file()
        if not is_left_out and not is_no_file_of_ours:
            yield f"course/{inner}", path.read_bytes()


def _about() -> dict[str, bytes]:
    """The files of the wheel's dist-info, but for its RECORD."""
    own = metadata.distribution(PACKAGE)
    said = own.read_text("METADATA") or own.read_text("PKG-INFO")
    if said is None:
        raise CannotError(f"{PACKAGE} is not installed here, so nobody knows what its wheel needs: pip install -e .")
    groups: dict[str, list[str]] = {}
    for entry in own.entry_points:
        groups.setdefault(entry.group, []).append(f"{entry.name} = {entry.value}")
    entries = "\n\n".join("\n".join([f"[{group}]", *sorted(lines)]) for group, lines in sorted(groups.items()))
    wheel = "Wheel-Version: 1.0\nGenerator: course release\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    texts = {"METADATA": _for_students(said), "WHEEL": wheel, "entry_points.txt": f"{entries}\n"}
    return {name: text.encode() for name, text in texts.items()} | _license(own)


def _for_students(said: str) -> str:
    """The metadata without the needs of instructors and authors."""
    head, blank, text = said.replace("\r\n", "\n").partition("\n\n")
    kept = [
        line
        for line in head.split("\n")
        if not (line.startswith("Requires-Dist:") and _NOT_FOR_STUDENTS.search(line))
        and not re.fullmatch(r"Provides-Extra: (?:grade|test|dev)", line)
    ]
    return "\n".join(kept) + blank + text


def _license(own: metadata.Distribution) -> dict[str, bytes]:
    """The licence, from the installed package or from the clone."""
    installed = [Path(str(file.locate())) for file in own.files or [] if file.name == "LICENSE"]
    for file in (*installed, Path(course.__path__[0]).parent / "LICENSE"):
        if file.is_file():
            return {"licenses/LICENSE": file.read_bytes()}
    return {}


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
