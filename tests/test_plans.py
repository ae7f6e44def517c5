"""Plans: recorded once, run anywhere from their graph with one message, and equal to plain torch."""

import copy
import pickle
import subprocess
import sys
import warnings
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import course as sy
from course.codec import decode, encode
from course.messages import Item, Reply, Send
from course.replay import Program


def calcu_of() -> sy.Plan:
    @sy.func2plan(args_shape=[(-1,), (-1,)])
    def calcu(x, y):
        z = x + y
        return z / 2

    return calcu


class Net(sy.Plan):
    """The module plan of the older notebooks."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(2, 3)
        self.fc2 = nn.Linear(3, 2)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = self.fc2(x)
        return F.log_softmax(x, dim=-1)


class Training(sy.Plan):
    """Forward, loss, backward and step in one plan."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x, y):
        self.zero_grad()
        loss = F.mse_loss(self.net(x), y)
        loss.backward()
        with torch.no_grad():
            for p in self.parameters():
                p.add_(p.grad, alpha=-0.1)  # as torch's own SGD
        return loss


def train_plainly(net: nn.Module, x: torch.Tensor, y: torch.Tensor, steps: int) -> list[float]:
    optimizer, losses = torch.optim.SGD(net.parameters(), lr=0.1), []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.mse_loss(net(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


# ---- what things print -----------------------------------------------------------------------------------------------


def test_a_plan_and_its_pointer_print_as_the_notebooks_show(alice) -> None:
    calcu = calcu_of()
    pointer = calcu.send(alice)
    assert repr(calcu) == str(calcu) == f"<Plan calcu id:{calcu.id} owner:me built>"
    assert repr(pointer) == f"[PointerPlan | me:{pointer.id} -> alice:{pointer.id_at_location}]"
    assert repr(alice._objects) == f"{{{calcu.id}: <Plan calcu id:{calcu.id} owner:alice built>}}"
    for shown in (calcu, pointer, alice._objects[calcu.id]):
        assert repr(shown).replace("<", "&lt;").replace(">", "&gt;") in shown._repr_html_()
    assert repr(Net()).startswith("<Plan Net id:") and repr(Net()).endswith(" owner:me>")
    assert pointer.location is alice and pointer.id_at_location == calcu.id and pointer.owner is calcu.owner


def test_the_code_of_a_plan_can_be_read() -> None:
    assert calcu_of().code == "def calcu(x, y):\n    add = x + y\n    div = add / 2\n    return div"
    net = Net()
    net.build(torch.tensor([1.0, 2.0]))
    assert net.code.splitlines() == [
        "def Net(x):  # state: fc1_weight, fc1_bias, fc2_weight, fc2_bias",
        "    linear = F.linear(x, fc1_weight, fc1_bias)",
        "    relu = F.relu(linear)",
        "    linear_1 = F.linear(relu, fc2_weight, fc2_bias)",
        "    log_softmax = F.log_softmax(linear_1, dim=-1)",
        "    return log_softmax",
    ]


# ---- running ---------------------------------------------------------------------------------------------------------


def test_one_message_runs_a_plan(alice) -> None:
    pointer = calcu_of().send(alice)
    x, y = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 5.0])
    x_ptr, y_ptr = x.send(alice), y.send(alice)
    with sy.record() as log:
        result = pointer(x_ptr, y_ptr)
    (row,) = log.rows()
    assert (row["kind"], row["op"], row["values"]) == ("run", "calcu", False)
    assert row["bytes"] == len(encode(next(iter(log))))
    assert torch.equal(result.get(), (x + y) / 2)
    assert len(alice._objects) == 3


def test_the_transcript_says_which_plan_was_sent(bob) -> None:
    net = Net()
    net.build(torch.ones(1, 2))
    with sy.record() as log:
        pointer = net.send(bob)
        fetched = pointer.get()
    sent, _, reply = log.rows()
    assert sent["detail"].startswith("plan Net, 3 x 2 float32") and sent["values"]
    assert reply["detail"] == sent["detail"]
    assert fetched.is_built


