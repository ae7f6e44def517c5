"""Exercise 12.1: a mean of updates of which nobody has more than shares."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import torch

from course.exercises.nb10.combine import added, shared
from course.learn import evidence
from course.learn.difference import alike
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register

CLOSE = 1e-9  # relative and absolute: a division in float64


@register
class EncryptedMean(Exercise):
    id = "12.1"
    title = "a mean of shared updates"
    minutes, points = 6, 4
    objective = "average updates of which each aggregator holds only shares"
    promises = ("private",)
    stub = '''
def encrypted_mean(shares: list, scale: int) -> torch.Tensor:
    """The mean of updates that lie in shares at aggregators. No update is opened.

    shares: shares[i][k] is a pointer to an int64 tensor at aggregator k: its share of
        the update of client i, encoded as round(update * scale). All have one shape.
        They stay as they are.
    You get one tensor of that shape from each aggregator, once. Nobody else gets any.
    returns: float64, of that shape: the mean over the clients.
    >>> encrypted_mean(shares, 100)  # of [1.5, -2.0], [0.5, 1.0] and [1.0, 4.0]
    tensor([1., 1.], dtype=torch.float64)
    """
    clients = len(shares)
    # 1. each aggregator adds up what it holds: zip(*shares) has a row for each of them
    sums = ...
    # 2. open one sum from each, and add these
    total = ...
    # 3. decode in float64, and divide by the number of clients
    return total.double() / scale / clients
'''
    hints = (
        "A sum of updates is a sum of all their shares, in any order. Which order opens no update?",
        "`zip(*shares)` gives, for each aggregator, the shares that it holds. Add these there, then `get` one sum.",
        "sums = [sum(held) for held in …]; total = sum(one.… for one in …)",
    )
    success = "Two to four aggregators, three to six clients: the right mean, and each aggregator sent one sum."
    advice = {
        "TensorsNotCollocatedException": "shares[i] is one client's, at all aggregators. Which lie together?",
    }
    says = """
rebuilt      {found}. With all shares of one client you have that client's update, and notebook 04 makes a row of it.
             -> What can an aggregator do with all its shares before anything travels?
gathered     {found}. Whoever gets the shares of all aggregators has every update.
             -> Which line makes a share travel to another aggregator?
sums-met     {found}. These are sums of shares, so no update is open; but whoever has all of them has the mean, and the
             text lets nobody but you get one.
             -> From whom do you get what, and who adds last?
sent-out     {found}. The aggregators hold all that they need.
             -> What does an aggregator have to know to add?
input-changed  {call} changed shares that aggregators hold. The round still needs them.
             -> Which operation works in place?
overwritten  {call} put a sum where a share was: `shares` is the caller's, and the round still needs what it lists.
             -> Where can a sum lie, so that every share stays?
no-tensor    {call} returned {what}; expected a float64 tensor of shape {shape}.
             -> What stands after `returns`?
each-own     {call} returned {seen}; expected {right}. The shares were not added on the ring: they were divided before,
             or added as Python's numbers. These do not wrap around, and a part of 2**64 does not vanish.
             -> What has to be a sum on the ring before it is divided?
float-sums   {call} returned {seen}; expected {right}. The aggregators sent floats. A share has up to 19 digits, and a
             float64 has room for 16 of them.
             -> Where may the ring be left?
aggregators  {call} returned {seen}; expected {right}. That is divided by {n}, the number of aggregators.
             -> Over whom is the mean taken?
total        {call} returned {seen}; expected {right}. That is the sum of all {clients} updates.
             -> What makes a mean of a sum?
encoded      {call} returned {seen}; expected {right}. It still counts units of 1/{scale}.
             -> Which step takes the scale off?
first-only   {call} returned {seen}; expected {right}. Not all shares are in that sum, so it is noise.
             -> Whose sum is missing?
float32      {call} returned {seen}; expected {right}. It went through float32, which has seven digits: in torch
             int64 / int is float32.
             -> What has to become float64 before the division?
whole        {call} returned {seen}; expected {right}. What stands behind a decimal point was cut off, or rounded away.
             -> Which division keeps it?
