"""What the pages are made of: a frame without scripts that loads nothing, its style, and text made safe.

All text of a submission goes through `safe`, `rich` or `code`. Beside what HTML needs, they show by their numbers the
characters that nobody sees and that turn code around (Unicode's controls for writing direction).
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Sequence

from course.learn.outcome import WORDS

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
KINDS = {
    **WORDS, "error": "! Stopped with an error", "timeout": "… Took too long", "technical": "? Could not be graded",
}  # fmt: skip
LINES, LETTERS = 400, 30_000  # of an answer that are shown
MESSAGE = 4_000  # characters of a message

STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1b; --soft: #595959; --paper: #fff; --tint: #f4f4f1; --edge: #b9b9b4;
  --good: #2e7d32; --bad: #a34716; --open: #6f6f69; --broken: #6a4fa3; --link: #1a5fb4;
  --goodly: #cfe6cf; --badly: #f3d9c6; --openly: #fff; --brokenly: #ddd3ee }
@media screen and (prefers-color-scheme: dark) { :root { --ink: #ececec; --soft: #b4b4b0; --paper: #181818;
  --tint: #242424; --edge: #5a5a57; --good: #81c784; --bad: #f0a070; --open: #a8a8a2; --broken: #b8a2ea;
  --link: #8ab4f8; --goodly: #1e4620; --badly: #5c3013; --openly: #181818; --brokenly: #3d2c63 } }
:root { --jp-content-font-color1: var(--ink); --jp-content-font-color2: var(--soft); --jp-layout-color0: var(--paper);
  --jp-layout-color1: var(--tint); --jp-border-color1: var(--edge) }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1.5rem 1.25rem 3rem; max-width: 60rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, "DejaVu Sans", sans-serif; overflow-wrap: break-word }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .25rem } h2 { font-size: 1.3rem; margin: 2.2rem 0 .6rem;
  padding-top: .6rem; border-top: 1px solid var(--edge) } h3 { font-size: 1.05rem; margin: 0 }
p { margin: .5rem 0 } a { color: var(--link) } .soft, small { color: var(--soft); font-size: .9rem }
.score { font-size: 1.25rem } .score strong { font-size: 1.7rem }
.scroll { overflow-x: auto } .scroll:focus-visible, pre:focus-visible { outline: 2px solid var(--link) }
table { border-collapse: collapse; margin: .6rem 0; width: 100%; font-size: .93rem }
caption { text-align: left; color: var(--soft); padding-bottom: .3rem; font-size: .9rem }
th, td { text-align: left; vertical-align: top; padding: .32rem .8rem .32rem 0; border-bottom: 1px solid var(--edge) }
thead th { border-bottom-width: 2px; vertical-align: bottom } th.number, td.number { text-align: right;
  font-variant-numeric: tabular-nums } td.number, tbody th { white-space: nowrap } tbody th { font-weight: 400 }
td p { margin: 0 0 .3rem }
code, pre { font: .85rem/1.45 ui-monospace, "DejaVu Sans Mono", monospace }
code { overflow-wrap: anywhere } :not(pre) > code { background: var(--tint); padding: 0 .25em; border-radius: 3px }
pre { margin: .6rem 0 0; padding: .6rem .8rem; background: var(--tint); border-radius: 4px; overflow-x: auto;
  tab-size: 4 }
article { border: 1px solid var(--edge); border-left-width: 6px; border-radius: 6px; padding: .8rem 1rem;
  margin: .9rem 0 }
article header { display: flex; flex-wrap: wrap; gap: .2rem .8rem; align-items: baseline }
article header .word { font-weight: 600 } article header .points { margin-left: auto; white-space: nowrap }
article.correct { border-left-color: var(--good) } article.correct .word { color: var(--good) }
article.incorrect { border-left-color: var(--bad) } article.incorrect .word { color: var(--bad) }
article.untried { border-left-color: var(--open) } article.untried .word { color: var(--open) }
article.error, article.timeout, article.technical { border-left-color: var(--broken) }
article.error .word, article.timeout .word, article.technical .word { color: var(--broken) }
.note { border-left: 3px solid var(--edge); padding-left: .7rem } figure { margin: .8rem 0 }
figcaption { color: var(--soft); font-size: .9rem } summary { cursor: pointer }
.beside { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: .8rem }
.sy-figure .sy-bar { fill: var(--link) } .sy-figure .sy-label { fill: var(--paper) }
.sy-figure .sy-data.sy-correct { fill: var(--goodly) } .sy-figure .sy-data.sy-incorrect { fill: var(--badly) }
.sy-figure .sy-data.sy-untried { fill: var(--openly) } .sy-figure .sy-data.sy-error { fill: var(--brokenly) }
.sy-figure .sy-data.sy-timeout { fill: var(--brokenly) } .sy-figure .sy-data.sy-technical { fill: var(--brokenly) }
.sy-figure .sy-line { stroke-width: 1 } .sy-figure text.sy-label { fill: var(--ink) }
@media print { body { max-width: none; padding: 0; font-size: 11pt } a { color: inherit; text-decoration: none }
  article, tr, figure { break-inside: avoid } h2, h3 { break-after: avoid }
  pre { white-space: pre-wrap; border: 1px solid var(--edge) } .scroll { overflow: visible } }
""".strip()


