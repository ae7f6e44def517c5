"""Seed 000, toy federated learning and pointer chains: the whole notebook, call for call."""

import re

import numpy as np  # noqa: F401 - as in the seed
import pytest
import syft as sy
import torch as th
from torch import nn, optim

from tests.seeds.printed import holds, same_numbers, shows

# What was changed: in the seed, here, and why.
CHANGED = [
    ("pip install syft", "import course.compat (conftest)", "this library stands in for it"),
    ("list(model.parameters)", "list(model.parameters())", "the author forgot to call the method"),
    ("_data.location", "data_bob.location", "_data is of a cell that was deleted"),
    ("y after the second clear", "y made and sent to bob and jon", "that cell was deleted; its output stays"),
    ("x.move(alice), then bob has it", "x.move(bob) after it", "run again in another order than it says"),
    ("me:670 -> bob:670 after move", "me:ID -> bob:(id as before)", "the id at the location travels along"),
    ("prints the loss", "collects it, and prints it as well", "compared with the same in plain torch"),
]

FIVE = "tensor([1, 2, 3, 4, 5])"
BOBS_X = "(Wrapper)>[PointerTensor | me:ID -> bob:ID]"
ALICES_X = "(Wrapper)>[PointerTensor | me:ID -> alice:ID]"


def toy():
    data = th.tensor([[1.0, 1], [0, 1], [1, 0], [0, 0]], requires_grad=True)
    target = th.tensor([[1.0], [1], [0], [0]], requires_grad=True)
    return data, target


def train(epochs):
    """The classical training of the seed."""
    data, target = toy()
    model = nn.Linear(2, 1)
    optimizer = optim.SGD(params=model.parameters(), lr=0.1)
    mean_loss = []
    for _ in range(epochs):
        optimizer.zero_grad()
        pred = model(data)
        loss = ((pred - target) ** 2).sum()
        loss.backward()
        optimizer.step()
        print(loss.data)
        mean_loss.append(loss.data)
    print(f"Average loss : {sum(mean_loss) / len(mean_loss)}")
    return mean_loss


def test_classical_training(hook, capsys):
    data, target = toy()
    print(data.dtype)
    print(target.dtype)
    losses = train(20)
    *lines, last = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["torch.float32", "torch.float32"]
    assert len(lines) == 22
    assert all(re.fullmatch(r"tensor\(\d\.\d{4}(e-\d\d)?\)", line) for line in lines[2:])
    assert re.fullmatch(r"Average loss : 0\.\d+", last)
    assert losses[-1] < losses[0]


def test_the_hook_changes_nothing_of_classical_training(hook):
    hook.unhook()
    assert not hasattr(th.Tensor, "send")
    th.manual_seed(1)
    unhooked = train(20)
    sy.TorchHook(th)
    th.manual_seed(1)
    assert train(20) == unhooked


@pytest.fixture
def datasets(bob, alice):
    data, target = toy()
    data_bob = data[0:2].send(bob)
    target_bob = target[0:2].send(bob)
    data_alice = data[2:4].send(alice)
    target_alice = target[2:4].send(alice)
    assert shows(data_bob.location, "<VirtualWorker id:bob #objects:2>")
    return [(data_bob, target_bob), (data_alice, target_alice)]


def train_model(datasets, epochs=20):
    """The federated training of the seed."""
    model = nn.Linear(2, 1)
    optimizer = optim.SGD(params=model.parameters(), lr=0.1)
    losses = []
    for _ in range(epochs):
        for inputs, labels in datasets:
            model = model.send(inputs.location)
            optimizer.zero_grad()
            pred = model(inputs)
            loss = ((pred - labels) ** 2).sum()
            loss.backward()
            optimizer.step()
            model = model.get()
            losses.append(loss.get())
            print(losses[-1])
    return losses


def train_plain(epochs=20):
    """The same program in plain torch."""
    data, target = toy()
    model = nn.Linear(2, 1)
    optimizer = optim.SGD(params=model.parameters(), lr=0.1)
    losses = []
    for _ in range(epochs):
        for rows in (slice(0, 2), slice(2, 4)):
            optimizer.zero_grad()
            loss = ((model(data[rows]) - target[rows]) ** 2).sum()
            loss.backward()
            optimizer.step()
            losses.append(loss)
    return losses


