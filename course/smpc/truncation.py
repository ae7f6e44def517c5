"""Division of a secret by a public number, which brings a product back to its scale.

Each party dividing its own share is not inexact, it is wrong: shares are uniform over the ring, so their sum wraps
around, and a quotient of what wrapped is off by 2**64 / divisor. With two parties that happens with probability
|x| / 2**64 (P. Mohassel and Y. Zhang, "SecureML", IEEE S&P 2017, Theorem 1, bound it by twice that), with three in one
case of four, whatever x. So the wrap is corrected, with the help of the dealer.

The idea of a mask whose quotient is dealt beside it: O. Catrina and A. Saxena, "Secure computation with fixed-point
numbers", FC 2010; correcting the wrap by the mask's top bit: as in A. Dalskov, D. Escudero and M. Keller,
"Secure evaluation of quantized neural networks", PETS 2020.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from course.smpc.parties import Parties
from course.smpc.randomness import Draws
from course.smpc.ring import BITS, quotient, residue
from course.smpc.shares import split, total

__all__ = ["LIMIT", "QuotientMask", "divide"]

LIMIT = 2**62  # secrets to divide lie in [-LIMIT, LIMIT), where they have 64 bits


@dataclass(frozen=True)
class QuotientMask:
    """A mask r, uniform, with what its quotient adds.

    Shares of r; of -r / divisor, rounded; and of what a wrap adds to that, 2**64 / divisor, which is 0 where the top
    bit of r is 0: then nothing can wrap. bits: of the secret, if not 64; of r only so many count.
    """

    shape: tuple[int, ...]
    divisor: int
    bits: int = BITS

    def make(self, count: int, draws: Draws) -> tuple[Tensor, Tensor, Tensor]:
        r = draws.uniform((count, *self.shape))
        secret = residue(total(r), self.bits)
        subtracted = -quotient(unsigned(secret, self.bits), self.divisor)
        left = quotient(unsigned(-secret, self.bits), self.divisor)  # of 2**64 - r, what is left of the ring above r
        wrapped = torch.where(secret < 0, left - subtracted, 0)
        return r, split(subtracted, count, draws), split(wrapped, count, draws)


def divide(parties: Parties, x: Tensor, divisor: int) -> Tensor:
    """Shares of x / divisor, at most 1 away from the true quotient: one round, any number of parties.

    x: shares of numbers in [-2**62, 2**62); divisor: 2 to 2**40. Outside of that range the result is wrong. Where
    secrets have 32 bits (`authenticated`), x lies in [-2**30 + divisor, 2**30), and divisors go up to 2**20.

    1. The dealer hands out shares of r, of -r / divisor, and of what a wrap adds.
    2. Open c = x + 2**62 + r, uniform whatever x is. As a number in [0, 2**64) it is x + 2**62 + r, or, if that wrapped
       around, 2**64 less. x + 2**62 is below 2**63: so it wrapped exactly if r's top bit is 1 and c's is 0.
    3. Everybody knows c / divisor, rounded; the first party adds it, less 2**62 / divisor. All add their shares of
       -r / divisor and, where c's top bit is 0, of what a wrap adds.
    Two roundings to the nearest make an error of 1 at most; 2**62 is replaced by the nearest multiple of the divisor.
    r is uniform, so a part of a unit is rounded up with a chance as large as that part: right on average.
    """
    limit = LIMIT >> (BITS - parties.bits)
    offset = limit - limit % divisor
    r, subtracted, wrapped = parties.deal(QuotientMask(tuple(x.shape[parties.axes :]), divisor, parties.bits))
    (c,) = parties.open("x + r", parties.add_public(x + r, offset))
    c = residue(c, parties.bits)
    shares = torch.where(c < 0, subtracted, subtracted + wrapped)
    return parties.add_public(shares, quotient(unsigned(c, parties.bits), divisor) - offset // divisor)


def unsigned(x: Tensor, bits: int) -> Tensor:
    """x modulo 2**bits as `quotient` reads it, as a number in [0, 2**bits)."""
    return x if bits == BITS else x & ((1 << bits) - 1)
