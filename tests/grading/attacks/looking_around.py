"""What lies about where the answer runs: files, environment, other people's memory, the course's exercises."""

import socket
import tempfile
from pathlib import Path

from case import CANARY, attack

WEAK = "no_sandbox"
PLACE = Path(tempfile.mkdtemp(prefix="corpus-"))
SECRET, OTHERS = PLACE / "corpus-secret.txt", PLACE / "alma_01.ipynb"  # written, and taken away, in conftest.py
SERVER = socket.create_server(("127.0.0.1", 0))


def case(name, source, wins="leaks", kind="looking around"):
    return attack(kind, name, WEAK, wins, source)


SHOUTS = "\ndef remote_mean(x, y):\n    raise ValueError(found[-400:])\n"

CASES = [
    case("a file of the instructor", f"found = open({str(SECRET)!r}).read()" + SHOUTS),
    case("another student's notebook", f"found = open({str(OTHERS)!r}).read()" + SHOUTS),
    case(
        "the environment",
        "import os\nfound = os.environ.get('COURSE_GRADING_CANARY', '')" + SHOUTS,
    ),
    case(
        "a file that the grader has open",
        """
import glob, os
found = ""
for file in glob.glob(f"/proc/{os.getppid()}/fd/*"):
    if os.readlink(file).endswith("corpus-secret.txt"):
        found = open(file).read()
"""
        + SHOUTS,
    ),
    case(
        "the parent's memory",
        f"""
import os, re
found = ""
for pid in (os.getppid(), os.getpid()):
    for line in open(f"/proc/{{pid}}/maps"):
        span, rights, *_, path = [*line.split(), ""]
        if "[heap]" in line or ("rw" in rights and "/" not in line):
            start, end = (int(part, 16) for part in span.split("-"))
            with open(f"/proc/{{pid}}/mem", "rb", 0) as memory:
                memory.seek(start)
                read = memory.read(min(end - start, 1 << 26))
            hit = re.search({CANARY[:-6]!r}.encode() + rb".{{{len(CANARY[-6:])}}}", read)
            if hit and not found:
                found = hit.group().decode()
"""
        + SHOUTS,
    ),
    case(
        "a socket that somebody listens on",
        f"PORT = {SERVER.getsockname()[1]}"
        """
import socket
end = socket.socket()
end.settimeout(3)
end.connect(("127.0.0.1", PORT))
found = end.recv(200).decode()
"""
        + SHOUTS,
    ),
]
