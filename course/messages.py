"""The messages: the only things that ever cross from one worker to another.

Each message is a tuple of plain data that begins with its sender and its receiver. Objects are named by their id at the
receiver (a `Ref`); values travel only inside the items of a `Send`, a `Reply` or a `Peek`. A message never holds a
function, a class or a live pointer, so it can be written down as bytes (`course/codec.py`).
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias, get_args

import torch

__all__ = [
    "Answer",
    "Ask",
    "Assign",
    "Clear",
    "Deal",
    "Delete",
    "Execute",
    "Get",
    "Graph",
    "GraphEnds",
    "Group",
    "Hold",
    "Item",
    "Joint",
    "Label",
    "Message",
    "Move",
    "Open",
    "Peek",
    "PointerSpec",
    "Pull",
    "Ref",
    "Rename",
    "Reply",
    "Run",
    "Search",
    "Send",
    "Split",
    "Step",
    "TensorSpec",
]


# An object of the receiver: its id, or a tuple for a part of it, (id, "grad"), (id, "data"), (id, "grad", "data").
Ref: TypeAlias = "int | tuple[Any, ...]"


class Group(NamedTuple):
    """A list, tuple or slice among the arguments of an operation, itself of arguments."""

    kind: str
    parts: tuple[Any, ...]


class PointerSpec(NamedTuple):
    """A pointer as it travels: the worker it points to, and the id there."""

    location: str
    ref: Ref


class TensorSpec(NamedTuple):
    """What the transcript keeps of a tensor: how it looks from outside, never its values."""

    dtype: torch.dtype
    shape: tuple[int, ...]


class Step(NamedTuple):
    """One step of a plan: an operation by name, and the name of its result.

    An argument is what it is in an Execute, with a number for what the plan has by then: its inputs, its state and the
    results of its steps, counted in this order.
    """

    name: str
    op: str
    args: tuple[Any, ...]
    kwargs: tuple[tuple[str, Any], ...]


class Graph(NamedTuple):
    """A plan as it travels: plain data, no function. Its state travels beside it, as items of their own."""

    name: str
    inputs: tuple[str, ...]
    state: tuple[str, ...]
    steps: tuple[Step, ...]
    output: Any


Value: TypeAlias = "torch.Tensor | TensorSpec | PointerSpec | Graph"


class Item(NamedTuple):
    """One object on its way: an id, the value, and what belongs to it."""

    id: int
    value: Value
    requires_grad: bool = False
    grad: torch.Tensor | TensorSpec | None = None
    tags: tuple[str, ...] = ()
    description: str = ""
    had_graph: bool = False  # it was computed by autograd, and its graph is lost as it leaves the sender


class Send(NamedTuple):
    """Put these items into the receiver's store."""

    sender: str
    receiver: str
    items: tuple[Item, ...]


class Execute(NamedTuple):
    """Run a reviewed operation by name on objects of the receiver and keep the result there under `result`.

    An argument is the id of an object, a part of one as in Ref, a constant in a tuple of its own (0.1,), or a Group.
    `result` is None where there is nothing to keep (an operation in place, backward). `grad_mode` is the sender's
    torch.is_grad_enabled().
    """

    sender: str
    receiver: str
    op: str
    args: tuple[Any, ...]
    kwargs: tuple[tuple[str, Any], ...]
    result: int | None
    grad_mode: bool


class Run(NamedTuple):
    """Run a plan of the receiver on these objects of it: the inputs first, then the state. `op` is the plan's name.

    The result is kept there under `result`; several results, and one that needs another id, are answered with ids.
    """

    sender: str
    receiver: str
    op: str
    plan: int
    args: tuple[Ref, ...]
    result: int
    grad_mode: bool


class Joint(NamedTuple):
    """Run a protocol together with the other parties, who each get this message with ids of their own.

    Among the arguments an id is a share that the receiver holds, a constant (a size, a divisor) stands in a tuple of
    its own, as in an Execute, and a Group("public", ((k,),)) is the k-th of `values`: numbers that everybody may know.
    The receiver keeps its shares of the results under these ids; over an argument, in place, where the id is that.
    `dealer` hands out randomness. `protocol`: "spdz2k" where shares have MACs, else "".
    """

    sender: str
    receiver: str
    op: str
    parties: tuple[str, ...]
    dealer: str
    protocol: str
    args: tuple[Any, ...]
    results: tuple[int, ...]
    values: tuple[torch.Tensor | TensorSpec, ...] = ()


class Split(NamedTuple):
    """Split an object of yours into shares, in fixed precision, and send one to each of these parties, under this id.

    `scale`: what its numbers are multiplied by before they are rounded; 1 for integers.
    """

    sender: str
    receiver: str
    ref: Ref
    parties: tuple[str, ...]
    scale: int
    results: tuple[int, ...]


