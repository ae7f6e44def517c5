"""Repairs of the bug hunts of notebooks 10 to 13 that are none, as students try them: what the next cell says."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import nbformat
import pytest

SOLUTIONS = Path(__file__).resolve().parents[2] / "solutions"


def cells(name: str) -> dict[str, str]:
    (path,) = SOLUTIONS.glob(f"{name}_*.ipynb")
    return {cell.id: cell.source for cell in nbformat.read(path, as_version=4).cells}


def run(sources: list[str]) -> str:
    """What the last of these cells prints."""
    names: dict[str, Any] = {"display": lambda *shown: None}
    for source in sources:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(source, names)
    return printed.getvalue()


SPLITS = {
    "small masks": ("mask = torch.randint(1000, salary.shape)", "about how large a salary is"),
    "one mask in each call": ("mask = uniform(())", "what two people differ by"),
    "a small mask in each call": ("mask = torch.randint(1000, ())", "'what two people differ by', 'about how large"),
    "an even mask": ("mask = 2 * uniform(salary.shape)", "a bit of a share that is always the same"),
    "half of the ring": ("mask = uniform(salary.shape) & (2**63 - 1)", "a bit of a share that is always the same"),
    "a mask of its own for each": ("mask = uniform(salary.shape)", "none of these five leaks was found"),
}


@pytest.mark.parametrize("pair", ["mask, salary - mask", "salary - mask, mask", "salary + mask, -mask"])
@pytest.mark.parametrize("mask", SPLITS)
def test_theos_payroll(mask: str, pair: str) -> None:
    line, said = SPLITS[mask]
    repair = f"def theos_split(salary):\n    {line}\n    return {pair}"
    notebook = cells("10")
    months = "january, june = theos_split(torch.tensor(3200)), theos_split(torch.tensor(3450))"
    told = run([notebook["imports"], notebook["predict-5"], f"{repair}\n{months}", notebook["reveal-5"]])
    assert said in told


HIDDEN = """
def theos_less(x, y, factor):
    hidden = multiply(parties, x - y, shared({factor}))
    return int(parties.open("(x - y) * factor", hidden)[0] < 0)
"""
SIGNS = {
    "returns the sign of what it opens": (HIDDEN.format(factor="factor"), "not yet: it opens [[4284], [4284], [0]]"),
    "a large factor": (HIDDEN.format(factor="2**55 + 1"), "not yet: it opens [[252201579132747783], [252201579132747783], [0]]"),
    "opens the difference": (
        "def theos_less(x, y, factor):\n    return int(parties.open('x - y', x - y)[0] < 0)",
        "not yet: it opens [[7], [7], [0]]",
    ),
    "opens nothing": (
        "def theos_less(x, y, factor):\n    return total(negative(parties, x - y)).item()",
        "not yet: it opens [[], [], []]",
    ),
    "opens a bid beside it": (
        "def theos_less(x, y, factor):\n"
        "    parties.open('x', x * 2**41)\n"
        "    return parties.open('x < y', negative(parties, x - y))[0].item()",
        "not yet: it opens [[7036874417766400, 1], [7052267580555264, 0], [7036874417766400, 0]]",
    ),
    "returns a bid": (
        "def theos_less(x, y, factor):\n"
        "    parties.open('x < y', negative(parties, x - y))\n"
        "    return total(x).item()",
        "not yet: it opens [[1], [0], [0]]",
    ),
    "at most": (
        "def theos_less(x, y, factor):\n    return 1 - parties.open('y < x', negative(parties, y - x))[0].item()",
        "repaired: it opens only 0 or 1",
    ),
    "a bool": (
        "def theos_less(x, y, factor):\n    return bool(parties.open('x < y', negative(parties, x - y))[0])",
        "repaired: it opens only 0 or 1",
    ),
}


@pytest.mark.parametrize("repair", SIGNS)
def test_theos_fast_comparison(repair: str) -> None:
    source, said = SIGNS[repair]
    notebook = cells("11")
    before = [notebook[id] for id in ("imports", "square", "predict-5")]
    told = run([*before, "from course.smpc.comparison import negative", source, notebook["reveal-5"]])
    assert told.strip() == said


KEY = "keys[one, other]"
MASKS = {
    "one of 256 masks": (f"torch.randint(2**62, (count,), generator=torch.Generator().manual_seed({KEY}[0]))", False),
    "a number for all places": (f"mask({KEY}, 1).expand(count)", False),
    "small numbers": (f"mask({KEY}, count) % 1000", False),
    "each key's own mask": (f"mask({KEY}, count)", True),
}
CLIENTS = """
team, codes = ["alice", "bob", "claire"], list(torch.tensor([[5, -7, 2], [1, 0, 3], [4, 4, 4]]))
keys = {pair: new_key() for pair in ((0, 1), (0, 2), (1, 2))}
"""


@pytest.mark.parametrize("repair", MASKS)
def test_theos_masks_without_keys(repair: str) -> None:
    drawn, is_right = MASKS[repair]
    notebook = cells("12")
    source = f"def theos_mask(keys, one, other, count):\n    return {drawn}"
    told = run([notebook["imports"], CLIENTS, source, notebook["reveal-5"]])
    assert told.strip() == f"repaired: the sum is right, nobody is read, and each mask is its key's: {is_right}"


STEPS = """
    for start in range(0, 120, 40):
        opt.zero_grad()
        errors = model(x[start : start + 40]) - target[start : start + 40]
        (errors**2).sum(dim=1).mean().backward()
        opt.step()
"""
LOOPS = {
    "its own optimizer": (f"    opt = optim.SGD(model.parameters(), lr=0.05){STEPS}", True),
    "with momentum": (f"    opt = optim.SGD(model.parameters(), lr=0.05, momentum=0.9){STEPS}", True),
    "trains in the clear": (
        "    model.get(), train(model, normalised(raw, raw), one_hot)\n"
        "    model.fix_precision(16, base=2).share(bob, alice, crypto_provider=cp)",
        False,
    ),
    "opens the loss": (
        f"    opt = optim.SGD(model.parameters(), lr=0.05){STEPS}        (errors**2).mean().get()",
        False,
    ),
    "does nothing": ("    pass", False),
}


@pytest.mark.parametrize("repair", LOOPS)
def test_theos_encrypted_training(repair: str) -> None:
    body, is_right = LOOPS[repair]
    notebook = cells("13")
    before = ("imports", "setup", "clear-training", "finished", "normalise")
    targets = "targets = shared(one_hot)"
    told = run([*[notebook[id] for id in before], targets, f"def theos_loop(model, x, target):\n{body}", notebook["reveal-5"]])
    assert f"the loss falls, and nothing was opened to you: {is_right}" in told
