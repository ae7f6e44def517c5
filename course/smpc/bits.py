"""The bits of a secret, as shares: how large it is, which power of two is in it.

From the ring to bits with a mask whose bits are dealt: as in `comparison`, but with the borrow at every place: a prefix
tree by P. M. Kogge and H. S. Stone, "A parallel algorithm for the efficient solution of a general class of recurrence
equations", IEEE Transactions on Computers, 1973. And back with masked bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from course.smpc.parties import Parties
from course.smpc.randomness import Draws
from course.smpc.ring import BITS
from course.smpc.shares import exclusive, split, split_bits, total

__all__ = ["And", "BitMask", "Mask", "both", "flip", "from_bits", "highest", "to_bits"]

STEPS = (1, 2, 4, 8, 16, 32)


@dataclass(frozen=True)
class Mask:
    """A number r, uniform: additive shares of it, and XOR shares of its bits."""

    shape: tuple[int, ...]

    def make(self, count: int, draws: Draws) -> tuple[Tensor, Tensor]:
        r = draws.uniform((count, *self.shape))
        return r, split_bits(total(r), count, draws)


@dataclass(frozen=True)
class BitMask:
    """Bits, uniform, at these places of a word.

    XOR shares of the words; additive shares of each bit, (places, *shape).
    """

    shape: tuple[int, ...]
    places: tuple[int, ...]

    def make(self, count: int, draws: Draws) -> tuple[Tensor, Tensor]:
        words = draws.uniform((count, *self.shape))
        mask = exclusive(words)
        return words, split(torch.stack([(mask >> place) & 1 for place in self.places]), count, draws)


@dataclass(frozen=True)
class And:
    """A triple for AND, bit by bit: XOR shares of a and b, uniform, and of c = a & b, broadcast as torch does."""

    x: tuple[int, ...]
    y: tuple[int, ...]
    dtype: torch.dtype = torch.int64

    def make(self, count: int, draws: Draws) -> tuple[Tensor, Tensor, Tensor]:
        a, b = draws.uniform((count, *self.x), self.dtype), draws.uniform((count, *self.y), self.dtype)
        return a, b, split_bits(exclusive(a) & exclusive(b), count, draws)


def both(parties: Parties, x: Tensor, y: Tensor, triple: tuple[Tensor, ...] | None = None) -> Tensor:
    """XOR shares of x & y, bit by bit: Beaver's product with XOR for the sum; one round.

    1. The dealer hands out shares of a, b and c = a & b.
    2. Open e = x ^ a and f = y ^ b.
    3. x & y = c ^ (e & b) ^ (a & f) ^ (e & f); the last is the first party's to add.
    """
    a, b, c = triple or parties.deal(And(tuple(x.shape[1:]), tuple(y.shape[1:]), x.dtype))
    e, f = parties.open_bits("x ^ a, y ^ b", x ^ a, y ^ b)
    return flip(parties, c ^ (e & b) ^ (a & f), e & f)


def flip(parties: Parties, shares: Tensor, public: Tensor) -> Tensor:
    """XOR shares of the secret XOR a public word: the first party flips its bits, the others do nothing. In place."""
    if 0 in parties.here:
        shares[0] ^= public
    return shares


def to_bits(parties: Parties, x: Tensor) -> Tensor:
    """XOR shares of the 64 bits of x, a word a number: (parties here, *shape) -> the same. Seven rounds.

    1. The dealer hands out r and its bits.
    2. Open c = x + r. So x = c - r, a subtraction of shared bits from public ones.
    3. At each place c is `below` r where c has 0 and r has 1, `equal` where they agree. Six rounds of a prefix tree:
       after the k-th, each place is combined with 2^k - 1 below it. `below` is then the borrow that leaves the place.
    4. The bits of x are c ^ r ^ borrow, where the borrow comes from the place below.
    """
    r, bits = parties.deal(Mask(tuple(x.shape[1:])))
    (c,) = parties.open("x + r", x + r)
    below = bits & ~c
    equal = flip(parties, bits.clone(), ~c)
    for step in STEPS:
        lower = torch.stack([below << step, equal << step], dim=1)
        found = both(parties, equal.unsqueeze(1), lower)
        below, equal = below ^ found[:, 0], found[:, 1]
    return flip(parties, bits ^ (below << 1), c)


def highest(parties: Parties, bits: Tensor) -> Tensor:
    """XOR shares of words of which only the highest 1 is left; 0 stays 0. Six rounds.

    1. Every 1 is spread to all places below it: in six rounds over 1, 2, 4 ... places, by x | y = x ^ y ^ (x & y).
    2. The highest is where the place above it has none.
    """
    for step in STEPS:
        lower = above(bits, step)
        bits = bits ^ lower ^ both(parties, bits, lower)
    return bits ^ above(bits, 1)


def above(words: Tensor, step: int) -> Tensor:
    """At each place the bit `step` places above it, 0 beyond the end."""
    return (words >> step) & ((1 << (BITS - step)) - 1)


def from_bits(parties: Parties, bits: Tensor, weights: list[dict[int, int]]) -> list[Tensor]:
    """Additive shares of weighted sums of bits, of weight * bit over the places, one for each of `weights`: one round.

    1. The dealer hands out bits b at these places: XOR shares in a word, additive shares of each.
    2. Open the word m = bits ^ b.
    3. Each bit is m + (1 - 2 m) b, with m public: a sum that everybody computes on its shares of b.
    """
    places = tuple(sorted({place for weight in weights for place in weight}))
    words, dealt = parties.deal(BitMask(tuple(bits.shape[1:]), places))
    (m,) = parties.open_bits("bits ^ b", bits ^ words)
    sums = [torch.zeros_like(bits) for _ in weights]
    for place, b in zip(places, dealt.unbind(1), strict=True):
        masked = (m >> place) & 1
        bit = parties.add_public((1 - 2 * masked) * b, masked)
        for result, weight in zip(sums, weights, strict=True):
            if place in weight:
                result += bit * weight[place]
    return sums
