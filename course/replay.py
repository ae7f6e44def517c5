"""How a worker runs a plan: it checks the recorded steps once, turns them into a list of calls, and replays that list.

A plan travels as a `Graph`, plain data. Nothing of it is evaluated: each step names an operation of the reviewed table
(or one of the few below, which only plans have), and its arguments are numbers of registers and constants. `Program` is
what the worker keeps. All checks are made when it is built, so that a run is nothing but the calls.
"""

from __future__ import annotations

import operator
import weakref
from collections.abc import Callable
from typing import Any, Protocol

import torch

from course.error_texts import told
from course.errors import OperationNotReviewedError
from course.messages import Graph, Group, Step, ids_among
from course.operations import IN_PLACE, OPERATIONS, find, takes_keyword, takes_tensor
from course.reviewed import SIZES

__all__ = ["NUMBERS", "Place", "Program", "plan_text", "program_of", "step_text"]


class Place(Protocol):
    """Where a plan runs: what its steps need when they hand something on."""

    def send(self, value: Any, to: str) -> Any: ...
    def move(self, pointer: Any, to: str) -> Any: ...


# ---- operations that only plans have ---------------------------------------------------------------------------------


def size(x: torch.Tensor, dim: int) -> int:
    """x.shape[dim]: public, and a plain number when the plan runs. So no batch size is ever baked in."""
    return x.shape[dim]


def part(results: Any, place: int) -> Any:
    """One of several results of an operation."""
    return results[place]


def gradient(x: torch.Tensor) -> torch.Tensor:
    """x.grad, which must be there."""
    if x.grad is None:
        raise RuntimeError("this tensor has no gradient: call backward() first, on what was computed from it")
    return x.grad


def set_gradient(x: torch.Tensor, grad: torch.Tensor | None) -> None:
    """x.grad = grad."""
    x.grad = grad


def make_tensor(numbers: Any, dtype: torch.dtype | None = None, requires_grad: bool = False) -> torch.Tensor:
    """A tensor of numbers that are written in the plan."""
    return torch.tensor(numbers, dtype=dtype, requires_grad=requires_grad)


# Arithmetic with sizes, all numbers public.
NUMBERS: dict[str, Callable[..., Any]] = {
    f"number {sign}": function
    for sign, function in {
        "+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "/": operator.truediv,
        "%": operator.mod,
    }.items()
}  # fmt: skip

# Each with the places where a tensor may stand, as in the reviewed table.
OWN: dict[str, tuple[Callable[..., Any], str]] = {
    "size": (size, "T"),
    "part": (part, "T"),
    ".grad": (gradient, "T"),
    ".grad =": (set_gradient, "TT"),
    ".data": (torch.Tensor.detach, "T"),
    "tensor": (make_tensor, "."),
    "get": (lambda pointer: pointer.get(), "T"),
    **{name: (function, ".") for name, function in NUMBERS.items()},
    "grad_mode": (torch._C._set_grad_enabled, "."),
}
# These name a worker, and need the place where the plan runs.
HAND_OVERS: dict[str, Callable[..., Any]] = {
    "send": lambda place, value, to: place.send(value, to),
    "move": lambda place, pointer, to: place.move(pointer, to),
}
GRAD_MODE = "grad_mode"
NUMBER_STEPS = frozenset({"size", *NUMBERS})  # their results are plain numbers, and public
CHANGES_GRADIENTS = frozenset({".grad =", "backward", "autograd.backward"})
MAKE: dict[str, Callable[..., Any]] = {
    "list": lambda *parts: list(parts),
    "tuple": lambda *parts: parts,
    "slice": slice,
}

set_grad_mode = torch._C._set_grad_enabled


