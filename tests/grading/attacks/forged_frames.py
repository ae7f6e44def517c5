"""What the library never writes, written to the judge: the verdict must not become the judge's fault."""

from case import attack

from attacks import SEAT

WEAK = "nothing_is_garbled"


def case(name, body, wins="breaks", kind="forged frame", weak=WEAK):
    return attack(kind, name, weak, wins, SEAT + "\ndef remote_mean(x, y):\n" + body)


def says(frame):
    return f"    line.send({frame})\n    return x\n"


CASES = [
    attack("forged frame", "a definition that says nothing", WEAK, "breaks", SEAT + """
line.send(['said', []])
def remote_mean(x, y): pass
"""),
    attack("forged frame", "a definition that failed in no known way", WEAK, "breaks", SEAT + """
line.send(['said', ['failed', False, 5]])
def remote_mean(x, y): pass
"""),
    attack("forged frame", "a frame of a kind that there is not", WEAK, "breaks", SEAT + """
line.send(['passed', 3.0])
def remote_mean(x, y): pass
"""),
    attack("forged frame", "lists in lists, a million deep", WEAK, "breaks", SEAT + """
import struct
head = b'["said",' + b'[' * 1_000_000
line.end.sendall(struct.pack('>IQ', len(head), 0) + head)
def remote_mean(x, y): pass
"""),
    attack("forged frame", "a frame of 2**63 bytes", WEAK, "breaks", SEAT + """
import struct
line.end.sendall(struct.pack('>IQ', 2**32 - 1, 2**63))
def remote_mean(x, y): pass
"""),
    attack("forged frame", "a question that nobody may ask", WEAK, "breaks", SEAT + """
line.send(['ask', 'points', 3])
def remote_mean(x, y): pass
"""),
]
