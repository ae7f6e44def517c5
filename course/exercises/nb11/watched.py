"""Parties whose openings are written down, and more runs, which tell what each holder knew and what a mask hid.

What a holder computes may depend on its own slices and on what was opened, and on nothing else. So each holder has a
run as the witness: the same numbers are opened, the witness has the same slices, and everybody else other ones. It must
send the same to each opening, and end with the same.

What is opened may depend on a secret only under a mask of the dealer's that hides nothing else. So the last run has the
same slices and other masks. A secret less its mask then differs by as much as the mask does. What differs by anything
else, or not at all, was opened in the clear, under a factor, under a mask of somebody's own, or under a used one.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import torch

from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Looks, Question, Watched
from course.smpc.dealer import Dealer
from course.smpc.parties import AllHere, Parties
from course.smpc.randomness import SeededForTests
from course.smpc.shares import split, total

Tensor = torch.Tensor
LIBRARY = "course.smpc."
OPEN = (
    "`parties.open` takes a text, then shares, and returns a list: one tensor for each of the shares. How many did you "
    "open, and how many names stand left of the =?"
)
SMALL = 2**54  # of uniform numbers one in 512 is smaller: three at once are no chance
TINY = 2**20  # ... and one in 2**43 is as small as this
ANDS = tuple(range(5, 23, 3))  # where the triples for AND begin in what is dealt for a sign
MASKS: dict[str, tuple[int, ...]] = {  # which parts of what is dealt are there to hide something
    "Triple": (0, 1),
    "Square": (0,),
    "QuotientMask": (0,),
    "SignMask": (0, 2, *ANDS, *[place + 1 for place in ANDS]),
}


class Table(AllHere):
    """Where all see what is opened; in a second run what was opened in the first. `sent`: the slices of openings.

    Where the second run opens other things than the first, it goes on with its own: what a holder sends differs then.
    """

    def __init__(self, count: int, before: Sequence[Tensor] = ()) -> None:
        super().__init__(count)
        self.before, self.opened, self.sent = list(before), list[Tensor](), list[Tensor]()

    def gather(self, names: Sequence[str], slices: list[Tensor], add: Callable[[Tensor], Tensor]) -> list[Tensor]:
        self.sent += [part.clone() for part in slices]
        found = [add(part) for part in slices]
        replayed = self.before[: len(found)]
        if [part.shape for part in replayed] == [part.shape for part in found]:
            found, self.before = replayed, self.before[len(found) :]
        else:
            self.before = []
        self.opened += [part.clone() for part in found]
        return found


class Group(Parties):
    """n holders whose dealer's numbers are written down; with a witness all others get noise in their place."""

    def __init__(self, question: Question, table: Table, witness: int | None = None, other: int = 0) -> None:
        n, draws = question["n"], SeededForTests(question["seed"] + other)
        super().__init__([f"holder {k}" for k in range(n)], Dealer(n, draws), table, True)
        self.witness, self.dealt, self.masks, self.by_library = witness, list[Any](), list[Tensor](), list[str]()

    asked_by = ""  # the module whose line asks the dealer, where that is another process

    def __repr__(self) -> str:
        return "parties"

    def deal(self, request: Any) -> tuple[Tensor, ...]:
        asks = self.asked_by or str(sys._getframe(1).f_globals.get("__name__"))
        self.by_library += [asks.removeprefix(LIBRARY)] if asks.startswith(LIBRARY) else []
        material = super().deal(request)
        name, totals = type(request).__name__, [total(part) for part in material]
        self.dealt.append([name, totals])
        self.masks += [totals[k] for k in MASKS.get(name, ())]
        return tuple([noise_but(part, self.witness) for part in material])


def noise_but(shares: Tensor, witness: int | None) -> Tensor:
    """These shares, or, with a witness, noise in all slices but its own."""
    if witness is None:
        return shares
    noise = SeededForTests(witness).uniform(shares.shape).to(shares.dtype)
    noise[witness] = shares[witness]
    return noise


def asked(answer: Watched, question: Question, *public: Any) -> Evidence:
    """Ask with the question's shares, then for each holder as the witness, and last with other masks.

    `alone`: for each holder whether it sent the same to the openings, whatever the others hold.
    """
    shares, n = question["shares"], question["n"]
    table = Table(n)
    group = Group(question, table)
    answer(group, *[share.clone() for share in shares], *public)
    alone = []
    for k in range(n):
        own = Table(n, table.opened)
        answer(Group(question, own, k), *[noise_but(share, k) for share in shares], *public)
        sent, again = ([part[k] for part in one.sent] for one in (table, own))
        alone.append(len(sent) == len(again) and all(map(torch.equal, sent, again)))
    other = Table(n)
    remasked = Group(question, other, other=1)
    answer(remasked, *[share.clone() for share in shares], *public)
    first = {"opened": table.opened, "dealt": group.dealt, "masks": group.masks, "by_library": group.by_library}
    return {**first, "alone": alone, "reopened": other.opened, "remasked": remasked.masks}


