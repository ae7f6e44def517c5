"""A fleet gives what one client after the other gives in plain torch, in chunks of any size, or refuses to."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.func import vmap

import course as sy
from course.federated import chance
from course.fleet.dropout import OwnDropout
from course.fleet.gradients import FEW, no_silent_loop
from tests.federated.plain import Data, batches, one_by_one

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


@pytest.fixture(autouse=True)
def float64() -> None:
    """Equal to float tolerance is a stronger word in float64."""
    torch.set_default_dtype(torch.float64)


def network() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))


def clients(sizes: list[int], features: tuple[int, ...] = (3,)) -> Data:
    torch.manual_seed(5)
    return [(torch.randn(n, *features) + n % 2, torch.randint(0, 2, (n,))) for n in sizes]


RAGGED = [4, 9, 1, 7, 5, 8, 2, 6]


def same(one: nn.Module, other: nn.Module, tolerance: float = 1e-10) -> None:
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("strategy", STRATEGIES, ids=repr)
@pytest.mark.parametrize(
    "sgd", [{}, {"momentum": 0.9}, {"momentum": 0.8, "nesterov": True, "weight_decay": 0.1}], ids=["sgd", "0.9", "all"]
)
def test_every_strategy_with_ragged_clients_and_dropouts(strategy: Any, sgd: dict[str, Any]) -> None:
    data, model = clients(RAGGED), network()
    settings = {"per_round": 7, "epochs": 2, "batch_size": 3, "lr": 0.05, "dropouts": 0.2, "seed": 2, **sgd}
    right = one_by_one(model, data, F.cross_entropy, strategy, 3, **settings)
    history = sy.Fleet(model, data).run(strategy, 3, **settings)
    same(model, right)
    assert 0 < history["dropped"].sum() == len(history.dropped)
    assert (history["clients"] > FEW).all()  # batched


@pytest.mark.parametrize("strategy", STRATEGIES, ids=repr)
def test_full_batches_of_different_sizes(strategy: Any) -> None:
    data, model = clients(RAGGED), network()
    right = one_by_one(model, data, F.cross_entropy, strategy, 2, epochs=3)
    sy.Fleet(model, data).run(strategy, 2, epochs=3)
    same(model, right)


@pytest.mark.parametrize("strategy", [sy.FedAvg(), sy.SCAFFOLD(), sy.Median()], ids=repr)
@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 8])
def test_chunks_change_nothing(strategy: Any, chunk: int) -> None:
    data, model = clients(RAGGED), network()
    right = one_by_one(model, data, F.cross_entropy, strategy, 2, batch_size=3, momentum=0.9)
    sy.Fleet(model, data, chunk=chunk).run(strategy, 2, batch_size=3, momentum=0.9)
    same(model, right)


@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=9),
    st.integers(1, 3),
    st.one_of(st.none(), st.integers(1, 13)),
    st.integers(0, 1000),
)
def test_any_sizes_epochs_and_batches(sizes: list[int], epochs: int, batch_size: int | None, seed: int) -> None:
    data, model = clients(sizes), network()
    settings: dict[str, Any] = {"epochs": epochs, "batch_size": batch_size, "seed": seed, "momentum": 0.5}
    right = one_by_one(model, data, F.cross_entropy, sy.FedAvg(), 1, **settings)
    history = sy.Fleet(model, data).run(rounds=1, **settings)
    same(model, right)
    assert history["loss"].notna().all()


def test_the_same_as_a_federation_over_pointers(hook: sy.TorchHook) -> None:
    data, fleet, federation = clients([5, 8, 6, 7, 9]), network(), network()
    settings: dict[str, Any] = {"per_round": 4, "epochs": 2, "batch_size": 3, "momentum": 0.9, "seed": 2}
    there = [
        (x.send(worker), y.send(worker))  # type: ignore[attr-defined]
        for n, (x, y) in enumerate(data)
        for worker in [sy.VirtualWorker(hook, id=f"worker {n}")]
    ]
    secure = sy.VirtualWorker(hook, id="secure_worker")
    one = sy.Fleet(fleet, data).run(sy.SCAFFOLD(), 3, **settings)
    other = sy.Federation(federation, there, aggregator=secure).run(sy.SCAFFOLD(), 3, **settings)
    same(fleet, federation)
    assert one["loss"].tolist() == pytest.approx(other["loss"].tolist())
    assert one.frame.columns.tolist() == other.frame.columns.tolist()


# ---- models and losses -------------------------------------------------------------------------------------------


class Convolutions(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3, stride=2)
        self.norm = nn.GroupNorm(1, 2)
        self.out = nn.Linear(18, 2)
        self.register_buffer("scale", torch.tensor(2.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(F.max_pool2d(F.relu(self.norm(self.conv(x * self.scale))), 1).flatten(1))


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(7, 4)
        self.attend = nn.MultiheadAttention(4, 2, batch_first=True)
        self.norm = nn.LayerNorm(4)
        self.out = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        tokens = self.embed(x)
        return self.out(self.norm(tokens + self.attend(tokens, tokens, tokens, need_weights=False)[0]).mean(1))


class OverTime(nn.Module):
    """Linear layers over the last of three axes, without a bias, and over a single axis."""

    def __init__(self) -> None:
        super().__init__()
        self.each = nn.Linear(4, 3, bias=False)
        self.scale = nn.Linear(2, 3)
        self.out = nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out((self.each(x) * self.scale(x[0, 0, :2] * 0 + 1)).sum(1))


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one = nn.Linear(3, 3)
        self.two = nn.Linear(3, 3)
        self.two.weight = self.one.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.two(torch.tanh(self.one(x)))[:, :2]


def images(sizes: list[int]) -> Data:
    return clients(sizes, (1, 8, 8))


def words(sizes: list[int]) -> Data:
    return [(torch.randint(0, 7, (n, 5)), torch.randint(0, 2, (n,))) for n in sizes]


def series(sizes: list[int]) -> Data:
    return clients(sizes, (5, 4))


def batches_attention() -> bool:
    """Whether this torch has a batched form of attention; a fleet refuses what has none."""
    x = torch.ones(2, 1, 1, 2, 2)
    try:
        with no_silent_loop():
            vmap(F.scaled_dot_product_attention)(x, x, x)
    except RuntimeError:
        return False
    return True


batched_attention = pytest.mark.skipif(not batches_attention(), reason="torch 2.4 cannot batch attention")


@pytest.mark.parametrize(
    ("model", "data"),
    [
        (Convolutions, images),
        pytest.param(Attention, words, marks=batched_attention),
        (OverTime, series),
        (Tied, clients),
    ],
    ids=["cnn", "attention", "over time", "tied"],
)
def test_models_of_many_kinds(model: Callable[[], nn.Module], data: Callable[[list[int]], Data]) -> None:
    torch.manual_seed(3)
    rows, trained = data(RAGGED), model()
    right = one_by_one(trained, rows, F.cross_entropy, sy.FedAvg(), 2, batch_size=4)
    sy.Fleet(trained, rows).run(rounds=2, batch_size=4)
    same(trained, right)


def test_frozen_layers_stay() -> None:
    data, model = clients(RAGGED), network()
    model[0].requires_grad_(False)
    before = copy.deepcopy(model)
    sy.Fleet(model, data).run(sy.FedAdam(), 2, momentum=0.9, weight_decay=0.1)
    assert torch.equal(model[0].weight, before[0].weight)  # type: ignore[arg-type]
    assert not torch.equal(model[2].weight, before[2].weight)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "loss",
    [
        lambda outputs, targets: F.cross_entropy(outputs, targets, reduction="sum"),
        lambda outputs, targets: ((outputs[:, 0] - targets) ** 2).sum(),
        lambda outputs, targets: F.mse_loss(outputs[:, 0], targets.double()),
        nn.CrossEntropyLoss(label_smoothing=0.1),
    ],
    ids=["sum", "squares", "mse", "module"],
)
def test_losses_that_are_means_or_sums_over_rows(loss: Any) -> None:
    data, model = clients(RAGGED), network()
    right = one_by_one(model, data, loss, sy.FedAvg(), 2, batch_size=4, lr=0.01)
    sy.Fleet(model, data, loss=loss).run(rounds=2, batch_size=4, lr=0.01)
    same(model, right)


def test_any_loss_where_all_batches_are_equally_large() -> None:
    loss = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 5.0]))
    data, model = clients([6] * 5), network()
    right = one_by_one(model, data, loss, sy.FedAvg(), 2, batch_size=3)
    sy.Fleet(model, data, loss=loss).run(rounds=2, batch_size=3)
    same(model, right)


# ---- dropout -----------------------------------------------------------------------------------------------------


def with_dropout() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.4), nn.ReLU(), nn.Linear(8, 2))


def test_dropout_is_each_clients_own_whoever_is_trained_with_it() -> None:
    data, ends = clients(RAGGED), []
    for chunk in (1, 3, 8):
        model = with_dropout()
        torch.rand(chunk)  # the global generator does not matter
        sy.Fleet(model, data, chunk=chunk).run(rounds=2, epochs=2, batch_size=4, seed=6)
        ends.append(model)
    same(ends[0], ends[1])
    same(ends[0], ends[2])


def test_dropout_equals_the_loop_with_the_same_masks() -> None:
    data, model = clients([4, 6, 5, 7]), with_dropout()
    trained = {}
    for client, (x, y) in enumerate(data):
        mine = copy.deepcopy(model)
        optimizer = torch.optim.SGD(mine.parameters(), lr=0.1)
        for step, rows in enumerate(batches(len(y), 2, 3, 6, 1, client)):
            optimizer.zero_grad()
            with OwnDropout(torch.as_tensor(chance.key(6, chance.DROPOUT, 1, client, step))):
                outputs = mine(x[rows])
            F.cross_entropy(outputs, y[rows]).backward()
            optimizer.step()
        trained[client] = mine
    right = sy.federated_avg(trained, {client: len(y) for client, (_, y) in enumerate(data)})
    sy.Fleet(model, data).run(epochs=2, batch_size=3, seed=6)
    same(model, right)


@pytest.mark.parametrize("p", [0.0, 0.25, 0.9, 1.0])
def test_dropout_zeroes_a_share_and_scales_the_rest(p: float) -> None:
    x = torch.ones(200, 100)
    with OwnDropout(torch.tensor(7)):
        dropped = F.dropout(x, p)
        again = F.dropout(x, p)
        assert F.dropout(x, p, training=False) is x
    kept = dropped != 0
    assert kept.double().mean().item() == pytest.approx(1 - p, abs=0.02)
    if p < 1:
        torch.testing.assert_close(dropped[kept], torch.full_like(dropped[kept], 1 / (1 - p)))
    assert p in (0, 1) or not torch.equal(dropped, again)


@pytest.mark.parametrize(("drop", "dims"), [(F.dropout1d, 1), (F.dropout2d, 2), (F.dropout3d, 3)])
def test_whole_channels_are_dropped_together(drop: Any, dims: int) -> None:
    with OwnDropout(torch.tensor(7)):
        dropped = drop(torch.ones(20, 10, *[4] * dims), 0.5)
    channels = dropped.flatten(2)
    assert ((channels == 0).all(-1) | (channels == 2).all(-1)).all()
    assert 0.3 < (channels == 0).double().mean() < 0.7


def test_dropout_in_place() -> None:
    x = torch.ones(10, 10)
    with OwnDropout(torch.tensor(7)):
        assert F.dropout(x, 0.5, inplace=True) is x
    assert (x == 0).any()


# ---- what is refused ---------------------------------------------------------------------------------------------


class Counting(nn.Linear):
    def __init__(self) -> None:
        super().__init__(3, 2)
        self.register_buffer("calls", torch.tensor(0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return super().forward(x)


class Replacing(Counting):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls = self.calls + 1
        return nn.Linear.forward(self, x)


class Branching(nn.Linear):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x if x.sum() > 0 else -x)


class Noisy(nn.Linear):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x + torch.randn_like(x))


class Detour(nn.Linear):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(super().forward(x).detach().numpy())


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (lambda: nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)), r"BatchNorm1d \(1\) cannot be batched.*GroupNorm"),
        (lambda: nn.SyncBatchNorm(3), r"SyncBatchNorm \(the model itself\) cannot be batched"),
        (Counting, "The buffer 'calls' of Counting changes while the model computes"),
        (Replacing, "The buffer 'calls' of Replacing changes while the model computes"),
        (lambda: nn.Sequential(Branching(3, 2)), "Branching cannot be batched.*data-dependent control flow"),
        (lambda: Noisy(3, 2), "Noisy cannot be batched.*it draws random numbers, and only torch's dropout"),
        (lambda: nn.Sequential(nn.Linear(3, 2), nn.AlphaDropout()), "AlphaDropout cannot be batched.*random numbers"),
        (lambda: Detour(3, 2), "Detour cannot be batched over clients, and a fleet never loops in silence"),
    ],
    ids=["batch norm", "sync", "counting", "replacing", "branching", "noisy", "alpha dropout", "detour"],
)
@pytest.mark.parametrize("count", [1, 5])
def test_a_model_that_cannot_be_batched_is_refused_with_the_reason(part: Any, said: str, count: int) -> None:
    model = part()
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(sy.CannotBatchError, match=f"(?i){said}") as refused:
        sy.Fleet(model, clients([4] * count)).run()
    assert "sy.Federation" in str(refused.value)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])


def test_an_operation_that_torch_would_only_loop_over_is_refused() -> None:
    class Looped(nn.Linear):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x) + torch.histc(x, bins=2)

    with pytest.raises(sy.CannotBatchError, match="Looped cannot be batched over clients"):
        sy.Fleet(Looped(3, 2), clients([4] * 5)).run()


def test_a_model_that_mixes_rows_is_refused_where_batches_are_filled_up() -> None:
    class Mixing(nn.Linear):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x - x.mean(0))

    with pytest.raises(sy.CannotBatchError, match="different sizes, and Mixing makes one row's output depend on"):
        sy.Fleet(Mixing(3, 2), clients(RAGGED)).run()
    model = Mixing(3, 2)
    right = one_by_one(model, clients([5] * 6), F.cross_entropy, sy.FedAvg(), 2)
    sy.Fleet(model, clients([5] * 6)).run(rounds=2)
    same(model, right)


def test_a_loss_that_is_not_made_of_rows_is_refused_where_batches_are_filled_up() -> None:
    loss = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 5.0]))
    with pytest.raises(sy.CannotBatchError, match="neither the mean nor the sum of the losses of its rows"):
        sy.Fleet(network(), clients(RAGGED), loss=loss).run()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([], "at least one client"),
        ([(torch.zeros(2, 3), torch.zeros(3))], "client 0 has 2 rows and 3 rows"),
        ([(torch.zeros(0, 3), torch.zeros(0))], "client 0 has 0 rows and 0 rows"),
        ([([1, 2], torch.zeros(2))], "client 0 has list and 2 rows"),
    ],
    ids=["nobody", "apart", "no rows", "no tensor"],
)
def test_data_that_are_none(data: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        sy.Fleet(network(), data)


def test_data_that_are_away(bob: sy.VirtualWorker) -> None:
    x, y = torch.zeros(2, 3).send(bob), torch.zeros(2).send(bob)  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="the rows of client 0 are at bob, .* Train with sy.Federation"):
        sy.Fleet(network(), [(x, y)])


def test_settings_without_meaning() -> None:
    with pytest.raises(ValueError, match="chunk=0: train at least one client at a time"):
        sy.Fleet(network(), clients([3]), chunk=0)
    with pytest.raises(ValueError, match=r"Krum\(f=1\) needs at least 5 updates to choose among, and 3 clients join"):
        sy.Fleet(network(), clients([3] * 3)).run(sy.Krum(1))


def test_a_round_without_anybody_changes_nothing_and_says_so() -> None:
    model = network()
    before = copy.deepcopy(model)
    history = sy.Fleet(model, clients([3] * 3)).run(rounds=3, per_round=1, dropouts=0.999)
    same(model, before, 0)
    assert history["clients"].tolist() == [0, 0, 0]
    assert history["loss"].isna().all()
    assert "round 1 changed nothing: 0 of at least 1 clients were left" in repr(history)


# ---- memory and devices ------------------------------------------------------------------------------------------


def test_a_fleet_of_one_and_of_few_is_computed_one_by_one_with_equal_results() -> None:
    for count in range(1, FEW + 3):
        data, model = clients(RAGGED[:count]), network()
        right = one_by_one(model, data, F.cross_entropy, sy.FedAvg(), 2, batch_size=3)
        sy.Fleet(model, data).run(rounds=2, batch_size=3)
        same(model, right)


def test_a_round_needs_the_memory_of_a_chunk_not_of_the_fleet() -> None:
    """Tensors alive at once are counted by torch's profiler of allocations, not by the process's memory."""
    peaks = {}
    for count in (64, 640):
        fleet = sy.Fleet(network(), clients([2] * count), chunk=32)
        fleet.run()
        peaks[count] = peak_of(fleet.run)
    assert peaks[640] < 1.5 * peaks[64]


def peak_of(run: Callable[[], object]) -> int:
    """The most bytes that torch's tensors held at once while this ran, above those at the start."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        run()
    held = peak = 0
    for event in sorted(profile.profiler.kineto_results.events(), key=lambda event: event.start_ns()):  # type: ignore
        if event.name() == "[memory]":
            held += event.nbytes()
            peak = max(peak, held)
    return peak


def test_chunks_fit_into_the_memory_meant_for_them() -> None:
    small = sy.Fleet(network(), clients([2] * 2000))
    large = sy.Fleet(nn.Linear(3000, 1000), [(torch.randn(1, 3000), torch.tensor([1]))] * 40)
    sizes = []
    for fleet in (small, large):
        fleet.start = {name: p.detach() for name, p in fleet.model.named_parameters()}
        local = sy.federated.rounds.Local()
        sizes.append({len(chunk) for chunk in fleet.chunks(local, fleet.clients)})
    assert max(sizes[0]) == 1024
    assert max(sizes[1]) == 2


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
@pytest.mark.parametrize("strategy", STRATEGIES, ids=repr)
def test_a_gpu_gives_what_the_cpu_gives(strategy: Any) -> None:
    ends = []
    for device in ("cpu", "cuda"):
        model = with_dropout()
        fleet = sy.Fleet(model, clients(RAGGED), device=device)
        fleet.run(strategy, 2, epochs=2, batch_size=3, momentum=0.9, per_round=6, seed=3)
        assert {p.device.type for p in model.parameters()} == {device}
        ends.append(model.cpu())
    same(ends[0], ends[1])
