"""The course's own answers, questions and expected values, wherever they can be had."""

from case import ROOT, attack

WEAK = "no_sandbox"


def case(name, source, exercise="01.2"):
    return attack("reading the reference", name, WEAK, "earns", source, exercise)


NOTEBOOK = next((ROOT / "solutions").glob("01_*.ipynb"))

CASES = [
    case(
        "out of the solution notebook",
        f"""
import json
for cell in json.load(open({str(NOTEBOOK)!r}))["cells"]:
    source = "".join(cell["source"])
    if source.startswith("# exercise 01.2"):
        exec(source)
""",
    ),
    case(
        "out of the answers of the workshop",
        f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from course.authoring.answers import known_answers
exec(known_answers("01", Path({str(ROOT)!r}))["01.2"].reference)
""",
    ),
    case(
        "the right answer that travels with the package",
        """
import inspect
from course.exercises.nb01 import remote_mean as asked
def remote_mean(x, y):
    return eval("(x + y) / 2" if "(x + y) / 2" in inspect.getsource(asked) else "None")
""",
    ),
    case(
        "the values that the judge expects, from the frames above",
        """
import sys
def total(amounts):
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        for value in frame.f_locals.values():
            if type(value).__name__ == "Total":
                return sum(amount.sum().get() for amount in amounts)
    return torch.tensor(0.0)
""",
        "01.4",
    ),
    case(
        "the questions, drawn where the answer runs",
        """
from course.learn.registry import find
def total(amounts):
    find("01.4").questions(5)
    return sum(amount.sum().get() for amount in amounts)
""",
        "01.4",
    ),
]
