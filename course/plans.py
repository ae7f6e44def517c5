"""Plans: a function recorded once, sent to workers as plain data, and run there by one message.

    @sy.func2plan(args_shape=[(-1,), (-1,)])
    def calcu(x, y):
        return (x + y) / 2

    calcu_ptr = calcu.send(alice)          # the recorded operations travel, never the Python code
    calcu_ptr(x_ptr, y_ptr)                # one message; the result stays with alice

A plan may also be a module, `class Net(sy.Plan)`, with layers, `forward` and `build`. What it holds (parameters,
buffers, tensors) is its state and travels beside the recorded operations. A plan may train: `loss.backward()`,
`torch.autograd.grad` and updates in place, `p.sub_(0.1 * p.grad)` under `torch.no_grad()`, are operations like others.
"""

from __future__ import annotations

import contextlib
import copy as python_copy
import inspect
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NoReturn, cast

import torch
from torch import nn

from course.errors import (
    AlreadyFetchedError,
    CourseError,
    MoveToNobodyError,
    PlanArgumentsError,
    PlanNotBuiltError,
    SavePointerError,
    StalePlanWarning,
    TensorsNotCollocatedException,
)
from course.many import MultiPointerTensor, part_of
from course.messages import Delete, Get, Graph, Run, Send
from course.pointers import PointerTensor, check_together, make_pointer
from course.pointers.calls import unwrap
from course.recorder import OneSizeOnlyError, Recorder, record
from course.replay import Program, plan_text, program_of
from course.rich import plan_html
from course.session import local_worker
from course.stand_ins import Example, StandIn
from course.virtual_worker import VirtualWorker, check_worker, plan_line
from course.worker import pack, unpack

__all__ = ["Plan", "PointerPlan", "State", "func2plan", "twin_of"]


