"""Exercise 04.4, one step towards a gradient: what the check must reject, with its message's tag, and must accept."""

from course.authoring.answers import different, equivalent, right, wrong


def _program(
    *,
    own: str = "torch.autograd.grad(loss, list(model.parameters()), create_graph=True)",
    distance: str = "sum(((mine - theirs) ** 2).sum() for mine, theirs in zip(own, seen))",
    end: str = "(slope,) = torch.autograd.grad(distance, guess)",
    returns: str = "(guess - rate * slope).detach(), distance.item()",
) -> str:
    return f"""
def matching_step(model, guess, label, seen, rate):
    guess = guess.clone().requires_grad_()
    loss = F.nll_loss(model(guess), label)
    own = {own}
    distance = {distance}
    {end}
    return {returns}
"""


wrong(
    "04.4",
    tag="no-graph",
    why="no create_graph",
    example="torch cannot differentiate what it did not record",
    source=_program(own="torch.autograd.grad(loss, list(model.parameters()), retain_graph=True)"),
)
wrong(
    "04.4",
    tag="model-trained",
    why="optimises the weights",
    source="""
def matching_step(model, guess, label, seen, rate):
    parameters = list(model.parameters())
    loss = F.nll_loss(model(guess), label)
    own = torch.autograd.grad(loss, parameters, create_graph=True)
    distance = sum(((mine - theirs) ** 2).sum() for mine, theirs in zip(own, seen))
    slopes = torch.autograd.grad(distance, parameters, allow_unused=True)
    with torch.no_grad():
        for parameter, slope in zip(parameters, slopes):
            if slope is not None:
                parameter -= rate * slope
    return guess.clone(), distance.item()
""",
)
wrong(
    "04.4",
    tag="grads-left",
    why="backward leaves gradients at the model",
    source=_program(end="distance.backward(); slope = guess.grad"),
)
wrong(
    "04.4",
    tag="recorded",
    why="returns the guess with its graph",
    source=_program(returns="guess - rate * slope, distance.item()"),
)
wrong(
    "04.4",
    tag="uphill",
    why="along the gradient",
    source=_program(returns="(guess + rate * slope).detach(), distance.item()"),
)
wrong(
    "04.4",
    tag="loss-only",
    why="makes the loss fall, not the distance",
    source=_program(end="(slope,) = torch.autograd.grad(loss, guess)"),
)
wrong(
    "04.4",
    tag="some-only",
    why="compares the last gradient only",
    source=_program(distance="((own[-1] - seen[-1]) ** 2).sum()"),
)
wrong(
    "04.4",
    tag="some-only",
    why="compares the first gradient only",
    source=_program(distance="((own[0] - seen[0]) ** 2).sum()"),
)
wrong(
    "04.4",
    tag="mean-distance",
    why="mse_loss takes means",
    source=_program(distance="sum(F.mse_loss(mine, theirs) for mine, theirs in zip(own, seen))"),
)
wrong(
    "04.4",
    tag="no-square",
    why="sizes instead of squares",
    source=_program(distance="sum((mine - theirs).abs().sum() for mine, theirs in zip(own, seen))"),
)
wrong(
    "04.4",
    tag="root",
    why="norms instead of squares",
    source=_program(distance="sum((mine - theirs).norm() for mine, theirs in zip(own, seen))"),
)
wrong(
    "04.4",
    tag="distance-after",
    why="the distance after the step",
    source="""
def matching_step(model, guess, label, seen, rate):
    def distance(guess):
        parameters = list(model.parameters())
        own = torch.autograd.grad(F.nll_loss(model(guess), label), parameters, create_graph=True)
        return sum(((mine - theirs) ** 2).sum() for mine, theirs in zip(own, seen))

    guess = guess.clone().requires_grad_()
    (slope,) = torch.autograd.grad(distance(guess), guess)
    guess = (guess - rate * slope).detach()
    return guess, distance(guess).item()
""",
)
wrong(
    "04.4",
    tag="rate-twice",
    why="forgets the rate",
    source=_program(returns="(guess - slope).detach(), distance.item()"),
)
wrong(
    "04.4",
    tag="stood-still",
    why="returns the guess as it came",
    source=_program(returns="guess.detach(), distance.item()"),
)
wrong(
    "04.4",
    tag="input-changed",
    why="moves the guess that it was given",
    source=_program()
    .replace("guess.clone().requires_grad_()", "guess.requires_grad_()")
    .replace(
        "return (guess - rate * slope).detach(),",
        "guess.requires_grad_(False).sub_(rate * slope)\n    return guess.clone(),",
    ),
)
wrong(
    "04.4",
    tag="not-a-pair",
    why="the guess alone",
    source=_program(returns="(guess - rate * slope).detach()"),
    example="a tensor's first row is no pair's first part",
)
wrong(
    "04.4",
    tag="not-a-pair",
    why="the distance as a tensor",
    source=_program(returns="(guess - rate * slope).detach(), distance.detach()"),
)
right(
    "04.4",
    why="one long vector of errors, and backward by inputs",
    source="""
def matching_step(model, guess, label, seen, rate):
    moved = guess.detach().clone()
    moved.requires_grad = True
    loss = -model(moved).gather(1, label[:, None]).mean()
    own = torch.autograd.grad(loss, tuple(model.parameters()), create_graph=True)
    errors = torch.cat([(mine - theirs).flatten() for mine, theirs in zip(own, seen)])
    distance = errors @ errors
    distance.backward(inputs=[moved])
    with torch.no_grad():
        return moved - rate * moved.grad, float(distance)
""",
)
right(
    "04.4",
    why="an optimizer for the guess",
    source="""
def matching_step(model, guess, label, seen, rate):
    mine = nn.Parameter(guess.clone())
    gradients = torch.autograd.grad(F.nll_loss(model(mine), label), list(model.parameters()), create_graph=True)
    distance = torch.zeros(())
    for n, gradient in enumerate(gradients):
        distance = distance + (gradient - seen[n]).pow(2).sum()
    opt = optim.SGD([mine], lr=rate)
    mine.grad = torch.autograd.grad(distance, mine)[0]
    opt.step()
    return mine.detach(), distance.item()
""",
)
equivalent(
    "04.4",
    mutant="guess = guess.clone().requires_grad_() -> guess = guess.requires_grad_()",
    reason="the guess keeps its numbers",
)
equivalent(
    "04.4",
    mutant="distance = sum((((mine - theirs) ** 2).sum() for mine, theirs in zip(own, seen))) -> distance = sum((((theirs - mine) ** 2).sum() for mine, theirs in zip(own, seen)))",
    reason="a square has no sign",
)
equivalent(
    "04.4",
    mutant="distance = sum((((mine - theirs) ** 2).sum() for mine, theirs in zip(own, seen))) -> distance = sum((((mine - theirs) ** 2).sum() for mine, theirs in zip(seen, own)))",
    reason="a square has no sign",
)
different(
    "04.4",
    rewrite="distance.backward(inputs=[moved]) -> torch.autograd.backward(distance)",
    reason="fills the model's gradients, too",
)
different(
    "04.4",
    rewrite="torch.autograd.grad",
    reason="by the model, which is no tensor",
)
