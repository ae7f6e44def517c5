"""Cards: what the classroom shows, as text and as HTML that follows Jupyter's theme.

A card has a kind (its colour at the edge), a word with a symbol (so that colour is never needed), a heading, a note at the
right and paragraphs. Everything is escaped; `backticks` become code. A paragraph that begins with → is the next
step. Every card is a status for screen readers.
"""

from __future__ import annotations

import html
import re
import textwrap
from dataclasses import dataclass, field
from typing import Any

STYLE = """<style>
.course-card{border:1px solid var(--jp-border-color2,#dcdcd8);border-left-width:5px;border-radius:6px;padding:10px 14px;
margin:2px 0 8px;max-width:720px;background:var(--jp-layout-color1,#fafaf8);color:var(--jp-content-font-color1,#1b1b1b);
font:14px/1.45 var(--jp-content-font-family,system-ui,sans-serif)}
.course-card header{display:flex;flex-wrap:wrap;gap:.2em .7em;align-items:baseline;font-weight:600}
.course-card header small{margin-left:auto;font-weight:400;font-size:.9em;color:var(--jp-content-font-color2,#5c5c5c)}
.course-card p{margin:.45em 0 0}
.course-card code,.course-card pre{font:13px/1.45 var(--jp-code-font-family,ui-monospace,monospace);color:inherit}
.course-card code{background:var(--jp-layout-color2,#eeeeea);border-radius:3px;padding:0 .25em}
.course-card pre{margin:.6em 0 0;padding:8px 10px;overflow-x:auto;background:var(--jp-layout-color2,#f0f0ec);border-radius:4px}
.course-card table{border-collapse:collapse;margin:.6em 0 0}
.course-card td,.course-card th{padding:2px 14px 2px 0;text-align:left;border-bottom:1px solid var(--jp-border-color2,#dcdcd8)}
.course-card.correct{border-left-color:#2e7d32}.course-card.incorrect{border-left-color:#b3541e}
.course-card.untried{border-left-color:#8a8a84}.course-card.error{border-left-color:#6a4fa3}
.course-card.note{border-left-color:#1a5fb4}
</style>"""


@dataclass(frozen=True)
class Card:
    """Something to show: `repr` in a terminal, HTML in a notebook."""

    kind: str  # correct, incorrect, untried, error, note
    word: str  # "✓ Correct"
    heading: str = ""
    note: str = ""
    paragraphs: tuple[str, ...] = ()
    code: str = ""
    table: tuple[tuple[str, ...], ...] = field(default=())  # the first row is the head

    def __repr__(self) -> str:
        title = " · ".join(part for part in (self.word, self.heading, self.note) if part)
        body = [
            textwrap.fill(text, 100, initial_indent="  ", subsequent_indent="  ") for text in self.paragraphs
        ]
        if self.table:
            body.append(_text_table(self.table))
        if self.code:
            body.append(textwrap.indent(self.code, "    "))
        return "\n".join([title, *body])

    def _repr_html_(self) -> str:
        head = "".join(f"<span>{rich(part)}</span>" for part in (self.word, self.heading) if part)
        note = f"<small>{rich(self.note)}</small>" if self.note else ""
        body = "".join(f"<p>{rich(text)}</p>" for text in self.paragraphs)
        if self.table:
            body += _html_table(self.table)
        if self.code:
            body += f"<pre>{html.escape(self.code)}</pre>"
        return (
            f'{STYLE}<section class="course-card {self.kind}" role="status">'
            f"<header>{head}{note}</header>{body}</section>"
        )


def rich(text: str) -> str:
    """Escaped HTML with `code` and **bold**."""
    escaped = html.escape(text)
    escaped = re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped)
    return re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", escaped)


def _text_table(rows: tuple[tuple[str, ...], ...]) -> str:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return textwrap.indent("\n".join(lines), "  ")


def _html_table(rows: tuple[tuple[str, ...], ...]) -> str:
    head, *body = rows
    titles = "".join(f'<th scope="col">{rich(cell)}</th>' for cell in head)
    lines = "".join("<tr>" + "".join(f"<td>{rich(cell)}</td>" for cell in row) + "</tr>" for row in body)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table>"


def show(card: Any) -> None:
    """Display a card in a notebook, print it elsewhere."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        print(card)
        return
    if get_ipython() is None:  # type: ignore[no-untyped-call]
        print(card)
    else:
        display(card)  # type: ignore[no-untyped-call]
