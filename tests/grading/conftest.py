"""The corpus: one sandbox for all of it, so that it takes minutes and not hours."""

import contextlib
import os
import shutil
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pytest
import torch

from course.grade import asked, judge
from course.grade.cage import Cage, Limits, why_no_bwrap

# Below what is graded with, so that bombs go off soon; an honest answer of notebook 01 needs a tenth of it.
LIMITS = Limits(cpu=4, memory=1536, file=16, disk=32, processes=24)


@pytest.fixture(scope="session", autouse=True)
def soon_over():
    """What waits for an answer waits for a few seconds."""
    torch.set_num_threads(1)
    judge.MOST = {"memory": 768, "cpu": 3, "seconds": 12.0}
    asked.DEFINING = asked.SECONDS = 5.0
    asked.PATIENCE = 1.0


@pytest.fixture(scope="session", autouse=True)
def canary():
    """What must not be read: in a file, in another hand-in, in the environment, on a port."""
    from attacks.looking_around import OTHERS, PLACE, SECRET, SERVER
    from case import CANARY

    for file in (SECRET, OTHERS):
        file.write_text(CANARY)
    os.environ["COURSE_GRADING_CANARY"] = CANARY
    with SECRET.open(), SERVER as server:
        server.settimeout(0.2)
        over = threading.Event()
        talking = threading.Thread(target=tell, args=(server, CANARY, over), daemon=True)
        talking.start()
        yield
        over.set()
        talking.join()
    del os.environ["COURSE_GRADING_CANARY"]
    shutil.rmtree(PLACE)


def tell(server, text, over):
    """Say it to whoever calls."""
    while not over.is_set():
        with contextlib.suppress(OSError), server.accept()[0] as end:
            end.sendall(text.encode())


@pytest.fixture(scope="session")
def cage():
    """The sandbox that everything is graded in. A machine without one fails here: nothing is skipped."""
    assert not why_no_bwrap(), why_no_bwrap()
    with Cage("bwrap", LIMITS) as cage:
        yield cage
