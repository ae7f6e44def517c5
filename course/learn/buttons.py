"""Buttons for those who like them: check, hint, progress. The functions do the same, and are always there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from course.learn.checking import card_in
from course.learn.exercise import Exercise
from course.learn.help import hint
from course.learn.progress_file import progress, under_nbval
from course.learn.registry import UnknownItem, find
from course.learn.render import Card, rich

_WIDGET = "application/vnd.jupyter.widget-view+json"


class Panel:
    """Three buttons and one place for what they say, below a line that names the functions.

    The line is an output of its own: it is still true where buttons cannot be shown, and when their kernel has ended.
    """

    def __init__(self, id: str, names: dict[str, Any]) -> None:
        self.id, self.names = id, names
        self.last: Card | None = None

    def __repr__(self) -> str:
        usage = f'check("{self.id}")   hint("{self.id}")   progress()'
        return f"{self.last}\n{usage}" if self.last else usage

    def press(self, button: str) -> Card:
        """What the button called `button` ("check", "hint", "progress") does."""
        actions: dict[str, Callable[[], Card]] = {
            "check": lambda: card_in(self.names, self.id),
            "hint": lambda: hint(self.id),
            "progress": progress,
        }
        self.last = actions[button]()
        return self.last

    def _ipython_display_(self) -> None:
        from IPython.display import display

        for bundle in self.outputs():
            display(bundle, raw=True)  # type: ignore[no-untyped-call]

    def outputs(self) -> list[dict[str, Any]]:
        """The line, then the buttons where there are any. Under nbval there are none: their ids are new each time."""
        said = f'`check("{self.id}")`, `hint("{self.id}")`, `progress()`: run this cell for buttons that do the same.'
        line = {"text/plain": repr(self), "text/html": f"<p>{rich(said)} After a restart, run it again.</p>"}
        return [line] if under_nbval() else [line, *self._buttons()]

    def _buttons(self) -> list[dict[str, Any]]:
        try:
            widget = self._widget()
        except ImportError:
            return []
        data = widget._repr_mimebundle_()
        view = data.get(_WIDGET) if isinstance(data, dict) else None
        return [{_WIDGET: view}] if view else []

    def _widget(self) -> Any:
        import ipywidgets

        shown = ipywidgets.HTML(value="")
        place = ipywidgets.VBox([shown])

        def button(name: str, tip: str) -> Any:
            made = ipywidgets.Button(description=name.capitalize(), tooltip=tip)
            made.on_click(lambda _: setattr(shown, "value", self.press(name)._repr_html_()))
            return made

        row = [
            button("check", f"Check exercise {self.id}"),
            button("hint", f"Next hint for exercise {self.id}"),
            button("progress", "What you have done so far"),
        ]
        return ipywidgets.VBox([ipywidgets.HBox(row), place])


def panel(id: str) -> Panel | Card:
    """Buttons for an exercise: check, hint, progress."""
    try:
        if not isinstance(find(id), Exercise):
            raise UnknownItem(f"{id} is no exercise: answer it in its own cell.")
    except UnknownItem as error:
        return Card("error", "! No panel", paragraphs=(str(error),))
    return Panel(id, sys._getframe(1).f_globals)
