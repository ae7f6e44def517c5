"""Messages as bytes: a JSON header, then the raw bytes of each tensor. Nothing is pickled, nothing is evaluated.

    4 bytes   length of the header, big-endian
    header    JSON: ["Send", "me", "bob", ...]; a tensor stands there as {"tensor": [dtype, shape]}
    bodies    the bytes of those tensors, one after the other, row-major, little-endian

Large tensors may also travel apart (`encode_apart`), from memory to memory; the length counted is the same.

What JSON has no word for is written as an object with one key that names the kind:
{"tuple": [5, "grad"]}, {"dtype": "int64"}.
"""

from __future__ import annotations

import ctypes
import json
import math
import warnings
from collections.abc import Callable, Sequence
from json.encoder import encode_basestring as quote
from typing import Any

import torch

from course.errors import NotSendableError
from course.messages import KINDS, Graph, Group, Item, Message, PointerSpec, Step, TensorSpec

__all__ = [
    "decode",
    "decode_sealed",
    "encode",
    "encode_apart",
    "encode_sealed",
    "encoded_length",
    "memory_of",
]

APART = 65_536  # bytes: a tensor of that size travels apart, where the transport can do so


def encode(message: Message) -> bytes:
    """The message as bytes. NotSendableError for what bytes cannot carry (a function, a sparse tensor)."""
    bodies: list[torch.Tensor] = []
    header = _header(message, bodies.append)
    if not bodies:
        return len(header).to_bytes(4, "big") + header
    return b"".join([len(header).to_bytes(4, "big"), header, *[memory_of(_flat(body)) for body in bodies]])


def encode_apart(message: Message) -> tuple[bytes, list[torch.Tensor]]:
    """The same bytes, without those of large tensors, and these: flat, of bytes, in the memory that they have."""
    bodies: list[torch.Tensor] = []
    header = _header(message, bodies.append)
    if not bodies:
        return len(header).to_bytes(4, "big") + header, bodies
    flats = [_flat(body) for body in bodies]
    small = [memory_of(flat) for flat in flats if len(flat) < APART]
    return b"".join([len(header).to_bytes(4, "big"), header, *small]), [flat for flat in flats if len(flat) >= APART]


def decode(frame: bytes | memoryview, apart: Sequence[torch.Tensor] = ()) -> Message:
    """The message that `encode`, or `encode_apart`, wrote; a tensor that came apart is used as it is.

    ValueError for bytes that are no message.
    """
    try:
        end = 4 + int.from_bytes(frame[:4], "big")
        header = str(frame[4:end], "utf-8")
        if '"tensor"' not in header and end == len(frame) and not apart:
            return _read_plain(header)
        bodies = _Bodies(memoryview(frame)[end:], apart)
        message = _reader(bodies.take)(header)
    except (LookupError, TypeError, ArithmeticError, RuntimeError, StopIteration) as error:
        raise ValueError("these bytes are no message") from error
    if bodies.at != len(frame) - end or bodies.apart:
        raise ValueError("there are bytes behind the last tensor")
    return message


def encode_sealed(message: Message) -> bytes:
    """The header alone: a sealed message as bytes."""
    return _header(message, lambda body: None)


def decode_sealed(header: bytes) -> Message:
    """The sealed message that `encode_sealed` wrote."""
    return _read_sealed(str(header, "utf-8"))


def encoded_length(message: Message) -> int:
    """len(encode(message)), also for a sealed message, whose tensors are gone."""
    specs: list[torch.Tensor | TensorSpec] = []
    header = _header(message, specs.append)
    return 4 + len(header) + sum(_nbytes(spec) for spec in specs)


# JSON is written directly, without a copy of the message in plain lists: a message is many small values.


def _header(message: Message, add_body: Callable[[Any], None]) -> bytes:
    return f'["{type(message).__name__}",{_texts(message, add_body)}]'.encode()


def _texts(values: Any, add_body: Callable[[Any], None]) -> str:
    """The texts of these values, one after the other."""
    return ",".join([text(v) if (text := plain(type(v))) else _nested_text(v, add_body) for v in values])


def _nested_text(value: Any, add_body: Callable[[Any], None]) -> str:
    form = NESTED.get(type(value))
    if form is not None:
        return form % (_texts(value, add_body) if value else "")
    if type(value) is Item:
        return ITEM % _texts(value if value.had_graph else value[:-1], add_body)
    if isinstance(value, (torch.Tensor, TensorSpec)):
        add_body(value)
        return f'{{"tensor":["{str(value.dtype)[6:]}",[{",".join(map(str, value.shape))}]]}}'
    raise NotSendableError(f"{type(value).__name__} {value!r}", "it is neither a tensor nor plain data")


def _float(value: float) -> str:
    return repr(value) if math.isfinite(value) else json.dumps(value)


def _complex(value: complex) -> str:
    return f'{{"complex":[{_float(value.real)},{_float(value.imag)}]}}'


