"""Exercise 03.1: a chain whose far end alone holds the data."""

from __future__ import annotations

from course.exercises.nb03.chains import arrow, route_of
from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, register, worker
from course.learn.plain import Pointer
from course.learn.words import plural


@register
class Behind(Exercise):
    id = "03.1"
    title = "numbers behind a row of workers"
    minutes, points = 5, 2
    objective = "build a chain whose far end alone holds the data"
    promises = ("private", "tidy")
    stub = '''
def behind(x: torch.Tensor, route: list) -> torch.Tensor:
    """A chain along `route`: you point to its first worker, its last worker holds the numbers.

    x: a tensor, here with you.
    route: one worker or more, all different, the nearest to you first.
    returns: a pointer to route[0]. Only route[-1] may see the numbers.
    >>> behind(torch.tensor([1, 2, 3]), [alice, bob]).location.id
    'alice'
    """
    chain = x.send(...)
    for worker in ...:
        chain = ...
    return chain
'''
    hints = (
        "A pointer can be sent only when it exists: a chain is built from its far end.",
        "Who holds the numbers? Send them there first, then walk the rest of the route backwards.",
        "x.send(route[…]), then for each worker before that one, the last of them first: ….send(worker)",
    )
    success = "Routes of one to four workers, and in each of them only the last one saw a number."
    says = """
copy-for-each  {call} returned {pointers} and no chain: the numbers were sent to each worker. Everybody on the route has
               seen them.
               -> Who alone should receive numbers?
reversed       {call} made {path}: the numbers went to {first}; {holder}, who should hold them, has only a pointer.
               -> Which end of the chain must exist first?
data-moved     {found}. Only the last worker of the route may see numbers: a chain sends the pointer on and leaves the
               data where it is.
               -> Which call moves data, which one sends a pointer?
wrong-route    {call} made {path}; expected {due}. Every request passes the workers in this order, so the order is part
               of what you promised.
               -> Draw a chain of three workers: which send comes first?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        drawn = [(draw.floats(3), 2), (draw.integers(2, 2), 3), (draw.floats(), 1), (draw.floats(5), 4)]
        routes = [(x, draw.people(length)) for x, length in drawn]
        return [{"x": x, "route": route, "args": [x, list(map(worker, route))]} for x, route in routes]

    def looks(self, question: Question, call: Evidence) -> Looks:
        x, route, returned = question["x"], question["route"], call["returned"]
        path, holder = route_of(returned), route[-1]
        yield {"path": arrow(path), "due": arrow(route), "first": route[0], "holder": holder}
        copies = isinstance(returned, list) and {type(pointer) for pointer in returned} == {Pointer}
        yield copies, "copy-for-each", {"pointers": plural(len(returned), "pointer") if copies else ""}
        yield len(route) > 1 and path == route[::-1], "reversed"
        tags = {"me": "seen", **dict.fromkeys(route[:-1], "data-moved")}
        yield evidence.only_travels(call, {("me", holder): x}, tags=tags)
        yield evidence.returned_a(call, Pointer, "a pointer to the first worker of a chain")
        yield path != route, "wrong-route"
        yield evidence.equals(call, x, because="a chain changes no value")
        yield evidence.leaves(call, route, new=1)
        yield evidence.inputs_unchanged(call)
