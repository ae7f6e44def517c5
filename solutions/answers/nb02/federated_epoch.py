"""Exercise 02.3, one epoch, federated: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import equivalent, right, scene, wrong

scene(
    "02.3",
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
    tag="mean",
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
wrong(
    "02.3",
    tag="older-gradient",
    why="clears after the step only: a gradient with which the model arrived goes to the first owner",
    source="""
def federated_epoch(model, opt, datasets):
    losses = []
    for x, y in datasets:
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
wrong(
    "02.3",
    tag="older-gradient",
    why="clears when the model is back, never before the first visit",
    source="""
def federated_epoch(model, opt, datasets):
    losses = []
    for x, y in datasets:
        model.send(x.location)
        loss = ((model(x) - y) ** 2).sum()
        loss.backward()
        opt.step()
        model.get()
        opt.zero_grad()
        losses.append(loss.get().item())
    return losses
""",
)
wrong(
    "02.3",
    tag="not-floats",
    why="the losses as NumPy arrays",
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
        losses.append(loss.get().detach().numpy())
    return losses
""",
)
wrong(
    "02.3",
    tag="handed-on",
    why="moves the model from owner to owner, and home at the end",
    source="""
def federated_epoch(model, opt, datasets):
    losses = []
    for x, y in datasets:
        opt.zero_grad()
        model.move(x.location)
        loss = ((model(x) - y) ** 2).sum()
        loss.backward()
        opt.step()
        opt.zero_grad()
        losses.append(loss.get().item())
    model.get()
    return losses
""",
)
wrong(
    "02.3",
    tag="came-twice",
    why="looks at the loss before it is fetched",
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
        assert not loss.copy().get().isnan()
        losses.append(loss.get().item())
    return losses
""",
)
wrong(
    "02.3",
    tag="wrong-loss",
    why="reports the loss after the step",
    source="""
def federated_epoch(model, opt, datasets):
    losses = []
    for x, y in datasets:
        opt.zero_grad()
        model.send(x.location)
        loss = ((model(x) - y) ** 2).sum()
        loss.backward()
        opt.step()
        loss = ((model(x) - y) ** 2).sum()
        model.get()
        losses.append(loss.get().item())
    return losses
""",
)
right(
    "02.3",
    why="clears once, then at each owner after the step: no gradient ever travels",
    source="""
def federated_epoch(model, opt, datasets):
    opt.zero_grad()

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
wrong(
    "02.3",
    tag="not-trained",
    why="fetches the loss before backward: nothing flows back to the owner",
    source="""
def federated_epoch(model, opt, datasets):
    losses = []
    for x, y in datasets:
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
