"""Protocols: a plan for several people. Each role does its own steps, and what is handed over is written down.

    @sy.func2protocol(roles=["alice", "bob"], args_shape={"alice": [(-1,)], "bob": [(-1,)]})
    def joint_sum(alice, bob):
        (x,), (y,) = alice.inputs, bob.inputs
        return x.sum().send(bob) + y.sum()         # only the sum goes to bob, and the result stays with him

    joint_sum.assign("alice", hospital).assign("bob", clinic)
    joint_sum(x_ptr, y_ptr)

Running one takes a message for each turn of a role, and one for each hand-over: never one for each operation. What a
role does between two hand-overs is a plan, which is sent to its worker once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import fx

from course.errors import (
    PlanNotBuiltError,
    RoleError,
    TensorsNotCollocatedException,
)
from course.messages import Graph, Step
from course.operations import find_typed
from course.plans import Dtypes, SentPlan, argument_names, check_arguments, examples_of, telling_of_dtypes
from course.pointers import PointerTensor
from course.recorder import Recorder, as_argument, record
from course.replay import Program, step_text
from course.rich import plan_html
from course.session import local_worker
from course.stand_ins import Example, Number, StandIn, leaves
from course.virtual_worker import VirtualWorker, check_worker, plan_line

__all__ = ["Protocol", "Role", "func2protocol"]


class Role:
    """Somebody who takes part, while a protocol is recorded: `inputs` are its tensors, `torch` makes new ones there."""

    def __init__(self, name: str, recorder: RoleRecorder, inputs: Sequence[StandIn]) -> None:
        self.name = name
        self.inputs = tuple(inputs)
        self._recorder = recorder

    @property
    def torch(self) -> RoleTorch:
        return RoleTorch(self)

    def __repr__(self) -> str:
        return f"<Role {self.name}>"


class RoleTorch:
    """torch's functions that need no tensors, done by a role: `alice.torch.rand(3)`."""

    def __init__(self, role: Role) -> None:
        self._role = role

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        op = find_typed(f"torch.{name}")

        def made_there(*args: Any, **kwargs: Any) -> Any:
            recorder = self._role._recorder
            recorder.maker = self._role.name
            try:
                return recorder.add(op, args, kwargs)
            finally:
                recorder.maker = None

        return made_there


class RoleRecorder(Recorder):
    """A recorder that knows whose each tensor is."""

    def __init__(self, name: str, roles: Sequence[str]) -> None:
        super().__init__(name)
        self.roles = list(roles)
        self.maker: str | None = None

    def place_of(self, op: str, args: list[Any]) -> str | None:
        given = [leaf.node for leaf in leaves(args) if isinstance(leaf, (StandIn, Number))]
        held = [leaf.place for leaf in leaves(args) if isinstance(leaf, StandIn)]
        places = list(dict.fromkeys([*held, *[node.meta["place"] for node in given if node in self.numbers]]))
        if len(places) > 1:
            raise TensorsNotCollocatedException(op, str(places[0]), str(places[1]))
        place = places[0] if places else self.maker
        if place is None:
            role = self.roles[0]
            raise self.cannot("makes a tensor that is nobody's", f"{role}.torch.zeros(3) makes it at {role}")
        return place

    def stands_for(self, node: fx.Node, results: tuple[Any, ...], place: str | None) -> Any:
        node.meta["place"] = place
        return super().stands_for(node, results, place)

    def hand_over(self, op: str, x: StandIn, to: Any) -> Any:
        name = to.name if isinstance(to, Role) else to
        if name not in self.roles:
            raise self.cannot(f"hands something to {to!r}, which is no role", f"x.send({self.roles[-1]}) names one")
        found = self.add("move", (x, name), {})
        found.place = name
        return found

    def note_grad_mode(self) -> None:
        """Gradients are no matter of a protocol: what is handed over has none."""


class Turn:
    """What one role does between two hand-overs: a plan of its own."""

    def __init__(self, role: str) -> None:
        self.role = role
        self.steps: list[fx.Node] = []
        self.needs: list[fx.Node] = []
        self.gives: list[fx.Node] = []
        self.sent: SentPlan | None = None

    def program(self, name: str) -> Program:
        """The plan of this turn: what it needs comes in, and what others or the result need goes out."""
        nodes = {node: at for at, node in enumerate([*self.needs, *self.steps])}
        steps = [as_step(node, nodes) for node in self.steps]
        output = as_argument(tuple(self.gives), nodes)
        inputs = tuple([node.name for node in self.needs])
        return Program(Graph(f"{name}.{self.role}", inputs, (), tuple(steps), output))


def as_step(node: fx.Node, nodes: dict[fx.Node, int]) -> Step:
    """A node as a step of its role; of what is handed over it makes the copy that travels."""
    args = node.args[:1] if node.target == "move" else node.args
    op = "copy" if node.target == "move" else str(node.target)
    written = tuple([as_argument(arg, nodes) for arg in args])
    return Step(node.name, op, written, tuple([(key, as_argument(value, nodes)) for key, value in node.kwargs.items()]))


