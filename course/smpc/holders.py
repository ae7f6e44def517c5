"""Who holds the shares of a secret, and which shares they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from course.errors import SharedError
from course.messages import Delete
from course.virtual_worker import VirtualWorker, check_worker

__all__ = ["Held", "Holders"]

PROTOCOLS = ("", "spdz2k", "snn", "fss")  # the last two are old names: what they stood for is plain shares here


class Holders:
    """Who holds the shares of a secret, in this order, and who deals randomness to them (None: nobody).

    `protocol`: "spdz2k" for shares with MACs (see `authenticated`). Raises SharedError for fewer than two, one of them
    twice, you among them, or a dealer who is one of them.
    """

    def __init__(self, workers: Sequence[VirtualWorker], dealer: VirtualWorker | None, protocol: str = "") -> None:
        for worker in (*workers, *([] if dealer is None else [dealer])):
            check_worker(worker, "share")
        self.workers = tuple(workers)
        self.dealer = dealer
        self.protocol = "spdz2k" if protocol == "spdz2k" else ""
        names = [worker.id for worker in workers]
        asked = f"share({', '.join(names)})"
        if len(names) < 2:
            why = "a secret is shared among two workers or more: one alone would hold all of it"
            raise SharedError(asked, why, "Name another one who does not put his share together with the first one's")
        if len(set(names)) < len(names):
            why = "a worker with two of the shares is nearer to the secret than the others"
            raise SharedError(asked, why, "Name each worker once")
        if self.network.me in self.workers:
            why = "you ask for results, and whoever opens one needs no share of it"
            raise SharedError(asked, why, "Share among other workers, and get() what you need")
        if protocol not in PROTOCOLS:
            why = "there are shares without MACs, and shares with them"
            raise SharedError(f"protocol={protocol!r}", why, 'Leave it out, or say protocol="spdz2k"')
        if self.protocol and dealer is None:
            why = "the key of the MACs comes from a crypto_provider who holds no share, and none was named"
            raise SharedError(asked, why, "Name one: x.share(bob, alice, crypto_provider=cp)")
        if dealer in self.workers:
            why = f"{names[self.workers.index(dealer)]} would know the masks under which all others open what they hold"
            raise SharedError(asked, why, "Take a crypto_provider who holds no share")

    @property
    def network(self) -> Any:
        return self.workers[0].network

    @property
    def names(self) -> tuple[str, ...]:
        return tuple([worker.id for worker in self.workers])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Holders):
            return False
        return (self.workers, self.dealer, self.protocol) == (other.workers, other.dealer, other.protocol)

    def __hash__(self) -> int:
        return hash(self.workers)

    def __repr__(self) -> str:
        dealt = "no crypto_provider" if self.dealer is None else f"crypto_provider {self.dealer.id}"
        macs = ", with MACs" if self.protocol else ""
        return f"{', '.join(self.names)} ({dealt}{macs})"


class Held:
    """Shares of one secret where they are held: an id at each holder. They are forgotten there when this is."""

    owns = True  # whether they are forgotten

    def __init__(self, holders: Holders, ids: Sequence[int]) -> None:
        self.holders = holders
        self.ids = tuple(ids)

    def __del__(self) -> None:
        holders = getattr(self, "holders", None)
        if holders is not None and self.owns:
            network = holders.network
            me = network.me.id
            for worker, id in zip(holders.workers, self.ids, strict=True):
                network.drop(Delete(me, worker.id, id))
