"""Seed 003, notes: its pointers, the move, Optims, and the averaging of two models; call for call."""

import pytest
import syft as sy
import torch
from syft.federated.floptimizer import Optims
from torch import nn, optim

from tests.seeds.printed import same_numbers, shows

# What was changed: in the seed, here, and why.
CHANGED = [
    ("hook, secure_worker from nowhere", "made", "defined in cells that were deleted"),
    ("bobs_data, ... from nowhere", "data_bob, ... of the cell above it", "the same tensors, other names"),
    ("prints the loss", "collects it", "compared with plain torch"),
    ("FederatedDataLoader, MNIST, plans", "not here", "the library does not have them yet"),
]


def test_send_tensors_to_remote_workers(hook):
    bob = sy.VirtualWorker(hook, id="bob")
    x = torch.tensor([1, 2, 3, 4, 5])
    y = torch.tensor([1, 1, 1, 1, 1])
    x_ptr = x.send(bob)
    y_ptr = y.send(bob)
    assert shows(bob._objects, "{ID: tensor([1, 2, 3, 4, 5]), ID: tensor([1, 1, 1, 1, 1])}")
    assert list(bob._objects) == [x_ptr.id_at_location, y_ptr.id_at_location]


def test_get_tensors_from_remote_workers(hook, bob):
    bob.clear_objects()
    bob = sy.VirtualWorker(hook, id="bob")
    x = torch.tensor([1, 2, 3, 4, 5])
    y = torch.tensor([1, 1, 1, 1, 1])
    x_ptr = x.send(bob)
    y_ptr = y.send(bob)
    assert shows(bob._objects, "{ID: tensor([1, 2, 3, 4, 5]), ID: tensor([1, 1, 1, 1, 1])}")
    assert shows(x_ptr.location == bob, "True")
    assert shows(x_ptr.owner, "<VirtualWorker id:me #objects:0>")
    assert sy.local_worker == x_ptr.owner
    x_ptr.get()
    assert shows(bob._objects, "{ID: tensor([1, 1, 1, 1, 1])}")
    assert list(bob._objects) == [y_ptr.id_at_location]


def test_compute_remotely_get_the_result(bob):
    x_ptr = torch.tensor([1, 2, 3, 4, 5]).send(bob)
    y_ptr = torch.tensor([5, 4, 3, 2, 1]).send(bob)
    z_ptr = x_ptr + y_ptr
    assert shows(z_ptr.get(), "tensor([6, 6, 6, 6, 6])")


def test_send_a_pointer_to_a_remote_machine(bob, alice):
    bob.clear_objects()
    alice.clear_objects()
    x = torch.tensor([1, 2, 3, 4])
    x_ptr = x.send(bob)
    assert shows(x_ptr.owner, "<VirtualWorker id:me #objects:0>")
    pointer_to_x_ptr = x_ptr.send(alice)
    assert shows(pointer_to_x_ptr.owner, "<VirtualWorker id:me #objects:0>")
    assert shows(bob._objects, "{ID: tensor([1, 2, 3, 4])}")
    assert shows(alice._objects, "{ID: (Wrapper)>[PointerTensor | alice:ID -> bob:ID]}")


def test_send_data_directly_to_a_remote_machine(bob, alice):
    x = torch.tensor([1, 2, 3, 4, 5]).send(bob)
    place = int(x.id_at_location)
    assert shows(bob._objects, "{ID: tensor([1, 2, 3, 4, 5])}")
    assert shows(alice._objects, "{}")
    assert shows(x, f"(Wrapper)>[PointerTensor | me:ID -> bob:{place}]")
    me = x.id

    x = x.move(alice)
    assert shows(bob._objects, "{}")
    assert shows(alice._objects, f"{{{place}: tensor([1, 2, 3, 4, 5])}}")
    assert shows(x, f"(Wrapper)>[PointerTensor | me:{me} -> alice:{place}]")


def toy():
    data = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1.0]], requires_grad=True, dtype=torch.float)
    target = torch.tensor([[0], [0], [1], [1.0]], requires_grad=True, dtype=torch.float)
    return data, target


