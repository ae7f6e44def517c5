"""The repository's owner and name stand in pyproject.toml; README, notebooks and Binder agree with it."""

import re
from pathlib import Path

import nbformat
import pytest

from course.authoring import colab

ROOT = Path(__file__).resolve().parents[1]
OURS = colab.repository(ROOT)
NOTEBOOKS = sorted(ROOT.glob("notebooks/*.ipynb"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("first", NOTEBOOKS[:1], ids=lambda path: path.stem)
def test_the_readme_shows_both_badges_of_the_first_notebook(first):
    assert colab.badges(OURS, first.relative_to(ROOT).as_posix()) in README


def test_every_badge_in_the_readme_is_ours():
    hosts = r"colab\.research\.google\.com/github|mybinder\.org/v2/gh"
    assert set(re.findall(rf"(?:{hosts})/([\w.-]+/[\w.-]+)/", README)) == {OURS}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_has_its_badges_and_the_colab_cell(path):
    cells = nbformat.read(path, as_version=4).cells
    first_code = next(cell for cell in cells if cell.cell_type == "code")
    assert first_code.source == colab.first_cell(OURS)
    assert colab.badges(OURS, path.relative_to(ROOT).as_posix()) in "\n".join(cell.source for cell in cells)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_notebook_names_its_kernel(path):
    """Without it JupyterLab asks the student which kernel to start."""
    assert nbformat.read(path, as_version=4).metadata.kernelspec.name == "python3"


def test_binder_installs_the_tested_torch_as_a_cpu_build():
    tested = re.search(r"^torch==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)[1]
    assert f"torch=={tested}+cpu" in (ROOT / "binder" / "requirements.txt").read_text().splitlines()
