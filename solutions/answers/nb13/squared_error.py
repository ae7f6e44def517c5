"""Exercise 13.2, a loss for secret labels: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import equivalent, right, scene, wrong

scene(
    "13.2",
    source="""
bob, alice, cp = [sy.VirtualWorker(sy, id=name) for name in ("bob", "alice", "crypto_provider")]

outputs = torch.zeros(2, 2).fix_precision(16, base=2).share(bob, alice, crypto_provider=cp, requires_grad=True)
""",
)
wrong(
    "13.2",
    tag="left-public",
    why="cross-entropy: the labels are told to the holders",
    example="another loss",
    source="""
def squared_error(outputs, labels, holders, cp):
    return F.cross_entropy(outputs, labels)
""",
)
wrong(
    "13.2",
    tag="left-public",
    why="NLL on shares, as the old notebook wanted",
    example="another loss",
    source="""
def squared_error(outputs, labels, holders, cp):
    return F.nll_loss(F.log_softmax(outputs, dim=1), labels)
""",
)
wrong(
    "13.2",
    tag="left-public",
    why="one-hot, but public",
    source="""
def squared_error(outputs, labels, holders, cp):
    target = F.one_hot(labels, outputs.shape[1]).float()
    return ((outputs - target) ** 2).sum(dim=1).mean()
""",
)
wrong(
    "13.2",
    tag="own-classes",
    why="as many classes as labels happen to have",
    source="""
def squared_error(outputs, labels, holders, cp):
    target = F.one_hot(labels).float()
    target = target.fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    return ((outputs - target) ** 2).sum(dim=1).mean()
""",
)
wrong(
    "13.2",
    tag="mean-of-all",
    why="torch's mse_loss, which divides by everything",
    example="half of it",
    source="""
def squared_error(outputs, labels, holders, cp):
    target = F.one_hot(labels, outputs.shape[1]).float()
    target = target.fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    return F.mse_loss(outputs, target)
""",
)
wrong(
    "13.2",
    tag="mean-of-all",
    why="a mean over both",
    example="half of it",
    source="""
def squared_error(outputs, labels, holders, cp):
    target = F.one_hot(labels, outputs.shape[1]).float()
    target = target.fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    return ((outputs - target) ** 2).mean()
""",
)
wrong(
    "13.2",
    tag="summed",
    why="a sum over people",
    example="twice as much",
    source="""
def squared_error(outputs, labels, holders, cp):
    target = F.one_hot(labels, outputs.shape[1]).float()
    target = target.fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    return ((outputs - target) ** 2).sum()
""",
)
wrong(
    "13.2",
    tag="class-number",
    why="compares with the class number",
    source="""
def squared_error(outputs, labels, holders, cp):
    target = labels.float().unsqueeze(1).fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    return ((outputs - target) ** 2).sum(dim=1).mean()
""",
)
wrong(
    "13.2",
    tag="no-square",
    why="no square",
    example="below zero",
    source="""
def squared_error(outputs, labels, holders, cp):
    target = F.one_hot(labels, outputs.shape[1]).float()
    target = target.fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    return (outputs - target).sum(dim=1).mean()
""",
)
wrong(
    "13.2",
    tag="came-home",
    why="opens the outputs",
    source="""
def squared_error(outputs, labels, holders, cp):
    numbers = outputs.virtual_get().float_precision()
    loss = ((numbers - F.one_hot(labels, outputs.shape[1])) ** 2).sum(dim=1).mean()
    return loss.fix_precision(16, base=2).share(*holders, crypto_provider=cp)
""",
)
wrong(
    "13.2",
    tag="came-home",
    why="prints the loss",
    source="""
def squared_error(outputs, labels, holders, cp):
    target = F.one_hot(labels, outputs.shape[1]).float()
    target = target.fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    loss = ((outputs - target) ** 2).sum(dim=1).mean()
    seen = loss.virtual_get()
    return loss
""",
)
wrong(
    "13.2",
    tag="no-gradient",
    why="cuts the graph",
    source="""
def squared_error(outputs, labels, holders, cp):
    target = F.one_hot(labels, outputs.shape[1]).float()
    target = target.fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    return ((outputs.detach() - target) ** 2).sum(dim=1).mean()
""",
)
wrong(
    "13.2",
    tag="wrong-shape",
    why="a loss for each person",
    example="one number for each",
    source="""
def squared_error(outputs, labels, holders, cp):
    target = F.one_hot(labels, outputs.shape[1]).float()
    target = target.fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    return ((outputs - target) ** 2).sum(dim=1)
""",
)
wrong(
    "13.2",
    tag="sent-bare",
    why="sends the target to a holder, too",
    source="""
def squared_error(outputs, labels, holders, cp):
    F.one_hot(labels, outputs.shape[1]).float().send(holders[0])
    target = F.one_hot(labels, outputs.shape[1]).float()
    target = target.fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    return ((outputs - target) ** 2).sum(dim=1).mean()
""",
)
wrong(
    "13.2",
    tag="came-home",
    why="decrypts the outputs, which spends them, and shares the loss",
    source="""
