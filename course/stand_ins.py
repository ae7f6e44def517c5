"""What a function gets in the place of tensors while it is recorded: stand-ins, and what they are asked about.

A `StandIn` stands for a tensor, a `Number` for a size that is only known when the plan runs. What one is asked goes to
the recorder (course/recorder.py), which makes a step of it; what nobody could repeat later is refused here, in words.

Each stands beside two made-up examples that differ in the size of the batch. A dimension that is the same in both is a
plain number; one that differs stays a step of the plan, `x.shape[0]`. No example ever holds anybody's data: only dtypes
and shapes are taken from what `build` is given.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn, Protocol

import torch
from torch import fx, nn

from course.errors import CannotRecordError
from course.operations import METHODS, SAME, find

__all__ = ["Example", "NoGradient", "Number", "Records", "StandIn", "example_of", "leaves"]

BATCH = 4  # of the first example, where any size will do
LARGER = 3  # how much larger a batch is in the second example


class Records(Protocol):
    """What a stand-in asks of whoever records."""

    name: str
    is_recording: bool

    def add(self, op: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any: ...
    def size(self, x: StandIn, dim: int) -> Any: ...
    def hand_over(self, op: str, x: StandIn, to: Any) -> Any: ...
    def cannot(self, what: str, instead: str) -> CannotRecordError: ...


class Example:
    """What a tensor looks like from outside: its shape, its dtype, whether it requires a gradient."""

    def __init__(self, shape: Sequence[int], dtype: torch.dtype, requires_grad: bool = False) -> None:
        self.shape = tuple(shape)
        self.dtype = dtype
        self.requires_grad = requires_grad

    @classmethod
    def of(cls, x: torch.Tensor) -> Example:
        return cls(x.shape, x.dtype, x.requires_grad)

    def pair(self, free: frozenset[int] = frozenset()) -> tuple[torch.Tensor, torch.Tensor]:
        """Two tensors that look so, of made-up values; the second is larger where the size is free, as a batch is."""
        return self._made(free, 0), self._made(free, LARGER)

    def _made(self, free: frozenset[int], more: int) -> torch.Tensor:
        grows = [size == -1 or (at == 0 and size in free) for at, size in enumerate(self.shape)]
        sizes = [BATCH if size == -1 else size for size in self.shape]
        shape = [size + more if grow else size for size, grow in zip(sizes, grows, strict=True)]
        generator = torch.Generator().manual_seed(0)
        if not self.dtype.is_floating_point and not self.dtype.is_complex:
            return torch.ones(shape, dtype=self.dtype)
        made = torch.rand(shape, generator=generator, dtype=torch.float64).to(self.dtype)
        return made.requires_grad_(self.requires_grad)


class Number:
    """A size that is only known when the plan runs: arithmetic with it is recorded, a decision by it is refused."""

    def __init__(self, recorder: Records, node: fx.Node, examples: tuple[Any, Any]) -> None:
        self.recorder = recorder
        self.node = node
        self.examples = examples

    def __bool__(self) -> NoReturn:  # noqa: PLE0304
        what, layer = "decides by a size that is only known when the plan runs (if, while, ==, <)", layer_of_torch()
        if layer in WITHOUT_DECISIONS:
            raise self.recorder.cannot(f"uses nn.{layer}, which {what}", WITHOUT_DECISIONS[layer])
        self._refuse(what)

    def __index__(self) -> NoReturn:  # noqa: PLE0305
        self._refuse("needs a size as a plain number, as range() does, and the size is only known when the plan runs")

    __int__ = __float__ = __index__

    def _refuse(self, what: str) -> NoReturn:
        raise self.recorder.cannot(what, "torch's own functions take all rows at once, however many there are")

    def __eq__(self, other: object) -> Any:
        return True if self is other else self.__bool__()

    __ne__ = __lt__ = __le__ = __gt__ = __ge__ = lambda self, other: self.__bool__()

    def __repr__(self) -> str:
        return f"<a size of the plan, {self.node.name}>"


def _arithmetic(sign: str, reflected: bool) -> Callable[..., Any]:
    def method(self: Number, other: Any) -> Any:
        if not isinstance(other, (int, float, Number)):
            return NotImplemented
        return self.recorder.add(f"number {sign}", (other, self) if reflected else (self, other), {})

    return method


for _name, _sign in {"add": "+", "sub": "-", "mul": "*", "floordiv": "//", "truediv": "/", "mod": "%"}.items():
    setattr(Number, f"__{_name}__", _arithmetic(_sign, False))
    setattr(Number, f"__r{_name}__", _arithmetic(_sign, True))


class NoGradient:
    """Stands for `x.grad` before any backward. A plan cannot ask whether there is one: it may run a second time."""

    def __init__(self, recorder: Records) -> None:
        self.__dict__["recorder"] = recorder

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise self.recorder.cannot("uses a gradient that is not there yet", "call loss.backward() first")

    def _used(self, *args: Any) -> NoReturn:
        self.__getattr__("used")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __neg__ = _used
    __matmul__ = __rmatmul__ = __pow__ = __getitem__ = _used


class StandIn(fx.Proxy):
    """Stands for a tensor while a plan is recorded. What it is asked becomes a step."""

    def __init__(self, node: fx.Node, recorder: Records, examples: tuple[Any, Any], place: str | None) -> None:
        super().__init__(node, recorder)  # type: ignore[arg-type]
        self.recorder = recorder
        self.examples = examples
        self.place = place  # the role that has it, in a protocol

    # ---- what is public ----------------------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[Any, ...]:
        return tuple([self.recorder.size(self, dim) for dim in range(self.dim())])

    def size(self, dim: int | None = None) -> Any:
        return self.shape if dim is None else self.recorder.size(self, dim)

    def numel(self) -> Any:
        total: Any = 1
        for size in self.shape:
            total = total * size
        return total

    def _seen(self, name: str) -> Any:
        """What can be seen of it from outside, asked of an example."""
        with torch._C.DisableTorchFunction():
            return getattr(self.examples[0], name)

    def dim(self) -> int:
        return len(self._seen("shape"))

    def is_floating_point(self) -> bool:
        return bool(self.dtype.is_floating_point)

    def __len__(self) -> int:
        size = self.shape[0]
        return size if isinstance(size, int) else operator.index(size)

    def __iter__(self) -> Iterator[Any]:
        size = self.shape[0]
        if not isinstance(size, int):
            self._refuse("goes through the rows one by one, and how many there are is only known when the plan runs")
        return iter([self.recorder.add("[]", (self, at), {}) for at in range(size)])

    dtype = property(lambda self: self._seen("dtype"))
    device = property(lambda self: self._seen("device"))
    layout = property(lambda self: self._seen("layout"))
    requires_grad = property(lambda self: self._seen("requires_grad"))
    is_leaf = property(lambda self: self._seen("is_leaf"))
    is_sparse = is_quantized = is_nested = is_cuda = False
    ndim = property(dim)
    nelement = numel
    grad_fn = None

    # ---- parts -------------------------------------------------------------------------------------------------------

    @property
    def grad(self) -> Any:
        """The gradient; where there is none yet, something that only `is None` and `= None` may be asked of."""
        if self._seen("grad") is None:
            return NoGradient(self.recorder)
        return self.recorder.add(".grad", (self,), {})

    @grad.setter
    def grad(self, value: Any) -> None:
        self.recorder.add(".grad =", (self, value), {})

    @property
    def data(self) -> Any:
        return self.recorder.add(".data", (self,), {})

    T = property(lambda self: self.permute(*reversed(range(self.dim()))))
    mT = property(lambda self: self.transpose(-2, -1))

    def backward(self, gradient: Any = None, *args: Any, **kwargs: Any) -> None:
        given = () if gradient is None and not args else (gradient, *args)
        self.recorder.add("backward", (self, *given), kwargs)

    # ---- hand-overs --------------------------------------------------------------------------------------------------

    def send(self, to: Any) -> Any:
        return self.recorder.hand_over("send", self, to)

    def move(self, to: Any) -> Any:
        return self.recorder.hand_over("move", self, to)

    def get(self) -> Any:
        return self.recorder.add("get", (self,), {})

    def copy(self) -> Any:
        return self.recorder.add("copy", (self,), {})

    # ---- what cannot be recorded -------------------------------------------------------------------------------------

    def _refuse(self, what: str) -> NoReturn:
        raise self.recorder.cannot(what, "torch.where(condition, a, b) and x * mask decide where the plan runs")

    def __bool__(self) -> NoReturn:  # noqa: PLE0304
        self._refuse("decides by a value (if, while, and, or, not)")

    def __repr__(self) -> str:
        if getattr(self.recorder, "is_recording", False):
            self._refuse("shows a value (print, str, an f-string), which nobody has while the plan is recorded")
        return f"<a tensor of the plan {self.recorder.name}>"

    def __format__(self, spec: str) -> str:
        return repr(self)

    __str__ = __repr__

    def __contains__(self, item: Any) -> NoReturn:
        self._refuse("asks for a value (in)")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self.recorder.is_recording and hasattr(torch.Tensor, name):
            find(name)
        raise AttributeError(f"a tensor has no attribute {name!r}")

    __hash__ = object.__hash__


def _method(op: str) -> Callable[..., Any]:
    def method(self: StandIn, *args: Any, **kwargs: Any) -> Any:
        return self.recorder.add(op, (self, *args), kwargs)

    method.__name__ = op
    return method


def _value(asked: str) -> Callable[..., Any]:
    def method(self: StandIn, *args: Any, **kwargs: Any) -> Any:
        self._refuse(f"asks for a value ({asked})")

    return method


for _op in METHODS:
    if _op not in vars(StandIn):
        setattr(StandIn, _op, _method(_op))
for _dunder, _op in SAME.items():
    setattr(StandIn, _dunder, _method(_op))
for _dunder, _asked in {
    "item": ".item()", "tolist": ".tolist()", "numpy": ".numpy()", "__float__": "float()", "__int__": "int()",
    "__index__": "a whole number", "__complex__": "complex()", "__array__": "NumPy",
}.items():  # fmt: skip
    setattr(StandIn, _dunder, _value(_asked))


WITHOUT_DECISIONS = {
    layer: f"call nn.{layer}Cell in a loop over the time steps; outside of a plan nn.{layer} works on pointers as it is"
    for layer in ("RNN", "GRU", "LSTM")
}


def layer_of_torch() -> str:
    """The layer of torch.nn that asks, by the name of its class; empty where the function itself does."""
    frame = inspect.currentframe()
    while frame is not None:
        module = frame.f_locals.get("self")
        if isinstance(module, nn.Module) and frame.f_globals.get("__name__", "").startswith("torch.nn.modules."):
            return type(module).__name__
        frame = frame.f_back
    return ""


def example_of(arg: Any, which: int) -> Any:
    """An argument with examples in the place of stand-ins."""
    if isinstance(arg, (StandIn, Number)):
        return arg.examples[which]
    if type(arg) in (list, tuple):
        return type(arg)([example_of(part, which) for part in arg])
    if isinstance(arg, slice):
        return slice(*[example_of(part, which) for part in (arg.start, arg.stop, arg.step)])
    return arg


def leaves(values: Any) -> Iterator[Any]:
    """What stands in nested lists and tuples."""
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from leaves(value)
        else:
            yield value
