"""Shared tensors against torch: the same operations on plain tensors are the oracle."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import course as sy
from course.smpc.as_torch.table import without_values

UNIT = 2**-16


COUNTS = [2, 3, 5] if os.environ.get("COURSE_TRANSPORT") != "process" else [3]  # it is the same program with each


@pytest.fixture(params=COUNTS)
def holders(request: pytest.FixtureRequest, hook: sy.TorchHook) -> list[Any]:
    return [sy.VirtualWorker(hook, id=f"holder {place}") for place in range(request.param)]


@pytest.fixture
def cp(hook: sy.TorchHook) -> Any:
    return sy.VirtualWorker(hook, id="crypto_provider")


@pytest.fixture
def share(holders: list[Any], cp: Any) -> Callable[..., Any]:
    def do(x: Tensor, requires_grad: bool = False) -> Any:
        if not x.dtype.is_floating_point:
            return x.share(*holders, crypto_provider=cp)
        fixed = x.fix_precision(16, base=2)
        return fixed.share(*holders, crypto_provider=cp, requires_grad=requires_grad)

    return do


def opened(x: Any) -> Tensor:
    value = x.virtual_get()
    return value.float_precision() if isinstance(value, sy.FixedPrecisionTensor) else value


def some(*shape: int, seed: int = 0, low: float = -3, high: float = 3) -> Tensor:
    """Numbers that stand for themselves in 16 bits after the point."""
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.rand(shape, generator=generator, dtype=torch.float64) * (high - low) + low
    return ((drawn * 2**16).round() / 2**16).float()


X, Y, POSITIVE = some(3, 4), some(3, 4, seed=1), some(3, 4, seed=2, low=0.1, high=4)
ONE_SECRET: dict[str, Callable[[Any], Any]] = {
    "x + 1": lambda x: x + 1,
    "1.5 - x": lambda x: 1.5 - x,
    "x * 3": lambda x: x * 3,
    "x * 0.3": lambda x: x * 0.3,
    "x * tensor": lambda x: x * Y,
    "tensor + x": lambda x: Y + x,
    "x / 3": lambda x: x / 3,
    "x / 0.7": lambda x: x / 0.7,
    "x / tensor": lambda x: x / POSITIVE,
    "-x": lambda x: -x,
    "x ** 2": lambda x: x**2,
    "x ** 3": lambda x: x**3,
    "abs": lambda x: x.abs(),
    "relu": lambda x: x.relu(),
    "clamp": lambda x: x.clamp(-1, 1),
    "clamp low": lambda x: x.clamp(min=-1),
    "clamp high": lambda x: x.clamp(max=0.5),
    "sum": lambda x: x.sum(),
    "sum of rows": lambda x: x.sum(1, keepdim=True),
    "mean": lambda x: x.mean(),
    "mean of columns": lambda x: x.mean(0),
    "t": lambda x: x.t(),
    "reshape": lambda x: x.reshape(2, -1),
    "row": lambda x: x[1],
    "slice": lambda x: x[1:, ::2],
    "last": lambda x: x[..., -1],
    "rows by number": lambda x: x[torch.tensor([2, 0, 2])],
    "cat": lambda x: torch.cat([x, Y], 1),
    "stack": lambda x: torch.stack([x, x * 2], -1),
    "unsqueeze": lambda x: x.unsqueeze(1) + Y,
    "expand": lambda x: x[:, :1].expand(3, 4),
    "flip": lambda x: x.flip(0),
    "repeat": lambda x: x.repeat(2, 1),
    "chunk": lambda x: x.chunk(2, 1)[1],
    "unbind": lambda x: x.unbind(1)[2],
    "pad": lambda x: F.pad(x, (1, 0)),
    "mm": lambda x: x @ Y.t(),
    "mm from the left": lambda x: Y.t() @ x,
    "mv": lambda x: x @ Y[0],
    "linear": lambda x: F.linear(x, Y, Y[:, 0]),
    "dot": lambda x: x[0].dot(Y[0]),
    "exp": lambda x: x.exp(),
    "sigmoid": lambda x: x.sigmoid(),
    "tanh": lambda x: x.tanh(),
    "softmax": lambda x: F.softmax(x, 1),
    "log_softmax": lambda x: F.log_softmax(x, -1),
    "max": lambda x: x.max(),
    "max of rows": lambda x: x.max(1).values,
    "min of columns": lambda x: x.min(0).values,
    "where": lambda x: torch.where(Y > 0, x, x * 2),
    "dropout in evaluation": lambda x: F.dropout(x, 0.5, training=False),
    "mse": lambda x: F.mse_loss(x, Y),
    "mse sum": lambda x: F.mse_loss(x, Y, reduction="sum"),
    "cross entropy": lambda x: F.cross_entropy(x, torch.tensor([0, 3, 1])),
    "nll": lambda x: F.nll_loss(F.log_softmax(x, 1), torch.tensor([2, 2, 1]), reduction="sum"),
}
TWO_SECRETS: dict[str, Callable[[Any, Any], Any]] = {
    "x + y": lambda x, y: x + y,
    "x - y": lambda x, y: x - y,
    "x * y": lambda x, y: x * y,
    "x / y": lambda x, y: x / (y.abs() + 1),
    "x @ y": lambda x, y: x @ y.t(),
    "linear": lambda x, y: F.linear(x, y, y[:, 0]),
    "broadcast": lambda x, y: x * y[0] + y[:, :1],
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "where x > y": lambda x, y: torch.where(x > y, x, y * 2),
    "mse": F.mse_loss,
    "bmm": lambda x, y: torch.bmm(x.view(3, 2, 2), y.view(3, 2, 2)),
}
OF_POSITIVE: dict[str, Callable[[Any], Any]] = {
    "log": lambda x: x.log(),
    "sqrt": lambda x: x.sqrt(),
    "x ** 0.5": lambda x: x**0.5,
    "reciprocal": lambda x: 1 / x,
    "x ** -2": lambda x: x**-2,
    "rsqrt": lambda x: x.rsqrt(),
}
WHOLE: dict[str, Callable[[Any, Any], Any]] = {
    "x > y": lambda x, y: x > y,
    "x >= y": lambda x, y: x >= y,
    "x < y": lambda x, y: x < y,
    "x <= y": lambda x, y: x <= y,
    "x == y": lambda x, y: x == y,
    "x != y": lambda x, y: x != y,
    "x > 0": lambda x, y: x > 0,
    "tensor > x": lambda x, y: torch.gt(0.5 + 0 * Y, x),
    "x >= 1": lambda x, y: x >= 1,
    "x <= tensor": lambda x, y: x <= Y,
    "tensor < x": lambda x, y: x.new_tensor(1.0) < x if not isinstance(x, sy.SharedTensor) else torch.tensor(1.0) < x,
    "argmax": lambda x, y: x.argmax(),
    "argmax of rows": lambda x, y: x.argmax(1),
    "sign": lambda x, y: x.sign(),
    "and": lambda x, y: (x > 0) & (y > 0),
    "or": lambda x, y: (x > 0) | (y > 0),
    "not": lambda x, y: ~(x > 0),
    "count": lambda x, y: (x > 0).sum(),
}


def check(share: Callable[..., Any], function: Callable[..., Any], inputs: list[Tensor], units: float) -> None:
    """Forward and backward are torch's, within so many units of the last place."""
    plain = [x.clone().requires_grad_() for x in inputs]
    secret = [share(x, True) for x in inputs]
    want, got = function(*plain), function(*secret)
    assert isinstance(got, sy.SharedTensor)
    assert (got.shape, got.dtype) == (want.shape, want.dtype)
    torch.testing.assert_close(opened(got), want.detach(), atol=units * UNIT, rtol=1e-4)
    if not want.dtype.is_floating_point or not want.requires_grad:
        return
    weights = some(*want.shape, seed=7)
    (want * weights).sum().backward()
    (got * weights).sum().backward()
    for x, y in zip(plain, secret, strict=True):
        gradient = y.grad if isinstance(y.grad, sy.SharedTensor) else share(y.grad)
        torch.testing.assert_close(opened(gradient), x.grad, atol=4 * units * UNIT, rtol=1e-3)


