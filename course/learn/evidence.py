"""Evidence helpers that speak: each looks at the record of a call and returns None, or a Verdict.

A verdict names the call, what was seen, what was expected, what it means for a person, and a next step.
They combine with `or`: the first that has something to say speaks. `because` is the exercise's own clause
on what it means for a person, `next` its own next step, `tag` its own tag; each has a default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch

from course.learn.exercise import Evidence, Verdict
from course.learn.plain import Other, Plain, Pointer, same
from course.learn.words import brief, plural, size

Rows = list[dict[str, Any]]


def equals(
    call: Evidence,
    expected: Plain,
    *,
    value: Plain = ...,
    what: str = "",
    tolerance: float = 0.0,
    because: str = "plain torch gives the same answer with the data at home",
    next: str = "Do the same by hand with these numbers: where do the two part?",
    tag: str = "wrong-value",
) -> Verdict | None:
    """The call's result (or `value`) is `expected`, computed with plain torch: same shape, dtype and values.

    A pointer is compared by what lies at its end. `tolerance` is relative and absolute; 0 means to the last
    digit. With a `value` of your own, `what` introduces it: "Bob's weight became".
    """
    seen = far_end(call["returned"] if value is ... else value)
    if _close(seen, expected, tolerance):
        return None
    opening = f"After `{call['text']}`, {what}" if what else f"`{call['text']}` returned"
    message = f"{opening} `{_shown(seen, expected)}`; expected `{_shown(expected, seen)}`: {because}."
    return Verdict(tag, message, next)


def stays_at(
    call: Evidence,
    worker: str,
    *,
    because: str = "the result belongs where the data is",
    next: str = "Which line brought it there?",
    tag: str = "elsewhere",
) -> Verdict | None:
    """The result is a pointer to `worker`, and something lies at its end."""
    seen = call["returned"]
    if isinstance(seen, Pointer) and seen.location == worker and seen.value is not None:
        return None
    if isinstance(seen, Pointer) and seen.location == worker:
        shown = f"a pointer to {worker} with nothing at its end"
    else:
        shown = f"`{brief(seen)}`"
    message = f"`{call['text']}` returned {shown}; expected a pointer to {worker}: {because}."
    return Verdict(tag, message, next)


def inputs_unchanged(
    call: Evidence,
    *,
    because: str = "whoever owns it still needs it",
    next: str = "Work on a copy, or use an operation that makes a new tensor.",
    tag: str = "input-changed",
) -> Verdict | None:
    """Every argument is after the call what it was before, at the end of pointers too."""
    for before, after in zip(call["before"], call["after"], strict=True):
        if not same(before, after):
            was, now = far_end(before), far_end(after)
            shown = f"`{_shown(was, now)}` became `{_shown(now, was)}`"
            return Verdict(tag, f"`{call['text']}` changed an argument: {shown}. But {because}.", next)
    return None


def never_seen(
    call: Evidence,
    worker: str,
    *,
    because: str = "what was never sent cannot leak",
    next: str = "Look for the line that carries values there.",
    tag: str = "seen",
) -> Verdict | None:
    """No message of the call carried values to `worker` ("me" is you)."""
    rows = values_to(call["messages"], worker)
    if not rows:
        return None
    shown, who = what_travelled(rows), "you" if worker == "me" else worker
    message = f"During `{call['text']}`, `{shown}` travelled to {who}; expected: nothing, because {because}."
    return Verdict(tag, message, next)


def opened_only(
    call: Evidence,
    allowed: str,
    *,
    because: str = "every number that comes home is one that somebody gave away",
    next: str = "Which `get` could come later, or not at all?",
    tag: str = "opened-too-much",
) -> Verdict | None:
    """What came home to you during the call is exactly `allowed`, in the transcript's words: "1 float32"."""
    rows = values_to(call["messages"], "me")
    shown = what_travelled(rows) or "nothing"
    if shown == allowed:
        return None
    return Verdict(tag, f"`{call['text']}` opened `{shown}`; expected `{allowed}`: {because}.", next)


def repeats(
    first: Evidence,
    second: Evidence,
    *,
    because: str = "others must be able to repeat your run",
    next: str = "What in it depends on more than its arguments?",
    tag: str = "not-repeatable",
) -> Verdict | None:
    """Two calls with the same seed returned the same."""
    a, b = far_end(first["returned"]), far_end(second["returned"])
    if same(a, b):
        return None
    again = f"`{first['text']}` returned `{_shown(a, b)}`, and the same call again `{_shown(b, a)}`"
    return Verdict(tag, f"{again}; expected twice the same: {because}.", next)


