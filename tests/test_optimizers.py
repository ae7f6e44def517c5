"""Every optimizer of torch on a remote model equals the local run; its state follows the model."""

import copy
import inspect
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn, optim

import course as sy

Worker = sy.VirtualWorker
Make = Callable[[Any], optim.Optimizer]

OPTIMIZERS: dict[str, Make] = {
    "Adadelta": lambda p: optim.Adadelta(p, lr=0.5),
    "Adafactor": lambda p: optim.Adafactor(p, lr=0.05),
    "Adagrad": lambda p: optim.Adagrad(p, lr=0.1),
    "Adam": lambda p: optim.Adam(p, lr=0.05),
    "Adam, amsgrad": lambda p: optim.Adam(p, lr=0.05, amsgrad=True, weight_decay=0.01),
    "AdamW": lambda p: optim.AdamW(p, lr=0.05),
    "Adamax": lambda p: optim.Adamax(p, lr=0.05),
    "ASGD": lambda p: optim.ASGD(p, lr=0.05),
    "LBFGS": lambda p: optim.LBFGS(p, lr=0.1, max_iter=4),
    "LBFGS, strong Wolfe": lambda p: optim.LBFGS(p, lr=0.5, max_iter=4, line_search_fn="strong_wolfe"),
    "Muon": lambda p: optim.Muon([q for q in p if q.ndim == 2], lr=0.05),
    "NAdam": lambda p: optim.NAdam(p, lr=0.05),
    "RAdam": lambda p: optim.RAdam(p, lr=0.05),
    "RMSprop": lambda p: optim.RMSprop(p, lr=0.02),
    "RMSprop, centered": lambda p: optim.RMSprop(p, lr=0.02, momentum=0.9, centered=True),
    "Rprop": lambda p: optim.Rprop(p, lr=0.02),
    "SGD": lambda p: optim.SGD(p, lr=0.1),
    "SGD, momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "SGD, decay": lambda p: optim.SGD(p, lr=0.1, weight_decay=0.1, momentum=0.5, dampening=0.1),
    "SGD, maximize": lambda p: optim.SGD(p, lr=0.01, maximize=True),
    "two groups": lambda p: optim.SGD(
        [{"params": (q := list(p))[:2], "lr": 0.1}, {"params": q[2:], "momentum": 0.9}], lr=0.01
    ),
}
FOREACH = "Adadelta Adafactor Adagrad Adam AdamW Adamax NAdam RAdam RMSprop Rprop SGD".split()
OPTIMIZERS |= {
    f"{name}, foreach": lambda p, name=name: getattr(optim, name)(p, lr=0.02, foreach=True)  # type: ignore[misc]
    for name in FOREACH
}
OPTIMIZERS["Adam, foreach, amsgrad"] = lambda p: optim.Adam(p, lr=0.05, amsgrad=True, weight_decay=0.01, foreach=True)
OPTIMIZERS["SGD, foreach, momentum"] = lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, foreach=True)
for newer in {"Adafactor", "Muon"} - set(vars(optim)):  # not in every torch that the library runs on
    del OPTIMIZERS[newer]
    OPTIMIZERS.pop(f"{newer}, foreach", None)
READS_VALUES = {"LBFGS", "LBFGS, strong Wolfe", "Adafactor", "Adafactor, foreach"} & set(OPTIMIZERS)
NEEDS_SPARSE_GRADIENTS = {"SparseAdam"}


def network() -> nn.Module:
    torch.manual_seed(3)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))


def data() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(4)
    x = torch.randn(8, 3)
    return x, x.sum(dim=1, keepdim=True)


def step(model: nn.Module, optimizer: optim.Optimizer, x: Any, y: Any) -> Any:
    """One step; LBFGS needs a closure, and a remote loss is a value that it reads."""

    def closure() -> Any:
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        return loss

    if isinstance(optimizer, optim.LBFGS):
        return optimizer.step(closure)
    loss = closure()
    optimizer.step()
    return loss


def same(model: nn.Module, twin: nn.Module) -> bool:
    return all(map(torch.equal, model.state_dict().values(), twin.state_dict().values()))


