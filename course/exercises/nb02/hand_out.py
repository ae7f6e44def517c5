"""Exercise 02.2: a data set, split over owners."""

from __future__ import annotations

from collections import Counter

import torch

from course.learn import evidence
from course.learn.difference import alike, far_end
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, register, worker
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
    """Give each row, with its label, to exactly one worker; shares differ by one row at most.

    data: n x d float32.   target: n x 1 float32, row i is the label of row i.
    workers: k of them, k <= n.
    returns: k pairs of pointers (inputs, labels), pair i at workers[i]. Nobody receives more.
    >>> pairs = hand_out(torch.zeros(7, 2), torch.zeros(7, 1), [alice, bob, claire])
    >>> sorted(len(x) for x, y in pairs)
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
not-pairs    {found}.
             -> What does the loop add to the list for one worker?
left-out     {call} returned {pairs}; expected {k}, one for each worker: whoever gets no rows has no say in the model.
             -> How many pieces does your way of splitting give for 4 rows and 3 workers?
not-sent     {found}: an owner whose rows stay with you owns nothing.
             -> Which halves of a pair are sent?
apart        {call} put inputs at {x} and their labels at {y}: {y} now holds answers about other people.
             -> Which worker do both halves of a pair go to?
wrong-owner  {call} returned a pair at {x} where the docstring promises {owner}: somebody else holds the rows.
             -> Which worker belongs to pair i?
too-much     {found}: {receiver} saw rows of other people, and cutting them off afterwards does not undo that.
             -> What has to come first, slicing or sending?
not-rows     {call} left {half} of shape {seen} at {owner}; expected shape {expected}: each row is one person, whole,
             beside one label.
             -> One number as an index drops a dimension, and so does flattening: where does yours go?
lost-rows    {call} handed out {rows}; {lost} of {had} reached nobody: these people have no say in the model.
             -> What happens to the remainder when the rows do not divide evenly?
twice        {call} handed out {rows} where there are {had}: somebody's row is with two workers.
             -> Where does one share end, and where does the next begin?
mismatched   After {call} some rows at {owner} lie beside the labels of others: the model would refuse the wrong people.
             -> Are inputs and labels cut at the same places?
uneven       {call} made shares of {sizes} rows; expected sizes that differ by one at most: who holds more rows has
             more say in the model.
             -> Could the rows that are left over go to different workers?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        sizes = ((4, 3, 1), (7, 3, 2), (10, 4, 3), (6, 2, 2), (3, 3, 4), (5, 1, 1))
        drawn = [(draw.normal(n, d), draw.normal(n, 1), draw.people(k)) for n, k, d in sizes]
        return [{"owners": owners, "args": [x, y, list(map(worker, owners))]} for x, y, owners in drawn]

    def looks(self, question: Question, call: Evidence) -> Looks:
        pairs, owners, (data, target, _) = call["returned"], question["owners"], question["args"]
        yield evidence.returned_a(call, [(..., ...)], "a list of pairs of pointers", tag="not-pairs")
        yield len(pairs) != len(owners), "left-out", {"pairs": plural(len(pairs), "pair"), "k": len(owners)}
        yield evidence.returned_a(call, [(Pointer, Pointer)], "pointers to rows only", tag="not-sent")
        for owner, (x, y) in zip(owners, pairs, strict=True):
            yield {"owner": owner, "x": x.location, "y": y.location}
            yield x.location != y.location, "apart"
            yield x.location != owner, "wrong-owner"
            for name, half, whole in (("inputs", far_end(x), data), ("labels", far_end(y), target)):
                shapes = {"seen": f"`{tuple(half.shape)}`", "expected": f"`(rows, {whole.shape[1]})`"}
                yield half.dim() != 2 or half.shape[1] != whole.shape[1], "not-rows", {"half": name, **shapes}
        shares = dict(zip(owners, far_end(pairs), strict=True))
        allowed = {("me", owner): [x.to(data.dtype), y.to(target.dtype)] for owner, (x, y) in shares.items()}
        tags = {"me": "seen", **dict.fromkeys(owners, "too-much")}
        yield evidence.only_travels(call, allowed, tags=tags, because="rows that were handed out are their owner's")
        had, got = Counter(_rows(data)), Counter(row for x, _ in shares.values() for row in _rows(x))
        yield {"rows": plural(got.total(), "row"), "had": len(data), "lost": (had - got).total()}
        yield bool(had - got), "lost-rows"
        yield bool(got - had), "twice"
        labels = dict(zip(_rows(data), target.tolist(), strict=True))
        for owner, (x, y) in shares.items():
            expected = torch.tensor([labels[row] for row in _rows(x)]).reshape(-1, 1)
            yield not alike(y, expected), "mismatched", {"owner": owner}
        sizes = [len(x) for x, _ in shares.values()]
        yield max(sizes) - min(sizes) > 1, "uneven", {"sizes": str(sizes)}
        yield evidence.inputs_unchanged(call, 0, 1)
        yield evidence.leaves(call, owners, new=2)


def _rows(tensor: torch.Tensor) -> list[tuple[float, ...]]:
    """The rows, each as something that can be counted."""
    return [tuple(row) for row in tensor.tolist()]
