"""The transcript: exact rows for small programs, who saw what, bytes, bounds; and it keeps no values."""

import gc
import json
import sys
import weakref
from typing import Any

import pytest
import torch
from torch import nn

import course as sy
from course.codec import encoded_length
from course.errors import ValueRefusedError
from course.transcript import COLUMNS, Transcript

Worker = sy.VirtualWorker


def story(log: Transcript) -> list[str]:
    """One short line a message: who, to whom, what, and the values it carried."""
    lines = [
        f"{row['sender']} > {row['receiver']}: {row['kind']} {row['op']} {row['detail']}"
        for row in log.rows()
    ]
    return [" ".join(line.split()) for line in lines]


def test_a_small_program_word_for_word(bob: Worker, alice: Worker) -> None:
    with sy.record() as log:
        x = torch.tensor([1, 2, 3, 4, 5]).send(bob)
        y = x + x
        y.move(alice)
        z = y.get()
        del x
    assert z.tolist() == [2, 4, 6, 8, 10]
    assert story(log) == [
        "me > bob: send 5 int64",
        "me > bob: execute add",
        "me > bob: move",
        "bob > alice: send 5 int64",
        "me > alice: get",
        "alice > me: reply 5 int64",
        "me > bob: delete",
    ]


def test_a_row_has_every_key_and_plain_values(bob: Worker) -> None:
    t = torch.ones(64, 10)
    with sy.record() as log:
        x = t.send(bob)
        y = x * 2
        y.get()
    send, execute, get, reply = log.rows()
    assert list(send) == [*COLUMNS, "tensors", "numbers", "words", "written"]
    assert (send["numbers"], execute["numbers"]) == (640, 0)
    assert [row["n"] for row in log.rows()] == [0, 1, 2, 3]
    assert (send["objects"], send["values"], send["detail"]) == ([t.id], True, "64 x 10 float32")
    assert (execute["op"], execute["values"], execute["detail"]) == ("mul", False, "")
    assert execute["objects"] == [int(x.id_at_location), int(y.id_at_location)]
    assert get["objects"] == reply["objects"] == [int(y.id_at_location)]
    assert (get["values"], reply["values"]) == (False, True)
    assert json.loads(json.dumps(log.rows())) == log.rows()
    assert all(type(id) is int for row in log.rows() for id in row["objects"])


def test_a_row_counts_tensors_and_numbers(bob: Worker) -> None:
    shapes: list[tuple[int, ...]] = [(5,), (64, 10), (), (0, 3)]
    with sy.record() as log:
        kept = [torch.ones(shape).send(bob) for shape in shapes]
        model = nn.Linear(3, 2).send(bob)
    assert len(kept) == 4 and model.location is bob
    assert [(row["tensors"], row["numbers"]) for row in log.rows()] == [(1, 5), (1, 640), (1, 1), (1, 0), (2, 8)]


def test_bytes_are_the_encoded_length(bob: Worker, alice: Worker) -> None:
    with sy.record() as log:
        model = nn.Linear(3, 2).send(bob)
        x = torch.ones(4, 3, dtype=torch.float32).send(bob)
        loss = model(x).pow(2).sum()
        loss.backward()
        model.move(alice).get()
        assert x.shape == (4, 3)
    assert [row["bytes"] for row in log.rows()] == [encoded_length(message) for message in log]
    first = log.rows()[1]
    assert 4 * 3 * 4 < first["bytes"] < 4 * 3 * 4 + 150


def test_the_kinds_of_messages(bob: Worker, alice: Worker) -> None:
    with sy.record() as log:
        x = torch.ones(2, requires_grad=True).tag("#x").send(bob)
        assert x.shape == (2,)
        x.sum().backward()
        x.grad = None
        bob.search("#x")
        chain = x.send(alice)
        chain.remote_get()
        bob.clear_objects()
    assert story(log)[:6] == [
        "me > bob: send 2 float32",
        "me > bob: ask",
        "bob > me: reply",
        "me > bob: execute sum",
        "me > bob: execute backward",
        "me > bob: delete",
    ]
    kinds = [row["kind"] for row in log.rows()]
    assert {"assign", "search", "send", "hold", "pull", "clear"} <= set(kinds)
    assert [row["values"] for row in log.rows() if row["kind"] == "assign"] == [False]


def test_a_pointer_sent_on_carries_no_values(bob: Worker, alice: Worker) -> None:
    x = torch.ones(2).send(bob)
    with sy.record() as log:
        x.send(alice)
    assert not any(row["values"] for row in log.rows())


def test_remote_get_carries_values_between_the_workers_only(bob: Worker, alice: Worker) -> None:
    chain = torch.ones(2).send(bob).send(alice)
    with sy.record() as log:
        chain.remote_get()
    assert [(r["sender"], r["receiver"], r["detail"]) for r in log.rows() if r["values"]] == [
        ("bob", "alice", "2 float32")
    ]
    assert len(log.opened()) == 0


