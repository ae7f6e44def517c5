"""Rounds over pointers: the same as one by one in plain torch; who sees what; who drops out, and why."""

import copy
import gc
from collections.abc import Callable
from typing import Any

import psutil
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import course as sy
from tests.federated.plain import Data, one_by_one

STRATEGIES = [
    sy.FedAvg(),
    sy.FedProx(mu=0.5),
    sy.FedAvgM(),
    sy.FedAdam(),
    sy.FedYogi(),
    sy.SCAFFOLD(lr=0.8),
    sy.Median(),
    sy.TrimmedMean(beta=0.2),
    sy.Krum(f=1),
]
NAMES = ["bob", "alice", "carol", "dan", "eve", "fay"]


def network() -> nn.Sequential:
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))


def ragged(clients: int = 6) -> Data:
    """Clients of 4, 5, 6, ... rows, drawn from different places."""
    torch.manual_seed(5)
    return [(torch.randn(4 + n, 3) + n % 2, torch.randint(0, 2, (4 + n,))) for n in range(clients)]


@pytest.fixture
def workers(hook: sy.TorchHook) -> list[sy.VirtualWorker]:
    return [sy.VirtualWorker(hook, id=name) for name in NAMES]


@pytest.fixture
def secure(hook: sy.TorchHook) -> sy.VirtualWorker:
    return sy.VirtualWorker(hook, id="secure_worker")


def at(workers: list[sy.VirtualWorker], data: Data) -> list[tuple[Any, Any]]:
    return [(x.send(w), y.send(w)) for (x, y), w in zip(data, workers, strict=False)]  # type: ignore[attr-defined]


def same(one: nn.Module, other: nn.Module, tolerance: float = 1e-5) -> None:
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("strategy", STRATEGIES, ids=repr)
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_every_strategy_does_what_the_papers_say(
    workers: list[sy.VirtualWorker], secure: sy.VirtualWorker, strategy: Any, momentum: float
) -> None:
    data, model = ragged(), network()
    sgd = {"epochs": 2, "batch_size": 3, "lr": 0.05, "momentum": momentum}
    right = one_by_one(model, data, F.cross_entropy, strategy, 2, **sgd)
    sy.Federation(model, at(workers, data), aggregator=secure).run(strategy, 2, **sgd)
    same(model, right)


@pytest.mark.parametrize("strategy", [sy.FedAvg(), sy.SCAFFOLD()], ids=repr)
def test_sampling_and_dropouts(workers: list[sy.VirtualWorker], secure: sy.VirtualWorker, strategy: Any) -> None:
    data, model = ragged(), network()
    settings: dict[str, Any] = {"per_round": 4, "dropouts": 0.3, "seed": 3}
    right = one_by_one(model, data, F.cross_entropy, strategy, 5, **settings)
    history = sy.Federation(model, at(workers, data), aggregator=secure).run(strategy, 5, at_least=1, **settings)
    same(model, right)
    assert (history["clients"] + history["dropped"] == 4).all()
    assert 0 < history["dropped"].sum() == len(history.dropped)
    assert set(history.dropped["client"]) <= set(NAMES)


def test_other_settings_of_local_sgd(workers: list[sy.VirtualWorker], secure: sy.VirtualWorker) -> None:
    data, model = ragged(), network()
    sgd = {"epochs": 3, "momentum": 0.8, "nesterov": True, "weight_decay": 0.1}
    right = one_by_one(model, data, F.cross_entropy, sy.FedAvg(), 1, **sgd)  # type: ignore[arg-type]
    sy.Federation(model, at(workers, data), aggregator=secure).run(rounds=1, **sgd)  # type: ignore[arg-type]
    same(model, right)


