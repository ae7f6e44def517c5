"""Exercise 01.5, repair the joint report: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import right, wrong

wrong(
    "01.5",
    tag="brought-home",
    why="fetches copies: no error is left, and no secret",
    source="""
def joint_report(bobs, alices):
    b, a = bobs.copy().get(), alices.copy().get()
    return b.mean(), (b + a).min()
""",
)
wrong(
    "01.5",
    tag="brought-home",
    why="hands Alice's months over through its own hands",
    source="""
def joint_report(bobs, alices):
    average = bobs.mean().get()
    hers = alices.copy().get().send(bobs.location)
    return average, (bobs + hers).min().get()
""",
)
wrong(
    "01.5",
    tag="moved-away",
    why="moves Alice's only months",
    source="""
def joint_report(bobs, alices):
    average = bobs.mean().get()
    alices.move(bobs.location)
    return average, (bobs + alices).min().get()
""",
)
wrong(
    "01.5",
    tag="seen-by-alice",
    why="hands Bob's months to Alice, who may not see them",
    source="""
def joint_report(bobs, alices):
    average = bobs.mean().get()
    his = bobs.copy().move(alices.location)
    return average, (his + alices).min().get()
""",
)
wrong(
    "01.5",
    tag="cleared",
    why="keeps the tidying, only later",
    source="""
def joint_report(bobs, alices):
    average = bobs.mean().get()
    worst = (bobs + alices.copy().move(bobs.location)).min().get()
    bobs.location.clear_objects()
    return average, worst
""",
)
wrong(
    "01.5",
    tag="cleared-early",
    why="repairs two errors, and keeps the colleague's tidying where it was",
    example="it ends in the same error",
    source="""
def joint_report(bobs, alices):
    average = bobs.mean().get()
    worst = (bobs + alices.copy().move(bobs.location)).min()
    bobs.location.clear_objects()  # leave no intermediate results behind
    return average, worst.get()
""",
)
wrong(
    "01.5",
    tag="opened-twice",
    why="looks at the average first, and fetches it a second time",
    source="""
def joint_report(bobs, alices):
    if bobs.mean().get().isnan():
        raise ValueError("a month is missing")
    worst = (bobs + alices.copy().move(bobs.location)).min()
    return bobs.mean().get(), worst.get()
""",
)
wrong(
    "01.5",
    tag="worst-apart",
    why="avoids the hand-over: adds the worst month of each, which are different months",
    source="""
def joint_report(bobs, alices):
    worst = bobs.min() + alices.min().move(bobs.location)
    return bobs.mean().get(), worst.get()
""",
)
wrong(
    "01.5",
    tag="swapped",
    why="returns the two numbers in the other order",
    example="its two numbers differ",
    source="""
def joint_report(bobs, alices):
    worst = (bobs + alices.copy().move(bobs.location)).min().get()
    return worst, bobs.mean().get()
""",
)
wrong(
    "01.5",
    tag="wrong-value",
    why="takes the average of both, where Bob's is asked",
    source="""
def joint_report(bobs, alices):
    joint = bobs + alices.copy().move(bobs.location)
    return (joint.mean() / 2).get(), joint.min().get()
""",
)
wrong(
    "01.5",
    tag="wrong-type",
    why="turns the two numbers into Python floats",
    example="it prints tensors",
    source="""
def joint_report(bobs, alices):
    average = bobs.mean().get()
    worst = (bobs + alices.copy().move(bobs.location)).min().get()
    return average.item(), worst.item()
""",
)
right(
    "01.5",
    why="moves Alice's months there and back again",
    source="""
def joint_report(bobs, alices):
    home = alices.location
    alices.move(bobs.location)
    worst = torch.min(bobs + alices).get()
    alices.move(home)
    return bobs.mean().get(), worst
""",
)
right(
    "01.5",
    why="many steps, stacked, fetched at the end",
    source="""
def joint_report(bobs, alices):
    hers = (alices * 1).move(bobs.location)
    both = torch.stack([bobs, hers])
    average, worst = both[0].mean(), both.sum(dim=0).amin()
    return average.get(), worst.get()
""",
)
right(
    "01.5",
    why="adds in place, into the copy that was handed over",
    source="""
def joint_report(bobs, alices):
    joint = alices.copy()
    joint.move(bobs.location)
    joint += bobs
    return tuple(number.get() for number in (bobs.mean(), joint.min()))
""",
)
