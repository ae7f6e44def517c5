"""Answers to notebook 02 that the checks must reject, with the tag of the message they must meet, or accept."""

from course.authoring.answers import equivalent, right, scene, wrong

# What the examples in the docstrings speak of, as the notebook has made it by then; also the four workers.
HOME = """
data = torch.tensor([[1.0, 1], [0, 1], [1, 0], [0, 0]])
target = torch.tensor([[1.0], [1], [0], [0]])
model = nn.Linear(2, 1)
opt = optim.SGD(model.parameters(), lr=0.1)
"""
OWNERS = """
x_bob, y_bob = data[:2].send(bob), target[:2].send(bob)
x_alice, y_alice = data[2:].send(alice), target[2:].send(alice)
"""
scene("02.1", source=HOME)
scene("02.3", source=HOME + OWNERS)
scene("02.4", source=HOME + OWNERS)

# ── 02.1 ────────────────────────────────────────────────────────────────────────────────────────────────────

wrong(
    "02.1",
    tag="keeps-graph",
    why="keeps the losses as tensors, each with its graph",
    source="""
def train(model, opt, data, target, epochs):
    losses = []
    for _ in range(epochs):
        opt.zero_grad()
        loss = ((model(data) - target) ** 2).sum()
        loss.backward()
        opt.step()
        losses.append(loss)
    return losses
""",
)
wrong(
    "02.1",
    tag="not-floats",
    why="loss.data, as in the older notebook: a tensor still",
    source="""
def train(model, opt, data, target, epochs):
    losses = []
    for _ in range(epochs):
        opt.zero_grad()
        loss = ((model(data) - target) ** 2).sum()
        loss.backward()
        opt.step()
        losses.append(loss.data)
    return losses
""",
)
wrong(
    "02.1",
    tag="no-zero-grad",
    why="never clears the gradients",
    source="""
def train(model, opt, data, target, epochs):
    losses = []
    for _ in range(epochs):
        loss = ((model(data) - target) ** 2).sum()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses
""",
)
wrong(
    "02.1",
    tag="no-zero-grad",
    why="clears the gradients once, before the loop",
    source="""
def train(model, opt, data, target, epochs):
    losses = []
    opt.zero_grad()
    for _ in range(epochs):
        loss = ((model(data) - target) ** 2).sum()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses
""",
)
wrong(
    "02.1",
    tag="not-trained",
    why="clears the gradients between backward and step",
    source="""
def train(model, opt, data, target, epochs):
    losses = []
    for _ in range(epochs):
        loss = ((model(data) - target) ** 2).sum()
        loss.backward()
        opt.zero_grad()
        opt.step()
        losses.append(loss.item())
    return losses
""",
)
wrong(
    "02.1",
    tag="not-trained",
    why="trains a copy, which the optimizer does not know",
    source="""
def train(model, opt, data, target, epochs):
    losses = []
    model = model.copy()
    for _ in range(epochs):
        opt.zero_grad()
        loss = ((model(data) - target) ** 2).sum()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses
""",
)
wrong(
    "02.1",
    tag="wrong-loss",
    why="reports the loss after the step",
    source="""
def train(model, opt, data, target, epochs):
    losses = []
    for _ in range(epochs):
        opt.zero_grad()
        loss = ((model(data) - target) ** 2).sum()
        loss.backward()
        opt.step()
        losses.append(((model(data) - target) ** 2).sum().item())
    return losses
""",
)
wrong(
    "02.1",
    tag="wrong-loss",
    why="adds up the losses: a running total",
    source="""
def train(model, opt, data, target, epochs):
    losses, total = [], 0.0
    for _ in range(epochs):
        opt.zero_grad()
        loss = ((model(data) - target) ** 2).sum()
        loss.backward()
        opt.step()
        total += loss.item() / epochs
        losses.append(total)
    return losses
""",
)
wrong(
    "02.1",
    tag="mean",
    why="the mean instead of the sum",
    source="""
def train(model, opt, data, target, epochs):
    losses = []
    for _ in range(epochs):
        opt.zero_grad()
        loss = ((model(data) - target) ** 2).mean()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses
""",
)
wrong(
    "02.1",
    tag="wrong-count",
    why="returns inside the loop",
    example="it counts the losses",
    source="""
def train(model, opt, data, target, epochs):
    losses = []
    for _ in range(epochs):
        opt.zero_grad()
        loss = ((model(data) - target) ** 2).sum()
        loss.backward()
        opt.step()
        losses.append(loss.item())
        return losses
""",
)
right(
    "02.1",
    why="clears after the step, and torch's own loss",
    source="""
def train(model, opt, data, target, epochs):
    losses = []
    while len(losses) < epochs:
        loss = F.mse_loss(model(data), target, reduction="sum")
        loss.backward()
        opt.step()
        opt.zero_grad()
        losses.append(float(loss.detach()))
    return losses
""",
)
right(
    "02.1",
    why="a closure that the optimizer calls",
    source="""
def train(model, opt, data, target, epochs):
    def closure():
        opt.zero_grad()
        error = model(data) - target
        loss = (error * error).sum()
        loss.backward()
        return loss

    return [opt.step(closure).item() for _ in range(epochs)]
""",
)
equivalent(
    "02.1",
    mutant="loss = ((model(data) - target) ** 2).sum() -> loss = ((target - model(data)) ** 2).sum()",
    reason="the difference is squared",
)

