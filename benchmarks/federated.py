"""Federated learning against plain torch, against other libraries and against a paper: ratios, taken in one run.

    python benchmarks/federated.py                       # pointers, fleet, growth, paper: about ten minutes
    python benchmarks/federated.py --only W1 growth      # some parts; --help names them all
    python benchmarks/federated.py --short               # small sizes, no bars: fails only if results differ
    python benchmarks/federated.py --peers KIT           # W1, W2 and W2_cnn beside Flower and pfl-research
    python benchmarks/federated.py --keep                # also put the tables into benchmarks/README.md

W1: 653 clients of one row with 42 features, network 42-30-20-10-5-2, 5 local epochs, all clients each round. W2: 100
clients of 600 images 28x28, 10 a round, one epoch, batches of 32, network 784-128-10; W2_cnn with two convolutions. The
plain loop is FedAvg as one would first write it: a copy of the model and a torch.optim.SGD for each client. It must end
with the same weights before anything is timed. Both sides alternate, on one thread; a row shows medians of CPU seconds
a round, and the median ratios of CPU and of wall time. KIT is a folder with `run.sh` that installs and times the peers.
`paper` is McMahan et al. 2017 on MNIST (COURSE_DATA or the cache), its 2NN rows; `cnn` its CNN rows, hours on a CPU.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from measure import check_same, clocks, keep, machine
from torch import nn

import course as sy
from course.federated import chance

Data = list[tuple[torch.Tensor, torch.Tensor]]


@dataclass(frozen=True)
class Work:
    """One federated task: its clients' data, its model, and the local training."""

    data: Callable[[int], Data]
    layers: Callable[[], nn.Module]
    clients: int
    per_round: int
    epochs: int
    batch_size: int | None
    lr: float

    def model(self) -> nn.Module:
        torch.manual_seed(0)
        return self.layers()

    @property
    def settings(self) -> dict[str, Any]:
        return {"per_round": self.per_round, "epochs": self.epochs, "batch_size": self.batch_size, "lr": self.lr}


def rows_of_42(clients: int) -> Data:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(clients, 1, 42, generator=generator)
    return list(zip(x, (x @ torch.randn(42, generator=generator) > 0).long(), strict=True))


def images(clients: int, rows: int = 600) -> Data:
    generator = torch.Generator().manual_seed(0)
    prototypes = torch.randn(10, 1, 28, 28, generator=generator)
    y = torch.randint(0, 10, (clients, rows), generator=generator)
    return list(zip(prototypes[y] + torch.randn(clients, rows, 1, 28, 28, generator=generator), y, strict=True))


def small_network() -> nn.Module:
    sizes = [42, 30, 20, 10, 5, 2]
    layers = [part for pair in zip(sizes, sizes[1:], strict=False) for part in (nn.Linear(*pair), nn.ReLU())]
    return nn.Sequential(*layers[:-1])


def mlp() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


def small_cnn() -> nn.Module:
    convolutions = nn.Conv2d(1, 8, 5, 2, 2), nn.ReLU(), nn.Conv2d(8, 16, 5, 2, 2), nn.ReLU()
    return nn.Sequential(*convolutions, nn.Flatten(), nn.Linear(784, 10))


WORKS = {
    "W1": Work(rows_of_42, small_network, clients=653, per_round=653, epochs=5, batch_size=None, lr=0.001),
    "W2": Work(images, mlp, clients=100, per_round=10, epochs=1, batch_size=32, lr=0.05),
    "W2_cnn": Work(images, small_cnn, clients=100, per_round=10, epochs=1, batch_size=32, lr=0.05),
}


def few_images(clients: int) -> Data:
    return images(clients, 50)


SHORT = {
    "W1": Work(rows_of_42, small_network, clients=40, per_round=40, epochs=2, batch_size=None, lr=0.001),
    "W2": Work(few_images, mlp, clients=8, per_round=4, epochs=1, batch_size=32, lr=0.05),
    "W2_cnn": Work(few_images, small_cnn, clients=8, per_round=4, epochs=1, batch_size=32, lr=0.05),
}


# ---- plain torch -------------------------------------------------------------------------------------------------


def plain_round(model: nn.Module, data: Data, work: Work, number: int) -> nn.Module:
    """One round of FedAvg, client by client; the order of the rows is that of the same seed in the library."""
    updates = []
    for client in chance.sample(len(data), work.per_round, 0, number):
        x, y = data[client]
        mine = copy.deepcopy(model)
        optimizer = torch.optim.SGD(mine.parameters(), lr=work.lr)
        for epoch in range(work.epochs):
            for inputs, targets in batches(x, y, work, number, client, epoch):
                optimizer.zero_grad()
                F.cross_entropy(mine(inputs), targets).backward()
                optimizer.step()
        updates.append((len(y), mine.state_dict()))
    rows = sum(count for count, _ in updates)
    mean = {name: sum(count / rows * state[name].double() for count, state in updates) for name in updates[0][1]}
    after = copy.deepcopy(model)
    after.load_state_dict(mean)
    return after


