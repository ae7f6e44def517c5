"""torch.nn.utils, schedulers and averaged models on a model that is away equal plain torch, or say truly why not."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.nn import utils
from torch.nn.utils import parametrizations, parametrize, prune, rnn
from torch.optim import lr_scheduler, swa_utils

import course as sy

Worker = sy.VirtualWorker
Use = Callable[[Any, Any], Any]

pytestmark = pytest.mark.filterwarnings("ignore:.*weight_norm.*is deprecated", "ignore:.*scheduler.step")


def network() -> nn.Sequential:
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))


def learn(model: Any, x: Any) -> None:
    model(x).pow(2).sum().backward()


def values(result: Any) -> Any:
    """A result as plain tensors, outside autograd."""
    if isinstance(result, (list, tuple)):
        return [values(part) for part in result]
    if isinstance(result, sy.PointerTensor):
        return result.copy().get().detach()
    return result.detach() if isinstance(result, torch.Tensor) else result


def outcome(use: Use, prepare: Callable[[Any], Any], worker: Worker | None) -> list[Any]:
    """What it returns, and the parameters and gradients afterwards."""
    model = network()
    prepare(model)
    torch.manual_seed(4)
    x: Any = torch.randn(8, 3)
    if worker is not None:
        model.send(worker)  # type: ignore[operator]
        x = x.send(worker)
    result = values(use(model, x))
    if worker is not None:
        model.get()  # type: ignore[operator]
    return [result, *[(p.detach().clone(), p.grad) for p in model.parameters()]]


def same(a: Any, b: Any) -> bool:
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b


def after_learning(use: Callable[[Any], Any]) -> Use:
    def learned(model: Any, x: Any) -> Any:
        learn(model, x)
        return use(model.parameters())

    return learned


def doubled(parameters: Any) -> None:
    held = list(parameters)
    utils.vector_to_parameters(utils.parameters_to_vector(held) * 2, held)


class Twice(nn.Module):
    def forward(self, weight: Any) -> Any:
        return weight * 2


def learn_and_compute(model: Any, x: Any) -> Any:
    learn(model, x)
    return model(x)


def then(change: Callable[[Any], Any]) -> Use:
    def changed(model: Any, x: Any) -> Any:
        change(model)
        return learn_and_compute(model, x)

    return changed


def averaged(**options: Any) -> Use:
    def average(model: Any, x: Any) -> Any:
        mean = swa_utils.AveragedModel(model, **options)
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            learn(model, x)
            optimizer.step()
            mean.update_parameters(model)
        return [mean(x), *mean.module.parameters()]

    return average


ON_A_MODEL_THAT_IS_AWAY: dict[str, Use] = {
    "clip_grad_norm_": after_learning(lambda p: utils.clip_grad_norm_(p, 0.5)),
    "clip_grad_norm_, largest": after_learning(lambda p: utils.clip_grad_norm_(p, 0.5, norm_type=float("inf"))),
    "clip_grad_norm_, foreach": after_learning(lambda p: utils.clip_grad_norm_(p, 0.5, foreach=True)),
    "clip_grad_value_": after_learning(lambda p: utils.clip_grad_value_(p, 0.1)),
    "clip_grad_value_, foreach": after_learning(lambda p: utils.clip_grad_value_(p, 0.1, foreach=True)),
    "parameters_to_vector": lambda model, x: utils.parameters_to_vector(model.parameters()),
    "vector_to_parameters": lambda model, x: doubled(model.parameters()),
    "weight_norm": then(lambda model: utils.weight_norm(model[0])),
    "weight_norm, removed": then(lambda model: utils.remove_weight_norm(utils.weight_norm(model[0]))),
    "parametrizations.weight_norm": then(lambda model: parametrizations.weight_norm(model[0])),
    "a parametrization": then(lambda model: parametrize.register_parametrization(model[0], "weight", Twice())),
    "pruned": then(lambda model: prune.l1_unstructured(model[0], "weight", amount=0.3)),
    "a moving average": averaged(avg_fn=swa_utils.get_ema_avg_fn(0.9)),
    "a moving average of many": averaged(multi_avg_fn=swa_utils.get_ema_multi_avg_fn(0.9)),
    "functional_call": lambda model, x: torch.func.functional_call(model, dict(model.named_parameters()), (x,)),
}

BEFORE_THE_SEND: dict[str, Callable[[Any], Any]] = {
    "weight_norm": lambda model: utils.weight_norm(model[0]),
    "spectral_norm": lambda model: utils.spectral_norm(model[0]),
    "parametrizations.weight_norm": lambda model: parametrizations.weight_norm(model[0]),
    "parametrizations.spectral_norm": lambda model: parametrizations.spectral_norm(model[0]),
    "orthogonal": lambda model: parametrizations.orthogonal(model[0]),
    "orthogonal by matrix_exp": lambda model: parametrizations.orthogonal(model[2], orthogonal_map="matrix_exp"),
    "a parametrization": lambda model: parametrize.register_parametrization(model[0], "weight", Twice()),
    "pruned": lambda model: prune.random_unstructured(model[0], "weight", amount=0.3),
}


@pytest.mark.parametrize("name", ON_A_MODEL_THAT_IS_AWAY)
def test_on_a_model_that_is_away(name: str, bob: Worker) -> None:
    use = ON_A_MODEL_THAT_IS_AWAY[name]
    assert same(outcome(use, lambda model: None, None), outcome(use, lambda model: None, bob))


@pytest.mark.parametrize("name", BEFORE_THE_SEND)
def test_a_model_prepared_before_its_send(name: str, bob: Worker) -> None:
    prepare = BEFORE_THE_SEND[name]
    assert same(outcome(learn_and_compute, prepare, None), outcome(learn_and_compute, prepare, bob))


REFUSED: dict[str, tuple[Use, str]] = {
    "whether a norm is finite": (
        after_learning(lambda p: utils.clip_grad_norm_(p, 0.5, error_if_nonfinite=True)),
        "asks for a value",
    ),
    "spectral_norm of one that is away": (then(lambda model: utils.spectral_norm(model[0])), "nobody has cleared"),
    "parametrizations.spectral_norm": (then(lambda model: parametrizations.spectral_norm(model[0])), "before its send"),
    "orthogonal": (then(lambda model: parametrizations.orthogonal(model[0])), "works before the send"),
    "orthogonal by cayley": (
        then(lambda model: parametrizations.orthogonal(model[2], "weight", "cayley", use_trivialization=False)),
        "completes it with numbers that it makes here",
    ),
    "to_empty": (then(lambda model: model.to_empty(device="cpu")), "model's to_empty .* comes before its send"),
    "a mean whose count is here": (averaged(), "one is here with you"),
    "a plateau of a remote loss": (
        lambda model, x: lr_scheduler.ReduceLROnPlateau(optim.SGD(model.parameters(), lr=0.1)).step(model(x).sum()),
        "asks for a value",
    ),
    "packed sequences": (
        lambda model, x: rnn.pack_padded_sequence(x.view(4, 2, 3), [4, 2]),
        "multiply what comes out with a mask",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_reads_values_or_mixes_places_says_so(name: str, bob: Worker) -> None:
    use, words = REFUSED[name]
    with pytest.raises(sy.CourseError, match=words):
        outcome(use, lambda model: None, bob)


def test_sequences_are_padded_where_they_are(bob: Worker) -> None:
    sequences = [torch.ones(3, 2), torch.full((2, 2), 2.0)]
    padded = rnn.pad_sequence([sequence.send(bob) for sequence in sequences], batch_first=True)  # type: ignore
    assert torch.equal(padded.get(), rnn.pad_sequence(sequences, batch_first=True))  # type: ignore[attr-defined]


def test_a_masked_batch_of_sequences_does_what_packing_does(bob: Worker) -> None:
    """The form that the refusal names: the layer runs on the padded batch, a mask leaves the padding out."""
    torch.manual_seed(0)
    layer = nn.LSTM(2, 3, batch_first=True)
    x, lengths = torch.randn(2, 4, 2), torch.tensor([4, 2])
    packed, _ = layer(rnn.pack_padded_sequence(x, lengths, batch_first=True))
    expected, _ = rnn.pad_packed_sequence(packed, batch_first=True)
    mask = (torch.arange(4) < lengths[:, None]).unsqueeze(-1)
    layer.send(bob)  # type: ignore[operator]
    out, _ = layer(x.send(bob))  # type: ignore[attr-defined]
    assert torch.allclose((out * mask.send(bob)).get(), expected)  # type: ignore[attr-defined]


SCHEDULERS: dict[str, Callable[[Any], Any]] = {
    "StepLR": lambda o: lr_scheduler.StepLR(o, 2, 0.5),
    "MultiStepLR": lambda o: lr_scheduler.MultiStepLR(o, [2, 3]),
    "ExponentialLR": lambda o: lr_scheduler.ExponentialLR(o, 0.9),
    "CosineAnnealingLR": lambda o: lr_scheduler.CosineAnnealingLR(o, 4),
    "CosineAnnealingWarmRestarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 2),
    "LambdaLR": lambda o: lr_scheduler.LambdaLR(o, lambda epoch: 0.9**epoch),
    "MultiplicativeLR": lambda o: lr_scheduler.MultiplicativeLR(o, lambda epoch: 0.9),
    "LinearLR": lr_scheduler.LinearLR,
    "ConstantLR": lr_scheduler.ConstantLR,
    "PolynomialLR": lr_scheduler.PolynomialLR,
    "OneCycleLR": lambda o: lr_scheduler.OneCycleLR(o, 0.2, total_steps=10),
    "CyclicLR": lambda o: lr_scheduler.CyclicLR(o, 0.01, 0.2),
    "SequentialLR": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.ConstantLR(o), lr_scheduler.ExponentialLR(o, 0.9)], [2]
    ),
    "ChainedScheduler": lambda o: lr_scheduler.ChainedScheduler(
        [lr_scheduler.ConstantLR(o), lr_scheduler.ExponentialLR(o, 0.9)]
    ),
    "SWALR": lambda o: swa_utils.SWALR(o, 0.05),
    "ReduceLROnPlateau": lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=0),
}


@pytest.mark.parametrize("name", SCHEDULERS)
def test_a_scheduler(name: str, bob: Worker) -> None:
    def train(model: Any, x: Any) -> None:
        optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        scheduler = SCHEDULERS[name](optimizer)
        for _ in range(5):
            optimizer.zero_grad()
            loss = F.mse_loss(model(x), x.sum(dim=1, keepdim=True))
            loss.backward()
            optimizer.step()
            reads = isinstance(scheduler, lr_scheduler.ReduceLROnPlateau)
            scheduler.step(values(loss).item()) if reads else scheduler.step()

    assert same(outcome(train, lambda model: None, None), outcome(train, lambda model: None, bob))
