"""The sign of a secret, and what follows from it: which of two is larger, relu, equality.

Open the secret under a mask whose bits are shared too; then the question is whether one public number is below one
shared in bits, which a tree of ANDs answers: I. Damgård, M. Fitzi, E. Kiltz, J. B. Nielsen and T. Toft,
"Unconditionally secure constant-rounds multi-party computation for equality, comparison, bits and exponentiation", TCC
2006; with a prefix tree in place of their constant rounds, as in O. Catrina and S. de Hoogh, "Improved primitives for
secure multiparty integer computation", SCN 2010.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from course.smpc.bits import And, both, flip
from course.smpc.parties import Parties
from course.smpc.randomness import Draws
from course.smpc.shares import exclusive, split, split_bits, total

__all__ = ["SignMask", "negative", "relu", "relu_and_sign"]

TOP = -(2**63)  # the word whose only bit is the top one
HALVES = (torch.int32, torch.int16, torch.int8)  # a word falls into two of these, each of them into two of the next
# Bits i5 and i0 of every index change places, then i4 and i1, i3 and i2: the distance, and the lower bit of each pair.
EXCHANGES = [
    (2**high - 2**low, sum(1 << i for i in range(63) if i >> low & 1 and not i >> high & 1))
    for high, low in ((5, 0), (4, 1), (3, 2))
]
CHUNK = 2**17  # numbers: fewer, and the threads would wait for each other; more, and the cache is too small


@dataclass(frozen=True)
class SignMask:
    """All that the comparison of `numbers` secrets with 0 needs, in this order.

    r (additive shares, uniform) and the same r, its bits in the tree's order (XOR shares); a bit (XOR shares in int8;
    additive shares); that bit times r (additive shares); then for each level of the tree a triple for AND: a, b and
    c = a & b, where b and c have two rows in the first three levels.
    """

    numbers: int

    def make(self, count: int, draws: Draws) -> tuple[Tensor, ...]:
        r = draws.uniform((count, self.numbers))
        mask = total(r)
        bits = draws.uniform((count, self.numbers), torch.int8) & 1
        bit = exclusive(bits).long()
        material = [r, split_bits(tree_order(mask), count, draws), bits]
        material += [split(bit, count, draws), split(bit * mask, count, draws)]
        for dtype in HALVES:
            material += And((1, self.numbers), (2, self.numbers), dtype).make(count, draws)
        for _ in range(3):
            material += And((1, self.numbers), (1, self.numbers), torch.int8).make(count, draws)
        return tuple(material)


def negative(parties: Parties, x: Tensor) -> Tensor:
    """Shares of 1 where x is negative (as a signed number), of 0 elsewhere: eight rounds, any number of parties.

    Exact for every x of the ring. x: (parties here, *shape).
    """
    flat = x.reshape(x.shape[0], -1)
    signs: Tensor = parties.in_chunks(lambda some, chunk: _signs(some, chunk)[0], CHUNK, flat)
    return signs.view(x.shape)


def relu(parties: Parties, x: Tensor) -> Tensor:
    """Shares of x where x is positive, of 0 elsewhere: the eight rounds of `negative` and not one more."""
    return relu_and_sign(parties, x)[0]


def relu_and_sign(parties: Parties, x: Tensor) -> tuple[Tensor, Tensor]:
    """The same, and shares of 1 where x is positive: for every x but -2**63.

    With y = -x, of which 1 is the sign where x is positive; c = y + r public and s = m + (1 - 2 m) b, where m is the
    public masked sign and b the dealt bit: y s = c s - m r - (1 - 2 m) b r, and the dealer has dealt b r. So -y s,
    which is x where x is positive, needs no product.
    """

    def positive_part(some: Parties, chunk: Tensor) -> tuple[Tensor, Tensor]:
        sign, c, masked, r, bit_r = _signs(some, chunk)
        return masked * r + (1 - 2 * masked) * bit_r - sign * c, sign

    flat = (-x).reshape(x.shape[0], -1)
    positive, sign = parties.in_chunks(positive_part, CHUNK, flat)
    return positive.view(x.shape), sign.view(x.shape)


def _signs(parties: Parties, x: Tensor) -> tuple[Tensor, ...]:
    """The protocol. x: (parties here, numbers). Shares of the signs; c, the masked signs, r and b r for `relu`.

    1. The dealer hands out a mask r, the bits of r, a bit b, b r, and triples for AND (`SignMask`).
    2. Open c = x + r, which is uniform.
    3. x = c - r: its top bit is c's, XOR r's, XOR the borrow of the lower 63 bits, which is 1 where c is below r there.
       For each bit, where c has 0 and r has 1, c is `below`; where they agree, it is `equal`. c is public, so both are
       XOR shares already, without a message.
    4. Six rounds, each of which makes one bit of two neighbours, high and low, all pairs at once:
       below = below_high XOR (equal_high AND below_low); equal = equal_high AND equal_low.
       The bits of a word are ordered so that neighbours stand in its two halves (`tree_order`).
    5. Open the sign XOR b: a masked bit m. The sign is m + (1 - 2 m) b.
    """
    r, r_bits, bits, bit, bit_r, *levels = parties.deal(SignMask(x.shape[1]))
    triples = [tuple(levels[i : i + 3]) for i in range(0, 18, 3)]
    (c,) = parties.open("x + r", x + r)
    zeros = ~tree_order(c)
    below = r_bits & (zeros & ~TOP)
    equal = flip(parties, r_bits & ~TOP, zeros | TOP)
    for level in range(3):
        below, equal = _halve(parties, below, equal, HALVES[level], triples[level])
    for level in range(3):
        below, equal = _fold(parties, below, equal, 4 >> level, triples[3 + level])
    sign = (below & 1) ^ (r_bits < 0).to(torch.int8) ^ bits
    (masked,) = parties.open_bits("sign ^ b", flip(parties, sign, (c < 0).to(torch.int8)))
    masked = masked.long()
    return parties.add_public((1 - 2 * masked) * bit, masked), c, masked, r, bit_r


def tree_order(words: Tensor) -> Tensor:
    """Words with their bits reordered so that the tree may always combine the high half of a word with the low one.

    The bit with index i = (i5 i4 i3 i2 i1 i0) goes to (i0 i1 i2 i3 i4 i5), as before a fast Fourier transform: so the
    halves of the word differ in i0, they hold neighbours; halves of the halves differ in i1; and so on. The top bit
    stays.
    """
    for shift, chosen in EXCHANGES:
        differ = ((words >> shift) ^ words) & chosen
        words = words ^ differ ^ (differ << shift)
    return words


def _halve(
    parties: Parties, below: Tensor, equal: Tensor, dtype: torch.dtype, triple: tuple[Tensor, ...]
) -> tuple[Tensor, Tensor]:
    """One level: words of 2 k bits become words of k, their high halves combined with their low ones."""
    words = torch.stack([below, equal], dim=1).view(dtype)
    low, high = words[..., ::2], words[..., 1::2]  # (here, 2, numbers)
    found = both(parties, high[:, 1:], low, triple)
    return high[:, 0] ^ found[:, 0], found[:, 1]


def _fold(
    parties: Parties, below: Tensor, equal: Tensor, width: int, triple: tuple[Tensor, ...]
) -> tuple[Tensor, Tensor]:
    """One level within a byte: its lowest 2 `width` bits become `width`. Both ANDs go side by side in one byte."""
    lowest = (1 << width) - 1
    high = (equal >> width) & lowest
    low = (below & lowest) | ((equal & lowest) << width)
    found = both(parties, (high | (high << width)).unsqueeze(1), low.unsqueeze(1), triple)[:, 0]
    return ((below >> width) & lowest) ^ (found & lowest), (found >> width) & lowest
