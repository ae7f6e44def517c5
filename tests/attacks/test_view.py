"""The view: the values of the messages to and from the attackers, and of no others, on both transports."""

import pytest
import torch

import course as sy
from course.attacks import NothingSeenError, NotSeenError, Seen, Update, View, update_of_the_rest
from course.attacks.view import check_seen
from tests.attacks.plain import mlp

Workers = tuple[sy.VirtualWorker, sy.VirtualWorker, sy.VirtualWorker]


@pytest.fixture
def three(bob: sy.VirtualWorker, alice: sy.VirtualWorker, carol: sy.VirtualWorker) -> Workers:
    return bob, alice, carol


def round_of(three: Workers, *attackers: sy.VirtualWorker) -> tuple[View, torch.nn.Module]:
    """One round of bob and alice at carol, who averages."""
    bob, alice, carol = three
    model = mlp(3, 2, 2)
    data = [(torch.randn(1, 3).send(w), torch.tensor([0]).send(w)) for w in (bob, alice)]
    sy.the_transcript().clear()
    with sy.attacks.watch(*attackers) as view:
        sy.Federation(model, data, aggregator=carol).run(rounds=1, progress=False)
    return view, model


def test_an_attacker_sees_what_it_received_and_sent_and_nothing_else(three: Workers) -> None:
    for attacker in (*three, sy.local_worker):
        view, _ = round_of(three, attacker)
        told = [(seen.sender, seen.receiver, ", ".join(map(look, seen.tensors))) for seen in view.messages]
        rows = [row for row in sy.the_transcript().rows() if row["values"]]
        mine = [row for row in rows if attacker.id in (row["sender"], row["receiver"])]
        assert told == [(row["sender"], row["receiver"], row["detail"]) for row in mine]
        assert (len(mine) == len(rows)) == (attacker.id == "carol")  # all values pass through the aggregator


def look(tensor: torch.Tensor) -> str:
    return f"{' x '.join(map(str, tensor.shape)) or 1} {str(tensor.dtype)[6:]}"


def test_values_between_two_workers_reach_the_view_of_each(three: Workers) -> None:
    bob, alice, carol = three
    x = torch.tensor([[1.5, -2.0]])
    pointer = x.send(bob)
    with sy.attacks.watch(bob) as bobs, sy.attacks.watch(alice) as alices, sy.attacks.watch(carol) as carols:
        pointer.move(alice)
    assert torch.equal(bobs.sent(alice)[0].tensors[0], x)
    assert torch.equal(alices.received("bob")[0].tensors[0], x)
    assert bobs.received() == alices.sent() == []
    assert carols.messages == ()


def test_large_tensors_and_gradients_come_whole(three: Workers) -> None:
    bob, alice, _ = three
    x = torch.randn(300, 100, requires_grad=True)
    pointer = x.send(bob)
    (pointer * 2).sum().backward()
    with sy.attacks.watch(alice) as view:
        pointer.move(alice)
    (seen,) = view.received()
    assert torch.equal(seen.tensors[0], x)
    assert seen.grads[0] is not None
    assert torch.equal(seen.grads[0], torch.full((300, 100), 2.0))


def test_the_view_keeps_what_arrived_whatever_becomes_of_it(three: Workers) -> None:
    bob, alice, _ = three
    x = torch.ones(3)
    with sy.attacks.watch(bob, alice) as view:
        pointer = x.send(bob)
        pointer.add_(1)
        pointer.move(alice)
        pointer.mul_(10)
        x.zero_()
    assert [seen.tensors[0].tolist() for seen in view.messages] == [[1, 1, 1], [2, 2, 2]]
    assert pointer.get().tolist() == [20, 20, 20]


def test_after_the_block_nothing_is_kept_and_the_log_is_as_before(three: Workers) -> None:
    network = sy.local_worker.network
    before = network.log
    with pytest.raises(KeyError), sy.attacks.watch(three[0]) as view:
        raise KeyError
    assert network.log == before
    assert network.watched == ()
    torch.ones(2).send(three[0])
    assert view.messages == ()


def test_watching_changes_no_row_of_the_transcript(three: Workers) -> None:
    def rows(watched: bool) -> list[tuple[object, ...]]:
        sy.seed(1)
        round_of(three, *(three if watched else [sy.local_worker]))
        kept = "sender receiver kind op objects bytes values detail".split()
        return [tuple([row[name] for name in kept]) for row in sy.the_transcript().rows()]

    assert rows(True) == rows(False)


def test_colluders_share_one_view(three: Workers) -> None:
    view, _ = round_of(three, three[0], three[1])
    assert view.attackers == ("bob", "alice")
    assert {seen.receiver for seen in view.received()} == {"bob", "alice"}
    assert repr(view) == "<View of bob and alice: 2 received, 4 sent>"


