"""An input from one update: the oracle is the true row."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import course as sy
from course.attacks import NoBiasChangeError, NoLinearLayerError, NotSeenError, Update, input_from_update
from tests.attacks.plain import applicants, learn, mlp, tensors, update

BAR = 6e-4


@pytest.mark.parametrize("steps", [1, 5, 50])
def test_a_named_applicants_42_answers_come_back_after_any_number_of_steps(hook: sy.TorchHook, steps: int) -> None:
    x, y = applicants()
    names = sy.people(3)
    workers = [sy.VirtualWorker(hook, id=name) for name in names]
    server = sy.VirtualWorker(hook, id="secure_worker")
    data = [(x[i : i + 1].send(w), y[i : i + 1].send(w)) for i, w in enumerate(workers)]
    federation = sy.Federation(mlp(42, 30, 20, 10, 5, 2), data, aggregator=server)
    with sy.attacks.watch(server) as view:
        federation.run(sy.FedAvg(), rounds=1, epochs=steps, lr=0.1, progress=False)
    for i, name in enumerate(names):
        found = input_from_update(view.update(name))
        assert found.shape == (42,)
        torch.testing.assert_close(found, x[i].double(), atol=BAR, rtol=0)


@given(
    features=st.integers(1, 20),
    units=st.integers(1, 20),
    steps=st.integers(1, 8),
    activation=st.sampled_from([nn.Tanh, nn.Sigmoid, nn.GELU, nn.ELU]),
    seed=st.integers(0, 2**20),
)
def test_any_first_linear_layer_tells_the_row(
    features: int, units: int, steps: int, activation: type[nn.Module], seed: int
) -> None:
    torch.manual_seed(seed)
    model = mlp(features, units, 3, activation=activation)
    x, y = torch.randn(1, features), torch.randint(3, (1,))
    torch.testing.assert_close(
        input_from_update(update(model, x, y, steps, lr=1.0)), x[0].double(), atol=5e-3, rtol=1e-3
    )


def test_in_float64_it_is_exact_to_six_e_minus_8() -> None:
    x, y = applicants()
    model = mlp(42, 32, 2).double()
    for i in range(20):
        found = input_from_update(update(model, x[i : i + 1].double(), y[i : i + 1], lr=0.01))
        torch.testing.assert_close(found, x[i].double(), atol=6e-8, rtol=0)


def test_silent_units_do_not_disturb() -> None:
    model = mlp(4, 6, 2)
    with torch.no_grad():
        model[0].bias[:5] = -100  # type: ignore[index,operator]
        model[0].bias[5] = 5  # type: ignore[index,operator]
    seen = update(model, torch.tensor([[1.0, -2.0, 3.0, 0.5]]), torch.tensor([1]))
    assert (seen.change[1] == 0).sum() == 5
    torch.testing.assert_close(input_from_update(seen), torch.tensor([1, -2, 3, 0.5]).double(), atol=1e-3, rtol=0)


def test_momentum_and_a_constant_do_not_hide_but_weight_decay_and_a_batch_do() -> None:
    x, y = applicants()
    start = mlp(42, 32, 2)

    def error(rows: int, **settings: float) -> float:
        model = mlp(42, 32, 2)
        model.load_state_dict(start.state_dict())
        optimizer = torch.optim.SGD(model.parameters(), **{"lr": 0.1, **settings})
        for _ in range(5):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x[:rows]), y[:rows]).backward()
            optimizer.step()
        seen = Update("bob", ("me",), tensors(start), tensors(model))
        return float((input_from_update(seen) - x[0].double()).abs().max())

    assert error(1) < BAR
    assert error(1, momentum=0.9) < BAR
    assert error(1, weight_decay=0.1) > 0.01
    assert error(2) > 0.1


def test_an_update_scaled_by_a_constant_tells_the_same() -> None:
    x, y = applicants()
    seen = update(mlp(42, 32, 2), x[:1], y[:1])
    scaled = tuple([b - 7 * (b - a) for b, a in zip(seen.before, seen.after, strict=True)])
    found = input_from_update(Update("bob", ("me",), seen.before, scaled))
    torch.testing.assert_close(found, x[0].double(), atol=BAR, rtol=0)


# ---- errors ----------------------------------------------------------------------------------------------------------


def test_no_step_changed_no_bias() -> None:
    model = mlp(4, 3, 2)
    with pytest.raises(NoBiasChangeError) as error:
        input_from_update(Update("bob", ("me",), tensors(model), tensors(model)))
    assert str(error.value) == (
        "This update changed no bias of the first layer: either the client did no step, or no unit of the layer was"
        " active (a ReLU that is 0 has no gradient), or the bias was frozen, or there is none. Without it the update"
        " does not tell the row in this way. Attack an update of another round, or of a model with biases."
    )


@pytest.mark.parametrize(
    ("model", "x"),
    [
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(72, 2)), torch.ones(1, 1, 8, 8)),
        (nn.Sequential(nn.Linear(4, 3, bias=False), nn.Tanh(), nn.Linear(3, 2)), torch.ones(1, 4)),
    ],
)
def test_the_first_layer_must_be_linear_with_a_bias(model: nn.Module, x: torch.Tensor) -> None:
    with pytest.raises(NoLinearLayerError) as error:
        input_from_update(update(model, x, torch.tensor([1])))
    first, second = [tuple(p.shape) for p in model.parameters()][:2]
    assert str(error.value) == (
        f"The model in this update begins with tensors of shape {first} and {second}, and a linear layer with a bias"
        " has (units, features) and (units,). Only there is each weight's change the bias's change times an input. A"
        " convolution or a layer without bias is no protection: attack such a model with inputs_by_matching()."
    )


def test_an_attack_takes_no_model() -> None:
    model = learn(mlp(4, 3, 2), torch.ones(1, 4), torch.tensor([1]), 1, 0.1)
    with pytest.raises(NotSeenError) as error:
        input_from_update(model)  # type: ignore[arg-type]
    assert str(error.value) == (
        "input_from_update() takes an Update, what an attacker saw, and not Sequential. An attack that reads a model, a"
        " pointer or a tensor of yours would know what no attacker knows, and prove nothing. Watch the worker that"
        " receives the update: with sy.attacks.watch(worker) as view: ...; then input_from_update(view.update('bob'))."
    )