def test_a_plan_without_state_carries_no_values(bob) -> None:
    with sy.record() as log:
        calcu_of().send(bob)
    assert [(row["kind"], row["values"], row["detail"]) for row in log.rows()][:1] == [("send", False, "plan calcu")]


def test_a_plan_sent_to_several_runs_where_its_arguments_are(bob, alice) -> None:
    pointer = calcu_of().send(bob, alice)
    for worker in (bob, alice):
        x = torch.arange(3.0).send(worker)
        assert pointer(x, x).get().tolist() == [0, 1, 2]
    many = torch.ones(2).send(bob, alice)
    assert [part.tolist() for part in pointer(many, many).get()] == [[1, 1], [1, 1]]
    assert pointer.location == [bob, alice]
    assert len(pointer.get()) == 2
    assert (len(bob._objects), len(alice._objects)) == (1, 2)  # many, and the last x


def test_a_lost_pointer_deletes_the_plan_and_its_state(bob) -> None:
    net = Net()
    net.build(torch.ones(1, 2))
    pointer = net.send(bob)
    assert len(bob._objects) == 5
    del pointer
    assert len(bob._objects) == 0


def test_a_plan_that_sends_does_not_replay_its_first_input(bob, alice) -> None:
    """L19."""

    @sy.func2plan(args_shape=[(3,)])
    def plan(x):
        x = x.send(bob)
        x = x + x
        return x.abs()

    for value in (torch.zeros(3), torch.ones(3)):
        result = plan(value)
        assert result.location is bob
        assert torch.equal(result.get(), 2 * value)
    there = plan.send(alice)
    chain = there(torch.ones(3).send(alice))
    assert chain.location is alice
    assert chain.get().get().tolist() == [2, 2, 2]
    assert [row["sender"] for row in sy.seen_by(bob).to_dict("records")] == ["me", "me", "alice"]
    del there, chain
    assert len(bob._objects) == 0


def test_a_plan_moves_and_gets(bob, alice) -> None:
    @sy.func2plan(args_shape=[(-1,)])
    def round_trip(x):
        return (x.send(bob) * 2).move(alice).get() + 1

    assert round_trip(torch.ones(2)).tolist() == [3, 3]
    assert len(bob._objects) == len(alice._objects) == 0


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_the_batch_size_is_not_baked_in(bob, rows) -> None:
    @sy.func2plan(args_shape=[(-1, 3)])
    def spread(x):
        n = x.shape[0]
        return (x - x.sum(0) / n).view(n * 3), x.reshape(n, -1).sum() / (n + 1), x.new_zeros((n,))

    x = torch.rand(rows, 3)
    expected = ((x - x.sum(0) / rows).view(-1), x.sum() / (rows + 1), torch.zeros(rows))
    results = spread.send(bob)(x.send(bob))
    assert all(torch.equal(a, b) for a, b in zip(spread(x), expected, strict=True))
    assert all(torch.equal(a.get(), b) for a, b in zip(results, expected, strict=True))
    net = Net().build(torch.rand(5, 2))
    assert torch.equal(net.send(bob)(torch.ones(rows, 2).send(bob)).get(), net(torch.ones(rows, 2)))


ELEMENTWISE = ["abs", "exp", "relu", "sigmoid", "tanh", "neg"]


OTHERS = ["plus", "times", "double", "reflected", "mean_off"]


@given(
    st.lists(st.sampled_from([*ELEMENTWISE, *OTHERS]), min_size=1, max_size=6),
    st.integers(1, 4),
    st.integers(1, 4),
)
def test_any_sequence_of_operations_gives_what_plain_torch_gives(names, rows, columns) -> None:
    sy.reset()
    carol = sy.VirtualWorker(sy.TorchHook(torch, verbose=False), id="carol")

    def program(x, y):
        for name in names:
            if name in ELEMENTWISE:
                x = getattr(torch, name)(x)
            elif name == "mean_off":
                x = x - x.mean(0, keepdim=True)
            else:
                x = {"plus": x + y, "times": y * x, "double": 2 * x, "reflected": 1 - x}[name]
        return x

    plan = sy.func2plan(args_shape=[(-1, columns), (-1, columns)])(program)
    x, y = torch.rand(rows, columns), torch.rand(rows, columns)
    expected = program(x, y)
    assert torch.equal(plan(x, y), expected)
    assert torch.equal(plan.send(carol)(x.send(carol), y.send(carol)).get(), expected)


