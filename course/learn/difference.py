"""The first difference between what was returned and what was expected: type, then dtype, then shape, then number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch

from course.learn.plain import Other, Plain, Pointer, same
from course.learn.words import a_or_an, brief, size


@dataclass(frozen=True)
class Difference:
    """Where two values first differ. `tag` says in what; `seen` and `expected` are texts for a message."""

    tag: str  # wrong-type, wrong-dtype, wrong-shape or wrong-value
    where: str  # "entry 2, entry 'bob'", empty for the whole
    seen: str
    expected: str


def difference(seen: Plain, expected: Plain, tolerance: float = 0.0, where: str = "") -> Difference | None:
    """None if they are equal; `tolerance` is relative and absolute, 0 means to the last digit (nan equals nan)."""
    seen, expected = far_end(seen), far_end(expected)
    if isinstance(expected, torch.Tensor) and isinstance(seen, torch.Tensor):
        return _tensors(seen, expected, tolerance, where)
    if type(seen) is not type(expected):
        return Difference("wrong-type", where, told(seen), kind(expected))
    if isinstance(expected, list | tuple):
        return _entries(dict(enumerate(seen)), dict(enumerate(expected)), tolerance, where)
    if isinstance(expected, dict):
        return _entries(seen, expected, tolerance, where)
    if isinstance(expected, float) and _near(seen, expected, tolerance):
        return None
    return None if same(seen, expected) else Difference("wrong-value", where, *told_apart(seen, expected))


def _near(seen: float, expected: float, tolerance: float) -> bool:
    """Nothing but infinity is near infinity."""
    return seen == expected or (math.isfinite(expected) and abs(seen - expected) <= tolerance * (1 + abs(expected)))


def alike(seen: Plain, expected: Plain, tolerance: float = 0.0) -> bool:
    """Whether there is no difference."""
    return difference(seen, expected, tolerance) is None


def far_end(value: Plain) -> Plain:
    """What lies at the end of a pointer or a chain; in lists, tuples and dicts, item by item."""
    if isinstance(value, Pointer):
        return far_end(value.value)
    if isinstance(value, list | tuple):
        return type(value)(map(far_end, value))
    if isinstance(value, dict):
        return {key: far_end(item) for key, item in value.items()}
    return value


def kind(value: Plain) -> str:
    """What a value is, in words: `a tensor`, `nothing`, `a list of 3`."""
    if value is None:
        return "nothing"
    if isinstance(value, torch.Tensor):
        return f"a tensor, `{size(value)}`"
    if isinstance(value, Pointer):
        return f"a {brief(value)}"
    if isinstance(value, Other):
        return f"the worker {value.text}" if value.type == "worker" else a_or_an(value.type)
    if isinstance(value, dict) and value.keys() == {"module", "state"}:
        return a_or_an(str(value["module"]))
    named = a_or_an(type(value).__name__).replace("a str", "a text").replace("a bool", "True or False")
    return f"{named} of {len(value)}" if isinstance(value, list | tuple | dict) else named


def told(value: Plain) -> str:
    """What a value is, and the value itself where it is short: `3`, an int."""
    return f"`{brief(value)}`, {kind(value)}" if isinstance(value, bool | int | float | str) else kind(value)


def told_apart(a: Plain, b: Plain) -> tuple[str, str]:
    """Both in brief; written out where they would look the same."""
    short = brief(a), brief(b)
    long = short if short[0] != short[1] else (str(_number(a)), str(_number(b)))
    return f"`{long[0]}`", f"`{long[1]}`"


def _number(value: Any) -> Any:
    return value.tolist() if isinstance(value, torch.Tensor) else value


def _tensors(seen: torch.Tensor, expected: torch.Tensor, tolerance: float, where: str) -> Difference | None:
    if seen.dtype != expected.dtype:
        return Difference("wrong-dtype", where, f"`{size(seen)}`", f"`{size(expected)}`")
    if seen.shape != expected.shape:
        shapes = (f"a tensor of shape `{tuple(tensor.shape)}`" for tensor in (seen, expected))
        return Difference("wrong-shape", where, *shapes)
    off = ~torch.isclose(seen, expected, rtol=tolerance, atol=tolerance, equal_nan=True)
    if not bool(off.any()):
        return None
    if expected.numel() <= 6:
        return Difference("wrong-value", where, *told_apart(seen, expected))
    at = [int(index) for index in off.nonzero()[0]]
    shown = told_apart(seen[tuple(at)], expected[tuple(at)])
    return Difference("wrong-value", joined(where, f"position {at}"), *shown)


def _entries(seen: dict[Any, Plain], expected: dict[Any, Plain], tolerance: float, where: str) -> Difference | None:
    """Entries by position or by key: first whether they are there, then each."""
    missing = [key for key in expected if key not in seen]
    extra = [key for key in seen if key not in expected]
    if missing or extra:
        absent = f"no entry {brief(missing[0])}" if missing else f"an entry {brief(extra[0])}"
        return Difference("wrong-shape", where, f"{len(seen)} entries, {absent}", f"{len(expected)} entries")
    found = (difference(seen[key], expected[key], tolerance, joined(where, f"entry {brief(key)}")) for key in expected)
    return next((entry for entry in found if entry is not None), None)


def joined(where: str, part: str) -> str:
    """A path in words."""
    return f"{where}, {part}" if where else part


# ── forms ───────────────────────────────────────────────────────────────────────────────────────────────────

# A type of plain data, or `...` for anything; [form], a list of such; (form, form), a tuple or list of exactly these;
Form = Any  # {key: form}


def misfit(value: Plain, form: Form, where: str = "") -> tuple[str, Plain] | None:
    """The first part of a value that has not this form, and where it is; None if all is as it should be.

    `Pointer` asks for a tensor at the far end, too.
    """
    if form is ...:
        return None
    if isinstance(form, list):
        parts = [(i, item, form[0]) for i, item in enumerate(value)] if isinstance(value, list) else None
    elif isinstance(form, tuple):
        fits = isinstance(value, list | tuple) and len(value) == len(form)
        parts = list(zip(range(len(form)), value, form, strict=True)) if fits else None
    elif isinstance(form, dict):
        ((of_key, of_item),) = form.items()
        fits = isinstance(value, dict) and all(type(key) is of_key for key in value)
        parts = [(key, item, of_item) for key, item in value.items()] if fits else None
    else:
        at_end = isinstance(far_end(value), torch.Tensor) if form is Pointer else True
        parts = [] if type(value) is form and at_end else None
    if parts is None:
        return where, value
    found = (misfit(item, of_item, joined(where, f"entry {brief(key)}")) for key, item, of_item in parts)
    return next((part for part in found if part is not None), None)
