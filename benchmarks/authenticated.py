"""What MACs cost: products with them against products of plain shares, in one run.

    python benchmarks/authenticated.py            # a minute
    python benchmarks/authenticated.py --short    # small sizes: fails only if results differ
    python benchmarks/authenticated.py --keep     # also puts the table into benchmarks/README.md

All parties are in this process, on one thread. Dealing is timed for itself: for the online part the material lies
ready, fresh for each run. Both sides alternate; a row shows medians of CPU time, which other work on the machine
disturbs least. `check` is the check of all that the one product opened, as if a result were given out after it; a
longer computation is checked once for all its openings.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable

import torch
from measure import clocks, keep, machine
from torch import Tensor

from course.smpc import products
from course.smpc.authenticated import AuthenticatedParties, authenticate, check
from course.smpc.dealer import Dealer, Request
from course.smpc.parties import Parties
from course.smpc.randomness import Randomness
from course.smpc.ring import residue
from course.smpc.shares import split, total

NAMES = ("alice", "bob", "claire")
Protocol = Callable[[Parties, Tensor, Tensor], Tensor]
ROWS: list[tuple[str, Protocol, tuple[int, ...], tuple[int, ...]]] = [
    ("multiply, 10,000 numbers", products.multiply, (10_000,), (10_000,)),
    ("multiply, 1,000,000 numbers", products.multiply, (1_000_000,), (1_000_000,)),
    ("matmul, 32 x 784 x 128", products.matmul, (32, 784), (784, 128)),
    ("matmul, 256 x 256 x 256", products.matmul, (256, 256), (256, 256)),
    ("matmul, 1,024 x 1,024 x 1,024", products.matmul, (1024, 1024), (1024, 1024)),
]
SHORT = [("multiply", products.multiply, (50,), (50,)), ("matmul", products.matmul, (4, 6), (6, 3))]


class Stocked(Dealer):
    """A dealer who after `fill` has at hand what the next run will ask for, if it is what the last one asked for."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.asked: list[Request] = []
        self.stock: list[tuple[Tensor, ...]] = []

    def fill(self) -> None:
        self.stock = [super(Stocked, self).deal(request, range(self.count)) for request in self.asked]

    def deal(self, request: Request, here: range) -> tuple[Tensor, ...]:
        if self.stock:
            return self.stock.pop(0)
        self.asked.append(request)
        return super().deal(request, here)


def measured(protocol: Protocol, x: Tensor, y: Tensor, count: int, runs: int) -> tuple[float, ...]:
    """Medians: plain and with MACs, each dealing and online; then the check."""
    draws = Randomness()
    dealers = Stocked(count), Stocked(count)
    plain, ours = Parties(NAMES[:count], dealers[0]), AuthenticatedParties(NAMES[:count], dealers[1])
    shares = split(x, count, draws), split(y, count, draws)
    with_macs = tuple(authenticate(ours, part) for part in shares)
    check(ours)
    dealers[1].asked.clear()
    results = protocol(plain, *shares), protocol(ours, *with_macs)[:, 0]
    check(ours)
    if not torch.equal(*(residue(total(result), 32) for result in results)):
        sys.exit("results differ")
    times = []
    for _ in range(runs):
        steps: list[Callable[[], object]] = [
            dealers[0].fill, lambda: protocol(plain, *shares),
            dealers[1].fill, lambda: protocol(ours, *with_macs), lambda: check(ours),
        ]  # fmt: skip
        times.append([clocks(step)[0] for step in steps])
    return tuple(statistics.median(column) for column in zip(*times, strict=True))


def table(rows: list[tuple[str, Protocol, tuple[int, ...], tuple[int, ...]]], runs: int) -> str:
    lines = [
        "| what | parties | plain | with MACs | ratio | check | ratio, checked | dealing | with MACs | ratio |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for what, protocol, *shapes in rows:
        for count in (2, 3):
            x, y = (torch.randint(-(2**15), 2**15, shape) for shape in shapes)
            dealt, plain, dealt_ours, ours, checked = measured(protocol, x, y, count, runs)
            lines.append(
                f"| {what} | {count} | {plain * 1e3:.2f} ms | {ours * 1e3:.2f} ms | {ours / plain:.1f} "
                f"| {checked * 1e3:.2f} ms | {(ours + checked) / plain:.1f} "
                f"| {dealt * 1e3:.2f} ms | {dealt_ours * 1e3:.2f} ms | {dealt_ours / dealt:.1f} |"
            )
            print(lines[-1], flush=True)
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="small sizes")
    parser.add_argument("--keep", action="store_true", help="put the table into benchmarks/README.md")
    options = parser.parse_args()
    torch.set_num_threads(1)
    where = f"{machine()}, one thread"
    print(where)
    found = table(SHORT, 3) if options.short else table(ROWS, 7)
    if options.keep:
        keep("authenticated", "macs", f"{where}\n\n{found}")


if __name__ == "__main__":
    main()
