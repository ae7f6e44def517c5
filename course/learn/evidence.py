"""Evidence helpers that speak: each looks at the record of a call and returns None, or a Verdict.

A verdict names the call, what was seen and what was expected; then what that means for a person, and a next step. The
exercise may say the latter two in its own words: by `because` and `next`, or, where more is to be said, by a text in
its `says` under the verdict's `tag`, in which `{found}` is what the helper saw and expected.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypedDict, Unpack

import torch

from course.learn.asking import STRANGERS
from course.learn.difference import Form, alike, difference, kind, misfit, told, told_apart
from course.learn.difference import far_end as far_end  # exercises ask for it here
from course.learn.plain import Other, Plain, Pointer, same
from course.learn.says import Verdict
from course.learn.watch import Evidence
from course.learn.words import a_or_an, brief, plural
from course.transcript import words as width_of

Rows = list[dict[str, Any]]
Way = tuple[str, str]  # sender and receiver
NOTHING: Mapping[Any, Any] = MappingProxyType({})

# Tolerances, relative and absolute, where the order of a sum may differ.
SUMMED = 1e-5  # a sum, a mean
TRAINED = 1e-4  # several steps of training


class Words(TypedDict, total=False):
    """The exercise's own words; each helper has a default for each."""

    because: str
    next: str
    tag: str


# What each verdict means for a person, and the next step, where the exercise has no words of its own.
_OWN = {
    "wrong-value": (
        "that is what plain torch gives with the data at home",
        "Do the same by hand with these numbers: where do they first differ?",
    ),
    "wrong-type": ("whoever uses it relies on what the docstring promises", "What does the docstring say comes back?"),
    "wrong-dtype": ("whoever goes on computing with it relies on the dtype", "Which line changes the dtype?"),
    "wrong-shape": ("whoever goes on with it relies on the shape", "Which line adds or loses something?"),
    "elsewhere": ("the result belongs where the data is", "Which line brought it there?"),
    "not-repeatable": (
        "others must be able to repeat your run",
        "What in it depends on more than its arguments?",
    ),
    "taken-away": ("what lies with somebody is theirs", "What could travel in its place?"),
    "deleted-others": (
        "nobody asked them",
        "Which objects does your function make there, and when do they die by themselves?",
    ),
    "deleted": (
        "what others keep there is not yours to delete",
        "Which line deletes more than your function made?",
    ),
    "left-behind": (
        "what stays in a store can be found there",
        "Which intermediate result is still held by a name or a list?",
    ),
    "seen-by-others": ("nobody else agreed to see them", "Which line makes them travel?"),
    "asked-by-error": (
        "whether it fails can depend on the numbers there, so whoever catches the error learns about them",
        "Which `except` hides it?",
    ),
    "said-beside": (
        "they depend on what is in somebody's tensors, and whoever reads the request learns that",
        "Which argument, constant, tag or size is made of somebody's numbers?",
    ),
    "seen": ("what was never sent cannot leak", "Look for the line that carries values there."),
}


def _verdict(found: str, words: Words, tag: str, facts: Mapping[str, Any] = NOTHING) -> Verdict:
    """What was found, and why it matters: in the exercise's words, or in those of `tag`."""
    because, step = _OWN[tag]
    message = f"{found}: {words.get('because', because)}."
    return Verdict(words.get("tag", tag), message, words.get("next", step), {"found": found, **facts})


# ── what came back ──────────────────────────────────────────────────────────────────────────────────────────


