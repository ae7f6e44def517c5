"""Pointers: what they print, what they answer, what get, move, send and remote_get do to whom holds what."""

import gc
import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F

import course as sy

Worker = sy.VirtualWorker
ID = r"\d{1,11}"


def holds(worker: Worker) -> list[Any]:
    """What a worker holds: values as lists, pointers as text without ids."""
    looked = worker._objects.values()
    return [o.tolist() if isinstance(o, torch.Tensor) else re.sub(r":\d+", "", repr(o)) for o in looked]


# ---- what things print ----


def test_a_worker_prints_its_name_and_count(bob: Worker) -> None:
    assert repr(bob) == str(bob) == f"{bob}" == "<VirtualWorker id:bob #objects:0>"
    x, y = torch.ones(1).send(bob), torch.ones(1).send(bob)
    assert repr(bob) == "<VirtualWorker id:bob #objects:2>"
    del x, y


def test_me_always_holds_nothing(bob: Worker) -> None:
    x = torch.ones(2)
    p = x.send(bob)
    assert repr(sy.local_worker) == "<VirtualWorker id:me #objects:0>"
    assert x.owner is p.owner is sy.local_worker


def test_a_pointer_prints_where_it_points(bob: Worker) -> None:
    p = torch.tensor([1.5]).send(bob)
    assert repr(p) == str(p) == f"{p}" == f"(Wrapper)>[PointerTensor | me:{p.id} -> bob:{p.id_at_location}]"
    assert re.fullmatch(rf"\(Wrapper\)>\[PointerTensor \| me:{ID} -> bob:{ID}\]", repr(p))


def test_attribute_pointers_print_their_attribute(bob: Worker) -> None:
    p = torch.ones(2, requires_grad=True).send(bob)
    p.sum().backward()
    assert repr(p.grad) == f"(Wrapper)>[PointerTensor | me:{p.id} -> bob:{p.id_at_location}::grad]"
    assert repr(p.data) == f"(Wrapper)>[PointerTensor | me:{p.id} -> bob:{p.id_at_location}::data]"


def test_a_tagged_pointer_prints_tags_shape_and_the_first_line(bob: Worker) -> None:
    p = torch.ones(3).tag("#a", "#b").describe("first line\nsecond line").send(bob)
    assert repr(p) == (
        f"(Wrapper)>[PointerTensor | me:{p.id} -> bob:{p.id_at_location}]"
        "\n\tTags: #a #b \n\tShape: torch.Size([3])\n\tDescription: first line..."
    )


def test_tags_without_a_description(bob: Worker) -> None:
    p = torch.ones(3).tag("#a").send(bob)
    assert repr(p).split("\n")[1:] == ["\tTags: #a ", "\tShape: torch.Size([3])"]


def test_many_pointers_print_each(bob: Worker, alice: Worker) -> None:
    many = torch.ones(2).send(bob, alice)
    pointer = rf"\(Wrapper\)>\[PointerTensor \| me:{ID} -> %s:{ID}\]"
    expected = rf"\(Wrapper\)>\[MultiPointerTensor\]\n\t-> {pointer % 'bob'}\n\t-> {pointer % 'alice'}"
    assert re.fullmatch(expected, repr(many))
    assert str(many) == f"{many}" == repr(many)


def test_a_pointer_held_by_a_worker(bob: Worker, alice: Worker) -> None:
    chain = torch.ones(2).send(bob).send(alice)
    id = int(chain.id_at_location)
    expected = rf"\{{{id}: \(Wrapper\)>\[PointerTensor \| alice:{id} -> bob:{ID}\]\}}"
    assert re.fullmatch(expected, repr(alice._objects))


def test_a_remote_parameter_prints_as_one(bob: Worker) -> None:
    model = torch.nn.Linear(2, 1).send(bob)
    expected = rf"Parameter containing:\n\(Wrapper\)>\[PointerTensor \| me:{ID} -> bob:{ID}\]"
    assert re.fullmatch(expected, repr(model.weight))


def test_a_fetched_loss_is_a_leaf(bob: Worker) -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True).send(bob)
    loss = (x * x).sum().get()
    assert repr(loss) == "tensor(5., requires_grad=True)"
    assert type(loss) is torch.Tensor
    assert loss.is_leaf and loss.grad_fn is None
    assert f"{loss:.4f}" == "{:.4f}".format(loss) == "5.0000"  # noqa: UP032


