"""Split learning against plain torch: ratios, taken in one run.

    python benchmarks/splitnn.py                       # relays on both transports, digits, MNIST: some minutes
    python benchmarks/splitnn.py --only relays         # some parts; --help names them all
    python benchmarks/splitnn.py --short               # small sizes, no bars: fails only if results differ
    python benchmarks/splitnn.py --keep                # also put tables into benchmarks/README.md, pictures into docs/

`relays`: a training step of SplitNN in 2, 3 and 5 parts, each at an owner of its own, against the same step of the
whole network 784-512-256-128-64-10, with batches of 1, 64 and 1,024 rows. After three steps both must have the same
weights before anything is timed. Both sides alternate, on one thread; a row shows medians. In one process the ratio is
that of CPU time; with workers in another process that of wall time, which other work on the machine disturbs.
`payload` are the activations and gradients themselves; `above` is how much more all messages of the step take together,
those that only say what to do included.

`digits` and `mnist`: what a split costs on images, by `sy.splitnn.compare_splits`. MNIST is read where COURSE_DATA or
the cache has it, and left out elsewhere.
"""

from __future__ import annotations

import argparse
import copy
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from measure import check_same, clocks, keep, machine
from torch import nn

import course as sy
from course import datasets

PICTURES = Path(__file__).parents[1] / "docs"
NAMES = ("alice", "bob", "carol", "dan", "erin")
WIDTHS = (784, 512, 256, 128, 64, 10)
TRANSPORTS = ("in_process", "process")


# ---- relays ------------------------------------------------------------------------------------------------------


def stages() -> list[nn.Module]:
    torch.manual_seed(0)
    layers: list[nn.Module] = [nn.Sequential(nn.Linear(a, b), nn.ReLU()) for a, b in zip(WIDTHS, WIDTHS[1:-1])]  # noqa: B905
    return [*layers, nn.Linear(*WIDTHS[-2:])]


def rows_of(batch: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(batch, WIDTHS[0], generator=generator), torch.randint(0, 10, (batch,), generator=generator)


def plain_step(network: nn.Module, x: torch.Tensor, y: torch.Tensor) -> Callable[[], None]:
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05)

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(network(x), y).backward()
        optimizer.step()

    return step


def split_step(count: int, x: torch.Tensor, y: torch.Tensor) -> tuple[sy.SplitNN, Callable[[], object]]:
    """The same network at so many owners, and its step."""
    hook = sy.TorchHook(torch, verbose=False)
    owners = [sy.VirtualWorker(hook, id=name) for name in NAMES[:count]]
    parts = sy.splitnn.cut_into(count, stages())
    for part, owner in zip(parts, owners, strict=True):
        part.send(owner)  # type: ignore[operator]
    net = sy.SplitNN(parts, [torch.optim.SGD(part.parameters(), lr=0.05) for part in parts])
    there, labels = x.send(owners[0]), y.send(owners[-1])  # type: ignore[attr-defined]
    return net, lambda: net.learn(there, labels)


def same_after_three_steps(count: int, x: torch.Tensor, y: torch.Tensor) -> None:
    """Exit if the parts learn anything else than the whole network."""
    whole = nn.Sequential(*stages())
    start = copy.deepcopy(whole)
    net, ours = split_step(count, x, y)
    plain = plain_step(whole, x, y)
    for _ in range(3):
        plain()
        ours()
    check_same(whole, net.get(), start)  # type: ignore[operator]


@dataclass
class Relayed:
    """One line of the table."""

    transport: str
    count: int
    batch: int
    plain: float  # seconds
    ours: float
    ratio: float
    messages: int
    payload: int  # bytes
    sent: int

    @property
    def above(self) -> float:
        return self.sent / self.payload - 1


def relayed(transport: str, count: int, batch: int, seconds: float) -> Relayed:
    """Both steps in alternation for so many seconds, after a warm-up; and what one of ours sends."""
    os.environ["COURSE_TRANSPORT"] = transport
    x, y = rows_of(batch)
    with sy.isolated(0):
        same_after_three_steps(count, x, y)
        plain = plain_step(nn.Sequential(*stages()), x, y)
        _net, ours = split_step(count, x, y)
        plain(), ours()
        with sy.record() as log:
            ours()
        messages = log.rows()
        pairs, until = [], time.perf_counter() + seconds
        while len(pairs) < 5 or time.perf_counter() < until:
            pairs.append((clocks(plain), clocks(ours)))
    clock = 0 if transport == "in_process" else 1
    times = [(a[clock], b[clock]) for a, b in pairs]
    return Relayed(
        transport, count, batch,
        plain=statistics.median(a for a, _ in times),
        ours=statistics.median(b for _, b in times),
        ratio=statistics.median(b / a for a, b in times),
        messages=len(messages),
        payload=sum(4 * row["numbers"] for row in messages if row["values"]),
        sent=sum(row["bytes"] for row in messages),
    )  # fmt: skip


