"""Exercise 07.2, a plan for data that you have not seen: what the check must reject, with its tag, and must accept."""

from course.authoring.answers import different, equivalent, right, wrong

equivalent("07.2", mutant="return torch.where(x < 0, x / 10, x) -> return torch.where(x <= 0, x / 10, x)", reason="0 / 10")

wrong(
    "07.2",
    tag="baked",
    why="subtracts the means of the example, as constants",
    source="""
def centred(example):
    means = example.mean(0).tolist()

    @sy.func2plan()
    def plan(x):
        x = x - torch.tensor(means)
        return torch.where(x < 0, x / 10, x)

    plan.build(example)
    return plan
""",
)
wrong(
    "07.2",
    tag="cannot-record",
    why="subtracts the means of the example, as a tensor from outside",
    example="it cannot be recorded at all",
    source="""
def centred(example):
    means = example.mean(0)

    @sy.func2plan()
    def plan(x):
        x = x - means
        return torch.where(x < 0, x / 10, x)

    plan.build(example)
    return plan
""",
)
wrong(
    "07.2",
    tag="baked",
    why="makes the means of the example the plan's state",
    source="""
def centred(example):
    @sy.func2plan(state=[example.mean(0)])
    def plan(x, state):
        (means,) = state.read()
        x = x - means
        return torch.where(x < 0, x / 10, x)

    plan.build(example)
    return plan
""",
)
wrong(
    "07.2",
    tag="fixed-count",
    why="divides by the number of rows of the example",
    source="""
def centred(example):
    count = len(example)

    @sy.func2plan()
    def plan(x):
        x = x - x.sum(0) / count
        return torch.where(x < 0, x / 10, x)

    plan.build(example)
    return plan
""",
)
wrong(
    "07.2",
    tag="one-branch",
    why="decides once, by looking at the example",
    example="the example shows a positive number",
    source="""
def centred(example):
    has_negative = bool((example - example.mean(0)).min() < 0)

    @sy.func2plan()
    def plan(x):
        x = x - x.mean(0)
        return x / 10 if has_negative else x

    plan.build(example)
    return plan
""",
)
wrong(
    "07.2",
    tag="cannot-record",
    why="decides with an if",
    example="it cannot be recorded at all",
    source="""
def centred(example):
    @sy.func2plan()
    def plan(x):
        x = x - x.mean(0)
        if x.min() < 0:
            return x / 10
        return x

    plan.build(example)
    return plan
""",
)
wrong(
    "07.2",
    tag="one-mean",
    why="one mean over all columns",
    source="""
def centred(example):
    @sy.func2plan()
    def plan(x):
        x = x - x.mean()
        return torch.where(x < 0, x / 10, x)

    plan.build(example)
    return plan
""",
)
wrong(
    "07.2",
    tag="not-built",
    why="forgets to build: at home it computes all the same",
    source="""
def centred(example):
    @sy.func2plan()
    def plan(x):
        x = x - x.mean(0)
        return torch.where(x < 0, x / 10, x)

    return plan
""",
)
wrong(
    "07.2",
    tag="wrong-result",
    why="the tenth first, then the mean",
    example="the example's numbers differ",
    source="""
def centred(example):
    @sy.func2plan()
    def plan(x):
        x = torch.where(x < 0, x / 10, x)
        return x - x.mean(0)

    plan.build(example)
    return plan
""",
)
right(
    "07.2",
    why="a module plan, and a factor for each number",
    source="""
def centred(example):
    class Centred(sy.Plan):
        def forward(self, x):
            x = x - x.sum(0, keepdim=True) / x.shape[0]
            return x * (0.1 + 0.9 * (x >= 0))

    return Centred().build(example)
""",
)
right(
    "07.2",
    why="leaky_relu is the second step, and shapes are enough to build it",
    source="""
def centred(example):
    @sy.func2plan(args_shape=[(-1, example.shape[1])])
    def plan(x):
        return F.leaky_relu(x - x.mean(dim=0), 0.1)

    return plan
""",
)
wrong(
    "07.2",
    tag="rows-changed",
    why="subtracts in place: the worker's own rows become the centred ones",
    source="""
def centred(example):
    @sy.func2plan()
    def plan(x):
        x -= x.mean(0)
        return torch.where(x < 0, x / 10, x)

    return plan.build(example)
""",
)
wrong(
    "07.2",
    tag="tells",
    why="computes the example's means before it records, and asks a tensor of them for nothing",
    source="""
def centred(example):
    means = example.mean(0).tolist()

    @sy.func2plan()
    def plan(x):
        means_of_the_example = torch.tensor(means)
        x = x - x.mean(0)
        return torch.where(x < 0, x / 10, x)

    return plan.build(example)
""",
)
wrong(
    "07.2",
    tag="tells",
    why="keeps the example in the plan, where it travels as state",
    source="""
def centred(example):
    class Centred(sy.Plan):
        def __init__(self):
            super().__init__()
            self.example = example.clone()

        def forward(self, x):
            x = x - x.mean(0)
            return torch.where(x < 0, x / 10, x)

    return Centred().build(example)
""",
)
wrong(
    "07.2",
    tag="handed-on",
    why="sends the rows to a helper, to look at them",
    source="""
def centred(example):
    helper = sy.VirtualWorker(sy, id="helper")

    @sy.func2plan()
    def plan(x):
        x.send(helper)
        x = x - x.mean(0)
        return torch.where(x < 0, x / 10, x)

    return plan.build(example)
""",
)
wrong(
    "07.2",
    tag="wrong-result",
    why="decides by the rows before the mean is taken away",
    source="""
def centred(example):
    @sy.func2plan()
    def plan(x):
        less = x - x.mean(0)
        return torch.where(x < x.mean(), less / 10, less)

    return plan.build(example)
""",
)
right(
    "07.2",
    why="a layer does both parts, and the mean is a product with ones",
    source="""
def centred(example):
    class Centred(sy.Plan):
        def __init__(self):
            super().__init__()
            self.tenth = nn.LeakyReLU(0.1)

        def forward(self, x):
            ones = torch.ones(1, x.shape[0])
            return self.tenth(x - ones @ x / x.shape[0])

    return Centred().build(example)
""",
)
right(
    "07.2",
    why="a mask in numbers, on a copy that is changed in place",
    source="""
def centred(example):
    @sy.func2plan(args_shape=[(-1, example.shape[1])])
    def plan(x):
        x = x.clone()
        x -= x.mean(0)
        negative = (x < 0).float()
        return x * (1 - negative) + x * negative / 10

    return plan
""",
)
different(
    "07.2",
    rewrite="x -= x.mean(0) -> x.data = x.data - x.mean(0)",
    reason="another tensor cannot be put in the place of one while a plan is recorded",
)
