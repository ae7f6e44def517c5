"""Exercise 12.3: the sum of those who stayed, though others left with their masks."""

from __future__ import annotations

from itertools import chain, combinations
from typing import Any

import torch

from course.aggregation.keys import mask
from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register

KINDS = ("own", "pairs")


@register
class UnmaskedSum(Exercise):
    id = "12.3"
    title = "take the masks off"
    minutes, points = 8, 5
    objective = "recover the sum after dropouts, without uncovering anybody's update"
    promises = ()
    given = "from course.aggregation.keys import mask\n"
    stub = '''
def unmasked_sum(hidden: dict, places: list, ask) -> torch.Tensor:
    """The server's last step: the exact sum of the updates of those who stayed.

    hidden: {place: int64 tensor}, from each who stayed: its update, plus its own mask,
        plus or minus a mask for each other client in `places` (plus where the other's
        place is larger).
    places: all clients who shared their keys, as numbers.
    ask: `ask(place, "own")` gives that client's own key, `ask(place, "pairs")` its pair
        keys, {other place: key}. Never ask both of one client: its update would lie
        open. Nor "pairs" of one who stayed.
    returns: int64, of the shape of one update, on the ring.
    >>> keys = {"own": bytes(16), "pairs": {0: bytes([1] * 16)}}  # own of 0, pairs of 1
    >>> sent = torch.tensor([5, 7]) + mask(keys["own"], 2) + mask(keys["pairs"][0], 2)
    >>> unmasked_sum({0: sent}, [0, 1], lambda place, kind: keys[kind])  # 1 left
    tensor([5, 7])
    """
    total = sum(hidden.values())
    # 1. of each who stayed: the own mask
    for place in list(hidden):
        total = total - mask(ask(place, "own"), len(total))
    # 2. of each who left: what those who stayed added or subtracted for the pair
    left = [place for place in places if place not in hidden]
    for gone in left:
        ...
    return total
'''
    hints = (
        "The own masks are off. Which masks are still in the sum? Those of pairs of which only one stayed.",
        "Of each who left, `ask(…, 'pairs')`, and go through those who stayed: which sign has the mask there?",
        "for gone in …: keys = ask(gone, …), and for each who stayed `mask(keys[…], …)`, its sign by `stayed < gone`",
    )
    success = "Nobody, one or several left: the sum is exact, and of no client were both kinds of masks uncovered."
    says = """
both-kinds   {call} asked for both kinds of client {place}'s masks. Whoever has its hidden update, which may only
             have been late, takes both off and reads it.
             -> Which kind is needed of one who stayed, which of one who left?
uncovered    {call} asked for the pairs of client {place}, who stayed. What hides its update, then, is the own mask
             alone.
             -> Between two who stayed, what becomes of their pair's mask?
own-of-left  {call} asked for the own mask of client {place}, who left. It is not in the sum, for its update is not.
             -> Which of its masks did others add?
unknown      {call} asked for what is not there: {message}. The kinds are "own" and "pairs",
             the clients those in `places`.
             -> What does the docstring say about `ask`?
no-tensor    {call} returned {what}; expected an int64 tensor of shape {shape}.
             -> Which line leaves the ring?
input-changed  {call} changed what the clients had sent.
             -> Which operation works in place?
floats       {call} returned {seen}; expected {right}. It went through floats, which have no room for all digits of a
             mask: what is left of it is noise.
             -> Which line makes a float of an int64?
own-left     {call} returned {seen}; expected {right}. The own masks of those who stayed are still in it.
             -> What did each client add first?
pairs-left   {call} returned {seen}; expected {right}. Masks for pairs with those who left are still in it.
             -> Who would have cancelled them?
signs        {call} returned {seen}; expected {right}. The right masks were used, with wrong signs.
             -> With what sign does each mask stand in what one who stayed sent?
mean         {call} returned {seen}; expected {right}. On the ring nothing is divided: a mean comes after decoding.
             -> What does the docstring ask for?
wrong-sum    {call} returned {seen}; expected {right}.
             -> Take three clients of whom one left: which masks are in the sum of the other two?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [_question(draw, *one) for one in ((4, 1, 3), (3, 0, 2), (6, 2, 2), (7, 3, 1), (5, 2, 4))]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        asked: list[list[Any]] = []

        def ask(place: int, kind: str) -> Any:
            if place not in places or kind not in KINDS:
                raise ValueError(f"there is no {kind!r} of {place!r}")
            at, given = places.index(place), KINDS[KINDS.index(kind)]  # what is answered is what is written down
            asked.append([f"{places[at]}", given])
            return bytes.fromhex(question["own"][at]) if given == "own" else _pairs(question, places[at])

        places = list(question["places"])
        answer({place: hidden.clone() for place, hidden in _hidden(question).items()}, list(places), ask)
        return {"asked": asked}

    raises = {"ValueError": "unknown"}

    def known_end(self, question: Question, failure: Evidence) -> str:
        return "unknown" if "there is no '" in failure.get("message", "") else ""

    def looks(self, question: Question, call: Evidence) -> Looks:
        stayed, places = question["stayed"], question["places"]
        asked = {(place, kind) for place, kind in call["asked"]}
        for place in places:
            yield {(f"{place}", "own"), (f"{place}", "pairs")} <= asked, "both-kinds", {"place": place}
        for place in places:
            yield place in stayed and (f"{place}", "pairs") in asked, "uncovered", {"place": place}
            yield place not in stayed and (f"{place}", "own") in asked, "own-of-left", {"place": place}
        updates = dict(zip(places, question["updates"], strict=True))
        right = torch.stack([updates[place] for place in stayed]).sum(dim=0)
        form = evidence.returned_a(call, torch.Tensor, "an int64 tensor")
        left = ", ".join(f"{place}" for place in places if place not in stayed) or "nobody"
        who = f"{len(stayed)} hidden updates of {len(right)} numbers; {left} left"
        yield {"shape": f"{tuple(right.shape)}", "right": right, "seen": call["returned"]}
        yield {"call": f"`unmasked_sum(...)` with {who},"}
        yield form is not None, "no-tensor", {"what": form.facts["what"] if form else ""}
        seen = call["returned"]
        yield evidence.inputs_unchanged(call, 0, 1, because="it is the only copy of what clients sent")
        what = f"one of {seen.dtype}, {tuple(seen.shape)}"
        yield seen.is_floating_point(), "floats"
        yield seen.dtype != torch.int64 or seen.shape != right.shape, "no-tensor", {"what": what}
        coarse = (seen % 256 == 0) | (seen == 2**63 - 1)  # as what was a float once, and larger than all its digits
        yield not torch.equal(seen, right) and bool(coarse.all()), "floats"
        yield from _why(question, seen - right, seen, right)


def _why(question: Question, off: torch.Tensor, seen: torch.Tensor, right: torch.Tensor) -> Looks:
    """Which known mistake explains by how much the sum is off."""
    if not off.any():
        return
    stayed, places, count = question["stayed"], question["places"], len(off)
    left = [place for place in places if place not in stayed]
    zero = torch.zeros(count, dtype=torch.int64)
    keys = {place: bytes.fromhex(key) for place, key in zip(places, question["own"], strict=True)}
    own = sum((mask(keys[place], count) for place in stayed), zero)
    pairs = sum((_signed(question, one, gone, count) for gone in left for one in stayed), zero)
    plus = sum((mask(_pairs(question, gone)[one], count) for gone in left for one in stayed), zero)
    yield any(torch.equal(off, one) for one in (own, own + pairs)) and bool(own.any()), "own-left"
    yield bool(pairs.any()) and torch.equal(off, pairs), "pairs-left"
    wrong_signs = [2 * own, 2 * pairs, 2 * (own + pairs), pairs - plus, pairs + plus, own + 2 * pairs, 2 * own + pairs]
    texts = sum((_by_text(question, one, gone, count) for gone in left for one in stayed), zero)
    yield any(torch.equal(off, one) for one in (*wrong_signs, pairs - texts)), "signs"
    for side in (1, -1):
        met = [(one, gone) for gone in left for one in stayed if (gone - one) * side > 0]
        still = sum((_signed(question, one, gone, count) for one, gone in met), zero)
        yield bool(still.any()) and torch.equal(off, still), "pairs-left"
    for some in chain(*(combinations(left, k) for k in range(1, len(left)))):
        still = sum((_signed(question, one, gone, count) for gone in some for one in stayed), zero)
        yield torch.equal(off, still), "pairs-left"
    yield torch.equal(seen, right // len(stayed)) or torch.equal(seen, (right / len(stayed)).long()), "mean"
    yield True, "wrong-sum"


def _signed(question: Question, me: int, other: int, count: int) -> torch.Tensor:
    """What `me` has added for the pair with `other`."""
    found = mask(_pairs(question, me)[other], count)
    return found if me < other else -found


def _by_text(question: Question, me: int, other: int, count: int) -> torch.Tensor:
    """The same, if places are compared as texts."""
    found = mask(_pairs(question, me)[other], count)
    return found if f"{me}" < f"{other}" else -found


def _pairs(question: Question, place: int) -> dict[int, bytes]:
    found = {}
    for low, high, key in question["pairs"]:
        if place in (low, high):
            found[high if place == low else low] = bytes.fromhex(key)
    return found


def _hidden(question: Question) -> dict[int, torch.Tensor]:
    """What those who stayed have sent."""
    sent = {}
    for place, update, own in zip(question["places"], question["updates"], question["own"], strict=True):
        if place in question["stayed"]:
            others = [_signed(question, place, other, len(update)) for other in question["places"] if other != place]
            sent[place] = update + mask(bytes.fromhex(own), len(update)) + sum(others)
    return {place: sent[place] for place in question["stayed"]}


def _question(draw: Draw, clients: int, gone: int, count: int) -> Question:
    """Places in random order, with gaps; the clients who left are neither all first nor all last."""
    places = draw.sample(range(20), clients)
    ordered = sorted(places)
    left = draw.sample(ordered[1:-1], gone)
    stayed = [place for place in places if place not in left]
    pairs = [[low, high, f"{draw.getrandbits(128):032x}"] for low in ordered for high in ordered if low < high]
    return {
        "places": places,
        "stayed": draw.sample(stayed, len(stayed)),
        "updates": [draw.integers(count, low=-5000, high=5000) * 2 + 1 for _ in places],
        "own": [f"{draw.getrandbits(128):032x}" for _ in places],
        "pairs": pairs,
    }