def test_a_notebook_sees_the_same_words(bob: Worker) -> None:
    p = torch.ones(2).tag("#a").send(bob)
    assert f"me:{p.id} -&gt; bob:{p.id_at_location}" in p._repr_html_()
    assert "&lt;VirtualWorker id:bob #objects:1&gt;" in bob._repr_html_()


def test_printing_shows_no_value_and_opens_none(bob: Worker) -> None:
    p = torch.tensor([7777.0]).send(bob)
    with sy.record() as log:
        text = f"{p!r} {p} {p._repr_html_()} {[p]} {(p.tag('#t'))}"
    assert "7777." not in text
    assert len(log.opened()) == 0


def test_completion_in_a_notebook_works(bob: Worker) -> None:
    p = torch.ones(2).send(bob)
    assert {"get", "move", "location", "shape"} <= set(dir(p))
    assert {"child", "get"} <= set(
        dir(torch.ones(2).send(bob, sy.VirtualWorker(sy.TorchHook(torch), id="dan")))
    )
    assert p.__class__.__name__ == "PointerTensor"


# ---- ids ----


def test_the_remote_id_is_that_of_the_tensor(bob: Worker) -> None:
    t = torch.ones(2)
    p = t.send(bob)
    assert p.id_at_location == t.id
    assert p.id != t.id
    assert list(bob._objects) == [t.id]
    assert 0 < t.id < 10**11
    assert p.get().id == t.id


def test_a_second_send_of_the_same_tensor_gets_an_id_of_its_own(bob: Worker) -> None:
    t = torch.ones(2)
    p, q = t.send(bob), t.send(bob)
    assert p.id_at_location == t.id != q.id_at_location
    p.add_(1)
    assert (p.get().tolist(), q.get().tolist()) == ([2, 2], [1, 1])


def ids_of_a_program(hook: sy.TorchHook) -> list[int]:
    sy.reset()
    sy.seed(42)
    bob, alice = sy.VirtualWorker(hook, id="bob"), sy.VirtualWorker(hook, id="alice")
    x = torch.rand(3).send(bob)
    y = x + x
    low, high = x.split([1, 2])
    model = torch.nn.Linear(3, 1).send(bob)
    out = model(y)
    out.move(alice)
    pointers = [x, y, low, high, model.weight, out]
    return (
        [int(i) for p in pointers for i in (p.id, p.id_at_location)]
        + list(bob._objects)
        + list(alice._objects)
    )


def test_the_same_seed_gives_the_same_ids(hook: sy.TorchHook) -> None:
    first = ids_of_a_program(hook)
    assert ids_of_a_program(hook) == first
    assert len(set(first[:12])) == 12


def test_another_seed_gives_other_ids(bob: Worker) -> None:
    sy.seed(1)
    one = torch.ones(1).id
    sy.seed(2)
    assert torch.ones(1).id != one


# ---- what it answers ----


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3), (4, 1, 2)], ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.int64, torch.bool, torch.complex64], ids=str)
def test_public_metadata(bob: Worker, shape: tuple[int, ...], dtype: torch.dtype) -> None:
    t = torch.zeros(shape, dtype=dtype)
    p = t.send(bob)
    assert (p.shape, p.size(), p.dim(), p.ndim) == (t.shape, t.size(), t.dim(), t.ndim)
    assert isinstance(p.shape, torch.Size) and isinstance(p.size(), torch.Size)
    assert (p.dtype, p.device, p.layout) == (t.dtype, t.device, t.layout)
    assert (p.numel(), p.nelement(), p.stride()) == (t.numel(), t.nelement(), t.stride())
    assert (p.is_leaf, p.requires_grad, p.grad, p.grad_fn) == (True, False, None, None)
    assert (p.is_floating_point(), p.is_complex()) == (t.is_floating_point(), t.is_complex())
    assert torch.is_tensor(p) and isinstance(p, torch.Tensor)
    if shape:
        assert (len(p), p.size(0), p.shape[-1]) == (len(t), t.size(0), t.shape[-1])
    else:
        with pytest.raises(TypeError, match="len\\(\\) of a "):
            len(p)


