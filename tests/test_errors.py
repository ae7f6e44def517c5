"""Every exception of the tree, raised by a mistake that a beginner makes, read, and survived.

Each row is one mistake in a small world: x on bob, y on alice, a model at home and one on bob. Its message
must say what happened, why the rule protects someone, and what to do next; and nothing may be lost.
"""

import ast
import copy
import inspect
import io
import math
import pickle
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

import course as sy
from course import errors
from course.aggregation import client
from course.aggregation.sums import at
from course.smpc import authenticated


@dataclass
class World:
    """Who holds what before a mistake."""

    hook: sy.TorchHook
    bob: sy.VirtualWorker
    alice: sy.VirtualWorker
    home: torch.Tensor = field(default_factory=lambda: torch.tensor([1.0, 2.0]))

    def __post_init__(self) -> None:
        torch.manual_seed(1)
        self.x = torch.tensor([3.0, 4.0]).tag("#x").send(self.bob)
        self.y = torch.tensor([5.0, 6.0]).send(self.alice)
        self.many = torch.tensor([7.0, 8.0]).send(self.bob, self.alice)
        self.model = nn.Linear(2, 1)
        self.away = nn.Linear(2, 1).send(self.bob)

    def dealer(self) -> sy.VirtualWorker:
        return sy.VirtualWorker(self.hook, id="crypto provider")

    def shared(self, digits: int = 3) -> sy.SharedTensor:
        """3 and 4, shared among bob and alice."""
        fixed = torch.tensor([3.0, 4.0]).fix_precision(digits)
        return fixed.share(self.bob, self.alice, crypto_provider=self.dealer())

    def bounded(self, bound: float) -> sy.SharedTensor:
        fixed = torch.tensor([3.0, 4.0]).fix_precision()
        return fixed.share(self.bob, self.alice, crypto_provider=self.dealer(), bound=bound)

    def integers(self) -> sy.SharedTensor:
        return torch.tensor([0, 1]).share(self.bob, self.alice, crypto_provider=self.dealer())

    def with_macs(self, number: int) -> sy.SharedTensor:
        return torch.tensor([number]).share(self.bob, self.alice, crypto_provider=self.dealer(), protocol="spdz2k")

    def database(self) -> sy.EncryptedDatabase:
        """Bob's number, shared among bob and alice."""
        found = sy.EncryptedDatabase(self.bob, self.alice, crypto_provider=self.dealer(), max_key_len=7)
        found.insert("Bob", 456)
        return found

    def check_nothing_is_lost(self) -> None:
        assert self.home.tolist() == [1, 2]
        assert self.x.get().tolist() == [3, 4]
        assert self.y.get().tolist() == [5, 6]
        assert [part.tolist() for part in self.many.get()] == [[7, 8], [7, 8]]
        self.model(self.home)
        assert self.away.location is self.bob
        assert self.away.get().location is sy.local_worker
        self.away(self.home)
        assert (len(self.bob._objects), len(self.alice._objects)) == (0, 0)


@pytest.fixture
def world(hook: sy.TorchHook, bob: sy.VirtualWorker, alice: sy.VirtualWorker) -> World:
    return World(hook, bob, alice)


def shared_model(w: World) -> nn.Module:
    return nn.Linear(2, 1).fix_precision().share(w.bob, w.alice)


def get_twice(w: World) -> Any:
    z = torch.ones(2).send(w.bob)
    z.get()
    z.get()


def use_after_get(w: World) -> Any:
    z = torch.ones(2).send(w.bob)
    assert z.get().tolist() == [1, 1]
    return z + 1


def use_right_operand_after_get(w: World) -> Any:
    z = torch.ones(2).send(w.bob)
    z.get()
    return w.x + z


def ask_shape_after_get(w: World) -> Any:
    z = torch.ones(2).send(w.bob)
    z.get()
    return z.shape


def move_after_get(w: World) -> Any:
    z = torch.ones(2).send(w.bob)
    z.get()
    z.move(w.alice)


def keep_only_a_found_pointer(w: World) -> Any:
    z = torch.ones(2).tag("#lost").send(w.bob)
    (found,) = w.bob.search("#lost")
    del z
    found.get()


def use_after_clear(w: World) -> Any:
    other = sy.VirtualWorker(w.hook, id="dave")
    z = torch.ones(2).send(other)
    other.clear_objects()
    return z + 1


def get_what_a_found_pointer_took(w: World) -> Any:
    z = torch.ones(2).tag("#mine").send(w.bob)
    (found,) = w.bob.search("#mine")
    found.get()
    z.get()


def use_a_moved_object_through_an_old_pointer(w: World) -> Any:
    z = torch.ones(2).tag("#moved").send(w.bob)
    (found,) = w.bob.search("#moved")
    z.move(w.alice)
    return found * 2


def send_after_reset(w: World) -> Any:
    with sy.isolated():
        stranger = sy.VirtualWorker(w.hook, id="stranger")
    w.home.send(stranger)


def move_to_a_forgotten_worker(w: World) -> Any:
    with sy.isolated():
        stranger = sy.VirtualWorker(w.hook, id="stranger")
    w.x.move(stranger)


def model_to_a_forgotten_worker(w: World) -> Any:
    with sy.isolated():
        stranger = sy.VirtualWorker(w.hook, id="stranger")
    w.model.send(stranger)


def backward_after_get(w: World) -> Any:
    weight = torch.ones(2, requires_grad=True).send(w.bob)
    loss = (weight * weight).sum().get()
    loss.backward()


def backward_after_move(w: World) -> Any:
    weight = torch.ones(2, requires_grad=True).send(w.bob)
    hidden = (weight * weight).move(w.alice)
    hidden.sum().backward()


def after_clear(w: World, at_home: bool, then: Callable[[Any], Any]) -> Any:
    """Adam has kept its memory at dave, who forgets it: while the model is at home, or with it."""
    dave = sy.VirtualWorker(w.hook, id="dave")
    model = nn.Linear(2, 1)
    optimizer = torch.optim.Adam(model.parameters())

    model.send(dave)
    model(torch.ones(1, 2).send(dave)).sum().backward()
    optimizer.step()
    if at_home:
        model.get()
    dave.clear_objects()
    if at_home:
        then(model)
    optimizer.step()


def pairs(rows: int = 4) -> Dataset[Any]:
    return TensorDataset(torch.arange(rows), torch.arange(rows))


