"""Exercise 11.2, multiply three matrices: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import equivalent, right, scene, wrong

scene(
    "11.2",
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
    "11.2",
    tag="reused",
    why="one triple for both products, where it fits",
    source="""
def chain(parties, x, y, z):
    dealt = {}

    def product(p, q):
        shapes = tuple(p.shape[1:]), tuple(q.shape[1:])
        if shapes not in dealt:
            dealt[shapes] = parties.deal(Triple(*shapes, Product("matmul")))
        a, b, c = dealt[shapes]
        e, f = parties.open("p - a, q - b", p - a, q - b)
        return parties.add_public(c + e @ b + a @ f, e @ f)

    return product(product(x, y), z)
""",
)
wrong(
    "11.2",
    tag="reused",
    why="deals once, before both",
    example="the second product has other shapes",
    source="""
def chain(parties, x, y, z):
    a, b, c = parties.deal(Triple(tuple(x.shape[1:]), tuple(y.shape[1:]), Product("matmul")))

    def product(p, q):
        e, f = parties.open("p - a, q - b", p - a, q - b)
        return parties.add_public(c + e @ b + a @ f, e @ f)

    return product(product(x, y), z)
""",
)
wrong(
    "11.2",
    tag="no-fit",
    why="always a triple of 2 by 2",
    example="the example has other shapes",
    source="""
def chain(parties, x, y, z):
    def product(p, q):
        a, b, c = parties.deal(Triple((2, 2), (2, 2), Product("matmul")))
        e, f = parties.open("p - a, q - b", p - a, q - b)
        return parties.add_public(c + e @ b + a @ f, e @ f)

    return product(product(x, y), z)
""",
)
wrong(
    "11.2",
    tag="elementwise",
    why="a triple number by number",
    example="the shapes do not fit",
    source="""
def chain(parties, x, y, z):
    def product(p, q):
        a, b, c = parties.deal(Triple(tuple(p.shape[1:]), tuple(q.shape[1:])))
        e, f = parties.open("p - a, q - b", p - a, q - b)
        return parties.add_public(c + e * b + a * f, e * f)

    return product(product(x, y), z)
""",
)
wrong(
    "11.2",
    tag="elementwise",
    why="* in place of @ in the combination",
    example="the shapes do not fit",
    source="""
def chain(parties, x, y, z):
    def product(p, q):
        a, b, c = parties.deal(Triple(tuple(p.shape[1:]), tuple(q.shape[1:]), Product("matmul")))
        e, f = parties.open("p - a, q - b", p - a, q - b)
        return parties.add_public(c + e * b + a * f, e * f)

    return product(product(x, y), z)
""",
)
wrong(
    "11.2",
    tag="everybody",
    why="all holders add e @ f",
    example="all three add it",
    source="""
def chain(parties, x, y, z):
    def product(p, q):
        a, b, c = parties.deal(Triple(tuple(p.shape[1:]), tuple(q.shape[1:]), Product("matmul")))
        e, f = parties.open("p - a, q - b", p - a, q - b)
        return c + e @ b + a @ f + e @ f

    return product(product(x, y), z)
""",
)
wrong(
    "11.2",
    tag="nobody",
    why="none adds e @ f",
    example="a term is missing",
    source="""
def chain(parties, x, y, z):
    def product(p, q):
        a, b, c = parties.deal(Triple(tuple(p.shape[1:]), tuple(q.shape[1:]), Product("matmul")))
        e, f = parties.open("p - a, q - b", p - a, q - b)
        return c + e @ b + a @ f

    return product(product(x, y), z)
""",
)
wrong(
    "11.2",
    tag="bare",
    why="opens z, for a public factor",
    source="""
def chain(parties, x, y, z):
    def product(p, q):
        a, b, c = parties.deal(Triple(tuple(p.shape[1:]), tuple(q.shape[1:]), Product("matmul")))
        e, f = parties.open("p - a, q - b", p - a, q - b)
        return parties.add_public(c + e @ b + a @ f, e @ f)

    return product(x, y) @ parties.open("z", z)[0]
""",
)
wrong(
    "11.2",
    tag="between",
    why="opens x @ y on the way",
    source="""
