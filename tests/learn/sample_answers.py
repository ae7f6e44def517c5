"""Answers that the check of the sample exercise must reject, with their tags, and must accept."""

from course.authoring.answers import equivalent, reference, right, wrong

reference(
    "00.1",
    source="""
def team_mean(salaries: list[torch.Tensor]) -> torch.Tensor:
    total = torch.zeros_like(salaries[0])
    for salary in salaries:
        total = total + salary
    return total / len(salaries)
""",
)
wrong(
    "00.1",
    tag="wrong-value",
    why="adds, and forgets to divide",
    example="any two salaries show a mean",
    source="""
def team_mean(salaries):
    return sum(salaries)
""",
)
wrong(
    "00.1",
    tag="wrong-value",
    why="always two people",
    source="""
def team_mean(salaries):
    return sum(salaries) / 2
""",
)
wrong(
    "00.1",
    tag="first-only",
    why="returns inside the loop",
    example="it has a second salary",
    source="""
def team_mean(salaries):
    for salary in salaries:
        return salary * 1
""",
)
wrong(
    "00.1",
    tag="input-changed",
    why="adds in place to the first one's tensor",
    source="""
def team_mean(salaries):
    total = salaries[0]
    for salary in salaries[1:]:
        total += salary
    return total / len(salaries)
""",
)
wrong(
    "00.1",
    tag="wrong-value",
    why="one mean over everything",
    source="""
def team_mean(salaries):
    return torch.stack(salaries).mean() * torch.ones_like(salaries[0])
""",
)
right(
    "00.1",
    why="stack and mean",
    source="""
def team_mean(salaries):
    return torch.stack(salaries).mean(dim=0)
""",
)
right(
    "00.1",
    why="recursion",
    source="""
def team_mean(salaries):
    def total(rest):
        return rest[0] if len(rest) == 1 else rest[0] + total(rest[1:])

    return total(salaries) / len(salaries)
""",
)
equivalent(
    "00.1",
    mutant="total = torch.zeros_like(salaries[0]) -> total = torch.zeros_like(salaries[-1])",
    reason="all salaries have one shape and one dtype",
)
