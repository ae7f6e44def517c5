"""An error that nobody can describe: what tells of a cell fails at the seat. It must not become the judge's fault."""

from case import attack

from attacks import SEAT

WEAK = "nothing_is_garbled"
UNUSED = "\ndef remote_mean(x, y): pass\n"


def case(name, source):
    return attack("no description", name, WEAK, "breaks", source + UNUSED)


CASES = [
    case("no line can be looked up", "import linecache\nlinecache.getline = None\nraise ValueError"),
    case("an error whose text is none", "class E(Exception):\n    def __str__(self): return 5\nraise E"),
    case("an error whose class has no name", """
class Kind(type):
    __name__ = property(lambda kind: 1 / 0)
class E(Exception, metaclass=Kind): pass
raise E
"""),
    case("an error that says it was seen elsewhere", "class E(Exception):\n    seen_there = {'a': 1}\nraise E"),
    attack("no description", "a function whose code is none", WEAK, "breaks", """
class Odd:
    __code__ = property(lambda self: 1 / 0)
    def __call__(self, x, y): return (x + y) / 2
remote_mean = Odd()
"""),
    case("a failure that is said by hand", SEAT + "line.send(['failed', 'UnknownWorkerError', [], []])"),
]
