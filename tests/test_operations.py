"""Operations on pointers equal the same operations in plain torch, to the last digit, mistakes included.

And the reviewed table: a worker runs nothing else, and no result's shape tells a value.
"""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

import course as sy
from course.messages import Ask, Execute
from course.operations import NAMES, OPERATIONS, find

Worker = sy.VirtualWorker
Op = Callable[..., Any]

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # torch's own, on both sides

HOOK = sy.TorchHook(torch)
DTYPES = [torch.float32, torch.float64, torch.bfloat16, torch.int64, torch.int32, torch.uint8, torch.bool]
SHAPES = [(), (1,), (4,), (2, 3), (0, 3), (2, 1, 4)]


def fetched(result: Any) -> Any:
    """A result with each pointer replaced by what it points to."""
    if isinstance(result, (tuple, list)):
        return [fetched(part) for part in result]
    return result.copy().get() if isinstance(result, sy.PointerTensor) else result


def same(a: Any, b: Any) -> bool:
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and a.shape == b.shape and torch.equal(a.nan_to_num(7.5), b.nan_to_num(7.5))
    return bool(a == b)


def outcome(compute: Callable[[], Any]) -> Any:
    """What a computation returns, or the class of the error it raises."""
    try:
        return compute()
    except (RuntimeError, TypeError, IndexError, ValueError, AssertionError) as error:
        return type(error)


def sample(dtype: torch.dtype, shape: tuple[int, ...], seed: int = 0) -> torch.Tensor:
    values = torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * 3
    return (values.abs() if dtype == torch.uint8 else values).to(dtype)


def check_same(operation: Op, *tensors: torch.Tensor) -> None:
    """Plain torch and one worker give the same result and leave the same operands."""
    bob = sy.VirtualWorker(HOOK, id="bob").clear_objects()
    here = [tensor.clone() for tensor in tensors]
    there: list[Any] = [tensor.clone().send(bob) for tensor in tensors]  # type: ignore[attr-defined]
    expected = outcome(lambda: operation(*here))
    result = outcome(lambda: fetched(operation(*there)))
    if isinstance(expected, type):
        assert isinstance(result, type) and not issubclass(result, sy.CourseError)
    else:
        assert same(expected, result), f"{expected} != {result}"
    assert all(same(tensor, there.pop(0).get()) for tensor in here)
    del result
    assert len(bob._objects) == 0


