"""Exercise 10.3: numbers with a decimal point, as whole numbers of the ring, and back."""

from __future__ import annotations

from typing import Any

import torch

from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, register

EXACT = 1e-12  # relative: a division or a multiplication in float64


@register
class FixedPrecision(Exercise):
    id = "10.3"
    title = "encode and decode"
    minutes, points = 7, 3
    objective = "write numbers with a decimal point as whole numbers, and read them again"
    promises = ()
    stub = '''
def fixed_precision(x: torch.Tensor, digits: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Encode numbers in fixed precision, and decode them again.

    x: float64, any shape, positive and negative; in the ring all of them have room.
    digits: how many digits after the decimal point are kept, 0 or more.
    returns: (encoded, decoded). encoded: int64, each number in units of the last digit
        that is kept, rounded to the nearest; a half goes to the even neighbour, 2.5 to
        2 and 3.5 to 4. decoded: float64, the numbers that `encoded` stands for.
    >>> fixed_precision(torch.tensor([1.5, 20.0], dtype=torch.float64), 1)
    (tensor([ 15, 200]), tensor([ 1.5000, 20.0000], dtype=torch.float64))
    """
    # 1. encode
    # 2. decode
    raise NotImplementedError
'''
    hints = (
        "With three digits 3.141 is 3141 thousandths. How large is the unit, if `digits` digits are kept?",
        "10 ** digits is the scale. `torch.round` rounds halves to even. torch divides int64 by a number in float32.",
        "encoded = (x * …).….long(); decoded = encoded.double() / …",
    )
    success = "Signs, halves, large numbers, no digits to nine: encoded to the nearest, and decoded from what is left."
    says = """
no-pair      {call} returned {what}; expected two tensors, the encoded and the decoded.
             -> What stands after `returns`?
input-changed  {call} changed the numbers that it was given. Their owner still needs them.
             -> Which operation works in place?
wrong-form   {call} returned an {which} tensor of {seen}; expected {due}.
             -> Which of the two is for the ring, and which for people?
digits-as-scale  {call} encoded {x} as {seen}; expected {due}. The number of digits, {digits}, or ten times that, was
             taken for the scale.
             -> How many thousandths has 1, if three digits are kept?
two          {call} encoded {x} as {seen}; expected {due}. That is {x} times 2 ** {digits}: these are bits, and digits
             were promised.
             -> What is the base of decimal digits?
sign-lost    {call} encoded {x} as {seen}; expected {due}. A debt has become a fortune.
             -> What becomes of the sign in your line?
truncated    {call} encoded {x} as {seen}; expected {due}. What stands behind the last digit was cut off, always towards
             zero: sums of many numbers drift.
             -> What does `long()` do to 2.9?
floored      {call} encoded {x} as {seen}; expected {due}. That is always down: sums of many numbers drift.
             -> Which neighbour is the nearest?
halves       {call} encoded {x} as {seen}; expected {due}. Halves all go one way here, and the text says which way they
             go: to the even neighbour.
             -> Which of torch's functions rounds so?
half-and-cut  {call} encoded {x} as {seen}; expected {due}. A half was added, and the rest cut off towards zero. That
             is the nearest for positive numbers only.
             -> What becomes of -2.9, if you add a half and cut?
no-scale     {call} encoded {x} as {seen}; expected {due}. It was rounded, but counted in whole units.
             -> How many thousandths has 1, if three digits are kept?
cut-early    {call} encoded {x} as {seen}; expected {due}. What stands behind the point was gone before it was scaled.
             -> Which comes first: to scale, or to round?
rounded-early  {call} encoded {x} as {seen}; expected {due}. It was rounded before the product, and cut off after it:
             0.29 times 100 is 28.999999999999996 in floats.
             -> What comes between the product and `long()`?
int32        {call} encoded {x} as {seen}; expected {due}. So it is in int32, which ends at 2,147,483,647.
             -> Which dtype has the ring?
down         {call} encoded {x} as {seen}; expected {due}, the nearest. Halves all go one way here, towards zero.
             -> Which of torch's functions rounds a half to the even neighbour?
twice-rounded  {call} encoded {x} as {seen}; expected {due}. It was rounded twice, with a digit more at first: what was
             just below a half became a half.
             -> How often may a number be rounded?
narrow       {call} encoded {x} as {seen}; expected {due}. So it is in float32, which has seven digits for
             everything.
             -> Which line leaves float64?
wrong-code   {call} encoded {x} as {seen}; expected {due}.
             -> What is {x} in units of the last digit that is kept?
not-decoded  {call} gave back {seen}, the number as it came; expected {due}, what {code} stands for. What was rounded
             away is gone: nobody who holds the encoded number has it.
             -> From which of your tensors is `decoded` made?
whole        {call} decoded {code} as {seen}; expected {due}. All behind the decimal point is lost.
             -> Which division keeps it?
float32      {call} decoded {code} as {seen}; expected {due}. So it is in float32, with seven digits: the dtype in which
             torch divides int64 by a number.
             -> What has to become float64, and before which step?
wrong-number  {call} decoded {code} as {seen}; expected {due}.
             -> The code counts units: how large is one?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        digits = draw.choice([4, 5])
        return [
            {"args": [_mixed(draw, 6), digits]},
            {"args": [torch.tensor([[0.0625, 0.1875], [-0.0625, -0.1875]], dtype=torch.float64), 3]},
            {"args": [draw.integers(4, low=10**5, high=10**6).double() + draw.normal(4).double(), 6]},
            {"args": [_mixed(draw, 3).reshape(3, 1), 9]},
            {"args": [torch.tensor([0.29, -0.57, 1.13], dtype=torch.float64), 2]},  # 0.29 * 100 is 28.999999999999996
            {"args": [torch.tensor([-3.5, -2.5, 0.5, 1.5, 7.25], dtype=torch.float64), 0]},
            {"args": [torch.tensor(draw.randint(1000, 9999) + 0.67, dtype=torch.float64), 1]},
        ]

    def looks(self, question: Question, call: Evidence) -> Looks:
        x, digits = question["args"]
        yield {"digits": digits}
        form = evidence.returned_a(call, (torch.Tensor, torch.Tensor), "two tensors")
        yield form is not None, "no-pair", {"what": form.facts["what"] if form else ""}
        codes, numbers = call["returned"]
        for which, one, dtype in (("encoded", codes, torch.int64), ("decoded", numbers, torch.float64)):
            seen, due = f"{one.dtype}, {tuple(one.shape)}", f"{dtype}, {tuple(x.shape)}"
            yield which == "encoded" and seen != due, "wrong-form", {"which": which, "seen": seen, "due": due}
        yield evidence.inputs_unchanged(call, 0, because="its owner still needs it")
        right, scale = (x * 10**digits).round().long(), 10**digits
        yield from _first(codes, right, _codes(x, digits), "wrong-code", {"x": x})
        seen, due = f"{numbers.dtype}, {tuple(numbers.shape)}", f"{torch.float64}, {tuple(x.shape)}"
        narrow = numbers.dtype == torch.float32 and numbers.shape == x.shape
        yield seen != due and not narrow, "wrong-form", {"which": "decoded", "seen": seen, "due": due}
        decoded = right.double() / scale
        mistakes = {
            "float32": evidence.any_of((right / scale).double(), decoded.float().double()),
            "not-decoded": x,
            "whole": evidence.any_of((right // scale).double(), decoded.trunc()),
        }
        yield from _first(numbers.double(), decoded, mistakes, "wrong-number", {"code": right})
        yield narrow, "wrong-form", {"which": "decoded", "seen": seen, "due": due}


def _first(seen: torch.Tensor, due: torch.Tensor, mistakes: dict[str, Any], tag: str, beside: dict[str, Any]) -> Looks:
    """The known mistake that explains all of it, told at the first place that is wrong."""
    off = (seen - due).abs() > EXACT * due.abs().double() if seen.is_floating_point() else seen != due
    if not bool(off.any()):
        return
    at = tuple(int(index) for index in off.nonzero()[0])
    facts = {name: _told(value[at]) for name, value in {"seen": seen, "due": due, **beside}.items()}
    for name, wrong in mistakes.items():
        for one in wrong if isinstance(wrong, evidence.AnyOf) else (wrong,):
            yield torch.equal(seen, one), name, facts
    yield True, tag, facts


def _told(number: torch.Tensor) -> str:
    return f"{number.item()}"


def _codes(x: torch.Tensor, digits: int) -> dict[str, Any]:
    """What known mistakes encode."""
    exact = x * 10**digits
    away = exact.sign() * (exact.abs() + 0.5).floor()
    kept = {
        "digits-as-scale": evidence.any_of(*[(x * k * digits).round() for k in (1, 10)], (x * digits).trunc()),
        "two": evidence.any_of((x * 2**digits).round(), (x * 2**digits).trunc()),
        "sign-lost": evidence.any_of(exact.round().abs(), exact.trunc().abs(), exact.round().clamp(min=0)),
        "down": exact.sign() * (exact.abs() - 0.5).ceil(),
        "halves": evidence.any_of((exact + 0.5).floor(), (exact - 0.5).ceil(), away),
        "half-and-cut": evidence.any_of((exact + 0.5).trunc(), (exact - 0.5).trunc()),
        "rounded-early": (x.round(decimals=digits) * 10**digits).trunc(),
        "truncated": exact.trunc(),
        "twice-rounded": ((exact * 10).round() / 10).round(),
        "floored": evidence.any_of(exact.floor(), exact.ceil()),
        "no-scale": evidence.any_of(x.round(), x.trunc(), x.round(decimals=digits).trunc()),
        "cut-early": evidence.any_of(x.round() * 10**digits, x.trunc() * 10**digits),
        "int32": evidence.any_of(exact.round().int(), exact.int()),
        "narrow": evidence.any_of((x.float() * 10**digits).round(), exact.float().round()),
    }
    return {
        tag: evidence.any_of(*(c.long() for c in (codes if isinstance(codes, evidence.AnyOf) else (codes,))))
        for tag, codes in kept.items()
    }


def _mixed(draw: Draw, count: int) -> torch.Tensor:
    """Of both signs, none of them with few digits; the first negative, as some behind the last digit are."""
    signs = torch.tensor([(-1.0) ** (k + 1) for k in range(count)], dtype=torch.float64)
    return (draw.normal(count).double().abs() * 40 + 3) * signs