def test_seen_by_and_opened(bob: Worker, alice: Worker) -> None:
    with sy.record() as log:
        secret = torch.tensor([1.0, 2.0]).send(bob)
        other = torch.tensor([3.0]).send(alice)
        total = secret.sum()
        total.get()
    assert list(log.seen_by(bob)["detail"]) == ["2 float32"]
    assert list(log.seen_by("alice")["detail"]) == ["1 float32"]
    assert list(log.opened()["sender"]) == ["bob"]
    assert list(log.opened()["detail"]) == ["1 float32"]
    assert len(log.seen_by("nobody")) == 0
    assert list(log.seen_by("nobody").columns) == COLUMNS
    del secret, other


def test_traffic_adds_up(bob: Worker, alice: Worker) -> None:
    with sy.record() as log:
        x = torch.ones(1000).send(bob)
        x.move(alice)
        x.get()
    table = log.traffic().set_index(["sender", "receiver"])
    assert table["bytes"].sum() == sum(row["bytes"] for row in log.rows())
    assert table["messages"].sum() == len(log)
    assert table.loc[("bob", "alice"), "values"] > 4000
    assert table.loc[("me", "alice"), "values"] == 0


def test_gradients_are_values(bob: Worker) -> None:
    x = torch.ones(2, requires_grad=True)
    (x * 3).sum().backward()
    with sy.record() as log:
        p = x.send(bob)
    assert log.rows()[0]["detail"] == "2 float32, 2 float32"
    with sy.record() as log:
        p.grad.get()
    assert [row["kind"] for row in log.rows()][-2:] == ["get", "reply"]
    assert log.rows()[-1]["detail"] == "2 float32"


def test_the_session_transcript_is_a_frame(bob: Worker) -> None:
    sy.the_transcript().clear()
    x = torch.ones(2).send(bob)
    x.get()
    assert list(sy.transcript()["kind"]) == ["send", "get", "reply"]
    assert list(sy.transcript().columns) == COLUMNS
    assert list(sy.seen_by(bob)["kind"]) == ["send"]
    assert len(sy.seen_by("me")) == 1


def test_an_empty_transcript_has_columns() -> None:
    sy.reset()
    assert len(sy.transcript()) == 0
    assert list(sy.transcript().columns) == COLUMNS
    assert list(Transcript().traffic().columns) == ["sender", "receiver", "messages", "bytes", "values"]


# ---- peeks ----


def test_a_value_looked_at_from_outside_is_a_peek(bob: Worker) -> None:
    x = torch.tensor([1, 2]).send(bob)
    with sy.record() as log:
        assert bob._objects[x.id_at_location].tolist() == [1, 2]
    assert story(log) == ["bob > me: peek 2 int64"]
    assert len(log.opened()) == 1
    assert log.rows()[0]["objects"] == [int(x.id_at_location)]


def test_counting_and_naming_is_no_peek(bob: Worker) -> None:
    x = torch.tensor([1, 2]).send(bob)
    with sy.record() as log:
        assert len(bob._objects) == 1
        assert list(bob._objects) == list(bob._objects.keys()) == [x.id_at_location]
        assert x.id_at_location in bob._objects
        assert 5 not in bob._objects
        assert repr(bob) == "<VirtualWorker id:bob #objects:1>"
        assert "bob" in repr(x)
    assert len(log) == 0


@pytest.mark.parametrize("look", [repr, str, dict, lambda o: list(o.items()), lambda o: list(o.values())])
def test_printing_the_store_is_a_peek(bob: Worker, look: Any) -> None:
    x = torch.tensor([1, 2]).send(bob)
    with sy.record() as log:
        look(bob._objects)
    assert {row["kind"] for row in log.rows()} == {"peek"}
    del x


def test_a_pointer_looked_at_carries_no_values(bob: Worker, alice: Worker) -> None:
    chain = torch.tensor([1, 2]).send(bob).send(alice)
    with sy.record() as log:
        repr(alice._objects)
    assert [row["values"] for row in log.rows()] == [False]
    del chain


def test_a_peek_is_a_copy(bob: Worker) -> None:
    x = torch.tensor([1, 2]).send(bob)
    bob._objects[x.id_at_location].add_(5)
    assert x.get().tolist() == [1, 2]


# ---- blocks and bounds ----


def test_a_block_sees_only_its_own_messages_and_can_be_read_inside(bob: Worker) -> None:
    x = torch.ones(1).send(bob)
    with sy.record() as log:
        assert len(log) == 0
        x + 1
        assert len(log) == 2
        seen = len(log)
    x + 1
    assert len(log) == seen


