"""Exercise 11.4, the smaller of two: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import right, scene, wrong

scene(
    "11.4",
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
    "11.4",
    tag="bare",
    why="opens the difference",
    source="""
def smaller(parties, x, y):
    (apart,) = parties.open("x - y", x - y)
    less = parties.public((apart < 0).long())
    return less, y + less[:1].sum(0) * (x - y)
""",
)
wrong(
    "11.4",
    tag="bare",
    why="opens both",
    source="""
def smaller(parties, x, y):
    one, other = parties.open("x, y", x, y)
    return parties.public((one < other).long()), parties.public(torch.minimum(one, other))
""",
)
wrong(
    "11.4",
    tag="unmasked",
    why="opens the difference times a random factor, as Theo does",
    source="""
def smaller(parties, x, y):
    factor = torch.randint(1, 1000, x.shape[1:])
    (hidden,) = parties.open("(x - y) * factor", (x - y) * factor)
    less = parties.public((hidden < 0).long())
    return less, y + multiply(parties, less, x - y)
""",
)
wrong(
    "11.4",
    tag="result-open",
    why="opens the result of the comparison, and picks",
    source="""
def smaller(parties, x, y):
    less = negative(parties, x - y)
    (seen,) = parties.open("less", less)
    return less, torch.where(seen == 1, x, y)
""",
)
wrong(
    "11.4",
    tag="bare",
    why="opens the smaller one at the end",
    source="""
def smaller(parties, x, y):
    less = negative(parties, x - y)
    least = y + multiply(parties, less, x - y)
    parties.open("least", least)
    return less, least
""",
)
wrong(
    "11.4",
    tag="or-equal",
    why="at most, for less",
    source="""
def smaller(parties, x, y):
    less = parties.add_public(-negative(parties, y - x), 1)
    return less, y + multiply(parties, less, x - y)
""",
)
wrong(
    "11.4",
    tag="or-equal",
    why="moves the difference by one",
    source="""
def smaller(parties, x, y):
    less = negative(parties, parties.add_public(x - y, -1))
    return less, y + multiply(parties, less, x - y)
""",
)
wrong(
    "11.4",
    tag="turned",
    why="the other difference",
    example="the other one",
    source="""
def smaller(parties, x, y):
    less = negative(parties, y - x)
    return less, y + multiply(parties, less, x - y)
""",
)
wrong(
    "11.4",
    tag="turned",
    why="turns the difference around, and counts equal ones",
    example="the other one",
    source="""
def smaller(parties, x, y):
    less = parties.add_public(-negative(parties, x - y), 1)
    return less, x + multiply(parties, less, y - x)
""",
)
wrong(
    "11.4",
    tag="slices",
    why="compares slice by slice",
    example="slices are noise",
    source="""
def smaller(parties, x, y):
    less = (x < y).long()
    return less, y + multiply(parties, less, x - y)
""",
)
wrong(
    "11.4",
    tag="slices",
    why="looks at the signs of slices",
    example="slices are noise",
    source="""
def smaller(parties, x, y):
    less = (x - y < 0).long()
    return less, y + multiply(parties, less, x - y)
""",
)
wrong(
    "11.4",
    tag="by-hand",
    why="adds the slices by hand",
    source="""
def smaller(parties, x, y):
    less = parties.public((x.sum(0) < y.sum(0)).long())
    return less, y + multiply(parties, less, x - y)
""",
)
wrong(
    "11.4",
    tag="largest",
    why="the larger one",
    example="the larger one",
    source="""
def smaller(parties, x, y):
    less = negative(parties, x - y)
    return less, x + multiply(parties, less, y - x)
""",
)
wrong(
    "11.4",
    tag="own-product",
    why="multiplies slice by slice",
    example="own slices give another number",
    source="""
def smaller(parties, x, y):
    less = negative(parties, x - y)
    return less, y + less * (x - y)
""",
)
wrong(
    "11.4",
    tag="difference",
    why="forgets the y",
    example="only the product",
    source="""
def smaller(parties, x, y):
    less = negative(parties, x - y)
    return less, multiply(parties, less, x - y)
""",
)
wrong(
    "11.4",
    tag="wrong-least",
    why="adds instead",
    example="another number",
    source="""
def smaller(parties, x, y):
    less = negative(parties, x - y)
    return less, y + multiply(parties, less, x)
""",
)
wrong(
    "11.4",
    tag="no-pair",
    why="only the smaller one",
    example="one tensor",
    source="""
def smaller(parties, x, y):
    less = negative(parties, x - y)
    return y + multiply(parties, less, x - y)
""",
)
wrong(
    "11.4",
    tag="no-shares",
    why="less as bools",
    example="bools are no shares",
    source="""
def smaller(parties, x, y):
    less = negative(parties, x - y)
    return less.bool(), y + multiply(parties, less, x - y)
""",
)
wrong(
    "11.4",
    tag="by-hand",
    why="picks by the slices of less",
    source="""
