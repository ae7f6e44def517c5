"""Exercise 11.4: which of two secrets is smaller, and what it is."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch

from course.exercises.nb11 import watched
from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register
from course.smpc.shares import total


@register
class Smaller(Exercise):
    id = "11.4"
    title = "less than, and the smaller one"
    minutes, points = 8, 4
    objective = "compare two secrets and go on with the result, which stays shared"
    promises = ("masked",)
    given = """
from course.smpc.comparison import negative
from course.smpc.products import multiply
"""
    stub = '''
def smaller(
    parties, x: torch.Tensor, y: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Where x is less than y, and the smaller of the two, number by number.

    x, y: shares, int64 (holders, *shape), of numbers between -2**62 and 2**62.
    negative(parties, x): shares of 1 where a secret is below 0, of 0 elsewhere.
    multiply(parties, x, y): shares of x * y.
    Open nothing yourself: programs of the library, such as these two, do it under masks.
        Nobody sees x, y, their difference, or a result.
    returns: (less, least). less: shares of 1 where x < y, of 0 elsewhere, also where
        they are equal. least: shares of the smaller one. Both int64 (holders, *shape).
    >>> less, least = smaller(parties, shared([3, 9]), shared([4, 2]))
    >>> total(less), total(least)
    (tensor([1, 0]), tensor([3, 2]))
    """
    raise NotImplementedError
'''
    hints = (
        "x < y says something about the sign of a difference. Which one?",
        "There is no `if` on shares: the holders do not know the 1 from the 0. Multiply by it instead.",
        "less = negative(parties, …); least = y + multiply(parties, …, …)",
    )
    success = "Equal ones, both signs, two to five holders: both results right, both still shared, nothing opened bare."
    says = """
no-pair      {call} returned {what}; expected two tensors: less, then least.
             -> What stands after `returns`?
no-shares    {call} returned {what}; expected shares, {due}, in each of the two.
             -> What has each holder at the end?
bare         In {call} this was opened: {seen}. It stands in {name}. Comparing is easy then; the secret is
             out.
             -> Which of your lines opens, and what does `negative` do without you?
result-open  In {call} {name} was opened. Everybody knows now which is smaller: that was to stay shared.
             -> What can shares of 0 and 1 be multiplied by, without being seen?
unmasked     In {call} numbers from {low} to {high} were opened. A uniform mask spreads what is opened over the whole
             ring. These tell how large a secret is.
             -> What has to be added before, and where does it come from?
openings     In {call} {bare} of the opened numbers lay under no mask of the dealer's of their own. A factor, a shift
             or a number that one of you drew hides nothing from whoever knows it.
             -> What opens something besides `negative` and `multiply`?
by-hand      In {call} what holder {k} sent or ended with changed with what the others hold, though the same was
             opened. In your function it used shares that are not its own.
             -> Which line adds up, picks or compares over the first axis?
slices       In {call} each holder compared its own shares: less is {seen}; expected {right}. A share is noise, and so
             is its sign.
             -> Who knows the sign of a sum of shares?
everybody    The shares of {part} in {call} add up to {seen}; expected {right}. Each of {n} holders added the public 1,
             or took it away.
             -> How many holders add what is public?
or-equal     The shares of less in {call} add up to {seen}; expected {right}. Equal ones count as less here.
             -> For x = y the difference is 0: what does `negative` say of it?
turned       The shares of less in {call} add up to {seen}; expected {right}. That is where x is the larger.
             -> Which difference is negative where x < y?
wrong-less   The shares of less in {call} add up to {seen}; expected {right}.
             -> Which secret does `negative` get, and who adds what is public?
largest      The shares of least in {call} add up to {seen}; expected {right}. That is the larger of the two.
             -> Where less is 1, which of the two is left?
own-product  The shares of least in {call} add up to {seen}; expected {right}. Each holder multiplied its own shares.
             -> Which function multiplies secrets?
difference   The shares of least in {call} add up to {seen}; expected {right}. That is only the product.
             -> To which of the two is it added?
wrong-least  The shares of least in {call} add up to {seen}; expected {right}.
             -> Put 1 and then 0 for less into your line: which of the two is left?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [
            _question(draw, 3, (6,), 9999),
            _question(draw, 2, (2, 3), 2**40),
            _question(draw, 5, (4,), 2**61),
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        return watched.asked(answer, question)

    def looks(self, question: Question, call: Evidence) -> Looks:
        (x, y), n = (total(shares) for shares in question["shares"]), question["n"]
        yield {"call": f"`{call['text']}`"}
        form = evidence.returned_a(call, (torch.Tensor, torch.Tensor), "two tensors")
        yield form is not None, "no-pair", {"what": form.facts["what"] if form else ""}
        for part in call["returned"]:
            yield from watched.form(call, n, tuple(x.shape), 2, part)
        less, least = (x < y).long(), torch.minimum(x, y)
        for name, secret in (("less", less), ("its opposite", 1 - less)):
            yield watched.is_opened(call, secret), "result-open", {"name": name}
        yield watched.bits_opened(call), "result-open", {"name": "a number of less"}
        yield from watched.bare(call, {"x": x, "y": y, "x - y": x - y})
        yield from watched.under_masks(call)
        seen, right = total(call["returned"][0]), less
        slices = [(one < two).long().sum(0) for one, two in (question["shares"], question["shares"][::-1])]
        slices += [(one - two < 0).long().sum(0) for one, two in (question["shares"], question["shares"][::-1])]
        mistakes: dict[str, Any] = {
            "everybody": evidence.any_of(
                *(side.long() + n - 1 for side in (x < y, x <= y, x > y, x >= y)),
                (y - x >= n).long(),
                (x - y < n).long(),
            ),
            "or-equal": (x <= y).long(),
            "turned": evidence.any_of((x > y).long(), (x >= y).long()),
            "slices": evidence.any_of(*slices),
        }
        for place in (0, 1):
            yield from watched.on_their_own(question, call, partial(_item, place))
        for wrong, tag, _ in evidence.leads_to(call, right, mistakes, value=seen):
            yield wrong, tag, {"seen": seen, "right": right, "part": "less"}
        yield not torch.equal(seen, right), "wrong-less", {"seen": seen, "right": right}
        seen, right = total(call["returned"][1]), least
        (one, two), first = question["shares"], call["returned"][0]
        own = y + (first * (one - two)).sum(0), x + (first * (two - one)).sum(0)
        mistakes = {
            "everybody": evidence.any_of(*(least + (n - 1) * one for one in (x, y, y - x, x - y))),
            "largest": torch.maximum(x, y),
            "own-product": evidence.any_of(*own),
            "difference": evidence.any_of(less * (x - y), less * x),
        }
        for wrong, tag, _ in evidence.leads_to(call, right, mistakes, value=seen):
            yield wrong, tag, {"seen": seen, "right": right, "part": "least"}
        yield not torch.equal(seen, right), "wrong-least", {"seen": seen, "right": right}


def _item(place: int, returned: Any) -> Any:
    return returned[place] if isinstance(returned, list | tuple) and len(returned) == 2 else None


def _question(draw: Draw, n: int, shape: tuple[int, ...], most: int) -> Question:
    x, y = (draw.integers(*shape, low=-most, high=most) * 2 + 5 for _ in "xy")
    y.view(-1)[1] = x.view(-1)[1]
    y.view(-1)[2], y.view(-1)[0] = x.view(-1)[2] + 1, x.view(-1)[0] - 1
    return watched.drawn(draw, [x, y], n)
