"""The ops contract: what every writer publishes to readers (query_layer §8, issue A item 7).

Scope: rows of ``ops.asset_version``, ``ops.asset_partition_status``, ``ops.runs`` and
``ops.source_health``; not here: what is stale (``cdp_assets.core.planning.staleness``), or data.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from psycopg.types.json import Jsonb

from cdp_assets.clock import wall_clock
from cdp_assets.errors import CdpError
from resources.postgres.warehouse import Warehouse

Window = tuple[datetime, datetime]
_ANALYZE = "select ops.analyze_outgrown_tables()"  # milliseconds where nothing grew


@dataclass(frozen=True)
class Publication:
    """What is published about one written partition.

    Attributes:
        asset_key: ``schema/table``.
        partition_key: Dagster's key; empty for an unpartitioned asset.
        window: UTC, half-open; null where the partition is no time window.
        row_count: Rows that the partition now has.
        input_versions: Upstream versions, read before the inputs were.
        as_of: The run's clock.
        is_final: The window had ended at ``as_of``.
        code_version: Version of the code that wrote the rows.
        run_id: Dagster run.
        state: NOT_OBSERVED for a past partition of a source without history.
        is_changed: False where the rows are as before: the clock is updated, the version stays.
    """

    asset_key: str
    partition_key: str
    window: Window | None
    row_count: int
    input_versions: Mapping[str, int]
    as_of: datetime
    is_final: bool
    code_version: str
    run_id: str
    state: str = "MATERIALIZED"
    is_changed: bool = True


@dataclass
class RunRecord:
    """Metrics of a run, filled while it works; null means not measured.

    Attributes:
        rows_by_asset: Rows written and deleted of each asset, where a run writes several; an asset
            that is not in it gets ``rows_written`` and ``rows_deleted``.
    """

    rows_written: int | None = None
    rows_deleted: int | None = None
    read_seconds: float | None = None
    write_seconds: float | None = None
    attempts: int = 1
    outcome: str = "SUCCESS"
    rows_by_asset: dict[str, tuple[int | None, int | None]] = field(default_factory=dict)
    _clock: float = field(default_factory=time.monotonic)

    def lap(self) -> float:
        """Return the seconds since the last lap, or since the record began."""
        before, self._clock = self._clock, time.monotonic()
        return self._clock - before


@dataclass(frozen=True)
class SourceHealth:
    """The result of one call to an outside source. Quota fields are null if the source has none."""

    source: str
    ok: bool
    latency_seconds: float | None
    checked_at: datetime
    breaker: str = "closed"
    quota_left: int | None = None
    quota_resets_at: datetime | None = None
    error_message: str | None = None


def input_versions(cursor: psycopg.Cursor, asset_keys: Sequence[str]) -> dict[str, int]:
    """Return the committed versions of the named assets, 0 for one never written.

    Read this before the inputs themselves: a change that commits in between then counts as newer
    than what was read, and is picked up again instead of lost.
    """
    cursor.execute(
        "select asset_key, version from ops.asset_version where asset_key = any(%s)",
        [list(asset_keys)],
    )
    found: dict[str, int] = dict(cursor.fetchall())
    return {key: found.get(key, 0) for key in sorted(asset_keys)}


def row_counts(
    connection: psycopg.Connection, asset_keys: Sequence[str], partition_key: str
) -> dict[str, int]:
    """Return the rows that a partition of each asset has; 0 where it was never written."""
    found = connection.execute(
        "select asset_key, coalesce(row_count, 0) from ops.asset_partition_status "
        "where asset_key = any(%s) and partition_key = %s",
        [list(asset_keys), partition_key],
    )
    return {**dict.fromkeys(asset_keys, 0), **dict(found.fetchall())}


def bump_version(cursor: psycopg.Cursor, asset_key: str, run_id: str) -> int:
    """Raise the asset's version in the caller's transaction and return it."""
    row = cursor.execute("select ops.bump_version(%s, %s)", [asset_key, run_id]).fetchone()
    assert row is not None
    return int(row[0])


def publish(cursor: psycopg.Cursor, publication: Publication) -> int:
    """Publish one partition in the transaction that wrote it; return the asset's version."""
    current = None if publication.is_changed else _version_of(cursor, publication)
    version = current or bump_version(cursor, publication.asset_key, publication.run_id)
    start, end = publication.window or (None, None)
    cursor.execute(
        """
        insert into ops.asset_partition_status as s (
            asset_key, partition_key, window_start, window_end, state, is_final, row_count, version,
            input_versions, as_of, code_version, run_id, error_code, error_message, last_failed_at,
            materialized_at
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp())
        on conflict (asset_key, partition_key) do update set
            window_start = excluded.window_start, window_end = excluded.window_end,
            state = excluded.state, is_final = excluded.is_final,
            row_count = excluded.row_count, version = excluded.version,
            input_versions = excluded.input_versions, as_of = excluded.as_of,
            code_version = excluded.code_version, run_id = excluded.run_id,
            materialized_at = excluded.materialized_at, last_failed_at = excluded.last_failed_at,
            error_code = excluded.error_code, error_message = excluded.error_message
        """,
        [
            publication.asset_key,
            publication.partition_key,
            start,
            end,
            publication.state,
            publication.is_final,
            publication.row_count,
            version,
            Jsonb(dict(publication.input_versions)),
            publication.as_of,
            publication.code_version,
            publication.run_id,
            *_failure_of(publication),
        ],
    )
    return version


