"""One exercise leaves something for the next: what it was asked, or somebody who answers there."""

from case import CANARY, attack

WEAK = "nothing_is_cleared"


def case(name, leaves, source, wins="leaks"):
    return attack("left behind", name, WEAK, wins, source, "01.4", before=("01.2", leaves))


THERE = "import os, tempfile\nthere = lambda name: os.path.join(tempfile.gettempdir(), name)\n"
BODY = "\ndef remote_mean(x, y):\n    return x\n"
TAKES = "\ndef total(amounts):\n    raise ValueError(found)\n"

CASES = [
    case(
        "a file in the home",
        THERE + f"open(there('corpus-left'), 'w').write({CANARY!r})" + BODY,
        THERE + "found = open(there('corpus-left')).read()" + TAKES,
    ),
    case(
        "a file in shared memory",
        f"open('/dev/shm/corpus-left', 'w').write({CANARY!r})" + BODY,
        "found = open('/dev/shm/corpus-left').read()" + TAKES,
    ),
    case(
        "a process that answers on a socket",
        f"""
import os, socket
end = socket.socket(socket.AF_UNIX)
end.bind("\\0corpus-left")
end.listen()
if not os.fork():
    os.setsid()
    end.settimeout(20)
    try:
        end.accept()[0].sendall({CANARY!r}.encode())
    finally:
        os._exit(0)
"""
        + BODY,
        """
import socket
end = socket.socket(socket.AF_UNIX)
end.connect("\\0corpus-left")
found = end.recv(200).decode()
"""
        + TAKES,
    ),
    case(
        "a thread that outlives its cell",
        THERE
        + f"""
import os, threading, time
def later():
    time.sleep(1.0)
    open(there('corpus-late'), 'w').write({CANARY!r})
threading.Thread(target=later).start()
os._exit = lambda status: threading.Event().wait()
"""
        + BODY,
        THERE
        + """
import os, time
for _ in range(30):
    time.sleep(0.1)
    if os.path.exists(there('corpus-late')):
        break
found = open(there('corpus-late')).read()
"""
        + TAKES,
    ),
    case(
        "a name in the process table",
        f"""
import os, time
if not os.fork():
    os.setsid()
    os.execv("/bin/sh", ["sh", "-c", "sleep 20; : {CANARY}"])
time.sleep(0.3)
"""
        + BODY,
        f"""
import os, pathlib
found = ""
for one in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        line = (one / "cmdline").read_text()
    except OSError:
        continue
    if {CANARY[:-10]!r} in line and "pytest" not in line:
        found = line.replace("\\0", " ")
"""
        + TAKES,
    ),
]
