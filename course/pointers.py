"""Pointers: a pointer stands here for a tensor that lives there, and using it writes a message.

A `PointerTensor` is a torch.Tensor without values of its own. `__torch_function__` catches whatever torch is asked to
do with it, and `call` sends the name of that operation to where the tensor is; the result stays there, and a new
pointer comes back. Public metadata (shape, dtype) is answered, values are refused: only `get` brings them.

A chain is a pointer to a pointer: the object at the location is itself a pointer, and torch asks it in turn.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NoReturn

import torch

from course.errors import (
    AlreadyFetchedError,
    ModelElsewhereError,
    MoveToNobodyError,
    NotSendableError,
    ObjectNotFoundError,
    OperationNotReviewedError,
    SavePointerError,
    TensorsNotCollocatedException,
    ValueRefusedError,
)
from course.messages import (
    Ask,
    Assign,
    Delete,
    Execute,
    Get,
    Group,
    Hold,
    Move,
    PointerSpec,
    Pull,
    Ref,
    Send,
)
from course.operations import IN_PLACE, METHODS, NAMES, OPERATIONS, SAME
from course.virtual_worker import VirtualWorker, check_worker, pointer_text
from course.worker import pack, unpack

__all__ = [
    "ParameterPointer",
    "PointerTensor",
    "become_pointer",
    "call",
    "call_at",
    "check_together",
    "make_pointer",
    "operator_method",
    "place",
    "refuse",
    "send_to",
    "spec_of",
]

new_tensor = torch._C.TensorBase.__new__
is_grad_enabled = torch.is_grad_enabled
new_tuple = tuple.__new__  # builds a NamedTuple in half the time of its own constructor


class Gradients:
    """Which tensors that were sent together have a gradient, of what layout: one question answers for all of them."""

    __slots__ = ("layouts", "refs", "stamp")

    def __init__(self, refs: Sequence[Ref], layouts: dict[Ref, Any] | None = None, stamp: int = -1) -> None:
        self.refs = tuple(refs)
        self.layouts = layouts or {}
        self.stamp = stamp  # of the network, when it was asked: after a backward it has to be asked again


class PointerTensor(torch.Tensor):
    """A pointer: `owner` holds it, the tensor is `id_at_location` on `location`."""

    owner: VirtualWorker
    location: VirtualWorker
    ref: Ref  # what it points to, as its worker knows it
    garbage_collect_data: bool = True
    gradients: Gradients | None = None
    known_layout: torch.layout | None = None  # of a gradient: it came with the answer that there is one
    tags: tuple[str, ...] = ()
    description: str = ""

    @property
    def id_at_location(self) -> int:
        """The id of the tensor at its worker; for a part (`x.grad`) that of the whole."""
        return self.ref if type(self.ref) is int else self.ref[0]  # type: ignore

    @cached_property
    def id(self) -> int:
        """The name of this pointer at its owner, given when it is first asked for. A part has its parent's."""
        parent = self.__dict__.get("parent")
        number: int = self.owner.new_id() if parent is None else parent.id
        return number

    # ---- operations -------------------------------------------------------------------------------------------

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = NAMES.get(func)
        if name is None:
            about = METADATA.get(func)
            return about(*args) if about else refuse(func, args)
        return call(name, args, kwargs)

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """torch's kernels never touch a pointer's own memory: there is nothing in it."""
        pointer = next(arg for arg in args if isinstance(arg, PointerTensor))
        raise ValueRefusedError(f"{func} on the memory of a pointer", pointer.location.id)

    # ---- data ------------------------------------------------------------------------------------------------

    def get(self, *args: Any, **kwargs: Any) -> Any:
        """Bring the tensor here and empty its place. Through a chain: unwrap one link.

        The gradient comes along; the autograd graph stays. An attribute pointer (`x.grad`) brings a copy.
        """
        is_part = type(self.ref) is tuple
        message = Get(self.owner.id, self.location.id, (self.ref,), is_part)
        item = self.location.network.deliver(message).items[0]
        if not is_part:
            self.__class__ = SpentPointer
        value = unpack(item, self.owner.id, self.owner.network, hold=is_part)
        value.id = item.id
        return value

    def move(self, worker: Any = None, requires_grad: bool | None = None) -> Any:
        """Hand the tensor over to another worker without seeing it; this pointer follows. To `me`: a get.

        Raises MoveToNobodyError without a destination.
        """
        if worker is None:
            raise MoveToNobodyError(self.location.id)
        if check_worker(worker, "move") is self.location:
            return self
        if worker is self.owner:
            value = self.get()
            return value if requires_grad is None else value.requires_grad_(requires_grad)
        message = Move(self.owner.id, self.location.id, (self.id_at_location,), worker.id, requires_grad)
        reply = self.location.network.deliver(message)
        if reply is not None:
            self.ref = reply.answer[0]
        self.location = worker
        self.gradients = None
        return self

    def remote_get(self) -> PointerTensor:
        """Through a chain: its first worker does one `get`, and holds what the next one held. In place."""
        self.location.network.deliver(Pull(self.owner.id, self.location.id, self.id_at_location))
        return self

    def copy(self) -> Any:
        """A copy, made where the tensor is: a leaf of its own."""
        return call("copy", (self,))

    def backward(self, gradient: Any = None, *args: Any, **kwargs: Any) -> None:
        """Compute the gradients, where the tensor is."""
        call("backward", (self, gradient, *args), kwargs or None)

    def tag(self, *tags: str) -> PointerTensor:
        """Name this pointer; see `search`."""
        self.tags = (*self.tags, *tags)
        return self

    def describe(self, description: str) -> PointerTensor:
        """Say in words what this points to."""
        self.description = description
        return self

    @property
    def disable_gc(self) -> PointerTensor:
        """From now on the tensor outlives this pointer."""
        self.garbage_collect_data = False
        return self

    def __del__(self) -> None:
        if self.garbage_collect_data:
            location = self.location
            location.network.drop(new_tuple(Delete, (self.owner.id, location.id, self.ref)))

    # ---- public metadata --------------------------------------------------------------------------------------

    def _ask(self, question: str) -> Any:
        location = self.location
        ask = new_tuple(Ask, (self.owner.id, location.id, (self.ref,), question))
        return location.network.deliver(ask).answer[0]

    @property
    def shape(self) -> torch.Size:  # type: ignore[override]
        return torch.Size(self._ask("shape"))

    @property
    def dtype(self) -> torch.dtype:  # type: ignore[override]
        dtype: torch.dtype = self._ask("dtype")
        return dtype

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        device: torch.device = self._ask("device")
        return device

    @property
    def layout(self) -> torch.layout:  # type: ignore[override]
        layout: torch.layout = self.known_layout or self._ask("layout")
        return layout

    @property
    def is_sparse(self) -> bool:  # type: ignore[override]
        return self.layout is torch.sparse_coo

    @property
    def is_leaf(self) -> bool:  # type: ignore[override]
        return bool(self._ask("is_leaf"))

    @property
    def requires_grad(self) -> bool:
        return bool(self._ask("requires_grad"))

    @requires_grad.setter
    def requires_grad(self, flag: bool) -> None:
        self.requires_grad_(flag)

    def size(self, dim: int | None = None) -> Any:
        return self.shape if dim is None else self.shape[dim]

    def stride(self, dim: int | None = None) -> Any:
        return self._ask("stride") if dim is None else self._ask("stride")[dim]

    def dim(self) -> int:
        return len(self.shape)

    def numel(self) -> int:
        return self.shape.numel()

    def is_floating_point(self) -> bool:
        return self.dtype.is_floating_point

    def is_complex(self) -> bool:
        return self.dtype.is_complex

    def is_contiguous(self, *args: Any, **kwargs: Any) -> bool:
        return bool(torch.empty(self.shape, device="meta").stride() == tuple(self.stride()))

    ndim = property(dim)
    nelement = numel
    ndimension = dim
    is_cuda = property(lambda self: self.device.type == "cuda")
    itemsize = property(lambda self: self.dtype.itemsize)
    nbytes = property(lambda self: self.numel() * self.dtype.itemsize)
    names = property(lambda self: (None,) * self.dim())
    grad_fn = None
    T = property(lambda self: call("permute", (self, *reversed(range(self.dim())))))
    mT = property(lambda self: call("transpose", (self, -2, -1)))
    real = property(lambda self: call("torch.real", (self,)))
    imag = property(lambda self: call("torch.imag", (self,)))
    is_cpu = property(lambda self: self.device.type == "cpu")
    is_meta = is_quantized = is_mkldnn = is_nested = is_sparse_csr = False

    def __len__(self) -> int:
        if not self.dim():
            raise ValueRefusedError("len() of a single number", self.location.id)
        return self.shape[0]

    @property
    def grad(self) -> Any:
        """A pointer to the gradient, or None when there is none there."""
        card = self.gradients
        if card is None or card.stamp != self.location.network.backwards:
            card = self._ask_for_gradients(card)
        layout = card.layouts[self.ref]
        if layout is None:
            return None
        pointer = attribute_pointer(self, "grad")
        pointer.known_layout = layout
        return pointer

    @grad.setter
    def grad(self, value: Any) -> None:
        self._assign("grad", value)

    def _ask_for_gradients(self, card: Gradients | None) -> Gradients:
        """Find out which of the tensors that came with this one have a gradient; of this one alone if one is gone."""
        location = self.location
        refs = (self.ref,) if card is None else card.refs
        try:
            answer = location.network.deliver(Ask(self.owner.id, location.id, refs, "gradient")).answer
        except ObjectNotFoundError:
            if len(refs) == 1:
                raise
            return self._ask_for_gradients(None)
        if card is None:
            card = self.gradients = Gradients(refs)
        card.layouts = dict(zip(refs, answer, strict=True))
        card.stamp = location.network.backwards
        return card

    @property
    def data(self) -> Any:
        """A pointer to the same values, outside autograd."""
        return attribute_pointer(self, "data")

    @data.setter
    def data(self, value: Any) -> None:
        self._assign("data", value)

    def _assign(self, attribute: str, value: Any) -> None:
        location, ref = self.location, None
        if value is not None:
            if not isinstance(value, torch.Tensor):
                raise TypeError(f".{attribute} must be a tensor or None, not {type(value).__name__}")
            check_together(f".{attribute} =", [self, value])
            ref = value.ref  # type: ignore[attr-defined]
        message = new_tuple(Assign, (self.owner.id, location.id, self.ref, attribute, ref))
        location.network.deliver(message)
        if value is None and self.gradients is not None and not location.network.shared:
            self.gradients.layouts[self.ref] = None
        else:
            location.network.backwards += 1

    # ---- what it shows, and what it refuses ------------------------------------------------------------------

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]
        lines = [pointer_text(self.owner.id, self.id, self.location.id, self.ref)]
        if self.tags:
            lines += ["Tags: " + "".join(f"{tag} " for tag in self.tags), f"Shape: {self.shape}"]
        if self.description:
            lines.append("Description: " + self.description.strip().splitlines()[0] + "...")
        return "\n\t".join(lines)

    __str__ = __repr__

    def _repr_html_(self) -> str:
        from course.rich import pointer_html

        return pointer_html(self)

    def __format__(self, spec: str) -> str:
        if spec:
            raise ValueRefusedError(f"Formatting with {spec!r}", self.location.id)
        return repr(self)

    def __dir__(self) -> list[str]:
        return list(object.__dir__(self))  # torch's own would ask the worker

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise SavePointerError("A pointer", self.location.id)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            there = self.copy().disable_gc
            twin = torch.nn.Parameter(torch.empty(0)) if isinstance(self, torch.nn.Parameter) else torch.empty(0)
            memo[id(self)] = become_pointer(twin, there.owner, there.location, there.ref)
        return memo[id(self)]

    __hash__ = torch.Tensor.__hash__  # as before and after: an optimizer finds its state by it


