import pytest
import torch

from course.smpc.parties import Parties
from course.smpc.shares import exclusive, split, split_bits, total
from tests.smpc.party import CORNERS, COUNTS, DRAWS, anywhere, parties


@pytest.mark.parametrize("count", COUNTS)
def test_shares_add_up_to_the_secret(count: int) -> None:
    secret = torch.cat([torch.tensor(CORNERS), anywhere(50)]).view(1, -1)
    assert torch.equal(total(split(secret, count, DRAWS)), secret)
    assert split(secret, count, DRAWS).shape == (count, *secret.shape)


@pytest.mark.parametrize("dtype", [torch.int64, torch.int8])
@pytest.mark.parametrize("count", COUNTS)
def test_bit_shares_xor_to_the_secret(count: int, dtype: torch.dtype) -> None:
    secret = DRAWS.uniform((50,), dtype)
    assert torch.equal(exclusive(split_bits(secret, count, DRAWS)), secret)


@pytest.mark.parametrize("how", [split, split_bits])
@pytest.mark.parametrize("count", COUNTS)
def test_what_all_but_one_hold_is_uniform_whatever_the_secret(count: int, how) -> None:  # type: ignore[no-untyped-def]
    """For each left-out party: every bit of the others' shares, and of their sum, is 1 in half of the draws."""
    rows = 40_000
    for secret in (0, 25, -(2**63)):
        shares = how(torch.full((rows,), secret), count, DRAWS)
        for left_out in range(count):
            others = torch.cat([shares[:left_out], shares[left_out + 1 :]])
            for seen in (*others, total(others), exclusive(others)):
                ones = torch.stack([(seen >> place) & 1 for place in range(64)]).sum(dim=1)
                assert (ones - rows / 2).abs().max() < 6 * (rows / 4) ** 0.5


def test_a_secret_has_two_parties_or_more() -> None:
    with pytest.raises(ValueError, match="among two parties or more, not 1: one would hold it whole"):
        Parties(["alice"])
    with pytest.raises(ValueError, match="a name stands twice in alice, bob, alice"):
        Parties(["alice", "bob", "alice"])


def test_a_public_number_is_added_once() -> None:
    three = parties(3)
    shares = split(torch.tensor([10, -5]), 3, DRAWS)
    assert total(three.add_public(shares, 7)).tolist() == [17, 2]
    assert total(three.public(torch.tensor([7, 8]))).tolist() == [7, 8]
    assert total(shares).tolist() == [10, -5]  # the shares are as they were
