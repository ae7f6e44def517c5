"""Exercise 06.1: a data set, shuffled and shared out."""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch

from course.learn import evidence
from course.learn.difference import far_end
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register, workers
from course.learn.plain import Plain, Pointer, same
from course.learn.words import plural

SEEDS = 8  # in how many orders rows are looked at: where they are shuffled, they hardly ever stay together


@register
class ShareOut(Exercise):
    id = "06.1"
    title = "shuffle, then share out"
    minutes, points = 8, 3
    objective = "share a data set out over owners, shuffled under a seed, without losing or separating anything"
    promises = ("private", "tidy")
    stub = '''
def share_out(
    images: torch.Tensor, labels: torch.Tensor, workers: list, seed: int
) -> list[tuple]:
    """Shuffle the rows, then give each, with its label, to exactly one worker; shares differ by
    one row at most.

    images: n x 1 x h x w float32.   labels: n int64, label i is that of image i.
    workers: k of them, k <= n.
    seed: the order depends on it alone: the same seed gives the same shares, another seed other
    owners. Torch's own random numbers go on as if nothing had been drawn.
    returns: k pairs of pointers (images, labels), pair i at workers[i]. Nobody receives more
    than their share.
    >>> offices = [alice, bob, claire]
    >>> pairs = share_out(torch.zeros(7, 1, 8, 8), torch.arange(7), offices, seed=0)
    >>> sorted(len(y) for x, y in pairs)
    [2, 2, 3]
    """
    generator = torch.Generator().manual_seed(seed)
    order = ...
    pairs = []
    for i, worker in enumerate(workers):
        mine = ...
        ...
    return pairs
'''
    hints = (
        "Shuffle row numbers, not rows: one list of numbers can choose images and labels alike.",
        "`torch.randperm(n, generator=generator)` draws the order. `order[i::k]` is every k-th of these numbers.",
        "mine = order[…]; pairs.append((images[…].send(…), labels[…].send(…)))",
    )
    success = "Every row once, beside its label, in an order that the seed decides; nobody saw more than their share."
    says = """
left-out        {call} returned {pairs}; expected {k}, one for each worker: whoever gets no rows has no say in the
                model.
                -> How often does the loop run?
apart           {call} put images at {x} and their labels at {y}: nobody can compute a loss, and {y} holds answers
                about people who are not {y}'s.
                -> Which worker do both halves of a pair go to?
wrong-owner     {call} returned a pair at {x} where the docstring promises {owner}: the rows are with somebody else
                than their owner.
                -> Which worker belongs to pair i?
too-much        During {call}, {numbers} went from {sender} to {receiver}; expected {allowed}: the share of {receiver},
                who saw other people's images, and cutting them off afterwards does not undo that.
                -> What has to come first, choosing rows or sending?
not-rows        {call} left {half} of shape {seen} at {owner}; expected shape {expected}: each image whole, beside one
                label.
                -> What do you index: the whole tensor by row numbers, or something else?
lost-rows       {call} shared out {rows}; {lost} of {had} reached nobody: these people have no say in the model.
                -> What happens to the remainder when the rows do not divide evenly?
twice           {call} shared out {rows} where there are {had}: somebody's image is with two owners.
                -> Where does one share end, and where does the next begin?
mismatched      After {call} some images at {owner} lie beside the labels of other images: the model would learn to
                read a 3 as a 7.
                -> How many orders were drawn: one for both halves, or one for each?
uneven          {call} made shares of {sizes} rows; expected sizes that differ by one at most: a small share has no
                crowd to hide in.
                -> Could the rows that are left over go to different workers?
not-repeatable  {call}, called again, gave the same owners other images: nobody can repeat your run, not even you.
                -> What does the order depend on, besides the seed?
ignores-seed    {call} and the same call with another seed gave every owner the same images. Whoever knows how the file
                is sorted knows what each owner holds.
                -> Where does the seed come in, before or after the rows are cut into shares?
not-shuffled    {call}, with several seeds, left images that are {distance} apart in the file together in {together} of
                100 cases, a shuffle in {chance}. Whoever knows the file knows who holds what.
                -> Does the seed decide the order, or only where it begins?
global-seed     After {call}, torch's own random numbers went on differently: whoever initialises a model next gets
                another one than without your function.
                -> Which generator did you draw from, or seed?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [
            {
                "images": draw.normal(n, 1, h, w),
                "labels": draw.integers(n, low=0, high=4),
                "owners": draw.people(k),
                "seed": draw.randint(0, 999),
            }
            for n, k, h, w in ((11, 3, 2, 2), (12, 2, 3, 1), (14, 4, 1, 2))
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        owners = workers(*question["owners"])
        torch.manual_seed(11)
        state = torch.get_rng_state()
        answer(question["images"].clone(), question["labels"].clone(), owners, question["seed"])
        undisturbed = torch.equal(state, torch.get_rng_state())
        torch.manual_seed(12)
        for seed in (question["seed"], *range(question["seed"] + 1, question["seed"] + SEEDS)):
            answer(question["images"].clone(), question["labels"].clone(), owners, seed)
        return {"undisturbed": undisturbed}

    def looks(self, question: Question, call: Evidence) -> Looks:
        pairs, owners, images, labels = call["returned"], question["owners"], question["images"], question["labels"]
        yield evidence.returned_a(call, [(Pointer, Pointer)], "a list of pairs of pointers")
        yield len(pairs) != len(owners), "left-out", {"pairs": plural(len(pairs), "pair"), "k": len(owners)}
        for owner, (x, y) in zip(owners, pairs, strict=True):
            yield x.location != y.location, "apart", {"x": x.location, "y": y.location}
            yield x.location != owner, "wrong-owner", {"x": x.location, "owner": owner}
            for name, half, whole in (("images", far_end(x), images), ("labels", far_end(y), labels)):
                shapes = {"seen": str(tuple(half.shape)), "expected": str(("rows", *whole.shape[1:]))}
                fits = half.dim() == whole.dim() and half.shape[1:] == whole.shape[1:] and half.dtype == whole.dtype
                yield not fits, "not-rows", {"owner": owner, "half": name, **shapes}
        shares = {("me", owner): far_end(pair) for owner, pair in zip(owners, pairs, strict=True)}
        yield evidence.only_travels(call, shares, tags={"me": "seen", **dict.fromkeys(owners, "too-much")})
        had, got = Counter(rows_of(images)), Counter(row for x, _ in pairs for row in rows_of(far_end(x)))
        facts = {"rows": plural(sum(got.values()), "row"), "had": len(labels), "lost": sum((had - got).values())}
        yield bool(had - got), "lost-rows", facts
        yield bool(got - had), "twice", facts
        label_of = dict(zip(rows_of(images), labels.tolist(), strict=True))
        for owner, (x, y) in zip(owners, pairs, strict=True):
            right = [label_of[row] for row in rows_of(far_end(x))]
            yield far_end(y).tolist() != right, "mismatched", {"owner": owner}
        sizes = [len(far_end(x)) for x, _ in pairs]
        yield max(sizes) - min(sizes) > 1, "uneven", {"sizes": str(sizes)}
        first, second, *others = call["calls"]
        for other in call["calls"][1:]:
            yield evidence.returned_a(other, [(Pointer, Pointer)], "a list of pairs of pointers")
        yield not same(far_end(first["returned"]), far_end(second["returned"])), "not-repeatable"
        yield all(held(first) == held(other) for other in others), "ignores-seed"  # two seeds may agree by chance
        distance, together = neighbours(rows_of(images), call["calls"])
        chance = sum(size * (size - 1) for size in sizes) / (len(labels) * (len(labels) - 1))
        facts = {"distance": distance, "together": round(100 * together), "chance": round(100 * chance)}
        yield together > (1 + chance) / 2, "not-shuffled", facts
        yield not call["undisturbed"], "global-seed"
        yield evidence.inputs_unchanged(call, 0, 1)
        yield evidence.leaves(call, owners, new=2)


def rows_of(images: torch.Tensor) -> list[Any]:
    """Each row as something that can be counted."""
    return [tuple(row) for row in images.flatten(1).tolist()]


def neighbours(file: list[Any], calls: list[Evidence]) -> tuple[int, float]:
    """The distance in the file at which rows are most often with one owner, over all calls, and how often they are.

    Where an order only begins elsewhere, or goes in steps, some distance keeps nearly all rows together.
    """
    owners = [{row: at for at, rows in enumerate(held(call)) for row in rows} for call in calls]
    n, found = len(file), []
    for distance in range(1, (n + 1) // 2):
        pairs = [(row, file[(at + distance) % n]) for at, row in enumerate(file)]
        same_owner = sum(owner.get(a) == owner.get(b) for owner in owners for a, b in pairs)
        found.append((same_owner / (n * len(owners)), distance))
    together, distance = max(found)
    return distance, together


def held(call: Evidence) -> Plain:
    """Which images each owner holds, in any order."""
    pairs = call["returned"]
    return [sorted(rows_of(far_end(x))) for x, _ in pairs] if isinstance(pairs, list) else None
