"""What you hold of a worker in a notebook: a handle, a window on its store, and its copy of torch's functions.

A `VirtualWorker` says which worker is meant and knows the network that reaches it, wherever the worker itself lives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NoReturn

from course.errors import (
    NotAWorkerError,
    SavePointerError,
    StoreWriteError,
    UnknownWorkerError,
    WorkerNotMadeError,
)
from course.messages import Clear, Graph, Item, PointerSpec, Ref, Search
from course.old_settings import without_meaning
from course.operations import AS_TYPED, OPERATIONS, find_typed
from course.worker import unpack

__all__ = ["HeldPlan", "HeldPointer", "VirtualWorker", "check_worker", "plan_line", "pointer_text", "worker_method"]


def pointer_text(owner: str, id: int, location: str, ref: Ref) -> str:
    """`(Wrapper)>[PointerTensor | me:1 -> bob:2]`, the line that stands for a pointer everywhere."""
    there = str(ref) if type(ref) is int else "::".join(map(str, ref))  # type: ignore[arg-type]
    return f"(Wrapper)>[PointerTensor | {owner}:{id} -> {location}:{there}]"


class HeldPointer:
    """A pointer in somebody else's store, as seen from outside: it can be read, not used."""

    __slots__ = ("id", "location", "owner", "ref")

    def __init__(self, owner: VirtualWorker, id: int, location: VirtualWorker, ref: Ref) -> None:
        self.owner = owner
        self.id = id
        self.location = location
        self.ref = ref

    @property
    def id_at_location(self) -> int:
        return self.ref if type(self.ref) is int else self.ref[0]  # type: ignore

    def __repr__(self) -> str:
        return pointer_text(self.owner.id, self.id, self.location.id, self.ref)


class HeldPlan:
    """A plan in somebody else's store, as seen from outside: it can be read, not run."""

    __slots__ = ("id", "name", "owner")

    def __init__(self, name: str, id: int, owner: VirtualWorker) -> None:
        self.name = name
        self.id = id
        self.owner = owner

    def __repr__(self) -> str:
        return plan_line(self.name, self.id, self.owner.id, True)

    def _repr_html_(self) -> str:
        from course.rich import plan_html

        return plan_html(self)


def plan_line(name: str, id: int, owner: str, is_built: bool) -> str:
    """`<Plan calcu id:51104894335 owner:me built>`, the line that stands for a plan everywhere."""
    return f"<Plan {name} id:{id} owner:{owner}{' built' if is_built else ''}>"


class Objects(Mapping[int, Any]):
    """A read-only window on a worker's store. Every value looked at is a copy, and written down as a peek."""

    def __init__(self, worker: VirtualWorker) -> None:
        self._worker = worker

    def __getitem__(self, id: int) -> Any:
        return self._look([id])[id]

    def __iter__(self) -> Iterator[int]:
        return iter(self._worker.network.ids_on(self._worker.id))

    def __contains__(self, id: object) -> bool:
        return id in self._worker.network.ids_on(self._worker.id)

    def __len__(self) -> int:
        return len(self._worker.network.ids_on(self._worker.id))

    def _look(self, ids: list[int]) -> dict[int, Any]:
        network, name = self._worker.network, self._worker.id
        items = network.peek(name, ids)
        return {item.id: self._seen(item) for item in items}

    def _seen(self, item: Item) -> Any:
        if isinstance(item.value, PointerSpec):
            location = self._worker.network.handle(item.value.location)
            return HeldPointer(self._worker, item.id, location, item.value.ref)
        if isinstance(item.value, Graph):
            return HeldPlan(item.value.name, item.id, self._worker)
        return unpack(item, "me", self._worker.network, hold=False)

    def get(self, id: int, default: Any = None) -> Any:
        """The object, or the default: ObjectNotFoundError is no KeyError, which the inherited method expects."""
        return self[id] if id in self else default  # noqa: SIM401

    def items(self) -> Any:
        return self._look(list(self)).items()

    def values(self) -> Any:
        return self._look(list(self)).values()

    def __repr__(self) -> str:
        return repr(dict(self.items()))



def _refused(method: str) -> Callable[..., None]:
    def refuse(self: Objects, *args: Any, **kwargs: Any) -> None:
        raise StoreWriteError(self._worker.id, method)

    return refuse


for _name, _shown in {"__setitem__": "[...] =", "__delitem__": "del", "__ior__": "|="}.items():
    setattr(Objects, _name, _refused(_shown))
for _name in ("pop", "popitem", "clear", "update", "setdefault"):
    setattr(Objects, _name, _refused(f"{_name}()"))


def ids_elsewhere() -> NoReturn:
    raise RuntimeError("the ids of a worker are made where it lives, not at its handle")


