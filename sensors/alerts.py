"""Sensor of failures: every check and run that failed becomes an alert, blocking or not (U-22).

It first ends the runs whose process is gone, which would never end otherwise. Then it reads new
events from Dagster's event log, in pages; it requests no run. The cursor is the number of the
newest event that was read. Scope: reading events; not here: what opens and closes an alert
(``cdp_assets.core.checks.alerts``).
"""

# No postponed annotations here: the framework reads types from the signature.

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import dagster as dg
import psycopg

from cdp_assets import clock
from cdp_assets.core.checks.alerts import CheckOutcome, apply_outcomes, close_fixed_runs
from cdp_assets.core.dbt.dbt_test_results import FAILING_PARTITIONS
from cdp_assets.core.runs.orchestrator_status import CheckState, record_orchestrator
from cdp_assets.core.runs.orphaned_runs import close_gone_runs
from cdp_assets.core.runs.run_failures import cause_of
from cdp_assets.core.runs.run_tags import partition_range
from cdp_assets.quality.check_homes import about
from cdp_assets.units import counted
from resources.postgres.warehouse import Warehouse

SENSOR = "alert_sensor"
_CURSOR_VERSION = 1
_PAGE = 1000  # events of one kind that one evaluation reads
# Events are numbered when they are written and visible when they are committed; concurrent runs may
# commit in another order, so this many numbers are read twice. It must be less than a page.
_OVERLAP = 200
_HIDDEN_JOB = "__ASSET_JOB"  # the framework's job of all runs that select assets
_RUN_ENDS = (dg.DagsterEventType.RUN_FAILURE, dg.DagsterEventType.RUN_SUCCESS)


@dataclass(frozen=True)
class FailureCursor:
    """The newest event that was read of each kind."""

    checks: int = 0
    failures: int = 0
    successes: int = 0
    version: int = _CURSOR_VERSION


def read_cursor(text: str | None) -> FailureCursor:
    """Read a stored cursor; one of another version counts as none: reading again opens no alert."""
    document = json.loads(text) if text else {}
    if document.get("version") != _CURSOR_VERSION:
        return FailureCursor()
    return FailureCursor(**document)


def build_alert_sensor(default_status: dg.DefaultSensorStatus) -> dg.SensorDefinition:
    """Return the sensor; running only where automation is switched on."""

    @dg.sensor(
        name=SENSOR,
        minimum_interval_seconds=60,
        default_status=default_status,
        description=(
            "Opens one alert per check and run that failed, blocking or not, and closes it when "
            "the same passes; ends runs whose process was killed as failed. Requests no run."
        ),
    )
    def alert_sensor(context: dg.SensorEvaluationContext, warehouse: Warehouse) -> dg.SensorResult:
        close_gone_runs(context.instance, warehouse)
        with warehouse.connect(autocommit=True, application="cdp sensor") as connection:
            return record_outcomes(context.instance, connection, read_cursor(context.cursor))

    return alert_sensor


def record_outcomes(
    instance: dg.DagsterInstance, connection: psycopg.Connection, cursor: FailureCursor
) -> dg.SensorResult:
    """Open and close alerts by the events since the cursor; return the new cursor."""
    checks, last_check = _page(instance, dg.DagsterEventType.ASSET_CHECK_EVALUATION, cursor.checks)
    failures, last_failure = _page(instance, _RUN_ENDS[0], cursor.failures)
    successes, last_success = _page(instance, _RUN_ENDS[1], cursor.successes)
    outcomes = [
        *_of_checks(instance, checks, _open_subjects(connection, "check")),
        *_of_runs(instance, [*failures, *successes], _open_subjects(connection, "run")),
    ]
    opened = apply_outcomes(connection, outcomes)
    close_fixed_runs(connection, clock.wall_clock())
    record_orchestrator(instance, connection, _states(checks), clock.wall_clock())
    then = FailureCursor(last_check, last_failure, last_success)
    return dg.SensorResult(
        skip_reason=f"{counted(opened, 'alert')} opened" if opened else "no new failure",
        cursor=json.dumps(asdict(then), sort_keys=True),
    )


def _page(
    instance: dg.DagsterInstance, kind: dg.DagsterEventType, after: int
) -> tuple[Sequence[dg.EventLogEntry], int]:
    """Return events of a kind, oldest first, and the number of the newest that was read."""
    start = max(0, after - _OVERLAP)
    if kind in _RUN_ENDS:
        records = instance.fetch_run_status_changes(
            dg.RunStatusChangeRecordsFilter(kind, after_storage_id=start),  # type: ignore[arg-type]
            limit=_PAGE,
            ascending=True,
        ).records
    else:
        records = instance.event_log_storage.get_event_records(
            dg.EventRecordsFilter(kind, after_cursor=start), limit=_PAGE, ascending=True
        )
    newest = max((record.storage_id for record in records), default=after)
    return [record.event_log_entry for record in records], max(after, newest)