def equals(
    call: Evidence,
    expected: Plain,
    mistakes: Mapping[str, Any] = NOTHING,
    *,
    value: Plain = ...,
    what: str = "",
    tolerance: float = 0.0,
    **words: Unpack[Words],
) -> Verdict | None:
    """The call's result (or `value`) is `expected`, computed with plain torch; `tolerance` is relative and absolute.

    mistakes: {tag: the value that a known mistake leads to, or several, `any_of(...)`}; `says` has their texts.
    For any other result the verdict names the first difference. Type, then dtype, then shape, then number:
    `wrong-type`, `wrong-dtype`, `wrong-shape`, `wrong-value`, unless `tag` says otherwise. A pointer is compared by
    what lies at its end. With a `value` of your own, `what` introduces it: "Bob's weight became".
    """
    seen = call["returned"] if value is ... else value
    differs = difference(seen, expected, tolerance)
    if differs is None:
        return None
    opening = f"After `{call['text']}`, {what}" if what else f"`{call['text']}` returned"
    for wrong, tag, facts in leads_to(call, expected, mistakes, value=seen, tolerance=tolerance):
        if wrong:
            one, other = told_apart(facts["seen"], far_end(expected))
            return _verdict(f"{opening} {one}; expected {other}", {"tag": tag}, "wrong-value", facts)
    where = f" ({differs.where})" if differs.where else ""
    found = f"{opening} {differs.seen}{where}; expected {differs.expected}"
    facts = {"seen": differs.seen, "expected": differs.expected, "where": where}
    if differs.tag != "wrong-value":
        words = {"tag": words.get("tag", differs.tag)}  # the exercise's own words are about the value
    return _verdict(found, words, differs.tag, facts)


def leads_to(
    call: Evidence, right: Plain, mistakes: Mapping[str, Any], *, value: Plain = ..., tolerance: float = 0.0
) -> Iterator[tuple[bool, str, dict[str, Any]]]:
    """The known mistakes of `equals` as looks, for where something is to be looked at between them and the rest."""
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


