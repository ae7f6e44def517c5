"""The assignment file: what was released, until when, and how it is graded.

    name = "week-1"
    notebooks = ["01", "02"]
    due = 2026-12-01T23:59:00+01:00
    late = "10% a day"     # or "none", or "cut-off"
    level = "bwrap"        # hidden questions are not asked in a weaker sandbox: "none" < "rlimits" < "bwrap"
    changed = ["01.2"]     # graded as they are now, though they have changed since they were released

    [points]
    "01.1" = 5             # instead of the exercise's own

    [limits]
    seconds = 60           # for an exercise: course/grade/cage.py has the names and the defaults

    [released]             # written by `course release`
    version = "0.1.0"
    [released.exercises]
    "01.1" = "9f86d081884c7d65"

`course release` writes it beside the notebooks; an instructor may edit everything above `[released]`. Whatever is wrong
with it is said when it is read, before anything is graded.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from course.grade.cage import Limits

FILE = "assignment.toml"
LEVELS = ("none", "rlimits", "bwrap")
DAY = 24 * 60 * 60  # seconds

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_EXERCISE = re.compile(r"\w\w\.\d+")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?) *(?:%|percent) a day")
_KEYS = ("name", "notebooks", "due", "late", "level", "changed", "points", "limits", "released")


class AssignmentError(ValueError):
    """The assignment file cannot be used. Its text says which line to change, and to what."""


@dataclass(frozen=True)
class Late:
    """What a late hand-in costs: a share of its points for each day begun, or all of them."""

    text: str = "none"
    share_a_day: Fraction = Fraction(0)

    @classmethod
    def read(cls, text: str) -> Late:
        """From "none", "cut-off" or "10% a day". ValueError for anything else."""
        said = " ".join(text.lower().split())
        if said in ("none", ""):
            return cls()
        if said in ("cut-off", "cutoff"):
            return cls("cut-off", Fraction(1))
        found = _PERCENT.fullmatch(said)
        if found is None or not 0 < Fraction(found[1]) <= 100:
            raise ValueError(f'late is "none", "cut-off" or "10% a day", not {text!r}')
        return cls(f"{found[1]}% a day", Fraction(found[1]) / 100)


@dataclass(frozen=True)
class Assignment:
    """One assignment, as its file has it."""

    name: str
    notebooks: tuple[str, ...]  # ("01", "02")
    due: datetime | None = None  # always with a zone
    late: Late = Late()
    level: str = "bwrap"  # the weakest sandbox in which hidden questions are asked
    points: Mapping[str, float] = field(default_factory=dict)  # by exercise, where not its own
    limits: Mapping[str, float] = field(default_factory=dict)  # what the file says of course/grade/cage.py's Limits
    changed: tuple[str, ...] = ()  # exercises that are graded though they have changed since they were released
    version: str = ""  # of the course, when it was released
    exercises: Mapping[str, str] = field(default_factory=dict)  # exercise -> fingerprint, when it was released
    folder: Path | None = None  # the released folder, where the file was read from one

    def out_of(self, exercise: str, usual: float) -> float:
        """The points of an exercise that is worth `usual` where the file says nothing."""
        return self.points.get(exercise, usual)

    def days_late(self, received: float | None) -> int:
        """Days begun after the due date; 0 in time, without a due date, or if nobody knows when it arrived."""
        if self.due is None or received is None:
            return 0
        return max(0, math.ceil((Fraction(received) - Fraction(self.due.timestamp())) / DAY))

    def late_share(self, received: float | None) -> Fraction:
        """The share of its points, 0 to 1, that a hand-in loses. received: seconds since 1970, UTC."""
        days = self.days_late(received)
        return min(Fraction(1), self.late.share_a_day * days)

    def penalty(self, points: float, received: float | None) -> float:
        """The points that are taken off `points`, to the thousandth: 10% of 3 a day, one day late, is 0.3."""
        return float(round(Fraction(str(points)) * self.late_share(received), 3))


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────


def read(path: Path) -> Assignment:
    """The assignment in a file, or in the released folder that holds one. AssignmentError says what is wrong."""
    file = path / FILE if path.is_dir() else path
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise AssignmentError(f"There is no {file}. `course release` writes one.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise AssignmentError(f"{file} cannot be read: {error}") from None
    try:
        return parse(tomllib.loads(text), file.parent)
    except tomllib.TOMLDecodeError as error:
        raise AssignmentError(f"{file} is not TOML: {error}") from None
    except ValueError as error:
        raise AssignmentError(f"{file}: {error}") from None


def parse(entries: Mapping[str, Any], folder: Path | None = None) -> Assignment:
    """The assignment that a file's entries describe. ValueError says which entry is wrong, and why."""
    unknown = sorted(entries.keys() - set(_KEYS))
    if unknown:
        raise ValueError(f"there is no entry {unknown[0]!r}; the entries are {', '.join(_KEYS)}")
    released = _table(entries, "released")
    level = entries.get("level", "bwrap")
    if level not in LEVELS:
        raise ValueError(f"level is one of {', '.join(LEVELS)}, not {level!r}")
    late = entries.get("late", "none")
    if not isinstance(late, str):
        raise ValueError(f'late is a text, "10% a day" for example, not {late!r}')
    notebooks, points = _notebooks(entries.get("notebooks")), _numbers(_table(entries, "points"), "points", _EXERCISE)
    exercises = {str(key): str(value) for key, value in _table(released, "exercises").items()}
    changed = _texts(entries.get("changed", []), "changed", "01.2")
    for key, named_by in (("points", points), ("changed", changed)):
        for exercise in named_by:
            if exercise.partition(".")[0] not in notebooks or (exercises and exercise not in exercises):
                raise ValueError(f"{key} name {exercise!r}, which is no exercise of this assignment")
    limits = _numbers(_table(entries, "limits"), "limits")
    named = [entry.name for entry in fields(Limits)]
    if other := sorted(limits.keys() - set(named)):
        raise ValueError(f"there is no limit {other[0]!r}; the limits are {', '.join(named)}")
    return Assignment(
        name=_name(entries.get("name")),
        notebooks=notebooks,
        due=due_date(entries["due"]) if "due" in entries else None,
        late=Late.read(late),
        level=level,
        points=points,
        limits=limits,
        version=str(released.get("version", "")),
        changed=changed,
        exercises=exercises,
        folder=folder,
    )


