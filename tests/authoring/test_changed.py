"""Changes are found in a real repository: committed on a branch, uncommitted, untracked."""

from __future__ import annotations

import inspect
import subprocess
from pathlib import Path

import pytest

from course.authoring.changed import changed_files, is_changed
from course.exercises.nb09 import parts
from course.learn.registry import find

ME = ["-c", "user.name=me", "-c", "user.email=me@example.org"]


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *ME, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("COURSE_BASE", raising=False)
    git(tmp_path, "init", "-q")
    for name in ("a", "b", "c"):
        (tmp_path / name).write_text(name)
        git(tmp_path, "add", name)
        git(tmp_path, "commit", "-qm", name)
    return tmp_path


def names(root: Path) -> set[str]:
    return {file.name for file in changed_files(root)}


def test_the_last_commit_where_nothing_else_is_known(repository: Path) -> None:
    assert names(repository) == {"c"}


def test_everything_since_a_named_commit(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_BASE", git(repository, "rev-parse", "HEAD~2"))
    assert names(repository) == {"b", "c"}


def test_everything_since_the_branch_left_main(repository: Path) -> None:
    git(repository, "update-ref", "refs/remotes/origin/main", "HEAD~2")
    assert names(repository) == {"b", "c"}


def test_what_is_not_committed_counts(repository: Path) -> None:
    git(repository, "update-ref", "refs/remotes/origin/main", "HEAD")
    (repository / "a").write_text("changed")
    (repository / "new").write_text("new")
    assert names(repository) == {"a", "new"}


def test_no_repository_has_no_changes(tmp_path: Path) -> None:
    assert changed_files(tmp_path) == set()


def test_an_exercise_is_changed_with_its_file_its_answers_or_its_notebook() -> None:
    exercise = find("01.2")
    own = Path(inspect.getfile(type(exercise))).resolve()
    assert is_changed(exercise, {own})
    assert is_changed(exercise, {Path("solutions/answers/nb01") / own.name})
    assert is_changed(exercise, {Path("solutions/01_tensors.ipynb")})
    assert not is_changed(exercise, {Path("solutions/02_toy.ipynb"), Path("course/learn/watch.py")})


def test_an_exercise_is_changed_with_what_it_shares() -> None:
    shared = Path(inspect.getfile(parts)).resolve()
    assert is_changed(find("09.1"), {shared}) and is_changed(find("09.5"), {shared})
    assert not is_changed(find("07.1"), {shared}) and not is_changed(find("09.1"), {shared.with_name("questions.py")})
