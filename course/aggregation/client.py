"""What one client does in an aggregation with pairwise masks: three steps after its keys, each once, and its refusals.

K. Bonawitz et al., "Practical secure aggregation for privacy-preserving machine learning", CCS 2017, figure 4, in the
paper's order: advertise keys, share keys, masked input, unmasking.

A client hides its update x under two kinds of masks, all of them uniform modulo 2**64:

    y = x + own mask + sum of (mask with v, for each v after me) - sum of (mask with v, for each v before me)

The masks of a pair cancel in the sum of both. Those with somebody who left do not: his key is put together from shares.
The own mask protects a client who was only late: the server may have got the keys of his pairs by then.

A client's secrets stay in its process, on the ticket: an empty tensor in its store. No message carries more of it than
that, and it dies with its last pointer.
"""

from __future__ import annotations

import torch
from torch import Tensor

from course.aggregation import shamir
from course.aggregation.keys import (
    PUBLIC,
    SEAL,
    agree,
    mask,
    new_key,
    new_pair,
    public,
    seal,
    to_bytes,
    to_tensor,
    unseal,
)
from course.errors import MaskRefusedError
from course.operations import step

__all__ = ["Client", "SEALED", "SHARE", "pair_mask"]

SHARE = 33  # bytes of a share: a number below 2**256 + 297
SEALED = 2 * SHARE + SEAL
STAYS = "nothing but its result, which stays with the worker"


class Client:
    """One client's secrets in one aggregation.

    place: its place among all `count`, from 0 on. threshold: with how many it takes part at least, and how many shares
    give a secret back. It is more than half of them: else one half could be asked for the one kind of somebody's
    masks, the other half for the other kind. MaskRefusedError for less.
    """

    def __init__(self, name: str, place: int, count: int, threshold: int) -> None:
        self.name, self.place, self.count, self.threshold = name, place, count, threshold
        if 2 * threshold <= count or threshold > count:
            raise self.refusal(f"a threshold of {threshold} among {count} lets two groups unmask, each one kind")
        self.channel = new_pair()  # for the keys that seal shares on their way through the server
        self.pairs = new_pair()  # for the masks with each other client: its secret is shared
        self.own = new_key()  # for the own mask: shared too
        self.met: dict[int, bytes] = {}  # the public keys of the others, both of each one after the other
        self.kept: tuple[int, int] = (0, 0)  # its own share of its own two secrets
        self.sealed: dict[int, bytes] = {}  # the shares that others have for it
        self.steps_done = 0

    def keys(self) -> Tensor:
        """Its two public keys: (2, 32) uint8."""
        return torch.stack([to_tensor(public(self.channel)), to_tensor(public(self.pairs))])

    def share(self, directory: Tensor) -> Tensor:
        """Share both secrets among all in the directory: for each of them a sealed pair of shares.

        directory: (count, 2, 32) uint8, zeros for who is not there. Returns (count, SEALED) uint8, zeros where there
        is nobody, or itself.
        """
        self.turn("share")
        rows = {place: to_bytes(row.reshape(-1)) for place, row in enumerate(directory) if row.any()}
        if rows.pop(self.place, b"") != to_bytes(self.keys().reshape(-1)):
            raise self.refusal("the list of keys has another one where its own should be")
        if len({rows[place][at : at + PUBLIC] for place in rows for at in (0, PUBLIC)}) < 2 * len(rows):
            raise self.refusal("the list of keys has one of them twice")
        self.check_number(len(rows) + 1, "the list of keys names")
        self.met = rows
        places = [place + 1 for place in sorted([*rows, self.place])]
        of_key = shamir.split(int.from_bytes(self.pairs.private_bytes_raw()), places, self.threshold)
        of_own = shamir.split(int.from_bytes(self.own), places, self.threshold)
        self.kept = of_key[self.place + 1], of_own[self.place + 1]
        result = torch.zeros(self.count, SEALED, dtype=torch.uint8)
        for place in rows:
            both = of_key[place + 1].to_bytes(SHARE) + of_own[place + 1].to_bytes(SHARE)
            result[place] = to_tensor(seal(self.channel_key(self.place, place), both))
        return result

    def mask(self, x: Tensor, sealed: Tensor) -> Tensor:
        """Its update under all its masks: (numbers,) int64 -> (numbers,) int64, uniform for whoever lacks one mask.

        sealed: (count, SEALED) uint8, what the others have for it, zeros for who is not there.
        """
        self.turn("mask")
        self.sealed = {place: to_bytes(row) for place, row in enumerate(sealed) if row.any()}
        if not self.sealed.keys() <= self.met.keys():
            raise self.refusal("it got shares of somebody whose keys it does not know")
        self.check_number(len(self.sealed) + 1, "it got shares of")
        y = x + mask(self.own, len(x))
        for place in self.sealed:
            y += pair_mask(self.place, place, agree(self.pairs, self.met[place][PUBLIC:], "mask"), len(x))
        return y

    def answer(self, who_stayed: Tensor) -> Tensor:
        """For each client a share of one of its secrets: of its own mask if it stayed, of its key for pairs if it left.

        who_stayed: (count,) bool. Returns (count, SHARE) uint8, zeros for who never took part. Afterwards nothing is
        left here to answer with.
        """
        self.turn("answer")
        stayed = {place for place, here in enumerate(who_stayed.tolist()) if here}
        circle = {self.place, *self.sealed}
        if self.place not in stayed or not stayed <= circle:
            raise self.refusal("the list of who stayed lacks it, or names somebody who never shared a key with it")
        self.check_number(len(stayed), "the list of who stayed names")
        result = torch.zeros(self.count, SHARE, dtype=torch.uint8)
        for place in circle:
            of_key, of_own = self.kept if place == self.place else self.opened(place)
            result[place] = to_tensor((of_own if place in stayed else of_key).to_bytes(SHARE))
        del self.channel, self.pairs, self.own, self.kept, self.sealed
        return result

    def opened(self, place: int) -> tuple[int, int]:
        """The two shares that this client has sent."""
        try:
            both = unseal(self.channel_key(place, self.place), self.sealed[place])
        except ValueError:
            raise self.refusal("the shares for it were changed on their way, or sealed by somebody else") from None
        return int.from_bytes(both[:SHARE]), int.from_bytes(both[SHARE:])

    def channel_key(self, sender: int, receiver: int) -> bytes:
        other = receiver if sender == self.place else sender
        return agree(self.channel, self.met[other][:PUBLIC], f"shares {sender} -> {receiver}")

    def turn(self, name: str) -> None:
        """Each step is done once, in its turn. MaskRefusedError for any other."""
        if STEPS[self.steps_done : self.steps_done + 1] != (name,):
            raise self.refusal(f"it is asked for the step {name!r} out of turn, or a second time")
        self.steps_done += 1

    def check_number(self, number: int, what: str) -> None:
        if number < self.threshold:
            raise self.refusal(f"{what} {number} clients, and it takes part with {self.threshold} at least")

    def refusal(self, why: str) -> MaskRefusedError:
        return MaskRefusedError(self.name, why)


