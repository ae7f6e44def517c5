"""What a worker runs by name: the reviewed table (`course/reviewed.py`), made into functions.

A name says where torch keeps the function: `add` is a method of torch.Tensor, `torch.add` a function of torch,
`F.relu` one of torch.nn.functional, `linalg.norm` one of torch.linalg. A few operations are the course's own: they do
what torch does, and check first what torch does not.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from typing import Any

import torch
import torch.nn.functional as F

from course.errors import OperationNotReviewedError, UnknownOperationError
from course.readers import read_array, read_table
from course.reviewed import CLASSES, DRAWS, KEYWORDS, MASK, PRIVATE, REACH, REFUSED, REVIEWED, SIZES

__all__ = [
    "AS_TYPED",
    "DRAWING",
    "IN_PLACE",
    "LEADING",
    "METHODS",
    "NAMES",
    "OPERATIONS",
    "SAME",
    "find",
    "find_typed",
    "may_tell",
    "step",
    "takes_keyword",
    "takes_tensor",
    "why_refused",
]


REASONS = {name: reason for reason, names in REFUSED for name in names.split()}


# ---- operations of the course's own --------------------------------------------------------------------------------


def index(x: torch.Tensor, key: Any) -> torch.Tensor:
    """x[key]. A mask as a key is refused: the length of the result would tell how many values it let through."""
    for part in key if isinstance(key, (tuple, list)) else (key,):
        if isinstance(part, torch.Tensor) and part.dtype in (torch.bool, torch.uint8):
            raise OperationNotReviewedError("x[mask]", MASK)
        if isinstance(part, slice) and any(isinstance(e, torch.Tensor) for e in (part.start, part.stop, part.step)):
            raise OperationNotReviewedError("x[:n] with a tensor n", SIZES)
    return x[key]


def assign_index(x: torch.Tensor, key: Any, value: Any) -> None:
    """x[key] = value; the shape of x stays, so a mask is welcome."""
    x[key] = value


def copy_of(x: torch.Tensor) -> torch.Tensor:
    """A leaf of its own with the values of x, as a copy of a model needs it."""
    return x.detach().clone().requires_grad_(x.requires_grad)


def one_hot(x: torch.Tensor, num_classes: int = -1) -> torch.Tensor:
    """F.one_hot with the number of classes given: counting them would tell the largest value."""
    if num_classes < 1:
        raise OperationNotReviewedError("F.one_hot", CLASSES)
    return F.one_hot(x, num_classes)


def where(condition: torch.Tensor, input: Any = None, other: Any = None) -> torch.Tensor:
    """torch.where with both branches given: with the condition alone it is nonzero."""
    if input is None or other is None:
        raise OperationNotReviewedError("torch.where(condition)", REASONS["nonzero"])
    return torch.where(condition, input, other)


def repeat_each(x: torch.Tensor, repeats: Any = None, dim: int | None = None, **output_size: Any) -> torch.Tensor:
    """x.repeat_interleave with a plain number: with a tensor the length would tell the sum of its values."""
    if repeats is None or isinstance(repeats, torch.Tensor):
        raise OperationNotReviewedError("repeat_interleave with a tensor", REASONS["repeat_interleave"])
    return x.repeat_interleave(repeats, dim, **output_size)


def as_strided(x: torch.Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> torch.Tensor:
    """x.as_strided within x: memory beyond it may belong to the tensor of which x is a part."""
    first, last = x.storage_offset(), x.storage_offset() + x.numel() - 1
    start = first if storage_offset is None else storage_offset
    end = start + sum((n - 1) * step for n, step in zip(size, stride, strict=False))
    if 0 not in size and not (x.is_contiguous() and first <= start and end <= last):
        raise OperationNotReviewedError("as_strided", REACH)
    return x.as_strided(size, stride, start)


def as_strided_(x: torch.Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> torch.Tensor:
    """x.as_strided_ within x."""
    as_strided(x.detach(), size, stride, storage_offset)
    return x.as_strided_(size, stride, storage_offset)


def as_strided_copy(x: torch.Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> torch.Tensor:
    """torch.as_strided_copy within x."""
    as_strided(x.detach(), size, stride, storage_offset)
    return torch.as_strided_copy(x, size, stride, storage_offset)


def as_strided_scatter(
    x: torch.Tensor, src: torch.Tensor, size: Any, stride: Any, storage_offset: int | None = None
) -> torch.Tensor:
    """torch.as_strided_scatter within x."""
    as_strided(x.detach(), size, stride, storage_offset)
    return torch.as_strided_scatter(x, src, size, stride, storage_offset)


def set_to(x: torch.Tensor, source: Any) -> torch.Tensor:
    """x.set_(source) with a whole tensor: offsets and sizes would reach beyond it."""
    x.set_(source)
    return x


def new(x: torch.Tensor, *size: Any, **options: Any) -> torch.Tensor:
    """x.new(2, 4): torch leaves the memory as it was, here it is zero. x.new([1.0, 2.0]) has these numbers."""
    if len(size) == 1 and isinstance(size[0], (list, tuple)) and not isinstance(size[0], torch.Size):
        return x.new_tensor(size[0], **options)
    return x.new_zeros(*size or (0,), **options)


def to_type(x: torch.Tensor, dtype: Any, non_blocking: bool = False) -> torch.Tensor:
    """x.type(torch.int64), also by the old name of a type; without one torch would return a text."""
    if isinstance(dtype, str):
        dtype = OLD_TYPES.get(dtype.removeprefix("torch."), dtype)
    if not isinstance(dtype, torch.dtype):
        raise OperationNotReviewedError(
            f"type({dtype!r})", "it asks for something other than a dtype such as torch.int64; x.dtype tells what it is"
        )
    return x.to(dtype, non_blocking=non_blocking)


OLD_TYPES = {
    "FloatTensor": torch.float32, "DoubleTensor": torch.float64, "HalfTensor": torch.float16,
    "BFloat16Tensor": torch.bfloat16, "ByteTensor": torch.uint8, "CharTensor": torch.int8, "ShortTensor": torch.int16,
    "IntTensor": torch.int32, "LongTensor": torch.int64, "BoolTensor": torch.bool,
}  # fmt: skip


def ctc_loss(log_probs: torch.Tensor, targets: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
    """F.ctc_loss. torch looks up what a label names without asking whether there is such a class."""
    if targets.numel() and not 0 <= targets.min() <= targets.max() < log_probs.shape[-1]:
        raise IndexError("a label names no class: labels go from 0 to the last dimension of log_probs")
    return F.ctc_loss(log_probs, targets, *args, **kwargs)


def eigenvalues(x: torch.Tensor) -> Any:
    """torch.linalg.eigvals. Given an infinity or a NaN, the library behind it may end the whole process."""
    if not x.isfinite().all():
        raise RuntimeError("torch.linalg.eigvals: input tensor should not contain infs or NaNs.")
    return torch.linalg.eigvals(x)


def with_one_number_alone(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with a tensor of one number only alone: beside another argument torch reads it as a dimension."""

    def checked(x: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        if len(args) + len(kwargs) > 1 and any(isinstance(arg, torch.Tensor) and arg.numel() == 1 for arg in args):
            raise OperationNotReviewedError(f"{name} with a tensor of one number", SIZES)
        return function(x, *args, **kwargs)

    return checked


ALONE: dict[str, Callable[..., Any]] = {
    prefix + name: with_one_number_alone(name, getattr(place, name))
    for name in ("max", "min", "histogram")
    for prefix, place in (("", torch.Tensor), ("torch.", torch))
}

OWN: dict[str, Callable[..., Any]] = ALONE | {
    "[]": index,
    "[]=": assign_index,
    "copy": copy_of,
    "F.one_hot": one_hot,
    "F.ctc_loss": ctc_loss,
    "linalg.eigvals": eigenvalues,
    "torch.where": where,
    "where": torch.Tensor.where,
    "torch.as_strided": as_strided,
    "torch.as_strided_copy": as_strided_copy,
    "torch.as_strided_scatter": as_strided_scatter,
    "as_strided": as_strided,
    "as_strided_": as_strided_,
    "as_strided_scatter": as_strided_scatter,
    "new": new,
    "repeat_each": repeat_each,
    "rnn.pad_sequence": torch.nn.utils.rnn.pad_sequence,
    "set_": set_to,
    "type": to_type,
    "autograd.backward": torch.autograd.backward,
    "autograd.grad": torch.autograd.grad,
    "file.array": read_array,
    "file.table": read_table,
}

# The functions of torch whose place an operation of another name takes.
STAND_INS: dict[Any, str] = {
    torch._C._nn.pad_sequence: "rnn.pad_sequence",
    torch.repeat_interleave: "repeat_each",
    torch.Tensor.repeat_interleave: "repeat_each",
}

# Python writes some operations in more than one way; on the wire they have one name.
SAME = {
    "__add__": "add", "__radd__": "add", "__iadd__": "add_", "__sub__": "sub", "__isub__": "sub_", "__mul__": "mul",
    "__rmul__": "mul", "__imul__": "mul_", "__truediv__": "div", "__div__": "div", "__itruediv__": "div_",
    "__idiv__": "div_", "__floordiv__": "floor_divide", "__ifloordiv__": "floor_divide_", "__mod__": "remainder",
    "__imod__": "remainder_", "__pow__": "pow", "__ipow__": "pow_", "__matmul__": "matmul", "__neg__": "neg",
    "__pos__": "positive", "__abs__": "abs", "__invert__": "bitwise_not", "__and__": "bitwise_and",
    "__or__": "bitwise_or",
    "__xor__": "bitwise_xor", "__eq__": "eq", "__ne__": "ne", "__lt__": "lt", "__le__": "le", "__gt__": "gt",
    "__ge__": "ge", "__getitem__": "[]", "__setitem__": "[]=",
}  # fmt: skip


# ---- from the reviewed table to functions --------------------------------------------------------------------------

PACKAGES: dict[str, Any] = {
    "F": F,
    "linalg": torch.linalg,
    "fft": torch.fft,
    "special": torch.special,
    "init": torch.nn.init,
}


def forms(name: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """All forms that torch has of a name of the table, each with its full name: method, function, both in place."""
    package, _, short = name.rpartition(".")
    if name in OWN or f"torch.{name}" in OWN:
        yield from ((form, OWN[form]) for form in (name, f"torch.{name}") if form in OWN)
        return
    for prefix, place in [(f"{package}.", PACKAGES[package])] if package else [("", torch.Tensor), ("torch.", torch)]:
        for form in (short,) if package or short.endswith("_") else (short, f"{short}_"):
            function = getattr(place, form, None)
            if callable(function) and not isinstance(function, type):
                yield prefix + form, function


def _table() -> dict[str, tuple[Callable[..., Any], str, str]]:
    """Each form with its function, the places of its tensors and what it may tell. ValueError for one listed twice.

    A torch too old for a name goes without it.
    """
    table: dict[str, tuple[Callable[..., Any], str, str]] = {}
    for tells, places, names in REVIEWED:
        for name in names.split():
            for form, function in forms(name):
                if form in table:
                    raise ValueError(f"{form} stands twice in the reviewed table")
                table[form] = (function, places, tells)
    return table


_TABLE = _table()

OPERATIONS: dict[str, Callable[..., Any]] = {form: function for form, (function, _, _) in _TABLE.items()}
METHODS = [form for form in OPERATIONS if "." not in form]

# These change their first operand and return it.
IN_PLACE = frozenset(form for form in OPERATIONS if form[-1] == "_" and form[-2] != "_")

# These may draw random numbers.
DRAWING = frozenset(form for name in DRAWS for form, _ in forms(name))


def _names() -> dict[Any, str]:
    """function -> the name under which a pointer asks for it; torch's own before those of its packages."""
    names = dict(STAND_INS)
    for form in sorted(OPERATIONS, key=lambda form: (form.count(".") if form[:6] != "torch." else 0)):
        names.setdefault(OPERATIONS[form], form)
    for form in OWN:
        package, _, short = form.rpartition(".")
        original = getattr(PACKAGES.get(package, torch if package else torch.Tensor), short, None)
        if original is not None:
            names[original] = form
    for dunder, name in SAME.items():
        names.setdefault(getattr(torch.Tensor, dunder, dunder), name)
    for form in OPERATIONS:  # behind some of torch's Python functions is another of the same name
        names.setdefault(getattr(torch._C._VariableFunctions, form.removeprefix("torch."), form), form)
    return names


NAMES = _names()


# ---- where tensors may stand ---------------------------------------------------------------------------------------


def takes_tensor(name: str, place: int) -> bool:
    """Whether a tensor may stand in this place among the arguments, counted from 0."""
    places = _TABLE[name][1].split()
    return places[0] == "T*" or places[0][place : place + 1] == "T"


def takes_keyword(name: str, keyword: str) -> bool:
    """Whether a tensor may stand under this keyword; never where an operation takes sizes only."""
    places, *keywords = _TABLE[name][1].split()
    return keyword in keywords or (keyword in KEYWORDS and "T" in places)


def leading(places: str) -> int:
    """In how many places from the first on an operation takes tensors."""
    return 99 if places == "T*" else len(places.split()[0].partition(".")[0])


LEADING = {form: leading(places) for form, (_, places, _) in _TABLE.items()}


def may_tell(name: str) -> str:
    """What a reviewed operation may tell, in words."""
    find(name)
    return _TABLE[name][2]


# ---- steps of the library's own protocols ----------------------------------------------------------------------------


def step(name: str, tells: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function of the library as a step that workers run by name, `aggregation.mask`: a decorator.

    Tensors may stand anywhere among its arguments, and tensors are what it returns. `tells`: what it may tell besides.
    ValueError for a name that is taken.
    """

    def registered(function: Callable[..., Any]) -> Callable[..., Any]:
        if name in OPERATIONS:
            raise ValueError(f"{name} stands twice in the reviewed table")
        OWN[name] = OPERATIONS[name] = function
        NAMES[function] = name
        _TABLE[name] = (function, "T*", tells)
        LEADING[name] = leading("T*")
        return function

    return registered


# ---- what is refused, and why --------------------------------------------------------------------------------------

def why_refused(name: str) -> str:
    """The reason why an operation of torch is refused; empty for one that nobody has reviewed."""
    short = name.rpartition(".")[2].removeprefix("linalg_")
    reason = REASONS.get(name) or REASONS.get(short.strip("_"), "")
    return reason or (PRIVATE if short.startswith("_") and not short.endswith("__") else "")


def find(name: str) -> Callable[..., Any]:
    """The function of that name. OperationNotReviewedError for any other name."""
    try:
        return OPERATIONS[name]
    except KeyError:
        raise OperationNotReviewedError(name, why_refused(name)) from None


def find_typed(path: str) -> str:
    """The name of the operation that somebody typed as `torch.relu` or `torch.nn.functional.relu`.

    Raises UnknownOperationError if torch has nothing of that name either.
    """
    package, _, short = path.rpartition(".")
    prefix = AS_TYPED[package]
    name = prefix + short
    if name in OPERATIONS or hasattr(PACKAGES.get(prefix[:-1], torch), short):
        return name
    known = [form.removeprefix(prefix) for form in OPERATIONS if form.startswith(prefix)]
    near = difflib.get_close_matches(short, known, n=3)
    raise UnknownOperationError(path, ", ".join(f"{package}.{name}" for name in near))


# How Python writes the packages whose functions stand in the table.
AS_TYPED = {
    "torch": "torch.",
    "torch.nn.functional": "F.",
    "torch.nn.init": "init.",
    "torch.linalg": "linalg.",
    "torch.fft": "fft.",
    "torch.special": "special.",
}
