"""Messages as bytes: every message comes back as it was, its length is known beforehand, junk is refused."""

import json
import math
import struct
from typing import Any, get_args

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course import messages
from course.codec import decode, encode, encode_apart, encoded_length
from course.errors import NotSendableError
from course.messages import (
    Answer,
    Ask,
    Assign,
    Clear,
    Deal,
    Delete,
    Execute,
    Get,
    Graph,
    GraphEnds,
    Group,
    Hold,
    Item,
    Joint,
    Label,
    Move,
    Open,
    Peek,
    PointerSpec,
    Pull,
    Rename,
    Reply,
    Run,
    Search,
    Send,
    Split,
    Step,
    TensorSpec,
    seal,
    unseal,
)

DTYPES = [
    torch.bool,
    torch.uint8,
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
    torch.float16,
    torch.bfloat16,
    torch.float32,
    torch.float64,
    torch.complex64,
    torch.complex128,
]
SHAPES = [(), (0,), (1,), (5,), (2, 3), (0, 4), (2, 0, 3), (1, 1, 1, 1), (3, 2, 4)]


def bits(tensor: torch.Tensor) -> bytes:
    """The memory of a tensor in row-major order: equal also where NaN is not."""
    flat = tensor.detach().resolve_conj().resolve_neg().clone(memory_format=torch.contiguous_format).flatten()
    return flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""


def same(a: Any, b: Any) -> bool:
    """Equality through nested arguments; tensors by dtype, shape and bits; types must be the same too."""
    if isinstance(a, torch.Tensor):
        return isinstance(b, torch.Tensor) and (a.dtype, a.shape, bits(a)) == (b.dtype, b.shape, bits(b))
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, slice):
        return same([a.start, a.stop, a.step], [b.start, b.stop, b.step])
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b) or (a != a and b != b)


def sample(dtype: torch.dtype, shape: tuple[int, ...]) -> torch.Tensor:
    return (torch.randn(shape) * 50).to(dtype)


# ---- what strategies draw ----

ids = st.integers(1, 99_999_999_976)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
refs = ids | st.tuples(ids, st.sampled_from(["grad", "data"])) | st.tuples(ids, st.just("grad"), st.just("data"))
tensors = st.builds(sample, st.sampled_from(DTYPES), st.sampled_from(SHAPES))
numbers = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
special = st.sampled_from(
    [
        ...,
        torch.Size([2, 3]),
        torch.Size([]),
        1 + 2j,
        torch.float16,
        torch.bool,
        torch.device("cpu"),
        torch.strided,
    ]
    + [torch.contiguous_format, torch.channels_last, math.inf, -math.inf, math.nan, -0.0, 2**70]
)
constants = st.tuples(numbers | special)
ends = st.tuples(st.none() | st.integers(-9, 9)) | refs
arguments = st.recursive(
    constants | refs | st.builds(Group, st.just("slice"), st.tuples(ends, ends, ends)),
    lambda inner: st.builds(Group, st.sampled_from(["list", "tuple"]), st.lists(inner, max_size=3).map(tuple)),
    max_leaves=6,
)
pointers = st.builds(PointerSpec, names, ids)
kwargs = st.lists(st.tuples(st.text(max_size=5), arguments), max_size=2).map(tuple)
many_names = st.lists(names, max_size=2).map(tuple)
steps = st.builds(Step, names, names, st.lists(arguments, max_size=2).map(tuple), kwargs)
plans = st.builds(Graph, names, many_names, many_names, st.lists(steps, max_size=2).map(tuple), arguments)
items = st.builds(
    Item,
    ids,
    tensors | pointers | plans,
    st.booleans(),
    st.none() | tensors,
    st.lists(st.text(max_size=4), max_size=2).map(tuple),
    st.text(max_size=9),
    st.booleans(),
)
many_items = st.lists(items, max_size=3).map(tuple)
many_tensors = st.lists(tensors, max_size=3).map(tuple)
many_ids = st.lists(ids, max_size=3).map(tuple)
many_refs = st.lists(refs, max_size=3).map(tuple)
every_message = st.one_of(
    st.builds(Send, names, names, many_items),
    st.builds(Reply, names, names, many_items),
    st.builds(Peek, names, names, many_items),
    st.builds(
        Execute, names, names, st.text(max_size=9), st.lists(arguments, max_size=3).map(tuple), kwargs,
        st.none() | ids, st.booleans(),
    ),
    st.builds(Run, names, names, names, ids, many_refs, ids, st.booleans()),
    st.builds(Get, names, names, many_refs, st.booleans()),
    st.builds(Move, names, names, many_refs, names, st.none() | st.booleans()),
    st.builds(Assign, names, names, many_refs, st.sampled_from(["grad", "data"]), st.none() | refs),
    st.builds(Ask, names, names, many_refs, st.sampled_from(["shape", "dtype"])),
    st.builds(Search, names, names, st.lists(names, max_size=2).map(tuple)),
    st.builds(Answer, names, names, arguments),
    st.builds(Label, names, names, ids, st.lists(names, max_size=2).map(tuple), st.text(max_size=9)),
    st.builds(GraphEnds, names, names, ids),
    st.builds(Rename, names, names, ids, ids),
    st.builds(Split, names, names, refs, many_names, ids, many_ids),
    st.builds(
        Joint, names, names, names, many_names, names, names, st.lists(arguments, max_size=3).map(tuple), many_ids,
        many_tensors,
    ),
    *[st.builds(kind, names, names, names, many_tensors) for kind in (Deal, Open)],
    *[st.builds(kind, names, names, refs) for kind in (Pull, Delete, Hold)],
    st.builds(Clear, names, names),
)  # fmt: skip


