"""Secret sharing, timed: operations, networks and a training step on shares, beside other libraries where they are.

    python benchmarks/smpc.py                    # all parts but the peers, printed
    python benchmarks/smpc.py --keep             # and kept in benchmarks/README.md
    python benchmarks/smpc.py --only rows growth # some parts; --help names them all
    python benchmarks/smpc.py --peers KIT        # the rows beside CrypTen and SPU, in one run
    python benchmarks/smpc.py --short            # small sizes, one round each: do results agree?

A row is one call on secrets, with 18 bits after the point, all parties in this process, the dealer too: its share of
the time is in the total and is shown apart, because its work can be done before the secrets are known. Nobody looks
whether a product leaves the ring (`sy.check_products(False)`), but in the part that tells what this costs. The error is
the largest distance of any number from float64. KIT is a folder with `run.sh` that installs and times the peers: there
every party has a process of its own, over loopback, and a trusted first party stands for the dealer.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import torch
import torch.nn.functional as F
from measure import keep, machine
from torch import Tensor, nn

import course as sy
from course.smpc import ring
from course.smpc.dealer import Dealer
from course.smpc.fixed_precision import FixedPrecisionTensor

BITS = 18
hook = sy.TorchHook(torch, verbose=False)


# ---- rows ------------------------------------------------------------------------------------------------------------


def uniform(low: float, high: float, *shape: int) -> Tensor:
    return torch.rand(shape) * (high - low) + low


def fan_in(layer: nn.Module) -> nn.Module:
    """Weights normal(0, 1 / sqrt(fan-in)), biases normal(0, 0.1)."""
    with torch.no_grad():
        layer.weight.normal_(0, layer.weight[0].numel() ** -0.5)  # type: ignore[operator,index]
        layer.bias.normal_(0, 0.1)  # type: ignore[union-attr,operator]
    return layer


def mlp() -> nn.Module:
    return nn.Sequential(fan_in(nn.Linear(784, 128)), nn.ReLU(), fan_in(nn.Linear(128, 10)))


def lenet() -> nn.Module:
    return nn.Sequential(
        fan_in(nn.Conv2d(1, 6, 5, padding=2)), nn.ReLU(), nn.MaxPool2d(2),
        fan_in(nn.Conv2d(6, 16, 5)), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        fan_in(nn.Linear(400, 120)), nn.ReLU(), fan_in(nn.Linear(120, 84)), nn.ReLU(), fan_in(nn.Linear(84, 10)),
    )  # fmt: skip


def infer(x: Any, model: nn.Module) -> Any:
    with torch.no_grad():
        return model(x)


def train(x: Any, model: nn.Module, y: Any) -> tuple[Any, ...]:
    """One SGD step on the mean squared error over all outputs, from fresh weights: the loss, the new parameters."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss = F.mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    return loss, *model.parameters()


def one_hot() -> Tensor:
    return F.one_hot(torch.randint(0, 10, (32,)), 10).float()


Row = tuple[Callable[[], list[Any]], Callable[..., Any]]
ROWS: dict[str, Row] = {
    "mul_1e4": (lambda: [uniform(-4, 4, 10**4), uniform(-4, 4, 10**4)], torch.mul),
    "mul_1e6": (lambda: [uniform(-4, 4, 10**6), uniform(-4, 4, 10**6)], torch.mul),
    "matmul_256": (lambda: [torch.randn(256, 256), torch.randn(256, 256)], torch.matmul),
    "matmul_1024": (lambda: [torch.randn(1024, 1024), torch.randn(1024, 1024)], torch.matmul),
    "relu_1e4": (lambda: [uniform(-4, 4, 10**4)], torch.relu),
    "relu_1e6": (lambda: [uniform(-4, 4, 10**6)], torch.relu),
    "softmax_128x10": (lambda: [3 * torch.randn(128, 10)], lambda x: F.softmax(x, -1)),
    "argmax_128x10": (lambda: [3 * torch.randn(128, 10)], lambda x: x.argmax(-1)),
    "sigmoid_1e4": (lambda: [uniform(-8, 8, 10**4)], torch.sigmoid),
    "exp_1e4": (lambda: [uniform(-8, 2, 10**4)], torch.exp),
    "reciprocal_1e4": (lambda: [uniform(0.5, 20, 10**4)], torch.reciprocal),
    "log_1e4": (lambda: [uniform(0.5, 20, 10**4)], torch.log),
    "mlp_infer_784_128_10_b32": (lambda: [torch.rand(32, 784), mlp()], infer),
    "lenet_infer_b16": (lambda: [torch.rand(16, 1, 28, 28), lenet()], infer),
    "mlp_train_784_128_10_b32": (lambda: [torch.rand(32, 784), mlp(), one_hot()], train),
}
SHORT = ["mul_1e4", "relu_1e4", "softmax_128x10", "mlp_train_784_128_10_b32"]
CHECKED = ["mul_1e4", "mul_1e6", "matmul_256", "mlp_infer_784_128_10_b32", "mlp_train_784_128_10_b32"]


