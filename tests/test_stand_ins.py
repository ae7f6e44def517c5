"""Stand-ins: what is fixed is a plain number, what is not stays a step, and no example shows a value."""

import pytest
import torch
from torch import nn

import course as sy


def test_fixed_sizes_are_plain_numbers() -> None:
    @sy.func2plan(args_shape=[(-1, 3)])
    def columns(x):
        assert x.shape[1] == 3 and x.dim() == 2 and x.dtype is torch.float32 and not x.requires_grad
        return torch.stack([x[:, at] for at in range(x.shape[1])]) if x.size(1) > 2 else x

    x = torch.rand(5, 3)
    assert torch.equal(columns(x), x.T)
    assert "shape" not in columns.code


def test_a_tensor_as_long_as_the_batch_is_made_when_the_plan_runs(bob) -> None:
    zeros, arange = torch.zeros, torch.arange

    @sy.func2plan(args_shape=[(-1, 3)])
    def numbered(x):
        return x + torch.zeros(x.shape[0], 3) + torch.arange(x.shape[0]).unsqueeze(1) * torch.full((x.size(0), 1), 2.0)

    assert torch.zeros is zeros and torch.arange is arange
    x = torch.rand(6, 3)
    assert torch.equal(numbered.send(bob)(x.send(bob)).get(), x + 2 * torch.arange(6).unsqueeze(1))


def test_a_layer_that_begins_with_zeros_bakes_no_batch_size_in(bob) -> None:
    """LSTMCell makes zeros of the size of its batch. LSTM compares sizes, and is refused rather than frozen."""

    class Cell(sy.Plan):
        def __init__(self) -> None:
            super().__init__()
            self.cell = nn.LSTMCell(3, 4)

        def forward(self, x):
            return self.cell(x)[0]

    cell = Cell().build(torch.rand(5, 3))
    x = torch.rand(2, 3)
    assert torch.equal(cell.send(bob)(x.send(bob)).get(), cell.cell(x)[0])
    cell.cell = nn.LSTM(3, 4, batch_first=True)
    with pytest.raises(sy.CannotRecordError, match="decides by a size"):
        cell.build(torch.rand(5, 7, 3))


def test_an_example_at_a_worker_tells_its_shape_only(bob) -> None:
    x = torch.rand(4, 3).send(bob)
    with sy.record() as log:
        plan = sy.func2plan()(lambda x: x.sum(1)).build(x)
    assert not any(row["values"] for row in log.rows())
    assert torch.equal(plan(torch.ones(2, 3)), torch.full((2,), 3.0))


def test_no_value_of_an_example_is_recorded() -> None:
    plan = sy.func2plan()(lambda x: x * 2)
    assert plan.build(torch.full((3,), 12345.0)).graph == plan.build(torch.zeros(3)).graph


@pytest.mark.parametrize("name", ["RNN", "GRU", "LSTM"])
def test_what_a_recurrent_layer_may_be_replaced_by_works(name, bob) -> None:
    """The refusal names two ways: a cell in a loop, and no plan."""

    class Layer(sy.Plan):
        def __init__(self) -> None:
            super().__init__()
            self.layer = getattr(nn, name)(3, 4, batch_first=True)

        def forward(self, x):
            return self.layer(x)[0]

    class Loop(sy.Plan):
        def __init__(self) -> None:
            super().__init__()
            self.cell = getattr(nn, f"{name}Cell")(3, 4)

        def forward(self, x):
            h = c = x.new_zeros((x.shape[0], 4))
            outputs = []
            for at in range(x.shape[1]):
                h, c = self.cell(x[:, at], (h, c)) if name == "LSTM" else (self.cell(x[:, at], h), c)
                outputs.append(h)
            return torch.stack(outputs, 1)

    whole, loop, x = Layer(), Loop(), torch.rand(2, 5, 3)
    loop.cell.load_state_dict({key.removesuffix("_l0"): value for key, value in whole.layer.state_dict().items()})
    with pytest.raises(sy.CannotRecordError, match=rf"uses nn.{name}, which decides .* nn.{name}Cell in a loop"):
        whole.build(x)
    expected = whole.layer(x)[0]
    torch.testing.assert_close(loop.build(torch.rand(7, 5, 3)).send(bob)(x.send(bob)).get(), expected)
    torch.testing.assert_close(whole.layer.send(bob)(x.send(bob))[0].get(), expected)
