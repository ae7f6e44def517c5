"""Models, plans and optimizers as they cross."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from course.codec import decode, encode
from course.learn.plain import Other
from course.messages import Graph, Item, Send
from course.plans import Plan
from course.replay import plan_text, program_of
from course.seat.form import Crossing, Form, Node, checked
from course.seat.wire import Garbled
from course.stand_ins import StandIn

__all__ = ["Module", "Optimizer"]

OWN_OF_MODULES = frozenset(nn.Module().__dict__)
KEPT = re.compile(r"\w{1,60}")  # of what a model keeps: a plan counts its state, "0", "1"


class Module(Form):
    """A model of torch's layers; a plan, which is its recording; any other one as its state, with nothing to run."""

    name = "module"
    dies = True

    def takes(self, value: Any) -> bool:
        return isinstance(value, nn.Module)

    def state(self, crossing: Crossing, value: Any) -> Node:
        kind, own = type(value), value.__dict__
        names = [name for name in own if name not in OWN_OF_MODULES and not name.startswith("__")]
        plain = {name: own[name] for name in names if is_plain(own[name])}
        loose = {name: part for name, part in own.items() if type(part) in (torch.Tensor, nn.Parameter)}
        sent_to, hooks = own.get("_sent_to"), []
        if crossing.judges:
            hooks = [crossing.pack(hook) for hook in value._forward_hooks.values()]
        recorded: Node = None
        if isinstance(value, Plan):
            recorded = [value.name, graph_as_bytes(value.graph) if value.is_built else None]
        named = (plain, loose, value._parameters, value._buffers, value._modules)
        return [
            kind.__name__, kind.__module__.startswith("torch.nn.modules."), value.training,
            crossing.pack(sent_to), hooks, recorded,
            *[[[name, crossing.pack(part)] for name, part in held.items()] for held in named],
        ]  # fmt: skip

    def make(self, crossing: Crossing, key: int, state: Node) -> Any:
        name, is_torchs, _, _, hooks, recorded = state[:6]
        if recorded is not None:
            kind: Any = type(checked(recorded[0]), (Recorded,), {})
        elif is_torchs:
            kind = getattr(nn, checked(name))
            if not issubclass(kind, nn.Module):
                raise Garbled("no layer")
        else:
            kind = type(checked(name), (nn.Module,), {})
        made = kind.__new__(kind)
        nn.Module.__init__(made)
        if not crossing.judges:
            for hook in hooks:
                made.register_forward_hook(crossing.unpack(hook))
        return made

    def become(self, crossing: Crossing, value: Any, state: Node) -> None:
        _, _, training, sent_to, _, recorded, plain, loose, parameters, buffers, modules = state
        value.training = bool(training)
        for name, node in (*plain, *loose):
            if name in OWN_OF_MODULES or not KEPT.fullmatch(name) or name.startswith("__"):
                raise Garbled("no part of a model")
            found = crossing.unpack(node)
            if callable(getattr(type(value), name, None)) or not (is_plain(found) or isinstance(found, torch.Tensor)):
                raise Garbled("no part of a model")  # but something in the place of one of its methods
            value.__dict__[name] = found
        for held, nodes in ((value._parameters, parameters), (value._buffers, buffers), (value._modules, modules)):
            found = {str(name): crossing.unpack(node) for name, node in nodes}
            wanted = nn.Module if held is value._modules else torch.Tensor
            if not all(part is None or isinstance(part, wanted) for part in found.values()):
                raise Garbled("no part of a model")
            held.clear()
            held.update(found)
        if sent_to is not None or "_sent_to" in value.__dict__:
            value.__dict__["_sent_to"] = crossing.unpack(sent_to)
        if recorded is not None and recorded[1] is not None:
            graph = graph_from_bytes(recorded[1])
            value.__dict__["_program"] = program_of(graph)
            if not crossing.judges:  # the judge runs nothing but the program, step by reviewed step
                value.__dict__["_steps"] = as_function(graph)
            value.__dict__["_modes"] = tuple(part.training for part in value.modules())


class Recorded(Plan):
    """A plan as it was recorded elsewhere."""

    def forward(self, *args: Any) -> Any:
        """What was recorded, done again, also where another plan is being recorded."""
        tensors = [holder[key] for _, holder, key in self._held(StandIn)]
        with torch.set_grad_enabled(torch.is_grad_enabled()):  # what it switches off is on again after it
            return self.__dict__["_steps"](*args, *{id(tensor): tensor for tensor in tensors}.values())


def as_function(graph: Graph) -> Callable[..., Any]:
    """What a plan of the judge's does, as Python: at the seat it may be a part of another plan."""
    lines = plan_text(graph).splitlines()[1:]
    names: dict[str, Any] = {"torch": torch, "nn": nn, "F": nn.functional}
    exec("\n".join([f"def steps({', '.join((*graph.inputs, *graph.state))}):", *lines]), names)
    made: Callable[..., Any] = names["steps"]
    return made


PLAINEST = (bool, int, float, str, type(None))


def is_plain(value: Any) -> bool:
    """Whether a setting of a layer is of plain numbers and texts."""
    return type(value) in PLAINEST or (type(value) in (tuple, list) and all(map(is_plain, value)))


def graph_as_bytes(graph: Graph) -> bytes:
    return encode(Send("me", "me", (Item(0, graph),)))


def graph_from_bytes(body: bytes) -> Graph:
    message = decode(body)
    if not isinstance(message, Send) or not isinstance(message.items[0].value, Graph):
        raise Garbled("no recording")
    return message.items[0].value


class Optimizer(Form):
    name = "optimizer"
    dies = True

    def takes(self, value: Any) -> bool:
        return isinstance(value, torch.optim.Optimizer)

    def state(self, crossing: Crossing, value: Any) -> Node:
        groups = [
            [[name, self._packed(crossing, part)] for name, part in group.items()] for group in value.param_groups
        ]
        kept = [[crossing.pack(tensor), self._pairs(crossing, part)] for tensor, part in value.state.items()]
        return [type(value).__name__, self._pairs(crossing, value.defaults), groups, kept]

    def _pairs(self, crossing: Crossing, found: dict[Any, Any]) -> Node:
        return [[crossing.pack(name), crossing.pack(part)] for name, part in found.items()]

    def _packed(self, crossing: Crossing, part: Any) -> Node:
        return ["tuple", *map(crossing.pack, part)] if isinstance(part, list) else crossing.pack(part)

    def make(self, crossing: Crossing, key: int, state: Node) -> Any:
        name, defaults, _, _ = state
        kind = getattr(torch.optim, checked(name), None)
        if not isinstance(kind, type) or not issubclass(kind, torch.optim.Optimizer):
            return Other("Optimizer", str(name))
        made = kind.__new__(kind)
        settings = {crossing.unpack(setting): crossing.unpack(part) for setting, part in defaults}
        torch.optim.Optimizer.__init__(made, [nn.Parameter(torch.empty(0))], settings)  # `become` knows its parameters
        return made

    def _group(self, crossing: Crossing, group: Node) -> dict[str, Any]:
        found = {str(name): crossing.unpack(part) for name, part in group}
        return {**found, "params": list(found["params"])}

    def become(self, crossing: Crossing, value: Any, state: Node) -> None:
        _, _, groups, kept = state
        value.param_groups[:] = [self._group(crossing, group) for group in groups]
        value.state.clear()
        for tensor, pairs in kept:
            found = {crossing.unpack(name): crossing.unpack(part) for name, part in pairs}
            value.state[crossing.unpack(tensor)] = found
