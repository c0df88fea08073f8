"""What the sensor sees: syncs, touched hours and what was made from which landing, made up.

Belongs here: writing ops rows and evaluating the sensor. Does not: what it should ask for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import dagster as dg
import psycopg
from psycopg.types.json import Jsonb

from sensors.late_data import plan_tick, read_cursor

DEALS = "raw_dmob/unified_verified_deal"
GRANTS = "raw_dmob/verified_client_allowance"
GRANT_WEEKS = "filplus/client_allocator_distribution_weekly"
GRANTS_SO_FAR = "filplus/client_allocator_distribution_weekly_acc"
HOURS = "filplus/unified_verified_deal_hourly"
PIECES = "intermediate/client_provider_piece_weekly"
REPEATED = "intermediate/client_provider_repeated_piece_weekly"
NOON = datetime(2026, 8, 12, 12, 5, tzinfo=UTC)  # a Wednesday, before the hourly tick
HOUR, WEEK = timedelta(hours=1), timedelta(days=7)

Request = tuple[str, str, str]


@dataclass
class World:
    """Ops tables, a clock and the sensor's cursor.

    Attributes:
        connection: To the warehouse.
        now: The clock.
        cursor: As Dagster keeps it between evaluations.
        run_keys: Every run key that was asked for, in order.
    """

    connection: psycopg.Connection
    now: datetime = NOON
    cursor: str | None = None
    run_keys: list[str] = field(default_factory=list)

    def grant(self, *hours: datetime) -> int:
        """Sync once more; grants of these hours were written. Return their landing's version."""
        return self.land(*hours, landing=GRANTS)

    def land(self, *hours: datetime, landing: str = DEALS) -> int:
        """Sync once more; these hours were touched. Return the landing's version."""
        row = self.connection.execute("select ops.bump_version(%s, 'test')", [landing]).fetchone()
        assert row is not None
        with self.connection.cursor() as cursor:
            cursor.executemany(
                "insert into ops.changed_hours (asset_key, hour, version) values (%s, %s, %s) "
                "on conflict (asset_key, hour) do update set version = excluded.version",
                [(landing, hour, row[0]) for hour in hours],
            )
        return int(row[0])

    def make_hours(self, hours: Iterable[datetime], version: int) -> None:
        """Record hours as made from a landing."""
        self._make(HOURS, hours, HOUR, version)

    def make_weeks(self, weeks: Iterable[datetime], version: int) -> None:
        """Record weeks as made from a landing."""
        for table in (PIECES, REPEATED):
            self._make(table, weeks, WEEK, version)

    def make_grant_weeks(self, weeks: Iterable[datetime], version: int) -> None:
        """Record weeks of grants as made from their landing."""
        for table in (GRANT_WEEKS, GRANTS_SO_FAR):
            self._make(table, weeks, WEEK, version)

    def make(self, asset_key: str, starts: Iterable[datetime], length: timedelta) -> None:
        """Record partitions of any table as made."""
        self._make(asset_key, starts, length, 1)

    def forget(self, asset_key: str, starts: Iterable[datetime]) -> None:
        """Record partitions of a table as never made."""
        self.connection.execute(
            "delete from ops.asset_partition_status "
            "where asset_key = %s and window_start = any(%s)",
            [asset_key, list(starts)],
        )

    def tick(self) -> list[Request]:
        """Evaluate; return job, first and last key of each request, and keep the cursor."""
        result = plan_tick(self.connection, read_cursor(self.cursor), self.now)
        self.cursor = result.cursor
        requests = result.run_requests or []
        self.run_keys += [str(request.run_key) for request in requests]
        assert (result.skip_reason is None) is bool(requests)
        return [_described(request) for request in requests]

    def _make(
        self, asset_key: str, starts: Iterable[datetime], length: timedelta, version: int
    ) -> None:
        inputs = Jsonb({GRANTS if asset_key in (GRANT_WEEKS, GRANTS_SO_FAR) else DEALS: version})
        with self.connection.cursor() as cursor:
            cursor.executemany(
                "insert into ops.asset_partition_status (asset_key, partition_key, window_start, "
                "window_end, state, is_final, row_count, version, input_versions) "
                "values (%s, %s, %s, %s, 'MATERIALIZED', true, 1, 1, %s) "
                "on conflict (asset_key, partition_key) do update "
                "set input_versions = excluded.input_versions",
                [
                    (asset_key, f"{start:%Y-%m-%d-%H:%M}", start, start + length, inputs)
                    for start in starts
                ],
            )


def every(first: datetime, count: int, step: timedelta = HOUR) -> list[datetime]:
    """Return instants at equal distances."""
    return [first + step * n for n in range(count)]


def _described(request: dg.RunRequest) -> Request:
    tags = request.tags
    assert tags["user"] == "sensor:late_data_sensor"
    assert request.job_name is not None
    return (
        request.job_name,
        tags["dagster/asset_partition_range_start"],
        tags["dagster/asset_partition_range_end"],
    )
