"""Exercise 11.2: products of matrices, each with a triple of its own."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import torch

from course.exercises.nb11 import watched
from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register
from course.smpc.shares import total


@register
class Chain(Exercise):
    id = "11.2"
    title = "multiply three matrices"
    minutes, points = 8, 4
    objective = "multiply secret matrices, with a fresh triple of the right shape for each product"
    promises = ("masked",)
    given = """
from course.smpc.products import Product, Triple
"""
    stub = '''
def chain(parties, x: torch.Tensor, y: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
    """Shares of the matrix product x @ y @ z.

    x, y, z: shares of secret matrices: int64 (holders, rows, columns).
    parties.deal(Triple((2, 3), (3, 4), Product("matmul"))) gives shares of a, b and c:
        a of shape (2, 3), b of (3, 4), both uniform, c = a @ b. Each deal is another.
    Opened: the factors of your two products, each once, under a mask for nothing else.
    Nobody sees x @ y, or y @ z. Each holder computes from its own shares and what was
    opened. `matmul` of the library is not used: it is what you write here.
    returns: the shares of the product, int64 (holders, rows, columns).
    >>> total(chain(parties, shared([[1, 2]]), shared([[3], [4]]), shared([[5]])))
    tensor([[55]])
    """
    def product(u, v):
        shapes = tuple(u.shape[1:]), tuple(v.shape[1:])  # without the holders
        # deal, open, combine
        ...

    return product(product(x, y), z)
'''
    hints = (
        "A matrix product is linear in each factor, so Beaver's four terms hold with @ in place of *.",
        "`product` is exercise 11.1 with @, and with a triple that it deals itself: of the two `shapes`, for a matrix "
        "product.",
        'a, b, c = parties.deal(Triple(…, …, Product("matmul"))); e, f = parties.open(…); '
        "parties.add_public(c + … @ … + … @ …, …)",
    )
    success = "Square or not, two to five holders: the right product; two triples, and each mask was used once."
    advice = {
        **dict.fromkeys(("TypeError", "ValueError"), watched.OPEN),
        "AttributeError": "Does `product` return its shares?",
    }
    raises = {"RuntimeError": "no-fit"}
    says = """
no-shares    {call} returned {what}; expected shares, {due}: a matrix for each holder.
             -> What has each holder at the end?
no-fit       {call}: {message}. A triple needs the shapes of its factors; matrices take @.
             -> Which shapes have the two factors of each product?
library      In {call} the library's product dealt, opened and combined. These three lines are what you were to write.
             -> Which triple has the shapes of u and v, and what is opened under it?
bare         In {call} this was opened: {seen}. It stands in {name}, and everybody has learned it.
             -> Under which mask was it opened?
between      In {call} {name} was opened, the product of two secrets. Whoever knows one of them solves for the other.
             -> What stays shared until the end?
reused       In {call} the masks of one triple served twice. Subtract the two opened matrices: the mask is gone, and the
             difference of two secrets is left, for everybody.
             -> How many triples do two products need?
unmasked     In {call} numbers from {low} to {high} were opened. A uniform mask spreads what is opened over the whole
             ring. These tell how large a secret is.
             -> What has to be added before, and where does it come from?
by-hand      In {call} what holder {k} sent or ended with changed with what the others hold, though the same was
             opened. In your function it used shares that are not its own.
             -> Which line adds up, or picks, over the first axis?
elementwise  The shares of {call} add up to {seen}; expected {right}. That is number by number, as with *.
             -> Which product does the triple belong to, and which your line?
everybody    The shares of {call} add up to {seen}; expected {right}. A public e @ f was added by each holder.
             -> How many holders add what everybody knows?
nobody       The shares of {call} add up to {seen}; expected {right}. An e @ f is missing.
             -> (e + a)(f + b) has four terms: which one has nobody?
own-product  The shares of {call} add up to {seen}; expected {right}. Each holder multiplied its own shares, and the
             products across holders are missing.
             -> Which two matrices are opened, so that the others' parts come in?
turned       The shares of {call} add up to {seen}; expected {right}. A term has b @ e or f @ a. Matrices do not change
             places.
             -> Multiply out (e + a) @ (f + b).
one-by-one   The shares of {call} add up to {seen}; expected {right}. The dealt c is a * b, number by number.
             -> What says to the dealer which product is meant?
other-order  The shares of {call} add up to {seen}; expected {right}. That is another order of the factors.
             -> For matrices a @ f and f @ a differ: which is it?
half-way     The shares of {call} add up to {seen}; expected {right}. That is x @ y, without z.
             -> What is multiplied by z?
singles      In {call} {count} numbers were opened; expected {due}. Each number of a factor was opened for each product
             that it is in.
             -> How often does a triple of matrices open a factor?
openings     In {call} the opened numbers are not the factors of two products, each under the mask that it was dealt.
             -> Which two matrices are opened for x @ y, and which two for the next product?
