"""Exercise 04.3, a label from a gradient: what the check must reject, with its message's tag, and must accept."""

from course.authoring.answers import different, equivalent, right, wrong

wrong(
    "04.3",
    tag="most-probable",
    why="argmax instead of the negative entry",
    source="""
def label_of(gradient):
    if not gradient.any():
        return None
    return int(gradient.sum(dim=1).argmax())
""",
    example="two classes are enough to see it",
)
wrong(
    "04.3",
    tag="largest-size",
    why="the row that is largest in size: with two classes both are",
    source="""
def label_of(gradient):
    if not gradient.any():
        return None
    return int(gradient.abs().sum(dim=1).argmax())
""",
)
wrong(
    "04.3",
    tag="largest-size",
    why="the longest row",
    source="""
def label_of(gradient):
    if not gradient.any():
        return None
    return int(gradient.norm(dim=1).argmax())
""",
)
wrong(
    "04.3",
    tag="all-equal",
    why="the first column only, which may be silent",
    source="""
def label_of(gradient):
    if not gradient.any():
        return None
    return int(gradient[:, 0].argmin())
""",
)
wrong(
    "04.3",
    tag="all-equal",
    why="looks for a row in which every number is negative",
    example="a silent unit has none",
    source="""
def label_of(gradient):
    if not gradient.any():
        return None
    return int((gradient < 0).all(dim=1).int().argmax())
""",
)
wrong(
    "04.3",
    tag="all-equal",
    why="adds up over the classes, where everything cancels",
    source="""
def label_of(gradient):
    if not gradient.any():
        return None
    return int(gradient.sum(dim=0).argmin())
""",
    example="0.5 - 0.75 + 0.25 is 0",
)
wrong(
    "04.3",
    tag="no-label",
    why="gives up where no row is negative throughout",
    example="a silent unit has none",
    source="""
def label_of(gradient):
    for label, row in enumerate(gradient):
        if (row < 0).all():
            return label
    return None
""",
)
wrong(
    "04.3",
    tag="nothing-there",
    why="a label for a gradient of zeros",
    source="""
def label_of(gradient):
    return int(gradient.sum(dim=1).argmin())
""",
)
wrong(
    "04.3",
    tag="not-a-class",
    why="the position among all numbers",
    example="position 3 is no class",
    source="""
def label_of(gradient):
    if not gradient.any():
        return None
    return int(gradient.argmin())
""",
)
wrong(
    "04.3",
    tag="least-probable",
    why="the row that is nearest to 0",
    example="that is class 2",
    source="""
def label_of(gradient):
    if not gradient.any():
        return None
    return int(gradient.abs().sum(dim=1).argmin())
""",
)
wrong(
    "04.3",
    tag="no-label",
    why="calls a gradient empty when its sum is 0, which it always is",
    example="0.5 - 0.75 + 0.25 is 0",
    source="""
def label_of(gradient):
    if gradient.sum().abs() < 1e-6:
        return None
    return int(gradient.sum(dim=1).argmin())
""",
)
wrong(
    "04.3",
    tag="no-label",
    why="calls a gradient empty as soon as one number is 0",
    example="a silent unit gives zeros",
    source="""
def label_of(gradient):
    if not gradient.all():
        return None
    return int(gradient.sum(dim=1).argmin())
""",
)
wrong(
    "04.3",
    tag="no-label",
    why="calls a gradient empty where its numbers are small",
    source="""
def label_of(gradient):
    if torch.allclose(gradient, torch.zeros_like(gradient)):
        return None
    return int(gradient.sum(dim=1).argmin())
""",
)
wrong(
    "04.3",
    tag="no-label",
    why="takes what a sure model leaves for rounding",
    source="""
def label_of(gradient):
    if gradient.abs().max() < 1e-6:
        return None
    return int(gradient.sum(dim=1).argmin())
""",
)
right(
    "04.3",
    why="the row that holds a negative number",
    source="""
def label_of(gradient):
    found = (gradient < 0).any(dim=1).nonzero()
    return found[0].item() if len(found) else None
""",
)
right(
    "04.3",
    why="a loop with sums",
    source="""
def label_of(gradient):
    for label in range(len(gradient)):
        if gradient[label].sum() < 0:
            return label
    return None
""",
)
right(
    "04.3",
    why="the smallest number of each row",
    source="""
def label_of(gradient):
    if torch.count_nonzero(gradient) == 0:
        return None
    return gradient.min(dim=1).values.argmin().item()
""",
)
equivalent(
    "04.3",
    mutant="return None -> return",
    reason="the same",
)
equivalent(
    "04.3",
    mutant="sums = gradient.sum(dim=1) -> sums = gradient.mean(dim=1)",
    reason="the sign is the same",
)
different(
    "04.3",
    rewrite="return found[0].item() if len(found) else None -> return float(found[0]) if len(found) else None",
    reason="a label is an int",
)
different(
    "04.3",
    rewrite="return gradient.min(dim=1).values.argmin().item() -> return float(gradient.min(dim=1).values.argmin())",
    reason="a label is an int",
)
