"""Signals to whoever started the answer, to all of its group, and to itself."""

from case import attack

from attacks import WRONG


def case(name, source):
    return attack("signal", name, "no_sandbox", "stops", "import os, signal, time\n" + source + WRONG)


CASES = [
    case("SIGKILL to its parent", "os.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(0.2)\nos._exit(0)"),
    case("SIGTERM to its parent's group", "os.killpg(os.getpgid(os.getppid()), signal.SIGTERM)\ntime.sleep(0.2)"),
    case("SIGINT to its parent, again and again", """
for _ in range(200):
    os.kill(os.getppid(), signal.SIGINT)
    time.sleep(0.002)
os._exit(0)
"""),
    attack("signal", "SIGSTOP to itself", "silence_is_success", "earns", """
import os, signal
os.kill(os.getpid(), signal.SIGSTOP)
def remote_mean(x, y): pass
"""),
]
