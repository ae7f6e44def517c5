"""Shares with MACs: right results against int64 arithmetic, and every change noticed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from course.errors import CorruptedSharesError
from course.smpc import authenticated, bits, comparison, functions, products, truncation
from course.smpc.authenticated import (
    AuthenticatedParties,
    authenticate,
    check,
    deliver,
    mask,
    received,
    reveal,
    told,
)
from course.smpc.dealer import Dealer
from course.smpc.parties import AllHere, Parties
from course.smpc.ring import residue
from course.smpc.shares import split, total
from tests.smpc.far import AUTHENTICATED, ROUNDS, UNEVEN, WITH_MACS, Far
from tests.smpc.party import COUNTS, DRAWS, NAMES, anywhere, shared

TRIALS = 100  # with each number of parties: 300 of each kind
small = st.integers(-(2**31), 2**31 - 1)
rows = st.integers(1, 3).flatmap(lambda count: st.lists(st.lists(small, min_size=3, max_size=3), min_size=count))
counts = pytest.mark.parametrize("count", COUNTS)
operations = pytest.mark.parametrize("name", AUTHENTICATED)


def group(count: int, wire: AllHere | None = None) -> AuthenticatedParties:
    return AuthenticatedParties(NAMES[:count], wire=wire)


def with_macs(parties: AuthenticatedParties, secret: Tensor | list[int]) -> Tensor:
    return authenticate(parties, shared(secret, len(parties)))


@pytest.fixture(scope="module", params=COUNTS)
def far(request: pytest.FixtureRequest) -> Iterator[Far]:
    parties = Far(request.param)
    yield parties
    parties.close()


# ---- right results ----


def both_of(x: list[list[int]], y: list[list[int]]) -> tuple[Tensor, Tensor]:
    size = min(len(x), len(y))
    return torch.tensor(x[:size]), torch.tensor(y[:size])


@operations
@given(x=rows, y=rows, count=st.sampled_from(COUNTS))
def test_operations(name: str, x: list[list[int]], y: list[list[int]], count: int) -> None:
    a, b = both_of(x, y)
    got = WITH_MACS[name](Parties(NAMES[:count]), shared(a, count), shared(b, count))
    assert torch.equal(got, residue(AUTHENTICATED[name][1](a, b), 32).expand_as(got))


@operations
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(x=rows, y=rows)
def test_operations_in_processes_of_their_own(far: Far, name: str, x: list[list[int]], y: list[list[int]]) -> None:
    a, b = both_of(x, y)
    got = far.run(f"with MACs: {name}", *(split(part, len(far.links), DRAWS) for part in (a, b)))
    want = residue(AUTHENTICATED[name][1](a, b), 32)
    assert torch.equal(got, want.expand(len(far.links), *want.shape))


@counts
@pytest.mark.parametrize("shapes", [((4,), (4,)), ((3, 4), (4,)), ((4,), (3, 4)), ((3, 1), (1, 4)), ((), (2,))])
def test_multiply_broadcasts(count: int, shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    parties, (x, y) = group(count), (anywhere(*shape) for shape in shapes)
    got = reveal(parties, products.multiply(parties, with_macs(parties, x), with_macs(parties, y)))
    assert torch.equal(got, residue(x * y, 32))


def test_conv2d(far: Far) -> None:
    count = len(far.links)
    x, weight = torch.randint(-99, 99, (2, 3, 8, 7)), torch.randint(-99, 99, (4, 3, 3, 3))
    want = F.conv2d(x.double(), weight.double(), stride=2, padding=1).long()
    shares = split(x, count, DRAWS), split(weight, count, DRAWS)
    assert torch.equal(WITH_MACS["conv2d"](Parties(NAMES[:count]), *shares), want.expand(count, *want.shape))
    assert torch.equal(far.run("with MACs: conv2d", *shares), want.expand(count, *want.shape))


def test_gradients_of_conv2d(far: Far) -> None:
    count = len(far.links)
    x, weight = torch.randint(-99, 99, (2, 3, 8, 7)), torch.randint(-99, 99, (4, 3, 3, 3))
    gradient = torch.randint(-99, 99, (2, 4, 4, 4))
    wants = {
        "conv2d_input": torch.nn.grad.conv2d_input(x.shape, weight.double(), gradient.double(), stride=2, padding=1),
        "conv2d_weight": torch.nn.grad.conv2d_weight(x.double(), weight.shape, gradient.double(), stride=2, padding=1),
    }
    for name, pair in (("conv2d_input", (gradient, weight)), ("conv2d_weight", (x, gradient))):
        got = far.run(f"with MACs: {name}", *(split(part, count, DRAWS) for part in pair))
        assert torch.equal(got, wants[name].long().expand_as(got))


@given(x=st.lists(st.integers(-(2**30) + 2**20, 2**30 - 1), min_size=1), divisor=st.integers(2, 2**20))
def test_divide_is_at_most_1_away(x: list[int], divisor: int) -> None:
    for count in COUNTS:
        parties = group(count)
        got = reveal(parties, truncation.divide(parties, with_macs(parties, x), divisor))
        assert all(abs(a - b * divisor) <= divisor for a, b in zip(x, got.tolist(), strict=True))


def test_divide_in_processes_of_their_own(far: Far) -> None:
    x = torch.tensor([0, 1, -1, 499, 501, -501, 2**30 - 1, -(2**30) + 1000])
    for got in far.run("with MACs: divide", split(x, len(far.links), DRAWS)):
        assert bool(((x - got * 1000).abs() <= 1000).all())


@counts
def test_fixed_precision(count: int) -> None:
    """Products of numbers with three digits, as float64 has them, to the last digit."""
    parties, x, y = group(count), torch.randint(-30_000, 30_000, (500,)), torch.randint(-30_000, 30_000, (500,))
    product = products.multiply(parties, with_macs(parties, x), with_macs(parties, y))
    got = reveal(parties, truncation.divide(parties, product, 1000))
    assert (got.double() / 1000 - (x.double() / 1000) * (y.double() / 1000)).abs().max() <= 0.001 + 1e-9


@counts
def test_a_public_value_has_to_fit(count: int) -> None:
    parties = group(count)
    x = with_macs(parties, [1, 2])
    assert reveal(parties, parties.add_public(x, 7)).tolist() == [8, 9]
    assert reveal(parties, x).tolist() == [1, 2]  # the shares are as they were
    with pytest.raises(RuntimeError):
        parties.add_public(x, torch.zeros(3, 2, dtype=torch.int64))


@counts
def test_in_and_out_for_a_person_who_is_no_party(count: int) -> None:
    """She enters a secret and gets a product, and no number that the parties see is either of them."""
    wire = Said(count)
    parties, x = group(count, wire), torch.tensor([[25, -3], [2**31 - 1, -(2**31)]])
    shares, slices = mask(parties, (2, 2))
    entered = parties.add_public(shares, x - told(slices))
    wire.opened.clear()
    got = received(deliver(parties, products.multiply(parties, entered, entered)))
    assert torch.equal(got, residue(x * x, 32))
    seen = {number for part in wire.opened for number in residue(part, 32).flatten().tolist()}
    assert not seen & {*residue(x * x, 32).flatten().tolist(), *x.flatten().tolist()}


def test_comparisons_are_refused() -> None:
    parties = group(2)
    x = with_macs(parties, [1, 2])
    names = "exp log reciprocal sqrt inverse_sqrt sigmoid tanh softmax log_softmax".split()
    follow = [lambda group, x, name=name: getattr(functions, name)(group, x, 2**10) for name in names]
    for protocol in (comparison.negative, comparison.relu, bits.to_bits):
        with pytest.raises(ValueError, match="are authenticated, comparisons and what follows from them are not"):
            protocol(parties, x)
    for protocol in follow:
        with pytest.raises((ValueError, RuntimeError)):
            protocol(parties, x)
    with pytest.raises(ValueError, match="XOR shares have no MACs"):
        parties.open_bits("x", x)


# ---- every change is noticed ----


class Said(AllHere):
    """All parties here. `change`: what becomes of what they say, with the number of the round."""

    def __init__(self, count: int, change: Callable[[int, list[Tensor]], None] | None = None) -> None:
        super().__init__(count)
        self.change, self.rounds = change, 0
        self.opened: list[Tensor] = []

    def gather(self, names: Sequence[str], slices: list[Tensor], add: Callable[[Tensor], Tensor]) -> list[Tensor]:
        slices = [part.clone() for part in slices]
        if self.change:
            self.change(self.rounds, slices)
        self.rounds += 1
        found = super().gather(names, slices, add)
        self.opened += [part.clone() for part in found]
        return found


def flip(part: Tensor) -> None:
    """One of the lowest 32 bits of one number."""
    flat = part.view(-1)
    flat[random.randrange(len(flat))] ^= 1 << random.randrange(32)


def change_nothing(parties: AuthenticatedParties, x: Tensor, z: Tensor) -> None:
    pass


def change_a_share(parties: AuthenticatedParties, x: Tensor, z: Tensor) -> None:
    flip(x[random.randrange(len(x)), 0])


def change_a_mac(parties: AuthenticatedParties, x: Tensor, z: Tensor) -> None:
    flip(x[random.randrange(len(x)), 1])


def change_a_result(parties: AuthenticatedParties, x: Tensor, z: Tensor) -> None:
    flip(z[random.randrange(len(z)), 0])


def change_the_mac_of_a_result(parties: AuthenticatedParties, x: Tensor, z: Tensor) -> None:
    flip(z[random.randrange(len(z)), 1])


def change_a_key(parties: AuthenticatedParties, x: Tensor, z: Tensor) -> None:
    flip(parties.one[random.randrange(len(x)), 1])


Change = Callable[[AuthenticatedParties, Tensor, Tensor], None]
CHANGES: list[Change] = [
    change_a_share, change_a_mac, change_a_result, change_the_mac_of_a_result, change_a_key
]  # fmt: skip


def stopped(count: int, change: Change, wire: AllHere | None = None) -> bool:
    """Whether the square of two secrets is given out, with a change before the product or after it."""
    parties = group(count, wire)
    x = with_macs(parties, [25, -3])
    before = change in (change_a_share, change_a_mac, change_a_key)
    try:
        if before:
            change(parties, x, x)
        z = products.square(parties, x)
        if not before:
            change(parties, x, z)
        assert reveal(parties, z).tolist() == [625, 9]
    except CorruptedSharesError:
        return True
    return False


@counts
def test_an_honest_run_is_never_stopped(count: int) -> None:
    assert not any(stopped(count, change_nothing) for _ in range(TRIALS))


@counts
@pytest.mark.parametrize("change", CHANGES)
def test_every_bit_that_changes_is_noticed(count: int, change: Change) -> None:
    assert sum(stopped(count, change) for _ in range(TRIALS)) == TRIALS


@counts
@pytest.mark.parametrize("round", ROUNDS[1:])
def test_every_bit_that_changes_on_the_way_is_noticed(count: int, round: int) -> None:
    """The product; hashes, coin and values of both checks; the result."""

    def change(number: int, slices: list[Tensor]) -> None:
        if number == round:
            flip(random.choice(slices)[random.randrange(count)])

    assert sum(stopped(count, change_nothing, Said(count, change)) for _ in range(TRIALS)) == TRIALS


@counts
@pytest.mark.parametrize("row", range(4))
def test_every_bit_that_changes_on_the_way_to_a_person_is_noticed(count: int, row: int) -> None:
    parties, noticed = group(count), 0
    for _ in range(TRIALS):
        slices = deliver(parties, with_macs(parties, [25, -3]))
        flip(slices[random.randrange(count), row])
        try:
            received(slices)
        except CorruptedSharesError:
            noticed += 1
    assert noticed == TRIALS


@pytest.mark.parametrize("round", ROUNDS[1:])
def test_a_party_in_a_process_of_its_own_is_noticed_by_all(far: Far, round: int) -> None:
    x = split(torch.tensor([25, -3]), len(far.links), DRAWS)
    assert bool(far.run(f"with MACs: changed in round {round}", x).all())


@pytest.mark.parametrize("round", UNEVEN)
def test_a_party_that_tells_each_something_else_is_noticed(far: Far, round: int) -> None:
    """By all while numbers are computed with; a lie in the last words of a check can only trouble who hears it."""
    x = split(torch.tensor([25, -3]), len(far.links), DRAWS)
    noticed = far.run(f"with MACs: two faces in round {round}", x).flatten()
    assert bool(noticed.all()) if round < 9 else bool(noticed[-1])


@counts
def test_nothing_is_given_out_after_a_change(count: int) -> None:
    """The product is checked before the result is opened; and afterwards the parties open nothing any more."""

    def change(number: int, slices: list[Tensor]) -> None:
        if number == 1:
            slices[0][0] += 1

    parties = group(count, Said(count, change))
    x = with_macs(parties, [25, -3])
    z = products.square(parties, x)
    with pytest.raises(CorruptedSharesError, match="the MACs of 2 opened numbers do not fit them"):
        reveal(parties, z)
    assert [opening.what for opening in parties.openings if opening.what.startswith("the result")] == []
    opened = len(parties.openings)
    for step in (lambda: reveal(parties, x), lambda: deliver(parties, x), lambda: products.square(parties, x)):
        with pytest.raises(CorruptedSharesError, match="the MACs of 2 opened numbers"):
            step()
    assert len(parties.openings) == opened


def test_a_result_that_its_opener_changed_is_not_returned() -> None:
    def change(number: int, slices: list[Tensor]) -> None:
        if number == 1:
            slices[0][1] += 2**31

    parties = group(2, Said(2, change))
    with pytest.raises(CorruptedSharesError):
        reveal(parties, with_macs(parties, [25]))


def test_plain_shares_would_be_believed() -> None:
    """What this is against: without MACs one changed bit of one share changes the result, and nobody knows."""
    parties = Parties(NAMES[:2])
    x = shared([25], 2)
    x[1] += 5
    assert parties.open("the result", products.square(parties, x))[0].tolist() == [900]


def test_many_openings_are_checked_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authenticated, "UNCHECKED", 10)
    parties = group(2)
    x = with_macs(parties, [1, 2, 3])
    for _ in range(4):
        x = products.multiply(parties, x, with_macs(parties, [1, 1, 1]))
        assert sum(value.numel() for _, value in parties.unchecked) <= 10
    assert len([opening for opening in parties.openings if opening.what == "check values"]) == 2
    assert reveal(parties, x).tolist() == [1, 2, 3]


def test_a_product_is_one_round_and_a_check_four() -> None:
    parties = group(3)
    x = with_macs(parties, [25, -3])
    parties.steps.clear()
    products.multiply(parties, x, x)
    assert [(opening.what, opening.bytes) for opening in parties.openings] == [("x - a, y - b", 2 * 2 * 8)]
    check(parties)
    assert len(parties.openings) == 5
    check(parties)
    assert len(parties.openings) == 5  # there is nothing to check


# ---- with which probability ----


def passed(change: int, guess: int, dealer: Dealer | None = None) -> bool:
    """Whether a share that was changed by `change` passes, where its MAC is changed to fit if the key were `guess`."""
    parties = AuthenticatedParties(NAMES[:2], dealer)
    x = parties.public(torch.tensor([25]))
    x[1, 0] += change
    x[1, 1] += change * guess
    parties.open("x", x)
    try:
        check(parties)
    except CorruptedSharesError:
        return False
    return True


def near(found: int, chance: float, trials: int) -> bool:
    return abs(found - trials * chance) < 5.5 * (trials * chance * (1 - chance)) ** 0.5


@pytest.mark.parametrize("b", range(6))
def test_changes_to_upper_bits_pass_as_often_as_the_proof_says(b: int) -> None:
    """A change by 2**(63 - b) passes with (b + 3) / 2**(b + 2), whenever 2**(b + 1) divides key times coefficient.

    The same sum at b = 32, the highest bit that counts, is the 36/2**34 of `check`: there the coefficient, of 32 bits,
    has no more twos to give, and is 0 with 2**-32, where longer ones would have added half of that.
    """
    trials = 800
    law = sum(2.0 ** -(j + 1) * min(1, 2.0 ** -(b + 1 - j)) for j in range(b + 1)) + 2.0 ** -(b + 1)
    assert law == (b + 3) / 2 ** (b + 2)
    assert near(sum(passed((2**63 >> b) - (2**64 if b == 0 else 0), 0) for _ in range(trials)), law, trials)


class FewKeys(Dealer):
    """One of 16 keys."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.key = self.draws.uniform(()) & 15  # type: ignore[misc]


