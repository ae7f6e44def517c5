"""Exercise 12.2: an update under pairwise masks, which cancel in the sum of all."""

from __future__ import annotations

from itertools import product
from typing import Any

import torch

from course.aggregation.keys import mask
from course.learn import evidence
from course.learn.difference import alike
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register


@register
class UnderMasks(Exercise):
    id = "12.2"
    title = "pairwise masks"
    minutes, points = 7, 4
    objective = "hide an update under masks that cancel in the sum"
    promises = ()
    given = "from course.aggregation.keys import mask\n"
    stub = '''
def under_masks(update: torch.Tensor, me: int, keys: dict) -> torch.Tensor:
    """A client's update, as the server gets it: under one mask for each other client.

    update: int64, one dimension, encoded. It stays as it is.
    me: this client's place among all: 0, 1, 2 and so on.
    keys: {place: key} for each other client, in any order. Only the two of a pair know
        their key, 16 bytes. `mask(key, count)` makes a mask of it: int64, uniform, the
        same for both.
    Of each pair, the client with the smaller place adds the mask, the other subtracts it.
    returns: int64, of the update's shape, on the ring.
    >>> update, key = torch.tensor([5, 7]), bytes(16)
    >>> under_masks(update, 0, {1: key}) - mask(key, 2)
    tensor([5, 7])
    """
    hidden = update.clone()
    for other, key in keys.items():
        ...
    return hidden
'''
    hints = (
        "In the sum of all, each mask has to stand once with a plus and once with a minus.",
        "One loop over `keys.items()`. Compare the other's place with yours to know which of the two signs is yours.",
        "one = mask(key, len(…)); hidden += one if me < … else …",
    )
    success = "Three to six clients: each update is hidden, every mask hangs on its key, and the sum of all is exact."
    says = """
no-ring      {call} returned {what}; expected an int64 tensor of shape {shape}. Masks hide and cancel on the ring.
             -> Which line leaves it?
input-changed  {call} changed the update that it was given. Its owner still trains with it.
             -> Which operation works in place?
bare         Client {me} sent {seen}: that is the update itself, and the server reads it.
             -> Where is a mask added?
public       With new keys, client {me} sent the same again, {seen}. So the masks hang on what everybody knows, and the
             server takes them off.
             -> What do the two of a pair know that the server does not?
anew         With the same keys, client {me} sent something else the second time. The other one of the pair cannot make
             the same mask, so it stays in the sum.
             -> What does `mask` need besides the key?
both-add     The clients' masks all have one sign: in the sum of all, each of them stands twice. It is {total}; expected
             {right}.
             -> How do the two of a pair know who subtracts?
turned       All clients have the signs the other way round. Somebody who follows the text, as the server does for
             clients who left, meets masks that do not cancel.
             -> Who adds: the smaller place, or the larger?
one-number   Client {me} hides all numbers of the update with one and the same number: their differences are open.
             -> How many numbers does a mask have?
some-pairs   Client {me} uses the masks of {used} of {n} pairs. The others stay in the sum, for nobody takes them off.
             -> Which of the other clients does your loop leave out?
order        Client {me} has the right masks, but some of their signs are wrong. The order of `keys` says nothing about
             who adds.
             -> Which two numbers have to be compared?
as-text      Client {me} compared places as texts: there "10" comes before "2".
             -> Of which type are the places?
one-key      Client {me} uses the mask of one key for several pairs. The others of these pairs add the masks of their
             own keys, so nothing cancels.
             -> Which key belongs to which pair?
weighted     Client {me} counts a mask as often as its place is away from the other's. In the sum of all it cancels; for
             a server that takes it off for a client who left, it does not.
             -> What do you need of the two places, beside which is smaller?
small        Client {me} sent {seen}; that lies close to the update. A mask that was cut to a small range leaves most of
             the update to read.
             -> Which operation takes a part of the ring away?
other-masks  The masks of client {me} cancel and hang on the keys, but `mask(key, count)` makes others, and
             those are what the server takes off for a client who left.
             -> Which call makes a mask of a key?
wrong-masks  Client {me} sent {seen}; expected {due}.
             -> Take two clients: what does each of them add to its update?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        sizes = (3, 4), (5, 3), (6, 2), (4, 1), (3, 40), (11, 1)
        return [_question(draw, clients, count) for clients, count in sizes]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        updates = question["updates"]
        for again in ("keys", "keys", "other keys"):
            for me, update in enumerate(updates):
                answer(update.clone(), me, _keys(question, again, me))
        return {}

    def looks(self, question: Question, call: Evidence) -> Looks:
        updates, clients = question["updates"], len(question["updates"])
        sent = []
        for me, (update, one) in enumerate(zip(updates, call["calls"], strict=False)):
            form = evidence.returned_a(one, torch.Tensor, "an int64 tensor")
            yield {"call": f"`{one['text']}`", "me": me, "shape": f"{tuple(update.shape)}", "n": clients - 1}
            yield form is not None, "no-ring", {"what": form.facts["what"] if form else ""}
            seen = one["returned"]
            what = f"one of {seen.dtype}, {tuple(seen.shape)}"
            yield seen.dtype != torch.int64 or seen.shape != update.shape, "no-ring", {"what": what}
            yield evidence.inputs_unchanged(one, 0, because="its owner still trains with it")
            sent.append(seen)
        yield all(map(torch.equal, sent, updates)), "bare", {"me": 0, "seen": sent[0]}
        again, other = ([one["returned"] for one in call["calls"][k * clients : (k + 1) * clients]] for k in (1, 2))
        for me in range(clients):
            yield not alike(sent[me], again[me]), "anew", {"me": me}
        yield all(map(alike, sent, other)), "public", {"me": 0, "seen": sent[0]}
        right, total = sum(updates), sum(sent)
        yield {"total": total, "right": right}
        hides = [one - update for one, update in zip(sent, updates, strict=True)]
        masks = [_masks(question, me) for me in range(clients)]
        signed = [[one if me < place else -one for place, one in masks[me].items()] for me in range(clients)]
        sums = [torch.stack(list(one.values())).sum(dim=0) for one in masks]
        due = [torch.stack(one).sum(dim=0) for one in signed]
        yield (
            any(all(torch.equal(a, sign * b) for a, b in zip(hides, sums, strict=True)) for sign in (1, -1)),
            "both-add",
        )
        yield all(torch.equal(a, -b) for a, b in zip(hides, due, strict=True)), "turned", {"me": 0}
        for me in range(clients):
            yield {"me": me, "seen": sent[me], "due": updates[me] + due[me]}
            if not torch.equal(hides[me], due[me]):
                yield from _known(hides[me], me, masks[me])
                yield from _why(hides[me], signed[me], cancel=alike(total, right))


def _known(hides: torch.Tensor, me: int, masks: dict[int, torch.Tensor]) -> Looks:
    """Whether places were taken for something else, or one key for all."""

    def added(factors: list[int]) -> torch.Tensor:
        return torch.stack([k * one for k, one in zip(factors, masks.values(), strict=True)]).sum(dim=0)

    due = [1 if me < place else -1 for place in masks]
    as_text = [1 if f"{me}" < f"{place}" else -1 for place in masks]
    yield as_text != due and torch.equal(hides, added(as_text)), "as-text"
    times, away = sum(due), [place - me for place in masks]
    yield len(masks) > 1 and times != 0 and any(torch.equal(hides, times * one) for one in masks.values()), "one-key"
    far = max(map(abs, away)) > 1
    yield far and any(torch.equal(hides, added(one)) for one in (away, [-k for k in away])), "weighted"


def _why(hides: torch.Tensor, signed: list[torch.Tensor], cancel: bool) -> Looks:
    """Which known mistake explains what was added to the update."""
    yield hides.numel() > 1 and bool(hides.any()) and bool((hides == hides[0]).all()), "one-number"
    for factors in product((1, 0, -1), repeat=len(signed)) if len(signed) < 6 else ():
        parts = [factor * one for factor, one in zip(factors, signed, strict=True)]
        fits = torch.equal(hides, torch.stack(parts).sum(dim=0))
        yield fits and 0 in factors, "some-pairs", {"used": sum(map(abs, factors))}
        yield fits, "order"
    yield bool((hides.abs() < 2**50).all()), "small"
    yield cancel, "other-masks"
    yield True, "wrong-masks"


def _masks(question: Question, me: int) -> dict[int, torch.Tensor]:
    """The masks of this client's pairs, by the other's place."""
    return {place: mask(key, len(question["updates"][me])) for place, key in _keys(question, "keys", me).items()}


def _keys(question: Question, which: str, me: int) -> dict[int, Any]:
    """The keys of this client, in the question's order."""
    keys = {}
    for low, high, key, other in question["pairs"]:
        if me in (low, high):
            keys[high if me == low else low] = bytes.fromhex(key if which == "keys" else other)
    return keys


def _question(draw: Draw, clients: int, count: int) -> Question:
    updates = [draw.integers(count, low=-5000, high=5000) * 2 + 1 for _ in range(clients)]
    pairs = [(low, high) for high in range(clients) for low in range(high)]
    keyed = [[low, high, *(f"{draw.getrandbits(128):032x}" for _ in "ab")] for low, high in pairs]
    return {"updates": updates, "pairs": draw.sample(keyed, len(keyed))}
