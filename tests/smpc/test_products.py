import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from course.smpc import products
from course.smpc.shares import total
from tests.smpc.party import COUNTS, anywhere, parties, shared

counts = pytest.mark.parametrize("count", COUNTS)
SHAPES = [((4,), (4,)), ((3, 4), (4,)), ((4,), (3, 4)), ((3, 1), (1, 4)), ((), (2,)), ((2, 3, 4), (3, 1))]


@counts
@pytest.mark.parametrize("shapes", SHAPES)
def test_multiply_broadcasts(count: int, shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    x, y = (anywhere(*shape) for shape in shapes)
    assert torch.equal(total(products.multiply(parties(count), shared(x, count), shared(y, count))), x * y)


@given(x=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1), count=st.sampled_from(COUNTS))
def test_square(x: list[int], count: int) -> None:
    assert torch.equal(total(products.square(parties(count), shared(x, count))), torch.tensor(x) ** 2)


@counts
@pytest.mark.parametrize("shapes", [((4, 5), (5, 3)), ((2, 4, 5), (5, 3)), ((2, 4, 5), (2, 5, 3)), ((1, 1), (1, 1))])
def test_matmul(count: int, shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    x, y = (anywhere(*shape) for shape in shapes)
    assert torch.equal(total(products.matmul(parties(count), shared(x, count), shared(y, count))), x @ y)


@counts
@pytest.mark.parametrize("stride, padding", [(1, 0), (2, 1)])
def test_conv2d(count: int, stride: int, padding: int) -> None:
    x, weight = torch.randint(-999, 999, (2, 3, 8, 7)), torch.randint(-999, 999, (4, 3, 3, 3))
    want = F.conv2d(x.double(), weight.double(), stride=stride, padding=padding).long()
    shares = products.conv2d(parties(count), shared(x, count), shared(weight, count), stride, padding)
    assert torch.equal(total(shares), want)


def test_a_product_is_one_round_of_both_differences() -> None:
    two = parties(2)
    products.matmul(two, shared(anywhere(4, 5), 2), shared(anywhere(5, 3), 2))
    (opening,) = two.openings
    assert opening.what == "x - a, y - b"
    assert opening.bytes == 8 * (4 * 5 + 5 * 3)
    assert two.steps[0].bytes == 8 * (4 * 5 + 5 * 3 + 4 * 3)


@counts
def test_the_shares_of_a_product_are_fresh(count: int) -> None:
    """One and the same product twice: no share of the results is the same, so nobody sees that they are equal."""
    x, group = shared(anywhere(4), count), parties(count)
    first, second = products.multiply(group, x, x), products.multiply(group, x, x)
    assert torch.equal(total(first), total(second))
    assert not (first == second).any()
