"""The test that stands behind the answer is never reached, and the process ends well."""

from case import attack

WEAK = "asserts_beside_the_answer"


def case(name, source):
    return attack("leaving the test", name, WEAK, "earns", source)


CASES = [
    case("sys.exit", "import sys\ndef remote_mean(x, y):\n    sys.exit(0)"),
    case("os._exit", "import os\ndef remote_mean(x, y):\n    os._exit(0)"),
    case("another program in its place", "import os\ndef remote_mean(x, y):\n    os.execv('/bin/true', ['true'])"),
    case("SystemExit from a property", """
class X:
    @property
    def get(self):
        raise SystemExit
def remote_mean(x, y):
    return X()
"""),
    case("an exit in a destructor's place", """
import atexit, os
atexit.register(os._exit, 0)
def remote_mean(x, y):
    raise SystemExit(0)
"""),
    case("a thread that ends the process", """
import os, threading
def remote_mean(x, y):
    one = threading.Thread(target=os._exit, args=(0,))
    one.start()
    one.join()
"""),
]