def test_an_update_is_the_model_that_went_and_the_one_that_came_back(three: Workers) -> None:
    bob, _, carol = three
    torch.manual_seed(3)
    view, _ = round_of(three, carol)
    torch.manual_seed(3)
    start = mlp(3, 2, 2)
    update = view.update(bob)
    assert [tuple(t.shape) for t in update.before] == [(2, 3), (2,), (2, 2), (2,)]
    assert all(torch.equal(a, b.detach()) for a, b in zip(update.before, start.parameters(), strict=True))
    assert any(change.any() for change in update.change)
    assert all(change.dtype == torch.float64 for change in update.change)
    assert repr(update) == "<Update of bob, seen by carol: 2 x 3 float32, 2 float32, 2 x 2 float32, 2 float32>"
    assert len(view.updates("bob")) == 1


def test_a_model_that_comes_home_is_an_update_for_me(three: Workers) -> None:
    bob = three[0]
    model = torch.nn.Linear(2, 1)
    with sy.attacks.watch(sy.local_worker) as view:
        model.send(bob)
        with torch.no_grad():
            model.bias += 3
        model.get()
    assert view.update("bob").change[1].tolist() == pytest.approx([-3])


# ---- errors ----------------------------------------------------------------------------------------------------------


def test_a_view_without_an_update_says_so(three: Workers) -> None:
    view, _ = round_of(three, sy.local_worker)
    with pytest.raises(NothingSeenError) as error:
        view.update("bob")
    assert str(error.value) == (
        "<View of me: 2 received, 6 sent> holds no update of bob. An update is a model that an attacker handed to bob"
        " and that came back. Whoever gets only a mean, or another's messages, does not see it: that is what protects"
        " bob. Watch the worker that receives the update, while it arrives: with sy.attacks.watch(worker) as view: ..."
    )


def test_somebody_must_be_watched() -> None:
    with pytest.raises(ValueError, match="needs an attacker: a worker"), sy.attacks.watch():
        pass
    with pytest.raises(sy.NotAWorkerError), sy.attacks.watch("bob"):  # type: ignore[arg-type]
        pass


@pytest.mark.parametrize(
    ("wrong", "named"), [(torch.ones(2), "Tensor"), ([], "no messages"), ([torch.ones(2)], "list")]
)
def test_only_messages_are_seen(wrong: object, named: str) -> None:
    with pytest.raises(NotSeenError) as error:
        check_seen(wrong, "labels_from_cut_gradients")
    assert str(error.value) == (
        f"labels_from_cut_gradients() takes messages that an attacker saw, view.received('bob'), and not {named}. An"
        " attack that reads a model, a pointer or a tensor of yours would know what no attacker knows, and prove"
        " nothing. Watch the worker that receives them: with sy.attacks.watch(worker) as view: ..."
    )


def test_one_message_or_a_list_of_them_is_seen() -> None:
    seen = Seen("bob", "me", (torch.ones(1),), (None,))
    assert check_seen(seen, "attack") == check_seen([seen], "attack") == [seen]
    assert isinstance(Update("bob", ("me",), (), ()), Update)


def test_colluders_are_given_as_their_view() -> None:
    with pytest.raises(NotSeenError) as error:
        update_of_the_rest(mlp(3, 2), "theo", {"bob": 1, "alice": 1}, "bob")  # type: ignore[arg-type]
    assert str(error.value) == (
        "update_of_the_rest() takes a View, what attackers saw, and not Sequential. An attack that reads a model, a"
        " pointer or a tensor of yours would know what no attacker knows, and prove nothing. Watch the workers that"
        " collude: with sy.attacks.watch(alice, claire) as view: ...; then update_of_the_rest(view, ...)."
    )


def test_a_reset_ends_what_can_be_seen(three: Workers, hook: sy.TorchHook) -> None:
    with sy.attacks.watch(three[0]) as view:
        torch.ones(2).send(three[0])
        sy.reset()
        torch.ones(3).send(sy.VirtualWorker(hook, id="bob"))
    assert [len(seen.tensors[0]) for seen in view.messages] == [2]
    assert sy.local_worker.network.watched == ()


def test_what_a_holder_of_shares_sees_is_dealt_and_opened_and_is_no_update(
    bob: sy.VirtualWorker, alice: sy.VirtualWorker, carol: sy.VirtualWorker
) -> None:
    with sy.attacks.watch(bob) as view:
        x = torch.tensor([5, 7]).share(bob, alice, crypto_provider=carol)
        (x * x).get()
    assert [(seen.sender, seen.receiver, seen.what, len(seen.tensors)) for seen in view.messages] == [
        ("me", "bob", "", 1),
        ("carol", "bob", "Triple", 3),
        ("bob", "alice", "x - a, y - b", 2),
        ("alice", "bob", "x - a, y - b", 2),
        ("bob", "me", "", 1),
    ]
    assert view.updates("alice") == []
