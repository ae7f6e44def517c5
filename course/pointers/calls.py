"""How a call of torch on pointers becomes a message, and its result a new pointer.

`call` sends the name of an operation to where its operands are; the result stays there. Operands in two places are an
error that names both: nothing travels by itself.
"""

from __future__ import annotations

from typing import Any, NoReturn

import torch

from course.errors import NotSendableError, OperationNotReviewedError, ValueRefusedError
from course.messages import Execute, Group
from course.operations import IN_PLACE, find, why_refused
from course.pointers.pointer import (
    ParameterPointer,
    PointerTensor,
    check_together,
    make_pointer,
    new_tensor,
    new_tuple,
)
from course.virtual_worker import VirtualWorker

__all__ = ["call", "call_at", "reference", "refuse"]

is_grad_enabled = torch.is_grad_enabled

POINTERS = frozenset({PointerTensor, ParameterPointer})
PLAIN = frozenset({int, float, bool, str, type(None), torch.dtype})


def call(op: str, args: tuple[Any, ...], kwargs: dict[str, Any] | None = None) -> Any:
    """Run the named operation where its pointers point, and return a pointer to the result.

    Raises TensorsNotCollocatedException when the tensors are in more than one place.
    """
    at = None
    refs = []
    for arg in args:
        kind = type(arg)
        if kind in POINTERS:
            if at is None:
                at = arg
                location, owner = arg.location, arg.owner
            elif arg.location is not location or arg.owner is not owner:
                return call_nested(op, args, kwargs)
            refs.append(arg.ref)
        elif kind in PLAIN:
            refs.append((arg,))
        elif kind is list and arg and type(arg[0]) in POINTERS:
            if at is None:
                at = arg[0]
                location, owner = at.location, at.owner
            if not all_at(arg, location, owner):
                return call_nested(op, args, kwargs)
            refs.append(Group("list", tuple([part.ref for part in arg])))
        else:
            return call_nested(op, args, kwargs)
    named: tuple[Any, ...] = ()
    if kwargs:
        for name, value in kwargs.items():
            if type(value) not in PLAIN:
                return call_nested(op, args, kwargs)
            named += ((name, (value,)),)
    if at is None:
        return call_nested(op, args, kwargs)
    return ask_for(op, owner, location, tuple(refs), named, args[0])


def ask_for(op: str, owner: Any, location: Any, refs: Any, named: Any, first: Any) -> Any:
    """Send an Execute message; a pointer to its result. An operation in place returns its first operand."""
    result = None if op in WITHOUT_RESULT else owner.new_id()
    message = new_tuple(Execute, (owner.id, location.id, op, refs, named, result, is_grad_enabled()))
    reply = location.network.deliver(message)
    if reply is not None:
        return unwrap(reply.answer, owner, location)
    if result is None:
        if op in BACKWARD:
            location.network.backwards += 1
        return None if op in NO_RESULT else first
    pointer = new_tensor(PointerTensor)
    pointer.owner = owner
    pointer.location = location
    pointer.ref = result
    return pointer


def all_at(parts: list[Any], location: Any, owner: Any) -> bool:
    """Whether all of these are pointers of this owner to this location."""
    for part in parts:
        if type(part) not in POINTERS or part.location is not location or part.owner is not owner:
            return False
    return True


BACKWARD = frozenset({"backward", "autograd.backward"})
NO_RESULT = BACKWARD | {"retain_grad", "[]="}
WITHOUT_RESULT = IN_PLACE | NO_RESULT


def call_nested(op: str, args: Any, kwargs: dict[str, Any] | None) -> Any:
    """`call` for arguments of any form: tensors in lists, slices or keywords, many pointers, mistakes."""
    found: list[Any] = []
    refs = tuple(reference(arg, found) for arg in args)
    named = tuple((key, reference(value, found)) for key, value in kwargs.items()) if kwargs else ()
    many = [arg for arg in found if hasattr(arg, "call_each")]  # see course/many.py
    if many:
        return many[0].call_each(op, args, kwargs or {}, many)
    at = next(arg for arg in found if isinstance(arg, PointerTensor))
    if op in TAKES_ZEROS and any(is_zero(arg) for arg in found):
        return call_nested(op, with_remote_zeros(args, at), kwargs)
    check_together(op, found)
    return ask_for(op, at.owner, at.location, refs, named, args[0] if args else at)


