"""Exercise 13.4: a polynomial in place of the sigmoid, and what lies outside its interval."""

from __future__ import annotations

import torch

from course.exercises.nb13 import on_shares
from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, Watched, register


@register
class SmoothStep(Exercise):
    id = "13.4"
    title = "a polynomial sigmoid"
    minutes, points = 7, 4
    objective = "replace a function by a polynomial on shares, and stay inside the interval where it is right"
    promises = ("private",)
    stub = '''
def smooth_step(x, reach: float, c0: float, c1: float, c3: float):
    """About the sigmoid of x, by a polynomial, on shares.

    x: shared, any shape. reach, c0, c1, c3: public.
    From -reach to reach it is c0 + c1 x + c3 x³. Beyond, it stays what it is at the
    nearer end.
    Nothing is opened.
    returns: a shared tensor of x's shape.
    >>> smooth_step(x, 5.0, 0.5, 0.198, -0.0045).decrypt()  # of 0
    tensor(0.5000)
    """
    raise NotImplementedError
'''
    hints = (
        "A polynomial is good where it was fitted. Far outside, x³ runs away. So let nothing be outside.",
        "A shared tensor has `clamp`: two comparisons on shares. What has to be clamped, x or the result?",
        "z = x.clamp(…, …); return … + … * z + … * z**3",
    )
    success = "Near zero and far outside, two and three holders: the polynomial inside, its ends beyond."
    says = """
came-home    During {call}, {sender} sent values to you (`{what}`).
             -> Which operations does the polynomial consist of, and which of them need you?
left-public  During {call}, you told the holders `{what}` in the clear.
             -> Which of your numbers are public?
sent-bare    During {call}, `{what}` went to {receiver}, who holds it now as it is.
             -> Which word splits, and which one only sends?
not-shared   {call} returned {what}; expected a shared tensor of float32.
             -> What do operations on shared tensors make?
wrong-shape  {call} returned shares of shape {got}; expected {due}.
             -> Which line adds up, or picks?
outside      For x = {at}, {call} gives {seen}; expected {right}. There x³ has run away: {at} is outside of {reach}.
             -> How does x stay inside the interval?
cut-result   For x = {at}, {call} gives {seen}; expected {right}. You cut the result, but outside the polynomial comes
             back and lands on the wrong side.
             -> What has to stay inside the interval?
one-end      For x = {at}, {call} gives {seen}; expected {right}. One end is guarded, this one is not.
             -> How many ends has the interval?
squared      For x = {at}, {call} gives {seen}; expected {right}. That is c3 x², not c3 x³.
             -> Which power belongs to c3?
true-sigmoid  For x = {at}, {call} gives {seen}; expected {right}. That is the sigmoid itself, with all its rounds.
             -> Of which operations does c0 + c1 x + c3 x³ consist?
to-the-ends  For x = {at}, {call} gives {seen}; expected {right}. Beyond {reach} it is 0 or 1 here.
             -> What does the docstring say that it stays beyond?
half-inside  For x = {at}, {call} gives {seen}; expected {right}. One of the terms has the x that was kept inside,
             another the x as it came.
             -> Which x belongs into each term?
swapped      For x = {at}, {call} gives {seen}; expected {right}. c1 and c3 have changed places.
             -> Which coefficient belongs to which power?
other-reach  For x = {at}, {call} gives {seen}; expected {right}. The interval ends at {reach} here; yours ends
             elsewhere.
             -> Which number is in your line that should be an argument?
squeezed     For x = {at}, {call} gives {seen}; expected {right}. x was made smaller, also where it was inside.
             -> What happens to a number between the two ends?
fixed-c0     For x = {at}, {call} gives {seen}; expected {right}. c0 is another number here than in the example.
             -> Which number is in your line that should be an argument?
no-constant  For x = {at}, {call} gives {seen}; expected {right}: c0 less.
             -> What is the sigmoid of 0?
straight     For x = {at}, {call} gives {seen}; expected {right}. The line alone, without its x³.
             -> Which of the three coefficients did you use?
wrong-value  For x = {at}, {call} gives {seen}; expected {right}.
             -> Put x = 0, then x = 1 into your line: what comes out?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [
            _question(draw, 2, 5.0, [0.5, 0.198, -0.0045], (2, 3), 0),
            _question(draw, 3, 4.0, [0.5, 0.21, -0.005], (5,), 1),
            _question(draw, 2, 3.0, [0.25, 0.25, -0.008], (4,), 1),
        ]

    def probe(self, answer: Watched, question: Question) -> Evidence:
        x = on_shares.shared(question["x"], question["holders"])
        return {"dtype": on_shares.dtype(answer(x, question["reach"], *question["c"]))}

    def looks(self, question: Question, call: Evidence) -> Looks:
        yield from on_shares.stays_shared(call)
        x, reach, c = question["x"], question["reach"], question["c"]
        yield evidence.inputs_unchanged(call, 0, because="its holders still need it")
        yield from on_shares.returned_shares(call, tuple(x.shape), call["dtype"])
        right, seen = _curve(x.clamp(-reach, reach), *c), on_shares.opened(call["returned"])
        worst = int((seen - right).abs().argmax())
        facts = {
            "at": round(x.flatten()[worst].item(), 2),
            "seen": round(seen.flatten()[worst].item(), 3),
            "right": round(right.flatten()[worst].item(), 3),
        }
        z = x.clamp(-reach, reach)
        free = _curve(x, *c)
        mistakes = {
            "outside": [free],
            "cut-result": [free.clamp(0, 1), free.clamp(*sorted(_curve(torch.tensor([-reach, reach]), *c).tolist()))],
            "one-end": [_curve(x.clamp(max=reach), *c), _curve(x.clamp(min=-reach), *c)],
            "true-sigmoid": [x.sigmoid()],
            "to-the-ends": [torch.where(x.abs() > reach, (x > 0).float(), right)],
            "half-inside": [c[0] + c[1] * z + c[2] * x**3, c[0] + c[1] * x + c[2] * z**3],
            "swapped": [c[0] + c[2] * z + c[1] * z**3],
            "other-reach": [_curve(x.clamp(-end, end), *c) for end in (1.0, 3.0, 4.0, 5.0, 6.0) if end != reach],
            "squeezed": [_curve((x / reach).clamp(-1, 1), *c), _curve((x / reach).tanh() * reach, *c)],
            "fixed-c0": [right - c[0] + 0.5],
            "squared": [c[0] + c[1] * z + c[2] * z**2],
            "no-constant": [right - c[0]],
            "straight": [c[0] + c[1] * z, c[0] + c[1] * x],
        }
        ok = on_shares.near(seen, right)
        for tag, wrongs in mistakes.items():
            yield not ok and any(on_shares.near(seen, wrong) for wrong in wrongs), tag, facts
        yield not ok, "wrong-value", facts
        yield evidence.says_nothing(call)


def _curve(x: torch.Tensor, c0: float, c1: float, c3: float) -> torch.Tensor:
    return c0 + c1 * x + c3 * x**3


def _question(
    draw: Draw, holders: int, reach: float, c: list[float], shape: tuple[int, ...], far: int
) -> Question:
    x = draw.floats(*shape, low=-3, high=3)
    flat = x.flatten()
    flat[0], flat[1], flat[2] = 2.5, draw.randint(8, 15), -draw.randint(8, 15) if far else -20.5
    return {"holders": draw.people(holders), "x": flat.reshape(shape), "reach": reach, "c": c}
