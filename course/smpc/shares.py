"""Additive and XOR shares: a secret in n parts, of which any n - 1 tell nothing about it."""

from __future__ import annotations

import torch
from torch import Tensor

from course.smpc.randomness import Draws

__all__ = ["exclusive", "split", "split_bits", "total"]


def split(secret: Tensor, count: int, draws: Draws) -> Tensor:
    """Additive shares of a secret: (*shape) int64 -> (count, *shape) int64, which add up to it modulo 2**64.

    1. Draw all but the last share, uniform over the whole ring.
    2. The last is the secret minus the sum of the others.
    Any count - 1 of them are uniform and independent of the secret.
    """
    shares = torch.empty((count, *secret.shape), dtype=torch.int64)
    shares[:-1] = draws.uniform((count - 1, *secret.shape))
    last = shares[-1]
    last.copy_(secret)
    for share in shares[:-1]:
        last -= share
    return shares


def split_bits(secret: Tensor, count: int, draws: Draws) -> Tensor:
    """XOR shares of every bit of a secret: (*shape) of any integers -> (count, *shape) of the same, as `split` does."""
    shares = torch.empty((count, *secret.shape), dtype=secret.dtype)
    shares[:-1] = draws.uniform((count - 1, *secret.shape), secret.dtype)
    last = shares[-1]
    last.copy_(secret)
    for share in shares[:-1]:
        last ^= share
    return shares


def total(shares: Tensor) -> Tensor:
    """The secret of additive shares: (n, *shape) -> (*shape). One pass a share, which is faster than `sum(0)`."""
    secret = shares[0].clone()
    for share in shares[1:]:
        secret += share
    return secret


def exclusive(shares: Tensor) -> Tensor:
    """The secret of XOR shares: (n, *shape) -> (*shape)."""
    secret = shares[0].clone()
    for share in shares[1:]:
        secret ^= share
    return secret
