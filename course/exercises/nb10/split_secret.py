"""Exercise 10.1: a secret in n shares, of which any n - 1 say nothing."""

from __future__ import annotations

import random
from itertools import combinations, product

import numpy
import torch

from course.learn import evidence
from course.learn.difference import kind
from course.learn.draws import Draws
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register

SIGMAS = 7  # of some 20,000 bits that are counted, none is so far off by chance
SMALL = 2**60
FEW = 2**50  # four uniform numbers are never all smaller


@register
class SplitSecret(Exercise):
    id = "10.1"
    title = "split a secret"
    minutes, points = 8, 4
    objective = "split a secret into n shares, so that any n - 1 of them say nothing"
    promises = ()
    given = """
from course.smpc.randomness import Randomness
uniform = Randomness().uniform
"""
    stub = '''
def split_secret(secret: torch.Tensor, n: int) -> list[torch.Tensor]:
    """Split a secret into n additive shares over the ring of all int64 numbers.

    secret: int64, any shape, any numbers of the ring. It stays as it is.
    n: how many holders, 2 or more.
    returns: a list of n int64 tensors of that shape. In the ring they add up to the
        secret. Any n - 1 of them are uniform over the whole ring, and tell nothing of
        it: each number of the secret is split on its own, and anew in each call.
    Draw with `uniform`: the generators of torch, NumPy and Python's `random` repeat
        themselves for whoever has the seed.
    >>> sum(split_secret(torch.tensor(3200), 5)).item()
    3200
    """
    # 1. a mask for each holder but the last
    # 2. for the last: what is missing
    raise NotImplementedError
'''
    hints = (
        "All shares but one need not know the secret at all. What is left for the last one?",
        "`uniform(secret.shape)` makes one share. The last is the secret, minus all of the others.",
        "masks = [uniform(…) for … in range(…)], then a list of n: [*masks, … - …]",
    )
    success = (
        "Two to seven shares of all shapes add up, and in 2,000 draws no n - 1 of them, added or subtracted, showed a "
        "pattern."
    )
    says = """
no-list      {call} returned {what}; expected a list of {n} int64 tensors of shape {shape}, one for each holder.
             -> What does each holder get?
input-changed  {call} changed the secret that it was given. Its owner still needs it.
             -> Which operation works in place?
divided      {call} split {first} into {seen}. Each holder knows the secret, but for a remainder: it is {n} times
             what they see.
             -> Which shares can be drawn without a look at the secret?
bare         In {call}, share {k} is the secret itself. Its holder needs nobody else.
             -> What has to be hidden in each share?
wrong-sum    The shares of {call} add up to {total}{where}; expected {secret}. Whoever puts them together finds another
             number.
             -> What is the secret, less all shares but the last?
one-mask     In {call}, share {k} hides different places with the same number. Its holder sees by how much any two
             numbers of the secret differ, where the difference is in that share.
             -> How many numbers have to be drawn for a tensor?
one-number   Share {k} of {call} has shape {seen_shape}: one number for all {numbers} of the secret. Whoever holds a
             share made with it sees by how much any two numbers of the secret differ.
             -> How many numbers have to be drawn for a tensor?
small-range  In {call}, share {k} lies between {low} and {high}. That is a small part of the ring: the holders of the
             others add theirs up, and know the secret within that range.
             -> Over which range must a mask be drawn, so that adding any number gives the same range?
half-ring    In {call}, share {k} was never {sign} in 2,000 draws. Half of the ring is missing, so the holders of the
             others can rule out half of all secrets.
             -> What are the smallest and the largest int64?
not-uniform  In 2,000 draws of {call}, bit {bit} of share {k} was 1 in {ones}; of uniform numbers it is in about 1,000.
             Who holds the others reads that bit of the secret.
             -> Which operation takes a part of the ring away?
same-mask    In {call}, shares {j} and {k} hide with one and the same mask. So these two holders, or one of them with
             others, are left with less to guess than one number of the ring.
             -> How many masks have to be drawn for {n} holders?
together     In 2,000 draws of {call}, bit {bit} of {what} was 1 in {ones}; about 1,000 were due. These holders together
             see more than noise.
             -> Do all masks come from draws of their own?
no-draw      Two calls gave the same shares, {seen}. Whoever has a share of yesterday's and one of today's sees the
             difference of the two secrets.
             -> When is a mask drawn, and for how many calls?
not-anew     Two calls of {call} have to do with each other: share {k} of the second, less share {j} of the first, is no
             noise at bit {bit}. Whoever has both learns more than nothing.
             -> Is every mask of a call drawn in that call?
repeatable   In {call} not all masks came from `uniform`. Others came from a generator that repeats itself for whoever
             has its seed, or guesses it, as from a clock: they draw your masks, and subtract them.
             -> Which generator has no seed?
too-few      {call} needs {needed} bytes of masks for {n} holders, and drew fewer with `uniform`: some hide twice, or
             come from elsewhere.
             -> How many numbers has each mask, and where does it come from?
seeded       The check set the seeds of torch, `random` and NumPy to 1, twice, and the same shares came twice, {seen}.
             Who knows the seed, or guesses it, draws your masks, and subtracts them.
             -> Which generator cannot be wound back?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        secrets = (draw.randint(10, 99), -draw.randint(10**6, 10**7), draw.randint(2**61, 2**62))
        many = [{"args": [torch.full((40, 50), s), n]} for s, n in zip(secrets, (3, 2, 4), strict=True)]
        return [
            *many,
            {"args": [draw.integers(low=10, high=9999), 5]},
            {"args": [torch.tensor([[2**63 - 1, -(2**63)], [0, -draw.randint(1, 99)]]), 7]},
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        secret, n = question["args"]
        numpys_state = numpy.random.get_state()
        drawn = []
        try:
            for seeded in (True, True, False):
                if seeded:
                    torch.manual_seed(1)
                    random.seed(1)
                    numpy.random.seed(1)
                draws = answer.within = Draws(getattr(answer.function, "__globals__", None))
                answer(secret.clone(), n)
                drawn.append((draws.count, draws.safe))
        finally:
            numpy.random.set_state(numpys_state)
        return {"drawn": drawn}

    def looks(self, question: Question, call: Evidence) -> Looks:
        secret, n = question["args"]
        yield {"n": n}
        form = evidence.returned_a(call, (torch.Tensor,) * n, f"a list of {n} tensors")
        facts = {"what": form.facts["what"] if form else kind(call["returned"]), "shape": f"{tuple(secret.shape)}"}
        yield form is not None or not isinstance(call["returned"], list), "no-list", facts
        for k, share in enumerate(call["returned"]):
            single = share.dtype == torch.int64 and share.numel() == 1 < secret.numel()
            numbers = {"k": k, "seen_shape": f"{tuple(share.shape)}", "numbers": secret.numel()}
            yield single, "one-number", numbers
            what = f"a list in which share {k} is {str(share.dtype)[6:]} of shape {tuple(share.shape)}"
            yield share.dtype != torch.int64 or share.shape != secret.shape, "no-list", {**facts, "what": what}
        yield evidence.inputs_unchanged(call, 0, because="its owner still needs it")
        shares, again, third = ([*one["returned"]] for one in call["calls"])
        first = ", ".join(str(share.flatten()[0].item()) for share in shares)
        yield {"seen": first, "first": f"{secret.flatten()[0]}"}
        quotient = secret // n
        equal = sum(bool(((share - quotient).abs() <= 1).all()) for share in shares)
        yield equal >= n - 1 and bool((secret.abs() > 2 * n).any()), "divided"
        yield from _adds_up(sum(shares, torch.zeros_like(secret)), secret)
        for k, share in enumerate(shares):
            yield bool(secret.any()) and torch.equal(share, secret), "bare", {"k": k}
        if secret.numel() == 2000:
            yield from _uniform(shares)
        yield from _same_masks(shares)
        for k, share in enumerate(shares):
            low, high = int(share.min()), int(share.max())
            few = secret.numel() > 3 and low > -FEW and high < FEW
            yield few, "small-range", {"k": k, "low": f"{low}", "high": f"{high}"}
        yield all(map(torch.equal, shares, third)), "no-draw"
        yield any(map(torch.equal, shares, again)) or any(map(torch.equal, again, third)), "seeded"
        if secret.numel() == 2000:
            yield from _anew(again, third)
        needed = secret.nbytes * (n - 1)
        yield any(count for count, _ in call["drawn"]), "repeatable"
        yield any(safe < needed for _, safe in call["drawn"]), "too-few", {"needed": needed}


def _adds_up(total: torch.Tensor, secret: torch.Tensor) -> Looks:
    """The sum is the secret; if not, the first place where it differs, with all digits."""
    for at in (total != secret).nonzero().tolist():
        where = f" at position {at}" if at else ""
        seen, due = (str(one[tuple(at)].item()) for one in (total, secret))
        yield True, "wrong-sum", {"total": seen, "secret": due, "where": where}


def _uniform(shares: list[torch.Tensor]) -> Looks:
    """2,000 draws of shares of the same secret: each share, and what fewer than all of them make together."""
    for k, share in enumerate(shares):
        repeated = [bool((share == share[:1]).all()), bool((share == share[:, :1]).all())]
        yield any(repeated), "one-mask", {"k": k}
    for k, share in enumerate(shares):
        low, high = int(share.min()), int(share.max())
        yield low > -SMALL and high < SMALL, "small-range", {"k": k, "low": f"{low}", "high": f"{high}"}
        yield low >= 0 or high < 0, "half-ring", {"k": k, "sign": "negative" if low >= 0 else "positive"}
    yield from _same_masks(shares)
    for factors in sorted(product((0, 1, -1, 2), repeat=len(shares)), key=lambda one: sum(map(bool, one))):
        if all(factors) or not any(factor % 2 for factor in factors):
            continue  # all of them tell the secret; twice a number is even
        ones = _ones(sum(factor * share for factor, share in zip(factors, shares, strict=True)))
        off = (ones - 1000).abs()
        bit, used = int(off.argmax()), [k for k, factor in enumerate(factors) if factor]
        facts = {"bit": bit, "ones": int(ones[bit]), "k": used[0], "what": _sum(factors)}
        wrong = bool(off.max() > SIGMAS * (2000 / 4) ** 0.5)
        yield wrong, "not-uniform" if len(used) == 1 else "together", facts
    for k, share in enumerate(shares):
        yield len(set(share.flatten().tolist())) < share.numel(), "one-mask", {"k": k}


def _same_masks(shares: list[torch.Tensor]) -> Looks:
    for j, k in combinations(range(len(shares)), 2):
        alike = any(torch.equal(shares[j], sign * shares[k]) for sign in (1, -1))
        yield alike, "same-mask", {"j": j, "k": k}


def _anew(before: list[torch.Tensor], after: list[torch.Tensor]) -> Looks:
    """What a share of one call and one of the next make together is noise, too."""
    for j, k in product(range(len(before)), repeat=2):
        ones = _ones(after[k] - before[j])
        off = (ones - 1000).abs()
        bit = int(off.argmax())
        yield bool(off.max() > SIGMAS * (2000 / 4) ** 0.5), "not-anew", {"j": j, "k": k, "bit": bit}


def _ones(numbers: torch.Tensor | int) -> torch.Tensor:
    """How often each of the 64 bits is 1, the lowest first."""
    assert isinstance(numbers, torch.Tensor)
    return torch.stack([((numbers >> bit) & 1).sum() for bit in range(64)])


def _sum(factors: tuple[int, ...]) -> str:
    """In words: share 0 - share 2."""
    signs = {1: "+ share {}", -1: "- share {}", 2: "+ 2 · share {}"}
    return " ".join(signs[factor].format(k) for k, factor in enumerate(factors) if factor).removeprefix("+ ")