class Stream(IterableDataset[Any]):
    """Rows that come one after the other, nobody knows how many."""

    def __iter__(self) -> Any:
        return iter([(1.0, 0), (2.0, 1)])


def save(thing: Any) -> None:
    torch.save(thing, io.BytesIO())


def record(function: Any) -> sy.Plan:
    def program(x: Any) -> Any:
        return function(x)

    return sy.func2plan(args_shape=[(-1,)])(program)


def run_a_stale_plan(w: World) -> Any:
    class Shift(sy.Plan):
        def __init__(self) -> None:
            super().__init__()
            self.by = nn.Parameter(torch.ones(2))

        def forward(self, x: Any) -> Any:
            return x + self.by

    plan = Shift().build(torch.ones(2))
    there = plan.send(w.bob)
    with torch.no_grad():
        plan.by.mul_(2)
    there(w.x)


def protocol_of_two() -> sy.Protocol:
    shapes = {"a": [(-1,)], "b": [(-1,)]}
    return sy.func2protocol(roles=["a", "b"], args_shape=shapes)(lambda a, b: a.inputs[0] + 1)



def split(w: World, *parts: nn.Module) -> sy.SplitNN:
    """The parts given, or one on bob and one on alice."""
    return sy.SplitNN(parts or [nn.Linear(2, 3).send(w.bob), nn.Linear(3, 1).send(w.alice)])


def learn(w: World, y: Any, *parts: nn.Module) -> Any:
    return split(w, *parts).learn(w.x, y, F.mse_loss)


def left(of: Callable[[], sy.SharedTensor]) -> None:
    """get() of what has left the ring, and again after it has said so."""
    with sy.check_products(True):
        product = of()
    with pytest.raises(sy.RingLeftError):
        product.get()
    product.get()


def relay_back(w: World, *steps: str) -> None:
    """A forward pass, and these steps in this order."""
    net = split(w)
    loss = net(w.x).sum()
    for step in steps:
        moves = {"rotate": lambda: net.rotate(w.alice), "move": lambda: net.parts[0].move(w.alice)}  # type: ignore
        {"loss": loss.backward, "relay": net.backward, **moves}[step]()


def reveal_changed(part: int) -> None:
    """Parties reveal a number of which one of them has changed its share (0) or its MAC (1)."""
    parties = authenticated.AuthenticatedParties(["bob", "alice"])
    shares = parties.public(torch.tensor([25]))
    shares[1, part] += 1
    authenticated.reveal(parties, shares)


def take_a_changed_mask() -> None:
    _, slices = authenticated.mask(authenticated.AuthenticatedParties(["bob", "alice"]), [3])
    slices[0, 0, 0] += 1
    authenticated.told(slices)


Mistake = Callable[[World], Any]
Row = tuple[type[sy.CourseError], dict[str, Mistake]]

def three(w: World) -> dict[str, Any]:
    carol = sy.VirtualWorker(w.hook, id="carol")
    return {"bob": w.x, "alice": w.y, "carol": torch.tensor([7.0, 8.0]).send(carol)}


def aggregated(w: World, **how: Any) -> Any:
    return sy.aggregation.masked(three(w), w.alice, **how)


def steps_of_a_client(w: World, change_a_key: bool = False) -> None:
    """Three clients, all at bob's, up to the point where the first is asked for a second answer."""
    tickets = [at(w.bob, client.join, "bob", place, 3, 3) for place in range(3)]
    keys = torch.stack([at(w.bob, client.keys, ticket) for ticket in tickets])
    if change_a_key:
        keys[0] = keys[1]
    sealed = torch.stack([at(w.bob, client.share, ticket, keys) for ticket in tickets])
    at(w.bob, client.masked_update, tickets[0], torch.ones(2).long().send(w.bob), sealed[:, 0])
    for who_stayed in ([True] * 3, [True, False, True]):
        at(w.bob, client.answer, tickets[0], torch.tensor(who_stayed).send(w.bob))


