"""Exercise 09.1, a forward relay: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import different, right, scene, wrong

scene(
    "09.1",
    source="""
alice, bob, claire = [sy.VirtualWorker(sy, id=name) for name in ("alice", "bob", "claire")]
torch.manual_seed(0)
parts = [nn.Sequential(nn.Linear(4, 3), nn.Tanh()), nn.Sequential(nn.Linear(3, 2), nn.Tanh())]
parts += [nn.Linear(2, 2), nn.Linear(2, 1)]
for part, owner in zip(parts, (alice, bob, claire, alice)):
    part.send(owner)
x, y = torch.ones(2, 4).send(alice), torch.ones(2, 1).send(alice)
""",
)
wrong(
    "09.1",
    tag="no-leaf",
    why="the clone of the old notebook: where nothing travels, it is no leaf",
    source="""
def forward_relay(x, parts):
    inputs, outputs = [x], [parts[0](x)]
    for part in parts[1:]:
        arrived = outputs[-1].clone()
        if arrived.location != part.location:
            arrived.move(part.location)
        inputs.append(arrived)
        outputs.append(part(arrived))
    return inputs, outputs
""",
)
wrong(
    "09.1",
    tag="no-leaf",
    why="cuts only where something travels: the graph goes on through neighbours at one owner",
    source="""
def forward_relay(x, parts):
    inputs, outputs = [x], [parts[0](x)]
    for part in parts[1:]:
        arrived = outputs[-1]
        if arrived.location != part.location:
            arrived = arrived.detach().move(part.location).requires_grad_()
        inputs.append(arrived)
        outputs.append(part(arrived))
    return inputs, outputs
""",
)
wrong(
    "09.1",
    tag="moved-away",
    why="moves the output itself, whose owner needs it for the way back",
    example="the last output but one is at its new owner",
    source="""
def forward_relay(x, parts):
    inputs, outputs = [x], [parts[0](x)]
    for part in parts[1:]:
        arrived = outputs[-1].move(part.location)
        inputs.append(arrived)
        outputs.append(part(arrived))
    return inputs, outputs
""",
)
wrong(
    "09.1",
    tag="no-gradient",
    why="a detached copy goes on, and nobody asks for its gradient",
    source="""
def forward_relay(x, parts):
    inputs, outputs = [x], [parts[0](x)]
    for part in parts[1:]:
        inputs.append(outputs[-1].detach().move(part.location))
        outputs.append(part(inputs[-1]))
    return inputs, outputs
""",
)
wrong(
    "09.1",
    tag="moved-away",
    why="data is a part of the output: moving it takes the output along",
    source="""
def forward_relay(x, parts):
    inputs, outputs = [x], [parts[0](x)]
    for part in parts[1:]:
        inputs.append(outputs[-1].data.move(part.location).requires_grad_())
        outputs.append(part(inputs[-1]))
    return inputs, outputs
""",
)
wrong(
    "09.1",
    tag="came-home",
    why="fetches each output and sends it on",
    source="""
def forward_relay(x, parts):
    inputs, outputs = [x], [parts[0](x)]
    for part in parts[1:]:
        arrived = outputs[-1].copy().get().detach().send(part.location).requires_grad_()
        inputs.append(arrived)
        outputs.append(part(arrived))
    return inputs, outputs
""",
)
wrong(
    "09.1",
    tag="no-graph",
    why="detaches what stays, too",
    source="""
def forward_relay(x, parts):
    inputs, outputs = [x], [parts[0](x).detach()]
    for part in parts[1:]:
        arrived = outputs[-1].copy().move(part.location).requires_grad_()
        inputs.append(arrived)
        outputs.append(part(arrived).detach())
    return inputs, outputs
""",
)
wrong(
    "09.1",
    tag="not-joined",
    why="keeps a leaf in the list, and computes with another copy",
    source="""
def forward_relay(x, parts):
    inputs, outputs = [x], [parts[0](x)]
    for part in parts[1:]:
        arrived = outputs[-1].detach().move(part.location)
        inputs.append(arrived.copy().requires_grad_())
        outputs.append(part(arrived))
    return inputs, outputs
""",
)
wrong(
    "09.1",
    tag="twice",
    why="sends each output twice, once to compute with and once to keep",
    source="""
def forward_relay(x, parts):
    inputs, outputs = [x], [parts[0](x)]
    for part in parts[1:]:
        inputs.append(outputs[-1].detach().move(part.location).requires_grad_())
        outputs.append(part(outputs[-1].detach().move(part.location).requires_grad_()))
    return inputs, outputs
""",
)
wrong(
    "09.1",
    tag="count",
    why="forgets that x is an input, too",
    source="""
def forward_relay(x, parts):
    inputs, outputs = [], [parts[0](x)]
    for part in parts[1:]:
        inputs.append(outputs[-1].detach().move(part.location).requires_grad_())
        outputs.append(part(inputs[-1]))
    return inputs, outputs
""",
)
wrong(
    "09.1",
    tag="no-pair",
    why="returns the prediction alone",
    example="a prediction is no pair",
    source="""
def forward_relay(x, parts):
    inputs, outputs = [x], [parts[0](x)]
    for part in parts[1:]:
        inputs.append(outputs[-1].detach().move(part.location).requires_grad_())
        outputs.append(part(inputs[-1]))
    return outputs[-1]
""",
)
right(
    "09.1",
    why="recursion, and move's own switch",
    source="""
def forward_relay(x, parts):
    def run(arrived, left):
        output = left[0](arrived)
        if len(left) == 1:
            return [arrived], [output]
        there = left[1].location
        passed = output.detach()
        if passed.location == there:
            passed.requires_grad_()
        else:
            passed = passed.move(there, requires_grad=True)
        inputs, outputs = run(passed, left[1:])
        return [arrived, *inputs], [output, *outputs]

    return run(x, parts)
""",
)
right(
    "09.1",
    why="all outputs by index; the leaf asks for its gradient before it travels",
    source="""
def forward_relay(x, parts):
    inputs, outputs = [], []
    for i in range(len(parts)):
        if i == 0:
            arrived = x
        else:
            arrived = outputs[i - 1].detach().requires_grad_()
            if arrived.location != parts[i].location:
                arrived.move(parts[i].location)
        inputs += [arrived]
        outputs += [parts[i](arrived)]
    return inputs, outputs
""",
)
right(
    "09.1",
    why="copy cuts the graph as well",
    source="""
def forward_relay(x, parts):
    inputs = [x]
    outputs = []
    for part, following in zip(parts, parts[1:]):
        outputs.append(part(inputs[-1]))
        inputs.append(outputs[-1].copy().move(following.location).requires_grad_())
    outputs.append(parts[-1](inputs[-1]))
    return inputs, outputs
""",
)
different(
    "09.1",
    rewrite="comprehensions for loops",
    reason="each round needs the one before",
)
different(
    "09.1",
    rewrite="inputs.append(outputs[-1].copy().move(following.location).requires_grad_()) -> inputs.append(outputs[-1].clone().move(following.location).requires_grad_())",
    reason="a clone that does not travel is no leaf",
)
