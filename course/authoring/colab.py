"""Where a notebook can be opened online, and the first cell that makes it work alone on Google Colab.

The repository's owner and name stand in `pyproject.toml` and nowhere else; everything here follows from them.
"""

import tomllib
from pathlib import Path
from urllib.parse import quote

BRANCH = "main"

FIRST_CELL = '''\
# On Google Colab this cell installs the course. Anywhere else it does nothing.
import os
import sys

if "google.colab" in sys.modules:
    package = os.environ.get("COURSE_PACKAGE", "git+https://github.com/{repository}")
    %pip install --quiet "{{package}}"
'''


def repository(root: Path) -> str:
    """Return "owner/name", read from `project.urls.Repository` in `root`'s `pyproject.toml`."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["urls"]["Repository"]).removeprefix("https://github.com/").strip("/")


def first_cell(repository: str) -> str:
    """Source of the code cell that every notebook starts with.

    It changes nothing but a Colab runtime, and of that nothing that is already installed. Whoever tries a
    branch or a wheel sets COURSE_PACKAGE to what pip should install instead.

    >>> "git+https://github.com/someone/something" in first_cell("someone/something")
    True
    """
    return FIRST_CELL.format(repository=repository).rstrip()


def colab_url(repository: str, notebook: str) -> str:
    """Address that opens `notebook` (a path within the repository) in Google Colab.

    >>> colab_url("someone/something", "notebooks/01_tensors.ipynb")
    'https://colab.research.google.com/github/someone/something/blob/main/notebooks/01_tensors.ipynb'
    """
    return f"https://colab.research.google.com/github/{repository}/blob/{BRANCH}/{quote(notebook)}"


def binder_url(repository: str, notebook: str) -> str:
    """Address that opens `notebook` in JupyterLab on Binder.

    >>> binder_url("someone/something", "notebooks/01_tensors.ipynb")
    'https://mybinder.org/v2/gh/someone/something/main?urlpath=lab%2Ftree%2Fnotebooks%2F01_tensors.ipynb'
    """
    path = quote(f"lab/tree/{notebook}", safe="")
    return f"https://mybinder.org/v2/gh/{repository}/{BRANCH}?urlpath={path}"


def badges(repository: str, notebook: str) -> str:
    """Markdown of both badges for `notebook`: pictures with a text, each a link."""
    colab = "https://colab.research.google.com/assets/colab-badge.svg"
    binder = "https://mybinder.org/badge_logo.svg"
    return (
        f"[![Open in Colab]({colab})]({colab_url(repository, notebook)}) "
        f"[![Open on Binder]({binder})]({binder_url(repository, notebook)})"
    )