@given(every_message)
def test_every_message_comes_back_as_it_was(message: messages.Message) -> None:
    assert same(decode(encode(message)), message)


@given(every_message)
def test_the_length_is_that_of_the_bytes_also_without_the_values(message: messages.Message) -> None:
    assert encoded_length(message) == encoded_length(unseal(seal(message))) == len(encode(message))


def test_the_strategy_above_draws_every_kind() -> None:
    drawn = {Send, Reply, Peek, Execute, Get, Move, Assign, Ask, Search, Answer, Pull, Delete, Hold, Clear}
    assert drawn | {GraphEnds, Label, Rename, Run, Split, Joint, Deal, Open} == set(get_args(messages.Message))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_dtype_and_shape(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    tensor = sample(dtype, shape)
    item = decode(encode(Send("me", "bob", (Item(1, tensor),)))).items[0]  # type: ignore[union-attr]
    assert same(item.value, tensor)
    assert item.value.is_contiguous()
    assert not item.value.requires_grad


@pytest.mark.parametrize("dtype", [d for d in DTYPES if d.is_floating_point or d.is_complex], ids=str)
def test_numbers_that_are_none(dtype: torch.dtype) -> None:
    tensor = torch.tensor([math.nan, math.inf, -math.inf, -0.0, 0.0]).to(dtype)
    assert same(decode(encode(Answer("bob", "me", [tensor]))).answer[0], tensor)  # type: ignore[union-attr]


VIEWS = {
    "transposed": lambda: torch.arange(6.0).view(2, 3).t(),
    "strided": lambda: torch.arange(10)[::3],
    "expanded": lambda: torch.ones(1).expand(4),
    "conjugated": lambda: torch.tensor([1 + 2j, 3 - 4j]).conj(),
    "negated": lambda: torch.tensor([1 + 2j]).conj().imag,
    "channels last": lambda: torch.randn(1, 2, 3, 4).to(memory_format=torch.channels_last),
    "one of many": lambda: torch.arange(9.0)[::3][:1],
    "offset": lambda: torch.arange(9)[4:],
    "with a graph": lambda: torch.ones(2, requires_grad=True) * 3,
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_a_view_travels_as_its_values(view: Any) -> None:
    tensor = view()
    message = Reply("bob", "me", (Item(7, tensor),))
    back = decode(encode(message)).items[0].value  # type: ignore[union-attr]
    assert torch.equal(back, tensor)
    assert not back.requires_grad
    assert len(encode(message)) == encoded_length(message)


def test_what_arrives_shares_no_memory_and_can_be_changed() -> None:
    frame = encode(Send("me", "bob", (Item(1, torch.zeros(3)), Item(2, torch.zeros(3)))))
    first, second = (item.value for item in decode(frame).items)  # type: ignore[union-attr]
    first.add_(1)
    assert second.tolist() == [0, 0, 0]
    assert decode(frame).items[0].value.tolist() == [0, 0, 0]  # type: ignore[union-attr]


def test_the_form_is_as_documented() -> None:
    frame = encode(Send("me", "bob", (Item(5, torch.tensor([1, 258], dtype=torch.int16)),)))
    (length,) = struct.unpack(">I", frame[:4])
    assert frame[
        4 : 4 + length
    ] == b'["Send","me","bob",{"tuple":[{"item":[5,{"tensor":["int16",[2]]},false,null,' + (
        b'{"tuple":[]},""]}]}]'
    )
    assert frame[4 + length :] == bytes([1, 0, 2, 1])


# ---- what cannot be written ----


@pytest.mark.parametrize(
    "thing",
    [print, object(), object, {1, 2}, b"raw", range(3), Exception("x")],
    ids=lambda thing: getattr(thing, "__name__", type(thing).__name__),  # the same in every process
)
def test_only_plain_data_can_be_written(thing: Any) -> None:
    with pytest.raises(NotSendableError, match="cannot travel"):
        encode(Execute("me", "bob", "add", (1, (thing,)), (), 2, True))


def test_a_tensor_without_numbers_cannot_be_written() -> None:
    x = torch.empty(2, device="meta")
    with pytest.raises(NotSendableError, match="A meta tensor cannot travel: it has a shape but no numbers"):
        encode(Send("me", "bob", (Item(5, x),)))


# ---- what cannot be read ----

GOOD = encode(Send("me", "bob", (Item(5, torch.arange(4.0), True, torch.ones(4), ("#a",), "text"),)))


@given(st.binary(max_size=80))
def test_junk_is_refused(junk: bytes) -> None:
    with pytest.raises(ValueError):
        decode(junk)


@given(st.binary(max_size=60), st.integers(0, 30))
def test_junk_with_a_right_length_is_refused(junk: bytes, more: int) -> None:
    with pytest.raises(ValueError):
        decode(len(junk).to_bytes(4, "big") + junk + bytes(more))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["tensor", "ref", "item", "slice", "dtype", "device", "dict", "size", "pointer", "x"]
            ),
            inner,
            max_size=2,
        )
    ),
    max_leaves=8,
)


