"""Leaks: the reference, and something besides that the exercise's text forbids. A check must reject each one.

What an exercise promises is declared in it, `promises = ("private", "tidy")` (course/learn/exercise.py). A leak does
only what a student could write: it copies, moves, fetches, peeks, or makes a worker of its own. Hard-coded names and
another dtype are forbidden everywhere.
"""

from __future__ import annotations

import ast
import gc
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import torch

import course as sy
from course.authoring.answers import Answers, function
from course.authoring.mutants import changes
from course.learn.checking import ask
from course.learn.exercise import Exercise, workers
from course.messages import Graph, Group, Step
from course.replay import Program
from course.smpc import SharedTensor
from course.smpc.parties import Parties
from course.smpc.randomness import Randomness
from course.smpc.shares import total
from course.transcript import Transcript

Leak = Callable[..., Any]
WORDS = (
    "nobody", "no value", "never", "without seeing", "where the data is", "where they are", "only numbers", "may see",
    "stay there", "keeps nothing", "nothing else",
)  # fmt: skip
_VICTIMS = 3
_kept: list[Any] = []  # what a leak leaves behind lives until the next one


def undeclared(exercise: Exercise) -> list[str]:
    """The words of a promise in a text whose exercise declares none."""
    text = " ".join(exercise.source.split()).lower()
    return [] if exercise.promises is not None else [word for word in WORDS if word in text]


def leaks(exercise: Exercise, answers: Answers) -> dict[str, Leak]:
    """All that could be tried, by name; what a leak cannot do (its call raises) is for the gate to leave out."""
    _kept.clear()
    made = function(exercise, answers.reference)
    promises = exercise.promises or ()
    found = dict(_anywhere(exercise, answers, made))
    if "private" in promises:
        found |= dict(_shown(made)) | dict(_said(made)) | _detours(exercise, answers)
        if _shared(_arguments(exercise, answers)):
            found |= dict(_opened(made))
    if "masked" in promises:
        found |= dict(_put_on_the_table(made))
    if "tidy" in promises:
        found |= dict(_left(made))
    if "program" in promises:
        found |= dict(_in_the_plan(made))
    if "bounded" in promises:
        found |= _histories(exercise, answers)
    return found


# ── who sees it ─────────────────────────────────────────────────────────────────────────────────────────────

_FORMS: dict[str, Callable[[Any], Iterator[Any]]] = {
    "whole": lambda x: iter([x * 1]),
    "piece by piece": lambda x: (x.reshape(-1)[i] for i in range(x.numel())),
    "row by row": lambda x: (x[i] for i in range(x.shape[0])) if x.dim() else iter([x * 1]),
    "transposed": lambda x: iter([x.transpose(0, -1) if x.dim() else x.t()]),
    "in another shape": lambda x: iter([x.reshape(-1, 1, 1)]),
    "as float64": lambda x: iter([x.double()]),
    "summed": lambda x: iter([x.sum()]),
}


def _shown(made: Leak) -> Iterator[tuple[str, Leak]]:
    for at in range(_VICTIMS):
        for form, pieces in _FORMS.items():
            for receiver, place in _RECEIVERS.items():
                show = _show(at, pieces, place)
                yield f"tensor {at + 1}, {form}, to {receiver}", _before(made, show)
                if at == 0 and receiver in ("you", "a helper"):
                    yield f"the result, {form}, to {receiver}", _after(made, show)
        yield f"tensor {at + 1}, peeked at", _before(made, _peek(at))
        yield f"tensor {at + 1}, asked about by what fails", _before(made, _ask_by_error(at))
    yield "tensor 1, and all transcripts cleared", _before(made, _show_and_clear)


def _show(at: int, pieces: Callable[[Any], Iterator[Any]], place: Callable[[Any, Any], Any]) -> Callable[[Any], None]:
    def show(values: Any) -> None:
        tensor = _tensor(values, at)
        worker = place(values, tensor)
        for piece in pieces(tensor):
            if not _is_pointer(piece):
                piece.detach().send(worker)
            elif worker is None:
                piece.get()
            else:
                piece.move(worker)

    return show


def _peek(at: int) -> Callable[[Any], None]:
    def peek(values: Any) -> None:
        pointer = _tensor(values, at)
        if not _is_pointer(pointer):
            raise CannotLeak("it is here already")
        pointer.location._objects[pointer.id_at_location]

    return peek