def test_where_it_points(bob: Worker) -> None:
    t = torch.ones(2)
    p = t.send(bob)
    assert p.location is bob
    assert p.owner is sy.local_worker
    assert type(p).__name__ == "PointerTensor"
    assert isinstance(p, sy.PointerTensor)


def test_questions_of_gradients_follow_the_remote_tensor(bob: Worker) -> None:
    p = torch.ones(2).send(bob)
    p.requires_grad_()
    assert p.requires_grad and p.is_leaf
    q = p * 2
    assert q.requires_grad and not q.is_leaf
    assert p.grad is None
    q.sum().backward()
    assert p.grad.shape == (2,)
    p.requires_grad = False
    assert not p.requires_grad


def test_equality_hash_and_membership(bob: Worker) -> None:
    p, q = torch.ones(2).send(bob), torch.ones(2).send(bob)
    assert (p == None, p != None) == (False, True)  # noqa: E711
    assert {p: 1}[p] == 1
    assert len({p, q}) == 2
    assert (p == q).get().tolist() == [True, True]


@pytest.mark.parametrize(
    "convert", [lambda p: p.to("cpu"), lambda p: p.cpu(), lambda p: p.to(torch.float64), lambda p: p.double()]
)
def test_conversions_run_there(bob: Worker, convert: Callable[[Any], Any]) -> None:
    p = convert(torch.ones(2).send(bob))
    assert p.location is bob
    assert p.get().tolist() == [1, 1]


# ---- send and get ----


@pytest.mark.parametrize("shape", [(), (0,), (5,), (2, 3), (300, 400)], ids=str)
@pytest.mark.parametrize(
    "dtype",
    [
        torch.bool,
        torch.uint8,
        torch.int64,
        torch.float16,
        torch.bfloat16,
        torch.float32,
        torch.float64,
        torch.complex64,
    ],
    ids=str,
)
def test_send_and_get_bring_back_the_same(bob: Worker, shape: tuple[int, ...], dtype: torch.dtype) -> None:
    t = (torch.randn(shape) * 9).to(dtype)
    back = t.send(bob).get()
    assert torch.equal(back, t)
    assert (back.dtype, back.shape, type(back)) == (t.dtype, t.shape, torch.Tensor)
    assert len(bob._objects) == 0


def test_send_is_not_in_place(bob: Worker) -> None:
    t = torch.tensor([1, 2])
    p = t.send(bob)
    assert type(t) is torch.Tensor
    assert t.tolist() == [1, 2]
    assert p is not t


def test_get_empties_the_remote_side(bob: Worker) -> None:
    p = torch.ones(2).send(bob)
    assert len(bob._objects) == 1
    p.get()
    assert len(bob._objects) == 0


def test_a_spent_pointer_prints_that_it_is_spent(bob: Worker) -> None:
    p = torch.ones(2).tag("#a").send(bob)
    live = repr(p).splitlines()[0]
    p.get()
    assert repr(p) == str(p) == f"{p}" == f"{live} (spent: get() brought it home)"


def test_tags_and_description_travel(bob: Worker, alice: Worker) -> None:
    p = torch.ones(2).tag("#a", "#b").describe("mine").send(bob)
    assert (p.tags, p.description) == (("#a", "#b"), "mine")
    p.move(alice)
    back = p.get()
    assert (tuple(back.tags), back.description) == (("#a", "#b"), "mine")


def test_a_tag_given_after_the_send_is_found_and_comes_home(bob: Worker) -> None:
    p = torch.ones(2).tag("#before").send(bob)
    with sy.record() as log:
        assert p.tag("#after", "#before") is p
    assert [(row["kind"], row["receiver"], row["values"]) for row in log.rows()] == [("label", "bob", False)]
    p.describe("set later")
    (found,) = bob.search("#before", "#after")
    assert (found.tags, found.description) == (("#before", "#after"), "set later")
    home: Any = p.get()
    assert (home.tags, home.description) == (("#before", "#after"), "set later")


