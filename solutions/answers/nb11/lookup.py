"""Exercise 11.5, look up a secret key: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import equivalent, right, scene, wrong

scene(
    "11.5",
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
    "11.5",
    tag="bare",
    why="opens the key",
    source="""
def lookup(parties, keys, values, key):
    (seen,) = parties.open("key", key)
    (all_keys,) = parties.open("keys", keys)
    return (values * (all_keys == seen)).sum(1)
""",
)
wrong(
    "11.5",
    tag="bare",
    why="opens the key, compares then",
    source="""
def lookup(parties, keys, values, key):
    (seen,) = parties.open("key", key)
    apart = parties.add_public(keys, -seen)
    below, above = negative(parties, apart), negative(parties, -apart)
    same = parties.add_public(-below - above, 1)
    return multiply(parties, same, values).sum(1)
""",
)
wrong(
    "11.5",
    tag="bare",
    why="opens the differences",
    source="""
def lookup(parties, keys, values, key):
    apart = keys - key.unsqueeze(1)
    (seen,) = parties.open("keys - key", apart)
    return (values * (seen == 0)).sum(1)
""",
)
wrong(
    "11.5",
    tag="unmasked",
    why="opens the differences times random factors",
    source="""
def lookup(parties, keys, values, key):
    apart = keys - key.unsqueeze(1)
    (hidden,) = parties.open("apart * factor", apart * torch.randint(2, 1000, apart.shape[1:]))
    return (values * (hidden == 0)).sum(1)
""",
)
wrong(
    "11.5",
    tag="which-one",
    why="opens which one it is",
    source="""
def lookup(parties, keys, values, key):
    apart = keys - key.unsqueeze(1)
    below, above = negative(parties, apart), negative(parties, -apart)
    same = parties.add_public(-below - above, 1)
    (seen,) = parties.open("same", same)
    return (values * seen).sum(1)
""",
)
wrong(
    "11.5",
    tag="which-one",
    why="opens both comparisons",
    source="""
def lookup(parties, keys, values, key):
    apart = keys - key.unsqueeze(1)
    below, above = negative(parties, apart), negative(parties, -apart)
    low, high = parties.open("below, above", below, above)
    return (values * (1 - low - high)).sum(1)
""",
)
wrong(
    "11.5",
    tag="bare",
    why="opens the value at the end",
    source="""
def lookup(parties, keys, values, key):
    apart = keys - key.unsqueeze(1)
    below, above = negative(parties, apart), negative(parties, -apart)
    same = parties.add_public(-below - above, 1)
    found = multiply(parties, same, values).sum(1)
    parties.open("found", found)
    return found
""",
)
wrong(
    "11.5",
    tag="everybody",
    why="everybody adds the 1",
    example="three ones",
    source="""
def lookup(parties, keys, values, key):
    apart = keys - key.unsqueeze(1)
    below, above = negative(parties, apart), negative(parties, -apart)
    return multiply(parties, 1 - below - above, values).sum(1)
""",
)
wrong(
    "11.5",
    tag="nobody",
    why="forgets the 1",
    example="without the 1",
    source="""
def lookup(parties, keys, values, key):
    apart = keys - key.unsqueeze(1)
    below, above = negative(parties, apart), negative(parties, -apart)
    return multiply(parties, -below - above, values).sum(1)
""",
)
wrong(
    "11.5",
    tag="others",
    why="where the keys differ",
    source="""
def lookup(parties, keys, values, key):
    apart = keys - key.unsqueeze(1)
    below, above = negative(parties, apart), negative(parties, -apart)
    return multiply(parties, below + above, values).sum(1)
""",
)
wrong(
    "11.5",
    tag="one-side",
    why="one comparison only",
    source="""
def lookup(parties, keys, values, key):
    apart = keys - key.unsqueeze(1)
    not_below = parties.add_public(-negative(parties, apart), 1)
    return multiply(parties, not_below, values).sum(1)
""",
)
wrong(
    "11.5",
    tag="own-product",
    why="multiplies slice by slice",
    example="own slices give another number",
    source="""
def lookup(parties, keys, values, key):
    apart = keys - key.unsqueeze(1)
    below, above = negative(parties, apart), negative(parties, -apart)
    same = parties.add_public(-below - above, 1)
    return (same * values).sum(1)
""",
)
wrong(
    "11.5",
    tag="summed-first",
    why="adds up before it multiplies",
    example="it has three values",
    source="""
