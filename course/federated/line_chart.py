"""A line chart as SVG, for a notebook: a few named lines over the rounds. No plotting library is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from math import isfinite

__all__ = ["line_chart"]

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 700, 240, 60, 16, 36  # a cell of a notebook offers 700 pixels at least
NAMES = 60, 340  # pixels for the names at the right, at least and at most
LETTER = 7.4  # pixels a letter
KEY = 30  # pixels for a piece of the line before its name, where there are several
COLOURS = ["#2f6fb5", "#c4532b", "#3a8a4d", "#8452a8", "#8a6d1d"]  # dark enough on white, light enough on black
DASHES = ["", "7 3", "2 3", "9 3 2 3", "1 4"]  # for those who see no colours
Line = Sequence[tuple[float, float]]  # (x, y)


def line_chart(lines: Mapping[str, Line], title: str, x_label: str = "round", ticks: Sequence[object] = ()) -> str:
    """An SVG with these lines, axes with their smallest and largest values, and the last value beside each name.

    ticks: what to write below the axis, at equal steps; without it, the first and the last number. Values that are
    not finite leave a gap.
    """
    points = [point for line in lines.values() for point in line if isfinite(point[1])]
    if not points:
        return f"<p>{escape(title)}: nothing to draw yet</p>"
    low, high = ends([y for _, y in points])
    first, last = ends([x for x, _ in points])
    right = right_end(lines)

    def place(x: float, y: float) -> str:
        across = (x - first) / (last - first) * (right - LEFT)
        return f"{LEFT + across:.1f},{HEIGHT - BOTTOM - (y - low) / (high - low) * (HEIGHT - TOP - BOTTOM):.1f}"

    drawn = [
        f'<path d="{path_of(line, place)}" fill="none" stroke="{COLOURS[n % len(COLOURS)]}" stroke-width="2"'
        f' stroke-dasharray="{DASHES[n % len(DASHES)]}"/>'
        for n, line in enumerate(lines.values())
    ]
    told = [f"{name}: from {line[0][1]:.4g} to {line[-1][1]:.4g}" for name, line in lines.items() if line]
    bottom = HEIGHT - BOTTOM
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img"'
        f' aria-label="{escape(f"{title}. " + "; ".join(told))}" style="max-width:100%;font:12px sans-serif">'
        f'<path d="M{LEFT},{TOP}V{bottom}H{right}" fill="none" stroke="currentColor" opacity=".5"/>'
        f'<g fill="currentColor"><g text-anchor="end">{text(LEFT - 6, TOP + 4, f"{high:.4g}")}'
        f"{text(LEFT - 6, bottom + 4, f'{low:.4g}')}</g>{below(ticks or (f'{first:g}', f'{last:g}'), right)}"
        f'<g text-anchor="middle">{text((LEFT + right) / 2, bottom + 28, x_label)}</g></g>'
        f"{''.join(drawn)}{''.join(names(lines, right + 10))}</svg>"
    )


def below(ticks: Sequence[object], right: float) -> str:
    """Texts below the axis at equal steps; the outer two end where the axis does."""
    step = (right - LEFT) / max(1, len(ticks) - 1)
    first, *others = [text(LEFT + n * step, HEIGHT - BOTTOM + 16, str(tick)) for n, tick in enumerate(ticks)]
    anchors = [*["middle"] * (len(others) - 1), "end"]
    return first + "".join(f'<g text-anchor="{a}">{tick}</g>' for a, tick in zip(anchors, others, strict=False))


def ends(values: Sequence[float]) -> tuple[float, float]:
    """The smallest and the largest of the values, never the same."""
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def path_of(line: Line, place: Callable[[float, float], str]) -> str:
    """The steps of an SVG path through the finite points of a line."""
    steps, pen = [], "M"
    for x, y in line:
        if isfinite(y):
            steps.append(f"{pen}{place(x, y)}")
        pen = "L" if isfinite(y) else "M"
    return "".join(steps)


def names(lines: Mapping[str, Line], x: float) -> list[str]:
    """The name and the last value of each line in its colour, one below the other; of several, behind their dashes."""
    return [
        key(x, TOP + 6 + 18 * n, n) * (len(lines) > 1)
        + text(x + KEY * (len(lines) > 1), TOP + 10 + 18 * n, beside(name, line), COLOURS[n % len(COLOURS)])
        for n, (name, line) in enumerate(lines.items())
        if line
    ]


def key(x: float, y: float, n: int) -> str:
    """A piece of line n."""
    return (
        f'<line x1="{x:g}" y1="{y:g}" x2="{x + KEY - 6:g}" y2="{y:g}" stroke="{COLOURS[n % len(COLOURS)]}"'
        f' stroke-width="2" stroke-dasharray="{DASHES[n % len(DASHES)]}"/>'
    )


def beside(name: str, line: Line) -> str:
    """What stands at the right of a line; a name that is too long is cut, its value never."""
    value = f" {line[-1][1]:.4g}"
    most = int((NAMES[1] - 14) / LETTER) - len(value)
    return (name if len(name) <= most else f"{name[: most - 1]}…") + value


def right_end(lines: Mapping[str, Line]) -> float:
    """Where the lines end: the names need the rest."""
    longest = max(len(beside(name, line)) for name, line in lines.items() if line)
    return WIDTH - max(NAMES[0], LETTER * longest + 14) - KEY * (len(lines) > 1)


def text(x: float, y: float, words: str, colour: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}"{f" fill={chr(34)}{colour}{chr(34)}" if colour else ""}>{escape(words)}</text>'
