"""A snapshot: what the workers of this session hold and what your variables point to, as plain data.

The only part of the figures that looks into stores: into those of the workers that will be drawn and into
no others. Each look is a peek, written down in the transcript as always. It keeps no pointer. Last, the code
that a figure is about: the block of a `with` statement, found in the cell it was typed in.
"""

from __future__ import annotations

import ast
import linecache
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import FrameType
from typing import Any

import torch

from course import session
from course.learn.figures.moments import MOST_ROOMS, YOU, Address, Key, Room, Thing, counted
from course.many import MultiPointerTensor
from course.plans import Plan, PointerPlan
from course.pointers import PointerTensor, SpentPointer
from course.smpc import SharedTensor
from course.virtual_worker import HeldPlan

__all__ = ["block_of", "snapshot"]

FEW = 12  # numbers that are drawn one by one
FEW_IN_MODEL = 4
MOST_LOOKS = 24  # objects of one worker
DEEP = 2  # lists in lists
HIDDEN = {"In", "Out", "exit", "quit"}


def snapshot(
    namespace: Mapping[str, Any],
    names: Collection[str] = (),
    local: Collection[str] | None = None,
    before: Sequence[Room] = (),
) -> list[Room]:
    """The rooms now, yours first.

    Your pointers are found in `namespace`; of your own tensors those named in `local` (None: all). With
    `names` only these variables, and how many pointers there are under others. `before` is an earlier snapshot:
    what is new since then is looked at first.
    """
    everything = dict(_variables(namespace))
    models = _models(everything)
    mine = {name: value for name, value in everything.items() if not names or name.split("[")[0] in names}
    yours = _merged(_yours(mine, models, names or local))
    ids = {str(worker.id): list(worker._objects) for worker in session.workers()}
    drawn = _drawn(ids, yours, before)
    rooms = [
        _room(worker, ids[str(worker.id)], str(worker.id) in drawn, models, before)
        for worker in session.workers()
    ]
    others = _others({name: value for name, value in everything.items() if name not in mine}, models, yours)
    return [Room(YOU, (*yours, *others)), *(_with_notes(room, yours) for room in rooms)]


# -- your variables ----------------------------------------------------------------------------------------


