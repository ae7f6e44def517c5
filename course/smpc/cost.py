"""What computing on shares costs: rounds and bytes, counted on a transcript or foretold without the real parties."""

from __future__ import annotations

import copy
import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, NoReturn

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from course import session
from course.errors import HoldersDifferError, SharedError
from course.messages import Deal, Open
from course.modules import parts, tensors
from course.pointers import PointerTensor
from course.smpc.fixed_precision import FixedPrecisionTensor, Precision, encode
from course.smpc.holders import Holders
from course.smpc.shared import SharedTensor, share_from_here
from course.transcript import Transcript
from course.virtual_worker import VirtualWorker

__all__ = ["Cost", "cost"]


class Cost(NamedTuple):
    """What computing on shares costs each party.

    rounds: openings one after the other; each takes as long as the slowest link between two parties.
    opened: bytes of the numbers that a party sends in them, to all the others together.
    dealt: bytes of the numbers that it gets from the dealer; they can be sent before the secrets are there.

    The names of the operations that you ask for, and what get() brings to you, are not in it:
    `transcript.traffic()` counts all messages.
    """

    rounds: int
    opened: int
    dealt: int


def cost(what: Any, *inputs: Any, parties: int | None = None, precision_fractional: int = 3, base: int = 10) -> Cost:
    """Foretell what a function costs on shares of these inputs, before it runs: a Cost, in rounds and bytes.

    >>> import course as sy
    >>> sy.cost(lambda x, y: x * y, (100,), (100,))
    Cost(rounds=2, opened=2400, dealt=4800)

    what: the function, or a transcript, whose messages are counted.
    inputs: a tuple of sizes, or a tensor of floats, stands for a secret of its shape; a shared tensor for a secret like
    it; a module for a shared one, and an optimizer for one of such a module. Everything else, whole numbers too, is
    public, and given to the function as it is. No value of a secret is used.
    parties: how many hold shares. Without it as many as hold those among the inputs, or 2.
    precision_fractional, base: of what is not shared yet.

    The function runs, on zeros, among parties of a session of its own; your inputs stay as they are. What it does
    must not depend on what it opens, which are zeros. A `get()` in it checks the function's own products: those that
    were made before and wait for their check are none of its cost.

    Raises SharedError where there is no secret among the inputs, where secrets or workers that the function has from
    elsewhere would have to compute, and for an input that is away and not shared.
    """
    if isinstance(what, Transcript):
        return counted(what)
    precision = Precision(precision_fractional, base).check()
    count = parties or max([len(shared.holders.workers) for shared in shared_in(inputs)], default=2)
    outer = session.local_worker.network
    with session.isolated(transport="in_process") as network, silent(outer):
        hook = Hook(session.local_worker)
        two, dealer = [VirtualWorker(hook, id=f"party {place}") for place in (1, 2)], VirtualWorker(hook, id="dealer")
        zeros = Zeros(Holders(two, dealer), precision)
        given = [zeros.like(one) for one in inputs]
        if not zeros.made:
            refuse("a function without a secret among its inputs", "what is public costs its holders nothing")
        network.transcript.limit = None
        network.transcript.clear()
        try:
            what(*given)
        except HoldersDifferError:
            refuse(*ELSEWHERE)
        of_two = counted(network.transcript)
    return of_two._replace(opened=of_two.opened * (count - 1))  # to each other one the same


ELSEWHERE = (
    "a function that asks real workers",
    "it has secrets or pointers besides its inputs, and would compute with them instead of foretelling",
)


def refuse(what: str, why: str) -> NoReturn:
    raise SharedError(f"cost() of {what}", why, "Give all secrets as inputs: sy.cost(step, model, (32, 784), (32, 10))")


class Hook(NamedTuple):
    """What a worker is made with."""

    local_worker: VirtualWorker


