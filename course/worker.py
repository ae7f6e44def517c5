"""A worker: a store, and what each kind of message does to it. No input, no output.

The network (in `course/transports`) brings the messages, and hands each worker what it needs of the outside: `deliver`
for messages of its own, `point` and `spec_of` for the pointers that it holds.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch

from course.codec import META
from course.error_texts import told
from course.errors import NotAChainError, NotSendableError, OperationNotReviewedError
from course.messages import (
    Answer,
    Ask,
    Assign,
    Clear,
    Delete,
    Execute,
    Get,
    Graph,
    Group,
    Hold,
    Item,
    Label,
    Message,
    Move,
    PointerSpec,
    Pull,
    Ref,
    Rename,
    Reply,
    Run,
    Search,
    Send,
    ids_among,
)
from course.operations import LEADING, OPERATIONS, find, takes_keyword, takes_tensor
from course.replay import Program, program_of
from course.reviewed import SIZES
from course.store import Store

__all__ = ["Ids", "NetworkLike", "Worker", "apart", "pack", "unpack"]

WORTH_HANDING_OVER = 65_536  # bytes; below that a copy costs less than finding out whether it can be spared
# ids have 11 digits, all of them: how many bytes a message has does not depend on chance
FIRST_ID = 10_000_000_000
ID_MODULUS = 89_999_999_993  # the largest prime below 9 * 10**10
ID_MULTIPLIER = 55_623_058_978  # a primitive root of it


class Ids:
    """Ids that look random and do not repeat: a Lehmer generator with full period (Park and Miller, 1988).

    The first id depends on the seed and the worker's name, or is drawn without one. Ids are names, no secrets.
    """

    __slots__ = ("last", "name", "seed")

    def __init__(self, name: str, seed: int | None) -> None:
        self.name = name
        self.restart(seed)

    def restart(self, seed: int | None) -> None:
        self.seed = seed
        self.last = 0

    def new(self) -> int:
        last = self.last or self._start()
        self.last = last = last * ID_MULTIPLIER % ID_MODULUS
        return FIRST_ID + last

    def _start(self) -> int:
        if self.seed is None:
            return 1 + secrets.randbelow(ID_MODULUS - 1)
        digest = hashlib.blake2b(f"{self.seed}/{self.name}".encode(), digest_size=8).digest()
        return 1 + int.from_bytes(digest, "big") % (ID_MODULUS - 1)


class NetworkLike(Protocol):
    """What workers need of the outside."""

    def deliver(self, message: Message) -> Any: ...
    def forward(self, message: Move, send: Send) -> Answer | None: ...
    def point(self, owner: str, spec: PointerSpec, id: int | None, hold: bool) -> Any: ...
    def spec_of(self, value: Any) -> PointerSpec | None: ...
    def graph_ends(self, owner: str, id: int) -> None: ...
    def send_on(self, owner: str, value: Any, to: str) -> Any: ...
    def move_on(self, pointer: Any, to: str) -> Any: ...
    def apart(self, values: list[torch.Tensor]) -> list[torch.Tensor]: ...


def keeps_gradient(x: torch.Tensor) -> bool:
    """Whether `.grad` means something; torch warns where it does not."""
    return x.is_leaf or x.retains_grad


# Public metadata: what a worker answers about an object without giving away a value.
QUESTIONS: dict[str, Callable[[Any], Any]] = {
    "shape": lambda x: tuple(x.shape),
    "stride": lambda x: tuple(x.stride()),
    "dtype": lambda x: x.dtype,
    "device": lambda x: x.device,
    "layout": lambda x: x.layout,
    "requires_grad": lambda x: x.requires_grad,
    "is_leaf": lambda x: x.is_leaf,
    "gradient": lambda x: x.grad.layout if keeps_gradient(x) and x.grad is not None else None,
}


class Worker:
    """A store, and what each message does to it."""

    __slots__ = ("id", "ids", "network", "store")

    def __init__(self, id: str, network: NetworkLike, seed: int | None) -> None:
        self.id = id
        self.network = network
        self.store = Store(id)
        self.ids = Ids(id, seed)

    def execute(self, message: Message) -> Reply | Answer | None:
        """Do what the message says. The reply, where there is more to say than that it was done."""
        return HANDLERS[type(message)](self, message)

    def _execute(self, message: Execute) -> Reply | Answer | None:
        _, _, op, arguments, named, id, _ = message
        store = self.store
        objects = store.objects
        args = []
        for argument in arguments:
            if type(argument) is int and argument in objects:
                args.append(objects[argument])
            else:
                args.append(self._argument(argument))
        function = OPERATIONS.get(op) or find(op)
        if len(arguments) > LEADING[op]:
            check_places(op, arguments)
        keywords = self._named(op, named) if named else {}
        try:
            result = function(*args, **keywords) if named else function(*args)
        except Exception as error:  # noqa: BLE001  whatever it is, it belongs to whoever asked
            raise told(error, op, args, keywords) from None
        if id is None:
            return None
        if type(result) is torch.Tensor and id not in objects and id not in store.owed:
            objects[id] = result
            return None
        return self._keep(message, result)

    def _run(self, message: Run) -> Reply | Answer | None:
        """Run a plan that was sent here, and keep what it returns."""
        program = self.store.find(message.plan)
        result = program(OnWorker(self), *[self._object(ref) for ref in message.args])
        return None if result is None else self._keep(message, result)

    def _named(self, op: str, arguments: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
        named = {}
        for name, argument in arguments:
            if type(argument) is tuple and len(argument) == 1:
                named[name] = argument[0]
            elif takes_keyword(op, name) or not ids_among((argument,)):
                named[name] = self._argument(argument)
            else:
                raise OperationNotReviewedError(f"a tensor as {name}", SIZES)
        return named

    def _argument(self, argument: Any) -> Any:
        """What an argument of an operation stands for."""
        if type(argument) is tuple:
            return argument[0] if len(argument) == 1 else self._object(argument)
        if type(argument) is Group:
            if argument.kind == "slice" and ids_among(argument.parts):
                raise OperationNotReviewedError("a tensor as the end of a slice", SIZES)
            objects = self.store.objects
            parts = [objects[p] if type(p) is int and p in objects else self._argument(p) for p in argument.parts]
            return BUILD[argument.kind](parts)
        return self._object(argument)

    def _object(self, ref: Ref) -> Any:
        """The object, or the part of one, that a ref names."""
        if type(ref) is int:
            return self.store.find(ref)
        found = self.store.find(ref[0])  # type: ignore[index]
        for attribute in ref[1:]:  # type: ignore[index]
            if attribute not in PARTS:
                raise ValueError(f"an object has no part {attribute!r}, only {' and '.join(sorted(PARTS))}")
            found = getattr(found, attribute)
        return found

    def _keep(self, message: Execute | Run, result: Any) -> Answer | None:
        """Store a result that is not just one plain tensor under a free id."""
        if isinstance(result, torch.Tensor):
            id = self._put(message.result or self.ids.new(), result)
            return None if id == message.result else Answer(self.id, message.sender, id)
        if not is_tensors(result):
            raise TypeError(f"{message.op} returned a {type(result).__name__}, which is a value and stays on {self.id}")
        return Answer(self.id, message.sender, self._put_all(result))

    def _put_all(self, results: Any) -> Any:
        """The ids under which results are kept, and the kind of the tuple or list that they came in."""
        if isinstance(results, torch.Tensor):
            return self._put(self.ids.new(), results)
        parts = tuple(None if part is None else self._put_all(part) for part in results)
        return type(results).__name__, parts

    def _put(self, id: int, value: Any) -> int:
        """Store a value under this id, or under a new one if this one is taken."""
        while not self.store.is_free(id):
            id = self.ids.new()
        if self.network.spec_of(value) is not None:
            value.id = id
        self.store.objects[id] = value
        return id

    def _send(self, message: Send) -> Reply | Answer | None:
        values = [unpack(item, self.id, self.network, hold=True) for item in message.items]
        ids = [self._put(item.id, value) for item, value in zip(message.items, values, strict=True)]
        if all(id == item.id for id, item in zip(ids, message.items, strict=True)):
            return None
        return Answer(self.id, message.sender, tuple(ids))

    def _get(self, message: Get) -> Reply:
        items = self._copies(message.refs) if message.keep else self._offered(message.refs)
        return Reply(self.id, message.sender, items)

    def _copies(self, refs: tuple[Ref, ...], leaving: bool = False) -> tuple[Item, ...]:
        named = [(ref if type(ref) is int else ref[0], self._object(ref)) for ref in refs]  # type: ignore
        return pack(named, self.network, leaving=leaving)

    def _offered(self, refs: Sequence[Any]) -> tuple[Item, ...]:
        """Objects that somebody gets. They stay until `release`: a reply may fail to be made, or to arrive."""
        return pack([(ref, self.store.find(ref)) for ref in refs], self.network, self._handed_over, leaving=True)

    def release(self, message: Get | Move) -> None:
        """What this message asked for has arrived, so it leaves the store.

        Whoever got a pointer has taken it over, and owes its delete; a pointer that moved is held anew where it is.
        """
        objects: dict[Any, Any] = self.store.objects
        for ref in message.refs:
            value = objects.get(ref)
            if type(value) is not torch.Tensor and type(message) is Get and self.network.spec_of(value) is not None:
                value.garbage_collect_data = False  # type: ignore[union-attr]
            objects.pop(ref, None)

    def restore(self, item: Item) -> None:
        """What was released is back, unless it never left."""
        if item.id not in self.store.objects:
            self.store.objects[item.id] = unpack(item, self.id, self.network, hold=False)
        value = self.store.objects[item.id]
        if self.network.spec_of(value) is not None:
            value.garbage_collect_data = True

    def _handed_over(self, values: list[torch.Tensor]) -> list[torch.Tensor]:
        """Tensors that are to leave the store: copies, or the memory itself where that is large and nobody else's."""
        if all(value.nbytes < WORTH_HANDING_OVER for value in values):
            return self.network.apart(values)
        return [value.detach() if self._is_alone(value) else self.network.apart([value])[0] for value in values]

    def _is_alone(self, value: torch.Tensor) -> bool:
        """Whether a large tensor's memory is nobody else's.

        That is one id in the store, one reference to the tensor (Python's), two to its memory (the tensor's and that of
        the object made to ask).
        """
        if count_memory is None or value.nbytes < WORTH_HANDING_OVER or not value.is_contiguous():
            return False
        ids = sum(other is value for other in self.store.objects.values())
        unshared = ids < 2 and value._use_count() == 1  # type: ignore[attr-defined]
        memory = value.untyped_storage()  # named, so that it lives while its references are counted
        return unshared and count_memory(memory._cdata) == 2

    def _move(self, message: Move) -> Reply | Answer | None:
        """Send copies on. The objects stay until `release`: whoever asked may be interrupted before he knows."""
        items = self._copies(message.refs, leaving=True)
        if message.requires_grad is not None:
            items = tuple(item._replace(requires_grad=message.requires_grad, had_graph=False) for item in items)
        reply = self.network.forward(message, Send(self.id, message.to, items))
        return None if reply is None else Answer(self.id, message.sender, reply.answer)

    def _pull(self, message: Pull) -> None:
        pointer = self._object(message.ref)
        if self.network.spec_of(pointer) is None:
            raise NotAChainError(self.id, str(message.ref))
        self.store.objects[message.ref] = pointer.get()

    def _delete(self, message: Delete) -> None:
        self.store.delete(message.ref)

    def _hold(self, message: Hold) -> None:
        self.store.hold(message.ref)

    def _rename(self, message: Rename) -> Answer | None:
        if not self.store.rename(message.ref, message.to):
            return Answer(self.id, message.sender, message.ref)
        value = self.store.find(message.to)
        if self.network.spec_of(value) is not None:
            value.id = message.to
        return None

    def _ask(self, message: Ask) -> Answer:
        answer = QUESTIONS[message.question]
        return Answer(self.id, message.sender, tuple([answer(self._object(ref)) for ref in message.refs]))

    def _assign(self, message: Assign) -> None:
        if message.attribute not in PARTS:
            raise ValueError(f"only .grad and .data can be set from outside, not .{message.attribute}")
        value = None if message.value is None else self._object(message.value)
        for found in [self._object(ref) for ref in message.refs]:
            setattr(found, message.attribute, value)

    def _label(self, message: Label) -> None:
        found = self.store.find(message.ref)
        found.tags = tuple(dict.fromkeys((*getattr(found, "tags", ()), *message.tags)))
        found.description = message.description or getattr(found, "description", "")

    def _search(self, message: Search) -> Answer:
        found = [
            (id, tuple(getattr(value, "tags", ())), getattr(value, "description", ""))
            for id, value in list(self.store.objects.items())
            if set(message.query) <= {id, *getattr(value, "tags", ())}
        ]
        return Answer(self.id, message.sender, tuple(found))

    def _clear(self, message: Clear) -> None:
        self.store.clear()


