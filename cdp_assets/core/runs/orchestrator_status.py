"""What Dagster has in flight, written to ``ops`` for readers who reach no Dagster.

A few rows per call, whatever the history. Scope: runs, daemons, checks and chains as the alert
sensor sees them; not here: alerts (``cdp_assets.core.checks.alerts``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import dagster as dg
import psycopg

from cdp_assets.core.runs.orphaned_runs import IN_PROGRESS

_DAEMONS = ("SENSOR", "SCHEDULER", "QUEUED_RUN_COORDINATOR")
_STATUS = """
insert into ops.orchestrator_status
    (is_only, runs_in_flight, runs_queued, oldest_queued_at, daemon_heartbeat_at, recorded_at)
values (true, %s, %s, %s, %s, %s)
on conflict (is_only) do update set
    runs_in_flight = excluded.runs_in_flight,
    runs_queued = excluded.runs_queued,
    oldest_queued_at = excluded.oldest_queued_at,
    daemon_heartbeat_at = excluded.daemon_heartbeat_at,
    recorded_at = excluded.recorded_at
"""
_CHECK = """
insert into ops.check_states as known (asset_key, check_name, passed, severity, evaluated_at)
values (%s, %s, %s, %s, %s)
on conflict (asset_key, check_name) do update set
    passed = excluded.passed,
    severity = excluded.severity,
    evaluated_at = excluded.evaluated_at
where known.evaluated_at <= excluded.evaluated_at
"""


@dataclass(frozen=True)
class CheckState:
    """One evaluation of a check; ``at`` is the wall clock, UTC."""

    asset_key: str
    check_name: str
    passed: bool
    severity: str
    at: datetime


def record_orchestrator(
    instance: dg.DagsterInstance,
    connection: psycopg.Connection,
    checks: Iterable[CheckState],
    at: datetime,
) -> None:
    """Write what is in flight, the newest evaluations of checks, and the progress of chains.

    Args:
        instance: Where runs and daemons are recorded.
        connection: Of the writer.
        checks: Evaluations; of several of one check the newest is stored.
        at: Wall clock, UTC.
    """
    in_flight = instance.get_runs_count(dg.RunsFilter(statuses=list(IN_PROGRESS)))
    waiting = dg.RunsFilter(statuses=[dg.DagsterRunStatus.QUEUED])
    queued = instance.get_runs_count(waiting)
    oldest = instance.get_run_records(waiting, limit=1, ascending=True) if queued else []
    beats = instance.get_daemon_heartbeats()
    seen = [beats[name].timestamp for name in _DAEMONS if name in beats]
    connection.execute(
        _STATUS,
        [
            in_flight - (queued if dg.DagsterRunStatus.QUEUED in IN_PROGRESS else 0),
            queued,
            oldest[0].create_timestamp if oldest else None,
            datetime.fromtimestamp(min(seen), UTC) if seen else None,
            at,
        ],
    )
    newest: dict[tuple[str, str], CheckState] = {}
    for state in checks:
        key = (state.asset_key, state.check_name)
        if key not in newest or newest[key].at <= state.at:
            newest[key] = state
    rows = [(s.asset_key, s.check_name, s.passed, s.severity, s.at) for s in newest.values()]
    with connection.cursor() as cursor:
        cursor.executemany(_CHECK, sorted(rows))
    connection.execute("select ops.record_chain_progress(%s)", [at])