UNARY: dict[str, Op] = {
    "-x": operator.neg,
    "abs": abs,
    "~x": operator.invert,
    "exp": torch.exp,
    "x.log()": lambda x: x.log(),
    "sqrt": torch.sqrt,
    "relu": F.relu,
    "sigmoid": torch.sigmoid,
    "softmax": lambda x: F.softmax(x, dim=-1),
    "x.sum": lambda x: x.sum(),
    "sum of rows": lambda x: x.sum(dim=0, keepdim=True),
    "mean": lambda x: x.mean(),
    "std": lambda x: x.std(),
    "var_mean": lambda x: torch.var_mean(x),
    "prod": lambda x: x.prod(),
    "max": lambda x: x.max(),
    "max of rows": lambda x: x.max(dim=0),
    "min, then values": lambda x: x.min(dim=0).values,
    "sort": lambda x: x.sort(dim=-1, descending=True, stable=True),
    "topk": lambda x: x.topk(1),
    "median": lambda x: x.median(dim=0),
    "argmax": torch.argmax,
    "all": lambda x: x.all(),
    "any": lambda x: (x > 0).any(dim=0),
    "cumsum": lambda x: x.cumsum(0),
    "split": lambda x: x.split(1),
    "chunk": lambda x: torch.chunk(x, 2),
    "unbind": lambda x: x.unbind(0),
    "t": lambda x: x.t(),
    "T": lambda x: x.permute(*reversed(range(x.dim()))),
    "mT": lambda x: x.mT,
    "view": lambda x: x.view(-1),
    "view of a size": lambda x: x.view(x.size()),
    "reshape": lambda x: x.reshape(1, *x.shape),
    "expand": lambda x: x.expand(2, *x.shape),
    "flatten": lambda x: x.flatten(),
    "squeeze": lambda x: x.unsqueeze(0).squeeze(),
    "[0]": lambda x: x[0],
    "[-1]": lambda x: x[-1],
    "[1:]": lambda x: x[1:],
    "[::2]": lambda x: x[::2],
    "[..., 0]": lambda x: x[..., 0],
    "[None]": lambda x: x[None],
    "[:, 1:2]": lambda x: x[:, 1:2],
    "[[0, 0]]": lambda x: x[[0, 0]],
    "a list of many": lambda x: torch.cat([x, x, x], dim=0),
    "stack": lambda x: torch.stack((x, x), dim=-1),
    "float": lambda x: x.float(),
    "to": lambda x: x.to(torch.float64),
    "to, named": lambda x: x.to(dtype=torch.int64, copy=True),
    "type_as": lambda x: x.type_as(x > 0),
    "zeros_like": lambda x: torch.zeros_like(x),
    "ones_like": lambda x: torch.ones_like(x, dtype=torch.float64),
    "new_zeros": lambda x: x.new_zeros(2, 2),
    "where": lambda x: torch.where(x > 0, x, x * 2),
    "masked_fill": lambda x: x.masked_fill(x > 0, 9),
    "clamp": lambda x: x.clamp(min=0, max=2),
    "norm": lambda x: x.norm(),
    "linalg.norm": lambda x: torch.linalg.norm(x),
    "einsum": lambda x: torch.einsum("ij->ji", x),
    "round": lambda x: x.round(),
    "a scalar left": lambda x: 3 - x,
    "one over": lambda x: 1 / x,
    "two to the": lambda x: 2.0**x,
    "rest": lambda x: 7 % x,
    "whole parts": lambda x: 7 // x,
    "scaled": lambda x: (x * 2 + 1) / 3 - 0.5,
    "compared": lambda x: (x > 1) == (x >= 1),
    "with a NumPy number": lambda x: x * np.float64(1.5) + np.int64(2),
    "powers": lambda x: x**2,
    "one hot": lambda x: F.one_hot(x.long().clamp(0, 4), 5),
    "pad": lambda x: F.pad(x, (1, 2), value=3.0),
    "interleaved": lambda x: x.repeat(2, *[1] * x.dim()),
    "flip": lambda x: x.flip(0),
    "roll": lambda x: x.roll(1),
    "tril": lambda x: x.tril(),
    "diag": lambda x: torch.diag(x),
    "sum of parts": lambda x: sum([x, x, x]),
}

BINARY: dict[str, Op] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "@": operator.matmul,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "torch.add with alpha": lambda x, y: torch.add(x, y, alpha=2),
    "named": lambda x, y: torch.sub(input=x, other=y),
    "x.matmul(y.t())": lambda x, y: x.matmul(y.t()),
    "max of two": lambda x, y: torch.max(x, y),
    "cat": lambda x, y: torch.cat([x, y], dim=0),
    "stack": lambda x, y: torch.stack([x, y]),
    "where": lambda x, y: torch.where(x > y, x, y),
    "mse": lambda x, y: F.mse_loss(x, y),
    "l1": lambda x, y: F.l1_loss(x, y, reduction="none"),
    "dot": lambda x, y: x.dot(y),
    "outer": lambda x, y: torch.outer(x, y),
    "broadcast": lambda x, y: x.unsqueeze(0) + y,
    "dist": lambda x, y: torch.cdist(x, y),
    "in place, +": lambda x, y: x.add_(y),
    "in place, *=": operator.imul,
    "in place, -=": operator.isub,
    "in place, /=": operator.itruediv,
    "copy_": lambda x, y: x.copy_(y),
    "set by index": lambda x, y: x.__setitem__(0, y[0]),
    "set by slice": lambda x, y: x.__setitem__(slice(None, 1), y[:1]),
    "set by mask": lambda x, y: x.__setitem__(x > y, 0),
    "gather": lambda x, y: x.gather(0, y.long() * 0),
    "index_select": lambda x, y: x.index_select(0, y.long().flatten()[:1] * 0),
    "index by a tensor": lambda x, y: x[y.long() * 0],
    "lerp": lambda x, y: x.lerp(y, 0.25),
    "addcmul": lambda x, y: torch.addcmul(x, x, y, value=0.5),
}