def _ask_by_error(at: int) -> Callable[[Any], None]:
    """Whether an operation fails tells something about the numbers."""

    def ask_by_error(values: Any) -> None:
        pointer = _tensor(values, at)
        if not _is_pointer(pointer):
            raise CannotLeak("it is here already")
        with suppress(RuntimeError):
            torch.bernoulli(pointer.detach().double().abs() + 2)

    return ask_by_error


def _show_and_clear(values: Any) -> None:
    pointer = _tensor(values, 0)
    if not _is_pointer(pointer):
        raise CannotLeak("it is here already")
    (pointer * 1).get()
    for transcript in [one for one in gc.get_objects() if type(one) is Transcript]:
        transcript.clear()


def _another(position: int) -> Callable[[Any, Any], Any]:
    """A worker of the question's that does not hold the tensor."""

    def place(values: Any, tensor: Any) -> Any:
        holder = tensor.location if _is_pointer(tensor) else None
        others = [worker for worker in _workers(values) if worker is not holder]
        if not others:
            raise CannotLeak("nobody else takes part")
        return others[position]

    return place


def _you(values: Any, tensor: Any) -> None:
    if not _is_pointer(tensor):
        raise CannotLeak("it is here already")


def _helper(*anything: Any) -> Any:
    return workers("helper")[0]


_RECEIVERS: dict[str, Callable[[Any, Any], Any]] = {
    "you": _you,
    "a helper": _helper,
    "the first other": _another(0),
    "the last other": _another(-1),
}


def _detours(exercise: Exercise, answers: Answers) -> dict[str, Leak]:
    """Each `get`, `move` and `send` of the reference, with a stop at a worker of the answer's own, or twice as wide.

    In the lower half of a float64 there is room for another number, and rounded to a float32 it is as if nothing was.
    """

    def detour(node: ast.AST) -> Iterator[ast.AST]:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            text = f"({ast.unparse(node.func.value)})"
            arguments = ", ".join(map(ast.unparse, node.args))
            if node.func.attr in ("get", "move"):
                yield ast.parse(f"{text}.move({_HELPER}).{node.func.attr}({arguments})", mode="eval").body
            if node.func.attr == "send":
                yield ast.parse(f"{text}.send({_HELPER}).move({arguments})", mode="eval").body
            if node.func.attr in ("get", "move", "send"):
                wide = f"({text}.double() * (1 + 2**-40)).{node.func.attr}({arguments}).float()"
                yield ast.parse(wide, mode="eval").body

    return _functions(exercise, changes(answers.reference, detour))


# ── what is said beside tensors ─────────────────────────────────────────────────────────────────────────────


def _said(made: Leak) -> Iterator[tuple[str, Leak]]:
    """Numbers that are yours, written into what is asked of somebody, when all that the reference does is done."""
    for at in (*range(_VICTIMS), "the result"):
        name = at if isinstance(at, str) else f"tensor {at + 1} of yours"
        for form, say in _SAYINGS.items():
            for receiver, place in _RECEIVERS.items():
                if receiver != "you":
                        yield f"{name}, {form}, told to {receiver}", _saying(made, at, say, place)


def _saying(made: Leak, at: int | str, say: Callable[[Any, list[Any], list[Any]], Any], place: Any) -> Leak:
    def saying(*args: Any, **more: Any) -> Any:
        result = made(*args, **more)
        tensor = _tensor(_yours(result), 0) if isinstance(at, str) else _tensor(_yours(args), at)
        worker = place((args, result), tensor)
        there = [one for one in _tensors((args, result)) if _is_pointer(one) and one.location is worker]
        say(worker, tensor.detach().flatten().tolist(), there)
        return result

    return saying


def _as_arguments(worker: Any, numbers: list[Any], there: list[Any]) -> None:
    if not there:
        raise CannotLeak("nothing there to compute with")
    for number in numbers:
        there[0].detach() + number


def _as_tags(worker: Any, numbers: list[Any], there: list[Any]) -> None:
    if not there:
        raise CannotLeak("nothing there to tag")
    (there[0].detach() * 1).tag(*map(str, numbers)).describe(str(numbers))


def _as_searches(worker: Any, numbers: list[Any], there: list[Any]) -> None:
    for number in numbers:
        worker.search(str(number))