def test_a_result_can_be_tagged_and_keeps_its_tags_when_it_moves(bob: Worker, alice: Worker) -> None:
    p = (torch.ones(2).send(bob) + 1).tag("#sum")
    p.move(alice)
    assert bob.search("#sum") == []
    assert alice.search("#sum")[0].get().tolist() == [2, 2]


def test_a_chain_is_tagged_at_its_first_link(bob: Worker, alice: Worker) -> None:
    chain = torch.ones(2).tag("#data").send(bob).send(alice).tag("#chain")
    assert [len(worker.search("#chain")) for worker in (bob, alice)] == [0, 1]
    assert chain.get().tags == ("#data", "#chain")


def test_tags_are_added_through_any_pointer(bob: Worker) -> None:
    p = torch.ones(2).tag("#a").describe("mine").send(bob)
    (found,) = bob.search("#a")
    found.tag("#b")
    p.tag("#c")
    p.data.tag("#d")
    home: Any = p.get()
    assert (home.tags, home.description) == (("#a", "#b", "#c", "#d"), "mine")
    with pytest.raises(sy.AlreadyFetchedError):
        p.tag("#e")


def test_search_finds_by_id(bob: Worker) -> None:
    x = torch.ones(2).tag("#a").send(bob)
    for query in ((x.id_at_location,), ([x.id_at_location, "#a"],)):
        assert [found.id_at_location for found in bob.search(*query)] == [x.id_at_location]
    assert bob.search(1) == []


def test_tagging_what_is_gone_is_refused(bob: Worker) -> None:
    p = torch.ones(2).send(bob)
    bob.clear_objects()
    with pytest.raises(sy.ObjectNotFoundError):
        p.tag("#gone")


def test_search_takes_its_tags_one_by_one_or_as_a_list(bob: Worker) -> None:
    x = torch.ones(2).tag("#a", "#b").send(bob)
    torch.zeros(2).tag("#a").send(bob, garbage_collect_data=False)
    for query in (["#a", "#b"], ("#b", "#a"), {"#a", "#b"}):
        assert [found.id_at_location for found in bob.search(query)] == [x.id_at_location]
        found = sy.PrivateGridNetwork(bob).search(query)
        assert [pointer.id_at_location for pointer in found["bob"]] == [x.id_at_location]
    assert len(bob.search(["#a"])) == 2


def test_a_tagged_pointer_to_nothing_prints_and_says_so(bob: Worker) -> None:
    p = torch.ones(3).tag("#a").describe("mine").send(bob)
    bob.clear_objects()
    assert f"Shape: unknown, for bob holds no object {p.id_at_location} any more" in repr(p)
    assert str(p) == repr(p) == f"{p}"
    assert "Tags: #a" in p._repr_html_()
    sy.reset()
    assert "Shape: unknown, for bob is gone" in repr(p)


def test_search_finds_by_tag(bob: Worker) -> None:
    x = torch.ones(2).tag("#a", "#b").send(bob)
    y = torch.zeros(2).tag("#a").send(bob)
    assert len(bob.search("#a")) == 2
    (found,) = bob.search("#a", "#b")
    assert found.location is bob
    assert found.id_at_location == x.id_at_location
    assert bob.search("#nothing") == []
    assert (found + 1).get().tolist() == [2, 2]
    assert found.tags == ("#a", "#b")
    del y


def test_a_parameter_and_a_view_can_be_sent(bob: Worker) -> None:
    back = torch.nn.Parameter(torch.ones(2)).send(bob).get()
    assert back.requires_grad and back.is_leaf
    assert torch.arange(6).view(2, 3).t().send(bob).get().tolist() == [[0, 3], [1, 4], [2, 5]]


def test_copy_and_clone_run_there(bob: Worker) -> None:
    p = torch.ones(2, requires_grad=True).send(bob)
    for twin in (p.copy(), p.clone(), p.detach()):
        assert twin.location is bob
        assert twin.id_at_location != p.id_at_location
    copied = p.copy()
    assert copied.is_leaf and copied.requires_grad
    with torch.no_grad():
        copied.add_(1)
    assert p.get().tolist() == [1, 1]


def test_a_local_copy_is_a_leaf_of_its_own() -> None:
    t = torch.ones(2, requires_grad=True)
    twin = t.copy()
    with torch.no_grad():
        twin.add_(1)
    assert (t.tolist(), twin.tolist(), twin.requires_grad) == ([1, 1], [2, 2], True)


