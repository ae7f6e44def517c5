"""Exercise 03.3: tensors handed on in a ring, without you."""

from __future__ import annotations

from course.exercises.nb03.chains import arrow, route_of
from course.learn import evidence
from course.learn.difference import alike, far_end
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, at, register
from course.learn.plain import Plain, Pointer
from course.learn.words import plural


@register
class PassOn(Exercise):
    id = "03.3"
    title = "everybody hands on what is theirs"
    minutes, points = 7, 3
    objective = "move data between others without seeing it"
    promises = ("private", "tidy")
    raises = {"AlreadyThereError": "same-place", "NotSendableError": "same-place"}
    stub = '''
def pass_on(pointers: list) -> list:
    """Each tensor goes where the next one in the list was, the last one where the first one
    was.

    pointers: pointers to tensors, one or more; two neighbours may be at the same worker.
    returns: pointers to the same tensors, in the same order. Nobody but a tensor's new holder
    sees it, and its old holder keeps no copy.
    >>> pages = [torch.tensor([1]).send(alice), torch.tensor([2]).send(bob)]
    >>> [page.location.id for page in pass_on(pages)]
    ['bob', 'alice']
    """
    raise NotImplementedError
'''
    hints = (
        "A hand-over is one call on the pointer. It changes the pointer that you have.",
        "Write down all places before the first tensor leaves: afterwards `.location` says where it is now.",
        "places = […], then for each pointer and the place after its own: ….move(…)",
    )
    success = "Rings of one to four, some with two at one worker: each number went once, straight to its place."
    says = """
same-place     With tensors at {was}, {call} raised {error}: a tensor was already where it should go, and nobody can
               hold a pointer to their own store. A hand-over to oneself should do nothing.
               -> Which call does nothing if the data is there already?
through-you    {found}: you organise the hand-over and are no party to it.
               -> Which call asks the holder to send it on?
wrong-count    {call} returned {count} pointers; expected {due_count}: whoever is missing from the list cannot find
               their tensor again.
               -> One pointer for each tensor, in the order of the list that you got.
only-pointers  {call} built the chain {path}: {near} received a pointer, and the numbers are still with {far}.
               -> Which call on a pointer takes the data along?
other-order    {call} handed everything on rightly, but returned the pointers in another order. Whoever reads the list
               would take one person's tensor for another's.
               -> One pointer for each tensor, in the order of the list that you got.
already-moved  {call} took tensors at {was} to {now}; expected {due}. When the last one left, the first had moved
               already, and so had its `.location`.
               -> What do you have to know before the first tensor leaves?
backwards      {call} took tensors at {was} to {now}; expected {due}. That is the ring the other way round: each page
               meets the wrong reader.
               -> Who comes after whom?
wrong-place    {call} took tensors at {was} to {now}; expected {due}. Somebody now holds what was meant for another.
               -> Follow one tensor with your finger: where should it go?
list-turned    {call} turned the list round, and no page: all numbers are where they were, and nobody can read what was
               meant for them.
               -> Which call makes a holder hand something on?
detour         {found}. Each stop on the way is one more person who has seen them.
               -> Can each tensor go straight to its place?
copy-left      {found}: who hands something over keeps no copy of it.
               -> What did you move?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        a, b, c, d = draw.people(4)
        rings = [[a, b, c], [b, a], [a], [d, d, a], [c, a, d, b]]
        xs = [draw.floats(2), draw.integers(2, 2), draw.floats(4), draw.integers(4, 2)]
        return [{"places": ring, "was": ", ".join(ring), "args": [list(map(at, ring, xs))]} for ring in rings]

    def looks(self, question: Question, call: Evidence) -> Looks:
        places, returned, (xs,) = question["places"], call["returned"], far_end(question["args"])
        due = places[1:] + places[:1]
        yield {"due": ", ".join(due)}
        yield evidence.never_seen(call, "me", tag="through-you")
        yield evidence.returned_a(call, [Pointer], f"a list of {plural(len(places), 'pointer')}")
        yield len(returned) != len(places), "wrong-count", {"count": len(returned), "due_count": len(places)}
        chain = next((route_of(pointer) for pointer in returned if isinstance(pointer.value, Pointer)), [""])
        yield len(chain) > 1, "only-pointers", {"path": arrow(chain), "near": chain[0], "far": chain[-1]}
        found = [(pointer.location, pointer.value) for pointer in returned]
        expected = list(zip(due, xs, strict=True))
        left = [pair for pair in expected if not any(alike(pair, other) for other in found)]
        yield not left and not alike(found, expected), "other-order"
        now = [place for place, _ in found]
        yield {"now": ", ".join(now)}
        yield now != due and now[:-1] == due[:-1] and now[-1] == due[0], "already-moved"
        yield now != due and now == places[-1:] + places[:-1], "backwards"
        yield now != due, "wrong-place"
        yield bool(left) and not any(row["values"] for row in call["messages"]), "list-turned"
        allowed: dict[evidence.Way, list[Plain]] = {}
        for x, place, after in zip(xs, places, due, strict=True):
            allowed.setdefault((place, after), []).append(x)
        yield evidence.only_travels(call, allowed, tag="detour")
        yield evidence.equals(call, xs, because="a hand-over changes no value")
        yield evidence.leaves(call, places, tag="copy-left")
