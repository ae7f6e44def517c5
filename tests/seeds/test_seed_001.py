"""Seed 001, remote tensors and remote arithmetic: the whole notebook, call for call."""

import pytest
import syft as sy
import torch as th

from tests.seeds.printed import shows

# What was changed: in the seed, here, and why.
CHANGED = [
    ("pip install syft", "import course.compat (conftest)", "this library stands in for it"),
    ("bob is empty after x.owner", "x = x.get() before it", "that cell was deleted; its output stays"),
    ("<TO DO>", "nothing", "no code"),
    ("z.backward() prints a pointer", "it prints nothing: None", "as in torch; nobody can use that pointer"),
]

FIVE = "tensor([1, 2, 3, 4, 5])"
AT_BOB = "(Wrapper)>[PointerTensor | me:ID -> bob:ID]"


def test_basic_remote_execution():
    hook = sy.TorchHook(th)
    bob = sy.VirtualWorker(hook, id="bob")
    assert shows(bob._objects, "{}")

    x = th.tensor([1, 2, 3, 4, 5])
    x = x.send(bob)
    assert shows(bob._objects, "{ID: tensor([1, 2, 3, 4, 5])}")
    assert shows(x.location, "<VirtualWorker id:bob #objects:1>")
    assert shows(x.id_at_location, "ID")
    assert [x.id_at_location] == list(bob._objects)
    assert shows(x.id, "ID")
    assert x.id != x.id_at_location
    assert shows(x.owner, "<VirtualWorker id:me #objects:0>")
    assert shows(hook.local_worker, "<VirtualWorker id:me #objects:0>")

    x = x.get()
    assert shows(x, FIVE)
    assert shows(bob._objects, "{}")


@pytest.fixture
def workers():
    hook = sy.TorchHook(th)
    return sy.VirtualWorker(hook, id="bob"), sy.VirtualWorker(hook, id="alice")


def test_tensors_on_two_workers(workers):
    bob, alice = workers
    x = th.tensor([1, 2, 3, 4, 5])
    x = x.send(bob, alice)
    assert shows(
        x,
        """(Wrapper)>[MultiPointerTensor]
        -> (Wrapper)>[PointerTensor | me:ID -> bob:ID]
        -> (Wrapper)>[PointerTensor | me:ID -> alice:ID]""",
    )
    assert "\n\t-> " in repr(x)
    assert shows(bob._objects, "{ID: tensor([1, 2, 3, 4, 5])}")
    assert shows(alice._objects, "{ID: tensor([1, 2, 3, 4, 5])}")

    assert shows(x.get(), "[tensor([1, 2, 3, 4, 5]), tensor([1, 2, 3, 4, 5])]")
    assert shows(bob._objects, "{}")
    assert shows(alice._objects, "{}")

    x = th.tensor([1, 2, 3, 4, 5]).send(bob, alice)
    z = x.get(sum_results=True)
    assert shows(z, "tensor([ 2,  4,  6,  8, 10])")


def test_remote_arithmetic(workers):
    bob, _ = workers
    x = th.tensor([1, 2, 3, 4, 5]).send(bob)
    y = th.tensor([1, 1, 1, 1, 1]).send(bob)
    assert shows(x, AT_BOB)
    assert shows(y, AT_BOB)

    z = x + y
    assert shows(z, AT_BOB)
    z = z.get()
    assert shows(z, "tensor([2, 3, 4, 5, 6])")

    z = th.add(x, y)
    assert shows(z, AT_BOB)
    z = z.get()
    assert shows(z, "tensor([2, 3, 4, 5, 6])")


def test_remote_autograd(workers):
    bob, _ = workers
    x = th.tensor([1.0, 2, 3, 4, 5], requires_grad=True).send(bob)
    y = th.tensor([1.0, 1, 1, 1, 1], requires_grad=True).send(bob)
    z = (x + y).sum()
    assert z.backward() is None
    x = x.get()
    assert shows(x, "tensor([1., 2., 3., 4., 5.], requires_grad=True)")
    assert shows(x.grad, "tensor([1., 1., 1., 1., 1.])")
    assert shows(y.grad.get(), "tensor([1., 1., 1., 1., 1.])")
