"""Exercise 07.4, weights that learn elsewhere: what the check must reject, with its tag, and must accept."""

from course.authoring.answers import different, right, scene, wrong

different(
    "07.4",
    rewrite="trained = plan.copy() -> trained = plan.clone()",
    reason="a plan is a module, and has no clone",
)

scene(
    "07.4",
    source="""
class Learner(sy.Plan):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(1, 1))

    def forward(self, x, y):
        loss = F.mse_loss(x @ self.w, y)
        (gradient,) = torch.autograd.grad(loss, [self.w])
        with torch.no_grad():
            self.w.sub_(0.1 * gradient)
        return loss


def learner():
    return Learner().build(torch.ones(1, 1), torch.ones(1, 1))
""",
)
wrong(
    "07.4",
    tag="stale",
    why="returns the plan that stayed here",
    example="the weights are still zero",
    source="""
def train_at(plan, x, y, steps):
    there = plan.send(x.location)
    for _ in range(steps):
        there(x, y)
    return plan
""",
)
wrong(
    "07.4",
    tag="stale",
    why="returns a copy of the plan that stayed here",
    example="the weights are still zero",
    source="""
def train_at(plan, x, y, steps):
    there = plan.send(x.location)
    for _ in range(steps):
        there(x, y)
    return plan.copy()
""",
)
wrong(
    "07.4",
    tag="sent-again",
    why="sends the plan in the loop: each step begins with the old weights",
    example="the example takes two steps",
    source="""
def train_at(plan, x, y, steps):
    for _ in range(steps):
        there = plan.send(x.location)
        there(x, y)
    return there.get()
""",
)
wrong(
    "07.4",
    tag="sent-again",
    why="right weights, but they travel out and home in every step",
    source="""
def train_at(plan, x, y, steps):
    for _ in range(steps):
        there = plan.send(x.location)
        there(x, y)
        plan = there.get()
    return plan
""",
)
wrong(
    "07.4",
    tag="rows-came",
    why="fetches the rows and trains a copy at home",
    source="""
def train_at(plan, x, y, steps):
    trained = plan.copy()
    rows, labels = x.copy().get(), y.copy().get()
    for _ in range(steps):
        trained(rows, labels)
    return trained
""",
)
wrong(
    "07.4",
    tag="came-too",
    why="watches the loss in every step",
    source="""
def train_at(plan, x, y, steps):
    there = plan.send(x.location)
    losses = [there(x, y).get() for _ in range(steps)]
    return there.get()
""",
)
wrong(
    "07.4",
    tag="miscounted",
    why="one step too many, to be sure",
    example="the example takes two steps",
    source="""
def train_at(plan, x, y, steps):
    there = plan.send(x.location)
    loss = there(x, y)
    for _ in range(steps):
        there(x, y)
    return there.get()
""",
)
wrong(
    "07.4",
    tag="miscounted",
    why="counts from 1",
    example="the example takes two steps",
    source="""
def train_at(plan, x, y, steps):
    there = plan.send(x.location)
    for _ in range(1, steps):
        there(x, y)
    return there.get()
""",
)
wrong(
    "07.4",
    tag="no-plan",
    why="returns the pointer to the plan",
    example="a pointer to a plan has no w",
    source="""
def train_at(plan, x, y, steps):
    there = plan.send(x.location)
    for _ in range(steps):
        there(x, y)
    return there
""",
)
right(
    "07.4",
    why="recursion over the steps",
    source="""
def train_at(plan, x, y, steps):
    def learn(there, left):
        if left:
            there(x, y)
            return learn(there, left - 1)
        return there.get()

    return learn(plan.send(x.location), steps)
""",
)
right(
    "07.4",
    why="fetches the weights one by one, into a copy made here",
    source="""
def train_at(plan, x, y, steps):
    there = plan.send(x.location)
    for _ in range(steps):
        there(x, y)
    trained = plan.copy()
    with torch.no_grad():
        for here, away in zip(trained.parameters(), there.parameters()):
            here.copy_(away.copy().get())
    return trained
""",
)
wrong(
    "07.4",
    tag="more-went",
    why="a plan around the plan, with a state more: it keeps the rows, and brings them home as weights",
    source="""
def train_at(plan, x, y, steps):
    class Around(sy.Plan):
        def __init__(self):
            super().__init__()
            self.inner = plan.copy()
            self.kept = torch.zeros(x.shape)

        def forward(self, x, y):
            self.kept.copy_(x)
            return self.inner.forward(x, y)

    there = Around().build(torch.ones(x.shape), torch.ones(y.shape)).send(x.location)
    for _ in range(steps):
        there(x, y)
    return there.get().inner
""",
)
right(
    "07.4",
    why="all steps in one plan, which is run once",
    source="""
def train_at(plan, x, y, steps):
    class Many(sy.Plan):
        def __init__(self):
            super().__init__()
            self.inner = plan.copy()

        def forward(self, x, y):
            for _ in range(steps):
                loss = self.inner.forward(x, y)
            return loss

    there = Many().build(torch.ones(x.shape), torch.ones(y.shape)).send(x.location)
    there(x, y)
    return there.get().inner
""",
)
different(
    "07.4",
    rewrite="self.inner = plan.copy() -> self.inner = plan.clone()",
    reason="a plan is a module, and has no clone",
)
wrong(
    "07.4",
    tag="miscounted",
    why="no loop: one run",
    example="it asks for two steps",
    source="""
def train_at(plan, x, y, steps):
    there = plan.send(x.location)
    there(x, y)
    return there.get()
""",
)
