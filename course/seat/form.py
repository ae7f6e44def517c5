"""How one kind of thing crosses: what a form has to say, and how plain data is read on the way in."""

from __future__ import annotations

import re
from typing import Any

from course.seat.wire import Garbled

__all__ = ["Form", "Node", "checked", "ref_of"]

Node = Any  # None, bool, int, str, or a list that begins with the name of a kind
Crossing = Any  # course/seat/crossing.py, which knows all forms

NAME = re.compile(r"[^\W\d]\w{0,60}")


class Form:
    """How one kind of thing crosses: `state` is plain data, `make` begins the thing, `become` gives it a state."""

    name: str
    dies = False  # whether workers hold something for it, which its end at the seat sets free

    def takes(self, value: Any) -> bool:
        raise NotImplementedError

    def mark(self, value: Any) -> Any:
        """What tells it from others."""
        return id(value)

    def copies(self, value: Any) -> bool:
        """Whether a copy will do, where nobody changes it."""
        return False

    def state(self, crossing: Crossing, value: Any) -> Node:
        raise NotImplementedError

    def make(self, crossing: Crossing, key: int, state: Node) -> Any:
        raise NotImplementedError

    def become(self, crossing: Crossing, value: Any, state: Node) -> None:
        """By default nothing of it can change."""


def ref_of(node: Node) -> Any:
    """The id of an object, or of a part of one: [5, "grad"]."""
    if type(node) is int:
        return node
    id, *parts = node
    if type(id) is not int or not all(part in ("grad", "data") for part in parts):
        raise Garbled("no id")
    return (id, *parts)


def checked(name: Any) -> str:
    """A name that is a Python name and no private one of classes. Garbled otherwise."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise Garbled("no name")
    return name
