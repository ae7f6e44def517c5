"""Messages as bytes: a JSON header, then the raw bytes of each tensor. Nothing is pickled, nothing is evaluated.

    4 bytes   length of the header, big-endian
    header    JSON: ["Send", "me", "bob", ...]; a tensor stands there as {"tensor": [dtype, shape]}
    bodies    the bytes of those tensors, one after the other, row-major, little-endian

What JSON has no word for is written as an object with one key that names the kind:
{"tuple": [5, "grad"]}, {"dtype": "int64"}.
"""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable
from typing import Any

import torch

from course.errors import NotSendableError
from course.messages import KINDS, Group, Item, Message, PointerSpec, TensorSpec

__all__ = ["decode", "decode_sealed", "encode", "encode_sealed", "encoded_length"]

def encode(message: Message) -> bytes:
    """The message as bytes. NotSendableError for what bytes cannot carry (a function, a sparse tensor)."""
    bodies: list[torch.Tensor] = []
    header = _header(message, bodies.append)
    return b"".join([len(header).to_bytes(4, "big"), header, *map(_tensor_bytes, bodies)])


def decode(frame: bytes | memoryview) -> Message:
    """The message that `encode` wrote. ValueError for bytes that are no message."""
    try:
        return _decode(memoryview(frame))
    except (LookupError, TypeError, ArithmeticError, RuntimeError) as error:
        raise ValueError("these bytes are no message") from error


def _decode(frame: memoryview) -> Message:
    end = 4 + int.from_bytes(frame[:4], "big")
    kind, *fields = json.loads(bytes(frame[4:end]))
    bodies = _Bodies(frame[end:])
    message: Message = KINDS[kind](*[_from_json(field, bodies.take) for field in fields])
    if bodies.at != len(bodies.tail):
        raise ValueError(f"{len(bodies.tail) - bodies.at} bytes too many behind the last tensor")
    return message


def encode_sealed(message: Message) -> bytes:
    """The header alone: a sealed message as bytes."""
    return _header(message, lambda body: None)


def decode_sealed(header: bytes) -> Message:
    """The sealed message that `encode_sealed` wrote."""
    kind, *fields = json.loads(header)
    message: Message = KINDS[kind](*[_from_json(field, TensorSpec) for field in fields])
    return message


def encoded_length(message: Message) -> int:
    """len(encode(message)), also for a sealed message, whose tensors are gone."""
    specs: list[torch.Tensor | TensorSpec] = []
    header = _header(message, specs.append)
    return 4 + len(header) + sum(_nbytes(spec) for spec in specs)


def _header(message: Message, add_body: Callable[[Any], None]) -> bytes:
    fields = [type(message).__name__, *[_to_json(field, add_body) for field in message]]
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()


def _to_json(value: Any, add_body: Callable[[Any], None]) -> Any:
    if value is None or type(value) in (bool, int, float, str):
        return value
    write = WRITERS.get(type(value)) or (_write_tensor if isinstance(value, torch.Tensor) else None)
    if write is None:
        raise NotSendableError(f"{type(value).__name__} {value!r}", "it is neither a tensor nor plain data")
    return write(value, lambda part: _to_json(part, add_body), add_body)


def _write_tensor(value: Any, inner: Any, add_body: Any) -> Any:
    add_body(value)
    return {"tensor": [str(value.dtype)[6:], list(value.shape)]}


def _nested(name: str) -> Callable[[Any, Any, Any], Any]:
    return lambda value, inner, add_body: {name: [inner(part) for part in value]}


# One writer for each type, one reader for each name: a byte from outside can only become one of these.
WRITERS: dict[type, Callable[[Any, Any, Any], Any]] = {
    list: lambda value, inner, add_body: [inner(part) for part in value],
    tuple: _nested("tuple"),
    Item: lambda item, inner, add_body: {"item": [inner(part) for part in (item if item.had_graph else item[:-1])]},
    Group: _nested("group"),
    PointerSpec: _nested("pointer"),
    torch.Size: _nested("size"),
    type(...): lambda value, inner, add_body: {"ellipsis": 0},
    complex: lambda value, inner, add_body: {"complex": [value.real, value.imag]},
    torch.dtype: lambda value, inner, add_body: {"dtype": str(value)[6:]},
    torch.device: lambda value, inner, add_body: {"device": str(value)},
    torch.memory_format: lambda value, inner, add_body: {"memory_format": str(value)[6:]},
    torch.layout: lambda value, inner, add_body: {"layout": str(value)[6:]},
    torch.Tensor: _write_tensor,
    TensorSpec: _write_tensor,
}

DTYPES = {str(d)[6:]: d for d in vars(torch).values() if isinstance(d, torch.dtype)}
FORMATS = {str(f)[6:]: f for f in vars(torch).values() if isinstance(f, torch.memory_format)}
LAYOUTS = {str(v)[6:]: v for v in vars(torch).values() if isinstance(v, torch.layout)}

READERS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "tuple": lambda value, inner, take: tuple(inner(part) for part in value),
    "item": lambda value, inner, take: Item(*[inner(part) for part in value]),
    "group": lambda value, inner, take: Group(*[inner(part) for part in value]),
    "pointer": lambda value, inner, take: PointerSpec(*[inner(part) for part in value]),
    "size": lambda value, inner, take: torch.Size(value),
    "ellipsis": lambda value, inner, take: ...,
    "complex": lambda value, inner, take: complex(*value),
    "dtype": lambda value, inner, take: DTYPES[value],
    "device": lambda value, inner, take: torch.device(value),
    "memory_format": lambda value, inner, take: FORMATS[value],
    "layout": lambda value, inner, take: LAYOUTS[value],
    "tensor": lambda value, inner, take: take(DTYPES[value[0]], tuple(map(int, value[1]))),
}


def _from_json(value: Any, take: Callable[..., Any]) -> Any:
    if isinstance(value, list):
        return [_from_json(part, take) for part in value]
    if isinstance(value, dict):
        ((name, inside),) = value.items()
        return READERS[name](inside, lambda part: _from_json(part, take), take)
    return value


def _nbytes(spec: torch.Tensor | TensorSpec) -> int:
    return math.prod(spec.shape) * spec.dtype.itemsize


def _tensor_bytes(tensor: torch.Tensor) -> bytes:
    rows = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous()
    flat = rows.as_strided((rows.numel(),), (1,))  # flatten() would keep the odd stride of a single number
    return flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""


with warnings.catch_warnings():  # torch warns once that such bytes must not be written to; here they are only read
    warnings.simplefilter("ignore")
    torch.frombuffer(b"0", dtype=torch.uint8)


class _Bodies:
    """Cuts the tail of a frame into tensors, in the order in which the header names them."""

    def __init__(self, tail: memoryview) -> None:
        self.tail = tail
        self.at = 0

    def take(self, dtype: torch.dtype, shape: tuple[int, ...]) -> torch.Tensor:
        spec = TensorSpec(dtype, shape)
        size = _nbytes(spec)
        part = self.tail[self.at : self.at + size]
        if len(part) != size:
            raise ValueError(f"the frame ends inside a tensor: {len(part)} of {size} bytes")
        self.at += size
        tensor = torch.empty(shape, dtype=dtype)  # where torch aligns it: the last digit of a sum depends on that
        if size:  # not through NumPy, which would keep operations in place from ever resizing this memory
            tensor.view(-1).view(torch.uint8).copy_(torch.frombuffer(part, dtype=torch.uint8))
        return tensor