def _variables(namespace: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Tensors and models by the name your code would use for them: `x`, `parts[0]`."""
    for name, value in list(namespace.items()):
        if not name.startswith("_") and name not in HIDDEN:
            yield from _walk(name, value, DEEP)


def _walk(name: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if isinstance(value, torch.Tensor | torch.nn.Module | PointerPlan):
        yield name, value
    elif isinstance(value, torch.optim.Optimizer):
        yield from _state(name, value)
    elif type(value) in (list, tuple) and depth:
        for position, part in enumerate(value):
            yield from _walk(f"{name}[{position}]", part, depth - 1)
    elif type(value) is dict and depth:
        for key, part in value.items():
            if isinstance(key, str | int):
                yield from _walk(f"{name}[{key!r}]", part, depth - 1)


def _state(name: str, optimizer: torch.optim.Optimizer) -> Iterator[tuple[str, Any]]:
    """What an optimizer remembers of each parameter: `opt[0].exp_avg`; its counters of steps are left out."""
    for position, remembered in enumerate(optimizer.state.values()):
        for key, value in remembered.items():
            if isinstance(value, PointerTensor) or (isinstance(value, torch.Tensor) and value.dim()):
                yield f"{name}[{position}].{key}", value


def _models(mine: Mapping[str, Any]) -> dict[Address, Address]:
    """Where each remote parameter is, and the one thing that is drawn for its model.

    A module of your own naming that lies in another one is drawn for itself: of two the inner one has its parameters.
    """
    found: dict[Address, Address] = {}
    away = [_away(value) for value in mine.values() if isinstance(value, torch.nn.Module)]
    for pointers in sorted(away, key=len):
        left = [pointer for pointer in pointers if _place(pointer) not in found]
        for pointer in left:
            first = next(other for other in left if other.location is pointer.location)
            found[_place(pointer)] = (str(pointer.location.id), f"model {first.id_at_location}")
    for value in mine.values():
        if isinstance(value, PointerPlan):
            for sent in value.sent:
                for pointer in sent.state:
                    first = sent.state[0].id_at_location
                    found.setdefault(_place(pointer), (str(sent.location.id), f"model {first}"))
    return found


def _parts(model: torch.nn.Module) -> list[torch.Tensor]:
    return [*model.parameters(), *model.buffers()]


def _away(model: torch.nn.Module) -> list[Any]:
    found = [(part.child if isinstance(part, SharedTensor) and part.held else [part]) for part in _parts(model)]
    return [pointer for part in found for pointer in part if isinstance(pointer, PointerTensor)]


def _place(pointer: Any) -> Address:
    """Where it points; a gradient has a place of its own."""
    ref = pointer.ref
    is_grad = isinstance(ref, tuple) and "grad" in ref
    return str(pointer.location.id), f"{ref[0]} grad" if is_grad else pointer.id_at_location


def _yours(
    mine: Mapping[str, Any], models: Mapping[Address, Address], local: Collection[str] | None
) -> Iterator[tuple[int, Thing]]:
    """(identity in Python, thing) for each variable that is drawn: pointers, then tensors of your own."""
    own = []
    for name, value in mine.items():
        pointers = _pointers(value)
        named = local is None or name.split("[")[0] in local
        if _is_spent(value) and (local is None or not named):
            continue
        if pointers is not None:
            places = dict.fromkeys(models.get(_place(pointer), _place(pointer)) for pointer in pointers)
            note = "already fetched" if _is_spent(value) else ""
            yield id(value), Thing(_key(name, value), "pointer", name, targets=tuple(places), note=note)
        elif named:
            own.append((id(value), _own(name, value)))
    yield from own


def _is_spent(value: Any) -> bool:
    return isinstance(value, SpentPointer) or (isinstance(value, SharedTensor) and value.held is None)


def _others(rest: Mapping[str, Any], models: Mapping[Address, Address], yours: Iterable[Thing]) -> list[Thing]:
    """How many pointers you hold under names that are not asked for."""
    known = {thing.id for thing in yours}
    left = [thing for thing in _merged(_yours(rest, models, ())) if thing.id not in known]
    return [counted(len(left), "more pointer")] if left else []


def _pointers(value: Any) -> list[Any] | None:
    """The pointers that a variable stands for; None if it is something of your own."""
    if isinstance(value, SpentPointer):
        return []
    if isinstance(value, PointerTensor):
        return [value]
    if isinstance(value, MultiPointerTensor):
        return list(value.child)
    if isinstance(value, SharedTensor):
        return value.child if value.held else []
    if isinstance(value, PointerPlan):
        return list(value.sent)
    return _away(value) or None if isinstance(value, torch.nn.Module) else None


def _key(name: str, value: Any) -> Key:
    """What tells that a pointer is the same one later."""
    if isinstance(value, PointerTensor):
        return " ".join([str(value.id), *(value.ref[1:] if isinstance(value.ref, tuple) else ())])
    if isinstance(value, MultiPointerTensor):
        return " ".join(str(pointer.id) for pointer in value.child)
    if isinstance(value, SharedTensor) and value.held:
        return "shared " + " ".join(map(str, value.held.ids))
    return f"variable {name}"


def _own(name: str, value: Any) -> Thing:
    if isinstance(value, Plan) and not _parts(value):
        return Thing(f"own {name}", "plan", f"plan {name}")
    if isinstance(value, torch.nn.Module):
        return _model(f"own {name}", _parts(value), name)
    return _tensor(f"own {name}", value, name)


def _merged(things: Iterable[tuple[int, Thing]]) -> list[Thing]:
    """One thing for each object, with all its names."""
    found: dict[int, Thing] = {}
    for identity, thing in things:
        known = found.get(identity)
        found[identity] = replace(known, name=f"{known.name}, {thing.name}") if known else thing
    return list({thing.id: thing for thing in found.values()}.values())


# -- the workers' stores -----------------------------------------------------------------------------------


def _drawn(ids: Mapping[str, Sequence[int]], yours: Iterable[Thing], before: Sequence[Room]) -> set[str]:
    """The workers whose stores are looked into: as many as `fold` draws, in the order that it prefers."""
    pointed = {worker for thing in yours for worker, _ in thing.targets}
    known = {room.name: len(room.things) for room in before}

    def rank(name: str) -> tuple[bool, bool, bool]:
        return bool(before) and known.get(name, 0) == len(ids[name]), name not in pointed, not ids[name]

    looked = {room.name for room in before if any(thing.kind != "more" for thing in room.things)}
    return {*sorted(ids, key=rank)[:MOST_ROOMS], *looked}


def _room(
    worker: Any, ids: Sequence[int], drawn: bool, models: Mapping[Address, Address], before: Sequence[Room]
) -> Room:
    name = str(worker.id)
    known = {
        thing.id for room in before if room.name == name for thing in room.things if thing.kind != "more"
    }
    new = [id for id in ids if before and id not in known]
    looks = dict.fromkeys([*ids[:MOST_LOOKS], *new[:MOST_LOOKS]]) if drawn else {}
    seen: Mapping[int, Any] = worker._objects._look(list(looks)) if looks else {}
    grouped: dict[Key, list[Any]] = {}
    for id in ids:
        _, key = models.get((name, id), (name, id))
        grouped.setdefault(key, []).append(seen.get(id))
    return Room(name, tuple(thing for key, values in grouped.items() for thing in _held(key, values)))


def _held(key: Key, values: list[Any]) -> Iterator[Thing]:
    """What is drawn for one object of a store, or for a model: the object, and its gradient."""
    (first, *_) = values
    if first is None:
        yield Thing(key, "more", "object")
    elif isinstance(key, str):
        yield _model(key, [value for value in values if isinstance(value, torch.Tensor)])
    elif isinstance(first, HeldPlan):
        yield Thing(key, "plan", f"plan {first.name}")
    elif not isinstance(first, torch.Tensor):
        yield Thing(key, "pointer", targets=(_place(first),))
    else:
        yield _tensor(key, first)
        if first.is_leaf and first.grad is not None:
            yield replace(_tensor(f"{key} grad", first.grad), note=f"gradient of …{str(key)[-4:]}")


def _with_notes(room: Room, yours: Iterable[Thing]) -> Room:
    """A gradient called by the name of the pointer to its tensor."""
    names = {target: thing.name for thing in yours for target in thing.targets}

    def named(thing: Thing) -> Thing:
        owner = str(thing.id).removesuffix(" grad")
        name = names.get((room.name, int(owner))) if thing.note and owner.isdigit() else None
        return replace(thing, note=f"gradient of {name}") if name else thing

    return Room(room.name, tuple(map(named, room.things)))


# -- values ------------------------------------------------------------------------------------------------


def _tensor(key: Key, value: torch.Tensor, name: str = "") -> Thing:
    return Thing(
        key,
        "tensor",
        name,
        shape=tuple(value.shape),
        dtype=str(value.dtype).removeprefix("torch."),
        values=_values(value) if value.numel() <= FEW else None,
        numbers=value.numel(),
        digest=_digest(value),
    )


def _model(key: Key, tensors: Sequence[torch.Tensor], name: str = "") -> Thing:
    numbers = sum(tensor.numel() for tensor in tensors)
    lists = [_values(tensor) for tensor in tensors] if numbers <= FEW_IN_MODEL else [None]
    values = None if None in lists else tuple(value for part in lists for value in part or ())
    digest = zlib.crc32(repr([_digest(tensor) for tensor in tensors]).encode())
    note = "has gradients" if any(tensor.is_leaf and tensor.grad is not None for tensor in tensors) else ""
    return Thing(
        key, "model", name, values=values, parts=len(tensors), numbers=numbers, note=note, digest=digest
    )


def _values(value: torch.Tensor) -> tuple[float | int | bool, ...] | None:
    plain = not value.is_complex() and _is_dense(value)
    return tuple(value.detach().reshape(-1).tolist()) if plain else None


def _digest(value: torch.Tensor) -> int:
    """A number that differs when the values do."""
    if not _is_dense(value) or not value.numel():
        return 0
    return zlib.crc32(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)


def _is_dense(value: torch.Tensor) -> bool:
    return value.layout is torch.strided and not value.is_meta and not value.is_quantized


# -- the line of code ----------------------------------------------------------------------------------------


def block_of(frame: FrameType) -> tuple[str, set[str] | None]:
    """The block of the `with` statement that this frame is entering: its text on one line, the names it uses.

    Where no source is to be had: "" and None.
    """
    source = "".join(linecache.getlines(frame.f_code.co_filename, frame.f_globals))
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return "", None
    found = [node for node in ast.walk(tree) if isinstance(node, ast.With) and _opens(node, frame.f_lineno)]
    if not found:
        return "", None
    body = found[-1].body
    names = {node.id for part in body for node in ast.walk(part) if isinstance(node, ast.Name)}
    return _on_one_line(body, source), names


def _opens(node: ast.With, line: int) -> bool:
    return node.lineno <= line <= max(item.context_expr.end_lineno or 0 for item in node.items)


def _on_one_line(body: list[ast.stmt], source: str) -> str:
    """The only line, or the first one and how many follow."""
    lines = [
        line.strip() for part in body for line in (ast.get_source_segment(source, part) or "").splitlines()
    ]
    more = len(lines) - 1
    return lines[0] if not more else f"{lines[0]} … and {more} more line{'s' if more > 1 else ''}"
