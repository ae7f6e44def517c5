"""Exercise 06.2: batches of one owner each, and how many there will be."""

from __future__ import annotations

from contextlib import suppress

import torch

from course.learn import evidence
from course.learn.asking import at, people, real, strangers
from course.learn.difference import far_end
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, observe, register
from course.learn.plain import Pointer, same
from course.learn.words import plural


@register
class MakeBatches(Exercise):
    id = "06.2"
    title = "batches that stay with their owner"
    minutes, points = 8, 3
    objective = "cut batches where the rows are, and say beforehand how many there will be"
    promises = ("private", "tidy")
    stub = '''
def make_batches(shares: list[tuple], size: int) -> tuple[int, list]:
    """All batches of one pass: how many there are, and the batches.

    shares: pairs of pointers (images, labels), each pair at one owner.
    size: the most rows of a batch.
    returns: (count, batches). A batch is a pair of pointers (images, labels) to copies of rows
    of one owner, where they are: owner after owner, rows in order, each row once; only the last
    batch of an owner may be smaller.
    count: the number of batches. No image and no label travels.
    >>> share = torch.ones(5, 2).send(bob), torch.ones(5).send(bob)
    >>> count, batches = make_batches([share], size=2)
    >>> count, [len(y) for x, y in batches]
    (3, [2, 2, 1])
    """
    batches = []
    for images, labels in shares:
        for start in ...:
            ...
    return ..., batches
'''
    hints = (
        "An owner's rows are cut at 0, size, 2 · size and so on. The next owner begins at 0 again.",
        "`range(0, len(labels), size)` gives the starts; a slice is cut at its owner, and so is its `.clone()`.",
        "batches.append((images[start : …].clone(), labels[…].…))",
    )
    success = "Each batch is a copy with one owner, nothing travelled, and the count is the number of batches."
    says = """
came-home    During {call}, {numbers} (`{what}`) came home from {sender}; expected none: batches can be cut where the
             rows are, by a request.
             -> Which line asks for values?
mixed        During {call}, {numbers} (`{what}`) went from {sender} to {receiver}; expected none. A batch with rows of
             two owners shows one of them the images of the other.
             -> Where does a batch end, if the owner has no more rows?
sent-back    During {call}, {numbers} (`{what}`) went from you to {receiver}; expected none: the rows are there
             already.
             -> What do you cut, the rows or a copy of them?
apart        {call} made a batch with images at {x} and labels at {y}: nobody can compute its loss.
             -> Which pair do both halves come from?
lost-rows    {call} made batches of {rows}; there are {had}. The rows that are left over have no say in the model.
             -> How many rows has the last batch of an owner?
wrong-sizes  {call} made batches of {sizes} rows; expected {expected}. Only the last batch of an owner may be smaller.
             -> Where does each start, and where does each stop?
other-order  {call} made batches at {visited}: the owners do not come one after the other, and a model would travel
             more often than it must.
             -> Which loop is the outer one?
other-dtype  {call} made batches of another dtype than the rows have, so the model would refuse them.
             -> Which line converts?
wrong-rows   {call} made the right number of batches, of the right sizes, with other rows in them, or in another order.
             -> Print the start and the end of each slice.
pair-broken  {call} cut images and labels at different places: an image lies beside the label of another.
             -> Are both slices the same?
wrong-len    {call} announced {count} batches and made {made}. It is not all rows divided by size: each owner rounds up
             for itself. A progress bar would stand still, or stop too early.
             -> What is the sum of the owners' own counts?
window       {call} made batches that are windows on the rows themselves: when one was subtracted from every batch in
             place, {owner}'s own rows changed, for every later pass.
             -> What makes of a slice rows of its own?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [
            question(draw, sizes, size)
            for sizes, size in (([5, 4], 3), ([7, 2, 6], 4), ([3], 5), ([6, 6, 1], 2), ([2, 2, 2, 2], 3))
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        shares, size = real(question["args"])
        others = strangers(people(question["args"]))
        made = answer(shares, size)
        with suppress(Exception):  # of what is no batch, the looks speak
            for x, y in made[1]:
                x.sub_(1)
                y.sub_(1)
        return {"strangers": observe(others), "shares": observe(shares)}

    def looks(self, question: Question, call: Evidence) -> Looks:
        owners, size, returned = question["owners"], question["size"], call["returned"]
        tags: dict[str | evidence.Way, str] = {(a, b): "mixed" for a in owners for b in owners}
        tags |= {("me", owner): "sent-back" for owner in owners}
        tags["me"] = "came-home"
        yield evidence.only_travels(call, tags=tags)
        yield evidence.spares_strangers(call)
        yield evidence.still_there(call, 0)
        yield evidence.returned_a(call, (int, [(Pointer, Pointer)]), "a count and a list of pairs of pointers")
        count, batches = returned
        for x, y in batches:
            yield x.location != y.location, "apart", {"x": x.location, "y": y.location}
        wanted = [
            (owner, x[start : start + size], y[start : start + size])
            for owner, (x, y) in zip(owners, far_end(question["args"][0]), strict=True)
            for start in range(0, len(y), size)
        ]
        rows = [rows_in(far_end(y)) for _, y in batches]
        had = sum(len(y) for _, _, y in wanted)
        facts = {"rows": plural(sum(rows), "row"), "had": had, "sizes": str(rows)}
        yield {**facts, "expected": str([len(y) for _, _, y in wanted])}
        yield sum(rows) < had, "lost-rows"
        visited, planned = [x.location for x, _ in batches], [owner for owner, _, _ in wanted]
        yield visited != planned and sorted(visited) == sorted(planned), "other-order", {"visited": visited}
        yield rows != [len(y) for _, _, y in wanted], "wrong-sizes"
        made = [(x.location, far_end(x), far_end(y)) for x, y in batches]
        same_images = [(a, x.tolist()) for a, x, _ in made] == [(a, x.tolist()) for a, x, _ in wanted]
        same_labels = [y.tolist() for _, _, y in made] == [y.tolist() for _, _, y in wanted]
        yield same_images != same_labels, "pair-broken"
        yield not same_images, "wrong-rows"
        dtypes = [(x.dtype, y.dtype) for _, x, y in made] == [(x.dtype, y.dtype) for _, x, y in wanted]
        yield not dtypes, "other-dtype"
        yield count != len(batches), "wrong-len", {"count": count, "made": len(batches)}
        yield evidence.inputs_unchanged(call)
        for owner, before, after in zip(owners, question["args"][0], call["shares"], strict=True):
            yield not same(far_end(before), far_end(after)), "window", {"owner": owner}
        for owner in owners:
            yield evidence.leaves(call, owner, new=2 * sum(name == owner for name, _, _ in wanted))


def question(draw: Draw, sizes: list[int], size: int) -> Question:
    """An owner for each of these sizes, with images and labels."""
    owners = draw.people(len(sizes))
    shares = [
        at(owner, (draw.floats(rows, 1, 2, 2), draw.integers(rows, low=0, high=99)))
        for owner, rows in zip(owners, sizes, strict=True)
    ]
    return {"owners": owners, "size": size, "args": [shares, size]}


def rows_in(labels: torch.Tensor) -> int:
    """How many rows."""
    return labels.shape[0] if labels.dim() else 1
