"""The sample exercise, and a progress file that belongs to the test."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

import course as sy
from course.authoring import answers as answers_of
from course.learn import progress_file
from course.learn.exercise import Exercise
from course.learn.registry import find

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import notebooks  # noqa: E402 - beside this file


@pytest.fixture(scope="session")
def answers() -> answers_of.Answers:
    """What the instructors know about the sample exercise."""
    notebooks.register_sample()
    answers_of.run_file(HERE / "sample_answers.py")
    return answers_of._known["00.1"]


@pytest.fixture
def sample(answers: answers_of.Answers) -> Exercise:
    """Exercise 00.1."""
    return find("00.1")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty COURSE_HOME, as on a student's first day."""
    sy.VirtualWorker(sy.TorchHook(torch), id="bob")  # where workers live in another process: it runs by now
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("COURSE_NBVAL", raising=False)
    monkeypatch.setattr(progress_file, "_memory", {})
    return tmp_path / "home"
