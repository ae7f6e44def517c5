"""A fresh session for every test: no workers, no messages, ids from the seed 0.

The same tests run on both transports: COURSE_TRANSPORT=process puts every worker into another process. A test
about the inside of the in-process transport says so: `@pytest.mark.in_process_only("the reason")`.
"""

import gc
import os
import signal
from collections.abc import Iterator

import pytest
import torch
from hypothesis import settings

import course as sy

settings.register_profile("course", max_examples=30, deadline=None, derandomize=True)
settings.load_profile("course")

# A shell starts what ends with `&` deaf to interrupts; the tests that interrupt themselves would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)

IN_PROCESS = os.environ.get("COURSE_TRANSPORT", "in_process") == "in_process"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "in_process_only(reason): about the inside of the in-process transport"
    )
    config.addinivalue_line("markers", "process_only(reason): about the process that hosts the workers")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    other = "process_only" if IN_PROCESS else "in_process_only"
    for item in items:
        for mark in item.iter_markers(other):
            item.add_marker(pytest.mark.skip(reason=mark.args[0]))
        # Side by side (pytest-xdist): a file's tests share what it sets up, so they go to one process, in their order.
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


def pytest_collection_finish() -> None:
    """What is imported by now stays: the garbage collector, which some tests call, need not look at it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def session() -> Iterator[None]:
    """No workers, no messages, hooked torch, the same ids and random numbers in every test."""
    sy.TorchHook(torch)
    sy.reset()
    sy.seed(0)
    yield
    torch.set_grad_enabled(True)
    torch.set_default_dtype(torch.float32)


@pytest.fixture
def hook() -> sy.TorchHook:
    return sy.TorchHook(torch)


@pytest.fixture
def bob(hook: sy.TorchHook) -> sy.VirtualWorker:
    return sy.VirtualWorker(hook, id="bob")


@pytest.fixture
def alice(hook: sy.TorchHook) -> sy.VirtualWorker:
    return sy.VirtualWorker(hook, id="alice")


@pytest.fixture
def carol(hook: sy.TorchHook) -> sy.VirtualWorker:
    return sy.VirtualWorker(hook, id="carol")