MISTAKES: list[Row] = [
    (
        sy.AlreadyFetchedError,
        {
            "get twice": get_twice,
            "use after get": use_after_get,
            "use as second operand after get": use_right_operand_after_get,
            "shape after get": ask_shape_after_get,
            "move after get": move_after_get,
        },
    ),
    (
        sy.ObjectNotFoundError,
        {
            "keep only a found pointer": keep_only_a_found_pointer,
            "use after clear_objects": use_after_clear,
            "get what a found pointer took": get_what_a_found_pointer_took,
            "use an old pointer to what was moved": use_a_moved_object_through_an_old_pointer,
            "a step after clear_objects": lambda w: after_clear(w, False, lambda model: model),
            "a step where the memory was": lambda w: after_clear(
                w, True, lambda model: model.send(sy.VirtualWorker(w.hook, id="dave"))
            ),
            "look at what is not there": lambda w: w.bob._objects[1],
        },
    ),
    (
        sy.StateLostError,
        {
            "a step at home": lambda w: after_clear(w, True, lambda model: model),
            "a step elsewhere": lambda w: after_clear(w, True, lambda model: model.send(w.bob)),
        },
    ),
    (
        sy.TensorsNotCollocatedException,
        {
            "two workers": lambda w: w.x + w.y,
            "two workers in a list": lambda w: torch.stack([w.x, w.y]),
            "one here": lambda w: w.x + w.home,
            "one here, first": lambda w: w.home + w.x,
            "in place": lambda w: w.x.add_(w.y),
            "in place, here": lambda w: w.home.add_(w.x),
            "loss": lambda w: F.mse_loss(w.x, w.home),
            "keyword": lambda w: torch.add(input=w.x, other=w.y),
            "assigned gradient": lambda w: setattr(w.x, "grad", w.y),
            "assigned index": lambda w: w.x.__setitem__(0, w.home[0]),
            "assigned here": lambda w: w.home.__setitem__(0, w.x[0]),
            "many and one": lambda w: w.many + w.x,
            "many and one here": lambda w: w.many + w.home,
            "data here for a parameter there": lambda w: w.away.weight.data.copy_(torch.ones(1, 2)),
        },
    ),
    (
        sy.ChainEndsElsewhereError,
        {
            "a chain and a tensor at its first link": lambda w: w.x.send(w.alice) + w.y,
            "the other way round": lambda w: w.y - w.x.send(w.alice),
            "in place": lambda w: w.y.mul_(w.x.send(w.alice)),
            "in a list": lambda w: torch.stack([w.y, w.x.send(w.alice)]),
        },
    ),
    (
        sy.NotAwayError,
        {
            "get what get brought": lambda w: w.home.send(w.bob).get().get(),
            "get what never left": lambda w: w.home.get(),
            "get a parameter": lambda w: w.model.weight.get(),
            "move": lambda w: w.home.move(w.bob),
            "pull": lambda w: w.home.remote_get(),
            "where it is": lambda w: w.home.location,
            "its id there": lambda w: w.home.id_at_location,
        },
    ),
    (
        sy.NotAChainError,
        {
            "one link": lambda w: w.x.remote_get(),
            "a result": lambda w: (w.x + 1).remote_get(),
        },
    ),
    (
        sy.ModelElsewhereError,
        {
            "model here, data there": lambda w: w.model(w.x),
            "model there, data here": lambda w: w.away(w.home),
            "model on bob, data on alice": lambda w: w.away(w.y),
            "sequential": lambda w: nn.Sequential(w.model, nn.ReLU())(w.x),
            "half of it": lambda w: nn.Sequential(nn.ReLU(), w.away)(w.y),
        },
    ),
    (
        sy.ValueRefusedError,
        {
            "item": lambda w: w.x.sum().item(),
            "tolist": lambda w: w.x.tolist(),
            "numpy": lambda w: w.x.numpy(),
            "detach and numpy": lambda w: w.x.detach().cpu().numpy(),
            "np.array": lambda w: np.array(w.x),
            "np.asarray": lambda w: np.asarray(w.x),
            "if": lambda w: 1 if w.x.sum() else 2,
            "not": lambda w: not w.x.sum(),
            "assert": lambda w: bool((w.x == w.x).all()),
            "float": lambda w: float(w.x.sum()),
            "int": lambda w: int(w.x.sum()),
            "complex": lambda w: complex(w.x.sum()),
            "range": lambda w: range(w.x.sum()),
            "list index": lambda w: [1, 2, 3][w.x.sum()],
            "for": lambda w: [value + 1 for value in w.x],
            "list": lambda w: list(w.x),
            "zip": lambda w: list(zip(w.x, w.x, strict=True)),
            "unpack": lambda w: [*w.x],
            "sum": lambda w: sum(w.x),
            "max": lambda w: max(w.x.sum(), w.x.sum()),
            "sorted": lambda w: sorted([w.x.sum(), w.x.mean()]),
            "in": lambda w: 3.0 in w.x,
            "f-string with a spec": lambda w: f"{w.x.sum():.4f}",
            "f-string with a width": lambda w: f"{w.x.sum():>10}",
            "format": lambda w: "{:.4f}".format(w.x.sum()),  # noqa: UP032
            "percent": lambda w: "%.2f" % w.x.sum(),  # noqa: UP031
            "math": lambda w: math.sqrt(w.x.sum()),
            "torch.equal": lambda w: torch.equal(w.x, w.x),
            "torch.allclose": lambda w: torch.allclose(w.x, w.x),
            "is_nonzero": lambda w: w.x.sum().is_nonzero(),
            "torch.tensor": lambda w: torch.tensor(w.x),
            "torch.tensor of a list": lambda w: torch.tensor([w.x.sum(), w.x.sum()]),
            "dlpack": lambda w: np.from_dlpack(w.x),
            "many: item": lambda w: w.many.sum().item(),
            "many: float": lambda w: float(w.many.sum()),
            "many: if": lambda w: 1 if w.many.sum() else 2,
            "many: format": lambda w: f"{w.many.sum():.2f}",
            "many: list": lambda w: list(w.many),
            "parameter: item": lambda w: w.away.bias.item(),
            "parameter: tolist": lambda w: w.away.weight.tolist(),
            "data: numpy": lambda w: w.x.data.numpy(),
        },
    ),
    (
        sy.OperationNotReviewedError,
        {
            "mask": lambda w: w.x[w.x > 3],
            "nonzero": lambda w: w.x.nonzero(),
            "where with one argument": lambda w: torch.where(w.x > 3),
            "unique": lambda w: torch.unique(w.x),
            "masked_select": lambda w: torch.masked_select(w.x, w.x > 3),
            "one_hot without classes": lambda w: F.one_hot(w.x.long()),
            "slice up to a secret": lambda w: w.x[: w.x.sum().long()],
            "as many as a secret": lambda w: w.bob.remote.torch.zeros(w.x.sum().long()),
            "uninitialised memory": lambda w: torch.empty_like(w.x),
            "a function of mine": lambda w: w.x.apply_(print),
            "a hook": lambda w: w.x.register_hook(print),
            "a file there": lambda w: w.bob.remote.torch.load("/etc/passwd"),
        },
    ),
    (
        sy.UnknownOperationError,
        {
            "not torch's": lambda w: w.bob.remote.torch.everything,
            "a slip": lambda w: w.bob.remote.torch.reluu(w.x),
            "a slip in a package": lambda w: w.bob.remote.torch.nn.functional.mse_los(w.x, w.x),
        },
    ),
    (
        sy.GraphEndsWarning,
        {
            "backward after get": backward_after_get,
            "backward after move": backward_after_move,
        },
    ),
    (
        sy.NotAWorkerError,
        {
            "send to a name": lambda w: w.home.send("bob"),
            "send to names": lambda w: w.home.send("bob", "alice"),
            "send to a hook": lambda w: w.home.send(w.hook),
            "send to a list": lambda w: w.home.send([w.bob, w.alice]),
            "send a pointer to a name": lambda w: w.x.send("alice"),
            "send a model to a name": lambda w: w.model.send("bob"),
            "move to a name": lambda w: w.x.move("alice"),
            "move a model to a name": lambda w: w.away.move("alice"),
        },
    ),
    (
        sy.WorkerNotMadeError,
        {
            "a worker without a hook": lambda w: sy.VirtualWorker(None, id="carol"),
            "a worker with a number": lambda w: sy.VirtualWorker(w.hook, id=7),  # type: ignore[arg-type]
            "a worker without a name": lambda w: sy.VirtualWorker(w.hook, id=""),
        },
    ),
    (
        sy.UnknownWorkerError,
        {
            "send to a forgotten worker": send_after_reset,
            "move to a forgotten worker": move_to_a_forgotten_worker,
            "model to a forgotten worker": model_to_a_forgotten_worker,
        },
    ),
    (
        sy.MoveToNobodyError,
        {
            "move": lambda w: w.x.move(),
            "move many": lambda w: w.many.move(),
            "move a model": lambda w: w.away.move(),
            "send": lambda w: w.home.send(),
            "send a model": lambda w: w.model.send(),
        },
    ),
    (
        sy.ModelAlreadySentError,
        {
            "to another": lambda w: w.away.send(w.alice),
            "to the same": lambda w: w.away.send(w.bob),
            "half of it": lambda w: nn.Sequential(w.model, w.away).send(w.alice),
        },
    ),
    (
        sy.NotSendableError,
        {
            "sparse": lambda w: torch.eye(2).to_sparse().send(w.bob),
            "sparse rows": lambda w: torch.eye(2).to_sparse_csr().send(w.bob),
            "quantized": lambda w: torch.quantize_per_tensor(w.home, 0.1, 0, torch.qint8).send(w.bob),
            "an object": lambda w: w.x + range(2),
            "a set": lambda w: w.x.sum({0}),
            "an array": lambda w: w.x + np.ones(2),
            "an array as an index": lambda w: w.x[np.array([0, 1])],
            "a mask of NumPy": lambda w: w.x[np.array([True, False])],
            "a column of pandas": lambda w: w.x * pandas.Series([1.0, 2.0]),
        },
    ),
    (
        sy.AlreadyThereError,
        {
            "to where it is": lambda w: w.x.send(w.bob),
            "to where it was sent in the same line": lambda w: w.home.send(w.bob).send(w.bob),
            "to me": lambda w: w.home.send(sy.local_worker),
        },
    ),
    (
        sy.SavePointerError,
        {
            "save a pointer": lambda w: save(w.x),
            "pickle a pointer": lambda w: pickle.dumps(w.x),
            "save many pointers": lambda w: save(w.many),
            "save a model that is away": lambda w: save(w.away),
            "its state": lambda w: w.away.state_dict(),
            "the state of a part": lambda w: nn.Sequential(w.model, w.away).state_dict(),
            "pickle a worker": lambda w: pickle.dumps(w.bob),
            "save a list of both": lambda w: save([w.home, w.x]),
        },
    ),
    (
        sy.LoadElsewhereError,
        {
            "load into it": lambda w: w.away.load_state_dict(w.model.state_dict()),
            "load into a part": lambda w: nn.Sequential(w.model, w.away).load_state_dict(
                nn.Sequential(w.model, w.model).state_dict()
            ),
        },
    ),
    (
        sy.FederatedDataError,
        {
            "rows that differ": lambda w: sy.BaseDataset(w.x, w.x[:1]),
            "a single number": lambda w: sy.BaseDataset(w.x.sum(), w.x.sum()),
            "two at one worker": lambda w: sy.FederatedDataset([sy.BaseDataset(w.x, w.x)] * 2),
            "one that is here": lambda w: sy.FederatedDataset([sy.BaseDataset(w.home, w.home)]),
            "an owner that is none": lambda w: sy.FederatedDataset([sy.BaseDataset(w.x, w.x)])["alice"],
            "nobody": lambda w: sy.federate(pairs(), []),
            "a worker twice": lambda w: sy.federate(pairs(), [w.bob, w.bob]),
            "more workers than rows": lambda w: sy.federate(pairs(1), [w.bob, w.alice]),
            "parts for others": lambda w: sy.federate(pairs(), [w.bob, w.alice], [torch.arange(4)]),
            "a row for two": lambda w: sy.federate(pairs(), [w.bob, w.alice], [torch.arange(4), torch.arange(1)]),
            "a row for nobody": lambda w: sy.federate(pairs(), [w.bob], [torch.arange(3)]),
            "batches of nothing": lambda w: sy.FederatedDataLoader(sy.federate(pairs(), w.bob), batch_size=0),
            "more clients than rows": lambda w: sy.partitions.iid(3, 4),
            "more shards than rows": lambda w: sy.partitions.by_label(torch.arange(5), 3, shards=2),
            "no client": lambda w: sy.partitions.contiguous(3, 0),
            "alpha 0": lambda w: sy.partitions.dirichlet(torch.arange(5), 3, alpha=0),
            "labels in two columns": lambda w: sy.partitions.by_label(torch.ones(5, 2), 3),
        },
    ),
    (
        sy.NotFederatedError,
        {
            "data that are no tensors": lambda w: sy.BaseDataset([1, 2], [3, 4]),
            "a list of pairs": lambda w: sy.FederatedDataset([(w.x, w.x)]),  # type: ignore[list-item]
            "an ordinary data set": lambda w: sy.FederatedDataLoader(pairs()),  # type: ignore[arg-type]
            "an ordinary loader": lambda w: sy.FederatedDataLoader(DataLoader(pairs())),  # type: ignore[arg-type]
            "a loader to hand out": lambda w: sy.federate(DataLoader(pairs()), [w.bob]),
            "a stream of rows": lambda w: sy.federate(Stream(), [w.bob]),
            "rows without targets": lambda w: sy.federate(TensorDataset(torch.arange(4)), [w.bob]),
        },
    ),
    (
        sy.NoOwnerError,
        {
            "a part in the middle": lambda w: split(w, nn.Linear(2, 2).send(w.bob), w.model)(w.x),
            "the last part": lambda w: learn(w, w.y, nn.Linear(2, 2).send(w.bob), w.model),
            "a part without parameters": lambda w: split(w, nn.Linear(2, 2).send(w.bob), nn.ReLU())(w.x),
            "a part of some columns": lambda w: sy.SplitNN([[w.model, w.model], w.away])([w.x, w.y]),
            "the first part, and data": lambda w: split(w, w.model, nn.ReLU())(w.home),
            "the first part, when rotating": lambda w: split(w, w.model, nn.ReLU().send(w.bob)).rotate(w.alice),
            "an output": lambda w: sy.Relay().cut(w.model(w.home), w.bob),
        },
    ),
    (sy.NoLabelOwnerError, {"labels here": lambda w: learn(w, w.home), "a number": lambda w: learn(w, 1.0)}),
    (sy.LabelsElsewhereError, {"on bob": lambda w: learn(w, w.x), "of many": lambda w: learn(w, w.many)}),
    (
        sy.NothingToDifferentiateError,
        {
            "raw data": lambda w: sy.Relay().cut(w.x, w.alice),
            "raw data, through a part without parameters": lambda w: split(
                w, nn.Tanh().send(w.bob), nn.Linear(2, 1).send(w.alice)
            )(w.x),
            "a frozen part": lambda w: split(
                w, nn.Linear(2, 2).requires_grad_(False).send(w.bob), nn.Linear(2, 1).send(w.alice)
            )(w.x),
            "whole numbers": lambda w: sy.Relay().cut(w.away(w.x).argmax(), w.alice),
            "without a graph": lambda w: sy.Relay().cut(w.away(w.x).detach(), w.alice),
            "at the same owner": lambda w: sy.Relay().cut(w.x, w.bob),
        },
    ),
    (
        sy.RelayOrderError,
        {
            "back before forward": lambda w: split(w).backward(),
            "back before the loss": lambda w: relay_back(w, "relay"),
            "back after a rotation": lambda w: relay_back(w, "loss", "rotate", "relay"),
            "back after a part has moved": lambda w: relay_back(w, "loss", "move", "relay"),
        },
    ),
    (sy.BackwardTwiceError, {"twice": lambda w: relay_back(w, "loss", "relay", "relay")}),
    (
        sy.PrecisionError,
        {
            "a number without room": lambda w: torch.tensor([1e30]).fix_precision(),
            "beyond its bound": lambda w: w.home.fix_precision().share(w.bob, w.alice, bound=1),
            "a product that may have no room": lambda w: w.bounded(1e7) * w.bounded(1e7),
            "a sum that may have none": lambda w: w.bounded(4e15) + w.bounded(4e15),
            "more than the MACs leave": lambda w: w.with_macs(2**31),
            "infinity": lambda w: torch.tensor([math.inf]).fix_precision(),
            "not a number": lambda w: torch.tensor([math.nan]).fix_precision(),
            "too many digits": lambda w: w.home.fix_precision(precision_fractional=30),
            "no digits at all": lambda w: w.home.fix_precision(precision_fractional=-1),
            "a product without room": lambda w: torch.tensor([1e6]).fix_precision(7) * 1e6,
            "two precisions": lambda w: w.home.fix_precision(2) + w.home.fix_precision(3),
            "two precisions that are shared": lambda w: w.shared(2) + w.shared(3),
            "a public number without room": lambda w: w.shared() + 1e30,
            "an infinite factor": lambda w: w.shared() * math.inf,
        },
    ),
    (
        sy.RingLeftError,
        {
            "a product": lambda w: left(lambda: w.shared() * 1e10 * (w.shared() * 1e10)),
            "a quotient": lambda w: left(lambda: w.shared() * 1e10 / (w.shared() * 1e-3)),
        },
    ),
    (
        sy.SharedError,
        {
            "one holder": lambda w: torch.arange(2).share(w.bob),
            "a holder twice": lambda w: torch.arange(2).share(w.bob, w.bob),
            "you": lambda w: torch.arange(2).share(w.bob, sy.local_worker),
            "a dealer who holds": lambda w: torch.arange(2).share(w.bob, w.alice, crypto_provider=w.bob),
            "no dealer": lambda w: torch.arange(2).share(w.bob, w.alice) * torch.arange(2).share(w.bob, w.alice),
            "a protocol of another name": lambda w: torch.arange(2).share(w.bob, w.alice, protocol="shamir"),
            "MACs without a dealer": lambda w: torch.arange(2).share(w.bob, w.alice, protocol="spdz2k"),
            "MACs from afar": lambda w: w.x.fix_precision().share(w.bob, w.alice, crypto_provider=w.dealer(), protocol="spdz2k"),  # noqa: E501
            "a comparison with MACs": lambda w: w.with_macs(3) > 0,
            "an optimizer that divides": lambda w: torch.optim.Adam([w.shared().requires_grad_()]).step(),
            "with what is elsewhere": lambda w: w.shared() + w.x,
            "with what is here": lambda w: w.shared() - torch.ones(3).fix_precision(),
            "numbers that nobody holds": lambda w: w.shared().float_precision(),
            "a precision that it has": lambda w: w.shared().fix_precision(),
            "the mean of shared models": lambda w: sy.federated_avg({"a": shared_model(w)}),
            "shared twice": lambda w: w.shared().share(w.bob, w.alice),
            "a model without precision": lambda w: w.model.share(w.bob, w.alice),
            "a model that is shared": lambda w: shared_model(w).share(w.bob, w.alice),
            "an operation without a program": lambda w: w.shared().cumsum(0),
            "in place, without a program": lambda w: w.shared().digamma_(),
            "a secret place": lambda w: torch.arange(3)[w.integers()],
            "a power": lambda w: w.shared() ** 1.5,
            "rounding": lambda w: w.shared().long(),
            "half of an integer": lambda w: w.integers() / 2,
            "secret labels": lambda w: F.nll_loss(w.shared().view(1, 2), w.integers()[:1]),
            "weighted labels": lambda w: F.nll_loss(w.shared().view(1, 2), torch.tensor([1]), weight=torch.ones(2)),
            "a transposed convolution": lambda w: F.conv_transpose2d(w.shared().view(1, 2, 1, 1), torch.ones(2, 1, 1, 1)),  # noqa: E501
            "two strides": lambda w: F.conv2d(w.shared().view(1, 1, 1, 2), torch.ones(1, 1, 1, 1), stride=(1, 2)),
            "max pool with padding": lambda w: F.max_pool2d(w.shared().view(1, 1, 1, 2), 2, padding=1),
            "batch norm in training": lambda w: nn.BatchNorm1d(2)(w.shared().view(1, 2).expand(3, 2)),
            "padding that is not 0": lambda w: F.pad(w.shared(), (1, 1), value=2),
            "two index tensors": lambda w: w.shared().view(1, 2)[torch.tensor([0]), torch.tensor([1])],
            "into an ordinary tensor": lambda w: torch.zeros(2).copy_(w.shared()),
            "an ordinary tensor into shares": lambda w: w.shared().copy_(torch.zeros(2)),
        },
    ),
    (
        sy.FloatSharedError,
        {
            "floats": lambda w: w.home.share(w.bob, w.alice),
            "a pointer to floats": lambda w: w.x.share(w.bob, w.alice),
        },
    ),
    (
        sy.HoldersDifferError,
        {
            "other holders": lambda w: w.integers() + torch.arange(2).share(w.alice, w.bob),
            "with MACs and without": lambda w: w.with_macs(1) + w.integers(),
            "another dealer": lambda w: w.integers() + torch.arange(2).share(w.bob, w.alice),
        },
    ),
    (
        sy.EntryError,
        {
            "a key that is there": lambda w: w.database().insert("Bob", 7),
            "a key without room": lambda w: w.database().query("Bartholomew"),
            "a number without room": lambda w: w.database().insert("Al", 2**60),
            "another type of value": lambda w: w.database().insert("Al", "9"),
            "no text": lambda w: w.database().query(b"Bob"),
            "a range of texts": lambda w: w.database().between("A", "C"),
            "no room for anything": lambda w: sy.EncryptedDatabase(w.bob, w.alice, crypto_provider=w.hook.local_worker, max_key_len=0),  # noqa: E501
        },
    ),
    (sy.NoEntryError, {"a key that is not there": lambda w: w.database().query("Al")}),
    (
        sy.CorruptedSharesError,
        {
            "a share": lambda w: reveal_changed(0),
            "a MAC": lambda w: reveal_changed(1),
            "what is told to you": lambda w: take_a_changed_mask(),
        },
    ),
    (
        sy.FileRefusedError,
        {
            "no such file": lambda w: w.bob.load("nowhere.csv", targets="label"),
            "another folder": lambda w: w.bob.load("../nowhere.csv", targets="label"),
            "another place": lambda w: w.bob.load("/etc/passwd", targets="label"),
            "a pickle": lambda w: w.bob.load("pyproject.toml", targets="label.pt"),
        },
    ),
    (
        sy.CannotRecordError,
        {
            "a branch": lambda w: record(lambda x: x if x.sum() > 0 else -x),
            "a value": lambda w: record(lambda x: x * x.sum().item()),
            "a tensor from outside": lambda w: record(lambda x: x + w.home),
            "rows one by one": lambda w: record(lambda x: sum(x)),
            "a tensor that is nobody's": lambda w: sy.func2protocol(roles=["a"])(lambda a: torch.ones(2)).build(),
        },
    ),
    (
        sy.PlanNotBuiltError,
        {
            "send": lambda w: sy.func2plan()(abs).send(w.bob),
            "code": lambda w: sy.func2plan()(abs).code,
            "a protocol": lambda w: sy.func2protocol(roles=["a"])(abs)(w.x),
        },
    ),
    (
        sy.PlanArgumentsError,
        {
            "too many": lambda w: record(torch.relu).send(w.bob)(w.x, w.x),
            "too few": lambda w: record(torch.relu).send(w.bob)(),
            "a number": lambda w: record(torch.relu).send(w.bob)(0.1),
            "at home": lambda w: record(torch.relu)(w.home, w.home),
        },
    ),
    (sy.StalePlanWarning, {"weights that have changed": run_a_stale_plan}),
    (
        sy.RoleError,
        {
            "nobody plays it": lambda w: protocol_of_two()(w.x, w.y),
            "no such role": lambda w: protocol_of_two().assign("carol", w.bob),
            "one worker for two": lambda w: protocol_of_two().assign("a", w.bob).assign("b", w.bob),
        },
    ),
    (
        sy.MaskRefusedError,
        {
            "another key": lambda w: steps_of_a_client(w, change_a_key=True),
            "two answers": lambda w: steps_of_a_client(w),
        },
    ),
    (
        sy.RangeBudgetError,
        {
            "a large scale": lambda w: aggregated(w, scale=2.0**60),
            "a large value": lambda w: aggregated(w, largest=3.5),
        },
    ),
    (
        sy.TooFewUpdatesError,
        {
            "two clients": lambda w: sy.aggregation.masked({"bob": w.x, "alice": w.y}, w.bob),
            "two who stay": lambda w: aggregated(w, leaves={"carol": "masks"}),
            "two who share": lambda w: sy.aggregation.shared(three(w), [w.bob, w.alice], leaves={"bob": "shares"}),
        },
    ),
    (
        sy.StoreWriteError,
        {
            "set": lambda w: w.bob._objects.__setitem__(5, w.home),
            "delete": lambda w: w.bob._objects.__delitem__(w.x.id_at_location),
            "pop": lambda w: w.bob._objects.pop(w.x.id_at_location),
            "clear": lambda w: w.bob._objects.clear(),
            "update": lambda w: w.bob._objects.update({5: w.home}),
            "setdefault": lambda w: w.bob._objects.setdefault(5, w.home),
        },
    ),
]
CASES = [
    pytest.param(kind, mistake, id=f"{kind.__name__}: {name}")
    for kind, rows in MISTAKES
    for name, mistake in rows.items()
]

