"""The classroom: checks, hints, predictions, figures.

Students use the names below. Teachers read, in this order: exercise.py (a whole exercise at its top),
says.py (texts by tag), evidence.py (helpers that speak), difference.py (where two values first
differ), items.py (quiz, prediction), ledgers.py, watch.py (what a probe records), plain.py (what travels), checking.py,
cells.py (whether a function is the one in its cell); figures/ (who holds what, drawn) stands by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from course.learn.buttons import panel
from course.learn.cells import watch as _watch
from course.learn.checking import check
from course.learn.help import hint, solution
from course.learn.items import predict, quiz, reveal
from course.learn.ledgers import ledger
from course.learn.progress_file import progress

_watch()

if TYPE_CHECKING:
    from course.learn.figures import (
        clock,
        coalition,
        curves,
        exchange,
        funnel,
        keyring,
        labels_held,
        pictures,
        timeline,
        traffic,
        who_holds,
    )

__all__ = [
    "check",
    "clock",
    "coalition",
    "curves",
    "exchange",
    "funnel",
    "hint",
    "keyring",
    "labels_held",
    "ledger",
    "panel",
    "pictures",
    "predict",
    "progress",
    "quiz",
    "reveal",
    "solution",
    "timeline",
    "traffic",
    "who_holds",
]


def __getattr__(name: str) -> Any:
    """Figures are loaded when the first one is drawn."""
    if name in __all__:
        from course.learn import figures

        return getattr(figures, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
