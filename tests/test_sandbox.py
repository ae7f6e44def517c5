"""The playground: who is there, what they hold, and that it stays there."""

import gc

import pytest
import torch

import course as sy
from course import sandbox

ROWS = {"#iris": (150, 4), "#diabetes": (442, 10), "#digits": (1797, 64)}


@pytest.fixture
def playground() -> dict[str, object]:
    names: dict[str, object] = {}
    sy.create_sandbox(names, verbose=False)
    return names


def test_it_fills_the_namespace(playground) -> None:
    names = ["bob", "theo", "jason", "alice", "andy", "jon"]
    assert sorted(playground) == sorted([*names, "hook", "workers", "grid"])
    assert [playground[name].id for name in names] == names
    assert playground["workers"] == [playground[name] for name in names]
    assert list(playground["grid"].workers) == names
    assert isinstance(playground["hook"], sy.TorchHook)
    assert repr(playground["grid"]) == "<PrivateGridNetwork bob, theo, jason, alice, andy, jon>"


@pytest.mark.parametrize("tag", ROWS)
def test_every_row_is_on_one_worker(playground, tag: str) -> None:
    features, targets = sandbox.load(sandbox.SMALL_DATA[tag])
    assert features.shape == ROWS[tag]
    found = playground["grid"].search(tag, "#data")
    labels = playground["grid"].search(tag, "#target")
    assert list(found) == list(labels) == [worker.id for worker in playground["workers"]]
    back, back_targets = torch.empty_like(features), torch.empty_like(targets)
    for first, name in enumerate(found):
        (share,), (label,) = found[name], labels[name]
        assert share.location.id == name
        back[first::6], back_targets[first::6] = share.get(), label.get()
    assert torch.equal(back, features)
    assert torch.equal(back_targets, targets)


def test_every_worker_has_every_class(playground) -> None:
    for (target,) in playground["grid"].search("#iris", "#target").values():
        assert set(target.get().tolist()) == {0, 1, 2}


def test_targets_fit_their_task() -> None:
    dtypes = {tag: sandbox.load(about)[1].dtype for tag, about in sandbox.SMALL_DATA.items()}
    assert dtypes == {"#iris": torch.int64, "#diabetes": torch.float32, "#digits": torch.int64}


def test_the_data_outlives_its_pointers(playground) -> None:
    bob = playground["bob"]
    before = len(bob._objects)
    (pointer,) = bob.search("#iris", "#data")
    del pointer
    gc.collect()
    assert len(bob._objects) == before == 6
    (pointer,) = bob.search("#iris", "#data")
    assert pointer.shape == (25, 4)


def test_a_search_carries_no_values(playground) -> None:
    with sy.record() as log:
        playground["grid"].search("#iris")
    assert len(log) == 12
    assert not any(row["values"] for row in log.rows())


def test_a_found_pointer_says_what_it_is(playground) -> None:
    (pointer,) = playground["bob"].search("#diabetes", "#target")
    lines = repr(pointer).splitlines()
    assert lines[1:] == [
        "\tTags: #diabetes #target ",
        "\tShape: torch.Size([74])",
        "\tDescription: Progression in one year...",
    ]


def test_the_cell_can_be_run_again(playground, capsys) -> None:
    again: dict[str, object] = {}
    sy.create_sandbox(again)
    assert again["workers"] == playground["workers"]
    assert [len(worker._objects) for worker in again["workers"]] == [6] * 6
    printed = capsys.readouterr().out
    assert printed == "Sandbox: hook, grid and workers (bob, theo, jason, alice, andy, jon) are ready.\n"


def test_without_data(capsys) -> None:
    names: dict[str, object] = {}
    sy.create_sandbox(names, verbose=False, download_data=False)
    assert [len(worker._objects) for worker in names["workers"]] == [0] * 6
    assert capsys.readouterr().out == ""


def test_training_where_the_data_is(playground) -> None:
    """A round of federated learning on what a search finds, equal to plain torch."""
    grid = playground["grid"]
    data, target = grid.search("#diabetes", "#data"), grid.search("#diabetes", "#target")
    torch.manual_seed(1)
    model = torch.nn.Linear(10, 1)
    optimizer = torch.optim.SGD(params=model.parameters(), lr=0.001)
    for name in data:
        model.send(grid.workers[name])
        optimizer.zero_grad()
        ((model(data[name][0]).flatten() - target[name][0]) ** 2).mean().backward()
        optimizer.step()
        model.get()

    features, targets = sandbox.load(sandbox.SMALL_DATA["#diabetes"])
    torch.manual_seed(1)
    plain = torch.nn.Linear(10, 1)
    optimizer = torch.optim.SGD(params=plain.parameters(), lr=0.001)
    for first in range(6):
        optimizer.zero_grad()
        ((plain(features[first::6]).flatten() - targets[first::6]) ** 2).mean().backward()
        optimizer.step()
    assert torch.equal(model.weight, plain.weight)
    assert torch.equal(model.bias, plain.bias)


def test_a_grid_of_other_things_is_refused(bob) -> None:
    with pytest.raises(sy.NotAWorkerError, match="'alice'"):
        sy.PrivateGridNetwork(bob, "alice")


def test_a_grid_leaves_out_who_holds_nothing(bob, alice) -> None:
    x = torch.tensor([1.0, 2.0]).tag("#fun", "#mine").send(bob)
    y = torch.tensor([3.0]).tag("#fun").send(alice)
    grid = sy.PrivateGridNetwork(bob, alice)
    assert list(grid.search("#mine")) == ["bob"]
    found = grid.search("#fun")
    assert {name: pointer.id_at_location for name, (pointer,) in found.items()} == {
        "bob": x.id_at_location,
        "alice": y.id_at_location,
    }
    assert grid.search("#nothing") == {}
