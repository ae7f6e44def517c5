"""An untouched student notebook under `pytest --nbval`: its checks fail as "not attempted", and only they."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.ipynb"))
CELL_SECONDS = 180


APART = [pytest.param(path, id=path.stem, marks=pytest.mark.xdist_group(path.stem)) for path in NOTEBOOKS]


@pytest.fixture(scope="module", params=APART)
def notebook(request):
    return request.param


@pytest.fixture(scope="module")
def failures(notebook, tmp_path_factory):
    """What nbval reports for each failed code cell: its number, counted over code cells, and its text."""
    folder = tmp_path_factory.mktemp("untouched")
    report = folder / "report.xml"
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", f"--junit-xml={report}"]
    command += [f"--nbval-cell-timeout={CELL_SECONDS}", str(notebook)]
    subprocess.run(command, cwd=folder, capture_output=True)
    cases = ElementTree.parse(report).iter("testcase")
    failed = [(case.get("name"), case.find("failure")) for case in cases]
    return {cell_number(name): failure.text for name, failure in failed if failure is not None}


def cell_number(name):
    """The cell's number in a name such as "ipynb::Cell 12"."""
    return int(re.search(r"\d+$", name)[0])


def check_cells(notebook):
    """Numbers, counted as nbval counts, of the cells that call `check`."""
    cells = nbformat.read(notebook, as_version=4).cells
    sources = [cell.source for cell in cells if cell.cell_type == "code"]
    return {number for number, source in enumerate(sources) if re.search(r"^check\(", source, re.MULTILINE)}


def test_exactly_the_check_cells_fail(notebook, failures):
    assert check_cells(notebook)
    assert set(failures) == check_cells(notebook)


def test_each_says_not_attempted(failures):
    assert [text for text in failures.values() if "not attempted" not in text.lower()] == []
