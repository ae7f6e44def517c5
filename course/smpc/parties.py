"""The parties of a computation, as the program that each of them runs sees them.

A protocol is written once. Its tensors are **shares**: int64 of shape (parties here, *shape), one slice for each party
that lives in this process, and the slices of all parties add up to the secret modulo 2**64. What a party computes by
itself is arithmetic over that axis. What all have to see is **opened**, and nothing else ever reaches another party:

- in one process the axis is n long, and an opening adds the slices;
- with a process for each party it is 1 long, and an opening sends this party's slice to all others.

The security is that of additive sharing with a trusted dealer: parties follow the protocol (semi-honest), and any n - 1
of them who put together what they see learn nothing but what was opened and the shapes; the dealer is told only which
randomness is wanted, and how much, and must not help any of them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from course.smpc.dealer import Dealer, Request
from course.smpc.ring import BITS, in_threads
from course.smpc.shares import exclusive, total

__all__ = ["AllHere", "Claim", "Parties", "Step", "Wire"]


class Wire(Protocol):
    """How parties reach each other."""

    here: range  # which of the parties live in this process

    def gather(self, names: Sequence[str], slices: list[Tensor], add: Callable[[Tensor], Tensor]) -> list[Tensor]: ...


class AllHere:
    """All parties live in this process."""

    def __init__(self, count: int) -> None:
        self.here = range(count)

    def gather(self, names: Sequence[str], slices: list[Tensor], add: Callable[[Tensor], Tensor]) -> list[Tensor]:
        return [add(part) for part in slices]


class Step(NamedTuple):
    """What went to each party: from each other one ("open") or from the dealer ("deal"), so many numbers of each dtype.

    `shares`: the numbers themselves, if somebody watches.
    """

    kind: str
    what: str
    sizes: tuple[tuple[torch.dtype, int], ...]
    shares: tuple[Tensor, ...] = ()

    def with_more(self, other: Step) -> Step:
        """The same step of another chunk, in one message with this one."""
        sizes = zip(self.sizes, other.sizes, strict=True)
        return self._replace(sizes=tuple((dtype, one + two) for (dtype, one), (_, two) in sizes))

    @property
    def bytes(self) -> int:
        """What one party received from one other, or from the dealer."""
        return sum(dtype.itemsize * numbers for dtype, numbers in self.sizes)


class Claim(NamedTuple):
    """That x and y have the product z as whole numbers, and not only in the ring: `exact` finds out.

    product: which one (`products.Product`). x, y, z: shares; of a factor that is public, the number itself (`public`).
    """

    product: Any
    x: Tensor
    y: Tensor
    z: Tensor
    public: str = ""  # "x" or "y"


class Parties:
    """n parties who compute together, and the dealer who hands them randomness.

    names: of all parties, in one order for all of them, two or more. `wire`: how they reach each other; all of them
    live here unless it says otherwise. `keep`: whether `steps` keep what was dealt and opened, and not only how much.
    Raises ValueError for fewer than two parties, or one name twice.
    """

    axes = 1  # of shares, before the shape of the secret
    bits = BITS  # of a secret: it is a number modulo 2**bits

    def __init__(
        self, names: Sequence[str], dealer: Dealer | None = None, wire: Wire | None = None, keep: bool = False
    ) -> None:
        self.names = tuple(names)
        if len(self.names) < 2:
            told = f"a secret is shared among two parties or more, not {len(self.names)}: one would hold it whole"
            raise ValueError(told)
        if len(set(self.names)) < len(self.names):
            raise ValueError(f"each party holds one share, and a name stands twice in {', '.join(self.names)}")
        self.wire = wire or AllHere(len(self.names))
        self.dealer = dealer or Dealer(len(self.names))
        self.keep = keep
        self.steps: list[Step] = []
        self.claims: list[Claim] = []  # products that wait for a check

    def __len__(self) -> int:
        return len(self.names)

    @property
    def openings(self) -> list[Step]:
        """The rounds so far."""
        return [step for step in self.steps if step.kind == "open"]

    @property
    def here(self) -> range:
        """The places, in `names`, of the parties that live in this process."""
        return self.wire.here

    def deal(self, request: Request) -> tuple[Tensor, ...]:
        """Fresh material from the dealer, used once: for each of its tensors the slices of the parties here."""
        material = self.dealer.deal(request, self.here)
        self._note("deal", type(request).__name__, material)
        return material

    def open(self, what: str, *shares: Tensor) -> list[Tensor]:
        """One round: everybody learns these tensors. `what` says in the transcript why that may be."""
        return self._open(what, shares, total)

    def open_bits(self, what: str, *shares: Tensor) -> list[Tensor]:
        """One round: everybody learns these tensors, of which the parties hold XOR shares."""
        return self._open(what, shares, exclusive)

    def exchange(self, what: str, *slices: Tensor) -> list[Tensor]:
        """One round: everybody learns what each party has, (parties here, *shape) -> (all parties, *shape)."""
        return self._open(what, slices, lambda part: part)

    def _open(self, what: str, shares: tuple[Tensor, ...], add: Callable[[Tensor], Tensor]) -> list[Tensor]:
        self._note("open", what, shares)
        return self.wire.gather(self.names, list(shares), add)

    def _note(self, kind: str, what: str, shares: tuple[Tensor, ...]) -> None:
        kept = tuple([part.clone() for part in shares]) if self.keep else ()
        self.steps.append(Step(kind, what, tuple([(part.dtype, part[0].numel()) for part in shares]), kept))

    def in_chunks(self, protocol: Callable[..., Any], size: int, *flat: Tensor) -> Any:
        """A protocol on tensors (parties here, numbers), so many numbers at a time if all parties are here.

        What a chunk works on is not far from the cache of a processor, and each processor takes a chunk. All chunks
        take the same steps, so that their messages would go together: they count as those of one.
        """
        if len(self.here) < len(self) or self.keep or flat[0].shape[1] <= size:
            return protocol(self, *flat)
        chunks = [torch.split(tensor, size, dim=1) for tensor in flat]
        alone = [copy.copy(self) for _ in chunks[0]]
        for parties in alone:
            parties.steps = []
        done = list(in_threads(protocol, alone, *chunks))
        self.steps += [reduce(Step.with_more, same) for same in zip(*[p.steps for p in alone], strict=True)]
        if isinstance(done[0], tuple):
            return tuple([torch.cat(parts, dim=1) for parts in zip(*done, strict=True)])
        return torch.cat(done, dim=1)

    def add_public(self, shares: Tensor, value: Tensor | int) -> Tensor:
        """Shares of the secret plus a public value: the first party adds it, the others do nothing."""
        return self.add_public_(shares.clone(), value)

    def add_public_(self, shares: Tensor, value: Tensor | int) -> Tensor:
        """The same in place, for shares that are nobody else's."""
        if 0 in self.here:
            shares[0] += value
        return shares

    def add_product_(self, shares: Tensor, e: Tensor, f: Tensor) -> Tensor:
        """Shares of the secret plus e * f, which are public: in place."""
        if 0 in self.here:
            shares[0].addcmul_(e, f)
        return shares

    def public(self, value: Tensor) -> Tensor:
        """Shares of a value that everybody knows: the first party's is the value, all others are 0."""
        shares = value.new_zeros((len(self.here), *value.shape))
        if 0 in self.here:
            shares[0] = value
        return shares
