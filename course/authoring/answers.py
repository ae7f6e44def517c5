"""What the instructors know about an exercise: wrong answers, other right ones, mutants that do no harm.

In `solutions/answers/nb01/remote_mean.py`, beside `course/exercises/nb01/remote_mean.py`:

    from course.authoring.answers import equivalent, right, wrong

    wrong("01.2", tag="seen", why="calls get first", source='''def remote_mean(x, y): ...''')
    right("01.2", why="one fused operation", source='''...''')
    equivalent("01.2", mutant="return x + y -> return y + x", reason="addition commutes")
    different("01.3", rewrite="w -= g -> w = w - g", reason="a new tensor requires no gradient")
    harmless("03.2", leak="tensor 1, *, to you", reason="the numbers are to come to you")

The reference is the exercise's cell in the solution notebook.
"""

from __future__ import annotations

import importlib.util
import linecache
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn, optim
from torch.nn import functional

import course as sy
from course.authoring.notebook_files import reference_answers
from course.learn.exercise import Exercise


@dataclass(frozen=True)
class Answer:
    """An answer as somebody might type it, and what the check must say to it."""

    source: str
    why: str
    tag: str = "correct"
    example: str = ""


@dataclass
class Answers:
    """All known answers of one exercise."""

    reference: str = ""
    wrong: list[Answer] = field(default_factory=list)
    right: list[Answer] = field(default_factory=list)
    equivalent: dict[str, str] = field(default_factory=dict)
    different: dict[str, str] = field(default_factory=dict)
    harmless: dict[str, str] = field(default_factory=dict)
    scene: str = ""


_known: dict[str, Answers] = {}


def _of(id: str) -> Answers:
    return _known.setdefault(id, Answers())


def wrong(id: str, *, tag: str, why: str, source: str, example: str = "") -> None:
    """A person's mistake: it runs, returns the right type, and satisfies the docstring's example.

    `tag` is the verdict's that it must meet. `example` says why the example gives this mistake away, if it does.
    """
    _of(id).wrong.append(Answer(source.strip(), why, tag, example))


def right(id: str, *, why: str, source: str) -> None:
    """A right answer that is built in another way than the reference."""
    _of(id).right.append(Answer(source.strip(), why))


def equivalent(id: str, *, mutant: str, reason: str) -> None:
    """A mutant of the reference that does the same as far as the text asks."""
    _of(id).equivalent[mutant] = reason


def different(id: str, *, rewrite: str, reason: str) -> None:
    """A rewrite of a right answer (course/authoring/rewrites.py) that does change what the exercise asks for."""
    _of(id).different[rewrite] = reason


def harmless(id: str, *, leak: str, reason: str) -> None:
    """Leaks (course/authoring/leaks.py) that the text allows; `*` in the name stands for anything."""
    _of(id).harmless[leak] = reason


def scene(id: str, *, source: str) -> None:
    """What earlier cells of the notebook have made when the docstring's example is read."""
    _of(id).scene = source


def reference(id: str, *, source: str) -> None:
    """A reference for an exercise without a solution notebook."""
    _of(id).reference = source.strip()


def known_answers(notebook: str, root: Path) -> dict[str, Answers]:
    """Read the answers of a notebook: a file for each exercise, and the references in the solution notebook."""
    _known.clear()
    for file in sorted((root / "solutions" / "answers" / f"nb{notebook}").glob("*.py")):
        run_file(file)
    for id, source in reference_answers(notebook, root).items():
        _of(id).reference = source
    return dict(_known)


def run_file(file: Path) -> None:
    """Run an answers file, or an exercise file, outside of the package."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None and spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


def function(exercise: Exercise, source: str) -> Callable[..., Any]:
    """The function that a source defines, as if a notebook cell had defined it."""
    names: dict[str, Any] = {"torch": torch, "nn": nn, "F": functional, "optim": optim, "sy": sy}
    exec(exercise.given, names)
    file = f"<answer {exercise.id} {abs(hash(source))}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec"), names)
    made: Callable[..., Any] = names[exercise.name]
    return made
