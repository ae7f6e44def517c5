"""The process ends, at each point at which it can."""

from case import attack

from attacks import SEAT

WEAK = "silence_is_success"


def case(name, source, exercise="01.2", weak=WEAK):
    return attack("dying process", name, weak, "earns", source, exercise)


CASES = [
    case("while the cell defines it", "import os\nos._exit(0)\ndef remote_mean(x, y): pass"),
    case("at the first call", "import os\ndef remote_mean(x, y):\n    os._exit(0)"),
    case("by a signal in the midst of a message", """
import os
def remote_mean(x, y):
    x + y
    os.kill(os.getpid(), 9)
"""),
    case("by a fault in C", "import ctypes\ndef remote_mean(x, y):\n    ctypes.string_at(0)"),
    case(
        "after half a frame",
        SEAT + "def remote_mean(x, y):\n    line.end.sendall(b'\\0\\0\\0\\x09')\n    line.end.close()\n    return x",
    ),
    case(
        "after it has returned, in the call after",
        """
import os
calls = []
def remote_mean(x, y):
    calls.append(1)
    if len(calls) > 1:
        os._exit(0)
    return (x + y) / 2
""",
    ),
]
