"""Exercise 04.2, do more steps hide it?: what the check must reject, with its message's tag, and must accept."""

from course.authoring.answers import different, equivalent, right, wrong


def _program(body: str, worst: str = "max(worst, (guess - row[0]).abs().max().item())") -> str:
    """The loops of the stub, with this inside."""
    lines = "\n".join(f"            {line}" for line in body.strip().splitlines())
    return f"""
def worst_errors(model, rows, labels, steps, rate, attack):
    errors = []
    for count in steps:
        worst = 0.0
        for i in range(len(rows)):
            row, label = rows[i : i + 1], labels[i : i + 1]
{lines}
            worst = {worst}
        errors.append(worst)
    return errors
"""


TRAIN = """
copy = model.copy()
opt = optim.SGD(copy.parameters(), lr=rate)
for _ in range(count):
    opt.zero_grad()
    F.nll_loss(copy(row), label).backward()
    opt.step()
"""
GUESS = "guess = attack(model, copy)"
wrong(
    "04.2",
    tag="another-row",
    why="compares every guess with the first row",
    source=_program(TRAIN + GUESS, "max(worst, (guess - rows[0]).abs().max().item())"),
)
wrong(
    "04.2",
    tag="another-row",
    why="compares each guess with all rows at once",
    source=_program(TRAIN + GUESS, "max(worst, (guess - rows).abs().max().item())"),
)
wrong(
    "04.2",
    tag="another-row",
    why="the guess for one person beside the next one's row",
    source=_program(TRAIN + GUESS, "max(worst, (guess - rows[(i + 1) % len(rows)]).abs().max().item())"),
)
wrong(
    "04.2",
    tag="nearest-row",
    why="compares with whoever is nearest",
    source=_program(TRAIN + GUESS, "max(worst, (guess - rows).abs().max(dim=1).values.min().item())"),
)
wrong(
    "04.2",
    tag="model-changed",
    why="trains the model itself",
    source=_program(TRAIN.replace("model.copy()", "model") + GUESS),
)
wrong(
    "04.2",
    tag="last-step",
    why="keeps the model from before the last step, not from before the first",
    source="""
def worst_errors(model, rows, labels, steps, rate, attack):
    errors = []
    for count in steps:
        worst = 0.0
        for i in range(len(rows)):
            copy = model.copy()
            for _ in range(count):
                before = copy.copy()
                opt = optim.SGD(copy.parameters(), lr=rate)
                opt.zero_grad()
                F.nll_loss(copy(rows[i : i + 1]), labels[i : i + 1]).backward()
                opt.step()
            worst = max(worst, (attack(before, copy) - rows[i]).abs().max().item())
        errors.append(worst)
    return errors
""",
)
wrong(
    "04.2",
    tag="not-fresh",
    why="one copy for all",
    source=_program(TRAIN.replace("copy = model.copy()\n", "") + GUESS).replace(
        "    errors = []", "    errors, copy = [], model.copy()"
    ),
)
wrong(
    "04.2",
    tag="not-fresh",
    why="one copy for each number of steps",
    source=_program(TRAIN.replace("copy = model.copy()\n", "") + GUESS).replace(
        "        worst = 0.0", "        worst, copy = 0.0, model.copy()"
    ),
)
wrong(
    "04.2",
    tag="one-step",
    why="one step, whatever `steps` says",
    source=_program(TRAIN.replace("range(count)", "range(1)") + GUESS),
)
wrong(
    "04.2", tag="not-cleared", why="no zero_grad", source=_program(TRAIN.replace("    opt.zero_grad()\n", "") + GUESS)
)
wrong(
    "04.2",
    tag="own-attack",
    why="divides by itself, whatever the attack",
    example="its row would be found",
    source=_program(
        TRAIN + "weight, bias = copy[0].weight - model[0].weight, copy[0].bias - model[0].bias\n"
        "unit = bias.abs().argmax()\nguess = (weight[unit] / bias[unit]).detach()"
    ),
)
wrong("04.2", tag="other-rate", why="the usual rate", source=_program(TRAIN.replace("lr=rate", "lr=0.1") + GUESS))
wrong("04.2", tag="swapped", why="after, before", source=_program(TRAIN + "guess = attack(copy, model)"))
wrong(
    "04.2",
    tag="together",
    why="trains on all rows",
    source=_program(TRAIN.replace("copy(row), label", "copy(rows), labels") + GUESS),
)
wrong(
    "04.2",
    tag="last-only",
    why="the last person's error",
    source=_program(TRAIN + GUESS, "(guess - row[0]).abs().max().item()"),
)
wrong(
    "04.2",
    tag="mean-error",
    why="the mean over the entries",
    example="1 and 4 have a mean of 2.5",
    source=_program(TRAIN + GUESS, "max(worst, (guess - row[0]).abs().mean().item())"),
)
wrong(
    "04.2",
    tag="signed",
    why="no abs",
    source=_program(TRAIN + GUESS, "max(worst, (guess - row[0]).max().item())"),
)
wrong(
    "04.2",
    tag="squared",
    why="the largest square",
    example="4 squared is 16",
    source=_program(TRAIN + GUESS, "max(worst, ((guess - row[0]) ** 2).max().item())"),
)
wrong(
    "04.2",
    tag="wrong-count",
    why="returns within the loop",
    example="one float for two numbers of steps",
    source=_program(TRAIN + GUESS).replace("    return errors", "        return errors"),
)
wrong(
    "04.2",
    tag="not-floats",
    why="tensors in the list",
    example="tensor(4.) is no 4.0",
    source=_program(TRAIN + GUESS, "torch.maximum(torch.tensor(worst), (guess - row[0]).abs().max())").replace(
        "worst = 0.0", "worst = torch.tensor(0.0)"
    ),
)
right(
    "04.2",
    why="a function for one person, plain steps by hand",
    source="""
def worst_errors(model, rows, labels, steps, rate, attack):
    def error(i, count):
        copy = model.copy()
        for _ in range(count):
            loss = F.nll_loss(copy(rows[i].unsqueeze(0)), labels[i].unsqueeze(0))
            gradients = torch.autograd.grad(loss, list(copy.parameters()))
            with torch.no_grad():
                for parameter, gradient in zip(copy.parameters(), gradients):
                    parameter -= rate * gradient
        return (attack(model, copy) - rows[i]).abs().max().item()

    return [max(error(i, count) for i in range(len(rows))) for count in steps]
""",
)
right(
    "04.2",
    why="all guesses first, then one comparison; the copy made by hand",
    source="""
def worst_errors(model, rows, labels, steps, rate, attack):
    import copy

    errors = []
    for count in steps:
        guesses = []
        for x, y in zip(rows.split(1), labels.split(1)):
            mine = copy.deepcopy(model)
            opt = optim.SGD(mine.parameters(), lr=rate)
            for _ in range(count):
                loss = F.nll_loss(mine(x), y)
                loss.backward()
                opt.step()
                opt.zero_grad()
            guesses.append(attack(model, mine))
        errors.append(float((torch.stack(guesses) - rows).abs().max()))
    return errors
""",
)
equivalent(
    "04.2",
    mutant="worst = 0.0 -> worst = -0.0",
    reason="errors are sizes",
)
equivalent(
    "04.2",
    mutant="worst = max(worst, (guess - row[0]).abs().max().item()) -> worst = max((guess - row[0]).abs().max().item(), worst)",
    reason="a maximum has no order",
)
equivalent(
    "04.2",
    mutant="worst = max(worst, (guess - row[0]).abs().max().item()) -> worst = max(worst, (row[0] - guess).abs().max().item())",
    reason="the size is the same",
)
equivalent(
    "04.2",
    mutant="worst = max(worst, (guess - row[0]).abs().max().item()) -> worst = max(worst, (guess - row[-1]).abs().max().item())",
    reason="it is the only row",
)
different(
    "04.2",
    rewrite="copy = model.copy() -> copy = model.clone()",
    reason="a network has no clone",
)
different(
    "04.2",
    rewrite="mine = model.copy() -> mine = model.clone()",
    reason="a network has no clone",
)
different(
    "04.2",
    rewrite="opt.zero_grad() -> model.zero_grad()",
    reason="that is another model's gradient",
)
different(
    "04.2",
    rewrite="opt.zero_grad() -> for p in model.parameters():",
    reason="those are another model's parameters",
)
different(
    "04.2",
    rewrite="torch.autograd.grad",
    reason="the gradient of another model's parameters",
)
different(
    "04.2",
    rewrite="parameter -= rate * gradient -> parameter = parameter - rate * gradient",
    reason="the copy does not change",
)
