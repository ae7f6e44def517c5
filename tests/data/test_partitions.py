"""Partitions: every row once, the same under the same seed, from a generator of their own; and how skewed they are."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import course as sy
from course.data import partitions
from course.datasets import digits

LABELS = st.lists(st.integers(0, 9), min_size=1, max_size=200)
Partition = Callable[..., list[torch.Tensor]]

WAYS: dict[str, Callable[[list[int], int, int], list[torch.Tensor]]] = {
    "contiguous": lambda labels, clients, seed: partitions.contiguous(len(labels), clients),
    "iid": lambda labels, clients, seed: partitions.iid(len(labels), clients, seed=seed),
    "by_label": lambda labels, clients, seed: partitions.by_label(labels, clients, shards=1, seed=seed),
    "dirichlet": lambda labels, clients, seed: partitions.dirichlet(labels, clients, alpha=0.3, seed=seed),
    "by_quantity": lambda labels, clients, seed: partitions.by_quantity(len(labels), clients, alpha=0.3, seed=seed),
}


@pytest.mark.parametrize("name", WAYS)
@given(labels=LABELS, clients=st.integers(1, 12), seed=st.integers(0, 1000))
def test_each_way_is_a_true_partition_under_a_seed(name: str, labels: list[int], clients: int, seed: int) -> None:
    way = WAYS[name]
    clients = min(clients, len(labels))
    state = torch.get_rng_state()
    parts = way(labels, clients, seed)
    assert torch.equal(torch.get_rng_state(), state)
    assert len(parts) == clients
    assert all(part.dtype is torch.int64 and part.tolist() == sorted(part.tolist()) for part in parts)
    assert sorted(row for part in parts for row in part.tolist()) == list(range(len(labels)))
    torch.manual_seed(seed + 1)
    assert [part.tolist() for part in way(labels, clients, seed)] == [part.tolist() for part in parts]


@pytest.mark.parametrize("name", [name for name in WAYS if name != "contiguous"])
def test_another_seed_is_another_partition(name: str) -> None:
    labels = digits().labels.tolist()
    one, other = (WAYS[name](labels, 10, seed) for seed in (0, 1))
    assert [part.tolist() for part in one] != [part.tolist() for part in other]


@given(rows=st.integers(1, 100), clients=st.integers(1, 20))
def test_equal_pieces_differ_by_one_row_at_most(rows: int, clients: int) -> None:
    clients = min(rows, clients)
    for parts in (partitions.contiguous(rows, clients), partitions.iid(rows, clients)):
        sizes = [len(part) for part in parts]
        assert sizes == sorted(sizes, reverse=True) and sizes[0] - sizes[-1] <= 1
    assert torch.cat(partitions.contiguous(rows, clients)).tolist() == list(range(rows))


def test_mcmahan_s_shards() -> None:
    """60,000 rows, 200 shards of 300, two for each of 100 clients: two labels each at most, if all are as common."""
    labels = torch.arange(60_000) % 10
    parts = partitions.by_label(labels, clients=100, shards=2)
    assert {len(part) for part in parts} == {600}
    kinds = [len(labels[part].unique()) for part in parts]
    assert max(kinds) == 2 and sum(kind == 2 for kind in kinds) > 80


def test_alpha_says_how_skewed() -> None:
    """The share of a client's largest label: near 1 for a small alpha, near a tenth for a large one."""
    labels = torch.arange(20_000) % 10
    shares = []
    for alpha in (0.01, 1.0, 1000.0):
        counts = [labels[part].bincount(minlength=10) for part in partitions.dirichlet(labels, 10, alpha) if len(part)]
        shares.append(sum((count.max() / count.sum()).item() for count in counts) / len(counts))
    assert shares[0] > 0.6 > shares[1] > 0.15 > shares[2] > 0.1


def test_quantity_skew() -> None:
    few, many = ([len(part) for part in partitions.by_quantity(10_000, 10, alpha)] for alpha in (0.1, 1000.0))
    assert max(few) > 3 * max(many) and min(few) >= 1 and max(many) < 1200


def test_labels_in_any_form() -> None:
    labels = digits().labels
    forms: list[Any] = [labels, labels.tolist(), labels.numpy(), labels.float()]
    made = [[part.tolist() for part in partitions.by_label(form, 7)] for form in forms]
    assert made == made[:1] * len(forms)


def test_who_holds_which_labels(bob: sy.VirtualWorker, alice: sy.VirtualWorker) -> None:
    labels = torch.tensor([3, 3, 1, 3, 1])
    parts = partitions.contiguous(5, 2)
    counts = partitions.label_counts(parts, labels, [bob, alice])
    assert counts.to_dict("index") == {"bob": {1: 1, 3: 2}, "alice": {1: 1, 3: 1}}
    assert partitions.label_counts(parts, labels).index.tolist() == [0, 1]
    labels = digits().labels
    counts = partitions.label_counts(partitions.dirichlet(labels, 20, 0.1), labels)
    assert counts.sum().tolist() == labels.bincount().tolist()
