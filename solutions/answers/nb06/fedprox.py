"""Exercise 06.5, stay near, but near what?: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import different, harmless, right, scene, wrong

scene(
    "06.5",
    source="""
aggregator = claire


def toy_shares():
    alices = (torch.tensor([[1.0]]).send(alice), torch.tensor([[1.0]]).send(alice))
    bobs = (torch.tensor([[2.0]]).send(bob), torch.tensor([[6.0]]).send(bob))
    return [alices, bobs]
""",
)
BODY = """
def fedprox(w, shares, aggregator, rounds, steps, lr, mu):
    first = w
    for _ in range(rounds):
        learned = []
        for rows, target in shares:
            anchor = w.send(rows.location)
            v = anchor
            for _ in range(steps):
                v = v - lr * (rows.t() @ (rows @ v - target) + mu * (v - anchor))
            learned.append(v.move(aggregator))
        w = (sum(learned) / len(learned)).get()
    return w
"""
PULL, SEND = "mu * (v - anchor)", "w.send(rows.location)"

wrong(
    "06.5",
    tag="first-anchor",
    why="the anchor is the initial model, in every round",
    source=BODY.replace("v = anchor\n", "v, anchor = anchor, first.send(rows.location)\n"),
)
wrong(
    "06.5",
    tag="no-square",
    why="no square: the distance itself, whose gradient has length mu",
    source=BODY.replace(PULL, "mu * (v - anchor) / (v - anchor).norm().clamp_min(1e-12)"),
)
wrong(
    "06.5",
    tag="no-square",
    why="no square: the sum of absolute distances",
    source=BODY.replace(PULL, "mu * (v - anchor).sign()"),
)
wrong(
    "06.5",
    tag="both-faults",
    why="the broken program of the bug hunt, under another name",
    source="""
def fedprox(w, shares, aggregator, rounds, steps, lr, mu):
    anchors = [w.send(rows.location) for rows, _ in shares]
    for _ in range(rounds):
        learned = []
        for (rows, target), anchor in zip(shares, anchors):
            v = w.send(rows.location)
            for _ in range(steps):
                v = v - lr * (rows.t() @ (rows @ v - target) + mu * (v - anchor).sign())
            learned.append(v.move(aggregator))
        w = (sum(learned) / len(learned)).get()
    return w
""",
)
wrong(
    "06.5",
    tag="no-pull",
    why="the anchor moves along: it is v under a second name",
    source=BODY.replace("v = v - lr", "anchor = v\n                v = v - lr"),
)
wrong(
    "06.5",
    tag="twice-the-pull",
    why="forgets the half in mu/2",
    source=BODY.replace(PULL, "2 * mu * (v - anchor)"),
)
wrong(
    "06.5",
    tag="pushed-away",
    why="the sign of the pull is turned round",
    source=BODY.replace(PULL, "mu * (anchor - v)"),
)
wrong(
    "06.5",
    tag="one-round",
    why="every round begins with the first w",
    source=BODY.replace(SEND, "first.send(rows.location)"),
)
wrong(
    "06.5",
    tag="opened-too-much",
    why="averages at home",
    source=BODY.replace("v.move(aggregator)", "v.move(aggregator).get()").replace(
        "(sum(learned) / len(learned)).get()", "sum(learned) / len(learned)"
    ),
)
wrong(
    "06.5",
    tag="opened-an-owner",
    why="gets each model from its owner",
    source=BODY.replace("v.move(aggregator)", "v.get()").replace(
        "(sum(learned) / len(learned)).get()", "sum(learned) / len(learned)"
    ),
)
wrong(
    "06.5",
    tag="at-an-owner",
    why="averages at the first owner's",
    source=BODY.replace("v.move(aggregator)", "v.move(shares[0][0].location)"),
)
wrong(
    "06.5",
    tag="rows-travelled",
    why="the rows go to the aggregator, and everything is trained there",
    source=BODY.replace(
        "anchor = w.send(rows.location)",
        "rows, target = rows.copy().move(aggregator), target.copy().move(aggregator)\n"
        "            anchor = w.send(aggregator)",
    ),
)
wrong(
    "06.5",
    tag="left-behind",
    why="the first w is kept at every owner, for ever",
    source=BODY.replace("w.send(rows.location)", "w.send(rows.location).disable_gc"),
)
right(
    "06.5",
    why="the loss as it is written, and its gradient by autograd",
    source="""
