"""Notebook 01: answers that its checks must reject, each with the message meant for it, and must accept."""

from course.authoring.answers import equivalent, right, wrong

# ── 01.1 inventory of a worker ──────────────────────────────────────────────────────────────────────────────

wrong(
    "01.1",
    tag="fetched",
    why="fetches every tensor to look at its shape",
    source="""
def inventory(worker, pointers):
    found = {}
    for pointer in pointers:
        if pointer.location == worker:
            found[pointer.id_at_location] = pointer.get().shape
    return found
""",
)
wrong(
    "01.1",
    tag="looked-inside",
    why="reads the store through the X-ray, values and other people's objects included",
    source="""
def inventory(worker, pointers):
    return {id: value.shape for id, value in worker._objects.items()}
""",
)
wrong(
    "01.1",
    tag="my-names",
    why="takes the pointer's own id for the id of the tensor",
    example="it names the id that it wants",
    source="""
def inventory(worker, pointers):
    return {pointer.id: pointer.shape for pointer in pointers if pointer.location == worker}
""",
)
wrong(
    "01.1",
    tag="other-workers",
    why="lists all my pointers, wherever they lead",
    example="one of its two pointers leads elsewhere",
    source="""
def inventory(worker, pointers):
    return {pointer.id_at_location: pointer.shape for pointer in pointers}
""",
)
wrong(
    "01.1",
    tag="empty",
    why="takes the owner of the pointer for the worker that holds the tensor",
    example="nothing is found, and something is there",
    source="""
def inventory(worker, pointers):
    return {pointer.id_at_location: pointer.shape for pointer in pointers if pointer.owner == worker}
""",
)
wrong(
    "01.1",
    tag="incomplete",
    why="returns inside the loop",
    source="""
def inventory(worker, pointers):
    found = {}
    for pointer in pointers:
        if pointer.location == worker:
            found[pointer.id_at_location] = pointer.shape
            return found
    return found
""",
)
wrong(
    "01.1",
    tag="wrong-shape",
    why="notes how many numbers there are, as if everything were one-dimensional",
    source="""
def inventory(worker, pointers):
    return {p.id_at_location: torch.Size([p.numel()]) for p in pointers if p.location == worker}
""",
)
wrong(
    "01.1",
    tag="not-yours",
    why="takes the ids from the store, in its order, and the shapes from the pointers",
    source="""
def inventory(worker, pointers):
    mine = [pointer for pointer in pointers if pointer.location == worker]
    return {id: pointer.shape for id, pointer in zip(worker._objects, mine)}
""",
)
wrong(
    "01.1",
    tag="handed-over",
    why="first moves everything to the worker",
    example="what was moved is found there, too",
    source="""
def inventory(worker, pointers):
    return {pointer.id_at_location: pointer.shape for pointer in [p.move(worker) for p in pointers]}
""",
)
right(
    "01.1",
    why="a comprehension, workers compared by name",
    source="""
def inventory(worker, pointers):
    return {int(p.id_at_location): torch.Size(p.size()) for p in pointers if p.location.id == worker.id}
""",
)
right(
    "01.1",
    why="goes through the ids of the store, without a look at the values",
    source="""
def inventory(worker, pointers):
    shapes = {pointer.id_at_location: pointer.shape for pointer in pointers}
    return {id: shapes[id] for id in worker._objects if id in shapes}
""",
)
right(
    "01.1",
    why="two filtered lists, zipped",
    source="""
def inventory(worker, pointers):
    there = list(filter(lambda pointer: pointer.location is worker, pointers))
    return dict(zip([p.id_at_location for p in there], [p.shape for p in there]))
""",
)

# ── 01.2 remote mean ────────────────────────────────────────────────────────────────────────────────────────

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

# ── 01.3 one gradient step ──────────────────────────────────────────────────────────────────────────────────

