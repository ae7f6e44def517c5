"""How workers and pointers look in a notebook: the same words as their text, set a little better."""

from __future__ import annotations

from html import escape
from typing import Any

__all__ = ["plan_html", "pointer_html", "worker_html"]


def plan_html(plan: Any) -> str:
    """The own line of a plan, a protocol, or a pointer to a plan."""
    return f'<pre class="course-plan" style="margin:0">{escape(repr(plan))}</pre>'


def pointer_html(pointer: Any) -> str:
    """The pointer's own line, in the notebook's code font."""
    return f'<pre class="course-pointer" style="margin:0">{escape(repr(pointer))}</pre>'


def worker_html(worker: Any) -> str:
    """The worker's own line, in the notebook's code font."""
    return f'<pre class="course-worker" style="margin:0">{escape(repr(worker))}</pre>'