class OnWorker:
    """Where a plan of a worker runs."""

    __slots__ = ("worker",)

    def __init__(self, worker: Worker) -> None:
        self.worker = worker

    def send(self, value: Any, to: str) -> Any:
        return self.worker.network.send_on(self.worker.id, value, to)

    def move(self, pointer: Any, to: str) -> Any:
        return self.worker.network.move_on(pointer, to)


def is_tensors(result: Any) -> bool:
    """Whether there is nothing but tensors in this tuple or list."""
    if isinstance(result, (tuple, list)):
        return all(part is None or is_tensors(part) for part in result)
    return isinstance(result, torch.Tensor)




def check_places(op: str, arguments: tuple[Any, ...]) -> None:
    """OperationNotReviewedError for a tensor where the operation wants a plain number."""
    for place, argument in enumerate(arguments):
        if not takes_tensor(op, place) and ids_among((argument,)):
            raise OperationNotReviewedError(f"{op} with a tensor in place {place + 1}", SIZES)


PARTS = frozenset({"grad", "data"})
BUILD: dict[str, Callable[[list[Any]], Any]] = {"list": list, "tuple": tuple, "slice": lambda parts: slice(*parts)}

HANDLERS: dict[type, Callable[[Worker, Any], Reply | Answer | None]] = {
    Execute: Worker._execute,
    Run: Worker._run,
    Send: Worker._send,
    Get: Worker._get,
    Move: Worker._move,
    Pull: Worker._pull,
    Delete: Worker._delete,
    Hold: Worker._hold,
    Rename: Worker._rename,
    Ask: Worker._ask,
    Assign: Worker._assign,
    Label: Worker._label,
    Search: Worker._search,
    Clear: Worker._clear,
}


