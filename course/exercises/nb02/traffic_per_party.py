"""Exercise 02.5: how many bytes each party sent and received."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from course.learn import evidence
from course.learn.difference import kind
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, register
from course.learn.plain import Plain

Row = dict[str, Any]
Traffic = dict[str, tuple[int, int]]


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

    rows: what `log.rows()` gives, a dict for each message: "sender", "receiver", "bytes" (the whole message),
        "values", "detail" ("1 x 2 float32" where values travelled), and more.
    returns: {party: (sent, received)} for everybody who sent or received anything.
    >>> there = {"sender": "me", "receiver": "bob", "bytes": 220, "values": True, "detail": "3 float32"}
    >>> back = {"sender": "bob", "receiver": "me", "bytes": 90, "values": True, "detail": "1 float32"}
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
               Whoever pays for the line would be told too little.
               -> Which key of a row holds the length of the whole message?
payload        {call} counts the values alone: the rest of each message travels too, and so do requests. Whoever pays
               for the line would be told too little.
               -> Which key of a row holds the length of the whole message?
messages       {call} counts messages: one of 60 bytes like one of a million. Whoever pays for the line pays for
               bytes.
               -> Which key of a row holds the length of the whole message?
values-only    {call} counts only messages that carried values: requests cost as well. Whoever pays for the line would
               be told too little.
               -> Which rows does your sum leave out?
swapped        {call} has the two numbers of each party the wrong way round: Bob would be told that he sent what he
               received.
               -> Which of the two comes first in the docstring?
missing-party  {call} says nothing about {missing}, who took part: whoever is missing from the count cannot object to
               it.
               -> Where do you take the parties' names from?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [{"args": [_rows(draw, count)]} for count in (1, 4, 9, 25)]

    def looks(self, question: Question, call: Evidence) -> Looks:
        (rows,), returned = question["args"], call["returned"]
        yield evidence.returned_a(call, dict, "a dict from each party to (sent, received)")
        wrong = evidence.returned_a(call, {str: (int, int)}, "pairs")
        yield wrong is not None, "not-pairs", {"what": wrong.facts["what"] if wrong else kind(returned)}
        yield evidence.inputs_unchanged(call, because="a transcript is a record: nobody edits it")
        right = _traffic(rows, lambda row: row["bytes"])
        with_values = _traffic([row for row in rows if row["values"]], lambda row: row["bytes"])
        mistakes = {
            "elements": _traffic(rows, lambda row: row["numbers"]),
            "payload": _traffic(rows, lambda row: 4 * row["numbers"]),
            "messages": _traffic(rows, lambda row: 1),
            "values-only": evidence.any_of(with_values, dict.fromkeys(right, (0, 0)) | with_values),
            "swapped": {party: (received, sent) for party, (sent, received) in right.items()},
        }
        yield from evidence.leads_to(call, right, mistakes)
        missing = sorted(right.keys() - returned.keys())
        yield bool(missing), "missing-party", {"missing": missing[0] if missing else ""}
        yield evidence.equals(call, right, because="every byte was sent by one party and received by another")


def _rows(draw: Draw, count: int) -> list[Plain]:
    """A transcript of `count` messages among four."""
    names = ["me", *draw.people(3)]
    rows = []
    for n in range(count):
        sender, receiver = draw.sample(names, 2)
        values, width = draw.random() < 0.5, draw.randint(1, 40)
        rows.append(
            {
                "n": n, "sender": sender, "receiver": receiver, "kind": "send" if values else "execute",
                "op": "" if values else "add_", "objects": [draw.randint(1, 10**10)],
                "bytes": draw.randint(60, 160) + 4 * width * values, "values": values,
                "detail": f"{width} float32" if values else "", "numbers": width * values,
            }
        )  # fmt: skip
    return rows


def _traffic(rows: list[Row], size: Callable[[Row], int]) -> Traffic:
    """(sent, received) for each party, messages measured by `size`."""
    parties = dict.fromkeys(row[role] for row in rows for role in ("sender", "receiver"))
    return {
        party: tuple(sum(size(row) for row in rows if row[role] == party) for role in ("sender", "receiver"))  # type: ignore[misc]
        for party in parties
    }