class Plan(nn.Module):
    """A recorded sequence of operations. Subclass it like a module, or make one of a function with `func2plan`.

    Called at home it computes here, a worker runs it after `send`. Before `build` it is an ordinary module.
    """

    _arguments: tuple[list[str], list[Example]] = ([], [])  # their names, and how they look, since build
    _program: Program | None = None
    _modes: tuple[bool, ...] = ()

    # ---- recording ---------------------------------------------------------------------------------------------------

    def build(self, *args: Any, **old: Any) -> Plan:
        """Record what `forward` does, for arguments that look like these: shapes and dtypes count, never values.

        The size of a batch, the first dimension of the arguments, is not fixed by it. Returns the plan.

        Raises CannotRecordError for what a recording cannot see, PlanArgumentsError for the wrong number of arguments,
        and whatever `forward` raises for tensors of these shapes.
        """
        for arg in args:
            if not isinstance(arg, torch.Tensor):
                raise PlanArgumentsError(self.name, "examples of its arguments, all of them tensors", kind_of(arg))
        return self._build([Example(arg.shape, arg.dtype, arg.requires_grad) for arg in args])

    def _build(self, examples: list[Example]) -> Plan:
        names = argument_names(self._body(), len(examples), self.name)
        self.__dict__["_arguments"] = (names, examples)
        self.__dict__["_program"] = program_of(self._recorded())
        self.__dict__["_modes"] = modes(self)
        return self

    def _body(self) -> Callable[..., Any]:
        return self.forward

    def _recorded(self) -> Graph:
        """The graph, with as many free batch sizes as the function can do with."""
        _, examples = self._arguments
        batches = {example.shape[0] for example in examples if example.shape} - {-1}
        free: frozenset[int] = frozenset()
        for tried in [batches, *[{size} for size in sorted(batches)]]:
            try:
                graph = self._recorded_for(free | tried)
            except OneSizeOnlyError:  # no batch, but a size that a layer wants
                continue
            free |= tried
            if free == batches:
                return graph
        return self._recorded_for(free)

    def _recorded_for(self, free: frozenset[int]) -> Graph:
        names, examples = self._arguments
        recorder = Recorder(self.name)
        args = [
            recorder.stand_in(name, example.pair(free), recorder.inputs)
            for name, example in zip(names, examples, strict=True)
        ]
        held = list(self._held())
        stand_ins: dict[int, StandIn] = {}
        for name, holder, key in held:
            tensor = holder[key]
            if id(tensor) not in stand_ins:
                stand_ins[id(tensor)] = recorder.stand_in(name, Example.of(tensor).pair(), recorder.states)
        tensors = [holder[key] for _, holder, key in held]
        try:
            for (_, holder, key), tensor in zip(held, tensors, strict=True):
                holder[key] = stand_ins[id(tensor)]
            return recorder.finished(record(recorder, lambda: self.forward(*args), self._body()))
        finally:
            for (_, holder, key), tensor in zip(held, tensors, strict=True):
                holder[key] = tensor

    # ---- what it is --------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return type(self).__name__

    @property
    def id(self) -> int:
        """The name of this plan among the objects of `me`."""
        if "_id" not in self.__dict__:
            self.__dict__["_id"] = local_worker.new_id()
        number: int = self.__dict__["_id"]
        return number

    @property
    def owner(self) -> VirtualWorker:
        return local_worker

    @property
    def is_built(self) -> bool:
        return self._program is not None

    @property
    def code(self) -> str:
        """The recorded operations as Python, to be read. PlanNotBuiltError before `build`."""
        return plan_text(self._ready("code").graph)

    @property
    def graph(self) -> Graph:
        """The recorded operations as they travel: plain data."""
        return self._ready("graph").graph

    def __repr__(self) -> str:
        return plan_line(self.name, self.id, self.owner.id, self.is_built)

    __str__ = __repr__

    def _repr_html_(self) -> str:
        return plan_html(self)

    def _ready(self, asked: str) -> Program:
        """The program; recorded anew where a layer has been switched between train() and eval() since."""
        if self._program is None:
            raise PlanNotBuiltError(self.name, asked)
        if self._modes != modes(self):
            self._build(self._arguments[1])
        return self._program

    # ---- state -------------------------------------------------------------------------------------------------------

    def _held(self, *more: type) -> Iterator[tuple[str, Any, str]]:
        """Every tensor of the plan (and whatever is of `more` kinds): its name, what it is kept in, and its key."""
        parts: dict[int, tuple[str, nn.Module]] = {id(self): ("", self)}
        waiting = [("", cast(nn.Module, self))]
        for path, module in waiting:
            for holder in (module._parameters, module._buffers, module.__dict__):
                for key in [key for key, value in holder.items() if type(value) in TENSORS or type(value) in more]:
                    yield path + key, holder, key
            for name, part in module._modules.items():
                if part is not None and id(part) not in parts:
                    parts[id(part)] = there = (f"{path}{name}_", part)
                    waiting.append(there)

    def _state(self) -> list[torch.Tensor]:
        """The tensors of the plan, each once, in the order in which its graph names them."""
        return list({id(holder[key]): holder[key] for _, holder, key in self._held()}.values())

    def copy(self) -> Plan:
        """A second plan with the same operations and a state of its own."""
        twin = python_copy.deepcopy(self)
        twin.__dict__.pop("_id", None)
        return twin

    # ---- running it --------------------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute here: what was recorded, or, before `build`, what the function says."""
        if self._program is None or kwargs or any(isinstance(arg, StandIn) for arg in args):
            return super().__call__(*args, **kwargs)
        program = self._ready("a call")
        check_arguments(self.name, program.graph, args)
        return program(AtHome(), *args, *self._state())

    def send(self, *workers: VirtualWorker) -> PointerPlan:
        """Send the recorded operations, and the state as it is now, to one worker or several. A pointer to the plan.

        The plan stays here. Raises PlanNotBuiltError before `build`.
        """
        if not workers:
            raise MoveToNobodyError("send", "me")
        for worker in workers:
            check_worker(worker, "send")
        program = self._ready("send()")
        return PointerPlan(self, [SentPlan(self._state(), program, worker, self.id) for worker in workers])


class AtHome:
    """Where a plan runs that is called here."""

    def send(self, value: Any, to: str) -> Any:
        return local_worker.network.send_on("me", value, to)

    def move(self, pointer: Any, to: str) -> Any:
        return local_worker.network.move_on(pointer, to)


