"""Models that travel: every layer computes there what it computes here, and comes home as it was."""

import copy
import gc
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import course as sy
from tests.rounding import rounding

Worker = sy.VirtualWorker


def flat(result: Any) -> list[torch.Tensor]:
    if isinstance(result, (tuple, list)):
        return [tensor for part in result for tensor in flat(part)]
    return [] if result is None else [result]


def equal_states(a: nn.Module, b: nn.Module) -> bool:
    one, two = a.state_dict(), b.state_dict()
    return list(one) == list(two) and all(torch.equal(one[name], two[name]) for name in one)


def equal_gradients(a: nn.Module, b: nn.Module) -> bool:
    pairs = zip(a.parameters(), b.parameters(), strict=True)
    return all((p.grad is None and q.grad is None) or torch.equal(p.grad, q.grad) for p, q in pairs)  # type: ignore


class Tied(nn.Module):
    """An output layer that shares its weight with the input layer."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(7, 4)
        self.out = nn.Linear(4, 7)
        self.out.weight = self.embed.weight

    def forward(self, x: Any) -> Any:
        return self.out(self.embed(x).mean(dim=1))


class Recurrent(nn.Module):
    """An LSTM whose last output is classified."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(3, 5, num_layers=2, batch_first=True)
        self.out = nn.Linear(5, 2)

    def forward(self, x: Any) -> Any:
        return self.out(self.lstm(x)[0][:, -1])


