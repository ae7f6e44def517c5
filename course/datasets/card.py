"""A data set's card: what a careful person asks before using data."""

from dataclasses import dataclass
from html import escape
from textwrap import fill

WIDTH = 88
MARGIN = 10


@dataclass(frozen=True, repr=False)
class Card:
    """Where a data set comes from, what it holds, what one may do with it, and what to beware of.

    Prints as aligned text; a notebook shows it as a table.
    """

    name: str
    rows: str
    columns: str
    labels: str
    source: str
    url: str
    licence: str
    uses: str
    caveats: tuple[str, ...]

    def lines(self) -> list[tuple[str, str]]:
        """The card as (heading, text) pairs, one for each caveat."""
        headings = ("rows", "columns", "labels", "source", "url", "licence", "uses")
        return [(h, getattr(self, h)) for h in headings] + [("beware", caveat) for caveat in self.caveats]

    def __repr__(self) -> str:
        return "\n".join([self.name, "=" * len(self.name), *(_line(*pair) for pair in self.lines())])

    def _repr_html_(self) -> str:
        rows = "".join(map(_html_row, self.lines()))
        caption = f'<caption style="text-align:left"><b>{escape(self.name)}</b></caption>'
        return f"<table>{caption}<tbody>{rows}</tbody></table>"


def _line(heading: str, text: str) -> str:
    return fill(
        text,
        WIDTH,
        initial_indent=heading.ljust(MARGIN),
        subsequent_indent=" " * MARGIN,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _html_row(pair: tuple[str, str]) -> str:
    heading, text = map(escape, pair)
    if heading == "url":
        text = f'<a href="{text}">{text}</a>'
    left = 'style="text-align:left;vertical-align:top"'
    return f'<tr><th scope="row" {left}>{heading}</th><td {left}>{text}</td></tr>'