class SentPlan:
    """A plan at one worker: its id there, and pointers to its state there."""

    def __init__(self, state: list[torch.Tensor], program: Program, worker: VirtualWorker, id: int) -> None:
        network, me = worker.network, worker.network.me
        leaves = [tensor.detach().requires_grad_(tensor.requires_grad) for tensor in state]
        ids = [me.new_id() for _ in state]
        items = pack([(id, program), *zip(ids, leaves, strict=True)], network)
        reply = network.deliver(Send(me.id, worker.id, items))
        refs = [item.id for item in items] if reply is None else reply.answer
        self.location = worker
        self.program = program
        self.ref: int = refs[0]
        self.owner = me
        self.state = [make_pointer(me, worker, ref, None, False) for ref in refs[1:]]
        self.is_spent = False

    @property
    def id_at_location(self) -> int:
        return self.ref

    def run(self, args: Sequence[PointerTensor]) -> Any:
        """Run it there, with one message. A pointer to the result, or several as the plan returns them."""
        graph = self.program.graph
        network, me = self.location.network, self.location.network.me
        refs = tuple([pointer.ref for pointer in (*args, *self.state)])
        message = Run(me.id, self.location.id, graph.name, self.ref, refs, me.new_id(), torch.is_grad_enabled())
        reply = network.deliver(message)
        network.backwards += self.program.changes_gradients
        if reply is not None:
            return unwrap(reply.answer, me, self.location)
        return None if graph.output == (None,) else make_pointer(me, self.location, message.result, None, False)

    def fetch(self) -> list[torch.Tensor]:
        """Bring the state home; the plan leaves the worker."""
        network, me = self.location.network, self.location.network.me
        message = Get(me.id, self.location.id, (self.ref, *[pointer.ref for pointer in self.state]))
        items = network.deliver(message).items
        values = [unpack(item, me.id, network, hold=False) for item in items[1:]]
        network.release(message)
        for pointer in self.state:
            pointer.garbage_collect_data = False
        self.is_spent = True
        return values

    def __del__(self) -> None:
        if not getattr(self, "is_spent", True):
            network = self.location.network
            network.drop(Delete(network.me.id, self.location.id, self.ref))


class PointerPlan:
    """A pointer to a plan at one worker, or at several. Called with pointers, it runs where they point.

    It runs with the state that was sent, or that it has learned since. When the plan here has changed in the meantime
    (by an optimizer, by `load_state_dict`, by any operation in place; a change through `.data` cannot be seen),
    `is_current` is False and a call warns with StalePlanWarning.
    """

    def __init__(self, plan: Plan, sent: list[SentPlan]) -> None:
        self.plan = plan
        self.owner = local_worker
        self.sent = sent
        self._program = plan._ready("send()")
        self._known = [(tensor, tensor._version) for tensor in plan._state()]
        self._warned = False

    # ---- running it --------------------------------------------------------------------------------------------------

    def __call__(self, *args: Any) -> Any:
        """Run the plan where its arguments are, with one message. A pointer to the result.

        Raises TensorsNotCollocatedException, naming both places, for arguments that are not where the plan is, and
        PlanArgumentsError for the wrong number or kind of them.
        """
        graph = self._program.graph
        check_arguments(graph.name, graph, args)
        if any(isinstance(arg, MultiPointerTensor) for arg in args):
            return self._run_at_each(args)
        sent = self.sent[0] if not args else self._where(graph.name, args)
        if not self.is_current and not self._warned:
            self._warn(sent.location.id)
        return sent.run(args)

    def _run_at_each(self, args: tuple[Any, ...]) -> Any:
        places = next(arg for arg in args if isinstance(arg, MultiPointerTensor)).location
        return MultiPointerTensor.of([self(*[part_of(arg, at) for arg in args]) for at in range(len(places))])

    def _where(self, name: str, args: tuple[Any, ...]) -> SentPlan:
        """The plan at the place of these arguments."""
        self._check_here()
        here = [arg for arg in args if not isinstance(arg, PointerTensor)]
        if here:
            raise TensorsNotCollocatedException(name, self.sent[0].location.id, "me")
        check_together(name, list(args))
        for sent in self.sent:
            if sent.location is args[0].location and args[0].owner is self.owner:
                return sent
        raise TensorsNotCollocatedException(name, self.sent[0].location.id, args[0].location.id)

    def _check_here(self) -> None:
        if self.sent[0].is_spent:
            raise AlreadyFetchedError(self.sent[0].location.id, str(self.sent[0].ref))

    def _warn(self, worker: str) -> None:
        self._warned = True
        changed = sum(tensor._version != version for tensor, version in self._known)
        count = f"{changed} of {len(self._known)}"
        warnings.warn(StalePlanWarning(self._program.graph.name, worker, count), stacklevel=3)

    @property
    def is_current(self) -> bool:
        """Whether the state at home is still as it was when it was sent."""
        return all(tensor._version == version for tensor, version in self._known)

    # ---- what it points to -------------------------------------------------------------------------------------------

    @property
    def location(self) -> Any:
        """The worker, or a list of them where the plan was sent to several."""
        workers = [sent.location for sent in self.sent]
        return workers[0] if len(workers) == 1 else workers

    @property
    def id_at_location(self) -> Any:
        ids = [sent.ref for sent in self.sent]
        return ids[0] if len(ids) == 1 else ids

    @property
    def id(self) -> int:
        if "_id" not in self.__dict__:
            self._id: int = self.owner.new_id()
        return self._id

    def parameters(self) -> list[Any]:
        """Pointers to the state of the plan where it is; for several workers a list of such lists."""
        self._check_here()
        each = [list(sent.state) for sent in self.sent]
        return each[0] if len(each) == 1 else each

    def get(self) -> Any:
        """Bring the plan home, with the state that it has there. From several workers: a list of plans."""
        self._check_here()
        plans = [self._home(sent) for sent in self.sent]
        return plans[0] if len(plans) == 1 else plans

    def _home(self, sent: SentPlan) -> Plan:
        state = self.plan._state()
        memo: dict[int, Any] = {}
        for tensor, value in zip(state, sent.fetch(), strict=True):
            memo[id(tensor)] = nn.Parameter(value, value.requires_grad) if type(tensor) is nn.Parameter else value
        twin: Plan = twin_of(self.plan, memo)
        twin.__dict__.pop("_id", None)
        return twin

    def __repr__(self) -> str:
        where = ", ".join(f"{sent.location.id}:{sent.ref}" for sent in self.sent)
        spent = " (spent: get() brought it home)" if self.sent[0].is_spent else ""
        return f"[PointerPlan | {self.owner.id}:{self.id} -> {where}]{spent}"

    def _repr_html_(self) -> str:
        return plan_html(self)

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise SavePointerError("A pointer to a plan", self.sent[0].location.id)


