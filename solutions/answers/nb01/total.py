"""Exercise 01.4, one total, many workers: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import right, wrong

wrong(
    "01.4",
    tag="opened-too-much",
    why="fetches everything, then adds here",
    source="""
def total(amounts):
    return sum(amount.get().sum() for amount in amounts)
""",
)
wrong(
    "01.4",
    tag="opened-too-much",
    why="many pointers, fetched as a sum month by month",
    example="its two people hold tensors of different shapes",
    source="""
def total(amounts):
    many = sy.MultiPointerTensor.of([amount.copy() for amount in amounts])
    return many.get(sum_results=True).sum()
""",
)
wrong(
    "01.4",
    tag="list",
    why="returns everybody's total instead of everybody's sum",
    example="one number is no list",
    source="""
def total(amounts):
    return sy.MultiPointerTensor.of(amounts).sum().get()
""",
)
wrong(
    "01.4",
    tag="mean",
    why="divides by the number of people",
    example="any two people show a total",
    source="""
def total(amounts):
    return sum(amount.sum().get() for amount in amounts) / len(amounts)
""",
)
wrong(
    "01.4",
    tag="mean",
    why="adds up everybody's mean",
    example="any two people show a total",
    source="""
def total(amounts):
    return sum(amount.mean().get() for amount in amounts)
""",
)
wrong(
    "01.4",
    tag="first-only",
    why="returns inside the loop",
    example="it has a second person",
    source="""
def total(amounts):
    result = torch.tensor(0.0)
    for amount in amounts:
        result += amount.sum().get()
        return result
""",
)
wrong(
    "01.4",
    tag="wrong-value",
    why="written for the two people of the example",
    source="""
def total(amounts):
    return amounts[0].sum().get() + amounts[1].sum().get()
""",
)
wrong(
    "01.4",
    tag="seen-by-others",
    why="collects everything with the first person, where the sum is one operation",
    source="""
def total(amounts):
    first = amounts[0].location
    there = [amounts[0], *(amount.copy().move(first) for amount in amounts[1:])]
    return torch.cat([tensor.reshape(-1) for tensor in there]).sum().get()
""",
)
wrong(
    "01.4",
    tag="wrong-type",
    why="returns a Python number",
    example="a tensor prints as one",
    source="""
def total(amounts):
    return sum(amount.sum().get().item() for amount in amounts)
""",
)
wrong(
    "01.4",
    tag="wrong-value",
    why="starts with the first person and adds them again",
    example="any two people show a total",
    source="""
def total(amounts):
    parts = [amount.sum().get() for amount in amounts]
    result = parts[0]
    for part in parts:
        result = result + part
    return result
""",
)
wrong(
    "01.4",
    tag="left-behind",
    why="keeps a pointer to a copy of everybody's partial sum",
    source="""
kept = []

def total(amounts):
    sums = [amount.sum() for amount in amounts]
    kept.extend(part.copy() for part in sums)
    return sum(part.get() for part in sums)
""",
)
wrong(
    "01.4",
    tag="seen-by-others",
    why="makes a worker of its own, where everybody's numbers meet",
    source="""
def total(amounts):
    bank = sy.VirtualWorker(sy.TorchHook(torch), id="bank")
    return sum(amount.copy().move(bank).sum() for amount in amounts).get()
""",
)
wrong(
    "01.4",
    tag="wrong-shape",
    why="a total with a dimension of its own",
    example="it prints a tensor without brackets",
    source="""
def total(amounts):
    return sum(amount.sum().reshape(1).get() for amount in amounts)
""",
)
right(
    "01.4",
    why="many pointers: one line, run at each",
    source="""
def total(amounts):
    return sy.MultiPointerTensor.of(amounts).sum().get(sum_results=True)
""",
)
right(
    "01.4",
    why="a loop that adds what arrives",
    source="""
def total(amounts):
    result = torch.zeros(())
    for amount in amounts:
        result += torch.sum(amount).get()
    return result
""",
)
right(
    "01.4",
    why="recursion",
    source="""
def total(amounts):
    first, *rest = amounts
    number = first.sum().get()
    return number + total(rest) if rest else number
""",
)
