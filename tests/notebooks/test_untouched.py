"""An untouched student notebook under `pytest --nbval`: its checks fail as "not attempted", and only they.

Where the bug hunt has no exercise, the student repairs a cell and runs the next one again, which says whether it is
repaired. So these two are run behind the last cell: the solution's repair, and the student's own next cell once more.
"""

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CELL_SECONDS = 180
SAYS_REPAIRED = {  # by notebook: what holds then; `said` is what the cell has printed
    "02": """trials["Theo's"] == trials["unbroken"]""",
    "04": """"repaired: yes" in said""",
    "10": """"none of these five leaks was found" in said""",
    "11": """"repaired: it opens only 0 or 1" in said""",
    "12": """"each mask is its key's: True" in said""",
    "13": """"the loss falls, and nothing was opened to you: True" in said""",
}


APART = [pytest.param(path, id=path.stem, marks=pytest.mark.xdist_group(path.stem)) for path in NOTEBOOKS]


@pytest.fixture(scope="module", params=APART)
def notebook(request):
    return request.param


@pytest.fixture(scope="module")
def failures(notebook, tmp_path_factory):
    """What nbval reports for each failed code cell: its number, counted over code cells, and its text."""
    folder = tmp_path_factory.mktemp("untouched")
    report, copy = folder / "report.xml", folder / notebook.name
    nbformat.write(and_repaired(notebook), copy)
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", f"--junit-xml={report}"]
    command += [f"--nbval-cell-timeout={CELL_SECONDS}", str(copy)]
    subprocess.run(command, cwd=folder, capture_output=True)
    cases = ElementTree.parse(report).iter("testcase")
    failed = [(case.get("name"), case.find("failure")) for case in cases]
    return {cell_number(name): failure.text for name, failure in failed if failure is not None}


def and_repaired(notebook):
    """The student's notebook, and behind it the repair of its bug hunt and what the student runs to see it."""
    made = nbformat.read(notebook, as_version=4)
    for source in repair(notebook.name):
        made.cells.append(nbformat.v4.new_code_cell(source))
    return made


def repair(name):
    """Of a bug hunt that asks for a repair, and not in an exercise: the solution's repair, and the cell that judges it."""
    if name[:2] not in SAYS_REPAIRED:
        return []
    cells = nbformat.read(ROOT / "solutions" / name, as_version=4).cells
    hunt = bug_hunt(cells)
    text = "".join(cell.source for cell in hunt if cell.cell_type == "markdown")
    if "### Exercise" in text or not re.search(r"\brepair\b", text, re.IGNORECASE):
        return []
    (judge,) = [cell.source for cell in hunt if cell.cell_type == "code" and re.search(r"\breveal\(", cell.source)]
    after = cells[cells.index(hunt[0]) :]
    repaired, *_ = [cell.source for cell in after if "solution-only" in cell.metadata.get("tags", [])]
    judged = f"with capture_output() as shown:\n    get_ipython().run_cell({judge!r}).raise_error()"
    lines = "from IPython.utils.capture import capture_output", judged, "said = shown.stdout"
    return [repaired, "\n".join([*lines, f"assert {SAYS_REPAIRED[name[:2]]}, said"])]


def bug_hunt(cells):
    """The cells from the heading of the bug hunt to the next heading of a part."""
    headings = [re.findall(r"^## .*", cell.source, re.MULTILINE) if cell.cell_type == "markdown" else [] for cell in cells]
    starts = [number for number, found in enumerate(headings) if any("bug hunt" in one.lower() for one in found)]
    ends = [number for number, found in enumerate(headings) if found and number > starts[0]]
    return cells[starts[0] : ends[0]]


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
    assert {number: failures[number] for number in failures.keys() - check_cells(notebook)} == {}
    assert set(failures) == check_cells(notebook)


def test_each_says_not_attempted(failures):
    assert [text for text in failures.values() if "not attempted" not in text.lower()] == []
