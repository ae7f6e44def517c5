"""Secure aggregation with pairwise masks: one server adds up updates that it cannot read, also if clients leave.

K. Bonawitz et al., "Practical secure aggregation for privacy-preserving machine learning", CCS 2017, figure 4, for a
server that is honest but curious: it follows the protocol, and reads what passes through its hands. Such a server
together with any t - 1 clients learns the sum of the others' updates, and nothing else about them.

A server that lies can do more, and a choice of the threshold t helps against the first thing only:

- It can tell some clients that bob is still there, and others that he left, and so collect both kinds of his shares. A
  client answers once, so that takes 2t answers. Half of all clients or less can therefore not be the threshold; if c
  clients collude with the server, who answer twice, it takes t > (n + c) / 2 to stop them. The default of 2n/3 + 1
  stops them as long as c < n/3.
- It can hand out keys of its own instead of the clients', and be everybody whom bob shares a mask with. Against that
  the paper signs keys, with signatures that everybody can check; here nobody does.
- It can claim that all but t clients have left, or invent clients who send zeros: t says how many real ones at least
  the sum is of, if all n are real.
- It can add up wrongly, as a client can send a wrong update or wrong shares. Nobody would notice most of that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from course.aggregation import client
from course.aggregation.client import SEALED
from course.aggregation.keys import PUBLIC
from course.aggregation.roll import FEWEST, Note, Roll
from course.aggregation.server import unmask
from course.aggregation.sums import SecureSum, add_up, at, copy_for
from course.pointers import call_at
from course.virtual_worker import VirtualWorker

__all__ = ["Masked", "masked"]


def masked(
    updates: Mapping[Any, Any],
    server: VirtualWorker,
    weights: Mapping[Any, float] | None = None,
    *,
    threshold: int | None = None,
    largest: float = 1000.0,
    scale: float = 2.0**32,
    leaves: Mapping[Any, str] | None = None,
    note: Note | None = None,
) -> Any:
    """The weighted mean of updates, at the server, who never sees one of them: each travels under masks.

        mean = sy.aggregation.masked({"bob": p, "alice": q, "carol": r}, server)

    updates: by any keys, three or more; each a pointer, a dict of pointers, or a model, at a worker of its own. The
    mean has the same form. weights: by the same keys, public; without them all count the same. threshold: how many
    clients have to stay to the end, and how many have to put their shares together to take masks off: more than half
    of all, at least 3, two thirds and one more if it is not given. largest, scale: no number of an update is beyond
    `largest`, and each is rounded to a multiple of 1 / (weight * scale); the sum of the weights times both stays below
    2**63. leaves: who leaves before which step ("keys", "shares", "masks", "answers"), for an experiment. note: called
    with the key of each client who leaves, and with its error, if it was one.

    A client who fails or leaves before its masked update has arrived is not in the mean.

    Raises TooFewUpdatesError for two clients or less, and if fewer than the threshold stay; RangeBudgetError for
    updates whose sum may leave the range, and for one with a value beyond `largest`; ValueError for a threshold that
    would not be safe.
    """
    return Masked(largest, scale, threshold).mean(updates, server, weights, leaves=leaves, note=note)


@dataclass(frozen=True)
class Masked(SecureSum):
    """Pairwise masks, with these settings: `sy.Federation(..., aggregate=sy.aggregation.Masked(threshold=4))`."""

    threshold: int | None = None
    steps: ClassVar[tuple[str, ...]] = ("keys", "shares", "masks", "answers")

    def needed(self, clients: int) -> int:
        if self.threshold is None:
            return max(FEWEST, 2 * clients // 3 + 1)
        lowest = max(FEWEST, clients // 2 + 1)
        if clients >= FEWEST and not lowest <= self.threshold <= clients:
            raise ValueError(
                f"threshold={self.threshold} among {clients} clients: choose from {lowest} to {clients}. With half of "
                f"them or less a lying server could ask one half for one kind of somebody's masks and the other half "
                f"for the other kind; with less than {FEWEST} the sum could be of two, who would learn each other's."
            )
        return self.threshold

    def add(self, flats: dict[int, Any], server: VirtualWorker, roll: Roll) -> tuple[Any, list[int]]:
        """The four steps of the protocol. Everything that goes from client to client goes through the server.

        1. "keys": each client draws its secrets and sends two public keys; the server sends all keys to all.
        2. "shares": each shares its secrets among all, sealed for each; the server passes them on.
        3. "masks": each sends its update under its masks; the server tells who is in the sum.
        4. "answers": each sends, for each client, a share of what takes the masks off the sum; the server does.
        """
        clients, threshold = len(roll.clients), roll.needed
        workers = {place: flat.location for place, flat in flats.items()}

        def join(place: int) -> Any:
            tickets[place] = at(workers[place], client.join, workers[place].id, place, clients, threshold)
            return at(workers[place], client.keys, tickets[place]).move(server)

        def share(place: int) -> Any:
            keys = copy_for(directory, workers[place])
            return at(workers[place], client.share, tickets[place], keys).move(server)

        def mask(place: int) -> Any:
            own = sealed[:, place].move(workers[place])
            return at(workers[place], client.masked_update, tickets[place], flats[place], own).move(server)

        def answer(place: int) -> Any:
            told = copy_for(who_stayed, workers[place])
            return at(workers[place], client.answer, tickets[place], told).move(server)

        tickets: dict[int, Any] = {}
        directory = table(roll.ask("keys", join), clients, (2, PUBLIC), server)  # (clients, 2, 32)
        shares = roll.ask("shares", share)
        sealed = table(shares, clients, (clients, SEALED), server)  # (from, to, 82)
        hidden = roll.ask("masks", mask)
        who_stayed = call_at(server, "torch.zeros", (clients,), {"dtype": torch.bool})
        who_stayed[list(hidden)] = True
        answers = dict(list(roll.ask("answers", answer).items())[:threshold])
        total = add_up(list(hidden.values()))
        given = list(answers.values()), list(answers), list(shares), list(hidden)
        return at(server, unmask, total, directory, *given), list(hidden)


def table(rows: Mapping[int, Any], count: int, shape: tuple[int, ...], server: VirtualWorker) -> Any:
    """What some of these clients have sent to the server, as one tensor there: (count, *shape) uint8, else zeros."""
    nothing = call_at(server, "torch.zeros", (shape,), {"dtype": torch.uint8})
    return torch.stack([rows.get(place, nothing) for place in range(count)])