def drawn(draw: Draw, secrets: Sequence[Tensor], n: int) -> Question:
    """A question: these secrets, shared among n holders."""
    seed = draw.randint(0, 2**31)
    shares = [split(secret, n, SeededForTests(seed + k)) for k, secret in enumerate(secrets, 1)]
    return {"n": n, "seed": seed, "shares": shares}


def form(call: Evidence, n: int, shape: tuple[int, ...], inputs: int, returned: Any = ..., what: str = "") -> Looks:
    """Shares of this form came back, and the arguments are as they were."""
    seen = call["returned"] if returned is ... else returned
    wrong = evidence.returned_a(call, torch.Tensor, "a tensor", value=seen)
    due = f"int64 of shape {(n, *shape)}"
    yield {"n": n, "due": due, "call": f"`{call['text']}`"}
    yield wrong is not None, "no-shares", {"what": wrong.facts["what"] if wrong else ""}
    told = f"a tensor of {str(seen.dtype)[6:]}, shape {tuple(seen.shape)}"
    yield seen.dtype != torch.int64 or tuple(seen.shape) != (n, *shape), "no-shares", {"what": told}
    yield evidence.inputs_unchanged(call, *range(1, inputs + 1), because="its holders still need these shares")


def on_their_own(question: Question, call: Evidence, pick: Callable[[Any], Tensor] = lambda one: one) -> Looks:
    """Each holder computed from its own slices and what was opened."""
    one, *others = (pick(run["returned"]) for run in call["calls"])
    for k, other in enumerate(others[: question["n"]]):
        same = isinstance(other, Tensor) and other.shape == one.shape and torch.equal(one[k], other[k])
        yield not same or not call["alone"][k], "by-hand", {"k": k}


def under_masks(call: Evidence) -> Looks:
    """Each opened number lay under a mask of the dealer's, and each mask over one number."""
    kept = Counter(_apart(_of_ring(call["masks"]), _of_ring(call["remasked"])))
    shown = Counter(_apart(_of_ring(call["opened"]), _of_ring(call["reopened"])))
    bare = (shown - kept).total()
    yield bool(bare), "openings", {"bare": bare}
    bits = bits_beside(call)
    yield bits > 0, "openings", {"bare": bits}


def bits_beside(call: Evidence) -> int:
    """How many more numbers of another dtype than the ring's were opened than there were bits dealt to mask them."""
    opened, masks = (
        sum(part.numel() for part in parts if part.dtype != torch.int64) for parts in (call["opened"], call["masks"])
    )
    return int(opened - masks)


def _of_ring(parts: Sequence[Tensor]) -> list[Tensor]:
    return [part for part in parts if part.dtype == torch.int64]


def _apart(parts: Sequence[Tensor], others: Sequence[Tensor]) -> list[int]:
    """By how much the numbers of two runs differ, whatever the sign."""
    found = numbers(parts, False), numbers(others, False)
    if found[0].shape != found[1].shape:
        return found[0].tolist()
    return torch.minimum(found[0] - found[1], found[1] - found[0]).tolist()


def opened_numbers(call: Evidence) -> Tensor:
    """All numbers of the ring that were opened, in order of size."""
    return numbers(_of_ring(call["opened"]))


def bits_opened(call: Evidence) -> bool:
    """Whether a tensor of nothing but 0 and 1 was opened: masked numbers of the ring are none."""
    return any(part.dtype == torch.int64 and part.numel() and bool((part.abs() <= 1).all()) for part in call["opened"])


def is_opened(call: Evidence, secret: Tensor) -> bool:
    """Whether this very tensor of the ring was opened."""
    return any(part.dtype == secret.dtype and torch.equal(part, secret) for part in call["opened"])


def numbers(parts: Sequence[Tensor], in_order: bool = True) -> Tensor:
    """All their numbers in one row, in order of size or as they come."""
    row = torch.cat([torch.zeros(0, dtype=torch.int64), *[part.flatten() for part in parts]])
    return row.sort().values if in_order else row


def bare(call: Evidence, secrets: dict[str, Tensor]) -> Looks:
    """No number of a secret is on the table, nor its opposite, and no tensor whose numbers are all small."""
    shown = set(opened_numbers(call).tolist())
    for name, secret in secrets.items():
        found = [number for number in secret.flatten().tolist() if number and {number, -number} & shown]
        seen = ", ".join(map(str, found[:3]))
        yield bool(found), "bare", {"name": name, "seen": seen}
    for part in call["opened"]:
        near = part.abs() if part.dtype == torch.int64 else torch.zeros(0)
        small = bool((near < SMALL).all()) if near.numel() > 2 else bool((near < TINY).any())
        facts = {"low": int(part.min()), "high": int(part.max())} if small else {}
        yield small, "unmasked", facts
