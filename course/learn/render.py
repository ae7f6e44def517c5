"""Cards: what the classroom shows, as text and as HTML that follows Jupyter's theme.

A card has a kind (its colour at the edge), a word with a symbol (so that colour is never needed), a
heading, a note at the right and paragraphs. Everything is escaped; `backticks` become code. A paragraph
that begins with → is the next step. Every card is a status for screen readers.
"""

from __future__ import annotations

import html
import re
import textwrap
from dataclasses import dataclass, field
from functools import cache
from importlib import resources


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
        body = [_wrapped(text) for text in self.paragraphs]
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
            f'{style()}<section class="course-card {self.kind}" role="status">'
            f"<header>{head}{note}</header>{body}</section>"
        )


@cache
def style() -> str:
    """The cards' style sheet, as an element: each output brings its own, so that it can stand alone."""
    css = resources.files("course.learn").joinpath("cards.css").read_text(encoding="utf-8")
    return f"<style>{css}</style>"


def rich(text: str) -> str:
    """Escaped HTML with `code` and **bold**. The stars of a power, as in 2**57, are stars."""
    return MARKED.sub(_marked, html.escape(text))


def _marked(found: re.Match[str]) -> str:
    code, bold = found.groups()
    return f"<code>{code}</code>" if code else f"<strong>{MARKED.sub(_marked, bold)}</strong>"


# code first: what stands in it is never bold; bold begins before a word and ends behind one, with no word around it
MARKED = re.compile(r"`([^`]+)`|(?<![\w*)\]])\*\*(?=[^\s*])((?:`[^`]+`|[^*`])+?)(?<!\s)\*\*(?![\w*])")


def _wrapped(text: str) -> str:
    """Indented lines; paths and names stay whole, to be copied."""
    lines = textwrap.wrap(text, 98, break_long_words=False, break_on_hyphens=False)
    return textwrap.indent("\n".join(lines), "  ")


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