def test_tensors_are_made_there(bob: Worker) -> None:
    z = bob.remote.torch.zeros((2, 3))
    assert z.location is bob
    assert z.get().tolist() == [[0, 0, 0], [0, 0, 0]]
    assert bob.remote.torch.arange(3).get().tolist() == [0, 1, 2]
    assert bob.remote.torch.rand((2, 3)).shape == (2, 3)
    assert bob.remote.torch.full((2,), 7.0).get().tolist() == [7, 7]
    x = torch.ones(2).send(bob)
    assert bob.remote.torch.add(x, x).get().tolist() == [2, 2]


# ---- move ----


def test_move_empties_the_source_and_keeps_the_id(bob: Worker, alice: Worker) -> None:
    p = torch.tensor([1, 2]).send(bob)
    id = p.id_at_location
    p.move(alice)
    assert (len(bob._objects), list(alice._objects)) == (0, [id])
    assert p.location is alice
    assert p.get().tolist() == [1, 2]


def test_move_works_assigned_and_not(bob: Worker, alice: Worker) -> None:
    p = torch.tensor([1, 2]).send(bob)
    p = p.move(alice)
    p = p.move(bob)
    p.move(alice)
    assert (len(bob._objects), len(alice._objects)) == (0, 1)
    assert (p + p).get().tolist() == [2, 4]


def test_move_to_where_it_is_sends_nothing(bob: Worker) -> None:
    p = torch.ones(2).send(bob)
    with sy.record() as log:
        assert p.move(bob) is p
    assert len(log) == 0


def test_move_to_me_is_a_get(bob: Worker) -> None:
    t = torch.ones(2).send(bob).move(sy.local_worker)
    assert type(t) is torch.Tensor
    assert t.tolist() == [1, 1]
    assert len(bob._objects) == 0


def test_move_can_ask_for_a_gradient(bob: Worker, alice: Worker) -> None:
    p = torch.ones(2).send(bob).move(alice, requires_grad=True)
    assert p.requires_grad and p.is_leaf
    q = (torch.ones(2, requires_grad=True).send(bob) * 2).move(alice, requires_grad=False)
    assert not q.requires_grad


def test_what_was_moved_is_seen_by_nobody_else(bob: Worker, alice: Worker, carol: Worker) -> None:
    with sy.record() as log:
        p = torch.ones(2).send(bob)
        p.move(alice)
        p.move(carol)
    assert len(log.opened()) == 0
    assert [len(log.seen_by(w)) for w in (bob, alice, carol)] == [1, 1, 1]


def test_a_part_cannot_be_moved_away_by_its_attribute(bob: Worker, alice: Worker) -> None:
    """`p.grad.move(alice)` must not take the gradient out of bob's tensor unseen, nor lose it."""
    p = torch.ones(2, requires_grad=True).send(bob)
    (p * 3).sum().backward()
    g = p.grad.clone().move(alice)
    assert g.get().tolist() == [3, 3]
    assert p.grad.get().tolist() == [3, 3]
    assert p.get().tolist() == [1, 1]


# ---- chains ----


def test_a_chain_is_a_pointer_to_a_pointer(bob: Worker, alice: Worker) -> None:
    x = torch.tensor([1, 2]).send(bob)
    chain = x.send(alice)
    assert chain.location is alice
    assert holds(alice) == ["(Wrapper)>[PointerTensor | alice -> bob]"]
    assert holds(bob) == [[1, 2]]


def test_get_unwraps_one_link(bob: Worker, alice: Worker, carol: Worker) -> None:
    chain = torch.tensor([1, 2]).send(bob).send(alice).send(carol)
    assert [len(w._objects) for w in (bob, alice, carol)] == [1, 1, 1]
    two = chain.get()
    assert two.location is alice and isinstance(two, sy.PointerTensor)
    assert [len(w._objects) for w in (bob, alice, carol)] == [1, 1, 0]
    one = two.get()
    assert one.location is bob
    assert [len(w._objects) for w in (bob, alice, carol)] == [1, 0, 0]
    assert one.get().tolist() == [1, 2]
    assert [len(w._objects) for w in (bob, alice, carol)] == [0, 0, 0]


