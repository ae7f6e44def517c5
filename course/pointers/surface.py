"""What torch and Python find on a pointer: operations, operators, and the refusal of values.

Importing this file completes `PointerTensor`: everything that is an operation goes to `call`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import torch

from course.errors import ValueRefusedError
from course.messages import Get
from course.operations import METHODS, NAMES, OPERATIONS, SAME
from course.pointers.calls import call, refuse
from course.pointers.metadata import Metadata
from course.pointers.pointer import PointerTensor

__all__ = ["METADATA", "VALUES", "add_operations", "may_open"]


# ---- what torch asks -----------------------------------------------------------------------------------------------


def torch_function(cls: type, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """Whatever torch is asked to do with a pointer arrives here."""
    name = NAMES.get(func)
    if name is None:
        about = METADATA.get(func)
        return about(*args) if about else refuse(func, args)
    return call(name, args, kwargs)


# Functions of torch that ask for metadata, which torch's own code calls on any tensor.
METADATA: dict[Any, Callable[..., Any]] = {
    torch.is_complex: PointerTensor.is_complex,
    torch.is_floating_point: PointerTensor.is_floating_point,
    torch.numel: PointerTensor.numel,
    torch._has_compatible_shallow_copy_type: lambda x, other: can_take_over(x, other),
    torch.is_same_size: lambda x, other: x.shape == other.shape,
    torch.is_signed: lambda x: x.dtype.is_signed,
    torch.get_device: lambda x: x.device.index if x.is_cuda else -1,
    torch.Tensor.is_same_size: lambda x, other: x.shape == other.shape,
    torch.Tensor.is_signed: lambda x: x.dtype.is_signed,
    torch.Tensor.element_size: lambda x: x.itemsize,
    torch.Tensor.get_device: lambda x: x.device.index if x.is_cuda else -1,
}


def can_take_over(x: Any, other: Any) -> bool:
    """Whether `x.data = other` would do, by the rule that torch has for tensors that are here."""
    if isinstance(x, PointerTensor) and isinstance(other, PointerTensor):
        return x.layout is other.layout and x.is_meta == other.is_meta
    return False  # torch asks about pointers only


PointerTensor.__torch_function__ = classmethod(torch_function)  # type: ignore[assignment]


# ---- methods and operators: straight to `call`, which saves torch's own dispatch --------------------------------


def _method(op: str) -> Callable[..., Any]:
    def method(self: PointerTensor, *args: Any, **kwargs: Any) -> Any:
        return call(op, (self, *args), kwargs)

    method.__name__ = op
    return method


def backward(self: PointerTensor, gradient: Any = None, *args: Any, **kwargs: Any) -> None:
    """Compute the gradients, where the tensor is."""
    call("backward", (self, gradient, *args), kwargs or None)


def convert(self: PointerTensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """x.type(torch.int64), also by the name or the class of an old type; x.type() is the name of its own."""
    if dtype is None:
        return torch.empty(0, dtype=self.dtype).type()
    wanted = getattr(dtype, "dtype", dtype) if isinstance(dtype, type) else dtype
    return call("type", (self, wanted, non_blocking))


def new(self: PointerTensor, *args: Any, **kwargs: Any) -> Any:
    """x.new(2, 4), x.new(x.size()): a tensor of x's dtype beside x, of zeros where torch's own is not cleared."""
    sizes = args[0] if len(args) == 1 and isinstance(args[0], torch.Size) else args
    return call("new", (self, *sizes), kwargs)


ATTRIBUTES: dict[str, Any] = {
    "backward": backward,
    "new": new,
    "type": convert,
    "T": property(lambda self: call("permute", (self, *reversed(range(self.dim()))))),
    "H": property(lambda self: call("adjoint", (self,)) if self.dim() else self),
    "mH": property(lambda self: call("adjoint", (self,))),
    "mT": property(lambda self: call("transpose", (self, -2, -1))),
    "real": property(lambda self: call("torch.real", (self,))),
    "imag": property(lambda self: call("torch.imag", (self,))),
}


UNARY = frozenset({"__neg__", "__pos__", "__abs__", "__invert__"})


def operator_method(dunder: str, op: str) -> Callable[..., Any]:
    """A method that calls an operation, with as many operands as the operator has: a fixed number costs least."""

    def unary(self: PointerTensor) -> Any:
        return call(op, (self,))

    def binary(self: PointerTensor, other: Any) -> Any:
        return call(op, (self, other))

    def assignment(self: PointerTensor, key: Any, value: Any) -> None:
        call(op, (self, key, value))

    def equality(self: PointerTensor, other: Any) -> Any:
        return NotImplemented if other is None else call(op, (self, other))

    special: dict[str, Callable[..., Any]] = {"__setitem__": assignment, "__eq__": equality, "__ne__": equality}
    method = unary if dunder in UNARY else special.get(dunder, binary)
    method.__name__ = dunder
    return method


def add_operations(kind: type) -> None:
    """Give a class of pointers the methods, attributes and operators that are operations."""
    for name in (*METHODS, "copy"):
        if name in OPERATIONS and name not in vars(Metadata):
            setattr(kind, name, _method(name))
    for name, attribute in ATTRIBUTES.items():
        setattr(kind, name, attribute)
    for dunder, op in SAME.items():
        setattr(kind, dunder, operator_method(dunder, op))


add_operations(PointerTensor)


# Whether single numbers may be opened now, each with a message that the transcript shows: during the step of an
# optimizer that decides by them, and by nobody else (see `reading` in course/steps.py).
may_open: ContextVar[bool] = ContextVar("may_open", default=False)


def _refused(asked: str) -> Callable[..., Any]:
    def method(self: PointerTensor, *args: Any, **kwargs: Any) -> Any:
        if may_open.get() and not self.dim():
            message = Get(self.owner.id, self.location.id, (self.ref,), True)
            return self.location.network.deliver(message).items[0].value.item()
        raise ValueRefusedError(asked, self.location.id)

    return method


VALUES = {
    "item": ".item()", "tolist": ".tolist()", "numpy": ".numpy()", "__array__": "A conversion to NumPy",
    "__bool__": "A truth value (if, while, and, or, not)", "__float__": "float()", "__int__": "int()",
    "__index__": "Use as a whole number", "__complex__": "complex()", "__iter__": "Iteration",
    "__contains__": "The operator `in`", "__dlpack__": "A conversion through DLPack",
    "data_ptr": ".data_ptr()", "storage": ".storage()", "untyped_storage": ".untyped_storage()",
}  # fmt: skip
for _name, _asked in VALUES.items():
    setattr(PointerTensor, _name, _refused(_asked))
