"""Memory that two processes share."""

import os
import subprocess
import sys

import pytest

from course.transports.shelf import SIZE, new_shelf, shared

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has memory that is nobody's file")

WRITE = """
import sys
from course.transports.shelf import shared
shared(int(sys.argv[1]))[-3:] = b"new"
"""


def test_what_another_process_writes_is_there_after_its_end() -> None:
    (file,) = new_shelf()
    subprocess.run([sys.executable, "-c", WRITE, str(file)], pass_fds=[file], check=True)
    memory = shared(file)
    assert len(memory) == SIZE
    assert bytes(memory[-4:]) == b"\0new"


def test_nothing_is_left_of_it_but_the_memory_itself() -> None:
    open_before = os.listdir("/proc/self/fd")
    (file,) = new_shelf()
    memory = shared(file)
    memory[0] = 1
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(file)
    del memory
    assert os.listdir("/proc/self/fd") == open_before
