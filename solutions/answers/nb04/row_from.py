"""Exercise 04.1, a row from two models: what the check must reject, with its message's tag, and must accept."""

from course.authoring.answers import equivalent, right, wrong

wrong(
    "04.1",
    tag="not-a-number",
    why="always the first unit: a row with zero bias change",
    source="""
def row_from(before, after):
    weight = after[0] - before[0]
    bias = after[1] - before[1]
    if not bias.any():
        return None
    return weight[0] / bias[0]
""",
)
wrong(
    "04.1",
    tag="no-change",
    why="divides although nothing changed",
    source="""
def row_from(before, after):
    weight = after[0] - before[0]
    bias = after[1] - before[1]
    unit = bias.abs().argmax()
    return weight[unit] / bias[unit]
""",
)
wrong(
    "04.1",
    tag="no-change",
    why="zeros where nothing changed",
    source="""
def row_from(before, after):
    weight = after[0] - before[0]
    bias = after[1] - before[1]
    if not bias.any():
        return torch.zeros(weight.shape[1])
    unit = bias.abs().argmax()
    return weight[unit] / bias[unit]
""",
)
wrong(
    "04.1",
    tag="no-division",
    why="the change of the weights, not divided",
    example="the example's bias changed by 2",
    source="""
def row_from(before, after):
    weight = after[0] - before[0]
    bias = after[1] - before[1]
    if not bias.any():
        return None
    return weight[bias.abs().argmax()]
""",
)
wrong(
    "04.1",
    tag="after-only",
    why="the layer after training, without a difference",
    source="""
def row_from(before, after):
    weight, bias = after
    if torch.equal(before[1], bias):
        return None
    unit = (bias - before[1]).abs().argmax()
    return weight[unit] / bias[unit]
""",
)
wrong(
    "04.1",
    tag="turned",
    why="before minus after above, after minus before below",
    example="the example's row is positive",
    source="""
def row_from(before, after):
    weight = before[0] - after[0]
    bias = after[1] - before[1]
    if not bias.any():
        return None
    unit = bias.abs().argmax()
    return weight[unit] / bias[unit]
""",
)
wrong(
    "04.1",
    tag="upside-down",
    why="bias by weights",
    example="2 by 6 is no 3",
    source="""
def row_from(before, after):
    weight = after[0] - before[0]
    bias = after[1] - before[1]
    if not bias.any():
        return None
    unit = bias.abs().argmax()
    return bias[unit] / weight[unit]
""",
)
wrong(
    "04.1",
    tag="not-a-number",
    why="the largest change upwards: where all biases fell, it is a silent unit",
    source="""
def row_from(before, after):
    weight = after[0] - before[0]
    bias = after[1] - before[1]
    if not bias.any():
        return None
    unit = bias.argmax()
    return weight[unit] / bias[unit]
""",
)
wrong(
    "04.1",
    tag="imprecise",
    why="the first unit that is not silent, however little it changed",
    source="""
def row_from(before, after):
    weight = after[0] - before[0]
    bias = after[1] - before[1]
    if not bias.any():
        return None
    unit = bias.nonzero()[0, 0]
    return weight[unit] / bias[unit]
""",
)
wrong(
    "04.1",
    tag="imprecise",
    why="the mean over all units that changed",
    source="""
def row_from(before, after):
    weight = after[0] - before[0]
    bias = after[1] - before[1]
    on = bias != 0
    if not on.any():
        return None
    return (weight[on] / bias[on][:, None]).mean(dim=0)
""",
)
wrong(
    "04.1",
    tag="imprecise",
    why="sums over all units, which may cancel",
    source="""
def row_from(before, after):
    weight = (after[0] - before[0]).sum(dim=0)
    bias = (after[1] - before[1]).sum()
    if bias == 0:
        return None
    return weight / bias
""",
)
wrong(
    "04.1",
    tag="no-row",
    why="gives up as soon as one unit is silent",
    example="the example's second unit is silent",
    source="""
def row_from(before, after):
    weight = after[0] - before[0]
    bias = after[1] - before[1]
    if not bias.all():
        return None
    unit = bias.abs().argmax()
    return weight[unit] / bias[unit]
""",
)
wrong(
    "04.1",
    tag="input-changed",
    why="subtracts in place",
    source="""
def row_from(before, after):
    weight = after[0].sub_(before[0])
    bias = after[1].sub_(before[1])
    if not bias.any():
        return None
    unit = bias.abs().argmax()
    return weight[unit] / bias[unit]
""",
)
wrong(
    "04.1",
    tag="no-row",
    why="a threshold: takes a small change for none",
    source="""
def row_from(before, after):
    weight = after[0] - before[0]
    bias = after[1] - before[1]
    for unit in range(len(bias)):
        if abs(bias[unit]) > 0.001:
            return weight[unit] / bias[unit]
    return None
""",
)
wrong(
    "04.1",
    tag="no-row",
    why="takes changes that cancel for none",
    source="""
def row_from(before, after):
    weight = after[0] - before[0]
    bias = after[1] - before[1]
    if bias.sum() == 0:
        return None
    unit = bias.abs().argmax()
    return weight[unit] / bias[unit]
""",
)
wrong(
    "04.1",
    tag="imprecise",
    why="the median over all units that changed",
    source="""
def row_from(before, after):
    weight = after[0] - before[0]
    bias = after[1] - before[1]
    on = bias != 0
    if not on.any():
        return None
    return (weight[on] / bias[on][:, None]).median(dim=0).values
""",
)
right(
    "04.1",
    why="least squares over all units",
    source="""
def row_from(before, after):
    weight, bias = after[0] - before[0], after[1] - before[1]
    if bias.abs().max() == 0:
        return None
    return bias @ weight / (bias @ bias)
""",
)
right(
    "04.1",
    why="a loop that looks for the largest change",
    source="""
def row_from(before, after):
    best, size = None, 0.0
    for unit in range(len(before[1])):
        moved = before[1][unit] - after[1][unit]
        if abs(moved.item()) > size:
            size = abs(moved.item())
            best = (before[0][unit] - after[0][unit]) / moved
    return best
""",
)
right(
    "04.1",
    why="weighted by the size of the change",
    source="""
def row_from(before, after):
    weight, bias = (new.double() - old.double() for old, new in zip(before, after))
    if torch.count_nonzero(bias) == 0:
        return None
    signs = bias.sign()
    return ((signs[:, None] * weight).sum(dim=0) / bias.abs().sum()).float()
""",
)
equivalent(
    "04.1",
    mutant="return None -> return",
    reason="the same",
)
