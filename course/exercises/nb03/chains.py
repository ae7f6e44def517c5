"""What the exercises of notebook 03 share: chains as routes."""

from __future__ import annotations

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
