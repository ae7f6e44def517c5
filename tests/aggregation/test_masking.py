"""Masked aggregation on workers: the mean, who sees what, who may leave when, and what is refused; both transports."""

from __future__ import annotations

import copy
import gc
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import course as sy
from course.aggregation import client
from course.aggregation.sums import at
from tests.aggregation.plain import NAMES, look_uniform

Masked = sy.aggregation.Masked
HOOK = sy.TorchHook(torch)
Workers = dict[str, sy.VirtualWorker]


def people(count: int) -> Workers:
    return {name: sy.VirtualWorker(HOOK, id=name) for name in NAMES[:count]}


@pytest.fixture
def server(hook: sy.TorchHook) -> sy.VirtualWorker:
    return sy.VirtualWorker(hook, id="server")


def sent(updates: dict[str, Any]) -> dict[str, Any]:
    """These tensors, each at the worker of its key."""
    return {name: update.send(sy.VirtualWorker(HOOK, id=name)) for name, update in updates.items()}


def draw(count: int, *shape: int, dtype: torch.dtype = torch.float64) -> dict[str, torch.Tensor]:
    return {name: 10 * torch.randn(shape, dtype=dtype) for name in NAMES[:count]}


def plain_mean(updates: dict[str, torch.Tensor], weights: dict[str, float] | None = None) -> torch.Tensor:
    shares = weights or dict.fromkeys(updates, 1.0)
    return sum(shares[name] * x.double() for name, x in updates.items()) / sum(shares[name] for name in updates)


# ---- what comes out --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [3, 5])
@pytest.mark.parametrize("power", [8, 20, 32])
def test_the_mean_is_off_by_the_rounding_of_the_encoding_and_no_more(
    count: int, power: int, server: sy.VirtualWorker
) -> None:
    updates = draw(count, 20, 3)
    weights = {name: 1.0 + place for place, name in enumerate(updates)}
    for shares in (None, weights):
        mean = sy.aggregation.masked(sent(updates), server, shares, scale=2.0**power)
        assert mean.location is server
        total = sum(weights.values()) if shares else count
        bound = count * 0.5 / (2.0**power * total)
        apart = (mean.get() - plain_mean(updates, shares)).abs().max().item()
        assert apart <= bound + 1e-14
        assert power > 20 or apart > bound / 1000  # the encoding does round


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64], ids=str)
def test_the_mean_has_the_dtype_and_the_shape_of_the_updates(dtype: torch.dtype, server: sy.VirtualWorker) -> None:
    for shape in ((), (1,), (2, 0, 3), (4, 2)):
        updates = draw(3, *shape, dtype=dtype)
        mean = sy.aggregation.masked(sent(updates), server).get()
        torch.testing.assert_close(mean, plain_mean(updates).to(dtype))


def test_the_sum_of_whole_numbers_is_exact(server: sy.VirtualWorker) -> None:
    updates = {name: torch.tensor([2**40 + place, -place, 0]) for place, name in enumerate(NAMES)}
    found = Masked(largest=2.0**41, scale=1.0).sum(sent(updates), server).get()
    assert found.tolist() == torch.stack(list(updates.values())).sum(0).tolist()
    weighed = Masked(largest=2.0**41, scale=1.0).sum(sent(updates), server, dict.fromkeys(NAMES, 3.0)).get()
    assert weighed.tolist() == (3 * found).tolist()


def test_dicts_of_tensors_by_name_in_whatever_order(server: sy.VirtualWorker) -> None:
    updates = {name: {"w": torch.randn(2, 3), "b": torch.randn(2), "u": torch.randn(2, 3)} for name in NAMES[:3]}
    there = {
        name: {part: x.send(worker) for part, x in update.items()}  # type: ignore[attr-defined]
        for worker, (name, update) in zip(people(3).values(), updates.items(), strict=True)
    }
    there["carol"] = dict(sorted(there["carol"].items()))
    mean = sy.aggregation.masked(there, server)
    assert list(mean) == ["w", "b", "u"]
    for part in mean:
        right = torch.stack([update[part] for update in updates.values()]).mean(0)
        torch.testing.assert_close(mean[part].get(), right)