def test_buffers_are_averaged_too(workers: list[sy.VirtualWorker], secure: sy.VirtualWorker) -> None:
    data, model = ragged(2), nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    trained = {}
    for key, (x, y) in enumerate(data):
        trained[key] = copy.deepcopy(model)
        optimizer = torch.optim.SGD(trained[key].parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            F.cross_entropy(trained[key](x), y).backward()
            optimizer.step()
    right = sy.federated_avg(trained, {0: 4, 1: 5}).state_dict()
    sy.Federation(model, at(workers, data), aggregator=secure).run(epochs=3)
    assert model.state_dict().keys() == right.keys()
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, right[name])
    assert model[1].num_batches_tracked.item() == 3  # type: ignore[union-attr, operator]


def test_frozen_layers_stay(workers: list[sy.VirtualWorker], secure: sy.VirtualWorker) -> None:
    model = network()
    model[0].requires_grad_(False)
    before = copy.deepcopy(model)
    sy.Federation(model, at(workers, ragged(3)), aggregator=secure).run(sy.FedAdam(), 2)
    assert torch.equal(model[0].weight, before[0].weight)  # type: ignore[arg-type]
    assert not torch.equal(model[2].weight, before[2].weight)  # type: ignore[arg-type]


@pytest.mark.parametrize("strategy", [sy.FedAvg(), sy.SCAFFOLD(), sy.Krum(1)], ids=repr)
def test_i_see_the_mean_loss_of_each_round_and_the_model_at_the_end_and_nothing_else(
    workers: list[sy.VirtualWorker], secure: sy.VirtualWorker, strategy: Any
) -> None:
    data, model = at(workers, ragged()), network()
    with sy.record() as log:
        history = sy.Federation(model, data, aggregator=secure).run(strategy, 2, epochs=2, batch_size=3)
    opened = [row for row in log.rows() if row["values"] and row["receiver"] == "me"]
    assert [row["sender"] for row in opened] == ["secure_worker"] * 3  # two losses, one model
    assert history["loss"].notna().all()
    between = {(row["sender"], row["receiver"]) for row in log.rows() if row["values"]} - {("secure_worker", "me")}
    out, back = {("secure_worker", name) for name in NAMES}, {(name, "secure_worker") for name in NAMES}
    assert between <= out | back | {("me", "secure_worker"), *(("me", name) for name in NAMES)}
    sent = [row for row in log.rows() if row["values"] and row["sender"] == "me" and row["receiver"] in NAMES]
    assert {row["kind"] for row in sent} <= {"send"}  # which rows are next: no values of anybody


@pytest.mark.parametrize("strategy", [sy.FedAvg(), sy.FedAdam(), sy.SCAFFOLD(), sy.Median()], ids=repr)
def test_nothing_stays_behind(workers: list[sy.VirtualWorker], secure: sy.VirtualWorker, strategy: Any) -> None:
    model = network()
    federation = sy.Federation(model, at(workers, ragged()), aggregator=secure)
    federation.run(strategy, 2, batch_size=3)
    assert model.location is sy.local_worker  # type: ignore[comparison-overlap]
    assert [len(worker._objects) for worker in (secure, *workers)] == [0, *[2] * 6]


def test_an_aggregator_may_be_me_who_then_sees_every_update(workers: list[sy.VirtualWorker]) -> None:
    data, model = ragged(), network()
    right = one_by_one(model, data, F.cross_entropy, sy.SCAFFOLD(), 2, batch_size=3)
    sy.Federation(model, at(workers, data), aggregator=sy.local_worker).run(sy.SCAFFOLD(), 2, batch_size=3)
    same(model, right)


def test_a_data_holder_may_be_the_aggregator(workers: list[sy.VirtualWorker]) -> None:
    data, model = ragged(), network()
    right = one_by_one(model, data, F.cross_entropy, sy.FedAvg(), 2)
    sy.Federation(model, at(workers, data), aggregator=workers[2]).run(rounds=2)
    same(model, right)