def test_blocks_nest_and_survive_an_error(bob: Worker) -> None:
    x = torch.ones(1).send(bob)
    with sy.record() as outer:
        with pytest.raises(ValueRefusedError), sy.record() as inner:
            y = x + 1
            y.item()
        z = x * 2
    assert [row["op"] for row in inner.rows()] == ["add"]
    assert [row["op"] for row in outer.rows()] == ["add", "mul"]
    before = len(outer)
    del y, z
    assert len(outer) == before


def test_a_refused_operation_sends_nothing(bob: Worker, alice: Worker) -> None:
    x, y = torch.ones(1).send(bob), torch.ones(1).send(alice)
    with sy.record() as log:
        for mistake in (lambda: x + y, lambda: x.item(), lambda: x.nonzero(), lambda: x.send("carol")):
            with pytest.raises(sy.CourseError):
                mistake()
    assert len(log) == 0


def test_the_limit_drops_the_oldest_and_counts_them(bob: Worker) -> None:
    log = sy.the_transcript()
    log.clear()
    log.limit = 8
    x = torch.ones(1).send(bob)
    for _ in range(100):
        x.add_(1)
    assert 8 <= len(log) <= 10
    assert len(log) + log.dropped == 101
    assert [row["n"] for row in log.rows()] == list(range(log.dropped, 101))
    assert f"{log.dropped} older ones dropped" in repr(log)
    log.limit = 3
    assert (len(log), log.dropped) == (3, 98)
    log.limit = None
    for _ in range(20):
        x.add_(1)
    assert len(log) == 23
    log.clear()
    assert (len(log), log.dropped) == (0, 0)


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_of_nothing_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match="use 1 or more, or None"):
        Transcript(limit=limit)


def test_a_reset_begins_a_new_transcript_with_the_same_limit(hook: sy.TorchHook, bob: Worker) -> None:
    sy.the_transcript().limit = 50
    torch.ones(1).send(bob)
    sy.reset()
    assert (len(sy.the_transcript()), sy.the_transcript().limit) == (0, 50)
    sy.the_transcript().limit = None
    sy.reset()
    assert sy.the_transcript().limit is None
    sy.the_transcript().limit = 100_000


# ---- it costs nothing to nobody ----


def tensors_in(value: Any) -> bool:
    if isinstance(value, torch.Tensor):
        return True
    return isinstance(value, (tuple, list)) and any(map(tensors_in, value))


def test_a_transcript_keeps_no_values(bob: Worker, alice: Worker) -> None:
    with sy.record() as log:
        t = torch.ones(1000, requires_grad=True)
        t.grad = torch.ones(1000)
        x = t.send(bob)
        x.move(alice)
        x.get()
        y = t.send(bob)
        repr(bob._objects)
        y.grad.get()
    assert not any(tensors_in(message) for message in log)


def test_a_transcript_keeps_no_tensor_alive(bob: Worker) -> None:
    t = torch.ones(1000)
    x = t.send(bob)
    back = x.get()
    gone = [weakref.ref(t), weakref.ref(x), weakref.ref(back)]
    del t, x, back
    gc.collect()
    assert [ref() for ref in gone] == [None, None, None]


def test_a_message_kept_is_small(bob: Worker) -> None:
    with sy.record() as log:
        x = torch.ones(10_000).send(bob)
        y = x + x
    assert all(sys.getsizeof(message) < 200 for message in log)
    assert sum(sys.getsizeof(part) for message in log for part in message) < 2000
    del y


def test_a_wide_number_has_room_for_two(bob: Worker) -> None:
    """`words` counts 32 bits; a number that is narrower counts all the same."""
    dtypes = [torch.float32, torch.float64, torch.int64, torch.bool, torch.float16, torch.complex128]
    with sy.record() as log:
        sent = [torch.ones(2, 3, dtype=dtype).send(bob) for dtype in dtypes]
    assert [row["numbers"] for row in log.rows()] == [6] * len(sent)
    assert [row["words"] for row in log.rows()] == [6, 12, 12, 6, 6, 24]


def test_what_a_message_says_beside_its_tensors_is_written_down(bob: Worker) -> None:
    plan = sy.func2plan()(lambda x: x.clamp(-0.5, 2.25) + 7).build(torch.ones(1))
    with sy.record() as log:
        x = torch.ones(2, 3).tag("#one").describe("all ones").send(bob)
        y = x * 0.25 + 3
        z = torch.cat([x[:, 1:2], y], dim=1)
        y.tag("#two")
        bob.search("#one")
        plan.send(bob)
        z.get()
    assert [(row["kind"], row["written"]) for row in log.rows() if row["written"]] == [
        ("send", ["#one", "all ones"]),
        ("execute", [0.25]),
        ("execute", [3]),
        ("execute", [1, 2]),
        ("execute", [1]),
        ("label", ["#two"]),
        ("search", ["#one"]),
        ("send", [-0.5, 2.25, 7]),
    ]