def test_whole_models_like_federated_avg(server: sy.VirtualWorker) -> None:
    workers = people(4)
    models = {}
    for place, name in enumerate(workers):
        model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
        for _ in range(place + 1):
            model(torch.randn(6, 3))
        model[0].bias.requires_grad_(False)
        models[name] = model
    weights = {"bob": 10, "alice": 20, "carol": 5, "dan": 1}
    right = sy.federated_avg(copy.deepcopy(models), weights)
    away = {name: copy.deepcopy(model).send(workers[name]) for name, model in models.items()}  # type: ignore[operator]
    mean = sy.aggregation.masked(away, server, weights)
    assert mean.location is server
    assert type(mean) is nn.Sequential
    mean.get()
    for name, tensor in right.state_dict().items():
        if tensor.is_floating_point():
            torch.testing.assert_close(mean.state_dict()[name], tensor)
    counts = [models[name][1].num_batches_tracked.item() * weight for name, weight in weights.items()]
    assert mean[1].num_batches_tracked.item() == round(sum(counts) / sum(weights.values()))  # the largest in the clear
    assert [p.requires_grad for p in mean.parameters()] == [p.requires_grad for p in models["bob"].parameters()]
    for name, model in away.items():
        model.get()
        assert all(map(torch.equal, model.state_dict().values(), models[name].state_dict().values()))
    mean(torch.randn(6, 3)).sum().backward()


def test_the_updates_stay_as_they_are_and_nothing_else_stays(server: sy.VirtualWorker) -> None:
    updates = draw(4, 5)
    there = sent(updates)
    mean = sy.aggregation.masked(there, server, leaves={"bob": "masks"})
    gc.collect()
    assert [len(sy.VirtualWorker(HOOK, id=name)._objects) for name in there] == [1] * 4
    assert len(server._objects) == 1
    del mean
    gc.collect()
    assert len(server._objects) == 0
    assert all(torch.equal(there[name].get(), x) for name, x in updates.items())


def test_autograd_learns_nothing_of_it(server: sy.VirtualWorker) -> None:
    updates = {name: torch.ones(2, requires_grad=True) for name in NAMES[:3]}
    mean = sy.aggregation.masked(sent(updates), server)
    assert torch.is_grad_enabled()
    assert not mean.requires_grad


def test_the_server_may_be_a_client_too() -> None:
    updates = draw(4, 3)
    there = sent(updates)
    mean = sy.aggregation.masked(there, there["alice"].location, leaves={"dan": "shares"}).get()
    torch.testing.assert_close(mean, plain_mean({name: updates[name] for name in NAMES[:3]}))


# ---- who leaves when -------------------------------------------------------------------------------------------------

STEPS = Masked.steps