class Buffered(nn.Module):
    """Counts its calls in a buffer, and keeps another one out of its state."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))
        self.register_buffer("scale", torch.full((2,), 3.0), persistent=False)
        self.register_parameter("nothing", None)

    def forward(self, x: Any) -> Any:
        self.calls.add_(1)
        return x * self.scale


def numbers(*shape: int) -> torch.Tensor:
    return torch.randn(*shape)


def words(*shape: int) -> torch.Tensor:
    return torch.randint(0, 7, shape)


Case = tuple[Callable[[], nn.Module], Callable[[], tuple[torch.Tensor, ...]]]

MODULES: dict[str, Case] = {
    "Linear": (lambda: nn.Linear(3, 2), lambda: (numbers(4, 3),)),
    "Linear without bias": (lambda: nn.Linear(3, 2, bias=False), lambda: (numbers(3),)),
    "Bilinear": (lambda: nn.Bilinear(3, 2, 4), lambda: (numbers(5, 3), numbers(5, 2))),
    "Conv1d": (lambda: nn.Conv1d(2, 3, 3, padding=1), lambda: (numbers(2, 2, 8),)),
    "Conv2d": (lambda: nn.Conv2d(1, 3, 3, stride=2), lambda: (numbers(2, 1, 8, 8),)),
    "Conv2d, circular": (
        lambda: nn.Conv2d(1, 2, 3, padding=1, padding_mode="circular"),
        lambda: (numbers(1, 1, 5, 5),),
    ),
    "ConvTranspose2d": (lambda: nn.ConvTranspose2d(2, 1, 3, stride=2), lambda: (numbers(1, 2, 4, 4),)),
    "BatchNorm1d": (lambda: nn.BatchNorm1d(3), lambda: (numbers(8, 3),)),
    "BatchNorm2d": (lambda: nn.BatchNorm2d(2), lambda: (numbers(4, 2, 3, 3),)),
    "InstanceNorm1d": (lambda: nn.InstanceNorm1d(2, affine=True), lambda: (numbers(3, 2, 5),)),
    "LayerNorm": (lambda: nn.LayerNorm(4), lambda: (numbers(3, 4),)),
    "GroupNorm": (lambda: nn.GroupNorm(2, 4), lambda: (numbers(3, 4, 2),)),
    "RMSNorm": (lambda: nn.RMSNorm(4), lambda: (numbers(3, 4),)),
    "Embedding": (lambda: nn.Embedding(7, 3), lambda: (words(2, 5),)),
    "Embedding with padding": (lambda: nn.Embedding(7, 3, padding_idx=0), lambda: (words(2, 5),)),
    "EmbeddingBag": (lambda: nn.EmbeddingBag(7, 3), lambda: (words(2, 5),)),
    "PReLU": (lambda: nn.PReLU(), lambda: (numbers(3),)),
    "RNN": (lambda: nn.RNN(3, 4), lambda: (numbers(5, 2, 3),)),
    "RNN of relu": (lambda: nn.RNN(3, 4, nonlinearity="relu"), lambda: (numbers(5, 2, 3),)),
    "GRU": (lambda: nn.GRU(3, 4, num_layers=2), lambda: (numbers(5, 2, 3),)),
    "GRU with a state": (lambda: nn.GRU(3, 4), lambda: (numbers(5, 2, 3), numbers(1, 2, 4))),
    "LSTM": (lambda: nn.LSTM(3, 4), lambda: (numbers(5, 2, 3),)),
    "LSTM, batch first": (lambda: nn.LSTM(3, 4, batch_first=True, num_layers=2), lambda: (numbers(2, 5, 3),)),
    "LSTM, both ways": (lambda: nn.LSTM(3, 4, bidirectional=True), lambda: (numbers(5, 2, 3),)),
    "LSTM, one sequence": (lambda: nn.LSTM(3, 4), lambda: (numbers(5, 3),)),
    "LSTM, projected": (lambda: nn.LSTM(3, 4, proj_size=2), lambda: (numbers(5, 2, 3),)),
    "LSTM and Linear": (Recurrent, lambda: (numbers(2, 5, 3),)),
    "LSTMCell": (lambda: nn.LSTMCell(3, 4), lambda: (numbers(2, 3),)),
    "GRUCell": (lambda: nn.GRUCell(3, 4), lambda: (numbers(2, 3),)),
    "RNNCell": (lambda: nn.RNNCell(3, 4), lambda: (numbers(2, 3),)),
    "MultiheadAttention": (
        lambda: nn.MultiheadAttention(4, 2),
        lambda: tuple(numbers(3, 2, 4) for _ in "qkv"),
    ),
    "TransformerEncoderLayer": (
        lambda: nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True),
        lambda: (numbers(2, 3, 4),),
    ),
    "tied weights": (Tied, lambda: (words(2, 5),)),
    "Sequential": (
        lambda: nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)),
        lambda: (numbers(5, 3),),
    ),
    "nested": (
        lambda: nn.Sequential(
            nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2)), nn.Flatten(), nn.Linear(18, 3)
        ),
        lambda: (numbers(2, 1, 8, 8),),
    ),
    "buffers": (Buffered, lambda: (numbers(3, 2),)),
    "no parameters": (lambda: nn.Sequential(nn.ReLU(), nn.LogSoftmax(dim=1)), lambda: (numbers(3, 2),)),
    "doubles": (lambda: nn.Linear(3, 2).double(), lambda: (numbers(4, 3).double(),)),
}
if not hasattr(nn, "RMSNorm"):  # newer than the oldest torch that the library runs on
    del MODULES["RMSNorm"]


@pytest.fixture(params=MODULES.values(), ids=MODULES)
def case(request: pytest.FixtureRequest) -> Case:
    chosen: Case = request.param
    return chosen


def run(model: nn.Module, inputs: tuple[Any, ...]) -> list[Any]:
    """Forward, and backward from the sum of everything that has a gradient."""
    outputs = flat(model(*inputs))
    tracked = [output.sum() for output in outputs if output.requires_grad]
    if tracked:
        sum(tracked[1:], tracked[0]).backward()
    return outputs


def test_forward_backward_and_buffers_equal_plain_torch(case: Case, bob: Worker, alice: Worker) -> None:
    make, draw = case
    model, inputs = make(), draw()
    twin = copy.deepcopy(model)
    expected = run(twin, inputs)
    model.send(bob)
    outputs = run(model, tuple(tensor.send(bob) for tensor in inputs))
    assert all(output.location is bob for output in outputs)
    assert all(torch.equal(ours.get(), theirs) for ours, theirs in zip(outputs, expected, strict=True))
    model.move(alice)
    model.get()
    assert equal_states(model, twin)
    assert equal_gradients(model, twin)
    del outputs
    assert (len(bob._objects), len(alice._objects)) == (0, 0)


@pytest.fixture
def one_way_of_attention() -> Iterator[None]:
    """Torch evaluates attention in a fused form that differs in the last digit; pointers go without it."""
    if not hasattr(torch.backends, "mha"):  # an older torch has no switch
        yield
        return
    torch.backends.mha.set_fastpath_enabled(False)
    yield
    torch.backends.mha.set_fastpath_enabled(True)


@pytest.mark.usefixtures("one_way_of_attention")
def test_evaluation_equals_plain_torch(case: Case, bob: Worker) -> None:
    make, draw = case
    model, inputs = make().eval(), draw()
    with torch.no_grad():
        expected = flat(model(*inputs))
        model.send(bob)
        outputs = [output.get() for output in flat(model(*[tensor.send(bob) for tensor in inputs]))]
    assert all(map(torch.equal, outputs, expected))


def test_there_and_back_changes_nothing(case: Case, bob: Worker, alice: Worker) -> None:
    model = case[0]()
    twin = copy.deepcopy(model)
    ids = [id(tensor) for tensor in [*model.parameters(), *model.buffers()]]
    classes = [type(tensor) for tensor in [*model.parameters(), *model.buffers()]]
    assert model.send(bob) is model
    assert model.move(alice) is model
    assert model.get() is model
    assert [id(tensor) for tensor in [*model.parameters(), *model.buffers()]] == ids
    assert [type(tensor) for tensor in [*model.parameters(), *model.buffers()]] == classes
    assert equal_states(model, twin)
    assert all(p.is_leaf and p.requires_grad for p in model.parameters())


# ---- where a model is ----


def test_location(bob: Worker, alice: Worker) -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Sequential(nn.Linear(3, 1), nn.Sigmoid()))
    for place, go in (
        (sy.local_worker, lambda: model),
        (bob, lambda: model.send(bob)),
        (alice, lambda: model.move(alice)),
        (sy.local_worker, lambda: model.get()),
    ):
        go()
        assert [part.location for part in model.modules()] == [place] * 6


def test_a_model_without_tensors_knows_where_it_was_sent(bob: Worker, alice: Worker) -> None:
    model = nn.Sequential(nn.ReLU(), nn.Flatten())
    assert model.send(bob).location is bob
    with pytest.raises(sy.ModelAlreadySentError):
        model.send(alice)
    assert model.move(alice).location is alice
    assert model.get().location is sy.local_worker
    assert model.send(bob).location is bob


def test_a_part_can_be_sent_alone(bob: Worker) -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    model[0].send(bob)
    assert model[0].location is bob
    assert model[1].location is sy.local_worker
    hidden = model[0](torch.ones(1, 2).send(bob)).get()
    assert model[1](hidden).shape == (1, 1)
    model[0].get()
    assert model.location is sy.local_worker


def test_move_of_a_model_at_home_is_a_send(bob: Worker) -> None:
    model = nn.Linear(2, 1).move(bob)
    assert model.location is bob
    assert model.move(bob).location is bob
    assert model.move(sy.local_worker).location is sy.local_worker
    assert model.get().location is sy.local_worker


def test_one_message_brings_a_whole_model(bob: Worker, alice: Worker) -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    with sy.record() as log:
        model.send(bob)
        model.move(alice)
        model.get()
    assert [row["kind"] for row in log.rows()] == ["send", "move", "send", "get", "reply"]
    assert len(log.opened()) == 1
    assert [len(row["objects"]) for row in log.rows()] == [7] * 5


def test_gradients_travel_with_the_model(bob: Worker, alice: Worker) -> None:
    model = nn.Linear(2, 1)
    model(torch.ones(1, 2)).sum().backward()
    model.send(bob)
    assert model.weight.grad.copy().get().tolist() == [[1, 1]]
    model(torch.ones(1, 2).send(bob)).sum().backward()
    model.move(alice)
    assert model.weight.grad.copy().get().tolist() == [[2, 2]]
    model.get()
    assert model.weight.grad.tolist() == [[2, 2]]


def test_a_fresh_model_away_has_no_gradient(bob: Worker) -> None:
    model = nn.Linear(2, 1).send(bob)
    assert model.weight.grad is None
    model.zero_grad()
    model(torch.ones(1, 2).send(bob)).sum().backward()
    assert model.weight.grad is not None
    model.zero_grad()
    assert model.weight.grad is None
    model.zero_grad(set_to_none=False)
    model(torch.ones(1, 2).send(bob)).sum().backward()
    model.zero_grad(set_to_none=False)
    assert model.weight.grad.get().tolist() == [[0, 0]]


def test_dropout_under_a_seed(bob: Worker) -> None:
    model = nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.5))
    x = torch.randn(4, 3)
    torch.manual_seed(5)
    expected = model(x)
    model.send(bob)
    p = x.send(bob)
    torch.manual_seed(5)
    assert torch.equal(model(p).get(), expected)


def test_dropout_repeats_under_the_session_s_seed(bob: Worker) -> None:
    model, x = nn.Dropout(0.5).send(bob), torch.ones(100).send(bob)
    sy.seed(5)
    first = model(x)
    sy.seed(5)
    second = model(x)
    zeros = (first == 0).sum().get()
    assert 20 < zeros < 80
    assert torch.equal(first.get(), second.get())
    assert torch.equal(model.eval()(x).get(), torch.ones(100))


def test_training_and_evaluation_are_modes_of_the_model(bob: Worker) -> None:
    model = nn.BatchNorm1d(2).send(bob)
    x = torch.randn(8, 2).send(bob)
    model(x)
    model.eval()
    before = model.running_mean.copy().get()
    model(x)
    assert torch.equal(model.running_mean.copy().get(), before)
    assert not model.get().training


def test_a_layer_that_reads_a_value_is_refused(bob: Worker) -> None:
    """Without a momentum torch divides by the number of batches, which is a value there."""
    model = nn.BatchNorm1d(2, momentum=None).send(bob)
    with pytest.raises(sy.ValueRefusedError):
        model(torch.randn(4, 2).send(bob))


# ---- copies and files ----


def test_a_copy_is_made_where_the_model_is(bob: Worker, alice: Worker) -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)).send(bob)
    with sy.record() as log:
        twin = model.copy()
        model.copy().move(alice)
    assert len(log.opened()) == 0
    assert twin.location is bob
    with torch.no_grad():
        model[0].weight.zero_()
    twin.get()
    assert twin[0].weight.abs().sum() > 0
    assert twin.location is sy.local_worker
    assert all(type(p) is nn.Parameter and p.is_leaf for p in twin.parameters())
    model.get()
    assert model[0].weight.abs().sum() == 0


def test_a_copy_of_tied_weights_is_tied(bob: Worker) -> None:
    twin = Tied().send(bob).copy()
    assert twin.embed.weight is twin.out.weight
    assert len(bob._objects) == 2
    twin.get()
    assert twin.embed.weight is twin.out.weight


def test_a_copy_at_home(bob: Worker) -> None:
    model = nn.Linear(2, 1)
    twin = model.copy().send(bob)
    assert model.location is sy.local_worker
    assert equal_states(model, twin.get())


def test_state_saving_and_deepcopy_work_at_home(bob: Worker) -> None:
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    model.send(bob).get()
    twin = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    twin.load_state_dict(model.state_dict())
    assert equal_states(model, twin)
    file = io.BytesIO()
    torch.save(model.state_dict(), file)
    file.seek(0)
    third = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    third.load_state_dict(torch.load(file, weights_only=True))
    assert equal_states(model, third)
    file = io.BytesIO()
    torch.save(model, file)
    file.seek(0)
    assert equal_states(model, torch.load(file, weights_only=False))
    assert equal_states(model, copy.deepcopy(model))


@pytest.mark.parametrize(
    "save",
    [
        lambda model: model.state_dict(),
        lambda model: torch.save(model, io.BytesIO()),
        lambda model: torch.save(model.state_dict(), io.BytesIO()),
        lambda model: model.load_state_dict(nn.Linear(2, 1).state_dict()),
        lambda model: nn.Sequential(nn.ReLU(), model).state_dict(),
    ],
    ids=["state_dict", "save", "save of the state", "load_state_dict", "state of a whole"],
)
def test_a_model_that_is_away_is_not_saved(save: Callable[[Any], Any], bob: Worker) -> None:
    model = nn.Linear(2, 1).send(bob)
    with sy.record() as log, pytest.raises(sy.SavePointerError, match=r"home (first )?with (model)?\.get\(\)"):
        save(model)
    assert len(log.opened()) == 0
    model.get()
    save(model)


# ---- classes of parameters ----


def test_a_parameter_away_is_still_a_parameter(bob: Worker) -> None:
    model = nn.Linear(2, 1)
    weight = model.weight
    model.send(bob)
    assert model.weight is weight
    assert isinstance(weight, nn.Parameter) and isinstance(weight, sy.PointerTensor)
    assert weight.shape == (1, 2)
    assert [name for name, _ in model.named_parameters()] == ["weight", "bias"]
    assert len(list(model.parameters())) == 2
    assert sum(p.numel() for p in model.parameters()) == 3
    assert repr(model) == "Linear(in_features=2, out_features=1, bias=True)"
    model.get()
    assert type(weight) is nn.Parameter


def test_a_parameter_made_of_one_that_is_away(bob: Worker) -> None:
    """As at home: a second parameter with the same values in the same memory."""
    weight: Any = nn.Linear(2, 1).send(bob).weight  # type: ignore[operator]
    second = nn.Parameter(weight)
    constant = nn.Parameter(weight, requires_grad=False)
    assert isinstance(second, nn.Parameter) and isinstance(second, sy.PointerTensor)
    assert (second.is_leaf, second.requires_grad, constant.requires_grad) == (True, True, False)
    with torch.no_grad():
        weight.fill_(3)
    del weight
    assert torch.equal(second.get(), torch.full((1, 2), 3.0)) and type(second) is nn.Parameter


def test_initialisation_runs_there(bob: Worker) -> None:
    model = nn.Linear(2, 1).send(bob)
    nn.init.zeros_(model.weight)
    nn.init.constant_(model.bias, 0.5)
    assert model(torch.ones(1, 2).send(bob)).get().tolist() == [[0.5]]


def test_averaging_two_models_by_hand(bob: Worker, alice: Worker, carol: Worker) -> None:
    """Two models meet at carol; only their mean comes home."""
    model = nn.Linear(2, 1)
    ours, theirs = model.copy().send(bob), model.copy().send(alice)
    with torch.no_grad():
        ours.weight.add_(2)
        theirs.weight.sub_(1)
    expected = model.weight.detach() + 0.5
    ours.move(carol)
    theirs.move(carol)
    with sy.record() as log, torch.no_grad():
        model.weight.set_(((ours.weight.data + theirs.weight.data) / 2).get())
        model.bias.set_(((ours.bias.data + theirs.bias.data) / 2).get())
    torch.testing.assert_close(model.weight.detach(), expected, rtol=0, atol=3 * rounding(3))  # below 3, 3 additions
    assert [row["detail"] for row in log.rows() if row["receiver"] == "me" and row["values"]] == [
        "1 x 2 float32",
        "1 float32",
    ]


def test_a_loss_of_functional_pieces(bob: Worker) -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.LogSoftmax(dim=1))
    twin = model.copy()
    x, y = torch.randn(6, 4), torch.randint(0, 3, (6,))
    F.nll_loss(twin(x), y).backward()
    model.send(bob)
    loss = nn.NLLLoss()(model(x.send(bob)), y.send(bob))
    loss.backward()
    assert torch.equal(loss.get(), F.nll_loss(twin(x), y))
    assert equal_gradients(model.get(), twin)


# ---- another dtype, another device ----

CONVERSIONS: dict[str, Callable[[nn.Module], Any]] = {
    'to("cpu")': lambda model: model.to("cpu"),
    "to(float64)": lambda model: model.to(torch.float64),
    "to(device, dtype)": lambda model: model.to("cpu", torch.float64),
    "to(a tensor's)": lambda model: model.to(torch.zeros(1, dtype=torch.float64)),
    "float": lambda model: model.float(),
    "double": lambda model: model.double(),
    "half": lambda model: model.half(),
    "bfloat16": lambda model: model.bfloat16(),
    "type": lambda model: model.type(torch.float64),
    "cpu": lambda model: model.cpu(),
}


@pytest.mark.parametrize("name", CONVERSIONS)
def test_a_model_that_is_away_changes_its_dtype_there(name: str, bob: Worker) -> None:
    """Values, gradients and buffers as in plain torch; the parameters stay the same objects."""
    states = []
    for worker in (None, bob):
        torch.manual_seed(0)
        model: Any = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
        held = list(model.parameters())
        x: Any = torch.linspace(-1, 1, 8).view(4, 2)
        if worker is not None:
            model.send(worker)
            x = x.send(worker)
        model(x).pow(2).sum().backward()
        with sy.record() as log:
            CONVERSIONS[name](model)
            model(x.type(model[0].weight.dtype)).pow(2).sum().backward()
        assert len(log.opened()) == 0
        assert all(one is other for one, other in zip(held, model.parameters(), strict=True))
        if worker is not None:
            assert model.location is worker
            model.get()
        states.append({**model.state_dict(), **{f"{key}.grad": p.grad for key, p in model.named_parameters()}})
        assert model(torch.ones(2, 2, dtype=model[0].weight.dtype)).shape == (2, 3)
    here, there = states
    assert here.keys() == there.keys()
    for key, value in here.items():
        assert value.dtype == there[key].dtype, key
        assert torch.equal(value, there[key]), key
    del x
    assert len(bob._objects) == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda model: model.to_empty(device="cpu"), "nobody has cleared.* to_empty .* comes before its send"),
        (lambda model: model.share_memory(), "outside the worker's store"),
    ],
    ids=["to_empty", "share_memory"],
)
def test_a_conversion_that_cannot_be_says_why(change: Any, words: str, bob: Worker) -> None:
    model: Any = nn.Linear(2, 1).send(bob)  # type: ignore[operator]
    with pytest.raises(sy.OperationNotReviewedError, match=words):
        change(model)
    assert model.get().weight.shape == (1, 2)


def test_a_model_that_is_away_loses_its_memory_there(bob: Worker) -> None:
    """`to("meta")` keeps shapes, gives the memory back and makes new parameters, as in plain torch."""
    model: Any = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    twin = copy.deepcopy(model).to("meta")
    weight = model.send(bob)[0].weight
    assert model.to("meta") is model and model.location is bob
    assert model[0].weight is not weight and not weight.is_meta
    for there, here in zip(everything(model), everything(twin), strict=True):
        assert there.is_meta and not there.is_cpu and there.location is bob
        assert (there.shape, there.dtype, there.requires_grad) == (here.shape, here.dtype, here.requires_grad)
    assert [name for name, _ in model.named_parameters()] == [name for name, _ in twin.named_parameters()]
    assert model(torch.zeros(4, 2).send(bob).to("meta")).shape == (4, 3)  # type: ignore[attr-defined]
    del model, weight, there
    gc.collect()
    assert len(bob._objects) == 0


def everything(model: nn.Module) -> list[Any]:
    return [*model.parameters(), *model.buffers()]