dtypes = st.sampled_from(DTYPES)
shapes = st.sampled_from(SHAPES)
seeds = st.integers(0, 1000)


@pytest.mark.parametrize("operation", UNARY.values(), ids=UNARY)
def test_unary_on_a_matrix(operation: Op) -> None:
    check_same(operation, sample(torch.float32, (2, 3)))


@pytest.mark.parametrize("operation", BINARY.values(), ids=BINARY)
def test_binary_on_matrices(operation: Op) -> None:
    check_same(operation, sample(torch.float32, (3, 3)), sample(torch.float32, (3, 3), 1))


@given(st.sampled_from(sorted(UNARY)), dtypes, shapes, seeds)
def test_unary_on_anything(name: str, dtype: torch.dtype, shape: tuple[int, ...], seed: int) -> None:
    check_same(UNARY[name], sample(dtype, shape, seed))


@given(st.sampled_from(sorted(BINARY)), dtypes, dtypes, shapes, shapes)
def test_binary_on_anything(
    name: str, dtype: torch.dtype, other: torch.dtype, shape: tuple[int, ...], second: tuple[int, ...]
) -> None:
    check_same(BINARY[name], sample(dtype, shape), sample(other, second, 1))


@given(st.lists(st.sampled_from(sorted(UNARY)), min_size=2, max_size=4), shapes)
def test_operations_in_a_row(names: list[str], shape: tuple[int, ...]) -> None:
    def program(x: Any) -> Any:
        for name in names:
            y = UNARY[name](x)
            x = y if isinstance(y, torch.Tensor) else x
        return x + 0

    check_same(program, sample(torch.float64, shape))


FUNCTIONAL: dict[str, Op] = {
    "linear": lambda x, w: F.linear(x, w),
    "linear with bias": lambda x, w: F.linear(x, w, w[:, 0]),
    "gelu": lambda x, w: F.gelu(x),
    "leaky_relu": lambda x, w: F.leaky_relu(x, 0.1),
    "elu": lambda x, w: F.elu(x, inplace=False),
    "layer_norm": lambda x, w: F.layer_norm(x, (4,)),
    "log_softmax": lambda x, w: F.log_softmax(x, dim=1),
    "cross_entropy": lambda x, w: F.cross_entropy(x, torch.zeros_like(x[:, 0]).long()),
    "nll": lambda x, w: F.nll_loss(F.log_softmax(x, 1), torch.zeros_like(x[:, 0]).long()),
    "bce": lambda x, w: F.binary_cross_entropy_with_logits(x, torch.ones_like(x)),
    "kl": lambda x, w: F.kl_div(F.log_softmax(x, 1), F.softmax(x, 1), reduction="batchmean"),
    "smooth l1": lambda x, w: F.smooth_l1_loss(x, x * 0.5),
    "cosine": lambda x, w: F.cosine_similarity(x, x * 2),
    "normalize": lambda x, w: F.normalize(x),
    "unfold": lambda x, w: x.unfold(1, 2, 1),
    "conv1d": lambda x, w: F.conv1d(x.unsqueeze(1), w[:, :2].unsqueeze(1)),
    "max_pool1d": lambda x, w: F.max_pool1d(x.unsqueeze(1), 2),
    "avg_pool1d": lambda x, w: F.avg_pool1d(x.unsqueeze(1), 2),
    "adaptive pool": lambda x, w: F.adaptive_avg_pool1d(x.unsqueeze(1), 2),
    "embedding": lambda x, w: F.embedding(torch.zeros_like(x[:, 0]).long(), w),
    "attention": lambda x, w: F.scaled_dot_product_attention(x[None], x[None], x[None]),
    "interpolate": lambda x, w: F.interpolate(x.unsqueeze(1), scale_factor=2.0),
    "svd": lambda x, w: torch.linalg.svd(x).S,
    "solve": lambda x, w: torch.linalg.solve(w[:4] @ w[:4].t() + torch.zeros_like(w[:4] @ w[:4].t()), w[:4]),
    "qr": lambda x, w: torch.linalg.qr(x),
}


@pytest.mark.parametrize("operation", FUNCTIONAL.values(), ids=FUNCTIONAL)
def test_functions_of_neural_networks(operation: Op) -> None:
    check_same(operation, sample(torch.float32, (6, 4)), sample(torch.float32, (5, 4), 1))