def _version_of(cursor: psycopg.Cursor, publication: Publication) -> int:
    """Return the version of an unchanged partition: its own, whatever others were written since.

    Without partitions it is the asset's, which the writer may have raised with the rows.
    """
    asset_version = input_versions(cursor, [publication.asset_key])[publication.asset_key]
    if not publication.partition_key:
        return asset_version
    row = cursor.execute(
        "select version from ops.asset_partition_status "
        "where asset_key = %s and partition_key = %s and version is not null",
        [publication.asset_key, publication.partition_key],
    ).fetchone()
    return asset_version if row is None else int(row[0])


def _failure_of(publication: Publication) -> tuple[str | None, str | None, datetime | None]:
    """Return the error of rows whose check failed: readers count errors, whatever the state."""
    if publication.state != "CHECK_FAILED":
        return None, None, None
    return "check", "a check of these rows failed: see the checks of the table", wall_clock()


@contextmanager
def record_run(
    warehouse: Warehouse,
    *,
    run_id: str,
    asset_keys: Sequence[str],
    partition_keys: Sequence[str],
    window: Window | None,
    launched_by: str,
) -> Iterator[RunRecord]:
    """Record a run of assets in ``ops.runs``, and on an error why their partitions failed.

    Call it under ``Warehouse.lock_tables`` of the same assets. The row is written before the work,
    so that a killed process leaves RUNNING; the next run of the asset turns that into ABANDONED:
    it holds the locks, so the writer of RUNNING is gone. Before and after the work every table that
    has outgrown its statistics is analyzed, so that no plan depends on when autovacuum ran.
    """
    record = RunRecord()
    keys = sorted(asset_keys)
    with warehouse.connect(autocommit=True, application="cdp run record") as connection:
        _open_run(connection, run_id, keys, len(partition_keys), window, launched_by)
        connection.execute(_ANALYZE)
    try:
        yield record
    except BaseException as error:
        with warehouse.connect(autocommit=True, application="cdp run record") as connection:
            message = _sentence(error)
            _close_run(connection, run_id, keys, record, "FAILED", error, message)
            fail_partitions(
                connection, keys, partition_keys, window, run_id, type(error).__name__, message
            )
            connection.execute(_ANALYZE)
        raise
    with warehouse.connect(autocommit=True, application="cdp run record") as connection:
        _close_run(connection, run_id, keys, record, record.outcome, None, None)
        connection.execute(_ANALYZE)


def _open_run(
    connection: psycopg.Connection,
    run_id: str,
    keys: list[str],
    partitions: int,
    window: Window | None,
    launched_by: str,
) -> None:
    start, end = window or (None, None)
    with connection.transaction():
        connection.execute(
            "update ops.runs set outcome = 'ABANDONED', finished_at = clock_timestamp() "
            "where outcome = 'RUNNING' and asset_key = any(%s) and run_id <> %s",
            [keys, run_id],
        )
        connection.execute(
            """
            insert into ops.runs as r (run_id, asset_key, window_start, window_end, partitions,
                started_at, outcome, launched_by)
            select %s, key, %s, %s, %s, clock_timestamp(), 'RUNNING', %s from unnest(%s::text[]) key
            on conflict (run_id, asset_key) do update set
                outcome = 'RUNNING', attempts = r.attempts + 1, error_code = null,
                error_message = null, finished_at = null
            """,
            [run_id, start, end, partitions, launched_by, keys],
        )


