"""Batches: each of one owner, every row once, as many as `len` says, cut where the rows are."""

import logging

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import course as sy


def handed_out(sizes: list[int]) -> sy.FederatedDataset:
    """Owners w0, w1, ... with so many rows, numbered through; the target of row i is 10 i."""
    hook = sy.TorchHook(torch, verbose=False)
    owners = [sy.VirtualWorker(hook, id=f"w{n}") for n in range(len(sizes))]
    rows = torch.arange(sum(sizes))
    return sy.federate(TensorDataset(rows, 10 * rows), owners, list(rows.split(sizes)))  # type: ignore[no-untyped-call]


def test_l15_batches_of_a_hundred_rows_over_two() -> None:
    loader = sy.FederatedDataLoader(handed_out([50, 50]), batch_size=30)
    batches = [(data.location.id, data.get().tolist(), target.get().tolist()) for data, target in loader]
    assert [(owner, len(rows)) for owner, rows, _ in batches] == [("w0", 30), ("w0", 20), ("w1", 30), ("w1", 20)]
    assert [row for _, rows, _ in batches for row in rows] == list(range(100))
    assert all(targets == [10 * row for row in rows] for _, rows, targets in batches)
    assert len(loader) == 4 and repr(loader) == "<FederatedDataLoader: 4 batches of 30 from 2 workers>"


@given(
    sizes=st.lists(st.integers(0, 7), min_size=1, max_size=4).filter(sum),
    batch_size=st.integers(1, 5),
    shuffle=st.booleans(),
    drop_last=st.booleans(),
)
def test_every_row_once_and_len_says_how_many(
    sizes: list[int], batch_size: int, shuffle: bool, drop_last: bool
) -> None:
    fds = handed_out(sizes)
    loader = sy.FederatedDataLoader(fds, batch_size=batch_size, shuffle=shuffle, drop_last=drop_last)
    expected = [
        (f"w{n}", min(batch_size, size - start))
        for n, size in enumerate(sizes)
        for start in range(0, size, batch_size)
        if not drop_last or start + batch_size <= size
    ]
    for _ in range(2):  # a loader can be gone through again
        batches = list(loader)
        assert [(data.location.id, len(data)) for data, _ in batches] == expected
        assert len(loader) == len(batches)
        pairs = [(data.get().tolist(), target.get().tolist()) for data, target in batches]
        assert all(targets == [10 * row for row in rows] for rows, targets in pairs)
        seen = [row for rows, _ in pairs for row in rows]
        assert len(seen) == len(set(seen)) == sum(count for _, count in expected)
        assert drop_last or sorted(seen) == list(range(sum(sizes)))


