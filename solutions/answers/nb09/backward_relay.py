"""Exercise 09.2, a backward relay: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import different, right, scene, wrong

scene(
    "09.2",
    source="""
alice, bob, claire = [sy.VirtualWorker(sy, id=name) for name in ("alice", "bob", "claire")]
torch.manual_seed(0)
parts = [nn.Sequential(nn.Linear(4, 3), nn.Tanh()), nn.Sequential(nn.Linear(3, 2), nn.Tanh())]
parts += [nn.Linear(2, 2), nn.Linear(2, 1)]
for part, owner in zip(parts, (alice, bob, claire, alice)):
    part.send(owner)
x, y = torch.ones(2, 4).send(alice), torch.ones(2, 1).send(alice)


def a_forward_pass():
    inputs, outputs = [x], [parts[0](x)]
    for part in parts[1:]:
        inputs.append(outputs[-1].detach().move(part.location).requires_grad_())
        outputs.append(part(inputs[-1]))
    return ((outputs[-1] - y) ** 2).sum(), inputs, outputs
""",
)
wrong(
    "09.2",
    tag="old-rule",
    why="the intermediate loss of the old notebook",
    source="""
def backward_relay(loss, inputs, outputs):
    loss.backward()
    gradients = []
    for i in reversed(range(len(outputs) - 1)):
        gradient = inputs[i + 1].grad.copy().move(outputs[i].location)
        torch.matmul(torch.t(outputs[i]), gradient).sum().backward()
        gradients.insert(0, gradient)
    return gradients
""",
)
wrong(
    "09.2",
    tag="ones",
    why="ones in place of the gradient",
    source="""
def backward_relay(loss, inputs, outputs):
    loss.backward()
    gradients = []
    for i in reversed(range(len(outputs) - 1)):
        gradient = inputs[i + 1].grad.copy().move(outputs[i].location)
        outputs[i].backward(torch.ones_like(gradient))
        gradients.insert(0, gradient)
    return gradients
""",
)
wrong(
    "09.2",
    tag="ones",
    why="differentiates the sum of the outputs",
    source="""
def backward_relay(loss, inputs, outputs):
    loss.backward()
    gradients = []
    for i in reversed(range(len(outputs) - 1)):
        gradient = inputs[i + 1].grad.copy().move(outputs[i].location)
        outputs[i].sum().backward()
        gradients.insert(0, gradient)
    return gradients
""",
)
wrong(
    "09.2",
    tag="mean",
    why="the mean of output times gradient",
    source="""
def backward_relay(loss, inputs, outputs):
    loss.backward()
    gradients = []
    for i in reversed(range(len(outputs) - 1)):
        gradient = inputs[i + 1].grad.copy().move(outputs[i].location)
        (outputs[i] * gradient).mean().backward()
        gradients.insert(0, gradient)
    return gradients
""",
)
wrong(
    "09.2",
    tag="activations",
    why="sends the activations back in place of their gradients",
    source="""
def backward_relay(loss, inputs, outputs):
    loss.backward()
    gradients = []
    for i in reversed(range(len(outputs) - 1)):
        gradient = inputs[i + 1].grad.copy().move(outputs[i].location)
        outputs[i].backward(outputs[i].detach())
        gradients.insert(0, gradient)
    return gradients
""",
)
wrong(
    "09.2",
    tag="came-home",
    why="fetches each gradient and sends it on",
    source="""
def backward_relay(loss, inputs, outputs):
    loss.backward()
    gradients = []
    for i in reversed(range(len(outputs) - 1)):
        gradient = inputs[i + 1].grad.copy().get().send(outputs[i].location)
        outputs[i].backward(gradient)
        gradients.insert(0, gradient)
    return gradients
""",
)
wrong(
    "09.2",
    tag="other-way",
    why="returns the gradients in the order in which they came",
    source="""
