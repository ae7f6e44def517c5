import torch
from hypothesis import given
from hypothesis import strategies as st

from course.smpc.bits import both, from_bits, highest, to_bits
from course.smpc.shares import exclusive, split_bits, total
from tests.smpc.party import CORNERS, COUNTS, DRAWS, anywhere, parties, residue, shared

RING = st.lists(st.one_of(st.integers(-(2**63), 2**63 - 1), st.sampled_from(CORNERS)), min_size=1, max_size=40)
counts = st.sampled_from(COUNTS)


@given(x=RING, count=counts)
def test_bits_there_and_back(x: list[int], count: int) -> None:
    group = parties(count)
    bits = to_bits(group, shared(x, count))
    assert exclusive(bits).tolist() == x
    whole, low, none = from_bits(group, bits, [{k: residue(1 << k) for k in range(64)}, {0: 5, 1: -7}, {}])
    assert total(whole).tolist() == x
    assert total(low).tolist() == [5 * (v & 1) - 7 * (v >> 1 & 1) for v in x]
    assert total(none).tolist() == [0] * len(x)


@given(x=RING, count=counts)
def test_highest(x: list[int], count: int) -> None:
    bits = split_bits(torch.tensor(x), count, DRAWS)
    want = [residue(1 << (v % 2**64).bit_length() >> 1) for v in x]
    assert exclusive(highest(parties(count), bits)).tolist() == want


@given(count=counts)
def test_and(count: int) -> None:
    x, y = anywhere(3, 1, 5), anywhere(2, 5)
    x_shares, y_shares = split_bits(x, count, DRAWS), split_bits(y, count, DRAWS).unsqueeze(1)
    assert torch.equal(exclusive(both(parties(count), x_shares, y_shares)), x & y)
