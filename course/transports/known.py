"""What the notebook knows of the objects over there, and of which operations it therefore knows how they end.

Shapes and dtypes are public, and the notebook has sent most tensors itself. A small operation, element by element, on
tensors of one dtype whose shapes fit cannot fail, and what comes out has a known shape and dtype: nobody has to wait
for it (see `process.py`). `CERTAIN` says which operations these are. Everything else is waited for, and so is every
operation on an object of which something is not known: what another operation made, what came from elsewhere, what
was changed in place by an operation that may change shapes.

What is known stays true because only this notebook's messages change what its workers hold. Where that is not so,
because a worker has a pointer, or where an id may come twice, nothing is foreseen from then on.
"""

from __future__ import annotations

import functools
import math
from collections import defaultdict
from collections.abc import Iterable
from itertools import zip_longest
from typing import Any

import torch

from course.messages import (
    Assign,
    Clear,
    Execute,
    Get,
    Graph,
    Item,
    Message,
    Move,
    PointerSpec,
    Rename,
    Run,
    Send,
    TensorSpec,
)

__all__ = ["CERTAIN", "Known"]

WHOLE = frozenset({torch.int32, torch.int64})
REAL = frozenset({torch.float32, torch.float64})

# Operations that cannot fail: names, how many operands, of which dtypes; a dtype of the result other than theirs.
CERTAIN: list[tuple[str, int, frozenset[torch.dtype], torch.dtype | None]] = [
    ("add sub mul", 2, WHOLE | REAL, None),
    ("div", 2, REAL, None),
    ("eq ne lt le gt ge", 2, WHOLE | REAL, torch.bool),
    ("neg abs", 1, WHOLE | REAL, None),
    ("exp relu sigmoid tanh", 1, REAL, None),
]
RULES = {
    form: (count, dtypes, result)
    for names, count, dtypes, result in CERTAIN
    for name in names.split()
    for form in (name, f"torch.{name}")
}
# Operations without a result that leave the shape and the dtype of every object as they are.
HARMLESS = frozenset(f"{form}_" for form in RULES) | frozenset(
    "[]= addcdiv_ addcmul_ autograd.backward backward copy_ lerp_ requires_grad_ retain_grad sqrt_ zero_".split()
)

SMALL = 65_536  # bytes of a result: nobody notices when such an operation is done, and memory for it there is
MOST = 2**31 - 1  # a plain number up to that size fits into every one of these dtypes


class Known:
    """The dtypes and shapes of a session's objects, by worker and id, as far as its notebook knows them."""

    def __init__(self) -> None:
        self.specs: defaultdict[str, dict[int, TensorSpec]] = defaultdict(dict)
        self.brought: set[tuple[str, int]] = set()  # ids that tensors had before, perhaps for long
        self.chains = False  # whether a worker over there has ever got a pointer: it sends messages of its own
        self.ids_repeat = False  # whether an id may be given twice

    def foresee(self, message: Execute) -> TensorSpec | None:
        """What the result of an operation will look like, if it is certain that there will be one."""
        _, receiver, op, arguments, named, result, _ = message
        if op not in RULES or named or self.chains or self.ids_repeat or (receiver, result) in self.brought:
            return None
        specs = self.specs[receiver]
        return outcome(op, *[specs.get(arg) if type(arg) is int else number(arg) for arg in arguments])

    def expect(self, message: Execute, result: TensorSpec) -> None:
        """An operation that cannot fail is on its way, and so is its result."""
        self.specs[message.receiver][message.result] = result  # type: ignore[index]

    def forget(self, message: Message) -> None:
        """A message is about to go. What it may change or take away is unknown from now on, done or not."""
        worker = message.receiver
        match message:
            case Execute():
                if message.result is None and message.op not in HARMLESS or "out" in dict(message.kwargs):
                    self.specs[worker].clear()
            case Assign(attribute="data") | Clear() | Run():
                self.specs[worker].clear()
            case Get() | Move():
                for ref in message.refs:
                    self.specs[worker].pop(ref, None)  # type: ignore[arg-type]
                if isinstance(message, Move):
                    self.bring(message.to, message.refs)
            case Rename():
                self.specs[worker].pop(message.ref, None)
                self.bring(worker, [message.to])
            case Send():
                self.chains |= any(map(brings_a_pointer, message.items))
                self.bring(worker, [item.id for item in message.items])

    def bring(self, worker: str, ids: Iterable[int]) -> None:
        """Objects come to a worker, or come back, under ids that they have from elsewhere."""
        self.brought.update((worker, id) for id in ids)

    def lose(self, worker: str, refs: Iterable[Any]) -> None:
        """Objects have left a worker."""
        for ref in refs:
            self.specs[worker].pop(ref, None)
            self.brought.discard((worker, ref))

    def learn(self, message: Message, reply: Any) -> None:
        """A message has arrived. What was sent is known, under the ids that it has there."""
        if isinstance(message, Send) and not torch.is_inference_mode_enabled():
            ids = [item.id for item in message.items] if reply is None else reply.answer
            for id, item in zip(ids, message.items, strict=True):
                if isinstance(item.value, torch.Tensor):
                    self.specs[message.receiver][id] = TensorSpec(item.value.dtype, tuple(item.value.shape))


def brings_a_pointer(item: Item) -> bool:
    """Whether the receiver of an item holds a pointer, now or when it runs a plan that sends."""
    if isinstance(item.value, Graph):
        return any(step.op == "send" for step in item.value.steps)
    return isinstance(item.value, PointerSpec)


def number(constant: Any) -> type | None:
    """The type of a plain number that fits everywhere; None for any other argument."""
    if len(constant) != 1 or type(constant[0]) not in (int, float) or not abs(constant[0]) <= MOST:
        return None
    return type(constant[0])


@functools.lru_cache(4096)
def outcome(op: str, *operands: TensorSpec | type | None) -> TensorSpec | None:
    """What comes out of an operation with these tensors and plain numbers; None where that is not certain."""
    count, dtypes, dtype = RULES[op]
    shapes = [operand.shape for operand in operands if isinstance(operand, TensorSpec)]
    if len(operands) != count or not isinstance(operands[0], TensorSpec):
        return None
    kind = operands[0].dtype
    shape = broadcast(*shapes)
    if shape is None or kind not in dtypes or not all(fits(operand, kind) for operand in operands):
        return None
    result = TensorSpec(dtype or kind, shape)
    return result if math.prod(shape) * result.dtype.itemsize <= SMALL else None


def fits(operand: TensorSpec | type | None, dtype: torch.dtype) -> bool:
    """Whether an operand beside a tensor of this dtype leaves it as it is: a tensor of the same one, or a number."""
    if isinstance(operand, TensorSpec):
        return operand.dtype is dtype
    return operand is int or (operand is float and dtype in REAL)


def broadcast(*shapes: tuple[int, ...]) -> tuple[int, ...] | None:
    """The shape of what comes out of tensors of these shapes, element by element; None where they do not fit."""
    shape = []
    for sizes in zip_longest(*map(reversed, shapes), fillvalue=1):
        wanted = {size for size in sizes if size != 1}
        if len(wanted) > 1:
            return None
        shape.append(wanted.pop() if wanted else 1)
    return tuple(reversed(shape))