def page(title: str, body: Iterable[str]) -> str:
    """A whole page. `title` is escaped here, `body` is HTML already."""
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">',
            f"<title>{safe(title)}</title><style>{STYLE}</style></head>",
            "<body><main>",
            *body,
            "</main></body></html>\n",
        ]
    )


def safe(text: str) -> str:
    """Text for between tags and for attributes: escaped, hidden characters shown."""
    return html.escape(re.sub(r"[^ -~\n\t]", lambda found: _visible(found[0]), text))


def rich(text: str) -> str:
    """A message as in the notebook: `backticks` are code, a line break ends a paragraph."""
    short = text if len(text) <= MESSAGE else f"{text[:MESSAGE]} …"
    marked = re.sub(r"`([^`\n]+)`", r"<code>\1</code>", safe(short))
    return "".join(f"<p>{line}</p>" for line in marked.split("\n") if line.strip())


def code(source: str, label: str) -> str:
    """A student's code, at most LINES lines, with a name for those who cannot see it."""
    lines = source[:LETTERS].splitlines()
    shown = "\n".join(lines[:LINES])
    cut = "" if len(lines) <= LINES and len(source) <= LETTERS else "<p><small>The rest is not shown.</small></p>"
    return f'<pre tabindex="0" role="region" aria-label="{safe(label)}"><code>{safe(shown)}</code></pre>{cut}'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], caption: str, numbers: Iterable[int] = ()) -> str:
    """A table of cells that are HTML already. The first cell of a row names it; `numbers` are columns of numbers."""
    right = set(numbers)

    def cell(tag: str, place: int, content: str, more: str = "") -> str:
        kind = ' class="number"' if place in right else ""
        return f"<{tag}{more}{kind}>{content}</{tag}>"

    titles = "".join(cell("th", place, safe(title), ' scope="col"') for place, title in enumerate(head))
    lines = "".join(
        "<tr>"
        + "".join(
            cell("th", place, content, ' scope="row"') if place == 0 else cell("td", place, content)
            for place, content in enumerate(row)
        )
        + "</tr>\n"
        for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{safe(caption)}"><table>'
        f"<caption>{safe(caption)}</caption><thead><tr>{titles}</tr></thead>\n<tbody>{lines}</tbody></table></div>"
    )


def _visible(letter: str) -> str:
    """A character as it is, or by its number where it would not be seen: `⟨U+202E⟩`."""
    if unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return letter
    return f"⟨U+{ord(letter):04X}⟩"
