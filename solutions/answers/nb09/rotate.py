"""Exercise 09.4, the next owner's turn: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import different, right, scene, wrong

scene(
    "09.4",
    source="""
bob, claire = sy.VirtualWorker(sy, id="bob"), sy.VirtualWorker(sy, id="claire")
head, tail = nn.Linear(2, 2).send(bob), nn.Linear(2, 1).send(bob)
opt = optim.SGD([*head.parameters(), *tail.parameters()], lr=0.1, momentum=0.9)
""",
)
wrong(
    "09.4",
    tag="gradients",
    why="hands the parts over with their gradients",
    source="""
def rotate(first, last, opt, owner):
    first.move(owner)
    last.move(owner)
    fresh = optim.SGD([*first.parameters(), *last.parameters()], lr=opt.defaults["lr"], momentum=opt.defaults["momentum"])
    return first, last, fresh
""",
)
wrong(
    "09.4",
    tag="gradients",
    why="clears gradients to zeros, which travel",
    source="""
def rotate(first, last, opt, owner):
    for part in (first, last):
        part.zero_grad(set_to_none=False)
        part.move(owner)
    fresh = optim.SGD([*first.parameters(), *last.parameters()], lr=opt.defaults["lr"], momentum=opt.defaults["momentum"])
    return first, last, fresh
""",
)
wrong(
    "09.4",
    tag="gradients",
    why="clears gradients after they have travelled",
    source="""
def rotate(first, last, opt, owner):
    for part in (first, last):
        part.move(owner)
        part.zero_grad()
    fresh = optim.SGD([*first.parameters(), *last.parameters()], lr=opt.defaults["lr"], momentum=opt.defaults["momentum"])
    return first, last, fresh
""",
)
wrong(
    "09.4",
    tag="came-home",
    why="the way of the old notebook: get, then send",
    source="""
def rotate(first, last, opt, owner):
    for part in (first, last):
        part.zero_grad()
        part.get().send(owner)
    fresh = optim.SGD([*first.parameters(), *last.parameters()], lr=opt.defaults["lr"], momentum=opt.defaults["momentum"])
    return first, last, fresh
""",
)
wrong(
    "09.4",
    tag="memory",
    why="keeps the optimizer, with its momentum",
    source="""
def rotate(first, last, opt, owner):
    opt.zero_grad()
    first.move(owner)
    last.move(owner)
    return first, last, opt
""",
)
wrong(
    "09.4",
    tag="stood-still",
    why="copies go on, and the optimizer is bound to the parameters of before",
    source="""
def rotate(first, last, opt, owner):
    opt.zero_grad()
    return first.copy().move(owner), last.copy().move(owner), opt
""",
)
wrong(
    "09.4",
    tag="stood-still",
    why="a fresh optimizer, made before the copies that go on",
    source="""
def rotate(first, last, opt, owner):
    fresh = optim.SGD([*first.parameters(), *last.parameters()], lr=opt.defaults["lr"], momentum=opt.defaults["momentum"])
    first, last = first.copy().move(owner), last.copy().move(owner)
    return first, last, fresh
""",
)
wrong(
    "09.4",
    tag="half",
    why="an optimizer for the first part only",
    source="""
def rotate(first, last, opt, owner):
    for part in (first, last):
        part.zero_grad()
        part.move(owner)
    return first, last, optim.SGD(first.parameters(), lr=opt.defaults["lr"], momentum=opt.defaults["momentum"])
""",
)
wrong(
    "09.4",
    tag="settings",
    why="forgets the momentum",
    source="""
def rotate(first, last, opt, owner):
    for part in (first, last):
        part.zero_grad()
        part.move(owner)
    return first, last, optim.SGD([*first.parameters(), *last.parameters()], lr=opt.defaults["lr"])
""",
)
wrong(
    "09.4",
    tag="settings",
    why="writes the settings of the example down",
    source="""
def rotate(first, last, opt, owner):
    opt.zero_grad()
    first.move(owner)
    last.move(owner)
    return first, last, optim.SGD([*first.parameters(), *last.parameters()], lr=0.1, momentum=0.9)
""",
)
wrong(
    "09.4",
    tag="not-there",
    why="hands over the first part only",
    example="the last part is at its old owner",
    source="""
def rotate(first, last, opt, owner):
    opt.zero_grad()
    first.move(owner)
    fresh = optim.SGD([*first.parameters(), *last.parameters()], lr=opt.defaults["lr"], momentum=opt.defaults["momentum"])
    return first, last, fresh
""",
)
wrong(
    "09.4",
    tag="from-you",
    why="new parts are sent from home, in place of those that learned",
    source="""
def rotate(first, last, opt, owner):
    shapes = [next(part.parameters()).shape for part in (first, last)]
    made = [nn.Sequential(nn.Linear(shape[1], shape[0]), nn.Tanh()).send(owner) for shape in shapes]
    parameters = [*made[0].parameters(), *made[1].parameters()]
    return *made, optim.SGD(parameters, lr=opt.defaults["lr"], momentum=opt.defaults["momentum"])
""",
)
wrong(
    "09.4",
    tag="no-triple",
    why="returns the optimizer alone",
    example="an optimizer is no triple",
    source="""
def rotate(first, last, opt, owner):
    for part in (first, last):
        part.zero_grad()
        part.move(owner)
    return optim.SGD([*first.parameters(), *last.parameters()], lr=opt.defaults["lr"], momentum=opt.defaults["momentum"])
""",
)
wrong(
    "09.4",
    tag="gradients",
    why="hands over a copy, and then the part itself",
    source="""
def rotate(first, last, opt, owner):
    for part in (first, last):
        part.zero_grad()
        part.copy().move(owner)
        part.move(owner)
    parameters = [*first.parameters(), *last.parameters()]
    return first, last, optim.SGD(parameters, lr=opt.defaults["lr"], momentum=opt.defaults["momentum"])
""",
)
right(
    "09.4",
    why="copies without gradients go on, then an optimizer for them",
    source="""
def rotate(first, last, opt, owner):
    handed = [part.copy().move(owner) for part in (first, last)]
    settings = {name: opt.defaults[name] for name in ("lr", "momentum")}
    return handed[0], handed[1], optim.SGD(nn.ModuleList(handed).parameters(), **settings)
""",
)
right(
    "09.4",
    why="gradients set to None by hand, all settings taken over",
    source="""
def rotate(first, last, opt, owner):
    both = nn.ModuleList([first, last])
    for parameter in both.parameters():
        parameter.grad = None
    both.move(owner)
    return first, last, optim.SGD(both.parameters(), **opt.defaults)
""",
)
right(
    "09.4",
    why="the same optimizer without its memory",
    source="""
def rotate(first, last, opt, owner):
    opt.zero_grad()
    opt.state.clear()
    for part in (first, last):
        part.move(owner)
    return first, last, opt
""",
)
different(
    "09.4",
    rewrite="handed = [part.copy().move(owner) for part in (first, last)] -> handed = [part.clone().move(owner) for part in (first, last)]",
    reason="a module has no clone",
)
different(
    "09.4",
    rewrite="opt.zero_grad() -> model.zero_grad()",
    reason="there is no model",
)
different(
    "09.4",
    rewrite="opt.zero_grad() -> for p in model.parameters():",
    reason="there is no model",
)