def verdict(row: Relayed) -> tuple[str, str]:
    """The bars: at most twice plain torch at batch 64 in process, at most 5 % above the payload at 64 and more."""
    bars = {"ratio at most 2": row.ratio <= 2} if (row.transport, row.batch) == ("in_process", 64) else {}
    bars |= {"above at most 5 %": row.above <= 0.05} if row.batch >= 64 else {}
    return ", ".join(bars), "" if not bars else "cleared" if all(bars.values()) else "NOT cleared"


def relays(short: bool) -> str:
    lines = ["| workers | parts | batch | plain, ms | ours, ms | ratio | messages | payload, kB | above | bar | |"]
    lines.append("|---|---:|---:|---:|---:|---:|---:|---:|---:|---|---|")
    before = os.environ.get("COURSE_TRANSPORT")
    try:
        for transport in TRANSPORTS:
            for count in (2, 5) if short else (2, 3, 5):
                for batch in (1, 8) if short else (1, 64, 1024):
                    row = relayed(transport, count, batch, 0.05 if short else 5)
                    bar, said = ("", "") if short else verdict(row)
                    where = "in this process" if transport == "in_process" else "in another process"
                    times = f"{row.plain * 1e3:.2f} | {row.ours * 1e3:.2f} | {row.ratio:.2f}"
                    bytes_ = f"{row.messages} | {row.payload / 1e3:.1f} | {row.above:.1%}"
                    lines.append(f"| {where} | {count} | {batch:,} | {times} | {bytes_} | {bar} | {said} |")
    finally:
        os.environ.pop("COURSE_TRANSPORT")
        if before is not None:
            os.environ["COURSE_TRANSPORT"] = before
    return "\n".join(lines)


# ---- images ------------------------------------------------------------------------------------------------------


def digits(short: bool) -> Any:
    data = datasets.digits()
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(0))
    train, test = order[: 128 if short else 1437], order[1437:]
    return compared(8, pick(data, train), pick(data, test), epochs=1 if short else 20)


def mnist(short: bool) -> Any:
    train, test = datasets.mnist(download=False), datasets.mnist(train=False, download=False)
    return compared(28, (train.features, train.labels), (test.features, test.labels), epochs=3)


def pick(data: datasets.Dataset, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return data.features[rows], data.labels[rows]


def compared(side: int, train: Any, test: Any, epochs: int) -> sy.splitnn.Comparison:
    torch.manual_seed(0)
    return sy.splitnn.compare_splits(sy.splitnn.image_stages(side), train, test, epochs=epochs, lr=0.2)


def images(name: str, make: Callable[[bool], sy.splitnn.Comparison], short: bool, kept: bool) -> str:
    """The comparison as a table, and its picture beside it where it is kept."""
    result = make(short)
    apart = max(row["apart"] for row in result.rows)
    if not apart < 1e-3:
        raise SystemExit(f"parameters of the parts end {apart:.1e} from those of the whole network")
    whole = result.rows[0]["seconds"]
    lines = ["| parts | accuracy | parameters apart, at most | MB an epoch | messages an epoch | with values |"
             " s an epoch | times whole |", "|---|---:|---:|---:|---:|---:|---:|---:|"]  # fmt: skip
    for row in result.rows:
        parts = "the whole network" if row["parts"] == 1 else row["parts"]
        lines.append(
            f"| {parts} | {row['accuracy']:.4f} | {row['apart']:.1e} | {row['MB']:.1f} | {row['messages']:,} |"
            f" {row['values']:,} | {row['seconds']:.2f} | {row['seconds'] / whole:.2f} |"
        )
    if kept:
        file = PICTURES / f"split-{name}.svg"
        file.write_text(result.svg + "\n", encoding="utf-8")
        lines += ["", f"![The table above as four bar charts](../docs/{file.name})"]
    return "\n".join(lines)


# ---- all of it ---------------------------------------------------------------------------------------------------

TITLES = {
    "relays": "Relays: a training step in parts, ours to plain",
    "digits": "Digits (1,437 images of 8 x 8), a small CNN in one piece and in parts",
    "mnist": "MNIST (60,000 images of 28 x 28), a small CNN in one piece and in parts",
}


def measured(part: str, short: bool, kept: bool) -> str:
    if part == "relays":
        return relays(short)
    return images(part, {"digits": digits, "mnist": mnist}[part], short, kept)


def has_mnist() -> bool:
    try:
        datasets.mnist(train=False, download=False)
    except datasets.DatasetError:
        return False
    return True


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--only", nargs="+", choices=list(TITLES), metavar="PART", help=", ".join(TITLES))
    parser.add_argument("--short", action="store_true", help="small sizes, without MNIST: do results agree?")
    parser.add_argument("--keep", action="store_true", help="put tables into benchmarks/README.md, pictures into docs/")
    options = parser.parse_args()
    torch.set_num_threads(1)
    usual = ["relays", "digits", *(["mnist"] if not options.short and has_mnist() else [])]
    for part in options.only or usual:
        where = machine()
        text = f"### {TITLES[part]}\n\n{where}\n\n{measured(part, options.short, options.keep)}"
        print(text, flush=True)
        print()
        if options.keep:
            keep("splitnn", part, text)


if __name__ == "__main__":
    main()
