"""Exercise 12.4: a range budget: no sum of clipped, encoded updates leaves the ring."""

from __future__ import annotations

from typing import Any

import torch

from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register
from course.smpc.randomness import SeededForTests
from course.smpc.shares import split as shares_of


@register
class WithinBudget(Exercise):
    id = "12.4"
    title = "a range budget"
    minutes, points = 8, 4
    objective = "clip and encode an update, so that the sum of all cannot leave the ring"
    promises = ()
    stub = '''
def within_budget(update: torch.Tensor, largest: float, clients: int, split) -> tuple:
    """Clip an update, encode it with the largest scale that is safe, and split it.

    update: float64, any shape. It stays as it is.
    largest: above 0, a fraction perhaps. A number above it becomes `largest`, one below
        -largest becomes -largest.
    clients: how many updates will be added up. The sum of them all, and of any of them,
        has to stay below 2**63, in units of 1/scale, whatever the updates are.
    split: `split(secret)` makes shares of an int64 tensor. Call it once.
    returns: (scale, shares). scale: an int, the largest power of two with
        clients * largest * scale < 2**63. shares: what `split` made of
        round(clipped * scale).
    >>> update = torch.tensor([9.0, -1.5]).double()
    >>> scale, shares = within_budget(update, 4.0, 8, lambda secret: [secret])
    >>> scale == 2**57, sum(shares) / scale
    (True, tensor([ 4.0000, -1.5000]))
    """
    raise NotImplementedError
'''
    hints = (
        "What has been split is uniform on the ring: nobody can see whether it is too large. So what comes first?",
        "Clip the floats with `clamp`. Then double a scale as long as the doubled one still fits. Encode, split.",
        "while clients * largest * … < 2**63: scale *= 2; …; return scale, split((….clamp(…, …) * scale).….long())",
    )
    success = "Three to a million clients, bounds of all sizes: as fine as it can be, and no sum leaves the ring."
    says = """
no-pair      {call} returned {what}; expected the scale, an int, and the shares that `split` made.
             -> What stands after `returns`?
input-changed  {call} changed the update. Its owner still needs it.
             -> Which operation works in place?
not-split    {call} called `split` {times}; expected once. What is not split is no secret any more; what is split twice
             counts twice.
             -> What goes to the aggregators?
no-int       {call} gave `split` a tensor of {seen}; expected {due}.
             -> Which line changes the dtype, or the shape?
after-sharing  {call} returned other shares than `split` made. They do not add up to the update any more: a share is
             uniform on the ring, so a bound on it is a bound on noise.
             -> When is a number still there to be clipped?
for-one      {call} chose the scale 2**{seen}; expected 2**{due}. One update fits, but {clients} of them do not: their
             sum wraps around, and a large number comes out negative.
             -> What is the largest sum that all can reach?
one-too-many  {call} chose the scale 2**{seen}; expected 2**{due}. With it the sum can be 2**63, and the largest int64
             is one less.
             -> Is the limit itself below the limit?
no-largest   {call} chose the scale 2**{seen}; expected 2**{due}: numbers up to {largest} were promised room.
             -> What is the largest sum in units of 1/scale?
whole-largest  {call} chose the scale 2**{seen}; expected 2**{due}. Behind the decimal point of `largest`, {largest},
             all was cut off, and what was cut off has no room.
             -> Which numbers may be whole, and which not?
from-update  {call} chose the scale 2**{seen}; expected 2**{due}. It hangs on the largest number of this update. Then
             each client has another scale, and tells with it how large its numbers are.
             -> Which of the arguments are agreed by all?
too-coarse   {call} chose the scale 2**{seen}; expected 2**{due}. It is safe, and rounds more than it has to.
             -> How far can the scale be doubled?
no-power     {call} chose the scale {scale}; expected 2**{due}, a power of two.
             -> What does the docstring say about the scale?
too-large    {call} chose the scale 2**{seen}; expected 2**{due}. Then a sum may leave the ring.
             -> What must stay below 2**63?
not-clipped  {call} encoded {x} as {code}; expected {right}. It is beyond the bound, so the budget does not hold for it:
             one client alone wraps the sum of all.
             -> Which numbers may be encoded at all?
one-sided    {call} encoded {x} as {code}; expected {right}. A number far below zero leaves the budget as one far above.
             -> Which two bounds are there?
unscaled-bound  {call} encoded {x} as {code}; expected {right}. The bound was used on encoded numbers, which count units
             of 1/scale.
             -> Is `largest` a bound for updates, or for their codes?
shrunk       {call} encoded {x} as {code}; expected {right}. The whole update was made smaller, also where it was within
             the bound.
             -> What does clipping do to a number that is small enough?
dropped      {call} encoded {x} as {code}; expected {right}: clipped to the bound, not to 0.
             -> What is the nearest number that is allowed?
cut-off      {call} encoded {x} as {code}; expected {right}, the nearest.
             -> What comes between the product and `long()`?
float32      {call} encoded {x} as {code}; expected {right}. So it is in float32, which has seven digits for everything.
             -> Which line leaves float64?
wrong-code   {call} encoded {x} as {code}; expected {right}.
             -> Clip, times the scale, round: which of these is missing?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        asked = (
            (draw.choice([3.0, 5.0, 6.0]), 3),
            (8.0, 4),
            (0.75, 1000),
            (1000.0, 10**6),
            (2.0**42, 2**20),
            (2.0**54, 100),
        )
        questions = [_question(draw, largest, clients) for largest, clients in asked]
        return [*questions, _question(draw, 5.5, 3), _question(draw, 1000.0, 10, within=32)]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        dealt: list[list[torch.Tensor]] = []
        draws = SeededForTests(question["seed"])

        def split(secret: Any) -> Any:
            dealt.append([secret.clone()])
            if secret.dtype != torch.int64:
                return [secret.clone()]
            dealt[-1] += [share.clone() for share in shares_of(secret, 3, draws)]
            return [share.clone() for share in dealt[-1][1:]]

        answer(question["update"].clone(), question["largest"], question["clients"], split)
        return {"dealt": dealt}

    def looks(self, question: Question, call: Evidence) -> Looks:
        update, largest, clients, dealt = (*(question[key] for key in ("update", "largest", "clients")), call["dealt"])
        yield evidence.inputs_unchanged(call, 0, because="its owner still needs it")
        times = f"{len(dealt)} times" if dealt else "never"
        yield len(dealt) != 1, "not-split", {"times": times}
        due = f"{torch.int64}, shape {tuple(update.shape)}"
        code, *shares = dealt[0]
        yield f"{code.dtype}, shape {tuple(code.shape)}" != due, "no-int", {
            "seen": f"{code.dtype}, shape {tuple(code.shape)}", "due": due,
        }  # fmt: skip
        form = evidence.returned_a(call, (int, [torch.Tensor]), "a pair")
        yield form is not None, "no-pair", {"what": form.facts["what"] if form else ""}
        scale, returned = call["returned"]
        same = len(returned) == len(shares) and all(map(torch.equal, returned, shares))
        yield not same, "after-sharing"
        yield from _scales(scale, largest, clients, float(update.clamp(-largest, largest).abs().max()))
        yield from _codes(update, code, largest, scale)


def _scales(scale: int, largest: float, clients: int, most: float) -> Looks:
    due = _exponent(clients * largest)
    yield {"due": due, "largest": f"{largest:g}", "scale": f"{scale}"}
    yield scale < 1 or scale & (scale - 1) != 0, "no-power"
    seen = scale.bit_length() - 1
    yield {"seen": seen}
    yield seen == _exponent(largest) != due, "for-one"
    yield seen == due + 1 and clients * largest * 2 ** (due + 1) == 2**63, "one-too-many"
    yield seen == _exponent(float(clients)) != due, "no-largest"
    yield most < largest and seen == _exponent(clients * most) != due, "from-update"
    yield largest % 1 != 0 and seen == _exponent(clients * max(int(largest), 1)) != due, "whole-largest"
    yield seen < due, "too-coarse"
    yield seen > due, "too-large"


def _codes(update: torch.Tensor, code: torch.Tensor, largest: float, scale: int) -> Looks:
    """The first number that was not clipped, scaled and rounded as the text says."""
    clipped = update.clamp(-largest, largest)
    right = (clipped * scale).round().long()
    shrunk = (update * (largest / max(largest, float(update.abs().max()))) * scale).round().long()
    by_norm = (update * min(1.0, largest / float(update.norm())) * scale).round().long()
    whole = torch.equal(code, shrunk) or torch.equal(code, by_norm)
    for x, seen, due in zip(update.flatten().tolist(), code.flatten().tolist(), right.flatten().tolist(), strict=True):
        yield {"x": f"{x:g}", "code": f"{seen}", "right": f"{due}"}
        if seen == due:
            continue
        yield whole, "shrunk"
        beyond = abs(x) > largest
        raw = int((torch.tensor(x).double() * scale).round().long())
        yield beyond and x < 0 and seen == raw and _others_clipped(update, code, right), "one-sided"
        yield beyond and seen == raw, "not-clipped"
        yield abs(seen) <= largest + 1 < abs(due) - 1 and seen != 0, "unscaled-bound"
        yield beyond and seen == 0, "dropped"
        yield abs(seen - due) == 1, "cut-off"
        narrow = int((torch.tensor(x).float().clamp(-largest, largest) * scale).round().long())
        yield seen == narrow or abs(seen - due) <= abs(due) / 2**23, "float32"
        yield True, "wrong-code"


def _others_clipped(update: torch.Tensor, code: torch.Tensor, right: torch.Tensor) -> bool:
    """Whether all is well above zero."""
    above = update > 0
    return torch.equal(code[above], right[above])


def _exponent(reach: float) -> int:
    """The largest one with reach * 2**exponent < 2**63."""
    exponent = 0
    while reach * 2 ** (exponent + 1) < 2**63:
        exponent += 1
    return exponent


def _question(draw: Draw, largest: float, clients: int, within: float = 1) -> Question:
    """Numbers within the bound and beyond it, on both sides; products with the scale that have to be rounded.

    `within`: the update is so many times smaller.
    """
    some = [draw.uniform(-1, 1) * largest for _ in range(8)]
    small = [draw.uniform(-1, 1) * 3 / 2 ** _exponent(clients * largest) for _ in range(8)]
    numbers = [*some, *small, 2.5 * largest, -largest, -3.5 * largest, largest]
    update = torch.tensor(draw.sample(numbers, len(numbers)), dtype=torch.float64).reshape(4, 5) / within
    return {"update": update, "largest": largest, "clients": clients, "seed": draw.randint(0, 2**31)}
