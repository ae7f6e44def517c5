"""Clean places for rehearsals: a copy of the repository, environments, a kernel in one of them."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NEWEST = 15  # Python 3.x to begin the search with


def copy_of_the_repository(target: Path) -> Path:
    """Copy what git would carry to another machine: tracked files and new ones that it does not ignore."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    return target


def pythons() -> Iterable[str]:
    """Working Pythons on this machine, newest first, as far as the course supports them."""
    for minor in range(NEWEST, 10, -1):
        for path in candidates(f"python3.{minor}"):
            if succeeds([path, "-c", "import venv, ensurepip"]):
                yield path
                break


def candidates(name: str) -> list[str]:
    """Paths that may be the Python called `name`: this one, the first on PATH, those of pyenv."""
    own = [sys.executable] if name == f"python3.{sys.version_info.minor}" else []
    version = name.removeprefix("python")
    pyenv = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/{name}"))
    return [*own, *filter(None, [shutil.which(name)]), *map(str, pyenv)]


def succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True).returncode == 0


def make_environment(python: str, folder: Path) -> Path:
    """Make an empty environment with `python`; return its own Python."""
    subprocess.run([python, "-m", "venv", folder], check=True)
    own = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    subprocess.run([own, "-m", "pip", "install", "-qq", "--upgrade", "pip"], check=True)
    return own


def installed(python: Path) -> dict[str, str]:
    """Names and versions of all packages in an environment."""
    command = [python, "-m", "pip", "list", "--format=json", "--disable-pip-version-check"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {package["name"].lower(): package["version"] for package in json.loads(done.stdout)}


def add_kernel(folder: Path, name: str, python: Path, variables: dict[str, str]) -> None:
    """Describe a kernel in `folder` (to be put on JUPYTER_PATH): `python` with more environment variables."""
    spec = {
        "argv": [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": name,
        "language": "python",
        "env": variables | {"COURSE_HOME": str(folder / "course")},
    }
    path = folder / "kernels" / name / "kernel.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(spec))


def run_notebook(path: Path, kernel: str) -> nbformat.NotebookNode:
    """Run a notebook in its own folder; an exception in one of its cells is raised here."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, kernel_name=kernel, timeout=300, resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    return notebook