def test_federated_training(datasets, capsys):
    assert same_numbers(lambda: train_model(datasets), train_plain)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 40
    assert all(re.fullmatch(r"tensor\(\d\.\d{4}, requires_grad=True\)", line) for line in lines[:10])


def test_parameters_of_a_model():
    weight, bias = list(nn.Linear(2, 1).parameters())
    assert weight.shape == (1, 2)
    assert bias.shape == (1,)


def test_a_pointer_to_a_pointer(bob, alice, datasets):
    assert shows(bob.clear_objects(), "<VirtualWorker id:bob #objects:0>")
    assert shows(alice.clear_objects(), "<VirtualWorker id:alice #objects:0>")

    x = th.tensor([1, 2, 3, 4, 5]).send(bob)
    assert shows(x, BOBS_X)
    assert shows(bob._objects, "{ID: tensor([1, 2, 3, 4, 5])}")
    mine, his = x.id, x.id_at_location

    x = x.send(alice)
    assert shows(x, ALICES_X)
    assert x.id_at_location == mine
    assert shows(bob._objects, f"{{{his}: {FIVE}}}")
    chain = f"(Wrapper)>[PointerTensor | alice:{mine} -> bob:{his}]"
    assert shows(alice._objects, f"{{{mine}: {chain}}}")
    assert shows(x, ALICES_X)

    y = x + x
    assert shows(y, ALICES_X)
    assert holds(bob, FIVE, "tensor([ 2,  4,  6,  8, 10])")
    assert holds(alice, *["(Wrapper)>[PointerTensor | alice:ID -> bob:ID]"] * 2)
    assert repr(alice._objects[mine]) == chain
    assert len({held.id_at_location for held in alice._objects.values()}) == 2


def test_a_chain_is_unwrapped_link_by_link(hook, bob, alice):
    jon = sy.VirtualWorker(hook, id="jon")
    y = th.tensor([1, 2, 3, 4, 5]).send(bob).send(jon)
    bob.clear_objects()
    alice.clear_objects()

    x = th.tensor([1, 2, 3, 4, 5]).send(bob).send(alice)
    assert shows(bob._objects, "{ID: tensor([1, 2, 3, 4, 5])}")
    assert shows(y, "(Wrapper)>[PointerTensor | me:ID -> jon:ID]")
    assert shows(jon._objects, "{ID: (Wrapper)>[PointerTensor | jon:ID -> bob:ID]}")
    assert shows(alice._objects, "{ID: (Wrapper)>[PointerTensor | alice:ID -> bob:ID]}")

    hers = x.id_at_location
    x = x.get()
    assert shows(x, f"(Wrapper)>[PointerTensor | me:{hers} -> bob:ID]")
    assert shows(bob._objects, "{ID: tensor([1, 2, 3, 4, 5])}")
    assert shows(alice._objects, "{}")

    x = x.get()
    assert shows(x, FIVE)
    assert shows(bob._objects, "{}")


def test_pointer_chain_operations(bob, alice):
    bob.clear_objects()
    assert shows(alice.clear_objects(), "<VirtualWorker id:alice #objects:0>")
    x = th.tensor([1, 2, 3, 4, 5]).send(bob).send(alice)
    assert shows(bob._objects, "{ID: tensor([1, 2, 3, 4, 5])}")
    assert shows(alice._objects, "{ID: (Wrapper)>[PointerTensor | alice:ID -> bob:ID]}")
    assert shows(x, ALICES_X)

    hers = int(x.id_at_location)
    assert shows(x.remote_get(), f"(Wrapper)>[PointerTensor | me:ID -> alice:{hers}]")
    assert shows(bob._objects, "{}")
    assert shows(alice._objects, f"{{{hers}: tensor([1, 2, 3, 4, 5])}}")

    x.move(bob)
    assert shows(x, f"(Wrapper)>[PointerTensor | me:ID -> bob:{hers}]")
    assert shows(bob._objects, f"{{{hers}: tensor([1, 2, 3, 4, 5])}}")
    assert shows(alice._objects, "{}")

    x.move(alice)
    x.move(bob)
    assert shows(bob._objects, "{ID: tensor([1, 2, 3, 4, 5])}")
    assert shows(alice._objects, "{}")
