"""Secure aggregation against plain averaging at a trusted server: ratios, taken in one run, and bytes per client.

    python benchmarks/aggregation.py            # 10, 30 and 100 clients, some minutes
    python benchmarks/aggregation.py --short    # small: fails only if results differ, or clients send other bytes
    python benchmarks/aggregation.py --keep     # also put the table into benchmarks/README.md

Each client holds an update of 101,770 float32 numbers, as many as a network 784-128-10 has, and a weight. Plain: every
update goes to the server, who makes the weighted mean. Both ways must give the same mean, to the rounding that the
encoding promises, before anything is timed. Both sides alternate, on one thread, all workers in one process, so a row
adds up the work of all clients and of the server; medians of CPU time, and of ratios. `client` is what one client does
of it: all but the server's last step, `unmask`, divided by the clients. `sent` and `received` are bytes of one client's
messages with values, the largest of all clients; `sent to plain` divides by what it sends in the clear, in float32.

`leave` is a run in which a tenth of the clients, one at least, leaves after sharing keys: that is what costs the server
most, for it makes again the masks of each of them with each of those who stayed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Sequence
from typing import Any

import torch
from measure import clocks, keep, machine

import course as sy
from course.aggregation.client import SEALED, SHARE
from course.operations import OPERATIONS

NUMBERS = 101_770
Updates = dict[str, torch.Tensor]


class Setting:
    """Clients with updates and weights, a server and two more aggregators."""

    def __init__(self, clients: int, numbers: int) -> None:
        sy.reset()
        hook = sy.TorchHook(torch)
        self.server, *self.helpers = [sy.VirtualWorker(hook, id=name) for name in ("server", "ben", "cleo")]
        generator = torch.Generator().manual_seed(0)
        names = [f"client {number:02}" for number in range(clients)]
        self.updates = {name: torch.randn(numbers, generator=generator) for name in names}
        self.weights = {name: float(1 + number % 7) for number, name in enumerate(names)}
        self.there: dict[str, Any] = {
            name: x.send(sy.VirtualWorker(hook, id=name)) for name, x in self.updates.items()  # type: ignore[attr-defined]
        }
        self.leaving = dict.fromkeys(names[::10][:max(1, clients // 10)], "masks")

    def plain(self, leaves: Sequence[str] = ()) -> Any:
        """Every update goes to the server, who makes the weighted mean in float64."""
        stay = [name for name in self.there if name not in leaves]
        arrived = [self.there[name].clone().move(self.server) for name in stay]
        total = arrived[0].double() * self.weights[stay[0]]
        for name, update in zip(stay[1:], arrived[1:], strict=True):
            total.add_(update, alpha=self.weights[name])
        return total / sum(self.weights[name] for name in stay)

    def ways(self) -> dict[str, tuple[Callable[[], Any], Callable[[], Any]]]:
        """For each way the plain one beside it, and itself."""
        masked, shared = sy.aggregation.masked, sy.aggregation.shared
        everybody, few = (self.there, self.server, self.weights), [self.server, self.helpers[0]]
        return {
            "masked": (self.plain, lambda: masked(*everybody)),
            "masked, leave": (lambda: self.plain(tuple(self.leaving)), lambda: masked(*everybody, leaves=self.leaving)),
            "shared, 2 aggregators": (self.plain, lambda: shared(self.there, few, self.weights)),
            "shared, 3 aggregators": (self.plain, lambda: shared(self.there, [*few, self.helpers[1]], self.weights)),
        }

    def bytes_of(self, way: Callable[[], Any]) -> tuple[int, int]:
        """The most that one client sent and received, in messages with values."""
        with sy.record() as log:
            way()
        rows = [row for row in log.rows() if row["values"]]
        return tuple(  # type: ignore[return-value]
            max(sum(row["bytes"] for row in rows if row[end] == name) for name in self.there)
            for end in ("sender", "receiver")
        )

    def check(self, what: str, plain: Any, ours: Any) -> None:
        """Exit unless both means are the same."""
        apart = (plain.get() - ours.get().double()).abs().max().item()
        if not apart <= 1e-6:  # float32 of numbers up to 5
            sys.exit(f"{what}: the mean is off by {apart:.1e}")


def expected_bytes(what: str, clients: int, numbers: int) -> int:
    """What a client has to send, without the headers of its messages."""
    if what.startswith("shared"):
        return 8 * numbers * int(what.split()[1])
    return 8 * numbers + 64 + clients * (SEALED + SHARE)


def row_of(setting: Setting, what: str, repeats: int, short: bool) -> str:
    plain, ours = setting.ways()[what]
    clients, numbers = len(setting.there), len(next(iter(setting.updates.values())))
    setting.check(what, plain(), ours())
    pairs = [(clocks(plain), clocks(ours)) for _ in range(repeats)]
    base, mine = (statistics.median(pair[side][0] for pair in pairs) for side in (0, 1))
    ratio = statistics.median(b[0] / a[0] for a, b in pairs)
    clear, _ = setting.bytes_of(plain)
    sent, received = setting.bytes_of(ours)
    needed = expected_bytes(what, clients, numbers)
    if short and not needed <= sent <= needed + 1000:
        sys.exit(f"{what}: a client sent {sent} bytes, and should need {needed} and some headers")
    last = servers_part(ours) if what.startswith("masked") else 0.0
    client = 1000 * (mine - last) / clients
    times = f"{1000 * base:.1f} | {1000 * mine:.0f} | {ratio:.0f} | {client:.1f} | {1000 * last:.1f}"
    return f"| {clients} | {what} | {times} | {sent:,} | {received:,} | {sent / clear:.2f} |"


def servers_part(way: Callable[[], Any]) -> float:
    """CPU seconds of the step in which the server takes the masks off."""
    spent, unmask = [], OPERATIONS["aggregation.unmask"]

    def timed(*args: Any) -> torch.Tensor:
        found: list[torch.Tensor] = []
        spent.append(clocks(lambda: found.append(unmask(*args)))[0])
        return found[0]

    OPERATIONS["aggregation.unmask"] = timed
    try:
        way()
    finally:
        OPERATIONS["aggregation.unmask"] = unmask
    return sum(spent)


def table(clients: Sequence[int], numbers: int, repeats: int, short: bool) -> str:
    lines = [
        "| clients | way | plain, ms | ours, ms | ratio | client, ms | unmask, ms "
        "| sent, bytes | received, bytes | sent to plain |",
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for count in clients:
        setting = Setting(count, numbers)
        for what in setting.ways():
            lines.append(row_of(setting, what, repeats, short))
            print(lines[-1], file=sys.stderr, flush=True)
    sy.reset()
    return "\n".join(lines)


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--short", action="store_true", help="few clients, small updates: are results and bytes right?")
    parser.add_argument("--keep", action="store_true", help="put the table into benchmarks/README.md")
    options = parser.parse_args()
    torch.set_num_threads(1)
    where = machine()
    sizes = ([5, 10], 500, 1) if options.short else ([10, 30, 100], NUMBERS, 5)
    found = table(*sizes, options.short)
    text = f"### Secure aggregation, ours to plain averaging\n\n{where}; {sizes[1]:,} numbers an update\n\n{found}"
    print(text)
    if options.keep:
        keep("aggregation", "ways", text)


if __name__ == "__main__":
    main()
