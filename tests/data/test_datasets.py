"""Data sets at their owners: handed out whole and once, or read by the owner; what a transform makes of them."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import ConcatDataset, Dataset, Subset, TensorDataset

import course as sy
from course.data.datasets import load
from course.datasets import digits


def held(dataset: sy.BaseDataset) -> tuple[list[Any], list[Any]]:
    """The values of an owner's rows, copied for the test."""
    return dataset.data.copy().get().tolist(), dataset.targets.copy().get().tolist()


# ---- one owner's ----


def test_a_data_set_here_and_at_a_worker(bob: sy.VirtualWorker) -> None:
    dataset = sy.BaseDataset(torch.arange(6).view(3, 2), torch.tensor([7, 8, 9]))
    assert len(dataset) == 3 and dataset.location is sy.local_worker
    assert [part.tolist() for part in dataset[1]] == [[2, 3], 8]

    assert dataset.send(bob) is dataset
    assert dataset.location is bob and len(dataset) == 3 and len(bob._objects) == 2
    assert repr(dataset) == "<BaseDataset at bob: 3 rows>"
    row, target = dataset[1]
    assert row.location is bob and row.get().tolist() == [2, 3] and target.get().item() == 8
    rows, targets = dataset[1:]
    assert rows.get().tolist() == [[2, 3], [4, 5]] and targets.get().tolist() == [8, 9]

    assert dataset.get() is dataset and dataset.location is sy.local_worker
    assert dataset.data.tolist() == [[0, 1], [2, 3], [4, 5]] and len(bob._objects) == 0


def test_data_and_targets_at_two_workers(bob: sy.VirtualWorker, alice: sy.VirtualWorker) -> None:
    x, y = torch.ones(2).send(bob), torch.ones(2).send(alice)  # type: ignore[attr-defined]
    with pytest.raises(sy.TensorsNotCollocatedException, match="bob.*alice"):
        sy.BaseDataset(x, y)


# ---- many owners' ----


def test_the_data_sets_of_many(bob: sy.VirtualWorker, alice: sy.VirtualWorker) -> None:
    mine, hers = (sy.BaseDataset(torch.arange(n), torch.arange(n)) for n in (3, 4))
    fds = sy.FederatedDataset([mine.send(bob), hers.send(alice)])
    assert fds.workers == ["bob", "alice"] and len(fds) == 7
    assert fds.datasets == {"bob": mine, "alice": hers}
    assert fds["bob"] is fds[bob] is mine
    assert list(fds) == [mine, hers]
    assert "bob" in fds and alice in fds and "carol" not in fds
    assert [(x.get().item(), y.get().item()) for x, y in mine] == [(0, 0), (1, 1), (2, 2)]
    assert repr(fds) == "<FederatedDataset: 7 rows at 2 workers>"
    with pytest.raises(sy.FederatedDataError, match="nobody called 'carol' owns rows here.*bob, alice"):
        fds["carol"]


# ---- handing out ----


def test_l15_a_hundred_and_one_rows_over_two(bob: sy.VirtualWorker, alice: sy.VirtualWorker) -> None:
    dataset = TensorDataset(torch.arange(101), 10 * torch.arange(101))
    fds = dataset.federate((bob, alice))  # type: ignore[attr-defined]
    assert [len(part) for part in fds] == [51, 50]
    assert held(fds[bob]) == (list(range(51)), list(range(0, 510, 10)))
    assert held(fds[alice]) == (list(range(51, 101)), list(range(510, 1010, 10)))
    assert (len(bob._objects), len(alice._objects)) == (2, 2)


def test_l16_a_subset_over_two(bob: sy.VirtualWorker, alice: sy.VirtualWorker) -> None:
    subset = Subset(TensorDataset(torch.arange(10), 10 * torch.arange(10)), [1, 3, 5, 7])
    fds = subset.federate((bob, alice))  # type: ignore[attr-defined]
    assert held(fds[bob]) == ([1, 3], [10, 30])
    assert held(fds[alice]) == ([5, 7], [50, 70])


@given(rows=st.integers(1, 40), workers=st.integers(1, 6), seed=st.integers(0, 5))
def test_every_row_goes_to_one_owner_with_its_target(rows: int, workers: int, seed: int) -> None:
    hook = sy.TorchHook(torch, verbose=False)
    owners = [sy.VirtualWorker(hook, id=f"w{n}") for n in range(workers)]
    dataset = TensorDataset(torch.arange(rows), 10 * torch.arange(rows))
    for parts in (None, sy.partitions.dirichlet(torch.arange(rows) % 3, workers, alpha=0.3, seed=seed)):
        if parts is None and rows < workers:
            continue
        fds = sy.federate(dataset, owners, parts)
        assert fds.workers == [owner.id for owner in owners] and len(fds) == rows
        values = [held(part) for part in fds]
        assert sorted(row for data, _ in values for row in data) == list(range(rows))
        assert all(targets == [10 * row for row in data] for data, targets in values)


def test_an_owner_without_rows_has_an_empty_data_set(bob: sy.VirtualWorker, alice: sy.VirtualWorker) -> None:
    parts = [torch.tensor([], dtype=torch.int64), torch.tensor([1, 0])]
    fds = sy.federate(TensorDataset(torch.ones(2, 3), torch.arange(2)), (bob, alice), parts)
    assert fds[bob].data.shape == (0, 3) and held(fds[alice])[1] == [1, 0]
    assert [batch[0].location.id for batch in sy.FederatedDataLoader(fds, shuffle=True)] == ["alice"]


