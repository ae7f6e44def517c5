"""Whose is it? What learning platforms call the files that they let an instructor download.

Only the outermost name is asked, and of it what the platform wrote: what stands within a student's folder or zip, and
what the student called the file, says nothing about whose it is.

| platform | what a student's item is called |
|---|---|
| Canvas | `doejane_12345_678_week1.ipynb`, `doejane_LATE_12345_678_week1-1.ipynb` |
| Moodle | `Jane Doe_123456_assignsubmission_file_/`, or the same before a file's name |
| Gradescope | `submission_123/`; who that is stands in `submission_metadata.yml` |
| nbgrader | `submitted/jdoe/week1/` |
| anything else | `jdoe/`, `jdoe.zip`, `jdoe_01_tensors_that_live_somewhere_else.ipynb` |
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

NOTEBOOK = re.compile(r"\.ipynb(?:\.(?:json|txt))?$", re.IGNORECASE)  # browsers add the second ending
_CANVAS = re.compile(r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<id>\d{2,})_\d{2,}_.+", re.DOTALL)
_MOODLE = re.compile(
    r"(?P<name>[^_]+)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)(?:_(?!.*_assignsubmission_).*)?", re.DOTALL
)
_GRADESCOPE = re.compile(r"submission_(?P<id>\d+)(?:\.zip)?")
_WRAPPERS = re.compile(r"assignment_.*_export|submitted|submissions?", re.IGNORECASE)
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
_CREATED = re.compile(r"  :created_at:\s*(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)")  # UTC
_COPY = re.compile(r"[ _-]*(?:\(\d+\)|[ _-]copy\d*|-\d+)$", re.IGNORECASE)


@dataclass(frozen=True)
class Whose:
    """An item's owner: the key, and what a roster may know the owner by."""

    key: str
    called: tuple[str, ...] = ()
    is_late: bool | None = None  # whether the platform says so; None where it says nothing


def is_wrapper(name: str) -> bool:
    """Whether a folder is the platform's, around the students' own."""
    return _WRAPPERS.fullmatch(name) is not None


def whose(name: str, templates: Iterable[str] = ()) -> Whose:
    """The owner of a top-level item. templates: names of released files, which a student's file may end with."""
    if found := _MOODLE.fullmatch(name):
        return Whose(found["id"], (found["id"], found["name"]))
    if found := _CANVAS.fullmatch(name):
        return Whose(found["id"], (found["id"], found["name"]), is_late=found["late"] is not None)
    if found := _GRADESCOPE.fullmatch(name):
        return Whose(found["id"], (found["id"],))
    stem = re.sub(r"\.zip$", "", NOTEBOOK.sub("", name), flags=re.IGNORECASE)
    for template in sorted(templates, key=len, reverse=True):
        plain = _COPY.sub("", stem)
        if plain.endswith(template) and plain != template:
            stem = plain[: -len(template)].rstrip("_- .") or stem
            break
    return Whose(key(stem), (stem,))


def key(text: str) -> str:
    """A key that is safe as a file's name everywhere; another text has another key."""
    if _KEY.fullmatch(text) and not text.endswith("."):
        return text
    rest = re.sub(r"[^A-Za-z0-9._@+-]+", "_", text).strip("._@+-")[:40]
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{rest}-{digest}" if rest else f"student-{digest}"


@dataclass
class Listed:
    """A submission in Gradescope's list: what its submitter is called, and when it came (seconds since 1970)."""

    called: list[str] = field(default_factory=list)
    received: float | None = None


def gradescope_list(text: str) -> dict[str, Listed]:
    """What the text of `submission_metadata.yml` says of each submission, by its number.

    It is read line by line, as text: a few patterns are looked for, and everything else is passed over.
    """
    found: dict[str, Listed] = {}
    current = Listed()
    for line in text.splitlines():
        if begins := re.match(r"submission_(\d+):\s*$", line):
            current = found.setdefault(begins[1], Listed())
        elif says := re.match(r"\s*(?:- )?:(?:sid|email|name):\s*(.+?)\s*$", line):
            current.called.append(says[1].strip("'\""))
        elif current.received is None and (says := _CREATED.match(line)):
            with suppress(ValueError):  # a thirteenth month
                current.received = datetime.fromisoformat(says[1]).replace(tzinfo=UTC).timestamp()
    return found
