"""Answers that do not end, or that change what a clock says."""

from case import attack

from attacks import SEAT

WEAK = "silence_is_success"


def case(name, source):
    return attack("hanging", name, WEAK, "earns", source)


CASES = [
    case("while its cell runs", "while True: pass\ndef remote_mean(x, y): pass"),
    case("in a loop that swallows every interruption", """
def remote_mean(x, y):
    while True:
        try:
            while True: pass
        except BaseException: pass
"""),
    case("asleep, with the clock set back", """
import time
sleep = time.sleep
time.time = time.monotonic = time.perf_counter = lambda: 0.0
def remote_mean(x, y):
    sleep(3600)
"""),
    case("waiting for a line that never comes", """
import os
def remote_mean(x, y):
    return os.read(os.pipe()[0], 1)
"""),
    case("a frame that comes a byte at a time", SEAT + """
import time
def remote_mean(x, y):
    while True:
        line.end.sendall(b'\\0')
        time.sleep(0.5)
"""),
]