@pytest.mark.parametrize("shape", [(3, 8, 8), (2, 3, 8, 8)], ids=str)
def test_images(shape: tuple[int, ...]) -> None:
    weight = sample(torch.float32, (4, 3, 3, 3), 2)
    check_same(
        lambda x, w: F.max_pool2d(F.relu(F.conv2d(x, w, padding=1)), 2), sample(torch.float32, shape), weight
    )


def test_named_results_keep_their_names(bob: Worker) -> None:
    x = torch.tensor([[3.0, 1.0], [2.0, 5.0]]).send(bob)
    best = x.max(dim=1)
    assert (best.values.get().tolist(), best.indices.get().tolist()) == ([3, 5], [0, 1])
    values, indices = x.sort(dim=1)
    assert (values.get().tolist(), indices.get().tolist()) == ([[1, 3], [2, 5]], [[1, 0], [0, 1]])
    assert type(best).__name__ == "max"


def test_in_place_returns_the_same_pointer_and_makes_no_object(bob: Worker) -> None:
    x = torch.ones(2).send(bob)
    before = x
    x += 1
    assert x is before
    assert x.mul_(2) is x
    assert len(bob._objects) == 1
    assert x.get().tolist() == [4, 4]


# ---- the reviewed table ----


def test_names_and_functions_belong_together() -> None:
    assert set(NAMES.values()) <= set(OPERATIONS)
    assert [name for name, function in OPERATIONS.items() if not callable(function)] == []


NEVER = [
    "item",
    "tolist",
    "numpy",
    "equal",
    "allclose",
    "nonzero",
    "masked_select",
    "unique",
    "bincount",
    "argwhere",
    "empty",
    "empty_like",
    "resize_",
    "apply_",
    "map_",
    "register_hook",
    "save",
    "load",
    "from_file",
    "compile",
    "manual_seed",
    "set_default_dtype",
    "__class__",
    "__init__",
    "__reduce_ex__",
    "to_sparse",
    "is_nonzero",
    "data_ptr",
    "storage",
    "untyped_storage",
    "__dict__",
    "eval",
    "exec",
    "getattr",
    "repeat_interleave",
    "is_same_size",
]


@pytest.mark.parametrize("name", NEVER)
def test_what_is_never_run_by_name(name: str, bob: Worker) -> None:
    x = torch.ones(2).send(bob)
    for full_name in (name, f"torch.{name}", f"F.{name}", f"linalg.{name}"):
        assert full_name not in OPERATIONS
        with pytest.raises(sy.OperationNotReviewedError):
            find(full_name)
        message = Execute("me", "bob", full_name, (x.id_at_location,), (), 5, True)
        with pytest.raises(sy.OperationNotReviewedError):
            bob.network.deliver(message)
    assert len(bob._objects) == 1


@pytest.mark.parametrize("path", [("__class__",), ("_backward_hooks",), ("grad", "storage"), ("T",)], ids=str)
def test_a_reference_reaches_only_gradients_and_data(path: tuple[str, ...], bob: Worker) -> None:
    x = torch.ones(2, requires_grad=True).send(bob)
    x.sum().backward()
    part = (x.id_at_location, *path)
    for message in (Execute("me", "bob", "add", (part, part), (), 5, True), Ask("me", "bob", (part,), "shape")):
        with pytest.raises(ValueError, match="no part"):
            bob.network.deliver(message)


@pytest.mark.parametrize("shape", [(), (1,), (2, 2)], ids=str)
def test_no_operation_of_the_table_returns_a_number(shape: tuple[int, ...]) -> None:
    for name, function in OPERATIONS.items():
        result = outcome(lambda function=function: function(torch.ones(shape)))  # type: ignore[misc]
        assert isinstance(result, (torch.Tensor, tuple, list, type, type(None), type(NotImplemented))), name


def test_parts_of_complex_numbers(bob: Worker) -> None:
    t = torch.tensor([1 + 2j, 3 - 4j])
    p = t.send(bob)
    assert torch.equal(p.real.clone().get(), t.real)
    assert torch.equal(p.imag.clone().get(), t.imag)
    assert torch.equal(torch.view_as_real(p).clone().get(), torch.view_as_real(t))
    assert torch.equal(p.conj().get(), t.conj())
    assert torch.equal((p * p.conj()).abs().get(), (t * t.conj()).abs())


