"""Parties in processes of their own, for tests: each runs one protocol on the slice that it is given.

A program is a name of `PROGRAMS`, so that what crosses is a name and bytes.
"""

from __future__ import annotations

import json
import multiprocessing
from multiprocessing.connection import Connection
from typing import Any

import torch
from torch import Tensor

from course.smpc import bits, comparison, functions, products, truncation
from course.smpc.apart import Exchange, FarDealer, from_bytes, serve, to_bytes
from course.smpc.parties import Parties

PROGRAMS: dict[str, Any] = {
    "multiply": products.multiply,
    "square": products.square,
    "matmul": products.matmul,
    "conv2d": lambda parties, x, y: products.conv2d(parties, x, y, stride=2, padding=1),
    "divide": lambda parties, x: truncation.divide(parties, x, 1000),
    "negative": comparison.negative,
    "relu": comparison.relu,
    "to_bits": bits.to_bits,
    "highest": lambda parties, x: bits.highest(parties, bits.to_bits(parties, x)),
    **{
        name: (lambda function: lambda parties, x: function(parties, x, 2**16))(getattr(functions, name))
        for name in ("exp", "log", "reciprocal", "sqrt", "inverse_sqrt", "sigmoid", "tanh", "softmax", "log_softmax")
    },
}


class Far:
    """`count` parties and a dealer, each in a process of its own. `run` gives each its slices, and collects theirs."""

    def __init__(self, count: int) -> None:
        context = multiprocessing.get_context("spawn")
        between = {(i, j): context.Pipe() for i in range(count) for j in range(i)}
        dealer = [context.Pipe() for _ in range(count)]
        self.links, self.processes = [], []
        for place in range(count):
            mine, theirs = context.Pipe()
            peers = {o: between[max(o, place), min(o, place)][int(o > place)] for o in range(count) if o != place}
            arguments = (place, count, theirs, dealer[place][0], peers)
            self.processes.append(context.Process(target=party, args=arguments, daemon=True))
            self.links.append(mine)
        self.processes.append(context.Process(target=serve, args=([end for _, end in dealer],), daemon=True))
        for process in self.processes:
            process.start()

    def run(self, program: str, *shares: Tensor) -> Tensor:
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
        result = PROGRAMS[program](parties, *shares)
        asker.send_bytes(json.dumps(list(result.shape[1:])).encode())
        asker.send_bytes(to_bytes(result))
