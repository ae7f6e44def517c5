"""What the commands of `course` share: the error that ends one, and where the notebooks are."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

PACKAGE = "private-ai-course"


class CannotError(Exception):
    """The command cannot be carried out. Its text says why and what to do."""


def clone_notebooks() -> Path | None:
    """Return the `notebooks` folder of the clone that the package runs from, or None if it was installed."""
    folder = Path(__file__).resolve().parent.parent / "notebooks"
    return folder if (folder.parent / "pyproject.toml").is_file() and folder.is_dir() else None


def installed_notebooks() -> list[Path]:
    """Return the notebooks that came with the installed package."""
    files = metadata.files(PACKAGE) or []
    return [Path(str(file.locate())) for file in files if file.match("notebooks/*.ipynb")]


def own_notebooks() -> list[Path]:
    """The students' notebooks of this course, in order: of the clone, or those that were installed with it."""
    folder = clone_notebooks()
    return sorted(folder.glob("*.ipynb")) if folder else sorted(installed_notebooks())
