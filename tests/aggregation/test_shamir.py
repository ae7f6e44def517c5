"""Shamir's sharing: any t shares give the secret back, and t - 1 go with every secret alike."""

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from course.aggregation.shamir import PRIME, combine, split

SECRETS = st.integers(0, PRIME - 1)


def test_the_field_is_a_field_and_holds_every_key_of_32_bytes() -> None:
    assert sympy.isprime(PRIME)
    assert 2**256 < PRIME < 2**264
    assert not any(sympy.isprime(number) for number in range(2**256, PRIME))


@given(SECRETS, st.integers(1, 7), st.integers(0, 4), st.randoms(use_true_random=False))
def test_any_threshold_of_shares_give_the_secret_back(secret: int, threshold: int, more: int, chance: object) -> None:
    shares = split(secret, list(range(1, threshold + more + 1)), threshold)
    for count in range(threshold, len(shares) + 1):
        some = chance.sample(sorted(shares), count)  # type: ignore[attr-defined]
        assert combine({place: shares[place] for place in some}) == secret


@given(SECRETS, SECRETS, st.integers(2, 6))
def test_one_share_too_few_goes_with_every_other_secret(secret: int, other: int, threshold: int) -> None:
    """For any other secret there is a last share, and only one, with which these would give that secret."""
    shares = split(secret, range(1, threshold + 1), threshold)
    known = {place: shares[place] for place in range(1, threshold)}
    zero, one = (combine(known | {threshold: last}) for last in (0, 1))
    last = (other - zero) * pow(one - zero, -1, PRIME) % PRIME
    assert combine(known | {threshold: last}) == other


def test_the_same_secret_is_shared_anew_each_time() -> None:
    first, second = split(5, range(1, 4), 2), split(5, range(1, 4), 2)
    assert all(first[place] != second[place] for place in first)
    assert dict.fromkeys(range(1, 4), 7) == split(7, range(1, 4), 1)  # one share is enough: it is the secret


@pytest.mark.parametrize("places", [[0, 1, 2], [1, 1, 2], [], [-1, 2], [1, PRIME]], ids=str)
def test_places_that_are_none(places: list[int]) -> None:
    with pytest.raises(ValueError, match="different places from 1 on"):
        split(5, places, 1)


def test_secrets_and_thresholds_that_cannot_be() -> None:
    for threshold in (0, 4):
        with pytest.raises(ValueError, match=f"from 1 to all, not {threshold}"):
            split(5, [1, 2, 3], threshold)
    for secret in (-1, PRIME):
        with pytest.raises(ValueError, match="number of the field"):
            split(secret, [1, 2, 3], 2)