# ── 02.2 ────────────────────────────────────────────────────────────────────────────────────────────────────

wrong(
    "02.2",
    tag="apart",
    why="inputs to one worker, their labels to the next",
    source="""
def hand_out(data, target, workers):
    k = len(workers)
    return [(data[i::k].send(workers[i]), target[i::k].send(workers[(i + 1) % k])) for i in range(k)]
""",
)
wrong(
    "02.2",
    tag="lost-rows",
    why="rows // workers each: the remainder is lost",
    example="its 7 rows are there to make this mistake visible",
    source="""
def hand_out(data, target, workers):
    size = len(data) // len(workers)
    pairs = []
    for i, worker in enumerate(workers):
        mine = slice(i * size, (i + 1) * size)
        pairs.append((data[mine].send(worker), target[mine].send(worker)))
    return pairs
""",
)
wrong(
    "02.2",
    tag="uneven",
    why="the last worker takes all that is left over",
    source="""
def hand_out(data, target, workers):
    size = len(data) // len(workers)
    pairs = []
    for i, worker in enumerate(workers):
        mine = slice(i * size, (i + 1) * size if worker is not workers[-1] else None)
        pairs.append((data[mine].send(worker), target[mine].send(worker)))
    return pairs
""",
)
wrong(
    "02.2",
    tag="left-out",
    why="torch.chunk gives two pieces for 4 rows and 3 workers",
    example="7 rows show that chunk cuts unevenly",
    source="""
def hand_out(data, target, workers):
    k = len(workers)
    pieces = zip(workers, data.chunk(k), target.chunk(k))
    return [(x.send(worker), y.send(worker)) for worker, x, y in pieces]
""",
)
wrong(
    "02.2",
    tag="mismatched",
    why="inputs dealt like cards, labels cut in blocks",
    source="""
def hand_out(data, target, workers):
    k = len(workers)
    labels = target.tensor_split(k)
    return [(data[i::k].send(worker), labels[i].send(worker)) for i, worker in enumerate(workers)]
""",
)
wrong(
    "02.2",
    tag="too-much",
    why="sends everything to everybody and slices there",
    source="""
def hand_out(data, target, workers):
    k = len(workers)
    return [(data.send(w)[i::k], target.send(w)[i::k]) for i, w in enumerate(workers)]
""",
)
wrong(
    "02.2",
    tag="not-sent",
    why="the inputs are sent, the labels stay with you",
    source="""
def hand_out(data, target, workers):
    k = len(workers)
    return [(data[i::k].send(worker), target[i::k]) for i, worker in enumerate(workers)]
""",
)
wrong(
    "02.2",
    tag="twice",
    why="everybody gets all rows",
    example="it counts the rows of each",
    source="""
def hand_out(data, target, workers):
    return [(data.send(worker), target.send(worker)) for worker in workers]
""",
)
wrong(
    "02.2",
    tag="wrong-owner",
    why="hands out from the last worker to the first",
    source="""
def hand_out(data, target, workers):
    k = len(workers)
    return [(data[i::k].send(worker), target[i::k].send(worker)) for i, worker in enumerate(reversed(workers))]
""",
)
wrong(
    "02.2",
    tag="seen",
    why="looks whether all has arrived by fetching a copy",
    source="""
def hand_out(data, target, workers):
    pairs = []
    for i, worker in enumerate(workers):
        x = data[i :: len(workers)].send(worker)
        y = target[i :: len(workers)].send(worker)
        assert len(x.copy().get()) == len(x)
        pairs.append((x, y))
    return pairs
""",
)
right(
    "02.2",
    why="tensor_split: blocks in order",
    source="""
def hand_out(data, target, workers):
    k = len(workers)
    blocks = zip(workers, data.tensor_split(k), target.tensor_split(k))
    return [(x.send(worker), y.send(worker)) for worker, x, y in blocks]
""",
)
right(
    "02.2",
    why="bounds by whole-number division",
    source="""
def hand_out(data, target, workers):
    n, k = len(data), len(workers)
    pairs = []
    for i, worker in enumerate(workers):
        first, last = i * n // k, (i + 1) * n // k
        pairs.append((data[first:last].send(worker), target[first:last].send(worker)))
    return pairs
""",
)
right(
    "02.2",
    why="a list of row numbers for each worker",
    source="""
def hand_out(data, target, workers):
    rows = {worker: [] for worker in workers}
    for row in range(len(data)):
        rows[workers[row % len(workers)]].append(row)
    return [(data[mine].send(worker), target[mine].send(worker)) for worker, mine in rows.items()]
""",
)

