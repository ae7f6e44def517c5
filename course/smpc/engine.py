"""How workers run a protocol together: each gets a Joint message, and what they open and are dealt is written down.

The workers of one process run as one program, over a first axis as long as they are many (see `parties`).
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from course.errors import SharedError, UnknownWorkerError
from course.messages import Answer, Deal, Group, Item, Joint, Open, Send, Split, TensorSpec
from course.smpc import authenticated
from course.smpc.authenticated import AuthenticatedParties
from course.smpc.dealer import Dealer, Request
from course.smpc.fixed_precision import to_integers
from course.smpc.parties import Claim, Parties, Step
from course.smpc.programs import ALONE, PROGRAMS, WITH_MACS
from course.smpc.randomness import Randomness
from course.smpc.shares import split
from course.transports.in_process import Network
from course.worker import HANDLERS, Worker

__all__ = ["draws_of", "run_together"]


def run_together(network: Network, messages: Sequence[Joint]) -> tuple[tuple[int, ...], ...] | None:
    """Let the receivers of these messages run their protocol.

    1. Each finds the shares that its message names.
    2. They run the protocol, with randomness from the dealer.
    3. What was dealt and opened is written down as messages, also if it fails then: the dealer's to each party, each
       party's to each other.
    4. Each keeps its shares of the results.
    Nothing is kept if anything fails. Returns for each party the ids under which it keeps them, or None where these are
    the ids that were asked for.
    """
    first = messages[0]
    workers = [network.workers[message.receiver] for message in messages]
    if first.dealer and first.dealer not in network.workers:
        raise UnknownWorkerError(first.dealer, "A request for randomness")
    parties = parties_of(network, first)
    try:
        results = run(network, parties, workers, messages)
    finally:  # what was opened before a failure has been seen all the same
        for step in parties.steps:
            write_down(network, first, step)
    named = [message.args for message in messages]
    places = [keep(workers, ids, result, named) for ids, result in zip(ids_of(messages), results, strict=True)]
    kept = tuple(zip(*places, strict=True))
    return None if kept == tuple(message.results for message in messages) else kept


def parties_of(network: Network, asked: Joint) -> Parties:
    """The parties of a protocol. Those with MACs stay the same, for they have a key and remember what they opened.

    Whoever brings in a new secret after a failed check meets parties with a new key.
    """
    dealer = Dealer(len(asked.parties), draws_of(network)) if asked.dealer else Nobody(asked.op)
    watched = any(name in network.watched for name in (*asked.parties, asked.dealer))
    if not asked.protocol:
        parties = Parties(asked.parties, dealer, keep=watched)
        parties.claims = claims_of(network, asked)
        return parties
    if asked.op not in WITH_MACS:
        instead = "Share it without a protocol, where you trust the holders to follow the program"
        raise SharedError(f"{asked.op} on shares with MACs", authenticated.ONLY, instead)
    groups = _groups.setdefault(network, {})
    group = groups.get((asked.parties, asked.dealer))
    if group is None or (asked.op == "masks" and group.corrupted):
        group = groups[asked.parties, asked.dealer] = AuthenticatedParties(asked.parties, dealer)
    group.keep, group.steps, group.claims = watched, [], claims_of(network, asked)
    return group


def claims_of(network: Network, asked: Joint) -> list[Claim]:
    """The products of these parties that wait for a check."""
    claims = _claims.setdefault(network, {})
    return claims.setdefault((asked.parties, asked.dealer, asked.protocol), [])


_groups: weakref.WeakKeyDictionary[Any, dict[Any, AuthenticatedParties]] = weakref.WeakKeyDictionary()
_claims: weakref.WeakKeyDictionary[Any, dict[Any, list[Claim]]] = weakref.WeakKeyDictionary()


class Nobody(Dealer):
    """Who deals where no crypto_provider was named: what needs no randomness does not notice."""

    def __init__(self, op: str) -> None:
        self.op = op

    def deal(self, request: Request, here: range) -> tuple[Tensor, ...]:
        why = "its masks and triples come from a crypto_provider who holds no share, and none was named"
        raise SharedError(f"{self.op} on shares", why, "Name one: x.share(bob, alice, crypto_provider=cp)")


def run(
    network: Network, parties: Parties, workers: list[Worker], messages: Sequence[Joint]
) -> tuple[Sequence[Tensor], ...]:
    """The results of a protocol, for each the share of every party.

    Shares that lie in memory one after the other are one tensor, without a copy. Others are copied into one, but not
    where each party works on its own: there a view must stay a view of what the party holds.
    """
    program, first = PROGRAMS[messages[0].op], messages[0]
    if first.op in ALONE and not in_one_piece(network, workers, messages):
        pairs = zip(workers, messages, strict=True)
        own = [program(parties, *arguments_of(network, [worker], [message])) for worker, message in pairs]
        return ([result[0] for result in own],)
    results = program(parties, *arguments_of(network, workers, messages))
    return tuple([part.unbind(0) for part in (results if isinstance(results, tuple) else (results,))])


def in_one_piece(network: Network, workers: list[Worker], messages: Sequence[Joint]) -> bool:
    named = messages[0].args[0]
    if type(named) is not int:
        return True
    ids = [message.args[0] for message in messages]
    return follow([worker.store.find(id) for worker, id in zip(workers, ids, strict=True)])


def arguments_of(network: Network, workers: list[Worker], messages: Sequence[Joint]) -> list[Any]:
    """What these parties are to work on."""
    places = range(len(messages[0].args))
    named = [[message.args[place] for message in messages] for place in places]
    return [argument_of(network, workers, each, messages[0].values) for each in named]


def ids_of(messages: Sequence[Joint]) -> list[tuple[int, ...]]:
    """For each result the ids that its parties are asked to keep it under."""
    return list(zip(*[message.results for message in messages], strict=True))


def argument_of(network: Network, workers: list[Worker], named: list[Any], public: tuple[Any, ...]) -> Any:
    """What an argument stands for: shares of all parties, a constant, a public tensor, or a list of these."""
    first = named[0]
    if type(first) is int:
        return together([worker.store.find(id) for worker, id in zip(workers, named, strict=True)])
    if type(first) is not Group:
        return first[0]
    if first.kind == "public":
        return public[first.parts[0][0]]
    parts = zip(*[name.parts for name in named], strict=True)
    return [argument_of(network, workers, list(part), public) for part in parts]


def together(slices: Sequence[Tensor]) -> Tensor:
    """The shares of these parties along a first axis: as they lie in memory, if one follows the other there."""
    first = slices[0]
    if len(slices) == 1:
        return first.unsqueeze(0)
    if not follow(slices):
        return torch.stack(list(slices))
    step = slices[1].storage_offset() - first.storage_offset()
    return first.as_strided((len(slices), *first.shape), (step, *first.stride()), first.storage_offset())


def follow(slices: Sequence[Tensor]) -> bool:
    """Whether these lie in one memory, at equal distances."""
    first = slices[0]
    start, memory, strides = first.storage_offset(), first.untyped_storage()._cdata, first.stride()
    step = slices[1].storage_offset() - start
    return all(
        part.untyped_storage()._cdata == memory
        and part.storage_offset() == start + place * step
        and part.stride() == strides
        for place, part in enumerate(slices)
    )


def keep(
    workers: list[Worker], ids: Sequence[int], shares: Sequence[Tensor], named: Sequence[Sequence[Any]]
) -> tuple[int, ...]:
    """Each party keeps its share of a result under this id; over what it named as an argument, or else as a new one."""
    kept = []
    for worker, id, share, arguments in zip(workers, ids, shares, named, strict=True):
        if id in arguments:
            own = worker.store.find(id)
            before_overwriting(worker.network, own)
            own.copy_(share)
        else:
            id = worker._put(id, share)
        kept.append(id)
    return tuple(kept)


def before_overwriting(network: Any, old: Tensor) -> None:
    """What waits for a check is what was multiplied, and not what is written over it afterwards."""
    memory = old.untyped_storage()._cdata
    for claims in _claims.get(network, {}).values():
        for at, claim in enumerate(claims):
            parts = {name: getattr(claim, name) for name in "xyz"}
            over = {name: part.clone() for name, part in parts.items() if part.untyped_storage()._cdata == memory}
            claims[at] = claim._replace(**over)


def write_down(network: Network, asked: Joint, step: Step) -> None:
    """A step as the messages that it stands for; with their values only for somebody who watches."""
    specs: tuple[Any, ...] = tuple([TensorSpec(dtype, (numbers,)) for dtype, numbers in step.sizes])
    for place, party in enumerate(asked.parties):
        values = tuple([part[place].clone() for part in step.shares]) or specs
        if step.kind == "deal":
            network.log(Deal(asked.dealer, party, step.what, values))
            continue
        for receiver in asked.parties:
            if receiver != party:
                network.log(Open(party, receiver, step.what, values))


def split_up(worker: Worker, message: Split) -> Answer | None:
    """A worker's own: encode an object, split it, and send each party its share.

    1. The numbers times `scale`, rounded to the nearest integer (`fixed_precision`).
    2. Shares of them, one for each party.
    3. Each party but oneself is sent its share.
    """
    encoded = to_integers(worker._object(message.ref), message.scale)
    shares = split(encoded, len(message.parties), draws_of(worker.network))
    kept = []
    for party, id, share in zip(message.parties, message.results, shares.unbind(0), strict=True):
        if party == worker.id:
            kept.append(worker._put(id, share.clone()))
            continue
        reply = worker.network.deliver(Send(worker.id, party, (Item(id, share.clone(), False, None, (), "", False),)))
        kept.append(id if reply is None else reply.answer[0])
    return None if tuple(kept) == message.results else Answer(worker.id, message.sender, tuple(kept))


_draws: weakref.WeakKeyDictionary[Any, Randomness] = weakref.WeakKeyDictionary()


def draws_of(network: Any) -> Randomness:
    """The stream from which all who live here draw: whoever splits a secret, and the dealers."""
    if network not in _draws:
        _draws[network] = Randomness()
    return _draws[network]


HANDLERS[Split] = split_up
Network.run_together = staticmethod(run_together)