def _named(name: str, text: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda value: f'{{"{name}":"{text(value)}"}}'


# A text for each type, a reader for each name: a byte from outside can only become one of these.
PLAIN: dict[type, Callable[[Any], str]] = {
    int: repr,
    str: quote,
    bool: {True: "true", False: "false"}.__getitem__,
    type(None): {None: "null"}.__getitem__,
    float: _float,
    complex: _complex,
    type(...): lambda value: '{"ellipsis":0}',
    torch.dtype: _named("dtype", lambda value: str(value)[6:]),
    torch.device: _named("device", str),
    torch.memory_format: _named("memory_format", lambda value: str(value)[6:]),
    torch.layout: _named("layout", lambda value: str(value)[6:]),
}

plain = PLAIN.get

NESTED: dict[type, str] = {
    list: "[%s]",
    tuple: '{"tuple":[%s]}',
    Group: '{"group":[%s]}',
    PointerSpec: '{"pointer":[%s]}',
    Graph: '{"plan":[%s]}',
    Step: '{"step":[%s]}',
    torch.Size: '{"size":[%s]}',
}
ITEM = '{"item":[%s]}'

DTYPES = {str(d)[6:]: d for d in vars(torch).values() if isinstance(d, torch.dtype)}
FORMATS = {str(f)[6:]: f for f in vars(torch).values() if isinstance(f, torch.memory_format)}
LAYOUTS = {str(v)[6:]: v for v in vars(torch).values() if isinstance(v, torch.layout)}

# What is inside has been read before what is around it, the tensors in the order in which they stand in the text.
READERS: dict[str, Callable[[Any], Any]] = {
    "tuple": tuple,
    "item": lambda value: Item(*value),
    "group": lambda value: Group(*value),
    "pointer": lambda value: PointerSpec(*value),
    "plan": lambda value: Graph(*value),
    "step": lambda value: Step(*value),
    "size": torch.Size,
    "ellipsis": lambda value: ...,
    "complex": lambda value: complex(*value),
    "dtype": DTYPES.__getitem__,
    "device": torch.device,
    "memory_format": FORMATS.__getitem__,
    "layout": LAYOUTS.__getitem__,
}


def _reader(take: Callable[..., Any]) -> Callable[[str], Message]:
    """What reads a message from the text of its header; `take` makes what stands in the place of a tensor."""
    readers = READERS | {"tensor": lambda value: take(DTYPES[value[0]], tuple(map(int, value[1])))}

    def read(tagged: list[tuple[str, Any]]) -> Any:
        ((name, inside),) = tagged
        return readers[name](inside)

    decoder: Any = json.JSONDecoder(object_pairs_hook=read)
    scan = decoder.scan_once  # not `decode`, which looks for spaces around the text

    def message(text: str) -> Message:
        (kind, *fields), end = scan(text, 0)
        if end != len(text):
            raise ValueError("there is something behind the header")
        read_message: Message = KINDS[kind](*fields)
        return read_message

    return message


def _no_tensor(dtype: torch.dtype, shape: tuple[int, ...]) -> Any:
    raise ValueError("there is a tensor in a header that was said to have none")


_read_sealed = _reader(TensorSpec)
_read_plain = _reader(_no_tensor)


def _nbytes(spec: torch.Tensor | TensorSpec) -> int:
    return math.prod(spec.shape) * spec.dtype.itemsize


META = ("A meta tensor", "it has a shape but no numbers", "torch.zeros_like(x, device='cpu')")


def _flat(tensor: torch.Tensor) -> torch.Tensor:
    """The bytes of a tensor in row-major order, as a tensor. NotSendableError for one that has none."""
    if tensor.is_meta:
        raise NotSendableError(*META)
    rows = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous()
    return rows.as_strided((rows.numel(),), (1,)).view(torch.uint8)  # flatten() would keep a single number's odd stride


def memory_of(flat: torch.Tensor) -> memoryview:
    """The memory of a flat tensor of bytes, which lives as long as this.

    Not through NumPy, which would keep operations in place from ever resizing this memory.
    """
    if not len(flat):
        return EMPTY
    memory = (ctypes.c_char * len(flat)).from_address(flat.data_ptr())
    memory.tensor = flat  # type: ignore[attr-defined]
    return memoryview(memory).cast("B")


EMPTY = memoryview(bytearray())  # to be written to, as any other

with warnings.catch_warnings():  # torch warns once that such bytes must not be written to; here they are only read
    warnings.simplefilter("ignore")
    torch.frombuffer(b"0", dtype=torch.uint8)


class _Bodies:
    """Cuts the tail of a frame into tensors, in the order in which the header names them."""

    def __init__(self, tail: memoryview, apart: Sequence[torch.Tensor]) -> None:
        self.tail = tail
        self.at = 0
        self.apart = list(apart)

    def take(self, dtype: torch.dtype, shape: tuple[int, ...]) -> torch.Tensor:
        size = _nbytes(TensorSpec(dtype, shape))
        if size >= APART and self.apart:
            return self._take_apart(dtype, shape, size)
        part = self.tail[self.at : self.at + size]
        if len(part) != size:
            raise ValueError(f"the frame ends inside a tensor: {len(part)} of {size} bytes")
        self.at += size
        tensor = torch.empty(shape, dtype=dtype)  # where torch aligns it: the last digit of a sum depends on that
        if size:
            tensor.view(-1).view(torch.uint8).copy_(torch.frombuffer(part, dtype=torch.uint8))
        return tensor

    def _take_apart(self, dtype: torch.dtype, shape: tuple[int, ...], size: int) -> torch.Tensor:
        flat = self.apart.pop(0)
        if len(flat) != size:
            raise ValueError(f"a tensor of {size} bytes came as {len(flat)}")
        tensor: torch.Tensor = torch.empty(0, dtype=dtype).set_(flat.untyped_storage(), 0, shape)  # type: ignore
        return tensor