SECRET_SIZES: dict[str, Op] = {
    "x[:n]": lambda x, n: x[:n],
    "x[n:]": lambda x, n: x[n:],
    "x[::n]": lambda x, n: x[::n],
    "x[0, :n]": lambda x, n: x.view(1, -1)[0, :n],
    "zeros": lambda x, n: x.location.remote.torch.zeros(n),
    "zeros of a list": lambda x, n: x.location.remote.torch.zeros([n, 2]),
    "arange": lambda x, n: x.location.remote.torch.arange(n),
    "randn": lambda x, n: x.location.remote.torch.randn(n),
    "eye": lambda x, n: x.location.remote.torch.eye(n),
    "expand": lambda x, n: x[:1].expand(n),
    "repeat": lambda x, n: x.repeat(n),
    "narrow": lambda x, n: x.narrow(0, 0, n),
    "topk": lambda x, n: x.topk(n),
    "split": lambda x, n: x.split(n),
    "chunk": lambda x, n: x.chunk(n),
    "new_zeros": lambda x, n: x.new_zeros(n),
    "pad": lambda x, n: F.pad(x, (0, n)),
    "diag": lambda x, n: x.diag(n),
    "one_hot": lambda x, n: F.one_hot(x.long(), n),
    "view": lambda x, n: x.view(n, -1),
    "sum over": lambda x, n: x.view(2, 3).sum(dim=n - 3),
    "unfold": lambda x, n: x.unfold(0, n, 1),
    "arange, named": lambda x, n: x.location.remote.torch.arange(end=n),
    "max, kept": lambda x, n: x.view(2, 3, 1, 1).max(n, True),
    "min, kept": lambda x, n: torch.min(x.view(2, 3, 1, 1), n, True),
    "min, named": lambda x, n: x.view(2, 3, 1, 1).min(dim=n),
    "histogram": lambda x, n: torch.histogram(x, n, weight=x),
    "histogramdd": lambda x, n: torch.histogramdd(x.view(3, 2), [n, n]),
    "stride": lambda x, n: F.conv1d(x.view(1, 1, 6), x.view(1, 1, 6)[..., :1], None, n),
    "stride, named": lambda x, n: F.conv1d(x.view(1, 1, 6), x.view(1, 1, 6)[..., :1], stride=n),
    "tensor_split": lambda x, n: x.tensor_split(n),
    "tensor_split at": lambda x, n: torch.tensor_split(x, indices=[n, n]),
    "movedim": lambda x, n: x.view(1, 2, 3, 1).movedim(source=n, destination=0),
    "repeat_interleave": lambda x, n: x.repeat_interleave(n),
    "repeats alone": lambda x, n: torch.repeat_interleave(x.long()),
    "slice_copy": lambda x, n: torch.slice_copy(x, 0, 0, n),
    "slice_copy, named": lambda x, n: torch.slice_copy(x, end=n),
    "new": lambda x, n: x.new(n, n),
    "as_strided": lambda x, n: x.as_strided((n,), (1,)),
    "bins": lambda x, n: torch.histc(x, n),
    "nonzero_static": lambda x, n: torch.nonzero_static(x, size=n),
    "tensordot": lambda x, n: torch.tensordot(x.view(2, 1, 3), x.view(3, 2, 1), dims=n),
    "vander": lambda x, n: torch.linalg.vander(x, N=n),
    "fft": lambda x, n: torch.fft.fft(x, n),
}


@pytest.mark.parametrize("operation", SECRET_SIZES.values(), ids=SECRET_SIZES)
def test_a_secret_number_never_becomes_a_shape(operation: Op, bob: Worker) -> None:
    """Shapes are public, so a size that is a remote value would publish it."""
    x, n = torch.arange(6.0).send(bob), torch.tensor(3).send(bob)
    with pytest.raises((NotImplementedError, TypeError)):
        operation(x, n)