def batches(x: torch.Tensor, y: torch.Tensor, work: Work, number: int, client: int, epoch: int) -> Any:
    if work.batch_size is None:
        return [(x, y)]
    order = chance.order(len(y), 0, number, client, epoch).split(work.batch_size)
    return [(x[rows], y[rows]) for rows in order]


# ---- measuring ---------------------------------------------------------------------------------------------------


@dataclass
class Row:
    """One line of a table."""

    what: str
    plain: float  # CPU seconds
    ours: float
    cpu: float  # ratios
    wall: float
    bar: str = ""
    cleared: bool | None = None


def side_by_side(
    what: str, plain: Callable[[], object], ours: Callable[[], object], repeats: int, bar: float | None, slower: bool
) -> Row:
    """Both in alternation after a warm-up. `slower`: the ratio is ours to plain, at most `bar`; else plain to ours.

    Without a bar nothing is judged.
    """
    plain(), ours()
    pairs = [(clocks(plain), clocks(ours)) for _ in range(repeats)]
    ratios = [(b / a, d / c) if slower else (a / b, c / d) for (a, c), (b, d) in pairs]
    cpu, wall = (statistics.median(ratio[at] for ratio in ratios) for at in (0, 1))
    base, mine = (statistics.median(pair[at][0] for pair in pairs) for at in (0, 1))
    if bar is None:
        return Row(what, base, mine, cpu, wall)
    cleared = cpu <= bar if slower else cpu >= bar
    return Row(what, base, mine, cpu, wall, f"at {'most' if slower else 'least'} {bar:g}", cleared)


def table(rows: Sequence[Row]) -> str:
    lines = ["| a round | plain, CPU s | ours, CPU s | ratio, CPU | ratio, wall | bar | |"]
    lines.append("|---|---:|---:|---:|---:|---|---|")
    for row in rows:
        verdict = "" if row.cleared is None else "cleared" if row.cleared else "NOT cleared"
        numbers = f"{row.plain:.4f} | {row.ours:.4f} | {row.cpu:.2f} | {row.wall:.2f}"
        lines.append(f"| {row.what} | {numbers} | {row.bar} | {verdict} |")
    return "\n".join(lines)


# ---- pointers ----------------------------------------------------------------------------------------------------


def pointers(short: bool) -> str:
    """A round over workers of one row each: by hand as in the old notebook, as a Federation, with a training plan."""
    work = (SHORT if short else WORKS)["W1"]
    data, start = work.data(work.clients), work.model()
    hook = sy.TorchHook(torch)
    names = sy.people(work.clients)
    secure = sy.VirtualWorker(hook, id="secure_worker")
    there = [
        (x.send(worker), y.send(worker))  # type: ignore[attr-defined]
        for (x, y), worker in zip(data, [sy.VirtualWorker(hook, id=name) for name in names], strict=True)
    ]
    plan = training_plan(start, work, data[0])
    plans = {x.location.id: plan.send(x.location) for x, _ in there}  # once, before the first round

    def by_plan(model: nn.Module, x: Any, y: Any) -> Any:
        return plans[x.location.id](x, y, *model.parameters())

    def plain() -> nn.Module:
        return plain_round(start, data, work, 1)

    def federation(**how: Any) -> nn.Module:
        model = copy.deepcopy(start)
        sy.Federation(model, there, aggregator=secure, **how).run(epochs=work.epochs, lr=work.lr)
        return model

    ways = {
        "send, move, federated_avg, by hand": (lambda: by_hand(start, there, secure, work), 3.0),
        "sy.Federation": (federation, 3.0),
        "sy.Federation, a training plan": (lambda: federation(train=by_plan), 1.3),
    }
    rows = []
    for name, (way, bar) in ways.items():
        check_same(plain(), way(), start)
        what = f"{work.clients} workers of one row, {work.epochs} local epochs: {name}"
        rows.append(side_by_side(what, plain, way, 1 if short else 5, None if short else bar, slower=True))
    sy.reset()
    return table(rows)


