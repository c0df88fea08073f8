"""What earlier periods leave for the next, rebuilt from their stored lines (validator §7.3).

Bases are stored as numerator and denominator, so measures of windows are the exact sums that an
unbroken computation would have, in the order of ordinals and not of arrival (I6). Scope: reading;
not here: what a measure does (``tiers``), or the computation (``engine``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import psycopg

from cdp_assets.errors import MissingUpstream
from cdp_assets.validators.commissions.engine.agreement_terms import (
    AgreementVersion,
    BoundScope,
    Window,
)
from cdp_assets.validators.commissions.engine.compute_lines import History, MeasureKey
from cdp_assets.validators.commissions.engine.lines import CommissionLine, LineKey, LineKind
from cdp_assets.validators.periods.period_place import PeriodPlace
from cdp_assets.validators.rules.nullable_amounts import int_or_none

_EARLIER = """
from validators.partner_commission_lines l
join validators.canonical_periods p
    on p.chain_id = l.chain_id and p.period_id = l.period_id and p.is_current and not p.is_void
where l.chain_id = %(chain)s and l.agreement_id = any(%(agreements)s)
    and l.is_current and not l.is_void
    and p.period_type = %(type)s and p.period_ordinal < %(ordinal)s
"""
_MEASURES = f"""
select l.agreement_id, l.rule_id, coalesce(l.validator_key, ''), coalesce(l.client_id, ''),
    l.month = %(month)s, l.base_denominator, sum(greatest(l.base_numerator, 0))
{_EARLIER}
    and l.line_kind = 'ATTRIBUTION' and l.commission_rate_bps is null
    and (l.month = %(month)s or l.agreement_id = any(%(lifetime)s))
group by 1, 2, 3, 4, 5, 6
"""
_LINES_OF_MONTH = f"""
select l.agreement_id, l.line_kind, coalesce(l.rule_id, ''), l.pre_override_amount_native,
    l.base_numerator > 0
{_EARLIER}
    and l.month = %(month)s and l.line_kind in ('ATTRIBUTION', 'FLOOR_TOPUP', 'CAP_REDUCTION')
    and l.rule_id is distinct from 'month'
order by p.period_ordinal, l.line_id
"""
_UNWRITTEN = """
select p.period_id
from validators.canonical_periods p
where p.chain_id = %(chain)s and p.period_type = %(type)s and p.is_current and not p.is_void
    and p.period_ordinal >= %(start)s and p.period_ordinal < %(ordinal)s
    and (%(is_lifetime)s or to_char(p.end_ts at time zone 'UTC', 'YYYY-MM') = %(month)s)
    and not exists (
        select from ops.asset_partition_status s
        where s.asset_key = %(key)s and s.partition_key = p.period_id and s.version is not null
    )
order by p.period_ordinal
limit 1
"""


@dataclass(frozen=True)
class Windows:
    """Which agreements need what earlier periods leave.

    Attributes:
        lifetime: With tiers over their lifetime.
        month: With tiers or bounds over a month.
    """

    lifetime: frozenset[str] = field(default=frozenset())
    month: frozenset[str] = field(default=frozenset())

    @property
    def all(self) -> list[str]:
        """Every agreement that needs something, ascending."""
        return sorted(self.lifetime | self.month)


def windows_of(versions: Iterable[AgreementVersion]) -> Windows:
    """Return which of the versions depend on earlier periods."""
    lifetime, month = set(), set()
    for version in versions:
        used = {rule.tier_window for rule in version.rules if rule.tiers}
        has_bound = version.floor(BoundScope.MONTH) or version.cap(BoundScope.MONTH)
        if Window.LIFETIME in used:
            lifetime.add(version.agreement_id)
        if Window.MONTH in used or has_bound:
            month.add(version.agreement_id)
    return Windows(frozenset(lifetime), frozenset(month))


def require_earlier(
    cursor: psycopg.Cursor,
    place: PeriodPlace,
    windows: Windows,
    starts: Mapping[str, int],
    lines_key: str,
) -> None:
    """Refuse a period whose windows have an earlier period without lines.

    Args:
        cursor: Of the run.
        place: The period.
        windows: Of the agreements in force.
        starts: First ordinal of each agreement.
        lines_key: Asset of the lines.

    Raises:
        MissingUpstream: A period is out of order; names the earlier one.
    """
    for names, is_lifetime in ((windows.lifetime, True), (windows.month, False)):
        if not names:
            continue
        row = cursor.execute(
            _UNWRITTEN,
            {
                "chain": place.chain_id,
                "type": place.period_type,
                "start": min(starts[name] for name in names),
                "ordinal": place.ordinal,
                "is_lifetime": is_lifetime,
                "month": place.month,
                "key": lines_key,
            },
        ).fetchone()
        if row is not None:
            raise MissingUpstream(
                "period out of order: its tiers or bounds add up over earlier periods, and "
                f"{row[0]} has no lines yet",
                key=place.period_id,
                hint=f"materialize {lines_key} from {row[0]} on",
            )


def read_histories(
    cursor: psycopg.Cursor, place: PeriodPlace, windows: Windows
) -> dict[str, History]:
    """Return what earlier periods leave, by agreement; one without windows needs none."""
    if not windows.all:
        return {}
    parameters = {
        "chain": place.chain_id,
        "type": place.period_type,
        "ordinal": place.ordinal,
        "month": place.month,
        "agreements": windows.all,
        "lifetime": sorted(windows.lifetime),
    }
    lifetime, of_month = _measures(cursor, parameters)
    lines = _lines_of_month(cursor, place, parameters) if place.is_last_of_month else {}
    return {
        name: History(
            lifetime.get(name, {}), of_month.get(name, {}), place.month, tuple(lines.get(name, ()))
        )
        for name in windows.all
    }


_Measures = dict[str, dict[MeasureKey, Fraction | None]]


def _measures(
    cursor: psycopg.Cursor, parameters: Mapping[str, object]
) -> tuple[_Measures, _Measures]:
    """Return the measures of lifetimes and of the month, by agreement."""
    lifetime: _Measures = defaultdict(dict)
    of_month: _Measures = defaultdict(dict)
    cursor.execute(_MEASURES.encode(), parameters)
    for agreement, rule, validator, client, is_of_month, denominator, numerators in cursor:
        key = (rule, validator, client)
        part = None if denominator is None else Fraction(int(numerators), int(denominator))
        for measures in (lifetime, of_month) if is_of_month else (lifetime,):
            measures[agreement][key] = _sum(measures[agreement].get(key, Fraction()), part)
    return lifetime, of_month


def _sum(before: Fraction | None, part: Fraction | None) -> Fraction | None:
    """Return the sum; null when a part is missing."""
    return None if before is None or part is None else before + part


def _lines_of_month(
    cursor: psycopg.Cursor, place: PeriodPlace, parameters: Mapping[str, object]
) -> dict[str, list[CommissionLine]]:
    """Return the month's earlier lines, as far as its bounds need them."""
    found: dict[str, list[CommissionLine]] = defaultdict(list)
    cursor.execute(_LINES_OF_MONTH.encode(), parameters)
    for agreement, kind, rule, amount, is_attributable in cursor:
        key = LineKey(agreement, 0, place.chain_id, "", LineKind(kind), rule)
        found[agreement].append(
            CommissionLine(
                key=key,
                introducer_id="",
                month=place.month,
                base=None if is_attributable is None else Fraction(int(is_attributable)),
                pre_override_native=int_or_none(amount),
            )
        )
    return found
