"""Any value: whatever a function returns, the student reads a verdict, never that the check has a fault of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy
import pandas
import torch
from torch import nn

import course as sy
from course.authoring.answers import Answers, function
from course.learn.exercise import Exercise, workers

Make = Callable[[], Any]


class _Raises:
    """An object that answers every question with an exception."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"no {name} today")

    def __repr__(self) -> str:
        raise RuntimeError("no repr today")

    def __len__(self) -> int:
        raise RuntimeError("no length today")


def _own_list() -> list[Any]:
    """A list that contains itself."""
    own: list[Any] = []
    own.append(own)
    return own


def _pointer() -> Any:
    (stranger,) = workers("stranger")  # first: it teaches tensors to be sent
    return torch.tensor([1.0, 2.0]).send(stranger)  # type: ignore[attr-defined]


# Made here: the first optimizer of a process imports much of torch, and an answer has two seconds.
_OPTIMIZER = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.1)

VALUES: dict[str, Make] = {
    "None": lambda: None,
    "True": lambda: True,
    "0": lambda: 0,
    "10**30": lambda: 10**30,
    "1.5": lambda: 1.5,
    "nan": lambda: float("nan"),
    "inf": lambda: float("inf"),
    "1j": lambda: 1j,
    "''": lambda: "",
    "'bob'": lambda: "bob",
    "a lone surrogate": lambda: "\ud800",
    "bytes": lambda: b"bob",
    "...": lambda: ...,
    "[]": list,
    "()": tuple,
    "{}": dict,
    "set()": set,
    "range(3)": lambda: range(3),
    "[None]": lambda: [None],
    "[0]": lambda: [0],
    "(1, 2)": lambda: (1, 2),
    "[[]]": lambda: [[]],
    "[()]": lambda: [()],
    "[[[[[[[[1]]]]]]]]": lambda: [[[[[[[[1]]]]]]]],
    "[1.0, 'a', None]": lambda: [1.0, "a", None],
    "a list of itself": _own_list,
    "{1: 2}": lambda: {1: 2},
    "{None: []}": lambda: {None: []},
    "{'me': 1}": lambda: {"me": 1},
    "{(1, 2): {3}}": lambda: {(1, 2): {3}},
    "{1, 2}": lambda: {1, 2},
    "a generator": lambda: (n for n in range(3)),
    "a function": lambda: lambda *args: args,
    "a type": lambda: int,
    "an object": object,
    "an object that raises": _Raises,
    "an exception": lambda: ValueError("bob"),
    "a scalar tensor": lambda: torch.tensor(1.0),
    "an empty tensor": lambda: torch.empty(0),
    "1 x 1": lambda: torch.ones(1, 1),
    "5 dimensions": lambda: torch.ones(1, 2, 1, 2, 1),
    "int64": lambda: torch.ones(3).long(),
    "float64": lambda: torch.ones(3).double(),
    "float16": lambda: torch.ones(3).half(),
    "bool": lambda: torch.ones(3) > 0,
    "bfloat16": lambda: torch.ones(3).bfloat16(),
    "complex": lambda: torch.ones(3) * 1j,
    "complex32": lambda: torch.ones(3, dtype=torch.complex32),
    "float8": lambda: torch.ones(3).to(torch.float8_e4m3fn),
    "a sparse tensor": lambda: torch.ones(3, 3).to_sparse(),
    "a meta tensor": lambda: torch.ones(3, device="meta"),
    "a quantized tensor": lambda: torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.quint8),
    "nan and inf": lambda: torch.tensor([float("nan"), float("inf"), -0.0]),
    "a tensor with a graph": lambda: torch.ones(2, requires_grad=True) * 2,
    "a parameter": lambda: nn.Parameter(torch.ones(2)),
    "a size": lambda: torch.Size([2, 3]),
    "a dtype": lambda: torch.float32,
    "a device": lambda: torch.device("cpu"),
    "tensors": lambda: [torch.ones(2), torch.ones(3)],
    "a pair of tensors": lambda: (torch.ones(()), torch.ones(())),
    "a module": lambda: nn.Linear(2, 1),
    "modules": lambda: [nn.Linear(2, 1)],
    "a lazy module": lambda: nn.LazyLinear(2),
    "an optimizer": lambda: _OPTIMIZER,
    "a pointer": _pointer,
    "pointers": lambda: [_pointer(), _pointer()],
    "a pointer's copy": lambda: [(_pointer(), 1)],
    "a pair of pointers": lambda: (_pointer(), _pointer()),
    "pairs of pointers": lambda: [(_pointer(), _pointer())],
    "a worker": lambda: workers("stranger")[0],
    "workers": lambda: workers("stranger", "bob"),
    "me": lambda: sy.local_worker,
    "a spent pointer": lambda: [pointer := _pointer(), pointer.get()][0],
    "a chain": lambda: _pointer().send(workers("another")[0]),
    "many pointers": lambda: sy.MultiPointerTensor.of([_pointer()]),
    "numpy.int64": lambda: numpy.int64(3),
    "numpy.float32": lambda: numpy.float32(1.5),
    "numpy.bool_": lambda: numpy.bool_(True),
    "numpy.str_": lambda: numpy.str_("bob"),
    "numpy.datetime64": lambda: numpy.datetime64("2020-01-01"),
    "an array": lambda: numpy.ones((2, 3)),
    "an array of objects": lambda: numpy.array([None, "bob"], dtype=object),
    "a list of numpy": lambda: [numpy.float64(1), numpy.int32(2)],
    "a dict of numpy": lambda: {numpy.str_("me"): (numpy.int64(1), 2)},
    "a series": lambda: pandas.Series([1.0, 2.0]),
    "a frame": lambda: pandas.DataFrame({"bob": [1]}),
    "pandas.NA": lambda: pandas.NA,
    "pandas.NaT": lambda: pandas.NaT,
    "a timestamp": lambda: pandas.Timestamp("2020-01-01"),
    "an index": lambda: pandas.Index(["bob"]),
}


