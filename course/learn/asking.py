"""Who holds what in a question: written down as plain data, and made real for a probe.

    {"args": [at("bob", x), at(["alice", "claire"], y), worker("theo")]}

asks with a pointer to `x` at Bob, the first link of a chain over Alice to `y` at Claire, and the worker Theo. Such a
question needs no probe of its own. Every worker that it names holds two numbers of somebody else, too: an answer that
clears a store deletes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from course.learn.plain import Other, Plain, Pointer

STRANGERS = torch.tensor([5.0, 3.0])  # what somebody else keeps at each worker


def at(place: str | Sequence[str], value: Plain) -> Plain:
    """A pointer to `value` at this worker, or a chain along these, the nearest first; of a pair, a pointer to each."""
    if isinstance(value, list | tuple):
        return type(value)(at(place, item) for item in value)
    for name in reversed([place] if isinstance(place, str) else place):
        value = Pointer(name, 0, value)
    return value


def worker(name: str) -> Other:
    """The worker itself, as an argument."""
    return Other("worker", name)


def real(value: Plain) -> Any:
    """The same with the tensors at their workers: pointers for `at`, workers for `worker`. Made anew at each call."""
    if isinstance(value, torch.Tensor):
        return value.clone()  # sending gives a tensor its id, and each session draws its own
    if isinstance(value, Pointer):
        places = workers(value.location)  # first: making a worker teaches tensors to be sent, in a fresh kernel too
        return real(value.value).send(*places)
    if isinstance(value, Other):
        return workers(value.text)[0]
    if isinstance(value, list | tuple):
        return type(value)(map(real, value))
    return {key: real(item) for key, item in value.items()} if isinstance(value, dict) else value


def people(value: Plain) -> list[str]:
    """The names of all workers in it, each once."""
    if isinstance(value, Pointer):
        found = [value.location, *people(value.value)]
    elif isinstance(value, Other):
        found = [value.text]
    else:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
        found = [name for item in inner for name in people(item)]
    return list(dict.fromkeys(found))


def strangers(names: Sequence[str]) -> list[Any]:
    """Somebody else's pointers to two numbers at each of these workers: keep them until the call is over."""
    return [real(at(name, STRANGERS)) for name in names]


def workers(*names: str) -> list[Any]:
    """Workers with these names in the probe's own session, made if they are not there yet."""
    from course import session
    from course.hook import TorchHook
    from course.virtual_worker import VirtualWorker

    if not TorchHook.installed:
        TorchHook(torch)
    return [VirtualWorker(session, id=name) for name in names]