def _as_constants(worker: Any, numbers: list[Any], there: list[Any]) -> None:
    sy.func2plan()(lambda x: sum([x + number for number in numbers])).build(torch.ones(1)).send(worker)


def _as_sizes(worker: Any, numbers: list[Any], there: list[Any]) -> None:
    for number in numbers:
        torch.ones(int(abs(number) * 100), 0).send(worker)  # type: ignore[attr-defined]


def _as_requests(worker: Any, numbers: list[Any], there: list[Any]) -> None:
    for number in numbers[:4]:
        for _ in range(int(abs(number) * 4)):
            worker.search("")


_SAYINGS: dict[str, Callable[[Any, list[Any], list[Any]], Any]] = {
    "as arguments of operations": _as_arguments,
    "as tags": _as_tags,
    "as searches": _as_searches,
    "as constants of a plan": _as_constants,
    "as sizes of empty tensors": _as_sizes,
    "as so many requests": _as_requests,
}


# ── what is in shares ───────────────────────────────────────────────────────────────────────────────────────


def _opened(made: Leak) -> Iterator[tuple[str, Leak]]:
    """Shared tensors: opened in whole or in part, shares brought together, and numbers of yours told to the holders."""
    for at in range(_VICTIMS):
        for what, show in _OPENINGS.items():
            yield f"shared tensor {at + 1}, {what}", _before(made, _of_shared(at, show))
    yield "the result, opened", _afterwards(made, _of_shared(0, lambda x: x.virtual_get()))
    for at in range(_VICTIMS):
        for what, tell in _TELLINGS.items():
            yield f"tensor {at + 1} of yours, {what}", _before(made, _told(at, tell))


def _of_shared(at: int, show: Callable[[Any], Any]) -> Callable[[Any], None]:
    def leak(values: Any) -> None:
        found = _shared(values)
        if at >= len(found):
            raise CannotLeak("there are fewer shared tensors")
        with torch.no_grad():
            show(found[at])

    return leak


def _told(at: int, tell: Callable[[Any, torch.Tensor], Any]) -> Callable[[Any], None]:
    def leak(values: Any) -> None:
        found = [one for one in _parts(values) if type(one) in (torch.Tensor, torch.nn.Parameter)]
        if at >= len(found):
            raise CannotLeak("there are fewer tensors here")
        with torch.no_grad():
            tell(_shared(values)[0].reshape(-1), found[at].detach().reshape(-1)[:3])

    return leak


_OPENINGS: dict[str, Callable[[Any], Any]] = {
    "opened": lambda x: x.virtual_get(),
    "opened in other shares": lambda x: x.refresh().virtual_get(),
    "opened by one number": lambda x: x.reshape(-1)[0].get(),
    "opened as a multiple": lambda x: (x * 3).get(),
    "opened as a comparison": lambda x: (x > 0).get(),
    "a share to you": lambda x: x.child[0].copy().get(),
    "a share to another holder": lambda x: x.child[0].copy().move(x.location[1]),
    "all shares to a helper": lambda x: sum(share.copy().move(_helper()) for share in x.child),
    "a share peeked at": lambda x: x.location[0]._objects[x.child[0].id_at_location],
}
_TELLINGS: dict[str, Callable[[Any, torch.Tensor], Any]] = {
    "as int64, to a holder": lambda x, mine: (mine * 2**16).round().long().send(x.location[0]),  # type: ignore[attr-defined]
    "as int64, to a helper": lambda x, mine: (mine * 2**16).round().long().send(_helper()),  # type: ignore[attr-defined]
    "as a public tensor": lambda x, mine: x[: len(mine)] * mine[: len(x)].float(),
    "as public factors": lambda x, mine: [x * float(number) for number in mine],
    "as whole factors": lambda x, mine: [x * int(number * 4) for number in mine],
    "as places": lambda x, mine: [x[int(abs(number) * 4) % len(x)] for number in mine],
    "as bounds": lambda x, mine: [x.clamp(-9, float(number)) for number in mine],
    "as tags of a share": lambda x, mine: x.child[0].copy().tag(*[str(float(number)) for number in mine]),
}


def _put_on_the_table(made: Leak) -> Iterator[tuple[str, Leak]]:
    """Parties of a protocol: shares opened without a mask of the dealer's, and slices that meet without an opening."""
    for at in range(_VICTIMS):
        for what, show in _SHOWINGS.items():
            yield f"shares {at + 1}, {what}", _before(made, _on_the_table(at, show))
        for holder in (0, 1, -1):
            yield f"shares {at + 1}, added up by holder {holder}", _by_hand(made, at, holder)


