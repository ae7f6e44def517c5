"""Exercise 06.4: few labels for each client, by shards."""

from __future__ import annotations

import torch

from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register
from course.learn.plain import Plain
from course.learn.words import plural


@register
class LabelShards(Exercise):
    id = "06.4"
    title = "a few digits for each client"
    minutes, points = 9, 3
    objective = "skew labels over clients by a true partition that a seed decides"
    promises = ()
    stub = '''
def label_shards(
    labels: torch.Tensor, clients: int, each: int, seed: int
) -> list[torch.Tensor]:
    """Sort the rows by label, cut them into clients * each shards of equal length, deal `each`
    shards to each client.

    labels: n int64; n is a multiple of clients * each. Rows of one label stay in their order (a
    stable sort).
    seed: decides who gets which shards, alone: the same seed deals the same, another seed
    differently. Torch's own random numbers go on as if nothing had been drawn.
    returns: for each client the numbers of its rows, int64, in any order. Every row goes to
    exactly one client.
    >>> parts = label_shards(torch.tensor([1, 0, 1, 0, 2, 2]), clients=3, each=1, seed=0)
    >>> sorted(part.tolist() for part in parts)
    [[0, 2], [1, 3], [4, 5]]
    """
    raise NotImplementedError
'''
    hints = (
        "Three steps: row numbers in the order of their labels, cut into shards, shards dealt out at random.",
        "`labels.argsort(stable=True)` gives row numbers, `view(shards, -1)` cuts; `torch.randperm` takes a generator.",
        "shards = labels.argsort(…).view(…, -1); hands = torch.randperm(…, generator=…).view(clients, …)",
    )
    success = "A true partition under each seed, each client with its shards; two shards mean two digits or three."
    says = """
wrong-count     {call} returned {found} parts; expected {clients}, one for each client.
                -> How many shards go into one part?
twice           {call} gave row {row} to more than one client, or twice to one: the row counts twice, and one owner
                holds another's image.
                -> Are these row numbers? Can one shard be drawn twice?
lost-rows       {call} gave {rows} away, of {had}. A partition loses nobody.
                -> Which shards were never dealt?
not-rows        {call} named row {row}, and rows go from 0 to {last}.
                -> Are these row numbers, or labels, or positions in the sorted list?
labels          {call} gave out labels in place of row numbers: {part} says which digits a client has, and not which
                images.
                -> Which function gives the order of the rows, and not the sorted labels?
too-long        {call} gave one client {rows}; expected {share}: each client gets {each} shards.
                -> How long is one shard, and how many does each client get?
not-shards      {call} gave a client the rows {part}: these are not {each} whole shards of the rows sorted by label,
                with rows of one label in their order. Other shards are another experiment.
                -> Which sort keeps the order of equal labels? Is it done before the cut?
not-sorted      {call} cut the rows as they stand in the file: {part} is no shard of one or two digits, and nothing is
                skewed.
                -> What has to happen before the cut?
not-in-order    {call} dealt shards of the right digits, but {part} does not have rows of one digit in their order. On
                another computer the same sort may deal other images.
                -> What does `argsort` promise about equal labels, unless you ask for more?
not-repeatable  {call} and the same call again dealt differently: nobody can repeat your experiment.
                -> Which generator does the drawing use?
ignores-seed    {call} deals the same under another seed: three seeds would be one experiment, told three times.
                -> Where does the seed come in?
same-hands      {call} puts the same {each} shards together under every seed, which decides only who gets them. Three
                seeds would be one partition under other names.
                -> What is dealt: shards, or clients?
global-seed     After {call}, torch's own random numbers went on differently: whoever initialises a model next gets
                another one than without your function.
                -> Which generator did you draw from, or seed?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [
            {"labels": draw.integers(clients * each * long, low=0, high=4), "clients": clients, "each": each,
             "seed": draw.randint(0, 99)}
            for clients, each, long in ((5, 2, 3), (6, 1, 4), (4, 3, 2))
        ]  # fmt: skip

    def probe(self, answer: Watched, question: Question) -> Evidence:
        labels, clients, each = question["labels"], question["clients"], question["each"]
        torch.manual_seed(11)
        state = torch.get_rng_state()
        answer(labels.clone(), clients, each, question["seed"])
        undisturbed = torch.equal(state, torch.get_rng_state())
        torch.manual_seed(12)
        answer(labels.clone(), clients, each, question["seed"])
        for other in range(1, 4):
            answer(labels.clone(), clients, each, question["seed"] + other)
        return {"undisturbed": undisturbed}

    def looks(self, question: Question, call: Evidence) -> Looks:
        labels, clients, each = question["labels"], question["clients"], question["each"]
        yield evidence.returned_a(call, [torch.Tensor], "a list of tensors of row numbers")
        parts = call["returned"]
        yield len(parts) != clients, "wrong-count", {"found": len(parts)}
        for part in parts:
            yield part.dtype != torch.int64 or part.dim() != 1, "not-rows", {"row": part, "last": len(labels) - 1}
        rows = torch.cat(parts).tolist()
        strange = [row for row in rows if not 0 <= row < len(labels)]
        yield bool(strange), "not-rows", {"row": (strange or [0])[0], "last": len(labels) - 1}
        yield sorted(rows) == labels.sort().values.tolist() != list(range(len(rows))), "labels", {"part": parts[0]}
        doubled = [row for row in set(rows) if rows.count(row) > 1]
        yield bool(doubled), "twice", {"row": (doubled or [0])[0]}
        yield len(rows) < len(labels), "lost-rows", {"rows": plural(len(rows), "row"), "had": len(labels)}
        long = len(labels) // (clients * each)
        shards = [set(shard) for shard in labels.argsort(stable=True).view(-1, long).tolist()]
        digits = [sorted(labels[list(shard)].tolist()) for shard in shards]
        for part in parts:
            yield len(part) != each * long, "too-long", {"rows": plural(len(part), "row"), "share": each * long}
            held = set(part.tolist())
            whole = [shard for shard in shards if shard <= held]
            yield {"part": part}
            pieces = [piece.tolist() for piece in part.split(long)]
            wrong = len(whole) != each
            yield wrong and all(piece[0] % long == 0 and _in_a_row(piece) for piece in pieces), "not-sorted"
            yield wrong and all(sorted(labels[piece].tolist()) in digits for piece in pieces), "not-in-order"
            yield wrong, "not-shards"
        first, second, *others = call["calls"]
        yield dealt(first) != dealt(second), "not-repeatable"
        yield all(dealt(first) == dealt(other) for other in others), "ignores-seed"
        hands = {frozenset(map(tuple, dealt(any_call) or [])) for any_call in call["calls"]}
        yield each > 1 and len(hands) == 1, "same-hands"
        yield not call["undisturbed"], "global-seed"
        yield evidence.inputs_unchanged(call, 0)


def _in_a_row(rows: list[int]) -> bool:
    """Whether each row follows the one before."""
    return rows == list(range(rows[0], rows[0] + len(rows)))


def dealt(call: Evidence) -> Plain:
    """Which rows each client got, in any order."""
    parts = call["returned"]
    whole = isinstance(parts, list) and all(isinstance(part, torch.Tensor) for part in parts)
    return [sorted(part.flatten().tolist()) for part in parts] if whole else None