# torch's own counters; a torch without them copies.
count_memory = getattr(torch._C, "_storage_Use_Count", None) if hasattr(torch.Tensor, "_use_count") else None


set_grad_mode = torch._C._set_grad_enabled


clone_all = getattr(torch, "_foreach_clone", lambda values: [value.clone() for value in values])


def apart(values: list[torch.Tensor]) -> list[torch.Tensor]:
    """Copies that share no memory, in row-major order; outside autograd they have no graph either."""
    copies = clone_all(values) if len(values) > 1 else [value.clone() for value in values]
    return [copy if copy.is_contiguous() else copy.contiguous() for copy in copies]


DENSE_ONLY = "only dense tensors have a form in bytes here. Nothing has moved; zero_grad() drops a gradient"
strided = torch.strided
PLAIN_TENSORS = frozenset({torch.Tensor, torch.nn.Parameter})
new_tuple: Any = tuple.__new__


def pack(
    named: Sequence[tuple[int, Any]],
    network: NetworkLike,
    copy: Callable[[list[torch.Tensor]], list[torch.Tensor]] | None = None,
    leaving: bool = False,
) -> tuple[Item, ...]:
    """Objects, each with its id, as items of a message, which will share no memory with them nor have a graph.

    `copy` sees to that; unless it is given, the network does. Of objects that are `leaving` nothing stays behind, and
    an item says whether there was a graph.
    """
    copy = copy or network.apart
    rows = [_described(id, value, network, leaving) for id, value in named]
    carried = [row for row in rows if type(row[VALUE]) not in SPECS]
    graded = [row for row in carried if row[GRAD] is not None]
    grad_mode = torch.is_grad_enabled()
    set_grad_mode(False)  # what torch.no_grad() does, at a tenth of its price
    try:
        for row, value in zip(carried, copy([row[VALUE] for row in carried]), strict=True):
            row[VALUE] = value
        for row, grad in zip(graded, network.apart([row[GRAD] for row in graded]), strict=True):
            row[GRAD] = grad
    finally:
        set_grad_mode(grad_mode)
    return tuple([new_tuple(Item, row) for row in rows])


