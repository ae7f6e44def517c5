"""Whether a product has left the ring, against products of Python's integers, which have no end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product as over
from typing import Any

import numpy
import pytest
import torch
import torch.nn.functional as F
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import Tensor

import course as sy
from course.smpc import exact, shared
from course.smpc.programs import PROGRAMS
from course.smpc.shares import split
from tests.smpc.far import Far, called_right
from tests.smpc.party import COUNTS, DRAWS, NAMES, parties

counts = st.sampled_from(COUNTS)
signed = st.integers(0, 62).flatmap(lambda bits: st.integers(-(2**bits) + 1, 2**bits - 1))  # of every size
pairs = st.lists(st.tuples(signed, signed), min_size=1, max_size=8)


def verdict(numbers: Any) -> bool | None:
    """What has to be said of exact products: all have room, one has none; None in between, where both are right."""
    largest = max(abs(int(number)) for number in numpy.ravel(numbers))
    return True if largest < 2**60 else False if largest >= 3 * 2**60 else None


def said(name: str, count: int, *args: Any) -> bool:
    """What parties say of a program's product; tensors are secrets."""
    given = [split(arg, count, DRAWS) if isinstance(arg, Tensor) else arg for arg in args]
    return bool(called_right(name)(parties(count), *given).all())


@settings(max_examples=30)
@given(count=counts, both=pairs)
@example(2, [(2**30 - 1, 2**30), (154, -29_958_199_361_776_737)])
@example(3, [(2**31, 2**31)])
@example(5, [(10**8, 10**8), (1, 1)])
@example(2, [(2**61, 8)])  # 2**64, which the ring has as 0
def test_numbers(count: int, both: list[tuple[int, int]]) -> None:
    x, y = map(torch.tensor, zip(*both, strict=True))
    for name, factors, right in [
        ("mul", (x, y, 2, True), verdict([a * b for a, b in both])),
        ("mul", (x.view(-1, 1), y, 2, True), verdict([a * b for a in x.tolist() for b in y.tolist()])),
        ("square", (x, 2, True), verdict([a * a for a in x.tolist()])),
    ]:
        assert right in (None, said(name, count, *factors))


@settings(max_examples=30)
@given(counts, st.data())
def test_matrices(count: int, data: st.DataObject) -> None:
    rows, inner, across = [data.draw(st.integers(1, 4)) for _ in range(3)]
    x, y = [
        numpy.array(data.draw(st.lists(signed, min_size=size[0] * size[1], max_size=size[0] * size[1])), object)
        .reshape(size)
        for size in ((rows, inner), (inner, across))
    ]  # fmt: skip
    right = verdict(x @ y)
    one, other = [torch.tensor(matrix.tolist()) for matrix in (x, y)]
    assert right in (None, said("matmul", count, one, other, 2, True))
    assert right in (None, said("matmul", count, torch.stack([one, one * 0]), torch.stack([other, other]), 2, True))


STRIDE, PADDING, SIZE = 2, 1, 3


