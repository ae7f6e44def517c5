"""Whether products have left the ring: what they should be as whole numbers, asked modulo a prime.

A product beyond the ring comes out as another number, and nothing in the ring shows it: what was lost is a multiple of
2**64. So the parties look from elsewhere. They bring factors and products, as the signed numbers that they stand for,
to shares modulo the prime p = 2**31 - 1, multiply there once more, and compare: a multiple of 2**64 is not 0 modulo p,
if it is not one of p, too. All products that wait are checked together, in four rounds however many they are, with one
number opened in the end: 0 if all of them fit, and if not any other, which tells no more.

No limit for a factor would do instead: 10**8 times 1/2 has room where 10**5 times 10**5 has none, and which of them it
is nobody may know. This check asks for the room of the product alone: 61 bits and a sign, which is what `divide` needs
too (29 bits for shares with MACs).

The random combination of all products, in place of one equation for each: R. Freivalds, "Probabilistic machines can use
less running time", IFIP Congress 1977. Masks that say whether they wrapped around: as in `truncation`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from course.smpc.authenticated import Uniform
from course.smpc.commitments import coefficients
from course.smpc.parties import Claim, Parties
from course.smpc.products import Product, aligned
from course.smpc.randomness import Draws, Randomness
from course.smpc.ring import BITS, patches, residue
from course.smpc.shares import total

__all__ = ["InnerMask", "LiftMask", "PRIME", "hold"]

PRIME = 2**31 - 1  # a product of two residues fits into int64; and a residue of 2**31 is 1, that of 2**64 is 4
RANDOMNESS = Randomness()
ROWS = 2**15  # of a matrix product of residues at a time: so its sums of 47 bits each stay below 2**63

Draw = Callable[..., Tensor]
Vectors = tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class LiftMask:
    """What brings so many secrets from the ring to residues modulo PRIME.

    Shares of a mask r, uniform; and shares modulo PRIME of r, read as a signed number, and of 1 where it is not
    negative. bits: of the secrets, if not 64; of r only so many count.
    """

    numbers: int
    bits: int = BITS

    def make(self, count: int, draws: Draws) -> tuple[Tensor, Tensor, Tensor]:
        r = draws.uniform((count, self.numbers))
        mask = residue(total(r), self.bits)
        return r, split(mask, count, draws), split((mask >= 0).long(), count, draws)


@dataclass(frozen=True)
class InnerMask:
    """A Beaver triple for an inner product modulo PRIME: shares of a and b, uniform, and of their inner product."""

    numbers: int

    def make(self, count: int, draws: Draws) -> tuple[Tensor, Tensor, Tensor]:
        a, b = [uniform((count, self.numbers), draws) for _ in range(2)]
        return a.int(), b.int(), split(inner(a.sum(0) % PRIME, b.sum(0) % PRIME), count, draws)


def uniform(shape: Sequence[int], draws: Draws) -> Tensor:
    """Residues modulo PRIME, each as likely as any other but for 2**-62."""
    return draws.uniform(shape) % PRIME


def split(secret: Tensor, count: int, draws: Draws) -> Tensor:
    """Additive shares modulo PRIME, as `shares.split` makes them in the ring: int32, for they are dealt."""
    others = uniform((count - 1, *secret.shape), draws)
    return torch.cat([others, ((secret - others.sum(0)) % PRIME).unsqueeze(0)]).int()


def inner(x: Tensor, y: Tensor) -> Tensor:
    """The inner product modulo PRIME along the last axis, of residues: up to 2**32 of them."""
    return (x * y % PRIME).sum(-1) % PRIME


def hold(parties: Parties, claims: Sequence[Claim]) -> bool:
    """Whether each of these products is that of whole numbers, and within what `divide` takes: at most four rounds.

    For a product z of x and y it is asked whether 4 z, as the ring has it, is 4 times the product of the numbers x and
    y. A product below 2**60 is always said to be right. One of 3 * 2**60 or more never is: 4 z has wrapped around, and
    is so small then that it is lifted as it is. In between z is right still, and either may be said.

    1. Lift all x, y and 4 z to shares modulo PRIME, and toss a coin (`lifted`, one round).
    2. The coin chooses a random combination for each product, so that one equation stands for all its numbers: an inner
       product of combinations of x with combinations of y should be a combination of z (`combined`). Each party
       computes its shares of them. Where x or y is public, it does so with the inner product too.
    3. All inner products of secrets are one, of long vectors: Beaver's product modulo PRIME (`product`, one round).
       Each party has its share of the difference now.
    4. Times a random residue, of which each party draws a share: so that a difference which is not 0 tells nothing but
       this (one round).
    5. Open it (one round).

    A wrong product passes with a probability below 2**-28, if it is wrong by any other multiple of 2**64 than one of
    PRIME: numbers that were made for it would pass. The parties are semi-honest here, also those with MACs, for the
    shares modulo PRIME have none: who cheats can call a product wrong, or right.
    """
    plain, claims = parties, list(claims)
    if parties.axes > 1:  # of a number and its MAC, the number
        plain = Parties(parties.names, parties.dealer, parties.wire, parties.keep)
        plain.steps = parties.steps
        claims = [claim._replace(**{name: getattr(claim, name)[:, 0] for name in secret(claim)}) for claim in claims]
    residues, draw = lifted(plain, claims, parties.bits)
    left = torch.zeros(len(plain.here), dtype=torch.int64)
    xs, ys = [], []
    for claim in claims:
        known = {claim.public: getattr(claim, claim.public)[None] % PRIME} if claim.public else {}
        x, y, z = combined(claim.product, draw, **{name: next(residues) for name in secret(claim)}, **known)
        left += z
        if claim.public:
            left -= 4 * inner(x, y)
        else:
            xs.append(x)
            ys.append(y)
    if xs:
        left -= 4 * product(plain, torch.cat(xs, 1), torch.cat(ys, 1))
    left = (left % PRIME).unsqueeze(1)
    blinded = product(plain, left, uniform(left.shape, RANDOMNESS))
    (difference,) = plain.open("a multiple of what is wrong", blinded)
    return int(difference) % PRIME == 0


def secret(claim: Claim) -> str:
    """Which of the three are shared."""
    return "xyz".replace(claim.public, "")


def lifted(parties: Parties, claims: Sequence[Claim], bits: int) -> tuple[Iterator[Tensor], Draw]:
    """Shares modulo PRIME of the numbers for which the secrets stand, x, y and 4 z of each claim: one round.

    And a function that draws public residues of a shape, all from one coin, which nobody knew before.

    1. The dealer hands out a mask r for each number, shares modulo PRIME of r, and of 1 where r >= 0; and a coin.
    2. Open c = v + r, where v = x + 2**62, and the coin. r is uniform in the ring, so c tells nothing.
    3. v lies in [0, 2**63), so that c, as a signed number, is v + r, or 2**64 less: that is where r >= 0 and c < 0. So
       x = c - r + 2**64 [c < 0] [r >= 0] - 2**62, and each term is known, or has been dealt, modulo PRIME.
    An x beyond [-2**62, 2**62) may come out as another number, so that its product will be called wrong.
    """
    parts = [getattr(claim, name) * (4 if name == "z" else 1) for claim in claims for name in secret(claim)]
    secrets = torch.cat([flat(part) for part in parts], dim=1)
    offset = 1 << (bits - 2)
    r, subtracted, is_positive = parties.deal(LiftMask(secrets.shape[1], bits))
    (coin,) = parties.deal(Uniform((2,)))
    c, seed = parties.open("x + r, coin", parties.add_public(secrets + r, offset), coin)
    c = residue(c, bits)
    wrapped = (c < 0) * (2**bits % PRIME)
    shares = parties.add_public(is_positive * wrapped - subtracted, c % PRIME - offset % PRIME) % PRIME
    pieces = torch.split(shares, [part[0].numel() for part in parts], dim=1)
    found = iter([piece.view(part.shape) for piece, part in zip(pieces, parts, strict=True)])
    drawn = itertools.count()

    def draw(*shape: int) -> Tensor:
        numbers = coefficients(torch.tensor([*seed.tolist(), next(drawn)]), math.prod(shape))
        return (numbers % PRIME).view(shape)

    return found, draw


def combined(product: Product, draw: Draw, x: Tensor, y: Tensor, z: Tensor) -> Vectors:
    """Vectors with an inner product, and what it should be: each (parties here, ...), or (1, ...) if it is public.

    With u and v drawn: the sum of (u x) y over all places is that of u z; and for matrices, where a row k of y meets a
    column k of x, (u x) (y v) is u z v. A convolution is a product of patches with the weight; the other two that its
    gradient needs are such products, too, but for the input, where patches of u take the place of x.
    """
    step = product.stride, product.padding
    match product.name:
        case "multiply":
            x, y = aligned(x, y)
            u = draw(*z.shape[1:])
            of_x, of_y = [part.expand(-1, *z.shape[1:]) for part in (x * u % PRIME, y)]
            return flat(of_x), flat(of_y), dot(z, u)
        case "conv2d":
            size = y.shape[-2:]
            x, y, z = rows_of(x, size, *step), y.flatten(2).mT, z.movedim(2, -1).flatten(1, 3)
        case "conv2d_weight":
            x, y, z = y.transpose(1, 2).flatten(2), rows_of(x, z.shape[-2:], *step), z.flatten(2)
        case "conv2d_input":  # its factors: gradient and weight
            u = draw(*z.shape[1:])
            of_input = patches(u, y.shape[-2:], *step)[0]
            columns = x.transpose(1, 2).flatten(2)
            return flat(matmul(columns, of_input)), flat(y), dot(z, u)
    x, y = aligned(x, y)
    *batch, rows, across = z.shape[1:]
    u, v = draw(*batch, rows, 1), draw(across)
    of_x, of_y = [part.expand(-1, *batch, x.shape[-1]) for part in ((x * u % PRIME).sum(-2) % PRIME, inner(y, v))]
    return flat(of_x), flat(of_y), dot(z * v % PRIME, u)


def dot(z: Tensor, u: Tensor) -> Tensor:
    """For each party the sum of z u over all places, modulo PRIME."""
    return flat(z * u % PRIME).sum(1) % PRIME


def flat(x: Tensor) -> Tensor:
    return x.reshape(len(x), math.prod(x.shape[1:]))


def rows_of(x: Tensor, size: Sequence[int], stride: int, padding: int) -> Tensor:
    return torch.stack([patches(part, size, stride, padding)[0] for part in x])


def matmul(x: Tensor, y: Tensor) -> Tensor:
    """The product of matrices of residues, modulo PRIME: y in two parts of 16 bits, so many rows of it at a time."""
    found = torch.zeros((*x.shape[:-1], y.shape[-1]), dtype=torch.int64)
    for columns, rows in zip(torch.split(x, ROWS, -1), torch.split(y, ROWS, -2), strict=True):
        found += columns @ (rows & 0xFFFF) + (columns @ (rows >> 16) % PRIME << 16)
        found %= PRIME
    return found


def product(parties: Parties, x: Tensor, y: Tensor) -> Tensor:
    """Shares modulo PRIME of the inner product of two vectors, (parties here, numbers) -> (parties here,): one round.

    1. The dealer hands out shares of a, b and c, their inner product.
    2. Open e = x - a and f = y - b, modulo PRIME.
    3. x y = c + e b + a f + e f: each party computes its part, the first adds e f.
    """
    a, b, c = [part.long() for part in parties.deal(InnerMask(x.shape[1]))]
    e, f = [part % PRIME for part in parties.open("x - a, y - b modulo p", (x - a) % PRIME, (y - b) % PRIME)]
    return parties.add_public(c + inner(e, b) + inner(a, f), inner(e, f)) % PRIME
