"""The price of indirection: each row is a ratio to plain torch, taken in the same run.

    python benchmarks/pointers.py                          # in one process
    COURSE_TRANSPORT=process python benchmarks/pointers.py # workers in another process (no bars)
    python benchmarks/pointers.py --short                  # the same rows in a tenth of the time, for CI

Plain and remote runs alternate; a row shows the median over the rounds of both times and of their ratio, in CPU time of
this process (the process transport: wall time, since another process does the work), garbage collector on, transcript
on. Results are checked equal to plain torch before anything is timed. The old library's figures: 0.2.9 / 0.1.23.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn, optim

import course as sy
from course.datasets import credit_approval

PROCESS = os.environ.get("COURSE_TRANSPORT") == "process"
clock = time.perf_counter if PROCESS else time.process_time


@dataclass
class Row:
    """One line of the table: times in µs (or what `unit` says), the ratio, the bar and the old library's figure."""

    what: str
    plain: float
    remote: float
    bar: str
    old: str
    cleared: bool
    unit: str = "µs"

    @property
    def ratio(self) -> float:
        return self.remote / self.plain if self.plain else float("nan")


def timed(run: Callable[[], object], times: int) -> float:
    """Microseconds of one call, over `times` calls."""
    start = clock()
    for _ in range(times):
        run()
    return (clock() - start) / times * 1e6


def side_by_side(
    plain: Callable[[], object], remote: Callable[[], object], times: int, rounds: int
) -> tuple[float, float]:
    """Median µs of both, in alternation, after a warm-up; the remote one as plain times the median ratio."""
    timed(plain, times), timed(remote, times)
    pairs = [(timed(plain, times), timed(remote, times)) for _ in range(rounds)]
    base = statistics.median(p for p, _ in pairs)
    return base, base * statistics.median(r / p for p, r in pairs)


def addition(bob: sy.VirtualWorker, rounds: int) -> Row:
    x, y = torch.tensor([1, 2, 3, 4, 5]), torch.tensor([1, 1, 1, 1, 1])
    a, b = x.send(bob), y.send(bob)
    assert torch.equal((a + b).get(), x + y)
    plain, remote = side_by_side(lambda: x + y, lambda: a + b, 2000, rounds)
    return Row("x + y, 5 numbers", plain, remote, "5", "100", remote <= 5 * plain)


def send_and_get(bob: sy.VirtualWorker, size: int, times: int, rounds: int) -> Row:
    x = torch.rand(size)
    assert torch.equal(x.send(bob).get(), x)
    plain, remote = side_by_side(x.clone, lambda: x.send(bob).get(), times, rounds)
    if size > 1000:
        return Row(f"send + get, {size:,} floats, to a clone", plain, remote, "2", "-", remote <= 2 * plain)
    cleared = remote <= max(10 * plain, 25)
    return Row(f"send + get, {size} floats, to a clone", plain, remote, "10 or 25 µs", "-", cleared)


def toy_step(bob: sy.VirtualWorker, rounds: int) -> Row:
    data, target = torch.tensor([[1.0, 1], [0, 1]]), torch.tensor([[1.0], [1]])
    plain_step = toy(data, target)
    remote_step = toy(data.send(bob), target.send(bob), bob)
    for _ in range(5):
        assert torch.equal(plain_step(), remote_step())
    plain, remote = side_by_side(plain_step, remote_step, 100, rounds)
    return Row("toy federated step, Linear(2, 1)", plain, remote, "3", "43 to 110", remote <= 3 * plain)


def toy(data: torch.Tensor, target: torch.Tensor, bob: sy.VirtualWorker | None = None) -> Callable[[], torch.Tensor]:
    torch.manual_seed(0)
    model = nn.Linear(2, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    def step() -> torch.Tensor:
        if bob is not None:
            model.send(bob)
        optimizer.zero_grad()
        loss = ((model(data) - target) ** 2).sum()
        loss.backward()
        optimizer.step()
        if bob is not None:
            model.get()
            return loss.get().detach()
        return loss.detach()

    return step


def network() -> nn.Module:
    sizes = [42, 30, 20, 10, 5, 2]
    layers: list[nn.Module] = []
    for inputs, outputs in zip(sizes, sizes[1:], strict=False):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1], nn.LogSoftmax(dim=-1))


def epoch(rows: list[tuple[torch.Tensor, torch.Tensor]]) -> Callable[[], float]:
    """The classical loop of the credit notebook over these rows, wherever they are, one at a time."""
    torch.manual_seed(42)
    model = network()
    optimizer = optim.SGD(model.parameters(), lr=0.001)
    criterion = nn.NLLLoss()

    def run() -> float:
        running = 0.0
        for data, target in rows:
            away = isinstance(data, sy.PointerTensor)
            if away:
                model.send(data.location)
            optimizer.zero_grad()
            loss = criterion(model(data).reshape(1, -1), target)
            loss.backward()
            optimizer.step()
            if away:
                model.get()
                loss = loss.get()
            running += loss.item()
        return running / len(rows)

    return run


