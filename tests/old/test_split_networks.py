"""A network cut into segments at several workers: activations go forward, gradients back, by the caller's own hand."""

import copy

import pytest
import syft as sy
import torch
from torch import nn, optim

torch.manual_seed(0)
IMAGES = torch.rand(12, 6)
LABELS = torch.randint(0, 3, (12,))


def segments():
    torch.manual_seed(1)
    return [
        nn.Sequential(nn.Linear(6, 5), nn.ReLU()),
        nn.Sequential(nn.Linear(5, 4), nn.Tanh()),
        nn.Sequential(nn.Linear(4, 3), nn.LogSoftmax(dim=1)),
    ]


class SplitNN(torch.nn.Module):
    """A chain of models and their optimizers. It keeps where each activation left and where it arrived."""

    def __init__(self, models, optimizers):
        super().__init__()
        self.models, self.optimizers = models, optimizers
        self.outputs, self.inputs = [None] * len(models), [None] * len(models)

    def forward(self, x):
        self.inputs[0] = x
        self.outputs[0] = self.models[0](x)
        for i in range(1, len(self.models)):
            self.inputs[i] = self.outputs[i - 1].detach().requires_grad_()
            if self.outputs[i - 1].location != self.models[i].location:
                self.inputs[i] = self.inputs[i].move(self.models[i].location).requires_grad_()
            self.outputs[i] = self.models[i](self.inputs[i])
        return self.outputs[-1]

    def backward(self):
        for i in range(len(self.models) - 2, -1, -1):
            grad_in = self.inputs[i + 1].grad.copy()
            if self.outputs[i].location != self.inputs[i + 1].location:
                grad_in = grad_in.move(self.outputs[i].location)
            self.outputs[i].backward(grad_in)

    def zero_grads(self):
        for opt in self.optimizers:
            opt.zero_grad()

    def step(self):
        for opt in self.optimizers:
            opt.step()

    @property
    def location(self):
        return self.models[0].location if self.models else None


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("places", [("alice", "bob", "claire"), ("alice", "alice", "bob"), ("bob", "alice", "bob")])
def test_three_segments(places):
    hook = sy.TorchHook(torch, verbose=False)
    models, plain = segments(), nn.Sequential(*segments())
    optimizers = [optim.SGD(model.parameters(), lr=0.3) for model in models]
    for model, place in zip(models, places, strict=True):
        model.send(sy.VirtualWorker(hook, id=place))
    split = SplitNN(models, optimizers)
    assert split.location.id == places[0]
    criterion = nn.NLLLoss()
    running, expected = 0, 0
    opt = optim.SGD(plain.parameters(), lr=0.3)
    for _ in range(4):
        for images, labels in zip(IMAGES.split(4), LABELS.split(4), strict=True):
            remote = images.send(models[0].location)
            remote = remote.view(remote.shape[0], -1)
            split.zero_grads()
            pred = split.forward(remote)
            loss = criterion(pred, labels.send(models[-1].location))
            loss.backward()
            split.backward()
            split.step()
            running += loss.get()

            opt.zero_grad()
            loss = criterion(plain(images), labels)
            loss.backward()
            opt.step()
            expected += loss.detach()
    with torch.no_grad():
        output = split(IMAGES.send(split.location)).get()
        assert torch.equal(output, plain(IMAGES))
    for model in models:
        model.get()
    assert all(map(torch.equal, nn.ModuleList(models).state_dict().values(), plain.state_dict().values()))
    assert torch.equal(running.detach(), expected)


def test_two_owners_of_columns_and_a_head():
    """Vertically split data: each owner has half of the columns, the labels' owner joins what they send."""
    hook = sy.TorchHook(torch)
    alice, bob, claire = [sy.VirtualWorker(hook, id=name) for name in ("alice", "bob", "claire")]
    torch.manual_seed(2)
    parts, head = [nn.Linear(3, 2), nn.Linear(3, 2)], nn.Linear(4, 3)
    plain = copy.deepcopy([*parts, head])
    optimizers = [optim.SGD(model.parameters(), lr=0.1) for model in [*parts, head]]
    columns = [IMAGES[:, :3].send(alice), IMAGES[:, 3:].send(bob)]
    labels = LABELS.send(claire)
    for part, owner in zip(parts, (alice, bob), strict=True):
        part.send(owner)
    head.send(claire)
    for _ in range(5):
        for opt in optimizers:
            opt.zero_grad()
        outputs = [part(x) for part, x in zip(parts, columns, strict=True)]
        inputs = [output.detach().move(claire, requires_grad=True) for output in outputs]
        loss = nn.functional.cross_entropy(head(torch.cat(inputs, dim=1)), labels)
        loss.backward()
        for output, arrived in zip(outputs, inputs, strict=True):
            output.backward(arrived.grad.copy().move(output.location))
        for opt in optimizers:
            opt.step()
        loss = loss.get()

    optimizers = [optim.SGD(model.parameters(), lr=0.1) for model in plain]
    for _ in range(5):
        for opt in optimizers:
            opt.zero_grad()
        joined = torch.cat([plain[0](IMAGES[:, :3]), plain[1](IMAGES[:, 3:])], dim=1)
        expected = nn.functional.cross_entropy(plain[2](joined), LABELS)
        expected.backward()
        for opt in optimizers:
            opt.step()
    assert torch.equal(loss.data, expected.data)
    for ours, theirs in zip([*parts, head], plain, strict=True):
        assert all(map(torch.equal, ours.get().state_dict().values(), theirs.state_dict().values()))
