"""Exercise 01.2, a mean that you never see: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import right, wrong

wrong(
    "01.2",
    tag="seen",
    why="fetches both, computes here, sends the mean back",
    source="""
def remote_mean(x, y):
    room = x.location
    return ((x.get() + y.get()) / 2).send(room)
""",
)
wrong(
    "01.2",
    tag="seen",
    why="thinks that fetching a copy shows nothing",
    source="""
def remote_mean(x, y):
    return ((x.copy().get() + y.copy().get()) / 2).send(x.location)
""",
)
wrong(
    "01.2",
    tag="seen",
    why="computes there, then fetches the mean",
    example="it fetches, and a tensor that is here has nothing to fetch",
    source="""
def remote_mean(x, y):
    mean = (x + y) / 2
    return mean.get()
""",
)
wrong(
    "01.2",
    tag="input-changed",
    why="adds in place, into the owner's first tensor",
    source="""
def remote_mean(x, y):
    x += y
    return x / 2
""",
)
wrong(
    "01.2",
    tag="one-number",
    why="one mean over everything",
    example="it shows a mean for each element",
    source="""
def remote_mean(x, y):
    return torch.stack([x, y]).mean()
""",
)
wrong(
    "01.2",
    tag="half",
    why="forgets the brackets",
    example="its numbers are those of a mean",
    source="""
def remote_mean(x, y):
    return x + y / 2
""",
)
wrong(
    "01.2",
    tag="rounded",
    why="divides with //, which the example does not show",
    source="""
def remote_mean(x, y):
    return (x + y) // 2
""",
)
wrong(
    "01.2",
    tag="left-behind",
    why="collects the intermediate results in a list that outlives the call",
    source="""
steps = []

def remote_mean(x, y):
    steps.append(x + y)
    return steps[-1] / 2
""",
)
wrong(
    "01.2",
    tag="wrong-value",
    why="forgets to divide",
    example="its numbers are those of a mean",
    source="""
def remote_mean(x, y):
    return torch.add(x, y)
""",
)
wrong(
    "01.2",
    tag="no-return",
    why="computes, and forgets to return",
    example="nothing can be fetched from nothing",
    source="""
def remote_mean(x, y):
    mean = (x + y) / 2
""",
)
right(
    "01.2",
    why="stacked, then the mean over the new dimension",
    source="""
def remote_mean(x, y):
    return torch.stack([x, y]).mean(dim=0)
""",
)
right(
    "01.2",
    why="in place, but on a copy",
    source="""
def remote_mean(x, y):
    mean = x.copy()
    mean += y
    mean /= 2
    return mean
""",
)
right(
    "01.2",
    why="half of each",
    source="""
def remote_mean(x, y):
    return torch.add(x * 0.5, y * 0.5)
""",
)
right(
    "01.2",
    why="a number of one's own goes there: nothing comes back for it",
    source="""
def remote_mean(x, y):
    return (x + y) / torch.tensor(2.0).send(x.location)
""",
)
