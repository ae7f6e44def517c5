"""The folder that a worker's owner has opened."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import course as sy
from course.transports.process import HostProcess


def forget_host() -> None:
    """The next worker in another process gets a new one, which sees the environment as it is then."""
    if HostProcess.current is not None:
        HostProcess.current.stop()
        HostProcess.current = None
    sy.reset()


@pytest.fixture
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An empty folder, opened for all workers. To be asked for before they are made."""
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("COURSE_FILES", str(folder))
    forget_host()
    yield folder
    forget_host()
