"""What the server does with masked updates: add them up, and take the masks off the sum, never off one update.

Round 4 of figure 4 in Bonawitz et al. 2017. Of each client who stayed it gets shares of the own mask, of each who left
after sharing its keys the shares of the key for pairs. Both kinds of one client it never gets: clients refuse.
"""

from __future__ import annotations

from torch import Tensor

from course.aggregation import shamir
from course.aggregation.client import STAYS, pair_mask
from course.aggregation.keys import KEY, PUBLIC, agree, load, mask, public, to_bytes
from course.operations import step

__all__ = ["unmask"]


@step("aggregation.unmask", tells=STAYS)
def unmask(
    total: Tensor, directory: Tensor, answers: list[Tensor], answered: list[int], shared: list[int], stayed: list[int]
) -> Tensor:
    """The sum of the updates of those who stayed: (numbers,) int64, of the sum of their masked updates.

    1. Take off the own mask of each who stayed, put together from the shares in the answers.
    2. Of each client who shared its keys and left, put the key for pairs together, and take off what those who
       stayed added for the pair with it.

    directory: (clients, 2, 32) uint8, the public keys. answers: of the clients `answered`, as many as the threshold
    says, (clients, SHARE) uint8 each. ValueError if the shares do not give the key that goes with a public one.
    """
    result = total.clone()
    for place in shared:
        shares = [int.from_bytes(to_bytes(answer[place])) for answer in answers]
        secret = shamir.combine(dict(zip([who + 1 for who in answered], shares, strict=True)))
        if place in stayed:
            result -= mask(number_to_bytes(secret, KEY), len(result))
            continue
        pairs, theirs = load(number_to_bytes(secret, PUBLIC)), to_bytes(directory[place].reshape(-1))[PUBLIC:]
        if public(pairs) != theirs:
            raise ValueError(WRONG)
        for other in stayed:
            key = agree(pairs, to_bytes(directory[other].reshape(-1))[PUBLIC:], "mask")
            result -= pair_mask(other, place, key, len(result))
    return result


def number_to_bytes(secret: int, size: int) -> bytes:
    try:
        return secret.to_bytes(size)
    except OverflowError:
        raise ValueError(WRONG) from None


WRONG = "the shares do not fit together: somebody answered with other shares than it was given, so no sum comes out"
