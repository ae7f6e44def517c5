"""Exercise 02.4, an optimizer for each owner: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import equivalent, right, scene, wrong

scene(
    "02.4",
    source="""
data = torch.tensor([[1.0, 1], [0, 1], [1, 0], [0, 0]])
target = torch.tensor([[1.0], [1], [0], [0]])
model = nn.Linear(2, 1)
opt = optim.SGD(model.parameters(), lr=0.1)

x_bob, y_bob = data[:2].send(bob), target[:2].send(bob)
x_alice, y_alice = data[2:].send(alice), target[2:].send(alice)
""",
)
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
    tag="not-adam",
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
wrong(
    "02.4",
    tag="other-rate",
    why="forgets to pass the rate on",
    source="""
def train_with_adam(model, datasets, epochs, lr):
    opts = {x.location.id: optim.Adam(model.parameters()) for x, _ in datasets}
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
    tag="other-order",
    why="all epochs at one owner, then all at the next",
    source="""
def train_with_adam(model, datasets, epochs, lr):
    opts = {x.location.id: optim.Adam(model.parameters(), lr=lr) for x, _ in datasets}
    losses = []
    for x, y in datasets:
        for _ in range(epochs):
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
    tag="older-gradient",
    why="clears after the step only: a gradient with which the model arrived goes to the first owner",
    source="""
def train_with_adam(model, datasets, epochs, lr):
    opts = {x.location.id: optim.Adam(model.parameters(), lr=lr) for x, _ in datasets}
    losses = []
    for x, y in datasets * epochs:
        model.send(x.location)
        loss = ((model(x) - y) ** 2).sum()
        loss.backward()
        opts[x.location.id].step()
        model.get()
        model.zero_grad()
        losses.append(loss.get().item())
    return losses
""",
)
wrong(
    "02.4",
    tag="not-floats",
    why="the losses as NumPy arrays",
    source="""
def train_with_adam(model, datasets, epochs, lr):
    opts = {x.location.id: optim.Adam(model.parameters(), lr=lr) for x, _ in datasets}
    losses = []
    for x, y in datasets * epochs:
        model.zero_grad()
        model.send(x.location)
        loss = ((model(x) - y) ** 2).sum()
        loss.backward()
        opts[x.location.id].step()
        model.get()
        losses.append(loss.get().detach().numpy())
    return losses
""",
)
right(
    "02.4",
    why="sy.Optims, gradients cleared once, then after each step",
    source="""
def train_with_adam(model, datasets, epochs, lr):
    owners = {x.location.id for x, _ in datasets}
    optims = sy.Optims(sorted(owners), optim=optim.Adam(model.parameters(), lr=lr))
    losses = []
    model.zero_grad()
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
wrong(
    "02.4",
    tag="not-trained",
    why="fetches the loss before backward: nothing flows back to the owner",
    source="""
def train_with_adam(model, datasets, epochs, lr):
    opts = {x.location.id: optim.Adam(model.parameters(), lr=lr) for x, _ in datasets}
    losses = []
    for _ in range(epochs):
        for x, y in datasets:
            opt = opts[x.location.id]
            opt.zero_grad()
            model.send(x.location)
            loss = ((model(x) - y) ** 2).sum().get()
            loss.backward()
            opt.step()
            model.get()
            losses.append(loss.item())
    return losses
""",
)