def lookup(parties, keys, values, key):
    apart = keys - key.unsqueeze(1)
    same = parties.add_public(-negative(parties, apart) - negative(parties, -apart), 1)
    return multiply(parties, same.sum(1), values.sum(1))
""",
)
wrong(
    "11.5",
    tag="by-hand",
    why="leaves larger keys out, so that the number of openings tells how many there are",
    source="""
def lookup(parties, keys, values, key):
    found = 0
    for place in range(keys.shape[1]):
        apart = keys[:, place] - key
        if place and keys[:, place].sum(0) > key.sum(0):  # cannot be it
            continue
        same = parties.add_public(-negative(parties, apart) - negative(parties, -apart), 1)
        found = found + multiply(parties, same, values[:, place])
    return found
""",
)
wrong(
    "11.5",
    tag="the-key",
    why="returns the key",
    example="the key",
    source="""
def lookup(parties, keys, values, key):
    apart = keys - key.unsqueeze(1)
    below, above = negative(parties, apart), negative(parties, -apart)
    same = parties.add_public(-below - above, 1)
    return multiply(parties, same, keys).sum(1)
""",
)
wrong(
    "11.5",
    tag="the-key",
    why="counts",
    example="a count",
    source="""
def lookup(parties, keys, values, key):
    apart = keys - key.unsqueeze(1)
    below, above = negative(parties, apart), negative(parties, -apart)
    same = parties.add_public(-below - above, 1)
    return same.sum(1)
""",
)
wrong(
    "11.5",
    tag="by-hand",
    why="adds slices by hand",
    source="""
def lookup(parties, keys, values, key):
    same = (keys.sum(0) == key.sum(0)).long()
    return (values * same).sum(1)
""",
)
wrong(
    "11.5",
    tag="slices",
    why="compares slices",
    example="slices are noise",
    source="""
def lookup(parties, keys, values, key):
    same = (keys == key.unsqueeze(1)).long()
    return multiply(parties, same, values).sum(1)
""",
)
wrong(
    "11.5",
    tag="no-shares",
    why="a row, with the value in its place",
    example="a row",
    source="""
def lookup(parties, keys, values, key):
    apart = keys - key.unsqueeze(1)
    below, above = negative(parties, apart), negative(parties, -apart)
    same = parties.add_public(-below - above, 1)
    return multiply(parties, same, values)
""",
)
wrong(
    "11.5",
    tag="wrong-value",
    why="the mean over the entries",
    example="slices divided",
    source="""
def lookup(parties, keys, values, key):
    apart = keys - key.unsqueeze(1)
    below, above = negative(parties, apart), negative(parties, -apart)
    same = parties.add_public(-below - above, 1)
    return multiply(parties, same, values).sum(1) // keys.shape[1]
""",
)
wrong(
    "11.5",
    tag="absent",
    why="the last entry, where the key is missing",
    source="""
def lookup(parties, keys, values, key):
    apart = keys - key.unsqueeze(1)
    below, above = negative(parties, apart), negative(parties, -apart)
    same = parties.add_public(-below - above, 1)
    same = same.clone()
    same[:, -1] = parties.add_public(-same[:, :-1].sum(1), 1)
    return multiply(parties, same, values).sum(1)
""",
)
wrong(
    "11.5",
    tag="by-hand",
    why="one holder gets all shares of the key",
    source="""
def lookup(parties, keys, values, key):
    d = keys - 0 * keys
    d = d.clone()
    d[0] -= key.sum()
    differs = negative(parties, d) + negative(parties, -d)
    same = parties.add_public(-differs, torch.tensor(1))
    return multiply(parties, same, values).sum(1)
""",
)
wrong(
    "11.5",
    tag="which-one",
    why="opens entry after entry, and stops where the key is",
    source="""
def lookup(parties, keys, values, key):
    d = keys - key.unsqueeze(1)
    differs = negative(parties, d) + negative(parties, -d)
    same = parties.add_public(-differs, torch.tensor(1))
    for i in range(keys.shape[1]):
        (here,) = parties.open("is it this one", same[:, i])
        if here == 1:
            return values[:, i]
    return torch.zeros_like(key)
""",
)
wrong(
    "11.5",
    tag="missed",
    why="begins at entry 1",
    source="""
def lookup(parties, keys, values, key):
    d = keys - key.unsqueeze(1)
    differs = negative(parties, d) + negative(parties, -d)
    same = parties.add_public(-differs, torch.tensor(1))
    return multiply(parties, same[:, 1:], values[:, 1:]).sum(1)