def by_hand(start: nn.Module, there: Any, secure: sy.VirtualWorker, work: Work) -> nn.Module:
    """As the old notebook has it: a copy to each worker, back by way of the secure worker, and the mean there."""
    models = {}
    for x, y in there:
        model = start.copy().send(x.location)  # type: ignore[operator]
        optimizer = torch.optim.SGD(model.parameters(), lr=work.lr)
        for _ in range(work.epochs):
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
        optimizer.zero_grad()
        models[x.location.id] = model.move(secure)
    mean: nn.Module = sy.federated_avg(models).get()  # type: ignore[operator]
    return mean


def training_plan(model: nn.Module, work: Work, example: tuple[torch.Tensor, torch.Tensor]) -> Any:
    """The local epochs of one client as one plan, which changes the weights it is given in place."""

    @sy.func2plan()
    def steps(x: Any, y: Any, *weights: Any) -> Any:
        for _ in range(work.epochs):
            hidden = x
            for at in range(0, len(weights), 2):
                hidden = F.linear(F.relu(hidden) if at else hidden, weights[at], weights[at + 1])
            loss = F.cross_entropy(hidden, y)
            gradients = torch.autograd.grad(loss, weights)
            with torch.no_grad():
                for weight, gradient in zip(weights, gradients, strict=True):
                    weight.sub_(gradient, alpha=work.lr)
        return loss

    steps.build(*example, *model.parameters())
    return steps


# ---- fleet -------------------------------------------------------------------------------------------------------

BARS = {"W1": 40.0, "W2": 1.0, "W2_cnn": 1.0}


def fleet(name: str, short: bool) -> str:
    """One round of a fleet, through the strategies' public API, against the plain loop."""
    work = (SHORT if short else WORKS)[name]
    data, start = work.data(work.clients), work.model()
    trained = copy.deepcopy(start)
    sy.Fleet(trained, data).run(sy.FedAvg(), rounds=1, **work.settings)
    check_same(plain_round(start, data, work, 1), trained, start)
    ours = sy.Fleet(copy.deepcopy(start), data)
    what = f"{name}: {work.per_round} of {work.clients} clients"
    repeats = 1 if short else 5 if name == "W1" else 15

    def plain() -> nn.Module:
        return plain_round(start, data, work, 1)

    def one_round() -> sy.History:
        return ours.run(sy.FedAvg(), **work.settings)

    row = side_by_side(what, plain, one_round, repeats, None if short else BARS[name], slower=False)
    return table([row])


def growth(short: bool) -> str:
    """W1 with 10 to 10,000 clients: time for each, and the most memory that torch's tensors hold in a round."""
    lines = ["| clients | µs a client, CPU | peak of tensors in a round, MB | of that a client, kB |"]
    lines.append("|---:|---:|---:|---:|")
    times, peaks = {}, {}
    for count in (10, 100) if short else (10, 100, 1_000, 10_000):
        ours = sy.Fleet(small_network(), rows_of_42(count))
        run = lambda ours=ours: ours.run(sy.FedAvg(), epochs=5, lr=0.001)  # noqa: E731
        run()
        times[count] = statistics.median(clocks(run)[0] for _ in range(2 if short else 7)) / count * 1e6
        peaks[count] = peak(run)
        each = peaks[count] / count
        lines.append(f"| {count:,} | {times[count]:.0f} | {peaks[count] / 1e6:.1f} | {each / 1e3:.1f} |")
    if not short:
        more = times[10_000] / times[1_000], peaks[10_000] / peaks[1_000]
        lines.append(f"\nFrom 1,000 to 10,000 clients: time a client x {more[0]:.2f}, peak x {more[1]:.2f}.")
    return "\n".join(lines)


def peak(run: Callable[[], object]) -> int:
    """The most bytes that torch's tensors held at once while this ran, above those at the start."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        run()
    held = most = 0
    for event in sorted(profile.profiler.kineto_results.events(), key=lambda event: event.start_ns()):  # type: ignore
        if event.name() == "[memory]":
            held += event.nbytes()
            most = max(most, held)
    return most


# ---- a paper's table ---------------------------------------------------------------------------------------------


def two_layers() -> nn.Module:
    """The paper's 2NN, 199,210 parameters."""
    return nn.Sequential(nn.Linear(784, 200), nn.ReLU(), nn.Linear(200, 200), nn.ReLU(), nn.Linear(200, 10))


class PaperCNN(nn.Sequential):
    """The paper's CNN, 1,663,370 parameters."""

    def __init__(self) -> None:
        first = nn.Unflatten(1, (1, 28, 28)), nn.Conv2d(1, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)
        second = nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()
        super().__init__(*first, *second, nn.Linear(3136, 512), nn.ReLU(), nn.Linear(512, 10))


