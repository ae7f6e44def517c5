"""Updates shared among several aggregators: the mean, who may leave, what each of them sees; both transports."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import course as sy
from tests.aggregation.plain import NAMES, look_uniform
from tests.aggregation.test_masking import HOOK, draw, plain_mean, sent

Shared = sy.aggregation.Shared


def makers(count: int) -> list[sy.VirtualWorker]:
    return [sy.VirtualWorker(HOOK, id=f"aggregator {number}") for number in range(count)]


@settings(max_examples=20)
@given(st.integers(3, 7), st.integers(2, 4), st.data())
def test_the_mean_is_of_those_whose_shares_arrived(count: int, aggregators: int, data: st.DataObject) -> None:
    gone = data.draw(st.sets(st.sampled_from(NAMES[:count])))
    with sy.isolated():
        updates, helpers = draw(count, 3), makers(aggregators)
        weights = {name: data.draw(st.floats(0.5, 100)) for name in updates}
        how: Any = {"weights": weights, "leaves": dict.fromkeys(gone, "shares")}
        if count - len(gone) < 3:
            with pytest.raises(sy.TooFewUpdatesError, match="minus its own"):
                sy.aggregation.shared(sent(updates), helpers, **how)
            return
        mean = sy.aggregation.shared(sent(updates), helpers, **how)
        assert mean.location is helpers[0]
        stayed = {name: x for name, x in updates.items() if name not in gone}
        bound = len(stayed) * 0.5 / (2.0**32 * sum(weights[name] for name in stayed))
        assert (mean.get() - plain_mean(stayed, weights)).abs().max() <= bound + 1e-13


def test_only_sums_go_to_the_first_aggregator() -> None:
    helpers, there = makers(3), sent(draw(4, 5))
    sy.the_transcript().clear()
    sy.aggregation.shared(there, helpers)
    rows = [row for row in sy.the_transcript().rows() if row["values"]]
    shares = [(name, helper.id, "5 int64") for name in NAMES[:4] for helper in helpers]
    sums = [(helper.id, helpers[0].id, "5 int64") for helper in helpers[1:]]
    assert [(row["sender"], row["receiver"], row["detail"]) for row in rows] == shares + sums


@pytest.mark.parametrize("secret", [0.0, 1000.0])
def test_all_aggregators_but_one_see_uniform_numbers(secret: float) -> None:
    helpers = makers(3)
    there = sent({name: torch.full((64,), secret) for name in NAMES[:3]})
    for colluders in (helpers[:2], helpers[1:], [helpers[0], helpers[2]]):
        seen = []
        for _ in range(30):
            with sy.attacks.watch(*colluders) as view:
                sy.aggregation.shared(there, helpers)
            first, second = [message.tensors[0] for message in view.received("bob")]
            seen += [first, second, first + second]
        assert look_uniform(torch.cat(seen[0::3]))
        assert look_uniform(torch.cat(seen[1::3]))
        assert look_uniform(torch.cat(seen[2::3]))  # together, too


def test_all_of_them_together_see_everything() -> None:
    helpers, updates = makers(2), draw(3, 4)
    with sy.attacks.watch(*helpers) as view:
        sy.aggregation.shared(sent(updates), helpers)
    total = sum(message.tensors[0] for message in view.received("bob"))
    torch.testing.assert_close(total.double() / 2.0**32, updates["bob"], atol=1e-9, rtol=0)


def test_the_same_doors_as_with_masks() -> None:
    helpers, there = makers(2), sent(draw(3, 2))
    with pytest.raises(sy.RangeBudgetError, match="may add up to"):
        sy.aggregation.shared(there, helpers, scale=2.0**60)
    with pytest.raises(sy.RangeBudgetError, match="sends nothing"):
        sy.aggregation.shared(there, helpers, largest=0.001)
    with pytest.raises(sy.TooFewUpdatesError, match="minus its own"):
        sy.aggregation.shared({"bob": there["bob"], "alice": there["alice"]}, helpers)
    for few in (helpers[:1], [helpers[0], helpers[0]], []):
        with pytest.raises(ValueError, match="two aggregators or more"):
            sy.aggregation.shared(there, few)


def test_an_aggregator_of_another_session_is_named() -> None:
    helpers, there = makers(1), sent(draw(4, 3))
    with sy.isolated():
        stranger = sy.VirtualWorker(HOOK, id="stranger")
    with pytest.raises(sy.UnknownWorkerError, match="found no worker stranger"):
        sy.aggregation.shared(there, [*helpers, stranger])
