"""Exercise 13.3, a training step on shares: what the check must reject, with the tag of its message, and accept."""

from course.authoring.answers import different, equivalent, right, scene, wrong

scene(
    "13.3",
    source="""
bob, alice, cp = [sy.VirtualWorker(sy, id=name) for name in ("bob", "alice", "crypto_provider")]

def shared(value):
    return value.fix_precision(16, base=2).share(bob, alice, crypto_provider=cp)


torch.manual_seed(0)
model = shared(nn.Linear(2, 2))
x, target = shared(torch.tensor([[1.0, 0.5], [-1.0, 0.0]])), shared(torch.eye(2))
""",
)
wrong(
    "13.3",
    tag="came-home",
    why="decrypts the gradient",
    source="""
def encrypted_step(model, x, target, lr):
    model.zero_grad()
    loss = ((model(x) - target) ** 2).sum(dim=1).mean()
    loss.backward()
    with torch.no_grad():
        for weight in model.parameters():
            gradient = weight.grad.virtual_get().float_precision()
            weight -= lr * gradient
    return loss
""",
)
wrong(
    "13.3",
    tag="came-home",
    why="looks at the weights after the step",
    source="""
def encrypted_step(model, x, target, lr):
    opt = optim.SGD(model.parameters(), lr=lr)
    opt.zero_grad()
    loss = ((model(x) - target) ** 2).sum(dim=1).mean()
    loss.backward()
    opt.step()
    seen = next(model.parameters()).virtual_get()
    return loss
""",
)
wrong(
    "13.3",
    tag="loss-opened",
    why="opens the loss to look at it",
    source="""
def encrypted_step(model, x, target, lr):
    opt = optim.SGD(model.parameters(), lr=lr)
    opt.zero_grad()
    loss = ((model(x) - target) ** 2).sum(dim=1).mean()
    loss.backward()
    opt.step()
    seen = loss.virtual_get()
    return loss
""",
)
wrong(
    "13.3",
    tag="piled-up",
    why="never clears gradients",
    source="""
def encrypted_step(model, x, target, lr):
    opt = optim.SGD(model.parameters(), lr=lr)
    loss = ((model(x) - target) ** 2).sum(dim=1).mean()
    loss.backward()
    opt.step()
    return loss
""",
)
wrong(
    "13.3",
    tag="stood-still",
    why="the optimizer of another model",
    example="the loss stays",
    source="""
def encrypted_step(model, x, target, lr):
    import copy
    opt = optim.SGD(copy.deepcopy(model).parameters(), lr=lr)
    opt.zero_grad()
    loss = ((model(x) - target) ** 2).sum(dim=1).mean()
    loss.backward()
    opt.step()
    return loss
""",
)
wrong(
    "13.3",
    tag="stood-still",
    why="clears the gradient before the step",
    example="the loss stays",
    source="""
def encrypted_step(model, x, target, lr):
    opt = optim.SGD(model.parameters(), lr=lr)
    loss = ((model(x) - target) ** 2).sum(dim=1).mean()
    loss.backward()
    opt.zero_grad()
    opt.step()
    return loss
""",
)
wrong(
    "13.3",
    tag="stood-still",
    why="forgets the step",
    example="the loss stays",
    source="""
def encrypted_step(model, x, target, lr):
    opt = optim.SGD(model.parameters(), lr=lr)
    opt.zero_grad()
    loss = ((model(x) - target) ** 2).sum(dim=1).mean()
    loss.backward()
    return loss
""",
)
wrong(
    "13.3",
    tag="stood-still",
    why="a step before the gradient is there",
    example="the loss stays",
    source="""
def encrypted_step(model, x, target, lr):
    opt = optim.SGD(model.parameters(), lr=lr)
    opt.zero_grad()
    opt.step()
    loss = ((model(x) - target) ** 2).sum(dim=1).mean()
    loss.backward()
    return loss
""",
)
wrong(
    "13.3",
    tag="uphill",
    why="adds the gradient",
    example="the loss grows",
    source="""
def encrypted_step(model, x, target, lr):
    model.zero_grad()
    loss = ((model(x) - target) ** 2).sum(dim=1).mean()
    loss.backward()
    with torch.no_grad():
        for weight in model.parameters():
            weight += lr * weight.grad
    return loss
""",
)
wrong(
    "13.3",
    tag="no-rate",
    why="forgets the rate",
    example="the loss may grow",
    source="""
def encrypted_step(model, x, target, lr):
    opt = optim.SGD(model.parameters(), lr=1.0)
    opt.zero_grad()
    loss = ((model(x) - target) ** 2).sum(dim=1).mean()
    loss.backward()
    opt.step()
    return loss
""",
)
wrong(
    "13.3",
    tag="mean-of-all",
    why="mse_loss",
    source="""
def encrypted_step(model, x, target, lr):
    opt = optim.SGD(model.parameters(), lr=lr)
    opt.zero_grad()
    loss = F.mse_loss(model(x), target)
    loss.backward()
    opt.step()
    return loss
""",
)
wrong(
    "13.3",
    tag="summed",
    why="a sum over people",
    source="""
def encrypted_step(model, x, target, lr):
    opt = optim.SGD(model.parameters(), lr=lr)
    opt.zero_grad()
    loss = ((model(x) - target) ** 2).sum()
    loss.backward()
    opt.step()
    return loss
""",
)
wrong(
    "13.3",
    tag="softmax",
    why="softmax and squared error, as in the old notebook",
    source="""
def encrypted_step(model, x, target, lr):
    opt = optim.SGD(model.parameters(), lr=lr)
    opt.zero_grad()
    loss = ((F.softmax(model(x), dim=1) - target) ** 2).sum(dim=1).mean()
    loss.backward()
    opt.step()
    return loss
""",
)
wrong(
    "13.3",
    tag="wrong-loss",
    why="the loss after the step",
    source="""
def encrypted_step(model, x, target, lr):
    opt = optim.SGD(model.parameters(), lr=lr)
    opt.zero_grad()
    loss = ((model(x) - target) ** 2).sum(dim=1).mean()
    loss.backward()
    opt.step()
    return ((model(x) - target) ** 2).sum(dim=1).mean()
""",
)
wrong(
    "13.3",
    tag="loss-opened",
    why="prints the loss, which spends it",
    example="the example opens the loss, a second time",
    source="""
def encrypted_step(model, x, target, lr):
    opt = optim.SGD(model.parameters(), lr=lr)
    opt.zero_grad()
    loss = ((model(x) - target) ** 2).sum(dim=1).mean()
    loss.backward()
    opt.step()
    print("loss:", loss.decrypt())
    return loss
""",
)
wrong(
    "13.3",
    tag="stale",
    why="clears gradients after the step only",
    source="""
def encrypted_step(model, x, target, lr):
    opt = optim.SGD(model.parameters(), lr=lr)
    loss = ((model(x) - target) ** 2).sum(dim=1).mean()
    loss.backward()
    opt.step()
    opt.zero_grad()
    return loss
""",
)
wrong(
    "13.3",
    tag="some-stood",
    why="only weights, no biases",
    source="""
def encrypted_step(model, x, target, lr):
    opt = optim.SGD([p for n, p in model.named_parameters() if n.endswith('weight')], lr=lr)
    opt.zero_grad()
    loss = ((model(x) - target) ** 2).sum(dim=1).mean()
    loss.backward()
    opt.step()
    return loss
""",
)
wrong(
    "13.3",
    tag="two-steps",
    why="steps twice with one gradient",
    source="""
def encrypted_step(model, x, target, lr):
    opt = optim.SGD(model.parameters(), lr=lr)
    opt.zero_grad()
    loss = ((model(x) - target) ** 2).sum(dim=1).mean()
    loss.backward()
    opt.step()
    opt.step()
    return loss
""",
)
wrong(
    "13.3",
    tag="people-twice",
    why="divides the rate by the people, too",
    source="""
def encrypted_step(model, x, target, lr):
    opt = optim.SGD(model.parameters(), lr=lr / len(x))
    opt.zero_grad()
    loss = ((model(x) - target) ** 2).sum(dim=1).mean()
    loss.backward()
    opt.step()
    return loss
""",
)
right(
    "13.3",
    why="by hand, in place",
    source="""
def encrypted_step(model, x, target, lr):
    model.zero_grad()
    loss = ((model(x) - target) ** 2).sum(dim=1).mean()
    loss.backward()
    with torch.no_grad():
        for weight in model.parameters():
            weight -= lr * weight.grad
    return loss
""",
)
right(
    "13.3",
    why="gradients from autograd.grad, which keeps none",
    source="""
def encrypted_step(model, x, target, lr):
    errors = model(x) - target
    loss = (errors * errors).sum() / x.shape[0]
    gradients = torch.autograd.grad(loss, list(model.parameters()))
    with torch.no_grad():
        for weight, gradient in zip(model.parameters(), gradients):
            weight.sub_(gradient * lr)
    return loss.detach()
""",
)
right(
    "13.3",
    why="cleared afterwards as well",
    source="""
def encrypted_step(model, x, target, lr):
    model.zero_grad()
    loss = ((model(x) - target) ** 2).sum(dim=1).mean()
    loss.backward()
    optim.SGD(model.parameters(), lr).step()
    model.zero_grad()
    return loss
""",
)
equivalent(
    "13.3",
    mutant="loss = ((model(x) - target) ** 2).sum(dim=1).mean() -> loss = ((target - model(x)) ** 2).sum(dim=1).mean()",
    reason="the square of a difference has no side",
)
different(
    "13.3",
    rewrite="weight -= lr * weight.grad -> weight = weight - lr * weight.grad",
    reason="a new tensor, and the parameter stays",
)
different(
    "13.3",
    rewrite="weight -= lr * weight.grad -> weight.data = weight.data - lr * weight.grad",
    reason="shares have no memory here that could be replaced",
)
different(
    "13.3",
    rewrite="weight.sub_(gradient * lr) -> weight.data = weight.data - gradient * lr",
    reason="shares have no memory here that could be replaced",
)
different(
    "13.3",
    rewrite="torch.autograd.grad",
    reason="there is no weight yet where the gradients are made",
)
