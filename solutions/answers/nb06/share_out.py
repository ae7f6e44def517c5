"""Exercise 06.1, shuffle, then share out: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import right, wrong

wrong(
    "06.1",
    tag="mismatched",
    why="images and labels are shuffled apart: a new order for each",
    source="""
def share_out(images, labels, workers, seed):
    generator = torch.Generator().manual_seed(seed)
    shuffled = images[torch.randperm(len(labels), generator=generator)]
    answers = labels[torch.randperm(len(labels), generator=generator)]
    k = len(workers)
    return [(shuffled[i::k].send(w), answers[i::k].send(w)) for i, w in enumerate(workers)]
""",
)
wrong(
    "06.1",
    tag="mismatched",
    why="shuffles the images, and leaves the labels as they were",
    source="""
def share_out(images, labels, workers, seed):
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    k = len(workers)
    return [(images[order[i::k]].send(w), labels[i::k].send(w)) for i, w in enumerate(workers)]
""",
)
wrong(
    "06.1",
    tag="not-shuffled",
    why="the seed decides where the rows begin, and their order stays that of the file",
    source="""
def share_out(images, labels, workers, seed):
    order = torch.arange(len(labels)).roll(seed)
    k = len(workers)
    return [(images[order[i::k]].send(w), labels[order[i::k]].send(w)) for i, w in enumerate(workers)]
""",
)
wrong(
    "06.1",
    tag="not-shuffled",
    why="neighbours stay together: the file is cut into pieces of it, from a row on that the seed decides",
    source="""
def share_out(images, labels, workers, seed):
    generator = torch.Generator().manual_seed(seed)
    order = torch.arange(len(labels)).flip(0).roll(int(torch.randint(len(labels), (), generator=generator)))
    parts = order.tensor_split(len(workers))
    return [(images[part].send(w), labels[part].send(w)) for part, w in zip(parts, workers)]
""",
)
wrong(
    "06.1",
    tag="lost-rows",
    why="the remainder is lost: n // k rows for each",
    example="seven rows over three show the remainder",
    source="""
def share_out(images, labels, workers, seed):
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    size = len(labels) // len(workers)
    pairs = []
    for i, worker in enumerate(workers):
        mine = order[i * size : (i + 1) * size]
        pairs.append((images[mine].send(worker), labels[mine].send(worker)))
    return pairs
""",
)
wrong(
    "06.1",
    tag="uneven",
    why="the last worker takes what is left over",
    source="""
def share_out(images, labels, workers, seed):
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    size = len(labels) // len(workers)
    pairs = []
    for i, worker in enumerate(workers):
        mine = order[i * size :] if i == len(workers) - 1 else order[i * size : (i + 1) * size]
        pairs.append((images[mine].send(worker), labels[mine].send(worker)))
    return pairs
""",
)
wrong(
    "06.1",
    tag="not-repeatable",
    why="forgets the generator: the order is torch's own",
    source="""
def share_out(images, labels, workers, seed):
    order = torch.randperm(len(labels))
    k = len(workers)
    return [(images[order[i::k]].send(w), labels[order[i::k]].send(w)) for i, w in enumerate(workers)]
""",
)
wrong(
    "06.1",
    tag="global-seed",
    why="seeds torch itself",
    source="""
def share_out(images, labels, workers, seed):
    torch.manual_seed(seed)
    order = torch.randperm(len(labels))
    k = len(workers)
    return [(images[order[i::k]].send(w), labels[order[i::k]].send(w)) for i, w in enumerate(workers)]
""",
)
wrong(
    "06.1",
    tag="ignores-seed",
    why="deals the rows in their order, and never uses the seed",
    source="""
def share_out(images, labels, workers, seed):
    k = len(workers)
    return [(images[i::k].send(w), labels[i::k].send(w)) for i, w in enumerate(workers)]
""",
)
wrong(
    "06.1",
    tag="ignores-seed",
    why="cuts first, and shuffles within each share",
    source="""
def share_out(images, labels, workers, seed):
    generator = torch.Generator().manual_seed(seed)
    pairs = []
    for i, worker in enumerate(workers):
        x, y = images[i :: len(workers)], labels[i :: len(workers)]
        order = torch.randperm(len(y), generator=generator)
        pairs.append((x[order].send(worker), y[order].send(worker)))
    return pairs
""",
)
wrong(
    "06.1",
    tag="too-much",
    why="sends everything to everybody, and cuts there",
    source="""
def share_out(images, labels, workers, seed):
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    k = len(workers)
    x, y = images[order], labels[order]
    return [(x.send(w)[i::k], y.send(w)[i::k]) for i, w in enumerate(workers)]
""",
)
wrong(
    "06.1",
    tag="twice",
    why="shares that overlap by one row",
    example="the sizes give it away",
    source="""
def share_out(images, labels, workers, seed):
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    size = -(-len(labels) // len(workers))
    pairs = []
    for i, worker in enumerate(workers):
        mine = order[min(i * size, len(order) - size) :][:size]
        pairs.append((images[mine].send(worker), labels[mine].send(worker)))
    return pairs
""",
)
wrong(
    "06.1",
    tag="apart",
    why="images to one worker, labels to the next",
    source="""
def share_out(images, labels, workers, seed):
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    k = len(workers)
    return [(images[order[i::k]].send(w), labels[order[i::k]].send(workers[i - 1])) for i, w in enumerate(workers)]
""",
)
wrong(
    "06.1",
    tag="mismatched",
    why="sorts the row numbers of the labels",
    source="""
def share_out(images, labels, workers, seed):
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    k = len(workers)
    return [(images[order[i::k]].send(w), labels[order[i::k].sort().values].send(w)) for i, w in enumerate(workers)]
""",
)
right(
    "06.1",
    why="cuts the order into contiguous pieces",
    source="""
def share_out(images, labels, workers, seed):
    generator = torch.Generator()
    generator.manual_seed(seed)
    parts = torch.randperm(len(labels), generator=generator).tensor_split(len(workers))
    return [(images[part].send(worker), labels[part].send(worker)) for part, worker in zip(parts, workers)]
""",
)
right(
    "06.1",
    why="Python's own shuffle",
    source="""
def share_out(images, labels, workers, seed):
    import random

    rows = list(range(len(labels)))
    random.Random(seed).shuffle(rows)
    pairs = []
    for i, worker in enumerate(workers):
        mine = torch.tensor(rows[i :: len(workers)])
        pairs.append((images.index_select(0, mine).send(worker), labels.index_select(0, mine).send(worker)))
    return pairs
""",
)
right(
    "06.1",
    why="the library's own partition and federate",
    source="""
def share_out(images, labels, workers, seed):
    parts = sy.partitions.iid(len(labels), len(workers), seed=seed)
    fds = sy.federate(torch.utils.data.TensorDataset(images, labels), workers, parts)
    return [(fds[worker].data, fds[worker].targets) for worker in workers]
""",
)
