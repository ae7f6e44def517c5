"""The mean of models: exact, weighted, computed where they are, buffers by the rule."""

import copy
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import course as sy

Model = nn.Module


def linear(value: float) -> nn.Linear:
    model = nn.Linear(2, 1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(value)
    return model


class Scaled(nn.Module):
    """A model whose constructor needs arguments, with buffers of whole numbers and truth values."""

    def __init__(self, scale: float, rows: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([scale]))
        self.register_buffer("positions", torch.arange(3))
        self.register_buffer("seen", torch.tensor([False, rows > 5]))
        self.register_buffer("rows", torch.tensor(rows, dtype=torch.int16), persistent=False)


def values(model: Model) -> dict[str, torch.Tensor]:
    return {**dict(model.named_parameters()), **dict(model.named_buffers())}


def in_float64(tensors: Sequence[torch.Tensor], weights: Sequence[float]) -> torch.Tensor:
    """The oracle: each number from its definition, in float64."""
    stacked = torch.stack([tensor.detach().double() for tensor in tensors])
    shares = torch.tensor(weights, dtype=torch.float64).reshape(-1, *[1] * (stacked.dim() - 1))
    return (stacked * shares).sum(0) / shares.sum()


def test_models_count_the_same_without_weights() -> None:
    mean = sy.federated_avg({"bob": linear(1), "alice": linear(3)})
    assert all(torch.equal(p, torch.full_like(p, 2)) for p in mean.parameters())


def test_rows_are_weights() -> None:
    mean = sy.federated_avg({"bob": linear(1), "alice": linear(3)}, weights={"alice": 300, "bob": 100})
    assert all(torch.equal(p, torch.full_like(p, 2.5)) for p in mean.parameters())


def test_the_models_stay_as_they_are_and_a_second_call_gives_the_same() -> None:
    models = {"bob": nn.Linear(3, 2), "alice": nn.Linear(3, 2)}
    before = copy.deepcopy(models)
    means = [sy.federated_avg(models, {"bob": 1, "alice": 2}) for _ in range(2)]
    assert all(torch.equal(a, b) for a, b in zip(*[mean.parameters() for mean in means], strict=True))
    for key, model in models.items():
        assert all(torch.equal(a, b) for a, b in zip(model.parameters(), before[key].parameters(), strict=True))
    with torch.no_grad():
        means[0].weight.zero_()  # type: ignore[operator, union-attr]
    assert models["bob"].weight.any()


def test_a_constructor_with_arguments_is_not_called() -> None:
    mean = sy.federated_avg({0: Scaled(1.0, 4), 1: Scaled(3.0, 8)})
    assert type(mean) is Scaled
    assert mean.weight.item() == 2


@given(st.integers(0, 1000), st.lists(st.floats(0, 1e6), min_size=1, max_size=5).filter(sum))
def test_the_mean_is_that_of_float64_rounded_once(seed: int, weights: list[float]) -> None:
    torch.manual_seed(seed)
    models = dict(enumerate(nn.Linear(3, 2) for _ in weights))
    mean = values(sy.federated_avg(models, dict(enumerate(weights))))
    for name, got in mean.items():
        right = in_float64([values(model)[name] for model in models.values()], weights)
        torch.testing.assert_close(got.detach().double(), right, rtol=2**-23, atol=1e-12)


@given(st.integers(1, 700), st.sampled_from([torch.float16, torch.bfloat16, torch.float32]))
def test_the_mean_of_equal_models_is_that_model(count: int, dtype: torch.dtype) -> None:
    model = nn.Linear(3, 2).to(dtype)
    mean = sy.federated_avg(dict.fromkeys(range(count), model))
    assert all(torch.equal(a, b) for a, b in zip(mean.parameters(), model.parameters(), strict=True))
    assert {p.dtype for p in mean.parameters()} == {dtype}


def test_large_float32_numbers_do_not_overflow() -> None:
    mean = sy.federated_avg({0: linear(3e38), 1: linear(3e38)})
    assert torch.isfinite(mean.weight).all()  # type: ignore[arg-type]


def test_a_model_of_weight_0_does_not_count_whatever_is_in_it() -> None:
    mean = sy.federated_avg({0: linear(float("nan")), 1: linear(3)}, {0: 0, 1: 5})
    assert mean.weight.unique().item() == 3  # type: ignore[operator, union-attr]


def trained_batch_norms(batches: Sequence[int]) -> dict[int, nn.Sequential]:
    models = {}
    for key, count in enumerate(batches):
        models[key] = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
        for _ in range(count):
            models[key](torch.randn(4, 2))
    return models


def test_running_means_and_variances_are_averaged_and_the_batches_are_those_of_who_saw_most() -> None:
    models = trained_batch_norms([3, 7, 2])
    mean = values(sy.federated_avg(models, {0: 1, 1: 2, 2: 5}))
    for name in ("1.running_mean", "1.running_var"):
        right = in_float64([values(model)[name] for model in models.values()], [1, 2, 5])
        torch.testing.assert_close(mean[name].double(), right, rtol=2**-23, atol=1e-12)
    assert mean["1.num_batches_tracked"].dtype is torch.int64
    assert mean["1.num_batches_tracked"].item() == 7


def test_buffers_of_whole_numbers_stay_whole() -> None:
    mean = values(sy.federated_avg({0: Scaled(1.0, 4), 1: Scaled(2.0, 9)}))
    assert mean["positions"].tolist() == [0, 1, 2]
    assert mean["seen"].tolist() == [False, True]
    assert (mean["rows"].dtype, mean["rows"].item()) == (torch.int16, 9)


def test_tied_weights_stay_tied_and_the_mode_is_that_of_the_first() -> None:
    models = {}
    for key in range(2):
        models[key] = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)).train(bool(key))
        models[key][1].weight = models[key][0].weight
    mean: Any = sy.federated_avg(models)
    assert mean[0].weight is mean[1].weight
    assert not mean.training