STEPS = ("share", "mask", "answer")


def pair_mask(me: int, other: int, key: bytes, count: int) -> Tensor:
    """What a client adds to its update for this other one: the earlier one adds their mask, the later one takes it."""
    found = mask(key, count)
    return found if me < other else found.neg_()


# ---- as steps that a worker runs by name ----------------------------------------------------------------------------


@step("aggregation.join", tells=STAYS)
def join(name: str, place: int, count: int, threshold: int) -> Tensor:
    """Draw a client's secrets. Its ticket: an empty tensor that has them."""
    ticket = torch.empty(0)
    ticket.client = Client(name, place, count, threshold)  # type: ignore[attr-defined]
    return ticket


@step("aggregation.keys", tells=STAYS)
def keys(ticket: Tensor) -> Tensor:
    return client_of(ticket).keys()


@step("aggregation.share", tells=STAYS)
def share(ticket: Tensor, directory: Tensor) -> Tensor:
    return client_of(ticket).share(directory)


@step("aggregation.mask", tells=STAYS)
def masked_update(ticket: Tensor, x: Tensor, sealed: Tensor) -> Tensor:
    return client_of(ticket).mask(x, sealed)


@step("aggregation.answer", tells=STAYS)
def answer(ticket: Tensor, who_stayed: Tensor) -> Tensor:
    return client_of(ticket).answer(who_stayed)


def client_of(ticket: Tensor) -> Client:
    """The client whose secrets are on this ticket. ValueError for any other tensor, a copy of a ticket among them."""
    client = getattr(ticket, "client", None)
    if not isinstance(client, Client):
        raise ValueError("this tensor is no ticket of an aggregation: a copy of one holds no secrets")
    return client
