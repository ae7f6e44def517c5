"""A complete tiny exercise, for teachers to copy: everything that `check("00.1")` needs.

It uses no workers, so that the three pieces stand alone. The answers that its check must reject and accept
are in `sample_answers.py`.
"""

from __future__ import annotations

from course.learn import evidence
from course.learn.exercise import Draw, Evidence, Exercise, Looks, Question, register
from course.learn.items import Prediction, Quiz

register(
    Quiz(
        "00.q1",
        "Two people average their salaries. What does each learn?",
        {"a": "nothing but the average", "b": "the other one's salary"},
        "b",
        because={
            "a": "Twice the average minus your own is the other's.",
            "b": "Twice the average minus your own.",
        },
    )
)
register(Prediction("00.p1", "What is the mean of 2 and 4?", {}, 3, because="Six halves."))


@register
class TeamMean(Exercise):
    id = "00.1"
    title = "the mean of a team"
    minutes, points = 5, 2
    objective = "average tensors of several owners without changing them"
    stub = '''
def team_mean(salaries: list[torch.Tensor]) -> torch.Tensor:
    """The mean of the salaries, element by element.

    salaries: float tensors of one shape.   returns: a new tensor of that shape.
    >>> team_mean([torch.tensor([1.0]), torch.tensor([3.0])])
    tensor([2.])
    """
    total = ...
    for salary in salaries:
        total = total + salary
    return ...
'''
    hints = (
        "A mean is a sum divided by how many there are.",
        "Start the sum at zero; divide once, after the loop.",
        "return … / len(…)",
    )
    success = "Teams of one, two and five: exact, and everybody's salary is as it was."
    says = """
first-only  {call} returned {returned}, the first salary: the others do not count, and hers is out.
            -> Where does the loop add to the total?
"""

    def questions(self, seed: int) -> list[Question]:
        draw = Draw(seed)
        return [{"args": [[draw.floats(3) for _ in range(people)]]} for people in (1, 2, 4)]

    def looks(self, question: Question, call: Evidence) -> Looks:
        (salaries,) = question["args"]
        mean = sum(salaries) / len(salaries)
        yield evidence.inputs_unchanged(call, because="it is somebody's salary")
        yield evidence.equals(call, mean, {"first-only": salaries[0]}, because="everybody counts once")
