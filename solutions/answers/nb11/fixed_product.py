"""Exercise 11.3, a product back at its scale: what the check must reject, with the message's tag, and must accept."""

from course.authoring.answers import equivalent, right, scene, wrong

scene(
    "11.3",
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
    "11.3",
    tag="two-scales",
    why="leaves the product at twice the scale",
    example="twice the scale",
    source="""
def fixed_product(parties, x, y, scale):
    product = multiply(parties, x, y)
    return product
""",
)
wrong(
    "11.3",
    tag="each-own",
    why="each holder divides its own slice",
    source="""
def fixed_product(parties, x, y, scale):
    product = multiply(parties, x, y)
    return torch.div(product, scale, rounding_mode="floor")
""",
)
wrong(
    "11.3",
    tag="each-own",
    why="each holder shifts its own slice",
    source="""
def fixed_product(parties, x, y, scale):
    product = multiply(parties, x, y)
    return product >> (scale.bit_length() - 1)
""",
)
wrong(
    "11.3",
    tag="twice",
    why="divides twice",
    example="another scale",
    source="""
def fixed_product(parties, x, y, scale):
    product = multiply(parties, x, y)
    r, minus_r, wrap = parties.deal(QuotientMask(tuple(product.shape[1:]), scale))
    (c,) = parties.open("c", parties.add_public(product + r, 2**62))
    shares = torch.where(c < 0, minus_r, minus_r + wrap)
    from course.smpc.truncation import divide

    return divide(parties, parties.add_public(shares, quotient(c, scale) - 2**62 // scale), scale)
""",
)
wrong(
    "11.3",
    tag="bare",
    why="opens the product, then divides",
    source="""
def fixed_product(parties, x, y, scale):
    product = multiply(parties, x, y)
    (seen,) = parties.open("x * y", product)
    return parties.public(torch.div(seen, scale, rounding_mode="floor"))
""",
)
wrong(
    "11.3",
    tag="bare",
    why="opens the product moved up, without the mask",
    source="""
def fixed_product(parties, x, y, scale):
    product = multiply(parties, x, y)
    r, minus_r, wrap = parties.deal(QuotientMask(tuple(product.shape[1:]), scale))
    (c,) = parties.open("c", parties.add_public(product, 2**62))
    return parties.public(quotient(c, scale) - 2**62 // scale)
""",
)
wrong(
    "11.3",
    tag="mask-open",
    why="opens the mask as well",
    source="""
def fixed_product(parties, x, y, scale):
    product = multiply(parties, x, y)
    r, minus_r, wrap = parties.deal(QuotientMask(tuple(product.shape[1:]), scale))
    c, _ = parties.open("c", parties.add_public(product + r, 2**62), r)
    shares = torch.where(c < 0, minus_r, minus_r + wrap)
    return parties.add_public(shares, quotient(c, scale) - 2**62 // scale)
""",
)
wrong(
    "11.3",
    tag="wrap",
    why="forgets what a wrap adds",
    source="""
def fixed_product(parties, x, y, scale):
    product = multiply(parties, x, y)
    r, minus_r, wrap = parties.deal(QuotientMask(tuple(product.shape[1:]), scale))
    (c,) = parties.open("c", parties.add_public(product + r, 2**62))
    return parties.add_public(minus_r, quotient(c, scale) - 2**62 // scale)
""",
)
wrong(
    "11.3",
    tag="wrap",
    why="always adds what a wrap adds",
    source="""
def fixed_product(parties, x, y, scale):
    product = multiply(parties, x, y)
    r, minus_r, wrap = parties.deal(QuotientMask(tuple(product.shape[1:]), scale))
    (c,) = parties.open("c", parties.add_public(product + r, 2**62))
    return parties.add_public(minus_r + wrap, quotient(c, scale) - 2**62 // scale)
""",
)
wrong(
    "11.3",
    tag="wrap",
    why="where c is negative",
    source="""
def fixed_product(parties, x, y, scale):
    product = multiply(parties, x, y)
    r, minus_r, wrap = parties.deal(QuotientMask(tuple(product.shape[1:]), scale))
    (c,) = parties.open("c", parties.add_public(product + r, 2**62))
    shares = torch.where(c < 0, minus_r + wrap, minus_r)
    return parties.add_public(shares, quotient(c, scale) - 2**62 // scale)
""",
)
wrong(
    "11.3",
    tag="wrap",
    why="divides c as a signed number",
    source="""
def fixed_product(parties, x, y, scale):
    product = multiply(parties, x, y)
    r, minus_r, wrap = parties.deal(QuotientMask(tuple(product.shape[1:]), scale))
    (c,) = parties.open("c", parties.add_public(product + r, 2**62))
    shares = torch.where(c < 0, minus_r, minus_r + wrap)
    return parties.add_public(shares, torch.div(c, scale, rounding_mode="floor") - 2**62 // scale)
""",
)
wrong(
    "11.3",
    tag="openings",
    why="does not move up: wrong so rarely that no check would meet it",
    source="""
def fixed_product(parties, x, y, scale):
    product = multiply(parties, x, y)
    r, minus_r, wrap = parties.deal(QuotientMask(tuple(product.shape[1:]), scale))
    (c,) = parties.open("c", product + r)
    shares = torch.where(c < 0, minus_r, minus_r + wrap)
    return parties.add_public(shares, quotient(c, scale))
""",
)
wrong(
    "11.3",
    tag="offset",
    why="leaves 2**62 / scale in",
    example="a large number more",
    source="""
def fixed_product(parties, x, y, scale):
    product = multiply(parties, x, y)
    r, minus_r, wrap = parties.deal(QuotientMask(tuple(product.shape[1:]), scale))
    (c,) = parties.open("c", parties.add_public(product + r, 2**62))
    shares = torch.where(c < 0, minus_r, minus_r + wrap)
    return parties.add_public(shares, quotient(c, scale))
""",
)
wrong(
    "11.3",
    tag="offset",
    why="everybody takes 2**62 / scale away",
    example="too often",
    source="""
def fixed_product(parties, x, y, scale):
    product = multiply(parties, x, y)
    r, minus_r, wrap = parties.deal(QuotientMask(tuple(product.shape[1:]), scale))
    (c,) = parties.open("c", parties.add_public(product + r, 2**62))
    shares = torch.where(c < 0, minus_r, minus_r + wrap)
    return parties.add_public(shares, quotient(c, scale)) - 2**62 // scale
""",
)
wrong(
    "11.3",
    tag="everybody",
    why="everybody adds the public part",
    example="three times",
    source="""
def fixed_product(parties, x, y, scale):
    product = multiply(parties, x, y)
    r, minus_r, wrap = parties.deal(QuotientMask(tuple(product.shape[1:]), scale))
    (c,) = parties.open("c", parties.add_public(product + r, 2**62))
    shares = torch.where(c < 0, minus_r, minus_r + wrap)
    return shares + quotient(c, scale) - 2**62 // scale
""",
)
wrong(
    "11.3",
    tag="by-hand",
    why="adds the slices by hand",
    source="""
def fixed_product(parties, x, y, scale):
    product = multiply(parties, x, y)
    return parties.public(torch.div(product.sum(0), scale, rounding_mode="floor"))
""",
)
wrong(
    "11.3",
    tag="no-shares",
    why="a true division",
    example="floats",
    source="""
def fixed_product(parties, x, y, scale):
    product = multiply(parties, x, y)
    return product / scale
""",
)
wrong(
    "11.3",
    tag="openings",
    why="opens the same again",
    source="""
def fixed_product(parties, x, y, scale):
    product = multiply(parties, x, y)
    r, minus_r, wrap = parties.deal(QuotientMask(tuple(product.shape[1:]), scale))
    (c,) = parties.open("c", parties.add_public(product + r, 2**62))
    parties.open("again", parties.add_public(product + r, 2**62))
    shares = torch.where(c < 0, minus_r, minus_r + wrap)
    return parties.add_public(shares, quotient(c, scale) - 2**62 // scale)
""",
)
wrong(
    "11.3",
    tag="library",
    why="the library's division",
    source="""
def fixed_product(parties, x, y, scale):
    from course.smpc.truncation import divide

    return divide(parties, multiply(parties, x, y), scale)
""",
)
wrong(
    "11.3",
    tag="all-moved",
    why="each holder adds 2**62 before it is opened",
    example="all three add it",
    source="""
def fixed_product(parties, x, y, scale):
    product = multiply(parties, x, y)
    r, minus_r, wrap = parties.deal(QuotientMask(tuple(product.shape[1:]), scale))
    (c,) = parties.open("c", product + r + 2**62)
    shares = torch.where(c < 0, minus_r, minus_r + wrap)
    return parties.add_public(shares, quotient(c, scale) - 2**62 // scale)
""",
)
wrong(
    "11.3",
    tag="one-mask",
    why="one mask for all numbers",
    source="""
def fixed_product(parties, x, y, scale):
    product = multiply(parties, x, y)
    r, minus_r, wrap = parties.deal(QuotientMask((), scale))
    (c,) = parties.open("product + 2**62 + r", parties.add_public(product + r.reshape(-1, *[1] * (product.dim() - 1)), torch.tensor(2**62)))
    result = minus_r.reshape(-1, *[1] * (product.dim() - 1)) + wrap.reshape(-1, *[1] * (product.dim() - 1)) * (c >= 0)
    return parties.add_public(result, quotient(c, scale) - 2**62 // scale)
""",
)
wrong(
    "11.3",
    tag="floats",
    why="c / scale as a float64",
    source="""
def fixed_product(parties, x, y, scale):
    product = multiply(parties, x, y)
    r, minus_r, wrap = parties.deal(QuotientMask(tuple(product.shape[1:]), scale))
    (c,) = parties.open("product + 2**62 + r", parties.add_public(product + r, torch.tensor(2**62)))
    result = minus_r + wrap * (c >= 0)
    return parties.add_public(result, (quotient(c, scale).double() - 2.0**62 / scale).long())
""",
)
wrong(
    "11.3",
    tag="by-hand",
    why="one holder gets all shares of the product",
    source="""
def fixed_product(parties, x, y, scale):
    product = multiply(parties, x, y)
    whole = torch.zeros_like(product)
    whole[0] = product.sum(0)
    product = whole
    r, minus_r, wrap = parties.deal(QuotientMask(tuple(product.shape[1:]), scale))
    (c,) = parties.open("product + 2**62 + r", parties.add_public(product + r, torch.tensor(2**62)))
    result = minus_r + wrap * (c >= 0)
    return parties.add_public(result, quotient(c, scale) - 2**62 // scale)
""",
)
wrong(
    "11.3",
    tag="wrong-number",
    why="1 more everywhere",
    source="""
def fixed_product(parties, x, y, scale):
    p = multiply(parties, x, y)
    r, minus_r, wrap = parties.deal(QuotientMask(tuple(p.shape[1:]), scale))
    (m,) = parties.open("m", parties.add_public(p + r, 2**62))
    shares = torch.where(m < 0, minus_r, minus_r + wrap)
    return parties.add_public(shares, quotient(m, scale) - 2**62 // scale + 1)
""",
)
wrong(
    "11.3",
    tag="wrong-number",
    why="shifts m, and so cuts off where it should round",
    source="""
def fixed_product(parties, x, y, scale):
    p = multiply(parties, x, y)
    r, minus_r, wrap = parties.deal(QuotientMask(tuple(p.shape[1:]), scale))
    (m,) = parties.open("m", parties.add_public(p + r, 2**62))
    shares = torch.where(m < 0, minus_r, minus_r + wrap)
    bits = scale.bit_length() - 1
    return parties.add_public(shares, ((m >> bits) & (2 ** (64 - bits) - 1)) - 2**62 // scale)
""",
)
right(
    "11.3",
    why="with a factor of 0 and 1 for where it wrapped, and the first slice by hand",
    source="""
def fixed_product(parties, x, y, scale):
    product = multiply(parties, x, y)
    r, minus_r, wrap = parties.deal(QuotientMask(tuple(product.shape[1:]), scale))
    masked = product + r
    masked[0] += 2**62
    c = parties.open("c", masked)[0]
    shares = minus_r + (c >= 0).long() * wrap
    shares[0] += quotient(c, scale) - 2**62 // scale
    return shares
""",
)
right(
    "11.3",
    why="shifts c itself, without quotient, to the nearest",
    source="""
def fixed_product(parties, x, y, scale):
    product = multiply(parties, x, y)
    r, minus_r, wrap = parties.deal(QuotientMask(tuple(product.shape[1:]), scale))
    (c,) = parties.open("c", parties.add_public(product + r, 2**62))
    bits = scale.bit_length() - 1
    upper = ((c >> bits) & (2 ** (64 - bits) - 1)) + ((c >> (bits - 1)) & 1)
    shares = minus_r + wrap * (c >= 0)
    return parties.add_public(shares, upper - (2**62 >> bits))
""",
)
right(
    "11.3",
    why="the factors exchanged, then holder by holder",
    source="""
def fixed_product(parties, x, y, scale):
    product = multiply(parties, y, x)
    r, minus_r, wrap = parties.deal(QuotientMask(tuple(product.shape[1:]), scale))
    (c,) = parties.open("product + 2**62 + r", parties.add_public(product + r, torch.tensor(2**62)))
    result = minus_r + wrap * (c >= 0)
    down = quotient(c, scale) - (1 << 62) // scale
    return torch.stack([part + down if k == 0 else part for k, part in enumerate(result)])
""",
)
equivalent(
    "11.3",
    mutant="m, = parties.open('m', parties.add_public(p + r, 2 ** 62)) -> "
    "m, = parties.open('m_', parties.add_public(p + r, 2 ** 62))",
    reason="what stands in the transcript beside an opening is free",
)
equivalent(
    "11.3",
    mutant="shares = torch.where(m < 0, minus_r, minus_r + wrap) -> "
    "shares = torch.where(m <= 0, minus_r, minus_r + wrap)",
    reason="a uniform m is never just that number",
)
equivalent(
    "11.3",
    mutant="shares = torch.where(m < 0, minus_r, minus_r + wrap) -> "
    "shares = torch.where(m < 1, minus_r, minus_r + wrap)",
    reason="a uniform m is never just that number",
)
equivalent(
    "11.3",
    mutant="shares = torch.where(m < 0, minus_r, minus_r + wrap) -> "
    "shares = torch.where(m < -1, minus_r, minus_r + wrap)",
    reason="a uniform m is never just that number",
)
wrong(
    "11.3",
    tag="wrap",
    why="adds the wrap in the first quarter only, as if the product were small",
    source="""
def fixed_product(parties, x, y, scale):
    p = multiply(parties, x, y)
    r, minus_r, wrap = parties.deal(QuotientMask(tuple(p.shape[1:]), scale))
    (m,) = parties.open("m", parties.add_public(p + r, 2**62))
    shares = minus_r + wrap * ((m >= 0) & (m < 2**62))
    return parties.add_public(shares, quotient(m, scale) - 2**62 // scale)
""",
)
