"""Exercise 12.2, pairwise masks: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import equivalent, right, scene, wrong

scene("12.2", source="from course.aggregation.keys import mask")
wrong(
    "12.2",
    tag="both-add",
    why="both of a pair add the mask",
    source="""
def under_masks(update, me, keys):
    hidden = update.clone()
    for key in keys.values():
        hidden += mask(key, len(update))
    return hidden
""",
)
wrong(
    "12.2",
    tag="both-add",
    why="both of a pair subtract the mask",
    example="the example has a plus",
    source="""
def under_masks(update, me, keys):
    return update - sum(mask(key, len(update)) for key in keys.values())
""",
)
wrong(
    "12.2",
    tag="turned",
    why="the larger place adds",
    example="the example has a plus",
    source="""
def under_masks(update, me, keys):
    hidden = update.clone()
    for other, key in keys.items():
        found = mask(key, len(update))
        hidden += found if me > other else -found
    return hidden
""",
)
wrong(
    "12.2",
    tag="public",
    why="a seed that everybody knows: the two places",
    example="the example names its mask",
    source="""
def under_masks(update, me, keys):
    hidden = update.clone()
    for other in keys:
        low, high = sorted((me, other))
        draws = torch.Generator().manual_seed(100 * low + high)
        found = torch.randint(-(2**63), 2**63 - 1, update.shape, generator=draws)
        hidden += found if me < other else -found
    return hidden
""",
)
wrong(
    "12.2",
    tag="public",
    why="a key made of the two places",
    example="the example names its mask",
    source="""
def under_masks(update, me, keys):
    hidden = update.clone()
    for other in keys:
        found = mask(bytes([min(me, other), max(me, other)] * 8), len(update))
        hidden += found if me < other else -found
    return hidden
""",
)
wrong(
    "12.2",
    tag="anew",
    why="a fresh mask for each pair, which the other one does not know",
    example="the example names its mask",
    source="""
def under_masks(update, me, keys):
    hidden = update.clone()
    for other in keys:
        found = torch.randint(-(2**63), 2**63 - 1, update.shape)
        hidden += found if me < other else -found
    return hidden
""",
)
wrong(
    "12.2",
    tag="one-number",
    why="one number of the mask for the whole update",
    example="the example's second number differs",
    source="""
def under_masks(update, me, keys):
    hidden = update.clone()
    for other, key in keys.items():
        found = mask(key, 1)
        hidden += found if me < other else -found
    return hidden
""",
)
wrong(
    "12.2",
    tag="some-pairs",
    why="only the clients after me",
    source="""
def under_masks(update, me, keys):
    hidden = update.clone()
    for other, key in keys.items():
        if me < other:
            hidden += mask(key, len(update))
    return hidden
""",
)
wrong(
    "12.2",
    tag="some-pairs",
    why="only the next one",
    source="""
def under_masks(update, me, keys):
    hidden = update.clone()
    for other in (me - 1, me + 1):
        if other in keys:
            found = mask(keys[other], len(update))
            hidden += found if me < other else -found
    return hidden
""",
)
wrong(
    "12.2",
    tag="order",
    why="plus and minus by turns",
    source="""
def under_masks(update, me, keys):
    hidden = update.clone()
    for k, key in enumerate(keys.values()):
        found = mask(key, len(update))
        hidden += found if k % 2 == 0 else -found
    return hidden
""",
)
wrong(
    "12.2",
    tag="order",
    why="compares with the order in the dict",
    source="""
def under_masks(update, me, keys):
    hidden = update.clone()
    for k, key in enumerate(keys.values()):
        found = mask(key, len(update))
        hidden += found if me <= k else -found
    return hidden
""",
)
wrong(
    "12.2",
    tag="small",
    why="masks of a small range",
    example="the example names its mask",
    source="""
def under_masks(update, me, keys):
    hidden = update.clone()
    for other, key in keys.items():
        found = mask(key, len(update)) % 10**6
        hidden += found if me < other else -found
    return hidden
""",
)
wrong(
    "12.2",
    tag="no-ring",
    why="in floats",
    example="the example shows the dtype",
    source="""
def under_masks(update, me, keys):
    hidden = update.double()
    for other, key in keys.items():
        found = mask(key, len(update)).double()
        hidden += found if me < other else -found
    return hidden
""",
)
wrong(
    "12.2",
    tag="input-changed",
    why="adds in place",
    source="""
def under_masks(update, me, keys):
    for other, key in keys.items():
        found = mask(key, len(update))
        update += found if me < other else -found
    return update
""",
)
wrong(
    "12.2",
    tag="bare",
    why="a mask on, and off again",
    example="the example names its mask",
    source="""
def under_masks(update, me, keys):
    hidden = update.clone()
    for other, key in keys.items():
        hidden = hidden + mask(key, len(update)) - mask(key, len(update))
    return hidden
""",
)
wrong(
    "12.2",
    tag="weighted",
    why="the difference of the places, in place of its sign",
    source="""
def under_masks(update, me, keys):
    hidden = update.clone()
    for other, key in keys.items():
        found = mask(key, len(update))
        hidden += (other - me) * found
    return hidden
""",
)
wrong(
    "12.2",
    tag="one-key",
    why="the first key for all pairs",
    source="""
def under_masks(update, me, keys):
    hidden = update.clone()
    for other, key in keys.items():
        found = mask(next(iter(keys.values())), len(update))
        hidden += found if me < other else -found
    return hidden
""",
)
wrong(
    "12.2",
    tag="as-text",
    why="compares places as texts",
    source="""
def under_masks(update, me, keys):
    hidden = update.clone()
    for other, key in keys.items():
        found = mask(key, len(update))
        hidden += found if str(me) < str(other) else -found
    return hidden
""",
)
wrong(
    "12.2",
    tag="some-pairs",
    why="begins anew with the update for each key",
    source="""
def under_masks(update, me, keys):
    hidden = update.clone()
    for other, key in keys.items():
        found = mask(key, len(update))
        hidden = update + (found if me < other else -found)
    return hidden
""",
)
wrong(
    "12.2",
    tag="other-masks",
    why="makes masks of the keys with torch's generator",
    example="the example takes `mask` off",
    source="""
def under_masks(update, me, keys):
    hidden = update.clone()
    for other, key in keys.items():
        draws = torch.Generator().manual_seed(int.from_bytes(key[:7], "big"))
        one = torch.randint(-(2**63), 2**63 - 1, update.shape, generator=draws)
        hidden += one if me < other else -one
    return hidden
""",
)
right(
    "12.2",
    why="two sums, and one difference",
    source="""
def under_masks(update, me, keys):
    after = [mask(key, len(update)) for other, key in keys.items() if other > me]
    before = [mask(key, len(update)) for other, key in keys.items() if other < me]
    return update + sum(after) - sum(before)
""",
)
right(
    "12.2",
    why="a sign for each, in the order of places",
    source="""
def under_masks(update, me, keys):
    rows = [update]
    for other in sorted(keys):
        sign = 1 if other > me else -1
        rows.append(sign * mask(keys[other], update.numel()))
    return torch.stack(rows).sum(dim=0)
""",
)
equivalent(
    "12.2",
    mutant="hidden += one if me < other else -one -> hidden += one if me <= other else -one",
    reason="nobody is in a pair with oneself",
)
