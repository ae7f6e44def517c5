"""Exercise 01.3: one gradient step, where the data is."""

from __future__ import annotations

from course.learn import evidence
from course.learn.difference import far_end
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, at, real, register


@register
class GradientStep(Exercise):
    id = "01.3"
    title = "one gradient step, by hand, over there"
    minutes, points = 10, 4
    objective = "differentiate where the data is"
    promises = ("private",)
    stub = '''
def gradient_step(
    w: torch.Tensor, x: torch.Tensor, y: torch.Tensor, rate: float
) -> torch.Tensor:
    """One step of gradient descent on the loss ((x @ w - y) ** 2).mean(), where the data is.

    w, x, y: pointers to weights (k,), inputs (n, k) and targets (n,), float32, at one worker.
    `w` requires a gradient. `w.grad` may hold an older gradient, which must not count.
    returns: a pointer to the new weights there, a leaf that requires a gradient, ready for a
    step.
    x and y stay as they are. No value travels to you.
    >>> w = torch.zeros(1, requires_grad=True).send(bob)
    >>> x, y = torch.tensor([[1.0]]).send(bob), torch.tensor([1.0]).send(bob)
    >>> gradient_step(w, x, y, rate=0.25).get()
    tensor([0.5000], requires_grad=True)
    """
    # 1. no older gradient counts
    # 2. the loss, and its gradient
    # 3. the new weights, not recorded by autograd
    raise NotImplementedError
'''
    hints = (
        "It is the step that you would write in plain torch. Every line of it runs where the pointers point.",
        "`backward()` adds to the gradient that is there, so that one has to go "
        "first. An update inside `torch.no_grad()` is not recorded, at the worker either.",
        "Set the gradient to None; build the loss; backward; then, under "
        "no_grad, subtract rate times the gradient in place; return the weights.",
    )
    success = (
        "Two steps in a row, also with an older gradient lying there: the same weights as "
        "plain torch. Weights, inputs and gradient stayed where they were; no value came to you."
    )
    advice = {"TensorsNotCollocatedException": "All that a step needs is with the owner. Which line took a part away?"}
    says = """
seen         {found}: a step needs nothing from {worker}, and a gradient tells about the data as well.
             -> Which line fetches?
no-return    {call} returned nothing, so nobody can take the next step from the new weights.
             -> What does the docstring say that comes back?
recorded     The weights that {call} returned are no leaf: autograd recorded the update. The next backward would leave
             their gradient empty, and the chain of all steps would stay in the owner's memory.
             -> How is an update kept out of the record?
no-gradient  The weights that {call} returned require no gradient: the next step could not learn from them.
             -> What was lost when you took them out of the record?
not-zeroed   {call} stepped with {sum}; the gradient is {gradient}. An older one, {older}, still lay there, and backward
             added to it: old data counted again.
             -> When must it be gone?
stood-still  {call} returned the weights it was given, {start}: the owner's computer worked for nothing.
             -> Which lines between backward and the return use the gradient?
wrong-value  {found}: plain torch, with the loss of the docstring, gives these weights.
             -> Compare your loss with the docstring's, term by term.
uphill       {call} took {start} to {seen}: along the gradient, so the loss grew and predictions about people got worse.
             -> Which direction makes the loss smaller?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [_problem(draw, 4, 1), _problem(draw, 3, 2, stale=True), _problem(draw, 6, 3)]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        w = real(question["args"][0]).requires_grad_()
        if question["older"] is not None:
            (w * real(question["older"])).sum().backward()
        kinds: list[list[bool]] = []
        for _ in range(2):
            w = answer(w, *real(question["args"][1:]))
            kinds.append([getattr(w, name, None) is True for name in ("is_leaf", "requires_grad")])
            if not all(kinds[-1]) or not hasattr(w, "id_at_location"):
                break
        return {"kinds": kinds}

    def looks(self, question: Question, call: Evidence) -> Looks:
        (w, x, y, rate), older, room = far_end(question["args"]), far_end(question["older"]), question["worker"]
        for one, (is_leaf, requires_grad) in zip(call["calls"], call["kinds"], strict=True):
            gradient = 2 * x.T @ (x @ w - y) / len(y)
            summed = gradient if older is None else gradient + older
            yield {"call": f"`{one['text']}`", "start": w, "gradient": gradient, "older": older, "sum": summed}
            yield evidence.only_travels(one, {("me", room): [w, w]}, tags={"me": "seen"})  # numbers of yours: the rate
            yield one["returned"] is None, "no-return"
            yield evidence.stays_at(one, room)
            yield not is_leaf, "recorded"
            yield not requires_grad, "no-gradient"
            right = w - rate * gradient
            mistakes = {"stood-still": w, "uphill": w + rate * gradient, "not-zeroed": w - rate * summed}
            yield evidence.equals(one, right, mistakes, tolerance=evidence.TRAINED)
            yield evidence.inputs_unchanged(one, 1, 2, because=f"inputs and targets are {room}'s, for every later step")
            w, older = far_end(one["returned"]), gradient


def _problem(draw: Draw, rows: int, weights: int, stale: bool = False) -> Question:
    """A least-squares problem whose gradient is not small."""
    (room,) = draw.people(1)
    x, w = draw.floats(rows, weights, low=1, high=3), draw.floats(weights, low=-2, high=2)
    y = x @ w + draw.choice([-1, 1]) * draw.floats(rows, low=2, high=5)
    older = draw.choice([-1, 1]) * draw.floats(weights, low=3, high=9)
    rate = draw.choice([0.01, 0.02, 0.03])
    return {"worker": room, "older": at(room, older) if stale else None, "args": [*at(room, [w, x, y]), rate]}