def check_roles(protocol: str, roles: Any) -> None:
    """RoleError unless each role has a name of its own, as Python writes names: they stand in the text that is read."""
    names = [] if isinstance(roles, str) else list(roles)
    for name in names:
        if not isinstance(name, str) or not name.isidentifier() or not name.isascii():
            wrong = f"{name!r} is no name for a role: in the text of a protocol it could hide who does what"
            raise RoleError(protocol, wrong, "Use letters, digits and _, as in roles=['alice', 'worker_2'].")
    if not names or len(set(names)) < len(names):
        wrong = f"roles={roles!r} does not name each role once"
        raise RoleError(protocol, wrong, "Write a list of names, as in roles=['alice', 'bob'].")


class Protocol:
    """A recorded sequence of operations by several roles. Made of a function with `func2protocol`."""

    def __init__(self, function: Callable[..., Any], roles: Sequence[str]) -> None:
        self.function = function
        self.__doc__ = function.__doc__
        check_roles(self.name, roles)
        self._workers: dict[str, VirtualWorker | None] = dict.fromkeys(roles)
        self._recorder: RoleRecorder | None = None
        self._returned: Any = None
        self._counts: dict[str, int] = {}
        self._turns: list[Turn] = []
        self._id = local_worker.new_id()

    # ---- recording ---------------------------------------------------------------------------------------------------

    def build(self, **examples: Iterable[torch.Tensor]) -> Protocol:
        """Record it, with example tensors for each role: `build(alice=[x], bob=[y])`. Shapes and dtypes count."""
        return self._build({role: [Example.of(x) for x in given] for role, given in examples.items()})

    def _build(self, examples: dict[str, list[Example]]) -> Protocol:
        for role in examples:
            self._check_role(role)
        recorder = RoleRecorder(self.name, list(self._workers))
        argument_names(self.function, len(self._workers), self.name)
        roles = []
        for role in self._workers:
            given = examples.get(role, [])
            names = [role] if len(given) == 1 else [f"{role}_{at}" for at in range(len(given))]
            batches = frozenset(example.shape[0] for example in given if example.shape)
            ins = [
                recorder.stand_in(name, example.pair(batches), recorder.inputs, role)
                for name, example in zip(names, given, strict=True)
            ]
            self._counts[role] = len(ins)
            for stand_in in ins:
                stand_in.node.meta["place"] = role
            roles.append(Role(role, recorder, ins))
        self._returned = record(recorder, lambda: self.function(*roles), self.function)
        self._recorder = recorder
        self._turns = turns_of(recorder, list(leaves([self._returned])))
        return self

    # ---- what it is --------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def id(self) -> int:
        return self._id

    @property
    def is_built(self) -> bool:
        return self._recorder is not None

    @property
    def roles(self) -> dict[str, VirtualWorker | None]:
        """Who plays each role; None for a role without a worker."""
        return dict(self._workers)

    @property
    def code(self) -> str:
        """The recorded steps as Python, to be read, each with the role that does it."""
        if self._recorder is None:
            raise PlanNotBuiltError(self.name, "code")
        nodes = [*self._recorder.inputs, *self._recorder.steps]
        at = {node: number for number, node in enumerate(nodes)}
        names = [node.name for node in nodes]
        lines = [f"def {self.name}({', '.join(self._workers)}):"]
        for node in self._recorder.steps:
            who = str(node.meta["place"])
            if node.target == "move":
                lines.append(f"    {node.name} = {node.args[0]}.send({node.args[1]})  # {who} -> {node.args[1]}")
                continue
            args = tuple([as_argument(arg, at) for arg in node.args])
            named = tuple([(key, as_argument(value, at)) for key, value in node.kwargs.items()])
            lines.append(f"    {step_text(Step(node.name, str(node.target), args, named), names)}  # {who}")
        returned = ", ".join(str(leaf) for leaf in leaves([self._returned]))
        return "\n".join([*lines, f"    return {returned}"])

    def __repr__(self) -> str:
        return plan_line(self.name, self.id, "me", self.is_built).replace("<Plan", "<Protocol", 1)

    def _repr_html_(self) -> str:
        return plan_html(self)

    # ---- running it --------------------------------------------------------------------------------------------------

    def assign(self, role: str, worker: VirtualWorker) -> Protocol:
        """Give a role to a worker. RoleError for an unknown role, and for a worker that plays another one."""
        self._check_role(role)
        check_worker(worker, "assign")
        for other, player in self._workers.items():
            if player is worker and other != role:
                raise RoleError(
                    self.name, f"{worker.id} plays {other} already and would see what {role} sees",
                    f"Assign another worker, {self.name}.assign({role!r}, ...).",
                )  # fmt: skip
        self._workers[role] = worker
        return self

    def _check_role(self, role: str) -> None:
        if role not in self._workers:
            raise RoleError(self.name, f"there is no role {role!r}", f"Its roles are {', '.join(self._workers)}.")

    def __call__(self, *args: Any) -> Any:
        """Run it on pointers: the inputs of the first role, then those of the next. Results stay where they are made.

        Raises RoleError for a role without a worker, TensorsNotCollocatedException for an input that is elsewhere.
        """
        if self._recorder is None:
            raise PlanNotBuiltError(self.name, "a call")
        values = dict(zip(self._recorder.inputs, self._checked(args, self._recorder.inputs), strict=True))
        for turn in self._turns:
            self._take(turn, values)
        return replaced(self._returned, values)

    def _checked(self, args: tuple[Any, ...], inputs: list[fx.Node]) -> tuple[Any, ...]:
        check_arguments(self.name, Graph(self.name, tuple([node.name for node in inputs]), (), (), None), args)
        for role, worker in self._workers.items():
            if worker is None:
                raise RoleError(self.name, f"nobody plays {role}", f"Write {self.name}.assign({role!r}, worker).")
        for node, arg in zip(inputs, args, strict=True):
            worker = self._workers[node.meta["place"]]
            assert worker is not None
            if not isinstance(arg, PointerTensor):
                raise TensorsNotCollocatedException(f"{self.name} ({node.name})", worker.id, "me")
            if arg.location is not worker:
                raise TensorsNotCollocatedException(f"{self.name} ({node.name})", worker.id, arg.location.id)
        return args

    def _take(self, turn: Turn, values: dict[fx.Node, Any]) -> None:
        """One role's turn: a message to run it, then one for each thing that it hands over."""
        worker = self._workers[turn.role]
        assert worker is not None
        if turn.sent is None or turn.sent.location is not worker:
            turn.sent = SentPlan([], turn.program(self.name), worker, local_worker.new_id())
        results = turn.sent.run([values[node] for node in turn.needs])
        values.update(zip(turn.gives, results, strict=True))
        for node in turn.gives:
            if node.target == "move":
                values[node].move(self._workers[str(node.args[1])])