class ParameterPointer(PointerTensor, torch.nn.Parameter):
    """A parameter whose values are away. The very same object is the Parameter again when they are back."""

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]
        return "Parameter containing:\n" + PointerTensor.__repr__(self)

    __str__ = __repr__  # type: ignore[assignment]
    __hash__ = torch.Tensor.__hash__  # as before and after: an optimizer finds its state by it


class SpentPointer(PointerTensor):
    """A pointer after its get(): it points to nothing, and says so."""

    garbage_collect_data = False

    def _spent(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AlreadyFetchedError(self.location.id, str(self.id_at_location))

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]
        where = pointer_text(self.owner.id, self.id, self.location.id, self.ref)
        return f"{where} (spent: get() brought it home)"

    __str__ = __repr__  # type: ignore[assignment]
    get = move = remote_get = send = copy = backward = _ask = _assign = _spent
    data = property(_spent, _spent)
    __hash__ = torch.Tensor.__hash__  # as before and after: an optimizer finds its state by it


# Functions of torch that ask for metadata, which torch's own code calls on any tensor.
METADATA: dict[Any, Callable[..., Any]] = {
    torch.is_complex: PointerTensor.is_complex,
    torch.is_floating_point: PointerTensor.is_floating_point,
    torch.numel: PointerTensor.numel,
}

