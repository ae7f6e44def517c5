"""Values in few words, for messages that a person reads."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

import torch

from course.learn.plain import Other, Plain, Pointer

MESSAGE_WORDS = 60
_SHOWN = 6  # elements of a tensor that are still written out
_TEXT = 40  # characters of a string
_CALL = 80  # characters of a call: it is repeated in every message


def brief(value: Plain) -> str:
    """A value of plain data in few words: `tensor([1, 2])`, `pointer to bob`, `list of 653`."""
    if isinstance(value, torch.Tensor):
        return _tensor(value)
    if isinstance(value, Pointer):
        return f"pointer to {_path(value)}"
    if isinstance(value, Other):
        named = value.type == "worker" or value.text.isidentifier()  # an object that shows itself as a name
        return value.text if named else a_or_an(value.type)
    if isinstance(value, dict) and set(value) == {"module", "state"}:
        return str(value["module"])
    if isinstance(value, list | tuple):
        return _sequence(value)
    if isinstance(value, dict):
        return _mapping(value)
    if isinstance(value, float):
        return number(value)
    text = repr(value)
    return text if len(text) <= _TEXT else f"{text[:_TEXT]}…"


def number(value: float | int | bool) -> str:
    """A number with four digits at most that matter: 0.3333, 12, 1e-05, nan."""
    if isinstance(value, bool | int):
        return str(value)
    if not math.isfinite(value):
        return str(value)
    short = f"{value:.4g}"
    return short if any(mark in short for mark in ".en") else f"{short}.0"


def size(tensor: torch.Tensor) -> str:
    """Shape and dtype as in the figures: `640 x 784 float32`, `1 int64`."""
    dtype = str(tensor.dtype).removeprefix("torch.")
    return f"{' x '.join(map(str, tensor.shape)) or 1} {dtype}"


def call_text(name: str, args: Iterable[Plain], kwargs: dict[str, Plain] | None = None) -> str:
    """The call as the student would have typed it, values in brief; of a long one, lists and tensors in outline."""
    values = [("", arg) for arg in args] + [(f"{key}=", value) for key, value in (kwargs or {}).items()]
    text = ""
    for say in (brief, _length, _outline):
        text = f"{name}({', '.join(key + say(value) for key, value in values)})"
        if len(text) <= _CALL:
            break
    return text


def count_words(text: str) -> int:
    """Words as a person counts them, a call in backticks being as many as it has blanks."""
    return len(text.split())


def shorten(text: str, words: int) -> str:
    """At most `words` words of a text, on one line."""
    parts = text.split()
    return " ".join(parts) if len(parts) <= words else f"{' '.join(parts[:words])} …"


def first_sentence(text: str, words: int = 40) -> str:
    """The first sentence of a text, on one line: what happened, where the rest says why and what next."""
    return shorten(re.split(r"(?<=[.:!?]) (?=[A-Z])", " ".join(text.split()))[0], words)


def a_or_an(noun: str) -> str:
    """`a float`, `an int`."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def plural(count: int, noun: str) -> str:
    """`1 message`, `3 messages`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _length(value: Plain) -> str:
    """A list by how many it has."""
    return f"{type(value).__name__} of {len(value)}" if isinstance(value, list | tuple) else brief(value)


def _outline(value: Plain) -> str:
    """A list by how many it has, a tensor by its shape."""
    return _shape(value) if isinstance(value, torch.Tensor) else _length(value)


def _shape(tensor: torch.Tensor) -> str:
    return f"tensor of shape {tuple(tensor.shape)}"


def _tensor(tensor: torch.Tensor) -> str:
    if tensor.numel() > _SHOWN or tensor.is_complex():
        return _shape(tensor)
    return f"tensor({_nested(tensor.tolist())})"


def _nested(values: Any) -> str:
    if isinstance(values, list):
        return f"[{', '.join(_nested(value) for value in values)}]"
    return number(values)


def _path(pointer: Pointer) -> str:
    inner = pointer.value
    return f"{pointer.location} → {_path(inner)}" if isinstance(inner, Pointer) else pointer.location


def _sequence(values: list[Plain] | tuple[Plain, ...]) -> str:
    opening, closing = ("[", "]") if isinstance(values, list) else ("(", ")")
    if len(values) <= 3:
        return f"{opening}{', '.join(brief(value) for value in values)}{closing}"
    return f"{type(values).__name__} of {len(values)}"


def _mapping(values: dict[Any, Plain]) -> str:
    if len(values) <= 3:
        return f"{{{', '.join(f'{brief(k)}: {brief(v)}' for k, v in values.items())}}}"
    return f"dict of {len(values)}"
