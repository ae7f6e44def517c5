"""Exercise 10.4, rescale after a product: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import different, right, scene, wrong

scene(
    "10.4",
    source="""
holders = [sy.VirtualWorker(sy, id=name) for name in ("alice", "bob", "claire")]
parts = torch.tensor([[2**62 + 5, -9], [2**62 + 77, 2**60]])
parts = [*parts, torch.tensor([300, -150]) - parts.sum(dim=0)]
shares = [part.send(holder) for part, holder in zip(parts, holders)]
""",
)
wrong(
    "10.4",
    tag="each-own",
    why="each holder divides its own share",
    example="the example's shares wrap around",
    source="""
def weighted_sum(shares, weights, digits):
    scale = 10**digits
    codes = (weights * scale).round().long()

    parts = []
    for share in shares:
        product = (share * codes.send(share.location)).sum()
        parts.append(torch.div(product, scale, rounding_mode="floor").get())
    return sum(parts)
""",
)
wrong(
    "10.4",
    tag="decoded-first",
    why="divides what came from each, then adds up",
    example="the example's shares wrap around",
    source="""
def weighted_sum(shares, weights, digits):
    scale = 10**digits
    codes = (weights * scale).round().long()
    parts = [(share * codes.send(share.location)).sum().get() for share in shares]

    return sum(part // scale for part in parts)
""",
)
wrong(
    "10.4",
    tag="decoded-first",
    why="decodes each part, then adds",
    example="the example's shares wrap around",
    source="""
def weighted_sum(shares, weights, digits):
    scale = 10**digits
    codes = (weights * scale).round().long()
    parts = [(share * codes.send(share.location)).sum().get() for share in shares]

    return sum(part.double() / scale for part in parts).round().long()
""",
)
wrong(
    "10.4",
    tag="decoded-first",
    why="decodes each part in torch's float32",
    example="the example's shares wrap around",
    source="""
def weighted_sum(shares, weights, digits):
    scale = 10**digits
    codes = (weights * scale).round().long()
    parts = [(share * codes.send(share.location)).sum().get() for share in shares]

    return sum(part / scale for part in parts).round().long()
""",
)
wrong(
    "10.4",
    tag="scale-left",
    why="never back to the scale",
    example="a hundred times too large",
    source="""
def weighted_sum(shares, weights, digits):
    scale = 10**digits
    codes = (weights * scale).round().long()
    parts = [(share * codes.send(share.location)).sum().get() for share in shares]

    return sum(parts)
""",
)
wrong(
    "10.4",
    tag="twice",
    why="by the scale of both factors",
    example="a hundred times too small",
    source="""
def weighted_sum(shares, weights, digits):
    scale = 10**digits
    codes = (weights * scale).round().long()
    parts = [(share * codes.send(share.location)).sum().get() for share in shares]

    return torch.div(sum(parts), scale**2, rounding_mode="floor")
""",
)
wrong(
    "10.4",
    tag="digits-as-scale",
    why="digits for the scale",
    source="""
def weighted_sum(shares, weights, digits):
    codes = (weights * digits).round().long()
    parts = [(share * codes.send(share.location)).sum().get() for share in shares]

    return torch.div(sum(parts), digits, rounding_mode="floor")
""",
)
wrong(
    "10.4",
    tag="digits-as-scale",
    why="divides by the digits",
    example="fifty times too large",
    source="""
def weighted_sum(shares, weights, digits):
    scale = 10**digits
    codes = (weights * scale).round().long()
    parts = [(share * codes.send(share.location)).sum().get() for share in shares]

    return torch.div(sum(parts), digits, rounding_mode="floor")
""",
)
wrong(
    "10.4",
    tag="float",
    why="torch's division, which is float32",
    source="""
def weighted_sum(shares, weights, digits):
    scale = 10**digits
    codes = (weights * scale).round().long()
    parts = [(share * codes.send(share.location)).sum().get() for share in shares]

    return (sum(parts) / scale).round().long()
""",
)
wrong(
    "10.4",
    tag="float",
    why="a division in float64",
    source="""
def weighted_sum(shares, weights, digits):
    scale = 10**digits
    codes = (weights * scale).round().long()
    parts = [(share * codes.send(share.location)).sum().get() for share in shares]

    return (sum(parts).double() / scale).round().long()
""",
)
wrong(
    "10.4",
    tag="cut-weights",
    why="weights cut off",
    source="""
def weighted_sum(shares, weights, digits):
    scale = 10**digits
    codes = (weights * scale).long()
    parts = [(share * codes.send(share.location)).sum().get() for share in shares]

    return torch.div(sum(parts), scale, rounding_mode="floor")
""",
)
wrong(
    "10.4",
    tag="no-ring",
    why="weights as floats, at the holders",
    example="floats have no room for shares",
    source="""
def weighted_sum(shares, weights, digits):
    parts = [(share * weights.send(share.location)).sum().get() for share in shares]
    return sum(parts).round().long().double()
""",
)
wrong(
    "10.4",
    tag="opened",
    why="opens the secret first",
    source="""
def weighted_sum(shares, weights, digits):
    scale = 10**digits
    codes = (weights * scale).round().long()

    secret = sum(share.copy().get() for share in shares)
    return torch.div((secret * codes).sum(), scale, rounding_mode="floor")
""",
)
wrong(
    "10.4",
    tag="opened",
    why="opens each product before the sum",
    source="""
def weighted_sum(shares, weights, digits):
    scale = 10**digits
    codes = (weights * scale).round().long()

    products = sum((share * codes.send(share.location)).get() for share in shares)
    return torch.div(products.sum(), scale, rounding_mode="floor")
""",
)
wrong(
    "10.4",
    tag="shown",
    why="adds up at the first holder",
    source="""
def weighted_sum(shares, weights, digits):
    scale = 10**digits
    codes = (weights * scale).round().long()

    first = shares[0].location
    parts = [(share * codes.send(share.location)).sum() for share in shares]
    total = parts[0]
    for part in parts[1:]:
        total = total + part.move(first)
    return torch.div(total.get(), scale, rounding_mode="floor")
""",
)
wrong(
    "10.4",
    tag="more-opened",
    why="two bits of each holder's first share come along, which the division hides",
    source="""
def weighted_sum(shares, weights, digits):
    codes = (weights * 10**digits).round().long()
    parts = [((share * codes.send(share.location)).sum() + (share[0] & 3)).get() for share in shares]
    return torch.div(sum(parts), 10**digits, rounding_mode="floor")
""",
)
wrong(
    "10.4",
    tag="whole-weights",
    why="rounds the weights, and does not divide",
    example="1.5 in units of 1 in place of -150",
    source="""
def weighted_sum(shares, weights, digits):
    whole = weights.round().long()
    return sum((share * whole.send(share.location)).sum().get() for share in shares)
""",
)
wrong(
    "10.4",
    tag="no-weights",
    why="forgets the weights",
    example="150 in place of -150",
    source="""
def weighted_sum(shares, weights, digits):
    return sum(share.sum().get() for share in shares)
""",
)
wrong(
    "10.4",
    tag="no-ring",
    why="a result with a dimension",
    example="the example has no dimension",
    source="""
def weighted_sum(shares, weights, digits):
    scale = 10**digits
    codes = (weights * scale).round().long()
    parts = [(share * codes.send(share.location)).sum().get() for share in shares]

    return torch.div(sum(parts), scale, rounding_mode="floor").reshape(1)
""",
)
wrong(
    "10.4",
    tag="decoded-first",
    why="adds Python's whole numbers, which do not wrap around",
    example="the example's shares wrap around",
    source="""
def weighted_sum(shares, weights, digits):
    scale = 10**digits
    codes = (weights * scale).round().long()
    parts = [(share * codes.send(share.location)).sum().get() for share in shares]

    return torch.tensor(sum(part.item() for part in parts) // scale)
""",
)
wrong(
    "10.4",
    tag="decoded-first",
    why="adds floats, which do not wrap around",
    example="the example's shares wrap around",
    source="""
def weighted_sum(shares, weights, digits):
    scale = 10**digits
    codes = (weights * scale).round().long()
    parts = [(share * codes.send(share.location)).sum().get() for share in shares]

    return torch.tensor(round(sum(float(part) for part in parts) / scale))
""",
)
wrong(
    "10.4",
    tag="float-parts",
    why="weights as floats, and back to whole numbers",
    example="floats have no room for shares",
    source="""
def weighted_sum(shares, weights, digits):
    parts = [(share * weights.send(share.location)).sum().get() for share in shares]
    return sum(parts).round().long()
""",
)
wrong(
    "10.4",
    tag="whole-weights",
    why="weights cut off to whole numbers",
    example="0.5 becomes 0",
    source="""
def weighted_sum(shares, weights, digits):
    scale = 10**digits
    codes = weights.long()
    parts = [(share * codes.send(share.location)).sum().get() for share in shares]

    return sum(parts)
""",
)
wrong(
    "10.4",
    tag="whole-weights",
    why="weights cut off, and divided by the scale",
    example="0.5 becomes 0",
    source="""
def weighted_sum(shares, weights, digits):
    scale = 10**digits
    codes = weights.long()
    parts = [(share * codes.send(share.location)).sum().get() for share in shares]

    return torch.div(sum(parts), scale, rounding_mode="floor")
""",
)
wrong(
    "10.4",
    tag="float",
    why="divides in float64, to the nearest",
    source="""
def weighted_sum(shares, weights, digits):
    scale = 10**digits
    codes = (weights * scale).round().long()
    total = sum((s * codes.send(s.location)).sum().get() for s in shares)
    return (total.double() / scale).round().long()
""",
)
right(
    "10.4",
    why="to the nearest, by a half more",
    source="""
def weighted_sum(shares, weights, digits):
    scale = 10**digits
    codes = (weights * scale).round().long()
    parts = [(share * codes.send(share.location)).sum().get() for share in shares]

    return torch.div(sum(parts) + scale // 2, scale, rounding_mode="floor")
""",
)
right(
    "10.4",
    why="a product of vectors, cut towards zero",
    source="""
def weighted_sum(shares, weights, digits):
    codes = torch.round(weights * 10**digits).to(torch.int64)
    total = torch.zeros((), dtype=torch.int64)
    for share in shares:
        there = codes.send(share.location)
        total += share.dot(there).get()
    return torch.div(total, 10**digits, rounding_mode="trunc")
""",
)
right(
    "10.4",
    why="Python's whole numbers, wrapped by hand",
    source="""
def weighted_sum(shares, weights, digits):
    scale = 10**digits
    codes = (weights * scale).round().long()
    parts = [(share * codes.send(share.location)).sum().get() for share in shares]

    total = sum(part.item() for part in parts) % 2**64
    total = total - 2**64 if total >= 2**63 else total
    return torch.tensor(round(total // scale))
""",
)
different(
    "10.4",
    rewrite="total = sum((part.item() for part in parts)) % 2 ** 64 -> total = sum((float(part) for part in parts)) % 2 ** 64",
    reason="a float has no room for all digits of an int64",
)
