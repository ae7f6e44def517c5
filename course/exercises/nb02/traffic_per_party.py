"""Exercise 02.5: how many bytes each party sent and received."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, register

Row = dict[str, Any]


@register
class TrafficPerParty(Exercise):
    id = "02.5"
    title = "count what travels"
    minutes, points = 8, 3
    objective = "say from the transcript how many bytes each party sent and received"
    promises = ()
    stub = '''
def traffic_per_party(rows: list[dict]) -> dict[str, tuple[int, int]]:
    """How many bytes each party sent and received, over all messages.

    rows: what `log.rows()` gives, a dict for each message: "sender", "receiver", "bytes" (the
        whole message), "values", "detail" ("1 x 2 float32" where values travelled), and more.
    returns: {party: (sent, received)} for everybody who sent or received anything.
    >>> there = dict(sender="me", receiver="bob", bytes=220, values=True, detail="3 float32")
    >>> back = dict(sender="bob", receiver="me", bytes=90, values=True, detail="1 float32")
    >>> traffic_per_party([there, back]) == {"me": (220, 90), "bob": (90, 220)}
    True
    """
    raise NotImplementedError
'''
    hints = (
        "Every message counts twice: once for its sender, once for its receiver.",
        "The length of a message is in `bytes`. `detail` counts numbers, and requests carry none.",
        "for party in everybody: sum(row[…] for row in rows if row[…] == party)",
    )
    success = "Right for four transcripts, requests included: a party that only ever sent or received is there too."
    says = """
not-pairs      {call} returned {what}; expected pairs (sent, received), two whole numbers, as values.
               -> What stands behind each name in the docstring's example?
elements       {call} counts numbers, not bytes: a number of 8 bytes is not one of 4, and requests cost as well.
               -> Which key of a row holds the length of the whole message?
payload        {call} counts the values alone: the rest of each message travels, and is paid for, too.
               -> Which key of a row holds the length of the whole message?
messages       {call} counts messages, one of 60 bytes like one of a million: whoever pays for the line pays for bytes.
               -> Which key of a row holds the length of the whole message?
values-only    {call} counts only messages that carried values: requests cost as well.
               -> Which rows does your sum leave out?
overwritten    {call} kept the last message of each party and forgot those before: whoever pays is told too little.
               -> What becomes of a count when the same name comes again?
swapped        {call} has the two numbers of each party the wrong way round: who sent is told to have received.
               -> Which of the two comes first in the docstring?
missing-party  {call} says nothing about {missing}, who took part and cannot object to the count.
               -> Where do you take the parties' names from?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [{"args": [_messages(draw, count)]} for count in (1, 4, 9, 25)]

    def looks(self, question: Question, call: Evidence) -> Looks:
        (rows,), returned = question["args"], call["returned"]
        yield evidence.returned_a(call, dict, "a dict from each party to (sent, received)")
        yield evidence.returned_a(call, {str: (int, int)}, "pairs", tag="not-pairs")
        yield evidence.inputs_unchanged(call, because="a transcript is a record: nobody edits it")
        right = _traffic(rows, lambda row: row["bytes"])
        with_values = _traffic([row for row in rows if row["values"]], lambda row: row["bytes"])
        mistakes = {
            "elements": _traffic(rows, lambda row: row["numbers"]),
            "payload": _traffic(rows, lambda row: 4 * row["numbers"]),
            "messages": _traffic(rows, lambda row: 1),
            "values-only": evidence.any_of(with_values, dict.fromkeys(right, (0, 0)) | with_values),
            "overwritten": evidence.any_of(_overwritten(rows, False), _overwritten(rows, True)),
            "swapped": {party: (received, sent) for party, (sent, received) in right.items()},
        }
        yield from evidence.leads_to(call, right, mistakes)
        missing = sorted(right.keys() - returned.keys())
        yield bool(missing), "missing-party", {"missing": ", ".join(missing)}
        yield evidence.equals(call, right, because="every byte was sent by one party and received by another")


def _messages(draw: Draw, count: int) -> list[Row]:
    """A transcript of `count` messages among four; the first carries values."""
    names = ["me", *draw.people(3)]
    widths = [draw.randint(1, 40) * (n == 0 or draw.random() < 0.5) for n in range(count)]
    return [{"n": n, **_message(draw, draw.sample(names, 2), width)} for n, width in enumerate(widths)]


def _message(draw: Draw, between: list[str], width: int) -> Row:
    """A tensor of this width that is sent, or a request where it is 0."""
    row: Row = {"sender": between[0], "receiver": between[1], "kind": "send", "op": "", "detail": f"{width} float32"}
    request = {} if width else {"kind": "execute", "op": "add_", "detail": ""}
    row |= {"bytes": draw.randint(60, 160) + 4 * width, "values": width > 0, "numbers": width}
    return {**row, **request, "objects": [draw.randint(1, 10**10)]}


def _overwritten(rows: list[Row], other: bool) -> dict[str, tuple[int, int]]:
    """Only the last message of each party; `other`: the other half of the pair is kept."""
    found: dict[str, tuple[int, int]] = {}
    for row in rows:
        found[row["sender"]] = (row["bytes"], other * found.get(row["sender"], (0, 0))[1])
        found[row["receiver"]] = (other * found.get(row["receiver"], (0, 0))[0], row["bytes"])
    return found


def _traffic(rows: list[Row], size: Callable[[Row], int]) -> dict[str, tuple[int, int]]:
    """(sent, received) for each party, messages measured by `size`."""

    def total(party: str, role: str) -> int:
        return sum(size(row) for row in rows if row[role] == party)

    parties = [row[role] for row in rows for role in ("sender", "receiver")]
    return {party: (total(party, "sender"), total(party, "receiver")) for party in parties}