def _on_the_table(at: int, show: Callable[[Any, torch.Tensor], Any]) -> Callable[[Any], None]:
    def leak(values: Any) -> None:
        show(_parties(values), _tensor(values, at))

    return leak


def _by_hand(made: Leak, at: int, holder: int) -> Leak:
    """A right result, in which one holder has put what only all together know."""

    def leaking(*args: Any, **more: Any) -> Any:
        secret = total(_tensor(args, at)).sum()
        result = made(*args, **more)
        shares = _tensor(result, 0)
        shares[holder] += secret
        shares[holder - 1] -= secret
        return result

    return leaking


_SHOWINGS: dict[str, Callable[[Any, torch.Tensor], Any]] = {
    "opened": lambda parties, x: parties.open("x", x),
    "opened by one number": lambda parties, x: parties.open("x", x.reshape(len(x), -1)[:, :1] * _ODD),
    "opened times a constant": lambda parties, x: parties.open("x", x * _ODD),
    "opened plus a constant": lambda parties, x: parties.open("x", parties.add_public(x, _ODD)),
    "opened times a random number": lambda parties, x: parties.open("x", x * (Randomness().uniform(()) | 1)),
    "opened times numbers of torch's": lambda parties, x: parties.open("x", x * torch.randint(2**61, x.shape[1:])),
    "opened under a mask of somebody's own": lambda parties, x: parties.open("x", _masked_by_one(x)),
    "opened by its last digits": lambda parties, x: parties.open("x", (x & 127).to(torch.int8)),
    "slices exchanged": lambda parties, x: parties.exchange("x", x),
    "slices opened as bits": lambda parties, x: parties.open_bits("x", x),
}
_ODD = 0x1E3779B97F4A7C15


def _masked_by_one(x: torch.Tensor) -> torch.Tensor:
    """The first holder draws the mask, and knows it."""
    masked = x.clone()
    masked[0] += Randomness().uniform(x.shape[1:])
    return masked


# ── what a plan that comes back could carry, or do ──────────────────────────────────────────────────────────


def _in_the_plan(made: Leak) -> Iterator[tuple[str, Leak]]:
    for what, change in _SMUGGLERS.items():

        def leaking(*args: Any, change: Callable[[Any, torch.Tensor], None] = change, **more: Any) -> Any:
            plan = made(*args, **more)
            if not isinstance(plan, sy.Plan) or _is_pointer(_tensor(args, 0)):
                raise CannotLeak("no plan comes back, or nothing of yours was given")
            _helper()
            change(plan, _tensor(args, 0))
            return plan

        yield f"a plan {what}", leaking


def _with_step(op: str, *arguments: Any) -> Callable[[Any, torch.Tensor], None]:
    """One more step at the end of a plan, with these arguments; "numbers" stands for those of the tensor."""

    def add(plan: Any, tensor: torch.Tensor) -> None:
        numbers = Group("list", tuple([(number,) for number in tensor.flatten().tolist()]))
        given = tuple([numbers if argument == "numbers" else argument for argument in arguments])
        step = Step("smuggled", op, given, ())
        _run_instead(plan, plan.graph._replace(steps=(*plan.graph.steps, step)))

    return add


def _named(plan: Any, tensor: torch.Tensor) -> None:
    _run_instead(plan, plan.graph._replace(name="plan_" + "_".join(map(str, tensor.flatten().tolist()))))


def _hold(plan: Any, tensor: torch.Tensor) -> None:
    """A state that no step uses."""
    plan.held = tensor.clone()
    plan._build(plan._arguments[1])


def _run_instead(plan: Any, graph: Graph) -> None:
    plan.__dict__["_program"] = Program(graph)


_SMUGGLERS: dict[str, Callable[[Any, torch.Tensor], None]] = {
    "with numbers of an argument as constants": _with_step("tensor", "numbers"),
    "with numbers of an argument in its name": _named,
    "with an argument as state": _hold,
    "that hands its input on": _with_step("send", 0, ("helper",)),
    "that writes into its input": _with_step("mul_", 0, (2,)),
}


# ── what is left, and what grows ────────────────────────────────────────────────────────────────────────────


