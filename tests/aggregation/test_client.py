"""What a client does, and what it refuses; the protocol between clients and server without workers."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import course as sy
from course.aggregation import shamir
from course.aggregation.client import SHARE, STEPS, Client, client_of, join, pair_mask
from course.aggregation.keys import PUBLIC, agree, load, mask, new_key, to_bytes
from course.aggregation.server import unmask
from tests.aggregation.plain import Table, look_uniform, up_to_masks

INT64 = st.integers(-(2**63), 2**63 - 1)


def updates(count: int, numbers: int = 2) -> dict[int, torch.Tensor]:
    return {place: torch.randint(-(2**40), 2**40, (numbers,)) for place in range(count)}


# ---- what comes out --------------------------------------------------------------------------------------------------


@st.composite
def circles(draw: st.DrawFn) -> tuple[int, int, list[set[int]]]:
    """n clients, a threshold, and who is there at each of the four steps, at least the threshold of them."""
    count = draw(st.integers(3, 7))
    threshold = draw(st.integers(max(3, count // 2 + 1), count))
    there, steps = list(range(count)), []
    for _ in range(4):
        there = sorted(draw(st.permutations(there))[: draw(st.integers(threshold, len(there)))])
        steps.append(set(there))
    return count, threshold, steps


@given(circles(), st.lists(INT64, min_size=7, max_size=7))
def test_the_sum_is_that_of_those_who_stayed_whoever_left_when(
    circle: tuple[int, int, list[set[int]]], numbers: list[int]
) -> None:
    count, threshold, (keys, shares, masks, answers) = circle
    table = Table(count, threshold)
    table.advertise(keys)
    table.share(shares)
    table.mask({place: torch.tensor([numbers[place], place, -1]) for place in masks})
    table.answer(answers)
    right = torch.stack([torch.tensor([numbers[place], place, -1]) for place in masks]).sum(0)
    assert torch.equal(table.sum(), right)


def test_a_pair_s_masks_cancel_and_only_theirs() -> None:
    key = new_key()
    assert torch.equal(pair_mask(0, 3, key, 5), -pair_mask(3, 0, key, 5))
    assert torch.equal(pair_mask(0, 3, key, 5), mask(key, 5))


def test_shares_that_somebody_changed_give_no_sum() -> None:
    for place in (1, 0):  # of the key of a client who left, and of an own mask: that becomes too large a number
        table = up_to_masks(4, 3, {place: x for place, x in updates(4).items() if place != 1})
        table.answer([0, 2, 3])
        table.answers[0][place, 5] ^= 1
        with pytest.raises(ValueError, match="do not fit together"):
            table.sum()


# ---- what is refused -------------------------------------------------------------------------------------------------


def test_a_client_never_reveals_both_masks_of_anybody() -> None:
    """The server asks for the other kind: bob has stayed, it says, then that he has left, and the other way round."""
    for first, second in (([1, 1, 1, 1], [0, 1, 1, 1]), ([0, 1, 1, 1], [1, 1, 1, 1])):
        table = up_to_masks(4, 3, updates(4))
        client = table.clients[2]
        client.answer(torch.tensor(first).bool())
        with pytest.raises(sy.MaskRefusedError, match="'answer' out of turn, or a second time"):
            client.answer(torch.tensor(second).bool())
        with pytest.raises(sy.MaskRefusedError):
            client.answer(torch.tensor(first).bool())
        assert vars(client).keys() == {"name", "place", "count", "threshold", "met", "steps_done"}  # nothing is left


def test_an_answer_has_one_share_of_each_client_of_the_kind_that_fits() -> None:
    table = up_to_masks(4, 3, {place: x for place, x in updates(4).items() if place != 1})
    secrets = [(int.from_bytes(c.own), int.from_bytes(c.pairs.private_bytes_raw())) for c in table.clients]
    table.answer([0, 2, 3])
    for place in range(4):
        shares = {who + 1: int.from_bytes(to_bytes(answer[place])) for who, answer in table.answers.items()}
        own, pairs = secrets[place]
        assert shamir.combine(shares) == (pairs if place == 1 else own)
    assert table.answers[0].shape == (4, SHARE)


@given(st.integers(3, 6), st.data())
def test_a_server_that_tells_each_client_another_story_gets_one_kind_of_shares_at_most(
    count: int, data: st.DataObject
) -> None:
    """Everybody sent an update, and each client is told who stayed as it suits the server, who is after bob."""
    threshold = data.draw(st.integers(max(3, count // 2 + 1), count))
    table = up_to_masks(count, threshold, updates(count))
    secrets = table.clients[0].own, table.clients[0].pairs.private_bytes_raw()
    kinds: list[dict[int, int]] = [{}, {}]
    for place in range(1, count):
        alive = data.draw(st.booleans()) or count == threshold  # clients refuse to unmask a sum of fewer
        answer = table.clients[place].answer(torch.tensor([alive or at > 0 for at in range(count)]))
        kinds[not alive][place + 1] = int.from_bytes(to_bytes(answer[0]))
    got = [shamir.combine(shares) == int.from_bytes(s) for shares, s in zip(kinds, secrets, strict=True) if shares]
    assert sum(got) <= 1


def test_a_threshold_that_would_allow_both_kinds_is_refused() -> None:
    for count in range(3, 8):
        with pytest.raises(sy.MaskRefusedError, match="two groups"):
            Client("bob", 0, count, count // 2)
    with pytest.raises(sy.MaskRefusedError, match="a threshold of 5 among 4"):
        Client("bob", 0, 4, 5)


@pytest.mark.parametrize("step", STEPS)
def test_each_step_is_done_once_and_in_its_turn(step: str) -> None:
    table = Table(3, 3)
    table.advertise(range(3))
    calls = {
        "share": lambda client: client.share(table.directory),
        "mask": lambda client: client.mask(torch.ones(2).long(), table.sealed[:, 0]),
        "answer": lambda client: client.answer(torch.ones(3).bool()),
    }
    for other in STEPS:
        if other != "share":
            with pytest.raises(sy.MaskRefusedError, match="out of turn"):
                calls[other](Client("bob", 0, 3, 3))
    table.share(range(3))
    done = table.clients[0]
    for other in STEPS[1 : STEPS.index(step) + 1]:
        calls[other](done)
    with pytest.raises(sy.MaskRefusedError, match=f"{step!r} out of turn, or a second time"):
        calls[step](done)


def test_two_updates_never_go_under_the_same_masks() -> None:
    table = up_to_masks(3, 3, updates(3))
    with pytest.raises(sy.MaskRefusedError, match="bob takes no further part"):
        table.clients[0].mask(torch.zeros(2).long(), table.sealed[:, 0])


def test_a_list_of_keys_that_lies_is_refused() -> None:
    table = Table(4, 3)
    table.advertise(range(4))
    mine, twice, few = table.directory.clone(), table.directory.clone(), table.directory.clone()
    mine[0] = table.clients[1].keys()
    twice[1, 1] = twice[2, 1]
    few[2:] = 0
    lies = {"another one where its own": mine, "one of them twice": twice, "names 2 clients, and it takes part": few}
    for why, directory in lies.items():
        with pytest.raises(sy.MaskRefusedError, match=why):
            Table.share(table_with(table, directory), [0])


def table_with(table: Table, directory: torch.Tensor) -> Table:
    """The same clients before they have shared anything, who are told these keys."""
    for client in table.clients:
        client.steps_done = 0
    table.directory = directory
    return table


def test_shares_of_strangers_and_of_too_few_are_refused() -> None:
    table = Table(5, 3)
    table.advertise(range(4))
    table.share(range(4))
    stranger = table.sealed[:, 0].clone()
    stranger[4] = 1
    with pytest.raises(sy.MaskRefusedError, match="whose keys it does not know"):
        table.clients[0].mask(torch.zeros(2).long(), stranger)
    few = table.sealed[:, 1].clone()
    few[2:] = 0
    with pytest.raises(sy.MaskRefusedError, match="shares of 2 clients"):
        table.clients[1].mask(torch.zeros(2).long(), few)


@pytest.mark.parametrize(
    ("who_stayed", "why"),
    [([0, 1, 1, 1], "lacks it"), ([1, 1, 1, 1], "never shared a key"), ([1, 1, 0, 0], "names 2 clients")],
)
def test_a_list_of_who_stayed_that_cannot_be_is_refused(who_stayed: list[int], why: str) -> None:
    table = Table(4, 3)
    table.advertise(range(3))
    table.share(range(3))
    table.mask(updates(3))
    with pytest.raises(sy.MaskRefusedError, match=why):
        table.clients[0].answer(torch.tensor(who_stayed).bool())


def test_shares_that_were_changed_on_their_way_are_refused() -> None:
    table = Table(3, 3)
    table.advertise(range(3))
    table.share(range(3))
    table.sealed[1, 0, 5] ^= 1
    table.mask(updates(3))
    with pytest.raises(sy.MaskRefusedError, match="changed on their way"):
        table.clients[0].answer(torch.ones(3).bool())


# ---- what others can know --------------------------------------------------------------------------------------------

RUNS = 400


@pytest.mark.parametrize("secret", [0, -1, 2**40])
def test_a_masked_update_is_uniform_also_for_a_coalition_that_takes_off_all_its_masks(secret: int) -> None:
    """Server, carol and dan take what they share with bob off his masked update; one pair's mask is still on it."""
    left, pairs = [], []
    for _ in range(RUNS):
        table = up_to_masks(4, 3, {place: torch.full((8,), secret) for place in range(4)})
        bob = table.masked[0].clone()
        bob -= mask(table.clients[0].own, 8)  # the answers will tell it: bob stayed
        for colluder in (2, 3):
            theirs = to_bytes(table.directory[0].reshape(-1))[PUBLIC:]
            bob -= pair_mask(0, colluder, agree(table.clients[colluder].pairs, theirs, "mask"), 8)
        left.append(bob)
        alice = table.masked[1].clone()
        alice -= mask(table.clients[1].own, 8)
        for colluder in (2, 3):
            theirs = to_bytes(table.directory[1].reshape(-1))[PUBLIC:]
            alice -= pair_mask(1, colluder, agree(table.clients[colluder].pairs, theirs, "mask"), 8)
        pairs.append(bob + alice)
    assert look_uniform(torch.cat(left))
    assert all((pair == 2 * secret).all() for pair in pairs)  # the sum of both is what they may learn