def smaller(parties, x, y):
    less = negative(parties, x - y)
    return less, torch.where(less.sum(0) == 1, x, y)
""",
)
wrong(
    "11.4",
    tag="everybody",
    why="both products, and each holder adds the 1 of 1 - less",
    example="three ones",
    source="""
def smaller(parties, x, y):
    less = negative(parties, x - y)
    return less, multiply(parties, less, x) + multiply(parties, 1 - less, y)
""",
)
wrong(
    "11.4",
    tag="everybody",
    why="1 minus the other comparison, by each holder",
    example="three ones",
    source="""
def smaller(parties, x, y):
    less = 1 - negative(parties, y - x)
    return less, y + multiply(parties, less, x - y)
""",
)
wrong(
    "11.4",
    tag="result-open",
    why="opens less, one number after the other",
    source="""
def smaller(parties, x, y):
    less = negative(parties, x - y)
    flat, a, b = less.flatten(1), x.flatten(1), y.flatten(1)
    parts = []
    for i in range(flat.shape[1]):
        (one,) = parties.open("less here", flat[:, i])
        parts.append(a[:, i] if one == 1 else b[:, i])
    return less, torch.stack(parts, 1).reshape(x.shape)
""",
)
wrong(
    "11.4",
    tag="by-hand",
    why="one holder gets all shares of the difference",
    source="""
def smaller(parties, x, y):
    d = torch.zeros_like(x)
    d[0] = (x - y).sum(0)
    less = negative(parties, d)
    return less, y + multiply(parties, less, x - y)
""",
)
wrong(
    "11.4",
    tag="openings",
    why="opens a large multiple of the difference",
    source="""
def smaller(parties, x, y):
    less = negative(parties, x - y)
    parties.open("apart", (x - y) * (2**50 + 1))
    return less, y + multiply(parties, less, x - y)
""",
)
wrong(
    "11.4",
    tag="openings",
    why="opens a secret, shifted far away",
    source="""
def smaller(parties, x, y):
    less = negative(parties, x - y)
    parties.open("x", parties.add_public(x, 2**62 + 12345))
    return less, y + multiply(parties, less, x - y)
""",
)
wrong(
    "11.4",
    tag="openings",
    why="opens one bit of the result",
    source="""
def smaller(parties, x, y):
    less = negative(parties, x - y)
    parties.open("less", less.to(torch.int8))
    return less, y + multiply(parties, less, x - y)
""",
)
wrong(
    "11.4",
    tag="openings",
    why="hides the result under a number that everybody knows",
    source="""
def smaller(parties, x, y):
    less = negative(parties, x - y)
    parties.open("less", parties.add_public(less * 2**61, 99))
    return less, y + multiply(parties, less, x - y)
""",
)
wrong(
    "11.4",
    tag="openings",
    why="exchanges slices",
    source="""
def smaller(parties, x, y):
    less = negative(parties, x - y)
    parties.exchange("x", x)
    return less, y + multiply(parties, less, x - y)
""",
)
wrong(
    "11.4",
    tag="openings",
    why="one mask for two secrets",
    source="""
def smaller(parties, x, y):
    from course.smpc.products import Triple

    shape = tuple(x.shape[1:])
    a, b, c = parties.deal(Triple(shape, shape))
    parties.open("x - a, y - a", x - a, y - a)
    less = negative(parties, x - y)
    return less, y + multiply(parties, less, x - y)
""",
)
wrong(
    "11.4",
    tag="openings",
    why="a mask that the first holder draws",
    source="""
def smaller(parties, x, y):
    from course.smpc.randomness import Randomness

    hidden = x - y
    hidden[0] += Randomness().uniform(hidden.shape[1:])
    parties.open("hidden", hidden)
    less = negative(parties, x - y)
    return less, y + multiply(parties, less, x - y)
""",
)
right(
    "11.4",
    why="x, less what it is larger by",
    source="""
def smaller(parties, x, y):
    less = negative(parties, x - y)
    return less, x - multiply(parties, parties.add_public(-less, 1), x - y)
""",
)
right(
    "11.4",
    why="two products",
    source="""
def smaller(parties, x, y):
    less = negative(parties, x - y)
    not_less = parties.add_public(-less, 1)
    return less, multiply(parties, less, x) + multiply(parties, not_less, y)
""",
)
right(
    "11.4",
    why="by way of relu",
    source="""
def smaller(parties, x, y):
    from course.smpc.comparison import relu_and_sign

    over, less = relu_and_sign(parties, y - x)
    return [less, y - over]
""",
)
wrong(
    "11.4",
    tag="everybody",
    why="not at least 1 apart, and each holder takes the 1 away",
    example="3 and 4 are only 1 apart",
    source="""
def smaller(parties, x, y):
    less = parties.add_public(-negative(parties, y - x - 1), 1)
    return less, y + multiply(parties, less, x - y)
""",
)
