"""Exercise 02.2: a data set, split over owners."""

from __future__ import annotations

from collections import Counter

import torch

from course.exercises.nb02.linear_model import part
from course.learn import evidence
from course.learn.difference import alike, far_end, kind
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register, workers
from course.learn.plain import Pointer
from course.learn.words import plural


@register
class HandOut(Exercise):
    id = "02.2"
    title = "every row to one owner"
    minutes, points = 8, 3
    objective = "split a data set over owners without losing, doubling or separating anything"
    promises = ("private", "tidy")
    stub = '''
def hand_out(data: torch.Tensor, target: torch.Tensor, workers: list) -> list[tuple]:
    """Give each row, together with its label, to exactly one worker; shares differ by one row at most.

    data: n x d float32.   target: n x 1 float32, row i is the label of row i.   workers: k of them, k <= n.
    returns: k pairs of pointers (inputs, labels), pair i at workers[i]. Nobody receives more than that.
    >>> sorted(len(x) for x, y in hand_out(torch.zeros(7, 2), torch.zeros(7, 1), [alice, bob, claire]))
    [2, 2, 3]
    """
    pairs = []
    for i, worker in enumerate(workers):
        mine = ...
        ...
    return pairs
'''
    hints = (
        "Deal the rows like cards: worker i gets rows i, i + k, i + 2k and so on. Then no row is left over.",
        "One slice chooses rows and labels alike. Slice here, send afterwards.",
        "mine = slice(…, None, …)",
    )
    success = "No row lost, none doubled, each beside its label, and nobody received more than their own share."
    says = """
not-pairs    {call} returned {what}; expected a list of pairs of pointers.
             -> What does the loop add to the list for one worker?
left-out     {call} returned {pairs}; expected {k}, one for each worker: whoever gets no rows has no say in the model.
             -> How many pieces does your way of splitting give for 4 rows and 3 workers?
not-sent     {call} returned {what}; expected pointers to rows only: an owner whose rows stay with you owns nothing.
             -> Which halves of a pair are sent?
apart        {call} put inputs at {x} and their labels at {y}: nobody can compute a loss, and {y} holds answers about
             people who are not {y}'s.
             -> Which worker do both halves of a pair go to?
wrong-owner  {call} returned a pair at {x} where the docstring promises {owner}: the rows are with somebody else than
             their owner.
             -> Which worker belongs to pair i?
too-much     During {call}, {numbers} went from {sender} to {receiver}; expected {allowed}: the share of {receiver},
             who saw rows of other people, and cutting them off afterwards does not undo that.
             -> What has to come first, slicing or sending?
not-rows     {call} left {half} of shape {seen} at {owner}; expected shape {expected}: each row is one person, whole,
             beside one label.
             -> One number as an index drops a dimension, and so does flattening: where does yours go?
lost-rows    {call} handed out {rows}; {lost} of {had} reached nobody: these people have no say in the model.
             -> What happens to the remainder when the rows do not divide evenly?
twice        {call} handed out {rows} where there are {had}: somebody's row is with two workers.
             -> Where does one share end, and where does the next begin?
mismatched   After {call} some rows at {owner} lie beside the labels of other rows: the model would learn that the
             wrong people were refused.
             -> Are inputs and labels cut at the same places?
uneven       {call} made shares of {sizes} rows; expected sizes that differ by one at most: one row alone has no crowd
             to hide in.
             -> Could the rows that are left over go to different workers?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [
            {"owners": draw.people(k), "data": draw.normal(n, d), "target": draw.normal(n, 1)}
            for n, k, d in ((4, 3, 1), (7, 3, 2), (10, 4, 3), (6, 2, 2), (3, 3, 4), (5, 1, 1))
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        answer(question["data"], question["target"], workers(*question["owners"]))
        return {}

    def looks(self, question: Question, call: Evidence) -> Looks:
        pairs, owners, data, target = call["returned"], question["owners"], question["data"], question["target"]
        paired = isinstance(pairs, list) and all(isinstance(p, tuple | list) and len(p) == 2 for p in pairs)
        yield not paired, "not-pairs", {"what": kind(pairs)}
        yield len(pairs) != len(owners), "left-out", {"pairs": plural(len(pairs), "pair"), "k": len(owners)}
        yield evidence.returned_a(call, [(Pointer, Pointer)], "pointers to rows only", tag="not-sent")
        for owner, (x, y) in zip(owners, pairs, strict=True):
            yield x.location != y.location, "apart", {"x": x.location, "y": y.location}
            yield x.location != owner, "wrong-owner", {"x": x.location, "owner": owner}
            for name, half, whole in (("inputs", far_end(x), data), ("labels", far_end(y), target)):
                rows = half.dim() == 2 and half.shape[1] == whole.shape[1]
                shapes = {"seen": f"`{tuple(half.shape)}`", "expected": f"`(rows, {whole.shape[1]})`"}
                yield not rows, "not-rows", {"owner": owner, "half": name, **shapes}
        shares = {("me", owner): _numbers(pair) for owner, pair in zip(owners, pairs, strict=True)}
        tags = {"me": "seen", **dict.fromkeys(owners, "too-much")}
        yield evidence.only_travels(call, shares, tags=tags, because="rows that were handed out are their owner's")
        had = Counter(map(tuple, data.tolist()))
        got = Counter(tuple(row) for x, _ in pairs for row in far_end(x).tolist())
        facts = {"rows": plural(sum(got.values()), "row"), "had": len(data), "lost": sum((had - got).values())}
        yield bool(had - got), "lost-rows", facts
        yield bool(got - had), "twice", facts
        labels = {tuple(row): label for row, label in zip(data.tolist(), target.tolist(), strict=True)}
        for owner, (x, y) in zip(owners, pairs, strict=True):
            expected = torch.tensor([labels[tuple(row)] for row in far_end(x).tolist()]).reshape(-1, 1)
            yield not alike(y, expected), "mismatched", {"owner": owner}
        sizes = [len(far_end(x)) for x, _ in pairs]
        yield max(sizes) - min(sizes) > 1, "uneven", {"sizes": str(sizes)}
        yield evidence.inputs_unchanged(part(call, 0, 1))
        yield from (evidence.leaves(call, owner, new=2) for owner in owners)


def _numbers(pair: tuple[Pointer, Pointer]) -> int:
    """How many numbers a pair of pointers leads to."""
    return sum(far_end(half).numel() for half in pair)