def answers_with(exercise: Exercise, answers: Answers, values: dict[str, Make] = VALUES) -> Iterator[tuple[str, Any]]:
    """Functions that do what the reference does and return something else: instead, or at a place in the result."""
    made = function(exercise, answers.reference)
    for name, make in values.items():
        for place, put in _PLACES.items():
            yield f"{name} {place}", _returning(made, make, put)
    for name, wrap in _WRAPS.items():
        yield name, _returning(made, lambda: None, _only_wrapping(wrap))


def _only_wrapping(wrap: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda result, value: wrap(result)


def _returning(made: Callable[..., Any], make: Make, put: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def returning(*args: Any, **more: Any) -> Any:
        return put(made(*args, **more), make())

    return returning


def _put_deep(result: Any, value: Any) -> Any:
    """The value in the first place of the first item that has places."""
    return _put(result, lambda item: _put(item, lambda _: value))


def _put(result: Any, change: Callable[[Any], Any]) -> Any:
    """The first item changed; of what has no items, or none, the whole."""
    if type(result) in (list, tuple) and result:
        return type(result)([change(result[0]), *result[1:]])
    if type(result) is dict and result:
        first = next(iter(result))
        return {**result, first: change(result[first])}
    return change(result)


def _items(result: Any) -> list[Any]:
    return list(result) if isinstance(result, list | tuple | dict) else [result]


_PLACES: dict[str, Callable[[Any, Any], Any]] = {
    "instead of the result": lambda result, value: value,
    "as the first item": lambda result, value: _put(result, lambda _: value),
    "within the first item": _put_deep,
}
_WRAPS: dict[str, Callable[[Any], Any]] = {
    "the result in a list": lambda result: [result],
    "the result in a tuple": lambda result: (result,),
    "the result in a dict": lambda result: {"result": result},
    "the result in lists": lambda result: [[[[[result]]]]],
    "the result twice": lambda result: (result, result),
    "the result as text": str,
    "the result with one item more": lambda result: [*_items(result), None],
    "the result with one item less": lambda result: _items(result)[:-1],
}
