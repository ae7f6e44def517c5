"""Plain data: the only thing that questions and evidence are made of.

A verdict must be computable in another process than the one that ran a student's code. So everything that
passes between the three pieces of an exercise is made of

    None, bool, int, float, str, list, tuple, dict, torch.Tensor, Pointer, Other

and goes through `encode`, one line of canonical JSON, exact to the last bit: a tensor keeps its dtype,
shape and values (nan, inf and -0.0 included) and nothing else. `observe` turns whatever a student's
function returned into this vocabulary; what has no place in it becomes `Other`, a type and a text, never
the object itself: an object that claims to be equal to everything is equal to nothing once it has been
observed.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FunctionType, MethodType
from typing import Any

import torch

from course.plans import PointerPlan
from course.smpc import SharedTensor

Plain = Any  # one of the types listed above; spelled out as a recursive union it helps nobody

_TAG = "$"
_DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64,
        torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.complex128,
    )
}  # fmt: skip


@dataclass(frozen=True)
class Pointer:
    """A pointer as evidence: where it points, and what lay there when it was observed.

    `value` is the remote object (a tensor, or another Pointer in a chain), None when nothing is left there.
    """

    location: str
    id: int
    value: Plain = None


@dataclass(frozen=True)
class Other:
    """Something that is not plain data: the name of its type and a short text."""

    type: str
    text: str


def encode(value: Plain) -> str:
    """Canonical JSON of plain data; TypeError for anything else."""
    return json.dumps(_lower(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def decode(text: str) -> Plain:
    """The plain data that `encode` wrote."""
    return _lift(json.loads(text))


def same(a: Plain, b: Plain) -> bool:
    """Equal in type, dtype, shape and every value (nan equals nan)."""
    return encode(a) == encode(b)


def _lower(value: Plain) -> Any:
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return (
            value if math.isfinite(value) and str(value) != "-0.0" else {_TAG: "float", "value": str(value)}
        )
    if type(value) is list:
        return [_lower(item) for item in value]
    if type(value) is tuple:
        return {_TAG: "tuple", "items": [_lower(item) for item in value]}
    if type(value) is dict:
        return _lower_dict(value)
    if type(value) in (torch.Tensor, torch.nn.Parameter):
        return _lower_tensor(value)
    if type(value) is Pointer:
        return {_TAG: "pointer", "location": value.location, "id": value.id, "value": _lower(value.value)}
    if type(value) is Other:
        return {_TAG: "other", "type": value.type, "text": value.text}
    raise TypeError(f"{type(value).__name__} is not plain data: observe() it first")


def _lower_dict(value: dict[Any, Any]) -> Any:
    if all(type(key) is str for key in value) and _TAG not in value:
        return {key: _lower(item) for key, item in value.items()}
    return {_TAG: "dict", "items": [[_lower(key), _lower(item)] for key, item in value.items()]}


def _lower_tensor(tensor: torch.Tensor) -> Any:
    """Values as numbers where JSON holds them exactly and readably, the raw bytes where it does not."""
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    lowered: dict[str, Any] = {
        _TAG: "tensor",
        "dtype": str(tensor.dtype).removeprefix("torch."),
        "shape": list(tensor.shape),
    }
    if _readable(flat):
        lowered["values"] = flat.tolist()
    else:
        lowered["bytes"] = base64.b64encode(flat.view(torch.uint8).numpy().tobytes()).decode()
    return lowered


def _readable(flat: torch.Tensor) -> bool:
    if flat.numel() == 0:
        return True
    if flat.is_complex():
        return False
    if not flat.is_floating_point():
        return True
    return bool(torch.isfinite(flat).all()) and not bool(((flat == 0) & torch.signbit(flat)).any())


def _lift(value: Any) -> Plain:
    if isinstance(value, list):
        return [_lift(item) for item in value]
    if not isinstance(value, dict):
        return value
    tag = value.get(_TAG)
    if tag is None:
        return {key: _lift(item) for key, item in value.items()}
    return _LIFT[tag](value)


def _lift_tensor(value: dict[str, Any]) -> torch.Tensor:
    dtype = _DTYPES[value["dtype"]]
    if "values" in value:
        flat = torch.tensor(value["values"], dtype=dtype)
    else:
        raw = bytearray(base64.b64decode(value["bytes"]))
        flat = torch.frombuffer(raw, dtype=dtype).clone()
    return flat.reshape(value["shape"])


_LIFT: dict[str, Callable[[dict[str, Any]], Plain]] = {
    "float": lambda v: float(v["value"]),
    "tuple": lambda v: tuple(_lift(item) for item in v["items"]),
    "dict": lambda v: {_lift(key): _lift(item) for key, item in v["items"]},
    "tensor": _lift_tensor,
    "pointer": lambda v: Pointer(v["location"], v["id"], _lift(v["value"])),
    "other": lambda v: Other(v["type"], v["text"]),
}


# ── from live objects to plain data ─────────────────────────────────────────────────────────────────────────


def observe(value: Any, depth: int = 6) -> Plain:
    """A plain copy of any Python value, taken now: later changes to the value do not reach it.

    Pointers are followed one look deep (the look is a peek in the transcript, so observe outside of a
    recorded block); many pointers, a pointer to a plan at many, and a shared tensor become a list of Pointer; a
    worker becomes `Other("worker", "bob")`. What was fetched is a Pointer to nothing, as after any `get()`.
    """
    if depth == 0:
        return Other(type(value).__name__, "...")
    if value is None or isinstance(value, bool | int | float | str):
        return _simple(value)
    if type(value) is Other:
        return value  # it was observed where it is
    if type(value).__module__ == "numpy" and hasattr(value, "item") and not hasattr(value, "__len__"):
        return observe(value.item(), depth - 1)  # one of NumPy's numbers; an array of one is an array
    if isinstance(value, torch.Tensor):
        return _observe_tensor(value, depth)
    if isinstance(value, PointerPlan):
        sent = [_observe_pointer(part, depth - 1) for part in value.sent]
        return sent[0] if len(sent) == 1 else sent
    if hasattr(value, "id_at_location"):
        return _observe_pointer(value, depth)
    if isinstance(value, list | tuple):
        items = [observe(item, depth - 1) for item in value]
        return tuple(items) if isinstance(value, tuple) else items
    if isinstance(value, Mapping):
        return {_key(key): observe(item, depth - 1) for key, item in value.items()}
    if isinstance(value, torch.nn.Module):
        return {"module": type(value).__name__, "state": _observe_module(value, depth - 1)}
    return _observe_other(value)


def _observe_tensor(value: torch.Tensor, depth: int) -> Plain:
    if isinstance(value, SharedTensor) and value.held is None:
        holders, id = value.fetched_from
        return [Pointer(holder, int(id)) for holder in holders.split(", ")]
    children = getattr(value, "child", None)
    if type(value) is not torch.Tensor and isinstance(children, list):
        return [observe(child, depth - 1) for child in children]
    if hasattr(value, "location") and hasattr(value, "id_at_location"):
        return _observe_pointer(value, depth)
    if type(value) in (torch.Tensor, torch.nn.Parameter) and _is_dense(value):
        return value.detach().clone().as_subclass(torch.Tensor)
    return _observe_other(value)


def _is_dense(value: torch.Tensor) -> bool:
    """Whether `encode` can hold it: not sparse, not quantized, on a device that has values, of a usual dtype."""
    return value.layout is torch.strided and not value.is_meta and value.dtype in _DTYPES.values()


def _observe_pointer(pointer: Any, depth: int) -> Pointer:
    location, at = pointer.location, pointer.id_at_location
    held, id, found = location._objects, int(at), None
    if id in held:
        found = held[id]
    for part in _parts(pointer):
        found = getattr(found, part, None)
    return Pointer(str(location.id), id, observe(found, depth - 1))


def _parts(pointer: Any) -> tuple[str, ...]:
    """("grad",) for a pointer to `x.grad`: it refers to x, and names the part."""
    ref = getattr(pointer, "ref", None)
    return tuple(ref[1:]) if isinstance(ref, tuple) else ()


def _observe_module(module: torch.nn.Module, depth: int) -> dict[str, Plain]:
    tensors = [*module.named_parameters(), *module.named_buffers()]
    return {name: observe(tensor, depth) for name, tensor in tensors}


def _observe_other(value: Any) -> Other:
    if hasattr(value, "_objects") and hasattr(value, "id"):
        return Other("worker", str(value.id))
    return Other(type(value).__name__, _safe_text(value))


def _simple(value: Any) -> Any:
    """Without what a subclass may have added: ids, numpy's numbers."""
    kind = next((kind for kind in (bool, int, float, str) if isinstance(value, kind)), None)
    return value if kind is None or type(value) is kind else kind(value)


def _key(key: Any) -> Any:
    if isinstance(key, bool | int | float | str):
        return _simple(key)
    return str(key.id) if hasattr(key, "_objects") else _safe_text(key)


def _safe_text(value: Any) -> str:
    """A short repr without addresses; a class of the student's may have a broken one."""
    if isinstance(value, FunctionType | MethodType):
        return value.__name__
    if callable(value) or getattr(type(value), "__repr__", None) is object.__repr__:
        return f"<{type(value).__name__}>"
    try:
        return repr(value)[:200]
    except Exception as error:  # noqa: BLE001 - the repr is the student's code: anything may come out of it
        return f"<its repr raised {type(error).__name__}>"
