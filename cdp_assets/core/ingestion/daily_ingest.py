"""The run of a daily asset that observes a source: partitions in, publications out.

Belongs here: what such runs share: table lock, run record, one transaction per day, states. Does
not: asking a source or writing its rows (``<source>_landing``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import dagster as dg
import psycopg

from cdp_assets import clock, partitions
from cdp_assets.core.ingestion.failed_entities import note_attempt
from cdp_assets.core.runs.materialization import materialize_result
from cdp_assets.core.runs.run_failures import as_dagster_failures
from cdp_assets.core.runs.run_tags import lock_for_run, partition_keys_of_run
from resources.postgres.ops_status import (
    Publication,
    input_versions,
    publish,
    record_run,
    row_counts,
)
from resources.postgres.warehouse import Warehouse


@dataclass(frozen=True)
class Day:
    """One day to make.

    Attributes:
        date: UTC day.
        is_present: The clock stands in it, so a source without history may be asked for it.
        is_over: It had ended at ``as_of``, so a source with history tells it whole.
        as_of: The run's clock.
    """

    date: date
    is_present: bool
    is_over: bool
    as_of: datetime


@dataclass
class DayResult:
    """What became of a day.

    Attributes:
        rows: Rows of the day by asset key.
        observed: False leaves the day NOT_OBSERVED.
        is_complete: False keeps a day that is over due, so that the next refresh makes it again.
        tried: Entities of the attempt.
        failed: Reason by entity that could not be stored.
        write: Replaces the rows of the day, in the transaction that publishes them.
    """

    rows: dict[str, int]
    write: Callable[[psycopg.Cursor], None]
    observed: bool = True
    is_complete: bool = True
    tried: Sequence[str] = ()
    failed: Mapping[str, str] = field(default_factory=dict)


@dataclass
class IngestSummary:
    """Sums over the days of a run; ``replaced`` are the rows that the days had before."""

    window: tuple[datetime, datetime]
    days: int = 0
    not_observed: int = 0
    tried: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    replaced: Counter[str] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)


def land_days(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    asset_keys: Sequence[str],
    make: Callable[[psycopg.Connection, Day], DayResult],
    *,
    inputs: Sequence[str] = (),
    code_version: str,
    source: str | None = None,
) -> IngestSummary:
    """Make every day of the run and publish each in the transaction that writes its rows.

    Args:
        context: Of the step.
        warehouse: Where the tables are.
        asset_keys: What is written, ``schema/table``; failed entities are listed under the first.
        make: Finds out the rows of a day; asks and keeps answers on its autocommit connection.
        inputs: Asset keys read, for ``ops.asset_partition_status.input_versions``.
        code_version: Of the code that makes the rows.
        source: The outside source that is asked, one run at a time.

    Raises:
        dagster.Failure: A day could not be made at all; days before it are published.
    """
    keys = partition_keys_of_run(context, partitions.days)
    window = (
        partitions.window_of(partitions.days, keys[0])[0],
        partitions.window_of(partitions.days, keys[-1])[1],
    )
    total = IngestSummary(window, days=len(keys), rows=dict.fromkeys(asset_keys, 0))
    with (
        as_dagster_failures(),
        lock_for_run(context, warehouse, asset_keys, source=source) as user,
        record_run(
            warehouse,
            run_id=context.run.run_id,
            asset_keys=asset_keys,
            partition_keys=keys,
            window=window,
            launched_by=user,
        ) as record,
    ):
        for key in keys:
            with warehouse.connect(autocommit=True) as connection:
                total.replaced.update(row_counts(connection, asset_keys, key))
            made = _make_day(context, warehouse, asset_keys, make, inputs, key, code_version)
            _add(total, made)
            if made.observed:
                context.log.info(f"{key}: {made.rows}, {len(made.failed)} failed")
        record.rows_by_asset = {k: (total.rows[k], total.replaced[k]) for k in asset_keys}
    return total


def _make_day(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    asset_keys: Sequence[str],
    make: Callable[[psycopg.Connection, Day], DayResult],
    inputs: Sequence[str],
    key: str,
    code_version: str,
) -> DayResult:
    """Make one day; its rows, failed entities and publications are one transaction."""
    start, end = partitions.window_of(partitions.days, key)
    as_of = clock.now()
    day = Day(start.date(), start <= as_of < end, end <= as_of, as_of)
    with warehouse.connect(autocommit=True) as connection:
        with connection.cursor() as cursor:
            versions = input_versions(cursor, inputs)
        made = make(connection, day)
        with connection.transaction(), connection.cursor() as cursor:
            made.write(cursor)
            note_attempt(cursor, asset_keys[0], made.tried, made.failed)
            for asset_key in asset_keys:
                publish(
                    cursor,
                    Publication(
                        asset_key=asset_key,
                        partition_key=key,
                        window=(start, end),
                        row_count=made.rows[asset_key],
                        input_versions=versions,
                        as_of=as_of,
                        is_final=day.is_over and made.is_complete,
                        code_version=code_version,
                        run_id=context.run.run_id,
                        state="MATERIALIZED" if made.observed else "NOT_OBSERVED",
                    ),
                )
    return made


def _add(total: IngestSummary, made: DayResult) -> None:
    for asset_key, rows in made.rows.items():
        total.rows[asset_key] += rows
    total.not_observed += not made.observed
    total.tried += len(made.tried)
    total.failed.update(made.failed)


def landed(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    total: IngestSummary,
    asset_key: str,
    figures: Mapping[str, Any] | None = None,
) -> dg.MaterializeResult[Any]:
    """Return the materialization of one of the assets, with further figures of its own."""
    told = {"days_not_observed": total.not_observed, "failed_entities": len(total.failed)}
    return materialize_result(context, warehouse, asset_key, figures={**told, **(figures or {})})
