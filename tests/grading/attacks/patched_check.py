"""What checks is replaced, where the check runs beside the answer."""

from case import attack

from attacks import FETCHES, WRONG

WEAK = "verdict_at_the_seat"


def case(name, source):
    return attack("patched check", name, WEAK, "earns", source)


CASES = [
    case("what decides finds nothing", "import course.learn.checking as c\nc.decide = lambda *found: None" + WRONG),
    case(
        "the exercise's verdict, found in the collector's list",
        """
import gc
from course.learn.exercise import Exercise
gc.unfreeze()
for thing in gc.get_objects():
    if isinstance(thing, Exercise):
        type(thing).verdict = lambda self, question, seen: None
"""
        + WRONG,
    ),
    case("an exercise without looks", """
from course.learn.registry import find
type(find('01.2')).looks = lambda *a: iter(())
""" + WRONG),
    case("an exercise without questions", """
from course.learn.registry import find
find('01.2').questions = lambda seed: []
""" + WRONG),
    case("another exercise under this id", """
from course.learn import registry as r
r.find('01.2').__dict__['verdict'] = lambda *a: None
""" + FETCHES),
    case("evidence without messages", "import course.learn.watch as w\nw._rows = lambda heard: []\n" + FETCHES),
]
