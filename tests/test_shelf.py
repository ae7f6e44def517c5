"""Memory that two processes share, and tensors that may just fit into it, or not."""

import itertools
import os
import subprocess
import sys

import pytest
import torch

import course as sy
from course.codec import APART
from course.transports.shelf import SIZE, new_shelf, shared

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has memory that is nobody's file")

WRITE = """
import sys
from course.transports.shelf import shared
shared(int(sys.argv[1]))[-3:] = b"new"
"""


@on_linux
def test_what_another_process_writes_is_there_after_its_end() -> None:
    (file,) = new_shelf()
    subprocess.run([sys.executable, "-c", WRITE, str(file)], pass_fds=[file], check=True)
    memory = shared(file)
    assert len(memory) == SIZE
    assert bytes(memory[-4:]) == b"\0new"


@on_linux
def test_nothing_is_left_of_it_but_the_memory_itself() -> None:
    open_before = os.listdir("/proc/self/fd")
    (file,) = new_shelf()
    memory = shared(file)
    memory[0] = 1
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(file)
    del memory
    assert os.listdir("/proc/self/fd") == open_before


SIZES = [APART - 4, APART, SIZE - 4, SIZE, SIZE + 4]


@pytest.mark.parametrize("size", SIZES)
def test_a_tensor_of_any_size_comes_home_as_it_was(size: int, bob: sy.VirtualWorker) -> None:
    x = torch.arange(size // 4, dtype=torch.int32)
    assert torch.equal(x.send(bob).get(), x)


@pytest.mark.parametrize("sizes", [*itertools.product(SIZES[1:4], repeat=2)])
def test_so_do_several_in_one_message(sizes: tuple[int, int], bob: sy.VirtualWorker, alice: sy.VirtualWorker) -> None:
    model = torch.nn.ParameterList([torch.rand(size // 4) for size in sizes])
    before = [parameter.detach().clone() for parameter in model]
    model.send(bob)
    model.move(alice)
    model.get()
    assert all(map(torch.equal, model, before))
