"""The transcript: who saw what, as a fact that can be looked up.

An append-only list of the messages, each sealed (a tensor's values are replaced by its dtype and shape), in the order
in which they were sent. Rows are computed when read: appending keeps the parts, `rows` computes the bytes.

A message can tell numbers in three ways, and a row counts each by itself:

    numbers   those of its tensors, one for each element
    words     the same by their width: one for each begun 32 bits of an element. A float64 and an int64 count as two,
              for they have room for two float32
    written   the numbers and texts that it says beside its tensors: among the arguments of an operation, `y + 0.25`,
              in the steps of a plan, as tags, as descriptions, in a search

`values`, `seen_by` and `opened` are about tensors. Most of what is written is nobody's secret, a learning rate or a
dimension; a row cannot know which, so whoever wants to be sure reads it. Still other things tell and are not counted:
the sizes of a tensor, the choice of an id or a name, how many messages there are, and when they come.

Two things are not messages and have no row. A worker acknowledges an operation, which tells the sender only that it
was done, or why not. And the classroom asks a worker how many objects it holds in order to print it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import torch

from course.codec import encoded_length
from course.messages import (
    Answer,
    Message,
    TensorSpec,
    objects_in,
    plans_in,
    seal,
    unseal,
    values_in,
    written_in,
)

if TYPE_CHECKING:
    import pandas

__all__ = ["COLUMNS", "Transcript", "words"]

COLUMNS = ["n", "sender", "receiver", "kind", "op", "objects", "bytes", "values", "detail"]  # of a frame

# About 300 bytes a message: 30 MB at most when nobody reads or clears it.
DEFAULT_LIMIT = 100_000


class Transcript:
    """An append-only log of messages, bounded: beyond `limit` messages the oldest are dropped, and counted."""

    def __init__(self, limit: int | None = DEFAULT_LIMIT) -> None:
        self.kept: list[tuple[Any, ...]] = []
        self.dropped = 0
        self.limit = limit

    @property
    def limit(self) -> int | None:
        """The most messages it keeps; None for no bound."""
        return self._limit

    @limit.setter
    def limit(self, limit: int | None) -> None:
        if limit is not None and limit < 1:
            raise ValueError(f"a transcript of {limit} messages would hold nothing: use 1 or more, or None")
        self._limit = limit
        # Dropping a whole chunk at a time keeps the price of a bound out of `append`.
        self._full = float("inf") if limit is None else limit + limit // 4
        self._forget()

    def append(self, message: Message) -> None:
        """Write a message down, without the values it carries."""
        self.kept.append(seal(message))
        if len(self.kept) > self._full:
            self._forget()

    def _forget(self) -> None:
        extra = 0 if self.limit is None else len(self.kept) - self.limit
        if extra > 0:
            del self.kept[:extra]
            self.dropped += extra

    def clear(self) -> None:
        """Forget all messages."""
        self.kept.clear()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self.kept)

    def __iter__(self) -> Iterator[Message]:
        return map(unseal, list(self.kept))

    def __repr__(self) -> str:
        forgotten = f", {self.dropped} older ones dropped" if self.dropped else ""
        return f"<Transcript of {len(self)} messages{forgotten}>"

    def rows(self) -> list[dict[str, Any]]:
        """One plain dict a message: COLUMNS, and what it carried: `tensors`, `numbers`, `words`, `written` (see above).

        `bytes` are those of the encoded message.
        """
        return [_row(n, message) for n, message in enumerate(self, self.dropped)]

    def frame(self) -> pandas.DataFrame:
        """The rows as a pandas DataFrame."""
        return _frame(self.rows())

    def seen_by(self, worker: Any) -> pandas.DataFrame:
        """The rows that carried values to this worker (or to the worker of this name)."""
        name = getattr(worker, "id", worker)
        return _frame([row for row in self.rows() if row["values"] and row["receiver"] == name])

    def opened(self) -> pandas.DataFrame:
        """The rows that carried values to you."""
        return self.seen_by("me")

    def traffic(self) -> pandas.DataFrame:
        """Bytes and messages for each sender and receiver; `values` are the bytes of messages that carried values."""
        totals: dict[tuple[str, str], list[int]] = {}
        for row in self.rows():
            total = totals.setdefault((row["sender"], row["receiver"]), [0, 0, 0])
            total[0] += 1
            total[1] += row["bytes"]
            total[2] += row["bytes"] if row["values"] else 0
        return _frame(
            [
                {"sender": sender, "receiver": receiver, "messages": count, "bytes": size, "values": values}
                for (sender, receiver), (count, size, values) in totals.items()
            ],
            ["sender", "receiver", "messages", "bytes", "values"],
        )


def _row(n: int, message: Message) -> dict[str, Any]:
    values = values_in(message)
    return {
        "n": n,
        "sender": message.sender,
        "receiver": message.receiver,
        "kind": "reply" if isinstance(message, Answer) else type(message).__name__.lower(),
        "op": getattr(message, "op", getattr(message, "what", "")),
        "objects": objects_in(message),
        "bytes": encoded_length(message),
        "values": bool(values),
        "detail": ", ".join([*[f"plan {name}" for name in plans_in(message)], *map(look, values)]),
        "tensors": len(values),
        "numbers": sum(math.prod(spec.shape) for spec in values),
        "words": sum(words(spec.dtype, spec.shape) for spec in values),
        "written": written_in(message),
    }


def words(dtype: torch.dtype, shape: Sequence[int]) -> int:
    """How many 32-bit words the elements of a tensor fill, at least one each.

    >>> import torch
    >>> [words(dtype, (2, 3)) for dtype in (torch.float32, torch.float64, torch.bool)]
    [6, 12, 6]
    """
    return math.prod(shape) * max(1, dtype.itemsize // 4)


def look(spec: TensorSpec) -> str:
    """`64 x 10 float32`, `5 int64`, or `1 float32` for a single number."""
    return f"{' x '.join(map(str, spec.shape)) or 1} {str(spec.dtype)[6:]}"


def _frame(rows: list[dict[str, Any]], columns: list[str] = COLUMNS) -> pandas.DataFrame:
    import pandas

    return pandas.DataFrame(rows, columns=columns)
