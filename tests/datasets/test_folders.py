"""Where downloads are kept, and that they are kept whole."""

import os
from pathlib import Path

import pytest

from course.datasets.folders import cache_folder, data_folder, keep


def test_the_user_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_CACHE", "~/kept")
    monkeypatch.setenv("COURSE_DATA", "~/data")
    assert cache_folder() == Path.home() / "kept"
    assert data_folder() == Path.home() / "data"


def test_without_a_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COURSE_CACHE", raising=False)
    monkeypatch.setenv("COURSE_DATA", "")
    assert cache_folder().name == "private-ai-course" and cache_folder().is_absolute()
    assert data_folder() is None


def test_keep_replaces_a_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.gz"
    keep(path, b"old")
    keep(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(path.parent) == ["file.gz"]


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file.gz").mkdir()
    with pytest.raises(OSError):
        keep(tmp_path / "file.gz", b"content")
    assert os.listdir(tmp_path) == ["file.gz"]
