"""The roster: the one place of names. Everything else about a student goes by the key.

A CSV file with the columns `student`, `name` and `email`. `student` is the key: what the folders are called, or the
number that Canvas, Moodle or Gradescope puts into the names of the files. Other columns are kept as they are: the
exports read `last_name`, `first_name`, `sis_user_id`, `sis_login_id` and `section` where they are there.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_BYTES = 4 * 2**20
_COLUMNS = ("student", "name", "email")


class RosterError(ValueError):
    """The roster cannot be used; the text names the line."""


@dataclass(frozen=True)
class Person:
    """One line of the roster."""

    student: str
    name: str = ""
    email: str = ""
    more: Mapping[str, str] = field(default_factory=dict, hash=False)  # the other columns


class Roster(Mapping[str, Person]):
    """People by key, and by whatever else an LMS calls them."""

    def __init__(self, people: list[Person]) -> None:
        self._people = {person.student: person for person in people}
        self._names: dict[str, list[str]] = {}
        for person in people:
            for alias in _aliases(person):
                self._names.setdefault(alias, []).append(person.student)

    def __getitem__(self, student: str) -> Person:
        return self._people[student]

    def __iter__(self) -> Iterator[str]:
        return iter(self._people)

    def __len__(self) -> int:
        return len(self._people)

    def key(self, *called: str) -> str | None:
        """The key of whom an LMS calls this: a key, an email or a name, the first that means exactly one person."""
        for text in called:
            if text in self._people:
                return text
        for text in called:
            found = set(self._names.get(_plain(text), ())) if text else set()
            if len(found) == 1:
                return found.pop()
        return None


def read(path: Path) -> Roster:
    """The roster in a CSV file. RosterError names the line that is wrong."""
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise RosterError(f"{path} cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise RosterError(f"{path} is not UTF-8: save it as 'CSV UTF-8'.") from None
    if len(raw) > _BYTES:
        raise RosterError(f"{path} is larger than a roster can be ({_BYTES // 2**20} MB).")
    return Roster(list(_people(text, path)))


def _people(text: str, path: Path) -> Iterator[Person]:
    dialect = "excel" if text.partition("\n")[0].count(";") == 0 else _Semicolons
    rows = csv.DictReader(io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n")), dialect=dialect)
    if "student" not in (rows.fieldnames or ()):
        raise RosterError(f"{path}: the first line names the columns, {','.join(_COLUMNS)}; it has no `student`.")
    seen: dict[str, int] = {}
    try:
        for row in rows:
            values = {column: _clean(row.get(column) or "") for column in _COLUMNS}
            key = values["student"]
            if not key and not any(values.values()):
                continue
            if not key:
                raise RosterError(f"{path}, line {rows.line_num}: the student has no key.")
            if key in seen:
                raise RosterError(f"{path}, line {rows.line_num}: {key!r} is there already, in line {seen[key]}.")
            seen[key] = rows.line_num
            others = {column: _clean(row[column] or "") for column in rows.fieldnames or () if column not in _COLUMNS}
            yield Person(**values, more=others)
    except csv.Error as error:
        raise RosterError(f"{path}, line {rows.line_num}: {error}.") from None


class _Semicolons(csv.excel):
    """What spreadsheets write where the comma is a decimal point."""

    delimiter = ";"


def _clean(text: str) -> str:
    """On one line, without control characters."""
    return " ".join("".join(" " if unicodedata.category(c)[0] == "C" else c for c in text).split())


def _plain(text: str) -> str:
    """A name as no LMS can spell it otherwise: letters and digits, without case and accents."""
    ascii = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[\W_]", "", ascii or text)


def _aliases(person: Person) -> set[str]:
    """Name, last name first (Canvas: "doejane"), email and what stands before its @."""
    words = person.name.replace(",", " ").split()
    turned = [*words[-1:], *words[:-1]]
    said = ["".join(words), "".join(turned), person.email, person.email.partition("@")[0]]
    return {_plain(text) for text in said if text}
