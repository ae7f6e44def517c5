"""One optimizer per worker: same class, same settings, same parameters, a memory of its own."""

import inspect

import pytest
import torch
from torch import nn, optim

import course as sy
from course.optims import OptimsError, twin

CLASSES = sorted(
    (
        found
        for found in vars(optim).values()
        if inspect.isclass(found) and issubclass(found, optim.Optimizer) and found is not optim.Optimizer
    ),
    key=lambda found: found.__name__,
)
# What some need besides a dense model and a step: sparse gradients, a closure, matrices alone.
SPARSE_GRADIENTS = {"SparseAdam"}
NEED_A_CLOSURE = {"LBFGS"}
MATRICES_ONLY = {"Muon"}
REMOTE = [found for found in CLASSES if found.__name__ not in SPARSE_GRADIENTS | NEED_A_CLOSURE]


def make_model(kind: type[optim.Optimizer]) -> nn.Module:
    return nn.Linear(2, 1, bias=kind.__name__ not in MATRICES_ONLY)


def settings(optimizer: optim.Optimizer) -> list[dict[str, object]]:
    groups = optimizer.param_groups
    return [{name: value for name, value in group.items() if name != "params"} for group in groups]


def test_torch_has_the_optimizers_this_file_speaks_of() -> None:
    assert {"SGD", "Adam", "AdamW", "Adagrad", "RMSprop", "Rprop", "LBFGS", "SparseAdam"} <= {
        found.__name__ for found in CLASSES
    }


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_optimizer_of_torch(kind: type[optim.Optimizer]) -> None:
    model = make_model(kind)
    given = kind(model.parameters(), lr=0.02)
    optims = sy.Optims(["bob", "alice"], optim=given)
    bobs, alices = optims.get_optim("bob"), optims.get_optim("alice")
    assert type(bobs) is type(alices) is kind
    assert settings(bobs) == settings(alices) == settings(given)
    assert bobs.defaults == given.defaults
    for optimizer in (bobs, alices):
        mine = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        assert all(a is b for a, b in zip(mine, model.parameters(), strict=True))
    assert bobs.state is not alices.state
    assert bobs.state.keys() == given.state.keys()
    for parameter, state in bobs.state.items():
        for name, value in state.items():
            assert value is not alices.state[parameter][name]


def rows() -> list[tuple[torch.Tensor, torch.Tensor]]:
    data = torch.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    target = torch.tensor([[0.0], [0], [1], [1]])
    return [(data[:2], target[:2]), (data[2:], target[2:])]


def train(model, shares, optimizers) -> list[torch.Tensor]:
    losses = []
    for _ in range(4):
        for (data, target), optimizer in zip(shares, optimizers, strict=True):
            optimizer.zero_grad()
            loss = ((model(data) - target) ** 2).sum()
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
    return losses


def train_remotely(model, shares, optims) -> list[torch.Tensor]:
    losses = []
    for _ in range(4):
        for data, target in shares:
            model.send(data.location)
            optimizer = optims.get_optim(data.location)
            optimizer.zero_grad()
            loss = ((model(data) - target) ** 2).sum()
            loss.backward()
            optimizer.step()
            model.get()
            losses.append(loss.get().detach())
    return losses


@pytest.mark.parametrize("kind", REMOTE, ids=lambda kind: kind.__name__)
def test_training_equals_plain_torch(kind: type[optim.Optimizer], bob, alice) -> None:
    shares = [
        (data.send(worker), target.send(worker))
        for (data, target), worker in zip(rows(), (bob, alice), strict=True)
    ]
    torch.manual_seed(3)
    model = make_model(kind)
    optims = sy.Optims([bob, alice], optim=kind(model.parameters(), lr=0.1))
    remote = train_remotely(model, shares, optims)

    torch.manual_seed(3)
    plain = make_model(kind)
    local = train(plain, rows(), [kind(plain.parameters(), lr=0.1) for _ in range(2)])
    assert remote == local
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), plain.parameters(), strict=True))


