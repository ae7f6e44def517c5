"""Exercise 06.3, a visit for each batch, a score at home: what the check must reject, with its tag, and must accept."""

from course.authoring.answers import right, scene, wrong

scene(
    "06.3",
    source="""
torch.manual_seed(0)
images, labels = torch.rand(60, 1, 4, 4), torch.arange(60) % 10
model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 10))
opt = optim.SGD(model.parameters(), lr=0.1)
loader = [(images[50:].send(bob), labels[50:].send(bob))]
""",
)
wrong(
    "06.3",
    tag="model-away",
    why="the model is not returned: it stays with the last owner",
    source="""
def visit_and_score(model, opt, batches, test):
    images, labels = test
    right = 0.0
    for x, y in batches:
        if model.location is not x.location:
            if model.location is not sy.local_worker:
                opt.zero_grad()
                model.get()
            opt.zero_grad()
            model.send(x.location)
        opt.zero_grad()
        F.cross_entropy(model(x), y).backward()
        opt.step()
    tested = model.copy().get()
    return (tested(images).argmax(dim=1) == labels).float().mean().item()
""",
)
wrong(
    "06.3",
    tag="test-federated",
    why="tests where the model is: the test set goes to the owner of the last batch",
    source="""
def visit_and_score(model, opt, batches, test):
    for x, y in batches:
        opt.zero_grad()
        model.send(x.location)
        F.cross_entropy(model(x), y).backward()
        opt.step()
        images, labels = test[0].send(x.location), test[1].send(x.location)
        right = (model(images).argmax(dim=1) == labels).float().mean()
        model.get()
        score = right.get().item()
    return score
""",
)
wrong(
    "06.3",
    tag="gradients-travel",
    why="clears the gradients after the model has arrived",
    source="""
def visit_and_score(model, opt, batches, test):
    for x, y in batches:
        model.send(x.location)
        opt.zero_grad()
        F.cross_entropy(model(x), y).backward()
        opt.step()
        model.get()
    images, labels = test
    return (model(images).argmax(dim=1) == labels).float().mean().item()
""",
)
wrong(
    "06.3",
    tag="owner-to-owner",
    why="moves the model from owner to owner",
    source="""
def visit_and_score(model, opt, batches, test):
    opt.zero_grad()
    model.send(batches[0][0].location)
    for x, y in batches:
        model.move(x.location)
        opt.zero_grad()
        F.cross_entropy(model(x), y).backward()
        opt.step()
    model.get()
    images, labels = test
    return (model(images).argmax(dim=1) == labels).float().mean().item()
""",
)
wrong(
    "06.3",
    tag="rows-home",
    why="scores the last batch of the training, at its owner",
    source="""
def visit_and_score(model, opt, batches, test):
    for x, y in batches:
        opt.zero_grad()
        model.send(x.location)
        F.cross_entropy(model(x), y).backward()
        opt.step()
        right = (model(x).argmax(dim=1) == y).float().mean()
        model.get()
    return right.get().item()
""",
)
wrong(
    "06.3",
    tag="rows-home",
    why="brings the images home for the score",
    source="""
def visit_and_score(model, opt, batches, test):
    for x, y in batches:
        opt.zero_grad()
        model.send(x.location)
        F.cross_entropy(model(x), y).backward()
        opt.step()
        model.get()
    images, labels = batches[-1][0].copy().get(), batches[-1][1].copy().get()
    return (model(images).argmax(dim=1) == labels).float().mean().item()
""",
)
wrong(
    "06.3",
    tag="step-at-home",
    why="fetches the model before the step",
    source="""
def visit_and_score(model, opt, batches, test):
    for x, y in batches:
        opt.zero_grad()
        model.send(x.location)
        F.cross_entropy(model(x), y).backward()
        model.get()
        opt.step()
    images, labels = test
    return (model(images).argmax(dim=1) == labels).float().mean().item()
""",
)
wrong(
    "06.3",
    tag="not-a-share",
    why="counts the right answers",
    example="a count is more than one",
    source="""
def visit_and_score(model, opt, batches, test):
    for x, y in batches:
        opt.zero_grad()
        model.send(x.location)
        F.cross_entropy(model(x), y).backward()
        opt.step()
        model.get()
    images, labels = test
    return float((model(images).argmax(dim=1) == labels).sum())
""",
)
wrong(
    "06.3",
    tag="before-training",
    why="tests first",
    source="""
def visit_and_score(model, opt, batches, test):
    images, labels = test
    score = (model(images).argmax(dim=1) == labels).float().mean().item()
    for x, y in batches:
        opt.zero_grad()
        model.send(x.location)
        F.cross_entropy(model(x), y).backward()
        opt.step()
        model.get()
    return score
""",
)
wrong(
    "06.3",
    tag="unvisited",
    why="returns within the loop, after the first batch",
    source="""
def visit_and_score(model, opt, batches, test):
    for x, y in batches:
        opt.zero_grad()
        model.send(x.location)
        F.cross_entropy(model(x), y).backward()
        opt.step()
        model.get()
        images, labels = test
        return (model(images).argmax(dim=1) == labels).float().mean().item()
""",
)
wrong(
    "06.3",
    tag="not-trained",
    why="clears the gradients between backward and step",
    source="""
def visit_and_score(model, opt, batches, test):
    for x, y in batches:
        opt.zero_grad()
        model.send(x.location)
        F.cross_entropy(model(x), y).backward()
        opt.zero_grad()
        opt.step()
        model.get()
    images, labels = test
    return (model(images).argmax(dim=1) == labels).float().mean().item()
""",
)
right(
    "06.3",
    why="clears at the end of a visit, tests without gradients",
    source="""
def visit_and_score(model, opt, batches, test):
    model.zero_grad()
    for x, y in batches:
        model.send(x.location)
        loss = nn.CrossEntropyLoss()(model(x), y)
        loss.backward()
        opt.step()
        opt.zero_grad()
        model.get()
    images, labels = test
    with torch.no_grad():
        answers = model(images).max(dim=1).indices
    return int((answers == labels).sum()) / len(labels)
""",
)
right(
    "06.3",
    why="a function for a visit, an image at a time in the test",
    source="""
def visit_and_score(model, opt, batches, test):
    def visit(x, y):
        opt.zero_grad(set_to_none=True)
        model.send(x.location)
        F.nll_loss(F.log_softmax(model(x), dim=1), y).backward()
        opt.step()
        model.get()

    for batch in batches:
        visit(*batch)
    right = sum(model(image[None]).argmax().item() == label.item() for image, label in zip(*test))
    return right / len(test[1])
""",
)
wrong(
    "06.3",
    tag="more-home",
    why="clears the gradients before the way home, and has a look at each loss",
    source="""
def visit_and_score(model, opt, batches, test):
    losses = []
    for x, y in batches:
        model.zero_grad()
        model.send(x.location)
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        opt.step()
        opt.zero_grad()
        model.get()
        losses.append(loss.get().item())
    images, labels = test
    return (model(images).argmax(dim=1) == labels).float().mean().item()
""",
)
wrong(
    "06.3",
    tag="wrong-value",
    why="makes an optimizer of its own for each batch, with a rate of its own",
    source="""
def visit_and_score(model, opt, batches, test):
    opt.zero_grad()
    for x, y in batches:
        own = optim.SGD(model.parameters(), lr=0.1)
        model.send(x.location)
        F.cross_entropy(model(x), y).backward()
        own.step()
        own.zero_grad()
        model.get()
    images, labels = test
    return (model(images).argmax(dim=1) == labels).float().mean().item()
""",
)
right(
    "06.3",
    why="gradients by torch.autograd.grad, the step by hand; the answers counted in Python",
    source="""
def visit_and_score(model, opt, batches, test):
    rate = opt.param_groups[0]["lr"]
    opt.zero_grad()
    for x, y in batches:
        model.send(y.location)
        parameters = list(model.parameters())
        gradients = torch.autograd.grad(F.cross_entropy(model(x), y), parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients):
                parameter.sub_(rate * gradient)
        del gradients, gradient, parameters, parameter
        model.get()
    images, labels = test
    return sum(int(a == b) for a, b in zip(model(images).argmax(1).tolist(), labels.tolist())) / len(labels)
""",
)
