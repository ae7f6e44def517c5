"""Exercise 01.1: which objects of a worker your pointers lead to."""

from __future__ import annotations

from course.learn import evidence
from course.learn.asking import at, real, strangers, worker
from course.learn.difference import alike
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register
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
    """The objects at `worker` that your pointers lead to: their shapes, by their ids there.

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
looked-inside  {call} read values in the store: the transcript notes `{what}` as seen by you, and objects that are none
               of yours were among them. That X-ray works in a classroom only.
               -> What does each pointer tell by itself?
looked-at-mine  {call} read values in the store: the transcript notes `{what}` as seen by you. The objects are
               yours, but the X-ray `_objects` shows whole tensors, and works in a classroom only.
               -> What does each pointer tell by itself?
fetched        {found}: a list of shapes needs no values, and now their owner's numbers are with you.
               -> Can a pointer be asked for its shape without fetching?
handed-over    {found}: an inventory hands nothing over, and these numbers lay with somebody else.
               -> Which line moves a tensor?
my-names       {call} uses the ids of the pointers here, at your side. {worker} would find nothing under these.
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
only-a-list    {call} gives a shape as the list {said}: the numbers are right, the type is not. Whoever compares it
               with a tensor's shape, a torch.Size, finds them unequal.
               -> What does a pointer's shape give, without a call around it?
wrong-shape    {call} says {said} for a tensor of shape `{shape}`. Whoever plans with it would send the wrong size.
               -> Which attribute gives all dimensions, also of a single number?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        bob, alice, claire = draw.people(3)
        tensors = [draw.integers(*shape) for shape in draw.sample([(3,), (2, 4), (), (5, 1, 2)], 4)]
        rows = {bob: (bob, alice, bob, bob), alice: (bob, alice, claire, bob), claire: (alice, bob, bob, alice)}
        return [
            {"worker": name, "args": [worker(name), list(map(at, places, tensors))]} for name, places in rows.items()
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        (stranger,) = strangers([question["worker"]])
        asked, pointers = real(question["args"])
        answer(asked, pointers)
        return {"stranger": int(stranger.id_at_location), "here": [int(pointer.id) for pointer in pointers]}

    def looks(self, question: Question, call: Evidence) -> Looks:
        peeked = [row for row in call["messages"] if row["values"] and row["kind"] == "peek"]
        mine = {pointer.id for pointer in call["before"][1]}
        yield {"what": evidence.what_travelled(peeked[:2])}
        yield any(not mine.issuperset(row["objects"]) for row in peeked), "looked-inside"
        yield bool(peeked), "looked-at-mine"
        yield evidence.only_travels(call, tags={"me": "fetched"}, tag="handed-over")
        yield evidence.inputs_unchanged(call, because="every pointer must stay usable")
        yield evidence.returned_a(call, dict, "a dictionary from ids to shapes")
        listed = call["returned"]
        yield evidence.returned_a(call, [int], "ids, whole numbers, as keys", value=list(listed))
        there = [pointer for pointer in call["before"][1] if pointer.location == question["worker"]]
        expected = {pointer.id: tuple(pointer.value.shape) for pointer in there}
        yield {"entries": plural(len(listed), "object"), "pointers": plural(len(expected), "pointer")}
        wrong = listed.keys() != expected.keys()
        yield wrong and bool(listed.keys() & set(call["here"])), "my-names"
        yield wrong and call["stranger"] in listed, "not-yours"
        yield bool(listed.keys() - expected.keys()), "other-workers"
        yield wrong and not listed, "empty"
        yield wrong, "incomplete", {"due": len(expected)}
        for id, shape in expected.items():
            listing = isinstance(listed[id], list) and alike(tuple(listed[id]), shape)
            yield listing, "only-a-list", {"said": str(listed[id])}
            yield not alike(listed[id], shape), "wrong-shape", {"said": listed[id], "shape": str(shape)}
