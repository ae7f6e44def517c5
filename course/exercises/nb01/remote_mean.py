"""Exercise 01.2: a mean, computed where the data is."""

from __future__ import annotations

from course.learn import evidence
from course.learn.difference import far_end
from course.learn.evidence import any_of
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, at, register
from course.learn.words import size


@register
class RemoteMean(Exercise):
    id = "01.2"
    title = "a mean that you never see"
    minutes, points = 6, 3
    objective = "compute where the data is, and leave nothing behind"
    promises = ("private", "tidy")
    stub = '''
def remote_mean(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The mean of two remote tensors, element by element, where they are.

    x, y: pointers to float tensors of one shape, at one worker. Both stay as they are.
    returns: a pointer to the mean, the only new object there. No value travels to you.
    >>> x, y = torch.tensor([1.0, 2.0]).send(bob), torch.tensor([3.0, 6.0]).send(bob)
    >>> remote_mean(x, y).get()
    tensor([2., 4.])
    """
    return ...
'''
    hints = (
        "An operation on pointers happens where the data is. What would you write for two tensors of your own?",
        "Add, then divide: both work on pointers. What has no name is forgotten at once.",
        "One line: ( … ) / … with both pointers inside the brackets.",
    )
    success = (
        "Four shapes, every mean exact. No value came to you, and the worker holds "
        "one object more: whatever was made on the way was forgotten with its pointer."
    )
    says = """
seen         {found}: these numbers are {worker}'s, and a copy or a result shows them too.
             -> Which line fetches? The operation can be asked of the pointers themselves.
no-return    {call} returned nothing: the mean was made, and nobody has a pointer to it.
             -> What does the last line of your function hand back?
one-number   {call} left a tensor of `{seen}`; x and y are `{due}`. One mean of everything hides which month was which.
             -> Element by element: how many results must there be?
half         {found}. Only one of the two was halved, so one tensor counts twice as much as the other.
             -> Which operation does Python do first?
rounded      {found}. Rounded down: somebody's cents are lost in silence.
             -> Which of Python's two divisions keeps fractions?
left-behind  {found}: what stays in a store can be fetched later by whoever holds a pointer.
             -> Which variable outlives the call and still points to something in between?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        pairs = [draw.floats(2, *shape) for shape in ((4,), (2, 3), (), (1,))] + [draw.floats(2, 3).double()]
        return [{"worker": room, "args": [at(room, x), at(room, y)]} for x, y in pairs for room in draw.people(1)]

    def looks(self, question: Question, call: Evidence) -> Looks:
        (x, y), room = far_end(question["args"]), question["worker"]
        yield evidence.only_travels(call, {("me", room): [x, y]}, tags={"me": "seen"})  # numbers of yours: a 2
        yield call["returned"] is None, "no-return"
        yield evidence.stays_at(call, room)
        yield evidence.inputs_unchanged(call, because=f"{room} still needs it for the next question")
        seen = far_end(call["returned"])
        yield seen.numel() == 1 < x.numel(), "one-number", {"seen": size(seen), "due": size(x)}
        yield evidence.equals(call, (x + y) / 2, {"half": any_of(x + y / 2, x / 2 + y), "rounded": (x + y) // 2})
        yield evidence.leaves(call, room, new=1)