def test_a_run_repeats_under_its_seed_whatever_else_draws_numbers(
    workers: list[sy.VirtualWorker], secure: sy.VirtualWorker
) -> None:
    start, ends = network(), []
    for seed in (1, 1, 2):
        torch.rand(7)
        model = copy.deepcopy(start)
        federation = sy.Federation(model, at(workers, ragged()), aggregator=secure)
        federation.run(rounds=2, per_round=3, batch_size=2, seed=seed)
        ends.append(model[0].weight)
    assert torch.equal(ends[0], ends[1])  # type: ignore[arg-type]
    assert not torch.equal(ends[0], ends[2])  # type: ignore[arg-type]


# ---- dropouts ----------------------------------------------------------------------------------------------------


def test_a_client_that_fails_drops_out_and_the_mean_is_of_the_others_by_their_rows(
    workers: list[sy.VirtualWorker], secure: sy.VirtualWorker
) -> None:
    data, model = ragged(3), network()
    left = [data[0], data[2]]
    right = one_by_one(model, left, F.cross_entropy, sy.FedAvg(), 1)
    there = at(workers, [data[0], (torch.randn(5, 7), data[1][1]), data[2]])  # alice has 7 columns
    history = sy.Federation(model, there, aggregator=secure).run()
    same(model, right)
    assert history.frame.loc[1, ["clients", "dropped"]].tolist() == [2, 1]
    (drop,) = history.dropped.to_dict("records")
    assert (drop["round"], drop["client"]) == (1, "alice")
    assert "mat1 and mat2 shapes cannot be multiplied (5x7 and 3x4)" in drop["error"]
    assert "in steps" in drop["traceback"]
    assert "alice in round 1 (RuntimeError: mat1 and mat2" in repr(history)
    gc.collect()
    assert len(workers[1]._objects) == 2  # what alice had got of the model has gone


def test_a_worker_that_lost_its_data_drops_out_later(workers: list[sy.VirtualWorker], secure: sy.VirtualWorker) -> None:
    def lose(model: nn.Module) -> float:
        workers[1].clear_objects()
        return 0.0

    model = network()
    history = sy.Federation(model, at(workers, ragged(3)), aggregator=secure).run(rounds=2, evaluate=lose)
    assert history["clients"].tolist() == [3, 2]
    assert history.dropped[["round", "client"]].values.tolist() == [[2, "alice"]]
    assert "ObjectNotFoundError" in history.dropped["error"][0]


def test_the_servers_control_variate_is_the_weighted_mean_of_those_of_all_clients(
    workers: list[sy.VirtualWorker], secure: sy.VirtualWorker
) -> None:
    federation = sy.Federation(network(), at(workers, ragged(3)), aggregator=secure)
    rows = torch.tensor([4.0, 5.0, 6.0])

    def look(model: nn.Module) -> float:
        zero = torch.zeros_like(vector_at_home(federation.control))
        own = [vector_at_home(federation.own[n]) if n in federation.own else zero for n in range(3)]
        torch.testing.assert_close(torch.stack(own, 1) @ rows / 15, vector_at_home(federation.control))
        return len(federation.own)

    history = federation.run(sy.SCAFFOLD(), 4, per_round=2, dropouts=0.2, at_least=1, batch_size=2, evaluate=look)
    assert history["look"].iloc[-1] == 3


def vector_at_home(model: Any) -> torch.Tensor:
    return nn.utils.parameters_to_vector(model.copy().get().parameters()).detach()


def test_if_all_fail_the_first_error_is_told_with_its_worker(
    workers: list[sy.VirtualWorker], secure: sy.VirtualWorker
) -> None:
    data = at(workers, [(torch.randn(5, 7), torch.ones(5).long()) for _ in range(2)])
    model = network()
    before = copy.deepcopy(model)
    with pytest.raises(sy.RoundFailedError, match="all 2 clients failed.* first, bob, says: mat1 and") as failed:
        sy.Federation(model, data, aggregator=secure).run()
    assert isinstance(failed.value.__cause__, RuntimeError)
    same(model, before, 0)


