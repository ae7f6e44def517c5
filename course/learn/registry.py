"""What can be asked: exercises, quiz questions and predictions by id, each id once.

An id begins with its notebook: "01.2", "01.q1", "01.p1". `find` loads `course.exercises.nb01` when it is
first asked for something of notebook 01; a teacher may also register a new exercise in a notebook cell.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Any, TypeVar

T = TypeVar("T")

PACKAGE = "course.exercises"
_items: dict[str, Any] = {}
_homes: dict[str, str] = {}  # the module that registered it


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
        return _items[id]
    except KeyError:
        known = ", ".join(known_ids(id.partition(".")[0])) or "none"
        raise UnknownItem(f"There is no {id!r}. In this notebook: {known}.") from None


def load(notebook: str) -> None:
    """Import the exercises of a notebook, "01"; nothing happens if it has none."""
    name = f"{PACKAGE}.nb{notebook}"
    if notebook.isalnum() and importlib.util.find_spec(name) is not None:
        importlib.import_module(name)


def known_ids(notebook: str) -> list[str]:
    """The ids of a notebook, sorted."""
    load(notebook)
    return sorted(id for id in _items if id.partition(".")[0] == notebook)


def of_notebook(notebook: str) -> list[Any]:
    """Everything registered for a notebook, by id."""
    return [_items[id] for id in known_ids(notebook)]
