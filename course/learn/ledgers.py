"""The ledger: who saw how many numbers, as you say and as the transcript of a block says.

    with sy.record() as log:
        ...
    ledger("01.l1", log, {"aggregator": 1305, "me": 2})

It agrees when every number is right and nobody who received values is left out. Where there are many of them,
"others" stands for all who are not named, together.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from course import session
from course.learn import progress_file
from course.learn.items import number_in, typed
from course.learn.render import Card
from course.learn.words import plural

OTHERS = "others"
_KINDS_SHOWN = 4  # kinds of message that are listed for a count that differs
_NAMES_SHOWN = 3

Row = Mapping[str, Any]


def ledger(id: str, log: Any, claims: Mapping[Any, Any]) -> Card:
    """Who saw what: how many numbers reached each party, as you say and as the transcript of a block says.

    log: what `with sy.record() as log:` gave. claims: {"bob": 10, "me": 1}; a party may be left `...`, and
    "others" are all who are not named.
    """
    rows = log.rows()
    said = {_name(party): _number(claim) for party, claim in claims.items()}
    problem = _problem(said, rows)
    if problem:
        return Card("untried", "○ Not counted", f"Ledger {id}", "", (problem,))
    came = {name: _arrived(name, said, rows) for name in said}
    counted = {name: sum(row["numbers"] for row in arrived) for name, arrived in came.items()}
    if any(claim is ... for claim in said.values()):
        text = "How many numbers reached each of them? Replace each `...`, then run this cell again."
        return Card("untried", "○ Not answered", f"Ledger {id}", "", (text,), table=_table(said, counted, hide=True))
    wrong = [name for name, claim in said.items() if claim != counted[name]]
    missing = [] if wrong or OTHERS in said else _unnamed(said, rows)
    progress_file.keep_ledger(id, agrees=not wrong and not missing)
    return _compared(id, said, counted, [_explained(name, came[name]) for name in wrong], missing)


def _compared(
    id: str, said: dict[str, Any], counted: dict[str, int], explained: Iterable[str], missing: Sequence[str]
) -> Card:
    text = "Counted: the numbers inside messages that carried values. Requests and shapes carry none."
    table = _table(said, counted)
    if missing:
        left = f'Values reached {_listed(missing)} as well: name them, or count all the rest together as "{OTHERS}".'
        return Card("incorrect", "✗ Somebody is missing", f"Ledger {id}", "", (left, text), table=table)
    if any(claim != counted[name] for name, claim in said.items()):
        word = "✗ The transcript says otherwise"
        return Card("incorrect", word, f"Ledger {id}", "", (text, *explained), table=table)
    return Card("correct", "✓ The transcript agrees", f"Ledger {id}", "", (text,), table=table)


# -- what was typed ------------------------------------------------------------------------------------------


def _name(party: Any) -> str:
    """A party's name; the worker itself will do."""
    return str(getattr(party, "id", party))


def _number(claim: Any) -> Any:
    return number_in(claim) if isinstance(claim, str) else claim


def _problem(said: dict[str, Any], rows: Sequence[Row]) -> str:
    """Why this cannot be compared; empty if it can."""
    known = _parties(rows) | {str(worker.id) for worker in session.workers()} | {"me", OTHERS}
    for name, claim in said.items():
        if name not in known:
            return f"There is nobody called {name!r} here. {_meant(name, known)}"
        if claim is not ... and (isinstance(claim, bool) or not isinstance(claim, int | float)):
            return f"{typed(claim)} is not a count: type a whole number for {name!r}."
    return "" if said else "Name the parties, and say how many numbers reached each."


def _meant(name: str, known: Iterable[str]) -> str:
    if name.lower() in ("you", "i", "myself"):
        return 'You are `"me"` in every transcript.'
    lower = {other.lower(): other for other in known}
    near = difflib.get_close_matches(name.lower(), lower, n=1)
    return f"Did you mean {lower[near[0]]!r}?" if near else "Names are those of the workers, and `me`."


# -- what the transcript says ----------------------------------------------------------------------------------


def _parties(rows: Iterable[Row]) -> set[str]:
    return {str(row[end]) for row in rows for end in ("sender", "receiver")}


def _arrived(name: str, said: Mapping[str, Any], rows: Sequence[Row]) -> list[Row]:
    """The messages with values that reached this party."""
    values = [row for row in rows if row["values"]]
    if name == OTHERS:
        return [row for row in values if row["receiver"] not in said]
    return [row for row in values if row["receiver"] == name]


def _unnamed(said: Mapping[str, Any], rows: Sequence[Row]) -> list[str]:
    """Who received values and stands in no line."""
    return list(dict.fromkeys(str(row["receiver"]) for row in _arrived(OTHERS, said, rows)))


def _explained(name: str, arrived: Sequence[Row]) -> str:
    """What was counted for a party: its messages with values, like ones together."""
    if not arrived:
        return f"→ No message with values reached {_who(name)}."
    alike = Counter(str(row["detail"]) for row in arrived)
    kinds = [_kind(detail, [row for row in arrived if row["detail"] == detail]) for detail in alike]
    more = len(kinds) - _KINDS_SHOWN
    listed = "; ".join([*kinds[:_KINDS_SHOWN], *([f"{more} more kinds of message"] if more > 0 else [])])
    return f"→ What reached {_who(name)}: {listed}."


def _kind(detail: str, rows: Sequence[Row]) -> str:
    """`2 messages from bob with 1 x 2 float32, 1 float32 each (6 numbers)`."""
    senders = [_who(name) for name in dict.fromkeys(str(row["sender"]) for row in rows)]
    each = " each" if len(rows) > 1 else ""
    count = plural(sum(row["numbers"] for row in rows), "number")
    return f"{plural(len(rows), 'message')} from {_listed(senders)} with `{detail}`{each}, {count}"


def _table(said: dict[str, Any], counted: dict[str, int], hide: bool = False) -> tuple[tuple[str, ...], ...]:
    lines = [("who", "you say", "the transcript says")]
    for name, claim in said.items():
        shown = "…" if claim is ... else typed(claim)
        fact = "" if hide else f"{counted[name]} {'=' if claim == counted[name] else '≠'}"
        lines.append((f"{_who(name)} (me)" if name == "me" else name, shown, fact))
    return tuple(lines)


def _who(name: str) -> str:
    return "you" if name == "me" else name


def _listed(names: Sequence[str]) -> str:
    if len(names) > _NAMES_SHOWN:
        return f"{', '.join(names[: _NAMES_SHOWN - 1])} and {len(names) - _NAMES_SHOWN + 1} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
