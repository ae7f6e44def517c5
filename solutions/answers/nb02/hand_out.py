"""Exercise 02.2, every row to one owner: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import right, wrong

wrong(
    "02.2",
    tag="apart",
    why="inputs to one worker, their labels to the next",
    source="""
def hand_out(data, target, workers):
    k = len(workers)
    return [(data[i::k].send(workers[i]), target[i::k].send(workers[(i + 1) % k])) for i in range(k)]
""",
)
wrong(
    "02.2",
    tag="lost-rows",
    why="rows // workers each: the remainder is lost",
    example="its 7 rows are there to make this mistake visible",
    source="""
def hand_out(data, target, workers):
    size = len(data) // len(workers)
    pairs = []
    for i, worker in enumerate(workers):
        mine = slice(i * size, (i + 1) * size)
        pairs.append((data[mine].send(worker), target[mine].send(worker)))
    return pairs
""",
)
wrong(
    "02.2",
    tag="uneven",
    why="the last worker takes all that is left over",
    source="""
def hand_out(data, target, workers):
    size = len(data) // len(workers)
    pairs = []
    for i, worker in enumerate(workers):
        mine = slice(i * size, (i + 1) * size if worker is not workers[-1] else None)
        pairs.append((data[mine].send(worker), target[mine].send(worker)))
    return pairs
""",
)
wrong(
    "02.2",
    tag="left-out",
    why="torch.chunk gives two pieces for 4 rows and 3 workers",
    example="7 rows show that chunk cuts unevenly",
    source="""
def hand_out(data, target, workers):
    k = len(workers)
    pieces = zip(workers, data.chunk(k), target.chunk(k))
    return [(x.send(worker), y.send(worker)) for worker, x, y in pieces]
""",
)
wrong(
    "02.2",
    tag="mismatched",
    why="inputs dealt like cards, labels cut in blocks",
    source="""
def hand_out(data, target, workers):
    k = len(workers)
    labels = target.tensor_split(k)
    return [(data[i::k].send(worker), labels[i].send(worker)) for i, worker in enumerate(workers)]
""",
)
wrong(
    "02.2",
    tag="too-much",
    why="sends everything to everybody and slices there",
    source="""
def hand_out(data, target, workers):
    k = len(workers)
    return [(data.send(w)[i::k], target.send(w)[i::k]) for i, w in enumerate(workers)]
""",
)
wrong(
    "02.2",
    tag="not-sent",
    why="the inputs are sent, the labels stay with you",
    source="""
def hand_out(data, target, workers):
    k = len(workers)
    return [(data[i::k].send(worker), target[i::k]) for i, worker in enumerate(workers)]
""",
)
wrong(
    "02.2",
    tag="twice",
    why="everybody gets all rows",
    example="it counts the rows of each",
    source="""
def hand_out(data, target, workers):
    return [(data.send(worker), target.send(worker)) for worker in workers]
""",
)
wrong(
    "02.2",
    tag="wrong-owner",
    why="hands out from the last worker to the first",
    source="""
def hand_out(data, target, workers):
    k = len(workers)
    return [(data[i::k].send(worker), target[i::k].send(worker)) for i, worker in enumerate(reversed(workers))]
""",
)
wrong(
    "02.2",
    tag="seen",
    why="looks whether all has arrived by fetching a copy",
    source="""
def hand_out(data, target, workers):
    pairs = []
    for i, worker in enumerate(workers):
        x = data[i :: len(workers)].send(worker)
        y = target[i :: len(workers)].send(worker)
        assert len(x.copy().get()) == len(x)
        pairs.append((x, y))
    return pairs
""",
)
wrong(
    "02.2",
    tag="not-rows",
    why="flattens the labels before it deals them",
    source="""
def hand_out(data, target, workers):
    k, labels = len(workers), target.flatten()
    return [(data[i::k].send(worker), labels[i::k].send(worker)) for i, worker in enumerate(workers)]
""",
)
right(
    "02.2",
    why="tensor_split: blocks in order",
    source="""
def hand_out(data, target, workers):
    k = len(workers)
    blocks = zip(workers, data.tensor_split(k), target.tensor_split(k))
    return [(x.send(worker), y.send(worker)) for worker, x, y in blocks]
""",
)
right(
    "02.2",
    why="bounds by whole-number division",
    source="""
def hand_out(data, target, workers):
    n, k = len(data), len(workers)
    pairs = []
    for i, worker in enumerate(workers):
        first, last = i * n // k, (i + 1) * n // k
        pairs.append((data[first:last].send(worker), target[first:last].send(worker)))
    return pairs
""",
)
right(
    "02.2",
    why="a list of row numbers for each worker",
    source="""
def hand_out(data, target, workers):
    rows = {worker: [] for worker in workers}
    for row in range(len(data)):
        rows[workers[row % len(workers)]].append(row)
    return [(data[mine].send(worker), target[mine].send(worker)) for worker, mine in rows.items()]
""",
)