wrong(
    "01.3",
    tag="not-zeroed",
    why="never resets the gradient",
    source="""
def gradient_step(w, x, y, rate):
    loss = ((x @ w - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= rate * w.grad
    return w
""",
)
wrong(
    "01.3",
    tag="not-zeroed",
    why="resets afterwards, so that a gradient from before still counts",
    source="""
def gradient_step(w, x, y, rate):
    loss = ((x @ w - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= rate * w.grad
    w.grad = None
    return w
""",
)
wrong(
    "01.3",
    tag="recorded",
    why="lets autograd record the update",
    source="""
def gradient_step(w, x, y, rate):
    w.grad = None
    loss = ((x @ w - y) ** 2).mean()
    loss.backward()
    w = w - rate * w.grad
    return w
""",
)
wrong(
    "01.3",
    tag="seen",
    why="pulls the data and steps at home",
    source="""
def gradient_step(w, x, y, rate):
    room = x.location
    w, x, y = w.get(), x.get(), y.get()
    w.grad = None
    ((x @ w - y) ** 2).mean().backward()
    return (w - rate * w.grad).detach().requires_grad_().send(room)
""",
)
wrong(
    "01.3",
    tag="seen",
    why="thinks that a gradient is no data and brings it home on its way",
    source="""
def gradient_step(w, x, y, rate):
    w.grad = None
    ((x @ w - y) ** 2).mean().backward()
    gradient = w.grad.get().send(w.location)
    with torch.no_grad():
        w -= rate * gradient
    return w
""",
)
wrong(
    "01.3",
    tag="no-gradient",
    why="takes the weights out of the record, and leaves them there",
    example="requires_grad is part of what is printed",
    source="""
def gradient_step(w, x, y, rate):
    w.grad = None
    ((x @ w - y) ** 2).mean().backward()
    return (w - rate * w.grad).detach()
""",
)
wrong(
    "01.3",
    tag="uphill",
    why="adds the gradient",
    example="any step shows its direction",
    source="""
def gradient_step(w, x, y, rate):
    w.grad = None
    ((x @ w - y) ** 2).mean().backward()
    with torch.no_grad():
        w += rate * w.grad
    return w
""",
)
wrong(
    "01.3",
    tag="stood-still",
    why="resets between backward and the update",
    example="any step shows that there is one",
    source="""
def gradient_step(w, x, y, rate):
    ((x @ w - y) ** 2).mean().backward()
    w.grad.zero_()
    with torch.no_grad():
        w -= rate * w.grad
    return w
""",
)
wrong(
    "01.3",
    tag="wrong-value",
    why="sums the loss: right for one row, which is all that the example has",
    source="""
def gradient_step(w, x, y, rate):
    w.grad = None
    ((x @ w - y) ** 2).sum().backward()
    with torch.no_grad():
        w -= rate * w.grad
    return w
""",
)
wrong(
    "01.3",
    tag="no-return",
    why="steps in place and returns nothing",
    example="it uses what is returned",
    source="""
def gradient_step(w, x, y, rate):
    w.grad = None
    ((x @ w - y) ** 2).mean().backward()
    with torch.no_grad():
        w -= rate * w.grad
""",
)
right(
    "01.3",
    why="new weights: detached, then told to require a gradient",
    source="""
def gradient_step(w, x, y, rate):
    if w.grad is not None:
        w.grad.zero_()
    ((x @ w - y) ** 2).mean().backward()
    return (w - rate * w.grad).detach().requires_grad_()
""",
)
right(
    "01.3",
    why="torch.autograd.grad, which leaves w.grad alone, and an update through .data",
    source="""
def gradient_step(w, x, y, rate):
    (gradient,) = torch.autograd.grad(F.mse_loss(x @ w, y), w)
    w.data.sub_(rate * gradient)
    return w
""",
)
right(
    "01.3",
    why="the gradient by hand, no autograd at all",
    source="""
def gradient_step(w, x, y, rate):
    with torch.no_grad():
        w.sub_(x.t() @ (x @ w - y) * (2 * rate / len(y)))
    return w
""",
)

equivalent(
    "01.3",
    mutant="loss = ((x @ w - y) ** 2).mean() -> loss = ((y - x @ w) ** 2).mean()",
    reason="a square does not know the sign of its base",
)

# ── 01.4 one total, many workers ────────────────────────────────────────────────────────────────────────────

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

# ── 01.5 repair the joint report ────────────────────────────────────────────────────────────────────────────

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
