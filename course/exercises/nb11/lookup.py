"""Exercise 11.5: the value of a key that nobody sees."""

from __future__ import annotations

import torch

from course.exercises.nb11 import watched
from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register
from course.smpc.shares import total


@register
class Lookup(Exercise):
    id = "11.5"
    title = "look up a secret key"
    minutes, points = 9, 4
    objective = "find an entry by a secret key, so that no holder learns which one it was"
    promises = ("masked",)
    given = """
from course.smpc.comparison import negative
from course.smpc.products import multiply
"""
    stub = '''
def lookup(
    parties, keys: torch.Tensor, values: torch.Tensor, key: torch.Tensor
) -> torch.Tensor:
    """Shares of the value of a secret key; of 0 where no entry has the key.

    keys, values: shares of two rows of secret numbers, int64 (holders, entries): entry
        i is the i-th key and the i-th value. No key stands there twice.
    key: shares of one secret number, int64 (holders,). Keys: between -2**62 and 2**62.
        `key.unsqueeze(1)`, int64 (holders, 1), stands beside every entry.
    Open nothing yourself: programs of the library, such as `negative` and `multiply` of
        exercise 11.4, do it under masks. Nobody sees a key, a value, or which entry.
    returns: shares of one number, int64 (holders,).
    >>> keys, values = shared([34, 51, 7]), shared([3200, 4100, 900])
    >>> total(lookup(parties, keys, values, shared(51)))
    tensor(4100)
    """
    raise NotImplementedError
'''
    hints = (
        "Make shares of 1 at the entry with the key and of 0 elsewhere. What is left then is a sum of products.",
        "Two numbers are equal if neither is less: 1, minus two comparisons of all keys with `key.unsqueeze(1)`. "
        "Who adds the 1?",
        "same = parties.add_public(- … - …, 1); return multiply(parties, …, …).sum(…)",
    )
    success = "Keys that are there and keys that are not, two to five holders: the right value, and nobody knows whose."
    says = """
no-shares    {call} returned {what}; expected shares, {due}: one number for each holder.
             -> What is left of all entries at the end?
bare         In {call} this was opened: {seen}. It stands in {name}. The holders know now what was looked for, or
             where.
             -> What can be done with shares of it, without opening?
which-one    In {call} {name} was opened. Every holder knows now about which entries the question was.
             -> What can shares of 1 and 0 be multiplied by, without being seen?
unmasked     In {call} numbers from {low} to {high} were opened. A uniform mask spreads what is opened over the whole
             ring. These tell how large a secret is.
             -> What has to be added before, and where does it come from?
openings     In {call} {bare} of the opened numbers lay under no mask of the dealer's of their own. A factor, a shift
             or a number that one of you drew hides nothing from whoever knows it.
             -> What opens something besides the library's programs?
by-hand      In {call} what holder {k} sent or ended with changed with what the others hold, though the same was
             opened. In your function it used shares that are not its own.
             -> Which line adds up, picks or compares over the first axis?
everybody    The shares of {call} add up to {seen}; expected {right}. Each of {n} holders added the public 1, or took
             it away.
             -> How many holders add what is public?
nobody       The shares of {call} add up to {seen}; expected {right}. The 1 of "1 minus both" is missing, or its sign.
             -> What do two comparisons that both say 0 make?
one-side     The shares of {call} add up to {seen}; expected {right}. All entries whose keys are on one side came in.
             -> Which two comparisons exclude all keys but one?
others       The shares of {call} add up to {seen}; expected {right}. That is the sum of all other entries.
             -> Is your row 1 at the key, or everywhere else?
own-product  The shares of {call} add up to {seen}; expected {right}. Each holder multiplied its own shares.
             -> Which function multiplies secrets?
summed-first  The shares of {call} add up to {seen}; expected {right}. That is the sum of all values, times how many
             entries have the key.
             -> Which comes first: multiplying, or adding up?
the-key      The shares of {call} add up to {seen}; expected {right}. That is the key, or how many entries have it.
             -> By what is the row of 1 and 0 multiplied?
slices       The shares of {call} add up to {seen}; expected {right}. Each holder compared its own shares. A share is
             noise, and so is its sign.
             -> Which function compares secrets?
absent       The shares of {call} add up to {seen}; expected 0: no entry has that key.
             -> Where is your row of 1 and 0 not 0, and what else is added up?
missed       The shares of {call} add up to 0; expected {right}: an entry has that key.
             -> Does your line look at all entries, from the first to the last?
wrong-value  The shares of {call} add up to {seen}; expected {right}.
             -> Look at your row of 1 and 0 with `total`, only to try. Does each number of it meet its own value?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [
            _question(draw, 3, 5, 99999, at=-1),
            _question(draw, 2, 6, 2**40),
            _question(draw, 5, 3, 2**60, at=0),
            _question(draw, 2, 1, 99, at=0),
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        return watched.asked(answer, question)

    def looks(self, question: Question, call: Evidence) -> Looks:
        (keys, values, key), n = (total(shares) for shares in question["shares"]), question["n"]
        yield from watched.form(call, n, (), 3)
        same = (keys == key).long()
        sides = (keys < key).long(), (keys > key).long(), (keys <= key).long(), (keys >= key).long()
        rows = {"the row of 1 and 0": (same, 1 - same), "a comparison": sides}
        for name, secret in [(name, row) for name, some in rows.items() for row in some]:
            yield watched.is_opened(call, secret), "which-one", {"name": name}
        yield watched.bits_opened(call), "which-one", {"name": "a number of the row of 1 and 0"}
        secrets = {"the key": key, "the keys": keys, "the values": values, "the differences of keys": keys - key}
        yield from watched.bare(call, secrets)
        yield from watched.under_masks(call)
        yield from watched.on_their_own(question, call)
        seen, right = total(call["returned"]), (same * values).sum()
        mistakes = {
            "everybody": evidence.any_of(
                right + (n - 1) * values.sum(), (((keys >= key) & (keys < key + n)) * values).sum()
            ),
            "nobody": evidence.any_of(right - values.sum(), -right, right - 2 * values.sum()),
            "others": values.sum() - right,
            "one-side": evidence.any_of(*[(side * values).sum() for side in sides]),
            "summed-first": same.sum() * values.sum(),
            "the-key": evidence.any_of(same.sum(), (same * keys).sum(), key),
        }
        for wrong, tag, _ in evidence.leads_to(call, right, mistakes, value=seen):
            yield wrong, tag, {"seen": seen, "right": right}
        yield not torch.equal(seen, right) and _no_triple(call), "own-product", {"seen": seen, "right": right}
        compared = any(name == "SignMask" for name, _ in call["dealt"])
        yield not torch.equal(seen, right) and not compared, "slices", {"seen": seen, "right": right}
        yield not torch.equal(seen, right) and not same.any(), "absent", {"seen": seen}
        yield not torch.equal(seen, right) and not seen.any(), "missed", {"right": right}
        yield not torch.equal(seen, right), "wrong-value", {"seen": seen, "right": right}


def _no_triple(call: Evidence) -> bool:
    return not any(name == "Triple" for name, _ in call["dealt"])


def _question(draw: Draw, n: int, entries: int, most: int, at: int | None = None) -> Question:
    """The key is that of entry `at`; None: of no entry; -1: of any but the first."""
    keys = torch.tensor(draw.sample(range(-most, most), entries)) * 2 + 1
    values = draw.integers(entries, low=10**6, high=10**8)
    if at is None:
        key = torch.tensor(2 * draw.randint(10, most))
    else:
        key = keys[at if at >= 0 else draw.randint(1, entries - 1)].clone()
    others = [i for i in range(entries) if keys[i] != key][:4]
    keys[others] = key + torch.tensor([1, -1, 5001, -5001])[: len(others)]  # neighbours, and far ones on both sides
    return watched.drawn(draw, [keys, values, key], n)