def test_a_round_with_too_few_updates_changes_nothing_and_says_so(
    workers: list[sy.VirtualWorker], secure: sy.VirtualWorker
) -> None:
    model = network()
    before = copy.deepcopy(model)
    there = at(workers, [ragged(1)[0], (torch.randn(5, 7), torch.ones(5).long())])
    history = sy.Federation(model, there, aggregator=secure).run()
    same(model, before, 0)
    assert history["clients"].tolist() == [0]
    assert "round 1 changed nothing: 1 of at least 2 updates arrived" in repr(history)


# ---- settings ----------------------------------------------------------------------------------------------------


def test_the_history_has_what_evaluate_says_and_until_ends_the_run(
    workers: list[sy.VirtualWorker], secure: sy.VirtualWorker
) -> None:
    modes = []

    def evaluate(model: nn.Module) -> dict[str, float]:
        modes.append((model.training, torch.is_grad_enabled(), model.location is sy.local_worker))  # type: ignore
        return {"accuracy": 0.25 * len(modes)}

    federation = sy.Federation(network(), at(workers, ragged()), aggregator=secure)
    history = federation.run(rounds=9, evaluate=evaluate, until=lambda row: row["accuracy"] >= 0.75)
    assert history["accuracy"].tolist() == [0.25, 0.5, 0.75]
    assert modes == [(False, False, True)] * 3
    assert history.frame.index.tolist() == [1, 2, 3]
    assert (history["seconds"] > 0).all()


def test_data_as_a_dict_or_as_data_sets(workers: list[sy.VirtualWorker], secure: sy.VirtualWorker) -> None:
    class Owned:
        def __init__(self, data: Any, targets: Any) -> None:
            self.data, self.targets = data, targets

    class Federated:
        def __init__(self, datasets: dict[str, Owned]) -> None:
            self.datasets = datasets

    start, ends = network(), []
    forms: list[Callable[[Any], Any]] = [
        lambda pairs: dict(zip(NAMES, pairs, strict=False)),
        lambda pairs: Federated({name: Owned(*pair) for name, pair in zip(NAMES, pairs, strict=False)}),
        list,
    ]
    for form in forms:
        model = copy.deepcopy(start)
        federation = sy.Federation(model, form(at(workers, ragged(3))), aggregator=secure)
        assert (federation.clients, federation.rows) == (NAMES[:3], [4, 5, 6])
        federation.run()
        ends.append(model)
    same(ends[0], ends[2], 0)
    same(ends[1], ends[2], 0)


def test_training_of_ones_own(workers: list[sy.VirtualWorker], secure: sy.VirtualWorker) -> None:
    def train(model: nn.Module, x: Any, y: Any) -> Any:
        optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss

    data, model = ragged(3), network()
    trained = {n: copy.deepcopy(model) for n in range(3)}
    for n, (x, y) in enumerate(data):
        train(trained[n], x, y)
    federation = sy.Federation(model, at(workers, data), aggregator=secure, train=train)
    history = federation.run()
    same(model, sy.federated_avg(trained, {0: 4, 1: 5, 2: 6}))
    assert history["loss"].notna().all()
    with pytest.raises(ValueError, match=r"FedProx\(mu=0.01\) changes the gradients .*: leave out `train`"):
        federation.run(sy.FedProx())


