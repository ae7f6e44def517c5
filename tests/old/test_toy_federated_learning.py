"""The toy data set of the old tutorials, trained at its owners: the numbers are those of plain torch."""

import copy

import pytest
import syft as sy
import torch
from syft.federated.floptimizer import Optims
from torch import nn, optim

DATA = [[0, 0], [0, 1], [1, 0], [1, 1.0]]
TARGET = [[0], [0], [1], [1.0]]


def toy():
    torch.manual_seed(3)
    data = torch.tensor(DATA, requires_grad=True)
    target = torch.tensor(TARGET, requires_grad=True)
    return data, target, nn.Linear(2, 1)


def same(ours, plain):
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), plain.parameters(), strict=True))


OPTIMIZERS = {
    "SGD": lambda params: optim.SGD(params=params, lr=0.1),
    "momentum": lambda params: optim.SGD(params, lr=0.05, momentum=0.9),
    "Adam": lambda params: optim.Adam(params, lr=0.1),
    "RMSprop": lambda params: optim.RMSprop(params, lr=0.01),
}


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_the_model_travels_to_the_data(make):
    hook = sy.TorchHook(torch)
    bob = sy.VirtualWorker(hook, id="bob")
    alice = sy.VirtualWorker(hook, id="alice")
    data, target, model = toy()
    plain = copy.deepcopy(model)

    data_bob, target_bob = data[0:2].send(bob), target[0:2].send(bob)
    data_alice, target_alice = data[2:].send(alice), target[2:].send(alice)
    datasets = [(data_bob, target_bob), (data_alice, target_alice)]
    opt = make(model.parameters())
    losses = []
    for _ in range(10):
        for inputs, labels in datasets:
            model.send(inputs.location)
            opt.zero_grad()
            pred = model(inputs)
            loss = ((pred - labels) ** 2).sum()
            loss.backward()
            opt.step()
            model.get()
            losses.append(f"{loss.get().data:.6f}")

    opt = make(plain.parameters())
    expected = []
    for _ in range(10):
        for rows in (slice(0, 2), slice(2, 4)):
            opt.zero_grad()
            loss = ((plain(data[rows]) - target[rows]) ** 2).sum()
            loss.backward()
            opt.step()
            expected.append(f"{loss.data:.6f}")
    same(model, plain)
    assert losses == expected
    del pred
    assert (len(bob._objects), len(alice._objects)) == (2, 2)


def test_an_optimizer_for_each_worker():
    hook = sy.TorchHook(torch)
    bob, alice = sy.VirtualWorker(hook, id="bob"), sy.VirtualWorker(hook, id="alice")
    data, target, model = toy()
    plain = copy.deepcopy(model)
    rows = {"bob": slice(0, 2), "alice": slice(2, 4)}
    datasets = [(data[rows[w.id]].send(w), target[rows[w.id]].send(w)) for w in (bob, alice)]
    optims = Optims(["bob", "alice"], optim=optim.Adam(params=model.parameters(), lr=0.1))
    for _ in range(5):
        for inputs, labels in datasets:
            model.send(inputs.location)
            opt = optims.get_optim(inputs.location.id)
            opt.zero_grad()
            loss = ((model(inputs) - labels) ** 2).sum()
            loss.backward()
            opt.step()
            model.get()

    own = {name: optim.Adam(plain.parameters(), lr=0.1) for name in rows}
    for _ in range(5):
        for name, part in rows.items():
            own[name].zero_grad()
            ((plain(data[part]) - target[part]) ** 2).sum().backward()
            own[name].step()
    same(model, plain)