@given(
    sizes=st.lists(st.integers(0, 7), min_size=1, max_size=5).filter(sum),
    num_iterators=st.integers(2, 6),
    iter_per_worker=st.booleans(),
)
def test_several_owners_at_once(sizes: list[int], num_iterators: int, iter_per_worker: bool) -> None:
    fds = handed_out(sizes)
    loader = sy.FederatedDataLoader(
        fds, batch_size=2, num_iterators=num_iterators, iter_per_worker=iter_per_worker
    )
    steps = list(loader)
    assert len(steps) == len(loader)
    most = len(sizes) if iter_per_worker else num_iterators
    assert all(1 <= len(step) <= most for step in steps)
    assert all(data.location is worker for step in steps for worker, (data, _) in step.items())
    rows = [row for step in steps for data, _ in step.values() for row in data.get().tolist()]
    assert sorted(rows) == list(range(sum(sizes)))
    if most >= len(sizes):
        assert len(steps) == max(-(-size // 2) for size in sizes)


def test_owners_who_are_done_make_room_for_the_next() -> None:
    loader = sy.FederatedDataLoader(handed_out([6, 2, 4]), batch_size=2, num_iterators=2)
    assert [sorted(worker.id for worker in step) for step in loader] == [["w0", "w1"], ["w0", "w2"], ["w0", "w2"]]


def test_shuffling_repeats_under_a_seed_and_differs_from_pass_to_pass() -> None:
    loader = sy.FederatedDataLoader(handed_out([20, 20]), batch_size=8, shuffle=True)

    def order() -> list[int]:
        return [row for data, _ in loader for row in data.get().tolist()]

    torch.manual_seed(3)
    first, second = order(), order()
    torch.manual_seed(3)
    plain = [*torch.randperm(20).tolist(), *(20 + torch.randperm(20)).tolist()]
    assert first == plain != second
    torch.manual_seed(3)
    assert order() == first


@pytest.mark.parametrize("shuffle", [False, True])
def test_l18_ten_thousand_rows_a_batch_at_a_time(bob: sy.VirtualWorker, shuffle: bool) -> None:
    rows = torch.rand(10_000, 4)
    fds = sy.FederatedDataset([sy.BaseDataset(rows, rows.sum(1, keepdim=True)).send(bob)])
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    before = len(bob._objects)
    most, batches = 0, 0
    with sy.record() as log:
        for data, target in sy.FederatedDataLoader(fds, batch_size=100, shuffle=shuffle):
            model.send(bob)
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(data), target)
            loss.backward()
            optimizer.step()
            most = max(most, len(bob._objects))
            model.get()
            loss.get()
            batches += 1
    data_and_model, two_batches, results, order = 2 + 2, 2 * 2, 1, 1 if shuffle else 0
    assert batches == 100 and most <= data_and_model + two_batches + results + order
    del data, target
    assert len(bob._objects) == before == 2
    assert not any("100" in row["detail"] for row in log.rows() if row["values"])  # only the model and the losses


def test_a_batch_is_a_copy(bob: sy.VirtualWorker) -> None:
    fds = sy.FederatedDataset([sy.BaseDataset(torch.zeros(4), torch.zeros(4)).send(bob)])
    for shuffle in (False, True):
        for data, target in sy.FederatedDataLoader(fds, batch_size=2, shuffle=shuffle):
            data.add_(1)
            target.mul_(2)
    assert fds[bob].data.get().tolist() == [0, 0, 0, 0]


def test_an_abandoned_pass_leaves_nothing_behind(bob: sy.VirtualWorker) -> None:
    fds = sy.FederatedDataset([sy.BaseDataset(torch.zeros(9), torch.zeros(9)).send(bob)])
    for _ in sy.FederatedDataLoader(fds, batch_size=2, shuffle=True):
        break
    del _
    assert len(bob._objects) == 2


def test_federated_batches_are_the_batches_of_each_owner_in_plain_torch() -> None:
    torch.manual_seed(0)
    x, y = torch.rand(10, 3), torch.rand(10, 2)
    hook = sy.TorchHook(torch, verbose=False)
    owners = [sy.VirtualWorker(hook, id=name) for name in ("bob", "alice")]
    loader = sy.FederatedDataLoader(TensorDataset(x, y).federate(owners), batch_size=3)  # type: ignore[attr-defined]
    plain = [batch for half in (slice(0, 5), slice(5, 10)) for batch in DataLoader(TensorDataset(x[half], y[half]), 3)]
    assert len(loader) == len(plain)
    for (data, target), (here, there) in zip(loader, plain, strict=True):
        assert torch.equal(data.get(), here) and torch.equal(target.get(), there)


def test_what_torch_s_loader_takes_is_ignored_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    fds = handed_out([4])
    with caplog.at_level(logging.WARNING, "course"):
        loader = sy.FederatedDataLoader(fds, batch_size=4, num_workers=2, pin_memory=True)
    assert "ignores num_workers=2, pin_memory=True" in caplog.text
    assert len(loader) == 1


def test_an_empty_federation_has_no_batches() -> None:
    assert list(sy.FederatedDataLoader(sy.FederatedDataset([]))) == []
    assert len(sy.FederatedDataLoader(sy.FederatedDataset([]), iter_per_worker=True)) == 0


def test_653_owners_of_one_row_each() -> None:
    hook = sy.TorchHook(torch)
    people = [sy.VirtualWorker(hook, id=name) for name in sy.people(653)]
    fds = sy.federate(TensorDataset(torch.arange(653), torch.arange(653)), people)
    loader = sy.FederatedDataLoader(fds, batch_size=1, shuffle=True)
    assert len(loader) == 653
    assert [data.get().item() for data, _ in loader] == list(range(653))
    assert [len(step) for step in sy.FederatedDataLoader(fds, batch_size=1, iter_per_worker=True)] == [653]


