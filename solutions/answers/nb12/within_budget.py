"""Exercise 12.4, a range budget: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import right, wrong

SCALE = """
def within_budget(update, largest, clients, split):
    scale = 1
    while clients * largest * (2 * scale) < 2**63:
        scale *= 2
"""
ROUNDED = "    return scale, split((clipped * scale).round().long())\n"
CLIPPED = "    clipped = update.clamp(-largest, largest)\n"


wrong(
    "12.4",
    tag="after-sharing",
    why="clips the shares",
    source=SCALE
    + """
    bound = int(largest * scale)
    shares = split((update * scale).round().long())
    return scale, [share.clamp(-bound, bound) for share in shares]
""",
)
wrong(
    "12.4",
    tag="after-sharing",
    why="rebuilds, clips, and gives away what it clipped",
    example="the example splits into one share",
    source=SCALE
    + """
    shares = split((update * scale).round().long())
    total = sum(shares).double() / scale
    clipped = (total.clamp(-largest, largest) * scale).round().long()
    return scale, [clipped - shares[1] - shares[2], *shares[1:]] if len(shares) == 3 else shares
""",
)
wrong(
    "12.4",
    tag="for-one",
    why="a budget for one update",
    example="the example names the scale",
    source=SCALE.replace("clients * ", "") + CLIPPED + ROUNDED,
)
wrong(
    "12.4",
    tag="one-too-many",
    why="up to the limit itself",
    example="the example names the scale",
    source=SCALE.replace("<", "<=") + CLIPPED + ROUNDED,
)
wrong(
    "12.4",
    tag="no-largest",
    why="counts clients, not what they send",
    example="the example names the scale",
    source=SCALE.replace("largest * ", "") + CLIPPED + ROUNDED,
)
wrong(
    "12.4",
    tag="too-coarse",
    why="stops a step early",
    example="the example names the scale",
    source=SCALE.replace("2 * scale", "4 * scale") + CLIPPED + ROUNDED,
)
wrong(
    "12.4",
    tag="no-power",
    why="the largest scale, no power of two",
    example="the example names the scale",
    source="""
