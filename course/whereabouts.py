"""Where the notebooks of the course are: in a clone, or where the package has put them."""

from importlib import metadata
from pathlib import Path

__all__ = ["PACKAGE", "clone_notebooks", "installed_notebooks"]

PACKAGE = "private-ai-course"


def clone_notebooks() -> Path | None:
    """Return the `notebooks` folder of the clone that the package runs from, or None if it was installed."""
    folder = Path(__file__).resolve().parent.parent / "notebooks"
    return folder if (folder.parent / "pyproject.toml").is_file() and folder.is_dir() else None


def installed_notebooks() -> list[Path]:
    """Return the notebooks that came with the installed package."""
    files = metadata.files(PACKAGE) or []
    return [Path(str(file.locate())) for file in files if file.match("notebooks/*.ipynb")]
