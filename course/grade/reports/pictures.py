"""Pictures of a report, as inline SVG: the scores of a class, and what came out of each exercise.

They are made of the pieces of the notebooks' figures (course/learn/figures/svg.py): patterns and words beside the
colours, a title and a description, the page's own colours in light and dark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from course.learn.figures.svg import hatched, path, rect, sheet, shorten, text, text_width

WIDTH, EDGE = 700, 8
ORDER = ("correct", "incorrect", "error", "timeout", "technical", "untried")
WORDS = {
    "correct": "correct", "incorrect": "not yet", "untried": "not attempted", "error": "stopped",
    "timeout": "too long", "technical": "not graded",
}  # fmt: skip


def histogram(counts: Sequence[int], points: str) -> str:
    """How many students have 0 to 10% of the points, 10 to 20%, ...; `points` is what 100% are."""
    left, top, height, bottom = 44, 30, 150, 46
    step = (WIDTH - left - EDGE) / len(counts)
    most = max([*counts, 1])
    parts = [text(EDGE, 18, "students", "soft")]
    for place, count in enumerate(counts):
        tall = height * count / most
        x = left + place * step
        if count:
            parts += [rect(x + 3, top + height - tall, step - 6, tall, "bar")]
            parts.append(text(x + step / 2, top + height - tall - 6, str(count), "soft", "middle", "strong"))
        parts.append(text(x, top + height + 17, _percent(place / len(counts)), "small", "middle"))
    parts += [
        text(WIDTH - EDGE, top + height + 17, "100%", "small", "end"),
        path(["M", left, top + height, "H", WIDTH - EDGE], "line"),
        text(left, top + height + 38, f"share of {points}", "soft"),
    ]
    said = [
        f"{_percent(place / len(counts))} to {_percent((place + 1) / len(counts))}: {count}"
        for place, count in enumerate(counts)
    ]
    return sheet("Scores: students by share of the points", "; ".join(said), WIDTH, top + height + bottom, parts)


def outcomes(rows: Mapping[str, Mapping[str, int]]) -> str:
    """A bar for each exercise, cut into what came out: counts by kind."""
    left, top, line, bar = 54, 30, 28, 18
    parts = _legend()
    for place, (exercise, counts) in enumerate(rows.items()):
        y, x = top + 8 + line * place, float(left)
        everybody = sum(counts.values()) or 1
        parts.append(text(EDGE, y + 13, shorten(exercise, left - EDGE - 4, "code"), "code"))
        for kind in ORDER:
            width = (WIDTH - left - EDGE) * counts.get(kind, 0) / everybody
            if width:
                parts += _piece(kind, x, y, width, bar)
                label = str(counts[kind])
                if text_width(label, "soft") + 8 < width:
                    back = text_width(label, "soft") + 6
                    parts.append(rect(x + width / 2 - back / 2, y + 2, back, bar - 4, "label", 2))
                    parts.append(text(x + width / 2, y + 13.5, label, "soft", "middle", "strong"))
            x += width
    said = [
        f"{exercise}: " + ", ".join(f"{WORDS[kind]} {counts[kind]}" for kind in ORDER if counts.get(kind))
        for exercise, counts in rows.items()
    ]
    return sheet("What came out of each exercise", "; ".join(said), WIDTH, top + 14 + line * len(rows), parts)


def _legend() -> list[str]:
    parts: list[str] = []
    x = float(EDGE)
    for kind in ORDER:
        parts += _piece(kind, x, 6, 24, 12)
        parts.append(text(x + 30, 16, WORDS[kind], "small"))
        x += 44 + text_width(WORDS[kind], "small")
    return parts


def _piece(kind: str, x: float, y: float, width: float, height: float) -> list[str]:
    """A piece of a bar: each kind has a pattern of its own, and a colour."""
    box = rect(x, y, width, height, f"data {kind}")
    if kind == "incorrect":
        return [box, hatched(x, y, width, height)]
    if kind == "error":
        return [box, hatched(x, y, width, height, 3)]
    if kind == "timeout":
        upright = [step for place in _every(width, 5) for step in ("M", x + place, y, "V", y + height)]
        return [box, path(upright, "line")]
    if kind == "technical":
        across = [step for place in _every(height, 4) for step in ("M", x, y + place, "H", x + width)]
        return [box, path(across, "line")]
    return [box]


def _every(length: float, step: float) -> list[float]:
    return [step * number for number in range(1, int(length / step) + 1) if step * number < length] or [0.0]


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"
