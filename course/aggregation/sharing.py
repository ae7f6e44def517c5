"""Secure aggregation with shares: several aggregators add up what they hold, and only the sum is put together.

Each client splits its update into additive shares modulo 2**64, one for each aggregator (`course/smpc/shares.py`). Any
of the aggregators but all of them together see uniform numbers, and the one who opens the sum sees the others' sums of
shares. It is one message from each client to each aggregator, and a client who leaves costs nothing; in exchange there
have to be aggregators who do not all collude.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from course.aggregation.client import STAYS
from course.aggregation.roll import FEWEST, Note, Roll
from course.aggregation.sums import SecureSum, add_up, at
from course.operations import step
from course.smpc.randomness import Randomness
from course.smpc.shares import split
from course.virtual_worker import VirtualWorker, check_worker

__all__ = ["Shared", "shared"]


def shared(
    updates: Mapping[Any, Any],
    aggregators: Sequence[VirtualWorker],
    weights: Mapping[Any, float] | None = None,
    *,
    largest: float = 1000.0,
    scale: float = 2.0**32,
    leaves: Mapping[Any, str] | None = None,
    note: Note | None = None,
) -> Any:
    """The weighted mean of updates, at the first aggregator: each is split into shares, one for each aggregator.

        mean = sy.aggregation.shared({"bob": p, "alice": q, "carol": r}, [anna, ben])

    aggregators: two or more. A client may leave before the step "shares". Everything else is as in `masked`, but for
    the threshold: three clients have to stay.
    """
    first, *others = check_aggregators(aggregators)
    return Shared(largest, scale, tuple(others)).mean(updates, first, weights, leaves=leaves, note=note)


@dataclass(frozen=True)
class Shared(SecureSum):
    """Shares to the server and these others: `sy.Federation(..., aggregator=anna, aggregate=Shared(others=(ben,)))`."""

    others: tuple[VirtualWorker, ...] = ()
    steps: ClassVar[tuple[str, ...]] = ("shares",)

    def needed(self, clients: int) -> int:
        return FEWEST

    def add(self, flats: dict[int, Any], server: VirtualWorker, roll: Roll) -> tuple[Any, list[int]]:
        """Each client sends a share to each aggregator; each of these adds up; the first one gets the sums."""
        aggregators = check_aggregators([server, *self.others])

        def hand_out(place: int) -> list[Any]:
            shares = at(flats[place].location, split_update, flats[place], len(aggregators))
            return [shares[k].move(aggregator) for k, aggregator in enumerate(aggregators)]

        held = roll.ask("shares", hand_out)
        sums = [add_up([shares[k] for shares in held.values()]) for k in range(len(aggregators))]
        return add_up([part.move(server) for part in sums]), list(held)


@step("aggregation.split", tells=STAYS)
def split_update(x: Tensor, count: int) -> Tensor:
    """At a client: (numbers,) int64 -> (count, numbers) int64, which add up to it. The randomness is drawn here."""
    return split(x, count, Randomness())


def check_aggregators(aggregators: Sequence[VirtualWorker]) -> list[VirtualWorker]:
    """The aggregators as a list. ValueError for fewer than two, or one twice."""
    found = [check_worker(worker, "shared") for worker in aggregators]
    if len({worker.id for worker in found}) < max(len(found), 2):
        raise ValueError(
            f"updates are shared among two aggregators or more, each once, not {[worker.id for worker in found]}: who "
            f"holds all shares of an update holds the update"
        )
    return found
