"""Exercise 10.2, compute on shares: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import right, scene, wrong

scene(
    "10.2",
    source="""
holders = [sy.VirtualWorker(sy, id=name) for name in ("alice", "bob", "claire")]


def shared(value):
    parts = torch.tensor(2**62 + 5), torch.tensor(-7)
    shares = [*parts, torch.tensor(value) - sum(parts)]
    return [share.send(holder) for share, holder in zip(shares, holders)]


x, y = shared(3200), shared(2900)
""",
)
wrong(
    "10.2",
    tag="everybody",
    why="everybody adds the constant",
    source="""
def combine(x, y, factor, constant):
    return [factor * a - b + constant for a, b in zip(x, y)]
""",
)
wrong(
    "10.2",
    tag="divided",
    why="a part of the constant for each, remainders lost",
    source="""
def combine(x, y, factor, constant):
    return [factor * a - b + constant // len(x) for a, b in zip(x, y)]
""",
)
wrong(
    "10.2",
    tag="divided",
    why="a part of the constant for each, rounded",
    source="""
def combine(x, y, factor, constant):
    return [factor * a - b + round(constant / len(x)) for a, b in zip(x, y)]
""",
)
wrong(
    "10.2",
    tag="no-constant",
    why="forgets the constant",
    source="""
def combine(x, y, factor, constant):
    return [factor * a - b for a, b in zip(x, y)]
""",
)
wrong(
    "10.2",
    tag="first-only",
    why="only the first holder multiplies",
    source="""
def combine(x, y, factor, constant):
    shares = [a - b for a, b in zip(x, y)]
    shares[0] = factor * x[0] - y[0] + constant
    return shares
""",
)
wrong(
    "10.2",
    tag="first-only",
    why="only the first holder subtracts",
    source="""
def combine(x, y, factor, constant):
    shares = [factor * a for a in x]
    shares[0] = shares[0] - y[0] + constant
    return shares
""",
)
wrong(
    "10.2",
    tag="added",
    why="adds y",
    source="""
def combine(x, y, factor, constant):
    shares = [factor * a + b for a, b in zip(x, y)]
    shares[0] = shares[0] + constant
    return shares
""",
)
wrong(
    "10.2",
    tag="turned",
    why="the difference the other way round",
    source="""
def combine(x, y, factor, constant):
    shares = [b - factor * a for a, b in zip(x, y)]
    shares[0] = shares[0] + constant
    return shares
""",
)
wrong(
    "10.2",
    tag="factor-late",
    why="the factor for the whole difference",
    source="""
def combine(x, y, factor, constant):
    shares = [factor * (a - b) for a, b in zip(x, y)]
    shares[0] = shares[0] + constant
    return shares
""",
)
wrong(
    "10.2",
    tag="factor-late",
    why="the constant before the factor",
    source="""
def combine(x, y, factor, constant):
    shares = [factor * a - b for a, b in zip(x, y)]
    shares[0] = factor * (x[0] + constant) - y[0]
    return shares
""",
)
wrong(
    "10.2",
    tag="came-home",
    why="opens, computes, and shares again",
    source="""
def combine(x, y, factor, constant):
    from course.smpc.randomness import Randomness

    secret = factor * sum(a.copy().get() for a in x) - sum(b.copy().get() for b in y) + constant
    masks = [Randomness().uniform(secret.shape) for _ in x[1:]]
    shares = [*masks, secret - sum(masks)]
    return [share.send(a.location) for share, a in zip(shares, x)]
""",
)
wrong(
    "10.2",
    tag="gathered",
    why="the first holder gets everything and deals anew",
    source="""
def combine(x, y, factor, constant):
    first = x[0].location
    total = factor * x[0] - y[0] + constant
    for a, b in zip(x[1:], y[1:]):
        total = total + (factor * a - b).move(first)
    return [total] + [0 * a for a in x[1:]]
""",
)
wrong(
    "10.2",
    tag="input-changed",
    why="in place, at the holders",
    source="""
def combine(x, y, factor, constant):
    for a, b in zip(x, y):
        a *= factor
        a -= b
    x[0] += constant
    return x
""",
)
wrong(
    "10.2",
    tag="no-ring",
    why="the factor as a float",
    source="""
def combine(x, y, factor, constant):
    shares = [float(factor) * a - b for a, b in zip(x, y)]
    shares[0] = shares[0] + constant
    return shares
""",
)
wrong(
    "10.2",
    tag="no-list",
    why="one pointer, to the first holder's share",
    example="a pointer is no list",
    source="""
def combine(x, y, factor, constant):
    shares = [factor * a - b for a, b in zip(x, y)]
    return shares[0] + constant
""",
)
wrong(
    "10.2",
    tag="came-home",
    why="looks at one share, to see whether it works",
    source="""
def combine(x, y, factor, constant):
    shares = [factor * a - b for a, b in zip(x, y)]
    shares[0] = shares[0] + constant
    seen = shares[0].copy().get()
    return shares
""",
)
wrong(
    "10.2",
    tag="no-factor",
    why="forgets the factor",
    source="""
def combine(x, y, factor, constant):
    shares = [a - b for a, b in zip(x, y)]
    shares[0] = shares[0] + constant
    return shares
""",
)
wrong(
    "10.2",
    tag="no-y",
    why="forgets y",
    source="""
def combine(x, y, factor, constant):
    shares = [factor * a for a in x]
    shares[0] = shares[0] + constant
    return shares
""",
)
wrong(
    "10.2",
    tag="minus",
    why="subtracts the constant",
    source="""
def combine(x, y, factor, constant):
    shares = [factor * a - b for a, b in zip(x, y)]
    shares[0] = shares[0] - constant
    return shares
""",
)
wrong(
    "10.2",
    tag="factor-late",
    why="everybody adds the constant, before the factor",
    source="""
def combine(x, y, factor, constant):
    return [factor * (a + constant) - b for a, b in zip(x, y)]
""",
)
wrong(
    "10.2",
    tag="gathered",
    why="each holder passes its new share on to the next",
    source="""
def combine(x, y, factor, constant):
    shares = [factor * a - b for a, b in zip(x, y)]
    shares[0] = shares[0] + constant
    for k in range(1, len(shares)):
        shares[k] = shares[k] + 0 * shares[0].copy().move(x[k].location)
    return shares
""",
)
wrong(
    "10.2",
    tag="too-much",
    why="sends all factors and constants to everybody, a row for each holder",
    source="""
def combine(x, y, factor, constant):
    n = len(x)
    shares = []
    for k, (a, b) in enumerate(zip(x, y)):
        table = torch.tensor([[factor, constant if j == 0 else 0] for j in range(n)]).send(a.location)
        shares.append(a * table[k][0] - b + table[k][1])
    return shares
""",
)
right(
    "10.2",
    why="the last holder adds the constant",
    source="""
def combine(x, y, factor, constant):
    *others, last = [factor * a - b for a, b in zip(x, y)]
    return [*others, last + constant]
""",
)
right(
    "10.2",
    why="the constant in parts that add up to it, whoever has which",
    source="""
def combine(x, y, factor, constant):
    n = len(x)
    shares = []
    for k in range(n):
        part = constant // n + (constant % n if k == 0 else 0)
        shares.append(x[k] * factor - y[k] + part)
    return shares
""",
)
right(
    "10.2",
    why="torch's functions, and the constant first",
    source="""
def combine(x, y, factor, constant):
    start = [x[0] * factor + constant, *[torch.mul(a, factor) for a in x[1:]]]
    return [torch.sub(a, b) for a, b in zip(start, y)]
""",
)
right(
    "10.2",
    why="the constant as a tensor that goes to its holder",
    source="""
def combine(x, y, factor, constant):
    shares = [factor * a - b for a, b in zip(x, y)]
    shares[0] = shares[0] + torch.tensor(constant).send(x[0].location)
    return shares
""",
)
right(
    "10.2",
    why="factor and constant as tensors at each holder",
    source="""
def combine(x, y, factor, constant):
    shares = []
    for k, (a, b) in enumerate(zip(x, y)):
        times = torch.tensor(factor).send(a.location)
        part = torch.tensor(constant if k == 0 else 0).send(a.location)
        shares.append(a * times - b + part)
    return shares
""",
)
