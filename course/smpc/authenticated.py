"""Against corrupted shares: every share carries a MAC, and whoever changes either is noticed.

R. Cramer, I. Damgard, D. Escudero, P. Scholl and C. Xing, "SPDZ2k: efficient MPC mod 2^k for dishonest majority",
CRYPTO 2018. A secret x has 32 bits and is shared in the ring of 64: the parties hold additive shares of x and of its
MAC, x times a key that is shared too and that nobody ever sees. One tensor holds both, with an axis of 2 behind that of
the parties: (parties here, 2, *shape). So whatever is linear is written as for plain shares (x + y, -x, 3 * x,
x.sum(-1), x @ w, indexing from the back), and products and divisions are those of `products` and `truncation`: only
`AuthenticatedParties` knows that there is a MAC. Comparisons work on XOR shares, which have none: they are refused.

Only the lowest 32 bits of a share count. The upper 32 are room for the MAC; what they hold after a product is the
carry of earlier steps, which tells more than the result, so that they are masked before anything is opened.

**What is noticed.** Any change to a share, a MAC, a key share or a message that would change the lowest 32 bits of
anything opened: by up to n - 1 of the n parties together, on the way, or in a store. It slips through with probability
36/2**34 at most, one in 477 million, for all changes before one check together, however they are chosen (`check` says
why). All that is opened within a protocol is checked before a result is opened, and a result before it is returned.

**What is not.** Who it was: the check names nobody. Who wants the computation to fail can always make it fail. A result
is opened before its own check, so that who changes it at that moment may learn it where the others learn nothing. What
a party brings in (`authenticate`) is taken as it brings it. The dealer is trusted, as everywhere. What changes upper
bits only may pass: it changes no result. And after a failed check the key may be known: nothing works with these shares
any more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from course.errors import CorruptedSharesError
from course.smpc.commitments import coefficients, coin, committed, digest
from course.smpc.dealer import Authenticated, Dealer, Request, Zeros
from course.smpc.parties import Parties, Wire
from course.smpc.products import Square, Triple
from course.smpc.randomness import Draws
from course.smpc.ring import residue
from course.smpc.shares import total
from course.smpc.truncation import QuotientMask

__all__ = [
    "AuthenticatedParties",
    "One",
    "Uniform",
    "authenticate",
    "check",
    "deliver",
    "mask",
    "received",
    "reveal",
    "told",
]

VALUE = 32  # bits of a secret; the other half of the ring is the MAC's
UNCHECKED = 2**22  # opened numbers that wait for a check at most: they take memory


@dataclass(frozen=True)
class One:
    """Shares of the number 1. Its MAC is the key, so with MACs these are the parties' shares of the key."""

    def make(self, count: int, draws: Draws) -> tuple[Tensor]:
        return (torch.tensor([1] + [0] * (count - 1)),)


@dataclass(frozen=True)
class Uniform:
    """Shares of numbers from anywhere in the ring."""

    shape: tuple[int, ...]

    def make(self, count: int, draws: Draws) -> tuple[Tensor]:
        return (draws.uniform((count, *self.shape)),)


MATERIAL = (One, QuotientMask, Square, Triple, Uniform, Zeros)  # all of it additive
ONLY = "sums, products and divisions are authenticated, comparisons and what follows from them are not"