def twin_of(module: Any, memo: dict[int, Any]) -> Any:
    """A module of the same form with these tensors in the place of its own: a deepcopy in a tenth of its time."""
    if id(module) not in memo:
        memo[id(module)] = twin = object.__new__(type(module))
        for name, value in module.__dict__.items():
            twin.__dict__[name] = value.copy() if isinstance(value, dict) else memo.get(id(value), value)
        for held in (twin._parameters, twin._buffers):
            held.update({name: memo.get(id(tensor), tensor) for name, tensor in held.items()})
        twin._modules.update({name: part and twin_of(part, memo) for name, part in twin._modules.items()})
    return memo[id(module)]


# ---- plans made of functions -----------------------------------------------------------------------------------------


class State(nn.Module):
    """What a function that became a plan knows besides its arguments: `state.read()` gives all of it."""

    _names: list[str]

    def __init__(self, tensors: Any) -> None:
        super().__init__()
        named = tensors if isinstance(tensors, dict) else {str(at): tensor for at, tensor in enumerate(tensors)}
        for name, tensor in named.items():
            if not isinstance(tensor, torch.Tensor):
                raise TypeError(f"state is made of tensors, and got a {type(tensor).__name__}")
            self.__dict__[name] = tensor
        self._names = list(named)

    def read(self, *names: str) -> Any:
        """All tensors as a tuple, or those of these names; of one name the tensor itself."""
        found = tuple([self.__dict__[name] for name in names or self._names])
        return found[0] if len(names) == 1 else found

    def __iter__(self) -> Iterator[Any]:
        return iter(self.read())

    def __getitem__(self, at: int | str) -> Any:
        return self.read(at) if isinstance(at, str) else self.read()[at]


class FunctionPlan(Plan):
    """A plan made of a function."""

    def __init__(self, function: Callable[..., Any], state: Any = None) -> None:
        super().__init__()
        self.__dict__["_function"] = function
        self.__dict__["__doc__"] = function.__doc__
        self.__dict__["__name__"] = function.__name__
        self.state = None if state is None else State(state)

    @property
    def name(self) -> str:
        name: str = self.__dict__["_function"].__name__
        return name

    def _body(self) -> Callable[..., Any]:
        function: Callable[..., Any] = self.__dict__["_function"]
        return function

    def forward(self, *args: Any) -> Any:
        return self._body()(*args) if self.state is None else self._body()(*args, self.state)

    def parameters(self, recurse: bool = True) -> Iterator[Any]:
        """The tensors of its state."""
        return iter(self._state())


Dtypes = torch.dtype | Sequence[torch.dtype] | None  # one for all arguments, one for each, or torch's default dtype


