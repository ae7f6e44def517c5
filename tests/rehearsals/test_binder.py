"""Binder, as far as it can be rehearsed here: its files carried out in order, as repo2docker would."""

import json
import os
import re
import subprocess
from pathlib import Path

import environment
import psutil
import pytest
import urllib3

from tests.browser.jupyterlab import free_port, printed_address, stop
from tests.rehearsals import places

pytestmark = pytest.mark.rehearsal
GIB = 2**30


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The repository, which on Binder is the user's home."""
    return places.copy_of_the_repository(tmp_path_factory.mktemp("binder") / "home")


@pytest.fixture(scope="module")
def python(home, tmp_path_factory):
    """The environment after `requirements.txt` and `postBuild`."""
    version = re.fullmatch(r"python-(3\.\d+)\n", (home / "binder" / "runtime.txt").read_text())[1]
    folder = tmp_path_factory.mktemp("environment")
    wanted = next(path for path in places.pythons() if version_of(path) == version)
    python = places.make_environment(wanted, folder)
    install = [python, "-m", "pip", "install", "-qq", "--no-cache-dir", "-r", "binder/requirements.txt"]
    subprocess.run(install, cwd=home, env=variables(python), check=True)
    subprocess.run([home / "binder" / "postBuild"], cwd=home, env=variables(python), check=True)
    return python


def version_of(python):
    code = "import sys; print(*sys.version_info[:2], sep='.')"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def variables(python):
    """What a process on Binder sees: the environment first on PATH, no data folder of ours."""
    inherited = dict(os.environ)
    inherited.pop("COURSE_DATA", None)
    if not reachable(environment.CPU_INDEX):
        inherited["PIP_RETRIES"] = "0"  # a closed network: pip should look elsewhere at once
    return inherited | {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}


def reachable(address):
    try:
        return urllib3.request("GET", f"{address}/torch/", retries=False, timeout=10).status == 200
    except urllib3.exceptions.HTTPError:
        return False


def test_torch_is_a_cpu_build(python):
    packages = places.installed(python)
    assert packages["torch"].endswith("+cpu")
    assert [name for name in packages if name.startswith(("nvidia", "cuda", "triton"))] == []


def test_the_environment_stays_small(python):
    files = [path for path in python.parents[1].rglob("*") if path.is_file() and not path.is_symlink()]
    assert sum(path.stat().st_size for path in files) < 2 * GIB


def test_jupyterlab_answers_on_the_page_that_the_badge_opens(home, python):
    command = [python, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.port={free_port()}"]
    process = subprocess.Popen(
        command, cwd=home, env=variables(python), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        address, token = printed_address(process).split("?token=")
        memory = psutil.Process(process.pid).memory_info().rss
        page = urllib3.request("GET", f"{address}/tree/notebooks?token={token}")
    finally:
        stop(process)
    assert page.status == 200
    assert memory < GIB // 2


@pytest.mark.parametrize("name", sorted(path.name for path in places.ROOT.glob("notebooks/*.ipynb")))
def test_a_notebook_runs_in_the_memory_that_binder_gives(home, python, name, tmp_path, monkeypatch):
    """At most 1.5 GiB for the kernel, which leaves half a GiB of the 2 for JupyterLab itself."""
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    places.add_kernel(tmp_path, "binder", python, {"PATH": variables(python)["PATH"], "COURSE_DATA": ""})
    path = home / "notebooks" / name
    with_measurement(path)
    measured = places.run_notebook(path, "binder").cells[-1].outputs[0].text
    assert json.loads(measured) * 1024 < 1.5 * GIB


def with_measurement(path: Path):
    """Add a last cell that prints the kernel's peak memory in KiB."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    source = "import resource\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    cell = {"cell_type": "code", "id": "peak", "metadata": {}, "outputs": [], "execution_count": None}
    notebook["cells"].append(cell | {"source": source})
    path.write_text(json.dumps(notebook), encoding="utf-8")
