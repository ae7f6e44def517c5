"""Points, exactly: kept as whole thousandths, shown as people write them. .1 + .1 + .1 is 0.3."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

UNIT = 1000
MOST = 10**9 * UNIT  # what no exercise has, and SQLite can hold


def exact(points: float | str | Decimal) -> int:
    """Thousandths of a point. ValueError for what is no finite number, and for one with more than three decimals."""
    try:
        scaled = Decimal(str(points)) * UNIT
    except InvalidOperation:
        raise ValueError(f"{points!r} is no number of points") from None
    if not scaled.is_finite() or abs(scaled) > MOST or scaled != scaled.to_integral_value():
        raise ValueError(f"{points!r} is no number of points with three decimals at most")
    return int(scaled)


def nearest(points: float) -> int:
    """The nearest thousandth: for points that a division made (a third of two points). ValueError for inf and nan."""
    scaled = Decimal(str(points)) * UNIT
    if not scaled.is_finite() or abs(scaled) > MOST:
        raise ValueError(f"{points!r} is no number of points")
    return int(scaled.to_integral_value(ROUND_HALF_UP))


def shown(thousandths: int) -> str:
    """`3`, `0.3`, `2.125`: no zeros that say nothing."""
    sign, (whole, part) = "-" if thousandths < 0 else "", divmod(abs(thousandths), UNIT)
    return f"{sign}{whole}.{part:03d}".rstrip("0").rstrip(".")
