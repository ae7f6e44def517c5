"""Exercise 11.1, multiply two secrets: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import equivalent, right, scene, wrong

scene(
    "11.1",
    source="""
from course.smpc.dealer import Dealer
from course.smpc.parties import Parties
from course.smpc.products import Product, Triple
from course.smpc.randomness import SeededForTests
from course.smpc.shares import split, total

DRAWS = SeededForTests(5)
parties = Parties(["alice", "bob", "claire"], Dealer(3, DRAWS))


def shared(secret):
    return split(torch.as_tensor(secret), 3, DRAWS)


def a_triple():
    return parties.deal(Triple((), ()))
""",
)
wrong(
    "11.1",
    tag="everybody",
    why="all holders add e * f",
    example="all three add 9 digits",
    source="""
def beaver(parties, x, y, triple):
    a, b, c = triple
    e, f = parties.open("x - a, y - b", x - a, y - b)
    return c + e * b + a * f + e * f
""",
)
wrong(
    "11.1",
    tag="nobody",
    why="none adds e * f",
    example="a term is missing",
    source="""
def beaver(parties, x, y, triple):
    a, b, c = triple
    e, f = parties.open("x - a, y - b", x - a, y - b)
    return c + e * b + a * f
""",
)
wrong(
    "11.1",
    tag="everybody",
    why="multiplies out (e + a)(f + b) slice by slice",
    example="all three add e * f",
    source="""
def beaver(parties, x, y, triple):
    a, b, c = triple
    e, f = parties.open("x - a, y - b", x - a, y - b)
    return c - a * b + (e + a) * (f + b)
""",
)
wrong(
    "11.1",
    tag="bare",
    why="opens x and y",
    source="""
def beaver(parties, x, y, triple):
    a, b, c = triple
    x_seen, y_seen = parties.open("x, y", x, y)
    return parties.public(x_seen * y_seen)
""",
)
wrong(
    "11.1",
    tag="bare",
    why="opens only y",
    source="""
def beaver(parties, x, y, triple):
    a, b, c = triple
    (seen,) = parties.open("y", y)
    return x * seen
""",
)
wrong(
    "11.1",
    tag="bare",
    why="opens the product at the end, to check",
    source="""
def beaver(parties, x, y, triple):
    a, b, c = triple
    e, f = parties.open("x - a, y - b", x - a, y - b)
    z = parties.add_public(c + e * b + a * f, e * f)
    parties.open("x * y", z)
    return z
""",
)
wrong(
    "11.1",
    tag="mask-open",
    why="opens the masks, too",
    source="""
def beaver(parties, x, y, triple):
    a, b, c = triple
    e, f, _, _ = parties.open("x - a, y - b", x - a, y - b, a, b)
    return parties.add_public(c + e * b + a * f, e * f)
""",
)
wrong(
    "11.1",
    tag="by-hand",
    why="adds the slices by hand",
    source="""
def beaver(parties, x, y, triple):
    a, b, c = triple
    z = c.clone()
    z[0] = x.sum(0) * y.sum(0) - c[1:].sum(0)
    return z
""",
)
wrong(
    "11.1",
    tag="by-hand",
    why="adds the masked slices by hand, without opening",
    source="""
def beaver(parties, x, y, triple):
    a, b, c = triple
    e, f = (x - a).sum(0), (y - b).sum(0)
    return parties.add_public(c + e * b + a * f, e * f)
""",
)
wrong(
    "11.1",
    tag="own-product",
    why="each holder its own product",
    example="own slices give another number",
    source="""
def beaver(parties, x, y, triple):
    a, b, c = triple
    return x * y
""",
)
wrong(
    "11.1",
    tag="own-product",
    why="own products, after opening",
    example="own slices give another number",
    source="""
def beaver(parties, x, y, triple):
    a, b, c = triple
    e, f = parties.open("x - a, y - b", x - a, y - b)
    return x * y
""",
)
wrong(
    "11.1",
    tag="no-c",
    why="leaves out c",
    example="c is missing",
    source="""
def beaver(parties, x, y, triple):
    a, b, c = triple
    e, f = parties.open("x - a, y - b", x - a, y - b)
    return parties.add_public(e * b + a * f, e * f)
""",
)
wrong(
    "11.1",
    tag="crossed",
    why="crosses the masks",
    example="crossed",
    source="""
def beaver(parties, x, y, triple):
    a, b, c = triple
    e, f = parties.open("x - a, y - b", x - a, y - b)
    return parties.add_public(c + e * a + b * f, e * f)
""",
)
wrong(
    "11.1",
    tag="openings",
    why="opens twice",
    source="""
