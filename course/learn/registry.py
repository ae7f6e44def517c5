"""What can be asked: exercises, quiz questions and predictions by id, each id once.

An id begins with its notebook: "01.2", "01.q1", "01.p1". `find` loads the files of `course.exercises.nb01` when
it is first asked for something of notebook 01; a teacher may also register a new exercise in a notebook cell.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import pkgutil
import sys
from typing import Any, TypeVar

T = TypeVar("T")

PACKAGE = "course.exercises"
_items: dict[str, Any] = {}
_homes: dict[str, str] = {}  # the module that registered it
_last = ""  # the id that was asked for last


class UnknownItem(KeyError):
    """No exercise, quiz or prediction has this id; the text names those that there are."""

    def __str__(self) -> str:
        return str(self.args[0])


def register(item: T) -> T:
    """Enter an exercise (decorate its class), a Quiz or a Prediction. ValueError for an id that is taken.

    Only what a notebook cell registered may be registered again: people run cells twice.
    """
    home = sys._getframe(1).f_globals.get("__name__", "?")
    entry: Any = item() if isinstance(item, type) else item
    id = str(entry.id)
    if id in _items and not home == _homes[id] == "__main__":
        raise ValueError(f"{id} is already registered, in {_homes[id]}: choose another id")
    _items[id], _homes[id] = entry, home
    return item


def find(id: str) -> Any:
    """The exercise or item; UnknownItem if there is none."""
    if id not in _items:
        load(id.partition(".")[0])
    try:
        found = _items[id]
    except KeyError:
        raise UnknownItem(_unknown(id)) from None
    enter(id)
    return found


def enter(id: str) -> None:
    """Something of this id's notebook is being worked at."""
    global _last
    _last = id


def current() -> str:
    """The notebook that is being worked at, "01": that of the id that was asked for last; "" before the first."""
    return _last.partition(".")[0]


def _unknown(id: str) -> str:
    """The nearest id, if one is near, and those that there are: of the notebook, or all exercises."""
    known = [str(item.id) for item in of_course()]
    meant = id.strip().replace(",", ".")
    meant = f"0{meant}" if meant[1:2] == "." else meant  # 1.1 is 01.1, however near 11.1 is
    near = difflib.get_close_matches(meant, known, n=1, cutoff=0.8)
    notebook = (near[0] if near else id).partition(".")[0]
    here = known_ids(notebook)
    exercises = [name for name in known if name.partition(".")[2].isdigit()]
    listed = f"In notebook {notebook}: {', '.join(here)}" if here else f"Exercises: {', '.join(exercises) or 'none'}"
    return f"There is no {id!r}. {f'Did you mean {near[0]}? ' if near else ''}{listed}."


def load(notebook: str) -> None:
    """Import every file of a notebook's exercises, "01"; nothing happens if it has none."""
    name = f"{PACKAGE}.nb{notebook}"
    if notebook.isalnum() and importlib.util.find_spec(name) is not None:
        for file in pkgutil.iter_modules(importlib.import_module(name).__path__):
            importlib.import_module(f"{name}.{file.name}")


def known_ids(notebook: str) -> list[str]:
    """The ids of a notebook, sorted."""
    load(notebook)
    return sorted(id for id in _items if id.partition(".")[0] == notebook)


def of_notebook(notebook: str) -> list[Any]:
    """Everything registered for a notebook, by id."""
    return [_items[id] for id in known_ids(notebook)]


def of_course() -> list[Any]:
    """Everything registered for any notebook, by id."""
    for package in pkgutil.iter_modules(importlib.import_module(PACKAGE).__path__):
        if package.name.startswith("nb"):
            load(package.name.removeprefix("nb"))
    return [_items[id] for id in sorted(_items)]
