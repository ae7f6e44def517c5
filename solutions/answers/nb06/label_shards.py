"""Exercise 06.4, a few digits for each client: what the check must reject, with its tag, and must accept."""

from course.authoring.answers import right, wrong

wrong(
    "06.4",
    tag="twice",
    why="not a partition: draws shards with replacement",
    source="""
def label_shards(labels, clients, each, seed):
    shards = labels.argsort(stable=True).view(clients * each, -1)
    drawn = torch.randint(len(shards), (clients, each), generator=torch.Generator().manual_seed(seed))
    return [shards[hand].flatten() for hand in drawn]
""",
    example="with some seeds it gives a partition by chance",
)
wrong(
    "06.4",
    tag="twice",
    why="each client draws for itself, so that two may draw the same shard",
    example="a client cannot draw one of three twice, but two clients can draw the same",
    source="""
def label_shards(labels, clients, each, seed):
    generator = torch.Generator().manual_seed(seed)
    shards = labels.argsort(stable=True).view(clients * each, -1)
    return [shards[torch.randperm(len(shards), generator=generator)[:each]].flatten() for _ in range(clients)]
""",
)
wrong(
    "06.4",
    tag="ignores-seed",
    why="deals the shards in their order",
    source="""
def label_shards(labels, clients, each, seed):
    shards = labels.argsort(stable=True).view(clients, -1)
    return list(shards)
""",
)
wrong(
    "06.4",
    tag="not-repeatable",
    why="forgets the generator",
    source="""
def label_shards(labels, clients, each, seed):
    shards = labels.argsort(stable=True).view(clients * each, -1)
    hands = torch.randperm(clients * each).view(clients, each)
    return [shards[hand].flatten() for hand in hands]
""",
)
wrong(
    "06.4",
    tag="ignores-seed",
    why="a seed of its own, 0 for everybody",
    source="""
def label_shards(labels, clients, each, seed=0):
    shards = labels.argsort(stable=True).view(clients * each, -1)
    hands = torch.randperm(clients * each, generator=torch.Generator().manual_seed(0)).view(clients, each)
    return [shards[hand].flatten() for hand in hands]
""",
)
wrong(
    "06.4",
    tag="global-seed",
    why="seeds torch itself",
    source="""
def label_shards(labels, clients, each, seed):
    torch.manual_seed(seed)
    shards = labels.argsort(stable=True).view(clients * each, -1)
    hands = torch.randperm(clients * each).view(clients, each)
    return [shards[hand].flatten() for hand in hands]
""",
)
wrong(
    "06.4",
    tag="not-shards",
    why="shuffles the rows: IID, no skew at all",
    example="six rows in threes of two would have to fall right by chance",
    source="""
def label_shards(labels, clients, each, seed):
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    return list(order.view(clients, -1))
""",
)
wrong(
    "06.4",
    tag="not-sorted",
    why="cuts the rows without sorting them",
    example="the rows would have to be sorted already",
    source="""
def label_shards(labels, clients, each, seed):
    shards = torch.arange(len(labels)).view(clients * each, -1)
    hands = torch.randperm(clients * each, generator=torch.Generator().manual_seed(seed)).view(clients, each)
    return [shards[hand].flatten() for hand in hands]
""",
)
wrong(
    "06.4",
    tag="lost-rows",
    why="one shard for each client, whatever `each` says",
    source="""
def label_shards(labels, clients, each, seed):
    shards = labels.argsort(stable=True).view(clients * each, -1)
    hands = torch.randperm(clients * each, generator=torch.Generator().manual_seed(seed))[:clients]
    return [shards[hand] for hand in hands]
""",
)
wrong(
    "06.4",
    tag="labels",
    why="deals out the sorted labels in place of the rows that have them",
    example="the values are labels, not row numbers",
    source="""
def label_shards(labels, clients, each, seed):
    shards = labels.sort(stable=True).values.view(clients * each, -1)
    hands = torch.randperm(clients * each, generator=torch.Generator().manual_seed(seed)).view(clients, each)
    return [shards[hand].flatten() for hand in hands]
""",
)
wrong(
    "06.4",
    tag="wrong-count",
    why="returns the shards, not the clients' hands",
    source="""
def label_shards(labels, clients, each, seed):
    shards = labels.argsort(stable=True).view(clients * each, -1)
    order = torch.randperm(clients * each, generator=torch.Generator().manual_seed(seed))
    return list(shards[order])
""",
)
right(
    "06.4",
    why="sorts pairs in Python, shuffles the shards, deals them like cards",
    source="""
def label_shards(labels, clients, each, seed):
    import random

    rows = sorted(range(len(labels)), key=lambda row: int(labels[row]))
    long = len(rows) // (clients * each)
    shards = [rows[start : start + long] for start in range(0, len(rows), long)]
    random.Random(seed).shuffle(shards)
    return [torch.tensor(sum(shards[client::clients], [])) for client in range(clients)]
""",
)
right(
    "06.4",
    why="the library's own partition",
    source="""
def label_shards(labels, clients, each, seed):
    return sy.partitions.by_label(labels, clients, shards=each, seed=seed)
""",
)
right(
    "06.4",
    why="takes one shard after the other from a shuffled pile",
    source="""
def label_shards(labels, clients, each, seed):
    order = torch.argsort(labels, stable=True)
    pile = list(torch.chunk(order, clients * each))
    drawn = torch.randperm(len(pile), generator=torch.Generator().manual_seed(seed)).tolist()
    return [torch.cat([pile[drawn.pop()] for _ in range(each)]) for _ in range(clients)]
""",
)
wrong(
    "06.4",
    tag="same-hands",
    why="cuts a piece for each client, and shuffles the clients",
    source="""
def label_shards(labels, clients, each, seed):
    generator = torch.Generator().manual_seed(seed)
    pieces = labels.argsort(stable=True).view(clients, -1)
    return list(pieces[torch.randperm(clients, generator=generator)])
""",
)
wrong(
    "06.4",
    tag="not-in-order",
    why="sorts the other way and turns it round: rows of one label come backwards",
    example="the rows of a label stand there in their order",
    source="""
def label_shards(labels, clients, each, seed):
    shards = labels.argsort(descending=True, stable=True).flip(0).view(clients * each, -1)
    hands = torch.randperm(clients * each, generator=torch.Generator().manual_seed(seed)).view(clients, each)
    return [shards[hand].flatten() for hand in hands]
""",
)
