"""The bytes of a notebook that somebody handed in, as cells: read with care, never run.

Whatever the bytes are, `parse` returns a `Notebook` or raises `Unreadable`. What editors do to a notebook costs nobody
anything: a byte order mark, other line ends, another encoding, `source` as a list, ids in Colab's place, format 3 or no
format at all.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from course.grade.intake import lines
from course.learn.words import plural

MB = 2**20


@dataclass(frozen=True)
class Caps:
    """How large what is handed in may be. The defaults are ten times what an honest notebook needs, and more."""

    file: int = 16 * MB  # bytes of a notebook
    lists: int = 1_000_000  # lists and objects in its JSON: each costs memory
    cells: int = 2_000
    cell: int = 100_000  # characters of a code cell
    code: int = 500_000  # characters of all code cells
    archive: int = 128 * MB  # bytes of a student's zip
    directory: int = 2 * MB  # bytes of its table of contents
    entries: int = 5_000  # files and folders that one student hands in
    depth: int = 12  # folders within folders
    ratio: int = 200  # what a zip's entry may be blown up by, beyond its first MB
    notebooks: int = 30  # that one student hands in
    total: int = 64 * MB  # bytes of all of them


CAPS = Caps()


class Unreadable(ValueError):
    """The bytes are no notebook that can be graded; the text says why, for the student and the instructor."""


@dataclass(frozen=True)
class Cell:
    """One cell. `is_too_long`: its text was longer than the cap, and is left out."""

    kind: str  # "code", "markdown" or "raw"
    source: str
    ids: tuple[str, ...] = ()  # the cell's own, and the one that Colab keeps in its metadata
    is_too_long: bool = False

    @property
    def is_python(self) -> bool:
        """Whether Python runs it: a code cell without another language's mark."""
        return self.kind == "code" and not lines.language(self.source)


@dataclass(frozen=True)
class Notebook:
    """The cells, and what the notebook says about itself."""

    cells: tuple[Cell, ...]
    metadata: dict[str, Any]
    warnings: tuple[str, ...] = ()


def parse(raw: bytes, caps: Caps = CAPS) -> Notebook:
    """The notebook that the bytes are. Unreadable says why they are none."""
    if len(raw) > caps.file:
        raise Unreadable(f"the file is larger than {caps.file / MB:g} MB: are there pictures or data in its outputs?")
    if not raw.strip(b"\0 \r\n\t"):
        raise Unreadable("the file is empty")
    if raw.count(b"[") + raw.count(b"{") > caps.lists:
        raise Unreadable(f"the file has more than {caps.lists} lists in it")
    text, warnings = _text(raw)
    found = _cells(_loaded(text), caps)
    return replace(found, warnings=(*warnings, *found.warnings))


def _text(raw: bytes) -> tuple[str, tuple[str, ...]]:
    """The text of the bytes, whatever encoding an editor chose."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace"), ()
    raw = raw.removeprefix(codecs.BOM_UTF8)
    try:
        return raw.decode("utf-8"), ()
    except UnicodeDecodeError:
        return raw.decode("latin-1"), ("The file is not UTF-8; it was read as Latin-1.",)


def _loaded(text: str) -> dict[str, Any]:
    try:
        # No number in a notebook matters here, and a long one would take long.
        loaded = json.loads(text, parse_int=_number, parse_float=_number, parse_constant=_number)
    except RecursionError:
        raise Unreadable("its JSON is nested too deeply") from None
    except ValueError as error:
        raise Unreadable(f"the file is not JSON ({error}): was it cut off, or is it no notebook?") from None
    if not isinstance(loaded, dict):
        raise Unreadable("the file is JSON, but no notebook")
    return loaded


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"\d{1,9}", text) else 0


def _cells(loaded: dict[str, Any], caps: Caps) -> Notebook:
    format = loaded.get("nbformat", 4)
    if format not in (3, 4):
        shown = format if isinstance(format, int) else "unknown"
        raise Unreadable(f"the notebook is in format {shown}, and 3 and 4 are understood: save it with Jupyter")
    rough = list(_rough(loaded))
    if len(rough) > caps.cells:
        raise Unreadable(f"the notebook has {len(rough)} cells, more than {caps.cells}")
    cells, warnings = [], []
    for number, cell in enumerate(rough, start=1):
        found = _cell(cell, caps.cell)
        if found is None:
            warnings.append(f"Cell {number} is damaged and was passed over.")
            continue
        if found.is_too_long:
            warnings.append(f"Cell {number} has more than {plural(caps.cell, 'character')} and was passed over.")
        cells.append(found)
    if sum(len(cell.source) for cell in cells if cell.kind == "code") > caps.code:
        raise Unreadable(f"the notebook has more than {caps.code} characters of code")
    metadata = loaded.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    return Notebook(tuple(cells), metadata, (*_language(metadata), *_few(warnings)))


def _rough(loaded: dict[str, Any]) -> Iterator[Any]:
    """The cells as they stand in the JSON; in format 3 they are in worksheets."""
    sheets = loaded.get("worksheets") if "cells" not in loaded else None
    for holder in sheets if isinstance(sheets, list) else [loaded]:
        cells = holder.get("cells") if isinstance(holder, dict) else None
        if not isinstance(cells, list):
            raise Unreadable("the file is JSON, but it has no cells: it is no notebook")
        yield from cells


def _cell(cell: Any, longest: int) -> Cell | None:
    """One cell; None if nothing can be made of it."""
    if not isinstance(cell, dict):
        return None
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    if not isinstance(source, str):
        return None
    metadata = cell.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    kind = cell.get("cell_type")
    kind = kind if kind in ("code", "markdown") else "raw"
    if _other_language(cell, metadata):
        kind = "raw"
    ids = tuple(id[:64] for id in (cell.get("id"), metadata.get("id")) if isinstance(id, str) and id)
    if kind == "code" and len(source) > longest:
        return Cell(kind, "", ids, is_too_long=True)
    return Cell(kind, _plain(source[: longest + 1]), ids)


def _other_language(cell: dict[str, Any], metadata: dict[str, Any]) -> bool:
    """Whether the cell says that it is in another language: VS Code's mark, or format 3's."""
    vscode = metadata.get("vscode")
    said = [cell.get("language"), vscode.get("languageId") if isinstance(vscode, dict) else None]
    return any(isinstance(name, str) and not re.match("i?python", name.lower()) for name in said)


def _plain(source: str) -> str:
    """One kind of line end, and no character that cannot be written to a file: halves of pairs, and NUL."""
    source = source.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    return re.sub("[\0\ud800-\udfff]", "\ufffd", source)


def _language(metadata: dict[str, Any]) -> Iterator[str]:
    """Whatever kernel the file names, the grader runs its own; another language is said."""
    for key, name in (("language_info", "name"), ("kernelspec", "language")):
        info = metadata.get(key)
        said = info.get(name) if isinstance(info, dict) else None
        if isinstance(said, str) and not re.match("i?python", said.lower()):
            yield f"The notebook says that its language is {_plain(said)[:20]!r}; its cells were read as Python."
            return


def _few(warnings: list[str]) -> list[str]:
    return warnings if len(warnings) <= 5 else [*warnings[:5], f"So it was with {len(warnings) - 5} more cells."]
