"""Plain data survives the codec to the last bit, and observing needs nobody's cooperation."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import course as sy
from course.learn.plain import Other, Pointer, decode, encode, observe, same

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text() | st.integers() | st.just("$"), inner)
        | st.builds(Pointer, st.text(), st.integers(), inner)
    ),
    max_leaves=8,
)


@given(values)
def test_plain_values_come_back_the_same(value: Any) -> None:
    back = decode(encode(value))
    assert encode(back) == encode(value)
    assert type(back) is type(value)


def test_the_text_is_canonical_json() -> None:
    text = encode({"b": math.nan, "a": [math.inf, -0.0, torch.tensor([math.nan])]})
    assert json.loads(text) == json.loads(text, parse_constant=pytest.fail)
    assert text.index('"a"') < text.index('"b"')


@pytest.mark.parametrize(
    "dtype",
    [
        torch.bool,
        torch.uint8,
        torch.int64,
        torch.float16,
        torch.bfloat16,
        torch.float32,
        torch.float64,
        torch.complex64,
    ],
)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 1), (2, 3)])
def test_tensors_keep_dtype_shape_and_every_bit(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    tensor = (torch.randn(shape, dtype=torch.float64) * 3).to(dtype)
    back = decode(encode(tensor))
    assert (back.dtype, back.shape) == (dtype, tensor.shape)
    assert torch.equal(back, tensor)


def test_odd_floats_in_tensors() -> None:
    tensor = torch.tensor([math.nan, math.inf, -math.inf, -0.0, 1e-45])
    back = decode(encode(tensor))
    assert torch.equal(back.view(torch.int32), tensor.view(torch.int32))
    assert same(back, tensor) and not same(torch.tensor([0.0]), torch.tensor([-0.0]))


def test_what_is_not_plain_is_refused() -> None:
    with pytest.raises(TypeError, match="observe"):
        encode({"f": print})


def test_an_object_that_equals_everything_is_observed_as_what_it_is() -> None:
    class Yes:
        def __eq__(self, other: object) -> bool:
            return True

        def __repr__(self) -> str:
            raise RuntimeError("no text either")

    assert observe(Yes()) == Other("Yes", "<its repr raised RuntimeError>")
    assert observe([Yes()]) != [3]


def test_a_copy_is_taken_when_observed() -> None:
    tensor = torch.zeros(2, requires_grad=True)
    seen = observe({"x": [tensor]})
    tensor.data.add_(1)
    assert seen["x"][0].tolist() == [0, 0] and not seen["x"][0].requires_grad


def test_pointers_are_followed() -> None:
    with sy.isolated(seed=1):
        hook = sy.TorchHook(torch)
        bob, alice = sy.VirtualWorker(hook, id="bob"), sy.VirtualWorker(hook, id="alice")
        x = torch.tensor([1.0, 2.0], requires_grad=True).send(bob)
        (x * x).sum().backward()
        chain = torch.tensor([3]).send(bob).send(alice)
        many = torch.tensor([4]).send(bob, alice)
        assert same(observe(x).value, torch.tensor([1.0, 2.0]))
        assert same(observe(x.grad).value, torch.tensor([2.0, 4.0]))
        assert same(observe(chain).value.value, torch.tensor([3])) and observe(chain).location == "alice"
        assert [pointer.location for pointer in observe(many)] == ["bob", "alice"]
        assert observe(bob) == Other("worker", "bob")
        plan = sy.func2plan(args_shape=[(-1,)])(lambda x: x + 1)
        assert observe(plan.send(bob)).location == "bob"
        assert [pointer.location for pointer in observe(plan.send(bob, alice))] == ["bob", "alice"]
        x.get()
        assert observe(x) == Pointer("bob", int(x.id_at_location), None)
        for value in (observe(chain), observe(many), observe(bob._objects)):
            assert same(decode(encode(value)), value)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.ones(3, 3).to_sparse(),
        lambda: torch.ones(3, device="meta"),
        lambda: torch.ones(3, dtype=torch.complex32),
        lambda: torch.ones(3).to(torch.float8_e4m3fn),
        lambda: torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.quint8),
    ],
)
def test_a_tensor_that_has_no_plain_form_is_observed_as_something_else(make: Any) -> None:
    seen = observe(make())
    assert isinstance(seen, Other) and seen.type == "Tensor" and decode(encode(seen)) == seen


def test_a_number_of_numpy_is_a_number_and_an_array_of_one_is_an_array() -> None:
    assert type(observe(numpy.float32(0.5))) is float and observe(numpy.int64(3)) == 3
    assert observe(numpy.array(0.5)).type == observe(torch.tensor(0.5).numpy()).type == "ndarray"


def _fetched_pointer() -> Any:
    pointer = torch.ones(2).send(sy.VirtualWorker(sy, id="bob"))
    pointer.get()
    return pointer


def _shared(*workers: str) -> Any:
    holders = [sy.VirtualWorker(sy, id=name) for name in workers]
    dealer = sy.VirtualWorker(sy, id="crypto_provider")
    return torch.ones(2).fix_precision(16, base=2).share(*holders, crypto_provider=dealer)


def _opened() -> Any:
    shared = _shared("bob", "claire")
    shared.decrypt()
    return shared


def _fetched_plan() -> Any:
    plan = sy.func2plan(args_shape=[(2,)])(lambda x: x + 1)
    sent = plan.send(sy.VirtualWorker(sy, id="bob"))
    sent.get()
    return sent


@pytest.mark.parametrize(
    ("make", "holders"),
    [(_fetched_pointer, ["bob"]), (_opened, ["bob", "claire"]), (_fetched_plan, ["bob"])],
)
def test_what_was_fetched_is_observed_as_a_pointer_to_nothing(make: Any, holders: list[str]) -> None:
    with sy.isolated(seed=1):
        seen = observe({"nested": [make()]})["nested"][0]
    pointers = seen if isinstance(seen, list) else [seen]
    assert [(pointer.location, pointer.value) for pointer in pointers] == [(name, None) for name in holders]
    assert same(decode(encode(seen)), seen)


def test_a_network_of_which_one_parameter_was_opened_is_observed_all_the_same() -> None:
    with sy.isolated(seed=1):
        holders = [sy.VirtualWorker(sy, id=name) for name in ("bob", "claire")]
        dealer = sy.VirtualWorker(sy, id="crypto_provider")
        layer: Any = torch.nn.Linear(2, 1).fix_precision(16, base=2).share(*holders, crypto_provider=dealer)
        layer.weight.get()
        state = observe(layer)["state"]
    assert [pointer.value for pointer in state["weight"]] == [None, None]
    assert all(pointer.value.shape == (1,) for pointer in state["bias"])