def windows(x: tuple[int, ...], weight: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Every place of an input, a weight and an output that meet in a convolution, from its definition."""
    rows, channels, high, wide = x
    across = [(size + 2 * PADDING - SIZE) // STRIDE + 1 for size in (high, wide)]
    for row, channel, out, i, j, down, right in over(
        range(rows), range(channels), range(weight[0]), range(SIZE), range(SIZE), *map(range, across)
    ):
        at = STRIDE * down + i - PADDING, STRIDE * right + j - PADDING
        if 0 <= at[0] < high and 0 <= at[1] < wide:
            yield (row, channel, *at), (out, channel, i, j), (row, out, down, right)


@settings(max_examples=10)
@given(counts, st.integers(20, 34), st.randoms(use_true_random=False))
def test_convolutions(count: int, bits: int, chance: Any) -> None:
    shapes = (2, 2, 5, 4), (3, 2, SIZE, SIZE), (2, 3, 3, 2)  # input, weight, output
    parts = [numpy.array([chance.randint(-(2**bits), 2**bits) for _ in range(int(numpy.prod(s)))], object).reshape(s)
             for s in shapes]  # fmt: skip
    sums = [numpy.zeros(shape, object) for shape in shapes]
    for places in windows(*shapes[:2]):
        for k, place in enumerate(places):
            one, other = [parts[i][places[i]] for i in range(3) if i != k]
            sums[k][place] += one * other
    x, weight, gradient = [torch.tensor(part.tolist()) for part in parts]
    steps = STRIDE, PADDING, 2, True
    for right, name, args in [
        (sums[2], "conv2d", (x, weight, *steps)),
        (sums[1], "conv2d_weight", (x, gradient, (SIZE, SIZE), *steps)),
        (sums[0], "conv2d_input", (gradient, weight, (5, 4), *steps)),
    ]:
        assert verdict(right) in (None, said(name, count, *args))


@settings(max_examples=30)
@given(counts, signed, signed, st.booleans())
def test_public_factors(count: int, secret: int, known: int, from_left: bool) -> None:
    right = verdict([secret * known])
    x = split(torch.tensor([[secret]]), count, DRAWS)
    number = torch.tensor([[known]])
    for name, args in [("mul_public", ()), ("matmul_public", (from_left,))]:
        assert right in (None, bool(called_right(name)(parties(count), x, number, *args, 2, True).all()))
    picture = x.view(count, 1, 1, 1, 1), number.view(1, 1, 1, 1)
    assert right in (None, bool(called_right("conv2d_public")(parties(count), *picture, 1, 0, 2, True).all()))


@pytest.fixture(scope="module", params=COUNTS)
def far(request: pytest.FixtureRequest) -> Iterator[Far]:
    apart = Far(request.param)
    yield apart
    apart.close()


@settings(max_examples=15)
@given(both=pairs)
def test_parties_apart_say_the_same(far: Far, both: list[tuple[int, int]]) -> None:
    x, y = [split(torch.tensor(part), len(far.links), DRAWS) for part in zip(*both, strict=True)]
    products = [a * b for a, b in both]
    for name, right in [("product fits", products), ("inner product fits", [sum(products)])]:
        found = far.run(name, x, y)
        assert len(set(found.flatten().tolist())) == 1
        assert verdict(right) in (None, bool(found.all()))


def test_what_it_opens(count: int = 3) -> None:
    """All numbers under masks, two masked vectors, the two factors of a product, and its 0: four rounds."""
    group = parties(count)
    x = split(torch.tensor([3, -4, 5]), count, DRAWS)
    PROGRAMS["mul"](group, x, x, 2, True)
    before = len(group.openings)
    assert exact.hold(group, group.claims)
    opened = [(step.what, step.bytes) for step in group.openings[before:]]
    assert opened == [
        ("x + r, coin", 8 * (3 * 3 + 2)),
        ("x - a, y - b modulo p", 8 * 2 * 3),
        ("x - a, y - b modulo p", 8 * 2),
        ("a multiple of what is wrong", 8),
    ]


# ---- on shared tensors -----------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def checked() -> Iterator[None]:
    with sy.check_products(True):
        yield


@pytest.fixture
def holders(hook: sy.TorchHook) -> list[Any]:
    return [sy.VirtualWorker(hook, id=name) for name in NAMES[:3]]


@pytest.fixture
def share(hook: sy.TorchHook, holders: list[Any]) -> Callable[..., Any]:
    def do(*numbers: float, **how: Any) -> Any:
        cp = sy.VirtualWorker(hook, id="crypto_provider")
        return torch.tensor(numbers, dtype=torch.float64).fix_precision().share(*holders, crypto_provider=cp, **how)

    return do


def test_a_product_that_has_left_is_not_given_out(share: Callable[..., Any]) -> None:
    large, small = share(1e7, 2.0), share(1e6, 3.0)
    product = large * small  # 1e13, and twice three digits: 1e19 is beyond 2**63
    later, beside = product.sum() - 1, small + 1
    for refused in (product.get, later.get, product.virtual_get, later.decrypt, lambda: later * 2):
        with pytest.raises(sy.RingLeftError, match=r"one product \(multiply\).*alice, bob, claire"):
            refused()
    assert beside.get().float_precision().tolist() == [1e6 + 1, 4]
    assert (small * 2).get().float_precision().tolist() == [2e6, 6]  # what comes after is not to blame


LEFT: dict[str, Callable[[Any], Any]] = {
    "x * y": lambda x: x * x.clone(),
    "x ** 2": lambda x: x**2,
    "x @ y": lambda x: x.view(1, 2) @ x.view(2, 1),
    "linear": lambda x: F.linear(x.view(1, 2), x.view(1, 2), x[:1]),
    "x * 1e12": lambda x: x * 1e12,
    "x * 1.5e12": lambda x: x * torch.tensor([1.5e12, 1]),
    "x @ tensor": lambda x: x @ torch.tensor([1e12, 1]),
    "tensor @ x": lambda x: torch.full((2, 2), 1e12) @ x.view(2, 1),
    "whole numbers": lambda x: x * (x > 0).long() * torch.tensor([10**12, 1]),
    "x / y": lambda x: x / (x * 0 + 0.001),
    "relu, then": lambda x: x.relu() * x,
    "conv": lambda x: F.conv2d(x.view(1, 1, 1, 2), x.view(1, 1, 1, 2)),
    "conv by a tensor": lambda x: F.conv2d(x.view(1, 1, 1, 2), torch.full((1, 1, 1, 2), 1e12)),
}


@pytest.mark.parametrize("name", LEFT)
def test_every_product_is_looked_at(share: Callable[..., Any], name: str) -> None:
    with pytest.raises(sy.RingLeftError):
        LEFT[name](share(1e10, 1.0)).sum().get()


def test_gradients_are_products_too(share: Callable[..., Any]) -> None:
    w = share(2.0, 3.0, requires_grad=True)
    (w * 1e5 * share(1e11, 1.0)).relu().sum().backward()
    with pytest.raises(sy.RingLeftError):
        w.grad.get()
    picture = share(*[1e5] * 9, requires_grad=True)
    F.conv2d(picture.view(1, 1, 3, 3), share(*[1e-3] * 4).view(1, 1, 2, 2)).sum().mul(1e13).backward()
    with pytest.raises(sy.RingLeftError):
        picture.grad.get()


def test_what_was_multiplied_is_checked_and_not_what_was_written_over_it(share: Callable[..., Any]) -> None:
    x, y = share(1e7), share(1e6)
    z = x * y
    x.mul_(0)
    y.copy_(share(0.0))
    with pytest.raises(sy.RingLeftError):
        z.get()
    x, y = share(3.0), share(4.0)
    z = x * y
    x.copy_(share(1e15))
    assert z.get().float_precision().item() == 12


def test_who_says_that_there_is_room_pays_nothing(share: Callable[..., Any]) -> None:
    def opened(by: Callable[[], Any]) -> list[str]:
        with sy.record() as log:
            by()
        return [row["op"] for row in log.rows() if row["kind"] == "open" and row["sender"] == "alice"][::2]

    def unchecked() -> None:
        with sy.check_products(False):
            (share(1.5) * share(2.0)).get()

    plain = ["x - a, y - b", "x + r"]
    assert opened(unchecked) == opened(lambda: (share(1.5, bound=2) * share(2.0, bound=2)).get()) == plain
    assert opened(lambda: (share(1.5) * share(2.0, bound=2)).get())[2:] == [
        "x + r, coin", "x - a, y - b modulo p", "x - a, y - b modulo p", "a multiple of what is wrong",
    ]  # fmt: skip
    x = share(1.5)
    product = x * x.clone()
    product.virtual_get()
    assert opened(product.get) == opened(x.get) == []  # once is enough


def test_whole_numbers_wrap_around_as_those_of_torch_do(share: Callable[..., Any], holders: list[Any]) -> None:
    dealer = share(1.0).holders.dealer
    x = torch.tensor([2**40, -(2**62)])
    assert torch.equal((x.share(*holders, crypto_provider=dealer) ** 2).get(), x**2)


def test_with_macs(share: Callable[..., Any]) -> None:
    x = share(10.0, -3.0, protocol="spdz2k")
    assert (x * x.clone() + 1).get().float_precision().tolist() == [101, 10]
    with pytest.raises(sy.RingLeftError):
        (x @ (x * 100)).get()


def test_the_cost_is_foretold_with_the_check(share: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def steps(x: Any, w: Any) -> Any:
        w = w.clone().requires_grad_()
        for _ in range(3):
            ((x * w).sum() ** 2 / 3).backward()
            w = (w - 0.1 * w.grad).detach().requires_grad_()
        return w.get()

    monkeypatch.setattr(shared, "EACH", 0)
    for waiting in (2**22, 10):  # numbers: so few that checks come in between
        monkeypatch.setattr(shared, "WAITING", waiting)
        x, w = share(1.0, 2.0), share(0.5, -0.5)
        with sy.record() as log:
            steps(x, w)
        checks = sum(row["op"] == "products_hold" and row["receiver"] == "alice" for row in log.rows())
        assert (checks == 1) == (waiting > 10)
        assert sy.cost(log) == sy.cost(steps, x, w)
        with sy.check_products(False):
            assert sy.cost(log).rounds == 4 * checks + sy.cost(steps, x, w).rounds


def test_however_small_they_are_products_do_not_wait_without_end(share: Callable[..., Any]) -> None:
    x = share(0.5)
    with sy.record() as log:
        for _ in range(shared.WAITING // shared.EACH + 1):
            y = x * x
    assert sum(row["op"] == "products_hold" and row["receiver"] == "alice" for row in log.rows()) == 1
    assert y.get().float_precision() == 0.25
