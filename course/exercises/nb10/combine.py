"""Exercise 10.2: sums, differences and public factors, on shares that stay where they are."""

from __future__ import annotations

from typing import Any

import torch

from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, at, register
from course.learn.plain import Pointer
from course.learn.words import plural, size


@register
class Combine(Exercise):
    id = "10.2"
    title = "compute on shares"
    minutes, points = 8, 4
    objective = "add, subtract and scale secrets, each holder on its own shares"
    promises = ("private", "tidy")
    stub = '''
def combine(x: list, y: list, factor: int, constant: int) -> list:
    """Shares of factor * x - y + constant. No share leaves its holder.

    x, y: shares of two secrets: lists of pointers to int64 tensors of one shape. In
        both, entry k lies at holder k. They stay as they are.
    factor, constant: public numbers. They may go to every holder; nothing else travels.
    returns: a list of pointers, entry k at holder k: its new share. All new shares add
        up to factor * x - y + constant in the ring. The holders keep nothing else.
    >>> [share.location.id for share in combine(x, y, 3, 100)]
    ['alice', 'bob', 'claire']
    """
    # 1. each holder, with its own two shares
    # 2. the public constant
    raise NotImplementedError
'''
    hints = (
        "The sum of all shares is the secret. What each holder does to its share, it does to a part of that sum.",
        "Multiply the sum by a factor, and each part is multiplied. Add a constant to the sum: how often is it added?",
        "shares = [factor * a - … for a, b in zip(…, …)]; then one entry, and only one, gets … + constant",
    )
    success = "Two to five holders, signs and sizes of all kinds: the sum is right, and no share went anywhere."
    advice = {
        "TensorsNotCollocatedException": "Entry k of x and entry k of y lie together. A tensor of yours lies with you; "
        "a Python number goes along with the request."
    }
    says = """
came-home    {found}. Shares that meet are no shares any more: you can add them up.
             -> What can each holder do on its own?
gathered     {found}. Whoever holds all shares of a secret holds the secret.
             -> Which line makes a share travel?
too-much     {found}. What everybody may know are two numbers, `factor` and `constant`.
             -> What does a holder need from you?
no-list      {call} returned {what}; expected a list of {n} pointers, entry k at holder k.
             -> What has each holder at the end?
elsewhere    Entry {k} of the result is not at {holder}.
             -> Who computes entry {k}, and of what?
no-ring      After {call}, the new share at {holder} is `{seen}`; expected `{due}`. Floats round, and the ring is gone.
             -> Which number in your line is not an int?
everybody    {call}: shares of {seen}; expected {right}. That is the constant {constant}, {n} times: each of {n}
             holders added it.
             -> How often does the sum get it, if each holder adds it?
divided      {call}: shares of {seen}; expected {right}. Each holder added a quotient of {constant} by {n}, and
             remainders were lost.
             -> Who could add the whole of it?
no-constant  {call}: shares of {seen}; expected {right}. The constant {constant} is missing.
             -> Which holder adds it?
first-only   {call}: shares of {seen}; expected {right}. Not all of the holders did their part.
             -> For which operations is one holder enough, and for which not?
no-factor    {call}: shares of {seen}; expected {right}. That is x - y + {constant}: the factor {factor} is missing.
             -> What does each holder do with its share of x?
no-y         {call}: shares of {seen}; expected {right}. That is {factor} * x + {constant}: y is missing.
             -> What does each holder do with its share of y?
minus        {call}: shares of {seen}; expected {right}. The constant {constant} was subtracted.
             -> Which sign has it in the docstring?
added        {call}: shares of {seen}; expected {right}. That is a sum where the difference was asked for.
             -> What does each holder do with its share of y?
turned       {call}: shares of {seen}; expected {right}. That is x and y the other way round.
             -> Which of the two is subtracted?
factor-late  {call}: shares of {seen}; expected {right}. The factor was used on more than x.
             -> What belongs to the factor, and what comes after it?
wrong-sum    {call}: shares of {seen}; expected {right}.
             -> Take two holders and small numbers, and do it on paper: where do the two first differ?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [
            _question(draw, 3, (), draw.randint(4, 9), draw.randint(101, 999)),
            _question(draw, 2, (3,), -draw.randint(2, 9), -draw.randint(101, 999) * 2 + 1),
            _question(draw, 5, (2, 2), 2 ** draw.randint(20, 30) + 1, 5 * draw.randint(20, 99) + 3),
        ]

    def looks(self, question: Question, call: Evidence) -> Looks:
        x, y, factor, constant = question["args"]
        holders, n = [share.location for share in x], len(x)
        yield {"n": n, "constant": constant, "factor": factor}
        public = {("me", holder): [share.value, share.value] for share, holder in zip(x, holders, strict=True)}
        tags: dict[Any, str] = {"me": "came-home"} | dict.fromkeys(public, "too-much")
        yield evidence.only_travels(call, public, tags=tags, tag="gathered")  # factor and constant, of a share's shape
        form = evidence.returned_a(call, [Pointer], "a list of pointers")
        what = form.facts["what"] if form else plural(len(call["returned"]), "pointer")
        yield form is not None or len(call["returned"]) != n, "no-list", {"what": what}
        for k, holder in enumerate(holders):
            yield not evidence.is_at(call["returned"][k], holder), "elsewhere", {"k": k, "holder": holder}
        shares = evidence.far_end(call["returned"])
        for share, old, holder in zip(shares, evidence.far_end(x), holders, strict=True):
            facts = {"holder": holder, "seen": size(share), "due": size(old)}
            yield share.dtype != old.dtype or share.shape != old.shape, "no-ring", facts
        yield evidence.still_there(call, 0, 1)
        yield evidence.inputs_unchanged(call, 0, 1, because="it is a share of a secret that is still needed")
        right, mistakes = _sums(evidence.far_end(x), evidence.far_end(y), factor, constant)
        total = added(shares)
        sums = {"seen": f"{total.tolist()}", "right": f"{right.tolist()}"}
        for wrong, tag, _ in evidence.leads_to(call, right, mistakes, value=total):
            yield wrong, tag, sums
        yield not torch.equal(total, right), "wrong-sum", sums
        yield evidence.leaves(call, holders, new=1)
        yield evidence.spares_strangers(call)


def shared(draw: Draw, secret: torch.Tensor, holders: list[str]) -> list[Any]:
    """Shares of a secret at these holders, as a question's data."""
    masks = [draw.integers(*secret.shape, low=-(2**63), high=2**63 - 1) for _ in holders[1:]]
    return [at(holder, share) for holder, share in zip(holders, [*masks, secret - sum(masks)], strict=True)]