def test_operations_run_through_the_chain_and_each_link_gets_its_result(bob: Worker, alice: Worker) -> None:
    chain = torch.tensor([1, 2]).send(bob).send(alice)
    total = chain + chain
    assert (len(bob._objects), len(alice._objects)) == (2, 2)
    assert total.location is alice
    assert total.get().get().tolist() == [2, 4]
    del total, chain
    assert (len(bob._objects), len(alice._objects)) == (0, 0)


@pytest.mark.parametrize(
    "operation",
    [
        lambda x: x * 2 - 1,
        lambda x: x @ x,
        lambda x: F.relu(x),
        lambda x: torch.stack([x, x]),
        lambda x: x.split([1, 3])[1],
        lambda x: x.max(dim=0).indices,
        lambda x: x[1:3],
        lambda x: x.t().sum(),
        lambda x: torch.cat((x, x), dim=0).view(2, 4),
    ],
)
def test_a_chain_computes_what_plain_torch_computes(bob: Worker, alice: Worker, operation: Any) -> None:
    t = torch.tensor([1.0, -2.0, 3.0, 4.0])
    result = operation(t.send(bob).send(alice)).get().get()
    assert torch.equal(result, operation(t))


def test_a_chain_answers_for_the_data_at_its_end(bob: Worker, alice: Worker) -> None:
    chain = torch.ones(2, 3, requires_grad=True).send(bob).send(alice)
    assert (chain.shape, chain.dtype, chain.requires_grad, len(chain)) == ((2, 3), torch.float32, True, 2)
    (chain * 2).sum().backward()
    assert chain.grad.shape == (2, 3)
    assert chain.get().grad.get().tolist() == [[2, 2, 2], [2, 2, 2]]


def test_an_operation_in_place_through_a_chain(bob: Worker, alice: Worker) -> None:
    chain = torch.ones(2).send(bob).send(alice)
    assert chain.add_(1) is chain
    assert (len(bob._objects), len(alice._objects)) == (1, 1)
    assert chain.get().get().tolist() == [2, 2]


def test_remote_get_pulls_one_link_nearer_in_place(bob: Worker, alice: Worker, carol: Worker) -> None:
    chain = torch.tensor([1, 2]).send(bob).send(alice).send(carol)
    same = chain.remote_get()
    assert same is chain
    assert [len(w._objects) for w in (bob, alice, carol)] == [1, 0, 1]
    assert holds(carol) == ["(Wrapper)>[PointerTensor | carol -> bob]"]
    chain.remote_get()
    assert [len(w._objects) for w in (bob, alice, carol)] == [0, 0, 1]
    assert chain.get().tolist() == [1, 2]


def test_remote_get_of_no_chain_is_refused_and_changes_nothing(bob: Worker) -> None:
    p = torch.ones(2).send(bob)
    with pytest.raises(sy.NotAChainError):
        p.remote_get()
    assert p.get().tolist() == [1, 1]


def test_a_chain_can_be_moved(bob: Worker, alice: Worker, carol: Worker) -> None:
    chain = torch.tensor([1, 2]).send(bob).send(alice)
    chain.move(carol)
    assert [len(w._objects) for w in (bob, alice, carol)] == [1, 0, 1]
    assert (chain + chain).get().get().tolist() == [2, 4]
    assert chain.get().get().tolist() == [1, 2]


def test_two_chains_to_one_tensor(bob: Worker, alice: Worker, carol: Worker) -> None:
    x = torch.tensor([1, 2]).send(bob)
    one, two = x.send(alice), x.send(carol)
    del one
    assert [len(w._objects) for w in (bob, alice, carol)] == [1, 0, 1]
    assert two.get().get().tolist() == [1, 2]


def test_data_behind_a_chain_was_fetched(bob: Worker, alice: Worker) -> None:
    x = torch.tensor([1, 2]).send(bob)
    chain = x.send(alice)
    x.get()
    with pytest.raises(sy.ObjectNotFoundError, match="bob holds no object"):
        chain + 1
    del chain
    assert (len(bob._objects), len(alice._objects)) == (0, 0)


