"""How a function becomes a plan: it is called once, on stand-ins, and what it asks of them is written down as steps.

torch.fx does the book-keeping (a `Graph` of nodes with readable names, and `Proxy`, of which a stand-in is a kind).
What a stand-in is asked (course/stand_ins.py) goes into the graph by its name in the reviewed table, and
`TorchFunctionMode` catches what torch is asked without a stand-in: `torch.zeros` is a step too, and a tensor from
outside is refused, because its values would be frozen into the plan.

To know what is fixed and what is not, every step is tried at once on the two examples of its stand-ins.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import io
import random
import sys
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import fx
from torch.overrides import TorchFunctionMode

from course.errors import CannotRecordError, OperationNotReviewedError
from course.messages import Graph, Group, Step
from course.operations import NAMES, OPERATIONS, find
from course.replay import GRAD_MODE, NUMBERS, OWN, check
from course.stand_ins import NoGradient, Number, StandIn, example_of, leaves
from course.virtual_worker import VirtualWorker

__all__ = ["OneSizeOnlyError", "Recorder", "as_argument", "record"]


class OneSizeOnlyError(CannotRecordError):
    """A step that works with the sizes of one example, and not with a batch that is larger."""


class Recorder(fx.Tracer):
    """Writes down what a function asks of its stand-ins."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.graph = fx.Graph(tracer_cls=fx.Tracer)
        self.inputs: list[fx.Node] = []
        self.states: list[fx.Node] = []
        self.steps: list[fx.Node] = []
        self.numbers: set[fx.Node] = set()
        self.grad_mode = torch.is_grad_enabled()
        self.is_recording = True

    # ---- what the function gets --------------------------------------------------------------------------------------

    def stand_in(self, name: str, examples: tuple[Any, Any], among: list[fx.Node], place: str | None = None) -> StandIn:
        """A stand-in for an input or a part of the state."""
        node = self.graph.placeholder(name)
        among.append(node)
        return StandIn(node, self, examples, place)

    # ---- what the function asks --------------------------------------------------------------------------------------

    def add(self, op: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Record one step, and try it on the examples. What stands for its result."""
        op = op if op in OWN else known(op)
        self.note_grad_mode()
        place = self.place_of(op, [*args, *kwargs.values()])
        node = self.node(op, args, kwargs)
        drawn = torch.get_rng_state()
        with torch._C.DisableTorchFunction():
            first = self.tried(op, args, kwargs, 0)  # its error is the function's own: nothing is larger here
            try:
                results = first, self.tried(op, args, kwargs, 1)
            except Exception as error:  # whatever a layer raises that wants one size
                raise self.one_size_only(str(error) or type(error).__name__) from error
        torch.set_rng_state(drawn)
        return self.stands_for(node, results, place)

    def node(self, op: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> fx.Node:
        named = {key: self.written(value) for key, value in kwargs.items() if not is_default(op, key, value)}
        written = tuple([self.written(arg) for arg in args])
        node = self.graph.create_node("call_method", op, written, named, name=short(op))
        self.steps.append(node)
        if op == "size" or op in NUMBERS:
            self.numbers.add(node)
        return node

    def written(self, arg: Any) -> Any:
        """An argument as it stands in the graph."""
        if isinstance(arg, (StandIn, Number)):
            return arg.node
        if isinstance(arg, torch.Tensor):
            raise self.outside()
        if isinstance(arg, (list, tuple)):
            return type(arg)([self.written(part) for part in arg]) if type(arg) in (list, tuple) else tuple(arg)
        if isinstance(arg, slice):
            return slice(self.written(arg.start), self.written(arg.stop), self.written(arg.step))
        if isinstance(arg, PLAIN) or arg is None or arg is ...:
            return arg
        if isinstance(arg, NoGradient):
            arg._used()
        raise self.cannot(f"uses a {type(arg).__name__}", "a plan works with tensors and plain numbers")

    def tried(self, op: str, args: tuple[Any, ...], kwargs: dict[str, Any], which: int) -> Any:
        """The step on one of the examples."""
        if op in ("send", "move", "get"):
            return args[0].examples[which].detach()
        function = OWN[op][0] if op in OWN else OPERATIONS[op]
        named = {key: example_of(value, which) for key, value in kwargs.items()}
        return function(*[example_of(arg, which) for arg in args], **named)

    def stands_for(self, node: fx.Node, results: tuple[Any, ...], place: str | None) -> Any:
        """What the function gets for the result of a step: a stand-in, several of them, a number or None."""
        first, second = results
        if isinstance(first, torch.Tensor):
            return StandIn(node, self, (first, second), place)
        if isinstance(first, (tuple, list)):
            if len(first) != len(second):
                raise self.one_size_only(f"{len(first)} parts become {len(second)}")
            whole = StandIn(node, self, results, place)
            parts = [
                None if both[0] is None else self.stands_for(self.node("part", (whole, at), {}), both, place)
                for at, both in enumerate(zip(first, second, strict=True))
            ]
            kind: Any = type(first)
            return kind(parts)
        if first is None:
            return None
        return Number(self, node, (first, second))

    def size(self, x: StandIn, dim: int) -> Any:
        """A size: a plain number where it is fixed, else a step."""
        with torch._C.DisableTorchFunction():
            sizes = [example.shape[dim] for example in x.examples]
        return sizes[0] if sizes[0] == sizes[1] else self.add("size", (x, dim), {})

    def hand_over(self, op: str, x: StandIn, to: Any) -> Any:
        """x.send(bob) or x.move(bob) as a step."""
        if not isinstance(to, VirtualWorker):
            raise self.cannot(f"hands something to {to!r}, which is no worker", "x.send(bob) names a worker")
        return self.add(op, (x, to.id), {})

    def place_of(self, op: str, args: list[Any]) -> str | None:
        """Where a step is done; only a protocol has more than one place."""
        return None

    def note_grad_mode(self) -> None:
        """torch.no_grad() and its like become a step when the next one is recorded."""
        mode = torch.is_grad_enabled()
        if mode != self.grad_mode:
            self.grad_mode = mode
            self.steps.append(self.graph.create_node("call_method", GRAD_MODE, (mode,), {}, name="grad_mode"))

    def asked(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What torch is asked while the plan is recorded."""
        if func in PASSED_ON:
            return func(*args, **kwargs)
        if func is torch.tensor and not any(isinstance(arg, torch.Tensor) for arg in args):
            return self.add("tensor", args, {key: value for key, value in kwargs.items() if key != "device"})
        given = list(leaves([*args, *kwargs.values()]))
        if any(isinstance(arg, torch.Tensor) for arg in given):
            raise self.outside()
        name = NAMES.get(func)
        if name is not None:
            return self.add(name, args, kwargs)
        about = PUBLIC.get(func)
        if about is not None:
            return about(*args)
        raise OperationNotReviewedError(str(getattr(func, "__name__", func)), "")

    # ---- mistakes ----------------------------------------------------------------------------------------------------

    def cannot(self, what: str, instead: str) -> CannotRecordError:
        return CannotRecordError(self.name, f"{what}{line_of_the_function()}", instead)

    def one_size_only(self, why: str) -> OneSizeOnlyError:
        what = f"works with one size and not with a larger one ({why.splitlines()[0]}){line_of_the_function()}"
        instead = "x.shape[0] and x.reshape(-1, 3) follow the size; args_shape=[(4, 3)] says that it is fixed"
        return OneSizeOnlyError(self.name, what, instead)

    def outside(self) -> CannotRecordError:
        return self.cannot(
            "computes with a tensor that is neither an argument nor state: its values would be frozen into the plan",
            "make it an argument, or name it as state, @sy.func2plan(state=[...]); in a class, self.name = tensor",
        )

    # ---- the plan ----------------------------------------------------------------------------------------------------

    def finish(self, output: Any) -> Any:
        """What the function returned, as nodes. Looks at what nobody used afterwards are no steps."""
        returned = self.written(self.checked(output))
        used = {leaf for leaf in leaves([returned]) if isinstance(leaf, fx.Node)}
        for node in reversed(self.steps.copy()):
            if str(node.target) in LOOKS and not node.users and node not in used:
                self.steps.remove(node)
                self.numbers.discard(node)
                self.graph.erase_node(node)
        return returned

    def finished(self, returned: Any) -> Graph:
        """The recorded steps as they travel."""
        nodes = {node: at for at, node in enumerate([*self.inputs, *self.states, *self.steps])}
        steps = []
        for node in self.steps:
            args = tuple([as_argument(arg, nodes) for arg in node.args])
            named = tuple([(key, as_argument(value, nodes)) for key, value in node.kwargs.items()])
            steps.append(Step(node.name, str(node.target), args, named))
            check(steps[-1], {nodes[number] for number in self.numbers})
        found = as_argument(returned, nodes)
        inputs, state = (tuple([node.name for node in among]) for among in (self.inputs, self.states))
        return Graph(self.name, inputs, state, tuple(steps), found)

    def checked(self, output: Any) -> Any:
        """What the function returned, if it is made of tensors of the plan."""
        for leaf in leaves([output]):
            if isinstance(leaf, torch.Tensor):
                raise self.outside()
            if not isinstance(leaf, StandIn) and (leaf is not None or output is not None):
                raise self.cannot(f"returns a {type(leaf).__name__}", "a plan returns tensors, alone or in a tuple")
        return output


LOOKS = frozenset({"size", "part", ".grad", ".data", *NUMBERS})
PLAIN = (
    int, float, complex, str, torch.dtype, torch.device, torch.memory_format, torch.layout, fx.Node
)  # fmt: skip
PASSED_ON = frozenset({torch._C._set_grad_enabled})
PUBLIC: dict[Any, Callable[..., Any]] = {
    torch.is_floating_point: StandIn.is_floating_point,
    torch.numel: StandIn.numel,
    torch.is_complex: lambda x: x.dtype.is_complex,
}


def known(op: str) -> str:
    """The name of an operation, if a worker runs it."""
    if op not in ("send", "move"):
        find(op)
    return op


def is_default(op: str, keyword: str, value: Any) -> bool:
    """Whether a keyword says only what the operation does anyway. torch fills such keywords in, a reader need not."""
    default = defaults(op).get(keyword, ...)
    return keyword == "_stacklevel" or (type(value) in DEFAULTS and type(default) is type(value) and default == value)


DEFAULTS = frozenset({bool, int, float, str, type(None)})


@functools.cache
def defaults(op: str) -> dict[str, Any]:
    try:
        parameters = inspect.signature(OPERATIONS[op]).parameters.values()
    except (KeyError, TypeError, ValueError):  # one of torch's own in C++
        return {}
    return {parameter.name: parameter.default for parameter in parameters}


def short(op: str) -> str:
    """How the result of an operation is called in the text of a plan."""
    name = SHORT.get(op) or op.rpartition(".")[2].strip("_ =") or op
    return name if name.isidentifier() else "n"


SHORT = {"[]": "item", "[]=": "set_item", "size": "n", "tensor": "constant", ".grad =": "set_grad"}


def as_argument(arg: Any, nodes: dict[fx.Node, int]) -> Any:
    """An argument of a node as it travels in a step."""
    if isinstance(arg, fx.Node):
        return nodes[arg]
    if isinstance(arg, slice):
        return Group("slice", tuple([as_argument(part, nodes) for part in (arg.start, arg.stop, arg.step)]))
    if isinstance(arg, (list, tuple)):
        kind = "list" if isinstance(arg, list) else "tuple"
        return Group(kind, tuple([as_argument(part, nodes) for part in arg]))
    return (arg,)


def line_of_the_function() -> str:
    """The line of somebody's own code that asked, and where it stands."""
    for frame in inspect.stack(0)[2:]:
        name = frame.frame.f_globals.get("__name__", "")
        if name.split(".")[0] not in ("course", "torch", "contextlib"):
            found = inspect.getframeinfo(frame.frame, context=1)
            code = (found.code_context or [""])[0].strip()
            return f", in line {found.lineno}: {code}" if code else f", in line {found.lineno}"
    return ""


# ---- recording -------------------------------------------------------------------------------------------------------


class Asked(TorchFunctionMode):
    """Lets a recorder see whatever torch is asked for."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self.recorder = recorder

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return self.recorder.asked(func, args, kwargs or {})


def record(recorder: Recorder, function: Callable[[], Any], watched: Callable[..., Any]) -> Any:
    """Call a function on its stand-ins: the recorder writes down what it asks of them. What it returned, as nodes.

    CannotRecordError where it does something that a plan could not repeat: also, as far as that can be seen, where it
    prints, draws Python's random numbers, or changes what lies outside of it.
    """
    before, dice, printed = outside_of(watched), all_dice(), io.StringIO()
    grad_mode, torch_state = torch.is_grad_enabled(), torch.get_rng_state()
    try:
        with contextlib.redirect_stdout(printed), taking_sizes(recorder), Asked(recorder):
            output = function()
        drew = all_dice() != dice
        returned = recorder.finish(output)
    finally:
        recorder.is_recording = False
        torch.set_rng_state(torch_state)
        torch.set_grad_enabled(grad_mode)
    if printed.getvalue():
        raise recorder.cannot("prints", "a worker that runs the plan would print nothing: print the result of the plan")
    if drew:
        what = "draws or seeds random numbers itself: it would be one number for ever"
        raise recorder.cannot(what, "torch.rand(3) and F.dropout(x) are steps, and draw where the plan runs")
    for name, was in before.items():
        if outside_of(watched).get(name) != was:
            raise recorder.cannot(f"changes {name}, which lies outside of it", "return what should leave the plan")
    return returned


def all_dice() -> list[Any]:
    """The states of the generators that a function can draw from, as far as they can be seen."""
    numpy: Any = sys.modules.get("numpy")
    state = numpy.random.get_state() if numpy else ()
    return [random.getstate(), torch.get_rng_state().tolist(), *[str(part) for part in state]]


@contextlib.contextmanager
def taking_sizes(recorder: Recorder) -> Iterator[None]:
    """Let torch.zeros(n, 3) and the like take a size of the plan, which torch itself would refuse as no number."""
    originals = {name: getattr(torch, name) for name in WITH_SIZES}

    def taking(name: str) -> Callable[..., Any]:
        def made(*args: Any, **kwargs: Any) -> Any:
            if any(isinstance(leaf, (Number, StandIn)) for leaf in leaves([*args, *kwargs.values()])):
                return recorder.add(f"torch.{name}", args, kwargs)
            return originals[name](*args, **kwargs)

        return made

    try:
        for name in originals:
            setattr(torch, name, taking(name))
        yield
    finally:
        for name, original in originals.items():
            setattr(torch, name, original)


WITH_SIZES = ("arange", "eye", "full", "linspace", "ones", "rand", "randint", "randn", "randperm", "zeros")


def outside_of(function: Callable[..., Any]) -> dict[str, Any]:
    """What a function can reach outside of it, and how large that is: enough to see that it was changed."""
    try:
        reached = inspect.getclosurevars(inspect.unwrap(function))
    except (TypeError, ValueError):
        return {}
    named = {**reached.globals, **reached.nonlocals}
    return {name: (id(value), len(value) if isinstance(value, SIZED) else 0) for name, value in named.items()}


SIZED = (list, dict, set, bytearray)
