"""What messages say beside their tensors must not depend on anybody's numbers: the same call, asked twice.

A tensor that travels is counted by its size (course/transcript.py). But an operation says numbers, too, `x + 0.25`, and
so do a plan, a tag, a search, a shape, and what holders of shares are told in public. Mostly they are nobody's secret:
a learning rate, a dimension, a count of rows. No list of what is ordinary could tell a label from a dimension. So the
question is asked a second time, with other numbers in its tensors and all else the same: shapes, names, settings,
seeds. What an honest message says is then the same to the last digit, ids included; whatever differs was made from the
numbers, and counts as having travelled.

An answer that knows the first call and repeats what it said then is not caught, nor is one that speaks by how long it
takes; and what two tensors have in common, as the largest number may be, looks like a setting.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

import torch

from course.learn.plain import Plain, Pointer
from course.learn.words import brief
from course.messages import objects_in, unseal, written_in

Sealed = tuple[Any, ...]
NAMED = ("Execute", "Joint")  # messages that ask for something by name


def with_other_numbers(question: Plain) -> Plain:
    """The same question with other numbers in all of its tensors: of the same dtype, and within the same range."""
    if isinstance(question, torch.Tensor):
        return _other_numbers(question)
    if isinstance(question, Pointer):
        return Pointer(question.location, question.id, with_other_numbers(question.value))
    if isinstance(question, list | tuple):
        return type(question)([with_other_numbers(part) for part in question])
    if isinstance(question, dict):
        return {key: with_other_numbers(part) for key, part in question.items()}
    return question


def _other_numbers(x: torch.Tensor) -> torch.Tensor:
    """Whole numbers each become the next one in their range, so that a label stays a label; others are mirrored."""
    if x.numel() == 0 or x.dtype is torch.bool or x.is_complex():
        return ~x if x.dtype is torch.bool else x * 2
    low, high = x.min(), x.max()
    if x.is_floating_point():
        return x * 0.75 + (x == 0) * 0.25 if low == high else (low + high - x) * 0.75
    if low == high:
        return torch.where(x > 0, x - 1, x + 1)
    return torch.where(x == high, low, x + 1)


def depending(heard: list[Sealed], twin: list[Sealed]) -> list[dict[str, Any]]:
    """Where the messages of a call say something else than those of its twin: who told whom how many `words`, and what.

    When a pointer is dropped is up to Python, too: that does not count. Nor does the order in which several workers are
    asked, which none of them sees, and in which a `set` of workers differs from call to call; but then ids differ with
    it, and only their order can be compared.
    """
    own, other = _lasting(heard), _lasting(twin)
    if list(map(_head, own)) == list(map(_head, other)):
        return _along(own, other)
    ways = dict.fromkeys(message[1:3] for message in (*own, *other))
    ids, others = _ids(own), _ids(other)
    return [one for way in ways for one in _along(_numbered(own, way, ids), _numbered(other, way, others))]


def _along(own: list[Sealed], other: list[Sealed]) -> list[dict[str, Any]]:
    """The difference message by message. After the first that the twin did not send, each tells that it was sent."""
    common = 0
    while common < min(len(own), len(other)) and _head(own[common]) == _head(other[common]):
        common += 1
    told = [_told(mine, differing(mine, theirs)) for mine, theirs in zip(own[:common], other, strict=False)]
    told += [_sent(message) for message in own[common:] or other[common:]]
    return [one for one in told if one["words"]]


def _ids(messages: list[Sealed]) -> set[int]:
    return {id for message in messages for id in objects_in(unseal(message))}


def _numbered(messages: list[Sealed], way: Sealed, ids: set[int]) -> list[Sealed]:
    """The messages from one to another, with these ids counted from -1 down as they appear there."""
    names: dict[int, int] = {}

    def numbered(part: Any) -> Any:
        if type(part) is int and part in ids:
            return names.setdefault(part, -1 - len(names))
        return type(part)([numbered(one) for one in part]) if type(part) in (tuple, list) else part

    return [numbered(message) for message in messages if message[1:3] == way]


def _lasting(messages: list[Sealed]) -> list[Sealed]:
    return [message for message in messages if message[0] != "Delete"]


def _head(message: Sealed) -> Sealed:
    """Kind, sender and receiver, and the name of a single operation."""
    return message[: 4 if message[0] in NAMED else 3]


def differing(own: Sealed, other: Sealed) -> list[Any]:
    """What the one message says where the other says something else."""
    pairs = zip_longest(_parts(own), _parts(other), fillvalue="nothing")
    return [mine for mine, theirs in pairs if type(mine) is not type(theirs) or repr(mine) != repr(theirs)]


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for part in value:
            yield from _parts(part)
    else:
        yield value


def _told(message: Sealed, said: list[Any]) -> dict[str, Any]:
    shown = ", ".join(map(brief, said[:2])) + (", …" if len(said) > 2 else "")
    return _row(message, sum(map(width, said)), f"{shown} in {_name(message)}")


def _sent(message: Sealed) -> dict[str, Any]:
    """That it was sent, and what it says."""
    return _row(message, 1 + sum(map(width, written_in(unseal(message)))), f"whether to ask for {_name(message)}")


def _row(message: Sealed, words: int, text: str) -> dict[str, Any]:
    return {"kind": message[0].lower(), "sender": message[1], "receiver": message[2], "words": words, "text": text}


def _name(message: Sealed) -> str:
    return str(message[3] if message[0] in NAMED else message[0].lower())


def width(said: Any) -> int:
    """How many 32-bit words something that a message says may stand for.

    >>> width(0.25), width(0.1), width(7), width(7 << 40), width("#seven"), width(None)
    (1, 2, 1, 2, 2, 1)
    """
    match said:
        case str():
            return max(1, -(-len(said) // 4))
        case bool():
            return 1
        case int():
            return max(1, -(-said.bit_length() // 32))
        case float():
            return 1 if said != said or said == float(torch.tensor(said, dtype=torch.float32)) else 2
        case complex():
            return width(said.real) + width(said.imag)
    return 1
