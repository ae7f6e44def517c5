"""Grade a submission in a process that writes down what it imports, compiles, executes and unpickles.

    python audited.py [name of a weak judge] > events

Run by test_audit.py. An event a line, JSON: what happens, and as much as Python tells of it. Forks of this process tell
too: what does is handed down.
"""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import contextlib
import importlib

import torch
from case import REFERENCES, Case, attack, graded, patched

from course.grade import judge
from course.grade.cage import Cage

WATCHED = ("import", "compile", "exec", "pickle.find_class", "marshal.loads", "ctypes.dlopen", "subprocess.Popen")
MARK = "mark_of_the_submission"
HOSTILE = f'''
import pickle, {MARK}_module
{MARK} = 1
def remote_mean(x, y):
    """{MARK}"""
    eval("{MARK}")
    raise ValueError("{MARK}")
'''
PICKLED = '''
import gc
seat = next(thing for thing in gc.get_objects() if type(thing).__name__ == "Answering")
import pickle, collections
def remote_mean(x, y):
    body = pickle.dumps(collections.OrderedDict)
    frame = [["returned", ["pickle", body]], [], [], [], "", 0, [None, None, None]]
    seat.desk.line.send(["said", frame])
'''


def told(part: object) -> str:
    """A part of an event: of code also where it is from."""
    return f"{part.co_filename} {part.co_names} {part.co_consts}" if hasattr(part, "co_names") else repr(part)


def watch(to: int) -> None:
    def hook(event: str, args: tuple) -> None:
        if event in WATCHED:
            os.write(to, json.dumps([event, " ".join(map(told, args))[:4000]]).encode() + b"\n")

    sys.addaudithook(hook)


patched_once = contextlib.contextmanager(patched)


def main() -> None:
    torch.set_num_threads(1)
    weak = importlib.import_module(f"weak.{sys.argv[1]}") if len(sys.argv) > 1 else None
    cases = [attack("audited", name, "", "earns", source) for name, source in (("a", HOSTILE), ("b", PICKLED))]
    right = Case("right", "audited", "", "earns", (("01.2", REFERENCES["01.2"].reference),))
    with Cage("bwrap") as cage:
        with patched_once(judge, apart=lambda work, **most: work()):
            graded(right, cage)  # what a judge imports with its first answer is imported, here and not in a fork
        watch(1)
        if weak is None:
            for case in (*cases, right):
                graded(case, cage, with_honest=False)
        else:
            with weak.weakened():
                for case in (*cases, right):
                    graded(case, cage, with_honest=False)


if __name__ == "__main__":
    main()