def backward_relay(loss, inputs, outputs):
    loss.backward()
    gradients = []
    for i in reversed(range(len(outputs) - 1)):
        gradients.append(inputs[i + 1].grad.copy().move(outputs[i].location))
        outputs[i].backward(gradients[-1])
    return gradients
""",
)
wrong(
    "09.2",
    tag="none",
    why="stops one cut too early: the first owner never learns",
    example="one gradient is missing",
    source="""
def backward_relay(loss, inputs, outputs):
    loss.backward()
    gradients = []
    for i in range(len(outputs) - 2, 0, -1):
        gradient = inputs[i + 1].grad.copy().move(outputs[i].location)
        outputs[i].backward(gradient)
        gradients.insert(0, gradient)
    return gradients
""",
)
wrong(
    "09.2",
    tag="none",
    why="gradients come back, and nobody goes on from them",
    source="""
def backward_relay(loss, inputs, outputs):
    loss.backward()
    return [inputs[-1].grad.copy().move(outputs[i].location) for i in range(len(outputs) - 1)]
""",
)
wrong(
    "09.2",
    tag="leaf-too",
    why="moves the gradient of the leaf itself: the leaf goes along",
    source="""
def backward_relay(loss, inputs, outputs):
    loss.backward()
    gradients = []
    for i in reversed(range(len(outputs) - 1)):
        gradients.insert(0, inputs[i + 1].grad.move(outputs[i].location))
        outputs[i].backward(gradients[0])
    return gradients
""",
)
wrong(
    "09.2",
    tag="not-there",
    why="keeps the gradients that stayed where they were made",
    source="""
def backward_relay(loss, inputs, outputs):
    loss.backward()
    gradients = []
    for i in reversed(range(len(outputs) - 1)):
        gradients.insert(0, inputs[i + 1].grad.copy())
        outputs[i].backward(inputs[i + 1].grad.copy().move(outputs[i].location))
    return gradients
""",
)
wrong(
    "09.2",
    tag="no-list",
    why="returns nothing",
    example="nothing has no length",
    source="""
def backward_relay(loss, inputs, outputs):
    loss.backward()
    for i in reversed(range(len(outputs) - 1)):
        outputs[i].backward(inputs[i + 1].grad.copy().move(outputs[i].location))
""",
)
right(
    "09.2",
    why="the sum of output times gradient has the same gradient",
    source="""
def backward_relay(loss, inputs, outputs):
    loss.backward()
    gradients = []
    for i in reversed(range(len(outputs) - 1)):
        gradient = inputs[i + 1].grad.copy().move(outputs[i].location)
        (outputs[i] * gradient).sum().backward()
        gradients.insert(0, gradient)
    return gradients
""",
)
right(
    "09.2",
    why="recursion, and torch.autograd.backward",
    source="""
def backward_relay(loss, inputs, outputs):
    def back(outputs, inputs):
        if not outputs:
            return []
        gradient = inputs[-1].grad.copy()
        if gradient.location != outputs[-1].location:
            gradient = gradient.move(outputs[-1].location)
        torch.autograd.backward([outputs[-1]], [gradient])
        return back(outputs[:-1], inputs[:-1]) + [gradient]

    loss.backward()
    return back(outputs[:-1], inputs[1:])
""",
)
right(
    "09.2",
    why="pairs of what left and what arrived, last first; the list is turned in the end",
    source="""
def backward_relay(loss, inputs, outputs):
    loss.backward()
    came = []
    for output, arrived in list(zip(outputs, inputs[1:]))[::-1]:
        came.append((arrived.grad * 1).move(output.location))
        output.backward(gradient=came[-1])
    return came[::-1]
""",
)
different(
    "09.2",
    rewrite="torch.autograd.grad",
    reason="the gradients of all parameters are asked for, and those of the cuts",
)
different(
    "09.2",
    rewrite="output.backward(gradient=came[-1]) -> torch.autograd.backward(output)",
    reason="the gradient is left out",
)