# For each class: what happened, why the rule protects someone, what to do next.
TELLS = {
    sy.ObjectNotFoundError: ("holds no object", "so that nothing stays behind", "Send the data again"),
    sy.StateLostError: ("holds it no more", "another training", "Make the optimizer anew"),
    sy.AlreadyFetchedError: ("get() already brought", "keeps no copy", "Use what the first get() returned"),
    sy.TensorsNotCollocatedException: ("in one place", "a silent copy would show", r"\.(send|move|get)\("),
    sy.ChainEndsElsewhereError: ("goes on from", "a silent copy would show", r"chain\.remote_get\("),
    sy.NotAwayError: ("a word for pointers", "tells each journey once", r"x = x\.send\(bob\)"),
    sy.NotAChainError: ("nothing to bring nearer", "you see nothing", r"x = x\.get\(\)"),
    sy.ModelElsewhereError: ("The model is", "what federated learning protects", r"\.(send|move|get)\("),
    sy.ValueRefusedError: ("asks for a value", "who saw what", r"x = x\.get\(\)"),
    sy.OperationNotReviewedError: ("does not run", "somebody has checked", "from the table"),
    sy.GraphEndsWarning: ("travelled without", "each would learn", r"Call backward before get"),
    sy.UnknownOperationError: ("is not a function of torch", "somebody has checked", r"\b(Names like it|Look)\b"),
    sy.NotAWorkerError: ("needs a worker", "goes to the one you mean", "sy.VirtualWorker"),
    sy.WorkerNotMadeError: ("needs the hook and a name", "who held what", "sy.VirtualWorker"),
    sy.UnknownWorkerError: ("found no worker", "no data leaves for an unknown place", "sy.VirtualWorker"),
    sy.MoveToNobodyError: ("to whom", "nobody may receive it", r"(move|send)\(alice\)"),
    sy.ModelAlreadySentError: ("already on", "overwrite each other", r"model\.move\("),
    sy.NotSendableError: ("cannot travel", "nothing that could run code", "Convert it first"),
    sy.AlreadyThereError: ("nothing to do", r"without (a receiver|seeing it)\b", r"\banother worker\b"),
    sy.LoadElsewhereError: ("No state can be loaded", "not even weights", r"model\.get\(\)"),
    sy.SavePointerError: ("cannot be saved", "behind your back", r"home first with \.get\(\)"),
    sy.FederatedDataError: ("do not go together", "everybody can see who holds what", r"\. [A-Z].*\.$"),
    sy.NotFederatedError: ("cannot work with", "stays where it belongs", r"\. [A-Z].*\.$"),
    sy.NoOwnerError: ("lies with no owner", "see neither data nor parameters", r"part\.send\("),
    sy.NoLabelOwnerError: ("No owner is named", "the secret itself", r"y\.send\("),
    sy.LabelsElsewhereError: ("The labels are on", "often the secret", r"nn\.Identity\(\)\.send\("),
    sy.NothingToDifferentiateError: ("nothing to differentiate", "perhaps raw data", r"torch\.no_grad\(\)"),
    sy.RelayOrderError: ("out of order", "nobody learns from a gradient", r"backward\(\)"),
    sy.BackwardTwiceError: ("gone back", "the same batch twice", r"forward pass, then loss\.backward\(\)"),
    sy.PrecisionError: ("that is beyond", "without a word", "Use fewer digits"),
    sy.RingLeftError: ("has left the ring", "computed since then is given out", "Make the numbers smaller"),
    sy.SharedError: (": ", "nobody sees it meanwhile", r"\. [A-Z][^.]*.*\.$"),
    sy.FloatSharedError: ("share() of floats", "nobody sees it meanwhile", r"x\.fix_precision\(\)"),
    sy.HoldersDifferError: ("is shared among", "nobody may send a share on", "with the same crypto_provider"),
    sy.EntryError: (": ", "nobody is betrayed", r"\. [A-Z].*\.$"),
    sy.NoEntryError: ("none of the 1 entries", "nobody is betrayed", "Insert it first"),
    sy.CorruptedSharesError: ("has changed a share or a message", "pass for the result", r"x\.share\("),
    sy.MaskRefusedError: ("takes no further part", "watches over this itself", "Start a new aggregation"),
    sy.RangeBudgetError: (r"\b(may add up to|sends nothing)", "nobody could tell", r"\b(Use scale=|Give a larger)"),
    sy.TooFewUpdatesError: ("too few", r"\b(minus its own|masks safe)", r"\b(Let at least 3|Run the round again)"),
    sy.FileRefusedError: ("does not read", "no message reaches other files", "COURSE_FILES"),
    sy.CannotRecordError: ("cannot be recorded", "frozen for everybody", "What you can do"),
    sy.PlanNotBuiltError: ("is not built yet", "no worker runs what it cannot check", r"build\(x\)"),
    sy.PlanArgumentsError: (", and got", "check beforehand", "torch.tensor(0.1)"),
    sy.StalePlanWarning: ("have changed here since", "each set of weights", r"Send the plan again"),
    sy.RoleError: ("cannot run", "which role sees what", r"(assign\(|Its roles are)"),
    sy.StoreWriteError: ("a window, not a door", "the transcript is complete", r"x\.send\("),
    sy.ForkedError: ("cannot reach", "read the other's answers", r"num_workers=0(.|\n)*sy\.reset\(\)"),
    sy.LateError: ("had waited for it", "which are public", "Run the lines"),
    sy.WorkerGoneError: ("has died", "nobody else had a copy", r"sy\.reset\(\)"),
}


