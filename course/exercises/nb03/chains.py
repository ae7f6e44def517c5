"""What the exercises of notebook 03 share: chains as routes, and somebody else's numbers in every store."""

from __future__ import annotations

from typing import Any

import torch

from course.learn.exercise import workers
from course.learn.plain import Plain, Pointer


def route_of(seen: Plain) -> list[str]:
    """The workers along a chain, nearest first."""
    route = []
    while isinstance(seen, Pointer):
        route.append(seen.location)
        seen = seen.value
    return route


def arrow(names: list[str]) -> str:
    """A route as a person reads it: `you → alice → bob`."""
    return "`" + " → ".join(["you", *names]) + "`"


def chain_along(x: torch.Tensor, names: list[str]) -> Any:
    """A chain for a probe: the first of the names is nearest to you, the last one holds x."""
    for worker in reversed(workers(*names)):
        x = x.send(worker)  # type: ignore[attr-defined]
    return x


def somebody_elses(names: list[str]) -> list[Any]:
    """Pointers of another project to two numbers at each worker: an answer that clears a store deletes them."""
    return [torch.tensor([5.0, 3.0]).send(worker) for worker in workers(*names)]  # type: ignore[attr-defined]