# ── 02.3 ────────────────────────────────────────────────────────────────────────────────────────────────────

wrong(
    "02.3",
    tag="step-at-home",
    why="get before step: the step is taken here",
    source="""
def federated_epoch(model, opt, datasets):
    losses = []
    for x, y in datasets:
        opt.zero_grad()
        model.send(x.location)
        loss = ((model(x) - y) ** 2).sum()
        loss.backward()
        model.get()
        opt.step()
        losses.append(loss.get().item())
    return losses
""",
)
wrong(
    "02.3",
    tag="model-away",
    why="fetches the model before the next send only: it stays at the last owner",
    source="""
def federated_epoch(model, opt, datasets):
    losses = []
    for x, y in datasets:
        model.get()
        opt.zero_grad()
        model.send(x.location)
        loss = ((model(x) - y) ** 2).sum()
        loss.backward()
        opt.step()
        losses.append(loss.get().item())
    return losses
""",
)
wrong(
    "02.3",
    tag="gradient-travels",
    why="the older lessons' order: send, then zero_grad",
    source="""
def federated_epoch(model, opt, datasets):
    losses = []
    for x, y in datasets:
        model.send(x.location)
        opt.zero_grad()
        loss = ((model(x) - y) ** 2).sum()
        loss.backward()
        opt.step()
        model.get()
        losses.append(loss.get().item())
    return losses
""",
)
wrong(
    "02.3",
    tag="no-zero-grad",
    why="forgets zero_grad",
    source="""
def federated_epoch(model, opt, datasets):
    losses = []
    for x, y in datasets:
        model.send(x.location)
        loss = ((model(x) - y) ** 2).sum()
        loss.backward()
        opt.step()
        model.get()
        losses.append(loss.get().item())
    return losses
""",
)
wrong(
    "02.3",
    tag="came-home",
    why="fetches the rows and trains at home",
    source="""
def federated_epoch(model, opt, datasets):
    losses = []
    for x, y in datasets:
        opt.zero_grad()
        loss = ((model(x.copy().get()) - y.copy().get()) ** 2).sum()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses
""",
)
wrong(
    "02.3",
    tag="came-home",
    why="fetches the errors of single rows to report a loss",
    source="""
def federated_epoch(model, opt, datasets):
    losses = []
    for x, y in datasets:
        opt.zero_grad()
        model.send(x.location)
        error = model(x) - y
        (error ** 2).sum().backward()
        opt.step()
        model.get()
        losses.append((error.get() ** 2).sum().item())
    return losses
""",
)
wrong(
    "02.3",
    tag="not-floats",
    why="returns pointers to the losses",
    source="""
def federated_epoch(model, opt, datasets):
    losses = []
    for x, y in datasets:
        opt.zero_grad()
        model.send(x.location)
        loss = ((model(x) - y) ** 2).sum()
        loss.backward()
        opt.step()
        model.get()
        losses.append(loss)
    return losses
""",
)
wrong(
    "02.3",
    tag="unvisited",
    why="returns inside the loop: one owner only",
    example="it counts the losses",
    source="""
def federated_epoch(model, opt, datasets):
    losses = []
    for x, y in datasets:
        opt.zero_grad()
        model.send(x.location)
        loss = ((model(x) - y) ** 2).sum()
        loss.backward()
        opt.step()
        model.get()
        losses.append(loss.get().item())
        return losses
""",
)
wrong(
    "02.3",
    tag="step-at-home",
    why="backward everywhere, and never a step",
    source="""
def federated_epoch(model, opt, datasets):
    losses = []
    for x, y in datasets:
        opt.zero_grad()
        model.send(x.location)
        loss = ((model(x) - y) ** 2).sum()
        loss.backward()
        model.get()
        losses.append(loss.get().item())
    return losses
""",
)
wrong(
    "02.3",
    tag="wrong-value",
    why="the mean over the owner's rows instead of the sum",
    source="""
def federated_epoch(model, opt, datasets):
    losses = []
    for x, y in datasets:
        opt.zero_grad()
        model.send(x.location)
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        opt.step()
        model.get()
        losses.append(loss.get().item())
    return losses
""",
)
wrong(
    "02.3",
    tag="zeros-travel",
    why="clears to zeros instead of None, before the model leaves",
    source="""
def federated_epoch(model, opt, datasets):
    losses = []
    for x, y in datasets:
        opt.zero_grad(set_to_none=False)
        model.send(x.location)
        loss = ((model(x) - y) ** 2).sum()
        loss.backward()
        opt.step()
        model.get()
        losses.append(loss.get().item())
    return losses
""",
)
wrong(
    "02.3",
    tag="gradient-travels",
    why="send, then clears to zeros at the next owner",
    source="""
def federated_epoch(model, opt, datasets):
    losses = []
    for x, y in datasets:
        model.send(x.location)
        opt.zero_grad(set_to_none=False)
        loss = ((model(x) - y) ** 2).sum()
        loss.backward()
        opt.step()
        model.get()
        losses.append(loss.get().item())
    return losses
""",
)
right(
    "02.3",
    why="clears at the owner after the step: no gradient ever travels",
    source="""
def federated_epoch(model, opt, datasets):
    def visit(x, y):
        model.send(x.location)
        loss = F.mse_loss(model(x), y, reduction="sum")
        loss.backward()
        opt.step()
        opt.zero_grad()
        model.get()
        return float(loss.get())

    return [visit(x, y) for x, y in datasets]
""",
)
right(
    "02.3",
    why="move instead of send, losses fetched at the end",
    source="""
def federated_epoch(model, opt, datasets):
    losses = []
    for x, y in datasets:
        for parameter in model.parameters():
            parameter.grad = None
        model.move(x.location)
        error = model(x) - y
        loss = (error * error).sum()
        loss.backward()
        opt.step()
        model.move(sy.local_worker)
        losses.append(loss)
    return [loss.get().item() for loss in losses]
""",
)
equivalent(
    "02.3",
    mutant="loss = ((model(x) - y) ** 2).sum() -> loss = ((y - model(x)) ** 2).sum()",
    reason="the difference is squared",
)

