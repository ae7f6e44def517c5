"""What happened, round by round: a table that draws itself, and everybody who dropped out, with their own error."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any

from course.federated.line_chart import line_chart

if TYPE_CHECKING:
    import pandas

__all__ = ["History"]

COUNTS = frozenset({"round", "clients", "dropped", "seconds"})  # what is not drawn unless asked for


class History:
    """The rounds of one run.

    `history.frame` is a pandas DataFrame, a row each round: how many `clients` the mean was made of, how many
    `dropped` out, the `loss` of the clients' local steps, what `evaluate` returned, and `seconds`. `history["loss"]`
    is a column of it, `history.dropped` a DataFrame of who dropped out when, with the worker's own error.
    `history.plot("accuracy")` draws columns; without names all measured ones. In a notebook it shows itself.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self.rows: list[dict[str, Any]] = []
        self.drops: list[dict[str, Any]] = []
        self.notes: list[str] = []  # what else should be known

    def note_drop(self, round: int, client: Any, error: Exception | None) -> None:
        """Write down that this client dropped out: with its error as text, which keeps no object alive."""
        said = "dropped out, as asked for" if error is None else f"{type(error).__name__}: {error}"
        full = "" if error is None else "".join(traceback.format_exception(error))
        self.drops.append({"round": round, "client": client, "error": said, "traceback": full})

    @property
    def frame(self) -> pandas.DataFrame:
        """A row for each round."""
        import pandas

        return pandas.DataFrame(self.rows).set_index("round") if self.rows else pandas.DataFrame()

    @property
    def dropped(self) -> pandas.DataFrame:
        """Who dropped out: round, client, error, traceback."""
        import pandas

        return pandas.DataFrame(self.drops, columns=["round", "client", "error", "traceback"])

    def __getitem__(self, column: str) -> Any:
        return self.frame[column]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows)

    def measured(self) -> list[str]:
        """The columns that measure the model: loss, and what `evaluate` returned."""
        return list(dict.fromkeys(name for row in self.rows for name in row if name not in COUNTS))

    def plot(self, *columns: str) -> Chart:
        """A line chart of these columns over the rounds. KeyError for a column that is not there."""
        chosen = columns or tuple(self.measured())
        lines = {name: [(row["round"], float(row[name])) for row in self.rows if name in row] for name in chosen}
        for name, line in lines.items():
            if not line:
                raise KeyError(f"there is no column {name!r} in this history: {', '.join(self.measured())}")
        return Chart(line_chart(lines, self.title))

    def __repr__(self) -> str:
        told = [f"{self.title}: {len(self.rows)} rounds", *self.said()]
        return "\n".join([*told, self.frame.to_string(max_rows=10)] if self.rows else told)

    def said(self) -> list[str]:
        """A line on who dropped out, and the notes."""
        if not self.drops:
            return self.notes
        shown = [f"{drop['client']} in round {drop['round']} ({drop['error']})" for drop in self.drops[:3]]
        more = f", and {len(self.drops) - 3} more" if len(self.drops) > 3 else ""
        return [f"dropped out, the mean is of the others: {'; '.join(shown)}{more}", *self.notes]

    def _repr_html_(self) -> str:
        drops = "".join(f"<p>{escape(line)}</p>" for line in self.said())
        if not self.rows:
            return f"<p>{escape(repr(self))}</p>"
        return self.plot().svg + drops + str(self.frame.to_html(max_rows=10))


class Chart:
    """A drawing that a notebook shows: `svg` is its text."""

    def __init__(self, svg: str) -> None:
        self.svg = svg

    def _repr_html_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return "a line chart: a notebook shows it, and its attribute `svg` is its text"