def fedprox(w, shares, aggregator, rounds, steps, lr, mu):
    for _ in range(rounds):
        total = None
        for rows, target in shares:
            anchor = w.send(rows.location)
            v = anchor.clone().requires_grad_()
            for _ in range(steps):
                loss = ((rows @ v - target) ** 2).sum() / 2 + mu / 2 * ((v - anchor) ** 2).sum()
                loss.backward()
                with torch.no_grad():
                    v -= lr * v.grad
                v.grad = None
            part = v.detach().move(aggregator)
            total = part if total is None else total + part
        w = (total / len(shares)).get()
    return w
""",
)
right(
    "06.5",
    why="a function for an owner; the pull as a shorter step towards the anchor",
    source="""
def fedprox(w, shares, aggregator, rounds, steps, lr, mu):
    def learn(rows, target):
        anchor = w.send(rows.location)
        v = anchor.clone()
        for _ in range(steps):
            gradient = rows.t() @ (rows @ v - target)
            v = v * (1 - lr * mu) + anchor * (lr * mu) - gradient * lr
        return v.move(aggregator)

    for _ in range(rounds):
        w = torch.stack([learn(*share) for share in shares]).mean(0).get()
    return w
""",
)
right(
    "06.5",
    why="w goes out again for each step: more traffic, and nothing that the owner has not got",
    source=BODY.replace(
        "            anchor = w.send(rows.location)\n            v = anchor\n",
        "            v = w.send(rows.location)\n",
    ).replace("mu * (v - anchor)", "mu * (v - w.send(rows.location))"),
)
different(
    "06.5",
    rewrite="v -= lr * v.grad -> v = v - lr * v.grad",
    reason="a new tensor made without gradients requires none, so the next backward has nothing to do",
)
for _other in ("first", "last"):
    harmless(
        "06.5",
        leak=f"tensor 1, *, to the {_other} other",
        reason="tensor 1 is w, which every owner receives in every round, and may receive again to stay near",
    )
for _own in ("tensor 1 of yours", "the result"):
    for _form in ("arguments of operations", "constants of a plan", "sizes of empty tensors"):
        harmless(
            "06.5",
            leak=f"{_own}, as {_form}, told to the * other",
            reason="a w, the first or the last, for which there is room: an owner may receive w several times",
        )
for _form in ("searches", "tags"):
    harmless(
        "06.5",
        leak=f"tensor 1 of yours, as {_form}, told to the first other",
        reason="a w, for which there is room: an owner may receive each round's w before every step",
    )
harmless(
    "06.5",
    leak="anchor = w.send(rows.location) -> *double*",
    reason="w, which an owner may receive several times, is sent once, as float64; you know nothing besides w and means",
)
wrong(
    "06.5",
    tag="weighted",
    why="weighs each owner by her rows, as FedAvg does",
    source="""
def fedprox(w, shares, aggregator, rounds, steps, lr, mu):
    everybody = sum(len(rows) for rows, _ in shares)
    for _ in range(rounds):
        learned = []
        for rows, target in shares:
            v = anchor = w.send(rows.location)
            for _ in range(steps):
                v = v - lr * (rows.t() @ (rows @ v - target) + mu * (v - anchor))
            learned.append(v.move(aggregator) * (len(rows) / everybody))
        w = sum(learned).get()
    return w
""",
)
right(
    "06.5",
    why="how far each owner went, as a plan that is sent to all of them once",
    source="""
def fedprox(w, shares, aggregator, rounds, steps, lr, mu):
    @sy.func2plan()
    def learn(rows, target, start):
        moved = start * 0
        for _ in range(steps):
            moved = moved * (1 - lr * mu) - lr * rows.t().mm(rows.mm(start + moved) - target)
        return start + moved

    learn.build(torch.ones(2, len(w)), torch.ones(2, 1), torch.ones(w.shape))
    there = learn.send(*[rows.location for rows, _ in shares])
    for _ in range(rounds):
        learned = [there(rows, target, w.send(rows.location)).move(aggregator) for rows, target in shares]
        w = torch.cat(learned, 1).mean(1, keepdim=True).get()
    return w
""",
)
