"""Exercise 13.1, predict on shares: what the check must reject, with the tag of its message, and must accept."""

from course.authoring.answers import right, scene, wrong

scene(
    "13.1",
    source="""
bob, alice, cp = [sy.VirtualWorker(sy, id=name) for name in ("bob", "alice", "crypto_provider")]

def shared(value):
    return value.fix_precision(16, base=2).share(bob, alice, crypto_provider=cp)


model = nn.Sequential(nn.Linear(2, 1))
with torch.no_grad():
    model[0].weight.copy_(torch.tensor([[1.0, 0.5]]))
    model[0].bias.fill_(-0.5)
x = shared(torch.tensor([[1.5, 1.0]]))
""",
)
wrong(
    "13.1",
    tag="left-public",
    why="the model left public",
    source="""
def encrypted_forward(model, x, holders, cp):
    return model(x)
""",
)
wrong(
    "13.1",
    tag="came-home",
    why="decrypts between layers",
    source="""
def encrypted_forward(model, x, holders, cp):
    for layer in copy.deepcopy(model):
        if isinstance(layer, nn.Linear):
            layer.fix_precision(16, base=2).share(*holders, crypto_provider=cp)
        numbers = layer(x).decrypt().detach()
        x = numbers.fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    return x
""",
)
wrong(
    "13.1",
    tag="came-home",
    why="opens the rows and shares the prediction",
    source="""
def encrypted_forward(model, x, holders, cp):
    with torch.no_grad():
        prediction = model(x.virtual_get().float_precision())
    return prediction.fix_precision(16, base=2).share(*holders, crypto_provider=cp)
""",
)
wrong(
    "13.1",
    tag="came-home",
    why="looks whether it is right",
    source="""
def encrypted_forward(model, x, holders, cp):
    secret = copy.deepcopy(model).fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    prediction = secret(x)
    seen = prediction.virtual_get().float_precision()
    return prediction
""",
)
wrong(
    "13.1",
    tag="gone",
    why="shares the model itself",
    source="""
def encrypted_forward(model, x, holders, cp):
    model.fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    return model(x)
""",
)
wrong(
    "13.1",
    tag="came-home",
    why="shares the model, and fetches it back rounded",
    source="""
def encrypted_forward(model, x, holders, cp):
    model.fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    prediction = model(x)
    model.get()
    return prediction
""",
)
wrong(
    "13.1",
    tag="no-relu",
    why="runs only the linear layers",
    source="""
def encrypted_forward(model, x, holders, cp):
    for layer in copy.deepcopy(model):
        if isinstance(layer, nn.Linear):
            x = layer.fix_precision(16, base=2).share(*holders, crypto_provider=cp)(x)
    return x
""",
)
wrong(
    "13.1",
    tag="no-bias",
    why="shares the weights and multiplies by hand, without biases",
    example="the example has a bias",
    source="""
def encrypted_forward(model, x, holders, cp):
    for layer in model:
        if isinstance(layer, nn.Linear):
            weight = layer.weight.detach().fix_precision(16, base=2)
            x = x @ weight.share(*holders, crypto_provider=cp).t()
        else:
            x = layer(x)
    return x
""",
)
wrong(
    "13.1",
    tag="late-relu",
    why="a relu after every layer, the last one too",
    source="""
def encrypted_forward(model, x, holders, cp):
    secret = copy.deepcopy(model).fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    return secret(x).relu()
""",
)
wrong(
    "13.1",
    tag="wrong-shape",
    why="returns the first output",
    example="the example has two dimensions",
    source="""
def encrypted_forward(model, x, holders, cp):
    secret = copy.deepcopy(model).fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    return secret(x)[:, 0]
""",
)
wrong(
    "13.1",
    tag="sent-bare",
    why="sends the weights to a holder, too",
    source="""
def encrypted_forward(model, x, holders, cp):
    model[0].weight.detach().clone().send(holders[0])
    secret = copy.deepcopy(model).fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    return secret(x)
""",
)
wrong(
    "13.1",
    tag="came-home",
    why="decrypts the rows, which spends them, and shares the prediction",
    source="""
def encrypted_forward(model, x, holders, cp):
    with torch.no_grad():
        prediction = model(x.decrypt())
    return prediction.fix_precision(16, base=2).share(*holders, crypto_provider=cp)
""",
)
wrong(
    "13.1",
    tag="own-relu",
    why="takes the linear layers, with relus of its own",
    source="""
import copy
def encrypted_forward(model, x, holders, cp):
    mine = copy.deepcopy(model).fix_precision(16, base=2)
    mine.share(*holders, crypto_provider=cp, requires_grad=False)
    layers = [m for m in mine.modules() if isinstance(m, nn.Linear)]
    for layer in layers[:-1]:
        x = layer(x).relu()
    return layers[-1](x)
""",
)
wrong(
    "13.1",
    tag="holders",
    why="shares with two of the holders",
    source="""
import copy
def encrypted_forward(model, x, holders, cp):
    mine = copy.deepcopy(model).fix_precision(16, base=2)
    mine.share(*holders[:2], crypto_provider=cp, requires_grad=False)
    return mine(x)
""",
)
wrong(
    "13.1",
    tag="left-public",
    why="each weight as a public factor",
    source="""
def encrypted_forward(model, x, holders, cp):
    for layer in model:
        if isinstance(layer, nn.Linear):
            rows = zip(layer.weight.tolist(), layer.bias.tolist())
            columns = [sum(x[:, i] * w for i, w in enumerate(row)) + bias for row, bias in rows]
            x = torch.stack(columns, dim=1)
        else:
            x = layer(x)
    return x
""",
)
wrong(
    "13.1",
    tag="sent-bare",
    why="tells a holder the encoded weights besides",
    source="""
def encrypted_forward(model, x, holders, cp):
    secret = copy.deepcopy(model).fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    kept = [(p.detach() * 2**16).round().long().send(holders[0]) for p in model.parameters()]
    return secret(x)
""",
)
wrong(
    "13.1",
    tag="sent-bare",
    why="tells the dealer the encoded weights",
    source="""
def encrypted_forward(model, x, holders, cp):
    secret = copy.deepcopy(model).fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    kept = [(p.detach() * 2**16).round().long().send(cp) for p in model.parameters()]
    return secret(x)
""",
)
wrong(
    "13.1",
    tag="said-beside",
    why="labels shares by the weights",
    source="""
def encrypted_forward(model, x, holders, cp):
    secret = copy.deepcopy(model).fix_precision(16, base=2).share(*holders, crypto_provider=cp)
    for share in x.child:
        share.tag(f"#bias {model[-1].bias[0].item()}")
    return secret(x)
""",
)
right(
    "13.1",
    why="layer by layer",
    source="""
def encrypted_forward(model, x, holders, cp):
    for layer in model:
        own = copy.deepcopy(layer)
        if list(own.parameters()):
            own = own.fix_precision(16, base=2).share(*holders, crypto_provider=cp)
        x = own(x)
    return x
""",
)
right(
    "13.1",
    why="encrypt, the short word",
    source="""
def encrypted_forward(model, x, holders, cp):
    twin = copy.deepcopy(model)
    twin.encrypt(*holders, crypto_provider=cp, precision_fractional=16, base=2)
    prediction = twin(x)
    return prediction
""",
)
right(
    "13.1",
    why="weights shared one by one",
    source="""
def encrypted_forward(model, x, holders, cp):
    def split(part):
        return part.detach().fix_precision(16, base=2).share(*holders, crypto_provider=cp)

    for layer in model:
        x = F.linear(x, split(layer.weight), split(layer.bias)) if isinstance(layer, nn.Linear) else x.relu()
    return x
""",
)
right(
    "13.1",
    why="the model called with shared parameters in place of its own",
    source="""
import copy
def encrypted_forward(model, x, holders, cp):
    from torch.func import functional_call
    there = {name: p.detach().fix_precision(16, base=2).share(*holders, crypto_provider=cp) for name, p in model.named_parameters()}
    return functional_call(model, there, (x,))
""",
)
