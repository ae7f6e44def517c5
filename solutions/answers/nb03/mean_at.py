"""Exercise 03.4, a mean that is made elsewhere: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import harmless, right, wrong

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
    tag="more-than-mean",
    why="hands over to the aggregator, then gets each one",
    source="""
def mean_at(updates, aggregator):
    parts = [update.copy().move(aggregator).get() for update in updates]
    return sum(parts) / len(parts)
""",
)
wrong(
    "03.4",
    tag="more-than-mean",
    why="looks at the mean, and fetches it again",
    source="""
def mean_at(updates, aggregator):
    parts = [update.copy().move(aggregator) for update in updates]
    mean = sum(parts) / len(parts)
    assert not mean.copy().get().isnan().any()
    return mean.get()
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
    tag="sum",
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
wrong(
    "03.4",
    tag="deleted-others",
    why="clears the aggregator's store, other people's data with it",
    source="""
def mean_at(updates, aggregator):
    parts = [update.copy().move(aggregator) for update in updates]
    mean = (sum(parts) / len(parts)).get()
    aggregator.clear_objects()
    return mean
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
right(
    "03.4",
    why="a running total that begins with zeros of one's own",
    source="""
def mean_at(updates, aggregator):
    total = torch.zeros(updates[0].shape, dtype=updates[0].dtype).send(aggregator)
    for update in updates:
        total += update.copy().move(aggregator)
    return (total / len(updates)).get()
""",
)
harmless(
    "03.4",
    leak="the result, as sizes of empty tensors, told to the last other",
    reason="the aggregator is told the mean that it has made itself",
)