def test_fewer_colluders_than_the_threshold_hold_too_few_shares() -> None:
    """t - 1 colluders open the shares sent to them: they go with every key of bob's alike."""
    table = up_to_masks(5, 3, updates(5))
    shares = {place + 1: table.clients[place].opened(0)[1] for place in (3, 4)}
    other = int.from_bytes(new_key())
    zero, one = (shamir.combine(shares | {3: last}) for last in (0, 1))
    last = (other - zero) * pow(one - zero, -1, shamir.PRIME) % shamir.PRIME
    assert shamir.combine(shares | {3: last}) == other
    enough = shares | {3: table.clients[2].opened(0)[1]}
    assert shamir.combine(enough) == int.from_bytes(table.clients[0].own)


def test_a_late_update_stays_under_its_own_mask() -> None:
    """Bob's update arrives after the others were told that he left: the server has his key for pairs by then."""
    seen = []
    for _ in range(RUNS):
        table = up_to_masks(4, 3, {place: torch.zeros(8).long() for place in range(4)})
        late = table.masked.pop(0)
        table.answer([1, 2, 3])
        shares = {who + 1: int.from_bytes(to_bytes(answer[0])) for who, answer in table.answers.items()}
        pairs = load(shamir.combine(shares).to_bytes(PUBLIC))
        for other in (1, 2, 3):
            theirs = to_bytes(table.directory[other].reshape(-1))[PUBLIC:]
            late -= pair_mask(0, other, agree(pairs, theirs, "mask"), 8)
        seen.append(late)
        assert torch.equal(late, mask(table.clients[0].own, 8))  # all that is left to hide it
    assert look_uniform(torch.cat(seen))


def test_each_direction_between_two_clients_has_a_key_of_its_own() -> None:
    """A key seals one content only: under the same key both ways, the two contents could be compared."""
    bob, alice, _ = up_to_masks(3, 3, updates(3)).clients
    there, back = bob.channel_key(0, 1), bob.channel_key(1, 0)
    assert there != back
    assert (alice.channel_key(0, 1), alice.channel_key(1, 0)) == (there, back)


def test_a_copy_of_a_ticket_holds_nothing() -> None:
    ticket = join("bob", 0, 3, 3)
    assert client_of(ticket).name == "bob"
    with pytest.raises(ValueError, match="is no ticket"):
        client_of(ticket.clone())
    with pytest.raises(ValueError, match="is no ticket"):
        unmask_of(torch.zeros(3))


def unmask_of(ticket: torch.Tensor) -> object:
    return client_of(ticket)


def test_nobody_s_sum_without_answers() -> None:
    table = up_to_masks(3, 3, updates(3))
    with pytest.raises(ValueError, match="different places"):
        unmask(torch.zeros(2).long(), table.directory, [], [], [0, 1, 2], [0, 1, 2])