@pytest.mark.parametrize(("kind", "mistake"), CASES)
def test_a_mistake_is_explained_and_loses_nothing(
    kind: type[sy.CourseError], mistake: Mistake, world: World
) -> None:
    with warnings.catch_warnings(), pytest.raises(kind) as caught:
        warnings.simplefilter("error", sy.GraphEndsWarning)
        warnings.simplefilter("error", sy.StalePlanWarning)
        mistake(world)
    assert type(caught.value) is kind
    assert len(caught.value.facts) > 1
    check_text(kind, str(caught.value))
    del caught
    world.check_nothing_is_lost()


def check_text(kind: type[sy.CourseError], text: str) -> None:
    for words in TELLS[kind]:
        assert re.search(words if "\\" in words else re.escape(words), text), f"{words!r}: {text}"
    assert 10 <= len(text.split()) <= 90
    assert not re.search(r"\{[a-z_.]*\}", text)
    assert " object at 0x" not in text and "<attribute" not in text and "?" not in text


def test_every_class_of_the_tree_is_made_by_a_mistake() -> None:
    """But three: a host that dies, that fails late and that a fork calls have their own tests, and need a host."""
    tree = {getattr(errors, name) for name in errors.__all__}
    assert tree - {kind for kind, _ in MISTAKES} == {sy.CourseError, sy.ForkedError, sy.LateError, sy.WorkerGoneError}
    assert tree - {sy.CourseError} == set(TELLS)


