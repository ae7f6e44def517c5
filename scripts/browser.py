"""Find Chromium or Chrome on this machine, or install it the platform's way."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "{PROGRAMFILES}/Google/Chrome/Application/chrome.exe",
    "{PROGRAMFILES(X86)}/Google/Chrome/Application/chrome.exe",
    "{LOCALAPPDATA}/Google/Chrome/Application/chrome.exe",
    "{PROGRAMFILES(X86)}/Microsoft/Edge/Application/msedge.exe",
)
# Where `playwright install` puts its browsers on Linux, macOS and Windows.
PLAYWRIGHT = ("~/.cache/ms-playwright", "~/Library/Caches/ms-playwright", "{LOCALAPPDATA}/ms-playwright")
HELP = """No Chromium or Chrome was found, and the browser test needs one. Any of these will do:
  Debian, Ubuntu:   sudo apt install chromium
  macOS:            brew install --cask google-chrome
  Windows:          winget install Google.Chrome
  anywhere:         python -m playwright install chromium
  one elsewhere:    set COURSE_BROWSER to its full path"""


def find() -> str | None:
    """The path of a Chromium-like browser, or None."""
    return next((path for path in candidates() if Path(path).is_file()), None)


def candidates() -> Iterator[str]:
    if "COURSE_BROWSER" in os.environ:
        yield os.environ["COURSE_BROWSER"]
    yield from filter(None, map(shutil.which, NAMES))
    yield from (fill(place) for place in PLACES)
    for folder in PLAYWRIGHT:
        for pattern in ("chrome-*/chrome", "chrome-*/chrome.exe", "chrome-*/*.app/Contents/MacOS/*"):
            yield from map(str, Path(fill(folder)).expanduser().glob(f"chromium-*/{pattern}"))


def fill(place: str) -> str:
    """`place` with Windows' variables filled in (nothing is there where they are unknown)."""
    for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
        place = place.replace("{" + name + "}", os.environ.get(name, ""))
    return place


def ensure(python: Path) -> None:
    """Try to install a browser if none is here. If this does not work, the browser test fails with `HELP`."""
    if find():
        return
    print("No Chromium here: installing one", flush=True)
    if shutil.which("apt-get") and os.name == "posix" and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"])
        subprocess.run(["apt-get", "install", "-qq", "-y", "chromium", "fonts-dejavu-core"])
    else:
        subprocess.run([python, "-m", "playwright", "install", "chromium"])