def test_random_numbers_are_drawn_when_the_plan_runs(bob) -> None:
    @sy.func2plan(args_shape=[(3,)])
    def noisy(x):
        return x + torch.randn(3) * 0.1 + torch.zeros(3)

    x = torch.zeros(3)
    there, x_ptr = noisy.send(bob), x.send(bob)
    assert not torch.equal(there(x_ptr).get(), there(x_ptr).get())
    torch.manual_seed(3)
    here = noisy(x)
    torch.manual_seed(3)
    assert torch.equal(there(x_ptr).get(), here)


def test_building_draws_no_random_numbers() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    Net.build(dropout_net(), torch.ones(2, 2))
    torch.manual_seed(5)
    dropout = dropout_net()
    torch.manual_seed(5)
    dropout.build(torch.ones(2, 2))
    assert torch.equal(torch.rand(1), expected)


def dropout_net() -> sy.Plan:
    class Dropped(sy.Plan):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.5))

        def forward(self, x):
            return self.layers(x)

    return Dropped()


def test_several_results_come_in_the_form_in_which_they_are_returned(bob) -> None:
    @sy.func2plan(args_shape=[(-1, 4)])
    def parts(x):
        largest = x.max(1)
        left, right = torch.split(x, 2, dim=1)
        return largest.values, [left, (right,)]

    x = torch.rand(3, 4)
    largest, (left, (right,)) = parts.send(bob)(x.send(bob))
    assert torch.equal(largest.get(), x.max(1).values)
    assert torch.equal(torch.cat([left.get(), right.get()], 1), x)


def test_a_plan_that_returns_nothing(bob) -> None:
    @sy.func2plan(args_shape=[(-1,)])
    def double(x):
        x.mul_(2)

    x = torch.ones(2).send(bob)
    assert double.send(bob)(x) is None
    assert x.get().tolist() == [2, 2]


def test_indices_and_masks(bob) -> None:
    @sy.func2plan(args_shape=[(-1, 3)])
    def picked(x):
        x = x.clone()
        x[:, 0] = 0
        return x[:, 1:], x[..., 0], torch.where(x > 0.5, x, -x), x[0]

    x = torch.rand(2, 3)
    for a, b in zip(picked.send(bob)(x.send(bob)), picked(x), strict=True):
        assert torch.equal(a.get(), b)
    assert "set_item" not in picked.code and "clone[:, 0] = 0" in picked.code and "clone[:, 1:]" in picked.code


def test_a_plan_within_a_plan(bob) -> None:
    inner = calcu_of()
    net = Net()

    class Outer(sy.Plan):
        def __init__(self) -> None:
            super().__init__()
            self.net = net

        def forward(self, x):
            return inner(self.net(x), x)

    outer = Outer().build(torch.ones(3, 2))
    x = torch.rand(4, 2)
    assert torch.equal(outer.send(bob)(x.send(bob)).get(), (net(x) + x) / 2)


# ---- state -----------------------------------------------------------------------------------------------------------


STATES = [[torch.tensor([3.0]), torch.ones(1)], {"bias": torch.tensor([3.0]), "one": torch.ones(1)}]


@pytest.mark.parametrize("state", STATES)
def test_the_state_of_a_function(bob, state) -> None:
    @sy.func2plan(args_shape=[(-1,)], state=state)
    def scaled(x, state):
        bias, one = state.read()
        return x * bias + one + state[1] - state[1]

    assert [p.tolist() for p in scaled.parameters()] == [[3], [1]]
    there = scaled.send(bob)
    assert there(torch.tensor([1.0, 2.0]).send(bob)).get().tolist() == [4, 7]
    assert [p.location for p in there.parameters()] == [bob, bob]