@pytest.mark.parametrize("name", ONE_SECRET)
def test_one_secret(share: Callable[..., Any], name: str) -> None:
    check(share, ONE_SECRET[name], [X], 24)


@pytest.mark.parametrize("name", TWO_SECRETS)
def test_two_secrets(share: Callable[..., Any], name: str) -> None:
    check(share, TWO_SECRETS[name], [X, Y], 24)


@pytest.mark.parametrize("name", OF_POSITIVE)
def test_positive(share: Callable[..., Any], name: str) -> None:
    check(share, OF_POSITIVE[name], [POSITIVE], 60)


@pytest.mark.parametrize("name", WHOLE)
def test_whole_results_are_exact(share: Callable[..., Any], name: str) -> None:
    y = torch.where(torch.arange(12).view(3, 4) % 3 == 0, X, Y)  # some are equal
    want = WHOLE[name](X, y)
    got = opened(WHOLE[name](share(X), share(y)))
    assert got.dtype == want.dtype
    assert torch.equal(got, want)


def test_integers_of_the_ring(share: Callable[..., Any]) -> None:
    x, y = torch.tensor([2**62, -5, 7]), torch.tensor([2**62, 3, -(2**63)])
    for function in (torch.add, torch.sub, torch.mul):
        assert torch.equal(opened(function(share(x), share(y))), function(x, y))
    assert torch.equal(opened(share(x) * 3 - 1), x * 3 - 1)
    ends = torch.tensor([-(2**63), 2**63 - 1, 0, -1])
    assert torch.equal(opened(share(ends) == 0), ends == 0)
    assert torch.equal(opened(share(torch.arange(6)).sum()), torch.tensor(15))