class Program:
    """A graph that was checked and made ready to run.

    OperationNotReviewedError for a step that no worker runs, ValueError for a graph that does not fit together.
    """

    def __init__(self, graph: Graph) -> None:
        try:
            self._make(graph)
        except (LookupError, TypeError, AttributeError) as error:
            raise ValueError("this is no plan: its steps do not fit together") from error

    def _make(self, graph: Graph) -> None:
        self.graph = graph
        check_names(graph)
        self.numbers: set[int] = set()
        self.calls: list[tuple[Callable[..., Any], tuple[int, ...], dict[str, Any] | None, Any, int]] = []
        self.constants: list[tuple[int, Any]] = []
        self.inputs = len(graph.inputs) + len(graph.state)
        # Register 0 is the place. Then inputs, state and results; behind them constants and groups.
        self.next = 1 + self.inputs + len(graph.steps)
        for at, step in enumerate(graph.steps):
            self._add(step, 1 + self.inputs + at)
        self.changes_gradients = any(step.op in CHANGES_GRADIENTS for step in graph.steps)
        self.output = self._register(graph.output, self.next)
        self.template: list[Any] = [None] * self.next
        for register, value in self.constants:
            self.template[register] = value

    @property
    def shape(self) -> torch.Size:
        """A plan has no numbers: what is asked of all objects of a store may be asked of a plan."""
        return torch.Size((0,))

    def __deepcopy__(self, memo: Any) -> Program:
        return self

    def __reduce__(self) -> Any:
        return Program, (self.graph,)

    def __repr__(self) -> str:
        return f"<Plan {self.graph.name} of {len(self.graph.steps)} steps>"

    def __call__(self, place: Place, *arguments: Any) -> Any:
        """Run it on these arguments, inputs first, then state."""
        if len(arguments) != self.inputs:
            raise ValueError(f"{self.graph.name} takes {self.inputs} objects, and got {len(arguments)}")
        registers = self.template.copy()
        registers[: 1 + self.inputs] = [place, *arguments]
        grad_mode = torch.is_grad_enabled()
        try:
            for function, slots, named, _, target in self.calls:
                if named is None:
                    registers[target] = function(*[registers[slot] for slot in slots])
                else:
                    keywords = {name: registers[slot] for name, slot in named.items()}
                    registers[target] = function(*[registers[slot] for slot in slots], **keywords)
        except Exception as error:  # noqa: BLE001  whatever it is, it belongs to whoever asked
            raise self._told(error, target, registers) from None
        finally:
            set_grad_mode(grad_mode)
        return registers[self.output]

    def _told(self, error: Exception, target: int, registers: list[Any]) -> Exception:
        """The error of a step, without values in torch's words, and with a note that says which step it was."""
        call = next(call for call in self.calls if call[4] == target)
        _, slots, named, op, _ = call
        if op in OPERATIONS:
            keywords = {name: registers[slot] for name, slot in (named or {}).items()}
            error = told(error, op, [registers[slot] for slot in slots], keywords)
        at = target - self.inputs - 1
        if 0 <= at < len(self.graph.steps):
            error.add_note(f"in step {at + 1} of the plan {self.graph.name}: {plan_lines(self.graph)[at]}")
        return error

    # ---- building it -------------------------------------------------------------------------------------------------

    def _add(self, step: Step, target: int) -> None:
        """Check one step and add its call."""
        op, args = step.op, step.args
        named = {name: self._register(value, target) for name, value in step.kwargs}
        check(step, self.numbers)
        slots = tuple([self._register(argument, target) for argument in args])
        if op in HAND_OVERS:
            slots = (0, *slots)
        function = HAND_OVERS.get(op) or (OWN[op][0] if op in OWN else find(op))
        if op in NUMBER_STEPS:
            self.numbers.add(target - 1)
        self.calls.append((function, slots, named or None, op, target))

    def _register(self, argument: Any, before: int) -> int:
        """The register in which an argument stands when the call before this register is made."""
        if type(argument) is int:
            if not 0 <= argument < min(before - 1, self.inputs + len(self.graph.steps)):
                raise ValueError(f"a step uses register {argument}, which is not filled yet")
            return 1 + argument
        register = self._new()
        if type(argument) is Group:
            slots = tuple([self._register(element, before) for element in argument.parts])
            self.calls.append((MAKE[argument.kind], slots, None, argument.kind, register))
        elif type(argument) is tuple and len(argument) == 1:
            self.constants.append((register, argument[0]))
        else:
            raise ValueError(f"{argument!r} is no argument of a step")
        return register

    def _new(self) -> int:
        self.next += 1
        return self.next - 1


known: weakref.WeakValueDictionary[int, Program] = weakref.WeakValueDictionary()


def program_of(graph: Graph) -> Program:
    """The program of a graph; made once for the very same graph, which many workers of one process may hold."""
    program = known.get(id(graph))
    if program is None or program.graph is not graph:
        program = known[id(graph)] = Program(graph)
    return program


def check_names(graph: Graph) -> None:
    """ValueError for names that would let the text of a plan say something else than what runs.

    A reader is a plan's guard: no name may hide a line (`ok = 1  #`), and none may stand for two things.
    """
    named = [*graph.inputs, *graph.state, *[step.name for step in graph.steps]]
    keywords = [name for step in graph.steps for name, _ in step.kwargs]
    if not all(type(name) is str and name.isidentifier() and name.isascii() for name in [*named, *keywords]):
        raise ValueError("a plan names its inputs and results as Python does, with letters, digits and _")
    if len(set(named)) < len(named):
        raise ValueError("two things in this plan have the same name, so nobody could read which one a step uses")
    if type(graph.name) is not str or not graph.name.isprintable() or set(graph.name) & set("()#:=\""):
        raise ValueError("the name of this plan is no name: it could hide what the plan does")


def check(step: Step, numbers: set[int]) -> None:
    """OperationNotReviewedError where a step would run what a worker does not run, as for a single operation."""
    op, args, kwargs = step.op, step.args, step.kwargs
    own = op in OWN or op in HAND_OVERS
    if not own:
        find(op)
    for at, argument in enumerate(args):
        tensors = tensors_among(argument, numbers)
        if type(argument) is Group and argument.kind == "slice" and tensors:
            raise OperationNotReviewedError("a tensor as the end of a slice", SIZES)
        allowed = place_takes_tensor(op, at) if own else takes_tensor(op, at)
        if tensors and not allowed:
            raise OperationNotReviewedError(f"{op} with a tensor in place {at + 1}", SIZES)
    for name, argument in kwargs:
        if tensors_among(argument, numbers) and (own or not takes_keyword(op, name)):
            raise OperationNotReviewedError(f"a tensor as {name}", SIZES)
    if op in NUMBERS and not (len(args) == 2 and all(is_number(arg, numbers) for arg in args)):
        raise ValueError(f"{op} computes with two plain numbers: sizes, and numbers that are written in the plan")
    if op in HAND_OVERS and (not args or type(args[0]) is not int or args[0] in numbers):
        raise ValueError(f"{op} hands over a tensor, and nothing else")


