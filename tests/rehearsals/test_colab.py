"""Google Colab, as far as it can be rehearsed here: each student notebook alone in an empty folder.

The runtime has torch and the usual packages already. The notebook's own first cell installs the course, here
from a wheel that COURSE_PACKAGE names, and may not change anything that was there.

Python is the newest on this machine for which a CPU build of torch can be had; COURSE_COLAB_PYTHON names the
Python of another environment to use instead, with torch and the rest in it.
"""

import os
import shutil
import subprocess
from pathlib import Path

import environment
import nbformat
import pytest

from course.authoring import colab
from tests.rehearsals import places

pytestmark = pytest.mark.rehearsal
USUAL = ["numpy", "pandas", "scikit-learn", "matplotlib", "ipywidgets", "ipykernel", "cryptography"]  # in every runtime
OURS = {"private-ai-course", "names"}  # all that the first cell may add there
SMALLEST = "smallest.ipynb"
NOTEBOOKS = sorted(path.name for path in places.ROOT.glob("notebooks/*.ipynb"))


@pytest.fixture(scope="module")
def runtime(tmp_path_factory):
    """The Python of a runtime as Colab has it before the notebook is opened."""
    given = os.environ.get("COURSE_COLAB_PYTHON")
    if given:
        return Path(given)
    for number, path in enumerate(places.pythons()):
        python = places.make_environment(path, tmp_path_factory.mktemp(f"runtime{number}"))
        if torch_for_cpu(python):
            subprocess.run([python, "-m", "pip", "install", "-qq", *USUAL], check=True)
            return python
    pytest.fail("No Python on this machine for which a CPU build of torch can be had.")


def torch_for_cpu(python):
    """Install torch into a runtime if there is a CPU build for its Python."""
    tested = environment.tested_version("torch")
    for arguments in environment.torch_sources(tested, gpu=False):
        plan = environment.planned_packages(arguments, python)
        if plan and not environment.cuda_parts(plan):
            subprocess.run([python, "-m", "pip", "install", "-qq", *arguments], check=True)
            return True
    return False


@pytest.fixture(scope="module")
def wheel(runtime, tmp_path_factory):
    source = places.copy_of_the_repository(tmp_path_factory.mktemp("source") / "repository")
    target = tmp_path_factory.mktemp("wheel")
    subprocess.run([runtime, "-m", "pip", "wheel", "-qq", "--no-deps", "-w", target, source], check=True)
    return next(target.glob("*.whl"))


@pytest.fixture
def colab_kernel(runtime, wheel, tmp_path, monkeypatch):
    """A kernel called "colab": there `google.colab` is imported before the first cell runs."""
    package = tmp_path / "stub" / "google" / "colab"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    startup = tmp_path / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "00-colab.py").write_text("import google.colab")
    variables = {"PYTHONPATH": str(tmp_path / "stub"), "IPYTHONDIR": str(tmp_path / "ipython")}
    variables |= {"COURSE_PACKAGE": str(wheel), "COURSE_DATA": ""}
    places.add_kernel(tmp_path / "jupyter", "colab", runtime, variables)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    return "colab"


@pytest.fixture
def folder(tmp_path):
    """The empty folder in which Colab opens a notebook."""
    folder = tmp_path / "content"
    folder.mkdir()
    return folder


def smallest_notebook(folder):
    """The first cell, and a second that uses what it installed."""
    sources = [colab.first_cell(colab.repository(places.ROOT)), "import course\nprint(course.__file__)"]
    path = folder / SMALLEST
    nbformat.write(nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, sources))), path)
    return path


def put_notebook(name, folder):
    """Put the notebook `name` into `folder` and return its path there."""
    if name == SMALLEST:
        return smallest_notebook(folder)
    return Path(shutil.copy(places.ROOT / "notebooks" / name, folder))


@pytest.mark.parametrize("name", [SMALLEST, *NOTEBOOKS])
def test_a_notebook_runs_alone(name, folder, colab_kernel, runtime):
    subprocess.run([runtime, "-m", "pip", "uninstall", "-qq", "-y", *OURS], check=True)
    before = places.installed(runtime)
    places.run_notebook(put_notebook(name, folder), colab_kernel)
    after = places.installed(runtime)
    assert set(after) - set(before) == OURS
    assert before == {package: after[package] for package in before}


def test_the_course_comes_from_the_wheel(folder, colab_kernel):
    ran = places.run_notebook(smallest_notebook(folder), colab_kernel)
    printed = "".join(output.text for output in ran.cells[-1].outputs)
    assert "site-packages" in printed