def within_budget(update, largest, clients, split):
    scale = int((2**63 - 1) // (clients * largest))
"""
    + CLIPPED
    + ROUNDED,
)
wrong(
    "12.4",
    tag="not-clipped",
    why="trusts that nothing is beyond the bound",
    example="the example clips",
    source=SCALE + "    return scale, split((update * scale).round().long())\n",
)
wrong(
    "12.4",
    tag="one-sided",
    why="clips only from above",
    source=SCALE + CLIPPED.replace("-largest, largest", "max=largest") + ROUNDED,
)
wrong(
    "12.4",
    tag="unscaled-bound",
    why="clips the codes by the bound for updates",
    example="the example shows that all is cut to nothing",
    source=SCALE + "    return scale, split((update * scale).round().long().clamp(-int(largest), int(largest)))\n",
)
wrong(
    "12.4",
    tag="shrunk",
    why="makes the whole update smaller",
    example="the example's small number stays",
    source=SCALE + "    clipped = update * min(1.0, largest / float(update.abs().max()))\n" + ROUNDED,
)
wrong(
    "12.4",
    tag="shrunk",
    why="clips by the norm",
    example="the example's small number stays",
    source=SCALE + "    clipped = update * min(1.0, largest / float(update.norm()))\n" + ROUNDED,
)
wrong(
    "12.4",
    tag="dropped",
    why="0 in place of what is beyond the bound",
    example="the example clips to the bound",
    source=SCALE + "    clipped = torch.where(update.abs() <= largest, update, 0.0)\n" + ROUNDED,
)
wrong(
    "12.4",
    tag="cut-off",
    why="long cuts off",
    source=SCALE + CLIPPED + ROUNDED.replace(".round()", ""),
)
wrong(
    "12.4",
    tag="no-int",
    why="splits floats",
    example="the example would show float64",
    source=SCALE + CLIPPED + "    return scale, split((clipped * scale).round())\n",
)
wrong(
    "12.4",
    tag="not-split",
    why="in n equal parts, without split",
    source=SCALE
    + CLIPPED
    + "    code = (clipped * scale).round().long()\n    return scale, [code - 2, code * 0 + 1, code * 0 + 1]\n",
)
wrong(
    "12.4",
    tag="input-changed",
    why="clips in place",
    source=SCALE + CLIPPED.replace("clamp", "clamp_") + ROUNDED,
)
wrong(
    "12.4",
    tag="whole-largest",
    why="cuts the bound to a whole number",
    source="""
def within_budget(update, largest, clients, split):
    scale = 1
    while clients * max(int(largest), 1) * (2 * scale) < 2**63:
        scale *= 2
    clipped = update.clamp(-largest, largest)
    return scale, split((clipped * scale).round().long())
""",
)
wrong(
    "12.4",
    tag="from-update",
    why="a budget for the largest number of this update",
    source="""
def within_budget(update, largest, clients, split):
    scale = 1
    clipped = update.clamp(-largest, largest)
    while clients * float(clipped.abs().max()) * (2 * scale) < 2**63:
        scale *= 2
    clipped = update.clamp(-largest, largest)
    return scale, split((clipped * scale).round().long())
""",
)
wrong(
    "12.4",
    tag="cut-off",
    why="rounds down",
    source="""
def within_budget(update, largest, clients, split):
    scale = 1
    while clients * largest * (2 * scale) < 2**63:
        scale *= 2
    clipped = update.clamp(-largest, largest)
    return scale, split((clipped * scale).floor().long())
""",
)
wrong(
    "12.4",
    tag="float32",
    why="encodes in float32",
    source="""
def within_budget(update, largest, clients, split):
    scale = 1
    while clients * largest * (2 * scale) < 2**63:
        scale *= 2
    clipped = update.clamp(-largest, largest)
    return scale, split((clipped.float() * scale).round().long())
""",
)
wrong(
    "12.4",
    tag="no-int",
    why="one row of all numbers",
    source="""
def within_budget(update, largest, clients, split):
    scale = 1
    while clients * largest * (2 * scale) < 2**63:
        scale *= 2
    clipped = update.clamp(-largest, largest)
    return scale, split((clipped * scale).round().long().flatten())
""",
)
right(
    "12.4",
    why="by the exponent, and torch's functions",
    source="""
def within_budget(update, largest, clients, split):
    exponent = 62
    while clients * largest * 2**exponent >= 2**63:
        exponent -= 1
    clipped = torch.minimum(torch.maximum(update, torch.tensor(-largest)), torch.tensor(largest))
    return 2**exponent, split(torch.round(clipped.double() * 2**exponent).to(torch.int64))
""",
)
right(
    "12.4",
    why="number by number",
    source="""
def within_budget(update, largest, clients, split):
    scale = max(2**k for k in range(63) if clients * largest * 2**k < 2**63)
    codes = [round(max(-largest, min(largest, x)) * scale) for x in update.flatten().tolist()]
    return scale, split(torch.tensor(codes).reshape(update.shape))
""",
)
right(
    "12.4",
    why="the exponent from frexp",
    source="""
def within_budget(update, largest, clients, split):
    import math
    scale = 2 ** (63 - math.frexp(clients * largest)[1])
    clipped = update.clamp(-largest, largest)
    return scale, split((clipped * scale).round().long())
""",
)
right(
    "12.4",
    why="clips the codes, by the encoded bound",
    source="""
def within_budget(update, largest, clients, split):
    scale = 1
    while clients * largest * (2 * scale) < 2**63:
        scale *= 2
    bound = round(largest * scale)
    codes = torch.round(update * float(scale)).clamp(-float(bound), float(bound)).to(torch.int64)
    return scale, split(codes)
""",
)
