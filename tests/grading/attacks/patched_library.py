"""What a check relies on is patched: torch, Python's own functions, the library."""

from case import attack

from attacks import FETCHES, WRONG

WEAK = "verdict_at_the_seat"


def case(name, source, weak=WEAK):
    return attack("patched library", name, weak, "earns", source)


CASES = [
    case(
        "torch says that all is equal",
        """
import course.learn.evidence as e
torch.equal = torch.allclose = lambda *a, **k: True
e.equals = e.alike = lambda *a, **k: None
"""
        + WRONG,
    ),
    case("no message is written down", """
import course.transports.in_process as i
i.Network.deliver = lambda n, m: n.workers[m[1]].execute(m)
""" + FETCHES),
    case(
        "json loses the calls",
        """
import json
import course.learn.plain as p
right = p.encode
def encode(value):
    if isinstance(value, dict) and "calls" in value:
        for call in value["calls"]:
            call["messages"] = []
    return right(value)
import course.learn.exercise as x
x.encode = encode
"""
        + FETCHES,
    ),
    case("what finds words for a mistake finds none", """
import course.learn.exercise as x
x.speak = lambda *a: None
""" + WRONG),
    case(
        "tensors are equal to what they are compared with",
        "torch.Tensor.tolist = lambda self: [2.0, 4.0]" + WRONG,
        "asserts_beside_the_answer",
    ),
    case(
        "get gets what will be asked for",
        "def remote_mean(x, y):\n    type(x).get = lambda self, *a: torch.tensor([2.0, 4.0])\n    return x",
        "asserts_beside_the_answer",
    ),
]
