"""Exercise 07.1: which operations a recording keeps."""

from __future__ import annotations

from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, register


@register
class Recorded(Exercise):
    id = "07.1"
    title = "what is recorded"
    minutes, points = 5, 2
    objective = "predict which operations a plan records"
    promises = ()
    given = """
def program(x, times, double):
    for _ in range(times):
        x = x + 1
    if double:
        x = x * 2
    x.abs()
    return x.sum()
"""
    stub = '''
def recorded(times: int, double: bool) -> list:
    """The operations that a plan records when `program` runs with these settings, in order.

    times: 0 or more.   double: True or False.
    returns: a list of names, each "add", "mul", "abs" or "sum".
    >>> recorded(0, False)
    ['abs', 'sum']
    """
    steps = ...
    return steps
'''
    hints = (
        "Python runs while the plan is recorded, as always. The plan keeps what tensors are asked to do, one by one.",
        "Go through program line by line. Which lines ask a tensor for something, and how often does each run?",
        "steps = [\"add\"] * … , then what the if adds, then the last two",
    )
    success = "Loops unrolled, one branch kept, and nothing left out: you read a program as the recorder does."
    says = """
one-pass       {found}. The plan knows no loop: each pass asks x for one more addition.
               -> How often does the line in the loop run?
both-branches  {found}. Python takes the branch, or does not, while the plan is recorded; the plan has no `if`.
               -> What does `double` say here?
not-used       {found}. Nobody knows yet what will be used: whatever a tensor is asked to do is kept.
               -> Which line asks for something and throws the answer away?
python-too     {found}. A worker runs operations on tensors only. `for` and `if` are Python's, and that stays with you.
               -> Which of these names is something that a tensor does?
other-order    {found}. A worker repeats the steps in the order in which they were asked for.
               -> Which line of program runs first?
other-steps    {found}. A worker runs exactly what was recorded.
               -> Go through program line by line: what is x asked to do, and how often?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        drawn = [(draw.randint(2, 5), True), (draw.randint(2, 5), False), (0, True), (1, False)]
        return [{"args": list(settings)} for settings in drawn]

    def looks(self, question: Question, call: Evidence) -> Looks:
        times, double = question["args"]
        right = steps(times, double)
        yield evidence.returned_a(call, [str], "a list of names")
        loop, branch = ["for"] * bool(times), ["if"]
        python_too = evidence.any_of(
            [*loop, *right], [*branch, *right], [*loop, *["add"] * times, *branch, *right[times:]],
            [*["add"] * times, *branch, *right[times:]],
        )  # fmt: skip
        mistakes = {
            "one-pass": evidence.any_of(["add", *right[times:]], ["add"] * bool(times) + right[times:]),
            "both-branches": evidence.any_of(steps(times, not double)),
            "not-used": [name for name in right if name != "abs"],
            "python-too": python_too,
        }
        for wrong, tag, facts in evidence.leads_to(call, right, mistakes):
            yield wrong, tag, {**facts, "found": told(call, right)}
        yield sorted(call["returned"]) == sorted(right) != right and call["returned"] != right, "other-order", {
            "found": told(call, right)
        }
        yield call["returned"] != right, "other-steps", {"found": told(call, right)}


def steps(times: int, double: bool) -> list[str]:
    """What is recorded, in plain Python."""
    return ["add"] * times + ["mul"] * double + ["abs", "sum"]


def told(call: Evidence, right: list[str]) -> str:
    """Both lists in words."""
    return f"`{call['text']}` returned {call['returned']}; expected {right}"
