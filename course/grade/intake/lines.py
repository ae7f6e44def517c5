"""The text of a cell, line by logical line, without parsing it: comments, docstrings, magics, what it defines.

Whatever the text is, this ends, in time proportional to its length: one pass with a bracket count and the quote that is
open. It runs nothing, and knows no more of Python than where a line of it begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_PIECE = re.compile(
    r"""(?P<comment>\#.*)
      | (?P<quote>[rRbBuUfFtT]{0,2}(?:\"{3}|'{3}|"|'))
      | (?P<open>[(\[{])
      | (?P<close>[)\]}])
      | (?P<other>[^#"'()\[\]{}rRbBuUfFtT]+|.)""",
    re.VERBOSE,
)
_END = {quote: re.compile(rf"(?:[^\\]|\\.)*?{quote}") for quote in ('"""', "'''", '"', "'")}
_MAGIC = re.compile(
    r"\s*[%!?]|\s*[\w.]+\?{1,2}\s*$|\s*[\w., \t]+=[ \t]*[%!]|\s*(?:pip|conda|mamba)[ \t]+install\b"
)  # the last is short for %pip install
_TIMED = re.compile(r"(\s*)%time[ \t]+(?=\w)")
_DEFINES = re.compile(r"(?:async\s+)?def\s+(\w+)|class\s+(\w+)|(\w+)\s*(?::[^=]*)?=(?!=)")
_FUNCTION = re.compile(r"(?:async\s+)?def\s|\w+\s*(?::[^=]*)?=\s*lambda\b")
_TEXT_ONLY = re.compile(r"""[rRbBuU]{0,2}(?:\"{3}|'{3}|"|')""")
_OTHER_LANGUAGE = re.compile(r"\s*%%(\w+|!)")
_BRINGS = re.compile(r"\s*(?:import|from)\s|(?:@|def\s|async\s+def\s|class\s)|[\w,\s*()]+(?::[^=]*)?=(?!=)")
_GOES_ON = re.compile(r"(?:else|elif|except|finally)\b|[)\]}]")
_HARMLESS = {"time", "timeit", "capture", "prun", "debug"}  # cell magics below which Python stands


@dataclass(frozen=True)
class Logical:
    """One logical line: where it begins and ends in the cell (counted from 0), and its text without comments."""

    first: int
    last: int
    text: str

    @property
    def is_magic(self) -> bool:
        """IPython's own: `%pip install x`, `!ls`, `names = !ls`, `help?`."""
        return _MAGIC.match(self.text) is not None

    @property
    def is_text(self) -> bool:
        """Nothing but a string: a docstring, most often."""
        return _TEXT_ONLY.match(self.text.lstrip()) is not None and self.text.rstrip()[-1:] in "\"'"

    @property
    def defines(self) -> str:
        """The name that it defines at the top level of the cell: `def name`, `class name`, `name = `; "" for none."""
        found = _DEFINES.match(self.text)
        return next(filter(None, found.groups()), "") if found else ""

    @property
    def is_function(self) -> bool:
        """Whether it defines a function: `def name`, or `name = lambda`."""
        return _FUNCTION.match(self.text) is not None


@lru_cache(maxsize=4)  # what is asked of a cell is asked in a row
def logical(source: str) -> tuple[Logical, ...]:
    """The logical lines of a cell that are not empty. A magic is a line, whatever brackets are open in it."""
    found: list[Logical] = []
    depth, quote, parts, first, in_magic = 0, "", list[str](), 0, False
    for number, line in enumerate(source.split("\n")):
        if not parts:
            first, in_magic = number, _MAGIC.match(line) is not None
        text, depth, quote = (line, 0, "") if in_magic else _scan(line, depth, quote)
        parts.append(text)
        if depth or quote or text.endswith("\\"):
            continue
        found.append(Logical(first, number, "\n".join(parts)))
        parts = []
    if parts:
        found.append(Logical(first, source.count("\n"), "\n".join(parts)))
    return tuple(line for line in found if line.text.strip())


def _scan(line: str, depth: int, quote: str) -> tuple[str, int, str]:
    """The line without its comment, the brackets that are open after it, and the quote that is."""
    kept, at = [], 0
    while at < len(line):
        if quote:
            end = _END[quote].match(line, at)
            if end is None:
                kept.append(line[at:])
                goes_on = len(quote) == 3 or line.endswith("\\")
                return "".join(kept), depth, quote if goes_on else ""
            kept.append(end[0])
            at, quote = end.end(), ""
            continue
        piece = _PIECE.match(line, at)
        if piece is None or piece.lastgroup == "comment":
            break
        if piece.lastgroup == "quote":
            quote = piece[0].lstrip("rRbBuUfFtT")
        elif piece.lastgroup == "open":
            depth += 1
        elif piece.lastgroup == "close":
            depth = max(0, depth - 1)
        kept.append(piece[0])
        at = piece.end()
    return "".join(kept).rstrip(), depth, quote if len(quote) == 3 else ""


def bare(source: str) -> str:
    """What a cell says apart from comments, docstrings, blank lines and blanks: two cells that agree in it are one."""
    return "\n".join(re.sub(r"\s+", "", line.text) for line in logical(source) if not line.is_text)


def defined(source: str) -> set[str]:
    """The names that a cell defines at its top level."""
    return {line.defines for line in logical(source)} - {""}


def functions(source: str) -> set[str]:
    """Those of them that are functions."""
    return {line.defines for line in logical(source) if line.is_function} - {""}


def helpers(source: str, names: set[str]) -> str:
    """The imports and definitions at the top level of a cell, but for those of `names`: others may rely on them."""
    lines = source.split("\n")
    blocks: list[list[Logical]] = []
    for line in logical(source):
        if not blocks or _begins(line, blocks[-1][-1]):
            blocks.append([])
        blocks[-1].append(line)
    kept: list[str] = []
    for block in blocks:
        if not {line.defines for line in block} & names and any(_BRINGS.match(line.text) for line in block):
            kept += lines[block[0].first : block[-1].last + 1]
    return "\n".join(kept)


def _begins(line: Logical, before: Logical) -> bool:
    """Whether a line begins a block of the top level: no `else`, and nothing that stands below a decorator."""
    return not (line.text[:1].isspace() or _GOES_ON.match(line.text) or before.text.startswith("@"))


def language(source: str) -> str:
    """ "bash" for a cell that begins with `%%bash`; "" for Python, also below `%%time`."""
    found = _OTHER_LANGUAGE.match(source)
    return "" if found is None or found[1] in _HARMLESS else found[1]


def python(source: str) -> str:
    """The cell as Python alone can run it: as many lines, each where it was.

    `pass` stands for a magic, what `%time` stands before stays, and of another language everything is a comment.
    """
    lines = source.split("\n")
    if language(source):
        return "\n".join(f"# {line}" for line in lines)
    for line in logical(source):
        if line.is_magic:
            lines[line.first : line.last + 1] = _without(line.text).split("\n")
    return "\n".join(lines)


def _without(magic: str) -> str:
    """What Python runs in a magic's place, in as many lines."""
    if _TIMED.match(magic):
        return _TIMED.sub(r"\1", magic, count=1)
    return re.sub(r"\S.*", "pass", magic, count=1, flags=re.DOTALL) + "\n" * magic.count("\n")


def first_lines(source: str) -> Iterator[str]:
    """The lines before the first one that is no comment, and not empty, without blanks around."""
    for line in source.split("\n"):
        said = line.strip()
        if said and not said.startswith(("#", "%%")):
            return
        if said:
            yield said