def workers(count: int) -> tuple[list[Any], Any]:
    return [sy.VirtualWorker(hook, id=f"holder {i}") for i in range(count)], sy.VirtualWorker(hook, id="dealer")


def shared(value: Any, count: int) -> Any:
    """A tensor, or a model, as a secret of so many holders."""
    holders, dealer = workers(count)
    if isinstance(value, nn.Module):
        return value.encrypt(*holders, crypto_provider=dealer, precision_fractional=BITS, base=2)
    return value.fix_precision(BITS, base=2).share(*holders, crypto_provider=dealer)


def opened(result: Any) -> list[Tensor]:
    values = [part.virtual_get() for part in (result if isinstance(result, tuple) else (result,))]
    return [v.child.double() / v.precision.scale if isinstance(v, FixedPrecisionTensor) else v.double() for v in values]


def in_float64(make: Callable[[], list[Any]], call: Callable[..., Any]) -> list[Tensor]:
    """The row in plain torch, in float64, on the same inputs."""
    torch.manual_seed(0)
    inputs = [value.double() for value in make()]
    result = call(*inputs)
    return [part.detach().double() for part in (result if isinstance(result, tuple) else (result,))]


@contextmanager
def dealing(seconds: list[float]) -> Any:
    """Add up how long dealers work."""
    deal = Dealer.deal

    def timed(self: Dealer, *args: Any) -> Any:
        start = time.perf_counter()
        try:
            return deal(self, *args)
        finally:
            seconds[-1] += time.perf_counter() - start

    Dealer.deal = timed  # type: ignore[method-assign]
    try:
        yield
    finally:
        Dealer.deal = deal  # type: ignore[method-assign]


def run_row(name: str, count: int, least: int = 5, least_seconds: float = 2) -> dict[str, Any]:
    """Time a row: one warm-up, then at least so many calls and seconds. As the kit's line of JSON."""
    make, call = ROWS[name]

    def inputs() -> list[Any]:
        torch.manual_seed(0)
        return [shared(value, count) for value in make()]

    ready = inputs()
    with sy.record() as log:
        result = call(*ready)
    error = max((a - b).abs().max().item() for a, b in zip(opened(result), in_float64(make, call), strict=True))
    rows = log.rows()
    openings = [row for row in rows if row["kind"] == "open"]
    dealt = [row for row in rows if row["kind"] == "deal"]
    seconds: list[float] = []
    offline: list[float] = []
    with dealing(offline):
        while len(seconds) < least or sum(seconds) < least_seconds:
            if call is train:
                ready = inputs()
            offline.append(0)
            start = time.perf_counter()
            call(*ready)
            seconds.append(time.perf_counter() - start)
    return {
        "peer": "course",
        "version": torch.__version__,
        "parties": count,
        "row": name,
        "ms_median": round(1e3 * median(seconds), 3),
        "ms_min": round(1e3 * min(seconds), 3),
        "ms_offline": round(1e3 * median(offline), 3),
        "bytes": sum(row["bytes"] for row in openings),
        "bytes_offline": sum(row["bytes"] for row in dealt),
        "rounds": len(openings) // (count * (count - 1)),
        "max_abs_error": error,
    }


