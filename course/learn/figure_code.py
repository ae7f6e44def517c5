"""The code that a figure is about: the block of a `with` statement, found in the cell it was typed in."""

from __future__ import annotations

import ast
import linecache
from types import FrameType

__all__ = ["block_of"]


def block_of(frame: FrameType) -> tuple[str, set[str] | None]:
    """The block of the `with` statement that this frame is entering: its text on one line, the names it uses.

    Where no source is to be had: "" and None.
    """
    source = "".join(linecache.getlines(frame.f_code.co_filename, frame.f_globals))
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return "", None
    found = [node for node in ast.walk(tree) if isinstance(node, ast.With) and _opens(node, frame.f_lineno)]
    if not found:
        return "", None
    body = found[-1].body
    names = {node.id for part in body for node in ast.walk(part) if isinstance(node, ast.Name)}
    return _on_one_line(body, source), names


def _opens(node: ast.With, line: int) -> bool:
    return node.lineno <= line <= max(item.context_expr.end_lineno or 0 for item in node.items)


def _on_one_line(body: list[ast.stmt], source: str) -> str:
    """The only line, or the first one and how many follow."""
    lines = [
        line.strip() for part in body for line in (ast.get_source_segment(source, part) or "").splitlines()
    ]
    more = len(lines) - 1
    return lines[0] if not more else f"{lines[0]} … and {more} more line{'s' if more > 1 else ''}"
