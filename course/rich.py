"""How workers and pointers look in a notebook: the same words as their text, set a little better."""

from __future__ import annotations

from html import escape
from typing import Any

__all__ = ["pointer_html", "worker_html"]


def pointer_html(pointer: Any) -> str:
    """The pointer's own line, in the notebook's code font."""
    return f'<pre class="course-pointer" style="margin:0">{escape(repr(pointer))}</pre>'


def worker_html(worker: Any) -> str:
    """The worker's own line, in the notebook's code font."""
    return f'<pre class="course-worker" style="margin:0">{escape(repr(worker))}</pre>'