def due_date(value: Any) -> datetime:
    """A TOML date or an ISO text, "2026-12-01T23:59:00+01:00". ValueError without a zone."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise ValueError(f"due is a date like 2026-12-01T23:59:00+01:00, not {value!r}") from None
    if not isinstance(value, datetime):
        raise ValueError(f"due needs an hour and a zone, like {value}T23:59:00+01:00")
    if value.tzinfo is None:
        raise ValueError(f"due needs a zone: {value.isoformat()}+01:00, or {value.isoformat()}Z. Whose midnight is it?")
    return value


def _name(value: Any) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ValueError(f"name is a word of letters, digits, dots, - and _ (it names files), not {value!r}")
    return value


def _texts(value: Any, name: str, like: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise ValueError(f'{name} is a list like ["{like}"], not {value!r}')
    return tuple(value)


def _notebooks(value: Any) -> tuple[str, ...]:
    if not _texts(value, "notebooks", "01") or not all(re.fullmatch(r"\w\w", number) for number in value):
        raise ValueError(f'notebooks is a list like ["01", "02"], not {value!r}')
    if len(set(value)) < len(value):
        raise ValueError(f"notebooks names one twice: {value!r}")
    return tuple(value)


def _table(entries: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    table = entries.get(key, {})
    if not isinstance(table, dict):
        raise ValueError(f"{key} is a table: a line [{key}], then its entries")
    return table


def _numbers(table: Mapping[str, Any], name: str, keys: re.Pattern[str] | None = None) -> dict[str, float]:
    for key, value in table.items():
        if keys and not keys.fullmatch(key):
            raise ValueError(f'{name} are by exercise, "01.2" = 3, not {key!r}')
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
            raise ValueError(f"{name} of {key!r} is a number, 0 or more, not {value!r}")
    return dict(table)


# ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────


def write(assignment: Assignment, usual: Mapping[str, float] | None = None) -> str:
    """The text of the file; `parse` reads the same assignment from it.

    usual: the exercises' own points, which stand there as comments.
    """
    own = {exercise: points for exercise, points in (usual or {}).items() if exercise not in assignment.points}
    limits = ", ".join(f"{entry.name} = {entry.default:g}" for entry in fields(Limits))
    lines = [
        "# What was released, and how it is graded. Everything above [released] may be changed.",
        f"name = {_quoted(assignment.name)}",
        f"notebooks = [{', '.join(map(_quoted, assignment.notebooks))}]",
        f"due = {assignment.due.isoformat()}" if assignment.due else "# due = 2026-12-01T23:59:00+01:00",
        f'late = {_quoted(assignment.late.text)}  # "none", "cut-off", or what a day begun costs: "10% a day"',
        f"level = {_quoted(assignment.level)}  # no hidden question in a weaker sandbox: none < rlimits < bwrap",
        *([f"changed = [{', '.join(map(_quoted, assignment.changed))}]"] if assignment.changed else []),
        "\n[points]  # where they are not the exercise's own: take the # away, and change the number",
        *(f"# {line}" for line in _entries(own)),
        *_entries(assignment.points),
        f"\n[limits]  # of an exercise, where they are not {limits}",
        *_entries(assignment.limits),
        "\n[released]",
        f"version = {_quoted(assignment.version)}",
        "\n[released.exercises]",
        *_entries(assignment.exercises),
    ]
    return "\n".join(lines) + "\n"


def _entries(table: Mapping[str, float | str]) -> list[str]:
    return [f"{_quoted(key)} = {_quoted(value) if isinstance(value, str) else value}" for key, value in table.items()]


def _quoted(text: str) -> str:
    """A TOML text: JSON's, but for one character that only TOML has escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def local(due: datetime) -> str:
    """A due date for people: in its own zone, and in UTC."""
    return f"{due:%Y-%m-%d %H:%M} (UTC{due:%z}), {due.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
