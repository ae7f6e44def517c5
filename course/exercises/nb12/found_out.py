"""Exercise 12.5: whose update follows from opened sums and what a coalition knows."""

from __future__ import annotations

from typing import Any

import torch

from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, register

Sums = list[tuple[list[str], torch.Tensor]]
Updates = dict[str, torch.Tensor]


@register
class FoundOut(Exercise):
    id = "12.5"
    title = "whom do the sums give away"
    minutes, points = 8, 4
    objective = "work out single updates from opened sums, as a coalition would"
    promises = ()
    stub = '''
def found_out(rounds: list, own: dict) -> dict:
    """The updates of others that follow from opened sums, for a coalition.

    rounds: (names, total) for each round: who was in it, two or more, and the opened sum
        of their updates: int64, on the ring. A client sends the same in each round.
    own: {name: update} of the clients in the coalition; {} for one who only reads sums.
    Take the coalition out of every round. A client is found out if it is alone in what
    is left, or if one round's rest is another's plus this one client.
    One look is enough: you need not look again with those whom it finds.
    returns: {name: update} of those who were found out, without the coalition's own.
    >>> ann, total = torch.tensor([1, 2]), torch.tensor([7, 9])
    >>> found_out([(["ann", "bob"], total)], {"ann": ann})
    {'bob': tensor([6, 7])}
    """
    # 1. what is left of each round without the coalition: names, and their sum
    rests = [(set(), 0)]  # the empty round: a client alone is one more than nobody
    for names, total in rounds:
        inside = [own[name] for name in names if name in own]
        rests.append((set(names).difference(own), total - sum(inside)))
    # 2. one rest that is another plus one client
    found = {}
    for more, total in rests:
        for fewer, other in rests:
            if fewer < more:  # all of `fewer` are in `more`, and somebody besides
                ...
    return found
'''
    hints = (
        "The sums of two rests that differ in one person differ by that one's update. Which two rests are these?",
        "For sets, `more - fewer` is who is in the one and not in the other. How many may they be?",
        "if len(more - fewer) == 1: found[(more - fewer).pop()] = … - …",
    )
    success = (
        "Two clients, all but one of them, one person more or less: everybody who is found out by one look. "
        "Sums of three rounds, or a second look, can tell more."
    )
    says = """
no-dict      {call} returned {what}; expected a dict of names and int64 tensors.
             -> What stands after `returns`?
input-changed  {call} changed what the coalition knows. Work on a copy.
             -> Which line writes into an argument?
own-listed   {call} lists {name}, who is in the coalition. It has not found that out.
             -> Who is asked for?
two-safe     {call} does not list {name}. That round had two clients, and one of them is in the coalition: the sum minus
             its own update is the other one's. No mask can hide that.
             -> From how many clients on does a sum hide somebody?
colluders    {call} does not list {name}. All others in one round are in the coalition.
             -> What is left of the sum, if they take out their own?
differ       {call} does not list {name}, with whom one round has one client more than another.
             -> What is the difference of these two sums?
by-turns     {call} does not list {name}. Some rounds differ by one client only when those who are known are
             taken out.
             -> Which comes first: taking out, or comparing?
invented     {call} lists {name}. That does not follow: {name} was always together with somebody else who is unknown.
             -> Which of your conditions is true of a sum of two strangers?
turned       {call} gives {name}'s update as {seen}; expected {right}. It is the other way round.
             -> Which of the two sums has {name} in it?
whole-sum    {call} gives {name}'s update as {seen}; expected {right}. That is a whole sum, or one from which not all
             that is known was taken.
             -> What do others have in it?
not-inside   {call} gives {name}'s update as {seen}; expected {right}. That is a difference of two rounds of which the
             second had somebody whom the first had not: that one was taken off, too.
             -> When does a difference leave one client, and nobody else?
averaged     {call} gives {name}'s update as {seen}; expected {right}. On the ring nothing is divided.
             -> What are the totals: sums, or means?
wrong-update  {call} gives {name}'s update as {seen}; expected {right}.
             -> Check it with a round in which {name} was: do all updates add up to the total?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        a, b, c, d, e, f = (draw.people(6) for _ in range(6))
        plans: list[tuple[list[list[str]], list[str]]] = [
            ([a[:2]], a[:1]),
            ([b[:5]], b[:4]),
            *[([team, [*team[:1], *team[2:]]], []) for team in (sorted(c[:4]),)],
            ([d[:4], d[:3], d[1:5]], d[4:5]),
            ([e[:3], [*e[1:3], e[4]], e[3:6]], e[4:5]),
            ([f[:2], f[:4], [f[0], f[4], f[5]], f[3:6]], []),
            ([f[:3], f[3:6]], f[:1]),
            ([a[:3], a[:2], a[2:5]], []),
            ([b[:4], b[2:5], b[3:5]], b[:1]),
            ([c[:2], c[1:3]], []),
        ]
        questions = [_question(draw, teams, coalition) for teams, coalition in plans]
        (rounds, own), updates = questions[2]["args"], questions[2]["updates"]
        turned = {"args": [rounds[::-1], own], "updates": updates}  # the smaller round first, and last
        return [*questions[:3], turned, *questions[3:]]

    def looks(self, question: Question, call: Evidence) -> Looks:
        (rounds, own), updates = question["args"], question["updates"]
        yield evidence.inputs_unchanged(call, because="the coalition still needs what it knows")
        form = evidence.returned_a(call, {str: torch.Tensor}, "a dict of tensors")
        yield form is not None, "no-dict", {"what": form.facts["what"] if form else ""}
        seen, right = call["returned"], two_rules(rounds, own)
        for name in sorted(seen):
            yield {"name": name, "seen": seen[name], "right": updates.get(name)}
            yield name in own, "own-listed"
            yield name not in right, "invented"
            yield from _numbers(name, seen[name], updates, rounds, own)
        for name in sorted(right):
            if name in seen:
                continue
            yield {"name": name}
            alone = [names for names, _ in rounds if set(names) - own.keys() == {name}]
            yield any(len(names) == 2 for names in alone), "two-safe"
            yield bool(alone), "colluders"
            yield name in two_rules(rounds, {}), "differ"
            yield True, "by-turns"


def _numbers(name: str, seen: torch.Tensor, updates: Updates, rounds: Sums, own: Updates) -> Looks:
    right = updates[name]
    if seen.dtype == right.dtype and torch.equal(seen, right):
        return
    fits = seen.shape == right.shape
    yield fits and torch.equal(seen, -right), "turned"
    whole = [total for _, total in rounds]
    parts = [total - updates[other] for names, total in rounds for other in names]
    yield fits and any(torch.equal(seen, one) for one in whole + parts), "whole-sum"
    quotients = [one.double() / k for one in (right, *whole) for k in range(2, 6)]
    yield fits and any(torch.allclose(seen.double(), one, atol=1) for one in quotients), "averaged"
    yield fits and any(torch.equal(seen, one) for one in _not_inside(name, rounds, own)), "not-inside"
    yield True, "wrong-update"


def _not_inside(name: str, rounds: Sums, own: Updates) -> list[torch.Tensor]:
    """Differences of two sums of which only the first has this client, and the second somebody else."""
    found = []
    for known in ({}, own, two_rules(rounds, own)):
        taken = {one: update for one, update in known.items() if one != name}
        inside = [[taken[one] for one in names if one in taken] for names, _ in rounds]
        sums = zip(rounds, inside, strict=True)
        rests = [(set(names) - taken.keys(), total - sum(some)) for (names, total), some in sums]
        found += [a - b for more, a in rests for fewer, b in rests if name in more - fewer and fewer - more]
    return found


def two_rules(rounds: Sums, known: Updates) -> Updates:
    """Who is found out by one look at all rounds; in the questions, a second look finds nobody else."""
    rests = []
    for names, total in rounds:
        inside = [known[name] for name in names if name in known]
        rests.append((set(names) - known.keys(), total - sum(inside)))
    found = {}
    for more, total in rests:
        for fewer, other in [(set[str](), torch.zeros_like(total)), *rests]:
            if fewer < more and len(more - fewer) == 1:
                found[next(iter(more - fewer))] = total - other
    return found


def _question(draw: Draw, teams: list[list[str]], coalition: list[str]) -> Question:
    """Rounds of these teams, in random order; the numbers wrap around the ring."""
    everybody = list(dict.fromkeys(name for team in teams for name in team))
    updates = {name: draw.integers(3, low=-(2**62), high=2**62) for name in everybody}
    rounds: list[Any] = [
        (draw.sample(team, len(team)), torch.stack([updates[name] for name in team]).sum(dim=0)) for team in teams
    ]
    own = {name: updates[name] for name in coalition}
    return {"args": [draw.sample(rounds, len(rounds)), own], "updates": updates}
