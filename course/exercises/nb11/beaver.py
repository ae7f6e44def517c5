"""Exercise 11.1: the product of two secrets, with a Beaver triple."""

from __future__ import annotations

import torch

from course.exercises.nb11 import watched
from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register
from course.smpc.randomness import SeededForTests
from course.smpc.shares import split, total


@register
class Beaver(Exercise):
    id = "11.1"
    title = "multiply two secrets"
    minutes, points = 8, 4
    objective = "multiply two secrets with a Beaver triple, and open nothing but masked numbers"
    promises = ("masked",)
    stub = '''
def beaver(parties, x: torch.Tensor, y: torch.Tensor, triple: tuple) -> torch.Tensor:
    """Shares of x * y, number by number.

    x, y: shares of two secrets of one shape: int64 (holders, *shape), row k is holder
        k's share.
    triple: (a, b, c), shares of that form: a and b uniform, c = a * b. For one product.
    Opened, with parties.open: x - a and y - b, each once, and nothing else. The rest
    each holder computes from its own shares and what was opened. Arguments stay as they
    are. `multiply` of the library is not used: it takes a triple of its own.
    returns: the shares of the product, int64 (holders, *shape).
    >>> total(beaver(parties, shared(6), shared(7), a_triple()))
    tensor(42)
    """
    a, b, c = triple
    # 1. open x and y, each under its mask
    e, f = ...
    # 2. c + e b + a f from each holder; e f from one
    return ...
'''
    hints = (
        "x = e + a and y = f + b. Multiply out: four terms. Which of them can each holder make of its own shares?",
        '`parties.open("…", first, second)` returns the two opened tensors. `parties.add_public(shares, public)` lets '
        "the first holder alone add.",
        'e, f = parties.open("x - a, y - b", … - …, … - …); return parties.add_public(c + … + …, …)',
    )
    advice = dict.fromkeys(("TypeError", "ValueError", "AttributeError"), watched.OPEN)
    success = "Two to five holders, all shapes and sizes: the right product, and on the table only two masked tensors."
    says = """
no-shares    {call} returned {what}; expected shares, {due}: a share for each holder.
             -> What has each holder at the end?
second       In {call} the dealer dealt another triple. The one that you were given is unused: x - a and y - b are to be
             opened with its a and b.
             -> What can each holder compute, once e and f are open?
bare         In {call} this was opened: {seen}. That is {name}, in the clear. The product is right, and everybody knows
             the secret.
             -> What has to be taken off before it is opened?
mask-open    In {call} {name} was opened. Whoever adds it to what was opened under it has the secret.
             -> Who may know a mask?
nothing-open  In {call} nothing was opened. A product needs what no holder has alone.
             -> Which two numbers may everybody see?
unmasked     In {call} numbers from {low} to {high} were opened. A uniform mask spreads what is opened over the whole
             ring. These tell how large a secret is.
             -> What has to be added before, and where does it come from?
by-hand      In {call} what holder {k} sent or ended with changed with what the others hold, though the same was
             opened. In your function it used shares that are not its own.
             -> Which line adds up, or picks, over the first axis?
openings     In {call} the opened numbers are not x - a and y - b, each once.
             -> What is opened, how often, and under which mask?
everybody    The shares of {call} add up to {seen}; expected {right}. The public e * f is in it {n} times: each holder
             added it.
             -> How many holders have to add what everybody knows?
nobody       The shares of {call} add up to {seen}; expected {right}. What is missing is e * f.
             -> x = e + a, y = f + b: which of the four terms has nobody?
own-product  The shares of {call} add up to {seen}; expected {right}. Each holder multiplied its two shares, and the
             products across holders are missing.
             -> (x1 + x2)(y1 + y2) has four terms: which two did you get?
no-c         The shares of {call} add up to {seen}; expected {right}. What is missing is a * b, which c shares.
             -> Which part of the triple is unused?
crossed      The shares of {call} add up to {seen}; expected {right}. The masks are crossed: e goes with b, f with a.
             -> Multiply out (e + a)(f + b).
wrong-sum    The shares of {call} add up to {seen}; expected {right}.
             -> Write (e + a)(f + b) with small numbers: which term differs?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [
            _question(draw, 3, (), 9999),
            _question(draw, 2, (4,), 10**6),
            _question(draw, 5, (2, 3), 2**40),
            _question(draw, 3, (3,), 2**63 - 1),
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        def with_triple(*arguments: object) -> None:
            answer(*arguments[:3], arguments[3:])

        return watched.asked(with_triple, question)  # type: ignore[arg-type]

    def looks(self, question: Question, call: Evidence) -> Looks:
        x, y, a, b, c = (total(shares) for shares in question["shares"])
        yield from watched.form(call, question["n"], tuple(x.shape), 3)
        yield bool(call["dealt"]), "second"
        yield from watched.bare(call, {"x": x, "y": y, "x * y": x * y})
        shown = set(watched.opened_numbers(call).tolist())
        for name, mask in (("a", a), ("b", b), ("c", c)):
            yield bool(shown & set(mask.flatten().tolist())), "mask-open", {"name": name}
        yield from watched.on_their_own(question, call)
        e, f, n = x - a, y - b, question["n"]
        own = sum(one * other for one, other in zip(*question["shares"][:2], strict=True))
        mistakes = {
            "everybody": x * y + (n - 1) * e * f,
            "nobody": x * y - e * f,
            "own-product": own,
            "no-c": x * y - c,
            "crossed": evidence.any_of(c + e * a + f * b + e * f, c + e * a + f * b + n * e * f),
        }
        seen, right = total(call["returned"]), x * y
        for wrong, tag, _ in evidence.leads_to(call, right, mistakes, value=seen):
            yield wrong, tag, {"seen": seen, "right": right}
        yield not call["opened"], "nothing-open"
        masked = torch.equal(watched.opened_numbers(call), watched.numbers([e, f]))
        yield not masked or watched.bits_beside(call) > 0, "openings"
        yield not torch.equal(seen, right), "wrong-sum", {"seen": seen, "right": right}


def _question(draw: Draw, n: int, shape: tuple[int, ...], most: int) -> Question:
    x, y = (draw.integers(*shape, low=most // 3, high=most) for _ in "xy")
    question = watched.drawn(draw, [x, -y], n)
    draws = SeededForTests(question["seed"] + 2**31)  # no triple that the dealer would deal
    a, b = draws.uniform((n, *shape)), draws.uniform((n, *shape))
    question["shares"] += [a, b, split(total(a) * total(b), n, draws)]
    return question
