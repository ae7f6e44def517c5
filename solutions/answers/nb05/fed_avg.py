"""Exercise 05.2, a mean in which every row counts: what the check must reject, with its message's tag, and must accept."""

from course.authoring.answers import different, equivalent, right, wrong

wrong(
    "05.2",
    tag="unweighted",
    why="every model counts the same",
    source="""
def fed_avg(states, rows):
    mean = {}
    for name in states[0]:
        mean[name] = sum(state[name] for state in states) / len(states)
    return mean
""",
)
wrong(
    "05.2",
    tag="in-place",
    why="adds into the first model",
    source="""
def fed_avg(states, rows):
    mean = {}
    for name in states[0]:
        total = states[0][name]
        total *= rows[0] / sum(rows)
        for state, count in zip(states[1:], rows[1:]):
            total += state[name] * count / sum(rows)
        mean[name] = total
    return mean
""",
)
wrong(
    "05.2",
    tag="in-place",
    why="the mean is the first model's own dict",
    source="""
def fed_avg(states, rows):
    mean = states[0]
    for name in mean:
        mean[name] = sum(state[name] * count for state, count in zip(states, rows)) / sum(rows)
    return mean
""",
)
wrong(
    "05.2",
    tag="names",
    why="returns within the loop: only the first parameter",
    source="""
def fed_avg(states, rows):
    mean = {}
    for name in states[0]:
        mean[name] = sum(state[name] * count for state, count in zip(states, rows)) / sum(rows)
        return mean
""",
)
wrong(
    "05.2",
    tag="not-shared",
    why="weights, and still divided by the number of models",
    example="50 times too large",
    source="""
def fed_avg(states, rows):
    mean = {}
    for name in states[0]:
        mean[name] = sum(state[name] * count for state, count in zip(states, rows)) / len(states)
    return mean
""",
)
wrong(
    "05.2",
    tag="summed",
    why="a weighted sum, not divided",
    example="a hundred times too large",
    source="""
def fed_avg(states, rows):
    return {name: sum(state[name] * count for state, count in zip(states, rows)) for name in states[0]}
""",
)
wrong(
    "05.2",
    tag="upside-down",
    why="divides by the rows: the smallest counts most",
    source="""
def fed_avg(states, rows):
    mean = {}
    for name in states[0]:
        total = sum(state[name] / count for state, count in zip(states, rows))
        mean[name] = total / sum(1 / count for count in rows)
    return mean
""",
)
wrong(
    "05.2",
    tag="one-left",
    why="leaves the last model out",
    example="its mean is the first model",
    source="""
def fed_avg(states, rows):
    mean = {}
    for name in states[0]:
        total = 0
        for i in range(len(states) - 1):
            total = total + states[i][name] * rows[i]
        mean[name] = total / sum(rows[:-1])
    return mean
""",
)
wrong(
    "05.2",
    tag="two-only",
    why="two models, written out",
    source="""
def fed_avg(states, rows):
    first, second = states[0], states[min(1, len(states) - 1)]
    a, b = rows[0], rows[min(1, len(rows) - 1)]
    return {name: (first[name] * a + second[name] * b) / (a + b) for name in first}
""",
)
wrong(
    "05.2",
    tag="wrong-value",
    why="a running mean of two at a time",
    source="""
def fed_avg(states, rows):
    mean = {}
    for name in states[0]:
        mean[name] = states[0][name] * 1
        for before, state, count in zip(rows, states[1:], rows[1:]):
            mean[name] = (mean[name] * before + state[name] * count) / (before + count)
    return mean
""",
)
wrong(
    "05.2",
    tag="same-tensor",
    why="one model alone is handed back as it is",
    source="""
def fed_avg(states, rows):
    if len(states) == 1:
        return dict(states[0])
    return {name: sum(s[name] * n for s, n in zip(states, rows)) / sum(rows) for name in states[0]}
""",
)
wrong(
    "05.2",
    tag="divided-twice",
    why="shares, and divided by the number of models",
    example="half of it",
    source="""
def fed_avg(states, rows):
    return {
        name: sum(s[name] * n / sum(rows) for s, n in zip(states, rows)) / len(states) for name in states[0]
    }
""",
)
wrong(
    "05.2",
    tag="swapped",
    why="counts the rows from the other end",
    source="""
def fed_avg(states, rows):
    return {name: sum(s[name] * n for s, n in zip(states, reversed(rows))) / sum(rows) for name in states[0]}
""",
)
wrong(
    "05.2",
    tag="one-only",
    why="assigns in the loop over models: the last one overwrites the others",
    example="its share of 4 is 2",
    source="""
def fed_avg(states, rows):
    mean = {}
    for name in states[0]:
        for state, count in zip(states, rows):
            mean[name] = state[name] * count / sum(rows)
    return mean
""",
)
wrong(
    "05.2",
    tag="one-only",
    why="takes the model of the most rows",
    example="it is one of the two",
    source="""
def fed_avg(states, rows):
    largest = states[rows.index(max(rows))]
    return {name: tensor.clone() for name, tensor in largest.items()}
""",
)
right(
    "05.2",
    why="stacked, with a tensor of shares",
    source="""
def fed_avg(states, rows):
    mean = {}
    for name, like in states[0].items():
        shares = torch.tensor(rows, dtype=like.dtype) / sum(rows)
        stacked = torch.stack([state[name] for state in states])
        mean[name] = torch.tensordot(shares, stacked, dims=1)
    return mean
""",
)
right(
    "05.2",
    why="adds share by share into zeros",
    source="""
def fed_avg(states, rows):
    total = sum(rows)
    mean = {name: torch.zeros_like(tensor) for name, tensor in states[0].items()}
    for state, count in zip(states, rows):
        for name, tensor in state.items():
            mean[name] += tensor * (count / total)
    return mean
""",
)
right(
    "05.2",
    why="every model as often as it has rows",
    source="""
def fed_avg(states, rows):
    everybody = [state for state, count in zip(states, rows) for _ in range(count)]
    return {name: torch.stack([state[name] for state in everybody]).mean(dim=0) for name in states[0]}
""",
)
equivalent(
    "05.2",
    mutant="for name in states[0]: -> for name in states[-1]:",
    reason="all models have the same names",
)
different(
    "05.2",
    rewrite="for name in states[0]: -> for at in range(len(states[0])):",
    reason="a dict is read by name",
)