def turns_of(recorder: RoleRecorder, returned: list[Any]) -> list[Turn]:
    """The steps, grouped into turns. Each role keeps the order of its steps.

    Each has a clock (Lamport, 1978): what is handed over at one time is received at a later one.
    """
    clock = dict.fromkeys(recorder.roles, 0)
    turns: dict[tuple[int, str], Turn] = {}
    for node in recorder.steps:
        role = str(node.meta["place"])
        turns.setdefault((clock[role], role), Turn(role)).steps.append(node)
        if node.target == "move":
            to = str(node.args[1])
            clock[to] = max(clock[to], clock[role] + 1)
    ordered = [turns[key] for key in sorted(turns, key=lambda key: key[0])]
    for turn in ordered:
        sizes = [node for node in recorder.steps if node in recorder.numbers and node not in turn.steps]
        turn.steps = [*sizes_for(turn.steps, sizes), *turn.steps]
        own = set(turn.steps)
        used = [node for step in turn.steps for node in step.all_input_nodes]
        turn.needs = list(dict.fromkeys(node for node in used if node not in own or node.target == "move"))
        turn.gives = [
            node for node in turn.steps
            if node not in recorder.numbers
            and (node in returned or node.target == "move" or any(user not in own for user in node.users))
        ]  # fmt: skip
    return ordered


def sizes_for(steps: list[fx.Node], sizes: list[fx.Node]) -> list[fx.Node]:
    """The steps of earlier turns that compute sizes which these need: sizes are public, and computed anew."""
    needed: set[fx.Node] = set()
    for node in reversed([*sizes, *steps]):
        if node in needed or node in steps:
            needed.update(node.all_input_nodes)
    return [node for node in sizes if node in needed]


def replaced(returned: Any, values: dict[fx.Node, Any]) -> Any:
    """What the function returned, with pointers in the place of nodes."""
    if isinstance(returned, (list, tuple)):
        return type(returned)([replaced(part, values) for part in returned])
    return values.get(returned)


def func2protocol(
    roles: Sequence[str],
    args_shape: dict[str, Sequence[Iterable[int]]] | None = None,
    args_dtype: dict[str, Dtypes] | Dtypes = None,
    **old: Any,
) -> Callable[[Callable[..., Any]], Protocol]:
    """Make a protocol of a function with one parameter for each role. With `args_shape` it is built at once.

    `args_shape={"alice": [(-1,)]}` lists the shapes of a role's inputs; -1 is any size. `args_dtype` says what is in
    them: {"alice": torch.int64} for all inputs of a role, {"alice": [torch.int64]} for each, or one dtype for all.
    """

    def decorate(function: Callable[..., Any]) -> Protocol:
        protocol = Protocol(function, roles)
        if args_shape is not None:
            dtypes = args_dtype if isinstance(args_dtype, dict) else dict.fromkeys(args_shape, args_dtype)
            with telling_of_dtypes(args_dtype):
                return protocol._build(
                    {role: examples_of(shapes, dtypes.get(role)) for role, shapes in args_shape.items()}
                )
        return protocol

    return decorate