def test_an_operation_that_fails_late_is_explained() -> None:
    check_text(sy.LateError, str(sy.LateError("add", "bob", "MemoryError: there is none")))


def test_a_dead_host_is_explained() -> None:
    check_text(sy.WorkerGoneError, str(sy.WorkerGoneError("bob", "exit code -9")))


def test_a_host_of_another_process_is_explained() -> None:
    check_text(sy.ForkedError, str(sy.ForkedError("bob", "A message")))


def test_the_tree_is_drawn_where_it_lives() -> None:
    doc = inspect.getdoc(errors) or ""
    for name in errors.__all__:
        assert name in doc
        assert issubclass(getattr(errors, name), sy.CourseError)


def how_many_facts(kind: type[errors.CourseError]) -> int:
    """As its docstring says: `Facts: worker, id.` Of a single one nobody could tell whether it is a text."""
    told = re.search(r"Facts: ([^.]*)\.", inspect.getdoc(kind) or "")
    assert told is not None
    assert ", " in told[1]
    return len(told[1].split(", "))


@pytest.mark.parametrize("name", [name for name in errors.__all__ if name != "CourseError"])
def test_an_error_can_be_rebuilt_from_its_facts(name: str) -> None:
    kind = getattr(errors, name)
    made = kind(*["bob", "7", "3"][: how_many_facts(kind)])
    assert kind(*made.facts).args == made.args
    assert str(pickle.loads(pickle.dumps(made))) == str(made)
    assert str(copy.copy(made)) == str(made)
    assert str(copy.deepcopy(made)) == str(made)