def stays_at(call: Evidence, worker: str, **words: Unpack[Words]) -> Verdict | None:
    """The result is a pointer to `worker`, and something lies at its end."""
    seen = call["returned"]
    if is_at(seen, worker):
        return None
    empty = isinstance(seen, Pointer) and seen.location == worker
    shown = f"a pointer to {worker} with nothing at its end" if empty else f"`{brief(seen)}`"
    return _verdict(f"`{call['text']}` returned {shown}; expected a pointer to {worker}", words, "elsewhere")


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

    (a, b) is a tuple or a list of exactly these, `...` anything. A Pointer has a tensor at its end. `named` is the form
    in words.
    """
    seen = call["returned"] if value is ... else value
    misfitting = misfit(seen, form)
    if misfitting is None:
        return None
    where, part = misfitting
    what = f"{kind(seen)}: {where} is {told(part)}" if where else told(seen)
    found = f"`{call['text']}` returned {what}; expected {named}"
    return Verdict(tag, f"{found}.", next, {"found": found, "what": what})


def repeats(first: Evidence, second: Evidence, **words: Unpack[Words]) -> Verdict | None:
    """Two calls with the same seed returned the same."""
    a, b = far_end(first["returned"]), far_end(second["returned"])
    if same(a, b):
        return None
    one, other = told_apart(a, b)
    found = f"`{first['text']}` returned {one}, and the same call again {other}; expected twice the same"
    return _verdict(found, words, "not-repeatable")


# ── what became of what was there ───────────────────────────────────────────────────────────────────────────


def inputs_unchanged(
    call: Evidence,
    *positions: int,
    because: str = "whoever owns it still needs it",
    next: str = "",
    tag: str = "input-changed",
) -> Verdict | None:
    """Each argument, or those at these positions, is what it was before the call, at the end of pointers too."""
    for at in positions or range(len(call["before"])):
        before, after = call["before"][at], call["after"][at]
        if not same(before, after):
            became = " became ".join(told_apart(far_end(before), far_end(after)))
            found = f"`{call['text']}` changed an argument: {became}"
            return Verdict(tag, f"{found}. But {because}.", next or _leave_alone(before, after), {"found": found})
    return None


def _leave_alone(before: Plain, after: Plain) -> str:
    """The next step where an argument was changed: a list or dict itself, or a tensor."""
    if isinstance(before, list | dict) and type(before) is type(after):
        keys = list(range(len(before))) if isinstance(before, list) else list(before)
        others = list(range(len(after))) if isinstance(after, list) else list(after)
        changed = [key for key in keys if keys == others and not same(before[key], after[key])]
        inner = [(before[key], after[key]) for key in changed]
        if not inner or any(isinstance(item, str | int | float | Other) for pair in inner for item in pair):
            return f"Work on a {type(before).__name__} of your own, or only read this one."
        return _leave_alone(*inner[0])
    return "Work on a copy, or use an operation that makes a new tensor."


def still_there(call: Evidence, *positions: int, **words: Unpack[Words]) -> Verdict | None:
    """What the pointers in the arguments (or in those at these positions) led to is where it was, whatever it is now.

    The text may name its `{owner}`.
    """
    for at in positions or range(len(call["before"])):
        for before, after in zip(_pointers(call["before"][at]), _pointers(call["after"][at]), strict=False):
            if not is_at(after, before.location):
                found = f"After `{call['text']}`, {before.location} no longer holds what was there before"
                return _verdict(found, words, "taken-away", {"owner": before.location})
    return None


def spares_strangers(call: Evidence, *places: str, **words: Unpack[Words]) -> Verdict | None:
    """What somebody else keeps at the workers of the question, or at these, is untouched. A text may name `{place}`."""
    for pointer in call["strangers"]:
        if (not places or pointer.location in places) and not same(pointer.value, STRANGERS):
            became = "are gone" if pointer.value is None else f"are `{brief(pointer.value)}`"
            found = f"After `{call['text']}`, two numbers that another project keeps at {pointer.location} {became}"
            return _verdict(found, words, "deleted-others", {"place": pointer.location})
    return None


def leaves(call: Evidence, worker: str | Iterable[str], new: int = 0, **words: Unpack[Words]) -> Verdict | None:
    """After the call `worker` (or each of several) holds exactly `new` objects more than before."""
    for name in [worker] if isinstance(worker, str) else dict.fromkeys(worker):
        before, after = call["objects"].get(name, (0, 0))
        found = f"`{call['text']}` took {name} from {plural(before, 'object')} to {after}; expected {before + new}"
        if after < before + new:
            return _verdict(found, {}, "deleted")
        if after > before + new:
            return _verdict(found, words, "left-behind")
    return None


# ── what travelled ──────────────────────────────────────────────────────────────────────────────────────────


def only_travels(
    call: Evidence,
    allowed: Mapping[Way, Plain] = NOTHING,
    *,
    tags: Mapping[str | Way, str] = NOTHING,
    **words: Unpack[Words],
) -> Verdict | None:
    """Values go only from these to these, at most so many numbers in all: {("bob", "me"): 1}; "me" is you.

    A count stands for numbers of 32 bits each; tensors, {("bob", "me"): [x, y]}, for as many as they hold, of their
    width: one float64 has room for two float32. A list may hold both.

    Everybody counts, a worker that the answer made for itself included; every kind of message counts (a send, a reply,
    a move, a look into a store); many small trips count as one large one. What lay with somebody before the call may
    come back to them under its id. What a message says beside its tensors counts where it depends on somebody's numbers
    (course/learn/twins.py). `tags` are for receivers, or for pairs; `tag` for everybody else. An operation that failed,
    while the answer went on, tells too: `asked-by-error`.

    What is allowed to travel may hold anything: whoever writes several small numbers into the digits of one is not
    seen, unless the exercise looks at the value.
    """
    ways: dict[Way, tuple[Rows, Rows]] = {}
    for at, rows in enumerate((foreign_values(call), call["told"])):
        for row in rows:
            ways.setdefault((row["sender"], row["receiver"]), ([], []))[at].append(row)
    for way, (rows, said) in ways.items():
        most, wide = room(allowed.get(way, 0))
        numbers, in_words = (sum(row[count] for row in rows) for count in ("numbers", "words"))
        beside = sum(row["words"] for row in said)
        if numbers > most or in_words > wide:
            tag = tags.get(way, tags.get(way[1], words.get("tag", "seen-by-others")))
            return _overheard(call, rows, most, {**words, "tag": tag})
        if numbers + beside > most or in_words + beside > wide:
            return _said_beside(call, said, most)
    for worker, op, error in call["failed"]:
        found = f"During `{call['text']}`, `{op}` at {worker} ended in {a_or_an(error)}, and the code went on"
        return _verdict(found, {}, "asked-by-error")
    return None


def room(allowed: Plain) -> tuple[int, int]:
    """How many numbers these are, and how many 32-bit words: of a count as many as it says."""
    if isinstance(allowed, list | tuple):
        parts = [room(part) for part in allowed]
        return sum(most for most, _ in parts), sum(wide for _, wide in parts)
    if isinstance(allowed, torch.Tensor):
        return allowed.numel(), width_of(allowed.dtype, allowed.shape)
    return allowed, allowed


def _overheard(call: Evidence, rows: Rows, most: int, words: Words) -> Verdict:
    """More than `most` numbers went from one to another, in these messages, or as many of twice the width."""
    sender, receiver = _ends(rows)
    count = sum(row["numbers"] for row in rows)
    numbers, expected = plural(count, "number"), f"at most {most}" if most else "none"
    if count <= most:
        expected += " of 32 bits, and here is room for two in one"
    what = what_travelled(rows) if len(rows) < 3 else f"{what_travelled(rows[:2])}, …"
    trips = f" in {len(rows)} messages" if len(rows) > 1 else ""
    went = f"{numbers} (`{what}`) went from {sender} to {receiver}{trips}"
    found = f"During `{call['text']}`, {went}; expected {expected}"
    facts = {"what": what, "sender": sender, "receiver": receiver, "numbers": numbers, "allowed": expected}
    return _verdict(found, words, "seen-by-others", facts)


def says_nothing(call: Evidence) -> Verdict | None:
    """Nothing that a message of the call says beside tensors, or tells several parties, depends on somebody's numbers.

    For exercises in which tensors travel as shares; elsewhere `only_travels` looks at both.
    """
    return _said_beside(call, call["told"], 0) if call["told"] else None


def _said_beside(call: Evidence, said: Rows, most: int) -> Verdict:
    """Numbers travelled that are in no tensor: in what was asked for."""
    sender, receiver = _ends(said)
    shown = ", ".join(row["text"] for row in said[:2]) + (", …" if len(said) > 2 else "")
    numbers = plural(sum(row["words"] for row in said), "number")
    told = f"{sender} told {receiver} {numbers} outside of tensors (`{shown}`)"
    expected = f"at most {most} with those in tensors" if most else "none"
    return _verdict(f"During `{call['text']}`, {told}; expected {expected}", {}, "said-beside")


def _ends(rows: Rows) -> tuple[str, str]:
    """Sender and receiver of these messages, in words."""
    sender, receiver = ("you" if rows[0][end] == "me" else str(rows[0][end]) for end in ("sender", "receiver"))
    return sender, receiver


def never_seen(call: Evidence, worker: str, **words: Unpack[Words]) -> Verdict | None:
    """No message of the call carried values to `worker` ("me" is you). It says nothing about others: `only_travels`."""
    rows = values_to(call["messages"], worker)
    if not rows:
        return None
    shown, who = what_travelled(rows), "you" if worker == "me" else worker
    found = f"During `{call['text']}`, `{shown}` travelled to {who}; expected nothing"
    return _verdict(found, words, "seen", {"what": shown, "receiver": who})


# ── looking at evidence ─────────────────────────────────────────────────────────────────────────────────────


def is_at(seen: Plain, worker: str) -> bool:
    """Whether it is a pointer to `worker`, and something lies at its end."""
    return isinstance(seen, Pointer) and seen.location == worker and seen.value is not None


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


def piles_up(call: Evidence, worker: str) -> list[int]:
    """How many numbers `worker` held from round to round, if later rounds held more than earlier ones; else [].

    A round ends when something has come to you; four of them tell growth from the difference that a first round makes.
    """
    held = [weighed.get(worker, 0) for weighed in call["weighed"]]
    half = len(held) // 2
    return held if half > 1 and max(held[half:]) > max(held[:half]) else []
