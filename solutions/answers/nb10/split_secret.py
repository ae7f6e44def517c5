"""Exercise 10.1, split a secret: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import right, wrong

wrong(
    "10.1",
    tag="small-range",
    why="masks up to a million",
    source="""
def split_secret(secret, n):
    masks = [torch.randint(0, 10**6, secret.shape) for _ in range(n - 1)]
    return [*masks, secret - sum(masks)]
""",
)
wrong(
    "10.1",
    tag="small-range",
    why="masks about as large as the secret",
    source="""
def split_secret(secret, n):
    bound = int(secret.abs().max()) % 2**50 + 1
    masks = [uniform(secret.shape) % bound for _ in range(n - 1)]
    return [*masks, secret - sum(masks)]
""",
)
wrong(
    "10.1",
    tag="small-range",
    why="a 32-bit range",
    source="""
def split_secret(secret, n):
    masks = [torch.randint(-(2**31), 2**31, secret.shape) for _ in range(n - 1)]
    return [*masks, secret - sum(masks)]
""",
)
wrong(
    "10.1",
    tag="half-ring",
    why="positive numbers only",
    source="""
def split_secret(secret, n):
    masks = [uniform(secret.shape) & (2**63 - 1) for _ in range(n - 1)]
    return [*masks, secret - sum(masks)]
""",
)
wrong(
    "10.1",
    tag="half-ring",
    why="torch.randint from 0",
    source="""
def split_secret(secret, n):
    masks = [torch.randint(0, 2**63 - 1, secret.shape) for _ in range(n - 1)]
    return [*masks, secret - sum(masks)]
""",
)
wrong(
    "10.1",
    tag="one-number",
    why="one number for each holder",
    source="""
def split_secret(secret, n):
    masks = [uniform(()) for _ in range(n - 1)]
    return [*masks, secret - sum(masks)]
""",
)
wrong(
    "10.1",
    tag="one-mask",
    why="one number for a whole tensor",
    source="""
def split_secret(secret, n):
    masks = [uniform(()).expand(secret.shape) for _ in range(n - 1)]
    return [*masks, secret - sum(masks)]
""",
)
wrong(
    "10.1",
    tag="one-mask",
    why="one number for each column",
    source="""
def split_secret(secret, n):
    masks = [uniform(secret.shape[-1:]).expand(secret.shape) for _ in range(n - 1)]
    return [*masks, secret - sum(masks)]
""",
)
wrong(
    "10.1",
    tag="input-changed",
    why="subtracts in place",
    source="""
def split_secret(secret, n):
    shares = []
    last = secret
    for _ in range(n - 1):
        mask = uniform(secret.shape)
        last -= mask
        shares.append(mask)
    return [*shares, last]
""",
)
wrong(
    "10.1",
    tag="divided",
    why="a quotient for each, the remainder for the last",
    source="""
def split_secret(secret, n):
    part = secret // n
    return [part.clone() for _ in range(n - 1)] + [secret - (n - 1) * part]
""",
)
wrong(
    "10.1",
    tag="divided",
    why="equal parts, remainders lost",
    source="""