def test_a_module_plan_trains_at_home_as_any_module() -> None:
    torch.manual_seed(2)
    net, plain = Net(), nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2), nn.LogSoftmax(-1))
    plain.load_state_dict(dict(zip(plain.state_dict(), net.state_dict().values(), strict=True)))
    x, y = torch.rand(4, 2), torch.rand(4, 2)
    losses = train_plainly(plain, x, y, 3)
    first = train_plainly(net, x, y, 1)
    net.build(x)
    assert first + train_plainly(net, x, y, 2) == losses


def test_what_is_sent_is_the_state_of_now(bob) -> None:
    net = Net()
    net.build(torch.ones(1, 2))
    x = torch.rand(3, 2)
    x_ptr = x.send(bob)
    stale = net.send(bob)
    assert stale.is_current
    train_plainly(net, x, torch.rand(3, 2), 1)
    assert not stale.is_current
    with pytest.warns(sy.StalePlanWarning, match="4 of 4 of its tensors have changed"):
        old = stale(x_ptr).get()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stale(x_ptr)  # said once
        fresh = net.send(bob)(x_ptr).get()
    assert not torch.equal(old, net(x))
    assert torch.equal(fresh, net(x))


def test_a_plan_is_recorded_anew_when_a_layer_is_switched(bob) -> None:
    net = dropout_net().build(torch.ones(2, 2))
    assert "F.dropout(linear)" in net.code
    net.eval()
    x = torch.rand(2, 2)
    assert torch.equal(net.send(bob)(x.send(bob)).get(), net.layers[0](x))


def test_a_training_plan_equals_plain_torch_and_learns_where_the_data_is(bob) -> None:
    torch.manual_seed(4)
    plain = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 1))
    plan = Training(copy.deepcopy(plain))
    x, y = torch.rand(6, 3), torch.rand(6, 1)
    before = [p.clone() for p in plan.parameters()]
    plan.build(x, y)
    assert all(torch.equal(a, b) and a.grad is None for a, b in zip(plan.parameters(), before, strict=True))
    there = plan.send(bob)
    x_ptr, y_ptr = x.send(bob), y.send(bob)
    with sy.record() as log:
        losses = [there(x_ptr, y_ptr) for _ in range(3)]
    assert [row["kind"] for row in log.rows()] == ["run"] * 3
    assert [loss.get().item() for loss in losses] == train_plainly(plain, x, y, 3)
    home = there.get()
    for a, b in zip(home.net.state_dict().values(), plain.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    assert type(home) is Training and isinstance(home.net[0].weight, nn.Parameter)
    assert all(torch.equal(a, b) for a, b in zip(plan.parameters(), before, strict=True))
    assert bob.network.count("bob") == 2


def test_the_gradients_of_sent_state_can_be_seen(bob) -> None:
    class Loss(sy.Plan):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(torch.ones(2))

        def forward(self, x):
            loss = (self.w * x).sum()
            loss.backward()
            return loss

    there = Loss().build(torch.ones(2)).send(bob)
    (w,) = there.parameters()
    assert w.grad is None
    there(torch.tensor([3.0, 4.0]).send(bob))
    assert w.grad.get().tolist() == [3, 4]


def test_gradients_by_autograd_grad(bob) -> None:
    @sy.func2plan(args_shape=[(-1,)], state=[torch.tensor([2.0], requires_grad=True)])
    def step(x, state):
        (w,) = state
        loss = ((w * x) ** 2).sum()
        (g,) = torch.autograd.grad(loss, [w])
        with torch.no_grad():
            w.sub_(0.1 * g)
        return g

    there = step.send(bob)
    assert there(torch.tensor([1.0, 2.0]).send(bob)).get().tolist() == [20]
    assert there.parameters()[0].get().tolist() == [0]


def test_a_tensor_attribute_and_a_tied_weight_are_state(bob) -> None:
    class Tied(sy.Plan):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False)
            self.two.weight = self.one.weight
            self.shift = torch.tensor([10.0])

        def forward(self, x):
            return self.two(self.one(x)) + self.shift

    tied = Tied().build(torch.ones(1, 2))
    assert tied.graph.state == ("shift", "one_weight")
    x = torch.rand(3, 2)
    there = tied.send(bob)
    assert torch.equal(there(x.send(bob)).get(), tied(x))
    home = there.get()
    assert home.two.weight is home.one.weight is not tied.one.weight


