"""Exercise 01.3, one gradient step, by hand, over there: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import different, equivalent, right, wrong

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
    (gradient,) = torch.autograd.grad(torch.nn.functional.mse_loss(x @ w, y), w)
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
right(
    "01.3",
    why="an optimizer of torch, the first of its kernel: what it loads is not counted",
    source="""
def gradient_step(w, x, y, rate):
    if w.grad is not None:
        w.grad = None
    torch.nn.functional.mse_loss(x @ w, y).backward()
    torch.optim.SGD([w], lr=rate).step()
    return w
""",
)
equivalent(
    "01.3",
    mutant="loss = ((x @ w - y) ** 2).mean() -> loss = ((y - x @ w) ** 2).mean()",
    reason="a square does not know the sign of its base",
)
different(
    "01.3",
    rewrite="w -= rate * w.grad -> w = w - rate * w.grad",
    reason="under no_grad the new tensor requires no gradient, and the text wants one that does",
)
right(
    "01.3",
    why="the rate goes there as a tensor",
    source="""
def gradient_step(w, x, y, rate):
    w.grad = None
    ((x @ w - y) ** 2).mean().backward()
    with torch.no_grad():
        w -= torch.tensor(rate).send(w.location) * w.grad
    return w
""",
)
different(
    "01.3",
    rewrite="w -= torch.tensor(rate).send(w.location) * w.grad -> w = w - torch.tensor(rate).send(w.location) * w.grad",
    reason="the same: under no_grad the new tensor requires no gradient",
)
