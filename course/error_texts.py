"""What the error of an operation may say: torch quotes values in some of its errors, and values stay where they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import torch

from course.errors import CourseError
from course.operations import find

__all__ = ["told"]


def told(error: Exception, op: str, args: list[Any], keywords: dict[str, Any]) -> Exception:
    """The error of an operation, without the numbers in torch's words that may be values.

    torch quotes labels, indices and other values in its errors. Whether it does shows when the operation is tried on
    zeros and on ones in the place of the values: words that do not change with them tell only shapes and dtypes. What
    fails in a backward is the graph; its values passed the forward.
    """
    tensors = list(tensors_among([*args, *keywords.values()]))
    if isinstance(error, CourseError) or op.endswith("backward") or not re.search(NUMBER, str(error)):
        return error
    if not all(type(tensor) in PLAIN and tensor.layout is torch.strided for tensor in tensors):
        return error if any(type(tensor) not in PLAIN for tensor in tensors) else without_numbers(error)
    random_state = torch.get_rng_state()
    try:
        words = {attempted(op, args, keywords, number) for number in (0, 1)}
    finally:
        torch.set_rng_state(random_state)
    return error if words == {str(error)} else without_numbers(error)


PLAIN = frozenset({torch.Tensor, torch.nn.Parameter})
NUMBER = r"-?\b(\d+(\.\d*)?(e[+-]?\d+)?|nan|inf)\b"


def without_numbers(error: Exception) -> Exception:
    return type(error)(
        re.sub(NUMBER, "...", str(error)) + " (the numbers are left out: among them may be values, and those stay here)"
    )


def tensors_among(values: Iterable[Any]) -> Iterator[torch.Tensor]:
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from tensors_among(value)


def attempted(op: str, args: list[Any], keywords: dict[str, Any], number: int) -> str:
    """The words of the error of this operation on tensors of the same shapes that are full of one number."""
    try:
        named = {name: filled(arg, number) for name, arg in keywords.items()}
        find(op)(*[filled(arg, number) for arg in args], **named)
    except Exception as error:  # noqa: BLE001  whatever it raises is what is asked for
        return str(error)
    return ""


def filled(value: Any, number: int) -> Any:
    """An argument with a copy full of one number in the place of each tensor."""
    if isinstance(value, (list, tuple)):
        return type(value)(filled(part, number) for part in value)
    if not isinstance(value, torch.Tensor):
        return value
    with torch.no_grad():
        copy = torch.empty_strided(value.shape, value.stride(), dtype=value.dtype).fill_(number)
    return copy.requires_grad_(value.requires_grad)
