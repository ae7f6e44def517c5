"""How workers run a protocol together: each gets a Joint message, and what they open and are dealt is written down.

The workers of one process run as one program, over a first axis as long as they are many (see `parties`).
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from course.errors import UnknownWorkerError
from course.messages import Deal, Joint, Open, TensorSpec
from course.smpc.dealer import Dealer
from course.smpc.parties import Parties, Step
from course.smpc.randomness import Randomness
from course.transports.in_process import Network

__all__ = ["PROTOCOLS", "protocol", "run_together"]

PROTOCOLS: dict[str, Callable[..., Any]] = {}


def protocol(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a protocol under a name, by which workers can be asked to run it. The first argument: the parties."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        if name in PROTOCOLS:
            raise ValueError(f"the protocol {name} is registered twice")
        PROTOCOLS[name] = function
        return function

    return decorate


def run_together(network: Network, messages: Sequence[Joint]) -> None:
    """Let the receivers of these messages run their protocol.

    1. Each finds the shares that its message names.
    2. They run the protocol, with randomness from the dealer.
    3. What was dealt and opened is written down as messages: the dealer's to each party, each party's to each other.
    4. Each keeps its shares of the results.
    Nothing is kept if anything fails.
    """
    first = messages[0]
    workers = [network.workers[message.receiver] for message in messages]
    if first.dealer not in network.workers:
        raise UnknownWorkerError(first.dealer, "To deal")
    arguments = []
    for place, argument in enumerate(first.args):
        if type(argument) is tuple:
            arguments.append(argument[0])
        else:
            slices = [w.store.find(m.args[place]) for w, m in zip(workers, messages, strict=True)]
            arguments.append(together(slices))
    parties = Parties(first.parties, Dealer(len(workers), draws_of(network)))
    results = PROTOCOLS[first.op](parties, *arguments)
    for step in parties.steps:
        write_down(network, first, step)
    for result, *ids in zip(results if isinstance(results, tuple) else (results,), *[m.results for m in messages], strict=True):
        for worker, id, share in zip(workers, ids, result, strict=True):
            worker.store.objects[id] = share


def together(slices: Sequence[Tensor]) -> Tensor:
    """The shares of all parties along a first axis: as they lie in memory, if they came from one result."""
    base, step = slices[0]._base, slices[0].numel()
    if base is not None and base.shape == (len(slices), *slices[0].shape) and base.is_contiguous():
        places = [(part._base is base, part.storage_offset()) for part in slices]
        if places == [(True, base.storage_offset() + step * i) for i in range(len(slices))]:
            return base
    return torch.stack(list(slices))


def write_down(network: Network, asked: Joint, step: Step) -> None:
    """A step as the messages that it stands for, without their values."""
    values = tuple([TensorSpec(dtype, (numbers,)) for dtype, numbers in step.sizes])
    if step.kind == "deal":
        for party in asked.parties:
            network.log(Deal(asked.dealer, party, step.what, values))
        return
    for sender in asked.parties:
        for receiver in asked.parties:
            if sender != receiver:
                network.log(Open(sender, receiver, step.what, values))


_draws: weakref.WeakKeyDictionary[Network, Randomness] = weakref.WeakKeyDictionary()


def draws_of(network: Network) -> Randomness:
    """The stream from which the dealers of a session draw."""
    if network not in _draws:
        _draws[network] = Randomness()
    return _draws[network]


Network.joint = staticmethod(run_together)
