"""Parties in processes of their own, for tests: each runs one protocol on the slice that it is given.

A program is a name of `PROGRAMS`, so that what crosses is a name and bytes.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from itertools import chain
from multiprocessing.connection import Connection
from typing import Any

import torch
from torch import Tensor

from course.errors import CorruptedSharesError, WorkerGoneError
from course.smpc import bits, comparison, exact, functions, products, programs, truncation
from course.smpc.apart import Exchange, FarDealer, from_bytes, serve, to_bytes
from course.smpc.authenticated import AuthenticatedParties, authenticate, reveal
from course.smpc.parties import AllHere, Parties, Wire

Shares = Callable[..., Tensor]
AUTHENTICATED: dict[str, tuple[Shares, Callable[..., Tensor]]] = {  # on shares, and on the numbers themselves
    "add": (lambda group, x, y: x + y, torch.add),
    "subtract": (lambda group, x, y: x - y, torch.sub),
    "negate": (lambda group, x, y: -x, lambda x, y: -x),
    "sum": (lambda group, x, y: x.sum(-1), lambda x, y: x.sum(-1)),
    "public factor": (lambda group, x, y: x * -7, lambda x, y: x * -7),
    "public matrix": (lambda group, x, y: x @ torch.arange(3), lambda x, y: x @ torch.arange(3)),
    "public sum": (lambda group, x, y: group.add_public(x, torch.arange(3)), lambda x, y: x + torch.arange(3)),
    "public": (lambda group, x, y: x - group.public(torch.arange(3)[None]), lambda x, y: x - torch.arange(3)),
    "multiply": (products.multiply, torch.mul),
    "square": (lambda group, x, y: products.square(group, x), lambda x, y: x * x),
    "matmul": (lambda group, x, y: products.matmul(group, x, y.transpose(-1, -2)), lambda x, y: x @ y.mT),
    "many": (
        lambda group, x, y: products.multiply(group, products.square(group, 3 * x - y), products.multiply(group, x, y)),
        lambda x, y: (3 * x - y) ** 2 * (x * y),
    ),
}


def with_macs(protocol: Shares) -> Shares:
    """A program from plain shares to what each party learns in the end."""

    def program(parties: Parties, *shares: Tensor, wire: Wire | None = None) -> Tensor:
        group = AuthenticatedParties(parties.names, parties.dealer, wire or parties.wire)
        secret = reveal(group, protocol(group, *(authenticate(group, x) for x in shares)))
        return secret.expand(len(parties.here), *secret.shape)

    return program


class Changed(AllHere):
    """The first party adds 1 to the first number that it says in one of the rounds."""

    def __init__(self, wire: Wire, round: int) -> None:
        self.here, self.wire, self.left = wire.here, wire, round

    def gather(self, names: Any, slices: list[Tensor], add: Callable[[Tensor], Tensor]) -> list[Tensor]:
        self.left -= 1
        if self.left == -1 and 0 in self.here:
            slices = [slices[0].clone(), *slices[1:]]
            slices[0].view(len(self.here), -1)[0, 0] += 1
        return self.wire.gather(names, slices, add)


class Dying(AllHere):
    """The first party is killed before it says anything in this round."""

    def __init__(self, wire: Wire, round: int) -> None:
        self.here, self.wire, self.left = wire.here, wire, round

    def gather(self, names: Any, slices: list[Tensor], add: Callable[[Tensor], Tensor]) -> list[Tensor]:
        self.left -= 1
        if self.left == -1 and 0 in self.here:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.wire.gather(names, slices, add)


def killed(round: int) -> Shares:
    """A comparison in which the first party dies: each other one says what it was left with, 1 for an error."""

    def program(parties: Parties, x: Tensor) -> Tensor:
        parties.wire = Dying(parties.wire, round)
        try:
            return comparison.negative(parties, x)
        except WorkerGoneError as error:
            assert error.facts[0] == "party 0"
            return torch.ones(len(parties.here), 1, dtype=torch.int64)

    return program


class TwoFaced(Exchange):
    """The first party tells the last other numbers than the rest, in one round."""

    def __init__(self, wire: Exchange, round: int) -> None:
        super().__init__(wire.here.start, wire.links)
        self.left = round

    def _send(self, frames: list[bytes]) -> None:
        self.left -= 1
        for place, link in self.links.items():
            for frame in frames:
                lied = self.left == -1 and self.here.start == 0 and place == max(self.links)
                link.send_bytes(bytes([frame[0] ^ 1]) + frame[1:] if lied else frame)


# Of squares with MACs: input; product; hashes, coin, hashes, values of a check; result; the same four again. Who was
# lied to before the last round of a check would leave, and the others would wait for it: so only some can be UNEVEN.
ROUNDS = range(11)
UNEVEN = (0, 1, 6, 9, 10)


def caught(wire: Callable[..., Wire], round: int) -> Shares:
    """A program in which the first party changes what it says: 1 from each party that notices, 0 from the others."""

    def program(parties: Parties, x: Tensor) -> Tensor:
        try:
            with_macs(products.square)(parties, x, wire=wire(parties.wire, round))
        except CorruptedSharesError:
            return torch.ones(len(parties.here), 1, dtype=torch.int64)
        return torch.zeros(len(parties.here), 1, dtype=torch.int64)

    return program


def called_right(name: str) -> Shares:
    """A program that multiplies, and what the parties then say of its product: 1 from each if it has left no ring."""

    def program(parties: Parties, *args: Any) -> Tensor:
        parties.claims = []
        programs.PROGRAMS[name](parties, *args)
        return torch.full((len(parties.here), 1), int(exact.hold(parties, parties.claims)))

    return program


DEATHS = (0, 4, 7)  # of the eight rounds of a comparison

PROGRAMS: dict[str, Any] = {
    "multiply": products.multiply,
    "square": products.square,
    "matmul": products.matmul,
    "conv2d": lambda parties, x, y: products.conv2d(parties, x, y, stride=2, padding=1),
    "divide": lambda parties, x: truncation.divide(parties, x, 1000),
    "negative": comparison.negative,
    **{f"killed in round {round}": killed(round) for round in DEATHS},
    "product fits": lambda parties, x, y: called_right("mul")(parties, x, y, 2, True),
    "inner product fits": lambda parties, x, y: called_right("matmul")(parties, x[:, None], y[..., None], 2, True),
    "relu": comparison.relu,
    "to_bits": bits.to_bits,
    "highest": lambda parties, x: bits.highest(parties, bits.to_bits(parties, x)),
    **{
        name: (lambda function: lambda parties, x: function(parties, x, 2**16))(getattr(functions, name))
        for name in ("exp", "log", "reciprocal", "sqrt", "inverse_sqrt", "sigmoid", "tanh", "softmax", "log_softmax")
    },
}

WITH_MACS: dict[str, Any] = {
    **{name: with_macs(on_shares) for name, (on_shares, _) in AUTHENTICATED.items()},
    "conv2d": with_macs(lambda group, x, y: products.conv2d(group, x, y, stride=2, padding=1)),
    "conv2d_input": with_macs(lambda group, x, y: products.conv2d_input(group, x, y, (8, 7), 2, 1)),
    "conv2d_weight": with_macs(lambda group, x, y: products.conv2d_weight(group, x, y, (3, 3), 2, 1)),
    "divide": with_macs(lambda group, x: truncation.divide(group, x, 1000)),
    **{f"changed in round {round}": caught(Changed, round) for round in ROUNDS[1:]},
    **{f"two faces in round {round}": caught(TwoFaced, round) for round in UNEVEN},
}


class Far:
    """`count` parties and a dealer, each in a process of its own. `run` gives each its slices, and collects theirs."""

    def __init__(self, count: int) -> None:
        context = multiprocessing.get_context("spawn")
        between = {(i, j): context.Pipe() for i in range(count) for j in range(i)}
        dealer = [context.Pipe() for _ in range(count)]
        self.links, self.processes, far = [], [], []
        for place in range(count):
            mine, theirs = context.Pipe()
            peers = {o: between[max(o, place), min(o, place)][int(o > place)] for o in range(count) if o != place}
            arguments = (place, count, theirs, dealer[place][0], peers)
            self.processes.append(context.Process(target=party, args=arguments, daemon=True))
            self.links.append(mine)
            far.append(theirs)
        self.processes.append(context.Process(target=serve, args=([end for _, end in dealer],), daemon=True))
        for process in self.processes:
            process.start()
        # Only the two at its ends hold a link now, so that it ends with either of them.
        for end in chain(*between.values(), *dealer, far):
            end.close()

    def run(self, program: str, *shares: Tensor) -> Tensor:
        """A program of PROGRAMS, or "with MACs: " and one of WITH_MACS."""
        for place, link in enumerate(self.links):
            link.send_bytes(json.dumps([program, [list(part.shape[1:]) for part in shares]]).encode())
            for part in shares:
                link.send_bytes(to_bytes(part[place : place + 1]))
        slices = []
        for link in self.links:
            shape = json.loads(link.recv_bytes())
            slices.append(from_bytes(link.recv_bytes(), torch.int64, (1, *shape)))
        return torch.cat(slices)

    def close(self) -> None:
        for link in self.links:
            link.send_bytes(b"[null, []]")
        for process in self.processes:
            process.join()


def party(place: int, count: int, asker: Connection, dealer: Connection, peers: dict[int, Connection]) -> None:
    torch.set_num_threads(1)
    names = [f"party {i}" for i in range(count)]
    parties = Parties(names, FarDealer(count, dealer), Exchange(place, peers))
    while True:
        program, shapes = json.loads(asker.recv_bytes())
        if program is None:
            parties.dealer.finish()
            return
        shares = [from_bytes(asker.recv_bytes(), torch.int64, (1, *shape)) for shape in shapes]
        kind, _, name = program.rpartition(": ")
        result = (WITH_MACS if kind else PROGRAMS)[name](parties, *shares)
        asker.send_bytes(json.dumps(list(result.shape[1:])).encode())
        asker.send_bytes(to_bytes(result))
