"""Exercise 10.4: a product in fixed precision, opened as one number and brought back to its scale."""

from __future__ import annotations

import torch

from course.exercises.nb10.combine import shared
from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, observe, real, register, strangers
from course.learn.plain import Pointer

RING = 2**64


@register
class WeightedSum(Exercise):
    id = "10.4"
    title = "rescale after a product"
    minutes, points = 9, 4
    objective = "bring a product in fixed precision back to its scale, without opening its factors"
    promises = ("private",)
    stub = '''
def weighted_sum(shares: list, weights: torch.Tensor, digits: int) -> torch.Tensor:
    """The sum of weights[i] * secret[i], in fixed precision. Nothing else is opened.

    shares: pointers to int64 tensors of one dimension, one at each holder: shares of
        secret numbers, encoded with `digits` digits. They stay where they are.
    weights: float64, as many, public; none has more than `digits` digits.
    Each holder may get the encoded weights, and sends you one number, once. Nobody
    else gets any.
    returns: int64, no dimension: the sum, encoded with `digits` digits. Round it up or
        down as you like: it is at most 1 away from the exact one. Before the division it
        may be as large as the ring has room for: floats have too few digits.
    >>> weights = torch.tensor([0.5, 2.0], dtype=torch.float64)
    >>> weighted_sum(shares, weights, 2)  # of 3 and -1.5
    tensor(-150)
    """
    # ... and last: add on the ring, then divide
    raise NotImplementedError
'''
    hints = (
        "A factor in hundredths times a factor in hundredths counts ten-thousandths. And shares wrap around the ring: "
        "only their sum in the ring means anything.",
        "First add what came from the holders, as int64. Then divide once. `torch.div` with rounding_mode keeps int64.",
        'torch.div(sum(….get() for …), …, rounding_mode="floor")',
    )
    success = "Two to five holders, shares that wrap around: the right sum, and of the secret nothing but that sum."
    advice = {
        "TensorsNotCollocatedException": "The weights are here, the share is there. Which of them is public?",
    }
    says = """
opened       {found}. Then you have all shares of each single number, and they add up to the secret.
             -> What can a holder do with its share before anything travels?
shown        {found}. Whoever gets the shares of others can add them up.
             -> Which line makes a share travel?
many-weights  {found}.
             -> What do the holders need to multiply, and how often?
more-opened  {call}: what the holders sent adds up to {opened}; the weighted sum, with all its digits, is {total}. The
             difference tells something else of the secrets, and you have it.
             -> What does a holder send besides its part of the sum?
no-ring      {call} returned {what}; expected one int64 number without a dimension.
             -> Which line leaves the ring?
each-own     {call} returned {seen}; expected {due}. Each holder divided its own share. But shares wrap around the ring,
             and 2**64 divided by {scale} is not 0: the sum is off by {wraps} times that.
             -> What has to be added up before it is divided?
decoded-first  {call} returned {seen}; expected {due}. What came from the holders was not added in the ring: it was
             divided first, or added as Python's numbers or floats. These do not wrap around.
             -> Which comes first, the sum or the division, and in which dtype?
float-parts  {call} returned {seen}; expected {due}. The holders sent floats. A share has up to 19 digits, and a float64
             has room for 16 of them.
             -> What must the weights be, before they go to the holders?
whole-weights  {call} returned {seen}; expected {due}. What stands behind the point of the weights is gone.
             -> How many units of 1/{scale} has a weight of 0.29?
scale-left   {call} returned {seen}; expected {due}. The product of two factors in units of 1/{scale} counts units of
             1/{scale}, squared.
             -> By what is it too large?
twice        {call} returned {seen}; expected {due}. It was divided by the scale twice, or
             once, where the weights were never multiplied by it.
             -> How often is the scale in your product?
digits-as-scale  {call} returned {seen}; expected {due}. Somewhere {digits} was taken for the scale.
             -> How large is 1, encoded with {digits} digits?
float        {call} returned {seen}; expected {due}. So it is with a division in floats, which have no room for all
             digits of an int64.
             -> Which division stays among whole numbers?
cut-weights  {call} returned {seen}; expected {due}. One of the encoded weights is 1 too small: 0.29 times 100 is
             28.999999999999996 in floats.
             -> What comes between the product and `long()`?
no-weights   {call} returned {seen}; expected {due}. That is the sum without its weights.
             -> Where are the shares multiplied?
wrong-sum    {call} returned {seen}; expected {due}, or 1 more or less.
             -> Take one number and a weight of 1: what comes out?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        large = [_question(draw, *one) for one in ((3, 2, 4), (5, 3, 2), (2, 1, 3), (4, 4, 5))]
        return [_question(draw, 3, 2, 2, small=True), *large]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        others = strangers([share.location for share in question["args"][0]])
        answer.keeps = True
        answer(*real(question["args"]))
        return {"strangers": observe(others)}

    def looks(self, question: Question, call: Evidence) -> Looks:
        shares, weights, digits = question["args"]
        holders, scale = [share.location for share in shares], 10**digits
        one = torch.zeros((), dtype=torch.int64)
        allowed = {(holder, "me"): one for holder in holders} | {("me", holder): weights for holder in holders}
        tags = {(holder, "me"): "opened" for holder in holders} | {("me", holder): "many-weights" for holder in holders}
        yield evidence.only_travels(call, allowed, tags=tags, tag="shown")
        form = evidence.returned_a(call, torch.Tensor, "an int64 tensor")
        yield form is not None, "no-ring", {"what": form.facts["what"] if form else ""}
        value = call["returned"]
        if not isinstance(value, torch.Tensor) or value.dtype != torch.int64 or value.dim():
            yield True, "no-ring", {"what": f"a tensor of {value.dtype}, shape {tuple(value.shape)}"}
        codes = [int(code) for code in (weights * scale).round().long()]
        parts = [_signed(_dot(share.value, codes)) for share in shares]
        total, seen = _signed(sum(parts)), int(value)
        yield {"seen": f"{seen}", "due": f"{(total + scale // 2) // scale}", "scale": f"{scale}", "digits": digits}
        if abs(seen * scale - total) > scale:
            yield from _why(question, call, total, parts)
        opened = _signed(sum(int(one) for one in call["arrived"] if not one.is_floating_point() and one.numel() == 1))
        yield opened == _signed(sum(int(share.value.sum()) for share in shares)), "no-weights"
        yield opened not in (total, _signed(-total)), "more-opened", {"opened": f"{opened}", "total": f"{total}"}
        yield evidence.still_there(call, 0)
        yield evidence.inputs_unchanged(call, 0, 1)
        yield evidence.spares_strangers(call)


def _why(question: Question, call: Evidence, total: int, parts: list[int]) -> Looks:
    """Which known mistake explains the number."""
    shares, weights, digits = question["args"]
    scale, seen, n = 10**digits, int(call["returned"]), len(shares)
    secret = [_signed(sum(int(share.value[i]) for share in shares)) for i in range(len(weights))]
    arrived = [one for one in call["arrived"] if one.numel() == 1]
    undivided = {int(one) for one in arrived if not one.is_floating_point()} >= set(parts)
    wraps = (sum(parts) - total) // RING
    loose = n + abs(sum(parts)) // scale // 2**20  # float32 has 24 bits for the largest of them
    off = abs(seen - sum(parts) // scale) <= loose
    yield off and wraps != 0 and undivided, "decoded-first"
    yield off and wraps != 0, "each-own", {"wraps": f"{wraps}"}
    yield any(one.is_floating_point() for one in arrived), "float-parts"
    whole, nearest = (sum(s * to(w) for s, w in zip(secret, weights.tolist(), strict=True)) for to in (int, round))
    yield seen in (nearest, whole) or abs(seen * scale - whole) < scale, "whole-weights"
    yield abs(seen - total) <= n, "scale-left"
    yield abs(seen * scale**2 - total) <= scale**2, "twice"
    scaled = sum(s * w for s, w in zip(secret, map(round, (weights * digits).tolist()), strict=True))
    others = scaled / scale, scaled / digits, total / digits
    yield any(abs(seen - other) <= n for other in others), "digits-as-scale"
    cut = sum(s * int(w) for s, w in zip(secret, (weights * scale).tolist(), strict=True))
    yield abs(seen * scale - cut) <= scale, "cut-weights"
    yield any(abs(seen - one) <= n for one in (sum(secret), sum(secret) // scale)), "no-weights"
    yield abs(seen - total / scale) <= abs(total / scale) / 2**20 + 1, "float"
    yield True, "wrong-sum"


def _signed(number: int) -> int:
    """A whole number as the int64 that stands for it in the ring."""
    return (number + RING // 2) % RING - RING // 2


def _dot(share: torch.Tensor, codes: list[int]) -> int:
    return sum(number * code for number, code in zip(share.tolist(), codes, strict=True))


def _question(draw: Draw, n: int, digits: int, count: int, small: bool = False) -> Question:
    """Secrets whose weighted sum fills most of the ring, or is small; one weight is cut by floats; the parts wrap."""
    scale = 10**digits
    codes = [draw.randint(175, 199) if small else draw.randint(1, 99 * scale) for _ in range(count)]
    codes[0] = 29 if digits == 2 else codes[0]
    if small:
        secret = draw.integers(count, low=200, high=299)
    else:
        largest = [draw.choice([-1, 1]) * 2**61 // count // code for code in codes]
        secret = torch.tensor([largest[0], *[one // 3 for one in largest[1:]]]) + draw.integers(count, low=1, high=99)
    while True:
        shares: list[Pointer] = shared(draw, secret, draw.people(n))
        parts = [_signed(_dot(share.value, codes)) for share in shares]
        if n == 2 or sum(parts) != _signed(sum(parts)):
            return {"args": [shares, torch.tensor(codes).double() / scale, digits]}