class Deal(NamedTuple):
    """Randomness from the dealer to one party: its shares of masks and triples, in so many numbers of each dtype."""

    sender: str
    receiver: str
    what: str
    values: tuple[torch.Tensor | TensorSpec, ...]


class Open(NamedTuple):
    """One party's shares of what all parties may know, to another one. `what` says what that is."""

    sender: str
    receiver: str
    what: str
    values: tuple[torch.Tensor | TensorSpec, ...]


class Get(NamedTuple):
    """Hand over these objects; with `keep` a copy, and they stay."""

    sender: str
    receiver: str
    refs: tuple[Ref, ...]
    keep: bool = False


class Move(NamedTuple):
    """Send these objects on to the worker `to`, and keep nothing."""

    sender: str
    receiver: str
    refs: tuple[int, ...]
    to: str
    requires_grad: bool | None = None


class Pull(NamedTuple):
    """The object is a pointer: get what it points to, and keep that in its place."""

    sender: str
    receiver: str
    ref: int


class Delete(NamedTuple):
    """A pointer to this object is gone; with the last one the object goes too."""

    sender: str
    receiver: str
    ref: int


class Hold(NamedTuple):
    """There is one more pointer to this object."""

    sender: str
    receiver: str
    ref: int


class Rename(NamedTuple):
    """The object was sent under another id because its own was taken. That one is free now: `to`."""

    sender: str
    receiver: str
    ref: int
    to: int


class Ask(NamedTuple):
    """A question about public metadata of objects: their shape, their dtype, whether they have a gradient."""

    sender: str
    receiver: str
    refs: tuple[Ref, ...]
    question: str


class Assign(NamedTuple):
    """Set the `grad` or the `data` of these objects to another object of the same worker, or to None."""

    sender: str
    receiver: str
    refs: tuple[Ref, ...]
    attribute: str
    value: Ref | None


class Label(NamedTuple):
    """Add these tags to an object, and describe it anew unless the description is empty."""

    sender: str
    receiver: str
    ref: int
    tags: tuple[str, ...]
    description: str


class Search(NamedTuple):
    """Which objects carry all of these tags, or this id?"""

    sender: str
    receiver: str
    query: tuple[str | int, ...]


class Clear(NamedTuple):
    """Forget all objects."""

    sender: str
    receiver: str


class GraphEnds(NamedTuple):
    """A backward pass came to this object, which had left its autograd graph behind when it travelled."""

    sender: str
    receiver: str
    ref: int


class Reply(NamedTuple):
    """The objects that a Get asked for."""

    sender: str
    receiver: str
    items: tuple[Item, ...]


class Answer(NamedTuple):
    """Plain metadata: what an Ask or a Search asked for, or the ids under which results were kept."""

    sender: str
    receiver: str
    answer: Any


class Peek(NamedTuple):
    """A value that somebody looked at from outside: the classroom's X-ray, written down like any other message."""

    sender: str
    receiver: str
    items: tuple[Item, ...]


Message: TypeAlias = (
    Send | Execute | Get | Move | Pull | Delete | Hold | Rename | Ask | Assign | Label | Search | Clear
    | GraphEnds | Reply | Answer | Peek | Run | Joint | Split | Deal | Open
)

WITH_ITEMS = frozenset({Send, Reply, Peek})
WITH_VALUES = frozenset({Joint, Deal, Open})  # in a field of that name
KINDS: dict[str, type] = {kind.__name__: kind for kind in get_args(Message)}
HEADS = {kind: (name,) for name, kind in KINDS.items() if kind not in WITH_ITEMS}
EXECUTE = HEADS[Execute]


def seal(message: Message) -> tuple[Any, ...]:
    """A message as the transcript keeps it: a plain flat tuple that begins with its kind, without a single value.

    Python's garbage collector stops looking at a plain tuple of plain data, one level at each look. A million messages
    kept as nested objects would make every full collection visit them all, which was half of what a transcript cost.
    """
    head = HEADS.get(type(message))
    if head is None:
        return _sealed_items(type(message).__name__, *message)
    if type(message) in WITH_VALUES:
        values: Any = message[-1]
        return head + message[:-1] + (tuple([TensorSpec(part.dtype, tuple(part.shape)) for part in values]),)
    if head is EXECUTE and message[4]:  # type: ignore[misc]
        return head + message[:4] + message[5:] + sum(message[4], ())  # type: ignore[misc,arg-type]
    return head + message


def _sealed_items(kind: str, sender: str, receiver: str, items: tuple[Item, ...]) -> tuple[Any, ...]:
    """Nine fields for each item, its values replaced by dtype and shape; for a pointer its worker and ref."""
    flat: list[Any] = [kind, sender, receiver]
    for id, value, requires_grad, grad, tags, description, had_graph in items:
        if type(value) is Graph:
            what, where = value, None  # no values in it
        else:
            what, where = value if type(value) is PointerSpec else (value.dtype, tuple(value.shape))  # type: ignore
        if grad is None:
            flat += (id, what, where, requires_grad, None, None, tags, description, had_graph)
        else:
            shape = tuple(grad.shape)
            flat += (id, what, where, requires_grad, grad.dtype, shape, tags, description, had_graph)
    return tuple(flat)


