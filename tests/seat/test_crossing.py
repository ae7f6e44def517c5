"""Two sides of one process know the same things: what crosses is equal, stays one thing, and changes on both sides."""

from __future__ import annotations

import math
from typing import Any

import numpy
import pandas
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import course as sy
from course import session
from course.errors import AlreadyFetchedError
from course.learn.plain import Other
from course.seat.crossing import FORMS, READ, Crossing
from course.seat.wire import Garbled, dumps
from tests.seat.test_wire import read


class Sides:
    """A judge's side and a seat's, with one network, each calling what the other has."""

    def __init__(self) -> None:
        network = session.local_worker.network
        self.judge = Crossing(network, True, lambda *asked: self._call(self.judge, self.seat, *asked))
        self.seat = Crossing(network, False, lambda *asked: self._call(self.seat, self.judge, *asked))

    def over(self, value: Any, back: bool = False) -> Any:
        """The value on the other side, with what has changed since the last time; as bytes on the way."""
        sender, receiver = (self.seat, self.judge) if back else (self.judge, self.seat)
        self.judge.forget(self.seat.forgotten())
        node, changes = read(dumps([sender.pack(value), sender.changes()]))
        found = receiver.unpack(node)
        receiver.apply(changes)
        return found

    def _call(self, sender: Crossing, receiver: Crossing, key: int, method: str, args: list[Any], kwargs: Any) -> Any:
        packed, changes = read(dumps([sender.pack_copies(args), sender.changes()]))
        values = [receiver.unpack(node) for node in packed]
        receiver.apply(changes)
        thing = receiver.thing(key)
        if method == "backward":
            torch.autograd.backward(thing, *values)
            result = None
        else:
            result = getattr(thing, method or "__call__")(*values)
        node, changes = read(dumps([receiver.pack(result), receiver.changes()]))
        found = sender.unpack(node)
        sender.apply(changes)
        return found


@pytest.fixture
def sides() -> Any:
    if not sy.TorchHook.installed:
        sy.TorchHook(torch)
    with session.isolated(seed=3, transport="in_process"):
        yield Sides()


plain = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False) | st.binary(max_size=5)
)
nested = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(nested)
def test_plain_values_cross_with_their_types(value: Any) -> None:
    with session.isolated(seed=3, transport="in_process"):
        found = Sides().over(value)
    assert repr(found) == repr(value)


@pytest.mark.parametrize(
    "value",
    [
        math.inf,
        -0.0,
        1j,
        torch.Size([2, 3]),
        torch.float16,
        range(3),
        ...,
        {1, 2},
        torch.device("cpu"),
        numpy.float64(2.5),
    ],
    ids=repr,
)
def test_what_json_has_no_word_for(sides: Sides, value: Any) -> None:
    assert repr(sides.over(value)) == repr(value.item() if isinstance(value, numpy.generic) else value)
    found = sides.over(math.nan)
    assert found != found


DTYPES = [torch.float32, torch.float64, torch.int64, torch.bool, torch.complex64, torch.bfloat16, torch.uint8]


@settings(max_examples=60)
@given(st.lists(st.integers(0, 4), max_size=3), st.sampled_from(DTYPES), st.booleans(), st.integers(0, 2**31))
def test_tensors_cross_to_the_last_bit(shape: list[int], dtype: torch.dtype, turned: bool, seed: int) -> None:
    x = (torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * 9).to(dtype)
    x = x.transpose(0, -1) if turned and x.dim() > 1 else x
    with session.isolated(seed=3, transport="in_process"):
        found = Sides().over(x)
    assert found.dtype == x.dtype and found.shape == x.shape and found.stride() == x.stride()
    assert torch.equal(found, x)


def test_two_tensors_in_one_memory_stay_so(sides: Sides) -> None:
    whole = torch.arange(6.0)
    there, part = sides.over((whole, whole[2:4]))
    part.fill_(9)
    assert there.tolist() == [0, 1, 9, 9, 4, 5]
    sides.over(None, back=True)
    assert whole.tolist() == [0, 1, 9, 9, 4, 5]


def test_what_is_changed_there_is_changed_here(sides: Sides) -> None:
    x, w, names, table = torch.ones(2), torch.ones(2, requires_grad=True), ["a"], {"k": 1}
    there = sides.over([x, w, names, table])
    there[0].mul_(3)
    (there[1] * 2).sum().backward()
    there[2].append("b")
    there[3]["k"] = True
    sides.over(None, back=True)
    assert x.tolist() == [3, 3] and w.grad.tolist() == [2, 2] and names == ["a", "b"] and table["k"] is True


def test_a_thing_is_one_thing_however_often_it_crosses(sides: Sides) -> None:
    names: list[str] = []
    one, again = sides.over((names, names))
    assert one is again and sides.over(one, back=True) is names


def test_a_pointer_leads_to_the_same_object_and_only_the_judges_owns_it(sides: Sides) -> None:
    bob = sy.VirtualWorker(sy.TorchHook(torch), id="bob")
    x = torch.tensor([1.0, 2.0]).send(bob)
    there = sides.over(x)
    assert there.id_at_location == x.id_at_location and not there.garbage_collect_data
    del there
    assert len(bob._objects) == 1
    made = sides.over((x + 1), back=True)
    assert made.garbage_collect_data and made.copy().get().tolist() == [2, 3]
    fetched = sides.over(x)
    assert fetched.get().tolist() == [1, 2]
    sides.over(None, back=True)
    with pytest.raises(AlreadyFetchedError):
        x.get()