def test_data_sets_of_every_kind(bob: sy.VirtualWorker, alice: sy.VirtualWorker) -> None:
    pairs = TensorDataset(torch.arange(3.0), torch.arange(3))
    for dataset in (ConcatDataset([pairs, pairs]), digits()):
        fds = dataset.federate([bob, alice])  # type: ignore[union-attr]
        assert len(fds) == len(dataset)
        first, last = dataset[0], dataset[len(dataset) - 1]
        assert torch.equal(fds[bob].data[0].get(), first[0]) and fds[bob].targets[0].get() == first[1]
        assert torch.equal(fds[alice].data[-1].get(), last[0]) and fds[alice].targets[-1].get() == last[1]
    listed = sy.federate([(1.5, 0), (2.5, 1)], bob)  # numbers of Python, and a single worker
    assert held(listed["bob"]) == ([1.5, 2.5], [0, 1])


class Pictures(Dataset[tuple[Any, Any]]):
    """As torchvision's data sets are: grey images of uint8, a number of Python as target, two transforms."""

    def __init__(self, transform: Any = None, target_transform: Any = None) -> None:
        self.data = np.arange(4 * 2 * 2, dtype=np.uint8).reshape(4, 2, 2)
        self.targets = [3, 1, 2, 0]
        self.transform, self.target_transform = transform, target_transform

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image, target = self.data[index], self.targets[index]
        return (
            self.transform(image) if self.transform else image,
            self.target_transform(target) if self.target_transform else target,
        )


def to_tensor(image: Any) -> torch.Tensor:
    return torch.from_numpy(image).unsqueeze(0).float() / 255


def test_transforms_are_applied_on_the_way(bob: sy.VirtualWorker, alice: sy.VirtualWorker) -> None:
    plain = Pictures().federate((bob, alice))  # type: ignore[attr-defined]
    assert plain[bob].data.dtype is torch.uint8 and plain[bob].data.shape == (2, 2, 2)
    changed = Pictures(to_tensor, lambda digit: digit + 1).federate((bob, alice))  # type: ignore[attr-defined]
    assert changed[alice].data.shape == (2, 1, 2, 2)
    assert torch.equal(changed[alice].data[0, 0].get(), torch.arange(8, 12).view(2, 2) / 255)
    assert held(changed[alice])[1] == [3, 1]


def test_torchvision_s_data_sets_and_transforms(bob: sy.VirtualWorker, alice: sy.VirtualWorker) -> None:
    torchvision: Any = pytest.importorskip("torchvision")
    images = torchvision.datasets.FakeData(7, (1, 28, 28), 10, transform=torchvision.transforms.ToTensor())
    fds = images.federate((bob, alice))
    assert fds[bob].data.shape == (4, 1, 28, 28)
    assert torch.equal(fds[alice].data[0].get(), images[4][0]) and fds[alice].targets[0].get() == images[4][1]


def test_random_transforms_draw_from_torch_s_generator_and_nothing_else_does(bob: sy.VirtualWorker) -> None:
    torch.manual_seed(5)
    Pictures().federate([bob])  # type: ignore[attr-defined]
    fds = Pictures(lambda image: torch.rand(1)).federate([bob])  # type: ignore[attr-defined]
    torch.manual_seed(5)
    assert fds[bob].data.get().flatten().tolist() == torch.rand(4).tolist()


def test_the_hook_adds_federate_and_takes_it_away(hook: sy.TorchHook) -> None:
    assert hasattr(Dataset, "federate")
    hook.unhook()
    assert not hasattr(Dataset, "federate")
    sy.TorchHook(torch)
    assert Pictures().federate([sy.VirtualWorker(hook, id="bob")]).workers == ["bob"]  # type: ignore[attr-defined]


# ---- data that begin at their owner (the files themselves: tests/test_readers.py) ----


def test_a_worker_s_own_file_never_passes_through_me(
    own_folder: Any, bob: sy.VirtualWorker, alice: sy.VirtualWorker
) -> None:
    (own_folder / "credit.csv").write_text("age,label,income\n30,1,2.5\n40,0,3.5\n50,1,4.5\n")
    np.save(own_folder / "x.npy", np.arange(4, dtype="float32").reshape(2, 2))
    np.save(own_folder / "y.npy", np.array([1, 0]))
    with sy.record() as log:
        mine = load(bob, "credit.csv", targets="label")
        hers: sy.BaseDataset = alice.load("x.npy", targets="y.npy")
        fds = sy.FederatedDataset([mine, hers])
        batches = list(sy.FederatedDataLoader(fds, batch_size=2))
    assert not any(row["values"] for row in log.rows())
    assert [(row["receiver"], row["op"]) for row in log.rows() if row["op"].startswith("file.")] == [
        ("bob", "file.table"), ("alice", "file.array"), ("alice", "file.array"),
    ]  # fmt: skip
    assert [tuple(part.get().tolist() for part in batch) for batch in batches] == [
        ([[30, 2.5], [40, 3.5]], [1, 0]),
        ([[50, 4.5]], [1]),
        ([[0, 1], [2, 3]], [1, 0]),
    ]
    assert load(bob, "credit.csv", targets="label", columns=["income"]).data.shape == (3, 1)