def unseal(kept: tuple[Any, ...]) -> Message:
    """The message that was sealed, with a TensorSpec in the place of each tensor."""
    kind, *fields = kept
    if KINDS[kind] in WITH_ITEMS:
        items = tuple(_unsealed_item(*fields[at : at + 9]) for at in range(2, len(fields), 9))
        fields = [*fields[:2], items]
    elif kind == "Execute" and len(fields) != 7:
        named = tuple(zip(fields[6::2], fields[7::2], strict=True))
        fields = [*fields[:4], named, *fields[4:6]]
    message: Message = KINDS[kind](*fields)
    return message


def _unsealed_item(
    id: int, what: Any, where: Any, requires_grad: bool, dtype: Any, shape: Any, tags: Any, text: str, graph: bool
) -> Item:
    value: Value = PointerSpec(what, where) if isinstance(what, str) else TensorSpec(what, where)
    if isinstance(what, Graph):
        value = what
    grad = None if dtype is None else TensorSpec(dtype, shape)
    return Item(id, value, requires_grad, grad, tags, text, graph)


def values_in(message: Message) -> list[TensorSpec]:
    """The data that an unsealed message carried, as specs; empty for a message without values."""
    if isinstance(message, (Joint, Deal, Open)):
        return list(message.values)  # type: ignore[arg-type]
    if type(message) not in WITH_ITEMS:
        return []
    items: tuple[Item, ...] = message[2]  # type: ignore[assignment,misc]
    carried = [part for item in items for part in (item.value, item.grad)]
    return [part for part in carried if isinstance(part, TensorSpec)]


def plans_in(message: Message) -> list[str]:
    """The names of the plans that a message carried."""
    if type(message) not in WITH_ITEMS:
        return []
    items: tuple[Item, ...] = message[2]  # type: ignore[assignment,misc]
    return [item.value.name for item in items if isinstance(item.value, Graph)]


def written_in(message: Message) -> list[int | float | complex | str]:
    """The numbers and texts that an unsealed message says beside its tensors, without ids, sizes and names of steps."""
    match message:
        case Execute(_, _, _, args, kwargs):
            said = constants_among((*args, *[value for _, value in kwargs]))
        case Send(_, _, items) | Reply(_, _, items) | Peek(_, _, items):
            said = [part for item in items for part in (*item.tags, item.description, *_constants_of(item.value))]
        case Label(_, _, _, tags, description):
            said = [*tags, description]
        case Search(_, _, query):
            said = [*query]
        case _:
            said = []
    return [part for part in said if type(part) in (int, float, complex) or (type(part) is str and part)]


def _constants_of(value: Value) -> list[Any]:
    """What a plan computes with, beside its inputs and its state."""
    if not isinstance(value, Graph):
        return []
    written = [part for step in value.steps for part in (*step.args, *[named for _, named in step.kwargs])]
    return constants_among((*written, value.output))


def objects_in(message: Message) -> list[int]:
    """The ids that a message is about: at the receiver, for a reply and a peek at the sender."""
    match message:
        case Send(_, _, items) | Reply(_, _, items) | Peek(_, _, items):
            return [item.id for item in items]
        case Execute():
            used = ids_among((*message.args, *[value for _, value in message.kwargs]))
            return used if message.result is None else [*used, message.result]
        case Joint():
            return [*ids_among(message.args), *message.results]
        case Split():
            return ids_among((message.ref,))
        case Run():
            return [message.plan, *ids_among(message.args), message.result]
        case Get(_, _, refs) | Move(_, _, refs) | Ask(_, _, refs):
            return ids_among(refs)
        case Pull(_, _, ref) | Delete(_, _, ref) | Hold(_, _, ref) | Label(_, _, ref, _, _) | GraphEnds(_, _, ref):
            return ids_among((ref,))
        case Rename(_, _, ref, to):
            return [ref, to]
        case Assign():
            return ids_among(message.refs if message.value is None else (*message.refs, message.value))
    return []


def constants_among(arguments: tuple[Any, ...]) -> list[Any]:
    """The constants among these arguments, in order."""
    found: list[Any] = []
    for argument in arguments:
        if type(argument) is Group:
            found += constants_among(argument.parts)
        elif type(argument) is tuple and len(argument) == 1:
            found += argument[0] if type(argument[0]) in (list, tuple) else argument
    return found


def ids_among(arguments: tuple[Any, ...]) -> list[int]:
    """The ids of all objects that these arguments name, in order."""
    found = []
    for argument in arguments:
        if type(argument) is Group:
            found += ids_among(argument.parts)
        elif type(argument) is int:
            found.append(argument)
        elif len(argument) > 1:
            found.append(argument[0])
    return found