def _close_run(
    connection: psycopg.Connection,
    run_id: str,
    keys: list[str],
    record: RunRecord,
    outcome: str,
    error: BaseException | None,
    message: str | None,
) -> None:
    connection.execute(
        """
        update ops.runs r set
            outcome = %s, finished_at = clock_timestamp(), error_code = %s, error_message = %s,
            rows_written = coalesce(r.rows_written, n.written),
            rows_deleted = coalesce(r.rows_deleted, n.deleted),
            read_seconds = coalesce(r.read_seconds, %s::numeric),
            write_seconds = coalesce(r.write_seconds, %s::numeric)
        from unnest(%s::text[], %s::bigint[], %s::bigint[]) n (key, written, deleted)
        where r.run_id = %s and r.asset_key = n.key and r.outcome = 'RUNNING'
        """,
        [
            outcome,
            type(error).__name__ if error else None,
            message,
            record.read_seconds,
            record.write_seconds,
            keys,
            *_rows_by_asset(record, keys),
            run_id,
        ],
    )


def _rows_by_asset(record: RunRecord, keys: list[str]) -> tuple[list[int | None], list[int | None]]:
    shared = (record.rows_written, record.rows_deleted)
    rows = [record.rows_by_asset.get(key, shared) for key in keys]
    return [written for written, _ in rows], [deleted for _, deleted in rows]


def fail_partitions(
    connection: psycopg.Connection,
    asset_keys: Sequence[str],
    partition_keys: Sequence[str],
    window: Window | None,
    run_id: str,
    error_code: str,
    message: str,
) -> None:
    """Record a failed attempt: good rows stay MATERIALIZED, with the error beside."""
    single = window if len(partition_keys) == 1 else None
    start, end = single or (None, None)
    connection.execute(
        """
        insert into ops.asset_partition_status as s (
            asset_key, partition_key, window_start, window_end, state, is_final, run_id,
            last_failed_at, error_code, error_message
        )
        select a, p, %s, %s, 'FAILED', false, %s, %s, %s, %s
        from unnest(%s::text[]) a cross join unnest(%s::text[]) p
        on conflict (asset_key, partition_key) do update set
            last_failed_at = excluded.last_failed_at, error_code = excluded.error_code,
            error_message = excluded.error_message
        where s.run_id is distinct from excluded.run_id or s.version is null
        """,
        [
            start,
            end,
            run_id,
            wall_clock(),
            error_code,
            message,
            sorted(asset_keys),
            list(partition_keys),
        ],
    )


def record_source_health(connection: psycopg.Connection, health: SourceHealth) -> None:
    """Write the newest health of a source.

    The last success stays when this call failed, the quota when its response reported none.
    """
    connection.execute(
        """
        insert into ops.source_health as h (
            source, ok, latency_seconds, checked_at, last_success_at, consecutive_failures,
            breaker, quota_left, quota_resets_at, error_message
        )
        values (%(source)s, %(ok)s, %(latency)s::numeric, %(at)s,
            case when %(ok)s then %(at)s::timestamptz end, case when %(ok)s then 0 else 1 end,
            %(breaker)s, %(quota)s, %(resets)s, %(error)s)
        on conflict (source) do update set
            ok = excluded.ok, latency_seconds = excluded.latency_seconds,
            checked_at = excluded.checked_at,
            last_success_at = coalesce(excluded.last_success_at, h.last_success_at),
            consecutive_failures =
                case when excluded.ok then 0 else h.consecutive_failures + 1 end,
            breaker = excluded.breaker,
            quota_left = case
                when excluded.quota_resets_at is null then h.quota_left else excluded.quota_left
            end,
            quota_resets_at = coalesce(excluded.quota_resets_at, h.quota_resets_at),
            error_message = excluded.error_message
        """,
        {
            "source": health.source,
            "ok": health.ok,
            "latency": health.latency_seconds,
            "at": health.checked_at,
            "breaker": health.breaker,
            "quota": health.quota_left,
            "resets": health.quota_resets_at,
            "error": health.error_message,
        },
    )


def _sentence(error: BaseException) -> str:
    if not isinstance(error, Exception):
        return str(error) or f"interrupted by a signal ({type(error).__name__})"
    text = str(error) if isinstance(error, CdpError) else f"{type(error).__name__}: {error}"
    return text[:2000]