def counted(log: Transcript) -> Cost:
    """What the messages of a transcript cost the party with most of it."""
    rounds: Counter[tuple[str, str]] = Counter()
    opened: Counter[str] = Counter()
    dealt: Counter[str] = Counter()
    for message in log:
        if isinstance(message, (Open, Deal)):
            size = sum(part.dtype.itemsize * math.prod(part.shape) for part in message.values)
            if isinstance(message, Deal):
                dealt[message.receiver] += size
            else:
                rounds[message.sender, message.receiver] += 1
                opened[message.sender] += size
    return Cost(*[max(each.values(), default=0) for each in (rounds, opened, dealt)])


@contextmanager
def silent(network: Any) -> Iterator[None]:
    """No message of this network is carried in this block, but that something is forgotten."""

    def carry(*messages: Any) -> NoReturn:
        refuse(*ELSEWHERE)

    network.deliver = network.deliver_joint = carry
    try:
        yield
    finally:
        del network.deliver, network.deliver_joint


class Zeros:
    """Twins of inputs: shares of zeros, of the same shapes, held by others."""

    def __init__(self, holders: Holders, precision: Precision) -> None:
        self.holders = holders
        self.precision = precision
        self.twins: dict[int, Any] = {}
        self.made: list[SharedTensor] = []

    def like(self, one: Any) -> Any:
        """The twin of an input; what is public as it is."""
        if isinstance(one, FixedPrecisionTensor):
            return self.shared(tuple(one.shape), torch.get_default_dtype(), one.precision)
        if isinstance(one, PointerTensor):
            refuse("a function of what is at one worker", "a pointer stands for no shares")
        if isinstance(one, Tensor):
            return self.of_tensor(one, self.precision) if isinstance(one, SharedTensor) or is_real(one) else one
        if isinstance(one, (nn.Module, Optimizer)):
            return self.of_state(one)
        if isinstance(one, tuple) and all(isinstance(size, int) for size in one):
            return self.shared(one, torch.get_default_dtype(), self.precision)
        return one

    def shared(self, shape: tuple[int, ...], dtype: torch.dtype, precision: Precision | None) -> SharedTensor:
        zeros = torch.zeros(shape)
        integers = zeros.long() if precision is None else encode(zeros, precision)
        self.made.append(share_from_here(integers, dtype, precision, self.holders))
        return self.made[-1]

    def of_tensor(self, x: Tensor, precision: Precision) -> Any:
        """The twin of this very tensor, whoever holds it."""
        if id(x) not in self.twins:
            known = x.precision if isinstance(x, SharedTensor) else precision
            twin: Tensor = self.shared(tuple(x.shape), x.dtype, known)
            if isinstance(x, SharedTensor) and isinstance(twin, SharedTensor):
                twin.bound = x.bound
            if isinstance(x, nn.Parameter):
                twin = nn.Parameter(twin, requires_grad=x.requires_grad)
            self.twins[id(x)] = twin.requires_grad_(x.requires_grad)
        return self.twins[id(x)]

    def of_state(self, one: nn.Module | Optimizer) -> Any:
        """A copy of a module or an optimizer, whose numbers are twins."""
        precision = one.__dict__.get("_precision") or self.precision
        for tensor in shared_in([one]) if isinstance(one, Optimizer) else tensors(parts(one)):
            if isinstance(tensor, PointerTensor):
                refuse("a model that is at one worker", "a pointer stands for no shares")
            if isinstance(tensor, SharedTensor) or is_real(tensor):
                self.of_tensor(tensor, precision)
        return copy.deepcopy(one, self.twins)


def is_real(x: Tensor) -> bool:
    return x.dtype.is_floating_point


def shared_in(inputs: Any) -> list[SharedTensor]:
    """The shared tensors among these inputs, and in them."""
    found: list[Any] = []
    for one in inputs:
        if isinstance(one, Tensor):
            found.append(one)
        elif isinstance(one, nn.Module):
            found += tensors(parts(one))
        elif isinstance(one, Optimizer):
            found += [tensor for group in one.param_groups for tensor in group["params"]]
            found += [value for state in one.state.values() for value in state.values()]
    return [tensor for tensor in found if isinstance(tensor, SharedTensor)]
