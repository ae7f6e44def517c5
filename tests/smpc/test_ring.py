import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from course.smpc import ring
from tests.smpc.party import anywhere, residue

INT64 = st.integers(-(2**63), 2**63 - 1)


def exact(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The matrix product with Python's integers, modulo 2**64."""
    rows, columns = a.tolist(), b.T.tolist()
    return torch.tensor([[residue(sum(x * y for x, y in zip(r, c, strict=True))) for c in columns] for r in rows])


def test_matmul_is_exact_modulo_2_to_64() -> None:
    a, b = anywhere(7, 9), anywhere(9, 5)
    assert torch.equal(ring.matmul(a, b), exact(a, b))


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_matmul_in_strips_is_the_same(threads: int) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        a, b, many = anywhere(200, 130), anywhere(130, 90), anywhere(3, 120, 130)
        assert torch.equal(ring.matmul(a, b), a @ b)
        assert torch.equal(ring.matmul(many, b), many @ b)
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("inner", [1, 9, 2048])
def test_limbs_are_exact_too(inner: int) -> None:
    a, b = anywhere(7, inner), anywhere(inner, 5)
    extreme = torch.tensor([-(2**63), 2**63 - 1, 2**21, -(2**21), 2**42, 2**43 - 1, -1])
    a[:, 0] = extreme
    b[0] = extreme[:5]
    assert torch.equal(ring.in_limbs(a, b), a @ b)
    a[:], b[:] = 2**21 + 2**42 - 2**22, -(2**21) - 2**42  # limbs as large as they can be
    assert torch.equal(ring.in_limbs(a, b), a @ b)


def test_a_large_product_takes_the_faster_kernel_and_is_the_same() -> None:
    a, b = anywhere(260, 270), anywhere(270, 250)
    assert torch.equal(ring.matmul(a, b), a @ b)
    assert ring.fastest.cache_info().currsize


@pytest.mark.parametrize("stride, padding", [(1, 0), (2, 1), (3, 2)])
def test_conv2d(stride: int, padding: int) -> None:
    x, weight = torch.randint(-999, 999, (2, 3, 9, 8)), torch.randint(-999, 999, (4, 3, 3, 2))
    want = F.conv2d(x.double(), weight.double(), stride=stride, padding=padding)
    assert torch.equal(ring.conv2d(x, weight, stride, padding), want.long())


def test_conv2d_wraps_around_like_the_ring() -> None:
    x, weight = anywhere(1, 1, 3, 3), anywhere(1, 1, 3, 3)
    assert ring.conv2d(x, weight).item() == (x * weight).sum().item()


@given(x=INT64, divisor=st.one_of(st.integers(2, 2**62), st.integers(1, 62).map(lambda k: 2**k)))
def test_quotient_is_the_nearest_integer(x: int, divisor: int) -> None:
    number = x % 2**64
    got = ring.quotient(torch.tensor([x]), divisor).item() % 2**64
    assert abs(2 * (number - got * divisor)) <= divisor


@pytest.mark.parametrize("stride, padding", [(1, 0), (2, 1), (3, 2)])
def test_gradients_of_a_convolution(stride: int, padding: int) -> None:
    x = torch.randint(-99, 99, (2, 3, 9, 8)).double().requires_grad_()
    weight = torch.randint(-99, 99, (4, 3, 3, 2)).double().requires_grad_()
    y = F.conv2d(x, weight, stride=stride, padding=padding)
    gradient = torch.randint(-99, 99, y.shape)
    y.backward(gradient.double())
    got = ring.conv2d_input(gradient, weight.detach().long(), (9, 8), stride, padding)
    assert torch.equal(got, x.grad.long())
    got = ring.conv2d_weight(x.detach().long(), gradient, (3, 2), stride, padding)
    assert torch.equal(got, weight.grad.long())
