"""A dry run of an agreement's terms over past periods: amounts, over-attribution (validator §14).

Writes nothing. The terms are computed as if they had been in force from the first period of the
range on; windows begin there. Scope: terms beside the agreements that are in force; not here:
saving them (``agreements``), or arguments and printing (``cdp_assets.cli``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from cdp_assets.errors import MissingUpstream
from cdp_assets.validators.chains.chain_registry import Chain
from cdp_assets.validators.commissions.engine.agreement_terms import AgreementVersion, parse_version
from cdp_assets.validators.commissions.engine.compute_lines import History, compute_lines
from cdp_assets.validators.commissions.engine.lines import CommissionLine
from cdp_assets.validators.commissions.engine.over_attribution import (
    OverAttribution,
    over_attributed_amounts,
    over_attributed_rates,
)
from cdp_assets.validators.commissions.engine.period_inputs import PeriodInputs
from cdp_assets.validators.commissions.line_history import read_histories, windows_of
from cdp_assets.validators.commissions.term_store import read_inputs, read_terms
from cdp_assets.validators.periods.period_place import PeriodPlace, place_of
from cdp_assets.validators.periods.period_table import read_periods
from cdp_assets.validators.rules.nullable_amounts import sum_or_none

_DRY = "dry-run"


@dataclass(frozen=True)
class DryPeriod:
    """What terms would give in one period.

    Attributes:
        period_id: The period.
        lines: Of the terms, in the order of their ids.
        over_attributed: What they and the other agreements would take beyond what there is.
    """

    period_id: str
    lines: tuple[CommissionLine, ...]
    over_attributed: tuple[OverAttribution, ...]

    @property
    def total_native(self) -> int | None:
        """Sum of the lines; null when one is unknown."""
        return sum_or_none(line.final_native for line in self.lines)


@dataclass(frozen=True)
class DryRun:
    """The result of a dry run.

    Attributes:
        version: The terms.
        periods: Ascending.
        over_attributed: Rates that could take more than there is, in basis points.
    """

    version: AgreementVersion
    periods: tuple[DryPeriod, ...]
    over_attributed: tuple[OverAttribution, ...]


def parse_terms(terms: Mapping[str, Any], chain: Chain, first_ordinal: int) -> AgreementVersion:
    """Return terms of a file as a version that is in force from a period on.

    Fields that say who, where and when may be absent: a dry run is about rules, floors and caps.

    Raises:
        BadConfiguration: The terms do not hold together; names every field.
    """
    given = {key: terms[key] for key in ("rules", "floors", "caps") if key in terms}
    who = {
        "agreement_id": str(terms.get("agreement_id") or _DRY),
        "introducer_id": str(terms.get("introducer_id") or _DRY),
    }
    return parse_version(
        {
            **who,
            **given,
            "version": 1,
            "chain_id": chain.chain_id,
            "period_type": chain.main_period_type,
            "effective_from": first_ordinal,
        }
    )


def dry_run(
    connection: psycopg.Connection,
    chain: Chain,
    terms: Mapping[str, Any],
    first: str,
    last: str,
    now: datetime,
) -> DryRun:
    """Compute terms over the periods of a range.

    Args:
        connection: Of the warehouse; only read.
        chain: The chain.
        terms: Rules, floors and caps; an agreement of the same id is replaced by them.
        first: First period.
        last: Last period, inclusive.
        now: The clock.

    Raises:
        BadConfiguration: The terms do not hold together.
        MissingUpstream: A period of the range is unknown, or there is none.
    """
    places = _places(connection, chain, first, last, now)
    version = parse_terms(terms, chain, places[0].ordinal)
    history = History()
    found = []
    others: dict[str, AgreementVersion] = {}
    with connection.cursor() as cursor:
        for place in places:
            inputs = read_inputs(cursor, place).inputs
            in_force = dict(read_terms(cursor, place).versions)
            in_force.pop(version.agreement_id, None)
            others |= {name: one for name, one in in_force.items() if one.holds(place.ordinal)}
            lines = compute_lines(version, inputs, history)
            history = history.after(place.month, lines)
            taken = _lines_of_others(cursor, place, inputs, in_force)
            over = over_attributed_amounts([*lines, *taken], inputs)
            found.append(DryPeriod(place.period_id, lines, tuple(over)))
    rates = over_attributed_rates([version, *others.values()])
    return DryRun(version, tuple(found), tuple(rates))


def _places(
    connection: psycopg.Connection, chain: Chain, first: str, last: str, now: datetime
) -> list[PeriodPlace]:
    periods = read_periods(connection, chain.chain_id)
    for period_id in (first, last):
        if period_id not in periods:
            raise MissingUpstream(
                "the period is not in canonical_periods",
                key=period_id,
                hint="choose periods that exist: `cdp status` shows the newest",
            )
    start, end = (periods[period_id].period.ordinal for period_id in (first, last))
    found = [
        place_of(chain.chain_id, periods, known, now)
        for known in periods.values()
        if start <= known.period.ordinal <= end
        and known.period.period_type == chain.main_period_type
    ]
    if not found:
        raise MissingUpstream(f"no period from {first} to {last}", hint="--from comes first")
    return found


def _lines_of_others(
    cursor: psycopg.Cursor,
    place: PeriodPlace,
    inputs: PeriodInputs,
    versions: Mapping[str, AgreementVersion],
) -> list[CommissionLine]:
    """Return what the agreements in force yield in a period."""
    histories = read_histories(cursor, place, windows_of(versions.values()))
    nothing = History()
    return [
        line
        for agreement, version in versions.items()
        for line in compute_lines(version, inputs, histories.get(agreement, nothing))
    ]
