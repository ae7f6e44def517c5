"""Notebook 03: answers that the checks must reject, with the message each must meet, and must accept."""

from course.authoring.answers import equivalent, right, scene, wrong

# What the example of 03.5 speaks of, as the notebook has made it by then.
scene(
    "03.5",
    source="""
def fresh_shards():
    alices = (torch.tensor([[1.0, 0.0], [0.0, 1.0]]).send(alice), torch.tensor([[1.0], [2.0]]).send(alice))
    bobs = (torch.tensor([[1.0, 1.0], [1.0, -1.0]]).send(bob), torch.tensor([[2.0], [0.0]]).send(bob))
    return [alices, bobs]
""",
)

# ── 03.1 numbers behind a row of workers ────────────────────────────────────────────────────────────────────

wrong(
    "03.1",
    tag="reversed",
    why="builds the chain from the near end",
    example="it asks for the near end",
    source="""
def behind(x, route):
    chain = x.send(route[0])
    for worker in route[1:]:
        chain = chain.send(worker)
    return chain
""",
)
wrong(
    "03.1",
    tag="data-moved",
    why="moves the data along instead of sending the pointer",
    source="""
def behind(x, route):
    chain = x.send(route[-1])
    for worker in reversed(route[:-1]):
        chain = chain.move(worker)
    return chain
""",
)
wrong(
    "03.1",
    tag="data-moved",
    why="pulls the data to the front after building the chain",
    source="""
def behind(x, route):
    chain = x.send(route[-1])
    for worker in reversed(route[:-1]):
        chain = chain.send(worker).remote_get()
    return chain
""",
)
wrong(
    "03.1",
    tag="copy-for-each",
    why="sends the numbers to everybody at once",
    example="many pointers have many locations",
    source="""
def behind(x, route):
    return x.send(*route)
""",
)
wrong(
    "03.1",
    tag="wrong-route",
    why="two workers hard-coded: skips the ones in between",
    source="""
def behind(x, route):
    chain = x.send(route[-1])
    if len(route) > 1:
        chain = chain.send(route[0])
    return chain
""",
)
wrong(
    "03.1",
    tag="wrong-route",
    why="holder right, the others in the order of the list",
    source="""
def behind(x, route):
    chain = x.send(route[-1])
    for worker in route[:-1]:
        chain = chain.send(worker)
    return chain
""",
)
wrong(
    "03.1",
    tag="data-moved",
    why="fetches before each send",
    source="""
def behind(x, route):
    chain = x.send(route[-1])
    for worker in reversed(route[:-1]):
        chain.copy().move(worker)
        chain = chain.send(worker)
    return chain
""",
)
right(
    "03.1",
    why="recursion: a chain along the rest, sent to the first",
    source="""
def behind(x, route):
    if len(route) == 1:
        return x.send(route[0])
    return behind(x, route[1:]).send(route[0])
""",
)
right(
    "03.1",
    why="counts down an index",
    source="""
def behind(x, route):
    at = len(route) - 1
    while at >= 0:
        x = x.send(route[at])
        at = at - 1
    return x
""",
)

# ── 03.2 unwrap a chain of any length ───────────────────────────────────────────────────────────────────────

