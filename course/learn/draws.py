"""What is drawn while a function runs, and where from: whoever knows a seed can draw it again."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable
from typing import Any

from torch.overrides import TorchFunctionMode

from course.operations import DRAWING
from course.smpc.randomness import Randomness

__all__ = ["Draws"]

DRAW = frozenset(form.rpartition(".")[2] for form in DRAWING)


class Draws(TorchFunctionMode):
    """Counts the draws of a block, in its own thread.

    count: from torch's generators, whoever made and seeded them. safe: bytes from `Randomness` and from the operating
    system (`os.urandom`, and `secrets` by way of it), which no seed repeats. home: the global names of the code that
    draws, in which `urandom` may stand by itself.
    """

    def __init__(self, home: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.home = {} if home is None else home
        self.count = self.safe = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += getattr(func, "__name__", "") in DRAW
        return func(*args, **(kwargs or {}))

    def __enter__(self) -> Draws:
        fill, urandom, thread = Randomness._fill, os.urandom, threading.get_ident()
        within = False  # a cipher's key, or its bytes, are counted once, as what they become

        def counted(draw: Callable[[], Any], size: int) -> Any:
            nonlocal within
            if within or threading.get_ident() != thread:
                return draw()
            within = True
            try:
                self.safe += size
                return draw()
            finally:
                within = False

        def filled(randomness: Randomness, part: memoryview) -> None:
            is_seeded = type(randomness)._key is not Randomness._key
            counted(lambda: fill(randomness, part), 0 if is_seeded else len(part))

        def urandom_counted(size: int) -> bytes:
            return counted(lambda: urandom(size), size)  # type: ignore[no-any-return]

        self.places = [(vars(os), "urandom"), (vars(random), "_urandom")]
        self.places += [(self.home, name) for name, value in list(self.home.items()) if value is urandom]
        self.before = fill, urandom
        Randomness._fill = filled  # type: ignore[assignment, method-assign]
        for names, name in self.places:
            names[name] = urandom_counted
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)  # type: ignore[no-untyped-call]
        fill, urandom = self.before
        Randomness._fill = fill  # type: ignore[method-assign]
        for names, name in self.places:
            names[name] = urandom