PICTURES = some(2, 2, 6, 6, seed=3)
LAYERS: dict[str, Callable[[], nn.Module]] = {
    "conv": lambda: nn.Conv2d(2, 3, 3),
    "conv with stride and padding": lambda: nn.Conv2d(2, 3, 3, stride=2, padding=1),
    "conv without bias": lambda: nn.Conv2d(2, 3, 2, bias=False),
    "max pool": lambda: nn.MaxPool2d(2),
    "max pool that overlaps": lambda: nn.MaxPool2d(3, stride=1),
    "avg pool": lambda: nn.AvgPool2d(2),
    "flatten": lambda: nn.Sequential(nn.Flatten(), nn.Linear(72, 3)),
    "batch norm": lambda: nn.BatchNorm2d(2).eval(),
    "relu": lambda: nn.ReLU(),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers(share: Callable[..., Any], holders: list[Any], cp: Any, name: str) -> None:
    torch.manual_seed(0)
    layer = LAYERS[name]()
    if isinstance(layer, nn.BatchNorm2d):
        layer.running_mean = torch.tensor([0.5, -1.0])
        layer.running_var = torch.tensor([2.0, 0.5])
    plain = copy.deepcopy(layer).fix_precision(16, base=2)
    layer.encrypt(*holders, crypto_provider=cp, precision_fractional=16, base=2)
    x, secret = PICTURES.clone().requires_grad_(), share(PICTURES, True)
    want, got = plain(x), layer(secret)
    torch.testing.assert_close(opened(got), want.detach(), atol=40 * UNIT, rtol=1e-4)
    want.square().sum().backward()
    got.square().sum().backward()
    torch.testing.assert_close(opened(secret.grad), x.grad, atol=300 * UNIT, rtol=1e-3)
    for one, other in zip(plain.parameters(), layer.parameters(), strict=True):
        torch.testing.assert_close(opened(other.grad), one.grad, atol=2000 * UNIT, rtol=1e-3)


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda p: torch.optim.SGD(p, lr=0.02),
        lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9),
        lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, nesterov=True, weight_decay=0.01),
        lambda p: torch.optim.ASGD(p, lr=0.02),
    ],
)
def test_training_is_plain_training(share: Callable[..., Any], holders: list[Any], cp: Any, optimizer: Any) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 2)).fix_precision(16, base=2)
    twin = copy.deepcopy(model)
    kept = list(model.parameters())
    model.share(*holders, crypto_provider=cp)
    assert all(one is other for one, other in zip(model.parameters(), kept, strict=True))
    labels = F.one_hot(torch.tensor([0, 1, 1]), 2).float()
    for network, x, y in ((twin, X, labels), (model, share(X), share(labels))):
        steps = optimizer(network.parameters())
        for _ in range(4):
            steps.zero_grad()
            loss = ((network(x) - y) ** 2).sum()
            loss.backward()
            steps.step()
    model.get().float_precision()
    for one, other in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=100 * UNIT, rtol=1e-3)
    assert all(one is other for one, other in zip(model.parameters(), kept, strict=True))


class Own(torch.optim.Adam):
    """Made of torch's: its steps are torch's."""


REFUSED = ["Adam", "AdamW", "Adagrad", "RMSprop", "Rprop", "LBFGS", "RAdam"]


