"""Shamir's secret sharing: a secret in n parts, of which any t give it back and any t - 1 tell nothing about it.

A. Shamir, "How to share a secret", CACM 22(11), 1979. A secret is the value at 0 of a random polynomial of degree
t - 1 over a prime field, a share its value at another place. t points fix the polynomial; t - 1 points go with every
value at 0, each as likely as the other.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from functools import lru_cache

__all__ = ["PRIME", "combine", "split"]

PRIME = 2**256 + 297  # the smallest prime above 2**256: a key of 32 bytes is a number of the field


def split(secret: int, places: Sequence[int], threshold: int) -> dict[int, int]:
    """A share of the secret for each place, of which any `threshold` give it back.

    1. Draw threshold - 1 coefficients, uniform over the field, from the operating system's generator.
    2. The share of a place is secret + c_1 place + c_2 place**2 + ..., by Horner's rule.

    secret: from 0 to PRIME - 1. places: different numbers from 1 on; at 0 there is the secret itself.
    """
    check_places(places)
    if not 0 <= secret < PRIME:
        raise ValueError("a secret is a number of the field, from 0 to PRIME - 1")
    if not 1 <= threshold <= len(places):
        raise ValueError(f"of {len(places)} shares it can take from 1 to all, not {threshold}, to give the secret back")
    coefficients = [secret, *[secrets.randbelow(PRIME) for _ in range(threshold - 1)]]
    shares = {}
    for place in places:
        value = 0
        for coefficient in reversed(coefficients):
            value = (value * place + coefficient) % PRIME
        shares[place] = value
    return shares


def combine(shares: Mapping[int, int]) -> int:
    """The secret of the shares of these places: as many as it takes, or more.

    Lagrange's interpolation at 0. Fewer shares give a number as well, which tells nothing.
    """
    check_places(list(shares))
    return sum(share * factor for share, factor in zip(shares.values(), at_zero(tuple(shares)), strict=True)) % PRIME


@lru_cache(maxsize=8)  # the server combines many secrets from shares at the same places
def at_zero(places: tuple[int, ...]) -> list[int]:
    """For each place the value at 0 of the polynomial that is 1 there and 0 at the others."""
    factors = []
    for place in places:
        over = under = 1
        for other in places:
            if other != place:
                over = over * other % PRIME
                under = under * (other - place) % PRIME
        factors.append(over * pow(under, -1, PRIME) % PRIME)
    return factors


def check_places(places: Sequence[int]) -> None:
    """ValueError unless these are different numbers of the field, and 0 is none of them."""
    if not places or len(set(places)) < len(places) or not all(0 < place < PRIME for place in places):
        raise ValueError(f"shares lie at different places from 1 on, for the secret lies at 0, not at {list(places)}")