def call_at(location: VirtualWorker, op: str, args: Any, kwargs: dict[str, Any]) -> Any:
    """Run an operation that needs no tensors (torch.rand, torch.zeros) at a worker."""
    find(op)
    found: list[Any] = []
    refs = tuple(reference(arg, found) for arg in args)
    named = tuple((key, reference(value, found)) for key, value in kwargs.items())
    if found:
        return call(op, args, kwargs)
    return ask_for(op, location.network.me, location, refs, named, None)


def reference(arg: Any, found: list[Any]) -> Any:
    """An argument as it travels (see Execute). The tensors met on the way are added to `found`."""
    kind = type(arg)
    if kind in POINTERS:
        found.append(arg)
        return arg.ref
    if kind in PLAIN or arg is ...:
        return (arg,)
    if isinstance(arg, torch.Tensor):
        found.append(arg)
        return (None,)
    if isinstance(arg, slice):
        return Group("slice", tuple(reference(part, found) for part in (arg.start, arg.stop, arg.step)))
    if isinstance(arg, (tuple, list)):
        name = "list" if isinstance(arg, list) else "tuple"
        return Group(name, tuple(reference(part, found) for part in arg))
    if hasattr(arg, "dtype") and getattr(arg, "shape", None) == ():
        return (arg.item(),)  # a NumPy scalar
    if isinstance(arg, (complex, torch.device, torch.memory_format, torch.layout)):
        return (arg,)
    raise not_sendable(arg)


def not_sendable(arg: Any) -> NotSendableError:
    """The error for an argument that is neither a tensor nor plain data; arrays have a form that can travel."""
    if not hasattr(arg, "__array__"):
        return NotSendableError(f"{type(arg).__name__} {arg!r}", "it is neither a tensor nor plain data")
    library = type(arg).__module__.partition(".")[0]
    how = "x = torch.tensor(array), then x.send(...) it to the worker who computes with it"
    return NotSendableError(f"A {library} {type(arg).__name__}", "a worker computes with torch's tensors only", how)


TAKES_ZEROS = frozenset(
    f"torch.{name}{cell}" for name in ("lstm", "gru", "rnn_tanh", "rnn_relu") for cell in ("", "_cell")
) | {"torch.where"}


def is_zero(x: Any) -> bool:
    return isinstance(x, torch.Tensor) and not isinstance(x, PointerTensor) and not x.any()


def with_remote_zeros(args: Any, at: PointerTensor) -> Any:
    """The arguments with each local tensor of zeros made anew beside `at`.

    torch's recurrent layers begin with zeros that they make here, its masked sums put a zero where the mask is False.
    Zeros tell nobody anything, so no rule is bent.
    """
    if isinstance(args, (tuple, list)):
        return type(args)(with_remote_zeros(arg, at) for arg in args)
    if is_zero(args):
        return call_at(at.location, "torch.zeros", (tuple(args.shape),), {"dtype": args.dtype})
    return args


def unwrap(answer: Any, owner: Any, location: Any) -> Any:
    """Pointers to what a reply names: one object under another id than asked for, or several."""
    if isinstance(answer, int):
        return make_pointer(owner, location, answer, None, False)
    kind, refs = answer
    parts = [None if ref is None else unwrap(ref, owner, location) for ref in refs]
    if kind == "list":
        return parts
    named = getattr(torch.return_types, kind, None)
    return tuple(parts) if named is None else named(parts)


def refuse(func: Any, args: Any) -> NoReturn:
    """The error for a function that is not in the table."""
    name = getattr(func, "__name__", str(func))
    if name == "__get__":
        name = str(getattr(func, "__self__", func))
    pointer = next((arg for arg in args if isinstance(arg, PointerTensor)), None)
    if pointer is not None and name in VALUES:
        raise ValueRefusedError(f"{name}()", pointer.location.id)
    inner = isinstance(func, (torch._ops.OpOverload, torch._ops.OpOverloadPacket))
    raise OperationNotReviewedError(f"torch.ops.{func}" if inner else name, why_refused("ops" if inner else name))


VALUES = frozenset({"equal", "allclose", "is_nonzero", "array_equal"})