def plain(make: Make, steps: int) -> nn.Module:
    model = network()
    optimizer = make(model.parameters())
    for _ in range(steps):
        step(model, optimizer, *data())
    return model


def sent(worker: Worker) -> tuple[Any, Any]:
    x, y = data()
    return x.send(worker), y.send(worker)


def test_every_class_of_torch_is_here() -> None:
    classes = {name for name, thing in vars(optim).items() if inspect.isclass(thing)} - {"Optimizer"}
    assert {name.split(",")[0] for name in OPTIMIZERS} - {"two groups"} | NEEDS_SPARSE_GRADIENTS >= classes


@pytest.fixture(params=OPTIMIZERS.values(), ids=OPTIMIZERS)
def make(request: pytest.FixtureRequest) -> Make:
    chosen: Make = request.param
    return chosen


def test_built_before_send(make: Make, bob: Worker) -> None:
    model = network()
    optimizer = make(model.parameters())
    model.send(bob)
    remote = sent(bob)
    for _ in range(4):
        step(model, optimizer, *remote)
    assert same(model.get(), plain(make, 4))


def test_built_after_send(make: Make, bob: Worker) -> None:
    model = network().send(bob)
    optimizer = make(model.parameters())
    remote = sent(bob)
    for _ in range(4):
        step(model, optimizer, *remote)
    assert same(model.get(), plain(make, 4))


def test_the_state_follows_the_model(make: Make, bob: Worker, alice: Worker) -> None:
    """Home, bob, alice, home again, bob: two steps at each."""
    model = network()
    optimizer = make(model.parameters())
    for place in (None, bob, alice, None, bob):
        model.get() if place is None else model.move(place)
        tensors = data() if place is None else sent(place)
        for _ in range(2):
            step(model, optimizer, *tensors)
        del tensors
    assert same(model.get(), plain(make, 10))
    del model, optimizer


def test_nothing_is_left_on_workers_the_model_has_left(make: Make, bob: Worker, alice: Worker) -> None:
    model = network()
    optimizer = make(model.parameters())
    for place in (bob, alice, bob, alice):
        model.move(place)
        step(model, optimizer, *sent(place))
    model.move(bob)
    step(model, optimizer, *sent(bob))
    assert len(alice._objects) == 0
    here = [key for state in optimizer.state.values() for key, value in state.items() if key == "params"]
    assert here == []
    del model, optimizer
    assert len(bob._objects) == 0


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_only_those_that_read_values_open_any_and_the_transcript_says_so(name: str, bob: Worker) -> None:
    model = network()
    optimizer = OPTIMIZERS[name](model.parameters())
    model.send(bob)
    remote = sent(bob)
    with sy.record() as log:
        for _ in range(3):
            step(model, optimizer, *remote)
    opened = log.opened()
    if name in READS_VALUES:
        assert len(opened) > 0
        assert {detail.split()[0] for detail in opened["detail"]} == {"1"}, "single numbers only"
    else:
        assert len(opened) == 0


