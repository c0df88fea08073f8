"""Numbers as the published scores use them: truncated shares, weights, percentiles, months.

Everything is Decimal or int; a double appears only where a result is stored (compliance §1.5,
§5.1). Scope: arithmetic without any Filecoin Plus noun; not here: the metrics
(``cdp_assets.filplus.scoring.metrics``).
"""

from __future__ import annotations

import calendar
import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext

SHARE_DECIMALS = 2  # of every percentage (§5.1)
RATIO_SCALE = 10**6  # of a factor before it is multiplied into bytes (§1.5)
FULL_WEIGHT_DAYS = 60  # a client that spent within them weighs 1 (§5.1)
DECAY_DAYS = 120  # named half-life by the live platform, is the e-folding time (§5.1)
_PRECISION = 50
_ONE_DAY = timedelta(days=1)
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB")


def big_int_div(dividend: int, divisor: int, decimals: int = SHARE_DECIMALS) -> Decimal:
    """Return a quotient truncated toward zero to some decimals (§1.5 ``bigIntDiv``).

    Raises:
        ZeroDivisionError: The divisor is 0, as in the live platform.
    """
    scaled = abs(dividend) * 10**decimals // abs(divisor)
    return Decimal(scaled if (dividend < 0) == (divisor < 0) else -scaled).scaleb(-decimals)


def big_int_mul(amount: int, ratio: Decimal) -> int:
    """Return an integer times a factor of six decimals, truncated (§1.5 ``bigIntMul``)."""
    millionths = int((ratio * RATIO_SCALE).to_integral_value(rounding=ROUND_HALF_UP))
    product = amount * millionths
    return product // RATIO_SCALE if product >= 0 else -(-product // RATIO_SCALE)


def share_percent(part: int, total: int) -> Decimal:
    """Return 100·part/total truncated to two decimals; 0 where the total is 0.

    The live platform fails on a total of 0 (compliance §9.2, last paragraph); here nothing has a
    share of nothing.
    """
    return big_int_div(part * 100, total) if total else Decimal(0)


def client_weight(last_spent: datetime | None, now: datetime) -> Decimal:
    """Return ω of a client: 1 for 60 days after it spent datacap, then decaying (§5.1).

    Args:
        last_spent: Hour of its newest deal, UTC; null: it never spent and weighs 0.
        now: Clock of the report.
    """
    if last_spent is None:
        return Decimal(0)
    days = (now - last_spent) // _ONE_DAY
    if days <= FULL_WEIGHT_DAYS:
        return Decimal(1)
    with localcontext() as context:
        context.prec = _PRECISION
        return (Decimal(FULL_WEIGHT_DAYS - days) / DECAY_DAYS).exp()


def percentile(ascending: Sequence[Decimal], n: int) -> Decimal | None:
    """Return the n-th percentile by linear interpolation; null for an empty list (§5.1)."""
    if not ascending:
        return None
    position = Decimal(n) / 100 * (len(ascending) - 1)
    below = int(position)
    above = min(below + 1, len(ascending) - 1)
    return ascending[below] + (ascending[above] - ascending[below]) * (position - below)


def mean(values: Sequence[Decimal]) -> Decimal | None:
    """Return the mean, independent of order; null for an empty list (§1.5 ``avg``)."""
    if not values:
        return None
    with localcontext() as context:
        context.prec = _PRECISION
        return sum(sorted(values), Decimal(0)) / len(values)


def population_deviation(values: Iterable[Decimal]) -> Decimal:
    """Return the standard deviation with ÷ n; 0 for an empty list (§5.1)."""
    listed = list(values)
    centre = mean(listed)
    if centre is None:
        return Decimal(0)
    with localcontext() as context:
        context.prec = _PRECISION
        spread = mean([(value - centre) ** 2 for value in listed])
        assert spread is not None
        return spread.sqrt()


def months_between(start: datetime, end: datetime) -> Decimal:
    """Return UTC calendar months from start to end, with the part of the running one (§5.2).

    n whole months, plus the rest divided by the length of month n + 1 counted from the start; the
    31st of a month plus one month is that month's last day. Negative where the end is before the
    start.
    """
    if end < start:
        return -months_between(end, start)
    months = (end.year - start.year) * 12 + end.month - start.month
    while _plus_months(start, months) > end:
        months -= 1
    began, ends = _plus_months(start, months), _plus_months(start, months + 1)
    with localcontext() as context:
        context.prec = _PRECISION
        return months + _microseconds(end - began) / _microseconds(ends - began)


def readable_size(size: int) -> str:
    """Return bytes in the largest binary unit below them with two decimals, ``1.50 TiB``."""
    power = min((abs(size).bit_length() - 1) // 10 if size else 0, len(_UNITS) - 1)
    value = (Decimal(size) / 1024**power).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    return f"{value} {_UNITS[power]}"


def as_double(value: Decimal | None) -> float | None:
    """Return a value as it is stored: a double; null stays null."""
    return None if value is None else float(value)


def exact(value: float | None) -> Decimal | None:
    """Return the shortest decimal that a stored double represents; not-a-number is null."""
    return None if value is None or not math.isfinite(value) else Decimal(repr(float(value)))


def _plus_months(instant: datetime, months: int) -> datetime:
    index = instant.year * 12 + instant.month - 1 + months
    year, month = divmod(index, 12)
    last_day = calendar.monthrange(year, month + 1)[1]
    return instant.replace(year=year, month=month + 1, day=min(instant.day, last_day))


def _microseconds(duration: timedelta) -> Decimal:
    return Decimal(duration // timedelta(microseconds=1))
