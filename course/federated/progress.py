"""A bar that says how far a run is: in a notebook and in a terminal; silent where nobody watches."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

__all__ = ["progress_bar"]


class Say(Protocol):
    def __call__(self, done: int, words: str) -> None: ...


@contextmanager
def progress_bar(total: int, wanted: bool = True) -> Iterator[Say]:
    """Within the block, `say(done, words)` moves the bar. It is gone after the block."""
    show = bar() if wanted else None
    if show is None:
        yield lambda done, words: None
        return
    show(0, total, "so far")  # a first round of many clients takes a while
    try:
        yield lambda done, words: show(done, total, words)
    finally:
        show(total, total, "")


def bar() -> Any:
    """What shows the bar here: called with done, total and words. None where nobody watches."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is not None and hasattr(shell, "kernel"):
        return notebook_bar()
    return terminal_bar if sys.stderr.isatty() else None


def notebook_bar() -> Any:
    """An HTML progress element in the cell's output, updated in place and emptied at the end."""
    from IPython.display import HTML, display

    handle: Any = display(HTML(""), display_id=True)  # type: ignore[no-untyped-call]

    def show(done: int, total: int, words: str) -> None:
        shown = f'<progress value="{done}" max="{total}"></progress> {done} of {total} rounds {words}'
        handle.update(HTML(shown if words else ""))  # type: ignore[no-untyped-call]

    return show


def terminal_bar(done: int, total: int, words: str) -> None:
    """One line at the bottom of a terminal, written over and wiped at the end."""
    filled = "#" * round(20 * done / max(total, 1))
    line = f"[{filled:20}] {done} of {total} rounds {words}" if words else ""
    sys.stderr.write(f"\r{line:78.78}" if line else "\r" + " " * 78 + "\r")
    sys.stderr.flush()