def test_a_circle_through_workers(bob: Worker, alice: Worker) -> None:
    """bob -> alice -> bob: two links on bob, one on alice."""
    chain = torch.tensor([1, 2]).send(bob).send(alice).send(bob)
    assert (len(bob._objects), len(alice._objects)) == (2, 1)
    assert (chain * 3).get().get().get().tolist() == [3, 6]
    del chain
    assert (len(bob._objects), len(alice._objects)) == (0, 0)


# ---- many pointers ----


def test_many_pointers_compute_at_each_place(bob: Worker, alice: Worker) -> None:
    x = torch.tensor([1, 2]).send(bob, alice)
    y = torch.tensor([10, 20]).send(bob, alice)
    assert type(x).__name__ == "MultiPointerTensor"
    assert [p.location for p in x.child] == [bob, alice]
    assert [t.tolist() for t in (x + y).get()] == [[11, 22], [11, 22]]
    assert [t.tolist() for t in (x * 2).get()] == [[2, 4], [2, 4]]
    assert (x - y).get(sum_results=True).tolist() == [-18, -36]


def test_many_pointers_answer_and_get(bob: Worker, alice: Worker) -> None:
    x = torch.ones(2, 3).send(bob, alice)
    assert (x.shape, x.dim(), x.size(1), len(x)) == ((2, 3), 2, 3, 2)
    assert [t.shape for t in x.get()] == [(2, 3), (2, 3)]
    assert (len(bob._objects), len(alice._objects)) == (0, 0)


def test_many_pointers_die_with_their_last_name(bob: Worker, alice: Worker) -> None:
    x = torch.ones(2).send(bob, alice)
    y = x + x
    assert (len(bob._objects), len(alice._objects)) == (2, 2)
    del x, y
    assert (len(bob._objects), len(alice._objects)) == (0, 0)


def test_many_pointers_meet_at_one_worker(bob: Worker, alice: Worker, carol: Worker) -> None:
    x = torch.tensor([1, 2]).send(bob, alice)
    x.move(carol)
    assert [len(w._objects) for w in (bob, alice, carol)] == [0, 0, 2]
    assert x.get(sum_results=True).tolist() == [2, 4]


def test_many_gradients(bob: Worker, alice: Worker) -> None:
    x = torch.ones(2, requires_grad=True).send(bob, alice)
    assert x.grad is None
    (x * 3).sum().backward()
    assert [g.tolist() for g in x.grad.get()] == [[3, 3], [3, 3]]


def test_many_in_other_places_are_refused(bob: Worker, alice: Worker, carol: Worker) -> None:
    x, y = torch.ones(2).send(bob, alice), torch.ones(2).send(bob, carol)
    with pytest.raises(sy.TensorsNotCollocatedException, match="bob, alice .* bob, carol"):
        x + y


# ---- sums ----


def test_the_sum_of_pointers(bob: Worker) -> None:
    parts = [torch.full((2,), float(n)).send(bob) for n in range(4)]
    total = sum(parts)
    assert total.location is bob
    assert total.get().tolist() == [6, 6]
    assert len(bob._objects) == 4


def test_an_id_does_not_change_while_a_message_names_it(bob: Worker) -> None:
    x = torch.tensor([1.0, 2.0])
    first = x.send(bob)
    second = x.send(bob)  # its id at bob is another one as long as the first is there
    cycle: list[Any] = [first]
    cycle.append(cycle)
    del first, cycle

    class Collects(int):
        """An argument on whose way Python happens to collect its garbage, the first pointer among it."""

        @property
        def dtype(self) -> Any:
            gc.collect()
            return torch.int64

        shape = ()

        def item(self) -> int:
            return int(self)

    assert torch.equal((second * Collects(3)).get(), x * 3)
    assert torch.equal(second.get(), x)
    assert len(bob._objects) == 0


def test_a_tensor_without_numbers_stays_where_it_is(bob: Worker) -> None:
    x = torch.ones(2)
    with pytest.raises(sy.NotSendableError, match="it has a shape but no numbers"):
        x.to("meta").send(bob)  # type: ignore[attr-defined]
    there = x.send(bob).to("meta")  # type: ignore[attr-defined]
    with pytest.raises(sy.NotSendableError, match="it has a shape but no numbers"):
        there.get()
    assert there.is_meta and there.location is bob