@pytest.mark.parametrize("kind", [optim.Adam, optim.Adagrad, optim.Rprop], ids=lambda kind: kind.__name__)
def test_state_stays_where_it_was_made(kind: type[optim.Optimizer], bob, alice) -> None:
    shares = [
        (data.send(worker), target.send(worker))
        for (data, target), worker in zip(rows(), (bob, alice), strict=True)
    ]
    model = nn.Linear(2, 1)
    optims = sy.Optims(["bob", "alice"], optim=kind(model.parameters(), lr=0.1))
    train_remotely(model, shares, optims)
    for name in ("bob", "alice"):
        states = [state for state in optims.get_optim(name).state.values() for state in state.values()]
        kept = [value for value in states if isinstance(value, sy.PointerTensor)]
        assert kept
        assert {value.location.id for value in kept} == {name}
    assert set(sy.seen_by("bob").sender) == set(sy.seen_by("alice").sender) == {"me"}
    brought_home = sum(len(objects) for objects in sy.the_transcript().opened().objects)
    assert brought_home == 8 * 3  # in eight steps: weight, bias and loss


def test_by_name_or_by_worker(bob, alice) -> None:
    optims = sy.Optims([bob, "alice"], optim=optim.SGD(nn.Linear(2, 1).parameters(), lr=0.1))
    assert optims.get_optim("bob") is optims.get_optim(bob)
    assert optims.get_optim("alice") is optims.get_optim(alice)
    assert optims.count() == 2
    assert repr(optims) == "<Optims SGD for bob, alice>"


def test_settings_are_apart() -> None:
    given = optim.Adam(nn.Linear(2, 1).parameters(), lr=torch.tensor(0.1), betas=(0.5, 0.9))
    given.param_groups[0]["lr"] = torch.tensor(0.2)  # as a scheduler would
    optims = sy.Optims(["bob", "alice"], optim=given)
    bobs, alices = (optims.get_optim(name).param_groups[0] for name in ("bob", "alice"))
    assert bobs["lr"] == alices["lr"] == torch.tensor(0.2)
    assert bobs["betas"] == (0.5, 0.9)
    bobs["lr"].fill_(0.3)
    assert alices["lr"] == torch.tensor(0.2)


def test_groups_of_parameters_are_kept() -> None:
    model = nn.Linear(2, 1)
    groups = [{"params": [model.weight], "lr": 0.5}, {"params": [model.bias]}]
    made = twin(optim.SGD(groups, lr=0.1, momentum=0.9))
    assert [group["lr"] for group in made.param_groups] == [0.5, 0.1]


@pytest.mark.skipif(torch.__version__ < "2.6", reason="before torch 2.6 no optimizer takes named parameters")
def test_names_of_parameters_are_kept() -> None:
    model = nn.Linear(2, 1)
    named = twin(optim.SGD(model.named_parameters(), lr=0.1))
    assert named.param_groups[0]["param_names"] == ["weight", "bias"]


def test_a_used_optimizer_leaves_its_memory_behind() -> None:
    model = nn.Linear(2, 1)
    given = optim.Adam(model.parameters())
    model(torch.ones(1, 2)).sum().backward()
    given.step()
    assert given.state
    assert not sy.Optims(["bob"], optim=given).get_optim("bob").state


def test_for_a_model_that_is_away(bob) -> None:
    model = nn.Linear(2, 1).send(bob)
    optims = sy.Optims(["bob"], optim=optim.Adagrad(model.parameters(), lr=0.1))
    state = optims.get_optim("bob").state[model.weight]
    assert state["sum"].location is bob


def test_an_unknown_worker_is_named(hook, bob) -> None:
    optims = sy.Optims(["bob", "alice"], optim=optim.SGD(nn.Linear(2, 1).parameters(), lr=0.1))
    for unknown in ("carol", sy.VirtualWorker(hook, id="carol")):
        with pytest.raises(OptimsError, match="no optimizer for carol: these were made for bob, alice"):
            optims.get_optim(unknown)
    with pytest.raises(LookupError, match="made for nobody"):
        sy.Optims([], optim=optim.SGD(nn.Linear(2, 1).parameters(), lr=0.1)).get_optim("bob")


def test_mistakes_are_named(bob) -> None:
    given = optim.SGD(nn.Linear(2, 1).parameters(), lr=0.1)
    for alone in ("bob", bob):
        with pytest.raises(TypeError, match=r"needs a list of workers.*\['bob'\]"):
            sy.Optims(alone, optim=given)
    with pytest.raises(TypeError, match="must be an optimizer"):
        sy.Optims(["bob"], optim=optim.SGD)
    with pytest.raises(TypeError, match="workers or their names, not 3"):
        sy.Optims([3], optim=given)
    with pytest.raises(TypeError, match="workers or their names, not None"):
        sy.Optims(["bob"], optim=given).get_optim(None)