def test_a_copy_has_a_state_of_its_own() -> None:
    net = Net().build(torch.ones(1, 2))
    twin = net.copy()
    assert twin.is_built and twin.id != net.id and twin.graph == net.graph
    with torch.no_grad():
        twin.fc1.weight.zero_()
    assert net.fc1.weight.any()


# ---- as bytes --------------------------------------------------------------------------------------------------------


def training_of() -> sy.Plan:
    return Training(nn.Linear(3, 1)).build(torch.rand(2, 3), torch.rand(2, 1))


@pytest.mark.parametrize("plan", [calcu_of, training_of])
def test_a_plan_survives_encode_and_decode(plan) -> None:
    graph = plan().graph
    message = decode(encode(Send("me", "bob", (Item(7, graph),))))
    assert message.items[0].value == graph
    assert message.items[0].value is not graph
    assert Program(message.items[0].value).graph == graph


def test_a_plan_runs_in_a_process_that_never_saw_the_function(tmp_path) -> None:
    graph = calcu_of().graph
    (tmp_path / "plan").write_bytes(encode(Reply("me", "bob", (Item(7, graph),))))
    program = (
        "import sys, torch; from course.codec import decode; from course.replay import Program; "
        "graph = decode(open(sys.argv[1], 'rb').read()).items[0].value; "
        "print(Program(graph)(None, torch.tensor([1., 2.]), torch.tensor([3., 6.])).tolist())"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "plan")], capture_output=True, text=True)
    assert done.stdout == "[2.0, 4.0]\n", done.stderr


def test_a_plan_can_be_saved_at_home(tmp_path) -> None:
    net = Net().build(torch.ones(1, 2))
    again = pickle.loads(pickle.dumps(net))
    assert torch.equal(again(torch.ones(2, 2)), net(torch.ones(2, 2))) and again.code == net.code


# ---- mistakes --------------------------------------------------------------------------------------------------------


def text_of(kind: type[Exception], mistake: Any) -> str:
    with pytest.raises(kind) as caught:
        mistake()
    return str(caught.value)


def test_arguments_elsewhere_are_refused_with_both_places(bob, alice) -> None:
    there = calcu_of().send(alice)
    x, y = torch.ones(2).send(bob), torch.ones(2).send(alice)
    for args, places in [((x, x), ("alice", "bob")), ((x, y), ("bob", "alice")), ((y, x), ("alice", "bob"))]:
        text = text_of(sy.TensorsNotCollocatedException, lambda args=args: there(*args))
        assert f"one is on {places[0]} and one is on {places[1]}" in text
    text = text_of(sy.TensorsNotCollocatedException, lambda: there(torch.ones(2), y))
    assert "one is here with you and one is on alice" in text and "x.send(alice)" in text
    assert (len(bob._objects), len(alice._objects)) == (1, 2)


def test_a_wrong_number_or_kind_of_arguments_is_refused(alice) -> None:
    calcu = calcu_of()
    there, x = calcu.send(alice), torch.ones(2).send(alice)
    for mistake in (lambda: there(x), lambda: there(x, x, x), lambda: calcu(torch.ones(2)), lambda: there(x, 3)):
        text = text_of(sy.PlanArgumentsError, mistake)
        assert text.startswith("calcu takes 2 tensors (x, y), and got ")
    with pytest.raises(sy.PlanArgumentsError, match="Net takes 1 tensor .x., and got 2 examples"):
        Net().build(torch.ones(1, 2), torch.ones(1, 2))
    with pytest.raises(sy.PlanArgumentsError, match="a list"):
        Net().build([1.0, 2.0])


