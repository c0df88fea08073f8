"""Runs whose process is gone: ended in Dagster and in ``ops.runs``, so that they block no other.

A killed process reports nothing: its run stays STARTED in Dagster, counts among the runs in
progress and takes a place in the queue. Proof that the process is gone is the lock that it held
(``resources.postgres.run_process``), never its age; before the first step takes that lock, the
process id that the framework recorded on the host of the launch. Scope: that clean-up; not here:
what the next run builds (``cdp_assets.core.planning.staleness``).
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence

import dagster as dg
import psutil
import psycopg

from cdp_assets.core.runs.run_launcher import HOST_TAG
from cdp_assets.settings import START_ID
from cdp_assets.units import counted
from resources.postgres.run_process import is_gone
from resources.postgres.warehouse import Warehouse

PROCESS_TAG = "process"

IN_PROGRESS = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)

# Within this time, an event may seem older than its process.
_CLOCKS_DIFFER_SECONDS = 60.0

# A writer records RUNNING after it took the lock of its table, and its end before it frees it.
_ABANDON = """
with running as materialized (
    select run_id, asset_key from ops.runs where outcome = 'RUNNING'
),

gone as materialized (
    select * from running
    where pg_try_advisory_xact_lock(hashtextextended('cdp table ' || asset_key, 0))
)

update ops.runs r
set outcome = 'ABANDONED', finished_at = clock_timestamp()
from gone g
where r.run_id = g.run_id and r.asset_key = g.asset_key and r.outcome = 'RUNNING'
returning r.run_id
"""


def close_gone_runs(instance: dg.DagsterInstance, warehouse: Warehouse) -> list[str]:
    """End the runs whose process is gone; return their ids, ascending.

    In Dagster they fail, or are canceled where that was requested; in ``ops.runs`` they are
    ABANDONED. A run that no process of a known host began is left to the framework, which fails a
    run that does not start.
    """
    runs = instance.get_runs(dg.RunsFilter(statuses=list(IN_PROGRESS)))
    ended = []
    with warehouse.connect(autocommit=True, application="cdp clean-up") as connection:
        gone = _gone_processes(connection, runs)
        for run in runs:
            process = run.tags.get(PROCESS_TAG)
            if process in gone:
                ended.append(_end(instance, run.run_id, process))
            elif process is None and (pid := _gone_before_its_first_step(instance, run)):
                ended.append(_end(instance, run.run_id, f"{run.tags[HOST_TAG]}:{pid}"))
        abandoned = {row[0] for row in connection.execute(_ABANDON)}
    return sorted(abandoned.union(ended))


def report_gone_runs(
    instance: dg.DagsterInstance, warehouse: Warehouse, say: Callable[[str], None]
) -> None:
    """End the runs of gone processes, and report their number."""
    gone = close_gone_runs(instance, warehouse)
    if gone:
        say(
            f"{counted(len(gone), 'run')} of processes that are gone: marked as failed, the next "
            "run continues from there"
        )


def _gone_processes(connection: psycopg.Connection, runs: Sequence[dg.DagsterRun]) -> set[str]:
    names = {run.tags[PROCESS_TAG] for run in runs if PROCESS_TAG in run.tags}
    return {name for name in sorted(names) if is_gone(connection, name)}


def _gone_before_its_first_step(instance: dg.DagsterInstance, run: dg.DagsterRun) -> int | None:
    """Return the process id of a run without our tag whose process is gone; null while it may live.

    Only processes of this host are visible.
    """
    if run.tags.get(HOST_TAG) != socket.gethostname():
        return None
    for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT):
        assert entry.dagster_event is not None
        pid = entry.dagster_event.engine_event_data.metadata.get("pid")
        if pid is not None:
            number = int(str(pid.value))
            return number if _is_gone_since(number, entry.timestamp) else None
    return None


def _is_gone_since(pid: int, then: float) -> bool:
    """Return whether the process that had an id at an instant has ended.

    Another process may have the id now: it started later and lacks the mark of our services. The
    mark alone is not enough, because a server that was started by hand sets none; nor is the start
    time, which changes when the clock is set.
    """
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return True
        is_later = process.create_time() > then + _CLOCKS_DIFFER_SECONDS
        return is_later and START_ID not in process.environ()
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False


def _end(instance: dg.DagsterInstance, run_id: str, process: str) -> str:
    """End one run, unless it ended by itself meanwhile; return its id."""
    run = instance.get_run_by_id(run_id)
    if run is None or run.is_finished:
        return run_id
    why = (
        f"The process that executed this run ({process}) is gone: killed, or its machine stopped. "
        "No partition is half written; the next run of these tables continues from here."
    )
    if run.status is dg.DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, why)
    else:
        instance.report_run_failed(run, why)
    return run_id
