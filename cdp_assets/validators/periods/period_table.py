"""``canonical_periods``: update a chain's periods to its head, and read them (validator §2).

Scope: the rows from first period to head, their versions, and lookups for fetches; not here:
arithmetic (``period_rules``), requests to the node (``chains.adapters``), partitions
(``period_plan``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import psycopg

from cdp_assets.core.ingestion.failed_entities import record_attempt
from cdp_assets.errors import CdpError, MissingUpstream, TransientFailure
from cdp_assets.units import counted
from cdp_assets.validators.canonical.canonical_tables import PERIODS
from cdp_assets.validators.canonical.normalise import WriteContext
from cdp_assets.validators.chains.adapter import Adapter
from cdp_assets.validators.chains.chain_registry import Chain
from cdp_assets.validators.periods.period_plan import PeriodPlan
from cdp_assets.validators.rules.period_rules import (
    UNKNOWN_EDGES,
    ChainHead,
    Period,
    PeriodEdges,
    Status,
    age_of,
    status_of,
)
from cdp_assets.validators.storage.payload_store import FetchScope, finish, ingestion_run
from cdp_assets.validators.storage.versioned_append import Appended, VersionedRow, append_versions


@dataclass(frozen=True, slots=True)
class KnownPeriod:
    """A current row of ``canonical_periods``."""

    period: Period
    status: Status
    edges: PeriodEdges
    finalized_at: datetime | None


@dataclass(frozen=True)
class PeriodUpdate:
    """What one update of the periods did.

    Attributes:
        head: The chain's head.
        appended: Versions written.
        row_count: Periods known now.
        unknown_edges: Why the first and last block of a period could not be found, by period.
    """

    head: ChainHead
    appended: Appended
    row_count: int
    unknown_edges: Mapping[str, CdpError] = field(default_factory=dict)


def update_periods(
    connection: psycopg.Connection, context: WriteContext, node: Adapter, provider: str
) -> PeriodUpdate:
    """Write a row for every period from the first one to the head's, new versions where it changed.

    A period whose edges cannot be fetched gets its row without times and is listed in
    ``ops.failed_entities``; the others are written all the same.

    Args:
        connection: In autocommit mode; responses are committed as they come, rows at the end.
        context: The run.
        node: Serves PERIODS.
        provider: Its name in the registry.
    """
    chain_id = context.chain.chain_id
    known = read_periods(connection, chain_id)
    scope = FetchScope(chain_id, "head", "PERIODS", provider)
    problems: dict[str, CdpError] = {}
    tried: list[str] = []
    with ingestion_run(connection, scope, context.run.run_id, context.now) as archive:
        head = node.head(archive, context.chain.planner)
        rows = []
        for place, period in enumerate(head.periods):
            row = _updated(context, head, place, known.get(period.period_id))
            if row.status != "OPEN" and row.edges == UNKNOWN_EDGES:
                archive_here = archive.at(period.period_id)
                tried.append(period.period_id)
                try:
                    edges = node.edges(archive_here, period)
                    row = KnownPeriod(period, row.status, edges, row.finalized_at)
                except CdpError as error:
                    problems[period.period_id] = error
                archive.requests += archive_here.requests
            rows.append(row)
        with context.run.transaction(connection) as cursor:
            appended = append_versions(
                cursor,
                PERIODS,
                chain_id,
                [row.period.period_id for row in rows],
                [_as_version(row, provider) for row in rows],
                context.stamp,
            )
            finish(cursor, archive, len(rows))
            reasons = {period_id: error.message for period_id, error in problems.items()}
            record_attempt(cursor, context.keys.periods, tried, reasons)
            context.run.publish(
                cursor, context.keys.periods, len(rows), written=(appended.written, None)
            )
    transient = [e for e in problems.values() if isinstance(e, TransientFailure)]
    if transient:
        raise transient[0]
    return PeriodUpdate(head, appended, len(rows), problems)


def _updated(
    context: WriteContext, head: ChainHead, place: int, known: KnownPeriod | None
) -> KnownPeriod:
    lags = {str(name): lag for name, lag in context.chain.finality_lag_periods.items()}
    period = head.periods[place]
    age = age_of(place, len(head.periods), is_running=head.running is not None)
    status = status_of(period, head.slot, age, lags)
    edges, finalized_at = UNKNOWN_EDGES, None
    if known is not None:
        edges, finalized_at = known.edges, known.finalized_at
        status = "CLOSED" if known.status == "CLOSED" else status
    if status in ("FINAL", "CLOSED") and finalized_at is None:
        finalized_at = context.now
    return KnownPeriod(period, status, edges, finalized_at)


def _as_version(row: KnownPeriod, provider: str) -> VersionedRow:
    period, edges = row.period, row.edges
    return VersionedRow(
        key=(period.period_id,),
        values=(
            period.ordinal,
            period.period_type,
            period.start_slot,
            period.end_slot,
            edges.start_block,
            edges.end_block,
            edges.start_ts,
            edges.end_ts,
            row.status,
            row.finalized_at,
        ),
        origin=(provider, None),
    )


def read_periods(connection: psycopg.Connection, chain_id: str) -> dict[str, KnownPeriod]:
    """Return the current periods of a chain by id, in ascending order."""
    rows = connection.execute(
        "select period_type, period_id, period_ordinal, start_slot, end_slot, status, start_block, "
        "end_block, start_ts, end_ts, finalized_at from validators.canonical_periods "
        "where chain_id = %s and is_current and not is_void order by period_ordinal",
        [chain_id],
    ).fetchall()
    return {
        row[1]: KnownPeriod(Period(*row[:5]), row[5], PeriodEdges(*row[6:10]), row[10])
        for row in rows
    }


def require_period(
    periods: Mapping[str, KnownPeriod], period_id: str, periods_key: str
) -> KnownPeriod:
    """Return a known period.

    Raises:
        MissingUpstream: The table does not have it (yet).
    """
    found = periods.get(period_id)
    if found is None:
        raise MissingUpstream(
            "the period is not in canonical_periods",
            key=period_id,
            hint=f"materialize {periods_key}, and look at first_period in chains.yaml",
        )
    return found


def known_plan(connection: psycopg.Connection, chain: Chain) -> PeriodPlan:
    """Return the plan of a chain from its ``canonical_periods``; empty before that is written.

    Periods before ``first_period`` stay in the table but are no longer planned.
    """
    found = read_periods(connection, chain.chain_id)
    wanted = {k: known for k, known in found.items() if known.period.ordinal >= chain.first_period}
    return plan_of(wanted)


def plan_of(periods: Mapping[str, KnownPeriod]) -> PeriodPlan:
    """Return the plan of a chain from its known periods, ascending."""
    keys = tuple(periods)
    has_running = bool(keys) and periods[keys[-1]].status == "OPEN"
    return PeriodPlan(keys, keys[-1] if has_running else "")


def is_running(periods: Mapping[str, KnownPeriod], known: KnownPeriod) -> bool:
    """Return whether a period is the chain's current one, as last seen."""
    return known.status == "OPEN" and known == list(periods.values())[-1]


def require_eligible(
    periods: Mapping[str, KnownPeriod],
    known: KnownPeriod,
    lag: int,
    components: Sequence[str],
) -> None:
    """Refuse a period whose components may not be fetched yet.

    Raises:
        MissingUpstream: Not enough complete periods have passed.
    """
    plan = plan_of(periods)
    if known.period.period_id not in plan.eligible(lag):
        newest = plan.keys[-1] if plan.keys else "none"
        raise MissingUpstream(
            f"{' and '.join(components)} may be fetched {counted(lag, 'period')} later; the "
            f"chain is in period {newest}",
            key=known.period.period_id,
            hint="wait until the period is over and its lag has passed",
        )
