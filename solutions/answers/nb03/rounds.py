"""Exercise 03.5, rounds that tidy up after themselves only: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import harmless, right, scene, wrong

scene(
    "03.5",
    source="""
def fresh_shards():
    alices = (torch.tensor([[1.0, 0.0], [0.0, 1.0]]).send(alice), torch.tensor([[1.0], [2.0]]).send(alice))
    bobs = (torch.tensor([[1.0, 1.0], [1.0, -1.0]]).send(bob), torch.tensor([[2.0], [0.0]]).send(bob))
    return [alices, bobs]
""",
)
wrong(
    "03.5",
    tag="deleted-others",
    why="the broken program as it is: clears all stores",
    source="""
def rounds(w, shards, aggregator, count):
    improved = []
    for _ in range(count):
        for rows, target in shards:
            there = w.send(rows.location)
            step = there - 0.1 * rows.t() @ (rows @ there - target)
            improved.append(step.move(aggregator))
        w = (sum(improved) / len(improved)).get()
        for worker in [aggregator] + [rows.location for rows, _ in shards]:
            worker.clear_objects()
    return w
""",
)
wrong(
    "03.5",
    tag="deleted-others",
    why="clears the aggregator only",
    source="""
def rounds(w, shards, aggregator, count):
    for _ in range(count):
        improved = []
        for rows, target in shards:
            there = w.send(rows.location)
            step = there - 0.1 * rows.t() @ (rows @ there - target)
            improved.append(step.move(aggregator))
        w = (sum(improved) / len(improved)).get()
        aggregator.clear_objects()
    return w
""",
)
wrong(
    "03.5",
    tag="deleted",
    why="clears the owners only, after the last round",
    source="""
def rounds(w, shards, aggregator, count):
    for _ in range(count):
        improved = []
        for rows, target in shards:
            there = w.send(rows.location)
            step = there - 0.1 * rows.t() @ (rows @ there - target)
            improved.append(step.move(aggregator))
        w = (sum(improved) / len(improved)).get()
    for rows, _ in shards:
        rows.location.clear_objects()
    return w
""",
)
wrong(
    "03.5",
    tag="stale",
    why="does not clear any more, but the list still keeps all rounds",
    source="""
def rounds(w, shards, aggregator, count):
    improved = []
    for _ in range(count):
        for rows, target in shards:
            there = w.send(rows.location)
            step = there - 0.1 * rows.t() @ (rows @ there - target)
            improved.append(step.move(aggregator))
        w = (sum(improved) / len(improved)).get()
    return w
""",
)
wrong(
    "03.5",
    tag="piles-up",
    why="averages the last round only, and keeps all of them at the aggregator",
    source="""
def rounds(w, shards, aggregator, count):
    improved = []
    for _ in range(count):
        for rows, target in shards:
            there = w.send(rows.location)
            step = there - 0.1 * rows.t() @ (rows @ there - target)
            improved.append(step.move(aggregator))
        w = (sum(improved[-len(shards):]) / len(shards)).get()
    return w
""",
)
wrong(
    "03.5",
    tag="opened-an-owner",
    why="saves the rows at home, so that clearing does no harm",
    source="""
def rounds(w, shards, aggregator, count):
    saved = [(rows.copy().get(), target.copy().get(), rows.location) for rows, target in shards]
    for _ in range(count):
        improved = []
        for rows, target, owner in saved:
            there, x, y = w.send(owner), rows.send(owner), target.send(owner)
            improved.append((there - 0.1 * x.t() @ (x @ there - y)).move(aggregator))
        w = (sum(improved) / len(improved)).get()
    return w
""",
)
wrong(
    "03.5",
    tag="opened-too-much",
    why="hands over, and averages at home",
    source="""
def rounds(w, shards, aggregator, count):
    for _ in range(count):
        improved = []
        for rows, target in shards:
            there = w.send(rows.location)
            step = there - 0.1 * rows.t() @ (rows @ there - target)
            improved.append(step.move(aggregator).get())
        w = sum(improved) / len(improved)
    return w
""",
)
wrong(
    "03.5",
    tag="rows-travelled",
    why="trains at the aggregator, on copies of the rows",
    source="""
def rounds(w, shards, aggregator, count):
    for _ in range(count):
        improved = []
        for rows, target in shards:
            x, y = rows.copy().move(aggregator), target.copy().move(aggregator)
            there = w.send(aggregator)
            improved.append(there - 0.1 * x.t() @ (x @ there - y))
        w = (sum(improved) / len(improved)).get()
    return w
""",
)
wrong(
    "03.5",
    tag="left-behind",
    why="takes w out of the garbage collection, to be safe",
    source="""