def leaves(
    call: Evidence,
    worker: str,
    new: int,
    *,
    because: str = "what stays in a store can be found there",
    next: str = "Which intermediate result is still held by a name or a list?",
    tag: str = "left-behind",
) -> Verdict | None:
    """After the call `worker` holds exactly `new` objects more than before."""
    before, after = call["objects"].get(worker, (0, 0))
    if after - before == new:
        return None
    grew = f"`{call['text']}` took {worker} from {plural(before, 'object')} to {after}"
    return Verdict(tag, f"{grew}; expected {before + new}: {because}.", next)


def returned_a(
    call: Evidence,
    kind: type | tuple[type, ...],
    named: str,
    *,
    next: str = "What does the docstring say that it returns?",
    tag: str = "wrong-type",
) -> Verdict | None:
    """The result is of a type of plain data: torch.Tensor, Pointer, list, dict, int, ..."""
    if isinstance(call["returned"], kind):
        return None
    return Verdict(tag, f"`{call['text']}` returned `{brief(call['returned'])}`; expected {named}.", next)


def first(verdicts: Iterable[Verdict | None]) -> Verdict | None:
    """The first that is not None: for verdicts over several calls."""
    return next((verdict for verdict in verdicts if verdict is not None), None)


def each(calls: Iterable[Evidence], look: Callable[[Evidence], Verdict | None]) -> Verdict | None:
    """`look` at each call, the first that has something to say."""
    return first(look(call) for call in calls)


# ── looking at evidence ─────────────────────────────────────────────────────────────────────────────────────


def values_to(rows: Rows, worker: str) -> Rows:
    """The messages that carried values to `worker`."""
    return [row for row in rows if row["values"] and row["receiver"] == worker]


def what_travelled(rows: Rows) -> str:
    """Their shapes and dtypes: "5 int64, 1 float32"."""
    return ", ".join(str(row["detail"]) for row in rows)


def far_end(value: Plain) -> Plain:
    """What lies at the end of a pointer or a chain; in lists and tuples, item by item."""
    if isinstance(value, Pointer):
        return far_end(value.value)
    if isinstance(value, list):
        return [far_end(item) for item in value]
    if isinstance(value, tuple):
        return tuple(far_end(item) for item in value)
    return value


def _close(seen: Plain, expected: Plain, tolerance: float) -> bool:
    if isinstance(expected, torch.Tensor) and isinstance(seen, torch.Tensor) and tolerance:
        return (
            seen.dtype == expected.dtype
            and seen.shape == expected.shape
            and torch.allclose(seen, expected, rtol=tolerance, atol=tolerance, equal_nan=True)
        )
    if isinstance(expected, float) and isinstance(seen, float) and tolerance:
        return abs(seen - expected) <= tolerance * (1 + abs(expected))
    if isinstance(expected, list | tuple) and type(seen) is type(expected) and len(seen) == len(expected):
        return all(_close(a, b, tolerance) for a, b in zip(seen, expected, strict=True))
    if isinstance(expected, dict) and isinstance(seen, dict) and seen.keys() == expected.keys():
        return all(_close(seen[key], expected[key], tolerance) for key in expected)
    return _equal(seen, expected)


def _equal(seen: Plain, expected: Plain) -> bool:
    if isinstance(expected, torch.Tensor) and isinstance(seen, torch.Tensor):
        return (seen.dtype == expected.dtype and torch.equal(seen, expected)) or same(seen, expected)
    return same(seen, expected)


def _shown(value: Plain, other: Plain) -> str:
    """A value in brief; a tensor says how it differs from the other where that is not to be seen."""
    if value is None:
        return "nothing"
    if isinstance(value, Other):
        return f"{value.type} {value.text}"
    if isinstance(value, torch.Tensor) and isinstance(other, torch.Tensor):
        if value.dtype != other.dtype or value.shape != other.shape:
            return f"{brief(value)}, {size(value)}" if value.numel() <= 3 else f"tensor {size(value)}"
        if value.numel() > 6:
            return _where_they_differ(value, other)
    return brief(value)


def _where_they_differ(value: torch.Tensor, other: torch.Tensor) -> str:
    at = (value != other).nonzero()
    if len(at) == 0:
        return brief(value)
    index = tuple(int(i) for i in at[0])
    return f"{brief(value[index])} at {list(index)}"
