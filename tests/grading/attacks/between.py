"""The process ends, or says something, between two questions: after it has spoken, or before it is asked."""

from case import attack

from attacks import SEAT
from attacks.special_cased import totals

WEAK = "silence_is_success"
ENDS = SEAT + """
import os
send = line.send
def last(value, until=None):
    send(value, until)
    os._exit(0)
"""
TABLE = [total for total in totals() for _ in range(2)]

CASES = [
    attack("dying in between", "after it is ready", WEAK, "earns", ENDS + """
line.send = last
def remote_mean(x, y): pass
"""),
    attack("dying in between", "after its first reply", WEAK, "earns", ENDS + """
def remote_mean(x, y):
    line.send = last
    return (x + y) / 2
"""),
    attack("dying in between", "after it has had parties open something", WEAK, "earns", ENDS + """
def beaver(parties, x, y, triple):
    line.send = last
    return parties.open("x - a, y - b", x - triple[0], y - triple[1])
""", "11.1"),
    attack("replies ahead", "all replies before the first question", "the_notebooks_seeds", "earns", SEAT + f"""
import struct
line.send(["said", ["ready", False, None]])
for total in {TABLE}:
    memory = ["new", 103, "memory", [struct.pack("f", total)]]
    node = ["new", 101, "tensor", ["here", memory, "float32", [], [], 0, False, None, False, False]]
    line.send(["said", [["returned", node], [], [], [], "", 0, [None, None, None]]])
def total(amounts): pass
""", "01.4"),
]
