"""What an error may say: torch's own words about shapes, and no value of a worker's tensor."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

import course as sy

Worker = sy.VirtualWorker
HOOK = sy.TorchHook(torch)

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # torch's own, on both sides

QUOTES_A_VALUE: dict[str, Callable[[Any], Any]] = {
    "a label": lambda n: F.nll_loss(n.new_zeros(1, 3).float(), n),
    "a class": lambda n: F.cross_entropy(n.new_zeros(1, 3).float(), target=n),
    "an index": lambda n: n.new_zeros(3)[n],
    "a row": lambda n: n.new_zeros(3, 2).index_select(0, n),
    "a place": lambda n: n.new_zeros(3).gather(0, n),
    "a word": lambda n: F.embedding(n, n.new_zeros(3, 2).float()),
    "to scatter": lambda n: n.new_zeros(3).scatter(0, n, 1),
    "to put": lambda n: n.new_zeros(3).put(n, n),
    "to take": lambda n: n.new_zeros(3).take(n),
    "to select": lambda n: n.new_zeros(3).select(0, n[0]),
    "one hot": lambda n: F.one_hot(n, 3),
    "offsets": lambda n: F.embedding_bag(n * 0, n.new_zeros(3, 2).float(), n),
    "a margin": lambda n: F.multi_margin_loss(n.new_zeros(1, 3).float(), n),
    "a chance": lambda n: n.float().bernoulli(),
    "chances": lambda n: torch.multinomial(-n.float(), 1),
    "a limit": lambda n: torch.histc(n.float() / 0, 3),
    "lengths": lambda n: F.ctc_loss(n.new_zeros(5, 1, 3).float(), n.view(1, 1) * 0, n, n),
}


def raised(compute: Callable[[], Any]) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: B017, PT011  whichever it is
        compute()
    assert not isinstance(caught.value, sy.CourseError)
    return caught.value


@given(st.sampled_from(sorted(QUOTES_A_VALUE)), st.integers(100, 10**6))
def test_no_error_quotes_a_value(name: str, secret: int) -> None:
    bob = sy.VirtualWorker(HOOK, id="bob")
    told = str(raised(lambda: QUOTES_A_VALUE[name](torch.tensor([secret]).send(bob))))  # type: ignore[attr-defined]
    assert str(secret) not in told
    assert "inf" not in told.split("(the numbers")[0].replace("info", "")


@pytest.mark.parametrize("name", QUOTES_A_VALUE)
def test_the_same_error_for_two_secrets_but_for_nothing(name: str, bob: Worker) -> None:
    """Two values of the same kind cannot be told apart by the text."""
    first, second = (
        raised(lambda secret=secret: QUOTES_A_VALUE[name](torch.tensor([secret]).send(bob))) for secret in (471, 9_352)
    )
    assert (type(first), str(first)) == (type(second), str(second))


ABOUT_SHAPES: dict[str, Callable[[Any], Any]] = {
    "a product": lambda x: x @ x,
    "a sum": lambda x: x + x.view(3, 2),
    "a view": lambda x: x.view(4, 2),
    "an index of my own": lambda x: x[47],
    "a dimension": lambda x: x.sum(dim=5),
    "a convolution": lambda x: F.conv2d(x, x),
    "a layer": lambda x: F.linear(x, x[:, :1]),
    "a stack": lambda x: torch.stack([x, x[0]]),
    "a reshape": lambda x: x.reshape(7),
    "the graph": lambda x: x.backward(),
    "expand": lambda x: x.expand(5, 7),
    "in place": lambda x: x.add_(x.repeat(2, 1)),
    "labels of a wrong shape": lambda x: F.nll_loss(x, x.long()),
    "whole numbers": lambda x: F.dropout(x, 1.5),
    "no whole number": lambda x: x.long().mean(),
    "an assertion": lambda x: F.lp_pool1d(x, 2.0, None),
}


@pytest.mark.parametrize("name", ABOUT_SHAPES)
def test_what_torch_says_of_shapes_is_told_word_for_word(name: str, bob: Worker) -> None:
    mistake, x = ABOUT_SHAPES[name], torch.arange(6.0).view(2, 3)
    here, there = raised(lambda: mistake(x)), raised(lambda: mistake(x.send(bob)))  # type: ignore[attr-defined]
    assert (type(here), str(here)) == (type(there), str(there))


def test_finding_out_what_may_be_told_changes_nothing(bob: Worker) -> None:
    """No operand, no random number: the second look is at other tensors."""
    x, index = torch.zeros(3).send(bob), torch.tensor([0, 7]).send(bob)
    sy.seed(1)
    expected = x.bernoulli(0.5).get()
    sy.seed(1)
    with pytest.raises(IndexError):
        x[index]
    assert torch.equal(x.bernoulli(0.5).get(), expected)
    assert x.get().tolist() == [0, 0, 0]
    assert index.get().tolist() == [0, 7]


def test_an_error_of_linear_algebra_stays_one(bob: Worker) -> None:
    with pytest.raises(torch.linalg.LinAlgError, match="the input matrix is singular"):
        torch.linalg.inv(torch.zeros(2, 2).send(bob))


def test_the_courses_own_refusals_quote_nothing_either(bob: Worker) -> None:
    x, secret = torch.zeros(3).send(bob), torch.tensor(4_711).send(bob)
    for mistake in (
        lambda: x.type(secret),
        lambda: x[:secret],
        lambda: x.new(secret),
        lambda: x.topk(secret),
        lambda: x.repeat_interleave(secret),
        lambda: x.as_strided((1,), (1,), secret),
        lambda: F.one_hot(x.long(), secret),
        lambda: x[secret.view(1).bool()],
    ):
        with pytest.raises((sy.CourseError, TypeError)) as caught:
            mistake()
        assert "4711" not in str(caught.value)


def test_through_a_chain_too(bob: Worker, alice: Worker) -> None:
    x, n = torch.zeros(3).send(bob).send(alice), torch.tensor([4_711]).send(bob).send(alice)
    with pytest.raises(IndexError) as caught:
        x[n]
    assert "4711" not in str(caught.value)
    with pytest.raises(RuntimeError, match="size of tensor a .3. must match the size of tensor b .2."):
        x + x[:2]
