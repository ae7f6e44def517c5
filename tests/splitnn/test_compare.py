"""The measurement on images: nothing is lost by a split, and what travels is what the parts hand on."""

import copy
import re

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import course as sy
from course import datasets

NUMBER = 4  # bytes of a float32


def halves(rows: int) -> tuple[tuple[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]:
    """So many digits to learn from, and others to test on."""
    digits = datasets.digits()
    return (digits.features[:rows], digits.labels[:rows]), (digits.features[-200:], digits.labels[-200:])


def stages() -> list[nn.Module]:
    torch.manual_seed(0)
    return sy.splitnn.image_stages(8)


def test_digits_in_two_three_and_five_parts() -> None:
    train, test = halves(512)
    given = stages()
    before = copy.deepcopy(nn.Sequential(*given).state_dict())
    result = sy.splitnn.compare_splits(given, train, test, epochs=4, batch_size=16, lr=0.2)
    frame = result.frame
    assert frame.index.tolist() == [1, 2, 3, 5]
    assert frame["accuracy"].min() > 0.3 and frame["accuracy"].max() - frame["accuracy"].min() < 0.011  # chance: 0.1
    assert (frame["apart"] < 1e-5).all()
    assert frame["values"].tolist() == [0, 32 * 2, 32 * 4, 32 * 8]  # of 32 batches, one each way over each cut
    assert frame["messages"].is_monotonic_increasing and (frame["seconds"] > 0).all()
    assert all(map(torch.equal, before.values(), nn.Sequential(*given).state_dict().values()))


def test_bytes_are_those_of_activations_and_gradients() -> None:
    """Counted by hand: 16 x 4 x 4 numbers for each image over the only cut, there and back."""
    train, test = halves(128)
    (whole, two) = sy.splitnn.compare_splits(stages(), train, test, counts=[2], epochs=1, batch_size=64).rows
    carried = 2 * 128 * 16 * 4 * 4 * NUMBER
    assert whole["MB"] == 0
    assert carried < two["MB"] * 1e6 < 1.1 * carried


def test_the_whole_is_plain_torch() -> None:
    train, test = halves(128)
    row = sy.splitnn.compare_splits(stages(), train, test, counts=[1], epochs=2, batch_size=128, lr=0.2).rows[0]
    network = nn.Sequential(*stages())
    optimizer = torch.optim.SGD(network.parameters(), lr=0.2)
    for _ in range(2):  # one batch an epoch: its order does not matter but for rounding
        optimizer.zero_grad()
        F.cross_entropy(network(train[0]), train[1]).backward()
        optimizer.step()
    right = (network(test[0]).argmax(dim=1) == test[1]).float().mean().item()
    assert row["accuracy"] == pytest.approx(right, abs=0.011)  # two rows of 200 may be a tie that rounding decides


def test_the_session_stays_as_it_was(bob: sy.VirtualWorker) -> None:
    x = torch.ones(2).send(bob)  # type: ignore[attr-defined]
    sent = len(sy.the_transcript())
    train, test = halves(64)
    sy.splitnn.compare_splits(stages(), train, test, counts=[2], epochs=1)
    assert sy.workers() == [bob] and len(sy.the_transcript()) == sent
    assert x.get().tolist() == [1, 1]


def test_it_shows_itself_as_a_picture_and_a_table() -> None:
    train, test = halves(64)
    result = sy.splitnn.compare_splits(stages(), train, test, counts=[2, 5], epochs=1)
    shown = result._repr_html_()
    assert shown.startswith("<svg") and "<table" in shown
    assert re.search(r'aria-label="The network whole.*messages an epoch: whole 0, 2 parts [\d,]+, 5 parts [\d,]', shown)
    assert "accuracy" in repr(result) and "accuracy" in repr(result.frame.columns)


@pytest.mark.parametrize("counts", [[6], [0], []])
def test_more_parts_than_stages_are_refused(counts: list[int]) -> None:
    train, test = halves(64)
    with pytest.raises(ValueError, match="counts of parts go from 1 to 5 here"):
        sy.splitnn.compare_splits(stages(), train, test, counts=counts)


@pytest.mark.parametrize("count", range(1, 6))
def test_stages_are_cut_in_order_and_evenly(count: int) -> None:
    given = stages()
    parts = sy.splitnn.cut_into(count, given)
    assert [layer for part in parts for layer in part] == given  # type: ignore[attr-defined]
    sizes = [len(part) for part in parts]  # type: ignore[arg-type]
    assert len(sizes) == count and max(sizes) - min(sizes) <= 1