@dataclass(frozen=True)
class PaperRow:
    """A row of McMahan et al. 2017, table 2: local epochs, batch size, learning rate (ours), rounds IID and non-IID."""

    model: Callable[[], nn.Module]
    target: float
    epochs: int
    batch_size: int | None
    lr: float
    iid: int
    non_iid: int

    @property
    def name(self) -> str:
        kind = "2NN" if self.model is two_layers else "CNN"
        return f"{kind} E={self.epochs} B={self.batch_size or 'inf'}"


TWO_NN = [
    PaperRow(two_layers, 0.97, 1, None, 0.6, 1474, 1796),
    PaperRow(two_layers, 0.97, 1, 10, 0.1, 87, 664),
]
CNN = [
    PaperRow(PaperCNN, 0.99, epochs, batch, lr, iid, non_iid)
    for epochs, batch, lr, iid, non_iid in [
        (1, None, 0.2, 626, 483),
        (5, None, 0.2, 179, 1000),
        (1, 50, 0.1, 65, 600),
        (20, None, 0.1, 234, 672),
        (1, 10, 0.05, 34, 350),
        (5, 50, 0.1, 29, 334),
        (20, 50, 0.05, 32, 426),
        (5, 10, 0.05, 20, 229),
        (20, 10, 0.05, 18, 173),
    ]
]