@pytest.mark.parametrize("kind", [Own, *(getattr(torch.optim, name) for name in REFUSED)])
def test_an_optimizer_whose_steps_would_be_others_is_refused(share: Callable[..., Any], kind: Any) -> None:
    w, name = share(X, requires_grad=True), kind.__name__
    steps = kind([w])
    (w * 2).sum().backward()
    with sy.record() as log, pytest.raises(sy.SharedError, match=rf"^{name}\.step\(\) on shares: .*torch\.optim\.SGD"):
        steps.step(lambda: 0.0)
    assert not log.rows()
    steps.param_groups[0]["params"] = [nn.Parameter(X)]
    steps.step(lambda: torch.zeros(()))  # of numbers that are here it makes them


def test_in_place_reaches_every_view_and_nothing_else(share: Callable[..., Any]) -> None:
    sy.seed(3)
    x = share(X)
    view, copy_of_it = x.t(), x.clone()
    x.mul_(2).add_(1)
    assert torch.equal(opened(x), X * 2 + 1)
    assert torch.equal(opened(view), opened(x).t())
    assert torch.equal(opened(copy_of_it), X)
    sy.seed(3)  # the ids begin anew, and are taken
    y = share(Y)
    assert torch.equal(opened(y + y), 2 * Y)
    assert torch.equal(opened(y), Y)
    assert torch.equal(opened(x), X * 2 + 1)
    assert torch.equal(opened(copy_of_it), X)


def test_what_is_shared_is_neither_here_nor_in_one_place(share: Callable[..., Any], holders: list[Any]) -> None:
    x = share(X)
    model = nn.Linear(2, 1).encrypt(*holders)
    assert model.location == x.location == holders
    for refused in (x.send, x.move, model.send):
        with pytest.raises(sy.NotSendableError):
            refused(holders[0])
    for show in (bool, float, int, str.__mod__):
        with pytest.raises((sy.ValueRefusedError, TypeError)):
            show(x[0, 0])
    with pytest.raises(sy.SavePointerError):
        model.state_dict()
    with pytest.raises(sy.LoadElsewhereError):
        model.load_state_dict(nn.Linear(2, 1).state_dict())
    assert x.get().shape == X.shape
    for spent in (x.get, lambda: x + 1, lambda: x.child):
        with pytest.raises(sy.AlreadyFetchedError, match=holders[0].id):
            spent()


def test_data_can_be_set_as_old_notebooks_do(share: Callable[..., Any]) -> None:
    w = nn.Parameter(share(X))
    (w * share(Y)).sum().backward()
    w.data = w.data - 0.5 * w.grad
    w.data -= share(X)
    torch.testing.assert_close(opened(w), -0.5 * Y, atol=8 * UNIT, rtol=0)
    assert w.requires_grad and w.is_leaf
    with pytest.raises(sy.SharedError):
        w.data = X


# ---- bounds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in ONE_SECRET if "cross" not in name])
def test_a_bound_is_kept_by_every_operation_that_has_a_rule(holders: list[Any], cp: Any, name: str) -> None:
    fixed = X.fix_precision(16, base=2)
    result = ONE_SECRET[name](fixed.share(*holders, crypto_provider=cp, bound=3))
    if result.bound is not None:
        assert opened(result).abs().max() <= result.bound + 1e-3


def test_a_product_that_could_leave_the_ring_is_an_error_before_anything_is_sent(holders: list[Any], cp: Any) -> None:
    x = torch.tensor([[1.0, 2.0]]).fix_precision().share(*holders, crypto_provider=cp, bound=1e6)
    assert opened(x * x).tolist() == [[1, 4]]
    with sy.record() as log, pytest.raises(sy.PrecisionError, match="mm.. of secrets of up to 2e.06 and 2e.06"):
        _ = (x * 2) @ (x * 2).t()
    assert {row["op"] for row in log.rows()} <= {"", "mul_public", "transpose"}
    y = torch.tensor([1.0]).fix_precision().share(*holders, crypto_provider=cp)
    assert y.bound is None  # nothing was declared, so nothing is known


# ---- with MACs -------------------------------------------------------------------------------------------------------

MACS: dict[str, Callable[[Any, Any], Any]] = {
    "x + y": lambda x, y: x + y,
    "1 - x": lambda x, y: 1 - x,
    "x * y": lambda x, y: x * y,
    "x * 2.5": lambda x, y: x * 2.5,
    "x ** 2": lambda x, y: x**2,
    "x @ y": lambda x, y: x @ y.t(),
    "x @ tensor": lambda x, y: x @ Y.t(),
    "linear": lambda x, y: F.linear(x, y, y[:, 0]),
    "mean": lambda x, y: x.mean(),
    "sum of rows": lambda x, y: (x * y).sum(1),
    "parts": lambda x, y: torch.cat([x[1:, ::2], y[:1, 2:]]).reshape(-1),
    "stack": lambda x, y: torch.stack([x, y], -1)[..., 0].t(),
    "squared error": F.mse_loss,
}


