"""What stays where it is and is called from the other side: functions, protocols, the parties of a computation."""

from __future__ import annotations

import dataclasses
import functools
import sys
import types
from collections.abc import Callable
from typing import Any

import torch

from course.learn.plain import Other
from course.protocols import Protocol
from course.seat.form import Crossing, Form, Node
from course.smpc import authenticated, bits, comparison, products, truncation
from course.smpc import dealer as dealing
from course.smpc.parties import Parties
from course.virtual_worker import VirtualWorker

__all__ = ["Function", "Holding", "REQUESTS", "Roles", "is_request"]

CALLABLES = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, functools.partial)


class Function(Form):
    """It stays where it is. On the other side there is one that calls it from afar."""

    name = "function"

    def takes(self, value: Any) -> bool:
        return isinstance(value, CALLABLES)

    def mark(self, value: Any) -> Any:
        owner = getattr(value, "__self__", None)
        bound = isinstance(value, types.MethodType)  # made anew each time that somebody asks for it
        return (id(owner), value.__name__) if bound else id(value)

    def state(self, crossing: Crossing, value: Any) -> Node:
        return [str(getattr(value, "__name__", ""))]

    def make(self, crossing: Crossing, key: int, state: Node) -> Any:
        def from_afar(*args: Any, **kwargs: Any) -> Any:
            return crossing.invoke(key, "", list(args), kwargs)

        return named(str(state[0]), from_afar)


def named(name: str, function: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """A function that goes by this name."""
    made = function or (lambda: None)
    made.__name__ = made.__qualname__ = name[:60]
    return made


class Roles(Form):
    """A protocol of several roles: played from afar."""

    name = "protocol"

    def takes(self, value: Any) -> bool:
        return isinstance(value, Protocol)

    def state(self, crossing: Crossing, value: Any) -> Node:
        return [value.name, value.is_built]

    def make(self, crossing: Crossing, key: int, state: Node) -> Any:
        made = FarProtocol.__new__(FarProtocol)
        made.function = named(str(state[0]))
        made.play = lambda method, args: crossing.invoke(key, method, list(args), {})
        made.built = bool(state[1])
        return made


class FarProtocol(Protocol):
    """A protocol that is on the other side."""

    play: Callable[[str, tuple[Any, ...]], Any]
    built: bool

    @property
    def is_built(self) -> bool:
        return self.built

    def assign(self, role: str, worker: VirtualWorker) -> Protocol:
        self.play("assign", (role, worker))
        return self

    def __call__(self, *args: Any) -> Any:
        return self.play("__call__", args)

    def __repr__(self) -> str:
        return "<Protocol>"


class Holding(Form):
    """The parties of a computation on shares: dealing and opening happen on the judge's side."""

    name = "parties"

    def takes(self, value: Any) -> bool:
        return isinstance(value, Parties)

    def state(self, crossing: Crossing, value: Any) -> Node:
        return [type(value).__name__, list(value.names)]

    def make(self, crossing: Crossing, key: int, state: Node) -> Any:
        if crossing.judges:
            return Other(str(state[0])[:60], "parties")
        return FarParties(state[0], state[1], lambda method, args: crossing.invoke(key, method, args, {}))


class FarParties(Parties):
    """Parties whose dealer and whose table are on the other side."""

    def __init__(self, kind: str, names: list[str], ask: Callable[[str, list[Any]], Any]) -> None:
        super().__init__(names, keep=True)
        self.kind, self.ask = kind, ask

    def __repr__(self) -> str:
        return "parties"

    def deal(self, request: Any) -> tuple[torch.Tensor, ...]:
        by = str(sys._getframe(1).f_globals.get("__name__"))  # whose line it is: the answer's, or the library's
        found: tuple[torch.Tensor, ...] = self.ask("deal", [request, by])
        return found

    def open(self, what: str, *shares: torch.Tensor) -> list[torch.Tensor]:
        return self._asked("open", what, shares)

    def open_bits(self, what: str, *shares: torch.Tensor) -> list[torch.Tensor]:
        return self._asked("open_bits", what, shares)

    def exchange(self, what: str, *slices: torch.Tensor) -> list[torch.Tensor]:
        return self._asked("exchange", what, slices)

    def _asked(self, method: str, what: str, shares: tuple[torch.Tensor, ...]) -> list[torch.Tensor]:
        return list(self.ask(method, [what, *shares]))


def is_request(value: Any) -> bool:
    """Whether it is what protocols ask a dealer for."""
    return type(value).__name__ in REQUESTS and type(value) is REQUESTS[type(value).__name__]


REQUESTS: dict[str, type] = {
    kind.__name__: kind
    for module in (dealing, products, truncation, comparison, bits, authenticated)
    for kind in vars(module).values()
    if dataclasses.is_dataclass(kind) and isinstance(kind, type)
}