def test_a_guessed_key_passes_as_often_as_it_is_guessed() -> None:
    """With 16 keys instead of 2**64, a cheater who guesses one gets through once in 16 times."""
    trials = 1600
    assert near(sum(passed(1, 11, FewKeys(2)) for _ in range(trials)), 1 / 16, trials)


def test_a_change_by_who_knows_the_key_passes() -> None:
    """The MAC is nothing but the secret key: why no party ever sees it, and why it is not used after a failed check."""
    dealer = Dealer(2)
    assert passed(1, int(dealer.key), dealer)


# ---- and nothing is told ----


@counts
def test_a_result_tells_only_its_lower_half(count: int) -> None:
    """The upper half of a product's secret is what its inputs left there. What is opened of it is uniform."""
    wire = Said(count)
    parties = group(count, wire)
    x = with_macs(parties, torch.full((20_000,), 2**40 + 25))
    wire.opened.clear()
    assert set(reveal(parties, x).tolist()) == {25}
    upper = wire.opened[0] >> 32
    ones = torch.stack([(upper >> place) & 1 for place in range(32)]).sum(dim=1)
    assert (ones - 10_000).abs().max() < 6 * 5_000**0.5


@counts
def test_no_party_holds_the_key(count: int) -> None:
    """All but one of its shares, and their sum, are uniform over many keys; all together are the dealer's."""
    keys = []
    for _ in range(500):
        parties = group(count)
        assert total(parties.one[:, 1]) == parties.dealer.key
        keys.append(parties.one[:, 1])
    held = torch.stack(keys, dim=1)
    for party in range(count):
        others = torch.cat([held[:party], held[party + 1 :]])
        for seen in (*others, total(others)):
            ones = torch.stack([(seen >> place) & 1 for place in range(64)]).sum(dim=1)
            assert (ones - 250).abs().max() < 6 * 125**0.5
