"""Exercise 11.3: a product in fixed precision, back at the scale of one factor."""

from __future__ import annotations

import torch

from course.exercises.nb11 import watched
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register
from course.smpc.shares import total

OFFSET = 2**62


@register
class FixedProduct(Exercise):
    id = "11.3"
    title = "bring a product back to its scale"
    minutes, points = 8, 4
    objective = "divide a secret product by its scale, right for any number of holders"
    promises = ("masked",)
    given = """
from course.smpc.products import multiply
from course.smpc.ring import quotient
from course.smpc.truncation import QuotientMask
"""
    stub = '''
def fixed_product(
    parties, x: torch.Tensor, y: torch.Tensor, scale: int
) -> torch.Tensor:
    """Shares of x * y / scale, at most 1 away from it.

    x, y: shares, int64 (holders, *shape), of numbers in units of 1 / scale, below 0
        too. x * y lies between -2**62 and 2**62.   scale: a power of two.
    Dealt: shares of a uniform r; of -r / scale; and of what a wrap adds, which is
        2**64 / scale (or 1 more, from rounding) where r is in the upper half, and 0
        elsewhere.
    quotient(m, scale): m / scale, to the nearest, of a public m, read as from 0 to
        2**64 - 1, as r is. In int64 the upper half are the negatives.
    Opened: what multiply opens, and m. `divide` of the library is not used.
    returns: the shares, int64 (holders, *shape).
    >>> product = fixed_product(parties, shared(3 * 2**15), shared(-2 * 2**16), 2**16)
    >>> round(total(product).item() / 2**16, 2)
    -3.0
    """
    p = multiply(parties, x, y)
    r, minus_r, wrap = parties.deal(QuotientMask(tuple(p.shape[1:]), scale))
    # 1. open the product, with 2**62 added, masked
    (m,) = parties.open("m", parties.add_public(p + r, 2**62))
    # 2. shares of -r / scale, and of what a wrap adds where there may have been one
    shares = ...
    # 3. m / scale - 2**62 / scale, which is public
    return parties.add_public(shares, quotient(m, scale) - 2**62 // scale)
'''
    hints = (
        "m is p + 2**62 + r, or 2**64 less: then it has wrapped. m / scale - r / scale - 2**62 / scale is the result, "
        "but for that.",
        "p + 2**62 is below 2**63. So m has wrapped exactly where r is 2**63 or more and m is below: the dealt `wrap` "
        "knows the first, and you see the second. As an int64, an m of 2**63 or more is negative.",
        "shares = torch.where(…, minus_r, … + …)",
    )
    success = (
        "Two to five holders, both signs, several scales: each result at most 1 away, and one more masked opening."
    )
    says = """
no-shares    {call} returned {what}; expected shares, {due}: a share for each holder.
             -> What has each holder at the end?
library      In {call} the library's `divide` did it all. Its three steps are what you were to write.
             -> What is opened, and under which mask?
bare         In {call} this was opened: {seen}. That is {name}, in the clear. To divide it then is easy; it is no
             secret any more.
             -> What is added before the product is opened?
one-mask     In {call} one number r hides all products. Subtract two numbers that were opened: r is gone, and what is
             left is the difference of two secrets.
             -> How many numbers has a mask for this shape?
mask-open    In {call} the mask r was opened. Whoever subtracts it from m has the product.
             -> Who may know r?
unmasked     In {call} numbers from {low} to {high} were opened. A uniform mask spreads what is opened over the whole
             ring. These tell how large a secret is.
             -> What has to be added before, and where does it come from?
by-hand      In {call} what holder {k} sent or ended with changed with what the others hold, though the same was
             opened. In your function it used shares that are not its own.
             -> Which line adds up, or picks, over the first axis?
two-scales   The shares of {call} add up to {seen}; about {right} was expected. That is x * y: it counts in units of
             1 / scale ** 2, and the next product will leave the ring.
             -> By what has it to be divided?
twice        The shares of {call} add up to {seen}; about {right} was expected. It was divided by the scale twice.
             -> How many scales has x * y, and how many shall be left?
each-own     The shares of {call} add up to {seen}; about {right} was expected. Each holder divided its own share. But
             shares add up to x * y plus a multiple of 2**64, and a part of it stays.
             -> What is opened, masked, before anybody divides?
all-moved    In {call} the product was opened with 2**62 added by each of {n} holders, so {n} times.
             -> Which function lets the first holder alone add what is public?
wrap         The shares of {call} add up to {seen}; about {right} was expected. That is off by {steps} times 2**64 /
             scale.
             -> Where has m wrapped around, where not, and which shares mend that? How is a negative int64 m read?
offset       The shares of {call} add up to {seen}; about {right} was expected. That is off by {times} times 2**62 /
             scale.
             -> Who takes the 2**62 away again, and how often?
everybody    The shares of {call} add up to {seen}; about {right} was expected. The public part was added by each of {n}
             holders.
             -> How many holders add what everybody knows?
floats       The shares of {call} add up to {seen}; about {right} was expected. It went through floats: m / scale has
             more digits than a float64 has room for.
             -> Which line leaves the whole numbers?
wrong-number  The shares of {call} add up to {seen}; the exact quotient is {exact}, more than 1 away. Two roundings to
             the nearest stay within 1; cutting off, or adding a number, does not.
             -> Take r = 0 and a small product: what should m / scale be?
openings     In {call} the opened numbers are not the two of `multiply` and x * y + 2**62 + r.
             -> What is opened beside them, or under another mask?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [
            _question(draw, 3, (40,), 2**16),
            _question(draw, 5, (3, 10), 2**12),
            _question(draw, 2, (30,), 2**20),
            _question(draw, 3, (2, 4), 2**4),
            _question(draw, 2, (80,), 2**24, 2**30, 2**31 - 1),  # near 2**62: m wraps in its second quarter, too
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        return watched.asked(answer, question, question["scale"])

    def looks(self, question: Question, call: Evidence) -> Looks:
        (x, y), scale, n = (total(shares) for shares in question["shares"]), question["scale"], question["n"]
        yield from watched.form(call, n, tuple(x.shape), 2)
        yield from watched.bare(call, {"x": x, "y": y, "x * y": x * y, "x * y + 2**62": x * y + OFFSET})
        masks = [numbers for name, numbers in call["dealt"] if name == "QuotientMask"]
        triples = [numbers for name, numbers in call["dealt"] if name == "Triple"]
        shown = set(watched.opened_numbers(call).tolist())
        yield any(shown & set(mask[0].flatten().tolist()) for mask in masks), "mask-open"
        few = [mask[0] for mask in masks if mask[0].numel() < x.numel()]
        yield any(watched.is_opened(call, x * y + OFFSET + r) for r in few), "one-mask"
        yield from watched.on_their_own(question, call)
        seen, product = total(call["returned"]), x * y
        right = product // scale
        off = seen - right
        at = int(off.abs().flatten().argmax())
        facts = {"seen": int(seen.flatten()[at]), "right": int(right.flatten()[at])}
        exact = (seen * scale - product).abs().flatten()  # no wrap, where it is near
        worst = int(exact.argmax())
        beside = {"seen": int(seen.flatten()[worst]), "exact": f"{int(product.flatten()[worst]) / scale:.2f}"}
        about = bool(near(off).all())
        ok = about and bool((exact <= scale).all())
        fits = [mask[0] for mask in masks if mask[0].shape == product.shape]
        moved = [product + torch.tensor(OFFSET) * n + r for r in fits]
        yield about and not ok, "wrong-number", beside
        yield not ok and any(watched.is_opened(call, one) for one in moved), "all-moved"
        yield not ok and torch.equal(seen, product), "two-scales", facts
        yield not ok and bool(near(seen - right // scale).all()), "twice", facts
        yield not ok and any(_everybody(off, product, mask[0], scale, n) for mask in masks), "everybody", facts
        step = 2**64 // scale
        steps = ((off.double() / step).round()).long()
        wrapped = not ok and bool(((off - steps * step).abs() <= n + 2).all())
        yield wrapped and len(call["opened"]) <= 2, "each-own", facts
        yield wrapped, "wrap", {**facts, "steps": int(steps.flatten()[at])}
        for times in (1, -1, 1 - n, n - 1):
            left = off - times * (OFFSET // scale)
            yield not ok and bool(near(left).all()), "offset", {**facts, "times": times}
        yield not ok and bool((off.abs() <= max(2**12 // scale, 2**8)).all()), "floats", facts
        yield not ok, "wrong-number", {**facts, "exact": f"{int(product.flatten()[at]) / scale:.2f}"}
        yield "truncation" in call["by_library"], "library"
        due = [
            [one - a, other - b, product + OFFSET + mask[0]]
            for a, b, _ in triples[:1]
            for mask in masks[:1]
            for one, other in ((x, y), (y, x))
        ]
        masked = any(torch.equal(watched.opened_numbers(call), watched.numbers(one)) for one in due)
        yield not masked or watched.bits_beside(call) > 0, "openings"


def near(off: torch.Tensor) -> torch.Tensor:
    """At most 2 away from the exact quotient, of which `off` counts from the whole number below."""
    return (off >= -1) & (off <= 2)


def _everybody(off: torch.Tensor, product: torch.Tensor, r: torch.Tensor, scale: int, n: int) -> bool:
    """Whether the public part is in it n times."""
    c = product + OFFSET + r
    shift = scale.bit_length() - 1
    public = (c >> shift) & (2 ** (64 - shift) - 1)
    both = [(n - 1) * (public - OFFSET // scale), (n - 1) * public, (n - 1) * public - OFFSET // scale]
    return any(bool(((off - part).abs() <= 2 * n).all()) for part in both)


def _question(draw: Draw, n: int, shape: tuple[int, ...], scale: int, low: int = 0, high: int = 0) -> Question:
    secrets = [draw.integers(*shape, low=low or 5 * scale, high=high or 200 * scale) for _ in "xy"]
    signs = draw.integers(*shape, low=0, high=1) * 2 - 1
    return {**watched.drawn(draw, [secrets[0] * signs, secrets[1]], n), "scale": scale}
