"""The session: the local worker `me`, the network it is on, and what `seed` and `reset` restart.

There is one session in a process. `reset` gives it an empty network; `isolated` gives it another one for the length of
a block, so that a check can make its own bob without touching yours.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from course.transcript import Transcript
from course.transports.in_process import Network
from course.virtual_worker import VirtualWorker

if TYPE_CHECKING:
    import pandas

__all__ = ["isolated", "local_worker", "record", "reset", "seed", "seen_by", "the_transcript", "transcript", "workers"]


def _new_network(seed: int | None, transport: str = "") -> Network:
    """An empty network: in this process, or with COURSE_TRANSPORT=process in another one."""
    kind = transport or os.environ.get("COURSE_TRANSPORT", "") or "in_process"
    if kind == "process":
        from course.transports.process import ProcessNetwork

        return ProcessNetwork(local_worker, seed)
    if kind != "in_process":
        raise ValueError(f"COURSE_TRANSPORT={kind!r}: use 'in_process' or 'process'")
    return Network(local_worker, seed)


local_worker: VirtualWorker = VirtualWorker.connect("me")
_new_network(None).enter()


def reset() -> None:
    """Forget all workers, ids and messages. Pointers from before point to nothing."""
    old: Network = local_worker.network
    fresh = _new_network(old.seed)
    fresh.transcript.limit = old.transcript.limit
    fresh.enter()
    old.close()


def seed(number: int) -> None:
    """Make ids and torch's random numbers repeat: here, and where the workers are. Never a source of secrets."""
    torch.manual_seed(number)
    local_worker.network.restart_ids(number)


def workers() -> list[VirtualWorker]:
    """The workers of this session, in the order in which they were made, without `me`."""
    return [handle for handle in local_worker.network.handles.values() if handle is not local_worker]


@contextmanager
def isolated(seed: int | None = None, transport: str = "") -> Iterator[Network]:
    """A session of its own for one block: no workers, messages or ids. Torch's random state is put back after it.

    transport: "in_process" or "process"; without it what COURSE_TRANSPORT says.
    """
    outer: Network = local_worker.network
    random_state = torch.get_rng_state()
    network = _new_network(seed, transport)
    network.enter()
    if seed is not None:
        torch.manual_seed(seed)
        network.restart_ids(seed)
    try:
        network.start()  # a check has a clock, which must not run while a process starts
        yield network
    finally:
        network.close()
        local_worker.network.close()  # another one after a reset in the block
        outer.enter()
        torch.set_rng_state(random_state)


def the_transcript() -> Transcript:
    """The transcript of this session: iterate it, bound it (`.limit`), clear it."""
    local_worker.network.catch_up()
    log: Transcript = local_worker.network.transcript
    return log


def transcript() -> pandas.DataFrame:
    """Every message of this session, one row each, oldest first."""
    return the_transcript().frame()


def seen_by(worker: Any) -> pandas.DataFrame:
    """The messages of this session that carried values to this worker."""
    return the_transcript().seen_by(worker)


@contextmanager
def record() -> Iterator[Transcript]:
    """Write down the messages of one block, besides the session's own transcript.

    >>> import torch, course as sy
    >>> hook = sy.TorchHook(torch)
    >>> bob = sy.VirtualWorker(hook, id="bob")
    >>> with sy.record() as log:
    ...     x = torch.tensor([1, 2]).send(bob)
    >>> [(row["sender"], row["receiver"], row["kind"], row["values"]) for row in log.rows()]
    [('me', 'bob', 'send', True)]
    """
    network: Network = local_worker.network
    block = Transcript(limit=None)
    outer = network.log

    def both(message: Any) -> None:
        outer(message)
        block.append(message)

    network.log = both
    try:
        yield block
    finally:
        network.log = outer
