"""Recording a plan: what a recording cannot see is refused with the line that does it, never silently frozen."""

import random
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import course as sy

OUTSIDE = torch.ones(3)
LOG: list[Any] = []
CALLS = 0


def branch(x):
    if x.sum() > 0:
        return x
    return -x


def loop_until(x):
    while (x > 1).any():
        x = x / 2
    return x


def item(x):
    return x * x.max().item()


def as_float(x):
    return x * float(x.max())


def rows(x):
    total = 0
    for row in x:
        total = total + row
    return total


def as_many_times_as_rows(x):
    for _ in range(x.shape[0]):
        x = x + 1
    return x


def by_length(x):
    for _ in range(len(x)):
        x = x + 1
    return x


def branch_on_the_batch(x):
    return x if x.shape[0] > 3 else -x


def prints(x):
    print("here")
    return x + 1


def prints_a_value(x):
    print(x)
    return x


def formats(x):
    return x * len(f"{x}")


def draws(x):
    return x * random.random()


def draws_from_numpy(x):
    return x * np.random.rand()


def seeds(x):
    torch.manual_seed(3)
    return x + torch.rand(3)


def appends(x):
    LOG.append(1)
    return x + 1


def counts(x):
    global CALLS
    CALLS += 1
    return x + 1


def outside(x):
    return x + OUTSIDE.mean()


def computes_outside(x):
    return x + (OUTSIDE * 2).sum()


def opens_outside(x):
    return x * OUTSIDE.sum().item()


def returns_a_number(x):
    return x.shape[0]


def returns_a_dict(x):
    return {"x": x}


def to_numpy(x):
    return torch.from_numpy(x.numpy())


def hands_to_nobody(x):
    return x.send("bob")


def uses_a_gradient_too_early(x):
    return x - x.grad * 2


# What cannot be recorded: the function, and what the message says about it.
CANNOT: list[tuple[Callable[..., Any], str, str]] = [
    (branch, "decides by a value", "torch.where"),
    (loop_until, "decides by a value", "torch.where"),
    (item, "asks for a value (.item())", "where the plan runs"),
    (as_float, "asks for a value (float())", "where the plan runs"),
    (to_numpy, "asks for a value (.numpy())", "where the plan runs"),
    (rows, "goes through the rows one by one", "where the plan runs"),
    (as_many_times_as_rows, "needs a size as a plain number", "all rows at once"),
    (by_length, "needs a size as a plain number", "all rows at once"),
    (branch_on_the_batch, "decides by a size", "all rows at once"),
    (prints, "prints", "print the result"),
    (prints_a_value, "shows a value", "where the plan runs"),
    (formats, "shows a value", "where the plan runs"),
    (draws, "draws or seeds random numbers", "torch.rand"),
    (draws_from_numpy, "draws or seeds random numbers", "torch.rand"),
    (seeds, "draws or seeds random numbers", "torch.rand"),
    (appends, "changes LOG", "return what should leave"),
    (counts, "changes CALLS", "return what should leave"),
    (outside, "computes with a tensor that is neither", "state=[...]"),
    (computes_outside, "computes with a tensor that is neither", "state=[...]"),
    (opens_outside, "computes with a tensor that is neither", "state=[...]"),
    (returns_a_number, "returns a Number", "returns tensors"),
    (returns_a_dict, "returns a dict", "returns tensors"),
    (hands_to_nobody, "hands something to 'bob'", "names a worker"),
    (uses_a_gradient_too_early, "uses a gradient that is not there yet", "backward()"),
]


@pytest.mark.parametrize(("function", "what", "instead"), CANNOT, ids=[row[0].__name__ for row in CANNOT])
def test_what_cannot_be_recorded_is_refused(function, what, instead, capsys) -> None:
    LOG.clear()
    with pytest.raises(sy.CannotRecordError) as caught:
        sy.func2plan(args_shape=[(-1, 3)])(function)
    text = str(caught.value)
    assert text.startswith(f"{function.__name__} cannot be recorded: it {what}"), text
    assert instead in text
    assert capsys.readouterr().out == ""
    assert torch.is_grad_enabled()


def test_the_line_is_named() -> None:
    with pytest.raises(sy.CannotRecordError, match=r"in line \d+: if x\.sum\(\) > 0:"):
        sy.func2plan(args_shape=[(3,)])(branch)


def test_nothing_is_left_half_recorded() -> None:
    class Branching(sy.Plan):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(2, 1)

        def forward(self, x):
            return x if self.fc(x).sum() > 0 else -x

    plan = Branching()
    weight = plan.fc.weight
    with pytest.raises(sy.CannotRecordError):
        plan.build(torch.ones(1, 2))
    assert plan.fc.weight is weight and not plan.is_built
    assert plan(torch.ones(1, 2)).shape == (1, 2)