def credit_epoch(hook: sy.TorchHook, rounds: int) -> Row:
    credit = credit_approval()
    here = [(credit.features[i], credit.labels[i : i + 1]) for i in range(len(credit))]
    workers = [sy.VirtualWorker(hook, id=name) for name in sy.people(len(here))]
    there = [(x.send(worker), y.send(worker)) for (x, y), worker in zip(here, workers, strict=True)]
    plain_epoch, remote_epoch = epoch(here), epoch(there)
    assert plain_epoch() == remote_epoch()
    plain, remote = side_by_side(plain_epoch, remote_epoch, 1, rounds)
    cleared = remote <= 2.5 * plain
    return Row("epoch over 653 one-row workers", plain / 1e3, remote / 1e3, "2.5", "28 to 306", cleared, "ms")


def where_the_time_goes(bob: sy.VirtualWorker, steps: int) -> str:
    """One step of the epoch by its parts, in µs: plain, and remote on one worker."""
    x, y = torch.rand(42), torch.tensor([1])
    plain, remote = parts_of_a_step(x, y, steps), parts_of_a_step(x.send(bob), y.send(bob), steps)
    lines = ["| part of a step of the epoch | plain | here | more |", "|---|---:|---:|---:|"]
    for name, base in plain.items():
        lines.append(f"| {name} | {base:.0f} | {remote[name]:.0f} | {remote[name] - base:.0f} |")
    return "\n".join([*lines, f"| together | {sum(plain.values()):.0f} | {sum(remote.values()):.0f} | |"])


def parts_of_a_step(data: torch.Tensor, target: torch.Tensor, steps: int) -> dict[str, float]:
    """Mean µs of each part over some steps, after as many to warm up."""
    model, criterion, away = network(), nn.NLLLoss(), isinstance(data, sy.PointerTensor)
    optimizer = optim.SGD(model.parameters(), lr=0.001)
    loss = torch.zeros(())

    def forward() -> None:
        nonlocal loss
        loss = criterion(model(data).reshape(1, -1), target)

    parts: dict[str, Callable[[], object]] = {
        "send the model": lambda: model.send(data.location) if away else None,
        "zero_grad": lambda: optimizer.zero_grad(),
        "forward, 12 operations": forward,
        "backward": lambda: loss.backward(),
        "optimizer step": lambda: optimizer.step(),
        "get the model": lambda: model.get() if away else None,
        "get the loss": lambda: loss.get() if away else loss.item(),
    }
    for total in ({}, taken := dict.fromkeys(parts, 0.0)):
        for _ in range(steps):
            for name, part in parts.items():
                total[name] = total.get(name, 0.0) + timed(part, 1) / steps
    return taken


def many_workers(hook: sy.TorchHook) -> Row:
    names = sy.people(653, seed=1)

    def make() -> None:
        sy.reset()
        for name in names:
            sy.VirtualWorker(hook, id=name)

    taken = statistics.median(timed(make, 1) for _ in range(7)) / 1e3
    return Row("making 653 workers", 0, taken, "50 ms", "-", taken <= 50, "ms")


def idle_worker(hook: sy.TorchHook) -> Row:
    names = [f"worker {n}" for n in range(1000)]
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for name in names:
        sy.VirtualWorker(hook, id=name)
    size = (tracemalloc.get_traced_memory()[0] - before) / len(names)
    tracemalloc.stop()
    return Row("an idle worker", 0, size, "4096 bytes", "-", size <= 4096, "bytes")


def import_time() -> Row:
    """With the bytecode that Python keeps beside an installed package: the first of the runs writes it."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def seconds(code: str) -> float:
        program = f"import time; s = time.perf_counter(); {code}; print(time.perf_counter() - s)"
        command = [sys.executable, "-c", program]
        return float(subprocess.run(command, check=True, capture_output=True, env=environment).stdout)

    taken = statistics.median(seconds("import torch; s = time.perf_counter(); import course") for _ in range(5)) * 1e3
    return Row("import course, after torch", 0, taken, "150 ms", "-", taken <= 150, "ms")


def table(rows: list[Row]) -> str:
    lines = ["| what | plain | here | ratio | bar | old library | |", "|---|---:|---:|---:|---:|---:|---|"]
    for row in rows:
        plain = f"{row.plain:.2f} {row.unit}" if row.plain else "-"
        ratio = f"{row.ratio:.2f}" if row.plain else "-"
        bar, verdict = ("-", "") if PROCESS else (row.bar, "cleared" if row.cleared else "NOT cleared")
        here = f"{row.remote:.2f} {row.unit}"
        lines.append(f"| {row.what} | {plain} | {here} | {ratio} | {bar} | {row.old} | {verdict} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--short", action="store_true", help="a tenth of the rounds")
    rounds = 5 if parser.parse_args().short else 51
    torch.set_num_threads(1)
    hook = sy.TorchHook(torch)
    bob = sy.VirtualWorker(hook, id="bob")
    rows = [
        addition(bob, rounds),
        send_and_get(bob, 5, 500, rounds),
        send_and_get(bob, 1_000_000, 5, rounds),
        toy_step(bob, rounds),
        credit_epoch(hook, max(3, rounds // 7)),
        many_workers(hook),
        idle_worker(hook),
        import_time(),
    ]
    print(f"torch {torch.__version__}, one thread, transport {'process' if PROCESS else 'in_process'}\n")
    print(table(rows))
    sy.reset()
    print()
    print(where_the_time_goes(sy.VirtualWorker(hook, id="bob"), 20 * rounds))


if __name__ == "__main__":
    main()