def test_models_and_optimizers_cross_with_their_ties(sides: Sides) -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 2, padding=1), nn.Flatten(), nn.Linear(18, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
    theirs, steps = sides.over((model, optimizer))
    assert steps.param_groups[0]["params"][0] is theirs[0].weight
    x = torch.ones(3, 1, 2, 2)
    assert torch.equal(theirs(x), model(x))
    before = model[2].weight.detach().clone()
    theirs(x).sum().backward()
    steps.step()
    theirs.eval()
    sides.over(None, back=True)
    assert not torch.equal(model[2].weight, before) and torch.equal(model[2].weight, theirs[2].weight)
    assert not model[0].training
    assert torch.equal(
        optimizer.state[model[0].weight]["momentum_buffer"], steps.state[theirs[0].weight]["momentum_buffer"]
    )


def test_a_function_is_called_where_it_is(sides: Sides) -> None:
    seen: list[Any] = []

    def twice(x: torch.Tensor, more: list[int]) -> torch.Tensor:
        seen.append(more)
        return 2 * x

    there = sides.over(twice)
    assert there is not twice and there.__name__ == "twice"
    assert there(torch.ones(2), [1]).tolist() == [2, 2] and seen == [[1]]
    assert sides.over(there, back=True) is twice


def test_a_graph_goes_on_on_the_other_side(sides: Sides) -> None:
    w = torch.tensor([2.0, 3.0], requires_grad=True)
    there = sides.over(w)
    theirs = (there**2).sum()  # the seat keeps what it has returned
    loss = sides.over(theirs, back=True)
    (loss * 10).backward()
    assert w.grad.tolist() == [40, 60]


def test_a_plan_runs_on_the_other_side(sides: Sides) -> None:
    @sy.func2plan(args_shape=[(-1,)], state=[torch.tensor([2.0])])
    def scaled(x: Any, state: Any) -> Any:
        (factor,) = state.read()
        return x * factor

    there = sides.over(scaled)
    assert isinstance(there, sy.Plan) and there.is_built and there.code == scaled.code
    assert there(torch.tensor([1.0, 5.0])).tolist() == [2, 10]
    bob = sy.VirtualWorker(sy.TorchHook(torch), id="bob")
    assert there.send(bob)(torch.tensor([4.0]).send(bob)).get().tolist() == [8]


def test_a_table_crosses_and_its_changes_come_back(sides: Sides) -> None:
    table = pandas.DataFrame({"age": [20.0, math.nan], "job": ["y", None]}, index=[4, 7])
    there = sides.over(table)
    assert there.equals(table)
    there["age"] = there["age"] + 1
    sides.over(None, back=True)
    assert table["age"].tolist()[0] == 21 and list(table.columns) == ["age", "job"] and list(table.index) == [4, 7]


def test_what_no_form_takes_crosses_as_a_description(sides: Sides) -> None:
    class Strange:
        def __eq__(self, other: object) -> bool:
            return True

        def __repr__(self) -> str:
            return "strange"

    assert sides.over(Strange(), back=True) == Other("Strange", "strange")
    assert sides.over(numpy.ones(2), back=True).type == "ndarray"


# ---- what a stranger may write -------------------------------------------------------------------------------------

words = st.sampled_from([*FORMS, *READ, "at", "new", "copy", "here", "away", "spent", "shared", "me", "bob", "grad"])
written = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 9)
    | st.integers()
    | words
    | st.text(max_size=3)
    | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=7),
    max_leaves=25,
)


@settings(max_examples=400, deadline=None)
@given(written)
def test_whatever_is_written_is_read_or_garbled(node: Any) -> None:
    with session.isolated(seed=3, transport="in_process"):
        judge = Sides().judge
        judge.pack([torch.ones(2), [1]])
        try:
            judge.unpack(node)
        except Garbled:
            return


BAD = {
    "a tensor beyond its memory": [
        "new",
        1,
        "tensor",
        ["here", ["copy", "memory", [b"1234"]], "float32", [2], [1], 0, False, None, False, False],
    ],
    "a negative stride": [
        "new",
        1,
        "tensor",
        ["here", ["copy", "memory", [b"1234"]], "int8", [2], [-1], 2, False, None, False, False],
    ],
    "a key of the judge's": ["new", 8, "list", []],
    "a layer that is none": ["new", 1, "module", ["functional", True, True, None, [], None, [], [], [], [], []]],
    "a private part": ["new", 1, "module", ["Linear", True, True, None, [], None, [["__class__", 1]], [], [], [], []]],
    "a forward of its own": [
        "new",
        1,
        "module",
        ["Linear", True, True, None, [], None, [["_forward_hooks", 1]], [], [], [], []],
    ],
    "a request of another kind": ["request", "Dealer", 2],
    "a worker who is not there": ["worker", "eve"],
    "a part that is no gradient": ["sent", "me", [5, "__class__"]],
}


@pytest.mark.parametrize("node", BAD.values(), ids=BAD)
def test_what_cannot_be_is_garbled(sides: Sides, node: Any) -> None:
    with pytest.raises(Garbled):
        sides.judge.unpack(node)


def test_an_optimizer_that_torch_does_not_have_is_described(sides: Sides) -> None:
    class Own(torch.optim.SGD):
        pass

    assert sides.over(Own([torch.ones(1, requires_grad=True)], lr=0.1), back=True) == Other("Optimizer", "Own")