def added(shares: list[torch.Tensor]) -> torch.Tensor:
    """What they add up to in the ring."""
    return torch.stack(shares).sum(dim=0)


def _question(draw: Draw, n: int, shape: tuple[int, ...], factor: int, constant: int) -> Question:
    holders = draw.people(n)
    x, y = (shared(draw, draw.integers(*shape, low=-5000, high=5000), holders) for _ in "xy")
    return {"args": [x, y, factor, constant]}


def _sums(x: list[Any], y: list[Any], factor: int, constant: int) -> tuple[torch.Tensor, dict[str, Any]]:
    """What the new shares should add up to; what known mistakes make them add up to."""
    a, b, n = added(x), added(y), len(x)
    right = factor * a - b + constant
    some = [right - constant + sign * k * constant for sign in (1, -1) for k in range(2, n)]
    parts = [factor * a - one + constant for one in y] + [factor * one - b + constant for one in x]
    parts += [factor * one + a - one - b + constant for one in x]
    mistakes = {
        "everybody": right + (n - 1) * constant,
        "divided": evidence.any_of(*(right - constant + n * part for part in _quotients(constant, n))),
        "no-constant": right - constant,
        "no-factor": evidence.any_of(a - b + constant, a - b + n * constant),
        "no-y": evidence.any_of(factor * a + constant, factor * a + n * constant),
        "minus": evidence.any_of(right - 2 * constant, right - (n + 1) * constant),
        "added": evidence.any_of(factor * a + b + constant, factor * a + b + n * constant),
        "turned": evidence.any_of(factor * b - a + constant, b - factor * a + constant),
        "factor-late": evidence.any_of(
            factor * (a - b) + constant,
            *(factor * (a - b + k * constant) for k in (1, n)),
            *(factor * (a + k * constant) - b for k in (1, n)),
        ),
        "first-only": evidence.any_of(*parts, *some),
    }
    return right, mistakes


def _quotients(constant: int, n: int) -> set[int]:
    """Down, towards zero and to the nearest; not the exact one."""
    found = {constant // n, int(constant / n), round(constant / n)}
    return {part for part in found if part * n != constant}