def test_a_plan_that_is_not_built_is_neither_sent_nor_read(bob) -> None:
    net = Net()
    assert not net.is_built
    assert "Net.build(x)" in text_of(sy.PlanNotBuiltError, lambda: net.send(bob))
    text = text_of(sy.PlanNotBuiltError, lambda: net.code)
    assert text.startswith("Net is not built yet, so there is nothing for code")
    assert torch.is_tensor(net(torch.ones(1, 2)))
    with pytest.raises(sy.MoveToNobodyError):
        calcu_of().send()
    with pytest.raises(sy.NotAWorkerError):
        calcu_of().send("bob")
    with pytest.raises(ValueError, match="is no shape"):
        sy.func2plan(args_shape=[(1, -20)])(lambda x: x)


def test_a_spent_pointer_says_so(bob) -> None:
    there = calcu_of().send(bob)
    there.get()
    x = torch.ones(1).send(bob)
    assert "(spent" in repr(there)
    for mistake in (lambda: there(x, x), there.get, there.parameters):
        with pytest.raises(sy.AlreadyFetchedError):
            mistake()
    with pytest.raises(sy.SavePointerError):
        pickle.dumps(there)


def test_after_clear_objects_the_plan_is_gone(bob) -> None:
    there = calcu_of().send(bob)
    bob.clear_objects()
    x = torch.ones(1).send(bob)
    with pytest.raises(sy.ObjectNotFoundError):
        there(x, x)


def test_an_error_within_a_plan_is_torch_s_own_and_changes_nothing(bob) -> None:
    there = calcu_of().send(bob)
    x, y = torch.ones(2).send(bob), torch.ones(3).send(bob)
    with pytest.raises(RuntimeError) as away:
        there(x, y)
    with pytest.raises(RuntimeError) as here:
        torch.ones(2) + torch.ones(3)
    assert str(away.value) == str(here.value)
    assert away.value.__notes__ == ["in step 1 of the plan calcu: add = x + y"]
    assert torch.is_grad_enabled() and len(bob._objects) == 3


def test_an_error_within_a_plan_tells_no_value(bob) -> None:
    @sy.func2plan()
    def chosen(x, labels):
        return F.nll_loss(x, labels)

    chosen.build(torch.rand(2, 3), torch.ones(2, dtype=torch.long))
    with pytest.raises(IndexError) as caught:
        chosen.send(bob)(torch.rand(2, 3).send(bob), torch.tensor([1, 77]).send(bob))
    assert "77" not in str(caught.value)


def test_whole_numbers_are_said_by_their_dtype(bob) -> None:
    """One dtype for all arguments, or one for each, in the order of args_shape."""
    x, y = torch.rand(5, 3), torch.tensor([0, 2, 1, 1, 0])
    loss = sy.func2plan(args_shape=[(-1, 3), (-1,)], args_dtype=[torch.float32, torch.int64])(F.cross_entropy)
    assert torch.equal(loss.send(bob)(x.send(bob), y.send(bob)).get(), F.cross_entropy(x, y))
    ones = sy.func2plan(args_shape=[(-1,), (-1,)], args_dtype=torch.int64)(lambda a, b: F.one_hot(a, 3) + b[:, None])
    assert torch.equal(ones(y, y), F.one_hot(y, 3) + y[:, None])


@pytest.mark.parametrize("dtypes", [[torch.int64], [torch.int64] * 3, ["int64", "int64"], ()])
def test_a_dtype_for_each_argument_or_one_for_all(dtypes: Any) -> None:
    with pytest.raises(ValueError, match=r"what is in each of 2 arguments: give one dtype for all, or a list"):
        sy.func2plan(args_shape=[(-1,), (-1,)], args_dtype=dtypes)(lambda a, b: a + b)


def test_an_error_of_torchs_own_says_what_was_taken_for_granted() -> None:
    with pytest.raises(RuntimeError, match="LongTensor|index tensor") as found:
        sy.func2plan(args_shape=[(-1,)])(lambda y: F.one_hot(y, 3))
    assert "taken to be torch.float32" in found.value.__notes__[0]
    assert "args_dtype=[torch.float32, torch.int64]" in found.value.__notes__[0]
    with pytest.raises(RuntimeError) as found:
        sy.func2plan(args_shape=[(4, 3)], args_dtype=torch.float32)(lambda x: x.reshape(5))
    assert not hasattr(found.value, "__notes__")