REFUSED: dict[str, tuple[Make, str]] = {
    "fused Adam": (lambda p: optim.Adam(p, fused=True), "without fused=True"),
    "fused SGD": (lambda p: optim.SGD(p, lr=0.1, fused=True), "without fused=True"),
    "ASGD, foreach": (lambda p: optim.ASGD(p, foreach=True), "without foreach=True"),
    "a learning rate as a tensor": (lambda p: optim.Adam(p, lr=torch.tensor(0.1)), "a plain number"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_form_of_a_step_that_needs_tensors_here_is_refused_with_the_form_that_runs(name: str, bob: Worker) -> None:
    make, modern = REFUSED[name]
    model = network()
    optimizer = make(model.parameters())
    model.send(bob)
    with pytest.raises(sy.OperationNotReviewedError, match=modern):
        step(model, optimizer, *sent(bob))
    assert same(model.get(), network())


def test_zero_grad_and_learning_rates(bob: Worker) -> None:
    model = nn.Linear(2, 1).send(bob)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    model(torch.ones(1, 2).send(bob)).sum().backward()
    optimizer.zero_grad()
    assert model.weight.grad is None
    model(torch.ones(1, 2).send(bob)).sum().backward()
    optimizer.zero_grad(set_to_none=False)
    assert model.weight.grad.get().tolist() == [[0, 0]]
    optimizer.param_groups[0]["lr"] = 0.5
    assert optimizer.step() is None


def test_a_scheduler(bob: Worker) -> None:
    model, twin = network(), network()
    for net, tensors in ((twin, data()), (model.send(bob), sent(bob))):
        optimizer = optim.SGD(net.parameters(), lr=0.5)
        scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
        for _ in range(6):
            step(net, optimizer, *tensors)
            scheduler.step()
    assert same(model.get(), twin)


def test_a_step_without_gradients_does_nothing(bob: Worker) -> None:
    model = network().send(bob)
    optimizer = optim.Adam(model.parameters())
    optimizer.step()
    assert same(model.get(), network())
    assert len(bob._objects) == 0


def test_the_state_of_an_optimizer_at_home_can_be_saved(bob: Worker) -> None:
    model = network()
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    model.send(bob)
    step(model, optimizer, *sent(bob))
    model.get()
    step(model, optimizer, *data())
    state = optimizer.state_dict()["state"]
    assert all(type(value) is torch.Tensor for entry in state.values() for value in entry.values())


def test_a_local_optimizer_is_as_it_was() -> None:
    for make in OPTIMIZERS.values():
        assert same(plain(make, 3), plain(make, 3))


def test_two_models_in_one_optimizer(bob: Worker, alice: Worker) -> None:
    """A split network: each half steps where it is."""
    first, second = nn.Linear(2, 2), nn.Linear(2, 1)
    twin = nn.Sequential(first.copy(), second.copy())
    optimizer = optim.Adam([*first.parameters(), *second.parameters()], lr=0.1, foreach=False)
    local = optim.Adam(twin.parameters(), lr=0.1)
    x = torch.ones(3, 2)
    twin(x).sum().backward()
    local.step()
    first.send(bob)
    second.send(alice)
    hidden = first(x.send(bob))
    received = hidden.copy().move(alice, requires_grad=True)
    second(received).sum().backward()
    hidden.backward(received.grad.clone().move(bob))
    optimizer.step()
    assert same(nn.Sequential(first.get(), second.get()), twin)


# ---- who may open a number ----


def closure_of(model: nn.Module, x: Any, y: Any, meanwhile: Callable[[], Any]) -> Callable[[], Any]:
    def closure() -> Any:
        model.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        meanwhile()
        return loss

    return closure


@pytest.mark.parametrize("name", ["torch.optim.lbfgs", "torch.optim._adafactor", "torch.optim.optimizer"])
def test_code_that_takes_the_name_of_an_optimizer_reads_nothing(name: str, bob: Worker) -> None:
    secret = torch.tensor(47.0).send(bob)
    module: dict[str, Any] = {"__name__": name, "secret": secret}
    for read in ("secret.item()", "float(secret)", "bool(secret)", "int(secret)", "[*secret]"):
        with pytest.raises(sy.ValueRefusedError):
            eval(compile(read, name, "eval"), module)
        with pytest.raises(sy.ValueRefusedError):
            eval(compile(f"[{read} for _ in [0]]", name, "eval"), module)


@pytest.mark.parametrize("read", [float, bool, int, lambda p: p.item(), lambda p: p.tolist()])
@pytest.mark.parametrize("name", sorted(READS_VALUES))
def test_a_closure_gets_no_right_from_the_step_that_calls_it(name: str, read: Any, bob: Worker) -> None:
    secret = torch.tensor(47.0).send(bob)
    model = network().send(bob)
    optimizer = OPTIMIZERS[name](model.parameters())
    with sy.record() as log, pytest.raises(sy.ValueRefusedError):
        optimizer.step(closure_of(model, *sent(bob), lambda: read(secret)))
    assert secret.id_at_location not in [id for row in log.rows() if row["kind"] == "get" for id in row["objects"]]
    with pytest.raises(sy.ValueRefusedError):  # and after a step that failed nobody has it
        read(secret)


def test_neither_do_hooks_around_the_step_nor_a_loss_that_reads_when_it_is_read(bob: Worker) -> None:
    secret = torch.tensor(47.0).send(bob)
    heard = []

    def spy(*args: Any) -> None:
        try:
            heard.append(secret.item())
        except sy.ValueRefusedError:
            heard.append("refused")

    class Loss:
        def __float__(self) -> float:
            spy()
            return 1.0

    model = network().send(bob)
    x, y = sent(bob)
    optimizer = optim.LBFGS(model.parameters(), max_iter=2)
    optimizer.register_step_pre_hook(spy)
    optimizer.register_step_post_hook(spy)
    optimizer.step(closure_of(model, x, y, spy))
    optimizer.step(lambda: closure_of(model, x, y, spy)() is None or Loss())
    assert len(heard) > 4
    assert set(heard) == {"refused"}


def test_another_thread_gets_no_right_from_a_step(bob: Worker) -> None:
    secret = torch.tensor(47.0).send(bob)
    heard: list[Any] = []

    def spy() -> None:
        try:
            heard.append(secret.item())
        except sy.ValueRefusedError:
            heard.append("refused")

    def in_a_thread() -> None:
        thread = threading.Thread(target=spy)
        thread.start()
        thread.join()

    model = network().send(bob)
    optim.LBFGS(model.parameters(), max_iter=2).step(closure_of(model, *sent(bob), in_a_thread))
    assert heard
    assert set(heard) == {"refused"}


@pytest.mark.parametrize("name", sorted(READS_VALUES))
def test_every_number_that_a_step_opens_is_in_the_transcript(name: str, bob: Worker, monkeypatch: Any) -> None:
    """As many replies as torch's code asked for numbers."""
    asked = []
    for word in ("item", "__bool__", "__float__"):
        original = getattr(sy.PointerTensor, word)
        monkeypatch.setattr(sy.PointerTensor, word, lambda p, read=original: (asked.append(1), read(p))[1])
    model = network().send(bob)
    optimizer = OPTIMIZERS[name](model.parameters())
    with sy.record() as log:
        step(model, optimizer, *sent(bob))
    assert len(log.opened()) == len(asked) > 0


def test_without_the_hook_nobody_opens_numbers_and_the_step_is_torchs_own(bob: Worker) -> None:
    hook = sy.TorchHook(torch)
    hooked = optim.LBFGS.step
    secret = torch.tensor(47.0).send(bob)
    hook.unhook()
    try:
        assert optim.LBFGS.step is not hooked
        assert same(plain(OPTIMIZERS["LBFGS"], 3), plain(OPTIMIZERS["LBFGS"], 3))
        with pytest.raises(sy.ValueRefusedError):
            secret.item()
    finally:
        sy.TorchHook(torch)


# ---- sparse gradients ----


def looked_up(away: Worker | None, make: Make, sparse: bool) -> nn.Module:
    torch.manual_seed(0)
    table = nn.Embedding(6, 2, sparse=sparse)
    rows: Any = torch.tensor([1, 4, 1])
    if away is not None:
        table.send(away)  # type: ignore[operator]
        rows = rows.send(away)
    optimizer = make(table.parameters())
    for _ in range(3):
        optimizer.zero_grad()
        table(rows).pow(2).sum().backward()
        optimizer.step()
    return table


def test_plain_descent_takes_sparse_gradients(bob: Worker) -> None:
    make: Make = lambda p: optim.SGD(p, lr=0.1)  # noqa: E731
    away = looked_up(bob, make, sparse=True)
    weight = away.weight.copy().get()  # type: ignore[operator,union-attr]
    assert torch.equal(weight, looked_up(None, make, sparse=True).weight)  # type: ignore[arg-type]


@pytest.mark.parametrize("make", [optim.SparseAdam, optim.Adagrad], ids=["SparseAdam", "Adagrad"])
def test_what_would_tell_the_rows_names_the_form_that_does_not(make: Any, bob: Worker) -> None:
    with pytest.raises(sy.OperationNotReviewedError, match=r"which rows|different rows.*sparse=False"):
        looked_up(bob, make, sparse=True)
    dense = looked_up(bob, optim.Adam, sparse=False)
    assert same(dense.get(), looked_up(None, optim.Adam, sparse=False))  # type: ignore[operator]


# ---- checkpoints ---------------------------------------------------------------------------------------------------


KEEP_STATE: dict[str, Make] = {
    "SGD with momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    "Adam": lambda p: optim.Adam(p, lr=0.1),
    "Adagrad": lambda p: optim.Adagrad(p, lr=0.1),
}


@pytest.mark.parametrize("name", KEEP_STATE)
@pytest.mark.parametrize("goes_on", ["at home", "away"])
def test_a_checkpoint_in_the_middle_of_training_goes_on_as_plain_torch_does(
    name: str, goes_on: str, bob: Worker, tmp_path: Path
) -> None:
    model = network()
    optimizer = KEEP_STATE[name](model.parameters())
    model.send(bob)
    for _ in range(2):
        step(model, optimizer, *sent(bob))
    model.get()
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, tmp_path / "checkpoint")
    again = network()
    again_optimizer = KEEP_STATE[name](again.parameters())
    saved = torch.load(tmp_path / "checkpoint", weights_only=True)
    again.load_state_dict(saved["model"])
    again_optimizer.load_state_dict(saved["optimizer"])
    if goes_on == "away":
        again.send(bob)
    for _ in range(2):
        step(again, again_optimizer, *(sent(bob) if goes_on == "away" else data()))
    assert same(again.get(), plain(KEEP_STATE[name], 4))


def test_an_optimizer_whose_parameters_are_away_is_not_saved(bob: Worker) -> None:
    model = network()
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    model.send(bob)
    step(model, optimizer, *sent(bob))
    with sy.record() as log, pytest.raises(sy.SavePointerError, match="optimizer"):
        optimizer.state_dict()
    assert len(log.opened()) == 0


def test_a_step_that_torch_compile_has_wrapped_is_guarded_once(bob: Worker) -> None:
    program = (
        "import torch, course as sy\n"
        "sy.TorchHook(torch)\n"
        "import torch._dynamo\n"
        "torch.compile(lambda x: x, backend='eager')(torch.ones(1))\n"
        "sy.TorchHook(torch).unhook()\n"
        "bob = sy.VirtualWorker(sy.TorchHook(torch), id='bob')\n"
        "secret, heard = torch.tensor(47.0).send(bob), []\n"
        "def spy(*args):\n"
        "    try:\n"
        "        heard.append(secret.item())\n"
        "    except sy.ValueRefusedError:\n"
        "        heard.append('refused')\n"
        "model = torch.nn.Linear(1, 1).send(bob)\n"
        "x = torch.ones(1, 1).send(bob)\n"
        "optimizer = torch.optim.LBFGS(model.parameters(), max_iter=2)\n"
        "optimizer.register_step_pre_hook(spy)\n"
        "optimizer.register_step_post_hook(spy)\n"
        "def closure():\n"
        "    optimizer.zero_grad()\n"
        "    loss = model(x).sum()\n"
        "    loss.backward()\n"
        "    return loss\n"
        "optimizer.step(closure)\n"
        "print(heard)\n"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True)
    assert done.stdout == "['refused', 'refused']\n", done.stderr


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_one_optimizer_for_parameters_at_two_workers(bob: Worker, alice: Worker, momentum: float) -> None:
    """Six parameters and more at one worker step as lists; at two each steps where it is."""
    torch.manual_seed(3)
    models = [nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2)), nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))]
    twins = copy.deepcopy(models)
    for model, worker in zip(models, (bob, alice), strict=True):
        model.send(worker)  # type: ignore[operator]
    x = torch.randn(5, 3)
    for pair, places in ((models, (bob, alice)), (twins, (None, None))):
        optimizer = optim.SGD([p for model in pair for p in model.parameters()], lr=0.1, momentum=momentum)
        for _ in range(3):
            optimizer.zero_grad()
            for model, worker in zip(pair, places, strict=True):
                model(x if worker is None else x.send(worker)).square().sum().backward()  # type: ignore[attr-defined]
            optimizer.step()
    for model, twin in zip(models, twins, strict=True):
        assert same(model.get(), twin)  # type: ignore[operator]
