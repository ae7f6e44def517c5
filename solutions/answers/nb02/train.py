"""Exercise 02.1, a loop with everything at home: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import equivalent, right, scene, wrong

scene(
    "02.1",
    source="""
data = torch.tensor([[1.0, 1], [0, 1], [1, 0], [0, 0]])
target = torch.tensor([[1.0], [1], [0], [0]])
model = nn.Linear(2, 1)
opt = optim.SGD(model.parameters(), lr=0.1)
""",
)
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
wrong(
    "02.1",
    tag="older-gradient",
    why="clears after each step only: a gradient with which the model arrived counts",
    source="""
def train(model, opt, data, target, epochs):
    losses = []
    for _ in range(epochs):
        loss = ((model(data) - target) ** 2).sum()
        loss.backward()
        opt.step()
        opt.zero_grad()
        losses.append(loss.item())
    return losses
""",
)
wrong(
    "02.1",
    tag="not-floats",
    why="the losses as NumPy arrays",
    source="""
def train(model, opt, data, target, epochs):
    losses = []
    for _ in range(epochs):
        opt.zero_grad()
        loss = ((model(data) - target) ** 2).sum()
        loss.backward()
        opt.step()
        losses.append(loss.detach().numpy())
    return losses
""",
)
wrong(
    "02.1",
    tag="new-optimizer",
    why="a new optimizer in each epoch, which has no memory",
    source="""
def train(model, opt, data, target, epochs):
    losses = []
    for _ in range(epochs):
        opt = optim.SGD(model.parameters(), lr=opt.param_groups[0]["lr"])
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
    tag="wrong-step",
    why="an optimizer of its own, with the rate of the example",
    source="""
def train(model, opt, data, target, epochs):
    opt = optim.SGD(model.parameters(), lr=0.1)
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
    why="clears once, then after each step, and torch's own loss",
    source="""
def train(model, opt, data, target, epochs):
    losses = []
    opt.zero_grad()
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