def chain(parties, x, y, z):
    def product(p, q):
        a, b, c = parties.deal(Triple(tuple(p.shape[1:]), tuple(q.shape[1:]), Product("matmul")))
        e, f = parties.open("p - a, q - b", p - a, q - b)
        return parties.add_public(c + e @ b + a @ f, e @ f)

    return parties.open("x @ y", product(x, y))[0] @ z
""",
)
wrong(
    "11.2",
    tag="between",
    why="opens the result, to check",
    source="""
def chain(parties, x, y, z):
    def product(p, q):
        a, b, c = parties.deal(Triple(tuple(p.shape[1:]), tuple(q.shape[1:]), Product("matmul")))
        e, f = parties.open("p - a, q - b", p - a, q - b)
        return parties.add_public(c + e @ b + a @ f, e @ f)

    result = product(product(x, y), z)
    parties.open("result", result)
    return result
""",
)
wrong(
    "11.2",
    tag="by-hand",
    why="adds slices by hand",
    source="""
def chain(parties, x, y, z):
    return parties.public(x.sum(0) @ y.sum(0) @ z.sum(0))
""",
)
wrong(
    "11.2",
    tag="by-hand",
    why="adds the masked slices by hand",
    source="""
def chain(parties, x, y, z):
    def product(p, q):
        a, b, c = parties.deal(Triple(tuple(p.shape[1:]), tuple(q.shape[1:]), Product("matmul")))
        e, f = (p - a).sum(0), (q - b).sum(0)
        return parties.add_public(c + e @ b + a @ f, e @ f)

    return product(product(x, y), z)
""",
)
wrong(
    "11.2",
    tag="half-way",
    why="forgets z",
    example="without z",
    source="""
def chain(parties, x, y, z):
    def product(p, q):
        a, b, c = parties.deal(Triple(tuple(p.shape[1:]), tuple(q.shape[1:]), Product("matmul")))
        e, f = parties.open("p - a, q - b", p - a, q - b)
        return parties.add_public(c + e @ b + a @ f, e @ f)

    return product(x, y)
""",
)
wrong(
    "11.2",
    tag="own-product",
    why="each holder multiplies its own slices",
    example="own slices give another number",
    source="""
def chain(parties, x, y, z):
    return x @ y @ z
""",
)
wrong(
    "11.2",
    tag="no-shares",
    why="returns the sum",
    example="the example adds up the slices",
    source="""
def chain(parties, x, y, z):
    def product(p, q):
        a, b, c = parties.deal(Triple(tuple(p.shape[1:]), tuple(q.shape[1:]), Product("matmul")))
        e, f = parties.open("p - a, q - b", p - a, q - b)
        return parties.add_public(c + e @ b + a @ f, e @ f)

    return product(product(x, y), z).sum(0)
""",
)
wrong(
    "11.2",
    tag="openings",
    why="opens every masked matrix twice",
    source="""
def chain(parties, x, y, z):
    def product(p, q):
        a, b, c = parties.deal(Triple(tuple(p.shape[1:]), tuple(q.shape[1:]), Product("matmul")))
        (e,), (f,) = parties.open("p - a", p - a), parties.open("q - b", q - b)
        parties.open("again", p - a)
        return parties.add_public(c + e @ b + a @ f, e @ f)

    return product(product(x, y), z)
""",
)
wrong(
    "11.2",
    tag="library",
    why="the library's product",
    source="""
def chain(parties, x, y, z):
    from course.smpc import products

    def product(p, q):
        return products.matmul(parties, p, q)

    return product(product(x, y), z)
""",
)
wrong(
    "11.2",
    tag="turned",
    why="b @ e for e @ b",
    example="the shapes do not fit",
    source="""
def chain(parties, x, y, z):
    def product(p, q):
        a, b, c = parties.deal(Triple(tuple(p.shape[1:]), tuple(q.shape[1:]), Product("matmul")))
        e, f = parties.open("p - a, q - b", p - a, q - b)
        return parties.add_public(c + b @ e + a @ f, e @ f)

    return product(product(x, y), z)
""",
)
wrong(
    "11.2",
    tag="turned",
    why="both terms the other way round",
    example="the shapes do not fit",
    source="""
