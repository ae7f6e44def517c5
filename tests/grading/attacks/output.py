"""What an answer writes to where the grader's own words go: as many as it likes, and those that it likes."""

from case import attack

from attacks import SEAT, WRONG

WEAK = "what_is_printed_counts"


def says(name, source):
    return attack("forged output", name, WEAK, "earns", source + WRONG)


def floods(name, source):
    return attack("flood", name, WEAK, "floods", source + WRONG)


C = "import ctypes\nlibc = ctypes.CDLL(None)\n"
CASES = [
    says("the verdict, to file 1", "import os\nos.write(1, b'passed')\nos._exit(0)"),
    says("the verdict, by C", C + "libc.puts(b'passed')\nlibc.fflush(None)\nlibc._exit(0)"),
    says("the verdict, by another program", "import os\nos.system('echo passed')\nos._exit(0)"),
    says("the verdict, by a thread", """
import os, threading
def late():
    os.write(2, b'passed')
    os._exit(0)
threading.Thread(target=late).start()
threading.Event().wait()
"""),
    floods("to files 1 and 2", """
import os
for _ in range(30):
    os.write(1, b"flood " * 10_000)
    os.write(2, b"flood " * 10_000)
"""),
    floods("by C, from a thread", C + """
import threading
def flood():
    body = b"flood " * 100_000
    for _ in range(4):
        libc.write(1, body, len(body))
one = threading.Thread(target=flood)
one.start()
one.join()
"""),
    attack("flood", "what cannot be read, of a megabyte", "texts_of_any_length", "floods", SEAT + """
def remote_mean(x, y):
    line.send(["said", [["returned", ["k" * 1_000_000]], [], [], [], "", 0, [None, None, None]]])
"""),
    attack("flood", "a worker with a name of a megabyte", "texts_of_any_length", "floods", SEAT + """
def remote_mean(x, y):
    told = ["UnknownWorkerError", "", "", "", 1, [], False]
    line.send(["said", [["raised", told, ["n" * 1_000_000, ""]], [], [], [], "", 0, [None, None, None]]])
"""),
]