def _states(entries: Sequence[dg.EventLogEntry]) -> Iterator[CheckState]:
    for entry in entries:
        evaluation = _event(entry).asset_check_evaluation_data
        asset_key, name = about(evaluation)
        severity = evaluation.severity.value
        yield CheckState(asset_key, name, evaluation.passed, severity, _at(entry))


def _open_subjects(connection: psycopg.Connection, kind: str) -> set[str]:
    rows = connection.execute(
        "select subject || ':' || check_name from ops.open_alerts where kind = %s", [kind]
    )
    return {subject for (subject,) in rows}


def _of_checks(
    instance: dg.DagsterInstance, entries: Sequence[dg.EventLogEntry], is_open: set[str]
) -> Iterator[CheckOutcome]:
    """Yield the evaluations that can open or close an alert."""
    found = [(entry, _event(entry).asset_check_evaluation_data) for entry in entries]
    failed = {":".join(about(e)) for _, e in found if not e.passed}
    relevant = [(entry, e) for entry, e in found if ":".join(about(e)) in failed | is_open]
    ranges = _ranges(instance, {entry.run_id for entry, _ in relevant})
    for entry, e in relevant:
        first, last = (e.partition, e.partition) if e.partition else ranges[entry.run_id]
        failing = e.metadata.get(FAILING_PARTITIONS)
        subject, check = about(e)
        yield CheckOutcome(
            kind="check",
            subject=subject,
            check_name=check,
            first=first,
            last=last,
            is_good=e.passed,
            failing=() if e.passed or failing is None else tuple(failing.value),  # type: ignore[arg-type]
            severity=e.severity.value,
            is_blocking=bool(e.blocking),
            message=e.description or "",
            run_id=entry.run_id,
            at=_at(entry),
        )


def _of_runs(
    instance: dg.DagsterInstance, entries: Sequence[dg.EventLogEntry], is_open: set[str]
) -> Iterator[CheckOutcome]:
    """Yield the ends of runs that can open or close an alert."""
    jobs = {_event(entry).job_name for entry in entries if not _is_good(entry)}
    jobs |= {subject.split(":")[0] for subject in is_open}
    jobs |= {_HIDDEN_JOB} if any("/" in job for job in jobs) else set()
    relevant = [entry for entry in entries if _event(entry).job_name in jobs]
    runs = _runs(instance, {entry.run_id for entry in relevant})
    for entry in relevant:
        run = runs.get(entry.run_id)
        if run is None:
            continue  # the run was deleted
        first, last = partition_range(run.tags)
        is_good = _is_good(entry)
        yield CheckOutcome(
            kind="run",
            subject=_subject(run),
            check_name="",
            first=first,
            last=last,
            is_good=is_good,
            failing=(),
            severity="ERROR",
            is_blocking=True,
            message="" if is_good else cause_of(_event(entry)),
            run_id=run.run_id,
            at=_at(entry),
        )


def _subject(run: dg.DagsterRun) -> str:
    """Return the job, or the assets if the job is the framework's."""
    if run.job_name != _HIDDEN_JOB or not run.asset_selection:
        return run.job_name
    return ", ".join(sorted(key.to_user_string() for key in run.asset_selection))


def _runs(instance: dg.DagsterInstance, ids: Collection[str]) -> dict[str, dg.DagsterRun]:
    if not ids:
        return {}
    found = instance.get_runs(dg.RunsFilter(run_ids=sorted(ids)))
    return {run.run_id: run for run in found}


def _ranges(instance: dg.DagsterInstance, ids: Collection[str]) -> dict[str, tuple[str, str]]:
    runs = _runs(instance, ids)
    return {one: partition_range(runs[one].tags) if one in runs else ("", "") for one in ids}


def _is_good(entry: dg.EventLogEntry) -> bool:
    return _event(entry).event_type is dg.DagsterEventType.RUN_SUCCESS


def _event(entry: dg.EventLogEntry) -> dg.DagsterEvent:
    assert entry.dagster_event is not None
    return entry.dagster_event


def _at(entry: dg.EventLogEntry) -> datetime:
    return datetime.fromtimestamp(entry.timestamp, UTC)