# ── 02.4 ────────────────────────────────────────────────────────────────────────────────────────────────────

wrong(
    "02.4",
    tag="owner-to-owner",
    why="one Adam for everybody",
    source="""
def train_with_adam(model, datasets, epochs, lr):
    opt = optim.Adam(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        for x, y in datasets:
            opt.zero_grad()
            model.send(x.location)
            loss = ((model(x) - y) ** 2).sum()
            loss.backward()
            opt.step()
            model.get()
            losses.append(loss.get().item())
    return losses
""",
)
wrong(
    "02.4",
    tag="forgetful",
    why="a new Adam at every visit",
    source="""
def train_with_adam(model, datasets, epochs, lr):
    losses = []
    for _ in range(epochs):
        for x, y in datasets:
            opt = optim.Adam(model.parameters(), lr=lr)
            opt.zero_grad()
            model.send(x.location)
            loss = ((model(x) - y) ** 2).sum()
            loss.backward()
            opt.step()
            model.get()
            losses.append(loss.get().item())
    return losses
""",
)
wrong(
    "02.4",
    tag="forgetful",
    why="one for each owner, made anew in every epoch",
    source="""
def train_with_adam(model, datasets, epochs, lr):
    losses = []
    for _ in range(epochs):
        opts = {x.location.id: optim.Adam(model.parameters(), lr=lr) for x, _ in datasets}
        for x, y in datasets:
            opt = opts[x.location.id]
            opt.zero_grad()
            model.send(x.location)
            loss = ((model(x) - y) ** 2).sum()
            loss.backward()
            opt.step()
            model.get()
            losses.append(loss.get().item())
    return losses
""",
)
wrong(
    "02.4",
    tag="per-pair",
    why="one for each pair, not for each owner",
    source="""
def train_with_adam(model, datasets, epochs, lr):
    opts = [optim.Adam(model.parameters(), lr=lr) for _ in datasets]
    losses = []
    for _ in range(epochs):
        for opt, (x, y) in zip(opts, datasets):
            opt.zero_grad()
            model.send(x.location)
            loss = ((model(x) - y) ** 2).sum()
            loss.backward()
            opt.step()
            model.get()
            losses.append(loss.get().item())
    return losses
""",
)
wrong(
    "02.4",
    tag="step-at-home",
    why="one Adam for each owner, but it steps at home",
    source="""
def train_with_adam(model, datasets, epochs, lr):
    opts = {x.location.id: optim.Adam(model.parameters(), lr=lr) for x, _ in datasets}
    losses = []
    for _ in range(epochs):
        for x, y in datasets:
            opt = opts[x.location.id]
            opt.zero_grad()
            model.send(x.location)
            loss = ((model(x) - y) ** 2).sum()
            loss.backward()
            model.get()
            opt.step()
            losses.append(loss.get().item())
    return losses
""",
)
wrong(
    "02.4",
    tag="gradient-travels",
    why="send, then zero_grad",
    source="""
def train_with_adam(model, datasets, epochs, lr):
    opts = {x.location.id: optim.Adam(model.parameters(), lr=lr) for x, _ in datasets}
    losses = []
    for _ in range(epochs):
        for x, y in datasets:
            opt = opts[x.location.id]
            model.send(x.location)
            opt.zero_grad()
            loss = ((model(x) - y) ** 2).sum()
            loss.backward()
            opt.step()
            model.get()
            losses.append(loss.get().item())
    return losses
""",
)
wrong(
    "02.4",
    tag="wrong-value",
    why="SGD: nothing to remember",
    source="""
def train_with_adam(model, datasets, epochs, lr):
    opts = {x.location.id: optim.SGD(model.parameters(), lr=lr) for x, _ in datasets}
    losses = []
    for _ in range(epochs):
        for x, y in datasets:
            opt = opts[x.location.id]
            opt.zero_grad()
            model.send(x.location)
            loss = ((model(x) - y) ** 2).sum()
            loss.backward()
            opt.step()
            model.get()
            losses.append(loss.get().item())
    return losses
""",
)
wrong(
    "02.4",
    tag="wrong-count",
    why="only the last epoch's losses",
    example="it counts the losses",
    source="""
def train_with_adam(model, datasets, epochs, lr):
    opts = {x.location.id: optim.Adam(model.parameters(), lr=lr) for x, _ in datasets}
    for _ in range(epochs):
        losses = []
        for x, y in datasets:
            opt = opts[x.location.id]
            opt.zero_grad()
            model.send(x.location)
            loss = ((model(x) - y) ** 2).sum()
            loss.backward()
            opt.step()
            model.get()
            losses.append(loss.get().item())
    return losses
""",
)
wrong(
    "02.4",
    tag="came-home",
    why="brings the error of every row home",
    source="""
def train_with_adam(model, datasets, epochs, lr):
    opts = {x.location.id: optim.Adam(model.parameters(), lr=lr) for x, _ in datasets}
    losses = []
    for _ in range(epochs):
        for x, y in datasets:
            opt = opts[x.location.id]
            opt.zero_grad()
            model.send(x.location)
            error = model(x) - y
            (error ** 2).sum().backward()
            opt.step()
            model.get()
            losses.append((error.get() ** 2).sum().item())
    return losses
""",
)
wrong(
    "02.4",
    tag="zeros-travel",
    why="clears to zeros at the owner, after the step",
    source="""
def train_with_adam(model, datasets, epochs, lr):
    opts = {x.location.id: optim.Adam(model.parameters(), lr=lr) for x, _ in datasets}
    losses = []
    for _ in range(epochs):
        for x, y in datasets:
            opt = opts[x.location.id]
            model.send(x.location)
            loss = ((model(x) - y) ** 2).sum()
            loss.backward()
            opt.step()
            opt.zero_grad(set_to_none=False)
            model.get()
            losses.append(loss.get().item())
    return losses
""",
)
right(
    "02.4",
    why="sy.Optims",
    source="""
def train_with_adam(model, datasets, epochs, lr):
    owners = {x.location.id for x, _ in datasets}
    optims = sy.Optims(sorted(owners), optim=optim.Adam(model.parameters(), lr=lr))
    losses = []
    for x, y in datasets * epochs:
        opt = optims.get_optim(x.location.id)
        model.send(x.location)
        loss = ((model(x) - y) ** 2).sum()
        loss.backward()
        opt.step()
        opt.zero_grad()
        model.get()
        losses.append(loss.get().item())
    return losses
""",
)
right(
    "02.4",
    why="made at the first visit",
    source="""
def train_with_adam(model, datasets, epochs, lr):
    opts, losses = {}, []
    for _ in range(epochs):
        for x, y in datasets:
            if x.location.id not in opts:
                opts[x.location.id] = optim.Adam(list(model.parameters()), lr=lr)
            model.zero_grad()
            model.send(x.location)
            loss = F.mse_loss(model(x), y, reduction="sum")
            loss.backward()
            opts[x.location.id].step()
            model.get()
            losses.append(float(loss.get()))
    return losses
""",
)
equivalent(
    "02.4",
    mutant="loss = ((model(x) - y) ** 2).sum() -> loss = ((y - model(x)) ** 2).sum()",
    reason="the difference is squared",
)

