"""Exercise 12.1, a mean of shared updates: what the check must reject, with its message's tag, and must accept."""

from course.authoring.answers import different, right, scene, wrong

scene(
    "12.1",
    source="""
aggregators = [sy.VirtualWorker(sy, id=name) for name in ("anna", "ben", "carl")]


def shared(update):
    parts = torch.tensor([2**62 + 5, -9]), torch.tensor([2**62 + 77, 2**60])
    split = [*parts, torch.tensor(update) - sum(parts)]
    return [share.send(aggregator) for share, aggregator in zip(split, aggregators)]


shares = [shared([150, -200]), shared([50, 100]), shared([100, 400])]
""",
)
wrong(
    "12.1",
    tag="rebuilt",
    why="rebuilds each update, then averages",
    source="""
def encrypted_mean(shares, scale):
    updates = [sum(share.copy().get() for share in row) for row in shares]
    return sum(updates).double() / scale / len(shares)
""",
)
wrong(
    "12.1",
    tag="rebuilt",
    why="gets all shares and adds them here",
    source="""
def encrypted_mean(shares, scale):
    total = 0
    for row in shares:
        for share in row:
            total = total + share.copy().get()
    return total.double() / scale / len(shares)
""",
)
wrong(
    "12.1",
    tag="sums-met",
    why="the first aggregator gets all sums",
    source="""
def encrypted_mean(shares, scale):
    sums = [sum(held) for held in zip(*shares)]
    first, *others = sums
    total = first
    for one in others:
        total = total + one.move(first.location)
    return total.get().double() / scale / len(shares)
""",
)
wrong(
    "12.1",
    tag="sums-met",
    why="the sums go from one aggregator to the next",
    source="""
def encrypted_mean(shares, scale):
    first, *others = [sum(held) for held in zip(*shares)]
    so_far = first
    for one in others:
        so_far = so_far.move(one.location) + one
    return so_far.get().double() / scale / len(shares)
""",
)
wrong(
    "12.1",
    tag="gathered",
    why="one share goes along with the sums",
    source="""
def encrypted_mean(shares, scale):
    first, *others = [sum(held) for held in zip(*shares)]
    shares[0][1].copy().move(first.location)
    return (first + sum(one.move(first.location) for one in others)).get().double() / scale / len(shares)
""",
)
wrong(
    "12.1",
    tag="gathered",
    why="each client's shares meet at one aggregator",
    source="""
def encrypted_mean(shares, scale):
    rows = []
    for first, *others in shares:
        moved = [share.copy().move(first.location) for share in others]
        rows.append(first + sum(moved))
    return sum(rows).get().double() / scale / len(shares)
""",
)
wrong(
    "12.1",
    tag="each-own",
    why="each aggregator divides its sum by the number of clients",
    example="the example's shares wrap around",
    source="""
def encrypted_mean(shares, scale):
    parts = [(sum(held) // len(shares)).get() for held in zip(*shares)]
    return sum(parts).double() / scale
""",
)
wrong(
    "12.1",
    tag="each-own",
    why="decodes what came from each, then adds",
    example="the example's shares wrap around",
    source="""
def encrypted_mean(shares, scale):
    parts = [sum(held).get().double() / scale for held in zip(*shares)]
    return sum(parts) / len(shares)
""",
)
wrong(
    "12.1",
    tag="aggregators",
    why="divides by the number of aggregators",
    source="""
def encrypted_mean(shares, scale):
    total = sum(sum(held).get() for held in zip(*shares))
    return total.double() / scale / len(shares[0])
""",
)
wrong(
    "12.1",
    tag="total",
    why="the sum",
    example="three times too large",
    source="""
def encrypted_mean(shares, scale):
    total = sum(sum(held).get() for held in zip(*shares))
    return total.double() / scale
""",
)
wrong(
    "12.1",
    tag="encoded",
    why="never decoded",
    example="a hundred times too large",
    source="""
def encrypted_mean(shares, scale):
    total = sum(sum(held).get() for held in zip(*shares))
    return total.double() / len(shares)
""",
)
wrong(
    "12.1",
    tag="float32",
    why="torch divides int64 in float32",
    source="""
def encrypted_mean(shares, scale):
    total = sum(sum(held).get() for held in zip(*shares))
    return (total / scale / len(shares)).double()
""",
)
wrong(
    "12.1",
    tag="whole",
    why="a whole division",
    source="""
def encrypted_mean(shares, scale):
    total = sum(sum(held).get() for held in zip(*shares))
    return (total // len(shares)).double() / scale
""",
)
wrong(
    "12.1",
    tag="first-only",
    why="the sum of the first aggregator alone",
    example="noise",
    source="""
def encrypted_mean(shares, scale):
    total = sum(row[0] for row in shares).get()
    return total.double() / scale / len(shares)
""",
)
wrong(
    "12.1",
    tag="input-changed",
    why="adds up in place, at the aggregators",
    source="""
def encrypted_mean(shares, scale):
    total = 0
    for held in zip(*shares):
        first, *others = held
        for share in others:
            first += share
        total = total + first.copy().get()
    return total.double() / scale / len(shares)
""",
)
wrong(
    "12.1",
    tag="no-tensor",
    why="float32 at the end",
    example="the example shows the dtype",
    source="""
def encrypted_mean(shares, scale):
    total = sum(sum(held).get() for held in zip(*shares))
    return (total.double() / scale / len(shares)).float()
""",
)
wrong(
    "12.1",
    tag="float-sums",
    why="aggregators add floats",
    example="the example's shares have more digits than a float64",
    source="""
def encrypted_mean(shares, scale):
    total = sum(sum(share.double() for share in held).get() for held in zip(*shares))
    return total.double() / scale / len(shares)
""",
)
wrong(
    "12.1",
    tag="float-sums",
    why="each aggregator sends its mean",
    example="the example's shares have more digits than a float64",
    source="""
def encrypted_mean(shares, scale):
    total = sum(torch.stack(list(held)).double().mean(0).get() for held in zip(*shares))
    return total / scale
""",
)
wrong(
    "12.1",
    tag="each-own",
    why="adds as Python's whole numbers, which do not wrap around",
    example="the example's shares wrap around",
    source="""
def encrypted_mean(shares, scale):
    rows = [sum(held).get() for held in zip(*shares)]
    totals = [sum(int(r.flatten()[i]) for r in rows) for i in range(rows[0].numel())]
    return (torch.tensor(totals, dtype=torch.float64) / scale / len(shares)).reshape(rows[0].shape)
""",
)
wrong(
    "12.1",
    tag="whole",
    why="rounds the mean to units of 1/scale",
    source="""
def encrypted_mean(shares, scale):
    total = sum(sum(held).get() for held in zip(*shares))
    return (total.double() / len(shares)).round() / scale
""",
)
wrong(
    "12.1",
    tag="overwritten",
    why="puts sums where the first client's shares were",
    source="""
def encrypted_mean(shares, scale):
    first, *others = shares
    for other in others:
        for k, part in enumerate(other):
            first[k] = first[k] + part
    return sum(one.get() for one in first).double() / scale / len(shares)
""",
)
right(
    "12.1",
    why="loops over aggregators and clients, and one division",
    source="""
def encrypted_mean(shares, scale):
    clients, aggregators = len(shares), len(shares[0])
    opened = []
    for k in range(aggregators):
        held = shares[0][k]
        for i in range(1, clients):
            held = held + shares[i][k]
        opened.append(held.get())
    return torch.stack(opened).sum(dim=0).to(torch.float64) / (scale * clients)
""",
)
right(
    "12.1",
    why="stacked at each aggregator",
    source="""
def encrypted_mean(shares, scale):
    total = None
    for held in zip(*shares):
        part = torch.stack(list(held)).sum(dim=0).get()
        total = part if total is None else total + part
    return total.double().div(scale).div(len(shares))
""",
)
different(
    "12.1",
    rewrite="part = torch.stack(list(held)).sum(dim=0).get() -> part = torch.stack(list(held)).sum(dim=0).reshape(1, 1).get().reshape(())",
    reason="a sum over clients has the update's shape, which is not that of one number",
)