def test_what_no_worker_runs_is_refused_when_it_is_recorded() -> None:
    for program in (lambda x: x.nonzero(), lambda x: x.unique(), lambda x: torch.empty_like(x)):
        with pytest.raises(sy.OperationNotReviewedError):
            sy.func2plan(args_shape=[(3,)])(program)
    with pytest.raises(sy.OperationNotReviewedError, match="mask"):
        sy.func2plan(args_shape=[(3,)])(lambda x: x[x > 0])
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        sy.func2plan(args_shape=[(3,)])(lambda x: x.nonsense())


def test_which_first_dimension_is_a_batch_is_found_out() -> None:
    """A vector that a layer wants, as in the older notebooks, and weights as arguments."""
    plan = sy.func2plan()(lambda x, w: x @ w + x.new_zeros((x.shape[0], w.shape[1])))
    plan.build(torch.rand(5, 3), torch.rand(3, 2))
    x, w = torch.rand(2, 3), torch.rand(3, 2)
    assert torch.equal(plan(x, w), x @ w)


LAYERS = {
    "conv": lambda: nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 3)
    ),
    "norm": lambda: nn.Sequential(nn.Flatten(), nn.LayerNorm(36), nn.GELU(), nn.Linear(36, 2), nn.Softmax(-1)),
    "attention": lambda: nn.Sequential(
        nn.Flatten(1, 2), nn.TransformerEncoderLayer(6, 2, 8, batch_first=True), nn.PReLU(), nn.Flatten()
    ),
    "embedding": lambda: nn.Sequential(nn.Flatten(), nn.Linear(36, 4), nn.Dropout(0.0), nn.LogSoftmax(1)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers_of_torch(name, bob) -> None:
    layers = LAYERS[name]()

    class Model(sy.Plan):
        def __init__(self) -> None:
            super().__init__()
            self.layers = layers

        def forward(self, x):
            return self.layers(x)

    model = Model().build(torch.rand(2, 1, 6, 6)).eval()
    x = torch.rand(3, 1, 6, 6)
    assert torch.equal(model.send(bob)(x.send(bob)).get(), layers(x))
    assert not re.search(r"= None|_stacklevel", model.code)


def test_losses_and_labels(bob) -> None:
    plan = sy.func2plan()(lambda x, y: (F.cross_entropy(x, y), F.nll_loss(F.log_softmax(x, 1), y)))
    x, y = torch.rand(4, 3), torch.tensor([0, 2, 1, 1])
    plan.build(x, y)
    for away, here in zip(plan.send(bob)(x.send(bob), y.send(bob)), plan(x, y), strict=True):
        assert torch.equal(away.get(), here)
    assert torch.equal(plan(x, y)[0], F.cross_entropy(x, y))


def test_a_layers_own_error_comes_at_once() -> None:
    """It is what plain torch says for tensors of these shapes, and the function is called once."""
    calls = []
    layer = nn.Linear(5, 2)

    class Model(sy.Plan):
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, x, y):
            calls.append(x.dim())
            return self.layer(x) + y

    with pytest.raises(RuntimeError) as plain:
        layer(torch.ones(4, 3))
    with pytest.raises(RuntimeError, match=re.escape(str(plain.value))) as found:
        Model().build(torch.ones(4, 3), torch.ones(2))
    assert not isinstance(found.value, sy.CourseError) and calls == [2]


ONE_SIZE = {
    "reshape": (lambda x: x.reshape(4, 3), "shape '[4, 3]' is invalid for input of size 21"),
    "unbind": (lambda x: x.unbind()[0], "4 parts become 7"),
    "view": (lambda x: x.view(2, 6), "shape '[2, 6]' is invalid for input of size 21"),
}


@pytest.mark.parametrize("name", ONE_SIZE)
def test_a_size_that_is_said_to_be_free_and_is_not(name) -> None:
    function, why = ONE_SIZE[name]
    with pytest.raises(sy.CannotRecordError, match=re.escape(f"one size and not with a larger one ({why}), in line")):
        sy.func2plan(args_shape=[(-1, 3)])(function)
    with pytest.raises(sy.CannotRecordError, match="follow the size"):
        sy.func2protocol(roles=["bob"], args_shape={"bob": [(-1, 3)]})(lambda bob: function(*bob.inputs))
    plan = sy.func2plan(args_shape=[(4, 3)])(function)
    x = torch.rand(4, 3)
    assert torch.equal(plan(x), function(x))
