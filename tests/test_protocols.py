"""Protocols: who does which step, who sees what, and the same numbers as in plain torch."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import course as sy


def joint_of() -> sy.Protocol:
    @sy.func2protocol(roles=["alice", "bob"], args_shape={"alice": [(-1,)], "bob": [(-1,)]})
    def joint_sum(alice, bob):
        (x,), (y,) = alice.inputs, bob.inputs
        return x.sum().send(bob) + y.sum()

    return joint_sum


def test_a_protocol_can_be_read(bob, alice) -> None:
    joint = joint_of()
    assert repr(joint) == f"<Protocol joint_sum id:{joint.id} owner:me built>"
    assert f"id:{joint.id} owner:me" in joint._repr_html_()
    assert joint.is_built and joint.roles == {"alice": None, "bob": None}
    assert joint.code.splitlines() == [
        "def joint_sum(alice, bob):",
        "    sum_1 = alice.sum()  # alice",
        "    move = sum_1.send(bob)  # alice -> bob",
        "    sum_2 = bob.sum()  # bob",
        "    add = move + sum_2  # bob",
        "    return add",
    ]
    assert joint.assign("bob", bob).roles == {"alice": None, "bob": bob}


def test_only_what_is_handed_over_crosses(bob, alice) -> None:
    joint = joint_of().assign("alice", alice).assign("bob", bob)
    x, y = torch.arange(3.0).send(alice), torch.arange(4.0).send(bob)
    joint(x, y)  # the plans of both roles are sent once
    with sy.record() as log:
        result = joint(x, y)
    rows = [row for row in log.rows() if row["kind"] != "delete"]
    assert [(row["sender"], row["receiver"], row["kind"], row["detail"]) for row in rows] == [
        ("me", "alice", "run", ""),
        ("alice", "me", "reply", ""),
        ("me", "alice", "move", ""),
        ("alice", "bob", "send", "1 float32"),
        ("me", "bob", "run", ""),
        ("bob", "me", "reply", ""),
    ]
    assert result.location is bob
    assert result.get().item() == 9


def test_what_is_sent_stays_where_it_was(bob, alice) -> None:
    @sy.func2protocol(roles=["alice", "bob"], args_shape={"alice": [(-1,)], "bob": []})
    def both(alice, bob):
        (x,) = alice.inputs
        return x.send(bob) * 2, x + 1

    x = torch.ones(2).send(alice)
    there, here = both.assign("alice", alice).assign("bob", bob)(x)
    assert (there.location, here.location) == (bob, alice)
    assert there.get().tolist() == here.get().tolist() == [2, 2]
    assert x.get().tolist() == [1, 1]


@given(st.lists(st.sampled_from(["add", "send", "own", "back", "made"]), max_size=7))
def test_any_protocol_equals_plain_torch(actions) -> None:
    sy.reset()
    hook = sy.TorchHook(torch, verbose=False)
    one, two = sy.VirtualWorker(hook, id="one"), sy.VirtualWorker(hook, id="two")

    def program(x, y, send_to, made):
        for action in actions:
            if action == "add":
                x = x + x
            elif action == "own":
                y = y * 2 - 1
            elif action == "send":
                y = y + send_to(x, "b")
            elif action == "back":
                x = x - send_to(y, "a")
            else:
                y = y + made()
        return x, y

    @sy.func2protocol(roles=["a", "b"], args_shape={"a": [(-1,)], "b": [(-1,)]})
    def protocol(a, b):
        (x,), (y,) = a.inputs, b.inputs
        return program(x, y, lambda value, to: value.send(to), lambda: b.torch.ones(1))

    x, y = torch.rand(3), torch.rand(3)
    expected = program(x, y, lambda value, to: value, lambda: torch.ones(1))
    results = protocol.assign("a", one).assign("b", two)(x.send(one), y.send(two))
    assert [result.location.id for result in results] == ["one", "two"]
    for away, here in zip(results, expected, strict=True):
        assert torch.equal(away.copy().get(), here)


def test_a_role_s_sizes_are_its_own_and_computed_where_they_are_needed(bob, alice) -> None:
    @sy.func2protocol(roles=["alice", "bob"], args_shape={"alice": [(-1,)], "bob": [(-1,)]})
    def joint_mean(alice, bob):
        (x,), (y,) = alice.inputs, bob.inputs
        half = (x.sum() / x.shape[0]).send(bob)
        back = (half + y.sum() / (2 * y.shape[0])).send(alice)
        return back * x.shape[0]

    joint_mean.assign("alice", alice).assign("bob", bob)
    for rows in (2, 5):
        x, y = torch.rand(rows), torch.rand(rows)
        result = joint_mean(x.send(alice), y.send(bob))
        assert result.location is alice
        assert torch.equal(result.get(), (x.sum() / rows + y.sum() / (2 * rows)) * rows)
    with pytest.raises(sy.TensorsNotCollocatedException):
        sy.func2protocol(roles=["a", "b"], args_shape={"a": [(-1,)], "b": [(-1,)]})(
            lambda a, b: a.inputs[0] / b.inputs[0].shape[0]
        )


def test_it_can_be_played_by_others_later(bob, alice, carol) -> None:
    joint = joint_of().assign("alice", alice).assign("bob", bob)
    joint(torch.ones(1).send(alice), torch.ones(1).send(bob))
    joint.assign("alice", carol)
    assert joint(torch.ones(2).send(carol), torch.ones(1).send(bob)).get().item() == 3


def test_it_is_built_with_examples_too(bob, alice) -> None:
    @sy.func2protocol(roles=["alice", "bob"])
    def plain(alice, bob):
        x, labels = alice.inputs
        return x[labels].send(bob) + bob.inputs[0]

    assert not plain.is_built
    with pytest.raises(sy.PlanNotBuiltError):
        plain.code  # noqa: B018
    plain.build(alice=[torch.rand(4), torch.tensor([0, 1])], bob=[torch.rand(2)])
    plain.assign("alice", alice).assign("bob", bob)
    x, y = torch.rand(4), torch.rand(2)
    labels = torch.tensor([3, 0])
    result = plain(x.send(alice), labels.send(alice), y.send(bob))
    assert torch.equal(result.get(), x[labels] + y)


# ---- mistakes --------------------------------------------------------------------------------------------------------


def test_tensors_of_two_roles_do_not_meet_by_themselves() -> None:
    with pytest.raises(sy.TensorsNotCollocatedException, match="one is on alice and one is on bob"):

        @sy.func2protocol(roles=["alice", "bob"], args_shape={"alice": [(-1,)], "bob": [(-1,)]})
        def wrong(alice, bob):
            return alice.inputs[0] + bob.inputs[0]


def test_a_tensor_belongs_to_somebody() -> None:
    with pytest.raises(sy.CannotRecordError, match=r"nobody's.*alice\.torch\.zeros\(3\)"):
        sy.func2protocol(roles=["alice"], args_shape={"alice": [(-1,)]})(lambda alice: torch.zeros(3))
    with pytest.raises(sy.CannotRecordError, match="no role"):
        sy.func2protocol(roles=["alice"], args_shape={"alice": [(-1,)]})(lambda alice: alice.inputs[0].send("carol"))


def test_roles_and_inputs_are_checked_before_anything_runs(bob, alice) -> None:
    joint = joint_of()
    x, y = torch.ones(1).send(alice), torch.ones(1).send(bob)
    with pytest.raises(sy.RoleError, match="nobody plays alice"):
        joint(x, y)
    with pytest.raises(sy.RoleError, match="there is no role 'carol'"):
        joint.assign("carol", bob)
    joint.assign("alice", alice)
    with pytest.raises(sy.RoleError, match="alice plays alice already and would see what bob sees"):
        joint.assign("bob", alice)
    joint.assign("bob", bob)
    with sy.record() as log:
        with pytest.raises(sy.TensorsNotCollocatedException, match="one is on alice and one is on bob"):
            joint(y, x)
        with pytest.raises(sy.TensorsNotCollocatedException, match="one is here with you and one is on alice"):
            joint(torch.ones(1), y)
        with pytest.raises(sy.PlanArgumentsError, match="joint_sum takes 2 tensors"):
            joint(x)
    assert len(log) == 0


@pytest.mark.parametrize("dtypes", [{"alice": torch.int64}, {"alice": [torch.int64]}])
def test_a_role_may_have_whole_numbers(dtypes, alice, bob) -> None:
    @sy.func2protocol(roles=["alice", "bob"], args_shape={"alice": [(-1,)], "bob": [(-1, 2)]}, args_dtype=dtypes)
    def chosen(alice, bob):
        (y,), (x,) = alice.inputs, bob.inputs
        return x.send(alice).gather(1, y.unsqueeze(1))

    chosen.assign("alice", alice).assign("bob", bob)
    y, x = torch.tensor([1, 0, 1]), torch.rand(3, 2)
    assert torch.equal(chosen(y.send(alice), x.send(bob)).get(), x.gather(1, y.unsqueeze(1)))


@pytest.mark.parametrize(
    ("roles", "words"),
    [
        (["alice[0]", "bob"], r"'alice\[0\]' is no name for a role"),
        (["alice (1)"], "is no name for a role"),
        (["alice\n# bob"], "is no name for a role"),
        ([""], "is no name for a role"),
        ([7], "is no name for a role"),
        (["alice", "alice"], "does not name each role once"),
        ("alice", "roles='alice' does not name each role once"),
        ([], "does not name each role once"),
    ],
)
def test_a_role_has_a_name_that_can_be_read(roles, words) -> None:
    """It is refused before anything is recorded, not when the protocol runs."""
    with pytest.raises(sy.RoleError, match=words):
        sy.func2protocol(roles=roles)(lambda *people: None)
