"""One client out of a mean: by two rounds that differ in one person, and by K - 1 of K clients."""

import copy

import pytest
import torch
from torch import nn

import course as sy
from course.attacks import DifferentStartError, NothingSeenError, input_from_update, update_left_out, update_of_the_rest
from tests.attacks.plain import applicants, learn, mlp

NAMES = ["bob", "alice", "claire", "dan"]
Pairs = list[tuple[sy.PointerTensor, sy.PointerTensor]]


@pytest.fixture
def server(hook: sy.TorchHook) -> sy.VirtualWorker:
    return sy.VirtualWorker(hook, id="secure_worker")


@pytest.fixture
def clients(hook: sy.TorchHook) -> list[sy.VirtualWorker]:
    return [sy.VirtualWorker(hook, id=name) for name in NAMES]


def data_of(clients: list[sy.VirtualWorker], rows: list[int]) -> Pairs:
    """One applicant after the other: as many rows for each client as this list says."""
    x, y = applicants()
    ends = [sum(rows[: n + 1]) for n in range(len(rows))]
    return [(x[e - n : e].send(w), y[e - n : e].send(w)) for w, n, e in zip(clients, rows, ends, strict=True)]


def one_round(model: nn.Module, data: Pairs, server: sy.VirtualWorker, rounds: int = 1) -> None:
    sy.Federation(model, data, aggregator=server).run(rounds=rounds, epochs=5, lr=0.1, progress=False)


def test_two_rounds_with_and_without_one_person_give_the_persons_row(
    server: sy.VirtualWorker, clients: list[sy.VirtualWorker]
) -> None:
    x, y = applicants()
    start, data = mlp(42, 30, 20, 10, 5, 2), data_of(clients, [1, 2, 3, 1])
    with sy.attacks.watch(sy.local_worker) as view:
        one_round(copy.deepcopy(start), data, server)
        one_round(copy.deepcopy(start), data[:-1], server)
    found = update_left_out(*view.updates("secure_worker"), rows_with=7, rows_without=6)
    own = learn(start, x[6:7], y[6:7], 5, 0.1)
    for after, true in zip(found.after, own.parameters(), strict=True):
        torch.testing.assert_close(after, true.detach().double(), atol=1e-5, rtol=0)
    torch.testing.assert_close(input_from_update(found), x[6].double(), atol=0.01, rtol=0)
    with pytest.raises(NothingSeenError):
        view.update("dan")


def test_all_but_one_get_the_last_ones_row_from_what_comes_back(
    server: sy.VirtualWorker, clients: list[sy.VirtualWorker]
) -> None:
    x, y = applicants()
    rows, start = [1, 2, 3, 1], mlp(42, 30, 20, 10, 5, 2)
    for missing in (0, 3):
        model, data = copy.deepcopy(start), data_of(clients, rows)
        with sy.attacks.watch(*[worker for n, worker in enumerate(clients) if n != missing]) as view:
            one_round(model, data, server, rounds=2)
        found = update_of_the_rest(view, "secure_worker", dict(zip(NAMES, rows, strict=True)), NAMES[missing])
        assert found.client == NAMES[missing]
        row = sum(rows[:missing])
        own = learn(start, x[row : row + 1], y[row : row + 1], 5, 0.1)
        for after, true in zip(found.after, own.parameters(), strict=True):
            torch.testing.assert_close(after, true.detach().double(), atol=1e-5, rtol=0)
        torch.testing.assert_close(input_from_update(found), x[row].double(), atol=0.01, rtol=0)


def test_a_colluder_less_is_not_enough(server: sy.VirtualWorker, clients: list[sy.VirtualWorker]) -> None:
    data = data_of(clients, [1, 1, 1, 1])
    with sy.attacks.watch(*clients[1:3]) as view:
        one_round(mlp(42, 8, 2), data, server, rounds=2)
    with pytest.raises(NothingSeenError) as error:
        update_of_the_rest(view, "secure_worker", dict.fromkeys(NAMES, 1), "bob")
    assert str(error.value) == (
        f"{view} does not hold the updates of dan. To subtract everybody but bob from a mean, the colluders need each"
        " other's updates and the mean, which comes with the model of the next round: that is why fewer colluders learn"
        " less. Watch all of them together, for two rounds: with sy.attacks.watch(*colluders) as view: ..."
    )


def test_one_round_alone_brings_no_mean_back(server: sy.VirtualWorker, clients: list[sy.VirtualWorker]) -> None:
    data = data_of(clients, [1, 1, 1, 1])
    with sy.attacks.watch(*clients[1:]) as view:
        one_round(mlp(42, 8, 2), data, server)
    with pytest.raises(NothingSeenError, match="does not hold the model that came back after their updates"):
        update_of_the_rest(view, "secure_worker", dict.fromkeys(NAMES, 1), "bob")


def test_rounds_from_different_models_are_not_subtracted(
    server: sy.VirtualWorker, clients: list[sy.VirtualWorker]
) -> None:
    data = data_of(clients, [1, 1, 1, 1])
    with sy.attacks.watch(sy.local_worker) as view:
        one_round(mlp(42, 8, 2), data, server)
        one_round(mlp(42, 8, 2), data[1:], server)
    with pytest.raises(DifferentStartError) as error:
        update_left_out(*view.updates("secure_worker"), rows_with=4, rows_without=3)
    assert str(error.value) == (
        "These two rounds began with different models, so the others' updates differ too, and the difference of the"
        " means is nobody's. An attacker who may choose hands out the same model twice, once with and once without the"
        " person. Take two updates with the same `before`."
    )
