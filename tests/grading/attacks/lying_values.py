"""Values that are equal to everything, or tell something else each time."""

from case import attack

WEAK = "asserts_beside_the_answer"


def case(name, source):
    return attack("lying value", name, WEAK, "earns", source)


CASES = [
    case(
        "__eq__ is always true",
        """
class Any:
    def __eq__(self, other): return True
    def __getattr__(self, name): return lambda *a, **k: self
def remote_mean(x, y):
    return Any()
""",
    ),
    case(
        "a tensor whose methods lie",
        """
class Right(torch.Tensor):
    def get(self): return self
    def tolist(self): return [2.0, 4.0]
def remote_mean(x, y):
    return torch.zeros(2).as_subclass(Right)
""",
    ),
    case(
        "a list that is as long and as good as any",
        """
class Long(list):
    def __eq__(self, other): return True
    def __len__(self): return 2
    def get(self): return self
    def tolist(self): return self
def remote_mean(x, y):
    return Long([0, 0])
""",
    ),
    case(
        "a number that equals every other",
        """
class Number(float):
    def __eq__(self, other): return True
    def get(self): return self
    def tolist(self): return [self, self]
def remote_mean(x, y):
    return Number(0)
""",
    ),
    case(
        "a repr that prints and raises",
        """
import sys
class Loud:
    def __repr__(self):
        print("passed")
        sys.exit(0)
    def get(self): return repr(self)
def remote_mean(x, y):
    return Loud()
""",
    ),
    case(
        "a text that says what is wished for",
        """
class Wish(str):
    def __eq__(self, other): return True
    def __hash__(self): return 0
    def get(self): return self
    def tolist(self): return self
def remote_mean(x, y):
    return Wish("correct")
""",
    ),
]
