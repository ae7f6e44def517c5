"""What the benchmarks share: clocks, the machine, whether two networks are the same, and where tables are kept."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import torch
from torch import nn

README = Path(__file__).with_name("README.md")


def clocks(run: Callable[[], object]) -> tuple[float, float]:
    """CPU and wall seconds of one call."""
    cpu, wall = time.process_time(), time.perf_counter()
    run()
    return time.process_time() - cpu, time.perf_counter() - wall


def check_same(one: nn.Module, other: nn.Module, start: nn.Module) -> None:
    """Exit unless both are the same, to a hundredth of the distance that the weights have moved."""
    one_, other_, start_ = [torch.cat([p.detach().flatten() for p in m.parameters()]) for m in (one, other, start)]
    apart, moved = (one_ - other_).abs().max().item(), (one_ - start_).abs().max().item()
    if not apart <= 1e-2 * moved:
        sys.exit(f"results differ from plain torch by {apart:.1e}, and the weights moved by {moved:.1e}")


def keep(benchmark: str, part: str, text: str) -> None:
    """Put the table of a benchmark's part into the README, between its marks."""
    begin, end = f"<!-- {benchmark} {part} -->", f"<!-- end of {part} -->"
    before = README.read_text(encoding="utf-8")
    head, found, rest = before.partition(begin)
    tail = rest.partition(end)[2] if found else "\n"
    README.write_text(f"{head.rstrip()}\n\n{begin}\n{text}\n{end}{tail}", encoding="utf-8")


def machine() -> str:
    """Where and when, and whether the machine had other work."""
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")] if (
        Path("/proc/cpuinfo").exists()
    ) else []
    name = models[0].partition(":")[2].strip() if models else platform.processor()
    load = f", load {os.getloadavg()[0]:.1f} before" if hasattr(os, "getloadavg") else ""
    python = platform.python_version()
    return f"{date.today()}, {name}, {os.cpu_count()} cores{load}; Python {python}, torch {torch.__version__}"
