"""What a pointer is: it stands here for a tensor that lives there. How to make, send, move and fetch through one.

A `PointerTensor` is a torch.Tensor without values of its own, at home with its `owner`. Only `get` brings values.
A chain is a pointer to a pointer: the object at the location is itself a pointer, and torch asks it in turn.

What torch does with a pointer is added by `surface.py`, so that this file does not need to know how an operation
becomes a message (`calls.py`).
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any, NoReturn

import torch

from course.errors import (
    AlreadyFetchedError,
    ChainEndsElsewhereError,
    CourseError,
    ModelElsewhereError,
    ObjectNotFoundError,
    SavePointerError,
    SharedError,
    TensorsNotCollocatedException,
    UnknownWorkerError,
    ValueRefusedError,
    WorkerGoneError,
)
from course.messages import Ask, Assign, Delete, Hold, Label, PointerSpec, Ref, Rename
from course.pointers.metadata import Metadata
from course.virtual_worker import VirtualWorker, pointer_text

__all__ = [
    "Gradients",
    "ParameterPointer",
    "PointerTensor",
    "SpentPointer",
    "attribute_pointer",
    "check_together",
    "forget_gradients",
    "make_pointer",
    "new_tensor",
    "new_tuple",
    "place",
    "spec_of",
]

new_tensor: Any = torch.Tensor.__base__.__new__  # that class has had several names
new_tuple = tuple.__new__  # builds a NamedTuple in half the time of its own constructor


COPY = "A tensor made here from a pointer, by torch.tensor(x) or by Variable(x), which since torch 0.4 is x itself,"


class Unreadable(torch.Tensor):
    """The memory of a pointer: there is nothing in it, and torch's kernels may not touch it."""

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # type: ignore[override]
        pointer = next(arg for arg in args if isinstance(arg, PointerTensor))
        asked = COPY if func is torch.ops.aten.detach.default else f"{func} on the memory of a pointer"
        raise ValueRefusedError(asked, pointer.location.id)


class Gradients:
    """Which tensors that were sent together have a gradient, of what layout: one question answers for all of them."""

    __slots__ = ("layouts", "refs", "stamp")

    def __init__(self, refs: Sequence[Ref], layouts: dict[Ref, Any] | None = None, stamp: int = -1) -> None:
        self.refs = tuple(refs)
        self.layouts = layouts or {}
        self.stamp = stamp  # of the network, when it was asked: after a backward it has to be asked again