def test_a_trusted_aggregator():
    hook = sy.TorchHook(torch)
    bob = sy.VirtualWorker(hook, id="bob")
    alice = sy.VirtualWorker(hook, id="alice")
    secure_worker = sy.VirtualWorker(hook, id="secure_worker")
    bob.add_workers([alice, secure_worker])
    alice.add_workers([bob, secure_worker])
    secure_worker.add_workers([alice, bob])
    data, target, model = toy()
    plain = copy.deepcopy(model)

    bobs_data, bobs_target = data[0:2].send(bob), target[0:2].send(bob)
    alices_data, alices_target = data[2:].send(alice), target[2:].send(alice)
    for _ in range(3):
        bobs_model = model.copy().send(bob)
        alices_model = model.copy().send(alice)
        bobs_opt = optim.SGD(params=bobs_model.parameters(), lr=0.1)
        alices_opt = optim.SGD(params=alices_model.parameters(), lr=0.1)
        for _ in range(5):
            bobs_opt.zero_grad()
            bobs_loss = ((bobs_model(bobs_data) - bobs_target) ** 2).sum()
            bobs_loss.backward()
            bobs_opt.step()
            bobs_loss = bobs_loss.get().data

            alices_opt.zero_grad()
            alices_loss = ((alices_model(alices_data) - alices_target) ** 2).sum()
            alices_loss.backward()
            alices_opt.step()
            alices_loss = alices_loss.get().data
        alices_model.move(secure_worker)
        bobs_model.move(secure_worker)
        with torch.no_grad():
            model.weight.set_(((alices_model.weight.data + bobs_model.weight.data) / 2).get())
            model.bias.set_(((alices_model.bias.data + bobs_model.bias.data) / 2).get())
        assert "Bob:" + str(bobs_loss) + " Alice:" + str(alices_loss)

    for _ in range(3):
        twins = [copy.deepcopy(plain) for _ in range(2)]
        for twin, part in zip(twins, (slice(0, 2), slice(2, 4)), strict=True):
            opt = optim.SGD(twin.parameters(), lr=0.1)
            for _ in range(5):
                opt.zero_grad()
                ((twin(data[part]) - target[part]) ** 2).sum().backward()
                opt.step()
        with torch.no_grad():
            plain.weight.copy_((twins[1].weight + twins[0].weight) / 2)
            plain.bias.copy_((twins[1].bias + twins[0].bias) / 2)
    same(model, plain)
    assert ((model(data) - target) ** 2).sum() < ((toy()[2](data) - target) ** 2).sum()


def test_a_recurrent_model_and_its_gradients():
    hook = sy.TorchHook(torch)
    alice = sy.VirtualWorker(hook, id="alice")

    class RNN(nn.Module):
        def __init__(self, input_size, hidden_size, output_size):
            super().__init__()
            self.hidden_size = hidden_size
            self.i2h = nn.Linear(input_size + hidden_size, hidden_size)
            self.i2o = nn.Linear(input_size + hidden_size, output_size)
            self.softmax = nn.LogSoftmax(dim=1)

        def forward(self, input, hidden):
            combined = torch.cat((input, hidden), 1)
            return self.softmax(self.i2o(combined)), self.i2h(combined)

        def initHidden(self):
            return torch.zeros(1, self.hidden_size)

    torch.manual_seed(0)
    rnn = RNN(5, 7, 3)
    letters = torch.eye(5)[[0, 3, 1]].unsqueeze(1)
    label = torch.tensor([2])
    criterion = nn.NLLLoss()

    def run(model, hidden, letters, label):
        for letter in letters:
            output, hidden = model(letter, hidden)
        loss = criterion(output, label)
        loss.backward()
        for param in model.parameters():
            if param.grad is not None:
                param.data.add_(param.grad.data, alpha=-0.05)
        return loss

    alice_model = rnn.copy().send(alice)
    alice_letters = [letter.copy().send(alice) for letter in letters]
    hidden = alice_model.initHidden().send(alice)
    loss = run(alice_model, hidden, alice_letters, label.send(alice))
    model_got = alice_model.get()
    expected = run(rnn, rnn.initHidden(), list(letters), label)
    assert torch.equal(loss.get(), expected.detach())
    same(model_got, rnn)