def beaver(parties, x, y, triple):
    a, b, c = triple
    e, f = parties.open("x - a, y - b", x - a, y - b)
    e, f = parties.open("again", x - a, y - b)
    return parties.add_public(c + e * b + a * f, e * f)
""",
)
wrong(
    "11.1",
    tag="openings",
    why="opens x + a as well",
    source="""
def beaver(parties, x, y, triple):
    a, b, c = triple
    e, f = parties.open("x - a, y - b", x - a, y - b)
    parties.open("x + a", x + a)
    return parties.add_public(c + e * b + a * f, e * f)
""",
)
wrong(
    "11.1",
    tag="input-changed",
    why="adds in place",
    source="""
def beaver(parties, x, y, triple):
    a, b, c = triple
    e, f = parties.open("x - a, y - b", x - a, y - b)
    c += e * b + a * f
    c[0] += e * f
    return c
""",
)
wrong(
    "11.1",
    tag="no-shares",
    why="returns the sum",
    example="the example adds up the slices",
    source="""
def beaver(parties, x, y, triple):
    a, b, c = triple
    e, f = parties.open("x - a, y - b", x - a, y - b)
    return (c + e * b + a * f).sum(0) + e * f
""",
)
wrong(
    "11.1",
    tag="wrong-sum",
    why="subtracts e * f",
    example="a sign",
    source="""
def beaver(parties, x, y, triple):
    a, b, c = triple
    e, f = parties.open("x - a, y - b", x - a, y - b)
    return parties.add_public(c + e * b + a * f, -e * f)
""",
)
wrong(
    "11.1",
    tag="second",
    why="the library's product, with a triple of its own",
    source="""
def beaver(parties, x, y, triple):
    from course.smpc.products import multiply

    return multiply(parties, x, y)
""",
)
wrong(
    "11.1",
    tag="second",
    why="deals a triple, and lets the given one lie",
    source="""
def beaver(parties, x, y, triple):
    from course.smpc.products import Triple

    a, b, c = parties.deal(Triple(tuple(x.shape[1:]), tuple(y.shape[1:])))
    e, f = parties.open("x - a, y - b", x - a, y - b)
    return parties.add_public(c + e * b + a * f, e * f)
""",
)
wrong(
    "11.1",
    tag="openings",
    why="opens the last digits besides, as bytes",
    source="""
def beaver(parties, x, y, triple):
    a, b, c = triple
    parties.open("digits", (x & 127).to(torch.int8))
    e, f = parties.open("x - a, y - b", x - a, y - b)
    return parties.add_public(c + e * b + a * f, e * f)
""",
)
wrong(
    "11.1",
    tag="by-hand",
    why="the second of three computes with all slices",
    source="""
def beaver(parties, x, y, triple):
    a, b, c = triple
    e, f = parties.open("x - a, y - b", x - a, y - b)
    product = parties.add_public(c + e * b + a * f, e * f)
    if len(product) > 2:
        product[1] = x.sum(0) * y.sum(0) - product[0] - product[2:].sum(0)
    return product
""",
)
right(
    "11.1",
    why="e y + a f: the first factor opened, the second as it is",
    source="""
def beaver(parties, x, y, triple):
    a, b, c = triple
    e, f = parties.open("x - a, y - b", x - a, y - b)
    return c + e * y + a * f
""",
)
right(
    "11.1",
    why="the first slice by hand",
    source="""
def beaver(parties, x, y, triple):
    a, b, c = triple
    e, f = parties.open("x - a, y - b", x - a, y - b)
    z = c + e * b + a * f
    z[0] += e * f
    return z
""",
)
right(
    "11.1",
    why="two openings, a holder at a time",
    source="""
def beaver(parties, x, y, triple):
    (e,) = parties.open("x - a", x - triple[0])
    (f,) = parties.open("y - b", y - triple[1])
    parts = []
    for k in range(len(x)):
        own = f if k == 0 else torch.zeros_like(f)
        parts.append(triple[2][k] + e * (triple[1][k] + own) + triple[0][k] * f)
    return torch.stack(parts)
""",
)
right(
    "11.1",
    why="f times x: e f is in it, and nothing public is added",
    source="""
def beaver(parties, x, y, triple):
    a, b, c = triple
    e, f = parties.open("x - a, y - b", x - a, y - b)
    return c + e * b + f * x
""",
)
equivalent(
    "11.1",
    mutant="e, f = parties.open('x - a, y - b', x - a, y - b) -> e, f = parties.open('x - a, y - b_', x - a, y - b)",
    reason="what stands in the transcript beside an opening is free",
)
