"""Python itself is patched, for the test that stands behind the answer, or for whoever runs there next."""

from case import attack

from attacks import WRONG


def leaves(name, source):
    return attack("patched interpreter", name, "asserts_beside_the_answer", "earns", source + WRONG)


def spoils(name, source):
    return attack("spoilt interpreter", name, "one_process_for_all", "stops", source + WRONG)


EXIT = "import sys\ndef leave(*args, **kwargs):\n    raise SystemExit(0)\n"
CASES = [
    leaves("sys.settrace leaves at the next line", EXIT + "sys._getframe().f_trace = leave\nsys.settrace(leave)"),
    leaves("sys.setprofile leaves at the next call", EXIT + "sys.setprofile(leave)"),
    leaves("an import that ends it", EXIT + "import builtins\nbuiltins.__import__ = leave"),
    leaves("another module under the course's name", EXIT + "sys.modules['course'] = type('M', (), {"
           "'__getattr__': leave})()"),
    spoils("no builtins", "import builtins\nvars(builtins).clear()"),
    spoils("no modules", "import sys\nsys.modules.clear()"),
    spoils("no shape of tensors", "torch.Tensor.shape = property(lambda tensor: 1 / 0)"),
    spoils("lines that nobody can look up", """
import sys, linecache
class None_:
    def __getattr__(self, name): raise RuntimeError(name)
linecache.cache = None_()
"""),
]
