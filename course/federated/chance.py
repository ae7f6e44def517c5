"""Random numbers that belong to a client and a round: who joins, in which order rows are read, what dropout zeroes.

Each number is a hash of a seed and of where it is used (round, client, row), not the next one of a global generator.
So a run repeats whatever else draws numbers, whoever comes first, and however many clients are trained at once. These
numbers are for experiments, never for secrets.
"""

from __future__ import annotations

from typing import Any

import torch

__all__ = ["drops_out", "key", "numbers", "order", "order_numbers", "sample"]

LOW = 0xFFFFFFFF  # the low 32 bits of an int64
SAMPLING, DROPPING, ORDERING, DROPOUT = 1, 2, 3, 4  # what a number is for: no two uses share a stream


def mix(x: Any) -> Any:
    """A bijection of 32-bit numbers that scatters them: `lowbias32` of Wellons, "Prospecting for hash functions"."""
    x = (x ^ (x >> 16)) * 0x7FEB352D & LOW
    x = (x ^ (x >> 15)) * 0x846CA68B & LOW
    return x ^ (x >> 16)


def key(*parts: Any) -> Any:
    """A 32-bit key made of whole numbers, or of int64 tensors of them that broadcast. Their order counts."""
    made: Any = 0
    for part in parts:
        made = mix(mix(made ^ 0x9E3779B9) ^ mix(part & LOW))
    return made


def numbers(key: Any, at: torch.Tensor) -> torch.Tensor:
    """The 32-bit numbers of a stream at these places, int64. Under one key no number comes twice."""
    found: torch.Tensor = mix(mix(at + key & LOW) ^ mix(key ^ 0x9E3779B9))
    return found


def sample(clients: int, count: int, seed: int, round: int) -> list[int]:
    """Client sampling: `count` of the clients 0, 1, ..., without replacement, in their order."""
    drawn = numbers(key(seed, SAMPLING, round), torch.arange(clients)).argsort()[:count]
    found: list[int] = drawn.sort().values.tolist()
    return found


def drops_out(client: int, share: float, seed: int, round: int) -> bool:
    """Whether this client drops out of this round, which happens to this share of all."""
    return bool(key(seed, DROPPING, round, client) < share * (LOW + 1))


def order(rows: int, seed: int, round: int, client: Any, epoch: Any) -> torch.Tensor:
    """The order in which a client reads its rows in one local epoch. Clients and epochs may be tensors (..., 1)."""
    return order_numbers(rows, seed, round, client, epoch).argsort()


def order_numbers(rows: int, seed: int, round: int, client: Any, epoch: Any) -> torch.Tensor:
    """A number for each row, all different: a client reads the row with the smallest one first."""
    return numbers(key(seed, ORDERING, round, client, epoch), torch.arange(rows))