wrong(
    "03.2",
    tag="links-left",
    why="two gets hard-coded",
    source="""
def unwrap(chain):
    first = chain.location.id
    chain = chain.get()
    second = chain.location.id
    return chain.get(), [first, second]
""",
)
wrong(
    "03.2",
    tag="shown-on-the-way",
    why="pulls the data to the nearest worker and gets it from there",
    example="it shows whom you have to ask",
    source="""
def unwrap(chain):
    asked = [chain.location.id]
    for _ in range(10):
        chain.remote_get()
    return chain.get(), asked
""",
)
wrong(
    "03.2",
    tag="own-name",
    why="asks the pointer for its owner",
    example="it shows whom you have to ask",
    source="""
def unwrap(chain):
    asked = []
    while isinstance(chain, sy.PointerTensor):
        asked.append(chain.owner.id)
        chain = chain.get()
    return chain, asked
""",
)
wrong(
    "03.2",
    tag="wrong-names",
    why="writes the name down after the link is gone",
    example="it shows whom you have to ask",
    source="""
def unwrap(chain):
    asked = []
    while isinstance(chain, sy.PointerTensor):
        chain = chain.get()
        if isinstance(chain, sy.PointerTensor):
            asked.append(chain.location.id)
    return chain, asked
""",
)
wrong(
    "03.2",
    tag="wrong-names",
    why="the last one asked comes first",
    example="it shows the order, too",
    source="""
def unwrap(chain):
    asked = []
    while isinstance(chain, sy.PointerTensor):
        asked.insert(0, chain.location.id)
        chain = chain.get()
    return chain, asked
""",
)
wrong(
    "03.2",
    tag="left-behind",
    why="unwraps a copy, so that the chain stays",
    source="""
def unwrap(chain):
    asked = []
    chain = chain.copy()
    while isinstance(chain, sy.PointerTensor):
        asked.append(chain.location.id)
        chain = chain.get()
    return chain, asked
""",
)
wrong(
    "03.2",
    tag="no-names",
    why="workers instead of names",
    example="a name prints as a name",
    source="""
def unwrap(chain):
    asked = []
    while isinstance(chain, sy.PointerTensor):
        asked.append(chain.location)
        chain = chain.get()
    return chain, asked
""",
)
wrong(
    "03.2",
    tag="wrong-type",
    why="forgets the names",
    example="it shows both things that are returned",
    source="""
def unwrap(chain):
    while isinstance(chain, sy.PointerTensor):
        chain = chain.get()
    return chain
""",
)
right(
    "03.2",
    why="recursion",
    source="""
def unwrap(chain):
    if not isinstance(chain, sy.PointerTensor):
        return chain, []
    name = chain.location.id
    tensor, more = unwrap(chain.get())
    return tensor, [name, *more]
""",
)
right(
    "03.2",
    why="goes on until there is no location any more",
    source="""
def unwrap(chain):
    asked = []
    while True:
        try:
            place = chain.location
        except AttributeError:
            return chain, asked
        asked += [place.id]
        chain = chain.move(sy.local_worker)
""",
)

# ── 03.3 everybody hands on what is theirs ──────────────────────────────────────────────────────────────────

wrong(
    "03.3",
    tag="through-you",
    why="get().send(): all numbers pass through you",
    source="""
def pass_on(pointers):
    places = [p.location for p in pointers]
    return [p.get().send(place) for p, place in zip(pointers, places[1:] + places[:1])]
""",
)
wrong(
    "03.3",
    tag="already-moved",
    why="asks for the places while moving",
    example="two people are enough to see it",
    source="""
def pass_on(pointers):
    moved = []
    for i in range(len(pointers)):
        after = pointers[(i + 1) % len(pointers)]
        moved.append(pointers[i].move(after.location))
    return moved
""",
)
wrong(
    "03.3",
    tag="same-place",
    why="a chain and a pull: breaks when source is destination",
    source="""
def pass_on(pointers):
    places = [p.location for p in pointers]
    return [p.send(place).remote_get() for p, place in zip(pointers, places[1:] + places[:1])]
""",
)
wrong(
    "03.3",
    tag="copy-left",
    why="hands over copies and keeps the originals",
    source="""
def pass_on(pointers):
    places = [p.location for p in pointers]
    return [p.copy().move(place) for p, place in zip(pointers, places[1:] + places[:1])]
""",
)
wrong(
    "03.3",
    tag="backwards",
    why="the ring the other way round",
    source="""
def pass_on(pointers):
    places = [p.location for p in pointers]
    return [p.move(place) for p, place in zip(pointers, places[-1:] + places[:-1])]
""",
)
wrong(
    "03.3",
    tag="only-pointers",
    why="sends pointers on, the data stays",
    source="""
def pass_on(pointers):
    places = [p.location for p in pointers]
    after = places[1:] + places[:1]
    return [p if p.location is place else p.send(place) for p, place in zip(pointers, after)]
""",
)
wrong(
    "03.3",
    tag="detour",
    why="collects everything at the first one's, then deals it out",
    source="""
def pass_on(pointers):
    places = [p.location for p in pointers]
    for p in pointers:
        p.move(places[0])
    return [p.move(place) for p, place in zip(pointers, places[1:] + places[:1])]
""",
)
wrong(
    "03.3",
    tag="wrong-place",
    why="forgets that the last one has a next one, too",
    example="two people are enough to see it",
    source="""
def pass_on(pointers):
    places = [p.location for p in pointers]
    moved = [p.move(place) for p, place in zip(pointers, places[1:])]
    return moved + pointers[-1:]
""",
)
right(
    "03.3",
    why="keeps only the first place and walks the list",
    source="""
def pass_on(pointers):
    first = pointers[0].location
    for here, after in zip(pointers, pointers[1:]):
        here.move(after.location)
    pointers[-1].move(first)
    return list(pointers)
""",
)
right(
    "03.3",
    why="a chain and a pull, where it is not there already",
    source="""
def pass_on(pointers):
    places = [p.location for p in pointers]
    moved = []
    for i, p in enumerate(pointers):
        place = places[(i + 1) % len(places)]
        if p.location is not place:
            p = p.send(place).remote_get()
        moved.append(p)
    return moved
""",
)