def rows(short: bool) -> str:
    lines = ["| a call on secrets | parties | ms | of that dealing | rounds | opened, MB | dealt, MB | largest error |"]
    lines.append("|---|---:|---:|---:|---:|---:|---:|---:|")
    for count in (2, 3):
        for name in SHORT if short else ROWS:
            line = run_row(name, count, 1, 0) if short else run_row(name, count)
            check_error(line)
            traffic = f"{line['bytes'] / 1e6:.2f} | {line['bytes_offline'] / 1e6:.2f}"
            times = f"{line['ms_median']:.1f} | {line['ms_offline']:.1f} | {line['rounds']}"
            lines.append(f"| {name} | {count} | {times} | {traffic} | {line['max_abs_error']:.1e} |")
            print(lines[-1], file=sys.stderr)
    return "\n".join(lines)


def check_error(line: dict[str, Any]) -> None:
    """Exit where a result is not that of float64, to a thousandth."""
    if not line["max_abs_error"] < 1e-2:
        sys.exit(f"{line['row']} is off by {line['max_abs_error']}")


# ---- the ring product ------------------------------------------------------------------------------------------------


def products(short: bool) -> str:
    """A matrix product on shares, to the local ring products that its parties need: n of inner size 2 k."""
    lines = ["| size | parties | on shares, ms | without the dealer | n local products, ms | ratio | online ratio |"]
    lines.append("|---:|---:|---:|---:|---:|---:|---:|")
    for size in (64,) if short else (256, 512, 1024):
        for count in (2, 3):
            pairs = [product_and_local(size, count) for _ in range(7)]
            ours, offline, local = [1e3 * median(column) for column in zip(*pairs, strict=True)]
            ratio = median(one / other for one, _, other in pairs)
            online = median((one - dealt) / other for one, dealt, other in pairs)
            times = f"{ours:.1f} | {ours - offline:.1f} | {local:.1f}"
            lines.append(f"| {size} | {count} | {times} | {ratio:.2f} | {online:.2f} |")
    return "\n".join(lines) + "\n\nBar: 2, for what the parties do (without the dealer)."


def product_and_local(size: int, count: int) -> tuple[float, float, float]:
    """Seconds of a product on shares, of its dealer alone, and of the ring products that its parties need."""
    x, y = [shared(torch.randn(size, size), count) for _ in range(2)]
    left, right = [torch.randint(-(2**62), 2**62, shape) for shape in ((size, 2 * size), (2 * size, size))]
    offline = [0.0]
    with dealing(offline):
        start = time.perf_counter()
        _ = x @ y
        middle = time.perf_counter()
    for _party in range(count):
        ring.matmul(left, right)
    return middle - start, offline[0], time.perf_counter() - middle


# ---- the check of products -------------------------------------------------------------------------------------------


def checked(short: bool) -> str:
    """The same with the check of products, which is made before the first result is opened (`course/smpc/exact.py`)."""
    lines = ["| a call on secrets, and get() | parties | unchecked, ms | checked, ms | ratio |"]
    lines.append("|---|---:|---:|---:|---:|")
    for name in SHORT[:1] if short else CHECKED:
        for count in (2, 3):
            trials = range(3 if short else 12)
            _, *pairs = [[call_and_get(name, count, check) for check in (False, True)] for _ in trials]
            without, with_check = [1e3 * median(column) for column in zip(*pairs, strict=True)]
            ratio = median(one / other for other, one in pairs)
            lines.append(f"| {name} | {count} | {without:.1f} | {with_check:.1f} | {ratio:.2f} |")
    return "\n".join(lines)


def call_and_get(name: str, count: int, check: bool) -> float:
    """Seconds of a row and of opening its first result."""
    make, call = ROWS[name]
    ready = [shared(value, count) for value in make()]
    with sy.check_products(check):
        start = time.perf_counter()
        result = call(*ready)
        (result[0] if isinstance(result, tuple) else result).get()
        return time.perf_counter() - start


# ---- growth ----------------------------------------------------------------------------------------------------------