def place_takes_tensor(op: str, at: int) -> bool:
    return OWN.get(op, (None, "T"))[1][at : at + 1] == "T"


def is_number(argument: Any, numbers: set[int]) -> bool:
    """Whether an argument is a plain number: a register that holds one, or a constant."""
    if type(argument) is int:
        return argument in numbers
    return type(argument) is tuple and len(argument) == 1 and type(argument[0]) in (int, float)


def tensors_among(argument: Any, numbers: set[int]) -> list[int]:
    """The registers of tensors that an argument names: those that hold plain numbers do not count."""
    return [slot for slot in ids_among((argument,)) if slot not in numbers]


# ---- a plan, to be read ----------------------------------------------------------------------------------------------

WITHOUT_RESULT = frozenset({"backward", "autograd.backward", "retain_grad"})
SIGNS = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "floor_divide": "//", "remainder": "%", "pow": "**", "matmul": "@",
    "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "bitwise_and": "&", "bitwise_or": "|",
    "bitwise_xor": "^", "add_": "+=", "sub_": "-=", "mul_": "*=", "div_": "/=",
    "__rsub__": "r-", "__rtruediv__": "r/", "__rpow__": "r**", "__rfloordiv__": "r//", "__rmatmul__": "r@",
    **{name: name.removeprefix("number ") for name in NUMBERS},
}  # fmt: skip


def names_in(graph: Graph) -> list[str]:
    """What inputs, state and results are called in the text of a plan."""
    names = [*graph.inputs, *graph.state]
    for step in graph.steps:  # an operation in place gives back its first operand
        names.append(names[step.args[0]] if step.op in IN_PLACE and type(step.args[0]) is int else step.name)
    return names


def plan_lines(graph: Graph) -> list[str]:
    """Each step as a line of Python."""
    names = names_in(graph)
    return [step_text(step, names) for step in graph.steps]


def plan_text(graph: Graph) -> str:
    """The steps of a plan as Python that a person reads. It is never run: what runs are the steps."""
    head = f"def {graph.name}({', '.join(graph.inputs)}):"
    if graph.state:
        head += f"  # state: {', '.join(graph.state)}"
    returned = f"return {argument_text(graph.output, names_in(graph))}"
    return "\n    ".join([head, *plan_lines(graph), returned])


def step_text(step: Step, names: list[str]) -> str:
    args = [argument_text(argument, names) for argument in step.args]
    sign = SIGNS.get(step.op)
    if sign and len(args) == 2 and not step.kwargs:
        if sign.endswith("=") and sign not in ("==", "<=", ">=", "!="):
            return f"{args[0]} {sign} {args[1]}"
        left, right = reversed(args) if sign[0] == "r" else args
        return f"{step.name} = {left} {sign.removeprefix('r')} {right}"
    if step.op == GRAD_MODE:
        return f"torch.set_grad_enabled({args[0]})"
    if step.op == "[]=":
        return f"{args[0]}[{inside_of(args[1])}] = {args[2]}"
    if step.op in IN_PLACE or step.op in WITHOUT_RESULT:
        return call_text(step, args, names)
    if step.op == ".grad =":
        return f"{args[0]}.grad = {args[1]}"
    return f"{step.name} = {call_text(step, args, names)}"


def call_text(step: Step, args: list[str], names: list[str]) -> str:
    """The right side of a step that is a call, an index or an attribute."""
    op = step.op
    if op in ("part", "[]"):
        return f"{args[0]}[{inside_of(args[1])}]"
    if op == "size":
        return f"{args[0]}.shape[{args[1]}]"
    if op in (".grad", ".data"):
        return f"{args[0]}{op}"
    inside = [*args, *[f"{name}={argument_text(value, names)}" for name, value in step.kwargs]]
    if op == "tensor" or op.startswith("autograd."):
        return f"torch.{op}({', '.join(inside)})"
    if "." in op:
        return f"{op}({', '.join(inside)})"
    return f"{args[0]}.{op}({', '.join(inside[1:])})"


def inside_of(key: str) -> str:
    """A key as it stands between brackets, where a tuple needs none of its own."""
    return key[1:-1] if key.startswith("(") and len(key) > 3 else key


def argument_text(argument: Any, names: list[str]) -> str:
    if type(argument) is int:
        return names[argument]
    if type(argument) is Group:
        parts = [argument_text(element, names) for element in argument.parts]
        if argument.kind == "slice":
            start, stop, step = ["" if element == "None" else element for element in parts]
            return f"{start}:{stop}" + (f":{step}" if step else "")
        if argument.kind == "list":
            return f"[{', '.join(parts)}]"
        return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
    return repr(argument[0])
