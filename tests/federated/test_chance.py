"""Random numbers that belong to a client and a round: they repeat, they differ, and nothing else moves them."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from course.federated import chance

SEEDS = st.integers(0, 2**40)


@given(SEEDS, st.integers(1, 50), st.integers(1, 200), st.data())
def test_a_sample_is_of_different_clients_and_repeats(seed: int, round: int, clients: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, clients))
    before = torch.get_rng_state()
    sample = chance.sample(clients, count, seed, round)
    assert len(sample) == len(set(sample)) == count
    assert sample == sorted(sample)
    assert set(sample) <= set(range(clients))
    assert chance.sample(clients, count, seed, round) == sample
    assert torch.equal(torch.get_rng_state(), before)


def test_every_client_is_sampled_equally_often() -> None:
    counts = torch.zeros(20)
    for round in range(2000):
        counts[chance.sample(20, 5, seed=1, round=round)] += 1
    assert stats.chisquare(counts.numpy()).pvalue > 0.001


def test_the_share_that_drops_out() -> None:
    dropped = [chance.drops_out(client, 0.3, seed=2, round=round) for client in range(100) for round in range(50)]
    assert stats.binomtest(sum(dropped), len(dropped), 0.3).pvalue > 0.001


@given(SEEDS, st.integers(1, 300))
def test_an_order_is_a_permutation(seed: int, rows: int) -> None:
    assert chance.order(rows, seed, 1, 2, 3).sort().values.tolist() == list(range(rows))


def test_orders_of_many_clients_are_those_of_each() -> None:
    clients, epochs = torch.arange(5)[:, None, None], torch.arange(3)[:, None]
    together = chance.order(9, 7, 2, clients, epochs)  # (5, 3, 9)
    for client in range(5):
        for epoch in range(3):
            assert torch.equal(together[client, epoch], chance.order(9, 7, 2, client, epoch))


@pytest.mark.parametrize("change", [{"seed": 8}, {"round": 3}, {"client": 2}, {"epoch": 1}])
def test_each_seed_round_client_and_epoch_has_its_own(change: dict[str, int]) -> None:
    usual = {"seed": 7, "round": 2, "client": 1, "epoch": 0}
    assert chance.order(50, **usual).tolist() != chance.order(50, **(usual | change)).tolist()


def test_numbers_are_spread_evenly_and_none_comes_twice() -> None:
    drawn = chance.numbers(chance.key(3, 1), torch.arange(100_000))
    assert len(drawn.unique()) == 100_000
    assert 0 <= int(drawn.min()) <= int(drawn.max()) < 2**32
    assert stats.kstest(drawn.double().numpy() / 2**32, "uniform").pvalue > 0.001


def test_streams_of_neighbours_are_not_correlated() -> None:
    keys = chance.key(3, 1, torch.arange(200)[:, None])
    drawn = chance.numbers(keys, torch.arange(500)).double()
    drawn = drawn - drawn.mean(1, keepdim=True)
    alike = torch.corrcoef(drawn)[torch.triu_indices(200, 200, 1).unbind()]
    assert alike.abs().max() < 0.25  # 5.5 standard deviations, of 19,900 pairs