""",
)
wrong(
    "11.5",
    tag="absent",
    why="-1 where no entry has the key",
    source="""
def lookup(parties, keys, values, key):
    d = keys - key.unsqueeze(1)
    differs = negative(parties, d) + negative(parties, -d)
    same = parties.add_public(-differs, torch.tensor(1))
    none = parties.add_public(-same.sum(1), torch.tensor(1))
    return multiply(parties, same, values).sum(1) - none
""",
)
wrong(
    "11.5",
    tag="absent",
    why="the square of a difference is below 1: squares wrap around",
    source="""
def lookup(parties, keys, values, key):
    d = keys - key.unsqueeze(1)
    differs = parties.add_public(-negative(parties, parties.add_public(multiply(parties, d, d), torch.tensor(-1))), torch.tensor(1))
    same = parties.add_public(-differs, torch.tensor(1))
    return multiply(parties, same, values).sum(1)
""",
)
wrong(
    "11.5",
    tag="openings",
    why="opens the key, shifted far away",
    source="""
def lookup(parties, keys, values, key):
    apart = keys - key.unsqueeze(1)
    same = parties.add_public(-negative(parties, apart) - negative(parties, -apart), 1)
    parties.open("key", parties.add_public(key, 2**62 + 12345))
    return multiply(parties, same, values).sum(1)
""",
)
wrong(
    "11.5",
    tag="openings",
    why="opens multiples of the row of 1 and 0",
    source="""
def lookup(parties, keys, values, key):
    apart = keys - key.unsqueeze(1)
    same = parties.add_public(-negative(parties, apart) - negative(parties, -apart), 1)
    parties.open("row", same * (2**61 - 1))
    return multiply(parties, same, values).sum(1)
""",
)
wrong(
    "11.5",
    tag="openings",
    why="opens one bit of the row",
    source="""
def lookup(parties, keys, values, key):
    apart = keys - key.unsqueeze(1)
    same = parties.add_public(-negative(parties, apart) - negative(parties, -apart), 1)
    parties.open("first", same[:, :1].to(torch.int8))
    return multiply(parties, same, values).sum(1)
""",
)
wrong(
    "11.5",
    tag="openings",
    why="exchanges slices of the key",
    source="""
def lookup(parties, keys, values, key):
    apart = keys - key.unsqueeze(1)
    same = parties.add_public(-negative(parties, apart) - negative(parties, -apart), 1)
    parties.exchange("key", key)
    return multiply(parties, same, values).sum(1)
""",
)
right(
    "11.5",
    why="entry by entry",
    source="""
def lookup(parties, keys, values, key):
    found = torch.zeros_like(key)
    for i in range(keys.shape[1]):
        below = negative(parties, keys[:, i] - key)
        above = negative(parties, key - keys[:, i])
        same = parties.add_public(-below - above, 1)
        found = found + multiply(parties, same, values[:, i])
    return found
""",
)
right(
    "11.5",
    why="both comparisons at once, then a matrix product",
    source="""
def lookup(parties, keys, values, key):
    from course.smpc.products import matmul

    apart = keys - key[:, None]
    signs = negative(parties, torch.stack([apart, -apart], dim=1)).sum(1)
    same = parties.add_public(-signs, 1)
    return matmul(parties, same.unsqueeze(1), values.unsqueeze(2))[:, 0, 0]
""",
)
right(
    "11.5",
    why="all values, less those of other keys",
    source="""
def lookup(parties, keys, values, key):
    apart = keys - key.unsqueeze(1)
    differ = negative(parties, apart) + negative(parties, -apart)
    return values.sum(1) - multiply(parties, differ, values).sum(1)
""",
)
right(
    "11.5",
    why="below key + 1, less those below key",
    source="""
def lookup(parties, keys, values, key):
    d = keys - key.unsqueeze(1)
    upto = negative(parties, parties.add_public(d, torch.tensor(-1)))
    same = upto - negative(parties, d)
    return multiply(parties, same, values).sum(1)
""",
)
equivalent(
    "11.5",
    mutant="apart = keys - key.unsqueeze(1) -> apart = key.unsqueeze(1) - keys",
    reason="both signs are asked for",
)
wrong(
    "11.5",
    tag="everybody",
    why="below the next key, less below the key, and each holder takes the 1 away",
    source="""
def lookup(parties, keys, values, key):
    d = keys - key.unsqueeze(1)
    same = negative(parties, d - 1) - negative(parties, d)
    return multiply(parties, same, values).sum(1)
""",
)