wrong-sum    The shares of {call} add up to {seen}; expected {right}.
             -> Write out 1 x 2 times 2 x 1, with small numbers: which of the four terms differs?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [
            _question(draw, 3, (2, 2, 2, 2)),
            _question(draw, 2, (1, 3, 2, 4)),
            _question(draw, 5, (3, 2, 5, 1)),
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        return watched.asked(answer, question)

    def looks(self, question: Question, call: Evidence) -> Looks:
        x, y, z = (total(shares) for shares in question["shares"])
        right, n = x @ y @ z, question["n"]
        yield from watched.form(call, n, tuple(right.shape), 3)
        shown = set(watched.opened_numbers(call).tolist())
        for name, between in (("x @ y", x @ y), ("y @ z", y @ z), ("x @ y @ z", right)):
            yield bool(shown & set(between.flatten().tolist())), "between", {"name": name}
        yield from watched.bare(call, {"x": x, "y": y, "z": z})
        ways = _ways(x, y, z)
        triples = [numbers for name, numbers in call["dealt"] if name == "Triple"]
        yield any(_opened(call, way, (one, one)) for way in ways for one in triples), "reused"
        yield "products" in call["by_library"], "library"
        yield from watched.on_their_own(question, call)
        seen = total(call["returned"])
        own = sum(a @ b @ c for a, b, c in zip(*question["shares"], strict=True))
        yield torch.equal(seen, torch.as_tensor(own)), "own-product", {"seen": seen, "right": right}
        for wrong, tag, _ in evidence.leads_to(call, right, _mistakes(x, y, z, n, triples), value=seen):
            yield wrong, tag, {"seen": seen, "right": right}
        fits = any(_opened(call, way, pair) for way in ways for pair in permutations(triples, 2))
        singles = any(a.shape == b.shape and torch.equal(a * b, c) for a, b, c in triples)
        yield not torch.equal(seen, right) and singles, "one-by-one", {"seen": seen, "right": right}
        yield not torch.equal(seen, right), "wrong-sum", {"seen": seen, "right": right}
        count = len(watched.opened_numbers(call))
        due = min(sum(factor.numel() for pair in way for factor in pair) for way in ways)
        only = all(mask[0].dim() > 2 for mask in triples)
        yield not fits and only and count > due, "singles", {"count": count, "due": due}
        yield not fits or watched.bits_beside(call) > 0, "openings"


def _question(draw: Draw, n: int, sizes: tuple[int, ...]) -> Question:
    pairs = zip(sizes, sizes[1:], strict=False)
    secrets = [draw.integers(*pair, low=10**6, high=10**8) * draw.choice([1, -1]) for pair in pairs]
    return watched.drawn(draw, secrets, n)


def _ways(x: Any, y: Any, z: Any) -> list[Any]:
    """The factors of the two products, from the left or from the right, as they are or transposed."""
    ways = [((x, y), (x @ y, z)), ((y, z), (x, y @ z))]
    return ways + [tuple((right.mT, left.mT) for left, right in way) for way in ways]


def _opened(call: Evidence, way: Any, triples: Any) -> bool:
    """Whether what was opened are these factors under the masks of these triples."""
    due = []
    for factors, triple in zip(way, triples, strict=True):
        for factor, mask in zip(factors, triple, strict=False):
            if factor.shape != mask.shape:
                return False
            due.append(factor - mask)
    return torch.equal(watched.opened_numbers(call), watched.numbers(due))


def _mistakes(x: Any, y: Any, z: Any, n: int, triples: list[Any]) -> dict[str, Any]:
    """What known mistakes lead to, with the triples in the order in which they were dealt."""
    found: dict[str, list[Any]] = {"everybody": [], "nobody": [], "elementwise": [], "turned": [], "other-order": []}
    if x.shape == y.shape == z.shape:
        found["elementwise"].append(x * y * z)
        found["other-order"] += [a @ b @ c for a, b, c in permutations((x, y, z))]
    if len(triples) == 2:
        (a, b, c), (d, g, h) = triples
        for times, tag in ((n, "everybody"), (0, "nobody")):
            if (a.shape, b.shape) == (x.shape, y.shape):
                found[tag] += _off(x, y, z, (a, b), (d, g), times)
            if (a.shape, b.shape) == (y.shape, z.shape):
                found[tag] += [part.mT for part in _off(z.mT, y.mT, x.mT, (b.mT, a.mT), (g.mT, d.mT), times)]
        if x.shape == y.shape == z.shape and a.shape == d.shape == x.shape:
            found["turned"] += _turned((x, y, z), (a, b, c), (d, g, h))
            one = c + (x - a) * b + a * (y - b) + (x - a) * (y - b)
            found["elementwise"].append(h + (one - d) * g + d * (z - g) + (one - d) * (z - g))
    mistakes = {tag: evidence.any_of(*values) for tag, values in found.items()}
    return {**mistakes, "half-way": x @ y}


def _turned(secrets: Any, first: Any, second: Any) -> list[Any]:
    """x @ y @ z where the masks stand on the wrong side of what was opened: in one of the terms, or in both."""
    x, y, z = secrets
    found = []
    for left, right in ((True, True), (True, False), (False, True)):
        between = x
        for factor, (a, b, c) in zip((y, z), (first, second), strict=True):
            e, f = between - a, factor - b
            between = c + (b @ e if left else e @ b) + (f @ a if right else a @ f) + e @ f
        found.append(between)
    return found


def _off(x: Any, y: Any, z: Any, first: Any, second: Any, times: int) -> list[Any]:
    """x @ y @ z where the public part of the first product, of the second, of both counts so many times."""
    found = []
    for one, two in ((times, times), (times, 1), (1, times)):
        between = x @ y + (one - 1) * (x - first[0]) @ (y - first[1])
        found.append(between @ z + (two - 1) * (between - second[0]) @ (z - second[1]))
    return found