def _left(made: Leak) -> Iterator[tuple[str, Leak]]:
    for at in range(_VICTIMS):
        yield f"a copy of tensor {at + 1} left behind", _before(made, _leave(at, lambda x: x.copy()))
        yield f"a part of tensor {at + 1} left behind", _before(made, _leave(at, lambda x: x.reshape(-1)[0] * 1))
        yield f"a copy of tensor {at + 1} left at a helper", _before(made, _leave(at, _at_helper))
    yield "a copy of the result left behind", _after(made, _leave(0, lambda x: x.copy()))
    yield "a copy of the result left at a helper", _after(made, _leave(0, _at_helper))


def _leave(at: int, copy: Callable[[Any], Any]) -> Callable[[Any], None]:
    def leave(values: Any) -> None:
        tensor = _tensor(values, at)
        if copy is not _at_helper and not _is_pointer(tensor):
            (place, *_) = _workers(values)
            tensor = tensor.detach().send(place)
        _kept.append(copy(tensor))

    return leave


def _at_helper(tensor: Any) -> Any:
    helper = _helper()
    return tensor.copy().move(helper) if _is_pointer(tensor) else tensor.detach().send(helper)


def _histories(exercise: Exercise, answers: Answers) -> dict[str, Leak]:
    """Each loop of the reference, with a history of all that its rounds made, or of what is computed from it."""
    found: dict[str, Leak] = {}
    for what, (empty, lines) in _HISTORIES.items():
        keep = ast.parse(lines).body

        def remember(node: ast.AST, keep: list[ast.stmt] = keep) -> Iterator[ast.AST]:
            if isinstance(node, ast.For | ast.While):
                yield _with_body(node, [*node.body, *keep])

        for name, source in changes(answers.reference, remember).items():
            begun = _begin(source, exercise.name, f"history = {empty}")
            found[f"history of {what}: {name}"] = function(exercise, begun)
    return found


_HISTORIES = {  # how it begins, and what each round adds to it
    "value": ("[]", "history.extend(value for value in list(locals().values()) if isinstance(value, torch.Tensor))"),
    "value + 0": (
        "[]",
        "history.extend(value + 0 for value in list(locals().values()) if isinstance(value, torch.Tensor))",
    ),
    "values in one tensor": (
        "{}",
        "for value in [value for value in locals().values() if isinstance(value, sy.PointerTensor)]:\n"
        "    older = [history[value.location.id]] if value.location.id in history else []\n"
        "    history[value.location.id] = torch.cat([*older, value.detach().reshape(-1)])",
    ),
}


def _with_body(loop: ast.For | ast.While, body: list[ast.stmt]) -> ast.AST:
    twin = type(loop)(**{name: getattr(loop, name) for name in loop._fields})
    twin.body = body
    return twin


def _begin(source: str, name: str, line: str) -> str:
    """The source with one more line at the beginning of the function."""
    tree = ast.parse(source)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            node.body = [*ast.parse(line).body, *node.body]
    return ast.unparse(tree)


# ── what no exercise allows ─────────────────────────────────────────────────────────────────────────────────


def _anywhere(exercise: Exercise, answers: Answers, made: Leak) -> Iterator[tuple[str, Leak]]:
    yield "float64 for float32", _doubled(made)
    yield "the workers of the first question, by name", _with_workers(made)
    asked = next(iter(exercise.questions(0)))
    for name in sorted(set(_names(exercise, answers, asked))):

        def hard_code(node: ast.AST, name: str = name) -> Iterator[ast.AST]:
            if isinstance(node, ast.Attribute) and node.attr == "location" and isinstance(node.ctx, ast.Load):
                yield ast.parse(_NAMED.format(name), mode="eval").body

        yield from _functions(exercise, changes(answers.reference, hard_code)).items()


_NAMED = "sy.VirtualWorker(sy, id={!r})"
_HELPER = _NAMED.format("helper")


def _names(exercise: Exercise, answers: Answers, question: Any) -> Iterator[str]:
    """Names of workers in the first question: those that the reference is called with."""
    yield from [str(worker.id) for worker in _workers(_arguments(exercise, answers))]


def _arguments(exercise: Exercise, answers: Answers) -> list[Any]:
    """What the reference is called with in the first question."""
    seen: list[Any] = []
    made = function(exercise, answers.reference)

    def look(*args: Any, **more: Any) -> Any:
        seen.extend(args)
        return made(*args, **more)

    next(iter(ask(exercise, look, (0,))))
    return seen


