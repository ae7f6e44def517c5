"""Exercise 01.1: which objects of a worker your pointers lead to."""

from __future__ import annotations

import torch

from course.learn import evidence
from course.learn.difference import alike
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register, workers
from course.learn.words import plural


@register
class Inventory(Exercise):
    id = "01.1"
    title = "inventory of a worker"
    minutes, points = 8, 3
    objective = "tell a pointer from the data that it leads to"
    promises = ("private",)
    stub = '''
def inventory(worker: sy.VirtualWorker, pointers: list[torch.Tensor]) -> dict[int, torch.Size]:
    """The objects at `worker` that your pointers lead to: their shapes, by the ids that they have there.

    pointers: they lead to several workers.
    returns: {id at the worker: shape}. No value travels, and all pointers stay usable.
    >>> x, y = torch.tensor([1, 2, 3]).send(bob), torch.tensor([4]).send(alice)
    >>> inventory(bob, [x, y]) == {x.id_at_location: torch.Size([3])}
    True
    """
    found = {}
    for pointer in pointers:
        if ... == worker:
            found[...] = ...
    return found
'''
    hints = (
        "A pointer is an object here that describes an object there. All that you need is written on the pointer.",
        "Print a pointer: it shows its own id, here with you, then the worker, then "
        "the id of the tensor there. A shape is public: asking for it carries no value.",
        "Compare one attribute of the pointer with the worker; use two others as the key and the entry.",
    )
    success = (
        "Workers with none, one and several of your objects, ids and shapes right. "
        "The transcript shows no value sent to you: an inventory needs metadata only."
    )
    says = """
looked-inside  {call} read values in the store: the transcript notes `{what}` as seen by you, and objects that are
               none of yours were among them. That X-ray works in a classroom only.
               -> What does each pointer tell by itself?
fetched        {call} made {numbers} (`{what}`) travel from {sender} to you. A list of shapes needs no values, and now
               their owner's numbers are with you.
               -> Can a pointer be asked for its shape without fetching?
my-names       {call} uses the ids of the pointers here, at your side. {worker} knows its objects under other ids, and
               would find nothing under these.
               -> Which attribute of a pointer names the object at the other end?
not-yours      {call} lists an object that none of your pointers leads to: {worker} holds it for somebody else.
               -> Start from your pointers, not from the store.
other-workers  {call} lists {entries}; {pointers} of the list lead to {worker}. The others lie elsewhere: whoever asks
               {worker} for them finds nothing.
               -> What must be true of a pointer before it counts?
empty          {call} is empty, but {pointers} of the list lead to {worker}. Nothing ever equalled the worker.
               -> Print what you compare: is it a worker, and the one where the tensor lies?
incomplete     {call} lists {entries} of {due}. What an inventory leaves out, its owner cannot ask back.
               -> Does your loop reach the last pointer?
wrong-shape    {call} says {said} for a tensor of shape `{shape}`. Whoever plans with your list would send the wrong
               size.
               -> Which attribute gives all dimensions, also of a single number?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        bob, alice, claire = draw.people(3)
        shapes: list[tuple[int, ...]] = [(3,), (2, 4), (), (5, 1, 2)]
        draw.shuffle(shapes)
        tensors = [draw.integers(*shape) for shape in shapes]
        return [
            _placed(bob, [bob, alice, bob, bob], tensors, draw.integers(6)),
            _placed(alice, [bob, alice, claire, bob], tensors, draw.integers(7)),
            _placed(claire, [alice, bob, bob, alice], tensors, draw.integers(2)),
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        rooms = dict(zip(question["rooms"], workers(*question["rooms"]), strict=True))
        asked = rooms[question["worker"]]
        stranger = question["stranger"].send(asked)
        pointers = [tensor.send(rooms[name]) for name, tensor in question["placed"]]
        answer(asked, pointers)
        return {
            "strangers": int(stranger.id_at_location),
            "there": [int(pointer.id_at_location) for pointer in pointers],
            "here": [int(pointer.id) for pointer in pointers],
        }

    def looks(self, question: Question, call: Evidence) -> Looks:
        returned = call["returned"]
        peeked = [row for row in call["messages"] if row["values"] and row["kind"] == "peek"]
        yield bool(peeked), "looked-inside", {"what": evidence.what_travelled(peeked[:2])}
        handed = "an inventory hands nothing over, and these numbers lay with somebody else"
        yield evidence.only_travels(
            call, tags={"me": "fetched"}, tag="handed-over", because=handed, next="Which line moves a tensor?"
        )
        yield evidence.inputs_unchanged(call, because="every pointer must stay usable")
        yield evidence.returned_a(call, dict, "a dictionary from ids to shapes")
        yield evidence.returned_a(call, [int], "ids, whole numbers, as keys", value=list(returned))
        keys, expected = set(returned), _expected(question, call)
        entries = f"{len(keys)} objects" if len(keys) != 1 else "one object"
        facts = {"entries": entries, "pointers": plural(len(expected), "pointer"), "due": len(expected)}
        wrong = keys != set(expected)
        yield wrong and bool(keys & set(call["here"])), "my-names"
        yield wrong and call["strangers"] in keys, "not-yours"
        yield bool(keys - set(expected)), "other-workers", facts
        yield wrong and not keys, "empty", facts
        yield wrong, "incomplete", facts
        for id, shape in expected.items():
            facts = {"said": returned[id], "shape": str(shape)}
            yield not alike(returned[id], shape), "wrong-shape", facts


def _placed(worker: str, names: list[str], tensors: list[torch.Tensor], stranger: torch.Tensor) -> Question:
    """Tensors at the workers of these names; a stranger's tensor lies with the one that is asked about."""
    placed = [[name, tensor] for name, tensor in zip(names, tensors, strict=True)]
    return {"worker": worker, "rooms": list(dict.fromkeys([worker, *names])), "placed": placed, "stranger": stranger}


def _expected(question: Question, call: Evidence) -> dict[int, tuple[int, ...]]:
    """The shapes of what lies at the worker that is asked about, by the ids there."""
    there = zip(call["there"], question["placed"], strict=True)
    return {id: tuple(tensor.shape) for id, (name, tensor) in there if name == question["worker"]}
