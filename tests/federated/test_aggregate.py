"""A federation with secure aggregation learns the same, and its aggregator sees no update."""

import copy
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import course as sy
from tests.federated.test_federation import at, network, ragged, same, secure, workers

__all__ = ["secure", "workers"]  # fixtures

Masked, Shared = sy.aggregation.Masked, sy.aggregation.Shared
SGD: dict[str, Any] = {"epochs": 2, "batch_size": 3, "lr": 0.05}


def aggregates(hook: sy.TorchHook) -> list[Any]:
    ben, cleo = [sy.VirtualWorker(hook, id=name) for name in ("ben", "cleo")]
    return [Masked(), Masked(threshold=6, scale=2.0**36), Shared(others=(ben, cleo))]


@pytest.mark.parametrize("strategy", [sy.FedAvg(), sy.FedProx(mu=0.5), sy.FedAvgM(), sy.FedAdam()], ids=repr)
def test_it_learns_what_it_would_learn_in_the_open(
    strategy: Any, workers: list[sy.VirtualWorker], secure: sy.VirtualWorker, hook: sy.TorchHook
) -> None:
    data, start = at(workers, ragged()), network()
    right = copy.deepcopy(start)
    told = sy.Federation(right, data, aggregator=secure).run(strategy, 3, **SGD)
    for aggregate in aggregates(hook):
        model = copy.deepcopy(start)
        history = sy.Federation(model, data, aggregator=secure, aggregate=aggregate).run(strategy, 3, **SGD)
        same(model, right, 2e-5)
        assert history["loss"].tolist() == pytest.approx(told["loss"].tolist(), abs=1e-5)
        assert history["clients"].tolist() == [6] * 3


def test_batchnorm_s_numbers_are_averaged_too(workers: list[sy.VirtualWorker], secure: sy.VirtualWorker) -> None:
    data = at(workers, ragged())
    start = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    right, model = copy.deepcopy(start), copy.deepcopy(start)
    sy.Federation(right, data, aggregator=secure).run(rounds=2)
    sy.Federation(model, data, aggregator=secure, aggregate=Masked()).run(rounds=2)
    same(model, right)
    for (name, one), other in zip(model.named_buffers(), right.buffers(), strict=True):
        torch.testing.assert_close(one, other, msg=name)


def test_the_aggregator_gets_keys_and_masked_numbers_and_no_update(
    workers: list[sy.VirtualWorker], secure: sy.VirtualWorker
) -> None:
    data, model = at(workers, ragged()), network()
    sy.the_transcript().clear()
    with sy.attacks.watch(secure) as view:
        sy.Federation(model, data, aggregator=secure, aggregate=Masked()).run(rounds=1)
    for worker in workers:
        kinds = [tensor.dtype for message in view.received(worker) for tensor in message.tensors]
        assert kinds == [torch.uint8, torch.uint8, torch.int64, torch.uint8]  # keys, shares, the update, an answer
        with pytest.raises(sy.attacks.NothingSeenError):
            view.update(worker)
    opened = [row for row in sy.the_transcript().rows() if row["values"] and row["receiver"] == "me"]
    assert [row["sender"] for row in opened] == ["secure_worker"] * len(opened)


def test_whoever_loses_its_update_before_it_is_masked_is_not_in_the_mean(
    workers: list[sy.VirtualWorker], secure: sy.VirtualWorker
) -> None:
    """Bob has learned already when his worker forgets everything, while the last client learns."""
    data, model = at(workers, ragged()), network()
    right = copy.deepcopy(model)
    sy.Federation(right, data[1:], aggregator=secure).run(lr=0.1)

    def learn(model: nn.Module, x: Any, y: Any) -> Any:
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        with torch.no_grad():
            for p in model.parameters():
                p -= 0.1 * p.grad  # type: ignore[operator]
        if x.location is workers[5]:
            workers[0].clear_objects()
        return loss

    history = sy.Federation(model, data, aggregator=secure, train=learn, aggregate=Masked()).run()
    same(model, right)
    assert history["clients"].tolist() == [5]
    (row,) = history.drops
    assert row["client"] == "bob"
    assert row["error"].startswith("ObjectNotFoundError")


def test_a_round_of_too_few_changes_nothing(workers: list[sy.VirtualWorker], secure: sy.VirtualWorker) -> None:
    data, start, failed = at(workers, ragged(4)), network(), []
    for seed in range(8):
        model = copy.deepcopy(start)
        federation = sy.Federation(model, data, aggregator=secure, aggregate=Masked())
        history = federation.run(dropouts=0.4, seed=seed)
        (row,) = history.rows
        failed.append(row["dropped"] > 1)
        assert row["clients"] == (0 if failed[-1] else 4 - row["dropped"])
        assert any("changed nothing" in note for note in history.notes) == failed[-1]
        assert all(map(torch.equal, model.parameters(), start.parameters())) == failed[-1]
    assert any(failed)
    assert not all(failed)


def test_two_clients_are_refused(workers: list[sy.VirtualWorker], secure: sy.VirtualWorker) -> None:
    for aggregate in (Masked(), Shared(others=(workers[4],))):
        federation = sy.Federation(network(), at(workers, ragged(2)), aggregator=secure, aggregate=aggregate)
        with pytest.raises(sy.TooFewUpdatesError, match="minus its own"):
            federation.run()
        assert federation.model.location is None or federation.model.location.id == "me"  # type: ignore[union-attr]


@pytest.mark.parametrize("strategy", [sy.Median(), sy.Krum(), sy.TrimmedMean(), sy.SCAFFOLD()], ids=repr)
def test_strategies_that_look_at_single_updates_are_refused(
    strategy: Any, workers: list[sy.VirtualWorker], secure: sy.VirtualWorker
) -> None:
    federation = sy.Federation(network(), at(workers, ragged()), aggregator=secure, aggregate=Masked())
    with pytest.raises(ValueError, match="looks at the updates of single clients, and secure aggregation hides them"):
        federation.run(strategy)


def test_a_way_of_training_without_a_loss(workers: list[sy.VirtualWorker], secure: sy.VirtualWorker) -> None:
    def step(model: nn.Module, x: Any, y: Any) -> None:
        with torch.no_grad():
            for p in model.parameters():
                p += 1

    model = network()
    right = copy.deepcopy(model)
    history = sy.Federation(model, at(workers, ragged()), aggregator=secure, train=step, aggregate=Masked()).run()
    assert history["loss"].isna().all()
    with torch.no_grad():
        for p in right.parameters():
            p += 1
    same(model, right)