def test_a_secret_number_may_be_a_value(bob: Worker) -> None:
    x, n = torch.arange(6.0).send(bob), torch.tensor(3).send(bob)
    assert (x + n).get().tolist() == [3, 4, 5, 6, 7, 8]
    assert x[n].get().tolist() == 3
    assert (x == n).sum().get().tolist() == 1
    assert torch.stack([n, n]).get().tolist() == [3, 3]


AS_WRITTEN_LONG_AGO: dict[str, tuple[Op, Op]] = {
    "add_(number, tensor)": (lambda x, g: x.add_(-0.5, g), lambda x, g: x.add_(g, alpha=-0.5)),
    "sub(number, tensor)": (lambda x, g: x.sub(2, g), lambda x, g: x.sub(g, alpha=2)),
    "addcmul_(number, ...)": (lambda x, g: x.addcmul_(0.5, g, g), lambda x, g: x.addcmul_(g, g, value=0.5)),
    "addcdiv_(number, ...)": (lambda x, g: x.addcdiv_(0.5, g, g), lambda x, g: x.addcdiv_(g, g, value=0.5)),
    "type": (lambda x, g: x.type(torch.int64), lambda x, g: x.long()),
    "type by name": (lambda x, g: x.type("torch.LongTensor"), lambda x, g: x.long()),
    "type by class": (lambda x, g: x.type(torch.DoubleTensor), lambda x, g: x.double()),
    "new": (lambda x, g: x.new(2, 4).zero_(), lambda x, g: torch.zeros_like(x.new_ones(2, 4))),
    "new of a size": (lambda x, g: x.new(x.size()), lambda x, g: torch.zeros_like(x)),
    "new of numbers": (lambda x, g: x.new([1, 2]), lambda x, g: x.new_tensor([1, 2])),
    "all": (lambda x, g: torch.all(x > 0), lambda x, g: (x > 0).all()),
    "any": (lambda x, g: torch.any(x > 0, dim=0), lambda x, g: (x > 0).any(dim=0)),
}


@pytest.mark.parametrize("name", AS_WRITTEN_LONG_AGO)
def test_old_ways_to_write_an_operation(name: str, bob: Worker) -> None:
    old, today = AS_WRITTEN_LONG_AGO[name]
    here = sample(torch.float32, (2, 3)), sample(torch.float32, (2, 3), 1) + 10
    there = [tensor.clone().send(bob) for tensor in here]  # type: ignore[attr-defined]
    assert same(today(*here), fetched(old(*there)))


def test_the_type_of_a_tensor_is_public(bob: Worker) -> None:
    for dtype in DTYPES:
        x = torch.ones(2, dtype=dtype)
        assert x.send(bob).type() == x.type()  # type: ignore[attr-defined]


def test_an_old_variable_is_the_tensor_itself(bob: Worker) -> None:
    x = torch.ones(2).send(bob)
    with pytest.raises(sy.ValueRefusedError, match="since torch 0.4 is x itself"):
        torch.autograd.Variable(x)


def test_an_unknown_name_is_an_error_where_it_is_typed(bob: Worker) -> None:
    remote = bob.remote.torch
    for name in ("openmind", "reluu", "zeros_lik"):
        assert not hasattr(remote, name)
    with pytest.raises(sy.UnknownOperationError, match=r"torch.zeros_lik is not .* torch.zeros_like"):
        remote.zeros_lik  # noqa: B018
    with pytest.raises(sy.UnknownOperationError, match=r"torch.nn.functional.mse_los .* torch.nn.functional.mse_loss"):
        remote.nn.functional.mse_los  # noqa: B018
    assert torch.equal(remote.linalg.norm(remote.ones(4)).get(), torch.tensor(2.0))
    assert torch.equal(remote.nn.functional.relu(remote.full((2,), -1.0)).get(), torch.zeros(2))
    assert {"zeros", "relu", "add"} <= set(dir(remote))
    with pytest.raises(sy.OperationNotReviewedError, match="nobody has cleared"):
        remote.empty(3)


# ---- memory that is not the tensor's ----