def rounds(w, shards, aggregator, count):
    for _ in range(count):
        improved = []
        for rows, target in shards:
            there = w.send(rows.location).disable_gc
            step = there - 0.1 * rows.t() @ (rows @ there - target)
            improved.append(step.move(aggregator))
        w = (sum(improved) / len(improved)).get()
    return w
""",
)
wrong(
    "03.5",
    tag="forgets",
    why="every round starts from the first w",
    source="""
def rounds(w, shards, aggregator, count):
    for _ in range(count):
        improved = []
        for rows, target in shards:
            there = w.send(rows.location)
            step = there - 0.1 * rows.t() @ (rows @ there - target)
            improved.append(step.move(aggregator))
        mean = (sum(improved) / len(improved)).get()
    return mean
""",
)
wrong(
    "03.5",
    tag="piles-up",
    why="keeps the means of all rounds, to draw a curve some day",
    source="""
def rounds(w, shards, aggregator, count):
    history = []
    for _ in range(count):
        improved = []
        for rows, target in shards:
            there = w.send(rows.location)
            step = there - 0.1 * rows.t() @ (rows @ there - target)
            improved.append(step.move(aggregator))
        mean = sum(improved) / len(improved)
        history.append(mean)
        w = mean.copy().get()
    return w
""",
)
wrong(
    "03.5",
    tag="piles-up",
    why="recursion over the rounds: each call keeps its total at the aggregator until the last has ended",
    source="""
def rounds(w, shards, aggregator, count):
    if count == 0:
        return w
    total = torch.zeros_like(w).send(aggregator)
    for rows, target in shards:
        there = w.send(rows.location)
        there -= 0.1 * (rows.t() @ (rows @ there - target))
        total = total + there.move(aggregator)
    return rounds((total / len(shards)).get(), shards, aggregator, count - 1)
""",
)
wrong(
    "03.5",
    tag="not-from-home",
    why="keeps w at the aggregator and moves it to the owners from there",
    source="""
def rounds(w, shards, aggregator, count):
    w = w.send(aggregator)
    for _ in range(count):
        improved = []
        for rows, target in shards:
            there = w.copy().move(rows.location)
            step = there - 0.1 * rows.t() @ (rows @ there - target)
            improved.append(step.move(aggregator))
        w = sum(improved) / len(improved)
    return w.get()
""",
)
wrong(
    "03.5",
    tag="sum",
    why="adds, and forgets to divide",
    example="its numbers are those of a mean",
    source="""
def rounds(w, shards, aggregator, count):
    for _ in range(count):
        improved = []
        for rows, target in shards:
            there = w.send(rows.location)
            step = there - 0.1 * rows.t() @ (rows @ there - target)
            improved.append(step.move(aggregator))
        w = sum(improved).get()
    return w
""",
)
wrong(
    "03.5",
    tag="shorter-steps",
    why="takes the mean over an owner's rows, as an ordinary loss does",
    example="two rows each: the step is half as long",
    source="""
def rounds(w, shards, aggregator, count):
    for _ in range(count):
        improved = []
        for rows, target in shards:
            there = w.send(rows.location)
            step = there - 0.1 / len(rows) * rows.t() @ (rows @ there - target)
            improved.append(step.move(aggregator))
        w = (sum(improved) / len(improved)).get()
    return w
""",
)
right(
    "03.5",
    why="one function for a step, one list for a round",
    source="""
def rounds(w, shards, aggregator, count):
    def step(rows, target):
        there = w.send(rows.location)
        error = rows @ there - target
        return (there - 0.1 * rows.t() @ error).move(aggregator)

    for _ in range(count):
        w = torch.stack([step(*shard) for shard in shards]).mean(0).get()
    return w
""",
)
right(
    "03.5",
    why="recursion over the rounds, a running total at the aggregator",
    source="""
def rounds(w, shards, aggregator, count):
    def mean():
        total = torch.zeros_like(w).send(aggregator)
        for rows, target in shards:
            there = w.send(rows.location)
            there -= 0.1 * (rows.t() @ (rows @ there - target))
            total = total + there.move(aggregator)
        return (total / len(shards)).get()

    return w if count == 0 else rounds(mean(), shards, aggregator, count - 1)
""",
)
harmless(
    "03.5",
    leak="tensor 1, *, to the last other",
    reason="tensor 1 is w, which is yours: a running total at the aggregator may begin with numbers of yours",
)
for _own in ("tensor 1 of yours", "the result"):
    for _form in ("constants of a plan", "sizes of empty tensors", "searches"):
        harmless(
            "03.5",
            leak=f"{_own}, as {_form}, told to the last other",
            reason="w, the first or the last: the aggregator may have as many numbers of yours, and has made the last",
        )