@pytest.fixture
def datasets(bob, alice):
    data, target = toy()
    data_bob = data[0:2]
    target_bob = target[0:2]
    data_alice = data[2:]
    target_alice = target[2:]
    data_bob = data_bob.send(bob)
    data_alice = data_alice.send(alice)
    target_bob = target_bob.send(bob)
    target_alice = target_alice.send(alice)
    return [(data_bob, target_bob), (data_alice, target_alice)]


def train_federated(datasets):
    model = nn.Linear(2, 1)
    workers = ["bob", "alice"]
    optims = Optims(workers, optim=optim.Adam(params=model.parameters(), lr=0.1))
    losses = []
    for _ in range(10):
        for data, target in datasets:
            model.send(data.location)
            opt = optims.get_optim(data.location.id)
            opt.zero_grad()
            pred = model(data)
            loss = ((pred - target) ** 2).sum()
            loss.backward()
            opt.step()
            model.get()
            losses.append(loss.get())
    return [*losses, *model.parameters()]


def train_plain():
    """The same program in plain torch: two Adams over the same parameters."""
    data, target = toy()
    model = nn.Linear(2, 1)
    optims = [optim.Adam(params=model.parameters(), lr=0.1) for _ in range(2)]
    losses = []
    for _ in range(10):
        for opt, rows in zip(optims, (slice(0, 2), slice(2, 4)), strict=True):
            opt.zero_grad()
            loss = ((model(data[rows]) - target[rows]) ** 2).sum()
            loss.backward()
            opt.step()
            losses.append(loss)
    return [*losses, *model.parameters()]


def test_training_with_an_optimizer_for_each_worker(datasets):
    assert same_numbers(lambda: train_federated(datasets), train_plain)


def train_and_average(bob, alice, secure_worker, bobs, alices):
    bobs_data, bobs_target = bobs
    alices_data, alices_target = alices
    model = nn.Linear(2, 1)
    iterations = 10
    worker_iters = 5
    losses = []
    for _ in range(iterations):
        bobs_model = model.copy().send(bob)
        alices_model = model.copy().send(alice)
        bobs_opt = optim.SGD(params=bobs_model.parameters(), lr=0.1)
        alices_opt = optim.SGD(params=alices_model.parameters(), lr=0.1)
        for _ in range(worker_iters):
            bobs_opt.zero_grad()
            bobs_pred = bobs_model(bobs_data)
            bobs_loss = ((bobs_pred - bobs_target) ** 2).sum()
            bobs_loss.backward()
            bobs_opt.step()
            bobs_loss = bobs_loss.get().data

            alices_opt.zero_grad()
            alices_pred = alices_model(alices_data)
            alices_loss = ((alices_pred - alices_target) ** 2).sum()
            alices_loss.backward()
            alices_opt.step()
            alices_loss = alices_loss.get().data
        alices_model.move(secure_worker)
        bobs_model.move(secure_worker)
        with torch.no_grad():
            model.weight.set_(((alices_model.weight.data + bobs_model.weight.data) / 2).get())
            model.bias.set_(((alices_model.bias.data + bobs_model.bias.data) / 2).get())
        losses += [bobs_loss, alices_loss]
    return [*losses, *model.parameters()]


def average_plain():
    """The same program in plain torch: two models learn apart and are averaged."""
    data, target = toy()
    weight, bias = nn.Linear(2, 1).parameters()
    losses = []
    for _ in range(10):
        models = [nn.utils.skip_init(nn.Linear, 2, 1) for _ in range(2)]
        for model, rows in zip(models, (slice(0, 2), slice(2, 4)), strict=True):
            model.load_state_dict({"weight": weight, "bias": bias})
            opt = optim.SGD(params=model.parameters(), lr=0.1)
            for _ in range(5):
                opt.zero_grad()
                loss = ((model(data[rows]) - target[rows]) ** 2).sum()
                loss.backward()
                opt.step()
            losses.append(loss.detach())
        weight, bias = ((models[1].weight + models[0].weight) / 2, (models[1].bias + models[0].bias) / 2)
    return [*losses, weight, bias]


def test_train_two_models_and_average_weights(hook, bob, alice, datasets):
    secure_worker = sy.VirtualWorker(hook, id="secure_worker")
    assert same_numbers(lambda: train_and_average(bob, alice, secure_worker, *datasets), average_plain)
    assert sy.seen_by("secure_worker").sender.unique().tolist() == ["alice", "bob"]