def split_secret(secret, n):
    return [secret // n for _ in range(n)]
""",
)
wrong(
    "10.1",
    tag="bare",
    why="the secret for one, nothing for the others",
    source="""
def split_secret(secret, n):
    return [secret.clone()] + [torch.zeros_like(secret) for _ in range(n - 1)]
""",
)
wrong(
    "10.1",
    tag="bare",
    why="masks that cancel each other",
    source="""
def split_secret(secret, n):
    mask = uniform(secret.shape)
    masks = [mask, -mask] + [torch.zeros_like(secret) for _ in range(n - 3)]
    return [*masks[: n - 1], secret - sum(masks[: n - 1])]
""",
)
wrong(
    "10.1",
    tag="same-mask",
    why="one mask for all holders but the last",
    source="""
def split_secret(secret, n):
    mask = uniform(secret.shape)
    return [mask.clone() for _ in range(n - 1)] + [secret - (n - 1) * mask]
""",
)
wrong(
    "10.1",
    tag="not-uniform",
    why="floats, which have no low bits",
    source="""
def split_secret(secret, n):
    masks = [((torch.rand(secret.shape) - 0.5) * 2.0**64).long() for _ in range(n - 1)]
    return [*masks, secret - sum(masks)]
""",
)
wrong(
    "10.1",
    tag="not-uniform",
    why="twice a random number: always even",
    source="""
def split_secret(secret, n):
    masks = [2 * uniform(secret.shape) for _ in range(n - 1)]
    return [*masks, secret - sum(masks)]
""",
)
wrong(
    "10.1",
    tag="no-draw",
    why="masks that are kept from call to call",
    source="""
MASKS = []


def split_secret(secret, n):
    while len(MASKS) < n - 1:
        MASKS.append(uniform((4000,)))
    masks = [mask[: secret.numel()].reshape(secret.shape) for mask in MASKS[: n - 1]]
    return [*masks, secret - sum(masks)]
""",
)
wrong(
    "10.1",
    tag="seeded",
    why="torch's own generator over the whole ring",
    source="""
def split_secret(secret, n):
    masks = [torch.randint(-(2**63), 2**63 - 1, secret.shape) for _ in range(n - 1)]
    return [*masks, secret - sum(masks)]
""",
)
wrong(
    "10.1",
    tag="no-draw",
    why="a seed, so that it can be repeated",
    source="""
def split_secret(secret, n):
    torch.manual_seed(0)
    masks = [torch.randint(-(2**63), 2**63 - 1, secret.shape) for _ in range(n - 1)]
    return [*masks, secret - sum(masks)]
""",
)
wrong(
    "10.1",
    tag="wrong-sum",
    why="the last holder's share without the secret's sign",
    source="""
def split_secret(secret, n):
    masks = [uniform(secret.shape) for _ in range(n - 1)]
    return [*masks, secret.abs() - sum(masks)]
""",
)
wrong(
    "10.1",
    tag="no-list",
    why="one tensor of all shares",
    source="""
def split_secret(secret, n):
    masks = [uniform(secret.shape) for _ in range(n - 1)]
    return torch.stack([*masks, secret - sum(masks)])
""",
)
wrong(
    "10.1",
    tag="wrong-sum",
    why="the last share modulo 2**32",
    example="the sum is right only by chance",
    source="""
def split_secret(secret, n):
    masks = [uniform(secret.shape) for _ in range(n - 1)]
    return [*masks, (secret - sum(masks)) % 2**32]
""",
)
wrong(
    "10.1",
    tag="seeded",
    why="NumPy's global generator",
    source="""
def split_secret(secret, n):
    import numpy

    masks = [torch.as_tensor(numpy.random.randint(-(2**63), 2**63 - 1, tuple(secret.shape))) for _ in range(n - 1)]
    return [*masks, secret - sum(masks)]
""",
)
wrong(
    "10.1",
    tag="seeded",
    why="Python's generator",
    source="""
def split_secret(secret, n):
    import random

    def mask():
        numbers = [random.randint(-(2**63), 2**63 - 1) for _ in range(secret.numel())]
        return torch.tensor(numbers).reshape(secret.shape)

    masks = [mask() for _ in range(n - 1)]
    return [*masks, secret - sum(masks)]
""",
)
wrong(
    "10.1",
    tag="no-list",
    why="a tuple",
    source="""
def split_secret(secret, n):
    masks = [uniform(secret.shape) for _ in range(n - 1)]
    return (*masks, secret - sum(masks))
""",
)
wrong(
    "10.1",
    tag="repeatable",
    why="a generator of one's own, seeded by the clock",
    source="""
def split_secret(secret, n):
    import time

    clock = torch.Generator().manual_seed(time.time_ns() % 2**40)
    masks = [torch.empty_like(secret).random_(-(2**63), None, generator=clock) for _ in range(n - 1)]
    return [*masks, secret - sum(masks)]
""",
)
wrong(
    "10.1",
    tag="too-few",
    why="a generator of NumPy's, seeded once, outside of the function",
    source="""
import numpy

rng = numpy.random.default_rng(10)


def split_secret(secret, n):
    masks = [torch.from_numpy(numpy.asarray(rng.integers(-(2**63), 2**63, secret.shape))) for _ in range(n - 1)]
    return [*masks, secret - sum(masks)]
""",
)
wrong(
    "10.1",
    tag="too-few",
    why="a generator of NumPy's that seeds itself",
    source="""
def split_secret(secret, n):
    import numpy

    rng = numpy.random.default_rng()
    masks = [torch.from_numpy(numpy.asarray(rng.integers(-(2**63), 2**63, secret.shape))) for _ in range(n - 1)]
    return [*masks, secret - sum(masks)]
""",
)
wrong(
    "10.1",
    tag="too-few",
    why="a generator of Python's, seeded once, outside of the function",
    source="""
import random

rng = random.Random(10)


def split_secret(secret, n):
    def mask():
        numbers = [rng.randint(-(2**63), 2**63 - 1) for _ in range(secret.numel())]
        return torch.tensor(numbers).reshape(secret.shape)

    masks = [mask() for _ in range(n - 1)]
    return [*masks, secret - sum(masks)]
""",
)
wrong(
    "10.1",
    tag="too-few",
    why="draws with `uniform`, and hides with something else",
    source="""
import random

rng = random.Random(10)


def split_secret(secret, n):
    seed = uniform(())
    numbers = [[rng.randint(-(2**63), 2**63 - 1) for _ in range(secret.numel())] for _ in range(n - 1)]
    masks = [torch.tensor(row).reshape(secret.shape) + seed for row in numbers]
    return [*masks, secret - sum(masks)]
""",
)
wrong(
    "10.1",
    tag="not-anew",
    why="draws once, and counts the calls on",
    source="""
drawn = {}


def split_secret(secret, n):
    at = (tuple(secret.shape), n)
    drawn[at] = [mask + 1 for mask in drawn[at]] if at in drawn else [uniform(secret.shape) for _ in range(n - 1)]
    return [*drawn[at], secret - sum(drawn[at])]
""",
)
wrong(
    "10.1",
    tag="not-anew",
    why="a holder gets what another one had in the last call",
    source="""
last = {}


def split_secret(secret, n):
    masks = [uniform(secret.shape) for _ in range(n - 1)]
    at = (tuple(secret.shape), n)
    if n > 2 and at in last:
        masks[1:] = last[at][:-1]
    last[at] = masks
    return [*masks, secret - sum(masks)]
""",
)
wrong(
    "10.1",
    tag="one-mask",
    why="one half of a mask twice",
    source="""
def split_secret(secret, n):
    half = (secret.numel() + 1) // 2
    masks = [uniform((half,)).repeat(2)[: secret.numel()].reshape(secret.shape) for _ in range(n - 1)]
    return [*masks, secret - sum(masks)]
""",
)
wrong(
    "10.1",
    tag="same-mask",
    why="the fifth holder gets the first one's mask",
    source="""
def split_secret(secret, n):
    masks = [uniform(secret.shape) for _ in range(min(n - 1, 3))]
    masks += [masks[0].clone() for _ in range(n - 1 - len(masks))]
    return [*masks, secret - sum(masks)]
""",
)
wrong(
    "10.1",
    tag="too-few",
    why="draws one mask, and rolls it for the other holders",
    source="""
def split_secret(secret, n):
    mask = uniform(secret.shape)
    masks = [mask.flatten().roll(k).reshape(secret.shape) for k in range(n - 1)]
    return [*masks, secret - sum(masks)]
""",
)
right(
    "10.1",
    why="the library's split, which the text leaves open: it is this function",
    source="""
def split_secret(secret, n):
    from course.smpc.randomness import Randomness
    from course.smpc.shares import split

    return list(split(secret, n, Randomness()))
""",
)
right(
    "10.1",
    why="a loop from what is left",
    source="""
def split_secret(secret, n):
    left = secret.clone()
    shares = []
    for _ in range(n - 1):
        share = uniform(left.shape)
        shares.append(share)
        left = left - share
    shares.insert(0, left)
    return shares
""",
)
right(
    "10.1",
    why="all masks in one draw",
    source="""
def split_secret(secret, n):
    masks = uniform((n - 1, *secret.shape))
    return [secret - masks.sum(dim=0), *masks.unbind()]
""",
)
right(
    "10.1",
    why="recursion: a share in two, again and again",
    source="""
def split_secret(secret, n):
    if n == 1:
        return [secret.clone()]
    mask = uniform(secret.shape)
    return [mask, *split_secret(secret - mask, n - 1)]
""",
)
right(
    "10.1",
    why="the operating system's bytes",
    source="""
def split_secret(secret, n):
    import os

    masks = []
    for _ in range(n - 1):
        data = bytearray(os.urandom(8 * secret.numel()))
        masks.append(torch.frombuffer(data, dtype=torch.int64).reshape(secret.shape))
    return masks + [secret - sum(masks)]
""",
)
right(
    "10.1",
    why="zero in n shares, and the secret added to one of them",
    source="""
def split_secret(secret, n):
    zero = [uniform(secret.shape) for _ in range(n)]
    around = [one - other for one, other in zip(zero, zero[1:] + zero[:1])]
    around[0] = around[0] + secret
    return around
""",
)
right(
    "10.1",
    why="the operating system's bytes, by their own name",
    source="""
from os import urandom


def split_secret(secret, n):
    data = bytearray(urandom(8 * secret.numel() * (n - 1)))
    masks = [*torch.frombuffer(data, dtype=torch.int64).reshape(n - 1, *secret.shape)]
    return [*masks, secret - sum(masks)]
""",
)
right(
    "10.1",
    why="Python's secrets, number by number",
    source="""
import secrets


def split_secret(secret, n):
    def mask():
        numbers = [secrets.randbits(64) - 2**63 for _ in range(secret.numel())]
        return torch.tensor(numbers).reshape(secret.shape)

    masks = [mask() for _ in range(n - 1)]
    return [*masks, secret - sum(masks)]
""",
)
