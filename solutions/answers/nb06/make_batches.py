"""Exercise 06.2, batches that stay with their owner: what the check must reject, with its tag, and must accept."""

from course.authoring.answers import right, wrong

wrong(
    "06.2",
    tag="wrong-len",
    why="all rows divided by size, rounded up: the length that older libraries report",
    source="""
def make_batches(shares, size):
    batches = []
    for images, labels in shares:
        for start in range(0, len(labels), size):
            batches.append((images[start : start + size], labels[start : start + size]))
    total = sum(len(labels) for _, labels in shares)
    return -(-total // size), batches
""",
)
wrong(
    "06.2",
    tag="wrong-len",
    why="counts the full batches only",
    example="five rows in twos show the remainder",
    source="""
def make_batches(shares, size):
    batches = []
    for images, labels in shares:
        for start in range(0, len(labels), size):
            batches.append((images[start : start + size], labels[start : start + size]))
    return sum(len(labels) // size for _, labels in shares), batches
""",
)
wrong(
    "06.2",
    tag="wrong-len",
    why="counts the owners",
    example="one owner, three batches",
    source="""
def make_batches(shares, size):
    batches = []
    for images, labels in shares:
        for start in range(0, len(labels), size):
            batches.append((images[start : start + size], labels[start : start + size]))
    return len(shares), batches
""",
)
wrong(
    "06.2",
    tag="mixed",
    why="brings all rows to the first owner, so that batches are full",
    source="""
def make_batches(shares, size):
    place = shares[0][0].location
    images = torch.cat([x.copy().move(place) for x, _ in shares])
    labels = torch.cat([y.copy().move(place) for _, y in shares])
    starts = range(0, len(labels), size)
    batches = [(images[s : s + size], labels[s : s + size]) for s in starts]
    return len(batches), batches
""",
)
wrong(
    "06.2",
    tag="came-home",
    why="cuts at home and sends the batches back",
    source="""
def make_batches(shares, size):
    batches = []
    for images, labels in shares:
        owner = images.location
        x, y = images.copy().get(), labels.copy().get()
        for s in range(0, len(y), size):
            batches.append((x[s : s + size].send(owner), y[s : s + size].send(owner)))
    return len(batches), batches
""",
)
wrong(
    "06.2",
    tag="lost-rows",
    why="drops the last, smaller batch",
    example="five rows in twos show it",
    source="""
def make_batches(shares, size):
    batches = []
    for images, labels in shares:
        for start in range(0, len(labels) - size + 1, size):
            batches.append((images[start : start + size], labels[start : start + size]))
    return len(batches), batches
""",
)
wrong(
    "06.2",
    tag="pair-broken",
    why="the slice of the labels begins one row too late in the first batch",
    source="""
def make_batches(shares, size):
    batches = []
    for images, labels in shares:
        labels = labels.roll(1)
        for start in range(0, len(labels), size):
            batches.append((images[start : start + size], labels[start : start + size]))
    return len(batches), batches
""",
)
wrong(
    "06.2",
    tag="wrong-sizes",
    why="as many pieces as needed, all of nearly the same length",
    source="""
def make_batches(shares, size):
    batches = []
    for images, labels in shares:
        pieces = -(-len(labels) // size)
        batches += list(zip(images.tensor_split(pieces), labels.tensor_split(pieces)))
    return len(batches), batches
""",
)
wrong(
    "06.2",
    tag="other-order",
    why="one batch of each owner in turn: not owner after owner",
    source="""
def make_batches(shares, size):
    batches = []
    most = max(len(labels) for _, labels in shares)
    for start in range(0, most, size):
        for images, labels in shares:
            if start < len(labels):
                batches.append((images[start : start + size], labels[start : start + size]))
    return len(batches), batches
""",
)
wrong(
    "06.2",
    tag="wrong-sizes",
    why="a window that slides by one row",
    example="the sizes give it away",
    source="""
def make_batches(shares, size):
    batches = []
    for images, labels in shares:
        for start in range(0, len(labels)):
            batches.append((images[start : start + size], labels[start : start + size]))
    return len(batches), batches
""",
)
right(
    "06.2",
    why="torch's split, at the owner",
    source="""
def make_batches(shares, size):
    batches = [pair for x, y in shares for pair in zip(x.clone().split(size), y.clone().split(size))]
    return len(batches), batches
""",
)
right(
    "06.2",
    why="the library's loader over one data set after the other",
    source="""
def make_batches(shares, size):
    loader = sy.FederatedDataLoader(sy.FederatedDataset([sy.BaseDataset(x, y) for x, y in shares]), batch_size=size)
    return len(loader), list(loader)
""",
)
right(
    "06.2",
    why="the count worked out from the lengths, before anything is cut",
    source="""
def make_batches(shares, size):
    count = sum(-(-len(labels) // size) for _, labels in shares)
    batches = []
    for images, labels in shares:
        start = 0
        while start < len(labels):
            stop = min(start + size, len(labels))
            batches.append((images[start:stop].clone(), labels[start:stop].clone()))
            start = stop
    return count, batches
""",
)
wrong(
    "06.2",
    tag="wrong-rows",
    why="the rows backwards",
    source="""
def make_batches(shares, size):
    batches = []
    for images, labels in shares:
        images, labels = images.flip(0), labels.flip(0)
        for start in range(0, len(labels), size):
            batches.append((images[start : start + size], labels[start : start + size]))
    return len(batches), batches
""",
)
wrong(
    "06.2",
    tag="window",
    why="slices, which are windows on the owner's rows",
    source="""
def make_batches(shares, size):
    batches = []
    for images, labels in shares:
        for start in range(0, len(labels), size):
            batches.append((images[start : start + size], labels[start : start + size]))
    return len(batches), batches
""",
)
