"""Tensors at workers, pointers to pointers, and what old tutorials did with them, word for word in the old API."""

import syft as sy
import torch
import torch as th
from syft.exceptions import InvalidTensorForRemoteGet
from syft.frameworks.torch.pointers import PointerTensor
from syft.generic.pointers.multi_pointer import MultiPointerTensor
from syft.workers.base import BaseWorker


def test_basic_tools():
    hook = sy.TorchHook(torch, verbose=False)
    bob = sy.VirtualWorker(hook, id="bob")

    x = torch.tensor([1, 2, 3, 4, 5])
    x_ptr = x.send(bob)
    assert x.id in bob._objects and len(bob._objects) == 1
    assert isinstance(bob, BaseWorker)
    assert x_ptr.location == bob and x_ptr.location.id == "bob"
    assert x_ptr.id_at_location == x.id and x_ptr.owner == hook.local_worker == sy.local_worker
    assert isinstance(x_ptr.child, PointerTensor) and x_ptr.is_wrapper
    assert (x_ptr.get() == x).all()
    assert len(bob._objects) == 0

    x = torch.tensor([1, 2, 3, 4, 5]).send(bob)
    y = torch.tensor([1, 1, 1, 1, 1]).send(bob)
    z = x + y
    assert z.get().tolist() == [2, 3, 4, 5, 6]
    z = torch.add(x, y)
    assert z.get().tolist() == [2, 3, 4, 5, 6]

    x = torch.tensor([1, 2, 3, 4, 5.0], requires_grad=True).send(bob)
    y = torch.tensor([1, 1, 1, 1, 1.0], requires_grad=True).send(bob)
    z = (x + y).sum()
    z.backward()
    x = x.get()
    assert x.tolist() == [1, 2, 3, 4, 5] and x.grad.tolist() == [1] * 5


def test_pointer_to_pointer():
    hook = sy.TorchHook(torch)
    bob = sy.VirtualWorker(hook, id="bob")
    alice = sy.VirtualWorker(hook, id="alice")
    bob.add_worker(alice)
    hook.local_worker.add_workers([bob, alice])

    x = torch.tensor([1, 2, 3, 4])
    x_ptr = x.send(bob)
    pointer_to_x_ptr = x_ptr.send(alice)
    assert f"{alice._objects}".count("PointerTensor | alice:") == 1
    x_ptr = pointer_to_x_ptr.get()
    assert x_ptr.get().tolist() == [1, 2, 3, 4]

    p2p2x = torch.tensor([1, 2, 3, 4, 5]).send(bob).send(alice)
    y = p2p2x + p2p2x
    assert (len(bob._objects), len(alice._objects)) == (2, 2)
    assert y.get().get().tolist() == [2, 4, 6, 8, 10]
    assert (len(bob._objects), len(alice._objects)) == (1, 1)
    assert p2p2x.get().get().tolist() == [1, 2, 3, 4, 5]
    assert (len(bob._objects), len(alice._objects)) == (0, 0)

    x = torch.tensor([1, 2, 3, 4, 5]).send(bob)
    x = x.move(alice)
    assert (len(bob._objects), len(alice._objects)) == (0, 1)
    assert x.get().tolist() == [1, 2, 3, 4, 5]


def test_repeated_send():
    hook = sy.TorchHook(torch)
    bob = sy.VirtualWorker(hook, id="bob")
    x = torch.Tensor([1, 2])
    x_ptr = x.send(bob)
    x_ptr = x.send(bob)
    assert x.id in bob._objects and x_ptr.id_at_location == x.id
    assert x_ptr.get().tolist() == [1, 2]


def test_the_last_pointer_of_a_chain():
    hook = sy.TorchHook(torch)
    bob, alice, theo = [sy.VirtualWorker(hook, id=name) for name in ("bob", "alice", "theo")]

    x = torch.tensor([1.0, -2.0]).send(bob)
    x.remote_send(alice)
    assert (len(bob._objects), len(alice._objects)) == (1, 1)
    x.remote_get()
    assert (len(bob._objects), len(alice._objects)) == (1, 0)
    try:
        x.remote_get()
    except InvalidTensorForRemoteGet:
        pass
    else:
        raise AssertionError("there was nothing to pull")

    chain = x.abs().send(alice).send(theo)
    assert chain.get().get().get().tolist() == [1, 2]
    x.child.garbage_collect_data = False
    del x
    assert len(bob._objects) == 1
    bob.clear_objects()


def test_in_place():
    hook = sy.TorchHook(th)
    me = hook.local_worker
    me.is_client_worker = False
    bob = sy.VirtualWorker(id="bob", hook=hook, is_client_worker=False)
    assert me.get_worker("bob") is bob and me.get_worker(bob) is bob

    tensor = th.tensor([1.0, -1.0, 3.0, 4.0])
    pointer = tensor.send_(bob)
    assert id(pointer) == id(tensor) and pointer.id == tensor.id
    back = pointer.get_()
    assert id(back) == id(tensor)
    assert back.tolist() == [1, -1, 3, 4]


def test_many_pointers():
    hook = sy.TorchHook(torch)
    bob, alice = sy.VirtualWorker(hook, id="bob"), sy.VirtualWorker(hook, id="alice")

    a = th.tensor([1, 2, 3, 4, 5]).send(bob, alice)
    assert isinstance(a, MultiPointerTensor)
    assert (a + a).get(sum_results=True).tolist() == [4, 8, 12, 16, 20]
    assert [part.tolist() for part in (a + a).get()] == [[2, 4, 6, 8, 10]] * 2

    x = th.tensor([1, 2, 3, 4, 5]).send(bob)
    y = th.tensor([1, 2, 3, 4, 5]).send(alice)
    for b in (x.combine(y), sy.combine_pointers(*[x, y])):
        assert (b + b).get(sum_results=True).tolist() == [4, 8, 12, 16, 20]


def test_search():
    hook = sy.TorchHook(torch)
    bob = sy.VirtualWorker(hook, id="bob", data=[th.tensor([1.0, 2.0]).tag("#fun", "#housing")])
    alice = sy.VirtualWorker(hook, id="alice")
    x = th.ones(3).tag("#fun", "#boston").describe("The input of the Boston housing data")
    x_ptr = x.send(alice)
    x_ptr.tag("#later")

    assert len(bob.search(["#fun", "#housing"])) == len(bob.search("#fun", "#housing")) == 1
    found = sy.VirtualGrid(bob, alice).search("#fun")
    assert {name: len(pointers) for name, pointers in found.items()} == {"bob": 1, "alice": 1}
    (later,) = alice.search("#later")
    assert later.location == alice and (later + later).get().tolist() == [2, 2, 2]
    assert "Tags: #fun #boston #later" in repr(x_ptr)
    assert x_ptr.get().tags == ("#fun", "#boston", "#later")


def test_several_outputs_and_shapes():
    hook = sy.TorchHook(torch)
    bob = sy.VirtualWorker(hook, id="bob")
    ptr = torch.tensor([1, 2, 3, 4.0]).send(bob)
    assert ptr.shape == torch.Size([4]) and (ptr + ptr).shape == torch.Size([4])
    first, second = torch.split(ptr, 2)
    assert first.get().tolist() == [1, 2] and second.get().tolist() == [3, 4]
    values, index = torch.max(ptr, 0)
    assert values.get().item() == 4 and index.get().item() == 3
    assert ptr.to(torch.device("cpu")).get().tolist() == [1, 2, 3, 4]