def test_a_training_plan_is_one_message_for_all_local_steps(
    workers: list[sy.VirtualWorker], secure: sy.VirtualWorker
) -> None:
    @sy.func2plan()
    def steps(x: Any, y: Any, *weights: Any) -> Any:
        for _ in range(3):
            hidden = F.relu(F.linear(x, weights[0], weights[1]))
            loss = F.cross_entropy(F.linear(hidden, weights[2], weights[3]), y)
            gradients = torch.autograd.grad(loss, weights)
            with torch.no_grad():
                for weight, gradient in zip(weights, gradients, strict=True):
                    weight.sub_(gradient, alpha=0.1)
        return loss

    data, model = ragged(3), network()
    right = one_by_one(model, data, F.cross_entropy, sy.FedAvg(), 2, epochs=3)
    steps.build(*data[0], *model.parameters())
    there = {worker.id: steps.send(worker) for worker in workers[:3]}

    def train(visitor: nn.Module, x: Any, y: Any) -> Any:
        return there[x.location.id](x, y, *visitor.parameters())

    federation = sy.Federation(model, at(workers, data), aggregator=secure, train=train)
    with sy.record() as log:
        federation.run(rounds=2)
    same(model, right)
    assert sum(row["kind"] == "run" for row in log.rows()) == 6


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"per_round": 0}, "per_round=0: give a whole number from 1 to 6, the number of clients, or a share"),
        ({"per_round": 7}, "per_round=7"),
        ({"per_round": 1.5}, "per_round=1.5"),
        ({"per_round": 1}, "the mean of one update is that update, and whoever reads the model reads what this one"),
        ({"epochs": 0}, "epochs must be a whole number of at least 1, not 0"),
        ({"batch_size": 2.5}, "batch_size must be a whole number"),
        ({"dropouts": 1.0}, "dropouts=1.0: give a share"),
        ({"strategy": sy.Krum(2)}, r"Krum\(f=2\) needs at least 7 updates to choose among, and 6 clients join"),
    ],
    ids=str,
)
def test_settings_without_meaning(
    workers: list[sy.VirtualWorker], secure: sy.VirtualWorker, settings: dict[str, Any], said: str
) -> None:
    model = network()
    with pytest.raises(ValueError, match=said):
        sy.Federation(model, at(workers, ragged()), aggregator=secure).run(**settings)
    assert model.location is sy.local_worker  # type: ignore[comparison-overlap]


def test_a_share_of_the_clients(workers: list[sy.VirtualWorker], secure: sy.VirtualWorker) -> None:
    history = sy.Federation(network(), at(workers, ragged()), aggregator=secure).run(per_round=0.5)
    assert history["clients"].tolist() == [3]


def test_data_must_be_pairs_at_one_worker_each(workers: list[sy.VirtualWorker], secure: sy.VirtualWorker) -> None:
    (x, y), (z, _) = at(workers, ragged(2))
    with pytest.raises(ValueError, match="a pair of pointers"):
        sy.Federation(network(), ragged(2), aggregator=secure)
    with pytest.raises(ValueError, match="inputs at alice and targets at bob: move one of them"):
        sy.Federation(network(), [(z, y)], aggregator=secure)
    with pytest.raises(ValueError, match="each worker is one client, so its data come in one pair: bob, bob"):
        sy.Federation(network(), [(x, y), (x, y)], aggregator=secure)
    with pytest.raises(ValueError, match="alice has no rows to learn from: leave this worker out"):
        sy.Federation(network(), [(x, y), (z[:0], z[:0])], aggregator=secure)
    with pytest.raises(ValueError, match="at least one worker"):
        sy.Federation(network(), [], aggregator=secure)
    with pytest.raises(sy.NotAWorkerError):
        sy.Federation(network(), [(x, y)], aggregator="secure_worker")  # type: ignore[arg-type]


@pytest.mark.process_only("a process can die")
def test_if_the_aggregator_dies_its_own_error_is_told(
    workers: list[sy.VirtualWorker], secure: sy.VirtualWorker
) -> None:
    """All workers share one process, so all of them die."""

    def kill(model: nn.Module) -> float:
        process = psutil.Process(sy.local_worker.network.host.process.pid)
        process.kill()
        process.wait()
        return 0.0

    federation = sy.Federation(network(), at(workers, ragged(3)), aggregator=secure)
    with pytest.raises(sy.WorkerGoneError):
        federation.run(rounds=2, evaluate=kill)
