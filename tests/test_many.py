"""Many pointers answer what a tensor answers, and compute at each place what plain torch computes."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F

import course as sy

Worker = sy.VirtualWorker


def at_both(values: Any, *workers: Worker) -> Any:
    return torch.tensor(values).send(*workers)


def fetched(many: Any) -> list[Any]:
    assert type(many) is sy.MultiPointerTensor
    return [part.tolist() for part in many.get()]


ANSWERS: dict[str, Callable[[Any], Any]] = {
    "shape": lambda x: x.shape,
    "size": lambda x: x.size(),
    "size of a dimension": lambda x: x.size(-1),
    "dim": lambda x: x.dim(),
    "ndim": lambda x: x.ndim,
    "ndimension": lambda x: x.ndimension(),
    "numel": lambda x: x.numel(),
    "nelement": lambda x: x.nelement(),
    "len": len,
    "stride": lambda x: x.stride(),
    "dtype": lambda x: x.dtype,
    "device": lambda x: x.device,
    "layout": lambda x: x.layout,
    "is_cuda": lambda x: x.is_cuda,
    "requires_grad": lambda x: x.requires_grad,
    "is_leaf": lambda x: x.is_leaf,
    "grad_fn": lambda x: x.grad_fn,
    "grad": lambda x: x.grad,
    "itemsize": lambda x: x.itemsize,
    "nbytes": lambda x: x.nbytes,
    "is_floating_point": lambda x: x.is_floating_point(),
    "torch.is_floating_point": torch.is_floating_point,
    "torch.numel": torch.numel,
    "is_contiguous": lambda x: x.is_contiguous(),
    "is_sparse": lambda x: x.is_sparse,
    "is None": lambda x: (x is None, x == None, x != None),  # noqa: E711
    "in a list": lambda x: (None in [x], x in [x]),
    "type": lambda x: x.type(),
}


@pytest.mark.parametrize("ask", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_it_answers_what_a_tensor_answers(ask: Any, dtype: Any, bob: Worker, alice: Worker) -> None:
    x = torch.ones(2, 3, dtype=dtype, requires_grad=True)
    assert ask(x.send(bob, alice)) == ask(x)


def test_it_says_where_its_parts_differ(bob: Worker, alice: Worker) -> None:
    many: Any = sy.combine_pointers(torch.ones(2).send(bob), torch.ones(3).send(alice))
    with pytest.raises(ValueError, match=r"differ in shape \(bob: \(2,\), alice: \(3,\)\)"):
        many.shape  # noqa: B018
    assert many.dtype == torch.float32
    assert fetched(many.sum()) == [2, 3]


COMPUTE: dict[str, Callable[[Any], Any]] = {
    "operators": lambda x: -(x + 1) * 2 / (x - 5) ** 2,
    "reflected": lambda x: 1 - x + 2 / x,
    "matmul": lambda x: x @ x.t(),
    "index": lambda x: x[0],
    "slice": lambda x: x[:, 1:],
    "index list": lambda x: x[[1, 0]],
    "T": lambda x: x.T,
    "mT": lambda x: x.mT,
    "copy": lambda x: x.copy(),
    "clone": lambda x: x.clone(),
    "detach": lambda x: x.detach(),
    "data": lambda x: x.data,
    "view": lambda x: x.view(-1),
    "to": lambda x: x.to(torch.float64),
    "float": lambda x: x.float(),
    "cpu": lambda x: x.cpu(),
    "type": lambda x: x.type(torch.int64),
    "relu": F.relu,
    "softmax": lambda x: F.softmax(x, dim=1),
    "torch function": torch.exp,
    "cat": lambda x: torch.cat([x, x * 2]),
    "stack": lambda x: torch.stack([x, x]),
    "where": lambda x: torch.where(x > 2, x, -x),
    "compare": lambda x: x == 2,
    "compare with itself": lambda x: x != x * 2,
    "max": lambda x: x.max(1),
    "sort": lambda x: torch.sort(x, descending=True),
    "split": lambda x: x.split(1),
    "keyword": lambda x: torch.add(input=x, other=x, alpha=2),
    "keyword sum": lambda x: x.sum(dim=0, keepdim=True),
}


def plain(value: Any) -> Any:
    return [part.tolist() for part in value] if isinstance(value, (tuple, list)) else value.tolist()


def there(result: Any, at: int) -> Any:
    """What one worker has of a result: of a tensor, or of a tuple of them."""
    if isinstance(result, (tuple, list)):
        return [part.child[at].get().tolist() for part in result]
    return result.child[at].get().tolist()


@pytest.mark.parametrize("compute", COMPUTE.values(), ids=COMPUTE)
def test_it_computes_what_torch_computes(compute: Any, bob: Worker, alice: Worker) -> None:
    values = [torch.tensor([[1.0, 4.0], [2.0, 3.0]]), torch.tensor([[9.0, 8.0], [6.0, 7.0]])]
    parts = [value.send(worker) for value, worker in zip(values, (bob, alice), strict=True)]
    result = compute(sy.combine_pointers(*parts))
    expected = [compute(value) for value in values]
    assert type(result) is type(expected[0]) or isinstance(result, sy.MultiPointerTensor)
    for at, value in enumerate(expected):
        assert there(result, at) == plain(value)


IN_PLACE: dict[str, Callable[[Any], Any]] = {
    "add_": lambda x: x.add_(1),
    "mul_ by itself": lambda x: x.mul_(x),
    "zero_": lambda x: x.zero_(),
    "+=": lambda x: x.__iadd__(2),
    "*=": lambda x: x.__imul__(3),
    "index": lambda x: x.__setitem__(0, 5.0),
    "slice of itself": lambda x: x.__setitem__(slice(0, 1), x[1:] * 2),
    "data": lambda x: setattr(x, "data", x * 3),
    "data of it": lambda x: x.data.sub_(1),
    "copy_": lambda x: x.copy_(x + 1),
    "clamp_": lambda x: x.clamp_(max=1.5),
}


@pytest.mark.parametrize("change", IN_PLACE.values(), ids=IN_PLACE)
def test_it_changes_in_place_as_torch_does(change: Any, bob: Worker, alice: Worker) -> None:
    x = torch.tensor([1.0, 2.0])
    many = x.send(bob, alice)
    change(many)
    change(x)
    assert fetched(many) == [x.tolist()] * 2


def test_an_in_place_operation_returns_its_own_object(bob: Worker, alice: Worker) -> None:
    many = at_both([1.0, 2.0], bob, alice)
    other = at_both([1.0, 1.0], bob, alice)
    assert many.add_(other) is many
    assert other.zero_() is other
    many += other
    assert fetched(many) == [[2, 3]] * 2


def test_a_training_step_at_both(bob: Worker, alice: Worker) -> None:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    many = w.send(bob, alice)
    for x in (w, many):
        ((x * x).sum() * 2).backward()
        assert x.grad is not None
        x.data.sub_(x.grad * 0.1)
        x.grad = None
        assert x.grad is None
    assert fetched(many) == [w.tolist()] * 2


def test_backward_with_a_gradient(bob: Worker, alice: Worker) -> None:
    w = torch.tensor([1.0, 2.0], requires_grad=True).send(bob, alice)
    (w * 3).backward(torch.tensor([1.0, 10.0]).send(bob, alice))
    assert fetched(w.grad) == [[3, 30]] * 2
    w.requires_grad = False
    assert not w.requires_grad


def test_it_travels(bob: Any, alice: Any, carol: Any) -> None:
    many = at_both([1, 2], bob, alice)
    chains = many.send(carol)
    assert chains.location == [carol, carol]
    assert fetched((chains + 1).remote_get()) == [[2, 3]] * 2
    assert many.move(carol) is many and many.location == [carol, carol]
    assert [part.tolist() for part in many.move(sy.local_worker)] == [[1, 2]] * 2


def test_its_tags_are_found_at_each_place(bob: Any, alice: Any) -> None:
    many = at_both([1, 2], bob, alice).tag("#x").describe("both")
    assert [len(worker.search(["#x"])) for worker in (bob, alice)] == [1, 1]
    assert many.id_at_location == [worker.search("#x")[0].id_at_location for worker in (bob, alice)]
    assert "Tags: #x" in repr(many) and "Description: both" in many._repr_html_()
    assert [part.tags for part in many.disable_gc.get()] == [("#x",)] * 2


def test_a_copy_is_its_own(bob: Any, alice: Any) -> None:
    many = at_both([1, 2], bob, alice)
    for twin in (many.copy(), copy.deepcopy(many)):
        twin.zero_()
    assert fetched(many) == [[1, 2]] * 2


REFUSED: dict[str, Callable[[Any], Any]] = {
    "item": lambda x: x.sum().item(),
    "bool": lambda x: bool(x.sum() == x.sum()),
    "int": lambda x: int(x.sum()),
    "index": lambda x: [1, 2][x.sum()],
    "list": list,
    "in": lambda x: 1 in x,
    "numpy": lambda x: x.numpy(),
    "format": lambda x: f"{x.sum():.2f}",
    "torch.equal": lambda x: torch.equal(x, x),
    "its memory as data": lambda x: setattr(torch.ones(2), "data", x),
    "its memory set": lambda x: torch.ones(2).set_(x),
    "an index that is local": lambda x: x[torch.tensor([0])],
    "pickle": pickle.dumps,
}


@pytest.mark.parametrize("mistake", REFUSED.values(), ids=REFUSED)
def test_it_shows_no_value(mistake: Any, bob: Worker, alice: Worker) -> None:
    many = at_both([1, 2], bob, alice)
    with pytest.raises((sy.CourseError, RuntimeError)) as caught:
        mistake(many)
    assert "1, 2" not in str(caught.value)
    del caught
    assert fetched(many) == [[1, 2]] * 2