@given(
    st.sampled_from(["Send", "Execute", "Get", "Answer", "Clear", "open", "eval"]),
    st.lists(json_values, max_size=5),
)
def test_json_that_is_no_message_is_refused_or_plain(kind: str, fields: list[Any]) -> None:
    header = json.dumps([kind, *fields]).encode()
    try:
        message = decode(len(header).to_bytes(4, "big") + header)
    except ValueError:
        return
    assert type(message) in get_args(messages.Message)


@given(st.integers(0, len(GOOD) - 1))
def test_a_cut_frame_is_refused(end: int) -> None:
    with pytest.raises(ValueError):
        decode(GOOD[:end])


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_gives_a_message(at: int, change: int) -> None:
    frame = bytearray(GOOD)
    frame[at] ^= change
    try:
        message = decode(bytes(frame))
    except ValueError:
        return
    assert type(message) in get_args(messages.Message)


def test_bytes_after_the_end_are_refused() -> None:
    with pytest.raises(ValueError):
        decode(GOOD + b"more")


HOSTILE = {
    "an unknown kind": '["Exec","me","bob"]',
    "a class of Python": '["object"]',
    "an unknown reader": '["Answer","a","b",{"object":[]}]',
    "two keys": '["Answer","a","b",{"ref":[1],"size":[1]}]',
    "too few fields": '["Send","me"]',
    "too many fields": '["Clear","me","bob","x","y"]',
    "a number": "5",
    "an empty list": "[]",
    "a huge tensor": '["Answer","a","b",{"tensor":["float32",[99999999999]]}]',
    "a negative shape": '["Answer","a","b",{"tensor":["float32",[-1]]}]',
    "two negative sides": '["Answer","a","b",{"tensor":["float32",[-1,-1]]}]',
    "a huge empty tensor": '["Answer","a","b",{"tensor":["float32",[0,99999999999999999999]]}]',
    "an unknown dtype": '["Answer","a","b",{"tensor":["qint8x",[1]]}]',
    "an unknown path": '["Answer","a","b",{"ref":[1,"__class__","__init__"]}]',
    "a private path": '["Get","a","b",{"tuple":[{"ref":[1,"_backward_hooks"]}]},false]',
    "a deep nest": '["Answer","a","b",' + "[" * 100_000 + "]" * 100_000 + "]",  # too deep for every Python
}


@pytest.mark.parametrize("header", HOSTILE.values(), ids=HOSTILE)
def test_hostile_headers_are_refused(header: str) -> None:
    with pytest.raises(ValueError):
        decode(len(header).to_bytes(4, "big") + header.encode())


@given(st.lists(st.integers(0, 40_000), max_size=4))
def test_large_tensors_may_travel_apart(sizes: list[int]) -> None:
    message = Reply("bob", "me", tuple(Item(n, torch.randn(size)) for n, size in enumerate(sizes)))
    frame, apart = encode_apart(message)
    assert [len(flat) for flat in apart] == [4 * size for size in sizes if 4 * size >= 65_536]
    assert len(frame) + sum(map(len, apart)) == encoded_length(message) == len(encode(message))
    assert same(decode(frame, [flat.clone() for flat in apart]), message)
    if apart:
        with pytest.raises(ValueError):
            decode(frame, apart[1:])
        with pytest.raises(ValueError):
            decode(frame, [*apart, apart[0]])
        with pytest.raises(ValueError):
            decode(frame, [flat[1:] for flat in apart])


def test_a_tensor_that_came_apart_is_no_view_and_can_be_resized() -> None:
    frame, apart = encode_apart(Reply("bob", "me", (Item(1, torch.randn(30_000)),)))
    tensor = decode(frame, [flat.clone() for flat in apart]).items[0].value  # type: ignore[union-attr]
    assert isinstance(tensor, torch.Tensor)
    assert not tensor._is_view()
    assert tensor.resize_(60_000).shape == (60_000,)


def test_a_spec_has_the_size_of_its_tensor() -> None:
    for dtype in DTYPES:
        spec = Answer("a", "b", [TensorSpec(dtype, (2, 3))])
        assert encoded_length(spec) == len(encode(Answer("a", "b", [torch.zeros(2, 3, dtype=dtype)])))