class AuthenticatedParties(Parties):
    """Parties who hold MACs, with shares of their key and of what they have opened and not checked yet.

    One object for as long as shares made with it are used: the key belongs to it, and after a failed check it does
    nothing any more but raise CorruptedSharesError.
    """

    axes = 2
    bits = VALUE

    def __init__(
        self, names: Sequence[str], dealer: Dealer | None = None, wire: Wire | None = None, keep: bool = False
    ) -> None:
        super().__init__(names, dealer, wire, keep)
        self.unchecked: list[tuple[Tensor, Tensor]] = []  # shares of a MAC, and the number that was opened
        self.corrupted = ""  # what was found

    @cached_property
    def one(self) -> Tensor:
        """Shares of 1, (parties here, 2): 1 at the first party and 0 at the others, and the shares of the key."""
        (one,) = self.deal(One())
        return one

    def deal(self, request: Request) -> tuple[Tensor, ...]:
        """Fresh material, each number with its MAC. Raises ValueError for what has no MAC here."""
        if not isinstance(request, MATERIAL):
            raise ValueError(f"there is no {type(request).__name__} with MACs: {ONLY}")
        material = self.dealer.deal(Authenticated(request), self.here)
        self._note("deal", f"{type(request).__name__} with MACs", material)
        return material

    def open(self, what: str, *shares: Tensor) -> list[Tensor]:
        """One round: everybody learns these numbers, all 64 bits, which someone may have changed until `check`."""
        values = super().open(what, *(part[:, 0] for part in shares))
        self.unchecked += [(part[:, 1], value) for part, value in zip(shares, values, strict=True)]
        if sum(value.numel() for _, value in self.unchecked) > UNCHECKED:
            check(self)
        return values

    def open_bits(self, what: str, *shares: Tensor) -> list[Tensor]:
        raise ValueError(f"XOR shares have no MACs: {ONLY}")

    def _open(self, what: str, shares: tuple[Tensor, ...], add: Callable[[Tensor], Tensor]) -> list[Tensor]:
        if self.corrupted:
            raise CorruptedSharesError(self.corrupted, ", ".join(self.names))
        return super()._open(what, shares, add)

    def add_public_(self, shares: Tensor, value: Tensor | int) -> Tensor:
        """Shares of the secret plus a public value: plus the value, times shares of 1."""
        return shares.addcmul_(self._ones(shares), torch.as_tensor(value).expand(shares.shape[self.axes :]))

    def add_product_(self, shares: Tensor, e: Tensor, f: Tensor) -> Tensor:
        return shares.addcmul_(self._ones(shares), e * f)

    def public(self, value: Tensor) -> Tensor:
        """Shares of a value that everybody knows, with its MAC."""
        return self.add_public(value.new_zeros((len(self.here), 2, *value.shape)), value)

    def _ones(self, shares: Tensor) -> Tensor:
        return self.one.view(*self.one.shape, *[1] * (shares.dim() - self.axes))


def check(parties: AuthenticatedParties) -> None:
    """Nothing if all that was opened since the last check is what was shared, else CorruptedSharesError: four rounds.

    1. The parties toss a coin for coefficients k of 32 bits, now that what was opened, numbers y, is fixed.
    2. Each party computes Y = the sum of k y, the same for all, and from its shares of MACs and key
       z = (the sum of k times its share of y's MAC) - (its share of the key) * Y.
    3. All commit to their z and a digest of Y and coin, then open both. The z must add up to 0, since each MAC is key
       times y; and all digests must be the same, or not everybody was shown the same numbers.

    Why it finds changes: if numbers y were opened wrong by d, the z add up to 0 only if key * D = E, where D is the sum
    of k d, and E what the cheater adds to MACs and z. It knows D, chooses E, and knows nothing of the key. If 2**w is
    the highest power of two that divides D, a uniform key fits with probability 2**(w - 64) at most. Let 2**v be the
    highest that divides all d; v <= 31 if a lower half is wrong. Then one d / 2**v is odd, so D / 2**v is uniform
    modulo 2**32: w = v + j with probability 2**-(j + 1) for j = 0 to 31, and more with 2**-32, when any key may fit.
    Together that is largest for v = 31: 32 * 2**-34 + 2**-32 = 36/2**34.
    """
    opened, parties.unchecked = parties.unchecked, []
    if not opened:
        return
    try:
        seed = coin(parties)
        numbers = [value.numel() for _, value in opened]
        y, z = torch.zeros((), dtype=torch.int64), torch.zeros(len(parties.here), dtype=torch.int64)
        for (mac, value), k in zip(opened, torch.split(coefficients(seed, sum(numbers)), numbers), strict=True):
            y += value.reshape(-1) @ k
            z += mac.reshape(len(mac), -1) @ k
        z -= parties.one[:, 1] * y
        seen = digest(-1, seed, y).expand(len(z), -1)
        said = committed(parties, "check values", torch.cat([seen, z.unsqueeze(1)], dim=1))
        wrong = ""
        if bool((said[:, :-1] != seen[0]).any()):
            wrong = "the parties were not all shown the same numbers"
        elif bool(said[:, -1].sum() != 0):
            wrong = f"the MACs of {sum(numbers):,} opened numbers do not fit them"
        if wrong:
            raise CorruptedSharesError(wrong, ", ".join(parties.names))
    except CorruptedSharesError as error:
        parties.corrupted = error.facts[0]
        raise


