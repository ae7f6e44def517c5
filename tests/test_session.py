"""The session: workers by name, seeds, reset, and sessions of their own for a block."""

import subprocess
import sys

import pytest
import torch

import course as sy

Worker = sy.VirtualWorker


def test_making_an_id_again_gives_the_same_store(hook: sy.TorchHook, bob: Worker) -> None:
    x = torch.ones(2).send(bob)
    again = sy.VirtualWorker(hook, id="bob")
    assert again == bob
    assert hash(again) == hash(bob)
    assert len(again._objects) == 1
    assert x.location == again
    assert (torch.ones(2).send(again) + x).get().tolist() == [2, 2]


def test_workers_in_the_order_in_which_they_were_made(bob: Worker, alice: Worker) -> None:
    assert sy.workers() == [bob, alice]
    assert sy.local_worker not in sy.workers()


@pytest.mark.parametrize("id", ["bob", "Maria Crowe", "é→名", "a/b", "me too", "x" * 200])
def test_names_of_workers(hook: sy.TorchHook, id: str) -> None:
    worker = sy.VirtualWorker(hook, id=id)
    p = torch.ones(1).send(worker)
    assert repr(worker) == f"<VirtualWorker id:{id} #objects:1>"
    assert f"-> {id}:" in repr(p)
    assert p.get().tolist() == [1]


def test_653_workers(hook: sy.TorchHook) -> None:
    names = sy.people(653)
    applicants = [sy.VirtualWorker(hook, id=name) for name in names]
    pointers = [torch.full((2,), float(i)).send(worker) for i, worker in enumerate(applicants)]
    assert [len(worker._objects) for worker in applicants] == [1] * 653
    assert float(pointers[652].get().sum()) == 1304
    assert len(sy.workers()) == 653


def test_reset_forgets_workers_and_messages(hook: sy.TorchHook, bob: Worker) -> None:
    x = torch.ones(1).send(bob)
    sy.reset()
    assert sy.workers() == []
    assert len(sy.transcript()) == 0
    bob = sy.VirtualWorker(hook, id="bob")
    assert len(bob._objects) == 0
    del x
    assert len(sy.transcript()) == 0


def test_reset_repeats_the_ids_of_a_seed(hook: sy.TorchHook) -> None:
    sy.seed(9)
    first = torch.ones(1).send(sy.VirtualWorker(hook, id="bob")).id_at_location
    sy.reset()
    assert torch.ones(1).send(sy.VirtualWorker(hook, id="bob")).id_at_location == first


def program(hook: sy.TorchHook) -> tuple[list[float], list[dict[str, object]]]:
    """A small training run: what it computes and every message of it."""
    sy.reset()
    sy.seed(11)
    bob, alice = sy.VirtualWorker(hook, id="bob"), sy.VirtualWorker(hook, id="alice")
    x, y = torch.randn(6, 3).send(bob), torch.randn(6, 1).send(bob)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Dropout(0.3), torch.nn.Linear(4, 1)).send(bob)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    losses = []
    for _ in range(3):
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.get().detach()))
    model.move(alice).get()
    noise = bob.remote.torch.rand((3,)).get()
    del x, y
    return [*losses, *noise.tolist()], sy.the_transcript().rows()


def test_two_runs_under_one_seed_are_equal_message_for_message(hook: sy.TorchHook) -> None:
    assert program(hook) == program(hook)


TWICE = """
import torch, course as sy
sy.seed(4)
bob = sy.VirtualWorker(sy.TorchHook(torch), id="bob")
x = torch.rand(2).send(bob)
print(x + x, x.sum().get())
sy.reset()
"""


def test_two_processes_under_one_seed_print_the_same() -> None:
    runs = [
        subprocess.run([sys.executable, "-c", TWICE], capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert runs[0].stdout == runs[1].stdout != ""


def test_a_session_of_its_own(hook: sy.TorchHook, bob: Worker) -> None:
    x = torch.ones(2).send(bob)
    messages, state = len(sy.transcript()), torch.get_rng_state()
    with sy.isolated(seed=3):
        assert sy.workers() == []
        other = sy.VirtualWorker(hook, id="bob")
        assert other != bob
        y = torch.rand(2).send(other)
        assert len(other._objects) == 1
        assert len(sy.transcript()) == 1
        assert (y + y).get().shape == (2,)
    assert sy.workers() == [bob]
    assert len(sy.transcript()) == messages
    assert torch.equal(torch.get_rng_state(), state)
    assert (x + 1).get().tolist() == [2, 2]
    assert len(bob._objects) == 1


def test_a_session_of_its_own_repeats_under_its_seed(hook: sy.TorchHook) -> None:
    def inside() -> tuple[int, list[float]]:
        with sy.isolated(seed=3):
            p = torch.rand(2).send(sy.VirtualWorker(hook, id="bob"))
            return p.id_at_location, p.get().tolist()

    first = inside()
    torch.rand(5)
    assert inside() == first


def test_a_session_of_its_own_ends_with_an_error_too(hook: sy.TorchHook, bob: Worker) -> None:
    with pytest.raises(ValueError, match="mine"), sy.isolated():
        raise ValueError("mine")
    assert sy.workers() == [bob]
    assert torch.ones(1).send(bob).get().tolist() == [1]


def test_a_reset_in_a_session_of_its_own_leaves_nothing_open(hook: sy.TorchHook, bob: Worker) -> None:
    with sy.isolated() as network:
        sy.reset()
        fresh = sy.VirtualWorker(hook, id="bob").network
    assert (network.is_open, fresh.is_open, bob.network.is_open) == (False, False, True)


def test_a_worker_of_one_session_cannot_be_used_in_the_other(hook: sy.TorchHook, bob: Worker) -> None:
    x = torch.ones(2).send(bob)
    with sy.isolated():
        stranger = sy.VirtualWorker(hook, id="alice")
        with pytest.raises(sy.CourseError):
            x.move(stranger)
    assert x.get().tolist() == [1, 1]


def test_ids_never_repeat_and_are_never_zero(bob: Worker) -> None:
    ids = [sy.local_worker.new_id() for _ in range(5000)]
    assert len(set(ids)) == 5000
    assert min(ids) > 0 and max(ids) < 10**11


def test_clear_objects(bob: Worker) -> None:
    x = torch.ones(1).send(bob)
    assert bob.clear_objects() is bob
    assert len(bob._objects) == 0
    with pytest.raises(sy.ObjectNotFoundError):
        x.get()
    assert sy.local_worker.clear_objects() is sy.local_worker


@pytest.mark.parametrize("kind", ["", "in_process"])
def test_the_default_transport_is_this_process(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_TRANSPORT", kind)
    with sy.isolated() as network:
        assert type(network).__module__ == "course.transports.in_process"


def test_an_unknown_transport_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_TRANSPORT", "pigeon")
    with pytest.raises(ValueError, match="'pigeon': use 'in_process' or 'process'"):
        sy.reset()
