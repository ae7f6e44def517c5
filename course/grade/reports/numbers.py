"""Item analysis: what the points of a class say about the exercises. Pure numbers, nothing below ten students.

- difficulty: the mean share of its points that an exercise gave; 1 is easy.
- item-rest correlation: Pearson's r between the points of an exercise and those of all others. Whoever knows more
  should do better at it; about 0 or below 0 means that something is wrong with the exercise or its check.
- Cronbach's alpha = k / (k - 1) * (1 - sum of the items' variances / variance of the total): how far the exercises
  measure one thing. It grows with the number of exercises, k, so n and k stand beside it.

Source: Ebel & Frisbie, Essentials of Educational Measurement, 5th edition, chapters 5 and 13.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

LEAST = 10  # students; of fewer, none of this says anything, and it may say something about one of them


@dataclass(frozen=True)
class Item:
    """One exercise. `rest` is None where nothing varies."""

    difficulty: float
    rest: float | None


def items(points: Sequence[Sequence[float]], out_of: Sequence[float]) -> list[Item]:
    """Of each exercise (a column), from the points of each student (a row); [] below LEAST students."""
    if len(points) < LEAST:
        return []
    columns = list(zip(*points, strict=True))
    totals = [sum(row) for row in points]
    return [
        Item(
            statistics.fmean(column) / most if most else 0.0,
            correlation(column, [total - one for total, one in zip(totals, column, strict=True)]),
        )
        for column, most in zip(columns, out_of, strict=True)
    ]


def alpha(points: Sequence[Sequence[float]]) -> float | None:
    """Cronbach's alpha; None below LEAST students, below two exercises, or where all totals are the same."""
    if len(points) < LEAST or len(points[0]) < 2:
        return None
    spread = statistics.variance(sum(row) for row in points)
    if not spread:
        return None
    k = len(points[0])
    own = sum(statistics.variance(column) for column in zip(*points, strict=True))
    return float(k / (k - 1) * (1 - own / spread))


def correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Pearson's r; None where one of them does not vary."""
    try:
        found: float = statistics.correlation(one, other)
        return found
    except statistics.StatisticsError:
        return None


def bins(shares: Sequence[float], count: int = 10) -> list[int]:
    """How many of the shares, 0 to 1, lie in each of so many equal parts; 1 belongs to the last."""
    found = [0] * count
    for share in shares:
        found[min(count - 1, max(0, int(share * count + 1e-9)))] += 1
    return found