def authenticate(parties: AuthenticatedParties, x: Tensor) -> Tensor:
    """Shares with MACs of plain additive shares, (parties here, *shape) -> (parties here, 2, *shape): one round.

    1. The dealer hands out shares of a, uniform, with MACs.
    2. Open x - a, which is uniform.
    3. Add it to the shares of a as a public number.
    Until step 2 anybody can change its own share of x, and nobody will notice; from there on all will. A secret that no
    party is to change comes in from outside, through `mask`.
    """
    (a,) = parties.deal(Uniform(tuple(x.shape[1:])))
    (masked,) = Parties.open(parties, "x - a", x - a[:, 0])
    return parties.add_public(a, masked)


def reveal(parties: AuthenticatedParties, x: Tensor) -> Tensor:
    """The secret, for all parties, as numbers in [-2**31, 2**31): (parties here, 2, *shape) -> (*shape).

    1. Check whatever was opened on the way to x: of a wrong x even the value may tell too much.
    2. The dealer hands out shares of r. Open x + 2**32 r: its lower half is the secret, its upper half uniform.
    3. Check that too, before anybody gets it.
    """
    check(parties)
    (opened,) = parties.open("the result", _hidden(parties, x))
    check(parties)
    return residue(opened, VALUE)


def mask(parties: AuthenticatedParties, shape: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Shares with MACs of a mask a, and what tells a to one person outside, who is no party: (parties here, 3, *shape).

    Who brings in x collects the second from all parties, finds a with `told`, and sends x - a to all; each of them does
    parties.add_public(shares, x - a). The second holds plain shares of a, b and a b, where b is uniform: whoever
    changes a by d would have to change a b by d b, and does not know b. (I. Damgard, K. Damgard, K. Nielsen, P. S.
    Nordholt and T. Toft, "Confidential benchmarking based on multiparty computation", FC 2016.)
    """
    a, b, c = parties.deal(Triple(tuple(shape), tuple(shape)))
    return a, torch.stack([part[:, 0] for part in (a, b, c)], dim=1)


def told(slices: Tensor) -> Tensor:
    """The mask, for the person outside: (all parties, 3, *shape) -> (*shape).

    Raises CorruptedSharesError if it was changed; a change to the lowest 32 bits gets through once in 2**33.
    """
    a, b, c = total(slices).unbind()
    if not torch.equal(a * b, c):
        raise CorruptedSharesError("the parties did not send their own shares of a mask", "you")
    return a


def deliver(parties: AuthenticatedParties, x: Tensor) -> Tensor:
    """The secret for one person outside and for no party: what each party sends, (parties here, 4, *shape).

    As `reveal`, but under a mask: open x + 2**32 r - a, all parties, checked; and tell a as `mask` does.
    """
    check(parties)
    a, slices = mask(parties, x.shape[parties.axes :])
    (masked,) = parties.open("the result - a", _hidden(parties, x) - a)
    check(parties)
    return torch.cat([masked.expand(len(parties.here), 1, *masked.shape), slices], dim=1)


def received(slices: Tensor) -> Tensor:
    """The secret, for the person outside, from what all parties sent: (all parties, 4, *shape) -> (*shape).

    Right if one party is honest: it has checked the masked secret, and all have to send the same.
    """
    masked = slices[:, 0]
    if bool((masked != masked[0]).any()):
        raise CorruptedSharesError("the parties did not all send the same masked result", "you")
    return residue(masked[0] + told(slices[:, 1:]), VALUE)


def _hidden(parties: AuthenticatedParties, x: Tensor) -> Tensor:
    (r,) = parties.deal(Uniform(tuple(x.shape[parties.axes :])))
    return x + (r << VALUE)