# ── 03.4 a mean that is made elsewhere ──────────────────────────────────────────────────────────────────────

wrong(
    "03.4",
    tag="averaged-here",
    why="brings all updates home and averages here",
    source="""
def mean_at(updates, aggregator):
    return sum(update.copy().get() for update in updates) / len(updates)
""",
)
wrong(
    "03.4",
    tag="averaged-here",
    why="hands over to the aggregator, then gets each one",
    source="""
def mean_at(updates, aggregator):
    parts = [update.copy().move(aggregator).get() for update in updates]
    return sum(parts) / len(parts)
""",
)
wrong(
    "03.4",
    tag="at-an-owner",
    why="averages at the first owner's",
    source="""
def mean_at(updates, aggregator):
    place = updates[0].location
    parts = [update.copy().move(place) for update in updates]
    return (sum(parts) / len(parts)).get()
""",
)
wrong(
    "03.4",
    tag="owner-emptied",
    why="moves the originals",
    source="""
def mean_at(updates, aggregator):
    parts = [update.move(aggregator) for update in updates]
    return (sum(parts) / len(parts)).get()
""",
)
wrong(
    "03.4",
    tag="wrong-divisor",
    why="two owners hard-coded",
    source="""
def mean_at(updates, aggregator):
    parts = [update.copy().move(aggregator) for update in updates]
    return (sum(parts) / 2).get()
""",
)
wrong(
    "03.4",
    tag="wrong-divisor",
    why="a sum, not a mean",
    example="any two updates show a mean",
    source="""
def mean_at(updates, aggregator):
    parts = [update.copy().move(aggregator) for update in updates]
    return sum(parts).get()
""",
)
wrong(
    "03.4",
    tag="wrong-shape",
    why="one mean over all numbers",
    example="a tensor prints with its shape",
    source="""
def mean_at(updates, aggregator):
    parts = [update.copy().move(aggregator) for update in updates]
    return torch.stack(parts).mean().get()
""",
)
wrong(
    "03.4",
    tag="wrong-value",
    why="a running mean: the last owner counts as much as all before her",
    source="""
def mean_at(updates, aggregator):
    mean = updates[0].copy().move(aggregator)
    for update in updates[1:]:
        mean = (mean + update.copy().move(aggregator)) / 2
    return mean.get()
""",
)
wrong(
    "03.4",
    tag="left-behind",
    why="keeps the parts in a list that outlives the call",
    source="""
def mean_at(updates, aggregator, parts=[]):
    parts.clear()
    parts += [update.copy().move(aggregator) for update in updates]
    return (sum(parts) / len(updates)).get()
""",
)
wrong(
    "03.4",
    tag="wrong-type",
    why="forgets to bring the mean home",
    example="a pointer prints as one",
    source="""
def mean_at(updates, aggregator):
    parts = [update.copy().move(aggregator) for update in updates]
    return sum(parts) / len(parts)
""",
)
right(
    "03.4",
    why="stacks at the aggregator",
    source="""
def mean_at(updates, aggregator):
    return torch.stack([update.clone().move(aggregator) for update in updates]).mean(0).get()
""",
)
right(
    "03.4",
    why="adds one after the other, divides at home",
    source="""
def mean_at(updates, aggregator):
    total = updates[0].copy().move(aggregator)
    for update in updates[1:]:
        total += update.copy().move(aggregator)
    return total.get() / len(updates)
""",
)

right(
    "03.4",
    why="moves the originals, and hands each back to its owner",
    source="""
def mean_at(updates, aggregator):
    owners = [update.location for update in updates]
    mean = sum(update.move(aggregator) for update in updates) / len(updates)
    for update, owner in zip(updates, owners):
        update.move(owner)
    return mean.get()
""",
)

# ── 03.5 rounds that tidy up after themselves only ──────────────────────────────────────────────────────────

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
equivalent(
    "03.3",
    mutant="after = places[1:] + places[:1] -> after = places[1:] + places[:2]",
    reason="zip stops at the shorter list: the place too many is never used",
)