# ── 02.5 ────────────────────────────────────────────────────────────────────────────────────────────────────

wrong(
    "02.5",
    tag="elements",
    why="counts numbers, not bytes",
    example="any two messages show the unit",
    source="""
def traffic_per_party(rows):
    from course.learn.items import numbers
    parties = {row[role] for row in rows for role in ("sender", "receiver")}
    return {
        party: tuple(sum(numbers(r["detail"]) for r in rows if r[role] == party) for role in ("sender", "receiver"))
        for party in parties
    }
""",
)
wrong(
    "02.5",
    tag="payload",
    why="four bytes for each number: without the rest of the message",
    example="any two messages show the unit",
    source="""
def traffic_per_party(rows):
    from course.learn.items import numbers
    parties = {row[role] for row in rows for role in ("sender", "receiver")}
    return {
        party: tuple(4 * sum(numbers(r["detail"]) for r in rows if r[role] == party) for role in ("sender", "receiver"))
        for party in parties
    }
""",
)
wrong(
    "02.5",
    tag="messages",
    why="counts messages",
    example="any two messages show the unit",
    source="""
def traffic_per_party(rows):
    parties = {row[role] for row in rows for role in ("sender", "receiver")}
    return {
        party: tuple(sum(r[role] == party for r in rows) for role in ("sender", "receiver")) for party in parties
    }
""",
)
wrong(
    "02.5",
    tag="values-only",
    why="leaves out commands",
    source="""
def traffic_per_party(rows):
    totals = {}
    for row in rows:
        if row["values"]:
            sent, received = totals.get(row["sender"], (0, 0))
            totals[row["sender"]] = (sent + row["bytes"], received)
            sent, received = totals.get(row["receiver"], (0, 0))
            totals[row["receiver"]] = (sent, received + row["bytes"])
    return totals
""",
)
wrong(
    "02.5",
    tag="swapped",
    why="received first",
    example="it names both numbers of both parties",
    source="""
def traffic_per_party(rows):
    parties = {row[role] for row in rows for role in ("sender", "receiver")}
    return {
        party: tuple(sum(r["bytes"] for r in rows if r[role] == party) for role in ("receiver", "sender"))
        for party in parties
    }
""",
)
wrong(
    "02.5",
    tag="missing-party",
    why="only parties that sent something",
    source="""
def traffic_per_party(rows):
    return {
        party: tuple(sum(r["bytes"] for r in rows if r[role] == party) for role in ("sender", "receiver"))
        for party in {row["sender"] for row in rows}
    }
""",
)
wrong(
    "02.5",
    tag="wrong-value",
    why="keeps the last message of each party instead of the sum",
    source="""
def traffic_per_party(rows):
    totals = {}
    for row in rows:
        totals[row["sender"]] = (row["bytes"], totals.get(row["sender"], (0, 0))[1])
        totals[row["receiver"]] = (totals.get(row["receiver"], (0, 0))[0], row["bytes"])
    return totals
""",
)
wrong(
    "02.5",
    tag="wrong-value",
    why="does not count what owners hand to each other",
    source="""
def traffic_per_party(rows):
    parties = {row[role] for row in rows for role in ("sender", "receiver")}
    mine = [row for row in rows if "me" in (row["sender"], row["receiver"])]
    return {
        party: tuple(sum(r["bytes"] for r in mine if r[role] == party) for role in ("sender", "receiver"))
        for party in parties
    }
""",
)
right(
    "02.5",
    why="two counters",
    source="""
def traffic_per_party(rows):
    from collections import Counter
    sent, received = Counter(), Counter()
    for row in rows:
        sent[row["sender"]] += row["bytes"]
        received[row["receiver"]] += row["bytes"]
    return {party: (sent[party], received[party]) for party in sent | received}
""",
)
right(
    "02.5",
    why="a table of pandas, two groupings",
    source="""
def traffic_per_party(rows):
    import pandas as pd
    if not rows:
        return {}
    table = pd.DataFrame(rows)
    sent, received = table.groupby("sender")["bytes"].sum(), table.groupby("receiver")["bytes"].sum()
    return {name: (int(sent.get(name, 0)), int(received.get(name, 0))) for name in {*sent.index, *received.index}}
""",
)
