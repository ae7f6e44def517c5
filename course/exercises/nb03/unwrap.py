"""Exercise 03.2: a chain, unwrapped link by link."""

from __future__ import annotations

import torch

from course.exercises.nb03.chains import route_of
from course.learn import evidence
from course.learn.difference import kind
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, at, register
from course.learn.plain import Other
from course.learn.words import brief, plural


@register
class Unwrap(Exercise):
    id = "03.2"
    title = "unwrap a chain of any length"
    minutes, points = 6, 3
    objective = "read a chain link by link, without showing its end to anybody on the way"
    promises = ("private", "tidy")
    stub = '''
def unwrap(chain: torch.Tensor) -> tuple[torch.Tensor, list]:
    """Bring the numbers home through a chain of any length. Nobody on the way may see them or
    keep a link.

    chain: a pointer, or a chain of any number of links.
    returns: the tensor, and the names of the workers that you asked, in order.
    >>> unwrap(torch.tensor([1, 2]).send(bob).send(alice))
    (tensor([1, 2]), ['alice', 'bob'])
    """
    asked = []
    while ...:
        asked.append(...)
        chain = ...
    return chain, asked
'''
    hints = (
        "A get takes one link off. You do not know how many there are, so ask after each one whether you are done.",
        "`isinstance(chain, sy.PointerTensor)` tells whether what you hold is still a pointer.",
        "while it is a pointer: note ….location.id, then chain = chain.…()",
    )
    success = "One to four links: the right names in the right order, and the numbers travelled once, to you."
    says = """
shown-on-the-way  {found}. On the way home {receiver} held only a pointer; unwrapping shows the numbers to you alone.
                  -> Which call brings you a link, which one brings a worker data?
two-things        {call} returned {what}; expected two things: the tensor and the names.
                  -> Return them with a comma between them.
links-left        {call} stopped early: what it returned is still a pointer, {left} from the numbers. A chain does not
                  tell its length in advance.
                  -> What can the loop ask after every link?
own-name          {call} names {names}; you had to ask {asked}. The list is to tell whom a request passes.
                  -> A pointer knows its owner and its location. Which one do you ask?
no-names          {call} lists workers, not their names; you had to ask {asked}. Whoever reads the list may have no such
                  worker at hand.
                  -> Where does a worker keep its name?
other-order       {call} names {names}; you had to ask {asked}, in this order. It tells who stands before whom.
                  -> The first one that you ask comes first.
wrong-names       {call} names {names}; you had to ask {asked}, in this order. The list is to tell whom a request
                  passes.
                  -> Do you write the name down before the link is gone?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        drawn = [(draw.floats(3), 2), (draw.integers(5), 4), (draw.floats(2, 1), 1), (draw.floats(), 3)]
        routes = [(x, draw.people(length)) for x, length in drawn]
        return [{"x": x, "route": route, "args": [at(route, x)]} for x, route in routes]

    def looks(self, question: Question, call: Evidence) -> Looks:
        x, route, returned = question["x"], question["route"], call["returned"]
        tags = dict.fromkeys(route[:-1], "shown-on-the-way")
        yield evidence.only_travels(call, {(route[-1], "me"): x}, tags=tags)
        yield not (isinstance(returned, tuple) and len(returned) == 2), "two-things", {"what": kind(returned)}
        tensor, names = returned
        left = route_of(tensor)
        yield bool(left), "links-left", {"left": plural(len(left), "link")}
        yield evidence.returned_a(call, torch.Tensor, "the tensor as the first of two", value=tensor)
        yield evidence.returned_a(call, list, "a list of names as the second of two", value=names)
        yield {"names": brief(names), "asked": ", ".join(route)}
        yield bool(names) and all(name == "me" for name in names), "own-name"
        yield any(isinstance(name, Other) and name.type == "worker" for name in names), "no-names"
        yield names != route and names == route[::-1], "other-order"
        yield names != route, "wrong-names"
        yield evidence.equals(call, x, value=tensor, what="the tensor was")
        why = "what is brought home should not stay behind as well"
        step = "Did you unwrap the chain itself, or a copy?"
        yield evidence.leaves(call, route, new=-1, because=why, next=step)
