"""Exercise 05.5: from a transcript, who received numbers of whom."""

from __future__ import annotations

from typing import Any

from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, register
from course.learn.plain import Plain

Row = dict[str, Any]
Seen = dict[str, dict[str, int]]


@register
class NumbersSeen(Exercise):
    id = "05.5"
    title = "whose numbers reached whom"
    minutes, points = 8, 3
    objective = "read from a transcript who received a single person's numbers"
    promises = ()
    stub = '''
def numbers_seen(rows: list[dict], people: list[str]) -> dict[str, dict[str, int]]:
    """How many numbers each party received straight from each person, over all messages.

    rows: the messages of a transcript, in order: dicts with "sender", "receiver", "values"
        (whether numbers travelled), "numbers" (how many), "bytes", and more.
    people: names. Others may take part, too: you ("me"), an aggregator under any name.
    returns: {party: {person: numbers}} for everybody who sent or received any message; {} for a
        party that received no number from a person. A person from whom a party received none is
        not listed there.
    >>> rows = [{"sender": "bob", "receiver": "hub", "values": True, "numbers": 9, "bytes": 99},
    ...         {"sender": "hub", "receiver": "me", "values": True, "numbers": 9, "bytes": 99}]
    >>> numbers_seen(rows, ["bob"]) == {"bob": {}, "hub": {"bob": 9}, "me": {}}
    True
    """
    raise NotImplementedError
'''
    hints = (
        "Whoever receives a message with numbers sees them, whether we trust them or not.",
        "Two things for each row: both its parties get an entry, if they have none yet; and if the sender is one of "
        "the people and numbers travelled, the receiver's entry grows.",
        "seen.setdefault(…, {}) for both; then found[sender] = found.get(sender, 0) + row[…]",
    )
    success = "Four transcripts, with an aggregator and without, and with a hand-over: every number is there."
    says = """
not-a-dict     {call} returned {what}; expected a dict of dicts: for each party, how many numbers came from each
               person.
               -> What does the docstring say that comes back?
trusted-blind  {call} says that {party} received nothing from anybody; {right} numbers did come from people. Being
               trusted is no blindfold: whoever averages sees what is averaged.
               -> Which receivers do you count?
you-blind      {call} says that you received nothing from anybody; {right} numbers did come from people. A reply to
               your `get` shows them as well as anything that is sent.
               -> Which messages do you count?
missing-party  {call} has no entry for {party}, who took part. Somebody who saw nothing is worth a line: it is what the
               others were promised.
               -> Which rows mention {party}, and as what?
strangers      {call} has an entry for {party}, who sent and received nothing.
               -> Who takes part in the rows?
means-counted  {call} counts what {party} received from {sender}, who is none of the people. What {sender} sends on is
               mixed from many; it shows nobody's own numbers.
               -> Which senders count?
last-only      {call} says that {party} received {seen} numbers from {person}; expected {right}. Only one message
               counts there, and the others were seen as well.
               -> What happens to the old number when the next message comes?
messages       {call} says that {party} received {seen} numbers from {person}; expected {right}. These are messages:
               one may carry a single loss, or a whole model.
               -> Which entry of a row says how many numbers?
bytes          {call} says that {party} received {seen} numbers from {person}; expected {right}. These are bytes,
               envelopes included: a request weighs something, too.
               -> Which entry of a row says how many numbers?
not-counted    {call} says that {party} received {seen} numbers from {person}; expected {right}. Whoever reads it
               believes that {person} gave away something else.
               -> Go through the rows from {person} to {party} by hand: what does yours count?
requests       {call} lists {person} under {party} with 0 numbers: a message without numbers shows nothing of anybody.
               -> What does `values` say?
turned-round   {call} says what each person gave to whom; asked is who received it, and from whom.
               -> Which of the two names comes first in the result?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        people, hub = draw.people(4), draw.third_party()
        kinds = _rounds(draw, people[:3], hub), _rounds(draw, people[:2], "me"), _handed_on(draw, people, hub)
        mixed = _rounds(draw, people[2:], "me") + _rounds(draw, people[1:], hub)
        shuffled = draw.sample(mixed, len(mixed))
        return [{"args": [rows, draw.sample(people, 4)], "people": people} for rows in (*kinds, shuffled)]

    def looks(self, question: Question, call: Evidence) -> Looks:
        rows, people = question["args"]
        seen, right = call["returned"], _counted(rows, people, "right")
        yield evidence.returned_a(call, {str: {str: int}}, "a dict of dicts", tag="not-a-dict")
        yield evidence.inputs_unchanged(call, because="a transcript is a record: nobody edits it")
        ways = {way: _counted(rows, people, way) for way in _WAYS}
        yield seen == ways["turned-round"] != right, "turned-round"
        for party in sorted(right):
            blind = bool(right[party]) and party not in people and not seen.get(party)
            facts = {"party": _who(party), "right": sum(right[party].values())}
            yield blind, "you-blind" if party == "me" else "trusted-blind", facts
            yield party not in seen, "missing-party", {"party": _who(party)}
        for party in sorted(seen):
            yield party not in right, "strangers", {"party": _who(party)}
            for sender in sorted(seen[party]):
                yield sender not in people, "means-counted", {"party": _who(party), "sender": _who(sender)}
                nothing = seen[party][sender] == 0 and sender not in right[party]
                yield nothing, "requests", {"party": _who(party), "person": sender}
        for party, person in sorted((party, person) for party in right for person in people):
            have, want = seen[party].get(person, 0), right[party].get(person, 0)
            yield {"party": _who(party), "person": person, "seen": have, "right": want}
            for way in ("last-only", "messages", "bytes"):
                yield have == ways[way][party].get(person, 0) != want, way
            yield have != want, "not-counted"


def _who(name: str) -> str:
    return "you" if name == "me" else name


_WAYS = ("last-only", "messages", "bytes", "turned-round")


def _counted(rows: list[Row], people: list[str], way: str) -> Seen:
    """By party and person; `way` is "right", or what a known mistake counts."""
    found: Seen = {}
    for row in rows:
        ends = row["receiver"], row["sender"]
        for party in ends:
            found.setdefault(party, {})
        size: int = {"messages": 1, "bytes": row["bytes"]}.get(way) or row["numbers"]
        if row["sender"] in people and (row["values"] or way == "bytes"):
            party, person = ends[::-1] if way == "turned-round" else ends
            before = 0 if way == "last-only" else found[party].get(person, 0)
            found[party][person] = before + size
    return found


def _row(draw: Draw, sender: str, receiver: str, numbers: int = 0) -> Row:
    """A message, with so many numbers."""
    return {
        "sender": sender, "receiver": receiver, "kind": "reply" if receiver == "me" else "send", "op": "",
        "objects": [draw.randint(1, 10**10)], "bytes": draw.randint(60, 160) + 4 * numbers, "values": numbers > 0,
        "numbers": numbers, "detail": f"{numbers} float32" if numbers else "",
    }  # fmt: skip


def _rounds(draw: Draw, people: list[str], place: str) -> list[Plain]:
    """Two rounds: the model visits each person and goes on to `place`: to you, or to an aggregator, who averages."""
    size, rows = draw.randint(5, 90), []
    for person in people * 2:
        rows += [_row(draw, "me", person, size), _row(draw, "me", person), _row(draw, person, "me")]
        rows += [_row(draw, person, place, size)]
    if place == "me":
        return [*rows, *(_row(draw, person, "me", 1) for person in people)]
    return [*rows, _row(draw, "me", place), _row(draw, place, "me", size)]


def _handed_on(draw: Draw, people: list[str], hub: str) -> list[Plain]:
    """A model goes from person to person, the last hands it to the aggregator, who answers without numbers."""
    size = draw.randint(5, 90)
    rows = [_row(draw, a, b, size) for a, b in zip(people, [*people[1:], hub], strict=True)]
    return [*rows, _row(draw, hub, "me"), _row(draw, people[1], people[2], 3)]