@pytest.fixture
def with_macs(holders: list[Any], cp: Any) -> Callable[[Tensor], Any]:
    def do(x: Tensor) -> Any:
        if not x.dtype.is_floating_point:
            return x.share(*holders, crypto_provider=cp, protocol="spdz2k")
        return x.fix_precision(8, base=2).share(*holders, crypto_provider=cp, requires_grad=True, protocol="spdz2k")

    return do


@pytest.mark.parametrize("name", MACS)
def test_with_macs(with_macs: Callable[[Tensor], Any], name: str) -> None:
    plain = [x.clone().requires_grad_() for x in (X, Y)]
    secret = [with_macs(X), with_macs(Y)]
    want, got = MACS[name](*plain), MACS[name](*secret)
    torch.testing.assert_close(opened(got), want.detach(), atol=12 * 2**-8, rtol=1e-2)
    want.sum().backward()
    got.sum().backward()
    if isinstance(secret[0].grad, sy.SharedTensor):
        torch.testing.assert_close(opened(secret[0].grad), plain[0].grad, atol=24 * 2**-8, rtol=1e-2)


def test_a_holder_who_changes_its_share_or_mac_is_noticed(with_macs: Callable[[Tensor], Any]) -> None:
    for part in (0, 1):
        x = with_macs(torch.tensor([3, -5]))
        kept = with_macs(torch.tensor([1, 2]))
        share = x.child[-1]
        share += torch.zeros(2, 2, dtype=torch.int64).index_fill_(0, torch.tensor(part), 1).send(share.location)
        with pytest.raises(sy.CorruptedSharesError):
            x.get()
        with pytest.raises(sy.CorruptedSharesError):
            kept.get()
        assert with_macs(torch.tensor([4])).get().tolist() == [4]


def test_another_form_in_place(share: Callable[..., Any]) -> None:
    """The same object gets another shape; gradients find their way through, and what is added arrives."""

    def function(x: Any) -> Any:
        y = x * 2
        same = y.unsqueeze_(0).transpose_(0, 2).squeeze_(-1).t_().add_(1)
        assert same is y
        return y * some(*y.shape, seed=5)

    check(share, function, [X], 24)
    check(share, lambda x: x.view(-1) @ some(12, 2, seed=4), [X], 24)  # torch squeezes a vector's product in place


def test_what_was_opened_before_a_failure_is_written_down(hook: sy.TorchHook, bob: Any, alice: Any) -> None:
    """A changed share is found by a check that opens numbers; the result is not opened to you."""
    cp = sy.VirtualWorker(hook, id="cp")
    x = torch.tensor([2, 3]).share(bob, alice, crypto_provider=cp, protocol="spdz2k")  # type: ignore[attr-defined]
    y = x * x
    y.child[0].add_(1)
    with sy.record() as log, pytest.raises(sy.CorruptedSharesError):
        y.get()
    assert "open" in {row["kind"] for row in log.rows()}
    assert not [row for row in log.rows() if row["receiver"] == "me" and row["values"]]


# ---- what would come out, without values ----


@pytest.mark.parametrize("number, dtype", [(1, torch.int64), (1.0, torch.float32), (True, torch.int64)])
def test_the_form_of_a_result_depends_on_the_kind_of_a_number(number: float, dtype: torch.dtype) -> None:
    """It is remembered, and 1 == 1.0 == True."""
    for _ in range(2):
        out = without_values(torch.ops.aten.mul.Tensor, (torch.arange(3), number), {})
        assert (out.dtype, out.shape) == (dtype, (3,))


def test_the_form_of_a_result_depends_on_the_default_dtype() -> None:
    for default in (torch.float32, torch.float64):
        torch.set_default_dtype(default)
        assert without_values(torch.ops.aten.sigmoid.default, (torch.arange(3),), {}).dtype is default


def test_shapes_that_do_not_fit_are_refused_each_time() -> None:
    for _ in range(2):
        with pytest.raises(RuntimeError, match="broadcast"):
            without_values(torch.ops.aten.add.Tensor, (torch.ones(2), torch.ones(3)), {})
