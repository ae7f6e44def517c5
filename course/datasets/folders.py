"""Where data files are looked for and kept."""

import os
import secrets
import sys
import tempfile
from pathlib import Path


def cache_folder() -> Path:
    """The folder for downloads (perhaps not made yet): COURSE_CACHE, else the platform's place for caches."""
    if chosen := os.environ.get("COURSE_CACHE"):
        return Path(chosen).expanduser()
    try:
        return _platform_cache(Path.home()) / "private-ai-course"
    except RuntimeError:  # a sandbox's user may have no home
        return Path(tempfile.gettempdir()) / "private-ai-course"


def data_folder() -> Path | None:
    """The folder the user named in COURSE_DATA, or None."""
    chosen = os.environ.get("COURSE_DATA")
    return Path(chosen).expanduser() if chosen else None


def keep(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: nobody, not even after a crash, finds half of it under its name.

    Raises OSError when the folder cannot be made or written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _platform_cache(home: Path) -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    if sys.platform == "darwin":
        return home / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
