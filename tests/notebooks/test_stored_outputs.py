"""Stored outputs hold on every CPU: they print no more digits of a number than all CPUs agree on."""

import re
from pathlib import Path

import nbformat
import pytest

SOLUTIONS = sorted((Path(__file__).resolve().parents[2] / "solutions").glob("*.ipynb"))
DECIMALS = 4  # as torch prints: a float32 near 1 has seven, and sums lose some of them in another order


def printed(notebook):
    """The text that each output of `notebook` shows, with the number of its cell."""
    for number, cell in enumerate(nbformat.read(notebook, as_version=4).cells):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            html = re.sub(r"<style>.*?</style>|<[^>]*>", " ", data.get("text/html", ""), flags=re.DOTALL)
            yield number, f"{output.get('text', '')}\n{data.get('text/plain', '')}\n{html}"


@pytest.mark.parametrize("notebook", SOLUTIONS, ids=lambda path: path.stem)
def test_no_number_has_more_digits_than_cpus_agree_on(notebook):
    texts = list(printed(notebook))
    assert len(texts) > 10
    assert [(number, found) for number, text in texts for found in re.findall(rf"\d\.\d{{{DECIMALS + 1},}}", text)] == []