class PointerTensor(Metadata, Unreadable):
    """A pointer: `owner` holds it, the tensor is `id_at_location` on `location`."""

    get: Any  # with move, remote_get and deepcopy, in travel.py
    move: Any
    remote_get: Any
    owner: VirtualWorker
    location: VirtualWorker
    ref: Ref  # what it points to, as its worker knows it
    garbage_collect_data: bool = True
    gradients: Gradients | None = None
    tags: tuple[str, ...] = ()
    description: str = ""
    has_parts: bool = False  # whether other pointers go by its id

    @property
    def id_at_location(self) -> int:
        """The id of the tensor at its worker; for a part (`x.grad`) that of the whole."""
        return self.ref if type(self.ref) is int else self.ref[0]  # type: ignore

    @cached_property
    def id(self) -> int:
        """The name of this pointer at its owner, given when it is first asked for. A part has its parent's."""
        parent = self.__dict__.get("parent")
        number: int = self.owner.new_id() if parent is None else parent.id
        return number

    # ---- data ------------------------------------------------------------------------------------------------

    def tag(self, *tags: str) -> PointerTensor:
        """Name what this points to: its worker finds it by these tags, and it keeps them when it comes home."""
        self._label(tags, "")
        self.tags = tuple(dict.fromkeys((*self.tags, *tags)))
        return self

    def describe(self, description: str) -> PointerTensor:
        """Say in words what this points to."""
        self._label((), description)
        self.description = description
        return self

    def _label(self, tags: tuple[str, ...], description: str) -> None:
        message = Label(self.owner.id, self.location.id, self.id_at_location, tags, description)
        self.location.network.deliver(message)

    @property
    def disable_gc(self) -> PointerTensor:
        """From now on the tensor outlives this pointer."""
        self.garbage_collect_data = False
        return self

    def __del__(self) -> None:
        if self.garbage_collect_data:
            try:
                ref = self.ref
            except AttributeError:  # an interrupt came while it was made
                return
            location = self.location
            network = location.network
            network.drop(new_tuple(Delete, (self.owner.id, location.id, ref)))
            if network.heirs:
                leave_id(location, self.id_at_location)

    # ---- what it answers itself ---------------------------------------------------------------------------------

    def _ask(self, question: str) -> Any:
        location = self.location
        ask = new_tuple(Ask, (self.owner.id, location.id, (self.ref,), question))
        return location.network.deliver(ask).answer[0]

    def __len__(self) -> int:
        if not self.dim():
            raise ValueRefusedError("len() of a single number", self.location.id)
        return self.shape[0]

    @property
    def grad(self) -> Any:
        """A pointer to the gradient, or None when there is none there."""
        card = self.gradients
        location = self.location
        if card is None or card.stamp != location.network.backwards:
            card = self._ask_for_gradients(card)
        ref = self.ref
        layout = card.layouts[ref]
        if layout is None:
            return None
        # What attribute_pointer makes, at once: an optimizer asks three times for each parameter.
        pointer = new_tensor(PointerTensor)
        part = (ref, "grad") if type(ref) is int else (*ref, "grad")  # type: ignore[misc]
        pointer.garbage_collect_data = False
        pointer.owner, pointer.location, pointer.ref = self.owner, location, part
        pointer.parent, pointer.known_layout = self, layout
        return pointer

    @grad.setter
    def grad(self, value: Any) -> None:
        self._assign("grad", value)

    def _ask_for_gradients(self, card: Gradients | None) -> Gradients:
        """Find out which of the tensors that came with this one have a gradient; of this one alone if one is gone."""
        location = self.location
        refs = (self.ref,) if card is None else card.refs
        try:
            answer = location.network.deliver(Ask(self.owner.id, location.id, refs, "gradient")).answer
        except ObjectNotFoundError:
            if len(refs) == 1:
                raise
            return self._ask_for_gradients(None)
        if card is None:
            card = self.gradients = Gradients(refs)
        card.layouts = dict(zip(refs, answer, strict=True))
        card.stamp = location.network.backwards
        return card

    @property
    def data(self) -> Any:
        """A pointer to the same values, outside autograd."""
        self.has_parts = True
        return attribute_pointer(self, "data")

    @data.setter
    def data(self, value: Any) -> None:
        self._assign("data", value)

    def _assign(self, attribute: str, value: Any) -> None:
        location, ref = self.location, None
        if value is not None:
            if not isinstance(value, torch.Tensor):
                raise TypeError(f".{attribute} must be a tensor or None, not {type(value).__name__}")
            check_together(f".{attribute} =", [self, value])
            ref = value.ref  # type: ignore[attr-defined]
        message = new_tuple(Assign, (self.owner.id, location.id, (self.ref,), attribute, ref))
        location.network.deliver(message)
        if value is None:
            forget_gradients([self])
        else:
            location.network.backwards += 1

    # ---- what it shows, and what it refuses ------------------------------------------------------------------

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]
        lines = [pointer_text(self.owner.id, self.id, self.location.id, self.ref)]
        if self.tags:
            lines += ["Tags: " + "".join(f"{tag} " for tag in self.tags), f"Shape: {self._shape_or_why_not()}"]
        if self.description:
            lines.append("Description: " + self.description.strip().splitlines()[0] + "...")
        return "\n\t".join(lines)

    __str__ = __repr__

    def _shape_or_why_not(self) -> str:
        try:
            return str(self.shape)
        except ObjectNotFoundError:
            return f"unknown, for {self.location.id} holds no object {self.id_at_location} any more"
        except (UnknownWorkerError, WorkerGoneError):
            return f"unknown, for {self.location.id} is gone"

    def _repr_html_(self) -> str:
        from course.rich import pointer_html

        return pointer_html(self)

    def __format__(self, spec: str) -> str:
        if spec:
            raise ValueRefusedError(f"Formatting with {spec!r}", self.location.id)
        return repr(self)

    def __dir__(self) -> list[str]:
        return list(object.__dir__(self))  # torch's own would ask the worker

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise SavePointerError("A pointer", self.location.id)

    __hash__ = torch.Tensor.__hash__  # as before and after: an optimizer finds its state by it


def forget_gradients(pointers: Sequence[PointerTensor]) -> None:
    """There is no gradient any more: known without a question, unless others may point to the same tensors."""
    network = pointers[0].location.network
    if network.shared or any(pointer.gradients is None for pointer in pointers):
        network.backwards += 1
        return
    for pointer in pointers:
        pointer.gradients.layouts[pointer.ref] = None  # type: ignore[union-attr]


class ParameterPointer(PointerTensor, torch.nn.Parameter):
    """A parameter whose values are away. The very same object is the Parameter again when they are back."""

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]
        return "Parameter containing:\n" + PointerTensor.__repr__(self)

    __str__ = __repr__  # type: ignore[assignment]
    __hash__ = torch.Tensor.__hash__  # as before and after: an optimizer finds its state by it


