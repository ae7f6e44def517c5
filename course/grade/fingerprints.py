"""What an exercise was, in sixteen characters: another fingerprint, another exercise.

It is made of what the exercise asks: its stub, the file that it is written in, and whatever that file imports from
course.exercises, line ends aside. An answer to an exercise can only be graded by the exercise that it was made from.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Iterable, Iterator
from types import ModuleType

from course.learn.exercise import Exercise
from course.learn.registry import PACKAGE, of_notebook


def of_notebooks(notebooks: Iterable[str]) -> dict[str, str]:
    """Exercise -> fingerprint, for all exercises of these notebooks of this course."""
    items = [item for notebook in notebooks for item in of_notebook(notebook)]
    return {item.id: fingerprint(item) for item in items if isinstance(item, Exercise)}


def fingerprint(exercise: Exercise) -> str:
    """16 hexadecimal digits of a sha256."""
    texts = {module.__name__: _text(module) for module in _with_imports(sys.modules[type(exercise).__module__])}
    parts = [exercise.id, exercise.source, *(f"{name}\n{text}" for name, text in sorted(texts.items()))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _text(module: ModuleType) -> str:
    return inspect.getsource(module).replace("\r\n", "\n")


def _with_imports(module: ModuleType) -> list[ModuleType]:
    """The module, and what it imports from the exercises' package, directly or not."""
    found, waiting = {module.__name__: module}, [module]
    while waiting:
        for name in _imported(_text(waiting.pop())):
            if name not in found and not name.startswith(f"{PACKAGE}.answers"):
                found[name] = importlib.import_module(name)
                waiting.append(found[name])
    return list(found.values())


def _imported(source: str) -> Iterator[str]:
    """The modules of the exercises' package that a file names in its imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith(f"{PACKAGE}."))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
            home = importlib.import_module(node.module or "")
            if home.__name__ != PACKAGE and not hasattr(home, "__path__"):
                yield home.__name__
            inner = (f"{home.__name__}.{alias.name}" for alias in node.names if hasattr(home, "__path__"))
            yield from (name for name in inner if importlib.util.find_spec(name))
