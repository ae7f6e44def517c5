from collections import Counter
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from course.errors import CorruptedSharesError
from course.smpc.commitments import coefficients, coin, committed
from course.smpc.parties import AllHere, Parties
from tests.smpc.party import COUNTS, NAMES, anywhere, parties


@pytest.mark.parametrize("count", COUNTS)
def test_everybody_learns_what_all_say_and_only_hashes_before(count: int) -> None:
    group, values = parties(count), anywhere(count, 3)
    assert torch.equal(committed(group, "guesses", values), values)
    assert [opening.what for opening in group.openings] == ["hashes of guesses", "guesses"]
    assert [opening.bytes for opening in group.openings] == [32, 32 + 24]


class Heard(AllHere):
    """All parties here; `change` is what becomes of each round's first tensor on the way."""

    def __init__(self, count: int, change) -> None:  # type: ignore[no-untyped-def]
        super().__init__(count)
        self.change, self.said = change, []

    def gather(self, names: Sequence[str], slices: list[Tensor], add) -> list[Tensor]:  # type: ignore[no-untyped-def]
        self.said.append(slices[0].clone())
        return super().gather(names, [self.change(len(self.said), slices[0].clone()), *slices[1:]], add)


@pytest.mark.parametrize("place", range(4 + 3))
def test_who_says_something_else_than_it_promised_is_named(place: int) -> None:
    def change(round: int, said: Tensor) -> Tensor:
        if round == 2:
            said[1, place] ^= 1
        return said

    with pytest.raises(CorruptedSharesError, match="what bob said does not fit the hash"):
        committed(Parties(NAMES[:3], wire=Heard(3, change)), "guesses", anywhere(3, 3))


def test_repeating_another_s_words_is_no_promise() -> None:
    """Bob sends Alice's hash as his own, then Alice's words: with a sum as coin, he would have a say in it."""

    def change(_: int, said: Tensor) -> Tensor:
        said[1] = said[0]
        return said

    with pytest.raises(CorruptedSharesError, match="what bob said"):
        coin(Parties(NAMES[:2], wire=Heard(2, change)))


def test_hashes_of_the_same_words_differ() -> None:
    """Else whoever guesses the words could try them."""
    wire = Heard(3, lambda _, said: said)
    for _ in range(2):
        committed(Parties(NAMES[:3], wire=wire), "guesses", torch.full((3, 1), 25))
    hashes = torch.cat([wire.said[0], wire.said[2]])
    assert len({tuple(row) for row in hashes.tolist()}) == 6


def test_a_coin_is_the_sum_of_all_parts_and_never_the_same() -> None:
    wire = Heard(2, lambda _, said: said)
    seen = set()
    for round in range(200):
        found = coin(Parties(NAMES[:2], wire=wire))
        assert torch.equal(found, wire.said[2 * round + 1][:, 4:].sum(dim=0))
        seen.add(tuple(found.tolist()))
    assert len(seen) == 200


def test_coefficients_are_uniform_and_follow_from_the_seed() -> None:
    k = coefficients(anywhere(2), 40_000)
    assert int(k.min()) >= -(2**31)
    assert int(k.max()) < 2**31
    ones = torch.stack([(k >> place) & 1 for place in range(32)]).sum(dim=1)
    assert (ones - 20_000).abs().max() < 6 * 100
    assert max(Counter(k.tolist()).values()) < 4
    seed = anywhere(2)
    assert torch.equal(coefficients(seed, 9), coefficients(seed.clone(), 12)[:9])
    assert not torch.equal(coefficients(seed, 9), coefficients(anywhere(2), 9))