def all_kinds(kind: type[errors.CourseError] = errors.CourseError) -> list[type[errors.CourseError]]:
    return [kind, *[below for child in kind.__subclasses__() for below in all_kinds(child)]]


def test_an_error_made_from_a_text_says_the_text() -> None:
    """What torch's DataLoader does with what one of its processes raised; classes of other files too."""
    for kind in all_kinds():
        assert str(kind("text")) == "text"
        assert str(pickle.loads(pickle.dumps(kind("text")))) == "text"
        assert str(kind()) == ""


def raised() -> list[tuple[str, ast.Call]]:
    """Every place in the library that makes one of these errors."""
    named = set(errors.__all__)
    found = []
    for path in Path(errors.__file__).parent.rglob("*.py"):
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        found += [(path.name, call) for call in calls if getattr(call.func, "id", "") in named]
    return found


def test_every_place_that_makes_an_error_gives_its_facts() -> None:
    """Not a single one of them: it would be taken for the text."""
    for file, call in raised():
        starred = any(isinstance(fact, ast.Starred) for fact in call.args)
        assert starred or len(call.args) > 1, f"{file}:{call.lineno}: {ast.unparse(call)}"


class Broken(Dataset[torch.Tensor]):
    """A data set that makes one of our mistakes, in the process of a DataLoader."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> torch.Tensor:
        raise sy.UnknownWorkerError("carol", "send()")


def test_a_data_loader_raises_again_what_one_of_its_processes_raised() -> None:
    with pytest.raises(sy.UnknownWorkerError, match="send\\(\\) found no worker carol"):
        next(iter(DataLoader(Broken(), num_workers=1)))


# ---- the facts in the texts ----


def text_of(mistake: Callable[[], Any]) -> str:
    with pytest.raises(sy.CourseError) as caught:
        mistake()
    return str(caught.value)


def test_both_places_are_named(world: World) -> None:
    text = text_of(lambda: world.x + world.y)
    assert text.startswith("add needs all its tensors in one place, but one is on bob and one is on alice.")
    assert "x.move(bob) or x.move(alice)" in text
    assert "on bob" in text_of(lambda: world.home * world.x)
    assert "x.send(bob)" in text_of(lambda: world.x - world.home)


def test_each_mistake_with_send_and_get_has_its_own_text(world: World) -> None:
    """A18: what is said is about this mistake, and names the way out."""
    bob, home = world.bob, world.home
    assert text_of(lambda: home.send()).startswith("send() needs to know to whom. The data stays here with you")  # type: ignore
    assert "x.get()" not in text_of(lambda: home.send())  # type: ignore[attr-defined]
    assert text_of(lambda: world.x.move()).startswith("move() needs to know to whom. The data stays on bob")
    assert text_of(lambda: home.send(bob).send(bob)).startswith(  # type: ignore[attr-defined]
        "send() has nothing to do: what this pointer points to is on bob already."
    )
    chain = world.x.send(world.alice)
    assert "your chain goes on from alice to bob" in text_of(lambda: chain + world.y)
    text = text_of(lambda: world.x[np.array([0, 1])])
    assert text.startswith("A numpy ndarray cannot travel") and "torch.tensor(array)" in text and "x.send(...)" in text
    assert "to_dense" in text_of(lambda: torch.eye(2).to_sparse().send(bob))  # type: ignore[attr-defined]
    assert "to_dense" not in text


def test_a_tensor_that_is_here_has_none_of_a_pointer_s_words(world: World) -> None:
    for name in ("get", "move", "remote_get", "location", "id_at_location"):
        assert not hasattr(world.home, name)
        assert hasattr(world.x, name) and hasattr(world.many, name)
    world.home.location = "mine"  # type: ignore[attr-defined]
    assert world.home.location == "mine"  # type: ignore[attr-defined]
    del world.home.location  # type: ignore[attr-defined]


def test_the_model_error_knows_which_is_where(world: World) -> None:
    assert "model.send(bob)" in text_of(lambda: world.model(world.x))
    assert "model.move(alice)" in text_of(lambda: world.away(world.y))
    assert "model.get()" in text_of(lambda: world.away(world.home))


def test_a_lost_object_is_named_with_its_holder(world: World) -> None:
    z = torch.ones(1).send(world.bob)
    world.bob.clear_objects()
    assert text_of(z.get).startswith(f"bob holds no object {z.id_at_location}.")


def test_what_was_asked_is_named(world: World) -> None:
    assert text_of(lambda: world.x.item()).startswith(".item() asks for a value, and the value is on bob")
    assert "'.2f'" in text_of(lambda: f"{world.x:.2f}")


def test_old_names_of_errors_can_be_caught(world: World) -> None:
    with pytest.raises(TypeError):
        float(world.x)
    with pytest.raises(NotImplementedError):
        world.x.nonzero()
    with pytest.raises(sy.ObjectNotFoundError):
        get_twice(world)
    with pytest.raises(sy.TensorsNotCollocatedException):
        world.model(world.x)


def test_after_reset_the_old_worker_is_unknown_and_the_data_stays(world: World) -> None:
    sy.reset()
    text = text_of(lambda: world.home.send(world.bob))
    check_text(sy.UnknownWorkerError, text)
    assert "sy.VirtualWorker(hook, id='bob')" in text
    assert world.home.tolist() == [1, 2]
    again = sy.VirtualWorker(world.hook, id="bob")
    assert world.home.send(again).get().tolist() == [1, 2]


def test_a_pointer_from_before_a_reset_says_so(world: World) -> None:
    sy.reset()
    with pytest.raises((sy.ObjectNotFoundError, sy.UnknownWorkerError)):
        world.x + 1


def test_torch_errors_of_a_remote_operation_are_torch_errors(world: World) -> None:
    """Mistakes that are no privacy matter read as in plain torch, on both transports."""
    with pytest.raises(RuntimeError) as away:
        world.x @ torch.ones(3).send(world.bob)
    with pytest.raises(RuntimeError) as here:
        torch.ones(2) @ torch.ones(3)
    assert str(away.value) == str(here.value)
    with pytest.raises(IndexError):
        world.x[5]
    with pytest.raises((TypeError, RuntimeError)) as away:
        world.x.sum(dim="wide")
    with pytest.raises((TypeError, RuntimeError)) as here:
        torch.ones(2).sum(dim="wide")
    assert type(away.value) is type(here.value)
    del away
    world.check_nothing_is_lost()
