"""Exercise 13.4, a polynomial sigmoid: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import right, scene, wrong

scene(
    "13.4",
    source="""
bob, alice, cp = [sy.VirtualWorker(sy, id=name) for name in ("bob", "alice", "crypto_provider")]

x = torch.tensor(0.0).fix_precision(16, base=2).share(bob, alice, crypto_provider=cp)
""",
)
wrong(
    "13.4",
    tag="outside",
    why="the polynomial everywhere",
    source="""
def smooth_step(x, reach, c0, c1, c3):
    return c0 + c1 * x + c3 * x**3
""",
)
wrong(
    "13.4",
    tag="cut-result",
    why="cuts the result to 0 and 1",
    source="""
def smooth_step(x, reach, c0, c1, c3):
    return (c0 + c1 * x + c3 * x**3).clamp(0, 1)
""",
)
wrong(
    "13.4",
    tag="cut-result",
    why="cuts the result to what it is at the ends",
    source="""
def smooth_step(x, reach, c0, c1, c3):
    low = c0 - c1 * reach - c3 * reach**3
    return (c0 + c1 * x + c3 * x**3).clamp(low, 2 * c0 - low)
""",
)
wrong(
    "13.4",
    tag="one-end",
    why="guards the upper end only",
    source="""
def smooth_step(x, reach, c0, c1, c3):
    z = x.clamp(max=reach)
    return c0 + c1 * z + c3 * z**3
""",
)
wrong(
    "13.4",
    tag="one-end",
    why="guards the lower end only",
    source="""
def smooth_step(x, reach, c0, c1, c3):
    z = x.clamp(min=-reach)
    return c0 + c1 * z + c3 * z**3
""",
)
wrong(
    "13.4",
    tag="squared",
    why="a square in place of the cube",
    source="""
def smooth_step(x, reach, c0, c1, c3):
    z = x.clamp(-reach, reach)
    return c0 + c1 * z + c3 * z**2
""",
)
wrong(
    "13.4",
    tag="no-constant",
    why="forgets c0",
    example="the example is c0",
    source="""
def smooth_step(x, reach, c0, c1, c3):
    z = x.clamp(-reach, reach)
    return c1 * z + c3 * z**3
""",
)
wrong(
    "13.4",
    tag="straight",
    why="only the line",
    source="""
def smooth_step(x, reach, c0, c1, c3):
    z = x.clamp(-reach, reach)
    return c0 + c1 * z
""",
)
wrong(
    "13.4",
    tag="came-home",
    why="opens, to see which numbers are outside",
    source="""
def smooth_step(x, reach, c0, c1, c3):
    inside = x.virtual_get().float_precision().abs() <= reach
    z = torch.where(inside, x, x.clamp(-reach, reach))
    return c0 + c1 * z + c3 * z**3
""",
)
wrong(
    "13.4",
    tag="came-home",
    why="opens a comparison: who is outside",
    source="""
def smooth_step(x, reach, c0, c1, c3):
    outside = bool((x.abs() > reach).sum().virtual_get() > 0)
    z = x.clamp(-reach, reach) if outside else x
    return c0 + c1 * z + c3 * z**3
""",
)
wrong(
    "13.4",
    tag="half-inside",
    why="the cube of x, the line of z",
    source="""
def smooth_step(x, reach, c0, c1, c3):
    z = x.clamp(-reach, reach)
    return c0 + c1 * z + c3 * x**3
""",
)
wrong(
    "13.4",
    tag="came-home",
    why="decrypts x, which spends it, to clamp it here",
    source="""
def smooth_step(x, reach, c0, c1, c3):
    holders = x.location
    cp = [worker for worker in sy.workers() if worker.id == "crypto_provider"][0]
    z = x.decrypt().clamp(-reach, reach).fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    return c0 + c1 * z + c3 * z**3
""",
)
wrong(
    "13.4",
    tag="true-sigmoid",
    why="the library's sigmoid",
    source="""
def smooth_step(x, reach, c0, c1, c3):
    inside = x.clamp(-reach, reach)
    return x.sigmoid()
""",
)
wrong(
    "13.4",
    tag="to-the-ends",
    why="0 and 1 beyond reach",
    source="""
def smooth_step(x, reach, c0, c1, c3):
    inside = x.clamp(-reach, reach)
    y = c0 + c1 * inside + c3 * inside * inside * inside
    above = (x > reach).long()
    below = (x < -reach).long()
    return y * (1 - above - below) + above
""",
)
wrong(
    "13.4",
    tag="swapped",
    why="c1 and c3 exchanged",
    source="""
def smooth_step(x, reach, c0, c1, c3):
    inside = x.clamp(-reach, reach)
    return c0 + c3 * inside + c1 * inside * inside * inside
""",
)
wrong(
    "13.4",
    tag="other-reach",
    why="the interval of the notebook",
    source="""
def smooth_step(x, reach, c0, c1, c3):
    inside = x.clamp(-5.0, 5.0)
    return c0 + c1 * inside + c3 * inside * inside * inside
""",
)
wrong(
    "13.4",
    tag="fixed-c0",
    why="c0 is always a half",
    source="""
def smooth_step(x, reach, c0, c1, c3):
    inside = x.clamp(-reach, reach)
    return 0.5 + c1 * inside + c3 * inside * inside * inside
""",
)
wrong(
    "13.4",
    tag="squeezed",
    why="divides by reach",
    source="""
def smooth_step(x, reach, c0, c1, c3):
    inside = (x / reach).clamp(-1, 1) * 1
    return c0 + c1 * inside + c3 * inside * inside * inside
""",
)
right(
    "13.4",
    why="comparisons and where",
    source="""
def smooth_step(x, reach, c0, c1, c3):
    top = torch.where(x > reach, 0 * x + reach, x)
    z = torch.where(top < -reach, 0 * x - reach, top)
    return c0 + z * (c1 + c3 * z * z)
""",
)
right(
    "13.4",
    why="clamp twice, Horner's way",
    source="""
def smooth_step(x, reach, c0, c1, c3):
    z = x.clamp(min=-reach).clamp(max=reach)
    square = z * z
    return (square * c3 + c1) * z + c0
""",
)
right(
    "13.4",
    why="two relus",
    source="""
def smooth_step(x, reach, c0, c1, c3):
    z = (x + reach).relu() - (x - reach).relu() - reach
    return c3 * z**3 + c1 * z + c0
""",
)
right(
    "13.4",
    why="clamps by two relus",
    source="""
def smooth_step(x, reach, c0, c1, c3):
    inside = (x + reach).relu() - (x - reach).relu() - reach
    return c0 + c1 * inside + c3 * inside * inside * inside
""",
)
right(
    "13.4",
    why="clamps by comparisons",
    source="""
def smooth_step(x, reach, c0, c1, c3):
    inside = x - (x > reach).long() * (x - reach) - (x < -reach).long() * (x + reach)
    return c0 + c1 * inside + c3 * inside * inside * inside
""",
)
