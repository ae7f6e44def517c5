"""Small bar charts side by side, as SVG for a notebook: one for each quantity, on a scale of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

__all__ = ["bars"]

STYLE = (
    "max-width:100%;font:12px sans-serif;color:var(--jp-content-font-color1,#1b1b1b);"
    "background:var(--jp-layout-color0,#fff)"
)
WIDTH, LEFT, ROW, HEAD, GAP = 200, 56, 22, 26, 16


def bars(names: Sequence[str], charts: Mapping[str, Sequence[float]], title: str) -> str:
    """An SVG with a chart for each quantity: a bar for each name, its value beside it. Values are not negative."""
    height = HEAD + ROW * len(names) + 6
    columns = 2
    lines = -(-len(charts) // columns)
    drawn = [
        f'<g transform="translate({at % columns * (WIDTH + LEFT + GAP)},{at // columns * height})">'
        f"{chart(names, quantity, values)}</g>"
        for at, (quantity, values) in enumerate(charts.items())
    ]
    told = "; ".join(
        f"{quantity}: " + ", ".join(f"{name} {written(value)}" for name, value in zip(names, values, strict=True))
        for quantity, values in charts.items()
    )
    across, down = columns * (WIDTH + LEFT + GAP), lines * height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across} {down}" width="{across}" role="img"'
        f' aria-label="{escape(f"{title}. {told}")}" style="{STYLE}">'
        f'<g fill="currentColor">{"".join(drawn)}</g></svg>'
    )


def chart(names: Sequence[str], quantity: str, values: Sequence[float]) -> str:
    """One chart: the name at the left of each bar, the value at its right."""
    longest = WIDTH - 60  # room for the value
    most = max(values) or 1
    rows = [f'<text x="{LEFT}" y="14" font-weight="bold">{escape(quantity)}</text>']
    for at, (name, value) in enumerate(zip(names, values, strict=True)):
        top = HEAD + ROW * at
        length = max(longest * value / most, 1)
        rows.append(
            f'<text x="{LEFT - 6}" y="{top + 11}" text-anchor="end">{escape(name)}</text>'
            f'<rect x="{LEFT}" y="{top}" width="{length:.1f}" height="{ROW - 8}" fill="#2f6fb5"/>'
            f'<text x="{LEFT + length + 5:.1f}" y="{top + 11}">{written(value)}</text>'
        )
    return "".join(rows)


def written(value: float) -> str:
    """Four digits, or whole thousands: 0.9755, 3.066, 45,960."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"