wrong-mean   {call} returned {seen}; expected {right}.
             -> Take two clients, one number and small shares on paper: where does yours differ first?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        asked = ((3, 4, (3,), 10**4), (2, 3, (2, 2), 2**20), (4, 5, (), 1000), (3, 6, (5,), 2**32))
        return [_question(draw, *one) for one in asked]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        answer.keeps = True
        answer.follows = tuple(share.location for share in question["args"][0][0])
        return super().probe(answer, question)

    def looks(self, question: Question, call: Evidence) -> Looks:
        shares, scale = question["args"]
        holders, clients = [share.location for share in shares[0]], len(shares)
        one = shares[0][0].value
        allowed = {(holder, "me"): one for holder in holders}
        tags = {("me", holder): "sent-out" for holder in holders} | {"me": "rebuilt"}
        tag = "sums-met" if _sums_only(call, shares) else "gathered"
        yield evidence.only_travels(call, allowed, tags=tags, tag=tag)
        form = evidence.returned_a(call, torch.Tensor, "a float64 tensor")
        seen = call["returned"]
        yield {"clients": clients, "n": len(holders), "shape": f"{tuple(one.shape)}", "scale": f"{scale}"}
        yield form is not None, "no-tensor", {"what": form.facts["what"] if form else ""}
        updates = [added(evidence.far_end(row)) for row in shares]
        total = sum(updates).double()  # type: ignore[union-attr]
        right = total / scale / clients
        what = f"a tensor of {seen.dtype}, shape {tuple(seen.shape)}"
        yield seen.dtype != torch.float64 or seen.shape != right.shape, "no-tensor", {"what": what}
        yield {"seen": seen, "right": right}
        yield from _why(seen, right, total, shares, scale, call["arrived"])
        yield not alike(seen, right, CLOSE), "wrong-mean"
        yield evidence.still_there(call, 0, tag="overwritten")
        yield evidence.inputs_unchanged(call, 0, because="it is a share that the round still needs")
        yield evidence.spares_strangers(call)


def _sums_only(call: Evidence, shares: list[Any]) -> bool:
    """Whether all that aggregators sent each other were sums over all clients, of one aggregator or of several."""
    held = [added(evidence.far_end(list(row))) for row in zip(*shares, strict=True)]
    sums = [added(list(some)) for n in range(1, len(held) + 1) for some in combinations(held, n)]
    moved = [tensor for sender, _, tensor in call["handed"] if sender != "me"]
    return bool(moved) and all(any(alike(tensor, one) for one in sums) for tensor in moved)


def _why(
    seen: torch.Tensor, right: torch.Tensor, total: torch.Tensor, shares: list[Any], scale: int, arrived: Any
) -> Looks:
    """Which known mistake explains the numbers."""
    if alike(seen, right, CLOSE):
        return
    clients, n = len(shares), len(shares[0])
    sums = [added(evidence.far_end(list(held))) for held in zip(*shares, strict=True)]
    known = {
        "aggregators": [total / scale / n],
        "total": [total / scale],
        "encoded": [total / clients, total],
        "first-only": [(sum(sums) - one).double() / scale / clients for one in sums]
        + [one.double() / scale / clients for one in sums],
        "whole": [right.trunc(), right.floor(), (total / clients).trunc() / scale, (total / clients).floor() / scale]
        + [(total / clients).round() / scale],
    }
    for tag, values in known.items():
        yield any(alike(seen, value, CLOSE) for value in values), tag
    yield any(one.is_floating_point() for one in arrived), "float-sums"
    yield alike(seen, right, 1e-5), "float32"
    yield bool(((seen - right).abs() > 2.0**50 / scale / clients).any()), "each-own"


def _question(draw: Draw, n: int, clients: int, shape: tuple[int, ...], scale: int) -> Question:
    """Updates that are no multiples of anything; the shares of some sum wrap around the ring."""
    holders = draw.people(n)
    updates = [draw.integers(*shape, low=-9 * scale, high=9 * scale) * 2 + 1 for _ in range(clients)]
    while True:
        shares = [shared(draw, update, holders) for update in updates]
        sums = [added(evidence.far_end(list(held))).double() for held in zip(*shares, strict=True)]
        if n == 2 or bool((torch.stack(sums).sum(dim=0).abs() > 2.0**62).any()):
            return {"args": [shares, scale]}