class SpentPointer(PointerTensor):
    """A pointer after its get(): it points to nothing, and says so."""

    garbage_collect_data = False

    def _spent(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AlreadyFetchedError(self.location.id, str(self.id_at_location))

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]
        where = pointer_text(self.owner.id, self.id, self.location.id, self.ref)
        return f"{where} (spent: get() brought it home)"

    __str__ = __repr__  # type: ignore[assignment]
    get = move = remote_get = send = copy = backward = _ask = _assign = _label = _spent
    data = property(_spent, _spent)
    __hash__ = torch.Tensor.__hash__  # as before and after: an optimizer finds its state by it


# ---- together? ---------------------------------------------------------------------------------------------------


SHARE_BOTH = "Share both among the same holders: x.fix_precision().share(...).get() does it from afar"


def check_together(op: str, tensors: list[Any]) -> None:
    """An error that names both places, if the tensors of an operation are not in one."""
    for tensor in tensors:
        if isinstance(tensor, SpentPointer):
            tensor._spent()
    first = next(tensor for tensor in tensors if isinstance(tensor, PointerTensor))
    for tensor in tensors:
        if place(tensor) != place(first) or getattr(tensor, "owner", first.owner) is not first.owner:
            raise apart(op, tensors, first, tensor)


def place(tensor: Any) -> str:
    return tensor.location.id if isinstance(tensor, PointerTensor) else "me"


def apart(op: str, tensors: list[Any], first: Any, other: Any) -> TensorsNotCollocatedException:
    """The error for tensors in two places: about a model, if parameters are in one of them and data in the other."""
    if first.owner is not first.location.network.me and not isinstance(other, PointerTensor):
        return ChainEndsElsewhereError(op, first.owner.id, first.location.id)
    if getattr(other, "held", None) is not None:  # course/smpc/shared.py
        why = f"a share is a number without a meaning, so {place(first)} could not compute with it"
        raise SharedError(f"{op} of a shared tensor and of one that is on {place(first)}", why, SHARE_BOTH)
    models = {place(tensor) for tensor in tensors if isinstance(tensor, torch.nn.Parameter)}
    data = {place(tensor) for tensor in tensors if not isinstance(tensor, torch.nn.Parameter)}
    if len(models) == 1 and len(data) == 1:
        return ModelElsewhereError(op, *models, *data)
    return TensorsNotCollocatedException(op, place(first), place(other))


# ---- making pointers ------------------------------------------------------------------------------------------


def make_pointer(owner: Any, location: Any, ref: Ref, id: int | None, hold: bool, owns: bool = True) -> PointerTensor:
    """A pointer; with `hold` a further one to the same object, which its worker is told. What it owns ends with it."""
    pointer: PointerTensor = new_tensor(PointerTensor)
    if not owns:
        pointer.garbage_collect_data = False
    pointer.owner = owner
    pointer.location = location
    pointer.ref = ref
    if id is not None:
        pointer.id = id
    if type(ref) is tuple:
        pointer.garbage_collect_data = False
    elif hold and type(ref) is int:
        location.network.shared = True
        location.network.deliver(Hold(owner.id, location.id, ref))
    return pointer


def attribute_pointer(parent: PointerTensor, name: str) -> PointerTensor:
    """A pointer to a part of what `parent` points to. It keeps the parent, and with it the object, alive."""
    pointer: PointerTensor = new_tensor(PointerTensor)
    pointer.owner = parent.owner
    pointer.location = parent.location
    ref = parent.ref
    pointer.ref = (ref, name) if type(ref) is int else (*ref, name)  # type: ignore
    pointer.garbage_collect_data = False
    pointer.parent = parent  # type: ignore[attr-defined]
    return pointer


def spec_of(value: Any) -> PointerSpec | None:
    """How a pointer travels; None for anything that is no pointer."""
    return PointerSpec(value.location.id, value.ref) if isinstance(value, PointerTensor) else None


collecting: set[str] = set()  # not empty while Python's garbage collector runs


def note_collection(phase: str, info: Any) -> None:
    collecting.add("now") if phase == "start" else collecting.clear()


gc.callbacks.append(note_collection)


def leave_id(location: VirtualWorker, id: int) -> None:
    """An object is gone: its id goes to the last one that should have had it, `x = x.send(bob)` done twice.

    So the id at the location is that of the tensor. Not where somebody else goes by the id that it had meanwhile.
    """
    if collecting:  # in the middle of anything, perhaps of a message that names the heir by the id it has now
        return
    network = location.network
    found = network.heirs.pop((location.id, id), None)
    heir = None if found is None else found()
    if type(heir) is not PointerTensor or heir.location is not location or not network.is_open or network.shared:
        return
    if heir.has_parts or heir.gradients is not None:
        return
    with suppress(CourseError):  # it dies anywhere, also after its worker
        if network.deliver(Rename(heir.owner.id, location.id, heir.id_at_location, id)) is None:
            heir.ref = id