def test_complex_parameters() -> None:
    models = {key: nn.Linear(2, 1, dtype=torch.complex64) for key in range(3)}
    mean: Any = sy.federated_avg(models)
    right = torch.stack([model.weight.detach() for model in models.values()]).mean(0)
    torch.testing.assert_close(mean.weight.detach(), right)


def test_models_at_an_aggregator_are_averaged_there_and_nothing_comes_home(
    bob: sy.VirtualWorker, alice: sy.VirtualWorker, carol: sy.VirtualWorker
) -> None:
    models = dict(zip(["bob", "alice"], trained_batch_norms([1, 4]).values(), strict=True))
    right = values(sy.federated_avg(models, {"bob": 1, "alice": 3}))
    for model, place in zip(models.values(), (bob, alice), strict=True):
        model.send(place)
        model.move(carol)
    with sy.record() as log:
        mean = sy.federated_avg(models, {"bob": 1, "alice": 3})
    assert mean.location is carol  # type: ignore[comparison-overlap]
    assert {(row["sender"], row["receiver"]) for row in log.rows() if row["values"]} == {("me", "carol")}  # weights
    assert sum(row["numbers"] for row in log.rows()) == 2  # once, however many parameters there are
    assert all(model.location is carol for model in models.values())  # type: ignore[comparison-overlap]
    kept = len(carol._objects)
    for name, tensor in values(mean.get()).items():
        assert torch.equal(tensor, right[name])
    assert len(carol._objects) == kept - len(right)


def test_models_apart_are_refused(bob: sy.VirtualWorker, alice: sy.VirtualWorker) -> None:
    with pytest.raises(sy.TensorsNotCollocatedException, match="federated_avg needs .* one is on bob and one is on al"):
        sy.federated_avg({"bob": linear(1).send(bob), "alice": linear(2).send(alice)})
    with pytest.raises(sy.TensorsNotCollocatedException, match="one is here with you and one is on bob"):
        sy.federated_avg({"me": linear(1), "bob": linear(2).send(bob)})


@pytest.mark.parametrize("away", [False, True])
def test_models_of_another_shape_are_refused(bob: sy.VirtualWorker, away: bool) -> None:
    models = {"bob": nn.Linear(2, 1), "alice": nn.Linear(1, 1)}
    if away:
        for model in models.values():
            model.send(bob)
    with pytest.raises(sy.ModelsDifferError, match=r"'weight' is of shape \(1, 2\) in the model of bob, of shape"):
        sy.federated_avg(models)
    more = {"bob": nn.Linear(2, 1, bias=False), "alice": nn.Linear(2, 1)}
    with pytest.raises(sy.ModelsDifferError, match=r"'bias' is missing in the model of bob, of shape"):
        sy.federated_avg(more)


@pytest.mark.parametrize("weights", [{"bob": 1}, {"bob": 1, "alice": 1, "carol": 1}, [1, 2]])
def test_each_model_needs_its_weight(weights: Any) -> None:
    with pytest.raises(ValueError, match=r"one weight for each model, by the same keys \(bob, alice\)"):
        sy.federated_avg({"bob": linear(1), "alice": linear(2)}, weights)


@pytest.mark.parametrize("weights", [(0, 0), (1, -1), (1, float("nan")), (float("inf"), 1)])
def test_weights_are_numbers_of_at_least_0(weights: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="weights are numbers of at least 0, and not all 0"):
        sy.federated_avg({"bob": linear(1), "alice": linear(2)}, dict(zip(["bob", "alice"], weights, strict=True)))


@pytest.mark.parametrize("models", [{}, [nn.Linear(1, 1)], nn.Linear(1, 1)])
def test_no_models_have_no_mean(models: Any) -> None:
    with pytest.raises(ValueError, match="needs a dict of at least one model"):
        sy.federated_avg(models)