@pytest.mark.parametrize(
    "beyond",
    [
        lambda x: x[2:4].as_strided((3,), (1,)),
        lambda x: x[2:4].as_strided((2,), (1,), 0),
        lambda x: x[2:4].as_strided_((2,), (2,)),
        lambda x: x[::2].as_strided((2,), (1,)),
        lambda x: torch.as_strided_copy(x[2:4], (3,), (1,)),
        lambda x: torch.as_strided_scatter(x[2:4], x[:3], (3,), (1,)),
        lambda x: x[2:4].new_ones(2).set_(x[2:4], 0, (6,), (1,)),
        lambda x: x[2:4].resize_(6),
    ],
)
def test_a_part_does_not_reach_into_the_whole(beyond: Op, bob: Worker) -> None:
    with pytest.raises((sy.CourseError, TypeError)):
        beyond(torch.arange(6.0).send(bob))


def test_strides_within_a_tensor_are_torchs_own(bob: Worker) -> None:
    x = torch.arange(12.0).view(3, 4)
    for part in (lambda t: t, lambda t: t[1:]):
        for arguments in (((2, 2), (4, 1)), ((2, 3), (1, 2)), ((0,), (9,)), ((), ())):
            here, there = part(x).as_strided(*arguments), part(x.send(bob)).as_strided(*arguments)  # type: ignore
            assert torch.equal(here, there.clone().get())


@given(st.lists(st.integers(0, 5), max_size=3), st.lists(st.integers(0, 4), max_size=3), st.integers(0, 12))
def test_no_strides_show_what_is_not_the_tensors(sizes: list[int], strides: list[int], offset: int) -> None:
    """Whatever is asked for, the numbers that come are numbers of the part; the others are -1."""
    whole = torch.full((12,), -1.0)
    whole[4:9] = torch.arange(5.0)
    result = outcome(lambda: find("as_strided")(whole[4:9], sizes, strides[: len(sizes)], offset))
    assert isinstance(result, type) or bool((result >= 0).all())


@pytest.mark.parametrize("label", [-1, 3, 10**9])
def test_a_label_without_a_class_reads_no_memory(label: int, bob: Worker) -> None:
    log_probs = torch.randn(5, 1, 3).log_softmax(2).send(bob)  # type: ignore[attr-defined]
    targets, lengths = torch.tensor([[label]]).send(bob), [torch.tensor([n]).send(bob) for n in (5, 1)]
    with pytest.raises(IndexError, match="names no class"):
        F.ctc_loss(log_probs, targets, *lengths)


def test_new_memory_is_clear(bob: Worker) -> None:
    for _ in range(5):
        junk = torch.full((64, 64), 7.0).send(bob)
        del junk
        assert not torch.ones(1).send(bob).new(64, 64).get().any()


@pytest.mark.parametrize("name", ["bernoulli", "multinomial", "randperm", "dropout"])
def test_random_operations_run_there(name: str, bob: Worker) -> None:
    x = torch.full((6,), 0.5).send(bob)
    made = {
        "bernoulli": lambda: x.bernoulli(),
        "multinomial": lambda: torch.multinomial(x, 2),
        "randperm": lambda: bob.remote.torch.randperm(6),
        "dropout": lambda: F.dropout(x, 0.5),
    }[name]()
    assert made.location is bob
    assert len(made) in (2, 6)


# ---- what an error must not tell ----


@pytest.mark.parametrize(
    "mistake",
    [
        lambda p, secret: F.nll_loss(p, secret),
        lambda p, secret: F.cross_entropy(p, secret),
        lambda p, secret: p[secret],
        lambda p, secret: p[0, secret],
        lambda p, secret: F.nll_loss(p, target=secret),
        lambda p, secret: p.gather(0, secret.view(1, 1)),
        lambda p, secret: p.index_select(0, secret),
        lambda p, secret: F.embedding(secret, p),
    ],
    ids=["nll_loss", "cross_entropy", "index", "index in a tuple", "by keyword", "gather", "index_select", "embedding"],
)
def test_an_error_does_not_quote_a_value(bob: Worker, mistake: Any) -> None:
    p, secret = torch.rand(1, 3).send(bob), torch.tensor([47]).send(bob)
    with pytest.raises((IndexError, RuntimeError)) as caught:
        mistake(p, secret)
    assert "47" not in str(caught.value)


def test_an_error_quotes_a_number_of_ones_own(bob: Worker) -> None:
    p = torch.rand(1, 3).send(bob)
    with pytest.raises(IndexError, match="index 47 is out of bounds"):
        p[47]
