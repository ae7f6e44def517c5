"""Exercise 05.4, an honest examination: what the check must reject, with its message's tag, and must accept."""

from course.authoring.answers import different, equivalent, right, wrong

wrong(
    "05.4",
    tag="on-train",
    why="examines on the people it learned from",
    example="those are three other people",
    source="""
def evaluate(model, train, test):
    (_, known), (x, y) = train, test
    mode = model.training
    model.eval()
    with torch.no_grad():
        right = model(train[0]).argmax(dim=1) == known
    model.train(mode)
    usual = y == known.bincount().argmax()
    return right.float().mean().item(), usual.float().mean().item()
""",
)
wrong(
    "05.4",
    tag="dropout-active",
    why="never turns dropout off",
    source="""
def evaluate(model, train, test):
    (_, known), (x, y) = train, test
    mode = model.training
    with torch.no_grad():
        right = model(x).argmax(dim=1) == y
    model.train(mode)
    usual = y == known.bincount().argmax()
    return right.float().mean().item(), usual.float().mean().item()
""",
)
wrong(
    "05.4",
    tag="dropout-active",
    why="sets the mode after the answers",
    source="""
def evaluate(model, train, test):
    (_, known), (x, y) = train, test
    mode = model.training
    with torch.no_grad():
        right = model(x).argmax(dim=1) == y
    model.eval()
    model.train(mode)
    usual = y == known.bincount().argmax()
    return right.float().mean().item(), usual.float().mean().item()
""",
)
wrong(
    "05.4",
    tag="mode-left",
    why="leaves the model in eval mode",
    source="""
def evaluate(model, train, test):
    (_, known), (x, y) = train, test
    mode = model.training
    model.eval()
    with torch.no_grad():
        right = model(x).argmax(dim=1) == y
    usual = y == known.bincount().argmax()
    return right.float().mean().item(), usual.float().mean().item()
""",
)
wrong(
    "05.4",
    tag="mode-left",
    why="always puts the model in train mode",
    source="""
def evaluate(model, train, test):
    (_, known), (x, y) = train, test
    mode = model.training
    model.eval()
    with torch.no_grad():
        right = model(x).argmax(dim=1) == y
    model.train()
    usual = y == known.bincount().argmax()
    return right.float().mean().item(), usual.float().mean().item()
""",
)
wrong(
    "05.4",
    tag="of-test",
    why="the strangers' own most frequent label",
    source="""
def evaluate(model, train, test):
    (_, known), (x, y) = train, test
    mode = model.training
    model.eval()
    with torch.no_grad():
        right = model(x).argmax(dim=1) == y
    model.train(mode)
    usual = y == y.bincount().argmax()
    return right.float().mean().item(), usual.float().mean().item()
""",
)
wrong(
    "05.4",
    tag="share-of-train",
    why="how frequent the label is among those who trained",
    example="its share there is another",
    source="""
def evaluate(model, train, test):
    (_, known), (x, y) = train, test
    mode = model.training
    model.eval()
    with torch.no_grad():
        right = model(x).argmax(dim=1) == y
    model.train(mode)
    usual = known == known.bincount().argmax()
    return right.float().mean().item(), usual.float().mean().item()
""",
)
wrong(
    "05.4",
    tag="percent",
    why="per cent",
    example="a hundred times as much",
    source="""
def evaluate(model, train, test):
    (_, known), (x, y) = train, test
    mode = model.training
    model.eval()
    with torch.no_grad():
        right = model(x).argmax(dim=1) == y
    model.train(mode)
    usual = y == known.bincount().argmax()
    return 100 * right.float().mean().item(), 100 * usual.float().mean().item()
""",
)
wrong(
    "05.4",
    tag="not-floats",
    why="returns tensors",
    example="a tensor prints as one",
    source="""
def evaluate(model, train, test):
    (_, known), (x, y) = train, test
    mode = model.training
    model.eval()
    with torch.no_grad():
        right = model(x).argmax(dim=1) == y
    model.train(mode)
    usual = y == known.bincount().argmax()
    return right.float().mean(), usual.float().mean()
""",
)
wrong(
    "05.4",
    tag="error-rate",
    why="counts the errors",
    example="the other share",
    source="""
def evaluate(model, train, test):
    (_, known), (x, y) = train, test
    mode = model.training
    model.eval()
    with torch.no_grad():
        right = model(x).argmax(dim=1) != y
    model.train(mode)
    usual = y == known.bincount().argmax()
    return right.float().mean().item(), usual.float().mean().item()
""",
)
wrong(
    "05.4",
    tag="other-way-round",
    why="baseline first",
    example="the two differ",
    source="""
def evaluate(model, train, test):
    (_, known), (x, y) = train, test
    mode = model.training
    model.eval()
    with torch.no_grad():
        right = model(x).argmax(dim=1) == y
    model.train(mode)
    usual = y == known.bincount().argmax()
    return usual.float().mean().item(), right.float().mean().item()
""",
)
wrong(
    "05.4",
    tag="counted",
    why="counts instead of shares",
    source="""
def evaluate(model, train, test):
    mode = model.training
    model.eval()
    right = model(test[0]).argmax(dim=1) == test[1]
    model.train(mode)
    usual = test[1] == train[1].bincount().argmax()
    return float(right.sum()), float(usual.sum())
""",
)
wrong(
    "05.4",
    tag="wrong-value",
    why="the median for the most frequent label",
    source="""
def evaluate(model, train, test):
    mode = model.training
    model.eval()
    right = model(test[0]).argmax(dim=1) == test[1]
    model.train(mode)
    usual = test[1] == train[1].median()
    return right.float().mean().item(), usual.float().mean().item()
""",
)
wrong(
    "05.4",
    tag="gradients-left",
    why="takes the loss's gradients as in training",
    example="a layer without parameters has no gradients to take",
    source="""
def evaluate(model, train, test):
    mode = model.training
    model.eval()
    outputs = model(test[0])
    F.nll_loss(outputs, test[1]).backward()
    right = (outputs.argmax(dim=1) == test[1]).float().mean().item()
    model.train(mode)
    usual = test[1] == train[1].bincount().argmax()
    return right, usual.float().mean().item()
""",
)
wrong(
    "05.4",
    tag="frozen",
    why="turns the parameters' gradients off, for good",
    source="""
def evaluate(model, train, test):
    mode = model.training
    model.eval().requires_grad_(False)
    right = (model(test[0]).argmax(dim=1) == test[1]).float().mean().item()
    model.train(mode)
    usual = test[1] == train[1].bincount().argmax()
    return right, usual.float().mean().item()
""",
)
wrong(
    "05.4",
    tag="other-layers",
    why="turns dropout off by its rate, for good",
    source="""
def evaluate(model, train, test):
    for layer in model.modules():
        if isinstance(layer, nn.Dropout):
            layer.p = 0.0
    mode = model.training
    model.eval()
    right = (model(test[0]).argmax(dim=1) == test[1]).float().mean().item()
    model.train(mode)
    usual = test[1] == train[1].bincount().argmax()
    return right, usual.float().mean().item()
""",
)
right(
    "05.4",
    why="a copy in eval mode is examined",
    source="""
def evaluate(model, train, test):
    examined = model.copy().eval()
    inputs, labels = test
    hits = examined(inputs).detach().max(dim=1).indices.eq(labels)
    majority = train[1].mode().values
    return hits.sum().item() / len(labels), (labels == majority).sum().item() / len(labels)
""",
)
right(
    "05.4",
    why="counts by hand, mode given back in finally",
    source="""
def evaluate(model, train, test):
    mode = model.training
    try:
        scores = model.eval()(test[0])
    finally:
        model.train(mode)
    answers, truth = scores.argmax(1).tolist(), test[1].tolist()
    known = train[1].tolist()
    frequent = max(set(known), key=known.count)
    right = [a == t for a, t in zip(answers, truth)]
    return sum(right) / len(right), truth.count(frequent) / len(truth)
""",
)
right(
    "05.4",
    why="each layer's mode by itself",
    source="""
def evaluate(model, train, test):
    modes = {layer: layer.training for layer in model.modules()}
    model.eval()
    with torch.inference_mode():
        chosen = model(test[0]).topk(1, dim=1).indices[:, 0]
    for layer, mode in modes.items():
        layer.training = mode
    labels, counts = train[1].unique(return_counts=True)
    guess = labels[counts.argmax()]
    return tuple(float((one == test[1]).double().mean()) for one in (chosen, guess))
""",
)
right(
    "05.4",
    why="the model's function, called with the copy's own tensors; a count of those that are wrong",
    source="""
def evaluate(model, train, test):
    twin = model.copy().train(False)
    tensors = {**dict(twin.named_parameters()), **dict(twin.named_buffers())}
    order = torch.func.functional_call(twin, tensors, (test[0],)).argsort(dim=1, descending=True)
    missed = torch.count_nonzero(order[:, 0] - test[1]).item()
    frequent = F.one_hot(train[1]).sum(dim=0).argmax()
    return 1 - missed / len(test[1]), (test[1] == frequent).sum().item() / len(test[1])
""",
)
equivalent(
    "05.4",
    mutant="with torch.no_grad(): -> if True:",
    reason="a graph that nobody keeps costs time, and nothing else",
)
different(
    "05.4",
    rewrite="examined = model.copy().eval() -> examined = model.clone().eval()",
    reason="a model has no clone()",
)
different(
    "05.4",
    rewrite="twin = model.copy().train(False) -> twin = model.clone().train(False)",
    reason="a model has no clone()",
)