POINTERS = frozenset({PointerTensor, ParameterPointer})
PLAIN = frozenset({int, float, bool, str, type(None), torch.dtype})


# ---- sending an operation ---------------------------------------------------------------------------------------


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
    if op in RECURRENT and any(is_zero(arg) for arg in found):
        return call_nested(op, with_remote_zeros(args, at), kwargs)
    check_together(op, found)
    return ask_for(op, at.owner, at.location, refs, named, args[0] if args else at)


def call_at(location: VirtualWorker, op: str, args: Any, kwargs: dict[str, Any]) -> Any:
    """Run an operation that needs no tensors (torch.rand, torch.zeros) at a worker."""
    if op not in OPERATIONS:
        raise OperationNotReviewedError(op)
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
    raise NotSendableError(f"{type(arg).__name__} {arg!r}", "it is neither a tensor nor plain data")


def check_together(op: str, tensors: list[Any]) -> None:
    """An error that names both places, if the tensors of an operation are not in one."""
    for tensor in tensors:
        if isinstance(tensor, SpentPointer):
            tensor._spent()
    first = next(tensor for tensor in tensors if isinstance(tensor, PointerTensor))
    for tensor in tensors:
        if place(tensor) != place(first) or getattr(tensor, "owner", first.owner) is not first.owner:
            raise apart(op, tensors, first, tensor)


