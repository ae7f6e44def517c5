"""Evidence helpers that speak: each looks at the record of a call and returns None, or a Verdict.

A verdict names the call, what was seen, what was expected, what it means for a person, and a next step.
They combine with `or`: the first that has something to say speaks. `because` is the exercise's own clause
on what it means for a person, `next` its own next step, `tag` its own tag; each has a default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from course.learn.difference import Form, alike, difference, kind, misfit, told, told_apart
from course.learn.difference import far_end as far_end  # exercises ask for it here
from course.learn.plain import Plain, Pointer, same
from course.learn.says import Verdict
from course.learn.watch import Evidence
from course.learn.words import brief, plural

Rows = list[dict[str, Any]]


def equals(
    call: Evidence,
    expected: Plain,
    *,
    value: Plain = ...,
    what: str = "",
    tolerance: float = 0.0,
    because: str = "plain torch gives the same answer with the data at home",
    next: str = "Do the same by hand with these numbers: where do they first differ?",
    tag: str = "",
) -> Verdict | None:
    """The call's result (or `value`) is `expected`, computed with plain torch. The verdict names the first difference.

    Type, then dtype, then shape, then number: `wrong-type`, `wrong-dtype`, `wrong-shape`, `wrong-value`, unless
    `tag` says otherwise. A pointer is compared by what lies at its end. `tolerance` is relative and absolute; 0 means
    to the last digit. With a `value` of your own, `what` introduces it: "Bob's weight became".
    """
    found = difference(call["returned"] if value is ... else value, expected, tolerance)
    if found is None:
        return None
    opening = f"After `{call['text']}`, {what}" if what else f"`{call['text']}` returned"
    where = f" ({found.where})" if found.where else ""
    reason, step = (because, next) if found.tag == "wrong-value" else _FORMS[found.tag]
    message = f"{opening} {found.seen}{where}; expected {found.expected}: {reason}."
    return Verdict(tag or found.tag, message, step, {"seen": found.seen, "expected": found.expected, "where": where})


_FORMS = {
    "wrong-type": ("whoever uses it relies on what the docstring promises", "What does the docstring say comes back?"),
    "wrong-dtype": ("whoever goes on computing with it relies on the dtype", "Which line changes the dtype?"),
    "wrong-shape": ("whoever goes on with it relies on the shape", "Which line adds or loses something?"),
}


def leads_to(
    call: Evidence, right: Plain, mistakes: Mapping[str, Any], *, value: Plain = ..., tolerance: float = 0.0
) -> Iterator[tuple[bool, str, dict[str, Any]]]:
    """Looks for known mistakes: {tag: the value that it leads to, or a list of `any_of(...)`}, told from `right`."""
    seen = call["returned"] if value is ... else value
    if alike(seen, right, tolerance):
        return
    for tag, wrong in mistakes.items():
        for one in wrong if isinstance(wrong, AnyOf) else (wrong,):
            yield alike(seen, one, tolerance), tag, {"right": right, "seen": far_end(seen)}


class AnyOf(tuple[Any, ...]):
    """Several values that one mistake may lead to."""


def any_of(*values: Plain) -> AnyOf:
    """Several values that one mistake may lead to."""
    return AnyOf(values)


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
            shown = " became ".join(told_apart(was, now))
            return Verdict(tag, f"`{call['text']}` changed an argument: {shown}. But {because}.", next)
    return None


def only_travels(
    call: Evidence,
    allowed: Mapping[tuple[str, str], int] = MappingProxyType({}),
    *,
    tags: Mapping[str | tuple[str, str], str] = MappingProxyType({}),
    because: str = "nobody else agreed to see them",
    next: str = "Which line makes them travel?",
    tag: str = "seen-by-others",
) -> Verdict | None:
    """Values go only from these to these, at most so many numbers in all: {("bob", "me"): 1}; "me" is you.

    Everybody counts, a worker that the answer made for itself included; every kind of message counts (a send, a reply,
    a move, a look into a store); many small trips count as one large one. What lay with somebody before the call may
    come back to them under its id. `tags` are for receivers, or for pairs; `tag` for everybody else.
    """
    ways: dict[tuple[str, str], Rows] = {}
    for row in foreign_values(call):
        ways.setdefault((row["sender"], row["receiver"]), []).append(row)
    for way, rows in ways.items():
        if sum(row["numbers"] for row in rows) > allowed.get(way, 0):
            return _overheard(call, way, rows, allowed, tags.get(way, tags.get(way[1], tag)), because, next)
    return None


def _overheard(
    call: Evidence,
    way: tuple[str, str],
    rows: Rows,
    allowed: Mapping[tuple[str, str], int],
    tag: str,
    because: str,
    next: str,
) -> Verdict:
    sender, receiver = ("you" if name == "me" else name for name in way)
    most, numbers = allowed.get(way, 0), plural(sum(row["numbers"] for row in rows), "number")
    expected = f"at most {most}" if most else "none"
    what = what_travelled(rows) if len(rows) < 3 else f"{what_travelled(rows[:2])}, …"
    trips = f" in {len(rows)} messages" if len(rows) > 1 else ""
    message = (
        f"During `{call['text']}`, {numbers} (`{what}`) went from {sender} to {receiver}{trips}; "
        f"expected {expected}: {because}."
    )
    facts = {"what": what, "sender": sender, "receiver": receiver, "numbers": numbers, "allowed": expected}
    return Verdict(tag, message, next, facts)


def never_seen(
    call: Evidence,
    worker: str,
    *,
    because: str = "what was never sent cannot leak",
    next: str = "Look for the line that carries values there.",
    tag: str = "seen",
) -> Verdict | None:
    """No message of the call carried values to `worker` ("me" is you). It says nothing about others: `only_travels`."""
    rows = values_to(call["messages"], worker)
    if not rows:
        return None
    shown, who = what_travelled(rows), "you" if worker == "me" else worker
    message = f"During `{call['text']}`, `{shown}` travelled to {who}; expected: nothing, because {because}."
    return Verdict(tag, message, next, {"what": shown, "receiver": who})


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
    one, other = told_apart(a, b)
    again = f"`{first['text']}` returned {one}, and the same call again {other}"
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
    shown = f"`{call['text']}` took {worker} from {plural(before, 'object')} to {after}; expected {before + new}"
    if after < before + new:
        step = "Which line deletes more than your function made?"
        return Verdict("deleted", f"{shown}: what others keep there is not yours to delete.", step)
    return Verdict(tag, f"{shown}: {because}.", next) if after > before + new else None


def returned_a(
    call: Evidence,
    form: Form,
    named: str,
    *,
    value: Plain = ...,
    next: str = "What does the docstring say that it returns?",
    tag: str = "wrong-type",
) -> Verdict | None:
    """The result has this form: a type of plain data, or built of such: `[(Pointer, Pointer)]`, `{str: int}`.

    (a, b) is a tuple or a list of exactly these. A Pointer has a tensor at its end. `named` is the form in words.
    """
    seen = call["returned"] if value is ... else value
    found = misfit(seen, form)
    if found is None:
        return None
    where, part = found
    what = f"{kind(seen)}: {where} is {told(part)}" if where else told(seen)
    message = f"`{call['text']}` returned {what}; expected {named}."
    return Verdict(tag, message, next, {"what": what})


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


def foreign_values(call: Evidence) -> Rows:
    """The messages that carried values, without those that only brought an argument back to where it had been."""
    own = {(pointer.location, pointer.id) for pointer in _pointers(call["before"])}
    return [
        row
        for row in call["messages"]
        if row["values"] and not own.issuperset((row["receiver"], id) for id in row["objects"] or [None])
    ]


def _pointers(value: Plain) -> list[Pointer]:
    if isinstance(value, list | tuple):
        return [pointer for item in value for pointer in _pointers(item)]
    return [value] if isinstance(value, Pointer) else []


def held_after_each(call: Evidence, worker: str, mark: Callable[[dict[str, Any]], bool]) -> list[int]:
    """How many objects that came during the call `worker` held at each message that `mark` finds.

    What was sent there counts, and what was computed there, until it was deleted or left.
    """
    held: set[int] = set()
    found = []
    for row in call["messages"]:
        if row["receiver"] == worker and row["kind"] == "send":
            held.update(row["objects"])
        elif row["receiver"] == worker and row["kind"] == "execute" and not row["op"].endswith("_"):
            held.update(row["objects"][-1:])
        elif row["receiver"] == worker and row["kind"] in ("delete", "get", "move"):
            held.difference_update(row["objects"])
        if mark(row):
            found.append(len(held))
    return found