def _doubled(made: Leak) -> Leak:
    def doubled(*args: Any, **more: Any) -> Any:
        result, changed = made(*args, **more), []

        def double(value: Any) -> Any:
            if isinstance(value, torch.Tensor) and value.dtype == torch.float32:
                changed.append(value)
                return value.double()
            return value

        wide = _map(result, double)
        if not changed:
            raise CannotLeak("no float32 in the result")
        return wide

    return doubled


def _with_workers(made: Leak) -> Leak:
    """Takes its workers from the first call, whoever comes in later calls."""
    first: list[str] = []

    def named(*args: Any, **more: Any) -> Any:
        given: list[Any] = []
        _map(args, lambda value: given.append(value) if isinstance(value, sy.VirtualWorker) else None)
        if not given:
            raise CannotLeak("no worker among the arguments")
        first.extend(str(worker.id) for worker in given[len(first) :])
        names = iter(first)
        swapped = _map(args, lambda value: workers(next(names))[0] if isinstance(value, sy.VirtualWorker) else value)
        return made(*swapped, **more)

    return named


# ── helpers ─────────────────────────────────────────────────────────────────────────────────────────────────


class CannotLeak(Exception):
    """There is nothing here that this leak could show."""


def _before(made: Leak, leak: Callable[[Any], None]) -> Leak:
    def leaking(*args: Any, **more: Any) -> Any:
        leak(args)
        return made(*args, **more)

    return leaking


def _after(made: Leak, leak: Callable[[Any], None]) -> Leak:
    def leaking(*args: Any, **more: Any) -> Any:
        result = made(*args, **more)
        if not _is_pointer(_tensor(result, 0)):
            raise CannotLeak("the result is yours")
        leak(result)
        return result

    return leaking


def _afterwards(made: Leak, leak: Callable[[Any], None]) -> Leak:
    def leaking(*args: Any, **more: Any) -> Any:
        result = made(*args, **more)
        leak(result)
        return result

    return leaking


def _functions(exercise: Exercise, sources: dict[str, str]) -> dict[str, Leak]:
    return {name: function(exercise, source) for name, source in sources.items()}


def _is_pointer(value: Any) -> bool:
    return isinstance(value, sy.PointerTensor)


def _tensor(values: Any, at: int) -> Any:
    """The tensor or pointer at this place among the values, in order; the last of a list stands for the list's end."""
    found = _tensors(values)
    if at >= len(found):
        raise CannotLeak("there are fewer tensors")
    return found[at]


def _shared(values: Any) -> list[Any]:
    """The shared tensors among the values, those of a model too."""
    return [part for part in _parts(values) if isinstance(part, SharedTensor)]


def _parts(values: Any) -> list[Any]:
    """All tensors among the values, and in models among them."""
    found: list[Any] = []

    def look(value: Any) -> None:
        found.extend(value.parameters() if isinstance(value, torch.nn.Module) else [value])

    _map(values, look)
    return [part for part in found if isinstance(part, torch.Tensor)]


def _parties(values: Any) -> Parties:
    return next(value for value in values if isinstance(value, Parties))


def _yours(values: Any) -> list[Any]:
    """The tensors among the values that are here."""
    return [tensor for tensor in _tensors(values) if not _is_pointer(tensor)]


def _tensors(values: Any) -> list[Any]:
    """All tensors and pointers among the values, in order."""
    found: list[Any] = []
    _map(values, lambda value: found.append(value) if isinstance(value, torch.Tensor) else None)
    return found


def _workers(values: Any) -> list[Any]:
    """The workers among the values and at the end of their pointers, each once."""
    found: list[Any] = []

    def look(value: Any) -> None:
        if isinstance(value, sy.VirtualWorker):
            found.append(value)
        elif _is_pointer(value):
            found.append(value.location)

    _map(values, look)
    return list(dict.fromkeys(found))


def _map(value: Any, change: Callable[[Any], Any]) -> Any:
    """The value with every leaf of its lists, tuples and dictionaries changed."""
    if type(value) in (list, tuple):
        return type(value)(_map(item, change) for item in value)
    if type(value) is dict:
        return {key: _map(item, change) for key, item in value.items()}
    return change(value)