def func2plan(
    args_shape: Sequence[Iterable[int]] | None = None, state: Any = None, args_dtype: Dtypes = None, **old: Any
) -> Callable[[Callable[..., Any]], Plan]:
    """Make a plan of a function. With `args_shape`, a shape for each argument, it is built at once; -1 is any size.

    `args_dtype` says what is in them, a dtype for all or a list: `args_dtype=[torch.float32, torch.int64]`; without it
    they are of torch's default dtype, float32. `state`, tensors in a list or a dict, is what the function knows besides
    its arguments: it comes as the last one.

    >>> import torch, course as sy
    >>> @sy.func2plan(args_shape=[(-1,)])
    ... def double(x):
    ...     return x + x
    >>> print(double.code)
    def double(x):
        add = x + x
        return add
    """

    def decorate(function: Callable[..., Any]) -> Plan:
        plan = FunctionPlan(function, state)
        if args_shape:
            with telling_of_dtypes(args_dtype):
                plan._build(examples_of(args_shape, args_dtype))
        return plan

    return decorate


def examples_of(shapes: Sequence[Iterable[int]], dtypes: Dtypes) -> list[Example]:
    """What arguments of these shapes and dtypes look like. ValueError unless there is a dtype for each."""
    if dtypes is None or isinstance(dtypes, torch.dtype):
        dtypes = [dtypes or torch.get_default_dtype()] * len(shapes)
    if len(dtypes) != len(shapes) or not all(isinstance(dtype, torch.dtype) for dtype in dtypes):
        raise ValueError(
            f"args_dtype={dtypes!r} does not say what is in each of {len(shapes)} arguments: give one dtype for all, or"
            f" a list with one for each, such as [torch.float32, torch.int64]."
        )
    return [Example(check_shape(shape), dtype) for shape, dtype in zip(shapes, dtypes, strict=True)]


@contextlib.contextmanager
def telling_of_dtypes(given: Any) -> Iterator[None]:
    """An error of torch's own, while no dtype was said, gets a note: whole numbers need one."""
    try:
        yield
    except CourseError:
        raise
    except Exception as error:
        if given is None:
            default = torch.get_default_dtype()
            error.add_note(
                f"The arguments are taken to be {default}, for args_shape alone says no dtype. If one is a tensor of"
                f" whole numbers (labels, indices), say so: args_dtype=[{default}, torch.int64], one for each argument."
            )
        raise


def check_shape(shape: Iterable[int]) -> tuple[int, ...]:
    sizes = tuple(shape)
    if any(size < -1 for size in sizes):
        raise ValueError(f"{sizes} is no shape: a size is 0 or more, or -1 for any")
    return sizes


TENSORS = frozenset({torch.Tensor, nn.Parameter})


# ---- arguments -------------------------------------------------------------------------------------------------------


def argument_names(function: Callable[..., Any], count: int, plan: str) -> list[str]:
    """The names of a function's first arguments, as many as there are examples."""
    by_name = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD)
    parameters = [p for p in inspect.signature(function).parameters.values() if p.kind not in by_name]
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return [f"arg_{at}" for at in range(count)]
    needed = [p.name for p in parameters if p.default is p.empty and p.name != "state"]
    if not len(needed) <= count <= len(parameters):
        raise PlanArgumentsError(plan, tensors_named(needed), f"{count} examples")
    return [p.name for p in parameters][:count]


def tensors_named(names: Sequence[str]) -> str:
    count = len(names)
    return f"{count} tensor{'' if count == 1 else 's'}" + (f" ({', '.join(names)})" if names else "")


def check_arguments(name: str, graph: Graph, args: tuple[Any, ...]) -> None:
    """PlanArgumentsError for too few or too many, or for anything that is no tensor."""
    for arg in args:
        if not isinstance(arg, torch.Tensor):
            raise PlanArgumentsError(name, tensors_named(graph.inputs), kind_of(arg))
    if len(args) != len(graph.inputs):
        raise PlanArgumentsError(name, tensors_named(graph.inputs), str(len(args)))


def kind_of(value: Any) -> str:
    shown = f"{value!r}, " if isinstance(value, (int, float, str)) else ""
    return f"{shown}a {type(value).__name__}"


def modes(plan: Plan) -> tuple[bool, ...]:
    """Which layers are in training: dropout is recorded as it is then."""
    return tuple([module.training for module in plan.modules()])
