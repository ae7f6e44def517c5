"""Exercise 07.1, what is recorded: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import different, right, wrong

SHOWN = "the example has no loop, no branch, and shows abs"

wrong(
    "07.1",
    tag="one-pass",
    why="takes the loop for one step",
    example="the example has no pass, and this gives one",
    source="""
def recorded(times, double):
    steps = ["add"]
    if double:
        steps.append("mul")
    return steps + ["abs", "sum"]
""",
)
wrong(
    "07.1",
    tag="one-pass",
    why="records the body of the loop once, if it runs at all",
    source="""
def recorded(times, double):
    steps = ["add"] if times else []
    if double:
        steps.append("mul")
    return steps + ["abs", "sum"]
""",
)
wrong(
    "07.1",
    tag="both-branches",
    why="believes that both branches are recorded",
    example="the example shows the branch that is not taken",
    source="""
def recorded(times, double):
    return ["add"] * times + ["mul", "abs", "sum"]
""",
)
wrong(
    "07.1",
    tag="both-branches",
    why="believes that a branch is never recorded",
    source="""
def recorded(times, double):
    return ["add"] * times + ["abs", "sum"]
""",
)
wrong(
    "07.1",
    tag="not-used",
    why="leaves out what nobody uses",
    example="the example shows abs",
    source="""
def recorded(times, double):
    return ["add"] * times + ["mul"] * double + ["sum"]
""",
)
wrong(
    "07.1",
    tag="python-too",
    why="lists Python's own statements, too",
    source="""
def recorded(times, double):
    steps = []
    if times:
        steps.append("for")
    return steps + ["add"] * times + ["mul"] * double + ["abs", "sum"]
""",
)
wrong(
    "07.1",
    tag="other-order",
    why="the branch before the loop",
    source="""
def recorded(times, double):
    return ["mul"] * double + ["add"] * times + ["abs", "sum"]
""",
)
right(
    "07.1",
    why="asks the recorder itself",
    source="""
def recorded(times, double):
    plan = sy.func2plan(args_shape=[(-1,)])(lambda x: program(x, times, double))
    return [step.op for step in plan.graph.steps]
""",
)
right(
    "07.1",
    why="one line",
    source="""
def recorded(times, double):
    return [*("add" for _ in range(times)), *(["mul"] if double else []), "abs", "sum"]
""",
)
wrong(
    "07.1",
    tag="other-steps",
    why="doubles in each pass",
    source="""
def recorded(times, double):
    steps = []
    for _ in range(times):
        steps.append("add")
        if double:
            steps.append("mul")
    return steps + ["abs", "sum"]
""",
)
right(
    "07.1",
    why="asks the recorder itself",
    source="""
def recorded(times, double):
    def program(x):
        for _ in range(times):
            x = x + 1
        if double:
            x = x * 2
        x.abs()
        return x.sum()

    return [step.op for step in sy.func2plan(args_shape=[(-1,)])(program).graph.steps]
""",
)
different(
    "07.1",
    rewrite="return x.sum() -> return torch.sum(x)",
    reason="a plan names the function of torch that was asked, and the exercise is about this very program",
)
