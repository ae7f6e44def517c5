import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course.smpc.comparison import CHUNK, negative, relu, tree_order
from course.smpc.shares import total
from tests.smpc.party import CORNERS, COUNTS, anywhere, parties, shared

RING = st.lists(st.one_of(st.integers(-(2**63), 2**63 - 1), st.sampled_from(CORNERS)), min_size=1, max_size=40)


@given(x=RING, count=st.sampled_from(COUNTS))
def test_sign_and_relu_are_exact_on_the_whole_ring_but_for_its_lowest_number(x: list[int], count: int) -> None:
    secret = torch.tensor(x)
    assert torch.equal(total(negative(parties(count), shared(secret, count))), (secret < 0).long())
    secret = secret.clamp(min=1 - 2**63)
    assert torch.equal(total(relu(parties(count), shared(secret, count))), secret.clamp(min=0))


def test_many_small_numbers() -> None:
    x = anywhere(20, 500) >> 48
    assert torch.equal(total(relu(parties(2), shared(x, 2))), x.clamp(min=0))


@pytest.mark.parametrize("protocol", [negative, relu])
def test_eight_rounds_and_36_bytes_for_each_number(protocol) -> None:  # type: ignore[no-untyped-def]
    """As the steps say: 8 for x + r; 12, 6 and 3 for the halves; three times 2 within bytes; 1 for the masked sign."""
    two = parties(2)
    protocol(two, shared(anywhere(100), 2))
    assert [opening.bytes // 100 for opening in two.openings] == [8, 12, 6, 3, 2, 2, 2, 1]


def test_chunks_are_one_message() -> None:
    x = anywhere(CHUNK + 5)
    two = parties(2)
    assert torch.equal(total(relu(two, shared(x, 2))), x.clamp(min=0))
    assert [opening.bytes for opening in two.openings] == [b * len(x) for b in (8, 12, 6, 3, 2, 2, 2, 1)]


def test_tree_order_turns_the_index_of_each_bit_around() -> None:
    for place in range(64):
        word = torch.tensor([1 << place if place < 63 else -(2**63)])
        moved = tree_order(word).item() % 2**64
        assert moved == 1 << int(f"{place:06b}"[::-1], 2)