def place(tensor: Any) -> str:
    return tensor.location.id if isinstance(tensor, PointerTensor) else "me"


def apart(op: str, tensors: list[Any], first: Any, other: Any) -> TensorsNotCollocatedException:
    """The error for tensors in two places: about a model, if parameters are in one of them and data in the other."""
    models = {place(tensor) for tensor in tensors if isinstance(tensor, torch.nn.Parameter)}
    data = {place(tensor) for tensor in tensors if not isinstance(tensor, torch.nn.Parameter)}
    if len(models) == 1 and len(data) == 1:
        return ModelElsewhereError(op, *models, *data)
    return TensorsNotCollocatedException(op, place(first), place(other))


RECURRENT = frozenset(
    f"torch.{name}{cell}" for name in ("lstm", "gru", "rnn_tanh", "rnn_relu") for cell in ("", "_cell")
)


def is_zero(x: Any) -> bool:
    return isinstance(x, torch.Tensor) and not isinstance(x, PointerTensor) and not x.any()


def with_remote_zeros(args: Any, at: PointerTensor) -> Any:
    """The arguments with each local tensor of zeros made anew beside `at`.

    torch's recurrent layers begin with zeros that they make here. Zeros tell nobody anything, so no rule is bent.
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
    raise OperationNotReviewedError(name, VALUE_REASONS.get(name, ""))


VALUES = frozenset({"equal", "allclose", "is_nonzero", "array_equal"})
VALUE_REASONS = dict.fromkeys(
    "nonzero masked_select unique bincount argwhere unique_consecutive".split(),
    "the shape of its result would tell values",
)


# ---- methods and operators: straight to `call`, which saves torch's own dispatch --------------------------------


def _method(op: str) -> Callable[..., Any]:
    def method(self: PointerTensor, *args: Any, **kwargs: Any) -> Any:
        return call(op, (self, *args), kwargs)

    method.__name__ = op
    return method


for _name in METHODS:
    if _name in OPERATIONS and _name not in vars(PointerTensor):
        setattr(PointerTensor, _name, _method(_name))


UNARY = frozenset({"__neg__", "__pos__", "__abs__", "__invert__"})


def operator_method(dunder: str, op: str) -> Callable[..., Any]:
    """A method that calls an operation, with as many operands as the operator has: a fixed number costs least."""

    def unary(self: PointerTensor) -> Any:
        return call(op, (self,))

    def binary(self: PointerTensor, other: Any) -> Any:
        return call(op, (self, other))

    def assignment(self: PointerTensor, key: Any, value: Any) -> None:
        call(op, (self, key, value))

    method = unary if dunder in UNARY else assignment if op == "[]=" else binary
    method.__name__ = dunder
    return method


def _comparison(dunder: str, op: str) -> Callable[..., Any]:
    def comparison(self: PointerTensor, other: Any) -> Any:
        return NotImplemented if other is None else call(op, (self, other))

    comparison.__name__ = dunder
    return comparison


for _dunder, _op in SAME.items():
    _make = _comparison if _dunder in ("__eq__", "__ne__") else operator_method
    setattr(PointerTensor, _dunder, _make(_dunder, _op))


# Two of torch's optimizers decide by numbers: how far to step, when to stop. They may open single numbers, each with
# a message that the transcript shows.
READERS = frozenset({"torch.optim.lbfgs", "torch.optim._adafactor"})


def _refused(asked: str) -> Callable[..., Any]:
    def method(self: PointerTensor, *args: Any, **kwargs: Any) -> Any:
        if sys._getframe(1).f_globals.get("__name__") in READERS and not self.dim():
            message = Get(self.owner.id, self.location.id, (self.ref,), True)
            return self.location.network.deliver(message).items[0].value.item()
        raise ValueRefusedError(asked, self.location.id)

    return method


for _name, _asked in {
    "item": ".item()", "tolist": ".tolist()", "numpy": ".numpy()", "__array__": "A conversion to NumPy",
    "__bool__": "A truth value (if, while, and, or, not)", "__float__": "float()", "__int__": "int()",
    "__index__": "Use as a whole number", "__complex__": "complex()", "__iter__": "Iteration",
    "__contains__": "The operator `in`", "__dlpack__": "A conversion through DLPack",
    "data_ptr": ".data_ptr()", "storage": ".storage()", "untyped_storage": ".untyped_storage()",
}.items():  # fmt: skip
    setattr(PointerTensor, _name, _refused(_asked))


# ---- making pointers ------------------------------------------------------------------------------------------


def make_pointer(owner: Any, location: Any, ref: Ref, id: int | None, hold: bool) -> PointerTensor:
    """A pointer; with `hold` a further one to the same object, which its worker is told."""
    pointer: PointerTensor = new_tensor(PointerTensor)
    pointer.owner = owner
    pointer.location = location
    pointer.ref = ref
    if id is not None:
        pointer.id = id
    if type(ref) is tuple:
        pointer.garbage_collect_data = False
    elif hold and type(ref) is int:
        location.network.shared = True
        location.network.deliver(Hold(owner.id, location.id, ref))
    return pointer


def become_pointer(tensor: Any, owner: VirtualWorker, location: VirtualWorker, ref: Ref) -> Any:
    """Turn a tensor whose values are elsewhere into a pointer to them.

    It stays the same object: a Parameter is one again when its values are back.
    """
    tensor.__class__ = ParameterPointer if isinstance(tensor, torch.nn.Parameter) else PointerTensor
    tensor.owner = owner
    tensor.location = location
    tensor.ref = ref
    tensor.__dict__.pop("id", None)
    return tensor


def attribute_pointer(parent: PointerTensor, name: str) -> PointerTensor:
    """A pointer to a part of what `parent` points to. It keeps the parent, and with it the object, alive."""
    pointer: PointerTensor = new_tensor(PointerTensor)
    pointer.owner = parent.owner
    pointer.location = parent.location
    ref = parent.ref
    pointer.ref = (ref, name) if type(ref) is int else (*ref, name)  # type: ignore
    pointer.garbage_collect_data = False
    pointer.parent = parent  # type: ignore[attr-defined]
    return pointer


def spec_of(value: Any) -> PointerSpec | None:
    """How a pointer travels; None for anything that is no pointer."""
    return PointerSpec(value.location.id, value.ref) if isinstance(value, PointerTensor) else None


def send_to(x: torch.Tensor, worker: VirtualWorker, garbage_collect_data: bool) -> PointerTensor:
    """Send a tensor, or a pointer, to one worker; `x` stays as it is."""
    network = worker.network
    owner = x.owner if isinstance(x, PointerTensor) else network.me
    check_sendable(x, worker, owner)
    network.shared = network.shared or isinstance(x, PointerTensor)
    id: int = x.id  # type: ignore[attr-defined]
    reply = network.deliver(Send(owner.id, worker.id, pack([(id, x)], network)))
    pointer = make_pointer(owner, worker, id if reply is None else reply.answer[0], None, False)
    if not garbage_collect_data:
        pointer.garbage_collect_data = False
    pointer.tags = tuple(getattr(x, "tags", ()))
    pointer.description = getattr(x, "description", "")
    return pointer


def check_sendable(x: torch.Tensor, worker: Any, owner: Any) -> None:
    """NotSendableError for what a message cannot carry there."""
    if worker is owner:
        raise NotSendableError("What is here already", "it is with you, and you are where it should go")
    if isinstance(x, PointerTensor):
        if x.location is worker:
            raise NotSendableError("A pointer", f"{worker.id} would hold a pointer to itself")
    elif x.layout is not torch.strided or x.is_quantized:
        raise NotSendableError(f"A {x.layout} tensor", "only dense tensors have a form in bytes here")