def chain(parties, x, y, z):
    def product(p, q):
        a, b, c = parties.deal(Triple(tuple(p.shape[1:]), tuple(q.shape[1:]), Product("matmul")))
        e, f = parties.open("p - a, q - b", p - a, q - b)
        return parties.add_public(c + b @ e + f @ a, e @ f)

    return product(product(x, y), z)
""",
)
wrong(
    "11.2",
    tag="one-by-one",
    why="a triple number by number, combined as matrices",
    example="the shapes do not fit",
    source="""
def chain(parties, x, y, z):
    def product(p, q):
        a, b, c = parties.deal(Triple(tuple(p.shape[1:]), tuple(q.shape[1:])))
        e, f = parties.open("p - a, q - b", p - a, q - b)
        return parties.add_public(c + e @ b + a @ f, e @ f)

    return product(product(x, y), z)
""",
)
wrong(
    "11.2",
    tag="by-hand",
    why="one holder gets all shares of the product in between",
    source="""
def chain(parties, x, y, z):
    def product(p, q):
        a, b, c = parties.deal(Triple(tuple(p.shape[1:]), tuple(q.shape[1:]), Product("matmul")))
        e, f = parties.open("p - a, q - b", p - a, q - b)
        return parties.add_public(c + e @ b + a @ f, e @ f)

    between = product(x, y)
    middle = torch.zeros_like(between)
    middle[0] = between.sum(0)
    return product(middle, z)
""",
)
wrong(
    "11.2",
    tag="singles",
    why="a triple for each product of two numbers",
    source="""
def chain(parties, x, y, z):
    def product(p, q):
        h, n, k = p.shape
        m = q.shape[2]
        p = p.unsqueeze(3).expand(h, n, k, m)
        q = q.unsqueeze(1).expand(h, n, k, m)
        a, b, c = parties.deal(Triple((n, k, m), (n, k, m)))
        e, f = parties.open("p - a, q - b", p - a, q - b)
        return parties.add_public(c + e * b + a * f, e * f).sum(2)
    return product(product(x, y), z)
""",
)
right(
    "11.2",
    why="from the right",
    source="""
def chain(parties, x, y, z):
    def product(p, q):
        a, b, c = parties.deal(Triple(tuple(p.shape[1:]), tuple(q.shape[1:]), Product("matmul")))
        e, f = parties.open("p - a, q - b", p - a, q - b)
        return parties.add_public(c + e @ b + a @ f, e @ f)

    return product(x, product(y, z))
""",
)
right(
    "11.2",
    why="e @ q in place of e @ b and e @ f",
    source="""
def chain(parties, x, y, z):
    def product(p, q):
        a, b, c = parties.deal(Triple(tuple(p.shape[1:]), tuple(q.shape[1:]), Product("matmul")))
        e, f = parties.open("p - a, q - b", p - a, q - b)
        return c + e @ q + a @ f

    return product(product(x, y), z)
""",
)
right(
    "11.2",
    why="written out, the first slice by hand",
    source="""
def chain(parties, x, y, z):
    n, rows, inner = x.shape
    columns, last = y.shape[2], z.shape[2]
    a, b, c = parties.deal(Triple((rows, inner), (inner, columns), Product("matmul")))
    (e,) = parties.open("x - a", x - a)
    (f,) = parties.open("y - b", y - b)
    xy = c + torch.matmul(e, b) + torch.matmul(a, f)
    xy[0] += e @ f
    d, g, h = parties.deal(Triple((rows, columns), (columns, last), Product("matmul")))
    e, f = parties.open("x y - d, z - g", xy - d, z - g)
    result = h + torch.matmul(e, g) + torch.matmul(d, f)
    result[0] += e @ f
    return result
""",
)
equivalent(
    "11.2",
    mutant="e, f = parties.open('u - a, v - b', u - a, v - b) -> e, f = parties.open('u - a, v - b_', u - a, v - b)",
    reason="what stands in the transcript beside an opening is free",
)
right(
    "11.2",
    why="transposed, from the right",
    source="""
def chain(parties, x, y, z):
    def product(u, v):
        a, b, c = parties.deal(Triple(tuple(u.shape[1:]), tuple(v.shape[1:]), Product("matmul")))
        e, f = parties.open("u - a, v - b", u - a, v - b)
        return parties.add_public(c + e @ b + a @ f, e @ f)

    return product(product(z.mT, y.mT), x.mT).mT
""",
)