def worker_method(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function a method of every worker, where what it returns is defined in a file above this one."""
    setattr(VirtualWorker, function.__name__, function)
    return function


class VirtualWorker:
    """A handle to a worker: `bob = sy.VirtualWorker(hook, id="bob")`.

    Making the same id again gives the same worker, with what it holds. `data` are tensors that it holds from the start,
    whoever points to them: `search` finds them by their tags.

    Raises WorkerNotMadeError for an id that is no text or a hook that is none.
    """

    __slots__ = ("__weakref__", "id", "network", "new_id")
    id: str
    network: Any
    new_id: Callable[[], int]
    load: Callable[..., Any]  # bob.load("credit.csv", targets="label"): a worker_method of course/data/datasets.py

    def __new__(cls, hook: Any, id: str, data: Iterable[Any] = (), **old: Any) -> VirtualWorker:
        without_meaning(cls.__name__, old)
        local = getattr(hook, "local_worker", None)
        if not isinstance(local, VirtualWorker):
            raise WorkerNotMadeError(repr(hook), "a hook")
        if not isinstance(id, str) or not id:
            raise WorkerNotMadeError(repr(id), "a name")
        handle: VirtualWorker = local if id == local.id else local.network.add(id)
        for tensor in data:
            tensor.send(handle, garbage_collect_data=False)
        return handle

    @classmethod
    def connect(cls, id: str, network: Any = None, new_id: Callable[[], int] = ids_elsewhere) -> VirtualWorker:
        """A handle to a worker of this network. `new_id` makes ids for what it holds, where the worker itself lives."""
        self = object.__new__(cls)
        self.id = id
        self.network = network
        self.new_id = new_id
        return self

    def __repr__(self) -> str:
        return f"<{type(self).__name__} id:{self.id} #objects:{self.network.count(self.id)}>"

    def _repr_html_(self) -> str:
        from course.rich import worker_html

        return worker_html(self)

    def __reduce__(self) -> Any:
        raise SavePointerError(f"the worker {self.id}", self.id)

    def __copy__(self) -> VirtualWorker:
        return self

    def __deepcopy__(self, memo: Any) -> VirtualWorker:
        return self

    @property
    def _objects(self) -> Objects:
        return Objects(self)

    def clear_objects(self) -> VirtualWorker:
        """Make the worker forget all its objects. Returns the worker."""
        if self.id != self.network.me.id:
            self.network.deliver(Clear(self.network.me.id, self.id))
        return self

    def search(self, *query: str | int | Iterable[str | int]) -> list[Any]:
        """Pointers to all objects that carry every tag of the query, given one by one or as a list. An id is a tag too.

        They do not own what they point to.
        """
        me = self.network.me
        tags = tuple(tag for part in query for tag in ([part] if isinstance(part, (str, int)) else part))
        reply = self.network.deliver(Search(me.id, self.id, tags))
        return [self._found(*found) for found in reply.answer]

    def _found(self, ref: int, tags: Any, description: str) -> Any:
        me = self.network.me
        pointer = self.network.point(me.id, PointerSpec(self.id, ref), None, False)
        pointer.garbage_collect_data = False
        self.network.shared = True
        pointer.tags, pointer.description = tuple(tags), description
        return pointer

    @property
    def remote(self) -> Remote:
        """`bob.remote.torch.rand((2, 3))` makes a tensor there; the result is a pointer."""
        return Remote(self)


class Remote:
    """The functions of torch, run on a worker: what `worker.remote.torch` gives, and `worker.remote.torch.linalg`.

    Raises UnknownOperationError where a name is typed that torch does not have.
    """

    def __init__(self, worker: VirtualWorker, path: str = "torch") -> None:
        self._worker = worker
        self._path = path

    @property
    def torch(self) -> Remote:
        return Remote(self._worker)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        path = f"{self._path}.{name}"
        if any(f"{package}.".startswith(f"{path}.") for package in AS_TYPED):
            return Remote(self._worker, path)
        op = find_typed(path)
        return lambda *args, **kwargs: self._worker.network.call_at(self._worker, op, args, kwargs)

    def __dir__(self) -> list[str]:
        prefix = AS_TYPED.get(self._path, " ")
        return [name.removeprefix(prefix) for name in OPERATIONS if name.startswith(prefix)]


def check_worker(worker: Any, method: str) -> VirtualWorker:
    """The worker, if it is one of a session that still exists; else a clear error."""
    if not isinstance(worker, VirtualWorker):
        raise NotAWorkerError(method, repr(worker))
    if not worker.network.is_open:
        raise UnknownWorkerError(worker.id, f"{method}()")
    return worker