def growth(short: bool) -> str:
    """Nanoseconds a number, from few to many numbers and parties."""
    sizes = (10**3, 10**4) if short else (10**3, 10**4, 10**5, 10**6)
    calls: dict[str, Callable[[Any], Any]] = {"mul": lambda x: x * x, "relu": torch.relu, "exp": torch.exp}
    lines = ["| ns a number | parties | " + " | ".join(f"{size:,}" for size in sizes) + " |"]
    lines.append("|---|---:|" + "---:|" * len(sizes))
    for name, call in calls.items():
        for count in (2, 3, 5):
            cells = []
            for size in sizes:
                x = shared(uniform(-4, 4, size), count)
                times = [timed(call, x) for _ in range(2 if short else 4)][1:]
                cells.append(f"{median(times) / size * 1e9:.0f}")
            lines.append(f"| {name} | {count} | {' | '.join(cells)} |")
    return "\n".join(lines)


def timed(call: Callable[[Any], Any], x: Any) -> float:
    start = time.perf_counter()
    call(x)
    return time.perf_counter() - start


# ---- peers -----------------------------------------------------------------------------------------------------------


def peers(kit: Path) -> str:
    """Run the peers and the rows in one run of the kit; a table of ratios to ours."""
    itself = [sys.executable, str(Path(__file__).resolve()), "--lines"]
    subprocess.run([str(kit / "run.sh"), "smpc", "--", *itself], check=True)
    newest = max((kit / "results").glob("*.jsonl"), key=lambda path: path.stat().st_mtime)
    return peer_table([json.loads(text) for text in newest.read_text().splitlines()])


def peer_table(lines: list[dict[str, Any]]) -> str:
    """Milliseconds of each library, how many times ours the best of the others takes, and the largest errors."""
    cells = {(line["row"], line["parties"], line["peer"]): line for line in lines if "row" in line}
    names = sorted({peer for _, _, peer in cells} - {"course"})
    heads = " | ".join(f"{name}, ms" for name in names)
    made = [f"| row | parties | ours, ms | {heads} | best / ours | errors: ours, others |"]
    made.append("|---|---:|---:|" + "---:|" * (len(names) + 2))
    for row in ROWS:
        for count in (2, 3):
            ours = cells.get((row, count, "course"))
            if ours is None:
                continue
            others = {name: cells[row, count, name] for name in names if (row, count, name) in cells}
            best = min(line["ms_median"] for line in others.values())
            times = " | ".join(f"{others[name]['ms_median']:.0f}" if name in others else "-" for name in names)
            errors = ", ".join(f"{line['max_abs_error']:.0e}" for line in others.values())
            ratio = f"{best / ours['ms_median']:.1f} | {ours['max_abs_error']:.0e}, {errors}"
            made.append(f"| {row} | {count} | {ours['ms_median']:.1f} | {times} | {ratio} |")
    return "\n".join(made)


def print_lines() -> None:
    """Our rows as the kit's lines of JSON."""
    for count in (2, 3):
        for name in ROWS:
            print(json.dumps(run_row(name, count)), flush=True)


# ---- all of it -------------------------------------------------------------------------------------------------------

PARTS: dict[str, tuple[str, Callable[[bool], str]]] = {
    "rows": ("Secret sharing: operations, networks, a training step", rows),
    "products": ("Secret sharing: a matrix product to local ring products", products),
    "checked": ("Secret sharing: what the check of products costs", checked),
    "growth": ("Secret sharing, growing", growth),
}


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--only", nargs="+", choices=list(PARTS), metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--short", action="store_true", help="small sizes: do results agree?")
    parser.add_argument("--peers", type=Path, metavar="KIT", help="compare with CrypTen and SPU, by this kit")
    parser.add_argument("--keep", action="store_true", help="put the tables into benchmarks/README.md")
    parser.add_argument("--lines", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(min(2, os.cpu_count() or 1))
    sy.check_products(False)
    if options.lines:
        print_lines()
        return
    chosen = options.only or ([] if options.peers else list(PARTS))
    for part in [*chosen, *(["peers"] if options.peers else [])]:
        where = machine()
        beside = "Secret sharing beside other libraries, in one run", lambda short: peers(options.peers)
        title, make = PARTS.get(part, beside)
        text = f"### {title}\n\n{where}\n\n{make(options.short)}"
        print(text, flush=True)
        print()
        if options.keep:
            keep("smpc", part, text)


if __name__ == "__main__":
    main()