SPECS = frozenset({PointerSpec, Graph})  # these travel as they are
VALUE, GRAD = Item._fields.index("value"), Item._fields.index("grad")


def _described(id: int, value: Any, network: NetworkLike, leaving: bool) -> list[Any]:
    """The fields of an item, with the tensors themselves where their copies will be."""
    more = value.__dict__
    tags, description = (more.get("tags", ()), more.get("description", "")) if more else ((), "")
    if type(value) not in PLAIN_TENSORS:
        spec = value.graph if type(value) is Program else network.spec_of(value)
        if spec is not None:
            return [id, spec, False, None, tags, description, False]
    if value.layout is not strided:
        raise NotSendableError(f"A tensor of layout {str(value.layout)[6:]}", DENSE_ONLY)
    if value.is_meta:
        raise NotSendableError(*META)
    is_leaf = value.is_leaf
    grad = value.grad if is_leaf or value.retains_grad else None
    if grad is not None and grad.layout is not strided:
        raise NotSendableError(f"A gradient of layout {str(grad.layout)[6:]}", DENSE_ONLY)
    return [id, value, value.requires_grad, grad, tags, description, leaving and not is_leaf]


def tell_where_graph_ends(value: Any, owner: str, id: int, network: NetworkLike) -> None:
    """Let a backward pass that comes to this leaf say that the graph behind it stayed where the leaf came from.

    What `value.register_post_accumulate_grad_hook` does, without a handle to take it away: a fifth of its price.
    """
    value._post_accumulate_grad_hooks = OrderedDict({"graph ends": lambda _: network.graph_ends(owner, id)})


def unpack(item: Item, owner: str, network: NetworkLike, hold: bool) -> Any:
    """The object that an item carries, at the receiver."""
    id, carried, requires_grad, grad, tags, description, had_graph = item
    value: Any = carried
    if type(carried) is PointerSpec:
        value = network.point(owner, carried, id, hold)
    elif type(carried) is Graph:
        value = program_of(carried)
    else:
        if requires_grad:
            value.requires_grad_()
            if had_graph:
                tell_where_graph_ends(value, owner, id, network)
        if grad is not None:
            value.grad = grad
    if tags or description:
        value.tags, value.description = tags, description
    return value
