"""Exercise 05.3, rounds at an aggregator: what the check must reject, with its message's tag, and must accept."""

from course.authoring.answers import different, harmless, right, scene, wrong

scene(
    "05.3",
    source="""
def tiny():
    return nn.Sequential(nn.Linear(2, 2), nn.LogSoftmax(dim=1))


def tiny_shards():
    alices = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]).send(alice), torch.tensor([0, 1, 0]).send(alice)
    return [alices, (torch.tensor([[0.0, 2.0]]).send(bob), torch.tensor([1]).send(bob))]
""",
)
wrong(
    "05.3",
    tag="created-anew",
    why="makes the model anew in each round",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    for _ in range(rounds):
        average = new_model()
        trained, weights = {}, {}
        for x, y in shards:
            model = average.copy().send(x.location)
            opt = optim.SGD(model.parameters(), lr=rate)
            for _ in range(steps):
                opt.zero_grad()
                F.nll_loss(model(x), y).backward()
                opt.step()
            opt.zero_grad()
            trained[x.location.id], weights[x.location.id] = model.move(aggregator), len(x)
        average = sy.federated_avg(trained, weights).get()
    return average
""",
)
wrong(
    "05.3",
    tag="created-anew",
    why="averages into a model made anew, and trains it",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    average = new_model()
    for _ in range(rounds):
        trained, weights = {}, {}
        for x, y in shards:
            model = new_model().send(x.location)
            opt = optim.SGD(model.parameters(), lr=rate)
            for _ in range(steps):
                opt.zero_grad()
                F.nll_loss(model(x), y).backward()
                opt.step()
            opt.zero_grad()
            trained[x.location.id], weights[x.location.id] = model.move(aggregator), len(x)
        average = sy.federated_avg(trained, weights).get()
    return average
""",
)
wrong(
    "05.3",
    tag="never-asked",
    why="drops the last owner",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    average = new_model()
    for _ in range(rounds):
        trained, weights = {}, {}
        for x, y in shards[:-1]:
            model = average.copy().send(x.location)
            opt = optim.SGD(model.parameters(), lr=rate)
            for _ in range(steps):
                opt.zero_grad()
                F.nll_loss(model(x), y).backward()
                opt.step()
            opt.zero_grad()
            trained[x.location.id], weights[x.location.id] = model.move(aggregator), len(x)
        average = sy.federated_avg(trained, weights).get()
    return average
""",
)
wrong(
    "05.3",
    tag="one-left",
    why="trains all, averages without the last",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    average = new_model()
    for _ in range(rounds):
        trained, weights = {}, {}
        for x, y in shards:
            model = average.copy().send(x.location)
            opt = optim.SGD(model.parameters(), lr=rate)
            for _ in range(steps):
                opt.zero_grad()
                F.nll_loss(model(x), y).backward()
                opt.step()
            opt.zero_grad()
            trained[x.location.id], weights[x.location.id] = model.move(aggregator), len(x)
        trained.pop(x.location.id)
        weights.pop(x.location.id)
        average = sy.federated_avg(trained, weights).get()
    return average
""",
)
wrong(
    "05.3",
    tag="unweighted",
    why="every owner counts the same",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    average = new_model()
    for _ in range(rounds):
        trained, weights = {}, {}
        for x, y in shards:
            model = average.copy().send(x.location)
            opt = optim.SGD(model.parameters(), lr=rate)
            for _ in range(steps):
                opt.zero_grad()
                F.nll_loss(model(x), y).backward()
                opt.step()
            opt.zero_grad()
            trained[x.location.id], weights[x.location.id] = model.move(aggregator), len(x)
        average = sy.federated_avg(trained).get()
    return average
""",
)
wrong(
    "05.3",
    tag="not-trained-copy",
    why="hands over the rows, padded to the length of a model, and trains at the aggregator",
    example="a model of six numbers has no room for three rows and their labels",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    average = new_model()
    size = sum(p.numel() for p in average.parameters())
    for _ in range(rounds):
        trained, weights, base = {}, {}, average.copy().send(aggregator)
        for x, y in shards:
            n, d = len(x), x.shape[1]
            flat = torch.cat([x.reshape(-1), y.float()])
            there = torch.cat([flat, flat.new_zeros(size - n * (d + 1))]).move(aggregator)
            rows, labels = there[: n * d].reshape(n, d), there[n * d : n * (d + 1)].long()
            model = base.copy()
            opt = optim.SGD(model.parameters(), lr=rate)
            for _ in range(steps):
                opt.zero_grad()
                F.nll_loss(model(rows), labels).backward()
                opt.step()
            opt.zero_grad()
            trained[x.location.id], weights[x.location.id] = model, n
        average = sy.federated_avg(trained, weights).get()
    return average
""",
)
wrong(
    "05.3",
    tag="gradients-too",
    why="moves the copy with its gradients",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    average = new_model()
    for _ in range(rounds):
        trained, weights = {}, {}
        for x, y in shards:
            model = average.copy().send(x.location)
            opt = optim.SGD(model.parameters(), lr=rate)
            for _ in range(steps):
                opt.zero_grad()
                F.nll_loss(model(x), y).backward()
                opt.step()
            trained[x.location.id], weights[x.location.id] = model.move(aggregator), len(x)
        average = sy.federated_avg(trained, weights).get()
    return average
""",
)
wrong(
    "05.3",
    tag="not-cleared",
    why="clears gradients once, before the steps",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    average = new_model()
    for _ in range(rounds):
        trained, weights = {}, {}
        for x, y in shards:
            model = average.copy().send(x.location)
            opt = optim.SGD(model.parameters(), lr=rate)
            for _ in range(steps):
                F.nll_loss(model(x), y).backward()
                opt.step()
            opt.zero_grad()
            trained[x.location.id], weights[x.location.id] = model.move(aggregator), len(x)
        average = sy.federated_avg(trained, weights).get()
    return average
""",
)
wrong(
    "05.3",
    tag="came-home",
    why="averages here",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    average = new_model()
    for _ in range(rounds):
        trained, weights = {}, {}
        for x, y in shards:
            model = average.copy().send(x.location)
            opt = optim.SGD(model.parameters(), lr=rate)
            for _ in range(steps):
                opt.zero_grad()
                F.nll_loss(model(x), y).backward()
                opt.step()
            opt.zero_grad()
            trained[x.location.id], weights[x.location.id] = model.get(), len(x)
        average = sy.federated_avg(trained, weights)
    return average
""",
)
wrong(
    "05.3",
    tag="came-home",
    why="fetches each owner's loss for a report",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    average = new_model()
    for _ in range(rounds):
        trained, weights = {}, {}
        for x, y in shards:
            model = average.copy().send(x.location)
            opt = optim.SGD(model.parameters(), lr=rate)
            for _ in range(steps):
                opt.zero_grad()
                loss = F.nll_loss(model(x), y)
                loss.backward()
                opt.step()
            opt.zero_grad()
            loss.get()
            trained[x.location.id], weights[x.location.id] = model.move(aggregator), len(x)
        average = sy.federated_avg(trained, weights).get()
    return average
""",
)
wrong(
    "05.3",
    tag="opened-more",
    why="hands over to the aggregator, then averages here",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    average = new_model()
    for _ in range(rounds):
        trained, weights = {}, {}
        for x, y in shards:
            model = average.copy().send(x.location)
            opt = optim.SGD(model.parameters(), lr=rate)
            for _ in range(steps):
                opt.zero_grad()
                F.nll_loss(model(x), y).backward()
                opt.step()
            opt.zero_grad()
            model.move(aggregator)
            trained[x.location.id], weights[x.location.id] = model.get(), len(x)
        average = sy.federated_avg(trained, weights)
    return average
""",
)
wrong(
    "05.3",
    tag="at-an-owner",
    why="one model travels from owner to owner",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    average = new_model()
    for _ in range(rounds):
        for x, y in shards:
            average.move(x.location)
            opt = optim.SGD(average.parameters(), lr=rate)
            for _ in range(steps):
                opt.zero_grad()
                F.nll_loss(average(x), y).backward()
                opt.step()
            opt.zero_grad()
    return average.move(aggregator).get()
""",
)
wrong(
    "05.3",
    tag="at-an-owner",
    why="averages at the first owner's",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    average = new_model()
    for _ in range(rounds):
        trained, weights, place = {}, {}, shards[0][0].location
        for x, y in shards:
            model = average.copy().send(x.location)
            opt = optim.SGD(model.parameters(), lr=rate)
            for _ in range(steps):
                opt.zero_grad()
                F.nll_loss(model(x), y).backward()
                opt.step()
            opt.zero_grad()
            trained[x.location.id], weights[x.location.id] = model.move(place), len(x)
        average = sy.federated_avg(trained, weights).get()
    return average
""",
)
wrong(
    "05.3",
    tag="one-step",
    why="one step, whatever steps says",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    average = new_model()
    for _ in range(rounds):
        trained, weights = {}, {}
        for x, y in shards:
            model = average.copy().send(x.location)
            opt = optim.SGD(model.parameters(), lr=rate)
            for _ in range(1):
                opt.zero_grad()
                F.nll_loss(model(x), y).backward()
                opt.step()
            opt.zero_grad()
            trained[x.location.id], weights[x.location.id] = model.move(aggregator), len(x)
        average = sy.federated_avg(trained, weights).get()
    return average
""",
)
wrong(
    "05.3",
    tag="first-only",
    why="every round begins with the first model",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    average = start = new_model()
    for _ in range(rounds):
        trained, weights = {}, {}
        for x, y in shards:
            model = start.copy().send(x.location)
            opt = optim.SGD(model.parameters(), lr=rate)
            for _ in range(steps):
                opt.zero_grad()
                F.nll_loss(model(x), y).backward()
                opt.step()
            opt.zero_grad()
            trained[x.location.id], weights[x.location.id] = model.move(aggregator), len(x)
        average = sy.federated_avg(trained, weights).get()
    return average
""",
)
wrong(
    "05.3",
    tag="not-a-model",
    why="forgets to bring the average home",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    mean = average = new_model()
    for _ in range(rounds):
        trained, weights = {}, {}
        for x, y in shards:
            model = average.copy().send(x.location)
            opt = optim.SGD(model.parameters(), lr=rate)
            for _ in range(steps):
                opt.zero_grad()
                F.nll_loss(model(x), y).backward()
                opt.step()
            opt.zero_grad()
            trained[x.location.id], weights[x.location.id] = model.move(aggregator), len(x)
        mean = sy.federated_avg(trained, weights)
        average = mean.copy().get()
    return mean
""",
)
wrong(
    "05.3",
    tag="untrained",
    why="keeps the average under another name, returns the first",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    average = new_model()
    for _ in range(rounds):
        trained, weights = {}, {}
        for x, y in shards:
            model = average.copy().send(x.location)
            opt = optim.SGD(model.parameters(), lr=rate)
            for _ in range(steps):
                opt.zero_grad()
                F.nll_loss(model(x), y).backward()
                opt.step()
            opt.zero_grad()
            trained[x.location.id], weights[x.location.id] = model.move(aggregator), len(x)
        mean = sy.federated_avg(trained, weights).get()
    return average
""",
)
wrong(
    "05.3",
    tag="piles-up",
    why="keeps every round's copies in one list",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    average, history = new_model(), []
    for _ in range(rounds):
        trained, weights = {}, {}
        for x, y in shards:
            model = average.copy().send(x.location)
            opt = optim.SGD(model.parameters(), lr=rate)
            for _ in range(steps):
                opt.zero_grad()
                F.nll_loss(model(x), y).backward()
                opt.step()
            opt.zero_grad()
            trained[x.location.id], weights[x.location.id] = model.move(aggregator), len(x)
        history.append(trained)
        average = sy.federated_avg(trained, weights).get()
    return average
""",
)
wrong(
    "05.3",
    tag="deleted-others",
    why="clears the aggregator's store after each round",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    average = new_model()
    for _ in range(rounds):
        trained, weights = {}, {}
        for x, y in shards:
            model = average.copy().send(x.location)
            opt = optim.SGD(model.parameters(), lr=rate)
            for _ in range(steps):
                opt.zero_grad()
                F.nll_loss(model(x), y).backward()
                opt.step()
            opt.zero_grad()
            trained[x.location.id], weights[x.location.id] = model.move(aggregator), len(x)
        average = sy.federated_avg(trained, weights).get()
        trained = None
        aggregator.clear_objects()
    return average
""",
)
wrong(
    "05.3",
    tag="stale",
    why="averages the copies of all rounds so far",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    average = new_model()
    trained, weights = {}, {}
    for n in range(rounds):
        for x, y in shards:
            model = average.copy().send(x.location)
            opt = optim.SGD(model.parameters(), lr=rate)
            for _ in range(steps):
                opt.zero_grad()
                F.nll_loss(model(x), y).backward()
                opt.step()
            opt.zero_grad()
            trained[n, x.location.id], weights[n, x.location.id] = model.move(aggregator), len(x)
        average = sy.federated_avg(trained, weights).get()
    return average
""",
)
wrong(
    "05.3",
    tag="other-handed",
    why="moves the rows to the aggregator and trains there: with one step a round the numbers are right",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    model = new_model().send(aggregator)
    inputs = torch.cat([x.copy().move(aggregator) for x, _ in shards])
    labels = torch.cat([y.copy().move(aggregator) for _, y in shards])
    opt = optim.SGD(model.parameters(), lr=rate)
    for _ in range(rounds * steps):
        opt.zero_grad()
        F.nll_loss(model(inputs), labels).backward()
        opt.step()
    opt.zero_grad()
    return model.get()
""",
)
wrong(
    "05.3",
    tag="one-model",
    why="sends the one model to all owners, without a copy",
    example="the second owner's model is away already, and sending raises",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    model = new_model()
    for _ in range(rounds):
        trained, weights = {}, {}
        for x, y in shards:
            there = model.send(x.location)
            opt = optim.SGD(there.parameters(), lr=rate)
            for _ in range(steps):
                opt.zero_grad()
                F.nll_loss(there(x), y).backward()
                opt.step()
            opt.zero_grad()
            trained[x.location.id], weights[x.location.id] = there.move(aggregator), len(x)
        model = sy.federated_avg(trained, weights=weights).get()
    return model
""",
)
wrong(
    "05.3",
    tag="own-copy",
    why="the average goes on from the aggregator; in its place an owner's copy comes home to be looked at",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    start, mean = new_model(), None
    for number in range(rounds):
        trained, weights = {}, {}
        for x, y in shards:
            copy = start.copy().send(x.location) if mean is None else mean.copy().move(x.location)
            opt = optim.SGD(copy.parameters(), lr=rate)
            for _ in range(steps):
                opt.zero_grad()
                F.nll_loss(copy(x), y).backward()
                opt.step()
            opt.zero_grad()
            trained[x.location.id], weights[x.location.id] = copy.move(aggregator), len(x)
        mean = sy.federated_avg(trained, weights=weights)
        if number == 0:
            looked_at = trained[shards[0][0].location.id].get()
    return mean.get()
""",
)
wrong(
    "05.3",
    tag="own-copy",
    why="the last round's copies come home in place of earlier averages, and are averaged here",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    start, mean = new_model(), None
    for number in range(rounds):
        trained, weights = {}, {}
        for x, y in shards:
            copy = start.copy().send(x.location) if mean is None else mean.copy().move(x.location)
            opt = optim.SGD(copy.parameters(), lr=rate)
            for _ in range(steps):
                opt.zero_grad()
                F.nll_loss(copy(x), y).backward()
                opt.step()
            opt.zero_grad()
            trained[x.location.id], weights[x.location.id] = copy.move(aggregator), len(x)
        if number == rounds - 1 and len(trained) <= rounds:
            trained = {name: copy.get() for name, copy in trained.items()}
        mean = sy.federated_avg(trained, weights=weights)
    return mean if number == rounds - 1 and len(trained) <= rounds else mean.get()
""",
)
wrong(
    "05.3",
    tag="asked-by-error",
    why="asks for a label by trying what fails for another one",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    for _, y in shards:
        try:
            F.one_hot(y, 1)
        except RuntimeError:
            has_a_one = y.location.id
    model = new_model()
    for _ in range(rounds):
        trained, weights = {}, {}
        for x, y in shards:
            copy = model.copy().send(x.location)
            opt = optim.SGD(copy.parameters(), lr=rate)
            for _ in range(steps):
                opt.zero_grad()
                F.nll_loss(copy(x), y).backward()
                opt.step()
            opt.zero_grad()
            trained[x.location.id], weights[x.location.id] = copy.move(aggregator), len(x)
        model = sy.federated_avg(trained, weights=weights).get()
    return model
""",
)
wrong(
    "05.3",
    tag="came-home",
    why="fetches a row, then clears every transcript",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    import gc

    looked_at = shards[0][0].copy().get()
    for one in gc.get_objects():
        if type(one).__name__ == "Transcript":
            one.clear()
    model = new_model()
    for _ in range(rounds):
        trained, weights = {}, {}
        for x, y in shards:
            copy = model.copy().send(x.location)
            opt = optim.SGD(copy.parameters(), lr=rate)
            for _ in range(steps):
                opt.zero_grad()
                F.nll_loss(copy(x), y).backward()
                opt.step()
            opt.zero_grad()
            trained[x.location.id], weights[x.location.id] = copy.move(aggregator), len(x)
        model = sy.federated_avg(trained, weights=weights).get()
    return model
""",
)
right(
    "05.3",
    why="gradients as values; the weighted sum grows at the aggregator, copy by copy",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    model, rows = new_model(), sum(len(x) for x, _ in shards)
    for _ in range(rounds):
        mean = None
        for x, y in shards:
            copy = model.copy().send(x.location)
            for _ in range(steps):
                gradients = torch.autograd.grad(F.nll_loss(copy(x), y), list(copy.parameters()))
                with torch.no_grad():
                    for parameter, gradient in zip(copy.parameters(), gradients):
                        parameter -= rate * gradient
            copy.move(aggregator)
            part = [parameter.detach() * (len(x) / rows) for parameter in copy.parameters()]
            mean = part if mean is None else [a + b for a, b in zip(mean, part)]
        with torch.no_grad():
            for parameter, one in zip(model.parameters(), mean):
                parameter.copy_(one.get())
    return model
""",
)
right(
    "05.3",
    why="the average stays at the aggregator, which hands out the copies; it comes home once",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    average = new_model().send(aggregator)
    for _ in range(rounds):
        trained = {}
        for x, y in shards:
            model = average.copy().move(x.location)
            opt = optim.SGD(model.parameters(), lr=rate)
            for _ in range(steps):
                F.nll_loss(model(x), y).backward()
                opt.step()
                opt.zero_grad()
            trained[x.location.id] = model.move(aggregator)
        average = sy.federated_avg(trained, {x.location.id: len(x) for x, _ in shards})
    return average.get()
""",
)
right(
    "05.3",
    why="averages by hand at the aggregator",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    average = new_model()
    total = sum(len(x) for x, _ in shards)
    for _ in range(rounds):
        parts = []
        for x, y in shards:
            model = average.copy()
            opt = optim.SGD(model.parameters(), lr=rate)
            model.send(x.location)
            for _ in range(steps):
                loss = F.nll_loss(model(x), y)
                loss.backward()
                opt.step()
                opt.zero_grad()
            model.move(aggregator)
            parts.append([p.data * (len(x) / total) for p in model.parameters()])
        with torch.no_grad():
            for mine, *theirs in zip(average.parameters(), *parts):
                mine.copy_(sum(theirs).get())
        parts = model = theirs = None
    return average
""",
)
right(
    "05.3",
    why="an owner's part as a function, steps without an optimizer",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    def at_owner(x, y):
        model = average.copy().send(x.location)
        parameters = list(model.parameters())
        for _ in range(steps):
            gradients = torch.autograd.grad(F.nll_loss(model(x), y), parameters)
            with torch.no_grad():
                for parameter, gradient in zip(parameters, gradients):
                    parameter.sub_(rate * gradient)
        return model.move(aggregator)

    average = new_model()
    for _ in range(rounds):
        copies = {i: at_owner(x, y) for i, (x, y) in enumerate(shards)}
        average = sy.federated_avg(copies, {i: x.shape[0] for i, (x, _) in enumerate(shards)})
        average.get()
    return average
""",
)
right(
    "05.3",
    why="all copies go out first; the average is loaded into the first model",
    source="""
def train_in_rounds(new_model, shards, aggregator, rounds, steps, rate):
    average = new_model()
    owners = [x.location for x, _ in shards]
    rows = {owner.id: x.shape[0] for owner, (x, _) in zip(owners, shards)}
    for _ in range(rounds):
        copies = [average.copy().move(owner) for owner in owners]
        for model, (x, y) in zip(copies, shards):
            opt = optim.SGD(model.parameters(), lr=rate)
            for _ in range(steps):
                model.zero_grad()
                nn.NLLLoss()(model(x), y).backward()
                opt.step()
            model.zero_grad()
        for model in copies:
            model.move(aggregator)
        mean = sy.federated_avg({owner.id: copy for owner, copy in zip(owners, copies)}, weights=rows)
        average.load_state_dict(mean.get().state_dict())
    return average
""",
)
harmless(
    "05.3",
    leak="history of value: *",
    reason="the only tensors that have names here are the owners' own rows",
)
different(
    "05.3",
    rewrite="model = average.copy().send(x.location) -> model = average.clone().send(x.location)",
    reason="a model has no clone()",
)
different(
    "05.3",
    rewrite="model = average.copy() -> model = average.clone()",
    reason="a model has no clone()",
)
different(
    "05.3",
    rewrite="copies = [average.copy().move(owner) for owner in owners]"
    " -> copies = [average.clone().move(owner) for owner in owners]",
    reason="a model has no clone()",
)
different(
    "05.3",
    rewrite="model = average.copy().move(x.location) -> model = average.clone().move(x.location)",
    reason="a model has no clone()",
)
different(
    "05.3",
    rewrite="copy = model.copy().send(x.location) -> copy = model.clone().send(x.location)",
    reason="a model has no clone()",
)
different(
    "05.3",
    rewrite="parameter -= rate * gradient -> parameter = parameter - rate * gradient",
    reason="a new tensor is not the model's parameter",
)