def mnist() -> tuple[tuple[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]:
    """(inputs, labels) for training and for testing, flat pixels from 0 to 1."""
    from course.datasets import mnist as digits

    found = [digits(train=train) for train in (True, False)]
    first, second = [(part.features.reshape(-1, 784), part.labels) for part in found]
    return first, second


def owners(labels: torch.Tensor, iid: bool) -> list[torch.Tensor]:
    """100 clients of 600: shuffled, or two of 200 shards of 300 rows sorted by label."""
    generator = torch.Generator().manual_seed(0)
    if iid:
        return list(torch.randperm(len(labels), generator=generator).split(600))
    shards = labels.argsort(stable=True).split(300)
    drawn = torch.randperm(200, generator=generator).tolist()
    return [torch.cat([shards[a], shards[b]]) for a, b in zip(drawn[::2], drawn[1::2], strict=True)]


def rounds_to(row: PaperRow, iid: bool, most: int) -> tuple[float, float]:
    """Rounds until the best test accuracy so far reaches the target, between two rounds by a line; and seconds."""
    (x, y), (test_x, test_y) = mnist()
    torch.manual_seed(0)
    clients = [(x[rows], y[rows]) for rows in owners(y, iid)]

    def accuracy(model: nn.Module) -> float:
        return (model(test_x).argmax(1) == test_y).float().mean().item()

    started = time.perf_counter()
    history = sy.Fleet(row.model(), clients).run(
        sy.FedAvg(),
        rounds=most,
        per_round=0.1,
        epochs=row.epochs,
        batch_size=row.batch_size,
        lr=row.lr,
        evaluate=accuracy,
        until=lambda found: found["accuracy"] >= row.target,
    )
    best = history["accuracy"].cummax().tolist()
    seconds = time.perf_counter() - started
    if best[-1] < row.target:
        return float("inf"), seconds
    before = best[-2] if len(best) > 1 else 0.0
    return len(best) - 1 + (row.target - before) / (best[-1] - before), seconds


def paper(rows: Sequence[PaperRow]) -> str:
    """Our rounds beside the paper's, and the gate: at most the paper's, non-IID over IID above 3 for small batches."""
    lines = [
        "| row | rate | IID: paper | ours | s | non-IID: paper | ours | s | non-IID over IID | at most the paper's |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---|",
    ]
    found = {}
    for row in rows:
        (iid, s), (non_iid, t) = rounds_to(row, True, row.iid), rounds_to(row, False, row.non_iid)
        found[row.name] = iid, non_iid
        verdict = "yes" if iid <= row.iid and non_iid <= row.non_iid else "NO"
        lines.append(
            f"| {row.name} | {row.lr} | {row.iid} | {iid:.0f} | {s:.0f} | {row.non_iid} | {non_iid:.0f} | {t:.0f} |"
            f" {non_iid / iid:.1f} | {verdict} |"
        )
        print(lines[-1], file=sys.stderr)
    for at, kind in enumerate(("IID", "non-IID")):
        ours = sorted(rows, key=lambda row, at=at: found[row.name][at])
        theirs = sorted(rows, key=lambda row, at=at: (row.iid, row.non_iid)[at])
        same = "the same" if ours == theirs else f"ANOTHER: {', '.join(row.name for row in ours)}"
        lines.append(f"\nOrder of the rows, {kind}: {same}.")
    return "\n".join(lines)


# ---- peers -------------------------------------------------------------------------------------------------------


def peers(kit: Path) -> str:
    """Run the peers, then the fleet on the same work, in one run of the kit; a table of ratios to the fleet."""
    itself = [sys.executable, str(Path(__file__).resolve()), "--lines"]
    subprocess.run([str(kit / "run.sh"), "fl", "--", *itself], check=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    newest = max((kit / "results").glob("*.jsonl"), key=lambda path: path.stat().st_mtime)
    return peer_table(newest)


def peer_table(results: Path) -> str:
    """Seconds a round of each peer, wall and CPU, and how many times ours they are; of a cell run twice the later."""
    lines = [json.loads(text) for text in results.read_text().splitlines()]
    cells = {(line["work"], f"{line['peer']} {line['version']}"): line for line in lines if "work" in line}
    us = f"course {torch.__version__}"
    made = ["| work | library | wall s a round | times ours | CPU s a round | times ours | first round, s |"]
    made.append("|---|---|---:|---:|---:|---:|---:|")
    for (work, peer), line in sorted(cells.items(), key=lambda cell: list(WORKS).index(cell[0][0])):
        ours, numbers = cells[work, us], []
        for field in ("s_per_round_median", "cpu_s_per_round"):
            numbers += [f"{line[field]:.4f}", "1" if peer == us else f"{line[field] / ours[field]:.1f}"]
        made.append(f"| {work} | {peer} | {' | '.join(numbers)} | {line['first_round_s']:.1f} |")
    return "\n".join(made)


def cpu_so_far(model: nn.Module) -> float:
    return time.process_time()


def print_lines() -> None:
    """The fleet on the kit's work, as the kit's lines of JSON."""
    for name, work in WORKS.items():
        model = work.model()
        data = work.data(work.clients)
        fleet = sy.Fleet(model, data)
        begun = time.perf_counter()
        history = fleet.run(sy.FedAvg(), rounds=13, evaluate=cpu_so_far, **work.settings)
        seconds, cpu = history["seconds"].tolist(), history["cpu_so_far"].tolist()
        line = {
            "peer": "course",
            "version": torch.__version__,
            "work": name,
            "s_per_round_median": round(statistics.median(seconds[1:]), 4),
            "first_round_s": round(time.perf_counter() - begun - sum(seconds[1:]), 4),
            "cpu_s_per_round": round((cpu[-1] - cpu[0]) / (len(cpu) - 1), 4),
        }
        print(json.dumps(line), flush=True)


# ---- all of it ---------------------------------------------------------------------------------------------------

PARTS: dict[str, tuple[str, Callable[[bool], str]]] = {
    "pointers": ("Pointers: FedAvg at a trusted aggregator, ours to plain", pointers),
    "W1": ("Fleet, many tiny clients, plain to ours", lambda short: fleet("W1", short)),
    "W2": ("Fleet, few large clients, plain to ours", lambda short: fleet("W2", short)),
    "W2_cnn": ("Fleet, few large clients, a CNN, plain to ours", lambda short: fleet("W2_cnn", short)),
    "growth": ("Fleet, growing", growth),
    "paper": ("McMahan et al. 2017 on MNIST: rounds to 97 % test accuracy", lambda short: paper(TWO_NN)),
    "paper_inf": ("McMahan et al. 2017 on MNIST, the first row alone", lambda short: paper(TWO_NN[:1])),
    "paper_10": ("McMahan et al. 2017 on MNIST, the second row alone", lambda short: paper(TWO_NN[1:])),
    "cnn": ("McMahan et al. 2017 on MNIST: rounds to 99 % test accuracy", lambda short: paper(CNN)),
}
USUAL = ["pointers", "W1", "W2", "W2_cnn", "growth", "paper"]


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--only", nargs="+", choices=list(PARTS), metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--short", action="store_true", help="small sizes, without the paper: do results agree?")
    parser.add_argument("--peers", type=Path, metavar="KIT", help="compare with Flower and pfl-research, by this kit")
    parser.add_argument("--keep", action="store_true", help="put the tables into benchmarks/README.md")
    parser.add_argument("--lines", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.lines:
        print_lines()
        return
    chosen = options.only or ([] if options.peers else USUAL[:-1] if options.short else USUAL)
    for part in [*chosen, *(["peers"] if options.peers else [])]:
        where = machine()
        title, make = PARTS.get(part, ("Fleet beside other libraries, in one run", lambda short: peers(options.peers)))
        text = f"### {title}\n\n{where}\n\n{make(options.short)}"
        print(text, flush=True)
        print()
        if options.keep:
            keep("federated", part, text)


if __name__ == "__main__":
    main()
