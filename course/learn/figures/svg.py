"""Pieces of inline SVG: text that fits, boxes, arrows, and the sheet that holds them.

No element has an id and each style rule begins with `.sy-figure`: any number of figures live on one page, and
none changes the page. Colours are Jupyter's own theme variables; the fixed ones are for pages without them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

__all__ = ["arrow_head", "hatched", "path", "rect", "sheet", "shorten", "shorten_pair", "text", "text_width"]

Anchor = Literal["start", "middle", "end"]

FONTS = {"who": 15, "code": 13, "soft": 12.5, "small": 11.5}  # class: size in pixels
BOLD, CODE = {"who", "soft"}, "code"  # a line of `soft` may be strong
# how wide letters are, as a part of the size: those of DejaVu Sans, the widest font that pages are likely to have
LETTERS = {0.3: "ijlI'|", 0.42: " .,:;!-·()[]{}/\\`\"frt*^", 0.64: "abcdeghknopqsuvxyz0123456789_?$EFLST", 1: "mwMW@%…"}
EMS = {letter: part for part, letters in LETTERS.items() for letter in letters}
OTHERS = 0.84

STYLE = """
.sy-figure { color: var(--jp-content-font-color1, #1b1b1b); background: var(--jp-layout-color0, #fff);
  font-family: var(--jp-content-font-family, system-ui, sans-serif); max-width: 100%; height: auto }
.sy-figure text { fill: currentColor; stroke: none; white-space: pre }
.sy-figure .sy-who { font-size: 15px; font-weight: 600 }
.sy-figure .sy-code { font-size: 13px; font-family: var(--jp-code-font-family, ui-monospace, monospace) }
.sy-figure .sy-soft { font-size: 12.5px; fill: var(--jp-content-font-color2, #5c5c5c) }
.sy-figure .sy-small { font-size: 11.5px; fill: var(--jp-content-font-color2, #5c5c5c) }
.sy-figure .sy-strong { font-weight: 600 }
.sy-figure .sy-room { fill: var(--jp-layout-color1, #f7f7f5); stroke: var(--jp-border-color1, #b9b9b4);
  stroke-width: 1.2 }
.sy-figure .sy-data { fill: var(--jp-layout-color0, #fff); stroke: currentColor; stroke-width: 1.3 }
.sy-figure .sy-line { fill: none; stroke: currentColor; stroke-width: 1.3 }
.sy-figure .sy-dash { stroke-dasharray: 4 3 }
.sy-figure .sy-dots { stroke-dasharray: 1.5 3.5; stroke-linecap: round }
.sy-figure .sy-head { fill: currentColor; stroke: currentColor; stroke-width: 1.3; stroke-linejoin: round }
.sy-figure .sy-hollow { fill: var(--jp-layout-color0, #fff) }
.sy-figure .sy-bold .sy-data, .sy-figure .sy-bold .sy-line { stroke-width: 2.6 }
.sy-figure .sy-bold .sy-code { font-weight: 700 }
.sy-figure .sy-fade { opacity: .75 }
.sy-figure .sy-rule { fill: none; stroke: var(--jp-border-color1, #b9b9b4); stroke-width: 1 }
""".strip()


def sheet(title: str, words: str, width: float, height: float, parts: Iterable[str]) -> str:
    """A whole figure. `title` and `words` are its alternative text."""
    size = f'viewBox="0 0 {_n(width)} {_n(height)}" width="{_n(width)}" height="{_n(height)}"'
    label = quoteattr(_clean(f"{title}. {words}"))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="sy-figure" {size} role="img" aria-label={label}>'
    about = (
        f"<title>{escape(_clean(title))}</title><desc>{escape(_clean(words))}</desc><style>{STYLE}</style>"
    )
    return "\n".join([head, about, *parts, "</svg>"])


# -- text --------------------------------------------------------------------------------------------------


def text(x: float, y: float, words: str, font: str, anchor: Anchor = "start", more: str = "") -> str:
    """One line of text; `font` is a key of FONTS, `more` further classes."""
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return (
        f'<text x="{_n(x)}" y="{_n(y)}" class="{_classes(font, more)}"{place}>{escape(_clean(words))}</text>'
    )


@lru_cache(4096)
def text_width(words: str, font: str) -> float:
    """Pixels that the words need at most, or very nearly."""
    return FONTS[font] * sum(_part(letter, font) for letter in _clean(words))


def _part(letter: str, font: str) -> float:
    """How wide a letter is, as a part of the font's size."""
    if not letter.isascii() and unicodedata.east_asian_width(letter) in "WF":
        return 1.1
    if font == CODE:
        return 0.61
    return EMS.get(letter, OTHERS) * (1.12 if font in BOLD else 1)


@lru_cache(4096)
def shorten(words: str, width: float, font: str) -> str:
    """The words, cut to fit into `width` pixels and ended by `…`."""
    words = _clean(words)
    if text_width(words, font) <= width:
        return words
    while words and text_width(words + "…", font) > width:
        words = words[:-1]
    return words.rstrip() + "…"


def shorten_pair(one: str, other: str, width: float, font: str) -> str:
    """`one → other`, both cut evenly if that is too long."""
    room = width - text_width(" → ", font)
    half = max(room / 2, room - min(text_width(one, font), text_width(other, font)))
    return f"{shorten(one, half, font)} → {shorten(other, half, font)}"


def _clean(words: str) -> str:
    """Printable on one line, as XML allows: line breaks and tabs are blanks, what has no shape becomes `·`."""
    return "".join(" " if letter.isspace() else letter if letter.isprintable() else "·" for letter in words)


def _classes(*names: str) -> str:
    return " ".join(f"sy-{name}" for group in names for name in group.split())


# -- shapes ------------------------------------------------------------------------------------------------


def rect(x: float, y: float, width: float, height: float, classes: str, radius: float = 0) -> str:
    round_ = f' rx="{_n(radius)}"' if radius else ""
    where = f'x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"'
    return f'<rect {where}{round_} class="{_classes(classes)}"/>'


def path(steps: Iterable[str | float], classes: str) -> str:
    d = " ".join(step if isinstance(step, str) else _n(step) for step in steps)
    return f'<path d="{d}" class="{_classes(classes)}"/>'


def arrow_head(x: float, y: float, direction: int, classes: str = "head") -> str:
    """A triangle whose tip is at (x, y); direction 1 points right, -1 left."""
    back = x - 9 * direction
    return path(["M", back, y - 4.5, "L", x, y, back, y + 4.5, "Z"], classes)


def hatched(x: float, y: float, width: float, height: float, step: float = 6) -> str:
    """Slanted lines that fill a rectangle, as one path (a pattern would need an id)."""
    steps: list[str | float] = []
    offset = step / 2
    while offset < width + height:
        x0, y0 = (x + offset, y) if offset <= width else (x + width, y + offset - width)
        x1, y1 = (x, y + offset) if offset <= height else (x + offset - height, y + height)
        steps += ["M", x0, y0, "L", x1, y1]
        offset += step
    return path(steps or ["M", x, y], "line")


def _n(number: float) -> str:
    """A coordinate: at most one decimal, no trailing zero."""
    return f"{round(number + 0.0, 1):.1f}".removesuffix(".0")