def squared_error(outputs, labels, holders, cp):
    target = F.one_hot(labels, outputs.shape[1]).float()
    loss = ((outputs.decrypt() - target) ** 2).sum(dim=1).mean()
    return loss.detach().fix_precision(16, base=2).share(*holders, crypto_provider=cp)
""",
)
wrong(
    "13.2",
    tag="fixed-classes",
    why="a mean over all, times two for two classes",
    source="""
def squared_error(outputs, labels, holders, cp):
    target = F.one_hot(labels, outputs.shape[1]).float()
    target = target.fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    return ((outputs - target) ** 2).mean() * 2
""",
)
wrong(
    "13.2",
    tag="own-only",
    why="only the outputs of the right classes",
    source="""
def squared_error(outputs, labels, holders, cp):
    target = F.one_hot(labels, outputs.shape[1]).float()
    target = target.fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    return (((outputs - target) * target) ** 2).sum(dim=1).mean()
""",
)
wrong(
    "13.2",
    tag="other-way",
    why="mean over classes, sum over people",
    source="""
def squared_error(outputs, labels, holders, cp):
    target = F.one_hot(labels, outputs.shape[1]).float()
    target = target.fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    return ((outputs - target) ** 2).mean(dim=1).sum()
""",
)
wrong(
    "13.2",
    tag="softmax",
    why="softmax before the squared error",
    example="0 becomes a half",
    source="""
def squared_error(outputs, labels, holders, cp):
    target = F.one_hot(labels, outputs.shape[1]).float()
    target = target.fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    outputs = outputs.softmax(dim=1)
    return ((outputs - target) ** 2).sum(dim=1).mean()
""",
)
wrong(
    "13.2",
    tag="half",
    why="half of the squared error, as in textbooks",
    example="the example shows a whole one",
    source="""
def squared_error(outputs, labels, holders, cp):
    target = F.one_hot(labels, outputs.shape[1]).float()
    target = target.fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    return ((outputs - target) ** 2).sum(dim=1).mean() / 2
""",
)
wrong(
    "13.2",
    tag="left-public",
    why="picks outputs by their labels",
    source="""
def squared_error(outputs, labels, holders, cp):
    picked = torch.stack([outputs[i, label] for i, label in enumerate(labels.tolist())])
    return ((outputs**2).sum(dim=1) - 2 * picked + 1).mean()
""",
)
wrong(
    "13.2",
    tag="left-public",
    why="subtracts the target number by number",
    source="""
def squared_error(outputs, labels, holders, cp):
    people = [
        sum((outputs[i, c] - float(c == label)) ** 2 for c in range(outputs.shape[1]))
        for i, label in enumerate(labels.tolist())
    ]
    return torch.stack(people).mean()
""",
)
wrong(
    "13.2",
    tag="sent-bare",
    why="tells a holder the labels besides",
    source="""
def squared_error(outputs, labels, holders, cp):
    target = F.one_hot(labels, outputs.shape[1]).float().fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    kept = labels.send(holders[0])
    return ((outputs - target) ** 2).sum(dim=1).mean()
""",
)
right(
    "13.2",
    why="rows of a unit matrix, and a division by the people",
    source="""
def squared_error(outputs, labels, holders, cp):
    rows = torch.eye(outputs.shape[1])[labels]
    shares = rows.fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    errors = outputs - shares
    return (errors * errors).sum() / len(labels)
""",
)
right(
    "13.2",
    why="shares the labels, and lets holders compare them with each class",
    source="""
def squared_error(outputs, labels, holders, cp):
    numbers = labels.fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    target = numbers.unsqueeze(1) == torch.arange(outputs.shape[1])
    return ((outputs - target) ** 2).sum(dim=1).mean()
""",
)
right(
    "13.2",
    why="torch's mse_loss, times the classes",
    source="""
def squared_error(outputs, labels, holders, cp):
    target = (labels.unsqueeze(1) == torch.arange(outputs.shape[1])).float()
    target = target.encrypt(*holders, crypto_provider=cp, precision_fractional=16, base=2)
    return F.mse_loss(outputs, target) * outputs.shape[1]
""",
)
right(
    "13.2",
    why="person by person",
    source="""
def squared_error(outputs, labels, holders, cp):
    total = 0
    for n in range(len(labels)):
        row = torch.zeros(outputs.shape[1])
        row[labels[n]] = 1
        row = row.fix_precision(16, base=2).share(*holders, crypto_provider=cp)
        total = total + ((outputs[n] - row) ** 2).sum()
    return total / len(labels)
""",
)
equivalent(
    "13.2",
    mutant="target = F.one_hot(labels, outputs.shape[1]).float() -> target = F.one_hot(labels, outputs.shape[1])",
    reason="fix_precision encodes whole numbers as well",
)
equivalent(
    "13.2",
    mutant="return ((outputs - target) ** 2).sum(dim=1).mean() -> return ((target - outputs) ** 2).sum(dim=1).mean()",
    reason="the square of a difference has no side",
)