@settings(max_examples=25)
@given(st.integers(3, 7), st.data())
def test_whoever_leaves_when_the_mean_is_of_those_whose_update_arrived(count: int, data: st.DataObject) -> None:
    threshold = data.draw(st.integers(max(3, count // 2 + 1), count))
    when = data.draw(st.lists(st.sampled_from([None, *STEPS]), min_size=count, max_size=count))
    leaves = {name: step for name, step in zip(NAMES, when, strict=False) if step}
    left: list[tuple[str, Exception | None]] = []
    with sy.isolated():
        server = sy.VirtualWorker(HOOK, id="server")
        updates = draw(count, 3)
        how: dict[str, Any] = {"leaves": leaves, "note": lambda *told: left.append(told)}
        there = sent(updates)
        if count - len(leaves) < threshold:
            with pytest.raises(sy.TooFewUpdatesError):
                sy.aggregation.masked(there, server, threshold=threshold, **how)
            return
        mean, counted = Masked(threshold=threshold).opened(there, server, **how)
        stayed = [name for name in updates if leaves.get(name) in (None, "answers")]
        assert counted == stayed
        torch.testing.assert_close(mean.get(), plain_mean({name: updates[name] for name in stayed}))
        assert sorted(left, key=str) == sorted([(name, None) for name in leaves], key=str)


def test_a_client_who_fails_is_one_who_left_and_its_error_is_kept(server: sy.VirtualWorker) -> None:
    """Alice forgets everything before the third step: her ticket is gone, and so is her update."""
    updates, left = draw(4, 3), []
    there = sent(updates)
    alice = there["alice"].location

    def clear(name: str, error: Exception | None) -> None:
        left.append((name, type(error).__name__))
        if name == "dan":
            alice.clear_objects()

    kept = {"threshold": 3, "note": clear}
    with pytest.raises(sy.TooFewUpdatesError, match="2 of 4 clients are left and 3 are needed") as caught:
        sy.aggregation.masked(there, server, leaves={"dan": "shares"}, **kept)
    assert left == [("dan", "NoneType"), ("alice", "ObjectNotFoundError")]
    assert isinstance(caught.value.__cause__, sy.ObjectNotFoundError)
    assert "alice at 'masks'; the first error was ObjectNotFoundError" in str(caught.value)


@pytest.mark.parametrize("gone", ["bob", "dan"])  # the first one, too, whose form would be the pattern
def test_a_client_who_has_lost_its_update_is_one_who_left(gone: str, server: sy.VirtualWorker) -> None:
    updates, left = draw(4, 3), []
    there = sent(updates)
    there[gone].location.clear_objects()
    mean = sy.aggregation.masked(there, server, note=lambda *told: left.append(told))
    torch.testing.assert_close(mean.get(), plain_mean({k: x for k, x in updates.items() if k != gone}))
    assert [(name, type(error)) for name, error in left] == [(gone, sy.ObjectNotFoundError)]


def test_what_the_error_of_too_few_says(server: sy.VirtualWorker) -> None:
    with pytest.raises(sy.TooFewUpdatesError) as caught:
        sy.aggregation.masked(sent(draw(5, 3)), server, leaves={"bob": "keys", "carol": "answers"})
    told = str(caught.value)
    assert "3 of 5 clients are left and 4 are needed (gone: bob before 'keys', carol before 'answers')" in told


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("threshold", [None, 2])
def test_two_clients_are_refused_with_the_reason(count: int, threshold: int | None, server: sy.VirtualWorker) -> None:
    there = sent(draw(count, 3))
    sy.the_transcript().clear()
    with pytest.raises(sy.TooFewUpdatesError, match="the sum minus its own"):
        sy.aggregation.masked(there, server, threshold=threshold)
    assert not any(row["values"] for row in sy.the_transcript().rows())


@pytest.mark.parametrize(("count", "threshold"), [(3, 2), (4, 2), (5, 2), (6, 3), (7, 3), (4, 5)])
def test_thresholds_that_are_not_safe(count: int, threshold: int, server: sy.VirtualWorker) -> None:
    with pytest.raises(ValueError, match=f"threshold={threshold} among {count} clients: choose from"):
        sy.aggregation.masked(sent(draw(count, 3)), server, threshold=threshold)


@pytest.mark.parametrize("count", range(3, 12))
def test_the_default_threshold_is_two_thirds_and_one(count: int) -> None:
    default = Masked().needed(count)
    assert default == count * 2 // 3 + 1
    assert Masked(threshold=default).needed(count) == default
    for colluding in range(count):  # it stands as many colluding clients as the docstring says
        assert (2 * default > count + colluding) or not colluding < count / 3


# ---- mistakes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "error", "why"),
    [
        ({"weights": {"bob": 1}}, ValueError, "one weight for each update"),
        ({"weights": {"bob": 1, "alice": 0, "carol": 1}}, ValueError, "more than 0"),
        ({"leaves": {"eve": "masks"}}, ValueError, "no client or no step"),
        ({"leaves": {"bob": "lunch"}}, ValueError, "steps keys, shares, masks, answers"),
        ({"scale": 0.0}, ValueError, "more than 0 and finite"),
        ({"largest": float("inf")}, ValueError, "more than 0 and finite"),
        ({"scale": 2.0**60}, sy.RangeBudgetError, "may add up to"),
        ({"largest": 0.001}, sy.RangeBudgetError, "sends nothing"),
    ],
    ids=str,
)
def test_settings_that_cannot_be(
    how: dict[str, Any], error: type[Exception], why: str, server: sy.VirtualWorker
) -> None:
    there = sent(draw(3, 3))
    sy.the_transcript().clear()
    with pytest.raises(error, match=why):
        sy.aggregation.masked(there, server, **how)
    assert not any(row["values"] for row in sy.the_transcript().rows())


def test_updates_that_cannot_be(server: sy.VirtualWorker, bob: sy.VirtualWorker, alice: sy.VirtualWorker) -> None:
    x = torch.ones(2)
    there = sent(draw(3, 2))
    with pytest.raises(TypeError, match="a dict of updates"):
        sy.aggregation.masked(list(there.values()), server)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="the update of dan is here with you"):
        sy.aggregation.masked(there | {"dan": x}, server)
    with pytest.raises(TypeError, match="the update of dan is here with you"):
        sy.aggregation.masked(there | {"dan": nn.Linear(1, 1)}, server)
    with pytest.raises(TypeError, match="the update of dan is a int"):
        sy.aggregation.masked(there | {"dan": 5}, server)
    with pytest.raises(ValueError, match="has no tensors"):
        sy.aggregation.masked(there | {"dan": {}}, server)
    with pytest.raises(TypeError, match="real numbers"):
        sy.aggregation.masked(sent({name: torch.ones(2, dtype=torch.complex64) for name in NAMES[:3]}), server)
    with pytest.raises(ValueError, match="each worker is one client"):
        sy.aggregation.masked(there | {"dan": x.send(bob)}, server)  # type: ignore[attr-defined]
    with pytest.raises(sy.ModelsDifferError, match="secure aggregation adds up"):
        sy.aggregation.masked(there | {"dan": sent({"dan": torch.ones(3)})["dan"]}, server)
    with pytest.raises(sy.TensorsNotCollocatedException):
        sy.aggregation.masked(there | {"dan": {"w": x.send(bob), "b": x.send(alice)}}, server)  # type: ignore[attr-defined]
    with pytest.raises(sy.NotAWorkerError):
        sy.aggregation.masked(there, "server")  # type: ignore[arg-type]


# ---- who sees what ---------------------------------------------------------------------------------------------------


def test_values_go_between_clients_and_server_only_and_me_sees_none(server: sy.VirtualWorker) -> None:
    there = sent(draw(4, 3))
    sy.the_transcript().clear()
    mean = sy.aggregation.masked(there, server, leaves={"dan": "masks"})
    rows = [row for row in sy.the_transcript().rows() if row["values"]]
    assert all("server" in (row["sender"], row["receiver"]) for row in rows)
    assert not any("me" in (row["sender"], row["receiver"]) for row in rows)
    updates = [row for row in rows if "float" in row["detail"] or "3 int64" in row["detail"]]
    assert [(row["sender"], row["detail"]) for row in updates] == [(name, "3 int64") for name in NAMES[:3]]
    assert mean.get().shape == (3,)


def test_no_message_carries_a_ticket_s_secrets(bob: sy.VirtualWorker, alice: sy.VirtualWorker) -> None:
    ticket = at(bob, client.join, "bob", 0, 3, 3)
    (seen,) = bob._objects.values()
    assert not hasattr(seen, "client")
    assert seen.shape == (0,)
    other = ticket.clone()
    with pytest.raises(ValueError, match="is no ticket"):
        at(bob, client.keys, other)
    ticket.move(alice)
    with pytest.raises(ValueError, match="is no ticket"):
        at(alice, client.keys, ticket)
    assert at(bob, client.join, "bob", 0, 3, 3).get().shape == (0,)


RUNS, NUMBERS = 40, 64


@pytest.mark.parametrize("leaves", [None, {"alice": "masks"}], ids=str)
@pytest.mark.parametrize("secret", [0.0, -1000.0])
def test_what_server_and_colluders_see_of_an_update_is_uniform(
    secret: float, leaves: dict[str, str] | None, server: sy.VirtualWorker
) -> None:
    """Forty runs of one secret: what bob sends to the server, and all keys and sealed shares, look like noise."""
    workers = people(4)
    there = {name: torch.full((NUMBERS,), secret).send(worker) for name, worker in workers.items()}
    hidden, sealed = [], []
    for _ in range(RUNS):
        with sy.attacks.watch(server, workers["carol"], workers["dan"]) as view:
            sy.aggregation.masked(there, server, threshold=3, leaves=leaves)
        seen = {tensor.shape: tensor for message in view.received("bob") for tensor in message.tensors}
        (update,) = [tensor for tensor in seen.values() if tensor.dtype == torch.int64]
        hidden.append(update)
        sealed.append(seen[torch.Size([4, 82])][1])  # for alice, who does not collude
        assert not any(tensor.is_floating_point() for message in view.messages for tensor in message.tensors)
    assert look_uniform(torch.cat(hidden))
    bits = torch.stack([((torch.cat(sealed) >> bit) & 1).double() for bit in range(8)])
    assert abs(bits.mean() - 0.5) < 6 * 0.5 / bits.numel() ** 0.5
    assert len({tuple(update.tolist()) for update in hidden}) == RUNS
