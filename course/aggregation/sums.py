"""A sum of updates that nobody sees one by one: what masks and shares have in common.

1. The range budget is checked, before anything else happens.
2. Each client turns its update into fixed point, where it is.
3. `add`, in `masking.py` and `sharing.py`, brings the sum to the server, and tells whose updates are in it.
4. The server turns the sum into floating-point numbers again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from course.aggregation.fixed import check_budget, encode
from course.aggregation.form import Form
from course.aggregation.roll import Note, Roll
from course.operations import NAMES
from course.pointers import call_at
from course.virtual_worker import VirtualWorker, check_worker

__all__ = ["SecureSum", "add_up", "at", "copy_for"]


@dataclass(frozen=True)
class SecureSum(ABC):
    """Settings: `largest`, a bound for every number of every update, and `scale`, how many steps a unit has.

    The sum of the weights times largest times scale has to stay below 2**63.
    """

    largest: float = 1000.0
    scale: float = 2.0**32
    steps: ClassVar[tuple[str, ...]] = ()  # a client may leave before each of these

    def __post_init__(self) -> None:
        for name in ("largest", "scale"):
            if not 0 < getattr(self, name) < float("inf"):
                raise ValueError(f"{name}={getattr(self, name)!r} must be more than 0 and finite")

    def mean(
        self,
        updates: Mapping[Any, Any],
        server: VirtualWorker,
        weights: Mapping[Any, float] | None = None,
        *,
        leaves: Mapping[Any, str] | None = None,
        note: Note | None = None,
    ) -> Any:
        """The weighted mean of the updates of those who stay, at the server: see `masked`."""
        return self.opened(updates, server, weights, leaves=leaves, note=note)[0]

    def opened(
        self,
        updates: Mapping[Any, Any],
        server: VirtualWorker,
        weights: Mapping[Any, float] | None = None,
        *,
        leaves: Mapping[Any, str] | None = None,
        note: Note | None = None,
    ) -> tuple[Any, list[Any]]:
        """The mean, and the keys of the updates that are in it."""
        total, counted, form = self.total(updates, server, weights, leaves, note)
        with torch.no_grad():
            return form.restore(total.double() / (sum(counted.values()) * self.scale), server), list(counted)

    def sum(
        self,
        updates: Mapping[Any, Any],
        server: VirtualWorker,
        weights: Mapping[Any, float] | None = None,
        *,
        leaves: Mapping[Any, str] | None = None,
        note: Note | None = None,
    ) -> Any:
        """The weighted sum, like `mean`."""
        total, _, form = self.total(updates, server, weights, leaves, note)
        with torch.no_grad():
            return form.restore(total.double() / self.scale, server)

    @torch.no_grad()
    def total(
        self,
        updates: Mapping[Any, Any],
        server: VirtualWorker,
        weights: Mapping[Any, float] | None,
        leaves: Mapping[Any, str] | None,
        note: Note | None,
    ) -> tuple[Any, dict[Any, float], Form]:
        """The sum in fixed point, at the server; the keys and weights that are in it; the form of the updates."""
        check_worker(server, "secure aggregation")
        form = Form(updates)
        shares = checked_weights(updates, weights)
        roll = Roll(list(updates), self.needed(len(updates)), self.steps, leaves, note)
        check_budget(shares, self.largest, self.scale)

        def in_fixed_point(place: int) -> Any:
            how = shares[place] * self.scale, float(self.largest), form.workers[place].id
            return at(form.workers[place], encode, form.row(place), *how)

        looks = roll.ask("update", form.describe)
        form.settle({roll.clients[place]: look for place, look in looks.items()})
        total, places = self.add(roll.ask("update", in_fixed_point), server, roll)
        return total, {roll.clients[place]: shares[place] for place in places}, form

    @abstractmethod
    def needed(self, clients: int) -> int:
        """How many clients must stay to the end. ValueError for settings that do not fit this number of clients."""

    @abstractmethod
    def add(self, flats: dict[int, Any], server: VirtualWorker, roll: Roll) -> tuple[Any, list[int]]:
        """The sum of the rows (by place) of those who stay, as one row at the server, and their places."""


def checked_weights(updates: Mapping[Any, Any], weights: Mapping[Any, float] | None) -> list[float]:
    """The weights in the order of the updates. ValueError unless each has one that is more than 0."""
    if weights is None:
        return [1.0] * len(updates)
    if not isinstance(weights, Mapping) or weights.keys() != updates.keys():
        raise ValueError(f"give one weight for each update, by the same keys ({', '.join(map(str, updates))})")
    found = [float(weights[key]) for key in updates]
    if not all(0 < weight < float("inf") for weight in found):
        raise ValueError(f"weights are numbers of more than 0, not {found}: leave out whoever shall not count")
    return found


def at(worker: VirtualWorker, step: Callable[..., Any], *args: Any) -> Any:
    """Do a registered step at a worker: a pointer to what comes out."""
    return call_at(worker, NAMES[step], args, {})


def copy_for(pointer: Any, worker: VirtualWorker) -> Any:
    """A copy of what somebody holds, sent to this worker."""
    return pointer.clone().move(worker)


def add_up(parts: list[Any]) -> Any:
    """The sum of these rows of one worker, in the place of the first."""
    total = parts[0]
    for part in parts[1:]:
        total.add_(part)
    return total
